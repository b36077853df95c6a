//! The principals that a set refers to, with their names, so that a migration table can be made from the set alone
//! (`operations.md` 1.3, SecurityGroups).

use std::collections::HashSet;

use crate::format::{BackupGroup, BackupGroupType};
use crate::gpm::{
    ForestSnapshot, GroupScope, MessageId, Names, OperationError, StatusMessage, Task, Trustee, TrusteeKind,
};
use crate::ident::Sid;
use crate::security::SecurityDescriptor;
use crate::store::ForestStore;

/// Returns the principals of a descriptor's DACL. Those that are the same in every domain are left out, as Windows does.
pub(super) async fn of_descriptor(
    descriptor: Option<&[u8]>,
    store: &dyn ForestStore,
    forest: &ForestSnapshot,
    names: &Names,
    task: &Task,
) -> Result<Vec<BackupGroup>, OperationError> {
    let parsed = descriptor.and_then(|bytes| SecurityDescriptor::from_bytes(bytes).ok());
    let mut seen = HashSet::new();
    let aces = parsed.iter().filter_map(|descriptor| descriptor.dacl.acl()).flat_map(|acl| acl.aces());
    let sids: Vec<Sid> = aces.map(|ace| ace.sid.clone()).filter(Sid::is_domain_principal).collect();
    let sids: Vec<Sid> = sids.into_iter().filter(|sid| seen.insert(sid.clone())).collect();
    if sids.is_empty() {
        return Ok(Vec::new());
    }
    let found = task.or_cancel(names.resolve(store, &sids)).await?;
    for problem in found.problems {
        task.message(StatusMessage::warning(MessageId::TrusteeUnknown, problem.message).about(problem.object));
    }
    let groups = sids.into_iter().map(|sid| {
        let trustee = found.trustees.get(&sid).cloned().unwrap_or_else(|| Trustee::unresolved(sid));
        if trustee.name.is_none() {
            let text = "no principal of the forest has this SID";
            task.message(StatusMessage::warning(MessageId::TrusteeUnknown, text).about(&trustee.sid));
        }
        BackupGroup { from_dacl: true, ..group(&trustee, forest) }
    });
    Ok(groups.collect())
}

/// Returns what a set says of a trustee.
fn group(trustee: &Trustee, forest: &ForestSnapshot) -> BackupGroup {
    let account = trustee.account_part().unwrap_or_default().to_owned();
    let domain = trustee.dn.as_ref().and_then(|dn| dn.domain());
    let known = domain.as_ref().and_then(|name| forest.domain(name));
    let dns_domain = domain.as_ref().filter(|_| !account.is_empty()).map_or_else(String::new, ToString::to_string);
    BackupGroup {
        sid: Some(trustee.sid.clone()),
        kind: kind(trustee),
        netbios_domain: known
            .filter(|_| !account.is_empty())
            .map_or_else(String::new, |known| known.netbios_name.clone()),
        upn: if dns_domain.is_empty() { String::new() } else { format!("{account}@{dns_domain}") },
        account,
        dns_domain,
        from_dacl: false,
    }
}

fn kind(trustee: &Trustee) -> BackupGroupType {
    match (trustee.kind, trustee.group_scope) {
        (TrusteeKind::User, _) => BackupGroupType::User,
        (TrusteeKind::Computer, _) => BackupGroupType::Computer,
        (TrusteeKind::Group, Some(GroupScope::DomainLocal)) => BackupGroupType::LocalGroup,
        (TrusteeKind::Group, Some(GroupScope::Global)) => BackupGroupType::GlobalGroup,
        (TrusteeKind::Group, Some(GroupScope::Universal)) => BackupGroupType::UniversalGroup,
        (TrusteeKind::Group, None) | (TrusteeKind::WellKnown | TrusteeKind::Foreign | TrusteeKind::Unknown, _) => {
            BackupGroupType::Unknown
        }
    }
}
