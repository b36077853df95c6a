//! What holds in every forest, tried on random ones.

use opengpmc::rsop::LoopbackMode::Replace;
use proptest::prelude::*;

use super::forest::{Case, Planned};

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
}
