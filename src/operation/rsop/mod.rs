//! Planning what applies to whom, from reading to the report (IGPMRSOP): what the computation in [`crate::rsop`] needs is read here.
//!
//! [`Subjects`] finds users and computers with their groups, [`Sites`] tells where a computer stands, [`load_policies`] reads what GPOs
//! set, [`plan_query`] does all of it and plans, [`Rsop`] is the question as
//! Microsoft's object model has it. [`collect`] asks computers what did apply.

pub mod collect;
mod against_plan;
mod impact;
mod membership;
mod planning;
mod policies;
mod query;
mod sites;
mod subjects;

pub use against_plan::{AgainstPlan, compare_with_plan};
pub use impact::{Foreseen, foresee, foresee_what_if, impact_of};
pub use membership::GroupGraph;
pub use planning::{PlanQuery, Planned, find_target, plan_query};
pub use policies::{PolicyCache, WhichGpos, load_policies};
pub use query::{QueryResults, Rsop};
pub use sites::Sites;
pub use subjects::Subjects;
