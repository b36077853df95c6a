//! Items below Windows Settings.

use super::{Label, PASSWORD, choice, plain, yes_no};

const SHOW: &[(&str, &str)] = &[("NOCHANGE", "No change"), ("HIDE", "Hide"), ("SHOW", "Show"), ("USE", "Show")];

pub(super) const DRIVE: &[Label] = &[
    plain("path", "Location"),
    plain("letter", "Drive letter"),
    choice(
        "useLetter",
        "Letter is",
        &[("1", "This letter"), ("0", "The first available, starting at this letter (Delete: all from it on)")],
    ),
    yes_no("persistent", "Reconnect"),
    plain("label", "Label as"),
    plain("userName", "Connect as user"),
    PASSWORD,
    choice("thisDrive", "Hide/Show this drive", SHOW),
    choice("allDrives", "Hide/Show all drives", SHOW),
];

pub(super) const ENVIRONMENT_VARIABLE: &[Label] = &[
    plain("name", "Name"),
    plain("value", "Value"),
    choice("user", "Variable of", &[("1", "User"), ("0", "System")]),
    choice("partial", "Value is", &[("1", "One part of PATH"), ("0", "The whole value")]),
];

pub(super) const FILE: &[Label] = &[
    plain("fromPath", "Source file(s)"),
    plain("targetPath", "Destination file"),
    yes_no("suppress", "Suppress errors on individual file actions"),
    yes_no("readOnly", "Read-only"),
    yes_no("hidden", "Hidden"),
    yes_no("archive", "Archive"),
    yes_no("executable", "Executable"),
];

pub(super) const FOLDER: &[Label] = &[
    plain("path", "Path"),
    yes_no("readOnly", "Read-only"),
    yes_no("hidden", "Hidden"),
    yes_no("archive", "Archive"),
    yes_no("deleteFolder", "Delete this folder (if emptied)"),
    yes_no("deleteSubFolders", "Recursively delete all subfolders (if emptied)"),
    yes_no("deleteFiles", "Delete all files in the folder(s)"),
    yes_no("deleteReadOnly", "Allow deletion of read-only files/folders"),
    yes_no("deleteIgnoreErrors", "Ignore errors for files/folders that cannot be deleted"),
];

pub(super) const INI: &[Label] = &[
    plain("path", "File path"),
    plain("section", "Section name"),
    plain("property", "Property name"),
    plain("value", "Property value"),
];

pub(super) const NET_SHARE: &[Label] = &[
    plain("name", "Share name"),
    plain("path", "Folder path"),
    plain("comment", "Comment"),
    yes_no("allRegular", "Update all regular shares"),
    yes_no("allHidden", "Update all hidden non-administrative shares"),
    yes_no("allAdminDrive", "Update all administrative drive-letter shares"),
    choice(
        "limitUsers",
        "User limit",
        &[("NO_CHANGE", "No change"), ("MAX_ALLOWED", "Maximum allowed"), ("SET_LIMIT", "Allow this number of users")],
    ),
    plain("userLimit", "Number of users"),
    choice(
        "abe",
        "Access-based enumeration",
        &[("NO_CHANGE", "No change"), ("ENABLE", "Enable"), ("DISABLE", "Disable")],
    ),
];

/// The value itself is worded by its type, beside the type.
pub(super) const REGISTRY: &[Label] = &[
    plain("hive", "Hive"),
    plain("key", "Key path"),
    plain("name", "Value name"),
    yes_no("default", "Default value of the key"),
    plain("type", "Value type"),
    plain("value", "Value data"),
    plain("defaultValue", "Default value"),
    yes_no("bitfield", "Single bits"),
    choice("displayDecimal", "Edited as", &[("1", "Decimal"), ("0", "Hexadecimal")]),
];

pub(super) const SHORTCUT: &[Label] = &[
    plain("shortcutPath", "Location and name"),
    choice(
        "targetType",
        "Target type",
        &[("FILESYSTEM", "File System Object"), ("URL", "URL"), ("SHELL", "Shell Object")],
    ),
    plain("targetPath", "Target"),
    plain("arguments", "Arguments"),
    plain("startIn", "Start in"),
    choice("shortcutKey", "Shortcut key", &[("0", "None")]),
    choice("window", "Run", &[("MAX", "Maximized"), ("MIN", "Minimized"), ("NORMAL", "Normal window")]),
    plain("comment", "Comment"),
    plain("iconPath", "Icon file path"),
    plain("iconIndex", "Icon index"),
    plain("pidl", "Shell object (PIDL)"),
];
