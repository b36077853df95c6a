//! The Migration Table Editor: typed into, saved, opened again, filled from GPOs.

use egui::accesskit::Role;
use egui::{Event, Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use opengpmc::console::Place;
use opengpmc::format::MapDestination;
use opengpmc::gpm::MigrationTable;

use crate::console::{Console, demo_of_size, go_to, open_tab, wait};
use crate::picture;
use crate::screens::{root, times};
use crate::support::{press, type_text};

pub fn editor() -> Console {
    let mut console = demo_of_size([1280.0, 800.0]);
    go_to(&mut console, Place::Gpos(root()));
    // What stands behind the editor holds no points in time there.
    open_tab(&mut console, "Delegation");
    console.get_by_role_and_label(Role::Button, "Action").click();
    console.run_steps(4);
    console.get_by_label("Open Migration Table Editor").click();
    console.run_steps(6);
    console
}

/// Types into a cell.
fn enter(console: &mut Console, cell: &str, text: &str) {
    console.get_by_label(cell).focus();
    console.run_steps(3);
    type_text(console, text);
}

#[test]
fn the_editor_looks_as_it_should() {
    let mut console = editor();
    enter(&mut console, "Source name, new row", "Domain Admins@old.example");
    enter(&mut console, "Destination name, row 1", "Domain Admins@kestrelbay.example");
    enter(&mut console, "Source name, new row", r"\\oldserver\software");
    enter(&mut console, "Source name, new row", r"\\oldserver\software");
    enter(&mut console, "Source name, new row", "Helpdesk@old.example");
    console.run_steps(4);
    let masked = times(&console);
    picture::compare(&mut console, "migration-table", &masked);
}

/// Returns the text of a cell.
pub fn text(console: &Console, cell: &str) -> String {
    console.get_by_label(cell).accesskit_node().value().unwrap_or_default()
}

/// Opens a menu and chooses an entry of it.
pub fn choose(console: &mut Console, path: &[&str]) {
    for step in path {
        let found: Vec<_> = console.query_all_by_label(step).collect();
        let last = found.last().unwrap_or_else(|| panic!("there is no `{step}`"));
        last.click();
        console.run_steps(5);
    }
}

/// Selects rows by the narrow cell at the left, from one to another.
fn select(console: &mut Console, row: &str) {
    console.get_by_label(row).click();
    console.run_steps(4);
}

#[test]
fn rows_are_cut_copied_pasted_deleted_and_given_a_destination() {
    let mut console = editor();
    enter(&mut console, "Source name, new row", "A@old.example");
    enter(&mut console, "Source name, new row", r"\\old\share");
    select(&mut console, "Select row 1");
    choose(&mut console, &["Edit", "Set Destination", "No Destination"]);
    select(&mut console, "Select row 1");
    console.event(Event::Copy);
    console.step();
    let copied = crate::support::copied(&console).expect("the row was copied");
    assert_eq!(copied, "A@old.example\tFree Text or SID\t<No Destination>");
    // A path cannot be left out.
    select(&mut console, "Select row 2");
    choose(&mut console, &["Menu of row 2", "Set Destination"]);
    assert!(console.get_by_label("No Destination").accesskit_node().is_disabled());
    assert!(console.get_by_label("Map by Relative Name").accesskit_node().is_disabled());
    press(&mut console, Modifiers::NONE, Key::Escape);
    select(&mut console, "Select row 2");
    console.event(Event::Paste("B@old.example\tUser\t<Map by Relative Name>\nC@old.example".to_owned()));
    console.run_steps(4);
    assert_eq!(text(&console, "Source name, row 3"), "B@old.example");
    assert_eq!(text(&console, "Source name, row 4"), "C@old.example");
    select(&mut console, "Select row 2");
    press(&mut console, Modifiers::NONE, Key::Delete);
    assert_eq!(text(&console, "Source name, row 2"), "B@old.example");
    press(&mut console, Modifiers::NONE, Key::ArrowDown);
    console.event(Event::Cut);
    console.run_steps(4);
    assert!(console.query_by_label("Source name, row 3").is_none());
}

#[test]
fn what_is_typed_is_checked_and_the_keyboard_goes_through_the_grid() {
    let mut console = editor();
    enter(&mut console, "Source name, new row", "old");
    console.get_by_label("Source type, row 1").click();
    console.run_steps(4);
    console.get_by_label("UNC Path").click();
    console.run_steps(4);
    console.get_by_label_contains("is no UNC path");
    console.get_by_label("Source name, row 1").focus();
    console.run_steps(3);
    press(&mut console, Modifiers::NONE, Key::ArrowDown);
    type_text(&mut console, "second");
    assert_eq!(text(&console, "Source name, row 2"), "second");
    // Esc leaves the cell, not the editor.
    press(&mut console, Modifiers::NONE, Key::Escape);
    assert!(console.get_by_label("Select row 2").accesskit_node().is_focused());
    press(&mut console, Modifiers::NONE, Key::Enter);
    assert!(console.get_by_label("Source name, row 2").accesskit_node().is_focused());
}

#[test]
fn changes_are_asked_about_before_they_are_lost() {
    let mut console = editor();
    enter(&mut console, "Source name, new row", "A@old.example");
    console.get_by_role_and_label(Role::Button, "Close").click();
    console.run_steps(6);
    console.get_by_label("The migration table has changes that are not saved.");
    console.get_by_label("Keep Editing").click();
    console.run_steps(6);
    assert_eq!(text(&console, "Source name, row 1"), "A@old.example");
    // Closing the program asks too, and waits for the answer.
    let root = console.input_mut().viewports.entry(egui::ViewportId::ROOT).or_default();
    root.events.push(egui::ViewportEvent::Close);
    console.step();
    let commands = console.output().viewport_output[&egui::ViewportId::ROOT].commands.clone();
    assert!(commands.contains(&egui::ViewportCommand::CancelClose), "{commands:?}");
    if let Some(root) = console.input_mut().viewports.get_mut(&egui::ViewportId::ROOT) {
        root.events.clear();
    }
    console.run_steps(4);
    console.get_by_label("The migration table has changes that are not saved.");
    console.get_by_label("Keep Editing").click();
    console.run_steps(6);
    choose(&mut console, &["File"]);
    console.get_by_label("New").click();
    console.run_steps(6);
    console.get_by_label("Discard Changes").click();
    console.run_steps(6);
    assert!(console.query_by_label("Source name, row 1").is_none());
    console.get_by_role_and_label(Role::Button, "Close").click();
    console.run_steps(6);
    assert!(console.query_by_label("Source name, new row").is_none());
}

/// Draws frames until something is shown.
fn wait_for(console: &mut Console, words: &str) {
    wait(console, words, |console| console.query_all_by_label_contains(words).next().is_some());
    console.run_steps(3);
}

#[test]
fn a_table_is_saved_opened_again_and_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new");
    let saved = folder.path().join("new.migtable");
    let mut console = editor();
    enter(&mut console, "Source name, new row", "Domain Admins@old.example");
    enter(&mut console, "Destination name, row 1", "Domain Admins@kestrelbay.example");
    enter(&mut console, "Source name, new row", r"\\oldserver\software");
    press(&mut console, Modifiers::COMMAND, Key::S);
    console.run_steps(4);
    let field = console.get_by_role_and_label(Role::TextInput, "File");
    field.focus();
    console.run_steps(3);
    press(&mut console, Modifiers::COMMAND, Key::A);
    type_text(&mut console, &path.display().to_string());
    console.get_by_label("Save Table").click();
    wait_for(&mut console, "Saved ");
    let table = MigrationTable::load(&saved).unwrap();
    let entries: Vec<_> = table.entries().iter().map(|entry| (entry.source.as_str(), &entry.destination)).collect();
    let destination = MapDestination::Set("Domain Admins@kestrelbay.example".to_owned());
    assert_eq!(
        entries,
        [("Domain Admins@old.example", &destination), (r"\\oldserver\software", &MapDestination::SameAsSource)]
    );
    // A row without a source is no entry: it is said, and nothing is written.
    enter(&mut console, "Destination name, new row", "somewhere");
    press(&mut console, Modifiers::COMMAND, Key::S);
    wait_for(&mut console, "A row has no source.");
    select(&mut console, "Select row 3");
    press(&mut console, Modifiers::NONE, Key::Delete);
    console.get_by_role_and_label(Role::Button, "Close").click();
    console.run_steps(6);
    console.get_by_label("Discard Changes").click();
    console.run_steps(6);
    choose(&mut console, &["Action", "Open Migration Table Editor", "File", "Open…"]);
    console.get_by_role_and_label(Role::TextInput, "File").focus();
    console.run_steps(3);
    press(&mut console, Modifiers::COMMAND, Key::A);
    type_text(&mut console, &saved.display().to_string());
    console.get_by_label("Open Table").click();
    wait_for(&mut console, "new.migtable");
    wait(&mut console, "the table is read", |console| console.query_by_label("Source name, row 2").is_some());
    assert_eq!(text(&console, "Source name, row 2"), r"\\oldserver\software");
    assert_eq!(text(&console, "Destination name, row 1"), "Domain Admins@kestrelbay.example");
}

#[test]
fn a_table_is_filled_from_gpos_and_validated() {
    let mut console = editor();
    choose(&mut console, &["Tools", "Populate from GPO…"]);
    let table = console.get_by_role_and_label(Role::Table, "GPOs to look into");
    table.get_by_role_and_label(Role::Row, "Baseline - All Computers").click();
    console.run_steps(4);
    console.get_by_label("During scan, include security principals from the DACL of the GPO").click();
    console.run_steps(4);
    let masked = times(&console);
    picture::compare(&mut console, "migration-table-populate", &masked);
    console.get_by_role_and_label(Role::Button, "Populate").click();
    wait_for(&mut console, "added.");
    assert_eq!(text(&console, "Source name, row 1"), "Guests");
    assert_eq!(text(&console, "Source name, row 2"), "Domain Admins@kestrelbay.example");
    enter(&mut console, "Destination name, row 1", "Nobody Of That Name");
    console.get_by_role_and_label(Role::Button, "Validate Table").click();
    wait_for(&mut console, "warning");
    console.get_by_label_contains("Nobody Of That Name`");
    let masked = times(&console);
    picture::compare(&mut console, "migration-table-validated", &masked);
}

#[test]
fn principals_are_looked_for() {
    let mut console = editor();
    enter(&mut console, "Source name, new row", "a");
    choose(&mut console, &["Menu of row 1", "Browse for Destination…"]);
    type_text(&mut console, "Tier 0 Operators");
    press(&mut console, Modifiers::NONE, Key::Enter);
    wait(&mut console, "the group is found", |console| {
        console.query_by_label("Destination name, row 1").is_some_and(|cell| {
            cell.accesskit_node().value().is_some_and(|value| value == "Tier 0 Operators@kestrelbay.example")
        })
    });
}
