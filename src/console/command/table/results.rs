//! What can be done with Group Policy Results: the wizard, files that are opened, and what was collected.

use crate::console::stored_query::{Asked, QueryAction};
use crate::console::{ForestId, Icon, Place, results};
use crate::ident::Guid;

use super::super::{Availability, Command, CommandContext, Menu, Row};
use super::{ROW, needs_open_forest};

pub(super) const ROWS: &[Row] = &[
    Row {
        text: "Group Policy Results Wizard…",
        menus: &[(Menu::Action, 10)],
        availability: of_container,
        make: |context| results::open_wizard(context.open_forest()?),
        ..ROW
    },
    Row {
        text: "Open Results…",
        icon: Some(Icon::Folder),
        menus: &[(Menu::Action, 11)],
        availability: of_container,
        make: |_| Some(Command::ShowOpenFile),
        ..ROW
    },
    Row {
        text: "Rerun Query",
        icon: Some(Icon::Refresh),
        menus: &[(Menu::Action, 11)],
        availability: of_result,
        make: |context| {
            let (forest, id) = result_of(context)?;
            Some(Command::Query(forest, QueryAction::Rerun(id)))
        },
        ..ROW
    },
    Row {
        text: "Compare with Plan…",
        menus: &[(Menu::Action, 12)],
        availability: of_result,
        make: |context| {
            let (forest, id) = result_of(context)?;
            Some(results::compare_with_plan(forest, id))
        },
        ..ROW
    },
];

fn of_container(context: &CommandContext<'_>) -> Availability {
    match context.place() {
        Some(Place::Results) => needs_open_forest(context),
        _ => Availability::Absent,
    }
}

fn of_result(context: &CommandContext<'_>) -> Availability {
    if result_of(context).is_some() { Availability::Available } else { Availability::Absent }
}

/// Returns the result that the node stands for.
fn result_of(context: &CommandContext<'_>) -> Option<(ForestId, Guid)> {
    let forest = context.open_forest()?;
    let stored = forest.queries.at(context.place()?)?;
    matches!(stored.asked, Asked::Results(_)).then_some((forest.id, stored.id))
}
