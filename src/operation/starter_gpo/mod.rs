//! Starter GPOs: backup, cabinets, what they consist of (IGPMStarterGPO, IGPMStarterGPOBackup, IGPMDomain2; `operations.md` 1.5). What changes
//! them are edits, in [`super::admin`].
//!
//! A starter GPO lies in SYSVOL alone, and holds administrative templates alone; anything else is refused. The bytes of its files are never
//! changed but for single values of `StarterGPO.tmplx`. No starter GPO, backup or cabinet of Microsoft's is public, so that all is read leniently.

mod backup;
mod cabinet;
mod content;
mod copy;
mod folder;
mod new_gpo;

pub(super) use backup::find;
pub use backup::{back_up_starter_gpo, back_up_starter_gpos};
pub(super) use cabinet::cabinet_content;
pub use cabinet::{SaveStarterOptions, SystemStarter, read_starter_cabinet, save_starter_gpo};
pub(super) use content::{StarterContent, find_folder, not_found, open_sysvol, parse_metadata, read_tree};
pub(super) use copy::copied_content;
pub(super) use folder::{GONE, NEW, OLD, own_access, place, temporary, tidy};
pub use new_gpo::{StarterSettings, starter_content};

use super::backup::blocking;

/// Steps of each of these operations: read, check, write, put in place.
const STEPS: u64 = 4;
