//! A result held against the plan for the same user, computer and site: does a client get what it should?

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::gpm::{ForestSnapshot, MessageId, OperationError, StatusMessage, Task};
use crate::ident::Guid;
use crate::operation::Reporting;
use crate::report::RsopReport;
use crate::report::rsop::{RsopDifference, RsopGpo, RsopResult, compare};
use crate::rsop::{Assumptions, WmiAssumption};
use crate::store::ForestStore;

use super::{PlanQuery, PolicyCache, plan_query};

/// A result held against a plan.
#[derive(Clone, Debug)]
pub struct AgainstPlan {
    /// The plan, as the same kind of document.
    pub plan: RsopReport,
    /// Where they differ; the result is the first.
    pub differences: Vec<RsopDifference>,
}

/// Plans what should apply to the user and the computer of a result, where the client stood, and compares both. What the client found of
/// its link and of WMI filters is taken over: the directory does not know it.
///
/// # Errors
/// Fails where the forest does not have the user or computer, as [`plan_query`] does, or where it was cancelled.
pub async fn compare_with_plan(
    result: &RsopReport,
    (store, forest): (&Arc<dyn ForestStore>, &Arc<ForestSnapshot>),
    reporting: &Reporting,
    cache: &PolicyCache,
    task: &Task,
) -> Result<AgainstPlan, OperationError> {
    let query = query_of(result, forest, task);
    let planned = plan_query(store, forest, &query, cache, task).await?;
    let plan = planned.report(store, reporting, task).await?;
    let differences = compare(result, &plan);
    Ok(AgainstPlan { plan, differences })
}

/// Returns what to plan for a result.
fn query_of(result: &RsopReport, forest: &ForestSnapshot, task: &Task) -> PlanQuery {
    let name = |side: &Option<RsopResult>| Some(side.as_ref()?.name.clone()).filter(|name| !name.is_empty());
    let sides = [&result.computer, &result.user];
    let site =
        sides.iter().filter_map(|side| side.as_ref()).map(|side| side.site.as_str()).find(|site| !site.is_empty());
    let known_site = site.filter(|site| forest.site(site).is_some());
    if let Some(site) = site.filter(|_| known_site.is_none()) {
        let message =
            format!("The result is of the site {site}, which the forest does not have: the plan is made without it.");
        task.message(StatusMessage::warning(MessageId::InvalidArgument, message).about(site));
    }
    let is_slow = |side: &&Option<RsopResult>| side.as_ref().is_some_and(|side| side.slow_link == Some(true));
    let assumptions = Assumptions {
        site: known_site.map(str::to_owned),
        slow_link: sides.iter().any(is_slow),
        user_wmi: wmi(&result.user),
        computer_wmi: wmi(&result.computer),
        ..Assumptions::default()
    };
    PlanQuery { user: name(&result.user), computer: name(&result.computer), assumptions, ..PlanQuery::default() }
}

/// Returns what the client found of WMI filters: true where its GPO applied, false where the filter kept it out.
fn wmi(side: &Option<RsopResult>) -> WmiAssumption {
    let mut known = BTreeMap::new();
    for gpo in side.iter().flat_map(|side| &side.gpos) {
        let Some(id) = gpo.filter_id.as_deref().and_then(filter_id) else { continue };
        match outcome(gpo) {
            Some(is_true) => known.insert(id, is_true),
            None => None,
        };
    }
    if known.is_empty() { WmiAssumption::Unknown } else { WmiAssumption::Known(known) }
}

fn outcome(gpo: &RsopGpo) -> Option<bool> {
    match gpo.filter_allowed {
        _ if gpo.is_applied() => Some(true),
        Some(false) if gpo.access_denied != Some(true) => Some(false),
        _ => None,
    }
}

/// Reads the GUID in `MSFT_SomFilter.ID="{…}",Domain="…"`, or one that stands alone.
fn filter_id(text: &str) -> Option<Guid> {
    let start = text.find('{')?;
    let end = start + text.get(start..)?.find('}')?;
    text.get(start..=end)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::rsop::RsopLink;

    #[test]
    fn what_the_client_found_of_filters_is_taken_over() {
        let gpo = |id: &str, applied_order, filter_allowed| RsopGpo {
            filter_id: Some(format!("MSFT_SomFilter.ID=\"{{{id}}}\",Domain=\"corp.test\"")),
            filter_allowed: Some(filter_allowed),
            access_denied: Some(false),
            links: vec![RsopLink { applied_order, ..RsopLink::default() }],
            ..RsopGpo::default()
        };
        let (one, other) = ("31B2F340-016D-11D2-945F-00C04FB984F9", "6AC1786C-016F-11D2-945F-00C04FB984F9");
        let gpos = vec![gpo(one, 2, true), gpo(other, 0, false), RsopGpo::default()];
        let found = wmi(&Some(RsopResult { gpos, ..RsopResult::default() }));
        let id = |text: &str| text.parse::<Guid>().unwrap();
        assert_eq!(found, WmiAssumption::Known([(id(one), true), (id(other), false)].into()));
        assert_eq!(wmi(&Some(RsopResult::default())), WmiAssumption::Unknown);
        for damaged in ["", "{", "}{", "{x}", "\u{e4}{"] {
            assert_eq!(filter_id(damaged), None, "{damaged}");
        }
    }
}
