//! What can be done with starter GPOs and their container.

use std::sync::Arc;

use crate::console::{ForestId, Icon, Node, Place, StarterAction};
use crate::gpm::StarterGpo;
use crate::operation::admin::DeleteStarterGpo;

use super::super::{Availability, Command, CommandContext, Menu, Row};
use super::{DELETE_KEYS, ROW, needs_writable_forest, starter_availability, starter_command, starters_command};

/// Returns the starter GPO of the node.
fn starter_of<'a>(context: &CommandContext<'a>) -> Option<(ForestId, &'a StarterGpo)> {
    let Some(Place::StarterGpo { domain, id }) = context.place() else { return None };
    let forest = context.open_forest()?;
    Some((forest.id, forest.starter_gpo(domain, *id)?))
}

pub(super) const ROWS: &[Row] = &[
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
        availability: |context| match context.place() {
            Some(Place::StarterGpos(_)) => needs_writable_forest(context),
            _ => Availability::Absent,
        },
        make: |context| starters_command(context, StarterAction::LoadCabinet),
        ..ROW
    },
    Row {
        text: "Copy Starter GPO…",
        menus: &[(Menu::Action, 60)],
        availability: |context| starter_availability(context, StarterAction::Copy),
        make: |context| starter_command(context, StarterAction::Copy),
        ..ROW
    },
    Row {
        text: "Delete",
        icon: Some(Icon::Delete),
        shortcuts: &[DELETE_KEYS],
        menus: &[(Menu::Action, 62)],
        availability: |context| starter_availability(context, StarterAction::Restore),
        make: |context| {
            let (forest, starter) = starter_of(context)?;
            let (domain, id) = (starter.domain.clone(), starter.id);
            let container = Node::In(forest, Place::StarterGpos(domain.clone()));
            let edit = DeleteStarterGpo { domain, id, name: starter.display_name.clone() };
            Some(Command::EditAndSelect(forest, Arc::new(edit), container))
        },
        ..ROW
    },
];
