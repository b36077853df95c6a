//! The folders of starter GPOs in SYSVOL: each is written under another name, takes its place with one rename, and leaves it with one.
//!
//! A folder under another name is no starter GPO to anybody. One that a crash left is found by the next operation: what was moved away for a
//! new one that never came is put back, and what is older than a day is removed.

use crate::gpm::{HResult, MessageId, OperationError, StatusMessage, Task, starter_gpo_folder};
use crate::ident::{Guid, Timestamp};
use crate::operation::change::{FileTree, copy_tree, make_folder, set_folder_access};
use crate::security::{AclState, Control, SecurityDescriptor};
use crate::store::{FileInfo, SdParts, StoreError, StoreErrorKind, Sysvol, SysvolPath};

/// How a folder under another name is called: `~opengpmc-{ID}-{RANDOM}.new`.
const PREFIX: &str = "~opengpmc-";
/// One that is being written.
pub(in crate::operation) const NEW: &str = "new";
/// One that is moved away for a new one.
const OLD: &str = "old";
/// One that is being removed.
pub(in crate::operation) const GONE: &str = "gone";
/// Seconds after which nobody works on such a folder any more.
const LONGEST_WORK: i64 = 24 * 60 * 60;

/// Makes a tree the folder of a starter GPO. One that is there, `present`, is replaced, and its permissions stay.
///
/// # Errors
/// Fails where it cannot be written, or it is cancelled; what was there before is there again then, and nothing else.
pub(super) async fn put_in_place(
    sysvol: &dyn Sysvol,
    id: Guid,
    tree: &FileTree,
    present: Option<&SysvolPath>,
    task: &Task,
) -> Result<(), OperationError> {
    task.checkpoint()?;
    let holder = starter_gpo_folder();
    let is_first = match sysvol.make_folder(&holder).await {
        Ok(()) => true,
        Err(error) if error.kind == StoreErrorKind::AlreadyExists => false,
        Err(error) => return Err(OperationError::of_write(&error)),
    };
    let new = temporary(id, NEW);
    let placed = match write_new(sysvol, &new, tree, present, task).await {
        Ok(()) => take_place(sysvol, &new, id, present, task).await,
        Err(error) => Err(error),
    };
    if placed.is_err() {
        remove_or_tell(sysvol, &new, task).await;
        if is_first {
            // Not empty where somebody else has been faster.
            sysvol.remove(&holder).await.ok();
        }
    }
    placed
}

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

/// Writes the tree, with the permissions of the one that it will replace.
async fn write_new(
    sysvol: &dyn Sysvol,
    new: &SysvolPath,
    tree: &FileTree,
    present: Option<&SysvolPath>,
    task: &Task,
) -> Result<(), OperationError> {
    make_folder(sysvol, new).await?;
    copy_tree(tree, sysvol, new, task).await?;
    let Some(present) = present.filter(|_| sysvol.has_security()) else { return Ok(()) };
    let bytes = sysvol.security(present, SdParts::READABLE).await;
    let bytes = bytes.map_err(|error| OperationError::of_read(&error))?;
    match SecurityDescriptor::from_bytes(&bytes) {
        Ok(descriptor) if has_own_entries(&descriptor) => set_folder_access(sysvol, new, &descriptor).await,
        Ok(_) => Ok(()),
        Err(error) => {
            let error = StoreError::new(StoreErrorKind::Corrupt, present).with_detail(error);
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

/// Puts a folder that is written into its place.
async fn take_place(
    sysvol: &dyn Sysvol,
    new: &SysvolPath,
    id: Guid,
    present: Option<&SysvolPath>,
    task: &Task,
) -> Result<(), OperationError> {
    // The last look: from here on it goes to its end.
    task.checkpoint()?;
    let failed = |error: StoreError| OperationError::of_write(&error);
    let Some(present) = present else {
        return moved(sysvol, new, &place(id)).await.map_err(failed);
    };
    let old = temporary(id, OLD);
    let outcome = match moved(sysvol, present, &old).await {
        Ok(()) => moved(sysvol, new, present).await,
        Err(error) => Err(error),
    };
    if let Err(error) = outcome {
        put_back(sysvol, &old, present, id, task).await;
        return Err(failed(error));
    }
    remove_or_tell(sysvol, &old, task).await;
    Ok(())
}

/// Puts a folder back that was moved away, if it was.
async fn put_back(sysvol: &dyn Sysvol, old: &SysvolPath, present: &SysvolPath, id: Guid, task: &Task) {
    if sysvol.stat(present).await.is_ok() {
        return;
    }
    match moved(sysvol, old, present).await {
        Ok(()) => {
            let text = "the starter GPO is again as it was before";
            task.message(StatusMessage::information(MessageId::RolledBack, text).about(id));
        }
        Err(error) => {
            let text = format!(
                "the state before could not be put back: {error}. It lies in {}\\{old}, and the next operation on starter GPOs of the domain puts it back",
                sysvol.location()
            );
            task.message(StatusMessage::error(MessageId::RollbackFailed, HResult::from(error.kind), text).about(id));
        }
    }
}

/// Renames; a rename whose answer was lost counts as done where it was.
async fn moved(sysvol: &dyn Sysvol, from: &SysvolPath, to: &SysvolPath) -> Result<(), StoreError> {
    let Err(error) = sysvol.rename(from, to).await else { return Ok(()) };
    if error.kind == StoreErrorKind::AlreadyExists {
        return Err(error);
    }
    let is_gone = sysvol.stat(from).await.is_err_and(|error| error.kind == StoreErrorKind::NotFound);
    if is_gone && sysvol.stat(to).await.is_ok() { Ok(()) } else { Err(error) }
}

/// Removes a folder under another name; says so where that fails.
async fn remove_or_tell(sysvol: &dyn Sysvol, folder: &SysvolPath, task: &Task) {
    match sysvol.remove_tree(folder).await {
        Err(error) if error.kind != StoreErrorKind::NotFound => {
            let text = format!("what is not needed any more could not be removed: {error}");
            let place = format!("{}\\{folder}", sysvol.location());
            task.message(StatusMessage::warning(MessageId::FileWriteFailed, text).about(place));
        }
        _ => {}
    }
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
