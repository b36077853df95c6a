//! Group Policy Update of an OU or domain (`console-ui.md` 6.17): counts the computers, asks, and shows what has become of each. From here no
//! update can be started, and the dialog says so; it writes the commands that do it.

use std::sync::Arc;

use egui::{Context, ScrollArea, Ui};
use poll_promise::Promise;

use crate::gpm::{Domain, OperationError, Task};
use crate::ident::{Dn, DnsName};
use crate::operation::{
    REMOTE_UPDATE_LIMITS, REMOTE_UPDATE_RIGHT, RemoteUpdate, UpdateTarget, remote_update, update_command,
    update_script, update_targets,
};

use super::dialog::{self, Closing};
use super::job::take;
use super::kit::data_table::{Cell, Column, DataTable, TableHeight, TableState, Tone, row_id};
use super::kit::notice::{Severity, banner_ui, loading_ui};
use super::kit::save_dialog::{SaveDialog, SaveForm};
use super::theme::SPACE;
use super::window::{Surroundings, Window, WindowFactory};
use super::{Command, ForestId};

/// The dialog.
pub struct GroupPolicyUpdate {
    forest: ForestId,
    domain: DnsName,
    som: Dn,
    step: Step,
    table: TableState,
    save_dialog: Option<SaveDialog>,
}

enum Step {
    /// The computers have not been asked for yet.
    Begin,
    /// They are being counted.
    Counting(Task, Option<Promise<Result<Vec<UpdateTarget>, OperationError>>>),
    /// They could not be counted.
    Failed(String),
    /// There are some; the question is whether to go on.
    Asking(Vec<UpdateTarget>),
    /// What has become of each.
    Results(Vec<UpdateTarget>, Vec<RemoteUpdate>),
}

impl GroupPolicyUpdate {
    /// Opens the dialog for a domain or OU.
    pub fn new(forest: ForestId, domain: DnsName, som: Dn) -> Self {
        let (step, table) = (Step::Begin, TableState::default());
        GroupPolicyUpdate { forest, domain, som, step, table, save_dialog: None }
    }

    /// Returns the command that opens it.
    pub fn ask(forest: ForestId, domain: DnsName, som: Dn) -> Command {
        Command::Open(WindowFactory::new(move || GroupPolicyUpdate::new(forest, domain.clone(), som.clone())))
    }

    /// Begins to count, and takes in what was counted.
    fn advance(&mut self, around: &Surroundings<'_>) {
        match &mut self.step {
            Step::Begin => {
                let Some(forest) = around.forest(self.forest) else { return };
                let task = around.workers.task();
                let (store, name, som, worker_task) =
                    (Arc::clone(&forest.store), self.domain.clone(), self.som.clone(), task.clone());
                let promise = around.workers.spawn(async move {
                    let opened = worker_task.or_cancel(Domain::open(&store, &name)).await?;
                    let domain = opened.map_err(|error| OperationError::of_directory(&error))?;
                    update_targets(&domain, &som, &worker_task).await
                });
                self.step = Step::Counting(task, Some(promise));
            }
            Step::Counting(_, promise) => match take(promise) {
                Some(Ok(targets)) => self.step = Step::Asking(targets),
                Some(Err(error)) => self.step = Step::Failed(error.to_string()),
                None => {}
            },
            Step::Failed(_) | Step::Asking(_) | Step::Results(..) => {}
        }
    }

    fn results_ui(&mut self, ui: &mut Ui) {
        let Step::Results(targets, updates) = &self.step else { return };
        let (succeeded, failed): (Vec<_>, Vec<_>) = updates.iter().partition(|update| update.code.succeeded());
        ui.label(format!("Succeeded ({})   Failed ({})", succeeded.len(), failed.len()));
        ui.add_space(SPACE);
        let table = DataTable::new("update results", "Remote Group Policy update results")
            .column(Column::new("Computer", 220.0, |update: &RemoteUpdate| Cell::text(update.computer.clone())))
            .column(Column::new("Error code", 100.0, |update: &RemoteUpdate| {
                let tone = if update.code.succeeded() { Tone::Normal } else { Tone::Error };
                Cell::text(update.code.to_string()).tone(tone)
            }))
            .column(Column::new("Error description", 420.0, |update: &RemoteUpdate| {
                Cell::text(update.description.clone()).tooltip(update.description.clone())
            }))
            .row_id(|update| row_id(&update.computer))
            .sorted_by("Computer")
            .revision(updates.len() as u64)
            .height(TableHeight::Rows { min: 4, max: 12 });
        table.ui(ui, &mut self.table, updates);
        ui.add_space(SPACE);
        ui.horizontal(|ui| {
            if ui.button("Save…").clicked() {
                let name = format!("Group Policy update of {}", self.som.name());
                self.save_dialog =
                    Some(SaveDialog::new("Save Results", &name, vec![form("CSV", "csv", results_csv(updates))]));
            }
            if ui.button("Save Script…").clicked() {
                let name = format!("Update {}", self.som.name());
                let script = update_script(&self.som, targets);
                self.save_dialog =
                    Some(SaveDialog::new("Save Script", &name, vec![form("PowerShell script", "ps1", script)]));
            }
            if ui.button("Copy Commands").clicked() {
                let commands: Vec<String> = targets.iter().map(update_command).collect();
                ui.ctx().copy_text(commands.join("\r\n"));
            }
        });
    }
}

fn form(name: &'static str, extension: &'static str, content: String) -> SaveForm {
    SaveForm { name, extension, content }
}

/// Returns the results as CSV with a heading.
fn results_csv(updates: &[RemoteUpdate]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let rows =
        updates.iter().map(|update| [update.computer.clone(), update.code.to_string(), update.description.clone()]);
    let heading = ["Computer", "Error code", "Error description"].map(str::to_owned);
    for row in std::iter::once(heading).chain(rows) {
        // Writing into memory does not fail.
        let _ = writer.write_record(row);
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

impl Window for GroupPolicyUpdate {
    fn ui(&mut self, ctx: &Context, around: &mut Surroundings<'_>) -> Closing {
        self.advance(around);
        let place = self.som.canonical_name();
        let (mut closed, mut confirmed) = (false, false);
        let closing = dialog::show(ctx, "Group Policy Update", 820.0, |ui| {
            match &self.step {
                Step::Begin | Step::Counting(..) => loading_ui(ui, "Counting the computers…"),
                Step::Failed(error) => banner_ui(ui, Severity::Error, error),
                Step::Asking(targets) if targets.is_empty() => {
                    ui.label(format!("There are no computers in {place} or below: there is nothing to update."));
                }
                Step::Asking(targets) => {
                    let count = match targets.len() {
                        1 => "1 computer".to_owned(),
                        count => format!("{count} computers"),
                    };
                    ui.label(format!("Group Policy of {count} in {place} and below would be updated."));
                    ui.add_space(SPACE);
                    banner_ui(ui, Severity::Warning, REMOTE_UPDATE_LIMITS);
                    ui.add_space(SPACE);
                    ui.label(REMOTE_UPDATE_RIGHT);
                    ui.add_space(SPACE);
                    ui.label("List what is to be run for each of them?");
                }
                Step::Results(..) => {
                    banner_ui(ui, Severity::Warning, REMOTE_UPDATE_LIMITS);
                    ui.add_space(SPACE);
                    let height = ui.ctx().content_rect().height() - 220.0;
                    ScrollArea::vertical().max_height(height).show(ui, |ui| self.results_ui(ui));
                }
            }
            let asks = matches!(&self.step, Step::Asking(targets) if !targets.is_empty());
            dialog::buttons_ui(ui, |ui| {
                closed = dialog::button(ui, if asks { "No" } else { "Close" });
                confirmed = asks && dialog::primary_button(ui, "Yes");
            });
        });
        if let Some(dialog) = &mut self.save_dialog
            && !dialog.ui(ctx)
        {
            self.save_dialog = None;
        }
        if confirmed && let Step::Asking(targets) = &mut self.step {
            let targets = std::mem::take(targets);
            let updates = remote_update(&targets);
            self.step = Step::Results(targets, updates);
        }
        if closed || closing == Closing::Close {
            if let Step::Counting(task, _) = &self.step {
                task.cancel();
            }
            return Closing::Close;
        }
        Closing::Stay
    }
}
