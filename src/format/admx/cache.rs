//! A parsed store as bytes, to be kept on disk: read back it is there in a few milliseconds.
//!
//! The file is for this version of this program only. Whatever does not fit (another version, other template files, a damaged byte) is no error:
//! the store is built anew.

use super::AdmxStore;

/// What a cache file starts with. The number changes with the tables.
const MAGIC: &[u8; 16] = b"OpenGPMC admx 1\n";

impl AdmxStore {
    /// Returns the store as the bytes of a cache file. `fingerprint` says what the store was made of.
    pub fn to_cache(&self, fingerprint: &str) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend([0; 4]);
        bytes.extend((fingerprint.len() as u64).to_le_bytes());
        bytes.extend(fingerprint.as_bytes());
        // Writing to memory does not fail; were it to, the checksum would refuse what is there.
        let mut bytes = postcard::to_extend(self, bytes).unwrap_or_default();
        let checksum = bytes.get(MAGIC.len() + 4..).map(crc32fast::hash).unwrap_or_default();
        if let Some(place) = bytes.get_mut(MAGIC.len()..MAGIC.len() + 4) {
            place.copy_from_slice(&checksum.to_le_bytes());
        }
        bytes
    }

    /// Reads the bytes of a cache file; none where they are damaged, of another version, or of a store made of something else.
    pub fn from_cache(bytes: &[u8], fingerprint: &str) -> Option<Self> {
        let (checksum, content) = bytes.strip_prefix(MAGIC)?.split_first_chunk::<4>()?;
        let (length, rest) = content.split_first_chunk::<8>()?;
        let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        if rest.get(..length)? != fingerprint.as_bytes() || crc32fast::hash(content) != u32::from_le_bytes(*checksum) {
            return None;
        }
        postcard::from_bytes(&rest[length..]).ok()
    }
}
