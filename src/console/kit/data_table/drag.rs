//! Dragging rows: out of the table as the nodes they stand for, and within it to another place.

use egui::{CursorIcon, Response, Stroke, Ui};

use crate::console::drag::{Dragged, dragged};
use crate::console::theme;

use super::TableResponse;
use super::draw::Drawing;
use super::selection::Choice;

/// Rows that were dropped in the table they come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DroppedRows {
    /// The rows, as indices into the rows of the table.
    pub rows: Vec<usize>,
    /// How many of the other rows stand above them now.
    pub below: usize,
}

impl<R> Drawing<'_, '_, R> {
    /// Lets a row be dragged, with the others that are selected, and takes rows that are dropped on it.
    pub(super) fn drag_row_ui(
        &mut self,
        ui: &Ui,
        response: &Response,
        position: usize,
        table_response: &mut TableResponse,
    ) {
        let Some(&row) = self.state.order.rows().get(position) else { return };
        if response.drag_started() {
            self.begin_drag(response, row);
        }
        if !self.table.reorders {
            return;
        }
        let Some(pointer) = ui.ctx().pointer_latest_pos() else { return };
        let after = pointer.y > response.rect.center().y;
        let place = position + usize::from(after);
        if response.dnd_hover_payload::<Dragged>().is_some_and(|dragged| self.is_own(&dragged)) {
            ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
            let y = if after { response.rect.bottom() } else { response.rect.top() };
            ui.painter().hline(response.rect.x_range(), y, Stroke::new(2.0, theme::tokens(ui).accent));
        }
        if dragged(ui.ctx()).is_some_and(|dragged| self.is_own(&dragged))
            && let Some(dropped) = response.dnd_release_payload::<Dragged>()
        {
            table_response.dropped = self.dropped_at(&dropped, place);
        }
    }

    /// Takes rows that are dropped below the last one.
    pub(super) fn drop_below_ui(&self, response: &Response, table_response: &mut TableResponse) {
        if !self.table.reorders || !dragged(&response.ctx).is_some_and(|dragged| self.is_own(&dragged)) {
            return;
        }
        if let Some(dropped) = response.dnd_release_payload::<Dragged>() {
            table_response.dropped = self.dropped_at(&dropped, self.state.order.rows().len());
        }
    }

    fn begin_drag(&mut self, response: &Response, row: u32) {
        let Some(dragged_as) = &self.table.dragged_as else { return };
        if !self.state.selection.contains(row) {
            self.state.selection.choose(row, Choice::Only, self.state.order.rows());
        }
        let rows = self.state.selected();
        let values: Vec<&R> = rows.iter().filter_map(|&row| self.rows.get(row)).collect();
        if let Some((nodes, label)) = dragged_as(&values) {
            response.dnd_set_drag_payload(Dragged { nodes, label, rows: Some((self.table.key, rows)) });
        }
    }

    fn is_own(&self, dragged: &Dragged) -> bool {
        dragged.rows.as_ref().is_some_and(|(key, _)| *key == self.table.key)
    }

    fn dropped_at(&self, dragged: &Dragged, place: usize) -> Option<DroppedRows> {
        let (_, rows) = dragged.rows.clone()?;
        let above = self.state.order.rows().iter().take(place);
        let below = above.filter(|&&row| !rows.contains(&(row as usize))).count();
        Some(DroppedRows { rows, below })
    }
}
