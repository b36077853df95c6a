//! File: forests and files come and go, and the program ends.

use egui::{Key, KeyboardShortcut, Modifiers};

use crate::store::ConnectTarget;

use crate::console::Icon;

use super::super::{Availability, Command, ConnectRequest, Menu, Row};
use super::ROW;

pub(super) const ROWS: &[Row] = &[
    Row {
        text: "Add Forest…",
        icon: Some(Icon::Connect),
        shortcuts: &[KeyboardShortcut::new(Modifiers::COMMAND, Key::O)],
        menus: &[(Menu::File, 10)],
        make: |_| Some(Command::ShowConnect),
        ..ROW
    },
    Row {
        text: "Add Demo Forest",
        icon: Some(Icon::Forest),
        menus: &[(Menu::File, 10)],
        availability: |context| {
            let open = context.forests.iter().any(|entry| entry.target == ConnectTarget::Demo);
            if open { Availability::Greyed("The demo forest is in the view already.") } else { Availability::Available }
        },
        make: |_| {
            Some(Command::AddForest(Box::new(ConnectRequest {
                target: Some(ConnectTarget::Demo),
                ..ConnectRequest::default()
            })))
        },
        ..ROW
    },
    Row {
        text: "Open Report or Backup…",
        icon: Some(Icon::Folder),
        shortcuts: &[KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::O)],
        menus: &[(Menu::File, 20)],
        make: |_| Some(Command::ShowOpenFile),
        ..ROW
    },
    Row {
        text: "Administrative Templates…",
        menus: &[(Menu::File, 20)],
        make: |_| Some(Command::ShowTemplateFolder),
        ..ROW
    },
    Row {
        text: "Quit",
        shortcuts: &[KeyboardShortcut::new(Modifiers::COMMAND, Key::Q)],
        menus: &[(Menu::File, 90)],
        make: |_| Some(Command::Quit),
        ..ROW
    },
];
