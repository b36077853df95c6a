//! The box in which names are typed, separated by semicolons.

use egui::text::{CCursor, CCursorRange, LayoutJob, TextFormat};
use egui::widgets::text_edit::TextEditState;
use egui::{Context, FontSelection, Id, Key, Stroke, TextBuffer, TextEdit, Ui};

use crate::console::theme;

/// What lasts of the box between frames.
pub(super) struct NamesBox {
    text: String,
    /// Where the cursor stands, in characters.
    cursor: usize,
    focus_wanted: bool,
}

impl Default for NamesBox {
    fn default() -> Self {
        NamesBox { text: String::new(), cursor: 0, focus_wanted: true }
    }
}

impl NamesBox {
    /// Puts a text in, with the cursor at its end.
    pub(super) fn set_text(&mut self, text: String) {
        self.cursor = text.chars().count();
        self.text = text;
    }

    /// Gives the box the focus in the next frames.
    pub(super) fn want_focus(&mut self) {
        self.focus_wanted = true;
    }

    /// Returns the names.
    pub(super) fn all(&self) -> Vec<String> {
        self.text.split(';').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
    }

    /// Returns the name the cursor stands in.
    pub(super) fn current(&self) -> String {
        self.text[self.current_range()].trim().to_owned()
    }

    /// Tells whether the box has the focus.
    pub(super) fn has_focus(&self, ui: &Ui) -> bool {
        ui.memory(|memory| memory.has_focus(id()))
    }

    /// Puts names in place of `name`, of the one the cursor stands in without it; where `many` may follow, the next can be typed.
    pub(super) fn put(&mut self, ctx: &Context, name: Option<&str>, names: &[String], many: bool) {
        let mut kept: Vec<String> = Vec::new();
        let current = self.current_range();
        let mut start = 0;
        let mut is_put = false;
        for part in self.text.split(';') {
            let is_it = match name {
                Some(name) => part.trim() == name,
                None => current == (start..start + part.len()),
            };
            start += part.len() + 1;
            if is_it && !is_put {
                kept.extend(names.iter().cloned());
                is_put = true;
            } else if !part.trim().is_empty() {
                kept.push(part.trim().to_owned());
            }
        }
        let mut text = kept.join("; ");
        if many && name.is_none() {
            text.push_str("; ");
        }
        self.set_text(text);
        let mut state = TextEditState::load(ctx, id()).unwrap_or_default();
        state.cursor.set_char_range(Some(CCursorRange::one(CCursor::new(self.cursor))));
        state.store(ctx, id());
        self.want_focus();
    }

    /// Draws the box; `is_certain` tells which names are underlined. Tells whether Enter was pressed in it.
    pub(super) fn ui(&mut self, ui: &mut Ui, label: &str, is_certain: impl Fn(&str) -> bool) -> bool {
        let label = ui.label(label);
        let mut layouter = |ui: &Ui, text: &dyn TextBuffer, _width: f32| {
            let job = layout(ui, text.as_str(), &is_certain);
            ui.fonts_mut(|fonts| fonts.layout_job(job))
        };
        let edit = TextEdit::singleline(&mut self.text).id(id()).desired_width(f32::INFINITY).layouter(&mut layouter);
        let output = edit.show(ui);
        if let Some(range) = output.cursor_range {
            self.cursor = range.primary.index.into();
        }
        let response = output.response.response.labelled_by(label.id);
        // Below another dialog nothing takes the focus: it is taken once that is gone.
        if ui.memory(|memory| memory.allows_interaction(ui.layer_id())) {
            crate::console::dialog::focus_once(&response, &mut self.focus_wanted);
        }
        response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter))
    }

    /// Returns where the name stands that the cursor is in, in bytes.
    fn current_range(&self) -> std::ops::Range<usize> {
        let at = self.text.char_indices().nth(self.cursor).map_or(self.text.len(), |(at, _)| at);
        let start = self.text[..at].rfind(';').map_or(0, |semicolon| semicolon + 1);
        let end = self.text[at..].find(';').map_or(self.text.len(), |semicolon| at + semicolon);
        start..end
    }
}

fn id() -> Id {
    Id::unique("names of principals")
}

/// Lays the text out with the certain names underlined.
fn layout(ui: &Ui, text: &str, is_certain: &impl Fn(&str) -> bool) -> LayoutJob {
    let tokens = theme::tokens(ui);
    let plain = TextFormat::simple(FontSelection::Default.resolve(ui.style()), tokens.text);
    let underlined = TextFormat { underline: Stroke::new(1.0, tokens.text), ..plain.clone() };
    let mut job = LayoutJob::default();
    job.wrap.max_width = f32::INFINITY;
    for (index, part) in text.split(';').enumerate() {
        if index > 0 {
            job.append(";", 0.0, plain.clone());
        }
        let name = part.trim();
        let before = part.len() - part.trim_start().len();
        job.append(&part[..before], 0.0, plain.clone());
        job.append(name, 0.0, if is_certain(name) { underlined.clone() } else { plain.clone() });
        job.append(&part[before + name.len()..], 0.0, plain.clone());
    }
    job
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, cursor: usize, expected: &str) {
        let names = NamesBox { text: text.to_owned(), cursor, focus_wanted: false };
        assert_eq!(names.current(), expected, "{text} at {cursor}");
    }

    #[test]
    fn the_name_under_the_cursor_is_the_one_that_is_typed() {
        check("", 0, "");
        check("ann", 3, "ann");
        check("ann; bo", 7, "bo");
        check("ann; bo", 1, "ann");
        check("Voß; bö;", 6, "bö");
        check("ann;", 4, "");
        check("ann", 99, "ann");
    }

    #[test]
    fn names_take_the_place_of_what_was_typed() {
        let ctx = Context::default();
        let names = |text: &str, cursor, name: Option<&str>, many| {
            let mut names = NamesBox { text: text.to_owned(), cursor, focus_wanted: false };
            names.put(&ctx, name, &[r"CORP\ann".to_owned()], many);
            names.text
        };
        assert_eq!(names("an", 2, None, false), r"CORP\ann");
        assert_eq!(names("bo; an", 6, None, true), r"bo; CORP\ann; ");
        assert_eq!(names("an; bo", 6, Some("an"), true), r"CORP\ann; bo");
        assert_eq!(names("an ;; bo", 1, None, true), r"CORP\ann; bo; ");
    }
}
