//! Search filters (RFC 4515): built from values, written as text for LDAP, read from text, evaluated by the forest file.

use std::fmt;
use std::str::FromStr;

/// A search filter. Built from its parts, so that no value can break out of its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// All of these hold.
    And(Vec<Filter>),
    /// One of these holds.
    Or(Vec<Filter>),
    /// This does not hold.
    Not(Box<Filter>),
    /// The attribute has a value.
    Present(String),
    /// The attribute has this value.
    Equals(String, Vec<u8>),
    /// The attribute has a value with these parts: at its start, within, at its end.
    Substring {
        /// Attribute name.
        attribute: String,
        /// What the value starts with; empty for anything.
        initial: Vec<u8>,
        /// What it holds after that, in order.
        any: Vec<Vec<u8>>,
        /// What it ends with; empty for anything.
        last: Vec<u8>,
    },
    /// The attribute has a value not below this one.
    GreaterOrEqual(String, Vec<u8>),
    /// The attribute has a value not above this one.
    LessOrEqual(String, Vec<u8>),
    /// A matching rule by its object identifier, `attribute:rule:=value`.
    Rule {
        /// Attribute name.
        attribute: String,
        /// Object identifier of the rule.
        rule: String,
        /// The value.
        value: Vec<u8>,
    },
}

/// The text is no filter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a search filter: {reason} at byte {position}")]
pub struct ParseFilterError {
    /// The text as given.
    pub text: String,
    /// What was expected.
    pub reason: &'static str,
    /// Where, counted in bytes from 0.
    pub position: usize,
}

impl Filter {
    /// Returns the filter that finds every object.
    pub fn any_object() -> Self {
        Filter::Present("objectClass".to_owned())
    }

    /// Returns the filter for one text value.
    pub fn equals(attribute: &str, value: &str) -> Self {
        Filter::Equals(attribute.to_owned(), value.as_bytes().to_vec())
    }

    /// Returns the filter for an object class.
    pub fn class(class: &str) -> Self {
        Filter::equals("objectClass", class)
    }
}

const DEEPEST: usize = 64;

impl FromStr for Filter {
    type Err = ParseFilterError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parser = Parser { text, position: 0 };
        let filter = parser.filter(0)?;
        if parser.position == text.len() { Ok(filter) } else { Err(parser.error("expected the end")) }
    }
}

struct Parser<'a> {
    text: &'a str,
    position: usize,
}

impl Parser<'_> {
    fn error(&self, reason: &'static str) -> ParseFilterError {
        ParseFilterError { text: self.text.to_owned(), reason, position: self.position }
    }

    fn rest(&self) -> &str {
        &self.text[self.position..]
    }

    fn expect(&mut self, wanted: char, reason: &'static str) -> Result<(), ParseFilterError> {
        if !self.rest().starts_with(wanted) {
            return Err(self.error(reason));
        }
        self.position += wanted.len_utf8();
        Ok(())
    }

    fn filter(&mut self, depth: usize) -> Result<Filter, ParseFilterError> {
        if depth > DEEPEST {
            return Err(self.error("nested too deep"));
        }
        self.expect('(', "expected `(`")?;
        let filter = match self.rest().chars().next() {
            Some('&') => Filter::And(self.list(depth)?),
            Some('|') => Filter::Or(self.list(depth)?),
            Some('!') => {
                self.position += 1;
                Filter::Not(Box::new(self.filter(depth + 1)?))
            }
            _ => self.item()?,
        };
        self.expect(')', "expected `)`")?;
        Ok(filter)
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Filter>, ParseFilterError> {
        self.position += 1;
        let mut filters = Vec::new();
        while self.rest().starts_with('(') {
            filters.push(self.filter(depth + 1)?);
        }
        Ok(filters)
    }

    fn item(&mut self) -> Result<Filter, ParseFilterError> {
        let rest = self.rest();
        let end = rest.find(')').ok_or_else(|| self.error("expected `)`"))?;
        let item = &rest[..end];
        let (left, value) = item.split_once('=').ok_or_else(|| self.error("expected `=`"))?;
        let (name, operator) = match left.char_indices().last() {
            Some((at, c @ ('>' | '<' | ':' | '~'))) => (&left[..at], c),
            _ => (left, '='),
        };
        let (name, rule) = name.split_once(':').unwrap_or((name, ""));
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-;.".contains(&b)) {
            return Err(self.error("expected an attribute name"));
        }
        let attribute = name.to_owned();
        let bytes = |text: &str| unescape(text).ok_or_else(|| self.error("bad escape sequence"));
        let filter = match operator {
            '>' => Filter::GreaterOrEqual(attribute, bytes(value)?),
            '<' => Filter::LessOrEqual(attribute, bytes(value)?),
            ':' => Filter::Rule { attribute, rule: rule.to_owned(), value: bytes(value)? },
            _ if value == "*" => Filter::Present(attribute),
            _ if value.contains('*') => {
                let mut parts = value.split('*').map(bytes).collect::<Result<Vec<_>, _>>()?;
                let last = parts.pop().unwrap_or_default();
                let initial = if parts.is_empty() { Vec::new() } else { parts.remove(0) };
                parts.retain(|part| !part.is_empty());
                Filter::Substring { attribute, initial, any: parts, last }
            }
            _ => Filter::Equals(attribute, bytes(value)?),
        };
        self.position += end;
        Ok(filter)
    }
}

fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'\\' {
            let (high, low) = ((rest.next()? as char).to_digit(16)?, (rest.next()? as char).to_digit(16)?);
            bytes.push((high << 4 | low) as u8);
        } else {
            bytes.push(byte);
        }
    }
    Some(bytes)
}

struct Escaped<'a>(&'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|&byte| match byte {
            b'*' | b'(' | b')' | b'\\' | 0..0x20 | 0x7F.. => write!(f, "\\{byte:02x}"),
            _ => write!(f, "{}", byte as char),
        })
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, sign: char, filters: &[Filter]| {
            write!(f, "({sign}")?;
            filters.iter().try_for_each(|filter| write!(f, "{filter}"))?;
            f.write_str(")")
        };
        match self {
            Filter::And(filters) => list(f, '&', filters),
            Filter::Or(filters) => list(f, '|', filters),
            Filter::Not(filter) => write!(f, "(!{filter})"),
            Filter::Present(attribute) => write!(f, "({attribute}=*)"),
            Filter::Equals(attribute, value) => write!(f, "({attribute}={})", Escaped(value)),
            Filter::GreaterOrEqual(attribute, value) => write!(f, "({attribute}>={})", Escaped(value)),
            Filter::LessOrEqual(attribute, value) => write!(f, "({attribute}<={})", Escaped(value)),
            Filter::Rule { attribute, rule, value } => write!(f, "({attribute}:{rule}:={})", Escaped(value)),
            Filter::Substring { attribute, initial, any, last } => {
                write!(f, "({attribute}={}*", Escaped(initial))?;
                any.iter().try_for_each(|part| write!(f, "{}*", Escaped(part)))?;
                write!(f, "{})", Escaped(last))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips() {
        for text in [
            "(objectClass=*)",
            "(&(objectClass=organizationalUnit)(gPLink=*))",
            "(|(cn=a)(!(cn=b)))",
            "(cn=a*b*c)",
            "(cn=*a*)",
            "(cn=a*)",
            "(uSNChanged>=5)",
            "(groupType:1.2.840.113556.1.4.803:=2)",
            r"(cn=\2a\28\29\5c)",
        ] {
            assert_eq!(text.parse::<Filter>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn values_cannot_break_out() {
        assert_eq!(Filter::equals("cn", "a)(b=*").to_string(), r"(cn=a\29\28b=\2a)");
    }

    #[test]
    fn refuses_broken_text() {
        for text in ["", "cn=a", "(cn=a", "(cn=a)x", "()", "(=a)", r"(cn=\2)", "(&(cn=a)", "(!)"] {
            assert!(text.parse::<Filter>().is_err(), "{text}");
        }
        assert!("(!".repeat(100_000).parse::<Filter>().is_err());
    }
}
