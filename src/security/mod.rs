//! Security descriptors: owner, group and access control lists, as bytes and as text (SDDL).
//!
//! Facts: [MS-DTYP] 2.4.4–2.5.1, [MS-ADTS] 5.1.3 and `gpo-storage.md` A8–A10. The levels that the Delegation tabs speak of
//! are made from these lists in [`crate::gpm`]; this module knows only [`crate::ident`].

mod access_mask;
mod ace;
mod acl;
mod descriptor;
mod alias;
mod sddl;
mod sddl_sids;
mod sysvol_acl;
pub(crate) mod inherit;
pub mod rights;

pub use access_mask::AccessMask;
pub use ace::{Ace, AceData, AceFlags, AceKind, ObjectTypes};
pub use acl::{Acl, AclEntry, UnknownAce};
pub use descriptor::{AclState, Control, DescriptorError, SecurityDescriptor};
pub use sddl::{ParseSddlError, SddlContext};
pub use sddl_sids::{SddlSid, sids_in_sddl};
pub use sysvol_acl::{AclDialect, AclDifference, compare_sysvol_acl, sysvol_acl_difference, to_sysvol_acl};
