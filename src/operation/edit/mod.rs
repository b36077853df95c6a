//! Edits: what an administrator changes by pointing and clicking, each of it whole or not at all, each of it to be undone.
//!
//! An [`Edit`] reads what is there and works out steps, each with what is there before and after ([`Step`]). [`carry_out`] writes them down in the
//! journal, does them one by one, and takes them back where one fails or the person cancels; [`undo`] does them backwards later, as long as nobody else
//! has changed what they changed. The steps are also what `--dry-run` shows. A new kind of edit is one type in [`super::admin`].

mod carry_out;
mod recovery;
mod saved_tree;
mod step;
mod stored_object;
mod undo;
mod work;

use std::sync::Arc;

use async_trait::async_trait;

use crate::gpm::{OperationError, Task};
use crate::store::ForestStore;

pub use crate::gpm::Touched;
pub use carry_out::{Edited, carry_out, carry_out_all};
pub(super) use recovery::recover_edit;
pub use step::{Step, ValueChange};
pub use stored_object::StoredObject;
pub(super) use stored_object::read_tree;
pub use undo::{UndoEntry, UndoList, undo, undo_list};
pub(super) use work::conflict;
pub use work::directory_of;

/// Something an administrator wants changed.
#[async_trait]
pub trait Edit: Send + Sync {
    /// Returns what is changed, for people: `Link Staff Desktop to corp.example.com/Staff`.
    fn title(&self) -> String;

    /// Reads what is there now and works out the steps; no step where all is as wanted.
    ///
    /// # Errors
    /// Fails where it cannot be read or makes no sense; nothing is changed then.
    async fn plan(&self, store: &Arc<dyn ForestStore>, task: &Task) -> Result<EditPlan, OperationError>;

    /// Tells whether it is planned anew where somebody else changes the object at the same time: yes for what adds, removes or switches something,
    /// no for what replaces a text that somebody has seen.
    fn tries_again(&self) -> bool {
        true
    }
}

/// How an edit is done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EditPlan {
    /// The writes, in order.
    pub steps: Vec<Step>,
    /// What of the forest is another one then.
    pub touches: Vec<Touched>,
    /// The place of the step after which the edit counts as done: from there on it goes forward only. None for the last.
    pub commits_after: Option<usize>,
    /// Why it cannot be undone; none where it can.
    pub cannot_undo: Option<String>,
}

impl EditPlan {
    /// Returns what would be changed, a line for each change.
    pub fn describe(&self) -> Vec<String> {
        self.steps.iter().filter(|step| !step.is_nothing()).flat_map(Step::describe).collect()
    }

    /// Tells whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.iter().all(Step::is_nothing)
    }
}
