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
use opengpmc::gpm::{Cancelled, HResult, ItemState, MessageId, OperationError, StatusMessage, Task};

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
    let copied = copy_by_button(&mut harness, "Copy");
    assert!(copied.starts_with("Opening corp.test\n") && copied.ends_with("\ndc1: no answer\n"), "{copied}");
    // A click beside the window means nothing.
    harness.drag_at(egui::pos2(5.0, 5.0));
    harness.run_steps(1);
    harness.drop_at(egui::pos2(5.0, 5.0));
    harness.run_steps(2);
    assert!(!task.is_cancelled());
    harness.key_press(Key::Escape);
    // In the same frame.
    harness.run_steps(1);
    assert!(task.is_cancelled());
    harness.get_by_label("Cancelling…");
}

/// Returns the window of a job with items in all states, and messages.
fn job_with_items() -> (Task, JobWindow) {
    let task = Task::default();
    let names = ["Default Domain Policy", "Screen Lock", "Payroll", "Hull Scanner Agent", "Kiosk", "Drive Maps"];
    task.begin_items(names.map(|name| (name.to_owned(), 10)));
    task.activity("Backing up: Hull Scanner Agent, 4 of 6");
    task.item(0).set_item_state(ItemState::Done);
    let about = StatusMessage::warning(MessageId::TrusteeUnknown, "No account has this SID any more.");
    task.item(1).message(about.about("S-1-5-21-7-8-9-1234").in_extension("Security", ""));
    task.item(1).set_item_state(ItemState::Warning);
    let failure = StatusMessage::error(MessageId::FileReadFailed, HResult::ACCESS_DENIED, "access denied");
    let path = "\\\\kestrelbay.example\\sysvol\\kestrelbay.example\\Policies\\{31B2F340-016D-11D2-945F-00C04FB984F9}\\Machine\\registry.pol";
    task.item(2).message(failure.about(path).in_extension("Registry", ""));
    task.item(2).set_item_state(ItemState::Failed);
    task.item(3).set_item_state(ItemState::Running);
    task.item(3).progress(6, 10);
    (task.clone(), JobWindow::new("Back Up Group Policy Objects", task))
}

#[test]
fn the_progress_window_tells_of_each_item_and_stays_with_the_result() {
    let (task, window) = job_with_items();
    let mut harness = view([900.0, 620.0], (window, false), |ui, (window, was_read)| {
        *was_read |= window.ui(ui.ctx());
    });
    std::thread::sleep(Duration::from_millis(420));
    harness.run_steps(3);
    let lines = |harness: &Harness<'_, (JobWindow, bool)>| -> Vec<String> {
        let lines = harness.query_all_by_role(Role::ListItem);
        lines.map(|line| line.accesskit_node().label().unwrap_or_default()).collect()
    };
    assert_eq!(
        lines(&harness)[..6],
        [
            "Default Domain Policy: Done",
            "Screen Lock: Done, with warnings",
            "Warning: Security: No account has this SID any more.  S-1-5-21-7-8-9-1234",
            "Payroll: Failed",
            "Error: Registry: access denied (0x80070005)  \\\\kestrelbay.example\\sysvol\\kestrelbay.example\\Policies\\{31B2F340-016D-11D2-945F-00C04FB984F9}\\Machine\\registry.pol",
            "Hull Scanner Agent: Running",
        ]
    );
    compare(&mut harness, "progress", &[]);
    harness.get_by_role_and_label(Role::Button, "Cancel").click();
    harness.run_steps(1);
    harness.get_by_label("Cancelling…");
    assert!(task.is_cancelled());
    task.item(3).set_item_state(ItemState::Cancelled);
    harness.state_mut().0.end(Some(&OperationError::from(Cancelled)));
    harness.run_steps(4);
    harness.get_by_label("2 succeeded (1 with warnings), 1 failed, 3 cancelled or not started.");
    harness.get_by_label("Show only problems").click();
    harness.run_steps(2);
    assert!(!lines(&harness).iter().any(|line| line.contains("Default Domain Policy")));
    harness.get_by_role_and_label(Role::List, "Status").focus();
    harness.run_steps(1);
    press(&mut harness, Modifiers::NONE, Key::End);
    assert!(copy(&mut harness).contains("cancelled"));
    harness.get_by_role_and_label(Role::Button, "Save Log…").click();
    harness.run_steps(3);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.txt");
    harness.get_by_role_and_label(Role::TextInput, "File").focus();
    harness.run_steps(1);
    press(&mut harness, Modifiers::COMMAND, Key::A);
    type_text(&mut harness, &path.display().to_string());
    harness.get_by_role_and_label(Role::Button, "Save").click();
    harness.run_steps(3);
    let log = std::fs::read_to_string(&path).unwrap();
    assert!(log.contains("Payroll: Failed\n    [Error] Registry: "), "{log}");
    harness.get_by_role_and_label(Role::Button, "OK").click();
    harness.run_steps(1);
    assert!(harness.state().1);
}

#[test]
fn ten_thousand_items_cost_no_more_than_a_few() {
    let task = Task::default();
    task.begin_items((0..10_000).map(|number| (format!("Policy {number:05}"), 4)));
    for place in 0..5_000 {
        task.item(place).message(StatusMessage::information(MessageId::Done, "12 files"));
        task.item(place).set_item_state(ItemState::Done);
    }
    let mut harness = view([900.0, 620.0], JobWindow::new("Back Up", task), |ui, window| {
        window.ui(ui.ctx());
    });
    std::thread::sleep(Duration::from_millis(420));
    harness.run_steps(4);
    assert!(harness.query_all_by_role(Role::ListItem).count() < 40);
    let started = Instant::now();
    harness.run_steps(10);
    let frame = started.elapsed() / 10;
    assert!(frame < Duration::from_millis(60), "a frame takes {frame:?}");
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

/// Returns what a screen reader would speak of a progress window by itself: how far the bar is, and what is live.
fn spoken(harness: &Harness<'_, JobWindow>) -> Vec<String> {
    // The sign that something moves has no name and says nothing.
    let bars = harness.query_all_by_role(Role::ProgressIndicator);
    let bar = bars.into_iter().find(|bar| bar.accesskit_node().label().is_some()).map(|bar| {
        let node = bar.accesskit_node();
        format!("{} {:?}", node.label().unwrap_or_default(), node.numeric_value())
    });
    let nodes = harness.root().children_recursive();
    let is_live = |node: &egui_kittest::Node<'_>| {
        let node = node.accesskit_node();
        node.role() == Role::Label && node.live() != egui::accesskit::Live::Off
    };
    let live = nodes.filter(is_live).map(|node| {
        let node = node.accesskit_node();
        node.label().or(node.value()).unwrap_or_default()
    });
    bar.into_iter().chain(live).collect()
}

#[test]
fn progress_is_announced_at_its_start_in_tenths_and_at_its_end() {
    const STEPS: u64 = 1_000;
    let task = Task::default();
    let mut harness = view([700.0, 400.0], JobWindow::new("Back Up", task.clone()), |ui, window| {
        window.ui(ui.ctx());
    });
    std::thread::sleep(Duration::from_millis(420));
    harness.run_steps(3);
    let mut announced = vec![spoken(&harness)];
    assert_eq!(announced[0], ["Back Up Some(0.0)"], "the start, before anybody knows how much there is to do");
    for done in 0..=STEPS {
        task.progress(done, STEPS);
        task.activity(format!("Backing up: GPO {done}, {done} of {STEPS}"));
        harness.step();
        announced.push(spoken(&harness));
    }
    harness.state_mut().end(None);
    harness.run_steps(2);
    announced.push(spoken(&harness));
    // A thousand frames, each with words of its own; of these a screen reader speaks what changed.
    announced.dedup();
    let mut expected: Vec<_> = (0..=10).map(|tenth| vec![format!("Back Up Some({}.0)", tenth * 10)]).collect();
    expected.push(vec!["Succeeded.".to_owned()]);
    assert_eq!(announced, expected);
}
