//! What a crash broke off: found in the journal at the next start, and put back, or found to be done.

use std::sync::Arc;

use crate::gpm::{HResult, MessageId, OperationError, StatusMessage, Task};
use crate::ident::GpoVersion;
use crate::operation::edit::recover_edit;
use crate::operation::journal::{Done, Interrupted, Journal, JournalRecord, WholeGpo};
use crate::store::ForestStore;

use super::ChangeContext;
use super::pre_image::put_back;
use super::target::Target;

/// What became of an operation that a crash broke off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovered {
    /// Its last write had been made: it is done.
    WasDone,
    /// The GPO is again as it was before.
    PutBack,
    /// Another process has taken it on.
    Elsewhere,
}

impl Interrupted {
    /// Tells whether it was in this forest.
    pub fn is_in(&self, store: &dyn ForestStore) -> bool {
        self.record.is_of(store)
    }
}

/// Brings an operation that a crash broke off to its end.
///
/// # Errors
/// Fails where the domain cannot be reached or written, and where somebody else has changed the GPO since; the entry then stays in the journal.
pub async fn recover(
    store: &Arc<dyn ForestStore>,
    journal: &Journal,
    interrupted: &Interrupted,
    task: &Task,
) -> Result<Recovered, OperationError> {
    let Some(entry) = journal.take_over(interrupted)? else { return Ok(Recovered::Elsewhere) };
    let record = &interrupted.record;
    task.activity(format!("Looking at {}", record.title));
    let Some(gpo) = &record.gpo else {
        let is_done = recover_edit(store, entry, record).await?;
        return Ok(if is_done { Recovered::WasDone } else { Recovered::PutBack });
    };
    let target = Target::open(store, &gpo.domain, gpo.id, task).await?;
    if !record.being_undone && is_done(gpo, &target) {
        entry.keep(record)?;
        return Ok(Recovered::WasDone);
    }
    put_back(&target, &entry, gpo).await?;
    entry.finish()?;
    Ok(Recovered::PutBack)
}

/// Puts back a GPO that an operation wrote as a whole, because somebody asked for it. The operation is no longer in the journal then.
///
/// # Errors
/// `conflict` where somebody has changed the GPO since; nothing is changed then. Where it cannot be written the journal remembers it, and it is
/// tried again at the next start.
pub(in crate::operation) async fn put_back_whole(
    context: &ChangeContext,
    done: &Done,
    task: &Task,
) -> Result<(), OperationError> {
    let Some(gpo) = &done.record.gpo else { return Ok(()) };
    let target = Target::open(&context.store, &gpo.domain, gpo.id, task).await?;
    let entry = if is_done(gpo, &target) { context.journal.reopen(done)? } else { None };
    let Some(entry) = entry else {
        let message = format!("the GPO {} was changed since, so it is left as it is", gpo.name);
        let message = StatusMessage::error(MessageId::Conflict, HResult::SHARING_VIOLATION, message);
        return Err(OperationError::new(message.about(&target.dn)));
    };
    entry.record(&JournalRecord { being_undone: true, ..done.record.clone() })?;
    put_back(&target, &entry, gpo).await?;
    entry.finish()
}

/// Tells whether the last write was made: it alone gives the GPO the planned version.
fn is_done(gpo: &WholeGpo, target: &Target) -> bool {
    let planned = GpoVersion::from_u32(gpo.planned_version);
    let has_planned = target.gpo.as_ref().is_some_and(|found| found.version == planned);
    // A GPO is born with version 0.
    let was_other = gpo.version_before.unwrap_or(0) != gpo.planned_version;
    has_planned && was_other
}
