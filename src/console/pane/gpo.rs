//! A GPO, by itself or through a link: Scope, Details, Settings, Delegation (`console-ui.md` 3.8).

use egui::{ComboBox, RichText, ScrollArea, Ui};

use super::faults::faults_ui;
use super::state::{LinkLocation, View};
use super::{cells, delegation, report};
use crate::console::kit::accessible;
use crate::console::kit::data_table::{Cell, Column, DataTable, TableHeight, Tone, row_id};
use crate::console::kit::notice::{Severity, banner_with_hint_ui, empty_ui};
use crate::console::kit::property_list::{PropertyList, Value};
use crate::console::theme::ICON_SIZE;
use crate::console::{Detail, Icon, Lazy, Place, Reported};
use crate::gpm::{Gpo, GpoStatus, LinkScope, LinkTarget, LinkedSom, SecuredObject, SysvolState, Trustee};
use crate::ident::{Dn, DnsName, Guid, Timestamp};

/// Draws a GPO.
pub(super) fn gpo_ui(ui: &mut Ui, view: &mut View<'_>, domain: &DnsName, id: Guid) {
    match view.forest.snapshot.gpo(domain, id) {
        Some(gpo) => tabs_ui(ui, view, gpo),
        None => empty_ui(ui, "The GPO is gone", "It was deleted. Refresh to see what is there now."),
    }
}

/// Draws the GPO of a link.
pub(super) fn link_ui(ui: &mut Ui, view: &mut View<'_>, som: &Dn, order: usize) {
    let Some(link) = view.forest.link(som, order) else {
        return empty_ui(ui, "The link is gone", "It was deleted or moved. Refresh to see what is there now.");
    };
    let dn = link.gpo_dn.as_ref().map(ToString::to_string).unwrap_or_default();
    match view.forest.snapshot.link_target(link) {
        LinkTarget::Gpo(gpo) => tabs_ui(ui, view, gpo),
        LinkTarget::NotFound => banner_with_hint_ui(
            ui,
            Severity::Error,
            &format!("Not Found: the link points to a GPO that does not exist any more. {dn}"),
            "Clients skip it. The GPO was deleted and this link stayed behind.",
        ),
        LinkTarget::DomainNotRead => banner_with_hint_ui(
            ui,
            Severity::Warning,
            &format!("The domain of the GPO could not be read. {dn}"),
            "Refresh when its domain controllers can be reached.",
        ),
        LinkTarget::OtherForest => banner_with_hint_ui(
            ui,
            Severity::Warning,
            &format!("The link points out of the forest. {dn}"),
            "Clients cannot follow it.",
        ),
        LinkTarget::Damaged => banner_with_hint_ui(
            ui,
            Severity::Error,
            &format!("This part of the attribute gPLink is no link: {}", link.text),
            "Clients skip it. It stays untouched when other links are changed.",
        ),
    }
}

fn tabs_ui(ui: &mut Ui, view: &mut View<'_>, gpo: &Gpo) {
    let tab = view.tabs_ui(ui, "GPO", &["Scope", "Details", "Settings", "Delegation"]);
    faults_ui(ui, view, gpo);
    match tab {
        "Details" => details_ui(ui, view, gpo),
        "Settings" => report::of_forest_ui(ui, view, Reported::Gpo(gpo.domain.clone(), gpo.id)),
        "Delegation" => delegation::gpo_ui(ui, view, gpo),
        _ => {
            ScrollArea::vertical().auto_shrink(false).show(ui, |ui| scope_ui(ui, view, gpo));
        }
    }
}

fn scope_ui(ui: &mut Ui, view: &mut View<'_>, gpo: &Gpo) {
    ui.label(RichText::new("Links").heading());
    location_ui(ui, view, gpo);
    let location = view.state.link_location.clone();
    let scope = match &location {
        LinkLocation::OwnDomain => LinkScope::Domain(&gpo.domain),
        LinkLocation::Domain(domain) => LinkScope::Domain(domain),
        LinkLocation::AllSites => LinkScope::AllSites,
        LinkLocation::EntireForest => LinkScope::EntireForest,
    };
    links_ui(ui, view, &view.forest.snapshot.links_to(&gpo.dn, scope), row_id(format!("{location:?}")));
    ui.add_space(10.0);
    ui.label(RichText::new("Security Filtering").heading());
    ui.weak("The settings in this GPO apply only to these groups, users and computers:");
    filtering_ui(ui, view, gpo);
    ui.add_space(10.0);
    ui.label(RichText::new("WMI Filtering").heading());
    wmi_ui(ui, view, gpo);
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

fn links_ui(ui: &mut Ui, view: &mut View<'_>, links: &[LinkedSom<'_>], location: u64) {
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
    view.table_ui(
        ui,
        table,
        links,
        &[("Go to Location", &|linked| Some(holder(linked))), ("Go to Link", &|linked| Some(place(linked)))],
    );
}

fn filtering_ui(ui: &mut Ui, view: &mut View<'_>, gpo: &Gpo) {
    let Some(bytes) = gpo.security_descriptor.as_deref() else {
        ui.weak("The permissions of this GPO may not be read.");
        return;
    };
    let security = delegation::security_info(view, SecuredObject::Gpo, bytes);
    let security = match &*security {
        Ok(security) => security,
        Err(error) => {
            ui.label(error);
            return;
        }
    };
    view.fetch_trustees(("gpo", gpo.id), security.sids().into_iter());
    let forest = view.forest;
    let rows: Vec<&Trustee> = security.security_filtering().collect();
    let table = DataTable::new("security filtering", "Security Filtering")
        .column(Column::new("Name", 320.0, move |trustee: &&Trustee| cells::trustee(forest, &trustee.sid)))
        .row_id(|trustee| row_id(trustee.sid.to_string()))
        .sorted_by("Name")
        .revision(row_id((view.revision(), gpo.id)))
        .empty("Nobody: the GPO applies to no one.")
        .height(TableHeight::Rows { min: 2, max: 6 })
        .compact();
    view.table_ui(ui, table, &rows, &[]);
}

fn wmi_ui(ui: &mut Ui, view: &mut View<'_>, gpo: &Gpo) {
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

fn details_ui(ui: &mut Ui, view: &mut View<'_>, gpo: &Gpo) {
    view.fetch_trustees(("gpo owner", gpo.id), gpo.owner.iter().cloned());
    view.fetch(Detail::Comment(gpo.domain.clone(), gpo.id));
    let owner = match &gpo.owner {
        Some(owner) => {
            let cell = cells::trustee(view.forest, owner);
            let value = Value::text(cell.text.into_owned()).tone(cell.tone);
            match cell.icon {
                Some(icon) => value.icon(icon),
                None => value,
            }
        }
        None => Value::text("May not be read").tone(Tone::Weak),
    };
    let time = |time: Option<Timestamp>| Value::text(time.map(|time| time.to_local_text()).unwrap_or_default());
    let comment = match view.forest.details.comment(&gpo.domain, gpo.id) {
        Lazy::Ready(text) => Value::text(text.as_str()),
        Lazy::Unknown | Lazy::Loading => Value::loading(),
        Lazy::Failed(error) => Value::text(format!("Could not be read: {error}")).tone(Tone::Warning),
    };
    let sysvol = view.forest.details.sysvol(&gpo.domain, gpo.id);
    let status = Value::text(gpo.status.label());
    let status = if gpo.status == GpoStatus::AllSettingsDisabled { status.tone(Tone::Warning) } else { status };
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        PropertyList::new("gpo details")
            .row("Domain", Value::text(gpo.domain.to_string()))
            .row("Owner", owner)
            .row("Created", time(gpo.created))
            .row("Modified", time(gpo.modified))
            .row("User version", version(gpo.version.user, sysvol, |version| version.user))
            .row("Computer version", version(gpo.version.computer, sysvol, |version| version.computer))
            .copyable("Unique ID", Value::text(gpo.id.to_string()).monospace())
            .row("GPO Status", status)
            .copyable("SYSVOL folder", Value::text(gpo.file_system_path.clone().unwrap_or_default()).monospace())
            .copyable("Distinguished name", Value::text(gpo.dn.to_string()).monospace())
            .row("Comment", comment)
            .ui(ui);
    });
}

fn version(directory: u16, sysvol: &Lazy<SysvolState>, half: impl Fn(&crate::ident::GpoVersion) -> u16) -> Value {
    match sysvol {
        Lazy::Ready(SysvolState::Version(version)) => {
            let sysvol = half(version);
            let value = Value::text(format!("{directory} (AD), {sysvol} (SYSVOL)"));
            if sysvol == directory { value } else { value.tone(Tone::Warning) }
        }
        Lazy::Ready(SysvolState::Missing) => {
            Value::text(format!("{directory} (AD), missing (SYSVOL)")).tone(Tone::Error)
        }
        Lazy::Ready(SysvolState::Unreadable(_)) | Lazy::Failed(_) => {
            Value::text(format!("{directory} (AD), not readable (SYSVOL)")).tone(Tone::Warning)
        }
        Lazy::Unknown | Lazy::Loading => Value::text(format!("{directory} (AD), reading… (SYSVOL)")).busy(),
    }
}
