//! What can be done with domains, OUs and sites.

use std::sync::Arc;

use crate::console::{Icon, OpenForest, link_edits, link_existing, ou_windows};
use crate::gpm::{Som, SomType};
use crate::operation::admin::link::SetInheritanceBlocked;

use super::super::{Availability, Command, CommandContext, Menu, Row};
use super::{DELETE_KEYS, ROW, needs_writable_forest};

pub(super) const ROWS: &[Row] = &[
    Row {
        text: "Link an Existing GPO…",
        menus: &[(Menu::Action, 11)],
        availability: |context| link_availability(context, |_| true),
        make: |context| som(context).map(|(forest, som)| link_existing::link_existing(forest, som)),
        ..ROW
    },
    Row {
        text: "Block Inheritance",
        menus: &[(Menu::Action, 12)],
        availability: |context| link_availability(context, |som| som.kind != SomType::Site),
        checked: |context| som(context).map(|(_, som)| som.inheritance_blocked),
        make: |context| {
            let (forest, som) = som(context)?;
            let edit = SetInheritanceBlocked { som: som.dn.clone(), blocked: !som.inheritance_blocked };
            Some(Command::Edit(forest.id, Arc::new(edit)))
        },
        ..ROW
    },
    Row {
        text: "New Organizational Unit…",
        menus: &[(Menu::Action, 20)],
        availability: |context| availability(context, |som| som.kind != SomType::Site),
        make: |context| som(context).map(|(forest, som)| ou_windows::new_ou(forest.id, som)),
        ..ROW
    },
    Row {
        text: "Delete",
        icon: Some(Icon::Delete),
        shortcuts: &[DELETE_KEYS],
        menus: &[(Menu::Action, 62), (Menu::Edit, 20)],
        availability: |context| availability(context, |som| som.kind == SomType::Ou),
        make: |context| som(context).map(|(forest, som)| ou_windows::delete_ou(forest.id, &som.dn)),
        ..ROW
    },
    // In place of the directory management tools of Windows: what names the object in any of them.
    Row {
        text: "Copy Distinguished Name",
        menus: &[(Menu::Action, 80)],
        availability: |context| if som(context).is_some() { Availability::Available } else { Availability::Absent },
        make: |context| som(context).map(|(_, som)| Command::CopyText(som.dn.to_string())),
        ..ROW
    },
];

/// Returns the site, domain or OU of the node.
fn som<'a>(context: &CommandContext<'a>) -> Option<(&'a OpenForest, &'a Som)> {
    let forest = context.open_forest()?;
    Some((forest, forest.som_of(context.place()?)?))
}

fn availability(context: &CommandContext<'_>, is_meant: fn(&Som) -> bool) -> Availability {
    match som(context) {
        Some((_, som)) if is_meant(som) => needs_writable_forest(context),
        _ => Availability::Absent,
    }
}

fn link_availability(context: &CommandContext<'_>, is_meant: fn(&Som) -> bool) -> Availability {
    match (availability(context, is_meant), som(context)) {
        (Availability::Available, Some((forest, som))) => link_edits::may_link(forest, [&som.dn]),
        (availability, _) => availability,
    }
}
