//! A question before something is done that the person may not have meant: what it is, what it concerns, and the ways on.
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
    answers: Vec<Answer>,
    focus_wanted: bool,
}

/// A way on: the words of its button, and what it asks for.
#[derive(Clone)]
struct Answer {
    words: &'static str,
    commands: Vec<Command>,
}

/// Height in points that a list of details takes at most.
const DETAILS_HEIGHT: f32 = 180.0;

impl Question {
    /// Returns a question whose answer `go` asks for the commands.
    pub fn new(title: impl Into<String>, text: impl Into<String>, go: &'static str, commands: Vec<Command>) -> Self {
        Question::without_answers(title, text).or(go, commands)
    }

    /// Returns the command that says why something cannot be done.
    pub fn refusal(title: impl Into<String>, text: impl Into<String>) -> Command {
        Question::without_answers(title, text).ask()
    }

    fn without_answers(title: impl Into<String>, text: impl Into<String>) -> Self {
        let (title, text) = (title.into(), text.into());
        Question { title, text, details: Vec::new(), answers: Vec::new(), focus_wanted: true }
    }

    /// Adds another answer.
    pub fn or(mut self, words: &'static str, commands: Vec<Command>) -> Self {
        self.answers.push(Answer { words, commands });
        self
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
        let (mut chosen, mut cancelled) = (None, false);
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
                let answers = &mut self.answers.iter_mut();
                let Some(first) = answers.next() else {
                    let close = dialog::primary(ui, "Close");
                    dialog::focus_once(&close, &mut self.focus_wanted);
                    cancelled = dialog::is_pressed(&close);
                    return;
                };
                let go = dialog::primary(ui, first.words);
                dialog::focus_once(&go, &mut self.focus_wanted);
                chosen = dialog::is_pressed(&go).then(|| std::mem::take(&mut first.commands));
                for other in answers {
                    if dialog::button(ui, other.words) {
                        chosen = Some(std::mem::take(&mut other.commands));
                    }
                }
                cancelled = dialog::button(ui, "Cancel");
            });
        });
        if let Some(commands) = chosen {
            around.commands.extend(commands);
            return Closing::Close;
        }
        if cancelled { Closing::Close } else { closing }
    }
}
