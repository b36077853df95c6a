//! What is done with starter GPOs: back up, restore, cabinets (`console-ui.md` 4, 6.20). One dialog with the fields that each needs.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::{Context, ScrollArea, TextEdit, Ui};
use poll_promise::Promise;

use crate::gpm::constants::BackupType;
use crate::gpm::{Backup, BackupDir, Domain, OperationError, StarterGpo, StarterGpoType, Task};
use crate::ident::{DnsName, Guid};
use crate::operation::admin::{LoadStarterGpo, RestoreStarterGpo};
use crate::operation::edit::Edit;
use crate::operation::{SaveStarterOptions, back_up_starter_gpos, read_starter_cabinet, save_starter_gpo};

use super::dialog::{self, Closing};
use super::job::take;
use super::kit::notice::{Severity, banner_ui, loading_ui};
use super::kit::property_list::{PropertyList, Value};
use super::path_field::{PathField, PathKind, documents_folder};
use super::settings::Settings;
use super::theme::SPACE;
use super::window::{Surroundings, Window};
use super::{Command, ForestId, Node, OpenForest, Place};

/// What is done with starter GPOs of a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StarterAction {
    /// All are backed up.
    BackUpAll,
    /// One is loaded from a cabinet.
    LoadCabinet,
    /// One is backed up.
    BackUp(Guid),
    /// One is restored from a backup of it.
    Restore(Guid),
    /// One is restored that may be gone.
    RestoreAny,
    /// One is saved as a cabinet.
    SaveCabinet(Guid),
}

impl StarterAction {
    fn title(self) -> &'static str {
        match self {
            StarterAction::BackUpAll => "Back Up Starter GPOs",
            StarterAction::LoadCabinet => "Load Starter GPO",
            StarterAction::BackUp(_) => "Back Up Starter GPO",
            StarterAction::Restore(_) | StarterAction::RestoreAny => "Restore Starter GPO",
            StarterAction::SaveCabinet(_) => "Save Starter GPO",
        }
    }

    fn go(self) -> &'static str {
        match self {
            StarterAction::BackUpAll | StarterAction::BackUp(_) => "Back Up",
            StarterAction::LoadCabinet => "Load",
            StarterAction::Restore(_) | StarterAction::RestoreAny => "Restore",
            StarterAction::SaveCabinet(_) => "Save",
        }
    }

    fn one(self) -> Option<Guid> {
        match self {
            StarterAction::BackUpAll | StarterAction::LoadCabinet | StarterAction::RestoreAny => None,
            StarterAction::BackUp(id) | StarterAction::Restore(id) | StarterAction::SaveCabinet(id) => Some(id),
        }
    }

    /// Tells whether SYSVOL is changed.
    pub fn changes_domain(self) -> bool {
        !matches!(self, StarterAction::BackUpAll | StarterAction::BackUp(_) | StarterAction::SaveCabinet(_))
    }
}

/// The dialog.
pub struct StarterGpoWindow {
    forest: ForestId,
    domain: DnsName,
    action: StarterAction,
    /// Folder of backups, or cabinet.
    path: PathField,
    /// Description of a backup.
    text: String,
    overwrite: bool,
    /// What is in a cabinet, with the path it was read from.
    cabinet: Option<(PathBuf, Result<StarterGpo, String>)>,
    reading: Option<Promise<(PathBuf, Result<StarterGpo, String>)>>,
    /// Whether a path was entered whose cabinet is to be read.
    is_settled: bool,
    /// Whether the cabinet is loaded as soon as it was read, if it replaces nothing.
    loads_when_read: bool,
    /// The folder whose backups are listed, and what was found there.
    listed: Option<PathBuf>,
    listing: Option<Promise<Result<Vec<Backup>, String>>>,
    backups: Vec<Backup>,
    chosen: usize,
    problem: Option<String>,
    focus_wanted: bool,
}

impl StarterGpoWindow {
    /// Opens the dialog; the path is that used last.
    pub fn new(forest: ForestId, domain: DnsName, action: StarterAction, settings: &Settings) -> Self {
        let path = match action {
            StarterAction::BackUpAll
            | StarterAction::BackUp(_)
            | StarterAction::Restore(_)
            | StarterAction::RestoreAny => settings.backup_folders.first().cloned().unwrap_or_default(),
            StarterAction::SaveCabinet(_) => documents_folder().join("starter.cab").display().to_string(),
            StarterAction::LoadCabinet => String::new(),
        };
        StarterGpoWindow {
            forest,
            domain,
            action,
            path: PathField::new(path),
            text: String::new(),
            overwrite: false,
            cabinet: None,
            reading: None,
            is_settled: false,
            loads_when_read: false,
            listed: None,
            listing: None,
            backups: Vec::new(),
            chosen: 0,
            problem: None,
            focus_wanted: true,
        }
    }

    fn what_ui(&self, ui: &mut Ui, forest: &OpenForest) {
        let starter = self.action.one().and_then(|id| forest.starter_gpo(&self.domain, id));
        let name = starter.map_or("The starter GPO", |starter| starter.display_name.as_str());
        let domain = &self.domain;
        ui.label(match self.action {
            StarterAction::BackUpAll => format!("Backs up all starter GPOs of {domain}."),
            StarterAction::LoadCabinet => format!("Loads a starter GPO into {domain}. It keeps its ID."),
            StarterAction::BackUp(_) => format!("Backs up {name} of {domain}."),
            StarterAction::Restore(_) => {
                format!("{name} gets the name and settings of a backup. Its permissions stay.")
            }
            StarterAction::RestoreAny => format!("Restores a starter GPO of {domain}, present or deleted."),
            StarterAction::SaveCabinet(_) => format!("Saves {name} as a cabinet file."),
        });
        ui.add_space(2.0 * SPACE);
    }

    /// Draws the fields; tells whether Enter was pressed in one.
    fn fields_ui(&mut self, ui: &mut Ui, around: &Surroundings<'_>) -> bool {
        let recent = &around.settings.backup_folders;
        let (label, kind, recent) = match self.action {
            StarterAction::BackUpAll
            | StarterAction::BackUp(_)
            | StarterAction::Restore(_)
            | StarterAction::RestoreAny => ("Location", PathKind::Folder, recent.as_slice()),
            StarterAction::LoadCabinet => ("Cabinet", PathKind::OpenFile("Cabinets", "cab"), &[][..]),
            StarterAction::SaveCabinet(_) => ("Cabinet", PathKind::SaveFile("Cabinets", "cab"), &[][..]),
        };
        let response = self.path.ui(ui, label, kind, recent, around);
        dialog::focus_once(&response.edit, &mut self.focus_wanted);
        if response.edit.changed() {
            self.problem = None;
        }
        let mut entered = response.entered;
        match self.action {
            StarterAction::BackUpAll | StarterAction::BackUp(_) => entered |= self.text_ui(ui, "Description"),
            StarterAction::Restore(_) | StarterAction::RestoreAny => self.backups_ui(ui, around),
            StarterAction::LoadCabinet => {
                self.is_settled |= response.settled;
                self.cabinet_ui(ui, around);
            }
            StarterAction::SaveCabinet(_) => {
                ui.checkbox(&mut self.overwrite, "Replace the file");
            }
        }
        entered && !matches!(self.action, StarterAction::Restore(_) | StarterAction::RestoreAny)
    }

    fn text_ui(&mut self, ui: &mut Ui, label: &str) -> bool {
        let label = ui.label(label);
        let edit = TextEdit::singleline(&mut self.text).desired_width(f32::INFINITY);
        let edit = ui.add(edit).labelled_by(label.id);
        edit.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter))
    }

    /// Begins to read what is in the cabinet.
    fn read_cabinet(&mut self, around: &Surroundings<'_>) {
        let Some(path) = self.path.path() else { return };
        if self.cabinet.as_ref().is_some_and(|(known, _)| *known == path) {
            return;
        }
        let domain = self.domain.clone();
        self.reading = Some(around.workers.spawn(async move {
            let read = read_starter_cabinet(&path, &domain).await;
            (path, read.map_err(|error| error.to_string()))
        }));
    }

    /// Draws what is in the cabinet, and how it compares with the starter GPO that it would replace.
    fn cabinet_ui(&mut self, ui: &mut Ui, around: &Surroundings<'_>) {
        if let Some(read) = take(&mut self.reading) {
            (self.cabinet, self.overwrite, self.problem) = (Some(read), false, None);
        }
        let starter = match self.cabinet.as_ref().filter(|(path, _)| Some(path) == self.path.path().as_ref()) {
            Some((_, Ok(starter))) => starter,
            Some((_, Err(problem))) => return banner_ui(ui, Severity::Error, problem),
            None if self.reading.is_some() => return loading_ui(ui, "Reading the cabinet…"),
            None => return,
        };
        let kind = if starter.kind == StarterGpoType::System { "System" } else { "Custom" };
        PropertyList::new("cabinet")
            .row("Name", Value::text(starter.display_name.as_str()))
            .row("Type", Value::text(kind))
            .row("Author", Value::text(starter.author.as_str()))
            .row("Template version", Value::text(starter.template_version.as_str()))
            .row("Comment", Value::text(starter.description.as_str()))
            .ui(ui);
        let present = around.forest(self.forest).and_then(|forest| forest.starter_gpo(&self.domain, starter.id));
        let Some(present) = present else { return };
        let age = match starter.compare_age(present) {
            Some(Ordering::Less) => "The cabinet holds an older one.",
            Some(Ordering::Equal) => "The cabinet holds the same version.",
            Some(Ordering::Greater) => "The cabinet holds a newer one.",
            None => "Which one is newer is not known.",
        };
        ui.add_space(SPACE);
        let text = format!("{} has this starter GPO already, as {}. {age}", self.domain, present.display_name);
        banner_ui(ui, Severity::Warning, &text);
        ui.add_space(SPACE);
        ui.checkbox(&mut self.overwrite, "Replace the starter GPO of the same ID");
    }

    /// Draws the backups in the folder that may be restored; they are looked for in the background.
    fn backups_ui(&mut self, ui: &mut Ui, around: &Surroundings<'_>) {
        let path = self.path.path();
        if path != self.listed && self.listing.is_none() {
            self.backups.clear();
            self.listed = path.clone();
            let (domain, id) = (self.domain.clone(), self.action.one());
            self.listing = path.map(|path| around.workers.spawn_blocking(move || backups_of(&path, &domain, id)));
        }
        match take(&mut self.listing) {
            Some(Ok(backups)) => (self.backups, self.chosen, self.problem) = (backups, 0, None),
            Some(Err(problem)) => self.problem = Some(problem),
            None => {}
        }
        if self.listing.is_some() {
            ui.weak("Looking for backups…");
        } else if self.backups.is_empty() {
            ui.weak(match self.action.one() {
                Some(_) => "The folder has no backup of this starter GPO.",
                None => "The folder has no backup of a starter GPO of this domain.",
            });
        }
        ScrollArea::vertical().max_height(200.0).show(ui, |ui| {
            for (place, backup) in self.backups.iter().enumerate() {
                let time = backup.time.map_or_else(|| "unknown time".to_owned(), |time| time.to_local_text());
                let text = [time.as_str(), &backup.gpo_name, &backup.comment].join("   ");
                ui.radio_value(&mut self.chosen, place, text.trim_end());
            }
        });
    }

    /// Tells whether the cabinet in the field may be loaded: what it holds was read, and what it replaces is to be replaced.
    fn may_load(&mut self, around: &Surroundings<'_>) -> bool {
        let Some(path) = self.path.path() else { return true };
        let starter = match &self.cabinet {
            Some((known, read)) if *known == path => read.as_ref().ok(),
            _ => {
                self.loads_when_read = true;
                self.read_cabinet(around);
                return false;
            }
        };
        let Some(starter) = starter else { return false };
        let forest = around.forest(self.forest);
        let is_present = forest.is_some_and(|forest| forest.starter_gpo(&self.domain, starter.id).is_some());
        if is_present && !self.overwrite {
            self.problem =
                Some("The domain has this starter GPO already. Say that it is replaced, or cancel.".to_owned());
        }
        !is_present || self.overwrite
    }

    /// Starts what was asked for; says what is missing where it cannot.
    fn start(&mut self, around: &mut Surroundings<'_>) -> Closing {
        if self.action == StarterAction::LoadCabinet && !self.may_load(around) {
            return Closing::Stay;
        }
        match self.carry_out(around) {
            Ok(()) => Closing::Close,
            Err(problem) => {
                self.problem = Some(problem);
                Closing::Stay
            }
        }
    }

    /// Starts it: what changes the domain is an edit, what writes files is work of its own.
    fn carry_out(&self, around: &mut Surroundings<'_>) -> Result<(), String> {
        let forest = around.forest(self.forest).ok_or("The forest is not open any more.")?;
        let path = self.path.path();
        let needed = |what: &str| path.clone().ok_or_else(|| format!("Enter {what}."));
        let (store, name, text) = (Arc::clone(&forest.store), self.domain.clone(), self.text.trim().to_owned());
        let reporting = around.workers.reporting(forest, self.domain.clone());
        let open = async move |task: &Task| -> Result<Domain, OperationError> {
            let opened = task.or_cancel(Domain::open(&store, &name)).await?;
            opened.map_err(|error| OperationError::of_directory(&error))
        };
        let (title, workers, overwrite) = (self.action.title(), around.workers, self.overwrite);
        let edit = |edit: Arc<dyn Edit>| {
            let container = Node::In(self.forest, Place::StarterGpos(self.domain.clone()));
            Command::EditAndSelect(self.forest, edit, container)
        };
        match self.action {
            StarterAction::BackUpAll | StarterAction::BackUp(_) => {
                let (folder, one) = (needed("the folder that the backups are made into")?, self.action.one());
                around.commands.push(Command::RememberFolder(folder.clone()));
                let work = move |task: Task| async move {
                    let domain = open(&task).await?;
                    let found = task.or_cancel(domain.starter_gpos()).await?;
                    let found = found.map_err(|error| OperationError::of_read(&error))?.values;
                    let wanted: Vec<&StarterGpo> =
                        found.iter().filter(|starter| one.is_none_or(|id| starter.id == id)).collect();
                    let reporting = reporting.await;
                    back_up_starter_gpos(&domain, &wanted, &folder, &text, &reporting, &task).await
                };
                around.started.push(workers.operation(title, work, |_| Vec::new()));
            }
            StarterAction::Restore(_) | StarterAction::RestoreAny => {
                let backup = self.backups.get(self.chosen).ok_or("Choose a backup.")?.clone();
                around.commands.extend(path.map(Command::RememberFolder));
                around.commands.push(edit(Arc::new(RestoreStarterGpo { domain: self.domain.clone(), backup })));
            }
            StarterAction::LoadCabinet => {
                let cabinet = needed("the cabinet that is loaded")?;
                let (domain, new_id) = (self.domain.clone(), Guid::random());
                around.commands.push(edit(Arc::new(LoadStarterGpo { domain, cabinet, new_id, overwrite })));
            }
            StarterAction::SaveCabinet(id) => {
                let file = needed("the cabinet that is written")?;
                let options = SaveStarterOptions { overwrite, as_system: None };
                let work = move |task: Task| async move {
                    let domain = open(&task).await?;
                    save_starter_gpo(&domain, id, &file, &options, &reporting.await, &task).await
                };
                around.started.push(workers.operation(title, work, |_| Vec::new()));
            }
        }
        Ok(())
    }
}

impl Window for StarterGpoWindow {
    fn ui(&mut self, ctx: &Context, around: &mut Surroundings<'_>) -> Closing {
        let (mut confirmed, mut cancelled) = (false, false);
        let closing = dialog::show(ctx, self.action.title(), 600.0, |ui| {
            if let Some(forest) = around.forest(self.forest) {
                self.what_ui(ui, forest);
            }
            let entered = self.fields_ui(ui, around);
            if let Some(problem) = &self.problem {
                ui.add_space(2.0 * SPACE);
                banner_ui(ui, Severity::Error, problem);
            }
            dialog::buttons_ui(ui, |ui| {
                cancelled = dialog::button(ui, "Cancel");
                confirmed = dialog::primary_button(ui, self.action.go()) || entered;
            });
        });
        if self.reading.is_none() && std::mem::take(&mut self.loads_when_read) {
            confirmed = true;
        }
        // The dialog grows by what is read: not under a button that is being pressed.
        if !ctx.input(|input| input.pointer.any_down()) && std::mem::take(&mut self.is_settled) {
            self.read_cabinet(around);
        }
        match (confirmed, cancelled || closing == Closing::Close) {
            (true, _) => self.start(around),
            (false, true) => Closing::Close,
            (false, false) => Closing::Stay,
        }
    }
}

/// Lists the backups of one starter GPO of a domain, or of all, in a folder, the newest first. Blocks on the file system.
fn backups_of(folder: &Path, domain: &DnsName, id: Option<Guid>) -> Result<Vec<Backup>, String> {
    let dir = BackupDir::open(folder).map_err(|error| error.to_string())?;
    let is_wanted = |backup: &&Backup| {
        backup.kind == BackupType::StarterGpo
            && id.is_none_or(|id| backup.gpo_id == id)
            && backup.folder.is_some()
            && backup.domain.eq_ignore_ascii_case(&domain.to_string())
    };
    let mut found: Vec<Backup> = dir.backups().iter().filter(is_wanted).cloned().collect();
    found.sort_by_key(|backup| std::cmp::Reverse(backup.time));
    Ok(found)
}
