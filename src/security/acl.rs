//! Access control lists ([MS-DTYP] 2.4.5).

use super::ace::{read_entry, write_entry};
use super::{Ace, AceFlags, DescriptorError};

/// An access control list. An empty one grants nothing to anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acl {
    /// Revision: 2, or 4 where there are object ACEs. Written higher where the entries demand it.
    pub revision: u8,
    /// The entries in their order.
    pub entries: Vec<AclEntry>,
    /// Bytes behind the last entry that the list's size covers; Windows leaves some at times.
    pub slack: Vec<u8>,
}

/// An entry of an access control list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AclEntry {
    /// One that is understood.
    Ace(Ace),
    /// One that is not; kept as it stands.
    Unknown(UnknownAce),
}

/// An entry of a kind we do not know, or damaged within its bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownAce {
    /// All its bytes, header included; at least 4.
    pub(super) bytes: Vec<u8>,
}

impl UnknownAce {
    /// Returns the type byte.
    pub fn type_byte(&self) -> u8 {
        self.bytes.first().copied().unwrap_or_default()
    }

    /// Returns all bytes, header included.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl AclEntry {
    /// Tells whether the entry came from above; of one that is not understood, its header tells.
    pub fn is_inherited(&self) -> bool {
        match self {
            AclEntry::Ace(ace) => ace.is_inherited(),
            AclEntry::Unknown(unknown) => {
                unknown.bytes().get(1).is_some_and(|flags| AceFlags(*flags).contains(AceFlags::INHERITED))
            }
        }
    }

    /// Returns where its kind stands in a canonical list ([MS-DTYP] 2.4.5.1): 0 for explicit denials, 1 for other explicit
    /// entries, 2 for what came from above.
    pub fn place_in_list(&self) -> u8 {
        match self {
            entry if entry.is_inherited() => 2,
            AclEntry::Ace(ace) if ace.denies() => 0,
            AclEntry::Ace(_) | AclEntry::Unknown(_) => 1,
        }
    }
}

const REVISION: u8 = 2;
const REVISION_DS: u8 = 4;
const HEADER_SIZE: usize = 8;

impl Default for Acl {
    fn default() -> Self {
        Acl { revision: REVISION, entries: Vec::new(), slack: Vec::new() }
    }
}

impl From<AclEntry> for Acl {
    fn from(entry: AclEntry) -> Self {
        Acl { entries: vec![entry], ..Acl::default() }
    }
}

impl FromIterator<Ace> for Acl {
    fn from_iter<T: IntoIterator<Item = Ace>>(aces: T) -> Self {
        Acl { entries: aces.into_iter().map(AclEntry::Ace).collect(), ..Acl::default() }
    }
}

impl Acl {
    /// Returns the entries that are understood, in order.
    pub fn aces(&self) -> impl Iterator<Item = &Ace> {
        self.entries.iter().filter_map(|entry| match entry {
            AclEntry::Ace(ace) => Some(ace),
            AclEntry::Unknown(_) => None,
        })
    }

    /// Tells whether an entry is not understood.
    pub fn has_unknown(&self) -> bool {
        self.entries.iter().any(|entry| matches!(entry, AclEntry::Unknown(_)))
    }

    /// Reads a list from the start of `bytes`; `offset` is where that lies in the whole, for errors.
    pub(super) fn read(bytes: &[u8], offset: usize) -> Result<Acl, DescriptorError> {
        let header: &[u8; HEADER_SIZE] =
            bytes.first_chunk().ok_or(DescriptorError::Truncated { offset, expected: "an access control list" })?;
        let size = usize::from(u16::from_le_bytes([header[2], header[3]]));
        let count = u16::from_le_bytes([header[4], header[5]]);
        let list = bytes
            .get(..size)
            .filter(|list| list.len() >= HEADER_SIZE)
            .ok_or(DescriptorError::Truncated { offset: offset + 2, expected: "a list of the size given" })?;
        let mut entries = Vec::new();
        let mut position = HEADER_SIZE;
        for _ in 0..count {
            let truncated =
                || DescriptorError::Truncated { offset: offset + position, expected: "an access control entry" };
            let rest = &list[position..];
            let entry_header: &[u8; 4] = rest.first_chunk().ok_or_else(truncated)?;
            let entry_size = usize::from(u16::from_le_bytes([entry_header[2], entry_header[3]]));
            let entry = rest.get(..entry_size).filter(|entry| entry.len() >= 4).ok_or_else(truncated)?;
            entries.push(read_entry(entry));
            position += entry_size;
        }
        Ok(Acl { revision: header[0], entries, slack: list[position..].to_vec() })
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) -> Result<(), DescriptorError> {
        let start = out.len();
        let needs_ds = self.aces().any(|ace| ace.object.is_some());
        let revision = if needs_ds { self.revision.max(REVISION_DS) } else { self.revision };
        let count = u16::try_from(self.entries.len()).map_err(|_| DescriptorError::TooLarge)?;
        out.extend([revision, 0, 0, 0]);
        out.extend(count.to_le_bytes());
        out.extend([0, 0]);
        for entry in &self.entries {
            write_entry(entry, out)?;
        }
        out.extend(&self.slack);
        let size = u16::try_from(out.len() - start).map_err(|_| DescriptorError::TooLarge)?;
        out[start + 2..start + 4].copy_from_slice(&size.to_le_bytes());
        Ok(())
    }
}
