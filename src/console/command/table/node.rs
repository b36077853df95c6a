//! What every node has (the block that `console-ui.md` part 4 calls std).

use egui::{Key, KeyboardShortcut, Modifiers};

use crate::console::properties::Properties;
use crate::console::rename;
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
        text: "Rename",
        shortcuts: &[KeyboardShortcut::new(Modifiers::NONE, Key::F2)],
        menus: &[(Menu::Action, 63), (Menu::Edit, 20)],
        availability: rename::availability,
        make: |context| Some(Command::BeginRename(context.node.clone())),
        ..ROW
    },
    Row {
        text: "Export List…",
        icon: Some(Icon::Export),
        menus: &[(Menu::Action, 93)],
        many: true,
        availability: |context| {
            if context.situation.has_list {
                Availability::Available
            } else {
                Availability::Greyed("There is no list in the result pane.")
            }
        },
        make: |_| Some(Command::ExportList),
        ..ROW
    },
    Row {
        text: "Properties",
        icon: Some(Icon::Properties),
        shortcuts: &[KeyboardShortcut::new(Modifiers::ALT, Key::Enter)],
        menus: &[(Menu::Action, 99)],
        availability: |context| match (context.place(), context.open_forest()) {
            (Some(place), Some(forest)) if Properties::exist_of(place) && forest.exists(place) => {
                Availability::Available
            }
            (Some(place), _) if Properties::exist_of(place) => Availability::Greyed("It is gone, or may not be read."),
            _ => Availability::Absent,
        },
        make: |context| Some(Command::ShowProperties(context.node.clone())),
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
