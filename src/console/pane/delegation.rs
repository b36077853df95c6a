//! The Delegation tab of everything that has one: who may do what (`console-ui.md` 3.4, 3.7–3.12, 5).

use std::sync::Arc;

use egui::{ComboBox, Ui};

use super::cells;
use super::state::{SomPermission, View};
use crate::console::error_view::{ErrorReport, error_ui};
use crate::console::kit::accessible;
use crate::console::kit::data_table::{Cell, Column, DataTable, Tone, row_id};
use crate::console::kit::notice::{Severity, banner_ui, empty_ui, loading_ui};
use crate::console::{Detail, Lazy};
use crate::gpm::{
    DomainSnapshot, Gpo, Permission, PermissionType, SecuredObject, SecurityInfo, StarterGpo, WmiFilter,
    starter_gpo_folder,
};
use crate::ident::{Dn, DnsName};
use crate::store::{StoreErrorKind, SysvolPath};

/// Draws who may do what with a GPO.
pub(super) fn gpo_ui(ui: &mut Ui, view: &mut View<'_>, gpo: &Gpo) {
    ui.weak("These groups and users have the specified permission for this GPO:");
    match gpo.security_descriptor.as_deref() {
        Some(bytes) => levels_ui(ui, view, SecuredObject::Gpo, bytes),
        None => may_not_be_read_ui(ui),
    }
}

/// Draws who may do what with a WMI filter.
pub(super) fn wmi_filter_ui(ui: &mut Ui, view: &mut View<'_>, filter: &WmiFilter) {
    ui.weak("These groups and users have the specified permission for this WMI filter:");
    match filter.security_descriptor.as_deref() {
        Some(bytes) => levels_ui(ui, view, SecuredObject::WmiFilter, bytes),
        None => may_not_be_read_ui(ui),
    }
}

/// Draws who may link GPOs to a site, domain or OU, and who may plan and read results there.
pub(super) fn som_ui(ui: &mut Ui, view: &mut View<'_>, domain: &DnsName, dn: &Dn, object: SecuredObject) {
    let permission = if object == SecuredObject::Site { PermissionType::SomLink } else { permission_ui(ui, view) };
    if object == SecuredObject::Site {
        ui.weak("These groups and users may link GPOs to this site:");
    }
    let Some(bytes) = directory_descriptor(ui, view, domain, dn) else { return };
    let security = security_info(view, object, bytes);
    table_ui(ui, view, &security, &Listed::Level(permission), row_id((dn, permission as u32)));
}

/// Draws who may create GPOs in a domain.
pub(super) fn gpo_creators_ui(ui: &mut Ui, view: &mut View<'_>, domain: &DomainSnapshot) {
    ui.weak("These groups and users may create GPOs in this domain:");
    let container = domain.policies_container();
    let Some(bytes) = directory_descriptor(ui, view, &domain.name, &container) else { return };
    let security = security_info(view, SecuredObject::PoliciesContainer, bytes);
    table_ui(ui, view, &security, &Listed::Holders, row_id(&container));
}

/// Draws who may create WMI filters in a domain.
pub(super) fn wmi_filter_creators_ui(ui: &mut Ui, view: &mut View<'_>, domain: &DomainSnapshot) {
    ui.weak("These groups and users may create WMI filters in this domain:");
    let container = domain.wmi_filter_container();
    if let Some(bytes) = directory_descriptor(ui, view, &domain.name, &container) {
        levels_ui(ui, view, SecuredObject::WmiFiltersContainer, bytes);
    }
}

/// Draws who may create starter GPOs in a domain.
pub(super) fn starter_gpo_creators_ui(ui: &mut Ui, view: &mut View<'_>, domain: &DnsName) {
    ui.weak("These groups and users may create starter GPOs in this domain:");
    if let Some(bytes) = sysvol_descriptor(ui, view, domain, starter_gpo_folder()) {
        levels_ui(ui, view, SecuredObject::StarterGposFolder, bytes);
    }
}

/// Draws who may do what with a starter GPO.
pub(super) fn starter_gpo_ui(ui: &mut Ui, view: &mut View<'_>, starter: &StarterGpo) {
    ui.weak("These groups and users have the specified permission for this starter GPO:");
    let Ok(folder) = starter_gpo_folder().join(&starter.id.to_string()) else { return };
    if let Some(bytes) = sysvol_descriptor(ui, view, &starter.domain, folder) {
        levels_ui(ui, view, SecuredObject::StarterGpo, bytes);
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

fn levels_ui(ui: &mut Ui, view: &mut View<'_>, object: SecuredObject, bytes: &[u8]) {
    let security = security_info(view, object, bytes);
    table_ui(ui, view, &security, &Listed::AllLevels, row_id((object, bytes)));
}

/// What a table of permissions lists.
enum Listed {
    /// Everybody with the level they have.
    AllLevels,
    /// Those with one level, and where it reaches.
    Level(PermissionType),
    /// Those who have the one level there is.
    Holders,
}

fn table_ui(ui: &mut Ui, view: &mut View<'_>, security: &Result<SecurityInfo, String>, listed: &Listed, revision: u64) {
    let security = match security {
        Ok(security) => security,
        Err(error) => return banner_ui(ui, Severity::Error, error),
    };
    if security.unrestricted {
        banner_ui(ui, Severity::Warning, "There is no access list: everybody may do everything.");
    }
    view.fetch_trustees(revision, security.sids().into_iter());
    let forest = view.forest;
    let wanted = |permission: &&Permission| match listed {
        Listed::AllLevels | Listed::Holders => true,
        Listed::Level(level) => permission.level == *level,
    };
    let rows: Vec<&Permission> = security.permissions.iter().filter(wanted).collect();
    let mut table = DataTable::new("delegation", "Delegation")
        .column(Column::new("Name", 300.0, move |permission: &&Permission| {
            cells::trustee(forest, &permission.trustee.sid)
        }))
        .row_id(|permission| row_id((permission.trustee.sid.to_string(), permission.level, permission.inherited)))
        .sorted_by("Name")
        .revision(row_id((view.revision(), revision)))
        .empty("Nobody has this permission here.");
    table = match listed {
        Listed::AllLevels => {
            table.column(Column::new("Allowed Permissions", 300.0, |permission: &&Permission| level(permission)))
        }
        Listed::Level(_) => table
            .column(Column::new("Applies To", 260.0, |permission: &&Permission| applies_to(permission)))
            .column(Column::new("Setting", 80.0, |permission: &&Permission| setting(permission))),
        Listed::Holders => table.column(Column::new("Setting", 80.0, |permission: &&Permission| setting(permission))),
    };
    table = table.column(Column::new("Inherited", 80.0, |permission: &&Permission| Cell::yes_no(permission.inherited)));
    view.table_ui(ui, table, &rows, &[]);
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
