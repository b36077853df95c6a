//! Infrastructure status in the console: what is being gathered, and the results, kept until the program ends.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::gpm::{Domain, OperationError, Task};
use crate::ident::{DnsName, Guid};
use crate::operation::{InfrastructureOptions, InfrastructureStatus, infrastructure_status};
use crate::store::ForestStore;

/// Of what the status is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StatusOf {
    /// The domain.
    pub domain: DnsName,
    /// One GPO of it; none for all.
    pub gpo: Option<Guid>,
}

/// What a view asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatusAction {
    /// Gather it.
    Detect,
    /// Stop gathering it.
    Stop,
    /// Compare with this domain controller from now on.
    SetBaseline(String),
}

/// How it stands with one status.
#[derive(Clone, Default)]
pub struct StatusRun {
    /// The baseline that was chosen; none for the PDC emulator.
    pub baseline: Option<String>,
    /// The work, while it runs.
    pub running: Option<Task>,
    /// What was gathered last.
    pub result: Option<Arc<InfrastructureStatus>>,
    /// Why gathering failed last.
    pub error: Option<OperationError>,
}

/// The statuses of a forest. Clones are the same shelf, so that it outlives reading the forest anew.
#[derive(Clone, Default)]
pub struct StatusShelf(Arc<Mutex<HashMap<StatusOf, StatusRun>>>);

impl StatusShelf {
    /// Returns how it stands with a status.
    pub fn get(&self, of: &StatusOf) -> StatusRun {
        self.lock().get(of).cloned().unwrap_or_default()
    }

    /// Chooses the baseline.
    pub fn set_baseline(&self, of: &StatusOf, controller: String) {
        self.lock().entry(of.clone()).or_default().baseline = Some(controller);
    }

    /// Stops gathering.
    pub fn stop(&self, of: &StatusOf) {
        if let Some(task) = self.get(of).running {
            task.cancel();
        }
    }

    /// Begins to gather, unless it is being gathered already; returns the work.
    pub fn detect(
        &self,
        of: StatusOf,
        store: Arc<dyn ForestStore>,
        task: Task,
    ) -> Option<impl Future<Output = ()> + Send + use<>> {
        let infrastructure_dc = {
            let mut shelf = self.lock();
            let run = shelf.entry(of.clone()).or_default();
            if run.running.is_some() {
                return None;
            }
            run.running = Some(task.clone());
            run.error = None;
            run.baseline.clone()
        };
        let shelf = self.clone();
        Some(async move {
            let outcome = gather(&of, store, infrastructure_dc, &task).await;
            let mut shelf = shelf.lock();
            let run = shelf.entry(of).or_default();
            run.running = None;
            match outcome {
                Ok(status) => run.result = Some(Arc::new(status)),
                // The person stopped it and knows; what was there before stays.
                Err(error) if error.is_cancelled() => {}
                Err(error) => run.error = Some(error),
            }
        })
    }

    /// Stops everything that is being gathered: the forest is taken out of the view, or the program ends.
    pub fn stop_all(&self) {
        for run in self.lock().values() {
            if let Some(task) = &run.running {
                task.cancel();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<StatusOf, StatusRun>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn gather(
    of: &StatusOf,
    store: Arc<dyn ForestStore>,
    infrastructure_dc: Option<String>,
    task: &Task,
) -> Result<InfrastructureStatus, OperationError> {
    let opened = task.or_cancel(Domain::open(&store, &of.domain)).await?;
    let domain = opened.map_err(|error| OperationError::of_directory(&error))?;
    let options = InfrastructureOptions { infrastructure_dc, gpo: of.gpo, ..InfrastructureOptions::default() };
    infrastructure_status(&domain, &options, task).await
}
