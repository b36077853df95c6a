//! What is dragged with the mouse: nodes of the scope tree, or rows of a list that stand for nodes. One payload for all, so that the
//! tree takes what a list gives.

use std::sync::Arc;

use egui::{Align2, Context, CursorIcon, DragAndDrop, Id, LayerId, Order, StrokeKind, TextStyle, Ui, vec2};

use super::Node;
use super::theme::{self, SPACE};

/// What is being dragged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dragged {
    /// The nodes, in the order of their list.
    pub nodes: Vec<Node>,
    /// What is written beside the pointer.
    pub label: String,
    /// The list that it comes from, by its key, and its rows there; none for the tree.
    pub rows: Option<(&'static str, Vec<usize>)>,
}

/// Returns what is being dragged, if something is.
pub fn dragged(ctx: &Context) -> Option<Arc<Dragged>> {
    DragAndDrop::payload::<Dragged>(ctx)
}

/// Draws what is being dragged beside the pointer. To be called before anything is drawn that it may be dropped on: nothing may be dropped
/// anywhere until a place says that it takes it.
pub fn dragged_ui(ui: &Ui) {
    let Some(dragged) = dragged(ui.ctx()) else { return };
    ui.ctx().set_cursor_icon(CursorIcon::NotAllowed);
    let Some(pointer) = ui.ctx().pointer_latest_pos() else { return };
    let tokens = theme::tokens(ui);
    let painter = ui.ctx().layer_painter(LayerId::new(Order::Tooltip, Id::unique("what is dragged")));
    let font = TextStyle::Body.resolve(ui.style());
    let galley = painter.layout_no_wrap(dragged.label.clone(), font, tokens.text);
    let place = Align2::LEFT_TOP.anchor_size(pointer + vec2(4.0 * SPACE, 3.0 * SPACE), galley.size());
    painter.rect_filled(place.expand(SPACE), theme::RADIUS, tokens.raised);
    painter.rect_stroke(place.expand(SPACE), theme::RADIUS, (1.0, tokens.border), StrokeKind::Inside);
    painter.galley(place.min, galley, tokens.text);
}
