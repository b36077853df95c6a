//! Import and export of WMI filters: the dialogs that ask for the file.

use std::path::PathBuf;

use egui::Context;
use poll_promise::Promise;

use super::editor::WmiFilterEditor;
use crate::console::ForestId;
use crate::console::dialog::{self, Closing};
use crate::console::job::take;
use crate::console::kit::notice::{Severity, banner_ui, loading_ui};
use crate::console::path_field::{PathField, PathKind, documents_folder};
use crate::console::theme::SPACE;
use crate::console::window::{Surroundings, Window};
use crate::format::MofFilter;
use crate::gpm::{OperationError, WmiFilter};
use crate::ident::DnsName;
use crate::operation::admin::{export_wmi_filter, read_wmi_filter_file};

/// What such files are called, and how they end.
const FILES: (&str, &str) = ("WMI filters", "mof");

/// Asks for a file, then shows what is in it in the editor.
pub(super) struct ImportWmiFilter {
    forest: ForestId,
    domain: DnsName,
    path: PathField,
    reading: Option<Promise<Result<MofFilter, OperationError>>>,
    editor: Option<WmiFilterEditor>,
    problem: Option<String>,
    focus_wanted: bool,
}

impl ImportWmiFilter {
    /// Returns the dialog.
    pub fn new(forest: ForestId, domain: DnsName) -> Self {
        ImportWmiFilter {
            forest,
            domain,
            path: PathField::new(""),
            reading: None,
            editor: None,
            problem: None,
            focus_wanted: true,
        }
    }

    fn read(&mut self, around: &Surroundings<'_>) {
        match self.path.path() {
            Some(path) => {
                self.reading = Some(around.workers.spawn(async move { read_wmi_filter_file(&path).await }));
            }
            None => self.problem = Some("Name the file of an exported WMI filter.".to_owned()),
        }
    }
}

impl Window for ImportWmiFilter {
    fn ui(&mut self, ctx: &Context, around: &mut Surroundings<'_>) -> Closing {
        if let Some(editor) = &mut self.editor {
            return editor.ui(ctx, around);
        }
        match take(&mut self.reading) {
            Some(Ok(file)) => {
                self.editor = Some(WmiFilterEditor::imported(self.forest, self.domain.clone(), &file));
                ctx.request_repaint();
            }
            Some(Err(error)) => self.problem = Some(error.to_string()),
            None => {}
        }
        let (mut confirmed, mut cancelled) = (false, false);
        let closing = dialog::show(ctx, "Import WMI Filter", 560.0, |ui| {
            ui.label(format!(
                "Makes a new WMI filter in {} of a file that this console or Microsoft's has exported.",
                self.domain
            ));
            ui.add_space(SPACE);
            let response = self.path.ui(ui, "File", PathKind::OpenFile(FILES.0, FILES.1), &[], around);
            dialog::focus_once(&response.edit, &mut self.focus_wanted);
            if response.edit.changed() {
                self.problem = None;
            }
            if self.reading.is_some() {
                loading_ui(ui, "Reading the file…");
            }
            if let Some(problem) = &self.problem {
                banner_ui(ui, Severity::Error, problem);
            }
            dialog::buttons_ui(ui, |ui| {
                confirmed = dialog::primary_button(ui, "Open") || response.entered;
                cancelled = dialog::button(ui, "Cancel");
            });
        });
        if confirmed && self.reading.is_none() {
            self.read(around);
        }
        if cancelled { Closing::Close } else { closing }
    }
}

/// Asks for the file that a filter is exported to.
pub(super) struct ExportWmiFilter {
    filter: WmiFilter,
    path: PathField,
    /// A file that is there, and that is replaced once that was said.
    replaces: Option<PathBuf>,
    problem: Option<&'static str>,
    focus_wanted: bool,
}

impl ExportWmiFilter {
    /// Returns the dialog.
    pub fn new(filter: WmiFilter) -> Self {
        let plain = |letter: char| if letter.is_alphanumeric() || " -_.()".contains(letter) { letter } else { '-' };
        let name: String = filter.name.chars().map(plain).collect();
        let path = documents_folder().join(format!("{}.{}", name.trim(), FILES.1)).display().to_string();
        ExportWmiFilter { filter, path: PathField::new(path), replaces: None, problem: None, focus_wanted: true }
    }
}

impl Window for ExportWmiFilter {
    fn ui(&mut self, ctx: &Context, around: &mut Surroundings<'_>) -> Closing {
        let (mut confirmed, mut cancelled) = (false, false);
        let closing = dialog::show(ctx, "Export WMI Filter", 560.0, |ui| {
            ui.label(format!("Writes {} into a file that this console and Microsoft's can import.", self.filter.name));
            ui.add_space(SPACE);
            let response = self.path.ui(ui, "File", PathKind::SaveFile(FILES.0, FILES.1), &[], around);
            dialog::focus_once(&response.edit, &mut self.focus_wanted);
            if response.edit.changed() {
                (self.replaces, self.problem) = (None, None);
            }
            if self.replaces.is_some() {
                banner_ui(ui, Severity::Warning, "The file is there already. Exporting replaces it.");
            }
            if let Some(problem) = self.problem {
                banner_ui(ui, Severity::Error, problem);
            }
            dialog::buttons_ui(ui, |ui| {
                let go = if self.replaces.is_some() { "Replace" } else { "Export" };
                confirmed = dialog::primary_button(ui, go) || response.entered;
                cancelled = dialog::button(ui, "Cancel");
            });
        });
        if confirmed {
            let Some(path) = self.path.path() else {
                self.problem = Some("Name the file that is written.");
                return Closing::Stay;
            };
            let replaces = self.replaces.as_ref() == Some(&path);
            if !replaces && path.exists() {
                self.replaces = Some(path);
                return Closing::Stay;
            }
            let (title, filter) = (format!("Export {}", self.filter.name), self.filter.clone());
            let work = move |_| async move { export_wmi_filter(&filter, &path, replaces).await };
            around.started.push(around.workers.operation(title, work, |_| Vec::new()).quiet());
            return Closing::Close;
        }
        if cancelled { Closing::Close } else { closing }
    }
}
