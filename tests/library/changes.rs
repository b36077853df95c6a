//! Restore, import and copy in the forest file.

use std::sync::Arc;

use opengpmc::ident::{DnsName, Guid};
use opengpmc::store::{ForestStore, demo};

use super::corpus::corpus;
use crate::common::change_suite::{Suite, check_copy, check_import, check_imports, check_restore};

const ROOT: &str = "kestrelbay.example";

/// Returns the GPOs of the demo forest's first domain but for those that are damaged, on purpose.
async fn sound_gpos(suite: &Suite) -> Vec<Guid> {
    let forest = suite.snapshot().await;
    let gpos = &forest.domain(&suite.domain).unwrap().gpos;
    let sound = gpos.iter().filter(|gpo| !gpo.inaccessible && !gpo.display_name.starts_with("Broken"));
    let sound: Vec<Guid> = sound.map(|gpo| gpo.id).collect();
    assert!(sound.len() > 10);
    sound
}

async fn suite() -> Suite {
    let store: Arc<dyn ForestStore> = demo::open().await.unwrap();
    let domain: DnsName = ROOT.parse().unwrap();
    Suite::new(store, &domain)
}

#[tokio::test]
async fn restores() {
    let suite = suite().await;
    for gpo in sound_gpos(&suite).await {
        check_restore(&suite, gpo).await;
    }
}

#[tokio::test]
async fn imports_between_all_gpos_of_the_demo_forest() {
    let suite = suite().await;
    let gpos = sound_gpos(&suite).await;
    for (source, target) in gpos.iter().zip(gpos.iter().skip(1)) {
        check_import(&suite, *source, *target).await;
    }
}

#[tokio::test]
async fn copies() {
    let suite = suite().await;
    for gpo in sound_gpos(&suite).await {
        check_copy(&suite, gpo).await;
    }
}

#[tokio::test]
async fn every_set_of_the_corpus_imports() {
    let Some(sets) = corpus("backups") else { return };
    let suite = suite().await;
    let target = sound_gpos(&suite).await[0];
    let count = check_imports(&suite, &sets, target).await;
    assert!(count > 200, "{count}");
}
