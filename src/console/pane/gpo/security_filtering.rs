//! To whom a GPO applies, on its Scope tab.

use egui::Ui;

use super::super::state::View;
use super::super::{cells, delegation};
use crate::console::kit::data_table::{Column, DataTable, TableHeight, row_id};
use crate::gpm::{Gpo, SecuredObject, Trustee};

/// Draws who has Read and Apply.
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
    let rows: Vec<&Trustee> = security.security_filtering().collect();
    let table = DataTable::new("security filtering", "Security Filtering")
        .column(Column::new("Name", 320.0, move |trustee: &&Trustee| cells::trustee(forest, &trustee.sid)))
        .row_id(|trustee| row_id(trustee.sid.to_string()))
        .sorted_by("Name")
        .revision(row_id((view.revision(), gpo.id)))
        .empty("Nobody: the GPO applies to no one.")
        .height(TableHeight::Rows { min: 2, max: 6 })
        .compact();
    view.table_ui(ui, table, &rows, &[]);
}
