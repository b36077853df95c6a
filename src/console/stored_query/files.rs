//! Where stored queries lie: `<folder>/<forest>/<id>/` with `query.json`, the last result as `result.xml` and the one before it as
//! `earlier.xml`; `explained.json` says why the last came out so. Each file is written whole or not at all; a query whose description cannot be read is named and passed over.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::gpm::Problem;
use crate::ident::{DnsName, Guid};
use crate::store::{StoreError, StoreErrorKind};

use super::{Explained, FreshResult, QueryShelf, StoredQuery};

const QUERY: &str = "query.json";
/// The last result.
pub(super) const RESULT: &str = "result.xml";
/// Why the last result came out so.
const EXPLAINED: &str = "explained.json";
/// The result before the last one.
pub(super) const EARLIER: &str = "earlier.xml";

/// Returns the folder for the stored queries of this user; none where the system names none.
pub fn default_folder() -> Option<PathBuf> {
    let folders = directories::ProjectDirs::from("org", "OpenGPMC", "OpenGPMC")?;
    Some(folders.data_local_dir().join("queries"))
}

impl QueryShelf {
    /// Reads the queries of a forest, without their results. Blocks on the file system.
    pub fn load(folder: Option<&Path>, forest: &DnsName) -> Self {
        let Some(folder) = folder.map(|folder| folder.join(forest.to_string())) else { return QueryShelf::default() };
        let mut shelf = QueryShelf { folder: Some(folder.clone()), ..QueryShelf::default() };
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return shelf,
            Err(error) => {
                shelf.note(problem(&folder, error));
                return shelf;
            }
        };
        for entry in entries.flatten() {
            // Other folders are none of ours.
            let Ok(id) = entry.file_name().to_string_lossy().parse::<Guid>() else { continue };
            let path = entry.path().join(QUERY);
            match read_query(&path) {
                Ok(query) if query.id == id => shelf.queries.push(query),
                Ok(_) => shelf.note(problem(&path, "it bears the id of another query")),
                Err(error) => shelf.note(problem(&path, error)),
            }
        }
        shelf.sort();
        shelf
    }

    /// Writes what a run of a query brought; the last result becomes the one before it. Blocks on the file system.
    ///
    /// # Errors
    /// Fails where a file cannot be written; the result that was there before is there still.
    pub fn save(&self, fresh: &FreshResult) -> Result<(), StoreError> {
        let Some(own) = self.folder_of(fresh.query.id) else { return Ok(()) };
        let failed = |error: std::io::Error| StoreError::from_io(own.display(), &error);
        std::fs::create_dir_all(&own).map_err(failed)?;
        let result = own.join(RESULT);
        if result.exists() {
            std::fs::copy(&result, own.join(EARLIER)).map_err(failed)?;
        }
        write(&result, &fresh.xml).map_err(failed)?;
        match &fresh.explained {
            Some(explained) => {
                let json = serde_json::to_vec(&**explained).map_err(|error| failed(error.into()))?;
                write(&own.join(EXPLAINED), &json).map_err(failed)?;
            }
            // What is there speaks of the result before.
            None => match std::fs::remove_file(own.join(EXPLAINED)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
                _ => {}
            },
        }
        self.save_query(&fresh.query)
    }

    /// Writes the description of a query. Blocks on the file system.
    ///
    /// # Errors
    /// Fails where it cannot be written.
    pub fn save_query(&self, query: &StoredQuery) -> Result<(), StoreError> {
        let Some(own) = self.folder_of(query.id) else { return Ok(()) };
        let saved = serde_json::to_vec_pretty(query).map_err(Into::into).and_then(|json| {
            std::fs::create_dir_all(&own)?;
            write(&own.join(QUERY), &json)
        });
        saved.map_err(|error| StoreError::from_io(own.display(), &error))
    }

    /// Deletes the files of a query. Blocks on the file system.
    ///
    /// # Errors
    /// Fails where they cannot be deleted.
    pub fn delete(&self, id: Guid) -> Result<(), StoreError> {
        let Some(own) = self.folder_of(id) else { return Ok(()) };
        match std::fs::remove_dir_all(&own) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(StoreError::from_io(own.display(), &error))
            }
            _ => Ok(()),
        }
    }

    fn folder_of(&self, id: Guid) -> Option<PathBuf> {
        Some(folder_of(self.folder.as_deref()?, id))
    }
}

/// Reads a file of a query.
pub(super) fn read(folder: &Path, id: Guid, file: &str) -> Result<Arc<[u8]>, StoreError> {
    let path = folder_of(folder, id).join(file);
    std::fs::read(&path).map(Arc::from).map_err(|error| StoreError::from_io(path.display(), &error))
}

/// Reads why the last result of a query came out so; none where that was not kept.
pub(super) fn read_explained(folder: &Path, id: Guid) -> Result<Option<Arc<Explained>>, StoreError> {
    let path = folder_of(folder, id).join(EXPLAINED);
    let bytes = match std::fs::read(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        read => read.map_err(|error| StoreError::from_io(path.display(), &error))?,
    };
    let corrupt = |error| StoreError::new(StoreErrorKind::Corrupt, path.display()).with_detail(error);
    serde_json::from_slice(&bytes).map(|explained| Some(Arc::new(explained))).map_err(corrupt)
}

fn folder_of(folder: &Path, id: Guid) -> PathBuf {
    folder.join(id.to_string())
}

fn read_query(path: &Path) -> std::io::Result<StoredQuery> {
    Ok(serde_json::from_slice(&std::fs::read(path)?)?)
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    crate::operation::write_whole(path, bytes)
}

fn problem(path: &Path, why: impl ToString) -> Problem {
    Problem { object: path.display().to_string(), message: why.to_string() }
}

#[cfg(test)]
mod tests {
    use super::super::tests::query;
    use super::*;

    #[test]
    fn queries_come_back_and_damaged_ones_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let forest: DnsName = "corp.test".parse().unwrap();
        let load = || QueryShelf::load(Some(folder.path()), &forest);
        let names = |shelf: &QueryShelf| shelf.queries.iter().map(|query| query.name.clone()).collect::<Vec<_>>();
        let mut shelf = load();
        assert!(shelf.queries.is_empty() && shelf.problems.is_empty());
        for (number, name) in [(2, "b"), (1, "C"), (3, "a")] {
            for xml in ["old", "new"] {
                let explained =
                    (number == 2).then(|| Arc::new(Explained { loopback: xml.to_owned(), sides: Vec::new() }));
                let fresh = FreshResult { query: query(number, name), xml: xml.as_bytes().into(), explained };
                shelf.save(&fresh).unwrap();
                shelf.put_result(fresh);
            }
        }
        assert_eq!(names(&shelf), ["a", "b", "C"]);
        let again = load();
        assert_eq!(again.queries, shelf.queries);
        assert_eq!(&*again.last_result(Guid::from_u128(2)).unwrap(), b"new");
        assert_eq!(&*again.earlier_result(Guid::from_u128(2)).unwrap(), b"old");
        assert_eq!(again.explained(Guid::from_u128(2)).unwrap().unwrap().loopback, "new");
        assert_eq!(again.explained(Guid::from_u128(1)).unwrap(), None);
        // Another forest has none of them.
        assert!(QueryShelf::load(Some(folder.path()), &"other.test".parse().unwrap()).queries.is_empty());
        again.delete(Guid::from_u128(3)).unwrap();
        again.delete(Guid::from_u128(3)).unwrap();
        let damaged = again.folder_of(Guid::from_u128(1)).unwrap().join(QUERY);
        std::fs::write(&damaged, "{").unwrap();
        std::fs::create_dir(folder.path().join("corp.test/else")).unwrap();
        let last = load();
        assert_eq!(names(&last), ["b"]);
        let [problem] = last.problems() else { panic!("{:?}", last.problems()) };
        assert_eq!(problem.object, damaged.display().to_string());
    }
}
