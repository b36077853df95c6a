//! What a set of a backup holds, checked in full before anybody relies on it: every place it names is there, is what it should be, and lies
//! in the set (`operations.md` 1, 2.1).

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};

use crate::format::{
    BackupAttributeType, BackupEntryKind, BackupXml, COMPUTER_FOLDER_MACRO, GPO_FOLDER_MACRO, GPO_OBJECT_MACRO,
    USER_FOLDER_MACRO,
};
use crate::gpm::{Backup, GpoStatus, MessageId, OperationError, StatusMessage, Task, read_bounded};
use crate::ident::{Dn, DnsName, GpoVersion, Guid, WmiFilterRef};
use crate::report::Side;
use crate::store::{StoreError, SysvolPath};

use super::object::{is_own_attribute, object_place};
use super::stored::{Kind, Stored, invalid, missing, open, stored};
use super::{ContentFile, ContentObject, GpoContent, GpoCore};

/// The file that says what a set holds.
const SET_FILE: &str = "Backup.xml";
impl GpoContent {
    /// Reads what a set holds, and checks all of it: each file that it lists is there, no path leaves the set, no link is followed.
    /// Folders that are listed and were lost are kept; `Machine` and `User` are always there.
    ///
    /// # Errors
    /// Fails where the set is incomplete, damaged or hostile; each file that is missing is told.
    pub async fn read_set(backup: &Backup, task: &Task) -> Result<GpoContent, OperationError> {
        task.checkpoint()?;
        let (owned, own_task) = (backup.clone(), task.clone());
        let read = tokio::task::spawn_blocking(move || read_blocking(&owned, &own_task)).await;
        let read = read.map_err(|failed| invalid(&backup.id, failed))??;
        let sysvol = open(&read.folder, task).await?;
        Ok(GpoContent {
            core: read.core,
            folders: read.folders,
            files: read.files,
            objects: read.objects,
            principals: read.set.groups,
            sysvol,
            changed: BTreeMap::new(),
        })
    }
}

/// A set that was checked.
struct ReadSet {
    folder: PathBuf,
    set: BackupXml,
    core: GpoCore,
    folders: Vec<SysvolPath>,
    files: Vec<ContentFile>,
    objects: Vec<ContentObject>,
}

fn read_blocking(backup: &Backup, task: &Task) -> Result<ReadSet, OperationError> {
    let Some(folder) = &backup.folder else {
        return Err(missing(&backup.id, "the manifest lists this backup, but its folder is not there"));
    };
    let failed =
        |error: io::Error| OperationError::of_read(&StoreError::from_io(folder.join(SET_FILE).display(), &error));
    let path = backup.file(SET_FILE).map_err(failed)?;
    let path = path.ok_or_else(|| missing(&folder.join(SET_FILE).display(), "the set has no such file"))?;
    let set =
        BackupXml::parse(&read_bounded(&path).map_err(failed)?).map_err(|error| invalid(&path.display(), error))?;
    let core = core(&set, &path, task)?;
    let stored = stored(folder, task)?;
    let (folders, files) = places(&set, &stored, &path, task)?;
    let objects = objects(&set, &core, &path, task)?;
    Ok(ReadSet { folder: folder.clone(), set, core, folders, files, objects })
}

fn core(set: &BackupXml, path: &Path, task: &Task) -> Result<GpoCore, OperationError> {
    let id = set.gpo_id.ok_or_else(|| invalid(&path.display(), "the id of the GPO is missing or no GUID"))?;
    let domain = set.domain.parse::<DnsName>().map_err(|error| invalid(&path.display(), error))?;
    let wmi_filter = match set.wmi_filter.as_str() {
        "" => None,
        text => WmiFilterRef::parse_object_path(text)
            .map_err(|error| {
                let message = StatusMessage::warning(MessageId::BackupXmlInvalid, error.to_string());
                task.message(message.about(path.display()));
            })
            .ok(),
    };
    let (computer, user) = (set.computer_versions, set.user_versions);
    Ok(GpoCore {
        id,
        domain,
        display_name: set.display_name.clone(),
        status: GpoStatus::from_flags(set.flags),
        directory_version: GpoVersion { computer: computer.directory, user: user.directory },
        sysvol_version: Some(GpoVersion { computer: computer.sysvol, user: user.sysvol }),
        computer_extensions: set.computer_extensions.clone(),
        user_extensions: set.user_extensions.clone(),
        wmi_filter,
        wmi_filter_name: set.wmi_filter_name.clone(),
        security_descriptor: set.security_descriptor.clone(),
    })
}

/// Returns where files and folders of the GPO belong and lie, and checks each.
fn places(
    set: &BackupXml,
    stored: &Stored,
    set_file: &Path,
    task: &Task,
) -> Result<(Vec<SysvolPath>, Vec<ContentFile>), OperationError> {
    let bad = |text: &str, reason: &str| invalid(&set_file.display(), format!("`{text}` {reason}"));
    let half = |side: Side| SysvolPath::parse(side.folder()).unwrap_or_default();
    let mut folders = BTreeMap::from([half(Side::Computer), half(Side::User)].map(|path| (path.folded(), path)));
    let mut files: BTreeMap<String, ContentFile> = BTreeMap::new();
    let mut gone = Vec::new();
    for entry in set.entries() {
        let Some(location) = &entry.location else { continue };
        if matches!(entry.kind, BackupEntryKind::Object(_)) {
            continue;
        }
        task.checkpoint()?;
        let path = path_in_gpo(&entry.path).map_err(|reason| bad(&entry.path, &reason))?;
        let place = SysvolPath::parse(location).map_err(|error| bad(location, error.reason))?;
        if path.is_root() || place.is_root() {
            return Err(bad(&entry.path, "names no file or folder of the GPO"));
        }
        let kind = match stored.get(&place.folded()).map(Vec::as_slice) {
            None => None,
            Some([only]) => Some(only),
            Some(several) => {
                let exact = several.iter().find(|(stored, _)| stored.to_slashes() == place.to_slashes());
                Some(exact.ok_or_else(|| bad(location, "may be any of several files that differ only in case"))?)
            }
        };
        let mut parent = path.parent();
        match (&entry.kind, kind) {
            (BackupEntryKind::Folder, None | Some((_, Kind::Folder))) => parent = Some(path),
            (BackupEntryKind::Folder, Some(_)) => return Err(bad(location, "is not a folder in the set")),
            (_, None) => gone.push(location.as_str()),
            (_, Some((stored, Kind::File { size_bytes }))) => {
                let file = ContentFile { path: path.clone(), place: stored.clone(), size_bytes: *size_bytes };
                files.entry(path.folded()).or_insert(file);
            }
            (_, Some(_)) => return Err(bad(location, "is not a file in the set")),
        }
        while let Some(folder) = parent.filter(|folder| !folder.is_root()) {
            parent = folder.parent();
            folders.entry(folder.folded()).or_insert(folder);
        }
    }
    if let Some(path) = files.keys().find(|path| folders.contains_key(*path)) {
        return Err(bad(path, "is listed both as a file and as a folder"));
    }
    let folder = set_file.parent().unwrap_or(set_file);
    let mut errors = gone.iter().map(|location| {
        let path = folder.join(location.replace('\\', std::path::MAIN_SEPARATOR_STR));
        missing(&path.display(), "the backup lists this file, but it is not there")
    });
    let Some(first) = errors.next() else {
        return Ok((folders.into_values().collect(), files.into_values().collect()));
    };
    // The first is the reason of the failure, which is told by itself.
    errors.for_each(|error| task.message(*error.0));
    Err(first)
}

/// Returns the path below the GPO's folder that a path with a macro stands for.
fn path_in_gpo(text: &str) -> Result<SysvolPath, String> {
    let halves = [
        (COMPUTER_FOLDER_MACRO, Side::Computer.folder()),
        (USER_FOLDER_MACRO, Side::User.folder()),
        (GPO_FOLDER_MACRO, ""),
    ];
    let found = halves.into_iter().find_map(|(mark, folder)| {
        let (start, rest) = text.split_at_checked(mark.len())?;
        let rest = if rest.is_empty() { rest } else { rest.strip_prefix(['\\', '/'])? };
        start.eq_ignore_ascii_case(mark).then_some((folder, rest))
    });
    let (folder, rest) = found.ok_or("does not belong to the folder of the GPO")?;
    let rest = SysvolPath::parse(rest).map_err(|error| format!("is not a path below the GPO: {}", error.reason))?;
    Ok(SysvolPath::parse(folder).unwrap_or_default().join_path(&rest))
}

/// Returns the objects, parents first.
fn objects(
    set: &BackupXml,
    core: &GpoCore,
    set_file: &Path,
    task: &Task,
) -> Result<Vec<ContentObject>, OperationError> {
    let gpo = container(core);
    let mut seen = HashSet::new();
    let mut objects = Vec::new();
    for (path, object) in set.objects() {
        let Some((side, names)) = object_place(path) else {
            let text = format!("the object `{path}` lies in no half of the GPO and is left out");
            task.message(StatusMessage::warning(MessageId::ExtensionUnknown, text).about(set_file.display()));
            continue;
        };
        let dn = names.parse::<Dn>().map_err(|error| invalid(&set_file.display(), error))?;
        if !seen.insert((side, dn.folded().to_owned())) {
            continue;
        }
        let with_values = object.attributes.iter().filter(|attribute| !attribute.values.is_empty());
        let own = with_values.clone().filter(|attribute| is_own_attribute(&attribute.name));
        let mut attributes: Vec<_> = own
            .map(|attribute| {
                let values = attribute.values.iter().map(|value| match attribute.kind {
                    BackupAttributeType::ExpandedString => expand(value, &gpo),
                    _ => value.clone(),
                });
                (attribute.name.clone(), values.collect())
            })
            .collect();
        attributes.sort_by_cached_key(|(name, _): &(String, Vec<Vec<u8>>)| name.to_lowercase());
        let mut ids = with_values.filter(|attribute| attribute.name.eq_ignore_ascii_case("objectGUID"));
        objects.push((
            dn.depth(),
            ContentObject {
                side,
                path: names.to_owned(),
                class: object.class.clone(),
                id: ids.find_map(|attribute| {
                    Some(Guid::from_bytes(attribute.values.first()?.as_slice().try_into().ok()?))
                }),
                attributes,
                security_descriptor: object.security_descriptor.clone(),
            },
        ));
    }
    objects.sort_by_key(|(depth, _)| *depth);
    Ok(objects.into_iter().map(|(_, object)| object).collect())
}

/// Returns the DN of the GPO's container in the domain it comes from.
pub(in crate::operation) fn container(core: &GpoCore) -> Dn {
    core.domain.to_domain_dn().child("CN", "System").child("CN", "Policies").child("CN", &core.id.to_string())
}

/// Puts the GPO's DN in place of its macro, so that a value reads as it did in the directory.
fn expand(value: &[u8], gpo: &Dn) -> Vec<u8> {
    match std::str::from_utf8(value) {
        Ok(text) => text.replace(GPO_OBJECT_MACRO, gpo.as_str()).into_bytes(),
        Err(_) => value.to_owned(),
    }
}
