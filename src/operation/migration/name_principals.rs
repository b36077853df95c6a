//! The names of the principals that a GPO of a live domain speaks of. A set says them itself; in a domain they are asked for, so that
//! one table serves a GPO and its backups alike: tables name principals, settings mostly hold SIDs.

use std::collections::BTreeSet;

use super::{FoundReference, ScanOptions, Subject, scan_references};
use crate::gpm::{Domain, FindTrusteeError, MessageId, OperationError, StatusMessage, Task, Trustee};
use crate::ident::Sid;
use crate::operation::backup::principals::group;
use crate::operation::content::GpoContent;

/// Adds the principals that the content speaks of, as far as the forest of their domain knows them. What cannot be found keeps its SID or
/// its name as the only one.
///
/// # Errors
/// Fails where a file of the GPO cannot be read, the directory cannot be asked, and where the task is cancelled.
pub async fn name_principals(
    content: &mut GpoContent,
    domain: &Domain,
    options: &ScanOptions,
    task: &Task,
) -> Result<(), OperationError> {
    let references = scan_references(content, options, task).await?;
    let known: BTreeSet<&Sid> = content.principals.iter().filter_map(|group| group.sid.as_ref()).collect();
    let (mut sids, mut names) = (BTreeSet::new(), BTreeSet::new());
    for FoundReference { subject, .. } in &references {
        match subject {
            Subject::Principal { sid: Some(sid), .. } if sid.is_domain_principal() && !known.contains(sid) => {
                sids.insert(sid.clone());
            }
            Subject::Principal { sid: None, name: Some(name) } if Sid::of_localized_name(name).is_none() => {
                names.insert(name.clone());
            }
            Subject::Principal { .. } | Subject::Path(_) => {}
        }
    }
    if sids.is_empty() && names.is_empty() {
        return Ok(());
    }
    let known_names = task.or_cancel(domain.names()).await?.map_err(|error| OperationError::of_directory(&error))?;
    let store = domain.store();
    let sids: Vec<Sid> = sids.into_iter().collect();
    let resolved = task.or_cancel(known_names.resolve(&**store, &sids)).await?;
    for problem in resolved.problems {
        task.message(StatusMessage::warning(MessageId::TrusteeUnknown, problem.message).about(problem.object));
    }
    let mut found: Vec<Trustee> = resolved.trustees.into_values().collect();
    for name in names {
        match task.or_cancel(known_names.find(&**store, &name, domain.name())).await? {
            Ok(trustee) => found.push(trustee),
            Err(FindTrusteeError::Store(error)) => return Err(OperationError::of_directory(&error)),
            Err(_) => {}
        }
    }
    found.retain(|trustee| trustee.dn.is_some());
    found.sort_by(|one, other| one.sid.cmp(&other.sid));
    found.dedup_by(|one, other| one.sid == other.sid);
    content.principals.extend(found.iter().map(group));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpm::{GpoParts, MigrationTable};
    use crate::operation::migration::populate_table;
    use crate::store::demo;

    #[tokio::test]
    async fn a_table_filled_from_a_live_gpo_names_principals() {
        let store = demo::open().await.unwrap();
        let domain = Domain::open(&store, &"kestrelbay.example".parse().unwrap()).await.unwrap();
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
