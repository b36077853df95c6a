//! What the `Backup.xml` of a GPO says: its content put into the blocks that GPMC has for some extensions, and the rest into the last one
//! (`operations.md` 1.3).

use std::collections::{BTreeSet, HashSet};

use crate::format::{
    BackupAttribute, BackupAttributeType, BackupEntry, BackupEntryKind, BackupExtension, BackupObject, BackupXml,
    COMPUTER_FOLDER_MACRO, COMPUTER_OBJECT_MACRO, GPO_FOLDER_MACRO, GPO_OBJECT_MACRO, USER_FOLDER_MACRO,
    USER_OBJECT_MACRO, Versions, is_allowed_in_xml,
};
use crate::gpm::{MessageId, StatusMessage, Task};
use crate::ident::{Dn, ExtensionList, GpoVersion, Guid};
use crate::operation::content::{ContentObject, GpoContent, container};
use crate::report::Side;
use crate::security::{AclState, SecurityDescriptor};
use crate::store::SysvolPath;

/// The folder of a set that holds the GPO's folder of SYSVOL.
pub(super) const SYSVOL_FOLDER: &str = r"DomainSysvol\GPO";

const REGISTRY: &str = "{35378EAC-683F-11D2-A89A-00C04FBBCFA2}";
const SCRIPTS: &str = "{42B5FAAE-6536-11d2-AE5A-0000F87571E3}";
const SECURITY: &str = "{827D319E-6EAC-11D2-A4EA-00C04F79F83A}";
const SOFTWARE: &str = "{c6dc5466-785a-11d2-84d0-00c04fb169f7}";
const UNKNOWN: &str = "{F15C46CD-82A0-4C2D-A210-5D0D3182A418}";

const CLASS_STORE: &str = "cn=Class Store";
const PACKAGES: &str = "cn=Packages,cn=Class Store";
/// The class of packages, the only objects of which Windows saves the permissions.
const PACKAGE_CLASS: &str = "packageRegistration";

/// Tells whether the GPO has software installation registered, which index files say of it (`SIPresent`).
pub(super) fn has_software(content: &GpoContent) -> bool {
    is_registered(content, SOFTWARE)
}

/// Returns what the `Backup.xml` of a content says; `location` is where its folder was read: `\\dc1.corp.x\sysvol\corp.x\Policies\{GUID}`.
pub(super) fn backup_xml(content: &GpoContent, location: &str, task: &Task) -> BackupXml {
    let core = &content.core;
    let sysvol = core.sysvol_version.unwrap_or_default();
    let versions =
        |half: fn(GpoVersion) -> u16| Versions { sysvol: half(sysvol), directory: half(core.directory_version) };
    BackupXml {
        groups: content.principals.clone(),
        file_paths: Vec::new(),
        gpo_id: Some(core.id),
        domain: core.domain.to_string(),
        display_name: core.display_name.clone(),
        security_descriptor: core.security_descriptor.as_deref().map(|bytes| dacl_alone(bytes, task)),
        flags: core.status.to_flags(),
        computer_versions: versions(|version| version.computer),
        user_versions: versions(|version| version.user),
        computer_extensions: core.computer_extensions.clone(),
        user_extensions: core.user_extensions.clone(),
        wmi_filter: core.wmi_filter.as_ref().map_or_else(String::new, |filter| filter.to_object_path()),
        wmi_filter_name: core.wmi_filter.as_ref().and(core.wmi_filter_name.clone()),
        extensions: Blocks::new(content, location).extensions(task),
    }
}

/// Returns the DACL of a descriptor, which is all that sets hold; bytes that are no descriptor stay as they are.
fn dacl_alone(bytes: &[u8], task: &Task) -> Vec<u8> {
    let reduced = SecurityDescriptor::from_bytes(bytes).and_then(|mut descriptor| {
        (descriptor.owner, descriptor.group, descriptor.sacl) = (None, None, AclState::Absent);
        descriptor.to_bytes()
    });
    reduced.unwrap_or_else(|error| {
        let text = format!("permissions are saved as they are: {error}");
        task.message(StatusMessage::warning(MessageId::ExtensionFailed, text));
        bytes.to_owned()
    })
}

fn is_registered(content: &GpoContent, extension: &str) -> bool {
    [Side::Computer, Side::User].into_iter().any(|side| is_registered_in(content, side, extension))
}

fn is_registered_in(content: &GpoContent, side: Side, extension: &str) -> bool {
    let extension = extension.parse::<Guid>();
    extension.is_ok_and(|extension| ExtensionList::parse_lossy(content.extensions(side)).contains(extension))
}

/// Puts a content into blocks; what one has taken does not come again.
struct Blocks<'a> {
    content: &'a GpoContent,
    location: &'a str,
    gpo: Dn,
    folders: BTreeSet<&'a SysvolPath>,
    files: BTreeSet<&'a SysvolPath>,
    /// Places of objects in [`GpoContent::objects`] that were taken.
    taken_objects: HashSet<usize>,
}

impl<'a> Blocks<'a> {
    fn new(content: &'a GpoContent, location: &'a str) -> Self {
        let is_half = |path: &SysvolPath| path.parts().len() == 1 && half_of(path).is_some();
        Blocks {
            content,
            location,
            gpo: container(&content.core),
            folders: content.folders.iter().filter(|path| !is_half(path)).collect(),
            files: content.files.iter().map(|file| &file.path).collect(),
            taken_objects: HashSet::new(),
        }
    }

    fn extensions(mut self, task: &Task) -> Vec<BackupExtension> {
        let mut blocks = Vec::new();
        let block =
            |id: &str, name: &str, entries| BackupExtension { id: id.to_owned(), name: name.to_owned(), entries };
        let mut registry = Vec::new();
        for side in [Side::Computer, Side::User] {
            registry.extend(self.take_file(&[side.folder(), "registry.pol"], None));
        }
        registry.push(self.take_matching(BackupEntryKind::File, &["Adm"], "*.*", false));
        blocks.push(block(REGISTRY, "Registry", registry));
        if is_registered(self.content, SCRIPTS) {
            let scripts = self.scripts();
            blocks.push(block(SCRIPTS, "Scripts", scripts));
        }
        if is_registered(self.content, SECURITY) {
            let place = [Side::Computer.folder(), "microsoft", "windows nt", "SecEdit", "GptTmpl.inf"];
            let template = self.take_file(&place, Some("SecurityValidateSettings"));
            blocks.push(block(SECURITY, "Security", template.into_iter().collect()));
        }
        if is_registered(self.content, SOFTWARE) {
            let mut software = Vec::new();
            for side in [Side::Computer, Side::User] {
                if is_registered_in(self.content, side, SOFTWARE) {
                    software.extend(self.class_store(side, task));
                }
            }
            blocks.push(block(SOFTWARE, "Software Installation", software));
        }
        let rest = self.rest(task);
        blocks.push(block(UNKNOWN, "Unknown Extension", rest));
        blocks
    }

    fn scripts(&mut self) -> Vec<BackupEntry> {
        let mut entries = Vec::new();
        for (side, events) in [(Side::Computer, ["Startup", "Shutdown"]), (Side::User, ["Logon", "Logoff"])] {
            let folder = side.folder();
            entries.extend(self.take_file(&[folder, "Scripts", "scripts.ini"], Some("ScriptsValidatePaths")));
            entries.extend(self.take_file(&[folder, "Scripts", "PSscripts.ini"], None));
            for event in events {
                for kind in [BackupEntryKind::Folder, BackupEntryKind::File] {
                    entries.push(self.take_matching(kind, &[folder, "Scripts", event], "*", true));
                }
            }
        }
        entries
    }

    /// Returns the entry of a file, if the GPO has it. It is named as Windows names it, in whatever case it is stored.
    fn take_file(&mut self, place: &[&str], function: Option<&str>) -> Option<BackupEntry> {
        let path = path_of(place);
        let function = function.map(str::to_owned);
        self.files.remove(&path).then(|| BackupEntry { function, ..self.entry(BackupEntryKind::File, &path) })
    }

    /// Returns the entry of a pattern with what matches it inside: the folder and those in it, or the files.
    fn take_matching(&mut self, kind: BackupEntryKind, folder: &[&str], pattern: &str, is_deep: bool) -> BackupEntry {
        let folder = path_of(folder);
        let within = |path: &SysvolPath| {
            let below =
                path.parts().len() > folder.parts().len() && path.folded().starts_with(&(folder.folded() + "/"));
            below && (is_deep || path.parts().len() == folder.parts().len() + 1)
        };
        let matching: Vec<&SysvolPath> = match kind {
            BackupEntryKind::Folder => {
                self.folders.iter().copied().filter(|path| **path == folder || within(path)).collect()
            }
            _ => self.files.iter().copied().filter(|path| within(path)).collect(),
        };
        for path in &matching {
            self.files.remove(path);
            self.folders.remove(path);
        }
        let (path, source_path) = (format!("{}\\{pattern}", in_macros(&folder)), self.source(&folder) + "\\" + pattern);
        let entries = matching.into_iter().map(|path| self.entry(kind.clone(), path)).collect();
        BackupEntry { kind, path, source_path, function: None, location: None, entries }
    }

    fn entry(&self, kind: BackupEntryKind, path: &SysvolPath) -> BackupEntry {
        BackupEntry {
            kind,
            path: in_macros(path),
            source_path: self.source(path),
            function: None,
            location: Some(format!("{SYSVOL_FOLDER}\\{}", in_set(path))),
            entries: Vec::new(),
        }
    }

    fn source(&self, path: &SysvolPath) -> String {
        format!("{}\\{path}", self.location)
    }

    /// Returns the class store of a half with its packages inside.
    fn class_store(&mut self, side: Side, task: &Task) -> Option<BackupEntry> {
        let mut store = self.take_object(side, CLASS_STORE, task)?;
        if let Some(mut packages) = self.take_object(side, PACKAGES, task) {
            let below = format!(",{PACKAGES}").to_lowercase();
            let paths = self.content.objects.iter().filter(|object| object.side == side).map(|object| &object.path);
            let paths: Vec<&str> =
                paths.filter(|path| path.to_lowercase().ends_with(&below)).map(String::as_str).collect();
            let found: Vec<_> = paths.into_iter().filter_map(|path| self.take_object(side, path, task)).collect();
            let (path, source_path) = (format!("*,{}", packages.path), format!("*,{}", packages.source_path));
            packages.entries.push(BackupEntry {
                kind: BackupEntryKind::Object(package_pattern()),
                path,
                source_path,
                function: Some("SIProcessAllPackageObjects".to_owned()),
                location: None,
                entries: found,
            });
            store.entries.push(packages);
        }
        Some(store)
    }

    /// Returns the entry of an object of software installation, if the GPO has it.
    fn take_object(&mut self, side: Side, path: &str, task: &Task) -> Option<BackupEntry> {
        let mut objects = self.content.objects.iter().enumerate();
        let is_wanted = |object: &ContentObject| object.side == side && object.path.eq_ignore_ascii_case(path);
        let (place, object) = objects.find(|(_, object)| is_wanted(object))?;
        self.taken_objects.insert(place).then(|| self.object_entry(object, path, software_type, task))
    }

    fn object_entry(
        &self,
        object: &ContentObject,
        path: &str,
        kind: fn(&str) -> Option<BackupAttributeType>,
        task: &Task,
    ) -> BackupEntry {
        let mark = match object.side {
            Side::Computer => COMPUTER_OBJECT_MACRO,
            Side::User => USER_OBJECT_MACRO,
        };
        let is_package = object.class.eq_ignore_ascii_case(PACKAGE_CLASS);
        let id = object.id.filter(|_| is_package).map(|id| ("objectGUID".to_owned(), vec![id.to_bytes().to_vec()]));
        let mut attributes: Vec<_> = id.iter().chain(&object.attributes).collect();
        attributes.sort_by_key(|(name, _)| software_place(&object.class, name));
        let descriptor = object.security_descriptor.as_deref().map(|bytes| dacl_alone(bytes, task));
        BackupEntry {
            path: format!("{path},{mark}"),
            source_path: format!("{path},CN={},{}", object.side.folder(), self.gpo),
            kind: BackupEntryKind::Object(BackupObject {
                class: object.class.clone(),
                security_descriptor: descriptor,
                attributes: attributes
                    .into_iter()
                    .map(|(name, values)| self.attribute(name, values, kind(name)))
                    .collect(),
            }),
            function: None,
            location: None,
            entries: Vec::new(),
        }
    }

    fn attribute(&self, name: &str, values: &[Vec<u8>], kind: Option<BackupAttributeType>) -> BackupAttribute {
        let spelt = known_attribute(name).filter(|_| kind.is_some()).map_or(name, |(known, _)| known);
        let attribute = |kind, values| BackupAttribute { name: spelt.to_owned(), kind, values };
        let is_text = kind != Some(BackupAttributeType::Binary);
        let texts: Option<Vec<&str>> = values.iter().map(|value| writable_text(value).filter(|_| is_text)).collect();
        let Some(texts) = texts else { return attribute(BackupAttributeType::Binary, values.to_vec()) };
        if let [only] = texts[..]
            && kind.is_some()
            && only.contains(self.gpo.as_str())
        {
            let with_macro = only.replace(self.gpo.as_str(), GPO_OBJECT_MACRO).into_bytes();
            return attribute(BackupAttributeType::ExpandedString, vec![with_macro]);
        }
        let kind = match kind {
            Some(BackupAttributeType::String) if values.len() > 1 => BackupAttributeType::MultiString,
            Some(BackupAttributeType::Dword) if values.len() > 1 => BackupAttributeType::MultiDword,
            Some(kind) => kind,
            None => BackupAttributeType::MultiString,
        };
        attribute(kind, values.to_vec())
    }

    /// Returns what no block has taken: objects, then folders and files, each folder before what is in it.
    fn rest(&mut self, task: &Task) -> Vec<BackupEntry> {
        let objects = self.content.objects.iter().enumerate();
        let objects = objects.filter(|(place, _)| !self.taken_objects.contains(place));
        let mut entries: Vec<_> =
            objects.map(|(_, object)| self.object_entry(object, &object.path, |_| None, task)).collect();
        let folders = self.folders.iter().map(|path| (*path, BackupEntryKind::Folder));
        let mut all: Vec<_> = folders.chain(self.files.iter().map(|path| (*path, BackupEntryKind::File))).collect();
        // By its names one by one, so that nothing comes between a folder and what is in it.
        all.sort_by_cached_key(|(path, _)| path.parts().iter().map(|part| part.to_lowercase()).collect::<Vec<_>>());
        entries.extend(all.into_iter().map(|(path, kind)| self.entry(kind, path)));
        entries
    }
}

fn path_of(names: &[&str]) -> SysvolPath {
    SysvolPath::parse(&names.join("/")).unwrap_or_default()
}

/// Returns the half that a path below the GPO's folder lies in.
fn half_of(path: &SysvolPath) -> Option<Side> {
    let first = path.parts().first()?;
    [Side::Computer, Side::User].into_iter().find(|side| side.folder().eq_ignore_ascii_case(first))
}

/// Returns where a file lies below [`SYSVOL_FOLDER`]: halves have the names that GPMC gives them, all else keeps its own.
pub(super) fn in_set(path: &SysvolPath) -> SysvolPath {
    let Some(side) = half_of(path) else { return path.clone() };
    let rest = path.parts().iter().skip(1);
    rest.fold(path_of(&[side.folder()]), |folder, name| folder.join(name).unwrap_or(folder))
}

/// Returns a path with the macro of its half, or of the GPO, at its start.
fn in_macros(path: &SysvolPath) -> String {
    let (mark, skipped) = match half_of(path) {
        Some(Side::Computer) => (COMPUTER_FOLDER_MACRO, 1),
        Some(Side::User) => (USER_FOLDER_MACRO, 1),
        None => (GPO_FOLDER_MACRO, 0),
    };
    let names = path.parts().iter().skip(skipped).map(String::as_str);
    [mark].into_iter().chain(names).collect::<Vec<_>>().join("\\")
}

/// Returns a value as text, if XML has a form for all of it.
fn writable_text(value: &[u8]) -> Option<&str> {
    std::str::from_utf8(value).ok().filter(|text| !text.is_empty() && text.chars().all(is_allowed_in_xml))
}

/// The attributes of packages, in the order in which Windows writes them.
const PACKAGE_ATTRIBUTES: [(&str, BackupAttributeType); 27] = {
    use BackupAttributeType::{Binary, Dword, MultiDword, MultiString, String};
    [
        ("objectGUID", Binary),
        ("cOMClassID", MultiString),
        ("cOMProgID", MultiString),
        ("fileExtPriority", MultiString),
        ("localeID", MultiDword),
        ("machineArchitecture", MultiDword),
        ("versionNumberHi", Dword),
        ("versionNumberLo", Dword),
        ("revision", Dword),
        ("packageType", Dword),
        ("packageFlags", Dword),
        ("packageName", String),
        ("msiScriptPath", String),
        ("msiScriptName", String),
        ("msiScriptSize", Dword),
        ("url", MultiString),
        ("setupCommand", String),
        ("lastUpdateSequence", String),
        ("msiFileList", MultiString),
        ("categories", MultiString),
        ("canUpgradeScript", MultiString),
        ("installUiLevel", Dword),
        ("msiScript", Binary),
        ("displayName", String),
        ("productCode", Binary),
        ("upgradeProductCode", Binary),
        ("Vendor", String),
    ]
};
/// The attributes of the class store, likewise.
const STORE_ATTRIBUTES: [(&str, BackupAttributeType); 4] = [
    ("appSchemaVersion", BackupAttributeType::Dword),
    ("extensionName", BackupAttributeType::String),
    ("description", BackupAttributeType::String),
    ("displayName", BackupAttributeType::String),
];

/// Returns an attribute of software installation, spelt as Windows spells it, with how it is written.
fn known_attribute(name: &str) -> Option<(&'static str, BackupAttributeType)> {
    let mut known = PACKAGE_ATTRIBUTES.iter().chain(&STORE_ATTRIBUTES);
    known.find(|(known, _)| known.eq_ignore_ascii_case(name)).copied()
}

/// Returns how an attribute of the class store is written; texts and numbers that are not among the known ones as several texts.
fn software_type(name: &str) -> Option<BackupAttributeType> {
    Some(known_attribute(name).map_or(BackupAttributeType::MultiString, |(_, kind)| kind))
}

/// Returns the place of an attribute of an object of this class in the order of Windows; those that are not among the known ones come last, in
/// their own.
fn software_place(class: &str, name: &str) -> usize {
    let order: &[_] = if class.eq_ignore_ascii_case(PACKAGE_CLASS) { &PACKAGE_ATTRIBUTES } else { &STORE_ATTRIBUTES };
    order.iter().position(|(known, _)| known.eq_ignore_ascii_case(name)).unwrap_or(order.len())
}

/// Returns the template for packages that stands before them: all of their attributes, without values.
fn package_pattern() -> BackupObject {
    let attributes = PACKAGE_ATTRIBUTES.iter();
    let attributes =
        attributes.map(|(name, kind)| BackupAttribute { name: (*name).to_owned(), kind: *kind, values: Vec::new() });
    BackupObject { class: PACKAGE_CLASS.to_owned(), security_descriptor: None, attributes: attributes.collect() }
}
