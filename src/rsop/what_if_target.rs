//! Changes of a target and of what is assumed of it that have not been made.

use crate::gpm::ForestSnapshot;
use crate::ident::{Dn, Sid};
use crate::report::Side;

use super::what_if::{Change, WhatIfError};
use super::what_if_forest::{find_som, find_wmi_filter};
use super::{Assumptions, Subject, Target, WmiAssumption};

/// Makes one change; those that belong to the forest are passed over.
pub(super) fn change_target(
    forest: &ForestSnapshot,
    target: &mut Target,
    assumptions: &mut Assumptions,
    change: &Change,
) -> Result<(), WhatIfError> {
    match change {
        Change::Place { side, account, container } => {
            let place = find_container(forest, container)?;
            if is_meant(subject(target, *side), account.as_deref()) {
                let assumed = match side {
                    Side::User => &mut assumptions.user_place,
                    Side::Computer => &mut assumptions.computer_place,
                };
                *assumed = Some(place);
            }
        }
        Change::Membership { side, account, group, member } => {
            let sid: Sid = group.parse().map_err(|_| WhatIfError::UnknownPrincipal(group.clone()))?;
            if is_meant(subject(target, *side), account.as_deref()) {
                set_membership(target, assumptions, *side, sid, *member);
            }
        }
        Change::WmiOutcome { filter, is_true } => {
            let id = find_wmi_filter(forest, filter, None)?.id;
            for known in [&mut assumptions.user_wmi, &mut assumptions.computer_wmi] {
                set_outcome(known, id, *is_true);
            }
        }
        Change::Site { name } => {
            if let Some(unknown) = name.as_ref().filter(|name| forest.site(name).is_none()) {
                return Err(WhatIfError::UnknownSite(unknown.clone()));
            }
            assumptions.site.clone_from(name);
        }
        Change::Loopback { mode } => assumptions.loopback = *mode,
        Change::SlowLink { slow } => assumptions.slow_link = *slow,
        Change::AddLink { .. }
        | Change::RemoveLink { .. }
        | Change::SetLink { .. }
        | Change::Links { .. }
        | Change::BlockInheritance { .. }
        | Change::GpoStatus { .. }
        | Change::DeleteGpo { .. }
        | Change::SecurityFilter { .. }
        | Change::AccessList { .. }
        | Change::WmiFilter { .. } => {}
    }
    Ok(())
}

fn subject(target: &Target, side: Side) -> Option<&Subject> {
    match side {
        Side::User => target.user.as_ref(),
        Side::Computer => target.computer.as_ref(),
    }
}

/// Tells whether a change of this account, or of whoever is planned for, concerns the subject.
fn is_meant(subject: Option<&Subject>, account: Option<&str>) -> bool {
    let (Some(subject), Some(name)) = (subject, account) else { return subject.is_some() };
    subject.account().is_some_and(|account| {
        let own = account.name.to_lowercase();
        let name = name.to_lowercase();
        let is_name = own == name || own.strip_suffix('$') == Some(&name);
        is_name || name.parse::<Sid>().is_ok_and(|sid| sid == account.sid) || name.parse() == Ok(account.dn.clone())
    })
}

fn set_membership(target: &mut Target, assumptions: &mut Assumptions, side: Side, group: Sid, is_member: bool) {
    let (subject, assumed) = match side {
        Side::User => (&mut target.user, &mut assumptions.user_groups),
        Side::Computer => (&mut target.computer, &mut assumptions.computer_groups),
    };
    // A list that is assumed stands in the place of the account's own groups.
    let groups = match (assumed, subject) {
        (Some(groups), _) => groups,
        (None, Some(Subject::Account(account))) => &mut account.groups,
        (assumed @ None, _) => assumed.insert(Vec::new()),
    };
    groups.retain(|own| *own != group);
    if is_member {
        groups.push(group);
    }
    groups.sort_unstable();
}

fn set_outcome(known: &mut WmiAssumption, id: crate::ident::Guid, is_true: bool) {
    match known {
        WmiAssumption::Known(outcomes) => drop(outcomes.insert(id, is_true)),
        WmiAssumption::Only(ids) if is_true => {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        WmiAssumption::Only(ids) => ids.retain(|own| *own != id),
        WmiAssumption::AllTrue if is_true => {}
        WmiAssumption::AllTrue | WmiAssumption::Unknown | WmiAssumption::Broken => {
            *known = WmiAssumption::Known([(id, is_true)].into());
        }
    }
}

/// Finds a container by DN or by the path of a SOM. What is no OU is not among what was read of a forest; its domain must be there, and the OU above it.
fn find_container(forest: &ForestSnapshot, name: &str) -> Result<Dn, WhatIfError> {
    if let Ok(som) = find_som(forest, name) {
        return Ok(som.dn.clone());
    }
    let unknown = || WhatIfError::UnknownContainer(name.to_owned());
    let dn: Dn = name.parse().map_err(|_| unknown())?;
    let domain = dn.domain().and_then(|domain| forest.domain(&domain)).ok_or_else(unknown)?;
    let is_container = |dn: &Dn| dn.rdn().get(..3).is_some_and(|attribute| attribute.eq_ignore_ascii_case("CN="));
    let mut at = dn.clone();
    while is_container(&at) {
        at = at.parent().ok_or_else(unknown)?;
    }
    domain.som_index(&at).map(|_| dn).ok_or_else(unknown)
}
