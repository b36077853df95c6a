//! Stored queries: what was asked in Group Policy Modeling and Group Policy Results, and what came of it last.
//!
//! They are the console's own and lie in no directory: one folder for each in the folder for the data of programs, below one for each
//! forest. So they survive a restart, as they do in the original (`console-ui.md` parts 1, 2.1, 3.13, 3.14). A query that was
//! run again keeps the result before the last one, to tell what has changed.

mod explained;
mod files;
mod modeling;
mod shown;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::gpm::Problem;
use crate::ident::{Guid, Timestamp};
use crate::operation::rsop::collect::Collection;
use crate::store::{StoreError, StoreErrorKind};

use super::{Command, ForestId, OpenForest, Place};

pub use explained::{Explained, ExplainedLink, ExplainedSetting, ExplainedSide};
pub use files::default_folder;
pub use modeling::{ModelingQuery, Named, QueryTarget, WmiChoice};
pub use shown::ShownRsop;

/// A query that is kept, without its result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredQuery {
    /// Its id, the name of its folder.
    pub id: Guid,
    /// The name it is shown by.
    pub name: String,
    /// The user or the container of users; empty where none was asked about.
    pub user: String,
    /// The computer or the container of computers; empty where none was asked about.
    pub computer: String,
    /// When its result was made, or was collected.
    pub refreshed: Timestamp,
    /// Why the last run brought nothing, in words; the result is that of an earlier one then.
    #[serde(default)]
    pub failure: Option<String>,
    /// What was asked.
    pub asked: Asked,
}

/// What a query asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// What would apply: Group Policy Modeling.
    Modeling(Box<ModelingQuery>),
    /// What did apply: Group Policy Results.
    Results(ResultsSource),
}

/// Where the result of a client comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResultsSource {
    /// A file that `gpresult /X` or a console wrote.
    File(PathBuf),
    /// A computer that was asked.
    Computer(Box<Collection>),
}

/// The container a query stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QueryKind {
    /// Group Policy Modeling.
    Modeling,
    /// Group Policy Results.
    Results,
}

/// What a run of a query brought, to be kept.
#[derive(Clone, Debug)]
pub struct FreshResult {
    /// The query; the one of the same id is replaced.
    pub query: StoredQuery,
    /// The result, as RSoP XML.
    pub xml: Arc<[u8]>,
    /// Why it came out so; none where only a client knows.
    pub explained: Option<Arc<Explained>>,
}

/// What is done with stored queries.
#[derive(Clone, Debug)]
pub enum QueryAction {
    /// Keep what a run brought, and select its node.
    Keep(Box<FreshResult>),
    /// Show who set each setting of its result, with those who lost.
    ShowAdvanced(Guid),
    /// Run one again.
    Rerun(Guid),
    /// Remember why a run brought nothing.
    Fail(Guid, String),
    /// Give one another name.
    Rename(Guid, String),
    /// Delete some.
    Delete(Vec<Guid>),
}

/// The stored queries of a forest. Cheap to clone: results are shared.
#[derive(Clone, Debug, Default)]
pub struct QueryShelf {
    /// Where those of the forest lie; none where they live as long as the program.
    folder: Option<PathBuf>,
    /// By name.
    queries: Vec<StoredQuery>,
    /// The results of this run of the program, and those that lie in no folder: the last one, and the one before.
    results: HashMap<Guid, Vec<Arc<[u8]>>>,
    /// Why results of this run of the program came out so.
    explained: HashMap<Guid, Arc<Explained>>,
    /// What could not be read or written.
    problems: Vec<Problem>,
}

impl Asked {
    /// Returns the container it stands in.
    pub fn kind(&self) -> QueryKind {
        match self {
            Asked::Modeling(_) => QueryKind::Modeling,
            Asked::Results(_) => QueryKind::Results,
        }
    }
}

impl QueryKind {
    /// Returns the container.
    pub fn container(self) -> Place {
        match self {
            QueryKind::Modeling => Place::Modeling,
            QueryKind::Results => Place::Results,
        }
    }

    /// Returns the place of a query in it.
    pub fn place(self, id: Guid) -> Place {
        match self {
            QueryKind::Modeling => Place::ModelingResult(id),
            QueryKind::Results => Place::ResultsItem(id),
        }
    }
}

impl StoredQuery {
    /// Returns its place in the tree.
    pub fn place(&self) -> Place {
        self.asked.kind().place(self.id)
    }
}

impl QueryShelf {
    /// Returns the queries of a container, by name.
    pub fn of(&self, kind: QueryKind) -> impl Iterator<Item = &StoredQuery> {
        self.queries.iter().filter(move |query| query.asked.kind() == kind)
    }

    /// Returns a query.
    pub fn get(&self, id: Guid) -> Option<&StoredQuery> {
        self.queries.iter().find(|query| query.id == id)
    }

    /// Returns the query that a place stands for.
    pub fn at(&self, place: &Place) -> Option<&StoredQuery> {
        match place {
            Place::ModelingResult(id) | Place::ResultsItem(id) => self.get(*id),
            _ => None,
        }
    }

    /// Returns what could not be read or written.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Returns a name for a new query: `<user> on <computer>`, with a number where the container has one of that name already.
    pub fn name_for(&self, kind: QueryKind, user: &str, computer: &str) -> String {
        let base = match (user, computer) {
            ("", only) | (only, "") => only.to_owned(),
            (user, computer) => format!("{user} on {computer}"),
        };
        let is_taken = |name: &str| self.of(kind).any(|query| query.name.eq_ignore_ascii_case(name));
        let numbered = (2..).map(|number| format!("{base} ({number})"));
        std::iter::once(base.clone()).chain(numbered).find(|name| !is_taken(name)).unwrap_or(base)
    }

    /// Puts in what a run of a query brought. Its last result becomes the one before.
    pub fn put_result(&mut self, fresh: FreshResult) {
        let id = fresh.query.id;
        let mut results = vec![fresh.xml];
        results.extend(self.results.remove(&id).into_iter().flatten().next());
        self.results.insert(id, results);
        self.explained.remove(&id);
        self.explained.extend(fresh.explained.map(|explained| (id, explained)));
        self.put(fresh.query);
    }

    /// Puts a query in, in place of the one of its id.
    pub fn put(&mut self, query: StoredQuery) {
        self.queries.retain(|known| known.id != query.id);
        self.queries.push(query);
        self.sort();
    }

    /// Takes a query out.
    pub fn remove(&mut self, id: Guid) {
        self.queries.retain(|known| known.id != id);
        self.results.remove(&id);
        self.explained.remove(&id);
    }

    /// Adds something that went wrong.
    pub fn note(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Returns the last result of a query, as RSoP XML. Blocks on the file system.
    ///
    /// # Errors
    /// Fails where there is none, or its file cannot be read.
    pub fn last_result(&self, id: Guid) -> Result<Arc<[u8]>, StoreError> {
        self.result(id, 0, files::RESULT)
    }

    /// Returns the result before the last one. Blocks on the file system.
    ///
    /// # Errors
    /// As [`Self::last_result`].
    pub fn earlier_result(&self, id: Guid) -> Result<Arc<[u8]>, StoreError> {
        self.result(id, 1, files::EARLIER)
    }

    fn result(&self, id: Guid, age: usize, file: &str) -> Result<Arc<[u8]>, StoreError> {
        if let Some(known) = self.results.get(&id).and_then(|results| results.get(age)) {
            return Ok(Arc::clone(known));
        }
        match &self.folder {
            Some(folder) => files::read(folder, id, file),
            None => Err(StoreError::new(StoreErrorKind::NotFound, "result of the query")),
        }
    }

    /// Returns why the last result of a query came out so; none where that was not kept. Blocks on the file system.
    ///
    /// # Errors
    /// Fails where its file cannot be read.
    pub fn explained(&self, id: Guid) -> Result<Option<Arc<Explained>>, StoreError> {
        match (self.explained.get(&id), &self.folder) {
            (Some(known), _) => Ok(Some(Arc::clone(known))),
            (None, Some(folder)) => files::read_explained(folder, id),
            (None, None) => Ok(None),
        }
    }

    fn sort(&mut self) {
        self.queries.sort_by_cached_key(|query| (query.name.to_lowercase(), query.id));
    }
}

/// Gives a stored query another name.
pub fn rename_query(forest: &OpenForest, place: &Place, name: String) -> Option<Command> {
    let query = forest.queries.at(place)?;
    Some(Command::Query(forest.id, QueryAction::Rename(query.id, name)))
}

/// Returns the command that asks before stored queries are deleted: nothing brings them back.
pub fn ask_delete(forest: ForestId, queries: &[&StoredQuery]) -> Command {
    let ids = queries.iter().map(|query| query.id).collect();
    let text = match queries {
        [only] => format!("Delete {} and its result? Nothing in the domain changes.", only.name),
        several => format!("Delete {} queries and their results? Nothing in the domain changes.", several.len()),
    };
    let delete = Command::Query(forest, QueryAction::Delete(ids));
    super::question::Question::new("Delete", text, "Delete", vec![delete]).ask()
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn query(number: u128, name: &str) -> StoredQuery {
        StoredQuery {
            id: Guid::from_u128(number),
            name: name.to_owned(),
            user: String::new(),
            computer: String::new(),
            refreshed: Timestamp::from_unix_seconds(1_700_000_000).unwrap(),
            failure: None,
            asked: Asked::Results(ResultsSource::File(PathBuf::from("/tmp/result.xml"))),
        }
    }

    #[test]
    fn names_are_told_apart_by_numbers() {
        let mut shelf = QueryShelf::default();
        let check = |shelf: &QueryShelf, kind: QueryKind, user: &str, computer: &str, expected: &str| {
            assert_eq!(shelf.name_for(kind, user, computer), expected);
        };
        check(&shelf, QueryKind::Results, "a", "b", "a on b");
        check(&shelf, QueryKind::Results, "", "b", "b");
        check(&shelf, QueryKind::Results, "a", "", "a");
        shelf.put(query(1, "A on b"));
        check(&shelf, QueryKind::Results, "a", "b", "a on b (2)");
        check(&shelf, QueryKind::Modeling, "a", "b", "a on b");
        shelf.put(query(2, "a on b (2)"));
        check(&shelf, QueryKind::Results, "a", "b", "a on b (3)");
    }

    #[test]
    fn the_result_before_the_last_one_stays() {
        let mut shelf = QueryShelf::default();
        let id = Guid::from_u128(1);
        assert_eq!(shelf.last_result(id).unwrap_err().kind, StoreErrorKind::NotFound);
        for xml in ["one", "two", "three"] {
            shelf.put_result(FreshResult { query: query(1, "a"), xml: xml.as_bytes().into(), explained: None });
        }
        assert_eq!(&*shelf.last_result(id).unwrap(), b"three");
        assert_eq!(&*shelf.earlier_result(id).unwrap(), b"two");
        shelf.remove(id);
        assert!(shelf.get(id).is_none() && shelf.last_result(id).is_err());
    }
}
