//! Work in the background whose progress and outcome stand in a page of a wizard or in a pane.

use egui::{ProgressBar, Ui};
use poll_promise::Promise;

use crate::gpm::{OperationError, StatusMessage, Task};

use super::job::{Workers, take};
use super::kit::accessible;
use super::kit::notice::{Severity, banner_ui, loading_ui};
use super::migration_table::sentence;
use super::theme::SPACE;

/// Work in the background, and what it brought.
#[derive(Default)]
pub enum Step<T: Send + 'static> {
    /// It was not begun.
    #[default]
    Idle,
    /// It runs.
    Running(Task, Option<Promise<Result<T, OperationError>>>),
    /// It has ended; with what went wrong, in words.
    Ended(Result<T, String>),
}

impl<T: Send> Step<T> {
    /// Begins the work.
    pub fn start<F>(workers: &Workers, work: impl FnOnce(Task) -> F) -> Self
    where
        F: Future<Output = Result<T, OperationError>> + Send + 'static,
    {
        let task = workers.task();
        let promise = workers.spawn(work(task.clone()));
        Step::Running(task, Some(promise))
    }

    /// Returns the task of work that runs.
    pub fn task(&self) -> Option<&Task> {
        match self {
            Step::Running(task, _) => Some(task),
            Step::Idle | Step::Ended(_) => None,
        }
    }

    /// Returns what the work brought.
    pub fn ended(&self) -> Option<&T> {
        match self {
            Step::Ended(Ok(value)) => Some(value),
            Step::Idle | Step::Running(..) | Step::Ended(Err(_)) => None,
        }
    }

    /// Takes in the outcome; tells whether it has come in.
    pub fn poll(&mut self) -> bool {
        let Step::Running(_, promise) = self else { return false };
        let Some(outcome) = take(promise) else { return false };
        *self = Step::Ended(outcome.map_err(|error| told(&error.0)));
        true
    }

    /// Ends the work, if it runs.
    pub fn cancel(&self) {
        if let Some(task) = self.task() {
            task.cancel();
        }
    }
}

/// Draws the last page of a wizard, on which work is done: how far it is, with a button that cancels it (`cancel` is its name for those who
/// cannot see where it stands), then what it brought or why it failed. Tells whether the person wants it tried again.
pub fn completing_ui<T: Send>(ui: &mut Ui, step: &Step<T>, cancel: &str, done: impl FnOnce(&mut Ui, &T)) -> bool {
    match step {
        Step::Idle => false,
        Step::Running(task, _) => {
            running_ui(ui, task);
            ui.add_space(SPACE);
            let button = ui.button("Cancel");
            accessible::name(&button, cancel);
            if button.clicked() {
                task.cancel();
            }
            false
        }
        Step::Ended(Err(error)) => {
            banner_ui(ui, Severity::Error, error);
            ui.add_space(SPACE);
            ui.button("Try Again").clicked()
        }
        Step::Ended(Ok(value)) => {
            done(ui, value);
            false
        }
    }
}

/// Draws how far work is.
pub fn running_ui(ui: &mut Ui, task: &Task) {
    let (activity, done, total) =
        task.look(|progress| (progress.activity.clone(), progress.done as f32, progress.total as f32));
    loading_ui(ui, if activity.is_empty() { "Working…" } else { &activity });
    if total > 0.0 {
        ui.add_space(SPACE);
        let bar = ui.add(ProgressBar::new(done / total));
        accessible::progress(&bar, "Progress", Some(done / total));
    }
}

/// Returns a message as a sentence, with what it is about.
pub fn told(message: &StatusMessage) -> String {
    let is_news = |text: &&String| !text.is_empty() && !message.message.contains(text.as_str());
    let about = [&message.extension_name, &message.object_path].into_iter().filter(is_news);
    let about: Vec<&str> = about.map(String::as_str).collect();
    let about = about.join(", ");
    match message.message.starts_with(&about) {
        // It begins with that, or there is nothing to begin with.
        true => sentence(&message.message),
        false => format!("{about}: {}", sentence(&message.message)),
    }
}
