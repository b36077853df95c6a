//! The element `SecurityDescriptor` of reports: who may do what with a GPO, a file, a registry key, a service or a package.
//!
//! Two shapes. For a GPO the entries of a trustee are folded into one row with a level of the Delegation tab; for everything
//! else each entry is a row with the grouped rights of its mask (`Standard`) or the single ones (`Custom`).
//! Sources: `operations.md` 4.2, `gpo-storage.md` A9, the reports of Microsoft's console.

use crate::gpm::{PermissionType, SecuredObject, SecurityInfo};
use crate::ident::Sid;
use crate::report::{Element, Namespace};
use crate::security::{
    AccessMask, Ace, AceData, AceFlags, AceKind, Acl, AclState, Control, SecurityDescriptor, rights,
};

use super::PrincipalNames;

/// What a descriptor protects; it decides the words for its rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DescribedObject {
    /// A GPO's container in the directory.
    Gpo,
    /// A file or folder.
    File,
    /// A registry key.
    RegistryKey,
    /// A system service.
    Service,
    /// A package of software installation.
    Package,
}

/// Rights that reports name as one, the larger ones first.
type Grouped = &'static [(AccessMask, &'static str)];

impl DescribedObject {
    /// Returns the name of the element that holds a group of rights.
    fn grouped_name(self) -> &'static str {
        match self {
            DescribedObject::Gpo => "GPOGroupedAccessEnum",
            DescribedObject::File => "FileGroupedAccessEnum",
            DescribedObject::RegistryKey => "RegistryGroupedAccessEnum",
            DescribedObject::Service => "ServicesGroupedAccessEnum",
            DescribedObject::Package => "SoftwareInstallationGroupedAccessEnum",
        }
    }

    /// Returns the name of the element that holds a single right.
    fn individual_name(self) -> &'static str {
        match self {
            DescribedObject::File => "IndividualFileRightsEnum",
            DescribedObject::RegistryKey => "IndividualRegistryRightsEnum",
            DescribedObject::Service => "IndividualServicesRightsEnum",
            DescribedObject::Gpo | DescribedObject::Package => "IndividualRightsEnum",
        }
    }

    fn grouped(self) -> Grouped {
        match self {
            DescribedObject::File => &[
                (AccessMask(0xF_01FF), "Full Control"),
                (AccessMask(0x3_01BF), "Modify"),
                (AccessMask(0x2_00A9), "Read and Execute"),
                (AccessMask(0x2_0089), "Read"),
                (AccessMask(0x2_0116), "Write"),
                (AccessMask(0x0_0116), "Write"),
            ],
            DescribedObject::RegistryKey => &[(AccessMask(0xF_003F), "Full Control"), (AccessMask(0x2_0019), "Read")],
            DescribedObject::Service => &[
                (AccessMask(0xF_01FF), "Full Control"),
                (AccessMask(0x2_018D), "Read"),
                (AccessMask(0x2_0070), "Start, Stop and Pause"),
                (AccessMask(0x2_0002), "Write"),
                (AccessMask(0x1_0000), "Delete"),
            ],
            DescribedObject::Gpo | DescribedObject::Package => &[
                (AccessMask(0xF_01FF), "Full Control"),
                (AccessMask(0xF_00FF), "Full Control"),
                (AccessMask(0x2_0094), "Read"),
                (AccessMask(0x2_0028), "Write"),
            ],
        }
    }

    fn individual(self) -> &'static [(u32, &'static str)] {
        match self {
            DescribedObject::File => &[
                (0x20, "Traverse Folder/Execute File"),
                (0x1, "List Folder/Read Data"),
                (0x80, "Read Attributes"),
                (0x8, "Read Extended Attributes"),
                (0x2, "Create Files/Write Data"),
                (0x4, "Create Folders/Append Data"),
                (0x100, "Write Attributes"),
                (0x10, "Write Extended Attributes"),
                (0x40, "Delete Subfolders and Files"),
                (0x1_0000, "Delete"),
                (0x2_0000, "Read Permissions"),
                (0x4_0000, "Change Permissions"),
                (0x8_0000, "Take Ownership"),
            ],
            DescribedObject::RegistryKey => &[
                (0x1, "Query Value"),
                (0x2, "Set Value"),
                (0x4, "Create Subkey"),
                (0x8, "Enumerate Subkeys"),
                (0x10, "Notify"),
                (0x20, "Create Link"),
                (0x1_0000, "Delete"),
                (0x2_0000, "Read Permissions"),
                (0x4_0000, "Change Permissions"),
                (0x8_0000, "Take Ownership"),
            ],
            DescribedObject::Service => &[
                (0x1, "Query template"),
                (0x2, "Change template"),
                (0x4, "Query status"),
                (0x8, "Enumerate dependants"),
                (0x10, "Start"),
                (0x20, "Stop"),
                (0x40, "Pause and continue"),
                (0x80, "Interrogate"),
                (0x100, "User-defined control"),
                (0x1_0000, "Delete"),
                (0x2_0000, "Read permissions"),
                (0x4_0000, "Change permissions"),
                (0x8_0000, "Take ownership"),
            ],
            DescribedObject::Gpo | DescribedObject::Package => &[
                (0x1, "Create Child"),
                (0x2, "Delete Child"),
                (0x4, "List Contents"),
                (0x8, "Write Self"),
                (0x10, "Read Property"),
                (0x20, "Write Property"),
                (0x40, "Delete Tree"),
                (0x80, "List Object"),
                (0x100, "Control Access"),
                (0x1_0000, "Delete"),
                (0x2_0000, "Read Permissions"),
                (0x4_0000, "Change Permissions"),
                (0x8_0000, "Take Ownership"),
            ],
        }
    }

    /// Returns the rights of a mask as reports count them: generic ones replaced by what they mean, without SYNCHRONIZE.
    fn rights(self, mask: AccessMask) -> AccessMask {
        const KEY_READ: AccessMask = AccessMask(0x2_0019);
        const SERVICE_READ: AccessMask = AccessMask(0x2_008D);
        let mapped = match self {
            DescribedObject::File => mask.mapped_for_file(),
            DescribedObject::Gpo | DescribedObject::Package => mask.mapped_for_directory(),
            DescribedObject::RegistryKey => mask.mapped(KEY_READ, AccessMask(0x2_0006), KEY_READ, AccessMask(0xF_003F)),
            DescribedObject::Service => {
                mask.mapped(SERVICE_READ, AccessMask(0x2_0002), AccessMask(0x2_0170), AccessMask(0xF_01FF))
            }
        };
        mapped & !AccessMask::SYNCHRONIZE
    }
}

/// Returns the element `SecurityDescriptor` of an object. It stands in the namespace of the report for a GPO, else in that of the
/// extension.
///
/// `sddl` is the descriptor's text as the report quotes it; a descriptor that has none, says nothing. With `compatible` the list
/// of a GPO is as GPMC makes it: trustees whose rights make no level are left out, and as soon as somebody is denied anything, only the
/// denied are listed, as denied everything. Without, everybody is listed with what he has; rows without a level have their mask.
pub fn descriptor_element(
    object: DescribedObject,
    descriptor: &SecurityDescriptor,
    sddl: &str,
    names: &PrincipalNames,
    compatible: bool,
) -> Element {
    let is_gpo = object == DescribedObject::Gpo;
    let namespace = if is_gpo { Namespace::Settings } else { Namespace::Extension };
    let mut element = Element::of(namespace, "SecurityDescriptor");
    if !sddl.is_empty() {
        element.children.push(text("SDDL", sddl));
    }
    for (name, sid) in [("Owner", &descriptor.owner), ("Group", &descriptor.group)] {
        element.children.extend(sid.as_ref().map(|sid| principal(name, sid, names)));
    }
    element.children.push(flag("PermissionsPresent", descriptor.dacl.acl().is_some()));
    if let AclState::Present(acl) = &descriptor.dacl {
        let inherits = !descriptor.control.contains(Control::DACL_PROTECTED);
        let rows = match (is_gpo, compatible) {
            (false, _) => {
                acl.aces().filter(|ace| ace.allows() || ace.denies()).map(|ace| row(object, ace, names)).collect()
            }
            (true, true) => gpo_rows_as_gpmc_has_them(descriptor, acl, names),
            (true, false) => gpo_rows(descriptor, acl, names),
        };
        element.children.push(of("Permissions").with(flag("InheritsFromParent", inherits)).with_all(rows));
    }
    // GPMC never reads the auditing of a GPO, though the text may quote it.
    let sacl = descriptor.sacl.acl().filter(|_| !is_gpo);
    element.children.push(flag("AuditingPresent", sacl.is_some()));
    if let Some(acl) = sacl {
        let inherits = !descriptor.control.contains(Control::SACL_PROTECTED);
        let audits = |ace: &&Ace| matches!(ace.kind, AceKind::Audit | AceKind::AuditCallback);
        let rows = acl.aces().filter(audits).map(|ace| row(object, ace, names));
        element.children.push(of("Auditing").with(flag("InheritsFromParent", inherits)).with_all(rows));
    }
    element
}

/// Returns one entry of a list as a row.
fn row(object: DescribedObject, ace: &Ace, names: &PrincipalNames) -> Element {
    let (name, kind) = match ace.kind {
        AceKind::Allow | AceKind::AllowCallback => ("TrusteePermissions", permission_type(false)),
        AceKind::Deny | AceKind::DenyCallback => ("TrusteePermissions", permission_type(true)),
        _ => ("TrusteeAuditing", audit_type(ace.flags)),
    };
    let mask = object.rights(ace.mask);
    let rights = match grouped_rights(object, mask, ace.flags) {
        found if found.is_empty() => {
            let single = object.individual().iter().filter(|(right, _)| mask.0 & right != 0);
            of("Custom").with_all(single.map(|(_, label)| text(object.individual_name(), *label)))
        }
        found => of("Standard").with_all(found.into_iter().map(|label| text(object.grouped_name(), label))),
    };
    let condition = match &ace.data {
        AceData::Text(condition) => Some(text("Condition", condition.as_str())),
        AceData::Bytes(_) | AceData::None => None,
    };
    of(name)
        .with(principal("Trustee", &ace.sid, names))
        .with(kind)
        .with(flag("Inherited", ace.is_inherited()))
        .with(applicability(ace.flags))
        .with(rights)
        .with(text("AccessMask", mask.0.to_string()))
        .with_all(condition)
}

/// Returns the groups of rights that together make exactly this mask; none where no groups do.
fn grouped_rights(object: DescribedObject, mask: AccessMask, flags: AceFlags) -> Vec<&'static str> {
    let mut left = mask;
    let mut covered = AccessMask::NONE;
    let mut found = Vec::new();
    for &(group, label) in object.grouped() {
        if mask.contains(group) && group.intersects(left) {
            // Rights to pass through that only folders inherit have a name of their own.
            let lists = object == DescribedObject::File
                && label == "Read and Execute"
                && flags.contains(AceFlags::CONTAINER_INHERIT)
                && !flags.contains(AceFlags::OBJECT_INHERIT);
            found.push(if lists { "List Folder Contents" } else { label });
            covered |= group;
            left = mask & !covered;
        }
    }
    if left.is_empty() { found } else { Vec::new() }
}

/// What a row of a GPO says.
struct GpoRow<'a> {
    sid: &'a Sid,
    denied: bool,
    inherited: bool,
    inheritable: bool,
    levels: Vec<&'static str>,
    /// The mask where the rights make no level.
    mask: AccessMask,
}

impl GpoRow<'_> {
    fn element(&self, names: &PrincipalNames) -> Element {
        let flags = if self.inheritable { AceFlags::CONTAINER_INHERIT } else { AceFlags::default() };
        let levels = self.levels.iter().map(|level| text(DescribedObject::Gpo.grouped_name(), *level));
        let standard = (!self.levels.is_empty()).then(|| of("Standard").with_all(levels));
        of("TrusteePermissions")
            .with(principal("Trustee", self.sid, names))
            .with(permission_type(self.denied))
            .with(flag("Inherited", self.inherited))
            .with(applicability(flags))
            .with_all(standard)
            .with(text("AccessMask", self.mask.0.to_string()))
    }
}

fn gpo_rows(descriptor: &SecurityDescriptor, acl: &Acl, names: &PrincipalNames) -> Vec<Element> {
    let denied = denied_rows(acl);
    let allowed = allowed_rows(descriptor, acl);
    denied.iter().map(|row| row.element(names)).chain(allowed.iter().map(|row| row.element(names))).collect()
}

fn gpo_rows_as_gpmc_has_them(descriptor: &SecurityDescriptor, acl: &Acl, names: &PrincipalNames) -> Vec<Element> {
    let mut denied = denied_rows(acl);
    if denied.is_empty() {
        let allowed = allowed_rows(descriptor, acl);
        return allowed.iter().filter(|row| !row.levels.is_empty()).map(|row| row.element(names)).collect();
    }
    for row in &mut denied {
        row.levels = vec![EDIT_DELETE_MODIFY, APPLY];
        row.mask = AccessMask::NONE;
    }
    denied.iter().map(|row| row.element(names)).collect()
}

const APPLY: &str = "Apply Group Policy";
const EDIT_DELETE_MODIFY: &str = "Edit, delete, modify security";

/// Returns a row for each trustee that is granted something, with the levels that the Delegation tab shows.
fn allowed_rows<'a>(descriptor: &SecurityDescriptor, acl: &'a Acl) -> Vec<GpoRow<'a>> {
    let mut allowing = descriptor.clone();
    allowing.dacl = AclState::Present(acl.aces().filter(|ace| ace.allows()).cloned().collect());
    let mut rows: Vec<GpoRow<'a>> = Vec::new();
    for permission in SecurityInfo::from_descriptor(SecuredObject::Gpo, &allowing).permissions {
        let level = match permission.level {
            PermissionType::GpoApply => Some(APPLY),
            PermissionType::GpoRead => Some("Read"),
            PermissionType::GpoEdit => Some("Edit Settings"),
            PermissionType::GpoEditSecurityAndDelete => Some(EDIT_DELETE_MODIFY),
            _ => None,
        };
        let same = |sid: &Sid, inherited| *sid == permission.trustee.sid && inherited == permission.inherited;
        if let Some(row) = rows.iter_mut().find(|row| same(row.sid, row.inherited)) {
            row.levels.extend(level);
            continue;
        }
        let own = |ace: &&Ace| ace.allows() && ace.concerns_self() && same(&ace.sid, ace.is_inherited());
        let Some(first) = acl.aces().find(own) else { continue };
        let mask = match level {
            Some(_) => AccessMask::NONE,
            None => acl.aces().filter(own).fold(AccessMask::NONE, |mask, ace| mask | ace.mask),
        };
        rows.push(GpoRow {
            sid: &first.sid,
            denied: false,
            inherited: permission.inherited,
            inheritable: permission.inheritable,
            levels: level.into_iter().collect(),
            mask,
        });
    }
    rows
}

/// Returns a row for each trustee that is denied something, with the levels of which everything is denied.
fn denied_rows(acl: &Acl) -> Vec<GpoRow<'_>> {
    const FULL: AccessMask = AccessMask(0xF_0037);
    const EDIT: AccessMask = AccessMask(0x2_0037);
    const READ: AccessMask = AccessMask(0x2_0014);
    let mut rows: Vec<GpoRow<'_>> = Vec::new();
    for ace in acl.aces().filter(|ace| ace.denies() && ace.concerns_self()) {
        let inherited = ace.is_inherited();
        let position = rows.iter().position(|row| *row.sid == ace.sid && row.inherited == inherited);
        let position = position.unwrap_or_else(|| {
            let mask = AccessMask::NONE;
            rows.push(GpoRow { sid: &ace.sid, denied: true, inherited, inheritable: false, levels: Vec::new(), mask });
            rows.len() - 1
        });
        let row = &mut rows[position];
        row.inheritable |= ace.flags.contains(AceFlags::CONTAINER_INHERIT);
        let mask = ace.mask.mapped_for_directory();
        let denies_apply = mask.contains(AccessMask::CONTROL_ACCESS) && ace.covers(rights::APPLY_GROUP_POLICY);
        if denies_apply && !row.levels.contains(&APPLY) {
            row.levels.push(APPLY);
        }
        row.mask |= mask;
    }
    for row in &mut rows {
        let of_object = row.mask & !AccessMask::CONTROL_ACCESS;
        let level = match of_object {
            mask if mask.contains(FULL) => Some(EDIT_DELETE_MODIFY),
            mask if mask.contains(EDIT) => Some("Edit Settings"),
            mask if mask.contains(READ) => Some("Read"),
            _ => None,
        };
        if let Some(level) = level {
            row.levels.insert(0, level);
        }
    }
    rows
}

fn permission_type(denied: bool) -> Element {
    let word = if denied { "Deny" } else { "Allow" };
    of("Type").attribute("xsi:type", "PermissionType").with(text("PermissionType", word))
}

fn audit_type(flags: AceFlags) -> Element {
    let success = flags.contains(AceFlags::AUDIT_SUCCESS);
    let word = match (success, flags.contains(AceFlags::AUDIT_FAILURE)) {
        (true, true) => "All",
        (false, true) => "Failure",
        (_, false) => "Success",
    };
    of("Type").attribute("xsi:type", "AuditType").with(text("AuditType", word))
}

fn applicability(flags: AceFlags) -> Element {
    of("Applicability")
        .with(flag("ToSelf", !flags.contains(AceFlags::INHERIT_ONLY)))
        .with(flag("ToDescendantObjects", flags.contains(AceFlags::OBJECT_INHERIT)))
        .with(flag("ToDescendantContainers", flags.contains(AceFlags::CONTAINER_INHERIT)))
        .with(flag("ToDirectDescendantsOnly", flags.contains(AceFlags::NO_PROPAGATE)))
}

fn principal(name: &'static str, sid: &Sid, names: &PrincipalNames) -> Element {
    let display = names.name(sid);
    Element { namespace: Namespace::Security, ..Element::principal(name, Some(sid), display.as_deref()) }
}

fn of(name: &'static str) -> Element {
    Element::of(Namespace::Security, name)
}

fn text(name: &'static str, value: impl Into<String>) -> Element {
    Element::text_of(Namespace::Security, name, value)
}

fn flag(name: &'static str, value: bool) -> Element {
    text(name, if value { "true" } else { "false" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::security::SddlContext;

    fn element(object: DescribedObject, sddl: &str, compatible: bool) -> Element {
        let context = SddlContext {
            domain: Some("S-1-5-21-1-2-3".parse().unwrap()),
            forest_root: Some("S-1-5-21-1-2-3".parse().unwrap()),
        };
        let descriptor = SecurityDescriptor::from_sddl(sddl, &context).unwrap();
        let mut names = PrincipalNames::default();
        names.insert("S-1-5-21-1-2-3-512".parse().unwrap(), "CORP\\Domain Admins".to_owned());
        descriptor_element(object, &descriptor, sddl, &names, compatible)
    }

    /// Each row as `SID Allow|Deny S|O|C|D levels mask`; the four letters stand for where it applies.
    fn check(object: DescribedObject, sddl: &str, compatible: bool, expected: &[&str]) {
        let element = element(object, sddl, compatible);
        let lists = ["Permissions", "Auditing"].into_iter().filter_map(|list| element.child(list));
        let rows = lists.flat_map(|list| list.children.iter().filter(|child| child.name.starts_with("Trustee")));
        let rows: Vec<String> = rows
            .map(|row| {
                let kind = match row.text_at(&["Type", "PermissionType"]) {
                    "" => row.text_at(&["Type", "AuditType"]),
                    kind => kind,
                };
                let applies = row.child("Applicability").unwrap().children.iter().zip("SOCD".chars());
                let applies: String = applies.filter(|(at, _)| at.text == "true").map(|(_, letter)| letter).collect();
                let rights = row.child("Standard").or(row.child("Custom"));
                let rights: Vec<&str> =
                    rights.into_iter().flat_map(|rights| &rights.children).map(|right| right.text.as_str()).collect();
                let sid = row.text_at(&["Trustee", "SID"]);
                format!("{sid} {kind} {applies} {} {}", rights.join("+"), row.text_at(&["AccessMask"]))
            })
            .collect();
        assert_eq!(rows, expected);
    }

    const NEW_GPO: &str = "O:DAG:DAD:PAI(OA;CI;CR;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;AU)\
        (A;;CCDCLCSWRPWPDTLOSDRCWDWO;;;LA)(A;CI;CCDCLCSWRPWPDTLOSDRCWDWO;;;DA)(A;CI;LCRPLORC;;;ED)(A;CI;LCRPLORC;;;AU)\
        (A;CIIO;CCDCLCSWRPWPDTLOSDRCWDWO;;;CO)S:AI(OU;CISA;WPWD;;f30e3bc2-9ff0-11d1-b603-0000f80367c1;WD)";

    #[test]
    fn entries_of_a_gpo_fold_into_levels() {
        check(
            DescribedObject::Gpo,
            NEW_GPO,
            true,
            &[
                "S-1-5-11 Allow SC Apply Group Policy 0",
                "S-1-5-21-1-2-3-500 Allow S Edit, delete, modify security 0",
                "S-1-5-21-1-2-3-512 Allow SC Edit, delete, modify security 0",
                "S-1-5-9 Allow SC Read 0",
            ],
        );
        let element = element(DescribedObject::Gpo, NEW_GPO, true);
        let names: Vec<&str> = element.children.iter().map(|child| child.name.as_ref()).collect();
        assert_eq!(names, ["SDDL", "Owner", "Group", "PermissionsPresent", "Permissions", "AuditingPresent"]);
        assert_eq!(element.text_at(&["Owner", "Name"]), "CORP\\Domain Admins");
        assert_eq!(element.text_at(&["Permissions", "InheritsFromParent"]), "false");
        assert_eq!(element.text_at(&["AuditingPresent"]), "false");
    }

    #[test]
    fn full_rights_with_apply_are_two_levels() {
        let both = "Edit, delete, modify security+Apply Group Policy";
        check(DescribedObject::Gpo, "D:(A;;0xF01FF;;;DA)", true, &[&format!("S-1-5-21-1-2-3-512 Allow S {both} 0")]);
    }

    #[test]
    fn a_custom_trustee_is_left_out_by_gpmc_and_not_by_us() {
        let sddl = "D:(A;;CCLCSWRPWPLORCWDWO;;;DA)(A;CI;LCRPLORC;;;ED)";
        check(DescribedObject::Gpo, sddl, true, &["S-1-5-9 Allow SC Read 0"]);
        let custom = "S-1-5-21-1-2-3-512 Allow S  917693";
        check(DescribedObject::Gpo, sddl, false, &[custom, "S-1-5-9 Allow SC Read 0"]);
    }

    #[test]
    fn a_denial_hides_everybody_else_in_gpmc_and_nobody_in_ours() {
        let sddl = "D:(OD;;CR;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;DU)(D;CI;WP;;;DG)(A;CI;LCRPRC;;;AU)";
        let everything = "Edit, delete, modify security+Apply Group Policy";
        check(
            DescribedObject::Gpo,
            sddl,
            true,
            &[
                &format!("S-1-5-21-1-2-3-513 Deny S {everything} 0"),
                &format!("S-1-5-21-1-2-3-514 Deny SC {everything} 0"),
            ],
        );
        check(
            DescribedObject::Gpo,
            sddl,
            false,
            &[
                "S-1-5-21-1-2-3-513 Deny S Apply Group Policy 256",
                "S-1-5-21-1-2-3-514 Deny SC  32",
                "S-1-5-11 Allow SC Read 0",
            ],
        );
    }

    #[test]
    fn entries_of_other_objects_stay_apart() {
        check(
            DescribedObject::File,
            "D:PAR(A;OICI;FA;;;SY)(A;CI;0x1200a9;;;BA)(A;OICIIO;0x12019f;;;CO)(D;NP;DC;;;BU)",
            false,
            &[
                "S-1-5-18 Allow SOC Full Control 983551",
                "S-1-5-32-544 Allow SC List Folder Contents 131241",
                "S-1-3-0 Allow OC Read+Write 131487",
                "S-1-5-32-545 Deny SD Create Files/Write Data 2",
            ],
        );
        check(
            DescribedObject::RegistryKey,
            "D:PAR(A;CI;KA;;;BA)(A;CI;GR;;;BU)(A;;CC;;;BO)",
            false,
            &[
                "S-1-5-32-544 Allow SC Full Control 983103",
                "S-1-5-32-545 Allow SC Read 131097",
                "S-1-5-32-551 Allow S Query Value 1",
            ],
        );
        check(
            DescribedObject::Service,
            "D:(A;;CCLCSWRPWPDTLOCRRC;;;IU)S:(AU;SAFA;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;WD)",
            false,
            &["S-1-5-4 Allow S Read+Start, Stop and Pause 131581", "S-1-1-0 All S Full Control 983551"],
        );
    }

    #[test]
    fn a_descriptor_that_says_nothing_has_no_lists() {
        let element = element(DescribedObject::Service, "", false);
        let texts: Vec<(&str, &str)> =
            element.children.iter().map(|child| (child.name.as_ref(), child.text.as_str())).collect();
        assert_eq!(texts, [("PermissionsPresent", "false"), ("AuditingPresent", "false")]);
    }
}
