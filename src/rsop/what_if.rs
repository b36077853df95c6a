//! Changes that have not been made yet: what would apply if they were.
//!
//! A [`WhatIf`] is a list of changes, carried out one after the other in memory. Its JSON, which `--what-if` reads, is an object with the one
//! member `changes`; each change is an object with one member, named as the variants of [`Change`] are, in `snake_case`:
//!
//! ```json
//! {
//!   "changes": [
//!     { "add_link": { "som": "OU=Staff,DC=corp,DC=example,DC=com", "gpo": "Baseline", "order": 1, "enforced": true } },
//!     { "remove_link": { "som": "corp.example.com/Staff", "gpo": "{31B2F340-016D-11D2-945F-00C04FB984F9}" } },
//!     { "set_link": { "som": "corp.example.com", "gpo": "Baseline", "enabled": false } },
//!     { "block_inheritance": { "som": "corp.example.com/Staff", "blocked": true } },
//!     { "gpo_status": { "gpo": "Baseline", "status": "user_settings_disabled" } },
//!     { "security_filter": { "gpo": "Baseline", "trustee": "CORP\\Pilots", "access": "apply" } },
//!     { "wmi_filter": { "gpo": "Baseline", "filter": "Laptops" } },
//!     { "place": { "side": "user", "container": "corp.example.com/Staff/Berlin" } },
//!     { "membership": { "side": "user", "group": "CORP\\Pilots", "member": true } },
//!     { "wmi_outcome": { "filter": "Laptops", "is_true": true } },
//!     { "site": { "name": "Berlin" } },
//!     { "loopback": { "mode": "merge" } },
//!     { "slow_link": { "slow": true } }
//!   ]
//! }
//! ```
//!
//! A SOM is named by DN or path, a site by DN or name; a GPO by display name, GUID or DN; a WMI filter by name or GUID; a principal by SID or, once
//! [`WhatIf::resolve`] looked it up, by name.

use serde::{Deserialize, Serialize};

use crate::gpm::{ForestSnapshot, GpoStatus};
use crate::ident::Sid;
use crate::report::Side;

use super::what_if_forest::change_forest;
use super::what_if_target::change_target;
use super::{Assumptions, LoopbackMode, Target};

/// Changes that have not been made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhatIf {
    /// They, in the order in which they would be made.
    pub changes: Vec<Change>,
}

/// A change that has not been made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Change {
    /// A GPO is linked.
    AddLink {
        /// The site, domain or OU.
        som: String,
        /// The GPO.
        gpo: String,
        /// Link order, counted from 1; the last where there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        order: Option<usize>,
        /// Whether the link is enabled.
        #[serde(default = "yes")]
        enabled: bool,
        /// Whether it is enforced.
        #[serde(default)]
        enforced: bool,
    },
    /// A link is removed.
    RemoveLink {
        /// The site, domain or OU.
        som: String,
        /// The GPO; of several links to it the one with the lowest link order.
        gpo: String,
    },
    /// A link is enabled, disabled, enforced, or gets another link order. What is not named stays.
    SetLink {
        /// The site, domain or OU.
        som: String,
        /// The GPO; of several links to it the one with the lowest link order.
        gpo: String,
        /// The new link order, counted from 1.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        order: Option<usize>,
        /// Whether it is enabled.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        enabled: Option<bool>,
        /// Whether it is enforced.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        enforced: Option<bool>,
    },
    /// The attribute `gPLink` gets another text.
    Links {
        /// The site, domain or OU.
        som: String,
        /// The text; blank for no links.
        text: String,
    },
    /// Inheritance is blocked or let through.
    BlockInheritance {
        /// The domain or OU.
        som: String,
        /// Whether it is blocked.
        blocked: bool,
    },
    /// A GPO gets another status.
    GpoStatus {
        /// The GPO.
        gpo: String,
        /// Its status.
        status: GpoStatus,
    },
    /// A GPO is deleted; its links stay.
    DeleteGpo {
        /// The GPO.
        gpo: String,
    },
    /// Security filtering of a GPO changes for one trustee.
    SecurityFilter {
        /// The GPO.
        gpo: String,
        /// The trustee.
        trustee: String,
        /// What becomes of it.
        access: FilterAccess,
    },
    /// A GPO gets another access list.
    AccessList {
        /// The GPO.
        gpo: String,
        /// Its descriptor in SDDL.
        sddl: String,
    },
    /// A GPO gets another WMI filter, or none.
    WmiFilter {
        /// The GPO.
        gpo: String,
        /// The filter; none for no filter.
        filter: Option<String>,
    },
    /// An account lies elsewhere.
    Place {
        /// Whether it is the user or the computer.
        side: Side,
        /// Which account, by name, DN or SID; the one that is planned for where there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<String>,
        /// Where it lies.
        container: String,
    },
    /// An account is in a group, or is not. Groups that this group is in are not looked for; they are changes of their own.
    Membership {
        /// Whether it is the user or the computer.
        side: Side,
        /// Which account, by name, DN or SID; the one that is planned for where there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<String>,
        /// The group.
        group: String,
        /// Whether it is a member.
        member: bool,
    },
    /// A WMI filter is true, or false.
    WmiOutcome {
        /// The filter.
        filter: String,
        /// Whether it is true.
        is_true: bool,
    },
    /// The computer stands in a site.
    Site {
        /// Its name; none for no site.
        name: Option<String>,
    },
    /// Loopback is assumed.
    Loopback {
        /// The mode; none for what the computer's policy says.
        mode: Option<LoopbackMode>,
    },
    /// The link to the domain is slow, or is not.
    SlowLink {
        /// Whether it is slow.
        slow: bool,
    },
}

/// What becomes of a trustee in security filtering.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FilterAccess {
    /// It is added: read and apply.
    Apply,
    /// It is removed: neither read nor apply, nor is apply denied to it.
    Remove,
    /// Apply is denied to it.
    Deny,
}

/// A change cannot be imagined.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WhatIfError {
    /// There is no such site, domain or OU.
    #[error("there is no site, domain or OU `{0}`; name it by its DN or by its path, such as corp.example.com/Staff")]
    UnknownSom(String),
    /// There is no such GPO.
    #[error("there is no GPO `{0}`; name it by its display name, GUID or DN")]
    UnknownGpo(String),
    /// Several GPOs have the name.
    #[error("several GPOs are called `{0}`; name one by its GUID or DN")]
    AmbiguousGpo(String),
    /// There is no such WMI filter.
    #[error("there is no WMI filter `{0}`; name it by its name or GUID")]
    UnknownWmiFilter(String),
    /// Several WMI filters have the name.
    #[error("several WMI filters are called `{0}`; name one by its GUID")]
    AmbiguousWmiFilter(String),
    /// There is no such site.
    #[error("there is no site `{0}`")]
    UnknownSite(String),
    /// There is no such container.
    #[error("`{0}` is no container of this forest; name it by its DN or by its path")]
    UnknownContainer(String),
    /// The principal was not found, or not looked for.
    #[error("there is no user, computer or group `{0}`; name it as DOMAIN\\name or by its SID")]
    UnknownPrincipal(String),
    /// The SOM has no link to the GPO.
    #[error("`{som}` has no link to `{gpo}`")]
    NoSuchLink {
        /// The SOM, as named.
        som: String,
        /// The GPO, as named.
        gpo: String,
    },
    /// The security filtering cannot be changed so.
    #[error("the security filtering of `{gpo}` cannot be changed: {reason}")]
    SecurityFilter {
        /// The GPO, as named.
        gpo: String,
        /// Why, in words.
        reason: String,
    },
}

fn yes() -> bool {
    true
}

impl WhatIf {
    /// Puts SIDs in the place of names of principals. `lookup` says which SID a name has; SIDs need no lookup.
    ///
    /// # Errors
    /// Names the first principal that is not found.
    pub fn resolve(&mut self, mut lookup: impl FnMut(&str) -> Option<Sid>) -> Result<(), WhatIfError> {
        for name in self.changes.iter_mut().filter_map(Change::principal_mut) {
            if name.parse::<Sid>().is_err() {
                let sid = lookup(name).ok_or_else(|| WhatIfError::UnknownPrincipal(name.clone()))?;
                *name = sid.to_string();
            }
        }
        Ok(())
    }

    /// Returns the names that [`WhatIf::resolve`] will ask for, so that they can be looked up in bulk.
    pub fn unresolved(&self) -> impl Iterator<Item = &str> {
        self.changes.iter().filter_map(Change::principal).filter(|name: &&str| name.parse::<Sid>().is_err())
    }

    /// Returns the forest as it would be. What belongs to a target changes in [`WhatIf::assumptions`].
    ///
    /// # Errors
    /// Says which name leads nowhere, or what cannot be changed so.
    pub fn apply(&self, forest: &ForestSnapshot) -> Result<ForestSnapshot, WhatIfError> {
        let mut changed = forest.clone();
        for change in &self.changes {
            change_forest(&mut changed, change)?;
        }
        changed.reindex();
        Ok(changed)
    }

    /// Returns a target and what is assumed of it as they would be. What belongs to the forest changes in [`WhatIf::apply`].
    ///
    /// # Errors
    /// Says which name leads nowhere.
    pub fn assumptions(
        &self,
        forest: &ForestSnapshot,
        base: &Assumptions,
        target: &Target,
    ) -> Result<(Target, Assumptions), WhatIfError> {
        let mut changed = (target.clone(), base.clone());
        for change in &self.changes {
            change_target(forest, &mut changed.0, &mut changed.1, change)?;
        }
        Ok(changed)
    }

    /// Tells whether no change concerns the forest itself, so that a plan needs no other one.
    pub fn leaves_forest(&self) -> bool {
        self.changes.iter().all(|change| !change.concerns_forest())
    }
}

impl Change {
    fn principal(&self) -> Option<&str> {
        match self {
            Change::SecurityFilter { trustee, .. } => Some(trustee),
            Change::Membership { group, .. } => Some(group),
            _ => None,
        }
    }

    fn principal_mut(&mut self) -> Option<&mut String> {
        match self {
            Change::SecurityFilter { trustee, .. } => Some(trustee),
            Change::Membership { group, .. } => Some(group),
            _ => None,
        }
    }

    fn concerns_forest(&self) -> bool {
        !matches!(
            self,
            Change::Place { .. }
                | Change::Membership { .. }
                | Change::WmiOutcome { .. }
                | Change::Site { .. }
                | Change::Loopback { .. }
                | Change::SlowLink { .. }
        )
    }
}
