//! A plain folder as SYSVOL.

use std::time::Duration;

use opengpmc::store::{FolderSysvol, Sysvol};

use crate::common::sysvol_suite::check_sysvol;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn does_what_every_backend_does() {
    let folder = tempfile::tempdir().unwrap();
    let sysvol = FolderSysvol::open(folder.path(), Duration::from_secs(30)).await.unwrap();
    assert_eq!(sysvol.location(), folder.path().display().to_string());
    check_sysvol(&sysvol, "suite").await;
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
