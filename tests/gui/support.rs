//! What the tests of the console share.

use egui::accesskit::Role;
use egui::{Event, Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use opengpmc::console::theme;

/// Returns a harness around one view.
pub fn view<'a, S>(size: [f32; 2], state: S, draw: impl FnMut(&mut egui::Ui, &mut S) + 'a) -> Harness<'a, S> {
    let builder = Harness::builder().with_size(size).with_step_dt(1.0 / 60.0).with_context_setup(theme::install);
    builder.build_ui_state(draw, state)
}

/// Presses a key with modifiers.
pub fn press<S>(harness: &mut Harness<'_, S>, modifiers: Modifiers, key: Key) {
    harness.key_press_modifiers(modifiers, key);
    harness.run();
}

/// Types text into whatever has the focus.
pub fn type_text<S>(harness: &mut Harness<'_, S>, text: &str) {
    for character in text.chars() {
        harness.event(Event::Text(character.to_string()));
        harness.run();
    }
}

/// Copies what is selected, and returns what reached the clipboard.
pub fn copy<S>(harness: &mut Harness<'_, S>) -> String {
    harness.event(Event::Copy);
    harness.step();
    copied(harness).expect("nothing was copied")
}

/// Clicks the button of that name, and returns what reached the clipboard.
pub fn copy_by_button<S>(harness: &mut Harness<'_, S>, name: &str) -> String {
    harness.get_by_role_and_label(Role::Button, name).click();
    harness.step();
    copied(harness).expect("nothing was copied")
}

/// Returns the text that the last frame put on the clipboard.
pub fn copied<S>(harness: &Harness<'_, S>) -> Option<String> {
    harness.output().platform_output.commands.iter().find_map(|command| match command {
        egui::OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    })
}

/// Returns the names of the rows of a table that are in view, from top to bottom.
pub fn rows<S>(harness: &Harness<'_, S>, table: &str) -> Vec<String> {
    row_nodes(harness, table, false)
}

/// Returns the names of the selected rows of a table that are in view.
pub fn selected_rows<S>(harness: &Harness<'_, S>, table: &str) -> Vec<String> {
    row_nodes(harness, table, true)
}

fn row_nodes<S>(harness: &Harness<'_, S>, table: &str, selected_only: bool) -> Vec<String> {
    let table = harness.get_by_role_and_label(Role::Table, table);
    let mut rows: Vec<(usize, String)> = table
        .query_all_by_role(Role::Row)
        .filter(|row| !selected_only || row.accesskit_node().is_selected() == Some(true))
        .map(|row| {
            let node = row.accesskit_node();
            (node.data().row_index().unwrap_or_default(), node.label().unwrap_or_default())
        })
        .collect();
    rows.sort();
    rows.into_iter().map(|(_, name)| name).collect()
}

/// Returns the texts of the cells of a row.
pub fn cells<S>(harness: &Harness<'_, S>, table: &str, row: &str) -> Vec<String> {
    let table = harness.get_by_role_and_label(Role::Table, table);
    let row = table.get_by_role_and_label(Role::Row, row);
    row.query_all_by_role(Role::Cell).map(|cell| cell.accesskit_node().label().unwrap_or_default()).collect()
}
