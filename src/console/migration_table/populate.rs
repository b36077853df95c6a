//! Filling a table from what GPOs or backups speak of (IGPMMigrationTable::Add).

use std::sync::Arc;

use egui::{ComboBox, Context, Layout, Ui, vec2};
use poll_promise::Promise;

use super::file;
use super::prompt::Answer;
use crate::console::backup_list::{BackupList, BackupScope};
use crate::console::dialog::{self, Closing};
use crate::console::kit::accessible;
use crate::console::kit::data_table::{Cell, Column, DataTable, TableState, row_id};
use crate::console::kit::notice::{Severity, banner_ui, loading_ui};
use crate::console::path_field::{PathField, PathKind};
use crate::console::theme::SPACE;
use crate::console::window::Surroundings;
use crate::console::{Command, ForestEntry, ForestId, Icon};
use crate::gpm::{Backup, Gpo, MigrationTable, Task};
use crate::ident::DnsName;

/// What was found, and what could not be looked into.
#[derive(Default)]
pub(super) struct Populated {
    /// What was found, as a table.
    pub(super) table: MigrationTable,
    /// What is to be told.
    pub(super) problems: Vec<String>,
}

/// The dialog.
pub(super) struct Populate {
    from: From,
    with_security: bool,
    told: Option<String>,
    scanning: Option<(Task, Promise<Populated>)>,
}

enum From {
    Gpos { domain: Option<(ForestId, DnsName)>, table: Box<TableState> },
    Backups { folder: PathField, list: Box<BackupList>, opened: bool },
}

const HEIGHT: f32 = 330.0;

impl Populate {
    /// Returns the dialog that looks into GPOs, those of a domain at first.
    pub(super) fn from_gpos(domain: Option<(ForestId, DnsName)>) -> Self {
        Populate::new(From::Gpos { domain, table: Box::default() })
    }

    /// Returns the dialog that looks into backups.
    pub(super) fn from_backups(around: &Surroundings<'_>) -> Self {
        let folder = around.settings.backup_folders.first().cloned().unwrap_or_default();
        let list = Box::new(BackupList::new(BackupScope::default()));
        Populate::new(From::Backups { folder: PathField::new(folder), list, opened: false })
    }

    fn new(from: From) -> Self {
        Populate { from, with_security: false, told: None, scanning: None }
    }

    /// Draws the dialog; gives what was found.
    pub(super) fn ui(&mut self, ctx: &Context, around: &mut Surroundings<'_>) -> Answer<Populated> {
        if let Some(found) = self.take_in() {
            return Answer::Given(found);
        }
        let title = match &self.from {
            From::Gpos { .. } => "Populate from GPO",
            From::Backups { .. } => "Populate from Backup",
        };
        let mut answer = Answer::Open;
        let closing = dialog::show(ctx, title, 760.0, |ui| {
            let height = HEIGHT.min(ui.ctx().content_rect().height() - 260.0).max(150.0);
            let activated = match &mut self.from {
                From::Gpos { domain, table } => gpos_ui(ui, height, domain, table, around),
                From::Backups { folder, list, opened } => backups_ui(ui, height, folder, list, opened, around),
            };
            ui.add_space(SPACE);
            ui.checkbox(&mut self.with_security, "During scan, include security principals from the DACL of the GPO");
            if let Some(told) = &self.told {
                ui.add_space(SPACE);
                banner_ui(ui, Severity::Error, told);
            }
            dialog::buttons_ui(ui, |ui| {
                let idle = self.scanning.is_none();
                if (dialog::primary_button(ui, "Populate") || activated) && idle {
                    self.scan(around);
                }
                if dialog::button(ui, "Cancel") {
                    self.cancel();
                    answer = Answer::Cancelled;
                }
                if let Some((task, _)) = &self.scanning {
                    loading_ui(ui, &task.look(|progress| progress.activity.clone()));
                }
            });
        });
        if closing == Closing::Close {
            self.cancel();
            return Answer::Cancelled;
        }
        answer
    }

    fn scan(&mut self, around: &mut Surroundings<'_>) {
        self.told = None;
        let (task, with_security) = (around.workers.task(), self.with_security);
        let worker_task = task.clone();
        let promise = match &self.from {
            From::Gpos { domain, table } => {
                let forest = domain.as_ref().and_then(|(id, name)| Some((around.forest(*id)?, name)));
                let gpos = forest.and_then(|(forest, name)| Some((forest, forest.snapshot.domain(name)?)));
                let Some((forest, domain)) = gpos else { return };
                let gpos: Vec<Gpo> =
                    table.selected().into_iter().filter_map(|row| domain.gpos.get(row)).cloned().collect();
                if gpos.is_empty() {
                    self.told = Some("Select the GPOs to look into.".to_owned());
                    return;
                }
                let (store, name) = (Arc::clone(&forest.store), domain.name.clone());
                around.workers.spawn(file::scan_gpos(store, name, gpos, with_security, worker_task))
            }
            From::Backups { folder, list, .. } => {
                let backups: Vec<Backup> = list.usable().into_iter().cloned().collect();
                if backups.is_empty() {
                    self.told = Some("Select the backups to look into.".to_owned());
                    return;
                }
                around.commands.extend(folder.path().map(Command::RememberFolder));
                around.workers.spawn(file::scan_backups(backups, with_security, worker_task))
            }
        };
        self.scanning = Some((task, promise));
    }

    fn cancel(&mut self) {
        if let Some((task, _)) = &self.scanning {
            task.cancel();
        }
    }

    fn take_in(&mut self) -> Option<Populated> {
        let (task, promise) = self.scanning.take()?;
        match promise.try_take() {
            Ok(outcome) => Some(outcome),
            Err(promise) => {
                self.scanning = Some((task, promise));
                None
            }
        }
    }
}

/// Draws the domain and its GPOs; tells whether one was double-clicked.
fn gpos_ui(
    ui: &mut Ui,
    height: f32,
    chosen: &mut Option<(ForestId, DnsName)>,
    table: &mut TableState,
    around: &Surroundings<'_>,
) -> bool {
    ui.label("Look in this domain");
    let text = chosen.as_ref().map_or("Choose a domain", |(_, domain)| domain.as_str()).to_owned();
    let combo = ComboBox::from_id_salt("domain to populate from").selected_text(text).width(320.0);
    let combo = combo.show_ui(ui, |ui| {
        for forest in around.forests.iter().filter_map(ForestEntry::open) {
            for domain in &forest.snapshot.domains {
                let candidate = Some((forest.id, domain.name.clone()));
                if ui.selectable_label(*chosen == candidate, domain.name.as_str()).clicked() && *chosen != candidate {
                    *chosen = candidate;
                    *table = TableState::default();
                }
            }
        }
    });
    accessible::name(&combo.response, "Look in this domain");
    ui.add_space(SPACE);
    let forest = chosen.as_ref().and_then(|(id, name)| Some((around.forest(*id)?, name)));
    let domain = forest.and_then(|(forest, name)| forest.snapshot.domain(name));
    let gpos: &[Gpo] = domain.map_or(&[], |domain| &domain.gpos);
    let rows = DataTable::new("GPOs to populate from", "GPOs to look into")
        .column(Column::new("Name", 360.0, |gpo: &Gpo| Cell::icon(Icon::Gpo, gpo.display_name.as_str())))
        .column(Column::new("Unique ID", 290.0, |gpo: &Gpo| Cell::text(gpo.id.to_string())))
        .row_id(|gpo| row_id(gpo.id))
        .sorted_by("Name")
        .revision(row_id((chosen.as_ref(), domain.map(|domain| std::ptr::from_ref(domain) as usize))))
        .empty("Choose the domain whose GPOs are to be looked into.");
    let mut activated = false;
    ui.allocate_ui_with_layout(vec2(ui.available_width(), height), Layout::top_down(egui::Align::Min), |ui| {
        ui.set_min_size(vec2(ui.available_width(), height));
        activated = rows.ui(ui, table, gpos).activated.is_some();
    });
    activated
}

/// Draws the folder and the backups in it; tells whether one was double-clicked.
fn backups_ui(
    ui: &mut Ui,
    height: f32,
    folder: &mut PathField,
    list: &mut BackupList,
    opened: &mut bool,
    around: &mut Surroundings<'_>,
) -> bool {
    let field = folder.ui(ui, "Backup location", PathKind::Folder, &around.settings.backup_folders, around);
    let first = !std::mem::replace(opened, true);
    if first {
        field.edit.request_focus();
    }
    let is_other = list.folder() != folder.path().as_deref();
    if is_other && (first || field.settled || !field.edit.has_focus()) {
        match folder.path() {
            Some(path) => list.open(&path, around),
            None => list.close(),
        }
    }
    list.ui(ui, height, around).activated
}
