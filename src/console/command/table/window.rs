//! Window: windows, and the parts of this one.

use egui::{Key, KeyboardShortcut, Modifiers};

use super::super::{Command, Menu, Row};
use super::ROW;

pub(super) const ROWS: &[Row] = &[
    Row {
        text: "Focus Scope Tree",
        shortcuts: &[KeyboardShortcut::new(Modifiers::COMMAND, Key::Num1)],
        menus: &[(Menu::Window, 20)],
        make: |_| Some(Command::FocusTree),
        ..ROW
    },
    Row {
        text: "Focus Result Pane",
        shortcuts: &[KeyboardShortcut::new(Modifiers::COMMAND, Key::Num2)],
        menus: &[(Menu::Window, 20)],
        make: |_| Some(Command::FocusResult),
        ..ROW
    },
];
