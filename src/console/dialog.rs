//! The frame of every dialog: a title, contents, buttons at the lower right; Esc closes, a click beside it does not.

use egui::{Button, Context, Id, Key, Layout, Margin, Modal, Modifiers, Response, RichText, Stroke, Ui};

use super::Icon;
use super::theme::{self, SPACE};

/// Whether a dialog is to be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// It stays.
    Stay,
    /// Esc or its close button was pressed.
    Close,
}

/// Draws a dialog over everything else.
pub fn show(ctx: &Context, title: &str, width: f32, content: impl FnOnce(&mut Ui)) -> Closing {
    let mut closing = Closing::Stay;
    let mut first = None;
    let frame = egui::Frame::popup(&ctx.global_style()).inner_margin(Margin::same(16));
    let id = Id::unique(("dialog", title));
    let area = Modal::default_area(id).accessible_name(title);
    let response = Modal::new(id).area(area).frame(frame).show(ctx, |ui| {
        let available = ui.ctx().content_rect().width() - 64.0;
        ui.set_width(width.min(available));
        ui.horizontal(|ui| {
            ui.label(RichText::new(title).heading());
            ui.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
                let close = ui.add(Button::new(Icon::Close.atom()).frame_when_inactive(false));
                name(&close, "Close dialog");
                first = Some(close.id);
                if close.clicked() {
                    closing = Closing::Close;
                }
            });
        });
        ui.add_space(2.0 * SPACE);
        content(ui);
        // The focus is in the dialog from the beginning, and comes back when a click beside a control took it away.
        let is_topmost = ui.memory(|memory| memory.allows_interaction(ui.layer_id()));
        if is_topmost && ui.memory(|memory| memory.focused().is_none()) {
            first.inspect(|id| ui.memory_mut(|memory| memory.request_focus(*id)));
        }
    });
    let beside = response.backdrop_response.clicked();
    if response.should_close() && !beside {
        closing = Closing::Close;
    }
    closing
}

/// Draws the button that goes on; Ctrl+Enter presses it too. Returns whether it was pressed.
pub fn primary_button(ui: &mut Ui, text: &str) -> bool {
    is_pressed(&primary(ui, text))
}

/// Draws the button that goes on.
pub fn primary(ui: &mut Ui, text: &str) -> Response {
    let tokens = theme::tokens(ui);
    ui.scope(|ui| {
        let widgets = &mut ui.visuals_mut().widgets;
        for widget in [&mut widgets.inactive, &mut widgets.hovered, &mut widgets.active] {
            widget.fg_stroke = Stroke::new(1.0, tokens.on_accent);
            widget.weak_bg_fill = tokens.accent;
            widget.bg_stroke = Stroke::new(1.0, tokens.accent);
        }
        ui.visuals_mut().widgets.active.bg_stroke = Stroke::new(2.0, tokens.text);
        ui.add(Button::new(RichText::new(text).color(tokens.on_accent)).min_size(egui::vec2(88.0, 0.0)))
    })
    .inner
}

/// Tells whether the button that goes on was pressed, with Ctrl+Enter too unless another dialog stands above this one.
pub fn is_pressed(primary: &Response) -> bool {
    let is_topmost = primary.ctx.memory(|memory| memory.allows_interaction(primary.layer_id));
    let by_keys = || primary.ctx.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::Enter));
    primary.clicked() || (is_topmost && by_keys())
}

/// Gives a control the focus until it has it: a new window takes none in its first frame.
pub fn focus_once(control: &Response, wanted: &mut bool) {
    if control.has_focus() {
        *wanted = false;
    } else if *wanted {
        control.request_focus();
        control.ctx.request_repaint();
    }
}

/// Draws an ordinary button of a dialog. Returns whether it was pressed.
pub fn button(ui: &mut Ui, text: &str) -> bool {
    ui.add(Button::new(text).min_size(egui::vec2(88.0, 0.0))).clicked()
}

/// Draws what a dialog ends with, from the right.
pub fn buttons_ui(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    ui.add_space(3.0 * SPACE);
    row_from_right_ui(ui, content);
}

/// Draws one row of controls from the right. (A plain layout would take all the height there is.)
pub fn row_from_right_ui(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    let size = egui::vec2(ui.available_width(), ui.spacing().interact_size.y);
    ui.allocate_ui_with_layout(size, Layout::right_to_left(egui::Align::Center), content);
}

/// Gives a control that shows no words its name for screen readers.
pub fn name(response: &Response, name: &str) {
    response.ctx.accesskit_node_builder(response.id, |node| node.set_label(name));
}
