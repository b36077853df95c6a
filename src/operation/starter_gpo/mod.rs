//! Starter GPOs: backup, restore, copy, delete, cabinets (IGPMStarterGPO, IGPMStarterGPOBackup, IGPMDomain2; `operations.md` 1.5).
//!
//! A starter GPO lies in SYSVOL alone, and holds administrative templates alone; anything else is refused. The bytes of its files are never
//! changed but for single values of `StarterGPO.tmplx`. No starter GPO, backup or cabinet of Microsoft's is public, so that all is read leniently.

mod backup;
mod cabinet;
mod content;
mod copy;
mod folder;
mod new_gpo;
mod restore;

pub(super) use backup::find;
pub use backup::{back_up_starter_gpo, back_up_starter_gpos};
pub use cabinet::{SaveStarterOptions, SystemStarter, load_starter_gpo, read_starter_cabinet, save_starter_gpo};
pub(super) use content::{StarterContent, find_folder, not_found, open_sysvol, parse_metadata};
pub use copy::copy_starter_gpo;
pub(super) use folder::{GONE, NEW, place, temporary, tidy};
pub use new_gpo::{StarterSettings, starter_content};
pub use restore::{restore_starter_gpo, restore_starter_gpos};

use crate::gpm::{Domain, OperationError, StarterGpo, Task};
use crate::ident::Guid;

use super::backup::blocking;

/// Steps of each of these operations: read, check, write, put in place.
const STEPS: u64 = 4;

/// Reads a starter GPO that was just written.
async fn written(domain: &Domain, id: Guid, task: &Task) -> Result<StarterGpo, OperationError> {
    let starter = domain.starter_gpo(id).await.map_err(|error| OperationError::of_read(&error))?;
    task.progress(STEPS, STEPS);
    Ok(starter)
}
