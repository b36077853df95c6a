//! What can be done with WMI filters and their container.

use crate::console::{Icon, OpenForest, Place, wmi_filter};
use crate::gpm::WmiFilter;

use super::super::{Availability, Command, CommandContext, Menu, Row};
use super::{COPY_KEYS, DELETE_KEYS, ROW, needs_writable_forest};

pub(super) const ROWS: &[Row] = &[
    Row {
        text: "New…",
        menus: &[(Menu::Action, 10)],
        availability: of_container,
        make: |context| container(context).map(|(forest, domain)| wmi_filter::new_filter(forest, domain)),
        ..ROW
    },
    Row {
        text: "Import…",
        menus: &[(Menu::Action, 11)],
        availability: of_container,
        make: |context| container(context).map(|(forest, domain)| wmi_filter::import_filter(forest, domain)),
        ..ROW
    },
    Row {
        text: "Edit…",
        menus: &[(Menu::Action, 10)],
        availability: |context| of_filter(context, needs_writable_forest),
        make: |context| filter_of(context).map(|(forest, filter)| wmi_filter::edit_filter(forest, filter)),
        ..ROW
    },
    Row {
        text: "Export…",
        icon: Some(Icon::Export),
        menus: &[(Menu::Action, 42)],
        availability: |context| of_filter(context, |_| Availability::Available),
        make: |context| filter_of(context).map(|(_, filter)| wmi_filter::export_filter(filter)),
        ..ROW
    },
    Row {
        text: "Copy",
        icon: Some(Icon::Copy),
        shortcuts: &[COPY_KEYS],
        menus: &[(Menu::Action, 60), (Menu::Edit, 20)],
        availability: |context| of_filter(context, |_| Availability::Available),
        many: true,
        make: |context| Some(Command::CopyNodes(context.nodes().cloned().collect())),
        ..ROW
    },
    Row {
        text: "Delete",
        icon: Some(Icon::Delete),
        shortcuts: &[DELETE_KEYS],
        menus: &[(Menu::Action, 62), (Menu::Edit, 20)],
        availability: |context| of_filter(context, needs_writable_forest),
        make: |context| filter_of(context).map(|(forest, filter)| wmi_filter::delete_filter(forest, filter)),
        ..ROW
    },
];

fn of_container(context: &CommandContext<'_>) -> Availability {
    match context.place() {
        Some(Place::WmiFilters(_)) => needs_writable_forest(context),
        _ => Availability::Absent,
    }
}

fn container<'a>(context: &CommandContext<'a>) -> Option<(&'a OpenForest, &'a crate::ident::DnsName)> {
    let Some(Place::WmiFilters(domain)) = context.place() else { return None };
    Some((context.open_forest()?, domain))
}

fn of_filter(context: &CommandContext<'_>, needs: fn(&CommandContext<'_>) -> Availability) -> Availability {
    match context.place() {
        Some(Place::WmiFilter { .. }) if filter_of(context).is_none() => {
            Availability::Greyed("The WMI filter is gone.")
        }
        Some(Place::WmiFilter { .. }) => needs(context),
        _ => Availability::Absent,
    }
}

fn filter_of<'a>(context: &CommandContext<'a>) -> Option<(&'a OpenForest, &'a WmiFilter)> {
    let Some(Place::WmiFilter { domain, id }) = context.place() else { return None };
    let forest = context.open_forest()?;
    Some((forest, forest.snapshot.domain(domain)?.wmi_filter(*id)?))
}
