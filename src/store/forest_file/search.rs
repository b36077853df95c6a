//! Searches: which rows to look at, which of them match, what they give.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension};

use crate::store::{Attribute, Entry, Scope, SdParts, SearchRequest, StoreError, StoreErrorKind};

use super::database::{About, Layout, NamingContext};
use super::descriptor;
use super::key;
use super::matching::{Candidates, Test};
use super::record;
use super::row::{COLUMNS, COLUMNS_WITH_DESCRIPTOR, Field, Reader, Row, dn_of};
use super::schema;

/// LDAP result `noSuchObject`.
const NO_SUCH_OBJECT: u32 = 32;
/// LDAP result `referral`: another server has it.
const REFERRAL: u32 = 10;

/// Whether a search wants more.
pub(super) type Sink<'s> = &'s mut dyn FnMut(Entry) -> bool;

/// Searches what the server of `domain` holds, and hands each entry to `sink` until it wants no more.
pub(super) fn run(
    connection: &Connection,
    layout: &Layout,
    domain: &NamingContext,
    writable: bool,
    request: &SearchRequest,
    sink: Sink<'_>,
) -> Result<(), StoreError> {
    let reader = Reader::new(connection, layout, writable)?;
    let base_key = key::of(&request.base);
    let context = locate(layout, domain, &base_key, request)?;
    let base = connection
        .prepare_cached("SELECT id FROM entry WHERE naming_context = ? AND key = ?")
        .and_then(|mut statement| statement.query_row((context.id, &base_key), |row| row.get::<_, i64>(0)).optional())
        .about(&request.base)?;
    let Some(base) = base else { return Err(not_found(request)) };
    let test = Test::compile(&reader, &request.filter)?;
    let output = Output::new(request);
    let columns = if output.wants_descriptor() || needs_descriptor(&test) { COLUMNS_WITH_DESCRIPTOR } else { COLUMNS };
    let (first, last) = key::below(&base_key);
    let text = |text: &str| Value::Text(text.to_owned());
    let candidates = if request.scope == Scope::Base { Candidates::Any } else { test.candidates(&reader) };
    let mut visit = |sql: &str, values: &[Value]| -> Result<bool, StoreError> {
        let mut statement = connection.prepare_cached(sql).about(&request.base)?;
        let mut rows = statement.query(rusqlite::params_from_iter(values)).about(&request.base)?;
        while let Some(row) = rows.next().about(&request.base)? {
            let row = Row::read(row).about(&request.base)?;
            let in_scope = match request.scope {
                Scope::Base => row.id == base,
                Scope::OneLevel => row.parent == Some(base),
                Scope::Subtree => key::is_within(row.key, &base_key),
            };
            if in_scope && test.holds(&reader, &row)? == Some(true) && !sink(output.entry(&reader, &row)?) {
                return Ok(false);
            }
        }
        Ok(true)
    };
    match candidates {
        Candidates::Values(wanted) => {
            let mut ids = std::collections::BTreeSet::new();
            for (attribute, value) in wanted {
                let found = connection
                    .prepare_cached("SELECT entry FROM lookup WHERE attribute = ? AND value = ?")
                    .and_then(|mut statement| {
                        statement
                            .query_map((attribute, value), |row| row.get::<_, i64>(0))?
                            .collect::<Result<Vec<_>, _>>()
                    })
                    .about(&request.base)?;
                ids.extend(found);
            }
            let sql = format!("SELECT {columns} FROM entry WHERE id = ? AND naming_context = ?");
            for id in ids {
                if !visit(&sql, &[Value::Integer(id), Value::Integer(context.id)])? {
                    break;
                }
            }
        }
        Candidates::Keys(keys) => {
            let sql = format!("SELECT {columns} FROM entry WHERE naming_context = ? AND key = ?");
            for wanted in keys {
                if !visit(&sql, &[Value::Integer(context.id), Value::Text(wanted)])? {
                    break;
                }
            }
        }
        Candidates::Classes(classes) if request.scope == Scope::Subtree => {
            // The base itself is no part of the range below it.
            let sql = format!(
                "SELECT {columns} FROM entry WHERE naming_context = ? AND class = ? AND key >= ? AND key < ? ORDER BY key"
            );
            let base_sql = format!("SELECT {columns} FROM entry WHERE id = ?");
            if !visit(&base_sql, &[Value::Integer(base)])? {
                return Ok(());
            }
            for class in classes {
                if !visit(&sql, &[Value::Integer(context.id), Value::Integer(class), text(&first), text(&last)])? {
                    break;
                }
            }
        }
        _ => match request.scope {
            Scope::Base => {
                visit(&format!("SELECT {columns} FROM entry WHERE id = ?"), &[Value::Integer(base)])?;
            }
            Scope::OneLevel => {
                visit(&format!("SELECT {columns} FROM entry WHERE parent = ? ORDER BY key"), &[Value::Integer(base)])?;
            }
            Scope::Subtree => {
                let sql = format!(
                    "SELECT {columns} FROM entry WHERE naming_context = ? AND key >= ? AND key < ? ORDER BY key"
                );
                visit(&sql, &[Value::Integer(context.id), text(&base_key), text(&last)])?;
            }
        },
    }
    Ok(())
}

/// Returns the naming context of the base, if the server of `domain` holds it: its domain, configuration and schema.
fn locate<'l>(
    layout: &'l Layout,
    domain: &NamingContext,
    base_key: &str,
    request: &SearchRequest,
) -> Result<&'l NamingContext, StoreError> {
    let context = layout.locate(base_key).ok_or_else(|| not_found(request))?;
    if holds(layout, domain, context) { Ok(context) } else { Err(elsewhere(&request.base, context)) }
}

/// Tells whether the server of `domain` holds a naming context.
pub(super) fn holds(layout: &Layout, domain: &NamingContext, context: &NamingContext) -> bool {
    [domain.id, layout.configuration.id, layout.schema.id].contains(&context.id)
}

/// Returns the error for an object of another domain.
pub(super) fn elsewhere(object: impl std::fmt::Display, context: &NamingContext) -> StoreError {
    StoreError::new(StoreErrorKind::NotFound, object)
        .with_detail(format!("it belongs to the domain {}, another server holds it", context.dns_name))
        .with_code(REFERRAL)
}

fn not_found(request: &SearchRequest) -> StoreError {
    StoreError::new(StoreErrorKind::NotFound, &request.base).with_code(NO_SUCH_OBJECT)
}

fn needs_descriptor(test: &Test) -> bool {
    match test {
        Test::And(tests) | Test::Or(tests) => tests.iter().any(needs_descriptor),
        Test::Not(test) => needs_descriptor(test),
        Test::Present(field) | Test::Equals(field, ..) => *field == Field::Descriptor,
        _ => false,
    }
}

/// What a search gives of each entry.
struct Output {
    /// Stored attributes, by name.
    stored: Vec<String>,
    /// All others, with the name they are given under.
    fields: Vec<(String, Field)>,
    everything: bool,
    sd_parts: Option<SdParts>,
}

impl Output {
    fn new(request: &SearchRequest) -> Self {
        let everything = request.attributes.iter().any(|name| name == "*");
        let mut output = Output { stored: Vec::new(), fields: Vec::new(), everything, sd_parts: request.sd_parts };
        let mut add = |name: &str, field: Field| match field {
            Field::Stored(name) if !output.stored.contains(&name) => output.stored.push(name),
            Field::Stored(_) => {}
            field if !output.fields.iter().any(|(_, present)| *present == field) => {
                let spelled = schema::attribute(name).map_or(name, |known| known.name);
                output.fields.push((spelled.to_owned(), field));
            }
            _ => {}
        };
        if everything {
            Field::every_object_has().into_iter().for_each(|(name, field)| add(name, field));
            if request.sd_parts.is_some() {
                add("nTSecurityDescriptor", Field::Descriptor);
            }
        }
        request.attributes.iter().filter(|name| *name != "*").for_each(|name| add(name, Field::of(name)));
        output
    }

    fn wants_descriptor(&self) -> bool {
        self.fields.iter().any(|(_, field)| *field == Field::Descriptor)
    }

    fn entry(&self, reader: &Reader<'_>, row: &Row<'_>) -> Result<Entry, StoreError> {
        let mut attributes = Vec::with_capacity(self.stored.len() + self.fields.len());
        for attribute in record::attributes(row.record) {
            let attribute = attribute.about(row.dn)?;
            let is_wanted = if self.everything {
                // `objectCategory` comes with the fields, stored or not.
                attribute.name != "objectCategory"
            } else {
                self.stored.iter().any(|name| name.eq_ignore_ascii_case(attribute.name))
            };
            if is_wanted {
                attributes.push(attribute.to_attribute().about(row.dn)?);
            }
        }
        for (name, field) in &self.fields {
            let mut values = Vec::new();
            reader.visit_values(row, field, &mut |value| {
                values.push(value.to_vec());
                true
            })?;
            if let (Field::Descriptor, Some(parts)) = (field, self.sd_parts) {
                // One that does not read is given as it stands: its reader tells, and the other objects are found all the same.
                for value in &mut values {
                    if let Ok(selected) = descriptor::select(value, parts) {
                        *value = selected;
                    }
                }
            }
            if !values.is_empty() {
                attributes.push(Attribute { name: name.clone(), values });
            }
        }
        Ok(Entry { dn: dn_of(row), attributes })
    }
}
