//! The table and the other shared pieces, each by itself.

use std::time::{Duration, Instant};

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use opengpmc::console::kit::data_table::{Cell, Column, DataTable, TableState, Tone, row_id};
use opengpmc::console::kit::job_window::JobWindow;
use opengpmc::console::kit::notice::{Severity, banner_with_hint_ui};
use opengpmc::console::kit::property_list::{PropertyList, Value};
use opengpmc::console::kit::tab_bar::tab_bar_ui;
use opengpmc::gpm::{MessageId, StatusMessage, Task};

use crate::picture::compare;
use crate::support::{cells, copy, copy_by_button, press, rows, selected_rows, type_text, view};

struct Fruit {
    name: String,
    count: i64,
}

#[derive(Default)]
struct Basket {
    fruits: Vec<Fruit>,
    table: TableState,
    activated: Vec<usize>,
    revision: u64,
}

fn basket(fruits: &[(&str, i64)]) -> Basket {
    let fruits = fruits.iter().map(|&(name, count)| Fruit { name: name.to_owned(), count }).collect();
    Basket { fruits, ..Basket::default() }
}

fn draw(ui: &mut egui::Ui, basket: &mut Basket) {
    let table = DataTable::new("fruits", "Fruits")
        .column(Column::new("Name", 160.0, |fruit: &Fruit| Cell::text(&fruit.name)))
        .column(
            Column::new("Count", 80.0, |fruit: &Fruit| Cell::text(fruit.count.to_string()))
                .sort_number(|fruit| fruit.count),
        )
        .row_id(|fruit| row_id(&fruit.name))
        .revision(basket.revision)
        .sorted_by("Name")
        .empty("No fruit.");
    let response = table.ui_with_menu(ui, &mut basket.table, &basket.fruits, |ui, _| drop(ui.button("Eat")));
    basket.activated.extend(response.activated);
}

fn fruits() -> Harness<'static, Basket> {
    let mut harness = view([500.0, 300.0], basket(&[("Pear 10", 5), ("apple", 40), ("Pear 9", 300)]), draw);
    harness.run();
    harness
}

fn focus_table(harness: &mut Harness<'_, Basket>) {
    harness.get_by_role_and_label(Role::Table, "Fruits").focus();
    harness.run();
}

#[test]
fn a_click_on_a_heading_sorts_by_value() {
    let mut harness = fruits();
    assert_eq!(rows(&harness, "Fruits"), ["apple", "Pear 9", "Pear 10"]);
    harness.get_by_role_and_label(Role::ColumnHeader, "Count").click();
    harness.run();
    assert_eq!(rows(&harness, "Fruits"), ["Pear 10", "apple", "Pear 9"]);
    harness.get_by_role_and_label(Role::ColumnHeader, "Count").click();
    harness.run();
    assert_eq!(rows(&harness, "Fruits"), ["Pear 9", "apple", "Pear 10"]);
    assert_eq!(cells(&harness, "Fruits", "apple"), ["apple", "40"]);
}

#[test]
fn the_keyboard_selects_copies_and_opens() {
    let mut harness = fruits();
    focus_table(&mut harness);
    press(&mut harness, Modifiers::NONE, Key::ArrowDown);
    press(&mut harness, Modifiers::SHIFT, Key::ArrowDown);
    assert_eq!(selected_rows(&harness, "Fruits"), ["apple", "Pear 9"]);
    assert_eq!(copy(&mut harness), "apple\t40\nPear 9\t300");
    press(&mut harness, Modifiers::NONE, Key::End);
    press(&mut harness, Modifiers::NONE, Key::Enter);
    assert_eq!(selected_rows(&harness, "Fruits"), ["Pear 10"]);
    assert_eq!(harness.state().activated, [0]);
    press(&mut harness, Modifiers::COMMAND, Key::A);
    assert_eq!(selected_rows(&harness, "Fruits").len(), 3);
    press(&mut harness, Modifiers::COMMAND, Key::Home);
    press(&mut harness, Modifiers::COMMAND, Key::Space);
    assert_eq!(selected_rows(&harness, "Fruits"), ["Pear 9", "Pear 10"]);
}

#[test]
fn the_mouse_selects_and_opens() {
    let mut harness = fruits();
    let row =
        |harness: &Harness<'_, Basket>, name: &str| harness.get_by_role_and_label(Role::Row, name).rect().center();
    harness.get_by_role_and_label(Role::Row, "apple").click();
    harness.run();
    harness.get_by_role_and_label(Role::Row, "Pear 10").click_modifiers(Modifiers::COMMAND);
    harness.run();
    assert_eq!(selected_rows(&harness, "Fruits"), ["apple", "Pear 10"]);
    harness.get_by_role_and_label(Role::Row, "Pear 9").click_modifiers(Modifiers::SHIFT);
    harness.run();
    assert_eq!(selected_rows(&harness, "Fruits"), ["Pear 9", "Pear 10"]);
    assert!(row(&harness, "apple").y < row(&harness, "Pear 9").y);
    harness.get_by_role_and_label(Role::Row, "apple").click();
    harness.get_by_role_and_label(Role::Row, "apple").click();
    harness.run();
    assert_eq!(harness.state().activated, [1]);
}

#[test]
fn typing_filters_and_escape_brings_all_back() {
    let mut harness = fruits();
    focus_table(&mut harness);
    type_text(&mut harness, "pear 1");
    assert_eq!(rows(&harness, "Fruits"), ["Pear 10"]);
    type_text(&mut harness, "x");
    assert!(rows(&harness, "Fruits").is_empty());
    harness.get_by_label("No row matches the filter. Press Esc in the filter to see all.");
    press(&mut harness, Modifiers::NONE, Key::Escape);
    assert_eq!(rows(&harness, "Fruits").len(), 3);
}

#[test]
fn the_menu_opens_by_key_and_copies_csv() {
    let mut harness = fruits();
    focus_table(&mut harness);
    press(&mut harness, Modifiers::NONE, Key::Home);
    press(&mut harness, Modifiers::SHIFT, Key::F10);
    harness.get_by_role_and_label(Role::Button, "Eat");
    assert_eq!(copy_by_button(&mut harness, "Copy as CSV"), "Name,Count\r\napple,40\r\n");
    harness.run();
    assert!(harness.query_by_label("Copy as CSV").is_none());
}

#[test]
fn a_list_is_exported_where_the_person_says() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("fruits.csv");
    let mut harness = fruits();
    harness.get_by_role_and_label(Role::ColumnHeader, "Name").click_secondary();
    harness.run();
    harness.get_by_label("Export List…").click();
    harness.run();
    press(&mut harness, Modifiers::COMMAND, Key::A);
    type_text(&mut harness, "/no such folder/fruits.csv");
    harness.get_by_role_and_label(Role::Button, "Save").click();
    harness.run();
    harness.get_by_label_contains("The file could not be written");
    harness.get_by_role_and_label(Role::TextInput, "File").focus();
    harness.run();
    press(&mut harness, Modifiers::COMMAND, Key::A);
    type_text(&mut harness, &file.display().to_string());
    harness.get_by_role_and_label(Role::Button, "Save").click();
    harness.run();
    let written = std::fs::read_to_string(file).unwrap();
    assert_eq!(written, "Name,Count\r\napple,40\r\nPear 9,300\r\nPear 10,5\r\n");
    assert!(harness.query_by_label("Export List").is_none());
}

#[test]
fn the_selection_stays_on_its_row_when_the_rows_are_read_anew() {
    let mut harness = fruits();
    harness.get_by_role_and_label(Role::Row, "Pear 9").click();
    harness.run();
    let state = harness.state_mut();
    state.fruits.remove(0);
    state.revision += 1;
    harness.run();
    assert_eq!(selected_rows(&harness, "Fruits"), ["Pear 9"]);
}

#[test]
fn a_hundred_thousand_rows_are_drawn_sorted_and_filtered_without_a_stop() {
    let fruits = (0..100_000).map(|number| Fruit { name: format!("Fruit {number}"), count: 100_000 - number });
    let basket = Basket { fruits: fruits.collect(), ..Basket::default() };
    let mut harness = view([900.0, 700.0], basket, |ui, basket| {
        draw(ui, basket);
    });
    settle(&mut harness);
    let started = Instant::now();
    harness.run_steps(20);
    let per_frame = started.elapsed() / 20;
    // Ten times what an optimized build needs, tessellation and accessibility tree included.
    assert!(per_frame < Duration::from_millis(40), "{per_frame:?}");
    harness.get_by_role_and_label(Role::ColumnHeader, "Count").click();
    let longest = settle(&mut harness);
    assert!(longest < Duration::from_millis(200), "{longest:?}");
    assert_eq!(rows(&harness, "Fruits")[0], "Fruit 99999");
    harness.get_by_role_and_label(Role::TextInput, "Filter Fruits").focus();
    harness.run();
    harness.event(egui::Event::Text("77777".to_owned()));
    settle(&mut harness);
    // One by its name, one by its count.
    assert_eq!(rows(&harness, "Fruits"), ["Fruit 77777", "Fruit 22223"]);
}

/// Draws frames until the table has done its work; returns what the longest took.
fn settle(harness: &mut Harness<'_, Basket>) -> Duration {
    let mut longest = Duration::ZERO;
    let deadline = Instant::now() + Duration::from_secs(30);
    for frame in 0.. {
        let started = Instant::now();
        harness.step();
        longest = longest.max(started.elapsed());
        if frame > 3 && harness.query_by_label("Working…").is_none() {
            return longest;
        }
        assert!(Instant::now() < deadline, "the table works for ever");
        std::thread::sleep(Duration::from_millis(2));
    }
    longest
}

#[test]
fn tabs_are_switched_by_mouse_and_keyboard() {
    let mut harness = view([400.0, 100.0], 0, |ui, selected| {
        *selected = tab_bar_ui(ui, "Tabs", &["Scope", "Details", "Delegation"], *selected);
    });
    harness.run();
    harness.get_by_role_and_label(Role::Tab, "Details").click();
    harness.run();
    assert_eq!(*harness.state(), 1);
    press(&mut harness, Modifiers::NONE, Key::ArrowRight);
    assert_eq!(*harness.state(), 2);
    press(&mut harness, Modifiers::CTRL, Key::Tab);
    assert_eq!(*harness.state(), 0);
    press(&mut harness, Modifiers::CTRL, Key::PageUp);
    assert_eq!(*harness.state(), 2);
    let tab = harness.get_by_role_and_label(Role::Tab, "Delegation");
    assert_eq!(tab.accesskit_node().is_selected(), Some(true));
}

#[test]
fn escape_cancels_a_job_and_its_window_stays_until_the_job_has_ended() {
    let task = Task::default();
    task.activity("Reading corp.test");
    task.progress(3, 12);
    task.message(StatusMessage::information(MessageId::Done, "dc1: no answer"));
    let mut harness = view([700.0, 400.0], JobWindow::new("Opening corp.test", task.clone()), |ui, window| {
        window.ui(ui.ctx());
    });
    assert!(harness.query_by_label("Opening corp.test").is_none());
    std::thread::sleep(Duration::from_millis(420));
    harness.run_steps(3);
    harness.get_by_label("Reading corp.test");
    harness.get_by_label("dc1: no answer");
    assert_eq!(copy_by_button(&mut harness, "Copy"), "dc1: no answer");
    // A click beside the window means nothing.
    harness.drag_at(egui::pos2(5.0, 5.0));
    harness.run_steps(1);
    harness.drop_at(egui::pos2(5.0, 5.0));
    harness.run_steps(2);
    assert!(!task.is_cancelled());
    harness.key_press(Key::Escape);
    harness.run_steps(3);
    assert!(task.is_cancelled());
    harness.get_by_label("Cancelling…");
}

#[test]
fn the_pieces_look_as_they_should() {
    let mut state =
        (0, basket(&[("Pear 10", 5), ("apple", 40), ("Pear 9", 300), ("A fruit with a name that is far too long", 7)]));
    state.1.table = TableState::default();
    let mut harness = view([620.0, 420.0], state, |ui, (tab, basket)| {
        egui::Frame::new().inner_margin(12.0).show(ui, |ui| {
            *tab = tab_bar_ui(ui, "Tabs", &["Scope", "Details", "Delegation"], *tab);
            ui.add_space(6.0);
            banner_with_hint_ui(
                ui,
                Severity::Warning,
                "The two halves differ.",
                "Saving any setting brings them together.",
            );
            PropertyList::new("pieces")
                .row("Domain", Value::text("corp.test"))
                .row("User version", Value::text("3 (AD), 4 (SYSVOL)").tone(Tone::Warning))
                .copyable("Unique ID", Value::text("{31B2F340-016D-11D2-945F-00C04FB984F9}").monospace())
                .ui(ui);
            ui.add_space(6.0);
            draw(ui, basket);
        });
    });
    harness.run();
    harness.get_by_role_and_label(Role::Row, "Pear 9").click();
    harness.run();
    let table = DataTable::<Fruit>::new("fruits", "Fruits").focus_id();
    assert_eq!(harness.ctx.memory(|memory| memory.focused()), Some(table));
    compare(&mut harness, "kit", &[]);
}
