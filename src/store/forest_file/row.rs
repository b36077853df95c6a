//! One entry as it lies in the file, and the attributes that are not stored but follow from it.

use std::collections::{BTreeSet, HashMap};

use rusqlite::{Connection, OptionalExtension};

use crate::ident::{Dn, Sid, Timestamp};
use crate::store::{SdParts, StoreError};

use super::database::{About, Layout};
use super::schema::{self, ClassType};
use super::{key, record, value};

/// The columns of a [`Row`], to follow `SELECT`; the descriptor's bytes come only from [`COLUMNS_WITH_DESCRIPTOR`].
pub(super) const COLUMNS: &str = "entry.id, entry.parent, entry.class, entry.key, entry.dn, entry.guid, entry.created, \
     entry.changed, entry.usn_created, entry.usn_changed, entry.record, NULL";
/// See [`COLUMNS`].
pub(super) const COLUMNS_WITH_DESCRIPTOR: &str = "entry.id, entry.parent, entry.class, entry.key, entry.dn, entry.guid, entry.created, \
     entry.changed, entry.usn_created, entry.usn_changed, entry.record, \
     (SELECT bytes FROM descriptor WHERE descriptor.id = entry.descriptor)";

/// An entry, borrowed from the row it was read from.
pub(super) struct Row<'r> {
    pub(super) id: i64,
    pub(super) parent: Option<i64>,
    pub(super) class: i64,
    pub(super) key: &'r str,
    pub(super) dn: &'r str,
    pub(super) guid: &'r [u8],
    pub(super) created: i64,
    pub(super) changed: i64,
    pub(super) usn_created: i64,
    pub(super) usn_changed: i64,
    pub(super) record: &'r [u8],
    pub(super) descriptor: Option<&'r [u8]>,
}

impl<'r> Row<'r> {
    /// Reads the row of a query for [`COLUMNS`].
    pub(super) fn read(row: &'r rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        let text = |index| Ok::<_, rusqlite::Error>(row.get_ref(index)?.as_str()?);
        let bytes = |index| Ok::<_, rusqlite::Error>(row.get_ref(index)?.as_blob()?);
        Ok(Row {
            id: row.get(0)?,
            parent: row.get(1)?,
            class: row.get(2)?,
            key: text(3)?,
            dn: text(4)?,
            guid: bytes(5)?,
            created: row.get(6)?,
            changed: row.get(7)?,
            usn_created: row.get(8)?,
            usn_changed: row.get(9)?,
            record: bytes(10)?,
            descriptor: row.get_ref(11)?.as_blob_or_null()?,
        })
    }
}

/// Where an attribute comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Field {
    ObjectClass,
    ObjectCategory,
    ObjectGuid,
    DistinguishedName,
    Name,
    /// The attribute that names the object, where it is this one.
    Naming(String),
    WhenCreated,
    WhenChanged,
    UsnCreated,
    UsnChanged,
    Descriptor,
    MemberOf,
    TokenGroups,
    PrimaryGroupToken,
    AllowedChildClasses,
    AllowedAttributes,
    SdRights,
    /// In the record, under this name.
    Stored(String),
}

impl Field {
    /// Returns where the attribute of this name comes from.
    pub(super) fn of(name: &str) -> Field {
        match name.to_ascii_lowercase().as_str() {
            "objectclass" => Field::ObjectClass,
            "objectcategory" => Field::ObjectCategory,
            "objectguid" => Field::ObjectGuid,
            "distinguishedname" => Field::DistinguishedName,
            "name" => Field::Name,
            "cn" | "ou" | "dc" => Field::Naming(schema::attribute(name).map_or(name, |known| known.name).to_owned()),
            "whencreated" => Field::WhenCreated,
            "whenchanged" => Field::WhenChanged,
            "usncreated" => Field::UsnCreated,
            "usnchanged" => Field::UsnChanged,
            "ntsecuritydescriptor" => Field::Descriptor,
            "memberof" => Field::MemberOf,
            "tokengroups" => Field::TokenGroups,
            "primarygrouptoken" => Field::PrimaryGroupToken,
            "allowedchildclasses" | "allowedchildclasseseffective" => Field::AllowedChildClasses,
            "allowedattributes" | "allowedattributeseffective" => Field::AllowedAttributes,
            "sdrightseffective" => Field::SdRights,
            _ => Field::Stored(schema::attribute(name).map_or(name, |known| known.name).to_owned()),
        }
    }

    /// Returns the fields that `*` stands for, besides what is stored ([MS-ADTS] 3.1.1.3.1.3.1: no constructed attribute).
    pub(super) fn every_object_has() -> [(&'static str, Field); 13] {
        [
            ("objectClass", Field::ObjectClass),
            ("cn", Field::Naming("cn".to_owned())),
            ("ou", Field::Naming("ou".to_owned())),
            ("dc", Field::Naming("dc".to_owned())),
            ("distinguishedName", Field::DistinguishedName),
            ("name", Field::Name),
            ("objectGUID", Field::ObjectGuid),
            ("objectCategory", Field::ObjectCategory),
            ("whenCreated", Field::WhenCreated),
            ("whenChanged", Field::WhenChanged),
            ("uSNCreated", Field::UsnCreated),
            ("uSNChanged", Field::UsnChanged),
            ("memberOf", Field::MemberOf),
        ]
    }

    /// Tells whether the schema or the file's own rules know the attribute; a filter on any other is undefined.
    pub(super) fn is_known(&self) -> bool {
        match self {
            Field::Stored(name) => schema::attribute(name).is_some(),
            _ => true,
        }
    }
}

/// The class of an object: its names, `top` first, and what the schema says of the last one it knows.
pub(super) struct ObjectClass {
    pub(super) names: Vec<String>,
    pub(super) known: Option<&'static ClassType>,
}

impl ObjectClass {
    pub(super) fn new(chain: &str) -> Self {
        let names: Vec<String> = chain.split(',').map(str::to_owned).collect();
        let known = names.iter().rev().find_map(|name| schema::class(name));
        ObjectClass { names, known }
    }

    /// Tells whether the object is of this class or one made from it.
    pub(super) fn is(&self, class: &str) -> bool {
        self.names.iter().any(|name| name.eq_ignore_ascii_case(class))
    }
}

/// What is needed to tell attributes of rows, within one transaction.
pub(super) struct Reader<'c> {
    pub(super) connection: &'c Connection,
    pub(super) layout: &'c Layout,
    pub(super) classes: HashMap<i64, ObjectClass>,
    writable: bool,
}

impl<'c> Reader<'c> {
    pub(super) fn new(connection: &'c Connection, layout: &'c Layout, writable: bool) -> Result<Self, StoreError> {
        let mut statement = connection.prepare_cached("SELECT id, chain FROM class").about("class")?;
        let classes = statement
            .query_map((), |row| Ok((row.get(0)?, ObjectClass::new(row.get_ref(1)?.as_str()?))))
            .and_then(Iterator::collect)
            .about("class")?;
        Ok(Reader { connection, layout, classes, writable })
    }

    /// Hands the values of an attribute to `visit`, one by one, until it answers `false`.
    pub(super) fn visit_values(
        &self,
        row: &Row<'_>,
        field: &Field,
        visit: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<(), StoreError> {
        let text = |visit: &mut dyn FnMut(&[u8]) -> bool, value: &str| {
            visit(value.as_bytes());
        };
        match field {
            Field::Stored(name) => return visit_stored(row, name, visit),
            Field::ObjectClass => {
                let names = self.classes.get(&row.class).map_or(&[][..], |class| &class.names);
                let _ = names.iter().all(|name| visit(name.as_bytes()));
            }
            Field::ObjectCategory => {
                let mut stored = false;
                visit_stored(row, "objectCategory", &mut |value| {
                    stored = true;
                    visit(value)
                })?;
                if let (false, Some(category)) = (stored, self.category(row)) {
                    text(visit, category.as_str());
                }
            }
            Field::ObjectGuid => {
                visit(row.guid);
            }
            Field::DistinguishedName => text(visit, row.dn),
            Field::Name => text(visit, &dn_of(row).name()),
            Field::Naming(attribute) => {
                let dn = dn_of(row);
                let is_naming =
                    dn.rdn().split_once('=').is_some_and(|(name, _)| name.trim().eq_ignore_ascii_case(attribute));
                if is_naming {
                    text(visit, &dn.name());
                } else {
                    return visit_stored(row, attribute, visit);
                }
            }
            Field::WhenCreated => text(visit, &generalized(row.created)),
            Field::WhenChanged => text(visit, &generalized(row.changed)),
            Field::UsnCreated => text(visit, &row.usn_created.to_string()),
            Field::UsnChanged => text(visit, &row.usn_changed.to_string()),
            Field::Descriptor => {
                if let Some(descriptor) = row.descriptor {
                    visit(descriptor);
                }
            }
            Field::MemberOf => {
                let groups = self.groups_of(row.key)?;
                let _ = groups.iter().all(|(_, dn)| visit(dn.as_bytes()));
            }
            Field::TokenGroups => {
                let sids = self.token_groups(row)?;
                let _ = sids.iter().all(|sid| visit(&sid.to_bytes()));
            }
            Field::PrimaryGroupToken => {
                let is_group = self.classes.get(&row.class).is_some_and(|class| class.is("group"));
                if let (true, Some(rid)) = (is_group, self.sid(row)?.and_then(|sid| sid.rid())) {
                    text(visit, &rid.to_string());
                }
            }
            Field::AllowedChildClasses => {
                let _ = self.writable && schema::classes().iter().all(|class| visit(class.name.as_bytes()));
            }
            Field::AllowedAttributes => {
                let _ = self.writable && schema::attributes().iter().all(|attribute| visit(attribute.name.as_bytes()));
            }
            Field::SdRights => {
                let parts = if self.writable { SdParts::READABLE.0 | SdParts::SACL.0 } else { 0 };
                text(visit, &parts.to_string());
            }
        }
        Ok(())
    }

    /// Returns the category that follows from the class.
    fn category(&self, row: &Row<'_>) -> Option<Dn> {
        let class = self.classes.get(&row.class)?.known?;
        Some(self.layout.schema.dn.child("CN", class.category))
    }

    /// Returns row and DN of the groups that the object with this key is a direct member of.
    pub(super) fn groups_of(&self, object_key: &str) -> Result<Vec<(i64, String)>, StoreError> {
        let member = schema::attribute_code("member").unwrap_or_default() as i64;
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT entry.id, entry.dn FROM lookup JOIN entry ON entry.id = lookup.entry
                 WHERE lookup.attribute = ? AND lookup.value = ? ORDER BY entry.key",
            )
            .about("memberOf")?;
        let rows = statement.query_map((member, object_key.as_bytes()), |row| row.try_into()).about("memberOf")?;
        rows.collect::<rusqlite::Result<_>>().about("memberOf")
    }

    /// Returns the keys of all groups that hold the object with this key, directly or through other groups.
    pub(super) fn all_groups_of(&self, object_key: &str) -> Result<BTreeSet<String>, StoreError> {
        let mut found = BTreeSet::new();
        let mut waiting = vec![object_key.to_owned()];
        while let Some(member) = waiting.pop() {
            for (_, dn) in self.groups_of(&member)? {
                let group = fold_dn(dn.as_bytes());
                if found.insert(group.clone()) {
                    waiting.push(group);
                }
            }
        }
        Ok(found)
    }

    /// Returns the keys of the members of a group; with `through_groups`, also of those of groups within it.
    pub(super) fn members_of(&self, group_key: &str, through_groups: bool) -> Result<BTreeSet<String>, StoreError> {
        let mut found = BTreeSet::new();
        let mut waiting = vec![group_key.to_owned()];
        while let Some(group) = waiting.pop() {
            let Some(context) = self.layout.locate(&group) else { continue };
            let stored: Option<Vec<u8>> = self
                .connection
                .prepare_cached("SELECT record FROM entry WHERE naming_context = ? AND key = ?")
                .and_then(|mut statement| statement.query_row((context.id, &group), |row| row.get(0)).optional())
                .about("member")?;
            for attribute in record::attributes(stored.as_deref().unwrap_or_default()) {
                let attribute = attribute.about("member")?;
                if attribute.name != "member" {
                    continue;
                }
                for member in attribute.values() {
                    let member = fold_dn(member.about("member")?);
                    if found.insert(member.clone()) && through_groups {
                        waiting.push(member);
                    }
                }
            }
        }
        Ok(found)
    }

    /// Returns the SIDs of all security groups an account is in, its primary group and all former SIDs included ([MS-ADTS] 3.1.1.4.5.19).
    /// Distribution lists are in no token and lend no membership; domain local groups count in their own domain alone.
    fn token_groups(&self, row: &Row<'_>) -> Result<BTreeSet<Sid>, StoreError> {
        let domain = self.layout.locate(row.key).map(|context| context.id);
        let mut sids = BTreeSet::new();
        add_former_sids(row, &mut sids)?;
        let mut waiting = vec![row.key.to_owned()];
        let primary = stored_number(row, "primaryGroupID")?.and_then(|rid| u32::try_from(rid).ok());
        if let Some(primary) = self.sid(row)?.and_then(|sid| sid.parent()?.child(primary?)) {
            waiting.extend(self.keys_by_sid(&primary)?);
            sids.insert(primary);
        }
        let mut seen: BTreeSet<String> = waiting.iter().cloned().collect();
        while let Some(member) = waiting.pop() {
            for (_, dn) in self.groups_of(&member)? {
                let group = fold_dn(dn.as_bytes());
                if seen.insert(group.clone()) && self.add_group_to_token(&group, domain, &mut sids)? {
                    waiting.push(group);
                }
            }
        }
        Ok(sids)
    }

    /// Adds the SIDs of a group to those of a token of this domain. Returns false where it is in no such token.
    fn add_group_to_token(
        &self,
        group_key: &str,
        domain: Option<i64>,
        sids: &mut BTreeSet<Sid>,
    ) -> Result<bool, StoreError> {
        const DOMAIN_LOCAL: i64 = 4;
        const SECURITY: i64 = 0x8000_0000;
        let Some(context) = self.layout.locate(group_key) else { return Ok(false) };
        let query = format!("SELECT {COLUMNS} FROM entry WHERE naming_context = ? AND key = ?");
        let mut statement = self.connection.prepare_cached(&query).about(group_key)?;
        let mut rows = statement.query((context.id, group_key)).about(group_key)?;
        let Some(row) = rows.next().about(group_key)? else { return Ok(false) };
        let row = Row::read(row).about(group_key)?;
        let kind = stored_number(&row, "groupType")?.unwrap_or_default();
        if kind & SECURITY == 0 || kind & DOMAIN_LOCAL != 0 && domain != Some(context.id) {
            return Ok(false);
        }
        sids.extend(self.sid(&row)?);
        add_former_sids(&row, sids)?;
        Ok(true)
    }

    fn sid(&self, row: &Row<'_>) -> Result<Option<Sid>, StoreError> {
        let mut sid = None;
        visit_stored(row, "objectSid", &mut |value| {
            sid = Sid::from_bytes(value).ok();
            false
        })?;
        Ok(sid)
    }

    fn keys_by_sid(&self, sid: &Sid) -> Result<Vec<String>, StoreError> {
        let attribute = schema::attribute_code("objectSid").unwrap_or_default() as i64;
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT entry.key FROM lookup JOIN entry ON entry.id = lookup.entry
                 WHERE lookup.attribute = ? AND lookup.value = ?",
            )
            .about(sid)?;
        let rows = statement.query_map((attribute, sid.to_bytes()), |row| row.get(0)).about(sid)?;
        rows.collect::<rusqlite::Result<_>>().about(sid)
    }
}

/// Returns the DN of a row.
pub(super) fn dn_of(row: &Row<'_>) -> Dn {
    Dn::from_folded(row.dn, &key::to_folded(row.key))
}

/// Returns the key of the object that a value of DN syntax names.
pub(super) fn fold_dn(value: &[u8]) -> String {
    String::from_utf8_lossy(&value::fold(schema::Syntax::Dn, value)).into_owned()
}

fn visit_stored(row: &Row<'_>, name: &str, visit: &mut dyn FnMut(&[u8]) -> bool) -> Result<(), StoreError> {
    for attribute in record::attributes(row.record) {
        let attribute = attribute.about(row.dn)?;
        if !attribute.name.eq_ignore_ascii_case(name) {
            continue;
        }
        for stored in attribute.values() {
            if !visit(stored.about(row.dn)?) {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn stored_number(row: &Row<'_>, name: &str) -> Result<Option<i64>, StoreError> {
    let mut number = None;
    visit_stored(row, name, &mut |value| {
        number = value::number(value);
        false
    })?;
    Ok(number)
}

fn add_former_sids(row: &Row<'_>, sids: &mut BTreeSet<Sid>) -> Result<(), StoreError> {
    visit_stored(row, "sIDHistory", &mut |value| {
        sids.extend(Sid::from_bytes(value).ok());
        true
    })
}

fn generalized(seconds: i64) -> String {
    let time = Timestamp::from_unix_seconds(seconds).or(Timestamp::from_unix_seconds(0));
    time.map(Timestamp::to_generalized).unwrap_or_default()
}
