//! Restore, import and copy in the lab's domain, beside the demo forest as the other forest.

use std::sync::Arc;

use opengpmc::gpm::Task;
use opengpmc::ident::{DnsName, Guid};
use opengpmc::operation::{CopyOptions, copy_gpo};
use opengpmc::store::{self, ConnectTarget, ForestStore, demo};

use super::lab::{Lab, whole_domain};
use crate::common::change_suite::{Suite, check_copy, check_import, check_imports, check_restore};
use crate::common::corpus::corpus;
use crate::common::gpo_state::GpoState;
use crate::common::interchange::check_root;

const DEMO: &str = "kestrelbay.example";

async fn suite(lab: &Lab) -> Suite {
    let target = ConnectTarget::Server { host: lab.host.clone(), port: None, tls: false };
    let store = store::open(&target, &lab.admin(), &lab.options()).await.unwrap();
    Suite::new(store, &lab.domain)
}

/// Copies a GPO of the demo forest into the lab's domain; what it sets arrives as it is.
async fn bring(suite: &Suite, name: &str) -> Guid {
    let demo: Arc<dyn ForestStore> = demo::open().await.unwrap();
    let domain: DnsName = DEMO.parse().unwrap();
    let source = Suite::new(Arc::clone(&demo), &domain).gpo_named(name).await;
    let original = GpoState::read(&demo, &domain, source).await;
    let options = CopyOptions { new_name: Some(format!("{name} {}", Guid::random())), ..CopyOptions::default() };
    let task = Task::default();
    let copy = copy_gpo(&demo, &domain, source, &suite.context, &suite.domain, &options, &task).await.unwrap();
    let state = suite.state(copy).await;
    assert_eq!(state.settings(), original.settings());
    assert_eq!(state.attribute("displayName"), options.new_name);
    copy
}

#[tokio::test]
async fn a_gpo_of_another_forest_is_copied_imported_and_restored() {
    let Some(lab) = Lab::get() else { return };
    let _alone = whole_domain().await;
    let suite = suite(&lab).await;
    let baseline = bring(&suite, "Baseline - All Computers").await;
    let software = bring(&suite, "Software - Office Tools").await;
    check_copy(&suite, baseline).await;
    check_import(&suite, baseline, software).await;
    for gpo in [baseline, software] {
        check_restore(&suite, gpo).await;
        suite.delete(gpo).await;
    }
    check_root(&suite.sets());
}

#[tokio::test]
async fn every_set_of_the_corpus_imports() {
    let Some(lab) = Lab::get() else { return };
    let _alone = whole_domain().await;
    let Some(sets) = corpus("backups") else { return };
    let suite = suite(&lab).await;
    let target = bring(&suite, "Archive - Windows XP").await;
    let count = check_imports(&suite, &sets, target).await;
    suite.delete(target).await;
    assert!(count > 200, "{count}");
}
