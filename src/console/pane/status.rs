//! Group Policy infrastructure status of a domain or of one GPO (`console-ui.md` 3.4, 3.8): Detect Now asks every domain controller, and what
//! each has is compared with the baseline.

use egui::{CollapsingHeader, ProgressBar, RichText, ScrollArea, Ui};

use super::state::View;
use crate::console::kit::accessible;
use crate::console::kit::data_table::{Cell, Column, DataTable, TableHeight, Tone, row_id};
use crate::console::kit::notice::{Severity, banner_ui};
use crate::console::kit::save_dialog::{SaveDialog, SaveForm};
use crate::console::theme::SPACE;
use crate::console::{Command, Place, StatusAction, StatusOf};
use crate::gpm::{DomainController, DomainSnapshot, ItemState, Task};
use crate::operation::{ControllerStatus, Difference, DifferingGpo, InfrastructureStatus, SyncState};

/// A way in which a GPO differs on a controller: a row of the list.
struct DifferenceRow<'a> {
    controller: &'a ControllerStatus,
    gpo: &'a DifferingGpo,
    difference: &'a Difference,
}

/// Draws the status of a domain, or of one of its GPOs.
pub(super) fn status_ui(ui: &mut Ui, view: &mut View<'_>, domain: &DomainSnapshot, of: &StatusOf) {
    let run = view.forest.statuses.get(of);
    let mut action = None;
    ScrollArea::vertical().id_salt("status").auto_shrink(false).show(ui, |ui| {
        ui.label(match of.gpo {
            None => {
                "This page shows the status of Active Directory and SYSVOL (DFSR) replication for this domain as it relates to Group \
                 Policy."
            }
            Some(_) => {
                "This page shows the status of Active Directory and SYSVOL (DFSR) replication for this Group Policy Object."
            }
        });
        ui.add_space(2.0 * SPACE);
        ui.label(RichText::new("Status Details").heading());
        let pdc = domain.domain_controllers.iter().find(|controller| controller.is_pdc_emulator);
        let baseline = run.baseline.as_deref().or_else(|| pdc.map(|pdc| pdc.name.as_str()));
        ui.horizontal(|ui| {
            ui.label(match baseline {
                Some(name) => format!("{name} is the baseline domain controller for this domain."),
                None => "The PDC emulator is the baseline domain controller for this domain.".to_owned(),
            });
            if let Some(name) = baseline_menu_ui(ui, &domain.domain_controllers, baseline) {
                action = Some(StatusAction::SetBaseline(name));
            }
        });
        if let Some(error) = &run.error {
            ui.add_space(SPACE);
            banner_ui(ui, Severity::Error, &error.to_string());
        }
        match &run.result {
            Some(result) => {
                ui.horizontal(|ui| {
                    ui.label(format!("Compared with {} at", result.baseline));
                    ui.label(result.gathered.to_local_text());
                });
            }
            None => {
                ui.label(match of.gpo {
                    None => {
                        "No infrastructure status information exists for this domain. Click Detect Now to gather it from all domain \
                         controllers of this domain."
                    }
                    Some(_) => {
                        "No infrastructure status information exists for this Group Policy Object. Click Detect Now to gather it from \
                         all domain controllers of its domain."
                    }
                });
            }
        }
        ui.add_space(SPACE);
        match &run.running {
            Some(task) => {
                if running_ui(ui, task) {
                    action = Some(StatusAction::Stop);
                }
            }
            None => {
                ui.horizontal(|ui| {
                    if ui.button("Detect Now").clicked() {
                        action = Some(StatusAction::Detect);
                    }
                    if let Some(result) = &run.result
                        && ui.button("Save Results…").clicked()
                    {
                        save(view, result);
                    }
                });
            }
        }
        if let Some(result) = &run.result {
            ui.add_space(2.0 * SPACE);
            result_ui(ui, view, result);
        }
    });
    if let Some(dialog) = &mut view.state.status_save
        && !dialog.ui(ui.ctx())
    {
        view.state.status_save = None;
    }
    if let Some(action) = action {
        view.commands.push(Command::Status(view.forest.id, of.clone(), action));
    }
}

/// Draws the menu that chooses the baseline; returns the name that was chosen.
fn baseline_menu_ui(ui: &mut Ui, controllers: &[DomainController], baseline: Option<&str>) -> Option<String> {
    let mut chosen = None;
    let menu = ui.menu_button("Change…", |ui| {
        for controller in controllers {
            let role = if controller.is_pdc_emulator { ", PDC emulator" } else { "" };
            let text = format!("{} ({}{role})", controller.name, controller.site);
            if ui.radio(baseline == Some(controller.name.as_str()), text).clicked() {
                chosen = Some(controller.name.clone());
                ui.close();
            }
        }
        if controllers.is_empty() {
            ui.weak("The configuration names no domain controllers.");
        }
    });
    accessible::name(&menu.response, "Change the baseline domain controller");
    chosen
}

/// Draws how far it is with each controller; tells whether it is to be stopped.
fn running_ui(ui: &mut Ui, task: &Task) -> bool {
    let progress = task.snapshot();
    let mut stop = false;
    ui.horizontal(|ui| {
        ui.spinner();
        ui.label(&progress.activity);
        stop = ui.button("Stop").clicked();
    });
    for item in &progress.items {
        ui.horizontal(|ui| {
            let share = item.done as f32 / item.total.max(1) as f32;
            let bar = ui.add(ProgressBar::new(share).desired_width(160.0));
            accessible::progress(&bar, &item.name, Some(share));
            let state = match item.state {
                ItemState::Waiting => "waiting",
                ItemState::Running => "being read",
                ItemState::Done => "read",
                ItemState::Warning => "read in part",
                ItemState::Failed => "inaccessible",
                ItemState::Cancelled => "stopped",
            };
            ui.label(format!("{}: {state}", item.name));
        });
    }
    stop
}

fn result_ui(ui: &mut Ui, view: &mut View<'_>, result: &InfrastructureStatus) {
    let count = result.controllers.len();
    let with = |state| result.controllers.iter().filter(|controller| controller.sync == state).count();
    let (in_sync, in_progress) = (with(SyncState::InSync), with(SyncState::InProgress));
    ui.label(
        RichText::new(format!(
            "{in_sync} of {count} domain controllers in sync, {in_progress} with replication in progress, {} inaccessible",
            with(SyncState::Inaccessible)
        ))
        .strong(),
    );
    ui.add_space(SPACE);
    for (is_in_sync, words, key) in [
        (false, "Domain controller(s) with replication in progress", "status in progress"),
        (true, "Domain controller(s) with replication in sync", "status in sync"),
    ] {
        let group: Vec<&ControllerStatus> = result.group(is_in_sync).collect();
        let title = format!("{words} ({} of {count})", group.len());
        let header = CollapsingHeader::new(RichText::new(&title).strong()).id_salt(key).default_open(!is_in_sync);
        header.show(ui, |ui| {
            if group.is_empty() {
                ui.weak("None.");
            } else {
                controllers_ui(ui, view, key, words, &group, result);
            }
        });
    }
    let rows: Vec<DifferenceRow<'_>> = result
        .controllers
        .iter()
        .flat_map(|controller| controller.differing.iter().map(move |gpo| (controller, gpo)))
        .flat_map(|(controller, gpo)| {
            gpo.differences.iter().map(move |difference| DifferenceRow { controller, gpo, difference })
        })
        .collect();
    if !rows.is_empty() {
        ui.add_space(2.0 * SPACE);
        ui.label(RichText::new("Group Policy Objects that differ").heading());
        differences_ui(ui, view, result, &rows);
    }
}

fn controllers_ui(
    ui: &mut Ui,
    view: &mut View<'_>,
    key: &'static str,
    name: &str,
    group: &[&ControllerStatus],
    result: &InfrastructureStatus,
) {
    let side = |in_directory: bool| {
        move |controller: &&ControllerStatus| {
            let error = if in_directory { &controller.directory_error } else { &controller.sysvol_error };
            let reason = error.as_ref().or(controller.directory_error.as_ref());
            match (reason, controller.differing_in(in_directory).count()) {
                (Some(reason), _) => Cell::text("Inaccessible").tone(Tone::Error).tooltip(reason.clone()),
                (None, 0) => Cell::text("Sync"),
                (None, 1) => Cell::text("1 GPO differs").tone(Tone::Warning),
                (None, differing) => Cell::text(format!("{differing} GPOs differ")).tone(Tone::Warning),
            }
        }
    };
    let table = DataTable::new(key, name)
        .column(Column::new("Domain Controller", 260.0, |controller: &&ControllerStatus| {
            Cell::text(controller.name.clone())
        }))
        .column(Column::new("Site", 150.0, |controller: &&ControllerStatus| Cell::text(controller.site.clone())))
        .column(Column::new("Active Directory", 150.0, side(true)))
        .column(Column::new("SYSVOL", 150.0, side(false)))
        .column(
            Column::new("GPOs", 70.0, |controller: &&ControllerStatus| count_of(controller, controller.gpo_count()))
                .sort_number(|controller| controller.gpo_count() as i64),
        )
        .column(
            Column::new("Files", 70.0, |controller: &&ControllerStatus| {
                count_of(controller, controller.sysvol_counts().1)
            })
            .sort_number(|controller| controller.sysvol_counts().1 as i64),
        )
        .row_id(|controller| row_id(&controller.name))
        .sorted_by("Domain Controller")
        .revision(row_id((result.gathered, group.len())))
        .height(TableHeight::Rows { min: 1, max: 8 })
        .compact();
    view.table_ui(ui, table, group, &[]);
}

fn differences_ui(ui: &mut Ui, view: &mut View<'_>, result: &InfrastructureStatus, rows: &[DifferenceRow<'_>]) {
    let table = DataTable::new("status differences", "Group Policy Objects that differ")
        .column(Column::new("GPO", 180.0, |row: &DifferenceRow<'_>| Cell::text(row.gpo.name.clone())))
        .column(Column::new("Domain Controller", 160.0, |row: &DifferenceRow<'_>| {
            Cell::text(row.controller.name.clone())
        }))
        .column(Column::new("What Differs", 180.0, |row: &DifferenceRow<'_>| {
            Cell::text(row.difference.kind.label()).tone(Tone::Warning)
        }))
        .column(Column::new("Baseline", 165.0, |row: &DifferenceRow<'_>| told(&row.difference.baseline)))
        .column(Column::new("Found", 220.0, |row: &DifferenceRow<'_>| told(&row.difference.found)))
        .row_id(|row| row_id((&row.controller.name, row.gpo.id, row.difference.kind)))
        .sorted_by("GPO")
        .revision(row_id((result.gathered, rows.len())))
        .height(TableHeight::Rows { min: 3, max: 14 });
    let domain = result.domain.clone();
    let forest = view.forest;
    // One that only another controller has is not in the tree.
    let gpo = move |row: &DifferenceRow<'_>| {
        let place = Place::Gpo { domain: domain.clone(), id: row.gpo.id };
        forest.exists(&place).then_some(place)
    };
    view.table_ui(ui, table, rows, &[("Go to GPO", &gpo)]);
}

/// Returns the cell of a number; empty for a controller that was not read.
fn count_of(controller: &ControllerStatus, count: usize) -> Cell<'static> {
    if controller.sync == SyncState::Inaccessible { Cell::default() } else { Cell::text(count.to_string()) }
}

fn told(text: &str) -> Cell<'_> {
    Cell::text(text).tooltip(text)
}

/// Opens the dialog that saves a result as `domain status --json` prints it, so that a later one can be compared with it.
fn save(view: &mut View<'_>, result: &InfrastructureStatus) {
    match serde_json::to_string_pretty(result) {
        Ok(json) => {
            let name = format!("Status of {}", result.domain);
            let forms = vec![
                SaveForm { name: "JSON", extension: "json", content: json },
                SaveForm { name: "XML", extension: "xml", content: result.to_xml() },
            ];
            view.state.status_save = Some(SaveDialog::new("Save Results", &name, forms));
        }
        Err(error) => view.commands.push(Command::Tell(format!("The results could not be saved: {error}"))),
    }
}
