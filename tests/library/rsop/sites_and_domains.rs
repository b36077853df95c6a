//! Section B of the cases: sites, domains, forests.

use opengpmc::rsop::LoopbackMode;

use super::forest::Case;

fn check_in(site: &str, forest: &str, who: &str, applied: &str, out: &str, value: &str) {
    Case::new(forest).site(site).check(who, applied, out, value);
}

#[test]
fn b1_the_domain_wins_over_the_site() {
    check_in("S", "S[X] d[A]", "c@d", "X A", "–", "A");
}

#[test]
fn b2_a_domain_that_blocks_cuts_off_the_site() {
    check_in("S", "S[X] d#[A] P[B]", "c@P", "A B", "X blocked at d", "B");
}

#[test]
fn b3_an_enforced_link_of_the_site_passes() {
    check_in("S", "S[X!] d#[A] P[B]", "c@P", "A B X", "–", "X");
}

#[test]
fn b4_the_site_is_the_highest_enforced_link() {
    check_in("S", "S[X!] d[A!] P[B]", "c@P", "B A X", "–", "X");
}

#[test]
fn b5_the_site_is_the_computers() {
    check_in("T", "S[X] T[Y] d[A]", "u@d", "Y A", "–", "A");
}

#[test]
fn b6_no_site_is_told() {
    let planned = Case::new("S[X] d[A]").check("c@d", "A", "–", "A");
    assert!(planned.side().warnings.iter().any(|warning| warning.contains("No site is known")));
    assert_eq!(planned.side().site, None);
}

#[test]
fn b7_a_site_may_link_a_gpo_of_any_domain() {
    check_in("S", "d[A] S[X@e]", "c@d", "X A", "–", "A");
}

#[test]
fn b8_a_domain_that_does_not_answer_costs_its_gpos() {
    let case = Case::new("d[A] S[]").site("S").unreachable("e");
    let dn = "CN={A0000000-0000-0000-0000-000000000009},CN=Policies,CN=System,DC=e,DC=test";
    let case = case.link_text("S", format!("[LDAP://{dn};0]"));
    case.check("c@d", "A", "{A0000000-0000-0000-0000-000000000009} domain not read (not known)", "A");
}

#[test]
fn b9_a_parent_domain_is_never_seen() {
    let case = Case::new("r[R] d.r[A]");
    case.check("c@d.r", "A", "–", "A");
}

#[test]
fn b10_an_ou_may_link_a_gpo_of_another_domain() {
    Case::new("d[A] P[X@e]").check("c@P", "A X", "–", "X");
}

#[test]
fn b11_a_user_of_another_domain_brings_its_own_chain() {
    check_in("S", "S[X] d[A] e[U]", "u@e c@d", "X U", "–", "U");
}

#[test]
fn b12_a_user_of_another_forest_gets_the_computers_list() {
    let planned = Case::new("d[A] P[B]").foreign_user().check("u@P c@P", "A B", "–", "B");
    let loopback = &planned.plan.loopback;
    assert_eq!(loopback.mode, Some(LoopbackMode::Replace));
    assert!(loopback.because.contains("f.test is not part of this forest"), "{}", loopback.because);
}

#[test]
fn b13_unless_policy_across_forests_is_allowed() {
    let case = Case::new("d[A] P[B]").foreign_user().assume(|assumed| assumed.cross_forest_user_policy = true);
    let planned = case.check("u@P c@P", "–", "–", "unset");
    assert_eq!(planned.plan.loopback.mode, None);
    assert!(planned.side().failures[0].problem.contains("f.test is not part of this forest"));
}

#[test]
fn b13_the_policy_itself_allows_it_too() {
    let allow = |gpo: &mut super::forest::GpoSpec| {
        gpo.number(opengpmc::report::Side::Computer, super::forest::SYSTEM, "AllowX-ForestPolicy-and-RUP", 1);
    };
    let planned = Case::new("d[A] P[B]").gpo("A", allow).foreign_user().plan("u@P c@P");
    assert_eq!(planned.plan.loopback.mode, None);
}
