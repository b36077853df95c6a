//! What an administrator changes by pointing and clicking: one type for each change, which is an [`super::edit::Edit`].

mod gpo;
mod gpo_create;
mod gpo_delete;
mod gpo_ensure;
mod own_name;
pub mod link;
pub mod ou;
pub mod security;
mod rights;
mod starter_gpo;
mod starter_gpo_content;
mod wmi_filter;
mod wmi_filter_file;

pub use gpo::{
    GpoToEdit, LONGEST_GPO_COMMENT, RenameGpo, SetGpoComment, SetGpoHalfEnabled, SetGpoStatus, SetGpoWmiFilter,
};
pub use gpo_create::CreateGpo;
pub use gpo_delete::{DeleteGpo, DeleteOrphanFolder};
pub use gpo_ensure::EnsureGpo;
pub use starter_gpo::{CreateStarterGpo, CreateStarterGpoFolder, DeleteStarterGpo, EditStarterGpo};
pub use starter_gpo_content::{CopyStarterGpo, LoadStarterGpo, RestoreStarterGpo};
pub use wmi_filter::{CopyWmiFilter, CreateWmiFilter, DeleteWmiFilter, EditWmiFilter};
pub(super) use wmi_filter::{NewFilter, objects_of_filter};
pub use wmi_filter_file::{export_wmi_filter, read_wmi_filter_file};
