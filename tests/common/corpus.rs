//! The corpus: real Group Policy data kept beside the project, not in it.

use std::path::{Path, PathBuf};

/// Returns a folder of the corpus; none, and says so, where the corpus is not there. It is looked for where the environment
/// variable `OPENGPMC_CORPUS` says, else beside the project in `../shared/corpus`.
pub fn corpus(folder: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let root = std::env::var_os("OPENGPMC_CORPUS").map_or_else(beside, PathBuf::from);
    let path = root.join(folder);
    if path.is_dir() {
        return Some(path);
    }
    println!("skipped: no corpus at {} (set OPENGPMC_CORPUS to its folder)", root.display());
    None
}

/// Returns all files below a folder, sorted by path.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

/// Tells whether the file's name is this one, without case.
pub fn is_named(path: &Path, name: &str) -> bool {
    path.file_name().is_some_and(|own| own.eq_ignore_ascii_case(name))
}
