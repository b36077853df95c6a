//! Changes of the forest that have not been made, made in memory; and what their names mean.

use crate::gpm::{
    DomainSnapshot, ForestSnapshot, Gpo, Permission, PermissionError, PermissionType, SecuredObject, SecurityInfo, Som,
    Trustee, WmiFilter,
};
use crate::ident::{Dn, GpLink, GpLinkElement, Guid, LinkMove, LinkOptions, Sid, WmiFilterRef};
use crate::security::{
    AccessMask, Ace, AceFlags, AceKind, Acl, AclEntry, AclState, SddlContext, SecurityDescriptor, rights,
};

use super::what_if::{Change, FilterAccess, WhatIfError};

/// Makes one change; those that belong to a target are passed over.
pub(super) fn change_forest(forest: &mut ForestSnapshot, change: &Change) -> Result<(), WhatIfError> {
    match change {
        Change::AddLink { som, gpo, order, enabled, enforced } => {
            let target = find_gpo(forest, gpo)?.dn.clone();
            let element = GpLinkElement::new(&target, LinkOptions::new(*enabled, *enforced));
            change_links(forest, som, |links| {
                links.insert(order.unwrap_or(usize::MAX), element);
                Ok(())
            })
        }
        Change::RemoveLink { som, gpo } => change_link(forest, som, gpo, |links, order| drop(links.remove(order))),
        Change::SetLink { som, gpo, order, enabled, enforced } => change_link(forest, som, gpo, |links, current| {
            let element = &mut links.elements[current - 1];
            if let Some(mut options) = element.options() {
                options = enabled.map_or(options, |enabled| options.with_enabled(enabled));
                options = enforced.map_or(options, |enforced| options.with_enforced(enforced));
                element.set_options(options);
            }
            if let Some(order) = order {
                links.move_links(&[current], LinkMove::To(*order));
            }
        }),
        Change::Links { som, text } => change_links(forest, som, |links| {
            *links = GpLink::parse(text);
            Ok(())
        }),
        Change::BlockInheritance { som, blocked } => {
            som_to_change(forest, som)?.inheritance_blocked = *blocked;
            Ok(())
        }
        Change::GpoStatus { gpo, status } => {
            gpo_to_change(forest, gpo)?.status = *status;
            Ok(())
        }
        Change::DeleteGpo { gpo } => {
            let dn = find_gpo(forest, gpo)?.dn.clone();
            forest.remove_gpo(&dn);
            // Later changes look for GPOs by the index.
            forest.reindex();
            Ok(())
        }
        Change::SecurityFilter { gpo, trustee, access } => {
            let sid: Sid = trustee.parse().map_err(|_| WhatIfError::UnknownPrincipal(trustee.clone()))?;
            change_descriptor(forest, gpo, |descriptor| {
                filter(&descriptor, &sid, *access).map_err(|error| error.to_string())
            })
        }
        Change::AccessList { gpo, sddl } => {
            let domain = domain_of(forest, find_gpo(forest, gpo)?).and_then(|domain| domain.sid.clone());
            let forest_root = forest.domains.first().and_then(|domain| domain.sid.clone());
            let context = SddlContext { domain, forest_root };
            let read = SecurityDescriptor::from_sddl(sddl, &context).map_err(|error| error.to_string());
            change_descriptor(forest, gpo, |_| read)
        }
        Change::WmiFilter { gpo, filter } => {
            let near = find_gpo(forest, gpo)?.domain.clone();
            let filter = match filter {
                Some(name) => {
                    let found = find_wmi_filter(forest, name, forest.domain(&near))?;
                    Some(WmiFilterRef { domain: found.domain.clone(), id: found.id })
                }
                None => None,
            };
            gpo_to_change(forest, gpo)?.wmi_filter = filter;
            Ok(())
        }
        Change::Place { .. }
        | Change::Membership { .. }
        | Change::WmiOutcome { .. }
        | Change::Site { .. }
        | Change::Loopback { .. }
        | Change::SlowLink { .. } => Ok(()),
    }
}

/// Finds a site, domain or OU by DN or path, a site by its name too.
pub(super) fn find_som<'a>(forest: &'a ForestSnapshot, name: &str) -> Result<&'a Som, WhatIfError> {
    let by_dn = || forest.som(&name.parse::<Dn>().ok().filter(|dn| !dn.is_empty())?);
    let by_path = || {
        let soms = forest.domains.iter().flat_map(|domain| &domain.soms).chain(&forest.sites);
        let wanted = name.to_lowercase();
        soms.into_iter().find(|som| som.dn.canonical_name().to_lowercase() == wanted)
    };
    let found = by_dn().or_else(|| forest.site(name)).or_else(by_path);
    found.ok_or_else(|| WhatIfError::UnknownSom(name.to_owned()))
}

/// Finds a GPO by DN, GUID or display name.
pub(super) fn find_gpo<'a>(forest: &'a ForestSnapshot, name: &str) -> Result<&'a Gpo, WhatIfError> {
    if let Some(found) = name.parse::<Dn>().ok().and_then(|dn| forest.gpo_by_dn(&dn)) {
        return Ok(found);
    }
    let mut found: Vec<&Gpo> = match name.parse::<Guid>() {
        // The default GPOs have the same GUIDs in every domain.
        Ok(id) => forest.domains.iter().filter_map(|domain| domain.gpo(id)).collect(),
        Err(_) => forest.domains.iter().flat_map(|domain| domain.gpos_named(name)).collect(),
    };
    match found.len() {
        0 => Err(WhatIfError::UnknownGpo(name.to_owned())),
        1 => Ok(found.swap_remove(0)),
        _ => Err(WhatIfError::AmbiguousGpo(name.to_owned())),
    }
}

/// Finds a WMI filter by GUID or name; of several, the one of the domain that is near.
pub(super) fn find_wmi_filter<'a>(
    forest: &'a ForestSnapshot,
    name: &str,
    near: Option<&DomainSnapshot>,
) -> Result<&'a WmiFilter, WhatIfError> {
    let id = name.parse::<Guid>().ok();
    let is_meant = |filter: &&WmiFilter| match id {
        Some(id) => filter.id == id,
        None => filter.name.to_lowercase() == name.to_lowercase(),
    };
    let all = forest.domains.iter().flat_map(|domain| &domain.wmi_filters);
    let mut found: Vec<&WmiFilter> = all.filter(is_meant).collect();
    if let Some(near) = near.filter(|near| found.iter().any(|filter| filter.domain == near.name)) {
        found.retain(|filter| filter.domain == near.name);
    }
    match found.len() {
        0 => Err(WhatIfError::UnknownWmiFilter(name.to_owned())),
        1 => Ok(found.swap_remove(0)),
        _ => Err(WhatIfError::AmbiguousWmiFilter(name.to_owned())),
    }
}

fn domain_of<'a>(forest: &'a ForestSnapshot, gpo: &Gpo) -> Option<&'a DomainSnapshot> {
    forest.domain(&gpo.domain)
}

fn som_to_change<'a>(forest: &'a mut ForestSnapshot, name: &str) -> Result<&'a mut Som, WhatIfError> {
    let dn = find_som(forest, name)?.dn.clone();
    forest.som_mut(&dn).ok_or_else(|| WhatIfError::UnknownSom(name.to_owned()))
}

fn gpo_to_change<'a>(forest: &'a mut ForestSnapshot, name: &str) -> Result<&'a mut Gpo, WhatIfError> {
    let dn = find_gpo(forest, name)?.dn.clone();
    forest.gpo_mut(&dn).ok_or_else(|| WhatIfError::UnknownGpo(name.to_owned()))
}

fn change_links(
    forest: &mut ForestSnapshot,
    name: &str,
    change: impl FnOnce(&mut GpLink) -> Result<(), WhatIfError>,
) -> Result<(), WhatIfError> {
    let som = som_to_change(forest, name)?;
    let mut links = som.gp_link.clone().unwrap_or_default();
    change(&mut links)?;
    som.set_gp_link(links);
    Ok(())
}

/// Changes the first link to a GPO, which is given by its link order.
fn change_link(
    forest: &mut ForestSnapshot,
    som: &str,
    gpo: &str,
    change: impl FnOnce(&mut GpLink, usize),
) -> Result<(), WhatIfError> {
    // A link may lead to a GPO that is not there any more.
    let by_dn = gpo.parse::<Dn>().ok().filter(|dn| !dn.is_empty());
    let target = match by_dn {
        Some(dn) => dn,
        None => find_gpo(forest, gpo)?.dn.clone(),
    };
    change_links(forest, som, |links| {
        let missing = || WhatIfError::NoSuchLink { som: som.to_owned(), gpo: gpo.to_owned() };
        let order = links.order_of(&target, 1).ok_or_else(missing)?;
        change(links, order);
        Ok(())
    })
}

fn change_descriptor(
    forest: &mut ForestSnapshot,
    name: &str,
    change: impl FnOnce(SecurityDescriptor) -> Result<SecurityDescriptor, String>,
) -> Result<(), WhatIfError> {
    let gpo = gpo_to_change(forest, name)?;
    let changed = || {
        let bytes = gpo.security_descriptor.as_deref().ok_or("its access list could not be read")?;
        let descriptor = SecurityDescriptor::from_bytes(bytes).map_err(|error| error.to_string())?;
        change(descriptor)?.to_bytes().map_err(|error| error.to_string())
    };
    let changed = changed().map_err(|reason: String| WhatIfError::SecurityFilter { gpo: name.to_owned(), reason });
    gpo.security_descriptor = Some(changed?);
    Ok(())
}

/// Changes what a trustee is in security filtering.
fn filter(
    descriptor: &SecurityDescriptor,
    sid: &Sid,
    access: FilterAccess,
) -> Result<SecurityDescriptor, PermissionError> {
    let without = without_denial(descriptor, sid);
    let mut info = SecurityInfo::from_descriptor(SecuredObject::Gpo, &without);
    let permission = Permission::new(Trustee::unresolved(sid.clone()), PermissionType::GpoApply, true)?;
    match access {
        FilterAccess::Apply => drop(info.add(&permission)?),
        FilterAccess::Remove => drop(info.remove(&permission)?),
        FilterAccess::Deny => return Ok(with_denial(without, sid)),
    }
    info.apply_to(SecuredObject::Gpo, &without)
}

fn denies_apply(entry: &AclEntry, sid: &Sid) -> bool {
    let AclEntry::Ace(ace) = entry else { return false };
    let is_apply = ace.mask == AccessMask::CONTROL_ACCESS && ace.object_type() == Some(rights::APPLY_GROUP_POLICY);
    ace.denies() && is_apply && ace.sid == *sid && !ace.is_inherited()
}

fn without_denial(descriptor: &SecurityDescriptor, sid: &Sid) -> SecurityDescriptor {
    let mut descriptor = descriptor.clone();
    if let AclState::Present(acl) = &mut descriptor.dacl {
        acl.entries.retain(|entry| !denies_apply(entry, sid));
    }
    descriptor
}

/// Puts a denial in front, where explicit denials stand. A descriptor without list gets one that grants everything else to everybody.
fn with_denial(mut descriptor: SecurityDescriptor, sid: &Sid) -> SecurityDescriptor {
    let grant = || Ace::allow(Sid::everyone(), AccessMask::DIRECTORY_ALL, AceFlags::CONTAINER_INHERIT);
    let mut acl = match descriptor.dacl {
        AclState::Present(acl) => acl,
        AclState::Absent | AclState::Null => Acl::from_iter([grant()]),
    };
    let (mask, flags) = (AccessMask::CONTROL_ACCESS, AceFlags::CONTAINER_INHERIT);
    let allow = Ace::allow_object(sid.clone(), mask, rights::APPLY_GROUP_POLICY, flags);
    acl.entries.insert(0, AclEntry::Ace(Ace { kind: AceKind::Deny, ..allow }));
    descriptor.dacl = AclState::Present(acl);
    descriptor
}
