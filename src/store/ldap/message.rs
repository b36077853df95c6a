//! Search entries and controls of Active Directory ([MS-ADTS] 3.1.1.3.4.1), as the LDAP library carries them.

use ldap3::ResultEntry;
use ldap3::asn1::{PL, StructureTag};
use ldap3::controls::{Control, RawControl};

use crate::ident::Dn;
use crate::store::ber::{self, Reader};
use crate::store::{Attribute, Entry, SdParts, StoreError, StoreErrorKind};

/// Control for paged results (RFC 2696).
const PAGED_RESULTS: &str = "1.2.840.113556.1.4.319";
/// Control that chooses the parts of a security descriptor.
const SD_FLAGS: &str = "1.2.840.113556.1.4.801";
/// Control that deletes an object with all below it.
const TREE_DELETE: &str = "1.2.840.113556.1.4.805";
/// Control that keeps a search within the domain: no referrals come.
const DOMAIN_SCOPE: &str = "1.2.840.113556.1.4.1339";

/// Returns the control that asks for a page; the cookie is that of the page before, empty for the first.
pub(crate) fn paged_results(size: u32, cookie: &[u8]) -> RawControl {
    let size = ber::unsigned(ber::INTEGER, size);
    let value = ber::element(ber::SEQUENCE, &[&size, &ber::element(ber::OCTET_STRING, &[cookie])]);
    RawControl { ctype: PAGED_RESULTS.to_owned(), crit: false, val: Some(value) }
}

/// Returns the cookie of the next page; empty after the last.
pub(crate) fn next_cookie(controls: &[Control], object: &str) -> Result<Vec<u8>, StoreError> {
    let Some(Control(_, control)) = controls.iter().find(|Control(_, raw)| raw.ctype == PAGED_RESULTS) else {
        return Ok(Vec::new());
    };
    let read = || {
        let mut value = Reader::new(control.val.as_deref().unwrap_or_default()).enter(ber::SEQUENCE, "a page")?;
        value.expect(ber::INTEGER, "a page's size")?;
        value.expect(ber::OCTET_STRING, "a page's cookie").map(<[u8]>::to_vec)
    };
    read().map_err(|error| StoreError::new(StoreErrorKind::Corrupt, object).with_detail(error))
}

/// Returns the control that chooses parts of a security descriptor, for reading and writing.
pub(crate) fn sd_flags(parts: SdParts) -> RawControl {
    let value = ber::element(ber::SEQUENCE, &[&ber::unsigned(ber::INTEGER, parts.0.into())]);
    RawControl { ctype: SD_FLAGS.to_owned(), crit: true, val: Some(value) }
}

/// Returns the control that keeps a search within the domain.
pub(crate) fn domain_scope() -> RawControl {
    RawControl { ctype: DOMAIN_SCOPE.to_owned(), crit: false, val: None }
}

/// Returns the control that deletes a whole tree.
pub(crate) fn tree_delete() -> RawControl {
    RawControl { ctype: TREE_DELETE.to_owned(), crit: true, val: None }
}

/// Reads a search entry; none for a referral and what else is no entry. Attributes without values are left out.
pub(crate) fn read_entry(result: ResultEntry) -> Result<Option<Entry>, StoreError> {
    if result.is_ref() || result.is_intermediate() {
        return Ok(None);
    }
    let corrupt = |object: &str, what: &str| {
        StoreError::new(StoreErrorKind::Corrupt, object).with_detail(format!("the server's answer: {what}"))
    };
    let mut fields = constructed(result.0).ok_or_else(|| corrupt("search", "no entry"))?.into_iter();
    let name = fields.next().and_then(primitive).ok_or_else(|| corrupt("search", "an entry without name"))?;
    let name = String::from_utf8_lossy(&name).into_owned();
    let dn = Dn::parse(&name).map_err(|error| corrupt(&name, &error.to_string()))?;
    let mut attributes = Vec::new();
    for attribute in fields.next().and_then(constructed).ok_or_else(|| corrupt(&name, "no attributes"))? {
        let damaged = || corrupt(&name, "a damaged attribute");
        let mut parts = constructed(attribute).ok_or_else(damaged)?.into_iter();
        let attribute_name = parts.next().and_then(primitive).ok_or_else(damaged)?;
        let values = parts.next().and_then(constructed).ok_or_else(damaged)?;
        let values = values.into_iter().map(primitive).collect::<Option<Vec<_>>>().ok_or_else(damaged)?;
        if !values.is_empty() {
            let attribute_name = String::from_utf8_lossy(&attribute_name).into_owned();
            attributes.push(Attribute { name: attribute_name, values });
        }
    }
    Ok(Some(Entry { dn, attributes }))
}

fn constructed(tag: StructureTag) -> Option<Vec<StructureTag>> {
    match tag.payload {
        PL::C(parts) => Some(parts),
        PL::P(_) => None,
    }
}

fn primitive(tag: StructureTag) -> Option<Vec<u8>> {
    match tag.payload {
        PL::P(bytes) => Some(bytes),
        PL::C(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ldap3::asn1::TagClass;

    fn text(bytes: &[u8]) -> StructureTag {
        StructureTag { class: TagClass::Universal, id: 4, payload: PL::P(bytes.to_vec()) }
    }

    fn list(parts: Vec<StructureTag>) -> StructureTag {
        StructureTag { class: TagClass::Application, id: 4, payload: PL::C(parts) }
    }

    #[test]
    fn values_stay_bytes_whatever_they_hold() {
        let attribute = |name: &[u8], values: &[&[u8]]| {
            list(vec![text(name), list(values.iter().map(|value| text(value)).collect())])
        };
        let attributes = list(vec![
            attribute(b"objectGUID", &[b"\xff\xfe\x00\x01"]),
            attribute(b"cn", &[b"a", b"b"]),
            attribute(b"empty", &[]),
        ]);
        let entry = read_entry(ResultEntry::new(list(vec![text(b"CN=a,DC=x"), attributes]))).unwrap().unwrap();
        assert_eq!(entry.bytes("objectguid"), Some(&b"\xff\xfe\x00\x01"[..]));
        assert_eq!(entry.values("cn").len(), 2);
        assert_eq!(entry.attributes.len(), 2);
    }

    #[test]
    fn broken_entries_are_errors_that_name_the_object() {
        for broken in [text(b"x"), list(vec![]), list(vec![list(vec![])]), list(vec![text(b"CN=a,DC=x")])] {
            let error = read_entry(ResultEntry::new(broken)).unwrap_err();
            assert_eq!(error.kind, StoreErrorKind::Corrupt);
        }
        let attributes = list(vec![list(vec![text(b"cn")])]);
        let error = read_entry(ResultEntry::new(list(vec![text(b"CN=a,DC=x"), attributes]))).unwrap_err();
        assert_eq!(error.object, "CN=a,DC=x");
    }

    #[test]
    fn cookies_round_trip() {
        let control = |value: Option<Vec<u8>>| {
            [Control(None, RawControl { ctype: PAGED_RESULTS.to_owned(), crit: false, val: value })]
        };
        let sent = paged_results(1000, b"cookie").val;
        assert_eq!(next_cookie(&control(sent), "x").unwrap(), b"cookie");
        assert_eq!(next_cookie(&[], "x").unwrap(), b"");
        for broken in [None, Some(vec![0x30]), Some(vec![0x30, 3, 2, 1, 0])] {
            assert_eq!(next_cookie(&control(broken), "x").unwrap_err().kind, StoreErrorKind::Corrupt);
        }
        assert_eq!(sd_flags(SdParts::READABLE).val, Some(vec![0x30, 3, 2, 1, 7]));
    }
}
