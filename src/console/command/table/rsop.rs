//! What can be done with stored queries of Group Policy Modeling and Group Policy Results.

use crate::console::stored_query::{StoredQuery, ask_delete};
use crate::console::{Icon, OpenForest};

use super::super::{Availability, CommandContext, Menu, Row};
use super::{DELETE_KEYS, ROW};

pub(super) const ROWS: &[Row] = &[Row {
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
}];

/// Returns the stored queries of the nodes; none where one of them is none.
fn queries_of<'a>(context: &CommandContext<'a>) -> Option<(&'a OpenForest, Vec<&'a StoredQuery>)> {
    let forest = context.open_forest()?;
    let queries = context.nodes().map(|node| forest.queries.at(node.place()?)).collect::<Option<Vec<_>>>()?;
    Some((forest, queries))
}
