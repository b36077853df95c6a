//! The permissions on a GPO, SOM, WMI filter or starter GPO, in Microsoft's levels (IGPMSecurityInfo).
//!
//! Access masks become levels by containment, because the entries of new GPOs hold more rights than those GPMC adds
//! (`gpo-storage.md` A9, `object-model.md` 7.3). Entries that concern only what lies below are left out; a denial makes Custom.

use std::collections::HashMap;

use serde::Serialize;

use crate::ident::{Guid, Sid};
use crate::security::{AccessMask, Ace, AceFlags, AceKind, Acl, AclState, SecurityDescriptor, rights};

use super::{Permission, PermissionType, Trustee};

/// The permissions on one object, in Microsoft's levels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SecurityInfo {
    /// One row per trustee, level, and whether it came from above; in the order of the access list.
    pub permissions: Vec<Permission>,
    /// Whether the object has no access list: everybody may do everything, and there are no rows to show it.
    pub unrestricted: bool,
}

/// What kind of object a descriptor belongs to; it decides which levels there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SecuredObject {
    /// A GPO's container in the directory.
    Gpo,
    /// A site: link.
    Site,
    /// A domain: link, logging, planning.
    Domain,
    /// An OU: link, logging, planning.
    Ou,
    /// The container `CN=Policies,CN=System`: create GPOs.
    PoliciesContainer,
    /// A WMI filter.
    WmiFilter,
    /// The container `CN=SOM,CN=WMIPolicy,CN=System`: create WMI filters, full control of all.
    WmiFiltersContainer,
    /// The folder of a starter GPO in SYSVOL.
    StarterGpo,
    /// The folder `StarterGPOs` in SYSVOL: create starter GPOs.
    StarterGposFolder,
}

impl SecurityInfo {
    /// Reads the levels out of a descriptor. Trustees have the names of well-known SIDs; the others are found by a search.
    pub fn from_descriptor(object: SecuredObject, descriptor: &SecurityDescriptor) -> Self {
        let AclState::Present(acl) = &descriptor.dacl else {
            return SecurityInfo { permissions: Vec::new(), unrestricted: true };
        };
        let groups = Grants::group(acl);
        let permissions = groups.iter().flat_map(|grants| grants.levels(object)).collect();
        SecurityInfo { permissions, unrestricted: false }
    }

    /// Reads the levels out of self-relative bytes.
    pub fn from_bytes(object: SecuredObject, bytes: &[u8]) -> Result<Self, crate::security::DescriptorError> {
        Ok(SecurityInfo::from_descriptor(object, &SecurityDescriptor::from_bytes(bytes)?))
    }

    /// Returns the SIDs of all trustees, each once, for looking up their names.
    pub fn sids(&self) -> Vec<Sid> {
        let mut sids: Vec<Sid> = self.permissions.iter().map(|permission| permission.trustee.sid.clone()).collect();
        sids.sort();
        sids.dedup();
        sids
    }

    /// Puts in the trustees that were found for the SIDs.
    pub fn set_trustees(&mut self, found: &HashMap<Sid, Trustee>) {
        for permission in &mut self.permissions {
            if let Some(trustee) = found.get(&permission.trustee.sid) {
                permission.trustee = trustee.clone();
            }
        }
    }

    /// Returns those to whom the GPO applies: the Security Filtering list of its Scope tab.
    pub fn security_filtering(&self) -> impl Iterator<Item = &Trustee> {
        let applies = |permission: &&Permission| permission.level == PermissionType::GpoApply && !permission.denied;
        self.permissions.iter().filter(applies).map(|permission| &permission.trustee)
    }

    /// Tells whether the trustee holds exactly this level (not by membership in a group).
    pub fn grants(&self, trustee: &Sid, level: PermissionType) -> bool {
        self.permissions
            .iter()
            .any(|permission| permission.trustee.sid == *trustee && permission.level == level && !permission.denied)
    }
}

/// Tells whether every computer may read the GPO: through Authenticated Users, Everyone or a Domain Computers group.
///
/// Since MS16-072 it is the computer that fetches the policy of its user; a GPO that computers cannot read does not apply.
/// `domain` is the SID of the GPO's domain; without it the Domain Computers of any domain count.
pub fn computers_can_read(descriptor: &SecurityDescriptor, domain: Option<&Sid>) -> bool {
    const DOMAIN_COMPUTERS: u32 = 515;
    let AclState::Present(acl) = &descriptor.dacl else { return true };
    let is_everybody = |sid: &Sid| {
        let is_computers = sid.is_domain_principal()
            && sid.rid() == Some(DOMAIN_COMPUTERS)
            && domain.is_none_or(|domain| sid.parent().as_ref() == Some(domain));
        is_computers || *sid == Sid::authenticated_users() || *sid == Sid::everyone()
    };
    let read = AccessMask::READ_PROPERTY | AccessMask::LIST_CHILDREN;
    let groups = Grants::group(acl);
    let rights_of = |grants: &&Grants| is_everybody(grants.sid);
    let granted = groups.iter().filter(rights_of).any(|grants| grants.plain.contains(read));
    let denied = groups.iter().filter(rights_of).any(|grants| grants.denied_rights.intersects(read));
    granted && !denied
}

/// Tells whether those for whom `is_member` is true together hold the level: entries count in their order, the first to speak
/// of a right decides, as in an access check ([MS-DTYP] 2.5.3.2). An object without a list grants everything.
pub(super) fn holds_effectively(
    object: SecuredObject,
    descriptor: &SecurityDescriptor,
    level: PermissionType,
    is_member: impl Fn(&Sid) -> bool,
) -> bool {
    let AclState::Present(acl) = &descriptor.dacl else { return true };
    let is_file = object == SecuredObject::StarterGpo;
    let granted_on = |object_type: Option<Guid>| {
        let mut decided = AccessMask::NONE;
        let mut granted = AccessMask::NONE;
        let relevant = acl.aces().filter(|ace| ace.concerns_self() && is_member(&ace.sid));
        for ace in relevant {
            let speaks = ace.object_type().is_none() || ace.object_type() == object_type;
            let mask = if is_file { ace.mask.mapped_for_file() } else { ace.mask.mapped_for_directory() };
            let news = if speaks { mask & !decided } else { AccessMask::NONE };
            // A condition cannot be evaluated here: a grant under one is not counted, a denial is.
            if ace.kind == AceKind::Allow {
                granted |= news;
                decided |= news;
            } else if ace.denies() {
                decided |= news;
            }
        }
        granted
    };
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

/// What one trustee is granted and denied on the object itself, by explicit entries or by inherited ones.
struct Grants<'a> {
    sid: &'a Sid,
    inherited: bool,
    inheritable: bool,
    /// Rights on the whole object.
    plain: AccessMask,
    /// Rights limited to a property, extended right or child class.
    typed: Vec<(Guid, AccessMask)>,
    denies: bool,
    /// Denied rights on the whole object.
    denied_rights: AccessMask,
    denied_typed: Vec<(Guid, AccessMask)>,
}

const FULL_EDIT: AccessMask = AccessMask(0xF0037);
const EDIT: AccessMask = AccessMask(0x20037);
const READ: AccessMask = AccessMask(0x20014);
/// Delete, change the list, change the owner.
const CHANGE_SECURITY: AccessMask = AccessMask(0xD0000);
/// Every right that changes something: children, properties, validated writes, trees, and the three above.
const CHANGE_ANYTHING: AccessMask = AccessMask(0xD006B);
const READ_AND_WRITE_PROPERTY: AccessMask = AccessMask(0x30);
/// Write into a folder: add files and add folders.
const ADD_TO_FOLDER: AccessMask = AccessMask(0x6);
/// Write data or attributes, remove, change the list or the owner of a file.
const CHANGE_FILE: AccessMask = AccessMask(0xD_0156);

impl<'a> Grants<'a> {
    /// Puts the entries together by trustee and origin, in the order in which they first appear.
    fn group(acl: &'a Acl) -> Vec<Grants<'a>> {
        let mut groups: Vec<Grants<'a>> = Vec::new();
        let mut positions: HashMap<(&Sid, bool), usize> = HashMap::new();
        let relevant = acl.aces().filter(|ace| ace.concerns_self() && (ace.allows() || ace.denies()));
        for ace in relevant {
            let position = *positions.entry((&ace.sid, ace.is_inherited())).or_insert_with(|| {
                groups.push(Grants::new(ace));
                groups.len() - 1
            });
            groups[position].add(ace);
        }
        groups
    }

    fn new(ace: &'a Ace) -> Self {
        Grants {
            sid: &ace.sid,
            inherited: ace.is_inherited(),
            inheritable: false,
            plain: AccessMask::NONE,
            typed: Vec::new(),
            denies: false,
            denied_rights: AccessMask::NONE,
            denied_typed: Vec::new(),
        }
    }

    fn add(&mut self, ace: &Ace) {
        self.inheritable |= ace.flags.contains(AceFlags::CONTAINER_INHERIT);
        self.denies |= ace.denies();
        match (ace.object_type(), ace.allows()) {
            (Some(object_type), true) => self.typed.push((object_type, ace.mask)),
            (Some(object_type), false) => self.denied_typed.push((object_type, ace.mask)),
            (None, true) => self.plain |= ace.mask,
            (None, false) => self.denied_rights |= ace.mask,
        }
    }

    fn levels(&self, object: SecuredObject) -> Vec<Permission> {
        let with_inheritable = |levels: Vec<(PermissionType, bool)>, inheritable: bool| {
            let permission = |(level, denied)| Permission {
                trustee: Trustee::unresolved(self.sid.clone()),
                level,
                denied,
                inheritable,
                inherited: self.inherited,
            };
            levels.into_iter().map(permission).collect()
        };
        match object {
            SecuredObject::Gpo => with_inheritable(self.gpo_levels(), self.inheritable),
            SecuredObject::Site => with_inheritable(self.som_levels(&[PermissionType::SomLink]), self.inheritable),
            SecuredObject::Domain | SecuredObject::Ou => {
                let levels = [PermissionType::SomLink, PermissionType::SomLogging, PermissionType::SomPlanning];
                with_inheritable(self.som_levels(&levels), self.inheritable)
            }
            SecuredObject::PoliciesContainer => {
                with_inheritable(self.som_levels(&[PermissionType::SomGpoCreate]), false)
            }
            SecuredObject::WmiFilter => with_inheritable(self.wmi_filter_levels(), false),
            SecuredObject::WmiFiltersContainer => {
                let full = self.som_levels(&[PermissionType::SomWmiFullControl]);
                let granted_in_full = full.iter().any(|(_, denied)| !denied);
                let create = self.som_levels(&[PermissionType::SomWmiCreate]);
                with_inheritable(if granted_in_full { full } else { create }, false)
            }
            SecuredObject::StarterGpo => with_inheritable(self.starter_gpo_levels(), self.inheritable),
            SecuredObject::StarterGposFolder => {
                let adds = |mask: AccessMask| mask.mapped_for_file().contains(ADD_TO_FOLDER);
                let levels = [(adds(self.plain), false), (adds(self.denied_rights), true)];
                let created = |(_, denied)| (PermissionType::SomStarterGpoCreate, denied);
                with_inheritable(levels.into_iter().filter(|(holds, _)| *holds).map(created).collect(), false)
            }
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
            let holds = |plain: AccessMask, typed: &[(Guid, AccessMask)]| {
                let plain = plain.mapped_for_directory();
                let on = |object_type: Guid| {
                    let same_type = typed.iter().filter(|(own, _)| *own == object_type);
                    same_type.fold(plain, |mask, (_, rights)| mask | rights.mapped_for_directory())
                };
                match level {
                    PermissionType::SomLink => {
                        on(rights::GP_LINK).contains(READ_AND_WRITE_PROPERTY)
                            && on(rights::GP_OPTIONS).contains(READ_AND_WRITE_PROPERTY)
                    }
                    PermissionType::SomLogging => {
                        on(rights::GENERATE_RSOP_LOGGING).contains(AccessMask::CONTROL_ACCESS)
                    }
                    PermissionType::SomPlanning => {
                        on(rights::GENERATE_RSOP_PLANNING).contains(AccessMask::CONTROL_ACCESS)
                    }
                    PermissionType::SomGpoCreate => {
                        on(rights::GROUP_POLICY_CONTAINER).contains(AccessMask::CREATE_CHILD)
                    }
                    PermissionType::SomWmiCreate => on(rights::WMI_FILTER).contains(AccessMask::CREATE_CHILD),
                    PermissionType::SomWmiFullControl => plain.contains(
                        AccessMask::CREATE_CHILD
                            | AccessMask::WRITE_PROPERTY
                            | AccessMask::WRITE_DAC
                            | AccessMask::WRITE_OWNER,
                    ),
                    _ => false,
                }
            };
            if holds(self.plain, &self.typed) {
                found.push((*level, false));
            }
            if holds_denied(level, self.denied_rights, &self.denied_typed) {
                found.push((*level, true));
            }
        }
        found
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

/// Tells whether a denial takes the level away: it is enough that one of its rights is denied.
fn holds_denied(level: &PermissionType, plain: AccessMask, typed: &[(Guid, AccessMask)]) -> bool {
    let plain = plain.mapped_for_directory();
    let denies = |object_types: &[Guid], right: AccessMask| {
        let typed_denial = |(own, mask): &(Guid, AccessMask)| {
            object_types.contains(own) && mask.mapped_for_directory().intersects(right)
        };
        plain.intersects(right) || typed.iter().any(typed_denial)
    };
    match level {
        PermissionType::SomLink => denies(&[rights::GP_LINK, rights::GP_OPTIONS], AccessMask::WRITE_PROPERTY),
        PermissionType::SomLogging => denies(&[rights::GENERATE_RSOP_LOGGING], AccessMask::CONTROL_ACCESS),
        PermissionType::SomPlanning => denies(&[rights::GENERATE_RSOP_PLANNING], AccessMask::CONTROL_ACCESS),
        PermissionType::SomGpoCreate => denies(&[rights::GROUP_POLICY_CONTAINER], AccessMask::CREATE_CHILD),
        PermissionType::SomWmiCreate => denies(&[rights::WMI_FILTER], AccessMask::CREATE_CHILD),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::security::SddlContext;

    fn descriptor(dacl: &str) -> SecurityDescriptor {
        let domain: Option<Sid> = "S-1-5-21-1-2-3".parse().ok();
        let context = SddlContext { domain: domain.clone(), forest_root: domain };
        SecurityDescriptor::from_sddl(dacl, &context).unwrap()
    }

    /// Each row is `trustee level`, with `!` before a denial, `^` behind what came from above and `+` behind what goes further down.
    fn check(object: SecuredObject, dacl: &str, expected: &[&str]) {
        let rows: Vec<String> = SecurityInfo::from_descriptor(object, &descriptor(dacl))
            .permissions
            .iter()
            .map(|row| {
                let mark = |holds: bool, mark: &'static str| if holds { mark } else { "" };
                let sid = row.trustee.sid.to_string();
                format!(
                    "{}{} {:?}{}{}",
                    mark(row.denied, "!"),
                    sid.trim_start_matches("S-1-5-").trim_start_matches("21-1-2-3-"),
                    row.level,
                    mark(row.inherited, "^"),
                    mark(row.inheritable, "+")
                )
            })
            .collect();
        assert_eq!(rows, expected, "{dacl}");
    }

    const APPLY: &str = "edacfd8f-ffb3-11d1-b41d-00a0c968f939";

    #[test]
    fn a_new_gpo_shows_as_gpmc_shows_it() {
        check(
            SecuredObject::Gpo,
            "D:PAI(OA;CI;CR;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;AU)(A;;CCDCLCSWRPWPDTLOSDRCWDWO;;;DA)(A;CI;CCDCLCSWRPWPDTLOSDRCWDWO;;;DA)(A;CI;CCDCLCSWRPWPDTLOSDRCWDWO;;;EA)(A;CI;LCRPLORC;;;ED)(A;CI;LCRPLORC;;;AU)(A;CI;CCDCLCSWRPWPDTLOSDRCWDWO;;;SY)(A;CIIO;CCDCLCSWRPWPDTLOSDRCWDWO;;;CO)",
            &[
                "11 GpoApply+",
                "512 GpoEditSecurityAndDelete+",
                "519 GpoEditSecurityAndDelete+",
                "9 GpoRead+",
                "18 GpoEditSecurityAndDelete+",
            ],
        );
    }

    #[test]
    fn masks_of_gpos_become_levels_by_containment() {
        let one = |aces: &str, expected: &[&str]| check(SecuredObject::Gpo, &format!("D:{aces}"), expected);
        one("(A;CI;0x20014;;;AU)", &["11 GpoRead+"]);
        one("(A;CI;GR;;;AU)", &["11 GpoRead+"]);
        one("(A;CI;0x20037;;;AU)", &["11 GpoEdit+"]);
        one("(A;CI;0x200BF;;;AU)", &["11 GpoEdit+"]);
        one("(A;CI;0xF0037;;;AU)", &["11 GpoEditSecurityAndDelete+"]);
        one("(A;CI;0xF01FF;;;AU)", &["11 GpoEditSecurityAndDelete+", "11 GpoApply+"]);
        one("(A;CI;GA;;;AU)", &["11 GpoEditSecurityAndDelete+", "11 GpoApply+"]);
        one("(A;CI;0xE00BD;;;AU)", &["11 GpoCustom+"]);
        one("(A;CI;0x30037;;;AU)", &["11 GpoCustom+"]);
        one("(A;CI;0x20034;;;AU)", &["11 GpoCustom+"]);
        one("(A;CI;RP;;;AU)", &["11 GpoCustom+"]);
        one(&format!("(OA;CI;CR;{APPLY};;AU)"), &["11 GpoCustom+"]);
        one(&format!("(A;CI;0x20014;;;AU)(OA;CI;CR;{APPLY};;AU)"), &["11 GpoApply+"]);
        one("(A;CI;0x20114;;;AU)", &["11 GpoApply+"]);
        one(&format!("(A;CI;0x20037;;;AU)(OA;CI;CR;{APPLY};;AU)"), &["11 GpoEdit+", "11 GpoApply+"]);
        one(&format!("(A;CI;0x20014;;;AU)(OD;CI;CR;{APPLY};;AU)"), &["!11 GpoCustom+"]);
        one("(A;CIID;0x20014;;;AU)(A;CI;0x20037;;;AU)", &["11 GpoRead^+", "11 GpoEdit+"]);
        one("(A;CIIO;0x20014;;;AU)", &[]);
    }

    #[test]
    fn rights_on_soms() {
        let link = "(OA;CI;RPWP;f30e3bbe-9ff0-11d1-b603-0000f80367c1;;AU)(OA;CI;RPWP;f30e3bbf-9ff0-11d1-b603-0000f80367c1;;AU)";
        check(SecuredObject::Ou, &format!("D:{link}"), &["11 SomLink+"]);
        check(SecuredObject::Site, &format!("D:{link}(A;;GA;;;SY)"), &["11 SomLink+", "18 SomLink"]);
        check(SecuredObject::Ou, "D:(OA;CI;RPWP;f30e3bbe-9ff0-11d1-b603-0000f80367c1;;AU)", &[]);
        check(SecuredObject::Ou, "D:(OA;;CR;b7b1b3de-ab09-4242-9e30-9980e5d322f7;;AU)", &["11 SomLogging"]);
        check(SecuredObject::Domain, "D:(OA;CIID;CR;b7b1b3dd-ab09-4242-9e30-9980e5d322f7;;AU)", &["11 SomPlanning^+"]);
        check(SecuredObject::Ou, "D:(OD;;CR;b7b1b3dd-ab09-4242-9e30-9980e5d322f7;;AU)", &["!11 SomPlanning"]);
        check(SecuredObject::Ou, "D:(A;;GA;;;SY)", &["18 SomLink", "18 SomLogging", "18 SomPlanning"]);
        check(SecuredObject::Ou, "D:(A;CI;LCRPLORC;;;AU)", &[]);
    }

    #[test]
    fn rights_to_create() {
        let class = "f30e3bc2-9ff0-11d1-b603-0000f80367c1";
        check(SecuredObject::PoliciesContainer, &format!("D:(OA;;CC;{class};;PA)(A;;LC;;;AU)"), &["520 SomGpoCreate"]);
        check(SecuredObject::PoliciesContainer, "D:(A;CI;GA;;;DA)", &["512 SomGpoCreate"]);
        let container = SecuredObject::WmiFiltersContainer;
        check(container, "D:(A;CI;0xF01FF;;;DA)(A;;CC;;;PA)", &["512 SomWmiFullControl", "520 SomWmiCreate"]);
        check(container, "D:(OA;;CC;ab857078-0142-4406-945b-34c9b6b13372;;PA)", &["520 SomWmiCreate"]);
        check(
            SecuredObject::StarterGposFolder,
            "D:(A;OICI;FA;;;DA)(A;OICI;0x1200a9;;;AU)(A;;0x100006;;;PA)",
            &["512 SomStarterGpoCreate", "520 SomStarterGpoCreate"],
        );
    }

    #[test]
    fn rights_on_filters_and_starter_gpos() {
        check(
            SecuredObject::WmiFilter,
            "D:(A;;0xE01BF;;;DA)(A;;0xF01FF;;;SY)(A;;0x20094;;;AU)(A;;0x200BC;;;BA)(D;;WP;;;WD)",
            &[
                "512 WmiFilterFullControl",
                "18 WmiFilterFullControl",
                "11 WmiFilterCustom",
                "32-544 WmiFilterEdit",
                "!S-1-1-0 WmiFilterCustom",
            ],
        );
        check(
            SecuredObject::StarterGpo,
            "D:(A;OICI;FA;;;DA)(A;OICI;0x1301bf;;;BA)(A;OICI;0x1200a9;;;AU)(A;OICI;0x2;;;SY)",
            &["512 StarterGpoFullControl+", "32-544 StarterGpoEdit+", "11 StarterGpoRead+", "18 StarterGpoCustom+"],
        );
    }

    #[test]
    fn security_filtering_lists_those_who_apply() {
        let info = SecurityInfo::from_descriptor(
            SecuredObject::Gpo,
            &descriptor(&format!(
                "D:(A;CI;0x20014;;;DU)(OA;CI;CR;{APPLY};;DU)(A;CI;0x20014;;;AU)(A;CI;0x20014;;;DC)(OA;CI;CR;{APPLY};;DC)(OD;CI;CR;{APPLY};;DC)"
            )),
        );
        let sids: Vec<String> = info.security_filtering().map(|trustee| trustee.sid.to_string()).collect();
        assert_eq!(sids, ["S-1-5-21-1-2-3-513"]);
        assert!(info.grants(&Sid::authenticated_users(), PermissionType::GpoRead));
    }

    #[test]
    fn computers_must_be_able_to_read() {
        let domain: Sid = "S-1-5-21-1-2-3".parse().unwrap();
        let reads = |dacl: &str| computers_can_read(&descriptor(dacl), Some(&domain));
        assert!(reads("D:(A;CI;LCRPLORC;;;AU)"));
        assert!(reads("D:(A;CI;0x20014;;;DC)"));
        assert!(reads("D:NO_ACCESS_CONTROL"));
        assert!(!reads("D:(A;CI;LCRPLORC;;;DU)(A;CI;0xF00FF;;;DA)"));
        assert!(!reads("D:(A;CIIO;LCRPLORC;;;AU)"));
        assert!(!reads("D:(A;CI;0x20014;;;S-1-5-21-9-9-9-515)"));
        assert!(!reads("D:(D;CI;RP;;;DC)(A;CI;LCRPLORC;;;AU)"));
    }

    #[test]
    fn no_list_means_no_restriction() {
        let info = SecurityInfo::from_descriptor(SecuredObject::Gpo, &descriptor("D:NO_ACCESS_CONTROL"));
        assert!(info.unrestricted && info.permissions.is_empty());
    }
}
