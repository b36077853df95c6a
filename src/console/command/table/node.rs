//! What every node has (the block that `console-ui.md` part 4 calls std).

use egui::{Key, KeyboardShortcut, Modifiers};

use crate::console::{ForestState, Icon, Node};

use super::super::{Availability, Command, Menu, Row};
use super::ROW;

pub(super) const ROWS: &[Row] = &[
    Row {
        text: "Expand All",
        menus: &[(Menu::Action, 90)],
        availability: |context| if context.is_container() { Availability::Available } else { Availability::Absent },
        make: |context| Some(Command::ExpandAll(context.node.clone())),
        ..ROW
    },
    Row {
        text: "Collapse All",
        menus: &[(Menu::Action, 90)],
        availability: |context| if context.is_container() { Availability::Available } else { Availability::Absent },
        make: |context| Some(Command::CollapseAll(context.node.clone())),
        ..ROW
    },
    Row {
        text: "Refresh",
        icon: Some(Icon::Refresh),
        shortcuts: &[
            KeyboardShortcut::new(Modifiers::NONE, Key::F5),
            KeyboardShortcut::new(Modifiers::COMMAND, Key::R),
        ],
        menus: &[(Menu::Action, 92)],
        availability: |context| match context.forest().map(|entry| &entry.state) {
            None if context.node.file().is_some() => Availability::Available,
            None => Availability::Greyed("Select a node of a forest first."),
            Some(ForestState::Loading(_)) => Availability::Greyed("The forest is being read."),
            Some(ForestState::Failed(_)) => Availability::Greyed("The forest is not open: use Connect Again."),
            Some(ForestState::Open(_)) => Availability::Available,
        },
        make: |context| {
            let file = || context.node.file().map(Command::ReopenFile);
            context.node.forest().map(Command::Refresh).or_else(file)
        },
        ..ROW
    },
    Row {
        text: "Remove File from View",
        menus: &[(Menu::Action, 72)],
        availability: |context| match context.node {
            Node::File(_) => Availability::Available,
            _ => Availability::Absent,
        },
        make: |context| context.node.file().map(Command::CloseFile),
        ..ROW
    },
];
