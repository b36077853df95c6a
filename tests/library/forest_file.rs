//! The forest file as directory and SYSVOL.

use std::path::Path;

use opengpmc::ident::Dn;
use opengpmc::store::{Attribute, Entry, ForestFile, ForestFileBuilder, ForestStore, StoreError};

use crate::common::directory_suite::check_directory;
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

/// Returns the tops of the domains, with the SIDs that accounts and default descriptors need.
fn heads() -> Vec<Entry> {
    let sids = ["S-1-5-21-1-2-3", "S-1-5-21-4-5-6"];
    let head = |(dn, sid): (Dn, &str)| Entry {
        dn,
        attributes: vec![
            Attribute::text("objectClass", "domainDNS"),
            Attribute::bytes("objectSid", sid.parse::<opengpmc::ident::Sid>().unwrap().to_bytes()),
        ],
    };
    domains().into_iter().zip(sids).map(head).collect()
}

fn forest(path: Option<&Path>) -> Result<ForestFile, StoreError> {
    let mut builder = match path {
        Some(path) => ForestFileBuilder::create(path, &domains())?,
        None => ForestFileBuilder::in_memory("test", &domains())?,
    };
    builder.add_entries(heads())?;
    builder.finish()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn directory_in_memory_does_what_every_backend_does() {
    let forest = forest(None).unwrap();
    check_directory(&*forest.directory(), &domains()[0]).await;
    let sub = forest.domain_directory(&"sub.corp.test".parse().unwrap()).await.unwrap();
    check_directory(&*sub, &domains()[1]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn directory_in_a_file_does_what_every_backend_does() {
    let folder = tempfile::tempdir().unwrap();
    let forest = forest(Some(&folder.path().join("test.gpforest"))).unwrap();
    check_directory(&*forest.directory(), &domains()[0]).await;
}
