//! The principals that a set refers to, with their names, so that a migration table can be made from the set alone
//! (`operations.md` 1.3, SecurityGroups).

use std::collections::HashSet;

use crate::format::{BackupGroup, BackupGroupType};
use crate::gpm::{GroupScope, MessageId, OperationError, StatusMessage, Task, Trustee, TrusteeKind};
use crate::ident::Sid;
use crate::operation::content::GpoContent;
use crate::operation::migration::{ReferenceOrigin, ScanOptions, Subject, scan_references};
use crate::operation::report::Common;
use crate::security::SecurityDescriptor;

/// Returns the principals of a content: those that its settings name, then those of its permissions, each once. Of the permissions, those that
/// are the same in every domain are left out, as Windows does.
///
/// # Errors
/// Fails where a settings file cannot be read, and where the task is cancelled. A principal that is not found is kept, and told.
pub(super) async fn of_content(
    content: &GpoContent,
    common: &Common<'_>,
    task: &Task,
) -> Result<Vec<BackupGroup>, OperationError> {
    let found = scan_references(content, &ScanOptions::default(), task).await?;
    let (mut named, mut texts) = (Vec::new(), Vec::new());
    for reference in found.into_iter().filter(|reference| reference.origin == ReferenceOrigin::Setting) {
        match reference.subject {
            Subject::Principal { sid: Some(sid), .. } => named.push(sid),
            Subject::Principal { sid: None, name: Some(name) } => texts.push(name),
            Subject::Principal { sid: None, name: None } | Subject::Path(_) => {}
        }
    }
    let in_dacl = dacl_principals(content.core.security_descriptor.as_deref());
    let all: Vec<Sid> = named.iter().chain(&in_dacl).cloned().collect();
    let looked_up = task.or_cancel(common.names.resolve(&**common.store, &all)).await?;
    for problem in looked_up.problems {
        task.message(StatusMessage::warning(MessageId::PrincipalUnresolved, problem.message).about(problem.object));
    }
    let trustee = |sid: Sid| looked_up.trustees.get(&sid).cloned().unwrap_or_else(|| Trustee::unresolved(sid));
    let mut groups = Groups::default();
    named.into_iter().for_each(|sid| groups.add(trustee(sid), false, task));
    for text in texts {
        let home = &content.core.domain;
        match task.or_cancel(common.names.find(&**common.store, &text, home)).await? {
            Ok(trustee) => groups.add(trustee, false, task),
            Err(_) => groups.add_name(text, task),
        }
    }
    in_dacl.into_iter().for_each(|sid| groups.add(trustee(sid), true, task));
    Ok(groups.listed)
}

fn dacl_principals(descriptor: Option<&[u8]>) -> Vec<Sid> {
    let parsed = descriptor.and_then(|bytes| SecurityDescriptor::from_bytes(bytes).ok());
    let aces = parsed.iter().filter_map(|descriptor| descriptor.dacl.acl()).flat_map(|acl| acl.aces());
    aces.map(|ace| ace.sid.clone()).filter(Sid::is_domain_principal).collect()
}

/// The principals listed so far.
#[derive(Default)]
struct Groups {
    listed: Vec<BackupGroup>,
    /// Their SIDs, or names where they have none.
    seen: HashSet<String>,
}

impl Groups {
    fn add(&mut self, trustee: Trustee, from_dacl: bool, task: &Task) {
        if !self.seen.insert(trustee.sid.to_string()) {
            return;
        }
        if trustee.name.is_none() {
            let (id, text) = match from_dacl {
                true => {
                    (MessageId::TrusteeUnknown, "no principal of the forest has this SID, which is in the permissions")
                }
                false => {
                    (MessageId::PrincipalUnresolved, "no principal of the forest has this SID, which a setting names")
                }
            };
            task.message(StatusMessage::warning(id, text).about(&trustee.sid));
        }
        self.listed.push(BackupGroup { from_dacl, ..group(&trustee) });
    }

    /// Adds a name that leads to no principal.
    fn add_name(&mut self, name: String, task: &Task) {
        if self.seen.insert(name.to_lowercase()) {
            let text = "no principal of the forest has this name, which a setting holds";
            task.message(StatusMessage::warning(MessageId::PrincipalUnresolved, text).about(&name));
            self.listed.push(BackupGroup { account: name, ..BackupGroup::default() });
        }
    }
}

/// Returns what a set says of a trustee.
pub(in crate::operation) fn group(trustee: &Trustee) -> BackupGroup {
    let account = trustee.account_part().unwrap_or_default().to_owned();
    let domain = trustee.dn.as_ref().and_then(|dn| dn.domain()).filter(|_| !account.is_empty());
    let dns_domain = domain.as_ref().map_or_else(String::new, ToString::to_string);
    let netbios_domain = domain.and_then(|_| trustee.domain_part()).unwrap_or_default().to_owned();
    BackupGroup {
        // Of those that are the same in every domain the name alone.
        sid: Some(trustee.sid.clone()).filter(|_| trustee.kind != TrusteeKind::WellKnown),
        kind: kind(trustee),
        netbios_domain,
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
