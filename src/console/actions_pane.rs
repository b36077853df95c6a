//! The Actions pane at the right (`console-ui.md` part 1): the commands of the node selected in the tree, and below them
//! those of the rows selected in the result pane. The same rows of the table as in the menus.

use egui::accesskit::Role;
use egui::{Id, Rect, RichText, ScrollArea, Sense, Ui};

use super::command::{CommandContext, Menu};
use super::kit::accessible;
use super::theme::{self, ROW_HEIGHT, SPACE};
use super::{Command, Face, bars};

/// Returns the id of what takes the focus when one goes to the pane; Tab leads on to the commands.
pub fn actions_pane_id() -> Id {
    Id::unique("actions pane")
}

/// Draws the pane: the commands of the node, and those of the selected rows where there are any.
pub fn actions_pane_ui(
    ui: &mut Ui,
    node: &CommandContext<'_>,
    rows: Option<&CommandContext<'_>>,
    commands: &mut Vec<Command>,
) {
    accessible::part(ui, Role::Complementary, "Actions");
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let label = Face::of(node.node, node.shown()).label;
        stop_ui(ui, &label);
        section_ui(ui, &label, |ui| {
            bars::menu_ui(ui, Menu::Action, node, commands);
        });
        if let Some(rows) = rows {
            ui.add_space(3.0 * SPACE);
            let label = match rows.more.len() {
                0 => Face::of(rows.node, rows.shown()).label,
                more => format!("{} selected", more + 1),
            };
            section_ui(ui, &label, |ui| bars::row_menu_ui(ui, rows, commands));
        }
    });
}

/// Lets the pane take the focus at its heading.
fn stop_ui(ui: &Ui, label: &str) {
    let heading = ui.available_rect_before_wrap();
    let rect = Rect::from_min_size(heading.min, egui::vec2(heading.width(), ROW_HEIGHT));
    let stop = ui.interact(rect, actions_pane_id(), Sense::FOCUSABLE);
    accessible::describe(&stop, Role::Group, &format!("Commands of {label}"));
    if stop.has_focus() {
        let ring = egui::Stroke::new(2.0, theme::tokens(ui).focus);
        ui.painter().rect_stroke(rect, theme::RADIUS, ring, egui::StrokeKind::Inside);
    }
}

fn section_ui(ui: &mut Ui, title: &str, content: impl FnOnce(&mut Ui)) {
    let heading = ui.add(egui::Label::new(RichText::new(title).strong()).truncate());
    accessible::heading(&heading, title);
    ui.separator();
    ui.push_id(title, |ui| {
        ui.with_layout(egui::Layout::top_down_justified(egui::Align::Min), |ui| {
            egui::containers::menu::menu_style(ui.style_mut());
            content(ui);
        });
    });
}
