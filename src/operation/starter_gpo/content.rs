//! What a starter GPO consists of, live or in the set of a backup.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::format::{MOST_CABINET_BYTES, STARTER_GPO_FILE, STARTER_GPO_TEXTS, StarterGpoField, StarterGpoFile};
use crate::gpm::constants::BackupType;
use crate::gpm::{Backup, Domain, HResult, MessageId, OperationError, StatusMessage, Task, starter_gpo_folder};
use crate::ident::Guid;
use crate::operation::change::FileTree;
use crate::operation::content::{BOUNDS, ContentFile, places};
use crate::operation::report::starter_folder;
use crate::operation::sysvol_tree::list_tree;
use crate::store::{FolderSysvol, StoreError, StoreErrorKind, Sysvol, SysvolPath};

use super::blocking;

/// The largest `StarterGPO.tmplx` that is read, in bytes; real ones have some hundreds.
const LARGEST_METADATA: u64 = 4 << 20;
/// How long the file system may keep us waiting for a piece of a file.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Files of a set that are no part of the starter GPO.
const SET_FILES: [&str; 2] = ["bkupInfo.xml", "gpreport.xml"];

/// What a starter GPO consists of.
pub(in crate::operation) struct StarterContent {
    /// Its folders and files.
    pub tree: FileTree,
    /// The file with its metadata, one of those of the tree.
    metadata_file: ContentFile,
    /// What it says, or why it cannot be read.
    metadata: Result<StarterGpoFile, OperationError>,
}

impl StarterContent {
    /// Reads a starter GPO of a domain.
    ///
    /// # Errors
    /// Fails where it is not there, cannot be read, or holds more than administrative templates.
    pub async fn read_live(domain: &Domain, id: Guid, task: &Task) -> Result<Self, OperationError> {
        let sysvol = open_sysvol(domain, task).await?;
        let folder = task.or_cancel(find_folder(&*sysvol, id)).await??;
        let folder = folder.ok_or_else(|| not_found(domain, id))?;
        StarterContent::read(sysvol, &folder, &[], task).await
    }

    /// Reads the set of a backup.
    ///
    /// # Errors
    /// Fails where it is no backup of a starter GPO, cannot be read, or holds more than administrative templates.
    pub async fn read_set(backup: &Backup, task: &Task) -> Result<Self, OperationError> {
        let owned = backup.clone();
        let folder = blocking(move || {
            let failed = |error| OperationError::of_read(&StoreError::from_io(owned.id, &error));
            let folder = starter_folder(&owned).map_err(failed)?.filter(|_| owned.kind == BackupType::StarterGpo);
            folder.ok_or_else(|| {
                let text = "the backup holds no starter GPO";
                let message = StatusMessage::error(MessageId::BackupFileMissing, HResult::FILE_NOT_FOUND, text);
                OperationError::new(message.about(owned.id))
            })
        });
        let folder = folder.await?;
        let own_files = if Some(&folder) == backup.folder.as_ref() { &SET_FILES[..] } else { &[] };
        let sysvol = open_folder(&folder, task).await?;
        StarterContent::read(Arc::new(sysvol), &SysvolPath::root(), own_files, task).await
    }

    async fn read(
        sysvol: Arc<dyn Sysvol>,
        folder: &SysvolPath,
        ignored: &[&str],
        task: &Task,
    ) -> Result<Self, OperationError> {
        let location = format!("{}\\{folder}", sysvol.location());
        let listed = list_tree(&*sysvol, folder, BOUNDS, task).await;
        let (folders, mut files) = places(listed, folder, &location, task)?;
        files.retain(|file| !ignored.iter().any(|name| file.path.folded() == name.to_lowercase()));
        check_files(&files, &location)?;
        let metadata_file = files.iter().find(|file| file.path.folded() == STARTER_GPO_FILE.to_lowercase()).cloned();
        let metadata_file = metadata_file.ok_or_else(|| {
            let text = "the folder has no such file: it is not that of a starter GPO";
            let message = StatusMessage::error(MessageId::FileMissing, HResult::FILE_NOT_FOUND, text);
            OperationError::new(message.about(format!("{location}\\{STARTER_GPO_FILE}")))
        })?;
        let bytes = sysvol.read_range(&metadata_file.place, 0, LARGEST_METADATA as usize + 1);
        let bytes = task.or_cancel(bytes).await?.map_err(|error| OperationError::of_read(&error))?;
        let metadata = parse_metadata(&bytes, &format!("{location}\\{}", metadata_file.path));
        let tree = FileTree { folders, files, sysvol, changed: Default::default() };
        Ok(StarterContent { tree, metadata_file, metadata })
    }

    /// Returns what it says of itself.
    ///
    /// # Errors
    /// Fails where that cannot be read.
    pub fn metadata(&self) -> Result<&StarterGpoFile, OperationError> {
        self.metadata.as_ref().map_err(OperationError::clone)
    }

    /// Gives it other values, in its file; all other bytes of the file stay.
    ///
    /// # Errors
    /// Fails where the file cannot be read, or is not in UTF-8 or UTF-16.
    pub fn change_metadata(&mut self, values: &[(StarterGpoField, String)]) -> Result<(), OperationError> {
        let place = &self.metadata_file.path;
        let bytes = self.metadata()?.with_values(values).map_err(|error| invalid(place, error))?;
        self.metadata = parse_metadata(&bytes, &place.to_string());
        self.tree.changed.insert(place.clone(), bytes);
        Ok(())
    }
}

/// Reads a file. All files of a starter GPO have as many bytes as a cabinet may have; `rest` is what is left of them.
///
/// # Errors
/// Fails where it cannot be read, or the starter GPO has more.
pub(super) async fn read_file(
    tree: &FileTree,
    file: &ContentFile,
    rest: &mut u64,
    task: &Task,
) -> Result<Vec<u8>, OperationError> {
    let bytes = match tree.changed.get(&file.path) {
        Some(bytes) => bytes.clone(),
        None => {
            let most = usize::try_from(rest.saturating_add(1)).unwrap_or(usize::MAX);
            let read = task.or_cancel(tree.sysvol.read_range(&file.place, 0, most)).await?;
            read.map_err(|error| OperationError::of_read(&error))?
        }
    };
    *rest = rest.checked_sub(bytes.len() as u64).ok_or_else(|| {
        let text = format!("the starter GPO has more than {MOST_CABINET_BYTES} bytes");
        let message = StatusMessage::error(MessageId::FileReadFailed, HResult::NOT_SUPPORTED, text);
        OperationError::new(message.about(&file.path))
    })?;
    Ok(bytes)
}

/// Reads all files of a starter GPO, by their paths.
///
/// # Errors
/// Fails where one cannot be read, or they have more bytes than a cabinet may have.
pub(in crate::operation) async fn read_tree(
    tree: &FileTree,
    task: &Task,
) -> Result<Vec<(SysvolPath, Vec<u8>)>, OperationError> {
    let mut rest = MOST_CABINET_BYTES;
    let mut files = Vec::new();
    for file in &tree.files {
        files.push((file.path.clone(), read_file(tree, file, &mut rest, task).await?));
    }
    Ok(files)
}

/// Reads the metadata of a starter GPO; `place` names it in the message of a failure.
pub(in crate::operation) fn parse_metadata(bytes: &[u8], place: &str) -> Result<StarterGpoFile, OperationError> {
    if bytes.len() as u64 > LARGEST_METADATA {
        return Err(invalid(&place, format!("it is larger than {LARGEST_METADATA} bytes")));
    }
    StarterGpoFile::parse(bytes).map_err(|error| invalid(&place, error))
}

/// Returns the error of a file that cannot be parsed.
pub(super) fn invalid(place: &dyn std::fmt::Display, reason: impl ToString) -> OperationError {
    let message = StatusMessage::error(MessageId::BackupXmlInvalid, HResult::INVALID_DATA, reason.to_string());
    OperationError::new(message.about(place))
}

/// Returns the error of a starter GPO that is not there.
pub(in crate::operation) fn not_found(domain: &Domain, id: Guid) -> OperationError {
    let message = format!("there is no starter GPO {id} in {}", domain.name());
    OperationError::new(StatusMessage::error(MessageId::GpoNotFound, HResult::PATH_NOT_FOUND, message).about(id))
}

/// Opens the SYSVOL of a domain.
pub(in crate::operation) async fn open_sysvol(domain: &Domain, task: &Task) -> Result<Arc<dyn Sysvol>, OperationError> {
    let sysvol = task.or_cancel(domain.sysvol()).await?;
    sysvol.map_err(|error| OperationError::of_read(&error))
}

/// Opens a folder of this machine.
pub(super) async fn open_folder(folder: &Path, task: &Task) -> Result<FolderSysvol, OperationError> {
    let opened = task.or_cancel(FolderSysvol::open(folder, TIMEOUT)).await?;
    opened.map_err(|error| OperationError::of_read(&error))
}

/// Finds the folder of a starter GPO, by the spelling it is stored with.
pub(in crate::operation) async fn find_folder(
    sysvol: &dyn Sysvol,
    id: Guid,
) -> Result<Option<SysvolPath>, OperationError> {
    let entries = match sysvol.list(&starter_gpo_folder()).await {
        Err(error) if error.kind == StoreErrorKind::NotFound => return Ok(None),
        entries => entries.map_err(|error| OperationError::of_read(&error))?,
    };
    let mut folders = entries.iter().filter(|entry| entry.is_folder);
    let found = folders.find(|entry| entry.name.parse::<Guid>() == Ok(id));
    Ok(found.and_then(|entry| starter_gpo_folder().join(&entry.name).ok()))
}

/// Refuses what a starter GPO cannot hold, and files whose paths differ only in case.
fn check_files(files: &[ContentFile], location: &str) -> Result<(), OperationError> {
    if let Some(stranger) = files.iter().find(|file| !is_allowed(&file.path)) {
        return Err(not_allowed(&format!("{location}\\{}", stranger.path)));
    }
    // They are sorted.
    let twice = files.windows(2).find(|pair| matches!(pair, [one, other] if one.path == other.path));
    match twice {
        Some([one, ..]) => Err(invalid(&format!("{location}\\{}", one.path), "there are two files of this name")),
        _ => Ok(()),
    }
}

/// Returns the error of a file that does not belong into a starter GPO.
pub(super) fn not_allowed(place: &str) -> OperationError {
    let text = "a starter GPO holds administrative templates only: this file is none of theirs";
    let message = StatusMessage::error(MessageId::StarterNotAllowed, HResult::NOT_SUPPORTED, text);
    OperationError::new(message.about(place))
}

/// Tells whether a file may be part of a starter GPO: its own files, and those of administrative templates with their comments.
pub(super) fn is_allowed(path: &SysvolPath) -> bool {
    let folded = path.folded();
    let own = [STARTER_GPO_FILE, STARTER_GPO_TEXTS, REPORT].map(str::to_lowercase);
    let is_half = |folder: &str| matches!(folder, "machine" | "user");
    match folded.split('/').collect::<Vec<_>>()[..] {
        [name] => own.iter().any(|own| own == name),
        [half, "registry.pol" | "comment.cmtx"] => is_half(half),
        [language, name] => !is_half(language) && name == own[1],
        [half, _language, "comment.cmtl"] => is_half(half),
        _ => false,
    }
}

/// The report that lies in a cabinet.
pub(super) const REPORT: &str = "Report.html";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_administrative_templates_is_allowed() {
        let check = |path: &str, expected: bool| {
            assert_eq!(is_allowed(&SysvolPath::parse(path).unwrap()), expected, "{path}");
        };
        for path in [
            "StarterGPO.tmplx",
            "startergpo.TMPLX",
            "en-US/StarterGPO.tmpll",
            "Machine/Registry.pol",
            "user/registry.pol",
            "Machine/Comment.cmtx",
            "User/de-DE/comment.cmtl",
            "Report.html",
        ] {
            check(path, true);
        }
        for path in [
            "GPT.INI",
            "Machine/Scripts/scripts.ini",
            "Machine/microsoft/windows nt/SecEdit/GptTmpl.inf",
            "User/Preferences/Drives/Drives.xml",
            "Registry.pol",
            "Other/Registry.pol",
            "Machine/StarterGPO.tmpll",
            "Machine/evil.exe",
            "",
        ] {
            check(path, false);
        }
    }
}
