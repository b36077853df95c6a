//! Access masks ([MS-DTYP] 2.4.3, [MS-ADTS] 5.1.3.2).

use std::fmt;
use std::ops::{BitAnd, BitOr, BitOrAssign, Not};

use serde::Serialize;

/// A set of rights.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct AccessMask(pub u32);

/// Rights on directory objects.
impl AccessMask {
    /// No right at all.
    pub const NONE: AccessMask = AccessMask(0);
    /// CC: create child objects.
    pub const CREATE_CHILD: AccessMask = AccessMask(0x1);
    /// DC: delete child objects.
    pub const DELETE_CHILD: AccessMask = AccessMask(0x2);
    /// LC: list child objects.
    pub const LIST_CHILDREN: AccessMask = AccessMask(0x4);
    /// SW: validated writes.
    pub const SELF_WRITE: AccessMask = AccessMask(0x8);
    /// RP: read properties.
    pub const READ_PROPERTY: AccessMask = AccessMask(0x10);
    /// WP: write properties.
    pub const WRITE_PROPERTY: AccessMask = AccessMask(0x20);
    /// DT: delete a whole tree.
    pub const DELETE_TREE: AccessMask = AccessMask(0x40);
    /// LO: see the object in a list.
    pub const LIST_OBJECT: AccessMask = AccessMask(0x80);
    /// CR: extended rights.
    pub const CONTROL_ACCESS: AccessMask = AccessMask(0x100);
    /// SD: delete the object.
    pub const DELETE: AccessMask = AccessMask(0x1_0000);
    /// RC: read the descriptor.
    pub const READ_CONTROL: AccessMask = AccessMask(0x2_0000);
    /// WD: change the DACL.
    pub const WRITE_DAC: AccessMask = AccessMask(0x4_0000);
    /// WO: take ownership.
    pub const WRITE_OWNER: AccessMask = AccessMask(0x8_0000);
    /// SYNCHRONIZE, of files only.
    pub const SYNCHRONIZE: AccessMask = AccessMask(0x10_0000);
    /// GA: every right the kind of object has.
    pub const GENERIC_ALL: AccessMask = AccessMask(0x1000_0000);
    /// GX.
    pub const GENERIC_EXECUTE: AccessMask = AccessMask(0x2000_0000);
    /// GW.
    pub const GENERIC_WRITE: AccessMask = AccessMask(0x4000_0000);
    /// GR.
    pub const GENERIC_READ: AccessMask = AccessMask(0x8000_0000);

    /// Every right on a directory object.
    pub const DIRECTORY_ALL: AccessMask = AccessMask(0xF_01FF);
    /// The rights that read a directory object.
    pub const DIRECTORY_READ: AccessMask = AccessMask(0x2_0094);
    /// FA: every right on a file.
    pub const FILE_ALL: AccessMask = AccessMask(0x1F_01FF);
    /// FR: read a file.
    pub const FILE_READ: AccessMask = AccessMask(0x12_0089);
    /// FW: write a file.
    pub const FILE_WRITE: AccessMask = AccessMask(0x12_0116);
    /// FX: execute a file, pass through a folder.
    pub const FILE_EXECUTE: AccessMask = AccessMask(0x12_00A0);
    /// Read and execute, what a reader of SYSVOL has.
    pub const FILE_READ_EXECUTE: AccessMask = AccessMask(0x12_00A9);
    /// Modify: everything but changing the list, the owner and removing the children of others.
    pub const FILE_MODIFY: AccessMask = AccessMask(0x13_01BF);
}

impl AccessMask {
    /// Tells whether all of these rights are in the mask.
    pub const fn contains(self, rights: AccessMask) -> bool {
        self.0 & rights.0 == rights.0
    }

    /// Tells whether any of these rights is in the mask.
    pub const fn intersects(self, rights: AccessMask) -> bool {
        self.0 & rights.0 != 0
    }

    /// Tells whether the mask holds nothing.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns the mask with generic rights replaced by what they mean on a directory object ([MS-ADTS] 5.1.3.2).
    pub fn mapped_for_directory(self) -> AccessMask {
        self.mapped(AccessMask::DIRECTORY_READ, AccessMask(0x2_0028), AccessMask(0x2_0004), AccessMask::DIRECTORY_ALL)
    }

    /// Returns the mask with generic rights replaced by what they mean on a file or folder.
    pub fn mapped_for_file(self) -> AccessMask {
        self.mapped(AccessMask::FILE_READ, AccessMask::FILE_WRITE, AccessMask::FILE_EXECUTE, AccessMask::FILE_ALL)
    }

    /// Returns the mask with generic rights replaced by what they mean on the kind of object for which these masks stand.
    pub fn mapped(self, read: AccessMask, write: AccessMask, execute: AccessMask, all: AccessMask) -> AccessMask {
        let generic = [
            (AccessMask::GENERIC_READ, read),
            (AccessMask::GENERIC_WRITE, write),
            (AccessMask::GENERIC_EXECUTE, execute),
            (AccessMask::GENERIC_ALL, all),
        ];
        let mut mapped = AccessMask(self.0 & 0x0FFF_FFFF);
        for (generic_right, meaning) in generic {
            if self.contains(generic_right) {
                mapped |= meaning;
            }
        }
        mapped
    }
}

impl BitOr for AccessMask {
    type Output = AccessMask;

    fn bitor(self, other: AccessMask) -> AccessMask {
        AccessMask(self.0 | other.0)
    }
}

impl BitOrAssign for AccessMask {
    fn bitor_assign(&mut self, other: AccessMask) {
        self.0 |= other.0;
    }
}

impl BitAnd for AccessMask {
    type Output = AccessMask;

    fn bitand(self, other: AccessMask) -> AccessMask {
        AccessMask(self.0 & other.0)
    }
}

impl Not for AccessMask {
    type Output = AccessMask;

    fn not(self) -> AccessMask {
        AccessMask(!self.0)
    }
}

impl fmt::Display for AccessMask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:x}", self.0)
    }
}

impl fmt::Debug for AccessMask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generic_rights_become_specific_ones() {
        assert_eq!(AccessMask::GENERIC_ALL.mapped_for_directory(), AccessMask(0xF01FF));
        assert_eq!(AccessMask::GENERIC_READ.mapped_for_directory(), AccessMask(0x20094));
        assert_eq!((AccessMask::GENERIC_ALL | AccessMask(1)).mapped_for_file(), AccessMask(0x1F01FF));
        assert_eq!(
            (AccessMask::GENERIC_READ | AccessMask::GENERIC_EXECUTE).mapped_for_file(),
            AccessMask::FILE_READ_EXECUTE
        );
        assert_eq!(AccessMask(0x20014).mapped_for_directory(), AccessMask(0x20014));
    }
}
