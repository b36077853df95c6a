//! A folder of backups (IGPMBackupDir, IGPMBackupDirEx; `operations.md` 1.1).
//!
//! What it holds is the union of its `manifest.xml` and the `bkupInfo.xml` of each set: people copy sets without the hidden
//! manifest, and manifests outlive their sets. A set that cannot be read is reported and the others are listed.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::format::{BackupInstance, read_backup_info, read_manifest};
use crate::ident::Guid;

use super::backup::{find_starter_metadata, find_without_case};
use super::backup_manifest::{BACKUP_INFO, MANIFEST, ManifestLock, write_failed};
use super::constants::BackupType;
use super::new_backup::{remove_left_over, unfinished_folder};
use super::{
    Backup, BackupIndex, HResult, InvalidCriterion, MessageId, OperationError, Problem, Repaired, SearchCriteria,
    StatusMessage,
};

/// A folder of backups as it was read.
#[derive(Clone, Debug)]
pub struct BackupDir {
    path: PathBuf,
    kind: Option<BackupType>,
    backups: Vec<Backup>,
    problems: Vec<Problem>,
}

/// The folder cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", .path.display())]
pub struct OpenBackupDirError {
    /// The folder.
    pub path: PathBuf,
    /// What the system says.
    pub source: io::Error,
}

/// Folders in folders that are looked into for backups.
const DEEPEST_FOLDER: usize = 16;

/// The largest index file that is read, in bytes: some 100,000 entries.
const LARGEST_INDEX: u64 = 64 << 20;

impl BackupDir {
    /// Opens a folder that exists; it is never made. Reads every index file in it, so call it where blocking is allowed.
    pub fn open(path: &Path) -> Result<Self, OpenBackupDirError> {
        let failed = |source| OpenBackupDirError { path: path.to_owned(), source };
        let mut reader = FolderReader::default();
        let mut folders = BTreeMap::new();
        for entry in fs::read_dir(path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let id = entry.file_name().to_str().and_then(|name| name.parse::<Guid>().ok());
            if let Some(id) = id
                && entry.path().is_dir()
            {
                folders.insert(id, entry.path());
            }
        }
        let mut in_manifest = reader.manifest(path);
        let mut backups = Vec::new();
        for (id, folder) in folders {
            backups.extend(reader.set(id, folder, in_manifest.remove(&id)));
        }
        for instance in in_manifest.into_values() {
            reader.report(
                path.join(instance.id.to_string()),
                "the manifest lists this backup, but its folder is not there",
            );
            backups.push(Backup::new(instance, BackupType::Gpo, BackupIndex::ManifestOnly, None));
        }
        backups
            .sort_by_cached_key(|backup| (backup.gpo_name.to_lowercase(), std::cmp::Reverse(backup.time), backup.id));
        Ok(BackupDir { path: path.to_owned(), kind: None, backups, problems: reader.problems })
    }

    /// Opens a folder as [`BackupDir::open`] does, with the backups of one kind alone (IGPM2.GetBackupDirEx).
    pub fn open_of(path: &Path, kind: BackupType) -> Result<Self, OpenBackupDirError> {
        let mut dir = BackupDir::open(path)?;
        dir.kind = Some(kind);
        dir.backups.retain(|backup| backup.kind == kind);
        Ok(dir)
    }

    /// Opens a folder of backups and all folders of backups below it, sorted by path; of the folder of one backup, that one. Folders
    /// without backups are left out, but for the one named; one below it that cannot be read is named among the problems. Reads every
    /// index file, so call it where blocking is allowed.
    pub fn open_all_below(path: &Path) -> Result<Vec<Self>, OpenBackupDirError> {
        if let Some(only) = BackupDir::open_set(path)? {
            return Ok(vec![only]);
        }
        let mut opened = Vec::new();
        let mut waiting = vec![(path.to_owned(), 0)];
        while let Some((folder, depth)) = waiting.pop() {
            let is_named = depth == 0;
            let read = BackupDir::open(&folder).and_then(|dir| Ok((dir, folders_without_sets(&folder)?)));
            let (dir, below) = match read {
                Ok(read) => read,
                Err(error) if is_named => return Err(error),
                Err(error) => {
                    let problem = Problem { object: folder.display().to_string(), message: error.source.to_string() };
                    (BackupDir { path: folder, kind: None, backups: Vec::new(), problems: vec![problem] }, Vec::new())
                }
            };
            if depth < DEEPEST_FOLDER {
                waiting.extend(below.into_iter().map(|folder| (folder, depth + 1)));
            }
            if is_named || !dir.backups.is_empty() || !dir.problems.is_empty() {
                opened.push(dir);
            }
        }
        opened.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(opened)
    }

    /// Opens the folder that holds this folder of one backup, with that backup alone; none where it is not the folder of a backup.
    fn open_set(path: &Path) -> Result<Option<Self>, OpenBackupDirError> {
        // In full, since `.` has neither a name nor a parent.
        let Ok(set) = path.canonicalize() else { return Ok(None) };
        let has_id = set.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.parse::<Guid>().is_ok());
        let is_set = has_id && matches!(find_without_case(&set, BACKUP_INFO), Ok(Some(_)));
        let Some(parent) = set.parent().filter(|_| is_set) else { return Ok(None) };
        let mut dir = BackupDir::open(parent)?;
        dir.backups.retain(|backup| backup.folder.as_ref() == Some(&set));
        dir.problems.retain(|problem| Path::new(&problem.object).starts_with(&set));
        Ok(Some(dir))
    }

    /// Deletes backups (IGPMBackup.Delete). Each leaves its place with one rename, then the manifest, then the disk. Blocks on the file system.
    ///
    /// # Errors
    /// Fails where a backup is not in this folder, or cannot be deleted; those before it are gone then.
    pub fn delete(&self, backups: &[Guid]) -> Result<(), OperationError> {
        if let Some(stranger) = backups.iter().find(|id| self.backup(**id).is_none()) {
            let text = format!("there is no backup {stranger}");
            let message = StatusMessage::error(MessageId::BackupFileMissing, HResult::FILE_NOT_FOUND, text);
            return Err(OperationError::new(message.about(self.path.display())));
        }
        let mut manifest = ManifestLock::take(&self.path)?;
        manifest.intend(backups)?;
        let mut aside = Vec::new();
        let moved = backups.iter().filter_map(|id| Some((*id, self.backup(*id)?.folder.as_ref()?))).try_for_each(
            |(id, folder)| {
                let place = unfinished_folder(&self.path, id);
                match fs::rename(folder, &place) {
                    Ok(()) => aside.push(place),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => return Err(write_failed(folder, &error)),
                }
                Ok(())
            },
        );
        manifest.settle(backups)?;
        moved.and(
            aside
                .iter()
                .try_for_each(|folder| fs::remove_dir_all(folder).map_err(|error| write_failed(folder, &error))),
        )
    }

    /// Makes the manifest of a folder say what its sets say: entries of sets that are gone go, sets that it did not list are added,
    /// and what could not be read of it is made anew. Blocks on the file system.
    ///
    /// # Errors
    /// Fails where the folder cannot be read or written to.
    pub fn repair(path: &Path) -> Result<Repaired, OperationError> {
        let mut manifest = ManifestLock::take(path)?;
        remove_left_over(path);
        manifest.rebuild()
    }

    /// Returns the folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the kind of backups it was opened for (IGPMBackupDirEx.BackupType); none for all.
    pub fn kind(&self) -> Option<BackupType> {
        self.kind
    }

    /// Returns all backups, by name of their GPO, the newest first.
    pub fn backups(&self) -> &[Backup] {
        &self.backups
    }

    /// Returns what could not be read.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Returns a backup by its id, which is not that of its GPO (IGPMBackupDir.GetBackup).
    pub fn backup(&self, id: Guid) -> Option<&Backup> {
        self.backups.iter().find(|backup| backup.id == id)
    }

    /// Returns the backups that meet all criteria (IGPMBackupDir.SearchBackups); without criteria, all.
    pub fn search(&self, criteria: &SearchCriteria) -> Result<Vec<&Backup>, InvalidCriterion> {
        criteria.search_backups(&self.backups)
    }
}

/// Returns the folders in a folder that are not named as the folder of a backup is.
fn folders_without_sets(folder: &Path) -> Result<Vec<PathBuf>, OpenBackupDirError> {
    let failed = |source| OpenBackupDirError { path: folder.to_owned(), source };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let is_set = entry.file_name().to_str().is_some_and(|name| name.parse::<Guid>().is_ok());
        if !is_set && entry.file_type().map_err(failed)?.is_dir() {
            found.push(entry.path());
        }
    }
    Ok(found)
}

#[derive(Default)]
struct FolderReader {
    problems: Vec<Problem>,
}

impl FolderReader {
    fn report(&mut self, path: PathBuf, message: impl ToString) {
        self.problems.push(Problem { object: path.display().to_string(), message: message.to_string() });
    }

    /// Reads a file of the folder; none, with a report, where it cannot be read, and without one where it does not exist.
    fn read(&mut self, folder: &Path, name: &str) -> Option<(PathBuf, Vec<u8>)> {
        let outcome = find_without_case(folder, name)
            .and_then(|found| found.map(|path| read_bounded(&path).map(|bytes| (path, bytes))).transpose());
        outcome.unwrap_or_else(|error| {
            self.report(folder.join(name), error);
            None
        })
    }

    fn manifest(&mut self, folder: &Path) -> BTreeMap<Guid, BackupInstance> {
        let Some((path, bytes)) = self.read(folder, MANIFEST) else { return BTreeMap::new() };
        let manifest = read_manifest(&bytes);
        for problem in manifest.problems {
            self.report(path.clone(), problem);
        }
        manifest.instances.into_iter().map(|instance| (instance.id, instance)).collect()
    }

    fn set(&mut self, id: Guid, folder: PathBuf, in_manifest: Option<BackupInstance>) -> Option<Backup> {
        let own = self.read(&folder, BACKUP_INFO).and_then(|(path, bytes)| match read_backup_info(&bytes) {
            Ok(instance) => Some((path, instance)),
            Err(error) => {
                self.report(path, error);
                None
            }
        });
        let own = own.map(|(path, instance)| {
            if instance.id != id {
                self.report(path, format!("says that the backup is {}; its folder is {id}", instance.id));
            }
            // The folder's name is what a restore looks for.
            BackupInstance { id, ..instance }
        });
        let index = match (&own, &in_manifest) {
            (Some(_), Some(_)) => BackupIndex::Both,
            (Some(_), None) => BackupIndex::BackupInfoOnly,
            (None, _) => BackupIndex::ManifestOnly,
        };
        let Some(instance) = own.or(in_manifest) else {
            let holds_data = matches!(find_without_case(&folder, "Backup.xml"), Ok(Some(_)));
            let already_told = self.problems.iter().any(|problem| Path::new(&problem.object).starts_with(&folder));
            if holds_data && !already_told {
                self.report(folder, "a backup without bkupInfo.xml that the manifest does not list");
            }
            return None;
        };
        let kind = match find_starter_metadata(&folder) {
            Ok(Some(_)) => BackupType::StarterGpo,
            Ok(None) => BackupType::Gpo,
            Err(error) => {
                self.report(folder.clone(), error);
                BackupType::Gpo
            }
        };
        Some(Backup::new(instance, kind, index, Some(folder)))
    }
}

/// Reads a file of a backup that tells of the others, up to 64 MiB.
pub(crate) fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST_INDEX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST_INDEX {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "the file is larger than 64 MiB"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::super::{SearchOperation, SearchProperty, SearchValue};
    use super::*;

    fn id(number: u128) -> Guid {
        Guid::from_u128(number)
    }

    fn instance(number: u128, gpo: u128, name: &str, day: u32) -> String {
        format!(
            "<BackupInst xmlns=\"http://www.microsoft.com/GroupPolicy/GPOOperations/Manifest\"><GPOGuid>{}</GPOGuid><GPODomain>corp.x</GPODomain><BackupTime>2026-01-{day:02}T00:00:00</BackupTime><ID>{}</ID><Comment>c</Comment><GPODisplayName>{name}</GPODisplayName></BackupInst>",
            id(gpo),
            id(number)
        )
    }

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn new(files: &[(&str, &str)]) -> Self {
            let folder = tempfile::tempdir().unwrap();
            for (name, content) in files {
                let path = folder.path().join(name);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, content).unwrap();
            }
            Folder(folder)
        }

        fn open(&self) -> BackupDir {
            BackupDir::open(self.0.path()).unwrap()
        }
    }

    fn set_file(number: u128, file: &str) -> String {
        format!("{}/{file}", id(number))
    }

    #[cfg(unix)]
    #[test]
    fn links_in_a_set_lead_nowhere() {
        let elsewhere = tempfile::tempdir().unwrap();
        std::fs::create_dir(elsewhere.path().join("gpo")).unwrap();
        let folder = Folder::new(&[(&set_file(1, "bkupInfo.xml"), &instance(1, 11, "a", 1))]);
        let set = folder.0.path().join(id(1).to_string());
        std::os::unix::fs::symlink(elsewhere.path(), set.join("DomainSysvol")).unwrap();
        let dir = folder.open();
        for path in [r"DomainSysvol\GPO", r"domainsysvol\gpo", "DomainSysvol"] {
            assert_eq!(dir.backups()[0].file(path).unwrap(), None, "{path}");
        }
        assert!(dir.backups()[0].file("BKUPINFO.xml").unwrap().is_some());
    }

    #[test]
    fn lists_the_union_and_tells_what_is_wrong() {
        let manifest = format!(
            "<Backups>{}{}{}{}",
            instance(1, 11, "both", 1),
            instance(2, 12, "manifest only", 1),
            instance(3, 13, "gone", 1),
            "</Backups>"
        );
        let lower_case_info = set_file(1, "BKUPINFO.XML").to_lowercase();
        let folder = Folder::new(&[
            ("Manifest.xml", &manifest),
            (&lower_case_info, &instance(1, 11, "both", 1)),
            (&set_file(2, "Backup.xml"), ""),
            (&set_file(4, "bkupInfo.xml"), &instance(4, 14, "info only", 1)),
            (&set_file(5, "bkupInfo.xml"), "<BackupInst"),
            (&set_file(6, "Backup.xml"), ""),
            (&set_file(7, "bkupInfo.xml"), &instance(8, 17, "misnamed", 1)),
            (&set_file(9, "bkupInfo.xml"), &instance(9, 19, "starter", 1)),
            (&set_file(9, "Data/startergpo.TMPLX"), ""),
            ("translation.xml", ""),
            ("notes/readme.txt", ""),
        ]);
        let dir = folder.open();
        let rows: Vec<_> = dir
            .backups()
            .iter()
            .map(|backup| (backup.gpo_name.as_str(), backup.index, backup.kind, backup.folder.is_some()))
            .collect();
        assert_eq!(
            rows,
            [
                ("both", BackupIndex::Both, BackupType::Gpo, true),
                ("gone", BackupIndex::ManifestOnly, BackupType::Gpo, false),
                ("info only", BackupIndex::BackupInfoOnly, BackupType::Gpo, true),
                ("manifest only", BackupIndex::ManifestOnly, BackupType::Gpo, true),
                ("misnamed", BackupIndex::BackupInfoOnly, BackupType::Gpo, true),
                ("starter", BackupIndex::BackupInfoOnly, BackupType::StarterGpo, true),
            ]
        );
        assert_eq!(dir.backup(id(7)).unwrap().gpo_name, "misnamed");
        let told: Vec<String> = (1..10)
            .filter(|&number| dir.problems().iter().any(|problem| problem.object.contains(&id(number).to_string())))
            .map(|number| number.to_string())
            .collect();
        assert_eq!(told, ["3", "5", "6", "7"], "{:?}", dir.problems());
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        assert!(BackupDir::open(Path::new("/no such folder")).is_err());
        assert!(Folder::new(&[]).open().backups().is_empty());
    }

    #[test]
    fn folders_below_and_the_folder_of_one_backup_are_opened() {
        let in_folder = |folder: &str, number| format!("{folder}/{}", set_file(number, "bkupInfo.xml"));
        let folder = Folder::new(&[
            (&in_folder("a", 1), &instance(1, 11, "one", 1)),
            (&in_folder("a", 2), "<BackupInst"),
            (&in_folder("b/c", 3), &instance(3, 13, "three", 1)),
            ("d/notes.txt", ""),
        ]);
        let check = |path: &str, names: &[&str], problems: usize| {
            let opened = BackupDir::open_all_below(&folder.0.path().join(path)).unwrap();
            let found: Vec<&str> =
                opened.iter().flat_map(BackupDir::backups).map(|backup| backup.gpo_name.as_str()).collect();
            assert_eq!(found, names, "{path}");
            assert_eq!(opened.iter().map(|dir| dir.problems().len()).sum::<usize>(), problems, "{path}");
        };
        check("", &["one", "three"], 1);
        check("b", &["three"], 0);
        check("d", &[], 0);
        check(&format!("a/{}", id(1)), &["one"], 0);
        check(&format!("a/{}", id(2)), &[], 1);
    }

    #[test]
    fn finds_files_without_case_and_never_leaves_the_folder() {
        let folder = Folder::new(&[
            (&set_file(1, "bkupInfo.xml"), &instance(1, 11, "a", 1)),
            (&set_file(1, "DomainSysvol/GPO/Machine/microsoft/windows nt/SecEdit/GptTmpl.inf"), "x"),
        ]);
        let dir = folder.open();
        let backup = &dir.backups()[0];
        let found = backup.file(r"domainsysvol\gpo\MACHINE\Microsoft\Windows NT\secedit\gpttmpl.inf").unwrap();
        assert_eq!(std::fs::read_to_string(found.unwrap()).unwrap(), "x");
        for missing in ["GPT.INI", r"..\..\etc\passwd", r"DomainSysvol\nothing\x", "bkupInfo.xml/x"] {
            assert_eq!(backup.file(missing).unwrap(), None, "{missing}");
        }
    }

    #[test]
    fn searches_for_the_most_recent() {
        let folder = Folder::new(&[
            (&set_file(1, "bkupInfo.xml"), &instance(1, 11, "Alpha", 1)),
            (&set_file(2, "bkupInfo.xml"), &instance(2, 11, "Alpha renamed", 2)),
            (&set_file(3, "bkupInfo.xml"), &instance(3, 12, "Beta", 1)),
        ]);
        let dir = folder.open();
        let search = |conditions: &[(SearchProperty, SearchOperation, SearchValue)]| {
            let mut criteria = SearchCriteria::new();
            for (property, operation, value) in conditions {
                criteria.add(*property, *operation, value.clone()).unwrap();
            }
            let names = dir.search(&criteria).unwrap().into_iter().map(|backup| backup.gpo_name.clone());
            names.collect::<Vec<_>>()
        };
        let recent = (SearchProperty::BackupMostRecent, SearchOperation::Equals, SearchValue::Bool(true));
        let named = |text: &str| {
            (SearchProperty::GpoDisplayName, SearchOperation::Contains, SearchValue::Text(text.to_owned()))
        };
        assert_eq!(search(&[]), ["Alpha", "Alpha renamed", "Beta"]);
        assert_eq!(search(std::slice::from_ref(&recent)), ["Alpha renamed", "Beta"]);
        assert_eq!(search(&[named("ALPHA")]), ["Alpha", "Alpha renamed"]);
        assert_eq!(search(&[named("alpha"), recent]), ["Alpha renamed"]);
        let other_domain =
            (SearchProperty::GpoDomain, SearchOperation::NotEquals, SearchValue::Text("CORP.X".to_owned()));
        assert!(search(&[other_domain]).is_empty());
    }
}
