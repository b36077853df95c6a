//! Restore Group Policy Object Wizard: puts a backup of a GPO in its place (`console-ui.md` 7.2).

use egui::{RichText, Ui};

use crate::gpm::Backup;
use crate::ident::{DnsName, Guid};
use crate::operation::{RestoreOptions, restore_backups};

use super::backup_list::{BackupScope, SavedExtras};
use super::backup_source::BackupSource;
use super::operation_job::OperationJob;
use super::settings::Settings;
use super::theme::SPACE;
use super::window::Surroundings;
use super::wizard::{Page, PageFrame, Ready, Wizard};
use super::{Command, ForestId, Node, Place};

/// What is entered in the wizard.
pub struct Restore {
    forest: ForestId,
    domain: DnsName,
    gpo_name: String,
    source: BackupSource,
    options: RestoreOptions,
}

/// Returns the wizard that restores a GPO.
pub fn restore_wizard(
    forest: ForestId,
    domain: DnsName,
    (id, gpo_name): (Guid, String),
    settings: &Settings,
) -> Wizard<Restore> {
    let scope = BackupScope { domain: Some(domain.clone()), gpo: Some(id) };
    let source = BackupSource::new(scope, settings);
    let state = Restore { forest, domain, gpo_name, source, options: RestoreOptions::default() };
    Wizard::new("Restore Group Policy Object Wizard", state, PAGES, finish)
}

const PAGES: &[Page<Restore>] = &[
    Page { title: "Welcome", ui: welcome_ui, ..Page::PLAIN },
    Page {
        title: "Backup location",
        ui: |state, ui, page| state.source.location_ui(ui, page),
        check: |state, _| state.source.location_ready("The folder holds no backup of this GPO. Enter another folder."),
        ..Page::PLAIN
    },
    Page {
        title: "Source GPO",
        ui: |state, ui, page| state.source.list_ui(ui, page),
        check: |state, _| state.source.chosen_ready(),
        ..Page::PLAIN
    },
    Page { title: "Links and WMI filter", applies: Restore::has_extras, ui: extras_ui, ..Page::PLAIN },
    Page { title: "Completing", ui: completing_ui, check: can_finish, ..Page::PLAIN },
];

impl Restore {
    fn has_extras(&self) -> bool {
        self.source.chosen().is_some_and(|backup| self.source.list().extras(backup).is_some())
    }

    /// Returns what is brought back beside the GPO; nothing where the backup chosen in the end has no more.
    fn options(&self) -> RestoreOptions {
        if self.has_extras() { self.options } else { RestoreOptions::default() }
    }
}

fn welcome_ui(state: &mut Restore, ui: &mut Ui, _page: &mut PageFrame<'_, '_>) {
    ui.label(format!("This wizard puts a backup of {} of {} in its place.", state.gpo_name, state.domain));
    ui.add_space(2.0 * SPACE);
    for line in [
        "Its settings, permissions, status, and the link to its WMI filter become those of the backup.",
        "Its ID stays the same, so its links keep working. Links from sites, domains and OUs are not changed.",
        "Its version rises, so that computers and users apply it anew.",
    ] {
        ui.label(format!("•  {line}"));
    }
    ui.add_space(2.0 * SPACE);
    ui.label("Back it up first if you may want to return to what it holds now.");
}

fn extras_ui(state: &mut Restore, ui: &mut Ui, page: &mut PageFrame<'_, '_>) {
    let extras = state.source.chosen().and_then(|backup| state.source.list().extras(backup)).cloned();
    if let Some(first) = extras.and_then(|extras| options_ui(ui, &extras, &mut state.options)) {
        page.focus_first(&first);
    }
}

/// Draws what was saved beside a backup and can be brought back; returns the first box.
pub fn options_ui(ui: &mut Ui, extras: &SavedExtras, options: &mut RestoreOptions) -> Option<egui::Response> {
    ui.label("More was saved beside the backup. Choose what is to be brought back too.");
    ui.add_space(SPACE);
    let counted = |count: usize, one: &str, many: &str| match count {
        1 => format!("1 {one}"),
        count => format!("{count} {many}"),
    };
    let mut first = None;
    let mut box_ui = |ui: &mut Ui, chosen: &mut bool, text: String, more: &str| {
        let response = ui.checkbox(chosen, text);
        ui.horizontal(|ui| {
            ui.add_space(ui.spacing().icon_width + ui.spacing().icon_spacing);
            ui.weak(more);
        });
        first.get_or_insert(response);
    };
    if extras.links > 0 {
        let text = format!("Links ({})", counted(extras.links, "link", "links"));
        box_ui(ui, &mut options.with_links, text, "The GPO is linked again where it was linked and is not now.");
    }
    if !extras.wmi_filters.is_empty() {
        let text = format!("WMI filter ({})", extras.wmi_filters.join(", "));
        box_ui(ui, &mut options.with_wmi_filter, text, "It is made again where the domain has none of its ID.");
    }
    if extras.blocked > 0 {
        let text = format!("Block inheritance ({})", counted(extras.blocked, "place", "places"));
        box_ui(ui, &mut options.with_block_inheritance, text, "It is blocked again where it was blocked.");
    }
    first
}

fn completing_ui(state: &mut Restore, ui: &mut Ui, _page: &mut PageFrame<'_, '_>) {
    ui.label("Finish puts this backup in place of the GPO:");
    ui.add_space(2.0 * SPACE);
    if let Some(backup) = state.source.chosen() {
        summary_ui(ui, backup, &state.options());
    }
}

fn summary_ui(ui: &mut Ui, backup: &Backup, options: &RestoreOptions) {
    let mut rows = vec![
        ("GPO", backup.gpo_name.clone()),
        ("Domain", backup.domain.clone()),
        ("GPO ID", backup.gpo_id.to_string()),
        ("Backed up", backup.time.map(|time| time.to_local_text()).unwrap_or_default()),
        ("Description", backup.comment.clone()),
        ("Folder", backup.folder.as_ref().map(|folder| folder.display().to_string()).unwrap_or_default()),
    ];
    let extras: Vec<&str> = [
        (options.with_links, "links"),
        (options.with_wmi_filter, "WMI filter"),
        (options.with_block_inheritance, "block inheritance"),
    ]
    .into_iter()
    .filter_map(|(chosen, word)| chosen.then_some(word))
    .collect();
    if !extras.is_empty() {
        rows.push(("Brought back too", extras.join(", ")));
    }
    egui::Grid::new("restore summary").num_columns(2).spacing(egui::vec2(6.0 * SPACE, SPACE)).show(ui, |ui| {
        for (name, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
            ui.label(RichText::new(*name).weak());
            ui.add(egui::Label::new(value).wrap().selectable(true));
            ui.end_row();
        }
    });
}

fn can_finish(state: &Restore, around: &Surroundings<'_>) -> Ready {
    match around.forest(state.forest) {
        Some(_) => state.source.chosen_ready(),
        None => Ready::No("The forest is not open any more.".to_owned()),
    }
}

fn finish(state: &mut Restore, around: &mut Surroundings<'_>) -> Result<(), String> {
    let backup = state.source.list().chosen()?.clone();
    let job = start_restore(state.forest, vec![backup], state.options(), around)?;
    state.source.remember(around.commands);
    around.started.push(job);
    Ok(())
}

/// Starts restoring backups into the forest they are of; the forest is read anew afterwards.
pub fn start_restore(
    forest: ForestId,
    backups: Vec<Backup>,
    options: RestoreOptions,
    around: &Surroundings<'_>,
) -> Result<OperationJob, String> {
    let open = around.forest(forest).ok_or("The forest is not open any more.")?;
    let context = around.workers.change_context(open);
    let work = move |task: crate::gpm::Task| async move {
        let backups: Vec<&Backup> = backups.iter().collect();
        restore_backups(&context.await?, &backups, &options, &task).await
    };
    Ok(around.workers.operation("Restore", work, move |restored| {
        let mut restored = restored.iter().flatten().filter_map(|item| item.outcome.as_ref().ok());
        let last = restored.next_back().map(|gpo| Place::Gpo { domain: gpo.domain.clone(), id: gpo.id });
        vec![last.map_or(Command::Refresh(forest), |place| Command::ShowChanged(Node::In(forest, place)))]
    }))
}
