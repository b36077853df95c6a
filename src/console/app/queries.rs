//! What is done with stored queries: kept, renamed, deleted; their files are written in the background.

use poll_promise::Promise;

use crate::gpm::Problem;
use crate::store::StoreError;

use super::super::job::take;
use super::super::pane::{ADVANCED_VIEW, QUERY_TABS};
use super::super::stored_query::{Asked, QueryAction, QueryShelf, StoredQuery};
use super::super::{ForestEntry, ForestId, ForestState, Node, Reported};
use super::super::{modeling, results};
use super::App;

/// Files of stored queries that are being written.
pub(super) struct QueryWrite {
    forest: ForestId,
    promise: Option<Promise<Result<(), StoreError>>>,
}

impl App {
    /// Does something with stored queries.
    pub(super) fn query(&mut self, id: ForestId, action: QueryAction) {
        let Some(ForestState::Open(forest)) = self.entry_mut(id).map(|entry| &mut entry.state) else { return };
        let shelf = forest.queries.clone();
        let mut then = None;
        match action {
            QueryAction::Keep(fresh) => {
                forest.queries.put_result((*fresh).clone());
                forest.details.reports.remove(&Reported::Query(fresh.query.id));
                then = Some(Node::In(id, fresh.query.place()));
                self.write_query(id, shelf, move |shelf| shelf.save(&fresh));
            }
            QueryAction::Fail(query, why) => {
                let Some(mut query) = forest.queries.get(query).cloned() else { return };
                query.failure = Some(why);
                forest.queries.put(query.clone());
                self.write_query(id, shelf, move |shelf| shelf.save_query(&query));
            }
            QueryAction::ShowAdvanced(query) => {
                then = forest.queries.get(query).map(|query| Node::In(id, query.place()));
                self.panes.open_tab(QUERY_TABS, ADVANCED_VIEW);
            }
            QueryAction::Rerun(query) => {
                let Some(stored) = forest.queries.get(query).cloned() else { return };
                self.rerun(id, &stored);
            }
            QueryAction::Rename(query, name) => {
                let Some(mut query) = forest.queries.get(query).cloned() else { return };
                query.name = name;
                forest.queries.put(query.clone());
                self.write_query(id, shelf, move |shelf| shelf.save_query(&query));
            }
            QueryAction::Delete(queries) => {
                for query in &queries {
                    forest.queries.remove(*query);
                    forest.details.reports.remove(&Reported::Query(*query));
                }
                self.write_query(id, shelf, move |shelf| queries.into_iter().try_for_each(|query| shelf.delete(query)));
                self.settle_selection();
            }
        }
        self.forests_changed();
        if let Some(node) = then {
            self.select(node);
        }
    }

    /// Asks again what a stored query asks.
    fn rerun(&mut self, id: ForestId, stored: &StoredQuery) {
        let Some(forest) = self.entry(id).and_then(ForestEntry::open) else { return };
        match &stored.asked {
            Asked::Modeling(query) => {
                let job = modeling::rerun(forest, &self.workers, stored, query);
                self.operation_jobs.push(job);
            }
            Asked::Results(source) => {
                let job = results::rerun(forest, &self.workers, stored, source);
                self.operation_jobs.push(job);
            }
        }
    }

    fn write_query(
        &mut self,
        forest: ForestId,
        shelf: QueryShelf,
        write: impl FnOnce(&QueryShelf) -> Result<(), StoreError> + Send + 'static,
    ) {
        let turn = self.workers.turn();
        let promise = self.workers.spawn(async move {
            // What is written last is what is asked for last.
            let _turn = turn.lock_owned().await;
            let written = tokio::task::spawn_blocking(move || write(&shelf)).await;
            written.unwrap_or(Ok(()))
        });
        self.query_writes.push(QueryWrite { forest, promise: Some(promise) });
    }

    pub(super) fn take_in_query_writes(&mut self) {
        let mut failed = Vec::new();
        self.query_writes.retain_mut(|write| match take(&mut write.promise) {
            None => true,
            Some(written) => {
                failed.extend(written.err().map(|error| (write.forest, error)));
                false
            }
        });
        for (id, error) in failed {
            let message = format!("the query is kept until the program ends only: {error}");
            self.note = Some(format!("{}: {message}", error.object));
            if let Some(ForestState::Open(forest)) = self.entry_mut(id).map(|entry| &mut entry.state) {
                forest.queries.note(Problem { object: error.object.to_string(), message });
            }
        }
    }
}
