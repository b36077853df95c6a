//! Advertise scripts of software installation (`.aas`): what Windows Installer writes when a package is put into a GPO
//! (`gpo-storage.md` B11).
//!
//! A sequence of records: an operation, how many arguments, the arguments. What the operations of the installer mean is its own
//! business; here the records are kept as they are, and what an administrator asks for (product, version, source) is read from them.

use crate::ident::Guid;

/// An advertise script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdvertiseScript {
    /// The records, in order.
    pub records: Vec<ScriptRecord>,
}

/// A record: an operation of Windows Installer with its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptRecord {
    /// Number of the operation.
    pub operation: u8,
    /// Its arguments.
    pub arguments: Vec<ScriptArgument>,
}

/// An argument of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScriptArgument {
    /// Nothing.
    Null,
    /// A number.
    Number(u32),
    /// Text in the code page of the package, with the form of its length.
    Ansi(Vec<u8>, LengthForm),
    /// UTF-16 text, with the form of its length.
    Text(Vec<u16>, LengthForm),
    /// Bytes, with the form of their length.
    Binary(Vec<u8>, LengthForm),
}

/// How the length of an argument is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LengthForm {
    /// In the 16 bits before the argument.
    Short,
    /// In 32 bits more.
    Extended,
}

/// The bytes are no advertise script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("record {record} of the advertise script, at byte {offset}: expected {expected}")]
pub struct ParseAdvertiseScriptError {
    /// Which record, counted from 1.
    pub record: usize,
    /// Where, counted in bytes from the start.
    pub offset: usize,
    /// What should stand there.
    pub expected: &'static str,
}

/// What a script says of the product.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdvertisedProduct {
    /// Code of the product.
    pub product_code: Option<Guid>,
    /// Name of the product.
    pub name: String,
    /// File name of the package.
    pub package: String,
    /// Language of the package.
    pub language: Option<u32>,
    /// Version: major, minor, build.
    pub version: Option<(u8, u8, u16)>,
    /// Folders the package is installed from.
    pub sources: Vec<String>,
}

const HEADER: u8 = 2;
const PRODUCT: u8 = 4;
const SOURCE_LIST: u8 = 9;
/// `IXOS` on disk.
const SIGNATURE: u32 = 0x534F_5849;

const KIND_ANSI: u32 = 0;
const KIND_NUMBER: u32 = 1;
const KIND_BINARY: u32 = 2;
const KIND_TEXT: u32 = 3;
const EXTENDED: u16 = 0xC000;
const SHORT_LENGTH: u16 = 0x3FFF;
const EXTENDED_LENGTH: u32 = 0x3FFF_FFFF;

impl AdvertiseScript {
    /// Reads a file.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseAdvertiseScriptError> {
        let mut reader = Reader { bytes, offset: 0, record: 1 };
        let mut records = Vec::new();
        while reader.offset < bytes.len() {
            reader.record = records.len() + 1;
            records.push(reader.record()?);
        }
        let script = AdvertiseScript { records };
        match script.records.first() {
            Some(first) if first.operation == HEADER && first.number(0) == Some(SIGNATURE) => Ok(script),
            _ => Err(ParseAdvertiseScriptError { record: 1, offset: 0, expected: "the signature `IXOS` of a script" }),
        }
    }

    /// Returns the bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for record in &self.records {
            bytes.extend([record.operation, record.arguments.len() as u8]);
            record.arguments.iter().for_each(|argument| argument.push_to(&mut bytes));
        }
        bytes
    }

    /// Returns the folders the package is installed from, to be changed.
    pub fn sources_mut(&mut self) -> impl Iterator<Item = &mut ScriptArgument> {
        let lists = self.records.iter_mut().filter(|record| record.operation == SOURCE_LIST);
        lists.flat_map(|record| record.arguments.iter_mut().skip(SOURCES_FROM))
    }

    /// Returns what the script says of the product.
    pub fn product(&self) -> AdvertisedProduct {
        let mut product = AdvertisedProduct::default();
        if let Some(record) = self.records.iter().find(|record| record.operation == PRODUCT) {
            product.product_code = record.text(0).and_then(|code| code.parse().ok());
            product.name = record.text(1).unwrap_or_default();
            product.package = record.text(2).unwrap_or_default();
            product.language = record.number(3);
            let [major, minor, build_high, build_low] = record.number(4).unwrap_or_default().to_be_bytes();
            let version = (major, minor, u16::from_be_bytes([build_high, build_low]));
            product.version = record.number(4).map(|_| version);
        }
        let lists = self.records.iter().filter(|record| record.operation == SOURCE_LIST);
        product.sources = lists
            .flat_map(|record| record.arguments.iter().skip(SOURCES_FROM).filter_map(ScriptArgument::to_text))
            .filter(|source| !source.is_empty())
            .collect();
        product
    }
}

/// The arguments of a source list before the folders: names of media, counts.
const SOURCES_FROM: usize = 2;

impl ScriptRecord {
    fn number(&self, index: usize) -> Option<u32> {
        match self.arguments.get(index) {
            Some(ScriptArgument::Number(number)) => Some(*number),
            _ => None,
        }
    }

    fn text(&self, index: usize) -> Option<String> {
        self.arguments.get(index)?.to_text()
    }
}

impl ScriptArgument {
    /// Returns the text of an argument that is one; bytes of a code page are taken as Latin-1.
    pub fn to_text(&self) -> Option<String> {
        match self {
            ScriptArgument::Ansi(bytes, _) => Some(bytes.iter().map(|&byte| char::from(byte)).collect()),
            ScriptArgument::Text(units, _) => Some(String::from_utf16_lossy(units)),
            _ => None,
        }
    }

    /// Returns an argument with another text in the form of an old one; what its code page may not have is written as UTF-16.
    pub fn of_text(text: &str, old: &ScriptArgument) -> Self {
        let latin = || text.chars().map(|letter| u8::try_from(u32::from(letter)).ok()).collect::<Option<Vec<u8>>>();
        let (bytes, form) = match old {
            ScriptArgument::Ansi(_, form) => (latin(), *form),
            ScriptArgument::Text(_, form) | ScriptArgument::Binary(_, form) => (None, *form),
            ScriptArgument::Null | ScriptArgument::Number(_) => (None, LengthForm::Short),
        };
        match bytes {
            Some(bytes) => ScriptArgument::Ansi(bytes, form),
            None => ScriptArgument::Text(text.encode_utf16().collect(), form),
        }
    }

    fn push_to(&self, bytes: &mut Vec<u8>) {
        match self {
            ScriptArgument::Null => bytes.extend(0x8000u16.to_le_bytes()),
            ScriptArgument::Number(number) => {
                bytes.extend(0x4000u16.to_le_bytes());
                bytes.extend(number.to_le_bytes());
            }
            ScriptArgument::Ansi(data, form) => {
                push_length(bytes, KIND_ANSI, data.len(), *form);
                bytes.extend(data);
            }
            ScriptArgument::Text(units, form) => {
                push_length(bytes, KIND_TEXT, units.len(), *form);
                bytes.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
            }
            ScriptArgument::Binary(data, form) => {
                push_length(bytes, KIND_BINARY, data.len(), *form);
                bytes.extend(data);
            }
        }
    }
}

/// Writes a length in its form; one that the short form cannot tell apart from something else is extended.
fn push_length(bytes: &mut Vec<u8>, kind: u32, length: usize, form: LengthForm) {
    let fits = length <= usize::from(SHORT_LENGTH) && (length > 0 || kind == KIND_ANSI);
    match form {
        LengthForm::Short if fits => bytes.extend((((kind as u16) << 14) | length as u16).to_le_bytes()),
        LengthForm::Short | LengthForm::Extended => {
            bytes.extend(EXTENDED.to_le_bytes());
            bytes.extend(((kind << 30) | length as u32).to_le_bytes());
        }
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    offset: usize,
    record: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize, expected: &'static str) -> Result<&'a [u8], ParseAdvertiseScriptError> {
        let taken = self.offset.checked_add(length).and_then(|end| self.bytes.get(self.offset..end));
        let taken = taken.ok_or_else(|| self.error(expected))?;
        self.offset += length;
        Ok(taken)
    }

    fn error(&self, expected: &'static str) -> ParseAdvertiseScriptError {
        ParseAdvertiseScriptError { record: self.record, offset: self.offset, expected }
    }

    fn word(&mut self) -> Result<u16, ParseAdvertiseScriptError> {
        let taken = self.take(2, "16 bits that tell the kind of an argument")?;
        Ok(taken.first_chunk().map_or(0, |two| u16::from_le_bytes(*two)))
    }

    fn dword(&mut self) -> Result<u32, ParseAdvertiseScriptError> {
        let taken = self.take(4, "a number of 32 bits")?;
        Ok(taken.first_chunk().map_or(0, |four| u32::from_le_bytes(*four)))
    }

    fn record(&mut self) -> Result<ScriptRecord, ParseAdvertiseScriptError> {
        let head = self.take(2, "an operation and a count of arguments")?;
        let (operation, count) = (head[0], head[1]);
        let arguments = (0..count).map(|_| self.argument()).collect::<Result<_, _>>()?;
        Ok(ScriptRecord { operation, arguments })
    }

    fn argument(&mut self) -> Result<ScriptArgument, ParseAdvertiseScriptError> {
        let start = self.offset;
        let word = self.word()?;
        let (kind, length, form) = match word {
            0x4000 => return Ok(ScriptArgument::Number(self.dword()?)),
            0x8000 => return Ok(ScriptArgument::Null),
            EXTENDED => {
                let length = self.dword()?;
                (length >> 30, length & EXTENDED_LENGTH, LengthForm::Extended)
            }
            word => (u32::from(word >> 14), u32::from(word & SHORT_LENGTH), LengthForm::Short),
        };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        match kind {
            KIND_ANSI => Ok(ScriptArgument::Ansi(self.take(length, "text as long as it says")?.to_vec(), form)),
            KIND_BINARY => Ok(ScriptArgument::Binary(self.take(length, "bytes as many as it says")?.to_vec(), form)),
            KIND_TEXT => {
                let bytes = self.take(length.saturating_mul(2), "text as long as it says")?;
                let units = bytes.as_chunks::<2>().0.iter().map(|two| u16::from_le_bytes(*two));
                Ok(ScriptArgument::Text(units.collect(), form))
            }
            KIND_NUMBER.. => {
                self.offset = start;
                Err(self.error("the kind of an argument"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> AdvertiseScript {
        let ansi = |text: &str| ScriptArgument::Ansi(text.as_bytes().to_vec(), LengthForm::Short);
        let text = |text: &str, form| ScriptArgument::Text(text.encode_utf16().collect(), form);
        let record = |operation, arguments| ScriptRecord { operation, arguments };
        AdvertiseScript {
            records: vec![
                record(HEADER, vec![ScriptArgument::Number(SIGNATURE), ScriptArgument::Number(500)]),
                record(
                    PRODUCT,
                    vec![
                        ansi("{48EABDDD-08B6-40B8-8E08-D23F5BE5E964}"),
                        text("Clock \u{e9}", LengthForm::Short),
                        ansi("clock.msi"),
                        ScriptArgument::Number(1033),
                        ScriptArgument::Number(0x0402_0007),
                        ScriptArgument::Null,
                        ScriptArgument::Binary(vec![1, 2, 3], LengthForm::Extended),
                        ScriptArgument::Ansi(Vec::new(), LengthForm::Short),
                    ],
                ),
                record(
                    SOURCE_LIST,
                    vec![ScriptArgument::Number(1), ScriptArgument::Null, text(r"\\s\x\", LengthForm::Extended)],
                ),
                record(3, vec![]),
            ],
        }
    }

    #[test]
    fn scripts_come_back_and_tell_their_product() {
        let script = sample();
        let bytes = script.to_bytes();
        assert_eq!(AdvertiseScript::parse(&bytes).as_ref(), Ok(&script));
        let product = script.product();
        assert_eq!(product.product_code, "{48EABDDD-08B6-40B8-8E08-D23F5BE5E964}".parse().ok());
        assert_eq!((product.name.as_str(), product.package.as_str()), ("Clock \u{e9}", "clock.msi"));
        assert_eq!((product.language, product.version), (Some(1033), Some((4, 2, 7))));
        assert_eq!(product.sources, [r"\\s\x\"]);
    }

    #[test]
    fn damage_is_told_with_its_place() {
        let check = |bytes: &[u8], record, offset| {
            let error = AdvertiseScript::parse(bytes).unwrap_err();
            assert_eq!((error.record, error.offset), (record, offset), "{error}");
        };
        check(b"", 1, 0);
        check(&[2], 1, 0);
        check(&[2, 1, 0, 0x40, 1, 2, 3, 4], 1, 0);
        let good = sample().to_bytes();
        let second = 2 + 6 + 6;
        check(&[&good[..second], &[9, 1, 5, 0x40]].concat(), 2, second + 2);
        check(&[&good[..second], &[9, 1, 9, 0, b'a']].concat(), 2, second + 4);
        check(&[&good[..second], &[9, 1, 0, 0xC0, 0xFF, 0xFF, 0xFF, 0xFF]].concat(), 2, second + 8);
    }
}
