//! What becomes of links, in sentences with names.

use std::collections::HashMap;
use std::sync::Arc;

use crate::gpm::{Cancelled, Names, Task};
use crate::ident::Sid;
use crate::operation::rsop::Planned;
use crate::rsop::{Candidate, Reason, SideFailure};
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

    /// Returns what becomes of a link and why, in a sentence.
    pub fn verdict(&self, candidate: &Candidate) -> String {
        candidate.explain(&|sid| self.names.get(sid).cloned())
    }

    /// Returns why a side fails.
    pub fn failure(&self, failure: &SideFailure) -> String {
        let gpo = failure.gpo.as_ref().map_or_else(String::new, |gpo| format!("{}: ", gpo.name));
        format!("{gpo}{}", failure.problem)
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
