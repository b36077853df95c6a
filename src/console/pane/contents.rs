//! The Contents tab of the root, a forest, and the containers of domains and sites (`console-ui.md` 3.1–3.3, 3.6).

use egui::Ui;

use super::state::{PaneState, View};
use super::{PaneContext, cells};
use crate::console::face::Face;
use crate::console::kit::data_table::{Cell, Column, DataTable, Tone, row_id};
use crate::console::kit::notice::empty_ui;
use crate::console::{Command, ForestEntry, ForestState, Icon, Node, Place, ShowList};
use crate::gpm::{DomainSnapshot, Som};

/// Draws the list of added forests.
pub(super) fn root_ui(ui: &mut Ui, context: &PaneContext<'_>, state: &mut PaneState, commands: &mut Vec<Command>) {
    let shown = context.shown();
    let forests = shown.forests;
    if forests.is_empty() {
        empty_ui(
            ui,
            "No forest is in the view",
            "Connect to a domain or a domain controller, open a forest file, or look around in the demo forest.",
        );
        ui.add_space(8.0);
        ui.vertical_centered(|ui| {
            if ui.button((Icon::Connect.atom(), "Add Forest…")).clicked() {
                commands.push(Command::ShowConnect);
            }
        });
        return;
    }
    state.tabs_ui(ui, "Root", &["Contents"]);
    let node = |entry: &ForestEntry| Node::In(entry.id, Place::Forest);
    let table = DataTable::new("root contents", "Forests")
        .column(Column::new("Name", 320.0, |entry: &ForestEntry| {
            let face = Face::of(&node(entry), shown);
            Cell::icon(face.icon, face.label)
        }))
        .column(Column::new("State", 360.0, |entry: &ForestEntry| match &entry.state {
            ForestState::Open(_) => Cell::text("Open"),
            ForestState::Loading(_) => Cell::loading(),
            ForestState::Failed(error) => Cell::text(error.to_string()).tone(Tone::Error),
        }))
        .column(Column::new("Connected to", 260.0, |entry: &ForestEntry| {
            Cell::text(entry.open().map_or("", |forest| forest.info.server.as_str()))
        }))
        .row_id(|entry| row_id(entry.id))
        .revision(row_id(forests.iter().map(|entry| (entry.id, entry.open().is_some())).collect::<Vec<_>>()));
    let node_of = |entry: &ForestEntry| Some(node(entry));
    let response = state.nodes_table_ui(ui, context, table, forests, &node_of, commands, |_, _, _| {});
    if let Some(entry) = response.activated.and_then(|row| forests.get(row)) {
        commands.push(Command::Select(node(entry)));
    }
}

/// Draws the containers of a forest.
pub(super) fn forest_ui(ui: &mut Ui, view: &mut View<'_>) {
    view.tabs_ui(ui, "Forest", &["Contents"]);
    let forest = view.forest;
    let rows = [Place::Domains, Place::Sites, Place::Modeling, Place::Results];
    let table = DataTable::new("forest contents", "Contents of the forest")
        .column(Column::new("Name", 400.0, |place: &Place| cells::place(forest, place)))
        .row_id(|place| row_id(place))
        .revision(view.revision())
        .compact();
    let place = |place: &Place| Some(place.clone());
    view.table_of_nodes_ui(ui, table, &rows, &place, &[("Open", &place)]);
}

/// Draws the list of the domains that are shown.
pub(super) fn domains_ui(ui: &mut Ui, view: &mut View<'_>) {
    view.tabs_ui(ui, "Domains", &["Contents"]);
    let forest = view.forest;
    let place = |domain: &&DomainSnapshot| Place::Domain(domain.name.clone());
    let table = DataTable::new("domains contents", "Domains")
        .column(Column::new("Name", 280.0, move |domain: &&DomainSnapshot| cells::place(forest, &place(domain))))
        .column(Column::new("Domain Controller", 260.0, |domain: &&DomainSnapshot| {
            Cell::text(domain.domain_controller.as_str())
        }))
        .column(Column::new("NetBIOS Name", 140.0, |domain: &&DomainSnapshot| Cell::text(domain.netbios_name.as_str())))
        .column(
            Column::new("GPOs", 80.0, |domain: &&DomainSnapshot| Cell::text(domain.gpos.len().to_string()))
                .sort_number(|domain| domain.gpos.len() as i64),
        )
        .column(
            Column::new("OUs", 80.0, |domain: &&DomainSnapshot| Cell::text(ou_count(domain).to_string()))
                .sort_number(|domain| ou_count(domain) as i64),
        )
        .row_id(|domain| row_id(domain.name.to_string()))
        .revision(row_id((view.revision(), &forest.view)));
    let shown = forest.snapshot.domains.iter().filter(|domain| forest.view.shows_domain(&domain.name));
    let shown: Vec<&DomainSnapshot> = shown.collect();
    let place = |domain: &&DomainSnapshot| Some(place(domain));
    view.table_of_nodes_ui(ui, table, &shown, &place, &[("Open", &place)]);
}

/// Draws the list of the sites that are shown.
pub(super) fn sites_ui(ui: &mut Ui, view: &mut View<'_>) {
    view.tabs_ui(ui, "Sites", &["Contents"]);
    let forest = view.forest;
    let shown: Vec<&Som> = forest.snapshot.sites.iter().filter(|site| forest.view.shows_site(&site.dn)).collect();
    if shown.is_empty() && !forest.snapshot.sites.is_empty() {
        let explanation = "Sites can hold links as domains and OUs do. Choose those to be shown.";
        empty_ui(ui, "No sites are shown", explanation);
        ui.add_space(8.0);
        ui.vertical_centered(|ui| {
            if ui.button((Icon::Sites.atom(), "Show Sites…")).clicked() {
                view.commands.push(Command::ShowListOf(forest.id, ShowList::Sites));
            }
        });
        return;
    }
    let place = |site: &&Som| Place::Site(site.dn.clone());
    let table = DataTable::new("sites contents", "Sites")
        .column(Column::new("Name", 280.0, move |site: &&Som| cells::place(forest, &place(site))))
        .column(
            Column::new("Linked GPOs", 110.0, |site: &&Som| Cell::text(site.links.len().to_string()))
                .sort_number(|site| site.links.len() as i64),
        )
        .column(Column::new("Description", 360.0, |site: &&Som| {
            Cell::text(site.description.as_deref().unwrap_or_default())
        }))
        .row_id(|site| row_id(&site.dn))
        .sorted_by("Name")
        .revision(row_id((view.revision(), &forest.view)))
        .empty("The forest has no sites, or you may not see them.");
    let place = |site: &&Som| Some(place(site));
    view.table_of_nodes_ui(ui, table, &shown, &place, &[("Open", &place)]);
}

fn ou_count(domain: &DomainSnapshot) -> usize {
    domain.soms.len().saturating_sub(1)
}
