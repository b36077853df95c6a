//! The value `EFSBlob`: the recovery agents of the Encrypting File System ([MS-GPEF] 2.2.1.2).
//!
//! A head, a count, and for each agent a structure with offsets to its account and its certificate. The structures are kept as bytes,
//! so that what is read is written back the same.

use crate::ident::Sid;

/// The recovery agents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EfsBlob {
    /// Four bytes that are `01 00 01 00`.
    pub reserved: [u8; 4],
    /// The agents, in order.
    pub keys: Vec<EfsKey>,
    /// What stands behind the last agent; nothing, as a rule.
    pub rest: Vec<u8>,
}

/// One recovery agent, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EfsKey {
    /// The structure behind its first length field.
    bytes: Vec<u8>,
}

/// The bytes are no `EFSBlob`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseEfsBlobError {
    /// The value ends before the count.
    #[error("the value ends within its first 8 bytes")]
    Head,
    /// An agent's length does not fit.
    #[error("recovery agent {number} at byte {offset} has a length that does not fit the {left_bytes} bytes left")]
    Key {
        /// Which agent, counted from 1.
        number: usize,
        /// Where it starts.
        offset: usize,
        /// Bytes left there.
        left_bytes: usize,
    },
}

/// The length field itself counts.
const LENGTH_BYTES: usize = 4;

impl EfsBlob {
    /// Reads the value.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseEfsBlobError> {
        let (head, _) = bytes.split_first_chunk::<8>().ok_or(ParseEfsBlobError::Head)?;
        let reserved = [head[0], head[1], head[2], head[3]];
        let count = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
        let mut offset = head.len();
        let mut keys = Vec::new();
        for number in 1..=count as usize {
            let rest = bytes.get(offset..).unwrap_or_default();
            let length = dword(rest, 0).and_then(|length| usize::try_from(length).ok());
            let key = length.and_then(|length| rest.get(LENGTH_BYTES..length));
            let key = key.ok_or(ParseEfsBlobError::Key { number, offset, left_bytes: rest.len() })?;
            keys.push(EfsKey { bytes: key.to_vec() });
            offset += LENGTH_BYTES + key.len();
        }
        Ok(EfsBlob { reserved, keys, rest: bytes.get(offset..).unwrap_or_default().to_vec() })
    }

    /// Returns the bytes of the value.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.reserved.to_vec();
        bytes.extend((self.keys.len() as u32).to_le_bytes());
        for key in &self.keys {
            bytes.extend(((LENGTH_BYTES + key.bytes.len()) as u32).to_le_bytes());
            bytes.extend(&key.bytes);
        }
        bytes.extend(&self.rest);
        bytes
    }
}

impl EfsKey {
    /// Returns the account that made the key, if it is told.
    pub fn sid(&self) -> Option<Sid> {
        let offset = usize::try_from(dword(&self.bytes, 4)?).ok().filter(|&offset| offset > 0)?;
        Sid::read(self.bytes.get(offset..)?).ok().map(|(sid, _)| sid)
    }

    /// Returns the agent's certificate in DER.
    pub fn certificate(&self) -> Option<&[u8]> {
        let length = usize::try_from(dword(&self.bytes, 12)?).ok()?;
        let offset = usize::try_from(dword(&self.bytes, 16)?).ok()?;
        self.bytes.get(offset..offset.checked_add(length)?)
    }
}

fn dword(bytes: &[u8], offset: usize) -> Option<u32> {
    bytes.get(offset..)?.first_chunk().map(|four| u32::from_le_bytes(*four))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let sid = Sid::administrators().to_bytes();
        let certificate_offset = 28 + sid.len() as u32;
        let length = certificate_offset + 3;
        let mut bytes = vec![1, 0, 1, 0];
        for number in [1, length + 4, length, 28, 2, 3, certificate_offset, 0, 0] {
            bytes.extend(u32::to_le_bytes(number));
        }
        bytes.extend(sid);
        bytes.extend(b"DER");
        bytes
    }

    #[test]
    fn agents_come_back() {
        let mut bytes = sample();
        bytes.push(9);
        let blob = EfsBlob::parse(&bytes).unwrap();
        assert_eq!(blob.to_bytes(), bytes);
        assert_eq!(blob.keys[0].sid(), Some(Sid::administrators()));
        assert_eq!(blob.keys[0].certificate(), Some(&b"DER"[..]));
        assert_eq!(blob.rest, [9]);
    }

    #[test]
    fn damage_is_told_with_its_place() {
        assert_eq!(EfsBlob::parse(&[1, 0, 1, 0, 1]), Err(ParseEfsBlobError::Head));
        let mut bytes = sample();
        bytes.pop();
        let left_bytes = bytes.len() - 8;
        assert_eq!(EfsBlob::parse(&bytes), Err(ParseEfsBlobError::Key { number: 1, offset: 8, left_bytes }));
        let endless = [1, 0, 1, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0];
        assert_eq!(EfsBlob::parse(&endless), Err(ParseEfsBlobError::Key { number: 1, offset: 8, left_bytes: 4 }));
        let outside = [1, 0, 1, 0, 1, 0, 0, 0, 8, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF];
        let key = &EfsBlob::parse(&outside).unwrap().keys[0];
        assert_eq!((key.sid(), key.certificate()), (None, None));
    }
}
