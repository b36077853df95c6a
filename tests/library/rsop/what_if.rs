//! Changes that were not made: each is planned as if it were, and its JSON is read.

use std::sync::Arc;

use opengpmc::gpm::GpoStatus;
use opengpmc::rsop::{Assumptions, Change, FilterAccess, Planner, Target, WhatIf, WhatIfError};

use super::forest::{Case, Made, names, who as sid_of};

fn of(changes: &str) -> WhatIf {
    serde_json::from_str(&format!(r#"{{"changes": [{changes}]}}"#)).unwrap()
}

/// Plans with changes, and compares what applies to whoever is meant.
fn check(case: &Case, who: &str, changes: &str, expected: &str) {
    let mut what_if = of(changes);
    what_if.resolve(|name| sid_of(name).parse().ok()).unwrap();
    assert_eq!(applied(case, who, &what_if).unwrap(), expected, "{changes}");
    // What is written is read as the same.
    let written = serde_json::to_string(&what_if).unwrap();
    assert_eq!(serde_json::from_str::<WhatIf>(&written).unwrap(), what_if);
}

fn applied(case: &Case, who: &str, what_if: &WhatIf) -> Result<String, WhatIfError> {
    let Made { planner, target } = case.make(who);
    let (target, assumptions): (Target, Assumptions) =
        what_if.assumptions(planner.forest(), &case.assumptions, &target)?;
    let forest = Arc::new(what_if.apply(planner.forest())?);
    let plan = Planner::new(forest, planner.policies().clone()).plan(&target, &assumptions);
    let side = if target.user.is_some() { plan.user } else { plan.computer };
    Ok(names(side.unwrap().applied()))
}

fn error(case: &Case, changes: &str) -> WhatIfError {
    applied(case, "c@P", &of(changes)).unwrap_err()
}

#[test]
fn links_are_added_removed_and_changed() {
    let case = Case::new("d[A] P[B C]");
    for (changes, expected) in [
        (r#"{"add_link": {"som": "OU=P,DC=d,DC=test", "gpo": "A"}}"#, "A A C B"),
        (r#"{"add_link": {"som": "d.test/P", "gpo": "a", "order": 1}}"#, "A C B A"),
        (r#"{"add_link": {"som": "d.test/P", "gpo": "A", "enforced": true}}"#, "A C B A"),
        (r#"{"add_link": {"som": "d.test/P", "gpo": "A", "enabled": false}}"#, "A C B"),
        (r#"{"remove_link": {"som": "D.test/p", "gpo": "B"}}"#, "A C"),
        (r#"{"set_link": {"som": "d.test/P", "gpo": "C", "order": 1}}"#, "A B C"),
        (r#"{"set_link": {"som": "d.test", "gpo": "A", "enforced": true}}"#, "C B A"),
        (r#"{"set_link": {"som": "d.test/P", "gpo": "B", "enabled": false}}"#, "A C"),
        (r#"{"links": {"som": "d.test/P", "text": " "}}"#, "A"),
        (r#"{"block_inheritance": {"som": "d.test/P", "blocked": true}}"#, "C B"),
        (r#"{"remove_link": {"som": "d.test/P", "gpo": "B"}}, {"remove_link": {"som": "d.test/P", "gpo": "C"}}"#, "A"),
    ] {
        check(&case, "c@P", changes, expected);
    }
}

#[test]
fn gpos_change_status_filtering_and_go() {
    let case = Case::new("d[A] P[B]").group("G", &["u"]).filter("B", None);
    for (changes, expected) in [
        (r#"{"gpo_status": {"gpo": "A", "status": "user_settings_disabled"}}"#, "B"),
        (r#"{"gpo_status": {"gpo": "A", "status": "computer_settings_disabled"}}"#, "A B"),
        (r#"{"delete_gpo": {"gpo": "A"}}"#, "B"),
        (r#"{"security_filter": {"gpo": "A", "trustee": "G", "access": "deny"}}"#, "B"),
        (r#"{"security_filter": {"gpo": "A", "trustee": "H", "access": "deny"}}"#, "A B"),
        // Without Authenticated Users the computer cannot read it.
        (r#"{"security_filter": {"gpo": "A", "trustee": "S-1-5-11", "access": "remove"}}"#, "B"),
        (
            r#"{"security_filter": {"gpo": "A", "trustee": "S-1-5-11", "access": "remove"}},
               {"security_filter": {"gpo": "A", "trustee": "G", "access": "apply"}},
               {"security_filter": {"gpo": "A", "trustee": "DC", "access": "apply"}}"#,
            "A B",
        ),
        (
            r#"{"security_filter": {"gpo": "A", "trustee": "G", "access": "deny"}},
               {"security_filter": {"gpo": "A", "trustee": "G", "access": "remove"}}"#,
            "A B",
        ),
        (r#"{"access_list": {"gpo": "A", "sddl": "D:P(A;CI;LCRPLORC;;;AU)"}}"#, "B"),
        (
            r#"{"wmi_filter": {"gpo": "A", "filter": "the filter"}}, {"wmi_outcome": {"filter": "the filter", "is_true": false}}"#,
            "–",
        ),
        (
            r#"{"wmi_filter": {"gpo": "B", "filter": null}}, {"wmi_outcome": {"filter": "the filter", "is_true": false}}"#,
            "A B",
        ),
    ] {
        check(&case, "u@P", changes, expected);
    }
}

#[test]
fn targets_move_join_and_stand_elsewhere() {
    let case = Case::new("S[X] d[A] P[B] U[C]").rights("C", "AU read; G apply");
    for (changes, expected) in [
        (r#"{"place": {"side": "user", "container": "d.test/U"}}"#, "A"),
        (
            r#"{"place": {"side": "user", "container": "d.test/U"}},
               {"membership": {"side": "user", "group": "G", "member": true}}"#,
            "A C",
        ),
        (r#"{"place": {"side": "user", "account": "D\\u", "container": "CN=Users,DC=d,DC=test"}}"#, "A"),
        (r#"{"place": {"side": "user", "account": "D\\other", "container": "CN=Users,DC=d,DC=test"}}"#, "A B"),
        (r#"{"site": {"name": "S"}}"#, "X A B"),
        (r#"{"place": {"side": "computer", "container": "d.test/U"}}, {"loopback": {"mode": "replace"}}"#, "A"),
        (r#"{"slow_link": {"slow": true}}"#, "A B"),
    ] {
        check(&case, "u@P", changes, expected);
    }
}

#[test]
fn unknown_names_are_named() {
    let case = Case::new("d[A] P[B]");
    let check = |changes: &str, part: &str| {
        let error = error(&case, changes).to_string();
        assert!(error.contains(part), "{changes}: {error}");
    };
    check(r#"{"block_inheritance": {"som": "d.test/X", "blocked": true}}"#, "no site, domain or OU `d.test/X`");
    check(r#"{"delete_gpo": {"gpo": "nobody"}}"#, "no GPO `nobody`");
    check(r#"{"remove_link": {"som": "d.test/P", "gpo": "A"}}"#, "`d.test/P` has no link to `A`");
    check(r#"{"wmi_filter": {"gpo": "A", "filter": "x"}}"#, "no WMI filter `x`");
    check(r#"{"wmi_outcome": {"filter": "x", "is_true": true}}"#, "no WMI filter `x`");
    check(r#"{"security_filter": {"gpo": "A", "trustee": "x", "access": "apply"}}"#, "no user, computer or group `x`");
    check(r#"{"site": {"name": "x"}}"#, "no site `x`");
    check(r#"{"place": {"side": "user", "container": "OU=X,DC=d,DC=test"}}"#, "no container of this forest");
    check(r#"{"access_list": {"gpo": "A", "sddl": "x"}}"#, "security filtering of `A` cannot be changed");
    let mut what_if = of(r#"{"membership": {"side": "user", "group": "x", "member": true}}"#);
    assert_eq!(what_if.unresolved().collect::<Vec<_>>(), ["x"]);
    assert_eq!(what_if.resolve(|_| None), Err(WhatIfError::UnknownPrincipal("x".to_owned())));
    for text in [r#"{"change": []}"#, r#"{"changes": [{"site": {"nme": "x"}}]}"#, r#"{"changes": [{"other": {}}]}"#] {
        assert!(serde_json::from_str::<WhatIf>(text).is_err(), "{text}");
    }
}

#[test]
fn what_leaves_the_forest_is_known() {
    let change = |change| WhatIf { changes: vec![change] };
    assert!(change(Change::SlowLink { slow: true }).leaves_forest());
    assert!(!change(Change::GpoStatus { gpo: "A".to_owned(), status: GpoStatus::Enabled }).leaves_forest());
    let filter =
        Change::SecurityFilter { gpo: "A".to_owned(), trustee: "S-1-1-0".to_owned(), access: FilterAccess::Apply };
    assert!(!change(filter).leaves_forest());
}
