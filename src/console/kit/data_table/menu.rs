//! The context menu of a table: what the view offers for the rows, and what every table can do.

use egui::{Popup, PopupAnchor, PopupCloseBehavior, PopupKind, Rect, Ui, pos2};

use crate::console::Icon;
use crate::console::kit::accessible;
use crate::console::kit::save_dialog::{SaveDialog, SaveForm};
use crate::console::theme::ROW_HEIGHT;

use super::draw::{Drawing, HEADER_HEIGHT};
use super::text;

impl<R> Drawing<'_, '_, R> {
    pub(super) fn open_menu(&mut self, rect: Rect) {
        self.state.menu = Some(rect.min + egui::vec2(40.0, HEADER_HEIGHT + ROW_HEIGHT));
    }

    pub(super) fn menu_ui(&mut self, ui: &Ui, rect: Rect, mut menu: impl FnMut(&mut Ui, &[usize])) {
        let Some(position) = self.state.menu else { return };
        let mut open = true;
        let position = pos2(position.x.clamp(rect.left(), rect.right()), position.y);
        Popup::new(self.id.with("menu"), ui.ctx().clone(), PopupAnchor::Position(position), ui.layer_id())
            .kind(PopupKind::Menu)
            .layout(egui::Layout::top_down_justified(egui::Align::Min))
            .style(egui::containers::menu::menu_style)
            .gap(0.0)
            .anchor_widget(self.id)
            .accessible_name(format!("Menu of {}", self.table.name))
            .close_behavior(PopupCloseBehavior::CloseOnClick)
            .open_bool(&mut open)
            .show(|ui| {
                ui.set_min_width(180.0);
                let selected = self.state.selected();
                if !selected.is_empty() {
                    let before = ui.min_rect().height();
                    menu(ui, &selected);
                    if ui.min_rect().height() > before {
                        ui.separator();
                    }
                }
                self.common_ui(ui, !selected.is_empty());
            });
        if !open {
            self.state.menu = None;
            ui.memory_mut(|memory| memory.request_focus(self.id));
        }
    }

    fn common_ui(&mut self, ui: &mut Ui, any_selected: bool) {
        ui.add_enabled_ui(any_selected, |ui| {
            let copy = ui.add(egui::Button::new((Icon::Copy.atom(), "Copy as Text")).shortcut_text("Ctrl+C"));
            accessible::name(&copy, "Copy as Text");
            if copy.clicked() {
                ui.copy_text(self.selected_as_text());
            }
            if ui.button("Copy as CSV").clicked() {
                ui.copy_text(self.as_csv(&self.state.selected()));
            }
        });
        let all = ui.add(egui::Button::new("Select All").shortcut_text("Ctrl+A"));
        accessible::name(&all, "Select All");
        if all.clicked() {
            self.state.selection.choose_all(self.state.order.rows());
        }
        ui.separator();
        ui.menu_button("Sort By", |ui| {
            for preset in self.presets {
                let direction = self.layout.direction(preset.title);
                if ui.selectable_label(direction.is_some(), preset.title).clicked() {
                    self.layout.sort_by(preset.title);
                }
            }
        });
        ui.menu_button("Columns", |ui| {
            for preset in self.presets {
                let mut visible = self.layout.is_visible(preset.title);
                if ui.checkbox(&mut visible, preset.title).clicked() {
                    self.layout.toggle(preset.title);
                }
            }
        });
        if ui.button("Export List…").clicked() {
            self.export();
        }
    }

    /// Opens the dialog that writes the rows in view to a file.
    pub(super) fn export(&mut self) {
        let rows: Vec<usize> = self.state.order.rows().iter().map(|&row| row as usize).collect();
        let forms = vec![
            SaveForm { name: "Comma separated (*.csv)", extension: "csv", content: self.as_csv(&rows) },
            SaveForm { name: "Tab separated (*.txt)", extension: "txt", content: self.as_tab_separated(&rows) },
        ];
        self.state.save_dialog = Some(SaveDialog::new("Export List", &self.table.name, forms));
    }

    pub(super) fn selected_as_text(&self) -> String {
        let columns = self.layout.visible(self.presets);
        let lines = self.state.selected().into_iter();
        text::tab_separated(lines.map(|row| self.table.cells_as_text(&self.rows[row], &columns)))
    }

    fn as_csv(&self, rows: &[usize]) -> String {
        text::csv(self.titles_and_rows(rows))
    }

    fn as_tab_separated(&self, rows: &[usize]) -> String {
        text::tab_separated(self.titles_and_rows(rows)) + "\r\n"
    }

    fn titles_and_rows(&self, rows: &[usize]) -> impl Iterator<Item = Vec<String>> {
        let columns = self.layout.visible(self.presets);
        let titles = columns.iter().map(|&(column, _)| self.presets[column].title.to_owned()).collect();
        let lines = rows.iter().map(move |&row| self.table.cells_as_text(&self.rows[row], &columns));
        std::iter::once(titles).chain(lines)
    }
}
