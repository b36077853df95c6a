//! The files of a GPO, written so that what was there before can be put back.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::{self, StreamExt};

use crate::gpm::{OperationError, Task};
use crate::operation::content::{ContentFile, GpoContent, source};
use crate::store::{ContentSource, StoreError, StoreErrorKind, Sysvol, SysvolPath};

/// Files that are written, read or removed at the same time.
const IN_FLIGHT: usize = 16;

/// A tree of files and where their bytes come from. Paths are below the folder of the GPO.
#[derive(Clone)]
pub(in crate::operation) struct FileTree {
    /// Folders, parents first.
    pub folders: Vec<SysvolPath>,
    /// Files with the place of their bytes in `sysvol`.
    pub files: Vec<ContentFile>,
    /// Where the bytes lie.
    pub sysvol: Arc<dyn Sysvol>,
    /// Bytes that are not those at their place.
    pub changed: BTreeMap<SysvolPath, Vec<u8>>,
}

impl FileTree {
    /// Returns the files of a content.
    pub fn of_content(content: &GpoContent) -> Self {
        FileTree {
            folders: content.folders.clone(),
            files: content.files.clone(),
            sysvol: Arc::clone(&content.sysvol),
            changed: content.changed.clone(),
        }
    }

    fn source(&self, file: &ContentFile) -> Box<dyn ContentSource> {
        source(&self.sysvol, &self.changed, file)
    }

    fn size_bytes(&self, file: &ContentFile) -> u64 {
        self.changed.get(&file.path).map_or(file.size_bytes, |bytes| bytes.len() as u64)
    }

    /// Returns all folders that must be there, those of the files too, parents first.
    pub(in crate::operation) fn needed_folders(&self) -> Vec<SysvolPath> {
        let mut known = HashSet::new();
        let mut needed = Vec::new();
        let of_files = self.files.iter().filter_map(|file| file.path.parent());
        for folder in self.folders.iter().cloned().chain(of_files) {
            let mut chain = vec![folder];
            while let Some(parent) = chain.last().and_then(SysvolPath::parent) {
                chain.push(parent);
            }
            let missing = chain.into_iter().rev().filter(|folder| !folder.is_root() && known.insert(folder.clone()));
            needed.extend(missing);
        }
        needed
    }
}

/// Reads files, many at a time; returns their bytes by path.
pub(in crate::operation) async fn read_all(
    tree: &FileTree,
    files: &[ContentFile],
    task: &Task,
) -> Result<Vec<(String, Vec<u8>)>, OperationError> {
    let reads: Vec<_> = files
        .iter()
        .map(|file| async move {
            let mut source = tree.source(file);
            let mut bytes = Vec::new();
            while let Some(piece) = source.next_piece().await.map_err(|error| OperationError::of_read(&error))? {
                bytes.extend(piece);
            }
            Ok::<_, OperationError>((file.path.to_string(), bytes))
        })
        .collect();
    let mut reads = stream::iter(reads).buffer_unordered(IN_FLIGHT);
    let mut read = Vec::new();
    while let Some(file) = task.or_cancel(reads.next()).await? {
        read.push(file?);
    }
    Ok(read)
}

/// Copies a tree to a place where nothing is yet. Ends with the first failure or at a cancel; what was written by then stays.
pub(in crate::operation) async fn copy_tree(
    tree: &FileTree,
    to: &dyn Sysvol,
    root: &SysvolPath,
    task: &Task,
) -> Result<(), OperationError> {
    for folder in tree.needed_folders() {
        task.checkpoint()?;
        make_folder(to, &root.join_path(&folder)).await?;
    }
    let copies: Vec<_> = tree.files.iter().map(|file| write_file(tree, file, to, root, None)).collect();
    all_to_their_end(copies, task, |_| {}).await
}

/// Makes the folder of a GPO hold exactly this tree; `present` is what it holds now. Files of the same bytes are left alone. New files come
/// first, what is not wanted goes last. `done` is told how many of the files are done.
///
/// # Errors
/// Ends with the first failure or at a cancel, when no write is under way any more.
pub(in crate::operation) async fn write_tree(
    present: &FileTree,
    wanted: &FileTree,
    to: &dyn Sysvol,
    root: &SysvolPath,
    task: &Task,
    done: impl FnMut(usize),
) -> Result<(), OperationError> {
    remove_in_the_way(present, wanted, to, root, task).await?;
    let there: HashSet<&SysvolPath> = present.folders.iter().collect();
    let needed = wanted.needed_folders();
    for folder in needed.iter().filter(|folder| !there.contains(folder)) {
        task.checkpoint()?;
        make_folder(to, &root.join_path(folder)).await?;
    }
    let old: HashMap<&SysvolPath, &ContentFile> = present.files.iter().map(|file| (&file.path, file)).collect();
    let writes: Vec<_> = wanted
        .files
        .iter()
        .map(|file| {
            let old = old.get(&file.path).map(|old| (present, *old));
            write_file(wanted, file, to, root, old)
        })
        .collect();
    all_to_their_end(writes, task, done).await?;
    let kept: HashSet<&SysvolPath> = wanted.files.iter().map(|file| &file.path).collect();
    let stale = present.files.iter().filter(|file| !kept.contains(&file.path));
    let removals: Vec<_> = stale.map(|file| remove(to, root.join_path(&file.path))).collect();
    all_to_their_end(removals, task, |_| {}).await?;
    let kept: HashSet<&SysvolPath> = needed.iter().collect();
    let mut stale: Vec<_> = present.folders.iter().filter(|folder| !kept.contains(folder)).collect();
    // A folder after what is in it.
    stale.sort_by_key(|folder| std::cmp::Reverse(folder.parts().len()));
    for folder in stale {
        task.checkpoint()?;
        remove(to, root.join_path(folder)).await?;
    }
    Ok(())
}

/// Removes a folder where a file is wanted, and a file where a folder is.
async fn remove_in_the_way(
    present: &FileTree,
    wanted: &FileTree,
    to: &dyn Sysvol,
    root: &SysvolPath,
    task: &Task,
) -> Result<(), OperationError> {
    let wanted_files: HashSet<&SysvolPath> = wanted.files.iter().map(|file| &file.path).collect();
    let needed = wanted.needed_folders();
    let wanted_folders: HashSet<&SysvolPath> = needed.iter().collect();
    let folders = present.folders.iter().filter(|folder| wanted_files.contains(folder));
    let files = present.files.iter().map(|file| &file.path).filter(|file| wanted_folders.contains(file));
    for path in folders.chain(files) {
        task.checkpoint()?;
        match to.remove_tree(&root.join_path(path)).await {
            Err(error) if error.kind != StoreErrorKind::NotFound => return Err(OperationError::of_write(&error)),
            _ => {}
        }
    }
    Ok(())
}

pub(in crate::operation) async fn make_folder(to: &dyn Sysvol, folder: &SysvolPath) -> Result<(), OperationError> {
    match to.make_folder(folder).await {
        Err(error) if error.kind == StoreErrorKind::AlreadyExists => Ok(()),
        made => made.map_err(|error| OperationError::of_write(&error)),
    }
}

async fn write_file(
    tree: &FileTree,
    file: &ContentFile,
    to: &dyn Sysvol,
    root: &SysvolPath,
    old: Option<(&FileTree, &ContentFile)>,
) -> Result<(), OperationError> {
    if let Some((present, old)) = old
        && is_same(tree, file, present, old).await
    {
        return Ok(());
    }
    let mut source = Watched { source: tree.source(file), failure: None };
    match to.replace_from(&root.join_path(&file.path), &mut source).await {
        Ok(()) => Ok(()),
        // Whose fault it was decides which file the message names.
        Err(error) => Err(match source.failure {
            Some(failure) => OperationError::of_read(&failure),
            None => OperationError::of_write(&error),
        }),
    }
}

/// Tells whether two files hold the same bytes; no, where one of them cannot be read.
async fn is_same(tree: &FileTree, file: &ContentFile, present: &FileTree, old: &ContentFile) -> bool {
    if tree.size_bytes(file) != present.size_bytes(old) {
        return false;
    }
    let (mut one, mut other) = (tree.source(file), present.source(old));
    let (mut left, mut right) = (Vec::new(), Vec::new());
    loop {
        for (source, rest) in [(&mut one, &mut left), (&mut other, &mut right)] {
            if rest.is_empty() {
                match source.next_piece().await {
                    Ok(piece) => *rest = piece.unwrap_or_default(),
                    Err(_) => return false,
                }
            }
        }
        if left.is_empty() || right.is_empty() {
            return left.is_empty() && right.is_empty();
        }
        let common = left.len().min(right.len());
        if left[..common] != right[..common] {
            return false;
        }
        left.drain(..common);
        right.drain(..common);
    }
}

/// A source that remembers its own failure.
struct Watched {
    source: Box<dyn ContentSource>,
    failure: Option<StoreError>,
}

#[async_trait]
impl ContentSource for Watched {
    async fn next_piece(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        let piece = self.source.next_piece().await;
        self.failure = piece.as_ref().err().cloned();
        piece
    }
}

/// Removes a file or an empty folder; it is no matter if it is gone. Somebody may have it open for a moment: tried for a second.
async fn remove(to: &dyn Sysvol, path: SysvolPath) -> Result<(), OperationError> {
    let mut pause = Duration::from_millis(20);
    loop {
        let error = match to.remove(&path).await {
            Ok(()) => return Ok(()),
            Err(error) if error.kind == StoreErrorKind::NotFound => return Ok(()),
            Err(error) => error,
        };
        let may_pass = matches!(error.kind, StoreErrorKind::NotEmpty | StoreErrorKind::Io | StoreErrorKind::Conflict);
        if !may_pass || pause > Duration::from_millis(640) {
            return Err(OperationError::of_write(&error));
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
}

/// Runs writes, many at a time. After the first failure or a cancel no more are begun, and those under way run to their end: what comes next
/// must not meet them.
async fn all_to_their_end(
    writes: Vec<impl Future<Output = Result<(), OperationError>> + Send>,
    task: &Task,
    mut done: impl FnMut(usize),
) -> Result<(), OperationError> {
    let stopped = AtomicBool::new(false);
    let stopped = &stopped;
    let writes: Vec<_> = writes
        .into_iter()
        .map(|write| async move {
            if stopped.load(Ordering::Acquire) {
                return Ok(());
            }
            task.checkpoint()?;
            write.await
        })
        .collect();
    let mut running = stream::iter(writes).buffer_unordered(IN_FLIGHT);
    let (mut first, mut count) = (Ok(()), 0);
    while let Some(result) = running.next().await {
        count += 1;
        if first.is_ok() {
            if result.is_err() {
                stopped.store(true, Ordering::Release);
            } else {
                done(count);
            }
            first = result;
        }
    }
    first
}
