//! The keys of a table that has the focus.

use egui::{Event, EventFilter, Key, Modifiers, Rect, Ui};

use crate::console::theme::ROW_HEIGHT;

use super::draw::{Drawing, HEADER_HEIGHT};
use super::selection::Choice;

impl<R> Drawing<'_, '_, R> {
    /// Carries out the keys pressed; returns the row that Enter was pressed on.
    pub(super) fn keyboard(&mut self, ui: &Ui, rect: Rect) -> Option<usize> {
        ui.memory_mut(|memory| {
            let keys = EventFilter { tab: false, horizontal_arrows: true, vertical_arrows: true, escape: false };
            memory.set_focus_lock_filter(self.id, keys);
        });
        let mut activated = None;
        for (key, modifiers) in take_keys(ui) {
            match key {
                Key::A => self.state.selection.choose_all(self.state.order.rows()),
                Key::Enter => activated = self.state.selection.cursor.map(|row| row as usize),
                Key::Menu | Key::F10 => self.open_menu(rect),
                Key::Space => {
                    if let Some(cursor) = self.state.selection.cursor {
                        let choice = if modifiers.command { Choice::Toggle } else { Choice::Only };
                        self.state.selection.choose(cursor, choice, self.state.order.rows());
                    }
                }
                _ => self.move_cursor(key, modifiers, rect),
            }
        }
        if ui.input(|input| input.events.contains(&Event::Copy)) && self.state.selection.len() > 0 {
            ui.copy_text(self.selected_as_text());
        }
        activated
    }

    fn move_cursor(&mut self, key: Key, modifiers: Modifiers, rect: Rect) {
        let view = self.state.order.rows();
        let Some(last) = view.len().checked_sub(1) else { return };
        let page = (((rect.height() - HEADER_HEIGHT) / ROW_HEIGHT) as usize).saturating_sub(1).max(1);
        let cursor = self.state.selection.cursor;
        let current = cursor.and_then(|cursor| view.iter().position(|&row| row == cursor));
        let target = match (key, current) {
            (Key::Home, _) => 0,
            (Key::End, _) => last,
            (_, None) => 0,
            (Key::ArrowUp, Some(current)) => current.saturating_sub(1),
            (Key::ArrowDown, Some(current)) => (current + 1).min(last),
            (Key::PageUp, Some(current)) => current.saturating_sub(page),
            (Key::PageDown, Some(current)) => (current + page).min(last),
            _ => return,
        };
        let row = view[target];
        if modifiers.command && !modifiers.shift {
            // The cursor goes alone, so that Ctrl+Space can add single rows.
            self.state.selection.cursor = Some(row);
        } else {
            let choice = if modifiers.shift { Choice::Range } else { Choice::Only };
            self.state.selection.choose(row, choice, view);
        }
        self.state.scroll_to_cursor = true;
    }
}

/// Takes the keys a table understands out of the input.
fn take_keys(ui: &Ui) -> Vec<(Key, Modifiers)> {
    let mut taken = Vec::new();
    ui.input_mut(|input| {
        input.events.retain(|event| {
            let Event::Key { key, pressed: true, modifiers, .. } = event else { return true };
            let plain = !modifiers.alt;
            let ours = match key {
                Key::ArrowUp | Key::ArrowDown | Key::Home | Key::End | Key::PageUp | Key::PageDown => plain,
                Key::Space => plain,
                Key::Enter => plain && !modifiers.command && !modifiers.shift,
                Key::A => plain && modifiers.command,
                Key::F10 => plain && modifiers.shift,
                Key::Menu => plain,
                _ => false,
            };
            // Ctrl+PageUp and Ctrl+PageDown switch tabs.
            let ours = ours && !(modifiers.command && matches!(key, Key::PageUp | Key::PageDown));
            if ours {
                taken.push((*key, *modifiers));
            }
            !ours
        });
    });
    taken
}
