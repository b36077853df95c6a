//! Section A of the cases: order and inheritance.

use super::forest::{Case, dns, gpo_id};

fn check(forest: &str, who: &str, applied: &str, out: &str, value: &str) {
    Case::new(forest).check(who, applied, out, value);
}

#[test]
fn a1_the_ou_wins_over_the_domain() {
    check("d[A] P[B]", "c@P", "A B", "–", "B");
}

#[test]
fn a2_link_order_1_wins() {
    check("d[A B C]", "c@d", "C B A", "–", "A");
}

#[test]
fn a3_the_last_element_of_the_text_is_link_order_1() {
    let policies = format!("cn=policies,cn=system,{}", dns("d").to_domain_dn());
    let link = |name| format!("[LDAP://cn={},{policies};0]", gpo_id(name));
    let case = Case::new("P[X Y]").link_text("P", link("X") + &link("Y"));
    case.check("c@P", "X Y", "–", "Y");
}

#[test]
fn a4_a_new_link_goes_to_the_end() {
    check("P[A B N]", "c@P", "N B A", "–", "A");
}

#[test]
fn a5_site_domain_ou_ou() {
    let case = Case::new("S[X] d[A B] P[C] P/Q[E F]").site("S");
    case.check("c@P/Q", "X B A C F E", "–", "E");
}

#[test]
fn a6_what_the_winner_does_not_set_stays() {
    let case = Case::new("d[A] P[B]").gpo("B", |gpo| gpo.set(opengpmc::report::Side::Computer, &[("m", "B")]));
    let planned = case.check("c@P", "A B", "–", "A");
    assert_eq!(planned.value("m"), "B");
}

#[test]
fn a7_a_disabled_link_does_nothing() {
    check("P[A B-]", "c@P", "A", "B link disabled", "A");
}

#[test]
fn a8_disabled_counts_more_than_enforced() {
    check("P[A B!-]", "c@P", "A", "B link disabled", "A");
}

#[test]
fn a9_enforced_above_wins() {
    check("d[A!] P[B]", "c@P", "B A", "–", "A");
}

#[test]
fn a10_enforced_comes_after_everything() {
    check("d[A E!] P[B]", "c@P", "A B E", "–", "E");
}

#[test]
fn a11_the_highest_enforced_link_wins() {
    check("d[A!] P[B!] P/Q[C]", "c@P/Q", "C B A", "–", "A");
}

#[test]
fn a12_enforced_in_the_middle() {
    check("d[A] P[B!] P/Q[C]", "c@P/Q", "A C B", "–", "B");
}

#[test]
fn a13_link_order_decides_between_enforced_links_of_one_som() {
    check("d[A! B!]", "c@d", "B A", "–", "A");
}

#[test]
fn a14_enforced_beats_link_order_1() {
    check("P[A B!]", "c@P", "A B", "–", "B");
}

#[test]
fn a15_blocked_inheritance_keeps_the_domain_out() {
    check("d[A] P#[B]", "c@P", "B", "A blocked at P", "B");
}

#[test]
fn a16_enforced_passes_the_block() {
    check("d[A E!] P#[B]", "c@P", "B E", "A blocked at P", "E");
}

#[test]
fn a17_the_block_holds_below() {
    check("d[A] P#[B] P/Q[C]", "c@P/Q", "B C", "A blocked at P", "C");
}

#[test]
fn a18_the_block_cuts_off_everything_above() {
    check("d[A] P[B] P/Q#[C]", "c@P/Q", "C", "A blocked at Q; B blocked at Q", "C");
}

#[test]
fn a19_enforced_of_the_ou_above_passes() {
    check("d[A] P[B!] P/Q#[C]", "c@P/Q", "C B", "A blocked at Q", "B");
}

#[test]
fn a20_enforced_passes_two_blocks() {
    check("d[A!] P#[B!] P/Q#[C]", "c@P/Q", "C B A", "–", "A");
}

#[test]
fn a21_a_som_does_not_block_its_own_links() {
    check("d[A] P#[B! C]", "c@P", "C B", "A blocked at P", "B");
}

#[test]
fn a22_a_block_without_links_leaves_nothing() {
    check("d[A] P#[]", "c@P", "–", "A blocked at P", "unset");
}

#[test]
fn a23_a_disabled_link_is_not_called_blocked() {
    check("d[A!-] P#[B]", "c@P", "B", "A link disabled", "B");
}

#[test]
fn a24_a_gpo_linked_twice_is_applied_twice() {
    let planned = Case::new("d[A] P[A B]").check("c@P", "A B A", "–", "A");
    assert_eq!(planned.candidate("A").som_path, "d.test/P");
}

#[test]
fn a25_each_link_has_its_own_options() {
    check("d[A] P[B] P/Q[A-]", "c@P/Q", "A B", "A link disabled", "B");
}

#[test]
fn a26_a_gpo_twice_at_one_som() {
    check("P[X Y X]", "c@P", "X Y X", "–", "X");
}

#[test]
fn a27_an_enforced_link_is_its_winning_place() {
    let planned = Case::new("d[A!] P[A B]").check("c@P", "B A A", "–", "A");
    let shown = planned.candidate("A");
    assert_eq!((shown.som_path.as_str(), shown.enforced), ("d.test", true));
}

#[test]
fn a28_one_link_is_blocked_and_the_other_applies() {
    check("d[A] P#[A]", "c@P", "A", "A blocked at P", "A");
}

#[test]
fn a29_names_are_compared_without_case() {
    let policies = format!("cn=policies,cn=system,{}", dns("d").to_domain_dn()).to_lowercase();
    let link = format!("[LDAP://cn={},{policies};0]", gpo_id("A").to_string().to_lowercase());
    Case::new("P[A]").link_text("P", link).check("c@P", "A", "–", "A");
}

#[test]
fn a30_a_container_that_is_no_ou_carries_nothing() {
    check("d[A] P[B]", "c@d/CN=Computers", "A", "–", "A");
}

#[test]
fn a31_an_ou_above_a_container_counts() {
    check("d[A] P[B]", "c@P/CN=X", "A B", "–", "B");
}

#[test]
fn a32_a_blank_is_no_link() {
    Case::new("d[A] P[]").link_text("P", " ").check("c@P", "A", "–", "A");
}

#[test]
fn a33_planning_knows_no_local_gpo() {
    let planned = Case::new("d[A] P[B]").check("c@P", "A B", "–", "B");
    let orders: Vec<u32> = planned.side().soms.iter().map(|som| som.order).collect();
    assert_eq!(orders, [3, 4], "the local GPO would be 1");
}
