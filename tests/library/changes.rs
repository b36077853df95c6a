//! Restore, import and copy in the forest file.

use std::sync::Arc;

use opengpmc::ident::DnsName;
use opengpmc::store::{ForestStore, demo};

use super::corpus::corpus;
use crate::common::change_suite::{Suite, check_copy, check_import, check_imports, check_restore};

const ROOT: &str = "kestrelbay.example";

async fn suite() -> Suite {
    let store: Arc<dyn ForestStore> = demo::open().await.unwrap();
    let domain: DnsName = ROOT.parse().unwrap();
    Suite::new(store, &domain)
}

#[tokio::test]
async fn restores() {
    let suite = suite().await;
    let forest = suite.snapshot().await;
    for gpo in &forest.domain(&suite.domain).unwrap().gpos {
        println!("{}", gpo.display_name);
        check_restore(&suite, gpo.id).await;
    }
}

#[tokio::test]
async fn imports_between_all_gpos_of_the_demo_forest() {
    let suite = suite().await;
    let forest = suite.snapshot().await;
    let gpos: Vec<_> = forest.domain(&suite.domain).unwrap().gpos.iter().map(|gpo| gpo.id).collect();
    for (source, target) in gpos.iter().zip(gpos.iter().skip(1)) {
        check_import(&suite, *source, *target).await;
    }
}

#[tokio::test]
async fn copies() {
    let suite = suite().await;
    let forest = suite.snapshot().await;
    for gpo in &forest.domain(&suite.domain).unwrap().gpos {
        check_copy(&suite, gpo.id).await;
    }
}

#[tokio::test]
async fn every_set_of_the_corpus_imports() {
    let Some(sets) = corpus("backups") else { return };
    let suite = suite().await;
    let forest = suite.snapshot().await;
    let target = forest.domain(&suite.domain).unwrap().gpos[0].id;
    let count = check_imports(&suite, &sets, target).await;
    assert!(count > 200, "{count}");
}
