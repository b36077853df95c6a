//! The impact of edits, worked out and shown before they are made, where the person wants that.

use std::sync::Arc;

use crate::gpm::{ForestSnapshot, OperationError, Task};
use crate::operation::edit::{Edit, Step};
use crate::operation::rsop::{PolicyCache, foresee, impact_of};
use crate::rsop::Impact;
use crate::store::ForestStore;

use super::super::impact_window::ImpactWindow;
use super::super::{Command, ForestEntry};
use super::App;

impl App {
    /// Works out what edits would do to users and computers and shows that; makes them at once where they change nothing that decides which
    /// GPOs apply.
    pub(super) fn preview_impact(&mut self, command: Command) {
        let (id, title, edits) = match &command {
            Command::Edit(id, edit) | Command::EditAndSelect(id, edit, _) => {
                (*id, edit.title(), vec![Arc::clone(edit)])
            }
            Command::EditMany(id, title, edits) => (*id, title.clone(), edits.clone()),
            _ => return,
        };
        let Some(forest) = self.entry(id).and_then(ForestEntry::open) else { return };
        let (store, snapshot, cache) =
            (Arc::clone(&forest.store), Arc::clone(&forest.snapshot), forest.policies.clone());
        let own = title.clone();
        let work = move |task| async move { impact_of_edits(store, snapshot, edits, cache, task).await };
        let ended = move |outcome: &Result<Option<Impact>, OperationError>| {
            let make = Command::WithoutPreview(Box::new(command));
            match outcome {
                Ok(None) => vec![make],
                Ok(Some(impact)) => vec![ImpactWindow::ask(own, impact.clone(), vec![make])],
                Err(_) => Vec::new(),
            }
        };
        let job = self.workers.operation(format!("Impact of: {title}"), work, ended).quiet();
        self.operation_jobs.push(job);
    }

    /// Makes edits whose impact was seen.
    pub(super) fn edit_without_preview(&mut self, command: Command) {
        match command {
            Command::Edit(forest, edit) => self.edit(forest, edit, None),
            Command::EditAndSelect(forest, edit, node) => self.edit(forest, edit, Some(node)),
            Command::EditMany(forest, title, edits) => self.edit_many(forest, title, edits),
            _ => {}
        }
    }
}

async fn impact_of_edits(
    store: Arc<dyn ForestStore>,
    forest: Arc<ForestSnapshot>,
    edits: Vec<Arc<dyn Edit>>,
    cache: PolicyCache,
    task: Task,
) -> Result<Option<Impact>, OperationError> {
    let mut steps: Vec<Step> = Vec::new();
    for edit in &edits {
        steps.extend(task.or_cancel(edit.plan(&store, &task)).await??.steps);
    }
    match foresee(&forest, &steps) {
        Some(foreseen) => Ok(Some(impact_of(&store, &forest, &foreseen, &cache, &task).await?)),
        None => Ok(None),
    }
}
