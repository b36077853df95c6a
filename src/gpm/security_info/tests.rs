//! What is read out of access lists, level by level.

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
    let link =
        "(OA;CI;RPWP;f30e3bbe-9ff0-11d1-b603-0000f80367c1;;AU)(OA;CI;RPWP;f30e3bbf-9ff0-11d1-b603-0000f80367c1;;AU)";
    check(SecuredObject::Ou, &format!("D:{link}"), &["11 SomLink+"]);
    check(SecuredObject::Site, &format!("D:{link}(A;;GA;;;SY)"), &["11 SomLink+", "18 SomLink"]);
    check(SecuredObject::Ou, "D:(OA;CI;RPWP;f30e3bbe-9ff0-11d1-b603-0000f80367c1;;AU)", &[]);
    check(SecuredObject::Ou, "D:(OA;;CR;b7b1b3de-ab09-4242-9e30-9980e5d322f7;;AU)", &["11 SomLogging"]);
    check(SecuredObject::Domain, "D:(OA;CIID;CR;b7b1b3dd-ab09-4242-9e30-9980e5d322f7;;AU)", &["11 SomPlanning^+"]);
    check(SecuredObject::Ou, "D:(OD;;CR;b7b1b3dd-ab09-4242-9e30-9980e5d322f7;;AU)", &["!11 SomPlanning"]);
    check(SecuredObject::Ou, "D:(A;;GA;;;SY)", &["18 SomLink", "18 SomPlanning", "18 SomLogging"]);
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
