//! What the commands around backups do, and what happens when an operation has ended.

use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::Context;
use poll_promise::Promise;

use crate::gpm::Backup;
use crate::ident::{DnsName, Guid};
use crate::store::StoreError;

use super::super::error_view::ErrorReport;
use super::super::interrupted::InterruptedWindow;
use super::super::job::take;
use super::super::operation_job::OperationJob;
use super::super::restore_wizard::restore_wizard;
use super::super::{ForestEntry, ForestId, ReportUse, ShownReport};
use super::{App, Dialog};

/// The report of a backup that is being made.
pub(super) type BackupView = Option<Promise<Result<Arc<ShownReport>, StoreError>>>;

impl App {
    /// Makes the report of a backup and shows it in the browser.
    pub(super) fn view_backup(&mut self, backup: Backup) {
        self.backup_views.push(Some(self.workers.make_backup_report(backup)));
    }

    /// Opens the wizard that restores a GPO.
    pub(super) fn show_restore(&mut self, ctx: &Context, forest: ForestId, domain: DnsName, gpo: Guid) {
        let open = self.entry(forest).and_then(ForestEntry::open);
        let Some((open, known)) = open.and_then(|open| Some((open, open.snapshot.gpo(&domain, gpo)?))) else { return };
        let name = open.gpo_label(known);
        let wizard = restore_wizard(forest, domain, (gpo, name), &self.settings);
        self.show(ctx, Dialog::Window(Box::new(wizard)));
    }

    /// Looks for operations that a crash broke off in a forest that was opened, where they can be put back.
    pub(super) fn look_into_journal(&mut self, id: ForestId) {
        let open = self.entry(id).and_then(ForestEntry::open).filter(|forest| !forest.info.read_only);
        let look = open.and_then(|forest| self.workers.look_into_journal(forest));
        self.journal_looks.extend(look.map(Some));
    }

    fn take_in_journal_looks(&mut self, ctx: &Context) {
        let mut found = Vec::new();
        self.journal_looks.retain_mut(|look| match take(look) {
            None => true,
            Some(outcome) => {
                found.push(outcome);
                false
            }
        });
        for outcome in found {
            match outcome {
                Ok((_, interrupted)) if interrupted.is_empty() => {}
                Ok((forest, interrupted)) => {
                    self.show(ctx, Dialog::Window(Box::new(InterruptedWindow::new(forest, interrupted))));
                }
                Err(error) => self.note = Some(format!("The journal of operations cannot be read: {error}")),
            }
        }
    }

    pub(super) fn take_in_operations(&mut self, ctx: &Context) {
        self.take_in_backup_views(ctx);
        self.take_in_journal_looks(ctx);
        let mut place = 0;
        while let Some(job) = self.operation_jobs.get_mut(place) {
            let Some(commands) = job.take() else {
                place += 1;
                continue;
            };
            self.operations_ended += 1;
            self.commands.extend(commands);
            let has_window = job.has_more_to_tell();
            if let Some(result) = job.window.result() {
                tracing::info!(operation = %job.title, result, "operation ended");
                self.note = Some(format!("{}: {result}", job.title));
            }
            if has_window {
                place += 1;
            } else {
                self.operation_jobs.remove(place);
                self.give_focus_back_after_job();
            }
        }
    }

    /// Cancels what runs and waits a while for it: an operation puts back what it had changed.
    pub(super) fn end_operations(&mut self) {
        const PATIENCE: Duration = Duration::from_secs(15);
        const PAUSE: Duration = Duration::from_millis(20);
        let started = Instant::now();
        for job in &self.operation_jobs {
            job.window.task().cancel();
        }
        while self.operation_jobs.iter().any(OperationJob::is_running) && started.elapsed() < PATIENCE {
            self.operation_jobs.retain_mut(|job| job.take().is_none());
            std::thread::sleep(PAUSE);
        }
    }

    fn take_in_backup_views(&mut self, ctx: &Context) {
        let mut made = Vec::new();
        self.backup_views.retain_mut(|view| match take(view) {
            None => true,
            Some(report) => {
                made.push(report);
                false
            }
        });
        for report in made {
            match report {
                Ok(report) => self.use_ready_report(ctx, ReportUse::Browse, report),
                Err(error) => self.tell(ctx, ErrorReport::of_store("Show the settings of the backup", &error)),
            }
        }
    }
}
