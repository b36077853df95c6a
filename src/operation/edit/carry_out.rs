//! Carrying out an edit: its steps into the journal, then one by one, and back again where one cannot be done.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::gpm::{HResult, ItemState, MessageId, OperationError, Severity, StatusMessage, Task};
use crate::ident::Guid;
use crate::operation::change::ChangeContext;
use crate::operation::item_outcome::{ItemOutcome, finish_item};
use crate::operation::journal::{Batch, ChangeKind, JournalEntry, JournalRecord};
use crate::store::{ForestStore, StoreError, StoreErrorKind, write_whole};

use super::step::{Saved, Step};
use super::stored_object::read_tree;
use super::work::{self, Insistence, directory_of};
use super::{Edit, EditPlan, Touched};

/// What an edit did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edited {
    /// Its entry in the journal, for undo; none where there was nothing to do.
    pub entry: Option<Guid>,
    /// What has to be read anew.
    pub touches: Vec<Touched>,
}

/// How often an edit is planned anew where somebody else keeps changing the same object.
const TRIES: u32 = 60;
const LONGEST_PAUSE: Duration = Duration::from_millis(400);
const STEPS: &str = "steps.bin";

/// Carries out an edit. After a failure or cancel all is as it was before.
///
/// # Errors
/// Fails where it cannot be planned or written; where even the state before cannot be put back, a message says so and the next start tries again.
pub async fn carry_out(context: &ChangeContext, edit: &dyn Edit, task: &Task) -> Result<Edited, OperationError> {
    carry_out_in(context, edit, None, task).await
}

/// Carries out several edits, one after the other; one undo takes all of them back. One that fails is named, and the others are done all the same.
///
/// # Errors
/// Fails only where nothing was begun; cancelling ends the list, and what is done stays.
pub async fn carry_out_all(
    context: &ChangeContext,
    title: &str,
    edits: &[Arc<dyn Edit>],
    task: &Task,
) -> Result<Vec<ItemOutcome<Edited>>, OperationError> {
    let batch = Batch { id: Guid::random(), title: title.to_owned() };
    task.begin_items(edits.iter().map(|edit| (edit.title(), 1)));
    let mut outcomes = Vec::new();
    for (place, edit) in edits.iter().enumerate() {
        let own = task.item(place);
        let outcome = match own.checkpoint() {
            Ok(()) => {
                own.set_item_state(ItemState::Running);
                carry_out_in(context, &**edit, Some(&batch), &own).await
            }
            Err(cancelled) => Err(cancelled.into()),
        };
        finish_item(&own, &outcome);
        let id = outcome.as_ref().ok().and_then(|edited| edited.entry).unwrap_or(batch.id);
        outcomes.push(ItemOutcome { name: edit.title(), id, outcome });
    }
    Ok(outcomes)
}

async fn carry_out_in(
    context: &ChangeContext,
    edit: &dyn Edit,
    batch: Option<&Batch>,
    task: &Task,
) -> Result<Edited, OperationError> {
    let mut tries = 0;
    loop {
        let plan = task.or_cancel(edit.plan(&context.store, task)).await??;
        let mut record = JournalRecord::begin(ChangeKind::Edit, edit.title(), &*context.store);
        record.batch = batch.cloned();
        match perform(context, plan, record, task).await {
            Err(error) if error.0.id == MessageId::Conflict && edit.tries_again() && tries < TRIES => {
                tries += 1;
                task.or_cancel(tokio::time::sleep(pause(tries))).await?;
            }
            outcome => return outcome,
        }
    }
}

/// Returns how long to wait before the next try: longer each time, and never as long as somebody else who waits too.
fn pause(tries: u32) -> Duration {
    let longest = Duration::from_millis(4).saturating_mul(1 << tries.min(7)).min(LONGEST_PAUSE);
    let share = Guid::random().to_bytes()[0];
    longest.mul_f64(f64::from(share) / 255.0)
}

/// Does the steps of a plan, with an entry in the journal.
pub(super) async fn perform(
    context: &ChangeContext,
    plan: EditPlan,
    record: JournalRecord,
    task: &Task,
) -> Result<Edited, OperationError> {
    let commit = plan.commits_after.and_then(|place| plan.steps.get(place)).cloned();
    let mut steps: Vec<Step> = plan.steps.into_iter().filter(|step| !step.is_nothing()).collect();
    if steps.is_empty() {
        return Ok(Edited::default());
    }
    let commits_after = commit.and_then(|step| steps.iter().position(|own| *own == step));
    let record = JournalRecord { touches: plan.touches.clone(), cannot_undo: plan.cannot_undo, ..record };
    let total = steps.len() as u64 + 1;
    task.progress(0, total);
    let entry = context.journal.begin()?;
    let saved = match prepare(context, &entry, &record, (&mut steps, commits_after), task).await {
        Ok(saved) => saved,
        Err(error) => {
            // Nothing was changed yet.
            clear(entry.finish(), task);
            return Err(error);
        }
    };
    task.progress(1, total);
    for (place, step) in steps.iter().enumerate() {
        let is_past = commits_after.is_some_and(|commit| place > commit);
        // What counts as done is not cancelled.
        if let Some(cancelled) = task.checkpoint().err().filter(|_| !is_past) {
            roll_back(context, entry, &record, (&steps[..place], &saved), task).await;
            return Err(cancelled.into());
        }
        let mut done = work::carry_out(&context.store, step, &saved[place], task).await;
        let mut insistence = Insistence::default();
        while let Err(error) = &done
            && is_past
            && insistence.tries_again(error).await
        {
            done = work::bring_about(&context.store, step, &saved[place], task).await;
        }
        if let Err(error) = done {
            let error = named(error, step);
            if is_past {
                return Ok(left_over(&error, entry.folder(), &record, plan.touches, task));
            }
            // What stood in the way is somebody else's, and nothing of the step was done.
            let was_in_the_way = error.0.code == HResult::ALREADY_EXISTS || error.0.id == MessageId::Conflict;
            let begun = if was_in_the_way { place } else { place + 1 };
            roll_back(context, entry, &record, (&steps[..begun], &saved), task).await;
            return Err(error);
        }
        task.progress(place as u64 + 1, total);
    }
    let id = entry.folder().file_name().and_then(|name| name.to_str()?.parse().ok());
    // The edit is done: a journal that cannot be written costs its undo, and no more.
    clear(keep(&context.store, entry, &record, Stored { steps, saved, commits_after }).await, task);
    task.progress(total, total);
    Ok(Edited { entry: id, touches: plan.touches })
}

/// The steps as the journal keeps them.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Stored {
    pub steps: Vec<Step>,
    pub saved: Vec<Saved>,
    pub commits_after: Option<usize>,
}

impl Stored {
    /// Reads the steps of an entry.
    pub(super) fn load(folder: &Path) -> Result<Self, OperationError> {
        let path = folder.join(STEPS);
        let failed = |error: StoreError| OperationError::of_read(&error);
        let bytes = std::fs::read(&path).map_err(|error| failed(StoreError::from_io(path.display(), &error)))?;
        let mut stored: Stored = postcard::from_bytes(&bytes)
            .map_err(|error| failed(StoreError::new(StoreErrorKind::Corrupt, path.display()).with_detail(error)))?;
        // The entry has moved since.
        for tree in stored.saved.iter_mut().filter_map(|saved| saved.tree.as_mut()) {
            if let Some(name) = tree.file_name() {
                *tree = folder.join(name);
            }
        }
        Ok(stored)
    }
}

fn write_steps(folder: &Path, stored: &Stored) -> Result<(), OperationError> {
    let path = folder.join(STEPS);
    let failed = |error: StoreError| OperationError::of_write(&error);
    let bytes = postcard::to_stdvec(stored)
        .map_err(|error| failed(StoreError::new(StoreErrorKind::InvalidValue, path.display()).with_detail(error)))?;
    write_whole(&path, &bytes).map_err(|error| failed(StoreError::from_io(path.display(), &error)))
}

/// Keeps what the steps take away and writes down what is to be done.
async fn prepare(
    context: &ChangeContext,
    entry: &JournalEntry,
    record: &JournalRecord,
    (steps, commits_after): (&mut Vec<Step>, Option<usize>),
    task: &Task,
) -> Result<Vec<Saved>, OperationError> {
    let mut saved = Vec::new();
    for place in 0..steps.len() {
        let (earlier, rest) = steps.split_at_mut(place);
        let Some(step) = rest.first_mut() else { break };
        step.find_tree(earlier);
        let folder: PathBuf = entry.folder().join(format!("tree-{place}"));
        saved.push(work::save(&context.store, step, folder, task).await?);
    }
    overlay(steps, &mut saved);
    let stored = Stored { steps: steps.clone(), saved, commits_after };
    write_steps(entry.folder(), &stored)?;
    task.checkpoint()?;
    entry.record(record)?;
    entry.refuse_second(record)?;
    Ok(stored.saved)
}

/// What an object is when it goes is what it was when it was read, and what earlier steps make of it.
fn overlay(steps: &[Step], saved: &mut [Saved]) {
    for (place, step) in steps.iter().enumerate() {
        let Step::Modify { dn, values, .. } = step else { continue };
        let later = saved.iter_mut().skip(place + 1).flat_map(|saved| &mut saved.objects);
        for object in later.filter(|object| object.dn == *dn) {
            for value in values {
                object.set(&value.attribute, &value.after);
            }
        }
    }
}

/// Keeps the entry of an edit that is done, with what made objects hold now, so that undo can tell whether somebody has changed them since.
pub(super) async fn keep(
    store: &Arc<dyn ForestStore>,
    entry: JournalEntry,
    record: &JournalRecord,
    mut stored: Stored,
) -> Result<(), OperationError> {
    for (step, saved) in stored.steps.iter().zip(&mut stored.saved) {
        if let Step::Add { objects } = step
            && let Some(first) = objects.first()
            && let Ok(directory) = directory_of(store, &first.dn).await
        {
            saved.objects = read_tree(&*directory, &first.dn).await.unwrap_or_default();
        }
    }
    write_steps(entry.folder(), &stored)?;
    entry.keep(record)
}

/// Says what was being done where a store only says what it refused.
fn named(error: OperationError, step: &Step) -> OperationError {
    if error.is_cancelled() || error.0.id == MessageId::Conflict {
        return error;
    }
    let doing = step.describe().into_iter().next().unwrap_or_default();
    let missing = match step.needed_right() {
        Some(right) if error.0.code == HResult::ACCESS_DENIED => format!(": the right to {right} is missing"),
        _ => String::new(),
    };
    let message = format!("{} (while trying to {doing}){missing}", error.0.message);
    OperationError::new(StatusMessage { message, ..*error.0 })
}

async fn roll_back(
    context: &ChangeContext,
    entry: JournalEntry,
    record: &JournalRecord,
    (steps, saved): (&[Step], &[Saved]),
    task: &Task,
) {
    if steps.is_empty() {
        return clear(entry.finish(), task);
    }
    task.activity("Putting back what was there");
    for (step, saved) in steps.iter().zip(saved).rev() {
        let mut taken_back = work::take_back(&context.store, step, saved).await;
        let mut insistence = Insistence::default();
        while let Err(error) = &taken_back
            && insistence.tries_again(error).await
        {
            taken_back = work::take_back(&context.store, step, saved).await;
        }
        if let Err(second) = taken_back {
            let message = format!(
                "the state before could not be put back: {second}. What was there lies in {} and is put back when the domain is opened again",
                entry.folder().display()
            );
            let message = StatusMessage::error(MessageId::RollbackFailed, second.0.code, message);
            return task.message(message.about(&record.title));
        }
    }
    clear(entry.finish(), task);
    let message = StatusMessage::information(MessageId::RolledBack, "all is again as it was before");
    task.message(message.about(&record.title));
}

/// Tells that the edit counts and that something is left to clear away, which the next start does.
fn left_over(
    error: &OperationError,
    folder: &Path,
    record: &JournalRecord,
    touches: Vec<Touched>,
    task: &Task,
) -> Edited {
    let message = format!(
        "it is done, and what is left of it could not be cleared away: {error}. {} remembers it, and it is tried again when the domain is opened again",
        folder.display()
    );
    task.message(StatusMessage::warning(error.0.id, message).with_code(error.0.code).about(&record.title));
    Edited { entry: None, touches }
}

/// What became of the journal does not change what became of the edit.
fn clear(done: Result<(), OperationError>, task: &Task) {
    if let Err(OperationError(message)) = done {
        task.message(StatusMessage { severity: Severity::Warning, ..*message });
    }
}
