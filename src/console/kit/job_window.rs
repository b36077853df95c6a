//! The progress window over a running [`Task`]: what is being done, how far it is, what there is to tell, Copy and Cancel.
//!
//! It stands over everything while the job runs. Esc means Cancel; a click beside it means nothing. It is drawn until the
//! caller sees the job end: cancelling is asked for, not assumed (`console-ui.md` 8.3).

use std::time::{Duration, Instant};

use egui::{Context, Id, Modal, ProgressBar, ScrollArea, Ui};

use super::accessible;
use crate::console::Icon;
use crate::console::theme::SPACE;
use crate::gpm::{Progress, Task, Told};

/// The progress window of one job.
pub struct JobWindow {
    title: String,
    task: Task,
    started: Instant,
    focus_wanted: bool,
}

/// A job shorter than this shows no window.
const QUIET: Duration = Duration::from_millis(400);

impl JobWindow {
    /// Returns the window of a job that starts now.
    pub fn new(title: impl Into<String>, task: Task) -> Self {
        JobWindow { title: title.into(), task, started: Instant::now(), focus_wanted: true }
    }

    /// Returns the job's task.
    pub fn task(&self) -> &Task {
        &self.task
    }

    /// Tells whether the job has run long enough for its window to stand there and have the focus.
    pub fn is_shown(&self) -> bool {
        self.started.elapsed() >= QUIET
    }

    /// Draws the window once the job has run long enough to be noticed. To be called while the job runs.
    pub fn ui(&mut self, ctx: &Context) {
        let elapsed = self.started.elapsed();
        if let Some(rest) = QUIET.checked_sub(elapsed) {
            ctx.request_repaint_after(rest);
            return;
        }
        let progress = self.task.snapshot();
        let modal = Modal::new(Id::unique("job window")).show(ctx, |ui| {
            ui.set_width(460.0_f32.min(ctx.content_rect().width() - 60.0));
            ui.heading(&self.title);
            ui.add_space(2.0 * SPACE);
            self.progress_ui(ui, &progress);
            messages_ui(ui, &progress.messages);
            ui.add_space(2.0 * SPACE);
            self.buttons_ui(ui, &progress);
        });
        if modal.should_close() && !modal.backdrop_response.clicked() {
            self.task.cancel();
        }
    }

    fn progress_ui(&self, ui: &mut Ui, progress: &Progress) {
        let activity = if self.task.is_cancelled() { "Cancelling…" } else { progress.activity.as_str() };
        ui.horizontal(|ui| {
            ui.spinner();
            ui.add(egui::Label::new(activity).truncate());
        });
        ui.add_space(SPACE);
        let fraction = (progress.total > 0).then(|| progress.done as f32 / progress.total as f32);
        let text = if progress.total > 0 { format!("{} of {}", progress.done, progress.total) } else { String::new() };
        let bar = ProgressBar::new(fraction.unwrap_or(0.0)).text(text);
        let response = ui.add(bar);
        accessible::progress(&response, &self.title, fraction);
    }

    fn buttons_ui(&mut self, ui: &mut Ui, progress: &Progress) {
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let cancelling = self.task.is_cancelled();
            let cancel = ui.add_enabled(!cancelling, egui::Button::new("Cancel"));
            // A new window takes no focus in its first frame: ask until it is there.
            if cancel.has_focus() {
                self.focus_wanted = false;
            } else if self.focus_wanted {
                cancel.request_focus();
            }
            if cancel.clicked() {
                self.task.cancel();
            }
            if !progress.messages.is_empty() && ui.button((Icon::Copy.atom(), "Copy")).clicked() {
                let lines: Vec<String> = progress.messages.iter().map(|told| told.message.to_string()).collect();
                ui.copy_text(lines.join("\n"));
            }
        });
    }
}

fn messages_ui(ui: &mut Ui, messages: &[Told]) {
    if messages.is_empty() {
        return;
    }
    ui.add_space(SPACE);
    let row_height = ui.text_style_height(&egui::TextStyle::Body);
    ScrollArea::vertical().max_height(140.0).stick_to_bottom(true).auto_shrink([false, true]).show_rows(
        ui,
        row_height,
        messages.len(),
        |ui, rows| {
            for told in &messages[rows] {
                ui.add(egui::Label::new(told.message.to_string()).truncate());
            }
        },
    );
}
