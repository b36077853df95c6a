//! The resultant set of policy: which GPOs apply to a user and a computer, in what order and why, and which settings come of it.
//!
//! A computation over values that were read before: nothing here does input or output. A [`Planner`] holds a forest, what its GPOs set
//! ([`Policies`]) and what both mean, prepared once; [`Planner::plan`] answers for one [`Target`] under [`Assumptions`]. It works in the
//! same way on a forest that was read, on a file, and on a forest with changes that were not made ([`WhatIf`]).
//!
//! The rooms, in the order of the computation: `scope` (which links reach an object, in what order), `token` (who somebody is), `access` and
//! `filter` (what keeps a GPO out), `loopback`, `link_speed`, `merge` (which value wins), `planner` (all of them together), `explain` (why, in words).
//!
//! Sources: [MS-GPOL] 3.2.5, `operations.md` 7, and what real clients did (`rsop-cases.md`).

mod subject;
mod assumptions;
mod policies;
mod plan;
mod scope;
mod token;
mod access;
mod extension_order;
mod link_speed;
mod prepared;
mod filter;
mod loopback;
mod side;
mod planner;
mod impact;
mod document;
mod label;
mod explain;
mod what_if;
mod what_if_forest;
mod what_if_target;
pub mod merge;

pub use assumptions::{Assumptions, LoopbackMode, WmiAssumption};
pub use document::{PlanContext, plan_report};
pub use explain::{NameOf, SettingExplanation};
pub use impact::{AffectedAccount, AffectedGroup, Impact, SettingChange, SettingChangeKind, impact};
pub use plan::{
    Candidate, ExtensionOutcome, ExtensionPlan, GpoId, Loopback, Plan, PlannedSom, Reason, SideFailure, SidePlan,
    SomReason, Verdict,
};
pub use planner::Planner;
pub use policies::{GpoPolicy, HalfPolicy, Policies, TemplateState};

pub use subject::{Account, AccountKind, Subject, Target};
pub use what_if::{Change, FilterAccess, WhatIf, WhatIfError};
