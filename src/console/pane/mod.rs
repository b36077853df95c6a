//! The result pane: what is shown of the node selected in the scope tree, one file per kind of node.

use egui::Ui;

use super::{Command, ForestEntry, Node, OpenForest};

/// What a pane draws.
#[derive(Clone, Copy)]
pub struct PaneContext<'a> {
    /// All forests in the view.
    pub forests: &'a [ForestEntry],
    /// The forest of the node; none for the root.
    pub forest: Option<&'a OpenForest>,
    /// The node selected.
    pub node: &'a Node,
}

/// What the panes remember between frames: open tabs, sorting, filters, selections.
#[derive(Default)]
pub struct PaneState {
    focus_wanted: bool,
}

impl PaneState {
    /// Moves the keyboard focus into the pane with the next frame.
    pub fn request_focus(&mut self) {
        self.focus_wanted = true;
    }
}

/// Draws the result pane of a node below its title band. Called for the root and for nodes of open forests only.
pub fn result_pane_ui(ui: &mut Ui, context: &PaneContext<'_>, state: &mut PaneState, _commands: &mut Vec<Command>) {
    if let (Some(forest), Node::In(_, place)) = (context.forest, context.node) {
        let label = ui.label(forest.label(place));
        if std::mem::take(&mut state.focus_wanted) {
            label.request_focus();
        }
    }
}
