//! Edit: what is undone, and what acts on whatever is selected.

use egui::{Key, KeyboardShortcut, Modifiers};

use super::super::{Availability, Command, CommandContext, Menu, Row};
use super::ROW;
use crate::console::ForestId;
use crate::operation::edit::UndoEntry;

pub(super) const ROWS: &[Row] = &[
    Row {
        text: "Undo",
        many: true,
        detail: |context| context.situation.undo.as_ref().map(|(_, entry)| entry.title.clone()),
        shortcuts: &[KeyboardShortcut::new(Modifiers::COMMAND, Key::Z)],
        menus: &[(Menu::Edit, 10)],
        availability: |context| {
            availability(context, context.situation.undo.as_ref(), "Nothing was changed that could be undone.")
        },
        make: |context| command(context.situation.undo.as_ref()),
        ..ROW
    },
    Row {
        text: "Redo",
        many: true,
        detail: |context| context.situation.redo.as_ref().map(|(_, entry)| entry.title.clone()),
        shortcuts: &[
            KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::Z),
            KeyboardShortcut::new(Modifiers::COMMAND, Key::Y),
        ],
        menus: &[(Menu::Edit, 10)],
        availability: |context| {
            availability(context, context.situation.redo.as_ref(), "Nothing was undone that could be done again.")
        },
        make: |context| command(context.situation.redo.as_ref()),
        ..ROW
    },
    Row {
        text: "Preview Impact Before Changes",
        many: true,
        menus: &[(Menu::Edit, 90)],
        checked: |context| Some(context.situation.preview_impact),
        make: |_| Some(Command::TogglePreview),
        ..ROW
    },
];

fn availability(
    context: &CommandContext<'_>,
    entry: Option<&(ForestId, UndoEntry)>,
    nothing: &'static str,
) -> Availability {
    match entry {
        Some((_, entry)) if entry.cannot_undo.is_some() => Availability::Greyed("What was done last cannot be undone."),
        Some(_) => Availability::Available,
        None if context.forests.is_empty() => Availability::Greyed("No forest is open."),
        None => Availability::Greyed(nothing),
    }
}

fn command(entry: Option<&(ForestId, UndoEntry)>) -> Option<Command> {
    entry.map(|(forest, entry)| Command::Undo(*forest, entry.id, entry.title.clone()))
}
