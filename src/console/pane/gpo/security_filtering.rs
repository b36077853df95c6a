//! To whom a GPO applies, on its Scope tab.

use egui::Ui;

use super::super::state::View;
use super::super::{cells, delegation};
use crate::console::kit::data_table::{Column, DataTable, TableHeight, row_id};
use crate::gpm::{Gpo, Permission, PermissionType, SecuredObject};
use delegation::{Listed, PermissionList};

const TABLE: &str = "security filtering";

/// Draws who has Read and Apply, with what can be done with them.
pub(super) fn filtering_ui(ui: &mut Ui, view: &mut View<'_>, gpo: &Gpo) {
    ui.weak("The settings in this GPO apply only to these groups, users and computers:");
    let Some(bytes) = gpo.security_descriptor.as_deref() else {
        ui.weak("The permissions of this GPO may not be read.");
        return;
    };
    let security = delegation::security_info(view, SecuredObject::Gpo, bytes);
    let security = match &*security {
        Ok(security) => security,
        Err(error) => {
            ui.label(error);
            return;
        }
    };
    view.fetch_trustees(("gpo", gpo.id), security.sids().into_iter());
    let forest = view.forest;
    let applies = |row: &&Permission| row.level == PermissionType::GpoApply && !row.denied;
    let rows: Vec<&Permission> = security.permissions.iter().filter(applies).collect();
    let table = DataTable::new(TABLE, "Security Filtering")
        .column(Column::new("Name", 320.0, move |row: &&Permission| cells::trustee(forest, &row.trustee.sid)))
        .row_id(|row| row_id(row.trustee.sid.to_string()))
        .sorted_by("Name")
        .revision(row_id((view.revision(), gpo.id)))
        .empty("Nobody: the GPO applies to no one. Add somebody with the button below.")
        .height(TableHeight::Rows { min: 2, max: 6 })
        .compact();
    let target = delegation::gpo_target(view, gpo);
    let list = PermissionList::new(view, &target, Listed::Filtering, bytes);
    let mut command = None;
    let response = view.state.table_ui(ui, table, &rows, |ui, selected| {
        let selected: Vec<&Permission> = selected.iter().filter_map(|row| rows.get(*row).copied()).collect();
        command = list.menu_ui(ui, forest, &selected);
    });
    if let Some(row) = response.activated.and_then(|row| rows.get(row)) {
        command = Some(delegation::properties(delegation::named(forest, &row.trustee.sid)));
    }
    let selected = view.state.selected(TABLE).into_iter().filter_map(|row| rows.get(row).copied());
    let selected: Vec<&Permission> = selected.collect();
    let pressed = ui.horizontal(|ui| list.buttons_ui(ui, forest, &selected));
    view.commands.extend(command.or(pressed.inner));
}
