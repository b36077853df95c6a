//! What is held by those for whom a question is asked, whoever of them holds it: as an access check decides it.

use crate::ident::{Guid, Sid};
use crate::security::{AccessMask, Ace, AceKind, Acl, AclState, SecurityDescriptor, rights};

use super::levels::{EDIT, FULL_EDIT, Grants, READ};
use super::{PermissionType, SecuredObject};

/// Tells whether every computer may read the GPO: through Authenticated Users, Everyone or a Domain Computers group.
///
/// Since MS16-072 it is the computer that fetches the policy of its user; a GPO that computers cannot read does not apply.
/// `domain` is the SID of the GPO's domain; without it the Domain Computers of any domain count.
pub fn computers_can_read(descriptor: &SecurityDescriptor, domain: Option<&Sid>) -> bool {
    const DOMAIN_COMPUTERS: u32 = 515;
    any_can_read(descriptor, |sid| {
        let is_computers = sid.is_domain_principal()
            && sid.rid() == Some(DOMAIN_COMPUTERS)
            && domain.is_none_or(|domain| sid.parent().as_ref() == Some(domain));
        is_computers || is_everybody(sid)
    })
}

/// Tells whether everybody may read an object of the directory: through Authenticated Users or Everyone. A WMI filter that they cannot read
/// keeps the GPOs that use it from being applied.
pub fn everybody_can_read(descriptor: &SecurityDescriptor) -> bool {
    any_can_read(descriptor, is_everybody)
}

fn is_everybody(sid: &Sid) -> bool {
    *sid == Sid::authenticated_users() || *sid == Sid::everyone()
}

fn any_can_read(descriptor: &SecurityDescriptor, is_meant: impl Fn(&Sid) -> bool) -> bool {
    let AclState::Present(acl) = &descriptor.dacl else { return true };
    let read = AccessMask::READ_PROPERTY | AccessMask::LIST_CHILDREN;
    let groups = Grants::group(acl);
    let rights_of = |grants: &&Grants<'_>| is_meant(grants.sid);
    let granted = groups.iter().filter(rights_of).any(|grants| grants.rights.plain.contains(read));
    let denied = groups.iter().filter(rights_of).any(|grants| grants.rights.denied_plain.intersects(read));
    granted && !denied
}

/// Tells whether those for whom `is_member` is true together hold the level: entries count in their order, the first to speak
/// of a right decides, as in an access check ([MS-DTYP] 2.5.3.2). An object without a list grants everything.
pub(in crate::gpm) fn holds_effectively(
    object: SecuredObject,
    descriptor: &SecurityDescriptor,
    level: PermissionType,
    is_member: impl Fn(&Sid) -> bool,
) -> bool {
    let AclState::Present(acl) = &descriptor.dacl else { return true };
    let granted_on =
        |object_type: Option<Guid>| granted(object, acl, AccessMask::NONE, object_type, |ace| is_member(&ace.sid));
    let plain = granted_on(None);
    match level {
        PermissionType::GpoRead => plain.contains(READ),
        PermissionType::GpoEdit => plain.contains(EDIT),
        PermissionType::GpoEditSecurityAndDelete => plain.contains(FULL_EDIT),
        PermissionType::GpoApply => {
            let apply = granted_on(Some(rights::APPLY_GROUP_POLICY)).contains(AccessMask::CONTROL_ACCESS);
            plain.contains(READ) && apply
        }
        PermissionType::StarterGpoRead => plain.contains(AccessMask::FILE_READ_EXECUTE & !AccessMask::SYNCHRONIZE),
        PermissionType::StarterGpoEdit => plain.contains(AccessMask::FILE_MODIFY & !AccessMask::SYNCHRONIZE),
        PermissionType::StarterGpoFullControl => plain.contains(AccessMask::FILE_ALL & !AccessMask::SYNCHRONIZE),
        _ => false,
    }
}

/// Returns the rights on an object and on one of its properties, extended rights or child classes that entries grant beyond
/// those held already: they count in their order, the first to speak of a right decides.
pub(in crate::gpm) fn granted(
    object: SecuredObject,
    acl: &Acl,
    held: AccessMask,
    object_type: Option<Guid>,
    concerns: impl Fn(&Ace) -> bool,
) -> AccessMask {
    let mut decided = held;
    let mut granted = held;
    for ace in acl.aces().filter(|ace| ace.concerns_self() && concerns(ace)) {
        let speaks = ace.object_type().is_none() || ace.object_type() == object_type;
        let news = if speaks { object.mapped(ace.mask) & !decided } else { AccessMask::NONE };
        // A condition cannot be evaluated here: a grant under one is not counted, a denial is.
        if ace.kind == AceKind::Allow {
            granted |= news;
            decided |= news;
        } else if ace.denies() {
            decided |= news;
        }
    }
    granted
}
