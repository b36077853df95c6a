//! What can be done with starter GPOs and their container.

use crate::console::{Icon, OpenForest, Place, StarterAction, starter_gpo};
use crate::gpm::StarterGpo;

use super::super::{Availability, Command, CommandContext, Menu, Row};
use super::{
    COPY_KEYS, DELETE_KEYS, ROW, needs_writable_forest, starter_availability, starter_command, starters_command,
};

pub(super) const ROWS: &[Row] = &[
    Row {
        text: "New…",
        menus: &[(Menu::Action, 10)],
        availability: of_container,
        make: |context| container(context).map(|(forest, domain)| starter_gpo::new_starter(forest, domain)),
        ..ROW
    },
    Row {
        text: "Create Starter GPOs Folder",
        menus: &[(Menu::Action, 11)],
        availability: |context| match container(context)
            .map(|(forest, domain)| forest.starter_folder_is_missing(domain))
        {
            Some(true) => of_container(context),
            _ => Availability::Absent,
        },
        make: |context| container(context).map(|(forest, domain)| starter_gpo::create_folder(forest, domain)),
        ..ROW
    },
    Row {
        text: "New GPO From Starter GPO…",
        menus: &[(Menu::Action, 11)],
        availability: |context| starter_availability(context, StarterAction::Restore),
        make: |context| starter_of(context).map(|(forest, starter)| starter_gpo::new_gpo_from(forest.id, starter)),
        ..ROW
    },
    Row {
        text: "Save as Cabinet…",
        menus: &[(Menu::Action, 44)],
        availability: |context| starter_availability(context, StarterAction::SaveCabinet),
        make: |context| starter_command(context, StarterAction::SaveCabinet),
        ..ROW
    },
    Row {
        text: "Load Cabinet…",
        menus: &[(Menu::Action, 44)],
        availability: of_container,
        make: |context| starters_command(context, StarterAction::LoadCabinet),
        ..ROW
    },
    Row {
        text: "Copy",
        icon: Some(Icon::Copy),
        shortcuts: &[COPY_KEYS],
        menus: &[(Menu::Action, 60), (Menu::Edit, 20)],
        availability: |context| starter_availability(context, StarterAction::BackUp),
        make: |context| Some(Command::CopyNodes(vec![context.node.clone()])),
        ..ROW
    },
    Row {
        text: "Delete",
        icon: Some(Icon::Delete),
        shortcuts: &[DELETE_KEYS],
        menus: &[(Menu::Action, 62), (Menu::Edit, 20)],
        availability: |context| starter_availability(context, StarterAction::Restore),
        make: |context| starter_of(context).map(|(forest, starter)| starter_gpo::delete_starter(forest, starter)),
        ..ROW
    },
];

fn of_container(context: &CommandContext<'_>) -> Availability {
    match context.place() {
        Some(Place::StarterGpos(_)) => needs_writable_forest(context),
        _ => Availability::Absent,
    }
}

fn container<'a>(context: &CommandContext<'a>) -> Option<(&'a OpenForest, &'a crate::ident::DnsName)> {
    let Some(Place::StarterGpos(domain)) = context.place() else { return None };
    Some((context.open_forest()?, domain))
}

/// Returns the starter GPO of the node.
fn starter_of<'a>(context: &CommandContext<'a>) -> Option<(&'a OpenForest, &'a StarterGpo)> {
    let Some(Place::StarterGpo { domain, id }) = context.place() else { return None };
    let forest = context.open_forest()?;
    Some((forest, forest.starter_gpo(domain, *id)?))
}
