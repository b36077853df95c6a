//! Asks for a file name and writes a text to it.
//!
//! The path can be typed: the system's file chooser is not everywhere (a session without a desktop portal has none).

use std::path::{Path, PathBuf};

use egui::{Context, Id, Key, Modal, TextEdit};
use poll_promise::Promise;

use super::accessible;
use super::notice::{Severity, banner_ui};
use crate::console::theme::SPACE;

/// A form that the text can be saved in.
pub struct SaveForm {
    /// What it is called.
    pub name: &'static str,
    /// The extension of its files, without the dot.
    pub extension: &'static str,
    /// The text in this form.
    pub content: String,
}

/// A dialog that saves a text; open while [`SaveDialog::ui`] says so.
pub struct SaveDialog {
    title: &'static str,
    path: String,
    forms: Vec<SaveForm>,
    form: usize,
    error: Option<String>,
    browsing: Option<Promise<Option<PathBuf>>>,
    focus_wanted: bool,
}

impl SaveDialog {
    /// Returns a dialog that offers a file of that name in the user's documents, in the first of the forms.
    pub fn new(title: &'static str, name: &str, forms: Vec<SaveForm>) -> Self {
        let folders = directories::UserDirs::new();
        let folder = folders.as_ref().map(|dirs| dirs.document_dir().unwrap_or(dirs.home_dir()).to_owned());
        let plain: String =
            name.chars().map(|c| if c.is_alphanumeric() || " -_.".contains(c) { c } else { '-' }).collect();
        let extension = forms.first().map_or("txt", |form| form.extension);
        let path = folder.unwrap_or_default().join(format!("{plain}.{extension}")).display().to_string();
        SaveDialog { title, path, forms, form: 0, error: None, browsing: None, focus_wanted: true }
    }

    /// Draws the dialog; returns whether it stays open.
    pub fn ui(&mut self, ctx: &Context) -> bool {
        let mut open = true;
        let id = Id::unique("save dialog");
        let area = Modal::default_area(id).accessible_name(self.title);
        let modal = Modal::new(id).area(area).show(ctx, |ui| {
            ui.set_width(520.0_f32.min(ctx.content_rect().width() - 60.0));
            ui.heading(self.title);
            ui.add_space(2.0 * SPACE);
            let label = ui.label("File");
            ui.horizontal(|ui| {
                let width = ui.available_width() - 90.0;
                let edit = ui.add(TextEdit::singleline(&mut self.path).desired_width(width)).labelled_by(label.id);
                if std::mem::take(&mut self.focus_wanted) {
                    edit.request_focus();
                }
                if edit.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) {
                    open = !self.save();
                }
                let browse = ui.add_enabled(self.browsing.is_none(), egui::Button::new("Browse…"));
                accessible::name(&browse, "Browse for a file");
                if browse.clicked() {
                    self.browse(ctx);
                }
            });
            self.form_ui(ui);
            if let Some(error) = &self.error {
                ui.add_space(SPACE);
                banner_ui(ui, Severity::Error, error);
            }
            ui.add_space(2.0 * SPACE);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if ui.button("Cancel").clicked() {
                    open = false;
                }
                if ui.button("Save").clicked() {
                    open = !self.save();
                }
            });
        });
        if let Some(chosen) = self.browsing.as_ref().and_then(Promise::ready) {
            if let Some(path) = chosen {
                self.path = path.display().to_string();
            }
            self.browsing = None;
        }
        // A click beside the dialog does not close it: what was typed would be lost.
        if modal.should_close() && !modal.backdrop_response.clicked() {
            open = false;
        }
        open
    }

    /// Lets the form be chosen; the extension follows.
    fn form_ui(&mut self, ui: &mut egui::Ui) {
        let Some(chosen) = self.forms.get(self.form) else { return };
        ui.add_space(SPACE);
        ui.horizontal(|ui| {
            let label = ui.label("Form");
            let mut form = self.form;
            let combo =
                egui::ComboBox::from_id_salt("form").width(220.0).selected_text(chosen.name).show_ui(ui, |ui| {
                    for (index, offered) in self.forms.iter().enumerate() {
                        ui.selectable_value(&mut form, index, offered.name);
                    }
                });
            combo.response.labelled_by(label.id);
            if form != self.form {
                self.form = form;
                let path = Path::new(self.path.trim()).with_extension(self.forms[form].extension);
                self.path = path.display().to_string();
            }
        });
    }

    fn save(&mut self) -> bool {
        let content = self.forms.get(self.form).map_or("", |form| form.content.as_str());
        match std::fs::write(Path::new(self.path.trim()), content) {
            Ok(()) => true,
            Err(error) => {
                self.error = Some(format!(
                    "The file could not be written: {error}. Choose another folder, or ask for the right to write there."
                ));
                false
            }
        }
    }

    fn browse(&mut self, ctx: &Context) {
        let path = PathBuf::from(self.path.trim());
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut dialog = rfd::AsyncFileDialog::new().set_file_name(name);
        if let Some(folder) = path.parent() {
            dialog = dialog.set_directory(folder);
        }
        let chosen = dialog.save_file();
        let ctx = ctx.clone();
        self.browsing = Some(Promise::spawn_thread("file chooser", move || {
            let file = futures::executor::block_on(chosen);
            ctx.request_repaint();
            file.map(|file| file.path().to_owned())
        }));
    }
}
