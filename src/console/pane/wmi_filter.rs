//! The container of WMI filters and a WMI filter (`console-ui.md` 3.9, 3.10).

use egui::{Button, RichText, ScrollArea, Ui};

use super::state::View;
use super::{cells, delegation};
use crate::console::kit::data_table::{Cell, Column, DataTable, TableHeight, row_id};
use crate::console::kit::notice::{Severity, banner_ui, empty_ui};
use crate::console::kit::property_list::{PropertyList, Value};
use crate::console::theme::SPACE;
use crate::console::{Command, Icon, Node, Place, wmi_filter};
use crate::gpm::{DomainSnapshot, Gpo, WmiFilter, WmiQuery};
use crate::ident::{DnsName, Guid};

/// Draws the container.
pub(super) fn container_ui(ui: &mut Ui, view: &mut View<'_>, name: &DnsName) {
    let Some(domain) = view.forest.snapshot.domain(name) else { return };
    if !domain.has_wmi_filter_container {
        empty_ui(
            ui,
            "This domain has no WMI filters",
            "The container CN=SOM,CN=WMIPolicy,CN=System does not exist: the domain was made without it, as very small \
             Samba domains are. GPOs work without WMI filters. The container is made together with the first filter.",
        );
        ui.add_space(2.0 * SPACE);
        ui.vertical_centered(|ui| {
            if view.change_button_ui(ui, "New…", None) {
                view.commands.push(wmi_filter::new_filter(view.forest, name));
            }
        });
        return;
    }
    match view.tabs_ui(ui, "WMI Filters", &["Contents", "Delegation"]) {
        "Delegation" => delegation::wmi_filter_creators_ui(ui, view, domain),
        _ => contents_ui(ui, view, domain),
    }
}

/// Draws a filter.
pub(super) fn filter_ui(ui: &mut Ui, view: &mut View<'_>, name: &DnsName, id: Guid) {
    let domain = view.forest.snapshot.domain(name);
    let Some((domain, filter)) = domain.and_then(|domain| Some((domain, domain.wmi_filter(id)?))) else {
        return empty_ui(ui, "The WMI filter is gone", "It was deleted. Refresh to see what is there now.");
    };
    match view.tabs_ui(ui, "WMI Filter", &["General", "Delegation"]) {
        "Delegation" => delegation::wmi_filter_ui(ui, view, filter),
        _ => general_ui(ui, view, domain, filter),
    }
}

fn contents_ui(ui: &mut Ui, view: &mut View<'_>, domain: &DomainSnapshot) {
    let place = |filter: &WmiFilter| Place::WmiFilter { domain: filter.domain.clone(), id: filter.id };
    let users = |filter: &WmiFilter| domain.gpos_with_wmi_filter(filter.id).count();
    let table = DataTable::new("WMI filters", "WMI Filters")
        .column(Column::new("Name", 220.0, |filter: &WmiFilter| Cell::icon(Icon::WmiFilter, filter.name.as_str())))
        .column(Column::new("Description", 260.0, |filter: &WmiFilter| Cell::text(filter.description.as_str())))
        .column(
            Column::new("Linked GPOs", 100.0, move |filter: &WmiFilter| Cell::text(users(filter).to_string()))
                .sort_number(move |filter| users(filter) as i64),
        )
        .column(Column::new("Author", 190.0, |filter: &WmiFilter| Cell::text(filter.author.as_str())))
        .column(
            Column::new("Created", 150.0, |filter: &WmiFilter| cells::time(filter.created))
                .sort_key(|filter| cells::time_key(filter.created))
                .hidden(),
        )
        .column(
            Column::new("Modified", 150.0, |filter: &WmiFilter| cells::time(filter.modified))
                .sort_key(|filter| cells::time_key(filter.modified)),
        )
        .row_id(|filter| row_id(filter.id))
        .sorted_by("Name")
        .revision(view.revision())
        .empty("The domain has no WMI filters.");
    let place = |filter: &WmiFilter| Some(place(filter));
    view.table_of_nodes_ui(ui, table, &domain.wmi_filters, &place, &[("Go to WMI Filter", &place)]);
}

fn general_ui(ui: &mut Ui, view: &mut View<'_>, domain: &DomainSnapshot, filter: &WmiFilter) {
    if filter.stored_lengths_wrong {
        banner_ui(
            ui,
            Severity::Warning,
            "The stored list of queries contradicts its own lengths. It was read as far as possible; clients may read it differently.",
        );
    }
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        PropertyList::new("wmi filter")
            .row("Description", Value::text(filter.description.as_str()))
            .row("Author", Value::text(filter.author.as_str()))
            .row("Created", Value::text(filter.created.map(|time| time.to_local_text()).unwrap_or_default()))
            .row("Modified", Value::text(filter.modified.map(|time| time.to_local_text()).unwrap_or_default()))
            .copyable("Unique ID", Value::text(filter.id.to_string()).monospace())
            .ui(ui);
        ui.add_space(10.0);
        ui.label(RichText::new("Queries").heading());
        let queries = DataTable::new("WMI queries", "Queries")
            .column(Column::new("Namespace", 180.0, |query: &WmiQuery| Cell::text(query.namespace.as_str())))
            .column(Column::new("Query", 520.0, |query: &WmiQuery| {
                Cell::text(query.query.as_str()).tooltip(query.query.as_str())
            }))
            .row_id(|query| row_id((&query.namespace, &query.query)))
            .revision(view.revision())
            .empty("The filter has no query: GPOs that use it apply nowhere.")
            .height(TableHeight::Rows { min: 2, max: 8 })
            .compact();
        view.table_ui(ui, queries, &filter.queries, &[]);
        ui.add_space(SPACE);
        if view.change_button_ui(ui, "Edit Filter…", None) {
            view.commands.push(wmi_filter::edit_filter(view.forest, filter));
        }
        ui.add_space(10.0);
        users_ui(ui, view, domain, filter);
    });
}

/// Draws the GPOs that use a filter, and what changes that.
fn users_ui(ui: &mut Ui, view: &mut View<'_>, domain: &DomainSnapshot, filter: &WmiFilter) {
    const KEY: &str = "GPOs of a WMI filter";
    ui.label(RichText::new("GPOs that use this WMI filter").heading());
    let forest = view.forest;
    let place = |gpo: &Gpo| Place::Gpo { domain: gpo.domain.clone(), id: gpo.id };
    let users: Vec<&Gpo> = domain.gpos_with_wmi_filter(filter.id).collect();
    let table = DataTable::new(KEY, "GPOs that use this WMI filter")
        .column(Column::new("Name", 320.0, move |gpo: &&Gpo| cells::place(forest, &place(gpo))))
        .column(Column::new("GPO Status", 254.0, |gpo: &&Gpo| cells::gpo_status(gpo)))
        .row_id(|gpo| row_id(gpo.id))
        .sorted_by("Name")
        .revision(view.revision())
        .empty("No GPO uses this filter.")
        .height(TableHeight::Rows { min: 2, max: 10 })
        .compact();
    let (mut adds, mut removed) = (false, Vec::new());
    let can_change = view.why_not_changed().is_none();
    let (state, commands) = (&mut *view.state, &mut *view.commands);
    let response = state.table_ui(ui, table, &users, |ui, selected| {
        if let [row] = selected
            && ui.button("Go to GPO").clicked()
            && let Some(gpo) = users.get(*row)
        {
            commands.push(Command::Select(Node::In(forest.id, place(gpo))));
        }
        adds |= ui.add_enabled(can_change, Button::new("Add…")).clicked();
        if ui.add_enabled(can_change && !selected.is_empty(), Button::new("Remove")).clicked() {
            removed = selected.to_vec();
        }
    });
    if let Some(gpo) = response.activated.and_then(|row| users.get(row)) {
        view.go_to(place(gpo));
    }
    ui.add_space(SPACE);
    let selected = view.state.selected_rows(KEY);
    ui.horizontal(|ui| {
        adds |= view.change_button_ui(ui, "Add…", None);
        let why = selected.is_empty().then_some("Select GPOs in the list.");
        if view.change_button_ui(ui, "Remove", why) {
            removed = selected;
        }
    });
    if adds {
        view.commands.push(wmi_filter::add_gpos(forest, filter));
    }
    let removed: Vec<&Gpo> = removed.into_iter().filter_map(|row| users.get(row).copied()).collect();
    if !removed.is_empty() {
        view.commands.push(wmi_filter::ask_wmi_filter(forest, &removed, None));
    }
}
