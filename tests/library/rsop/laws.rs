//! What holds in every forest, tried on random ones.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use opengpmc::rsop::LoopbackMode::Replace;
use opengpmc::rsop::{Assumptions, Plan, SettingChange, impact};
use proptest::prelude::*;

use super::forest::{Case, Made, Planned, plan_text};

const GPOS: [&str; 6] = ["A", "B", "C", "E", "F", "G"];
const PLACES: [&str; 5] = ["S", "d", "P", "P/Q", "U"];

/// The links of one SOM and whether it blocks: GPOs with enforced or disabled.
type Links = Vec<(usize, bool, bool)>;

fn links() -> impl Strategy<Value = (Links, bool)> {
    (prop::collection::vec((0..GPOS.len(), any::<bool>(), prop::bool::weighted(0.2)), 0..4), prop::bool::weighted(0.3))
}

fn forest() -> impl Strategy<Value = [(Links, bool); 5]> {
    [links(), links(), links(), links(), links()]
}

fn text(forest: &[(Links, bool); 5]) -> String {
    let som = |(name, (links, blocks)): (&str, &(Links, bool))| {
        let link = |(gpo, enforced, disabled): &(usize, bool, bool)| {
            let mark = |is: bool, mark| if is { mark } else { "" };
            format!("{}{}{}", GPOS[*gpo], mark(*enforced, "!"), mark(*disabled, "-"))
        };
        let links: Vec<String> = links.iter().map(link).collect();
        format!("{name}{}[{}]", if *blocks && name != "S" { "#" } else { "" }, links.join(" "))
    };
    PLACES.into_iter().zip(forest).map(som).collect::<Vec<_>>().join(" ")
}

fn case(forest: &[(Links, bool); 5]) -> Case {
    Case::new(&text(forest)).site("S")
}

/// What applies and what comes of it, without what does not.
fn outcome(planned: &Planned) -> (Vec<(String, String)>, String) {
    let applied = planned.side().applied().map(|link| (link.gpo.name.clone(), link.som_path.clone())).collect();
    (applied, planned.value("k"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn a_disabled_link_changes_nothing(mut forest in forest(), at in 0..5_usize, gpo in 0..GPOS.len(), enforced: bool) {
        let before = outcome(&case(&forest).plan("c@P/Q"));
        forest[at].0.push((gpo, enforced, true));
        prop_assert_eq!(outcome(&case(&forest).plan("c@P/Q")), before);
    }

    #[test]
    fn blocking_never_removes_an_enforced_gpo(mut forest in forest(), at in 1..4_usize) {
        let enforced = |planned: &Planned| -> Vec<(String, String)> {
            let links = planned.side().applied().filter(|link| link.enforced);
            links.map(|link| (link.gpo.name.clone(), link.som_path.clone())).collect()
        };
        forest[at].1 = false;
        let before = enforced(&case(&forest).plan("c@P/Q"));
        forest[at].1 = true;
        prop_assert_eq!(enforced(&case(&forest).plan("c@P/Q")), before);
    }

    #[test]
    fn replace_ignores_the_users_own_chain(forest in forest()) {
        let replaced = |user: &str| outcome(&case(&forest).loopback(Replace).plan(&format!("u@{user} c@P/Q")));
        prop_assert_eq!(replaced("U"), replaced("d/CN=Users"));
    }

    #[test]
    fn the_inheritance_tab_agrees_with_the_plan(forest in forest()) {
        let case = case(&forest).assume(|assumed| assumed.site = None);
        let planned = case.plan("c@P/Q");
        let snapshot = case.forest();
        let domain = &snapshot.domains[0];
        let index = domain.som_index(&case.place("P/Q")).unwrap();
        let name = |id| domain.gpo(id).unwrap().display_name.clone();
        let listed: Vec<String> =
            domain.inherited_links(index).iter().rev().map(|link| name(link.link.gpo_id.unwrap())).collect();
        let applied: Vec<String> = planned.side().applied().map(|link| link.gpo.name.clone()).collect();
        prop_assert_eq!(listed, applied);
    }

    #[test]
    fn planning_on_a_forest_equals_planning_on_its_snapshot(forest in forest()) {
        let (live, saved) = (case(&forest).plan("u@U c@P/Q"), case(&forest).saved().plan("u@U c@P/Q"));
        prop_assert_eq!(plan_text(&saved.plan), plan_text(&live.plan));
    }

    #[test]
    fn impact_is_the_plan_after_minus_the_plan_before(old in forest(), new in forest()) {
        let (before, after) = (case(&old).make("c@P/Q"), case(&new).make("c@P/Q"));
        let account = before.target.computer.as_ref().unwrap().account().unwrap().clone();
        let assumptions = Assumptions { site: Some("S".to_owned()), ..Assumptions::default() };
        let go_on = |_, _| ControlFlow::<()>::Continue(());
        let told = impact(&before.planner, &after.planner, &[account], &assumptions, go_on).unwrap();
        let told: Vec<Outcome> = told.groups.iter().flat_map(|group| group.changes.iter().map(change_of)).collect();
        let settings = |made: &Made| settings_of(&made.planner.plan(&made.target, &assumptions));
        prop_assert_eq!(told, difference(&settings(&before), &settings(&after)));
    }
}

/// A setting, what it came to and by whom, before and after.
type Outcome = (String, Option<(String, String)>, Option<(String, String)>);

fn change_of(change: &SettingChange) -> Outcome {
    let part = |value: &Option<std::sync::Arc<str>>, gpo: &Option<String>| {
        gpo.clone().map(|gpo| (value.as_deref().unwrap_or("absent").to_owned(), gpo))
    };
    let (before, after) = (part(&change.before, &change.before_gpo), part(&change.after, &change.after_gpo));
    (change.key.to_string(), before, after)
}

fn settings_of(plan: &Plan) -> BTreeMap<String, (String, String)> {
    let side = plan.computer.as_ref().unwrap();
    let settings = side.resultant.settings.iter().map(|setting| {
        let winner = side.applied().nth(setting.sources[0].order - 1).unwrap();
        let value = setting.value.as_deref().unwrap_or("absent").to_owned();
        (setting.key.to_string(), (value, winner.gpo.name.clone()))
    });
    settings.collect()
}

fn difference(before: &BTreeMap<String, (String, String)>, after: &BTreeMap<String, (String, String)>) -> Vec<Outcome> {
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let changed = keys.into_iter().filter(|key| before.get(*key) != after.get(*key));
    changed.map(|key| (key.clone(), before.get(key).cloned(), after.get(key).cloned())).collect()
}
