//! Text files that are written back as they were read: 8-bit, UTF-8 or UTF-16, with or without a byte order mark.
//!
//! Group Policy's text files are UTF-16 with a mark where Windows makes them, 8-bit where other tools do (`gpo-storage.md` B13).
//! Readers look at ranges of units; an edit replaces one range and leaves every other byte alone.

use std::ops::Range;

use encoding_rs::WINDOWS_1252;

/// A text file. Whatever the bytes are, they are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TextFile {
    /// The byte order mark, as it stood.
    mark: Vec<u8>,
    encoding: TextEncoding,
    /// The text behind the mark: one unit per byte, or per UTF-16 code unit.
    units: Vec<u16>,
    /// A lone last byte of a UTF-16 file of odd length.
    odd_byte: Option<u8>,
}

/// How the units of a file are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TextEncoding {
    /// One byte per character, Windows' western code page.
    Ansi,
    /// UTF-8.
    Utf8,
    /// UTF-16, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
}

/// How many units a text takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UnitMeasure {
    /// One for each of its UTF-16 code units.
    Utf16,
    /// One for each of its UTF-8 bytes.
    Bytes,
    /// One for each of its characters.
    Characters,
}

impl UnitMeasure {
    pub(super) fn of(self, text: &str) -> usize {
        match self {
            UnitMeasure::Utf16 => text.encode_utf16().count(),
            UnitMeasure::Bytes => text.len(),
            UnitMeasure::Characters => text.chars().count(),
        }
    }
}

impl TextFile {
    /// Reads a file. A mark decides about its encoding, else zero bytes at its start, else whether it is UTF-8.
    pub(super) fn parse(bytes: &[u8]) -> Self {
        let (mark_length, encoding) = match bytes {
            [0xEF, 0xBB, 0xBF, ..] => (3, TextEncoding::Utf8),
            [0xFF, 0xFE, ..] => (2, TextEncoding::Utf16Le),
            [0xFE, 0xFF, ..] => (2, TextEncoding::Utf16Be),
            [first, 0] if *first != 0 => (0, TextEncoding::Utf16Le),
            [first, 0, next, rest @ ..] if *first != 0 && *next != 0 && matches!(rest, [] | [0, ..]) => {
                (0, TextEncoding::Utf16Le)
            }
            [0, second] if *second != 0 => (0, TextEncoding::Utf16Be),
            // A lone zero before 8-bit text is no wide character.
            [0, second, 0, ..] if *second != 0 => (0, TextEncoding::Utf16Be),
            _ if !bytes.is_ascii() && std::str::from_utf8(bytes).is_ok() => (0, TextEncoding::Utf8),
            _ => (0, TextEncoding::Ansi),
        };
        TextFile::parse_as(bytes, mark_length, encoding)
    }

    /// Reads a file of a known encoding, its mark in the first `mark_length` bytes.
    pub(super) fn parse_as(bytes: &[u8], mark_length: usize, encoding: TextEncoding) -> Self {
        let (mark, text) = bytes.split_at(mark_length.min(bytes.len()));
        let (units, odd_byte) = match encoding {
            TextEncoding::Ansi | TextEncoding::Utf8 => (text.iter().map(|&byte| u16::from(byte)).collect(), None),
            TextEncoding::Utf16Le | TextEncoding::Utf16Be => {
                let (pairs, rest) = text.as_chunks::<2>();
                let unit = |pair: &[u8; 2]| match encoding {
                    TextEncoding::Utf16Be => u16::from_be_bytes(*pair),
                    _ => u16::from_le_bytes(*pair),
                };
                (pairs.iter().map(unit).collect(), rest.first().copied())
            }
        };
        TextFile { mark: mark.to_vec(), encoding, units, odd_byte }
    }

    /// Returns the bytes of the file.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.mark.clone();
        for &unit in &self.units {
            match self.encoding {
                // Units of such files are bytes.
                TextEncoding::Ansi | TextEncoding::Utf8 => bytes.push(unit as u8),
                TextEncoding::Utf16Le => bytes.extend(unit.to_le_bytes()),
                TextEncoding::Utf16Be => bytes.extend(unit.to_be_bytes()),
            }
        }
        bytes.extend(self.odd_byte);
        bytes
    }

    /// Returns the units.
    pub(super) fn units(&self) -> &[u16] {
        &self.units
    }

    /// Returns the text of a range of units; what is no text is replaced.
    pub(super) fn text(&self, range: Range<usize>) -> String {
        let units = &self.units[range];
        match self.encoding {
            TextEncoding::Utf16Le | TextEncoding::Utf16Be => String::from_utf16_lossy(units),
            TextEncoding::Ansi | TextEncoding::Utf8 => {
                let bytes: Vec<u8> = units.iter().map(|&unit| unit as u8).collect();
                if self.encoding == TextEncoding::Ansi && !bytes.is_ascii() {
                    return WINDOWS_1252.decode_without_bom_handling(&bytes).0.into_owned();
                }
                String::from_utf8(bytes)
                    .unwrap_or_else(|error| WINDOWS_1252.decode_without_bom_handling(error.as_bytes()).0.into_owned())
            }
        }
    }

    /// Returns how the text of a range is measured in units.
    pub(super) fn measure(&self, range: Range<usize>) -> UnitMeasure {
        let is_utf8 = || {
            let bytes: Vec<u8> = self.units[range].iter().map(|&unit| unit as u8).collect();
            std::str::from_utf8(&bytes).is_ok()
        };
        match self.encoding {
            TextEncoding::Utf16Le | TextEncoding::Utf16Be => UnitMeasure::Utf16,
            TextEncoding::Utf8 if is_utf8() => UnitMeasure::Bytes,
            TextEncoding::Utf8 | TextEncoding::Ansi => UnitMeasure::Characters,
        }
    }

    /// Replaces a range of units by a text in the file's encoding. What an 8-bit file has no byte for is written as UTF-8.
    pub(super) fn replace(&mut self, range: Range<usize>, text: &str) {
        let units = self.encode(text);
        self.units.splice(range, units);
    }

    /// Replaces many ranges of units at once. Of ranges that overlap, the first counts.
    pub(super) fn replace_all(&mut self, mut places: Vec<(Range<usize>, String)>) {
        places.sort_by_key(|(range, _)| range.start);
        let mut units = Vec::with_capacity(self.units.len());
        let mut done = 0;
        for (range, text) in places {
            if range.start < done || range.end > self.units.len() {
                continue;
            }
            units.extend(&self.units[done..range.start]);
            units.extend(self.encode(&text));
            done = range.end;
        }
        units.extend(&self.units[done..]);
        self.units = units;
    }

    fn encode(&self, text: &str) -> Vec<u16> {
        let bytes = |bytes: &[u8]| bytes.iter().map(|&byte| u16::from(byte)).collect();
        match self.encoding {
            TextEncoding::Utf16Le | TextEncoding::Utf16Be => text.encode_utf16().collect(),
            TextEncoding::Utf8 => bytes(text.as_bytes()),
            TextEncoding::Ansi => match WINDOWS_1252.encode(text) {
                (encoded, _, false) => bytes(&encoded),
                (_, _, true) => bytes(text.as_bytes()),
            },
        }
    }

    /// Returns the ranges of the lines, each with its line end.
    pub(super) fn lines(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        let mut start = 0;
        self.units.split_inclusive(|&unit| unit == u16::from(b'\n')).map(move |line| {
            let range = start..start + line.len();
            start = range.end;
            range
        })
    }

    /// Returns the line end that the file uses; that of Windows where it has none.
    pub(super) fn line_end(&self) -> &'static str {
        let has = |unit: u8| self.units.contains(&u16::from(unit));
        if has(b'\n') && !has(b'\r') { "\n" } else { "\r\n" }
    }

    /// Narrows the range by the blanks and line ends at both of its ends.
    pub(super) fn trim(&self, range: Range<usize>) -> Range<usize> {
        let is_blank = |unit: &u16| matches!(*unit, 0x20 | 0x09 | 0x0D | 0x0A | 0);
        let units = &self.units[range.clone()];
        let Some(first) = units.iter().position(|unit| !is_blank(unit)) else { return range.start..range.start };
        let last = units.iter().rposition(|unit| !is_blank(unit)).unwrap_or(first);
        range.start + first..range.start + last + 1
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(bytes: &[u8], text: &str) {
        let file = TextFile::parse(bytes);
        assert_eq!(file.text(0..file.units().len()), text);
        assert_eq!(file.to_bytes(), bytes);
    }

    #[test]
    fn every_encoding_is_read_and_kept() {
        check(b"", "");
        check(b"a=Z\xFCrich\r\n", "a=Zürich\r\n");
        check("a=Zürich\n".as_bytes(), "a=Zürich\n");
        check("\u{feff}a=Zürich\n".as_bytes(), "a=Zürich\n");
        check(b"\xFF\xFEa\0=\0\xFC\0\r\0\n\0", "a=ü\r\n");
        check(b"a\0=\0\xFC\0", "a=ü");
        check(b"\xFE\xFF\0a\0=\0\xFC", "a=ü");
        check(b"\xFF\xFEa\0!", "a");
        check(b"\xFF", "ÿ");
    }

    #[test]
    fn text_is_put_in_in_the_encoding_of_the_file() {
        let check = |bytes: &[u8], expected: &[u8]| {
            let mut file = TextFile::parse(bytes);
            let end = file.units().len();
            file.replace(end..end, "ü");
            assert_eq!(file.to_bytes(), expected);
        };
        check(b"a", b"a\xFC");
        check("é".as_bytes(), "éü".as_bytes());
        check(b"\xFF\xFEa\0", b"\xFF\xFEa\0\xFC\0");
    }

    proptest! {
        #[test]
        fn any_bytes_come_back(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let file = TextFile::parse(&bytes);
            prop_assert_eq!(file.to_bytes(), bytes);
            prop_assert_eq!(file.lines().last().map_or(0, |line| line.end), file.units().len());
        }
    }
}
