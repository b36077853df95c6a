//! Putting templates together: namespaces, categories and what is supported across files, and the index of what policies write.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::store::PolicyId;
use super::tables::{KindRow, RowId, Template, Text};
use super::warning::{AdmxProblem, AdmxWarning, short};

/// An entry of the index: a policy writes a value with this hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct IndexRow {
    pub hash: u64,
    template: u32,
    row: u32,
}

impl IndexRow {
    pub(super) fn policy(self) -> PolicyId {
        PolicyId(RowId { template: self.template, row: self.row })
    }
}

/// Categories nested deeper than this lose their upper levels.
pub(super) const DEEPEST_CATEGORY: usize = 64;

/// Leaves out templates whose namespace is taken, and resolves what the others say of each other.
pub(super) fn link(templates: &mut Vec<Template>, warnings: &mut Vec<AdmxWarning>) {
    let mut by_namespace: HashMap<String, String> = HashMap::new();
    templates.retain(|template| {
        let namespace = template.namespace.to_lowercase();
        if let Some(first) = by_namespace.get(&namespace) {
            let problem = AdmxProblem::DuplicateNamespace(first.clone());
            warnings.push(AdmxWarning { path: template.path.clone(), line: 0, problem });
            return false;
        }
        by_namespace.insert(namespace, template.path.clone());
        true
    });
    for template in templates.iter() {
        for (_, namespace) in
            template.prefixes.iter().filter(|(_, name)| !by_namespace.contains_key(&name.to_lowercase()))
        {
            let problem = AdmxProblem::Namespace(short(namespace));
            warnings.push(AdmxWarning { path: template.path.clone(), line: 0, problem });
        }
    }
    let categories = Names::new(templates, |template| template.categories.iter().map(|row| row.name).collect());
    let definitions = Names::new(templates, |template| template.definitions.iter().map(|row| row.name).collect());
    let resolved: Vec<Resolved> = templates
        .iter()
        .map(|template| {
            let mut find = Find { template, by_namespace: &by_namespace, warnings };
            let parents = template.categories.iter();
            let parents = parents
                .map(|row| find.reference("parentCategory", row.parent_reference, row.line, &categories))
                .collect();
            let policies = template.policies.iter().map(|row| {
                (
                    find.reference("parentCategory", row.category_reference, row.line, &categories),
                    find.reference("supportedOn", row.supported_reference, row.line, &definitions),
                )
            });
            Resolved { policies: policies.collect(), parents }
        })
        .collect();
    for (template, resolved) in templates.iter_mut().zip(resolved) {
        for (row, parent) in template.categories.iter_mut().zip(resolved.parents) {
            row.parent = parent;
        }
        for (row, (category, supported)) in template.policies.iter_mut().zip(resolved.policies) {
            (row.category, row.supported) = (category, supported);
        }
    }
    cut_cycles(templates, warnings);
}

struct Resolved {
    parents: Vec<Option<RowId>>,
    policies: Vec<(Option<RowId>, Option<RowId>)>,
}

/// Where the things of one kind are, by namespace and name in lower case.
struct Names {
    rows: HashMap<(String, String), RowId>,
}

impl Names {
    fn new(templates: &[Template], names: impl Fn(&Template) -> Vec<Text>) -> Self {
        let mut rows = HashMap::new();
        for (number, template) in (0..).zip(templates) {
            let namespace = template.namespace.to_lowercase();
            for (row, name) in (0..).zip(names(template)) {
                let name = template.texts.get(name).to_lowercase();
                rows.entry((namespace.clone(), name)).or_insert(RowId { template: number, row });
            }
        }
        Names { rows }
    }
}

struct Find<'a, 'w> {
    template: &'a Template,
    by_namespace: &'a HashMap<String, String>,
    warnings: &'w mut Vec<AdmxWarning>,
}

impl Find<'_, '_> {
    /// Finds what `prefix:name` or `name` refers to. A reference into a namespace that is not there was told already.
    fn reference(&mut self, element: &str, reference: Text, line: u32, names: &Names) -> Option<RowId> {
        let written = self.template.texts.get(reference);
        if written.is_empty() {
            return None;
        }
        let (namespace, name) = match written.split_once(':') {
            None => (Some(self.template.namespace.as_str()), written),
            Some((prefix, name)) => {
                let known = self.template.prefixes.iter().find(|(known, _)| known.eq_ignore_ascii_case(prefix));
                (known.map(|(_, namespace)| namespace.as_str()), name.trim())
            }
        };
        let problem = match namespace.map(str::to_lowercase) {
            None => AdmxProblem::Prefix(short(written)),
            Some(namespace) => {
                let is_loaded = self.by_namespace.contains_key(&namespace);
                let found = names.rows.get(&(namespace, name.to_lowercase()));
                if found.is_some() || !is_loaded {
                    return found.copied();
                }
                AdmxProblem::Reference { element: element.to_owned(), reference: short(written) }
            }
        };
        self.warnings.push(AdmxWarning { path: self.template.path.clone(), line, problem });
        None
    }
}

/// Takes its parent from every category that is above itself.
fn cut_cycles(templates: &mut [Template], warnings: &mut Vec<AdmxWarning>) {
    let parent_of = |templates: &[Template], id: RowId| {
        templates.get(id.template as usize)?.categories.get(id.row as usize)?.parent
    };
    for number in 0..templates.len() {
        for row in 0..templates[number].categories.len() {
            let id = RowId { template: number as u32, row: row as u32 };
            let way_up = std::iter::successors(parent_of(templates, id), |above| parent_of(templates, *above));
            if way_up.take(DEEPEST_CATEGORY).any(|above| above == id) {
                let template = &mut templates[number];
                let category = &mut template.categories[row];
                category.parent = None;
                let problem = AdmxProblem::Cycle(short(template.texts.get(category.name)));
                warnings.push(AdmxWarning { path: template.path.clone(), line: category.line, problem });
            }
        }
    }
}

/// Returns the index over everything that the policies of these templates can write.
pub(super) fn index(templates: &[Template]) -> Vec<IndexRow> {
    let mut rows = Vec::new();
    for (number, template) in (0..).zip(templates) {
        for (row, policy) in (0..).zip(&template.policies) {
            let mut add = |key: Text, value_name: Option<Text>| {
                let text = |text| template.texts.get(text);
                rows.push(IndexRow { hash: hash(text(key), value_name.map(text)), template: number, row });
            };
            if !policy.value_name.is_empty() {
                add(policy.key, Some(policy.value_name));
            }
            let mut lists = vec![policy.enabled_list, policy.disabled_list];
            for element in policy.elements.of(&template.elements) {
                match &element.kind {
                    KindRow::List { .. } => add(element.key, None),
                    _ => add(element.key, Some(element.value_name)),
                }
                match &element.kind {
                    KindRow::Boolean { on_list, off_list, .. } => lists.extend([*on_list, *off_list]),
                    KindRow::Enum { options } => {
                        lists.extend(options.of(&template.options).iter().map(|option| option.list))
                    }
                    _ => {}
                }
            }
            for item in lists.iter().flat_map(|list| list.of(&template.items)) {
                add(item.key, Some(item.value_name));
            }
        }
    }
    rows.sort_unstable();
    rows.dedup();
    rows
}

/// Returns the hash of a key and a value name without case, or of the key with all its values (FNV-1a, the same on every machine).
pub(super) fn hash(key: &str, value_name: Option<&str>) -> u64 {
    const START: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let mut hash = START;
    let mut add = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(PRIME);
    let mut add_text = |text: &str, end: u8| {
        if text.is_ascii() {
            text.bytes().for_each(|byte| add(byte.to_ascii_lowercase()));
        } else {
            text.to_lowercase().bytes().for_each(&mut add);
        }
        add(end);
    };
    add_text(key, 0);
    match value_name {
        Some(value_name) => add_text(value_name, 1),
        None => add_text("", 2),
    }
    hash
}
