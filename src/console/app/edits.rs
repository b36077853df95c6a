//! Edits: carried out in the background, one after the other; what they touched is read anew, and can be undone from the Edit menu.

use std::sync::Arc;

use egui::Context;
use poll_promise::Promise;

use crate::gpm::{Forest, ForestSnapshot, HResult, OperationError, Task, Touched};
use crate::ident::Guid;
use crate::operation::edit::{self, Edit, Edited, UndoList};
use crate::operation::{ChangeContext, ItemOutcome};
use crate::store::StoreError;

use super::super::error_view::ErrorReport;
use super::super::job::take;
use super::super::{Command, ForestEntry, ForestId, ForestState, Node, OpenForest};
use super::App;

/// Parts of a forest that are being read anew.
pub(super) struct Reload {
    forest: ForestId,
    touched: Vec<Touched>,
    /// What they are put into.
    base: Arc<ForestSnapshot>,
    promise: Option<Promise<Result<Arc<ForestSnapshot>, StoreError>>>,
}

/// What can be undone in a forest, being looked up in the journal.
pub(super) type UndoLook = Option<Promise<Result<(ForestId, UndoList), OperationError>>>;

impl App {
    /// Carries out an edit; a node is selected when it is done.
    pub(super) fn edit(&mut self, id: ForestId, edit: Arc<dyn Edit>, then: Option<Node>) {
        let title = edit.title();
        self.change(
            id,
            title,
            move |context, task| async move { edit::carry_out(&context, &*edit, &task).await },
            then,
        );
    }

    /// Carries out several edits; one undo takes all of them back.
    pub(super) fn edit_many(&mut self, id: ForestId, title: String, edits: Vec<Arc<dyn Edit>>) {
        let own = title.clone();
        let work = move |context, task: Task| async move {
            let outcomes = edit::carry_out_all(&context, &own, &edits, &task).await?;
            let done = outcomes.into_iter().filter_map(|ItemOutcome { outcome, .. }| outcome.ok());
            let touches = done.flat_map(|edited: Edited| edited.touches).collect();
            Ok(Edited { entry: None, touches })
        };
        self.change(id, title, work, None);
    }

    /// Takes back what was done last in a forest, or does again what was taken back last.
    pub(super) fn undo(&mut self, id: ForestId, entry: Guid, title: String) {
        self.change(id, title, move |context, task| async move { edit::undo(&context, entry, &task).await }, None);
    }

    fn change<F>(
        &mut self,
        id: ForestId,
        title: String,
        work: impl FnOnce(ChangeContext, Task) -> F + Send + 'static,
        then: Option<Node>,
    ) where
        F: Future<Output = Result<Edited, OperationError>> + Send + 'static,
    {
        let Some(forest) = self.entry(id).and_then(ForestEntry::open) else { return };
        if forest.info.read_only {
            self.note = Some("The forest is open read-only".to_owned());
            return;
        }
        let (context, turn) = (self.workers.change_context(forest), self.workers.turn());
        let work = move |task: Task| async move {
            // Two edits of one object that follow each other at once must not meet.
            let _turn = turn.lock_owned().await;
            work(context.await?, task).await
        };
        let ended = move |outcome: &Result<Edited, OperationError>| match outcome {
            Ok(edited) => vec![Command::Changed(id, edited.touches.clone(), then)],
            // What somebody else has changed is to be seen.
            Err(error) if error.0.code == HResult::SHARING_VIOLATION => vec![Command::Refresh(id)],
            Err(_) => Vec::new(),
        };
        let job = self.workers.operation(title, work, ended).quiet();
        self.operation_jobs.push(job);
    }

    /// Reads anew what was touched; a node is selected then.
    pub(super) fn changed(&mut self, id: ForestId, touched: Vec<Touched>, then: Option<Node>) {
        if then.is_some() {
            self.changed = then;
        }
        self.look_for_undo(id);
        let Some(forest) = self.entry(id).and_then(ForestEntry::open) else { return };
        let (store, base) = (Arc::clone(&forest.store), Arc::clone(&forest.snapshot));
        let (snapshot, parts) = (Arc::clone(&base), touched.clone());
        let promise = self.workers.spawn(async move { Forest::reload(&store, &snapshot, &parts).await });
        self.reloads.push(Reload { forest: id, touched, base, promise: Some(promise) });
    }

    /// Looks up what can be undone in a forest.
    pub(super) fn look_for_undo(&mut self, id: ForestId) {
        let Some(forest) = self.entry(id).and_then(ForestEntry::open) else { return };
        let context = self.workers.change_context(forest);
        let look = async move {
            let ChangeContext { journal, store } = context.await?;
            let failed = |error| OperationError::of_read(&StoreError::from_io("journal", &error));
            Ok((id, edit::undo_list(&journal, &*store).map_err(failed)?))
        };
        self.undo_looks.push(Some(self.workers.spawn(look)));
    }

    pub(super) fn take_in_edits(&mut self, ctx: &Context) {
        let mut looked = Vec::new();
        self.undo_looks.retain_mut(|look| match take(look) {
            None => true,
            Some(outcome) => {
                looked.push(outcome);
                false
            }
        });
        for (id, list) in looked.into_iter().flatten() {
            self.undo_lists.insert(id, list);
        }
        let mut read = Vec::new();
        self.reloads.retain_mut(|reload| match take(&mut reload.promise) {
            None => true,
            Some(outcome) => {
                let touched = std::mem::take(&mut reload.touched);
                read.push((reload.forest, touched, Arc::clone(&reload.base), outcome));
                false
            }
        });
        for (id, touched, base, outcome) in read {
            self.take_in_reload(ctx, id, touched, base, outcome);
        }
    }

    fn take_in_reload(
        &mut self,
        ctx: &Context,
        id: ForestId,
        touched: Vec<Touched>,
        base: Arc<ForestSnapshot>,
        outcome: Result<Arc<ForestSnapshot>, StoreError>,
    ) {
        let Some(ForestState::Open(forest)) = self.entry_mut(id).map(|entry| &mut entry.state) else { return };
        if !Arc::ptr_eq(&forest.snapshot, &base) {
            // Something else was read meanwhile: these parts are put into that.
            return self.changed(id, touched, None);
        }
        match outcome {
            Ok(snapshot) => {
                let old = std::mem::replace(&mut forest.snapshot, snapshot);
                forget_details(forest, &touched);
                self.fetch_jobs.retain(|job| job.forest != id);
                self.follow_links(id, &base);
                // Freeing a large forest takes longer than a frame.
                self.workers.handle().spawn_blocking(move || drop((old, base)));
                self.settle_selection();
                self.select_changed(id);
                self.forests_changed();
                ctx.request_repaint();
            }
            Err(error) => {
                self.failed_refresh = Some((id, ErrorReport::of_store("Read what was changed", &error)));
            }
        }
    }
}

/// Drops what was fetched of what was touched; views fetch it again. Descriptors are few, and many things show in them.
fn forget_details(forest: &mut OpenForest, touched: &[Touched]) {
    let details = &mut forest.details;
    details.directory_security.clear();
    details.rights.clear();
    details.sysvol_security.clear();
    // What was being fetched was dropped with its job.
    details.forget_loading();
    for part in touched {
        match part {
            Touched::Gpo(domain, id) => {
                details.sysvol.remove(&(domain.clone(), *id));
                details.comments.remove(&(domain.clone(), *id));
            }
            Touched::StarterGpos(domain) => drop(details.starter_gpos.remove(domain)),
            Touched::Domain(domain) => {
                details.orphans.remove(domain);
                details.sysvol.retain(|(own, _), _| own != domain);
            }
            Touched::Som(_) | Touched::WmiFilters(_) | Touched::Sites => {}
        }
    }
    // A report tells links, filters, names and permissions too.
    details.reports.clear();
}
