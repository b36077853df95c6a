//! The dialogs around reports: where to save one, where to save many, what to open, where templates are taken from.
//!
//! Every path can be typed: the file chooser of the system is not everywhere.

use std::path::PathBuf;
use std::sync::Arc;

use egui::{Context, Key, TextEdit, Ui};
use poll_promise::Promise;

use crate::operation::file_name;
use crate::report::ReportFormat;

use super::dialog::{self, Closing};
use super::job::Workers;
use super::kit::notice::{Severity, banner_ui};
use super::theme::SPACE;
use super::{Command, FilePicker, ReportsOf, ShownReport};

/// What a dialog about reports asks for.
pub struct ReportDialog {
    purpose: Purpose,
    path: String,
    format: ReportFormat,
    microsoft_markup: bool,
    missing: Option<&'static str>,
    picking: Option<Promise<Option<PathBuf>>>,
    opened: bool,
}

/// How a path is chosen with the dialogs of the system.
type Choice = Box<dyn FnOnce(&dyn FilePicker) -> Option<PathBuf> + Send>;

enum Purpose {
    Save(Arc<ShownReport>),
    SaveMany(ReportsOf, String),
    Open,
    Templates,
}

impl ReportDialog {
    /// Returns the dialog that saves a report.
    pub fn save(report: Arc<ShownReport>, folder: PathBuf) -> Self {
        let name = file_name(report.name());
        let format = ReportFormat::Html;
        let path = folder.join(format!("{name}.{}", format.extension()));
        ReportDialog::new(Purpose::Save(report), path)
    }

    /// Returns the dialog that saves the reports of many; `what` names them.
    pub fn save_many(of: ReportsOf, what: String, folder: PathBuf) -> Self {
        let path = folder.join(file_name(&what));
        ReportDialog::new(Purpose::SaveMany(of, what), path)
    }

    /// Returns the dialog that opens a report or a folder of backups.
    pub fn open(folder: PathBuf) -> Self {
        ReportDialog::new(Purpose::Open, folder)
    }

    /// Returns the dialog that says where administrative templates are taken from.
    pub fn templates(folder: PathBuf) -> Self {
        ReportDialog::new(Purpose::Templates, folder)
    }

    fn new(purpose: Purpose, path: PathBuf) -> Self {
        ReportDialog {
            purpose,
            path: path.display().to_string(),
            format: ReportFormat::Html,
            microsoft_markup: false,
            missing: None,
            picking: None,
            opened: false,
        }
    }

    /// Draws the dialog; tells whether it is to be closed.
    pub fn ui(
        &mut self,
        ctx: &Context,
        workers: &Workers,
        picker: &Arc<dyn FilePicker>,
        commands: &mut Vec<Command>,
    ) -> Closing {
        self.take_picked();
        let (title, go) = match &self.purpose {
            Purpose::Save(_) => ("Save Report", "Save"),
            Purpose::SaveMany(..) => ("Report All to Folder", "Report"),
            Purpose::Open => ("Open Report or Backup", "Open"),
            Purpose::Templates => ("Administrative Templates", "Use"),
        };
        let mut done = false;
        let closing = dialog::show(ctx, title, 560.0, |ui| {
            match &self.purpose {
                Purpose::Save(report) => drop(ui.label(format!("Report of {}", report.name()))),
                Purpose::SaveMany(_, what) => {
                    ui.label(format!("Writes a file for each of {what}. Files of the same name are replaced."));
                }
                Purpose::Open => {
                    ui.label(
                        "A report as XML (gpreport.xml), a result of Group Policy (gpresult /X), a folder of backups, or a folder with such \
                         folders in it.",
                    );
                }
                Purpose::Templates => {
                    ui.label(
                        "Reports name policies by administrative templates (ADMX files). Those of a domain's central store come first. \
                         For domains without one, and for backups, they are taken from this folder; without a folder, from this machine.",
                    );
                }
            }
            ui.add_space(2.0 * SPACE);
            let entered = self.path_ui(ui, workers, picker);
            if !matches!(self.purpose, Purpose::Open | Purpose::Templates) {
                self.format_ui(ui);
            }
            if let Some(missing) = self.missing {
                ui.add_space(SPACE);
                banner_ui(ui, Severity::Error, missing);
            }
            dialog::buttons_ui(ui, |ui| {
                if dialog::primary_button(ui, go) || entered {
                    done = self.send(commands);
                }
                if dialog::button(ui, "Cancel") {
                    done = true;
                }
            });
        });
        if done { Closing::Close } else { closing }
    }

    /// Draws the path and how it is chosen; tells whether Enter was pressed in it.
    fn path_ui(&mut self, ui: &mut Ui, workers: &Workers, picker: &Arc<dyn FilePicker>) -> bool {
        let is_folder = matches!(self.purpose, Purpose::SaveMany(..) | Purpose::Templates);
        let label = ui.label(if is_folder { "Folder" } else { "Path" });
        let edit = ui.add(TextEdit::singleline(&mut self.path).desired_width(f32::INFINITY)).labelled_by(label.id);
        if !std::mem::replace(&mut self.opened, true) {
            edit.request_focus();
        }
        let entered = edit.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        if edit.changed() {
            self.missing = None;
            let extension = std::path::Path::new(self.path.trim()).extension().and_then(|extension| extension.to_str());
            self.format = extension.and_then(ReportFormat::of_extension).unwrap_or(self.format);
        }
        ui.horizontal(|ui| {
            let idle = self.picking.is_none();
            let (title, path, format) = ("Choose", PathBuf::from(self.path.trim()), self.format);
            let mut pick = |choose: Choice| {
                let picker = Arc::clone(picker);
                self.picking = Some(workers.spawn_blocking(move || choose(&*picker)));
            };
            match &self.purpose {
                Purpose::Save(_) => {
                    if ui.add_enabled(idle, egui::Button::new("Browse…")).clicked() {
                        let filter = (format.label(), format.extension());
                        pick(Box::new(move |picker| picker.save_file("Save Report", &path, filter.0, &[filter.1])));
                    }
                }
                Purpose::SaveMany(..) | Purpose::Templates => {
                    if ui.add_enabled(idle, egui::Button::new("Browse…")).clicked() {
                        pick(Box::new(move |picker| picker.pick_folder(title)));
                    }
                }
                Purpose::Open => {
                    if ui.add_enabled(idle, egui::Button::new("Browse for File…")).clicked() {
                        pick(Box::new(move |picker| picker.pick_file("Open Report", "Reports", &["xml"])));
                    }
                    if ui.add_enabled(idle, egui::Button::new("Browse for Folder…")).clicked() {
                        pick(Box::new(move |picker| picker.pick_folder("Open Backups")));
                    }
                }
            }
        });
        entered
    }

    fn format_ui(&mut self, ui: &mut Ui) {
        ui.add_space(SPACE);
        ui.label("Form");
        for format in ReportFormat::ALL {
            let text = format!("{} (.{})", format.label(), format.extension());
            if ui.radio_value(&mut self.format, format, text).clicked() && matches!(self.purpose, Purpose::Save(_)) {
                self.path = PathBuf::from(self.path.trim()).with_extension(format.extension()).display().to_string();
            }
        }
        if matches!(self.purpose, Purpose::Save(_)) {
            ui.add_enabled_ui(self.format == ReportFormat::Html, |ui| {
                ui.checkbox(
                    &mut self.microsoft_markup,
                    "HTML with Microsoft's class names, for tools that read its reports",
                );
            });
        }
    }

    /// Asks for what the dialog is about; tells whether it can be closed.
    fn send(&mut self, commands: &mut Vec<Command>) -> bool {
        let path = PathBuf::from(self.path.trim());
        if self.path.trim().is_empty() && !matches!(self.purpose, Purpose::Templates) {
            self.missing = Some("Enter where it is.");
            return false;
        }
        commands.push(match &self.purpose {
            Purpose::Save(report) => Command::WriteReport {
                report: Arc::clone(report),
                path,
                format: self.format,
                microsoft_markup: self.microsoft_markup,
            },
            Purpose::SaveMany(of, _) => Command::WriteReports { of: of.clone(), folder: path, format: self.format },
            Purpose::Open => Command::OpenPath(path),
            Purpose::Templates => Command::SetTemplateFolder(Some(path).filter(|path| !path.as_os_str().is_empty())),
        });
        true
    }

    fn take_picked(&mut self) {
        let Some(promise) = self.picking.take() else { return };
        match promise.try_take() {
            Err(promise) => self.picking = Some(promise),
            Ok(None) => {}
            Ok(Some(path)) => {
                let extension = path.extension().and_then(|extension| extension.to_str());
                self.format = extension.and_then(ReportFormat::of_extension).unwrap_or(self.format);
                self.path = path.display().to_string();
            }
        }
    }
}
