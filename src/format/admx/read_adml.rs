//! ADML files: the texts and presentations of a template in one language (`gpo-storage.md` B4).

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashMap;

use roxmltree::{Document, Node};

use super::warning::{AdmxProblem, Warnings};
use super::xml::{attribute, child, content, named};

/// The texts of an ADML file.
#[derive(Default)]
pub(super) struct Adml<'a> {
    strings: ById<'a, Cow<'a, str>>,
    presentations: ById<'a, Node<'a, 'a>>,
}

/// Things by their ids. Where an id differs in case only, the thing is found all the same.
struct ById<'a, T> {
    things: HashMap<&'a str, T>,
    in_lower_case: OnceCell<HashMap<String, &'a str>>,
}

/// Reads a file. What is defined twice counts as it stands first.
pub(super) fn read<'a>(document: &'a Document<'a>, warnings: &mut Warnings<'_>) -> Option<Adml<'a>> {
    let root = document.root_element();
    if root.tag_name().name() != "policyDefinitionResources" {
        let name = root.tag_name().name().chars().take(80).collect();
        warnings.at(root.range().start, AdmxProblem::Root(name));
        return None;
    }
    let mut adml = Adml::default();
    let tables = |name: &'static str| child(root, "resources").and_then(|resources| child(resources, name));
    if let Some(table) = tables("stringTable") {
        for string in named(table, "string") {
            let Some(id) = id_of(string, warnings) else { continue };
            if adml.strings.things.contains_key(id) {
                warnings.at(string.range().start, duplicate("string", id));
                continue;
            }
            adml.strings.things.insert(id, content(string));
        }
    }
    if let Some(table) = tables("presentationTable") {
        for presentation in named(table, "presentation") {
            let Some(id) = id_of(presentation, warnings) else { continue };
            if adml.presentations.things.contains_key(id) {
                warnings.at(presentation.range().start, duplicate("presentation", id));
                continue;
            }
            adml.presentations.things.insert(id, presentation);
        }
    }
    Some(adml)
}

fn id_of<'a>(node: Node<'a, '_>, warnings: &mut Warnings<'_>) -> Option<&'a str> {
    let id = attribute(node, "id").map(str::trim).filter(|id| !id.is_empty());
    if id.is_none() {
        let (element, attribute) = (node.tag_name().name().to_owned(), "id".to_owned());
        warnings.at(node.range().start, AdmxProblem::Attribute { element, attribute });
    }
    id
}

fn duplicate(element: &str, name: &str) -> AdmxProblem {
    AdmxProblem::DuplicateName { element: element.to_owned(), name: name.to_owned() }
}

impl<'a> Adml<'a> {
    /// Returns a string by its id.
    pub(super) fn string(&self, id: &str) -> Option<&Cow<'a, str>> {
        self.strings.get(id)
    }

    /// Returns a presentation by its id.
    pub(super) fn presentation(&self, id: &str) -> Option<Node<'a, 'a>> {
        self.presentations.get(id).copied()
    }
}

impl<'a, T> ById<'a, T> {
    fn get(&self, id: &str) -> Option<&T> {
        self.things.get(id).or_else(|| {
            let lower = self.in_lower_case.get_or_init(|| {
                let mut ids: Vec<&'a str> = self.things.keys().copied().collect();
                // The alphabet decides where several ids differ in case only.
                ids.sort_unstable_by(|a, b| b.cmp(a));
                ids.into_iter().map(|id| (id.to_lowercase(), id)).collect()
            });
            self.things.get(lower.get(&id.to_lowercase())?)
        })
    }
}

impl<T> Default for ById<'_, T> {
    fn default() -> Self {
        ById { things: HashMap::new(), in_lower_case: OnceCell::new() }
    }
}
