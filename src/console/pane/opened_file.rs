//! What was opened from disk: the list of it, a folder of backups, a backup, a report.

use egui::{ScrollArea, Ui};

use super::report::report_ui;
use super::state::PaneState;
use super::{PaneContext, cells};
use crate::console::error_view::{ErrorReport, error_ui};
use crate::console::face::Face;
use crate::console::kit::data_table::{Cell, Column, DataTable, Tone, row_id};
use crate::console::kit::notice::{Severity, banner_ui, empty_ui, loading_ui};
use crate::console::kit::property_list::{PropertyList, Value};
use crate::console::{Command, FileItem, FileState, Icon, Node, OpenedFile, ReportOf};
use crate::gpm::Backup;

/// Draws the list of what was opened.
pub(super) fn files_ui(ui: &mut Ui, context: &PaneContext<'_>, state: &mut PaneState, commands: &mut Vec<Command>) {
    state.tabs_ui(ui, "Opened files", &["Contents"]);
    let shown = context.shown();
    let table = DataTable::new("opened files", "Opened Reports and Backups")
        .column(Column::new("Name", 300.0, |file: &OpenedFile| {
            let face = Face::of(&Node::File(file.id), shown);
            Cell::icon(face.icon, face.label)
        }))
        .column(Column::new("State", 220.0, |file: &OpenedFile| match &file.state {
            FileState::Loading => Cell::loading(),
            FileState::Failed(error) => Cell::text(error.to_string()).tone(Tone::Error),
            FileState::Open { items, .. } if file.has_own_report() || items.is_empty() => Cell::text("Report"),
            FileState::Open { items, .. } => Cell::text(format!("{} backups or reports", items.len())),
        }))
        .column(Column::new("Path", 400.0, |file: &OpenedFile| Cell::text(file.path.display().to_string())))
        .row_id(|file| row_id(file.id))
        .revision(row_id(shown.files.iter().map(|file| (file.id, file.items().len())).collect::<Vec<_>>()));
    let response = state.table_ui(ui, table, shown.files, |_, _| {});
    if let Some(file) = response.activated.and_then(|row| shown.files.get(row)) {
        commands.push(Command::Select(Node::File(file.id)));
    }
}

/// Draws a file or folder, or something in it.
pub(super) fn file_ui(
    ui: &mut Ui,
    file: &OpenedFile,
    item: Option<usize>,
    state: &mut PaneState,
    commands: &mut Vec<Command>,
) {
    let (items, problems) = match &file.state {
        FileState::Loading => return loading_ui(ui, "Reading…"),
        FileState::Failed(error) => {
            error_ui(ui, &ErrorReport::of_store(format!("Open {}", file.path.display()), error), commands);
            ui.add_space(8.0);
            ui.horizontal(|ui| {
                if ui.button("Try Again").clicked() {
                    commands.push(Command::ReopenFile(file.id));
                }
                if ui.button("Remove from View").clicked() {
                    commands.push(Command::CloseFile(file.id));
                }
            });
            return;
        }
        FileState::Open { items, problems } => (items, problems),
    };
    let item = if file.has_own_report() { Some(0) } else { item };
    match item {
        Some(index) => match items.get(index) {
            Some(item) => item_ui(ui, item, &ReportOf::File(file.id, index), state, commands),
            None => empty_ui(ui, "The backup is gone", "The folder was read anew and no longer holds it."),
        },
        None => {
            state.tabs_ui(ui, "Opened file", &["Contents"]);
            const SHOWN: usize = 3;
            for problem in problems.iter().take(SHOWN) {
                banner_ui(ui, Severity::Warning, &format!("{}: {}", problem.object, problem.message));
                ui.add_space(4.0);
            }
            if problems.len() > SHOWN {
                banner_ui(ui, Severity::Warning, &format!("{} more problems of this kind", problems.len() - SHOWN));
                ui.add_space(4.0);
            }
            items_ui(ui, file, items, state, commands);
        }
    }
}

fn items_ui(ui: &mut Ui, file: &OpenedFile, items: &[FileItem], state: &mut PaneState, commands: &mut Vec<Command>) {
    let backup = |item: &FileItem| item.backup.clone();
    let table = DataTable::new("backups", format!("Backups and reports in {}", file.label()))
        .column(Column::new("Name", 300.0, |item: &FileItem| Cell::icon(Icon::Gpo, item.label.as_str())))
        .column(
            Column::new("Time", 150.0, move |item: &FileItem| cells::time(backup(item).and_then(|backup| backup.time)))
                .sort_key(|item| cells::time_key(item.backup.as_ref().and_then(|backup| backup.time))),
        )
        .column(Column::new("Domain", 180.0, |item: &FileItem| match (&item.backup, item.report.ready()) {
            (Some(backup), _) => Cell::text(backup.domain.as_str()),
            (None, Some(report)) => Cell::text(report.gpo().map_or("", |report| report.domain.as_str())),
            (None, None) => Cell::default(),
        }))
        .column(Column::new("Description", 220.0, |item: &FileItem| {
            Cell::text(item.backup.as_ref().map_or("", |backup| backup.comment.as_str()))
        }))
        .column(Column::new("GPO ID", 290.0, |item: &FileItem| match (&item.backup, item.report.ready()) {
            (Some(backup), _) => Cell::text(backup.gpo_id.to_string()),
            (None, Some(report)) => Cell::text(report.gpo().map(|report| report.id.to_string()).unwrap_or_default()),
            (None, None) => Cell::default(),
        }))
        .row_id(|item| row_id((item.backup.as_ref().map(|backup| backup.id), item.label.as_str())))
        .revision(row_id((file.id, items.len())));
    let response = state.table_ui(ui, table, items, |_, _| {});
    if let Some(row) = response.activated {
        commands.push(Command::Select(Node::InFile(file.id, row)));
    }
}

fn item_ui(ui: &mut Ui, item: &FileItem, of: &ReportOf, state: &mut PaneState, commands: &mut Vec<Command>) {
    let Some(backup) = &item.backup else {
        state.tabs_ui(ui, "Opened report", &["Settings"]);
        return report_ui(ui, state, commands, of, &item.report);
    };
    match state.tabs_ui(ui, "Backup", &["Settings", "Details"]) {
        "Details" => details_ui(ui, backup),
        _ => report_ui(ui, state, commands, of, &item.report),
    }
}

fn details_ui(ui: &mut Ui, backup: &Backup) {
    let folder = backup.folder.as_ref().map(|folder| folder.display().to_string()).unwrap_or_default();
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        PropertyList::new("backup")
            .row("GPO", Value::text(backup.gpo_name.as_str()))
            .row("Domain", Value::text(backup.domain.as_str()))
            .row("Domain controller", Value::text(backup.domain_controller.as_str()))
            .row("Time", Value::text(backup.time.map(|time| time.to_local_text()).unwrap_or_default()))
            .row("Description", Value::text(backup.comment.as_str()))
            .copyable("GPO ID", Value::text(backup.gpo_id.to_string()).monospace())
            .copyable("Backup ID", Value::text(backup.id.to_string()).monospace())
            .copyable("Folder", Value::text(folder).monospace())
            .ui(ui);
    });
}
