//! One entry on its own, to be made, changed and put back, with everything that hangs on it: index, references, USN.

use rusqlite::{Connection, OptionalExtension};

use crate::ident::{Dn, Guid, Timestamp};
use crate::store::{Attribute, StoreError};

use super::database::{About, NamingContext};
use super::row::{COLUMNS_WITH_DESCRIPTOR, ObjectClass, Row, dn_of};
use super::schema::{self, Syntax};
use super::{key, record, value};

/// Attributes whose values disappear with the object they name ([MS-ADTS] 3.1.1.1.6); others keep a name that leads nowhere.
const LINKS: [&str; 6] = ["member", "managedBy", "siteObject", "serverReference", "siteList", "msDS-EnabledFeature"];

/// An entry.
pub(super) struct Object {
    /// 0 until it is inserted.
    pub(super) id: i64,
    pub(super) context: i64,
    pub(super) parent: Option<i64>,
    /// `objectClass`, `top` first.
    pub(super) classes: Vec<String>,
    pub(super) dn: Dn,
    pub(super) guid: [u8; 16],
    pub(super) created: i64,
    pub(super) changed: i64,
    pub(super) usn_created: i64,
    pub(super) usn_changed: i64,
    /// What is stored; nothing that follows from the rest.
    pub(super) attributes: Vec<Attribute>,
    pub(super) descriptor: Option<Vec<u8>>,
}

impl Object {
    /// Returns a new entry with a new identity, made now.
    pub(super) fn new(context: &NamingContext, dn: Dn, classes: Vec<String>) -> Self {
        let now = Timestamp::now().unix_seconds();
        Object {
            id: 0,
            context: context.id,
            parent: None,
            classes,
            dn,
            guid: Guid::random().to_bytes(),
            created: now,
            changed: now,
            usn_created: 0,
            usn_changed: 0,
            attributes: Vec::new(),
            descriptor: None,
        }
    }

    /// Reads an entry; none where there is none.
    pub(super) fn load(connection: &Connection, context: &NamingContext, dn: &Dn) -> Result<Option<Self>, StoreError> {
        Object::query(connection, "entry.naming_context = ? AND entry.key = ?", (context.id, key::of(dn)))
    }

    /// Reads an entry by its row.
    pub(super) fn load_by_id(connection: &Connection, id: i64) -> Result<Option<Self>, StoreError> {
        Object::query(connection, "entry.id = ?", (id,))
    }

    fn query(
        connection: &Connection,
        condition: &str,
        parameters: impl rusqlite::Params,
    ) -> Result<Option<Self>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS_WITH_DESCRIPTOR}, entry.naming_context, class.chain
             FROM entry JOIN class ON class.id = entry.class WHERE {condition}"
        );
        let mut statement = connection.prepare_cached(&sql).about("entry")?;
        let mut rows = statement.query(parameters).about("entry")?;
        let Some(columns) = rows.next().about("entry")? else { return Ok(None) };
        let row = Row::read(columns).about("entry")?;
        let chain: String = columns.get(13).about(row.dn)?;
        let attributes =
            record::attributes(row.record).map(|attribute| attribute?.to_attribute()).collect::<Result<_, _>>();
        Ok(Some(Object {
            id: row.id,
            context: columns.get(12).about(row.dn)?,
            parent: row.parent,
            classes: ObjectClass::new(&chain).names,
            dn: dn_of(&row),
            guid: row.guid.try_into().map_err(|_| record::Damaged).about(row.dn)?,
            created: row.created,
            changed: row.changed,
            usn_created: row.usn_created,
            usn_changed: row.usn_changed,
            attributes: attributes.about(row.dn)?,
            descriptor: row.descriptor.map(<[u8]>::to_vec),
        }))
    }

    /// Returns the values of a stored attribute.
    pub(super) fn values(&self, name: &str) -> &[Vec<u8>] {
        let found = self.attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name));
        found.map_or(&[], |attribute| &attribute.values)
    }

    /// Returns the values of a stored attribute for change; adds the attribute if it is absent.
    pub(super) fn values_mut(&mut self, name: &str) -> &mut Vec<Vec<u8>> {
        let position = self.attributes.iter().position(|attribute| attribute.name.eq_ignore_ascii_case(name));
        let position = position.unwrap_or_else(|| {
            self.attributes.push(Attribute { name: name.to_owned(), values: Vec::new() });
            self.attributes.len() - 1
        });
        &mut self.attributes[position].values
    }

    /// Returns a stored number; 0 where there is none.
    pub(super) fn number(&self, name: &str) -> i64 {
        self.values(name).first().and_then(|value| value::number(value)).unwrap_or_default()
    }

    /// Tells whether the object is of a class or one made from it.
    pub(super) fn is(&self, class: &str) -> bool {
        self.classes.iter().any(|name| name.eq_ignore_ascii_case(class))
    }

    /// Writes a new entry and returns its row.
    pub(super) fn insert(&self, connection: &Connection) -> Result<i64, StoreError> {
        let class = class_id(connection, &self.classes).about(&self.dn)?;
        let descriptor = descriptor_id(connection, self.descriptor.as_deref()).about(&self.dn)?;
        let id = connection
            .prepare_cached(
                "INSERT INTO entry(naming_context, parent, class, key, dn, guid, created, changed, usn_created,
                     usn_changed, descriptor, record) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )
            .and_then(|mut statement| {
                statement.insert((
                    self.context,
                    self.parent,
                    class,
                    key::of(&self.dn),
                    self.dn.as_str(),
                    &self.guid,
                    self.created,
                    self.changed,
                    self.usn_created,
                    self.usn_changed,
                    descriptor,
                    record::encode(&self.attributes),
                ))
            })
            .about(&self.dn)?;
        index(connection, id, &self.attributes).about(&self.dn)?;
        Ok(id)
    }

    /// Writes what may change of an entry: attributes, descriptor, time and USN.
    pub(super) fn save(&self, connection: &Connection) -> Result<(), StoreError> {
        let descriptor = descriptor_id(connection, self.descriptor.as_deref()).about(&self.dn)?;
        connection
            .prepare_cached("UPDATE entry SET changed = ?, usn_changed = ?, descriptor = ?, record = ? WHERE id = ?")
            .and_then(|mut statement| {
                let record = record::encode(&self.attributes);
                statement.execute((self.changed, self.usn_changed, descriptor, record, self.id))
            })
            .about(&self.dn)?;
        connection
            .prepare_cached("DELETE FROM lookup WHERE entry = ?")
            .and_then(|mut statement| statement.execute((self.id,)))
            .about(&self.dn)?;
        index(connection, self.id, &self.attributes).about(&self.dn)
    }

    /// Marks the entry as changed now.
    pub(super) fn touch(&mut self, connection: &Connection) -> Result<(), StoreError> {
        self.changed = Timestamp::now().unix_seconds();
        self.usn_changed = next_usn(connection).about(&self.dn)?;
        Ok(())
    }
}

/// Gives an entry and everything below it a new name; references follow it.
pub(super) fn move_subtree(
    connection: &Connection,
    object: &Object,
    new_dn: &Dn,
    new_parent: Option<i64>,
) -> Result<(), StoreError> {
    let (old_key, new_key) = (key::of(&object.dn), key::of(new_dn));
    if object.dn.as_str() == new_dn.as_str() {
        return set_parent(connection, object, new_parent);
    }
    let (first, last) = key::below(&old_key);
    connection
        .prepare_cached(
            "UPDATE entry SET key = ?1 || substr(key, ?2), dn = substr(dn, 1, length(dn) - ?3) || ?4
             WHERE naming_context = ?5 AND key >= ?6 AND key < ?7",
        )
        .and_then(|mut statement| {
            let rest_from = old_key.chars().count() as i64 + 1;
            let dn_length = object.dn.as_str().chars().count() as i64;
            statement.execute((&new_key, rest_from, dn_length, new_dn.as_str(), object.context, &first, &last))
        })
        .about(new_dn)?;
    connection
        .prepare_cached("UPDATE entry SET key = ?, dn = ?, parent = ? WHERE id = ?")
        .and_then(|mut statement| statement.execute((&new_key, new_dn.as_str(), new_parent, object.id)))
        .about(new_dn)?;
    for_each_reference(connection, &old_key, |_, value| {
        let present: Dn = String::from_utf8_lossy(value).parse().ok()?;
        let present_key = key::of(&present);
        let below = present.as_str().chars().count().checked_sub(object.dn.as_str().chars().count())?;
        let is_spelled_alike = present.as_str().chars().skip(below).eq(object.dn.as_str().chars());
        match present_key.strip_prefix(old_key.as_str()) {
            Some(_) if is_spelled_alike => {
                let kept: String = present.as_str().chars().take(below).collect();
                Some(Some(format!("{kept}{new_dn}").into_bytes()))
            }
            Some(rest) => Some(Some(key::to_folded(&format!("{new_key}{rest}")).into_bytes())),
            None => None,
        }
    })
}

fn set_parent(connection: &Connection, object: &Object, parent: Option<i64>) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE entry SET parent = ? WHERE id = ?")
        .and_then(|mut statement| statement.execute((parent, object.id)))
        .map(drop)
        .about(&object.dn)
}

/// Removes an entry and everything below it; links to them disappear.
pub(super) fn delete_subtree(connection: &Connection, object: &Object) -> Result<(), StoreError> {
    let object_key = key::of(&object.dn);
    let (first, last) = key::below(&object_key);
    let condition = "naming_context = ?1 AND (key = ?2 OR key >= ?3 AND key < ?4)";
    let parameters = (object.context, &object_key, &first, &last);
    let lookup = format!("DELETE FROM lookup WHERE entry IN (SELECT id FROM entry WHERE {condition})");
    connection.execute(&lookup, parameters).about(&object.dn)?;
    connection.execute(&format!("DELETE FROM entry WHERE {condition}"), parameters).about(&object.dn)?;
    for_each_reference(connection, &object_key, |name, _| LINKS.contains(&name).then_some(None))
}

/// Hands each value that names an object with this key, or below it, to `change`, which gives: nothing to keep it,
/// or what to put in its place, if anything.
fn for_each_reference(
    connection: &Connection,
    object_key: &str,
    change: impl Fn(&str, &[u8]) -> Option<Option<Vec<u8>>>,
) -> Result<(), StoreError> {
    let (first, last) = key::below(object_key);
    for (code, attribute) in schema::attributes().iter().enumerate() {
        if attribute.syntax != Syntax::Dn || !value::is_indexed(attribute) {
            continue;
        }
        let referring: Vec<i64> = connection
            .prepare_cached(
                "SELECT DISTINCT entry FROM lookup
                 WHERE attribute = ?1 AND (value = ?2 OR value >= ?3 AND value < ?4)",
            )
            .and_then(|mut statement| {
                let parameters = (code as i64, object_key.as_bytes(), first.as_bytes(), last.as_bytes());
                statement.query_map(parameters, |row| row.get(0))?.collect()
            })
            .about(object_key)?;
        for id in referring {
            let Some(mut object) = Object::load_by_id(connection, id)? else { continue };
            object.values_mut(attribute.name).retain_mut(|value| {
                let folded = value::fold(Syntax::Dn, value);
                let is_meant = std::str::from_utf8(&folded).is_ok_and(|folded| key::is_within(folded, object_key));
                let new = if is_meant { change(attribute.name, value) } else { None };
                match new {
                    None => true,
                    Some(None) => false,
                    Some(Some(new)) => {
                        *value = new;
                        true
                    }
                }
            });
            object.save(connection)?;
        }
    }
    Ok(())
}

/// Returns the next update sequence number.
pub(super) fn next_usn(connection: &Connection) -> rusqlite::Result<i64> {
    connection
        .prepare_cached(
            "INSERT INTO setting(name, value) VALUES('usn', '1')
             ON CONFLICT(name) DO UPDATE SET value = CAST(value AS INTEGER) + 1 RETURNING CAST(value AS INTEGER)",
        )?
        .query_row((), |row| row.get(0))
}

/// Returns the row that stands for a chain of classes.
fn class_id(connection: &Connection, classes: &[String]) -> rusqlite::Result<i64> {
    let chain = classes.join(",");
    let found = connection
        .prepare_cached("SELECT id FROM class WHERE chain = ?")?
        .query_row((&chain,), |row| row.get(0))
        .optional()?;
    match found {
        Some(id) => Ok(id),
        None => connection.prepare_cached("INSERT INTO class(chain) VALUES(?)")?.insert((&chain,)),
    }
}

/// Returns the row that holds a security descriptor; equal ones are held once.
pub(super) fn descriptor_id(connection: &Connection, bytes: Option<&[u8]>) -> rusqlite::Result<Option<i64>> {
    let Some(bytes) = bytes else { return Ok(None) };
    let found = connection
        .prepare_cached("SELECT id FROM descriptor WHERE bytes = ?")?
        .query_row((bytes,), |row| row.get(0))
        .optional()?;
    match found {
        Some(id) => Ok(Some(id)),
        None => connection.prepare_cached("INSERT INTO descriptor(bytes) VALUES(?)")?.insert((bytes,)).map(Some),
    }
}

fn index(connection: &Connection, id: i64, attributes: &[Attribute]) -> rusqlite::Result<()> {
    let mut statement =
        connection.prepare_cached("INSERT OR IGNORE INTO lookup(attribute, value, entry) VALUES(?, ?, ?)")?;
    for attribute in attributes {
        let Some(known) = schema::attribute(&attribute.name).filter(|known| value::is_indexed(known)) else { continue };
        let code = schema::attribute_code(known.name).unwrap_or_default() as i64;
        for stored in &attribute.values {
            statement.execute((code, value::fold(known.syntax, stored).as_ref(), id))?;
        }
    }
    Ok(())
}
