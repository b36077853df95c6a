//! Group Policy Modeling: the wizard page by page, what becomes of a query, and the settings of an OU.

use std::path::Path;
use std::sync::Arc;

use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};
use opengpmc::console::stored_query::{Asked, ModelingQuery, QueryKind, QueryShelf, StoredQuery, WmiChoice};
use opengpmc::console::{Place, ShownReport};
use opengpmc::gpm::Task;
use opengpmc::operation::rsop::{PlanQuery, Planned, PolicyCache, plan_query};
use opengpmc::report::rsop::RsopResult;
use opengpmc::report::{RsopReport, read_rsop};
use opengpmc::rsop::{Assumptions, LoopbackMode, SidePlan};

use crate::backups::{click, menu, picture, put};
use crate::console::{Console, go_to, open_tab, settle, wait};
use crate::copy_and_import::{next, wait_for};
use crate::links::tick;
use crate::screens::{dn, root};
use crate::stored_queries::demo_with_queries;
use crate::support::rows;
use crate::walkthrough::take;

const WIZARD: &str = "Group Policy Modeling Wizard…";
const NORA: &str = r"KESTREL\nora.finch";
const KIOSK: &str = r"KESTREL\KB-KIOSK1";
const SKIP: &str = "Skip to the final page of this wizard without collecting additional data";

/// Opens the wizard and goes to the page that asks for user and computer.
fn to_targets(console: &mut Console, place: Place) {
    go_to(console, place);
    menu(console, "Action", WIZARD);
    next(console, "Domain Controller");
    next(console, "User and Computer");
}

/// Enters user and computer; an empty one is left out.
fn enter_targets(console: &mut Console, user: &str, computer: &str) {
    for (field, text) in [("User", user), ("Computer", computer)] {
        if !text.is_empty() {
            put(console, field, text);
        }
    }
}

/// Leaves out all further pages up to the summary.
fn skip(console: &mut Console) {
    console.get_by_role_and_label(Role::CheckBox, SKIP).click();
    console.run_steps(3);
}

/// Has the answer computed, and finishes.
fn finish(console: &mut Console) {
    next(console, "Completing");
    wait_for(console, "The simulation is done.");
    click(console, "Finish");
    settle(console);
}

/// Returns the only query that is kept in a folder, as it lies there.
fn only(folder: &Path) -> (StoredQuery, ModelingQuery) {
    let shelf = QueryShelf::load(Some(folder), &root());
    let mut queries = shelf.of(QueryKind::Modeling);
    let stored = queries.next().expect("a query is kept").clone();
    assert!(queries.next().is_none(), "and no other");
    let Asked::Modeling(asked) = stored.asked.clone() else { panic!("{stored:?}") };
    (stored, *asked)
}

fn result(folder: &Path, file: &str) -> RsopReport {
    let (stored, _) = only(folder);
    let path = folder.join(root().to_string()).join(stored.id.to_string()).join(file);
    read_rsop(&std::fs::read(path).unwrap()).unwrap()
}

/// Returns the names of the GPOs that a kept result says applied, the winner last.
fn applied(result: Option<&RsopResult>) -> Vec<String> {
    result.map(|result| result.applied().iter().map(|gpo| gpo.name.clone()).collect()).unwrap_or_default()
}

/// Plans without the console.
fn plan(console: &Console, query: &PlanQuery) -> Planned {
    let forest = console.state().forests()[0].open().unwrap();
    let (store, snapshot) = (Arc::clone(&forest.store), Arc::clone(&forest.snapshot));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (cache, task) = (PolicyCache::default(), Task::default());
    runtime.block_on(plan_query(&store, &snapshot, query, &cache, &task)).unwrap()
}

/// Returns the names of the GPOs that a plan applies, each once, by its last place.
fn planned(side: Option<&SidePlan>) -> Vec<String> {
    let names: Vec<String> =
        side.map(|side| side.applied().map(|candidate| candidate.gpo.name.clone()).collect()).unwrap_or_default();
    let is_last = |place: usize| !names[place + 1..].contains(&names[place]);
    (0..names.len()).filter(|place| is_last(*place)).map(|place| names[place].clone()).collect()
}

fn all_true() -> Assumptions {
    Assumptions {
        user_wmi: opengpmc::rsop::WmiAssumption::AllTrue,
        computer_wmi: opengpmc::rsop::WmiAssumption::AllTrue,
        ..Assumptions::default()
    }
}

/// Returns the report that is shown of the node that is selected.
fn shown(console: &Console) -> Arc<ShownReport> {
    let forest = console.state().forests()[0].open().unwrap();
    let reports = forest.details.reports.values().filter_map(|report| report.ready());
    Arc::clone(reports.into_iter().find(|report| report.resultant().is_some()).expect("a result is shown"))
}

#[test]
fn the_wizard_simulates_a_user_on_a_computer() {
    let folder = tempfile::tempdir().unwrap();
    let mut console = demo_with_queries(folder.path());
    go_to(&mut console, Place::Modeling);
    console.get_by_label_contains("Nothing has been simulated yet.");
    menu(&mut console, "Action", WIZARD);
    picture(&mut console, "modeling-welcome");
    next(&mut console, "Domain Controller");
    picture(&mut console, "modeling-controller");
    next(&mut console, "User and Computer");
    enter_targets(&mut console, NORA, KIOSK);
    picture(&mut console, "modeling-targets");
    take(&mut console, "modeling-targets");
    next(&mut console, "Simulation Options");
    picture(&mut console, "modeling-options");
    next(&mut console, "Alternate Paths");
    picture(&mut console, "modeling-paths");
    next(&mut console, "User Security Groups");
    let groups = rows(&console, "Security groups");
    assert!(groups.contains(&r"KESTREL\Helpdesk".to_owned()), "its own groups are the default: {groups:?}");
    assert!(groups.contains(&"Everyone".to_owned()), "{groups:?}");
    picture(&mut console, "modeling-groups");
    take(&mut console, "modeling-groups");
    next(&mut console, "Computer Security Groups");
    next(&mut console, "WMI Filters for Users");
    picture(&mut console, "modeling-filters");
    next(&mut console, "WMI Filters for Computers");
    next(&mut console, "Summary of Selections");
    picture(&mut console, "modeling-summary");
    next(&mut console, "Completing");
    wait_for(&mut console, "The simulation is done.");
    picture(&mut console, "modeling-completing");
    click(&mut console, "Finish");
    settle(&mut console);

    let (stored, asked) = only(folder.path());
    assert_eq!(console.state().selected().place(), Some(&Place::ModelingResult(stored.id)));
    assert_eq!(stored.name, r"KESTREL\nora.finch on KESTREL\KB-KIOSK1");
    assert_eq!((asked.user_groups, asked.user_place, asked.user_wmi), (None, None, WmiChoice::AllTrue));
    let wanted = PlanQuery {
        user: Some(NORA.to_owned()),
        computer: Some(KIOSK.to_owned()),
        assumptions: all_true(),
        ..PlanQuery::default()
    };
    let expected = plan(&console, &wanted);
    let kept = result(folder.path(), "result.xml");
    assert_eq!(applied(kept.user.as_ref()), planned(expected.plan.user.as_ref()));
    assert_eq!(applied(kept.computer.as_ref()), planned(expected.plan.computer.as_ref()));
    assert!(applied(kept.computer.as_ref()).contains(&"Loopback - Kiosks".to_owned()));

    picture(&mut console, "modeling-result-summary");
    open_tab(&mut console, "Details");
    picture(&mut console, "modeling-result-details");
    open_tab(&mut console, "Query");
    assert!(console.query_all_by_label_contains("All linked filters are true").next().is_some());
    picture(&mut console, "modeling-result-query");
    open_tab(&mut console, "Explain");
    picture(&mut console, "modeling-result-explain");
    take(&mut console, "modeling-explain");
    menu(&mut console, "Action", "Advanced View…");
    settle(&mut console);
    picture(&mut console, "modeling-result-advanced");
    drop(console);

    let mut console = demo_with_queries(folder.path());
    go_to(&mut console, Place::ModelingResult(stored.id));
    assert_eq!(shown(&console).resultant().unwrap().report, kept, "what was kept is shown after a restart");
    assert!(shown(&console).resultant().unwrap().links.is_some(), "with its explanation");
}

#[test]
fn opened_from_an_ou_its_containers_stand_there_and_the_rest_can_be_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let mut console = demo_with_queries(folder.path());
    let payroll = dn("OU=Payroll,OU=Finance,OU=People,OU=Headquarters");
    to_targets(&mut console, Place::Ou(payroll.clone()));
    for field in ["User container", "Computer container"] {
        let node = console.get_by_role_and_label(Role::TextInput, field);
        assert_eq!(node.accesskit_node().value().as_deref(), Some(payroll.as_str()), "{field}");
    }
    skip(&mut console);
    next(&mut console, "Summary of Selections");
    assert!(console.query_by_label_contains("Simulation Options").is_none(), "the pages between are gone");
    finish(&mut console);
    let (stored, asked) = only(folder.path());
    assert_eq!((stored.user.as_str(), stored.name.as_str()), ("Payroll", "Payroll on Payroll"));
    let place = Some(payroll);
    let assumptions = Assumptions { user_place: place.clone(), computer_place: place, ..all_true() };
    let expected = plan(&console, &PlanQuery { assumptions, ..PlanQuery::default() });
    let kept = result(folder.path(), "result.xml");
    assert_eq!(applied(kept.user.as_ref()), planned(expected.plan.user.as_ref()));
    assert!(!applied(kept.user.as_ref()).is_empty());
    assert_eq!(asked.controller, None);
}

#[test]
fn what_is_entered_is_checked_before_the_wizard_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut console = demo_with_queries(folder.path());
    to_targets(&mut console, Place::Modeling);
    click(&mut console, "Next");
    wait_for(&mut console, "Enter a user or a computer, or a container for one of them.");
    put(&mut console, "User", "nobody.at.all");
    click(&mut console, "Next");
    wait_for(&mut console, "nobody.at.all");
    wait(&mut console, "it is refused", |console| console.query_by_label_contains("Looking up").is_none());
    assert!(console.query_by_role_and_label(Role::CheckBox, "Loopback processing").is_none(), "it stays on the page");
    put(&mut console, "User container", "OU=Nowhere,DC=kestrelbay,DC=example");
    click(&mut console, "Next");
    wait_for(&mut console, "does not exist");
    put(&mut console, "User container", "kestrelbay.example/Headquarters");
    next(&mut console, "Simulation Options");
    console.get_by_role_and_label(Role::CheckBox, "Loopback processing").click();
    console.run_steps(3);
    click(&mut console, "Next");
    wait_for(&mut console, "Loopback processing needs a computer");
    console.get_by_role_and_label(Role::CheckBox, "Loopback processing").click();
    console.run_steps(3);
    skip(&mut console);
    next(&mut console, "Summary of Selections");
    finish(&mut console);
    assert_eq!(only(folder.path()).0.name, "Headquarters");
}

#[test]
fn slow_link_loopback_and_site_are_assumed() {
    let folder = tempfile::tempdir().unwrap();
    let mut console = demo_with_queries(folder.path());
    to_targets(&mut console, Place::Modeling);
    enter_targets(&mut console, NORA, r"KESTREL\KB-WS016");
    next(&mut console, "Simulation Options");
    console
        .get_by_role_and_label(Role::CheckBox, "Slow network connection (for example, a dial-up connection)")
        .click();
    console.get_by_role_and_label(Role::CheckBox, "Loopback processing").click();
    console.run_steps(3);
    console.get_by_role_and_label(Role::RadioButton, "Merge: those of the computer's place come on top").click();
    console.run_steps(3);
    console.get_by_role_and_label(Role::ComboBox, "Site:").click();
    console.run_steps(4);
    console.get_by_role_and_label(Role::Button, "Port-Sable").click();
    console.run_steps(4);
    skip(&mut console);
    next(&mut console, "Summary of Selections");
    finish(&mut console);
    let (_, asked) = only(folder.path());
    assert_eq!((asked.slow_link, asked.loopback), (true, Some(LoopbackMode::Merge)));
    assert_eq!(asked.site.as_deref(), Some("Port-Sable"));
    let assumptions = Assumptions {
        slow_link: true,
        loopback: Some(LoopbackMode::Merge),
        site: Some("Port-Sable".to_owned()),
        ..all_true()
    };
    let computer = Some(r"KESTREL\KB-WS016".to_owned());
    let expected =
        plan(&console, &PlanQuery { user: Some(NORA.to_owned()), computer, assumptions, ..PlanQuery::default() });
    let kept = result(folder.path(), "result.xml");
    assert_eq!(applied(kept.user.as_ref()), planned(expected.plan.user.as_ref()));
    let user = kept.user.unwrap();
    assert_eq!((user.site.as_str(), user.slow_link), ("Port-Sable", Some(true)));
}

#[test]
fn a_domain_controller_is_chosen_and_asked_first() {
    let folder = tempfile::tempdir().unwrap();
    let mut console = demo_with_queries(folder.path());
    go_to(&mut console, Place::Modeling);
    menu(&mut console, "Action", WIZARD);
    next(&mut console, "Domain Controller");
    console.get_by_role_and_label(Role::RadioButton, "This domain controller:").click();
    console.run_steps(3);
    click(&mut console, "Next");
    wait_for(&mut console, "Choose a domain controller from the list.");
    // The demo forest has one controller that answers.
    console.get_by_role_and_label(Role::Row, "kb-dc2.kestrelbay.example").click();
    console.run_steps(3);
    click(&mut console, "Next");
    wait_for(&mut console, "cannot be reached");
    console.run_steps(10);
    assert!(console.query_by_role_and_label(Role::RadioButton, "This domain controller:").is_some());
    console.get_by_role_and_label(Role::Row, "kb-dc1.kestrelbay.example").click();
    console.run_steps(3);
    next(&mut console, "User and Computer");
    enter_targets(&mut console, NORA, "");
    skip(&mut console);
    next(&mut console, "Summary of Selections");
    finish(&mut console);
    let (_, asked) = only(folder.path());
    assert_eq!(asked.controller.as_deref(), Some("kb-dc1.kestrelbay.example"));
    assert!(!applied(result(folder.path(), "result.xml").user.as_ref()).is_empty());
}

#[test]
fn accounts_and_containers_are_browsed_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut console = demo_with_queries(folder.path());
    to_targets(&mut console, Place::Modeling);
    click(&mut console, "Browse for user");
    console.run_steps(30);
    assert!(console.query_by_role_and_label(Role::CheckBox, "Groups").is_none(), "only users are offered");
    crate::support::type_text(&mut console, "nora.finch");
    wait(&mut console, "she is found", |console| console.query_by_label("Looking…").is_none());
    console.run_steps(20);
    click(&mut console, "OK");
    wait(&mut console, "the picker is done", |console| console.query_by_label("Check Names").is_none());
    click(&mut console, "Browse for computer container");
    console.run_steps(10);
    let kiosks = "kestrelbay.example/Headquarters/Computers/Kiosks";
    console.get_by_role_and_label(Role::TextInput, "Filter Containers").focus();
    console.run_steps(3);
    crate::support::type_text(&mut console, "Kiosks");
    console.run_steps(20);
    console.get_by_role_and_label(Role::Row, kiosks).click();
    console.run_steps(3);
    picture(&mut console, "modeling-container");
    click(&mut console, "OK");
    console.run_steps(3);
    skip(&mut console);
    next(&mut console, "Summary of Selections");
    finish(&mut console);
    assert_eq!(only(folder.path()).0.name, r"KESTREL\nora.finch on Kiosks");
}

#[test]
fn a_user_is_imagined_in_another_place_and_restored() {
    let folder = tempfile::tempdir().unwrap();
    let mut console = demo_with_queries(folder.path());
    to_targets(&mut console, Place::Modeling);
    enter_targets(&mut console, NORA, r"KESTREL\KB-WS016");
    next(&mut console, "Simulation Options");
    next(&mut console, "Alternate Paths");
    put(&mut console, "User location", "OU=Nowhere,DC=kestrelbay,DC=example");
    put(&mut console, "Computer location", "kestrelbay.example/Servers");
    click(&mut console, "Next");
    wait_for(&mut console, "does not exist");
    click(&mut console, "Restore computer location to its default");
    let directors = dn("OU=Directors,OU=People,OU=Headquarters");
    put(&mut console, "User location", directors.as_str());
    skip(&mut console);
    next(&mut console, "Summary of Selections");
    finish(&mut console);
    let (_, asked) = only(folder.path());
    assert_eq!((asked.user_place.clone(), asked.computer_place), (Some(directors.clone()), None));
    let computer = Some(r"KESTREL\KB-WS016".to_owned());
    let assumptions = Assumptions { user_place: Some(directors), ..all_true() };
    let expected =
        plan(&console, &PlanQuery { user: Some(NORA.to_owned()), computer, assumptions, ..PlanQuery::default() });
    let kept = result(folder.path(), "result.xml").user.unwrap();
    assert_eq!(applied(Some(&kept)), planned(expected.plan.user.as_ref()));
    assert_eq!(kept.som, "kestrelbay.example/Headquarters/People/Directors");
}

#[test]
fn groups_and_wmi_filters_are_assumed() {
    let folder = tempfile::tempdir().unwrap();
    let mut console = demo_with_queries(folder.path());
    to_targets(&mut console, Place::Modeling);
    enter_targets(&mut console, NORA, r"KESTREL\KB-LT003");
    next(&mut console, "Simulation Options");
    next(&mut console, "Alternate Paths");
    next(&mut console, "User Security Groups");
    console.get_by_role_and_label(Role::Row, r"KESTREL\Helpdesk").click();
    console.run_steps(3);
    click(&mut console, "Remove");
    assert!(!rows(&console, "Security groups").contains(&r"KESTREL\Helpdesk".to_owned()));
    click(&mut console, "Restore Defaults");
    assert!(rows(&console, "Security groups").contains(&r"KESTREL\Helpdesk".to_owned()));
    click(&mut console, "Add…");
    console.run_steps(30);
    crate::support::type_text(&mut console, "Finance Staff");
    wait(&mut console, "it is found", |console| console.query_by_label("Looking…").is_none());
    console.run_steps(20);
    click(&mut console, "OK");
    wait(&mut console, "the picker is done", |console| console.query_by_label("Check Names").is_none());
    console.run_steps(4);
    assert!(rows(&console, "Security groups").contains(&r"KESTREL\Finance Staff".to_owned()));
    next(&mut console, "Computer Security Groups");
    console.get_by_role_and_label(Role::Row, r"KESTREL\Domain Computers").click();
    console.run_steps(3);
    click(&mut console, "Remove");
    next(&mut console, "WMI Filters for Users");
    next(&mut console, "WMI Filters for Computers");
    console.get_by_role_and_label(Role::RadioButton, "Only these WMI filters are true:").click();
    console.run_steps(3);
    click(&mut console, "List Filters");
    let listed = rows(&console, "WMI filters that are true");
    assert!(!listed.is_empty());
    console.get_by_role_and_label(Role::Row, &listed[0]).click();
    console.run_steps(3);
    click(&mut console, "Remove");
    next(&mut console, "Summary of Selections");
    finish(&mut console);
    let (_, asked) = only(folder.path());
    let names = |groups: Option<Vec<opengpmc::console::stored_query::Named<_>>>| -> Vec<String> {
        groups
            .into_iter()
            .flatten()
            .map(|group: opengpmc::console::stored_query::Named<opengpmc::ident::Sid>| group.name)
            .collect()
    };
    assert!(names(asked.user_groups.clone()).contains(&r"KESTREL\Finance Staff".to_owned()));
    assert!(!names(asked.computer_groups.clone()).contains(&r"KESTREL\Domain Computers".to_owned()));
    let WmiChoice::Only(filters) = &asked.computer_wmi else { panic!("{asked:?}") };
    assert_eq!(filters.iter().map(|filter| filter.name.clone()).collect::<Vec<_>>(), listed[1..]);
    let wanted = PlanQuery {
        user: Some(NORA.to_owned()),
        computer: Some(r"KESTREL\KB-LT003".to_owned()),
        assumptions: asked.assumptions(),
        ..PlanQuery::default()
    };
    let expected = plan(&console, &wanted).plan;
    let kept = result(folder.path(), "result.xml");
    assert_eq!(applied(kept.user.as_ref()), planned(expected.user.as_ref()));
    assert_eq!(applied(kept.computer.as_ref()), planned(expected.computer.as_ref()));
}

#[test]
fn a_query_is_run_again_and_says_what_has_changed() {
    let folder = tempfile::tempdir().unwrap();
    let mut console = demo_with_queries(folder.path());
    let directors = dn("OU=Directors,OU=People,OU=Headquarters");
    to_targets(&mut console, Place::Ou(directors.clone()));
    skip(&mut console);
    next(&mut console, "Summary of Selections");
    finish(&mut console);
    let (stored, _) = only(folder.path());
    let before = applied(result(folder.path(), "result.xml").user.as_ref());
    assert!(console.query_by_role_and_label(Role::Tab, "Changes").is_none(), "nothing to compare with yet");
    // The first link of the OU is disabled behind the query's back.
    let forest = console.state().forests()[0].open().unwrap();
    let link = forest.som(&directors).unwrap().links[0].clone();
    let name = forest.link_label(&link);
    assert!(before.contains(&name), "{name}: {before:?}");
    go_to(&mut console, Place::Link { som: directors, order: 1 });
    tick(&mut console, "Link Enabled");
    settle(&mut console);
    go_to(&mut console, Place::ModelingResult(stored.id));
    menu(&mut console, "Action", "Rerun Query");
    settle(&mut console);
    let (again, _) = only(folder.path());
    assert_eq!((again.id, again.name.as_str()), (stored.id, stored.name.as_str()));
    let after = applied(result(folder.path(), "result.xml").user.as_ref());
    assert!(!after.contains(&name), "{after:?}");
    assert_eq!(applied(result(folder.path(), "earlier.xml").user.as_ref()), before);
    open_tab(&mut console, "Changes");
    wait_for(&mut console, &name);
    picture(&mut console, "modeling-result-changes");
    take(&mut console, "modeling-changes");
    open_tab(&mut console, "Explain");
    wait_for(&mut console, "Disabled (Link)");
}

#[test]
fn a_new_query_begins_with_another_and_its_report_is_saved() {
    let folder = tempfile::tempdir().unwrap();
    let mut console = demo_with_queries(folder.path());
    to_targets(&mut console, Place::Modeling);
    enter_targets(&mut console, NORA, KIOSK);
    skip(&mut console);
    next(&mut console, "Summary of Selections");
    finish(&mut console);
    menu(&mut console, "Action", "Create New Query From This One…");
    next(&mut console, "Domain Controller");
    next(&mut console, "User and Computer");
    let node = console.get_by_role_and_label(Role::TextInput, "User");
    assert_eq!(node.accesskit_node().value().as_deref(), Some(NORA));
    skip(&mut console);
    next(&mut console, "Summary of Selections");
    finish(&mut console);
    let shelf = QueryShelf::load(Some(folder.path()), &root());
    let names: Vec<_> = shelf.of(QueryKind::Modeling).map(|query| query.name.clone()).collect();
    let first = r"KESTREL\nora.finch on KESTREL\KB-KIOSK1";
    assert_eq!(names, [first.to_owned(), format!("{first} (2)")]);
    for (extension, begins) in [("xml", &b"\xFF\xFE<\0"[..]), ("html", b"<!DOCTYPE html>")] {
        let path = folder.path().join(format!("report.{extension}"));
        click(&mut console, "Save Report…");
        console.run_steps(4);
        press_and_type(&mut console, &path.display().to_string());
        click(&mut console, "Save");
        wait(&mut console, "it is saved", |_| path.exists());
        settle(&mut console);
        let bytes = std::fs::read(&path).unwrap();
        assert!(bytes.starts_with(begins), "{extension}");
    }
    let kept = read_rsop(&std::fs::read(folder.path().join("report.xml")).unwrap()).unwrap();
    assert!(applied(kept.computer.as_ref()).contains(&"Loopback - Kiosks".to_owned()));
}

/// Puts a text in place of what stands in the field that has the focus.
fn press_and_type(console: &mut Console, text: &str) {
    crate::support::press(console, egui::Modifiers::COMMAND, egui::Key::A);
    crate::support::type_text(console, text);
    console.run_steps(2);
}

#[test]
fn the_inheritance_tab_shows_the_settings_that_come_of_the_links() {
    let folder = tempfile::tempdir().unwrap();
    let mut console = demo_with_queries(folder.path());
    let kiosks = dn("OU=Kiosks,OU=Computers,OU=Headquarters");
    go_to(&mut console, Place::Ou(kiosks.clone()));
    open_tab(&mut console, "Group Policy Inheritance");
    assert!(console.query_by_role(Role::TreeGrid).is_none(), "asked for before anything is read");
    console.get_by_role_and_label(Role::CheckBox, "Show settings").click();
    console.run_steps(3);
    settle(&mut console);
    wait_for(&mut console, "Computer Configuration");
    let place = Some(kiosks);
    let assumptions = Assumptions { user_place: place.clone(), computer_place: place, ..Assumptions::default() };
    let expected = plan(&console, &PlanQuery { assumptions, ..PlanQuery::default() }).plan;
    let report = shown(&console);
    let document = report.resultant().unwrap().settings.clone().unwrap();
    let text = serde_json::to_string(&*document).unwrap();
    let settings = |side: &Option<SidePlan>| side.as_ref().unwrap().resultant.settings.clone();
    for setting in settings(&expected.computer).iter().chain(&settings(&expected.user)) {
        let name = serde_json::to_string(&*setting.name).unwrap();
        assert!(text.contains(&name), "{name}");
    }
    assert!(text.contains("Loopback - Kiosks"), "with the GPO that wins: {text}");
    picture(&mut console, "inheritance-settings");
    take(&mut console, "modeling-inheritance");
    go_to(&mut console, Place::Domain(root()));
    open_tab(&mut console, "Group Policy Inheritance");
    wait_for(&mut console, "Default Domain Policy");
}

#[test]
fn the_advanced_view_names_those_who_lost() {
    let folder = tempfile::tempdir().unwrap();
    let mut console = demo_with_queries(folder.path());
    let (place, names, contested) = contested_place(&console).expect("somewhere two GPOs set the same");
    to_targets(&mut console, Place::Ou(place));
    skip(&mut console);
    next(&mut console, "Summary of Selections");
    finish(&mut console);
    menu(&mut console, "Action", "Advanced View…");
    settle(&mut console);
    let report = shown(&console);
    let document = report.resultant().unwrap().settings.clone().unwrap();
    let json = serde_json::to_value(&*document).unwrap().to_string();
    let row = json.split("{\"cells\"").find(|row| row.contains(&serde_json::to_string(&contested).unwrap()));
    let after = &json[json.find(row.expect("it is there")).unwrap()..];
    let details = after.split("Precedence").nth(1).expect("who else set it");
    for name in &names {
        assert!(details.contains(name.as_str()), "{contested}: {name}: {details}");
    }
    picture(&mut console, "modeling-result-losers");
}

/// Returns an OU where GPOs set the same, these GPOs, and the name of the setting.
fn contested_place(console: &Console) -> Option<(opengpmc::ident::Dn, Vec<String>, String)> {
    let forest = console.state().forests()[0].open().unwrap();
    let soms = forest.snapshot.domain(&root()).unwrap().soms.iter().skip(1);
    for place in soms.map(|som| som.dn.clone()) {
        let assumptions =
            Assumptions { user_place: Some(place.clone()), computer_place: Some(place.clone()), ..all_true() };
        let plan = plan(console, &PlanQuery { assumptions, ..PlanQuery::default() }).plan;
        for side in [plan.computer, plan.user].into_iter().flatten() {
            let applied: Vec<_> = side.applied().map(|candidate| candidate.gpo.name.clone()).collect();
            let mut settings = side.resultant.settings.iter();
            if let Some(setting) = settings.find(|setting| setting.sources.len() > 1 && !setting.united) {
                let names = setting.sources.iter().filter_map(|source| applied.get(source.order.checked_sub(1)?));
                return Some((place, names.cloned().collect(), setting.name.to_string()));
            }
        }
    }
    None
}

#[test]
fn a_simulation_is_laid_out_as_results_are() {
    let folder = tempfile::tempdir().unwrap();
    let mut console = demo_with_queries(folder.path());
    to_targets(&mut console, Place::Modeling);
    enter_targets(&mut console, NORA, r"KESTREL\KB-LT003");
    skip(&mut console);
    next(&mut console, "Summary of Selections");
    finish(&mut console);
    let report = shown(&console);
    let shown = report.resultant().unwrap();
    let texts = [&shown.summary, &shown.details].map(|document| opengpmc::report::write_text(&[(**document).clone()]));
    let check = |text: &str, expected: &[&str]| {
        for words in expected {
            assert!(text.contains(words), "{words}: {text}");
        }
    };
    check(&texts[0], &["Simulated computer policy", "No Errors Detected", "GPOs that did not apply"]);
    check(&texts[1], &["Component Status", "Time Taken", "Applied GPOs", "Link Location", "Security Filters"]);
    check(
        &texts[1],
        &["Denied GPOs", "Reason Denied", "WMI Filters", "Security Group Membership", r"KESTREL\Helpdesk"],
    );
    let has_grid = |console: &Console| console.query_by_role(Role::TreeGrid).is_some();
    assert!(has_grid(&console), "the summary is in view");
    open_tab(&mut console, "Details");
    assert!(has_grid(&console), "the details are in view");
    // Each setting names the GPO that won it.
    check(&texts[1], &["Winning GPO"]);
    let winners = plan(
        &console,
        &PlanQuery {
            user: Some(NORA.to_owned()),
            computer: Some(r"KESTREL\KB-LT003".to_owned()),
            ..PlanQuery::default()
        },
    );
    let computer = winners.plan.computer.as_ref().unwrap();
    let won: Vec<&str> = computer
        .applied()
        .map(|candidate| candidate.gpo.name.as_str())
        .filter(|name| texts[1].matches(name).count() > 1)
        .collect();
    assert!(!won.is_empty(), "winners stand beside their settings and in the list of applied GPOs: {}", texts[1]);
}
