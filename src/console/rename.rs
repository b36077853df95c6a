//! Renaming in the tree (`console-ui.md` 4.1): which nodes have a name that can be changed, what it is now, and which command
//! gives them another. The tree lets the name be edited in place and asks for [`Command::Rename`].

use std::sync::Arc;

use super::command::{Availability, CommandContext};
use super::new_gpo_dialog::words;
use super::question::Question;
use super::stored_query::rename_query;
use super::{Command, OpenForest, Place};
use crate::gpm::StarterGpoType;
use crate::operation::admin::{EditStarterGpo, EditWmiFilter, GpoToEdit, RenameGpo};

/// Makes the command that gives a place of a forest another name; none where the place is gone.
pub type Renaming = fn(&OpenForest, &Place, String) -> Option<Command>;

/// Returns what renames a place: one function per kind. None for kinds that have no name of their own.
fn renaming(place: &Place) -> Option<Option<Renaming>> {
    match place {
        // The node of a link bears the name of its GPO.
        Place::Gpo { .. } | Place::Link { .. } => Some(Some(rename_gpo)),
        Place::Ou(_) => Some(Some(super::ou_windows::rename_ou)),
        Place::WmiFilter { .. } => Some(Some(rename_wmi_filter)),
        Place::StarterGpo { .. } => Some(Some(rename_starter_gpo)),
        Place::ModelingResult(_) | Place::ResultsItem(_) => Some(Some(rename_query)),
        Place::Forest
        | Place::Domains
        | Place::Domain(_)
        | Place::Gpos(_)
        | Place::WmiFilters(_)
        | Place::StarterGpos(_)
        | Place::Sites
        | Place::Site(_)
        | Place::Modeling
        | Place::Results => None,
    }
}

/// Returns the name of a place that can be renamed, as it is edited: without anything that only tells it from others.
pub fn name_of(forest: &OpenForest, place: &Place) -> Option<String> {
    match place {
        Place::Gpo { .. } | Place::Link { .. } => forest.gpo(place).map(|gpo| gpo.display_name.clone()),
        Place::Ou(dn) => forest.som(dn).map(|som| som.name.clone()),
        Place::WmiFilter { domain, id } => {
            forest.snapshot.domain(domain)?.wmi_filter(*id).map(|filter| filter.name.clone())
        }
        Place::StarterGpo { domain, id } => forest.starter_gpo(domain, *id).map(|starter| starter.display_name.clone()),
        Place::ModelingResult(_) | Place::ResultsItem(_) => forest.queries.at(place).map(|query| query.name.clone()),
        _ => None,
    }
}

fn rename_wmi_filter(forest: &OpenForest, place: &Place, name: String) -> Option<Command> {
    let Place::WmiFilter { domain, id } = place else { return None };
    let filter = forest.snapshot.domain(domain)?.wmi_filter(*id)?;
    Some(Command::Edit(forest.id, Arc::new(EditWmiFilter { name, ..EditWmiFilter::of(filter) })))
}

fn rename_starter_gpo(forest: &OpenForest, place: &Place, name: String) -> Option<Command> {
    let Place::StarterGpo { domain, id } = place else { return None };
    let seen = forest.starter_gpo(domain, *id)?.clone();
    let edit = EditStarterGpo { name, description: seen.description.clone(), seen };
    Some(Command::Edit(forest.id, Arc::new(edit)))
}

/// Why a starter GPO that was shipped cannot be changed.
pub const READ_ONLY_STARTER: &str = "A system starter GPO is read-only: copy it, and change the copy.";

fn is_system_starter(forest: &OpenForest, place: &Place) -> bool {
    let Place::StarterGpo { domain, id } = place else { return false };
    forest.starter_gpo(domain, *id).is_some_and(|starter| starter.kind == StarterGpoType::System)
}

/// Tells whether the node of a context can be renamed.
pub fn availability(context: &CommandContext<'_>) -> Availability {
    let Some(place) = context.node.place() else { return Availability::Absent };
    match renaming(place) {
        None => Availability::Absent,
        Some(None) => Availability::Greyed("Objects of this kind cannot be renamed yet."),
        Some(Some(_)) => match context.forest().and_then(super::ForestEntry::open) {
            None => Availability::Greyed("The forest is not open."),
            // A stored query is the console's own.
            Some(forest) if forest.info.read_only && forest.queries.at(place).is_none() => {
                Availability::Greyed("The forest is open read-only.")
            }
            Some(forest) if is_system_starter(forest, place) => Availability::Greyed(READ_ONLY_STARTER),
            Some(forest) if name_of(forest, place).is_none() => Availability::Greyed("It is gone, or may not be read."),
            Some(_) => Availability::Available,
        },
    }
}

/// Returns the command that gives a place another name; none where that name is empty or the same.
pub fn command(forest: &OpenForest, place: &Place, name: &str) -> Option<Command> {
    let name = name.trim();
    let before = name_of(forest, place)?;
    if name.is_empty() || name == before {
        return None;
    }
    renaming(place).flatten()?(forest, place, name.to_owned())
}

/// Renames a GPO, or says why it cannot be called so.
fn rename_gpo(forest: &OpenForest, place: &Place, name: String) -> Option<Command> {
    let gpo = forest.gpo(place)?;
    let domain = forest.snapshot.domain(&gpo.domain)?;
    Some(match domain.check_new_gpo_name(&name, Some(gpo.id)) {
        Ok(()) => Command::Edit(forest.id, Arc::new(RenameGpo { gpo: GpoToEdit::from(gpo), name })),
        Err(problem) => Question::refusal("Rename", words(problem, &gpo.domain)),
    })
}
