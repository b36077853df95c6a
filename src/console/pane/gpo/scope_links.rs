//! The links of a GPO on its Scope tab: those of one location.

use egui::{ComboBox, Ui};

use super::super::cells;
use super::super::state::{LinkLocation, View};
use crate::console::Place;
use crate::console::kit::accessible;
use crate::console::kit::data_table::{Cell, Column, DataTable, TableHeight, Tone, row_id};
use crate::gpm::{Gpo, LinkScope, LinkedSom};

/// Draws the choice of a location, and the links in it.
pub(super) fn links_ui(ui: &mut Ui, view: &mut View<'_>, gpo: &Gpo) {
    location_ui(ui, view, gpo);
    let location = view.state.link_location.clone();
    let scope = match &location {
        LinkLocation::OwnDomain => LinkScope::Domain(&gpo.domain),
        LinkLocation::Domain(domain) => LinkScope::Domain(domain),
        LinkLocation::AllSites => LinkScope::AllSites,
        LinkLocation::EntireForest => LinkScope::EntireForest,
    };
    table_ui(ui, view, &view.forest.snapshot.links_to(&gpo.dn, scope), row_id(format!("{location:?}")));
}

fn location_ui(ui: &mut Ui, view: &mut View<'_>, gpo: &Gpo) {
    let own = gpo.domain.to_string();
    let words = |location: &LinkLocation| match location {
        LinkLocation::OwnDomain => own.clone(),
        LinkLocation::Domain(domain) => domain.to_string(),
        LinkLocation::AllSites => "All sites".to_owned(),
        LinkLocation::EntireForest => "Entire forest".to_owned(),
    };
    let others = view.forest.snapshot.domains.iter().filter(|domain| domain.name != gpo.domain);
    let mut choices = vec![LinkLocation::OwnDomain];
    choices.extend(others.map(|domain| LinkLocation::Domain(domain.name.clone())));
    choices.extend([LinkLocation::AllSites, LinkLocation::EntireForest]);
    ui.horizontal(|ui| {
        ui.label("Display links in this location:");
        let current = &mut view.state.link_location;
        let combo =
            ComboBox::from_id_salt("link location").width(240.0).selected_text(words(current)).show_ui(ui, |ui| {
                for choice in choices {
                    let text = words(&choice);
                    ui.selectable_value(current, choice, text);
                }
            });
        accessible::name(&combo.response, "Display links in this location");
    });
}

fn table_ui(ui: &mut Ui, view: &mut View<'_>, links: &[LinkedSom<'_>], location: u64) {
    let forest = view.forest;
    let place = |linked: &LinkedSom<'_>| Place::Link { som: linked.som.dn.clone(), order: linked.link.order };
    let holder = |linked: &LinkedSom<'_>| Place::of_som(&linked.som.dn);
    let table = DataTable::new("links of a GPO", "Links")
        .column(Column::new("Location", 220.0, move |linked: &LinkedSom<'_>| cells::place(forest, &holder(linked))))
        .column(Column::new("Enforced", 80.0, |linked: &LinkedSom<'_>| Cell::yes_no(linked.link.enforced)))
        .column(Column::new("Link Enabled", 100.0, |linked: &LinkedSom<'_>| {
            Cell::yes_no(linked.link.enabled).tone(if linked.link.enabled { Tone::Normal } else { Tone::Warning })
        }))
        .column(Column::new("Path", 380.0, |linked: &LinkedSom<'_>| Cell::text(linked.path())))
        .row_id(|linked| row_id((&linked.som.dn, linked.link.order)))
        .sorted_by("Location")
        .revision(row_id((view.revision(), location)))
        .empty("The GPO is not linked in this location.")
        .height(TableHeight::Rows { min: 3, max: 8 })
        .compact();
    let (place, holder) = (|linked: &LinkedSom<'_>| Some(place(linked)), |linked: &LinkedSom<'_>| Some(holder(linked)));
    view.table_of_nodes_ui(ui, table, links, &place, &[("Go to Location", &holder), ("Go to Link", &place)]);
}
