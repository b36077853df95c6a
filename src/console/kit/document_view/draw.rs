//! Draws the lines of a report that are in view.

use egui::accesskit::Role;
use egui::{Id, Rect, Response, ScrollArea, Sense, Shape, Stroke, StrokeKind, Ui, UiBuilder, pos2, vec2};

use crate::console::kit::accessible;
use crate::console::theme::{self, ICON_SIZE, ROW_HEIGHT, Tokens};
use crate::console::{Icon, NodeIcon};

use super::DocumentView;
use super::layout::{Laid, MARGIN, TRIANGLE, lay_out};
use super::lines::Kind;

/// So many lines above and below what is in view are laid out too, so that scrolling moves nothing.
const MARGIN_LINES: usize = 30;

impl DocumentView {
    pub(super) fn body_ui(&mut self, ui: &mut Ui) {
        let id = Self::focus_id();
        let rect = ui.available_rect_before_wrap();
        ui.allocate_rect(rect, Sense::hover());
        let tokens = theme::tokens(ui);
        ui.painter().rect_filled(rect, theme::RADIUS, tokens.sunken);
        let builder = UiBuilder::new()
            .scope_id(id)
            .max_rect(rect)
            .sense(Sense::click())
            .accessibility_role(Role::TreeGrid)
            .accessibility_label(format!("Report of {}", self.document.title));
        let mut view_ui = ui.new_child(builder);
        view_ui.set_clip_rect(ui.clip_rect().intersect(rect));
        view_ui.expand_to_include_rect(rect);
        let background = view_ui.response();
        let has_focus = background.has_focus();
        self.update_visible();
        if has_focus && self.menu.is_none() {
            self.keyboard(ui, rect);
            self.update_visible();
        }
        if background.clicked_by(egui::PointerButton::Primary) {
            self.focus_wanted = true;
        }
        self.lines_ui(&mut view_ui, rect, has_focus);
        drop(view_ui);
        if std::mem::take(&mut self.focus_wanted) {
            if self.cursor.is_none() {
                self.put_cursor(self.visible.first().map(|line| *line as usize));
            }
            ui.memory_mut(|memory| memory.request_focus(id));
        }
        let stroke = if has_focus { Stroke::new(2.0, tokens.focus) } else { Stroke::new(1.0, tokens.border) };
        ui.painter().rect_stroke(rect, theme::RADIUS, stroke, StrokeKind::Inside);
        self.menu_ui(ui, rect);
    }

    fn lines_ui(&mut self, ui: &mut Ui, rect: Rect, has_focus: bool) {
        let width = rect.width() - 14.0;
        self.heights.set_width(width);
        let mut scroll = ScrollArea::vertical().id_salt("lines").auto_shrink(false);
        if let Some(offset) = self.settle_offset(ui, width, rect.height()) {
            scroll = scroll.vertical_scroll_offset(offset);
        }
        let tops = self.heights.tops(&self.lines, &self.visible).to_vec();
        let height = tops.last().copied().unwrap_or(0.0);
        let output = scroll.show_viewport(ui, |ui, viewport| {
            ui.set_width(width);
            ui.set_height(height + ROW_HEIGHT);
            let origin = ui.min_rect().min;
            let first = tops.partition_point(|top| *top <= viewport.min.y).saturating_sub(1);
            let last = tops.partition_point(|top| *top <= viewport.max.y).min(self.visible.len());
            for (position, top) in tops.iter().enumerate().take(last).skip(first) {
                let line = self.visible[position] as usize;
                let laid = lay_out(ui, &self.lines[line], &self.find, width);
                self.heights.set(line, laid.height);
                let row = Rect::from_min_size(pos2(origin.x, origin.y + top), vec2(width, laid.height));
                self.line_ui(ui, row, line, position, &laid, has_focus);
            }
        });
        self.offset = output.state.clamped_offset().y;
    }

    /// Lays out the lines around those in view. Returns where to scroll: to the cursor, if that is wanted, or to where the first line in
    /// view has moved by what became known above it.
    fn settle_offset(&mut self, ui: &Ui, width: f32, height: f32) -> Option<f32> {
        let cursor = self.cursor.filter(|_| std::mem::take(&mut self.scroll_to_cursor));
        let target = cursor.and_then(|cursor| self.visible.binary_search(&(cursor as u32)).ok());
        let tops = self.heights.tops(&self.lines, &self.visible);
        let first = tops.partition_point(|top| *top <= self.offset).saturating_sub(1);
        let within = self.offset - tops.get(first).copied().unwrap_or(0.0);
        let around = target.unwrap_or(first);
        let last = tops.partition_point(|top| *top <= tops[around] + height);
        let range = around.saturating_sub(MARGIN_LINES)..(last + MARGIN_LINES).min(self.visible.len());
        for line in self.visible[range].iter().map(|line| *line as usize) {
            if !self.heights.is_known(line) {
                let laid = lay_out(ui, &self.lines[line], &self.find, width);
                self.heights.set(line, laid.height);
            }
        }
        let tops = self.heights.tops(&self.lines, &self.visible);
        let Some(target) = target else {
            let settled = tops.get(first).copied().unwrap_or(0.0) + within;
            return ((settled - self.offset).abs() > 0.1).then_some(settled);
        };
        let (top, bottom) = (tops[target], tops[target + 1]);
        let far = top + height < self.offset || bottom > self.offset + 2.0 * height;
        if far {
            Some((top - height / 3.0).max(0.0))
        } else if top < self.offset {
            Some(top)
        } else if bottom > self.offset + height - 4.0 {
            Some(bottom - height + 4.0)
        } else {
            None
        }
    }

    fn line_ui(&mut self, ui: &mut Ui, rect: Rect, line: usize, position: usize, laid: &Laid, has_focus: bool) {
        let tokens = theme::tokens(ui);
        let builder = UiBuilder::new().scope_id(line_id(line)).max_rect(rect).sense(Sense::CLICK);
        let mut line_ui = ui.new_child(builder);
        line_ui.expand_to_include_rect(rect);
        let response = line_ui.response();
        let is_selected = self.selected().is_some_and(|selected| selected.contains(&line));
        let is_cursor = self.cursor == Some(line);
        let selection = if has_focus { tokens.selection } else { tokens.selection_unfocused };
        self.paint_background(&line_ui, rect, line, laid, &response, is_selected.then_some(selection));
        if is_cursor && has_focus {
            let ring = Stroke::new(1.0, tokens.focus);
            let area = rect.with_min_x(rect.left() + laid.left - MARGIN);
            line_ui.painter().rect_stroke(area.shrink(1.0), 2.0, ring, StrokeKind::Inside);
            let node = response.id.accesskit_id();
            accessible::detail(ui.ctx(), Self::focus_id(), |grid| grid.set_active_descendant(node));
        }
        self.paint_line(&line_ui, rect, line, laid);
        self.describe(&line_ui, &response, rect, line, position, laid, is_selected);
        self.take_clicks(ui, &response, line, rect, laid);
    }

    fn paint_background(
        &self,
        ui: &Ui,
        rect: Rect,
        line: usize,
        laid: &Laid,
        response: &Response,
        selection: Option<egui::Color32>,
    ) {
        let tokens = theme::tokens(ui);
        let own = &self.lines[line];
        let mut area = rect.with_min_x(rect.left() + laid.left - MARGIN);
        let fill = match &own.kind {
            Kind::Heading { .. } => {
                area = area.shrink2(vec2(0.0, if own.depth == 0 { 4.0 } else { 1.5 }));
                Some(match own.depth {
                    0 => tokens.info_surface,
                    1 => tokens.raised,
                    _ => tokens.stripe,
                })
            }
            Kind::Row { striped: true, .. } => Some(tokens.stripe),
            Kind::Problem(_) => Some(tokens.error_surface),
            Kind::Code(_) => Some(tokens.raised),
            _ => None,
        };
        let hovered = response.hovered().then_some(tokens.hover);
        let fill = selection.or(hovered).or(fill);
        if let Some(fill) = fill {
            let radius = if own.end().is_some() { f32::from(theme::RADIUS) } else { 0.0 };
            ui.painter().rect_filled(area, radius, fill);
        }
        match &own.kind {
            Kind::Heading { .. } if own.depth == 0 => {
                let bar = area.with_max_x(area.left() + 3.0);
                ui.painter().rect_filled(bar, 1.5, tokens.accent);
            }
            Kind::Heading { .. } => {
                let border = Stroke::new(1.0, tokens.border);
                ui.painter().rect_stroke(area, f32::from(theme::RADIUS), border, StrokeKind::Inside);
            }
            Kind::Columns(_) => {
                let line = Stroke::new(1.0, tokens.outline);
                ui.painter().hline(area.x_range(), area.bottom() - 1.0, line);
            }
            _ => {}
        }
    }

    fn paint_line(&self, ui: &Ui, rect: Rect, line: usize, laid: &Laid) {
        let tokens = theme::tokens(ui);
        let own = &self.lines[line];
        if own.end().is_some() {
            let center = pos2(rect.left() + laid.left + TRIANGLE / 2.0 - 2.0, rect.center().y);
            paint_triangle(ui, center, self.open[line], tokens);
        }
        let mut shift = 0.0;
        if matches!(own.kind, Kind::Problem(_)) {
            let at = pos2(rect.left() + laid.left, rect.top() + 3.0);
            NodeIcon::from(Icon::Error).paint(
                ui.painter(),
                Rect::from_min_size(at, vec2(ICON_SIZE, ICON_SIZE)),
                tokens,
            );
            shift = ICON_SIZE;
        }
        for (index, piece) in laid.pieces.iter().enumerate() {
            let top = match own.end() {
                Some(_) => rect.center().y - piece.galley.size().y / 2.0,
                None => rect.top() + 3.0,
            };
            let shift = if index == 0 { shift } else { 0.0 };
            ui.painter().galley(
                pos2(rect.left() + piece.left + MARGIN + shift, top),
                piece.galley.clone(),
                tokens.text,
            );
        }
    }

    #[allow(clippy::too_many_arguments, reason = "what a screen reader is told of a line")]
    fn describe(
        &self,
        ui: &Ui,
        response: &Response,
        rect: Rect,
        line: usize,
        position: usize,
        laid: &Laid,
        is_selected: bool,
    ) {
        let own = &self.lines[line];
        let texts = own.texts();
        accessible::row(response, texts.first().copied().unwrap_or_default(), position, is_selected);
        let is_open = own.end().map(|_| self.open[line]);
        let explained = own.explain().is_some();
        accessible::detail(ui.ctx(), response.id, |node| {
            node.set_level(usize::from(own.depth) + 1);
            if let Some(open) = is_open {
                node.set_expanded(open);
            }
            if explained {
                node.set_description("Enter tells what this setting does");
            }
        });
        if own.end().is_some() {
            return;
        }
        for (index, (piece, text)) in laid.pieces.iter().zip(texts).enumerate() {
            let cell =
                Rect::from_min_size(pos2(rect.left() + piece.left, rect.top()), vec2(piece.width, rect.height()));
            accessible::cell(ui, cell, index, text, None);
        }
    }

    fn take_clicks(&mut self, ui: &Ui, response: &Response, line: usize, rect: Rect, laid: &Laid) {
        if !response.clicked() && !response.secondary_clicked() {
            return;
        }
        self.focus_wanted = true;
        let pointer = response.interact_pointer_pos().unwrap_or(rect.left_center());
        let is_left_of = |piece: &super::layout::Piece| rect.left() + piece.left <= pointer.x;
        self.cell = laid.pieces.iter().rposition(is_left_of).unwrap_or(0);
        if response.secondary_clicked() {
            if !self.selected().is_some_and(|selected| selected.contains(&line)) {
                self.put_cursor(Some(line));
            }
            self.menu = Some(pointer);
            return;
        }
        if ui.input(|input| input.modifiers.shift) {
            self.anchor = self.anchor.or(self.cursor);
            self.cursor = Some(line);
            return;
        }
        self.put_cursor(Some(line));
        if self.lines[line].end().is_some() {
            self.toggle(line);
        } else if self.lines[line].explain().is_some() && self.cell == 0 {
            self.explaining = true;
        }
    }
}

fn line_id(line: usize) -> Id {
    DocumentView::focus_id().with(("line", line))
}

fn paint_triangle(ui: &Ui, center: egui::Pos2, open: bool, tokens: &Tokens) {
    let points = match open {
        true => vec![center + vec2(-4.0, -2.2), center + vec2(4.0, -2.2), center + vec2(0.0, 2.6)],
        false => vec![center + vec2(-2.2, -4.0), center + vec2(2.6, 0.0), center + vec2(-2.2, 4.0)],
    };
    ui.painter().add(Shape::convex_polygon(points, tokens.text_weak, Stroke::NONE));
}
