//! The pages of the wizard that have no field of their own kind.

use std::sync::Arc;

use egui::{ComboBox, Ui};

use crate::gpm::{Domain, DomainController, OperationError};
use crate::report::Side;
use crate::rsop::{LoopbackMode, Plan, SidePlan, Subject, Target};
use crate::store::ControllerChoice;

use super::super::kit::data_table::{Cell, Column, DataTable, TableHeight, row_id};
use super::super::kit::notice::{Severity, banner_ui};
use super::super::step::{self, Step};
use super::super::stored_query::QueryTarget;
use super::super::theme::SPACE;
use super::super::window::Surroundings;
use super::super::wizard::{PageFrame, Ready, summary_ui};
use super::filters::filters_in_scope;
use super::{CLOSED, Modeling, SideFields, place, ready_of};

const NONE: &str = "(None)";

pub(super) fn welcome_ui(_state: &mut Modeling, ui: &mut Ui, _page: &mut PageFrame<'_, '_>) {
    ui.label("This wizard tells which settings a user and a computer would get, and from which GPO each comes.");
    ui.add_space(2.0 * SPACE);
    for line in [
        "Nothing in the domain changes. The answer is computed here, from what lies in the directory and in SYSVOL.",
        "A user or computer can be imagined in another container, another site or other groups.",
        "Policy that is set on the computer itself is never part of a simulation.",
    ] {
        ui.label(format!("•  {line}"));
    }
}

pub(super) fn controller_ui(state: &mut Modeling, ui: &mut Ui, page: &mut PageFrame<'_, '_>) {
    let Some(forest) = page.around.forest(state.forest) else { return banner_ui(ui, Severity::Error, CLOSED) };
    let snapshot = Arc::clone(&forest.snapshot);
    ui.label("The simulation reads the directory and SYSVOL from a domain controller.");
    ui.add_space(2.0 * SPACE);
    ui.horizontal(|ui| {
        let label = ui.label("Show domain controllers in this domain:");
        let combo = ComboBox::from_id_salt("domain of a simulation").width(260.0);
        let combo = combo.selected_text(state.domain.to_string()).show_ui(ui, |ui| {
            for domain in &snapshot.domains {
                let chosen = ui.selectable_value(&mut state.domain, domain.name.clone(), domain.name.as_str());
                if chosen.changed() {
                    (state.uses_controller, state.controller) = (false, None);
                }
            }
        });
        combo.response.labelled_by(label.id);
    });
    ui.add_space(SPACE);
    ui.label("Process the simulation on:");
    let any = ui.radio_value(&mut state.uses_controller, false, "Any available domain controller");
    page.focus_first(&any);
    ui.radio_value(&mut state.uses_controller, true, "This domain controller:");
    let controllers = snapshot.domain(&state.domain).map_or(&[][..], |domain| &domain.domain_controllers);
    let table = DataTable::new("controllers of a simulation", "Domain controllers")
        .column(Column::new("Name", 320.0, |controller: &DomainController| Cell::text(controller.name.as_str())))
        .column(Column::new("Site", 180.0, |controller: &DomainController| Cell::text(controller.site.as_str())))
        .row_id(|controller| row_id(&controller.name))
        .sorted_by("Name")
        .revision(row_id((state.domain.as_str(), controllers.len())))
        .empty("The configuration names no domain controller of this domain.")
        .height(TableHeight::Rows { min: 3, max: 7 })
        .compact();
    let before = state.controllers.selected();
    table.ui(ui, &mut state.controllers, controllers);
    let selected = state.controllers.selected();
    if selected != before
        && let Some(controller) = selected.first().and_then(|row| controllers.get(*row))
    {
        (state.uses_controller, state.controller) = (true, Some(controller.name.clone()));
    }
    if page.is_awaited {
        ask_controller(state, page.around);
    }
    state.answers.poll();
}

/// Asks the domain controller that was chosen whether it answers, once.
fn ask_controller(state: &mut Modeling, around: &Surroundings<'_>) {
    let Some(controller) = state.controller.clone().filter(|_| state.uses_controller) else { return };
    if state.asked_controller.as_ref() == Some(&controller) {
        return;
    }
    state.answers.cancel();
    state.asked_controller = Some(controller.clone());
    let Some(forest) = around.forest(state.forest) else { return };
    let (store, domain) = (Arc::clone(&forest.store), state.domain.clone());
    state.answers = Step::start(around.workers, move |task| async move {
        let opened = task.or_cancel(Domain::open_on(&store, &domain, ControllerChoice::Named(controller))).await?;
        opened.map(drop).map_err(|error| OperationError::of_directory(&error))
    });
}

pub(super) fn controller_ready(state: &Modeling, _around: &Surroundings<'_>) -> Ready {
    match (state.uses_controller, &state.controller) {
        (false, _) => Ready::Yes,
        (true, None) => Ready::No("Choose a domain controller from the list.".to_owned()),
        (true, controller) if state.asked_controller != *controller => Ready::Wait("Asking it…".to_owned()),
        (true, Some(_)) => ready_of(&state.answers, "Asking it…"),
    }
}

pub(super) fn targets_ui(state: &mut Modeling, ui: &mut Ui, page: &mut PageFrame<'_, '_>) {
    ui.label("Whose settings are simulated: a user or computer, or anybody in a container. One side may stay empty.");
    ui.weak(r"A container is named like CN=Users,DC=corp,DC=example or corp.example/Staff, an account like CORP\ann.");
    ui.add_space(2.0 * SPACE);
    let home = state.domain.clone();
    for (side, is_first) in [(Side::User, true), (Side::Computer, false)] {
        let fields = state.side(side);
        let before = fields.target.target();
        if fields.target.ui(ui, page, &home, is_first) && fields.target.target() != before && before.is_some() {
            // What was imagined of somebody else is nothing to this one.
            fields.location.forget();
            fields.groups.forget();
        }
        ui.add_space(2.0 * SPACE);
    }
    skip_ui(state, ui, place::TARGETS);
}

pub(super) fn targets_ready(state: &Modeling, _around: &Surroundings<'_>) -> Ready {
    if !state.user.target.is_asked() && !state.computer.target.is_asked() {
        return Ready::No("Enter a user or a computer, or a container for one of them.".to_owned());
    }
    first_not_ready([state.user.target.ready(), state.computer.target.ready()])
}

fn first_not_ready(ready: [Ready; 2]) -> Ready {
    let [first, second] = ready;
    match (first, second) {
        // What is wrong comes before what is waited for.
        (no @ Ready::No(_), _) | (_, no @ Ready::No(_)) => no,
        (Ready::Yes, other) | (other, _) => other,
    }
}

pub(super) fn options_ui(state: &mut Modeling, ui: &mut Ui, page: &mut PageFrame<'_, '_>) {
    ui.label("What is assumed of the connection and of the computer.");
    ui.add_space(2.0 * SPACE);
    let slow = ui.checkbox(&mut state.slow_link, "Slow network connection (for example, a dial-up connection)");
    page.focus_first(&slow);
    ui.add_space(SPACE);
    ui.checkbox(&mut state.has_loopback, "Loopback processing");
    ui.indent("loopback", |ui| {
        ui.add_enabled_ui(state.has_loopback, |ui| {
            for (mode, words) in [
                (LoopbackMode::Replace, "Replace: the user's own GPOs do not count"),
                (LoopbackMode::Merge, "Merge: those of the computer's place come on top"),
            ] {
                ui.radio_value(&mut state.loopback, mode, words);
            }
        });
    });
    ui.add_space(2.0 * SPACE);
    let names: Vec<String> = match page.around.forest(state.forest) {
        Some(forest) => forest.snapshot.sites.iter().map(|site| site.name.clone()).collect(),
        None => Vec::new(),
    };
    ui.horizontal(|ui| {
        let label = ui.label("Site:");
        let text = state.site.as_deref().unwrap_or(NONE);
        let combo = ComboBox::from_id_salt("site of a simulation").selected_text(text).width(260.0);
        let combo = combo.show_ui(ui, |ui| {
            ui.selectable_value(&mut state.site, None, NONE);
            for name in &names {
                ui.selectable_value(&mut state.site, Some(name.clone()), name);
            }
        });
        combo.response.labelled_by(label.id);
    });
    ui.add_space(2.0 * SPACE);
    skip_ui(state, ui, place::OPTIONS);
}

pub(super) fn options_ready(state: &Modeling, _around: &Surroundings<'_>) -> Ready {
    if state.has_loopback && !state.computer.target.is_asked() {
        let why = "Loopback processing needs a computer: go back and enter one, or a container of computers.";
        return Ready::No(why.to_owned());
    }
    Ready::Yes
}

pub(super) fn locations_ui(state: &mut Modeling, ui: &mut Ui, page: &mut PageFrame<'_, '_>) {
    ui.label(
        "Where the user and the computer are imagined, as if they were moved. Left empty, they are where they are.",
    );
    ui.add_space(2.0 * SPACE);
    let mut is_first = true;
    for (side, name) in [(Side::User, "User location"), (Side::Computer, "Computer location")] {
        let fields = state.side(side);
        if let Some(target @ QueryTarget::Account { .. }) = fields.target.target() {
            fields.location.ui(ui, page, name, &target.place(), is_first);
            is_first = false;
            ui.add_space(2.0 * SPACE);
        }
    }
    skip_ui(state, ui, place::LOCATIONS);
}

pub(super) fn locations_ready(state: &Modeling, _around: &Surroundings<'_>) -> Ready {
    first_not_ready([state.user.location.ready(), state.computer.location.ready()])
}

pub(super) fn groups_ui(state: &mut Modeling, ui: &mut Ui, page: &mut PageFrame<'_, '_>, side: Side) {
    let (who, page_place) = match side {
        Side::User => ("user", place::USER_GROUPS),
        Side::Computer => ("computer", place::COMPUTER_GROUPS),
    };
    ui.label(format!("The {who} is imagined in these security groups:"));
    ui.add_space(SPACE);
    let home = state.domain.clone();
    let SideFields { target, groups, .. } = state.side(side);
    let own = target.found().map(|found| found.groups.as_slice()).unwrap_or_default();
    groups.ui(ui, page, &home, own);
    skip_ui(state, ui, page_place);
}

pub(super) fn filters_ui(state: &mut Modeling, ui: &mut Ui, page: &mut PageFrame<'_, '_>, side: Side) {
    let (who, page_place): (_, _) = match side {
        Side::User => ("user", place::USER_FILTERS),
        Side::Computer => ("computer", place::COMPUTER_FILTERS),
    };
    ui.label(format!(
        "WMI filters are tested on the computer itself; for a simulation of the {who} their outcome is assumed."
    ));
    ui.add_space(SPACE);
    let (forest, target, assumptions) = (state.forest, scope_of(state), state.query().assumptions());
    let of_side: fn(&Plan) -> Option<&SidePlan> = match side {
        Side::User => |plan| plan.user.as_ref(),
        Side::Computer => |plan| plan.computer.as_ref(),
    };
    state.side(side).filters.ui(ui, page, |page| match page.around.forest(forest) {
        Some(forest) => filters_in_scope(forest, &target, &assumptions, of_side),
        None => Vec::new(),
    });
    skip_ui(state, ui, page_place);
}

/// Returns whose GPOs are in scope: anybody who lies where the user and the computer are imagined.
fn scope_of(state: &Modeling) -> Target {
    let query = state.query();
    let subject = |target: &Option<QueryTarget>, imagined: &Option<crate::ident::Dn>| {
        let place = imagined.clone().or_else(|| target.as_ref().map(QueryTarget::place))?;
        Some(Subject::Container(place))
    };
    Target { user: subject(&query.user, &query.user_place), computer: subject(&query.computer, &query.computer_place) }
}

pub(super) fn summary_page_ui(state: &mut Modeling, ui: &mut Ui, _page: &mut PageFrame<'_, '_>) {
    ui.label("This is simulated. Go back to change it; Next computes the answer.");
    ui.add_space(2.0 * SPACE);
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| summary_ui(ui, &state.query().selections()));
}

pub(super) fn completing_ui(state: &mut Modeling, ui: &mut Ui, page: &mut PageFrame<'_, '_>) {
    state.ran.poll();
    let again = step::completing_ui(ui, &state.ran, "Cancel the simulation", |ui, ran| {
        ui.label("The simulation is done. Finish keeps it below Group Policy Modeling and shows it.");
        ui.add_space(2.0 * SPACE);
        summary_ui(ui, &ran.outcome());
    });
    if again {
        state.run(page.around);
    }
}

pub(super) fn completing_ready(state: &Modeling, _around: &Surroundings<'_>) -> Ready {
    match &state.ran {
        Step::Running(..) => Ready::Wait("Finish follows as soon as the simulation is done.".to_owned()),
        step => ready_of(step, "The simulation has not begun."),
    }
}

/// Draws the box that leaves out the pages up to the summary.
fn skip_ui(state: &mut Modeling, ui: &mut Ui, page: usize) {
    let mut skips = state.skips_after == Some(page);
    let words = "Skip to the final page of this wizard without collecting additional data";
    if ui.checkbox(&mut skips, words).changed() {
        state.skips_after = skips.then_some(page);
    }
}
