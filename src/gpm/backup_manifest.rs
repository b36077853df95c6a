//! Changing the manifest of a folder of backups, by several writers at the same time (`operations.md` 1.1).
//!
//! A lock file beside the manifest lets one writer at a time change it, and holds what that writer is about to do. Whoever takes the lock and
//! finds something written there finishes it first: the writer before was killed between the change of a set and that of the manifest.
//! The lock file stays, hidden; a removed one could be locked by two writers at once.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::format::{BackupInstance, read_backup_info, read_manifest, write_manifest};
use crate::ident::Guid;
use crate::store::StoreError;

use super::backup::find_without_case;
use super::{HResult, MessageId, OperationError, StatusMessage, read_bounded};

/// The file that is locked; it also says which sets are being added or removed.
const LOCK_FILE: &str = ".opengpmc-manifest.lock";
pub(super) const MANIFEST: &str = "manifest.xml";
/// The manifest in the making: of one name, since only who holds the lock writes it, so that a killed writer leaves no more than one.
pub(super) const NEW_MANIFEST: &str = ".opengpmc-manifest.new";
pub(super) const BACKUP_INFO: &str = "bkupInfo.xml";
/// How long a writer waits for the others.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(5);

/// The right to change the manifest of a folder, held until dropped.
pub(super) struct ManifestLock {
    folder: PathBuf,
    file: File,
}

impl ManifestLock {
    /// Waits for the right, and finishes what a writer before was killed over.
    ///
    /// # Errors
    /// Fails where the folder cannot be written to, or others hold it for a minute.
    pub(super) fn take(folder: &Path) -> Result<Self, OperationError> {
        let path = folder.join(LOCK_FILE);
        let failed = |error: io::Error| write_failed(&path, &error);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        hide(&mut options);
        let file = options.open(&path).map_err(failed)?;
        let started = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                // A file system without locks: its writers have to agree otherwise.
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => break,
                Err(TryLockError::Error(error)) => return Err(failed(error)),
                Err(TryLockError::WouldBlock) if started.elapsed() > PATIENCE => {
                    let text = format!("another program has been changing the backups for {} s", PATIENCE.as_secs());
                    let message = StatusMessage::error(MessageId::FileWriteFailed, HResult::SHARING_VIOLATION, text);
                    return Err(OperationError::new(message.about(path.display())));
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            }
        }
        let mut lock = ManifestLock { folder: folder.to_owned(), file };
        let unfinished = lock.intended().map_err(failed)?;
        if !unfinished.is_empty() {
            lock.settle(&unfinished)?;
        }
        Ok(lock)
    }

    /// Writes down which sets will be added or removed, before anything is done.
    pub(super) fn intend(&mut self, sets: &[Guid]) -> Result<(), OperationError> {
        let text: String = sets.iter().map(|id| format!("{id}\n")).collect();
        let written = self.file.set_len(0).and_then(|()| self.file.seek(SeekFrom::Start(0)));
        let written = written.and_then(|_| self.file.write_all(text.as_bytes()));
        written.map_err(|error| write_failed(&self.folder.join(LOCK_FILE), &error))
    }

    /// Makes the manifest say of these sets what their folders say, and forgets the intention.
    pub(super) fn settle(&mut self, sets: &[Guid]) -> Result<(), OperationError> {
        let (path, bytes) = self.read_manifest()?;
        let manifest = read_manifest(&bytes);
        // What cannot be read of it would be lost, so that it is made anew from the sets.
        let mut instances = match manifest.problems.is_empty() {
            true => manifest.instances,
            false => self.rebuilt(manifest.instances)?,
        };
        for &id in sets {
            let in_folder = set_info(&self.folder.join(id.to_string()));
            match (in_folder, instances.iter().position(|instance| instance.id == id)) {
                (Some(info), Some(place)) => instances[place] = BackupInstance { id, ..info },
                (Some(info), None) => instances.push(BackupInstance { id, ..info }),
                (None, Some(place)) => drop(instances.remove(place)),
                (None, None) => {}
            }
        }
        self.write_manifest(&path, &instances, &bytes)?;
        self.intend(&[])
    }

    /// Makes the manifest anew: what can be read of it, in its order, without sets that are gone, and sets that it did not list.
    /// Returns how many entries were added, changed and removed.
    pub(super) fn rebuild(&mut self) -> Result<Repaired, OperationError> {
        let (path, bytes) = self.read_manifest()?;
        let old = read_manifest(&bytes).instances;
        let instances = self.rebuilt(old.clone())?;
        let by_id: BTreeMap<Guid, &BackupInstance> = old.iter().map(|instance| (instance.id, instance)).collect();
        let added = instances.iter().filter(|instance| !by_id.contains_key(&instance.id)).count();
        let same = instances.iter().filter(|instance| by_id.get(&instance.id) == Some(instance)).count();
        let kept = instances.len() - added;
        self.write_manifest(&path, &instances, &bytes)?;
        Ok(Repaired { added, changed: kept - same, removed: old.len().saturating_sub(kept), listed: instances.len() })
    }

    fn rebuilt(&self, old: Vec<BackupInstance>) -> Result<Vec<BackupInstance>, OperationError> {
        let failed = |error: io::Error| OperationError::of_read(&StoreError::from_io(self.folder.display(), &error));
        let mut found = BTreeMap::new();
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let id = entry.file_name().to_str().and_then(|name| name.parse::<Guid>().ok());
            if let Some(id) = id
                && entry.path().is_dir()
            {
                found.insert(id, set_info(&entry.path()));
            }
        }
        let mut instances = Vec::new();
        for instance in old {
            // Of a set without a file of its own, the manifest is the only one that knows.
            if let Some(info) = found.remove(&instance.id) {
                instances
                    .push(info.map_or_else(|| instance.clone(), |info| BackupInstance { id: instance.id, ..info }));
            }
        }
        let unlisted = found.into_iter().filter_map(|(id, info)| Some(BackupInstance { id, ..info? }));
        instances.extend(unlisted);
        Ok(instances)
    }

    fn intended(&mut self) -> io::Result<Vec<Guid>> {
        let mut text = String::new();
        self.file.seek(SeekFrom::Start(0))?;
        // A set's id takes 39 bytes; who wrote more did not mean us.
        (&mut self.file).take(1 << 20).read_to_string(&mut text).or_else(|error| match error.kind() {
            io::ErrorKind::InvalidData => Ok(0),
            _ => Err(error),
        })?;
        Ok(text.lines().filter_map(|line| line.trim().parse().ok()).collect())
    }

    fn read_manifest(&self) -> Result<(PathBuf, Vec<u8>), OperationError> {
        let own = self.folder.join(MANIFEST);
        let failed = |error: io::Error| OperationError::of_read(&StoreError::from_io(own.display(), &error));
        match find_without_case(&self.folder, MANIFEST).map_err(failed)? {
            Some(path) => {
                let bytes = read_bounded(&path).map_err(failed)?;
                Ok((path, bytes))
            }
            None => Ok((own, write_manifest(&[]))),
        }
    }

    fn write_manifest(&self, path: &Path, instances: &[BackupInstance], old: &[u8]) -> Result<(), OperationError> {
        let bytes = write_manifest(instances);
        if bytes == old && path.exists() {
            return Ok(());
        }
        let new = self.folder.join(NEW_MANIFEST);
        write_hidden(&new, &bytes)
            .and_then(|()| fs::rename(&new, path))
            .inspect_err(|_| drop(fs::remove_file(&new)))
            .map_err(|error| write_failed(path, &error))
    }
}

/// What was wrong with a manifest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Repaired {
    /// Backups that it did not list.
    pub added: usize,
    /// Backups of which it said something else than they do.
    pub changed: usize,
    /// Backups that are gone.
    pub removed: usize,
    /// Backups that it lists now.
    pub listed: usize,
}

/// Returns what a set says of itself, if it can be read.
fn set_info(folder: &Path) -> Option<BackupInstance> {
    let path = find_without_case(folder, BACKUP_INFO).ok()??;
    read_backup_info(&read_bounded(&path).ok()?).ok()
}

/// Writes a file from its beginning, hidden where the system knows such files.
fn write_hidden(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    hide(&mut options);
    options.open(path)?.write_all(bytes)
}

/// Makes the file that will be created a hidden one, as GPMC does; only Windows has the mark.
pub(super) fn hide(options: &mut OpenOptions) {
    #[cfg(windows)]
    {
        const FILE_ATTRIBUTE_HIDDEN: u32 = 2;
        std::os::windows::fs::OpenOptionsExt::attributes(options, FILE_ATTRIBUTE_HIDDEN);
    }
    #[cfg(not(windows))]
    let _ = options;
}

pub(super) fn write_failed(path: &Path, error: &io::Error) -> OperationError {
    OperationError::of_write(&StoreError::from_io(path.display(), error))
}
