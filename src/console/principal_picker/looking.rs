//! A search for principals in the background.

use std::time::Duration;

use poll_promise::Promise;

use crate::console::ForestId;
use crate::console::job::take;
use crate::console::window::Surroundings;
use crate::gpm::{FindTrusteeError, Names, PrincipalQuery, PrincipalsFound, Problem, Task};

/// A search that runs.
pub(super) struct Looking {
    task: Task,
    promise: Option<Promise<Result<PrincipalsFound, FindTrusteeError>>>,
}

impl Looking {
    /// Begins a search after a pause in which it can still be called off; none where the forest is not open.
    pub(super) fn start(
        query: PrincipalQuery,
        forest: ForestId,
        pause: Duration,
        around: &Surroundings<'_>,
    ) -> Option<Self> {
        let forest = around.forest(forest)?;
        let (store, snapshot) = (forest.store.clone(), forest.snapshot.clone());
        let task = Task::default();
        let worker_task = task.clone();
        let promise = around.workers.spawn(async move {
            // What is typed fast is looked for once. Cancelling cuts the pause short as well: the search then ends at once.
            worker_task.or_cancel(tokio::time::sleep(pause)).await.ok();
            Names::new(&snapshot).search(&*store, &query, &worker_task).await
        });
        Some(Looking { task, promise: Some(promise) })
    }

    /// Ends the search.
    pub(super) fn cancel(&self) {
        self.task.cancel();
    }

    /// Tells whether the search was ended.
    pub(super) fn is_cancelled(&self) -> bool {
        self.task.is_cancelled()
    }

    /// Returns what was found, once.
    pub(super) fn take(&mut self) -> Option<Result<PrincipalsFound, FindTrusteeError>> {
        take(&mut self.promise)
    }
}

/// Returns what a problem is, in a sentence.
pub(super) fn in_words(problem: &Problem) -> String {
    format!("{}: {}.", problem.object, problem.message)
}
