//! The list in the progress window: a line for each item, below it a line for each of its messages, at the end the messages about the whole.
//! Only the lines in view are drawn and copied, so 10,000 items cost what 20 do.

use egui::accesskit::Role;
use egui::text::{LayoutJob, TextWrapping};
use egui::{
    Color32, EventFilter, Id, Key, Modifiers, Rect, ScrollArea, Sense, Stroke, StrokeKind, TextStyle, Ui, pos2, vec2,
};

use crate::console::kit::accessible;
use crate::console::theme::{self, ICON_SIZE, ROW_HEIGHT, SPACE, Tokens};
use crate::console::{Icon, NodeIcon};
use crate::gpm::{Item, ItemState, Progress, Severity, StatusMessage, Task, Told};

/// What the list remembers between frames.
#[derive(Default)]
pub(super) struct List {
    selected: Option<Line>,
    only_problems: bool,
    followed: Option<usize>,
    scroll_to: Option<Line>,
}

/// A line, by the place of what it tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Item(usize),
    Message(usize),
}

/// A line with what is drawn of it.
enum Drawn {
    Item(Item),
    Message(Told),
}

const HEIGHT: f32 = 300.0;
/// What the window needs besides the list.
const WINDOW_HEIGHT: f32 = 270.0;
const BAR_WIDTH: f32 = 90.0;
const INDENT: f32 = 22.0;

impl List {
    /// Draws the list, and below it the selected message in full.
    pub(super) fn ui(&mut self, ui: &mut Ui, task: &Task, runs: bool) {
        let lines = task.look(|progress| lines(progress, self.only_problems));
        if self.selected.is_some_and(|selected| !lines.contains(&selected)) {
            self.selected = None;
        }
        let height = HEIGHT.min(ui.ctx().content_rect().height() - WINDOW_HEIGHT).max(3.0 * ROW_HEIGHT);
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
        let id = Id::unique("job window list");
        let response = ui.interact(rect, id, Sense::click());
        ui.ctx().accesskit_node_builder(id, |node| {
            node.set_role(Role::List);
            node.set_label("Status");
        });
        if response.has_focus() {
            self.keyboard(ui, id, &lines, height, task);
        }
        let tokens = theme::tokens(ui);
        ui.painter().rect_filled(rect, theme::RADIUS, tokens.sunken);
        let mut scroll = ScrollArea::vertical().id_salt("job window lines").auto_shrink(false);
        if let Some(offset) = self.scroll_offset(&lines, height, task, runs) {
            scroll = scroll.vertical_scroll_offset(offset);
        }
        let builder = egui::UiBuilder::new().max_rect(rect.shrink(2.0)).accessibility_parent(id);
        ui.scope_builder(builder, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            scroll.show_rows(ui, ROW_HEIGHT, lines.len(), |ui, shown| {
                for place in shown {
                    if let Some(line) = lines.get(place) {
                        self.line_ui(ui, *line, place, id, response.has_focus(), task);
                    }
                }
            });
        });
        let has_focus = response.has_focus();
        let stroke = if has_focus { Stroke::new(2.0, tokens.focus) } else { Stroke::new(1.0, tokens.border) };
        ui.painter().rect_stroke(rect, theme::RADIUS, stroke, StrokeKind::Inside);
        self.selected_ui(ui, task);
    }

    /// Brings the first thing that did not go well into view, if there is one.
    pub(super) fn show_first_problem(&mut self, task: &Task) {
        self.scroll_to = task.look(|progress| lines(progress, true).into_iter().next());
    }

    /// Draws the box that leaves out what went well, where there is something else.
    pub(super) fn filter_ui(&mut self, ui: &mut Ui, task: &Task) {
        let mixed = task.look(|progress| {
            let wrong = progress.items.iter().filter(|item| is_problem(item.state)).count();
            progress.items.len() > 1 && (self.only_problems || (wrong > 0 && wrong < progress.items.len()))
        });
        if mixed {
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                ui.checkbox(&mut self.only_problems, "Show only problems");
            });
        }
    }

    /// Draws the selected message in full: its line may be too short for it.
    fn selected_ui(&self, ui: &mut Ui, task: &Task) {
        const FULL_TEXT_HEIGHT: f32 = 52.0;
        let text = match self.selected {
            Some(Line::Message(place)) => {
                task.look(|progress| progress.messages.get(place).map(|told| full_text(&told.message)))
            }
            _ => None,
        };
        let Some(text) = text else { return };
        ui.add_space(SPACE);
        ScrollArea::vertical().id_salt("job window message").max_height(FULL_TEXT_HEIGHT).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.add(egui::Label::new(text).wrap().selectable(true));
        });
    }

    /// Returns where to scroll to: to a line that is to be seen, else along with the items while the job runs.
    fn scroll_offset(&mut self, lines: &[Line], height: f32, task: &Task, runs: bool) -> Option<f32> {
        let above = |place: usize| (place as f32 * ROW_HEIGHT - height / 2.0).max(0.0);
        if let Some(wanted) = self.scroll_to.take() {
            return lines.iter().position(|line| *line == wanted).map(above);
        }
        if !runs || self.selected.is_some() {
            return None;
        }
        let running = task.look(|progress| progress.items.iter().rposition(|item| item.state == ItemState::Running))?;
        let place = lines.iter().position(|line| *line == Line::Item(running))?;
        (self.followed.replace(place) != Some(place)).then(|| above(place))
    }

    fn keyboard(&mut self, ui: &Ui, id: Id, lines: &[Line], height: f32, task: &Task) {
        let keys = EventFilter { tab: false, horizontal_arrows: false, vertical_arrows: true, escape: false };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(id, keys));
        if ui.input(|input| input.events.contains(&egui::Event::Copy)) {
            let text = self.selected.and_then(|line| task.look(|progress| plain_text(progress, line)));
            if let Some(text) = text {
                ui.copy_text(text);
            }
        }
        let Some(last) = lines.len().checked_sub(1) else { return };
        let page = (height / ROW_HEIGHT) as usize;
        let current = self.selected.and_then(|selected| lines.iter().position(|line| *line == selected));
        let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let target = match current {
            _ if pressed(Key::Home) => Some(0),
            _ if pressed(Key::End) => Some(last),
            None => (pressed(Key::ArrowDown) || pressed(Key::ArrowUp)).then_some(0),
            Some(place) if pressed(Key::ArrowDown) => Some((place + 1).min(last)),
            Some(place) if pressed(Key::ArrowUp) => Some(place.saturating_sub(1)),
            Some(place) if pressed(Key::PageDown) => Some((place + page).min(last)),
            Some(place) if pressed(Key::PageUp) => Some(place.saturating_sub(page)),
            Some(_) => None,
        };
        if let Some(target) = target {
            self.selected = lines.get(target).copied();
            self.scroll_to = self.selected;
        }
    }

    fn line_ui(&mut self, ui: &mut Ui, line: Line, place: usize, list: Id, list_focused: bool, task: &Task) {
        let drawn = task.look(|progress| match line {
            Line::Item(place) => progress.items.get(place).cloned().map(Drawn::Item),
            Line::Message(place) => progress.messages.get(place).cloned().map(Drawn::Message),
        });
        let Some(drawn) = drawn else { return };
        let tokens = theme::tokens(ui);
        let (_, rect) = ui.allocate_space(vec2(ui.available_width(), ROW_HEIGHT));
        let response = ui.interact(rect, list.with(("line", place)), Sense::CLICK);
        let is_selected = self.selected == Some(line);
        let fill = match (is_selected, list_focused) {
            (true, true) => Some(tokens.selection),
            (true, false) => Some(tokens.selection_unfocused),
            _ if response.hovered() => Some(tokens.hover),
            _ => None,
        };
        if let Some(fill) = fill {
            ui.painter().rect_filled(rect, 0.0, fill);
        }
        let (name, whole_text_shown) = match &drawn {
            Drawn::Item(item) => (item_ui(ui, rect, item, tokens), true),
            Drawn::Message(told) => message_ui(ui, rect, told, tokens),
        };
        accessible::describe(&response, Role::ListItem, &name);
        accessible::detail(ui.ctx(), response.id, |node| node.set_selected(is_selected));
        if response.clicked() {
            self.selected = Some(line);
            ui.memory_mut(|memory| memory.request_focus(list));
        }
        if let (Drawn::Message(told), false) = (&drawn, whole_text_shown) {
            response.on_hover_text_at_pointer(full_text(&told.message));
        }
    }
}

/// Returns the lines in their order: each item with its messages below it, then the messages about the whole.
fn lines(progress: &Progress, only_problems: bool) -> Vec<Line> {
    let mut messages: Vec<usize> = (0..progress.messages.len())
        .filter(|&place| !only_problems || progress.messages[place].message.severity > Severity::Information)
        .collect();
    messages.sort_by_key(|&place| progress.messages[place].item.unwrap_or(usize::MAX));
    let mut messages = messages.into_iter().peekable();
    let mut lines = Vec::with_capacity(progress.items.len() + progress.messages.len());
    for (place, item) in progress.items.iter().enumerate() {
        if !only_problems || is_problem(item.state) {
            lines.push(Line::Item(place));
        }
        while let Some(message) = messages.next_if(|&message| progress.messages[message].item == Some(place)) {
            lines.push(Line::Message(message));
        }
    }
    lines.extend(messages.map(Line::Message));
    lines
}

fn is_problem(state: ItemState) -> bool {
    matches!(state, ItemState::Warning | ItemState::Failed | ItemState::Cancelled)
}

/// Draws an item; returns its name for screen readers.
fn item_ui(ui: &Ui, rect: Rect, item: &Item, tokens: &Tokens) -> String {
    let (icon, words, color) = look_of(item.state, tokens);
    let square =
        Rect::from_min_size(pos2(rect.left() + SPACE, rect.center().y - ICON_SIZE / 2.0), vec2(ICON_SIZE, ICON_SIZE));
    let right = rect.right() - 2.0 * SPACE;
    let text_right = match icon {
        Some(icon) => {
            NodeIcon::from(icon).paint(ui.painter(), square, tokens);
            let text = TextStyle::Body.resolve(ui.style());
            let place = pos2(right, rect.center().y);
            ui.painter().text(place, egui::Align2::RIGHT_CENTER, words, text, color).left()
        }
        None => {
            egui::Spinner::new().color(tokens.accent).paint_at(ui, square.shrink(1.0));
            let track =
                Rect::from_min_max(pos2(right - BAR_WIDTH, rect.center().y - 3.0), pos2(right, rect.center().y + 3.0));
            let fraction = item.done as f32 / item.total.max(1) as f32;
            let filled = track.with_max_x(track.left() + track.width() * fraction.clamp(0.0, 1.0));
            ui.painter().rect_filled(track, 3.0, tokens.border);
            ui.painter().rect_filled(filled, 3.0, tokens.accent);
            track.left()
        }
    };
    let left = square.right() + 1.5 * SPACE;
    let color = if item.state == ItemState::Waiting { tokens.text_weak } else { tokens.text };
    paint_text(ui, rect, left, text_right - 2.0 * SPACE, &item.name, color);
    format!("{}: {words}", item.name)
}

/// Draws a message; returns its name for screen readers, and whether its text had room.
fn message_ui(ui: &Ui, rect: Rect, told: &Told, tokens: &Tokens) -> (String, bool) {
    const SMALL: f32 = 14.0;
    let (icon, word) = match told.message.severity {
        Severity::Information => (Icon::Info, ""),
        Severity::Warning => (Icon::Warning, "Warning: "),
        Severity::Error => (Icon::Error, "Error: "),
    };
    let indent = if told.item.is_some() { INDENT } else { 0.0 };
    let square = Rect::from_min_size(
        pos2(rect.left() + SPACE + indent + 1.0, rect.center().y - SMALL / 2.0),
        vec2(SMALL, SMALL),
    );
    NodeIcon::from(icon).paint(ui.painter(), square, tokens);
    // What happened comes first: paths are long.
    let (text, object) = sentence_and_object(&told.message);
    let (left, right) = (square.right() + 1.5 * SPACE, rect.right() - 2.0 * SPACE);
    let text_end = paint_text(ui, rect, left, right, &text, tokens.text);
    let object_end = match (text_end, object.is_empty()) {
        (Some(end), false) => paint_text(ui, rect, end + 2.0 * SPACE, right, &object, tokens.text_weak),
        (end, _) => end,
    };
    let gap = if object.is_empty() { "" } else { "  " };
    (format!("{word}{text}{gap}{object}"), object_end.is_some())
}

/// Paints one line of text; returns where it ends, none where it had no room.
fn paint_text(ui: &Ui, rect: Rect, left: f32, right: f32, text: &str, color: Color32) -> Option<f32> {
    let mut job = LayoutJob::simple_singleline(text.to_owned(), TextStyle::Body.resolve(ui.style()), color);
    job.wrap = TextWrapping::truncate_at_width((right - left).max(0.0));
    let galley = ui.painter().layout_job(job);
    let end = (!galley.elided).then_some(left + galley.size().x);
    ui.painter().galley(pos2(left, rect.center().y - galley.size().y / 2.0), galley, color);
    end
}

/// Returns how a state is shown: its picture (none while it runs: a bar stands there), its words, their colour.
fn look_of(state: ItemState, tokens: &Tokens) -> (Option<Icon>, &'static str, Color32) {
    match state {
        ItemState::Waiting => (Some(Icon::Waiting), "Waiting", tokens.text_weak),
        ItemState::Running => (None, "Running", tokens.text),
        ItemState::Done => (Some(Icon::Success), "Done", tokens.success),
        ItemState::Warning => (Some(Icon::Warning), "Done, with warnings", tokens.warning),
        ItemState::Failed => (Some(Icon::Error), "Failed", tokens.error),
        ItemState::Cancelled => (Some(Icon::Cancelled), "Cancelled", tokens.text_weak),
    }
}

/// Splits a message into what happened and what it is about, each in one line.
fn sentence_and_object(message: &StatusMessage) -> (String, String) {
    let object = if message.message.contains(&message.object_path) { "" } else { message.object_path.as_str() };
    let mut text = String::new();
    for part in [&message.extension_name, &message.settings_name] {
        if !part.is_empty() && !message.message.contains(part.as_str()) {
            text.push_str(&format!("{part}: "));
        }
    }
    text.push_str(&message.message);
    if message.severity == Severity::Error && !message.code.succeeded() {
        text.push_str(&format!(" ({})", message.code));
    }
    let in_one_line = |text: &str| text.replace(['\r', '\n'], " ");
    (in_one_line(&text), in_one_line(object))
}

/// Returns a message in full, what it is about on a line of its own.
fn full_text(message: &StatusMessage) -> String {
    let (text, object) = sentence_and_object(message);
    if object.is_empty() { text } else { format!("{text}\n{object}") }
}

fn plain_text(progress: &Progress, line: Line) -> Option<String> {
    match line {
        Line::Item(place) => {
            let item = progress.items.get(place)?;
            Some(format!("{}: {}", item.name, look_of(item.state, &theme::LIGHT).1))
        }
        Line::Message(place) => {
            let told = progress.messages.get(place)?;
            let indent = if told.item.is_some() { "    " } else { "" };
            Some(format!("{indent}{}", told.message))
        }
    }
}

/// Writes all lines as text.
pub(super) fn write_log(progress: &Progress, text: &mut String) {
    for line in lines(progress, false).into_iter().filter_map(|line| plain_text(progress, line)) {
        text.push_str(&line);
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpm::{MessageId, StatusMessage};

    #[test]
    fn messages_stand_below_what_they_are_about() {
        let task = Task::default();
        task.begin_items([("a".to_owned(), 1), ("b".to_owned(), 1)]);
        let tell = |task: &Task, text: &str| task.message(StatusMessage::information(MessageId::Done, text));
        tell(&task, "whole");
        tell(&task.item(1), "of b");
        task.item(0).message(StatusMessage::warning(MessageId::FileMissing, "of a"));
        tell(&task.item(1), "more of b");
        task.item(0).set_item_state(ItemState::Warning);
        let check = |only_problems, expected: &[Line]| {
            assert_eq!(task.look(|progress| lines(progress, only_problems)), expected);
        };
        use Line::{Item, Message};
        check(false, &[Item(0), Message(2), Item(1), Message(1), Message(3), Message(0)]);
        check(true, &[Item(0), Message(2)]);
        let mut text = String::new();
        task.look(|progress| write_log(progress, &mut text));
        assert_eq!(text, "a: Done, with warnings\n    [Warning] of a\nb: Waiting\n    of b\n    more of b\nwhole\n");
    }
}
