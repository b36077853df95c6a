//! The access list of an object as the security editor shows and changes it (`console-ui.md` 5): by single rights, where
//! [`super::SecurityInfo`] speaks of levels.
//!
//! What an edit does not concern keeps its bytes and its place. Entries are added where Windows puts them: explicit denials,
//! then explicit grants, then what came from above ([MS-DTYP] 2.4.5.1).

use crate::ident::{Guid, Sid};
use crate::security::{
    AccessMask, Ace, AceData, AceFlags, AceKind, Acl, AclEntry, AclState, Control, SecurityDescriptor, rights,
};

use super::SecuredObject;
use super::security_info::granted;

/// A right of the check list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BasicRight {
    /// Its words.
    pub label: &'static str,
    /// The rights it stands for.
    pub mask: AccessMask,
    /// What the rights are limited to.
    pub object_type: Option<Guid>,
}

/// What an entry does with a right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccessKind {
    /// It grants.
    Allow,
    /// It denies.
    Deny,
}

/// Whether a right is ticked for a principal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tick {
    /// No entry says so.
    No,
    /// The object's own entries do.
    Yes,
    /// Entries that came from above do.
    Inherited,
}

/// What becomes of entries that came from above when the object stops inheriting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InheritedEntries {
    /// They become the object's own.
    Convert,
    /// They are removed.
    Remove,
}

/// The access list of an object, being edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessList {
    object: SecuredObject,
    descriptor: SecurityDescriptor,
}

const APPLY: BasicRight = BasicRight {
    label: "Apply group policy",
    mask: AccessMask::CONTROL_ACCESS,
    object_type: Some(rights::APPLY_GROUP_POLICY),
};
const PLANNING: BasicRight = BasicRight {
    label: "Generate Resultant Set of Policy (Planning)",
    mask: AccessMask::CONTROL_ACCESS,
    object_type: Some(rights::GENERATE_RSOP_PLANNING),
};
const LOGGING: BasicRight = BasicRight {
    label: "Generate Resultant Set of Policy (Logging)",
    mask: AccessMask::CONTROL_ACCESS,
    object_type: Some(rights::GENERATE_RSOP_LOGGING),
};

const fn plain(label: &'static str, mask: AccessMask) -> BasicRight {
    BasicRight { label, mask, object_type: None }
}

/// The rights of directory objects, in the order of Windows' list.
const DIRECTORY: [BasicRight; 5] = [
    plain("Full control", AccessMask::DIRECTORY_ALL),
    plain("Read", AccessMask::DIRECTORY_READ),
    // Read the list, write properties, validated writes: GENERIC_WRITE of a directory object.
    plain("Write", AccessMask(0x2_0028)),
    plain("Create all child objects", AccessMask::CREATE_CHILD),
    plain("Delete all child objects", AccessMask::DELETE_CHILD),
];
const OF_GPO: [BasicRight; 6] = [DIRECTORY[0], DIRECTORY[1], DIRECTORY[2], DIRECTORY[3], DIRECTORY[4], APPLY];
const OF_SOM: [BasicRight; 7] =
    [DIRECTORY[0], DIRECTORY[1], DIRECTORY[2], DIRECTORY[3], DIRECTORY[4], PLANNING, LOGGING];
const OF_FOLDER: [BasicRight; 5] = [
    plain("Full control", AccessMask::FILE_ALL),
    plain("Modify", AccessMask::FILE_MODIFY),
    plain("Read & execute", AccessMask::FILE_READ_EXECUTE),
    plain("Read", AccessMask::FILE_READ),
    plain("Write", AccessMask::FILE_WRITE),
];

impl SecuredObject {
    /// Returns the rights of the check list for such an object.
    pub fn basic_rights(self) -> &'static [BasicRight] {
        match self {
            SecuredObject::Gpo => &OF_GPO,
            SecuredObject::Domain | SecuredObject::Ou => &OF_SOM,
            SecuredObject::Site
            | SecuredObject::PoliciesContainer
            | SecuredObject::WmiFilter
            | SecuredObject::WmiFiltersContainer => &DIRECTORY,
            SecuredObject::PoliciesFolder | SecuredObject::StarterGpo | SecuredObject::StarterGposFolder => &OF_FOLDER,
        }
    }

    /// Returns a mask with generic rights replaced by what they mean on such an object.
    pub fn mapped(self, mask: AccessMask) -> AccessMask {
        if self.is_file() { mask.mapped_for_file() } else { mask.mapped_for_directory() }
    }

    /// Returns how far a new entry reaches: on a GPO and a starter GPO over all that lies in it, else over the object alone,
    /// as Windows' check list has it.
    fn new_flags(self) -> AceFlags {
        match self {
            SecuredObject::Gpo => AceFlags::CONTAINER_INHERIT,
            SecuredObject::PoliciesFolder | SecuredObject::StarterGpo | SecuredObject::StarterGposFolder => {
                AceFlags::CONTAINER_INHERIT.with(AceFlags::OBJECT_INHERIT)
            }
            _ => AceFlags::default(),
        }
    }
}

impl AccessKind {
    fn of(ace: &Ace) -> Option<Self> {
        match ace.kind {
            AceKind::Allow => Some(AccessKind::Allow),
            AceKind::Deny => Some(AccessKind::Deny),
            _ => None,
        }
    }

    fn other(self) -> Self {
        match self {
            AccessKind::Allow => AccessKind::Deny,
            AccessKind::Deny => AccessKind::Allow,
        }
    }

    fn ace_kind(self) -> AceKind {
        match self {
            AccessKind::Allow => AceKind::Allow,
            AccessKind::Deny => AceKind::Deny,
        }
    }
}

impl AccessList {
    /// Takes the descriptor of an object.
    pub fn new(object: SecuredObject, descriptor: SecurityDescriptor) -> Self {
        AccessList { object, descriptor }
    }

    /// Returns what kind of object it belongs to.
    pub fn object(&self) -> SecuredObject {
        self.object
    }

    /// Returns the descriptor as it is now.
    pub fn descriptor(&self) -> &SecurityDescriptor {
        &self.descriptor
    }

    /// Returns the list; none where there is none, which nothing may be added to: it would shut everybody else out.
    pub fn acl(&self) -> Option<&Acl> {
        self.descriptor.dacl.acl()
    }

    /// Returns everybody the list speaks of, each once, in the order of the list.
    pub fn principals(&self) -> Vec<Sid> {
        let mut seen = std::collections::HashSet::new();
        let sids = self.acl().into_iter().flat_map(Acl::aces).map(|ace| &ace.sid);
        sids.filter(|sid| seen.insert((*sid).clone())).cloned().collect()
    }

    /// Tells whether a right is granted to, or denied, a principal by entries of its own name.
    pub fn tick(&self, sid: &Sid, kind: AccessKind, right: &BasicRight) -> Tick {
        let holds = |only_own: bool| {
            let mask = self.own_aces(sid, kind).filter(|ace| !only_own || !ace.is_inherited());
            let covering = mask.filter(|ace| match (ace.object_type(), right.object_type) {
                (None, _) => true,
                (Some(own), Some(wanted)) => own == wanted,
                (Some(_), None) => false,
            });
            let union = covering.fold(AccessMask::NONE, |union, ace| union | self.object.mapped(ace.mask));
            union.contains(right.mask)
        };
        match (holds(true), holds(false)) {
            (true, _) => Tick::Yes,
            (false, true) => Tick::Inherited,
            (false, false) => Tick::No,
        }
    }

    /// Tells whether entries of a principal say more than the check list can show.
    pub fn has_special(&self, sid: &Sid, kind: AccessKind) -> bool {
        let Some(acl) = self.acl() else { return false };
        let of_kind =
            |ace: &&Ace| ace.sid == *sid && if kind == AccessKind::Allow { ace.allows() } else { ace.denies() };
        acl.aces().filter(of_kind).any(|ace| {
            let is_plain = AccessKind::of(ace).is_some() && ace.concerns_self() && ace.data == AceData::None;
            if !is_plain || ace.object.is_some_and(|types| types.inherited_object.is_some()) {
                return true;
            }
            let ticked = self.object.basic_rights().iter().filter(|right| self.tick(sid, kind, right) != Tick::No);
            let shown = ticked
                .filter(|right| ace.object_type().is_none() || ace.object_type() == right.object_type)
                .fold(AccessMask::NONE, |shown, right| shown | right.mask);
            !(self.object.mapped(ace.mask) & !shown).is_empty()
        })
    }

    /// Ticks a right for a principal, or takes the tick away. What is granted is no longer denied by the object's own
    /// entries, and the other way round. Tells whether anything changed.
    pub fn set(&mut self, sid: &Sid, kind: AccessKind, right: &BasicRight, on: bool) -> bool {
        let before = self.descriptor.dacl.clone();
        if on {
            self.take(sid, kind.other(), right);
            if self.tick(sid, kind, right) != Tick::Yes {
                self.give(sid, kind, right);
            }
        } else {
            self.take(sid, kind, right);
        }
        self.descriptor.dacl != before
    }

    /// Adds a principal that may read. Tells whether it was not in the list before.
    pub fn add_principal(&mut self, sid: &Sid) -> bool {
        let read = self.object.basic_rights().iter().find(|right| right.label == "Read").copied();
        let is_new = !self.principals().contains(sid);
        if let (true, Some(read)) = (is_new, read) {
            self.give(sid, AccessKind::Allow, &read);
        }
        is_new && self.acl().is_some()
    }

    /// Removes the object's own entries for a principal. Tells whether entries stay that came from above.
    pub fn remove_principal(&mut self, sid: &Sid) -> bool {
        let Some(acl) = self.acl_mut() else { return false };
        acl.entries.retain(|entry| !matches!(entry, AclEntry::Ace(ace) if ace.sid == *sid && !ace.is_inherited()));
        acl.aces().any(|ace| ace.sid == *sid)
    }

    /// Removes one entry by its place in the list. What came from above is not removed.
    pub fn remove_entry(&mut self, place: usize) -> bool {
        let Some(acl) = self.acl_mut() else { return false };
        let is_own = acl.entries.get(place).is_some_and(|entry| !entry.is_inherited());
        if is_own {
            acl.entries.remove(place);
        }
        is_own
    }

    /// Makes somebody the owner.
    pub fn set_owner(&mut self, owner: Sid) {
        self.descriptor.owner = Some(owner);
    }

    /// Tells whether nothing is inherited from above.
    pub fn is_protected(&self) -> bool {
        self.descriptor.control.contains(Control::DACL_PROTECTED)
    }

    /// Stops inheriting from above.
    pub fn protect(&mut self, inherited: InheritedEntries) {
        self.descriptor.control = self.descriptor.control.with(Control::DACL_PROTECTED);
        let Some(acl) = self.acl_mut() else { return };
        match inherited {
            InheritedEntries::Remove => acl.entries.retain(|entry| !entry.is_inherited()),
            InheritedEntries::Convert => {
                let (mut own, from_above): (Vec<_>, Vec<_>) =
                    acl.entries.drain(..).partition(|entry| !entry.is_inherited());
                for entry in from_above {
                    match entry {
                        AclEntry::Ace(mut ace) => {
                            ace.flags = ace.flags.without(AceFlags::INHERITED);
                            insert(&mut own, ace);
                        }
                        // Nobody knows what its bytes mean: it stays as it is.
                        unknown @ AclEntry::Unknown(_) => own.push(unknown),
                    }
                }
                acl.entries = own;
            }
        }
    }

    /// Inherits from above again. What is inherited comes when the descriptor is written: the server works it out.
    pub fn unprotect(&mut self) {
        self.descriptor.control = Control(self.descriptor.control.0 & !Control::DACL_PROTECTED.0);
    }

    /// Tells whether denials stand before grants, and both before what came from above.
    pub fn is_in_order(&self) -> bool {
        self.acl().is_none_or(|acl| acl.entries.iter().map(AclEntry::place_in_list).is_sorted())
    }

    /// Puts denials before grants, and both before what came from above; entries of one kind keep their order.
    pub fn put_in_order(&mut self) {
        if let Some(acl) = self.acl_mut() {
            acl.entries.sort_by_key(AclEntry::place_in_list);
        }
    }

    /// Returns what those for whom `is_member` is true may do together, on the whole object and on `object_type`: entries
    /// count in their order, the first to speak of a right decides ([MS-DTYP] 2.5.3.2). Owners may read and change the list,
    /// unless entries for OWNER RIGHTS say what they may.
    pub fn effective_rights(&self, object_type: Option<Guid>, is_member: impl Fn(&Sid) -> bool) -> AccessMask {
        let all = if self.object.is_file() { AccessMask::FILE_ALL } else { AccessMask::DIRECTORY_ALL };
        let acl = match &self.descriptor.dacl {
            AclState::Present(acl) => acl,
            AclState::Absent | AclState::Null => return all,
        };
        let owner_rights = Sid::new(3, &[4]);
        let is_owner_rights = |sid: &Sid| owner_rights.as_ref() == Some(sid);
        let owns = self.descriptor.owner.as_ref().is_some_and(&is_member);
        let has_owner_rights = acl.aces().any(|ace| is_owner_rights(&ace.sid) && ace.concerns_self());
        let implicit = AccessMask::READ_CONTROL | AccessMask::WRITE_DAC;
        let held = if owns && !has_owner_rights { implicit } else { AccessMask::NONE };
        let concerns = |ace: &Ace| is_member(&ace.sid) || (owns && is_owner_rights(&ace.sid));
        granted(self.object, acl, held, object_type, concerns)
    }

    fn acl_mut(&mut self) -> Option<&mut Acl> {
        match &mut self.descriptor.dacl {
            AclState::Present(acl) => Some(acl),
            AclState::Absent | AclState::Null => None,
        }
    }

    /// Returns the entries the check list speaks of: those on the object itself, for all classes, without condition.
    fn own_aces(&self, sid: &Sid, kind: AccessKind) -> impl Iterator<Item = &Ace> {
        let aces = self.acl().into_iter().flat_map(Acl::aces);
        aces.filter(move |ace| ace.sid == *sid && is_basic(ace, kind))
    }

    /// Adds a right to the entry that is there for it, or a new entry.
    fn give(&mut self, sid: &Sid, kind: AccessKind, right: &BasicRight) {
        let flags = self.object.new_flags();
        let object = self.object;
        let Some(acl) = self.acl_mut() else { return };
        let is_it = |ace: &Ace| {
            ace.sid == *sid
                && is_basic(ace, kind)
                && !ace.is_inherited()
                && ace.object_type() == right.object_type
                && (right.object_type.is_some() || ace.object.is_none())
        };
        for entry in &mut acl.entries {
            if let AclEntry::Ace(ace) = entry
                && is_it(ace)
            {
                ace.mask = object.mapped(ace.mask) | right.mask;
                return;
            }
        }
        let ace = match right.object_type {
            Some(object_type) => Ace::allow_object(sid.clone(), right.mask, object_type, flags),
            None => Ace::allow(sid.clone(), right.mask, flags),
        };
        insert(&mut acl.entries, Ace { kind: kind.ace_kind(), ..ace });
    }

    /// Takes a right out of the object's own entries; rights that other ticks need stay.
    fn take(&mut self, sid: &Sid, kind: AccessKind, right: &BasicRight) {
        let rights = self.object.basic_rights().iter();
        let needed = rights
            .filter(|other| *other != right && !is_part(right, other) && other.object_type.is_none())
            .filter(|other| self.tick(sid, kind, other) == Tick::Yes)
            .fold(AccessMask::NONE, |needed, other| needed | other.mask);
        let removed = right.mask & !needed;
        let object = self.object;
        let Some(acl) = self.acl_mut() else { return };
        acl.entries.retain_mut(|entry| {
            let AclEntry::Ace(ace) = entry else { return true };
            let speaks = ace.object_type().is_none() || ace.object_type() == right.object_type;
            if ace.sid != *sid || !is_basic(ace, kind) || ace.is_inherited() || !speaks {
                return true;
            }
            let mapped = object.mapped(ace.mask);
            if mapped.intersects(removed) {
                ace.mask = mapped & !removed;
            }
            !ace.mask.is_empty()
        });
    }
}

/// Tells whether an entry is one that the check list shows and changes.
fn is_basic(ace: &Ace, kind: AccessKind) -> bool {
    AccessKind::of(ace) == Some(kind)
        && ace.concerns_self()
        && ace.data == AceData::None
        && ace.object.is_none_or(|types| types.inherited_object.is_none())
}

/// Tells whether holding `whole` is holding `part` too.
fn is_part(part: &BasicRight, whole: &BasicRight) -> bool {
    whole.object_type.is_none() && whole.mask.contains(part.mask)
}

/// Puts an entry behind the last one of its kind, before those whose place is behind it.
fn insert(entries: &mut Vec<AclEntry>, ace: Ace) {
    let entry = AclEntry::Ace(ace);
    let own = entry.place_in_list();
    let place = entries.iter().position(|other| other.place_in_list() > own);
    entries.insert(place.unwrap_or(entries.len()), entry);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::security::SddlContext;

    const ANN: &str = "S-1-5-21-1-2-3-1001";
    const BOB: &str = "S-1-5-21-1-2-3-1002";

    fn list(object: SecuredObject, dacl: &str) -> AccessList {
        let text = dacl.replace("ANN", ANN).replace("BOB", BOB);
        AccessList::new(object, SecurityDescriptor::from_sddl(&text, &SddlContext::default()).unwrap())
    }

    fn text(list: &AccessList) -> String {
        list.descriptor().to_sddl(&SddlContext::default()).replace(ANN, "ANN").replace(BOB, "BOB")
    }

    fn sid(text: &str) -> Sid {
        text.parse().unwrap()
    }

    fn right(object: SecuredObject, label: &str) -> BasicRight {
        *object.basic_rights().iter().find(|right| right.label == label).unwrap()
    }

    /// Sets a right of Ann's on a GPO.
    fn check(before: &str, kind: AccessKind, label: &str, on: bool, after: &str) {
        let mut list = list(SecuredObject::Gpo, before);
        list.set(&sid(ANN), kind, &right(SecuredObject::Gpo, label), on);
        assert_eq!(text(&list), after, "{before}: {kind:?} {label} {on}");
    }

    #[test]
    fn ticks_become_entries_in_the_order_of_windows() {
        use AccessKind::{Allow, Deny};
        check("D:", Allow, "Read", true, "D:(A;CI;LCRPLORC;;;ANN)");
        check("D:(A;CI;LCRPLORC;;;ANN)", Allow, "Write", true, "D:(A;CI;LCSWRPWPLORC;;;ANN)");
        // A denial stands before the grants, what came from above stays behind.
        check(
            "D:(A;CI;RP;;;BOB)(A;CIID;RP;;;BOB)",
            Deny,
            "Apply group policy",
            true,
            "D:(OD;CI;CR;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;ANN)(A;CI;RP;;;BOB)(A;CIID;RP;;;BOB)",
        );
        check(
            "D:(D;;WP;;;BOB)(A;CIID;RP;;;BOB)",
            Allow,
            "Read",
            true,
            "D:(D;;WP;;;BOB)(A;CI;LCRPLORC;;;ANN)(A;CIID;RP;;;BOB)",
        );
        // What is granted is not denied as well.
        check("D:(D;CI;LCRPLORC;;;ANN)", Allow, "Read", true, "D:(A;CI;LCRPLORC;;;ANN)");
    }

    #[test]
    fn taking_a_tick_away_leaves_what_other_ticks_need() {
        use AccessKind::Allow;
        check("D:(A;CI;LCSWRPWPLORC;;;ANN)", Allow, "Write", false, "D:(A;CI;LCRPLORC;;;ANN)");
        check("D:(A;CI;LCRPLORC;;;ANN)", Allow, "Read", false, "D:");
        check("D:(A;CI;GA;;;ANN)", Allow, "Write", false, "D:(A;CI;CCDCLCRPDTLOCRSDRCWDWO;;;ANN)");
        // Entries of others and those from above are not touched.
        check("D:(A;;RP;;;BOB)(A;CIID;LCRPLORC;;;ANN)", Allow, "Read", false, "D:(A;;RP;;;BOB)(A;CIID;LCRPLORC;;;ANN)");
        check("D:(OA;CI;CR;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;ANN)", Allow, "Apply group policy", false, "D:");
    }

    #[test]
    fn ticks_tell_own_entries_from_inherited_ones_and_special_rights() {
        let of = |dacl: &str, label: &str| {
            let list = list(SecuredObject::Gpo, dacl);
            let tick = list.tick(&sid(ANN), AccessKind::Allow, &right(SecuredObject::Gpo, label));
            (tick, list.has_special(&sid(ANN), AccessKind::Allow))
        };
        assert_eq!(of("D:(A;CI;GA;;;ANN)", "Apply group policy"), (Tick::Yes, false));
        assert_eq!(of("D:(A;CIID;LCRPLORC;;;ANN)", "Read"), (Tick::Inherited, false));
        assert_eq!(of("D:(A;CI;LCRPRC;;;ANN)", "Read"), (Tick::No, true));
        assert_eq!(of("D:(A;CIIO;LCRPLORC;;;ANN)", "Read"), (Tick::No, true));
        assert_eq!(of("D:(A;;LCRPLORCSD;;;ANN)", "Read"), (Tick::Yes, true));
        assert_eq!(of("D:(A;;RP;;;BOB)", "Read"), (Tick::No, false));
    }

    #[test]
    fn inheritance_is_switched_and_principals_come_and_go() {
        let list_of = |dacl: &str, change: &dyn Fn(&mut AccessList)| {
            let mut list = list(SecuredObject::Gpo, dacl);
            change(&mut list);
            text(&list)
        };
        let dacl = "D:(A;CI;RP;;;BOB)(D;CIID;WP;;;ANN)(A;CIID;RP;;;ANN)";
        assert_eq!(
            list_of(dacl, &|list| list.protect(InheritedEntries::Convert)),
            "D:P(D;CI;WP;;;ANN)(A;CI;RP;;;BOB)(A;CI;RP;;;ANN)"
        );
        assert_eq!(list_of(dacl, &|list| list.protect(InheritedEntries::Remove)), "D:P(A;CI;RP;;;BOB)");
        assert_eq!(list_of("D:P(A;CI;RP;;;BOB)", &|list| list.unprotect()), "D:(A;CI;RP;;;BOB)");
        let remove = |list: &mut AccessList| assert!(list.remove_principal(&sid(ANN)), "entries from above stay");
        assert_eq!(list_of(dacl, &remove), dacl);
        let remove = |list: &mut AccessList| assert!(!list.remove_principal(&sid(ANN)), "nothing stays");
        assert_eq!(list_of("D:(A;;RP;;;ANN)(A;;RP;;;BOB)", &remove), "D:(A;;RP;;;BOB)");
        assert_eq!(list_of("D:", &|list| assert!(list.add_principal(&sid(ANN)))), "D:(A;CI;LCRPLORC;;;ANN)");
        assert_eq!(list_of(dacl, &|list| assert!(!list.remove_entry(1))), dacl);
        assert_eq!(list_of(dacl, &|list| assert!(list.remove_entry(0))), "D:(D;CIID;WP;;;ANN)(A;CIID;RP;;;ANN)");
    }

    #[test]
    fn an_entry_that_is_not_understood_keeps_its_bytes() {
        let mut bytes = list(SecuredObject::Gpo, "D:(A;;RP;;;BOB)(A;;WP;;;BOB)").descriptor().to_bytes().unwrap();
        // A kind of entry that nobody knows.
        let place = bytes.windows(4).position(|four| four == [0, 0, 0x24, 0]).unwrap();
        bytes[place] = 0x7F;
        let mut list = AccessList::new(SecuredObject::Gpo, SecurityDescriptor::from_bytes(&bytes).unwrap());
        let unknown = list.acl().unwrap().entries[0].clone();
        assert!(matches!(unknown, AclEntry::Unknown(_)));
        list.set(&sid(ANN), AccessKind::Deny, &right(SecuredObject::Gpo, "Write"), true);
        list.protect(InheritedEntries::Convert);
        list.put_in_order();
        assert!(list.acl().unwrap().entries.contains(&unknown));
        assert_eq!(list.acl().unwrap().entries.len(), 3);
    }

    #[test]
    fn a_list_out_of_order_is_told_and_put_in_order() {
        let mut list = list(SecuredObject::Gpo, "D:(A;CIID;RP;;;BOB)(A;;RP;;;BOB)(D;;WP;;;ANN)");
        assert!(!list.is_in_order());
        list.put_in_order();
        assert!(list.is_in_order());
        assert_eq!(text(&list), "D:(D;;WP;;;ANN)(A;;RP;;;BOB)(A;CIID;RP;;;BOB)");
    }

    #[test]
    fn effective_rights_count_entries_in_order_and_the_owner() {
        let check = |dacl: &str, expected: AccessMask| {
            let list = list(SecuredObject::Gpo, dacl);
            let rights = list.effective_rights(None, |member| *member == sid(ANN));
            assert_eq!(rights, expected, "{dacl}");
        };
        check("D:(A;;RPWP;;;ANN)", AccessMask(0x30));
        check("D:(D;;WP;;;ANN)(A;;RPWP;;;ANN)", AccessMask(0x10));
        check("D:(A;;RPWP;;;ANN)(D;;WP;;;ANN)", AccessMask(0x30));
        check("D:(A;CIIO;RP;;;ANN)(A;;RP;;;BOB)", AccessMask::NONE);
        check("O:ANND:", AccessMask(0x6_0000));
        check("O:ANND:(A;;RC;;;OW)", AccessMask(0x2_0000));
        check("", AccessMask::DIRECTORY_ALL);
    }

    #[test]
    fn a_starter_gpo_has_the_rights_of_folders() {
        let object = SecuredObject::StarterGpo;
        let mut list = list(object, "D:(A;OICI;0x1200a9;;;BOB)");
        assert_eq!(list.tick(&sid(BOB), AccessKind::Allow, &right(object, "Read & execute")), Tick::Yes);
        assert_eq!(list.tick(&sid(BOB), AccessKind::Allow, &right(object, "Modify")), Tick::No);
        list.set(&sid(BOB), AccessKind::Allow, &right(object, "Modify"), true);
        assert_eq!(text(&list), "D:(A;OICI;0x1301bf;;;BOB)");
        list.set(&sid(BOB), AccessKind::Allow, &right(object, "Modify"), false);
        assert_eq!(list.tick(&sid(BOB), AccessKind::Allow, &right(object, "Read & execute")), Tick::Yes);
    }
}
