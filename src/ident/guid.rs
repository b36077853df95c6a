//! GUIDs as Group Policy writes them: upper case, in braces ([MS-DTYP] 2.3.4).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A GUID; displayed in upper case with braces, `{31B2F340-016D-11D2-945F-00C04FB984F9}`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Guid(uuid::Uuid);

/// The text is no GUID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a GUID")]
pub struct ParseGuidError(pub String);

impl Guid {
    /// The zero GUID.
    pub const NIL: Guid = Guid(uuid::Uuid::nil());

    /// Returns the GUID of the number as it is printed: `0x31B2F340_016D_11D2_945F_00C04FB984F9`.
    pub const fn from_u128(value: u128) -> Self {
        Guid(uuid::Uuid::from_u128(value))
    }

    /// Returns a new random GUID.
    pub fn random() -> Self {
        Guid(uuid::Uuid::new_v4())
    }

    /// Returns the GUID stored in the directory's 16 bytes (first three fields little-endian, as in `objectGUID`).
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Guid(uuid::Uuid::from_bytes_le(bytes))
    }

    /// Returns the 16 bytes as `objectGUID` and access control entries hold them.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.to_bytes_le()
    }

    /// Returns the text without braces, lower case: the form of SDDL and of security descriptors in text.
    pub fn hyphenated(self) -> String {
        self.0.hyphenated().to_string()
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{:X}}}", self.0.hyphenated())
    }
}

impl fmt::Debug for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Guid {
    type Err = ParseGuidError;

    /// Accepts the hyphenated form with or without braces, in any case, with blanks around it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseGuidError(text.to_owned());
        let trimmed = text.trim();
        let inner = match trimmed.strip_prefix('{') {
            Some(rest) => rest.strip_suffix('}').ok_or_else(error)?,
            None => trimmed,
        };
        if inner.len() != 36 {
            return Err(error());
        }
        uuid::Uuid::try_parse(inner).map(Guid).map_err(|_| error())
    }
}

impl Serialize for Guid {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Guid {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_spelling_and_writes_one() {
        let written = "{31B2F340-016D-11D2-945F-00C04FB984F9}";
        for text in [written, "31b2f340-016d-11d2-945f-00c04fb984f9", " {31b2F340-016D-11D2-945F-00C04fB984F9} "] {
            assert_eq!(text.parse::<Guid>().unwrap().to_string(), written);
        }
    }

    #[test]
    fn refuses_what_is_no_guid() {
        for text in [
            "",
            "{}",
            "{31B2F340-016D-11D2-945F-00C04FB984F9",
            "31B2F340016D11D2945F00C04FB984F9",
            "{31B2F340-016D-11D2-945F-00C04FB984FG}",
        ] {
            assert!(text.parse::<Guid>().is_err(), "{text}");
        }
    }

    #[test]
    fn bytes_are_mixed_endian() {
        let guid = Guid::from_u128(0x31B2F340_016D_11D2_945F_00C04FB984F9);
        let bytes = guid.to_bytes();
        assert_eq!(bytes[..8], [0x40, 0xF3, 0xB2, 0x31, 0x6D, 0x01, 0xD2, 0x11]);
        assert_eq!(Guid::from_bytes(bytes), guid);
    }
}
