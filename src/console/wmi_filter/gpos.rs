//! Which GPOs use a WMI filter: the question before that changes, and the list that GPOs are chosen from.

use std::sync::Arc;

use egui::Context;

use crate::console::dialog::{self, Closing};
use crate::console::kit::data_table::{Cell, Column, DataTable, TableHeight, TableState, row_id};
use crate::console::kit::notice::{Severity, banner_ui};
use crate::console::question::Question;
use crate::console::theme::SPACE;
use crate::console::window::{Surroundings, Window};
use crate::console::{Command, ForestId, Icon, OpenForest};
use crate::gpm::{Gpo, WmiFilter};
use crate::operation::admin::{GpoToEdit, SetGpoWmiFilter};
use crate::operation::edit::Edit;

/// Returns the command that asks whether GPOs are to use a filter, or none (`console-ui.md` 6.12), and does it.
pub fn ask_wmi_filter(forest: &OpenForest, gpos: &[&Gpo], filter: Option<&WmiFilter>) -> Command {
    let names: Vec<String> = gpos.iter().map(|gpo| forest.gpo_label(gpo)).collect();
    let text = match (filter, names.as_slice()) {
        (Some(filter), [one]) => format!("Change the WMI filter of {one} to {}?", filter.name),
        (Some(filter), _) => format!("Change the WMI filter of these GPOs to {}?", filter.name),
        (None, [one]) => {
            format!("Remove the WMI filter of {one}? It will apply to every computer that its links reach.")
        }
        (None, _) => {
            "Remove the WMI filter of these GPOs? They will apply to every computer that their links reach.".to_owned()
        }
    };
    let question = Question::new("WMI Filtering", text, "Yes", set_wmi_filter(forest, gpos, filter));
    if names.len() > 1 { question.details(names).ask() } else { question.ask() }
}

/// Returns what makes GPOs use a filter, or none.
fn set_wmi_filter(forest: &OpenForest, gpos: &[&Gpo], filter: Option<&WmiFilter>) -> Vec<Command> {
    let edit = |gpo: &&Gpo| -> Arc<dyn Edit> {
        Arc::new(SetGpoWmiFilter {
            gpo: GpoToEdit::from(*gpo),
            filter: filter.map(|filter| filter.id),
            filter_name: filter.map(|filter| filter.name.clone()).unwrap_or_default(),
        })
    };
    let edits: Vec<Arc<dyn Edit>> = gpos.iter().map(edit).collect();
    match edits.as_slice() {
        [] => Vec::new(),
        [one] => vec![Command::Edit(forest.id, Arc::clone(one))],
        _ => {
            let title = match filter {
                Some(filter) => format!("Set the WMI filter of {} GPOs to {}", edits.len(), filter.name),
                None => format!("Remove the WMI filter of {} GPOs", edits.len()),
            };
            vec![Command::EditMany(forest.id, title, edits)]
        }
    }
}

/// Asks which GPOs of its domain are to use a filter.
pub(super) struct AddGpos {
    forest: ForestId,
    filter: WmiFilter,
    table: TableState,
    problem: Option<&'static str>,
    opened: bool,
}

impl AddGpos {
    /// Returns the dialog.
    pub fn new(forest: ForestId, filter: WmiFilter) -> Self {
        AddGpos { forest, filter, table: TableState::default(), problem: None, opened: false }
    }
}

impl Window for AddGpos {
    fn ui(&mut self, ctx: &Context, around: &mut Surroundings<'_>) -> Closing {
        let Some(forest) = around.forest(self.forest) else { return Closing::Close };
        let Some(domain) = forest.snapshot.domain(&self.filter.domain) else { return Closing::Close };
        let uses = |gpo: &&Gpo| gpo.wmi_filter.as_ref().is_some_and(|own| own.id == self.filter.id);
        let others: Vec<&Gpo> = domain.gpos.iter().filter(|gpo| !uses(gpo) && !gpo.inaccessible).collect();
        let (mut confirmed, mut cancelled) = (false, false);
        let closing = dialog::show(ctx, "Add GPOs", 560.0, |ui| {
            ui.label(format!("These GPOs of {} do not use {} yet:", self.filter.domain, self.filter.name));
            ui.add_space(SPACE);
            let table = DataTable::new("GPOs without the filter", "Group Policy objects")
                .column(Column::new("Name", 300.0, |gpo: &&Gpo| Cell::icon(Icon::Gpo, forest.gpo_label(gpo))))
                .column(Column::new("WMI Filter now", 200.0, |gpo: &&Gpo| {
                    Cell::text(forest.snapshot.wmi_filter_label(gpo))
                }))
                .row_id(|gpo| row_id(gpo.id))
                .sorted_by("Name")
                .revision(row_id(Arc::as_ptr(&forest.snapshot) as usize))
                .empty("Every GPO of the domain uses this filter.")
                .height(TableHeight::Rows { min: 4, max: 10 })
                .compact();
            let list = table.focus_id();
            let response = table.ui(ui, &mut self.table, &others);
            if !std::mem::replace(&mut self.opened, true) {
                ui.memory_mut(|memory| memory.request_focus(list));
            }
            confirmed = response.activated.is_some();
            if let Some(problem) = self.problem {
                ui.add_space(SPACE);
                banner_ui(ui, Severity::Error, problem);
            }
            dialog::buttons_ui(ui, |ui| {
                confirmed |= dialog::primary_button(ui, "OK");
                cancelled = dialog::button(ui, "Cancel");
            });
        });
        if confirmed {
            let chosen: Vec<&Gpo> =
                self.table.selected().into_iter().filter_map(|row| others.get(row).copied()).collect();
            if chosen.is_empty() {
                self.problem = Some("Select at least one GPO.");
                return Closing::Stay;
            }
            // Where a filter takes the place of another, that is asked first.
            let replaces = chosen.iter().any(|gpo| gpo.wmi_filter.is_some());
            let commands = match replaces {
                true => vec![ask_wmi_filter(forest, &chosen, Some(&self.filter))],
                false => set_wmi_filter(forest, &chosen, Some(&self.filter)),
            };
            around.commands.extend(commands);
            return Closing::Close;
        }
        if cancelled { Closing::Close } else { closing }
    }
}
