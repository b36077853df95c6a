//! Copying GPOs in the tree, and importing settings: what was copied, where it is pasted, and what is selected when it is done.

use egui::Context;

use super::super::command::Availability;
use super::super::copy_dialog::CopyDialog;
use super::super::copy_wizard::copy_wizard;
use super::super::import_wizard::import_wizard;
use super::super::tree::{Dropping, can_be_dragged};
use super::super::window::Window;
use super::super::{Face, ForestEntry, ForestId, Node, Place};
use super::{App, Dialog, Tree};
use crate::gpm::Gpo;
use crate::ident::{DnsName, Guid};

impl App {
    /// Remembers nodes that can be pasted somewhere; their names go to the clipboard.
    pub(super) fn remember_nodes(&mut self, ctx: &Context, nodes: Vec<Node>) {
        let can_be_copied = |node: &Node| {
            let forest = node.forest().and_then(|id| self.entry(id)).and_then(ForestEntry::open);
            node.place().is_some_and(|place| can_be_dragged(place) && forest.is_some_and(|open| open.exists(place)))
        };
        if nodes.is_empty() || !nodes.iter().all(can_be_copied) {
            return;
        }
        let names: Vec<String> = nodes.iter().map(|node| Face::of(node, self.shown()).label).collect();
        self.note = Some(match names.as_slice() {
            [only] => format!("{only} can be pasted where it could be dragged to"),
            several => format!("{} nodes can be pasted where they could be dragged to", several.len()),
        });
        // A list copies its rows as text by the same keys.
        if self.panes.rows().is_none() || ctx.memory(|memory| memory.has_focus(Tree::id())) {
            ctx.copy_text(names.join("\n"));
        }
        self.copied = nodes;
    }

    /// Does with what was copied, and a node, what dragging it there would do.
    pub(super) fn paste(&mut self, ctx: &Context, node: &Node) {
        let dropping = Dropping { shown: self.shown(), nodes: &self.copied, onto: node };
        match (dropping.availability(), dropping.command()) {
            (_, Some(command)) => self.carry_out(ctx, command),
            (Availability::Greyed(why), None) => self.note = Some(why.to_owned()),
            (Availability::Available | Availability::Absent, None) => {}
        }
    }

    /// Asks how a GPO is to be copied into the domain of a node: in a dialog within its domain, in a wizard into another.
    pub(super) fn copy_gpo(&mut self, ctx: &Context, source: &Node, to: &Node) {
        let Some((source_forest, gpo)) = self.gpo_of(source).map(|(id, gpo)| (id, gpo.clone())) else {
            self.note = Some("The GPO that was copied is no longer there".to_owned());
            return;
        };
        let Node::In(forest, Place::Gpos(domain)) = to else { return };
        let Some(target) = self.entry(*forest).and_then(ForestEntry::open) else { return };
        if target.info.read_only {
            self.note = Some("The forest is open read-only".to_owned());
            return;
        }
        let dialog: Box<dyn Window> = if source_forest == *forest && gpo.domain == *domain {
            Box::new(CopyDialog::new(*forest, gpo))
        } else {
            Box::new(copy_wizard(source_forest, gpo, *forest, domain.clone()))
        };
        self.show(ctx, Dialog::Window(dialog));
    }

    /// Opens the wizard that imports settings into a GPO.
    pub(super) fn show_import(&mut self, ctx: &Context, forest: ForestId, domain: DnsName, gpo: Guid) {
        let open = self.entry(forest).and_then(ForestEntry::open);
        let Some((open, known)) = open.and_then(|open| Some((open, open.snapshot.gpo(&domain, gpo)?))) else { return };
        let name = open.gpo_label(known);
        let wizard = import_wizard(forest, domain, (gpo, name), &self.settings);
        self.show(ctx, Dialog::Window(Box::new(wizard)));
    }

    /// Reads the forest of a node anew; the node is selected then.
    pub(super) fn show_changed(&mut self, node: Node) {
        if let Some(forest) = node.forest() {
            self.changed = Some(node);
            self.refresh(forest);
        }
    }

    /// Selects what an operation changed, once its forest was read anew.
    pub(super) fn select_changed(&mut self, forest: ForestId) {
        let is_of_forest = |node: &Node| node.forest() == Some(forest);
        if self.read_again.contains(&forest) {
            return;
        }
        let Some(node) = self.changed.take_if(|node| is_of_forest(node)) else { return };
        let place = node.place().cloned();
        let exists = self.entry(forest).and_then(ForestEntry::open).zip(place);
        if exists.is_some_and(|(forest, place)| forest.exists(&place)) {
            self.select(node);
        }
    }

    fn gpo_of(&self, node: &Node) -> Option<(ForestId, &Gpo)> {
        let id = node.forest()?;
        Some((id, self.entry(id)?.open()?.gpo(node.place()?)?))
    }
}
