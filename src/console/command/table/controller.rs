//! Which domain controller is used.

use crate::console::Place;
use crate::console::change_controller::{ChangeController, ControllerOf};

use super::super::{Availability, CommandContext, Menu, Row};
use super::{ROW, needs_open_forest};

pub(super) const ROWS: &[Row] = &[Row {
    text: "Change Domain Controller…",
    menus: &[(Menu::Action, 71)],
    availability: |context| match controller_of(context) {
        Some(_) => needs_open_forest(context),
        None => Availability::Absent,
    },
    make: |context| Some(ChangeController::ask(context.node.forest()?, controller_of(context)?)),
    ..ROW
}];

fn controller_of(context: &CommandContext<'_>) -> Option<ControllerOf> {
    match context.place()? {
        Place::Domain(domain) => Some(ControllerOf::Domain(domain.clone())),
        Place::Sites => Some(ControllerOf::Sites),
        _ => None,
    }
}
