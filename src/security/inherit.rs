//! Descriptors of new objects, and what flows down when one above changes ([MS-DTYP] 2.5.3.4, [MS-ADTS] 6.1.3).

use crate::ident::{Guid, Sid};

use super::{AccessMask, Ace, AceFlags, Acl, AclEntry, AclState, Control, SddlContext, SecurityDescriptor, rights};

/// What inherits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heir<'a> {
    /// An object of the directory, of this class.
    Object(&'a str),
    Folder,
    File,
}

/// Returns the descriptor of a new object: its own entries, then those it inherits from the one above.
/// `own` is what was asked for, or the default of the class; owner and group are filled in where it has none.
pub(crate) fn of_new(
    own: SecurityDescriptor,
    above: Option<&SecurityDescriptor>,
    owner: Option<&Sid>,
    heir: Heir<'_>,
) -> SecurityDescriptor {
    let mut new = own;
    new.owner = new.owner.or_else(|| owner.cloned());
    new.group = new.group.or_else(|| owner.cloned());
    let owner = new.owner.clone();
    for list in [&mut new.dacl, &mut new.sacl] {
        if let AclState::Present(acl) = list {
            let entries = std::mem::take(&mut acl.entries);
            acl.entries = entries.into_iter().flat_map(|entry| expand_own(entry, owner.as_ref(), heir)).collect();
        }
    }
    match above {
        Some(above) => inherit(&new, above, heir),
        None => new,
    }
}

/// Returns the descriptor with what it inherits taken anew from the one above; its own entries stay.
pub(crate) fn inherit(present: &SecurityDescriptor, above: &SecurityDescriptor, heir: Heir<'_>) -> SecurityDescriptor {
    let mut new = present.clone();
    let owner = new.owner.clone();
    let list = |own: &AclState, above: &AclState| -> AclState {
        let kept = own.acl().into_iter().flat_map(|acl| &acl.entries).filter(|entry| match entry {
            AclEntry::Ace(ace) => !ace.is_inherited(),
            AclEntry::Unknown(_) => true,
        });
        let mut entries: Vec<AclEntry> = kept.cloned().collect();
        let inheritable = above.acl().into_iter().flat_map(Acl::aces);
        entries.extend(inheritable.flat_map(|ace| inherited(ace, owner.as_ref(), heir)).map(AclEntry::Ace));
        match own {
            AclState::Null => AclState::Null,
            AclState::Absent if entries.is_empty() => AclState::Absent,
            _ => AclState::Present(Acl { entries, ..Acl::default() }),
        }
    };
    if !new.control.contains(Control::DACL_PROTECTED) {
        new.dacl = list(&new.dacl, &above.dacl);
        new.control = new.control.with(Control::DACL_AUTO_INHERITED);
    }
    if !new.control.contains(Control::SACL_PROTECTED) {
        new.sacl = list(&new.sacl, &above.sacl);
        if new.sacl != AclState::Absent {
            new.control = new.control.with(Control::SACL_AUTO_INHERITED);
        }
    }
    new
}

/// Returns the default descriptor of a class for an object of this domain.
pub(crate) fn class_default(sddl: &str, domain: &Sid, forest_root: &Sid) -> Option<SecurityDescriptor> {
    let context = SddlContext { domain: Some(domain.clone()), forest_root: Some(forest_root.clone()) };
    SecurityDescriptor::from_sddl(sddl, &context).ok()
}

const CREATOR_OWNER: (u64, [u32; 1]) = (3, [0]);
const CREATOR_GROUP: (u64, [u32; 1]) = (3, [1]);

/// An entry of the object's own for whoever makes it: one for the maker, one that waits for those below.
fn expand_own(entry: AclEntry, owner: Option<&Sid>, heir: Heir<'_>) -> Vec<AclEntry> {
    let AclEntry::Ace(ace) = &entry else { return vec![entry] };
    let (true, Some(owner)) = (is_creator(&ace.sid) && ace.concerns_self(), owner) else { return vec![entry] };
    let for_owner = Ace { sid: owner.clone(), flags: without_inheritance(ace.flags), ..ace.clone() };
    let mut entries = vec![AclEntry::Ace(mapped(for_owner, heir))];
    if ace.flags.0 & (AceFlags::CONTAINER_INHERIT.0 | AceFlags::OBJECT_INHERIT.0) != 0 {
        entries.push(AclEntry::Ace(Ace { flags: ace.flags.with(AceFlags::INHERIT_ONLY), ..ace.clone() }));
    }
    entries
}

/// Returns what an entry above becomes on the heir: nothing, one entry, or one that works there and one that waits for those below.
fn inherited(ace: &Ace, owner: Option<&Sid>, heir: Heir<'_>) -> Vec<Ace> {
    let to_containers = ace.flags.contains(AceFlags::CONTAINER_INHERIT);
    let to_objects = ace.flags.contains(AceFlags::OBJECT_INHERIT);
    let is_container = heir != Heir::File;
    let stops = ace.flags.contains(AceFlags::NO_PROPAGATE);
    let reaches = if is_container { to_containers } else { to_objects };
    let works = reaches && concerns_class(ace, heir);
    let goes_on = is_container && !stops && (to_containers || to_objects);
    let flags = ace.flags.without(AceFlags::INHERIT_ONLY).with(AceFlags::INHERITED);
    let copy = |flags: AceFlags, sid: &Sid| Ace { flags, sid: sid.clone(), ..ace.clone() };
    let working_sid = if is_creator(&ace.sid) { owner } else { Some(&ace.sid) };
    let is_whole = working_sid == Some(&ace.sid) && mapped(ace.clone(), heir).mask == ace.mask;
    match (works, goes_on) {
        (true, true) if is_whole => vec![copy(flags, &ace.sid)],
        (true, goes_on) => {
            let working = working_sid.map(|sid| mapped(copy(without_inheritance(flags), sid), heir));
            let waiting = goes_on.then(|| copy(flags.with(AceFlags::INHERIT_ONLY), &ace.sid));
            working.into_iter().chain(waiting).collect()
        }
        (false, true) => vec![copy(flags.with(AceFlags::INHERIT_ONLY), &ace.sid)],
        (false, false) => Vec::new(),
    }
}

fn is_creator(sid: &Sid) -> bool {
    [CREATOR_OWNER, CREATOR_GROUP].iter().any(|(authority, rest)| Sid::new(*authority, rest).as_ref() == Some(sid))
}

fn without_inheritance(flags: AceFlags) -> AceFlags {
    let inheritance =
        [AceFlags::CONTAINER_INHERIT, AceFlags::OBJECT_INHERIT, AceFlags::NO_PROPAGATE, AceFlags::INHERIT_ONLY];
    inheritance.into_iter().fold(flags, AceFlags::without)
}

fn mapped(ace: Ace, heir: Heir<'_>) -> Ace {
    let mask: AccessMask = match heir {
        Heir::Object(_) => ace.mask.mapped_for_directory(),
        Heir::Folder | Heir::File => ace.mask.mapped_for_file(),
    };
    Ace { mask, ..ace }
}

/// Tells whether an entry for objects of one class is for this one.
fn concerns_class(ace: &Ace, heir: Heir<'_>) -> bool {
    let Some(wanted) = ace.object.and_then(|types| types.inherited_object) else { return true };
    matches!(heir, Heir::Object(class) if class_guid(class) == Some(wanted))
}

/// `schemaIDGUID` of the classes that delegations name ([MS-ADSC]).
fn class_guid(class: &str) -> Option<Guid> {
    let value = match class {
        "organizationalUnit" => return Some(rights::ORGANIZATIONAL_UNIT),
        "groupPolicyContainer" => return Some(rights::GROUP_POLICY_CONTAINER),
        "msWMI-Som" => return Some(rights::WMI_FILTER),
        "domainDNS" => return Some(rights::DOMAIN_DNS),
        "user" => 0xbf967aba_0de6_11d0_a285_00aa003049e2,
        "group" => 0xbf967a9c_0de6_11d0_a285_00aa003049e2,
        "computer" => 0xbf967a86_0de6_11d0_a285_00aa003049e2,
        "container" => 0xbf967a8b_0de6_11d0_a285_00aa003049e2,
        "contact" => 0x5cb41ed0_0e4c_11d0_a286_00aa003049e2,
        "inetOrgPerson" => 0x4828cc14_1437_45bc_9b07_ad6f015e5f28,
        "site" => 0xbf967ab3_0de6_11d0_a285_00aa003049e2,
        _ => return None,
    };
    Some(Guid::from_u128(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context() -> SddlContext {
        let domain: Sid = "S-1-5-21-1-2-3".parse().unwrap();
        SddlContext { domain: Some(domain.clone()), forest_root: Some(domain) }
    }

    fn descriptor(sddl: &str) -> SecurityDescriptor {
        SecurityDescriptor::from_sddl(sddl, &context()).unwrap()
    }

    #[track_caller]
    fn check(own: &str, above: &str, heir: Heir<'_>, expected: &str) {
        let administrators: Sid = "S-1-5-32-544".parse().unwrap();
        let new = of_new(descriptor(own), Some(&descriptor(above)), Some(&administrators), heir);
        assert_eq!(new.to_sddl(&context()), descriptor(expected).to_sddl(&context()));
    }

    #[test]
    fn entries_flow_down_as_their_flags_say() {
        let above = "O:BAG:BAD:(A;CI;RPWP;;;AU)(A;;RP;;;WD)(A;CINP;RP;;;SY)(A;CIIO;RP;;;BU)";
        check(
            "D:(A;;RP;;;ED)",
            above,
            Heir::Object("container"),
            "O:BAG:BAD:AI(A;;RP;;;ED)(A;CIID;RPWP;;;AU)(A;ID;RP;;;SY)(A;CIID;RP;;;BU)",
        );
        check("D:P(A;;RP;;;ED)", above, Heir::Object("container"), "O:BAG:BAD:P(A;;RP;;;ED)");
    }

    #[test]
    fn the_creator_gets_an_entry_and_leaves_one_for_those_below() {
        check("D:P(A;CI;RP;;;CO)", "D:", Heir::Object("container"), "O:BAG:BAD:P(A;;RP;;;BA)(A;CIIO;RP;;;CO)");
        check("D:", "D:(A;OICIIO;FA;;;CO)", Heir::Folder, "O:BAG:BAD:AI(A;ID;FA;;;BA)(A;OICIIOID;FA;;;CO)");
        check("D:", "D:(A;OICIIO;FA;;;CO)(A;CI;FR;;;WD)", Heir::File, "O:BAG:BAD:AI(A;ID;FA;;;BA)");
    }

    #[test]
    fn entries_for_one_class_wait_for_it() {
        let above = "D:(OA;CIIO;RP;;bf967aba-0de6-11d0-a285-00aa003049e2;AU)";
        let class_entry = |flags: &str| format!("O:BAG:BAD:AI(OA;{flags};RP;;bf967aba-0de6-11d0-a285-00aa003049e2;AU)");
        check("D:", above, Heir::Object("user"), &class_entry("CIID"));
        check("D:", above, Heir::Object("organizationalUnit"), &class_entry("CIIOID"));
    }

    #[test]
    fn inheriting_anew_keeps_what_is_ones_own() {
        let present = descriptor("O:BAG:BAD:AI(A;;RP;;;ED)(A;CIID;RP;;;AU)");
        let new = inherit(&present, &descriptor("D:(A;CI;WP;;;SY)"), Heir::Object("container"));
        assert_eq!(new, descriptor("O:BAG:BAD:AI(A;;RP;;;ED)(A;CIID;WP;;;SY)"));
    }
}
