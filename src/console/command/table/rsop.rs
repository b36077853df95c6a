//! Group Policy Modeling and Group Policy Results: the wizard, and what can be done with stored queries.

use crate::console::stored_query::{Asked, ModelingQuery, QueryAction, StoredQuery, ask_delete};
use crate::console::{ForestId, Icon, OpenForest, Place, modeling};
use crate::ident::Guid;

use super::super::{Availability, Command, CommandContext, Menu, Row};
use super::{DELETE_KEYS, ROW, container_of, domain_of, needs_open_forest};

const WIZARD: &str = "Group Policy Modeling Wizard…";

pub(super) const ROWS: &[Row] = &[
    Row {
        text: WIZARD,
        menus: &[(Menu::Action, 10)],
        availability: |context| match context.place() {
            Some(Place::Modeling) => needs_open_forest(context),
            _ => Availability::Absent,
        },
        make: |context| {
            let (_, domain) = domain_of(context)?;
            Some(modeling::open_wizard(context.open_forest()?, domain, None))
        },
        ..ROW
    },
    Row {
        text: WIZARD,
        menus: &[(Menu::Action, 20)],
        availability: |context| match container_of(context) {
            Some(_) => needs_open_forest(context),
            None => Availability::Absent,
        },
        make: |context| {
            let (domain, container) = container_of(context)?;
            Some(modeling::open_wizard(context.open_forest()?, domain, Some(&container)))
        },
        ..ROW
    },
    Row {
        text: "Advanced View…",
        menus: &[(Menu::Action, 10)],
        availability: of_modeling,
        make: |context| {
            let (forest, id, _) = modeling_of(context)?;
            Some(Command::Query(forest, QueryAction::ShowAdvanced(id)))
        },
        ..ROW
    },
    Row {
        text: "Rerun Query",
        icon: Some(Icon::Refresh),
        menus: &[(Menu::Action, 11)],
        availability: of_modeling,
        make: |context| {
            let (forest, id, _) = modeling_of(context)?;
            Some(Command::Query(forest, QueryAction::Rerun(id)))
        },
        ..ROW
    },
    Row {
        text: "Create New Query From This One…",
        menus: &[(Menu::Action, 12)],
        availability: of_modeling,
        make: |context| modeling_of(context).map(|(forest, _, query)| modeling::open_with(forest, query.clone())),
        ..ROW
    },
    Row {
        text: "Delete",
        icon: Some(Icon::Delete),
        shortcuts: &[DELETE_KEYS],
        menus: &[(Menu::Action, 62), (Menu::Edit, 20)],
        many: true,
        availability: |context| match queries_of(context) {
            Some(_) => Availability::Available,
            None => Availability::Absent,
        },
        make: |context| queries_of(context).map(|(forest, queries)| ask_delete(forest.id, &queries)),
        ..ROW
    },
];

fn of_modeling(context: &CommandContext<'_>) -> Availability {
    if modeling_of(context).is_some() { Availability::Available } else { Availability::Absent }
}

/// Returns the query of Group Policy Modeling that the node stands for.
fn modeling_of<'a>(context: &CommandContext<'a>) -> Option<(ForestId, Guid, &'a ModelingQuery)> {
    let forest = context.open_forest()?;
    let stored = forest.queries.at(context.place()?)?;
    match &stored.asked {
        Asked::Modeling(query) => Some((forest.id, stored.id, query)),
        Asked::Results(_) => None,
    }
}

/// Returns the stored queries of the nodes; none where one of them is none.
fn queries_of<'a>(context: &CommandContext<'a>) -> Option<(&'a OpenForest, Vec<&'a StoredQuery>)> {
    let forest = context.open_forest()?;
    let queries = context.nodes().map(|node| forest.queries.at(node.place()?)).collect::<Option<Vec<_>>>()?;
    Some((forest, queries))
}
