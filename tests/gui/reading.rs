//! What the console shows without changing anything: nodes and their marks, lists, tabs, the parts of a report.

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use opengpmc::console::{Command, Node, Place};

use crate::console::{Console, demo, go_to, open_tab, settle, wait};
use crate::screens::{dn, gpo, root};
use crate::support::{cells, copied, press, rows};

/// Returns the nodes of the tree in view, with what a screen reader adds to each.
fn nodes(console: &Console) -> Vec<(String, String)> {
    let items = console.query_all_by_role(Role::TreeItem);
    let told = items.map(|item| {
        let node = item.accesskit_node();
        (node.label().unwrap_or_default(), node.description().unwrap_or_default())
    });
    told.collect()
}

fn expand(console: &mut Console, place: Place) {
    let id = console.state().forests()[0].id;
    console.state_mut().ask(Command::ExpandAll(Node::In(id, place)));
    console.run_steps(6);
    settle(console);
}

#[test]
fn an_ou_shows_its_links_before_the_ous_in_it() {
    let mut console = demo();
    let place = Place::Ou(dn("OU=Computers,OU=Headquarters"));
    go_to(&mut console, place.clone());
    expand(&mut console, place.clone());
    let forest = console.state().forests()[0].open().unwrap().snapshot.clone();
    let domain = forest.domain(&root()).unwrap();
    let som = domain.som_index(&dn("OU=Computers,OU=Headquarters")).unwrap();
    let links: Vec<String> =
        domain.soms[som.0].links.iter().map(|link| domain.gpo_label(forest.link_target(link).gpo().unwrap())).collect();
    let below: Vec<String> = domain.som_children(som).map(|child| domain.soms[child.0].name.clone()).collect();
    assert!(!links.is_empty() && below.len() > 1);
    let labels: Vec<String> = nodes(&console).into_iter().map(|(label, _)| label).collect();
    let start = labels.iter().position(|label| label == "Computers").unwrap() + 1;
    let mut expected = links.clone();
    expected.sort();
    let mut shown = labels[start..start + links.len()].to_vec();
    shown.sort();
    assert_eq!(shown, expected, "its links first: {labels:?}");
    assert_eq!(labels[start + links.len()], below[0], "then the OUs in it: {labels:?}");
}

#[test]
fn all_gpos_stand_below_their_container_by_name() {
    let mut console = demo();
    go_to(&mut console, Place::Gpos(root()));
    open_tab(&mut console, "Contents");
    let forest = console.state().forests()[0].open().unwrap().snapshot.clone();
    let domain = forest.domain(&root()).unwrap();
    let shown = rows(&console, "Group Policy Objects");
    let labels: Vec<String> = domain.gpos.iter().map(|gpo| domain.gpo_label(gpo)).collect();
    assert!(shown.len() > 10);
    let places: Vec<usize> = shown
        .iter()
        .map(|name| labels.iter().position(|label| label == name).unwrap_or_else(|| panic!("{name}")))
        .collect();
    assert!(places.is_sorted(), "{shown:?}");
    console.get_by_label("59 in all");
}

#[test]
fn a_link_shows_the_tabs_of_its_gpo() {
    let mut console = demo();
    go_to(&mut console, Place::Link { som: dn("OU=Headquarters"), order: 1 });
    let tabs: Vec<String> =
        console.query_all_by_role(Role::Tab).map(|tab| tab.accesskit_node().label().unwrap_or_default()).collect();
    assert_eq!(tabs, ["Scope", "Details", "Settings", "Delegation", "Status"]);
}

/// Opens everything in the report of a GPO and copies it.
fn report(console: &mut Console, name: &str) -> String {
    let place = gpo(console, name);
    go_to(console, place);
    open_tab(console, "Settings");
    let grid = format!("Report of {name}");
    wait(console, "the report is there", |console| console.query_by_role_and_label(Role::TreeGrid, &grid).is_some());
    console.run_steps(4);
    console.get_by_role_and_label(Role::Button, "Show All").click();
    console.run_steps(6);
    console.get_by_role(Role::TreeGrid).focus();
    console.run_steps(3);
    press(console, Modifiers::COMMAND, Key::A);
    console.run_steps(3);
    console.event(egui::Event::Copy);
    console.step();
    copied(console).expect("the report was copied")
}

#[test]
fn the_report_of_a_gpo_has_its_parts_in_order() {
    let mut console = demo();
    let text = report(&mut console, "Screen Lock - Strict");
    let parts = [
        "General",
        "Details",
        "Links",
        "Security Filtering",
        "Delegation",
        "Computer Configuration (Disabled)",
        "User Configuration (Enabled)",
    ];
    let places: Vec<usize> =
        parts.iter().map(|part| text.find(part).unwrap_or_else(|| panic!("{part} in {text}"))).collect();
    assert!(places.is_sorted(), "{places:?}");
    console.get_by_role_and_label(Role::Button, "Hide All");
    assert!(console.query_all_by_label_contains("Collected").next().is_some());
}

#[test]
fn each_kind_of_settings_is_reported() {
    let mut console = demo();
    for (name, words) in [
        ("Screen Lock - Strict", &["Administrative Templates", "Windows basics/Screen", "central store"][..]),
        ("Default Domain Policy", &["Account Policies", "Minimum password length", "characters"]),
        ("Tier 0 - Log-on Restrictions", &["User Rights Assignment"]),
        (
            "Servers - Hardening",
            &["Security Options", "Restricted Groups", "System Services", "Registry", "File System"],
        ),
        ("Servers - Advanced Audit", &["Advanced Audit"]),
        ("Scripts - Start-up and Log-on", &["Scripts", "Startup"]),
        ("Folder Redirection", &["Folder Redirection", "Documents"]),
        ("Software - Office Tools", &["Software Installation", "Tally Clock"]),
        ("Servers - Firewall", &["Firewall"]),
        ("AppLocker - Kiosks", &["Application Control"]),
        ("Certificates - Trust and Enrolment", &["Public Key"]),
        ("Software Restriction - Old Laptops", &["Software Restriction"]),
        ("Network - Quality of Service", &["QoS"]),
        ("Preferences - Desktop", &["Preferences", "General", "Common"]),
        ("Preferences - Item-level Targeting", &["Item-level targeting"]),
        ("Archive - Windows XP", &["Extra Registry Settings"]),
        ("Broken - Damaged Settings", &["registry.pol"]),
    ] {
        let text = report(&mut console, name).to_lowercase();
        for word in words {
            assert!(text.contains(&word.to_lowercase()), "{name}: {word} in {text}");
        }
    }
}

#[test]
fn the_inheritance_list_says_where_each_gpo_comes_from() {
    let mut console = demo();
    let ou = dn("OU=Laptops,OU=Computers,OU=Headquarters");
    go_to(&mut console, Place::Ou(ou.clone()));
    open_tab(&mut console, "Group Policy Inheritance");
    let forest = console.state().forests()[0].open().unwrap().snapshot.clone();
    let domain = forest.domain(&root()).unwrap();
    let expected = domain.inherited_links(domain.som_index(&ou).unwrap());
    let shown = rows(&console, "Group Policy Inheritance");
    assert_eq!(shown.len(), expected.len());
    assert!(expected.iter().all(|link| link.link.enabled), "disabled links are left out");
    for (row, link) in shown.iter().zip(&expected) {
        let cells = cells(&console, "Group Policy Inheritance", row);
        assert!(row.starts_with(&link.precedence.to_string()), "{cells:?}");
        assert_eq!(row.contains("Enforced"), link.link.enforced, "{cells:?}");
        // Twins have a part of their id behind their name.
        assert!(cells[1].starts_with(forest.link_target(&link.link).label()), "{cells:?}");
        let gpo = forest.gpo_by_dn(link.link.gpo_dn.as_ref().unwrap()).unwrap();
        assert_eq!(cells[3], gpo.status.label(), "{cells:?}");
        let filter = forest.wmi_filter_label(gpo);
        assert_eq!(cells[4], if filter.is_empty() { "None" } else { &filter }, "{cells:?}");
        assert!(cells[2].contains(&domain.soms[link.som.0].name), "{cells:?}");
    }
    let enforced: Vec<bool> = expected.iter().map(|link| link.link.enforced).collect();
    assert!(enforced.is_sorted_by(|one, other| one >= other), "enforced ones first");
}

#[test]
fn the_delegation_of_a_gpo_tells_levels_apart() {
    let mut console = demo();
    let mut levels = Vec::new();
    for name in ["Delegated - Helpdesk Tools", "Deny - Not for Directors", "Broken - Unknown Trustees"] {
        let place = gpo(&console, name);
        go_to(&mut console, place);
        open_tab(&mut console, "Delegation");
        for row in rows(&console, "Delegation") {
            levels.push((row.clone(), cells(&console, "Delegation", &row)[1].clone()));
        }
    }
    for level in
        ["Read (from Security Filtering)", "Read", "Edit settings", "Edit settings, delete, modify security", "Custom"]
    {
        assert!(levels.iter().any(|(_, own)| own == level), "{level}: {levels:?}");
    }
    assert!(levels.iter().any(|(name, _)| name.starts_with("S-1-5-21-")), "a SID that nobody has is shown as it is");
}

#[test]
fn a_filter_shows_its_queries_and_the_gpos_that_use_it() {
    let mut console = demo();
    let forest = console.state().forests()[0].open().unwrap().snapshot.clone();
    let domain = forest.domain(&root()).unwrap();
    let filter =
        domain.wmi_filters.iter().find(|filter| domain.gpos_with_wmi_filter(filter.id).next().is_some()).unwrap();
    go_to(&mut console, Place::WmiFilter { domain: root(), id: filter.id });
    assert_eq!(rows(&console, "Queries").len(), filter.queries.len());
    let using = domain.gpos_with_wmi_filter(filter.id).next().unwrap();
    assert!(console.query_all_by_label_contains(&using.display_name).next().is_some());
}

#[test]
fn rows_of_lists_lead_to_what_they_name() {
    let mut console = demo();
    let place = gpo(&console, "Screen Lock - Strict");
    go_to(&mut console, place);
    let first = rows(&console, "Links")[0].clone();
    let table = console.get_by_role_and_label(Role::Table, "Links");
    table.get_by_role_and_label(Role::Row, &first).click();
    console.run_steps(3);
    press(&mut console, Modifiers::NONE, Key::Enter);
    settle(&mut console);
    assert!(matches!(console.state().selected().place(), Some(Place::Ou(_) | Place::Domain(_))));
}
