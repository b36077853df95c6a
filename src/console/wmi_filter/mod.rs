//! WMI filters in the console: the editor with its queries, import and export, and which GPOs use a filter (`console-ui.md` 3.9, 3.10, 6.12, 6.13).

mod editor;
mod files;
mod gpos;
mod query;

use std::sync::Arc;

use super::question::Question;
use super::window::WindowFactory;
use super::{Command, Node, OpenForest, Place};
use crate::gpm::{Gpo, WmiFilter};
use crate::ident::{DnsName, Guid};
use crate::operation::admin::{CopyWmiFilter, DeleteWmiFilter};
use crate::operation::edit::Edit;

use editor::WmiFilterEditor;
use files::{ExportWmiFilter, ImportWmiFilter};
use gpos::AddGpos;
pub use gpos::ask_wmi_filter;

/// Returns the command that opens the editor for a new filter of a domain.
pub fn new_filter(forest: &OpenForest, domain: &DnsName) -> Command {
    let (forest, domain) = (forest.id, domain.clone());
    Command::Open(WindowFactory::new(move || WmiFilterEditor::new(forest, domain.clone())))
}

/// Returns the command that opens the editor for a filter.
pub fn edit_filter(forest: &OpenForest, filter: &WmiFilter) -> Command {
    let (forest, filter) = (forest.id, filter.clone());
    Command::Open(WindowFactory::new(move || WmiFilterEditor::of(forest, &filter)))
}

/// Returns the command that asks for the file of a filter to import.
pub fn import_filter(forest: &OpenForest, domain: &DnsName) -> Command {
    let (forest, domain) = (forest.id, domain.clone());
    Command::Open(WindowFactory::new(move || ImportWmiFilter::new(forest, domain.clone())))
}

/// Returns the command that asks for the file that a filter is exported to.
pub fn export_filter(filter: &WmiFilter) -> Command {
    let filter = filter.clone();
    Command::Open(WindowFactory::new(move || ExportWmiFilter::new(filter.clone())))
}

/// Returns the command that asks which GPOs are to use a filter.
pub fn add_gpos(forest: &OpenForest, filter: &WmiFilter) -> Command {
    let (forest, filter) = (forest.id, filter.clone());
    Command::Open(WindowFactory::new(move || AddGpos::new(forest, filter.clone())))
}

/// Returns the command that asks whether a filter is to be deleted, naming the GPOs that use it.
pub fn delete_filter(forest: &OpenForest, filter: &WmiFilter) -> Command {
    let domain = forest.snapshot.domain(&filter.domain);
    let users: Vec<&Gpo> = domain.into_iter().flat_map(|domain| domain.gpos_with_wmi_filter(filter.id)).collect();
    let edit = DeleteWmiFilter { domain: filter.domain.clone(), id: filter.id, name: filter.name.clone() };
    let container = Node::In(forest.id, Place::WmiFilters(filter.domain.clone()));
    let commands = vec![Command::EditAndSelect(forest.id, Arc::new(edit), container)];
    let name = &filter.name;
    let text = match users.len() {
        0 => format!("Delete the WMI filter {name}? No GPO uses it."),
        1 => format!("Delete the WMI filter {name}? This GPO uses it, and will apply without a filter then:"),
        count => {
            format!("Delete the WMI filter {name}? These {count} GPOs use it, and will apply without a filter then:")
        }
    };
    let names = users.into_iter().map(|gpo| forest.gpo_label(gpo)).collect();
    Question::new("Delete WMI Filter", text, "Delete", commands).details(names).ask()
}

/// Returns the command that copies filters into a domain.
pub fn copy_filters(target: &OpenForest, domain: &DnsName, filters: &[&WmiFilter]) -> Option<Command> {
    let copy = |filter: &&WmiFilter| -> Arc<dyn Edit> {
        Arc::new(CopyWmiFilter { source: (*filter).clone(), target: domain.clone(), id: Guid::random(), name: None })
    };
    let copies: Vec<Arc<dyn Edit>> = filters.iter().map(copy).collect();
    match copies.as_slice() {
        [] => None,
        [one] => Some(Command::Edit(target.id, Arc::clone(one))),
        _ => Some(Command::EditMany(target.id, format!("Copy {} WMI filters to {domain}", copies.len()), copies)),
    }
}
