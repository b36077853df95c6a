//! The context menu of a report: copy, explain, open and close.

use egui::{Popup, PopupAnchor, PopupCloseBehavior, PopupKind, Rect, Ui, pos2};

use crate::console::Icon;

use super::DocumentView;
use super::lines::section_of;

impl DocumentView {
    pub(super) fn menu_ui(&mut self, ui: &Ui, rect: Rect) {
        let Some(position) = self.menu else { return };
        let mut open = true;
        let position = pos2(position.x.clamp(rect.left(), rect.right()), position.y);
        Popup::new(Self::focus_id().with("menu"), ui.ctx().clone(), PopupAnchor::Position(position), ui.layer_id())
            .kind(PopupKind::Menu)
            .layout(egui::Layout::top_down_justified(egui::Align::Min))
            .style(egui::containers::menu::menu_style)
            .gap(0.0)
            .anchor_widget(Self::focus_id())
            .accessible_name("Menu of the report")
            .close_behavior(PopupCloseBehavior::CloseOnClick)
            .open_bool(&mut open)
            .show(|ui| {
                ui.set_min_width(180.0);
                self.entries_ui(ui);
            });
        if !open {
            self.menu = None;
            self.focus_wanted = true;
        }
    }

    /// Offers rows of the caller's own at the top of the menu; [`DocumentView::take_chosen`] tells which was taken.
    pub fn offer(&mut self, rows: &[&'static str]) {
        self.offered = rows.to_vec();
    }

    /// Returns the row of the caller's own that was taken in this frame.
    pub fn take_chosen(&mut self) -> Option<&'static str> {
        self.chosen.take()
    }

    fn entries_ui(&mut self, ui: &mut Ui) {
        for row in &self.offered {
            if ui.button(*row).clicked() {
                self.chosen = Some(row);
            }
        }
        if !self.offered.is_empty() {
            ui.separator();
        }
        if let Some(cursor) = self.cursor {
            let line = &self.lines[cursor];
            let cell = line.texts().get(self.cell).or(line.texts().first()).map(|text| (*text).to_owned());
            let many = self.selected().is_some_and(|selected| selected.start() != selected.end());
            let rows = if many { "Copy Rows" } else { "Copy Row" };
            if ui.add(egui::Button::new((Icon::Copy.atom(), rows)).shortcut_text("Ctrl+C")).clicked() {
                ui.copy_text(self.selected_as_text());
            }
            if let Some(cell) = cell
                && ui.button("Copy Cell").clicked()
            {
                ui.copy_text(cell);
            }
            if ui.button("Copy Section").clicked() {
                ui.copy_text(self.as_text(section_of(&self.lines, cursor)));
            }
            if self.lines[cursor].explain().is_some() && ui.button("Explain").clicked() {
                self.explaining = true;
            }
            ui.separator();
        }
        if ui.add(egui::Button::new("Select All").shortcut_text("Ctrl+A")).clicked() {
            self.anchor = self.visible.first().map(|line| *line as usize);
            self.cursor = self.visible.last().map(|line| *line as usize);
        }
        if ui.button("Show All").clicked() {
            self.open_all(true);
        }
        if ui.button("Hide All").clicked() {
            self.open_all(false);
        }
    }
}
