//! The tab Settings: the report of a GPO, a starter GPO, a backup or a file (`console-ui.md` 3.8, 9.1).

use std::sync::Arc;

use egui::Ui;

use super::state::{PaneState, View};
use crate::console::error_view::{ErrorReport, error_ui};
use crate::console::kit::document_view::DocumentView;
use crate::console::kit::notice::loading_ui;
use crate::console::stored_query::ShownRsop;
use crate::console::{Command, Lazy, ReportOf, ReportUse, Reported, ShownReport};
use crate::report::Document;

/// What the context menu of a report offers beside the report's own.
const SAVE: &str = "Save Report…";
const PRINT: &str = "Print…";
const REFRESH: &str = "Refresh";

/// Draws the report of something of a forest.
pub(super) fn of_forest_ui(ui: &mut Ui, view: &mut View<'_>, reported: Reported) {
    let unknown = Lazy::Unknown;
    let forest = view.forest;
    let report = forest.details.reports.get(&reported).unwrap_or(&unknown);
    report_ui(ui, view.state, view.commands, &ReportOf::Forest(forest.id, reported), report);
}

/// Draws a part of the resultant set of policy of something of a forest.
pub(super) fn part_of_rsop_ui(
    ui: &mut Ui,
    view: &mut View<'_>,
    reported: Reported,
    part: fn(&ShownRsop) -> Option<Arc<Document>>,
) {
    let unknown = Lazy::Unknown;
    let forest = view.forest;
    let report = forest.details.reports.get(&reported).unwrap_or(&unknown);
    let of = ReportOf::Forest(forest.id, reported);
    let document =
        |shown: &ShownReport| shown.resultant().and_then(part).unwrap_or_else(|| Arc::clone(&shown.document));
    document_ui(ui, view.state, view.commands, &of, report, document);
}

/// Draws a report in all its states.
pub(super) fn report_ui(
    ui: &mut Ui,
    state: &mut PaneState,
    commands: &mut Vec<Command>,
    of: &ReportOf,
    report: &Lazy<Arc<ShownReport>>,
) {
    document_ui(ui, state, commands, of, report, |shown| Arc::clone(&shown.document));
}

fn document_ui(
    ui: &mut Ui,
    state: &mut PaneState,
    commands: &mut Vec<Command>,
    of: &ReportOf,
    report: &Lazy<Arc<ShownReport>>,
    document: impl Fn(&ShownReport) -> Arc<Document>,
) {
    match report {
        Lazy::Unknown => {
            commands.push(Command::FetchReport(of.clone()));
            loading_ui(ui, "Generating report…");
        }
        Lazy::Loading => {
            state.report_awaited = Some(of.clone());
            loading_ui(ui, "Generating report…");
        }
        Lazy::Failed(error) => {
            error_ui(ui, &ErrorReport::of_store("Generate the report", error), commands);
            ui.add_space(8.0);
            if ui.button("Try Again").clicked() {
                commands.push(Command::RetryReport(of.clone()));
            }
        }
        Lazy::Ready(shown) => shown_ui(ui, state, commands, of, document(shown)),
    }
}

fn shown_ui(ui: &mut Ui, state: &mut PaneState, commands: &mut Vec<Command>, of: &ReportOf, document: Arc<Document>) {
    let view = match state.document.take() {
        Some(view) if Arc::ptr_eq(view.document(), &document) => state.document.insert(view),
        _ => state.document.insert(Box::new(DocumentView::new(document))),
    };
    if std::mem::take(&mut state.find_wanted) {
        view.request_find();
    }
    view.offer(&[SAVE, PRINT, REFRESH]);
    view.ui(ui, |ui| {
        for (text, what) in [(SAVE, ReportUse::Save), ("View in Browser", ReportUse::Browse)] {
            if ui.button(text).clicked() {
                commands.push(Command::UseReport(what, of.clone()));
            }
        }
    });
    commands.extend(view.take_chosen().map(|chosen| match chosen {
        SAVE => Command::UseReport(ReportUse::Save, of.clone()),
        PRINT => Command::UseReport(ReportUse::Print, of.clone()),
        _ => Command::RetryReport(of.clone()),
    }));
    state.set_stop(DocumentView::focus_id());
    state.document_was_drawn = true;
}
