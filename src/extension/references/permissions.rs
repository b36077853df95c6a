//! Access control lists as bytes: of the GPO, of its packages.

use crate::security::{AclEntry, AclState, SecurityDescriptor};

use super::{ReferenceOrigin, Replacement, Walk};

/// Shows the principals of a DACL. Those that are the same everywhere are passed over, and so are entries that are not understood.
pub(super) fn walk(
    bytes: &[u8],
    origin: ReferenceOrigin,
    setting: &str,
    walk: &mut Walk<'_, '_>,
) -> Result<Option<Vec<u8>>, String> {
    let mut descriptor = SecurityDescriptor::from_bytes(bytes).map_err(|error| error.to_string())?;
    let AclState::Present(acl) = &mut descriptor.dacl else { return Ok(None) };
    let mut changed = false;
    acl.entries.retain_mut(|entry| {
        let AclEntry::Ace(ace) = entry else { return true };
        if !ace.sid.is_domain_principal() {
            return true;
        }
        match walk.sid(origin, ace.sid.clone(), &ace.sid.to_string(), setting) {
            Replacement::Keep | Replacement::Path(_) => true,
            Replacement::Remove => {
                changed = true;
                false
            }
            Replacement::Principal { sid, .. } => {
                changed |= ace.sid != sid;
                ace.sid = sid;
                true
            }
        }
    });
    if !changed {
        return Ok(None);
    }
    descriptor.to_bytes().map(Some).map_err(|error| error.to_string())
}
