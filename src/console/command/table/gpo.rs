//! What can be done with GPOs, by themselves or through a link, and with their container.

use crate::console::Icon;
use crate::console::tree::takes_something;

use super::super::{Availability, Command, Menu, Row};
use super::{COPY_KEYS, GpoOfNode, PASTE_KEYS, ROW, gpo_of, needs_writable_forest};

pub(super) const ROWS: &[Row] = &[
    Row {
        text: "Copy",
        icon: Some(Icon::Copy),
        shortcuts: &[COPY_KEYS],
        menus: &[(Menu::Action, 60), (Menu::Edit, 20)],
        availability: |context| match gpo_of(context) {
            GpoOfNode::None => Availability::Absent,
            GpoOfNode::Missing(why) => Availability::Greyed(why),
            GpoOfNode::Some(_, gpo) if gpo.inaccessible => Availability::Greyed("You may not read this GPO."),
            GpoOfNode::Some(..) => Availability::Available,
        },
        many: true,
        make: |context| Some(Command::CopyNodes(context.nodes().cloned().collect())),
        ..ROW
    },
    Row {
        text: "Paste",
        icon: Some(Icon::Paste),
        shortcuts: &[PASTE_KEYS],
        menus: &[(Menu::Action, 61), (Menu::Edit, 20)],
        availability: |context| match context.pasting().availability() {
            Availability::Absent if context.place().is_some_and(takes_something) => {
                Availability::Greyed("Copy something first that can be pasted here.")
            }
            availability => availability,
        },
        make: |context| Some(Command::Paste(context.node.clone())),
        ..ROW
    },
    Row {
        text: "Import Settings…",
        menus: &[(Menu::Action, 42)],
        availability: |context| match gpo_of(context) {
            GpoOfNode::None => Availability::Absent,
            GpoOfNode::Missing(why) => Availability::Greyed(why),
            GpoOfNode::Some(..) => needs_writable_forest(context),
        },
        make: |context| match gpo_of(context) {
            GpoOfNode::Some(forest, gpo) => Some(Command::ShowImport(forest.id, gpo.domain.clone(), gpo.id)),
            GpoOfNode::None | GpoOfNode::Missing(_) => None,
        },
        ..ROW
    },
];
