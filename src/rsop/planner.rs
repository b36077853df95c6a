//! Planning itself: who the target is, which links reach it, what becomes of them, and which settings come of it.

use std::collections::HashMap;
use std::sync::Arc;

use crate::extension::SourceContext;
use crate::gpm::{DomainSnapshot, ForestSnapshot, LinkEffect, SomType, links_in_order};
use crate::ident::{Dn, DnsName, Guid, Sid};
use crate::report::{ExtensionReport, Side};

use super::access::Access;
use super::filter::Judge;
use super::link_speed::{extension_plan, is_slow};
use super::loopback::{self, Decided, LoggedOnTo};
use super::merge::{self, Layer, MergeContext, Merged, Resultant};
use super::prepared::{PreparedGpo, prepare};
use super::scope::Scope;
use super::side::{Draft, Ground, List};
use super::token::Token;
use super::{
    Account, AccountKind, Assumptions, ExtensionOutcome, ExtensionPlan, Loopback, LoopbackMode, Plan, Policies, Reason,
    SidePlan, SomReason, Subject, Target, WmiAssumption,
};

/// Plans what applies to users and computers of one forest. Holds what all plans have in common; a plan then costs time only for the links
/// in its own scope.
#[derive(Debug)]
pub struct Planner {
    forest: Arc<ForestSnapshot>,
    policies: Policies,
    gpos: HashMap<Dn, PreparedGpo>,
    /// Of each domain, the GPOs linked to the domain itself that apply to its domain controllers, in the order of application.
    domain_gpos: Vec<Vec<Dn>>,
}

/// How far a plan goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Depth {
    Scope,
    Settings,
}

/// One half of a target with who it is.
struct Who<'a> {
    side: Side,
    subject: &'a Subject,
    place: &'a Dn,
    kind: AccountKind,
    token: Token,
    wmi: &'a WmiAssumption,
}

impl Planner {
    /// Prepares a forest with what its GPOs set.
    pub fn new(forest: Arc<ForestSnapshot>, policies: Policies) -> Self {
        let gpos = prepare(&forest, &policies);
        let mut planner = Planner { forest, policies, gpos, domain_gpos: Vec::new() };
        planner.domain_gpos = planner.forest.domains.iter().map(|domain| planner.gpos_of_domain(domain)).collect();
        planner
    }

    /// Returns the forest.
    pub fn forest(&self) -> &Arc<ForestSnapshot> {
        &self.forest
    }

    /// Returns what its GPOs set.
    pub fn policies(&self) -> &Policies {
        &self.policies
    }

    /// Returns whoever the access list of any GPO speaks of: of the groups of an account no others matter to its plan.
    pub(super) fn trustees(&self) -> impl Iterator<Item = &Sid> {
        self.gpos.values().filter_map(|gpo| gpo.access.as_ref()).flat_map(Access::trustees)
    }

    /// Says what applies to a target. The same target and assumptions give the same plan, to the last byte.
    ///
    /// A target without user and computer has no sides.
    pub fn plan(&self, target: &Target, assumptions: &Assumptions) -> Plan {
        self.plan_to(Depth::Settings, target, assumptions)
    }

    /// Says which GPOs apply to a target and which extensions run, without their settings: [`SidePlan::resultant`] is empty. Where nothing
    /// depends on settings, such as the loopback mode, none are looked at.
    pub fn plan_scope_only(&self, target: &Target, assumptions: &Assumptions) -> Plan {
        self.plan_to(Depth::Scope, target, assumptions)
    }

    fn plan_to(&self, depth: Depth, target: &Target, assumptions: &Assumptions) -> Plan {
        let computer = target.computer.as_ref().map(|subject| self.who(Side::Computer, subject, assumptions));
        let user = target.user.as_ref().map(|subject| self.who(Side::User, subject, assumptions));
        let mut computer_plan = computer.as_ref().map(|computer| self.computer_side(depth, computer, assumptions));
        let mut loopback = Loopback::default();
        let mut user_plan = user.as_ref().map(|user| {
            let logged_on_to = computer_plan.as_ref().zip(computer.as_ref()).map(|(policy, who)| LoggedOnTo {
                policy,
                is_member: who.place.domain().is_some_and(|name| self.forest.domain(&name).is_some()),
            });
            let foreign = self.foreign_domain(user);
            let decided = loopback::decide(logged_on_to.as_ref(), foreign.as_ref(), assumptions);
            loopback = decided.loopback.clone();
            let resultant = computer_plan.as_ref().map(|plan| &plan.resultant);
            self.user_side(depth, user, computer.as_ref(), &decided, assumptions, resultant)
        });
        if depth == Depth::Scope {
            for plan in [&mut computer_plan, &mut user_plan].into_iter().flatten() {
                plan.resultant = Resultant::default();
            }
        }
        Plan { computer: computer_plan, user: user_plan, loopback }
    }

    fn who<'a>(&self, side: Side, subject: &'a Subject, assumptions: &'a Assumptions) -> Who<'a> {
        let (place, groups, wmi) = match side {
            Side::Computer => (&assumptions.computer_place, &assumptions.computer_groups, &assumptions.computer_wmi),
            Side::User => (&assumptions.user_place, &assumptions.user_groups, &assumptions.user_wmi),
        };
        let place = place.as_ref().unwrap_or(subject.place());
        let domain = place.domain().and_then(|name| self.forest.domain(&name));
        let kind = match (side, subject) {
            (Side::User, _) => AccountKind::User,
            (Side::Computer, Subject::Account(account)) => account.kind,
            (Side::Computer, Subject::Container(_)) if is_of_controllers(place, domain) => {
                AccountKind::DomainController
            }
            (Side::Computer, Subject::Container(_)) => AccountKind::Computer,
        };
        let token = Token::of(side, kind, subject, groups.as_deref(), domain);
        Who { side, subject, place, kind, token, wmi }
    }

    /// Returns the domain of a user, where it is none of this forest.
    fn foreign_domain(&self, user: &Who<'_>) -> Option<DnsName> {
        let of_account = user.subject.account().map(|account| account.domain.clone());
        let domain = of_account.or_else(|| user.place.domain())?;
        self.forest.domain(&domain).is_none().then_some(domain)
    }

    fn ground(&self) -> Ground<'_> {
        Ground { forest: &self.forest, policies: &self.policies, gpos: &self.gpos }
    }

    fn computer_side(&self, depth: Depth, who: &Who<'_>, assumptions: &Assumptions) -> SidePlan {
        let scope = Scope::of(&self.forest, who.place, assumptions.site.as_deref());
        let lists = [List { scope, reason: SomReason::Normal, excluded: None }];
        let judge = self.judge(who, Some(&who.token));
        let draft = self.ground().draft(empty_plan(who, assumptions), &lists, &judge);
        let is_domain_controller = who.kind == AccountKind::DomainController;
        let context = |skipped: Vec<Guid>| MergeContext {
            skipped,
            is_domain_controller,
            domain_layers: self.domain_layers(who.place, &draft.plan),
            ..MergeContext::default()
        };
        self.finish(depth, &draft, assumptions.slow_link, None, context)
    }

    fn user_side(
        &self,
        depth: Depth,
        who: &Who<'_>,
        computer: Option<&Who<'_>>,
        decided: &Decided,
        assumptions: &Assumptions,
        computer_policy: Option<&Resultant>,
    ) -> SidePlan {
        let site = assumptions.site.as_deref();
        let mode = decided.loopback.mode;
        let own = || Scope::of(&self.forest, who.place, site);
        let mut lists = Vec::new();
        let excluded = match (mode, decided.invalid) {
            (Some(LoopbackMode::Replace), _) => Some(Reason::LoopbackReplace),
            (_, Some(mode)) => Some(Reason::LoopbackInvalid { mode }),
            _ => None,
        };
        // The own links of a user of another forest are not known; where they do not count, that is no loss.
        if excluded.is_none() || self.foreign_domain(who).is_none() {
            lists.push(List { scope: own(), reason: SomReason::Normal, excluded });
        }
        let reason = match mode {
            Some(LoopbackMode::Merge) => Some(SomReason::LoopbackMerge),
            Some(LoopbackMode::Replace) => Some(SomReason::LoopbackReplace),
            None => None,
        };
        if let (Some(reason), Some(computer)) = (reason, computer) {
            lists.push(List { scope: Scope::of(&self.forest, computer.place, site), reason, excluded: None });
        }
        let judge = self.judge(who, computer.map(|computer| &computer.token));
        let mut plan = empty_plan(who, assumptions);
        if decided.invalid.is_some() {
            plan.warnings.push(decided.loopback.because.clone());
        }
        let draft = self.ground().draft(plan, &lists, &judge);
        let context = |skipped| MergeContext { skipped, ..MergeContext::default() };
        self.finish(depth, &draft, assumptions.slow_link, computer_policy, context)
    }

    fn judge<'a>(&'a self, who: &'a Who<'_>, reader: Option<&'a Token>) -> Judge<'a> {
        Judge { side: who.side, target: &who.token, reader, wmi: who.wmi, policies: &self.policies }
    }

    /// Merges the layers and says what the extensions do. `computer` holds the computer's policy, where that is another: on the user side.
    fn finish<'a>(
        &'a self,
        depth: Depth,
        draft: &Draft<'a>,
        slow_link: bool,
        computer: Option<&Resultant>,
        context: impl Fn(Vec<Guid>) -> MergeContext<'a>,
    ) -> SidePlan {
        let mut plan = draft.plan.clone();
        let side = plan.side;
        if depth == Depth::Settings {
            self.warn_of_unread(&mut plan);
        }
        let is_wanted = depth == Depth::Settings || draft.configures_group_policy;
        let merge = |skipped| match is_wanted {
            true => merge::merge(side, &draft.layers, &context(skipped)),
            false => Merged::default(),
        };
        let mut merged = merge(Vec::new());
        let is_slow = is_slow(slow_link, side, &merged.resultant);
        plan.extensions = {
            let rules = computer.unwrap_or(&merged.resultant);
            draft.extensions.iter().map(|&cse| extension_plan(cse, side, is_slow, rules)).collect()
        };
        let is_skipped = |outcome: &ExtensionOutcome| *outcome == ExtensionOutcome::SkippedSlowLink;
        let skipped: Vec<Guid> =
            plan.extensions.iter().filter(|plan| is_skipped(&plan.outcome)).map(|plan| plan.cse).collect();
        if !skipped.is_empty() {
            merged = merge(skipped);
        }
        if slow_link && !is_slow {
            plan.warnings.push("A policy sets the threshold of slow links to 0, so no link counts as slow.".to_owned());
        }
        for extension in &mut plan.extensions {
            let failure = merged.failures.iter().find(|(cse, _)| *cse == extension.cse);
            if let Some((_, problem)) = failure.filter(|_| !is_skipped(&extension.outcome)) {
                extension.outcome = ExtensionOutcome::Failed { problem: problem.clone() };
            }
        }
        plan.resultant = merged.resultant;
        plan
    }

    /// Says of each GPO that applies and whose settings are not there that its part of the outcome is missing.
    fn warn_of_unread(&self, plan: &mut SidePlan) {
        for candidate in plan.candidates.iter_mut().filter(|candidate| candidate.verdict.is_applied()) {
            if self.policies.get(&candidate.gpo.dn).is_none() {
                candidate.warnings.push("What it sets was not read, so its settings are missing here.".to_owned());
            }
        }
    }

    /// Returns the settings of a side that this planner planned, as reports have them: each with its GPO and its precedence.
    pub fn report_settings(
        &self,
        side: &SidePlan,
        target: &Target,
        assumptions: &Assumptions,
        source: &SourceContext<'_>,
    ) -> Vec<ExtensionReport> {
        let layers: Vec<Layer<'_>> = (1..)
            .zip(side.applied())
            .filter_map(|(order, candidate)| {
                let gpo = self.gpos.get(&candidate.gpo.dn)?;
                let half = self.policies.get(&candidate.gpo.dn)?.half(side.side);
                let extensions = &gpo.half(side.side).extensions;
                Some(Layer { order, gpo: &gpo.id, som_kind: candidate.som_kind, half, extensions })
            })
            .collect();
        let is_skipped = |plan: &&ExtensionPlan| plan.outcome == ExtensionOutcome::SkippedSlowLink;
        let skipped = side.extensions.iter().filter(is_skipped).map(|plan| plan.cse).collect();
        let context = match (side.side, &target.computer) {
            (Side::Computer, Some(computer)) => MergeContext {
                skipped,
                is_domain_controller: self.who(side.side, computer, assumptions).kind == AccountKind::DomainController,
                domain_layers: self.domain_layers(&side.place, side),
                ..MergeContext::default()
            },
            _ => MergeContext { skipped, ..MergeContext::default() },
        };
        merge::report(side.side, &layers, &context, source)
    }

    /// Returns the layers from which the domain of a place takes the account policy of its accounts.
    fn domain_layers(&self, place: &Dn, plan: &SidePlan) -> Vec<Layer<'_>> {
        let position =
            place.domain().and_then(|name| self.forest.domains.iter().position(|domain| domain.name == name));
        let Some(domain) = position.and_then(|position| self.domain_gpos.get(position)) else { return Vec::new() };
        let layer = |dn: &Dn| {
            let gpo = self.gpos.get(dn)?;
            let half = self.policies.get(dn)?.half(Side::Computer);
            let place = plan.applied().position(|own| own.som_kind == SomType::Domain && own.gpo.dn == *dn);
            let extensions = &gpo.half(Side::Computer).extensions;
            Some(Layer {
                order: place.map_or(0, |position| position + 1),
                gpo: &gpo.id,
                som_kind: SomType::Domain,
                half,
                extensions,
            })
        };
        domain.iter().filter_map(layer).collect()
    }

    /// Returns the GPOs of a domain's own links that apply to its domain controllers.
    fn gpos_of_domain(&self, domain: &DomainSnapshot) -> Vec<Dn> {
        let Some(som) = domain.som() else { return Vec::new() };
        let token = Token::of_domain_controllers(domain);
        let wmi = WmiAssumption::Unknown;
        let judge =
            Judge { side: Side::Computer, target: &token, reader: Some(&token), wmi: &wmi, policies: &self.policies };
        let links = links_in_order(&[som]).into_iter().filter(|scoped| scoped.effect == LinkEffect::Reaches);
        let gpos = links.filter_map(|scoped| self.gpos.get(scoped.link.gpo_dn.as_ref()?));
        gpos.filter(|gpo| judge.judge(gpo).refusal.is_none()).map(|gpo| gpo.id.dn.clone()).collect()
    }
}

fn empty_plan(who: &Who<'_>, assumptions: &Assumptions) -> SidePlan {
    SidePlan {
        side: who.side,
        account: who.subject.account().map(|account: &Account| account.name.clone()),
        place: who.place.clone(),
        site: assumptions.site.clone(),
        token: who.token.sids().to_vec(),
        soms: Vec::new(),
        failures: Vec::new(),
        candidates: Vec::new(),
        extensions: Vec::new(),
        resultant: Resultant::default(),
        warnings: Vec::new(),
    }
}

/// Tells whether a place is the OU in which a domain's controllers lie, or below it.
fn is_of_controllers(place: &Dn, domain: Option<&DomainSnapshot>) -> bool {
    domain.is_some_and(|domain| place.is_within(&domain.dn.child("OU", "Domain Controllers")))
}
