//! A field for a path: typed, taken from those used before, or chosen with the dialog of the system, which is not everywhere.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::containers::menu::MenuButton;
use egui::{Button, Key, Response, TextEdit, Ui};
use poll_promise::Promise;

use super::kit::accessible;
use super::theme::SPACE;
use super::window::Surroundings;
use super::{FilePicker, Icon};

/// What is being entered.
pub struct PathField {
    /// The path as it stands in the field.
    pub text: String,
    picking: Option<Promise<Option<PathBuf>>>,
}

/// What kind of path it is.
#[derive(Clone, Copy, Debug)]
pub enum PathKind {
    /// A folder.
    Folder,
    /// A file that exists: what such files are called, and their extension.
    OpenFile(&'static str, &'static str),
    /// A file that is written: what such files are called, and their extension.
    SaveFile(&'static str, &'static str),
}

/// What happened in the field in this frame.
pub struct PathResponse {
    /// The text field, to give it the focus.
    pub edit: Response,
    /// Whether the path was chosen, or left after it was typed: a good time to look at what lies there.
    pub settled: bool,
    /// Whether Enter was pressed in the field.
    pub entered: bool,
}

impl PathField {
    /// Returns a field with this text in it.
    pub fn new(text: impl Into<String>) -> Self {
        PathField { text: text.into(), picking: None }
    }

    /// Returns the path; none where the field is empty.
    pub fn path(&self) -> Option<PathBuf> {
        Some(self.text.trim()).filter(|text| !text.is_empty()).map(PathBuf::from)
    }

    /// Draws the field under its label; `recent` are the paths used before, the last one first.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        label: &str,
        kind: PathKind,
        recent: &[String],
        around: &Surroundings<'_>,
    ) -> PathResponse {
        let mut settled = self.take_picked();
        let label_response = ui.label(label);
        let edit = ui.horizontal(|ui| {
            const BROWSE_WIDTH: f32 = 84.0;
            const RECENT_WIDTH: f32 = 30.0;
            let gaps = 2.0 * ui.spacing().item_spacing.x;
            let width = ui.available_width() - BROWSE_WIDTH - RECENT_WIDTH - gaps;
            let edit = ui.add(TextEdit::singleline(&mut self.text).desired_width(width.max(120.0)));
            let edit = edit.labelled_by(label_response.id);
            ui.add_enabled_ui(!recent.is_empty(), |ui| {
                let button = Button::new(Icon::Down.atom()).min_size(egui::vec2(RECENT_WIDTH, 0.0));
                let (response, _) = MenuButton::from_button(button).ui(ui, |ui| {
                    for path in recent {
                        if ui.button(path).clicked() {
                            self.text.clone_from(path);
                            settled = true;
                        }
                    }
                });
                accessible::name(&response, format!("Recent, {label}"));
            });
            let idle = self.picking.is_none();
            let browse = ui.add_enabled(idle, Button::new("Browse…").min_size(egui::vec2(BROWSE_WIDTH, 0.0)));
            accessible::name(&browse, format!("Browse, {label}"));
            if browse.clicked() {
                self.browse(label, kind, around);
            }
            edit
        });
        let edit = edit.inner;
        settled |= edit.lost_focus();
        let entered = edit.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        ui.add_space(SPACE);
        PathResponse { edit, settled, entered }
    }

    fn browse(&mut self, title: &str, kind: PathKind, around: &Surroundings<'_>) {
        let picker: Arc<dyn FilePicker> = Arc::clone(around.file_picker);
        let (title, path) = (title.to_owned(), self.path().unwrap_or_default());
        self.picking = Some(around.workers.spawn_blocking(move || match kind {
            PathKind::Folder => picker.pick_folder(&title),
            PathKind::OpenFile(name, extension) => picker.pick_file(&title, name, &[extension]),
            PathKind::SaveFile(name, extension) => picker.save_file(&title, &path, name, &[extension]),
        }));
    }

    /// Takes over what was chosen; tells whether that is something else.
    fn take_picked(&mut self) -> bool {
        let Some(promise) = self.picking.take() else { return false };
        match promise.try_take() {
            Err(promise) => {
                self.picking = Some(promise);
                false
            }
            Ok(None) => false,
            Ok(Some(path)) => {
                self.text = text_of(&path);
                true
            }
        }
    }
}

/// Returns a path as it is shown and remembered.
pub fn text_of(path: &Path) -> String {
    path.display().to_string()
}

/// Returns where people keep what they write.
pub fn documents_folder() -> PathBuf {
    let folders = directories::UserDirs::new();
    folders.as_ref().map(|dirs| dirs.document_dir().unwrap_or(dirs.home_dir()).to_owned()).unwrap_or_default()
}
