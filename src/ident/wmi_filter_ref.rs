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
#[error("`{0}` is not a WMI filter reference of the form [domain;{{GUID}};0]")]
pub struct ParseWmiFilterRefError(pub String);

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
        assert_eq!(text.parse::<WmiFilterRef>().unwrap().to_string(), text);
    }

    #[test]
    fn refuses_other_text() {
        for text in
            ["", "[]", "[contoso.com]", "[contoso.com;x;0]", "contoso.com;{E91C83FB-ADBF-49D5-9E93-0AD41E05F411};0"]
        {
            assert!(text.parse::<WmiFilterRef>().is_err(), "{text}");
        }
    }
}
