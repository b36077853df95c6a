//! What the commands around backups do, and what happens when an operation has ended.

use std::sync::Arc;

use egui::Context;
use poll_promise::Promise;

use crate::gpm::Backup;
use crate::store::StoreError;

use super::super::error_view::ErrorReport;
use super::super::job::take;
use super::super::{ReportUse, ShownReport};
use super::App;

/// The report of a backup that is being made.
pub(super) type BackupView = Option<Promise<Result<Arc<ShownReport>, StoreError>>>;

impl App {
    /// Makes the report of a backup and shows it in the browser.
    pub(super) fn view_backup(&mut self, backup: Backup) {
        self.backup_views.push(Some(self.workers.make_backup_report(backup)));
    }

    pub(super) fn take_in_operations(&mut self, ctx: &Context) {
        self.take_in_backup_views(ctx);
        let mut place = 0;
        while let Some(job) = self.operation_jobs.get_mut(place) {
            let Some(commands) = job.take() else {
                place += 1;
                continue;
            };
            self.operations_ended += 1;
            self.commands.extend(commands);
            let has_window = job.window.has_more_to_tell();
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
