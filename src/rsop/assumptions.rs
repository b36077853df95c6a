//! What is assumed about a target beyond what the directory says (the Planning properties of IGPMRSOP, the pages of the Modeling wizard).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ident::{Dn, Guid, Sid};

/// What a plan assumes. The default assumes nothing: places and groups as the directory has them, the site by the computer's address where
/// it is known, a fast link, loopback as the computer's policy says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Assumptions {
    /// Name of the site (PlanningSiteName); none where no site is assumed.
    pub site: Option<String>,
    /// The container the user is imagined in (PlanningUserSOM).
    pub user_place: Option<Dn>,
    /// The container the computer is imagined in (PlanningComputerSOM).
    pub computer_place: Option<Dn>,
    /// The groups the user is imagined in, instead of its own (PlanningUserSecurityGroups).
    pub user_groups: Option<Vec<Sid>>,
    /// The groups the computer is imagined in, instead of its own (PlanningComputerSecurityGroups).
    pub computer_groups: Option<Vec<Sid>>,
    /// What is known of WMI filters on user policy.
    pub user_wmi: WmiAssumption,
    /// What is known of WMI filters on computer policy.
    pub computer_wmi: WmiAssumption,
    /// Whether the link to the domain is slow (RSOP_PLANNING_ASSUME_SLOW_LINK).
    pub slow_link: bool,
    /// The loopback mode, whatever the computer's policy says (RSOP_PLANNING_ASSUME_LOOPBACK_…).
    pub loopback: Option<LoopbackMode>,
    /// Whether the policy that allows user policy across forests is assumed to be set (`AllowX-ForestPolicy-and-RUP`).
    pub cross_forest_user_policy: bool,
}

/// What is known of the outcome of WMI filters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WmiAssumption {
    /// Nothing: their GPOs apply, with a warning.
    #[default]
    Unknown,
    /// All are true (RSOP_PLANNING_ASSUME_…_WQLFILTER_TRUE).
    AllTrue,
    /// These are true and all others false (Planning…WMIFilters).
    Only(Vec<Guid>),
    /// These are known, each true or false; nothing is known of the others.
    Known(BTreeMap<Guid, bool>),
    /// The WMI service of the client cannot evaluate any: the whole side fails as soon as one has to be ([MS-GPOL] 3.2.5.1.7).
    Broken,
}

/// How user policy depends on the computer (`UserPolicyMode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoopbackMode {
    /// The user's own GPOs, then those of the computer's place, which win.
    Merge,
    /// The GPOs of the computer's place instead of the user's own.
    Replace,
}
