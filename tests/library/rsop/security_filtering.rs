//! Section D of the cases: rights on the GPO A, linked at P.

use opengpmc::rsop::Reason;
use opengpmc::rsop::Verdict;

use super::forest::{Case, Planned, domain_sid, who as sid_of};

const READ: &str = "A not readable (not seen)";
const SECURITY: &str = "A security";

fn with(rights: &str) -> Case {
    Case::new("P[A]").rights("A", rights)
}

/// A applies.
fn applies(case: &Case, who: &str) -> Planned {
    case.check(who, "A", "–", "A")
}

/// A does not apply, for this reason.
fn is_out(case: &Case, who: &str, out: &str) -> Planned {
    case.check(who, "–", out, "unset")
}

#[test]
fn d1_authenticated_users_read_and_apply() {
    applies(&with("AU read+apply"), "u@P");
    applies(&with("AU read+apply"), "c@P");
}

#[test]
fn d2_read_alone_is_not_enough() {
    is_out(&with("AU read; u read"), "u@P", SECURITY);
}

#[test]
fn d3_the_user_itself() {
    applies(&with("AU read; u read+apply"), "u@P");
}

#[test]
fn d4_through_a_group() {
    applies(&with("AU read; G read+apply").group("G", &["u"]), "u@P");
}

#[test]
fn d5_through_a_group_in_a_group() {
    let case = with("AU read; G1 apply").group("G1", &["G2"]).group("G2", &["u"]);
    applies(&case, "u@P");
    // Groups that hold each other are survived.
    applies(&case.group("G3", &["G1"]).group("G4", &["G3", "u"]), "u@P");
}

#[test]
fn d6_a_domain_local_group_of_another_domain_is_not_in_the_token() {
    let mut case = Case::new("P[A]");
    case.add_domain("e");
    let case = case.group_of("L", "e", true, &["u"]).rights("A", "AU read; L@e apply");
    is_out(&case, "u@P", SECURITY);
    let own = Case::new("P[A]").group_of("L", "d", true, &["u"]).rights("A", "AU read; L apply");
    applies(&own, "u@P");
}

#[test]
fn d7_deny_through_a_group() {
    let planned = is_out(&with("deny apply G2; AU read+apply").group("G2", &["u"]), "u@P", SECURITY);
    let by = Some(sid_of("G2").parse().unwrap());
    assert_eq!(planned.candidate("A").verdict, Verdict::Denied(Reason::Security { by }));
}

#[test]
fn d8_deny_of_the_account_itself() {
    is_out(&with("deny apply c; c read+apply; AU read"), "c@P", SECURITY);
}

#[test]
fn d9_deny_of_a_group_one_is_not_in() {
    applies(&with("deny apply G2; AU read+apply").group("G2", &[]), "u@P");
}

#[test]
fn d10_the_first_entry_decides_in_any_order() {
    let planned = applies(&with("AU read+apply; deny apply u"), "u@P");
    assert!(planned.warns("A", "not in canonical order"));
    assert!(!applies(&with("AU read+apply"), "u@P").warns("A", "not in canonical order"));
}

#[test]
fn d11_the_user_need_not_read() {
    applies(&with("deny read u; u apply; AU read"), "u@P");
}

#[test]
fn d12_the_computer_must_read_for_its_user() {
    is_out(&with("deny read c; u apply; AU read"), "u@P c@P", READ);
}

#[test]
fn d13_the_computer_must_read_for_itself() {
    is_out(&with("deny read c; c read+apply; AU read"), "c@P", READ);
}

#[test]
fn d14_without_authenticated_users_the_computer_cannot_read() {
    is_out(&with("u read+apply"), "u@P", READ);
}

#[test]
fn d15_domain_computers_may_read_instead() {
    applies(&with("u read+apply; DC read"), "u@P");
}

#[test]
fn d16_domain_computers_are_no_users() {
    let case = with("DC read+apply");
    applies(&case, "c@P");
    is_out(&case, "u@P", SECURITY);
}

#[test]
fn d17_a_domain_controller_is_not_in_domain_computers() {
    let case = with("u read+apply; DC read").controller();
    // Enterprise Domain Controllers may read every GPO by default.
    applies(&case, "u@P c@P");
    let without = case.gpo("A", |gpo| gpo.sddl = gpo.sddl.replace("(A;CI;LCRPLORC;;;ED)", ""));
    is_out(&without, "u@P c@P", READ);
}

#[test]
fn d18_the_primary_group_counts() {
    applies(&with("AU read; DU apply"), "u@P");
}

#[test]
fn d19_the_primary_group_of_a_computer_counts() {
    applies(&with("AU read; DC apply"), "c@P");
}

#[test]
fn d20_interactive_is_the_user_only() {
    let case = with("AU read; INTERACTIVE apply");
    applies(&case, "u@P");
    is_out(&case, "c@P", SECURITY);
}

#[test]
fn d21_a_machine_token_is_not_system() {
    is_out(&with("AU read; SYSTEM apply"), "c@P", SECURITY);
}

#[test]
fn d22_a_sid_that_is_nobodys_grants_nobody() {
    is_out(&with("AU read; ghost apply"), "u@P", SECURITY);
}

#[test]
fn d23_full_control_includes_apply() {
    applies(&with("AU read; G full").group("G", &["u"]), "u@P");
}

#[test]
fn d24_what_domain_admins_have_by_default_does_not() {
    is_out(&with("AU read").group("Admins", &["u"]), "u@P", SECURITY);
}

#[test]
fn d25_an_entry_for_children_only_does_not_count() {
    let entry = format!("(OA~CIIO~CR~edacfd8f-ffb3-11d1-b41d-00a0c968f939~~{})", sid_of("G"));
    is_out(&with(&format!("AU read; {entry}")).group("G", &["u"]), "u@P", SECURITY);
}

#[test]
fn d26_another_extended_right_does_not_count() {
    let entry = format!("(OA~CI~CR~b7b1b3dd-ab09-4242-9e30-9980e5d322f7~~{})", sid_of("G"));
    is_out(&with(&format!("AU read; {entry}")).group("G", &["u"]), "u@P", SECURITY);
}

#[test]
fn d27_no_access_list_grants_everything() {
    applies(&Case::new("P[A]").gpo("A", |gpo| gpo.sddl = "O:BAG:BA".to_owned()), "u@P");
}

#[test]
fn d28_an_empty_access_list_grants_nothing() {
    is_out(&Case::new("P[A]").gpo("A", |gpo| gpo.sddl = "D:P".to_owned()), "u@P", READ);
}

#[test]
fn d29_a_group_joined_after_logon_counts_in_the_plan_only() {
    let case = with("AU read; G apply").group("G", &["u"]);
    applies(&case, "u@P");
    let users = domain_sid("d").child(513).unwrap();
    is_out(&case.assume(|assumed| assumed.user_groups = Some(vec![users])), "u@P", SECURITY);
}

#[test]
fn d30_a_former_sid_counts() {
    applies(&with("AU read; old1 apply").former_sid("old1"), "u@P");
}

#[test]
fn d31_a_list_of_groups_replaces_membership() {
    let h = sid_of("H").parse().unwrap();
    let case = with("AU read; G apply").group("G", &["u"]).assume(|assumed| assumed.user_groups = Some(vec![h]));
    is_out(&case, "u@P", SECURITY);
    applies(&case.rights("A", "AU read; H apply"), "u@P");
}

#[test]
fn d32_read_may_be_denied_through_a_group() {
    is_out(&with("deny read G; AU read+apply").group("G", &["c"]), "c@P", READ);
}

#[test]
fn d33_without_a_computer_its_read_is_not_known() {
    is_out(&with("u read+apply"), "u@P alone@P", "A not readable (not known)");
    // What every computer has, one that is not known has too.
    applies(&with("AU read; u apply"), "u@P alone@P");
    is_out(&with("deny read G; AU read+apply"), "u@P alone@P", "A not readable (not known)");
    is_out(&with("deny read AU; u read+apply"), "u@P alone@P", READ);
}
