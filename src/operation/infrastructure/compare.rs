//! What a domain controller has, compared with the baseline.

use std::collections::{BTreeMap, BTreeSet};

use crate::ident::{GpoVersion, Guid};

use super::gather::{Gathered, GatheredGpo};
use super::{Difference, DifferenceKind, DifferingGpo, SysvolHalf};

/// How many names of files a difference tells.
const MOST_NAMES: usize = 20;

/// Returns the GPOs that are not as on the baseline, by name.
pub(super) fn compare(baseline: &Gathered, found: &Gathered) -> Vec<DifferingGpo> {
    let ids: BTreeSet<&Guid> = baseline.gpos.keys().chain(found.gpos.keys()).collect();
    let mut differing: Vec<DifferingGpo> = ids
        .into_iter()
        .filter_map(|id| {
            let (reference, own) = (baseline.gpos.get(id), found.gpos.get(id));
            let differences = compare_gpo(reference, own, found.sysvol_error.is_none());
            let named = reference.filter(|gpo| gpo.state.directory.is_some()).or(own).or(reference)?;
            let gpo = DifferingGpo { id: *id, name: named.state.name.clone(), differences };
            (!gpo.differences.is_empty()).then_some(gpo)
        })
        .collect();
    differing.sort_by_cached_key(|gpo| (gpo.name.to_lowercase(), gpo.id));
    differing
}

fn compare_gpo(baseline: Option<&GatheredGpo>, found: Option<&GatheredGpo>, with_sysvol: bool) -> Vec<Difference> {
    let mut differences = Vec::new();
    let mut add = |kind, baseline: &str, found: &str| {
        differences.push(Difference { kind, baseline: baseline.to_owned(), found: found.to_owned() });
    };
    let directory = |gpo: Option<&GatheredGpo>| gpo.and_then(|gpo| gpo.state.directory.clone());
    match (directory(baseline), directory(found)) {
        (Some(_), None) => add(DifferenceKind::MissingInDirectory, "there", "missing"),
        (None, Some(_)) => add(DifferenceKind::OnlyInDirectory, "missing", "there"),
        (Some(reference), Some(own)) => {
            if reference.version != own.version {
                add(DifferenceKind::DirectoryVersion, &version_text(reference.version), &version_text(own.version));
            }
            if let (Some(reference), Some(own)) = (reference.acl, own.acl)
                && reference != own
            {
                add(DifferenceKind::DirectoryAcl, &reference, &own);
            }
        }
        (None, None) => {}
    }
    // What may be read on one controller only is told; what may be read on neither is no difference between them.
    let problems = |gpo: Option<&GatheredGpo>| {
        let problems = gpo.map(|gpo| gpo.state.problems.join("; ")).unwrap_or_default();
        if problems.is_empty() { None } else { Some(problems) }
    };
    let (unread_there, unread_here) = (problems(baseline), problems(found));
    if unread_there.is_some() != unread_here.is_some() {
        let read = || "read".to_owned();
        add(DifferenceKind::Unread, &unread_there.unwrap_or_else(read), &unread_here.unwrap_or_else(read));
    } else if with_sysvol {
        let sysvol = |gpo: Option<&GatheredGpo>| gpo.and_then(|gpo| gpo.state.sysvol.clone());
        match (sysvol(baseline), sysvol(found)) {
            (Some(_), None) => add(DifferenceKind::MissingInSysvol, "there", "missing"),
            (None, Some(_)) => add(DifferenceKind::OnlyInSysvol, "missing", "there"),
            (Some(reference), Some(own)) => {
                let contents = |gpo: Option<&GatheredGpo>| gpo.map(|gpo| gpo.content.clone()).unwrap_or_default();
                differences.extend(compare_sysvol(&reference, &own, &contents(baseline), &contents(found)));
            }
            (None, None) => {}
        }
    }
    differences
}

fn compare_sysvol(
    reference: &SysvolHalf,
    own: &SysvolHalf,
    reference_content: &BTreeMap<String, String>,
    own_content: &BTreeMap<String, String>,
) -> Vec<Difference> {
    let mut differences = Vec::new();
    if reference.version != own.version {
        let text = |half: &SysvolHalf| half.version.map_or_else(|| "none".to_owned(), version_text);
        let kind = DifferenceKind::SysvolVersion;
        differences.push(Difference { kind, baseline: text(reference), found: text(own) });
    }
    if let (Some(reference), Some(own)) = (&reference.acl, &own.acl)
        && reference != own
    {
        let kind = DifferenceKind::SysvolAcl;
        differences.push(Difference { kind, baseline: reference.clone(), found: own.clone() });
    }
    if reference.content != own.content {
        let kind = DifferenceKind::SysvolContents;
        differences.push(Difference {
            kind,
            baseline: counts_text(reference),
            found: format!("{}: {}", counts_text(own), names_text(reference_content, own_content)),
        });
    }
    differences
}

/// Writes a version as the console does.
pub(super) fn version_text(version: GpoVersion) -> String {
    format!("user {}, computer {}", version.user, version.computer)
}

fn counts_text(half: &SysvolHalf) -> String {
    format!("{} folders, {} files", half.folders, half.files)
}

/// Names what is missing, too much, or has other bytes.
fn names_text(reference: &BTreeMap<String, String>, own: &BTreeMap<String, String>) -> String {
    let paths: BTreeSet<&String> = reference.keys().chain(own.keys()).collect();
    let mut told = Vec::new();
    for path in paths {
        let shown = path.replace('/', "\\");
        match (reference.get(path), own.get(path)) {
            (Some(_), None) => told.push(format!("{shown} is missing")),
            (None, Some(_)) => told.push(format!("{shown} is not on the baseline")),
            (reference, own) if reference != own => told.push(format!("{shown} differs")),
            _ => {}
        }
    }
    let more = told.len().saturating_sub(MOST_NAMES);
    told.truncate(MOST_NAMES);
    if more > 0 {
        told.push(format!("and {more} more"));
    }
    told.join(", ")
}
