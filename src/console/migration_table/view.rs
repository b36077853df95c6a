//! Drawing the editor: menus, the domain it is for, the grid, what there is to tell, and the questions above it.

use egui::containers::menu::MenuBar;
use egui::{Button, ComboBox, Context, Key, KeyboardShortcut, Modifiers, RichText, Ui};

use super::populate::Populate;
use super::prompt::{Answer, Changes, PathPrompt, unsaved_ui};
use super::rows::Row;
use super::{Action, After, Asking, MigrationTableEditor, default_path, file, grid};
use crate::console::ForestEntry;
use crate::console::dialog::{self, Closing};
use crate::console::kit::accessible;
use crate::console::kit::notice::banner_ui;
use crate::console::path_field::text_of;
use crate::console::theme::SPACE;
use crate::console::window::Surroundings;

const NEW: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::N);
const OPEN: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::O);
const SAVE: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::S);
const SAVE_AS: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::S);
const VALIDATE: KeyboardShortcut = KeyboardShortcut::new(Modifiers::NONE, Key::F7);

impl MigrationTableEditor {
    /// Draws the editor below its title; tells what is to follow, once nothing is left to be saved.
    pub(super) fn contents_ui(&mut self, ui: &mut Ui, around: &mut Surroundings<'_>) -> Option<After> {
        let mut after = self.shortcuts(ui, around);
        let mut action = None;
        ui.horizontal(|ui| {
            self.menus_ui(ui, around, &mut action, &mut after);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                self.target_ui(ui, around.forests);
            });
        });
        ui.add_space(SPACE);
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new(self.title()).strong());
            ui.weak("What principals and UNC paths become in another domain. Preferences are mapped by choice only.");
        });
        ui.add_space(SPACE);
        let mut changed = Vec::new();
        if self.repeated.0 != self.revision {
            self.repeated = (self.revision, file::repeated_sources(self.rows.all()));
        }
        let (findings, repeated) = (&self.findings, &self.repeated.1);
        let finding = |row: &Row| file::check(row, repeated).or_else(|| findings.get(&row.id).cloned());
        let below = 46.0 + if self.told.is_some() { 36.0 } else { 0.0 };
        let height = (ui.available_height() - below).max(120.0);
        ui.allocate_ui(egui::vec2(ui.available_width(), height), |ui| {
            action = action.take().or(self.grid.ui(ui, &mut self.rows, &mut changed, finding));
        });
        for row in changed {
            self.change(row);
        }
        if let Some((severity, text)) = &self.told {
            ui.add_space(SPACE);
            banner_ui(ui, *severity, text);
        }
        dialog::buttons_ui(ui, |ui| {
            if dialog::primary_button(ui, "Save") {
                self.save(After::Stay, around);
            }
            if dialog::button(ui, "Close") {
                after = Some(After::Close);
            }
            if ui.add_enabled(self.validating.is_none(), Button::new("Validate Table")).clicked() {
                self.validate(around);
            }
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| self.count_ui(ui));
        });
        if let Some(action) = action {
            self.act(action, ui.ctx(), around);
        }
        after
    }

    fn count_ui(&self, ui: &mut Ui) {
        let count = self.rows.all().len();
        let mut text = if count == 1 { "1 entry".to_owned() } else { format!("{count} entries") };
        if self.rows.selected_count() > 1 {
            text.push_str(&format!(", {} selected", self.rows.selected_count()));
        }
        ui.weak(text);
        if self.validating.is_some() || self.reading.is_some() || self.saving.is_some() {
            ui.spinner();
        }
    }

    fn shortcuts(&mut self, ui: &Ui, around: &Surroundings<'_>) -> Option<After> {
        if self.asking.is_some() {
            return None;
        }
        let pressed = |keys: &KeyboardShortcut| ui.input_mut(|input| input.consume_shortcut(keys));
        // The toolkit takes Ctrl+Shift+S for Ctrl+S too: that with Shift comes first.
        if pressed(&SAVE_AS) {
            self.save_as(around);
        }
        if pressed(&SAVE) {
            self.save(After::Stay, around);
        }
        if pressed(&VALIDATE) {
            self.validate(around);
        }
        if pressed(&NEW) {
            return Some(After::New);
        }
        pressed(&OPEN).then_some(After::ChooseFile)
    }

    fn save_as(&mut self, around: &Surroundings<'_>) {
        let path = self.path.as_deref().map_or_else(|| default_path(around), text_of);
        self.asking = Some(Asking::SavePath(PathPrompt::save(path), After::Stay));
    }

    fn menus_ui(
        &mut self,
        ui: &mut Ui,
        around: &Surroundings<'_>,
        action: &mut Option<Action>,
        after: &mut Option<After>,
    ) {
        MenuBar::new().ui(ui, |ui| {
            ui.menu_button("File", |ui| {
                ui.set_min_width(180.0);
                let entry = |ui: &mut Ui, text: &str, keys: Option<&KeyboardShortcut>| {
                    let keys = keys.map(|keys| ui.ctx().format_shortcut(keys)).unwrap_or_default();
                    let button = ui.add(Button::new(text).shortcut_text(keys));
                    accessible::name(&button, text);
                    button.clicked()
                };
                if entry(ui, "New", Some(&NEW)) {
                    *after = Some(After::New);
                }
                if entry(ui, "Open…", Some(&OPEN)) {
                    *after = Some(After::ChooseFile);
                }
                if entry(ui, "Save", Some(&SAVE)) {
                    self.save(After::Stay, around);
                }
                if entry(ui, "Save As…", Some(&SAVE_AS)) {
                    self.save_as(around);
                }
                ui.separator();
                if entry(ui, "Exit", None) {
                    *after = Some(After::Close);
                }
            });
            ui.menu_button("Edit", |ui| {
                ui.set_min_width(180.0);
                grid::edit_menu_ui(ui, &self.rows, self.rows.current(), None, action);
            });
            ui.menu_button("Tools", |ui| {
                ui.set_min_width(210.0);
                if ui.button("Populate from GPO…").clicked() {
                    self.asking = Some(Asking::Populate(Box::new(Populate::from_gpos(self.target.clone()))));
                }
                if ui.button("Populate from Backup…").clicked() {
                    self.asking = Some(Asking::Populate(Box::new(Populate::from_backups(around))));
                }
                ui.separator();
                let keys = ui.ctx().format_shortcut(&VALIDATE);
                let button = ui.add(Button::new("Validate Table").shortcut_text(keys));
                accessible::name(&button, "Validate Table");
                if button.clicked() {
                    self.validate(around);
                }
            });
        });
    }

    /// Draws the choice of the domain that the table is for.
    fn target_ui(&mut self, ui: &mut Ui, forests: &[ForestEntry]) {
        let chosen =
            self.target.as_ref().map_or_else(|| "None: the form only".to_owned(), |(_, name)| name.to_string());
        let combo = ComboBox::from_id_salt("destination domain").selected_text(chosen).width(220.0);
        let response = combo.show_ui(ui, |ui| {
            for forest in forests.iter().filter_map(ForestEntry::open) {
                for domain in &forest.snapshot.domains {
                    let candidate = Some((forest.id, domain.name.clone()));
                    if ui.selectable_label(self.target == candidate, domain.name.as_str()).clicked() {
                        self.target = candidate;
                        self.findings.clear();
                    }
                }
            }
        });
        accessible::name(&response.response, "Destination domain");
        ui.label("Destination domain");
    }

    pub(super) fn asking_ui(&mut self, ctx: &Context, around: &mut Surroundings<'_>) -> Closing {
        let Some(asking) = self.asking.take() else { return Closing::Stay };
        match asking {
            Asking::OpenPath(mut prompt) => match prompt.ui(ctx, around) {
                Answer::Given(path) => self.read(path, around.workers),
                Answer::Cancelled => self.focus_marker(),
                Answer::Open => self.asking = Some(Asking::OpenPath(prompt)),
            },
            Asking::SavePath(mut prompt, after) => match prompt.ui(ctx, around) {
                Answer::Given(path) => self.write(path, after, around),
                Answer::Cancelled => self.focus_marker(),
                Answer::Open => self.asking = Some(Asking::SavePath(prompt, after)),
            },
            Asking::Unsaved(after) => match unsaved_ui(ctx) {
                Answer::Given(Changes::Save) => self.save(after, around),
                Answer::Given(Changes::Discard) => {
                    self.saved_revision = self.revision;
                    return self.go_on(after, ctx);
                }
                Answer::Cancelled => self.focus_marker(),
                Answer::Open => self.asking = Some(Asking::Unsaved(after)),
            },
            Asking::Populate(mut populate) => match populate.ui(ctx, around) {
                Answer::Given(entries) => self.add_entries(entries),
                Answer::Cancelled => self.focus_marker(),
                Answer::Open => self.asking = Some(Asking::Populate(populate)),
            },
        }
        Closing::Stay
    }
}
