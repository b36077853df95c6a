//! The row of tabs at the top of a result pane.
//!
//! One stop for the Tab key; left, right, Home and End go along it. Ctrl+Tab, Ctrl+Shift+Tab, Ctrl+PageDown and Ctrl+PageUp
//! switch tabs from anywhere (`console-ui.md` 10.1).

use egui::accesskit::Role;
use egui::{EventFilter, Id, Key, Modifiers, Sense, Stroke, TextStyle, Ui, UiBuilder, pos2, vec2};

use super::accessible;
use crate::console::theme;

const HEIGHT: f32 = 28.0;

/// Returns the id of a tab, for giving it the focus.
pub fn tab_id(name: &str, title: &str) -> Id {
    Id::unique(("tab bar", name)).with(title)
}

/// Draws the tabs and returns the one that is open, as an index.
pub fn tab_bar_ui(ui: &mut Ui, name: &str, titles: &[&str], selected: usize) -> usize {
    let mut selected = selected.min(titles.len().saturating_sub(1));
    if titles.is_empty() {
        return 0;
    }
    selected = switched_from_anywhere(ui, titles.len(), selected);
    let tokens = theme::tokens(ui);
    let (bar, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    let id = Id::unique(("tab bar", name));
    let builder =
        UiBuilder::new().scope_id(id).max_rect(bar).accessibility_role(Role::TabList).accessibility_label(name);
    let bar_ui = ui.new_child(builder);
    bar_ui.painter().hline(bar.x_range(), bar.bottom() - 0.5, Stroke::new(1.0, tokens.border));
    let font = TextStyle::Body.resolve(bar_ui.style());
    let mut left = bar.left();
    for (index, title) in titles.iter().enumerate() {
        let open = index == selected;
        let color = if open { tokens.text } else { tokens.text_weak };
        let galley = bar_ui.painter().layout_no_wrap((*title).to_owned(), font.clone(), color);
        let rect = egui::Rect::from_min_size(pos2(left, bar.top()), vec2(galley.size().x + 24.0, HEIGHT));
        // Only the open tab is a stop for the Tab key.
        let sense = if open { Sense::click() } else { Sense::CLICK };
        let response = bar_ui.interact(rect, id.with(title), sense);
        accessible::tab(&response, title, index, titles.len(), open);
        if response.hovered() && !open {
            bar_ui.painter().rect_filled(rect.shrink2(vec2(2.0, 3.0)), theme::RADIUS, tokens.hover);
        }
        if response.has_focus() {
            let ring = Stroke::new(2.0, tokens.focus);
            bar_ui.painter().rect_stroke(rect.shrink2(vec2(3.0, 3.0)), theme::RADIUS, ring, egui::StrokeKind::Inside);
        }
        bar_ui.painter().galley(pos2(rect.left() + 12.0, rect.center().y - galley.size().y / 2.0), galley, color);
        if open {
            let line = Stroke::new(2.5, tokens.accent);
            bar_ui.painter().hline(rect.x_range().shrink(8.0), rect.bottom() - 1.5, line);
        }
        if response.clicked() {
            selected = index;
            response.request_focus();
        }
        if response.has_focus() {
            let moved = moved_along(&bar_ui, response.id, titles.len(), index);
            if moved != index {
                selected = moved;
                let next = id.with(titles[moved]);
                bar_ui.memory_mut(|memory| memory.request_focus(next));
            }
        }
        left = rect.right();
    }
    selected
}

fn moved_along(ui: &Ui, id: Id, count: usize, index: usize) -> usize {
    ui.memory_mut(|memory| {
        let keys = EventFilter { horizontal_arrows: true, ..EventFilter::default() };
        memory.set_focus_lock_filter(id, keys);
    });
    ui.input_mut(|input| {
        let mut pressed = |key| input.consume_key(Modifiers::NONE, key);
        if pressed(Key::ArrowRight) {
            (index + 1) % count
        } else if pressed(Key::ArrowLeft) {
            (index + count - 1) % count
        } else if pressed(Key::Home) {
            0
        } else if pressed(Key::End) {
            count - 1
        } else {
            index
        }
    })
}

fn switched_from_anywhere(ui: &Ui, count: usize, selected: usize) -> usize {
    if ui.memory(|memory| memory.top_modal_layer().is_some()) {
        return selected;
    }
    ui.input_mut(|input| {
        if input.consume_key(Modifiers::CTRL | Modifiers::SHIFT, Key::Tab)
            || input.consume_key(Modifiers::CTRL, Key::PageUp)
        {
            (selected + count - 1) % count
        } else if input.consume_key(Modifiers::CTRL, Key::Tab) || input.consume_key(Modifiers::CTRL, Key::PageDown) {
            (selected + 1) % count
        } else {
            selected
        }
    })
}
