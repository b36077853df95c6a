//! Reports of many GPOs or backups, a file for each, all or none.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::StreamExt;
use futures::stream;
use rayon::prelude::*;
use serde::Serialize;
use tempfile::TempDir;

use crate::gpm::{Backup, Cancelled, ForestSnapshot, Gpo, Problem, Task};
use crate::operation::render_reports;
use crate::report::{GpoReport, HtmlOptions, ReportFormat};
use crate::store::ForestStore;

use super::common::Common;
use super::live::GPOS_IN_FLIGHT;
use super::{ReportBackupError, ReportGpoError, Reporting};

/// What was written to a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReportedFolder {
    /// The files, in the order of what they report.
    pub files: Vec<PathBuf>,
    /// What could not be reported, and parts of reports that could not be read.
    pub problems: Vec<Problem>,
}

/// Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum ReportFolderError {
    /// The operation was cancelled.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// The folder cannot be written to.
    #[error("reports cannot be written to {}: {source}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl Reporting {
    /// Reports backups, each to the file `{ID}.EXTENSION` in `folder`, which is made where it is missing. Two processors share the work. Files
    /// of these names are replaced when all reports are there; on failure and cancel the folder is as it was. Blocks.
    ///
    /// # Errors
    /// Fails where the folder cannot be written to; a backup that cannot be read is named among the problems.
    pub fn backups_to_folder(
        &self,
        backups: &[&Backup],
        folder: &Path,
        format: ReportFormat,
        task: &Task,
    ) -> Result<ReportedFolder, ReportFolderError> {
        let staging = Staging::new(folder)?;
        let (done, total) = (AtomicU64::new(0), backups.len() as u64);
        let names = distinct(backups.iter().map(|backup| backup.id.to_string()));
        let outcomes: Vec<Result<Staged, ReportFolderError>> = backups
            .par_iter()
            .zip(&names)
            .map(|(backup, name)| {
                let outcome = match self.backup(backup, task) {
                    Ok(report) => staging.write(name, &report, format),
                    Err(ReportBackupError::Cancelled(cancelled)) => Err(cancelled.into()),
                    Err(error) => Ok(Staged::failed(format!("{} {}", backup.gpo_name, backup.id), error)),
                };
                task.progress(done.fetch_add(1, Ordering::Relaxed) + 1, total);
                outcome
            })
            .collect();
        staging.publish(outcomes.into_iter().collect::<Result<_, _>>()?, task)
    }

    /// Reports GPOs of a forest, each to a file in `folder` that bears the GPO's name, several at the same time; otherwise as
    /// [`Reporting::backups_to_folder`].
    ///
    /// # Errors
    /// Fails where the folder cannot be written to; a GPO that cannot be read is named among the problems.
    pub async fn gpos_to_folder(
        &self,
        store: &Arc<dyn ForestStore>,
        forest: &ForestSnapshot,
        gpos: &[&Gpo],
        folder: &Path,
        format: ReportFormat,
        task: &Task,
    ) -> Result<ReportedFolder, ReportFolderError> {
        let staging = Staging::new(folder)?;
        let names = distinct(gpos.iter().map(|gpo| file_name(&gpo.display_name)));
        let common = Common::read(store, forest, gpos, task).await?;
        let common = &common;
        // Collected, so that the future is `Send` for any lifetime of what it borrows.
        let reports: Vec<_> = gpos
            .iter()
            .zip(names)
            .map(|(gpo, name)| async move { (*gpo, name, self.one_of(common, gpo, task).await) })
            .collect();
        let mut reports = stream::iter(reports).buffered(GPOS_IN_FLIGHT);
        let mut staged = Vec::new();
        while let Some((gpo, name, outcome)) = reports.next().await {
            staged.push(match outcome {
                Ok(report) => staging.write(&name, &report, format)?,
                Err(ReportGpoError::Cancelled(cancelled)) => return Err(cancelled.into()),
                Err(error) => Staged::failed(format!("{} {}", gpo.display_name, gpo.id), error),
            });
            task.progress(staged.len() as u64, gpos.len() as u64);
        }
        staging.publish(staged, task)
    }
}

/// Writes reports that were made, each to a file in `folder` that bears its name; otherwise as [`Reporting::backups_to_folder`].
///
/// # Errors
/// Fails where the folder cannot be written to.
pub fn reports_to_folder(
    reports: &[GpoReport],
    folder: &Path,
    format: ReportFormat,
    task: &Task,
) -> Result<ReportedFolder, ReportFolderError> {
    let staging = Staging::new(folder)?;
    let names = distinct(reports.iter().map(|report| file_name(&report.name)));
    let staged: Result<_, _> =
        reports.iter().zip(&names).map(|(report, name)| staging.write(name, report, format)).collect();
    staging.publish(staged?, task)
}

/// A folder beside the files to be, in which they wait until all are written.
struct Staging {
    folder: PathBuf,
    waiting: TempDir,
}

/// One report, or why there is none.
struct Staged {
    file_name: Option<String>,
    problems: Vec<Problem>,
}

impl Staged {
    fn failed(object: String, error: impl ToString) -> Self {
        Staged { file_name: None, problems: vec![Problem { object, message: error.to_string() }] }
    }
}

impl Staging {
    fn new(folder: &Path) -> Result<Self, ReportFolderError> {
        let failed = |source| ReportFolderError::Io { path: folder.to_owned(), source };
        std::fs::create_dir_all(folder).map_err(failed)?;
        let waiting = tempfile::Builder::new().prefix(".opengpmc-").tempdir_in(folder).map_err(failed)?;
        Ok(Staging { folder: folder.to_owned(), waiting })
    }

    fn write(&self, name: &str, report: &GpoReport, format: ReportFormat) -> Result<Staged, ReportFolderError> {
        let file_name = format!("{name}.{}", format.extension());
        let path = self.waiting.path().join(&file_name);
        let bytes = render_reports(std::slice::from_ref(report), format, HtmlOptions::default());
        std::fs::write(&path, bytes).map_err(|source| ReportFolderError::Io { path, source })?;
        Ok(Staged { file_name: Some(file_name), problems: report_problems(report) })
    }

    fn publish(self, staged: Vec<Staged>, task: &Task) -> Result<ReportedFolder, ReportFolderError> {
        task.checkpoint()?;
        let mut reported = ReportedFolder::default();
        for Staged { file_name, problems } in staged {
            reported.problems.extend(problems);
            if let Some(file_name) = file_name {
                let path = self.folder.join(&file_name);
                std::fs::rename(self.waiting.path().join(&file_name), &path)
                    .map_err(|source| ReportFolderError::Io { path: path.clone(), source })?;
                reported.files.push(path);
            }
        }
        Ok(reported)
    }
}

/// Returns what a report says could not be read.
pub fn report_problems(report: &GpoReport) -> Vec<Problem> {
    let extensions = report.computer.extensions.iter().chain(&report.user.extensions);
    let parts = report.problems.iter().chain(extensions.flat_map(|extension| &extension.problems));
    parts
        .map(|problem| Problem {
            object: format!("{}: {}", report.name, problem.file),
            message: problem.message.clone(),
        })
        .collect()
}

/// Returns the names with a number behind those that are there already, so that no file replaces another.
fn distinct(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut taken = HashSet::new();
    // The number that the next of a name gets, so that a thousand GPOs of one name are not counted through for each of them.
    let mut numbers: HashMap<String, usize> = HashMap::new();
    let mut distinct = |name: String| {
        let mut candidate = name.clone();
        let number = numbers.entry(name.to_lowercase()).or_insert(2);
        while !taken.insert(candidate.to_lowercase()) {
            candidate = format!("{name} ({number})");
            *number += 1;
        }
        candidate
    };
    names.map(&mut distinct).collect()
}

/// Longest name that is made, in characters; with an id and an extension every file system takes it.
const LONGEST_NAME: usize = 120;
/// Longest name in bytes of UTF-8; file systems take 255, an id or number and an extension included.
const LONGEST_NAME_BYTES: usize = 230;

/// Returns a name that every file system takes, as close to the text as can be.
pub fn file_name(text: &str) -> String {
    let usable: String = text
        .chars()
        .map(|c| if c.is_control() || "/\\:*?\"<>|".contains(c) { '_' } else { c })
        .take(LONGEST_NAME)
        .collect();
    let usable = &usable[..usable.floor_char_boundary(LONGEST_NAME_BYTES)];
    let trimmed = usable.trim_matches(|c: char| c == '.' || c == ' ');
    if crate::store::SysvolPath::root().join(trimmed).is_ok() { trimmed.to_owned() } else { format!("_{trimmed}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_usable_everywhere() {
        for (text, expected) in [
            ("Default Domain Policy", "Default Domain Policy"),
            ("a/b\\c:d*e?", "a_b_c_d_e_"),
            (" ..hidden. ", "hidden"),
            ("CON", "_CON"),
            ("", "_"),
            ("..", "_"),
            ("Zürich\n", "Zürich_"),
        ] {
            assert_eq!(file_name(text), expected, "{text:?}");
        }
        assert_eq!(file_name(&"a".repeat(500)).chars().count(), LONGEST_NAME);
        assert_eq!(file_name(&"界".repeat(200)), "界".repeat(LONGEST_NAME_BYTES / 3));
    }

    #[test]
    fn no_file_replaces_another() {
        let names = ["a", "A", "b", "a", "a (2)"].map(str::to_owned);
        assert_eq!(distinct(names.into_iter()), ["a", "A (2)", "b", "a (3)", "a (2) (2)"]);
    }

    #[test]
    fn a_cancelled_run_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("reports");
        let task = Task::default();
        task.cancel();
        let reporting = Reporting::new(Arc::default());
        let outcome = reporting.backups_to_folder(&[], &out, ReportFormat::Xml, &task);
        assert!(matches!(outcome, Err(ReportFolderError::Cancelled(_))));
        assert_eq!(std::fs::read_dir(&out).unwrap().count(), 0);
    }
}
