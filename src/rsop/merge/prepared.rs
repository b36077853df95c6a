//! What a half sets, prepared once.

use std::sync::Arc;

use crate::extension::{Extension, HalfContents, Part, PrincipalNames, Source, SourceContext};
use crate::format::admx::AdmxStore;
use crate::report::{Block, Element, Section, Side};

use super::items::{Item, ItemRule, Items, Problem};
use super::key::Key;
use super::registry::RegistryPart;
use super::rules;

/// The settings of one half of a GPO, prepared for merging.
#[derive(Debug, Default)]
pub struct HalfSettings {
    pub(super) registry: RegistryPart,
    pub(super) parts: Vec<PreparedPart>,
}

/// What an extension has in a half.
pub(super) struct PreparedPart {
    pub extension: &'static Extension,
    pub items: Items,
}

impl std::fmt::Debug for PreparedPart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PreparedPart").field("extension", &self.extension.name).field("items", &self.items).finish()
    }
}

impl HalfSettings {
    /// Prepares what a half sets. What cannot be read is kept as such, since it decides about the rest.
    pub fn prepare(side: Side, contents: &HalfContents) -> Self {
        let (names, templates) = (PrincipalNames::default(), AdmxStore::default());
        let context = SourceContext { names: &names, templates: &templates, with_comments: false, compatible: false };
        let source = Source { side, half: contents, context: &context };
        // Whether a part counts is decided by what the client calls; what lies there is prepared in any case.
        let part = |(extension, rule): (&'static Extension, &'static rules::Rule)| {
            let part = (extension.read)(&source)?;
            let items = (rule.items)(&Read { extension, source, part: &part });
            Some(PreparedPart { extension, items })
        };
        HalfSettings { registry: RegistryPart::prepare(side, contents), parts: rules::all().filter_map(part).collect() }
    }

    /// Returns what an extension has here.
    pub(super) fn part(&self, extension: &Extension) -> Option<&Items> {
        let part = self.parts.iter().find(|part| part.extension.namespace == extension.namespace)?;
        Some(&part.items)
    }
}

/// What an extension found in a half.
pub(super) struct Read<'a> {
    pub extension: &'static Extension,
    pub source: Source<'a>,
    pub part: &'a Part,
}

impl Read<'_> {
    /// Returns what could not be read.
    pub fn problems(&self) -> Vec<Problem> {
        let problem = |problem: &crate::report::PartProblem| Problem {
            file: problem.file.clone(),
            message: problem.message.clone(),
        };
        self.part.problems.iter().map(problem).collect()
    }

    /// Returns settings without any yet, with what could not be read.
    pub fn items(&self) -> Items {
        Items { problems: self.problems(), ..Items::default() }
    }

    /// Returns an item of an element, of which the last one wins.
    pub fn item(&self, key: &str, name: &str, value: &str, element: usize) -> Item {
        Item {
            key: Key::new(key),
            name: name.into(),
            value: value.into(),
            on_loss: None,
            rule: ItemRule::Last,
            elements: vec![element],
        }
    }

    /// Returns name and value of an element as its section says them to people: the cells of its first row.
    pub fn words(&self, element: &Element) -> (Arc<str>, Arc<str>) {
        let report = self.extension.report(vec![element.clone()], Vec::new());
        let placed = (self.extension.sections)(&report, self.source.side);
        let row = placed.iter().find_map(|placed| first_row(&placed.section));
        let mut cells = row.unwrap_or_default().into_iter();
        let name = cells.next().unwrap_or_default();
        let value = cells.filter(|cell| !cell.is_empty()).collect::<Vec<_>>().join(", ");
        (name.into(), value.into())
    }
}

fn first_row(section: &Section) -> Option<Vec<String>> {
    section.blocks.iter().find_map(|block| match block {
        Block::Section(section) => first_row(section),
        Block::Table(table) => {
            table.rows.first().map(|row| row.cells.iter().map(|cell| cell.text.clone()).collect::<Vec<_>>())
        }
        _ => None,
    })
}

/// Returns all text in an element, for settings that no words are known for: the same where the elements are the same.
pub(super) fn all_text(element: &Element) -> String {
    let mut words = Vec::new();
    collect_text(element, &mut words);
    words.join(", ")
}

fn collect_text(element: &Element, words: &mut Vec<String>) {
    for (name, value) in element.attributes.iter().filter(|(_, value)| !value.is_empty()) {
        words.push(format!("{name}: {value}"));
    }
    if !element.text.is_empty() {
        words.push(format!("{}: {}", element.name, element.text));
    }
    element.children.iter().for_each(|child| collect_text(child, words));
}
