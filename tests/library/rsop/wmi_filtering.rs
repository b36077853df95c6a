//! Section E of the cases: WMI filters of the GPO A at P. What a filter finds is known only on the client, so a plan is told.

use opengpmc::ident::GpoVersion;
use opengpmc::rsop::WmiAssumption;

use super::forest::{Case, dns, filter_id};

const OUT: &str = "A WMI filter";

fn with(outcome: impl Into<Option<bool>>) -> Case {
    Case::new("P[A]").filter("A", outcome)
}

#[test]
fn e1_a_true_filter_lets_the_gpo_apply() {
    with(true).check("c@P", "A", "–", "A");
}

#[test]
fn e2_a_false_filter_keeps_it_out() {
    let planned = with(false).check("c@P", "–", OUT, "unset");
    assert_eq!(planned.candidate("A").wmi_filter.as_deref(), Some("the filter"));
}

#[test]
fn e3_one_query_without_a_row_makes_it_false() {
    with(false).check("c@P", "–", OUT, "unset");
}

#[test]
fn e4_what_cannot_be_evaluated_is_false() {
    with(false).check("c@P", "–", OUT, "unset");
}

#[test]
fn e5_a_missing_filter_keeps_its_gpo_out_and_no_other() {
    let missing = format!("[{};{};0]", dns("d"), filter_id("nobody"));
    let case = Case::new("P[A B]").gpo("A", |gpo| gpo.filter = Some(missing));
    let planned = case.check("c@P", "B", "A WMI filter missing", "B");
    assert!(planned.warns("A", "is not there"));
}

#[test]
fn e6_the_filter_may_lie_in_another_domain() {
    let case = |outcome| {
        let mut case = with(outcome);
        case.add_domain("e");
        case.filter_of("A", "e")
    };
    case(true).check("c@P", "A", "–", "A");
    case(false).check("c@P", "–", OUT, "unset");
}

#[test]
fn e7_a_broken_wmi_service_ends_the_side() {
    let broken = |case: Case| case.assume(|assumed| assumed.computer_wmi = WmiAssumption::Broken);
    let planned = broken(with(None)).check("c@P", "–", "–", "unset");
    assert!(planned.side().failures[0].problem.contains("WMI service"));
    // Without a filter nobody asks the service.
    broken(Case::new("P[A]")).check("c@P", "A", "–", "A");
}

#[test]
fn e8_a_filter_nobody_knows_of_is_told() {
    let planned = with(None).check("c@P", "A", "–", "A");
    assert!(planned.warns("A", "Whether its WMI filter `the filter` is true is not known"));
}

#[test]
fn e9_a_list_of_true_filters_makes_all_others_false() {
    let only = |ids: Vec<_>| with(None).assume(|assumed| assumed.computer_wmi = WmiAssumption::Only(ids));
    only(Vec::new()).check("c@P", "–", OUT, "unset");
    only(vec![filter_id("A")]).check("c@P", "A", "–", "A");
}

#[test]
fn e10_all_filters_assumed_true_for_the_computer() {
    let case = with(None).assume(|assumed| assumed.computer_wmi = WmiAssumption::AllTrue);
    assert!(!case.check("c@P", "A", "–", "A").warns("A", "not known"));
    assert!(case.check("u@P", "A", "–", "A").warns("A", "not known"));
}

#[test]
fn e11_a_blank_is_no_filter() {
    let case = Case::new("P[A]").gpo("A", |gpo| gpo.filter = Some(" ".to_owned()));
    let planned = case.check("c@P", "A", "–", "A");
    assert_eq!((planned.candidate("A").wmi_filter.clone(), planned.warns("A", "")), (None, false));
}

#[test]
fn e12_security_comes_before_the_filter() {
    with(false).rights("A", "AU read").check("c@P", "–", "A security", "unset");
}

#[test]
fn e13_empty_comes_before_the_filter() {
    let nothing = GpoVersion::default();
    with(false).gpo("A", |gpo| gpo.versions = (nothing, nothing)).check("c@P", "–", "A empty", "unset");
}

#[test]
fn e14_user_policy_is_filtered_too() {
    with(false).check("u@P", "–", OUT, "unset");
    with(true).check("u@P", "A", "–", "A");
}
