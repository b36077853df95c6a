//! What a crash broke off: found in the journal at the next start, and put back, or found to be done.

use std::sync::Arc;

use crate::gpm::{OperationError, Task};
use crate::ident::{Dn, GpoVersion};
use crate::store::ForestStore;

use super::journal::{Interrupted, Journal, JournalRecord};
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
    /// Tells whether it was in the forest with this root domain.
    pub fn is_in(&self, forest: &Dn) -> bool {
        self.record.forest == *forest
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
    task.activity(format!("Looking at {}", record.gpo_name));
    let target = Target::open(store, &record.domain, record.gpo, task).await?;
    let outcome = if is_done(record, &target) {
        Recovered::WasDone
    } else {
        put_back(&target, &entry, record).await?;
        Recovered::PutBack
    };
    entry.finish()?;
    Ok(outcome)
}

/// Tells whether the last write was made: it alone gives the GPO the planned version.
fn is_done(record: &JournalRecord, target: &Target) -> bool {
    let planned = GpoVersion::from_u32(record.planned_version);
    let has_planned = target.gpo.as_ref().is_some_and(|gpo| gpo.version == planned);
    // A GPO is born with version 0.
    let was_other = record.version_before.unwrap_or(0) != record.planned_version;
    has_planned && was_other
}
