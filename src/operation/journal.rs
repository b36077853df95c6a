//! The journal: what was there before an operation changed it. While the operation runs it is what a failure or crash is put back from; when it
//! is done it is what undo works with.
//!
//! Each running operation has a folder of its own, named by a GUID, with `record.json`, what is being done; and what was there before:
//! of an operation that writes a whole GPO its pre-image, of an edit its steps. Beside it lies `{GUID}.lock`, held by the process that does the work:
//! made before the folder and removed after it, so that nothing is ever there that nobody can tell from what is at work. An entry whose lock nobody
//! holds was left by a crash; [`super::recover`] puts it back. The record is written last, so that an entry without one has changed nothing yet.
//! An operation that is done moves with one rename to the folder `done`, where the newest are kept.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::gpm::{HResult, MessageId, OperationError, StatusMessage};
use crate::ident::{Dn, DnsName, Guid, Timestamp};
use crate::store::{FolderSysvol, ForestStore, StoreError, write_whole};

use super::edit::Touched;

/// A folder of journal entries.
#[derive(Clone, Debug)]
pub struct Journal {
    folder: PathBuf,
}

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// A backup is put in the place of a GPO.
    Restore,
    /// Settings of a backup take the place of those of a GPO.
    Import,
    /// A GPO is made as a copy of another.
    Copy,
    /// An edit: steps, each of which can be taken back.
    Edit,
}

impl ChangeKind {
    /// Returns the word for it.
    pub fn label(self) -> &'static str {
        match self {
            ChangeKind::Restore => "restore",
            ChangeKind::Import => "import",
            ChangeKind::Copy => "copy",
            ChangeKind::Edit => "edit",
        }
    }
}

/// What is being done, or was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalRecord {
    /// What is done.
    pub kind: ChangeKind,
    /// What is done to what, for people: `Import settings into Staff Desktop`.
    pub title: String,
    /// The forest, by the DN of its root domain.
    pub forest: Dn,
    /// Where it lives, if it is one of its own ([`crate::store::ConnectionInfo::own_place`]).
    pub place: Option<String>,
    /// When it began.
    pub started: Timestamp,
    /// The GPO that is written as a whole; none for an edit.
    pub gpo: Option<WholeGpo>,
    /// What of the forest is another one then.
    pub touches: Vec<Touched>,
    /// The entry that this one takes back.
    pub undoes: Option<Guid>,
    /// What it is one part of, where several things were done at once.
    pub batch: Option<Batch>,
    /// Why it cannot be undone; none where it can.
    pub cannot_undo: Option<String>,
    /// Its place in the order of what was done, nanoseconds since 1970; 0 until it is done.
    pub order: u64,
    /// Whether what it changed is being put back because somebody asked for it.
    pub being_undone: bool,
}

/// A GPO that is written as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WholeGpo {
    /// Its domain.
    pub domain: DnsName,
    /// The GPO.
    pub id: Guid,
    /// Its name, for people.
    pub name: String,
    /// `versionNumber` as the last write will leave it: by it a finished operation is known.
    pub planned_version: u32,
    /// `versionNumber` before; none where there was no GPO.
    pub version_before: Option<u32>,
}

/// Several things done at once: one undo takes all of them back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Which.
    pub id: Guid,
    /// What was done, for people.
    pub title: String,
}

impl JournalRecord {
    /// Returns the record of something that begins now in a forest.
    pub fn begin(kind: ChangeKind, title: String, store: &dyn ForestStore) -> Self {
        JournalRecord {
            kind,
            title,
            forest: store.directory().root_dse().forest_dn.clone(),
            place: store.info().own_place,
            started: Timestamp::now(),
            gpo: None,
            touches: Vec::new(),
            undoes: None,
            batch: None,
            cannot_undo: None,
            order: 0,
            being_undone: false,
        }
    }

    /// Tells whether it is of this forest.
    pub fn is_of(&self, store: &dyn ForestStore) -> bool {
        self.forest == store.directory().root_dse().forest_dn && self.place == store.info().own_place
    }

    /// Tells whether both change the same GPO, at least one of them as a whole.
    fn collides_with(&self, other: &JournalRecord) -> bool {
        let changes = |record: &JournalRecord, gpo: &WholeGpo| {
            let is_whole = record.gpo.as_ref().is_some_and(|own| (&own.domain, own.id) == (&gpo.domain, gpo.id));
            is_whole || record.touches.contains(&Touched::Gpo(gpo.domain.clone(), gpo.id))
        };
        let one_way =
            |one: &JournalRecord, other: &JournalRecord| one.gpo.as_ref().is_some_and(|gpo| changes(other, gpo));
        (&self.forest, &self.place) == (&other.forest, &other.place) && (one_way(self, other) || one_way(other, self))
    }
}

/// An operation that a crash broke off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interrupted {
    /// What was being done.
    pub record: JournalRecord,
    /// The folder of the entry.
    pub folder: PathBuf,
}

/// An operation that is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// Its entry.
    pub id: Guid,
    /// What was done.
    pub record: JournalRecord,
    /// The folder of the entry.
    pub folder: PathBuf,
}

/// Ends the name of the lock of an entry.
const LOCK: &str = ".lock";
const RECORD: &str = "record.json";
const BEFORE: &str = "before";
/// The folder of what is done.
const DONE: &str = "done";
/// How many operations that are done are kept.
const MOST_DONE: usize = 100;
/// How much room they may take; the newest is kept whatever it takes.
const MOST_DONE_BYTES: u64 = 2 << 30;
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
        found.sort_by_cached_key(|interrupted| (interrupted.record.started, interrupted.folder.clone()));
        Ok(found)
    }

    /// Returns the operations that are done, in the order in which they were. A record that cannot be read is passed over: undo is not offered for it.
    ///
    /// # Errors
    /// Fails where the folder cannot be read.
    pub fn done(&self) -> io::Result<Vec<Done>> {
        let mut found = Vec::new();
        let entries = match fs::read_dir(self.folder.join(DONE)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
            entries => entries?,
        };
        for entry in entries {
            let folder = entry?.path();
            let id = folder.file_name().and_then(|name| name.to_str()?.parse::<Guid>().ok());
            let record = fs::read(folder.join(RECORD)).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
            if let (Some(id), Some(record)) = (id, record) {
                found.push(Done { id, record, folder });
            }
        }
        found.sort_by_key(|done| (done.record.order, done.id));
        Ok(found)
    }

    /// Takes an operation that is done out of those that are, to be put back; none where another process has.
    pub(in crate::operation) fn reopen(&self, done: &Done) -> Result<Option<JournalEntry>, OperationError> {
        let folder = self.folder.join(done.id.to_string());
        let failed = |error: io::Error| journal_error(&folder, &error);
        let Some(lock) = hold(&folder).map_err(failed)? else { return Ok(None) };
        match fs::rename(&done.folder, &folder) {
            Ok(()) => Ok(Some(JournalEntry { folder, lock })),
            Err(error) => {
                remove(&folder, lock).map_err(failed)?;
                if error.kind() == io::ErrorKind::NotFound { Ok(None) } else { Err(failed(error)) }
            }
        }
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
    /// Refuses to go on where another entry of the journal changes the same GPO as a whole: one that is at work, or that waits to be put back.
    pub(in crate::operation) fn refuse_second(&self, record: &JournalRecord) -> Result<(), OperationError> {
        let failed = |error: io::Error| journal_error(&self.folder, &error);
        let Some(journal) = self.folder.parent() else { return Ok(()) };
        for entry in fs::read_dir(journal).map_err(failed)? {
            let folder = entry.map_err(failed)?.path();
            // Gone by now, or not written yet: then it is the other one that finds this record.
            let other = fs::read(folder.join(RECORD)).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
            let other: Option<JournalRecord> = other.filter(|_| folder != self.folder);
            if let Some(other) = other.filter(|other| other.collides_with(record)) {
                let message = format!(
                    "another operation is changing the same GPO, or was broken off and has to be put back first: {}",
                    other.title
                );
                let message = StatusMessage::error(MessageId::Conflict, HResult::SHARING_VIOLATION, message);
                return Err(OperationError::new(message.about(&record.title)));
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

    /// Keeps the entry among those that are done. Older ones go where there are too many.
    pub(in crate::operation) fn keep(self, record: &JournalRecord) -> Result<(), OperationError> {
        let folder = self.folder.clone();
        let failed = |error: io::Error| journal_error(&folder, &error);
        let nanoseconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let now = u64::try_from(nanoseconds).unwrap_or(u64::MAX);
        // What comes back keeps its place.
        let order = if record.order > 0 { record.order } else { now };
        self.record(&JournalRecord { order, being_undone: false, ..record.clone() })?;
        let (Some(journal), Some(name)) = (folder.parent(), folder.file_name()) else { return self.finish() };
        let done = journal.join(DONE);
        fs::create_dir_all(&done).map_err(failed)?;
        fs::rename(&folder, done.join(name)).map_err(failed)?;
        drop(self.lock);
        gone(fs::remove_file(lock_path(&folder))).map_err(failed)?;
        forget_oldest(&Journal { folder: journal.to_owned() });
        Ok(())
    }

    /// Removes the entry: all is as it was.
    pub(in crate::operation) fn finish(self) -> Result<(), OperationError> {
        let folder = self.folder.clone();
        remove(&folder, self.lock).map_err(|error| journal_error(&folder, &error))
    }
}

/// Removes what is done and too old or too large to be kept. What cannot be removed is tried again next time.
fn forget_oldest(journal: &Journal) {
    let mut room_bytes = MOST_DONE_BYTES;
    for (place, done) in journal.done().unwrap_or_default().iter().rev().enumerate() {
        let size = size_bytes(&done.folder);
        let fits = place == 0 || (place < MOST_DONE && size <= room_bytes);
        room_bytes = if fits { room_bytes.saturating_sub(size) } else { 0 };
        if !fits {
            fs::remove_file(done.folder.join(RECORD)).and_then(|()| fs::remove_dir_all(&done.folder)).ok();
        }
    }
}

fn size_bytes(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => size_bytes(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
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
            title: name.to_owned(),
            forest: "DC=corp,DC=x".parse().unwrap(),
            place: None,
            started: Timestamp::now(),
            gpo: None,
            touches: Vec::new(),
            undoes: None,
            batch: None,
            cannot_undo: None,
            order: 0,
            being_undone: false,
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
        assert_eq!(left.iter().map(|left| left.record.title.as_str()).collect::<Vec<_>>(), ["held"]);
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
    fn what_is_done_is_kept_in_order_and_can_be_taken_out_again() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        for name in ["first", "second"] {
            let entry = journal.begin().unwrap();
            entry.record(&record(name)).unwrap();
            entry.keep(&record(name)).unwrap();
        }
        assert_eq!(journal.interrupted().unwrap(), []);
        let done = journal.done().unwrap();
        assert_eq!(done.iter().map(|done| done.record.title.as_str()).collect::<Vec<_>>(), ["first", "second"]);
        let entry = journal.reopen(&done[1]).unwrap().unwrap();
        assert!(journal.reopen(&done[1]).unwrap().is_none());
        assert_eq!(journal.done().unwrap().len(), 1);
        entry.keep(&done[1].record).unwrap();
        assert_eq!(journal.done().unwrap().len(), 2);
    }

    #[test]
    fn old_ones_are_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        for number in 0..MOST_DONE + 3 {
            journal.begin().unwrap().keep(&record(&number.to_string())).unwrap();
        }
        let done = journal.done().unwrap();
        assert_eq!((done.len(), done[0].record.title.as_str()), (MOST_DONE, "3"));
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
