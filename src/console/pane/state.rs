//! What the panes remember between frames, and the view a pane is drawn with.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;

use egui::{Id, Ui};

use super::PaneContext;
use super::chosen::Chosen;
use super::gpo::CommentDrafts;
use crate::console::kit::data_table::{DataTable, TableResponse, TableState, row_id};
use crate::console::kit::document_view::DocumentView;
use crate::console::kit::save_dialog::SaveDialog;
use crate::console::kit::tab_bar::{self, tab_bar_ui};
use crate::console::{Command, Detail, Lazy, Node, OpenForest, Place, ReportOf, bars};
use crate::gpm::{PermissionType, SecurityInfo};
use crate::ident::{DnsName, Sid};

/// What the panes remember between frames: open tabs, sorting, filters, selections.
#[derive(Default)]
pub struct PaneState {
    focus_wanted: bool,
    /// The rows that commands act on, while [`PaneState::acts_on_rows`].
    chosen: Chosen,
    acts_on_rows: bool,
    /// Whether the list in view is to be written to a file.
    export_wanted: bool,
    /// Whether a list was drawn in the last frame, and in this one so far.
    has_list: bool,
    list_was_drawn: bool,
    /// How many rows the first list shows, and how many are selected.
    counts: Option<(usize, usize)>,
    tab_stop: Option<Id>,
    table_stop: Option<Id>,
    node: Option<Node>,
    tables: HashMap<&'static str, TableState>,
    tabs: HashMap<&'static str, &'static str>,
    asked: HashSet<u64>,
    /// Questions that were put, and are not put again.
    questions: HashSet<u64>,
    /// Which links the Scope tab lists.
    pub(super) link_location: LinkLocation,
    /// The comments of GPOs that are being edited.
    pub(super) comments: CommentDrafts,
    /// Which permission the Delegation tab of a domain or OU lists.
    pub(super) som_permission: SomPermission,
    pub(super) security: Option<(u64, Arc<Result<SecurityInfo, String>>)>,
    /// The report in view.
    pub(super) document: Option<Box<DocumentView>>,
    /// The report that the view waits for in this frame.
    pub(super) report_awaited: Option<ReportOf>,
    /// Whether a report was drawn in this frame.
    pub(super) document_was_drawn: bool,
    pub(super) find_wanted: bool,
    /// Whether the settings that come of the links of a domain or OU are shown.
    pub(super) shows_som_settings: bool,
    /// The tab Policy Events.
    pub(super) events: super::policy_events::EventsTab,
    /// The dialog that saves a status.
    pub(super) status_save: Option<SaveDialog>,
}

/// "Display links in this location" of the Scope tab.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum LinkLocation {
    /// The GPO's own domain.
    #[default]
    OwnDomain,
    /// Another domain of the forest.
    Domain(DnsName),
    AllSites,
    EntireForest,
}

/// "Permission" of the Delegation tab of a domain or OU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SomPermission(pub(super) PermissionType);

impl Default for SomPermission {
    fn default() -> Self {
        SomPermission(PermissionType::SomLink)
    }
}

/// Where a row leads: the words of the menu, and the place.
pub(super) type Way<'w, R> = (&'w str, &'w dyn Fn(&R) -> Option<Place>);

impl PaneState {
    /// Moves the keyboard focus into the pane with the next frame.
    pub fn request_focus(&mut self) {
        self.focus_wanted = true;
    }

    /// Moves the focus into the field that finds text in the report, if there is a report in view.
    pub fn request_find(&mut self) -> bool {
        self.find_wanted = self.document_was_drawn;
        self.find_wanted
    }

    /// Asks the list in view to be written to a file: the one with the focus, else the first.
    pub fn request_export(&mut self) {
        self.export_wanted = self.has_list;
    }

    /// Returns the report that the view waited for in the last frame, once.
    pub fn take_report_awaited(&mut self) -> Option<ReportOf> {
        self.report_awaited.take()
    }

    /// Tells whether there is a list in view.
    pub fn has_list(&self) -> bool {
        self.has_list
    }

    /// Returns how many rows the list in view shows, and how many of them are selected; none where there is no list.
    pub fn counts(&self) -> Option<(usize, usize)> {
        self.counts
    }

    /// Says that commands act on the node selected in the tree again: the tree has the focus.
    pub fn act_on_tree(&mut self) {
        self.acts_on_rows = false;
    }

    /// Returns the nodes that commands act on: those of the selected rows, else the one selected in the tree.
    pub fn target<'a>(&'a self, selected: &'a Node) -> (&'a Node, &'a [Node]) {
        self.rows().unwrap_or((selected, &[]))
    }

    /// Returns the nodes of the selected rows, where commands act on these.
    pub fn rows(&self) -> Option<(&Node, &[Node])> {
        self.chosen.nodes().filter(|_| self.acts_on_rows)
    }

    /// Tells whether a table of the pane is still being filtered or sorted.
    pub fn is_working(&self) -> bool {
        self.tables.values().any(TableState::is_working)
    }

    /// Begins a frame: what belongs to another node is forgotten. Open tabs stay, so that one can walk through GPOs.
    pub(super) fn begin(&mut self, node: &Node) {
        self.tab_stop = None;
        self.table_stop = None;
        self.counts = None;
        self.document_was_drawn = false;
        if self.node.as_ref() != Some(node) {
            self.node = Some(node.clone());
            self.tables.clear();
            self.chosen = Chosen::default();
            self.acts_on_rows = false;
            self.asked.clear();
            self.security = None;
            self.document = None;
            self.link_location = LinkLocation::OwnDomain;
        }
    }

    /// Ends a frame: gives the focus to the first table of the pane, else to its tabs, if it was asked for.
    pub(super) fn end(&mut self, ui: &Ui) {
        self.has_list = std::mem::take(&mut self.list_was_drawn);
        self.export_wanted = false;
        if let Some(stop) = self.table_stop.or(self.tab_stop).filter(|_| self.focus_wanted) {
            self.focus_wanted = false;
            ui.memory_mut(|memory| memory.request_focus(stop));
        }
    }

    /// Returns the selected rows of a table of the pane, by its key.
    pub(super) fn selected_rows(&self, key: &str) -> Vec<usize> {
        self.tables.get(key).map(TableState::selected).unwrap_or_default()
    }

    /// Says what of the pane takes the focus, where that is no table.
    pub(super) fn set_stop(&mut self, id: Id) {
        self.table_stop.get_or_insert(id);
    }

    /// Draws tabs and returns the title of the open one; it is remembered per group.
    pub(super) fn tabs_ui(&mut self, ui: &mut Ui, group: &'static str, titles: &[&'static str]) -> &'static str {
        let remembered = self.tabs.get(group).copied().unwrap_or_default();
        let open = titles.iter().position(|&title| title == remembered).unwrap_or(0);
        let open = tab_bar_ui(ui, group, titles, open);
        let title = titles.get(open).copied().unwrap_or_default();
        self.tab_stop = Some(tab_bar::tab_id(group, title));
        if title != remembered {
            self.tabs.insert(group, title);
        }
        ui.add_space(6.0);
        title
    }

    /// Opens a tab of a group, for the next frame.
    pub fn open_tab(&mut self, group: &'static str, title: &'static str) {
        self.tabs.insert(group, title);
    }

    /// Tells whether a question was put already.
    pub(super) fn was_asked(&self, question: u64) -> bool {
        self.questions.contains(&question)
    }

    /// Remembers that a question was put.
    pub(super) fn remember_asked(&mut self, question: u64) {
        self.questions.insert(question);
    }

    /// Returns which rows of a table are selected, as indices into the rows last drawn.
    pub(super) fn selected(&self, key: &str) -> Vec<usize> {
        self.tables.get(key).map(TableState::selected).unwrap_or_default()
    }

    /// Tells whether all rows of a table stand in the upward order of a column.
    pub(super) fn is_in_order_of(&self, table: &str, column: &str) -> bool {
        self.tables.get(table).is_some_and(|state| state.is_in_order_of(column))
    }

    /// Draws a table with the state remembered under its key.
    pub(super) fn table_ui<'a, R>(
        &mut self,
        ui: &mut Ui,
        table: DataTable<'a, R>,
        rows: &'a [R],
        menu: impl FnMut(&mut Ui, &[usize]),
    ) -> TableResponse {
        let is_first = self.table_stop.is_none();
        self.table_stop.get_or_insert(table.focus_id());
        self.list_was_drawn = true;
        let state = self.tables.entry(table.key()).or_default();
        if self.export_wanted && (ui.memory(|memory| memory.has_focus(table.focus_id())) || is_first) {
            state.request_export();
            self.export_wanted = false;
        }
        let response = table.ui_with_menu(ui, state, rows, menu);
        self.counts.get_or_insert_with(|| state.counts());
        response
    }

    /// Draws a table whose rows stand for nodes: commands act on the selected ones, and stand in the context menu below what
    /// `menu` adds.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn nodes_table_ui<'a, R>(
        &mut self,
        ui: &mut Ui,
        context: &PaneContext<'_>,
        table: DataTable<'a, R>,
        rows: &'a [R],
        node: &dyn Fn(&R) -> Option<Node>,
        commands: &mut Vec<Command>,
        mut menu: impl FnMut(&mut Ui, &[usize], &mut Vec<Command>),
    ) -> TableResponse {
        let (key, id, revision) = (table.key(), table.focus_id(), table.revision_number());
        let response = self.table_ui(ui, table, rows, |ui, selected| {
            menu(ui, selected, commands);
            let nodes: Vec<Node> = selected.iter().filter_map(|row| node(rows.get(*row)?)).collect();
            if let Some((first, more)) = nodes.split_first() {
                bars::row_menu_ui(ui, &context.commands_of(first, more), commands);
            }
        });
        let has_focus = ui.memory(|memory| memory.has_focus(id));
        self.acts_on_rows |= has_focus;
        if let Some(state) = self.tables.get(key).filter(|_| has_focus || self.chosen.is_of(key)) {
            self.chosen.update(key, revision, state.selected(), |row| node(rows.get(row)?));
        }
        response
    }
}

/// A pane while it is drawn: the forest it shows, what it remembers, what it asks for.
pub(super) struct View<'a> {
    pub(super) context: &'a PaneContext<'a>,
    pub(super) forest: &'a OpenForest,
    pub(super) state: &'a mut PaneState,
    pub(super) commands: &'a mut Vec<Command>,
}

impl View<'_> {
    /// Returns a number that changes whenever the forest, or what was fetched of it, changes.
    pub(super) fn revision(&self) -> u64 {
        let details = &self.forest.details;
        let settled = |count: usize, loading: usize| count - loading;
        let names = details.trustees.values().filter(|trustee| matches!(trustee, Lazy::Loading)).count();
        let halves = details.sysvol.values().filter(|state| matches!(state, Lazy::Loading)).count();
        let starters = details.starter_gpos.values().filter(|starters| matches!(starters, Lazy::Loading)).count();
        row_id((
            Arc::as_ptr(&self.forest.snapshot) as usize,
            settled(details.trustees.len(), names),
            settled(details.sysvol.len(), halves),
            settled(details.starter_gpos.len(), starters),
        ))
    }

    /// Asks for a detail, once per visit of the node and state of the forest.
    pub(super) fn fetch(&mut self, detail: Detail) {
        let key = row_id((Arc::as_ptr(&self.forest.snapshot) as usize, format!("{detail:?}")));
        if self.state.asked.insert(key) {
            self.commands.push(Command::Fetch(self.forest.id, detail));
        }
    }

    /// Asks for the names behind SIDs, once per state of the forest and `what` they are needed for.
    pub(super) fn fetch_trustees(&mut self, what: impl Hash, sids: impl Iterator<Item = Sid>) {
        let key = row_id((Arc::as_ptr(&self.forest.snapshot) as usize, "trustees", row_id(what)));
        if !self.state.asked.insert(key) {
            return;
        }
        let mut unknown: Vec<Sid> = sids.filter(|sid| self.forest.details.trustee(sid).is_unknown()).collect();
        unknown.sort();
        unknown.dedup();
        if !unknown.is_empty() {
            self.commands.push(Command::Fetch(self.forest.id, Detail::Trustees(unknown)));
        }
    }

    /// Returns why nothing of the forest can be changed; none where it can.
    pub(super) fn why_not_changed(&self) -> Option<&'static str> {
        self.forest.info.read_only.then_some("The forest is open read-only.")
    }

    /// Draws a button for something that changes the forest; greyed, with the reason, where that cannot be. Tells whether it was pressed.
    pub(super) fn change_button_ui(&self, ui: &mut Ui, text: &str, why_not: Option<&'static str>) -> bool {
        let why_not = self.why_not_changed().or(why_not);
        let button = ui.add_enabled(why_not.is_none(), egui::Button::new(text));
        button.on_disabled_hover_text(why_not.unwrap_or_default()).clicked()
    }

    /// Goes to a place of the same forest.
    pub(super) fn go_to(&mut self, place: Place) {
        self.commands.push(Command::Select(Node::In(self.forest.id, place)));
    }

    /// Draws tabs and returns the title of the open one.
    pub(super) fn tabs_ui(&mut self, ui: &mut Ui, group: &'static str, titles: &[&'static str]) -> &'static str {
        self.state.tabs_ui(ui, group, titles)
    }

    /// Draws a table whose rows stand for no nodes but lead to places: by double click, by Enter, and by the context menu.
    pub(super) fn table_ui<'a, R>(&mut self, ui: &mut Ui, table: DataTable<'a, R>, rows: &'a [R], ways: &[Way<'_, R>]) {
        self.table_of_nodes_ui(ui, table, rows, &|_| None, ways);
    }

    /// Draws a table whose rows stand for places of the forest, and lead to places: by double click, by Enter, and by the
    /// context menu. Commands act on the places of the selected rows.
    pub(super) fn table_of_nodes_ui<'a, R>(
        &mut self,
        ui: &mut Ui,
        table: DataTable<'a, R>,
        rows: &'a [R],
        place: &dyn Fn(&R) -> Option<Place>,
        ways: &[Way<'_, R>],
    ) -> TableResponse {
        let forest = self.forest.id;
        let node = |row: &R| place(row).map(|place| Node::In(forest, place));
        let response =
            self.state.nodes_table_ui(ui, self.context, table, rows, &node, self.commands, |ui, selected, commands| {
                let [row] = selected else { return };
                for (text, way) in ways {
                    if let Some(place) = rows.get(*row).and_then(way)
                        && ui.button(*text).clicked()
                    {
                        commands.push(Command::Select(Node::In(forest, place)));
                    }
                }
            });
        if let (Some(row), Some((_, way))) = (response.activated, ways.first())
            && let Some(place) = rows.get(row).and_then(way)
        {
            self.go_to(place);
        }
        response
    }
}
