//! A GPO, by itself or through a link: Scope, Details, Settings, Delegation (`console-ui.md` 3.8). Each tab, and each block of the
//! Scope tab, is a file of its own.

mod acl_question;
mod details;
mod scope_links;
mod security_filtering;
mod wmi_filtering;

pub(super) use details::CommentDrafts;

use egui::{RichText, ScrollArea, Ui};

use super::faults::faults_ui;
use super::state::View;
use super::{delegation, report, status};
use crate::console::kit::notice::{Severity, banner_with_button_ui, banner_with_hint_ui, empty_ui};
use crate::console::theme::SPACE;
use crate::console::{Command, Reported, StatusOf};
use crate::gpm::{Gpo, LinkTarget};
use crate::ident::{Dn, DnsName, Guid};

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
        LinkTarget::Gpo(gpo) => {
            if view.context.situation.link_notice {
                link_notice_ui(ui, view);
            }
            tabs_ui(ui, view, gpo);
        }
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

/// Tells that a link was selected and not a GPO, until nobody wants to be told any more (`console-ui.md` 2.4).
fn link_notice_ui(ui: &mut Ui, view: &mut View<'_>) {
    let text = "This is a link to a GPO. Except for the properties of the link, what is changed here changes the GPO, and so every \
                place that it is linked to.";
    banner_with_button_ui(ui, Severity::Info, text, "Do Not Show Again", || {
        view.commands.push(Command::SilenceLinkNotice);
    });
    ui.add_space(SPACE);
}

fn tabs_ui(ui: &mut Ui, view: &mut View<'_>, gpo: &Gpo) {
    let tab = view.tabs_ui(ui, "GPO", &["Scope", "Details", "Settings", "Delegation", "Status"]);
    faults_ui(ui, view, gpo);
    acl_question::ask(view, gpo);
    match tab {
        "Details" => details::details_ui(ui, view, gpo),
        "Settings" => report::of_forest_ui(ui, view, Reported::Gpo(gpo.domain.clone(), gpo.id)),
        "Delegation" => delegation::gpo_ui(ui, view, gpo),
        "Status" => {
            if let Some(domain) = view.forest.snapshot.domain(&gpo.domain) {
                let of = StatusOf { domain: gpo.domain.clone(), gpo: Some(gpo.id) };
                status::status_ui(ui, view, domain, &of);
            }
        }
        _ => {
            ScrollArea::vertical().auto_shrink(false).show(ui, |ui| scope_ui(ui, view, gpo));
        }
    }
}

fn scope_ui(ui: &mut Ui, view: &mut View<'_>, gpo: &Gpo) {
    ui.label(RichText::new("Links").heading());
    scope_links::links_ui(ui, view, gpo);
    ui.add_space(10.0);
    ui.label(RichText::new("Security Filtering").heading());
    security_filtering::filtering_ui(ui, view, gpo);
    ui.add_space(10.0);
    ui.label(RichText::new("WMI Filtering").heading());
    wmi_filtering::wmi_ui(ui, view, gpo);
}
