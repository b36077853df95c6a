//! What is done with stored queries: kept, renamed, deleted; their files are written in the background.

use poll_promise::Promise;

use crate::gpm::Problem;
use crate::store::StoreError;

use super::super::job::take;
use super::super::stored_query::{QueryAction, QueryShelf};
use super::super::{ForestId, ForestState, Node};
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
                forest.queries.put(fresh.query.clone(), Some(fresh.xml.clone()));
                then = Some(Node::In(id, fresh.query.place()));
                self.write_query(id, shelf, move |shelf| shelf.save(&fresh));
            }
            QueryAction::Fail(query, why) => {
                let Some(mut query) = forest.queries.get(query).cloned() else { return };
                query.failure = Some(why);
                forest.queries.put(query.clone(), None);
                self.write_query(id, shelf, move |shelf| shelf.save_query(&query));
            }
            QueryAction::Rename(query, name) => {
                let Some(mut query) = forest.queries.get(query).cloned() else { return };
                query.name = name;
                forest.queries.put(query.clone(), None);
                self.write_query(id, shelf, move |shelf| shelf.save_query(&query));
            }
            QueryAction::Delete(queries) => {
                for query in &queries {
                    forest.queries.remove(*query);
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
