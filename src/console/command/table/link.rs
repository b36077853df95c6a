//! What can be done with links, one or several selected in a list.

use crate::console::link_edits::{self, ChosenLink};
use crate::console::{Icon, OpenForest, Place};
use crate::gpm::GpoLink;
use crate::ident::LinkMove;
use crate::operation::admin::link::LinkChange;

use super::super::{Availability, Command, CommandContext, Menu, Row};
use super::{DELETE_KEYS, ROW, needs_writable_forest};

pub(super) const ROWS: &[Row] = &[
    Row {
        text: "Enforced",
        menus: &[(Menu::Action, 12)],
        many: true,
        availability: options_availability,
        checked: |context| all(context, |link| link.enforced),
        make: |context| {
            let wanted = !all(context, |link| link.enforced)?;
            change(context, |ids| LinkChange::SetEnforced(ids, wanted))
        },
        ..ROW
    },
    Row {
        text: "Link Enabled",
        menus: &[(Menu::Action, 12)],
        many: true,
        availability: options_availability,
        checked: |context| all(context, |link| link.enabled),
        make: |context| {
            let wanted = !all(context, |link| link.enabled)?;
            change(context, |ids| LinkChange::SetEnabled(ids, wanted))
        },
        ..ROW
    },
    Row {
        text: "Move to Top",
        icon: Some(Icon::Top),
        menus: &[(Menu::Action, 13)],
        many: true,
        availability: |context| move_availability(context, LinkMove::Top),
        make: |context| change(context, |ids| LinkChange::Move(ids, LinkMove::Top)),
        ..ROW
    },
    Row {
        text: "Move Up",
        icon: Some(Icon::Up),
        menus: &[(Menu::Action, 13)],
        many: true,
        availability: |context| move_availability(context, LinkMove::Up),
        make: |context| change(context, |ids| LinkChange::Move(ids, LinkMove::Up)),
        ..ROW
    },
    Row {
        text: "Move Down",
        icon: Some(Icon::Down),
        menus: &[(Menu::Action, 13)],
        many: true,
        availability: |context| move_availability(context, LinkMove::Down),
        make: |context| change(context, |ids| LinkChange::Move(ids, LinkMove::Down)),
        ..ROW
    },
    Row {
        text: "Move to Bottom",
        icon: Some(Icon::Bottom),
        menus: &[(Menu::Action, 13)],
        many: true,
        availability: |context| move_availability(context, LinkMove::Bottom),
        make: |context| change(context, |ids| LinkChange::Move(ids, LinkMove::Bottom)),
        ..ROW
    },
    Row {
        text: "Delete",
        icon: Some(Icon::Delete),
        shortcuts: &[DELETE_KEYS],
        menus: &[(Menu::Action, 62), (Menu::Edit, 20)],
        many: true,
        availability,
        make: |context| {
            let (forest, links) = links(context)?;
            link_edits::delete_links(forest.id, &links)
        },
        ..ROW
    },
];

/// Returns the links that the command would act on; none where something else is among them, or one is gone.
fn links<'a>(context: &CommandContext<'a>) -> Option<(&'a OpenForest, Vec<ChosenLink<'a>>)> {
    let forest = context.open_forest()?;
    let is_own = context.nodes().all(|node| node.forest() == Some(forest.id));
    let links = link_edits::chosen_links(forest, context.nodes()).filter(|_| is_own)?;
    Some((forest, links))
}

fn availability(context: &CommandContext<'_>) -> Availability {
    if !context.nodes().all(|node| matches!(node.place(), Some(Place::Link { .. }))) {
        return Availability::Absent;
    }
    match (needs_writable_forest(context), links(context)) {
        (Availability::Available, Some((forest, links))) => {
            link_edits::may_link(forest, links.iter().map(|link| &link.som.dn))
        }
        (Availability::Available, None) => Availability::Greyed("The link is gone."),
        (greyed, _) => greyed,
    }
}

fn options_availability(context: &CommandContext<'_>) -> Availability {
    match (availability(context), links(context)) {
        (Availability::Available, Some((_, links))) if !links.iter().all(link_edits::names_gpo) => {
            Availability::Greyed("A damaged link can only be moved or deleted.")
        }
        (availability, _) => availability,
    }
}

fn move_availability(context: &CommandContext<'_>, to: LinkMove) -> Availability {
    match (availability(context), links(context)) {
        (Availability::Available, Some((_, links))) if !link_edits::can_move(&links, to) => {
            Availability::Greyed(link_edits::cannot_move(&links, to))
        }
        (availability, _) => availability,
    }
}

/// Tells whether all links have something; none where there is no link.
fn all(context: &CommandContext<'_>, has: fn(&GpoLink) -> bool) -> Option<bool> {
    let (_, links) = links(context)?;
    Some(links.iter().all(|link| has(link.link)))
}

fn change(
    context: &CommandContext<'_>,
    change: impl Fn(Vec<crate::operation::admin::link::LinkId>) -> LinkChange,
) -> Option<Command> {
    let (forest, links) = links(context)?;
    link_edits::change_links(forest.id, &links, change)
}
