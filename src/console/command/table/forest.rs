//! What can be done with a forest and the domains and sites shown of it.

use crate::console::{ForestState, Icon, Node};

use super::super::{Availability, Command, Menu, Row};
use super::ROW;

pub(super) const ROWS: &[Row] = &[
    // As in the menu File, which has the keys.
    Row {
        text: "Add Forest…",
        icon: Some(Icon::Connect),
        menus: &[(Menu::Action, 10)],
        availability: |context| match context.node {
            Node::Root => Availability::Available,
            _ => Availability::Absent,
        },
        make: |_| Some(Command::ShowConnect),
        ..ROW
    },
    Row {
        text: "Connect Again",
        icon: Some(Icon::Connect),
        menus: &[(Menu::Action, 10)],
        availability: |context| match context.forest().map(|entry| &entry.state) {
            Some(ForestState::Failed(_)) => Availability::Available,
            _ => Availability::Absent,
        },
        make: |context| context.node.forest().map(Command::Retry),
        ..ROW
    },
    Row {
        text: "Remove Forest from View",
        menus: &[(Menu::Action, 72)],
        availability: |context| if context.is_forest_node() { Availability::Available } else { Availability::Absent },
        make: |context| context.node.forest().map(Command::RemoveForest),
        ..ROW
    },
];
