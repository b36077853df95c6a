//! The WMI filter of a GPO, on its Scope tab (`console-ui.md` 3.8, 6.12).

use egui::{Button, ComboBox, Ui};

use super::super::state::View;
use crate::console::Place;
use crate::console::kit::accessible;
use crate::console::kit::notice::{Severity, banner_with_hint_ui};
use crate::console::wmi_filter::ask_wmi_filter;
use crate::gpm::{Gpo, WmiFilter};

const NO_FILTER: &str = "<none>";
const NAME: &str = "This GPO is linked to the following WMI filter";

/// Draws the filter that the GPO names, as a choice among those of its domain, and the way to it.
pub(super) fn wmi_ui(ui: &mut Ui, view: &mut View<'_>, gpo: &Gpo) {
    let forest = view.forest;
    let named = gpo.wmi_filter.as_ref().map(|reference| (reference, forest.snapshot.wmi_filter(reference)));
    if let Some((reference, None)) = named {
        banner_with_hint_ui(
            ui,
            Severity::Error,
            &format!("The WMI filter {} of {} does not exist.", reference.id, reference.domain),
            "Clients do not apply a GPO whose filter is missing. Choose another one, or none.",
        );
    }
    let filter = named.and_then(|(_, filter)| filter);
    ui.label(NAME);
    ui.horizontal(|ui| {
        if let Some(chosen) = choice_ui(ui, view, gpo, filter) {
            view.commands.push(ask_wmi_filter(forest, &[gpo], chosen));
        }
        let open = ui.add_enabled(filter.is_some(), Button::new("Open"));
        let open = open.on_hover_text("Go to this WMI filter").on_disabled_hover_text("There is no filter to go to.");
        if let Some(filter) = filter.filter(|_| open.clicked()) {
            view.go_to(Place::WmiFilter { domain: filter.domain.clone(), id: filter.id });
        }
    });
}

/// Draws the choice; returns another one that was made.
fn choice_ui<'a>(
    ui: &mut Ui,
    view: &View<'a>,
    gpo: &Gpo,
    present: Option<&WmiFilter>,
) -> Option<Option<&'a WmiFilter>> {
    let forest = view.forest;
    let words = match (&gpo.wmi_filter, present) {
        (None, _) => NO_FILTER.to_owned(),
        (Some(_), Some(filter)) => filter.name.clone(),
        (Some(_), None) => forest.snapshot.wmi_filter_label(gpo),
    };
    let filters = forest.snapshot.domain(&gpo.domain).map_or(&[][..], |domain| domain.wmi_filters.as_slice());
    let mut chosen = None;
    ui.add_enabled_ui(!forest.info.read_only, |ui| {
        let combo = ComboBox::from_id_salt("WMI filter").width(320.0).selected_text(words).show_ui(ui, |ui| {
            if ui.selectable_label(gpo.wmi_filter.is_none(), NO_FILTER).clicked() && gpo.wmi_filter.is_some() {
                chosen = Some(None);
            }
            for filter in filters {
                let is_present = present.is_some_and(|present| present.id == filter.id);
                if ui.selectable_label(is_present, &filter.name).clicked() && !is_present {
                    chosen = Some(Some(filter));
                }
            }
        });
        accessible::name(&combo.response, NAME);
        combo.response.on_disabled_hover_text("The forest is open read-only.");
    });
    chosen
}
