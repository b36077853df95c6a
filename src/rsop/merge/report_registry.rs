//! What rides on the registry in a resultant set: the extensions read the `registry.pol` that the outcome alone would be, and every element
//! belongs to the last GPO that says something of the same.

use crate::extension::{Extension, HalfContents, Part as ReadPart, Source, SourceContext};
use crate::extension::{FileContent, GptFile};
use crate::format::{PolRecord, RegistryPol};
use crate::ident::ExtensionList;
use crate::report::{Element, ExtensionReport, Side};
use crate::rsop::extension_order::REGISTRY;

use super::prepared::all_text;
use super::registry::{WrittenOutcome, written};
use super::report::{BLOCKED, attributed, problems};
use super::{Layer, MergeContext, layers_of};

/// The outcome as a half.
pub(super) struct MergedRegistry<'a, 'b> {
    side: Side,
    half: HalfContents,
    /// The layers whose values are in it.
    layers: Vec<&'b Layer<'a>>,
    context: &'b MergeContext<'a>,
}

/// Elements in which each child is a setting of its own.
const CONTAINERS: [&str; 5] = ["RuleCollection", "GlobalSettings", "DomainProfile", "PublicProfile", "PrivateProfile"];
/// Elements that say no GPO (`operations.md` 8.1).
const WITHOUT_GPO: [&str; 5] =
    [BLOCKED, "AutoEnrollmentSettings", "EFSSettings", "RootCertificateSettings", "certSettingsStores"];
const POLICY: &str = "Policy";
const NOT_CONFIGURED: &str = "NotConfigured";

impl<'a, 'b> MergedRegistry<'a, 'b> {
    /// Puts the outcome of the layers into one file.
    pub fn of(side: Side, layers: &'b [Layer<'a>], context: &'b MergeContext<'a>) -> Self {
        let layers = layers_of(layers, REGISTRY, context);
        let records = written(&layers).into_iter().filter_map(|written| {
            let (pol, _) = layers.get(written.layer)?.half.contents.registry()?;
            let record = pol.records.get(written.record)?;
            let key = record.key.to_string();
            Some(match written.outcome {
                WrittenOutcome::Whole => record.clone(),
                WrittenOutcome::Deletes(name) => PolRecord::delete_value(&key, &name),
                WrittenOutcome::SetsMissing(name) => PolRecord::set(&key, &name, record.data()),
            })
        });
        let bytes = RegistryPol { records: records.collect() }.to_bytes();
        let size_bytes = bytes.len() as u64;
        let file = GptFile { path: "registry.pol".to_owned(), size_bytes, content: FileContent::Whole(bytes) };
        let half = HalfContents::new(ExtensionList::default(), vec![file], Vec::new());
        MergedRegistry { side, half, layers, context }
    }

    /// Returns the part of an extension; none where there is none.
    pub fn part(&self, extension: &Extension, context: &SourceContext<'_>) -> Option<ExtensionReport> {
        let runs = !self.context.skipped.contains(&extension.cse);
        let calls = |layer: &&&Layer<'_>| runs && layer.extensions.contains(&extension.cse);
        let layers: Vec<&Layer<'_>> = self.layers.iter().filter(calls).copied().collect();
        if layers.is_empty() {
            return None;
        }
        let read = |half: &HalfContents| (extension.read)(&Source { side: self.side, half, context });
        let mut part = read(&self.half)?;
        // The last layer first, as precedence counts.
        let own = |layer: &&'b Layer<'a>| -> Option<(&'b Layer<'a>, ReadPart)> {
            Some((*layer, read(&layer.half.contents)?))
        };
        let own: Vec<(&Layer<'_>, ReadPart)> =
            layers.iter().rev().filter(|layer| !layer.half.settings.registry.is_damaged()).filter_map(own).collect();
        if !context.compatible {
            let place = part.elements.iter().position(|element| element.name == BLOCKED);
            let place = place.unwrap_or(part.elements.len());
            part.elements.splice(place..place, std::mem::take(&mut part.undecided));
        }
        let of_layers: Vec<Own<'_, '_>> = own
            .iter()
            .map(|(layer, part)| Own { layer, elements: part.elements.iter().chain(&part.undecided).collect() })
            .collect();
        let elements: Vec<Element> = part
            .elements
            .into_iter()
            .flat_map(|element| with_gpos(element, &of_layers, layers.last().copied()))
            .collect();
        if elements.is_empty() {
            return None;
        }
        let problems = own.iter().flat_map(|(layer, part)| problems(layer, part)).collect();
        Some(extension.report(elements, problems))
    }
}

/// What one GPO says by itself.
struct Own<'a, 'b> {
    layer: &'b Layer<'a>,
    elements: Vec<&'b Element>,
}

/// Returns an element with its GPO, and those of the GPOs that lose behind it.
fn with_gpos(element: Element, own: &[Own<'_, '_>], last: Option<&Layer<'_>>) -> Vec<Element> {
    if WITHOUT_GPO.contains(&element.name.as_ref()) {
        return vec![element];
    }
    if CONTAINERS.contains(&element.name.as_ref()) {
        let inner: Vec<Own<'_, '_>> = own
            .iter()
            .map(|own| {
                let same = own.elements.iter().filter(|other| is_same_container(other, &element));
                Own { layer: own.layer, elements: same.flat_map(|other| &other.children).collect() }
            })
            .collect();
        let children = element.children.clone().into_iter().flat_map(|child| with_gpos(child, &inner, last)).collect();
        return vec![Element { children, ..element }];
    }
    let wanted = identity(&element);
    let mut said = own.iter().filter_map(|own| {
        let same = own.elements.iter().find(|other| identity(other) == wanted && says_something(other))?;
        Some((own.layer, *same))
    });
    let Some((winner, own_element)) = said.next() else {
        // It comes of several GPOs together, of which none says it alone.
        return match last {
            Some(last) => vec![attributed(element, last, 1)],
            None => vec![element],
        };
    };
    let losers = (2..).zip(said).map(|(precedence, (layer, own))| attributed((*own).clone(), layer, precedence));
    std::iter::once(attributed(with_comment(element, own_element), winner, 1)).chain(losers).collect()
}

fn is_same_container(one: &Element, other: &Element) -> bool {
    one.name == other.name && one.get("Type") == other.get("Type")
}

/// Tells whether an element sets anything: a policy with nothing but a comment does not.
fn says_something(element: &Element) -> bool {
    element.name != POLICY || element.text_at(&["State"]) != NOT_CONFIGURED
}

/// Takes over the comment of the GPO that wins.
fn with_comment(mut element: Element, own: &Element) -> Element {
    if let Some(comment) = own.child("Comment").filter(|_| element.name == POLICY && element.child("Comment").is_none())
    {
        let place = element.children.iter().position(|child| child.name == "State").map_or(0, |place| place + 1);
        element.children.insert(place, comment.clone());
    }
    element
}

/// Returns what tells elements of a part apart: the same wherever the same is set.
fn identity(element: &Element) -> String {
    let text = |path: &[&str]| element.text_at(path).to_lowercase();
    let of_attribute = element.get("Id").map(str::to_lowercase);
    let key = match element.name.as_ref() {
        POLICY => format!("{}\n{}", text(&["Name"]), text(&["Category"])),
        "RegistrySetting" => match element.child("Command") {
            Some(command) => {
                let command = command.text.to_lowercase();
                format!("{}\n{}", text(&["KeyPath"]), command.strip_prefix("**del.").unwrap_or(&command))
            }
            None => format!("{}\n{}", text(&["KeyPath"]), text(&["Value", "Name"])),
        },
        "QoSPolicy" => text(&["Name"]),
        "Rule" | "PathRule" | "HashRule" | "InternetZoneRule" => text(&["Id"]),
        "Phase1AuthenticationSets" | "Phase2AuthenticationSets" | "Phase1CryptoSets" | "Phase2CryptoSets" => {
            text(&["GUID"])
        }
        "Global" | "General" | "EnforcementMode" => String::new(),
        _ => match of_attribute {
            Some(id) => id,
            // A setting of a profile is known by its name; a rule of the firewall or a certificate by all that it says.
            None if element.children.len() == 1 && element.child("Value").is_some() => String::new(),
            None => all_text(element),
        },
    };
    format!("{}\n{key}", element.name)
}
