//! The application: owns everything the window shows, draws it, and carries commands out between frames.

mod backups;
mod carry_out;
mod controllers;
mod copy_gpo;
mod edits;
mod files_and_reports;
mod preview;
mod queries;
mod view;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use egui::{
    CentralPanel, Context, Frame, Id, Key, KeyboardShortcut, Margin, Modifiers, Panel, Rangef, Ui, ViewportCommand,
};

use crate::gpm::Task;
use crate::operation::edit::{UndoEntry, UndoList};
use crate::operation::rsop::collect::CollectOptions;
use crate::store::StoreErrorKind;

use super::actions_pane::{actions_pane_id, actions_pane_ui};
use super::bars::{self, Status};
use super::command::{Availability, COPY_KEYS, CommandContext, Menu, PASTE_KEYS, Situation, row_of_keys, table};
use super::connect_dialog::ConnectDialog;
use super::dialog::{self, Closing};
use super::drag::dragged_ui;
use super::error_view::{ErrorReport, error_ui};
use super::help::Unread;
use super::interrupted::LookIntoJournal;
use super::job::{FetchJob, FileJob, ForestJob, Workers, WriteJob};
use super::kit::focus;
use super::operation_job::OperationJob;
use super::palette::Palette;
use super::pane::{PaneContext, PaneState, result_pane_ui};
use super::report_dialogs::ReportDialog;
use super::settings::Settings;
use super::theme::{self, SPACE};
use super::tree::Tree;
use super::window::{Surroundings, Window};
use super::{
    Browser, Command, ConnectRequest, FilePicker, ForestEntry, ForestId, ForestOpener, ForestState, Node, OpenedFile,
    ReportOf, ReportUse, Shown, StoreOpener, SystemBrowser, SystemFilePicker, help,
};

use backups::BackupView;

/// How many nodes Back remembers.
const HISTORY: usize = 100;

/// How wide the scope tree may be, in points.
const TREE_WIDTHS: Rangef = Rangef { min: 180.0, max: 900.0 };

/// What an [`App`] is built from; tests bring their own.
pub struct AppOptions {
    /// Opens and reads forests.
    pub opener: Arc<dyn ForestOpener>,
    /// Asks for files.
    pub file_picker: Arc<dyn FilePicker>,
    /// Shows files.
    pub browser: Arc<dyn Browser>,
    /// Where settings are kept; none to keep nothing.
    pub settings_folder: Option<PathBuf>,
    /// Where operations keep what was there before, until they are done; without it nothing is restored, imported or copied.
    pub journal_folder: Option<PathBuf>,
    /// Where stored queries are kept; without it they live as long as the program.
    pub query_folder: Option<PathBuf>,
    /// The forests to open at the start.
    pub forests: Vec<ConnectRequest>,
}

impl Default for AppOptions {
    fn default() -> Self {
        AppOptions {
            opener: Arc::new(StoreOpener),
            file_picker: Arc::new(SystemFilePicker),
            browser: Arc::new(SystemBrowser),
            settings_folder: super::settings::default_folder(),
            journal_folder: None,
            query_folder: None,
            forests: Vec::new(),
        }
    }
}

/// The console.
pub struct App {
    options: AppOptions,
    workers: Workers,
    settings: Settings,
    saved_settings: Settings,
    forests: Vec<ForestEntry>,
    requests: Vec<(ForestId, ConnectRequest)>,
    next_forest: u32,
    files: Vec<OpenedFile>,
    next_file: u32,
    selected: Node,
    /// The nodes that were copied, to be pasted.
    copied: Vec<Node>,
    /// What is selected as soon as its forest was read anew.
    changed: Option<Node>,
    history: History,
    tree: Tree,
    /// Whether the width of the tree in the settings is to be taken, other than by dragging.
    tree_width_is_set: bool,
    panes: PaneState,
    /// The dialogs that are open, each above the one before it.
    dialogs: Vec<Open>,
    /// What had the focus before the progress window opened.
    focus_before: Option<Id>,
    forest_jobs: Vec<ForestJob>,
    /// Forests that were changed while they were read: they are read once more.
    read_again: Vec<ForestId>,
    fetch_jobs: Vec<FetchJob>,
    file_jobs: Vec<FileJob>,
    write_jobs: Vec<WriteJob>,
    operation_jobs: Vec<OperationJob>,
    operations_ended: u64,
    /// Parts of forests that are being read anew.
    reloads: Vec<edits::Reload>,
    /// What can be undone, being looked up.
    undo_looks: Vec<edits::UndoLook>,
    /// What can be undone in each forest.
    undo_lists: HashMap<ForestId, UndoList>,
    /// Forests whose journal is being looked at.
    journal_looks: Vec<LookIntoJournal>,
    /// Stored queries that are being written.
    query_writes: Vec<queries::QueryWrite>,
    /// Reports of backups that are being made, to be shown in the browser.
    backup_views: Vec<BackupView>,
    /// What is done with a report as soon as it is there.
    awaited: Option<(ReportUse, ReportOf)>,
    /// Where reports for the browser lie until the program ends.
    browser_folder: Option<tempfile::TempDir>,
    /// A refresh that failed: the old state stays in view below this.
    failed_refresh: Option<(ForestId, ErrorReport)>,
    note: Option<String>,
    commands: Vec<Command>,
    frame_drawn: bool,
}

/// A dialog that is open, and what had the focus before.
struct Open {
    dialog: Dialog,
    focus_before: Option<Id>,
}

enum Dialog {
    Window(Box<dyn Window>),
    Connect(Box<ConnectDialog>),
    Palette(Palette),
    Report(Box<ReportDialog>),
    Told(Box<ErrorReport>),
    Unread(Box<Unread>),
    Problems,
    Shortcuts,
    About,
}

#[derive(Default)]
struct History {
    back: Vec<Node>,
    forward: Vec<Node>,
}

impl App {
    /// Builds the console for a window and begins to open the forests asked for.
    pub fn new(creation: &eframe::CreationContext<'_>, options: AppOptions) -> std::io::Result<Self> {
        let ctx = &creation.egui_ctx;
        let (settings, problem) = Settings::load(options.settings_folder.as_deref());
        theme::install(ctx);
        ctx.set_theme(settings.theme);
        let mut app = App {
            workers: Workers::new(ctx.clone(), options.journal_folder.clone(), options.query_folder.clone())?,
            saved_settings: settings.clone(),
            settings,
            forests: Vec::new(),
            requests: Vec::new(),
            next_forest: 1,
            files: Vec::new(),
            next_file: 1,
            selected: Node::Root,
            copied: Vec::new(),
            changed: None,
            history: History::default(),
            tree: Tree::default(),
            tree_width_is_set: false,
            panes: PaneState::default(),
            dialogs: Vec::new(),
            focus_before: None,
            forest_jobs: Vec::new(),
            read_again: Vec::new(),
            fetch_jobs: Vec::new(),
            file_jobs: Vec::new(),
            write_jobs: Vec::new(),
            operation_jobs: Vec::new(),
            operations_ended: 0,
            reloads: Vec::new(),
            undo_looks: Vec::new(),
            undo_lists: HashMap::new(),
            journal_looks: Vec::new(),
            query_writes: Vec::new(),
            backup_views: Vec::new(),
            awaited: None,
            browser_folder: None,
            failed_refresh: None,
            note: problem.map(|problem| format!("Settings could not be read: {problem}")),
            commands: Vec::new(),
            frame_drawn: false,
            options,
        };
        app.workers.set_report_choices(app.report_choices());
        app.restore_tables();
        for request in std::mem::take(&mut app.options.forests) {
            app.add_forest(request);
        }
        if app.forests.is_empty() && app.options.settings_folder.is_some() {
            app.reopen_forests();
        }
        Ok(app)
    }

    /// Returns the forests in the view.
    pub fn forests(&self) -> &[ForestEntry] {
        &self.forests
    }

    /// Returns what was opened from disk.
    pub fn files(&self) -> &[OpenedFile] {
        &self.files
    }

    /// Returns the node selected.
    pub fn selected(&self) -> &Node {
        &self.selected
    }

    /// Tells whether anything runs in the background: reading, fetching, changing.
    pub fn is_working(&self) -> bool {
        let operates = self.operation_jobs.iter().any(OperationJob::is_running);
        let reads = !(self.forest_jobs.is_empty() && self.fetch_jobs.is_empty() && self.file_jobs.is_empty());
        let follows = !(self.reloads.is_empty() && self.undo_looks.is_empty() && self.commands.is_empty());
        let writes = !self.query_writes.is_empty();
        operates || reads || follows || writes
    }

    /// Says how results are collected from computers; tests bring their own programs.
    pub fn set_collect_options(&mut self, options: CollectOptions) {
        self.workers.set_collect_options(options);
    }

    /// Asks for a command, as a menu would.
    pub fn ask(&mut self, command: Command) {
        self.commands.push(command);
    }

    /// Returns what commands depend on besides nodes.
    fn situation(&self) -> Situation {
        let newest = |of: fn(&UndoList) -> Option<&UndoEntry>| {
            // Without a forest selected, that of the only one.
            let only = || Some(self.forests.first()?.id).filter(|_| self.forests.len() == 1);
            let forest = self.selected.forest().or_else(only)?;
            Some((forest, of(self.undo_lists.get(&forest)?)?.clone()))
        };
        Situation {
            undo: newest(|list| list.undo.first()),
            redo: newest(|list| list.redo.first()),
            copied: self.copied.clone(),
            can_go_back: !self.history.back.is_empty(),
            can_go_forward: !self.history.forward.is_empty(),
            theme: self.settings.theme,
            tree_shown: self.settings.tree_shown,
            actions_shown: self.settings.actions_shown,
            has_list: self.panes.has_list(),
            link_notice: self.settings.link_notice,
            preview_impact: self.settings.preview_impact,
        }
    }

    /// Returns what the commands of the node selected in the tree are offered by.
    fn context<'a>(&'a self, situation: &'a Situation) -> CommandContext<'a> {
        CommandContext { forests: &self.forests, files: &self.files, node: &self.selected, more: &[], situation }
    }

    /// Returns what the commands of whatever is selected where the focus is are offered by.
    fn target_context<'a>(&'a self, situation: &'a Situation) -> CommandContext<'a> {
        let (node, more) = self.panes.target(&self.selected);
        CommandContext { node, more, ..self.context(situation) }
    }

    fn shown(&self) -> Shown<'_> {
        Shown { forests: &self.forests, files: &self.files }
    }

    fn entry(&self, id: ForestId) -> Option<&ForestEntry> {
        self.forests.iter().find(|entry| entry.id == id)
    }

    fn entry_mut(&mut self, id: ForestId) -> Option<&mut ForestEntry> {
        self.forests.iter_mut().find(|entry| entry.id == id)
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        self.take_in_jobs();
        self.take_in_files(ctx);
        self.take_in_operations(ctx);
        self.take_in_edits(ctx);
        self.take_in_query_writes();
        self.hold_quit(ctx);
        let commands = std::mem::take(&mut self.commands);
        for command in commands {
            self.carry_out(ctx, command);
        }
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        if !std::mem::replace(&mut self.frame_drawn, true) {
            tracing::info!("first frame");
        }
        let mut commands = Vec::new();
        focus::settle(ui.ctx());
        drop_ui(ui, &mut commands);
        dragged_ui(ui);
        if self.dialogs.is_empty() && !self.stands_before_all() {
            self.shortcuts(ui, &mut commands);
        }
        if ui.memory(|memory| memory.has_focus(Tree::id())) {
            self.panes.act_on_tree();
        }
        self.bars_ui(ui, &mut commands);
        self.actions_ui(ui, &mut commands);
        if self.settings.tree_shown {
            self.tree_ui(ui, &mut commands);
        }
        self.result_ui(ui, &mut commands);
        self.stop_reports_left();
        self.dialog_ui(ui.ctx(), &mut commands);
        if !commands.is_empty() {
            self.commands.extend(commands);
            ui.ctx().request_repaint();
        }
    }

    fn save(&mut self, _storage: &mut dyn eframe::Storage) {
        self.save_settings();
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        for job in &self.forest_jobs {
            job.task().cancel();
        }
        for job in &self.write_jobs {
            job.window.task().cancel();
        }
        self.end_operations();
        self.save_settings();
    }

    fn persist_egui_memory(&self) -> bool {
        // The window's place is kept by eframe, everything else by `Settings`: nothing typed ends up in a file.
        false
    }
}

/// Drawing.
impl App {
    fn bars_ui(&self, ui: &mut Ui, commands: &mut Vec<Command>) {
        let tokens = theme::tokens(ui);
        let situation = self.situation();
        let (context, target) = (self.context(&situation), self.target_context(&situation));
        let bar = |margin| Frame::new().fill(tokens.raised).inner_margin(margin);
        Panel::top("menu bar")
            .frame(bar(Margin { left: 6, right: 6, top: 3, bottom: 0 }))
            .show_separator_line(false)
            .show(ui, |ui| bars::menu_bar_ui(ui, &target, commands));
        Panel::top("toolbar")
            .frame(bar(Margin { left: 6, right: 6, top: 1, bottom: 4 }))
            .show(ui, |ui| bars::toolbar_ui(ui, &target, commands));
        let status = Status {
            running: {
                let forests = self.forest_jobs.iter().map(|job| (job.title.clone(), job.task()));
                let writes = self.write_jobs.iter().map(|job| (job.title.clone(), job.window.task()));
                let operations = self.operation_jobs.iter().filter(|job| job.is_running());
                let operations = operations.map(|job| (job.title.clone(), job.window.task()));
                forests.chain(writes).chain(operations).collect()
            },
            fetching: self.fetch_jobs.len() + self.file_jobs.len() + self.backup_views.len(),
            counts: self.panes.counts(),
            note: self.note.as_deref(),
        };
        Panel::bottom("status bar")
            .frame(bar(Margin::symmetric(10, 3)))
            .show(ui, |ui| bars::status_ui(ui, &context, &status, commands));
    }

    fn actions_ui(&mut self, ui: &mut Ui, commands: &mut Vec<Command>) {
        if !self.settings.actions_shown {
            return;
        }
        let situation = self.situation();
        let context = self.context(&situation);
        let rows = self.panes.rows().map(|(node, more)| CommandContext { node, more, ..context });
        let panel = Panel::right("actions pane")
            .resizable(true)
            .default_size(self.settings.actions_width)
            .size_range(140.0..=420.0)
            .frame(Frame::new().fill(theme::tokens(ui).raised).inner_margin(Margin::same(8)))
            .show(ui, |ui| actions_pane_ui(ui, &context, rows.as_ref(), commands));
        self.settings.actions_width = panel.response.rect.width();
    }

    fn tree_ui(&mut self, ui: &mut Ui, commands: &mut Vec<Command>) {
        let situation = self.situation();
        let App { tree, forests, files, selected, settings, tree_width_is_set, .. } = self;
        let shown = Shown { forests, files };
        let mut menu_ui = |ui: &mut Ui, node: &Node, commands: &mut Vec<Command>| {
            let Shown { forests, files } = shown;
            let context = CommandContext { forests, files, node, more: &[], situation: &situation };
            ui.set_min_width(200.0);
            bars::menu_ui(ui, Menu::Action, &context, commands);
        };
        let panel = Panel::left("scope tree panel")
            .resizable(true)
            .default_size(settings.tree_width)
            .size_range(if std::mem::take(tree_width_is_set) {
                Rangef::point(settings.tree_width)
            } else {
                TREE_WIDTHS
            })
            .frame(Frame::new().fill(theme::tokens(ui).sunken))
            .show(ui, |ui| tree.ui(ui, shown, selected, commands, &mut menu_ui));
        settings.tree_width = panel.response.rect.width();
    }

    fn result_ui(&mut self, ui: &mut Ui, commands: &mut Vec<Command>) {
        let situation = self.situation();
        let App { forests, files, selected, panes, failed_refresh, .. } = self;
        let shown = Shown { forests, files };
        // Of what is not there, the node it is missing below tells why.
        let selected = if let Node::Pending(of) = selected { of } else { selected };
        let raised = Frame::new().fill(theme::tokens(ui).raised).inner_margin(Margin::symmetric(12, 8));
        Panel::top("title band").frame(raised).show(ui, |ui| bars::title_ui(ui, selected, shown));
        let frame = Frame::new().fill(theme::tokens(ui).surface).inner_margin(Margin::same(12));
        CentralPanel::default().frame(frame).show(ui, |ui| {
            if let Some((_, report)) = failed_refresh.as_ref().filter(|(id, _)| selected.forest() == Some(*id)) {
                error_ui(ui, report, commands);
                ui.add_space(2.0 * SPACE);
            }
            let entry = selected.forest().and_then(|id| forests.iter().find(|entry| entry.id == id));
            match entry.map(|entry| (entry, &entry.state)) {
                Some((entry, ForestState::Failed(error))) => failed_forest_ui(ui, entry, error, commands),
                Some((entry, ForestState::Loading(task))) => loading_forest_ui(ui, entry, task),
                Some((_, ForestState::Open(_))) | None => {
                    let forest = entry.and_then(ForestEntry::open);
                    let context = PaneContext { forests, files, forest, node: selected, situation: &situation };
                    result_pane_ui(ui, &context, panes, commands);
                }
            }
        });
    }

    fn dialog_ui(&mut self, ctx: &Context, commands: &mut Vec<Command>) {
        self.job_window_ui(ctx);
        let situation = self.situation();
        let mut started = Vec::new();
        let open = std::mem::take(&mut self.dialogs);
        for mut open in open {
            let mut around = Surroundings {
                settings: &self.settings,
                workers: &self.workers,
                file_picker: &self.options.file_picker,
                forests: &self.forests,
                operations_ended: self.operations_ended,
                commands,
                started: &mut started,
            };
            let closing = match &mut open.dialog {
                Dialog::Window(window) => window.ui(ctx, &mut around),
                Dialog::Connect(dialog) => dialog.ui(ctx, &mut around),
                Dialog::Palette(palette) => palette.ui(ctx, &self.target_context(&situation), commands),
                Dialog::Report(dialog) => dialog.ui(ctx, &self.workers, &self.options.file_picker, commands),
                Dialog::Told(report) => told_ui(ctx, report, commands),
                Dialog::Unread(unread) => help::unread_ui(ctx, unread, commands),
                Dialog::Problems => help::problems_ui(ctx, &self.forests, commands),
                Dialog::Shortcuts => help::shortcuts_ui(ctx),
                Dialog::About => help::about_ui(ctx, commands),
            };
            match closing {
                Closing::Stay => self.dialogs.push(open),
                Closing::Close => {
                    focus::give_back(ctx, open.focus_before.unwrap_or_else(Tree::id));
                }
            }
        }
        self.operation_jobs.append(&mut started);
    }

    /// Keeps the program open while something that is not saved is asked about.
    fn hold_quit(&mut self, ctx: &Context) {
        if !ctx.input(|input| input.viewport().close_requested()) {
            return;
        }
        let mut windows = self.dialogs.iter_mut().rev().filter_map(|open| match &mut open.dialog {
            Dialog::Window(window) => Some(window),
            _ => None,
        });
        if windows.any(|window| window.holds_quit()) {
            ctx.send_viewport_cmd(ViewportCommand::CancelClose);
        }
    }

    /// Draws the progress window of one job: of an operation before all others.
    fn job_window_ui(&mut self, ctx: &Context) {
        let mut read = false;
        let window = if let Some(job) = self.operation_jobs.first_mut() {
            read = true;
            &mut job.window
        } else if let Some(job) = self.forest_jobs.first_mut() {
            &mut job.window
        } else if let Some(job) = self.write_jobs.first_mut() {
            &mut job.window
        } else {
            return;
        };
        // A job that ends before its window would stand takes the focus from nobody.
        if self.focus_before.is_none() && window.is_shown() && !window.is_drawn() {
            self.focus_before = ctx.memory(|memory| memory.focused());
        }
        read &= window.ui(ctx);
        if read {
            self.operation_jobs.remove(0);
            self.give_focus_back_after_job();
            ctx.request_repaint();
        }
    }

    /// Gives the focus back once no progress window stands before it any more.
    fn give_focus_back_after_job(&mut self) {
        // Where no window stood above anything, whoever has the focus keeps it, or is just getting it back from a menu.
        if let Some(id) = self.focus_before.take() {
            focus::give_back(self.workers.ctx(), id);
        }
    }

    /// Tells whether a progress window takes the keys.
    fn stands_before_all(&self) -> bool {
        self.operation_jobs.first().is_some_and(|job| job.window.is_shown())
    }

    /// Turns keys into commands. While a text field has the focus, keys that edit belong to it.
    fn shortcuts(&mut self, ui: &Ui, commands: &mut Vec<Command>) {
        let situation = self.situation();
        let context = self.target_context(&situation);
        let in_text = ui.ctx().text_edit_focused();
        let is_mine = |keys: &&KeyboardShortcut| {
            // In a text field they are the text's.
            let is_undo = keys.modifiers.command && matches!(keys.logical_key, Key::Z | Key::Y);
            let edits = is_undo || (keys.modifiers.is_none() && keys.logical_key == Key::Delete);
            !([COPY_KEYS, PASTE_KEYS].contains(*keys) || (in_text && edits))
        };
        let mut keys: Vec<&KeyboardShortcut> = table().flat_map(|row| row.shortcuts).filter(is_mine).collect();
        // The toolkit takes Ctrl+Shift+O for Ctrl+O too: those with Shift come first.
        keys.sort_by_key(|keys| !keys.modifiers.shift);
        let mut pressed: Vec<&KeyboardShortcut> = keys;
        pressed.retain(|keys| ui.input_mut(|input| input.consume_shortcut(keys)));
        let (copied, pasted) = ui.input(|input| {
            let is_paste = |event: &egui::Event| matches!(event, egui::Event::Paste(_));
            (input.events.contains(&egui::Event::Copy), input.events.iter().any(is_paste))
        });
        let on_nodes = ui.memory(|memory| memory.has_focus(Tree::id())) || (!in_text && self.panes.rows().is_some());
        pressed.extend(
            [(copied, &COPY_KEYS), (pasted, &PASTE_KEYS)]
                .into_iter()
                .filter(|(happened, _)| *happened && on_nodes)
                .map(|(_, keys)| keys),
        );
        for keys in pressed {
            if let Some((row, Availability::Available)) = row_of_keys(keys, &context) {
                commands.extend((row.make)(&context));
            }
        }
        if ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::F)) {
            let in_tree = ui.memory(|memory| memory.has_focus(Tree::id()));
            if in_tree || !self.panes.request_find() {
                self.tree.request_filter_focus();
            }
        }
        let step = ui.input_mut(|input| {
            // With Shift first: the toolkit takes Shift+F6 for F6 too.
            let back = input.consume_key(Modifiers::SHIFT, Key::F6);
            (back || input.consume_key(Modifiers::NONE, Key::F6)).then_some(back)
        });
        if let Some(back) = step {
            commands.push(self.next_pane(ui.ctx(), back));
        }
    }

    /// Returns the command that gives the focus to the next pane, or the one before.
    fn next_pane(&self, ctx: &Context, back: bool) -> Command {
        let mut panes = vec![Command::FocusResult];
        let mut here = 0;
        let focused = |id| ctx.memory(|memory| memory.has_focus(id));
        if self.settings.actions_shown {
            panes.push(Command::FocusActions);
            here = if focused(actions_pane_id()) { 1 } else { here };
        }
        if self.settings.tree_shown {
            panes.insert(0, Command::FocusTree);
            here = if focused(Tree::id()) { 0 } else { here + 1 };
        }
        let next = if back { here + panes.len() - 1 } else { here + 1 };
        panes.swap_remove(next % panes.len())
    }
}

impl History {
    fn leave(&mut self, node: Node) {
        self.back.push(node);
        self.forward.clear();
        if self.back.len() > HISTORY {
            self.back.remove(0);
        }
    }

    /// Forgets nodes that are no more.
    fn forget(&mut self, is_gone: impl Fn(&Node) -> bool) {
        self.back.retain(|node| !is_gone(node));
        self.forward.retain(|node| !is_gone(node));
    }
}

/// Opens what is dropped on the window, and says so while something hovers over it.
fn drop_ui(ui: &Ui, commands: &mut Vec<Command>) {
    let (dropped, hovers) = ui.input(|input| {
        let dropped: Vec<PathBuf> = input.raw.dropped_files.iter().map(|file| file.path().to_owned()).collect();
        (dropped, !input.raw.hovered_files.is_empty())
    });
    commands.extend(dropped.into_iter().map(Command::OpenPath));
    if hovers {
        let painter = ui.ctx().layer_painter(egui::LayerId::new(egui::Order::Foreground, Id::unique("drop")));
        let (rect, tokens) = (ui.ctx().content_rect(), theme::tokens(ui));
        painter.rect_filled(rect, 0.0, tokens.surface.gamma_multiply(0.85));
        let font = theme::title_style().resolve(ui.style());
        let text = "Drop reports or folders of backups to open them";
        painter.text(rect.center(), egui::Align2::CENTER_CENTER, text, font, tokens.text);
    }
}

/// Draws what went wrong with something that was asked for.
fn told_ui(ctx: &Context, report: &ErrorReport, commands: &mut Vec<Command>) -> Closing {
    let mut closed = false;
    let closing = dialog::show(ctx, "Reports", 680.0, |ui| {
        let height = ui.ctx().content_rect().height() - 200.0;
        egui::ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, |ui| {
            error_ui(ui, report, commands);
        });
        dialog::buttons_ui(ui, |ui| closed = dialog::button(ui, "Close"));
    });
    if closed { Closing::Close } else { closing }
}

fn failed_forest_ui(ui: &mut Ui, entry: &ForestEntry, error: &crate::store::StoreError, commands: &mut Vec<Command>) {
    if error.kind == StoreErrorKind::Cancelled {
        ui.label(format!("Connecting to {} was cancelled.", entry.target));
    } else {
        error_ui(ui, &ErrorReport::of_store(format!("Connect to {}", entry.target), error), commands);
    }
    ui.add_space(2.0 * SPACE);
    ui.horizontal(|ui| {
        if ui.button("Connect Again").clicked() {
            commands.push(Command::Retry(entry.id));
        }
        if ui.button("Add Forest…").clicked() {
            commands.push(Command::ShowConnect);
        }
        if ui.button("Remove from View").clicked() {
            commands.push(Command::RemoveForest(entry.id));
        }
    });
}

fn loading_forest_ui(ui: &mut Ui, entry: &ForestEntry, task: &Task) {
    ui.label(format!("Connecting to {}…", entry.target));
    ui.weak(task.snapshot().activity);
    if ui.button("Cancel").clicked() {
        task.cancel();
    }
}
