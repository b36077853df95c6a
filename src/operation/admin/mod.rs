//! What an administrator changes by pointing and clicking: one type for each change, which is an [`super::edit::Edit`].

mod gpo;
mod gpo_create;
mod gpo_delete;
pub mod security;
mod rights;

pub use gpo::{
    GpoToEdit, LONGEST_GPO_COMMENT, RenameGpo, SetGpoComment, SetGpoHalfEnabled, SetGpoStatus, SetGpoWmiFilter,
};
pub use gpo_create::CreateGpo;
pub use gpo_delete::{DeleteGpo, DeleteOrphanFolder};
