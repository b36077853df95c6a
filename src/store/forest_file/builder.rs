//! Filling a new forest file: entries and files in any order, in one transaction, under another name until it is whole.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension};

use crate::ident::{Dn, DnsName, Timestamp};
use crate::store::{Attribute, Entry, StoreError, StoreErrorKind, SysvolPath};

use super::database::{About, Database, Layout, Place};
use super::object::{Object, move_subtree};
use super::{ForestFile, files, key, schema};

/// Builds a forest file. What was added is there only after [`ForestFileBuilder::finish`]; dropped before, it leaves nothing.
pub struct ForestFileBuilder {
    connection: Connection,
    layout: Layout,
    place: Place,
    /// The file under its final name, and the temporary one beside it.
    target: Option<(PathBuf, tempfile::TempPath)>,
    label: String,
    next_usn: i64,
}

/// A file or folder to be put into a SYSVOL.
#[derive(Clone, Debug)]
pub struct SysvolItem {
    /// Where it goes, relative to the domain's SYSVOL; folders on the way are made.
    pub path: SysvolPath,
    /// The bytes of a file; none for a folder.
    pub content: Option<Vec<u8>>,
    /// Last change; now if not known.
    pub modified: Option<Timestamp>,
    /// Security descriptor, self-relative; inherited from the folder above if none.
    pub security: Option<Vec<u8>>,
}

impl ForestFileBuilder {
    /// Starts a forest in memory. `label` is how the status bar and errors name it; `domains` are the DNs of its domains, root domain first.
    pub fn in_memory(label: &str, domains: &[Dn]) -> Result<Self, StoreError> {
        ForestFileBuilder::start(Place::memory(), None, label.to_owned(), domains)
    }

    /// Starts a forest file at a path; written beside it until [`ForestFileBuilder::finish`] puts it there, over a file of that name if there is one.
    pub fn create(path: &Path, domains: &[Dn]) -> Result<Self, StoreError> {
        let label = path.display().to_string();
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let temporary = tempfile::Builder::new()
            .prefix(".forest-")
            .suffix(".partial")
            .tempfile_in(folder)
            .map_err(|error| StoreError::from_io(&label, &error))?
            .into_temp_path();
        let place = Place::File(temporary.to_path_buf());
        ForestFileBuilder::start(place, Some((path.to_owned(), temporary)), label, domains)
    }

    fn start(
        place: Place,
        target: Option<(PathBuf, tempfile::TempPath)>,
        label: String,
        domains: &[Dn],
    ) -> Result<Self, StoreError> {
        if domains.is_empty() || domains.iter().any(|dn| dn.domain().is_none()) {
            let error = StoreError::new(StoreErrorKind::InvalidValue, &label);
            return Err(error.with_detail("a forest needs at least one domain, named by DC= components"));
        }
        let connection = place.create().about(&label)?;
        Layout::store(&connection, domains).about(&label)?;
        let layout = Layout::load(&connection, &label)?;
        connection.execute_batch("BEGIN IMMEDIATE").about(&label)?;
        for domain in &layout.domains {
            files::make_root(&connection, domain.id, &label)?;
        }
        Ok(ForestFileBuilder { connection, layout, place, target, label, next_usn: 1 })
    }

    /// Adds entries, in any order. Attributes that a directory makes by itself (`objectGUID`, `whenCreated`, `uSNChanged` …) are
    /// kept where they are given and made where not. `AlreadyExists` where a name or GUID is there already.
    pub fn add_entries(&mut self, entries: impl IntoIterator<Item = Entry>) -> Result<(), StoreError> {
        entries.into_iter().try_for_each(|entry| self.add_entry(entry))
    }

    /// Adds one entry; see [`ForestFileBuilder::add_entries`].
    pub fn add_entry(&mut self, entry: Entry) -> Result<(), StoreError> {
        let mut object = self.object(entry)?;
        object.usn_created = self.next_usn;
        object.usn_changed = object.usn_changed.max(self.next_usn);
        self.next_usn = self.next_usn.max(object.usn_changed) + 1;
        if let Some((parent, parent_dn)) = self.parent_of(&object)? {
            object.parent = Some(parent);
            object.dn = join(&object.dn, &parent_dn)?;
        }
        object.insert(&self.connection).map_err(|error| {
            let is_taken = error.code == Some(rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE as u32);
            if is_taken { StoreError { kind: StoreErrorKind::AlreadyExists, ..error } } else { error }
        })?;
        Ok(())
    }

    /// Adds files and folders to the SYSVOL of a domain; a file that is there already is replaced. What has no descriptor of
    /// its own inherits from the folder above as it is at that moment, so a folder comes before what lies in it.
    pub fn add_files(
        &mut self,
        domain: &DnsName,
        items: impl IntoIterator<Item = SysvolItem>,
    ) -> Result<(), StoreError> {
        let context = self.layout.domain(domain).ok_or_else(|| StoreError::new(StoreErrorKind::NotFound, domain))?.id;
        items.into_iter().try_for_each(|item| files::import(&self.connection, context, &item))
    }

    /// Records something that could not be read from the forest this is a copy of.
    pub fn add_problem(&mut self, object: &str, message: &str) -> Result<(), StoreError> {
        let mut statement =
            self.connection.prepare_cached("INSERT INTO problem(object, message) VALUES(?, ?)").about(&self.label)?;
        statement.execute((object, message)).about(&self.label)?;
        Ok(())
    }

    /// Records what this is a copy of, and when it was made.
    pub fn set_origin(&mut self, source: &str, saved: Timestamp) -> Result<(), StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("INSERT OR REPLACE INTO setting(name, value) VALUES(?, ?)")
            .about(&self.label)?;
        statement.execute(("source", source)).about(&self.label)?;
        statement.execute(("saved", saved.unix_seconds().to_string())).about(&self.label)?;
        Ok(())
    }

    /// Puts everything in its place and opens the forest.
    pub fn finish(mut self) -> Result<ForestFile, StoreError> {
        self.make_missing_heads()?;
        self.connect_orphans()?;
        self.connection
            .execute("INSERT OR REPLACE INTO setting(name, value) VALUES('usn', ?)", (self.next_usn.to_string(),))
            .about(&self.label)?;
        super::accounts::store_next_rids(&self.connection, &self.layout)?;
        self.connection.execute_batch("COMMIT;").about(&self.label)?;
        let Some((path, temporary)) = self.target else {
            // Opened before the builder's connection closes: a database in memory lives as long as one connection does.
            let database = Database::connect(self.place, self.label, false)?;
            return ForestFile::over(database);
        };
        let io_error = |error: &std::io::Error| StoreError::from_io(&self.label, error);
        self.connection.close().map_err(|(_, error)| error).about(&self.label)?;
        std::fs::File::options()
            .write(true)
            .open(&temporary)
            .and_then(|file| file.sync_all())
            .map_err(|error| io_error(&error))?;
        temporary.persist(&path).map_err(|error| io_error(&error.error))?;
        ForestFile::over(Database::open(&path, false)?)
    }

    /// Splits an entry into what is stored apart and what goes into its record.
    fn object(&self, entry: Entry) -> Result<Object, StoreError> {
        let refuse = |detail: &str| StoreError::new(StoreErrorKind::InvalidValue, &entry.dn).with_detail(detail);
        let context =
            self.layout.locate(&key::of(&entry.dn)).ok_or_else(|| refuse("it lies in no domain of this forest"))?;
        let text = |name: &str| entry.text(name);
        let number = |name: &str| text(name).and_then(|text| text.parse::<i64>().ok());
        let time = |name: &str| text(name).and_then(|text| Timestamp::parse_generalized(&text).ok());
        let classes = full_chain(entry.values("objectClass"));
        if classes.is_empty() {
            return Err(refuse("it has no object class"));
        }
        let mut object = Object::new(context, entry.dn.clone(), classes);
        if let Some(guid) = entry.bytes("objectGUID") {
            object.guid = guid.try_into().map_err(|_| refuse("objectGUID is not 16 bytes long"))?;
        }
        object.created = time("whenCreated").map_or(object.created, Timestamp::unix_seconds);
        object.changed = time("whenChanged").or(time("whenCreated")).map_or(object.changed, Timestamp::unix_seconds);
        object.usn_changed = number("uSNChanged").unwrap_or_default();
        object.descriptor = entry.bytes("nTSecurityDescriptor").map(<[u8]>::to_vec);
        let naming = entry.dn.rdn().split_once('=').map_or("", |(name, _)| name.trim()).to_owned();
        let category = object.classes.iter().rev().find_map(|name| schema::class(name));
        let category = category.map(|class| self.layout.schema.dn.child("CN", class.category));
        for attribute in entry.attributes {
            let name = schema::attribute(&attribute.name).map_or(attribute.name.as_str(), |known| known.name);
            let is_apart = matches!(
                name,
                "objectClass"
                    | "objectGUID"
                    | "whenCreated"
                    | "whenChanged"
                    | "uSNCreated"
                    | "uSNChanged"
                    | "nTSecurityDescriptor"
                    | "distinguishedName"
                    | "name"
                    | "memberOf"
            ) || name.eq_ignore_ascii_case(&naming);
            let is_category = name == "objectCategory"
                && attribute.values.first().and_then(|value| std::str::from_utf8(value).ok()?.parse::<Dn>().ok())
                    == category;
            if !is_apart && !is_category && !attribute.values.is_empty() {
                object.attributes.push(Attribute { name: name.to_owned(), values: attribute.values });
            }
        }
        Ok(object)
    }

    /// Returns row and DN of the entry above; none for the top of a naming context, and while it is not there.
    fn parent_of(&self, object: &Object) -> Result<Option<(i64, Dn)>, StoreError> {
        let Some(parent) = object.dn.parent() else { return Ok(None) };
        let parent_key = key::of(&parent);
        let holds = self.layout.locate(&parent_key).is_some_and(|context| context.id == object.context);
        if !holds {
            return Ok(None);
        }
        let found: Option<(i64, String)> = self
            .connection
            .prepare_cached("SELECT id, dn FROM entry WHERE naming_context = ? AND key = ?")
            .and_then(|mut statement| {
                statement.query_row((object.context, &parent_key), |row| row.try_into()).optional()
            })
            .about(&parent)?;
        Ok(found.map(|(id, dn)| (id, Dn::from_folded(&dn, parent.folded()))))
    }

    fn make_missing_heads(&mut self) -> Result<(), StoreError> {
        let head =
            |dn: &Dn, class: &str| Entry { dn: dn.clone(), attributes: vec![Attribute::text("objectClass", class)] };
        let mut heads: Vec<Entry> = self.layout.domains.iter().map(|domain| head(&domain.dn, "domainDNS")).collect();
        heads.push(head(&self.layout.configuration.dn, "configuration"));
        heads.push(head(&self.layout.schema.dn, "dMD"));
        for entry in heads {
            if !self.exists(&entry.dn)? {
                self.add_entry(entry)?;
            }
        }
        Ok(())
    }

    /// Hangs entries below their parents where these came later, and makes plain containers where they never came.
    fn connect_orphans(&mut self) -> Result<(), StoreError> {
        let heads: HashSet<String> = self
            .layout
            .domains
            .iter()
            .chain([&self.layout.configuration, &self.layout.schema])
            .map(|context| context.key.clone())
            .collect();
        loop {
            let orphans: Vec<i64> = self
                .connection
                .prepare_cached("SELECT id FROM entry WHERE parent IS NULL ORDER BY key")
                .and_then(|mut statement| statement.query_map((), |row| row.get(0))?.collect())
                .about(&self.label)?;
            let mut is_changed = false;
            for id in orphans {
                let Some(object) = Object::load_by_id(&self.connection, id)? else { continue };
                if heads.contains(&key::of(&object.dn)) {
                    continue;
                }
                is_changed = true;
                match self.parent_of(&object)? {
                    Some((parent, parent_dn)) => {
                        let new_dn = join(&object.dn, &parent_dn)?;
                        move_subtree(&self.connection, &object, &new_dn, Some(parent))?;
                    }
                    None => self.add_placeholder(&object.dn)?,
                }
            }
            if !is_changed {
                return Ok(());
            }
        }
    }

    fn add_placeholder(&mut self, below: &Dn) -> Result<(), StoreError> {
        let Some(dn) = below.parent() else { return Ok(()) };
        if self.exists(&dn)? {
            return Ok(());
        }
        let is_unit = dn.rdn().get(..3).is_some_and(|start| start.eq_ignore_ascii_case("OU="));
        let class = if is_unit { "organizationalUnit" } else { "container" };
        self.add_entry(Entry { dn, attributes: vec![Attribute::text("objectClass", class)] })
    }

    fn exists(&self, dn: &Dn) -> Result<bool, StoreError> {
        let object_key = key::of(dn);
        let Some(context) = self.layout.locate(&object_key) else { return Ok(false) };
        self.connection
            .prepare_cached("SELECT 1 FROM entry WHERE naming_context = ? AND key = ?")
            .and_then(|mut statement| statement.exists((context.id, &object_key)))
            .about(dn)
    }
}

/// Returns the DN spelled with its parent's own spelling.
pub(super) fn join(dn: &Dn, parent: &Dn) -> Result<Dn, StoreError> {
    let text = if parent.is_empty() { dn.rdn().to_owned() } else { format!("{},{parent}", dn.rdn()) };
    Dn::parse(&text).map_err(|error| StoreError::new(StoreErrorKind::InvalidValue, dn).with_detail(error))
}

/// Returns the classes from `top` down: as given if they are complete, else with those that the schema knows them to be made from.
pub(super) fn full_chain(values: &[Vec<u8>]) -> Vec<String> {
    let given: Vec<String> = values.iter().map(|value| String::from_utf8_lossy(value).replace(',', "_")).collect();
    let is_in = |names: &[String], name: &str| names.iter().any(|other| other.eq_ignore_ascii_case(name));
    let longest = given.iter().map(|name| schema::chain(name)).max_by_key(Vec::len).unwrap_or_default();
    if longest.iter().all(|name| is_in(&given, name)) {
        return given;
    }
    let chain: Vec<String> = longest.into_iter().map(str::to_owned).collect();
    let others = given.into_iter().filter(|name| !is_in(&chain, name)).collect::<Vec<_>>();
    // The most specific class stands last.
    let (top, rest) = chain.split_at(1);
    [top, &others, rest].concat()
}
