//! Many templates put together.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::format::decode_xml;

use super::link::{self, IndexRow};
use super::policy::Policy;
use super::tables::{RowId, Template};
use super::warning::{AdmxProblem, AdmxWarning, Warnings};
use super::{read_adml, read_admx, xml};

/// All administrative templates of a store, put together.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AdmxStore {
    pub(super) templates: Vec<Template>,
    /// By the hash of key and value name: the policies that write there.
    pub(super) index: Vec<IndexRow>,
    warnings: Vec<AdmxWarning>,
}

/// A file with its bytes.
#[derive(Clone, Debug)]
pub struct TemplateFile {
    /// Path, for messages.
    pub path: String,
    /// Content.
    pub bytes: Vec<u8>,
}

/// A template with the file of its texts.
#[derive(Clone, Debug)]
pub struct TemplateSource {
    /// The ADMX file.
    pub admx: TemplateFile,
    /// The ADML file; none where there is none in any language.
    pub adml: Option<TemplateFile>,
    /// Place of its folder in the search order, from 0.
    pub rank: u32,
}

/// A policy of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyId(pub(super) RowId);

impl AdmxStore {
    /// Reads templates and puts them together. Where two have the same namespace, the first counts. Nothing is fatal: see
    /// [`AdmxStore::warnings`].
    pub fn build(sources: &[TemplateSource]) -> Self {
        let read: Vec<(Option<Template>, Vec<AdmxWarning>)> = sources.par_iter().map(read_source).collect();
        let mut store = AdmxStore::default();
        for (template, warnings) in read {
            store.warnings.extend(warnings);
            store.templates.extend(template);
        }
        link::link(&mut store.templates, &mut store.warnings);
        store.index = link::index(&store.templates);
        store
    }

    /// Returns what is wrong in the templates, in the order of the files.
    pub fn warnings(&self) -> &[AdmxWarning] {
        &self.warnings
    }

    /// Adds warnings about files that could not even be read from their folder.
    pub fn warn(&mut self, warnings: impl IntoIterator<Item = AdmxWarning>) {
        self.warnings.extend(warnings);
    }

    /// Returns the number of templates.
    pub fn template_count(&self) -> usize {
        self.templates.len()
    }

    /// Returns the number of categories.
    pub fn category_count(&self) -> usize {
        self.templates.iter().map(|template| template.categories.len()).sum()
    }

    /// Returns the number of policies.
    pub fn policy_count(&self) -> usize {
        self.templates.iter().map(|template| template.policies.len()).sum()
    }

    /// Returns the names of the older ADM files that templates of the store take the place of.
    pub fn superseded(&self) -> impl Iterator<Item = &str> {
        self.templates.iter().flat_map(|template| template.superseded.iter().map(String::as_str))
    }

    /// Returns all policies in the order of the files.
    pub fn policies(&self) -> impl Iterator<Item = Policy<'_>> {
        let rows = |template: &Template| 0..template.policies.len() as u32;
        let ids = (0..).zip(&self.templates).flat_map(move |(number, template)| {
            rows(template).map(move |row| PolicyId(RowId { template: number, row }))
        });
        ids.filter_map(|id| self.policy(id))
    }

    /// Returns a policy; none where it is of another store.
    pub fn policy(&self, id: PolicyId) -> Option<Policy<'_>> {
        Policy::find(self, id)
    }

    /// Finds a policy by the namespace of its template and its name, both compared without case.
    pub fn find(&self, namespace: &str, name: &str) -> Option<Policy<'_>> {
        let is_wanted = |template: &Template| template.namespace.eq_ignore_ascii_case(namespace);
        let template = self.templates.iter().position(is_wanted)? as u32;
        let rows = 0..self.templates.get(template as usize)?.policies.len() as u32;
        let mut policies = rows.filter_map(|row| self.policy(PolicyId(RowId { template, row })));
        policies.find(|policy| policy.name().eq_ignore_ascii_case(name))
    }

    /// Returns the policies that may write this value of this key, in the order of the files: those that name it, and those with a
    /// list in this key. Key and value name are compared without case. A few of them may prove to have nothing to do with it.
    pub fn writers(&self, key: &str, value_name: &str) -> Vec<PolicyId> {
        let hashes = [link::hash(key, Some(value_name)), link::hash(key, None)];
        let mut found: Vec<PolicyId> =
            hashes.iter().flat_map(|hash| self.rows(*hash)).map(|row| row.policy()).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    fn rows(&self, hash: u64) -> &[IndexRow] {
        let start = self.index.partition_point(|row| row.hash < hash);
        let tail = self.index.get(start..).unwrap_or_default();
        let length = tail.iter().take_while(|row| row.hash == hash).count();
        tail.get(..length).unwrap_or_default()
    }
}

/// Reads one template with its texts.
fn read_source(source: &TemplateSource) -> (Option<Template>, Vec<AdmxWarning>) {
    let mut told = Vec::new();
    let whole_file = |path: &str, problem| AdmxWarning { path: path.to_owned(), line: 0, problem };
    let decode = |file: &'_ TemplateFile, told: &mut Vec<AdmxWarning>| match decode_xml(&file.bytes) {
        Ok(text) => Some(text.into_owned()),
        Err(error) => {
            told.push(whole_file(&file.path, AdmxProblem::Broken(error.to_string())));
            None
        }
    };
    let Some(admx_text) = decode(&source.admx, &mut told) else { return (None, told) };
    let adml_text = source.adml.as_ref().and_then(|adml| decode(adml, &mut told)).unwrap_or_default();
    let parse = |text, path: &str, told: &mut Vec<AdmxWarning>| match xml::parse(text) {
        Ok(document) => Some(document),
        Err(problem) => {
            told.push(whole_file(path, problem));
            None
        }
    };
    let Some(admx) = parse(&admx_text, &source.admx.path, &mut told) else { return (None, told) };
    let text_path = source.adml.as_ref().map(|adml| adml.path.as_str()).unwrap_or_default();
    let adml = if adml_text.is_empty() { None } else { parse(&adml_text, text_path, &mut told) };
    let mut adml_warnings = Warnings::new(text_path, &adml_text);
    let texts = adml.as_ref().and_then(|document| read_adml::read(document, &mut adml_warnings));
    if source.adml.is_none() {
        told.push(whole_file(&source.admx.path, AdmxProblem::NoTexts));
    }
    let mut admx_warnings = Warnings::new(&source.admx.path, &admx_text);
    let template = read_admx::read(admx.root_element(), texts, &mut admx_warnings);
    told.extend(admx_warnings.list);
    told.extend(adml_warnings.list);
    let template = template.map(|template| Template {
        path: source.admx.path.clone(),
        text_path: text_path.to_owned(),
        rank: source.rank,
        ..template
    });
    (template, told)
}
