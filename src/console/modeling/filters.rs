//! Which WMI filters are true for one side.

use std::collections::BTreeMap;
use std::sync::Arc;

use egui::{Layout, Ui, vec2};

use crate::ident::Guid;
use crate::rsop::{Assumptions, Planner, Policies, SidePlan, Target};

use super::super::kit::data_table::{Cell, Column, DataTable, TableState, row_id};
use super::super::stored_query::{Named, WmiChoice};
use super::super::theme::SPACE;
use super::super::wizard::PageFrame;
use super::super::{Icon, OpenForest};

/// The field.
pub(super) struct FiltersField {
    only_these: bool,
    filters: Vec<Named<Guid>>,
    table: TableState,
    revision: u64,
    /// Whether the filters were listed and none was found.
    found_none: bool,
}

impl FiltersField {
    pub(super) fn new(choice: WmiChoice) -> Self {
        let (only_these, filters) = match choice {
            WmiChoice::AllTrue => (false, Vec::new()),
            WmiChoice::Only(filters) => (true, filters),
        };
        FiltersField { only_these, filters, table: TableState::default(), revision: 0, found_none: false }
    }

    /// Returns what was chosen.
    pub(super) fn choice(&self) -> WmiChoice {
        if self.only_these { WmiChoice::Only(self.filters.clone()) } else { WmiChoice::AllTrue }
    }

    /// Draws the choice; `listed` finds the filters in scope.
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        page: &mut PageFrame<'_, '_>,
        listed: impl FnOnce(&PageFrame<'_, '_>) -> Vec<Named<Guid>>,
    ) {
        let all = ui.radio_value(&mut self.only_these, false, "All linked WMI filters are true");
        page.focus_first(&all);
        ui.radio_value(&mut self.only_these, true, "Only these WMI filters are true:");
        let table = DataTable::new("WMI filters of a simulation", "WMI filters that are true")
            .column(Column::new("Name", 420.0, |filter: &Named<Guid>| {
                Cell::icon(Icon::WmiFilter, filter.name.as_str())
            }))
            .row_id(|filter| row_id(filter.id))
            .sorted_by("Name")
            .revision(self.revision)
            .empty(match (self.only_these, self.found_none) {
                (false, _) => "",
                (true, true) => "No GPO in scope has a WMI filter.",
                (true, false) => "None: all filters are false.",
            })
            .compact();
        let size = vec2(ui.available_width(), ui.available_height() - 14.0 * SPACE);
        ui.allocate_ui_with_layout(size, Layout::top_down(egui::Align::Min), |ui| {
            ui.set_min_size(size);
            ui.add_enabled_ui(self.only_these, |ui| table.ui(ui, &mut self.table, &self.filters));
        });
        ui.horizontal(|ui| {
            if ui.add_enabled(self.only_these, egui::Button::new("List Filters")).clicked() {
                self.filters = listed(page);
                self.found_none = self.filters.is_empty();
                self.revision += 1;
            }
            let selected = self.table.selected();
            let remove = ui.add_enabled(self.only_these && !selected.is_empty(), egui::Button::new("Remove"));
            if remove.on_disabled_hover_text("Select filters in the list.").clicked() {
                let mut place = 0..;
                self.filters.retain(|_| !place.next().is_some_and(|place| selected.contains(&place)));
                self.revision += 1;
            }
        });
    }
}

/// Returns the WMI filters of all GPOs that reach one side of a target, by name.
pub(super) fn filters_in_scope(
    forest: &OpenForest,
    target: &Target,
    assumptions: &Assumptions,
    side: fn(&crate::rsop::Plan) -> Option<&SidePlan>,
) -> Vec<Named<Guid>> {
    let planner = Planner::new(Arc::clone(&forest.snapshot), Policies::default());
    let plan = planner.plan_scope_only(target, assumptions);
    let candidates = side(&plan).map(|side| side.candidates.as_slice()).unwrap_or_default();
    let filter = |gpo: &crate::ident::Dn| {
        let reference = forest.snapshot.gpo_by_dn(gpo)?.wmi_filter.as_ref()?;
        let filter = forest.snapshot.wmi_filter(reference)?;
        Some((filter.id, filter.name.clone()))
    };
    let found: BTreeMap<Guid, String> = candidates.iter().filter_map(|candidate| filter(&candidate.gpo.dn)).collect();
    let mut found: Vec<Named<Guid>> = found.into_iter().map(|(id, name)| Named { id, name }).collect();
    found.sort_by_cached_key(|filter| filter.name.to_lowercase());
    found
}
