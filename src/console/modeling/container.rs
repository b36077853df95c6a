//! What applies to any user and any computer in a domain or OU: the settings that the tab Group Policy Inheritance shows.

use std::sync::Arc;

use crate::gpm::{ForestSnapshot, OperationError, Task};
use crate::ident::Dn;
use crate::operation::Reporting;
use crate::operation::rsop::{PlanQuery, PolicyCache, plan_query};
use crate::rsop::Assumptions;
use crate::store::{ForestStore, StoreError, StoreErrorKind};

use super::super::ShownReport;
use super::run::explain;

/// Plans for a container. Nothing is known of WMI filters there: their GPOs count, with a warning.
///
/// # Errors
/// Fails where a domain cannot be asked, or it was cancelled.
pub async fn report_container(
    (store, snapshot): (&Arc<dyn ForestStore>, &Arc<ForestSnapshot>),
    cache: &PolicyCache,
    reporting: &Reporting,
    som: &Dn,
    task: &Task,
) -> Result<Arc<ShownReport>, StoreError> {
    let place = Some(som.clone());
    let assumptions = Assumptions { user_place: place.clone(), computer_place: place, ..Assumptions::default() };
    let query = PlanQuery { assumptions, ..PlanQuery::default() };
    let failed = |error: OperationError| {
        let kind = if error.is_cancelled() { StoreErrorKind::Cancelled } else { StoreErrorKind::Io };
        StoreError::new(kind, som).with_detail(error)
    };
    let planned = plan_query(store, snapshot, &query, cache, task).await.map_err(failed)?;
    let report = planned.report(store, reporting, task).await.map_err(|cancelled| failed(cancelled.into()))?;
    let explained = explain(&planned.plan, store, snapshot, task).await.map_err(failed)?;
    Ok(ShownReport::resultant_set(som.canonical_name(), report, Some(&explained), None))
}
