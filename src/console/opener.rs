//! How the console gets at a forest and at files: behind traits, so that tests bring their own.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;

use crate::gpm::{Forest, ForestSnapshot, LoadError, LoadOptions, Task};
use crate::store::{self, ConnectTarget, ForestStore, StoreError, StoreErrorKind};

use super::ConnectRequest;

/// Opens forests and reads them.
#[async_trait]
pub trait ForestOpener: Send + Sync {
    /// Connects to a forest.
    async fn open(&self, request: &ConnectRequest) -> Result<Arc<dyn ForestStore>, StoreError>;

    /// Reads the forest behind a store.
    async fn load(&self, store: Arc<dyn ForestStore>, task: &Task) -> Result<Arc<ForestSnapshot>, StoreError>;
}

/// Opens the forests that [`ConnectTarget`] names.
pub struct StoreOpener;

#[async_trait]
impl ForestOpener for StoreOpener {
    async fn open(&self, request: &ConnectRequest) -> Result<Arc<dyn ForestStore>, StoreError> {
        let target = request.target.clone().unwrap_or(ConnectTarget::Demo);
        store::open(&target, &request.credentials, &request.options).await
    }

    async fn load(&self, store: Arc<dyn ForestStore>, task: &Task) -> Result<Arc<ForestSnapshot>, StoreError> {
        let target = store.info().target;
        Forest::load(store, &LoadOptions::default(), task).await.map_err(|error| match error {
            LoadError::Store(error) => error,
            LoadError::Cancelled(_) => StoreError::new(StoreErrorKind::Cancelled, target),
        })
    }
}

/// Asks for a file with the dialog of the system.
pub trait FilePicker: Send + Sync {
    /// Opens the dialog and waits for it, on a thread of its own; none where nothing was chosen or there is no dialog.
    fn pick_file(&self, title: &str, filter_name: &str, extensions: &[&str]) -> Option<PathBuf>;
}

/// The dialog of the system.
pub struct SystemFilePicker;

impl FilePicker for SystemFilePicker {
    fn pick_file(&self, title: &str, filter_name: &str, extensions: &[&str]) -> Option<PathBuf> {
        rfd::FileDialog::new().set_title(title).add_filter(filter_name, extensions).pick_file()
    }
}
