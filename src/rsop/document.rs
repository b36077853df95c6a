//! A plan as the document that GPMC and `gpresult /X` write (`operations.md` 6 and 8.1), so that a plan is shown, saved and compared as a
//! result is. There is no local GPO in a plan, and no events.
//!
//! All three orders of a link count in the order of application, the weakest first: `SOMOrder` inside its scope of management, `LinkOrder`
//! over all links, where 1 is left to the local GPO as in results, `AppliedOrder` over those that apply.

use std::collections::HashMap;

use crate::extension::SourceContext;
use crate::gpm::{ClientSideExtension, ForestSnapshot, Gpo, HResult, SecuredObject, SecurityInfo, SomType, WmiFilter};
use crate::ident::{Dn, Guid, Timestamp};
use crate::report::Side;
use crate::report::rsop::{
    ExtensionStatus, RsopDataType, RsopGpo, RsopLink, RsopPrincipal, RsopReport, RsopResult, SearchedSom,
};

use super::{
    Assumptions, Candidate, ExtensionOutcome, Plan, PlannedSom, Planner, Reason, SidePlan, SomReason, Target, Verdict,
};

/// What the document of a plan tells beside the plan.
pub struct PlanContext<'a> {
    /// What made the plan: the forest, imagined changes included, and what its GPOs set.
    pub planner: &'a Planner,
    /// Who was planned for.
    pub target: &'a Target,
    /// What was assumed.
    pub assumptions: &'a Assumptions,
    /// Names of principals and the administrative templates. Names that are asked for and not known are remembered there.
    pub settings: &'a SourceContext<'a>,
    /// When the plan was made.
    pub made: Timestamp,
}

/// The version of the data that all known results bear.
const VERSION: u32 = 0x22_0004;

/// Returns the document of a plan.
pub fn plan_report(plan: &Plan, context: &PlanContext<'_>) -> RsopReport {
    let result = |side: &Option<SidePlan>| side.as_ref().map(|side| side_result(side, context));
    RsopReport {
        read: Some(context.made),
        data_type: RsopDataType::Planned,
        user: result(&plan.user),
        computer: result(&plan.computer),
        ..RsopReport::default()
    }
}

fn side_result(side: &SidePlan, context: &PlanContext<'_>) -> RsopResult {
    let own = side.soms.iter().filter(|som| som.kind != SomType::Site && som.reason == SomReason::Normal);
    let name = |sid| context.settings.names.name(sid).unwrap_or_default();
    RsopResult {
        version: Some(VERSION),
        name: side.account.clone().unwrap_or_default(),
        domain: side.place.domain().map(|domain| domain.to_string()).unwrap_or_default(),
        som: own.max_by_key(|som| som.order).map(|som| som.path.clone()).unwrap_or_default(),
        site: side.site.clone().unwrap_or_default(),
        searched_soms: side.soms.iter().map(searched_som).collect(),
        security_groups: side
            .token
            .iter()
            .map(|sid| RsopPrincipal { sid: Some(sid.clone()), name: name(sid), ..RsopPrincipal::default() })
            .collect(),
        slow_link: Some(context.assumptions.slow_link),
        extension_status: extension_status(side),
        gpos: gpo_rows(side, context),
        extensions: context.planner.report_settings(side, context.target, context.assumptions, context.settings),
        ..RsopResult::default()
    }
}

fn searched_som(som: &PlannedSom) -> SearchedSom {
    let kind = match som.kind {
        SomType::Site => "Site",
        SomType::Domain => "Domain",
        SomType::Ou => "OU",
    };
    let reason = match som.reason {
        SomReason::Normal => "Normal",
        SomReason::LoopbackMerge => "LoopbackMerge",
        SomReason::LoopbackReplace => "LoopbackReplace",
    };
    SearchedSom {
        path: som.path.clone(),
        kind: kind.to_owned(),
        order: som.order,
        blocks_inheritance: som.blocks_inheritance,
        blocked: som.blocked,
        reason: reason.to_owned(),
        ..SearchedSom::default()
    }
}

/// Returns how each extension would end; the engine itself stands first, as in results.
fn extension_status(side: &SidePlan) -> Vec<ExtensionStatus> {
    let status = |name: &str, id, (logging, error): (&str, HResult)| ExtensionStatus {
        name: name.to_owned(),
        identifier: Some(id),
        logging_status: logging.to_owned(),
        error: Some(error.0),
        ..ExtensionStatus::default()
    };
    let engine = if side.fails() { HResult::FAIL } else { HResult::OK };
    let mut all = vec![status("Group Policy Infrastructure", Guid::NIL, ("Complete", engine))];
    all.extend(side.extensions.iter().map(|extension| {
        let end = match extension.outcome {
            ExtensionOutcome::Applied => ("Complete", HResult::OK),
            ExtensionOutcome::SkippedSlowLink => ("NotComplete", HResult::OK),
            ExtensionOutcome::Failed { .. } => ("Complete", HResult::FAIL),
        };
        status(&extension.name, extension.cse, end)
    }));
    all
}

/// Returns a row for each GPO in scope, in the order in which their first links stand, each with all its links. Links that name no GPO
/// have none.
fn gpo_rows(side: &SidePlan, context: &PlanContext<'_>) -> Vec<RsopGpo> {
    let mut rows: Vec<(RsopGpo, &Dn)> = Vec::new();
    let mut places: HashMap<&Dn, usize> = HashMap::new();
    // 1 is that of the local GPO.
    for (link_order, candidate) in (2..).zip(&side.candidates) {
        if matches!(candidate.verdict, Verdict::NotSeen(Reason::DamagedLink)) {
            continue;
        }
        let place = *places.entry(&candidate.gpo.dn).or_insert_with(|| {
            rows.push((gpo_row(side.side, candidate, context), &candidate.gpo.dn));
            rows.len() - 1
        });
        let (row, _) = &mut rows[place];
        judge(row, &candidate.verdict);
        row.links.push(RsopLink {
            som_path: candidate.som_path.clone(),
            som_order: som_order(side, candidate, context.planner.forest()),
            applied_order: match candidate.verdict {
                Verdict::Applied { order } if !side.fails() => order.try_into().unwrap_or(u32::MAX),
                _ => 0,
            },
            link_order,
            enabled: candidate.link_enabled,
            no_override: candidate.enforced,
            ..RsopLink::default()
        });
    }
    for (row, dn) in &mut rows {
        let failed = side.failures.iter().filter_map(|failure| failure.gpo.as_ref()).any(|gpo| gpo.dn == **dn);
        if failed {
            row.is_valid = Some(false);
        }
    }
    rows.into_iter().map(|(row, _)| row).collect()
}

/// Returns the place of a link among those of its scope in the order of application: the highest link order is applied first.
fn som_order(side: &SidePlan, candidate: &Candidate, forest: &ForestSnapshot) -> u32 {
    let counted =
        || side.candidates.iter().filter(|other| other.som == candidate.som).map(|other| other.link_order).max();
    let links = forest.som(&candidate.som).map(|som| som.links.len()).or_else(counted).unwrap_or_default();
    (links + 1).saturating_sub(candidate.link_order).try_into().unwrap_or(u32::MAX)
}

/// Returns the row of a GPO before any of its links.
fn gpo_row(side: Side, candidate: &Candidate, context: &PlanContext<'_>) -> RsopGpo {
    let unseen = RsopGpo {
        name: candidate.gpo.name.clone(),
        id: Some(candidate.gpo.id),
        domain: candidate.gpo.domain.as_ref().map(ToString::to_string),
        version_directory: Some(0),
        version_sysvol: Some(0),
        is_valid: Some(false),
        filter_allowed: Some(false),
        access_denied: Some(false),
        ..RsopGpo::default()
    };
    // What the client does not see has no more than that in a result either.
    let (false, Some(gpo)) = (is_unseen(&candidate.verdict), context.planner.forest().gpo_by_dn(&candidate.gpo.dn))
    else {
        return unseen;
    };
    let (enabled, registered) = match side {
        Side::Computer => (gpo.status.computer_enabled(), &gpo.computer_extensions),
        Side::User => (gpo.status.user_enabled(), &gpo.user_extensions),
    };
    RsopGpo {
        version_directory: candidate.version_directory.map(u32::from),
        version_sysvol: candidate.version_sysvol.map(u32::from),
        enabled: Some(enabled),
        is_valid: Some(true),
        filter_id: gpo
            .wmi_filter
            .as_ref()
            .and_then(|filter| context.planner.forest().wmi_filter(filter))
            .map(WmiFilter::path),
        filter_name: gpo.wmi_filter.as_ref().map(|_| context.planner.forest().wmi_filter_label(gpo)),
        filter_allowed: Some(true),
        security_filters: security_filters(gpo, context),
        extension_names: registered.groups.iter().map(|group| ClientSideExtension::label(group.extension)).collect(),
        ..unseen
    }
}

fn is_unseen(verdict: &Verdict) -> bool {
    let Verdict::NotSeen(reason) = verdict else { return false };
    // A link that is passed over says nothing about its GPO.
    !matches!(reason, Reason::LinkDisabled | Reason::Blocked { .. } | Reason::LoopbackReplace)
}

/// Writes into a row what keeps its GPO out.
fn judge(row: &mut RsopGpo, verdict: &Verdict) {
    let Verdict::Denied(reason) = verdict else { return };
    match reason {
        Reason::Security { .. } => row.access_denied = Some(true),
        Reason::WmiFilter { .. } | Reason::WmiFilterMissing { .. } => row.filter_allowed = Some(false),
        Reason::FunctionalityVersion { .. } => row.is_valid = Some(false),
        Reason::HalfDisabled => row.enabled = Some(false),
        _ => {}
    }
}

fn security_filters(gpo: &Gpo, context: &PlanContext<'_>) -> Vec<String> {
    let levels = gpo.security_descriptor.as_deref().map(|bytes| SecurityInfo::from_bytes(SecuredObject::Gpo, bytes));
    let Some(Ok(levels)) = levels else { return Vec::new() };
    let name = |sid| context.settings.names.name(sid).unwrap_or_else(|| sid.to_string());
    levels.security_filtering().map(|trustee| name(&trustee.sid)).collect()
}
