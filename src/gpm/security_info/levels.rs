//! What the entries of an access list amount to: the level of each trustee (`object-model.md` 7.3, `gpo-storage.md` A9).

use std::collections::HashMap;

use crate::ident::{Guid, Sid};
use crate::security::{AccessMask, Ace, AceFlags, Acl, rights};

use super::{Permission, PermissionType, SecuredObject, Trustee};

/// Edit settings, delete, modify security of a GPO: what an entry must hold, and what is written.
pub(super) const FULL_EDIT: AccessMask = AccessMask(0xF0037);
/// Edit the settings of a GPO.
pub(super) const EDIT: AccessMask = AccessMask(0x20037);
/// Read a GPO.
pub(super) const READ: AccessMask = AccessMask(0x20014);
/// Delete, change the list, change the owner.
const CHANGE_SECURITY: AccessMask = AccessMask(0xD0000);
/// Every right that changes something: children, properties, validated writes, trees, and the three above.
const CHANGE_ANYTHING: AccessMask = AccessMask(0xD006B);
pub(super) const READ_AND_WRITE_PROPERTY: AccessMask = AccessMask(0x30);
/// Write into a folder: add files and add folders.
pub(super) const ADD_TO_FOLDER: AccessMask = AccessMask(0x6);
/// Write data or attributes, remove, change the list or the owner of a file.
pub(super) const CHANGE_FILE: AccessMask = AccessMask(0xD_0156);

/// What one trustee is granted and denied on the object itself, by explicit entries or by inherited ones.
pub(super) struct Grants<'a> {
    pub sid: &'a Sid,
    inherited: bool,
    aces: Vec<&'a Ace>,
    pub rights: Rights,
}

/// The rights of some entries, put together.
#[derive(Default)]
pub(super) struct Rights {
    /// Rights on the whole object.
    pub plain: AccessMask,
    /// Rights limited to a property, extended right or child class.
    typed: Vec<(Guid, AccessMask)>,
    denies: bool,
    /// Denied rights on the whole object.
    pub denied_plain: AccessMask,
    denied_typed: Vec<(Guid, AccessMask)>,
}

/// Tells whether a list of permissions shows the entry: it concerns the object itself, and it grants or denies.
pub(super) fn is_shown(ace: &Ace) -> bool {
    ace.concerns_self() && (ace.allows() || ace.denies())
}

impl<'a> Grants<'a> {
    /// Puts the entries together by trustee and origin, in the order in which they first appear.
    pub fn group(acl: &'a Acl) -> Vec<Grants<'a>> {
        let mut groups: Vec<Grants<'a>> = Vec::new();
        let mut positions: HashMap<(&Sid, bool), usize> = HashMap::new();
        for ace in acl.aces().filter(|ace| is_shown(ace)) {
            let position = *positions.entry((&ace.sid, ace.is_inherited())).or_insert_with(|| {
                let inherited = ace.is_inherited();
                groups.push(Grants { sid: &ace.sid, inherited, aces: Vec::new(), rights: Rights::default() });
                groups.len() - 1
            });
            groups[position].aces.push(ace);
            groups[position].rights.add(ace);
        }
        groups
    }

    /// Returns a row for each level on an object of this kind.
    pub fn levels(&self, object: SecuredObject) -> Vec<Permission> {
        let rights = &self.rights;
        let handed_down = || Rights::of(self.aces.iter().filter(|ace| reaches_containers(ace)));
        let with_inheritable = |levels: Vec<(PermissionType, bool)>,
                                inheritable: &dyn Fn((PermissionType, bool)) -> bool| {
            let permission = |(level, denied)| Permission {
                trustee: Trustee::unresolved(self.sid.clone()),
                level,
                denied,
                inheritable: inheritable((level, denied)),
                inherited: self.inherited,
            };
            levels.into_iter().map(permission).collect()
        };
        let some_reach = self.aces.iter().any(|ace| reaches_containers(ace));
        match object {
            SecuredObject::Gpo => with_inheritable(rights.gpo_levels(), &|_| some_reach),
            SecuredObject::Site | SecuredObject::Domain | SecuredObject::Ou => {
                let below = rights_below(object, &handed_down());
                with_inheritable(rights.som_levels(object.levels()), &|level| below.contains(&level))
            }
            SecuredObject::PoliciesContainer => with_inheritable(rights.som_levels(object.levels()), &|_| false),
            SecuredObject::WmiFilter => with_inheritable(rights.wmi_filter_levels(), &|_| false),
            SecuredObject::WmiFiltersContainer => {
                let full = rights.som_levels(&[PermissionType::SomWmiFullControl]);
                let granted_in_full = full.iter().any(|(_, denied)| !denied);
                let create = rights.som_levels(&[PermissionType::SomWmiCreate]);
                with_inheritable(if granted_in_full { full } else { create }, &|_| false)
            }
            SecuredObject::StarterGpo => with_inheritable(rights.starter_gpo_levels(), &|_| some_reach),
            SecuredObject::PoliciesFolder | SecuredObject::StarterGposFolder => {
                let adds = |mask: AccessMask| mask.mapped_for_file().contains(ADD_TO_FOLDER);
                let found = [(adds(rights.plain), false), (adds(rights.denied_plain), true)];
                let created = |(_, denied)| object.levels().iter().map(move |level| (*level, denied));
                with_inheritable(found.into_iter().filter(|(holds, _)| *holds).flat_map(created).collect(), &|_| false)
            }
        }
    }
}

fn reaches_containers(ace: &Ace) -> bool {
    ace.flags.contains(AceFlags::CONTAINER_INHERIT)
}

/// Returns the levels that are handed down to the containers below.
fn rights_below(object: SecuredObject, handed_down: &Rights) -> Vec<(PermissionType, bool)> {
    handed_down.som_levels(object.levels())
}

impl Rights {
    /// Puts the rights of these entries together.
    pub fn of<'a>(aces: impl Iterator<Item = &'a &'a Ace>) -> Self {
        let mut rights = Rights::default();
        for ace in aces {
            rights.add(ace);
        }
        rights
    }

    fn add(&mut self, ace: &Ace) {
        self.denies |= ace.denies();
        match (ace.object_type(), ace.allows()) {
            (Some(object_type), true) => self.typed.push((object_type, ace.mask)),
            (Some(object_type), false) => self.denied_typed.push((object_type, ace.mask)),
            (None, true) => self.plain |= ace.mask,
            (None, false) => self.denied_plain |= ace.mask,
        }
    }

    fn gpo_levels(&self) -> Vec<(PermissionType, bool)> {
        if self.denies {
            return vec![(PermissionType::GpoCustom, true)];
        }
        let plain = self.plain.mapped_for_directory();
        let is_apply = |(object_type, mask): &(Guid, AccessMask)| {
            *object_type == rights::APPLY_GROUP_POLICY && mask.contains(AccessMask::CONTROL_ACCESS)
        };
        let applies = plain.contains(AccessMask::CONTROL_ACCESS) || self.typed.iter().any(is_apply);
        let only_apply = self.typed.iter().all(is_apply);
        let mask = plain & !AccessMask::CONTROL_ACCESS;
        let level = if mask.contains(FULL_EDIT) {
            PermissionType::GpoEditSecurityAndDelete
        } else if mask.contains(EDIT) && !mask.intersects(CHANGE_SECURITY) {
            PermissionType::GpoEdit
        } else if mask.contains(READ) && !mask.intersects(CHANGE_ANYTHING) && only_apply {
            return vec![(if applies { PermissionType::GpoApply } else { PermissionType::GpoRead }, false)];
        } else {
            return vec![(PermissionType::GpoCustom, false)];
        };
        let apply = applies.then_some((PermissionType::GpoApply, false));
        [(level, false)].into_iter().chain(apply).collect()
    }

    /// Returns which of the levels are granted, and which are denied.
    fn som_levels(&self, levels: &[PermissionType]) -> Vec<(PermissionType, bool)> {
        let mut found = Vec::new();
        for level in levels {
            if self.holds(*level) {
                found.push((*level, false));
            }
            if self.holds_denied(*level) {
                found.push((*level, true));
            }
        }
        found
    }

    /// Tells whether the rights make up a level of a site, domain, OU or container.
    fn holds(&self, level: PermissionType) -> bool {
        let plain = self.plain.mapped_for_directory();
        if level == PermissionType::SomWmiFullControl {
            let security = AccessMask::WRITE_DAC | AccessMask::WRITE_OWNER;
            return plain.contains(AccessMask::CREATE_CHILD | AccessMask::WRITE_PROPERTY | security);
        }
        let on = |object_type: Guid| {
            let same_type = self.typed.iter().filter(|(own, _)| *own == object_type);
            same_type.fold(plain, |mask, (_, rights)| mask | rights.mapped_for_directory())
        };
        let (object_types, right) = som_rights(level);
        !object_types.is_empty() && object_types.iter().all(|object_type| on(*object_type).contains(right))
    }

    /// Tells whether a denial takes the level away: it is enough that one of its rights is denied.
    fn holds_denied(&self, level: PermissionType) -> bool {
        let (object_types, right) = som_rights(level);
        let deciding = right & !AccessMask::READ_PROPERTY;
        let typed_denial = |(own, mask): &(Guid, AccessMask)| {
            object_types.contains(own) && mask.mapped_for_directory().intersects(deciding)
        };
        !object_types.is_empty()
            && (self.denied_plain.mapped_for_directory().intersects(deciding)
                || self.denied_typed.iter().any(typed_denial))
    }

    fn wmi_filter_levels(&self) -> Vec<(PermissionType, bool)> {
        if self.denies {
            return vec![(PermissionType::WmiFilterCustom, true)];
        }
        let mask = self.plain.mapped_for_directory();
        let full = AccessMask::WRITE_PROPERTY | AccessMask::WRITE_DAC | AccessMask::WRITE_OWNER;
        let security = AccessMask::WRITE_DAC | AccessMask::WRITE_OWNER;
        let level = if mask.contains(full) {
            PermissionType::WmiFilterFullControl
        } else if mask.contains(AccessMask::WRITE_PROPERTY) && !mask.intersects(security) {
            PermissionType::WmiFilterEdit
        } else {
            PermissionType::WmiFilterCustom
        };
        vec![(level, false)]
    }

    fn starter_gpo_levels(&self) -> Vec<(PermissionType, bool)> {
        if self.denies {
            return vec![(PermissionType::StarterGpoCustom, true)];
        }
        let mask = self.plain.mapped_for_file() | AccessMask::SYNCHRONIZE;
        let level = if mask.contains(AccessMask::FILE_ALL) {
            PermissionType::StarterGpoFullControl
        } else if mask.contains(AccessMask::FILE_MODIFY) {
            PermissionType::StarterGpoEdit
        } else if mask.contains(AccessMask::FILE_READ_EXECUTE) && !mask.intersects(CHANGE_FILE) {
            PermissionType::StarterGpoRead
        } else {
            PermissionType::StarterGpoCustom
        };
        vec![(level, false)]
    }
}

/// Returns the object types that a level of a site, domain, OU or container needs, and the right it needs on each of them; no types for the
/// levels that are no right on an object type.
pub(super) fn som_rights(level: PermissionType) -> (&'static [Guid], AccessMask) {
    match level {
        PermissionType::SomLink => (&[rights::GP_LINK, rights::GP_OPTIONS], READ_AND_WRITE_PROPERTY),
        PermissionType::SomLogging => (&[rights::GENERATE_RSOP_LOGGING], AccessMask::CONTROL_ACCESS),
        PermissionType::SomPlanning => (&[rights::GENERATE_RSOP_PLANNING], AccessMask::CONTROL_ACCESS),
        PermissionType::SomGpoCreate => (&[rights::GROUP_POLICY_CONTAINER], AccessMask::CREATE_CHILD),
        PermissionType::SomWmiCreate => (&[rights::WMI_FILTER], AccessMask::CREATE_CHILD),
        _ => (&[], AccessMask::NONE),
    }
}
