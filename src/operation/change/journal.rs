//! The journal: what was there before an operation changed it, kept until the operation is done.
//!
//! Each running operation has a folder of its own, named by a GUID, with two things in it: `record.json`, what is being done to which GPO;
//! and `before`, the pre-image. Beside it lies `{GUID}.lock`, held by the process that does the work: made before the folder and removed after
//! it, so that nothing is ever there that nobody can tell from what is at work. An entry whose lock nobody holds was left by a crash;
//! [`super::recovery`] puts it back. The record is written last, so that an entry without one has changed nothing yet.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::gpm::{HResult, MessageId, OperationError, StatusMessage};
use crate::ident::{Dn, DnsName, Guid, Timestamp};
use crate::store::{FolderSysvol, StoreError, write_whole};

/// A folder of journal entries.
#[derive(Clone, Debug)]
pub struct Journal {
    folder: PathBuf,
}

/// What an operation does to a GPO.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// A backup is put in its place.
    Restore,
    /// Settings of a backup take the place of its own.
    Import,
    /// It is made as a copy of another.
    Copy,
}

impl ChangeKind {
    /// Returns the word for it.
    pub fn label(self) -> &'static str {
        match self {
            ChangeKind::Restore => "restore",
            ChangeKind::Import => "import",
            ChangeKind::Copy => "copy",
        }
    }
}

/// What is being done to which GPO.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalRecord {
    /// What is done.
    pub kind: ChangeKind,
    /// The forest, by the DN of its root domain.
    pub forest: Dn,
    /// The domain.
    pub domain: DnsName,
    /// The GPO.
    pub gpo: Guid,
    /// Its name, for people.
    pub gpo_name: String,
    /// When it began.
    pub started: Timestamp,
    /// `versionNumber` as the last write will leave it: by it a finished operation is known.
    pub planned_version: u32,
    /// `versionNumber` before; none where there was no GPO.
    pub version_before: Option<u32>,
}

/// An operation that a crash broke off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interrupted {
    /// What was being done.
    pub record: JournalRecord,
    /// The folder of the entry.
    pub folder: PathBuf,
}

/// Ends the name of the lock of an entry.
const LOCK: &str = ".lock";
const RECORD: &str = "record.json";
const BEFORE: &str = "before";
/// A local disk that makes no progress for this long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// An entry that this process holds. Dropped without [`JournalEntry::finish`] it stays, to be put back later.
pub(in crate::operation) struct JournalEntry {
    folder: PathBuf,
    lock: File,
}

impl Journal {
    /// Opens a journal, making its folder where it is missing.
    ///
    /// # Errors
    /// Fails where the folder cannot be made.
    pub fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Journal { folder: folder.to_owned() })
    }

    /// Returns the operations that a crash broke off, oldest first. What a crash left before it had changed anything is removed.
    ///
    /// # Errors
    /// Fails where the folder cannot be read, or a record in it is damaged.
    pub fn interrupted(&self) -> io::Result<Vec<Interrupted>> {
        let mut found = Vec::new();
        for folder in self.entries()? {
            let Some(held) = hold(&folder)? else { continue };
            match fs::read(folder.join(RECORD)) {
                Ok(bytes) => {
                    let record = serde_json::from_slice(&bytes).map_err(|error| {
                        io::Error::new(
                            io::ErrorKind::InvalidData,
                            format!("{}: {error}", folder.join(RECORD).display()),
                        )
                    })?;
                    found.push(Interrupted { record, folder });
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => remove(&folder, held)?,
                Err(error) => return Err(error),
            }
        }
        found.sort_by_key(|interrupted| (interrupted.record.started, interrupted.record.gpo));
        Ok(found)
    }

    /// Returns the folders of all entries; of some, only the lock is there.
    fn entries(&self) -> io::Result<BTreeSet<PathBuf>> {
        let mut entries = BTreeSet::new();
        for entry in fs::read_dir(&self.folder)? {
            let name = entry?.file_name();
            let name = name.to_string_lossy();
            if let Ok(id) = name.strip_suffix(LOCK).unwrap_or(&name).parse::<Guid>() {
                entries.insert(self.folder.join(id.to_string()));
            }
        }
        Ok(entries)
    }

    /// Makes an entry. Nothing is changed before [`JournalEntry::record`].
    pub(in crate::operation) fn begin(&self) -> Result<JournalEntry, OperationError> {
        loop {
            let folder = self.folder.join(Guid::random().to_string());
            let failed = |error: io::Error| journal_error(&folder, &error);
            // None where somebody took it for one that was left, and cleared it away.
            let Some(lock) = hold(&folder).map_err(failed)? else { continue };
            if let Err(error) = fs::create_dir_all(folder.join(BEFORE)) {
                remove(&folder, lock).ok();
                return Err(failed(error));
            }
            return Ok(JournalEntry { folder, lock });
        }
    }

    /// Takes over an entry that a crash left; none where another process has it, or it is gone.
    pub(in crate::operation) fn take_over(
        &self,
        interrupted: &Interrupted,
    ) -> Result<Option<JournalEntry>, OperationError> {
        let folder = &interrupted.folder;
        let failed = |error: io::Error| journal_error(folder, &error);
        let Some(lock) = hold(folder).map_err(failed)? else { return Ok(None) };
        if folder.join(RECORD).is_file() {
            return Ok(Some(JournalEntry { folder: folder.clone(), lock }));
        }
        remove(folder, lock).map_err(failed)?;
        Ok(None)
    }
}

impl JournalEntry {
    /// Refuses to go on where another entry of the journal speaks of the same GPO: one that is being changed, or that waits to be put back.
    pub(in crate::operation) fn refuse_second(&self, record: &JournalRecord) -> Result<(), OperationError> {
        let failed = |error: io::Error| journal_error(&self.folder, &error);
        let Some(journal) = self.folder.parent() else { return Ok(()) };
        for entry in fs::read_dir(journal).map_err(failed)? {
            let folder = entry.map_err(failed)?.path();
            // Gone by now, or not written yet: then it is the other one that finds this record.
            let other = fs::read(folder.join(RECORD)).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
            let other: Option<JournalRecord> = other.filter(|_| folder != self.folder);
            let same = |other: &JournalRecord| {
                (&other.forest, &other.domain, other.gpo) == (&record.forest, &record.domain, record.gpo)
            };
            if other.as_ref().is_some_and(same) {
                let message = format!(
                    "another operation is changing the GPO {}, or was broken off and has to be put back first",
                    record.gpo_name
                );
                let message = StatusMessage::error(MessageId::Conflict, HResult::SHARING_VIOLATION, message);
                return Err(OperationError::new(message.about(record.gpo)));
            }
        }
        Ok(())
    }

    /// Returns the folder of the entry.
    pub(in crate::operation) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Opens the place for the pre-image.
    pub(in crate::operation) async fn before(&self) -> Result<FolderSysvol, StoreError> {
        FolderSysvol::open(&self.folder.join(BEFORE), PATIENCE).await
    }

    /// Writes down what is being done. From here on a crash is noticed.
    pub(in crate::operation) fn record(&self, record: &JournalRecord) -> Result<(), OperationError> {
        let path = self.folder.join(RECORD);
        let written =
            serde_json::to_vec_pretty(record).map_err(io::Error::from).and_then(|bytes| write_whole(&path, &bytes));
        written.map_err(|error| journal_error(&path, &error))
    }

    /// Removes the entry: all is done, or all is as it was.
    pub(in crate::operation) fn finish(self) -> Result<(), OperationError> {
        let folder = self.folder.clone();
        remove(&folder, self.lock).map_err(|error| journal_error(&folder, &error))
    }
}

/// Locks an entry that nobody holds, one that is not there too; none where somebody holds it, or did a moment ago.
fn hold(folder: &Path) -> io::Result<Option<File>> {
    let path = lock_path(folder);
    let lock = File::options().write(true).create(true).truncate(false).open(&path)?;
    match lock.try_lock() {
        // Removed between opening and locking, it is no lock for anybody who comes later.
        Ok(()) => Ok(path.exists().then_some(lock)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn lock_path(folder: &Path) -> PathBuf {
    let mut path = folder.as_os_str().to_owned();
    path.push(LOCK);
    path.into()
}

/// Removes an entry, its record first: without it nothing is put back any more.
fn remove(folder: &Path, lock: File) -> io::Result<()> {
    gone(fs::remove_file(folder.join(RECORD)))?;
    gone(fs::remove_dir_all(folder))?;
    // An open file cannot be removed everywhere.
    drop(lock);
    gone(fs::remove_file(lock_path(folder)))
}

/// Takes what is no longer there for removed.
fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

fn journal_error(path: &Path, error: &io::Error) -> OperationError {
    let code = HResult::from(&StoreError::from_io(path.display(), error));
    let message = format!("the journal cannot be written: {error}");
    OperationError::new(StatusMessage::error(MessageId::FileWriteFailed, code, message).about(path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(name: &str) -> JournalRecord {
        JournalRecord {
            kind: ChangeKind::Import,
            forest: "DC=corp,DC=x".parse().unwrap(),
            domain: "corp.x".parse().unwrap(),
            gpo: Guid::NIL,
            gpo_name: name.to_owned(),
            started: Timestamp::now(),
            planned_version: 2,
            version_before: Some(1),
        }
    }

    #[test]
    fn what_nobody_holds_was_interrupted() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        let entry = journal.begin().unwrap();
        entry.record(&record("held")).unwrap();
        assert_eq!(journal.interrupted().unwrap(), []);
        drop(entry);
        let left = journal.interrupted().unwrap();
        assert_eq!(left.iter().map(|left| left.record.gpo_name.as_str()).collect::<Vec<_>>(), ["held"]);
        let again = journal.take_over(&left[0]).unwrap().unwrap();
        assert!(journal.take_over(&left[0]).unwrap().is_none());
        again.finish().unwrap();
        assert!(journal.take_over(&left[0]).unwrap().is_none());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn an_entry_that_changed_nothing_is_cleared_away() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        drop(journal.begin().unwrap());
        assert_eq!(journal.interrupted().unwrap(), []);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_a_crash_left_at_its_beginning_or_end_is_cleared_away() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        let at_work = journal.begin().unwrap();
        let left = |number| folder.path().join(Guid::from_u128(number).to_string());
        fs::write(lock_path(&left(1)), "").unwrap();
        fs::create_dir_all(left(2).join(BEFORE)).unwrap();
        fs::write(lock_path(&left(2)), "").unwrap();
        fs::create_dir(left(3)).unwrap();
        fs::write(folder.path().join("README"), "not ours").unwrap();
        assert_eq!(journal.interrupted().unwrap(), []);
        assert!(at_work.folder().is_dir() && lock_path(at_work.folder()).is_file());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }

    #[test]
    fn entries_come_and_go_while_others_look() {
        let folder = tempfile::tempdir().unwrap();
        let journal = &Journal::open(folder.path()).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let entry = journal.begin().unwrap();
                        entry.record(&record("at work")).unwrap();
                        assert!(entry.folder().join(BEFORE).is_dir());
                        entry.finish().unwrap();
                        assert_eq!(journal.interrupted().unwrap(), []);
                    }
                });
            }
        });
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_damaged_record_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        let entry = journal.begin().unwrap();
        fs::write(entry.folder().join(RECORD), "{").unwrap();
        drop(entry);
        assert!(journal.interrupted().unwrap_err().to_string().contains(RECORD));
    }
}
