//! The search for GPOs.

use egui::{Key, KeyboardShortcut, Modifiers};

use crate::console::search::SearchWindow;
use crate::console::{Icon, Place};

use super::super::{Availability, Command, CommandContext, Menu, Row};
use super::{ROW, needs_open_forest};

pub(super) const ROWS: &[Row] = &[Row {
    text: "Search…",
    icon: Some(Icon::Search),
    shortcuts: &[KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::F)],
    menus: &[(Menu::Action, 70)],
    availability: |context| match context.place() {
        Some(Place::Forest | Place::Domains | Place::Domain(_) | Place::Gpos(_)) => needs_open_forest(context),
        _ => Availability::Absent,
    },
    make: search,
    ..ROW
}];

/// Searches the domain of the node; all domains where it is the forest.
fn search(context: &CommandContext<'_>) -> Option<Command> {
    let domain = context.place().and_then(Place::domain);
    Some(SearchWindow::open(context.node.forest()?, domain))
}
