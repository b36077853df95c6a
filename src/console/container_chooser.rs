//! Choose a container: a domain or OU of a forest, by its path. What the Browse button beside the DN of a container opens.

use std::sync::{Arc, Mutex, PoisonError};

use egui::{Context, Layout, vec2};

use crate::ident::Dn;

use super::dialog::{self, Closing};
use super::kit::data_table::{Cell, Column, DataTable, SortKey, TableState, row_id};
use super::window::{Surroundings, Window, WindowFactory};
use super::{Command, ForestId, Icon};

/// Where the chooser leaves the container chosen, for a window that waits for it.
#[derive(Clone, Default)]
pub struct PickedContainer(Arc<Mutex<Option<Dn>>>);

impl PickedContainer {
    /// Returns what was chosen since the last call.
    pub fn take(&self) -> Option<Dn> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn put(&self, container: Dn) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(container);
    }
}

/// The dialog.
pub struct ContainerChooser {
    forest: ForestId,
    picked: PickedContainer,
    table: TableState,
    opened: bool,
}

struct Row {
    dn: Dn,
    path: String,
    icon: Icon,
}

const HEIGHT: f32 = 380.0;

impl ContainerChooser {
    /// Returns the command that opens a chooser which leaves the container chosen in `picked`.
    pub fn open_into(forest: ForestId, picked: PickedContainer) -> Command {
        Command::Open(WindowFactory::new(move || ContainerChooser {
            forest,
            picked: picked.clone(),
            table: TableState::default(),
            opened: false,
        }))
    }
}

impl Window for ContainerChooser {
    fn ui(&mut self, ctx: &Context, around: &mut Surroundings<'_>) -> Closing {
        let Some(forest) = around.forest(self.forest) else { return Closing::Close };
        let soms = forest.snapshot.domains.iter().flat_map(|domain| domain.soms.iter().enumerate());
        let row = |(place, som): (usize, &crate::gpm::Som)| Row {
            path: som.dn.canonical_name(),
            dn: som.dn.clone(),
            icon: if place == 0 { Icon::Domain } else { Icon::Ou },
        };
        let rows: Vec<Row> = soms.map(row).collect();
        let (mut chosen, mut cancelled) = (None, false);
        let closing = dialog::show(ctx, "Choose Container", 560.0, |ui| {
            let table = DataTable::new("containers", "Containers")
                .column(
                    Column::new("Container", 480.0, |row: &Row| Cell::icon(row.icon, row.path.as_str()))
                        .sort_key(|row| SortKey::text(&row.path)),
                )
                .row_id(|row| row_id(&row.dn))
                .revision(Arc::as_ptr(&forest.snapshot) as usize as u64)
                .empty("The forest has no containers, or you may not see them.");
            if !std::mem::replace(&mut self.opened, true) {
                let id = table.focus_id();
                ui.memory_mut(|memory| memory.request_focus(id));
            }
            let size = vec2(ui.available_width(), HEIGHT.min(ui.ctx().content_rect().height() - 180.0));
            ui.allocate_ui_with_layout(size, Layout::top_down(egui::Align::Min), |ui| {
                ui.set_min_size(size);
                chosen = table.ui(ui, &mut self.table, &rows).activated;
            });
            dialog::buttons_ui(ui, |ui| {
                if dialog::primary_button(ui, "OK") {
                    chosen = self.table.selected().first().copied();
                }
                cancelled = dialog::button(ui, "Cancel");
            });
        });
        if let Some(row) = chosen.and_then(|row| rows.get(row)) {
            self.picked.put(row.dn.clone());
            return Closing::Close;
        }
        if cancelled { Closing::Close } else { closing }
    }
}
