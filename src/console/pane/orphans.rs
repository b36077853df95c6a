//! Halves of GPOs that stand alone: a folder in SYSVOL without its GPO, a GPO without its folder. Microsoft's console shows
//! the first kind nowhere; it is what a deletion that was broken off, or replication, leaves behind.

use std::sync::Arc;

use egui::{Id, Ui, UiBuilder};

use super::cells;
use super::state::View;
use crate::console::kit::data_table::{Cell, Column, DataTable, TableHeight, Tone, row_id};
use crate::console::kit::notice::{Severity, banner_ui, banner_with_hint_ui, loading_ui};
use crate::console::question::Question;
use crate::console::{Command, Detail, ForestId, Icon, Lazy, Node, Place};
use crate::gpm::{DomainSnapshot, Gpo, Orphans};
use crate::ident::{DnsName, Guid};
use crate::operation::admin::DeleteOrphanFolder;
use crate::operation::edit::Edit;

/// How many rows are in view; more scroll.
const MOST_ROWS: usize = 6;

/// A half without the other.
enum Half<'a> {
    /// A folder in SYSVOL.
    Folder(Guid),
    /// A GPO in the directory.
    Gpo(&'a Gpo),
}

/// Draws `content` and, at the lower end of the view, the halves that stand alone, if there are any.
///
/// The content comes first, for the keyboard and for screen readers too: what is left below it is what the halves took in
/// the frame before.
pub(super) fn above_orphans_ui(
    ui: &mut Ui,
    view: &mut View<'_>,
    domain: &DomainSnapshot,
    content: impl FnOnce(&mut Ui, &mut View<'_>, &DomainSnapshot),
) {
    let id = Id::unique(("orphans", domain.name.to_string()));
    let height: f32 = ui.data(|data| data.get_temp(id)).unwrap_or_default();
    let mut above = ui.available_rect_before_wrap();
    above.max.y -= height;
    ui.scope_builder(UiBuilder::new().max_rect(above), |ui| content(ui, view, domain));
    let top = ui.cursor().top();
    orphans_ui(ui, view, domain);
    let taken = ui.cursor().top() - top;
    if (taken - height).abs() > 0.5 {
        ui.data_mut(|data| data.insert_temp(id, taken));
        ui.ctx().request_repaint();
    }
}

fn orphans_ui(ui: &mut Ui, view: &mut View<'_>, domain: &DomainSnapshot) {
    view.fetch(Detail::Orphans(domain.name.clone()));
    let forest = view.forest;
    match forest.details.orphans(&domain.name) {
        Lazy::Unknown | Lazy::Loading => loading_ui(ui, "Comparing the GPOs with the folders in SYSVOL…"),
        Lazy::Failed(error) => {
            let text = format!("The folders in SYSVOL could not be compared with the GPOs: {error}");
            banner_ui(ui, Severity::Warning, &text);
        }
        Lazy::Ready(orphans) => {
            let halves = halves(orphans, domain);
            if !halves.is_empty() {
                let hint =
                    "A deletion that was broken off leaves them behind; replication that is under way looks the same.";
                banner_with_hint_ui(ui, Severity::Warning, &count(orphans), hint);
                halves_ui(ui, view, &domain.name, &halves);
            }
        }
    }
}

/// Returns what stands alone; a GPO that was deleted since the forest was read is left out.
fn halves<'a>(orphans: &Orphans, domain: &'a DomainSnapshot) -> Vec<Half<'a>> {
    let folders = orphans.folders.iter().map(|id| Half::Folder(*id));
    folders.chain(orphans.containers.iter().filter_map(|id| domain.gpo(*id)).map(Half::Gpo)).collect()
}

fn halves_ui(ui: &mut Ui, view: &mut View<'_>, domain: &DnsName, halves: &[Half<'_>]) {
    let forest = view.forest;
    let place = |half: &Half<'_>| match half {
        Half::Folder(_) => None,
        Half::Gpo(gpo) => Some(Place::Gpo { domain: gpo.domain.clone(), id: gpo.id }),
    };
    let id = |half: &Half<'_>| match half {
        Half::Folder(id) => *id,
        Half::Gpo(gpo) => gpo.id,
    };
    let table = DataTable::new("orphans", "Halves of GPOs")
        .column(Column::new("What is there", 380.0, move |half: &Half<'_>| match place(half) {
            Some(place) => cells::place(forest, &place),
            None => Cell::icon(Icon::Gpo, format!("Policies\\{}", id(half))),
        }))
        .column(Column::new("What is missing", 320.0, |half: &Half<'_>| {
            let missing = match half {
                Half::Folder(_) => "The GPO in the directory",
                Half::Gpo(_) => "The folder in SYSVOL",
            };
            Cell::text(missing).tone(Tone::Error)
        }))
        .column(Column::new("Unique ID", 290.0, move |half: &Half<'_>| Cell::text(id(half).to_string())).hidden())
        .row_id(move |half| row_id(id(half)))
        .revision(row_id((view.revision(), halves.len())))
        .height(TableHeight::Rows { min: 1, max: MOST_ROWS })
        .compact();
    let (forest, context) = (view.forest, view.context);
    let node = |half: &Half<'_>| place(half).map(|place| Node::In(forest.id, place));
    let response =
        view.state.nodes_table_ui(ui, context, table, halves, &node, view.commands, |ui, selected, commands| {
            if let [row] = selected
                && let Some(node) = halves.get(*row).and_then(node)
                && ui.button("Go to GPO").clicked()
            {
                commands.push(Command::Select(node));
            }
            let folder = |row: &usize| match halves.get(*row)? {
                Half::Folder(id) => Some(*id),
                Half::Gpo(_) => None,
            };
            let folders: Option<Vec<Guid>> = selected.iter().map(folder).collect();
            if let Some(folders) = folders.filter(|folders| !folders.is_empty() && !forest.info.read_only)
                && ui.button("Delete Folder…").clicked()
            {
                commands.push(ask_to_delete(forest.id, domain, folders));
            }
        });
    if let Some(node) = response.activated.and_then(|row| halves.get(row)).and_then(node) {
        view.commands.push(Command::Select(node));
    }
}

/// Asks whether folders without GPOs are to be deleted.
fn ask_to_delete(forest: ForestId, domain: &DnsName, folders: Vec<Guid>) -> Command {
    let text = match folders.len() {
        1 => "Delete this folder, with all in it? No GPO of the directory has it.".to_owned(),
        many => format!("Delete these {many} folders, with all in them? No GPO of the directory has them."),
    };
    let details = folders.iter().map(|id| format!("Policies\\{id}")).collect();
    let edit = |id: &Guid| -> Arc<dyn Edit> { Arc::new(DeleteOrphanFolder { domain: domain.clone(), id: *id }) };
    let title = format!("Delete {} folders without GPOs", folders.len());
    let command = Command::edit_all(forest, title, folders.iter().map(edit).collect());
    Question::new("Delete", text, "Delete", vec![command]).details(details).ask()
}

/// Says how many stand alone: `1 folder in SYSVOL has no GPO, 2 GPOs have no folder.`
fn count(orphans: &Orphans) -> String {
    let folders = match orphans.folders.len() {
        0 => None,
        1 => Some("1 folder in SYSVOL has no GPO".to_owned()),
        many => Some(format!("{many} folders in SYSVOL have no GPO")),
    };
    let gpos = match orphans.containers.len() {
        0 => None,
        1 => Some("1 GPO has no folder in SYSVOL".to_owned()),
        many => Some(format!("{many} GPOs have no folder in SYSVOL")),
    };
    let parts: Vec<String> = folders.into_iter().chain(gpos).collect();
    format!("{}.", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_notice_counts_both_kinds() {
        let id = Guid::from_u128(1);
        let both = Orphans { folders: vec![id], containers: vec![id, id] };
        assert_eq!(count(&both), "1 folder in SYSVOL has no GPO, 2 GPOs have no folder in SYSVOL.");
        let folders = Orphans { folders: vec![id, id], containers: Vec::new() };
        assert_eq!(count(&folders), "2 folders in SYSVOL have no GPO.");
    }
}
