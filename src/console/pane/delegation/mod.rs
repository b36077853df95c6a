//! The Delegation tab of everything that has one: who may do what (`console-ui.md` 3.4, 3.7–3.12, 5).

mod deeds;
mod list;

use std::sync::Arc;

use egui::{ComboBox, Ui};

use super::state::{SomPermission, View};
use crate::console::error_view::{ErrorReport, error_ui};
use crate::console::kit::accessible;
use crate::console::kit::data_table::row_id;
use crate::console::kit::notice::{empty_ui, loading_ui};
use crate::console::{Detail, Lazy};
use crate::gpm::{
    DomainSnapshot, Gpo, PermissionType, SecuredObject, SecurityInfo, Som, SomType, StarterGpo, WmiFilter,
    starter_gpo_folder,
};
use crate::ident::{Dn, DnsName};
use crate::operation::admin::security::Secured;
use crate::store::{StoreErrorKind, SysvolPath};

pub(super) use deeds::{Listed, Target, named, properties};
pub(super) use list::PermissionList;

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
        Some(bytes) => PermissionList::new(view, &target, Listed::AllLevels, bytes).ui(ui, view),
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
        Some(bytes) => PermissionList::new(view, &target, Listed::AllLevels, bytes).ui(ui, view),
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
    PermissionList::new(view, &target, Listed::Level(permission), bytes).ui(ui, view);
}

/// Draws who may create GPOs in a domain.
pub(super) fn gpo_creators_ui(ui: &mut Ui, view: &mut View<'_>, domain: &DomainSnapshot) {
    ui.weak("These groups and users may create GPOs in this domain:");
    let target = container_target(view, Secured::GpoCreation, "the GPOs", domain, domain.policies_container());
    let Some(bytes) = directory_descriptor(ui, view, &domain.name, &domain.policies_container()) else { return };
    PermissionList::new(view, &target, Listed::Holders(PermissionType::SomGpoCreate), bytes).ui(ui, view);
}

/// Draws who may create WMI filters in a domain.
pub(super) fn wmi_filter_creators_ui(ui: &mut Ui, view: &mut View<'_>, domain: &DomainSnapshot) {
    ui.weak("These groups and users may create WMI filters in this domain:");
    let target = container_target(view, Secured::WmiFilters, "the WMI filters", domain, domain.wmi_filter_container());
    if let Some(bytes) = directory_descriptor(ui, view, &domain.name, &domain.wmi_filter_container()) {
        PermissionList::new(view, &target, Listed::AllLevels, bytes).ui(ui, view);
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
        PermissionList::new(view, &target, Listed::Holders(PermissionType::SomStarterGpoCreate), bytes).ui(ui, view);
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
        PermissionList::new(view, &target, Listed::AllLevels, bytes).ui(ui, view);
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
