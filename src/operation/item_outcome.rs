//! What became of each of the things that an operation worked on one by one.

use crate::gpm::{ItemState, OperationError, Severity, Task};
use crate::ident::Guid;

/// What became of one of several GPOs or backups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemOutcome<T> {
    /// Its name.
    pub name: String,
    /// The GUID of the GPO.
    pub id: Guid,
    /// What was made, or why not.
    pub outcome: Result<T, OperationError>,
}

/// Ends the item of a task as its outcome says; the reason of a failure is its last message.
pub(super) fn finish_item<T>(task: &Task, outcome: &Result<T, OperationError>) {
    let state = match outcome {
        Ok(_) if task.messages().iter().any(|message| message.severity > Severity::Information) => ItemState::Warning,
        Ok(_) => ItemState::Done,
        Err(error) if error.is_cancelled() => ItemState::Cancelled,
        Err(error) => {
            task.message((*error.0).clone());
            ItemState::Failed
        }
    };
    task.set_item_state(state);
}
