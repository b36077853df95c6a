//! The reference from a GPO to its WMI filter, `gPCWQLFilter` (`gpo-storage.md` A5).

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::{DnsName, Guid};

/// Which WMI filter a GPO names: `[domain;{GUID};0]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WmiFilterRef {
    /// The domain that holds the filter.
    pub domain: DnsName,
    /// The filter's id.
    pub id: Guid,
}

/// The text is no reference to a WMI filter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a WMI filter reference")]
pub struct ParseWmiFilterRefError(pub String);

impl WmiFilterRef {
    /// Reads the form of backups, `MSFT_SomFilter.ID="{GUID}",Domain="corp.example.com"` (`operations.md` 1.3).
    ///
    /// # Errors
    /// Fails where the text is another, or its GUID or domain is none.
    pub fn parse_object_path(text: &str) -> Result<Self, ParseWmiFilterRefError> {
        let error = || ParseWmiFilterRefError(text.to_owned());
        let rest = text.trim().strip_prefix("MSFT_SomFilter.").ok_or_else(error)?;
        let value = |key: &str| {
            let at = rest.split(',').find_map(|part| part.trim().strip_prefix(key)?.strip_prefix('='))?;
            at.strip_prefix('"')?.strip_suffix('"')
        };
        let (id, domain) = (value("ID").ok_or_else(error)?, value("Domain").ok_or_else(error)?);
        Ok(WmiFilterRef { domain: domain.parse().map_err(|_| error())?, id: id.parse().map_err(|_| error())? })
    }

    /// Returns the form of backups.
    pub fn to_object_path(&self) -> String {
        format!("MSFT_SomFilter.ID=\"{}\",Domain=\"{}\"", self.id, self.domain)
    }
}

impl FromStr for WmiFilterRef {
    type Err = ParseWmiFilterRefError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseWmiFilterRefError(text.to_owned());
        let inner = text.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).ok_or_else(error)?;
        let mut parts = inner.split(';');
        let (domain, id) = (parts.next().ok_or_else(error)?, parts.next().ok_or_else(error)?);
        Ok(WmiFilterRef { domain: domain.parse().map_err(|_| error())?, id: id.parse().map_err(|_| error())? })
    }
}

impl fmt::Display for WmiFilterRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{};{};0]", self.domain, self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips() {
        let text = "[contoso.com;{E91C83FB-ADBF-49D5-9E93-0AD41E05F411};0]";
        let reference = text.parse::<WmiFilterRef>().unwrap();
        assert_eq!(reference.to_string(), text);
        let text = "MSFT_SomFilter.ID=\"{E91C83FB-ADBF-49D5-9E93-0AD41E05F411}\",Domain=\"contoso.com\"";
        assert_eq!(reference.to_object_path(), text);
        assert_eq!(WmiFilterRef::parse_object_path(text), Ok(reference));
    }

    #[test]
    fn refuses_other_text() {
        for text in
            ["", "[]", "[contoso.com]", "[contoso.com;x;0]", "contoso.com;{E91C83FB-ADBF-49D5-9E93-0AD41E05F411};0"]
        {
            assert!(text.parse::<WmiFilterRef>().is_err(), "{text}");
            assert!(WmiFilterRef::parse_object_path(text).is_err(), "{text}");
        }
    }
}
