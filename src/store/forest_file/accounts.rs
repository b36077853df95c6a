//! Security identifiers of accounts: each domain hands out relative identifiers, and none twice.

use rusqlite::Connection;

use crate::ident::Sid;
use crate::store::{StoreError, StoreErrorKind};

use super::database::{About, Layout, NamingContext};
use super::{object::Object, schema};

/// Returns the SID of a domain, if it has one.
pub(super) fn domain_sid(connection: &Connection, domain: &NamingContext) -> Result<Option<Sid>, StoreError> {
    let head = Object::load(connection, domain, &domain.dn)?;
    Ok(head.and_then(|head| head.values("objectSid").first().and_then(|value| Sid::from_bytes(value).ok())))
}

/// Returns the SID for a new account of a domain.
pub(super) fn next_sid(connection: &Connection, domain: &NamingContext) -> Result<Sid, StoreError> {
    let refuse = |detail: &str| StoreError::new(StoreErrorKind::InvalidValue, &domain.dn).with_detail(detail);
    let sid = domain_sid(connection, domain)?.ok_or_else(|| refuse("the domain has no SID"))?;
    let rid: u32 = connection
        .prepare_cached("UPDATE naming_context SET next_rid = next_rid + 1 WHERE id = ? RETURNING next_rid - 1")
        .and_then(|mut statement| statement.query_row((domain.id,), |row| row.get(0)))
        .about(&domain.dn)?;
    sid.child(rid).ok_or_else(|| refuse("its SID is too long"))
}

/// Sets the next relative identifier of each domain above those that are there.
pub(super) fn store_next_rids(connection: &Connection, layout: &Layout) -> Result<(), StoreError> {
    let attribute = schema::attribute_code("objectSid").unwrap_or_default() as i64;
    for domain in &layout.domains {
        let Some(sid) = domain_sid(connection, domain)? else { continue };
        let mut highest = 1000;
        let mut statement =
            connection.prepare_cached("SELECT value FROM lookup WHERE attribute = ?").about(&domain.dn)?;
        let mut rows = statement.query((attribute,)).about(&domain.dn)?;
        while let Some(row) = rows.next().about(&domain.dn)? {
            let value = row.get_ref(0).about(&domain.dn)?.as_blob().about(&domain.dn)?;
            let account = Sid::from_bytes(value).ok().filter(|account| account.parent().as_ref() == Some(&sid));
            highest = account.and_then(|account| account.rid()).map_or(highest, |rid| highest.max(rid));
        }
        connection
            .execute("UPDATE naming_context SET next_rid = ? WHERE id = ?", (highest.saturating_add(1), domain.id))
            .about(&domain.dn)?;
    }
    Ok(())
}
