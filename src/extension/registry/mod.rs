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
const LOCALIZED_COMMENT_FILE: &str = "/comment.cmtl";

fn read(source: &Source<'_>) -> Option<Part> {
    let mut part = Part::default();
    let values = values(source, &mut part);
    let comments = comments(source, COMMENT_FILE, &mut part);
    let localized = localized_comments(source, &mut part);
    let localized: Vec<&PolicyComments> = localized.iter().collect();
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
        let comment = comments.as_ref();
        let comment = comment.and_then(|comments| comments.text_in(policy.namespace(), policy.name(), &localized));
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

/// Returns the texts of comments that stand in files of a language, `<language>/comment.cmtl`: English first, as that is what clients fall
/// back to, then by language.
fn localized_comments(source: &Source<'_>, part: &mut Part) -> Vec<PolicyComments> {
    let is_localized = |path: &str| path.to_lowercase().ends_with(LOCALIZED_COMMENT_FILE);
    let mut paths: Vec<&str> = source.half.files.iter().map(|file| file.path.as_str()).collect();
    paths.retain(|path| is_localized(path));
    paths.sort_by_cached_key(|path| (!path.to_lowercase().starts_with("en-us/"), path.to_lowercase()));
    paths.into_iter().filter_map(|path| comments(source, path, part)).collect()
}

/// Returns the comments in a file, where there is one.
fn comments(source: &Source<'_>, path: &str, part: &mut Part) -> Option<PolicyComments> {
    let bytes = source.bytes(path, part)?;
    match PolicyComments::parse(bytes) {
        Ok(comments) => Some(comments),
        Err(error) => {
            part.problems.push(source.problem_at(path, error));
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
