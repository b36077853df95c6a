//! Two results of the same domain compared: what has become of its differences, and which GPOs have changed.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::ident::{Guid, Timestamp};

use super::compare::version_text;
use super::{DifferenceKind, GpoState, InfrastructureStatus, SyncState};

/// What has changed between two results.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatusComparison {
    /// When the older one was gathered.
    pub before: Timestamp,
    /// When the newer one was gathered.
    pub after: Timestamp,
    /// Controllers of which the state has changed, that came or went, by name.
    pub controllers: Vec<ControllerChange>,
    /// Differences that came or went, by controller and GPO.
    pub differences: Vec<DifferenceChange>,
    /// GPOs that are not on the baseline what they were, by name.
    pub gpos: Vec<GpoChange>,
}

/// A controller of which the state has changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ControllerChange {
    /// Its name.
    pub name: String,
    /// Its state before; none where it was no controller of the domain.
    pub before: Option<SyncState>,
    /// Its state now; none where it is no more.
    pub after: Option<SyncState>,
}

/// A difference that came or went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DifferenceChange {
    /// The controller.
    pub controller: String,
    /// The GPO.
    pub id: Guid,
    /// Its name.
    pub name: String,
    /// What differs.
    pub kind: DifferenceKind,
    /// Whether it is new; otherwise it is gone.
    pub is_new: bool,
}

/// A GPO that is not on the baseline what it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GpoChange {
    /// Its GUID.
    pub id: Guid,
    /// Its name.
    pub name: String,
    /// What has changed, in words.
    pub changes: Vec<String>,
}

impl StatusComparison {
    /// Tells whether nothing has changed.
    pub fn is_empty(&self) -> bool {
        self.controllers.is_empty() && self.differences.is_empty() && self.gpos.is_empty()
    }
}

/// Compares two results. Of a controller that did not answer in either, differences are not said to have come or gone.
pub fn compare_over_time(before: &InfrastructureStatus, after: &InfrastructureStatus) -> StatusComparison {
    StatusComparison {
        before: before.gathered,
        after: after.gathered,
        controllers: controller_changes(before, after),
        differences: difference_changes(before, after),
        gpos: gpo_changes(before, after),
    }
}

fn controller_changes(before: &InfrastructureStatus, after: &InfrastructureStatus) -> Vec<ControllerChange> {
    let states = |status: &InfrastructureStatus| -> BTreeMap<String, SyncState> {
        status.controllers.iter().map(|controller| (controller.name.clone(), controller.sync)).collect()
    };
    let (before, after) = (states(before), states(after));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let changes = names.into_iter().map(|name| ControllerChange {
        name: name.clone(),
        before: before.get(name).copied(),
        after: after.get(name).copied(),
    });
    changes.filter(|change| change.before != change.after).collect()
}

fn difference_changes(before: &InfrastructureStatus, after: &InfrastructureStatus) -> Vec<DifferenceChange> {
    type Key = (String, Guid, DifferenceKind);
    let told = |status: &InfrastructureStatus, other: &InfrastructureStatus| -> BTreeMap<Key, String> {
        let is_read = |name: &str| {
            let found = other.controllers.iter().find(|controller| controller.name == name);
            found.is_some_and(|controller| controller.sync != SyncState::Inaccessible)
        };
        let mut told = BTreeMap::new();
        for controller in status.controllers.iter().filter(|controller| is_read(&controller.name)) {
            for gpo in &controller.differing {
                for difference in &gpo.differences {
                    told.insert((controller.name.clone(), gpo.id, difference.kind), gpo.name.clone());
                }
            }
        }
        told
    };
    let (was, is) = (told(before, after), told(after, before));
    let change = |(key, name): (&Key, &String), is_new| {
        let (controller, id, kind) = key.clone();
        DifferenceChange { controller, id, name: name.clone(), kind, is_new }
    };
    let gone = was.iter().filter(|(key, _)| !is.contains_key(*key)).map(|entry| change(entry, false));
    let new = is.iter().filter(|(key, _)| !was.contains_key(*key)).map(|entry| change(entry, true));
    let mut changes: Vec<DifferenceChange> = gone.chain(new).collect();
    changes.sort_by_cached_key(|change| (change.controller.clone(), change.name.to_lowercase(), change.kind));
    changes
}

fn gpo_changes(before: &InfrastructureStatus, after: &InfrastructureStatus) -> Vec<GpoChange> {
    let states = |status: &InfrastructureStatus| -> BTreeMap<Guid, GpoState> {
        status.baseline().into_iter().flat_map(|baseline| &baseline.gpos).map(|gpo| (gpo.id, gpo.clone())).collect()
    };
    let (was, is) = (states(before), states(after));
    let ids: BTreeSet<&Guid> = was.keys().chain(is.keys()).collect();
    let mut changes: Vec<GpoChange> = ids
        .into_iter()
        .filter_map(|id| {
            let named = is.get(id).or_else(|| was.get(id))?;
            let changes = state_changes(was.get(id), is.get(id));
            (!changes.is_empty()).then(|| GpoChange { id: *id, name: named.name.clone(), changes })
        })
        .collect();
    changes.sort_by_cached_key(|change| (change.name.to_lowercase(), change.id));
    changes
}

fn state_changes(was: Option<&GpoState>, is: Option<&GpoState>) -> Vec<String> {
    let (Some(was), Some(is)) = (was, is) else {
        let words = if was.is_none() { "the GPO is new" } else { "the GPO is gone" };
        return if was.is_none() && is.is_none() { Vec::new() } else { vec![words.to_owned()] };
    };
    let mut changes = Vec::new();
    if was.name != is.name {
        changes.push(format!("renamed from {}", was.name));
    }
    match (&was.directory, &is.directory) {
        (Some(was), Some(is)) => {
            if was.version != is.version {
                let (from, to) = (version_text(was.version), version_text(is.version));
                changes.push(format!("Active Directory version from {from} to {to}"));
            }
            if was.acl != is.acl {
                changes.push("Active Directory permissions changed".to_owned());
            }
        }
        (None, Some(_)) => changes.push("Active Directory half is new".to_owned()),
        (Some(_), None) => changes.push("Active Directory half is gone".to_owned()),
        (None, None) => {}
    }
    match (&was.sysvol, &is.sysvol) {
        (Some(was), Some(is)) => {
            if was.content != is.content {
                changes.push("SYSVOL contents changed".to_owned());
            }
            if was.acl != is.acl {
                changes.push("SYSVOL permissions changed".to_owned());
            }
        }
        (None, Some(_)) => changes.push("SYSVOL half is new".to_owned()),
        (Some(_), None) => changes.push("SYSVOL half is gone".to_owned()),
        (None, None) => {}
    }
    changes
}
