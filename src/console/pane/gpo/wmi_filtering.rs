//! The WMI filter of a GPO, on its Scope tab.

use egui::Ui;

use super::super::state::View;
use crate::console::kit::notice::{Severity, banner_with_hint_ui};
use crate::console::theme::ICON_SIZE;
use crate::console::{Icon, Place};
use crate::gpm::Gpo;

/// Draws the filter that the GPO names.
pub(super) fn wmi_ui(ui: &mut Ui, view: &mut View<'_>, gpo: &Gpo) {
    let Some(reference) = &gpo.wmi_filter else {
        ui.weak("This GPO is linked to no WMI filter.");
        return;
    };
    match view.forest.snapshot.wmi_filter(reference) {
        Some(filter) => {
            ui.horizontal(|ui| {
                ui.label("This GPO is linked to the WMI filter");
                Icon::WmiFilter.show(ui, ICON_SIZE);
                if ui.link(&filter.name).clicked() {
                    view.go_to(Place::WmiFilter { domain: filter.domain.clone(), id: filter.id });
                }
            });
        }
        None => banner_with_hint_ui(
            ui,
            Severity::Error,
            &format!("The WMI filter {} of {} does not exist.", reference.id, reference.domain),
            "Clients do not apply a GPO whose filter is missing.",
        ),
    }
}
