//! Long work on a forest: steps over stores and object model, each with a [`crate::gpm::Task`] that shows and cancels it.

mod snapshot;
mod acl_consistency;
mod admx_store;
mod sysvol_tree;
mod half_objects;
mod report;
mod backup;
mod change;
mod journal;
mod copy;
mod extras;
mod import;
mod infrastructure;
mod item_outcome;
mod remote_update;
mod restore;
mod starter_gpo;
mod render_reports;
pub mod migration;
pub mod content;
pub mod admin;
pub mod edit;
pub mod rsop;

pub use crate::store::write_whole;
pub use acl_consistency::{AclCheck, AclConsistency, check_gpo_acl, check_gpo_acls};
pub use admx_store::{
    LoadTemplatesError, TemplateOptions, Templates, load_central_store, load_machine_templates, load_templates,
};
pub use backup::{
    BackupCheck, BackupOptions, BackupOrigin, VersionComparison, back_up_gpo, back_up_gpos, compare_versions,
    read_backup_extras, verify_backup, write_backup,
};
pub use change::{ChangeContext, Recovered, recover};
pub use copy::{CopyOptions, copy_gpo};
pub use import::{ImportSource, import_settings};
pub use infrastructure::{
    ControllerChange, ControllerStatus, Difference, DifferenceChange, DifferenceKind, DifferingGpo, DirectoryHalf,
    GpoChange, GpoState, INFRASTRUCTURE_NAMESPACE, InfrastructureOptions, InfrastructureStatus, StatusComparison,
    SyncState, SysvolHalf, compare_over_time, infrastructure_report, infrastructure_status,
};
pub use item_outcome::ItemOutcome;
pub use journal::{Batch, ChangeKind, Done, Interrupted, Journal, JournalRecord, WholeGpo};
pub use remote_update::{
    REMOTE_UPDATE_LIMITS, REMOTE_UPDATE_RIGHT, RemoteUpdate, UpdateTarget, remote_update, update_command,
    update_script, update_targets,
};
pub use render_reports::{render_document, render_reports, render_rsop};
pub use report::{
    ReportBackupError, ReportFolderError, ReportGpoError, ReportedFolder, Reporting, file_name, report_problems,
    reports_to_folder,
};
pub use restore::{RestoreOptions, RestoredGpo, restore_backup, restore_backups};
pub use snapshot::{SnapshotError, SnapshotSummary, save_snapshot};
pub use starter_gpo::{
    SaveStarterOptions, StarterSettings, SystemStarter, back_up_starter_gpo, back_up_starter_gpos,
    read_starter_cabinet, save_starter_gpo, starter_content,
};
