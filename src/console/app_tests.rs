//! The frame of the window, driven by what a screen reader would see.

use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

use super::fixture::{FixtureOpener, dn, gpo_id};
use super::{App, AppOptions, Command, ConnectRequest, ForestId, ForestView, Node, Place, SystemFilePicker};

fn options(ous: usize, gpos: usize) -> AppOptions {
    AppOptions {
        opener: Arc::new(FixtureOpener { ous, gpos }),
        file_picker: Arc::new(SystemFilePicker),
        settings_folder: None,
        forests: vec![ConnectRequest::default()],
        ..AppOptions::default()
    }
}

/// Opens the console on the fixture and waits until it is read.
fn console(ous: usize, gpos: usize) -> Harness<'static, App> {
    let mut harness = Harness::builder()
        .with_size([1200.0, 800.0])
        .with_max_steps(200)
        .build_eframe(move |creation| App::new(creation, options(ous, gpos)).unwrap());
    for _ in 0..500 {
        harness.step();
        if harness.state().forests().iter().all(|entry| entry.open().is_some()) {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    harness.run();
    harness
}

/// Shows the site of the fixture: sites are hidden until they are shown.
fn show_site(harness: &mut Harness<'_, App>) {
    let site = "CN=Berlin,CN=Sites,CN=Configuration,DC=corp,DC=test".parse().unwrap();
    let view = ForestView { shown_sites: vec![site], ..ForestView::default() };
    harness.state_mut().ask(Command::SetForestView(ForestId(1), view));
    harness.run();
}

fn place(harness: &Harness<'_, App>) -> Option<Place> {
    harness.state().selected().place().cloned()
}

#[test]
fn the_tree_shows_every_kind_of_node_in_order() {
    let harness = console(0, 0);
    let labels: Vec<String> = harness
        .query_all_by_role(Role::TreeItem)
        .map(|node| node.accesskit_node().label().unwrap_or_default())
        .collect();
    assert_eq!(
        labels,
        [
            "Group Policy Management",
            "Forest: corp.test",
            "Domains",
            "corp.test",
            "Default Domain Policy",
            "Servers",
            "Staff",
            "Group Policy Objects",
            "WMI Filters",
            "Starter GPOs",
            "sub.corp.test",
            "Sites",
            "Group Policy Modeling",
            "Group Policy Results",
        ]
    );
}

#[test]
fn the_keyboard_walks_the_tree() {
    let mut harness = console(0, 0);
    show_site(&mut harness);
    let mut press = |keys: &[Key]| {
        for key in keys {
            harness.key_press(*key);
            harness.run();
        }
        place(&harness)
    };
    assert_eq!(press(&[Key::Home, Key::ArrowDown, Key::ArrowDown]), Some(Place::Domains));
    assert_eq!(press(&[Key::ArrowRight]), Some(Place::Domain("corp.test".parse().unwrap())));
    assert_eq!(press(&[Key::End]), Some(Place::Results));
    assert_eq!(press(&[Key::ArrowUp, Key::ArrowUp]), Some(Place::Sites));
    assert_eq!(
        press(&[Key::ArrowRight, Key::ArrowRight]),
        Some(Place::Site("CN=Berlin,CN=Sites,CN=Configuration,DC=corp,DC=test".parse().unwrap()))
    );
    assert_eq!(press(&[Key::ArrowLeft, Key::ArrowLeft, Key::ArrowLeft]), Some(Place::Forest));
    assert_eq!(press(&[Key::Home]), None);
}

#[test]
fn a_hundred_thousand_ous_are_drawn_row_by_row() {
    let mut harness = console(100_000, 10_000);
    let count = |harness: &Harness<'_, App>| harness.query_all_by_role(Role::TreeItem).count();
    assert!(count(&harness) < 60, "only what is in view is drawn");
    let see = |harness: &mut Harness<'_, App>, key: Key, label: &str| {
        harness.key_press(key);
        harness.run();
        let found = harness
            .query_all_by_role(Role::TreeItem)
            .any(|node| node.accesskit_node().label().as_deref() == Some(label));
        assert!(found, "{label} after {key:?}");
    };
    see(&mut harness, Key::End, "Group Policy Results");
    see(&mut harness, Key::Home, "Group Policy Management");
    let started = std::time::Instant::now();
    for _ in 0..20 {
        harness.key_press(Key::PageDown);
        harness.step();
    }
    // A debug build on a busy machine; a tree that walks all its nodes in every frame takes many times as long.
    assert!(started.elapsed() < std::time::Duration::from_secs(5), "{:?} for 20 pages", started.elapsed());
    harness.key_press_modifiers(Modifiers::COMMAND, Key::F);
    harness.run();
    harness.event(egui::Event::Text("unit 099999".to_owned()));
    harness.run();
    assert!(harness.query_by_role_and_label(Role::TreeItem, "Unit 099999").is_some());
    assert!(harness.query_by_role_and_label(Role::TreeItem, "Unit 099998").is_none());
}

#[test]
fn letters_find_the_next_node() {
    let mut harness = console(0, 0);
    harness.event(egui::Event::Text("s".to_owned()));
    harness.run_steps(3);
    assert_eq!(place(&harness), Some(Place::Ou(dn("OU=Servers"))));
    harness.event(egui::Event::Text("ta".to_owned()));
    harness.run_steps(3);
    assert_eq!(place(&harness), Some(Place::Ou(dn("OU=Staff"))));
}

#[test]
fn overlays_are_spoken() {
    let mut harness = console(0, 0);
    harness.state_mut().ask(Command::ExpandAll(Node::Root));
    harness.run();
    let described = |label: &str| -> Vec<String> {
        harness
            .query_all_by_role(Role::TreeItem)
            .filter(|node| node.accesskit_node().label().as_deref() == Some(label))
            .filter_map(|node| node.accesskit_node().description())
            .collect()
    };
    assert_eq!(described("Berlin"), ["Inheritance blocked"]);
    assert_eq!(described("Not Found"), ["Link, Enforced, GPO not found"]);
    assert_eq!(described("Retired"), ["Link, Link disabled, All settings disabled", "All settings disabled"]);
    assert_eq!(described("sub.corp.test"), ["Could not be read"]);
}

#[test]
fn back_and_forward_retrace_the_way() {
    let mut harness = console(0, 0);
    harness.get_by_role_and_label(Role::TreeItem, "Staff").click();
    harness.run();
    harness.get_by_role_and_label(Role::TreeItem, "WMI Filters").click();
    harness.run();
    harness.key_press_modifiers(Modifiers::ALT, Key::ArrowLeft);
    harness.run();
    assert_eq!(place(&harness), Some(Place::Ou(dn("OU=Staff"))));
    harness.key_press_modifiers(Modifiers::ALT, Key::ArrowRight);
    harness.run();
    assert_eq!(place(&harness), Some(Place::WmiFilters("corp.test".parse().unwrap())));
}

#[test]
fn the_palette_goes_to_a_gpo_by_a_few_letters() {
    let mut harness = console(0, 0);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
    harness.run();
    harness.event(egui::Event::Text("stf desk".to_owned()));
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(place(&harness), Some(Place::Gpo { domain: "corp.test".parse().unwrap(), id: gpo_id(1) }));
    assert!(harness.query_by_role_and_label(Role::TreeItem, "Staff Desktop").is_some());
    // The focus is back in the tree.
    harness.key_press(Key::ArrowUp);
    harness.run();
    assert_ne!(place(&harness), Some(Place::Gpo { domain: "corp.test".parse().unwrap(), id: gpo_id(1) }));
}

#[test]
fn the_filter_keeps_what_matches_and_what_stands_above() {
    let mut harness = console(0, 0);
    show_site(&mut harness);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::F);
    harness.run();
    harness.event(egui::Event::Text("berl".to_owned()));
    harness.run();
    let labels: Vec<String> = harness
        .query_all_by_role(Role::TreeItem)
        .map(|node| node.accesskit_node().label().unwrap_or_default())
        .collect();
    assert_eq!(
        labels,
        ["Group Policy Management", "Forest: corp.test", "Domains", "corp.test", "Staff", "Berlin", "Sites", "Berlin"]
    );
}

#[test]
fn a_large_tree_tells_that_it_is_being_searched() {
    let mut harness = console(100_000, 0);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::F);
    harness.run();
    harness.event(egui::Event::Text("unit 099999".to_owned()));
    harness.run_steps(2);
    harness.get_by_role_and_label(Role::Status, "Searching…");
    let items = |harness: &Harness<'_, App>| harness.query_all_by_role(Role::TreeItem).count();
    assert!(items(&harness) > 5, "what stood there stays until the answer comes");
    let frames_left = 2_000;
    let answered = (0..frames_left).any(|_| {
        harness.step();
        harness.query_by_label("Searching…").is_none()
    });
    assert!(answered);
    harness.get_by_role_and_label(Role::TreeItem, "Unit 099999");
    assert_eq!(items(&harness), 5);
}

#[test]
fn a_forest_that_cannot_be_reached_stays_with_advice() {
    let mut harness = console(0, 0);
    let request = ConnectRequest { target: Some("ldap://nowhere.test".parse().unwrap()), ..ConnectRequest::default() };
    harness.state_mut().ask(Command::AddForest(Box::new(request)));
    for _ in 0..50 {
        harness.step();
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    harness.get_by_role_and_label(Role::TreeItem, "Forest: ldap://nowhere.test");
    harness.get_by_label("What to try");
    harness.get_by_label("Remove from View").click();
    harness.run();
    assert!(harness.query_by_label("Forest: ldap://nowhere.test").is_none());
    assert_eq!(harness.state().selected(), &Node::Root);
}

#[test]
fn a_server_that_never_answers_is_cancelled() {
    let mut harness = console(0, 0);
    let request = ConnectRequest { target: Some("silent.test".parse().unwrap()), ..ConnectRequest::default() };
    harness.state_mut().ask(Command::AddForest(Box::new(request)));
    let step_until = |harness: &mut Harness<'_, App>, done: &dyn Fn(&Harness<'_, App>) -> bool| {
        for _ in 0..400 {
            harness.step();
            if done(harness) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        panic!("waited in vain");
    };
    // The progress window comes after a moment, with the focus on Cancel.
    step_until(&mut harness, &|harness| {
        harness.query_all_by_role_and_label(Role::Button, "Cancel").any(|node| node.is_focused())
    });
    harness.key_press(Key::Enter);
    step_until(&mut harness, &|harness| harness.query_by_label_contains("was cancelled").is_some());
    harness.run();
    harness.get_by_role_and_label(Role::TreeItem, "Forest: silent.test");
    // The focus is back in the tree.
    harness.key_press(Key::Home);
    harness.run();
    assert_eq!(harness.state().selected(), &Node::Root);
}

#[test]
fn a_refresh_keeps_what_is_selected_and_open() {
    let mut harness = console(0, 0);
    harness.get_by_role_and_label(Role::TreeItem, "Staff").click();
    harness.run();
    harness.key_press(Key::ArrowRight);
    harness.run();
    let before = harness.query_all_by_role(Role::TreeItem).count();
    harness.key_press(Key::F5);
    for _ in 0..30 {
        harness.step();
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert_eq!(place(&harness), Some(Place::Ou(dn("OU=Staff"))));
    assert_eq!(harness.query_all_by_role(Role::TreeItem).count(), before);
    assert!(harness.query_by_label_contains("was read anew").is_some());
}

#[test]
fn the_dialog_that_adds_a_forest_works_by_keyboard() {
    let mut harness = console(0, 0);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::O);
    harness.run();
    harness.get_by_role_and_label(Role::Dialog, "Add Forest");
    harness.get_by_role_and_label(Role::RadioButton, "Domain or server").click();
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert!(harness.query_by_label_contains("Enter the name of a domain").is_some());
    harness.event(egui::Event::Text("ldap://corp.invalid".to_owned()));
    harness.run();
    harness.key_press(Key::Enter);
    harness.run_steps(5);
    assert_eq!(harness.state().forests().len(), 2);
}

#[test]
fn an_idle_console_asks_for_no_frame() {
    let mut harness = console(0, 0);
    harness.run();
    harness.step();
    let output = harness.output();
    let pause = output.viewport_output[&egui::ViewportId::ROOT].repaint_delay;
    assert!(pause > std::time::Duration::from_secs(1), "{pause:?}");
}

#[test]
fn a_search_over_ten_thousand_gpos_never_holds_a_frame() {
    let mut harness = console(0, 10_000);
    harness.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::F);
    harness.run_steps(6);
    let started = std::time::Instant::now();
    harness.get_by_role_and_label(Role::Button, "Search").click();
    let mut longest = std::time::Duration::ZERO;
    while harness.query_by_label_contains("were found.").is_none() {
        let frame = std::time::Instant::now();
        harness.step();
        longest = longest.max(frame.elapsed());
        assert!(started.elapsed().as_secs() < 20, "the search has ended");
    }
    for _ in 0..20 {
        let frame = std::time::Instant::now();
        harness.step();
        longest = longest.max(frame.elapsed());
    }
    harness.get_by_label("10006 GPOs were found.");
    // A debug build on a busy machine; the search itself takes several times as long there.
    assert!(longest.as_millis() < 400, "the longest frame took {longest:?}");
}
