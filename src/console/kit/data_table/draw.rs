//! Draws a table: the line with the filter, the headings, the rows in view.

use egui::accesskit::Role;
use egui::text::{LayoutJob, TextWrapping};
use egui::{Align2, Id, Rect, ScrollArea, Sense, Stroke, StrokeKind, TextEdit, Ui, UiBuilder, pos2, vec2};

use crate::console::Icon;
use crate::console::kit::accessible;
use crate::console::theme::{self, ICON_SIZE, ROW_HEIGHT, SPACE, Tokens};

use super::layout::{Layout, Preset};
use super::selection::Choice;
use super::{Cell, DataTable, TableHeight, TableResponse, TableState, Tone};

/// A table while it is drawn.
pub(super) struct Drawing<'t, 'a, R> {
    pub(super) table: &'t DataTable<'a, R>,
    pub(super) rows: &'a [R],
    pub(super) state: &'t mut TableState,
    pub(super) layout: &'t mut Layout,
    pub(super) presets: &'t [Preset<'static>],
    pub(super) id: Id,
}

/// A visible column: its place among the presets and where it stands, from the left edge of the table.
pub(super) struct Placed {
    pub(super) column: usize,
    pub(super) left: f32,
    pub(super) width: f32,
}

/// Height of the line with the headings, in points.
pub(super) const HEADER_HEIGHT: f32 = 24.0;
const CELL_MARGIN: f32 = 6.0;

impl<R> Drawing<'_, '_, R> {
    pub(super) fn ui(&mut self, ui: &mut Ui, menu: impl FnMut(&mut Ui, &[usize])) -> TableResponse {
        let focus_filter = self.filter_ui(ui);
        let height = self.outer_height(ui.available_height());
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
        let tokens = theme::tokens(ui);
        ui.painter().rect_filled(rect, theme::RADIUS, tokens.sunken);
        let mut table_ui = ui.new_child(
            UiBuilder::new()
                .scope_id(self.id)
                .max_rect(rect)
                .sense(Sense::click())
                .accessibility_role(Role::Table)
                .accessibility_label(self.table.name.clone()),
        );
        table_ui.set_clip_rect(ui.clip_rect().intersect(rect));
        table_ui.expand_to_include_rect(rect);
        let background = table_ui.response();
        let columns = self.placed_columns(rect.width());
        accessible::detail(ui.ctx(), self.id, |node| {
            node.set_row_count(self.state.order.rows().len());
            node.set_column_count(columns.len());
        });
        let has_focus = background.has_focus();
        let mut response = TableResponse::default();
        if focus_filter {
            ui.memory_mut(|memory| memory.request_focus(self.filter_id()));
        } else if has_focus && self.state.menu.is_none() {
            response.activated = self.keyboard(ui, rect);
        }
        // Enter and Space count as clicks on what has the focus: only the mouse is meant here.
        if background.clicked_by(egui::PointerButton::Primary) {
            self.state.focus_wanted = true;
            self.state.selection.clear();
        }
        if background.secondary_clicked() {
            self.state.focus_wanted = true;
            self.state.menu = background.interact_pointer_pos();
        }
        let content_height = HEADER_HEIGHT + self.state.order.rows().len() as f32 * ROW_HEIGHT;
        let content_width = columns.last().map_or(0.0, |last| last.left + last.width);
        let output =
            ScrollArea::both().id_salt("rows").auto_shrink(false).show_viewport(&mut table_ui, |ui, viewport| {
                ui.set_width(content_width);
                ui.set_height(content_height);
                let origin = ui.min_rect().min;
                let clip = ui.clip_rect();
                let mut body_clip = clip;
                body_clip.min.y = clip.min.y + HEADER_HEIGHT;
                ui.set_clip_rect(body_clip.intersect(clip));
                let first = ((viewport.min.y / ROW_HEIGHT).floor().max(0.0)) as usize;
                let count = (viewport.height() / ROW_HEIGHT).ceil() as usize + 1;
                for position in first..(first + count).min(self.state.order.rows().len()) {
                    let top = origin.y + HEADER_HEIGHT + position as f32 * ROW_HEIGHT;
                    let left = origin.x;
                    let row_rect =
                        Rect::from_min_size(pos2(left, top), vec2(content_width.max(clip.width()), ROW_HEIGHT));
                    self.row_ui(ui, row_rect, position, &columns, has_focus, &mut response);
                }
                if self.state.scroll_to_cursor {
                    self.state.scroll_to_cursor = false;
                    self.scroll_to_cursor(ui, origin.y);
                }
                ui.set_clip_rect(clip);
                self.header_ui(ui, pos2(origin.x, clip.top()), content_width.max(clip.width()), &columns);
            });
        if self.state.order.rows().is_empty() {
            self.empty_ui(&table_ui, output.inner_rect);
        }
        self.drop_below_ui(&background, &mut response);
        drop(table_ui);
        // Not before: to the toolkit a click on a row is a click beside the table, which takes the focus away.
        if std::mem::take(&mut self.state.focus_wanted) {
            ui.memory_mut(|memory| memory.request_focus(self.id));
        }
        let stroke = if has_focus { Stroke::new(2.0, tokens.focus) } else { Stroke::new(1.0, tokens.border) };
        ui.painter().rect_stroke(rect, theme::RADIUS, stroke, StrokeKind::Inside);
        self.menu_ui(ui, rect, menu);
        response
    }

    pub(super) fn filter_id(&self) -> Id {
        self.id.with("filter")
    }

    /// Draws the line with the filter; returns whether the filter is to have the focus.
    fn filter_ui(&mut self, ui: &mut Ui) -> bool {
        let has_focus = ui.memory(|memory| memory.has_focus(self.id));
        let typed = if has_focus && self.state.menu.is_none() { typed_text(ui) } else { String::new() };
        let wanted = has_focus && ui.input_mut(|input| input.consume_key(egui::Modifiers::COMMAND, egui::Key::F));
        let begins = wanted || !typed.trim().is_empty();
        self.state.filter.push_str(if begins { &typed } else { "" });
        let in_filter = ui.memory(|memory| memory.has_focus(self.filter_id()));
        self.state.filter_shown = begins || in_filter || !self.state.filter.is_empty();
        if self.table.compact && !self.state.filter_shown {
            return false;
        }
        ui.horizontal(|ui| {
            Icon::Search.show(ui, ICON_SIZE);
            let filter_id = self.filter_id();
            let edit = TextEdit::singleline(&mut self.state.filter)
                .id(filter_id)
                .hint_text("Filter")
                .desired_width(220.0_f32.min(ui.available_width() * 0.5));
            let response = ui.add(edit);
            accessible::name(&response, format!("Filter {}", self.table.name));
            if begins {
                // What was typed so far stays; the cursor goes behind it.
                let mut edit_state = egui::text_edit::TextEditState::load(ui.ctx(), response.id).unwrap_or_default();
                let end = egui::text::CCursor::new(self.state.filter.chars().count());
                edit_state.cursor.set_char_range(Some(egui::text::CCursorRange::one(end)));
                edit_state.store(ui.ctx(), response.id);
            }
            let (down, escape) =
                ui.input(|input| (input.key_pressed(egui::Key::ArrowDown), input.key_pressed(egui::Key::Escape)));
            if (response.has_focus() && down) || (response.lost_focus() && escape) {
                if escape {
                    self.state.filter.clear();
                }
                ui.memory_mut(|memory| memory.request_focus(self.id));
            }
            let (shown, all) = (self.state.order.rows().len(), self.rows.len());
            let count = match self.state.selection.len() {
                _ if self.state.order.is_working() => "Working…".to_owned(),
                0 | 1 if shown == all => format!("{all} in all"),
                0 | 1 => format!("{shown} of {all}"),
                selected => format!("{selected} selected of {shown}"),
            };
            if self.state.order.is_working() {
                ui.spinner();
            }
            ui.weak(count);
        });
        begins
    }

    fn outer_height(&self, available: f32) -> f32 {
        let of_rows = |rows: usize| HEADER_HEIGHT + rows as f32 * ROW_HEIGHT + 2.0;
        match self.table.height {
            TableHeight::Fill => available.max(of_rows(3)),
            // A line of the scroll bar's height, so that a bar at the bottom covers no row.
            TableHeight::Rows { min, max } => of_rows(self.rows.len().clamp(min, max)),
        }
    }

    /// Places the visible columns; the last one takes what is left of the width.
    fn placed_columns(&self, table_width: f32) -> Vec<Placed> {
        let mut left = 0.0;
        let mut placed = Vec::new();
        for (column, width) in self.layout.visible(self.presets) {
            placed.push(Placed { column, left, width });
            left += width;
        }
        let room = table_width - 12.0 - left;
        if let Some(last) = placed.last_mut().filter(|_| room > 0.0) {
            last.width += room;
        }
        placed
    }

    fn row_ui(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        position: usize,
        columns: &[Placed],
        has_focus: bool,
        table_response: &mut TableResponse,
    ) {
        let Some(&row) = self.state.order.rows().get(position) else { return };
        let tokens = theme::tokens(ui);
        let sense = if self.table.dragged_as.is_some() { Sense::CLICK | Sense::DRAG } else { Sense::CLICK };
        let builder = UiBuilder::new().scope_id(self.id.with(("row", row))).max_rect(rect).sense(sense);
        let mut row_ui = ui.new_child(builder);
        row_ui.expand_to_include_rect(rect);
        let response = row_ui.response();
        let selected = self.state.selection.contains(row);
        let is_cursor = self.state.selection.cursor == Some(row);
        let background = match (selected, has_focus) {
            (true, true) => Some(tokens.selection),
            (true, false) => Some(tokens.selection_unfocused),
            _ if response.hovered() => Some(tokens.hover),
            _ if position % 2 == 1 => Some(tokens.stripe),
            _ => None,
        };
        if let Some(background) = background {
            row_ui.painter().rect_filled(rect, 0.0, background);
        }
        if is_cursor && has_focus {
            let ring = Stroke::new(1.0, tokens.focus);
            row_ui.painter().rect_stroke(rect.shrink(1.0), 2.0, ring, StrokeKind::Inside);
        }
        let value = &self.rows[row as usize];
        let pointer = response.hover_pos();
        let mut name = None;
        let mut tooltip = None;
        for placed in columns {
            let cell = (self.table.columns[placed.column].cell)(value);
            let cell_rect =
                Rect::from_min_size(pos2(rect.left() + placed.left, rect.top()), vec2(placed.width, ROW_HEIGHT));
            let elided = paint_cell(&row_ui, cell_rect, &cell, tokens);
            accessible::cell(&row_ui, cell_rect, placed.column, &cell.text, cell.tooltip.as_deref());
            if pointer.is_some_and(|pointer| cell_rect.contains(pointer)) {
                let text = cell.tooltip.as_deref().map(str::to_owned);
                tooltip = text.or_else(|| elided.then(|| cell.text.to_string()));
            }
            let names_row = self.table.named_by == Some(self.table.columns[placed.column].title);
            if name.is_none() || names_row {
                name = Some(cell.text);
            }
        }
        accessible::row(&response, name.as_deref().unwrap_or_default(), position, selected);
        if is_cursor && has_focus {
            let row_node = response.id.accesskit_id();
            accessible::detail(ui.ctx(), self.id, |node| node.set_active_descendant(row_node));
        }
        if response.clicked() || response.secondary_clicked() {
            self.state.focus_wanted = true;
            let modifiers = ui.input(|input| input.modifiers);
            if response.secondary_clicked() {
                if !selected {
                    self.state.selection.choose(row, Choice::Only, self.state.order.rows());
                }
                self.state.selection.cursor = Some(row);
                self.state.menu = response.interact_pointer_pos();
            } else {
                let choice = match modifiers {
                    _ if modifiers.shift => Choice::Range,
                    _ if modifiers.command => Choice::Toggle,
                    _ => Choice::Only,
                };
                self.state.selection.choose(row, choice, self.state.order.rows());
            }
        }
        self.drag_row_ui(ui, &response, position, table_response);
        if self.is_double_click(&response, row) {
            table_response.activated = Some(row as usize);
        }
        if let Some(tooltip) = tooltip {
            response.on_hover_text_at_pointer(tooltip);
        }
    }

    /// Tells whether a row was clicked twice. (Quick clicks on two rows count as double clicks for the toolkit.)
    fn is_double_click(&mut self, response: &egui::Response, row: u32) -> bool {
        if !response.clicked() {
            return false;
        }
        let before = self.state.clicked_row.replace(row);
        before == Some(row) && (response.double_clicked() || response.triple_clicked())
    }

    fn scroll_to_cursor(&self, ui: &Ui, origin_y: f32) {
        let position = |cursor: u32| self.state.order.rows().iter().position(|&row| row == cursor);
        if let Some(position) = self.state.selection.cursor.and_then(position) {
            let top = origin_y + HEADER_HEIGHT + position as f32 * ROW_HEIGHT;
            let x = ui.clip_rect().left();
            // The headings cover the topmost part of the area that scrolls.
            let rect = Rect::from_min_max(pos2(x, top - HEADER_HEIGHT), pos2(x + 1.0, top + ROW_HEIGHT));
            ui.scroll_to_rect_animation(rect, None, egui::style::ScrollAnimation::none());
        }
    }

    fn empty_ui(&self, ui: &Ui, rect: Rect) {
        if self.state.order.is_working() {
            return;
        }
        let text = match self.rows.is_empty() {
            true => self.table.empty,
            false => "No row matches the filter. Press Esc in the filter to see all.",
        };
        let area = Rect::from_min_max(rect.min + vec2(12.0, HEADER_HEIGHT), rect.max - vec2(12.0, 0.0));
        let tokens = theme::tokens(ui);
        let font = egui::TextStyle::Body.resolve(ui.style());
        let galley = ui.painter().layout(text.to_owned(), font, tokens.text_weak, area.width().max(40.0));
        let size = galley.size();
        let place = if area.height() > size.y * 3.0 {
            Align2::CENTER_CENTER.align_size_within_rect(size, area.with_max_y(area.top() + area.height().min(160.0)))
        } else {
            Align2::LEFT_TOP.align_size_within_rect(size, area.translate(vec2(0.0, 3.0)))
        };
        ui.painter().galley(place.min, galley, tokens.text_weak);
        let response = ui.interact(place, self.id.with("empty"), Sense::hover());
        accessible::describe(&response, Role::Label, text);
    }
}

fn typed_text(ui: &Ui) -> String {
    ui.input(|input| {
        let texts = input.events.iter().filter_map(|event| match event {
            egui::Event::Text(text) if !input.modifiers.command && !input.modifiers.alt => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    })
}

/// Paints a cell; returns whether its text was too long.
fn paint_cell(ui: &Ui, rect: Rect, cell: &Cell<'_>, tokens: &Tokens) -> bool {
    let mut left = rect.left() + CELL_MARGIN;
    let painter = ui.painter().with_clip_rect(ui.clip_rect().intersect(rect));
    if let Some(icon) = cell.icon {
        let icon_rect = Rect::from_min_size(pos2(left, rect.center().y - ICON_SIZE / 2.0), vec2(ICON_SIZE, ICON_SIZE));
        icon.paint(&painter, icon_rect, tokens);
        left += ICON_SIZE + SPACE + 1.0;
    }
    let color = tone_color(cell.tone, tokens);
    let font = egui::TextStyle::Body.resolve(ui.style());
    let mut job = LayoutJob::simple_singleline(cell.text.to_string(), font, color);
    job.wrap = TextWrapping::truncate_at_width((rect.right() - CELL_MARGIN - left).max(0.0));
    let galley = painter.layout_job(job);
    let elided = galley.elided;
    painter.galley(pos2(left, rect.center().y - galley.size().y / 2.0), galley, color);
    elided
}

/// Returns the colour of a tone.
pub(super) fn tone_color(tone: Tone, tokens: &Tokens) -> egui::Color32 {
    match tone {
        Tone::Normal => tokens.text,
        Tone::Weak => tokens.text_weak,
        Tone::Warning => tokens.warning,
        Tone::Error => tokens.error,
    }
}
