//! What restore, import and copy say when they refuse, and when something is not as it was asked for.

use std::sync::Arc;

use opengpmc::gpm::{Domain, GpoParts, HResult, MessageId, OperationError, StatusMessage, Task};
use opengpmc::ident::{DnsName, Guid};
use opengpmc::operation::migration::MigrationOptions;
use opengpmc::operation::{
    CopyOptions, ImportSource, RestoreOptions, copy_gpo, import_settings, recover, restore_backup, save_snapshot,
};
use opengpmc::store::{Attribute, Change, ForestFile, ForestStore, StoreErrorKind, demo};

use crate::common::change_suite::Suite;

const ROOT: &str = "kestrelbay.example";
const YARDS: &str = "yards.kestrelbay.example";

async fn suite() -> Suite {
    let store: Arc<dyn ForestStore> = demo::open().await.unwrap();
    Suite::new(store, &ROOT.parse().unwrap())
}

fn check<T: std::fmt::Debug>(outcome: Result<T, OperationError>, id: MessageId, code: HResult) {
    let error = outcome.unwrap_err();
    assert_eq!((error.0.id, error.0.code), (id, code), "{error}");
}

fn has(messages: &[StatusMessage], id: MessageId) {
    assert!(messages.iter().any(|message| message.id == id), "{id}: {messages:?}");
}

#[tokio::test]
async fn a_backup_is_restored_in_its_own_domain_only() {
    let suite = suite().await;
    let mut backup = suite.back_up(suite.gpo_named("Screen Lock - Strict").await).await;
    for domain in ["elsewhere.example", YARDS] {
        backup.domain = domain.to_owned();
        let restored = restore_backup(&suite.context, &backup, &RestoreOptions::default(), &Task::default()).await;
        check(restored, MessageId::BackupOtherDomain, HResult::INVALID_ARGUMENT);
    }
}

#[tokio::test]
async fn what_is_not_there_and_what_is_there_already_is_said() {
    let suite = suite().await;
    let gpo = suite.gpo_named("Screen Lock - Strict").await;
    let source = ImportSource::Backup(Box::new(suite.back_up(gpo).await));
    let (options, task) = (MigrationOptions::default(), Task::default());
    let imported = import_settings(&suite.context, &suite.domain, Guid::random(), &source, &options, &task).await;
    check(imported, MessageId::GpoNotFound, HResult::NO_SUCH_OBJECT);
    let store = suite.store().clone();
    let copy = |name: &str| CopyOptions { new_name: Some(name.to_owned()), ..CopyOptions::default() };
    for (name, id, code) in [
        ("screen lock - STRICT", MessageId::GpoExists, HResult::OBJECT_EXISTS),
        (" ", MessageId::DirectoryFailed, HResult::INVALID_ARGUMENT),
    ] {
        let (options, task) = (copy(name), Task::default());
        let copied = copy_gpo(&store, &suite.domain, gpo, &suite.context, &suite.domain, &options, &task).await;
        check(copied, id, code);
    }
    assert!(suite.journal_is_empty());
}

#[tokio::test]
async fn what_does_not_come_along_is_said() {
    let suite = suite().await;
    let store = suite.store().clone();
    let domain = Domain::open(&store, &suite.domain).await.unwrap();
    let filtered = domain.gpos(GpoParts::All).await.unwrap().values;
    let filtered =
        filtered.iter().find(|gpo| gpo.wmi_filter.is_some() && !gpo.display_name.starts_with("Broken")).unwrap();
    let yards: DnsName = YARDS.parse().unwrap();
    let (options, task) = (CopyOptions::default(), Task::default());
    let copy = copy_gpo(&store, &suite.domain, filtered.id, &suite.context, &yards, &options, &task).await.unwrap();
    has(&task.messages(), MessageId::WmiFilterCrossDomain);
    let made = Domain::open(&store, &yards).await.unwrap().gpo(copy, GpoParts::All).await.unwrap();
    assert_eq!((made.wmi_filter, made.display_name), (None, format!("Copy of {}", filtered.display_name)));

    let packages = suite.gpo_named("Software - Office Tools").await;
    let backup = suite.back_up(packages).await;
    suite.delete(packages).await;
    let task = Task::default();
    restore_backup(&suite.context, &backup, &RestoreOptions::default(), &task).await.unwrap();
    has(&task.messages(), MessageId::PackageIdChanged);
}

#[tokio::test]
async fn two_operations_do_not_change_one_gpo_at_the_same_time() {
    let suite = suite().await;
    let gpo = suite.gpo_named("Screen Lock - Strict").await;
    let backup = suite.back_up(gpo).await;
    let (options, tasks) = (RestoreOptions::default(), [Task::default(), Task::default()]);
    let [one, other] = tasks.each_ref().map(|task| restore_backup(&suite.context, &backup, &options, task));
    let (one, other) = futures::join!(one, other);
    let refused = [&one, &other].into_iter().filter_map(|outcome| outcome.as_ref().err());
    for error in refused {
        assert_eq!(error.0.id, MessageId::Conflict, "{error}");
    }
    assert!(one.is_ok() || other.is_ok() || suite.journal_is_empty());
    assert!(suite.journal_is_empty() && suite.context.journal.interrupted().unwrap().is_empty());
}

#[tokio::test]
async fn what_somebody_else_changed_since_is_not_put_back() {
    let suite = suite().await;
    let gpo = suite.gpo_named("Screen Lock - Strict").await;
    let backup = suite.back_up(gpo).await;
    let entry = suite.broken_off(&backup).await;
    let domain = Domain::open(suite.store(), &suite.domain).await.unwrap();
    let change = Change::Replace(Attribute::text("versionNumber", "77"));
    domain.directory().modify(&domain.gpo_dn(gpo), &[change]).await.unwrap();
    let outcome = recover(suite.store(), &suite.context.journal, &entry, &Task::default()).await;
    check(outcome, MessageId::Conflict, HResult::from(StoreErrorKind::Conflict));
    assert_eq!(suite.context.journal.interrupted().unwrap().len(), 1, "it waits for somebody to decide");
}

#[tokio::test]
async fn a_forest_that_cannot_be_written_is_left_alone() {
    let (folder, demo) = (tempfile::tempdir().unwrap(), suite().await);
    let backup = demo.back_up(demo.gpo_named("Screen Lock - Strict").await).await;
    let path = folder.path().join("copy.gpforest");
    save_snapshot(&**demo.store(), &path, &Task::default()).await.unwrap();
    let store: Arc<dyn ForestStore> = Arc::new(ForestFile::open(&path, true).unwrap());
    let suite = Suite::new(store, &demo.domain);
    let restored = restore_backup(&suite.context, &backup, &RestoreOptions::default(), &Task::default()).await;
    assert_eq!(restored.unwrap_err().0.code, HResult::WRITE_PROTECTED);
    let source = ImportSource::Backup(Box::new(backup.clone()));
    let (options, task) = (MigrationOptions::default(), Task::default());
    let imported = import_settings(&suite.context, &suite.domain, backup.gpo_id, &source, &options, &task).await;
    assert_eq!(imported.unwrap_err().0.code, HResult::WRITE_PROTECTED);
    let store = suite.store().clone();
    let (options, task) = (CopyOptions::default(), Task::default());
    let copied = copy_gpo(&store, &suite.domain, backup.gpo_id, &suite.context, &suite.domain, &options, &task).await;
    assert_eq!(copied.unwrap_err().0.code, HResult::WRITE_PROTECTED);
    assert!(suite.journal_is_empty());
}
