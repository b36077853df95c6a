//! The result pane: what is shown of the node selected in the scope tree, one file per kind of node.
//!
//! Columns, tabs and their order are those of `console-ui.md` part 3. Panes read the snapshot; what it does not hold they ask
//! for with [`Command::Fetch`] and draw in all four states of [`super::Lazy`]. They change nothing.

pub(super) mod cells;
mod chosen;
mod contents;
mod delegation;
mod faults;
mod gpo;
mod gpos;
mod opened_file;
mod orphans;
mod report;
mod policy_events;
mod rsop;
mod som;
mod starter_gpo;
mod state;
mod status;
mod wmi_filter;

use egui::Ui;

use super::command::{CommandContext, Situation};
use super::stored_query::QueryKind;
use super::{Command, ForestEntry, Node, OpenForest, OpenedFile, Place, Shown};

pub use rsop::{ADVANCED_VIEW, QUERY_TABS};
pub use state::PaneState;

use state::View;

/// What a pane draws.
#[derive(Clone, Copy)]
pub struct PaneContext<'a> {
    /// All forests in the view.
    pub forests: &'a [ForestEntry],
    /// What was opened from disk.
    pub files: &'a [OpenedFile],
    /// The forest of the node; none for the root.
    pub forest: Option<&'a OpenForest>,
    /// The node selected.
    pub node: &'a Node,
    /// What commands depend on besides nodes.
    pub situation: &'a Situation,
}

impl<'a> PaneContext<'a> {
    fn shown(&self) -> Shown<'a> {
        Shown { forests: self.forests, files: self.files }
    }

    /// Returns what the commands of some nodes are offered by.
    fn commands_of<'n>(&'n self, node: &'n Node, more: &'n [Node]) -> CommandContext<'n> {
        CommandContext { forests: self.forests, files: self.files, node, more, situation: self.situation }
    }
}

/// Draws the result pane of a node below its title band. Called for the root and for nodes of open forests only.
pub fn result_pane_ui(ui: &mut Ui, context: &PaneContext<'_>, state: &mut PaneState, commands: &mut Vec<Command>) {
    state.begin(context.node);
    match (context.forest, context.node) {
        (Some(forest), Node::In(_, place)) => {
            let mut view = View { context, forest, state, commands };
            place_ui(ui, &mut view, place);
        }
        (_, Node::Files) => opened_file::files_ui(ui, context, state, commands),
        (_, Node::File(file) | Node::InFile(file, _)) => {
            let item = if let Node::InFile(_, item) = context.node { Some(*item) } else { None };
            if let Some(file) = context.shown().file(*file) {
                opened_file::file_ui(ui, file, item, state, commands);
            }
        }
        _ => contents::root_ui(ui, context, state, commands),
    }
    state.end(ui);
}

fn place_ui(ui: &mut Ui, view: &mut View<'_>, place: &Place) {
    match place {
        Place::Forest => contents::forest_ui(ui, view),
        Place::Domains => contents::domains_ui(ui, view),
        Place::Sites => contents::sites_ui(ui, view),
        Place::Modeling => rsop::container_ui(ui, view, QueryKind::Modeling),
        Place::Results => rsop::container_ui(ui, view, QueryKind::Results),
        Place::ModelingResult(id) | Place::ResultsItem(id) => rsop::query_ui(ui, view, *id),
        Place::Domain(domain) => som::domain_ui(ui, view, domain),
        Place::Ou(dn) => som::ou_ui(ui, view, dn),
        Place::Site(dn) => som::site_ui(ui, view, dn),
        Place::Link { som, order } => gpo::link_ui(ui, view, som, *order),
        Place::Gpos(domain) => gpos::container_ui(ui, view, domain),
        Place::Gpo { domain, id } => gpo::gpo_ui(ui, view, domain, *id),
        Place::WmiFilters(domain) => wmi_filter::container_ui(ui, view, domain),
        Place::WmiFilter { domain, id } => wmi_filter::filter_ui(ui, view, domain, *id),
        Place::StarterGpos(domain) => starter_gpo::container_ui(ui, view, domain),
        Place::StarterGpo { domain, id } => starter_gpo::starter_gpo_ui(ui, view, domain, *id),
    }
}
