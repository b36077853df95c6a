//! A result held against the plan for the same user and computer, in a window of its own.

use std::sync::Arc;

use egui::{Context, Layout, vec2};

use crate::gpm::{HResult, MessageId, OperationError, StatusMessage};
use crate::ident::Guid;
use crate::operation::rsop::compare_with_plan as compare;
use crate::report::rsop::{Differs, RsopDifference, SettingOutcome};
use crate::report::{Side, read_rsop};

use super::super::dialog::{self, Closing};
use super::super::kit::data_table::{Cell, Column, DataTable, TableState, row_id};
use super::super::kit::notice::{Severity, banner_ui};
use super::super::step::{Step, running_ui};
use super::super::theme::SPACE;
use super::super::window::{Surroundings, Window, WindowFactory};
use super::super::{Command, ForestId};

/// The window.
struct CompareWindow {
    forest: ForestId,
    query: Guid,
    compared: Step<Vec<Difference>>,
    table: TableState,
    focus_wanted: bool,
}

/// A row: where a result and the plan differ.
struct Difference {
    side: &'static str,
    what: &'static str,
    name: String,
    result: String,
    plan: String,
}

/// Returns the command that compares a stored result with what should apply.
pub fn compare_with_plan(forest: ForestId, query: Guid) -> Command {
    Command::Open(WindowFactory::new(move || CompareWindow {
        forest,
        query,
        compared: Step::Idle,
        table: TableState::default(),
        focus_wanted: true,
    }))
}

impl CompareWindow {
    fn start(&mut self, around: &Surroundings<'_>) {
        let Some(forest) = around.forest(self.forest) else { return };
        let Some(home) = forest.snapshot.domains.first().map(|domain| domain.name.clone()) else { return };
        let reporting = around.workers.reporting(forest, home);
        let (store, snapshot) = (Arc::clone(&forest.store), Arc::clone(&forest.snapshot));
        let (cache, shelf, query) = (forest.policies.clone(), forest.queries.clone(), self.query);
        self.compared = Step::start(around.workers, move |task| async move {
            task.activity("Reading the result");
            let xml = tokio::task::spawn_blocking(move || shelf.last_result(query)).await;
            let broken = |why: String| {
                OperationError::new(StatusMessage::error(MessageId::ResultsMissing, HResult::INVALID_DATA, why))
            };
            let xml = xml.map_err(|failed| broken(failed.to_string()))?;
            let xml = xml.map_err(|error| OperationError::of_read(&error))?;
            let result = read_rsop(&xml).map_err(|error| broken(error.to_string()))?;
            let reporting = task.or_cancel(reporting).await?;
            let compared = compare(&result, (&store, &snapshot), &reporting, &cache, &task).await?;
            Ok(compared.differences.into_iter().map(row).collect())
        });
    }
}

impl Drop for CompareWindow {
    fn drop(&mut self) {
        self.compared.cancel();
    }
}

impl Window for CompareWindow {
    fn ui(&mut self, ctx: &Context, around: &mut Surroundings<'_>) -> Closing {
        if matches!(self.compared, Step::Idle) {
            self.start(around);
        }
        self.compared.poll();
        let mut closed = false;
        let closing = dialog::show(ctx, "Compare with Plan", 860.0, |ui| {
            ui.label(
                "What the computer told, beside what should apply to the same user and computer as the forest is now.",
            );
            ui.add_space(SPACE);
            match &self.compared {
                Step::Idle => banner_ui(ui, Severity::Error, "The forest is not open any more."),
                Step::Running(task, _) => running_ui(ui, task),
                Step::Ended(Err(error)) => banner_ui(ui, Severity::Error, error),
                Step::Ended(Ok(differences)) => {
                    ui.strong(match differences.len() {
                        0 => "There is no difference.".to_owned(),
                        1 => "There is 1 difference.".to_owned(),
                        count => format!("There are {count} differences."),
                    });
                    let height = (ui.ctx().content_rect().height() - 240.0).clamp(160.0, 420.0);
                    let size = vec2(ui.available_width(), height);
                    ui.allocate_ui_with_layout(size, Layout::top_down(egui::Align::Min), |ui| {
                        ui.set_min_size(size);
                        differences_table(differences).ui(ui, &mut self.table, differences);
                    });
                }
            }
            dialog::buttons_ui(ui, |ui| {
                let close = dialog::primary(ui, "Close");
                dialog::focus_once(&close, &mut self.focus_wanted);
                closed = dialog::is_pressed(&close);
            });
        });
        if closed { Closing::Close } else { closing }
    }
}

fn differences_table(differences: &[Difference]) -> DataTable<'_, Difference> {
    DataTable::new("differences from the plan", "Differences")
        .column(Column::new("Side", 80.0, |row: &Difference| Cell::text(row.side)))
        .column(Column::new("What", 80.0, |row: &Difference| Cell::text(row.what)))
        .column(Column::new("Name", 240.0, |row: &Difference| Cell::text(row.name.as_str()).tooltip(row.name.as_str())))
        .column(Column::new("Result", 200.0, |row: &Difference| {
            Cell::text(row.result.as_str()).tooltip(row.result.as_str())
        }))
        .column(Column::new("Plan", 200.0, |row: &Difference| Cell::text(row.plan.as_str()).tooltip(row.plan.as_str())))
        .row_id(|row| row_id((row.side, row.what, &row.name, &row.result, &row.plan)))
        .named_by("Name")
        .revision(differences.len() as u64)
        .empty("The computer got what it should.")
}

fn row(difference: RsopDifference) -> Difference {
    let side = match difference.side {
        Side::Computer => "Computer",
        Side::User => "User",
    };
    let row = |what, name: String, result: String, plan: String| Difference { side, what, name, result, plan };
    let words = |text: &str| text.to_owned();
    match difference.what {
        Differs::OnlyIn { first } => {
            let there = |is_there: bool| words(if is_there { "Shown" } else { "Not shown" });
            row("Side", words("All of it"), there(first), there(!first))
        }
        Differs::Gpo { name, first, second } => row("GPO", name, words(first.label()), words(second.label())),
        Differs::Order { first, second } => {
            row("Order", words("Order of application"), first.join(", "), second.join(", "))
        }
        Differs::Setting { extension, setting, first, second } => {
            row("Setting", format!("{setting} ({extension})"), outcome(first), outcome(second))
        }
    }
}

fn outcome(setting: Option<Box<SettingOutcome>>) -> String {
    match setting {
        None => "Not set".to_owned(),
        Some(setting) => match &setting.gpo {
            Some(gpo) => format!("{} ({gpo})", setting.value),
            None => setting.value.clone(),
        },
    }
}
