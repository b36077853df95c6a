//! `GPT.INI`, the file that carries a GPO's SYSVOL version ([MS-GPOL] 2.2.4, `gpo-storage.md` B2).
//!
//! Read in any letter case, with blanks, with LF, with a byte order mark, in 8-bit text or UTF-16; written back as it was,
//! but for the digits of the version.

use std::ops::Range;

use crate::ident::GpoVersion;

/// A `GPT.INI` as it was read. Whatever the bytes are, they are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GptIni {
    /// The byte order mark, as it stood.
    mark: Vec<u8>,
    encoding: Encoding,
    /// The text behind the mark: one unit per byte, or per UTF-16 code unit.
    units: Vec<u16>,
    /// A lone last byte of a UTF-16 file of odd length.
    odd_byte: Option<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    SingleByte,
    Utf8,
    Utf16Le,
    Utf16Be,
}

/// The name that GPMC writes into every file, whatever the GPO is called.
const DISPLAY_NAME: &str = "New Group Policy Object";

impl GptIni {
    /// Returns the file that GPMC makes for a new GPO.
    pub fn new(version: GpoVersion) -> Self {
        let text = format!("[General]\r\nVersion={}\r\ndisplayName={DISPLAY_NAME}\r\n", version.to_u32());
        GptIni::parse(text.as_bytes())
    }

    /// Reads a file. Any bytes are a file; it is the values that may be missing.
    pub fn parse(bytes: &[u8]) -> Self {
        let (mark_length, encoding) = match bytes {
            [0xEF, 0xBB, 0xBF, ..] => (3, Encoding::Utf8),
            [0xFF, 0xFE, ..] => (2, Encoding::Utf16Le),
            [0xFE, 0xFF, ..] => (2, Encoding::Utf16Be),
            _ => (0, Encoding::SingleByte),
        };
        let (mark, text) = bytes.split_at(mark_length);
        let (units, odd_byte) = match encoding {
            Encoding::SingleByte | Encoding::Utf8 => (text.iter().map(|&byte| u16::from(byte)).collect(), None),
            Encoding::Utf16Le | Encoding::Utf16Be => {
                let (pairs, rest) = text.as_chunks::<2>();
                let unit = |pair: &[u8; 2]| match encoding {
                    Encoding::Utf16Be => u16::from_be_bytes(*pair),
                    _ => u16::from_le_bytes(*pair),
                };
                (pairs.iter().map(unit).collect(), rest.first().copied())
            }
        };
        GptIni { mark: mark.to_vec(), encoding, units, odd_byte }
    }

    /// Returns the bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.mark.clone();
        for &unit in &self.units {
            match self.encoding {
                // Units of such files are bytes.
                Encoding::SingleByte | Encoding::Utf8 => bytes.push(unit as u8),
                Encoding::Utf16Le => bytes.extend(unit.to_le_bytes()),
                Encoding::Utf16Be => bytes.extend(unit.to_be_bytes()),
            }
        }
        bytes.extend(self.odd_byte);
        bytes
    }

    /// Returns the version; none where the section `[General]` or its `Version` is missing or no number of 32 bits.
    pub fn version(&self) -> Option<GpoVersion> {
        let value = self.find("Version").value?;
        GpoVersion::parse(&self.text(value))
    }

    /// Returns `displayName`; GPMC writes the same words for every GPO.
    pub fn display_name(&self) -> Option<String> {
        self.value("displayName")
    }

    /// Returns the value of a key of the section `[General]`, without blanks around it.
    pub fn value(&self, key: &str) -> Option<String> {
        self.find(key).value.map(|range| self.text(range).trim().to_owned())
    }

    /// Replaces the version and nothing else; the key, and the section, are added where they are missing.
    pub fn set_version(&mut self, version: GpoVersion) {
        let found = self.find("Version");
        let digits = version.to_u32().to_string();
        if let Some(value) = found.value {
            self.units.splice(value, digits.encode_utf16());
            return;
        }
        let line_end = if self.units.contains(&u16::from(b'\r')) || !self.units.contains(&u16::from(b'\n')) {
            "\r\n"
        } else {
            "\n"
        };
        let (at, text) = match found.section_end {
            Some(at) => (at, format!("Version={digits}{line_end}")),
            None => (self.units.len(), format!("[General]{line_end}Version={digits}{line_end}")),
        };
        let ends_line = at == 0 || self.units.get(at - 1).is_some_and(|&unit| unit == u16::from(b'\n'));
        let text = if ends_line { text } else { format!("{line_end}{text}") };
        self.units.splice(at..at, text.encode_utf16());
    }

    /// Returns where the first value of a key of `[General]` stands, blanks around it left out, and where the head line of the section ends.
    fn find(&self, key: &str) -> Found {
        let mut found = Found { value: None, section_end: None };
        let mut in_general = false;
        let mut start = 0;
        for line in self.units.split_inclusive(|&unit| unit == u16::from(b'\n')) {
            let end = start + line.len();
            let trimmed = self.trim(start..end);
            let content = &self.units[trimmed.clone()];
            if content.first() == Some(&u16::from(b'[')) {
                let name_end = content.iter().position(|&unit| unit == u16::from(b']')).unwrap_or(content.len());
                let name = self.trim(trimmed.start + 1..trimmed.start + name_end);
                in_general = found.section_end.is_none() && self.text(name).eq_ignore_ascii_case("General");
                if in_general {
                    found.section_end = Some(end);
                }
            } else if in_general && let Some(equals) = content.iter().position(|&unit| unit == u16::from(b'=')) {
                let name = self.trim(trimmed.start..trimmed.start + equals);
                if self.text(name).eq_ignore_ascii_case(key) {
                    found.value = Some(self.trim(trimmed.start + equals + 1..trimmed.end));
                    return found;
                }
            }
            start = end;
        }
        found
    }

    /// Narrows the range by the blanks at both of its ends.
    fn trim(&self, range: Range<usize>) -> Range<usize> {
        let is_blank = |unit: &u16| matches!(*unit, 0x20 | 0x09 | 0x0D | 0x0A | 0);
        let units = &self.units[range.clone()];
        let Some(first) = units.iter().position(|unit| !is_blank(unit)) else { return range.start..range.start };
        let last = units.iter().rposition(|unit| !is_blank(unit)).unwrap_or(first);
        range.start + first..range.start + last + 1
    }

    fn text(&self, range: Range<usize>) -> String {
        let units = &self.units[range];
        match self.encoding {
            Encoding::Utf16Le | Encoding::Utf16Be => String::from_utf16_lossy(units),
            Encoding::SingleByte | Encoding::Utf8 => {
                let bytes: Vec<u8> = units.iter().map(|&unit| unit as u8).collect();
                String::from_utf8(bytes).unwrap_or_else(|error| {
                    encoding_rs::WINDOWS_1252.decode_without_bom_handling(error.as_bytes()).0.into_owned()
                })
            }
        }
    }
}

struct Found {
    value: Option<Range<usize>>,
    section_end: Option<usize>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const VERSION: GpoVersion = GpoVersion { user: 8, computer: 28 };

    fn utf16(text: &str) -> Vec<u8> {
        [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn reads_what_is_in_the_wild() {
        let wide = utf16("[General]\r\nVersion=524316\r\n");
        for bytes in [
            b"[General]\r\nVersion=524316\r\ndisplayName=New Group Policy Object\r\n".as_slice(),
            b"[General]\nVersion = 524316\n",
            b"\xEF\xBB\xBF[general]\r\nVERSION=524316",
            b"; comment\r\n\r\n[Other]\r\nVersion=1\r\n[ General ]\r\ngPCFunctionalityVersion=2\r\nversion=524316\r\n",
            &wide,
        ] {
            assert_eq!(GptIni::parse(bytes).version(), Some(VERSION), "{}", String::from_utf8_lossy(bytes));
        }
        let negative = GptIni::parse(b"[General]\r\nVersion=-2147418111\r\n");
        assert_eq!(negative.version(), Some(GpoVersion { user: 0x8001, computer: 1 }));
        assert_eq!(GptIni::parse(b"[General]\r\ndisplayName=Z\xFCrich\r\n").display_name().as_deref(), Some("Zürich"));
    }

    #[test]
    fn tells_where_there_is_no_version() {
        for bytes in [
            b"".as_slice(),
            b"Version=3",
            b"[General]\r\n",
            b"[General]\r\nVersion=x",
            b"[General]\r\nVersion=9999999999",
        ] {
            assert_eq!(GptIni::parse(bytes).version(), None);
        }
    }

    #[test]
    fn changes_the_digits_only() {
        let check = |before: &str, after: &str| {
            let mut file = GptIni::parse(before.as_bytes());
            file.set_version(VERSION);
            assert_eq!(file.to_bytes(), after.as_bytes());
            assert_eq!(file.version(), Some(VERSION));
        };
        check("[General]\nVersion = 7 \nx=y", "[General]\nVersion = 524316 \nx=y");
        check(
            "[General]\r\nVersion=\r\nkeep = this ; and this\r\n",
            "[General]\r\nVersion=524316\r\nkeep = this ; and this\r\n",
        );
        check("[General]\r\ndisplayName=x\r\n", "[General]\r\nVersion=524316\r\ndisplayName=x\r\n");
        check("[General]", "[General]\r\nVersion=524316\r\n");
        check("[Other]\nVersion=1", "[Other]\nVersion=1\n[General]\nVersion=524316\n");
        check("", "[General]\r\nVersion=524316\r\n");
        let mut wide = GptIni::parse(&utf16("[General]\r\nVersion=1\r\n"));
        wide.set_version(VERSION);
        assert_eq!(wide.to_bytes(), utf16("[General]\r\nVersion=524316\r\n"));
    }

    #[test]
    fn a_new_file_is_as_gpmc_makes_it() {
        assert_eq!(
            GptIni::new(GpoVersion::default()).to_bytes(),
            b"[General]\r\nVersion=0\r\ndisplayName=New Group Policy Object\r\n"
        );
    }

    proptest! {
        #[test]
        fn any_bytes_come_back(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            prop_assert_eq!(GptIni::parse(&bytes).to_bytes(), bytes);
        }

        #[test]
        fn a_version_that_was_set_is_read(text in "(\u{feff})?(\\[General\\]|\\[x\\]|Version|=|7|é|\r\n|\n| ){0,12}") {
            let mut file = GptIni::parse(text.as_bytes());
            file.set_version(VERSION);
            prop_assert_eq!(file.version(), Some(VERSION));
        }
    }
}
