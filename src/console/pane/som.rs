//! A domain, an OU, a site: Linked Group Policy Objects, Group Policy Inheritance, Delegation (`console-ui.md` 3.4–3.6).

mod linked;

use egui::{Layout, RichText, Ui};

use super::state::View;
use super::{cells, delegation, report, status};
use crate::console::change_controller::{ChangeController, ControllerOf};
use crate::console::kit::data_table::{Cell, Column, DataTable, TableHeight, Tone, row_id};
use crate::console::kit::notice::{Severity, banner_ui, empty_ui};
use crate::console::stored_query::ShownRsop;
use crate::console::theme::{ICON_SIZE, SPACE};
use crate::console::{Command, Face, Icon, OpenForest, Place, Reported, StatusOf};
use crate::gpm::{DomainSnapshot, GpoLink, InheritedLink, LinkTarget, Som, SomIndex};
use crate::ident::{Dn, DnsName};

const STATUS: &str = "Status";
const LINKED: &str = "Linked Group Policy Objects";
const INHERITANCE: &str = "Group Policy Inheritance";
const DELEGATION: &str = "Delegation";

/// Draws a domain.
pub(super) fn domain_ui(ui: &mut Ui, view: &mut View<'_>, name: &DnsName) {
    let domain = view.forest.snapshot.domain(name);
    match domain.and_then(|domain| Some((domain, domain.som()?))) {
        Some((domain, som)) => tabs_of_domain_ui(ui, view, domain, som),
        None => {
            let problems = domain.map(|domain| domain.problems.as_slice()).unwrap_or_default();
            if problems.is_empty() {
                empty_ui(ui, "The domain could not be read", "Refresh to try again.");
            }
            for problem in problems {
                banner_ui(ui, Severity::Error, &format!("{}: {}", problem.object, problem.message));
            }
            if ui.button("Try Again").clicked() {
                view.commands.push(Command::Refresh(view.forest.id));
            }
            if domain.is_some() && ui.button("Change Domain Controller…").clicked() {
                let of = ControllerOf::Domain(name.clone());
                view.commands.push(ChangeController::ask(view.forest.id, of));
            }
        }
    }
}

fn tabs_of_domain_ui(ui: &mut Ui, view: &mut View<'_>, domain: &DomainSnapshot, som: &Som) {
    match view.tabs_ui(ui, "Domain", &[STATUS, LINKED, INHERITANCE, DELEGATION]) {
        STATUS => status::status_ui(ui, view, domain, &StatusOf { domain: domain.name.clone(), gpo: None }),
        tab => tab_ui(ui, view, domain, som, SomIndex(0), tab),
    }
}

/// Draws an OU.
pub(super) fn ou_ui(ui: &mut Ui, view: &mut View<'_>, dn: &Dn) {
    let domains = view.forest.snapshot.domains.iter();
    let found = domains.filter_map(|domain| Some((domain, domain.som_index(dn)?))).next();
    match found.and_then(|(domain, index)| Some((domain, domain.soms.get(index.0)?, index))) {
        Some((domain, som, index)) => container_ui(ui, view, domain, som, index),
        None => empty_ui(
            ui,
            "The organizational unit is gone",
            "It was deleted or moved. Refresh to see what is there now.",
        ),
    }
}

/// Draws a site.
pub(super) fn site_ui(ui: &mut Ui, view: &mut View<'_>, dn: &Dn) {
    let Some(site) = view.forest.som(dn) else {
        return empty_ui(ui, "The site is gone", "It was deleted or renamed. Refresh to see what is there now.");
    };
    match view.tabs_ui(ui, "Site", &[LINKED, DELEGATION]) {
        DELEGATION => {
            let root = view.forest.snapshot.name.clone();
            delegation::som_ui(ui, view, &root, site);
        }
        _ => linked::linked_gpos_ui(ui, view, site),
    }
}

fn container_ui(ui: &mut Ui, view: &mut View<'_>, domain: &DomainSnapshot, som: &Som, index: SomIndex) {
    let tab = view.tabs_ui(ui, "Container", &[LINKED, INHERITANCE, DELEGATION]);
    tab_ui(ui, view, domain, som, index, tab);
}

fn tab_ui(ui: &mut Ui, view: &mut View<'_>, domain: &DomainSnapshot, som: &Som, index: SomIndex, tab: &str) {
    match tab {
        INHERITANCE => inheritance_ui(ui, view, domain, som, index),
        DELEGATION => delegation::som_ui(ui, view, &domain.name, som),
        _ => linked::linked_gpos_ui(ui, view, som),
    }
}

fn inheritance_ui(ui: &mut Ui, view: &mut View<'_>, domain: &DomainSnapshot, som: &Som, index: SomIndex) {
    ui.horizontal(|ui| {
        Icon::Info.show(ui, ICON_SIZE);
        ui.weak("Links of sites are not part of this list. Security and WMI filters are not evaluated.");
        ui.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
            ui.checkbox(&mut view.state.shows_som_settings, "Show settings");
        });
    });
    if som.inheritance_blocked {
        banner_ui(
            ui,
            Severity::Info,
            "Inheritance is blocked here: of the links above only enforced ones take effect.",
        );
    }
    let forest = view.forest;
    let links = domain.inherited_links(index);
    let holder = |link: &InheritedLink| domain.soms.get(link.som.0);
    let place = |inherited: &InheritedLink| {
        Some(Place::Link { som: holder(inherited)?.dn.clone(), order: inherited.link.order })
    };
    let table = DataTable::new("inherited GPOs", INHERITANCE)
        .column(
            Column::new("Precedence", 110.0, |inherited: &InheritedLink| {
                let enforced = if inherited.link.enforced { " (Enforced)" } else { "" };
                Cell::text(format!("{}{enforced}", inherited.precedence))
            })
            .sort_number(|inherited| inherited.precedence as i64),
        )
        .column(Column::new("GPO", 250.0, |inherited: &InheritedLink| {
            let face = place(inherited).map(|place| Face::of_place(&place, forest));
            link_name(face, &inherited.link, forest)
        }))
        .column(Column::new("Location", 170.0, |inherited: &InheritedLink| {
            let Some(som) = holder(inherited) else { return Cell::default() };
            cells::place(forest, &Place::of_som(&som.dn)).tooltip(som.dn.canonical_name())
        }))
        .column(Column::new("GPO Status", 254.0, |inherited: &InheritedLink| {
            cells::of_target(forest, &inherited.link, cells::gpo_status)
        }))
        .column(Column::new("WMI Filter", 160.0, |inherited: &InheritedLink| {
            cells::of_target(forest, &inherited.link, |gpo| cells::wmi_filter(forest, gpo))
        }))
        .row_id(|inherited| row_id((inherited.som, inherited.link.order)))
        .sorted_by("Precedence")
        .revision(row_id((view.revision(), links.len())))
        .empty("No GPO takes effect here.");
    let table = if view.state.shows_som_settings { table.height(TableHeight::Rows { min: 2, max: 6 }) } else { table };
    let gpo = |inherited: &InheritedLink| gpo_place(forest.snapshot.link_target(&inherited.link));
    view.table_of_nodes_ui(ui, table, &links, &place, &[("Go to Link", &place), ("Go to GPO", &gpo)]);
    if view.state.shows_som_settings {
        ui.add_space(2.0 * SPACE);
        ui.label(RichText::new("Settings that any computer and any user here get").heading());
        let settings: fn(&ShownRsop) -> _ = |shown| shown.settings.clone();
        report::part_of_rsop_ui(ui, view, Reported::Som(som.dn.clone()), settings);
    }
}

/// Returns the cell that names the GPO of a link; where there is none, why.
fn link_name<'a>(face: Option<Face>, link: &GpoLink, forest: &OpenForest) -> Cell<'a> {
    let Some(face) = face else { return Cell::default() };
    let cell = Cell::icon(face.icon, face.label);
    match forest.snapshot.link_target(link) {
        LinkTarget::Gpo(gpo) if !gpo.inaccessible => cell.tooltip(face.states.join(", ")),
        LinkTarget::Damaged => cell.tone(Tone::Error).tooltip(format!("Not a link: {}", link.text)),
        LinkTarget::Gpo(_) | LinkTarget::NotFound | LinkTarget::DomainNotRead | LinkTarget::OtherForest => {
            cell.tone(Tone::Error).tooltip(link.gpo_dn.as_ref().map(ToString::to_string).unwrap_or_default())
        }
    }
}

fn gpo_place(target: LinkTarget<'_>) -> Option<Place> {
    target.gpo().map(|gpo| Place::Gpo { domain: gpo.domain.clone(), id: gpo.id })
}
