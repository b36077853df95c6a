//! What becomes of links, in sentences with names.

use std::collections::HashMap;
use std::sync::Arc;

use crate::gpm::{Cancelled, Names, Task};
use crate::ident::Sid;
use crate::operation::rsop::Planned;
use crate::rsop::{Candidate, LoopbackMode, Plan, Reason, SideFailure, SidePlan, SomReason, Verdict};
use crate::store::ForestStore;

/// The names of those whose entries in access lists decide.
pub struct Words {
    names: HashMap<Sid, String>,
}

impl Words {
    /// Looks up the names that a plan speaks of.
    pub async fn read(planned: &Planned, store: &Arc<dyn ForestStore>, task: &Task) -> Result<Self, Cancelled> {
        let sides = [&planned.plan.computer, &planned.plan.user].into_iter().flatten();
        let candidates = sides.flat_map(|side| &side.candidates);
        let deciding = candidates.flat_map(|candidate| candidate.granted_by.iter().chain(refused_by(candidate)));
        let deciding: Vec<Sid> = deciding.cloned().collect();
        let found = task.or_cancel(Names::new(planned.planner.forest()).resolve(&**store, &deciding)).await?;
        Ok(Words { names: found.trustees.into_iter().map(|(sid, trustee)| (sid, trustee.label())).collect() })
    }

    /// Returns who or what kept a GPO out, for a column; empty where the reason says all.
    pub fn decided_by(&self, candidate: &Candidate) -> String {
        match candidate.verdict.reason() {
            Some(Reason::Blocked { by }) => by.canonical_name(),
            Some(Reason::WmiFilter { name }) => name.clone(),
            _ => refused_by(candidate).map(|sid| self.name(sid)).unwrap_or_default(),
        }
    }

    /// Returns by which link a GPO is in scope.
    pub fn link(&self, candidate: &Candidate) -> String {
        let mut text = format!("linked at {}, link order {}", candidate.som_path, candidate.link_order);
        if candidate.enforced {
            text.push_str(", enforced");
        }
        match candidate.som_reason {
            SomReason::Normal => {}
            SomReason::LoopbackMerge => text.push_str(", by loopback (merge)"),
            SomReason::LoopbackReplace => text.push_str(", by loopback (replace)"),
        }
        text
    }

    /// Returns what becomes of a link and why.
    pub fn verdict(&self, candidate: &Candidate) -> String {
        match &candidate.verdict {
            Verdict::Applied { order } => {
                let granted = candidate.granted_by.as_ref();
                let granted = granted.map(|sid| format!("; {} may apply it", self.name(sid))).unwrap_or_default();
                format!("Applies as number {order}{granted}.")
            }
            Verdict::Denied(reason) => format!("Does not apply: {}.", self.reason(reason)),
            Verdict::NotSeen(reason) => format!("Is never seen by the client: {}.", self.reason(reason)),
            Verdict::NotKnown(reason) => format!("Cannot be told: {}.", self.reason(reason)),
        }
    }

    /// Returns why a side fails.
    pub fn failure(&self, failure: &SideFailure) -> String {
        let gpo = failure.gpo.as_ref().map_or_else(String::new, |gpo| format!("{}: ", gpo.name));
        format!("{gpo}{}", failure.problem)
    }

    /// Returns the name of the GPO at a place in the order of application.
    pub fn gpo_of<'a>(&self, side: &'a SidePlan, order: usize) -> &'a str {
        let place = order.checked_sub(1).and_then(|place| side.applied().nth(place));
        place.map_or("(another GPO of the domain)", |candidate| candidate.gpo.name.as_str())
    }

    fn reason(&self, reason: &Reason) -> String {
        let entry = |by: &Option<Sid>, right: &str| match by {
            Some(sid) => format!("an entry for {} denies the right {right}", self.name(sid)),
            None => format!("nobody grants the right {right}"),
        };
        match reason {
            Reason::LinkDisabled => "the link is disabled".to_owned(),
            Reason::Blocked { by } => {
                format!("{} blocks inheritance, and the link is not enforced", by.canonical_name())
            }
            Reason::LoopbackReplace => "loopback replaces the user's own GPOs".to_owned(),
            Reason::LoopbackInvalid { mode } => {
                format!("the computer's loopback mode {mode} is neither merge nor replace, so no user policy applies")
            }
            Reason::Missing => "the GPO does not exist".to_owned(),
            Reason::DomainNotRead => "the domain of the GPO could not be asked".to_owned(),
            Reason::OtherForest => "the GPO is of another forest".to_owned(),
            Reason::DamagedLink => "the link is damaged".to_owned(),
            Reason::NotRead => "too little of the GPO may be read by the account that asks".to_owned(),
            Reason::NotReadable { by } => format!("the computer may not read it (MS16-072): {}", entry(by, "Read")),
            Reason::FunctionalityVersion { version } => format!(
                "its functionality version is {}, and clients follow only 2",
                version.map_or_else(|| "missing".to_owned(), |version| version.to_string())
            ),
            Reason::HalfDisabled => "this half of the GPO is disabled".to_owned(),
            Reason::Security { by } => entry(by, "Apply Group Policy"),
            Reason::Empty => "nothing is set in this half".to_owned(),
            Reason::WmiFilter { name } => format!("the WMI filter {name} is false"),
            Reason::WmiFilterMissing { id } => format!("its WMI filter {id} does not exist"),
        }
    }

    fn name(&self, sid: &Sid) -> String {
        self.names.get(sid).cloned().unwrap_or_else(|| sid.to_string())
    }
}

/// Returns the trustee whose entry kept a GPO out.
fn refused_by(candidate: &Candidate) -> Option<&Sid> {
    match candidate.verdict.reason()? {
        Reason::Security { by } | Reason::NotReadable { by } => by.as_ref(),
        _ => None,
    }
}

/// Returns how the user's policy depends on the computer.
pub fn loopback(plan: &Plan) -> String {
    let mode = match plan.loopback.mode {
        None => "none",
        Some(LoopbackMode::Merge) => "merge",
        Some(LoopbackMode::Replace) => "replace",
    };
    let because = &plan.loopback.because;
    if because.is_empty() { mode.to_owned() } else { format!("{mode} ({because})") }
}
