//! Reports and backups opened from disk: any `gpreport.xml`, any folder of backups, from wherever they come.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::gpm::{Backup, BackupDir, Problem};
use crate::report::read_reports;
use crate::store::{StoreError, StoreErrorKind};

use super::{FileId, ForestEntry, Lazy, ShownReport};

/// Everything that stands in the scope tree.
#[derive(Clone, Copy, Default)]
pub struct Shown<'a> {
    /// The forests in the view.
    pub forests: &'a [ForestEntry],
    /// What was opened from disk.
    pub files: &'a [OpenedFile],
}

impl<'a> Shown<'a> {
    /// Returns forests alone.
    pub fn forests(forests: &'a [ForestEntry]) -> Self {
        Shown { forests, files: &[] }
    }

    /// Returns something that was opened from disk.
    pub fn file(self, id: FileId) -> Option<&'a OpenedFile> {
        self.files.iter().find(|file| file.id == id)
    }
}

/// A report or a folder of backups.
pub struct OpenedFile {
    /// Its number.
    pub id: FileId,
    /// Where it lies.
    pub path: PathBuf,
    /// What has become of it.
    pub state: FileState,
}

/// What has become of a file or folder that was asked for.
pub enum FileState {
    /// It is being read.
    Loading,
    /// It was read.
    Open {
        /// What is in it.
        items: Vec<FileItem>,
        /// What could not be read.
        problems: Vec<Problem>,
    },
    /// It could not be read.
    Failed(StoreError),
}

/// A backup, or a report.
pub struct FileItem {
    /// The name it is shown by.
    pub label: String,
    /// The backup; none for a report that was opened as such.
    pub backup: Option<Backup>,
    /// Its report; that of a backup is made when it is asked for.
    pub report: Lazy<Arc<ShownReport>>,
}

impl OpenedFile {
    /// Returns what is in it, as far as it was read.
    pub fn items(&self) -> &[FileItem] {
        match &self.state {
            FileState::Open { items, .. } => items,
            FileState::Loading | FileState::Failed(_) => &[],
        }
    }

    /// Returns something in it.
    pub fn item_mut(&mut self, index: usize) -> Option<&mut FileItem> {
        match &mut self.state {
            FileState::Open { items, .. } => items.get_mut(index),
            FileState::Loading | FileState::Failed(_) => None,
        }
    }

    /// Forgets the reports of backups; they are made anew when they are asked for.
    pub fn forget_reports(&mut self) {
        if let FileState::Open { items, .. } = &mut self.state {
            for item in items.iter_mut().filter(|item| item.backup.is_some() && item.report.ready().is_some()) {
                item.report = Lazy::Unknown;
            }
        }
    }

    /// Tells whether it is one report and nothing else.
    pub fn has_own_report(&self) -> bool {
        matches!(self.items(), [only] if only.backup.is_none())
    }

    /// Returns the name it is shown by: that of the GPO for a report, else that of the file.
    pub fn label(&self) -> String {
        let name = || self.path.file_name().unwrap_or(self.path.as_os_str()).to_string_lossy().into_owned();
        match self.items() {
            [only] if only.backup.is_none() => format!("{} ({})", only.label, name()),
            _ => name(),
        }
    }
}

/// The largest report that is read, in bytes: some fifty times the largest known.
pub(super) const LARGEST_REPORT: u64 = 512 << 20;
/// Folders this far below the one asked for are searched for backups.
const DEEPEST: usize = 5;
/// At most so many folders are searched.
const MOST_FOLDERS: usize = 5_000;
/// The files of a backup set or a folder of them that are not reports themselves.
const INDEX_FILES: [&str; 3] = ["manifest.xml", "bkupinfo.xml", "backup.xml"];

/// Reads a report, a folder of backups, one backup set, or a folder with such folders below it. Blocks on the file system.
///
/// # Errors
/// Fails where there is neither a report nor a backup.
pub fn open_path(path: &Path) -> Result<FileState, StoreError> {
    let failed = |error: &std::io::Error| StoreError::from_io(path.display(), error);
    let kind = std::fs::metadata(path).map_err(|error| failed(&error))?;
    if kind.is_dir() {
        return open_folder(path);
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    if INDEX_FILES.contains(&name.as_str())
        && let Some(folder) = path.parent()
    {
        return open_folder(folder);
    }
    if kind.len() > LARGEST_REPORT {
        let detail = format!("the file has {} bytes; reports of up to {LARGEST_REPORT} are read", kind.len());
        return Err(StoreError::new(StoreErrorKind::NotSupported, path.display()).with_detail(detail));
    }
    let bytes = std::fs::read(path).map_err(|error| failed(&error))?;
    let reports = read_reports(&bytes)
        .map_err(|error| StoreError::new(StoreErrorKind::Corrupt, path.display()).with_detail(error))?;
    if reports.is_empty() {
        return Err(StoreError::new(StoreErrorKind::Corrupt, path.display()).with_detail("the file reports no GPO"));
    }
    let item = |report: crate::report::GpoReport| FileItem {
        label: report.name.clone(),
        backup: None,
        report: Lazy::Ready(ShownReport::new(report)),
    };
    Ok(FileState::Open { items: reports.into_iter().map(item).collect(), problems: Vec::new() })
}

fn open_folder(path: &Path) -> Result<FileState, StoreError> {
    let (mut backups, mut problems) = (Vec::new(), Vec::new());
    let mut open = |folder: &Path, only: Option<&Path>| -> Result<(), StoreError> {
        let dir = BackupDir::open(folder).map_err(|error| StoreError::from_io(folder.display(), &error.source))?;
        let wanted = |backup: &&Backup| only.is_none_or(|only| backup.folder.as_deref() == Some(only));
        backups.extend(dir.backups().iter().filter(wanted).cloned());
        if only.is_none() {
            problems.extend_from_slice(dir.problems());
        }
        Ok(())
    };
    match path.parent() {
        Some(parent) if is_set(path) => open(parent, Some(path))?,
        _ => {
            for folder in folders_with_sets(path)? {
                open(&folder, None)?;
            }
        }
    }
    if backups.is_empty() {
        let detail =
            "neither this folder nor one below it holds a backup: a folder named by a GUID with bkupInfo.xml in it";
        let object = format!("a backup in {}", path.display());
        return Err(StoreError::new(StoreErrorKind::NotFound, object).with_detail(detail));
    }
    Ok(FileState::Open { items: items(backups), problems })
}

fn is_set(folder: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.flatten().any(|entry| entry.file_name().eq_ignore_ascii_case("bkupInfo.xml"))
}

/// Returns the folders that hold backup sets or a manifest: the one asked for, or those below it.
fn folders_with_sets(path: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let mut found = Vec::new();
    let mut waiting = vec![(path.to_owned(), 0)];
    let mut searched = 0;
    while let Some((folder, depth)) = waiting.pop() {
        searched += 1;
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if depth == 0 => return Err(StoreError::from_io(path.display(), &error)),
            Err(_) => continue,
        };
        let entries: Vec<_> = entries.flatten().collect();
        let is_folder = |entry: &std::fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
        let has_manifest = entries.iter().any(|entry| entry.file_name().eq_ignore_ascii_case("manifest.xml"));
        if has_manifest || entries.iter().any(|entry| is_folder(entry) && is_set(&entry.path())) {
            found.push(folder);
            continue;
        }
        if depth < DEEPEST && searched < MOST_FOLDERS {
            waiting.extend(entries.iter().filter(|entry| is_folder(entry)).map(|entry| (entry.path(), depth + 1)));
        }
    }
    found.sort();
    Ok(found)
}

/// Returns the backups by name; those of the same name are told apart by their time.
fn items(mut backups: Vec<Backup>) -> Vec<FileItem> {
    backups.sort_by_cached_key(|backup| (backup.gpo_name.to_lowercase(), std::cmp::Reverse(backup.time), backup.id));
    let names: Vec<String> = backups.iter().map(|backup| backup.gpo_name.clone()).collect();
    let is_twin = |index: usize| {
        let same = |other: Option<&String>| other.is_some_and(|other| *other == names[index]);
        same(names.get(index + 1)) || index.checked_sub(1).is_some_and(|before| same(names.get(before)))
    };
    let label = |index: usize, backup: &Backup| match backup.time {
        Some(time) if is_twin(index) => format!("{} ({})", backup.gpo_name, time.to_local_text()),
        _ => backup.gpo_name.clone(),
    };
    let labels: Vec<String> = backups.iter().enumerate().map(|(index, backup)| label(index, backup)).collect();
    let item = |(label, backup)| FileItem { label, backup: Some(backup), report: Lazy::Unknown };
    labels.into_iter().zip(backups).map(item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "<GPO xmlns=\"http://www.microsoft.com/GroupPolicy/Settings\"><Identifier><Identifier>\
        {31B2F340-016D-11D2-945F-00C04FB984F9}</Identifier></Identifier><Name>Base</Name></GPO>";

    #[test]
    fn reports_are_opened_and_told_apart_from_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gpreport.xml");
        std::fs::write(&path, REPORT).unwrap();
        let file = OpenedFile { id: FileId(1), path: path.clone(), state: open_path(&path).unwrap() };
        assert!(file.has_own_report());
        assert_eq!(file.label(), "Base (gpreport.xml)");
        std::fs::write(&path, format!("<report>{REPORT}{REPORT}</report>")).unwrap();
        let file = OpenedFile { id: FileId(1), path: path.clone(), state: open_path(&path).unwrap() };
        assert!(!file.has_own_report() && file.items().len() == 2 && file.label() == "gpreport.xml");
        let check = |content: &str, expected: &str| {
            std::fs::write(&path, content).unwrap();
            let error = open_path(&path).err().unwrap();
            assert!(format!("{error} {}", error.detail).contains(expected), "{error}: {}", error.detail);
        };
        check("<x/>", "root element is `x`");
        check("<report/>", "reports no GPO");
        check("", "XML");
        let error = open_path(folder.path()).err().unwrap();
        assert!(error.detail.contains("bkupInfo.xml"));
        assert_eq!(open_path(&folder.path().join("none")).err().unwrap().kind, StoreErrorKind::NotFound);
    }
}
