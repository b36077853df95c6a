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
#[path = "registry_pol_tests.rs"]
mod tests;
