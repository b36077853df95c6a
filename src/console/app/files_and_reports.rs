//! What the commands around reports do: opening files and folders, making reports, saving and showing them.

use std::path::PathBuf;
use std::sync::Arc;

use egui::Context;

use crate::operation::{ReportFolderError, ReportedFolder, file_name};
use crate::report::{HtmlOptions, ReportFormat};
use crate::store::{StoreError, StoreErrorKind};

use super::super::error_view::ErrorReport;
use super::super::help::Unread;
use super::super::job::ReadFile;
use super::super::path_field::documents_folder;
use super::super::report_dialogs::ReportDialog;
use super::super::results::{FoundResult, keep_file};
use super::super::{
    Detail, FileId, FileState, ForestState, Lazy, Node, OpenedFile, ReportOf, ReportUse, ReportsOf, ShownReport,
};
use super::{App, Dialog};

impl App {
    pub(super) fn open_path(&mut self, path: PathBuf) {
        if let Some(file) = self.files.iter().find(|file| file.path == path) {
            let id = file.id;
            self.reopen_file(id);
            return self.select(Node::File(id));
        }
        let id = FileId(self.next_file);
        self.next_file += 1;
        self.file_jobs.push(self.workers.open_file(id, path.clone()));
        self.files.push(OpenedFile { id, path, state: FileState::Loading });
        self.forests_changed();
        self.tree.open(Node::Files);
        self.select(Node::File(id));
    }

    pub(super) fn reopen_file(&mut self, id: FileId) {
        if let Some(file) = self.files.iter().find(|file| file.id == id) {
            self.file_jobs.push(self.workers.open_file(id, file.path.clone()));
        }
    }

    pub(super) fn close_file(&mut self, id: FileId) {
        self.files.retain(|file| file.id != id);
        self.history.forget(|node| node.file() == Some(id));
        self.settle_selection();
        self.forests_changed();
    }

    /// Takes templates from elsewhere; reports made with others are made anew when they are looked at.
    pub(super) fn set_template_folder(&mut self, folder: Option<PathBuf>) {
        self.note = Some(match &folder {
            Some(folder) => format!("Administrative templates are taken from {}", folder.display()),
            None => "Administrative templates are taken from this machine".to_owned(),
        });
        self.settings.template_folder = folder;
        self.save_settings();
        self.make_reports_anew();
    }

    pub(super) fn fetch_report(&mut self, of: &ReportOf) {
        match of {
            ReportOf::Forest(id, reported) => {
                let App { workers, forests, fetch_jobs, .. } = self;
                let entry = forests.iter_mut().find(|entry| entry.id == *id);
                if let Some(ForestState::Open(forest)) = entry.map(|entry| &mut entry.state) {
                    fetch_jobs.extend(workers.fetch(forest, Detail::Report(reported.clone())));
                }
            }
            ReportOf::File(id, index) => {
                let file = self.files.iter_mut().find(|file| file.id == *id);
                let Some(item) = file.and_then(|file| file.item_mut(*index)) else { return };
                if let (true, Some(backup)) = (item.report.is_unknown(), item.backup.clone()) {
                    item.report = Lazy::Loading;
                    self.file_jobs.push(self.workers.report_backup(*id, *index, backup));
                }
            }
        }
    }

    /// Stops making the reports whose view was left, unless something is to be done with them.
    pub(super) fn stop_reports_left(&mut self) {
        let shown = self.panes.take_report_awaited();
        let App { fetch_jobs, forests, awaited, .. } = self;
        fetch_jobs.retain(|job| {
            let Some(report) = &job.report else { return true };
            let of = ReportOf::Forest(job.forest, report.of.clone());
            let is_wanted = shown.as_ref() == Some(&of) || awaited.as_ref().is_some_and(|(_, awaited)| *awaited == of);
            if !is_wanted
                && let Some(entry) = forests.iter_mut().find(|entry| entry.id == job.forest)
                && let ForestState::Open(forest) = &mut entry.state
            {
                // Whoever comes back has it made anew.
                forest.details.reports.remove(&report.of);
            }
            is_wanted
        });
    }

    pub(super) fn retry_report(&mut self, of: &ReportOf) {
        match of {
            ReportOf::Forest(id, reported) => {
                if let Some(ForestState::Open(forest)) = self.entry_mut(*id).map(|entry| &mut entry.state) {
                    forest.details.reports.remove(reported);
                }
            }
            ReportOf::File(id, index) => {
                let file = self.files.iter_mut().find(|file| file.id == *id);
                if let Some(item) = file.and_then(|file| file.item_mut(*index)) {
                    item.report = Lazy::Unknown;
                }
            }
        }
        self.fetch_report(of);
    }

    /// Does something with a report at once, or as soon as it is there.
    pub(super) fn use_report(&mut self, ctx: &Context, what: ReportUse, of: ReportOf) {
        match of.report(self.shown()) {
            Lazy::Ready(report) => {
                let report = Arc::clone(report);
                self.use_ready_report(ctx, what, report);
            }
            Lazy::Failed(_) => {
                self.retry_report(&of);
                self.awaited = Some((what, of));
            }
            Lazy::Unknown | Lazy::Loading => {
                self.fetch_report(&of);
                self.awaited = Some((what, of));
            }
        }
    }

    pub(super) fn use_ready_report(&mut self, ctx: &Context, what: ReportUse, report: Arc<ShownReport>) {
        match what {
            ReportUse::Save => {
                self.show(ctx, Dialog::Report(Box::new(ReportDialog::save(report, documents_folder()))));
            }
            ReportUse::Browse | ReportUse::Print => {
                let print = what == ReportUse::Print;
                if let Err(error) = self.browse(&report, print) {
                    let error = StoreError::from_io(report.name(), &error);
                    self.tell(ctx, ErrorReport::of_store("Show the report in the browser", &error));
                }
            }
        }
    }

    /// Writes a report to a file that lives as long as the program, and opens it in the browser.
    fn browse(&mut self, report: &ShownReport, print: bool) -> std::io::Result<()> {
        let folder = match &self.browser_folder {
            Some(folder) => folder,
            None => self.browser_folder.insert(tempfile::Builder::new().prefix("opengpmc-").tempdir()?),
        };
        let path = folder.path().join(format!("{}.html", file_name(report.name())));
        let html = HtmlOptions { print, ..HtmlOptions::default() };
        std::fs::write(&path, report.render(ReportFormat::Html, html))?;
        self.options.browser.open(&path)?;
        self.note = Some("The report is shown in the browser".to_owned());
        Ok(())
    }

    pub(super) fn show_report_many(&mut self, ctx: &Context, of: ReportsOf) {
        let what = match &of {
            ReportsOf::Domain(_, domain) => format!("GPOs of {domain}"),
            ReportsOf::File(id) => {
                let file = self.shown().file(*id);
                file.map_or_else(|| "backups".to_owned(), |file| format!("backups of {}", file.label()))
            }
        };
        self.show(ctx, Dialog::Report(Box::new(ReportDialog::save_many(of, what, documents_folder()))));
    }

    pub(super) fn write_reports(&mut self, of: ReportsOf, folder: PathBuf, format: ReportFormat) {
        match of {
            ReportsOf::Domain(id, domain) => {
                if let Some(forest) = self.entry(id).and_then(super::ForestEntry::open) {
                    self.write_jobs.push(self.workers.report_domain(forest, domain, folder, format));
                }
            }
            ReportsOf::File(id) => {
                let items = self.shown().file(id).map(OpenedFile::items).unwrap_or_default();
                let backups = items.iter().filter_map(|item| item.backup.clone()).collect();
                self.write_jobs.push(self.workers.report_backups(backups, folder, format));
            }
        }
    }

    pub(super) fn take_in_files(&mut self, ctx: &Context) {
        let (mut read, mut results) = (Vec::new(), Vec::new());
        self.file_jobs.retain_mut(|job| match job.take() {
            None => true,
            Some(content) => {
                read.push((job.file, content));
                false
            }
        });
        for (id, content) in read {
            let Some(file) = self.files.iter_mut().find(|file| file.id == id) else { continue };
            match content {
                ReadFile::Content(state) => {
                    file.state = state;
                    if !file.has_own_report() {
                        self.tree.open(Node::File(id));
                    }
                    self.settle_selection();
                    self.forests_changed();
                }
                ReadFile::Result(found) => results.push((id, found)),
                ReadFile::Report(index, report) => {
                    if let Some(item) = file.item_mut(index) {
                        item.report = report.into();
                    }
                }
            }
        }
        for (id, found) in results {
            self.take_in_result(id, &found);
        }
        self.take_in_written(ctx);
        self.use_awaited(ctx);
    }

    /// Puts a result that was opened below Group Policy Results; it stays no file. Without a forest it has no place.
    fn take_in_result(&mut self, id: FileId, found: &FoundResult) {
        match keep_file(found, &self.forests, self.selected.forest()) {
            Some(keep) => {
                self.close_file(id);
                self.commands.push(keep);
            }
            None => {
                let detail = "a result of Group Policy stands below a forest: open the forest of its domain first";
                let error = StoreError::new(StoreErrorKind::NotSupported, found.path.display()).with_detail(detail);
                if let Some(file) = self.files.iter_mut().find(|file| file.id == id) {
                    file.state = FileState::Failed(error);
                }
            }
        }
    }

    fn use_awaited(&mut self, ctx: &Context) {
        let Some((what, of)) = self.awaited.take() else { return };
        match of.report(self.shown()) {
            Lazy::Ready(report) => {
                let report = Arc::clone(report);
                self.use_ready_report(ctx, what, report);
            }
            Lazy::Loading => self.awaited = Some((what, of)),
            Lazy::Failed(error) => {
                let report = ErrorReport::of_store("Generate the report", error);
                self.tell(ctx, report);
            }
            Lazy::Unknown => {}
        }
    }

    fn take_in_written(&mut self, ctx: &Context) {
        let mut written = Vec::new();
        let mut window_was_shown = false;
        self.write_jobs.retain_mut(|job| match job.take() {
            None => true,
            Some(outcome) => {
                window_was_shown |= job.window.is_shown();
                written.push((job.title.clone(), outcome));
                false
            }
        });
        if window_was_shown {
            self.give_focus_back_after_job();
        }
        for (title, outcome) in written {
            match outcome {
                Ok(reported) => self.tell_written(ctx, &title, &reported),
                Err(ReportFolderError::Cancelled(_)) => {
                    self.note = Some(format!("{title}: cancelled, nothing was written"))
                }
                Err(ReportFolderError::Io { path, source }) => {
                    let error = StoreError::from_io(path.display(), &source);
                    self.tell(ctx, ErrorReport::of_store(title, &error));
                }
            }
        }
    }

    fn tell_written(&mut self, ctx: &Context, title: &str, reported: &ReportedFolder) {
        self.note = Some(match reported.files.as_slice() {
            [file] => format!("Saved {}", file.display()),
            files => format!("{} reports were written", files.len()),
        });
        if !reported.problems.is_empty() {
            let told =
                Unread { title: title.to_owned(), files: reported.files.len(), problems: reported.problems.clone() };
            self.show(ctx, Dialog::Unread(Box::new(told)));
        }
    }

    pub(super) fn tell(&mut self, ctx: &Context, report: ErrorReport) {
        self.show(ctx, Dialog::Told(Box::new(report)));
    }
}
