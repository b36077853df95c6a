//! A report in the window: sections that open and close, find, explanations, lines that can be copied.
//!
//! The report is laid out line by line, and only what is in view; heights of lines are kept until the width changes, those of lines not
//! seen yet are guessed. Screen readers see a grid whose rows have levels: headings say whether they are open
//! (`console-ui.md` 9.1, 12.4).

mod draw;
mod find;
mod keyboard;
mod layout;
mod lines;
mod menu;

use std::ops::RangeInclusive;
use std::sync::Arc;

use egui::{Button, Id, Key, Modifiers, Panel, RichText, ScrollArea, TextEdit, Ui};

use crate::console::Icon;
use crate::console::theme::{self, ICON_SIZE, SPACE};
use crate::report::Document;

use super::accessible;
use find::Find;
use layout::Heights;
use lines::{Line, lines, visible};

/// A report while it is shown.
pub struct DocumentView {
    document: Arc<Document>,
    lines: Vec<Line>,
    /// Whether each line is an open heading.
    open: Vec<bool>,
    visible: Vec<u32>,
    visible_is_stale: bool,
    heights: Heights,
    offset: f32,
    /// The line that the keyboard is on.
    cursor: Option<usize>,
    /// Where the selection began; it ends at the cursor.
    anchor: Option<usize>,
    /// The text of the line that was clicked last: a cell.
    cell: usize,
    scroll_to_cursor: bool,
    focus_wanted: bool,
    query: String,
    find: Find,
    find_focus_wanted: bool,
    /// Whether the next find step is still owed to what was typed.
    jump_wanted: bool,
    explaining: bool,
    menu: Option<egui::Pos2>,
    /// Rows of the caller's own in the menu, and the one that was taken.
    offered: Vec<&'static str>,
    chosen: Option<&'static str>,
}

impl DocumentView {
    /// Returns the view of a report, its sections open as the report says.
    pub fn new(document: Arc<Document>) -> Self {
        let (lines, open_at_first) = lines(&document);
        let mut open = vec![false; lines.len()];
        for index in open_at_first {
            open[index] = true;
        }
        DocumentView {
            document,
            heights: Heights::new(lines.len()),
            lines,
            open,
            visible: Vec::new(),
            visible_is_stale: true,
            offset: 0.0,
            cursor: None,
            anchor: None,
            cell: 0,
            scroll_to_cursor: false,
            focus_wanted: false,
            query: String::new(),
            find: Find::default(),
            find_focus_wanted: false,
            jump_wanted: false,
            explaining: false,
            menu: None,
            offered: Vec::new(),
            chosen: None,
        }
    }

    /// Returns the report.
    pub fn document(&self) -> &Arc<Document> {
        &self.document
    }

    /// Returns the id that takes the keyboard focus.
    pub fn focus_id() -> Id {
        Id::unique("document view")
    }

    /// Moves the keyboard focus into the field that finds text, with the next frame.
    pub fn request_find(&mut self) {
        self.find_focus_wanted = true;
    }

    /// Tells whether the report is still being searched.
    pub fn is_working(&self) -> bool {
        self.find.is_working()
    }

    /// Opens or closes all sections.
    pub fn open_all(&mut self, open: bool) {
        for (index, line) in self.lines.iter().enumerate() {
            self.open[index] = open && line.end().is_some();
        }
        self.visible_is_stale = true;
        if !open {
            let cursor = self.cursor.map(|cursor| self.outermost(cursor));
            self.put_cursor(cursor);
        }
    }

    /// Draws the view over the space there is; `extra` draws more into the line above it, from the right.
    pub fn ui(&mut self, ui: &mut Ui, extra: impl FnOnce(&mut Ui)) {
        self.bar_ui(ui, extra);
        ui.add_space(SPACE);
        self.find.advance(&self.lines);
        if self.find.is_working() {
            ui.ctx().request_repaint();
        } else if std::mem::take(&mut self.jump_wanted)
            && self.cursor.and_then(|line| self.find.position(line)).is_none()
        {
            self.find_step(true);
        }
        if self.explaining {
            self.explanation_ui(ui);
        }
        self.body_ui(ui);
    }

    fn bar_ui(&mut self, ui: &mut Ui, extra: impl FnOnce(&mut Ui)) {
        ui.horizontal(|ui| {
            Icon::Search.show(ui, ICON_SIZE);
            self.find_ui(ui);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let all_open = self.lines.iter().zip(&self.open).all(|(line, open)| *open || line.end().is_none());
                if ui.button(if all_open { "Hide All" } else { "Show All" }).clicked() {
                    self.open_all(!all_open);
                }
                extra(ui);
                if !self.document.collected.is_empty() {
                    ui.add(
                        egui::Label::new(RichText::new(format!("Collected {}", self.document.collected)).weak())
                            .truncate(),
                    );
                }
            });
        });
    }

    fn find_ui(&mut self, ui: &mut Ui) {
        let field = TextEdit::singleline(&mut self.query)
            .id(Self::focus_id().with("find"))
            .hint_text("Find in report")
            .desired_width(200.0_f32.min(ui.available_width() * 0.4));
        let field = ui.add(field);
        accessible::name(&field, "Find in report");
        if std::mem::take(&mut self.find_focus_wanted) {
            field.request_focus();
            let mut edit = egui::text_edit::TextEditState::load(ui.ctx(), field.id).unwrap_or_default();
            let end = egui::text::CCursor::new(self.query.chars().count());
            edit.cursor.set_char_range(Some(egui::text::CCursorRange::two(egui::text::CCursor::new(0), end)));
            edit.store(ui.ctx(), field.id);
        }
        if field.changed() {
            self.find = Find::new(&self.query);
            self.jump_wanted = !self.find.is_idle();
        }
        let (enter, shift, escape) =
            ui.input(|input| (input.key_pressed(Key::Enter), input.modifiers.shift, input.key_pressed(Key::Escape)));
        if field.lost_focus() && enter {
            self.find_step(!shift);
            field.request_focus();
        } else if field.lost_focus() && escape {
            self.query.clear();
            self.find = Find::default();
            self.focus_wanted = true;
        }
        let found = self.find.len() > 0;
        for (icon, name, forward) in [(Icon::Up, "Find Previous", false), (Icon::Down, "Find Next", true)] {
            let button = ui.add_enabled(found, Button::new(icon.atom()).frame_when_inactive(false));
            accessible::name(&button, name);
            let keys = if forward { "F3" } else { "Shift+F3" };
            if button.on_hover_text(format!("{name}  ({keys})")).clicked() {
                self.find_step(forward);
            }
        }
        if found && ui.input_mut(|input| input.consume_key(Modifiers::SHIFT, Key::F3)) {
            self.find_step(false);
        }
        if found && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::F3)) {
            self.find_step(true);
        }
        if self.find.is_idle() {
            return;
        }
        let position = self.cursor.and_then(|cursor| self.find.position(cursor));
        let said = match (self.find.len(), position) {
            (0, _) if self.find.is_working() => "Searching…".to_owned(),
            (0, _) => "Not found".to_owned(),
            (count, Some(position)) => format!("{} of {count}", position + 1),
            (count, None) => format!("{count} found"),
        };
        let said = ui.weak(said);
        accessible::detail(ui.ctx(), said.id, |node| node.set_live(egui::accesskit::Live::Polite));
    }

    fn find_step(&mut self, forward: bool) {
        if let Some(line) = self.find.step(self.cursor, forward) {
            self.reveal(line);
        }
    }

    /// Opens the sections a line lies in, puts the cursor on it and brings it into view.
    fn reveal(&mut self, line: usize) {
        let mut above = self.lines[line].parent;
        while let Some(heading) = above {
            self.open[heading as usize] = true;
            above = self.lines[heading as usize].parent;
        }
        self.visible_is_stale = true;
        self.put_cursor(Some(line));
        self.scroll_to_cursor = true;
    }

    fn explanation_ui(&mut self, ui: &mut Ui) {
        let explain = self.cursor.and_then(|cursor| self.lines[cursor].explain());
        let title = self.cursor.and_then(|cursor| self.lines[cursor].texts().first().map(|text| (*text).to_owned()));
        let tokens = theme::tokens(ui);
        let frame =
            egui::Frame::new().fill(tokens.raised).inner_margin(egui::Margin::same(10)).corner_radius(theme::RADIUS);
        let width = 320.0_f32.min(ui.available_width() * 0.5);
        let mut close = false;
        Panel::right(Self::focus_id().with("explanation")).frame(frame).default_size(width).resizable(true).show(
            ui,
            |ui| {
                ui.horizontal(|ui| {
                    ui.label(RichText::new("Explanation").heading());
                    ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                        let button = ui.add(Button::new(Icon::Close.atom()).frame_when_inactive(false));
                        accessible::name(&button, "Close explanation");
                        close = button.clicked();
                    });
                });
                ui.add_space(SPACE);
                let (Some(explain), Some(title)) = (explain, title) else {
                    ui.weak("Choose a policy: what it does is told here.");
                    return;
                };
                ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                    ui.label(RichText::new(title).strong());
                    ui.add_space(2.0 * SPACE);
                    ui.weak("Setting Path");
                    ui.label(&explain.path);
                    ui.add_space(SPACE);
                    ui.weak("Supported On");
                    ui.label(if explain.supported_on.is_empty() { "Not available" } else { &explain.supported_on });
                    ui.add_space(2.0 * SPACE);
                    match explain.text.as_str() {
                        "" => ui.weak("No explanation is available for this setting."),
                        text => ui.label(text),
                    };
                });
            },
        );
        self.explaining = !close;
        self.focus_wanted |= close;
    }

    fn update_visible(&mut self) {
        if std::mem::take(&mut self.visible_is_stale) {
            self.visible = visible(&self.lines, |index| self.open[index]);
            self.heights.order_changed();
        }
    }

    fn toggle(&mut self, heading: usize) {
        self.open[heading] = !self.open[heading];
        self.visible_is_stale = true;
    }

    fn put_cursor(&mut self, line: Option<usize>) {
        self.cursor = line;
        self.anchor = line;
    }

    /// Returns the heading of the first level that a line lies below.
    fn outermost(&self, mut line: usize) -> usize {
        while let Some(parent) = self.lines[line].parent {
            line = parent as usize;
        }
        line
    }

    /// Returns the selected lines.
    fn selected(&self) -> Option<RangeInclusive<usize>> {
        let (cursor, anchor) = (self.cursor?, self.anchor.or(self.cursor)?);
        Some(cursor.min(anchor)..=cursor.max(anchor))
    }

    /// Returns the selected lines that are visible, as text.
    fn selected_as_text(&self) -> String {
        let Some(selected) = self.selected() else { return String::new() };
        self.as_text(self.visible.iter().map(|line| *line as usize).filter(|line| selected.contains(line)))
    }

    fn as_text(&self, lines: impl Iterator<Item = usize>) -> String {
        lines.filter_map(|line| self.lines.get(line)).map(Line::copied).collect::<Vec<_>>().join("\n")
    }
}
