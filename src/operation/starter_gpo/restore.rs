//! Restore of starter GPOs: the original id and settings, in the domain they were saved from (IGPMDomain2.RestoreStarterGPO).

use crate::gpm::{Backup, Domain, HResult, ItemState, MessageId, OperationError, StarterGpo, StatusMessage, Task};
use crate::operation::item_outcome::{ItemOutcome, finish_item};

use super::content::{StarterContent, find_folder, open_sysvol};
use super::folder::{put_in_place, tidy};
use super::{STEPS, written};

/// Restores a starter GPO from a backup; one that is there is replaced and keeps its permissions. After a failure or cancel it is as it was.
///
/// # Errors
/// Fails where the backup is of another domain, cannot be read or holds more than administrative templates, or SYSVOL cannot be written.
pub async fn restore_starter_gpo(domain: &Domain, backup: &Backup, task: &Task) -> Result<StarterGpo, OperationError> {
    task.progress(0, STEPS);
    task.checkpoint()?;
    if !backup.domain.eq_ignore_ascii_case(&domain.name().to_string()) {
        let text = format!("the backup is of {} and is restored there only, not in {}", backup.domain, domain.name());
        let message = StatusMessage::error(MessageId::BackupOtherDomain, HResult::INVALID_ARGUMENT, text);
        return Err(OperationError::new(message.about(backup.id)));
    }
    task.activity(format!("Restoring {}", backup.gpo_name));
    let content = StarterContent::read_set(backup, task).await?;
    task.progress(1, STEPS);
    let sysvol = open_sysvol(domain, task).await?;
    tidy(&*sysvol, task).await?;
    let present = task.or_cancel(find_folder(&*sysvol, backup.gpo_id)).await??;
    task.progress(2, STEPS);
    put_in_place(&*sysvol, backup.gpo_id, &content.tree, present.as_ref(), task).await?;
    let message = StatusMessage::information(MessageId::Done, format!("{} was restored", backup.gpo_name));
    task.message(message.about(backup.gpo_id));
    written(domain, backup.gpo_id, task).await
}

/// Restores several starter GPOs of a domain. Goes on after a failure; a cancel leaves those that are done.
///
/// # Errors
/// Fails where none can be begun: each one's own failure stands in its outcome.
pub async fn restore_starter_gpos(
    domain: &Domain,
    backups: &[&Backup],
    task: &Task,
) -> Result<Vec<ItemOutcome<StarterGpo>>, OperationError> {
    task.begin_items(backups.iter().map(|backup| (backup.gpo_name.clone(), STEPS)));
    let mut outcomes = Vec::new();
    for (place, backup) in backups.iter().enumerate() {
        let own = task.item(place);
        own.set_item_state(ItemState::Running);
        let outcome = restore_starter_gpo(domain, backup, &own).await;
        finish_item(&own, &outcome);
        outcomes.push(ItemOutcome { name: backup.gpo_name.clone(), id: backup.gpo_id, outcome });
    }
    Ok(outcomes)
}
