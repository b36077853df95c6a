//! Manage Backups: what lies in a folder of backups, and restoring and deleting it (`console-ui.md` 6.8, 7.3).

use std::path::PathBuf;

use egui::{Button, Context, Layout, RichText, Ui, vec2};

use crate::gpm::Backup;
use crate::ident::{DnsName, Guid};

use super::backup_list::{BackupList, BackupScope};
use super::dialog::{self, Closing};
use super::kit::notice::{Severity, banner_ui};
use super::path_field::{PathField, PathKind};
use super::settings::Settings;
use super::theme::SPACE;
use super::window::{Surroundings, Window};
use super::{Command, ForestId};

/// The window that manages the backups of a forest, or of one of its domains.
pub struct ManageBackups {
    forest: ForestId,
    location: PathField,
    list: BackupList,
    focus_wanted: bool,
}

const WIDTH: f32 = 1040.0;
const LIST_HEIGHT: f32 = 420.0;
/// What the window needs besides the list.
const FRAME_HEIGHT: f32 = 250.0;

impl ManageBackups {
    /// Opens the window on the folder used last; `domain` names the domain whose backups are shown, none for all.
    pub fn new(forest: ForestId, domain: Option<DnsName>, settings: &Settings) -> Self {
        let last = settings.backup_folders.first().cloned().unwrap_or_default();
        ManageBackups {
            forest,
            location: PathField::new(last),
            list: BackupList::new(BackupScope { domain, gpo: None }),
            focus_wanted: true,
        }
    }

    fn location_ui(&mut self, ui: &mut Ui, around: &mut Surroundings<'_>) {
        let recent = &around.settings.backup_folders;
        let response = self.location.ui(ui, "Backup location", PathKind::Folder, recent, around);
        if response.edit.has_focus() {
            self.focus_wanted = false;
        } else if self.focus_wanted {
            response.edit.request_focus();
            ui.ctx().request_repaint();
        }
        let path = self.location.path();
        let is_other = self.list.folder() != path.as_deref();
        if response.entered || (is_other && (response.settled || !response.edit.has_focus())) {
            match path {
                Some(path) => self.list.open(&path, around),
                None => self.list.close(),
            }
        }
    }

    fn buttons_ui(&mut self, ui: &mut Ui) -> bool {
        let mut closed = false;
        ui.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
            closed = dialog::button(ui, "Close");
        });
        closed
    }
}

impl Window for ManageBackups {
    fn ui(&mut self, ctx: &Context, around: &mut Surroundings<'_>) -> Closing {
        let mut closed = false;
        let closing = dialog::show(ctx, "Manage Backups", WIDTH, |ui| {
            self.location_ui(ui, around);
            ui.add_space(SPACE);
            let height = LIST_HEIGHT.min(ui.ctx().content_rect().height() - FRAME_HEIGHT);
            self.list.ui(ui, height, around);
            ui.add_space(3.0 * SPACE);
            closed = self.buttons_ui(ui);
        });
        if closed || closing == Closing::Close {
            if let (Some(folder), Some(Ok(_))) = (self.list.folder(), self.list.count()) {
                around.commands.push(Command::RememberFolder(folder.to_owned()));
            }
            return Closing::Close;
        }
        Closing::Stay
    }
}
