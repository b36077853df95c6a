//! The document of a plan: cases K4 and K5, and what becomes of each reason in it.

use opengpmc::extension::{PrincipalNames, SourceContext};
use opengpmc::format::admx::AdmxStore;
use opengpmc::ident::Timestamp;
use opengpmc::report::rsop::{NotApplied, RsopDataType, RsopGpo, RsopResult, precedence, winning_gpo};
use opengpmc::report::{RsopReport, read_rsop, write_rsop};
use opengpmc::rsop::{PlanContext, plan_report};

use super::forest::{Case, Made};

fn report(case: &Case, who: &str) -> RsopReport {
    let Made { planner, target } = case.make(who);
    let (names, templates) = (PrincipalNames::default(), AdmxStore::default());
    let settings = SourceContext { names: &names, templates: &templates, with_comments: true, compatible: false };
    let context = PlanContext {
        planner: &planner,
        target: &target,
        assumptions: &case.assumptions,
        settings: &settings,
        made: Timestamp::from_unix_seconds(1_700_000_000).unwrap(),
    };
    let report = plan_report(&planner.plan(&target, &case.assumptions), &context);
    assert_eq!(read_rsop(&write_rsop(&report)).unwrap(), report, "it is read as it is written");
    assert_eq!(report.data_type, RsopDataType::Planned);
    report
}

fn computer(case: &Case) -> RsopResult {
    report(case, "c@P").computer.unwrap()
}

fn row<'a>(result: &'a RsopResult, name: &str) -> &'a RsopGpo {
    result.gpos.iter().find(|gpo| gpo.name == name).unwrap_or_else(|| panic!("no row {name}"))
}

#[test]
fn k4_the_order_inside_a_scope_counts_in_the_order_of_application() {
    let result = computer(&Case::new("P[A B C]"));
    let orders = ["C", "B", "A"].map(|name| row(&result, name).links[0].som_order);
    assert_eq!(orders, [1, 2, 3]);
}

#[test]
fn k5_links_count_over_the_whole_chain_behind_the_local_gpo() {
    let result = computer(&Case::new("d[A B] P[C]"));
    let orders =
        ["B", "A", "C"].map(|name| (row(&result, name).links[0].link_order, row(&result, name).applied_order()));
    // 1 and 0 are those of the local GPO, which is never planned.
    assert_eq!(orders, [(2, 1), (3, 2), (4, 3)]);
    assert_eq!(result.applied().iter().map(|gpo| gpo.name.as_str()).collect::<Vec<_>>(), ["B", "A", "C"]);
}

#[test]
fn k3_settings_name_their_gpo_and_its_precedence() {
    let result = computer(&Case::new("P[A B C]"));
    let settings: Vec<_> = result.extensions.iter().flat_map(|extension| &extension.elements).collect();
    let mut found: Vec<(u32, &str)> = settings
        .iter()
        .filter_map(|setting| Some((precedence(setting)?, result.gpo(&winning_gpo(setting)?)?.name.as_str())))
        .collect();
    found.sort();
    assert_eq!(found, [(1, "A"), (2, "B"), (3, "C")]);
}

#[test]
fn every_reason_is_read_out_of_the_row_again() {
    let case = Case::new("d[A] P#[B C- D(c-) E F]").rights("E", "AU read").filter("F", false);
    let result = computer(&case);
    let why = |name: &str| result.why_not(row(&result, name));
    assert_eq!(why("A"), Some(NotApplied::Blocked));
    assert_eq!(why("B"), None);
    assert_eq!(why("C"), Some(NotApplied::LinkDisabled));
    assert_eq!(why("D"), Some(NotApplied::GpoDisabled));
    assert_eq!(why("E"), Some(NotApplied::Security));
    assert_eq!(why("F"), Some(NotApplied::WmiFilter));
    let unseen = Case::new("P[A B]").rights("A", "deny read c; AU read+apply");
    let result = computer(&unseen);
    assert_eq!(result.why_not(row(&result, "A")), Some(NotApplied::NotReturned));
    assert!(row(&result, "B").is_applied());
}

#[test]
fn a_gpo_that_is_linked_twice_has_one_row_with_both_links() {
    let result = computer(&Case::new("d[A!] P[A B]"));
    let links = &row(&result, "A").links;
    assert_eq!(
        links.iter().map(|link| (link.applied_order, link.no_override)).collect::<Vec<_>>(),
        [(2, false), (3, true)]
    );
    assert_eq!(result.gpos.len(), 2);
    assert_eq!(row(&result, "A").security_filters, ["NT AUTHORITY\\Authenticated Users"]);
    assert_eq!(row(&result, "A").extension_names, ["Registry"]);
}

#[test]
fn what_was_searched_and_who_it_was_stand_in_the_document() {
    let case = Case::new("S[X] d[A] P#[B]").site("S");
    let result = computer(&case);
    let soms: Vec<_> = result
        .searched_soms
        .iter()
        .map(|som| (som.kind.as_str(), som.order, som.blocks_inheritance, som.blocked))
        .collect();
    assert_eq!(soms, [("Site", 2, false, true), ("Domain", 3, false, true), ("OU", 4, true, false)]);
    assert_eq!((result.site.as_str(), result.slow_link, result.version), ("S", Some(false), Some(2_228_228)));
    assert!(result.som.ends_with("/P"), "{}", result.som);
    assert!(result.security_groups.iter().any(|group| group.name == "NT AUTHORITY\\Authenticated Users"));
    let engine = &result.extension_status[0];
    assert_eq!((engine.name.as_str(), engine.error), ("Group Policy Infrastructure", Some(0)));
    assert!(result.events.is_empty());
}
