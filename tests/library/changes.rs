//! Restore, import and copy in the forest file.

use std::collections::HashMap;
use std::sync::Arc;

use opengpmc::gpm::{BackupDir, MessageId, Task};
use opengpmc::ident::{DnsName, Guid};
use opengpmc::operation::{RestoreOptions, restore_backup};
use opengpmc::store::{Attribute, ForestFile, ForestStore, StoreErrorKind, SysvolPath, demo};

use super::corpus::corpus;
use crate::common::change_suite::{Suite, check_copy, check_import, check_imports, check_restore, check_saved_again};
use crate::common::interchange::{check_root, check_same};

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
    check_root(&suite.sets());
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

/// Makes a domain of this name, with what every domain is born with as far as GPOs need it.
async fn domain_named(name: &DnsName) -> Suite {
    let dn = name.to_domain_dn();
    let store: Arc<dyn ForestStore> = Arc::new(ForestFile::in_memory(std::slice::from_ref(&dn)).unwrap());
    let directory = store.domain_directory(name).await.unwrap();
    let system = dn.child("CN", "System");
    let wmi = system.child("CN", "WMIPolicy");
    for container in [system.clone(), system.child("CN", "Policies"), wmi.clone(), wmi.child("CN", "SOM")] {
        match directory.add(&container, &[Attribute::text("objectClass", "container")]).await {
            Err(error) if error.kind != StoreErrorKind::AlreadyExists => panic!("{error}"),
            _ => {}
        }
    }
    let policies = SysvolPath::parse("Policies").unwrap();
    let sysvol = store.sysvol(name).await.unwrap();
    if sysvol.stat(&policies).await.is_err() {
        sysvol.make_folder(&policies).await.unwrap();
    }
    Suite::new(store, name)
}

#[tokio::test]
async fn every_set_of_the_corpus_is_restored_in_a_domain_of_its_name() {
    let Some(sets) = corpus("backups") else { return };
    let mut suites: HashMap<DnsName, Suite> = HashMap::new();
    let mut count = 0;
    for dir in BackupDir::open_all_below(&sets).unwrap() {
        for backup in dir.backups().iter().filter(|backup| backup.folder.is_some()) {
            let name: DnsName = backup.domain.parse().unwrap();
            let suite = match suites.remove(&name) {
                Some(suite) => suite,
                None => domain_named(&name).await,
            };
            let restored = restore_backup(&suite.context, backup, &RestoreOptions::default(), &Task::default()).await;
            match restored {
                Err(error) if error.0.id == MessageId::BackupFileMissing => {}
                restored => {
                    let restored = restored.unwrap_or_else(|error| panic!("{}: {error}", backup.gpo_name));
                    let saved = check_saved_again(&suite, backup, restored.id, true).await;
                    let (original, saved) = (backup.folder.as_ref().unwrap(), saved.folder.unwrap());
                    // The domain has no accounts; clients see that the version has risen.
                    // A run of the checker takes its time: every third set stands for its neighbours.
                    if count % 3 == 0 {
                        check_same(original, &saved, "versions,groups,comment,domain,descriptor");
                    }
                    count += 1;
                }
            }
            suites.insert(name, suite);
        }
    }
    println!("{count} sets were restored in {} domains", suites.len());
    assert!(count > 200 && suites.len() > 3);
}
