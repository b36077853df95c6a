//! What the wizards that bring settings into a domain share: looking for principals and UNC paths in what is brought, and saying what
//! becomes of them (`console-ui.md` 7.1 pages 5 and 6, 7.4).
//!
//! The list shows what the operation will do, because it is made by the same plan; nothing is written before Finish.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};

use egui::{Button, Layout, RichText, Ui, vec2};

use crate::format::{BackupGroup, BackupGroupType};
use crate::gpm::{MessageId, MigrationTable, OperationError, StatusMessage, Task};
use crate::ident::{DnsName, Sid};
use crate::operation::content::GpoContent;
use crate::operation::migration::{
    FoundReference, KeptReason, MigrationOptions, PlannedOutcome, PlannedReference, ReferenceOrigin, ScanOptions,
    Subject, plan_migration, scan_references,
};

use super::kit::accessible;
use super::kit::data_table::{Cell, Column, DataTable, TableState, Tone, row_id};
use super::kit::notice::{Severity, banner_ui};
use super::migration_table::SavedTable;
use super::path_field::{PathField, PathKind, text_of};
use super::step::{Step, running_ui, told};
use super::theme::SPACE;
use super::window::Surroundings;
use super::wizard::{Page, PageFrame, Ready};
use super::{Command, ForestId, Icon};

/// What is known of the references of a GPO, and what becomes of them.
pub struct Migrating {
    forest: ForestId,
    domain: DnsName,
    with_security: bool,
    scan: Step<Scanned>,
    use_table: bool,
    table: PathField,
    exclusively: bool,
    map_preferences: bool,
    plan: Step<Planned>,
    /// The choices that the plan was made for.
    planned_for: Option<Choices>,
    /// Where the editor leaves the table it saved.
    saved: SavedTable,
    tables_saved: u64,
    /// Whether the path of the table is not being typed.
    settled: bool,
    rows: TableState,
    revision: u64,
}

struct Scanned {
    content: Arc<GpoContent>,
    references: Vec<FoundReference>,
    /// Its principals where it comes from.
    names: Names,
    messages: Vec<StatusMessage>,
}

struct Planned {
    rows: Vec<PlannedReference>,
    table: Option<MigrationTable>,
    messages: Vec<StatusMessage>,
}

/// What a plan depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Choices {
    table: Option<PathBuf>,
    /// Counts the times the editor saved it.
    saved: u64,
    map_preferences: bool,
}

impl<S: AsRef<Migrating> + AsMut<Migrating>> Page<S> {
    /// The page that shows what was found; the wizard says its title and what is scanned: `Page { title, enter, ..Page::SCANNING }`.
    pub const SCANNING: Page<S> = Page {
        ui: |state, ui, _| state.as_mut().scan_ui(ui),
        check: |state, _| state.as_ref().scan_ready(),
        ..Page::PLAIN
    };

    /// The page that asks what becomes of the references, where there are any.
    pub const MIGRATING: Page<S> = Page {
        title: "Migrating References",
        applies: |state| state.as_ref().has_references(),
        ui: |state, ui, page| state.as_mut().choices_ui(ui, page),
        check: |state, _| state.as_ref().choices_ready(),
        ..Page::PLAIN
    };
}

impl Migrating {
    /// Begins for a domain that settings are brought into.
    pub fn new(forest: ForestId, domain: DnsName) -> Self {
        Migrating {
            forest,
            domain,
            with_security: false,
            scan: Step::Idle,
            use_table: false,
            table: PathField::new(""),
            exclusively: false,
            map_preferences: false,
            plan: Step::Idle,
            planned_for: None,
            saved: SavedTable::default(),
            tables_saved: 0,
            settled: true,
            rows: TableState::default(),
            revision: 0,
        }
    }

    /// Begins to look into what is brought; `read` reads it.
    pub fn scan<F>(
        &mut self,
        with_security: bool,
        around: &Surroundings<'_>,
        read: impl FnOnce(Task) -> F + Send + 'static,
    ) where
        F: Future<Output = Result<GpoContent, OperationError>> + Send,
    {
        self.cancel();
        self.with_security = with_security;
        (self.plan, self.planned_for) = (Step::Idle, None);
        let task = around.workers.task();
        let worker_task = task.clone();
        let options = ScanOptions { with_security, with_preferences: true };
        let promise = around.workers.spawn(async move {
            worker_task.activity("Reading what is brought");
            let content = read(worker_task.clone()).await?;
            worker_task.activity("Looking for principals and UNC paths");
            let references = scan_references(&content, &options, &worker_task).await?;
            let named = content.principals.iter().filter(|group| !group.account.is_empty());
            let names =
                named.filter_map(|group| Some((group.sid.clone()?, (icon_of(group.kind), name_of(group))))).collect();
            Ok(Scanned { content: Arc::new(content), references, names, messages: grave(&worker_task) })
        });
        self.scan = Step::Running(task, Some(promise));
        self.rows = TableState::default();
    }

    /// Ends what runs in the background.
    pub fn cancel(&self) {
        for task in [self.scan.task(), self.plan.task()].into_iter().flatten() {
            task.cancel();
        }
    }

    /// Tells whether anything was found that could be mapped.
    pub fn has_references(&self) -> bool {
        self.scan.ended().is_some_and(|scanned| !scanned.references.is_empty())
    }

    /// Returns how principals and paths are mapped, as chosen.
    pub fn options(&self) -> MigrationOptions {
        let table = self.plan.ended().and_then(|planned| planned.table.clone()).filter(|_| self.use_table);
        MigrationOptions {
            table_only: self.exclusively && table.is_some(),
            table,
            with_security: self.with_security,
            map_preferences: self.map_preferences && self.use_table,
        }
    }

    /// Draws the page that looks for references.
    pub fn scan_ui(&mut self, ui: &mut Ui) {
        self.poll();
        match &self.scan {
            Step::Idle => {}
            Step::Running(task, _) => running_ui(ui, task),
            Step::Ended(Err(error)) => banner_ui(ui, Severity::Error, error),
            Step::Ended(Ok(scanned)) => {
                let (principals, paths) = counts(&scanned.references);
                if scanned.references.is_empty() {
                    banner_ui(
                        ui,
                        Severity::Info,
                        "No principals and no UNC paths were found: nothing needs to be mapped.",
                    );
                } else {
                    let found = [(principals, "security principal"), (paths, "UNC path")].into_iter();
                    let found: Vec<_> =
                        found.filter(|(count, _)| *count > 0).map(|(count, word)| counted(count, word)).collect();
                    let were = if principals + paths == 1 { "was" } else { "were" };
                    ui.label(format!(
                        "{} {were} found. What belongs to another domain may mean nothing in {}.",
                        found.join(" and "),
                        self.domain
                    ));
                }
                messages_ui(ui, &scanned.messages);
                ui.add_space(SPACE);
                if !scanned.references.is_empty() {
                    found_ui(ui, scanned, &mut self.rows, self.revision);
                }
            }
        }
    }

    /// Tells whether the page that looks for references is done.
    pub fn scan_ready(&self) -> Ready {
        match &self.scan {
            Step::Idle | Step::Running(..) => Ready::Wait("Still looking for principals and UNC paths…".to_owned()),
            Step::Ended(Ok(_)) => Ready::Yes,
            Step::Ended(Err(error)) => Ready::No(error.clone()),
        }
    }

    /// Draws the page on which is chosen what becomes of the references.
    pub fn choices_ui(&mut self, ui: &mut Ui, page: &mut PageFrame<'_, '_>) {
        self.poll();
        self.take_saved();
        let identically = ui.radio_value(&mut self.use_table, false, "Copy them identically from the source");
        page.focus_first(&identically);
        ui.radio_value(&mut self.use_table, true, "Use this migration table to map them in the destination GPO");
        self.settled = true;
        if self.use_table {
            ui.indent("migration table choices", |ui| self.table_ui(ui, page));
        }
        let choices = self.choices();
        let is_whole = self.settled || page.is_awaited;
        if is_whole && self.planned_for.as_ref() != Some(&choices) && (!self.use_table || choices.table.is_some()) {
            self.make_plan(choices, page.around);
        }
        ui.add_space(SPACE);
        self.plan_ui(ui);
    }

    /// Tells whether the choices can be carried out.
    pub fn choices_ready(&self) -> Ready {
        if self.use_table && self.table.path().is_none() {
            return Ready::No("Enter the migration table, or make one with New….".to_owned());
        }
        if self.planned_for.as_ref() != Some(&self.choices()) {
            return Ready::Wait("Still working out what becomes of them…".to_owned());
        }
        match &self.plan {
            Step::Idle | Step::Running(..) => Ready::Wait("Still working out what becomes of them…".to_owned()),
            Step::Ended(Err(error)) => Ready::No(error.clone()),
            Step::Ended(Ok(planned)) => match planned.rows.iter().filter(|row| is_unmapped(row)).count() {
                unmapped if unmapped > 0 && self.exclusively && self.use_table => Ready::No(format!(
                    "{} not in the table. Edit the table, or do not use it exclusively.",
                    if unmapped == 1 { "1 reference is".to_owned() } else { format!("{unmapped} references are") }
                )),
                _ => Ready::Yes,
            },
        }
    }

    /// Returns what was chosen, in lines for the last page.
    pub fn summary(&self) -> Vec<(&'static str, String)> {
        let Some(scanned) = self.scan.ended() else { return Vec::new() };
        if scanned.references.is_empty() {
            return vec![("References", "None that would have to be mapped".to_owned())];
        }
        let table = self.table.path().filter(|_| self.use_table);
        let Some(table) = table else { return vec![("References", "Copied identically".to_owned())] };
        let mut lines = vec![("Migration table", table.display().to_string())];
        if let Some(planned) = self.plan.ended() {
            let changed = planned.rows.iter().filter(|row| !matches!(row.outcome, PlannedOutcome::Kept(_))).count();
            let unmapped = planned.rows.iter().filter(|row| is_unmapped(row)).count();
            lines.push(("References", format!("{changed} mapped, {unmapped} not in the table")));
        }
        lines.push(("Table is used", if self.exclusively { "Exclusively" } else { "For what it names" }.to_owned()));
        let preferences = if self.map_preferences { "Mapped too" } else { "Not mapped" };
        lines.push(("Preferences", preferences.to_owned()));
        lines
    }

    /// Asks to remember the table: it was used.
    pub fn remember(&self, commands: &mut Vec<Command>) {
        commands.extend(self.table.path().filter(|_| self.use_table).map(Command::RememberTable));
    }

    fn table_ui(&mut self, ui: &mut Ui, page: &mut PageFrame<'_, '_>) {
        let recent = &page.around.settings.migration_tables;
        let kind = PathKind::OpenFile("Migration tables", "migtable");
        let field = self.table.ui(ui, "Migration table", kind, recent, page.around);
        self.settled = field.settled || !field.edit.has_focus();
        ui.horizontal(|ui| {
            let path = self.table.path();
            let mut open = |ui: &mut Ui, text: &str, name: &str, enabled: bool, path: Option<PathBuf>| {
                let button = ui.add_enabled(enabled, Button::new(text).min_size(vec2(72.0, 0.0)));
                accessible::name(&button, name);
                if button.clicked() {
                    page.around.commands.push(Command::EditMigrationTable {
                        target: (self.forest, self.domain.clone()),
                        path,
                        saved: Arc::clone(&self.saved),
                    });
                }
            };
            open(ui, "New…", "New migration table", true, None);
            open(ui, "Edit…", "Edit migration table", path.is_some(), path);
        });
        ui.checkbox(
            &mut self.exclusively,
            "Use the table exclusively: where it does not speak of a principal or path, nothing is done at all",
        );
        ui.checkbox(&mut self.map_preferences, "Also map Preferences, which GPMC leaves as they are");
    }

    fn plan_ui(&mut self, ui: &mut Ui) {
        match &self.plan {
            Step::Idle => {}
            Step::Running(task, _) => running_ui(ui, task),
            Step::Ended(Err(error)) => banner_ui(ui, Severity::Error, error),
            Step::Ended(Ok(planned)) => {
                let unmapped = planned.rows.iter().filter(|row| is_unmapped(row)).count();
                let text = match (unmapped, self.use_table) {
                    (_, false) => "Everything stays as it is in the source.".to_owned(),
                    (0, true) => "The table speaks of everything that was found.".to_owned(),
                    (1, true) => "1 reference is not in the table: it stays as it is.".to_owned(),
                    (count, true) => format!("{count} references are not in the table: they stay as they are."),
                };
                ui.label(RichText::new(text).strong());
                if self.has_preferences() && !(self.map_preferences && self.use_table) {
                    ui.weak("Preferences name principals or paths too. They are not mapped unless that is chosen.");
                }
                messages_ui(ui, &planned.messages);
                ui.add_space(SPACE);
                if let Some(scanned) = self.scan.ended() {
                    planned_ui(ui, scanned, planned, &mut self.rows, self.revision);
                }
            }
        }
    }

    fn has_preferences(&self) -> bool {
        let of_preferences = |reference: &FoundReference| reference.origin == ReferenceOrigin::Preference;
        self.scan.ended().is_some_and(|scanned| scanned.references.iter().any(of_preferences))
    }

    fn choices(&self) -> Choices {
        Choices {
            table: self.table.path().filter(|_| self.use_table),
            saved: self.tables_saved,
            map_preferences: self.map_preferences && self.use_table,
        }
    }

    fn make_plan(&mut self, choices: Choices, around: &Surroundings<'_>) {
        let Some(forest) = around.forest(self.forest) else { return };
        let Some(scanned) = self.scan.ended() else { return };
        if let Some(task) = self.plan.task() {
            task.cancel();
        }
        let task = around.workers.task();
        let (worker_task, content) = (task.clone(), Arc::clone(&scanned.content));
        let (store, domain, path) = (Arc::clone(&forest.store), self.domain.clone(), choices.table.clone());
        let mut options = MigrationOptions {
            with_security: self.with_security,
            map_preferences: choices.map_preferences,
            ..MigrationOptions::default()
        };
        let promise = around.workers.spawn(async move {
            worker_task.activity("Working out what becomes of them");
            options.table = path.as_deref().map(MigrationTable::load).transpose()?;
            let plan = plan_migration(&content, &store, &domain, &options, &worker_task).await?;
            // What the list says beside each reference is not said twice.
            let in_list = [
                MessageId::PrincipalUnmapped,
                MessageId::PathUnmapped,
                MessageId::DestinationUnresolved,
                MessageId::RelativeNameMissing,
            ];
            let mut messages = grave(&worker_task);
            messages.retain(|message| !in_list.contains(&message.id));
            Ok(Planned { rows: plan.rows().to_vec(), table: options.table, messages })
        });
        self.plan = Step::Running(task, Some(promise));
        self.planned_for = Some(choices);
        self.revision += 1;
    }

    /// Takes in what background work brought.
    fn poll(&mut self) {
        self.revision += u64::from(self.scan.poll()) + u64::from(self.plan.poll());
    }

    /// Takes over the table that the editor saved.
    fn take_saved(&mut self) {
        let saved = self.saved.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(path) = saved {
            self.table.text = text_of(&path);
            self.tables_saved += 1;
        }
    }
}

impl Drop for Migrating {
    /// Nobody waits any more.
    fn drop(&mut self) {
        self.cancel();
    }
}

/// Returns the messages that are more than information.
fn grave(task: &Task) -> Vec<StatusMessage> {
    let messages = task.messages().into_iter();
    messages.filter(|message| message.severity > crate::gpm::Severity::Information).collect()
}

/// How principals are called and what they are, by SID.
type Names = HashMap<Sid, (Icon, String)>;

fn icon_of(kind: BackupGroupType) -> Icon {
    match kind {
        BackupGroupType::User => Icon::User,
        BackupGroupType::Computer => Icon::Computer,
        _ => Icon::Group,
    }
}

fn name_of(group: &BackupGroup) -> String {
    match group.netbios_domain.as_str() {
        "" => group.account.clone(),
        domain => format!("{domain}\\{}", group.account),
    }
}

/// Counts the principals and the paths, each once.
fn counts(references: &[FoundReference]) -> (usize, usize) {
    let subjects: HashSet<&Subject> = references.iter().map(|reference| &reference.subject).collect();
    let paths = subjects.iter().filter(|subject| matches!(subject, Subject::Path(_))).count();
    (subjects.len() - paths, paths)
}

fn counted(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

fn is_unmapped(row: &PlannedReference) -> bool {
    matches!(row.outcome, PlannedOutcome::Kept(KeptReason::Unmapped | KeptReason::Unresolved))
}

fn messages_ui(ui: &mut Ui, messages: &[StatusMessage]) {
    const SHOWN: usize = 2;
    for message in messages.iter().take(SHOWN) {
        ui.add_space(SPACE);
        banner_ui(ui, Severity::Warning, &told(message));
    }
    if messages.len() > SHOWN {
        let rest: Vec<String> = messages[SHOWN..].iter().map(told).collect();
        ui.weak(format!("{} more", counted(rest.len(), "warning"))).on_hover_text(rest.join("\n"));
    }
}

/// Draws what was found, and where.
fn found_ui(ui: &mut Ui, scanned: &Scanned, state: &mut TableState, revision: u64) {
    let names = &scanned.names;
    let table = DataTable::new("references found", "References found")
        .column(reference_column(names, |reference: &FoundReference| reference))
        .column(Column::new("Extension", 150.0, |reference: &FoundReference| Cell::text(extension(reference))))
        .column(Column::new("Setting", 190.0, |reference: &FoundReference| setting_cell(names, reference)))
        .column(Column::new("Where", 240.0, |reference: &FoundReference| Cell::text(reference.object_path.as_str())))
        .revision(revision)
        .row_id(|reference| row_id((&reference.subject, &reference.object_path, &reference.settings_name)));
    fill_ui(ui, |ui| {
        table.ui(ui, state, &scanned.references);
    });
}

/// Draws what becomes of everything that was found.
fn planned_ui(ui: &mut Ui, scanned: &Scanned, planned: &Planned, state: &mut TableState, revision: u64) {
    let (names, has_table) = (&scanned.names, planned.table.is_some());
    let table = DataTable::new("references planned", "What becomes of the references")
        .column(reference_column(names, |row: &PlannedReference| &row.reference))
        .column(Column::new("Becomes", 210.0, move |row| outcome_cell(row, has_table)))
        .column(Column::new("Extension", 120.0, |row: &PlannedReference| Cell::text(extension(&row.reference))))
        .column(Column::new("Setting", 170.0, |row: &PlannedReference| setting_cell(names, &row.reference)))
        .column(Column::new("Where", 200.0, |row: &PlannedReference| Cell::text(row.reference.object_path.as_str())))
        .revision(revision)
        .row_id(|row| {
            let reference = &row.reference;
            row_id((&reference.subject, &reference.object_path, &reference.settings_name))
        })
        .empty("Nothing would be mapped.");
    fill_ui(ui, |ui| {
        table.ui(ui, state, &planned.rows);
    });
}

fn fill_ui(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    let size = vec2(ui.available_width(), ui.available_height().max(110.0));
    ui.allocate_ui_with_layout(size, Layout::top_down(egui::Align::Min), |ui| {
        ui.set_min_size(size);
        content(ui);
    });
}

fn reference_column<'a, R>(names: &'a Names, reference: impl Fn(&'a R) -> &'a FoundReference + 'a) -> Column<'a, R> {
    Column::new("Principal or Path", 220.0, move |row| {
        let reference = reference(row);
        match &reference.subject {
            Subject::Path(path) => Cell::icon(Icon::Folder, path.as_str()),
            Subject::Principal { sid, name } => {
                let known = sid.as_ref().and_then(|sid| names.get(sid));
                let (icon, known) = known.map_or((Icon::Group, None), |(icon, name)| (*icon, Some(name.as_str())));
                let well_known = || sid.as_ref().and_then(Sid::well_known_name).or(name.as_deref());
                let text = known.or_else(well_known).unwrap_or(&reference.text);
                Cell::icon(icon, text).tooltip(reference.text.as_str())
            }
        }
    })
}

/// Returns the cell of a setting. Restricted groups are keys of a SID and what is said of the group: they are put into words.
fn setting_cell<'a>(names: &Names, reference: &'a FoundReference) -> Cell<'a> {
    let setting = reference.settings_name.as_str();
    let restricted = setting.strip_prefix('*').and_then(|key| key.split_once("__"));
    let group = restricted.and_then(|(sid, what)| Some((sid.parse::<Sid>().ok()?, what)));
    let Some((sid, what)) = group else { return Cell::text(setting) };
    let known = names.get(&sid).map(|(_, name)| name.as_str()).or(sid.well_known_name());
    let Some(name) = known else { return Cell::text(setting) };
    let words = match what.to_ascii_lowercase().as_str() {
        "members" => format!("Members of {name}"),
        "memberof" => format!("Groups of {name}"),
        _ => return Cell::text(setting),
    };
    Cell::text(words).tooltip(setting)
}

fn extension(reference: &FoundReference) -> &str {
    match reference.origin {
        ReferenceOrigin::Permissions => "Permissions of the GPO",
        _ => &reference.extension_name,
    }
}

fn outcome_cell(row: &PlannedReference, has_table: bool) -> Cell<'_> {
    match &row.outcome {
        PlannedOutcome::Principal { sid, name } => match name {
            Some(name) => Cell::icon(Icon::Success, name.as_str()).tooltip(sid.to_string()),
            None => Cell::icon(Icon::Success, sid.to_string()),
        },
        PlannedOutcome::Path(path) => Cell::icon(Icon::Success, path.as_str()),
        PlannedOutcome::Removed => Cell::text("Taken out").tone(Tone::Warning),
        PlannedOutcome::Kept(reason) => {
            let (text, tone, why) = match reason {
                KeptReason::SameAsSource => ("Stays: same as source", Tone::Normal, "The table says so."),
                KeptReason::SameEverywhere => ("Stays", Tone::Weak, "It is the same in every domain."),
                KeptReason::Unmapped if !has_table => ("Stays", Tone::Normal, "It is copied identically."),
                KeptReason::Unmapped => ("Stays: not in the table", Tone::Warning, "The table does not speak of it."),
                KeptReason::Unresolved => (
                    "Stays: destination not found",
                    Tone::Error,
                    "What the table says is not to be found in the domain.",
                ),
                KeptReason::NotMapped => {
                    ("Stays: never mapped here", Tone::Weak, "Settings of this kind are not mapped.")
                }
                KeptReason::NotRemovable => {
                    ("Stays: cannot be taken out", Tone::Warning, "A preference would not survive without it.")
                }
            };
            Cell::text(text).tone(tone).tooltip(why)
        }
    }
}
