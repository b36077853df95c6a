//! Long work on a forest: steps over stores and object model, each with a [`crate::gpm::Task`] that shows and cancels it.

mod snapshot;
mod admx_store;
mod sysvol_tree;
mod half_objects;
mod report;
mod backup;
mod item_outcome;
mod render_reports;
pub mod migration;
pub mod content;

pub use crate::store::write_whole;
pub use admx_store::{
    LoadTemplatesError, TemplateOptions, Templates, load_central_store, load_machine_templates, load_templates,
};
pub use backup::{
    BackupCheck, BackupOptions, BackupOrigin, VersionComparison, back_up_gpo, back_up_gpos, compare_versions,
    read_backup_extras, verify_backup, write_backup,
};
pub use item_outcome::ItemOutcome;
pub use render_reports::render_reports;
pub use report::{
    ReportBackupError, ReportFolderError, ReportGpoError, ReportedFolder, Reporting, file_name, report_problems,
    reports_to_folder,
};
pub use snapshot::{SnapshotError, SnapshotSummary, save_snapshot};
