//! `Backup.xml`: what a backup set of a GPO holds, and where each thing comes from (`operations.md` 1.3).

mod read;
mod write;

pub use read::BackupXmlError;

use crate::ident::{Guid, Sid};

/// The contents of a `Backup.xml`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackupXml {
    /// The principals that the set refers to.
    pub groups: Vec<BackupGroup>,
    /// UNC paths outside of the GPO that the set refers to; Windows leaves this empty.
    pub file_paths: Vec<String>,
    /// Id of the GPO; none where it is missing or no GUID.
    pub gpo_id: Option<Guid>,
    /// DNS name of its domain.
    pub domain: String,
    /// Its display name.
    pub display_name: String,
    /// The descriptor (DACL only), self-relative; none where it is missing or no hex text.
    pub security_descriptor: Option<Vec<u8>>,
    /// The GPO's `flags`.
    pub flags: i32,
    /// Versions of the computer half: SYSVOL, directory.
    pub computer_versions: Versions,
    /// Versions of the user half: SYSVOL, directory.
    pub user_versions: Versions,
    /// `gPCMachineExtensionNames`, as it stands; empty where there is none.
    pub computer_extensions: String,
    /// `gPCUserExtensionNames`, as it stands; empty where there is none.
    pub user_extensions: String,
    /// The reference to the WMI filter, `MSFT_SomFilter.ID="{…}",Domain="…"`; empty where there is none.
    pub wmi_filter: String,
    /// The name of the WMI filter, where there is one.
    pub wmi_filter_name: Option<String>,
    /// What was saved, in one block for each extension that Windows treats on its own, and one for all the rest.
    pub extensions: Vec<BackupExtension>,
}

/// The two versions of a half.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Versions {
    /// In SYSVOL.
    pub sysvol: u16,
    /// In the directory.
    pub directory: u16,
}

/// A principal that a set refers to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackupGroup {
    /// Its SID; none for those that are the same in every domain.
    pub sid: Option<Sid>,
    /// Its account name; empty where it could not be resolved.
    pub account: String,
    /// What it is.
    pub kind: BackupGroupType,
    /// NetBIOS name of its domain; may be empty.
    pub netbios_domain: String,
    /// DNS name of its domain; may be empty.
    pub dns_domain: String,
    /// `account@dns-domain`, put together from the two; may be empty.
    pub upn: String,
    /// Whether it was found in the GPO's permissions rather than in its settings.
    pub from_dacl: bool,
}

/// What a principal of a set is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum BackupGroupType {
    /// A user.
    User,
    /// A computer.
    Computer,
    /// A domain local group.
    LocalGroup,
    /// A global group.
    GlobalGroup,
    /// A universal group.
    UniversalGroup,
    /// A principal that is the same in every domain, or one that was not found.
    #[default]
    Unknown,
}

/// A block of a set: what belongs to one client-side extension.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackupExtension {
    /// The GUID, as written.
    pub id: String,
    /// The name: `Registry`, `Unknown Extension`.
    pub name: String,
    /// What was saved.
    pub entries: Vec<BackupEntry>,
}

/// A file, folder or directory object of a set, or a pattern with what matched it inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupEntry {
    /// What it is.
    pub kind: BackupEntryKind,
    /// Where it belongs, with a macro at the start (files) or end (objects): `%GPO_MACH_FSPATH%\registry.pol`.
    pub path: String,
    /// Where it was read.
    pub source_path: String,
    /// The function of Windows that looks into it at import.
    pub function: Option<String>,
    /// Where its copy lies in the set, `\` between names; none where nothing was copied.
    pub location: Option<String>,
    /// What stands inside: what matched a pattern, the objects below an object.
    pub entries: Vec<BackupEntry>,
}

/// What an entry of a set is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackupEntryKind {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// An object of the directory.
    Object(BackupObject),
}

/// An object of the directory in a set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackupObject {
    /// Its class.
    pub class: String,
    /// Its descriptor, self-relative, where it was saved.
    pub security_descriptor: Option<Vec<u8>>,
    /// Its attributes; one without values stands in the template only.
    pub attributes: Vec<BackupAttribute>,
}

/// An attribute of an object in a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupAttribute {
    /// Its name.
    pub name: String,
    /// How its values are written.
    pub kind: BackupAttributeType,
    /// Its values as the directory stores them.
    pub values: Vec<Vec<u8>>,
}

/// How the values of an attribute are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BackupAttributeType {
    /// One text.
    String,
    /// Several texts.
    MultiString,
    /// One number.
    Dword,
    /// Several numbers.
    MultiDword,
    /// Bytes, in hexadecimal.
    Binary,
    /// A text with macros in it.
    ExpandedString,
}

/// What stands for the folder of the GPO in paths of files.
pub const GPO_FOLDER_MACRO: &str = "%GPO_FSPATH%";
/// What stands for the folder of the computer half.
pub const COMPUTER_FOLDER_MACRO: &str = "%GPO_MACH_FSPATH%";
/// What stands for the folder of the user half.
pub const USER_FOLDER_MACRO: &str = "%GPO_USER_FSPATH%";
/// What stands for the DN of the GPO's container.
pub const GPO_OBJECT_MACRO: &str = "%GPO_DSPATH%";
/// What stands for the DN of the computer half's container.
pub const COMPUTER_OBJECT_MACRO: &str = "%GPO_MACH_DSPATH%";
/// What stands for the DN of the user half's container.
pub const USER_OBJECT_MACRO: &str = "%GPO_USER_DSPATH%";

impl BackupXml {
    /// Returns all entries of all blocks, each before those inside it.
    pub fn entries(&self) -> impl Iterator<Item = &BackupEntry> {
        let mut waiting: Vec<&BackupEntry> =
            self.extensions.iter().rev().flat_map(|block| block.entries.iter().rev()).collect();
        std::iter::from_fn(move || {
            let entry = waiting.pop()?;
            waiting.extend(entry.entries.iter().rev());
            Some(entry)
        })
    }

    /// Returns where the copies of files lie in the set: `DomainSysvol\GPO\Machine\registry.pol`.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.entries().filter(|entry| entry.kind == BackupEntryKind::File).filter_map(|entry| entry.location.as_deref())
    }

    /// Returns the objects with their paths, parents first; the patterns of the template are left out.
    pub fn objects(&self) -> impl Iterator<Item = (&str, &BackupObject)> {
        self.entries().filter_map(|entry| match &entry.kind {
            BackupEntryKind::Object(object) if !entry.path.starts_with('*') => Some((entry.path.as_str(), object)),
            _ => None,
        })
    }
}

impl Versions {
    /// Splits the number of a half: SYSVOL in the high word, the directory in the low one.
    pub fn from_u32(number: u32) -> Self {
        Versions { sysvol: (number >> 16) as u16, directory: number as u16 }
    }

    /// Returns the number of a half.
    pub fn to_u32(self) -> u32 {
        u32::from(self.sysvol) << 16 | u32::from(self.directory)
    }
}

impl BackupGroupType {
    /// All types.
    pub const ALL: [BackupGroupType; 6] = [
        BackupGroupType::User,
        BackupGroupType::Computer,
        BackupGroupType::LocalGroup,
        BackupGroupType::GlobalGroup,
        BackupGroupType::UniversalGroup,
        BackupGroupType::Unknown,
    ];

    /// Returns the word of the file.
    pub fn name(self) -> &'static str {
        match self {
            BackupGroupType::User => "User",
            BackupGroupType::Computer => "Computer",
            BackupGroupType::LocalGroup => "LocalGroup",
            BackupGroupType::GlobalGroup => "GlobalGroup",
            BackupGroupType::UniversalGroup => "UniversalGroup",
            BackupGroupType::Unknown => "Unknown",
        }
    }

    /// Reads the word of the file; what is none of them is unknown.
    pub fn from_name(name: &str) -> Self {
        let found = Self::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(name.trim()));
        found.unwrap_or_default()
    }
}

impl BackupAttributeType {
    /// All types.
    pub const ALL: [BackupAttributeType; 6] = [
        BackupAttributeType::String,
        BackupAttributeType::MultiString,
        BackupAttributeType::Dword,
        BackupAttributeType::MultiDword,
        BackupAttributeType::Binary,
        BackupAttributeType::ExpandedString,
    ];

    /// Returns the name of the element.
    pub fn element(self) -> &'static str {
        match self {
            BackupAttributeType::String => "DSAttributeString",
            BackupAttributeType::MultiString => "DSAttributeMultiString",
            BackupAttributeType::Dword => "DSAttributeDWORD",
            BackupAttributeType::MultiDword => "DSAttributeMultiDWORD",
            BackupAttributeType::Binary => "DSAttributeBinary",
            BackupAttributeType::ExpandedString => "DSAttributeExpandedString",
        }
    }
}
