//! What belongs to a GPO and lies outside of it, brought back from the file of extras of a backup: links, blocked inheritance, the WMI filter.
//!
//! All of it belongs to other objects, so it is done when the GPO itself is back, and what cannot be done is a warning.

use crate::format::{BACKUP_EXTRAS_FILE, BackupExtras, SavedLink, SavedWmiFilter};
use crate::gpm::{Backup, Domain, HResult, MessageId, OperationError, StatusMessage, Task, WmiQuery};
use crate::ident::{Dn, GpLink, GpLinkElement, LinkOptions, Timestamp};
use crate::store::{Attribute, Change, Directory, StoreError, StoreErrorKind};

use super::admin::{NewFilter, objects_of_filter};
use super::backup::read_backup_extras;
use super::change::{ChangeContext, Target};
use super::restore::RestoreOptions;

/// How often a link is tried again when somebody else changes the same container at the same time.
const TRIES: usize = 5;
const BLOCK_INHERITANCE: i64 = 1;

/// Reads the extras of a backup; none, with a warning, where it has none or they are damaged.
pub(super) async fn read(backup: &Backup, options: &RestoreOptions, task: &Task) -> Option<BackupExtras> {
    if *options == RestoreOptions::default() {
        return None;
    }
    let warn = |why: String| {
        let message = format!("links, WMI filter and blocked inheritance cannot be brought back: {why}");
        task.message(StatusMessage::warning(MessageId::BackupFileMissing, message).about(BACKUP_EXTRAS_FILE));
        None
    };
    let own = backup.clone();
    match tokio::task::spawn_blocking(move || read_backup_extras(&own)).await {
        Ok(Ok(Some(extras))) => Some(extras),
        Ok(Ok(None)) => warn("the backup was made without them".to_owned()),
        Ok(Err(error)) => warn(error.to_string()),
        Err(error) => warn(error.to_string()),
    }
}

/// Links a GPO where it was linked and is not, and blocks inheritance where it was blocked and is not.
pub(super) async fn bring_back(
    context: &ChangeContext,
    target: &Target,
    extras: &BackupExtras,
    options: &RestoreOptions,
    task: &Task,
) {
    for saved in &extras.links {
        if task.checkpoint().is_err() {
            return;
        }
        let outcome = bring_back_on(context, target, saved, options).await;
        match outcome {
            Ok(true) => {
                let message = format!("the settings of {} are as they were", saved.som);
                task.message(StatusMessage::information(MessageId::Done, message).about(&saved.som));
            }
            Ok(false) => {}
            Err(error) => {
                let told = StatusMessage::of_store(MessageId::DirectoryFailed, &error);
                let message = format!("links of {} could not be brought back: {error}", saved.som);
                let warning = StatusMessage::warning(told.id, message).with_code(HResult::from(&error));
                task.message(warning.about(&saved.som));
            }
        }
    }
}

/// Does so on one scope of management; tells whether there was something to do.
async fn bring_back_on(
    context: &ChangeContext,
    target: &Target,
    saved: &SavedLink,
    options: &RestoreOptions,
) -> Result<bool, StoreError> {
    let directory = directory_of(context, &saved.som).await?;
    let mut tries = 0;
    loop {
        let som = directory.read(&saved.som, &["gPLink", "gPOptions"], None).await?;
        let mut changes = Vec::new();
        if options.with_links {
            changes.extend(linked(som.bytes("gPLink"), &target.dn, saved));
        }
        if options.with_block_inheritance && saved.inheritance_blocked {
            changes.extend(blocked(som.bytes("gPOptions")));
        }
        if changes.is_empty() {
            return Ok(false);
        }
        match directory.modify(&saved.som, &changes).await {
            Err(error) if error.kind == StoreErrorKind::Conflict && tries < TRIES => tries += 1,
            done => return done.map(|()| true),
        }
    }
}

/// Opens the directory that holds a scope of management: that of its domain, or of the forest for a site.
async fn directory_of(context: &ChangeContext, som: &Dn) -> Result<std::sync::Arc<dyn Directory>, StoreError> {
    let forest = context.store.directory();
    if som.is_within(&forest.root_dse().configuration_dn) {
        return Ok(forest);
    }
    let domain = som.domain().ok_or_else(|| StoreError::new(StoreErrorKind::NotFound, som))?;
    context.store.domain_directory(&domain).await
}

/// Returns the change that adds the link; none where the GPO is linked already.
fn linked(present: Option<&[u8]>, gpo: &Dn, saved: &SavedLink) -> Option<Change> {
    let text = present.map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default();
    let mut links = GpLink::parse(&text);
    if links.elements.iter().any(|element| element.gpo() == Some(gpo)) {
        return None;
    }
    links.insert(saved.order, GpLinkElement::new(gpo, LinkOptions::new(saved.enabled, saved.enforced)));
    Some(Change::Swap {
        attribute: "gPLink".to_owned(),
        old: present.map(<[u8]>::to_vec),
        new: Some(links.to_string().into_bytes()),
    })
}

/// Returns the change that blocks inheritance; none where it is blocked.
fn blocked(present: Option<&[u8]>) -> Option<Change> {
    let number = present.and_then(|bytes| std::str::from_utf8(bytes).ok()?.trim().parse::<i64>().ok()).unwrap_or(0);
    (number & BLOCK_INHERITANCE == 0).then(|| Change::Swap {
        attribute: "gPOptions".to_owned(),
        old: present.map(<[u8]>::to_vec),
        new: Some((number | BLOCK_INHERITANCE).to_string().into_bytes()),
    })
}

/// Makes a WMI filter again under its id; tells whether it is there now.
pub(super) async fn make_filter(domain: &Domain, saved: &SavedWmiFilter, task: &Task) -> bool {
    match add_filter(domain, saved).await {
        Ok(()) => {
            let message = format!("the WMI filter {} was made again", saved.name);
            task.message(StatusMessage::information(MessageId::Done, message).about(saved.id));
            true
        }
        Err(error) if error.0.code == HResult::from(StoreErrorKind::AlreadyExists) => true,
        Err(error) => {
            let message = format!("the WMI filter {} could not be made again: {error}", saved.name);
            let warning = StatusMessage::warning(MessageId::WmiFilterMissing, message);
            task.message(warning.with_code(error.0.code).about(saved.id));
            false
        }
    }
}

async fn add_filter(domain: &Domain, saved: &SavedWmiFilter) -> Result<(), OperationError> {
    let now = Timestamp::now();
    let queries: Vec<WmiQuery> = saved.queries.iter().map(WmiQuery::from).collect();
    let filter = NewFilter {
        id: saved.id,
        name: &saved.name,
        description: &saved.description,
        queries: &queries,
        author: &saved.author,
        created: saved.created().unwrap_or(now),
        changed: now,
    };
    for object in objects_of_filter(domain, &filter).await? {
        let attributes = object.attributes.into_iter().map(|(name, values)| Attribute { name, values });
        let added = domain.directory().add(&object.dn, &attributes.collect::<Vec<_>>()).await;
        added.map_err(|error| OperationError::of_directory(&error))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_comes_back_where_it_stood() {
        let gpo: Dn = "CN={A},CN=Policies,CN=System,DC=x".parse().unwrap();
        let saved = SavedLink {
            som: "DC=x".parse().unwrap(),
            order: 2,
            enabled: true,
            enforced: true,
            inheritance_blocked: false,
        };
        let check = |present: Option<&str>, expected: Option<&str>| {
            let change = linked(present.map(str::as_bytes), &gpo, &saved);
            let new = change.map(|change| match change {
                Change::Swap { new, .. } => String::from_utf8(new.unwrap()).unwrap(),
                other => panic!("{other:?}"),
            });
            assert_eq!(new.as_deref(), expected);
        };
        check(None, Some("[LDAP://cn={A},cn=policies,cn=system,DC=x;2]"));
        check(Some("[LDAP://cn={a},CN=Policies,CN=System,DC=x;1]"), None);
        check(
            Some("[LDAP://CN={C},DC=x;0][LDAP://CN={B},DC=x;0]"),
            Some("[LDAP://CN={C},DC=x;0][LDAP://cn={A},cn=policies,cn=system,DC=x;2][LDAP://CN={B},DC=x;0]"),
        );
    }

    #[test]
    fn other_options_of_a_container_stay() {
        let new = |present: Option<&str>| match blocked(present.map(str::as_bytes)) {
            Some(Change::Swap { new, .. }) => new.map(|bytes| String::from_utf8(bytes).unwrap()),
            _ => None,
        };
        assert_eq!(new(None).as_deref(), Some("1"));
        assert_eq!(new(Some("4")).as_deref(), Some("5"));
        assert_eq!(new(Some("1")), None);
    }
}
