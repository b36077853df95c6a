//! Planning from a question in people's words to the report of the plan (Group Policy Modeling).

use std::collections::HashMap;
use std::sync::Arc;

use crate::extension::{PrincipalNames, SourceContext};
use crate::format::admx::AdmxStore;
use crate::gpm::{Cancelled, ForestSnapshot, HResult, MessageId, Names, OperationError, StatusMessage, Task};
use crate::ident::{Dn, Timestamp};
use crate::operation::Reporting;
use crate::report::RsopReport;
use crate::rsop::{Assumptions, Plan, PlanContext, Planner, Subject, Target, WhatIf, WhatIfError, plan_report};
use crate::store::{ForestStore, StoreErrorKind};

use super::{PolicyCache, Sites, Subjects, WhichGpos, load_policies};

/// Whom to plan for, and what to assume.
#[derive(Clone, Debug, Default)]
pub struct PlanQuery {
    /// The user, by any name [`Subjects::user`] takes; none for whoever might lie in the container assumed for the user, if one is.
    pub user: Option<String>,
    /// The computer, by any name [`Subjects::computer`] takes; none for whatever might lie in the container assumed for it, if one is.
    pub computer: Option<String>,
    /// What is assumed. A site that is not assumed is looked up where the directory knows it.
    pub assumptions: Assumptions,
    /// Changes that have not been made, none for a plan of things as they are.
    pub what_if: WhatIf,
}

/// A plan with what it was made from.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Who was planned for.
    pub target: Target,
    /// What was assumed, the site that was looked up included.
    pub assumptions: Assumptions,
    /// The plan.
    pub plan: Plan,
    /// The forest and what its GPOs set, ready for more plans of the same target.
    pub planner: Arc<Planner>,
    /// When it was made.
    pub made: Timestamp,
}

/// Plans what applies to a user, a computer, or both: finds them, reads what the GPOs in their scope set, and computes
/// (IGPMRSOP.CreateQueryResults in planning mode).
///
/// # Errors
/// Fails where neither user nor computer is asked for, one of them, a container or the site is not found, a domain cannot be asked for
/// groups, or it was cancelled.
pub async fn plan_query(
    store: &Arc<dyn ForestStore>,
    forest: &Arc<ForestSnapshot>,
    query: &PlanQuery,
    cache: &PolicyCache,
    task: &Task,
) -> Result<Planned, OperationError> {
    let (target, assumptions) = find_target(store, forest, query, task).await?;
    let (forest, target, assumptions) = imagine(store, forest, &query.what_if, (target, assumptions), task).await?;
    let which = WhichGpos::OfTarget(&target, &assumptions);
    let policies = load_policies(store, &forest, which, cache, task).await?;
    task.activity("Planning");
    let planner = Arc::new(Planner::new(forest, policies));
    let plan = planner.plan(&target, &assumptions);
    Ok(Planned { target, assumptions, plan, planner, made: Timestamp::now() })
}

/// Carries out the changes of a query that have not been made, in memory.
async fn imagine(
    store: &Arc<dyn ForestStore>,
    forest: &Arc<ForestSnapshot>,
    what_if: &WhatIf,
    (target, assumptions): (Target, Assumptions),
    task: &Task,
) -> Result<(Arc<ForestSnapshot>, Target, Assumptions), OperationError> {
    let what_if = resolve(store, forest, what_if, task).await?;
    let changed =
        if what_if.leaves_forest() { forest.clone() } else { Arc::new(what_if.apply(forest).map_err(cannot_imagine)?) };
    let (target, assumptions) = what_if.assumptions(&changed, &assumptions, &target).map_err(cannot_imagine)?;
    Ok((changed, target, assumptions))
}

/// Looks up the principals that changes name.
pub(super) async fn resolve(
    store: &Arc<dyn ForestStore>,
    forest: &ForestSnapshot,
    what_if: &WhatIf,
    task: &Task,
) -> Result<WhatIf, OperationError> {
    let subjects = Subjects::new(store, forest);
    let mut sids = HashMap::new();
    for name in what_if.unresolved() {
        sids.insert(name.to_owned(), task.or_cancel(subjects.group(name)).await??.sid);
    }
    let mut resolved = what_if.clone();
    resolved.resolve(|name| sids.get(name).cloned()).map_err(cannot_imagine)?;
    Ok(resolved)
}

/// Returns the error of changes that cannot be imagined.
pub(super) fn cannot_imagine(error: WhatIfError) -> OperationError {
    refused(format!("what is imagined cannot be: {error}"))
}

/// Finds whom a query means, and completes its assumptions by the site of the computer where the directory knows it.
///
/// # Errors
/// As [`plan_query`].
pub async fn find_target(
    store: &Arc<dyn ForestStore>,
    forest: &ForestSnapshot,
    query: &PlanQuery,
    task: &Task,
) -> Result<(Target, Assumptions), OperationError> {
    task.activity("Looking for user and computer");
    let mut assumptions = query.assumptions.clone();
    for place in [&assumptions.user_place, &assumptions.computer_place].into_iter().flatten() {
        task.or_cancel(check_place(store, forest, place)).await??;
    }
    let subjects = Subjects::new(store, forest);
    let computer = match &query.computer {
        Some(text) => Some(task.or_cancel(subjects.computer(text)).await??),
        None => None,
    };
    let user = match &query.user {
        Some(text) => Some(task.or_cancel(subjects.user(text, computer.as_ref())).await??),
        None => None,
    };
    let container = |place: &Option<Dn>| place.clone().map(Subject::Container);
    if let Some(site) = &assumptions.site {
        check_site(forest, site)?;
    } else if let Some(computer) = &computer {
        let sites = task.or_cancel(Sites::read(&**store)).await?;
        let sites = sites.map_err(|error| OperationError::of_directory(&error))?;
        assumptions.site = sites.of_computer(computer, None).map(str::to_owned);
    }
    let account = |account| Subject::Account(Box::new(account));
    let target = Target {
        user: user.map(account).or_else(|| container(&assumptions.user_place)),
        computer: computer.map(account).or_else(|| container(&assumptions.computer_place)),
    };
    if target == Target::default() {
        let message = "nobody is asked for: name a user, a computer, or a container for one of them";
        return Err(refused(message.to_owned()));
    }
    Ok((target, assumptions))
}

impl Planned {
    /// Names the registry values that policies of administrative templates set by these policies.
    pub fn name_policies(&mut self, templates: &AdmxStore) {
        for side in [&mut self.plan.computer, &mut self.plan.user].into_iter().flatten() {
            side.resultant.name_policies(templates, side.side);
        }
    }

    /// Returns the document of the plan, as GPMC shows it. The names of principals come from the directory, those of settings from the
    /// administrative templates.
    ///
    /// # Errors
    /// Fails only where it was cancelled; a domain that cannot be asked leaves SIDs without names, and is told as a warning.
    pub async fn report(
        &self,
        store: &Arc<dyn ForestStore>,
        reporting: &Reporting,
        task: &Task,
    ) -> Result<RsopReport, Cancelled> {
        let forest = self.planner.forest();
        let mut names = PrincipalNames::default();
        let first = self.document(&names, reporting);
        let unknown = names.unknown_sids();
        task.progress(1, REPORT_STEPS);
        if unknown.is_empty() {
            return Ok(first);
        }
        let found = task.or_cancel(Names::new(forest).resolve(&**store, &unknown)).await?;
        task.progress(2, REPORT_STEPS);
        for problem in found.problems {
            task.message(StatusMessage::warning(MessageId::TrusteeUnknown, problem.message).about(problem.object));
        }
        for (sid, trustee) in found.trustees {
            if let Some(name) = trustee.name {
                names.insert(sid, name);
            }
        }
        Ok(self.document(&names, reporting))
    }

    fn document(&self, names: &PrincipalNames, reporting: &Reporting) -> RsopReport {
        let settings = SourceContext {
            names,
            templates: &reporting.templates,
            with_comments: reporting.with_comments,
            compatible: reporting.compatible,
        };
        let context = PlanContext {
            planner: &self.planner,
            target: &self.target,
            assumptions: &self.assumptions,
            settings: &settings,
            made: self.made,
        };
        plan_report(&self.plan, &context)
    }
}

/// The steps of a report: read, names found, written.
pub(super) const REPORT_STEPS: u64 = 3;

/// Refuses a container that is not there.
async fn check_place(store: &Arc<dyn ForestStore>, forest: &ForestSnapshot, place: &Dn) -> Result<(), OperationError> {
    if forest.som(place).is_some() {
        return Ok(());
    }
    let domain = place.domain().filter(|name| forest.domain(name).is_some());
    let Some(domain) = domain else {
        return Err(refused(format!(
            "{place} lies in no domain of this forest; give the DN of an OU, a container or a domain"
        )));
    };
    let read = async { store.domain_directory(&domain).await?.read(place, &["objectClass"], None).await };
    match read.await {
        Ok(_) => Ok(()),
        Err(error) if error.kind == StoreErrorKind::NotFound => {
            Err(refused(format!("there is no container {place}; give the DN of an OU, a container or a domain")))
        }
        Err(error) => Err(OperationError::of_directory(&error)),
    }
}

fn check_site(forest: &ForestSnapshot, site: &str) -> Result<(), OperationError> {
    if forest.site(site).is_some() {
        return Ok(());
    }
    let names: Vec<&str> = forest.sites.iter().map(|site| site.name.as_str()).collect();
    Err(refused(format!("there is no site `{site}`; the forest has {}", names.join(", "))))
}

fn refused(message: String) -> OperationError {
    OperationError::new(StatusMessage::error(MessageId::InvalidArgument, HResult::INVALID_ARGUMENT, message))
}
