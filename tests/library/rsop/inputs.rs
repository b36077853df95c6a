//! Section K of the cases: what is planned for, in what form, and with what numbers. Cases about documents stand beside their reader and writer.

use opengpmc::ident::GpoVersion;
use opengpmc::rsop::{Assumptions, Subject, Target};

use super::forest::{Case, Made, names, plan_text, who as sid_of};

#[test]
fn k1_a_container_stands_for_whoever_might_be_in_it() {
    let case = Case::new("d[A] P[B C]").rights("B", "AU read; G apply").rights("C", "AU read; H apply");
    let Made { planner, .. } = case.make("c@P");
    let target = Target { user: None, computer: Some(Subject::Container(case.place("P"))) };
    let groups = Assumptions { computer_groups: Some(vec![sid_of("G").parse().unwrap()]), ..Assumptions::default() };
    let side = planner.plan(&target, &groups).computer.unwrap();
    assert_eq!(names(side.applied()), "A B");
    let token: Vec<String> = side.token.iter().map(ToString::to_string).collect();
    let expected = ["S-1-1-0", "S-1-5-2", "S-1-5-11", "S-1-5-15", &sid_of("G"), "S-1-5-32-545", "S-1-18-1"];
    let sorted = |mut list: Vec<String>| {
        list.sort();
        list
    };
    assert_eq!(sorted(token), sorted(expected.map(str::to_owned).to_vec()));
    assert_eq!((side.account, side.place), (None, case.place("P")));
}

#[test]
fn k2_one_side_or_the_other_or_none() {
    let case = Case::new("P[A]");
    let Made { planner, target } = case.make("u@P c@P");
    let sides = |target: &Target| {
        let plan = planner.plan(target, &Assumptions::default());
        (plan.user.is_some(), plan.computer.is_some())
    };
    assert_eq!(sides(&target), (true, true));
    assert_eq!(sides(&Target { user: None, ..target.clone() }), (false, true));
    assert_eq!(sides(&Target { computer: None, ..target }), (true, false));
    assert_eq!(sides(&Target::default()), (false, false));
}

#[test]
fn k3_precedence_counts_from_the_winner() {
    let planned = Case::new("P[C B A]").check("c@P", "A B C", "–", "C");
    let setting = planned.side().resultant.settings.iter().find(|setting| setting.key.ends_with("!k")).unwrap();
    let sources: Vec<&str> = setting
        .sources
        .iter()
        .map(|source| planned.side().applied().nth(source.order - 1).unwrap().gpo.name.as_str())
        .collect();
    assert_eq!(sources, ["C", "B", "A"]);
}

#[test]
fn k8_of_several_causes_the_first_is_named() {
    let nothing = GpoVersion::default();
    // Everything at once, then one cause after the other taken away.
    let all = |link: &str, forest: &str, rights: &str| {
        let case = Case::new(&forest.replace("A", link)).filter("A", false).rights("A", rights);
        case.gpo("A", |gpo| gpo.versions = (nothing, nothing))
    };
    let check = |case: Case, out: &str| drop(case.check("c@P", "–", out, "unset"));
    check(all("A-(c-)", "d[A] P#[]", "deny read c; AU read"), "A link disabled");
    check(all("A(c-)", "d[A] P#[]", "deny read c; AU read"), "A blocked at P");
    check(all("A(c-)", "d[A] P[]", "deny read c; AU read"), "A not readable (not seen)");
    check(all("A(c-)", "d[A] P[]", "AU read"), "A half disabled");
    check(all("A", "d[A] P[]", "AU read"), "A security");
    check(all("A", "d[A] P[]", "AU read+apply"), "A empty");
    check(Case::new("d[A] P[]").filter("A", false), "A WMI filter");
}

#[test]
fn k9_planning_twice_gives_the_same() {
    let case = Case::new("S[X] d[A A B!] P[C] P/Q#[B A-]").site("S").filter("C", None);
    let text = |case: &Case| plan_text(&case.plan("u@P/Q c@P").plan);
    assert_eq!(text(&case), text(&case));
}
