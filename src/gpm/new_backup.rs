//! A backup in the making: written beside its place, seen by nobody, and put there whole (`operations.md` 1, 2.4).

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::format::{BackupInstance, write_backup_info};
use crate::ident::Guid;

use super::backup_manifest::{BACKUP_INFO, MANIFEST, ManifestLock, NEW_MANIFEST, hide, write_failed};
use super::constants::BackupType;
use super::{Backup, BackupIndex, OperationError};

/// How the folder of a backup in the making, and the file that its writer holds locked, are named: `.opengpmc-{ID}.part`, `….lock`.
const PREFIX: &str = ".opengpmc-{";
const FOLDER_SUFFIX: &str = "}.part";
const LOCK_SUFFIX: &str = "}.lock";

/// A backup in the making. Dropped before it is published, it leaves nothing. All methods block.
pub(crate) struct NewBackup {
    id: Guid,
    kind: BackupType,
    root: PathBuf,
    folder: PathBuf,
    lock_path: PathBuf,
    /// Held locked for as long as somebody works on the folder.
    lock: Option<File>,
    is_published: bool,
}

impl NewBackup {
    /// Begins one of a GPO or a starter GPO in a folder of backups that [`prepare_folder`] was called for.
    ///
    /// # Errors
    /// Fails where the folder cannot be written to.
    pub(crate) fn begin(root: &Path, kind: BackupType) -> Result<Self, OperationError> {
        let id = Guid::random();
        let folder = unfinished_folder(root, id);
        let lock_path = root.join(format!(".opengpmc-{id}.lock"));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        hide(&mut options);
        // So that nobody takes the file for one that was left, before it is locked.
        let _manifest = ManifestLock::take(root)?;
        let lock = options.open(&lock_path).map_err(|error| write_failed(&lock_path, &error))?;
        // A file system without locks must do without.
        lock.try_lock().ok();
        let new =
            NewBackup { id, kind, root: root.to_owned(), folder, lock_path, lock: Some(lock), is_published: false };
        fs::create_dir(&new.folder).map_err(|error| write_failed(&new.folder, &error))?;
        Ok(new)
    }

    /// Returns the id of the backup.
    pub(crate) fn id(&self) -> Guid {
        self.id
    }

    /// Returns the folder that its files are written to.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns what is written so far as a backup, to be read as one.
    pub(crate) fn as_backup(&self, instance: BackupInstance) -> Backup {
        Backup::new(instance, self.kind, BackupIndex::BackupInfoOnly, Some(self.folder.clone()))
    }

    /// Puts it in its place, alone; as [`publish_all`].
    pub(crate) fn publish(self, instance: BackupInstance) -> Result<Backup, OperationError> {
        let published = publish_all(vec![(self, instance)]);
        published.into_iter().next().unwrap_or_else(|| Err(crate::gpm::Cancelled.into()))
    }

    /// Writes what the set says of itself.
    fn write_info(&self, instance: &BackupInstance) -> Result<(), OperationError> {
        let info = self.folder.join(BACKUP_INFO);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        hide(&mut options);
        let written = options.open(&info).and_then(|mut file| file.write_all(&write_backup_info(instance)));
        written.map_err(|error| write_failed(&info, &error))
    }

    fn place(&self) -> PathBuf {
        self.root.join(self.id.to_string())
    }
}

/// Makes a folder of backups if it is not there, and removes what writers left that were killed.
///
/// # Errors
/// Fails where the folder cannot be written to.
pub(crate) fn prepare_folder(root: &Path) -> Result<(), OperationError> {
    fs::create_dir_all(root).map_err(|error| write_failed(root, &error))?;
    let _manifest = ManifestLock::take(root)?;
    remove_left_over(root);
    Ok(())
}

/// Puts backups of one folder in their places: a rename for each, then one change of the manifest. What was written may be in the system's memory
/// only: see [`sync`]. Returns what became of each, in their order; nothing is left of one that failed.
pub(crate) fn publish_all(new: Vec<(NewBackup, BackupInstance)>) -> Vec<Result<Backup, OperationError>> {
    let with_id = |(new, instance): (NewBackup, BackupInstance)| {
        let instance = BackupInstance { id: new.id, ..instance };
        (new, instance)
    };
    let new: Vec<(NewBackup, BackupInstance)> = new.into_iter().map(with_id).collect();
    let mut outcomes: Vec<Result<(), OperationError>> =
        new.iter().map(|(new, instance)| new.write_info(instance)).collect();
    if let Err(error) = put_in_places(&new, &mut outcomes) {
        for (outcome, (new, _)) in outcomes.iter_mut().zip(&new).filter(|(outcome, _)| outcome.is_ok()) {
            // Back where dropping it finds it.
            fs::rename(new.place(), &new.folder).ok();
            *outcome = Err(error.clone());
        }
    }
    let published = new.into_iter().zip(outcomes).map(|((mut new, instance), outcome)| {
        outcome?;
        new.is_published = true;
        Ok(Backup::new(instance, new.kind, BackupIndex::Both, Some(new.place())))
    });
    published.collect()
}

/// Renames each that nothing went wrong with so far, and has the manifest list them; an error is one of the manifest.
fn put_in_places(
    new: &[(NewBackup, BackupInstance)],
    outcomes: &mut [Result<(), OperationError>],
) -> Result<(), OperationError> {
    let Some((first, _)) = new.first() else { return Ok(()) };
    let mut manifest = ManifestLock::take(&first.root)?;
    let ids = |outcomes: &[Result<(), OperationError>]| -> Vec<Guid> {
        new.iter().zip(outcomes).filter(|(_, outcome)| outcome.is_ok()).map(|((new, _), _)| new.id).collect()
    };
    manifest.intend(&ids(outcomes))?;
    for ((new, _), outcome) in new.iter().zip(outcomes.iter_mut()).filter(|(_, outcome)| outcome.is_ok()) {
        let place = new.place();
        *outcome = fs::rename(&new.folder, &place).map_err(|error| write_failed(&place, &error));
    }
    manifest.settle(&ids(outcomes))
}

/// Has the system bring a folder of backups to the disk: once at the end, since a flush of each file would cost more than all else.
pub(crate) fn sync(root: &Path) -> io::Result<()> {
    File::open(root.join(MANIFEST))?.sync_all()?;
    #[cfg(unix)]
    File::open(root)?.sync_all()?;
    Ok(())
}

impl Drop for NewBackup {
    fn drop(&mut self) {
        if !self.is_published {
            remove(&self.folder);
        }
        // Closed before it is removed, for Windows.
        self.lock = None;
        fs::remove_file(&self.lock_path).ok();
    }
}

/// Removes the folder of a backup that is given up. A write that nobody waits for any more may still be putting a file into it.
fn remove(folder: &Path) {
    const TRIES: u32 = 20;
    for _ in 0..TRIES {
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => std::thread::sleep(Duration::from_millis(5)),
            _ => return,
        }
    }
}

/// Returns the folder of a backup that is being made, or being deleted.
pub(super) fn unfinished_folder(root: &Path, id: Guid) -> PathBuf {
    root.join(format!(".opengpmc-{id}.part"))
}

/// Removes backups in the making or on their way out whose writer is gone. To be called with the manifest's lock held, so that none is
/// beginning.
pub(super) fn remove_left_over(root: &Path) {
    fs::remove_file(root.join(NEW_MANIFEST)).ok();
    let Ok(entries) = fs::read_dir(root) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let inner = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        let id = inner.and_then(|inner| inner.strip_suffix(FOLDER_SUFFIX).or_else(|| inner.strip_suffix(LOCK_SUFFIX)));
        let Some(id) = id else { continue };
        let lock_path = root.join(format!("{PREFIX}{id}{LOCK_SUFFIX}"));
        // Deleting holds the manifest's lock only, and what it could not remove is removed here.
        let is_held = File::open(&lock_path).is_ok_and(|lock| lock.try_lock().is_err());
        if !is_held {
            fs::remove_dir_all(root.join(format!("{PREFIX}{id}{FOLDER_SUFFIX}"))).ok();
            fs::remove_file(&lock_path).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::BackupDir;
    use super::*;

    fn instance(name: &str) -> BackupInstance {
        BackupInstance {
            id: Guid::NIL,
            gpo_id: Guid::from_u128(7),
            gpo_name: name.to_owned(),
            domain: "corp.x".to_owned(),
            domain_guid: None,
            domain_controller: "dc1.corp.x".to_owned(),
            time: None,
            comment: String::new(),
            has_software: false,
        }
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.retain(|name| name != ".opengpmc-manifest.lock");
        names.sort();
        names
    }

    #[test]
    fn a_backup_shows_once_it_is_whole() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().join("made/anew");
        prepare_folder(&root).unwrap();
        let new = NewBackup::begin(&root, BackupType::Gpo).unwrap();
        fs::write(new.folder().join("Backup.xml"), "x").unwrap();
        assert_eq!(BackupDir::open(&root).unwrap().backups(), []);
        let backup = new.publish(instance("A")).unwrap();
        assert_eq!(names(&root), ["manifest.xml".to_owned(), backup.id.to_string()]);
        let dir = BackupDir::open(&root).unwrap();
        assert_eq!(dir.backups(), [backup]);
        assert_eq!(dir.problems(), []);
    }

    #[test]
    fn what_is_given_up_leaves_nothing() {
        let root = tempfile::tempdir().unwrap();
        drop(NewBackup::begin(root.path(), BackupType::Gpo).unwrap());
        assert_eq!(names(root.path()), [] as [&str; 0]);
    }

    #[test]
    fn what_a_killed_writer_left_is_cleared_and_finished() {
        let root = tempfile::tempdir().unwrap();
        let at_work = NewBackup::begin(root.path(), BackupType::Gpo).unwrap();
        let killed = Guid::random();
        fs::create_dir(root.path().join(format!(".opengpmc-{killed}.part"))).unwrap();
        fs::write(root.path().join(format!(".opengpmc-{killed}.lock")), "").unwrap();
        // Killed after its rename, before the manifest.
        let renamed = root.path().join(killed.to_string());
        fs::create_dir(&renamed).unwrap();
        fs::write(renamed.join("bkupInfo.xml"), write_backup_info(&BackupInstance { id: killed, ..instance("B") }))
            .unwrap();
        ManifestLock::take(root.path()).unwrap().intend(&[killed]).unwrap();
        prepare_folder(root.path()).unwrap();
        let other = NewBackup::begin(root.path(), BackupType::Gpo).unwrap();
        let mut expected: Vec<String> = [&at_work, &other]
            .into_iter()
            .flat_map(|new| [format!(".opengpmc-{}.part", new.id), format!(".opengpmc-{}.lock", new.id)])
            .chain(["manifest.xml".to_owned(), killed.to_string()])
            .collect();
        expected.sort();
        assert_eq!(names(root.path()), expected);
        assert_eq!(BackupDir::open(root.path()).unwrap().backups()[0].index, BackupIndex::Both);
    }

    #[test]
    fn eight_writers_lose_nothing() {
        let root = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for writer in 0..8 {
                let root = root.path();
                scope.spawn(move || {
                    for number in 0..5 {
                        let new = NewBackup::begin(root, BackupType::Gpo).unwrap();
                        new.publish(instance(&format!("{writer}/{number}"))).unwrap();
                    }
                });
            }
        });
        let dir = BackupDir::open(root.path()).unwrap();
        assert_eq!(dir.backups().len(), 40);
        assert!(dir.backups().iter().all(|backup| backup.index == BackupIndex::Both));
        assert_eq!(names(root.path()).len(), 41);
    }
}
