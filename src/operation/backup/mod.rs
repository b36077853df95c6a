//! Backup of GPOs in GPMC's format, and what is done with the sets (IGPMGPO.Backup, IGPMBackupDir; `operations.md` 1).
//!
//! A GPO is read with one search and streamed file by file into a folder beside its place, many files and several GPOs at the same time. The
//! report is made from what was just written, so that SYSVOL is read once. One rename puts the set into its place, and the manifest follows.

mod extras;
mod publisher;
mod set_files;
mod set_xml;
mod verify;

pub use extras::read_backup_extras;
pub use verify::{BackupCheck, VersionComparison, compare_versions, verify_backup};

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use futures::{StreamExt, stream};

use crate::format::{BACKUP_EXTRAS_FILE, BackupExtras, BackupInstance};
use crate::gpm::{
    Backup, Domain, ForestSnapshot, Gpo, HResult, ItemState, MessageId, NewBackup, OperationError, StatusMessage, Task,
    prepare_backup_folder, sync_backups,
};
use crate::ident::{DnsName, Guid, Timestamp};
use crate::report::{GpoReport, ReportFormat};
use crate::store::{ForestStore, StoreError, StoreErrorKind, SysvolPath};

use super::content::{GpoContent, LiveGpos};
use super::item_outcome::{ItemOutcome, finish_item};
use super::migration::{ScanOptions, find_principals};
use super::report::{Common, ReadGpo, by_half, read_folder};
use super::{ReportBackupError, ReportGpoError, Reporting, render_reports};

use publisher::Publisher;
use set_files::SetFiles;

/// What a backup is made with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackupOptions {
    /// The comment that lists of backups show.
    pub comment: String,
    /// Whether links, the WMI filter's definition and blocked inheritance are saved too, in a file that GPMC ignores.
    pub with_extras: bool,
}

/// GPOs that are saved at the same time.
const GPOS_IN_FLIGHT: usize = 16;

/// Backs up a GPO into a folder of backups, which is made if it is not there (IGPMGPO.Backup).
///
/// # Errors
/// Fails where part of the GPO cannot be read or written; nothing of the backup is left then, nor after a cancel.
pub async fn back_up_gpo(
    store: &Arc<dyn ForestStore>,
    forest: &ForestSnapshot,
    gpo: &Gpo,
    folder: &Path,
    options: &BackupOptions,
    reporting: &Reporting,
    task: &Task,
) -> Result<Backup, OperationError> {
    prepare(folder).await?;
    let saving = Saving::new(store, forest, folder, options, reporting);
    task.progress(0, steps(gpo));
    let live = read_domain(store, &gpo.domain, &[gpo], task).await?;
    let backup = saving.save(&live, gpo, task).await?;
    finish(folder, task).await;
    Ok(backup)
}

/// Backs up several GPOs into a folder of backups. Goes on after a failure; a cancel leaves the backups that are done.
///
/// # Errors
/// Fails where none can be begun: each GPO's own failure stands in its outcome.
pub async fn back_up_gpos(
    store: &Arc<dyn ForestStore>,
    forest: &ForestSnapshot,
    gpos: &[&Gpo],
    folder: &Path,
    options: &BackupOptions,
    reporting: &Reporting,
    task: &Task,
) -> Result<Vec<ItemOutcome<Backup>>, OperationError> {
    prepare(folder).await?;
    let saving = &Saving::new(store, forest, folder, options, reporting);
    task.begin_items(gpos.iter().map(|gpo| (gpo.display_name.clone(), steps(gpo))));
    let mut by_domain: HashMap<&DnsName, Vec<&Gpo>> = HashMap::new();
    for gpo in gpos {
        by_domain.entry(&gpo.domain).or_default().push(gpo);
    }
    let mut domains = HashMap::new();
    for (name, gpos) in by_domain {
        domains.insert(name, read_domain(store, name, &gpos, task).await);
    }
    let domains = &domains;
    // Collected, so that the future is `Send` for any lifetime of what it borrows.
    let saves: Vec<_> = gpos
        .iter()
        .enumerate()
        .map(|(place, gpo)| async move {
            let own = task.item(place);
            let outcome = match (own.checkpoint(), domains.get(&gpo.domain)) {
                (Err(cancelled), _) => Err(cancelled.into()),
                (Ok(()), Some(Ok(live))) => {
                    own.set_item_state(ItemState::Running);
                    task.activity(format!("Backing up {}", gpo.display_name));
                    saving.save(live, gpo, &own).await
                }
                (Ok(()), Some(Err(error))) => Err(error.clone()),
                (Ok(()), None) => {
                    Err(OperationError::of_directory(&StoreError::new(StoreErrorKind::NotFound, &gpo.domain)))
                }
            };
            finish_item(&own, &outcome);
            ItemOutcome { name: gpo.display_name.clone(), id: gpo.id, outcome }
        })
        .collect();
    let outcomes: Vec<_> = stream::iter(saves).buffered(GPOS_IN_FLIGHT).collect().await;
    if outcomes.iter().any(|outcome| outcome.outcome.is_ok()) {
        finish(folder, task).await;
    }
    Ok(outcomes)
}

/// Makes the folder of backups, and removes what writers left that were killed.
async fn prepare(folder: &Path) -> Result<(), OperationError> {
    let root = folder.to_owned();
    blocking(move || prepare_backup_folder(&root)).await
}

/// Returns the steps of a GPO's backup: one for each extension of a half, and one for the rest.
fn steps(gpo: &Gpo) -> u64 {
    (gpo.computer_extensions.groups.len() + gpo.user_extensions.groups.len() + 1) as u64
}

async fn read_domain(
    store: &Arc<dyn ForestStore>,
    name: &DnsName,
    gpos: &[&Gpo],
    task: &Task,
) -> Result<LiveGpos, OperationError> {
    let domain = task.or_cancel(Domain::open(store, name)).await?;
    LiveGpos::read(&domain.map_err(|error| OperationError::of_directory(&error))?, gpos, task).await
}

/// Has the system bring the folder to the disk. A failure is told; the backups are there all the same.
pub(super) async fn finish(folder: &Path, task: &Task) {
    let owned = folder.to_owned();
    if let Ok(Err(error)) = tokio::task::spawn_blocking(move || sync_backups(&owned)).await {
        let message = StatusMessage::warning(MessageId::FileWriteFailed, error.to_string());
        task.message(message.about(folder.display()));
    }
}

/// Runs work that blocks on the file system beside the runtime.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, OperationError> + Send + 'static,
) -> Result<T, OperationError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|failed| {
        Err(OperationError::new(StatusMessage::error(MessageId::ExtensionFailed, HResult::FAIL, failed.to_string())))
    })
}

/// Where and when the content of a set was read.
#[derive(Clone, Debug)]
pub struct BackupOrigin {
    /// DNS name of the domain controller.
    pub domain_controller: String,
    /// `objectGUID` of the domain, where it is known.
    pub domain_guid: Option<Guid>,
    /// The GPO's folder in SYSVOL: `Policies\{GUID}`.
    pub folder: SysvolPath,
    /// When.
    pub time: Timestamp,
}

/// Writes a content that was read already into a folder of backups. Its report is made from the set, and says nothing of times, owner and links.
///
/// # Errors
/// Fails where part of it cannot be read or written; nothing of the backup is left then, nor after a cancel.
pub async fn write_backup(
    content: &GpoContent,
    origin: &BackupOrigin,
    folder: &Path,
    options: &BackupOptions,
    reporting: &Reporting,
    task: &Task,
) -> Result<Backup, OperationError> {
    prepare(folder).await?;
    let publisher = Publisher::default();
    let copied = |done, total| task.progress(done, total + 1);
    let set = UnseenSet::copy(content, folder, &publisher, task, copied).await?;
    set.describe(content, origin, task).await?;
    let (written, reporting, own) =
        (set.new.as_backup(set.instance(content, origin, options)), reporting.clone(), task.clone());
    let report = blocking(move || {
        reporting.backup(&written, &own).map_err(|error| match error {
            ReportBackupError::Cancelled(cancelled) => cancelled.into(),
            error => {
                let message = StatusMessage::error(MessageId::ExtensionFailed, HResult::FAIL, error.to_string());
                OperationError::new(message)
            }
        })
    });
    let report = report.await?;
    let instance = set.instance(content, origin, options);
    set.publish(instance, &report, None, &publisher, task).await
}

/// A set that is written, all but its report, and that nobody sees yet.
struct UnseenSet {
    new: NewBackup,
    files: SetFiles,
}

impl UnseenSet {
    /// Copies the files of a GPO. `done` is told how many of how many are there.
    async fn copy(
        content: &GpoContent,
        folder: &Path,
        publisher: &Publisher,
        task: &Task,
        done: impl FnMut(u64, u64),
    ) -> Result<Self, OperationError> {
        let new = publisher.begin(folder).await?;
        let files = SetFiles::open(new.folder()).await?;
        files.copy_sysvol(content, task, done).await?;
        Ok(UnseenSet { new, files })
    }

    /// Writes `Backup.xml`.
    async fn describe(&self, content: &GpoContent, origin: &BackupOrigin, task: &Task) -> Result<(), OperationError> {
        let location = format!(r"\\{}\sysvol\{}\{}", origin.domain_controller, content.core.domain, origin.folder);
        self.files.write("Backup.xml", &set_xml::backup_xml(content, &location, task).to_bytes()).await
    }

    /// Returns what the index says of it.
    fn instance(&self, content: &GpoContent, origin: &BackupOrigin, options: &BackupOptions) -> BackupInstance {
        BackupInstance {
            id: self.new.id(),
            gpo_id: content.core.id,
            gpo_name: content.core.display_name.clone(),
            domain: content.core.domain.to_string(),
            domain_guid: origin.domain_guid,
            domain_controller: origin.domain_controller.clone(),
            time: Some(origin.time),
            comment: options.comment.clone(),
            has_software: set_xml::has_software(content),
        }
    }

    /// Adds the report and the extras, and puts the set into its place.
    async fn publish(
        self,
        instance: BackupInstance,
        report: &GpoReport,
        extras: Option<&BackupExtras>,
        publisher: &Publisher,
        task: &Task,
    ) -> Result<Backup, OperationError> {
        let report = render_reports(std::slice::from_ref(report), ReportFormat::Xml, Default::default());
        self.files.write("gpreport.xml", &report).await?;
        if let Some(extras) = extras {
            self.files.write(BACKUP_EXTRAS_FILE, &extras.to_bytes()).await?;
        }
        // The last look: rename and manifest belong together.
        task.checkpoint()?;
        publisher.publish(self.new, instance).await
    }
}

/// What the backups of one call have in common.
struct Saving<'a> {
    common: Common<'a>,
    folder: &'a Path,
    options: &'a BackupOptions,
    reporting: &'a Reporting,
    publisher: Publisher,
}

impl<'a> Saving<'a> {
    fn new(
        store: &'a Arc<dyn ForestStore>,
        forest: &'a ForestSnapshot,
        folder: &'a Path,
        options: &'a BackupOptions,
        reporting: &'a Reporting,
    ) -> Self {
        let common = Common::names_only(store, forest);
        Saving { common, folder, options, reporting, publisher: Publisher::default() }
    }

    async fn save(&self, live: &LiveGpos, gpo: &Gpo, task: &Task) -> Result<Backup, OperationError> {
        task.checkpoint()?;
        // As it is now: what was loaded may be old.
        let gpo = &live.gpo(&gpo.dn)?;
        let origin = BackupOrigin {
            domain_controller: live.domain().domain_controller().to_owned(),
            domain_guid: live.domain_guid(),
            folder: gpo.sysvol_folder(),
            time: Timestamp::now(),
        };
        let mut content = self.content(live, gpo, task).await?;
        let steps = steps(gpo);
        let done = |done, total: u64| task.progress(done * (steps - 1) / total.max(1), steps);
        let set = UnseenSet::copy(&content, self.folder, &self.publisher, task, done).await?;
        // From the copies, so that SYSVOL is read once.
        let (copied, common) = (set.files.copied(&content), &self.common);
        let everywhere = ScanOptions { with_security: true, ..ScanOptions::default() };
        content.principals = find_principals(&copied, &**common.store, &common.names, &everywhere, task).await?;
        set.describe(&content, &origin, task).await?;
        let report = self.report(live, gpo, &content, set.new.folder(), task).await?;
        let extras = self.options.with_extras.then(|| extras::of_gpo(self.common.forest, gpo));
        let instance = set.instance(&content, &origin, self.options);
        let backup = set.publish(instance, &report, extras.as_ref(), &self.publisher, task).await?;
        task.progress(steps, steps);
        Ok(backup)
    }

    /// Reads what the GPO consists of.
    async fn content(&self, live: &LiveGpos, gpo: &Gpo, task: &Task) -> Result<GpoContent, OperationError> {
        let content = live.content(gpo, task).await?;
        if content.folders.is_empty() && content.files.is_empty() && content.core.sysvol_version.is_none() {
            let message = StatusMessage::error(
                MessageId::FileMissing,
                HResult::PATH_NOT_FOUND,
                "the GPO has no folder in SYSVOL: there are no settings to back up",
            );
            return Err(OperationError::new(message.about(live.location(gpo))));
        }
        if content.core.sysvol_version.is_some_and(|version| version != content.core.directory_version) {
            let text = "the versions in the directory and in SYSVOL differ; both are saved";
            task.message(StatusMessage::warning(MessageId::VersionMismatch, text).about(live.location(gpo)));
        }
        Ok(content)
    }

    /// Makes the report of a GPO from the files that were just written.
    async fn report(
        &self,
        live: &LiveGpos,
        gpo: &Gpo,
        content: &GpoContent,
        set: &Path,
        task: &Task,
    ) -> Result<GpoReport, OperationError> {
        let (folder, own) = (set.join("DomainSysvol").join("GPO"), task.clone());
        let files = blocking(move || Ok(read_folder(&folder, &own)?)).await?;
        let read =
            ReadGpo { files, objects: by_half(live.objects(&gpo.dn)), sysvol_version: content.core.sysvol_version };
        self.reporting.of_read(&self.common, gpo, read, task).await.map_err(|error| match error {
            ReportGpoError::Cancelled(cancelled) => cancelled.into(),
            ReportGpoError::Store(error) => OperationError::of_directory(&error),
        })
    }
}
