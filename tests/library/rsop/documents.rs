//! Documents: of a plan (cases K3 to K5, and what becomes of each reason in it), and as clients write them (K6, K7, K10).

use opengpmc::extension::{PrincipalNames, SourceContext, rsop_document};
use opengpmc::format::admx::AdmxStore;
use opengpmc::ident::Timestamp;
use opengpmc::report::rsop::{NotApplied, RsopDataType, RsopGpo, RsopResult, precedence, winning_gpo};
use opengpmc::report::{RsopReport, read_rsop, write_rsop, write_text};
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

/// A result that a client wrote: `gpos` are rows of its computer, which lies in `corp.example/Staff`, `soms` the OUs it says it searched.
fn logged(gpos: &str, soms: &[&str]) -> RsopResult {
    let som = |path: &&str| {
        format!(
            "<SearchedSOM><Path>{path}</Path><Type>OU</Type><Order>4</Order><BlocksInheritance>false</BlocksInheritance>\
             <Blocked>false</Blocked><Reason>Normal</Reason></SearchedSOM>"
        )
    };
    let text = format!(
        "<Rsop xmlns='http://www.microsoft.com/GroupPolicy/Rsop'><ReadTime>2026-03-01T12:00:00Z</ReadTime><DataType>LoggedData</DataType>\
         <ComputerResults><Name>CORP\\PC7$</Name><Domain>corp.example</Domain><SOM>corp.example/Staff</SOM><Site>Basel</Site>{}{gpos}\
         </ComputerResults></Rsop>",
        soms.iter().map(som).collect::<String>()
    );
    read_rsop(text.as_bytes()).unwrap().computer.unwrap()
}

/// A row of a GPO linked to `corp.example/Staff`.
fn gpo_row(name: &str, version: u8, flags: &str, applied: u8) -> String {
    format!(
        "<GPO><Name>{name}</Name><Path><Identifier xmlns='http://www.microsoft.com/GroupPolicy/Types'>\
         {{00000000-0000-0000-0000-000000000001}}</Identifier></Path><VersionDirectory>{version}</VersionDirectory>\
         <VersionSysvol>{version}</VersionSysvol>{flags}<Link><SOMPath>corp.example/Staff</SOMPath><SOMOrder>1</SOMOrder>\
         <AppliedOrder>{applied}</AppliedOrder><LinkOrder>2</LinkOrder><Enabled>true</Enabled><NoOverride>false</NoOverride></Link></GPO>"
    )
}

#[test]
fn k6_clean_flags_do_not_make_a_gpo_applied() {
    let clean = "<Enabled>true</Enabled><IsValid>true</IsValid><FilterAllowed>true</FilterAllowed><AccessDenied>false</AccessDenied>\
                 <ExtensionName>Registry</ExtensionName>";
    let applied = |order| logged(&gpo_row("A", 3, clean, order), &[]).gpos[0].is_applied();
    assert!(!applied(0));
    assert!(applied(1));
}

#[test]
fn k7_a_row_without_name_has_no_settings_for_this_side_or_is_not_readable() {
    let nothing = "<IsValid>false</IsValid><FilterAllowed>false</FilterAllowed><AccessDenied>false</AccessDenied>";
    let result = logged(&gpo_row("{00000000-0000-0000-0000-000000000001}", 0, nothing, 0), &[]);
    assert!(result.gpos[0].is_unknown());
    assert_eq!(result.why_not(&result.gpos[0]), Some(NotApplied::NotReturned));
}

#[test]
fn k10_ous_of_earlier_runs_are_shown_as_leftovers_and_decide_nothing() {
    let result = logged(
        &gpo_row("A", 3, "<Enabled>true</Enabled>", 1),
        &["corp.example/Staff", "corp.example/Gone", "corp.example/Sta"],
    );
    let leftovers: Vec<&str> =
        result.searched_soms.iter().filter(|som| result.is_leftover(som)).map(|som| som.path.as_str()).collect();
    assert_eq!(leftovers, ["corp.example/Gone", "corp.example/Sta"]);
    let report = RsopReport { computer: Some(result.clone()), ..RsopReport::default() };
    let shown = write_text(&[rsop_document(&report)]);
    assert_eq!(shown.matches("Left from an earlier run").count(), 2, "{shown}");
    assert!(result.gpos[0].is_applied() && result.why_not(&result.gpos[0]).is_none());
}
