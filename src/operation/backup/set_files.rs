//! The folder of a set while it is being written.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, stream};

use crate::gpm::{OperationError, Task};
use crate::operation::content::{ContentFile, GpoContent};
use crate::report::Side;
use crate::store::{FolderSysvol, StoreErrorKind, Sysvol, SysvolPath};

use super::set_xml::{SYSVOL_FOLDER, in_set};

/// Files of a GPO that are copied at the same time.
const FILES_IN_FLIGHT: usize = 16;
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

    /// Copies folders and files of a GPO, many at the same time, none of them whole in memory. `done` is told how many of how many are there.
    pub(super) async fn copy_sysvol(
        &self,
        content: &GpoContent,
        task: &Task,
        mut done: impl FnMut(u64, u64),
    ) -> Result<(), OperationError> {
        let root = SysvolPath::parse(SYSVOL_FOLDER).unwrap_or_default();
        let halves = [Side::Computer, Side::User].map(|side| SysvolPath::parse(side.folder()).unwrap_or_default());
        let own = content.folders.iter().map(in_set);
        for folder in root
            .parent()
            .into_iter()
            .chain([root.clone()])
            .chain(halves.into_iter().chain(own).map(|path| root.join_path(&path)))
        {
            task.checkpoint()?;
            match self.folder.make_folder(&folder).await {
                Err(error) if error.kind != StoreErrorKind::AlreadyExists => {
                    return Err(OperationError::of_write(&error));
                }
                _ => {}
            }
        }
        let copies: Vec<_> = content.files.iter().map(|file| self.copy(content, file, &root, task)).collect();
        let total = copies.len() as u64;
        let mut copies = stream::iter(copies).buffer_unordered(FILES_IN_FLIGHT);
        let mut copied = 0;
        while let Some(copy) = copies.next().await {
            copy?;
            copied += 1;
            done(copied, total);
        }
        Ok(())
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
