//! One backup of a GPO or starter GPO (IGPMBackup, IGPMStarterGPOBackup; `operations.md` 1).

use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::format::{BackupInstance, STARTER_GPO_FILE, StarterGpoFile};
use crate::ident::{Guid, Timestamp};

use super::constants::BackupType;
use super::{StarterGpoType, read_bounded};

/// One backup set of a backup folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Backup {
    /// Id of the backup, the name of its folder.
    pub id: Guid,
    /// What was saved.
    pub kind: BackupType,
    /// Id of the GPO or starter GPO that was saved.
    pub gpo_id: Guid,
    /// Its display name at that time.
    pub gpo_name: String,
    /// DNS name of its domain.
    pub domain: String,
    /// `objectGUID` of its domain, where it is told.
    pub domain_guid: Option<Guid>,
    /// The domain controller it was read from.
    pub domain_controller: String,
    /// When it was saved; none where the index tells no time.
    pub time: Option<Timestamp>,
    /// The comment given; empty where there is none.
    pub comment: String,
    /// Whether the GPO had software installation settings.
    pub has_software: bool,
    /// Where it is indexed.
    pub index: BackupIndex,
    /// The folder with its data; none where only the manifest still knows it.
    pub folder: Option<PathBuf>,
}

/// Which of the two index files know a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BackupIndex {
    /// The manifest of the folder and the backup's own file.
    Both,
    /// The manifest alone.
    ManifestOnly,
    /// The backup's own file alone: the manifest is missing, stale, or was not copied along.
    BackupInfoOnly,
}

impl Backup {
    pub(super) fn new(instance: BackupInstance, kind: BackupType, index: BackupIndex, folder: Option<PathBuf>) -> Self {
        Backup {
            id: instance.id,
            kind,
            gpo_id: instance.gpo_id,
            gpo_name: instance.gpo_name,
            domain: instance.domain,
            domain_guid: instance.domain_guid,
            domain_controller: instance.domain_controller,
            time: instance.time,
            comment: instance.comment,
            has_software: instance.has_software,
            index,
            folder,
        }
    }

    /// Returns the path of a file of this backup, its parts separated by `\` or `/` and compared without case;
    /// none where there is no such file. Blocks on the file system.
    pub fn file(&self, relative: &str) -> io::Result<Option<PathBuf>> {
        match &self.folder {
            Some(folder) => find_without_case(folder, relative),
            None => Ok(None),
        }
    }

    /// Returns the metadata file of the starter GPO that was saved; none where there is none. Blocks on the file system.
    pub(crate) fn starter_metadata(&self) -> io::Result<Option<PathBuf>> {
        self.folder.as_deref().map_or(Ok(None), find_starter_metadata)
    }

    /// Returns who made the starter GPO that was saved (IGPMStarterGPOBackup.Type); none where it is the backup of a GPO. Blocks on the file
    /// system.
    ///
    /// # Errors
    /// Fails where its metadata cannot be read or is damaged.
    pub fn starter_gpo_kind(&self) -> io::Result<Option<StarterGpoType>> {
        let Some(path) = self.starter_metadata()? else { return Ok(None) };
        let file = StarterGpoFile::parse(&read_bounded(&path)?);
        let file =
            file.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, format!("{}: {error}", path.display())))?;
        Ok(Some(if file.is_system() { StarterGpoType::System } else { StarterGpoType::Custom }))
    }
}

/// Finds the metadata file of the starter GPO that a set holds: it lies in the set's folder or in one directly below.
pub(super) fn find_starter_metadata(folder: &Path) -> io::Result<Option<PathBuf>> {
    if let Some(file) = find_without_case(folder, STARTER_GPO_FILE)? {
        return Ok(Some(file));
    }
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir()
            && let Some(file) = find_without_case(&entry.path(), STARTER_GPO_FILE)?
        {
            return Ok(Some(file));
        }
    }
    Ok(None)
}

/// Finds a file or folder below `folder` without regard to case; the exact spelling wins where there are several.
/// A path that would leave the folder leads nowhere, and neither does one over a link.
pub(super) fn find_without_case(folder: &Path, relative: &str) -> io::Result<Option<PathBuf>> {
    let mut found = folder.to_path_buf();
    for part in relative.split(['\\', '/']).filter(|part| !part.is_empty()) {
        if matches!(part, "." | "..") || part.contains(':') {
            return Ok(None);
        }
        let exact = found.join(part);
        if let Ok(data) = exact.symlink_metadata() {
            if data.is_symlink() {
                return Ok(None);
            }
            found = exact;
            continue;
        }
        let folded = part.to_lowercase();
        let mut names = Vec::new();
        let entries = match std::fs::read_dir(&found) {
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            other => other?,
        };
        for entry in entries {
            let name = entry?.file_name();
            if name.to_string_lossy().to_lowercase() == folded {
                names.push(name);
            }
        }
        match names.into_iter().min() {
            Some(name) if found.join(&name).is_symlink() => return Ok(None),
            Some(name) => found.push(name),
            None => return Ok(None),
        }
    }
    Ok(Some(found))
}
