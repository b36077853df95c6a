//! Migration tables (IGPMMigrationTable): what principals and UNC paths become in another domain (`operations.md` 3).

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde::{Serialize, Serializer};

use super::{HResult, MessageId, OperationError, StatusMessage};
use crate::format::{EntryType, MapDestination, MapEntry, MigrationTableFile, MigrationTableFileError};
use crate::ident::is_unc_path;
use crate::store::write_whole;

/// A migration table. Each source stands in it once; a table made by hand may name one twice, and then the first counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MigrationTable {
    file: MigrationTableFile,
}

/// A migration table cannot be read, written or changed.
#[derive(Debug, thiserror::Error)]
pub enum MigrationTableError {
    /// The file cannot be read or written.
    #[error("{path}: {error}")]
    Io {
        /// The file.
        path: String,
        /// What the system says.
        error: io::Error,
    },
    /// The file is no migration table.
    #[error("{path}: {error}")]
    File {
        /// The file.
        path: String,
        /// What is wrong with it, and where.
        error: MigrationTableFileError,
    },
    /// An entry has no source.
    #[error("an entry of a migration table needs a source")]
    NoSource,
    /// The table has no entry for this source.
    #[error("the migration table has no entry for `{0}`")]
    NotFound(String),
}

/// What is wrong with an entry, or worth knowing about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EntryMessage {
    /// The place of the entry in the list, from 0.
    pub entry: usize,
    /// The message; its object path is the source of the entry.
    pub message: StatusMessage,
}

/// A table larger than this is not read.
const LARGEST_BYTES: u64 = 16 << 20;

impl MigrationTable {
    /// Returns an empty table (IGPM.CreateMigrationTable).
    pub fn new() -> Self {
        MigrationTable::default()
    }

    /// Reads a table from a file (IGPM.GetMigrationTable).
    ///
    /// # Errors
    /// Fails where the file cannot be read, is larger than 16 MiB, or is no migration table; says in which line.
    pub fn load(path: &Path) -> Result<Self, MigrationTableError> {
        let name = || path.display().to_string();
        let bytes = read(path).map_err(|error| MigrationTableError::Io { path: name(), error })?;
        MigrationTable::parse(&bytes).map_err(|error| MigrationTableError::File { path: name(), error })
    }

    /// Reads a table from the bytes of a file.
    ///
    /// # Errors
    /// Says in which line they are no migration table.
    pub fn parse(bytes: &[u8]) -> Result<Self, MigrationTableFileError> {
        Ok(MigrationTable { file: MigrationTableFile::parse(bytes)? })
    }

    /// Returns the bytes of its file.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.file.to_bytes()
    }

    /// Writes the table to a file, whole or not at all (Save).
    ///
    /// # Errors
    /// Fails where the folder cannot be written to.
    pub fn save(&self, path: &Path) -> Result<(), MigrationTableError> {
        let failed = |error| MigrationTableError::Io { path: path.display().to_string(), error };
        write_whole(path, &self.to_bytes()).map_err(failed)
    }

    /// Returns all entries (GetEntries).
    pub fn entries(&self) -> &[MapEntry] {
        self.file.entries()
    }

    /// Finds the entry of a source, compared without case (GetEntry).
    pub fn get_entry(&self, source: &str) -> Option<&MapEntry> {
        self.entries().get(self.place(source)?)
    }

    /// Adds an entry, or gives the one of this source another type and destination (AddEntry).
    ///
    /// # Errors
    /// Fails without a source.
    pub fn add_entry(
        &mut self,
        source: &str,
        entry_type: EntryType,
        destination: &MapDestination,
    ) -> Result<(), MigrationTableError> {
        let source = source.trim();
        if source.is_empty() {
            return Err(MigrationTableError::NoSource);
        }
        let changed = match self.place(source) {
            Some(place) => self.file.set(place, Some(entry_type), destination),
            None => self.file.add([(source, entry_type, destination)]),
        };
        changed.map_err(unreadable)
    }

    /// Adds many entries at once. Those whose source the table has keep their destination and get the type.
    ///
    /// # Errors
    /// Does not fail for a table that was read.
    pub fn add_entries(&mut self, entries: &[(String, EntryType, MapDestination)]) -> Result<(), MigrationTableError> {
        let mut places: HashMap<String, Option<usize>> = HashMap::new();
        for (place, entry) in self.entries().iter().enumerate() {
            places.entry(entry.source.to_lowercase()).or_insert(Some(place));
        }
        let mut added = Vec::new();
        let mut retyped = Vec::new();
        for (source, entry_type, destination) in entries.iter().filter(|(source, ..)| !source.trim().is_empty()) {
            match places.insert(source.trim().to_lowercase(), None) {
                None => added.push((source.trim(), *entry_type, destination)),
                Some(Some(place)) => retyped.push((place, *entry_type)),
                Some(None) => {}
            }
        }
        let retyped = retyped.into_iter().map(|(place, entry_type)| (place, Some(entry_type), None));
        self.file.set_all(retyped).map_err(unreadable)?;
        self.file.add(added).map_err(unreadable)
    }

    /// Gives the entry of a source another destination (UpdateDestination).
    ///
    /// # Errors
    /// Fails where there is no entry of this source.
    pub fn update_destination(
        &mut self,
        source: &str,
        destination: &MapDestination,
    ) -> Result<(), MigrationTableError> {
        let place = self.place(source).ok_or_else(|| MigrationTableError::NotFound(source.to_owned()))?;
        self.file.set(place, None, destination).map_err(unreadable)
    }

    /// Takes out the entry of a source (DeleteEntry).
    ///
    /// # Errors
    /// Fails where there is no entry of this source.
    pub fn delete_entry(&mut self, source: &str) -> Result<(), MigrationTableError> {
        let place = self.place(source).ok_or_else(|| MigrationTableError::NotFound(source.to_owned()))?;
        self.file.remove(place).map_err(unreadable)
    }

    /// Checks all entries without asking anybody (`operations.md` 3.4): a message for each thing that is wrong. A source that stands
    /// there twice is wrong too, but the first entry can be used.
    pub fn validate(&self) -> Vec<EntryMessage> {
        let mut found = Vec::new();
        let mut seen: HashMap<String, u32> = HashMap::new();
        for (place, entry) in self.entries().iter().enumerate() {
            let mut wrong = |id: MessageId, text: String| {
                let text = format!("{text} (line {})", entry.line);
                let message = StatusMessage::error(id, HResult::INVALID_DATA, text).about(&entry.source);
                found.push(EntryMessage { entry: place, message });
            };
            check(entry, &mut wrong);
            let folded = entry.source.to_lowercase();
            if let Some(line) = seen.get(&folded).filter(|_| !folded.is_empty()) {
                wrong(
                    MessageId::TableInvalid,
                    format!("`{}` stands in line {line} already; that entry counts", entry.source),
                );
            } else {
                seen.insert(folded, entry.line);
            }
        }
        found
    }

    fn place(&self, source: &str) -> Option<usize> {
        let folded = source.trim().to_lowercase();
        self.entries().iter().position(|entry| entry.source.to_lowercase() == folded)
    }
}

impl MapEntry {
    /// Checks the entry by itself, without asking anybody: a message for each thing that is wrong.
    pub fn check(&self) -> Vec<StatusMessage> {
        let mut found = Vec::new();
        check(self, &mut |id, text| {
            found.push(StatusMessage::error(id, HResult::INVALID_DATA, text).about(&self.source));
        });
        found
    }
}

/// Says what is wrong with an entry by itself.
fn check(entry: &MapEntry, wrong: &mut impl FnMut(MessageId, String)) {
    let source = &entry.source;
    if source.is_empty() {
        wrong(MessageId::TableInvalid, "the entry has no source".to_owned());
    }
    let destination = match &entry.destination {
        MapDestination::Set(text) if text.is_empty() => {
            wrong(MessageId::TableInvalid, format!("the destination of `{source}` is empty"));
            None
        }
        MapDestination::Set(text) => Some(text.as_str()),
        MapDestination::SameAsSource | MapDestination::None | MapDestination::ByRelativeName => None,
    };
    let texts = [Some(source.as_str()).filter(|source| !source.is_empty()), destination].into_iter().flatten();
    match &entry.entry_type {
        Err(text) => wrong(MessageId::TableInvalid, format!("`{text}` is no type of an entry; `{source}` has it")),
        Ok(EntryType::UncPath) => {
            for text in texts.filter(|text| !is_unc_path(text)) {
                let id = if text.starts_with(r"\\") { MessageId::TableInvalid } else { MessageId::TypeMismatch };
                wrong(id, format!("`{text}` is no UNC path, \\\\server\\share"));
            }
            if matches!(entry.destination, MapDestination::None | MapDestination::ByRelativeName) {
                wrong(
                    MessageId::TableInvalid,
                    format!("the UNC path `{source}` needs a path as its destination, or stays as it is"),
                );
            }
        }
        Ok(_) => {
            for text in texts.filter(|text| text.starts_with(r"\\")) {
                wrong(MessageId::TypeMismatch, format!("`{text}` is a path and no user, group or computer"));
            }
        }
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST_BYTES {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "the file is larger than 16 MiB"));
    }
    Ok(bytes)
}

fn unreadable(error: MigrationTableFileError) -> MigrationTableError {
    MigrationTableError::File { path: "the migration table".to_owned(), error }
}

impl From<MigrationTableError> for OperationError {
    fn from(error: MigrationTableError) -> Self {
        let code = match &error {
            MigrationTableError::Io { error, .. } if error.kind() == io::ErrorKind::NotFound => HResult::FILE_NOT_FOUND,
            MigrationTableError::Io { error, .. } if error.kind() == io::ErrorKind::PermissionDenied => {
                HResult::ACCESS_DENIED
            }
            MigrationTableError::Io { .. } => HResult::FAIL,
            MigrationTableError::File { .. } => HResult::INVALID_DATA,
            MigrationTableError::NoSource | MigrationTableError::NotFound(_) => HResult::INVALID_ARGUMENT,
        };
        OperationError::new(StatusMessage::error(MessageId::TableInvalid, code, error.to_string()))
    }
}

impl Serialize for MigrationTable {
    /// Writes the list of entries.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.entries().serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str) -> MapDestination {
        MapDestination::Set(text.to_owned())
    }

    #[test]
    fn entries_come_are_changed_and_go() {
        let mut table = MigrationTable::new();
        table.add_entry("ann@corp.x", EntryType::User, &MapDestination::SameAsSource).unwrap();
        table.add_entry(r"\\old\share", EntryType::UncPath, &set(r"\\new\share")).unwrap();
        table.add_entry("ANN@corp.x", EntryType::Unknown, &set("eve@new.x")).unwrap();
        let entry = table.get_entry("Ann@Corp.X").unwrap();
        assert_eq!((entry.entry_type.clone(), &entry.destination), (Ok(EntryType::Unknown), &set("eve@new.x")));
        assert_eq!(table.entries().len(), 2);
        table.update_destination("ann@corp.x", &MapDestination::ByRelativeName).unwrap();
        assert_eq!(table.get_entry("ann@corp.x").unwrap().destination, MapDestination::ByRelativeName);
        table.delete_entry(r"\\OLD\share").unwrap();
        assert_eq!(table.entries().len(), 1);
        assert!(matches!(table.delete_entry("bob"), Err(MigrationTableError::NotFound(_))));
        assert!(matches!(table.update_destination("bob", &set("x")), Err(MigrationTableError::NotFound(_))));
        assert!(matches!(table.add_entry(" ", EntryType::User, &set("x")), Err(MigrationTableError::NoSource)));
        let json = serde_json::to_value(&table).unwrap();
        let expected = serde_json::json!([{ "source": "ann@corp.x", "entry_type": "unknown", "destination_option": "by_relative_name", "line": 3 }]);
        assert_eq!(json, expected);
    }

    #[test]
    fn many_entries_keep_the_destinations_that_are_there() {
        let mut table = MigrationTable::new();
        table.add_entry("ann", EntryType::Unknown, &set("eve")).unwrap();
        let same = MapDestination::SameAsSource;
        let entry = |source: &str, entry_type| (source.to_owned(), entry_type, same.clone());
        table
            .add_entries(&[
                entry("ANN", EntryType::User),
                entry("bob", EntryType::User),
                entry("Bob", EntryType::Unknown),
            ])
            .unwrap();
        let entries: Vec<_> =
            table.entries().iter().map(|entry| (entry.source.as_str(), entry.entry_type.clone())).collect();
        assert_eq!(entries, [("ann", Ok(EntryType::User)), ("bob", Ok(EntryType::User))]);
        assert_eq!(table.entries()[0].destination, set("eve"));
    }

    #[test]
    fn a_table_is_saved_and_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.migtable");
        assert!(matches!(MigrationTable::load(&path), Err(MigrationTableError::Io { .. })));
        let mut table = MigrationTable::new();
        table.add_entry("ann", EntryType::User, &MapDestination::None).unwrap();
        table.save(&path).unwrap();
        assert_eq!(MigrationTable::load(&path).unwrap(), table);
        std::fs::write(&path, "<MigrationTable>\n<x></MigrationTable>").unwrap();
        let error = MigrationTable::load(&path).unwrap_err().to_string();
        assert!(error.contains("a.migtable: line 2: "), "{error}");
    }

    #[test]
    fn what_is_wrong_is_said_of_its_entry() {
        let check = |entries: &str, expected: &[(usize, &str, &str)]| {
            let table =
                MigrationTable::parse(format!("<MigrationTable>{entries}</MigrationTable>").as_bytes()).unwrap();
            let messages = table.validate();
            let found: Vec<(usize, &str, &str)> = messages
                .iter()
                .map(|found| (found.entry, found.message.id.name(), found.message.message.as_str()))
                .collect();
            assert_eq!(found, expected);
        };
        let entry = |kind: &str, source: &str, destination: &str| {
            format!("\n<Mapping><Type>{kind}</Type><Source>{source}</Source>{destination}</Mapping>")
        };
        check(&entry("User", "a@b", "<DestinationNone/>"), &[]);
        check(&entry("UNCPath", r"\\a\b", r"<Destination>\\c\d</Destination>"), &[]);
        check(&entry("User", "", ""), &[(0, "table-invalid", "the entry has no source (line 2)")]);
        check(
            &[entry("Group", "a", "<Destination/>"), entry("User", "b", ""), entry("Unknown", "B", "")].concat(),
            &[
                (0, "table-invalid", "the destination of `a` is empty (line 2)"),
                (0, "table-invalid", "`Group` is no type of an entry; `a` has it (line 2)"),
                (2, "table-invalid", "`B` stands in line 3 already; that entry counts (line 4)"),
            ],
        );
        check(
            &[entry("UNCPath", "a@b", "<DestinationNone/>"), entry("UNCPath", r"\\a", r"<Destination>c</Destination>")]
                .concat(),
            &[
                (0, "type-mismatch", r"`a@b` is no UNC path, \\server\share (line 2)"),
                (0, "table-invalid", "the UNC path `a@b` needs a path as its destination, or stays as it is (line 2)"),
                (1, "table-invalid", r"`\\a` is no UNC path, \\server\share (line 3)"),
                (1, "type-mismatch", r"`c` is no UNC path, \\server\share (line 3)"),
            ],
        );
        check(
            &entry("User", r"\\a\b", r"<Destination>\\c\d</Destination>"),
            &[
                (0, "type-mismatch", r"`\\a\b` is a path and no user, group or computer (line 2)"),
                (0, "type-mismatch", r"`\\c\d` is a path and no user, group or computer (line 2)"),
            ],
        );
    }
}
