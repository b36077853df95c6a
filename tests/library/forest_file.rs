//! The forest file as directory and SYSVOL.

use opengpmc::ident::Dn;
use opengpmc::store::{ForestFile, ForestStore};

use crate::common::sysvol_suite::check_sysvol;

fn domains() -> Vec<Dn> {
    ["DC=corp,DC=test", "DC=sub,DC=corp,DC=test"].map(|dn| dn.parse().unwrap()).to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sysvol_in_memory_does_what_every_backend_does() {
    let forest = ForestFile::in_memory(&domains()).unwrap();
    let sysvol = forest.sysvol(&"corp.test".parse().unwrap()).await.unwrap();
    check_sysvol(&*sysvol, "suite").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sysvol_in_a_file_does_what_every_backend_does() {
    let folder = tempfile::tempdir().unwrap();
    let forest = ForestFile::create(&folder.path().join("test.gpforest"), &domains()).unwrap();
    let sysvol = forest.sysvol(&"sub.corp.test".parse().unwrap()).await.unwrap();
    check_sysvol(&*sysvol, "suite").await;
}
