//! Undo and redo: what was done, newest first, and taking it back as long as nobody else has changed the same since.
//!
//! Taking back an edit is an edit itself, so it is journalled, rolled back and undone like any other: the undo of an undo is the redo. What wrote a
//! whole GPO (restore, import, copy) is put back from its pre-image and cannot be redone.

use std::io;
use std::sync::Arc;

use crate::gpm::{HResult, MessageId, OperationError, StatusMessage, Task};
use crate::ident::{Guid, Timestamp};
use crate::operation::change::{ChangeContext, put_back_whole};
use crate::operation::journal::{Batch, Done, Journal, JournalRecord};
use crate::store::{ForestStore, StoreError};

use super::carry_out::{Edited, Stored, perform};
use super::step::{Saved, Step};
use super::work::{self, Standing};
use super::{EditPlan, Touched};

/// What can be undone and redone in a forest, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UndoList {
    /// What can be undone.
    pub undo: Vec<UndoEntry>,
    /// What was undone and can be done again.
    pub redo: Vec<UndoEntry>,
}

/// Something that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UndoEntry {
    /// What [`undo`] takes: an entry of the journal, or what several have in common.
    pub id: Guid,
    /// What was done, for people.
    pub title: String,
    /// When.
    pub started: Timestamp,
    /// Why it cannot be undone; none where it can.
    pub cannot_undo: Option<String>,
}

/// Returns what was done in a forest.
///
/// # Errors
/// Fails where the journal cannot be read.
pub fn undo_list(journal: &Journal, store: &dyn ForestStore) -> io::Result<UndoList> {
    let (undo, redo) = stacks(journal.done()?.into_iter().filter(|done| done.record.is_of(store)));
    Ok(UndoList { undo: told(&undo), redo: told(&redo) })
}

/// Puts what was done into what can be undone and what can be redone, oldest first.
fn stacks(done: impl Iterator<Item = Done>) -> (Vec<Done>, Vec<Done>) {
    let (mut undo, mut redo): (Vec<Done>, Vec<Done>) = Default::default();
    for one in done {
        let place = |list: &[Done]| list.iter().position(|other| Some(other.id) == one.record.undoes);
        match (one.record.undoes, place(&undo), place(&redo)) {
            (Some(_), Some(place), _) => {
                undo.remove(place);
                redo.push(one);
            }
            (Some(_), None, Some(place)) => {
                redo.remove(place);
                undo.push(one);
            }
            // What it took back is forgotten by now.
            (Some(_), None, None) => {}
            (None, ..) => {
                redo.clear();
                undo.push(one);
            }
        }
    }
    (undo, redo)
}

/// Returns the list as it is shown: newest first, what was done at once as one.
fn told(list: &[Done]) -> Vec<UndoEntry> {
    let mut told: Vec<UndoEntry> = Vec::new();
    for done in list.iter().rev() {
        let Done { id, record, .. } = done;
        let entry = match &record.batch {
            Some(batch) => UndoEntry {
                id: batch.id,
                title: batch.title.clone(),
                started: record.started,
                cannot_undo: record.cannot_undo.clone(),
            },
            None => UndoEntry {
                id: *id,
                title: record.title.clone(),
                started: record.started,
                cannot_undo: record.cannot_undo.clone(),
            },
        };
        match told.iter_mut().find(|known| known.id == entry.id) {
            Some(known) => known.cannot_undo = known.cannot_undo.take().or(entry.cannot_undo),
            None => told.push(entry),
        }
    }
    told
}

/// Takes back what was done, or does again what was taken back: an entry of [`undo_list`].
///
/// # Errors
/// `conflict` where somebody else has changed the same since, naming what; nothing is changed then. Of several things done at once those that
/// were taken back by then stay so.
pub async fn undo(context: &ChangeContext, id: Guid, task: &Task) -> Result<Edited, OperationError> {
    let unread = |error: io::Error| OperationError::of_read(&StoreError::from_io("journal", &error));
    let done = context.journal.done().map_err(unread)?.into_iter().filter(|done| done.record.is_of(&*context.store));
    let (undo, redo) = stacks(done);
    let is_wanted = |done: &&Done| done.id == id || done.record.batch.as_ref().is_some_and(|batch| batch.id == id);
    let wanted: Vec<&Done> = undo.iter().chain(&redo).rev().filter(is_wanted).collect();
    let Some(newest) = wanted.first() else { return Err(refused("it is no longer in the journal".to_owned(), id)) };
    if let Some(why) = wanted.iter().find_map(|done| done.record.cannot_undo.as_ref()) {
        return Err(refused(format!("it cannot be undone: {why}"), &newest.record.title));
    }
    let batch = newest.record.batch.as_ref().map(|batch| Batch { id: Guid::random(), title: batch.title.clone() });
    let mut all = Edited::default();
    for done in wanted {
        let edited = match &done.record.gpo {
            Some(_) => {
                put_back_whole(context, done, task).await?;
                Edited { entry: None, touches: done.record.touches.clone() }
            }
            None => undo_edit(context, done, batch.clone(), task).await?,
        };
        all.entry = all.entry.or(edited.entry);
        all.touches
            .extend(edited.touches.into_iter().filter(|touched| !all.touches.contains(touched)).collect::<Vec<_>>());
    }
    Ok(all)
}

async fn undo_edit(
    context: &ChangeContext,
    done: &Done,
    batch: Option<Batch>,
    task: &Task,
) -> Result<Edited, OperationError> {
    let stored = Stored::load(&done.folder)?;
    let steps = task.or_cancel(reversed(&context.store, &stored.steps, &stored.saved, task)).await??;
    let touches: Vec<Touched> = done.record.touches.clone();
    let plan = EditPlan { steps, touches, ..EditPlan::default() };
    let mut record = JournalRecord::begin(done.record.kind, done.record.title.clone(), &*context.store);
    record.undoes = Some(done.id);
    record.batch = batch;
    perform(context, plan, record, task).await
}

/// Returns the steps backwards, after looking whether what they left is still there.
async fn reversed(
    store: &Arc<dyn ForestStore>,
    steps: &[Step],
    saved: &[Saved],
    task: &Task,
) -> Result<Vec<Step>, OperationError> {
    let mut wanted = Vec::new();
    let mut seen: Vec<String> = Vec::new();
    for step in steps.iter().zip(saved).rev().filter_map(|(step, saved)| step.reversed(saved)) {
        let places = places(&step);
        // What an earlier step brings about cannot be seen yet.
        let is_first = !places.iter().any(|place| seen.iter().any(|known| place.starts_with(known.as_str())));
        let standing = if is_first { work::standing(store, &step).await? } else { Standing::NotDone };
        match (standing, &step) {
            (Standing::Other, Step::Modify { dn, beside: true, .. }) => {
                let message = format!("{dn} was changed by somebody else since and is left as it is");
                task.message(StatusMessage::warning(MessageId::Conflict, message).about(dn));
            }
            (Standing::Other, _) => {
                let what = step.describe().into_iter().next().unwrap_or_default();
                let message =
                    format!("somebody else has changed the same since, so it is left as it is (cannot {what})");
                return Err(refused(message, places.first().cloned().unwrap_or_default()));
            }
            _ => wanted.push(step),
        }
        seen.extend(places);
    }
    Ok(wanted)
}

/// Returns what a step is about, so that a step about the same or about something in it can be told.
fn places(step: &Step) -> Vec<String> {
    use crate::ident::DnsName;
    use crate::store::SysvolPath;
    let path = |domain: &DnsName, path: &SysvolPath| format!("{domain}/{}", path.folded());
    match step {
        Step::Modify { dn, values, .. } => {
            values.iter().map(|value| format!("{} {}", dn.folded(), value.attribute.to_lowercase())).collect()
        }
        Step::SetSecurity { dn, .. } => vec![format!("{} nTSecurityDescriptor", dn.folded())],
        Step::Delete { dn, .. } => vec![dn.folded().to_owned()],
        Step::Add { objects } => objects.iter().map(|object| object.dn.folded().to_owned()).collect(),
        Step::Rename { dn, new_dn } => vec![dn.folded().to_owned(), new_dn.folded().to_owned()],
        Step::MakeFolder { domain, path: at, .. }
        | Step::RemoveFolder { domain, path: at, .. }
        | Step::WriteFile { domain, path: at, .. }
        | Step::RemoveTree { domain, path: at, .. }
        | Step::PutTree { domain, path: at, .. }
        | Step::SetFolderSecurity { domain, path: at, .. }
        | Step::MirrorSecurity { domain, path: at, .. } => vec![path(domain, at)],
        Step::MoveTree { domain, from, to } => vec![path(domain, from), path(domain, to)],
    }
}

fn refused(message: String, about: impl std::fmt::Display) -> OperationError {
    OperationError::new(StatusMessage::error(MessageId::Conflict, HResult::SHARING_VIOLATION, message).about(about))
}
