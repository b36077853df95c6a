//! The object picker: names typed and chosen, checked, looked for by conditions.

use std::sync::{Arc, Mutex};

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use opengpmc::console::Command;
use opengpmc::console::principal_picker::{PickerOptions, PrincipalPicker};
use opengpmc::console::window::WindowFactory;

use crate::console::{Console, demo_of_size, go_to, wait};
use crate::picture;
use crate::screens::{root, times};
use crate::support::{press, rows, type_text};

/// Who was chosen.
type Chosen = Arc<Mutex<Option<Vec<String>>>>;

/// Opens a picker over the demo forest.
fn picker(many: bool) -> (Console, Chosen) {
    let mut console = demo_of_size([1280.0, 800.0]);
    go_to(&mut console, opengpmc::console::Place::Domains);
    let chosen = Chosen::default();
    let (id, told) = (console.state().forests()[0].id, Arc::clone(&chosen));
    let options = PickerOptions {
        title: "Select User, Computer, or Group".to_owned(),
        many,
        kinds: opengpmc::gpm::PrincipalKinds::ALL,
    };
    console.state_mut().ask(Command::Open(WindowFactory::new(move || {
        let told = Arc::clone(&told);
        PrincipalPicker::new(id, root(), options.clone(), move |trustees| {
            *told.lock().unwrap() = Some(trustees.iter().map(|trustee| trustee.label()).collect());
            vec![Command::Tell("Chosen".to_owned())]
        })
    })));
    console.run_steps(6);
    (console, chosen)
}

/// Draws frames until a table lists exactly these.
fn wait_for_rows(console: &mut Console, table: &str, expected: &[&str]) {
    wait(console, "the principals are listed", |console| {
        console.query_by_role_and_label(Role::Table, table).is_some() && rows(console, table) == expected
    });
    console.run_steps(3);
}

fn box_text(console: &Console) -> String {
    let label = "Names, separated by semicolons";
    console.get_by_role_and_label(Role::TextInput, label).accesskit_node().value().unwrap_or_default()
}

fn click(console: &mut Console, button: &str) {
    // A window takes a frame or two to find its place.
    console.run_steps(3);
    console.get_by_role_and_label(Role::Button, button).click();
    console.run_steps(6);
}

fn wait_for_chosen(console: &mut Console, chosen: &Chosen, expected: &[&str]) {
    wait(console, "the picker is done", |_| chosen.lock().unwrap().is_some());
    assert_eq!(chosen.lock().unwrap().clone().unwrap(), expected);
    console.run_steps(4);
    assert!(console.query_by_label("Check Names").is_none(), "the picker is closed");
}

#[test]
fn names_are_suggested_while_typing_and_several_are_chosen() {
    let (mut console, chosen) = picker(true);
    type_text(&mut console, "fin");
    wait_for_rows(&mut console, "Suggestions", &[r"KESTREL\Finance Staff", r"KESTREL\nora.finch"]);
    press(&mut console, Modifiers::NONE, Key::ArrowDown);
    press(&mut console, Modifiers::NONE, Key::ArrowDown);
    press(&mut console, Modifiers::NONE, Key::Enter);
    console.run_steps(4);
    assert_eq!(box_text(&console), r"KESTREL\nora.finch; ");
    type_text(&mut console, "authen");
    wait_for_rows(&mut console, "Suggestions", &[r"NT AUTHORITY\Authenticated Users"]);
    let masked = times(&console);
    picture::compare(&mut console, "picker", &masked);
    let table = console.get_by_role_and_label(Role::Table, "Suggestions");
    table.get_by_role_and_label(Role::Row, r"NT AUTHORITY\Authenticated Users").click();
    console.run_steps(3);
    press(&mut console, Modifiers::NONE, Key::Enter);
    console.run_steps(4);
    type_text(&mut console, r"yards\domain admins");
    click(&mut console, "OK");
    let expected = [r"KESTREL\nora.finch", r"NT AUTHORITY\Authenticated Users", r"YARDS\Domain Admins"];
    wait_for_chosen(&mut console, &chosen, &expected);
}

#[test]
fn an_ambiguous_name_is_asked_about_and_a_missing_one_is_told() {
    let (mut console, chosen) = picker(true);
    type_text(&mut console, "Domain Guests; Nobody At All");
    click(&mut console, "Check Names");
    wait(&mut console, "the name is missed", |console| {
        console.query_by_label_contains("Nobody called `Nobody At All` was found in Entire directory").is_some()
    });
    press(&mut console, Modifiers::COMMAND, Key::A);
    type_text(&mut console, "Domain Guests");
    click(&mut console, "OK");
    wait_for_rows(
        &mut console,
        "Matching names",
        &[r"KESTREL\Domain Guests", r"LUMEN\Domain Guests", r"YARDS\Domain Guests"],
    );
    let masked = times(&console);
    picture::compare(&mut console, "picker-ambiguous", &masked);
    let table = console.get_by_role_and_label(Role::Table, "Matching names");
    table.get_by_role_and_label(Role::Row, r"YARDS\Domain Guests").click();
    console.run_steps(3);
    press(&mut console, Modifiers::NONE, Key::Enter);
    wait_for_chosen(&mut console, &chosen, &[r"YARDS\Domain Guests"]);
}

#[test]
fn object_types_and_locations_limit_whom_is_found() {
    let (mut console, _) = picker(true);
    type_text(&mut console, "kb-k");
    wait_for_rows(&mut console, "Suggestions", &[r"KESTREL\KB-KIOSK1$", r"KESTREL\KB-KIOSK2$"]);
    console.get_by_label("Computers").click();
    wait_for_rows(&mut console, "Suggestions", &[]);
    click(&mut console, "Locations…");
    let places = rows(&console, "Locations");
    assert_eq!(places[..2], ["Entire directory (kestrelbay.example)", "kestrelbay.example"]);
    assert!(places.iter().any(|place| place == "kestrelbay.example/External"), "{places:?}");
    let masked = times(&console);
    picture::compare(&mut console, "picker-locations", &masked);
    let table = console.get_by_role_and_label(Role::Table, "Locations");
    table.get_by_role_and_label(Role::Row, "kestrelbay.example").click();
    console.run_steps(3);
    console.get_all_by_role_and_label(Role::Button, "OK").last().unwrap().click();
    console.run_steps(6);
    press(&mut console, Modifiers::COMMAND, Key::A);
    type_text(&mut console, "domain a");
    wait_for_rows(&mut console, "Suggestions", &[r"KESTREL\Domain Admins"]);
}

#[test]
fn advanced_looks_by_conditions() {
    let (mut console, chosen) = picker(false);
    click(&mut console, "Advanced…");
    console.get_by_label("Description, condition").click();
    console.run_steps(4);
    console.get_by_label("contains").click();
    console.run_steps(4);
    console.get_by_role_and_label(Role::TextInput, "Description").focus();
    console.run_steps(3);
    type_text(&mut console, "first line");
    click(&mut console, "Find Now");
    wait_for_rows(&mut console, "Search results", &[r"KESTREL\Helpdesk"]);
    console.get_by_label("1 found");
    let masked = times(&console);
    picture::compare(&mut console, "picker-advanced", &masked);
    let table = console.get_by_role_and_label(Role::Table, "Search results");
    table.get_by_role_and_label(Role::Row, r"KESTREL\Helpdesk").click();
    console.run_steps(3);
    press(&mut console, Modifiers::NONE, Key::Enter);
    console.run_steps(6);
    click(&mut console, "OK");
    wait_for_chosen(&mut console, &chosen, &[r"KESTREL\Helpdesk"]);
}

#[test]
fn only_one_is_chosen_where_one_is_wanted_and_esc_chooses_nobody() {
    let (mut console, chosen) = picker(false);
    type_text(&mut console, "Helpdesk; Directors");
    click(&mut console, "OK");
    console.get_by_label("Only one can be chosen here.");
    press(&mut console, Modifiers::NONE, Key::Escape);
    console.run_steps(6);
    assert!(console.query_by_label("Check Names").is_none());
    assert!(chosen.lock().unwrap().is_none());
}
