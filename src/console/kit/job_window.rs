//! The progress window over a [`Task`]: what is being done, how far it is, every item with its state and its messages, and in the end the
//! result (`console-ui.md` part 8).
//!
//! It stands over everything while the job runs; Esc means Cancel, a click beside it means nothing. Cancelling is asked for, not assumed:
//! the window stays until the caller sees the job end. A job that has something to tell then keeps it until OK.

mod list;

use std::time::{Duration, Instant};

use egui::{Button, Context, Id, Margin, Modal, ProgressBar, RichText, Ui, vec2};

use super::accessible;
use super::save_dialog::{SaveDialog, SaveForm};
use crate::console::theme::{self, SPACE};
use crate::console::{Icon, dialog};
use crate::gpm::{ItemState, OperationError, Progress, Severity, Task};
use crate::ident::Timestamp;

use list::List;

/// The progress window of one job.
pub struct JobWindow {
    title: String,
    task: Task,
    started: Instant,
    start_time: Timestamp,
    focus_wanted: bool,
    ended: Option<Ending>,
    list: List,
    save_dialog: Option<SaveDialog>,
    was_drawn: bool,
}

/// How a job ended.
struct Ending {
    icon: Icon,
    /// `12 succeeded, 1 failed`.
    text: String,
}

/// A job shorter than this shows no window.
const QUIET: Duration = Duration::from_millis(400);
const NARROW: f32 = 480.0;
const WIDE: f32 = 760.0;

impl JobWindow {
    /// Returns the window of a job that starts now.
    pub fn new(title: impl Into<String>, task: Task) -> Self {
        JobWindow {
            title: title.into(),
            task,
            started: Instant::now(),
            start_time: Timestamp::now(),
            focus_wanted: true,
            ended: None,
            list: List::default(),
            save_dialog: None,
            was_drawn: false,
        }
    }

    /// Returns the job's task.
    pub fn task(&self) -> &Task {
        &self.task
    }

    /// Tells whether the window stands there and has the focus: the job has run long enough, or its result is to be read.
    pub fn is_shown(&self) -> bool {
        self.ended.is_some() || self.started.elapsed() >= QUIET
    }

    /// Tells whether the window was drawn already, and so took the focus.
    pub fn is_drawn(&self) -> bool {
        self.was_drawn
    }

    /// Takes in that the job has ended, and why it failed if it did.
    pub fn end(&mut self, error: Option<&OperationError>) {
        if let Some(error) = error.filter(|error| !self.task.messages().contains(&error.0)) {
            self.task.message((*error.0).clone());
        }
        self.ended = Some(self.task.look(|progress| Ending::of(progress, error)));
        self.list.show_first_problem(&self.task);
        self.focus_wanted = true;
    }

    /// Returns how the job ended, in words; none while it runs.
    pub fn result(&self) -> Option<&str> {
        self.ended.as_ref().map(|ending| ending.text.as_str())
    }

    /// Tells whether there is more to read than that all went well.
    pub fn has_more_to_tell(&self) -> bool {
        self.has_problems() || self.task.look(|progress| !progress.items.is_empty())
    }

    /// Tells whether there is a warning or an error to read.
    pub fn has_problems(&self) -> bool {
        let is_grave = |told: &crate::gpm::Told| told.message.severity > Severity::Information;
        self.task.look(|progress| progress.messages.iter().any(is_grave))
    }

    /// Draws the window once the job has run long enough to be noticed, or has ended. Returns whether its result was read.
    pub fn ui(&mut self, ctx: &Context) -> bool {
        if let Some(rest) = QUIET.checked_sub(self.started.elapsed()).filter(|_| self.ended.is_none()) {
            ctx.request_repaint_after(rest);
            return false;
        }
        let has_list = self.task.look(|progress| !progress.items.is_empty() || !progress.messages.is_empty());
        self.was_drawn = true;
        let mut was_read = false;
        let frame = egui::Frame::popup(&ctx.global_style()).inner_margin(Margin::same(16));
        let id = Id::unique("job window");
        let area = Modal::default_area(id).accessible_name(self.title.as_str());
        let modal = Modal::new(id).area(area).frame(frame).show(ctx, |ui| {
            let available = ui.ctx().content_rect().width() - 64.0;
            ui.set_width(if has_list { WIDE } else { NARROW }.min(available));
            ui.add(egui::Label::new(RichText::new(&self.title).heading()).truncate());
            ui.add_space(2.0 * SPACE);
            self.state_ui(ui);
            if has_list {
                ui.add_space(2.0 * SPACE);
                self.list.ui(ui, &self.task, self.ended.is_none());
            }
            ui.add_space(3.0 * SPACE);
            was_read = self.buttons_ui(ui, has_list);
        });
        if let Some(dialog) = &mut self.save_dialog
            && !dialog.ui(ctx)
        {
            self.save_dialog = None;
        }
        if modal.should_close() && !modal.backdrop_response.clicked() && self.save_dialog.is_none() {
            match self.ended {
                Some(_) => was_read = true,
                None => self.cancel(ctx),
            }
        }
        was_read
    }

    /// Asks the job to end. What was drawn in this frame is drawn again, so that it says so at once.
    fn cancel(&self, ctx: &Context) {
        self.task.cancel();
        ctx.request_discard("cancelling was asked for");
    }

    /// Draws what is being done and how far it is, or how it ended.
    fn state_ui(&self, ui: &mut Ui) {
        if let Some(ending) = &self.ended {
            ui.horizontal(|ui| {
                ending.icon.show(ui, theme::ICON_SIZE);
                let response = ui.add(egui::Label::new(RichText::new(&ending.text).strong()).wrap());
                accessible::detail(ui.ctx(), response.id, |node| node.set_live(egui::accesskit::Live::Polite));
            });
            return;
        }
        let (done, total, activity) =
            self.task.look(|progress| (progress.done, progress.total, progress.activity.clone()));
        ui.horizontal(|ui| {
            ui.spinner();
            let text = if self.task.is_cancelled() { "Cancelling…" } else { activity.as_str() };
            ui.add(egui::Label::new(text).truncate());
        });
        ui.add_space(SPACE);
        let fraction = (total > 0).then(|| done as f32 / total as f32);
        let text = if total > 0 { format!("{done} of {total}") } else { String::new() };
        let response = ui.add(ProgressBar::new(fraction.unwrap_or(0.0)).text(text));
        accessible::progress(&response, &self.title, fraction);
    }

    /// Draws the buttons; returns whether the result was read.
    fn buttons_ui(&mut self, ui: &mut Ui, has_list: bool) -> bool {
        let mut was_read = false;
        dialog::row_from_right_ui(ui, |ui| {
            let button = |text: &str| Button::new(text.to_owned()).min_size(vec2(88.0, 0.0));
            if self.ended.is_some() {
                let ok = ui.add(button("OK"));
                was_read = ok.clicked();
                dialog::focus_once(&ok, &mut self.focus_wanted);
            } else {
                let cancel = ui.add_enabled(!self.task.is_cancelled(), button("Cancel"));
                dialog::focus_once(&cancel, &mut self.focus_wanted);
                if cancel.clicked() {
                    self.cancel(ui.ctx());
                }
            }
            if has_list && ui.add(Button::new((Icon::Copy.atom(), "Copy")).min_size(vec2(88.0, 0.0))).clicked() {
                ui.copy_text(self.log());
            }
            if has_list && self.ended.is_some() && ui.add(button("Save Log…")).clicked() {
                let log = SaveForm { name: "Text (*.txt)", extension: "txt", content: self.log() };
                self.save_dialog = Some(SaveDialog::new("Save Log", &self.title, vec![log]));
            }
            self.list.filter_ui(ui, &self.task);
        });
        was_read
    }

    /// Returns everything there is to tell, for a mail or a file.
    fn log(&self) -> String {
        let mut text = format!("{}\n{}\n\n", self.title, self.start_time.to_local_text());
        self.task.look(|progress| list::write_log(progress, &mut text));
        if let Some(ending) = &self.ended {
            text.push_str(&format!("\n{}\n", ending.text));
        }
        text
    }
}

impl Ending {
    fn of(progress: &Progress, error: Option<&OperationError>) -> Self {
        let warned = progress.messages.iter().any(|told| told.message.severity > Severity::Information);
        let (icon, text) = match error {
            Some(error) if progress.items.is_empty() && error.is_cancelled() => {
                (Icon::Cancelled, format!("Cancelled. {}", sentence(&error.0.message)))
            }
            Some(error) if progress.items.is_empty() => {
                (Icon::Error, format!("Failed. {}", sentence(&error.0.message)))
            }
            None if progress.items.is_empty() && warned => (Icon::Warning, "Succeeded, with warnings.".to_owned()),
            None if progress.items.is_empty() => (Icon::Success, "Succeeded.".to_owned()),
            _ => Ending::of_items(progress, error),
        };
        Ending { icon, text }
    }

    /// Counts how it went with the items (`console-ui.md` 8.2: n succeeded, n failed).
    fn of_items(progress: &Progress, error: Option<&OperationError>) -> (Icon, String) {
        let count = |states: &[ItemState]| progress.items.iter().filter(|item| states.contains(&item.state)).count();
        let succeeded = count(&[ItemState::Done, ItemState::Warning]);
        let warned = count(&[ItemState::Warning]);
        let failed = count(&[ItemState::Failed]);
        let left = progress.items.len() - succeeded - failed;
        let mut text = format!("{succeeded} succeeded");
        if warned > 0 {
            text.push_str(&format!(" ({warned} with warnings)"));
        }
        text.push_str(&format!(", {failed} failed"));
        if left > 0 {
            text.push_str(&format!(", {left} cancelled or not started"));
        }
        text.push('.');
        if let Some(error) = error.filter(|error| !error.is_cancelled()) {
            text.push_str(&format!(" {}", sentence(&error.0.message)));
        }
        let icon = match () {
            () if failed > 0 || error.is_some_and(|error| !error.is_cancelled()) => Icon::Error,
            () if left > 0 => Icon::Cancelled,
            () if warned > 0 => Icon::Warning,
            () => Icon::Success,
        };
        (icon, text)
    }
}

/// Makes a message a sentence: a capital letter first, a full stop last.
fn sentence(message: &str) -> String {
    let mut letters = message.trim().chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    let text = format!("{first}{}", letters.as_str());
    if text.ends_with(['.', '!', '?']) { text } else { format!("{text}.") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpm::{Cancelled, HResult, MessageId, StatusMessage};

    #[test]
    fn the_result_counts_the_items() {
        let check = |states: &[ItemState], error: Option<OperationError>, expected: &str| {
            let task = Task::default();
            task.begin_items((0..states.len()).map(|number| (number.to_string(), 1)));
            for (place, &state) in states.iter().enumerate() {
                task.item(place).set_item_state(state);
            }
            let mut window = JobWindow::new("Back Up", task);
            assert_eq!(window.result(), None);
            window.end(error.as_ref());
            assert_eq!(window.result(), Some(expected));
        };
        use ItemState::{Done, Failed, Waiting, Warning};
        let full = StatusMessage::error(MessageId::FileWriteFailed, HResult::DISK_FULL, "the disk is full");
        check(&[Done, Done], None, "2 succeeded, 0 failed.");
        check(&[Done, Warning, Failed], None, "2 succeeded (1 with warnings), 1 failed.");
        let cancelled = Some(OperationError::from(Cancelled));
        check(&[Done, ItemState::Cancelled, Waiting], cancelled, "1 succeeded, 0 failed, 2 cancelled or not started.");
        check(&[Failed], Some(OperationError::new(full.clone())), "0 succeeded, 1 failed. The disk is full.");
        check(&[], None, "Succeeded.");
        check(&[], Some(OperationError::new(full)), "Failed. The disk is full.");
    }
}
