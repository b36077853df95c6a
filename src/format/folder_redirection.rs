//! `fdeploy1.ini` and `fdeploy.ini`, where the known folders of users are redirected to ([MS-GPFR] 2.2, `gpo-storage.md` B10).
//!
//! The newer file hides the older one of the same GPO; the older form serves Windows 2000 and XP.

use std::collections::HashSet;

use crate::ident::{Guid, Sid};

use super::ini::{IniFile, IniLine, IniProblem};

/// The file `fdeploy1.ini`. Any bytes are one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderRedirectionFile {
    file: IniFile,
}

/// The older file `fdeploy.ini`. Any bytes are one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OldFolderRedirectionFile {
    file: IniFile,
}

/// The redirection of one folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderRedirection {
    /// The known folder; none where an old file uses a name that is not known.
    pub folder: Option<Guid>,
    /// The folder as the file names it: a GUID, or in an old file a name such as `My Documents`.
    pub name: String,
    /// For whom it is redirected where to.
    pub targets: Vec<RedirectionTarget>,
}

/// Where a folder is redirected to, for the members of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedirectionTarget {
    /// The group; Everyone where all users have the same target.
    pub group: Sid,
    /// The settings.
    pub flags: RedirectionFlags,
    /// The whole path; empty where the file gives none.
    pub full_path: String,
    /// The folder that this one lies in, where it follows another; empty otherwise.
    pub parent_folder: String,
    /// The path below the parent folder.
    pub relative_path: String,
    /// Folders below that stay where they are, separated by `;`.
    pub exclude_folders: String,
}

/// The settings of a redirection ([MS-GPFR] 2.2.1.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RedirectionFlags(pub u32);

impl RedirectionFlags {
    /// The contents are moved to the new place.
    pub const MOVE_CONTENTS: RedirectionFlags = RedirectionFlags(0x1);
    /// The folder follows its parent.
    pub const FOLLOW_PARENT: RedirectionFlags = RedirectionFlags(0x2);
    /// Where the folder lies is not set.
    pub const NOT_SPECIFIED: RedirectionFlags = RedirectionFlags(0x4);
    /// The target depends on groups.
    pub const ADVANCED: RedirectionFlags = RedirectionFlags(0x8);
    /// The user alone has rights on the new folder.
    pub const EXCLUSIVE_RIGHTS: RedirectionFlags = RedirectionFlags(0x10);
    /// The folder goes back when the policy no longer applies.
    pub const RESTORE_ON_REMOVAL: RedirectionFlags = RedirectionFlags(0x20);
    /// The path given is a whole one.
    pub const FULL_PATH: RedirectionFlags = RedirectionFlags(0x1000);
    /// The folder goes to its place in the user's local profile.
    pub const LOCAL_PATH: RedirectionFlags = RedirectionFlags(0x2000);
    /// Windows 2000 and XP apply it too.
    pub const OLD_SYSTEMS: RedirectionFlags = RedirectionFlags(0x8000);

    /// Tells whether all of these flags are set.
    pub const fn contains(self, flags: RedirectionFlags) -> bool {
        self.0 & flags.0 == flags.0
    }
}

/// The known folders that can be redirected, with the name of the editor and that of the old file.
const FOLDERS: &[(u128, &str, Option<&str>)] = &[
    (0x3EB685DB_65F9_4CF6_A03A_E3EF65729F3D, "AppData(Roaming)", Some("Application Data")),
    (0x56784854_C6CB_462B_8169_88E350ACB882, "Contacts", None),
    (0xB4BFCC3A_DB2C_424C_B029_7FE99A87C641, "Desktop", Some("Desktop")),
    (0xFDD39AD0_238F_46AF_ADB4_6C85480369C7, "Documents", Some("My Documents")),
    (0x374DE290_123F_4565_9164_39C4925E467B, "Downloads", None),
    (0x1777F761_68AD_4D8A_87BD_30B759FA33DD, "Favorites", None),
    (0xBFB9D5E0_C6A9_404C_B2B2_AE6DB6AF4968, "Links", None),
    (0x4BD8D571_6D19_48D3_BE97_422220080E43, "Music", Some("My Music")),
    (0x33E28130_4E1E_4676_835A_98395C3BC3BB, "Pictures", Some("My Pictures")),
    (0x4C5C32FF_BB9D_43B0_B5B4_2D72E54EAAA4, "Saved Games", None),
    (0x7D1D3A04_DEBB_4115_95CF_2F29DA2920DA, "Searches", None),
    (0x625B53C3_AB48_4EC1_BA1F_A1EF4146FC19, "Start Menu", Some("Start Menu")),
    (0x18989B1D_99B5_455B_841C_AB7C74E4DDFC, "Videos", Some("My Videos")),
];

/// Returns the name of a known folder as the editor shows it.
pub fn known_folder_name(folder: Guid) -> Option<&'static str> {
    FOLDERS.iter().find(|(id, ..)| Guid::from_u128(*id) == folder).map(|(_, name, _)| *name)
}

const LIST_SECTION: &str = "Folder_Redirection";
const OLD_STATUS_SECTION: &str = "FolderStatus";

impl FolderRedirectionFile {
    /// Reads a file. Any bytes are one.
    pub fn parse(bytes: &[u8]) -> Self {
        FolderRedirectionFile { file: IniFile::parse(bytes) }
    }

    /// Returns the bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.file.to_bytes()
    }

    /// Returns the redirections in the order of the file, with the lines that could not be read.
    pub fn folders(&self) -> (Vec<FolderRedirection>, Vec<IniProblem>) {
        let mut folders = Vec::new();
        let mut problems = Vec::new();
        let mut sections = HashSet::new();
        for line in self.file.lines(LIST_SECTION) {
            let Some((name, groups)) = line.pair() else {
                problems.push(line.problem("{folder} = SIDs"));
                continue;
            };
            let folder = name.parse::<Guid>().ok();
            if folder.is_none() {
                problems.push(line.problem("the GUID of a known folder"));
            }
            let mut targets = Vec::new();
            for text in groups.split(';').map(str::trim).filter(|text| !text.is_empty()) {
                match text.parse::<Sid>() {
                    Ok(_) if !sections.insert(format!("{name}_{text}").to_lowercase()) => {
                        problems.push(line.problem("each SID once for a folder"));
                    }
                    Ok(group) => match self.target(name, text, group, &line) {
                        Ok(target) => targets.push(target),
                        Err(problem) => problems.push(problem),
                    },
                    Err(_) => problems.push(line.problem("SIDs, each followed by `;`")),
                }
            }
            folders.push(FolderRedirection { folder, name: name.to_owned(), targets });
        }
        (folders, problems)
    }

    fn target(&self, name: &str, text: &str, group: Sid, line: &IniLine) -> Result<RedirectionTarget, IniProblem> {
        let section = format!("{name}_{text}");
        let value = |key: &str| self.file.value(&section, key).unwrap_or_default();
        let lines = self.file.lines(&section);
        let is_flags = |line: &&IniLine| line.pair().is_some_and(|(key, _)| key.eq_ignore_ascii_case("Flags"));
        let flags_line = lines.iter().find(is_flags);
        let flags_line = flags_line.ok_or_else(|| line.problem("a section with Flags for each folder and SID"))?;
        let flags = flags_line.pair().and_then(|(_, value)| hex(value));
        let flags = flags.ok_or_else(|| flags_line.problem("Flags as hex digits"))?;
        Ok(RedirectionTarget {
            group,
            flags,
            full_path: value("FullPath"),
            parent_folder: value("ParentFolder"),
            relative_path: value("RelativePath"),
            exclude_folders: value("ExcludeFolders"),
        })
    }

    /// Sets a value of the redirection of a folder for a group; all other lines stay as they are.
    pub fn set_value(&mut self, folder: &str, group: &str, key: &str, value: &str) {
        self.file.set_value(&format!("{folder}_{group}"), key, value);
    }
}

impl OldFolderRedirectionFile {
    /// Reads a file. Any bytes are one.
    pub fn parse(bytes: &[u8]) -> Self {
        OldFolderRedirectionFile { file: IniFile::parse(bytes) }
    }

    /// Returns the bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.file.to_bytes()
    }

    /// Returns the redirections in the order of the file, with the lines that could not be read.
    pub fn folders(&self) -> (Vec<FolderRedirection>, Vec<IniProblem>) {
        let mut folders = Vec::new();
        let mut problems = Vec::new();
        let mut sections = HashSet::new();
        for line in self.file.lines(OLD_STATUS_SECTION) {
            let read = line.pair().and_then(|(name, flags)| Some((name, hex(flags)?)));
            let Some((name, flags)) = read else {
                problems.push(line.problem("folder = hex digits"));
                continue;
            };
            if !sections.insert(name.to_lowercase()) {
                problems.push(line.problem("each folder once"));
                continue;
            }
            let known = FOLDERS.iter().find(|(_, _, old)| old.is_some_and(|old| old.eq_ignore_ascii_case(name)));
            let mut targets = Vec::new();
            for line in self.file.lines(name) {
                let read = line.pair().and_then(|(group, path)| Some((group.parse::<Sid>().ok()?, path)));
                let Some((group, path)) = read else {
                    problems.push(line.problem("SID = path"));
                    continue;
                };
                targets.push(RedirectionTarget {
                    group,
                    flags: RedirectionFlags(flags.0 | RedirectionFlags::FULL_PATH.0),
                    full_path: path.to_owned(),
                    parent_folder: String::new(),
                    relative_path: String::new(),
                    exclude_folders: String::new(),
                });
            }
            let folder = known.map(|(id, ..)| Guid::from_u128(*id));
            folders.push(FolderRedirection { folder, name: name.to_owned(), targets });
        }
        (folders, problems)
    }
}

fn hex(text: &str) -> Option<RedirectionFlags> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    u32::from_str_radix(digits, 16).ok().map(RedirectionFlags)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: &str = "[version]\r\nversion = 100\r\n[Folder_Redirection]\r\n\
        {FDD39AD0-238F-46AF-ADB4-6C85480369C7}=s-1-1-0;s-1-5-32-544;\r\n{B4BFCC3A-DB2C-424C-B029-7FE99A87C641}=s-1-1-0;\r\n\
        [{FDD39AD0-238F-46AF-ADB4-6C85480369C7}_s-1-1-0]\r\nFlags=1021\r\nFullPath=\\\\srv\\home\\%USERNAME%\r\n\
        [{FDD39AD0-238F-46AF-ADB4-6C85480369C7}_s-1-5-32-544]\r\nFlags=zz\r\n";

    #[test]
    fn what_is_named_again_is_read_once() {
        let text = format!(
            "[Folder_Redirection]\nx=s-1-1-0;S-1-1-0;\nX=s-1-1-0\n[x_s-1-1-0]\nFlags=0\nFullPath={}",
            "p".repeat(99)
        );
        let (folders, problems) = FolderRedirectionFile::parse(text.as_bytes()).folders();
        assert_eq!(folders.iter().map(|folder| folder.targets.len()).collect::<Vec<_>>(), [1, 0]);
        let of_targets = problems.iter().filter(|problem| problem.expected == "each SID once for a folder");
        assert_eq!(of_targets.map(|problem| problem.line).collect::<Vec<_>>(), [2, 3]);
        let text = "[FolderStatus]\nDesktop=0\ndesktop=0\n[Desktop]\ns-1-1-0=p\n";
        let (folders, problems) = OldFolderRedirectionFile::parse(text.as_bytes()).folders();
        assert_eq!((folders.len(), folders[0].targets.len()), (1, 1));
        assert_eq!(problems[0].to_string(), "line 3: expected each folder once, found `desktop=0`");
    }

    #[test]
    fn reads_the_newer_file() {
        let (folders, problems) = FolderRedirectionFile::parse(NEW.as_bytes()).folders();
        assert_eq!(folders.len(), 2);
        assert_eq!(known_folder_name(folders[0].folder.unwrap()), Some("Documents"));
        let target = &folders[0].targets[0];
        assert_eq!((target.group.to_string().as_str(), target.flags), ("S-1-1-0", RedirectionFlags(0x1021)));
        assert_eq!(target.full_path, "\\\\srv\\home\\%USERNAME%");
        assert!(folders[1].targets.is_empty());
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            problems,
            [
                "line 10: expected Flags as hex digits, found `Flags=zz`",
                "line 5: expected a section with Flags for each folder and SID, found `{B4BFCC3A-DB2C-424C-B029-7FE99A87C641}=s-1-1-0;`",
            ]
        );
    }

    #[test]
    fn reads_the_older_file() {
        let text = "[FolderStatus]\r\nMy Documents=11\r\nOther=x\r\nStart Menu=2\r\n[My Documents]\r\ns-1-1-0=\\\\srv\\x\r\nnobody=y\r\n";
        let (folders, problems) = OldFolderRedirectionFile::parse(text.as_bytes()).folders();
        assert_eq!(folders[0].folder.and_then(known_folder_name), Some("Documents"));
        assert_eq!(folders[0].targets[0].full_path, "\\\\srv\\x");
        assert!(folders[0].targets[0].flags.contains(RedirectionFlags::EXCLUSIVE_RIGHTS));
        assert_eq!((folders[1].name.as_str(), folders[1].targets.len()), ("Start Menu", 0));
        let lines: Vec<usize> = problems.iter().map(|problem| problem.line).collect();
        assert_eq!(lines, [7, 3]);
    }

    #[test]
    fn a_change_touches_one_value() {
        let mut file = FolderRedirectionFile::parse(NEW.as_bytes());
        file.set_value("{FDD39AD0-238F-46AF-ADB4-6C85480369C7}", "s-1-1-0", "Flags", "1020");
        assert_eq!(file.to_bytes(), NEW.replace("1021", "1020").as_bytes());
    }
}
