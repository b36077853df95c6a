//! `GPT.INI`, the file that carries a GPO's SYSVOL version ([MS-GPOL] 2.2.4, `gpo-storage.md` B2).
//!
//! Read in any letter case, with blanks, with LF, with a byte order mark, in 8-bit text or UTF-16; written back as it was,
//! but for the digits of the version.

use crate::ident::GpoVersion;

use super::IniFile;

/// A `GPT.INI` as it was read. Whatever the bytes are, they are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GptIni {
    file: IniFile,
}

/// The name that GPMC writes into every file, whatever the GPO is called.
const DISPLAY_NAME: &str = "New Group Policy Object";
const SECTION: &str = "General";
const VERSION: &str = "Version";

impl GptIni {
    /// Returns the file that GPMC makes for a new GPO.
    pub fn new(version: GpoVersion) -> Self {
        let text = format!("[General]\r\nVersion={}\r\ndisplayName={DISPLAY_NAME}\r\n", version.to_u32());
        GptIni::parse(text.as_bytes())
    }

    /// Reads a file. Any bytes are a file; it is the values that may be missing.
    pub fn parse(bytes: &[u8]) -> Self {
        GptIni { file: IniFile::parse(bytes) }
    }

    /// Returns the bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.file.to_bytes()
    }

    /// Returns the version; none where the section `[General]` or its `Version` is missing or no number of 32 bits.
    pub fn version(&self) -> Option<GpoVersion> {
        GpoVersion::parse(&self.value(VERSION)?)
    }

    /// Returns `displayName`; GPMC writes the same words for every GPO.
    pub fn display_name(&self) -> Option<String> {
        self.value("displayName")
    }

    /// Returns the value of a key of the section `[General]`, without blanks around it.
    pub fn value(&self, key: &str) -> Option<String> {
        self.file.value(SECTION, key)
    }

    /// Replaces the version and nothing else; the key, and the section, are added where they are missing.
    pub fn set_version(&mut self, version: GpoVersion) {
        self.file.set_value(SECTION, VERSION, &version.to_u32().to_string());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NEWER: GpoVersion = GpoVersion { user: 8, computer: 28 };

    fn utf16(text: &str) -> Vec<u8> {
        [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn reads_what_is_in_the_wild() {
        let wide = utf16("[General]\r\nVersion=524316\r\n");
        for bytes in [
            b"[General]\r\nVersion=524316\r\ndisplayName=New Group Policy Object\r\n".as_slice(),
            b"[General]\nVersion = 524316\n",
            b"\xEF\xBB\xBF[general]\r\nVERSION=524316",
            b"; comment\r\n\r\n[Other]\r\nVersion=1\r\n[ General ]\r\ngPCFunctionalityVersion=2\r\nversion=524316\r\n",
            &wide,
        ] {
            assert_eq!(GptIni::parse(bytes).version(), Some(NEWER), "{}", String::from_utf8_lossy(bytes));
        }
        let negative = GptIni::parse(b"[General]\r\nVersion=-2147418111\r\n");
        assert_eq!(negative.version(), Some(GpoVersion { user: 0x8001, computer: 1 }));
        assert_eq!(GptIni::parse(b"[General]\r\ndisplayName=Z\xFCrich\r\n").display_name().as_deref(), Some("Zürich"));
    }

    #[test]
    fn a_version_can_be_given_to_any_bytes() {
        for bytes in [b"".as_slice(), b"\0", b"\0[", b"a\0b", b"\xFF\xFE", b"["] {
            let mut file = GptIni::parse(bytes);
            file.set_version(NEWER);
            assert_eq!(GptIni::parse(&file.to_bytes()).version(), Some(NEWER), "{bytes:?}");
        }
    }

    #[test]
    fn tells_where_there_is_no_version() {
        for bytes in [
            b"".as_slice(),
            b"Version=3",
            b"[General]\r\n",
            b"[General]\r\nVersion=x",
            b"[General]\r\nVersion=9999999999",
        ] {
            assert_eq!(GptIni::parse(bytes).version(), None);
        }
    }

    #[test]
    fn changes_the_digits_only() {
        let check = |before: &str, after: &str| {
            let mut file = GptIni::parse(before.as_bytes());
            file.set_version(NEWER);
            assert_eq!(file.to_bytes(), after.as_bytes());
            assert_eq!(file.version(), Some(NEWER));
        };
        check("[General]\nVersion = 7 \nx=y", "[General]\nVersion = 524316 \nx=y");
        check(
            "[General]\r\nVersion=\r\nkeep = this ; and this\r\n",
            "[General]\r\nVersion=524316\r\nkeep = this ; and this\r\n",
        );
        check("[General]\r\ndisplayName=x\r\n", "[General]\r\ndisplayName=x\r\nVersion=524316\r\n");
        check("[General]", "[General]\r\nVersion=524316\r\n");
        check("[Other]\nVersion=1", "[Other]\nVersion=1\n[General]\nVersion=524316\n");
        check("", "[General]\r\nVersion=524316\r\n");
        let mut wide = GptIni::parse(&utf16("[General]\r\nVersion=1\r\n"));
        wide.set_version(NEWER);
        assert_eq!(wide.to_bytes(), utf16("[General]\r\nVersion=524316\r\n"));
    }

    #[test]
    fn a_new_file_is_as_gpmc_makes_it() {
        assert_eq!(
            GptIni::new(GpoVersion::default()).to_bytes(),
            b"[General]\r\nVersion=0\r\ndisplayName=New Group Policy Object\r\n"
        );
    }

    proptest! {
        #[test]
        fn any_bytes_come_back(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            prop_assert_eq!(GptIni::parse(&bytes).to_bytes(), bytes);
        }

        #[test]
        fn a_version_that_was_set_is_read(text in "(\u{feff})?(\\[General\\]|\\[x\\]|Version|=|7|é|\r\n|\n| ){0,12}") {
            let mut file = GptIni::parse(text.as_bytes());
            file.set_version(NEWER);
            prop_assert_eq!(file.version(), Some(NEWER));
        }
    }
}
