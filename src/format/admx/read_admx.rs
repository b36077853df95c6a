//! ADMX files: categories, what is supported, policies and what they write (`gpo-storage.md` B4).
//!
//! The XML namespace does not count: real files have five, and none. What is damaged becomes a warning, and only the
//! policy, item or text in which it lies suffers.

use std::borrow::Cow;
use std::collections::HashSet;

use roxmltree::Node;

use super::read_adml::Adml;
use super::read_elements::{read_element, read_items, read_value};
use super::read_presentation::read_presentation;
use super::tables::{
    CategoryRow, ConditionRow, DefinitionRow, PolicyClass, PolicyRow, ProductRow, Rows, Template, Text, TextCollector,
};
use super::warning::{AdmxProblem, Warnings, short};
use super::xml::{attribute, child, content, elements, named};

/// Conditions and versions nested deeper than this are left out.
const DEEPEST: usize = 16;

/// What is known while a template is read.
pub(super) struct Reading<'a, 'w> {
    pub template: Template,
    pub texts: TextCollector<'a>,
    pub adml: Option<Adml<'a>>,
    pub warnings: &'w mut Warnings<'a>,
}

/// Reads a template from the root of its XML; none where it is no template.
pub(super) fn read<'a>(root: Node<'a, 'a>, adml: Option<Adml<'a>>, warnings: &mut Warnings<'a>) -> Option<Template> {
    if root.tag_name().name() != "policyDefinitions" {
        warnings.at(root.range().start, AdmxProblem::Root(short(root.tag_name().name())));
        return None;
    }
    let mut reading = Reading { template: Template::default(), texts: TextCollector::default(), adml, warnings };
    if !reading.namespaces(root) {
        reading.warnings.at(root.range().start, AdmxProblem::NoTarget);
        return None;
    }
    for section in elements(root) {
        match section.tag_name().name() {
            "policyNamespaces" | "resources" => {}
            "supersededAdm" => reading.template.superseded.extend(attribute(section, "fileName").map(str::to_owned)),
            "supportedOn" => reading.supported_on(section),
            "categories" => named(section, "category").for_each(|category| reading.category(category)),
            "policies" => reading.policies(section),
            other => reading.unknown(section, other),
        }
    }
    reading.template.texts = reading.texts.finish();
    Some(reading.template)
}

/// Returns the culture in which texts are taken where those wanted are missing.
pub(super) fn fallback_culture<'a>(root: Node<'a, 'a>) -> Option<&'a str> {
    attribute(child(root, "resources")?, "fallbackCulture").map(str::trim).filter(|culture| !culture.is_empty())
}

impl<'a> Reading<'a, '_> {
    /// Reads the prefixes; tells whether the template has a namespace.
    fn namespaces(&mut self, root: Node<'a, 'a>) -> bool {
        let Some(section) = child(root, "policyNamespaces") else { return false };
        let pair = |node: Node<'a, 'a>| {
            let namespace = attribute(node, "namespace").map(str::trim).filter(|namespace| !namespace.is_empty())?;
            Some((attribute(node, "prefix").unwrap_or_default().trim().to_owned(), namespace.to_owned()))
        };
        let Some(target) = child(section, "target").and_then(pair) else { return false };
        self.template.namespace = target.1.clone();
        self.template.prefixes.push(target);
        self.template.prefixes.extend(named(section, "using").filter_map(pair));
        true
    }

    fn supported_on(&mut self, section: Node<'a, 'a>) {
        for part in elements(section) {
            match part.tag_name().name() {
                "products" => {
                    elements(part).for_each(|product| self.product(product, None, 0));
                }
                "definitions" => named(part, "definition").for_each(|definition| {
                    let Some(name) = self.required(definition, "name") else { return };
                    let condition = elements(definition).find_map(|condition| self.condition(condition, 0));
                    let display = self.text_of(definition, "displayName");
                    let name = self.texts.add(name);
                    self.template.definitions.push(DefinitionRow { name, display, condition });
                }),
                other => self.unknown(part, other),
            }
        }
    }

    fn product(&mut self, node: Node<'a, 'a>, parent: Option<u32>, depth: usize) {
        let Some(name) = self.required(node, "name") else { return };
        let name = self.texts.add(name);
        let display = self.text_of(node, "displayName");
        let version = self.number(node, "versionIndex").unwrap_or_default();
        let row = self.template.products.len() as u32;
        self.template.products.push(ProductRow { name, display, parent, version });
        if depth < DEEPEST {
            elements(node).for_each(|version| self.product(version, Some(row), depth + 1));
        }
    }

    fn condition(&mut self, node: Node<'a, 'a>, depth: usize) -> Option<ConditionRow> {
        let nested = |this: &mut Self| {
            let inner = elements(node).filter(|_| depth < DEEPEST);
            inner.filter_map(|inner| this.condition(inner, depth + 1)).collect()
        };
        match node.tag_name().name() {
            "or" => Some(ConditionRow::Any(nested(self))),
            "and" => Some(ConditionRow::All(nested(self))),
            "reference" => Some(ConditionRow::Reference(self.reference(node)?)),
            "range" => Some(ConditionRow::Range {
                reference: self.reference(node)?,
                minimum: self.number(node, "minVersionIndex"),
                maximum: self.number(node, "maxVersionIndex"),
            }),
            other => {
                self.unknown(node, other);
                None
            }
        }
    }

    fn category(&mut self, node: Node<'a, 'a>) {
        let Some(name) = self.required(node, "name") else { return };
        let name = self.texts.add(name);
        let display = self.text_of(node, "displayName");
        let explain = self.text_of(node, "explainText");
        let parent_reference =
            child(node, "parentCategory").and_then(|parent| self.reference(parent)).unwrap_or_default();
        let line = self.warnings.line(node.range().start);
        self.template.categories.push(CategoryRow { name, display, explain, parent_reference, parent: None, line });
    }

    fn policies(&mut self, section: Node<'a, 'a>) {
        let mut seen = HashSet::new();
        for node in elements(section) {
            match node.tag_name().name() {
                "policy" => {
                    let Some(policy) = self.policy(node) else { continue };
                    let name = attribute(node, "name").unwrap_or_default();
                    // The same name may stand once for each class.
                    if seen.insert((name, policy.class as u8)) {
                        self.template.policies.push(policy);
                    } else {
                        let duplicate = AdmxProblem::DuplicateName { element: "policy".to_owned(), name: short(name) };
                        self.warnings.at(node.range().start, duplicate);
                    }
                }
                other => self.unknown(node, other),
            }
        }
    }

    fn policy(&mut self, node: Node<'a, 'a>) -> Option<PolicyRow> {
        let name = self.required(node, "name")?;
        let key = self.required(node, "key")?;
        let class = self.class(node)?;
        let first_element = self.template.elements.len();
        let mut policy = PolicyRow {
            name: self.texts.add(name),
            class,
            display: self.text_of(node, "displayName"),
            explain: self.text_of(node, "explainText"),
            key: self.texts.add(key),
            value_name: self.texts.add(attribute(node, "valueName").unwrap_or_default()),
            client_extension: self.texts.add(attribute(node, "clientExtension").unwrap_or_default().trim()),
            category_reference: Text::default(),
            category: None,
            supported_reference: Text::default(),
            supported: None,
            enabled_value: None,
            disabled_value: None,
            enabled_list: Rows::default(),
            disabled_list: Rows::default(),
            elements: Rows::default(),
            controls: Rows::default(),
            line: self.warnings.line(node.range().start),
        };
        for part in elements(node) {
            match part.tag_name().name() {
                "parentCategory" => policy.category_reference = self.reference(part).unwrap_or_default(),
                "supportedOn" => policy.supported_reference = self.reference(part).unwrap_or_default(),
                "enabledValue" => policy.enabled_value = read_value(self, part),
                "disabledValue" => policy.disabled_value = read_value(self, part),
                "enabledList" => policy.enabled_list = read_items(self, part, key),
                "disabledList" => policy.disabled_list = read_items(self, part, key),
                "elements" => elements(part).for_each(|element| read_element(self, element, key)),
                "annotation" | "seeAlso" | "keywords" => {}
                other => self.unknown(part, other),
            }
        }
        policy.elements = Rows::since(first_element, &self.template.elements);
        policy.controls = self.presentation(node, policy.elements);
        Some(policy)
    }

    fn class(&mut self, node: Node<'a, 'a>) -> Option<PolicyClass> {
        let class = self.required(node, "class")?.trim();
        let known = [("User", PolicyClass::User), ("Machine", PolicyClass::Machine), ("Both", PolicyClass::Both)];
        let found = known.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(class)).map(|(_, class)| class);
        if found.is_none() {
            self.bad_value(node, "class", class);
        }
        found
    }

    fn presentation(&mut self, policy: Node<'a, 'a>, elements: Rows) -> Rows {
        let Some(written) = attribute(policy, "presentation").map(str::trim).filter(|written| !written.is_empty())
        else {
            return Rows::default();
        };
        let Some(adml) = &self.adml else { return Rows::default() };
        let id = reference_in(written, "presentation");
        match id.and_then(|id| adml.presentation(id)) {
            Some(presentation) => read_presentation(self, presentation, policy, elements),
            None => {
                self.warnings.at(policy.range().start, AdmxProblem::Presentation(short(id.unwrap_or(written))));
                Rows::default()
            }
        }
    }

    /// Returns the text that an attribute writes or refers to. Where the text does not exist, its id is shown instead.
    pub(super) fn text_of(&mut self, node: Node<'a, 'a>, name: &str) -> Text {
        let Some(written) = attribute(node, name) else { return Text::default() };
        let Some(id) = reference_in(written, "string") else { return self.texts.add(written.trim()) };
        match self.adml.as_ref().map(|adml| adml.string(id)) {
            Some(Some(Cow::Borrowed(text))) => self.texts.add(text.trim()),
            Some(Some(Cow::Owned(text))) => self.texts.add_passing(text.trim()),
            Some(None) => {
                self.warnings.at(node.range().start, AdmxProblem::String(short(id)));
                self.texts.add(id)
            }
            // That the whole file is missing was told once.
            None => self.texts.add(id),
        }
    }

    fn reference(&mut self, node: Node<'a, 'a>) -> Option<Text> {
        self.required(node, "ref").map(|reference| self.texts.add(reference.trim()))
    }

    /// Returns an attribute that must be there.
    pub(super) fn required(&mut self, node: Node<'a, 'a>, name: &str) -> Option<&'a str> {
        let found = attribute(node, name);
        if found.is_none() {
            let element = short(node.tag_name().name());
            self.warnings.at(node.range().start, AdmxProblem::Attribute { element, attribute: name.to_owned() });
        }
        found
    }

    /// Returns an attribute as a number; none where it is not there or no number.
    pub(super) fn number<T: std::str::FromStr>(&mut self, node: Node<'a, 'a>, name: &str) -> Option<T> {
        let written = attribute(node, name)?;
        let number = written.trim().parse().ok();
        if number.is_none() {
            self.bad_value(node, name, written);
        }
        number
    }

    /// Warns of a value that does not fit.
    pub(super) fn bad_value(&mut self, node: Node<'a, 'a>, name: &str, value: &str) {
        let element = short(node.tag_name().name());
        let problem = AdmxProblem::Value { element, attribute: name.to_owned(), value: short(value) };
        self.warnings.at(node.range().start, problem);
    }

    /// Warns of an element that does not belong here.
    pub(super) fn unknown(&mut self, node: Node<'a, 'a>, name: &str) {
        self.warnings.at(node.range().start, AdmxProblem::Element(short(name)));
    }

    /// Returns the text in an element, kept.
    pub(super) fn content(&mut self, node: Node<'a, 'a>) -> Text {
        match content(node) {
            Cow::Borrowed(text) => self.texts.add(text.trim()),
            Cow::Owned(text) => self.texts.add_passing(text.trim()),
        }
    }
}

/// Returns the id in `$(string.id)`; none where the text is no such reference.
fn reference_in<'t>(text: &'t str, kind: &str) -> Option<&'t str> {
    let inner = text.trim().strip_prefix("$(")?.strip_suffix(')')?;
    let (written, id) = inner.split_once('.')?;
    written.trim().eq_ignore_ascii_case(kind).then(|| id.trim())
}
