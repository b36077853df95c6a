//! What can be done with GPOs, by themselves or through a link, and with their container.

use std::sync::Arc;

use crate::console::new_gpo_dialog::NewGpo;
use crate::console::question::Question;
use crate::console::tree::takes_something;
use crate::console::{Icon, OpenForest, Place};
use crate::gpm::{Gpo, GpoStatus, LinkScope, is_default_gpo};
use crate::operation::admin::{DeleteGpo, GpoToEdit, SetGpoStatus};
use crate::operation::edit::Edit;

use super::super::{Availability, Command, CommandContext, Menu, Row};
use super::{COPY_KEYS, DELETE_KEYS, GpoOfNode, PASTE_KEYS, ROW, gpo_of, needs_writable_forest};

pub(super) const ROWS: &[Row] = &[
    Row {
        text: "New…",
        icon: Some(Icon::Gpo),
        menus: &[(Menu::Action, 10)],
        availability: |context| match context.place() {
            Some(Place::Gpos(_)) => needs_writable_forest(context),
            _ => Availability::Absent,
        },
        make: |context| {
            let (forest, domain) = (context.node.forest()?, context.place()?.domain()?);
            Some(NewGpo { forest, domain, link_to: None, starter: None }.ask())
        },
        ..ROW
    },
    Row {
        text: "Create a GPO in This Domain, and Link It Here…",
        icon: Some(Icon::Gpo),
        menus: &[(Menu::Action, 10)],
        availability: |context| match context.place() {
            Some(Place::Domain(_) | Place::Ou(_)) => needs_writable_forest(context),
            _ => Availability::Absent,
        },
        make: |context| {
            let (forest, domain) = (context.node.forest()?, context.place()?.domain()?);
            let som = match context.place()? {
                Place::Ou(dn) => dn.clone(),
                _ => context.open_forest()?.snapshot.domain(&domain)?.dn.clone(),
            };
            Some(NewGpo { forest, domain, link_to: Some(som), starter: None }.ask())
        },
        ..ROW
    },
    Row { text: "Enabled", ..status_row(GpoStatus::Enabled) },
    Row { text: "User Configuration Settings Disabled", ..status_row(GpoStatus::UserSettingsDisabled) },
    Row { text: "Computer Configuration Settings Disabled", ..status_row(GpoStatus::ComputerSettingsDisabled) },
    Row { text: "All Settings Disabled", ..status_row(GpoStatus::AllSettingsDisabled) },
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
    Row {
        text: "Delete",
        shortcuts: &[DELETE_KEYS],
        menus: &[(Menu::Action, 62), (Menu::Edit, 20)],
        many: true,
        availability: |context| match chosen(context) {
            Chosen::Gpos(_, gpos) if gpos.iter().any(|gpo| is_default_gpo(gpo.id)) => {
                Availability::Greyed("Default Domain Policy and Default Domain Controllers Policy cannot be deleted.")
            }
            chosen => chosen.availability(context),
        },
        make: |context| match chosen(context) {
            Chosen::Gpos(forest, gpos) => Some(ask_to_delete(forest, &gpos)),
            Chosen::Others | Chosen::Gone => None,
        },
        ..ROW
    },
];

/// What the selected nodes are, where GPOs are asked for by themselves.
enum Chosen<'a> {
    Others,
    /// One of the GPOs is not there any more.
    Gone,
    Gpos(&'a OpenForest, Vec<&'a Gpo>),
}

impl Chosen<'_> {
    fn availability(&self, context: &CommandContext<'_>) -> Availability {
        match self {
            Chosen::Others => Availability::Absent,
            Chosen::Gone => Availability::Greyed("The GPO is gone."),
            Chosen::Gpos(..) => needs_writable_forest(context),
        }
    }
}

fn chosen<'a>(context: &CommandContext<'a>) -> Chosen<'a> {
    let are_gpos = context.nodes().all(|node| matches!(node.place(), Some(Place::Gpo { .. })));
    let Some(forest) = context.open_forest().filter(|_| are_gpos) else { return Chosen::Others };
    let gpos: Option<Vec<&Gpo>> = context.nodes().map(|node| forest.gpo(node.place()?)).collect();
    gpos.map_or(Chosen::Gone, |gpos| Chosen::Gpos(forest, gpos))
}

/// The row of one status; rows of a submenu are constants, so that each status has its own functions.
const fn status_row(status: GpoStatus) -> Row {
    Row {
        menus: &[(Menu::Action, 12)],
        submenu: Some("GPO Status"),
        radio: true,
        many: true,
        availability: |context| chosen(context).availability(context),
        checked: match status {
            GpoStatus::Enabled => |context| is_of_all(context, GpoStatus::Enabled),
            GpoStatus::UserSettingsDisabled => |context| is_of_all(context, GpoStatus::UserSettingsDisabled),
            GpoStatus::ComputerSettingsDisabled => |context| is_of_all(context, GpoStatus::ComputerSettingsDisabled),
            GpoStatus::AllSettingsDisabled => |context| is_of_all(context, GpoStatus::AllSettingsDisabled),
        },
        make: match status {
            GpoStatus::Enabled => |context| set_status(context, GpoStatus::Enabled),
            GpoStatus::UserSettingsDisabled => |context| set_status(context, GpoStatus::UserSettingsDisabled),
            GpoStatus::ComputerSettingsDisabled => |context| set_status(context, GpoStatus::ComputerSettingsDisabled),
            GpoStatus::AllSettingsDisabled => |context| set_status(context, GpoStatus::AllSettingsDisabled),
        },
        ..ROW
    }
}

fn is_of_all(context: &CommandContext<'_>, status: GpoStatus) -> Option<bool> {
    match chosen(context) {
        Chosen::Gpos(_, gpos) => Some(gpos.iter().all(|gpo| gpo.status == status)),
        Chosen::Others | Chosen::Gone => None,
    }
}

fn set_status(context: &CommandContext<'_>, status: GpoStatus) -> Option<Command> {
    let Chosen::Gpos(forest, gpos) = chosen(context) else { return None };
    let edit = |gpo: &&Gpo| -> Arc<dyn Edit> { Arc::new(SetGpoStatus { gpo: GpoToEdit::from(*gpo), status }) };
    let title = format!("Set the status of {} GPOs to {}", gpos.len(), status.label());
    Some(Command::edit_all(forest.id, title, gpos.iter().map(edit).collect()))
}

/// Asks whether GPOs are to be deleted, and lists the links that stay behind.
fn ask_to_delete(forest: &OpenForest, gpos: &[&Gpo]) -> Command {
    let names: Vec<String> = gpos.iter().map(|gpo| forest.gpo_label(gpo)).collect();
    let (what, links) = match names.as_slice() {
        [only] => (format!("the GPO {only}"), "every link to it in its domain"),
        several => (format!("{} GPOs", several.len()), "every link to them in their domain"),
    };
    let text = format!("Delete {what} and {links}? Links in other domains and on sites are not touched.");
    let mut details = if names.len() > 1 { names.clone() } else { Vec::new() };
    for (gpo, name) in gpos.iter().zip(&names) {
        let links = forest.snapshot.links_to(&gpo.dn, LinkScope::EntireForest);
        let elsewhere = links.iter().filter(|link| link.place.is_none_or(|(domain, _)| domain.name != gpo.domain));
        details.extend(
            elsewhere
                .map(|link| format!("The link to {name} on {} stays and will be shown as Not Found.", link.path())),
        );
    }
    let edit = |gpo: &&Gpo| -> Arc<dyn Edit> { Arc::new(DeleteGpo { gpo: GpoToEdit::from(*gpo), keep_links: false }) };
    let batch = format!("Delete {} GPOs and their links", gpos.len());
    let command = Command::edit_all(forest.id, batch, gpos.iter().map(edit).collect());
    let title = if names.len() > 1 { "Delete GPOs" } else { "Delete GPO" };
    Question::new(title, text, "Delete", vec![command]).details(details).ask()
}
