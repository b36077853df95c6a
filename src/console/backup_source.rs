//! The two pages on which a wizard asks for a backup: the folder, and the backup in it.

use egui::Ui;

use crate::gpm::Backup;

use super::Command;
use super::backup_list::{BackupList, BackupScope};
use super::path_field::{PathField, PathKind};
use super::settings::Settings;
use super::theme::SPACE;
use super::wizard::{PageFrame, Ready};

/// What is entered on the two pages.
pub struct BackupSource {
    location: PathField,
    list: BackupList,
    was_drawn: bool,
}

impl BackupSource {
    /// Begins with the folder used last; `scope` says which of its backups can be chosen.
    pub fn new(scope: BackupScope, settings: &Settings) -> Self {
        let last = settings.backup_folders.first().cloned().unwrap_or_default();
        BackupSource { location: PathField::new(last), list: BackupList::new(scope), was_drawn: false }
    }

    /// Returns the list of the folder's backups.
    pub fn list(&self) -> &BackupList {
        &self.list
    }

    /// Draws the page that asks for the folder.
    pub fn location_ui(&mut self, ui: &mut Ui, page: &mut PageFrame<'_, '_>) {
        ui.label("The folder that the backup was made into.");
        ui.add_space(2.0 * SPACE);
        let recent = &page.around.settings.backup_folders;
        let response = self.location.ui(ui, "Backup location", PathKind::Folder, recent, page.around);
        page.focus_first(&response.edit);
        if response.entered {
            page.go_on();
        }
        let path = self.location.path();
        let is_other = self.list.folder() != path.as_deref();
        let is_first = !std::mem::replace(&mut self.was_drawn, true);
        if is_other && (is_first || response.settled || page.is_awaited || !response.edit.has_focus()) {
            match path {
                Some(path) => self.list.open(&path, page.around),
                None => self.list.close(),
            }
        }
        self.list.poll(page.around);
        if let (false, false, Some(Ok(count))) = (is_other, self.list.is_reading(), self.list.count()) {
            ui.weak(match count {
                0 => "The folder holds no backup to choose from.".to_owned(),
                1 => "The folder holds 1 backup to choose from.".to_owned(),
                count => format!("The folder holds {count} backups to choose from."),
            });
        }
    }

    /// Tells whether the folder was read and holds a backup that can be chosen.
    pub fn location_ready(&self, nothing_there: &str) -> Ready {
        let Some(path) = self.location.path() else {
            return Ready::No("Enter the folder with the backups.".to_owned());
        };
        if self.list.folder() != Some(path.as_path()) || self.list.is_reading() {
            return Ready::Wait("Reading the folder…".to_owned());
        }
        match self.list.count() {
            Some(Err(error)) => Ready::No(error.to_owned()),
            Some(Ok(0)) => Ready::No(nothing_there.to_owned()),
            Some(Ok(_)) | None => Ready::Yes,
        }
    }

    /// Draws the page that asks for the backup.
    pub fn list_ui(&mut self, ui: &mut Ui, page: &mut PageFrame<'_, '_>) {
        ui.label("Select a backup. View Settings shows in the browser what is in it.");
        ui.add_space(SPACE);
        let height = ui.available_height();
        if self.list.ui(ui, height, page.around).activated {
            page.go_on();
        }
    }

    /// Tells whether one usable backup is selected.
    pub fn chosen_ready(&self) -> Ready {
        self.list.chosen().map_or_else(Ready::No, |_| Ready::Yes)
    }

    /// Returns the backup chosen.
    pub fn chosen(&self) -> Option<&Backup> {
        self.list.chosen().ok()
    }

    /// Asks to remember the folder: it was used.
    pub fn remember(&self, commands: &mut Vec<Command>) {
        commands.extend(self.location.path().map(Command::RememberFolder));
    }
}
