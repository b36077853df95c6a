//! Results opened from files: chosen, dropped onto the window, one or many.
//!
//! A result stands below Group Policy Results, where an administrator looks for it, of the forest that has its domain.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::report::{RsopReport, read_rsop};
use crate::store::{StoreError, StoreErrorKind};

use super::super::opened_file::LARGEST_REPORT;
use super::super::stored_query::{Asked, FreshResult, QueryAction, QueryKind, ResultsSource, StoredQuery};
use super::super::{Command, ForestEntry, ForestId, OpenForest};
use super::run::{Ran, new_query};

/// A result that was read from a file.
pub struct FoundResult {
    /// The file.
    pub path: PathBuf,
    /// The result.
    pub report: RsopReport,
    /// The file's bytes.
    pub xml: Arc<[u8]>,
}

/// Reads a result. Blocks on the file system.
///
/// # Errors
/// Fails where the file cannot be read, is larger than any result, or is something else.
pub fn read_file(path: &Path) -> Result<FoundResult, StoreError> {
    let failed = |error: std::io::Error| StoreError::from_io(path.display(), &error);
    let size = std::fs::metadata(path).map_err(failed)?.len();
    if size > LARGEST_REPORT {
        let detail = format!("the file has {size} bytes; results of up to {LARGEST_REPORT} are read");
        return Err(StoreError::new(StoreErrorKind::NotSupported, path.display()).with_detail(detail));
    }
    let bytes = std::fs::read(path).map_err(failed)?;
    let report = read_rsop(&bytes)
        .map_err(|error| StoreError::new(StoreErrorKind::Corrupt, path.display()).with_detail(error))?;
    Ok(FoundResult { path: path.to_owned(), report, xml: bytes.into() })
}

/// Returns the command that keeps a result in a forest: the one that has its domain, else the one that is selected, else the first that is
/// open. None where no forest is open. A file that was opened before takes the place of what it was.
pub fn keep_file(found: &FoundResult, forests: &[ForestEntry], selected: Option<ForestId>) -> Option<Command> {
    let forest = forest_of(&found.report, forests, selected)?;
    let source = ResultsSource::File(found.path.clone());
    let ran = Ran { report: Arc::new(found.report.clone()), xml: Arc::clone(&found.xml) };
    let fresh = new_query(forest, source.clone(), &ran);
    let is_known = |query: &&StoredQuery| query.asked == Asked::Results(source.clone());
    let fresh = match forest.queries.of(QueryKind::Results).find(is_known) {
        Some(known) => {
            let query = StoredQuery { id: known.id, name: known.name.clone(), ..fresh.query };
            FreshResult { query, ..fresh }
        }
        None => fresh,
    };
    Some(Command::Query(forest.id, QueryAction::Keep(Box::new(fresh))))
}

fn forest_of<'a>(
    report: &RsopReport,
    forests: &'a [ForestEntry],
    selected: Option<ForestId>,
) -> Option<&'a OpenForest> {
    let open = || forests.iter().filter_map(ForestEntry::open);
    let domains = || [&report.computer, &report.user].into_iter().flatten().map(|side| side.domain.as_str());
    let has_domain = |forest: &&OpenForest| {
        forest.snapshot.domains.iter().any(|own| domains().any(|name| own.name.as_str().eq_ignore_ascii_case(name)))
    };
    open().find(has_domain).or_else(|| open().find(|forest| Some(forest.id) == selected)).or_else(|| open().next())
}
