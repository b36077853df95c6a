//! What each command does, and what happens when background work comes in.

use std::sync::Arc;

use egui::{Context, ViewportCommand};

use crate::gpm::ForestSnapshot;
use crate::report::HtmlOptions;
use crate::store::{ConnectTarget, Credentials, StoreError, StoreErrorKind};

use super::super::actions_pane::actions_pane_id;
use super::super::back_up_dialog::BackUpDialog;
use super::super::command::{Availability, Command, CommandContext};
use super::super::connect_dialog::ConnectDialog;
use super::super::error_view::ErrorReport;
use super::super::face::is_pending;
use super::super::kit::focus;
use super::super::link_edits::follow_link;
use super::super::manage_backups::ManageBackups;
use super::super::migration_table::MigrationTableEditor;
use super::super::options_dialog::OptionsDialog;
use super::super::palette::Palette;
use super::super::path_field::{documents_folder, text_of};
use super::super::properties::properties_of;
use super::super::report_dialogs::ReportDialog;
use super::super::starter_gpo_window::StarterGpoWindow;
use super::super::{
    ConnectRequest, Detail, ForestEntry, ForestId, ForestState, Node, OpenForest, Place, Shown, rename,
};
use super::{App, Dialog, History, Open, TREE_WIDTHS};

impl App {
    pub(super) fn carry_out(&mut self, ctx: &Context, command: Command) {
        match command {
            Command::ShowConnect => {
                let dialog = ConnectDialog::new(&self.settings);
                self.show(ctx, Dialog::Connect(Box::new(dialog)));
            }
            Command::AddForest(request) => self.add_forest(*request),
            Command::Retry(id) => self.retry(id),
            Command::RemoveForest(id) => self.remove_forest(id),
            Command::Select(node) => self.select(node),
            Command::ExpandAll(node) => {
                let shown = Shown { forests: &self.forests, files: &self.files };
                self.tree.expand_all(&node, shown);
            }
            Command::CollapseAll(node) => self.tree.collapse_all(&node),
            Command::Back => self.travel(|history| (&mut history.back, &mut history.forward)),
            Command::Forward => self.travel(|history| (&mut history.forward, &mut history.back)),
            Command::Up => {
                if let Some(parent) = self.selected.parent() {
                    self.select(parent);
                }
            }
            Command::Refresh(id) => self.refresh(id),
            Command::Fetch(id, detail) => {
                let App { workers, forests, fetch_jobs, .. } = self;
                let entry = forests.iter_mut().find(|entry| entry.id == id);
                if let Some(ForestState::Open(forest)) = entry.map(|entry| &mut entry.state) {
                    fetch_jobs.extend(workers.fetch(forest, detail));
                }
            }
            Command::RetryStarterGpos(id, domain) => {
                if let Some(ForestState::Open(forest)) = self.entry_mut(id).map(|entry| &mut entry.state) {
                    forest.details.starter_gpos.remove(&domain);
                    self.tree.forests_changed();
                }
                self.commands.push(Command::Fetch(id, Detail::StarterGpos(domain)));
            }
            Command::Status(id, of, action) => self.status(id, of, action),
            Command::ControllerChanged { forest, of, domain, choice } => {
                self.controller_changed(forest, &of, domain, choice);
            }
            Command::ShowOpenFile => self.show(ctx, Dialog::Report(Box::new(ReportDialog::open(documents_folder())))),
            Command::OpenPath(path) => self.open_path(path),
            Command::ReopenFile(file) => self.reopen_file(file),
            Command::CloseFile(file) => self.close_file(file),
            Command::ShowTemplateFolder => {
                let folder = self.settings.template_folder.clone().unwrap_or_default();
                self.show(ctx, Dialog::Report(Box::new(ReportDialog::templates(folder))));
            }
            Command::SetTemplateFolder(folder) => self.set_template_folder(folder),
            Command::FetchReport(of) => self.fetch_report(&of),
            Command::RetryReport(of) => self.retry_report(&of),
            Command::UseReport(what, of) => self.use_report(ctx, what, of),
            Command::ShowReportMany(of) => self.show_report_many(ctx, of),
            Command::WriteReport { report, path, format, microsoft_markup } => {
                let html = HtmlOptions { microsoft_markup, ..HtmlOptions::default() };
                self.write_jobs.push(self.workers.write_report(report, path, format, html));
            }
            Command::WriteReports { of, folder, format } => self.write_reports(of, folder, format),
            Command::ShowBackUp(forest, of) => {
                let window = BackUpDialog::new(forest, of, &self.settings);
                self.show(ctx, Dialog::Window(Box::new(window)));
            }
            Command::ShowStarterGpo(forest, domain, action) => {
                let window = StarterGpoWindow::new(forest, domain, action, &self.settings);
                self.show(ctx, Dialog::Window(Box::new(window)));
            }
            Command::ShowRestore(forest, domain, gpo) => self.show_restore(ctx, forest, domain, gpo),
            Command::ShowManageBackups(forest, domain) => {
                let window = ManageBackups::new(forest, domain, &self.settings);
                self.show(ctx, Dialog::Window(Box::new(window)));
            }
            Command::ViewBackup(backup) => self.view_backup(*backup),
            Command::RememberTable(path) => self.settings.remember_migration_table(text_of(&path)),
            Command::RememberFolder(folder) => {
                self.settings.remember_backup_folder(text_of(&folder));
                self.save_settings();
            }
            Command::Tell(note) => self.note = Some(note),
            Command::ShowImport(forest, domain, gpo) => self.show_import(ctx, forest, domain, gpo),
            Command::CopyNodes(nodes) => self.remember_nodes(ctx, nodes),
            Command::Paste(node) => self.paste(ctx, &node),
            Command::DropGpo(dragged, node) => self.copy_gpo(ctx, &dragged, &node),
            Command::ShowChanged(node) => self.show_changed(node),
            Command::ShowMigrationTable(target) => {
                let editor = MigrationTableEditor::new(target);
                self.show(ctx, Dialog::Window(Box::new(editor)));
            }
            Command::EditMigrationTable { target, path, saved } => {
                let editor = MigrationTableEditor::of_wizard(Some(target), path, saved, &self.workers);
                self.show(ctx, Dialog::Window(Box::new(editor)));
            }
            Command::Edit(..) | Command::EditAndSelect(..) | Command::EditMany(..) if self.settings.preview_impact => {
                self.preview_impact(command);
            }
            Command::Edit(forest, edit) => self.edit(forest, edit, None),
            Command::EditAndSelect(forest, edit, node) => self.edit(forest, edit, Some(node)),
            Command::EditMany(forest, title, edits) => self.edit_many(forest, title, edits),
            Command::WithoutPreview(command) => self.edit_without_preview(*command),
            Command::TogglePreview => {
                self.settings.preview_impact = !self.settings.preview_impact;
                self.save_settings();
            }
            Command::Undo(forest, entry, title) => self.undo(forest, entry, title),
            Command::Changed(forest, touched, node) => self.changed(forest, touched, node),
            Command::Query(forest, action) => self.query(forest, action),
            Command::Open(window) => self.show(ctx, Dialog::Window(window.make())),
            Command::ShowPalette => self.show(ctx, Dialog::Palette(Palette::default())),
            Command::ShowProblems => self.show(ctx, Dialog::Problems),
            Command::ShowShortcuts => self.show(ctx, Dialog::Shortcuts),
            Command::ShowAbout => self.show(ctx, Dialog::About),
            Command::SetTheme(theme) => {
                self.settings.theme = theme;
                ctx.set_theme(theme);
                self.save_settings();
            }
            Command::ShowListOf(id, list) => self.show_list(ctx, id, list),
            Command::SetForestView(id, view) => self.set_forest_view(id, view),
            Command::HideDomain(id, domain) => self.hide_domain(id, domain),
            Command::ShowOptions => self.show(ctx, Dialog::Window(Box::new(OptionsDialog::default()))),
            Command::SetOptions(options) => self.set_options(*options),
            Command::SilenceLinkNotice => {
                self.settings.link_notice = false;
                self.save_settings();
            }
            Command::BeginRename(node) => self.begin_rename(ctx, node),
            Command::Rename(node, name) => {
                let forest = node.forest().and_then(|id| self.entry(id)).and_then(ForestEntry::open);
                let command =
                    forest.zip(node.place()).and_then(|(forest, place)| rename::command(forest, place, &name));
                self.commands.extend(command);
            }
            Command::ShowProperties(node) => {
                if let Some(properties) = properties_of(&node) {
                    self.show(ctx, Dialog::Window(Box::new(properties)));
                }
            }
            Command::ExportList => self.panes.request_export(),
            Command::ToggleTree => {
                self.settings.tree_shown = !self.settings.tree_shown;
                self.focus_what_is_shown();
            }
            Command::ResizeTree(points) => {
                let width = (self.settings.tree_width + points).clamp(TREE_WIDTHS.min, TREE_WIDTHS.max);
                (self.settings.tree_width, self.tree_width_is_set) = (width, true);
            }
            Command::ToggleActions => self.settings.actions_shown = !self.settings.actions_shown,
            Command::CopyText(text) => {
                ctx.copy_text(text);
                self.note = Some("Copied".to_owned());
            }
            Command::FocusTree => {
                self.settings.tree_shown = true;
                self.tree.request_focus();
            }
            Command::FocusActions => focus::give_back(ctx, actions_pane_id()),
            Command::FocusResult => self.panes.request_focus(),
            Command::Quit => ctx.send_viewport_cmd(ViewportCommand::Close),
        }
    }

    fn begin_rename(&mut self, ctx: &Context, node: Node) {
        let situation = self.situation();
        let context = CommandContext { node: &node, more: &[], ..self.context(&situation) };
        if rename::availability(&context) != Availability::Available {
            return;
        }
        let forest = context.forest().and_then(ForestEntry::open);
        let Some(name) = forest.zip(node.place()).and_then(|(forest, place)| rename::name_of(forest, place)) else {
            return;
        };
        self.settings.tree_shown = true;
        let focus_before = ctx.memory(|memory| memory.focused());
        self.tree.begin_rename(node, name, focus_before);
    }

    /// Gives the focus to the tree where it is shown, else to the result pane.
    fn focus_what_is_shown(&mut self) {
        if self.settings.tree_shown { self.tree.request_focus() } else { self.panes.request_focus() }
    }

    pub(super) fn show(&mut self, ctx: &Context, dialog: Dialog) {
        let focus_before = ctx.memory(|memory| memory.focused());
        self.dialogs.push(Open { dialog, focus_before });
    }

    pub(super) fn add_forest(&mut self, request: ConnectRequest) {
        let target = request.target.clone().unwrap_or(ConnectTarget::Demo);
        if let Some(entry) = self.forests.iter().find(|entry| entry.target == target) {
            // The same place again: with new credentials if it could not be opened, else it is just shown.
            let (id, failed) = (entry.id, matches!(entry.state, ForestState::Failed(_)));
            if failed {
                self.requests.retain(|(known, _)| *known != id);
                self.requests.push((id, request));
                self.retry(id);
            }
            return self.select(Node::In(id, Place::Forest));
        }
        let id = ForestId(self.next_forest);
        self.next_forest += 1;
        self.requests.push((id, request.clone()));
        let job = self.workers.open(Arc::clone(&self.options.opener), id, self.with_controllers(request));
        self.forests.push(ForestEntry { id, target, state: ForestState::Loading(job.task().clone()) });
        self.forest_jobs.push(job);
        self.forests_changed();
        self.select(Node::In(id, Place::Forest));
    }

    fn retry(&mut self, id: ForestId) {
        let Some(request) = self.requests.iter().find(|(known, _)| *known == id).map(|(_, request)| request.clone())
        else {
            return;
        };
        let job = self.workers.open(Arc::clone(&self.options.opener), id, self.with_controllers(request));
        if let Some(entry) = self.entry_mut(id) {
            entry.state = ForestState::Loading(job.task().clone());
            self.forest_jobs.push(job);
            self.forests_changed();
        }
    }

    pub(super) fn refresh(&mut self, id: ForestId) {
        let is_running = self.forest_jobs.iter().any(|job| job.forest == id);
        if is_running {
            // What is being read may be from before the change that asks for this.
            self.read_again.push(id);
            return;
        }
        let Some(forest) = self.entry(id).and_then(ForestEntry::open) else { return };
        let job = self.workers.refresh(Arc::clone(&self.options.opener), forest);
        self.forest_jobs.push(job);
    }

    fn remove_forest(&mut self, id: ForestId) {
        for job in self.forest_jobs.iter().filter(|job| job.forest == id) {
            job.task().cancel();
        }
        if let Some(forest) = self.entry(id).and_then(ForestEntry::open) {
            forest.statuses.stop_all();
        }
        self.forests.retain(|entry| entry.id != id);
        self.requests.retain(|(known, _)| *known != id);
        self.history.forget(|node| node.forest() == Some(id));
        if self.selected.forest() == Some(id) {
            self.selected = Node::Root;
        }
        self.forests_changed();
    }

    pub(super) fn select(&mut self, node: Node) {
        self.unhide(&node);
        self.tree.reveal(&node);
        if node != self.selected {
            let left = std::mem::replace(&mut self.selected, node);
            self.history.leave(left);
            self.note = None;
        }
    }

    fn travel(&mut self, direction: impl FnOnce(&mut History) -> (&mut Vec<Node>, &mut Vec<Node>)) {
        let (from, to) = direction(&mut self.history);
        if let Some(node) = from.pop() {
            to.push(std::mem::replace(&mut self.selected, node.clone()));
            self.tree.reveal(&node);
        }
    }

    pub(super) fn take_in_jobs(&mut self) {
        let mut read = Vec::new();
        let mut window_was_shown = false;
        self.forest_jobs.retain_mut(|job| match job.take() {
            None => true,
            Some(outcome) => {
                window_was_shown |= job.window.is_shown();
                read.push((job.forest, outcome));
                false
            }
        });
        if window_was_shown {
            self.give_focus_back_after_job();
        }
        for (id, outcome) in read {
            self.take_in_forest(id, outcome);
            let wanted = self.read_again.len();
            self.read_again.retain(|wanted| *wanted != id);
            if self.read_again.len() < wanted {
                self.refresh(id);
            }
        }
        let mut fetched = Vec::new();
        self.fetch_jobs.retain_mut(|job| match job.take() {
            None => true,
            Some(detail) => {
                fetched.push((job.forest, detail));
                false
            }
        });
        for (id, detail) in fetched {
            if let Some(ForestState::Open(forest)) = self.entry_mut(id).map(|entry| &mut entry.state) {
                forest.details.take_in(detail);
                self.tree.forests_changed();
                self.settle_selection();
            }
        }
    }

    fn take_in_forest(&mut self, id: ForestId, outcome: Result<Box<OpenForest>, StoreError>) {
        let request = self.requests.iter().find(|(known, _)| *known == id).map(|(_, request)| request.clone());
        let Some(entry) = self.entry(id) else { return };
        let was_open = entry.open().is_some();
        let before = entry.open().map(|forest| Arc::clone(&forest.snapshot));
        if outcome.is_err() {
            self.changed.take_if(|node| node.forest() == Some(id));
        }
        let forest_name = outcome.as_ref().map(|forest| forest.snapshot.name.to_string()).unwrap_or_default();
        let view = self.forest_view(&forest_name);
        let Some(entry) = self.entry_mut(id) else { return };
        match outcome {
            Ok(mut forest) => {
                if let Some(old) = entry.open() {
                    forest.statuses = old.statuses.clone();
                    // What was asked is kept by the console; only a forest that is opened reads it.
                    forest.queries = old.queries.clone();
                    forest.policies = old.policies.clone();
                }
                tracing::info!(forest = %forest.snapshot.name, "forest read");
                forest.view = view;
                let seconds = forest.snapshot.loaded.to_local_text();
                let name = forest.snapshot.name.clone();
                entry.state = ForestState::Open(forest);
                // What was asked for before may have been read before what was changed since.
                self.fetch_jobs.retain(|job| job.forest != id);
                self.failed_refresh.take_if(|(failed, _)| *failed == id);
                self.note = Some(if was_open {
                    format!("{name} was read anew, {seconds}")
                } else {
                    format!("{name} was read")
                });
                if !was_open {
                    self.opened_first_time(id, request);
                    self.ask_about_unreachable(id);
                    self.look_into_journal(id);
                }
                self.look_for_undo(id);
                if let Some(before) = before {
                    self.follow_links(id, &before);
                }
                self.settle_selection();
                self.select_changed(id);
            }
            Err(error) if was_open => {
                if error.kind == StoreErrorKind::Cancelled {
                    self.note = Some("Refreshing was cancelled".to_owned());
                } else {
                    self.failed_refresh = Some((id, ErrorReport::of_store("Refresh", &error)));
                }
            }
            Err(error) => entry.state = ForestState::Failed(error),
        }
        self.forests_changed();
    }

    fn opened_first_time(&mut self, id: ForestId, request: Option<ConnectRequest>) {
        if !self.restore_view(id) {
            self.tree.open(Node::In(id, Place::Forest));
            self.tree.open(Node::In(id, Place::Domains));
            let asked_for = match request.as_ref().and_then(|request| request.target.as_ref()) {
                Some(ConnectTarget::Domain(name)) => Some(name),
                _ => None,
            };
            let domains = self.entry(id).and_then(ForestEntry::open).map_or(&[][..], |forest| &forest.snapshot.domains);
            let domain = domains.iter().find(|domain| Some(&domain.name) == asked_for).or(domains.first());
            if let Some(name) = domain.map(|domain| domain.name.clone()) {
                self.tree.open(Node::In(id, Place::Domain(name)));
            }
        }
        if let Some(request) = request {
            let target = request.target.unwrap_or(ConnectTarget::Demo);
            self.settings.remember_target(target.to_string());
            if let Credentials::Password { user, .. } = request.credentials {
                self.settings.remember_user(user);
            }
            if matches!(target, ConnectTarget::Server { .. } | ConnectTarget::Domain(_)) {
                self.settings.ca_file = request.options.ca_file;
                self.settings.allow_ntlm = request.options.allow_ntlm;
            }
            self.save_settings();
        }
    }

    /// Keeps what is selected and what was copied on the same links: their order may be another one now.
    pub(super) fn follow_links(&mut self, id: ForestId, before: &ForestSnapshot) {
        let Some(forest) = self.entry(id).and_then(ForestEntry::open) else { return };
        let after = Arc::clone(&forest.snapshot);
        let follow = |node: &Node| match node {
            Node::In(own, Place::Link { som, order }) if *own == id => {
                follow_link(before, &after, som, *order).map(|place| Node::In(id, place))
            }
            other => Some(other.clone()),
        };
        if let Some(selected) = follow(&self.selected).or_else(|| self.selected.parent()) {
            self.selected = selected;
        }
        self.copied = self.copied.iter().filter_map(follow).collect();
    }

    /// Moves the selection up to the next node that still exists.
    pub(super) fn settle_selection(&mut self) {
        let exists = |node: &Node| match node {
            Node::Root => true,
            Node::Files => !self.files.is_empty(),
            Node::File(file) => self.shown().file(*file).is_some(),
            Node::InFile(file, item) => self.shown().file(*file).is_some_and(|file| *item < file.items().len()),
            Node::Pending(of) => is_pending(of, self.shown()).is_some(),
            Node::In(id, place) => {
                self.entry(*id).is_some_and(|entry| entry.open().is_none_or(|forest| forest.exists(place)))
            }
        };
        let mut node = self.selected.clone();
        while !exists(&node) {
            node = node.parent().unwrap_or(Node::Root);
        }
        self.selected = node;
    }

    pub(super) fn forests_changed(&mut self) {
        self.tree.forests_changed();
        for open in &mut self.dialogs {
            if let Dialog::Palette(palette) = &mut open.dialog {
                palette.forests_changed();
            }
        }
    }

    pub(super) fn save_settings(&mut self) {
        self.remember_view();
        let Some(folder) = self.options.settings_folder.clone().filter(|_| self.settings != self.saved_settings) else {
            return;
        };
        match self.settings.save(&folder) {
            Ok(()) => self.saved_settings = self.settings.clone(),
            Err(error) => self.note = Some(format!("Settings could not be saved in {}: {error}", folder.display())),
        }
    }
}
