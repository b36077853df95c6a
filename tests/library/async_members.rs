//! Each member of Microsoft's object model that can be called asynchronously, run once through the contract on the demo forest.

use std::sync::{Arc, OnceLock};

use opengpmc::gpm::{
    AsyncCancel, Backup, Domain, Forest, ForestSnapshot, Gpo, HResult, LoadOptions, MessageId, OperationError,
    StatusCall, StatusMessage, Task, start,
};
use opengpmc::ident::Guid;
use opengpmc::operation::admin::{CopyStarterGpo, LoadStarterGpo, RestoreStarterGpo};
use opengpmc::operation::edit::carry_out;
use opengpmc::operation::migration::MigrationOptions;
use opengpmc::operation::{
    BackupOptions, ChangeContext, CopyOptions, ImportSource, Journal, Reporting, RestoreOptions, SaveStarterOptions,
    back_up_gpo, back_up_starter_gpo, copy_gpo, import_settings, restore_backup, save_starter_gpo,
};
use opengpmc::store::{ForestStore, demo};
use tokio::runtime::Handle;

use super::async_contract::{Calls, check_calls, update};

/// What the members work on.
struct Ground {
    store: Arc<dyn ForestStore>,
    forest: Arc<ForestSnapshot>,
    /// For backups and the journal.
    folder: tempfile::TempDir,
}

impl Ground {
    async fn new() -> Arc<Ground> {
        let store = demo::open().await.unwrap();
        let forest = Forest::load(store.clone(), &LoadOptions::default(), &Task::default()).await.unwrap();
        Arc::new(Ground { store, forest, folder: tempfile::tempdir().unwrap() })
    }

    fn gpo(&self, name: &str) -> &Gpo {
        let mut gpos = self.forest.domains.iter().flat_map(|domain| &domain.gpos);
        gpos.find(|gpo| gpo.display_name == name).unwrap()
    }
}

impl Ground {
    async fn back_up(&self, name: &str, task: &Task) -> Result<Backup, OperationError> {
        let reporting = Reporting::new(Arc::default());
        let options = BackupOptions::default();
        let folder = self.folder.path().join("backups");
        back_up_gpo(&self.store, &self.forest, self.gpo(name), &folder, &options, &reporting, task).await
    }

    fn context(&self) -> ChangeContext {
        let journal = Journal::open(&self.folder.path().join("journal")).unwrap();
        ChangeContext { store: self.store.clone(), journal }
    }
}

/// A GPO of the demo forest with some settings, and another.
const ONE: &str = "Baseline - All Computers";
const OTHER: &str = "Kiosk Users";

fn report_error(error: impl std::fmt::Display, is_cancelled: bool) -> OperationError {
    let code = if is_cancelled { HResult::CANCELLED } else { HResult::FAIL };
    OperationError::new(StatusMessage::error(MessageId::Cancelled, code, error.to_string()))
}

/// Runs a member to its end, then on a new ground cancelled before its start, then cancelled in its first call.
async fn check<F>(member: impl Fn(Arc<Ground>, Task) -> F)
where
    F: Future<Output = Result<(), OperationError>> + Send + 'static,
{
    let ground = Ground::new().await;
    let result = run(|task| member(ground, task), None).await;
    assert_eq!(result, HResult::OK);
    let ground = Ground::new().await;
    assert_eq!(run(|task| member(Arc::clone(&ground), task), Some(When::BeforeStart)).await, HResult::CANCELLED);
    let result = run(|task| member(Arc::clone(&ground), task), Some(When::FirstCall)).await;
    assert!([HResult::OK, HResult::CANCELLED].contains(&result), "{result}");
}

/// When a member is cancelled.
#[derive(Clone, Copy, PartialEq)]
enum When {
    BeforeStart,
    FirstCall,
}

/// Runs a member once and checks the contract; returns how it ended.
async fn run<F>(work: impl FnOnce(Task) -> F, cancelled: Option<When>) -> HResult
where
    F: Future<Output = Result<(), OperationError>> + Send + 'static,
{
    let calls = Calls::default();
    let cancel = Arc::new(OnceLock::<AsyncCancel>::new());
    let progress = {
        let (calls, cancel) = (Arc::clone(&calls), Arc::clone(&cancel));
        move |call: StatusCall<'_, ()>| {
            calls.lock().unwrap().push(update(&call));
            if cancelled == Some(When::FirstCall) {
                cancel.get().unwrap().cancel();
            }
        }
    };
    let operation = start(&Handle::current(), progress, work);
    assert!(cancel.set(operation.cancel_handle()).is_ok());
    if cancelled == Some(When::BeforeStart) {
        operation.cancel_handle().cancel();
    }
    let result = operation.await;
    check_calls(&calls.lock().unwrap(), &result);
    result.overall_status
}

#[tokio::test]
async fn gpo_generate_report() {
    check(|ground, task| async move {
        let reporting = Reporting::new(Arc::default());
        let gpo = ground.gpo("Default Domain Policy");
        let report = reporting.gpo(&ground.store, &ground.forest, gpo, &task).await;
        report.map(|_| ()).map_err(|error| report_error(error, task.is_cancelled()))
    })
    .await;
}

#[tokio::test]
async fn starter_gpo_generate_report() {
    check(|ground, task| async move {
        let reporting = Reporting::new(Arc::default());
        let domain = Domain::open(&ground.store, &ground.forest.domains[0].name).await.unwrap();
        let starters = domain.starter_gpos().await.unwrap();
        let report = reporting.starter_gpo(&domain, &starters.values[0], &task).await;
        report.map(|_| ()).map_err(|error| report_error(error, task.is_cancelled()))
    })
    .await;
}

/// The domain, one of its starter GPOs, and a folder to write to.
async fn starter(ground: &Ground) -> (Domain, Guid, tempfile::TempDir) {
    let domain = Domain::open(&ground.store, &ground.forest.domains[0].name).await.unwrap();
    let id = domain.starter_gpos().await.unwrap().values[0].id;
    (domain, id, tempfile::tempdir().unwrap())
}

async fn saved(domain: &Domain, id: Guid, folder: &tempfile::TempDir, task: &Task) -> Result<Backup, OperationError> {
    let reporting = Reporting::new(Arc::default());
    back_up_starter_gpo(domain, id, folder.path(), "", &reporting, task).await
}

#[tokio::test]
async fn starter_gpo_backup() {
    check(|ground, task| async move {
        let (domain, id, folder) = starter(&ground).await;
        saved(&domain, id, &folder, &task).await.map(|_| ())
    })
    .await;
}

#[tokio::test]
async fn domain_restore_starter_gpo() {
    check(|ground, task| async move {
        let (domain, id, folder) = starter(&ground).await;
        let backup = saved(&domain, id, &folder, &Task::default()).await.unwrap();
        let edit = RestoreStarterGpo { domain: domain.name().clone(), backup };
        carry_out(&ground.context(), &edit, &task).await.map(|_| ())
    })
    .await;
}

#[tokio::test]
async fn starter_gpo_copy_to() {
    check(|ground, task| async move {
        let (domain, id, _) = starter(&ground).await;
        let original = domain.starter_gpo(id).await.unwrap();
        let (source, domain) = (ground.store.clone(), domain.name().clone());
        let edit = CopyStarterGpo { source, original, domain, id: Guid::random(), name: None };
        carry_out(&ground.context(), &edit, &task).await.map(|_| ())
    })
    .await;
}

#[tokio::test]
async fn starter_gpo_save_and_domain_load_starter_gpo() {
    check(|ground, task| async move {
        let (domain, id, folder) = starter(&ground).await;
        let reporting = Reporting::new(Arc::default());
        let file = folder.path().join("x.cab");
        save_starter_gpo(&domain, id, &file, &SaveStarterOptions::default(), &reporting, &task).await.map(|_| ())
    })
    .await;
    check(|ground, task| async move {
        let (domain, id, folder) = starter(&ground).await;
        let reporting = Reporting::new(Arc::default());
        let file = folder.path().join("x.cab");
        let options = SaveStarterOptions::default();
        save_starter_gpo(&domain, id, &file, &options, &reporting, &Task::default()).await.unwrap();
        let (domain, new_id) = (domain.name().clone(), Guid::random());
        let edit = LoadStarterGpo { domain, cabinet: file, new_id, overwrite: true };
        carry_out(&ground.context(), &edit, &task).await.map(|_| ())
    })
    .await;
}

#[tokio::test]
async fn backup_generate_report() {
    check(|ground, task| async move {
        let backup = ground.back_up(ONE, &Task::default()).await?;
        let own = task.clone();
        let report = tokio::task::spawn_blocking(move || Reporting::new(Arc::default()).backup(&backup, &own));
        let report = report.await.unwrap();
        report.map(|_| ()).map_err(|error| report_error(error, task.is_cancelled()))
    })
    .await;
}

#[tokio::test]
async fn gpo_backup() {
    check(|ground, task| async move { ground.back_up(ONE, &task).await.map(|_| ()) }).await;
}

#[tokio::test]
async fn domain_restore_gpo() {
    check(|ground, task| async move {
        let backup = ground.back_up(ONE, &Task::default()).await?;
        restore_backup(&ground.context(), &backup, &RestoreOptions::default(), &task).await.map(|_| ())
    })
    .await;
}

#[tokio::test]
async fn gpo_import() {
    check(|ground, task| async move {
        let source = ImportSource::Backup(Box::new(ground.back_up(ONE, &Task::default()).await?));
        let (target, options) = (ground.gpo(OTHER), MigrationOptions::default());
        import_settings(&ground.context(), &target.domain, target.id, &source, &options, &task).await.map(|_| ())
    })
    .await;
}

#[tokio::test]
async fn gpo_copy_to() {
    check(|ground, task| async move {
        let (gpo, options) = (ground.gpo(ONE), CopyOptions::default());
        let (store, context) = (&ground.store, ground.context());
        copy_gpo(store, &gpo.domain, gpo.id, &context, &gpo.domain, &options, &task).await.map(|_| ())
    })
    .await;
}
