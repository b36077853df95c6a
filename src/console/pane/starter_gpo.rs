//! The container of starter GPOs and a starter GPO (`console-ui.md` 3.11, 3.12).

use egui::{ScrollArea, Ui};

use super::state::View;
use super::{cells, delegation, report};
use crate::console::error_view::{ErrorReport, error_ui};
use crate::console::kit::data_table::{Cell, Column, DataTable, row_id};
use crate::console::kit::notice::{empty_ui, loading_ui};
use crate::console::kit::property_list::{PropertyList, Value};
use crate::console::rename::READ_ONLY_STARTER;
use crate::console::theme::SPACE;
use crate::console::{Command, Detail, Icon, Lazy, Place, Reported, starter_gpo};
use crate::gpm::{StarterGpo, StarterGpoType};
use crate::ident::{DnsName, Guid};

/// Draws the container.
pub(super) fn container_ui(ui: &mut Ui, view: &mut View<'_>, domain: &DnsName) {
    match view.tabs_ui(ui, "Starter GPOs", &["Contents", "Delegation"]) {
        "Delegation" => delegation::starter_gpo_creators_ui(ui, view, domain),
        _ => {
            if !is_there(ui, view, domain) {
                return;
            }
            if view.forest.starter_folder_is_missing(domain) {
                return no_folder_ui(ui, view, domain);
            }
            contents_ui(ui, view, view.forest.starter_gpos(domain));
        }
    }
}

/// Draws a starter GPO.
pub(super) fn starter_gpo_ui(ui: &mut Ui, view: &mut View<'_>, domain: &DnsName, id: Guid) {
    if !is_there(ui, view, domain) {
        return;
    }
    let Some(starter) = view.forest.starter_gpo(domain, id) else {
        return empty_ui(ui, "The starter GPO is gone", "It was deleted. Refresh to see what is there now.");
    };
    match view.tabs_ui(ui, "Starter GPO", &["Details", "Settings", "Delegation"]) {
        "Settings" => report::of_forest_ui(ui, view, Reported::StarterGpo(domain.clone(), id)),
        "Delegation" => delegation::starter_gpo_ui(ui, view, starter),
        _ => details_ui(ui, view, starter),
    }
}

/// Tells whether the starter GPOs of a domain are there; draws why not.
fn is_there(ui: &mut Ui, view: &mut View<'_>, domain: &DnsName) -> bool {
    match view.forest.details.starter_gpos(domain) {
        Lazy::Ready(_) => return true,
        Lazy::Unknown => view.fetch(Detail::StarterGpos(domain.clone())),
        Lazy::Loading => {}
        Lazy::Failed(error) => {
            let report = ErrorReport::of_store(format!("Read the starter GPOs of {domain}"), error);
            error_ui(ui, &report, view.commands);
            ui.add_space(2.0 * SPACE);
            if ui.button("Try Again").clicked() {
                view.commands.push(Command::RetryStarterGpos(view.forest.id, domain.clone()));
            }
            return false;
        }
    }
    loading_ui(ui, "Reading the starter GPOs from SYSVOL…");
    false
}

/// Draws what a domain shows whose SYSVOL has no folder of starter GPOs.
fn no_folder_ui(ui: &mut Ui, view: &mut View<'_>, domain: &DnsName) {
    empty_ui(
        ui,
        "This domain has no Starter GPOs folder",
        "Starter GPOs hold administrative templates that new GPOs begin with. They lie in the folder StarterGPOs of SYSVOL, which this domain does \
         not have yet. Microsoft's ready-made sets do not come with this program; they can be loaded from cabinets.",
    );
    ui.add_space(2.0 * SPACE);
    ui.vertical_centered(|ui| {
        if view.change_button_ui(ui, "Create Starter GPOs Folder", None) {
            view.commands.push(starter_gpo::create_folder(view.forest, domain));
        }
    });
}

fn contents_ui(ui: &mut Ui, view: &mut View<'_>, starters: &[StarterGpo]) {
    let place = |starter: &StarterGpo| Place::StarterGpo { domain: starter.domain.clone(), id: starter.id };
    let table = DataTable::new("starter GPOs", "Starter GPOs")
        .column(Column::new("Name", 280.0, |starter: &StarterGpo| {
            Cell::icon(Icon::StarterGpo, starter.display_name.as_str())
        }))
        .column(Column::new("Starter GPO Type", 140.0, |starter: &StarterGpo| Cell::text(kind(starter))))
        .column(
            Column::new("Modified", 150.0, |starter: &StarterGpo| cells::time(starter.modified))
                .sort_key(|starter| cells::time_key(starter.modified)),
        )
        .column(Column::new("Author", 200.0, |starter: &StarterGpo| Cell::text(starter.author.as_str())))
        .row_id(|starter| row_id(starter.id))
        .sorted_by("Name")
        .revision(view.revision())
        .empty("The domain has no starter GPOs. They lie in the SYSVOL folder StarterGPOs.");
    let place = |starter: &StarterGpo| Some(place(starter));
    view.table_of_nodes_ui(ui, table, starters, &place, &[("Go to Starter GPO", &place)]);
}

fn details_ui(ui: &mut Ui, view: &mut View<'_>, starter: &StarterGpo) {
    let time =
        |time: Option<crate::ident::Timestamp>| Value::text(time.map(|time| time.to_local_text()).unwrap_or_default());
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        PropertyList::new("starter gpo")
            .row("Name", Value::text(starter.display_name.as_str()))
            .row("Type", Value::text(kind(starter)))
            .row("Author", Value::text(starter.author.as_str()))
            .row("Product", Value::text(starter.product.as_str()))
            .row("Created", time(starter.created))
            .row("Modified", time(starter.modified))
            .row("User version", Value::text(starter.version.user.to_string()))
            .row("Computer version", Value::text(starter.version.computer.to_string()))
            .row("Template version", Value::text(starter.template_version.as_str()))
            .copyable("Unique ID", Value::text(starter.id.to_string()).monospace())
            .row("Comment", Value::text(starter.description.as_str()))
            .ui(ui);
        ui.add_space(2.0 * SPACE);
        let why_not = (starter.kind == StarterGpoType::System).then_some(READ_ONLY_STARTER);
        if view.change_button_ui(ui, "Edit Name and Comment…", why_not) {
            view.commands.push(starter_gpo::edit_starter(view.forest, starter));
        }
    });
}

fn kind(starter: &StarterGpo) -> &'static str {
    match starter.kind {
        StarterGpoType::System => "System",
        StarterGpoType::Custom => "Custom",
    }
}
