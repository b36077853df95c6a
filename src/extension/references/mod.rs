//! What in the settings of a GPO names a principal or a place of its own forest, found and rewritten by one walk per kind of file
//! (`operations.md` 3.2).
//!
//! A walk shows every reference to a visitor and writes what the visitor answers in its place; all other bytes stay. Looking for
//! references is a walk whose visitor keeps them all, so that what is listed and what is changed cannot differ.
//!
//! Built-in principals have the same SID everywhere. Where a setting names them by a SID they are shown, because a table may speak of
//! them, but nothing has to be done about them; in permissions they are passed over, and services with a known name everywhere, as GPMC
//! does: the 18 sets of the development corpus that name principals in settings list exactly the 121 that are found here.

mod security_template;
mod scripts;
mod folder_redirection;
mod software_installation;
mod preferences;
mod registry;
mod permissions;
#[cfg(test)]
mod tests;

use serde::Serialize;

use crate::format::preferences::PreferenceKind;
use crate::ident::Sid;

pub use software_installation::{WalkedObject, walk_object};

/// A place in a GPO that names a principal or a UNC path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FoundReference {
    /// What is named.
    pub subject: Subject,
    /// The text as it stands there.
    pub text: String,
    /// Where in a GPO it stands, which decides whether it is mapped.
    pub origin: ReferenceOrigin,
    /// Name of the client-side extension; empty for the GPO's own permissions.
    pub extension_name: String,
    /// The file below the GPO's folder, or the object below its container.
    pub object_path: String,
    /// The setting.
    pub settings_name: String,
}

/// What a reference names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A user, group or computer: by SID, by name, or by both.
    Principal {
        /// Its SID, where it stands there.
        sid: Option<Sid>,
        /// Its name, where it stands there.
        name: Option<String>,
    },
    /// A UNC path.
    Path(String),
}

/// Where in a GPO a reference stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReferenceOrigin {
    /// A setting that migration tables speak of.
    Setting,
    /// A preference: mapped by choice only, since GPMC does not.
    Preference,
    /// A setting that is not mapped.
    NotMapped,
    /// The permissions of a software package.
    PackagePermissions,
    /// The permissions of the GPO.
    Permissions,
}

/// What becomes of a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replacement {
    /// It stays.
    Keep,
    /// It is taken out.
    Remove,
    /// Another principal stands there.
    Principal {
        /// Its SID.
        sid: Sid,
        /// Its name as `DOMAIN\name`, for places that hold one beside the SID.
        name: Option<String>,
    },
    /// Another path stands there.
    Path(String),
}

/// Sees every reference of a walk and says what becomes of it.
pub type Visit<'a> = dyn FnMut(FoundReference) -> Replacement + Send + 'a;

/// The kinds of files that hold references.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferenceFile {
    /// `GptTmpl.inf`.
    SecurityTemplate,
    /// `scripts.ini`, `psscripts.ini`.
    Scripts,
    /// `fdeploy1.ini`.
    FolderRedirection,
    /// `fdeploy.ini`.
    OldFolderRedirection,
    /// `*.aas`.
    AdvertiseScript,
    /// `registry.pol`, of which nothing is mapped.
    Registry,
    /// A preference file.
    Preferences(PreferenceKind),
}

impl ReferenceFile {
    /// Finds the kind of a file by its path below the GPO's folder, `/` between names; none for a file without references.
    pub fn of_path(path: &str) -> Option<Self> {
        let folded = path.to_lowercase();
        let (half, path) = folded.split_once('/')?;
        if half != "machine" && half != "user" {
            return None;
        }
        match path {
            "microsoft/windows nt/secedit/gpttmpl.inf" => Some(ReferenceFile::SecurityTemplate),
            "registry.pol" => Some(ReferenceFile::Registry),
            "scripts/scripts.ini" | "scripts/psscripts.ini" => Some(ReferenceFile::Scripts),
            "documents & settings/fdeploy1.ini" => Some(ReferenceFile::FolderRedirection),
            "documents & settings/fdeploy.ini" => Some(ReferenceFile::OldFolderRedirection),
            _ if path.starts_with("applications/") && path.ends_with(".aas") => Some(ReferenceFile::AdvertiseScript),
            _ => {
                let kind = PreferenceKind::ALL.into_iter().find(|kind| path == kind.path().to_lowercase())?;
                Some(ReferenceFile::Preferences(kind))
            }
        }
    }

    /// Returns the name of its extension in reports.
    pub fn extension_name(self) -> &'static str {
        match self {
            ReferenceFile::SecurityTemplate => "Security",
            ReferenceFile::Scripts => "Scripts",
            ReferenceFile::FolderRedirection | ReferenceFile::OldFolderRedirection => "Folder Redirection",
            ReferenceFile::AdvertiseScript => software_installation::EXTENSION_NAME,
            ReferenceFile::Registry => "Registry",
            ReferenceFile::Preferences(kind) => kind.report().name,
        }
    }

    /// Shows the references of a file to the visitor and returns its bytes as they are then; none where nothing changed.
    ///
    /// # Errors
    /// Says why the file cannot be read; nothing of it was shown then.
    pub fn walk(self, path: &str, bytes: &[u8], visit: &mut Visit<'_>) -> Result<Option<Vec<u8>>, String> {
        let mut walk = Walk { extension_name: self.extension_name(), object_path: path, visit };
        match self {
            ReferenceFile::SecurityTemplate => Ok(security_template::walk(bytes, &mut walk)),
            ReferenceFile::Scripts => Ok(scripts::walk(bytes, &mut walk)),
            ReferenceFile::FolderRedirection => Ok(folder_redirection::walk(bytes, &mut walk)),
            ReferenceFile::OldFolderRedirection => Ok(folder_redirection::walk_old(bytes, &mut walk)),
            ReferenceFile::AdvertiseScript => software_installation::walk_script(bytes, &mut walk),
            ReferenceFile::Registry => {
                registry::walk(bytes, &mut walk);
                Ok(None)
            }
            ReferenceFile::Preferences(_) => preferences::walk(bytes, &mut walk),
        }
    }
}

/// Shows the principals in the DACL of a GPO to the visitor and returns the descriptor as it is then; none where nothing changed.
///
/// # Errors
/// Says why the descriptor cannot be read or written.
pub fn walk_permissions(descriptor: &[u8], visit: &mut Visit<'_>) -> Result<Option<Vec<u8>>, String> {
    let mut walk = Walk { extension_name: "", object_path: "", visit };
    permissions::walk(descriptor, ReferenceOrigin::Permissions, "Permissions", &mut walk)
}

/// A walk through one file or object.
struct Walk<'a, 'v> {
    extension_name: &'static str,
    object_path: &'a str,
    visit: &'a mut Visit<'v>,
}

impl Walk<'_, '_> {
    fn show(&mut self, origin: ReferenceOrigin, subject: Subject, text: &str, setting: &str) -> Replacement {
        (self.visit)(FoundReference {
            subject,
            text: text.to_owned(),
            origin,
            extension_name: self.extension_name.to_owned(),
            object_path: self.object_path.to_owned(),
            settings_name: setting.to_owned(),
        })
    }

    /// Shows a SID.
    fn sid(&mut self, origin: ReferenceOrigin, sid: Sid, text: &str, setting: &str) -> Replacement {
        self.show(origin, Subject::Principal { sid: Some(sid), name: None }, text, setting)
    }

    /// Shows a UNC path and returns the one that stands there from now on, where it is another.
    fn path(&mut self, origin: ReferenceOrigin, path: &str, setting: &str) -> Option<String> {
        match self.show(origin, Subject::Path(path.to_owned()), path, setting) {
            Replacement::Path(path) => Some(path),
            Replacement::Keep | Replacement::Remove | Replacement::Principal { .. } => None,
        }
    }
}
