//! A SYSVOL that is a folder of this machine: a UNC path on Windows, a mounted share, a copied tree.
//!
//! Paths compare without case on every file system: an exact name is preferred, else the only name that differs in case.
//! No path leaves the folder, not even through a symbolic link. A plain folder has no security descriptors that every
//! platform could read, so this backend has none: a written file gets what its folder hands down.
//! Whatever the system does here may block (a share whose server is gone), so it runs beside the runtime, under a watch.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use async_trait::async_trait;

use crate::ident::{DnsName, Timestamp};

use super::{ContentSource, FileInfo, SdParts, StoreError, StoreErrorKind, Sysvol, SysvolPath};

/// A SYSVOL in a folder.
pub struct FolderSysvol {
    root: Arc<Root>,
    location: String,
    timeout: Duration,
}

impl FolderSysvol {
    /// Opens the folder that holds `Policies`. A call that makes no progress for `timeout` fails.
    pub async fn open(root: &Path, timeout: Duration) -> Result<Self, StoreError> {
        let location = root.display().to_string();
        let unopened = Arc::new(Root { path: root.to_owned(), location: location.clone(), is_synced: true });
        let path = watched(unopened, timeout, |root, _| {
            let path = fs::canonicalize(&root.path).map_err(|e| StoreError::from_io(&root.location, &e))?;
            if path.is_dir() { Ok(path) } else { Err(not_a_folder(&root.location)) }
        })
        .await?;
        let root = Arc::new(Root { path, location: location.clone(), is_synced: true });
        Ok(FolderSysvol { root, location, timeout })
    }

    /// Leaves the flushing of each file to the system. For a tree that nobody looks at before it is whole, and that is made anew
    /// after a crash: a flush costs more than all else that is done for a small file.
    pub fn unsynced(self) -> Self {
        let Root { path, location, .. } = &*self.root;
        let root = Arc::new(Root { path: path.clone(), location: location.clone(), is_synced: false });
        FolderSysvol { root, ..self }
    }

    /// Opens the folder of a domain in a folder that holds one for each domain, as the share `sysvol` does.
    pub async fn open_domain(share: &Path, domain: &DnsName, timeout: Duration) -> Result<Self, StoreError> {
        let name = domain.to_string();
        let holder = FolderSysvol::open(share, timeout).await?;
        let path = SysvolPath::root()
            .join(&name)
            .map_err(|e| StoreError::new(StoreErrorKind::BadPath, &name).with_detail(e.reason))?;
        let stored = holder.stat(&path).await?;
        FolderSysvol::open(&share.join(stored.name), timeout).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Root, &Watch) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        watched(Arc::clone(&self.root), self.timeout, work).await
    }
}

#[async_trait]
impl Sysvol for FolderSysvol {
    fn location(&self) -> &str {
        &self.location
    }

    fn has_security(&self) -> bool {
        false
    }

    async fn list(&self, folder: &SysvolPath) -> Result<Vec<FileInfo>, StoreError> {
        let folder = folder.clone();
        self.run(move |root, watch| root.list(&folder, watch)).await
    }

    async fn stat(&self, path: &SysvolPath) -> Result<FileInfo, StoreError> {
        let path = path.clone();
        self.run(move |root, _| root.stat(&path)).await
    }

    async fn read(&self, path: &SysvolPath) -> Result<Vec<u8>, StoreError> {
        let path = path.clone();
        self.run(move |root, watch| root.read(&path, 0, u64::MAX, watch)).await
    }

    async fn read_range(&self, path: &SysvolPath, offset: u64, length: usize) -> Result<Vec<u8>, StoreError> {
        let path = path.clone();
        self.run(move |root, watch| root.read(&path, offset, length as u64, watch)).await
    }

    async fn replace(&self, path: &SysvolPath, content: &[u8]) -> Result<(), StoreError> {
        let (path, content) = (path.clone(), content.to_vec());
        self.run(move |root, watch| {
            let mut file = root.new_file(&path)?;
            root.append(&mut file, &content, watch)?;
            root.put_in_place(file, watch)
        })
        .await
    }

    async fn replace_from(&self, path: &SysvolPath, source: &mut dyn ContentSource) -> Result<(), StoreError> {
        let first = source.next_piece().await?.unwrap_or_default();
        let Some(mut piece) = source.next_piece().await? else { return self.replace(path, &first).await };
        let path = path.clone();
        let mut file = self
            .run(move |root, watch| {
                let mut file = root.new_file(&path)?;
                root.append(&mut file, &first, watch)?;
                Ok(file)
            })
            .await?;
        // Where the source fails or nobody waits any more, the file goes out of hand, and with that out of the folder.
        loop {
            file = self
                .run(move |root, watch| {
                    root.append(&mut file, &piece, watch)?;
                    Ok(file)
                })
                .await?;
            match source.next_piece().await? {
                Some(next) => piece = next,
                None => break,
            }
        }
        self.run(move |root, watch| root.put_in_place(file, watch)).await
    }

    async fn make_folder(&self, path: &SysvolPath) -> Result<(), StoreError> {
        let path = path.clone();
        self.run(move |root, _| root.make_folder(&path)).await
    }

    async fn remove(&self, path: &SysvolPath) -> Result<(), StoreError> {
        let path = path.clone();
        self.run(move |root, _| root.remove(&path)).await
    }

    async fn remove_tree(&self, path: &SysvolPath) -> Result<(), StoreError> {
        let path = path.clone();
        self.run(move |root, watch| {
            let place = root.below_root(&path)?;
            remove_all(&place, watch).map_err(|e| root.error(&path, &e))
        })
        .await
    }

    async fn rename(&self, from: &SysvolPath, to: &SysvolPath) -> Result<(), StoreError> {
        let (from, to) = (from.clone(), to.clone());
        self.run(move |root, _| root.rename(&from, &to)).await
    }

    async fn security(&self, path: &SysvolPath, _parts: SdParts) -> Result<Vec<u8>, StoreError> {
        Err(self.root.no_security(path))
    }

    async fn set_security(&self, path: &SysvolPath, _parts: SdParts, _descriptor: &[u8]) -> Result<(), StoreError> {
        Err(self.root.no_security(path))
    }
}

/// How much is read or written between two looks at the watch.
const CHUNK_BYTES: usize = 1 << 20;

/// What the waiting side and the working thread know of each other.
#[derive(Default)]
struct Watch {
    steps: AtomicU64,
    given_up: AtomicBool,
}

impl Watch {
    /// Notes that the work goes on; an error where nobody waits for it any more.
    fn step(&self) -> io::Result<()> {
        self.steps.fetch_add(1, Ordering::Relaxed);
        if self.given_up.load(Ordering::Acquire) { Err(io::ErrorKind::TimedOut.into()) } else { Ok(()) }
    }
}

/// Tells the working thread to stop at its next step once its caller is gone.
struct GiveUp(Arc<Watch>);

impl Drop for GiveUp {
    fn drop(&mut self) {
        self.0.given_up.store(true, Ordering::Release);
    }
}

/// Runs blocking work beside the runtime and waits for it as long as it makes progress.
async fn watched<T: Send + 'static>(
    root: Arc<Root>,
    timeout: Duration,
    work: impl FnOnce(&Root, &Watch) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let watch = Arc::new(Watch::default());
    let give_up = GiveUp(Arc::clone(&watch));
    let location = root.location.clone();
    let mut running = tokio::task::spawn_blocking({
        let watch = Arc::clone(&watch);
        move || work(&root, &watch)
    });
    let mut seen = 0;
    loop {
        match tokio::time::timeout(timeout, &mut running).await {
            Ok(Ok(result)) => {
                drop(give_up);
                return result;
            }
            Ok(Err(failed)) if failed.is_cancelled() => {
                return Err(StoreError::new(StoreErrorKind::Cancelled, location));
            }
            Ok(Err(failed)) => return Err(StoreError::new(StoreErrorKind::Io, location).with_detail(failed)),
            Err(_elapsed) => {
                let steps = watch.steps.load(Ordering::Relaxed);
                if steps == seen {
                    let detail = format!("no progress for {} s", timeout.as_secs_f32());
                    return Err(StoreError::new(StoreErrorKind::Timeout, location).with_detail(detail));
                }
                seen = steps;
            }
        }
    }
}

/// The folder itself; every method blocks.
struct Root {
    /// As the system names it, without links.
    path: PathBuf,
    /// As the user named it.
    location: String,
    /// Whether a file is on the disk before it takes its place.
    is_synced: bool,
}

/// A file that is being written beside the place it will take; gone if it never does.
struct NewFile {
    path: SysvolPath,
    temporary: tempfile::NamedTempFile,
    target: PathBuf,
    /// Those of the old file.
    permissions: Option<fs::Permissions>,
}

impl Root {
    fn name(&self, path: &SysvolPath) -> String {
        let mut name = PathBuf::from(&self.location);
        name.extend(path.parts());
        name.display().to_string()
    }

    fn error(&self, path: &SysvolPath, error: &io::Error) -> StoreError {
        match error.kind() {
            // What stands where a folder of the path should be is a file.
            io::ErrorKind::NotADirectory => {
                StoreError { kind: StoreErrorKind::NotFound, ..StoreError::from_io(self.name(path), error) }
            }
            _ => StoreError::from_io(self.name(path), error),
        }
    }

    fn new_error(&self, kind: StoreErrorKind, path: &SysvolPath) -> StoreError {
        StoreError::new(kind, self.name(path))
    }

    fn no_security(&self, path: &SysvolPath) -> StoreError {
        self.new_error(StoreErrorKind::NotSupported, path).with_detail("a plain folder has no security descriptors")
    }

    /// Returns where the entry of this name stands in a folder, if there is one.
    fn find(&self, folder: &Path, name: &str, path: &SysvolPath) -> Result<Option<PathBuf>, StoreError> {
        let exact = folder.join(name);
        match fs::symlink_metadata(&exact) {
            Ok(_) => return Ok(Some(exact)),
            Err(e) if e.kind() == io::ErrorKind::NotADirectory => return Ok(None),
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidFilename) => {}
            Err(e) => return Err(self.error(path, &e)),
        }
        let folded = name.to_lowercase();
        let mut found: Option<PathBuf> = None;
        let entries = match fs::read_dir(folder) {
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => return Ok(None),
            entries => entries.map_err(|e| self.error(path, &e))?,
        };
        for entry in entries {
            let entry = entry.map_err(|e| self.error(path, &e))?;
            if entry.file_name().to_string_lossy().to_lowercase() != folded {
                continue;
            }
            if let Some(other) = found.replace(entry.path()) {
                let detail = format!("{} and {} differ only in case", other.display(), entry.path().display());
                return Err(self.new_error(StoreErrorKind::Corrupt, path).with_detail(detail));
            }
        }
        Ok(found)
    }

    /// Follows a link, as long as it stays below the root.
    fn follow(&self, place: PathBuf, path: &SysvolPath) -> Result<PathBuf, StoreError> {
        let metadata = fs::symlink_metadata(&place).map_err(|e| self.error(path, &e))?;
        if !metadata.is_symlink() {
            return Ok(place);
        }
        let target = fs::canonicalize(&place).map_err(|e| self.error(path, &e))?;
        if target.starts_with(&self.path) {
            Ok(target)
        } else {
            let detail = format!("{} is a link that leaves the folder", place.display());
            Err(self.new_error(StoreErrorKind::BadPath, path).with_detail(detail))
        }
    }

    /// Returns where an existing file or folder stands, links followed.
    fn resolve(&self, path: &SysvolPath) -> Result<PathBuf, StoreError> {
        let mut place = self.path.clone();
        for part in path.parts() {
            let found = self.find(&place, part, path)?;
            place = self.follow(found.ok_or_else(|| self.new_error(StoreErrorKind::NotFound, path))?, path)?;
        }
        Ok(place)
    }

    /// Returns the folder that holds the last name of the path, and where that name stands in it if it exists;
    /// a link of that name is not followed. The root itself is refused.
    fn resolve_last(&self, path: &SysvolPath) -> Result<(PathBuf, Option<PathBuf>), StoreError> {
        let parent = path.parent().ok_or_else(|| {
            self.new_error(StoreErrorKind::BadPath, path).with_detail("the root itself is not changed")
        })?;
        let folder = self.resolve(&parent).map_err(|e| StoreError { object: self.name(path), ..e })?;
        let place = self.find(&folder, path.name(), path)?;
        Ok((folder, place))
    }

    /// Returns where an existing file, folder or link stands that is not the root.
    fn below_root(&self, path: &SysvolPath) -> Result<PathBuf, StoreError> {
        self.resolve_last(path)?.1.ok_or_else(|| self.new_error(StoreErrorKind::NotFound, path))
    }

    fn list(&self, folder: &SysvolPath, watch: &Watch) -> Result<Vec<FileInfo>, StoreError> {
        let place = self.resolve(folder)?;
        if place.is_file() {
            return Err(not_a_folder(&self.name(folder)));
        }
        let mut files = Vec::new();
        for entry in fs::read_dir(place).map_err(|e| self.error(folder, &e))? {
            let entry = entry.map_err(|e| self.error(folder, &e))?;
            watch.step().map_err(|e| self.error(folder, &e))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            // A link that leads nowhere, or out of the root, is listed as what it is: no folder, and empty.
            let target = self.follow(entry.path(), folder).unwrap_or_else(|_| entry.path());
            match fs::symlink_metadata(&target) {
                Ok(metadata) => files.push(file_info(name, &metadata)),
                // Removed since the folder was read.
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(e) => return Err(self.error(folder, &e)),
            }
        }
        files.sort_by_cached_key(|file| file.name.to_lowercase());
        Ok(files)
    }

    fn stat(&self, path: &SysvolPath) -> Result<FileInfo, StoreError> {
        let place = self.resolve(path)?;
        let metadata = fs::metadata(&place).map_err(|e| self.error(path, &e))?;
        let (Some(folder), false) = (place.parent(), path.is_root()) else {
            return Ok(file_info(path.name().to_owned(), &metadata));
        };
        // The system may have found the file by another case than the one it is stored in.
        let folded = path.name().to_lowercase();
        let mut stored = path.name().to_owned();
        for entry in fs::read_dir(folder).map_err(|e| self.error(path, &e))? {
            let name = entry.map_err(|e| self.error(path, &e))?.file_name().to_string_lossy().into_owned();
            if name == path.name() {
                stored = name;
                break;
            }
            if name.to_lowercase() == folded {
                stored = name;
            }
        }
        Ok(file_info(stored, &metadata))
    }

    fn read(&self, path: &SysvolPath, offset: u64, length: u64, watch: &Watch) -> Result<Vec<u8>, StoreError> {
        let place = self.resolve(path)?;
        let error = |e: io::Error| self.error(path, &e);
        // Before opening: a pipe would keep us waiting for its writer.
        if !fs::metadata(&place).map_err(error)?.is_file() {
            return Err(self.new_error(StoreErrorKind::Io, path).with_detail("is not a file"));
        }
        let mut file = File::open(place).map_err(error)?;
        if offset > 0 {
            file.seek(SeekFrom::Start(offset)).map_err(error)?;
        }
        let mut content = Vec::new();
        let mut rest = length;
        while rest > 0 {
            let got = (&mut file).take(rest.min(CHUNK_BYTES as u64)).read_to_end(&mut content).map_err(error)?;
            watch.step().map_err(error)?;
            if got == 0 {
                break;
            }
            rest -= got as u64;
        }
        Ok(content)
    }

    fn new_file(&self, path: &SysvolPath) -> Result<NewFile, StoreError> {
        let error = |e: io::Error| self.error(path, &e);
        let (folder, place) = self.resolve_last(path)?;
        if folder.is_file() {
            return Err(self.new_error(StoreErrorKind::NotFound, path).with_detail("its folder is a file"));
        }
        let old = place.map(|place| self.follow(place, path)).transpose()?;
        let permissions = match &old {
            Some(place) => {
                let metadata = fs::metadata(place).map_err(error)?;
                if metadata.is_dir() {
                    return Err(self.new_error(StoreErrorKind::AlreadyExists, path).with_detail("it is a folder"));
                }
                Some(metadata.permissions())
            }
            None => None,
        };
        let target = old.unwrap_or_else(|| folder.join(path.name()));
        let temporary = new_temporary(target.parent().unwrap_or(&folder)).map_err(error)?;
        Ok(NewFile { path: path.clone(), temporary, target, permissions })
    }

    fn append(&self, file: &mut NewFile, content: &[u8], watch: &Watch) -> Result<(), StoreError> {
        for chunk in content.chunks(CHUNK_BYTES) {
            file.temporary.write_all(chunk).map_err(|e| self.error(&file.path, &e))?;
            watch.step().map_err(|e| self.error(&file.path, &e))?;
        }
        Ok(())
    }

    fn put_in_place(&self, file: NewFile, watch: &Watch) -> Result<(), StoreError> {
        let NewFile { path, temporary, target, permissions } = file;
        let error = |e: io::Error| self.error(&path, &e);
        // Windows keeps them in the descriptor, and would not let us remove a temporary file that is read-only.
        if let Some(permissions) = permissions.filter(|_| cfg!(unix)) {
            temporary.as_file().set_permissions(permissions).map_err(error)?;
        }
        if self.is_synced {
            temporary.as_file().sync_all().map_err(error)?;
        }
        watch.step().map_err(error)?;
        temporary.persist(target).map_err(|e| error(e.error))?;
        Ok(())
    }

    fn make_folder(&self, path: &SysvolPath) -> Result<(), StoreError> {
        if path.is_root() {
            return Err(self.new_error(StoreErrorKind::AlreadyExists, path));
        }
        let (folder, place) = self.resolve_last(path)?;
        if place.is_some() {
            return Err(self.new_error(StoreErrorKind::AlreadyExists, path));
        }
        fs::create_dir(folder.join(path.name())).map_err(|e| self.error(path, &e))
    }

    fn remove(&self, path: &SysvolPath) -> Result<(), StoreError> {
        let place = self.below_root(path)?;
        let metadata = fs::symlink_metadata(&place).map_err(|e| self.error(path, &e))?;
        let removed = if metadata.is_symlink() {
            remove_link(&place)
        } else if metadata.is_dir() {
            fs::remove_dir(&place)
        } else {
            fs::remove_file(&place)
        };
        removed.map_err(|e| self.error(path, &e))
    }

    fn rename(&self, from: &SysvolPath, to: &SysvolPath) -> Result<(), StoreError> {
        let source = self.below_root(from)?;
        let (folder, existing) = self.resolve_last(to)?;
        // A name may be changed to the same name in another case.
        if existing.is_some_and(|place| place != source && !is_same_file(&place, &source)) {
            return Err(self.new_error(StoreErrorKind::AlreadyExists, to));
        }
        if folder.starts_with(&source) {
            return Err(self.new_error(StoreErrorKind::BadPath, to).with_detail("it lies within what is moved"));
        }
        fs::rename(source, folder.join(to.name())).map_err(|e| self.error(from, &e))
    }
}

fn not_a_folder(object: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Io, object).with_detail("is not a folder")
}

/// Tells whether two names, different in case only, are the same entry: on a file system that ignores case.
fn is_same_file(one: &Path, other: &Path) -> bool {
    let folded = |path: &Path| path.to_string_lossy().to_lowercase();
    folded(one) == folded(other) && matches!((fs::canonicalize(one), fs::canonicalize(other)), (Ok(a), Ok(b)) if a == b)
}

fn file_info(name: String, metadata: &fs::Metadata) -> FileInfo {
    let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    FileInfo {
        name,
        is_folder: metadata.is_dir(),
        size_bytes: if metadata.is_file() { metadata.len() } else { 0 },
        modified: modified.and_then(|since| Timestamp::from_unix_seconds(i64::try_from(since.as_secs()).ok()?)),
    }
}

/// Makes the sibling that is written before it takes the place of the old file; gone if it never does.
fn new_temporary(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("~gp").suffix(".tmp");
    // As any new file: what the user's mask allows, not for the owner alone.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

fn remove_all(place: &Path, watch: &Watch) -> io::Result<()> {
    watch.step()?;
    let metadata = fs::symlink_metadata(place)?;
    if metadata.is_symlink() {
        return remove_link(place);
    }
    if !metadata.is_dir() {
        return fs::remove_file(place);
    }
    for entry in fs::read_dir(place)? {
        remove_all(&entry?.path(), watch)?;
    }
    fs::remove_dir(place)
}

/// Removes a link, not what it leads to. Windows removes a link to a folder as a folder.
fn remove_link(place: &Path) -> io::Result<()> {
    fs::remove_file(place).or_else(|error| if cfg!(windows) { fs::remove_dir(place) } else { Err(error) })
}

#[cfg(test)]
#[path = "folder_tests.rs"]
mod tests;
