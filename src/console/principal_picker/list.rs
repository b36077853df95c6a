//! The table of principals that were found.

use egui::{Layout, Ui, vec2};

use crate::console::kit::data_table::{Cell, Column, DataTable, TableState, Tone, row_id};
use crate::console::pane::cells;
use crate::gpm::{FoundPrincipal, TrusteeKind};

/// What lasts of a table of principals between frames.
#[derive(Default)]
pub(super) struct PrincipalList {
    rows: Vec<FoundPrincipal>,
    table: TableState,
    revision: u64,
}

/// How a table of principals is drawn.
pub(super) struct ListLook<'a> {
    /// The name its layout is kept under.
    pub(super) key: &'static str,
    /// What it is called aloud.
    pub(super) name: &'a str,
    /// What it tells while nothing is in it.
    pub(super) empty: &'a str,
    /// Its height in points.
    pub(super) height: f32,
    /// Whether it has a filter: a list that is made by typing above it needs none.
    pub(super) has_filter: bool,
}

impl PrincipalList {
    /// Shows these principals instead of those before.
    pub(super) fn show(&mut self, rows: Vec<FoundPrincipal>) {
        self.rows = rows;
        self.revision += 1;
    }

    /// Returns the principals shown.
    pub(super) fn rows(&self) -> &[FoundPrincipal] {
        &self.rows
    }

    /// Returns the selected principals.
    pub(super) fn selected(&self) -> Vec<FoundPrincipal> {
        self.table.selected().into_iter().filter_map(|row| self.rows.get(row)).cloned().collect()
    }

    /// Selects the first principal and gives the table the focus.
    pub(super) fn enter(&mut self, ui: &Ui, look: &ListLook<'_>) {
        self.table.select_first();
        let id = DataTable::<FoundPrincipal>::new(look.key, look.name).focus_id();
        ui.memory_mut(|memory| memory.request_focus(id));
    }

    /// Draws the table; gives the principal that was double-clicked, or on which Enter was pressed.
    pub(super) fn ui(&mut self, ui: &mut Ui, look: &ListLook<'_>) -> Option<FoundPrincipal> {
        let table = DataTable::new(look.key, look.name)
            .column(Column::new("Name", 240.0, |found: &FoundPrincipal| {
                let cell = cells::trustee_cell(&found.trustee);
                if found.is_disabled { cell.tone(Tone::Weak).tooltip("The account is disabled.") } else { cell }
            }))
            .column(Column::new("Display Name", 130.0, |found: &FoundPrincipal| text(found.display_name.as_deref())))
            .column(Column::new("Type", 80.0, |found: &FoundPrincipal| Cell::text(kind(found))))
            .column(Column::new("In Folder", 190.0, |found: &FoundPrincipal| Cell::text(found.folder.as_str())))
            .column(Column::new("Description", 220.0, |found: &FoundPrincipal| text(found.description.as_deref())))
            .row_id(|found| row_id(&found.trustee.sid))
            .named_by("Name")
            .revision(self.revision)
            .empty(look.empty);
        let table = if look.has_filter { table } else { table.compact() };
        let mut activated = None;
        let size = vec2(ui.available_width(), look.height);
        ui.allocate_ui_with_layout(size, Layout::top_down(egui::Align::Min), |ui| {
            ui.set_min_size(size);
            activated = table.ui(ui, &mut self.table, &self.rows).activated;
        });
        activated.and_then(|row| self.rows.get(row)).cloned()
    }
}

fn text(text: Option<&str>) -> Cell<'_> {
    text.map_or_else(Cell::default, Cell::text)
}

/// Returns the word for what a principal is.
fn kind(found: &FoundPrincipal) -> &'static str {
    match found.trustee.kind {
        TrusteeKind::User => "User",
        TrusteeKind::Computer => "Computer",
        TrusteeKind::Group => "Group",
        TrusteeKind::WellKnown => "Well-known",
        TrusteeKind::Foreign => "Foreign",
        TrusteeKind::Unknown => "Unknown",
    }
}
