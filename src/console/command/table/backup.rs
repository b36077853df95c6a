//! Backing up, restoring, and the window that manages backups.

use crate::console::{BackUpOf, Place, StarterAction};

use super::super::{Availability, Command, Menu, Row};
use super::{
    GpoOfNode, ROW, gpo_of, gpos_of, needs_open_forest, needs_writable_forest, starter_availability, starter_command,
    starters_command,
};

pub(super) const ROWS: &[Row] = &[
    Row {
        text: "Back Up…",
        menus: &[(Menu::Action, 40)],
        many: true,
        availability: |context| match gpo_of(context) {
            _ if !context.more.is_empty() => match gpos_of(context) {
                Some(_) => Availability::Available,
                None => Availability::Absent,
            },
            GpoOfNode::None => starter_availability(context, StarterAction::BackUp),
            GpoOfNode::Missing(why) => Availability::Greyed(why),
            GpoOfNode::Some(_, gpo) if gpo.inaccessible => Availability::Greyed("You may not read this GPO."),
            GpoOfNode::Some(..) => Availability::Available,
        },
        make: |context| match gpo_of(context) {
            _ if !context.more.is_empty() => {
                let (forest, domain, ids) = gpos_of(context)?;
                Some(Command::ShowBackUp(forest.id, BackUpOf::Gpos(domain, ids)))
            }
            GpoOfNode::None => starter_command(context, StarterAction::BackUp),
            GpoOfNode::Some(forest, gpo) => {
                Some(Command::ShowBackUp(forest.id, BackUpOf::Gpos(gpo.domain.clone(), vec![gpo.id])))
            }
            GpoOfNode::Missing(_) => None,
        },
        ..ROW
    },
    Row {
        text: "Restore from Backup…",
        menus: &[(Menu::Action, 41)],
        availability: |context| match gpo_of(context) {
            GpoOfNode::None if matches!(context.place(), Some(Place::StarterGpos(_))) => needs_writable_forest(context),
            GpoOfNode::None => starter_availability(context, StarterAction::Restore),
            GpoOfNode::Missing(why) => Availability::Greyed(why),
            GpoOfNode::Some(..) => needs_writable_forest(context),
        },
        make: |context| match gpo_of(context) {
            GpoOfNode::None => starter_command(context, StarterAction::Restore)
                .or_else(|| starters_command(context, StarterAction::RestoreAny)),
            GpoOfNode::Some(forest, gpo) => Some(Command::ShowRestore(forest.id, gpo.domain.clone(), gpo.id)),
            GpoOfNode::Missing(_) => None,
        },
        ..ROW
    },
    Row {
        text: "Back Up All…",
        menus: &[(Menu::Action, 40)],
        availability: |context| match context.place() {
            Some(Place::Gpos(domain)) => {
                match context.open_forest().and_then(|forest| forest.snapshot.domain(domain)) {
                    Some(domain) if !domain.gpos.is_empty() => Availability::Available,
                    _ => Availability::Greyed("The domain has no GPO that could be read."),
                }
            }
            Some(Place::StarterGpos(domain)) => match context.open_forest() {
                Some(forest) if !forest.starter_gpos(domain).is_empty() => Availability::Available,
                _ => Availability::Greyed("The domain has no starter GPO that could be read."),
            },
            _ => Availability::Absent,
        },
        make: |context| match (context.node.forest(), context.place()) {
            (Some(forest), Some(Place::Gpos(domain))) => {
                Some(Command::ShowBackUp(forest, BackUpOf::All(domain.clone())))
            }
            _ => starters_command(context, StarterAction::BackUpAll),
        },
        ..ROW
    },
    Row {
        text: "Manage Backups…",
        menus: &[(Menu::Action, 43)],
        availability: |context| match context.place() {
            Some(Place::Domains | Place::Gpos(_)) => needs_open_forest(context),
            _ => Availability::Absent,
        },
        make: |context| {
            let domain = context.place().and_then(Place::domain);
            context.node.forest().map(|forest| Command::ShowManageBackups(forest, domain))
        },
        ..ROW
    },
];
