//! A Group Policy Object (IGPMGPO).

use serde::Serialize;

use crate::ident::{Dn, DnsName, ExtensionList, GpoVersion, Guid, Sid, Timestamp, WmiFilterRef};
use crate::store::SysvolPath;

/// Which halves of a GPO are applied (the directory's `flags`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
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
}
