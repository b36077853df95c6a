//! Where principals are looked for: a forest, a domain, an OU, of all forests in the view.

use egui::{Context, Layout, vec2};

use crate::console::dialog::{self, Closing};
use crate::console::kit::data_table::{Cell, Column, DataTable, SortKey, TableState, row_id};
use crate::console::window::Surroundings;
use crate::console::{ForestEntry, ForestId, Icon, OpenForest};
use crate::gpm::PrincipalPlace;

/// A place in one of the forests.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Location {
    /// The forest.
    pub(super) forest: ForestId,
    /// Where in it.
    pub(super) place: PrincipalPlace,
}

/// What became of the choice.
pub(super) enum Chosen {
    /// It still stands there.
    Open,
    /// This was chosen.
    Location(Location),
    /// Nothing was.
    Cancelled,
}

/// The dialog that chooses a place.
pub(super) struct Locations {
    rows: Vec<Row>,
    table: TableState,
    opened: bool,
}

struct Row {
    location: Location,
    label: String,
    icon: Icon,
}

const HEIGHT: f32 = 380.0;

impl Location {
    /// Returns how the place is called.
    pub(super) fn label(&self, around: &Surroundings<'_>) -> String {
        match &self.place {
            PrincipalPlace::Forest => around.forest(self.forest).map_or_else(String::new, entire_directory),
            PrincipalPlace::Domain(domain) => domain.to_string(),
            PrincipalPlace::Container(dn) => dn.canonical_name(),
        }
    }
}

impl Locations {
    /// Returns the choice among all forests that are open; the places of `first` stand before those of the others.
    pub(super) fn new(first: ForestId, around: &Surroundings<'_>) -> Self {
        let mut forests: Vec<&OpenForest> = around.forests.iter().filter_map(ForestEntry::open).collect();
        forests.sort_by_key(|forest| forest.id != first);
        let rows = forests.into_iter().flat_map(rows_of).collect();
        Locations { rows, table: TableState::default(), opened: false }
    }

    /// Draws the dialog.
    pub(super) fn ui(&mut self, ctx: &Context) -> Chosen {
        let mut chosen = None;
        let mut cancelled = false;
        let closing = dialog::show(ctx, "Locations", 560.0, |ui| {
            let table = DataTable::new("locations of principals", "Locations")
                .column(
                    Column::new("Location", 480.0, |row: &Row| Cell::icon(row.icon, row.label.as_str()))
                        .sort_key(|row| SortKey::text(&row.label)),
                )
                .row_id(|row| row_id(&row.location))
                .empty("No forest is open.");
            if !std::mem::replace(&mut self.opened, true) {
                let id = table.focus_id();
                ui.memory_mut(|memory| memory.request_focus(id));
            }
            let size = vec2(ui.available_width(), HEIGHT.min(ui.ctx().content_rect().height() - 180.0));
            ui.allocate_ui_with_layout(size, Layout::top_down(egui::Align::Min), |ui| {
                ui.set_min_size(size);
                chosen = table.ui(ui, &mut self.table, &self.rows).activated;
            });
            dialog::buttons_ui(ui, |ui| {
                if dialog::primary_button(ui, "OK") {
                    chosen = self.table.selected().first().copied();
                }
                cancelled = dialog::button(ui, "Cancel");
            });
        });
        match chosen.and_then(|row| self.rows.get(row)) {
            Some(row) => Chosen::Location(row.location.clone()),
            None if cancelled || closing == Closing::Close => Chosen::Cancelled,
            None => Chosen::Open,
        }
    }
}

fn entire_directory(forest: &OpenForest) -> String {
    format!("Entire directory ({})", forest.snapshot.name)
}

fn rows_of(forest: &OpenForest) -> Vec<Row> {
    let row = |place, label, icon| Row { location: Location { forest: forest.id, place }, label, icon };
    let mut rows = vec![row(PrincipalPlace::Forest, entire_directory(forest), Icon::Forest)];
    for domain in &forest.snapshot.domains {
        rows.push(row(PrincipalPlace::Domain(domain.name.clone()), domain.name.to_string(), Icon::Domain));
        let ous = domain.soms.iter().skip(1);
        rows.extend(ous.map(|ou| row(PrincipalPlace::Container(ou.dn.clone()), ou.dn.canonical_name(), Icon::Ou)));
    }
    rows
}
