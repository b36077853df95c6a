//! How the console gets at a forest and at files: behind traits, so that tests bring their own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;

use crate::gpm::{Forest, ForestSnapshot, LoadError, LoadOptions, Task};
use crate::ident::DnsName;
use crate::store::{self, ConnectTarget, ForestStore, StoreError, StoreErrorKind, auth};

use super::ConnectRequest;

/// Opens forests and reads them.
#[async_trait]
pub trait ForestOpener: Send + Sync {
    /// Connects to a forest.
    async fn open(&self, request: &ConnectRequest) -> Result<Arc<dyn ForestStore>, StoreError>;

    /// Reads the forest behind a store.
    async fn load(&self, store: Arc<dyn ForestStore>, task: &Task) -> Result<Arc<ForestSnapshot>, StoreError>;

    /// Returns the domain that whoever runs the console is signed in to, as far as that is known.
    fn own_domain(&self) -> Option<DnsName> {
        None
    }
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

    fn own_domain(&self) -> Option<DnsName> {
        auth::domain_of_ticket()
    }
}

/// Asks for a file with the dialog of the system.
pub trait FilePicker: Send + Sync {
    /// Opens the dialog and waits for it, on a thread of its own; none where nothing was chosen or there is no dialog.
    fn pick_file(&self, title: &str, filter_name: &str, extensions: &[&str]) -> Option<PathBuf>;

    /// Asks for a folder in the same way.
    fn pick_folder(&self, title: &str) -> Option<PathBuf>;

    /// Asks where to save a file, beginning with `path`.
    fn save_file(&self, title: &str, path: &Path, filter_name: &str, extensions: &[&str]) -> Option<PathBuf>;
}

/// The dialog of the system.
pub struct SystemFilePicker;

impl FilePicker for SystemFilePicker {
    fn pick_file(&self, title: &str, filter_name: &str, extensions: &[&str]) -> Option<PathBuf> {
        rfd::FileDialog::new().set_title(title).add_filter(filter_name, extensions).pick_file()
    }

    fn pick_folder(&self, title: &str) -> Option<PathBuf> {
        rfd::FileDialog::new().set_title(title).pick_folder()
    }

    fn save_file(&self, title: &str, path: &Path, filter_name: &str, extensions: &[&str]) -> Option<PathBuf> {
        let mut dialog = rfd::FileDialog::new().set_title(title).add_filter(filter_name, extensions);
        if let Some(folder) = path.parent().filter(|folder| folder.is_dir()) {
            dialog = dialog.set_directory(folder);
        }
        if let Some(name) = path.file_name() {
            dialog = dialog.set_file_name(name.to_string_lossy());
        }
        dialog.save_file()
    }
}

/// Shows files in the browser.
pub trait Browser: Send + Sync {
    /// Opens a file; does not wait until it is shown.
    fn open(&self, path: &Path) -> std::io::Result<()>;
}

/// The browser of the system.
pub struct SystemBrowser;

impl Browser for SystemBrowser {
    fn open(&self, path: &Path) -> std::io::Result<()> {
        open::that_detached(path)
    }
}
