//! The files of a GPO: which are read whole, which only at their start, and from where.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use futures::StreamExt;
use futures::stream;

use crate::extension::{FileContent, GptFile};
use crate::gpm::{Cancelled, Task};
use crate::operation::sysvol_tree::{IN_FLIGHT, ListTreeError, TreeBounds, list_tree};
use crate::report::{PartProblem, Side};
use crate::store::{StoreError, StoreErrorKind, Sysvol, SysvolPath};

/// A settings file larger than this is not read; real ones stay below 5 MB.
const LARGEST_SETTINGS_FILE: u64 = 64 << 20;
/// How much of the settings files of one GPO is read in all.
const MOST_SETTINGS_BYTES: u64 = 256 << 20;
/// How much of a file that holds no settings is read, to be shown raw.
const START_BYTES: u64 = 4096;
/// Files and folders of one GPO that are listed; more are left out, and said so.
const MOST_FILES: usize = 20_000;
/// Folders in folders that are followed.
const DEEPEST: usize = 32;

/// The files of the two halves.
#[derive(Default)]
pub(in crate::operation) struct HalfFiles {
    pub computer: Vec<GptFile>,
    pub user: Vec<GptFile>,
    /// Folders that could not be listed in full.
    pub problems: Vec<PartProblem>,
}

impl HalfFiles {
    /// Adds a file by its path below the folder of the GPO; one that belongs to no half is left out.
    fn add(&mut self, path: &str, size_bytes: u64, content: FileContent) {
        let Some((half, rest)) = path.split_once('/') else { return };
        let file = GptFile { path: rest.to_owned(), size_bytes, content };
        match side_of(half) {
            Some(Side::Computer) => self.computer.push(file),
            Some(Side::User) => self.user.push(file),
            None => {}
        }
    }

    /// Adds those of the files that should be there, by their paths below the folder of the GPO, that are not.
    pub(super) fn add_missing<'a>(&mut self, paths: impl Iterator<Item = &'a str>, reason: &str) {
        let halves = [(Side::Computer, &self.computer), (Side::User, &self.user)];
        let paths_of = |(side, files): (Side, &Vec<GptFile>)| {
            let path = move |file: &GptFile| format!("{}/{}", side.folder(), file.path).to_lowercase();
            files.iter().map(path).collect::<Vec<_>>()
        };
        let mut known: HashSet<String> = halves.into_iter().flat_map(paths_of).collect();
        for path in paths {
            if known.len() < MOST_FILES && known.insert(path.to_lowercase()) {
                self.add_failed(path, reason);
            }
        }
    }

    /// Adds a file that cannot be read.
    fn add_failed(&mut self, path: &str, reason: &str) {
        self.add(path, 0, FileContent::Failed(reason.to_owned()));
    }

    /// Notes that a folder could not be listed in full.
    fn add_unlisted(&mut self, folder: &str, reason: &str) {
        let file = if folder.is_empty() { "the folder of the GPO" } else { folder };
        self.problems.push(PartProblem { file: file.to_owned(), message: reason.to_owned() });
    }

    /// Sorts the files by path, so that reports do not depend on the order in which answers came.
    fn sorted(mut self) -> Self {
        for files in [&mut self.computer, &mut self.user] {
            files.sort_by_cached_key(|file| file.path.to_lowercase());
        }
        self
    }
}

fn side_of(folder: &str) -> Option<Side> {
    [Side::Computer, Side::User].into_iter().find(|side| folder.eq_ignore_ascii_case(side.folder()))
}

/// Tells whether an extension reads this file whole: the kinds of `gpo-storage.md` B1.
fn holds_settings(path: &str) -> bool {
    let folded = path.to_lowercase();
    let (folder, name) = folded.rsplit_once('/').unwrap_or(("", &folded));
    let in_preferences = folder.split('/').nth(1) == Some("preferences");
    in_preferences && name.ends_with(".xml")
        || name.ends_with(".aas")
        || name.ends_with(".cmtl")
        || matches!(
            name,
            "registry.pol"
                | "comment.cmtx"
                | "gpttmpl.inf"
                | "audit.csv"
                | "cap.inf"
                | "scripts.ini"
                | "psscripts.ini"
                | "fdeploy.ini"
                | "fdeploy1.ini"
                | "install.ins"
        )
}

/// Reads the files below a folder of the local file system. Links are not followed.
pub(in crate::operation) fn read_folder(folder: &Path, task: &Task) -> Result<HalfFiles, Cancelled> {
    let mut files = HalfFiles::default();
    let mut left = Left::default();
    read_folder_into(folder, "", 0, &mut left, &mut files, task)?;
    Ok(files.sorted())
}

fn read_folder_into(
    folder: &Path,
    below: &str,
    depth: usize,
    left: &mut Left,
    files: &mut HalfFiles,
    task: &Task,
) -> Result<(), Cancelled> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            files.add_unlisted(below, &error.to_string());
            return Ok(());
        }
    };
    for entry in entries.flatten() {
        task.checkpoint()?;
        if left.files == 0 || depth == DEEPEST {
            files.add_unlisted(below, "the folder has more files than are listed here");
            return Ok(());
        }
        left.files -= 1;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if below.is_empty() { name } else { format!("{below}/{name}") };
        match entry.metadata() {
            Ok(data) if data.is_dir() => read_folder_into(&entry.path(), &path, depth + 1, left, files, task)?,
            Ok(data) if data.is_file() => {
                let content = read_file(&entry.path(), left.wanted_bytes(&path, data.len()), data.len());
                files.add(&path, data.len(), content.unwrap_or_else(|error| FileContent::Failed(error.to_string())));
            }
            Ok(_) => files.add_failed(&path, "it is a link or no file"),
            Err(error) => files.add_failed(&path, &error.to_string()),
        }
    }
    Ok(())
}

/// How much more of a GPO is read.
struct Left {
    files: usize,
    settings_bytes: u64,
}

impl Default for Left {
    fn default() -> Self {
        Left { files: MOST_FILES, settings_bytes: MOST_SETTINGS_BYTES }
    }
}

impl Left {
    /// Returns how much of a file is read, and counts it.
    fn wanted_bytes(&mut self, path: &str, size_bytes: u64) -> u64 {
        if !holds_settings(path) || size_bytes > LARGEST_SETTINGS_FILE.min(self.settings_bytes) {
            return size_bytes.min(START_BYTES);
        }
        self.settings_bytes -= size_bytes;
        size_bytes
    }
}

fn read_file(path: &Path, wanted_bytes: u64, size_bytes: u64) -> io::Result<FileContent> {
    let mut bytes = Vec::new();
    File::open(path)?.take(wanted_bytes).read_to_end(&mut bytes)?;
    Ok(if wanted_bytes == size_bytes { FileContent::Whole(bytes) } else { FileContent::Start(bytes) })
}

/// Reads the files of a GPO in SYSVOL, many in flight. A folder that is not there has no files.
pub(super) async fn read_sysvol(
    sysvol: &dyn Sysvol,
    folder: &SysvolPath,
    task: &Task,
) -> Result<HalfFiles, ListTreeError> {
    let bounds = TreeBounds { most_entries: MOST_FILES, deepest: DEEPEST };
    let tree = match list_tree(sysvol, folder, bounds, task).await {
        Err(ListTreeError::Store(error)) if error.kind == StoreErrorKind::NotFound => return Ok(HalfFiles::default()),
        tree => tree?,
    };
    let mut files = HalfFiles::default();
    for (path, reason) in tree.unlisted {
        files.add_unlisted(&path, &reason.to_string());
    }
    let mut left = Left::default();
    let wanted = tree.files.into_iter().map(|(path, size_bytes)| {
        let wanted_bytes = left.wanted_bytes(&path, size_bytes);
        (path, size_bytes, wanted_bytes)
    });
    let reads = wanted.map(|(path, size_bytes, wanted_bytes)| async move {
        let content = read_sysvol_file(sysvol, folder, &path, (size_bytes, wanted_bytes)).await;
        (path, size_bytes, content)
    });
    // Collected, so that the future is `Send` for any lifetime of what it borrows.
    let reads: Vec<_> = reads.collect();
    let mut reads = stream::iter(reads).buffer_unordered(IN_FLIGHT);
    while let Some((path, size_bytes, content)) = task.or_cancel(reads.next()).await? {
        files.add(&path, size_bytes, content.unwrap_or_else(|error| FileContent::Failed(error.to_string())));
    }
    Ok(files.sorted())
}

async fn read_sysvol_file(
    sysvol: &dyn Sysvol,
    folder: &SysvolPath,
    path: &str,
    (size_bytes, wanted_bytes): (u64, u64),
) -> Result<FileContent, StoreError> {
    let relative = SysvolPath::parse(path)
        .map_err(|error| StoreError::new(StoreErrorKind::BadPath, path).with_detail(error.reason))?;
    let path_in_sysvol = folder.join_path(&relative);
    if wanted_bytes == size_bytes {
        return sysvol.read(&path_in_sysvol).await.map(FileContent::Whole);
    }
    sysvol.read_range(&path_in_sysvol, 0, wanted_bytes as usize).await.map(FileContent::Start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_known_by_their_place() {
        for (path, expected) in [
            ("Machine/Registry.pol", true),
            ("MACHINE/Preferences/Drives/DRIVES.XML", true),
            ("Machine/Scripts/Startup/Drives.xml", false),
            ("User/Scripts/Logon/setup.exe", false),
            ("User/Documents & Settings/fdeploy1.ini", true),
        ] {
            assert_eq!(holds_settings(path), expected, "{path}");
        }
    }

    #[test]
    fn what_is_listed_and_not_there_is_added_once() {
        let mut files = HalfFiles::default();
        files.add("Machine/Registry.pol", 4, FileContent::Whole(b"PReg".to_vec()));
        let listed = ["MACHINE/registry.POL", "User/registry.pol", "user/Registry.pol", "GPO.cmt"];
        files.add_missing(listed.into_iter(), "gone");
        let paths = |files: &[GptFile]| files.iter().map(|file| file.path.clone()).collect::<Vec<_>>();
        assert_eq!(paths(&files.computer), ["Registry.pol"]);
        assert_eq!(paths(&files.user), ["registry.pol"]);
    }

    #[test]
    fn a_folder_that_cannot_be_listed_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let files = read_folder(&folder.path().join("gone"), &Task::default()).unwrap();
        assert_eq!(files.problems.len(), 1);
        let deep = folder.path().join(format!("Machine{}", "/x".repeat(DEEPEST + 1)));
        std::fs::create_dir_all(deep).unwrap();
        let files = read_folder(folder.path(), &Task::default()).unwrap();
        assert_eq!(files.problems[0].message, "the folder has more files than are listed here");
    }

    #[test]
    fn settings_are_read_up_to_a_bound() {
        let mut left = Left::default();
        let path = "Machine/Registry.pol";
        let largest = LARGEST_SETTINGS_FILE;
        assert_eq!(left.wanted_bytes(path, largest + 1), START_BYTES);
        let whole = (0..10).filter(|_| left.wanted_bytes(path, largest) == largest).count() as u64;
        assert_eq!(whole, MOST_SETTINGS_BYTES / largest);
        assert_eq!(left.wanted_bytes("Machine/a.exe", 10), 10);
    }

    #[test]
    fn a_folder_is_read_without_its_links() {
        let folder = tempfile::tempdir().unwrap();
        let scripts = folder.path().join("machine/Scripts/Startup");
        std::fs::create_dir_all(&scripts).unwrap();
        std::fs::write(scripts.join("big.exe"), vec![7; 10_000]).unwrap();
        std::fs::write(folder.path().join("machine/Registry.pol"), b"PReg").unwrap();
        std::fs::write(folder.path().join("GPO.cmt"), b"x").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink("/etc/passwd", folder.path().join("machine/link.ini")).unwrap();
        let files = read_folder(folder.path(), &Task::default()).unwrap();
        let names: Vec<&str> = files.computer.iter().map(|file| file.path.as_str()).collect();
        #[cfg(unix)]
        assert_eq!(names, ["link.ini", "Registry.pol", "Scripts/Startup/big.exe"]);
        let of = |name: &str| files.computer.iter().find(|file| file.path == name).unwrap();
        assert!(matches!(&of("Registry.pol").content, FileContent::Whole(bytes) if bytes == b"PReg"));
        assert!(matches!(&of("Scripts/Startup/big.exe").content, FileContent::Start(bytes) if bytes.len() == 4096));
        #[cfg(unix)]
        assert!(matches!(of("link.ini").content, FileContent::Failed(_)));
        let cancelled = Task::default();
        cancelled.cancel();
        assert!(read_folder(folder.path(), &cancelled).is_err());
    }
}
