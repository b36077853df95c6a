//! Collecting results, from the wizard or again.

use std::path::PathBuf;
use std::sync::Arc;

use crate::gpm::{OperationError, Task};
use crate::ident::{Guid, Timestamp};
use crate::operation::rsop::collect::{CollectOptions, Collection, collect_results};
use crate::report::RsopReport;
use crate::report::rsop::RsopResult;

use super::super::job::Workers;
use super::super::operation_job::OperationJob;
use super::super::stored_query::{Asked, FreshResult, QueryAction, QueryKind, ResultsSource, StoredQuery};
use super::super::{Command, OpenForest};
use super::files::read_file;

/// A result that was collected or read.
#[derive(Clone)]
pub(super) struct Ran {
    pub report: Arc<RsopReport>,
    pub xml: Arc<[u8]>,
}

/// Collects. What is to be told besides the failure, like a file that may be left behind, is told with it.
pub(super) async fn collect(
    collection: Collection,
    options: CollectOptions,
    task: Task,
) -> Result<Ran, OperationError> {
    match collect_results(&collection, &options, &task).await {
        Ok(collected) => Ok(Ran { report: Arc::new(collected.report), xml: collected.xml.into() }),
        Err(mut error) => {
            for message in task.messages() {
                error.0.message.push('\n');
                error.0.message.push_str(&message.message);
            }
            Err(error)
        }
    }
}

/// Returns the name of whom a side of a result is about, as people write it.
pub(super) fn name_of(side: Option<&RsopResult>) -> String {
    side.map(|side| side.name.trim_end_matches('$').to_owned()).unwrap_or_default()
}

/// Returns a new query with its result; its name is that of user and computer.
pub(super) fn new_query(forest: &OpenForest, source: ResultsSource, ran: &Ran) -> FreshResult {
    let (user, computer) = (name_of(ran.report.user.as_ref()), name_of(ran.report.computer.as_ref()));
    let query = StoredQuery {
        id: Guid::random(),
        name: forest.queries.name_for(QueryKind::Results, &user, &computer),
        user,
        computer,
        refreshed: ran.report.read.unwrap_or_else(Timestamp::now),
        failure: None,
        asked: Asked::Results(source),
    };
    FreshResult { query, xml: Arc::clone(&ran.xml), explained: None }
}

/// Collects a stored result again, or reads its file again. Where that fails, the node says so and keeps what it has.
pub fn rerun(forest: &OpenForest, workers: &Workers, stored: &StoredQuery, source: &ResultsSource) -> OperationJob {
    let (id, stored, source) = (forest.id, stored.clone(), source.clone());
    let title = format!("Rerun {}", stored.name);
    let options = workers.collect_options();
    let work = move |task: Task| async move {
        match source {
            ResultsSource::File(path) => reread(path).await,
            ResultsSource::Computer(collection) => collect(*collection, options, task).await,
        }
    };
    let job = workers.operation(title, work, move |ran| vec![Command::Query(id, after(ran, stored))]);
    job.quiet()
}

async fn reread(path: PathBuf) -> Result<Ran, OperationError> {
    let object = path.display().to_string();
    let read = tokio::task::spawn_blocking(move || read_file(&path)).await;
    let read = read.unwrap_or_else(|failed| {
        Err(crate::store::StoreError::new(crate::store::StoreErrorKind::Io, object).with_detail(failed))
    });
    let found = read.map_err(|error| OperationError::of_read(&error))?;
    Ok(Ran { report: Arc::new(found.report), xml: found.xml })
}

fn after(ran: &Result<Ran, OperationError>, stored: StoredQuery) -> QueryAction {
    match ran {
        Ok(ran) => {
            let refreshed = ran.report.read.unwrap_or_else(Timestamp::now);
            let query = StoredQuery { refreshed, failure: None, ..stored };
            QueryAction::Keep(Box::new(FreshResult { query, xml: Arc::clone(&ran.xml), explained: None }))
        }
        Err(error) => QueryAction::Fail(stored.id, error.to_string()),
    }
}
