//! Broken input: what can be planned is planned, and the rest is told.

use std::sync::Arc;

use opengpmc::rsop::{Assumptions, Planner, Policies, Reason, Subject, Target, Verdict};

use super::forest::{Case, Made, names};

#[test]
fn an_unreadable_access_list_costs_its_gpo_only() {
    let Made { planner, target } = Case::new("d[A] P[B]").make("c@P");
    for bytes in [None, Some(b"garbage".to_vec()), Some(Vec::new()), Some(vec![1, 0, 4, 128, 255, 255, 255, 255])] {
        let mut forest = (**planner.forest()).clone();
        let gpo = forest.domains[0].gpos.iter_mut().find(|gpo| gpo.display_name == "B").unwrap();
        gpo.security_descriptor = bytes;
        let planner = Planner::new(Arc::new(forest), planner.policies().clone());
        let side = planner.plan(&target, &Assumptions::default()).computer.unwrap();
        assert_eq!(names(side.applied()), "A");
        let unread = &side.candidates[1];
        assert_eq!(unread.verdict, Verdict::NotKnown(Reason::NotRead));
        assert_eq!(unread.warnings, ["Its access list could not be read."]);
    }
}

#[test]
fn damaged_links_are_passed_over() {
    let case = Case::new("d[A] P[]").link_text("P", "[LDAP://garbage]x[LDAP://CN=nothing,DC=d,DC=test;0]");
    let planned = case.plan("c@P");
    assert_eq!((planned.applied().as_str(), planned.value("k").as_str()), ("A", "A"));
    let out = planned.out();
    assert_eq!(out.matches("damaged link").count(), 1, "{out}");
    assert_eq!(out.matches("missing").count(), 1, "{out}");
}

#[test]
fn settings_that_were_not_read_are_told() {
    let case = Case::new("d[A] P[B]");
    let Made { planner, target } = case.make("u@P c@P");
    let plan = Planner::new(planner.forest().clone(), Policies::default()).plan(&target, &Assumptions::default());
    for side in [plan.user.unwrap(), plan.computer.unwrap()] {
        assert_eq!(names(side.applied()), "A B");
        assert!(side.resultant.settings.is_empty());
        assert!(side.candidates.iter().all(|candidate| candidate.warnings[0].contains("was not read")));
    }
}

#[test]
fn places_that_do_not_exist_are_told() {
    let case = Case::new("d[A] P[B]");
    let Made { planner, .. } = case.make("c@P");
    let plan = |place: &str, site: Option<&str>| {
        let assumptions = Assumptions { site: site.map(str::to_owned), ..Assumptions::default() };
        let target = Target { user: None, computer: Some(Subject::Container(place.parse().unwrap())) };
        planner.plan(&target, &assumptions).computer.unwrap()
    };
    let below = plan("OU=Gone,OU=P,DC=d,DC=test", None);
    assert_eq!(names(below.applied()), "A B");
    assert!(below.warnings.iter().any(|warning| warning.contains("There is no OU `OU=Gone")));
    for (place, site, problem) in [
        ("OU=P,DC=elsewhere", None, "elsewhere is not part of this forest"),
        ("CN=nowhere", None, "lies in no domain"),
        ("OU=P,DC=d,DC=test", Some("nowhere"), "There is no site `nowhere`"),
    ] {
        let side = plan(place, site);
        assert!(side.fails() && side.failures[0].problem.contains(problem), "{:?}", side.failures);
        assert_eq!(side.applied().count(), 0);
    }
}

#[test]
fn groups_that_hold_each_other_and_foreign_sids_are_survived() {
    let case = Case::new("P[A]").group("G", &["H", "u"]).group("H", &["G"]);
    let case = case.rights("A", "AU read; H apply; oldforeign apply");
    case.check("u@P", "A", "–", "A");
}
