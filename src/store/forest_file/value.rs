//! How values compare: by the syntax of their attribute, as a domain controller does ([MS-ADTS] 3.1.1.2.2.4).

use std::borrow::Cow;

use crate::ident::{Dn, Sid};

use super::key;
use super::schema::{self, AttributeType, Syntax};

/// Returns the syntax of an attribute; of an unknown one, text.
pub(super) fn syntax(attribute: &str) -> Syntax {
    schema::attribute(attribute).map_or(Syntax::Text, |attribute| attribute.syntax)
}

/// Tells whether objects are found by values of this attribute without reading them all.
pub(super) fn is_indexed(attribute: &AttributeType) -> bool {
    match attribute.syntax {
        Syntax::Dn => !matches!(attribute.name, "objectCategory" | "distinguishedName" | "memberOf"),
        Syntax::Sid => true,
        _ => matches!(attribute.name, "sAMAccountName" | "userPrincipalName" | "displayName"),
    }
}

/// Returns the form of a value by which it compares: equal values have equal forms.
pub(super) fn fold(syntax: Syntax, value: &[u8]) -> Cow<'_, [u8]> {
    let text = std::str::from_utf8(value);
    match (syntax, text) {
        (Syntax::Text, Ok(text)) => Cow::Owned(text.to_lowercase().into_bytes()),
        (Syntax::Boolean, _) => Cow::Owned(value.to_ascii_uppercase()),
        (Syntax::Dn, Ok(text)) => match text.parse::<Dn>() {
            Ok(dn) => Cow::Owned(key::of(&dn).into_bytes()),
            Err(_) => Cow::Owned(text.to_lowercase().into_bytes()),
        },
        (Syntax::Sid, Ok(text)) if text.starts_with("S-") => match text.parse::<Sid>() {
            Ok(sid) => Cow::Owned(sid.to_bytes()),
            Err(_) => Cow::Borrowed(value),
        },
        (Syntax::Integer | Syntax::LargeInteger, _) => match number(value) {
            Some(number) => Cow::Owned(number.to_string().into_bytes()),
            None => Cow::Borrowed(value),
        },
        (Syntax::Time, Ok(text)) => Cow::Borrowed(text.split_once('.').map_or(value, |(whole, _)| whole.as_bytes())),
        _ => Cow::Borrowed(value),
    }
}

/// Tells whether a value compares equal to one that is folded already.
pub(super) fn equals_folded(syntax: Syntax, value: &[u8], folded: &[u8]) -> bool {
    if syntax == Syntax::Text && value.is_ascii() {
        value.eq_ignore_ascii_case(folded)
    } else {
        *fold(syntax, value) == *folded
    }
}

/// Tells whether two values of an attribute are the same to the directory.
pub(super) fn equals(syntax: Syntax, left: &[u8], right: &[u8]) -> bool {
    left == right || equals_folded(syntax, left, &fold(syntax, right))
}

/// Returns the number a value stands for.
pub(super) fn number(value: &[u8]) -> Option<i64> {
    std::str::from_utf8(value).ok()?.trim().parse().ok()
}

/// Tells whether `value` has these parts: at its start, within and in order, at its end. All are folded.
pub(super) fn has_parts(value: &[u8], initial: &[u8], any: &[Vec<u8>], last: &[u8]) -> bool {
    let Some(mut rest) = value.strip_prefix(initial) else { return false };
    for part in any.iter().filter(|part| !part.is_empty()) {
        let Some(position) = rest.windows(part.len()).position(|window| window == part.as_slice()) else {
            return false;
        };
        rest = &rest[position + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equality_follows_the_syntax() {
        let check = |syntax, left: &str, right: &str| equals(syntax, left.as_bytes(), right.as_bytes());
        assert!(check(Syntax::Text, "Zürich", "ZÜRICH"));
        assert!(check(Syntax::Dn, "CN=a, DC=x", "cn=A,dc=X"));
        assert!(check(Syntax::Integer, "07", "7"));
        assert!(check(Syntax::Boolean, "true", "TRUE"));
        assert!(check(Syntax::Time, "20260301120000.0Z", "20260301120000.000Z"));
        assert!(!check(Syntax::Octets, "a", "A"));
        let sid: Sid = "S-1-5-32-544".parse().unwrap();
        assert!(equals(Syntax::Sid, &sid.to_bytes(), b"S-1-5-32-544"));
        assert!(!equals(Syntax::Text, &[0xFF], &[0xFE]));
    }

    #[test]
    fn parts_do_not_overlap() {
        let parts = |value: &str, initial: &str, any: &[&str], last: &str| {
            let any: Vec<Vec<u8>> = any.iter().map(|part| part.as_bytes().to_vec()).collect();
            has_parts(value.as_bytes(), initial.as_bytes(), &any, last.as_bytes())
        };
        assert!(parts("abcabc", "ab", &["ca"], "bc"));
        assert!(!parts("aba", "ab", &[], "ba"));
        assert!(parts("abc", "", &["b"], ""));
        assert!(!parts("abc", "", &["c", "b"], ""));
    }
}
