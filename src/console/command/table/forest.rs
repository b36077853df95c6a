//! What can be done with a forest and the domains and sites shown of it.

use crate::console::{ForestState, Icon, Node, Place, ShowList};

use super::super::{Availability, Command, Menu, Row};
use super::{ROW, needs_open_forest};

pub(super) const ROWS: &[Row] = &[
    // As in the menu File, which has the keys.
    Row {
        text: "Add Forest…",
        icon: Some(Icon::Connect),
        menus: &[(Menu::Action, 10)],
        availability: |context| match context.node {
            Node::Root => Availability::Available,
            _ => Availability::Absent,
        },
        make: |_| Some(Command::ShowConnect),
        ..ROW
    },
    Row {
        text: "Connect Again",
        icon: Some(Icon::Connect),
        menus: &[(Menu::Action, 10)],
        availability: |context| match context.forest().map(|entry| &entry.state) {
            Some(ForestState::Failed(_)) => Availability::Available,
            _ => Availability::Absent,
        },
        make: |context| context.node.forest().map(Command::Retry),
        ..ROW
    },
    Row {
        text: "Show Domains…",
        menus: &[(Menu::Action, 10)],
        availability: |context| match context.place() {
            Some(Place::Domains) => needs_open_forest(context),
            _ => Availability::Absent,
        },
        make: |context| Some(Command::ShowListOf(context.node.forest()?, ShowList::Domains)),
        ..ROW
    },
    Row {
        text: "Show Sites…",
        menus: &[(Menu::Action, 10)],
        availability: |context| match context.place() {
            Some(Place::Sites) => needs_open_forest(context),
            _ => Availability::Absent,
        },
        make: |context| Some(Command::ShowListOf(context.node.forest()?, ShowList::Sites)),
        ..ROW
    },
    Row {
        text: "Remove Domain from View",
        menus: &[(Menu::Action, 72)],
        availability: |context| match (context.place(), context.open_forest()) {
            (Some(Place::Domain(_)), Some(forest)) => {
                let shown = forest.snapshot.domains.iter().filter(|domain| forest.view.shows_domain(&domain.name));
                if shown.count() > 1 {
                    Availability::Available
                } else {
                    Availability::Greyed("It is the only domain shown: remove the forest instead.")
                }
            }
            _ => Availability::Absent,
        },
        make: |context| Some(Command::HideDomain(context.node.forest()?, context.place()?.domain()?)),
        ..ROW
    },
    Row {
        text: "Remove Site from View",
        menus: &[(Menu::Action, 72)],
        availability: |context| match context.place() {
            Some(Place::Site(_)) => needs_open_forest(context),
            _ => Availability::Absent,
        },
        make: |context| {
            let (forest, Some(Place::Site(site))) = (context.open_forest()?, context.place()) else { return None };
            let mut view = forest.view.clone();
            view.shown_sites.retain(|shown| shown != site);
            Some(Command::SetForestView(forest.id, view))
        },
        ..ROW
    },
    Row {
        text: "Remove Forest from View",
        menus: &[(Menu::Action, 72)],
        availability: |context| if context.is_forest_node() { Availability::Available } else { Availability::Absent },
        make: |context| context.node.forest().map(Command::RemoveForest),
        ..ROW
    },
];
