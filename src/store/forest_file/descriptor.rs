//! Security descriptors as bytes: taking out and putting in the parts a control names ([MS-DTYP] 2.4.6).
//!
//! The access control lists themselves are not interpreted here, so that damaged ones survive.

use crate::ident::Sid;
use crate::store::SdParts;

/// The bytes are no self-relative security descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoDescriptor;

const HEADER: usize = 20;
const OWNER_DEFAULTED: u16 = 0x0001;
const GROUP_DEFAULTED: u16 = 0x0002;
/// DACL: present, defaulted, auto-inherit required, auto-inherited, protected.
const DACL_CONTROL: u16 = 0x0004 | 0x0008 | 0x0100 | 0x0400 | 0x1000;
/// SACL: present, defaulted, auto-inherit required, auto-inherited, protected.
const SACL_CONTROL: u16 = 0x0010 | 0x0020 | 0x0200 | 0x0800 | 0x2000;
const SELF_RELATIVE: u16 = 0x8000;

/// Returns the descriptor with these parts alone.
pub(super) fn select(descriptor: &[u8], parts: SdParts) -> Result<Vec<u8>, NoDescriptor> {
    Ok(Pieces::default().take(parts, Pieces::read(descriptor)?).write())
}

/// Returns `present` with these parts replaced by those of `new`.
pub(super) fn replace(present: Option<&[u8]>, parts: SdParts, new: &[u8]) -> Result<Vec<u8>, NoDescriptor> {
    let present = present.map_or(Ok(Pieces::default()), Pieces::read)?;
    Ok(present.take(parts, Pieces::read(new)?).write())
}

/// Returns the descriptor that says nothing.
pub(super) fn empty() -> Vec<u8> {
    Pieces::default().write()
}

#[derive(Clone, Copy, Default)]
struct Pieces<'a> {
    control: u16,
    owner: Option<&'a [u8]>,
    group: Option<&'a [u8]>,
    sacl: Option<&'a [u8]>,
    dacl: Option<&'a [u8]>,
}

impl<'a> Pieces<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, NoDescriptor> {
        let header: &[u8; HEADER] = bytes.first_chunk().ok_or(NoDescriptor)?;
        let control = u16::from_le_bytes([header[2], header[3]]);
        if header[0] != 1 || control & SELF_RELATIVE == 0 {
            return Err(NoDescriptor);
        }
        let at = |index: usize| -> Result<Option<&'a [u8]>, NoDescriptor> {
            let field = header[index..index + 4].try_into().map_err(|_| NoDescriptor)?;
            match u32::from_le_bytes(field) as usize {
                0 => Ok(None),
                offset => bytes.get(offset..).map(Some).ok_or(NoDescriptor),
            }
        };
        let sid = |index| -> Result<Option<&'a [u8]>, NoDescriptor> {
            let Some(rest) = at(index)? else { return Ok(None) };
            let (_, size) = Sid::read(rest).map_err(|_| NoDescriptor)?;
            Ok(Some(&rest[..size]))
        };
        let acl = |index| -> Result<Option<&'a [u8]>, NoDescriptor> {
            let Some(rest) = at(index)? else { return Ok(None) };
            let &[_, _, low, high] = rest.first_chunk().ok_or(NoDescriptor)?;
            let size = usize::from(u16::from_le_bytes([low, high]));
            if size < 8 { Err(NoDescriptor) } else { rest.get(..size).map(Some).ok_or(NoDescriptor) }
        };
        Ok(Pieces { control, owner: sid(4)?, group: sid(8)?, sacl: acl(12)?, dacl: acl(16)? })
    }

    fn take(mut self, parts: SdParts, from: Pieces<'a>) -> Self {
        let mut take_control = |bits: u16| self.control = self.control & !bits | from.control & bits;
        let has = |part: SdParts| parts.0 & part.0 != 0;
        if has(SdParts::OWNER) {
            take_control(OWNER_DEFAULTED);
            self.owner = from.owner;
        }
        if has(SdParts::GROUP) {
            take_control(GROUP_DEFAULTED);
            self.group = from.group;
        }
        if has(SdParts::DACL) {
            take_control(DACL_CONTROL);
            self.dacl = from.dacl;
        }
        if has(SdParts::SACL) {
            take_control(SACL_CONTROL);
            self.sacl = from.sacl;
        }
        self
    }

    /// Owner and group first, then SACL and DACL, as a domain controller lays them out.
    fn write(self) -> Vec<u8> {
        let mut bytes = vec![0; HEADER];
        bytes[0] = 1;
        bytes[2..4].copy_from_slice(&(self.control | SELF_RELATIVE).to_le_bytes());
        for (index, piece) in [(4, self.owner), (8, self.group), (12, self.sacl), (16, self.dacl)] {
            if let Some(piece) = piece {
                let offset = bytes.len() as u32;
                bytes[index..index + 4].copy_from_slice(&offset.to_le_bytes());
                bytes.extend_from_slice(piece);
            }
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(owner: &str, aces: u8, control: u16) -> Vec<u8> {
        let owner = owner.parse::<Sid>().unwrap().to_bytes();
        let dacl = [2, 0, 12, 0, 0, 0, 0, 0, aces, aces, aces, aces];
        let pieces = Pieces { control, owner: Some(&owner), group: None, sacl: None, dacl: Some(&dacl) };
        pieces.write()
    }

    #[test]
    fn parts_are_taken_out_and_put_in() {
        let first = sample("S-1-5-18", 1, 0x1004);
        let second = sample("S-1-5-32-544", 2, 0x0004);
        assert_eq!(select(&first, SdParts::READABLE).unwrap(), first);
        let only_owner = select(&first, SdParts::OWNER).unwrap();
        assert_eq!(Pieces::read(&only_owner).unwrap().dacl, None);
        assert_eq!(Pieces::read(&only_owner).unwrap().control, SELF_RELATIVE);
        let merged = replace(Some(&first), SdParts::DACL, &second).unwrap();
        let merged = Pieces::read(&merged).unwrap();
        assert_eq!(merged.owner, Pieces::read(&first).unwrap().owner);
        assert_eq!(merged.dacl, Pieces::read(&second).unwrap().dacl);
        assert_eq!(merged.control, SELF_RELATIVE | 0x0004);
        assert_eq!(replace(None, SdParts::READABLE, &first).unwrap(), first);
    }

    #[test]
    fn damage_is_refused() {
        let whole = sample("S-1-5-18", 1, 4);
        for cut in 0..whole.len() {
            assert!(select(&whole[..cut], SdParts::READABLE).is_err(), "{cut}");
        }
        assert!(select(&[0; 20], SdParts::READABLE).is_err());
    }
}
