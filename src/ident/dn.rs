//! Distinguished names (RFC 4514): escaping, comparison without case, parent and child.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::DnsName;

/// A distinguished name. Keeps the spelling it was read with; compares without case and without blanks around separators.
#[derive(Clone)]
pub struct Dn {
    text: Arc<str>,
    folded: Arc<str>,
}

/// The text is no distinguished name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a distinguished name: {reason} at character {position}")]
pub struct ParseDnError {
    /// The text as given.
    pub text: String,
    /// What was expected.
    pub reason: &'static str,
    /// Where, counted in bytes from 0.
    pub position: usize,
}

impl Dn {
    /// Returns the empty DN: the root of the directory.
    pub fn empty() -> Self {
        Dn { text: "".into(), folded: "".into() }
    }

    /// Reads a DN.
    pub fn parse(text: &str) -> Result<Self, ParseDnError> {
        let mut folded = String::with_capacity(text.len());
        for (position, component) in split_unescaped(text) {
            if text.trim().is_empty() {
                break;
            }
            let error = |reason| ParseDnError { text: text.to_owned(), reason, position };
            let (attribute, value) = component.split_once('=').ok_or_else(|| error("expected attribute=value"))?;
            let attribute = attribute.trim();
            if attribute.is_empty() || !attribute.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.') {
                return Err(error("expected an attribute name"));
            }
            let value = unescape(trim_value(value)).ok_or_else(|| error("bad escape sequence"))?;
            if !folded.is_empty() {
                folded.push(',');
            }
            folded.push_str(&attribute.to_lowercase());
            folded.push('=');
            folded.push_str(&escape(&value.to_lowercase()));
        }
        let text: Arc<str> = trim_value(text).into();
        let folded = if *text == *folded { text.clone() } else { folded.into() };
        Ok(Dn { text, folded })
    }

    /// Returns the DN with this text, whose folded form is known already: read from where it was stored.
    pub(crate) fn from_folded(text: &str, folded: &str) -> Dn {
        let text: Arc<str> = text.into();
        let folded = if *text == *folded { text.clone() } else { folded.into() };
        Dn { text, folded }
    }

    /// Returns the DN of the object `attribute=value` below this one; the value is escaped as needed.
    pub fn child(&self, attribute: &str, value: &str) -> Dn {
        let component = format!("{attribute}={}", escape(value));
        let text = if self.is_empty() { component } else { format!("{component},{}", self.text) };
        let folded_component = format!("{}={}", attribute.to_lowercase(), escape(&value.to_lowercase()));
        let folded = if self.is_empty() { folded_component } else { format!("{folded_component},{}", self.folded) };
        Dn { text: text.into(), folded: folded.into() }
    }

    /// Returns the DN of the object above this one; none above a single component.
    pub fn parent(&self) -> Option<Dn> {
        let rest = |text: &str| {
            split_unescaped(text).nth(1).map(|(position, _)| Arc::<str>::from(text[position..].trim_start()))
        };
        Some(Dn { text: rest(&self.text)?, folded: rest(&self.folded)? })
    }

    /// Returns the first component as written, `OU=Staff`.
    pub fn rdn(&self) -> &str {
        split_unescaped(&self.text).next().map_or("", |(_, component)| trim_value(component))
    }

    /// Returns the value of the first component without escapes: `Staff` of `OU=Staff,DC=…`.
    pub fn name(&self) -> String {
        let value = self.rdn().split_once('=').map_or("", |(_, value)| value);
        unescape(trim_value(value)).unwrap_or_default()
    }

    /// Tells whether this object is `ancestor` or lies below it.
    pub fn is_within(&self, ancestor: &Dn) -> bool {
        if ancestor.is_empty() {
            return true;
        }
        self.folded.strip_suffix(&*ancestor.folded).is_some_and(|rest| {
            // The character before the suffix must be a separator, not an escaped comma.
            rest.is_empty() || rest.ends_with(',') && !ends_in_escape(&rest[..rest.len() - 1])
        })
    }

    /// Returns the number of components.
    pub fn depth(&self) -> usize {
        if self.is_empty() { 0 } else { split_unescaped(&self.folded).count() }
    }

    /// Returns the DNS name of the domain that holds this object: its `DC=` components, joined by dots.
    pub fn domain(&self) -> Option<DnsName> {
        let labels: Vec<String> = split_unescaped(&self.text)
            .filter_map(|(_, component)| {
                let (attribute, value) = component.split_once('=')?;
                attribute.trim().eq_ignore_ascii_case("DC").then(|| unescape(trim_value(value)))?
            })
            .collect();
        labels.join(".").parse().ok()
    }

    /// Returns the folded form of each object above this one, the nearest first, without allocating.
    pub fn folded_ancestors(&self) -> impl Iterator<Item = &str> {
        split_unescaped(&self.folded).skip(1).map(|(position, _)| &self.folded[position..])
    }

    /// Returns the canonical name: `corp.example.com/Staff/Berlin`; a slash within a name is written `\/`.
    pub fn canonical_name(&self) -> String {
        let mut labels = Vec::new();
        let mut names = Vec::new();
        for (_, component) in split_unescaped(&self.text) {
            let (attribute, value) = component.split_once('=').unwrap_or((component, ""));
            let value = unescape(trim_value(value)).unwrap_or_default();
            if attribute.trim().eq_ignore_ascii_case("DC") {
                labels.push(value);
            } else {
                names.push(value.replace('/', "\\/"));
            }
        }
        names.push(labels.join("."));
        names.reverse();
        names.join("/")
    }

    /// Returns the DN as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the form by which DNs compare: lower case, no blanks around separators, uniform escapes.
    pub fn folded(&self) -> &str {
        &self.folded
    }

    /// Tells whether this is the root of the directory.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
}

/// Escapes a value for use in a DN (RFC 4514 2.4).
fn escape(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    let last = value.chars().count().saturating_sub(1);
    for (index, c) in value.chars().enumerate() {
        match c {
            ',' | '+' | '"' | '\\' | '<' | '>' | ';' | '=' => escaped.extend(['\\', c]),
            ' ' | '#' if index == 0 => escaped.extend(['\\', c]),
            ' ' if index == last => escaped.extend(['\\', c]),
            c if c.is_control() => {
                for byte in c.to_string().bytes() {
                    escaped.push_str(&format!("\\{byte:02X}"));
                }
            }
            c => escaped.push(c),
        }
    }
    escaped
}

/// Resolves `\,` and `\2C` escapes; none if a sequence is broken or the bytes are no UTF-8.
fn unescape(value: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        let first = rest.next()?;
        match (first as char).to_digit(16) {
            Some(high) => bytes.push((high << 4 | (rest.next()? as char).to_digit(16)?) as u8),
            None => bytes.push(first),
        }
    }
    String::from_utf8(bytes).ok()
}

/// Trims blanks around a value, but not an escaped blank at its end.
fn trim_value(value: &str) -> &str {
    let trimmed = value.trim_start().trim_end_matches(' ');
    let value = value.trim_start();
    if ends_in_escape(trimmed) && trimmed.len() < value.len() { &value[..trimmed.len() + 1] } else { trimmed }
}

/// Tells whether the text ends in an unfinished escape, so that the next character belongs to it.
fn ends_in_escape(text: &str) -> bool {
    text.bytes().rev().take_while(|&b| b == b'\\').count() % 2 == 1
}

/// Splits at commas that are not escaped; gives each part with its position.
fn split_unescaped(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut next = Some(0);
    std::iter::from_fn(move || {
        let start = next?;
        let mut escaped = false;
        for (offset, byte) in text.as_bytes()[start..].iter().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b',' => {
                    next = Some(start + offset + 1);
                    return Some((start, &text[start..start + offset]));
                }
                _ => {}
            }
        }
        next = None;
        Some((start, &text[start..]))
    })
}

impl FromStr for Dn {
    type Err = ParseDnError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Dn::parse(text)
    }
}

impl PartialEq for Dn {
    fn eq(&self, other: &Self) -> bool {
        self.folded == other.folded
    }
}

impl Eq for Dn {}

impl Hash for Dn {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.folded.hash(state);
    }
}

impl PartialOrd for Dn {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Dn {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.folded.cmp(&other.folded)
    }
}

impl fmt::Display for Dn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Dn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dn({})", self.text)
    }
}

impl Serialize for Dn {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Dn {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dn(text: &str) -> Dn {
        text.parse().unwrap()
    }

    #[test]
    fn compares_without_case_blanks_and_escape_spelling() {
        assert_eq!(
            dn("cn={31B2F340-016D-11D2-945F-00C04FB984F9},cn=policies,DC=a"),
            dn("CN={31b2f340-016d-11d2-945f-00c04fb984f9}, CN=Policies, dc=A")
        );
        assert_eq!(dn(r"OU=a\,b,DC=x"), dn(r"ou=A\2Cb,dc=x"));
        assert_ne!(dn(r"OU=a\,b,DC=x"), dn("OU=a,OU=b,DC=x"));
    }

    #[test]
    fn walks_up_and_down() {
        let staff = dn("DC=example,DC=com").child("OU", "Staff, Berlin");
        assert_eq!(staff.to_string(), r"OU=Staff\, Berlin,DC=example,DC=com");
        assert_eq!(staff.name(), "Staff, Berlin");
        assert_eq!(staff.parent(), Some(dn("dc=EXAMPLE,dc=com")));
        assert_eq!(staff.depth(), 3);
        assert_eq!(dn("DC=com").parent(), None);
        assert_eq!(staff.domain().unwrap().to_string(), "example.com");
    }

    #[test]
    fn canonical_names_run_from_the_domain_down() {
        assert_eq!(
            dn(r"OU=Berlin/Mitte,OU=Staff\, all,DC=corp,DC=x").canonical_name(),
            r"corp.x/Staff, all/Berlin\/Mitte"
        );
        assert_eq!(dn("DC=corp,DC=x").canonical_name(), "corp.x");
        let ancestors: Vec<String> = dn(r"OU=A\,b,OU=C,DC=x").folded_ancestors().map(str::to_owned).collect();
        assert_eq!(ancestors, ["ou=c,dc=x", "dc=x"]);
    }

    #[test]
    fn within_looks_at_whole_components() {
        let base = dn("OU=b,DC=x");
        assert!(dn("OU=a,OU=b,DC=x").is_within(&base));
        assert!(base.is_within(&base));
        assert!(!dn("OU=ab,DC=x").is_within(&dn("OU=b,DC=x")));
        assert!(!dn(r"CN=a\,OU\=b,DC=x").is_within(&base));
        assert!(base.is_within(&Dn::empty()));
    }

    #[test]
    fn names_with_odd_characters_survive() {
        for name in [
            " lead",
            "trail ",
            "#hash",
            r#"quo"te"#,
            r"back\slash",
            "a+b=c",
            "semi;colon",
            "Zürich",
            "line\nbreak",
            "<x>",
            "a, b",
        ] {
            let child = dn("DC=x").child("CN", name);
            let again = dn(child.as_str());
            assert_eq!(again.name(), name, "{child}");
            assert_eq!(again, child);
            assert_eq!(again.parent(), Some(dn("DC=x")));
        }
    }

    #[test]
    fn refuses_broken_names() {
        for text in ["x", "=a", "CN=a,,DC=b", r"CN=a\", r"CN=a\f", "C N=a", "CN=a,"] {
            assert!(Dn::parse(text).is_err(), "{text}");
        }
        assert!(dn("").is_empty());
    }
}
