//! The Migration Table Editor: what principals and UNC paths become when a GPO goes into another domain (`console-ui.md` 7.7).
//!
//! It stands over the console, and over the wizard it was opened from. A table is checked as it is typed; Validate Table asks the
//! directory too. Nothing is lost without being asked for: closing, New, Open and leaving the program ask first where something
//! is not saved.

mod rows;
mod grid;
mod view;
mod prompt;
mod find;
mod populate;
mod file;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use egui::{Align, Context, Layout, ViewportCommand, vec2};
use poll_promise::Promise;

use crate::format::DestinationOption;
use crate::gpm::{MigrationTable, OperationError};
use crate::ident::DnsName;

use super::dialog::{self, Closing};
use super::job::{Workers, take};
use super::kit::notice::Severity;
use super::path_field::{documents_folder, text_of};
use super::principal_picker::PickedPrincipals;
use super::theme::Tokens;
use super::window::{Surroundings, Window};
use super::{Command, ForestId, Icon};

pub use file::sentence;
use find::{Found, browse, found_of};
use grid::{Column, GridState};
use populate::{Populate, Populated};
use prompt::PathPrompt;
use rows::Rows;

/// Where the editor leaves the path of the table it saved, for the wizard that opened it.
pub type SavedTable = Arc<Mutex<Option<PathBuf>>>;

/// The editor.
pub struct MigrationTableEditor {
    rows: Rows,
    grid: GridState,
    /// The table as it was read or saved last.
    table: MigrationTable,
    path: Option<PathBuf>,
    /// Counts changes; what was saved is compared with it.
    revision: u64,
    saved_revision: u64,
    /// The domain that the table is for: names are looked for there.
    target: Option<(ForestId, DnsName)>,
    /// What the last validation found, by row; gone when the row is changed.
    findings: HashMap<u64, Finding>,
    /// The sources that stand in more than one row, and the state of the rows that is said of.
    repeated: (u64, HashSet<String>),
    /// What there is to tell of the table as a whole.
    told: Option<(Severity, String)>,
    asking: Option<Asking>,
    /// The cell that a principal is browsed for, and where the picker leaves it.
    browsing: Option<(u64, Column, PickedPrincipals)>,
    reading: Option<Promise<Result<(PathBuf, MigrationTable), String>>>,
    saving: Option<Saving>,
    validating: Option<Promise<Result<HashMap<u64, Finding>, OperationError>>>,
    saved: Option<SavedTable>,
    opened: bool,
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// How grave it is.
    severity: Severity,
    /// What it is, in words.
    text: String,
}

/// What of the rows was asked for.
pub(super) enum Action {
    Cut,
    Copy,
    /// Ask the system for what is on the clipboard; it comes as [`Action::Paste`].
    AskPaste,
    Paste(String),
    Delete,
    SetDestination(DestinationOption),
    Browse {
        row: u64,
        column: Column,
    },
}

/// What is to follow once nothing is left to be saved.
#[derive(Clone, Debug, PartialEq, Eq)]
enum After {
    Stay,
    Close,
    New,
    ChooseFile,
    Quit,
}

/// A question that stands over the editor.
enum Asking {
    OpenPath(PathPrompt),
    SavePath(PathPrompt, After),
    Unsaved(After),
    Populate(Box<Populate>),
}

struct Saving {
    promise: Promise<Result<(PathBuf, MigrationTable), String>>,
    revision: u64,
    after: After,
}

impl MigrationTableEditor {
    /// Returns the editor of a new table for a domain.
    pub fn new(target: Option<(ForestId, DnsName)>) -> Self {
        MigrationTableEditor {
            rows: Rows::default(),
            grid: GridState::default(),
            table: MigrationTable::new(),
            path: None,
            revision: 0,
            saved_revision: 0,
            target,
            findings: HashMap::new(),
            repeated: (0, HashSet::new()),
            told: None,
            asking: None,
            browsing: None,
            reading: None,
            saving: None,
            validating: None,
            saved: None,
            opened: false,
        }
    }

    /// Opens a table from a file, or begins a new one, and leaves the path it is saved under in `saved`.
    pub fn of_wizard(
        target: Option<(ForestId, DnsName)>,
        path: Option<PathBuf>,
        saved: SavedTable,
        workers: &Workers,
    ) -> Self {
        let mut editor = MigrationTableEditor { saved: Some(saved), ..MigrationTableEditor::new(target) };
        if let Some(path) = path {
            editor.read(path, workers);
        }
        editor
    }

    fn is_dirty(&self) -> bool {
        self.revision != self.saved_revision
    }

    fn title(&self) -> String {
        let name = self.path.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
        let name = name.unwrap_or_else(|| "New table".to_owned());
        format!("{name}{}", if self.is_dirty() { " *" } else { "" })
    }

    fn change(&mut self, row: u64) {
        self.findings.remove(&row);
        self.touch();
    }

    fn touch(&mut self) {
        self.revision += 1;
        self.told = None;
    }

    fn replace(&mut self, table: MigrationTable, path: Option<PathBuf>) {
        self.rows = file::rows_of(&table);
        self.table = table;
        self.path = path;
        self.findings.clear();
        self.told = None;
        self.revision += 1;
        self.saved_revision = self.revision;
        let first = self.rows.at(0).id;
        self.grid.focus(&self.rows, first, Column::Source);
    }

    /// Does what is to follow, at once or after asking what becomes of changes.
    fn leave(&mut self, after: After, ctx: &Context) -> Closing {
        match self.is_dirty() {
            true => {
                self.asking = Some(Asking::Unsaved(after));
                Closing::Stay
            }
            false => self.go_on(after, ctx),
        }
    }

    fn go_on(&mut self, after: After, ctx: &Context) -> Closing {
        match after {
            After::Stay => {}
            After::Close => return Closing::Close,
            After::New => self.replace(MigrationTable::new(), None),
            After::ChooseFile => {
                let path = self.path.as_deref().map(text_of).unwrap_or_default();
                self.asking = Some(Asking::OpenPath(PathPrompt::open(path)));
            }
            After::Quit => {
                self.saved_revision = self.revision;
                ctx.send_viewport_cmd(ViewportCommand::Close);
            }
        }
        Closing::Stay
    }

    fn save(&mut self, after: After, around: &Surroundings<'_>) {
        if let Some((row, why)) = file::unsavable(self.rows.all()) {
            self.told = Some((Severity::Error, why));
            return self.grid.focus(&self.rows, row, Column::Source);
        }
        match self.path.clone() {
            Some(path) => self.write(path, after, around),
            None => self.asking = Some(Asking::SavePath(PathPrompt::save(default_path(around)), after)),
        }
    }

    fn write(&mut self, path: PathBuf, after: After, around: &Surroundings<'_>) {
        let (mut table, rows) = (self.table.clone(), self.rows.all().to_vec());
        let promise = around.workers.spawn_blocking(move || {
            let saved = file::update(&mut table, &rows).and_then(|()| table.save(&path));
            saved.map(|()| (path, table)).map_err(|error| format!("The table could not be saved. {error}"))
        });
        self.saving = Some(Saving { promise, revision: self.revision, after });
    }

    fn read(&mut self, path: PathBuf, workers: &Workers) {
        self.reading = Some(workers.spawn_blocking(move || match MigrationTable::load(&path) {
            Ok(table) => Ok((path, table)),
            Err(error) => Err(format!("The table could not be opened. {error}")),
        }));
    }

    fn validate(&mut self, around: &Surroundings<'_>) {
        if self.validating.is_some() {
            return;
        }
        let target = self.target.as_ref().and_then(|(id, domain)| Some((around.forest(*id)?, domain.clone())));
        let Some((forest, domain)) = target else {
            let text = "Choose the destination domain: destinations are looked for there.";
            self.told = Some((Severity::Warning, text.to_owned()));
            return;
        };
        let (rows, store) = (self.rows.all().to_vec(), Arc::clone(&forest.store));
        self.validating = Some(around.workers.spawn(file::validate(rows, store, domain, around.workers.task())));
    }

    /// Takes in what background work brought.
    fn take_in(&mut self, ctx: &Context, commands: &mut Vec<Command>) -> Closing {
        if let Some(read) = take(&mut self.reading) {
            match read {
                Ok((path, table)) => self.replace(table, Some(path)),
                Err(error) => self.told = Some((Severity::Error, error)),
            }
        }
        if let Some(found) = take(&mut self.validating) {
            match found {
                Ok(found) => {
                    self.findings = found;
                    self.told = Some(self.summary());
                }
                Err(error) => self.told = Some((Severity::Error, format!("{error}."))),
            }
        }
        let Some(saving) = self.saving.take() else { return Closing::Stay };
        match saving.promise.try_take() {
            Err(promise) => {
                self.saving = Some(Saving { promise, ..saving });
                Closing::Stay
            }
            Ok(Err(error)) => {
                self.told = Some((Severity::Error, error));
                Closing::Stay
            }
            Ok(Ok((path, table))) => {
                self.table = table;
                if let Some(saved) = &self.saved {
                    *saved.lock().unwrap_or_else(PoisonError::into_inner) = Some(path.clone());
                }
                self.told = Some((Severity::Info, format!("Saved {}", path.display())));
                self.saved_revision = saving.revision;
                commands.push(Command::RememberTable(path.clone()));
                self.path = Some(path);
                // What was changed while the file was written is asked about again.
                self.leave(saving.after, ctx)
            }
        }
    }

    fn act(&mut self, action: Action, ctx: &Context, around: &mut Surroundings<'_>) {
        match action {
            Action::Copy => ctx.copy_text(self.rows.copied()),
            Action::Cut => {
                ctx.copy_text(self.rows.copied());
                self.delete();
            }
            Action::Delete => self.delete(),
            Action::AskPaste => {
                self.focus_marker();
                ctx.send_viewport_cmd(ViewportCommand::RequestPaste);
            }
            Action::Paste(text) => {
                if self.rows.paste(&text) {
                    self.touch();
                    self.focus_marker();
                }
            }
            Action::SetDestination(option) => {
                let refused = self.rows.set_option(option);
                let selected: Vec<u64> = self.rows.all().iter().map(|row| row.id).collect();
                for row in selected.into_iter().filter(|row| self.rows.is_selected(*row)) {
                    self.findings.remove(&row);
                }
                self.touch();
                if refused > 0 {
                    let text = "UNC paths keep their destination: a path cannot be left out, nor found by a name.";
                    self.told = Some((Severity::Warning, text.to_owned()));
                }
            }
            Action::Browse { row, column } => {
                let text = self.rows.position(row).map(|index| {
                    let row = self.rows.at(index);
                    if column == Column::Source { row.source.clone() } else { row.destination.clone() }
                });
                let picked = PickedPrincipals::default();
                match browse(self.target.as_ref(), text.unwrap_or_default(), picked.clone(), around) {
                    Some(command) => around.commands.push(command),
                    None => {
                        let text = "Open a forest to look for names in it.";
                        self.told = Some((Severity::Warning, text.to_owned()));
                    }
                }
                self.browsing = Some((row, column, picked));
            }
        }
    }

    /// Takes over a principal that was browsed for.
    fn take_browsed(&mut self) {
        let Some((row, column, picked)) = &self.browsing else { return };
        let Some(trustee) = picked.take().pop() else { return };
        let (row, column) = (*row, *column);
        self.browsing = None;
        self.take_found(row, column, found_of(&trustee));
    }

    fn take_found(&mut self, row_id: u64, column: Column, found: Found) {
        if let Some(index) = self.rows.position(row_id) {
            let row = self.rows.at_mut(index);
            match column {
                Column::Destination => {
                    row.destination = found.name;
                    row.destination_changed();
                }
                Column::Source | Column::Marker => {
                    row.source = found.name;
                    row.set_kind(found.kind);
                }
            }
            self.rows.settle();
            self.change(row_id);
        }
        self.grid.focus(&self.rows, row_id, column);
    }

    /// Adds what was found in GPOs or backups. What the table speaks of already stays, and gets the type that was found.
    fn add_entries(&mut self, found: Populated) {
        let added = self.rows.add_all(found.table.entries());
        self.touch();
        self.told = Some(match (added, found.problems.as_slice()) {
            (0, []) => (Severity::Info, "Nothing was found that is not in the table.".to_owned()),
            (1, []) => (Severity::Info, "1 entry was added.".to_owned()),
            (_, []) => (Severity::Info, format!("{added} entries were added.")),
            (_, problems) => (Severity::Warning, problems.join("\n")),
        });
        self.focus_marker();
    }

    /// Says what is wrong with the table, in one line.
    fn summary(&self) -> (Severity, String) {
        let repeated = file::repeated_sources(self.rows.all());
        let found = |row| file::check(row, &repeated).or_else(|| self.findings.get(&row.id).cloned());
        let findings: Vec<Finding> = self.rows.all().iter().filter_map(found).collect();
        let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
        file::summary(count(Severity::Error), count(Severity::Warning))
    }

    fn delete(&mut self) {
        self.rows.delete_selected();
        self.touch();
        self.focus_marker();
    }

    fn focus_marker(&mut self) {
        let row = self.rows.current().unwrap_or_else(|| self.rows.at(0).id);
        self.grid.focus(&self.rows, row, Column::Marker);
    }
}

impl Window for MigrationTableEditor {
    fn ui(&mut self, ctx: &Context, around: &mut Surroundings<'_>) -> Closing {
        if !std::mem::replace(&mut self.opened, true) {
            let first = self.rows.at(0).id;
            self.grid.focus(&self.rows, first, Column::Source);
        }
        self.take_browsed();
        let mut closing = self.take_in(ctx, around.commands);
        let room = ctx.content_rect().size();
        let mut asked = None;
        let by_frame = dialog::show(ctx, "Migration Table Editor", 1180.0, |ui| {
            let size = vec2(ui.available_width(), (room.y - 116.0).clamp(260.0, 760.0));
            ui.allocate_ui_with_layout(size, Layout::top_down(Align::Min), |ui| {
                ui.set_min_size(size);
                asked = self.contents_ui(ui, around);
            });
        });
        if let Some(after) = asked {
            closing = self.leave(after, ctx);
        }
        if by_frame == Closing::Close && self.asking.is_none() {
            closing = self.leave(After::Close, ctx);
        }
        let answered = self.asking_ui(ctx, around);
        if closing == Closing::Close || answered == Closing::Close { Closing::Close } else { Closing::Stay }
    }

    fn holds_quit(&mut self) -> bool {
        if self.is_dirty() {
            self.asking = Some(Asking::Unsaved(After::Quit));
        }
        self.is_dirty()
    }
}

impl Finding {
    fn icon(&self) -> Icon {
        match self.severity {
            Severity::Info => Icon::Info,
            Severity::Warning => Icon::Warning,
            Severity::Error => Icon::Error,
        }
    }

    fn color(&self, tokens: &Tokens) -> egui::Color32 {
        match self.severity {
            Severity::Info => tokens.info,
            Severity::Warning => tokens.warning,
            Severity::Error => tokens.error,
        }
    }
}

/// Returns where a new table is offered to be saved.
fn default_path(around: &Surroundings<'_>) -> String {
    let last = around.settings.migration_tables.first().map(PathBuf::from);
    let folder = last.and_then(|path| path.parent().map(Path::to_owned)).unwrap_or_else(documents_folder);
    text_of(&folder.join("table.migtable"))
}
