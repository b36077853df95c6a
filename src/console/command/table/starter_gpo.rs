//! What can be done with starter GPOs and their container.

use crate::console::{Icon, Place, StarterAction};

use super::super::{Availability, Menu, Row};
use super::{DELETE_KEYS, ROW, needs_writable_forest, starter_availability, starter_command, starters_command};

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
        text: "Delete Starter GPO…",
        icon: Some(Icon::Delete),
        shortcuts: &[DELETE_KEYS],
        menus: &[(Menu::Action, 62)],
        availability: |context| starter_availability(context, StarterAction::Delete),
        make: |context| starter_command(context, StarterAction::Delete),
        ..ROW
    },
];
