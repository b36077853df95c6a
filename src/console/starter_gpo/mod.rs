//! Starter GPOs in the console: made, named, described, copied, deleted (`console-ui.md` 3.11, 3.12, 6.20). What reads and writes files
//! stands in [`super::starter_gpo_window`].

mod copy;
mod editor;

use std::sync::Arc;

use super::new_gpo_dialog::NewGpo;
use super::window::WindowFactory;
use super::{Command, ForestId, Node, OpenForest, Place};
use crate::gpm::StarterGpo;
use crate::ident::DnsName;
use crate::operation::admin::{CreateStarterGpoFolder, DeleteStarterGpo};

use copy::CopyWindow;
use editor::StarterGpoEditor;

/// Returns the command that makes the folder of the starter GPOs of a domain.
pub fn create_folder(forest: &OpenForest, domain: &DnsName) -> Command {
    Command::Edit(forest.id, Arc::new(CreateStarterGpoFolder { domain: domain.clone() }))
}

/// Returns the command that asks for name and comment of a new starter GPO.
pub fn new_starter(forest: &OpenForest, domain: &DnsName) -> Command {
    let (forest, domain) = (forest.id, domain.clone());
    Command::Open(WindowFactory::new(move || StarterGpoEditor::new(forest, domain.clone())))
}

/// Returns the command that lets name and comment of a starter GPO be changed.
pub fn edit_starter(forest: &OpenForest, starter: &StarterGpo) -> Command {
    let (forest, starter) = (forest.id, starter.clone());
    Command::Open(WindowFactory::new(move || StarterGpoEditor::of(forest, &starter)))
}

/// Returns the command that copies a starter GPO into a domain.
pub fn copy_starter(source: ForestId, starter: &StarterGpo, target: ForestId, domain: &DnsName) -> Command {
    let (starter, domain) = (starter.clone(), domain.clone());
    Command::Open(WindowFactory::new(move || CopyWindow::new((source, starter.clone()), (target, domain.clone()))))
}

/// Returns the command that asks for the name of a new GPO that begins with a starter GPO.
pub fn new_gpo_from(forest: ForestId, starter: &StarterGpo) -> Command {
    NewGpo { forest, domain: starter.domain.clone(), link_to: None, starter: Some(starter.id) }.ask()
}

/// Returns the command that deletes a starter GPO.
pub fn delete_starter(forest: &OpenForest, starter: &StarterGpo) -> Command {
    let (domain, id) = (starter.domain.clone(), starter.id);
    let container = Node::In(forest.id, Place::StarterGpos(domain.clone()));
    let edit = DeleteStarterGpo { domain, id, name: starter.display_name.clone() };
    Command::EditAndSelect(forest.id, Arc::new(edit), container)
}
