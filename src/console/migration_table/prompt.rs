//! What the editor asks over its grid: for a path, and what becomes of changes that are not saved.

use std::path::PathBuf;

use egui::Context;

use crate::console::dialog::{self, Closing};
use crate::console::kit::notice::{Severity, banner_ui};
use crate::console::path_field::{PathField, PathKind};
use crate::console::theme::SPACE;
use crate::console::window::Surroundings;

/// What became of a question.
pub(super) enum Answer<T> {
    /// It still stands there.
    Open,
    /// It was answered.
    Given(T),
    /// It was left without an answer.
    Cancelled,
}

/// What is to become of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Changes {
    /// They are saved.
    Save,
    /// They are lost.
    Discard,
}

/// A question for the path of a table.
pub(super) struct PathPrompt {
    field: PathField,
    kind: PathKind,
    missing: Option<&'static str>,
    /// The path of a file that exists, and that is replaced once that was said.
    replaces: Option<PathBuf>,
    opened: bool,
}

/// What tables are called, and how their files end.
const FILES: (&str, &str) = ("Migration tables", "migtable");

impl PathPrompt {
    /// Returns the question for a table to open.
    pub(super) fn open(path: String) -> Self {
        PathPrompt::new(PathKind::OpenFile(FILES.0, FILES.1), path)
    }

    /// Returns the question where to save a table.
    pub(super) fn save(path: String) -> Self {
        PathPrompt::new(PathKind::SaveFile(FILES.0, FILES.1), path)
    }

    fn new(kind: PathKind, path: String) -> Self {
        PathPrompt { field: PathField::new(path), kind, missing: None, replaces: None, opened: false }
    }

    /// Draws the question. A file that would be replaced is asked about first.
    pub(super) fn ui(&mut self, ctx: &Context, around: &Surroundings<'_>) -> Answer<PathBuf> {
        let saves = matches!(self.kind, PathKind::SaveFile(..));
        let title = if saves { "Save Migration Table" } else { "Open Migration Table" };
        let mut answer = Answer::Open;
        let closing = dialog::show(ctx, title, 560.0, |ui| {
            let field = self.field.ui(ui, "File", self.kind, &[], around);
            if !std::mem::replace(&mut self.opened, true) {
                field.edit.request_focus();
            }
            if self.replaces.is_some() && self.replaces != self.named() {
                self.replaces = None;
            }
            if self.field.path().is_some() {
                self.missing = None;
            }
            if let Some(missing) = self.missing {
                banner_ui(ui, Severity::Error, missing);
            }
            if self.replaces.is_some() {
                banner_ui(ui, Severity::Warning, "The file exists. It will be replaced.");
                ui.add_space(SPACE);
            }
            dialog::buttons_ui(ui, |ui| {
                let words = match (saves, &self.replaces) {
                    (true, Some(_)) => "Replace",
                    (true, None) => "Save Table",
                    (false, _) => "Open Table",
                };
                if dialog::primary_button(ui, words) || field.entered {
                    answer = self.answer(saves);
                }
                if dialog::button(ui, "Cancel") {
                    answer = Answer::Cancelled;
                }
            });
        });
        if closing == Closing::Close { Answer::Cancelled } else { answer }
    }

    /// Returns the path; a table to be saved gets its ending.
    fn named(&self) -> Option<PathBuf> {
        let mut path = self.field.path()?;
        if matches!(self.kind, PathKind::SaveFile(..)) && path.extension().is_none() {
            path.set_extension(FILES.1);
        }
        Some(path)
    }

    fn answer(&mut self, saves: bool) -> Answer<PathBuf> {
        let Some(path) = self.named() else {
            self.missing = Some("Enter the path of a file.");
            return Answer::Open;
        };
        if saves && path.exists() && self.replaces.as_ref() != Some(&path) {
            self.replaces = Some(path);
            return Answer::Open;
        }
        Answer::Given(path)
    }
}

/// Asks what becomes of changes that are not saved.
pub(super) fn unsaved_ui(ctx: &Context) -> Answer<Changes> {
    let mut answer = Answer::Open;
    let closing = dialog::show(ctx, "Save Changes?", 460.0, |ui| {
        ui.label("The migration table has changes that are not saved.");
        dialog::buttons_ui(ui, |ui| {
            if dialog::primary_button(ui, "Save Changes") {
                answer = Answer::Given(Changes::Save);
            }
            if dialog::button(ui, "Discard Changes") {
                answer = Answer::Given(Changes::Discard);
            }
            if dialog::button(ui, "Keep Editing") {
                answer = Answer::Cancelled;
            }
        });
    });
    if closing == Closing::Close { Answer::Cancelled } else { answer }
}
