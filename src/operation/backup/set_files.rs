//! The folder of a set while it is being written.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, stream};

use crate::gpm::{OperationError, Task};
use crate::operation::content::{ContentFile, GpoContent};
use crate::report::Side;
use crate::store::{FolderSysvol, StoreError, Sysvol, SysvolPath};

use super::blocking;
use super::set_xml::{SYSVOL_FOLDER, in_set};

/// Files of a GPO that are copied at the same time.
const FILES_IN_FLIGHT: usize = 16;
/// Files up to this size in bytes are gathered.
const SMALL_BYTES: u64 = 64 << 10;
/// How large such a file may have become since it was listed.
const GROWN_BYTES: u64 = 64 << 20;
/// Files that are gathered at most.
const MOST_GATHERED: usize = 64;
/// How long the file system may keep us waiting for a piece of a file.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The folder of a set that nobody looks at yet.
pub(super) struct SetFiles {
    folder: Arc<FolderSysvol>,
}

impl SetFiles {
    /// Opens the folder, which exists.
    pub(super) async fn open(folder: &Path) -> Result<Self, OperationError> {
        let opened = FolderSysvol::open(folder, TIMEOUT).await.map_err(|error| OperationError::of_write(&error))?;
        Ok(SetFiles { folder: Arc::new(opened.unsynced()) })
    }

    /// Writes a file of the set's own.
    pub(super) async fn write(&self, name: &str, bytes: &[u8]) -> Result<(), OperationError> {
        let path = SysvolPath::parse(name).unwrap_or_default();
        self.folder.replace(&path, bytes).await.map_err(|error| OperationError::of_write(&error))
    }

    /// Copies folders and files of a GPO, many at the same time. Small files, as nearly all are, are gathered and written together; of large ones
    /// no more than a piece is in memory. `done` is told how many of how many are there.
    pub(super) async fn copy_sysvol(
        &self,
        content: &GpoContent,
        task: &Task,
        mut done: impl FnMut(u64, u64),
    ) -> Result<(), OperationError> {
        let root = SysvolPath::parse(SYSVOL_FOLDER).unwrap_or_default();
        self.make_folders(content, &root).await?;
        let total = content.files.len() as u64;
        let mut copied = 0;
        let (small, large): (Vec<_>, Vec<_>) = content.files.iter().partition(|file| file.size_bytes <= SMALL_BYTES);
        for group in small.chunks(MOST_GATHERED) {
            self.copy_group(content, group, &root, task).await?;
            copied += group.len() as u64;
            done(copied, total);
        }
        let copies: Vec<_> = large.into_iter().map(|file| self.copy(content, file, &root, task)).collect();
        let mut copies = stream::iter(copies).buffer_unordered(FILES_IN_FLIGHT);
        while let Some(copy) = copies.next().await {
            copy?;
            copied += 1;
            done(copied, total);
        }
        Ok(())
    }

    /// Makes the folders of a GPO, empty ones too.
    async fn make_folders(&self, content: &GpoContent, root: &SysvolPath) -> Result<(), OperationError> {
        let halves = [Side::Computer, Side::User].map(|side| SysvolPath::parse(side.folder()).unwrap_or_default());
        let folders = halves.into_iter().chain(content.folders.iter().map(in_set));
        let places: Vec<PathBuf> = folders.map(|folder| self.place(&root.join_path(&folder))).collect();
        blocking(move || {
            places.iter().try_for_each(|place| fs::create_dir_all(place).map_err(|error| write_failed(place, &error)))
        })
        .await
    }

    /// Reads some small files at the same time and writes them in one go.
    async fn copy_group(
        &self,
        content: &GpoContent,
        group: &[&ContentFile],
        root: &SysvolPath,
        task: &Task,
    ) -> Result<(), OperationError> {
        task.checkpoint()?;
        let reads: Vec<_> = group
            .iter()
            .map(|file| async move {
                let place = self.place(&root.join_path(&in_set(&file.path)));
                Ok::<_, OperationError>((place, content.read(file, GROWN_BYTES).await?))
            })
            .collect();
        let mut reads = stream::iter(reads).buffer_unordered(FILES_IN_FLIGHT);
        let mut files = Vec::new();
        while let Some(read) = task.or_cancel(reads.next()).await? {
            files.push(read?);
        }
        blocking(move || {
            files.iter().try_for_each(|(place, bytes)| {
                let written = File::create_new(place).and_then(|mut file| file.write_all(bytes));
                written.map_err(|error| write_failed(place, &error))
            })
        })
        .await
    }

    /// Returns where a file of the set lies. Nobody but us writes there, and its names were checked.
    fn place(&self, path: &SysvolPath) -> PathBuf {
        let mut place = PathBuf::from(self.folder.location());
        place.extend(path.parts());
        place
    }

    /// Returns the same content with its files where they were copied to.
    pub(super) fn copied(&self, content: &GpoContent) -> GpoContent {
        let root = SysvolPath::parse(SYSVOL_FOLDER).unwrap_or_default();
        let mut copied = content.clone();
        copied.files.iter_mut().for_each(|file| file.place = root.join_path(&in_set(&file.path)));
        copied.sysvol = self.folder.clone();
        copied
    }

    async fn copy(
        &self,
        content: &GpoContent,
        file: &ContentFile,
        root: &SysvolPath,
        task: &Task,
    ) -> Result<(), OperationError> {
        task.checkpoint()?;
        let mut source = content.source(file);
        let target = root.join_path(&in_set(&file.path));
        // A set that is given up is removed whole, so that even a write may be left where it waits.
        let copied = task.or_cancel(self.folder.replace_from(&target, &mut *source)).await?;
        copied.map_err(|error| match error.object.starts_with(self.folder.location()) {
            true => OperationError::of_write(&error),
            false => OperationError::of_read(&error),
        })
    }
}

fn write_failed(place: &Path, error: &io::Error) -> OperationError {
    OperationError::of_write(&StoreError::from_io(place.display(), error))
}
