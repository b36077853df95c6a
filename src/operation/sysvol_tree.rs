//! Everything below a folder of a SYSVOL, listed level by level with many requests in flight, within bounds.

use std::fmt;

use futures::{StreamExt, stream};

use crate::gpm::{Cancelled, Task};
use crate::store::{StoreError, StoreErrorKind, Sysvol, SysvolPath};

/// Requests to a SYSVOL at the same time.
pub(super) const IN_FLIGHT: usize = 16;

/// How much is listed at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct TreeBounds {
    /// Files and folders in all.
    pub most_entries: usize,
    /// Folders in folders.
    pub deepest: usize,
}

/// What lies below a folder. Paths are relative to it, `/` between names.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// The folders, parents first.
    pub folders: Vec<String>,
    /// The files with their sizes in bytes.
    pub files: Vec<(String, u64)>,
    /// What was not listed in full, and why.
    pub unlisted: Vec<(String, Unlisted)>,
}

/// Why something was not listed in full.
#[derive(Debug)]
pub(super) enum Unlisted {
    /// The store refuses.
    Store(StoreError),
    /// There are more entries than the bound.
    TooMany,
    /// The folder lies deeper than the bound.
    TooDeep,
}

impl fmt::Display for Unlisted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unlisted::Store(error) => error.fmt(f),
            Unlisted::TooMany => f.write_str("the GPO has more files than are listed here"),
            Unlisted::TooDeep => f.write_str("the folder lies deeper than is listed here"),
        }
    }
}

/// Why nothing was listed.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum ListTreeError {
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Lists everything below a folder; a subfolder that cannot be listed is named among the unlisted.
///
/// # Errors
/// Fails where the folder itself cannot be listed.
pub(super) async fn list_tree(
    sysvol: &dyn Sysvol,
    folder: &SysvolPath,
    bounds: TreeBounds,
    task: &Task,
) -> Result<Tree, ListTreeError> {
    let mut tree = Tree::default();
    let mut level = vec![String::new()];
    for depth in 0..=bounds.deepest {
        let lists: Vec<_> = level
            .drain(..)
            .map(|below| async move {
                let listed = match SysvolPath::parse(&below) {
                    Ok(relative) => sysvol.list(&folder.join_path(&relative)).await,
                    Err(error) => Err(StoreError::new(StoreErrorKind::BadPath, &below).with_detail(error.reason)),
                };
                (below, listed)
            })
            .collect();
        let mut lists = stream::iter(lists).buffered(IN_FLIGHT);
        while let Some((below, listed)) = task.or_cancel(lists.next()).await? {
            let entries = match listed {
                Ok(entries) => entries,
                Err(error) if depth == 0 => return Err(error.into()),
                Err(error) => {
                    tree.unlisted.push((below, Unlisted::Store(error)));
                    continue;
                }
            };
            for entry in entries {
                let path = if below.is_empty() { entry.name } else { format!("{below}/{}", entry.name) };
                if tree.files.len() + tree.folders.len() >= bounds.most_entries {
                    tree.unlisted.push((path, Unlisted::TooMany));
                    return Ok(tree);
                }
                if entry.is_folder {
                    level.push(path.clone());
                    tree.folders.push(path);
                } else {
                    tree.files.push((path, entry.size_bytes));
                }
            }
        }
        if level.is_empty() {
            return Ok(tree);
        }
    }
    tree.unlisted.extend(level.into_iter().map(|folder| (folder, Unlisted::TooDeep)));
    Ok(tree)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::store::FolderSysvol;

    #[tokio::test]
    async fn a_tree_is_listed_within_its_bounds() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("Policies/a/b/c")).unwrap();
        std::fs::write(folder.path().join("Policies/a/f.txt"), "12").unwrap();
        let sysvol = FolderSysvol::open(folder.path(), Duration::from_secs(5)).await.unwrap();
        let check = async |most_entries, deepest, folders: &[&str], files: &[&str], unlisted: &[&str]| {
            let policies = SysvolPath::parse("Policies").unwrap();
            let bounds = TreeBounds { most_entries, deepest };
            let tree = list_tree(&sysvol, &policies, bounds, &Task::default()).await.unwrap();
            assert_eq!(tree.folders, folders);
            assert_eq!(tree.files.iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>(), files);
            assert_eq!(tree.unlisted.iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>(), unlisted);
        };
        check(10, 9, &["a", "a/b", "a/b/c"], &["a/f.txt"], &[]).await;
        check(10, 1, &["a", "a/b"], &["a/f.txt"], &["a/b"]).await;
        check(2, 9, &["a", "a/b"], &[], &["a/f.txt"]).await;
        let gone = SysvolPath::parse("gone").unwrap();
        let bounds = TreeBounds { most_entries: 1, deepest: 1 };
        assert!(matches!(
            list_tree(&sysvol, &gone, bounds, &Task::default()).await,
            Err(ListTreeError::Store(error)) if error.kind == StoreErrorKind::NotFound
        ));
    }
}
