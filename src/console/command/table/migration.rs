//! Migration tables.

use crate::console::Place;

use super::super::{Availability, Command, Menu, Row};
use super::{ROW, domain_of, needs_open_forest};

pub(super) const ROWS: &[Row] = &[Row {
    text: "Open Migration Table Editor",
    menus: &[(Menu::Action, 45)],
    availability: |context| match context.place() {
        Some(Place::Domains | Place::Gpos(_)) => needs_open_forest(context),
        _ => Availability::Absent,
    },
    make: |context| Some(Command::ShowMigrationTable(domain_of(context))),
    ..ROW
}];
