//! Backup of starter GPOs into a folder of backups (IGPMStarterGPO.Backup): their tree, the index of the set, a report.

use std::path::Path;

use crate::format::BackupInstance;
use crate::gpm::constants::BackupType;
use crate::gpm::{
    Backup, Domain, HResult, ItemState, MessageId, NewBackup, OperationError, StarterGpo, StatusMessage, Task,
    prepare_backup_folder,
};
use crate::ident::{Guid, Timestamp};
use crate::operation::backup::finish;
use crate::operation::change::copy_tree;
use crate::operation::content::object_guid;
use crate::operation::item_outcome::{ItemOutcome, finish_item};
use crate::operation::{ReportGpoError, Reporting, render_reports};
use crate::report::{GpoReport, HtmlOptions, ReportFormat};
use crate::store::{Sysvol, SysvolPath};

use super::content::{StarterContent, not_found, open_folder};
use super::{STEPS, blocking};

/// Backs up a starter GPO into a folder of backups, which is made if it is not there.
///
/// # Errors
/// Fails where it is not there, cannot be read or written, or holds more than administrative templates; nothing of the backup is left then,
/// nor after a cancel.
pub async fn back_up_starter_gpo(
    domain: &Domain,
    id: Guid,
    folder: &Path,
    comment: &str,
    reporting: &Reporting,
    task: &Task,
) -> Result<Backup, OperationError> {
    let backup = save(domain, id, folder, comment, reporting, task).await?;
    finish(folder, task).await;
    Ok(backup)
}

/// Backs up several starter GPOs of a domain. Goes on after a failure; a cancel leaves the backups that are done.
///
/// # Errors
/// Fails where none can be begun: each one's own failure stands in its outcome.
pub async fn back_up_starter_gpos(
    domain: &Domain,
    starters: &[&StarterGpo],
    folder: &Path,
    comment: &str,
    reporting: &Reporting,
    task: &Task,
) -> Result<Vec<ItemOutcome<Backup>>, OperationError> {
    task.begin_items(starters.iter().map(|starter| (starter.display_name.clone(), STEPS)));
    let mut outcomes = Vec::new();
    for (place, starter) in starters.iter().enumerate() {
        let own = task.item(place);
        own.set_item_state(ItemState::Running);
        task.activity(format!("Backing up {}", starter.display_name));
        let outcome = save(domain, starter.id, folder, comment, reporting, &own).await;
        finish_item(&own, &outcome);
        outcomes.push(ItemOutcome { name: starter.display_name.clone(), id: starter.id, outcome });
    }
    if outcomes.iter().any(|outcome| outcome.outcome.is_ok()) {
        finish(folder, task).await;
    }
    Ok(outcomes)
}

async fn save(
    domain: &Domain,
    id: Guid,
    folder: &Path,
    comment: &str,
    reporting: &Reporting,
    task: &Task,
) -> Result<Backup, OperationError> {
    task.progress(0, STEPS);
    task.checkpoint()?;
    let content = StarterContent::read_live(domain, id, task).await?;
    if let Err(error) = content.metadata() {
        // Its bytes are saved all the same.
        let text = format!("what the starter GPO says of itself cannot be read: {error}");
        task.message(StatusMessage::warning(MessageId::BackupXmlInvalid, text).about(&error.0.object_path));
    }
    let starter = find(domain, id, task).await?;
    let instance = BackupInstance {
        id: Guid::NIL,
        gpo_id: id,
        gpo_name: starter.display_name.clone(),
        domain: domain.name().to_string(),
        domain_guid: domain_guid(domain, task).await?,
        domain_controller: domain.domain_controller().to_owned(),
        time: Some(Timestamp::now()),
        comment: comment.to_owned(),
        has_software: false,
    };
    task.progress(1, STEPS);
    let report = report_file(domain, &starter, ReportFormat::Xml, reporting, task).await?;
    task.progress(2, STEPS);
    let root = folder.to_owned();
    let begin = move || {
        prepare_backup_folder(&root)?;
        NewBackup::begin(&root, BackupType::StarterGpo)
    };
    let new = blocking(begin).await?;
    let set = open_folder(new.folder(), task).await?.unsynced();
    copy_tree(&content.tree, &set, &SysvolPath::root(), task).await?;
    let report_path = SysvolPath::parse("gpreport.xml").unwrap_or_default();
    set.replace(&report_path, &report).await.map_err(|error| OperationError::of_write(&error))?;
    task.progress(3, STEPS);
    // The last look: rename and manifest belong together.
    task.checkpoint()?;
    let backup = blocking(move || new.publish(instance)).await?;
    task.progress(STEPS, STEPS);
    Ok(backup)
}

/// Reads what a starter GPO says of itself.
pub(in crate::operation) async fn find(domain: &Domain, id: Guid, task: &Task) -> Result<StarterGpo, OperationError> {
    task.or_cancel(domain.starter_gpo(id)).await?.map_err(|error| match error.kind {
        crate::store::StoreErrorKind::NotFound => not_found(domain, id),
        _ => OperationError::of_read(&error),
    })
}

/// Makes the report that lies beside a saved starter GPO.
pub(super) async fn report_file(
    domain: &Domain,
    starter: &StarterGpo,
    format: ReportFormat,
    reporting: &Reporting,
    task: &Task,
) -> Result<Vec<u8>, OperationError> {
    let report: GpoReport = reporting.starter_gpo(domain, starter, task).await.map_err(|error| match error {
        ReportGpoError::Cancelled(cancelled) => cancelled.into(),
        ReportGpoError::Store(error) => OperationError::of_read(&error),
    })?;
    Ok(render_reports(std::slice::from_ref(&report), format, HtmlOptions::default()))
}

/// Reads `objectGUID` of the domain; none, with a warning, where it cannot be read.
async fn domain_guid(domain: &Domain, task: &Task) -> Result<Option<Guid>, OperationError> {
    let dn = &domain.directory().root_dse().domain_dn;
    match task.or_cancel(domain.directory().read(dn, &["objectGUID"], None)).await? {
        Ok(entry) => Ok(object_guid(&entry)),
        Err(error) => {
            let text = format!("the id of the domain is not saved: {error}");
            let message = StatusMessage::warning(MessageId::DirectoryFailed, text).with_code(HResult::from(error.kind));
            task.message(message.about(dn));
            Ok(None)
        }
    }
}
