//! What a person does in the console, on the demo forest.

use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use opengpmc::console::{Command, ConnectRequest, ForestState, Node, Place, StoreOpener};
use opengpmc::store::{ConnectTarget, StoreErrorKind};

use crate::console::{Console, EndlessOpener, demo, demo_request, go_to, open_tab, settle, wait, with_opener};
use crate::screens::{dn, gpo, root};
use crate::support::{cells, copy, press, rows, selected_rows, type_text};

fn titles(console: &Console, role: Role) -> Vec<String> {
    let nodes = console.query_all_by_role(role);
    nodes.map(|node| node.accesskit_node().label().unwrap_or_default()).collect()
}

fn domain_place(console: &Console, kind: &str) -> Place {
    let forest = console.state().forests()[0].open().unwrap();
    let domain = forest.snapshot.domain(&root()).unwrap();
    match kind {
        "wmi filter" => Place::WmiFilter { domain: root(), id: domain.wmi_filters[0].id },
        "starter gpo" => Place::StarterGpo { domain: root(), id: forest.starter_gpos(&root())[0].id },
        "site" => Place::Site(forest.snapshot.sites[0].dn.clone()),
        other => panic!("{other}"),
    }
}

#[test]
fn every_kind_of_node_has_its_tabs_and_columns() {
    let mut console = demo();
    // Sites are hidden until one is shown.
    let site = domain_place(&console, "site");
    go_to(&mut console, site);
    let mut check = |place: Place, tabs: &[&str], columns: &[&str]| {
        go_to(&mut console, place.clone());
        assert_eq!(titles(&console, Role::Tab), tabs, "{place:?}");
        open_tab(&mut console, tabs[0]);
        let shown = titles(&console, Role::ColumnHeader);
        assert!(shown.iter().map(String::as_str).collect::<Vec<_>>().starts_with(columns), "{place:?}: {shown:?}");
        place
    };
    let container = ["Linked Group Policy Objects", "Group Policy Inheritance", "Delegation"];
    let links = ["Link Order", "GPO", "Enforced", "Link Enabled", "GPO Status", "WMI Filter", "Modified", "Domain"];
    check(Place::Forest, &["Contents"], &["Name"]);
    check(Place::Domains, &["Contents"], &["Name"]);
    check(Place::Sites, &["Contents"], &["Name"]);
    let queries = ["Name", "User", "Computer", "Last refresh time"];
    check(Place::Modeling, &["Contents"], &queries);
    check(Place::Results, &["Contents"], &queries);
    let domain = ["Status", "Linked Group Policy Objects", "Group Policy Inheritance", "Delegation"];
    check(Place::Domain(root()), &domain, &[]);
    check(Place::Ou(dn("OU=Headquarters")), &container, &links);
    check(Place::Gpos(root()), &["Contents", "Delegation"], &["Name", "GPO Status", "WMI Filter", "Modified", "Owner"]);
    check(Place::WmiFilters(root()), &["Contents", "Delegation"], &["Name", "Description"]);
    check(Place::StarterGpos(root()), &["Contents", "Delegation"], &["Name", "Starter GPO Type", "Modified", "Author"]);
    let link = Place::Link { som: dn("OU=Headquarters"), order: 1 };
    check(
        link,
        &["Scope", "Details", "Settings", "Delegation", "Status"],
        &["Location", "Enforced", "Link Enabled", "Path"],
    );
    let mut console = demo();
    let site = domain_place(&console, "site");
    go_to(&mut console, site);
    assert_eq!(titles(&console, Role::Tab), ["Linked Group Policy Objects", "Delegation"]);
    let filter = domain_place(&console, "wmi filter");
    go_to(&mut console, filter);
    assert_eq!(titles(&console, Role::Tab), ["General", "Delegation"]);
    assert!(!rows(&console, "Queries").is_empty());
    go_to(&mut console, Place::StarterGpos(root()));
    let starter = domain_place(&console, "starter gpo");
    go_to(&mut console, starter);
    assert_eq!(titles(&console, Role::Tab), ["Details", "Settings", "Delegation"]);
    console.get_by_label("Template version");
}

#[test]
fn links_stand_in_link_order_with_their_states() {
    let mut console = demo();
    go_to(&mut console, Place::Domain(root()));
    let table = "Linked Group Policy Objects";
    open_tab(&mut console, table);
    assert_eq!(rows(&console, table), ["1", "2", "3"]);
    let third = cells(&console, table, "3");
    assert_eq!(third[..4], ["3", "Hull Scanner Agent", "No", "No"]);
    go_to(&mut console, Place::Ou(dn("OU=Kiosks,OU=Computers,OU=Headquarters")));
    open_tab(&mut console, "Group Policy Inheritance");
    console.get_by_label_contains("Links of sites are not part of this list");
    console.get_by_label_contains("Inheritance is blocked here");
    assert_eq!(rows(&console, "Group Policy Inheritance")[0], "1 (Enforced)");
}

#[test]
fn faults_are_named() {
    let mut console = demo();
    let mut check = |name: &str, fault: &str| {
        let place = gpo(&console, name);
        go_to(&mut console, place);
        assert!(console.query_by_label_contains(fault).is_some(), "{name}: {fault}");
    };
    check("Broken - Versions Differ", "computer version 9 in the directory, 7 in SYSVOL");
    check("Broken - Directory Only", "The SYSVOL half is missing");
    check("Broken - File Permissions Differ", "do not match those of the directory object");
    check("Broken - Missing WMI Filter", "does not exist");
    check("Broken - Nobody Reads", "Computers cannot read this GPO");
    check("Broken - Wrong Functionality Version", "Clients ignore this GPO");
    let place = gpo(&console, "Default Domain Policy");
    go_to(&mut console, place);
    assert!(console.query_by_label_contains("The two halves differ").is_none());
    assert!(console.query_by_label_contains("do not match those").is_none());
}

#[test]
fn a_link_whose_gpo_is_gone_is_not_found() {
    let mut console = demo();
    let forest = console.state().forests()[0].open().unwrap();
    let soms = forest.snapshot.domains.iter().flat_map(|domain| &domain.soms);
    let links = soms.flat_map(|som| som.links.iter().map(|link| (som.dn.clone(), link)));
    let broken =
        links.filter(|(_, link)| matches!(forest.snapshot.link_target(link), opengpmc::gpm::LinkTarget::NotFound));
    let (som, order) = broken.map(|(som, link)| (som, link.order)).next().expect("the demo forest has a broken link");
    go_to(&mut console, Place::Link { som: som.clone(), order });
    assert!(console.query_all_by_label_contains("does not exist any more").next().is_some());
    go_to(&mut console, Place::of_som(&som));
    let row = cells(&console, "Linked Group Policy Objects", &order.to_string());
    assert_eq!(row[1], "Not Found");
}

#[test]
fn the_scope_tab_shows_links_elsewhere_on_request() {
    let mut console = demo();
    let place = gpo(&console, "Screen Lock - Strict");
    go_to(&mut console, place);
    let own = rows(&console, "Links");
    assert!(own.contains(&"Payroll".to_owned()), "{own:?}");
    console.get_by_role_and_label(Role::ComboBox, "Display links in this location").click();
    console.run_steps(4);
    console.get_by_label("Entire forest").click();
    console.run_steps(6);
    assert!(rows(&console, "Links").len() >= own.len());
    console.get_by_role_and_label(Role::ComboBox, "Display links in this location").click();
    console.run_steps(4);
    console.get_by_label("All sites").click();
    console.run_steps(6);
    assert!(rows(&console, "Links").len() < own.len());
    assert_eq!(rows(&console, "Security Filtering").len(), 1);
}

#[test]
fn details_and_permissions_arrive_in_the_background() {
    let mut console = demo();
    let place = gpo(&console, "Broken - Versions Differ");
    go_to(&mut console, place);
    open_tab(&mut console, "Details");
    console.get_by_label("9 (AD), 7 (SYSVOL)");
    open_tab(&mut console, "Delegation");
    let names = rows(&console, "Delegation");
    assert!(names.iter().any(|name| name.ends_with("Authenticated Users")), "{names:?}");
    assert!(names.iter().any(|name| name.ends_with("Domain Admins")), "{names:?}");
    go_to(&mut console, Place::Ou(dn("OU=Headquarters")));
    open_tab(&mut console, "Delegation");
    let linkers = rows(&console, "Delegation");
    console.get_by_role_and_label(Role::ComboBox, "Permission").click();
    console.run_steps(4);
    console.get_by_label("Read Group Policy Results data").click();
    console.run_steps(6);
    assert!(!linkers.is_empty() && !rows(&console, "Delegation").is_empty());
}

#[test]
fn a_list_is_sorted_filtered_selected_and_copied() {
    let mut console = demo();
    go_to(&mut console, Place::Gpos(root()));
    console.get_by_role_and_label(Role::ColumnHeader, "Modified").click();
    console.run_steps(4);
    let by_time: Vec<String> = rows(&console, "Group Policy Objects");
    console.get_by_role_and_label(Role::ColumnHeader, "Modified").click();
    console.run_steps(4);
    assert_ne!(rows(&console, "Group Policy Objects"), by_time);
    console.get_by_role_and_label(Role::TextInput, "Filter Group Policy Objects").focus();
    console.run_steps(2);
    for character in "firewall".chars() {
        console.event(egui::Event::Text(character.to_string()));
    }
    console.run_steps(4);
    let found = rows(&console, "Group Policy Objects");
    assert!(!found.is_empty() && found.iter().all(|name| name.contains("Firewall")), "{found:?}");
    press(&mut console, Modifiers::NONE, Key::ArrowDown);
    press(&mut console, Modifiers::COMMAND, Key::A);
    assert_eq!(selected_rows(&console, "Group Policy Objects"), found);
    let text = copy(&mut console);
    assert_eq!(text.lines().count(), found.len());
    assert!(text.lines().next().unwrap().starts_with(&format!("{}\t", found[0])));
}

#[test]
fn everything_is_reached_by_keyboard_alone() {
    let mut console = demo();
    go_to(&mut console, Place::Domains);
    press(&mut console, Modifiers::COMMAND, Key::Num1);
    press(&mut console, Modifiers::NONE, Key::ArrowDown);
    settle(&mut console);
    assert_eq!(console.state().selected().place(), Some(&Place::Domain(root())));
    press(&mut console, Modifiers::CTRL, Key::Tab);
    press(&mut console, Modifiers::COMMAND, Key::Num2);
    press(&mut console, Modifiers::NONE, Key::ArrowDown);
    press(&mut console, Modifiers::NONE, Key::ArrowDown);
    assert_eq!(selected_rows(&console, "Linked Group Policy Objects"), ["2"]);
    press(&mut console, Modifiers::NONE, Key::Enter);
    settle(&mut console);
    let som = root().to_string().split('.').map(|part| format!("DC={part}")).collect::<Vec<_>>().join(",");
    assert_eq!(console.state().selected().place(), Some(&Place::Link { som: som.parse().unwrap(), order: 2 }));
    press(&mut console, Modifiers::CTRL, Key::Tab);
    settle(&mut console);
    console.get_by_label("Unique ID");
    press(&mut console, Modifiers::CTRL, Key::Tab);
    settle(&mut console);
    wait(&mut console, "the report is there", |console| console.query_by_role(Role::TreeGrid).is_some());
    press(&mut console, Modifiers::CTRL, Key::Tab);
    settle(&mut console);
    assert!(!rows(&console, "Delegation").is_empty());
    press(&mut console, Modifiers::ALT, Key::ArrowLeft);
    settle(&mut console);
    assert_eq!(console.state().selected().place(), Some(&Place::Domain(root())));
}

#[test]
fn a_forest_that_cannot_be_opened_says_why_and_what_to_try() {
    let request = ConnectRequest {
        target: Some(ConnectTarget::File("/no/such/place.gpforest".into())),
        ..ConnectRequest::default()
    };
    let mut console = with_opener([1100.0, 700.0], Arc::new(StoreOpener), vec![request]);
    wait(&mut console, "the error is there", |console| {
        matches!(console.state().forests()[0].state, ForestState::Failed(_))
    });
    let id = console.state().forests()[0].id;
    console.state_mut().ask(Command::Select(Node::In(id, Place::Forest)));
    console.run_steps(4);
    assert!(console.query_all_by_label_contains("/no/such/place.gpforest").next().is_some());
    console.get_by_label("What to try");
}

#[test]
fn the_connect_dialog_refuses_what_names_nothing() {
    let mut console = with_opener([1100.0, 700.0], Arc::new(StoreOpener), Vec::new());
    console.run_steps(4);
    console.state_mut().ask(Command::ShowConnect);
    console.run_steps(4);
    console.get_by_role_and_label(Role::Button, "Connect").click();
    console.run_steps(4);
    console.get_by_label_contains("Enter the name of a domain");
    type_text(&mut console, "no such domain!");
    console.get_by_role_and_label(Role::Button, "Connect").click();
    console.run_steps(4);
    assert!(console.query_by_role_and_label(Role::Button, "Connect").is_some());
    press(&mut console, Modifiers::NONE, Key::Escape);
    assert!(console.query_by_role_and_label(Role::Button, "Connect").is_none());
    assert!(console.state().forests().is_empty());
}

#[test]
fn a_load_is_cancelled_with_escape() {
    let mut console = with_opener([1100.0, 700.0], Arc::new(EndlessOpener), vec![demo_request()]);
    wait(&mut console, "the progress window is there", |console| {
        console.query_all_by_role(Role::ProgressIndicator).next().is_some()
            && console.query_all_by_label_contains("Reading kestrelbay.example").next().is_some()
    });
    console.run_steps(2);
    console.key_press(Key::Escape);
    wait(&mut console, "the load has ended", |console| {
        let entry = console.state().forests().first();
        entry.is_none_or(
            |entry| matches!(&entry.state, ForestState::Failed(error) if error.kind == StoreErrorKind::Cancelled),
        )
    });
}

#[test]
fn the_theme_is_switched() {
    let mut console = demo();
    for (preference, dark) in [(egui::ThemePreference::Dark, true), (egui::ThemePreference::Light, false)] {
        console.state_mut().ask(Command::SetTheme(preference));
        console.run_steps(3);
        assert_eq!(console.ctx.global_style().visuals.dark_mode, dark);
    }
}

#[test]
fn halves_of_gpos_that_stand_alone_are_listed() {
    let mut console = demo();
    go_to(&mut console, Place::Gpos(root()));
    console.get_by_label("1 folder in SYSVOL has no GPO, 1 GPO has no folder in SYSVOL.");
    let halves = rows(&console, "Halves of GPOs");
    assert_eq!((halves.len(), halves[1].as_str()), (2, "Broken - Directory Only"));
    assert!(halves[0].starts_with("Policies\\{"), "{halves:?}");
    assert_eq!(cells(&console, "Halves of GPOs", &halves[0])[1], "The GPO in the directory");
    assert_eq!(cells(&console, "Halves of GPOs", &halves[1])[1], "The folder in SYSVOL");
    // The list of GPOs is still the first thing the keyboard reaches in the pane.
    console.state_mut().ask(Command::FocusResult);
    console.run_steps(4);
    assert!(console.get_by_role_and_label(Role::Table, "Group Policy Objects").is_focused());
    go_to(&mut console, Place::Gpos("yards.kestrelbay.example".parse().unwrap()));
    assert!(console.query_by_role_and_label(Role::Table, "Halves of GPOs").is_none());
}
