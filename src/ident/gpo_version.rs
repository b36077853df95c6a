//! The version number of a GPO: two 16-bit halves in one 32-bit number (`gpo-storage.md` A11).

use serde::{Deserialize, Serialize};

/// Version of a GPO: user half in the high word, computer half in the low word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct GpoVersion {
    /// Version of the user half.
    pub user: u16,
    /// Version of the computer half.
    pub computer: u16,
}

impl GpoVersion {
    /// Splits the 32-bit number, as `GPT.INI` writes it.
    pub const fn from_u32(value: u32) -> Self {
        GpoVersion { user: (value >> 16) as u16, computer: value as u16 }
    }

    /// Returns the 32-bit number, as `GPT.INI` writes it.
    pub const fn to_u32(self) -> u32 {
        (self.user as u32) << 16 | self.computer as u32
    }

    /// Reads the number from text: the directory's signed form and the file's unsigned form alike.
    pub fn parse(text: &str) -> Option<Self> {
        let number: i64 = text.trim().parse().ok()?;
        let bits = u32::try_from(number).or_else(|_| i32::try_from(number).map(|signed| signed as u32)).ok()?;
        Some(GpoVersion::from_u32(bits))
    }

    /// Returns the text of the directory attribute `versionNumber`, a signed 32-bit integer.
    pub fn to_directory_text(self) -> String {
        (self.to_u32() as i32).to_string()
    }

    /// Returns the version after one more change of the halves named; 65535 is followed by 1, never by 0 ([MS-GPOL] 2.2.4).
    pub fn next(self, user: bool, computer: bool) -> Self {
        let following = |half: u16, changed: bool| if changed { half.checked_add(1).unwrap_or(1) } else { half };
        GpoVersion { user: following(self.user, user), computer: following(self.computer, computer) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_signed_and_unsigned() {
        let expected = Some(GpoVersion { user: 0x8001, computer: 1 });
        assert_eq!(GpoVersion::parse("-2147418111"), expected);
        assert_eq!(GpoVersion::parse("2147549185"), expected);
        assert_eq!(GpoVersion::parse("4294967296"), None);
        assert_eq!(GpoVersion::parse("-2147483649"), None);
        assert_eq!(GpoVersion::parse("x"), None);
        assert_eq!(GpoVersion::from_u32(0x8001_0001).to_directory_text(), "-2147418111");
    }

    #[test]
    fn halves_wrap_to_one_and_never_carry() {
        let full = GpoVersion { user: 7, computer: u16::MAX };
        assert_eq!(full.next(false, true), GpoVersion { user: 7, computer: 1 });
        assert_eq!(full.next(true, false), GpoVersion { user: 8, computer: u16::MAX });
    }
}
