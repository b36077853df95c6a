//! Drag and drop in the tree and in lists, and what does the same with the keyboard. Each test looks at the forest.

use egui::accesskit::Role;
use egui::{CursorIcon, Event, Key, Modifiers, Pos2};
use egui_kittest::kittest::Queryable;
use opengpmc::console::Place;
use opengpmc::ident::Dn;

use crate::backups::click;
use crate::console::{Console, demo, go_to, open_tab};
use crate::links::{TABLE, links, wait_for_links};
use crate::screens::{dn, gpo, root};
use crate::support::{press, rows};

fn directors() -> Dn {
    dn("OU=Directors,OU=People,OU=Headquarters")
}

fn people() -> Dn {
    dn("OU=People,OU=Headquarters")
}

/// Returns where a node of the tree stands: the topmost in view of that name.
fn node(console: &Console, name: &str) -> Pos2 {
    let found = console.query_all_by_role_and_label(Role::TreeItem, name).map(|node| node.rect().left_center());
    let topmost = found.min_by(|one, other| one.y.total_cmp(&other.y)).unwrap_or_else(|| panic!("{name} is in view"));
    topmost + egui::vec2(60.0, 0.0)
}

fn row(console: &Console, table: &str, name: &str) -> Pos2 {
    let table = console.get_by_role_and_label(Role::Table, table);
    table.get_by_role_and_label(Role::Row, name).rect().left_center() + egui::vec2(30.0, 0.0)
}

/// Drags from one point to another; returns the cursor that is shown above the target.
fn drag(console: &mut Console, from: Pos2, to: Pos2) -> CursorIcon {
    console.hover_at(from);
    console.run_steps(2);
    console.drag_at(from);
    console.run_steps(2);
    console.hover_at(from + egui::vec2(4.0, 8.0));
    console.run_steps(2);
    console.hover_at(to);
    console.run_steps(2);
    let cursor = console.output().platform_output.cursor_icon;
    console.drop_at(to);
    console.run_steps(4);
    cursor
}

/// Opens the tree down to the OU of the directors and its neighbours.
fn open_tree(console: &mut Console) {
    go_to(console, Place::Link { som: directors(), order: 1 });
    go_to(console, Place::Ou(directors()));
}

#[test]
fn a_gpo_is_dragged_onto_a_container_and_linked_after_a_question() {
    let mut console = demo();
    open_tree(&mut console);
    go_to(&mut console, Place::Gpos(root()));
    open_tab(&mut console, "Contents");
    go_to(&mut console, Place::Gpos(root()));
    let from = row(&console, "Group Policy Objects", "AppLocker - Kiosks");
    let target = visible_container(&console);
    let to = node(&console, &target.1);
    assert_eq!(drag(&mut console, from, to), CursorIcon::Copy);
    console.get_by_label_contains("Link AppLocker - Kiosks to");
    click(&mut console, "Cancel");
    let before = links(&console, &target.0);
    drag(&mut console, from, to);
    click(&mut console, "OK");
    let mut expected: Vec<&str> = before.iter().map(String::as_str).collect();
    expected.push("AppLocker - Kiosks");
    wait_for_links(&mut console, &target.0, &expected);
}

/// Returns an OU of the root domain whose node is in view.
fn visible_container(console: &Console) -> (Dn, String) {
    let forest = console.state().forests()[0].open().unwrap();
    let domain = forest.snapshot.domain(&root()).unwrap();
    let in_view = |name: &str| console.query_all_by_role_and_label(Role::TreeItem, name).count() == 1;
    let is_free = |som: &&opengpmc::gpm::Som| {
        som.depth > 0 && som.links.iter().all(|link| forest.snapshot.link_target(link).label() != "AppLocker - Kiosks")
    };
    let found = domain.soms.iter().filter(is_free).find(|som| in_view(&som.name)).expect("a container is in view");
    (found.dn.clone(), found.name.clone())
}

#[test]
fn several_gpos_of_a_list_are_linked_at_once() {
    let mut console = demo();
    open_tree(&mut console);
    go_to(&mut console, Place::Gpos(root()));
    open_tab(&mut console, "Contents");
    let table = "Group Policy Objects";
    let names = rows(&console, table);
    let target = visible_container(&console);
    let before = links(&console, &target.0);
    let chosen: Vec<String> = names
        .iter()
        .filter(|name| !before.iter().any(|link| link.starts_with(name.as_str())))
        .take(2)
        .cloned()
        .collect();
    for (place, name) in chosen.iter().enumerate() {
        let list = console.get_by_role_and_label(Role::Table, table);
        let row = list.get_by_role_and_label(Role::Row, name);
        if place == 0 {
            row.click()
        } else {
            row.click_modifiers(Modifiers::COMMAND)
        }
        console.run_steps(3);
    }
    let (from, to) = (row(&console, table, &chosen[0]), node(&console, &target.1));
    drag(&mut console, from, to);
    console.get_by_label_contains("Link 2 GPOs to");
    click(&mut console, "OK");
    let mut expected: Vec<&str> = before.iter().map(String::as_str).collect();
    expected.extend(chosen.iter().map(String::as_str));
    wait_for_links(&mut console, &target.0, &expected);
}

#[test]
fn a_link_dropped_on_another_container_is_linked_there_as_well_or_moved() {
    let mut console = demo();
    open_tree(&mut console);
    let strict = "Screen Lock - Strict!";
    let before = links(&console, &people());
    let (from, to) = (node(&console, "Screen Lock - Strict"), node(&console, "People"));
    // Onto its own container nothing happens.
    let own = node(&console, "Directors");
    assert_eq!(drag(&mut console, from, own), CursorIcon::NotAllowed);
    assert!(console.query_by_label_contains("What is to be done").is_none());
    drag(&mut console, from, to);
    console.get_by_label_contains("What is to be done with the link of Screen Lock - Strict?");
    click(&mut console, "Cancel");
    assert_eq!(links(&console, &people()), before);
    drag(&mut console, from, to);
    click(&mut console, "Move the Link");
    let mut moved: Vec<&str> = before.iter().map(String::as_str).collect();
    moved.push(strict);
    wait_for_links(&mut console, &people(), &moved);
    wait_for_links(&mut console, &directors(), &[]);
    press(&mut console, Modifiers::COMMAND, Key::Z);
    wait_for_links(&mut console, &directors(), &[strict]);
    open_tree(&mut console);
    let (from, to) = (node(&console, "Screen Lock - Strict"), node(&console, "People"));
    drag(&mut console, from, to);
    click(&mut console, "Link Here as Well");
    let mut both: Vec<&str> = before.iter().map(String::as_str).collect();
    both.push("Screen Lock - Strict");
    wait_for_links(&mut console, &people(), &both);
    assert_eq!(links(&console, &directors()), [strict]);
}

#[test]
fn forbidden_drops_show_it_and_change_nothing() {
    let mut console = demo();
    open_tree(&mut console);
    let before = links(&console, &directors());
    let from = node(&console, "Screen Lock - Strict");
    for target in ["Sites", "Domains", "Group Policy Management"] {
        let Some(to) =
            console.query_all_by_role_and_label(Role::TreeItem, target).next().map(|node| node.rect().center())
        else {
            continue;
        };
        assert_eq!(drag(&mut console, from, to), CursorIcon::NotAllowed, "{target}");
        assert!(console.query_by_role(Role::Dialog).is_none(), "{target}");
    }
    // Beside the tree as well.
    assert_eq!(drag(&mut console, from, Pos2::new(900.0, 700.0)), CursorIcon::NotAllowed);
    assert_eq!(links(&console, &directors()), before);
}

#[test]
fn rows_are_dragged_to_another_link_order() {
    let mut console = demo();
    go_to(&mut console, Place::Ou(people()));
    open_tab(&mut console, TABLE);
    let [a, b, c] = ["Folder Redirection", "Preferences - Drives and Printers", "Baseline - All Users"];
    let (from, to) = (row(&console, TABLE, "1"), row(&console, TABLE, "3") + egui::vec2(0.0, 8.0));
    drag(&mut console, from, to);
    wait_for_links(&mut console, &people(), &[b, c, a]);
    let (from, to) = (row(&console, TABLE, "3"), row(&console, TABLE, "1") - egui::vec2(0.0, 8.0));
    drag(&mut console, from, to);
    wait_for_links(&mut console, &people(), &[a, b, c]);
    // Not where the rows stand in another order.
    console.get_by_role_and_label(Role::ColumnHeader, "GPO").click();
    console.run_steps(4);
    let (from, to) = (row(&console, TABLE, "1"), row(&console, TABLE, "3") + egui::vec2(0.0, 8.0));
    drag(&mut console, from, to);
    console.run_steps(10);
    assert_eq!(links(&console, &people()), [a, b, c]);
}

#[test]
fn copy_and_paste_do_what_dragging_does() {
    let mut console = demo();
    let place = gpo(&console, "AppLocker - Kiosks");
    let before = links(&console, &directors());
    go_to(&mut console, place);
    press(&mut console, Modifiers::COMMAND, Key::Num1);
    console.event(Event::Copy);
    console.run_steps(3);
    go_to(&mut console, Place::Ou(directors()));
    console.event(Event::Paste("AppLocker - Kiosks".to_owned()));
    console.run_steps(5);
    console.get_by_label_contains("Link AppLocker - Kiosks to");
    press(&mut console, Modifiers::NONE, Key::Enter);
    let mut expected: Vec<&str> = before.iter().map(String::as_str).collect();
    expected.push("AppLocker - Kiosks");
    wait_for_links(&mut console, &directors(), &expected);
    // A link too.
    go_to(&mut console, Place::Link { som: directors(), order: 2 });
    press(&mut console, Modifiers::COMMAND, Key::Num1);
    console.event(Event::Copy);
    console.run_steps(3);
    let people_before = links(&console, &people());
    go_to(&mut console, Place::Ou(people()));
    console.event(Event::Paste("AppLocker - Kiosks".to_owned()));
    console.run_steps(5);
    click(&mut console, "Move the Link");
    let mut moved: Vec<&str> = people_before.iter().map(String::as_str).collect();
    moved.push("AppLocker - Kiosks");
    wait_for_links(&mut console, &people(), &moved);
    assert_eq!(links(&console, &directors()), before);
}
