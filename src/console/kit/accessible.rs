//! Names and roles for screen readers; the tests find controls by the same names.
//!
//! egui names labels, buttons, fields and dialogs by itself. Whatever else is drawn (tables, rows, cells, tabs, tree items)
//! gets its role and name here and nowhere else.

use egui::accesskit::{Node, Role, SortDirection};
use egui::{Context, Id, Rect, Response, Sense, Ui, WidgetInfo};

/// Gives a control its name, where what is drawn does not say it.
pub fn name(response: &Response, name: impl Into<String>) {
    response.ctx.accesskit_node_builder(response.id, |node| node.set_label(name.into()));
}

/// Makes a label a heading.
pub fn heading(response: &Response, text: &str) {
    detail(&response.ctx, response.id, |node| {
        node.set_role(Role::Heading);
        node.set_label(text);
    });
}

/// Makes what is drawn into a part of the window one thing with a role and a name.
pub fn part(ui: &Ui, role: Role, name: &str) {
    detail(ui.ctx(), ui.unique_id(), |node| {
        node.set_role(role);
        node.set_label(name);
    });
}

/// Gives something that was drawn its role and name.
pub fn describe(response: &Response, role: Role, name: &str) {
    response.widget_info(|| WidgetInfo::labeled(role, response.enabled(), name));
}

/// Adds what a role alone does not say: position, state, a longer description.
pub fn detail(ctx: &Context, id: Id, change: impl FnOnce(&mut Node)) {
    ctx.accesskit_node_builder(id, change);
}

/// Describes a row of a list or table.
pub fn row(response: &Response, name: &str, index: usize, selected: bool) {
    describe(response, Role::Row, name);
    detail(&response.ctx, response.id, |node| {
        node.set_row_index(index);
        node.set_selected(selected);
    });
}

/// Describes a cell drawn into `rect` of a row.
pub fn cell(row_ui: &Ui, rect: Rect, column: usize, text: &str, description: Option<&str>) {
    let response = row_ui.interact(rect, row_ui.unique_id().with(("cell", column)), Sense::hover());
    describe(&response, Role::Cell, text);
    detail(&response.ctx, response.id, |node| {
        node.set_column_index(column);
        if let Some(description) = description {
            node.set_description(description);
        }
    });
}

/// Describes the heading of a column.
pub fn column_header(response: &Response, title: &str, column: usize, sorted: Option<SortDirection>) {
    describe(response, Role::ColumnHeader, title);
    detail(&response.ctx, response.id, |node| {
        node.set_column_index(column);
        if let Some(direction) = sorted {
            node.set_sort_direction(direction);
        }
    });
}

/// Describes a tab.
pub fn tab(response: &Response, title: &str, index: usize, count: usize, selected: bool) {
    describe(response, Role::Tab, title);
    detail(&response.ctx, response.id, |node| {
        node.set_selected(selected);
        node.set_position_in_set(index + 1);
        node.set_size_of_set(count);
    });
}

/// Describes a progress bar; `fraction` runs from 0 to 1, none while it is not known.
pub fn progress(response: &Response, title: &str, fraction: Option<f32>) {
    describe(response, Role::ProgressIndicator, title);
    detail(&response.ctx, response.id, |node| {
        node.set_min_numeric_value(0.0);
        node.set_max_numeric_value(100.0);
        match fraction {
            // Told in steps of ten, so that a screen reader does not speak without end.
            Some(fraction) => node.set_numeric_value(f64::from((fraction * 10.0).floor() * 10.0)),
            None => node.set_busy(),
        }
    });
}
