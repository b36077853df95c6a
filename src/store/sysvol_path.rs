//! Paths below a SYSVOL: the one path layer of all stores.

use std::fmt;
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};

/// A path relative to the root of a domain's SYSVOL (`\\server\sysvol\domain`).
/// Made only of names that every file system takes, never leaves its root, compares without case.
#[derive(Clone, Debug, Default)]
pub struct SysvolPath {
    parts: Vec<String>,
}

/// The text is no path below a root.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` is not a path below its root: {reason}")]
pub struct ParseSysvolPathError {
    /// The text as given.
    pub path: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl SysvolPath {
    /// Returns the root itself.
    pub fn root() -> Self {
        SysvolPath::default()
    }

    /// Reads a relative path; both `/` and `\` separate. Refuses absolute paths, drives, `..`, and names no file may have.
    pub fn parse(text: &str) -> Result<Self, ParseSysvolPathError> {
        let error = |reason| ParseSysvolPathError { path: text.to_owned(), reason };
        if text.starts_with(['/', '\\']) {
            return Err(error("it is absolute"));
        }
        let mut path = SysvolPath::root();
        for part in text.split(['/', '\\']).filter(|part| !part.is_empty() && *part != ".") {
            check_name(part).map_err(error)?;
            path.parts.push(part.to_owned());
        }
        Ok(path)
    }

    /// Returns the path of `name` (a single name) in this folder.
    pub fn join(&self, name: &str) -> Result<Self, ParseSysvolPathError> {
        check_name(name).map_err(|reason| ParseSysvolPathError { path: format!("{self}\\{name}"), reason })?;
        let mut parts = self.parts.clone();
        parts.push(name.to_owned());
        Ok(SysvolPath { parts })
    }

    /// Returns this path followed by a relative path.
    pub fn join_path(&self, relative: &SysvolPath) -> Self {
        SysvolPath { parts: self.parts.iter().chain(&relative.parts).cloned().collect() }
    }

    /// Returns the folder that holds this; none for the root.
    pub fn parent(&self) -> Option<Self> {
        let (_, rest) = self.parts.split_last()?;
        Some(SysvolPath { parts: rest.to_vec() })
    }

    /// Returns the last name; empty for the root.
    pub fn name(&self) -> &str {
        self.parts.last().map_or("", String::as_str)
    }

    /// Returns the names from the root down.
    pub fn parts(&self) -> &[String] {
        &self.parts
    }

    /// Tells whether this is the root.
    pub fn is_root(&self) -> bool {
        self.parts.is_empty()
    }

    /// Returns the path with `/` between names.
    pub fn to_slashes(&self) -> String {
        self.parts.join("/")
    }

    /// Returns the form by which paths compare: lower case, `/` between names.
    pub fn folded(&self) -> String {
        self.to_slashes().to_lowercase()
    }
}

/// Names that Windows gives to devices, with or without an extension.
const DEVICE_NAMES: [&str; 4] = ["CON", "PRN", "AUX", "NUL"];

fn check_name(name: &str) -> Result<(), &'static str> {
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let numbered_device = |prefix: &str| {
        stem.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
            && matches!(stem[3..].chars().collect::<Vec<_>>()[..], ['0'..='9' | '¹' | '²' | '³'])
    };
    if name.is_empty() {
        Err("it has an empty name")
    } else if name == ".." || name == "." {
        Err("it climbs out of its folder")
    } else if name.chars().any(|c| matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|') || c.is_control())
    {
        Err("it has a character no file name may have")
    } else if name.ends_with(['.', ' ']) {
        Err("a name ends in a dot or blank")
    } else if name.encode_utf16().count() > 255 {
        Err("a name is longer than 255 characters")
    } else if DEVICE_NAMES.iter().any(|device| stem.eq_ignore_ascii_case(device))
        || numbered_device("COM")
        || numbered_device("LPT")
    {
        Err("it names a device")
    } else {
        Ok(())
    }
}

impl PartialEq for SysvolPath {
    fn eq(&self, other: &Self) -> bool {
        self.folded() == other.folded()
    }
}

impl Eq for SysvolPath {}

impl Hash for SysvolPath {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.folded().hash(state);
    }
}

impl PartialOrd for SysvolPath {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for SysvolPath {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.folded().cmp(&other.folded())
    }
}

impl fmt::Display for SysvolPath {
    /// Writes the path with `\` between names, as Windows shows it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.parts.join("\\"))
    }
}

impl Serialize for SysvolPath {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_slashes())
    }
}

impl<'de> Deserialize<'de> for SysvolPath {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        SysvolPath::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_and_case_do_not_matter() {
        let path = SysvolPath::parse(r"Policies\{A}/Machine\registry.pol").unwrap();
        assert_eq!(path, SysvolPath::parse("policies/{a}/MACHINE/Registry.pol").unwrap());
        assert_eq!(path.name(), "registry.pol");
        assert_eq!(path.parent().unwrap().to_string(), r"Policies\{A}\Machine");
        assert_eq!(SysvolPath::root().join("Policies").unwrap().to_slashes(), "Policies");
    }

    #[test]
    fn never_leaves_its_root() {
        for text in [
            "..",
            r"a\..\..\b",
            "/etc/passwd",
            r"\\host\share",
            "C:/x",
            "a/CON",
            "aux.txt",
            "com1",
            "LPT9.log",
            "a/b.",
            "a/b ",
            "x\0y",
            "a|b",
        ] {
            assert!(SysvolPath::parse(text).is_err(), "{text:?}");
        }
        for text in ["", "a/./b", "comic", "console.txt", "com10", "{A}"] {
            assert!(SysvolPath::parse(text).is_ok(), "{text:?}");
        }
        assert!(SysvolPath::root().join("a/b").is_err());
    }
}
