//! Back Up Group Policy Object: where to, and a description (`console-ui.md` 6.6).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::{Context, Key, TextEdit, Ui};
use poll_promise::Promise;

use crate::gpm::Gpo;
use crate::ident::{DnsName, Guid};
use crate::operation::{BackupOptions, back_up_gpos};

use super::dialog::{self, Closing};
use super::job::take;
use super::kit::notice::{Severity, banner_ui};
use super::path_field::{PathField, PathKind};
use super::settings::Settings;
use super::theme::SPACE;
use super::window::{Surroundings, Window};
use super::{Command, ForestId, OpenForest};

/// Which GPOs of a domain are backed up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackUpOf {
    /// All.
    All(DnsName),
    /// These.
    Gpos(DnsName, Vec<Guid>),
}

/// The dialog that backs up GPOs.
pub struct BackUpDialog {
    forest: ForestId,
    of: BackUpOf,
    location: PathField,
    description: String,
    with_extras: bool,
    /// What lies at the location, while that is looked at.
    looking: Option<Promise<Place>>,
    /// The folder that does not exist and that was told so.
    to_create: Option<PathBuf>,
    problem: Option<String>,
    focus_wanted: bool,
}

enum Place {
    Folder,
    Nothing,
    Other(String),
}

impl BackUpOf {
    fn domain(&self) -> &DnsName {
        match self {
            BackUpOf::All(domain) | BackUpOf::Gpos(domain, _) => domain,
        }
    }

    fn gpos<'a>(&self, forest: &'a OpenForest) -> Vec<&'a Gpo> {
        match self {
            BackUpOf::All(domain) => forest.snapshot.domain(domain).map(|domain| domain.gpos.iter().collect()),
            BackUpOf::Gpos(domain, ids) => Some(ids.iter().filter_map(|id| forest.snapshot.gpo(domain, *id)).collect()),
        }
        .unwrap_or_default()
    }
}

impl BackUpDialog {
    /// Opens the dialog on the folder used last.
    pub fn new(forest: ForestId, of: BackUpOf, settings: &Settings) -> Self {
        let last = settings.backup_folders.first().cloned().unwrap_or_default();
        BackUpDialog {
            forest,
            of,
            location: PathField::new(last),
            description: String::new(),
            with_extras: false,
            looking: None,
            to_create: None,
            problem: None,
            focus_wanted: true,
        }
    }

    fn what_ui(&self, ui: &mut Ui, forest: &OpenForest) {
        let domain = self.of.domain();
        let gpos = self.of.gpos(forest);
        let text = match (&self.of, gpos.as_slice()) {
            (BackUpOf::Gpos(..), [gpo]) => format!("Backs up {} of {domain}.", forest.gpo_label(gpo)),
            (BackUpOf::Gpos(..), gpos) => format!("Backs up {} GPOs of {domain}.", gpos.len()),
            (BackUpOf::All(_), gpos) => format!("Backs up all {} GPOs of {domain}.", gpos.len()),
        };
        ui.label(text);
    }

    /// Draws the fields; tells whether Enter was pressed in one.
    fn fields_ui(&mut self, ui: &mut Ui, around: &mut Surroundings<'_>) -> bool {
        let recent = &around.settings.backup_folders;
        let response = self.location.ui(ui, "Location", PathKind::Folder, recent, around);
        dialog::focus_once(&response.edit, &mut self.focus_wanted);
        if self.location.path() != self.to_create {
            self.to_create = None;
        }
        if response.edit.changed() {
            self.problem = None;
        }
        let label = ui.label("Description");
        let edit = TextEdit::singleline(&mut self.description).desired_width(f32::INFINITY);
        let edit = ui.add(edit).labelled_by(label.id);
        let entered = edit.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        ui.add_space(2.0 * SPACE);
        ui.checkbox(&mut self.with_extras, "Also save links, WMI filter and block inheritance");
        ui.weak("In a file of its own beside each backup, which Microsoft's console ignores. Restore offers to bring them back.");
        entered || response.entered
    }

    /// Looks at the location in the background; the backup begins when it is there.
    fn go_on(&mut self, around: &Surroundings<'_>) {
        let Some(path) = self.location.path() else {
            self.problem = Some("Enter the folder that the backups are made into.".to_owned());
            return;
        };
        if self.looking.is_none() {
            self.looking = Some(around.workers.spawn_blocking(move || look_at(&path)));
        }
    }

    /// Begins the backup once it is known what lies at the location; tells whether it has begun.
    fn begin(&mut self, around: &mut Surroundings<'_>) -> bool {
        let (Some(place), Some(path)) = (take(&mut self.looking), self.location.path()) else { return false };
        match place {
            Place::Nothing if self.to_create.as_ref() != Some(&path) => {
                self.to_create = Some(path);
                false
            }
            Place::Other(problem) => {
                self.problem = Some(problem);
                false
            }
            Place::Folder | Place::Nothing => {
                let Some(forest) = around.forest(self.forest) else { return true };
                let job = self.start(forest, path.clone(), around);
                around.commands.push(Command::RememberFolder(path));
                around.started.push(job);
                true
            }
        }
    }

    fn start(
        &self,
        forest: &OpenForest,
        folder: PathBuf,
        around: &Surroundings<'_>,
    ) -> super::operation_job::OperationJob {
        let title = match self.of {
            BackUpOf::All(_) => "Back Up All",
            BackUpOf::Gpos(..) => "Back Up",
        };
        let ids: Vec<Guid> = self.of.gpos(forest).iter().map(|gpo| gpo.id).collect();
        let (store, snapshot, domain) =
            (Arc::clone(&forest.store), Arc::clone(&forest.snapshot), self.of.domain().clone());
        let options = BackupOptions { comment: self.description.trim().to_owned(), with_extras: self.with_extras };
        let reporting = around.workers.reporting(forest, domain.clone());
        let work = move |task: crate::gpm::Task| async move {
            task.activity("Looking for administrative templates");
            let reporting = reporting.await;
            let gpos: Vec<&Gpo> = ids.iter().filter_map(|id| snapshot.gpo(&domain, *id)).collect();
            back_up_gpos(&store, &snapshot, &gpos, &folder, &options, &reporting, &task).await
        };
        around.workers.operation(title, work, |_| Vec::new())
    }
}

impl Window for BackUpDialog {
    fn ui(&mut self, ctx: &Context, around: &mut Surroundings<'_>) -> Closing {
        if self.begin(around) {
            return Closing::Close;
        }
        let title = match &self.of {
            BackUpOf::Gpos(_, ids) if ids.len() == 1 => "Back Up Group Policy Object",
            _ => "Back Up Group Policy Objects",
        };
        let mut cancelled = false;
        let closing = dialog::show(ctx, title, 600.0, |ui| {
            if let Some(forest) = around.forest(self.forest) {
                self.what_ui(ui, forest);
            }
            ui.add_space(2.0 * SPACE);
            let entered = self.fields_ui(ui, around);
            if let Some(folder) = &self.to_create {
                ui.add_space(2.0 * SPACE);
                let text = format!("The folder {} does not exist. It will be created.", folder.display());
                banner_ui(ui, Severity::Info, &text);
            }
            if let Some(problem) = &self.problem {
                ui.add_space(2.0 * SPACE);
                banner_ui(ui, Severity::Error, problem);
            }
            dialog::buttons_ui(ui, |ui| {
                cancelled = dialog::button(ui, "Cancel");
                let go = if self.to_create.is_some() { "Create Folder and Back Up" } else { "Back Up" };
                if dialog::primary_button(ui, go) || entered {
                    self.go_on(around);
                }
            });
        });
        if cancelled { Closing::Close } else { closing }
    }
}

/// Looks at what lies at a path. Blocks on the file system.
fn look_at(path: &Path) -> Place {
    match std::fs::metadata(path) {
        Ok(data) if data.is_dir() => Place::Folder,
        Ok(_) => Place::Other(format!("{} is a file. Enter a folder.", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Place::Nothing,
        Err(error) => Place::Other(format!("{}: {error}. Choose another folder.", path.display())),
    }
}
