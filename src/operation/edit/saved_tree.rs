//! The content of a folder of SYSVOL that goes, kept in the journal with who may do what, and put back from there.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, StreamExt};
use serde::{Deserialize, Serialize};

use crate::gpm::{OperationError, Task};
use crate::operation::change::{FileTree, copy_tree, make_folder};
use crate::operation::content::{BOUNDS, ContentFile};
use crate::operation::sysvol_tree::{IN_FLIGHT, ListTreeError, Unlisted, list_tree};
use crate::store::{FolderSysvol, SdParts, StoreError, StoreErrorKind, Sysvol, SysvolPath};

/// What was in a folder; the bytes of the files lie beside it.
#[derive(Debug, Serialize, Deserialize)]
struct Content {
    folders: Vec<String>,
    files: Vec<(String, u64)>,
    /// Descriptors by path, that of the folder itself under the empty one; none where the SYSVOL has none.
    access: Vec<(String, Vec<u8>)>,
}

const CONTENT: &str = "content.bin";
const FILES: &str = "files";
/// A local disk that makes no progress for this long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// Copies a folder into the journal; nothing where there is no such folder. Returns whether there was one.
pub(super) async fn save(
    sysvol: &Arc<dyn Sysvol>,
    folder: &SysvolPath,
    into: &Path,
    task: &Task,
) -> Result<bool, OperationError> {
    let read = |error: StoreError| OperationError::of_read(&error);
    let tree = match list_tree(&**sysvol, folder, BOUNDS, task).await {
        Ok(tree) => tree,
        Err(ListTreeError::Cancelled(cancelled)) => return Err(cancelled.into()),
        Err(ListTreeError::Store(error)) if error.kind == StoreErrorKind::NotFound => return Ok(false),
        Err(ListTreeError::Store(error)) => return Err(read(error)),
    };
    // What cannot be listed in full cannot be put back.
    match tree.unlisted.into_iter().next() {
        None => {}
        Some((_, Unlisted::Store(error))) => return Err(read(error)),
        Some((path, why)) => return Err(read(StoreError::new(StoreErrorKind::NotSupported, path).with_detail(why))),
    }
    let mut content = Content { folders: tree.folders, files: tree.files, access: Vec::new() };
    if sysvol.has_security() {
        content.access = read_access(&**sysvol, folder, &content, task).await?;
    }
    let journal = open(into).await?;
    let files = root(FILES);
    make_folder(&*journal, &files).await?;
    copy_tree(&file_tree(&content, Arc::clone(sysvol), folder), &*journal, &files, task).await?;
    let bytes = postcard::to_stdvec(&content).map_err(|error| {
        OperationError::of_write(&StoreError::new(StoreErrorKind::InvalidValue, CONTENT).with_detail(error))
    })?;
    journal.replace(&root(CONTENT), &bytes).await.map_err(|error| OperationError::of_write(&error))?;
    Ok(true)
}

/// Puts a folder back where there is none.
pub(super) async fn put(
    sysvol: &Arc<dyn Sysvol>,
    folder: &SysvolPath,
    from: &Path,
    task: &Task,
) -> Result<(), OperationError> {
    let journal = open(from).await?;
    let bytes = journal.read(&root(CONTENT)).await.map_err(|error| OperationError::of_read(&error))?;
    let content: Content = postcard::from_bytes(&bytes).map_err(|error| {
        OperationError::of_read(&StoreError::new(StoreErrorKind::Corrupt, CONTENT).with_detail(error))
    })?;
    // Where something is there already, it is not ours to fill.
    sysvol.make_folder(folder).await.map_err(|error| OperationError::of_write(&error))?;
    // The folder comes first, so that nothing in it can ever be read by whom it is not for.
    for (path, descriptor) in content.access.iter().filter(|(path, _)| path.is_empty()) {
        set_access(&**sysvol, folder, path, descriptor).await?;
    }
    copy_tree(&file_tree(&content, journal, &root(FILES)), &**sysvol, folder, task).await?;
    let writes: Vec<_> = content
        .access
        .iter()
        .filter(|(path, _)| !path.is_empty())
        .map(|(path, descriptor)| set_access(&**sysvol, folder, path, descriptor))
        .collect();
    let mut writes = stream::iter(writes).buffer_unordered(IN_FLIGHT);
    while let Some(written) = writes.next().await {
        written?;
    }
    Ok(())
}

async fn open(folder: &Path) -> Result<Arc<dyn Sysvol>, OperationError> {
    let failed = |error: StoreError| OperationError::of_write(&error);
    std::fs::create_dir_all(folder).map_err(|error| failed(StoreError::from_io(folder.display(), &error)))?;
    Ok(Arc::new(FolderSysvol::open(folder, PATIENCE).await.map_err(failed)?))
}

async fn read_access(
    sysvol: &dyn Sysvol,
    folder: &SysvolPath,
    content: &Content,
    task: &Task,
) -> Result<Vec<(String, Vec<u8>)>, OperationError> {
    let paths = content.folders.iter().chain(content.files.iter().map(|(path, _)| path));
    let paths = std::iter::once(String::new()).chain(paths.cloned());
    let reads: Vec<_> = paths
        .map(|path| async move {
            let read = sysvol.security(&folder.join_path(&root(&path)), SdParts::READABLE).await;
            read.map(|descriptor| (path, descriptor)).map_err(|error| OperationError::of_read(&error))
        })
        .collect();
    let mut reads = stream::iter(reads).buffered(IN_FLIGHT);
    let mut access = Vec::new();
    while let Some(read) = task.or_cancel(reads.next()).await? {
        access.push(read?);
    }
    Ok(access)
}

/// Sets owner, group and DACL where that is allowed, else the DACL alone.
async fn set_access(
    sysvol: &dyn Sysvol,
    folder: &SysvolPath,
    path: &str,
    descriptor: &[u8],
) -> Result<(), OperationError> {
    let path = folder.join_path(&root(path));
    let set = match sysvol.set_security(&path, SdParts::READABLE, descriptor).await {
        Err(error) if matches!(error.kind, StoreErrorKind::AccessDenied | StoreErrorKind::InvalidValue) => {
            sysvol.set_security(&path, SdParts::DACL, descriptor).await
        }
        set => set,
    };
    set.map_err(|error| OperationError::of_write(&error))
}

fn file_tree(content: &Content, sysvol: Arc<dyn Sysvol>, folder: &SysvolPath) -> FileTree {
    let file = |(path, size_bytes): &(String, u64)| {
        let path = root(path);
        ContentFile { place: folder.join_path(&path), path, size_bytes: *size_bytes }
    };
    FileTree {
        folders: content.folders.iter().map(|path| root(path)).collect(),
        files: content.files.iter().map(file).collect(),
        sysvol,
        changed: Default::default(),
    }
}

/// Paths come from a listing or from what was made of one.
fn root(path: &str) -> SysvolPath {
    SysvolPath::parse(path).unwrap_or_default()
}
