//! Just enough of ASN.1's tag-length-value encoding (X.690) for the few messages this project writes and reads itself:
//! Kerberos requests, GSSAPI tokens and the LDAP bind. Written as DER, read as BER: a server may write long lengths.

/// The bytes end too early or hold something else than expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected} in an ASN.1 message")]
pub(crate) struct BerError {
    /// What should have stood there.
    pub expected: &'static str,
}

/// Tag of an INTEGER.
pub(crate) const INTEGER: u8 = 0x02;
/// Tag of a BIT STRING.
pub(crate) const BIT_STRING: u8 = 0x03;
/// Tag of an OCTET STRING.
pub(crate) const OCTET_STRING: u8 = 0x04;
/// Tag of an ENUMERATED.
pub(crate) const ENUMERATED: u8 = 0x0A;
/// Tag of a SEQUENCE.
pub(crate) const SEQUENCE: u8 = 0x30;
/// Tag of a SET.
pub(crate) const SET: u8 = 0x31;
/// Tag of a GeneralizedTime.
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
/// Tag of a GeneralString, the text of Kerberos.
pub(crate) const GENERAL_STRING: u8 = 0x1B;

/// Returns one element of these parts put together.
pub(crate) fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut bytes = vec![tag];
    if length < 0x80 {
        bytes.push(length as u8);
    } else {
        let length_bytes = length.to_be_bytes();
        let first = length_bytes.iter().position(|&byte| byte != 0).unwrap_or(length_bytes.len() - 1);
        bytes.push(0x80 | (length_bytes.len() - first) as u8);
        bytes.extend_from_slice(&length_bytes[first..]);
    }
    parts.iter().for_each(|part| bytes.extend_from_slice(part));
    bytes
}

/// Returns an element with a context-specific constructed tag, `[number]`.
pub(crate) fn context(number: u8, content: &[u8]) -> Vec<u8> {
    element(0xA0 | number, &[content])
}

/// Returns an INTEGER or ENUMERATED of a value that is not negative.
pub(crate) fn unsigned(tag: u8, value: u32) -> Vec<u8> {
    let bytes = u64::from(value).to_be_bytes();
    let first = bytes.iter().position(|&byte| byte != 0).unwrap_or(bytes.len() - 1);
    let first = if bytes[first] & 0x80 != 0 { first - 1 } else { first };
    element(tag, &[&bytes[first..]])
}

/// Reads elements one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Starts at the first byte.
    pub fn new(bytes: &'a [u8]) -> Self {
        Reader { rest: bytes }
    }

    /// Tells whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Returns what is left.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Returns tag and content of the next element.
    pub fn element(&mut self) -> Result<(u8, &'a [u8]), BerError> {
        let error = BerError { expected: "a whole element" };
        let (&tag, rest) = self.rest.split_first().ok_or(error)?;
        let (&first, mut rest) = rest.split_first().ok_or(error)?;
        let mut length = usize::from(first);
        if first & 0x80 != 0 {
            let count = usize::from(first & 0x7F);
            if count == 0 || count > 8 || rest.len() < count {
                return Err(error);
            }
            let (length_bytes, after) = rest.split_at(count);
            let value = length_bytes.iter().fold(0_u64, |value, &byte| value << 8 | u64::from(byte));
            length = usize::try_from(value).map_err(|_| error)?;
            rest = after;
        }
        let content = rest.get(..length).ok_or(error)?;
        self.rest = &rest[length..];
        Ok((tag, content))
    }

    /// Returns the content of the next element, which must have this tag.
    pub fn expect(&mut self, tag: u8, expected: &'static str) -> Result<&'a [u8], BerError> {
        match self.element()? {
            (found, content) if found == tag => Ok(content),
            _ => Err(BerError { expected }),
        }
    }

    /// Returns a reader of what is inside the next element, which must have this tag.
    pub fn enter(&mut self, tag: u8, expected: &'static str) -> Result<Reader<'a>, BerError> {
        self.expect(tag, expected).map(Reader::new)
    }

    /// Returns the content of the next element if it has this tag, and otherwise leaves it.
    pub fn optional(&mut self, tag: u8) -> Result<Option<&'a [u8]>, BerError> {
        if self.rest.first() == Some(&tag) { self.element().map(|(_, content)| Some(content)) } else { Ok(None) }
    }
}

/// Returns the value of an INTEGER's or ENUMERATED's content.
pub(crate) fn integer(content: &[u8]) -> Result<i64, BerError> {
    if content.is_empty() || content.len() > 8 {
        return Err(BerError { expected: "a number of at most 64 bits" });
    }
    let sign = if content[0] & 0x80 != 0 { -1 } else { 0 };
    Ok(content.iter().fold(sign, |value, &byte| value << 8 | i64::from(byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_written_short_and_read_long() {
        for length in [0, 1, 127, 128, 255, 256, 70_000] {
            let content = vec![7; length];
            let bytes = element(OCTET_STRING, &[&content]);
            let mut reader = Reader::new(&bytes);
            assert_eq!(reader.expect(OCTET_STRING, "text"), Ok(&content[..]));
            assert!(reader.is_empty());
        }
        let mut long = Reader::new(&[0x30, 0x84, 0, 0, 0, 2, 5, 0]);
        assert_eq!(long.element(), Ok((0x30, &[5, 0][..])));
    }

    #[test]
    fn numbers_round_trip() {
        for value in [0, 1, 127, 128, 255, 256, 65_535, u32::MAX] {
            let bytes = unsigned(INTEGER, value);
            let content = Reader::new(&bytes).expect(INTEGER, "number").unwrap();
            assert_eq!(integer(content), Ok(i64::from(value)));
        }
        assert_eq!(integer(&[0xFF]), Ok(-1));
        assert!(integer(&[]).is_err());
    }

    #[test]
    fn refuses_what_is_cut_off() {
        for bytes in [&[][..], &[4], &[4, 1], &[4, 0x80], &[4, 0x82, 1], &[4, 0x84, 0xFF, 0xFF, 0xFF, 0xFF, 0]] {
            assert!(Reader::new(bytes).element().is_err(), "{bytes:?}");
        }
    }
}
