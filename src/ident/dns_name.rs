//! DNS names of forests, domains and domain controllers.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Dn;

/// A DNS name without trailing dot; compares without case, keeps the spelling it was read with.
#[derive(Clone, Debug)]
pub struct DnsName(String);

/// The text is no DNS name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a DNS name")]
pub struct ParseDnsNameError(pub String);

impl DnsName {
    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the DN of the domain of this name: `corp.example.com` is `DC=corp,DC=example,DC=com`.
    pub fn to_domain_dn(&self) -> Dn {
        let components: Vec<String> = self.0.split('.').map(|label| format!("DC={label}")).collect();
        Dn::parse(&components.join(",")).unwrap_or_else(|_| Dn::empty())
    }

    /// Tells whether this name equals `other` or lies below it (`eu.example.com` below `example.com`).
    pub fn is_within(&self, other: &DnsName) -> bool {
        let own = self.0.to_ascii_lowercase();
        let base = other.0.to_ascii_lowercase();
        own == base || own.strip_suffix(&base).is_some_and(|rest| rest.ends_with('.'))
    }
}

impl FromStr for DnsName {
    type Err = ParseDnsNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = text.trim().trim_end_matches('.');
        let label_is_valid = |label: &str| {
            !label.is_empty() && label.len() <= 63 && label.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
        };
        if name.is_empty() || name.len() > 253 || !name.split('.').all(label_is_valid) {
            return Err(ParseDnsNameError(text.to_owned()));
        }
        Ok(DnsName(name.to_owned()))
    }
}

impl PartialEq for DnsName {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for DnsName {}

impl Hash for DnsName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_ascii_lowercase().hash(state);
    }
}

impl PartialOrd for DnsName {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for DnsName {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.to_ascii_lowercase().cmp(&other.0.to_ascii_lowercase())
    }
}

impl fmt::Display for DnsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for DnsName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for DnsName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_without_case_and_final_dot() {
        let one: DnsName = "Corp.Example.com.".parse().unwrap();
        let two: DnsName = "corp.example.COM".parse().unwrap();
        assert_eq!(one, two);
        assert_eq!(one.to_string(), "Corp.Example.com");
    }

    #[test]
    fn knows_what_lies_within() {
        let check = |inner: &str, outer: &str, expected: bool| {
            assert_eq!(
                inner.parse::<DnsName>().unwrap().is_within(&outer.parse().unwrap()),
                expected,
                "{inner} in {outer}"
            );
        };
        check("eu.example.com", "example.com", true);
        check("example.com", "EXAMPLE.com", true);
        check("notexample.com", "example.com", false);
    }

    #[test]
    fn refuses_bad_names() {
        for text in ["", ".", "a..b", "a b", "a/b"] {
            assert!(text.parse::<DnsName>().is_err(), "{text}");
        }
    }

    #[test]
    fn gives_the_domain_dn() {
        assert_eq!(
            "corp.example.com".parse::<DnsName>().unwrap().to_domain_dn().to_string(),
            "DC=corp,DC=example,DC=com"
        );
    }
}
