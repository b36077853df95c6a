//! A Group Policy Object (IGPMGPO).

use serde::{Deserialize, Serialize};

use crate::ident::{Dn, DnsName, ExtensionList, GpoVersion, Guid, Sid, Timestamp, WmiFilterRef};
use crate::store::SysvolPath;

/// Which halves of a GPO are applied (the directory's `flags`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GpoStatus {
    /// Both halves.
    Enabled,
    /// The computer half only.
    UserSettingsDisabled,
    /// The user half only.
    ComputerSettingsDisabled,
    /// Neither half.
    AllSettingsDisabled,
}

impl GpoStatus {
    /// All of them, in the order in which they are offered.
    pub const ALL: [GpoStatus; 4] = [
        GpoStatus::Enabled,
        GpoStatus::UserSettingsDisabled,
        GpoStatus::ComputerSettingsDisabled,
        GpoStatus::AllSettingsDisabled,
    ];

    /// Reads the attribute `flags`: bit 0 user half off, bit 1 computer half off, other bits mean nothing.
    pub fn from_flags(flags: i32) -> Self {
        match flags & 3 {
            0 => GpoStatus::Enabled,
            1 => GpoStatus::UserSettingsDisabled,
            2 => GpoStatus::ComputerSettingsDisabled,
            _ => GpoStatus::AllSettingsDisabled,
        }
    }

    /// Returns the number that the directory holds for it.
    pub fn to_flags(self) -> i32 {
        match self {
            GpoStatus::Enabled => 0,
            GpoStatus::UserSettingsDisabled => 1,
            GpoStatus::ComputerSettingsDisabled => 2,
            GpoStatus::AllSettingsDisabled => 3,
        }
    }

    /// Returns the words of the GPO Status column.
    pub fn label(self) -> &'static str {
        match self {
            GpoStatus::Enabled => "Enabled",
            GpoStatus::UserSettingsDisabled => "User configuration settings disabled",
            GpoStatus::ComputerSettingsDisabled => "Computer configuration settings disabled",
            GpoStatus::AllSettingsDisabled => "All settings disabled",
        }
    }

    /// Tells whether the user half is applied.
    pub fn user_enabled(self) -> bool {
        matches!(self, GpoStatus::Enabled | GpoStatus::ComputerSettingsDisabled)
    }

    /// Tells whether the computer half is applied.
    pub fn computer_enabled(self) -> bool {
        matches!(self, GpoStatus::Enabled | GpoStatus::UserSettingsDisabled)
    }
}

/// The longest display name that GPMC takes, in characters (UTF-16); the directory takes one more (`gpo-storage.md` A13).
pub const LONGEST_GPO_NAME: usize = 255;

/// What is wrong with a name for a GPO.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GpoNameProblem {
    /// Nothing but blanks.
    #[error("the name is empty")]
    Empty,
    /// More than [`LONGEST_GPO_NAME`] characters.
    #[error("the name is longer than {LONGEST_GPO_NAME} characters")]
    TooLong,
    /// Another GPO of the domain has it. The directory allows that; people would not tell the two apart.
    #[error("another GPO of the domain has this name")]
    Taken,
}

/// Refuses a name that no GPO can have.
///
/// # Errors
/// Says what is wrong with it; never that it is taken, which [`super::DomainSnapshot::check_new_gpo_name`] looks for.
pub fn check_gpo_name(name: &str) -> Result<(), GpoNameProblem> {
    if name.trim().is_empty() {
        return Err(GpoNameProblem::Empty);
    }
    if name.encode_utf16().count() > LONGEST_GPO_NAME { Err(GpoNameProblem::TooLong) } else { Ok(()) }
}

/// Tells whether this is the GUID of Default Domain Policy or Default Domain Controllers Policy, which are the same in every domain
/// (`gpo-storage.md` A2). Neither can be deleted.
pub fn is_default_gpo(id: Guid) -> bool {
    let default_gpos = [0x31B2F340_016D_11D2_945F_00C04FB984F9, 0x6AC1786C_016F_11D2_945F_00C04FB984F9];
    default_gpos.map(Guid::from_u128).contains(&id)
}

/// A Group Policy Object: its directory half.
#[derive(Clone, Debug, Serialize)]
pub struct Gpo {
    /// Its GUID, the name of its container.
    pub id: Guid,
    /// DN of its container.
    pub dn: Dn,
    /// The domain it lives in.
    pub domain: DnsName,
    /// Display name; not unique. The GUID where the directory has none.
    pub display_name: String,
    /// Whether attributes that every reader needs could not be read: shown as Inaccessible.
    pub inaccessible: bool,
    /// Which halves are applied.
    pub status: GpoStatus,
    /// Version in the directory.
    pub version: GpoVersion,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// When it was changed last, on the domain controller asked.
    pub modified: Option<Timestamp>,
    /// Owner, where the descriptor could be read.
    pub owner: Option<Sid>,
    /// The WMI filter it names.
    pub wmi_filter: Option<WmiFilterRef>,
    /// Path of its SYSVOL half, as the directory has it.
    pub file_system_path: Option<String>,
    /// `gPCFunctionalityVersion`; clients follow only 2.
    pub functionality_version: Option<i32>,
    /// Extensions registered in the computer half.
    pub computer_extensions: ExtensionList,
    /// Extensions registered in the user half.
    pub user_extensions: ExtensionList,
    /// The descriptor as read (owner, group, DACL), self-relative; none where it could not be read.
    #[serde(skip)]
    pub security_descriptor: Option<Vec<u8>>,
}

impl Gpo {
    /// Returns the folder of its SYSVOL half, relative to the domain's SYSVOL: where `gPCFileSysPath` points, else
    /// `Policies\\{GUID}`.
    pub fn sysvol_folder(&self) -> SysvolPath {
        self.stored_folder().unwrap_or_else(|| SysvolPath::parse(&format!("Policies/{}", self.id)).unwrap_or_default())
    }

    /// Reads `\\\\server\\sysvol\\domain\\Policies\\{GUID}`: what stands behind the third name.
    fn stored_folder(&self) -> Option<SysvolPath> {
        let path = self.file_system_path.as_deref()?.trim().strip_prefix("\\\\")?;
        let mut parts = path.splitn(4, '\\').skip(1);
        let (share, _domain, rest) = (parts.next()?, parts.next()?, parts.next()?);
        let folder = SysvolPath::parse(rest).ok()?;
        (share.eq_ignore_ascii_case("sysvol") && !folder.is_root()).then_some(folder)
    }
}

/// What was found of a GPO in SYSVOL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SysvolState {
    /// `GPT.INI` was read; this is its version.
    Version(GpoVersion),
    /// The folder or its `GPT.INI` is not there.
    Missing,
    /// It could not be read; the reason in words.
    Unreadable(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_follows_the_directory_where_it_can() {
        let mut gpo = Gpo {
            id: Guid::NIL,
            dn: Dn::empty(),
            domain: "corp.x".parse().unwrap(),
            display_name: String::new(),
            inaccessible: false,
            status: GpoStatus::Enabled,
            version: GpoVersion::default(),
            created: None,
            modified: None,
            owner: None,
            wmi_filter: None,
            file_system_path: None,
            functionality_version: None,
            computer_extensions: ExtensionList::default(),
            user_extensions: ExtensionList::default(),
            security_descriptor: None,
        };
        let usual = "Policies/{00000000-0000-0000-0000-000000000000}";
        for (path, expected) in [
            (r"\\corp.x\SysVol\corp.x\Policies\{A}", "Policies/{A}"),
            (r"\\corp.x\sysvol\corp.x\..\x", usual),
            (r"\\corp.x\other\corp.x\Policies\{A}", usual),
            (r"\\corp.x\sysvol\corp.x", usual),
            ("garbage", usual),
        ] {
            gpo.file_system_path = Some(path.to_owned());
            assert_eq!(gpo.sysvol_folder().to_slashes(), expected, "{path}");
        }
        for flags in 0..4 {
            assert_eq!(GpoStatus::from_flags(flags).to_flags(), flags);
        }
    }

    #[test]
    fn names_have_between_1_and_255_characters() {
        let check = |name: &str, expected| assert_eq!(check_gpo_name(name), expected, "{name}");
        check("a", Ok(()));
        check(" ", Err(GpoNameProblem::Empty));
        check("", Err(GpoNameProblem::Empty));
        check(&"ü".repeat(255), Ok(()));
        check(&"a".repeat(256), Err(GpoNameProblem::TooLong));
        // Two units of UTF-16 each.
        check(&"😀".repeat(128), Err(GpoNameProblem::TooLong));
    }

    #[test]
    fn the_default_gpos_are_known_by_their_guids() {
        let check = |id: &str, expected| assert_eq!(is_default_gpo(id.parse().unwrap()), expected, "{id}");
        check("{31B2F340-016D-11D2-945F-00C04FB984F9}", true);
        check("{6AC1786C-016F-11D2-945F-00C04fB984F9}", true);
        check("{6AC1786C-016F-11D2-945F-00C04FB984F8}", false);
    }
}
