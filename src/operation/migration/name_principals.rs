//! The names of the principals that a GPO of a live domain speaks of. A set lists them itself (`operations.md` 1.3, SecurityGroups); in a
//! domain they are asked for, so that one table serves a GPO and its backups alike: tables name principals, settings mostly hold SIDs.

use std::collections::HashMap;

use super::scan::{ScanOptions, scan};
use crate::extension::references::{FoundReference, ReferenceOrigin, Subject};
use crate::format::BackupGroup;
use crate::gpm::{Domain, MessageId, Names, OperationError, Problem, StatusMessage, Task, Trustee, TrusteeKind};
use crate::ident::Sid;
use crate::operation::content::GpoContent;
use crate::store::ForestStore;

/// Returns the principals of the settings, then those that stand in permissions only, each once, with the names they have in the forest.
/// Those that are the same in every domain have no SID; one that nobody knows is listed as it stands, and told.
///
/// # Errors
/// Fails where a file of the GPO cannot be read, and where the task is cancelled.
pub async fn find_principals(
    content: &GpoContent,
    store: &dyn ForestStore,
    names: &Names,
    options: &ScanOptions,
    task: &Task,
) -> Result<Vec<BackupGroup>, OperationError> {
    let (groups, messages) = find(content, store, names, options, task).await?;
    messages.into_iter().for_each(|message| task.message(message));
    Ok(groups)
}

/// Fills in the principals of a content that was read from a live domain. What is not known is left to those who use the content to tell.
///
/// # Errors
/// Fails where a file of the GPO cannot be read, the directory cannot be asked, and where the task is cancelled.
pub async fn name_principals(
    content: &mut GpoContent,
    domain: &Domain,
    options: &ScanOptions,
    task: &Task,
) -> Result<(), OperationError> {
    let names = task.or_cancel(domain.names()).await?.map_err(|error| OperationError::of_directory(&error))?;
    (content.principals, _) = find(content, &**domain.store(), &names, options, task).await?;
    Ok(())
}

async fn find(
    content: &GpoContent,
    store: &dyn ForestStore,
    names: &Names,
    options: &ScanOptions,
    task: &Task,
) -> Result<(Vec<BackupGroup>, Vec<StatusMessage>), OperationError> {
    let mut references = scan(content, options, false, task).await?.references;
    references.retain(|reference| reference.origin != ReferenceOrigin::NotMapped);
    // Those of the settings and packages first, as GPMC lists them.
    references.sort_by_key(is_in_dacl);
    let sids: Vec<Sid> = references.iter().filter_map(|reference| sid_of(&reference.subject).cloned()).collect();
    let found = if sids.is_empty() { Default::default() } else { task.or_cancel(names.resolve(store, &sids)).await? };
    let problem = |problem: Problem| {
        StatusMessage::warning(MessageId::PrincipalUnresolved, problem.message).about(problem.object)
    };
    let mut messages: Vec<StatusMessage> = found.problems.into_iter().map(problem).collect();
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut groups: Vec<BackupGroup> = Vec::new();
    let mut home_names: HashMap<&str, Option<Trustee>> = HashMap::new();
    for reference in &references {
        let trustee = match &reference.subject {
            Subject::Principal { sid: Some(sid), .. } => {
                Some(found.trustees.get(sid).cloned().unwrap_or_else(|| Trustee::unresolved(sid.clone())))
            }
            Subject::Principal { name: Some(name), .. } => match home_names.get(name.as_str()) {
                Some(known) => known.clone(),
                None => {
                    let looked_up = task.or_cancel(names.find(store, name, &content.core.domain)).await?.ok();
                    home_names.insert(name, looked_up.clone());
                    looked_up
                }
            },
            Subject::Principal { .. } | Subject::Path(_) => continue,
        };
        let group = match &trustee {
            Some(trustee) => group(trustee, names),
            None => BackupGroup { account: reference.text.clone(), ..BackupGroup::default() },
        };
        let key = group.sid.as_ref().map_or_else(|| group.account.to_lowercase(), Sid::to_string);
        let place = *seen.entry(key).or_insert(groups.len());
        match groups.get_mut(place) {
            // Once in the list, with the mark of the DACL wherever it stands.
            Some(listed) => listed.from_dacl |= is_in_dacl(reference),
            None => {
                messages.extend(unknown(reference, trustee.as_ref()));
                groups.push(BackupGroup { from_dacl: is_in_dacl(reference), ..group });
            }
        }
    }
    Ok((groups, messages))
}

/// Tells whether a reference stands in the GPO's own permissions.
fn is_in_dacl(reference: &FoundReference) -> bool {
    reference.origin == ReferenceOrigin::Permissions
}

fn is_permission(reference: &FoundReference) -> bool {
    matches!(reference.origin, ReferenceOrigin::Permissions | ReferenceOrigin::PackagePermissions)
}

fn sid_of(subject: &Subject) -> Option<&Sid> {
    match subject {
        Subject::Principal { sid, .. } => sid.as_ref(),
        Subject::Path(_) => None,
    }
}

/// Returns what there is to tell of a principal that the forest does not know.
fn unknown(reference: &FoundReference, trustee: Option<&Trustee>) -> Option<StatusMessage> {
    let (id, text) = match trustee {
        Some(trustee) if trustee.name.is_some() || !trustee.sid.is_domain_principal() => return None,
        Some(_) if is_permission(reference) => {
            (MessageId::TrusteeUnknown, "no principal of the forest has this SID, which is in the permissions")
        }
        Some(_) => (MessageId::PrincipalUnresolved, "no principal of the forest has this SID, which a setting names"),
        None => (MessageId::PrincipalUnresolved, "no principal of the forest has this name, which a setting holds"),
    };
    let message = StatusMessage::warning(id, text).about(reference.text.trim_start_matches('*'));
    Some(message.in_extension(&*reference.extension_name, &*reference.settings_name))
}

/// Returns what a set says of a trustee.
fn group(trustee: &Trustee, names: &Names) -> BackupGroup {
    let account = trustee.account_part().unwrap_or_default().to_owned();
    let domain = names.domain_of(trustee).filter(|_| !account.is_empty());
    let netbios_name = domain.and(trustee.domain_part()).unwrap_or_default();
    BackupGroup {
        // Of those that are the same in every domain the name alone.
        sid: Some(trustee.sid.clone()).filter(|_| trustee.kind != TrusteeKind::WellKnown),
        kind: trustee.entry_type().into(),
        netbios_domain: netbios_name.to_owned(),
        dns_domain: domain.map(ToString::to_string).unwrap_or_default(),
        upn: domain.map(|domain| format!("{account}@{domain}")).unwrap_or_default(),
        account,
        from_dacl: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpm::{GpoParts, MigrationTable};
    use crate::operation::migration::populate_table;
    use crate::store::demo;

    #[tokio::test]
    async fn a_table_filled_from_a_live_gpo_names_principals() {
        let domain = Domain::open(&demo::open().await.unwrap(), &"kestrelbay.example".parse().unwrap()).await.unwrap();
        let gpos = domain.gpos(GpoParts::Location).await.unwrap().values;
        let gpo = gpos.iter().find(|gpo| gpo.display_name == "Tier 0 - Log-on Restrictions").unwrap();
        let task = Task::default();
        let mut content = GpoContent::read_live(&domain, gpo, &task).await.unwrap();
        let options = ScanOptions { with_security: true, ..ScanOptions::default() };
        name_principals(&mut content, &domain, &options, &task).await.unwrap();
        let mut table = MigrationTable::new();
        populate_table(&mut table, &content, &options, &task).await.unwrap();
        let sources: Vec<&str> = table.entries().iter().map(|entry| entry.source.as_str()).collect();
        assert!(sources.contains(&"Domain Admins@kestrelbay.example"), "{sources:?}");
        assert!(sources.iter().all(|source| !source.starts_with("S-1-5-21-")), "{sources:?}");
    }
}
