//! The keys of a report that has the focus.

use egui::{Event, EventFilter, Key, Modifiers, Rect, Ui};

use crate::console::theme::ROW_HEIGHT;

use super::DocumentView;

impl DocumentView {
    /// Carries out the keys pressed.
    pub(super) fn keyboard(&mut self, ui: &Ui, rect: Rect) {
        ui.memory_mut(|memory| {
            let keys =
                EventFilter { tab: false, horizontal_arrows: true, vertical_arrows: true, escape: self.explaining };
            memory.set_focus_lock_filter(Self::focus_id(), keys);
        });
        for (key, modifiers) in take_keys(ui, self.explaining) {
            match key {
                Key::A => self.select_all(),
                Key::Enter | Key::Space => self.activate(),
                Key::Menu | Key::F10 => self.menu = Some(self.cursor_position(rect)),
                Key::Escape => self.explaining = false,
                Key::ArrowRight => self.enter(),
                Key::ArrowLeft => self.leave(),
                _ => self.move_cursor(key, modifiers.shift, rect),
            }
            // Another key may follow in the same frame.
            self.update_visible();
        }
        let every =
            ui.input(|input| input.events.iter().any(|event| matches!(event, Event::Text(text) if text == "*")));
        if every {
            self.open_all(true);
        }
        if ui.input(|input| input.events.contains(&Event::Copy)) && self.cursor.is_some() {
            ui.copy_text(self.selected_as_text());
        }
    }

    fn select_all(&mut self) {
        self.anchor = self.visible.first().map(|line| *line as usize);
        self.cursor = self.visible.last().map(|line| *line as usize);
    }

    /// Opens or closes a heading; tells or hides what a setting does.
    pub(super) fn activate(&mut self) {
        let Some(cursor) = self.cursor else { return };
        if self.lines[cursor].end().is_some() {
            self.toggle(cursor);
        } else if self.lines[cursor].explain().is_some() {
            self.explaining = !self.explaining;
        }
    }

    fn enter(&mut self) {
        let Some(cursor) = self.cursor else { return };
        match self.lines[cursor].end() {
            Some(_) if !self.open[cursor] => self.toggle(cursor),
            Some(end) if end > cursor + 1 => self.go_to(cursor + 1, false),
            _ => {}
        }
    }

    fn leave(&mut self) {
        let Some(cursor) = self.cursor else { return };
        if self.lines[cursor].end().is_some() && self.open[cursor] {
            self.toggle(cursor);
        } else if let Some(parent) = self.lines[cursor].parent {
            self.go_to(parent as usize, false);
        }
    }

    fn move_cursor(&mut self, key: Key, extend: bool, rect: Rect) {
        let Some(last) = self.visible.len().checked_sub(1) else { return };
        let page = ((rect.height() / ROW_HEIGHT) as usize).saturating_sub(2).max(1);
        let current = self.cursor.map(|cursor| self.visible.partition_point(|line| (*line as usize) < cursor));
        let target = match (key, current) {
            (Key::Home, _) => 0,
            (Key::End, _) => last,
            (_, None) => 0,
            (Key::ArrowUp, Some(current)) => current.saturating_sub(1),
            (Key::ArrowDown, Some(current)) => current + 1,
            (Key::PageUp, Some(current)) => current.saturating_sub(page),
            (Key::PageDown, Some(current)) => current + page,
            _ => return,
        };
        self.go_to(self.visible[target.min(last)] as usize, extend);
    }

    fn go_to(&mut self, line: usize, extend: bool) {
        let anchor = self.anchor.or(self.cursor);
        self.put_cursor(Some(line));
        if extend {
            self.anchor = anchor;
        }
        self.cell = 0;
        self.scroll_to_cursor = true;
    }

    /// Returns a place below the cursor for the menu.
    fn cursor_position(&mut self, rect: Rect) -> egui::Pos2 {
        let cursor = self.cursor.and_then(|cursor| self.visible.binary_search(&(cursor as u32)).ok());
        let tops = self.heights.tops(&self.lines, &self.visible);
        let bottom = cursor.and_then(|position| tops.get(position + 1)).map_or(0.0, |bottom| bottom - self.offset);
        rect.min + egui::vec2(60.0, bottom.clamp(0.0, rect.height()))
    }
}

/// Takes the keys a report understands out of the input.
fn take_keys(ui: &Ui, explaining: bool) -> Vec<(Key, Modifiers)> {
    let mut taken = Vec::new();
    ui.input_mut(|input| {
        input.events.retain(|event| {
            let Event::Key { key, pressed: true, modifiers, .. } = event else { return true };
            let plain = !modifiers.alt && !modifiers.command;
            let ours = match key {
                Key::ArrowUp | Key::ArrowDown | Key::Home | Key::End | Key::PageUp | Key::PageDown => plain,
                Key::ArrowLeft | Key::ArrowRight | Key::Space | Key::Enter | Key::Menu => plain && !modifiers.shift,
                Key::Escape => explaining && plain,
                Key::A => modifiers.command && !modifiers.alt,
                Key::F10 => plain && modifiers.shift,
                _ => false,
            };
            if ours {
                taken.push((*key, *modifiers));
            }
            !ours
        });
    });
    taken
}
