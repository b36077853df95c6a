//! A question before something is done that the person may not have meant: what it is, what it concerns, and the two ways on.
//!
//! Asked only where the original console asks (`console-ui.md` 6.3, 6.12); what undo takes back needs no other question.

use egui::{Context, ScrollArea};

use super::Command;
use super::dialog::{self, Closing};
use super::theme::SPACE;
use super::window::{Surroundings, Window, WindowFactory};

/// The question.
#[derive(Clone)]
pub struct Question {
    title: String,
    text: String,
    details: Vec<String>,
    /// The button that goes on; none where there is no way on.
    go: Option<&'static str>,
    commands: Vec<Command>,
    focus_wanted: bool,
}

/// Height in points that a list of details takes at most.
const DETAILS_HEIGHT: f32 = 180.0;

impl Question {
    /// Returns a question whose answer `go` asks for the commands.
    pub fn new(title: impl Into<String>, text: impl Into<String>, go: &'static str, commands: Vec<Command>) -> Self {
        let (title, text) = (title.into(), text.into());
        Question { title, text, details: Vec::new(), go: Some(go), commands, focus_wanted: true }
    }

    /// Returns the command that says why something cannot be done.
    pub fn refusal(title: impl Into<String>, text: impl Into<String>) -> Command {
        Question { go: None, ..Question::new(title, text, "", Vec::new()) }.ask()
    }

    /// Adds what it concerns, one line each, below the text.
    pub fn details(self, details: Vec<String>) -> Self {
        Question { details, ..self }
    }

    /// Returns the command that asks it.
    pub fn ask(self) -> Command {
        Command::Open(WindowFactory::new(move || self.clone()))
    }
}

impl Window for Question {
    fn ui(&mut self, ctx: &Context, around: &mut Surroundings<'_>) -> Closing {
        let (mut confirmed, mut cancelled) = (false, false);
        let closing = dialog::show(ctx, &self.title, 520.0, |ui| {
            ui.label(&self.text);
            if !self.details.is_empty() {
                ui.add_space(SPACE);
                ScrollArea::vertical().max_height(DETAILS_HEIGHT).auto_shrink([false, true]).show(ui, |ui| {
                    for line in &self.details {
                        ui.label(line);
                    }
                });
            }
            dialog::buttons_ui(ui, |ui| {
                let first = dialog::primary(ui, self.go.unwrap_or("Close"));
                dialog::focus_once(&first, &mut self.focus_wanted);
                confirmed = dialog::is_pressed(&first);
                cancelled = self.go.is_some() && dialog::button(ui, "Cancel");
            });
        });
        if confirmed {
            around.commands.append(&mut self.commands);
        }
        if confirmed || cancelled { Closing::Close } else { closing }
    }
}
