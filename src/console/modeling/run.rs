//! Running a query of Group Policy Modeling, from the wizard or again.

use std::sync::Arc;

use futures::future::BoxFuture;

use crate::gpm::{Domain, Forest, ForestSnapshot, LoadError, LoadOptions, Names, OperationError, Task, Trustee};
use crate::ident::{Guid, Sid, Timestamp};
use crate::operation::Reporting;
use crate::operation::rsop::{PlanQuery, Planned, PolicyCache, plan_query};
use crate::report::write_rsop;
use crate::rsop::{Plan, SidePlan};
use crate::store::{ControllerChoice, ForestStore};

use super::super::job::Workers;
use super::super::operation_job::OperationJob;
use super::super::stored_query::{
    Asked, Explained, FreshResult, ModelingQuery, QueryAction, QueryKind, QueryTarget, StoredQuery,
};
use super::super::{Command, OpenForest};

/// What a run needs of the application.
pub(super) struct Running {
    store: Arc<dyn ForestStore>,
    snapshot: Arc<ForestSnapshot>,
    cache: PolicyCache,
    reporting: BoxFuture<'static, Reporting>,
    query: ModelingQuery,
}

/// What a run brought.
#[derive(Clone)]
pub(super) struct Ran {
    xml: Arc<[u8]>,
    explained: Arc<Explained>,
    made: Timestamp,
    outcome: Vec<(&'static str, String)>,
}

impl Running {
    pub(super) fn new(forest: &OpenForest, workers: &Workers, query: ModelingQuery) -> Self {
        Running {
            store: Arc::clone(&forest.store),
            snapshot: Arc::clone(&forest.snapshot),
            cache: forest.policies.clone(),
            reporting: Box::pin(workers.reporting(forest, query.domain.clone())),
            query,
        }
    }

    /// Plans and reports.
    pub(super) async fn run(mut self, task: &Task) -> Result<Ran, OperationError> {
        if let Some(controller) = self.query.controller.clone() {
            self.read_from(controller, task).await?;
        }
        let wanted = plan_query_of(&self.query);
        let mut planned = plan_query(&self.store, &self.snapshot, &wanted, &self.cache, task).await?;
        task.activity("Reporting the plan");
        let reporting = task.or_cancel(self.reporting).await?;
        planned.name_policies(&reporting.templates);
        let report = planned.report(&self.store, &reporting, task).await?;
        let xml = write_rsop(&report).into();
        let explained = Arc::new(explain(&planned.plan, &self.store, &self.snapshot, task).await?);
        Ok(Ran { xml, explained, made: planned.made, outcome: outcome(&planned) })
    }

    /// Reads the forest anew from a certain domain controller. What that tells is not kept for others.
    async fn read_from(&mut self, controller: String, task: &Task) -> Result<(), OperationError> {
        task.activity(format!("Reading the forest from {controller}"));
        let choice = ControllerChoice::Named(controller);
        let opened = task.or_cancel(Domain::open_on(&self.store, &self.query.domain, choice)).await?;
        let domain = opened.map_err(|error| OperationError::of_directory(&error))?;
        self.store = Arc::clone(domain.store());
        let loaded = Forest::load(Arc::clone(&self.store), &LoadOptions::default(), task).await;
        self.snapshot = loaded.map_err(|error| match error {
            LoadError::Store(error) => OperationError::of_directory(&error),
            LoadError::Cancelled(cancelled) => cancelled.into(),
        })?;
        self.cache = PolicyCache::default();
        Ok(())
    }
}

impl Ran {
    /// Returns what came of it, in a few lines.
    pub(super) fn outcome(&self) -> Vec<(&'static str, String)> {
        self.outcome.clone()
    }

    fn fresh(&self, query: StoredQuery) -> FreshResult {
        FreshResult { query, xml: Arc::clone(&self.xml), explained: Some(Arc::clone(&self.explained)) }
    }
}

/// Explains a plan, with the names of those who decided.
pub(super) async fn explain(
    plan: &Plan,
    store: &Arc<dyn ForestStore>,
    snapshot: &ForestSnapshot,
    task: &Task,
) -> Result<Explained, OperationError> {
    let named = Explained::principals(plan);
    let names = task.or_cancel(Names::new(snapshot).resolve(&**store, &named)).await?.trustees;
    Ok(Explained::new(plan, &|sid: &Sid| names.get(sid).map(Trustee::label)))
}

/// Returns the question for the library.
fn plan_query_of(query: &ModelingQuery) -> PlanQuery {
    let mut assumptions = query.assumptions();
    let mut name =
        |target: &Option<QueryTarget>, place: fn(&mut crate::rsop::Assumptions) -> &mut Option<_>| match target {
            Some(QueryTarget::Account { name, .. }) => Some(name.clone()),
            Some(QueryTarget::Container(container)) => {
                *place(&mut assumptions) = Some(container.clone());
                None
            }
            None => None,
        };
    let user = name(&query.user, |assumptions| &mut assumptions.user_place);
    let computer = name(&query.computer, |assumptions| &mut assumptions.computer_place);
    PlanQuery { user, computer, assumptions, ..PlanQuery::default() }
}

fn outcome(planned: &Planned) -> Vec<(&'static str, String)> {
    let counts = |side: &SidePlan| {
        let (applied, settings) = (side.applied().count(), side.resultant.settings.len());
        let denied = side.candidates.len() - applied;
        format!("Links that apply: {applied}; links that do not: {denied}; settings: {settings}")
    };
    let sides = [("Computer", &planned.plan.computer), ("User", &planned.plan.user)];
    sides.into_iter().filter_map(|(name, side)| Some((name, counts(side.as_ref()?)))).collect()
}

/// Returns the command that keeps what a new query brought.
pub(super) fn keep_new(forest: &OpenForest, query: ModelingQuery, ran: &Ran) -> Command {
    let label = |target: &Option<QueryTarget>| target.as_ref().map(QueryTarget::label).unwrap_or_default();
    let (user, computer) = (label(&query.user), label(&query.computer));
    let stored = StoredQuery {
        id: Guid::random(),
        name: forest.queries.name_for(QueryKind::Modeling, &user, &computer),
        user,
        computer,
        refreshed: ran.made,
        failure: None,
        asked: Asked::Modeling(Box::new(query)),
    };
    Command::Query(forest.id, QueryAction::Keep(Box::new(ran.fresh(stored))))
}

/// Runs a stored query again. The result before is kept beside the new one; where the run fails, the node says so.
pub fn rerun(forest: &OpenForest, workers: &Workers, stored: &StoredQuery, query: &ModelingQuery) -> OperationJob {
    let running = Running::new(forest, workers, query.clone());
    let (id, stored) = (forest.id, stored.clone());
    let title = format!("Rerun {}", stored.name);
    let job = workers.operation(
        title,
        move |task| async move { running.run(&task).await },
        move |ran| vec![Command::Query(id, after(ran, stored))],
    );
    job.quiet()
}

fn after(ran: &Result<Ran, OperationError>, stored: StoredQuery) -> QueryAction {
    match ran {
        Ok(ran) => {
            let query = StoredQuery { refreshed: ran.made, failure: None, ..stored };
            QueryAction::Keep(Box::new(ran.fresh(query)))
        }
        Err(error) => QueryAction::Fail(stored.id, error.to_string()),
    }
}
