//! Manage Backups: what lies in a folder of backups, and restoring and deleting it (`console-ui.md` 6.8, 7.3).

use std::path::PathBuf;

use egui::{Button, Context, Layout, RichText, ScrollArea, Ui, vec2};

use crate::gpm::{Backup, BackupDir, OpenBackupDirError, OperationError, Task};
use crate::ident::{DnsName, Guid};
use crate::operation::RestoreOptions;
use crate::store::{StoreError, StoreErrorKind};

use super::backup_list::{BackupList, BackupScope, SavedExtras};
use super::dialog::{self, Closing};
use super::kit::notice::{Severity, banner_ui};
use super::operation_job::OperationJob;
use super::path_field::{PathField, PathKind};
use super::restore_wizard::{options_ui, start_restore};
use super::settings::Settings;
use super::theme::SPACE;
use super::window::{Surroundings, Window};
use super::{Command, ForestId, OpenForest};

/// The window that manages the backups of a forest, or of one of its domains.
pub struct ManageBackups {
    forest: ForestId,
    location: PathField,
    list: BackupList,
    question: Option<Question>,
    focus_wanted: bool,
    was_drawn: bool,
}

/// What is asked before something is done.
enum Question {
    Restore { backups: Vec<Backup>, extras: Option<SavedExtras>, options: RestoreOptions },
    Delete(Vec<Backup>),
}

const WIDTH: f32 = 1040.0;
const LIST_HEIGHT: f32 = 420.0;
/// What the window needs besides the list.
const FRAME_HEIGHT: f32 = 250.0;
/// How many backups a question names before it counts the rest.
const NAMED: usize = 8;

impl ManageBackups {
    /// Opens the window on the folder used last; `domain` names the domain whose backups are shown, none for all.
    pub fn new(forest: ForestId, domain: Option<DnsName>, settings: &Settings) -> Self {
        let last = settings.backup_folders.first().cloned().unwrap_or_default();
        ManageBackups {
            forest,
            location: PathField::new(last),
            list: BackupList::new(BackupScope { domain, gpo: None }),
            question: None,
            focus_wanted: true,
            was_drawn: false,
        }
    }

    fn location_ui(&mut self, ui: &mut Ui, around: &mut Surroundings<'_>) {
        let recent = &around.settings.backup_folders;
        let response = self.location.ui(ui, "Backup location", PathKind::Folder, recent, around);
        dialog::focus_once(&response.edit, &mut self.focus_wanted);
        let path = self.location.path();
        let is_other = self.list.folder() != path.as_deref();
        let is_first = !std::mem::replace(&mut self.was_drawn, true);
        if response.entered || (is_other && (is_first || response.settled || !response.edit.has_focus())) {
            match path {
                Some(path) => self.list.open(&path, around),
                None => self.list.close(),
            }
        }
    }

    /// Draws the buttons; tells whether the window is to be closed.
    fn buttons_ui(&mut self, ui: &mut Ui, around: &mut Surroundings<'_>) -> bool {
        let mut closed = false;
        ui.horizontal(|ui| {
            let selected = self.list.selected();
            let usable = self.list.usable();
            let refusal = refusal(&usable, around.forest(self.forest));
            let can_restore = !usable.is_empty() && usable.len() == selected.len() && refusal.is_none();
            let why = refusal.unwrap_or_else(|| match selected.is_empty() {
                true => "Select backups in the list.".to_owned(),
                false => "A damaged backup cannot be restored.".to_owned(),
            });
            let button = |text: &str| Button::new(text.to_owned()).min_size(vec2(88.0, 0.0));
            let restore = ui.add_enabled(can_restore, button("Restore…")).on_disabled_hover_text(why);
            let delete = ui.add_enabled(!selected.is_empty(), button("Delete…"));
            let delete = delete.on_disabled_hover_text("Select backups in the list.");
            if restore.clicked() {
                let saved = usable.iter().filter_map(|backup| self.list.extras(backup));
                let extras = saved.fold(None, |all: Option<SavedExtras>, one| Some(all.unwrap_or_default().with(one)));
                let backups = usable.into_iter().cloned().collect();
                self.question = Some(Question::Restore { backups, extras, options: RestoreOptions::default() });
            } else if delete.clicked() {
                self.question = Some(Question::Delete(selected.into_iter().cloned().collect()));
            }
            if self.list.needs_repair()
                && let Some(folder) = self.list.folder()
                && ui
                    .add(button("Repair Index"))
                    .on_hover_text("Makes manifest.xml anew from the sets that are in the folder.")
                    .clicked()
            {
                around.started.push(start_repair(folder.to_owned(), around));
            }
            ui.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
                closed = dialog::button(ui, "Close");
            });
        });
        closed
    }

    fn question_ui(&mut self, ctx: &Context, around: &mut Surroundings<'_>) {
        let forest = around.forest(self.forest);
        let answer = match &mut self.question {
            None => return,
            Some(Question::Restore { backups, extras, options }) => {
                restore_question_ui(ctx, backups, extras.as_ref().map(|extras| (extras, options)), forest)
            }
            Some(Question::Delete(backups)) => delete_question_ui(ctx, backups),
        };
        let question = match answer {
            Answer::Open => return,
            Answer::No => return self.question = None,
            Answer::Yes => self.question.take(),
        };
        match (question, self.list.folder()) {
            (Some(Question::Restore { backups, options, .. }), _) => {
                match start_restore(self.forest, backups, options, around) {
                    Ok(job) => around.started.push(job),
                    Err(problem) => around.commands.push(Command::Tell(problem)),
                }
            }
            (Some(Question::Delete(backups)), Some(folder)) => {
                let job = start_delete(folder.to_owned(), backups, around);
                around.started.push(job);
            }
            _ => {}
        }
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
            closed = self.buttons_ui(ui, around);
        });
        self.question_ui(ctx, around);
        if closed || closing == Closing::Close {
            if let (Some(folder), Some(Ok(_))) = (self.list.folder(), self.list.count()) {
                around.commands.push(Command::RememberFolder(folder.to_owned()));
            }
            return Closing::Close;
        }
        Closing::Stay
    }
}

/// How a question was answered.
enum Answer {
    Open,
    Yes,
    No,
}

/// Tells what stands against restoring these backups together.
fn refusal(backups: &[&Backup], forest: Option<&OpenForest>) -> Option<String> {
    let Some(forest) = forest else { return Some("The forest is not open any more.".to_owned()) };
    if forest.info.read_only {
        return Some("The forest is open read-only.".to_owned());
    }
    let is_here =
        |backup: &Backup| backup.domain.parse().is_ok_and(|domain: DnsName| forest.snapshot.domain(&domain).is_some());
    if let Some(other) = backups.iter().find(|backup| !is_here(backup)) {
        return Some(format!(
            "{} is of {}, which is no domain of this forest. A backup is restored in its own domain only; \
             Import Settings brings its settings into a GPO of another.",
            other.gpo_name, other.domain
        ));
    }
    let same = |one: &Backup, other: &Backup| one.gpo_id == other.gpo_id && one.id != other.id;
    let twice = backups.iter().find(|one| backups.iter().any(|other| same(one, other)));
    twice.map(|backup| format!("Two of these backups are of the same GPO, {}. Select one of them.", backup.gpo_name))
}

fn restore_question_ui(
    ctx: &Context,
    backups: &[Backup],
    extras: Option<(&SavedExtras, &mut RestoreOptions)>,
    forest: Option<&OpenForest>,
) -> Answer {
    let is_gone = |backup: &Backup| {
        let domain: Option<DnsName> = backup.domain.parse().ok();
        forest.zip(domain).is_some_and(|(forest, domain)| forest.snapshot.gpo(&domain, backup.gpo_id).is_none())
    };
    let verb = if backups.len() == 1 { "Restore GPO".to_owned() } else { format!("Restore {} GPOs", backups.len()) };
    question_ui(ctx, "Restore Backups", &verb, |ui| {
        ui.label("The settings, permissions and WMI filter link of these GPOs become those of the backup:");
        named_ui(ui, backups, |backup| if is_gone(backup) { " — deleted, will be made again" } else { "" });
        ui.label("Links from sites, domains and OUs are not changed.");
        if backups.iter().any(|backup| is_gone(backup) && backup.has_software) {
            ui.add_space(2.0 * SPACE);
            let warning = "A deleted GPO among them installs software. Its packages get new ids: clients may see them \
                           as new applications and install them again.";
            banner_ui(ui, Severity::Warning, warning);
        }
        if let Some((extras, options)) = extras {
            ui.add_space(2.0 * SPACE);
            options_ui(ui, extras, options);
        }
    })
}

fn delete_question_ui(ctx: &Context, backups: &[Backup]) -> Answer {
    let verb =
        if backups.len() == 1 { "Delete Backup".to_owned() } else { format!("Delete {} Backups", backups.len()) };
    question_ui(ctx, "Delete Backups", &verb, |ui| {
        ui.label("These backups are deleted from the disk, for ever:");
        named_ui(ui, backups, |_| "");
        ui.label("The GPOs themselves stay as they are.");
    })
}

/// Names the backups, up to a number.
fn named_ui(ui: &mut Ui, backups: &[Backup], more: impl Fn(&Backup) -> &'static str) {
    ui.add_space(SPACE);
    ScrollArea::vertical().max_height(220.0).auto_shrink([false, true]).show(ui, |ui| {
        for backup in backups.iter().take(NAMED) {
            let time = backup.time.map(|time| format!(", backed up {}", time.to_local_text())).unwrap_or_default();
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 0.0;
                ui.label("•  ");
                ui.label(RichText::new(&backup.gpo_name).strong());
                ui.label(format!(" of {}{time}{}", backup.domain, more(backup)));
            });
        }
        if backups.len() > NAMED {
            ui.label(format!("…  and {} more", backups.len() - NAMED));
        }
    });
    ui.add_space(SPACE);
}

/// Draws a question that cannot be undone: Cancel has the focus.
fn question_ui(ctx: &Context, title: &str, verb: &str, content: impl FnOnce(&mut Ui)) -> Answer {
    let mut answer = Answer::Open;
    let closing = dialog::show(ctx, title, 560.0, |ui| {
        content(ui);
        dialog::buttons_ui(ui, |ui| {
            let cancel = ui.add(Button::new("Cancel").min_size(vec2(88.0, 0.0)));
            // A new window takes no focus in its first frame: ask until something in it has it.
            if ui.memory(|memory| memory.focused()).is_none() {
                cancel.request_focus();
                ui.ctx().request_repaint();
            }
            if cancel.clicked() {
                answer = Answer::No;
            }
            if dialog::button(ui, verb) {
                answer = Answer::Yes;
            }
        });
    });
    if closing == Closing::Close { Answer::No } else { answer }
}

/// Deletes backups of a folder.
fn start_delete(folder: PathBuf, backups: Vec<Backup>, around: &Surroundings<'_>) -> OperationJob {
    let work = move |task: Task| {
        task.activity(format!("Deleting from {}", folder.display()));
        blocking(move || {
            let dir = BackupDir::open(&folder).map_err(|error| OperationError::of_read(&opening_failed(&error)))?;
            let ids: Vec<Guid> = backups.iter().map(|backup| backup.id).collect();
            dir.delete(&ids)
        })
    };
    around.workers.operation("Delete Backups", work, |_| Vec::new())
}

/// Makes the index of a folder anew.
fn start_repair(folder: PathBuf, around: &Surroundings<'_>) -> OperationJob {
    let work = move |task: Task| {
        task.activity(format!("Repairing the index of {}", folder.display()));
        blocking(move || {
            let repaired = BackupDir::repair(&folder)?;
            let text = format!(
                "manifest.xml lists {} backups now: {} added, {} changed, {} removed.",
                repaired.listed, repaired.added, repaired.changed, repaired.removed
            );
            Ok(text)
        })
    };
    let tell = |outcome: &Result<String, OperationError>| outcome.iter().cloned().map(Command::Tell).collect();
    around.workers.operation("Repair Index", work, tell)
}

fn opening_failed(error: &OpenBackupDirError) -> StoreError {
    StoreError::from_io(error.path.display(), &error.source)
}

/// Runs work that blocks as part of an operation.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, OperationError> + Send + 'static,
) -> Result<T, OperationError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|failed| {
        let error = StoreError::new(StoreErrorKind::Io, "backups").with_detail(failed);
        Err(OperationError::of_write(&error))
    })
}
