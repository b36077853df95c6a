//! Section F of the cases: the computer in C, the user in U, and what applies to the user.

use opengpmc::report::Side;
use opengpmc::rsop::LoopbackMode::{self, Merge, Replace};
use opengpmc::rsop::SomReason;

use super::forest::{Case, GpoSpec, Planned, SYSTEM};

const WHO: &str = "u@U c@C";
/// The user where no OU counts for it alone.
const ANYBODY: &str = "u@d/CN=Users c@C";

fn check(forest: &str, mode: impl Into<Option<LoopbackMode>>, applied: &str, out: &str, value: &str) -> Planned {
    let case = Case::new(forest);
    let case = if let Some(mode) = mode.into() { case.loopback(mode) } else { case };
    let who = if forest.contains("U[") { WHO } else { ANYBODY };
    case.check(who, applied, out, value)
}

fn mode(mode: u32) -> impl FnOnce(&mut GpoSpec) {
    move |gpo| gpo.mode(mode)
}

#[test]
fn f1_without_loopback_the_computers_place_does_not_count() {
    check("C[A] U[B]", None, "B", "–", "B");
}

#[test]
fn f2_merge_appends_the_computers_list() {
    let planned = check("C[A] U[B]", Merge, "B A", "–", "A");
    let reasons: Vec<SomReason> = planned.side().soms.iter().map(|som| som.reason).collect();
    assert_eq!(reasons, [[SomReason::Normal; 2], [SomReason::LoopbackMerge; 2]].concat());
}

#[test]
fn f3_replace_leaves_only_the_computers_list() {
    check("C[A] U[B]", Replace, "A", "B loopback replace", "A");
}

#[test]
fn f4_what_is_above_both_counts_twice() {
    check("d[E] C[A] U[B]", Merge, "E B E A", "–", "A");
}

#[test]
fn f5_enforced_comes_last_in_each_list() {
    check("d[E!] C[A] U[B]", Merge, "B E A E", "–", "E");
}

#[test]
fn f6_lists_are_joined_after_enforcing() {
    check("C[A] U[B!]", Merge, "B A", "–", "A");
}

#[test]
fn f7_the_computers_place_blocks_in_its_own_list() {
    check("d[E] C#[A]", Replace, "A", "E loopback replace; E blocked at C", "A");
}

#[test]
fn f8_a_disabled_user_half_adds_nothing() {
    check("C[A(u-)] U[B]", Merge, "B", "A half disabled", "B");
}

#[test]
fn f9_a_mode_counts_though_the_user_half_is_off() {
    let planned = Case::new("C[L(u-) A]").gpo("L", mode(2)).check(ANYBODY, "A", "L half disabled", "A");
    let loopback = &planned.plan.loopback;
    assert_eq!((loopback.mode, loopback.set_by.as_ref().unwrap().name.as_str()), (Some(Replace), "L"));
}

#[test]
fn f10_the_mode_that_wins_on_the_computer_counts() {
    let case = Case::new("d[L1] C[L2]").gpo("L1", mode(1)).gpo("L2", mode(2));
    let planned = case.check(ANYBODY, "L1 L2", "L1 loopback replace", "L2");
    let loopback = &planned.plan.loopback;
    assert_eq!((loopback.mode, loopback.set_by.as_ref().unwrap().name.as_str()), (Some(Replace), "L2"));
}

#[test]
fn f11_an_enforced_mode_wins() {
    let case = Case::new("d[L1!] C[L2]").gpo("L1", mode(1)).gpo("L2", mode(2));
    let planned = case.check(ANYBODY, "L1 L2 L1", "–", "L1");
    assert_eq!(planned.plan.loopback.mode, Some(Merge));
}

#[test]
fn f12_the_users_token_counts_at_the_computers_place() {
    let case = Case::new("d[B] C[A]").group("G", &["c"]).rights("A", "AU read; G apply").loopback(Merge);
    case.check(ANYBODY, "B B", "A security", "B");
}

#[test]
fn f13_the_computer_must_read_the_gpo() {
    let case = Case::new("C[A]").rights("A", "deny read c; AU read+apply").loopback(Replace);
    case.check(ANYBODY, "–", "A not readable (not seen)", "unset");
}

#[test]
fn f14_a_mode_in_the_user_half_means_nothing() {
    let in_user_half = |gpo: &mut GpoSpec| gpo.number(Side::User, SYSTEM, "UserPolicyMode", 2);
    let planned = Case::new("d[L] C[A] U[B]").gpo("L", in_user_half).check(WHO, "L B", "–", "B");
    assert_eq!(planned.plan.loopback.mode, None);
}

#[test]
fn f15_the_site_counts_twice() {
    let case = Case::new("S[X] C[A] U[B]").site("S").loopback(Merge);
    case.check(WHO, "X B X A", "–", "A");
}

#[test]
fn f16_a_mode_that_is_filtered_out_means_nothing() {
    let case = Case::new("d[L] C[A] U[B]").gpo("L", mode(2)).rights("L", "AU read; u apply");
    let planned = case.check(WHO, "L B", "–", "B");
    assert_eq!(planned.plan.loopback.mode, None);
}

#[test]
fn f17_a_mode_that_does_not_exist_leaves_nothing() {
    let planned = Case::new("C[L] U[B]").gpo("L", mode(3)).check(WHO, "–", "B loopback mode 3", "unset");
    assert_eq!(planned.plan.loopback.mode, None);
    assert!(planned.side().warnings.iter().any(|warning| warning.contains("no user policy applies")));
}

#[test]
fn f18_without_a_member_computer_there_is_no_loopback() {
    for mode in [Merge, Replace] {
        let planned = Case::new("C[A] U[B]").loopback(mode).check("u@U alone@U", "B", "–", "B");
        assert_eq!(planned.plan.loopback.mode, None);
    }
}

#[test]
fn f19_an_assumed_mode_counts_more_than_the_setting() {
    let case = Case::new("C[L] U[B]").gpo("L", mode(1)).loopback(Replace);
    let planned = case.check(WHO, "L", "B loopback replace", "L");
    assert_eq!((planned.plan.loopback.mode, &planned.plan.loopback.set_by), (Some(Replace), &None));
}

#[test]
fn f20_a_user_of_another_forest_gets_replace() {
    let planned = Case::new("C[A] U[B]").foreign_user().check("u@U c@C", "A", "–", "A");
    assert_eq!(planned.plan.loopback.mode, Some(Replace));
}
