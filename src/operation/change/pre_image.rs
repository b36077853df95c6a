//! What a GPO was before an operation changed it: kept in the journal, and put back from there.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::gpm::{HResult, MessageId, OperationError, StatusMessage, Task};
use crate::ident::GpoVersion;
use crate::operation::content::{BOUNDS, ContentFile, ContentObject, content_object};
use crate::operation::half_objects::read_below;
use crate::operation::journal::{JournalEntry, WholeGpo};
use crate::operation::sysvol_tree::{ListTreeError, Tree, Unlisted, list_tree};
use crate::report::Side;
use crate::security::SecurityDescriptor;
use crate::store::{Attribute, Change, SdParts, StoreError, StoreErrorKind, Sysvol, SysvolPath};

use super::access::put_folder_access_back;
use super::objects::write_objects;
use super::target::Target;
use super::tree::{FileTree, copy_tree, make_folder, read_all, write_tree};

/// The attributes of a GPO's container that an operation writes.
const WRITTEN: [&str; 8] = [
    "displayName",
    "flags",
    "versionNumber",
    "gPCMachineExtensionNames",
    "gPCUserExtensionNames",
    "gPCWQLFilter",
    "gPCFileSysPath",
    "gPCFunctionalityVersion",
];
const DESCRIPTOR: &str = "nTSecurityDescriptor";
pub(in crate::operation) const GPT_INI: &str = "GPT.INI";
/// In the journal beside the files, which lie below `files`.
const STATE: &str = "state.bin";
const FILES: &str = "files";
/// The size up to which the bytes of a file are kept with the rest.
const SMALL_BYTES: u64 = 64 << 10;
/// How many such bytes are kept there in all.
const MOST_KEPT_BYTES: u64 = 16 << 20;

/// The two halves of a GPO as they were; the bytes of its files lie elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PreImage {
    /// None where there was no container.
    pub container: Option<Container>,
    /// None where there was no folder.
    pub folder: Option<Folder>,
    /// The bytes of small files by path; in the journal only.
    pub small: Vec<(String, Vec<u8>)>,
}

/// The container of a GPO in the directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Container {
    /// Attributes that an operation writes, those without values left out.
    pub attributes: Vec<(String, Vec<Vec<u8>>)>,
    /// Owner, group and DACL, self-relative; none where they could not be read.
    pub descriptor: Option<Vec<u8>>,
    pub objects: Vec<StoredObject>,
}

/// The folder of a GPO in SYSVOL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Folder {
    /// Owner, group and DACL, self-relative; none where the SYSVOL has none.
    pub descriptor: Option<Vec<u8>>,
    /// The bytes of `GPT.INI`; none where there was none.
    pub gpt_ini: Option<Vec<u8>>,
    pub folders: Vec<String>,
    pub files: Vec<(String, u64)>,
}

/// A [`ContentObject`] as the journal keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoredObject {
    is_user: bool,
    path: String,
    class: String,
    attributes: Vec<(String, Vec<Vec<u8>>)>,
    descriptor: Option<Vec<u8>>,
}

impl Container {
    pub fn value(&self, attribute: &str) -> Option<&[u8]> {
        let found = self.attributes.iter().find(|(name, _)| name.eq_ignore_ascii_case(attribute));
        found.and_then(|(_, values)| values.first()).map(Vec::as_slice)
    }

    pub fn version(&self) -> Option<GpoVersion> {
        GpoVersion::parse(std::str::from_utf8(self.value("versionNumber")?).ok()?)
    }

    pub fn content_objects(&self) -> Vec<ContentObject> {
        self.objects.iter().map(StoredObject::content).collect()
    }
}

impl PreImage {
    /// Reads what there is of a GPO now.
    pub async fn read(target: &Target, task: &Task) -> Result<Self, OperationError> {
        let container = read_container(target, task).await?;
        let folder = read_folder(target, task).await?;
        Ok(PreImage { container, folder, small: Vec::new() })
    }

    /// Copies it into the journal; returns the tree of the copies. The bytes of small files go into one file with all the rest: each file of its
    /// own would cost a flush.
    pub async fn save(&self, target: &Target, entry: &JournalEntry, task: &Task) -> Result<FileTree, OperationError> {
        let failed = |error: StoreError| OperationError::of_write(&error);
        let journal: Arc<dyn Sysvol> = Arc::new(entry.before().await.map_err(failed)?);
        let live = self.tree(Arc::clone(&target.sysvol), &target.folder);
        let mut left = MOST_KEPT_BYTES;
        let (small, large): (Vec<_>, Vec<_>) = live.files.iter().cloned().partition(|file| {
            let is_small = file.size_bytes <= SMALL_BYTES.min(left);
            left -= if is_small { file.size_bytes } else { 0 };
            is_small
        });
        let mut kept = PreImage { small: read_all(&live, &small, task).await?, ..self.clone() };
        kept.small.sort();
        let files = root(FILES);
        if !large.is_empty() {
            make_folder(&*journal, &files).await?;
            copy_tree(&FileTree { files: large, folders: Vec::new(), ..live }, &*journal, &files, task).await?;
        }
        let state = postcard::to_stdvec(&kept);
        let state =
            state.map_err(|error| failed(StoreError::new(StoreErrorKind::InvalidValue, STATE).with_detail(error)))?;
        journal.replace(&root(STATE), &state).await.map_err(failed)?;
        Ok(kept.kept_tree(journal))
    }

    /// Reads it from the journal, with the tree of the copies.
    pub async fn load(entry: &JournalEntry) -> Result<(Self, FileTree), OperationError> {
        let failed = |error: StoreError| OperationError::of_read(&error);
        let journal: Arc<dyn Sysvol> = Arc::new(entry.before().await.map_err(failed)?);
        let state = journal.read(&root(STATE)).await.map_err(failed)?;
        let state: PreImage = postcard::from_bytes(&state)
            .map_err(|error| failed(StoreError::new(StoreErrorKind::Corrupt, STATE).with_detail(error)))?;
        let tree = state.kept_tree(journal);
        Ok((state, tree))
    }

    /// Returns its files with their bytes as the journal keeps them.
    fn kept_tree(&self, journal: Arc<dyn Sysvol>) -> FileTree {
        let small = self.small.iter();
        let changed = small.map(|(path, bytes)| (SysvolPath::parse(path).unwrap_or_default(), bytes.clone())).collect();
        FileTree { changed, ..self.tree(journal, &root(FILES)) }
    }

    /// Returns its files with their bytes below a folder.
    pub fn tree(&self, sysvol: Arc<dyn Sysvol>, folder: &SysvolPath) -> FileTree {
        let (folders, files) = self.folder.as_ref().map_or((&[][..], &[][..]), |own| (&own.folders, &own.files));
        let path = |text: &String| SysvolPath::parse(text).unwrap_or_default();
        let file = |(text, size_bytes): &(String, u64)| {
            let path = path(text);
            ContentFile { place: folder.join_path(&path), path, size_bytes: *size_bytes }
        };
        FileTree {
            folders: folders.iter().map(path).collect(),
            files: files.iter().map(file).collect(),
            sysvol,
            changed: Default::default(),
        }
    }
}

/// Puts a GPO back to what it was: files, then the container.
///
/// # Errors
/// Fails where somebody else has changed the GPO since, and where it cannot be written; what was there before stays in the journal.
pub(super) async fn put_back(target: &Target, entry: &JournalEntry, gpo: &WholeGpo) -> Result<(), OperationError> {
    // Putting back is not to be cancelled.
    let task = Task::default();
    let (before, tree) = PreImage::load(entry).await?;
    let now = PreImage::read(target, &task).await?;
    check_nobody_else(target, &now, gpo)?;
    match &before.folder {
        Some(folder) => put_folder_back(target, folder, &now, &tree, &task).await?,
        None if now.folder.is_none() => {}
        None => match target.sysvol.remove_tree(&target.folder).await {
            Err(error) if error.kind != StoreErrorKind::NotFound => return Err(OperationError::of_write(&error)),
            _ => {}
        },
    }
    let failed = |error: StoreError| OperationError::of_directory(&error);
    match (&before.container, &now.container) {
        (Some(before), Some(now)) => put_container_back(target, before, now, &task).await,
        (None, Some(_)) => target.directory().delete_tree(&target.dn).await.map_err(failed),
        (None, None) => Ok(()),
        (Some(_), None) => Err(failed(StoreError::new(StoreErrorKind::NotFound, &target.dn))),
    }
}

fn check_nobody_else(target: &Target, now: &PreImage, gpo: &WholeGpo) -> Result<(), OperationError> {
    let version = now.container.as_ref().and_then(Container::version).map(GpoVersion::to_u32);
    let is_ours = match gpo.version_before {
        Some(_) => version == gpo.version_before || version == Some(gpo.planned_version),
        // Born with version 0.
        None => version.is_none_or(|version| version == 0 || version == gpo.planned_version),
    };
    if is_ours {
        return Ok(());
    }
    let message = format!("somebody else has changed the GPO {} meanwhile, so it is left as it is", gpo.name);
    Err(OperationError::new(
        StatusMessage::error(MessageId::Conflict, HResult::SHARING_VIOLATION, message).about(&target.dn),
    ))
}

async fn put_folder_back(
    target: &Target,
    folder: &Folder,
    now: &PreImage,
    tree: &FileTree,
    task: &Task,
) -> Result<(), OperationError> {
    let failed = |error: StoreError| OperationError::of_write(&error);
    // Where nothing was written nothing is: a store that refuses every write is left alone.
    if now.folder.is_none() {
        make_folder(&*target.sysvol, &target.folder).await?;
    }
    let present = now.tree(Arc::clone(&target.sysvol), &target.folder);
    write_tree(&present, tree, &*target.sysvol, &target.folder, task, |_| {}).await?;
    let gpt_ini = target.path(GPT_INI);
    let present_ini = now.folder.as_ref().and_then(|now| now.gpt_ini.as_ref());
    match &folder.gpt_ini {
        Some(bytes) if Some(bytes) != present_ini => target.sysvol.replace(&gpt_ini, bytes).await.map_err(failed)?,
        None if present_ini.is_some() => target.sysvol.remove(&gpt_ini).await.map_err(failed)?,
        _ => {}
    }
    let present_access = now.folder.as_ref().and_then(|now| now.descriptor.as_ref());
    if let Some(bytes) = folder.descriptor.as_ref().filter(|bytes| Some(*bytes) != present_access) {
        let descriptor = SecurityDescriptor::from_bytes(bytes)
            .map_err(|error| failed(StoreError::new(StoreErrorKind::Corrupt, &target.folder).with_detail(error)))?;
        put_folder_access_back(&*target.sysvol, &target.folder, &descriptor).await?;
    }
    Ok(())
}

async fn put_container_back(
    target: &Target,
    before: &Container,
    now: &Container,
    task: &Task,
) -> Result<(), OperationError> {
    let directory = target.directory();
    write_objects(directory, &target.dn, &now.content_objects(), &before.content_objects(), task).await?;
    let values = |container: &Container, name: &str| {
        let found = container.attributes.iter().find(|(own, _)| own == name);
        found.map(|(_, values)| values.clone()).unwrap_or_default()
    };
    let mut changes: Vec<Change> = WRITTEN
        .into_iter()
        .filter(|name| values(before, name) != values(now, name))
        .map(|name| Change::Replace(Attribute { name: name.to_owned(), values: values(before, name) }))
        .collect();
    if let Some(descriptor) = before.descriptor.as_ref().filter(|_| before.descriptor != now.descriptor) {
        changes.push(Change::SecurityDescriptor { parts: SdParts::DACL, descriptor: descriptor.clone() });
    }
    if changes.is_empty() {
        return Ok(());
    }
    directory.modify(&target.dn, &changes).await.map_err(|error| OperationError::of_directory(&error))
}

async fn read_container(target: &Target, task: &Task) -> Result<Option<Container>, OperationError> {
    let below = match task.or_cancel(read_below(&target.domain, target.dn.clone(), true)).await? {
        Ok(below) => below,
        Err(error) if error.kind == StoreErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(OperationError::of_directory(&error)),
    };
    let Some(entry) = below.containers.get(&target.dn) else { return Ok(None) };
    let objects = below.objects.get(&target.dn).cloned().unwrap_or_default();
    let attributes = WRITTEN
        .into_iter()
        .map(|name| (name.to_owned(), entry.values(name).to_vec()))
        .filter(|(_, values)| !values.is_empty())
        .collect();
    Ok(Some(Container {
        attributes,
        descriptor: entry.bytes(DESCRIPTOR).map(<[u8]>::to_vec),
        objects: objects.into_iter().map(content_object).map(StoredObject::new).collect(),
    }))
}

async fn read_folder(target: &Target, task: &Task) -> Result<Option<Folder>, OperationError> {
    let failed = |error: StoreError| OperationError::of_read(&error);
    let tree = match list_all(target, task).await? {
        Some(tree) => tree,
        None => return Ok(None),
    };
    let gpt_ini = match task.or_cancel(target.sysvol.read(&target.path(GPT_INI))).await? {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind == StoreErrorKind::NotFound => None,
        Err(error) => return Err(failed(error)),
    };
    let descriptor = if target.sysvol.has_security() {
        Some(task.or_cancel(target.sysvol.security(&target.folder, SdParts::READABLE)).await?.map_err(failed)?)
    } else {
        None
    };
    Ok(Some(Folder {
        descriptor,
        gpt_ini,
        folders: tree.folders,
        files: tree.files.into_iter().filter(|(path, _)| !path.eq_ignore_ascii_case(GPT_INI)).collect(),
    }))
}

/// Lists all files of a GPO; none where it has no folder. A folder that cannot be listed in full cannot be put back.
async fn list_all(target: &Target, task: &Task) -> Result<Option<Tree>, OperationError> {
    let failed = |error: StoreError| OperationError::of_read(&error);
    let mut tree = match list_tree(&*target.sysvol, &target.folder, BOUNDS, task).await {
        Ok(tree) => tree,
        Err(ListTreeError::Cancelled(cancelled)) => return Err(cancelled.into()),
        Err(ListTreeError::Store(error)) if error.kind == StoreErrorKind::NotFound => return Ok(None),
        Err(ListTreeError::Store(error)) => return Err(failed(error)),
    };
    match tree.unlisted.pop() {
        None => Ok(Some(tree)),
        Some((_, Unlisted::Store(error))) => Err(failed(error)),
        Some((path, why)) => Err(failed(StoreError::new(StoreErrorKind::NotSupported, path).with_detail(why))),
    }
}

impl StoredObject {
    fn new(object: ContentObject) -> Self {
        StoredObject {
            is_user: object.side == Side::User,
            path: object.path,
            class: object.class,
            attributes: object.attributes,
            descriptor: object.security_descriptor,
        }
    }

    fn content(&self) -> ContentObject {
        ContentObject {
            side: if self.is_user { Side::User } else { Side::Computer },
            path: self.path.clone(),
            class: self.class.clone(),
            id: None,
            attributes: self.attributes.clone(),
            security_descriptor: self.descriptor.clone(),
        }
    }
}

fn root(name: &str) -> SysvolPath {
    SysvolPath::parse(name).unwrap_or_default()
}
