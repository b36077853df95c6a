//! Changing a GPO so that either all of it happens or nothing: pre-image, files, `GPT.INI`, one last modify of the container
//! (`gpo-storage.md` A12). Restore, import and copy say what is wanted; this is how it is written.

mod access;
mod objects;
mod pre_image;
mod recovery;
mod target;
mod tree;
mod write;

pub(super) use access::{change_folder_access, set_folder_access};
pub(super) use objects::rebase;
pub(super) use pre_image::GPT_INI;
pub(super) use recovery::put_back_whole;
pub use recovery::{Recovered, recover};
pub(super) use target::{Target, new_container, new_half};
pub(super) use tree::{FileTree, copy_tree, make_folder};
pub(super) use write::{Wanted, Written, change, steps};

use std::sync::Arc;

use crate::store::ForestStore;

use super::journal::Journal;

/// Where operations write, and where they keep what was there before.
#[derive(Clone)]
pub struct ChangeContext {
    /// The forest that is changed.
    pub store: Arc<dyn ForestStore>,
    /// The journal.
    pub journal: Journal,
}
