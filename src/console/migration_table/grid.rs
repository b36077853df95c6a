//! The grid of the editor: three cells a row, edited where they stand, and what was found wrong with the row.
//!
//! Only the rows in view are drawn. In a cell the arrow keys up and down go to the next row; in the narrow cell at the left they
//! move the selection, and Delete, cut, copy and paste speak of whole rows.

use egui::accesskit::Role;
use egui::containers::menu::MenuButton;
use egui::{
    Align2, Button, ComboBox, Event, EventFilter, Frame, Id, Key, Margin, Modifiers, Popup, Rect, Response, ScrollArea,
    Sense, Stroke, StrokeKind, TextEdit, TextStyle, Ui, UiBuilder, pos2, vec2,
};

use crate::console::kit::accessible;
use crate::console::theme::{self, ICON_SIZE, RADIUS, SPACE};
use crate::console::{Icon, NodeIcon};
use crate::format::EntryType;

use super::rows::{OPTIONS, Row, Rows, option_label};
use super::{Action, Finding};

/// Height of a row, in points: room for a drop-down list.
const ROW: f32 = 28.0;
const HEADER: f32 = 24.0;
const MARKER_WIDTH: f32 = 30.0;
const TYPE_WIDTH: f32 = 178.0;
const MENU_WIDTH: f32 = 30.0;

/// What the grid remembers between frames.
#[derive(Default)]
pub(super) struct GridState {
    /// What is to have the focus, once it is drawn.
    focus: Option<Focus>,
    /// The row to bring into view.
    scroll_to: Option<usize>,
}

/// A cell that can have the focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Column {
    /// The narrow cell at the left: the row as a whole.
    Marker,
    /// The source.
    Source,
    /// The destination.
    Destination,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Focus {
    row: u64,
    column: Column,
}

/// Where the cells of a row stand, from the left.
struct Widths {
    source: f32,
    destination: f32,
    result: f32,
}

impl GridState {
    /// Moves the focus to a cell of a row with the next frame.
    pub(super) fn focus(&mut self, rows: &Rows, row: u64, column: Column) {
        self.focus = Some(Focus { row, column });
        self.scroll_to = rows.position(row);
    }

    /// Draws the grid into what is left of the view; tells what of the rows was asked for. `finding` says what is wrong with a row.
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        rows: &mut Rows,
        changed: &mut Vec<u64>,
        finding: impl Fn(&Row) -> Option<Finding>,
    ) -> Option<Action> {
        let tokens = theme::tokens(ui);
        let rect = ui.available_rect_before_wrap();
        ui.painter().rect_filled(rect, RADIUS, tokens.sunken);
        ui.painter().rect_stroke(rect, RADIUS, Stroke::new(1.0, tokens.border), StrokeKind::Inside);
        let builder = UiBuilder::new()
            .scope_id(Id::unique("migration table grid"))
            .max_rect(rect.shrink(1.0))
            .accessibility_role(Role::Table)
            .accessibility_label("Migration table");
        let mut grid_ui = ui.new_child(builder);
        ui.advance_cursor_after_rect(rect);
        grid_ui.spacing_mut().item_spacing.y = 0.0;
        let widths = Widths::of(rect.width() - 2.0 - 12.0);
        header_ui(&mut grid_ui, &widths);
        let mut action = self.keyboard(&grid_ui, rows);
        let mut scroll = ScrollArea::vertical().id_salt("migration table rows").auto_shrink(false);
        if let Some(index) = self.scroll_to.take() {
            scroll = scrolled_to(&grid_ui, scroll, index, rect.height() - HEADER);
        }
        scroll.show_rows(&mut grid_ui, ROW, rows.drawn(), |ui, range| {
            for index in range {
                let asked = self.row_ui(ui, rows, index, &widths, changed, &finding);
                action = action.take().or(asked);
            }
        });
        rows.settle();
        action
    }

    fn row_ui(
        &mut self,
        ui: &mut Ui,
        rows: &mut Rows,
        index: usize,
        widths: &Widths,
        changed: &mut Vec<u64>,
        finding: impl Fn(&Row) -> Option<Finding>,
    ) -> Option<Action> {
        let tokens = theme::tokens(ui);
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
        let id = rows.at(index).id;
        let blank = rows.is_blank(id);
        let selected = rows.is_selected(id);
        let builder = UiBuilder::new().scope_id(row_id(id)).max_rect(rect).sense(Sense::CLICK);
        let mut row_ui = ui.new_child(builder);
        let found = if blank { None } else { finding(rows.at(index)) };
        let name = if blank { "New row".to_owned() } else { rows.at(index).source.clone() };
        let response = row_ui.response();
        accessible::row(&response, &name, index, selected);
        accessible::detail(ui.ctx(), response.id, |node| {
            if let Some(found) = &found {
                node.set_description(found.text.as_str());
            }
        });
        if selected {
            row_ui.painter().rect_filled(rect, 0.0, tokens.selection);
        } else if index % 2 == 1 {
            row_ui.painter().rect_filled(rect, 0.0, tokens.stripe);
        }
        row_ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, tokens.border));

        let mut left = rect.left();
        let mut place = |width: f32| {
            let cell = Rect::from_min_size(pos2(left, rect.top()), vec2(width, ROW));
            left += width;
            cell
        };
        let which = if blank { "new row".to_owned() } else { format!("row {}", index + 1) };
        let marker = self.marker_ui(&mut row_ui, rows, index, place(MARKER_WIDTH), found.as_ref(), &which);
        let source = self.text_ui(&mut row_ui, rows, index, Column::Source, place(widths.source), changed, &which);
        type_ui(&mut row_ui, rows, index, place(TYPE_WIDTH), changed, &which);
        let column = Column::Destination;
        let destination = self.text_ui(&mut row_ui, rows, index, column, place(widths.destination), changed, &which);
        let result = place(widths.result);
        row_ui.painter().vline(result.left(), result.y_range(), Stroke::new(1.0, tokens.border));
        if let Some(found) = &found {
            result_ui(&row_ui, result, found);
        }
        if blank {
            return None;
        }
        let mut action = None;
        let mut menu = |ui: &mut Ui, rows: &mut Rows, column: Option<Column>| {
            if !rows.is_selected(id) {
                rows.choose(id);
            }
            action = action.take().or(row_menu_ui(ui, rows, index, column));
        };
        for (response, column) in
            [(&marker, None), (&source, Some(Column::Source)), (&destination, Some(Column::Destination))]
        {
            Popup::context_menu(response).show(|ui| menu(ui, rows, column));
        }
        let button = Button::new(Icon::Down.atom()).frame_when_inactive(false);
        let mut menu_ui = row_ui.new_child(UiBuilder::new().max_rect(place(MENU_WIDTH).shrink2(vec2(2.0, 3.0))));
        let (response, _) = MenuButton::from_button(button).ui(&mut menu_ui, |ui| menu(ui, rows, None));
        accessible::name(&response, format!("Menu of {which}"));
        if ui.memory(|memory| memory.has_focus(cell_id(id, Column::Marker))) && wants_menu(ui) {
            Popup::open_id(ui.ctx(), Popup::default_response_id(&response));
        }
        action
    }

    /// Draws the narrow cell at the left: whether the row is in order, and where it is selected.
    fn marker_ui(
        &mut self,
        ui: &mut Ui,
        rows: &mut Rows,
        index: usize,
        rect: Rect,
        found: Option<&Finding>,
        which: &str,
    ) -> Response {
        let tokens = theme::tokens(ui);
        let id = rows.at(index).id;
        let cell = cell_id(id, Column::Marker);
        // One stop for the Tab key: the row the keyboard stands on.
        let is_stop = rows.current() == Some(id) || (rows.current().is_none() && index == 0);
        let response = ui.interact(rect, cell, if is_stop { Sense::click() } else { Sense::CLICK });
        accessible::describe(&response, Role::RowHeader, &format!("Select {which}"));
        self.take_focus(&response, id, Column::Marker);
        let at = egui::Rect::from_center_size(rect.center(), vec2(ICON_SIZE, ICON_SIZE));
        match found {
            Some(found) => NodeIcon::from(found.icon()).paint(ui.painter(), at, tokens),
            None if rows.is_blank(id) => {
                let font = TextStyle::Body.resolve(ui.style());
                ui.painter().text(rect.center(), Align2::CENTER_CENTER, "*", font, tokens.text_weak);
            }
            None => {}
        }
        if response.has_focus() {
            let ring = Stroke::new(2.0, tokens.focus);
            ui.painter().rect_stroke(rect.shrink(2.0), RADIUS, ring, StrokeKind::Inside);
        }
        if response.clicked() || (response.secondary_clicked() && !rows.is_selected(id)) {
            let modifiers = ui.input(|input| input.modifiers);
            match modifiers {
                _ if modifiers.shift => rows.choose_to(id),
                _ if modifiers.command => rows.toggle(id),
                _ => rows.choose(id),
            }
            self.focus = Some(Focus { row: id, column: Column::Marker });
            ui.ctx().request_repaint();
        }
        match found {
            Some(found) => response.on_hover_text(&found.text),
            None => response,
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn text_ui(
        &mut self,
        ui: &mut Ui,
        rows: &mut Rows,
        index: usize,
        column: Column,
        rect: Rect,
        changed: &mut Vec<u64>,
        which: &str,
    ) -> Response {
        let tokens = theme::tokens(ui);
        let blank = rows.is_blank(rows.at(index).id);
        let row = rows.at_mut(index);
        let (id, option) = (row.id, row.option);
        let cell = cell_id(id, column);
        let (text, hint, title) = match column {
            Column::Destination if blank => (&mut row.destination, "", "Destination name"),
            Column::Destination => (&mut row.destination, option_label(option), "Destination name"),
            _ if blank => (&mut row.source, "New row: a name, a SID or a UNC path", "Source name"),
            Column::Source | Column::Marker => (&mut row.source, "", "Source name"),
        };
        let edit = TextEdit::singleline(text)
            .id(cell)
            .hint_text(hint)
            .frame(Frame::NONE.inner_margin(Margin::symmetric(6, 0)))
            .align(Align2::LEFT_CENTER)
            .desired_width(rect.width())
            .min_size(vec2(rect.width(), ROW));
        let response = ui.put(rect, edit);
        accessible::name(&response, format!("{title}, {which}"));
        ui.painter().vline(rect.left(), rect.y_range(), Stroke::new(1.0, tokens.border));
        if response.changed() {
            match column {
                Column::Destination => row.destination_changed(),
                Column::Source | Column::Marker => row.source_changed(),
            }
            changed.push(id);
        }
        self.take_focus(&response, id, column);
        if response.gained_focus() {
            rows.choose(id);
        }
        if response.has_focus() {
            let ring = Stroke::new(1.5, tokens.focus);
            ui.painter().rect_stroke(rect.shrink(1.0), RADIUS, ring, StrokeKind::Inside);
            let step = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
            let target = match (step(Key::ArrowUp), step(Key::ArrowDown)) {
                (true, _) => index.checked_sub(1),
                (_, true) => (index + 1 < rows.drawn()).then_some(index + 1),
                _ => None,
            };
            if let Some(target) = target {
                let id = rows.at(target).id;
                self.focus(rows, id, column);
            }
        }
        // Enter goes down, as in a spreadsheet; Esc leaves the cell and not the editor.
        if response.lost_focus() {
            if ui.input(|input| input.key_pressed(Key::Enter)) && index + 1 < rows.drawn() {
                let id = rows.at(index + 1).id;
                self.focus(rows, id, column);
            }
            if ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
                self.focus(rows, id, Column::Marker);
            }
        }
        response
    }

    fn take_focus(&mut self, response: &Response, row: u64, column: Column) {
        if self.focus == Some(Focus { row, column }) {
            // What was not drawn before takes no focus in its first frame: ask until it is there.
            if response.has_focus() {
                self.focus = None;
            } else {
                response.request_focus();
                response.ctx.request_repaint();
            }
        }
    }

    /// Carries out the keys that speak of whole rows, while the narrow cell of a row has the focus.
    fn keyboard(&mut self, ui: &Ui, rows: &mut Rows) -> Option<Action> {
        let current = rows.current().and_then(|id| rows.position(id)).unwrap_or(0);
        let marker = cell_id(rows.at(current).id, Column::Marker);
        if !ui.memory(|memory| memory.has_focus(marker)) || Popup::is_any_open(ui.ctx()) {
            return None;
        }
        ui.memory_mut(|memory| {
            let keys = EventFilter { vertical_arrows: true, ..EventFilter::default() };
            memory.set_focus_lock_filter(marker, keys);
        });
        let last = rows.drawn() - 1;
        for event in ui.input(|input| input.events.clone()) {
            match event {
                Event::Copy => return Some(Action::Copy),
                Event::Cut => return Some(Action::Cut),
                Event::Paste(text) => return Some(Action::Paste(text)),
                Event::Key { key, pressed: true, modifiers, .. } => {
                    let target = match key {
                        Key::Delete => return Some(Action::Delete),
                        Key::A if modifiers.command => {
                            rows.choose_all();
                            None
                        }
                        Key::ArrowUp => current.checked_sub(1),
                        Key::ArrowDown => Some((current + 1).min(last)),
                        Key::Home => Some(0),
                        Key::End => Some(last),
                        Key::F2 | Key::Enter => {
                            // Enter would count as a click on the narrow cell too.
                            ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
                            let id = rows.at(current).id;
                            self.focus(rows, id, Column::Source);
                            None
                        }
                        _ => None,
                    };
                    if let Some(target) = target {
                        let id = rows.at(target).id;
                        match modifiers.shift {
                            true => rows.choose_to(id),
                            false => rows.choose(id),
                        }
                        self.focus(rows, id, Column::Marker);
                    }
                }
                _ => {}
            }
        }
        None
    }
}

impl Widths {
    fn of(width: f32) -> Self {
        let free = (width - MARKER_WIDTH - TYPE_WIDTH - MENU_WIDTH).max(240.0);
        let text = (free * 0.36).floor();
        Widths { source: text, destination: text, result: free - 2.0 * text }
    }
}

fn header_ui(ui: &mut Ui, widths: &Widths) {
    let tokens = theme::tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEADER), Sense::hover());
    ui.painter().rect_filled(rect, 0.0, tokens.raised);
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, tokens.border));
    let font = TextStyle::Small.resolve(ui.style());
    let mut left = rect.left() + MARKER_WIDTH;
    let columns = [
        ("Source Name", widths.source),
        ("Source Type", TYPE_WIDTH),
        ("Destination Name", widths.destination),
        ("Check", widths.result),
    ];
    for (index, (title, width)) in columns.into_iter().enumerate() {
        let cell = Rect::from_min_size(pos2(left, rect.top()), vec2(width, HEADER));
        let response = ui.interact(cell, Id::unique(("migration table heading", title)), Sense::hover());
        accessible::column_header(&response, title, index, None);
        let at = cell.left_center() + vec2(6.0, 0.0);
        ui.painter().text(at, Align2::LEFT_CENTER, title, font.clone(), tokens.text_weak);
        left += width;
    }
}

fn type_ui(ui: &mut Ui, rows: &mut Rows, index: usize, rect: Rect, changed: &mut Vec<u64>, which: &str) {
    let tokens = theme::tokens(ui);
    ui.painter().vline(rect.left(), rect.y_range(), Stroke::new(1.0, tokens.border));
    let row = rows.at_mut(index);
    let mut cell_ui = ui.new_child(UiBuilder::new().max_rect(rect.shrink2(vec2(4.0, 2.0))));
    let combo = ComboBox::from_id_salt(("source type", row.id))
        .selected_text(row.kind.label())
        .width(rect.width() - 8.0)
        .truncate();
    let response = combo.show_ui(&mut cell_ui, |ui| {
        for kind in EntryType::ALL {
            if ui.selectable_label(row.kind == kind, kind.label()).clicked() && row.kind != kind {
                row.set_kind(kind);
                changed.push(row.id);
            }
        }
    });
    accessible::name(&response.response, format!("Source type, {which}"));
}

fn result_ui(ui: &Ui, rect: Rect, found: &Finding) {
    let tokens = theme::tokens(ui);
    let color = found.color(tokens);
    let inner = rect.shrink2(vec2(6.0, 0.0));
    let font = TextStyle::Small.resolve(ui.style());
    let mut job = egui::text::LayoutJob::single_section(
        found.text.clone(),
        egui::text::TextFormat { font_id: font, color, ..Default::default() },
    );
    job.wrap = egui::text::TextWrapping::truncate_at_width(inner.width());
    let galley = ui.painter().layout_job(job);
    let at = pos2(inner.left(), inner.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, color);
    let response = ui.interact(rect, ui.unique_id().with("check"), Sense::hover());
    accessible::describe(&response, Role::Cell, &found.text);
    response.on_hover_text(&found.text);
}

/// Draws the menu of a row; `column` is the cell it was opened on.
fn row_menu_ui(ui: &mut Ui, rows: &Rows, index: usize, column: Option<Column>) -> Option<Action> {
    let mut action = None;
    ui.set_min_width(190.0);
    edit_menu_ui(ui, rows, Some(rows.at(index).id), column, &mut action);
    action
}

/// Draws what can be done with the selected rows: the same in the menu of a row and in that of the editor. `row` is the one to browse for,
/// `column` its only cell that is meant.
pub(super) fn edit_menu_ui(
    ui: &mut Ui,
    rows: &Rows,
    row: Option<u64>,
    column: Option<Column>,
    action: &mut Option<Action>,
) {
    let any = rows.all().iter().any(|row| rows.is_selected(row.id));
    let mut entry = |ui: &mut Ui, enabled: bool, text: &str, keys: &str, what: Action| {
        let button = ui.add_enabled(enabled, Button::new(text).shortcut_text(keys));
        accessible::name(&button, text);
        if button.clicked() {
            *action = Some(what);
        }
    };
    entry(ui, any, "Cut", "Ctrl+X", Action::Cut);
    entry(ui, any, "Copy", "Ctrl+C", Action::Copy);
    entry(ui, true, "Paste", "Ctrl+V", Action::AskPaste);
    entry(ui, any, "Delete", "Del", Action::Delete);
    ui.separator();
    for (text, meant) in [("Browse for Source…", Column::Source), ("Browse for Destination…", Column::Destination)]
    {
        if column.is_none_or(|column| column == meant) {
            entry(ui, row.is_some(), text, "", Action::Browse { row: row.unwrap_or_default(), column: meant });
        }
    }
    ui.add_enabled_ui(any, |ui| {
        ui.menu_button("Set Destination", |ui| {
            for option in OPTIONS {
                let text = option_label(option).trim_matches(['<', '>']);
                let possible = rows.any_allows(option);
                let button = ui.add_enabled(possible, Button::new(text));
                let button = button.on_disabled_hover_text("A UNC path needs a destination: a path, or the same one.");
                if button.clicked() {
                    *action = Some(Action::SetDestination(option));
                }
            }
        });
    });
}

fn wants_menu(ui: &Ui) -> bool {
    ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Menu) || input.consume_key(Modifiers::SHIFT, Key::F10))
}

fn row_id(row: u64) -> Id {
    Id::unique(("migration table row", row))
}

fn cell_id(row: u64, column: Column) -> Id {
    row_id(row).with(column)
}

/// Scrolls so that a row is in view, not at all if it is already.
fn scrolled_to(ui: &Ui, scroll: ScrollArea, index: usize, height: f32) -> ScrollArea {
    let top = index as f32 * ROW;
    let id = ui.make_persistent_id(egui::IdSalt::new("migration table rows"));
    let offset = egui::containers::scroll_area::State::load(ui.ctx(), id).map_or(0.0, |state| state.clamped_offset().y);
    if top < offset {
        scroll.vertical_scroll_offset(top)
    } else if top + ROW > offset + height {
        scroll.vertical_scroll_offset(top + ROW - height + SPACE)
    } else {
        scroll
    }
}
