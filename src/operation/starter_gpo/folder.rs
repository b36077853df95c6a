//! The folders of starter GPOs in SYSVOL: each is written under another name, takes its place with one rename, and leaves it with one.
//!
//! A folder under another name is no starter GPO to anybody. One that a crash left, and whose journal is lost, is found by the next operation: what was moved away for a
//! new one that never came is put back, and what is older than a day is removed.

use crate::gpm::{MessageId, OperationError, StatusMessage, Task, starter_gpo_folder};
use crate::ident::{Guid, Timestamp};
use crate::security::{AclState, Control, SecurityDescriptor};
use crate::store::{FileInfo, SdParts, StoreError, StoreErrorKind, Sysvol, SysvolPath};

/// How a folder under another name is called: `~opengpmc-{ID}-{RANDOM}.new`.
const PREFIX: &str = "~opengpmc-";
/// One that is being written.
pub(in crate::operation) const NEW: &str = "new";
/// One that is moved away for a new one.
pub(in crate::operation) const OLD: &str = "old";
/// One that is being removed.
pub(in crate::operation) const GONE: &str = "gone";
/// Seconds after which nobody works on such a folder any more.
const LONGEST_WORK: i64 = 24 * 60 * 60;

/// Clears away what a crash has left. What cannot be cleared away is left.
pub(in crate::operation) async fn tidy(sysvol: &dyn Sysvol, task: &Task) -> Result<(), OperationError> {
    let holder = starter_gpo_folder();
    let Ok(entries) = task.or_cancel(sysvol.list(&holder)).await? else { return Ok(()) };
    for entry in &entries {
        let Some((id, kind)) = parse_temporary(&entry.name) else { continue };
        let Ok(left) = holder.join(&entry.name) else { continue };
        let is_there = entries.iter().any(|entry| entry.name.parse() == Ok(id));
        if kind == OLD && !is_there {
            if sysvol.rename(&left, &place(id)).await.is_ok() {
                let text = "an earlier operation was broken off; the starter GPO is again as it was before";
                task.message(StatusMessage::information(MessageId::RolledBack, text).about(id));
            }
        } else if is_stale(entry) {
            sysvol.remove_tree(&left).await.ok();
        }
    }
    Ok(())
}

fn is_stale(entry: &FileInfo) -> bool {
    let age = entry.modified.map(|modified| Timestamp::now().unix_seconds() - modified.unix_seconds());
    age.is_some_and(|age| age > LONGEST_WORK)
}

/// Returns the place of a starter GPO.
pub(in crate::operation) fn place(id: Guid) -> SysvolPath {
    starter_gpo_folder().join(&id.to_string()).unwrap_or_default()
}

/// Returns another name for the folder of a starter GPO, one that is none to anybody.
pub(in crate::operation) fn temporary(id: Guid, kind: &str) -> SysvolPath {
    let random = Guid::random().hyphenated();
    let random = random.get(..8).unwrap_or_default();
    starter_gpo_folder().join(&format!("{PREFIX}{id}-{random}.{kind}")).unwrap_or_default()
}

/// Returns the starter GPO that a folder under another name is of, and what was done with it.
fn parse_temporary(name: &str) -> Option<(Guid, &str)> {
    let (id, rest) = name.strip_prefix(PREFIX)?.split_once('}')?;
    Some((format!("{id}}}").parse().ok()?, rest.split_once('.')?.1))
}

/// Returns the access list of a folder for another that takes its place, self-relative; none where it only has what it inherits.
///
/// # Errors
/// Fails where it cannot be read.
pub(in crate::operation) async fn own_access(
    sysvol: &dyn Sysvol,
    folder: &SysvolPath,
    task: &Task,
) -> Result<Option<Vec<u8>>, OperationError> {
    if !sysvol.has_security() {
        return Ok(None);
    }
    let bytes = task.or_cancel(sysvol.security(folder, SdParts::READABLE)).await?;
    let bytes = bytes.map_err(|error| OperationError::of_read(&error))?;
    match SecurityDescriptor::from_bytes(&bytes) {
        Ok(descriptor) => Ok(has_own_entries(&descriptor).then_some(bytes)),
        Err(error) => {
            let error = StoreError::new(StoreErrorKind::Corrupt, folder).with_detail(error);
            Err(OperationError::of_read(&error))
        }
    }
}

/// Tells whether a folder has other permissions than those it gets from the one around it.
fn has_own_entries(descriptor: &SecurityDescriptor) -> bool {
    let own = match &descriptor.dacl {
        AclState::Present(acl) => acl.has_unknown() || acl.aces().any(|ace| !ace.is_inherited()),
        _ => false,
    };
    own || descriptor.control.contains(Control::DACL_PROTECTED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_names_are_known_again() {
        let id = Guid::from_u128(7);
        let check = |name: &str, expected: Option<(Guid, &str)>| assert_eq!(parse_temporary(name), expected, "{name}");
        for kind in [NEW, OLD, GONE] {
            check(temporary(id, kind).name(), Some((id, kind)));
        }
        for name in ["{00000000-0000-0000-0000-000000000007}", "~opengpmc-x}.old", "~opengpmc-{1}-2.old"] {
            check(name, None);
        }
    }
}
