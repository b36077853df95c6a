//! View: ways to look, and to move between nodes.

use egui::{Key, KeyboardShortcut, Modifiers, ThemePreference};

use crate::console::{Icon, Node};

use super::super::{Availability, Command, CommandContext, Menu, Row};
use super::ROW;

/// How far the keyboard moves the splitter between the tree and the result pane at a time, in points.
const RESIZE_STEP: f32 = 40.0;

pub(super) const ROWS: &[Row] = &[
    Row {
        text: "Back",
        icon: Some(Icon::Back),
        shortcuts: &[KeyboardShortcut::new(Modifiers::ALT, Key::ArrowLeft)],
        menus: &[(Menu::View, 10)],
        availability: |context| {
            if context.situation.can_go_back {
                Availability::Available
            } else {
                Availability::Greyed("There is no earlier node.")
            }
        },
        make: |_| Some(Command::Back),
        ..ROW
    },
    Row {
        text: "Forward",
        icon: Some(Icon::Forward),
        shortcuts: &[KeyboardShortcut::new(Modifiers::ALT, Key::ArrowRight)],
        menus: &[(Menu::View, 10)],
        availability: |context| {
            if context.situation.can_go_forward {
                Availability::Available
            } else {
                Availability::Greyed("There is no later node.")
            }
        },
        make: |_| Some(Command::Forward),
        ..ROW
    },
    Row {
        text: "Up One Level",
        icon: Some(Icon::Up),
        shortcuts: &[KeyboardShortcut::new(Modifiers::ALT, Key::ArrowUp)],
        menus: &[(Menu::View, 10)],
        availability: |context| match context.node {
            Node::Root => Availability::Greyed("This is the top."),
            _ => Availability::Available,
        },
        make: |_| Some(Command::Up),
        ..ROW
    },
    Row {
        text: "Go to Anything…",
        icon: Some(Icon::Search),
        shortcuts: &[KeyboardShortcut::new(Modifiers::COMMAND, Key::K)],
        menus: &[(Menu::View, 20)],
        make: |_| Some(Command::ShowPalette),
        ..ROW
    },
    Row {
        text: "Problems…",
        icon: Some(Icon::Warning),
        menus: &[(Menu::View, 20)],
        make: |_| Some(Command::ShowProblems),
        ..ROW
    },
    Row {
        text: "Scope Tree",
        icon: Some(Icon::TreePane),
        menus: &[(Menu::View, 30)],
        checked: |context| Some(context.situation.tree_shown),
        make: |_| Some(Command::ToggleTree),
        ..ROW
    },
    Row {
        text: "Widen Scope Tree",
        menus: &[(Menu::View, 31)],
        availability: shown_tree,
        make: |_| Some(Command::ResizeTree(RESIZE_STEP)),
        ..ROW
    },
    Row {
        text: "Narrow Scope Tree",
        menus: &[(Menu::View, 31)],
        availability: shown_tree,
        make: |_| Some(Command::ResizeTree(-RESIZE_STEP)),
        ..ROW
    },
    Row {
        text: "Actions Pane",
        icon: Some(Icon::ActionsPane),
        menus: &[(Menu::View, 30)],
        checked: |context| Some(context.situation.actions_shown),
        make: |_| Some(Command::ToggleActions),
        ..ROW
    },
    Row {
        text: "Follow System Theme",
        menus: &[(Menu::View, 40)],
        radio: true,
        checked: |context| Some(context.situation.theme == ThemePreference::System),
        make: |_| Some(Command::SetTheme(ThemePreference::System)),
        ..ROW
    },
    Row {
        text: "Light Theme",
        menus: &[(Menu::View, 40)],
        radio: true,
        checked: |context| Some(context.situation.theme == ThemePreference::Light),
        make: |_| Some(Command::SetTheme(ThemePreference::Light)),
        ..ROW
    },
    Row {
        text: "Dark Theme",
        menus: &[(Menu::View, 40)],
        radio: true,
        checked: |context| Some(context.situation.theme == ThemePreference::Dark),
        make: |_| Some(Command::SetTheme(ThemePreference::Dark)),
        ..ROW
    },
    Row { text: "Options…", menus: &[(Menu::View, 90)], make: |_| Some(Command::ShowOptions), ..ROW },
];

fn shown_tree(context: &CommandContext<'_>) -> Availability {
    match context.situation.tree_shown {
        true => Availability::Available,
        false => Availability::Greyed("The scope tree is hidden."),
    }
}
