//! The settings of a resultant set as the elements of its document: what the extensions write, each with its GPO and its precedence
//! (`operations.md` 6 and 8.1).

use crate::extension::{Extension, Part as ReadPart, Source, SourceContext};
use crate::ident::Guid;
use crate::report::{Element, ExtensionReport, Namespace, PartProblem, Side};

use super::items::Items;
use super::prepared::Read;
use super::resolve::{Conditions, Outcome, Part, outcomes, parts};
use super::rules::{self, Rule};
use super::{Collected, Layer, MergeContext, merge, preferences, report_registry, scripts};
use crate::extension::EXTENSIONS;

/// Returns what the extensions have to say of the settings of some halves, in the order of Microsoft's reports.
///
/// Every setting begins with its `GPO` and its `Precedence`: 1 for the winner, and for all where settings are united; 2, 3 … for the others that
/// set the same, down to the first that was applied. A reader that wants winners alone leaves out the rest. Extensions that fail have no
/// part.
pub fn report(
    side: Side,
    layers: &[Layer<'_>],
    context: &MergeContext<'_>,
    source: &SourceContext<'_>,
) -> Vec<ExtensionReport> {
    let merged = merge(side, layers, context);
    let has_failed = |cse: Guid| merged.failures.iter().any(|(failed, _)| *failed == cse);
    let power_shell_first = scripts::power_shell_first(side, &merged.resultant);
    let conditions = Conditions { context, power_shell_first };
    let registry = report_registry::MergedRegistry::of(side, layers, context);
    let extensions = EXTENSIONS.iter().filter(|extension| !has_failed(extension.cse));
    extensions
        .filter_map(|extension| match rules::find(extension) {
            Some(rule) => own_part(side, extension, rule, layers, &conditions, source),
            None => registry.part(extension, source),
        })
        .collect()
}

/// What an extension reads in one layer.
struct ReadLayer<'a> {
    layer: &'a Layer<'a>,
    part: ReadPart,
    items: Items,
}

fn own_part(
    side: Side,
    extension: &'static Extension,
    rule: &Rule,
    layers: &[Layer<'_>],
    conditions: &Conditions<'_>,
    context: &SourceContext<'_>,
) -> Option<ExtensionReport> {
    let all = layers.iter().chain(&conditions.context.domain_layers);
    let read: Vec<ReadLayer<'_>> = all
        .filter(|layer| layer.extensions.contains(&extension.cse))
        .filter_map(|layer| {
            let source = Source { side, half: &layer.half.contents, context };
            let part = (extension.read)(&source)?;
            let items = (rule.items)(&Read { extension, source, part: &part });
            Some(ReadLayer { layer, part, items })
        })
        .collect();
    let found = |layer: &Layer<'_>| read.iter().find(|read| std::ptr::eq(read.layer, layer));
    let mut collected = Collected::default();
    let counting = parts(
        extension,
        rule,
        layers,
        conditions.context,
        |layer| read.iter().find(|read| std::ptr::eq(read.layer, layer)).map(|read| &read.items),
        &mut collected,
    );
    if counting.is_empty() {
        return None;
    }
    let mut outcomes: Vec<Outcome<'_>> =
        outcomes(&counting, conditions).into_iter().filter(|outcome| outcome.is_of_target).collect();
    outcomes.sort_by(|one, other| one.key.text().cmp(other.key.text()));
    let elements_of = |part: &Part<'_>| found(part.layer).map_or(&[][..], |read| &read.part.elements);
    let mut told: Vec<(usize, usize)> = Vec::new();
    let mut elements: Vec<Element> = Vec::new();
    for outcome in &outcomes {
        for (precedence, position, place) in places(outcome) {
            // What two settings share, such as the members of a group and its memberships, stands there once.
            let Some(part) = counting.get(position).filter(|_| !told.contains(&(position, place))) else { continue };
            told.push((position, place));
            let element = match preferences::kind_of(extension) {
                Some(_) => elements_of(part).first().and_then(|root| preference_item(root, place)),
                None => elements_of(part).get(place).map(|element| vec![element.clone()]),
            };
            let Some(chain) = element else { continue };
            elements.push(nested(chain, part.layer, precedence));
        }
    }
    if preferences::kind_of(extension).is_some() {
        let root = counting.last().and_then(|part| elements_of(part).first());
        let root = root.filter(|_| !elements.is_empty())?;
        elements = vec![Element { children: elements, ..bare(root) }];
    }
    let rank =
        |element: &Element| rule.elements.iter().position(|name| *name == element.name).unwrap_or(rule.elements.len());
    elements.sort_by_key(rank);
    if elements.is_empty() {
        return None;
    }
    let has_blocked = read.iter().any(|read| read.part.elements.iter().any(|element| element.name == BLOCKED));
    elements.extend(has_blocked.then(|| Element::bool(BLOCKED, false)));
    let problems = read.iter().flat_map(|read| problems(read.layer, &read.part));
    Some(extension.report(elements, problems.collect()))
}

/// Says whether another authority owns the settings of a part; it is never so in a plan.
pub(super) const BLOCKED: &str = "Blocked";

/// Returns the elements of a setting: precedence, part and place in the part of each, united ones in the order of application.
fn places(outcome: &Outcome<'_>) -> Vec<(usize, usize, usize)> {
    let mut places: Vec<(usize, usize, usize)> = Vec::new();
    for (rank, (contribution, _)) in outcome.ranked.iter().enumerate() {
        // The GPO whose package upgrades another decides about that one, but has no element of it.
        if outcome.key != &contribution.item.key && outcome.is_of_target && outcome.value.is_none() {
            continue;
        }
        let precedence = if outcome.united { 1 } else { rank + 1 };
        places.extend(contribution.item.elements.iter().map(|&place| (precedence, contribution.part, place)));
    }
    if outcome.united {
        places.sort_by_key(|&(_, part, place)| (part, place));
    }
    places
}

/// Returns the problems of a part, each with the GPO.
pub(super) fn problems(layer: &Layer<'_>, part: &ReadPart) -> Vec<PartProblem> {
    let name = &layer.gpo.name;
    let problem = |problem: &PartProblem| PartProblem {
        file: format!("{name}: {}", problem.file),
        message: problem.message.clone(),
    };
    part.problems.iter().map(problem).collect()
}

/// Puts GPO and precedence before what is in an element.
pub(super) fn attributed(mut element: Element, layer: &Layer<'_>, precedence: usize) -> Element {
    let types = |name: &'static str, text: String| Element::text_of(Namespace::Types, name, text);
    let gpo = Element::of(Namespace::Base, "GPO")
        .with(types("Identifier", layer.gpo.id.to_string()))
        .with_all(layer.gpo.domain.as_ref().map(|domain| types("Domain", domain.to_string())));
    let precedence = Element::text_of(Namespace::Base, "Precedence", precedence.to_string());
    element.children.splice(0..0, [gpo, precedence]);
    element
}

/// Puts elements into one another, the last one innermost: that is the setting.
fn nested(mut chain: Vec<Element>, layer: &Layer<'_>, precedence: usize) -> Element {
    let innermost = chain.pop().unwrap_or_else(|| Element::new(""));
    let setting = attributed(innermost, layer, precedence);
    chain.into_iter().rev().fold(setting, |inner, outer| outer.with(inner))
}

/// Returns an element with nothing in it.
fn bare(element: &Element) -> Element {
    let mut copy = Element::of(element.namespace, element.name.clone());
    copy.attributes.clone_from(&element.attributes);
    copy
}

/// Collections nested deeper than this are passed over, as in reports.
const DEEPEST: usize = 64;

/// Finds an item by its number in document order, with the collections it lies in around it: those have their own targeting.
fn preference_item(root: &Element, number: usize) -> Option<Vec<Element>> {
    find_item(root, number, &mut 0, 0)
}

fn find_item(parent: &Element, number: usize, count: &mut usize, depth: usize) -> Option<Vec<Element>> {
    let is_item = |child: &&Element| child.name != "Filters" && child.name != "GPOSettingOrder";
    for child in parent.children.iter().filter(is_item).filter(|_| depth < DEEPEST) {
        if child.name == "Collection" {
            if let Some(found) = find_item(child, number, count, depth + 1) {
                let kept = ["GPOSettingOrder", "Filters"].iter().filter_map(|name| child.child(name).cloned());
                return Some(std::iter::once(bare(child).with_all(kept)).chain(found).collect());
            }
            continue;
        }
        if *count == number {
            return Some(vec![child.clone()]);
        }
        *count += 1;
    }
    None
}
