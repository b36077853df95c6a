//! Long work on a forest: steps over stores and object model, each with a [`crate::gpm::Task`] that shows and cancels it.

mod snapshot;
mod report;
mod render_reports;

pub use render_reports::render_reports;
pub use report::{
    ReportBackupError, ReportFolderError, ReportGpoError, ReportedFolder, Reporting, file_name, report_problems,
};
pub use snapshot::{SnapshotError, SnapshotSummary, save_snapshot};
