//! The Delegation tab of everything that has one: who may do what (`console-ui.md` 3.4, 3.7–3.12, 5).

mod deeds;

use std::sync::Arc;

use egui::{ComboBox, Ui, vec2};

use super::cells;
use super::state::{SomPermission, View};
use crate::console::error_view::{ErrorReport, error_ui};
use crate::console::kit::accessible;
use crate::console::kit::data_table::{Cell, Column, DataTable, Tone, row_id};
use crate::console::kit::notice::{Severity, banner_ui, empty_ui, loading_ui};
use crate::console::theme::SPACE;
use crate::console::{Command, Detail, Lazy, OpenForest};
use crate::gpm::{
    DomainSnapshot, Gpo, Permission, PermissionType, SecuredObject, SecurityInfo, Som, SomType, StarterGpo, WmiFilter,
    starter_gpo_folder,
};
use crate::ident::{Dn, DnsName};
use crate::operation::admin::security::Secured;
use crate::store::{StoreErrorKind, SysvolPath};

pub(super) use deeds::{Listed, Target, named, properties};

/// Returns a GPO as something with permissions.
pub(super) fn gpo_target(view: &View<'_>, gpo: &Gpo) -> Target {
    Target {
        forest: view.forest.id,
        secured: Secured::Gpo(gpo.domain.clone(), gpo.id),
        name: view.forest.gpo_label(gpo),
        home: gpo.domain.clone(),
        dn: Some(gpo.dn.clone()),
    }
}

/// Draws who may do what with a GPO.
pub(super) fn gpo_ui(ui: &mut Ui, view: &mut View<'_>, gpo: &Gpo) {
    ui.weak("These groups and users have the specified permission for this GPO:");
    let target = gpo_target(view, gpo);
    match gpo.security_descriptor.as_deref() {
        Some(bytes) => list_ui(ui, view, &target, Listed::AllLevels, bytes),
        None => may_not_be_read_ui(ui),
    }
}

/// Draws who may do what with a WMI filter.
pub(super) fn wmi_filter_ui(ui: &mut Ui, view: &mut View<'_>, filter: &WmiFilter) {
    ui.weak("These groups and users have the specified permission for this WMI filter:");
    let target = Target {
        forest: view.forest.id,
        secured: Secured::WmiFilter(filter.domain.clone(), filter.id),
        name: filter.name.clone(),
        home: filter.domain.clone(),
        dn: Some(filter.dn.clone()),
    };
    match filter.security_descriptor.as_deref() {
        Some(bytes) => list_ui(ui, view, &target, Listed::AllLevels, bytes),
        None => may_not_be_read_ui(ui),
    }
}

/// Draws who may link GPOs to a site, domain or OU, and who may plan and read results there.
pub(super) fn som_ui(ui: &mut Ui, view: &mut View<'_>, domain: &DnsName, som: &Som) {
    let is_site = som.kind == SomType::Site;
    let permission = if is_site { PermissionType::SomLink } else { permission_ui(ui, view) };
    if is_site {
        ui.weak("These groups and users may link GPOs to this site:");
    }
    let target = Target {
        forest: view.forest.id,
        secured: Secured::Som(som.kind, som.dn.clone()),
        name: som.name.clone(),
        home: domain.clone(),
        dn: Some(som.dn.clone()),
    };
    let Some(bytes) = directory_descriptor(ui, view, domain, &som.dn) else { return };
    list_ui(ui, view, &target, Listed::Level(permission), bytes);
}

/// Draws who may create GPOs in a domain.
pub(super) fn gpo_creators_ui(ui: &mut Ui, view: &mut View<'_>, domain: &DomainSnapshot) {
    ui.weak("These groups and users may create GPOs in this domain:");
    let target = container_target(view, Secured::GpoCreation, "the GPOs", domain, domain.policies_container());
    let Some(bytes) = directory_descriptor(ui, view, &domain.name, &domain.policies_container()) else { return };
    list_ui(ui, view, &target, Listed::Holders(PermissionType::SomGpoCreate), bytes);
}

/// Draws who may create WMI filters in a domain.
pub(super) fn wmi_filter_creators_ui(ui: &mut Ui, view: &mut View<'_>, domain: &DomainSnapshot) {
    ui.weak("These groups and users may create WMI filters in this domain:");
    let target = container_target(view, Secured::WmiFilters, "the WMI filters", domain, domain.wmi_filter_container());
    if let Some(bytes) = directory_descriptor(ui, view, &domain.name, &domain.wmi_filter_container()) {
        list_ui(ui, view, &target, Listed::AllLevels, bytes);
    }
}

fn container_target(
    view: &View<'_>,
    secured: fn(DnsName) -> Secured,
    what: &str,
    domain: &DomainSnapshot,
    dn: Dn,
) -> Target {
    Target {
        forest: view.forest.id,
        secured: secured(domain.name.clone()),
        name: format!("{what} of {}", domain.name),
        home: domain.name.clone(),
        dn: Some(dn),
    }
}

/// Draws who may create starter GPOs in a domain.
pub(super) fn starter_gpo_creators_ui(ui: &mut Ui, view: &mut View<'_>, domain: &DnsName) {
    ui.weak("These groups and users may create starter GPOs in this domain:");
    let target = Target {
        forest: view.forest.id,
        secured: Secured::StarterGpos(domain.clone()),
        name: format!("the starter GPOs of {domain}"),
        home: domain.clone(),
        dn: None,
    };
    if let Some(bytes) = sysvol_descriptor(ui, view, domain, starter_gpo_folder()) {
        list_ui(ui, view, &target, Listed::Holders(PermissionType::SomStarterGpoCreate), bytes);
    }
}

/// Draws who may do what with a starter GPO.
pub(super) fn starter_gpo_ui(ui: &mut Ui, view: &mut View<'_>, starter: &StarterGpo) {
    ui.weak("These groups and users have the specified permission for this starter GPO:");
    let Ok(folder) = starter_gpo_folder().join(&starter.id.to_string()) else { return };
    let target = Target {
        forest: view.forest.id,
        secured: Secured::StarterGpo(starter.domain.clone(), starter.id),
        name: starter.display_name.clone(),
        home: starter.domain.clone(),
        dn: None,
    };
    if let Some(bytes) = sysvol_descriptor(ui, view, &starter.domain, folder) {
        list_ui(ui, view, &target, Listed::AllLevels, bytes);
    }
}

/// Returns the permissions a descriptor gives; kept from frame to frame.
pub(super) fn security_info(
    view: &mut View<'_>,
    object: SecuredObject,
    bytes: &[u8],
) -> Arc<Result<SecurityInfo, String>> {
    let key = row_id((object, bytes));
    match &view.state.security {
        Some((kept, security)) if *kept == key => Arc::clone(security),
        _ => {
            let read = SecurityInfo::from_bytes(object, bytes);
            let read = Arc::new(read.map_err(|error| format!("The permissions are damaged: {error}.")));
            view.state.security = Some((key, Arc::clone(&read)));
            read
        }
    }
}

fn permission_ui(ui: &mut Ui, view: &mut View<'_>) -> PermissionType {
    let choices = [PermissionType::SomLink, PermissionType::SomPlanning, PermissionType::SomLogging];
    let chosen = &mut view.state.som_permission;
    ui.horizontal(|ui| {
        ui.label("Permission:");
        let combo =
            ComboBox::from_id_salt("permission").width(300.0).selected_text(chosen.0.label()).show_ui(ui, |ui| {
                for choice in choices {
                    ui.selectable_value(chosen, SomPermission(choice), choice.label());
                }
            });
        accessible::name(&combo.response, "Permission");
        ui.weak("Groups and users with this permission:");
    });
    chosen.0
}

/// Draws a list of permissions with what can be done with them below.
fn list_ui(ui: &mut Ui, view: &mut View<'_>, target: &Target, listed: Listed, bytes: &[u8]) {
    let security = security_info(view, target.secured.object(), bytes);
    let security = match &*security {
        Ok(security) => security,
        Err(error) => return banner_ui(ui, Severity::Error, error),
    };
    if security.unrestricted {
        banner_ui(ui, Severity::Warning, "There is no access list: everybody may do everything.");
    }
    let revision = row_id((target.secured.object(), bytes, format!("{listed:?}")));
    view.fetch_trustees(revision, security.sids().into_iter());
    let wanted = |permission: &&Permission| match listed {
        Listed::Level(level) => permission.level == level,
        Listed::AllLevels | Listed::Holders(_) | Listed::Filtering => true,
    };
    let rows: Vec<&Permission> = security.permissions.iter().filter(wanted).collect();
    let refusal = target.refusal(view);
    let buttons = ui.spacing().interact_size.y + 2.0 * SPACE;
    let size = vec2(ui.available_width(), (ui.available_height() - buttons).max(0.0));
    let mut command = None;
    ui.allocate_ui(size, |ui| {
        command = table_ui(ui, view, target, listed, &rows, refusal.as_deref(), revision, bytes);
    });
    ui.add_space(SPACE);
    let selected = view.state.selected(TABLE).into_iter().filter_map(|row| rows.get(row).copied()).collect::<Vec<_>>();
    command = command.or(buttons_ui(ui, view, target, listed, &selected, refusal.as_deref(), bytes));
    view.commands.extend(command);
}

const TABLE: &str = "delegation";

#[expect(clippy::too_many_arguments, reason = "one table, drawn in one place")]
fn table_ui(
    ui: &mut Ui,
    view: &mut View<'_>,
    target: &Target,
    listed: Listed,
    rows: &[&Permission],
    refusal: Option<&str>,
    revision: u64,
    bytes: &[u8],
) -> Option<Command> {
    let forest = view.forest;
    let mut table = DataTable::new(TABLE, "Delegation")
        .column(Column::new("Name", 300.0, move |permission: &&Permission| {
            cells::trustee(forest, &permission.trustee.sid)
        }))
        .row_id(|permission| {
            row_id((permission.trustee.sid.to_string(), permission.level, permission.inherited, permission.denied))
        })
        .sorted_by("Name")
        .revision(row_id((view.revision(), revision)))
        .empty("Nobody has this permission here. Add somebody with the button below.");
    table = match listed {
        Listed::AllLevels | Listed::Filtering => {
            table.column(Column::new("Allowed Permissions", 300.0, |permission: &&Permission| level(permission)))
        }
        Listed::Level(_) => table
            .column(Column::new("Applies To", 260.0, |permission: &&Permission| applies_to(permission)))
            .column(Column::new("Setting", 80.0, |permission: &&Permission| setting(permission))),
        Listed::Holders(_) => {
            table.column(Column::new("Setting", 80.0, |permission: &&Permission| setting(permission)))
        }
    };
    table = table.column(Column::new("Inherited", 80.0, |permission: &&Permission| Cell::yes_no(permission.inherited)));
    let mut command = None;
    let response = view.state.table_ui(ui, table, rows, |ui, selected| {
        let selected: Vec<&Permission> = selected.iter().filter_map(|row| rows.get(*row).copied()).collect();
        let refusal = refusal.map(str::to_owned).or_else(|| row_refusal(&selected));
        let levels = ui.add_enabled_ui(refusal.is_none(), |ui| menu_ui(ui, forest, target, listed, &selected));
        if let Some(reason) = &refusal {
            levels.response.on_disabled_hover_text(reason);
        }
        let common = common_menu_ui(ui, forest, target, listed, &selected, refusal.as_deref(), bytes);
        command = levels.inner.or(common).or_else(|| command.take());
    });
    if let Some(row) = response.activated.and_then(|row| rows.get(row)) {
        command = Some(deeds::properties(named(forest, &row.trustee.sid)));
    }
    command
}

const NO_OBJECT: &str = "There is no object of this principal in the forest.";

/// Returns why rows cannot be changed here: what is inherited is changed where it comes from.
fn row_refusal(rows: &[&Permission]) -> Option<String> {
    if rows.is_empty() {
        return Some("Select a group or user in the list first.".to_owned());
    }
    let inherited = rows.iter().any(|row| row.inherited);
    inherited.then(|| "An inherited permission is changed on the object it comes from.".to_owned())
}

/// Draws the permissions that the selected rows can be given, the present one ticked.
fn menu_ui(
    ui: &mut Ui,
    forest: &OpenForest,
    target: &Target,
    listed: Listed,
    selected: &[&Permission],
) -> Option<Command> {
    let mut command = None;
    match listed {
        Listed::AllLevels => {
            for level in deeds::levels_offered(target.secured.object()) {
                let is_it = selected.iter().all(|row| row.level == level && !row.denied);
                if ui.selectable_label(is_it, level.label()).clicked() && !is_it {
                    command = Some(deeds::set_level(target, forest, selected, level));
                }
            }
        }
        Listed::Level(_) if target.secured.object() != SecuredObject::Site => {
            for (text, inheritable) in
                [("This container only", false), ("This container and all child containers", true)]
            {
                let is_it = selected.iter().all(|row| row.inheritable == inheritable);
                if ui.selectable_label(is_it, text).clicked() && !is_it {
                    command = Some(deeds::set_reach(target, forest, selected, inheritable));
                }
            }
        }
        Listed::Level(_) | Listed::Holders(_) | Listed::Filtering => {}
    }
    command
}

/// Draws Add…, Remove, Properties and Advanced….
fn buttons_ui(
    ui: &mut Ui,
    view: &View<'_>,
    target: &Target,
    listed: Listed,
    selected: &[&Permission],
    refusal: Option<&str>,
    bytes: &[u8],
) -> Option<Command> {
    let mut command = None;
    ui.horizontal(|ui| {
        command = common_buttons_ui(ui, view, target, listed, selected, refusal, bytes);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            // Who may not change the list may still look at it.
            if button_ui(ui, listed, "Advanced…", None) {
                command = deeds::advanced(target, bytes);
            }
        });
    });
    command
}

/// Draws the buttons that every list of permissions has.
pub(super) fn common_buttons_ui(
    ui: &mut Ui,
    view: &View<'_>,
    target: &Target,
    listed: Listed,
    selected: &[&Permission],
    refusal: Option<&str>,
    bytes: &[u8],
) -> Option<Command> {
    let mut command = None;
    if button_ui(ui, listed, "Add…", refusal) {
        command = Some(deeds::add(target, listed));
    }
    let reason = refusal.map(str::to_owned).or_else(|| row_refusal(selected));
    if button_ui(ui, listed, "Remove", reason.as_deref()) {
        command = Some(deeds::remove(target, view.forest, listed, bytes, selected));
    }
    let one = if let [only] = selected { Some(named(view.forest, &only.trustee.sid)) } else { None };
    let reason = match &one {
        None => Some("Select one group or user in the list first."),
        Some(trustee) if trustee.dn.is_none() => Some(NO_OBJECT),
        Some(_) => None,
    };
    if button_ui(ui, listed, "Properties", reason) {
        command = one.map(deeds::properties);
    }
    command
}

/// Draws a button below a list of permissions; greyed where there is a reason. Returns whether it was pressed.
fn button_ui(ui: &mut Ui, listed: Listed, text: &str, reason: Option<&str>) -> bool {
    let button = ui.add_enabled(reason.is_none(), egui::Button::new(text));
    let list = if listed == Listed::Filtering { "Security Filtering" } else { "Delegation" };
    accessible::name(&button, &format!("{list}: {text}"));
    button.on_disabled_hover_text(reason.unwrap_or_default()).clicked()
}

/// Draws Remove and Properties in the menu of rows.
pub(super) fn common_menu_ui(
    ui: &mut Ui,
    forest: &OpenForest,
    target: &Target,
    listed: Listed,
    selected: &[&Permission],
    refusal: Option<&str>,
    bytes: &[u8],
) -> Option<Command> {
    let mut command = None;
    let button = ui.add_enabled(refusal.is_none(), egui::Button::new("Remove"));
    if button.on_disabled_hover_text(refusal.unwrap_or_default()).clicked() {
        command = Some(deeds::remove(target, forest, listed, bytes, selected));
    }
    if let [only] = selected {
        let trustee = named(forest, &only.trustee.sid);
        let button = ui.add_enabled(trustee.dn.is_some(), egui::Button::new("Properties"));
        if button.on_disabled_hover_text(NO_OBJECT).clicked() {
            command = Some(deeds::properties(trustee));
        }
    }
    command
}

fn level<'a>(permission: &Permission) -> Cell<'a> {
    if permission.denied {
        return Cell::text("Custom (denied)").tone(Tone::Warning);
    }
    Cell::text(permission.level.label())
}

fn applies_to<'a>(permission: &Permission) -> Cell<'a> {
    Cell::text(if permission.inheritable { "This container and all child containers" } else { "This container only" })
}

fn setting<'a>(permission: &Permission) -> Cell<'a> {
    if permission.denied { Cell::text("Deny").tone(Tone::Warning) } else { Cell::text("Allow") }
}

fn directory_descriptor<'v>(ui: &mut Ui, view: &mut View<'v>, domain: &DnsName, dn: &Dn) -> Option<&'v [u8]> {
    let descriptor = view.forest.details.directory_security(dn);
    descriptor_ui(ui, view, descriptor, Detail::DirectorySecurity(domain.clone(), dn.clone()))
}

fn sysvol_descriptor<'v>(ui: &mut Ui, view: &mut View<'v>, domain: &DnsName, path: SysvolPath) -> Option<&'v [u8]> {
    let descriptor = view.forest.details.sysvol_security(domain, &path);
    descriptor_ui(ui, view, descriptor, Detail::SysvolSecurity(domain.clone(), path))
}

/// Returns the descriptor if it is there; draws why not.
fn descriptor_ui<'v>(
    ui: &mut Ui,
    view: &mut View<'v>,
    descriptor: &'v Lazy<Vec<u8>>,
    detail: Detail,
) -> Option<&'v [u8]> {
    match descriptor {
        Lazy::Ready(bytes) => return Some(bytes),
        Lazy::Failed(error) if error.kind == StoreErrorKind::NotSupported => {
            empty_ui(ui, "No permissions here", "This SYSVOL is a plain folder, which has no permissions of its own.");
            return None;
        }
        Lazy::Failed(error) => {
            error_ui(ui, &ErrorReport::of_store("Read the permissions", error), view.commands);
            return None;
        }
        Lazy::Unknown => view.fetch(detail),
        Lazy::Loading => {}
    }
    loading_ui(ui, "Reading the permissions…");
    None
}

fn may_not_be_read_ui(ui: &mut Ui) {
    empty_ui(ui, "The permissions may not be read", "Connect as somebody who may, or have Read delegated to you.");
}
