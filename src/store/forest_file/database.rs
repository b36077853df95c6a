//! The SQLite file beneath a forest: its tables, its version, its connections.
//!
//! One connection writes, any number read; each call is one transaction on a thread for blocking work.
//! A file is untrusted: it is opened only if its application id, version and every table are exactly ours,
//! and a row that does not read is [`StoreErrorKind::Corrupt`], never a panic.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use crate::ident::{Dn, DnsName, Guid};
use crate::store::{StoreError, StoreErrorKind};

use super::key;

/// `GPFo`: marks an SQLite file as a forest file.
const APPLICATION_ID: i32 = 0x4750_466F;
/// Raised with every change of the tables, of `record.rs`, or of the attributes in `schema.rs`.
const FORMAT_VERSION: i32 = 2;
/// How long a call waits while another program writes to the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Readers kept open for reuse.
const IDLE_READERS: usize = 8;
/// How deep file and attribute bytes are read ahead per connection, KiB.
const CACHE_KIB: i64 = 8 * 1024;

/// SQLITE_READONLY_ROLLBACK: a journal waits to be rolled back, and nothing may be written.
const INTERRUPTED_CHANGE: u32 = rusqlite::ffi::SQLITE_READONLY_ROLLBACK as u32;

const TABLES: &str = "
CREATE TABLE setting(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE naming_context(id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, dn TEXT NOT NULL UNIQUE, next_rid INTEGER NOT NULL);
CREATE TABLE class(id INTEGER PRIMARY KEY, chain TEXT NOT NULL UNIQUE);
CREATE TABLE descriptor(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL UNIQUE);
CREATE TABLE entry(
    id INTEGER PRIMARY KEY, naming_context INTEGER NOT NULL, parent INTEGER, class INTEGER NOT NULL,
    key TEXT NOT NULL, dn TEXT NOT NULL, guid BLOB NOT NULL, created INTEGER NOT NULL, changed INTEGER NOT NULL,
    usn_created INTEGER NOT NULL, usn_changed INTEGER NOT NULL, descriptor INTEGER, record BLOB NOT NULL);
CREATE UNIQUE INDEX entry_key ON entry(naming_context, key);
CREATE INDEX entry_class ON entry(naming_context, class, key);
CREATE INDEX entry_parent ON entry(parent);
CREATE UNIQUE INDEX entry_guid ON entry(guid);
CREATE TABLE lookup(attribute INTEGER NOT NULL, value BLOB NOT NULL, entry INTEGER NOT NULL,
    PRIMARY KEY(attribute, value, entry)) WITHOUT ROWID;
CREATE INDEX lookup_entry ON lookup(entry);
CREATE TABLE file(
    id INTEGER PRIMARY KEY, parent INTEGER, domain INTEGER NOT NULL, name TEXT NOT NULL, folded TEXT NOT NULL,
    is_folder INTEGER NOT NULL, size INTEGER NOT NULL, modified INTEGER, descriptor INTEGER);
CREATE UNIQUE INDEX file_name ON file(parent, folded);
CREATE UNIQUE INDEX file_root ON file(domain) WHERE parent IS NULL;
CREATE TABLE chunk(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
CREATE TABLE problem(id INTEGER PRIMARY KEY, object TEXT NOT NULL, message TEXT NOT NULL);
";

/// An open forest file: its connections and what never changes about it.
pub(super) struct Database {
    /// How errors and the status bar name it.
    pub(super) label: String,
    pub(super) layout: Layout,
    place: Place,
    read_only: bool,
    /// The one connection that writes; of a read-only file, another reader. Keeps a database in memory alive.
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
}

/// Where the database lives.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// In a file.
    File(PathBuf),
    /// In memory, under a name that no other database of this process has.
    Memory(String),
}

/// The naming contexts of the forest.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// Root domain first.
    pub(super) domains: Vec<NamingContext>,
    pub(super) configuration: NamingContext,
    pub(super) schema: NamingContext,
}

/// The top of a tree of entries that one kind of server holds.
#[derive(Clone, Debug)]
pub(super) struct NamingContext {
    pub(super) id: i64,
    pub(super) dn: Dn,
    pub(super) key: String,
    /// The domain's name; of configuration and schema, that of the forest.
    pub(super) dns_name: DnsName,
}

/// What a naming context holds, as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Domain = 0,
    Configuration = 1,
    Schema = 2,
}

impl Database {
    /// Opens a forest file that exists.
    pub(super) fn open(path: &Path, read_only: bool) -> Result<Self, StoreError> {
        let label = path.display().to_string();
        let metadata = std::fs::metadata(path).map_err(|error| StoreError::from_io(&label, &error))?;
        if !metadata.is_file() {
            return Err(not_a_forest(&label));
        }
        Database::connect(Place::File(path.to_owned()), label, read_only)
    }

    /// Opens a database whose tables are made already.
    pub(super) fn connect(place: Place, label: String, read_only: bool) -> Result<Self, StoreError> {
        let writer = place.connect(read_only).map_err(|error| sql_error(&label, &error))?;
        check_format(&writer, &label)?;
        // A file that the system protects from writing opens all the same.
        let read_only = read_only || writer.is_readonly("main").about(&label)?;
        if !read_only {
            // From now on there may be attributes in it that an older program does not know.
            writer.pragma_update(None, "user_version", FORMAT_VERSION).about(&label)?;
        }
        let layout = Layout::load(&writer, &label)?;
        Ok(Database { label, layout, place, read_only, writer: Mutex::new(writer), readers: Mutex::default() })
    }

    /// Tells whether nothing can be written.
    pub(super) fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// Tells whether it is gone when the program ends.
    pub(super) fn is_in_memory(&self) -> bool {
        matches!(self.place, Place::Memory(_))
    }

    /// Runs `work` on what one moment's state of the database is. Blocks.
    pub(super) fn read_blocking<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let idle = lock(&self.readers).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.place.connect(true).map_err(|error| sql_error(&self.label, &error))?,
        };
        let result = {
            let transaction = connection.unchecked_transaction().map_err(|error| sql_error(&self.label, &error))?;
            work(&transaction)
        };
        let mut readers = lock(&self.readers);
        if readers.len() < IDLE_READERS {
            readers.push(connection);
        }
        result
    }

    /// Runs `work` as one transaction: all of it happens, or nothing. Blocks.
    pub(super) fn write_blocking<T>(
        &self,
        work: impl FnOnce(&Transaction) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.read_only {
            return Err(StoreError::new(StoreErrorKind::ReadOnly, &self.label));
        }
        let mut writer = lock(&self.writer);
        let transaction = writer
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|error| sql_error(&self.label, &error))?;
        let result = work(&transaction)?;
        transaction.commit().map_err(|error| sql_error(&self.label, &error))?;
        Ok(result)
    }

    /// Runs [`Database::read_blocking`] off the threads of the runtime.
    pub(super) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let database = self.clone();
        self.join(tokio::task::spawn_blocking(move || database.read_blocking(work))).await
    }

    /// Runs [`Database::write_blocking`] off the threads of the runtime. Goes through even if the caller stops waiting.
    pub(super) async fn write<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Transaction) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let database = self.clone();
        self.join(tokio::task::spawn_blocking(move || database.write_blocking(work))).await
    }

    /// Waits for work on a blocking thread.
    pub(super) async fn join<T>(
        &self,
        worker: tokio::task::JoinHandle<Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        match worker.await {
            Ok(result) => result,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => Err(StoreError::new(StoreErrorKind::Cancelled, &self.label)),
        }
    }
}

impl Place {
    /// Returns a new place in memory.
    pub(super) fn memory() -> Self {
        Place::Memory(format!("/opengpmc-{}", Guid::random().hyphenated()))
    }

    fn connect(&self, read_only: bool) -> rusqlite::Result<Connection> {
        let access = if read_only { OpenFlags::SQLITE_OPEN_READ_ONLY } else { OpenFlags::SQLITE_OPEN_READ_WRITE };
        let connection = self.connect_with(access)?;
        if read_only {
            connection.pragma_update(None, "query_only", true)?;
        }
        Ok(connection)
    }

    /// Makes the tables in a place that is empty. Journal and synchronous writing are off until it is opened again:
    /// whoever builds a file does so under another name, and flushes it at the end.
    pub(super) fn create(&self) -> rusqlite::Result<Connection> {
        let connection = self.connect_with(OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
        connection.pragma_update(None, "user_version", FORMAT_VERSION)?;
        connection.pragma_update(None, "synchronous", "OFF")?;
        connection.pragma_update_and_check(None, "journal_mode", "MEMORY", |_| Ok(()))?;
        connection.execute_batch(TABLES)?;
        Ok(connection)
    }

    fn connect_with(&self, access: OpenFlags) -> rusqlite::Result<Connection> {
        // A connection is used by one thread at a time, so SQLite need not lock it.
        let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = match self {
            Place::File(path) => Connection::open_with_flags(path, flags)?,
            Place::Memory(name) => Connection::open_with_flags_and_vfs(name, flags, "memdb")?,
        };
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.set_prepared_statement_cache_capacity(64);
        connection.pragma_update(None, "trusted_schema", false)?;
        connection.pragma_update(None, "cell_size_check", true)?;
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        Ok(connection)
    }
}

impl Layout {
    /// Writes the naming contexts of a new forest: its domains, root domain first.
    pub(super) fn store(connection: &Connection, domains: &[Dn]) -> rusqlite::Result<()> {
        let insert = |kind: Kind, dn: &Dn| {
            connection
                .prepare_cached("INSERT INTO naming_context(kind, dn, next_rid) VALUES(?, ?, 1000)")?
                .execute((kind as i64, dn.as_str()))
        };
        for domain in domains {
            insert(Kind::Domain, domain)?;
        }
        if let Some(root) = domains.first() {
            let configuration = root.child("CN", "Configuration");
            insert(Kind::Configuration, &configuration)?;
            insert(Kind::Schema, &configuration.child("CN", "Schema"))?;
        }
        Ok(())
    }

    pub(super) fn load(connection: &Connection, label: &str) -> Result<Self, StoreError> {
        let damaged = || StoreError::new(StoreErrorKind::Corrupt, label).with_detail("its list of domains is damaged");
        let rows: Vec<(i64, i64, String)> = connection
            .prepare("SELECT id, kind, dn FROM naming_context ORDER BY id")
            .and_then(|mut statement| statement.query_map((), |row| row.try_into())?.collect())
            .map_err(|error| sql_error(label, &error))?;
        let mut contexts = Vec::new();
        for (id, kind, dn) in rows {
            let dn: Dn = dn.parse().map_err(|_| damaged())?;
            let dns_name = dn.domain().ok_or_else(damaged)?;
            contexts.push((kind, NamingContext { id, key: key::of(&dn), dn, dns_name }));
        }
        let of_kind = |kind: Kind| {
            contexts.iter().filter(move |(stored, _)| *stored == kind as i64).map(|(_, context)| context.clone())
        };
        let domains: Vec<NamingContext> = of_kind(Kind::Domain).collect();
        if domains.is_empty() {
            return Err(damaged());
        }
        Ok(Layout {
            domains,
            configuration: of_kind(Kind::Configuration).next().ok_or_else(damaged)?,
            schema: of_kind(Kind::Schema).next().ok_or_else(damaged)?,
        })
    }

    /// Returns the root domain.
    pub(super) fn root(&self) -> &NamingContext {
        // `load` gives no layout without domains.
        &self.domains[0]
    }

    /// Returns the naming context that holds the object with this key.
    pub(super) fn locate(&self, object_key: &str) -> Option<&NamingContext> {
        let all = self.domains.iter().chain([&self.configuration, &self.schema]);
        all.filter(|context| key::is_within(object_key, &context.key)).max_by_key(|context| context.key.len())
    }

    /// Returns a domain by name.
    pub(super) fn domain(&self, name: &DnsName) -> Option<&NamingContext> {
        self.domains.iter().find(|context| context.dns_name == *name)
    }
}

/// Returns what SQLite says as an error about this object.
pub(super) fn sql_error(object: impl std::fmt::Display, error: &rusqlite::Error) -> StoreError {
    use rusqlite::Error;
    let kind = match error {
        Error::SqliteFailure(failure, _) => match failure.code {
            ErrorCode::NotADatabase => return not_a_forest(object),
            ErrorCode::DatabaseCorrupt => StoreErrorKind::Corrupt,
            ErrorCode::ReadOnly => StoreErrorKind::ReadOnly,
            ErrorCode::PermissionDenied => StoreErrorKind::AccessDenied,
            _ => StoreErrorKind::Io,
        },
        Error::FromSqlConversionFailure(..)
        | Error::IntegralValueOutOfRange(..)
        | Error::InvalidColumnType(..)
        | Error::QueryReturnedNoRows
        | Error::Utf8Error(..) => StoreErrorKind::Corrupt,
        _ => StoreErrorKind::Io,
    };
    let error_code = error.sqlite_error().map(|failure| failure.extended_code as u32);
    let detail = match (error.sqlite_error_code(), error_code) {
        (Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked), _) => "another program is writing to it".to_owned(),
        (_, Some(INTERRUPTED_CHANGE)) => {
            "a change to it was interrupted: open it once for writing, which takes that change back".to_owned()
        }
        _ => error.to_string(),
    };
    StoreError { code: error_code, ..StoreError::new(kind, object).with_detail(detail) }
}

/// Turns what SQLite says into an error about an object.
pub(super) trait About<T> {
    /// Names the object the call was about.
    fn about(self, object: impl std::fmt::Display) -> Result<T, StoreError>;
}

impl<T> About<T> for rusqlite::Result<T> {
    fn about(self, object: impl std::fmt::Display) -> Result<T, StoreError> {
        self.map_err(|error| sql_error(object, &error))
    }
}

impl<T> About<T> for Result<T, rusqlite::types::FromSqlError> {
    fn about(self, object: impl std::fmt::Display) -> Result<T, StoreError> {
        self.map_err(|error| StoreError::new(StoreErrorKind::Corrupt, object).with_detail(error))
    }
}

impl<T> About<T> for Result<T, super::record::Damaged> {
    fn about(self, object: impl std::fmt::Display) -> Result<T, StoreError> {
        self.map_err(|_| StoreError::new(StoreErrorKind::Corrupt, object).with_detail("its attributes do not read"))
    }
}

fn not_a_forest(object: impl std::fmt::Display) -> StoreError {
    StoreError::new(StoreErrorKind::Corrupt, object).with_detail("this is not a forest file")
}

/// Refuses a file that is not exactly of our making.
fn check_format(connection: &Connection, label: &str) -> Result<(), StoreError> {
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0)).about(label);
    if number("application_id")? != APPLICATION_ID {
        return Err(not_a_forest(label));
    }
    let version = number("user_version")?;
    // The names of attributes were only added to.
    if !(1..=FORMAT_VERSION).contains(&version) {
        let detail = format!("its format has version {version}, this program reads versions up to {FORMAT_VERSION}");
        return Err(StoreError::new(StoreErrorKind::NotSupported, label).with_detail(detail));
    }
    let ours = Connection::open_in_memory().and_then(|empty| {
        empty.execute_batch(TABLES)?;
        definitions(&empty)
    });
    if definitions(connection).about(label)? != ours.about(label)? {
        return Err(
            StoreError::new(StoreErrorKind::Corrupt, label).with_detail("its tables are not those of a forest file")
        );
    }
    Ok(())
}

fn definitions(connection: &Connection) -> rusqlite::Result<Vec<(String, Option<String>)>> {
    let mut statement = connection.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name")?;
    statement.query_map((), |row| row.try_into())?.collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
