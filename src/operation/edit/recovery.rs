//! An edit that a crash broke off: brought to its end where it counts as done, else taken back.

use std::sync::Arc;

use crate::gpm::{OperationError, Task};
use crate::operation::journal::{JournalEntry, JournalRecord};
use crate::store::ForestStore;

use super::carry_out::{Stored, keep};
use super::work::{self, Standing};

/// Brings an edit to its end. Returns whether it counts as done; it is kept for undo then.
///
/// # Errors
/// Fails where the stores cannot be reached or written, and where somebody else has changed the same objects since.
pub(in crate::operation) async fn recover_edit(
    store: &Arc<dyn ForestStore>,
    entry: JournalEntry,
    record: &JournalRecord,
) -> Result<bool, OperationError> {
    let stored = Stored::load(entry.folder())?;
    let task = Task::default();
    let last = stored.steps.len().saturating_sub(1);
    let commit = stored.commits_after.unwrap_or(last);
    let is_done = match stored.steps.get(commit) {
        Some(step) => match work::standing(store, step).await? {
            Standing::Done => true,
            Standing::NotDone => false,
            // Of a single write nothing can be half done, whoever has written since.
            Standing::Other => stored.steps.len() == 1,
        },
        None => true,
    };
    if is_done {
        for step in &stored.steps[..(commit + 1).min(stored.steps.len())] {
            work::complete(store, step).await?;
        }
        for (step, saved) in stored.steps.iter().zip(&stored.saved).skip(commit + 1) {
            if work::standing(store, step).await? == Standing::NotDone {
                work::carry_out(store, step, saved, &task).await?;
            }
        }
        keep(store, entry, record, stored).await?;
        return Ok(true);
    }
    for (step, saved) in stored.steps.iter().zip(&stored.saved).rev() {
        work::take_back(store, step, saved).await?;
    }
    entry.finish()?;
    Ok(false)
}
