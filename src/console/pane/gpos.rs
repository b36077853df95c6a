//! The container of all GPOs of a domain: Contents, Delegation (`console-ui.md` 3.7).

use egui::Ui;

use super::state::View;
use super::{cells, delegation, orphans};
use crate::console::kit::data_table::{Cell, Column, DataTable, SortKey, row_id};
use crate::console::kit::notice::{Severity, banner_ui};
use crate::console::{Node, Place, link_edits};
use crate::gpm::{DomainSnapshot, Gpo};
use crate::ident::DnsName;

/// Draws the container.
pub(super) fn container_ui(ui: &mut Ui, view: &mut View<'_>, name: &DnsName) {
    let Some(domain) = view.forest.snapshot.domain(name) else { return };
    match view.tabs_ui(ui, "Group Policy Objects", &["Contents", "Delegation"]) {
        "Delegation" => delegation::gpo_creators_ui(ui, view, domain),
        _ => {
            if !domain.gpos_read {
                banner_ui(ui, Severity::Warning, "The GPOs could not be read to the end: some may be missing here.");
            }
            orphans::above_orphans_ui(ui, view, domain, contents_ui);
        }
    }
}

fn contents_ui(ui: &mut Ui, view: &mut View<'_>, domain: &DomainSnapshot) {
    view.fetch_trustees("owners", domain.gpos.iter().filter_map(|gpo| gpo.owner.clone()));
    let forest = view.forest;
    let place = |gpo: &Gpo| Place::Gpo { domain: gpo.domain.clone(), id: gpo.id };
    let table = DataTable::new("GPOs", "Group Policy Objects")
        .column(Column::new("Name", 260.0, move |gpo: &Gpo| cells::place(forest, &place(gpo))))
        .column(Column::new("GPO Status", 254.0, |gpo: &Gpo| cells::gpo_status(gpo)))
        .column(Column::new("WMI Filter", 160.0, |gpo: &Gpo| cells::wmi_filter(forest, gpo)))
        .column(
            Column::new("Modified", 150.0, |gpo: &Gpo| cells::time(gpo.modified))
                .sort_key(|gpo| cells::time_key(gpo.modified)),
        )
        .column(Column::new("Owner", 220.0, |gpo: &Gpo| {
            gpo.owner.as_ref().map_or_else(Cell::default, |owner| cells::trustee(forest, owner))
        }))
        .column(
            Column::new("Created", 150.0, |gpo: &Gpo| cells::time(gpo.created))
                .sort_key(|gpo| cells::time_key(gpo.created))
                .hidden(),
        )
        .column(
            Column::new("Links", 70.0, |gpo: &Gpo| Cell::text(forest.snapshot.link_count(&gpo.dn).to_string()))
                .sort_key(|gpo| SortKey::Number(forest.snapshot.link_count(&gpo.dn) as i64))
                .hidden(),
        )
        .column(
            Column::new("User Version", 100.0, |gpo: &Gpo| Cell::text(gpo.version.user.to_string()))
                .sort_number(|gpo| gpo.version.user)
                .hidden(),
        )
        .column(
            Column::new("Computer Version", 130.0, |gpo: &Gpo| Cell::text(gpo.version.computer.to_string()))
                .sort_number(|gpo| gpo.version.computer)
                .hidden(),
        )
        .column(Column::new("Unique ID", 290.0, |gpo: &Gpo| Cell::text(gpo.id.to_string())).hidden())
        .row_id(|gpo| row_id(gpo.id))
        .sorted_by("Name")
        .revision(view.revision())
        .empty("The domain has no GPOs, or you may not see them.")
        .dragged_as(|gpos| {
            let nodes = gpos.iter().map(|gpo| Node::In(forest.id, place(gpo))).collect();
            let names: Vec<String> = gpos.iter().map(|gpo| forest.gpo_label(gpo)).collect();
            Some((nodes, link_edits::subject(names.iter().map(String::as_str))))
        });
    let place = |gpo: &Gpo| Some(place(gpo));
    view.table_of_nodes_ui(ui, table, &domain.gpos, &place, &[("Go to GPO", &place)]);
}
