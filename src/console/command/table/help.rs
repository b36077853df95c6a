//! Help.

use egui::{Key, KeyboardShortcut, Modifiers};

use crate::console::Icon;

use super::super::{Command, Menu, Row};
use super::ROW;

pub(super) const ROWS: &[Row] = &[
    Row {
        text: "Keyboard Shortcuts",
        icon: Some(Icon::Help),
        shortcuts: &[KeyboardShortcut::new(Modifiers::NONE, Key::F1)],
        menus: &[(Menu::Help, 10)],
        make: |_| Some(Command::ShowShortcuts),
        ..ROW
    },
    Row {
        text: "About OpenGPMC",
        icon: Some(Icon::Info),
        menus: &[(Menu::Help, 20)],
        make: |_| Some(Command::ShowAbout),
        ..ROW
    },
];
