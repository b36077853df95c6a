//! The headings of a table: a click sorts, a drag moves the column, the edge between two resizes.

use egui::accesskit::SortDirection;
use egui::text::{LayoutJob, TextWrapping};
use egui::{CursorIcon, Id, Pos2, Rect, Sense, Shape, Stroke, Ui, pos2, vec2};

use crate::console::kit::accessible;
use crate::console::theme;

use super::draw::{Drawing, HEADER_HEIGHT, Placed};

const NARROWEST: f32 = 40.0;
const EDGE: f32 = 3.0;

impl<R> Drawing<'_, '_, R> {
    pub(super) fn header_ui(&mut self, ui: &mut Ui, left_top: Pos2, width: f32, columns: &[Placed]) {
        let tokens = theme::tokens(ui);
        let rect = Rect::from_min_size(left_top, vec2(width, HEADER_HEIGHT));
        ui.painter().rect_filled(rect, 0.0, tokens.raised);
        ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, tokens.border));
        for (place, placed) in columns.iter().enumerate() {
            let left = rect.left() + placed.left;
            let heading = Rect::from_min_size(pos2(left, rect.top()), vec2(placed.width, HEADER_HEIGHT));
            self.heading_ui(ui, heading, placed, columns);
            // The last column takes the rest of the width: its own width shows when the table is wider than the window.
            if place + 1 < columns.len() {
                self.edge_ui(ui, heading, placed);
            }
        }
    }

    fn heading_ui(&mut self, ui: &mut Ui, rect: Rect, placed: &Placed, columns: &[Placed]) {
        let tokens = theme::tokens(ui);
        let title = self.presets[placed.column].title;
        let id = self.id.with(("heading", title));
        let response = ui.interact(rect.shrink2(vec2(EDGE, 0.0)), id, Sense::CLICK | Sense::DRAG);
        let direction = self.layout.direction(title);
        accessible::column_header(
            &response,
            title,
            placed.column,
            direction.map(|up| if up { SortDirection::Ascending } else { SortDirection::Descending }),
        );
        if response.hovered() {
            ui.painter().rect_filled(rect.shrink2(vec2(0.0, 1.0)), 0.0, tokens.hover);
        }
        let arrow_room = if direction.is_some() { 14.0 } else { 0.0 };
        let color = if direction.is_some() { tokens.text } else { tokens.text_weak };
        let font = egui::TextStyle::Body.resolve(ui.style());
        let mut job = LayoutJob::simple_singleline(title.to_owned(), font, color);
        job.wrap = TextWrapping::truncate_at_width((rect.width() - 12.0 - arrow_room).max(0.0));
        let painter = ui.painter().with_clip_rect(ui.clip_rect().intersect(rect));
        let galley = painter.layout_job(job);
        let text_end = rect.left() + 6.0 + galley.size().x;
        painter.galley(pos2(rect.left() + 6.0, rect.center().y - galley.size().y / 2.0), galley, color);
        if let Some(ascending) = direction {
            let center = pos2(text_end + 9.0, rect.center().y);
            let (tip, base) = if ascending { (-2.5, 2.0) } else { (2.5, -2.0) };
            let points = vec![center + vec2(0.0, tip), center + vec2(4.0, base), center + vec2(-4.0, base)];
            painter.add(Shape::convex_polygon(points, tokens.text_weak, Stroke::NONE));
        }
        if response.clicked() {
            self.state.focus_wanted = true;
            self.layout.sort_by(title);
        }
        if response.secondary_clicked() {
            self.state.focus_wanted = true;
            self.state.menu = response.interact_pointer_pos();
        }
        self.drag_column(ui, &response, title, rect, columns);
    }

    fn drag_column(&mut self, ui: &Ui, response: &egui::Response, title: &str, rect: Rect, columns: &[Placed]) {
        if response.drag_started() {
            self.state.dragged_column = Some(title.to_owned());
        }
        if self.state.dragged_column.as_deref() != Some(title) {
            return;
        }
        let Some(pointer) = response.interact_pointer_pos() else {
            self.state.dragged_column = None;
            return;
        };
        let origin = columns.iter().find(|placed| self.presets[placed.column].title == title);
        let table_left = rect.left() - origin.map_or(0.0, |placed| placed.left);
        let before = columns.iter().find(|placed| pointer.x < table_left + placed.left + placed.width / 2.0);
        let x = before
            .or(columns.last())
            .map_or(rect.left(), |placed| table_left + placed.left + if before.is_some() { 0.0 } else { placed.width });
        ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
        ui.painter().vline(x, rect.y_range(), Stroke::new(2.0, theme::tokens(ui).accent));
        if response.drag_stopped() {
            let before = before.map(|placed| self.presets[placed.column].title);
            self.layout.move_before(title, before);
            self.state.dragged_column = None;
        }
    }

    fn edge_ui(&mut self, ui: &mut Ui, heading: Rect, placed: &Placed) {
        let tokens = theme::tokens(ui);
        let title = self.presets[placed.column].title;
        let edge = Rect::from_center_size(pos2(heading.right(), heading.center().y), vec2(2.0 * EDGE, HEADER_HEIGHT));
        let id: Id = self.id.with(("edge", title));
        let response = ui.interact(edge, id, Sense::CLICK | Sense::DRAG);
        let active = response.hovered() || response.dragged();
        let stroke = if active { Stroke::new(2.0, tokens.accent) } else { Stroke::new(1.0, tokens.border) };
        ui.painter().vline(heading.right(), heading.y_range().shrink(5.0), stroke);
        if active {
            ui.ctx().set_cursor_icon(CursorIcon::ResizeColumn);
        }
        if response.dragged()
            && let Some(pointer) = response.interact_pointer_pos()
        {
            self.layout.set_width(title, (pointer.x - heading.left()).max(NARROWEST));
        }
        if response.double_clicked() {
            self.layout.set_width(title, self.fitting_width(ui, placed.column));
        }
    }

    /// Returns the width that shows the longest of the first texts of a column whole.
    fn fitting_width(&self, ui: &Ui, column: usize) -> f32 {
        const LOOKED_AT: usize = 500;
        let font = egui::TextStyle::Body.resolve(ui.style());
        let measure = |text: String| ui.painter().layout_no_wrap(text, font.clone(), theme::tokens(ui).text).size().x;
        let heading = measure(self.presets[column].title.to_owned()) + 16.0;
        let cells = self.state.order.rows().iter().take(LOOKED_AT).map(|&row| {
            let cell = (self.table.columns[column].cell)(&self.rows[row as usize]);
            measure(cell.text.into_owned()) + if cell.icon.is_some() { theme::ICON_SIZE + 5.0 } else { 0.0 }
        });
        (cells.fold(heading, f32::max) + 14.0).clamp(NARROWEST, 600.0)
    }
}
