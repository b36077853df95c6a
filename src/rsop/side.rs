//! One side of a plan: its links in order, judged, and what they come to.

use std::collections::HashMap;

use crate::gpm::{ForestSnapshot, LinkEffect, LinkTarget, ScopedLink};
use crate::ident::{Dn, Guid};
use crate::report::Side;

use super::extension_order::in_running_order;
use super::filter::{Judge, Judgement};
use super::merge::Layer;
use super::plan::side_version;
use super::prepared::PreparedGpo;
use super::scope::Scope;
use super::{Candidate, GpoId, Policies, Reason, SideFailure, SidePlan, SomReason, Verdict};

/// A list of links that counts for a side: its own, or that of the computer's place under loopback.
pub(super) struct List<'a> {
    /// Where the links come from.
    pub scope: Scope<'a>,
    /// Why they are looked at.
    pub reason: SomReason,
    /// Why none of them applies; none where they do.
    pub excluded: Option<Reason>,
}

/// What sides are drafted from.
pub(super) struct Ground<'a> {
    pub forest: &'a ForestSnapshot,
    pub policies: &'a Policies,
    pub gpos: &'a HashMap<Dn, PreparedGpo>,
}

/// A side without its settings.
pub(super) struct Draft<'a> {
    /// The plan so far.
    pub plan: SidePlan,
    /// What has to be merged.
    pub layers: Vec<Layer<'a>>,
    /// Whether some layer sets values that tell Group Policy itself what to do.
    pub configures_group_policy: bool,
    /// The extensions that some layer calls, in the order in which they run.
    pub extensions: Vec<Guid>,
}

impl<'a> Ground<'a> {
    /// Adds the lists to a plan that has none yet, one after the other.
    pub fn draft(&self, mut plan: SidePlan, lists: &[List<'a>], judge: &Judge<'_>) -> Draft<'a> {
        let mut applied: Vec<(&'a PreparedGpo, usize)> = Vec::new();
        for list in lists {
            if list.excluded.is_none() {
                plan.soms.extend(list.scope.planned(list.reason));
                let failure = |problem: &String| SideFailure { gpo: None, problem: problem.clone() };
                plan.failures.extend(list.scope.failures.iter().map(failure));
            }
            for warning in &list.scope.warnings {
                if !plan.warnings.contains(warning) {
                    plan.warnings.push(warning.clone());
                }
            }
            for scoped in list.scope.links() {
                let gpo = scoped.link.gpo_dn.as_ref().and_then(|dn| self.gpos.get(dn));
                let mut candidate = self.candidate(judge.side, list, &scoped, gpo);
                let refused =
                    list.excluded.clone().map(Verdict::Denied).or_else(|| self.link_verdict(list, &scoped, gpo));
                match (refused, gpo) {
                    (Some(verdict), _) => candidate.verdict = verdict,
                    (None, None) => {}
                    (None, Some(gpo)) => {
                        let judgement = judge.judge(gpo);
                        let Judgement { refusal, granted_by, version_sysvol, failure, warnings } = judgement;
                        candidate.version_sysvol = version_sysvol;
                        candidate.granted_by = granted_by;
                        candidate.warnings = warnings;
                        let failure = failure.map(|problem| SideFailure { gpo: Some(gpo.id.clone()), problem });
                        plan.failures.extend(failure.filter(|failure| !plan.failures.contains(failure)));
                        candidate.verdict = refusal.unwrap_or_else(|| {
                            applied.push((gpo, plan.candidates.len()));
                            Verdict::Applied { order: applied.len() }
                        });
                    }
                }
                plan.candidates.push(candidate);
            }
        }
        self.with_layers(plan, &applied, judge.side)
    }

    /// Returns what is known of a link before its GPO is judged. The verdict is that of a GPO that is not there.
    fn candidate(&self, side: Side, list: &List<'_>, scoped: &ScopedLink<'_>, gpo: Option<&PreparedGpo>) -> Candidate {
        let som = list.scope.soms[scoped.position];
        Candidate {
            gpo: gpo.map_or_else(|| unknown_gpo(scoped), |gpo| gpo.id.clone()),
            som: som.dn.clone(),
            som_path: som.dn.canonical_name(),
            som_kind: som.kind,
            som_reason: list.reason,
            link_order: scoped.link.order,
            link_enabled: scoped.link.enabled,
            enforced: scoped.link.enforced,
            version_directory: gpo.filter(|gpo| !gpo.inaccessible).map(|gpo| side_version(gpo.version, side)),
            version_sysvol: None,
            wmi_filter: gpo.and_then(|gpo| gpo.filter.as_ref()).map(|filter| filter.label()),
            granted_by: None,
            verdict: Verdict::NotSeen(Reason::Missing),
            warnings: Vec::new(),
        }
    }

    /// Returns why a link leads nowhere; none where its GPO has to be judged.
    fn link_verdict(&self, list: &List<'_>, scoped: &ScopedLink<'_>, gpo: Option<&PreparedGpo>) -> Option<Verdict> {
        match scoped.effect {
            LinkEffect::Disabled if scoped.link.gpo_dn.is_none() => return Some(Verdict::NotSeen(Reason::DamagedLink)),
            LinkEffect::Disabled => return Some(Verdict::Denied(Reason::LinkDisabled)),
            LinkEffect::Blocked { by } => {
                return Some(Verdict::Denied(Reason::Blocked { by: list.scope.soms[by].dn.clone() }));
            }
            LinkEffect::Reaches if gpo.is_some() => return None,
            LinkEffect::Reaches => {}
        }
        Some(match self.forest.link_target(scoped.link) {
            LinkTarget::OtherForest => Verdict::NotKnown(Reason::OtherForest),
            LinkTarget::DomainNotRead => Verdict::NotKnown(Reason::DomainNotRead),
            LinkTarget::Gpo(_) | LinkTarget::NotFound | LinkTarget::Damaged => Verdict::NotSeen(Reason::Missing),
        })
    }

    fn with_layers(&self, plan: SidePlan, applied: &[(&'a PreparedGpo, usize)], side: Side) -> Draft<'a> {
        let layer = |(order, (gpo, at)): (usize, &(&'a PreparedGpo, usize))| {
            self.layer(gpo, side, order, &plan.candidates[*at])
        };
        // A side that fails applies nothing.
        let layers: Vec<Layer<'a>> =
            if plan.fails() { Vec::new() } else { (1..).zip(applied).filter_map(layer).collect() };
        let halves = || applied.iter().map(|(gpo, _)| gpo.half(side)).take(if plan.fails() { 0 } else { usize::MAX });
        let configures_group_policy = halves().any(|half| half.configures_group_policy);
        let extensions = in_running_order(halves().flat_map(|half| half.extensions.iter().copied()));
        Draft { plan, layers, configures_group_policy, extensions }
    }

    fn layer(&self, gpo: &'a PreparedGpo, side: Side, order: usize, candidate: &Candidate) -> Option<Layer<'a>> {
        let half = self.policies.get(&gpo.id.dn)?.half(side);
        Some(Layer { order, gpo: &gpo.id, som_kind: candidate.som_kind, half, extensions: &gpo.half(side).extensions })
    }
}

/// Names the GPO of a link that leads to none we know.
fn unknown_gpo(scoped: &ScopedLink<'_>) -> GpoId {
    let link = scoped.link;
    let dn = link.gpo_dn.clone().unwrap_or_else(Dn::empty);
    let name = match (&link.gpo_id, &link.gpo_dn) {
        (Some(id), _) => id.to_string(),
        (None, Some(dn)) => dn.to_string(),
        (None, None) => link.text.clone(),
    };
    GpoId { dn, id: link.gpo_id.unwrap_or(Guid::NIL), domain: link.gpo_domain.clone(), name }
}
