//! Import Settings Wizard: the settings of a backup take the place of those of a GPO, in any domain (`console-ui.md` 7.1).

use std::path::{Path, PathBuf};

use egui::{Layout, Ui, vec2};
use poll_promise::Promise;

use crate::ident::{DnsName, Guid};
use crate::operation::{ImportSource, import_settings};

use super::backup_list::BackupScope;
use super::backup_source::BackupSource;
use super::job::take;
use super::kit::notice::{Severity, banner_ui};
use super::migrating::Migrating;
use super::path_field::text_of;
use super::settings::Settings;
use super::theme::SPACE;
use super::window::Surroundings;
use super::wizard::{Page, PageFrame, Ready, Wizard, summary_ui};
use super::{BackUpOf, Command, ForestId, Node, Place};

/// What is entered in the wizard.
pub struct Import {
    forest: ForestId,
    domain: DnsName,
    gpo: Guid,
    gpo_name: String,
    source: BackupSource,
    samba: SambaFolders,
    /// What was looked into.
    scanned: Option<PathBuf>,
    migrating: Migrating,
}

/// What `samba-tool gpo backup` left in a folder.
#[derive(Default)]
struct SambaFolders {
    folder: Option<PathBuf>,
    looking: Option<Promise<Vec<PathBuf>>>,
    found: Vec<PathBuf>,
    chosen: usize,
}

/// Returns the wizard that imports settings into a GPO.
pub fn import_wizard(
    forest: ForestId,
    domain: DnsName,
    (gpo, gpo_name): (Guid, String),
    settings: &Settings,
) -> Wizard<Import> {
    let source = BackupSource::new(BackupScope::default(), settings);
    let migrating = Migrating::new(forest, domain.clone());
    let state =
        Import { forest, domain, gpo, gpo_name, source, samba: SambaFolders::default(), scanned: None, migrating };
    Wizard::new("Import Settings Wizard", state, PAGES, finish)
}

impl AsRef<Migrating> for Import {
    fn as_ref(&self) -> &Migrating {
        &self.migrating
    }
}

impl AsMut<Migrating> for Import {
    fn as_mut(&mut self) -> &mut Migrating {
        &mut self.migrating
    }
}

const PAGES: &[Page<Import>] = &[
    Page { title: "Welcome", ui: welcome_ui, ..Page::PLAIN },
    Page { title: "Backup GPO", ui: back_up_ui, ..Page::PLAIN },
    Page { title: "Backup location", ui: location_ui, check: location_ready, ..Page::PLAIN },
    Page { title: "Source GPO", ui: source_ui, check: source_ready, ..Page::PLAIN },
    Page { title: "Scanning Backup", enter: scan, ..Page::SCANNING },
    Page::MIGRATING,
    Page { title: "Completing", ui: completing_ui, check: can_finish, ..Page::PLAIN },
];

impl Import {
    /// Returns where the settings come from; says why there is nothing to import.
    fn chosen(&self) -> Result<ImportSource, String> {
        match self.samba.chosen() {
            Some(folder) if self.is_samba() => Ok(ImportSource::Samba(folder.to_owned())),
            _ => Ok(ImportSource::Backup(Box::new(self.source.list().chosen()?.clone()))),
        }
    }

    /// Tells whether the folder holds what `samba-tool` wrote, and no backups in Microsoft's layout.
    fn is_samba(&self) -> bool {
        !self.samba.found.is_empty() && !matches!(self.source.list().count(), Some(Ok(1..)))
    }
}

fn welcome_ui(state: &mut Import, ui: &mut Ui, _page: &mut PageFrame<'_, '_>) {
    ui.label(format!("This wizard imports settings from a backup into {} of {}.", state.gpo_name, state.domain));
    ui.add_space(2.0 * SPACE);
    banner_ui(ui, Severity::Warning, "The settings that the GPO holds now are replaced.");
    ui.add_space(2.0 * SPACE);
    for line in [
        "Its name, ID, links, permissions, security filtering and WMI filter stay as they are.",
        "The backup may be of any GPO of any domain. Principals and UNC paths in it can be mapped to others.",
        "Its version rises, so that computers and users apply it anew.",
    ] {
        ui.label(format!("•  {line}"));
    }
}

fn back_up_ui(state: &mut Import, ui: &mut Ui, page: &mut PageFrame<'_, '_>) {
    ui.label("Back up the GPO first: the settings it holds now can be brought back from the backup only.");
    ui.add_space(2.0 * SPACE);
    if ui.add(egui::Button::new("Backup…").min_size(vec2(88.0, 0.0))).clicked() {
        let of = BackUpOf::Gpos(state.domain.clone(), vec![state.gpo]);
        page.around.commands.push(Command::ShowBackUp(state.forest, of));
    }
}

fn location_ui(state: &mut Import, ui: &mut Ui, page: &mut PageFrame<'_, '_>) {
    state.source.location_ui(ui, page);
    state.samba.poll(state.source.list().folder(), page.around);
    if state.is_samba() {
        ui.label(match state.samba.found.len() {
            1 => "The folder holds 1 GPO that samba-tool wrote. It can be imported too.".to_owned(),
            count => format!("The folder holds {count} GPOs that samba-tool wrote. They can be imported too."),
        });
    }
}

fn location_ready(state: &Import, _around: &Surroundings<'_>) -> Ready {
    let nothing = "The folder holds no backup of a GPO. Enter another folder.";
    match state.source.location_ready(nothing) {
        Ready::No(_) if state.samba.looking.is_some() => Ready::Wait("Reading the folder…".to_owned()),
        Ready::No(_) if state.is_samba() => Ready::Yes,
        ready => ready,
    }
}

fn source_ui(state: &mut Import, ui: &mut Ui, page: &mut PageFrame<'_, '_>) {
    if !state.is_samba() {
        return state.source.list_ui(ui, page);
    }
    ui.label("Select what is to be imported. samba-tool saves neither the name nor the permissions of a GPO.");
    ui.add_space(2.0 * SPACE);
    let size = vec2(ui.available_width(), ui.available_height());
    ui.allocate_ui_with_layout(size, Layout::top_down(egui::Align::Min), |ui| {
        egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            for (index, folder) in state.samba.found.iter().enumerate() {
                let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                let radio = ui.radio_value(&mut state.samba.chosen, index, name).on_hover_text(text_of(folder));
                if index == 0 {
                    page.focus_first(&radio);
                }
            }
        });
    });
}

fn source_ready(state: &Import, _around: &Surroundings<'_>) -> Ready {
    state.chosen().map_or_else(Ready::No, |_| Ready::Yes)
}

/// Looks into what was chosen, once.
fn scan(state: &mut Import, around: &mut Surroundings<'_>) {
    let Ok(source) = state.chosen() else { return };
    let folder = match &source {
        ImportSource::Backup(backup) => backup.folder.clone(),
        ImportSource::Samba(folder) => Some(folder.clone()),
    };
    if folder.is_some() && state.scanned == folder {
        return;
    }
    state.scanned = folder;
    state.migrating.scan(false, around, move |task| async move { source.read(&task).await });
}

fn completing_ui(state: &mut Import, ui: &mut Ui, _page: &mut PageFrame<'_, '_>) {
    ui.label("Finish replaces the settings of the GPO:");
    ui.add_space(2.0 * SPACE);
    let mut rows = vec![("GPO", state.gpo_name.clone()), ("Domain", state.domain.to_string())];
    match state.chosen() {
        Ok(ImportSource::Backup(backup)) => rows.extend([
            ("Settings of", backup.gpo_name.clone()),
            ("Source domain", backup.domain.clone()),
            ("Backed up", backup.time.map(|time| time.to_local_text()).unwrap_or_default()),
            ("Folder", backup.folder.as_deref().map(text_of).unwrap_or_default()),
        ]),
        Ok(ImportSource::Samba(folder)) => rows.push(("Folder", text_of(&folder))),
        Err(_) => {}
    }
    rows.extend(state.migrating.summary());
    summary_ui(ui, &rows);
}

fn can_finish(state: &Import, around: &Surroundings<'_>) -> Ready {
    match around.forest(state.forest) {
        Some(_) => source_ready(state, around),
        None => Ready::No("The forest is not open any more.".to_owned()),
    }
}

fn finish(state: &mut Import, around: &mut Surroundings<'_>) -> Result<(), String> {
    let source = state.chosen()?;
    let open = around.forest(state.forest).ok_or("The forest is not open any more.")?;
    let context = around.workers.change_context(open);
    let (forest, domain, gpo, options) = (state.forest, state.domain.clone(), state.gpo, state.migrating.options());
    let work = move |task: crate::gpm::Task| {
        let domain = domain.clone();
        async move { import_settings(&context.await?, &domain, gpo, &source, &options, &task).await }
    };
    let node = Node::In(forest, Place::Gpo { domain: state.domain.clone(), id: gpo });
    let title = format!("Import settings into {}", state.gpo_name);
    let job = around.workers.operation(title, work, move |_| vec![Command::ShowChanged(node)]);
    state.source.remember(around.commands);
    state.migrating.remember(around.commands);
    around.started.push(job);
    Ok(())
}

impl SambaFolders {
    fn chosen(&self) -> Option<&Path> {
        self.found.get(self.chosen).map(PathBuf::as_path)
    }

    /// Looks into the folder that was entered.
    fn poll(&mut self, folder: Option<&Path>, around: &Surroundings<'_>) {
        if self.folder.as_deref() != folder {
            *self = SambaFolders { folder: folder.map(Path::to_owned), ..SambaFolders::default() };
            let wanted = self.folder.clone();
            self.looking = wanted.map(|folder| around.workers.spawn_blocking(move || samba_folders(&folder)));
        }
        if let Some(found) = take(&mut self.looking) {
            self.found = found;
        }
    }
}

/// At most so many entries of a folder are looked at.
const MOST_ENTRIES: usize = 10_000;

/// Finds the folders in which `samba-tool gpo backup` saved a GPO: the folder itself, those in it, those in its `policy`.
/// Each bears the GUID of its GPO and holds files named `*.SAMBABACKUP` or `*.SAMBAEXT`. Blocks on the file system.
fn samba_folders(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut candidates = vec![folder.to_owned()];
    for parent in [folder.to_owned(), folder.join("policy")] {
        let entries = std::fs::read_dir(parent).into_iter().flatten().flatten().take(MOST_ENTRIES);
        candidates.extend(
            entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())).map(|entry| entry.path()),
        );
    }
    for candidate in candidates {
        let is_guid = candidate.file_name().is_some_and(|name| name.to_string_lossy().parse::<Guid>().is_ok());
        let is_of_samba = |entry: std::fs::DirEntry| {
            let name = entry.file_name().to_string_lossy().to_ascii_uppercase();
            name.ends_with(".SAMBABACKUP") || name.ends_with(".SAMBAEXT")
        };
        let mut entries = std::fs::read_dir(&candidate).into_iter().flatten().flatten().take(MOST_ENTRIES);
        if is_guid && entries.any(is_of_samba) {
            found.push(candidate);
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_samba_tool_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let id = "{31B2F340-016D-11D2-945F-00C04FB984F9}";
        let check = |below: &str, expected: &[&str]| {
            let found = samba_folders(&folder.path().join(below));
            let expected: Vec<PathBuf> = expected.iter().map(|path| folder.path().join(path)).collect();
            assert_eq!(found, expected, "{below}");
        };
        let set = format!("policy/{id}");
        std::fs::create_dir_all(folder.path().join(&set)).unwrap();
        check("", &[]);
        std::fs::write(folder.path().join(&set).join("GPT.INI.SAMBABACKUP"), "").unwrap();
        std::fs::create_dir_all(folder.path().join("policy/other")).unwrap();
        std::fs::write(folder.path().join("policy/other/a.SAMBAEXT"), "").unwrap();
        check("", &[&set]);
        check("policy", &[&set]);
        check(&set, &[&set]);
        check("nowhere", &[]);
    }
}
