//! Registry: administrative templates, and the registry values that no template knows (`operations.md` 4.3).
//!
//! `registry.pol` is the evidence. A policy of the templates is reported where its values are there; values that no policy and no
//! other extension claims are reported as they stand.

mod elements;
mod order;
mod sections;

pub(super) use sections::settings_table;

use std::collections::HashSet;

use crate::format::PolicyComments;
use crate::format::admx::{PolEntry, PolValues, PolicyClass, PolicyState, evaluate_all};
use crate::ident::Guid;
use crate::report::{Element, Side};

use super::{EXTENSIONS, Extension, Part, Source, claims_nothing};

/// The extension.
pub(super) static REGISTRY: Extension = Extension {
    cse: Guid::from_u128(0x35378EAC_683F_11D2_A89A_00C04FBBCFA2),
    name: "Registry",
    xml_type: "RegistrySettings",
    namespace: "Registry",
    read,
    sections: sections::sections,
    claims: claims_nothing,
};

const POL_FILE: &str = "registry.pol";
const COMMENT_FILE: &str = "comment.cmtx";

fn read(source: &Source<'_>) -> Option<Part> {
    let mut part = Part::default();
    let values = values(source, &mut part);
    let comments = comments(source, &mut part);
    let templates = source.context.templates;
    let mut claimed: HashSet<usize> = HashSet::new();
    // Values that leave their policy undecided: Microsoft's reports are silent about them, clients set them all the same.
    let mut undecided: HashSet<usize> = HashSet::new();
    let mut policies = Vec::new();
    let half = match source.side {
        Side::Computer => PolicyClass::Machine,
        Side::User => PolicyClass::User,
    };
    let commented = comments.iter().flat_map(PolicyComments::policies);
    let commented = commented.filter_map(|(namespace, name)| Some(templates.find(namespace, name)?.id()));
    for (policy, setting) in evaluate_all(templates, &values, half, commented) {
        let comment = comments.as_ref().and_then(|comments| comments.text(policy.namespace(), policy.name()));
        // A comment is worth a line all the same.
        if setting.state == PolicyState::NotConfigured && comment.is_none() {
            undecided.extend(&setting.records);
            continue;
        }
        claimed.extend(&setting.records);
        let comment = comment.filter(|_| source.context.with_comments);
        policies.push(elements::policy(&policy, &setting, comment));
    }
    policies.sort_by_cached_key(order::policy_key);
    let free = values.entries().iter().filter(|entry| !claimed.contains(&entry.record) && !is_claimed_elsewhere(entry));
    let (undecided, extra): (Vec<&PolEntry>, Vec<&PolEntry>) =
        free.partition(|entry| undecided.contains(&entry.record));
    part.undecided = settings(undecided);
    part.elements = policies;
    part.elements.extend(settings(extra));
    part.elements.push(Element::bool("Blocked", false));
    Some(part)
}

/// Returns registry values as elements, by key.
fn settings(entries: Vec<&PolEntry>) -> Vec<Element> {
    let mut settings: Vec<Element> = entries.into_iter().map(elements::registry_setting).collect();
    settings.sort_by_cached_key(order::setting_key);
    settings
}

/// Returns the records of the half's file, as far as they can be read.
fn values(source: &Source<'_>, part: &mut Part) -> PolValues {
    if source.bytes(POL_FILE, part).is_none() {
        return PolValues::default();
    }
    let Some((pol, errors)) = source.half.registry() else { return PolValues::default() };
    part.problems.extend(errors.iter().map(|error| source.problem_at(POL_FILE, error)));
    PolValues::new(pol)
}

/// Returns the comments of the half's policies, where there is a file with them.
fn comments(source: &Source<'_>, part: &mut Part) -> Option<PolicyComments> {
    let bytes = source.bytes(COMMENT_FILE, part)?;
    match PolicyComments::parse(bytes) {
        Ok(comments) => Some(comments),
        Err(error) => {
            part.problems.push(source.problem_at(COMMENT_FILE, error));
            None
        }
    }
}

/// Tells whether another extension reports a record.
fn is_claimed_elsewhere(entry: &PolEntry) -> bool {
    let (key, name) = (entry.key.to_lowercase(), entry.name.to_lowercase());
    EXTENSIONS.iter().any(|extension| (extension.claims)(&key, &name))
}

#[cfg(test)]
mod tests;
