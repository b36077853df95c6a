//! `registry.pol`: the registry values that a half of a GPO sets ([MS-GPREG] 2.2.1, `gpo-storage.md` B3).
//!
//! The file is a header and records `[key;value;type;size;data]` in the order in which clients carry them out.
//! Everything is kept as stored, odd terminators included, so that [`RegistryPol::to_bytes`] gives back exactly
//! the bytes that [`RegistryPol::parse`] accepted. Records are read by their size field, never by looking for
//! brackets: brackets and semicolons are legal in names and data.

use std::fmt;

/// The largest file that is read; real ones stay below 200 KB.
pub const MAX_SIZE_BYTES: usize = 64 << 20;

/// The largest data that clients are promised to take in one record ([MS-GPREG] 2.2.1).
pub const MAX_DATA_BYTES: usize = 0xFFFF;

/// A `registry.pol` file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegistryPol {
    /// The records, in the order of the file.
    pub records: Vec<PolRecord>,
}

/// One record: a value to set, or a command of the value name's `**` kind.
#[derive(Clone, PartialEq, Eq)]
pub struct PolRecord {
    /// Key below the hive, without leading backslash; the half decides the hive.
    pub key: PolText,
    /// Name of the value; empty for the default value.
    pub value: PolText,
    /// Type of the data.
    pub kind: PolType,
    /// The data, as stored.
    pub data: Vec<u8>,
}

/// A key or value name exactly as stored: UTF-16 with the terminator it had, if any.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PolText {
    units: Vec<u16>,
}

/// A registry type number; unknown ones are kept.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PolType(pub u32);

/// The data of a record, decoded for display. Data that does not fit its type is [`PolData::Raw`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolData {
    /// `REG_SZ`.
    Text(String),
    /// `REG_EXPAND_SZ`.
    ExpandText(String),
    /// `REG_MULTI_SZ`.
    MultiText(Vec<String>),
    /// `REG_DWORD` and `REG_DWORD_BIG_ENDIAN`.
    Dword(u32),
    /// `REG_QWORD`.
    Qword(u64),
    /// `REG_BINARY`, `REG_NONE`, other types, and data that contradicts its type.
    Raw(Vec<u8>),
}

/// What a record with a `**` value name does on the client, instead of setting a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolCommand {
    /// `**Del.NAME`: deletes this value.
    DeleteValue(String),
    /// `**DelVals.`: deletes all values of the key.
    DeleteAllValues,
    /// `**DeleteValues`: deletes the values named.
    DeleteValues(Vec<String>),
    /// `**DeleteKeys`: deletes the subkeys named.
    DeleteKeys(Vec<String>),
    /// `**SecureKey`: restricts the key to administrators, or lifts that.
    SecureKey(bool),
    /// `**Soft.NAME`: sets this value only where it does not exist yet.
    SetIfMissing(String),
    /// `**Comment:…`: nothing; a remark.
    Comment(String),
    /// Some other name that starts with `**`, which clients pass over.
    Unknown(String),
}

/// The bytes are no `registry.pol`; clients skip the whole file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} at byte {offset}: {problem}", record_label(.record))]
pub struct ParseRegistryPolError {
    /// Where, counted in bytes from the start of the file.
    pub offset: usize,
    /// In which record, counted from 1; 0 in the header.
    pub record: usize,
    /// What is wrong there.
    pub problem: PolProblem,
}

/// What can be wrong with a `registry.pol`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PolProblem {
    /// The file does not start with `PReg`.
    #[error("the signature is not `PReg`")]
    Signature,
    /// The version is another than 1.
    #[error("version {0} is not 1")]
    Version(u32),
    /// The file is larger than [`MAX_SIZE_BYTES`].
    #[error("the file is larger than {MAX_SIZE_BYTES} bytes")]
    TooLarge,
    /// Something else stands where this was expected.
    #[error("expected {0}")]
    Expected(&'static str),
    /// The file ends too early.
    #[error("the file ends within {0}")]
    Ends(&'static str),
    /// The size field promises more data than there is.
    #[error("the record promises {size_bytes} bytes of data, {left_bytes} are left")]
    SizeBeyondEnd {
        /// The size field.
        size_bytes: u32,
        /// Bytes left in the file.
        left_bytes: usize,
    },
}

const SIGNATURE: [u8; 4] = *b"PReg";
const VERSION: u32 = 1;
const HEADER_BYTES: usize = 8;
/// The end of a text or number, `]`, `[`: what most often stands between two records.
const BORDER: [u8; 6] = [0, 0, b']', 0, b'[', 0];
/// Damaged records after which no further one is looked for.
const MOST_ERRORS: usize = 1000;
/// Longer than any key the registry can hold; bounds the search for a terminator that was forgotten.
const MAX_NAME_UNITS: usize = 0xFFFF;

impl RegistryPol {
    /// Reads a file.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseRegistryPolError> {
        let error = |offset, problem| ParseRegistryPolError { offset, record: 0, problem };
        if bytes.len() > MAX_SIZE_BYTES {
            return Err(error(MAX_SIZE_BYTES, PolProblem::TooLarge));
        }
        let signature = bytes.get(..4).ok_or(error(bytes.len(), PolProblem::Ends("the signature")))?;
        if signature != SIGNATURE {
            return Err(error(0, PolProblem::Signature));
        }
        match dword_at(bytes, 4) {
            Some(VERSION) => {}
            Some(other) => return Err(error(4, PolProblem::Version(other))),
            None => return Err(error(bytes.len(), PolProblem::Ends("the version"))),
        }
        let mut records = Vec::new();
        let mut offset = HEADER_BYTES;
        while offset < bytes.len() {
            let (record, next) = read_record(bytes, offset).map_err(|(offset, problem)| ParseRegistryPolError {
                offset,
                record: records.len() + 1,
                problem,
            })?;
            records.push(record);
            offset = next;
        }
        Ok(RegistryPol { records })
    }

    /// Reads what can be read of a damaged file: where a record does not read, goes on at the next place that looks like
    /// the border between two records. Returns what was found with what was wrong. Clients skip a damaged file as a whole,
    /// so what comes from here is for showing, never for writing back unasked.
    pub fn recover(bytes: &[u8]) -> (Self, Vec<ParseRegistryPolError>) {
        let mut pol = RegistryPol::default();
        let mut errors = Vec::new();
        let whole = match RegistryPol::parse(bytes) {
            Ok(whole) => return (whole, errors),
            Err(error) => error,
        };
        if whole.record == 0 {
            return (pol, vec![whole]);
        }
        let mut offset = HEADER_BYTES;
        while offset < bytes.len() && errors.len() < MOST_ERRORS {
            match read_record(bytes, offset) {
                Ok((record, next)) => {
                    pol.records.push(record);
                    offset = next;
                }
                Err((place, problem)) => {
                    let record = pol.records.len() + errors.len() + 1;
                    errors.push(ParseRegistryPolError { offset: place, record, problem });
                    let rest = bytes.get(offset + 2..).unwrap_or_default();
                    let border = rest.windows(BORDER.len()).position(|window| window == BORDER);
                    // The next record starts with the bracket that ends the border.
                    offset = border.map_or(bytes.len(), |found| offset + 2 + found + BORDER.len() - 2);
                }
            }
        }
        (pol, errors)
    }

    /// Returns the bytes of the file; a file without records is its header alone.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = SIGNATURE.to_vec();
        bytes.extend(VERSION.to_le_bytes());
        for record in &self.records {
            push_unit(&mut bytes, OPEN);
            record.key.units.iter().for_each(|&unit| push_unit(&mut bytes, unit));
            push_unit(&mut bytes, SEPARATOR);
            record.value.units.iter().for_each(|&unit| push_unit(&mut bytes, unit));
            push_unit(&mut bytes, SEPARATOR);
            bytes.extend(record.kind.0.to_le_bytes());
            push_unit(&mut bytes, SEPARATOR);
            bytes.extend((record.data.len() as u32).to_le_bytes());
            push_unit(&mut bytes, SEPARATOR);
            bytes.extend(&record.data);
            push_unit(&mut bytes, CLOSE);
        }
        bytes
    }

    /// Returns the last record for this key and value name, compared without case: the one whose effect stays.
    pub fn find(&self, key: &str, value: &str) -> Option<&PolRecord> {
        self.records.iter().rev().find(|record| record.key.is(key) && record.value.is(value))
    }
}

impl PolRecord {
    /// Returns a record that sets a value. [`PolData::Raw`] becomes `REG_BINARY`.
    pub fn set(key: &str, value: &str, data: PolData) -> Self {
        let (kind, data) = data.encode();
        PolRecord { key: PolText::new(key), value: PolText::new(value), kind, data }
    }

    /// Returns a record that makes a key and sets nothing in it.
    pub fn create_key(key: &str) -> Self {
        PolRecord { key: PolText::new(key), value: PolText::new(""), kind: PolType::NONE, data: Vec::new() }
    }

    /// Returns a record that deletes a value, as Windows writes it: a text of one blank.
    pub fn delete_value(key: &str, value: &str) -> Self {
        PolRecord::set(key, &format!("**del.{value}"), PolData::Text(" ".to_owned()))
    }

    /// Returns a record that deletes all values of a key; belongs before those that fill it.
    pub fn delete_all_values(key: &str) -> Self {
        PolRecord::set(key, "**delvals.", PolData::Text(" ".to_owned()))
    }

    /// Tells whether the record only makes its key.
    pub fn is_create_key(&self) -> bool {
        self.kind == PolType::NONE && self.data.is_empty() && self.value.is("")
    }

    /// Returns the data decoded by its type. Missing and additional terminators of texts are passed over.
    pub fn data(&self) -> PolData {
        let raw = || PolData::Raw(self.data.clone());
        match self.kind {
            PolType::SZ => decode_text(&self.data).map_or_else(raw, PolData::Text),
            PolType::EXPAND_SZ => decode_text(&self.data).map_or_else(raw, PolData::ExpandText),
            PolType::MULTI_SZ => decode_texts(&self.data).map_or_else(raw, PolData::MultiText),
            PolType::DWORD => self.data.as_array().map_or_else(raw, |four| PolData::Dword(u32::from_le_bytes(*four))),
            PolType::DWORD_BIG_ENDIAN => {
                self.data.as_array().map_or_else(raw, |four| PolData::Dword(u32::from_be_bytes(*four)))
            }
            PolType::QWORD => self.data.as_array().map_or_else(raw, |eight| PolData::Qword(u64::from_le_bytes(*eight))),
            _ => raw(),
        }
    }

    /// Returns what the record does if its value name is a command, none if it sets a value or makes a key.
    pub fn command(&self) -> Option<PolCommand> {
        let name = self.value.to_string();
        let rest = name.strip_prefix("**")?;
        let after = |prefix: &str| {
            let start = rest.get(..prefix.len())?;
            start.eq_ignore_ascii_case(prefix).then(|| rest[prefix.len()..].to_owned())
        };
        let list = || match self.data() {
            PolData::Text(text) | PolData::ExpandText(text) => {
                text.split(';').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
            }
            _ => Vec::new(),
        };
        Some(if after("delvals").is_some_and(|dot| dot.is_empty() || dot == ".") {
            PolCommand::DeleteAllValues
        } else if let Some(value) = after("del.") {
            PolCommand::DeleteValue(value)
        } else if rest.eq_ignore_ascii_case("DeleteValues") {
            PolCommand::DeleteValues(list())
        } else if rest.eq_ignore_ascii_case("DeleteKeys") {
            PolCommand::DeleteKeys(list())
        } else if rest.eq_ignore_ascii_case("SecureKey") {
            PolCommand::SecureKey(self.data() == PolData::Dword(1))
        } else if let Some(value) = after("soft.") {
            PolCommand::SetIfMissing(value)
        } else if let Some(comment) = after("comment:") {
            PolCommand::Comment(comment)
        } else {
            PolCommand::Unknown(rest.to_owned())
        })
    }
}

impl fmt::Debug for PolRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{:?};{:?};{};{} bytes]", self.key, self.value, self.kind, self.data.len())
    }
}

impl PolText {
    /// Returns the text with the terminator that belongs to it.
    pub fn new(text: &str) -> Self {
        PolText { units: text.encode_utf16().chain([0]).collect() }
    }

    /// Returns the text as stored, terminator included, if any.
    pub fn units(&self) -> &[u16] {
        &self.units
    }

    /// Compares without case and terminators.
    pub fn is(&self, text: &str) -> bool {
        self.to_string().to_lowercase() == text.to_lowercase()
    }
}

impl fmt::Display for PolText {
    /// Writes the text up to its terminator; half characters are replaced.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&decode_units(&self.units))
    }
}

impl fmt::Debug for PolText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", String::from_utf16_lossy(&self.units))
    }
}

impl PolType {
    /// `REG_NONE`: with an empty name and no data, the record makes the key.
    pub const NONE: PolType = PolType(0);
    /// `REG_SZ`.
    pub const SZ: PolType = PolType(1);
    /// `REG_EXPAND_SZ`.
    pub const EXPAND_SZ: PolType = PolType(2);
    /// `REG_BINARY`.
    pub const BINARY: PolType = PolType(3);
    /// `REG_DWORD`.
    pub const DWORD: PolType = PolType(4);
    /// `REG_DWORD_BIG_ENDIAN`.
    pub const DWORD_BIG_ENDIAN: PolType = PolType(5);
    /// `REG_MULTI_SZ`.
    pub const MULTI_SZ: PolType = PolType(7);
    /// `REG_QWORD`.
    pub const QWORD: PolType = PolType(11);
}

impl fmt::Display for PolType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self {
            PolType::NONE => "REG_NONE",
            PolType::SZ => "REG_SZ",
            PolType::EXPAND_SZ => "REG_EXPAND_SZ",
            PolType::BINARY => "REG_BINARY",
            PolType::DWORD => "REG_DWORD",
            PolType::DWORD_BIG_ENDIAN => "REG_DWORD_BIG_ENDIAN",
            PolType::MULTI_SZ => "REG_MULTI_SZ",
            PolType::QWORD => "REG_QWORD",
            PolType(other) => return write!(f, "type {other}"),
        })
    }
}

impl fmt::Debug for PolType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PolData {
    /// Returns the type and the bytes; texts get their terminators.
    pub fn encode(&self) -> (PolType, Vec<u8>) {
        match self {
            PolData::Text(text) => (PolType::SZ, encode_text(text)),
            PolData::ExpandText(text) => (PolType::EXPAND_SZ, encode_text(text)),
            PolData::MultiText(texts) => {
                let mut data: Vec<u8> = texts.iter().flat_map(|text| encode_text(text)).collect();
                data.extend([0, 0]);
                (PolType::MULTI_SZ, data)
            }
            PolData::Dword(number) => (PolType::DWORD, number.to_le_bytes().to_vec()),
            PolData::Qword(number) => (PolType::QWORD, number.to_le_bytes().to_vec()),
            PolData::Raw(data) => (PolType::BINARY, data.clone()),
        }
    }
}

const OPEN: u16 = b'[' as u16;
const CLOSE: u16 = b']' as u16;
const SEPARATOR: u16 = b';' as u16;

fn record_label(record: &usize) -> String {
    if *record == 0 { "header".to_owned() } else { format!("record {record}") }
}

fn push_unit(bytes: &mut Vec<u8>, unit: u16) {
    bytes.extend(unit.to_le_bytes());
}

fn unit_at(bytes: &[u8], offset: usize) -> Option<u16> {
    bytes.get(offset..)?.first_chunk().map(|two| u16::from_le_bytes(*two))
}

fn dword_at(bytes: &[u8], offset: usize) -> Option<u32> {
    bytes.get(offset..)?.first_chunk().map(|four| u32::from_le_bytes(*four))
}

fn expect_unit(bytes: &[u8], offset: usize, wanted: u16, what: &'static str) -> Result<usize, (usize, PolProblem)> {
    match unit_at(bytes, offset) {
        Some(unit) if unit == wanted => Ok(offset + 2),
        Some(_) => Err((offset, PolProblem::Expected(what))),
        None => Err((bytes.len(), PolProblem::Ends("a record"))),
    }
}

/// Where a text may end, best first: at its terminator (or several), or, where the terminator was forgotten,
/// at the first semicolon before any terminator. Each end is the offset of the semicolon.
fn text_ends(bytes: &[u8], start: usize) -> Result<impl Iterator<Item = usize>, (usize, PolProblem)> {
    let mut first_separator = None;
    let mut offset = start;
    loop {
        if offset - start > 2 * MAX_NAME_UNITS {
            return Err((start, PolProblem::Expected("a name of at most 65535 characters")));
        }
        match unit_at(bytes, offset) {
            Some(0) => break,
            Some(SEPARATOR) if first_separator.is_none() => first_separator = Some(offset),
            Some(_) => {}
            None => break,
        }
        offset += 2;
    }
    let text_end = offset;
    while unit_at(bytes, offset) == Some(0) {
        offset += 2;
    }
    let terminated = (offset > text_end && unit_at(bytes, offset) == Some(SEPARATOR)).then_some(offset);
    match (terminated, first_separator) {
        (None, None) if unit_at(bytes, offset).is_none() => Err((bytes.len(), PolProblem::Ends("a name"))),
        (None, None) => Err((offset, PolProblem::Expected("`;` after a name"))),
        (terminated, forgotten) => Ok(terminated.into_iter().chain(forgotten)),
    }
}

/// Reads the record at `start` and returns it with the offset behind it. Where terminators are odd, the reading that
/// holds together up to the closing bracket wins; where none does, the error is that of the regular reading.
fn read_record(bytes: &[u8], start: usize) -> Result<(PolRecord, usize), (usize, PolProblem)> {
    let key_start = expect_unit(bytes, start, OPEN, "`[` at the start of a record")?;
    let mut first_error = None;
    for key_end in text_ends(bytes, key_start)? {
        let value_start = key_end + 2;
        let value_ends = match text_ends(bytes, value_start) {
            Ok(ends) => ends,
            Err(error) => {
                first_error.get_or_insert(error);
                continue;
            }
        };
        for value_end in value_ends {
            match read_data(bytes, value_end + 2) {
                Ok((kind, data, next)) => {
                    let key = PolText { units: units_of(&bytes[key_start..key_end]) };
                    let value = PolText { units: units_of(&bytes[value_start..value_end]) };
                    return Ok((PolRecord { key, value, kind, data: data.to_vec() }, next));
                }
                Err(error) => {
                    first_error.get_or_insert(error);
                }
            }
        }
    }
    Err(first_error.unwrap_or((start, PolProblem::Expected("a record"))))
}

fn read_data(bytes: &[u8], start: usize) -> Result<(PolType, &[u8], usize), (usize, PolProblem)> {
    let kind = dword_at(bytes, start).ok_or((bytes.len(), PolProblem::Ends("a type")))?;
    let size_start = expect_unit(bytes, start + 4, SEPARATOR, "`;` after the type")?;
    let size_bytes = dword_at(bytes, size_start).ok_or((bytes.len(), PolProblem::Ends("a size")))?;
    let data_start = expect_unit(bytes, size_start + 4, SEPARATOR, "`;` after the size")?;
    let left_bytes = bytes.len() - data_start;
    let data_end = usize::try_from(size_bytes).ok().filter(|&size| size <= left_bytes).map(|size| data_start + size);
    let data_end = data_end.ok_or((size_start, PolProblem::SizeBeyondEnd { size_bytes, left_bytes }))?;
    let next = expect_unit(bytes, data_end, CLOSE, "`]` after the data")?;
    Ok((PolType(kind), &bytes[data_start..data_end], next))
}

fn units_of(bytes: &[u8]) -> Vec<u16> {
    bytes.as_chunks::<2>().0.iter().map(|two| u16::from_le_bytes(*two)).collect()
}

fn decode_units(units: &[u16]) -> String {
    String::from_utf16_lossy(units.split(|&unit| unit == 0).next().unwrap_or_default())
}

fn decode_text(data: &[u8]) -> Option<String> {
    data.len().is_multiple_of(2).then(|| decode_units(&units_of(data)))
}

fn decode_texts(data: &[u8]) -> Option<Vec<String>> {
    if !data.len().is_multiple_of(2) {
        return None;
    }
    let mut units = units_of(data);
    while units.last() == Some(&0) {
        units.pop();
    }
    let texts = units.split(|&unit| unit == 0).map(String::from_utf16_lossy);
    Some(if units.is_empty() { Vec::new() } else { texts.collect() })
}

fn encode_text(text: &str) -> Vec<u8> {
    text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEY: &str = r"Software\Policies\Example";

    fn check_round_trip(pol: &RegistryPol) {
        let bytes = pol.to_bytes();
        assert_eq!(RegistryPol::parse(&bytes).as_ref(), Ok(pol));
    }

    /// A record spelled out: texts as given, without any terminator added.
    fn raw_record(key: &str, value: &str, kind: u32, size: u32, data: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let text = |bytes: &mut Vec<u8>, text: &str| text.encode_utf16().for_each(|unit| push_unit(bytes, unit));
        text(&mut bytes, &format!("[{key};{value};"));
        bytes.extend(kind.to_le_bytes());
        text(&mut bytes, ";");
        bytes.extend(size.to_le_bytes());
        text(&mut bytes, ";");
        bytes.extend(data);
        text(&mut bytes, "]");
        bytes
    }

    fn file(records: &[Vec<u8>]) -> Vec<u8> {
        [b"PReg\x01\0\0\0".to_vec(), records.concat()].concat()
    }

    #[test]
    fn writes_the_bytes_of_the_specification() {
        let pol = RegistryPol { records: vec![PolRecord::set("K", "V", PolData::Dword(1))] };
        let expected = b"PReg\x01\0\0\0[\0K\0\0\0;\0V\0\0\0;\0\x04\0\0\0;\0\x04\0\0\0;\0\x01\0\0\0]\0";
        assert_eq!(pol.to_bytes(), expected);
        check_round_trip(&pol);
        assert_eq!(RegistryPol::default().to_bytes(), b"PReg\x01\0\0\0");
        check_round_trip(&RegistryPol::default());
    }

    #[test]
    fn every_type_is_read_back() {
        let texts = |texts: &[&str]| PolData::MultiText(texts.iter().map(|text| (*text).to_owned()).collect());
        for data in [
            PolData::Text("a;]b[".to_owned()),
            PolData::Text(String::new()),
            PolData::ExpandText("%SystemRoot%\\Ünïcode".to_owned()),
            texts(&["one", "two"]),
            texts(&[]),
            PolData::Dword(u32::MAX),
            PolData::Qword(1 << 40),
            PolData::Raw(vec![1, 2, 3]),
        ] {
            let record = PolRecord::set(KEY, r"\\*\NETLOGON", data.clone());
            assert_eq!(record.data(), data);
            check_round_trip(&RegistryPol { records: vec![record] });
        }
        let big_endian = PolRecord { kind: PolType::DWORD_BIG_ENDIAN, ..PolRecord::set(KEY, "V", PolData::Dword(1)) };
        assert_eq!(big_endian.data(), PolData::Dword(0x0100_0000));
        assert!(PolRecord::create_key(KEY).is_create_key());
        check_round_trip(&RegistryPol { records: vec![PolRecord::create_key(KEY)] });
    }

    #[test]
    fn data_that_contradicts_its_type_is_shown_raw() {
        for (kind, data) in [(PolType::DWORD, vec![1, 0]), (PolType::SZ, vec![65]), (PolType::QWORD, vec![0; 7])] {
            let record = PolRecord { kind, data: data.clone(), ..PolRecord::create_key(KEY) };
            assert_eq!(record.data(), PolData::Raw(data));
        }
        let unterminated = PolRecord { kind: PolType::SZ, data: b"A\0B\0".to_vec(), ..PolRecord::create_key(KEY) };
        assert_eq!(unterminated.data(), PolData::Text("AB".to_owned()));
    }

    #[test]
    fn commands_are_told_from_values() {
        let check = |record: PolRecord, expected| assert_eq!(record.command(), expected);
        let text = |value, data: &str| PolRecord::set(KEY, value, PolData::Text(data.to_owned()));
        check(PolRecord::delete_value(KEY, "Old"), Some(PolCommand::DeleteValue("Old".to_owned())));
        check(text("**DEL.Old", " "), Some(PolCommand::DeleteValue("Old".to_owned())));
        check(PolRecord::delete_all_values(KEY), Some(PolCommand::DeleteAllValues));
        check(
            text("**DeleteValues", "a;b; c"),
            Some(PolCommand::DeleteValues(vec!["a".to_owned(), "b".to_owned(), "c".to_owned()])),
        );
        check(text("**DeleteKeys", r"Sub"), Some(PolCommand::DeleteKeys(vec!["Sub".to_owned()])));
        check(PolRecord::set(KEY, "**SecureKey", PolData::Dword(1)), Some(PolCommand::SecureKey(true)));
        check(text("**soft.New", "x"), Some(PolCommand::SetIfMissing("New".to_owned())));
        check(text("**Comment:why", "x"), Some(PolCommand::Comment("why".to_owned())));
        check(text("**other", "x"), Some(PolCommand::Unknown("other".to_owned())));
        check(text("plain", "x"), None);
    }

    #[test]
    fn the_last_of_several_records_counts() {
        let records = [1, 2].map(|number| PolRecord::set(KEY, "Value", PolData::Dword(number)));
        let pol = RegistryPol { records: records.to_vec() };
        let found = pol.find(r"software\policies\EXAMPLE", "vaLUE").unwrap();
        assert_eq!(found.data(), PolData::Dword(2));
    }

    #[test]
    fn odd_terminators_are_kept() {
        for (key, value) in [
            ("K", "V\0"),
            ("K\0", "V"),
            ("K", "V"),
            ("K\0\0", "V\0\0\0"),
            ("K\0", "\0"),
            ("K\0", ""),
            ("a;b\0", "c;d\0"),
            ("a[b]\0", "];[\0"),
        ] {
            let bytes = file(&[raw_record(key, value, 4, 4, &[1, 0, 0, 0]), raw_record("Z\0", "Z\0", 1, 2, &[0, 0])]);
            let pol = RegistryPol::parse(&bytes).unwrap();
            assert_eq!(pol.records.len(), 2, "{key:?} {value:?}");
            assert_eq!(pol.records[0].key.to_string(), key.trim_end_matches('\0'));
            assert_eq!(pol.records[0].value.to_string(), value.trim_end_matches('\0'));
            assert_eq!(pol.to_bytes(), bytes, "{key:?} {value:?}");
        }
    }

    #[test]
    fn damage_is_reported_with_its_place() {
        let check = |bytes: &[u8], record, offset, problem| {
            let expected = ParseRegistryPolError { offset, record, problem };
            assert_eq!(RegistryPol::parse(bytes), Err(expected));
        };
        let good = raw_record("K\0", "V\0", 4, 4, &[1, 0, 0, 0]);
        check(b"", 0, 0, PolProblem::Ends("the signature"));
        check(b"PReg\x01", 0, 5, PolProblem::Ends("the version"));
        check(b"Preg\x01\0\0\0", 0, 0, PolProblem::Signature);
        check(b"PReg\x02\0\0\0", 0, 4, PolProblem::Version(2));
        check(&file(&[good.clone(), b"x\0".to_vec()]), 2, 40, PolProblem::Expected("`[` at the start of a record"));
        check(&file(&[good.clone(), b"[".to_vec()]), 2, 41, PolProblem::Ends("a record"));
        check(&file(&[b"[\0K\0".to_vec()]), 1, 12, PolProblem::Ends("a name"));
        let too_long = PolProblem::SizeBeyondEnd { size_bytes: u32::MAX, left_bytes: 6 };
        check(&file(&[raw_record("K\0", "V\0", 4, u32::MAX, &[0; 4])]), 1, 28, too_long);
        let short = raw_record("K\0", "V\0", 4, 2, &[1, 0, 0, 0]);
        let long_name = "n".repeat(70_000);
        check(
            &file(&[raw_record(&long_name, "V", 4, 0, &[])]),
            1,
            10,
            PolProblem::Expected("a name of at most 65535 characters"),
        );
        check(&file(&[short]), 1, 36, PolProblem::Expected("`]` after the data"));
        let error = RegistryPol::parse(&file(&[good, b"x\0".to_vec()])).unwrap_err();
        assert_eq!(error.to_string(), "record 2 at byte 40: expected `[` at the start of a record");
    }

    #[test]
    fn every_truncation_is_refused_or_ends_between_records() {
        let records = [raw_record("K\0", "V\0", 4, 4, &[1, 0, 0, 0]), raw_record("Q\0", "W\0", 1, 4, &[65, 0, 0, 0])];
        let bytes = file(&records);
        for end in 0..bytes.len() {
            let whole = end == 8 || end == 8 + records[0].len();
            assert_eq!(RegistryPol::parse(&bytes[..end]).is_ok(), whole, "{end}");
        }
    }

    #[test]
    fn recovering_finds_the_records_around_the_damage() {
        let good = |key: &str| raw_record(key, "V\0", 4, 4, &[1, 0, 0, 0]);
        let text = |key: &str| raw_record(key, "V\0", 1, 4, &[65, 0, 0, 0]);
        let too_long = raw_record("B\0", "V\0", 1, 40_000, &[65, 0, 0, 0]);
        let bytes = file(&[good("A\0"), too_long, text("C\0"), good("D\0")]);
        let (pol, errors) = RegistryPol::recover(&bytes);
        let keys: Vec<String> = pol.records.iter().map(|record| record.key.to_string()).collect();
        assert_eq!(keys, ["A", "C", "D"]);
        assert_eq!(errors.len(), 1);
        assert_eq!((errors[0].record, errors[0].offset), (2, 60));
        assert_eq!(RegistryPol::recover(&file(&[good("A\0")])).1, []);
        assert_eq!(RegistryPol::recover(b"nothing").1.len(), 1);
    }

    fn any_record() -> impl Strategy<Value = PolRecord> {
        let name = "[ -~äΩ]{0,12}";
        (name, name, 0u32..14, prop::collection::vec(any::<u8>(), 0..40)).prop_map(|(key, value, kind, data)| {
            PolRecord { key: PolText::new(&key), value: PolText::new(&value), kind: PolType(kind), data }
        })
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_back(records in prop::collection::vec(any_record(), 0..8)) {
            check_round_trip(&RegistryPol { records });
        }

        #[test]
        fn whatever_is_accepted_is_written_back(
            records in prop::collection::vec(any_record(), 1..4),
            flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        ) {
            let mut bytes = RegistryPol { records }.to_bytes();
            for (index, byte) in flips {
                let position = index.index(bytes.len());
                bytes[position] = byte;
            }
            if let Ok(pol) = RegistryPol::parse(&bytes) {
                prop_assert_eq!(pol.to_bytes(), bytes);
            }
        }

        #[test]
        fn noise_never_panics(noise in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = RegistryPol::parse(&noise);
            let bytes = [b"PReg\x01\0\0\0[\0".as_slice(), &noise].concat();
            let _ = RegistryPol::parse(&bytes);
            let (pol, errors) = RegistryPol::recover(&bytes);
            prop_assert!(!errors.is_empty() || pol.to_bytes() == bytes);
        }
    }
}
