//! Changing who may do what: permissions in levels, whole descriptors, owners, and access lists of folders that do not fit.
//!
//! Each edit reads the descriptor anew, changes what it is about and nothing else, and writes it guarded; where somebody else changes the same
//! descriptor in between, it is planned again, so that no entry of anybody is lost. The folder of a GPO in SYSVOL follows in the same edit
//! (`gpo-storage.md` A9, A10, A12).

mod secured;
mod permissions;
mod descriptor;
mod consistent;

pub use consistent::MakeAclConsistent;
pub use descriptor::{SetOwner, SetSecurityDescriptor, read_security_descriptor};
pub use permissions::{ChangePermissions, PermissionChange, SetSecurityInfo, read_security_info};
pub use secured::Secured;
