//! What in a GPO names principals and places of its own forest, and what they become in another (`operations.md` 3).

mod scan;
mod name_principals;
mod principals;
mod resolve;
mod plan;
mod populate;
mod validate;
#[cfg(test)]
mod tests;

pub use crate::extension::references::{FoundReference, ReferenceOrigin, Subject};
pub use name_principals::{find_principals, name_principals};
pub use plan::{KeptReason, MigrationPlan, PlannedOutcome, PlannedReference, plan_migration};
pub use populate::populate_table;
pub use scan::{ScanOptions, scan_references};
pub use validate::validate_table;

use crate::gpm::MigrationTable;

/// How the references of a GPO are taken to another domain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MigrationOptions {
    /// The migration table; without one everything stays as it is.
    pub table: Option<MigrationTable>,
    /// Whether a reference that the table does not speak of ends the operation (GPM_MIGRATIONTABLE_ONLY).
    pub table_only: bool,
    /// Whether the permissions of the GPO and of its packages are mapped too (GPM_PROCESS_SECURITY).
    pub with_security: bool,
    /// Whether preferences are mapped too, which GPMC does not do.
    pub map_preferences: bool,
}
