//! Section C of the cases: halves, versions, missing parts.

use opengpmc::ident::GpoVersion;
use opengpmc::report::Side;
use opengpmc::rsop::{ExtensionOutcome, TemplateState};

use super::forest::{Case, GpoSpec, REGISTRY, SECURITY, names};

fn version(user: u16, computer: u16) -> GpoVersion {
    GpoVersion { user, computer }
}

/// Two GPOs, the one that wins with a `GPT.INI` like this.
fn with_template(state: TemplateState) -> Case {
    Case::new("P[A B]").gpo("A", |gpo| gpo.template = Some(state))
}

/// The side fails because of A, and tells what would apply otherwise.
fn check_failed(case: &Case, would_apply: &str) {
    let planned = case.check("c@P", "–", &planned_out(case), "unset");
    let side = planned.side();
    assert_eq!(names(side.would_apply()), would_apply);
    let failing: Vec<&str> = side.failures.iter().map(|failure| failure.gpo.as_ref().unwrap().name.as_str()).collect();
    assert_eq!(failing, ["A"]);
    assert!(side.fails() && side.extensions.is_empty());
}

fn planned_out(case: &Case) -> String {
    case.plan("c@P").out()
}

#[test]
fn c1_a_disabled_user_half_leaves_the_computer_half() {
    Case::new("P[A(u-)]").check("c@P", "A", "–", "A");
}

#[test]
fn c2_a_disabled_user_half_is_not_applied() {
    Case::new("P[A(u-)]").check("u@P", "–", "A half disabled", "unset");
}

#[test]
fn c3_both_halves_disabled() {
    let case = Case::new("P[A(u-)(c-)]");
    case.check("c@P", "–", "A half disabled", "unset");
    case.check("u@P", "–", "A half disabled", "unset");
}

#[test]
fn c4_a_disabled_computer_half_lets_the_next_win() {
    Case::new("P[A(c-) B]").check("c@P", "B", "A half disabled", "B");
}

#[test]
fn c5_other_flags_mean_nothing() {
    Case::new("P[A]").gpo("A", |gpo| gpo.flags = 4).check("c@P", "A", "–", "A");
}

#[test]
fn c6_enforcing_does_not_help_a_disabled_half() {
    Case::new("d[E!(c-)] P[B]").check("c@P", "B", "E half disabled", "B");
}

#[test]
fn c7_version_0_is_empty() {
    let case = Case::new("P[A]").gpo("A", |gpo| gpo.versions = (version(1, 0), version(1, 0)));
    case.check("c@P", "–", "A empty", "unset");
}

#[test]
fn c8_one_version_above_0_is_not_empty() {
    let case = Case::new("P[A]").gpo("A", |gpo| gpo.versions = (version(1, 3), version(1, 0)));
    let planned = case.check("c@P", "A", "–", "A");
    assert!(planned.warns("A", "Versions differ: 3 in the directory, 0 in SYSVOL"));
}

#[test]
fn c9_each_side_has_its_own_version() {
    let versions = GpoVersion::from_u32(0x0002_0000);
    let case = Case::new("P[A]").gpo("A", |gpo| gpo.versions = (versions, versions));
    case.check("c@P", "–", "A empty", "unset");
    case.check("u@P", "A", "–", "A");
}

#[test]
fn c10_nothing_registered_is_empty() {
    let case = Case::new("P[A]").gpo("A", |gpo| gpo.extensions[0].clear());
    case.check("c@P", "–", "A empty", "unset");
}

#[test]
fn c11_clients_follow_one_version_of_the_format() {
    let case = Case::new("P[A]").gpo("A", |gpo| gpo.functionality_version = "1");
    case.check("c@P", "–", "A functionality version", "unset");
}

#[test]
fn c12_a_deleted_gpo_is_passed_over() {
    let case = Case::new("P[A Z]").gpo("Z", |gpo| gpo.is_missing = true);
    let id = super::forest::gpo_id("Z");
    let planned = case.check("c@P", "A", &format!("{id} missing (not seen)"), "A");
    assert!(!planned.side().fails());
}

#[test]
fn c13_a_missing_gpt_ini_ends_the_side() {
    check_failed(&with_template(TemplateState::Missing), "B A");
    check_failed(&with_template(TemplateState::Unreadable("access is denied".to_owned())), "B A");
}

#[test]
fn c14_a_gpt_ini_without_version_ends_the_side() {
    check_failed(&with_template(TemplateState::NoVersion), "B A");
}

#[test]
fn c15_gpt_ini_is_read_before_filtering() {
    let case = with_template(TemplateState::Missing).rights("A", "AU read");
    check_failed(&case, "B");
    assert_eq!(planned_out(&case), "A security");
}

#[test]
fn c16_what_is_not_seen_cannot_end_the_side() {
    let case = with_template(TemplateState::Missing).rights("A", "deny read c; AU read+apply");
    case.check("c@P", "B", "A not readable (not seen)", "B");
}

#[test]
fn c17_an_unreadable_registry_pol_ends_the_registry_extension() {
    let case = Case::new("P[A B]").gpo("A", |gpo| {
        gpo.has_readable_registry = false;
        gpo.extensions[0] = format!("[{REGISTRY}][{SECURITY}]");
    });
    let planned = case.check("c@P", "B A", "–", "unset");
    let outcome = |name: &str| {
        let plan = planned.side().extensions.iter().find(|plan| plan.name == name).unwrap();
        plan.outcome.clone()
    };
    assert!(matches!(outcome("Registry"), ExtensionOutcome::Failed { problem } if problem.contains('A')));
    assert_eq!(outcome("Security"), ExtensionOutcome::Applied);
}

#[test]
fn c18_a_file_without_registration_is_passed_over() {
    let security_only = |gpo: &mut GpoSpec| gpo.extensions[0] = format!("[{SECURITY}]");
    let planned = Case::new("P[A]").gpo("A", security_only).check("c@P", "A", "–", "unset");
    assert!(planned.warns("A", "does not register the Registry extension"));
}

#[test]
fn c19_reading_stops_at_a_guid_out_of_order() {
    let out_of_order = |gpo: &mut GpoSpec| gpo.extensions[0] = format!("[{SECURITY}][{REGISTRY}]");
    let planned = Case::new("P[A]").gpo("A", out_of_order).check("c@P", "A", "–", "unset");
    assert!(planned.warns("A", "out of order: clients never come to Registry"));
    let running: Vec<&str> = planned.side().extensions.iter().map(|plan| plan.name.as_str()).collect();
    assert_eq!(running, ["Security"]);
}

#[test]
fn c20_a_folder_without_container_is_never_applied() {
    let case = Case::new("P[A]").gpo("A", |gpo| {
        gpo.is_missing = true;
        gpo.set(Side::Computer, &[("k", "from the folder")]);
    });
    let planned = case.plan("c@P");
    assert_eq!((planned.applied().as_str(), planned.value("k").as_str()), ("–", "unset"));
}
