//! The rows that commands act on: where the rows of a list stand for nodes, the menus, the toolbar, the keys and the Actions
//! pane speak of the selected rows as long as the list has the focus, as they do in a management console.

use super::super::Node;

/// The selected rows of one list, as nodes.
#[derive(Default)]
pub(super) struct Chosen {
    /// The key of the list; none where no row is selected.
    table: Option<&'static str>,
    revision: u64,
    rows: Vec<usize>,
    nodes: Vec<Node>,
}

impl Chosen {
    /// Takes in what is selected in a list that was drawn; `node` is asked only when that changed.
    pub(super) fn update(
        &mut self,
        table: &'static str,
        revision: u64,
        selected: Vec<usize>,
        node: impl Fn(usize) -> Option<Node>,
    ) {
        if self.table == Some(table) && self.revision == revision && self.rows == selected {
            return;
        }
        let nodes = selected.iter().filter_map(|row| node(*row)).collect();
        *self = Chosen { table: Some(table), revision, rows: selected, nodes };
    }

    /// Tells whether the rows are those of this list.
    pub(super) fn is_of(&self, table: &str) -> bool {
        self.table == Some(table)
    }

    /// Returns the nodes of the selected rows: the first, and the others.
    pub(super) fn nodes(&self) -> Option<(&Node, &[Node])> {
        self.nodes.split_first()
    }
}
