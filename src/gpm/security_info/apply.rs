//! Making entries of levels (`object-model.md` 7.3, `gpo-storage.md` A9).
//!
//! Only the entries of trustees whose levels change are touched, and of those only the ones that a list of permissions shows: explicit entries
//! that concern the object itself. What is inherited, what waits for objects below, entries that are not understood, owner, group and SACL stay.

use std::collections::BTreeSet;

use crate::ident::Sid;
use crate::security::{AccessMask, Ace, AceFlags, Acl, AclEntry, AclState, SecurityDescriptor, rights};

use super::levels::{ADD_TO_FOLDER, CHANGE_FILE, EDIT, FULL_EDIT, READ, READ_AND_WRITE_PROPERTY, is_shown, som_rights};
use super::{PermissionError, PermissionType, SecuredObject, SecurityInfo};

/// Edit a WMI filter: read and write its properties.
const WMI_FILTER_EDIT: AccessMask = AccessMask(0x200BC);
/// Read a folder and add to it.
const CREATE_IN_FOLDER: AccessMask = AccessMask(0x12_00AF);
const NO_FLAGS: AceFlags = AceFlags(0);
const HANDED_DOWN_TO_FILES: AceFlags = AceFlags(0x3);

/// One permission of one trustee: the level, whether it is a denial, whether it reaches the containers below.
type Row = (PermissionType, bool, bool);

impl SecurityInfo {
    /// Returns the descriptor with these permissions in place of all those it shows (IGPMGPO.SetSecurityInfo and its like); what does not
    /// change keeps its entries, byte for byte. Rows of levels that another object of the same domain holds are passed over, so that the list of
    /// a domain, which speaks of several containers, can be applied to each of them. Inherited rows are not written.
    ///
    /// The list is in canonical order where it was changed: explicit denials, explicit grants, inherited entries.
    ///
    /// # Errors
    /// Fails where a row cannot be written: custom permissions and denials that are not there already, levels of other kinds of objects,
    /// levels that are taken away but come with an entry that grants more.
    pub fn apply_to(
        &self,
        object: SecuredObject,
        descriptor: &SecurityDescriptor,
    ) -> Result<SecurityDescriptor, PermissionError> {
        self.check_levels(object)?;
        let AclState::Present(acl) = &descriptor.dacl else {
            let says_nothing = self.permissions.iter().all(|row| row.inherited);
            return if says_nothing { Ok(descriptor.clone()) } else { Err(PermissionError::Unrestricted) };
        };
        let present = SecurityInfo::from_descriptor(object, descriptor);
        let mut writer = Writer { entries: acl.entries.clone(), object };
        let mut trustees: Vec<&Sid> = Vec::new();
        for row in present.permissions.iter().chain(&self.permissions) {
            if !trustees.contains(&&row.trustee.sid) {
                trustees.push(&row.trustee.sid);
            }
        }
        let mut changed = false;
        for trustee in &trustees {
            let now = present.rows_of(trustee, object);
            let wanted = self.rows_wanted(trustee, object, &now);
            if now != wanted {
                changed = true;
                writer.rewrite(trustee, &now, &wanted).map_err(|error| self.name_trustee(trustee, error))?;
            }
        }
        if !changed {
            return Ok(descriptor.clone());
        }
        // Stable, so that entries which do not change their place relative to each other stay where they are.
        writer.entries.sort_by_key(AclEntry::place_in_list);
        let mut new = descriptor.clone();
        new.dacl = AclState::Present(Acl { entries: writer.entries, ..acl.clone() });
        let written = SecurityInfo::from_descriptor(object, &new);
        let differs = |trustee: &&&Sid| {
            let found = written.rows_of(trustee, object);
            found != self.rows_wanted(trustee, object, &found)
        };
        match trustees.iter().find(differs) {
            Some(trustee) => Err(self.name_trustee(trustee, PermissionError::OtherEntries(trustee.to_string()))),
            None => Ok(new),
        }
    }

    /// Refuses levels that an object of this kind, or another of its domain where it is one of those, does not have.
    fn check_levels(&self, object: SecuredObject) -> Result<(), PermissionError> {
        const DOMAIN_WIDE: [SecuredObject; 5] = [
            SecuredObject::Domain,
            SecuredObject::PoliciesContainer,
            SecuredObject::PoliciesFolder,
            SecuredObject::WmiFiltersContainer,
            SecuredObject::StarterGposFolder,
        ];
        let own = [object];
        let objects: &[SecuredObject] = if DOMAIN_WIDE.contains(&object) { &DOMAIN_WIDE } else { &own };
        let is_level = |level: PermissionType| {
            let is_custom = match object {
                SecuredObject::Gpo => level == PermissionType::GpoCustom,
                SecuredObject::WmiFilter => level == PermissionType::WmiFilterCustom,
                SecuredObject::StarterGpo => level == PermissionType::StarterGpoCustom,
                _ => false,
            };
            is_custom || objects.iter().any(|object| object.levels().contains(&level))
        };
        match self.permissions.iter().find(|row| !is_level(row.level)) {
            Some(row) => Err(PermissionError::NotApplicable { level: row.level, object: object.words() }),
            None => Ok(()),
        }
    }

    /// Returns what a trustee holds by entries of the object itself.
    fn rows_of(&self, trustee: &Sid, object: SecuredObject) -> BTreeSet<Row> {
        let is_own = |level: PermissionType| level.is_custom() || object.levels().contains(&level);
        let own = self.permissions.iter().filter(|row| !row.inherited && row.trustee.sid == *trustee);
        let inheritable = |level: PermissionType, asked_for| asked_for && !level.is_custom();
        let row = |row: &super::Permission| (row.level, row.denied, inheritable(row.level, row.inheritable));
        own.filter(|row| is_own(row.level)).map(row).collect()
    }

    /// Returns what a trustee is to hold, given what it holds: where the level decides how far it reaches, it does not become less.
    fn rows_wanted(&self, trustee: &Sid, object: SecuredObject, now: &BTreeSet<Row>) -> BTreeSet<Row> {
        let is_som = matches!(object, SecuredObject::Site | SecuredObject::Domain | SecuredObject::Ou);
        let reaches = |level, denied, inheritable| inheritable || !is_som && now.contains(&(level, denied, true));
        let rows = self.rows_of(trustee, object).into_iter();
        rows.map(|(level, denied, inheritable)| (level, denied, reaches(level, denied, inheritable))).collect()
    }

    /// Puts the name of a trustee into an error that has its SID.
    fn name_trustee(&self, trustee: &Sid, error: PermissionError) -> PermissionError {
        let found = self.permissions.iter().find(|row| row.trustee.sid == *trustee);
        let name = found.map_or_else(|| trustee.to_string(), |row| row.trustee.label());
        match error {
            PermissionError::GrantedByMore { level, .. } => PermissionError::GrantedByMore { trustee: name, level },
            PermissionError::OtherEntries(_) => PermissionError::OtherEntries(name),
            other => other,
        }
    }
}

struct Writer {
    entries: Vec<AclEntry>,
    object: SecuredObject,
}

impl Writer {
    fn rewrite(&mut self, trustee: &Sid, now: &BTreeSet<Row>, wanted: &BTreeSet<Row>) -> Result<(), PermissionError> {
        let not_there = |row: &&Row| !now.iter().any(|(level, denied, _)| (*level, *denied) == (row.0, row.1));
        if wanted.iter().filter(not_there).any(|(_, denied, _)| *denied) {
            return Err(PermissionError::Denied);
        }
        // Beside a custom permission of these kinds of objects there is no other: it is what all entries together make.
        if wanted.iter().any(|(level, ..)| level.is_custom()) {
            return Err(PermissionError::Custom);
        }
        let levels = |rows: &BTreeSet<Row>| rows.iter().map(|(level, ..)| *level).collect::<Vec<_>>();
        match self.object {
            SecuredObject::Gpo => {
                self.rewrite_gpo(trustee, &levels(now), &levels(wanted));
                if wanted.iter().any(|(.., inheritable)| *inheritable) {
                    self.hand_down(trustee);
                }
            }
            SecuredObject::Site | SecuredObject::Domain | SecuredObject::Ou | SecuredObject::PoliciesContainer => {
                return self.rewrite_rights(trustee, now, wanted);
            }
            SecuredObject::WmiFiltersContainer => self.rewrite_filters(trustee, now, wanted)?,
            SecuredObject::WmiFilter => {
                let mask = |level| match level {
                    PermissionType::WmiFilterFullControl => AccessMask::DIRECTORY_ALL,
                    _ => WMI_FILTER_EDIT,
                };
                self.replace_all(trustee, levels(wanted).into_iter().max().map(mask), NO_FLAGS);
            }
            SecuredObject::StarterGpo => {
                let mask = |level| match level {
                    PermissionType::StarterGpoFullControl => AccessMask::FILE_ALL,
                    PermissionType::StarterGpoEdit => AccessMask::FILE_MODIFY,
                    _ => AccessMask::FILE_READ_EXECUTE,
                };
                self.replace_all(trustee, levels(wanted).into_iter().max().map(mask), HANDED_DOWN_TO_FILES);
            }
            SecuredObject::PoliciesFolder | SecuredObject::StarterGposFolder => {
                return self.rewrite_folder(trustee, now, wanted);
            }
        }
        Ok(())
    }

    /// Writes the levels of a GPO. Apply stands beside the others: its entry, or the others, stay where they do not change.
    fn rewrite_gpo(&mut self, trustee: &Sid, now: &[PermissionType], wanted: &[PermissionType]) {
        let plain_mask = |levels: &[PermissionType]| {
            let level = levels.iter().max_by_key(|level| match level {
                PermissionType::GpoEditSecurityAndDelete => 3,
                PermissionType::GpoEdit => 2,
                _ => 1,
            });
            level.map(|level| match level {
                PermissionType::GpoEditSecurityAndDelete => FULL_EDIT,
                PermissionType::GpoEdit => EDIT,
                _ => READ,
            })
        };
        let applies = |levels: &[PermissionType]| levels.contains(&PermissionType::GpoApply);
        let is_apply = |ace: &Ace| ace.allows() && ace.object_type() == Some(rights::APPLY_GROUP_POLICY);
        let was_custom = now.contains(&PermissionType::GpoCustom);
        if was_custom || plain_mask(now) != plain_mask(wanted) {
            let keeps_apply = !was_custom && applies(now) && applies(wanted);
            self.entries.retain(|entry| !is_own(entry, trustee, |ace| !(keeps_apply && is_apply(ace))));
            if let Some(mask) = plain_mask(wanted) {
                self.push(Ace::allow(trustee.clone(), mask, AceFlags::CONTAINER_INHERIT));
            }
        } else if !applies(wanted) {
            self.entries.retain(|entry| !is_own(entry, trustee, is_apply));
            self.strip(trustee, AccessMask::CONTROL_ACCESS, |ace| ace.allows() && ace.object_type().is_none());
        }
        let has_apply = self.entries.iter().any(|entry| {
            is_own(entry, trustee, |ace| {
                ace.mask.contains(AccessMask::CONTROL_ACCESS) && ace.covers(rights::APPLY_GROUP_POLICY)
            })
        });
        if applies(wanted) && !has_apply {
            let flags = AceFlags::CONTAINER_INHERIT;
            self.push(Ace::allow_object(
                trustee.clone(),
                AccessMask::CONTROL_ACCESS,
                rights::APPLY_GROUP_POLICY,
                flags,
            ));
        }
    }

    /// Lets the entries of a trustee reach the containers below, where none does.
    fn hand_down(&mut self, trustee: &Sid) {
        let reaches = |ace: &Ace| ace.flags.contains(AceFlags::CONTAINER_INHERIT);
        if self.entries.iter().any(|entry| is_own(entry, trustee, reaches)) {
            return;
        }
        for entry in self.entries.iter_mut().filter(|entry| is_own(entry, trustee, Ace::allows)) {
            if let AclEntry::Ace(ace) = entry {
                ace.flags = ace.flags.with(AceFlags::CONTAINER_INHERIT);
            }
        }
    }

    /// Writes the levels that are rights on object types, each by itself.
    fn rewrite_rights(
        &mut self,
        trustee: &Sid,
        now: &BTreeSet<Row>,
        wanted: &BTreeSet<Row>,
    ) -> Result<(), PermissionError> {
        for (level, denied, inheritable) in now.difference(wanted) {
            let is_upgraded = !denied && !inheritable && wanted.contains(&(*level, false, true));
            self.take_away(trustee, *level, *denied, is_upgraded)?;
        }
        for (level, _, inheritable) in wanted.difference(now) {
            let (object_types, right) = som_rights(*level);
            let flags = if *inheritable { AceFlags::CONTAINER_INHERIT } else { NO_FLAGS };
            for object_type in object_types {
                self.push(Ace::allow_object(trustee.clone(), right, *object_type, flags));
            }
        }
        Ok(())
    }

    /// Takes a right on object types out of the entries that grant or deny it. An entry about all types is left alone where its level is only
    /// upgraded, and else refused: it says more than the level.
    fn take_away(
        &mut self,
        trustee: &Sid,
        level: PermissionType,
        denied: bool,
        is_upgraded: bool,
    ) -> Result<(), PermissionError> {
        let (object_types, right) = som_rights(level);
        let is_kind = |ace: &Ace| if denied { ace.denies() } else { ace.allows() };
        let is_typed = |ace: &Ace| is_kind(ace) && ace.object_type().is_some_and(|own| object_types.contains(&own));
        self.strip(trustee, right, is_typed);
        // To create objects is a right of its own also where it is about all types; but who may change the list could take it back.
        let deciding = if right == READ_AND_WRITE_PROPERTY { AccessMask::WRITE_PROPERTY } else { right };
        let grants_by_more = |ace: &Ace| {
            let mask = ace.mask.mapped_for_directory();
            let is_separable = right == AccessMask::CREATE_CHILD && !mask.contains(AccessMask::WRITE_DAC);
            is_kind(ace) && ace.object_type().is_none() && mask.intersects(deciding) && !is_separable
        };
        if self.entries.iter().any(|entry| is_own(entry, trustee, grants_by_more)) {
            return if is_upgraded {
                Ok(())
            } else {
                Err(PermissionError::GrantedByMore { trustee: trustee.to_string(), level })
            };
        }
        if right == AccessMask::CREATE_CHILD {
            self.strip(trustee, right, |ace| is_kind(ace) && ace.object_type().is_none());
        }
        Ok(())
    }

    /// Writes who may create WMI filters, and who has full control of all.
    fn rewrite_filters(
        &mut self,
        trustee: &Sid,
        now: &BTreeSet<Row>,
        wanted: &BTreeSet<Row>,
    ) -> Result<(), PermissionError> {
        const FULL: Row = (PermissionType::SomWmiFullControl, false, false);
        const CREATE: Row = (PermissionType::SomWmiCreate, false, false);
        if now.contains(&FULL) && !wanted.contains(&FULL) {
            let security = AccessMask::WRITE_DAC | AccessMask::WRITE_OWNER;
            let is_full = |ace: &Ace| {
                ace.allows() && ace.object_type().is_none() && ace.mask.mapped_for_directory().intersects(security)
            };
            self.entries.retain(|entry| !is_own(entry, trustee, is_full));
        }
        // What is left of the right to create goes too, and comes back where it is wanted.
        for (level, denied, _) in now.difference(wanted) {
            if *level == PermissionType::SomWmiCreate || !denied {
                self.take_away(trustee, PermissionType::SomWmiCreate, *denied, false)?;
            }
        }
        if wanted.contains(&FULL) && !now.contains(&FULL) {
            let full = Ace::allow(trustee.clone(), AccessMask::DIRECTORY_ALL, AceFlags::CONTAINER_INHERIT);
            self.push(full);
        } else if wanted.contains(&CREATE) && !now.contains(&CREATE) {
            let right = AccessMask::CREATE_CHILD;
            self.push(Ace::allow_object(trustee.clone(), right, rights::WMI_FILTER, NO_FLAGS));
        }
        Ok(())
    }

    /// Writes who may add to a folder.
    fn rewrite_folder(
        &mut self,
        trustee: &Sid,
        now: &BTreeSet<Row>,
        wanted: &BTreeSet<Row>,
    ) -> Result<(), PermissionError> {
        for (level, denied, _) in now.difference(wanted) {
            let is_kind = |ace: &Ace| if *denied { ace.denies() } else { ace.allows() };
            let is_ours =
                |ace: &Ace| ace.allows() && ace.mask.mapped_for_file() | AccessMask::SYNCHRONIZE == CREATE_IN_FOLDER;
            self.entries.retain(|entry| !is_own(entry, trustee, |ace| is_kind(ace) && is_ours(ace)));
            let more = CHANGE_FILE & !ADD_TO_FOLDER;
            let grants_by_more = |ace: &Ace| {
                let mask = ace.mask.mapped_for_file();
                is_kind(ace) && mask.intersects(ADD_TO_FOLDER) && mask.intersects(more)
            };
            if self.entries.iter().any(|entry| is_own(entry, trustee, grants_by_more)) {
                return Err(PermissionError::GrantedByMore { trustee: trustee.to_string(), level: *level });
            }
            self.strip(trustee, ADD_TO_FOLDER, is_kind);
        }
        if wanted.difference(now).next().is_some() {
            self.push(Ace::allow(trustee.clone(), CREATE_IN_FOLDER, NO_FLAGS));
        }
        Ok(())
    }

    /// Puts one entry, or none, in place of all that a list of permissions shows of the trustee.
    fn replace_all(&mut self, trustee: &Sid, mask: Option<AccessMask>, flags: AceFlags) {
        self.entries.retain(|entry| !is_own(entry, trustee, |_| true));
        if let Some(mask) = mask {
            self.push(Ace::allow(trustee.clone(), mask, flags));
        }
    }

    /// Takes a right out of the trustee's entries of a kind; those that have nothing left go.
    fn strip(&mut self, trustee: &Sid, right: AccessMask, is_meant: impl Fn(&Ace) -> bool) {
        let is_file = self.object.is_file();
        let mapped = |mask: AccessMask| if is_file { mask.mapped_for_file() } else { mask.mapped_for_directory() };
        let holds = |ace: &Ace| is_meant(ace) && mapped(ace.mask).intersects(right);
        self.entries.retain_mut(|entry| {
            if !is_own(entry, trustee, holds) {
                return true;
            }
            let AclEntry::Ace(ace) = entry else { return true };
            ace.mask = mapped(ace.mask) & !right;
            !ace.mask.is_empty()
        });
    }

    fn push(&mut self, ace: Ace) {
        self.entries.push(AclEntry::Ace(ace));
    }
}

/// Tells whether an entry is one of the trustee's that a list of permissions shows, not inherited, and meant.
fn is_own(entry: &AclEntry, trustee: &Sid, is_meant: impl Fn(&Ace) -> bool) -> bool {
    match entry {
        AclEntry::Ace(ace) => ace.sid == *trustee && !ace.is_inherited() && is_shown(ace) && is_meant(ace),
        AclEntry::Unknown(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::gpm::{Permission, Trustee};
    use crate::security::SddlContext;

    const APPLY: &str = "edacfd8f-ffb3-11d1-b41d-00a0c968f939";
    const GP_LINK: &str = "f30e3bbe-9ff0-11d1-b603-0000f80367c1";
    const GP_OPTIONS: &str = "f30e3bbf-9ff0-11d1-b603-0000f80367c1";
    const LOGGING: &str = "b7b1b3de-ab09-4242-9e30-9980e5d322f7";
    const GPC: &str = "f30e3bc2-9ff0-11d1-b603-0000f80367c1";
    const FILTER: &str = "ab857078-0142-4406-945b-34c9b6b13372";

    fn context() -> SddlContext {
        let domain: Option<Sid> = "S-1-5-21-1-2-3".parse().ok();
        SddlContext { domain: domain.clone(), forest_root: domain }
    }

    fn descriptor(sddl: &str) -> SecurityDescriptor {
        SecurityDescriptor::from_sddl(sddl, &context()).unwrap()
    }

    fn sid(name: &str) -> Sid {
        descriptor(&format!("O:{name}")).owner.unwrap()
    }

    fn permission(trustee: &str, level: PermissionType, inheritable: bool) -> Permission {
        Permission::new(Trustee::unresolved(sid(trustee)), level, inheritable).unwrap()
    }

    /// Changes the permissions that a list shows, and compares the list that comes of it.
    #[track_caller]
    fn check(object: SecuredObject, before: &str, change: impl Fn(&mut SecurityInfo), after: &str) {
        let before = descriptor(before);
        let mut info = SecurityInfo::from_descriptor(object, &before);
        change(&mut info);
        let new = info.apply_to(object, &before).unwrap();
        assert_eq!(new.to_sddl(&context()), descriptor(after).to_sddl(&context()));
    }

    #[track_caller]
    fn refuses(object: SecuredObject, before: &str, change: impl Fn(&mut SecurityInfo), expected: &str) {
        let before = descriptor(before);
        let mut info = SecurityInfo::from_descriptor(object, &before);
        change(&mut info);
        assert_eq!(info.apply_to(object, &before).unwrap_err().to_string(), expected);
    }

    fn add(trustee: &'static str, level: PermissionType, inheritable: bool) -> impl Fn(&mut SecurityInfo) {
        move |info| assert!(info.add(&permission(trustee, level, inheritable)).unwrap())
    }

    fn remove(trustee: &'static str, level: PermissionType) -> impl Fn(&mut SecurityInfo) {
        move |info| assert!(info.remove(&permission(trustee, level, false)).unwrap())
    }

    #[test]
    fn levels_of_a_gpo() {
        let gpo = SecuredObject::Gpo;
        use PermissionType::{GpoApply, GpoEdit, GpoEditSecurityAndDelete, GpoRead};
        let apply = format!("(OA;CI;CR;{APPLY};;DU)");
        check(
            gpo,
            "D:PAI(A;CI;0xF00FF;;;DA)",
            add("DU", GpoRead, false),
            "D:PAI(A;CI;0xF00FF;;;DA)(A;CI;0x20014;;;DU)",
        );
        check(gpo, "D:", add("DU", GpoApply, false), &format!("D:(A;CI;0x20014;;;DU){apply}"));
        check(gpo, "D:", add("DU", GpoEdit, false), "D:(A;CI;0x20037;;;DU)");
        check(gpo, "D:", add("DU", GpoEditSecurityAndDelete, false), "D:(A;CI;0xF0037;;;DU)");
        // What stays of a level keeps its entries.
        check(gpo, "D:(A;CI;0x20094;;;DU)", add("DU", GpoApply, false), &format!("D:(A;CI;0x20094;;;DU){apply}"));
        check(
            gpo,
            &format!("D:{apply}(A;CI;0x20094;;;DU)"),
            add("DU", GpoEdit, false),
            &format!("D:{apply}(A;CI;0x20037;;;DU)"),
        );
        let without_apply = |info: &mut SecurityInfo| {
            assert!(info.set(&permission("DU", GpoRead, false)).unwrap());
        };
        check(gpo, &format!("D:{apply}(A;CI;0x20094;;;DU)"), without_apply, "D:(A;CI;0x20094;;;DU)");
        check(gpo, "D:(A;CI;0xF01FF;;;DU)", remove("DU", GpoApply), "D:(A;CI;0xF00FF;;;DU)");
        check(gpo, &format!("D:{apply}(A;CI;0x20094;;;DU)"), remove("DU", GpoApply), "D:");
        check(
            gpo,
            &format!("D:(A;CI;0x20037;;;DU){apply}"),
            remove("DU", GpoEdit),
            &format!("D:{apply}(A;CI;0x20014;;;DU)"),
        );
        // A custom permission is replaced, a denial is not.
        check(gpo, &format!("D:{apply}"), add("DU", GpoRead, false), "D:(A;CI;0x20014;;;DU)");
        check(gpo, "D:(A;;0xF00FF;;;DA)", add("DA", GpoEditSecurityAndDelete, true), "D:(A;CI;0xF00FF;;;DA)");
        // What is not shown, or not explicit, stays; denials come first, what is inherited last.
        check(
            gpo,
            "D:AI(A;CIIO;0xF00FF;;;DU)(A;CIID;0x20014;;;DA)(A;CI;0x20014;;;DU)(D;;WP;;;WD)",
            add("DU", GpoEdit, false),
            "D:AI(D;;WP;;;WD)(A;CIIO;0xF00FF;;;DU)(A;CI;0x20037;;;DU)(A;CIID;0x20014;;;DA)",
        );
        refuses(
            gpo,
            "D:NO_ACCESS_CONTROL",
            |info| info.permissions.push(permission("DU", GpoRead, false)),
            "there is no access list, so that everybody may do everything; make one in the advanced security editor",
        );
        refuses(
            gpo,
            "D:",
            |info| info.permissions.push(permission("DU", PermissionType::SomLink, false)),
            "`Link GPOs` is no permission on a GPO",
        );
    }

    #[test]
    fn the_trustee_of_a_rule_removed_loses_all_that_is_shown() {
        let gone = |info: &mut SecurityInfo| assert!(info.remove_trustee(&sid("DU")).unwrap());
        check(
            SecuredObject::Gpo,
            &format!("D:(OD;CI;CR;{APPLY};;DU)(A;CI;0x20014;;;DU)(A;CIIO;0x20014;;;DU)(A;CI;0x20014;;;AU)"),
            gone,
            "D:(A;CIIO;0x20014;;;DU)(A;CI;0x20014;;;AU)",
        );
    }

    #[test]
    fn rights_on_soms() {
        use PermissionType::{SomLink, SomLogging};
        let ou = SecuredObject::Ou;
        let link = |flags: &str| format!("(OA;{flags};RPWP;{GP_LINK};;DU)(OA;{flags};RPWP;{GP_OPTIONS};;DU)");
        check(ou, "D:(A;;0x20094;;;AU)", add("DU", SomLink, true), &format!("D:(A;;0x20094;;;AU){}", link("CI")));
        check(ou, "D:", add("DU", SomLogging, false), &format!("D:(OA;;CR;{LOGGING};;DU)"));
        check(ou, &format!("D:{}", link("")), add("DU", SomLink, true), &format!("D:{}", link("CI")));
        check(ou, &format!("D:(A;;0x20094;;;DU){}", link("CI")), remove("DU", SomLink), "D:(A;;0x20094;;;DU)");
        let only_here = |info: &mut SecurityInfo| assert!(info.set(&permission("DU", SomLink, false)).unwrap());
        check(ou, &format!("D:{}", link("CI")), only_here, &format!("D:{}", link("")));
        check(
            ou,
            &format!("D:{}(OA;CI;CR;{LOGGING};;DU)", link("")),
            remove("DU", SomLogging),
            &format!("D:{}", link("")),
        );
        check(
            ou,
            "D:(A;;GA;;;DA)",
            add("DA", SomLink, true),
            &format!("D:(A;;GA;;;DA){}", link("CI").replace("DU", "DA")),
        );
        refuses(
            ou,
            "D:(A;;GA;;;DA)",
            remove("DA", SomLink),
            "S-1-5-21-1-2-3-512 holds `Link GPOs` by an entry that grants more than that; change that entry in the advanced security editor",
        );
    }

    #[test]
    fn rights_to_create() {
        use PermissionType::{SomGpoCreate, SomStarterGpoCreate, SomWmiCreate, SomWmiFullControl};
        let (gpos, filters) = (SecuredObject::PoliciesContainer, SecuredObject::WmiFiltersContainer);
        check(gpos, "D:(A;;LC;;;AU)", add("DU", SomGpoCreate, true), &format!("D:(A;;LC;;;AU)(OA;;CC;{GPC};;DU)"));
        check(gpos, &format!("D:(OA;;CC;{GPC};;DU)(A;;CCLC;;;DU)"), remove("DU", SomGpoCreate), "D:(A;;LC;;;DU)");
        refuses(
            gpos,
            "D:(A;;GA;;;DA)",
            remove("DA", SomGpoCreate),
            "S-1-5-21-1-2-3-512 holds `Create GPOs` by an entry that grants more than that; change that entry in the advanced security editor",
        );
        check(filters, "D:", add("DU", SomWmiCreate, true), &format!("D:(OA;;CC;{FILTER};;DU)"));
        check(
            filters,
            &format!("D:(OA;;CC;{FILTER};;DU)"),
            add("DU", SomWmiFullControl, true),
            "D:(A;CI;0xF01FF;;;DU)",
        );
        let only_create = |info: &mut SecurityInfo| assert!(info.set(&permission("DU", SomWmiCreate, false)).unwrap());
        check(
            filters,
            "D:(A;CI;0xF01FF;;;DU)(A;;LC;;;DU)",
            only_create,
            &format!("D:(A;;LC;;;DU)(OA;;CC;{FILTER};;DU)"),
        );
        check(filters, "D:(A;;CC;;;PA)", remove("PA", SomWmiCreate), "D:");
        let folder = SecuredObject::StarterGposFolder;
        check(
            folder,
            "D:P(A;OICI;FA;;;DA)",
            add("DU", SomStarterGpoCreate, true),
            "D:P(A;OICI;FA;;;DA)(A;;0x1200af;;;DU)",
        );
        check(folder, "D:P(A;;0x1200af;;;DU)", remove("DU", SomStarterGpoCreate), "D:P");
        // The list of a domain speaks of several objects; each takes its own.
        let mut info = SecurityInfo::default();
        for level in [SomGpoCreate, SomWmiCreate, SomStarterGpoCreate, PermissionType::SomLink] {
            info.permissions.push(permission("DU", level, false));
        }
        let new = info.apply_to(gpos, &descriptor("D:")).unwrap();
        assert_eq!(new.to_sddl(&context()), format!("D:(OA;;CC;{GPC};;DU)"));
    }

    #[test]
    fn filters_and_starter_gpos() {
        use PermissionType::{StarterGpoEdit, StarterGpoRead, WmiFilterEdit, WmiFilterFullControl};
        let filter = SecuredObject::WmiFilter;
        check(filter, "D:(A;;0x20094;;;AU)", add("DU", WmiFilterEdit, true), "D:(A;;0x20094;;;AU)(A;;0x200bc;;;DU)");
        check(filter, "D:(A;;0x200bc;;;DU)", add("DU", WmiFilterFullControl, true), "D:(A;;0xF01FF;;;DU)");
        check(filter, "D:(A;;0xF01FF;;;DU)", remove("DU", WmiFilterFullControl), "D:");
        let starter = SecuredObject::StarterGpo;
        check(
            starter,
            "D:P(A;OICI;FA;;;DA)",
            add("DU", StarterGpoRead, true),
            "D:P(A;OICI;FA;;;DA)(A;OICI;0x1200a9;;;DU)",
        );
        check(starter, "D:P(A;OICI;0x1200a9;;;DU)", add("DU", StarterGpoEdit, true), "D:P(A;OICI;0x1301bf;;;DU)");
    }

    const OBJECTS: [SecuredObject; 10] = [
        SecuredObject::Gpo,
        SecuredObject::Site,
        SecuredObject::Domain,
        SecuredObject::Ou,
        SecuredObject::PoliciesContainer,
        SecuredObject::PoliciesFolder,
        SecuredObject::WmiFilter,
        SecuredObject::WmiFiltersContainer,
        SecuredObject::StarterGpo,
        SecuredObject::StarterGposFolder,
    ];

    /// An entry of a principal of few, with rights that make up levels, or do not.
    fn entry() -> impl Strategy<Value = AclEntry> {
        let masks = [0x20014, 0x20094, 0x20037, 0xF0037, 0xF00FF, 0xF01FF, 0x1, 0x30, 0x100, 0x1200A9, 0x1301BF, 0x6];
        let types = [APPLY, GP_LINK, GP_OPTIONS, LOGGING, GPC, FILTER, "bf967aba-0de6-11d0-a285-00aa003049e2"];
        let trustees = ["DU", "AU", "DA", "PA"];
        let flags = [0, 2, 3, 0xA, 0x12];
        let type_of = (any::<bool>(), prop::sample::select(types.to_vec()));
        let parts = (
            prop::sample::select(masks.to_vec()),
            prop::sample::select(trustees.to_vec()),
            prop::sample::select(flags.to_vec()),
            type_of,
            0u8..8,
        );
        parts.prop_map(|(mask, trustee, flags, (is_typed, object_type), kind)| {
            let (mask, flags) = (AccessMask(mask), AceFlags(flags));
            let ace = match kind {
                0 => Ace::deny(sid(trustee), mask, flags),
                _ if is_typed => Ace::allow_object(sid(trustee), mask, object_type.parse().unwrap(), flags),
                _ => Ace::allow(sid(trustee), mask, flags),
            };
            AclEntry::Ace(ace)
        })
    }

    proptest! {
        /// Whatever stands in a list: a level that was added is there, one that was taken away is not, and nobody else's entries changed.
        #[test]
        fn what_is_written_is_what_is_read(
            entries in prop::collection::vec(entry(), 0..8),
            object in prop::sample::select(OBJECTS.to_vec()),
            choice in any::<prop::sample::Index>(),
            inheritable in any::<bool>(),
            adds in any::<bool>(),
            unknown_at in any::<prop::sample::Index>(),
        ) {
            // A kind of entry that nobody knows.
            let mut bytes = vec![1, 0, 0x04, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x14, 0, 0, 0];
            bytes.extend([2, 0, 16, 0, 1, 0, 0, 0, 0xEE, 0, 8, 0, 1, 2, 3, 4]);
            let unknown = SecurityDescriptor::from_bytes(&bytes).unwrap().dacl.acl().unwrap().entries[0].clone();
            let mut list = entries;
            list.insert(unknown_at.index(list.len() + 1), unknown.clone());
            let mut before = descriptor("O:DAG:DAD:AI");
            before.dacl = AclState::Present(Acl { entries: list, ..Acl::default() });
            let level = *choice.get(object.levels());
            let asked = permission("DU", level, inheritable && object != SecuredObject::Site);
            let mut info = SecurityInfo::from_descriptor(object, &before);
            let outcome = if adds { info.add(&asked) } else { info.remove(&asked) };
            let Ok(changed) = outcome else { return Ok(()) };
            let Ok(after) = info.apply_to(object, &before) else { return Ok(()) };
            let read = SecurityInfo::from_descriptor(object, &after);
            if adds {
                let holds = |row: &Permission| row.trustee.sid == sid("DU") && !row.denied && row.level.includes(level);
                prop_assert!(read.permissions.iter().any(holds));
            } else if changed {
                let holds = |row: &Permission| {
                    row.trustee.sid == sid("DU") && !row.denied && !row.inherited && row.level == level
                };
                prop_assert!(!read.permissions.iter().any(holds));
            }
            if !changed {
                prop_assert_eq!(&after, &before);
            }
            let others = |descriptor: &SecurityDescriptor| -> Vec<AclEntry> {
                let entries = descriptor.dacl.acl().unwrap().entries.clone().into_iter();
                let mut others: Vec<AclEntry> = entries
                    .filter(|entry| match entry {
                        AclEntry::Ace(ace) => ace.sid != sid("DU") || ace.is_inherited() || !ace.concerns_self(),
                        AclEntry::Unknown(_) => true,
                    })
                    .collect();
                others.sort_by_key(AclEntry::place_in_list);
                others
            };
            prop_assert_eq!(others(&before), others(&after));
            prop_assert!(after.dacl.acl().unwrap().entries.contains(&unknown));
            prop_assert_eq!((&after.owner, &after.control), (&before.owner, &before.control));
        }
    }
}
