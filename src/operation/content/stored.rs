//! What lies in a folder that holds what a GPO consists of: listed once, so that what is said to be there can be looked up in any case, and
//! nothing outside of the folder is ever reached.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::gpm::{HResult, MessageId, OperationError, StatusMessage, Task};
use crate::store::{FolderSysvol, StoreError, Sysvol, SysvolPath};

/// Files and folders of a set, and how deep they lie; real sets have some hundreds.
const MOST_ENTRIES: usize = 200_000;
const DEEPEST: usize = 64;
/// How long the file system may keep us waiting for a piece of a file.
const TIMEOUT: Duration = Duration::from_secs(60);

/// What stands at a place of a set.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File {
        size_bytes: u64,
    },
    Folder,
    /// A link, a pipe, a device.
    Other,
}

/// What lies in the folder of a set, by folded path: the paths as stored, more than one where they differ only in case.
pub(super) type Stored = HashMap<String, Vec<(SysvolPath, Kind)>>;

/// Lists the folder of a set. Links are not followed, and names that no SYSVOL takes are passed over: nothing can name them.
pub(super) fn stored(folder: &Path, task: &Task) -> Result<Stored, OperationError> {
    let mut stored = Stored::new();
    let mut waiting = vec![(folder.to_owned(), SysvolPath::root())];
    let mut count = 0;
    while let Some((folder, below)) = waiting.pop() {
        task.checkpoint()?;
        let failed = |error: io::Error| OperationError::of_read(&StoreError::from_io(folder.display(), &error));
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let Some(path) = entry.file_name().to_str().and_then(|name| below.join(name).ok()) else { continue };
            count += 1;
            if count > MOST_ENTRIES || path.parts().len() > DEEPEST {
                let reason = format!("the set has more than {MOST_ENTRIES} files, or folders deeper than {DEEPEST}");
                return Err(invalid(&entry.path().display(), reason));
            }
            // Of the entry itself, so that links show as links.
            let data = entry.metadata().map_err(failed)?;
            let kind = match data.file_type() {
                kind if kind.is_dir() => Kind::Folder,
                kind if kind.is_file() => Kind::File { size_bytes: data.len() },
                _ => Kind::Other,
            };
            if kind == Kind::Folder {
                waiting.push((entry.path(), path.clone()));
            }
            stored.entry(path.folded()).or_default().push((path, kind));
        }
    }
    Ok(stored)
}

/// Opens the folder, to read its files from.
pub(super) async fn open(folder: &Path, task: &Task) -> Result<Arc<dyn Sysvol>, OperationError> {
    let opened = task.or_cancel(FolderSysvol::open(folder, TIMEOUT)).await?;
    Ok(Arc::new(opened.map_err(|error| OperationError::of_read(&error))?))
}

pub(super) fn invalid(object: &dyn std::fmt::Display, reason: impl ToString) -> OperationError {
    let message = StatusMessage::error(MessageId::BackupXmlInvalid, HResult::INVALID_DATA, reason.to_string());
    OperationError::new(message.about(object))
}

pub(super) fn missing(object: &dyn std::fmt::Display, reason: &str) -> OperationError {
    let message = StatusMessage::error(MessageId::BackupFileMissing, HResult::FILE_NOT_FOUND, reason);
    OperationError::new(message.about(object))
}
