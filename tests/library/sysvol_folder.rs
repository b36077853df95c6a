//! A plain folder as SYSVOL.

use std::time::Duration;

use opengpmc::store::{FolderSysvol, Sysvol};

use crate::common::sysvol_suite::check_sysvol;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_flushing_it_does_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let sysvol = FolderSysvol::open(folder.path(), Duration::from_secs(30)).await.unwrap().unsynced();
    check_sysvol(&sysvol, "suite").await;
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_file_is_not_held_in_memory() {
    use crate::common::{child, large_content::check_large_files_are_not_held};
    if child::role().is_none() {
        return child::run("library::sysvol_folder::a_large_file_is_not_held_in_memory", "write");
    }
    let folder = tempfile::tempdir().unwrap();
    let sysvol = FolderSysvol::open(folder.path(), Duration::from_secs(30)).await.unwrap();
    check_large_files_are_not_held(std::sync::Arc::new(sysvol), &opengpmc::store::SysvolPath::root()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn does_what_every_backend_does() {
    let folder = tempfile::tempdir().unwrap();
    let sysvol = FolderSysvol::open(folder.path(), Duration::from_secs(30)).await.unwrap();
    assert_eq!(sysvol.location(), folder.path().display().to_string());
    check_sysvol(&sysvol, "suite").await;
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
