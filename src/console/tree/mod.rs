//! The scope tree: draws the visible rows, takes the keyboard, tells screen readers what stands where.
//!
//! egui has no tree widget and gives no tree roles; this one is a single focusable widget whose rows are nodes of their own
//! in the accessibility tree (`console-ui.md` 12.2, 12.4). Only the rows in view are drawn.

mod drop;
mod filter;
mod rename;
mod rows;

use std::collections::HashSet;
use std::time::Duration;

use egui::accesskit::{Action, Role};
use egui::containers::scroll_area;
use egui::{
    Align, Align2, CursorIcon, Event, EventFilter, Id, Key, Modifiers, Popup, PopupAnchor, PopupKind, Rect, Response,
    ScrollArea, Sense, Shape, Stroke, TextEdit, TextStyle, Ui, UiBuilder, pos2, vec2,
};

use super::command::Availability;
use super::face::{Pending, is_pending};
use super::kit::accessible;
use super::theme::{self, ICON_SIZE, ROW_HEIGHT, SPACE, TREE_INDENT};
use super::{Command, Detail, Dragged, Face, ForestEntry, Icon, Lazy, Node, Place, Shown, icon};

pub use drop::{Dropping, can_be_dragged, takes_something};
pub use rows::{Children, Row, all_rows, visible_rows};

use filter::Search;
use rename::Renaming;

/// What the tree remembers between frames.
pub struct Tree {
    open: HashSet<Node>,
    rows: Vec<Row>,
    rows_are_stale: bool,
    filter: String,
    filter_changed: bool,
    /// The search for what was typed last, until it is through.
    search: Option<Search>,
    scroll_to_selected: bool,
    wants_focus: bool,
    wants_filter_focus: bool,
    typed: String,
    typed_at: f64,
    /// Where the selected node stands among the rows, for the node it was looked up for.
    selected_at: Option<(Node, Option<usize>)>,
    /// Whether the tree had the focus before the button of the mouse was pressed: pressing it takes the focus away for a moment.
    focused_before_press: bool,
    /// The node whose name is being edited.
    renaming: Option<Renaming>,
    /// When the selected label was clicked a second time: unless a double click follows, its name is edited.
    clicked_again: Option<(Node, f64)>,
    /// The node a context menu is open for, and where.
    menu: Option<(Node, PopupAnchor)>,
}

impl Default for Tree {
    fn default() -> Self {
        Tree {
            open: HashSet::from([Node::Root]),
            rows: Vec::new(),
            rows_are_stale: true,
            filter: String::new(),
            filter_changed: false,
            search: None,
            scroll_to_selected: false,
            wants_focus: true,
            wants_filter_focus: false,
            typed: String::new(),
            typed_at: 0.0,
            selected_at: None,
            focused_before_press: false,
            renaming: None,
            clicked_again: None,
            menu: None,
        }
    }
}

impl Tree {
    /// Returns the id of the widget that takes the keyboard.
    pub fn id() -> Id {
        Id::unique("scope tree")
    }

    /// Tells whether a search for what was typed into the filter is still under way.
    pub fn is_searching(&self) -> bool {
        self.search.is_some()
    }

    /// To be called when a forest was added, removed or read anew, or a detail the tree shows came in.
    pub fn forests_changed(&mut self) {
        self.rows_are_stale = true;
    }

    /// Opens every node above one and brings it into view.
    pub fn reveal(&mut self, node: &Node) {
        let mut above = node.parent();
        while let Some(parent) = above {
            above = parent.parent();
            self.rows_are_stale |= self.open.insert(parent);
        }
        if !self.filter.is_empty() {
            self.filter.clear();
            self.rows_are_stale = true;
        }
        self.scroll_to_selected = true;
    }

    /// Returns the nodes that are open.
    pub fn open_nodes(&self) -> impl Iterator<Item = &Node> {
        self.open.iter()
    }

    /// Opens a node.
    pub fn open(&mut self, node: Node) {
        self.rows_are_stale |= self.open.insert(node);
    }

    /// Opens a node and everything below it.
    pub fn expand_all(&mut self, node: &Node, shown: Shown<'_>) {
        let everything = all_rows(shown);
        let nodes = everything.iter().filter(|row| row.children != Children::None).map(|row| (row, row.node(shown)));
        let mut depth_of_node = None;
        for (row, candidate) in nodes {
            if depth_of_node.is_some_and(|depth| row.depth <= depth) {
                break;
            }
            if candidate == *node {
                depth_of_node = Some(row.depth);
            }
            if depth_of_node.is_some() {
                self.open.insert(candidate);
            }
        }
        self.rows_are_stale = true;
    }

    /// Closes a node and everything below it.
    pub fn collapse_all(&mut self, node: &Node) {
        self.open.retain(|candidate| {
            let mut above = Some(candidate.clone());
            while let Some(current) = above {
                if current == *node {
                    return false;
                }
                above = current.parent();
            }
            true
        });
        self.rows_are_stale = true;
    }

    /// Moves the keyboard focus into the tree with the next frame.
    pub fn request_focus(&mut self) {
        self.wants_focus = true;
        self.scroll_to_selected = true;
    }

    /// Moves the keyboard focus into the filter field with the next frame.
    pub fn request_filter_focus(&mut self) {
        self.wants_filter_focus = true;
    }

    /// Draws the tree. `menu_ui` draws the context menu of a node.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        shown: Shown<'_>,
        selected: &Node,
        commands: &mut Vec<Command>,
        menu_ui: &mut dyn FnMut(&mut Ui, &Node, &mut Vec<Command>),
    ) {
        self.filter_ui(ui);
        self.update_rows(ui, shown, commands);
        let frame = egui::Frame::new().fill(theme::tokens(ui).sunken);
        frame.show(ui, |ui| self.list_ui(ui, shown, selected, commands));
        self.settle_second_click(ui, selected, commands);
        self.context_menu_ui(ui, commands, menu_ui);
    }

    fn update_rows(&mut self, ui: &Ui, shown: Shown<'_>, commands: &mut Vec<Command>) {
        let filter = self.filter.trim();
        let typed = std::mem::take(&mut self.filter_changed);
        if std::mem::take(&mut self.rows_are_stale) || (typed && filter.is_empty()) {
            self.search = None;
            self.selected_at = None;
            self.rows = match filter {
                "" => visible_rows(shown, &self.open),
                // At once: the rows before may stand for places that are no more.
                filter => Search::new(shown, filter).advance(shown, Duration::MAX).unwrap_or_default(),
            };
            self.fetch_what_is_open(shown, commands);
        } else if typed {
            self.search = Some(Search::new(shown, filter));
        }
        let Some(search) = &mut self.search else { return };
        if let Some(rows) = search.advance(shown, filter::FRAME_BUDGET) {
            self.search = None;
            self.selected_at = None;
            self.rows = rows;
        }
        // To go on, or to take the mark away.
        ui.ctx().request_repaint();
    }

    fn filter_ui(&mut self, ui: &mut Ui) {
        egui::Frame::new().inner_margin(egui::Margin::symmetric(6, 5)).show(ui, |ui| {
            let edit = TextEdit::singleline(&mut self.filter)
                .hint_text("Filter the tree")
                .desired_width(f32::INFINITY)
                .id(Id::unique("scope tree filter"));
            let response = ui.add(edit);
            ui.ctx().accesskit_node_builder(response.id, |node| node.set_label("Filter the scope tree"));
            if std::mem::take(&mut self.wants_filter_focus) {
                response.request_focus();
            }
            if response.has_focus() && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::ArrowDown)) {
                self.wants_focus = true;
            }
            if response.lost_focus() && ui.input(|input| input.key_pressed(Key::Escape)) && !self.filter.is_empty() {
                self.filter.clear();
                self.rows_are_stale = true;
                self.scroll_to_selected = true;
            }
            self.filter_changed |= response.changed();
            if self.is_searching() {
                searching_ui(ui, response.rect);
            }
        });
    }

    fn list_ui(&mut self, ui: &mut Ui, shown: Shown<'_>, selected: &Node, commands: &mut Vec<Command>) {
        let tree_id = Tree::id();
        let selected_index = self.selected_index(shown, selected);
        let area = ui.available_rect_before_wrap();
        let tree = ui.interact(area, tree_id, Sense::FOCUSABLE);
        if std::mem::take(&mut self.wants_focus) {
            tree.request_focus();
        }
        let focused = tree.has_focus();
        if !ui.input(|input| input.pointer.any_down() || input.pointer.any_released()) {
            self.focused_before_press = focused;
        }
        if focused {
            let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, escape: false, tab: false };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(tree_id, filter));
            let page = ((area.height() / ROW_HEIGHT).floor() as usize).saturating_sub(1).max(1);
            self.keyboard(ui, shown, selected_index, page, commands);
        }
        ui.ctx().accesskit_node_builder(tree_id, |node| {
            node.set_role(Role::Tree);
            node.set_label("Scope tree");
            if let Some(index) = selected_index {
                node.set_active_descendant(row_id(&self.rows[index].node(shown)).accesskit_id());
            }
        });

        let builder = UiBuilder::new().accessibility_parent(tree_id);
        ui.scope_builder(builder, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            let mut scroll = ScrollArea::both().id_salt("scope tree rows").auto_shrink(false);
            if std::mem::take(&mut self.scroll_to_selected)
                && let Some(index) = selected_index
            {
                scroll = scroll_to_row(ui, scroll, index, area.height());
            }
            scroll.show_rows(ui, ROW_HEIGHT, self.rows.len(), |ui, range| {
                for index in range {
                    let row = self.rows[index];
                    let node = row.node(shown);
                    self.row_ui(ui, &row, node, shown, selected, focused, tree_id, commands);
                }
            });
        });
    }

    #[allow(clippy::too_many_arguments)]
    fn row_ui(
        &mut self,
        ui: &mut Ui,
        row: &Row,
        node: Node,
        shown: Shown<'_>,
        selected: &Node,
        tree_focused: bool,
        tree_id: Id,
        commands: &mut Vec<Command>,
    ) {
        let tokens = theme::tokens(ui);
        let face = Face::of(&node, shown);
        let galley = ui.painter().layout_no_wrap(
            face.label.clone(),
            TextStyle::Body.resolve(ui.style()),
            if face.icon.dimmed { tokens.text_weak } else { tokens.text },
        );
        let indent = SPACE + f32::from(row.depth) * TREE_INDENT;
        let order = face.link_order.map(|order| {
            ui.painter().layout_no_wrap(order.to_string(), TextStyle::Small.resolve(ui.style()), tokens.text_weak)
        });
        let order_width = order.as_ref().map_or(0.0, |galley| galley.size().x + 2.0 * SPACE);
        let content_width =
            indent + TREE_INDENT + ICON_SIZE + 3.0 * SPACE + galley.size().x + order_width + 2.0 * SPACE;
        let (_, rect) = ui.allocate_space(vec2(content_width.max(ui.available_width()), ROW_HEIGHT));
        let is_movable = node.place().is_some_and(can_be_dragged);
        let sense = if is_movable { Sense::CLICK | Sense::DRAG } else { Sense::CLICK };
        let response = ui.interact(rect, row_id(&node), sense);
        let edited = self.renaming.as_ref().is_some_and(|renaming| renaming.node == node);
        let is_drop_place = drag_ui(&response, &node, &face.label, shown, commands);
        let is_selected = node == *selected;
        accessibility(ui, &response, row, &face, is_selected);

        let painter = ui.painter();
        if is_selected {
            let fill = if tree_focused { tokens.selection } else { tokens.selection_unfocused };
            painter.rect_filled(rect, 0.0, fill);
            if tree_focused {
                painter.rect_stroke(rect, 0.0, Stroke::new(1.0, tokens.focus), egui::StrokeKind::Inside);
            }
        } else if response.hovered() || is_drop_place {
            painter.rect_filled(rect, 0.0, tokens.hover);
        }
        if is_drop_place {
            painter.rect_stroke(rect.shrink(1.0), 0.0, Stroke::new(2.0, tokens.focus), egui::StrokeKind::Inside);
        }
        let triangle = Rect::from_min_size(pos2(rect.left() + indent, rect.top()), vec2(TREE_INDENT, ROW_HEIGHT));
        if row.children != Children::None {
            paint_triangle(ui, triangle.center(), row.children == Children::Open);
        }
        let icon_left = Rect::from_min_max(pos2(triangle.right() + 2.0, rect.top()), rect.max);
        let icon_rect = icon::icon_rect(icon_left, ICON_SIZE);
        if face.icon.icon == Icon::Waiting {
            egui::Spinner::new().paint_at(ui, icon_rect);
        } else {
            face.icon.paint(painter, icon_rect, tokens);
        }
        let text_at = pos2(icon_left.left() + ICON_SIZE + 1.5 * SPACE, rect.center().y - galley.size().y / 2.0);
        let text_right = text_at.x + galley.size().x;
        if !edited {
            painter.galley(text_at, galley, tokens.text);
        }
        if let Some(order) = order.filter(|_| !edited) {
            let at = pos2(text_right + 2.0 * SPACE, rect.center().y - order.size().y / 2.0);
            painter.galley(at, order, tokens.text_weak);
        }

        if edited {
            let field = Rect::from_min_max(pos2(text_at.x - SPACE, rect.top()), pos2(text_right + 40.0, rect.bottom()));
            return self.rename_ui(ui, field, &face.label, tree_id, commands);
        }
        let on_triangle = |response: &Response| {
            row.children != Children::None
                && response.interact_pointer_pos().is_some_and(|pointer| triangle.contains(pointer))
        };
        if response.clicked() || response.secondary_clicked() {
            ui.memory_mut(|memory| memory.request_focus(tree_id));
            if response.clicked() && on_triangle(&response) {
                self.toggle(&node);
            } else if !is_selected {
                commands.push(Command::Select(node.clone()));
            } else if response.clicked() && self.focused_before_press && !response.double_clicked() {
                self.clicked_again = Some((node.clone(), ui.input(|input| input.time)));
            }
        }
        if response.double_clicked() || response.drag_started() {
            self.clicked_again = None;
        }
        if response.clicked() {
            commands.extend(read_again(&node, shown));
        }
        if response.double_clicked() && row.children != Children::None && !on_triangle(&response) {
            self.toggle(&node);
        }
        if response.secondary_clicked() {
            let at = response.interact_pointer_pos().unwrap_or(rect.left_bottom());
            self.menu = Some((node.clone(), PopupAnchor::Position(at)));
            Popup::open_id(ui.ctx(), menu_id());
        }
        if self.menu.is_none() && !face.states.is_empty() {
            response.on_hover_text(face.states.join("\n"));
        }
    }

    /// Looks the selected node up among the rows, once per change of either.
    fn selected_index(&mut self, shown: Shown<'_>, selected: &Node) -> Option<usize> {
        if let Some((node, index)) = &self.selected_at
            && node == selected
        {
            return *index;
        }
        let index = self.rows.iter().position(|row| row.node(shown) == *selected);
        self.selected_at = Some((selected.clone(), index));
        index
    }

    fn toggle(&mut self, node: &Node) {
        if !self.open.remove(node) {
            self.open.insert(node.clone());
        }
        self.rows_are_stale = true;
    }

    fn keyboard(
        &mut self,
        ui: &Ui,
        shown: Shown<'_>,
        selected: Option<usize>,
        page: usize,
        commands: &mut Vec<Command>,
    ) {
        if self.rows.is_empty() || Popup::is_any_open(ui.ctx()) {
            return;
        }
        let last = self.rows.len() - 1;
        let events = ui.input(|input| input.events.clone());
        let mut current = selected;
        for event in events {
            let here = current.unwrap_or(0);
            let row = self.rows[here.min(last)];
            let target = match &event {
                Event::Key { key, pressed: true, modifiers, .. } if modifiers.is_none() => match key {
                    Key::ArrowDown => Some(current.map_or(0, |index| index + 1)),
                    Key::ArrowUp => Some(here.saturating_sub(1)),
                    Key::Home => Some(0),
                    Key::End => Some(last),
                    Key::PageDown => Some(here + page),
                    Key::PageUp => Some(here.saturating_sub(page)),
                    Key::ArrowRight if row.children == Children::Closed => {
                        self.toggle(&row.node(shown));
                        None
                    }
                    Key::ArrowRight if row.children == Children::Open => Some(here + 1),
                    Key::ArrowLeft if row.children == Children::Open && self.filter.is_empty() => {
                        self.toggle(&row.node(shown));
                        None
                    }
                    Key::ArrowLeft => self.rows[..here].iter().rposition(|above| above.depth < row.depth),
                    Key::Enter if row.children != Children::None => {
                        self.toggle(&row.node(shown));
                        None
                    }
                    Key::Enter => {
                        commands.extend(read_again(&row.node(shown), shown));
                        None
                    }
                    Key::Menu => {
                        self.open_menu(ui, row.node(shown));
                        None
                    }
                    Key::Backspace => {
                        commands.push(Command::Up);
                        None
                    }
                    _ => None,
                },
                Event::Key { key: Key::F10, pressed: true, modifiers, .. } if modifiers.shift => {
                    self.open_menu(ui, row.node(shown));
                    None
                }
                Event::Text(text) => match text.as_str() {
                    "+" if self.typed.is_empty() => {
                        self.open(row.node(shown));
                        None
                    }
                    "-" if self.typed.is_empty() => {
                        self.rows_are_stale |= self.open.remove(&row.node(shown));
                        None
                    }
                    "*" => {
                        commands.push(Command::ExpandAll(row.node(shown)));
                        None
                    }
                    text => self.type_ahead(ui, shown, text, here),
                },
                _ => None,
            };
            if let Some(target) = target {
                let target = target.min(last);
                if Some(target) != current {
                    current = Some(target);
                    self.scroll_to_selected = true;
                }
            }
        }
        if let Some(index) = current.filter(|_| current != selected) {
            commands.push(Command::Select(self.rows[index].node(shown)));
        }
    }

    /// Returns the next row whose label begins with what was typed within the last second.
    fn type_ahead(&mut self, ui: &Ui, shown: Shown<'_>, text: &str, here: usize) -> Option<usize> {
        const FORGET_AFTER_SECONDS: f64 = 1.0;
        let now = ui.input(|input| input.time);
        if now - self.typed_at > FORGET_AFTER_SECONDS {
            self.typed.clear();
        }
        self.typed_at = now;
        // The first letter moves on; further letters may stay where they are.
        let from = if self.typed.is_empty() { here + 1 } else { here };
        self.typed.push_str(&text.to_lowercase());
        let count = self.rows.len();
        (0..count).map(|step| (from + step) % count).find(|&index| {
            let label = Face::of(&self.rows[index].node(shown), shown).label.to_lowercase();
            label.starts_with(&self.typed)
        })
    }

    fn open_menu(&mut self, ui: &Ui, node: Node) {
        let anchor = ui.ctx().read_response(row_id(&node)).map_or_else(
            || PopupAnchor::Position(ui.max_rect().left_top()),
            |response| PopupAnchor::Position(response.rect.left_bottom() + vec2(4.0 * SPACE, 0.0)),
        );
        self.menu = Some((node, anchor));
        Popup::open_id(ui.ctx(), menu_id());
    }

    fn context_menu_ui(
        &mut self,
        ui: &Ui,
        commands: &mut Vec<Command>,
        menu_ui: &mut dyn FnMut(&mut Ui, &Node, &mut Vec<Command>),
    ) {
        let Some((node, anchor)) = self.menu.clone() else { return };
        if !Popup::is_id_open(ui.ctx(), menu_id()) {
            self.menu = None;
            self.wants_focus = true;
            return;
        }
        Popup::new(menu_id(), ui.ctx().clone(), anchor, ui.layer_id())
            .kind(PopupKind::Menu)
            .accessible_name("Context menu")
            .layout(egui::Layout::top_down_justified(Align::Min))
            .style(egui::containers::menu::menu_style)
            .gap(0.0)
            .open_memory(None)
            .show(|ui| menu_ui(ui, &node, commands));
    }

    /// Asks for the starter GPOs of every domain whose node is open.
    fn fetch_what_is_open(&self, shown: Shown<'_>, commands: &mut Vec<Command>) {
        for forest in shown.forests.iter().filter_map(ForestEntry::open) {
            for domain in &forest.snapshot.domains {
                let node = Node::In(forest.id, Place::StarterGpos(domain.name.clone()));
                let unknown = matches!(forest.details.starter_gpos(&domain.name), Lazy::Unknown);
                if unknown && self.open.contains(&node) {
                    commands.push(Command::Fetch(forest.id, Detail::StarterGpos(domain.name.clone())));
                }
            }
        }
    }
}

/// Scrolls so that a row is in view: into the middle if it is far away, not at all if it is in view already.
fn scroll_to_row(ui: &Ui, scroll: ScrollArea, index: usize, height: f32) -> ScrollArea {
    let top = index as f32 * ROW_HEIGHT;
    let id = ui.make_persistent_id(egui::IdSalt::new("scope tree rows"));
    let offset = scroll_area::State::load(ui.ctx(), id).map_or(0.0, |state| state.clamped_offset().y);
    // The bar at the bottom may cover the last row.
    let bottom = offset + height - 2.0 * ROW_HEIGHT;
    if top < offset {
        let target = if offset - top > height { top - height / 2.0 } else { top };
        scroll.vertical_scroll_offset(target.max(0.0))
    } else if top > bottom {
        let target = if top - bottom > height { top - height / 2.0 } else { top - (height - 2.0 * ROW_HEIGHT) };
        scroll.vertical_scroll_offset(target.max(0.0))
    } else {
        scroll
    }
}

/// Draws the sign that the tree is being searched, at the end of the filter field.
fn searching_ui(ui: &mut Ui, field: Rect) {
    const TEXT: &str = "Searching…";
    let tokens = theme::tokens(ui);
    let galley = ui.painter().layout_no_wrap(TEXT.to_owned(), TextStyle::Small.resolve(ui.style()), tokens.text_weak);
    let place = Align2::RIGHT_CENTER.align_size_within_rect(galley.size(), field.shrink(SPACE));
    // Above the end of what was typed, where that is long.
    ui.painter().rect_filled(place.expand(2.0), 0.0, ui.visuals().text_edit_bg_color());
    ui.painter().galley(place.min, galley, tokens.text_weak);
    let response = ui.interact(place, Id::unique("scope tree searching"), Sense::hover());
    accessible::describe(&response, Role::Status, TEXT);
}

/// Lets a node be dragged, and takes what the rules let be dropped on it. Tells whether what is dragged would be dropped on this row.
fn drag_ui(response: &Response, node: &Node, label: &str, shown: Shown<'_>, commands: &mut Vec<Command>) -> bool {
    if response.drag_started() {
        response.dnd_set_drag_payload(Dragged { nodes: vec![node.clone()], label: label.to_owned(), rows: None });
    }
    if let Some(dragged) = response.dnd_release_payload::<Dragged>() {
        commands.extend(Dropping { shown, nodes: &dragged.nodes, onto: node }.command());
        return false;
    }
    let Some(dragged) = response.dnd_hover_payload::<Dragged>() else { return false };
    let is_taken = Dropping { shown, nodes: &dragged.nodes, onto: node }.availability() == Availability::Available;
    if is_taken {
        response.ctx.set_cursor_icon(CursorIcon::Copy);
    }
    is_taken
}

/// Returns the command that reads what could not be read, for the row that stands in its place.
fn read_again(node: &Node, shown: Shown<'_>) -> Option<Command> {
    let Node::Pending(of) = node else { return None };
    let (Node::In(id, place), Some(Pending::Failed)) = (&**of, is_pending(of, shown)) else { return None };
    Some(match place {
        Place::StarterGpos(domain) => Command::RetryStarterGpos(*id, domain.clone()),
        Place::Domain(_) => Command::Refresh(*id),
        _ => Command::Retry(*id),
    })
}

fn row_id(node: &Node) -> Id {
    Id::unique(("scope tree row", node))
}

fn menu_id() -> Id {
    Id::unique("scope tree context menu")
}

fn accessibility(ui: &Ui, response: &Response, row: &Row, face: &Face, selected: bool) {
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_role(Role::TreeItem);
        node.set_label(face.label.as_str());
        if !face.states.is_empty() {
            node.set_description(face.states.join(", "));
        }
        node.set_level(usize::from(row.depth));
        node.set_position_in_set(row.position as usize);
        node.set_size_of_set(row.siblings as usize);
        node.set_selected(selected);
        node.add_action(Action::Click);
        let rect = response.rect;
        node.set_bounds(egui::accesskit::Rect {
            x0: rect.min.x.into(),
            y0: rect.min.y.into(),
            x1: rect.max.x.into(),
            y1: rect.max.y.into(),
        });
        match row.children {
            Children::None => {}
            Children::Closed => node.set_expanded(false),
            Children::Open => node.set_expanded(true),
        }
    });
}

fn paint_triangle(ui: &Ui, center: egui::Pos2, open: bool) {
    let points = match open {
        true => vec![center + vec2(-3.5, -1.8), center + vec2(3.5, -1.8), center + vec2(0.0, 2.2)],
        false => vec![center + vec2(-1.8, -3.5), center + vec2(2.2, 0.0), center + vec2(-1.8, 3.5)],
    };
    ui.painter().add(Shape::convex_polygon(points, theme::tokens(ui).text_weak, Stroke::NONE));
}
