//! The forest file: directory and SYSVOL of a whole forest in one SQLite file.
//!
//! It behaves as the forest's domain controllers would for what we do: identities, times and USNs are kept, values are checked
//! by the schema, swaps fail with a domain controller's result codes. Access checks are left out.
//! The demo forest is one in memory, a snapshot of a real forest is one opened read-only.
//!
//! Source of the behaviour: [MS-ADTS] 3.1.1, and what Samba answers where that is silent.

mod database;
mod key;
mod record;
mod schema;
mod value;
mod row;
mod matching;
mod search;
mod descriptor;
mod object;
mod accounts;
mod write;
mod directory;
mod files;
mod builder;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension};

use crate::ident::{Dn, DnsName, Sid, Timestamp};
use crate::security::{SecurityDescriptor, inherit};

use super::{ConnectionInfo, Directory, ForestStore, StoreError, StoreErrorKind, Sysvol};
use database::{About, Database};
use directory::FileDirectory;

pub use builder::{ForestFileBuilder, SysvolItem};

/// Returns the descriptor that a directory gives a new object: its own, or the default of its class, with what it inherits
/// from the object above. None where it has no descriptor of its own and the class is unknown.
pub(super) fn new_descriptor(
    class: &str,
    own: Option<SecurityDescriptor>,
    above: Option<&SecurityDescriptor>,
    domain: &Sid,
    forest_root: &Sid,
) -> Option<SecurityDescriptor> {
    let own = own.or_else(|| inherit::class_default(schema::class(class)?.descriptor, domain, forest_root))?;
    let administrators = domain.child(write::DOMAIN_ADMINS);
    Some(inherit::of_new(own, above, administrators.as_ref(), inherit::Heir::Object(class)))
}

/// What a forest file is a copy of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotOrigin {
    /// Where it was read from, as a person would name it.
    pub source: String,
    /// When.
    pub saved: Timestamp,
    /// What could not be read: the object and why.
    pub problems: Vec<(String, String)>,
}

/// An open forest file.
pub struct ForestFile {
    database: Arc<Database>,
    origin: Option<SnapshotOrigin>,
    /// One per domain, root domain first, in the order of the layout.
    directories: Vec<Arc<FileDirectory>>,
}

impl ForestFile {
    /// Opens a forest file. With `read_only` nothing is ever written to it.
    ///
    /// # Errors
    /// `NotFound` where there is none, `Corrupt` where it is damaged or something else, `NotSupported` where another version of the
    /// program made it in a format of its own.
    pub fn open(path: &Path, read_only: bool) -> Result<Self, StoreError> {
        ForestFile::over(Database::open(path, read_only)?)
    }

    /// Makes a forest file with empty domains, root domain first; a file of that name is replaced.
    pub fn create(path: &Path, domains: &[Dn]) -> Result<Self, StoreError> {
        ForestFileBuilder::create(path, domains)?.finish()
    }

    /// Makes a forest in memory with empty domains, root domain first.
    pub fn in_memory(domains: &[Dn]) -> Result<Self, StoreError> {
        ForestFileBuilder::in_memory("memory", domains)?.finish()
    }

    /// Returns what this is a copy of; nothing where it is a forest of its own.
    pub fn origin(&self) -> Option<&SnapshotOrigin> {
        self.origin.as_ref()
    }

    fn over(database: Database) -> Result<Self, StoreError> {
        let origin = database.read_blocking(|connection| read_origin(connection, &database.label))?;
        let database = Arc::new(database);
        let file_name = Path::new(&database.label).file_name().map(|name| name.to_string_lossy().into_owned());
        let server = file_name.unwrap_or_else(|| database.label.clone());
        let domains = database.layout.domains.iter();
        let directories =
            domains.map(|domain| Arc::new(FileDirectory::new(database.clone(), domain, &server))).collect();
        Ok(ForestFile { database, origin, directories })
    }
}

fn read_origin(connection: &Connection, label: &str) -> Result<Option<SnapshotOrigin>, StoreError> {
    let setting = |name: &str| -> Result<Option<String>, StoreError> {
        connection
            .prepare_cached("SELECT value FROM setting WHERE name = ?")
            .and_then(|mut statement| statement.query_row((name,), |row| row.get(0)).optional())
            .about(label)
    };
    let Some(source) = setting("source")? else { return Ok(None) };
    let saved = setting("saved")?.and_then(|seconds| Timestamp::from_unix_seconds(seconds.parse().ok()?));
    let saved = saved.ok_or_else(|| {
        StoreError::new(StoreErrorKind::Corrupt, label).with_detail("it does not tell when it was saved")
    })?;
    let problems = connection
        .prepare_cached("SELECT object, message FROM problem ORDER BY id")
        .and_then(|mut statement| statement.query_map((), |row| row.try_into())?.collect())
        .about(label)?;
    Ok(Some(SnapshotOrigin { source, saved, problems }))
}

#[async_trait]
impl ForestStore for ForestFile {
    fn info(&self) -> ConnectionInfo {
        ConnectionInfo {
            target: self.database.label.clone(),
            server: self.directory().root_dse().server.clone(),
            security: match &self.origin {
                Some(origin) => format!("local file, copy of {} of {}", origin.source, origin.saved.to_local_text()),
                None if self.database.is_in_memory() => "in memory".to_owned(),
                None => "local file".to_owned(),
            },
            read_only: self.database.is_read_only(),
            own_place: Some(match self.database.is_in_memory() {
                // Gone with the program.
                true => format!("{} of process {}", self.database.label, std::process::id()),
                false => std::fs::canonicalize(&self.database.label)
                    .map_or_else(|_| self.database.label.clone(), |path| path.display().to_string()),
            }),
            ..ConnectionInfo::default()
        }
    }

    fn directory(&self) -> Arc<dyn Directory> {
        // A layout has at least one domain.
        self.directories[0].clone()
    }

    async fn domain_directory(&self, domain: &DnsName) -> Result<Arc<dyn Directory>, StoreError> {
        let found = self.directories.iter().find(|directory| directory.root_dse().domain == *domain);
        let found = found.ok_or_else(|| {
            StoreError::new(StoreErrorKind::NotFound, domain).with_detail("this forest has no such domain")
        })?;
        Ok(found.clone())
    }

    async fn sysvol(&self, domain: &DnsName) -> Result<Arc<dyn Sysvol>, StoreError> {
        Ok(Arc::new(files::open(&self.database, domain)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Attribute, Change, Entry, Scope, SearchRequest, StoreErrorKind, SysvolPath};

    fn dn(text: &str) -> Dn {
        text.parse().unwrap()
    }

    fn entry(name: &str, attributes: &[(&str, &str)]) -> Entry {
        let attributes = attributes.iter().map(|(name, value)| Attribute::text(name, *value)).collect();
        Entry { dn: dn(name), attributes }
    }

    fn forest() -> ForestFile {
        let mut builder =
            ForestFileBuilder::in_memory("test", &[dn("DC=corp,DC=test"), dn("DC=sub,DC=corp,DC=test")]).unwrap();
        builder
            .add_entries([
                entry(
                    "OU=Berlin,OU=Staff,DC=corp,DC=test",
                    &[("objectClass", "organizationalUnit"), ("gPOptions", "1")],
                ),
                entry("OU=staff,DC=corp,DC=test", &[("objectClass", "organizationalUnit"), ("gPLink", "[LDAP://x;0]")]),
                entry("CN=Site,CN=Sites,CN=Configuration,DC=corp,DC=test", &[("objectClass", "site")]),
                entry("OU=Other,DC=sub,DC=corp,DC=test", &[("objectClass", "organizationalUnit")]),
            ])
            .unwrap();
        builder
            .add_files(
                &"corp.test".parse().unwrap(),
                [SysvolItem {
                    path: SysvolPath::parse("Policies/{A}/GPT.INI").unwrap(),
                    content: Some(b"[General]".to_vec()),
                    modified: None,
                    security: None,
                }],
            )
            .unwrap();
        builder.finish().unwrap()
    }

    async fn names(directory: &dyn Directory, base: &str, scope: Scope, filter: &str) -> Vec<String> {
        let request = SearchRequest {
            base: dn(base),
            scope,
            filter: filter.parse().unwrap(),
            attributes: vec!["name".to_owned()],
            sd_parts: None,
        };
        directory.search(&request).await.unwrap().iter().map(|entry| entry.dn.to_string()).collect()
    }

    #[tokio::test]
    async fn what_was_built_is_found() {
        let forest = forest();
        let root = forest.directory();
        assert_eq!(
            names(&*root, "dc=corp,dc=test", Scope::Subtree, "(objectClass=organizationalUnit)").await,
            ["OU=staff,DC=corp,DC=test", "OU=Berlin,OU=staff,DC=corp,DC=test"]
        );
        assert_eq!(
            names(&*root, "DC=corp,DC=test", Scope::Subtree, "(|(gPLink=*)(gPOptions=1))").await,
            ["OU=staff,DC=corp,DC=test", "OU=Berlin,OU=staff,DC=corp,DC=test"]
        );
        assert_eq!(
            names(&*root, "CN=Configuration,DC=corp,DC=test", Scope::Subtree, "(objectCategory=site)").await,
            ["CN=Site,CN=Sites,CN=Configuration,DC=corp,DC=test"]
        );
        let error = root.read(&dn("OU=Other,DC=sub,DC=corp,DC=test"), &["ou"], None).await.unwrap_err();
        assert_eq!((error.kind, error.code), (StoreErrorKind::NotFound, Some(10)));
        let sub = forest.domain_directory(&"sub.corp.test".parse().unwrap()).await.unwrap();
        let found = sub.read(&dn("OU=Other,DC=sub,DC=corp,DC=test"), &["ou", "objectClass"], None).await.unwrap();
        assert_eq!(found.text("ou").as_deref(), Some("Other"));
        assert!(found.has_class("top"));
    }

    #[tokio::test]
    async fn entries_are_added_changed_renamed_and_deleted() {
        let forest = forest();
        let root = forest.directory();
        let policies = dn("CN=Policies,DC=corp,DC=test");
        root.add(&policies, &[Attribute::text("objectClass", "container")]).await.unwrap();
        let gpo = policies.child("CN", "{A}");
        root.add(
            &gpo,
            &[Attribute::text("objectClass", "groupPolicyContainer"), Attribute::text("displayName", "One")],
        )
        .await
        .unwrap();
        let swap = |old: &str, new: &str| Change::Swap {
            attribute: "displayName".to_owned(),
            old: Some(old.as_bytes().to_vec()),
            new: Some(new.as_bytes().to_vec()),
        };
        root.modify(&gpo, &[swap("ONE", "Two")]).await.unwrap();
        let error = root.modify(&gpo, &[swap("One", "Three")]).await.unwrap_err();
        assert_eq!((error.kind, error.code), (StoreErrorKind::Conflict, Some(16)));
        root.rename(&policies, "CN=Rules", Some(&dn("OU=Staff,DC=corp,DC=test"))).await.unwrap();
        let moved = dn("CN={A},CN=Rules,OU=Staff,DC=corp,DC=test");
        assert_eq!(
            root.read(&moved, &["displayName"], None).await.unwrap().text("displayName").as_deref(),
            Some("Two")
        );
        let staff = dn("OU=Staff,DC=corp,DC=test");
        assert_eq!(root.delete(&staff).await.unwrap_err().kind, StoreErrorKind::NotEmpty);
        root.delete_tree(&staff).await.unwrap();
        assert_eq!(root.read(&moved, &["cn"], None).await.unwrap_err().kind, StoreErrorKind::NotFound);
    }

    #[tokio::test]
    async fn files_are_read_and_written() {
        let forest = forest();
        let sysvol = forest.sysvol(&"corp.test".parse().unwrap()).await.unwrap();
        let path = SysvolPath::parse("policies/{a}/gpt.ini").unwrap();
        assert_eq!(sysvol.read(&path).await.unwrap(), b"[General]");
        sysvol.replace(&path, &vec![7; 3 << 20]).await.unwrap();
        assert_eq!(sysvol.stat(&path).await.unwrap().size_bytes, 3 << 20);
        assert_eq!(sysvol.read_range(&path, (1 << 20) - 1, 2).await.unwrap(), [7, 7]);
        assert_eq!(sysvol.list(&path.parent().unwrap()).await.unwrap()[0].name, "GPT.INI");
        sysvol.remove_tree(&SysvolPath::parse("Policies").unwrap()).await.unwrap();
        assert_eq!(sysvol.read(&path).await.unwrap_err().kind, StoreErrorKind::NotFound);
    }
}
