//! The list of the backups in a folder, as Manage Backups, the restore wizard and the import wizard show it (`console-ui.md` 6.8).
//!
//! Index files are read in the background, then the settings files of the sets one by one: the list stands there at once, and what is damaged
//! and how the versions compare follows. Sets that cannot be used are listed with the reason, not left out.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use egui::{Button, Layout, Ui, vec2};
use poll_promise::Promise;

use crate::format::BackupXml;
use crate::gpm::constants::BackupType;
use crate::gpm::{Backup, BackupDir, BackupIndex};
use crate::ident::{DnsName, GpoVersion, Guid};
use crate::operation::{VersionComparison, compare_versions, read_backup_extras};

use super::Command;
use super::Icon;
use super::kit::data_table::{Cell, Column, DataTable, SortKey, TableState, Tone, row_id};
use super::kit::notice::{Severity, banner_ui, loading_ui};
use super::theme::SPACE;
use super::window::Surroundings;

/// Which backups of a folder are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackupScope {
    /// Those of this domain; none for all domains.
    pub domain: Option<DnsName>,
    /// Those of this GPO; none for all.
    pub gpo: Option<Guid>,
}

/// A list of backups; what lasts between frames.
pub struct BackupList {
    scope: BackupScope,
    folder: Option<PathBuf>,
    reading: Option<Promise<Result<Found, String>>>,
    found: Option<Result<Found, String>>,
    details: Arc<Mutex<HashMap<Guid, Result<SetDetails, String>>>>,
    /// How many details there were when the rows were made.
    details_shown: usize,
    rows: Vec<Row>,
    latest_only: bool,
    table: TableState,
    revision: u64,
    operations_seen: u64,
}

/// What the index files of a folder tell.
struct Found {
    backups: Vec<Backup>,
    /// Sets that no index file knows or can be read for: their folder, and why.
    lost: Vec<(PathBuf, String)>,
    /// What is wrong with the folder itself.
    problems: Vec<String>,
}

/// What the settings file of a set tells.
#[derive(Clone, Debug, PartialEq, Eq)]
struct SetDetails {
    version: GpoVersion,
    extras: Option<SavedExtras>,
}

/// What was saved beside backups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SavedExtras {
    /// How many links.
    pub links: usize,
    /// How many sites, domains and OUs blocked inheritance.
    pub blocked: usize,
    /// The names of the WMI filters.
    pub wmi_filters: Vec<String>,
}

/// A line of the list.
struct Row {
    /// The backup; none where nothing tells whose it is.
    backup: Option<Backup>,
    /// Its folder, for one that nothing tells about.
    folder: PathBuf,
    /// What is wrong with it.
    damage: Option<String>,
    details: Option<SetDetails>,
}

/// What happened in the list in this frame.
#[derive(Clone, Copy, Debug, Default)]
pub struct BackupListResponse {
    /// Whether a usable backup was double-clicked, or Enter pressed on it.
    pub activated: bool,
}

impl BackupList {
    /// Returns an empty list for the backups of this scope.
    pub fn new(scope: BackupScope) -> Self {
        BackupList {
            scope,
            folder: None,
            reading: None,
            found: None,
            details: Arc::default(),
            details_shown: 0,
            rows: Vec::new(),
            latest_only: false,
            table: TableState::default(),
            revision: 0,
            operations_seen: 0,
        }
    }

    /// Shows the backups of a folder, or reads it anew.
    pub fn open(&mut self, folder: &Path, around: &Surroundings<'_>) {
        if self.folder.as_deref() != Some(folder) {
            self.found = None;
            self.rows.clear();
            self.revision += 1;
        }
        self.folder = Some(folder.to_owned());
        self.operations_seen = around.operations_ended;
        let folder = folder.to_owned();
        self.reading = Some(around.workers.spawn_blocking(move || read_folder(&folder)));
    }

    /// Shows nothing: no folder was named.
    pub fn close(&mut self) {
        *self = BackupList { latest_only: self.latest_only, ..BackupList::new(self.scope.clone()) };
    }

    /// Returns the folder whose backups are shown.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// Tells whether the folder is still being read.
    pub fn is_reading(&self) -> bool {
        self.reading.is_some()
    }

    /// Returns how many backups of the scope the folder holds, or why it cannot be read; none while it was not read yet.
    pub fn count(&self) -> Option<Result<usize, &str>> {
        let found = self.found.as_ref()?;
        Some(found.as_ref().map(|_| self.rows.len()).map_err(String::as_str))
    }

    /// Takes in what was read meanwhile, where the list itself is not drawn.
    pub fn poll(&mut self, around: &Surroundings<'_>) {
        self.take_in(around);
    }

    /// Tells whether an index file is wrong or does not list all sets.
    pub fn needs_repair(&self) -> bool {
        let wrong = self.found.iter().flatten().any(|found| !found.problems.is_empty());
        let unlisted = |row: &Row| row.backup.as_ref().is_some_and(|backup| backup.index != BackupIndex::Both);
        wrong || self.rows.iter().any(unlisted)
    }

    /// Returns the selected backups that can be used, in the order shown.
    pub fn usable(&self) -> Vec<&Backup> {
        self.selected_rows().filter(|row| row.damage.is_none()).filter_map(|row| row.backup.as_ref()).collect()
    }

    /// Returns the selected backups, damaged ones too, in the order shown.
    pub fn selected(&self) -> Vec<&Backup> {
        self.selected_rows().filter_map(|row| row.backup.as_ref()).collect()
    }

    /// Returns the one selected backup; says why there is none to go on with.
    pub fn chosen(&self) -> Result<&Backup, String> {
        let mut rows = self.selected_rows();
        match (rows.next(), rows.next()) {
            (Some(row), None) => match (&row.backup, &row.damage) {
                (_, Some(damage)) => Err(format!("This backup cannot be used: {damage}")),
                (Some(backup), None) => Ok(backup),
                (None, None) => Err("This backup cannot be used.".to_owned()),
            },
            (Some(_), Some(_)) => Err("Select one backup only.".to_owned()),
            (None, _) => Err("Select a backup in the list.".to_owned()),
        }
    }

    /// Returns what was saved beside a backup, where something was.
    pub fn extras(&self, backup: &Backup) -> Option<&SavedExtras> {
        let row = self.rows.iter().find(|row| row.backup.as_ref().is_some_and(|known| known.id == backup.id))?;
        row.details.as_ref()?.extras.as_ref()
    }

    /// Returns how many settings files are still to be read.
    fn sets_left(&self) -> usize {
        let found = self.found.as_ref().and_then(|found| found.as_ref().ok());
        found.map_or(0, |found| sets(&found.backups).count().saturating_sub(self.details_shown))
    }

    fn selected_rows(&self) -> impl Iterator<Item = &Row> {
        self.table.selected().into_iter().filter_map(|row| self.rows.get(row))
    }

    /// Draws the list in a space of this height, with the box for the latest versions and View Settings above it.
    pub fn ui(&mut self, ui: &mut Ui, height: f32, around: &mut Surroundings<'_>) -> BackupListResponse {
        self.take_in(around);
        let top = ui.cursor().top();
        self.above_ui(ui, around);
        ui.add_space(SPACE);
        let mut response = BackupListResponse::default();
        let height = (height - (ui.cursor().top() - top)).max(110.0);
        ui.allocate_ui_with_layout(vec2(ui.available_width(), height), Layout::top_down(egui::Align::Min), |ui| {
            ui.set_min_size(vec2(ui.available_width(), height));
            response = self.table_ui(ui, around);
        });
        response
    }

    fn above_ui(&mut self, ui: &mut Ui, around: &mut Surroundings<'_>) {
        const ONE_LINE: f32 = 440.0;
        let box_ui = |ui: &mut Ui, list: &mut Self| {
            if ui.checkbox(&mut list.latest_only, "Show only the latest version of each GPO").changed() {
                list.make_rows();
            }
        };
        let is_narrow = ui.available_width() < ONE_LINE;
        if is_narrow {
            box_ui(ui, self);
        }
        ui.horizontal(|ui| {
            if !is_narrow {
                box_ui(ui, self);
            }
            ui.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
                let one = match self.selected()[..] {
                    [backup] if backup.folder.is_some() => Some(backup.clone()),
                    _ => None,
                };
                let button = ui.add_enabled(one.is_some(), Button::new("View Settings…"));
                let button = button.on_disabled_hover_text("Select one backup whose data is there.");
                if let (true, Some(backup)) = (button.clicked(), one) {
                    around.commands.push(Command::ViewBackup(Box::new(backup)));
                }
                if self.reading.is_some() || self.sets_left() > 0 {
                    loading_ui(ui, "Reading…");
                }
            });
        });
        if let Some(Err(error)) = &self.found {
            ui.add_space(SPACE);
            banner_ui(ui, Severity::Error, error);
        }
        for problem in self.found.iter().flatten().flat_map(|found| &found.problems).take(2) {
            ui.add_space(SPACE);
            banner_ui(ui, Severity::Warning, problem);
        }
    }

    fn table_ui(&mut self, ui: &mut Ui, around: &mut Surroundings<'_>) -> BackupListResponse {
        let name_of = |row: &Row| match &row.backup {
            Some(backup) => backup.gpo_name.clone(),
            None => row.folder.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
        };
        fn text<'a>(row: &'a Row, text: impl FnOnce(&'a Backup) -> std::borrow::Cow<'a, str>) -> Cell<'a> {
            row.backup.as_ref().map_or_else(Cell::default, |backup| Cell::text(text(backup)))
        }
        let forests: Vec<_> = around.forests.iter().filter_map(super::ForestEntry::open).collect();
        let snapshots: Vec<usize> = forests.iter().map(|forest| Arc::as_ptr(&forest.snapshot) as usize).collect();
        let live = move |row: &Row| {
            let (Some(backup), Some(details)) = (&row.backup, &row.details) else { return Live::Unknown };
            let domain: Option<DnsName> = backup.domain.parse().ok();
            let found = domain.and_then(|domain| {
                forests.iter().find(|forest| forest.snapshot.domain(&domain).is_some()).map(|forest| (forest, domain))
            });
            match found {
                None => Live::OtherForest,
                Some((forest, domain)) => match forest.snapshot.gpo(&domain, backup.gpo_id) {
                    None => Live::Deleted,
                    Some(gpo) => {
                        let comparison = compare_versions(details.version, gpo);
                        Live::Compared(comparison, details.version, gpo.version)
                    }
                },
            }
        };
        let empty = match (&self.folder, &self.found) {
            (None, _) => "Name the folder that holds the backups.",
            (Some(_), None) => "Reading…",
            (Some(_), Some(Err(_))) => "The folder cannot be read.",
            (Some(_), Some(Ok(_))) if self.scope.gpo.is_some() => "The folder holds no backup of this GPO.",
            (Some(_), Some(Ok(_))) if self.scope.domain.is_some() => "The folder holds no backup of this domain.",
            (Some(_), Some(Ok(_))) => "The folder holds no backup.",
        };
        let domain = Column::new("Domain", 130.0, |row: &Row| text(row, |backup| backup.domain.as_str().into()));
        // Of one GPO, the domain is known: other columns are of more use.
        let of_one = self.scope.gpo.is_some();
        let table = DataTable::new(if of_one { "backups of a GPO" } else { "backups to manage" }, "Backed up GPOs")
            .column(if of_one { domain.hidden() } else { domain })
            .column(Column::new("Name", 200.0, move |row: &Row| {
                let icon = if row.damage.is_some() { Icon::Warning } else { Icon::Gpo };
                Cell::icon(icon, name_of(row))
            }))
            .column(
                Column::new("Time Stamp", 140.0, |row: &Row| {
                    let time = row.backup.as_ref().and_then(|backup| backup.time);
                    time.map_or_else(Cell::default, |time| Cell::text(time.to_local_text()))
                })
                .sort_key(|row| {
                    let time = row.backup.as_ref().and_then(|backup| backup.time);
                    time.map_or(SortKey::Missing, |time| SortKey::Number(time.unix_seconds()))
                }),
            )
            .column(Column::new("Description", 140.0, |row: &Row| text(row, |backup| backup.comment.as_str().into())))
            .column(Column::new("State", 120.0, Row::state))
            .column(Column::new("Live GPO", 120.0, move |row: &Row| live(row).cell()))
            .column(Column::new("GPO ID", 290.0, |row: &Row| text(row, |backup| backup.gpo_id.to_string().into())))
            .column(
                Column::new("Backup ID", 290.0, |row: &Row| text(row, |backup| backup.id.to_string().into())).hidden(),
            )
            .row_id(|row| row_id((row.backup.as_ref().map(|backup| backup.id), &row.folder)))
            .sorted_by("Name")
            .named_by("Name")
            .revision(row_id((self.revision, snapshots)))
            .empty(empty);
        let mut view = None;
        let rows = &self.rows;
        let response = table.ui_with_menu(ui, &mut self.table, rows, |ui, selected| {
            let one = if let [row] = selected { rows.get(*row) } else { None };
            let backup = one.and_then(|row| row.backup.as_ref()).filter(|backup| backup.folder.is_some());
            if ui.add_enabled(backup.is_some(), Button::new("View Settings…")).clicked() {
                view = backup.cloned();
            }
        });
        around.commands.extend(view.map(|backup| Command::ViewBackup(Box::new(backup))));
        let activated = response.activated.and_then(|row| self.rows.get(row)).is_some_and(|row| row.damage.is_none());
        BackupListResponse { activated }
    }

    /// Takes in what was read meanwhile, and reads anew after an operation.
    fn take_in(&mut self, around: &Surroundings<'_>) {
        if self.operations_seen != around.operations_ended
            && let Some(folder) = self.folder.clone()
        {
            self.open(&folder, around);
        }
        if let Some(read) = super::job::take(&mut self.reading) {
            self.details = Arc::default();
            self.details_shown = 0;
            if let Ok(found) = &read {
                let (backups, details) = (found.backups.clone(), Arc::clone(&self.details));
                let wake = around.workers.task();
                drop(around.workers.spawn_blocking(move || read_sets(&backups, &details, &wake)));
            }
            self.found = Some(read);
            self.make_rows();
        }
        let details = self.details.lock().unwrap_or_else(PoisonError::into_inner).len();
        if details != self.details_shown {
            self.make_rows();
        }
    }

    fn make_rows(&mut self) {
        let details = self.details.lock().unwrap_or_else(PoisonError::into_inner);
        self.details_shown = details.len();
        self.revision += 1;
        self.rows.clear();
        let Some(Ok(found)) = &self.found else { return };
        let mut latest: HashMap<(String, Guid), &Backup> = HashMap::new();
        let in_scope = |backup: &&Backup| {
            backup.kind == BackupType::Gpo
                && self.scope.gpo.is_none_or(|gpo| gpo == backup.gpo_id)
                && self.scope.domain.as_ref().is_none_or(|domain| domain.as_str().eq_ignore_ascii_case(&backup.domain))
        };
        for backup in found.backups.iter().filter(in_scope) {
            let best = latest.entry((backup.domain.to_lowercase(), backup.gpo_id)).or_insert(backup);
            if backup.time > best.time {
                *best = backup;
            }
        }
        let is_shown = |backup: &&Backup| {
            let key = || (backup.domain.to_lowercase(), backup.gpo_id);
            !self.latest_only || latest.get(&key()).is_some_and(|best| best.id == backup.id)
        };
        for backup in found.backups.iter().filter(in_scope).filter(is_shown) {
            let read = details.get(&backup.id);
            let damage = match (&backup.folder, read) {
                (None, _) => Some("its folder is gone; only the manifest still lists it".to_owned()),
                (Some(_), Some(Err(damage))) => Some(damage.clone()),
                (Some(_), _) => None,
            };
            self.rows.push(Row {
                folder: backup.folder.clone().unwrap_or_default(),
                backup: Some(backup.clone()),
                damage,
                details: read.and_then(|read| read.as_ref().ok().cloned()),
            });
        }
        // What nothing is known about may be of any GPO: shown where all are managed.
        if self.scope.gpo.is_none() {
            for (folder, why) in &found.lost {
                self.rows.push(Row { backup: None, folder: folder.clone(), damage: Some(why.clone()), details: None });
            }
        }
    }
}

impl SavedExtras {
    /// Returns what was saved beside this and another backup.
    pub fn with(mut self, other: &SavedExtras) -> Self {
        self.links += other.links;
        self.blocked += other.blocked;
        let new = other.wmi_filters.iter().filter(|name| !self.wmi_filters.contains(name)).cloned();
        let new: Vec<String> = new.collect();
        self.wmi_filters.extend(new);
        self
    }
}

impl Row {
    fn state(&self) -> Cell<'_> {
        match (&self.damage, &self.backup) {
            (Some(damage), Some(backup)) if backup.folder.is_none() => {
                Cell::text("Data missing").tone(Tone::Error).tooltip(damage.as_str())
            }
            (Some(damage), _) => Cell::text("Damaged").tone(Tone::Error).tooltip(damage.as_str()),
            (None, Some(backup)) if backup.index == BackupIndex::BackupInfoOnly => Cell::text("Not in manifest")
                .tone(Tone::Warning)
                .tooltip("manifest.xml does not list this set. Repair Index adds it."),
            (None, Some(backup)) if backup.index == BackupIndex::ManifestOnly => Cell::text("No bkupInfo.xml")
                .tone(Tone::Warning)
                .tooltip("The set's own index file is missing or damaged; manifest.xml still knows it."),
            (None, _) if self.details.is_none() => Cell::text("Reading…").tone(Tone::Weak),
            (None, _) => Cell::text("OK"),
        }
    }
}

/// How a backup compares with the GPO as it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Live {
    Unknown,
    OtherForest,
    Deleted,
    /// How, the version saved, and the version of the GPO.
    Compared(VersionComparison, GpoVersion, GpoVersion),
}

impl Live {
    fn cell<'a>(self) -> Cell<'a> {
        let (comparison, saved, live) = match self {
            Live::Unknown => return Cell::default(),
            Live::OtherForest => {
                return Cell::text("Not in view").tone(Tone::Weak).tooltip("Its domain is of no open forest.");
            }
            Live::Deleted => {
                return Cell::text("Deleted")
                    .tone(Tone::Warning)
                    .tooltip("The domain has no such GPO any more. Restore brings it back under the same ID.");
            }
            Live::Compared(comparison, saved, live) => (comparison, saved, live),
        };
        let cell = match comparison {
            VersionComparison::Same => Cell::text("Same version"),
            VersionComparison::GpoChanged => Cell::text("Changed since"),
            VersionComparison::BackupNewer => Cell::text("Older than backup").tone(Tone::Warning),
        };
        cell.tooltip(format!(
            "Saved: user {}, computer {}. Now: user {}, computer {}.",
            saved.user, saved.computer, live.user, live.computer
        ))
    }
}

/// Reads the index files of a folder. Blocks on the file system.
fn read_folder(path: &Path) -> Result<Found, String> {
    let dir = BackupDir::open(path).map_err(|error| format!("{error}. Check the path, and that you may read it."))?;
    let mut found = Found { backups: dir.backups().to_vec(), lost: Vec::new(), problems: Vec::new() };
    for problem in dir.problems() {
        let object = Path::new(&problem.object);
        let below = object.strip_prefix(path).ok().and_then(|below| below.components().next());
        let set = below.map(|name| path.join(name)).filter(|set| set.is_dir());
        let is_known = |set: &PathBuf| found.backups.iter().any(|backup| backup.folder.as_ref() == Some(set));
        match set {
            Some(set) if is_known(&set) => {}
            Some(set) if found.lost.iter().any(|(known, _)| *known == set) => {}
            Some(set) => found.lost.push((set, problem.message.clone())),
            // A set that only the manifest knows is in the list.
            None if dir.backups().iter().any(|backup| problem.object.ends_with(&backup.id.to_string())) => {}
            None => found.problems.push(format!("{}: {}", problem.object, problem.message)),
        }
    }
    Ok(found)
}

/// Returns the backups of GPOs whose data is there.
fn sets(backups: &[Backup]) -> impl Iterator<Item = &Backup> {
    backups.iter().filter(|backup| backup.kind == BackupType::Gpo && backup.folder.is_some())
}

/// Reads the settings file of each set. Blocks on the file system.
fn read_sets(backups: &[Backup], details: &Mutex<HashMap<Guid, Result<SetDetails, String>>>, wake: &crate::gpm::Task) {
    for (number, backup) in sets(backups).enumerate() {
        let read = read_set(backup);
        details.lock().unwrap_or_else(PoisonError::into_inner).insert(backup.id, read);
        wake.progress(number as u64, backups.len() as u64);
    }
}

fn read_set(backup: &Backup) -> Result<SetDetails, String> {
    let file = |name: &str| backup.file(name).map_err(|error| format!("{name} cannot be looked for: {error}"));
    let path = file("Backup.xml")?.ok_or("it has no Backup.xml")?;
    let bytes = crate::gpm::read_bounded(&path).map_err(|error| format!("Backup.xml cannot be read: {error}"))?;
    let xml = BackupXml::parse(&bytes).map_err(|error| format!("Backup.xml is damaged: {error}"))?;
    let version = GpoVersion { user: xml.user_versions.directory, computer: xml.computer_versions.directory };
    // What lies beside the set is no part of it: damaged, it cannot be brought back, and the set can be used.
    let extras = read_backup_extras(backup).ok().flatten().map(|extras| SavedExtras {
        links: extras.links.len(),
        blocked: extras.links.iter().filter(|link| link.inheritance_blocked).count(),
        wmi_filters: extras.wmi_filter.into_iter().map(|filter| filter.name).collect(),
    });
    Ok(SetDetails { version, extras: extras.filter(|extras| *extras != SavedExtras::default()) })
}
