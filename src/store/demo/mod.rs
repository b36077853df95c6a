//! The demo forest: three domains of an invented company, with settings of every kind and the faults an administrator meets.
//!
//! Its source is `assets/demo/`, written to be read (see `README.md` there), and built into the program.
//! [`DemoForest::load`] turns it into objects and files; opened, it is a forest file in memory whose changes are gone at exit.

mod files;
mod ldif;
mod objects;
mod registry_text;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::ident::{Dn, DnsName, Timestamp};
use crate::security::{AclDialect, SecurityDescriptor, to_sysvol_acl};

use super::{Entry, ForestFile, ForestFileBuilder, ForestStore, StoreError, StoreErrorKind, SysvolItem, SysvolPath};

/// The source files, path and text; made by the build script from `assets/demo/`.
static SOURCE: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/demo_source.rs"));

/// The demo forest as plain values.
#[derive(Clone, Debug)]
pub struct DemoForest {
    /// DNs of the domains, root domain first.
    pub domains: Vec<Dn>,
    /// All objects of all domains and of the configuration, each after its parent.
    pub entries: Vec<Entry>,
    /// All files and folders of the domains' SYSVOLs with the domain they belong to, each after its folder.
    pub files: Vec<(DnsName, SysvolItem)>,
}

/// Opens the demo forest: a forest file in memory, in which everything can be changed and nothing lasts.
pub async fn open() -> Result<Arc<dyn ForestStore>, StoreError> {
    let opened = tokio::task::spawn_blocking(open_blocking).await;
    let forest = opened.map_err(|error| StoreError::new(StoreErrorKind::Cancelled, LABEL).with_detail(error))??;
    Ok(Arc::new(forest))
}

/// Opens the demo forest like [`open`], outside of a runtime. Blocks for some milliseconds.
pub fn open_blocking() -> Result<ForestFile, StoreError> {
    let corrupt = |error: SourceError| StoreError::new(StoreErrorKind::Corrupt, LABEL).with_detail(error);
    let demo = DemoForest::load().map_err(corrupt)?;
    let mut builder = ForestFileBuilder::in_memory(LABEL, &demo.domains)?;
    builder.add_entries(demo.entries)?;
    for (domain, item) in demo.files {
        builder.add_files(&domain, [item])?;
    }
    builder.finish()
}

/// How errors and the status bar name the demo forest.
const LABEL: &str = "demo";

/// A mistake in the source of the demo forest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("demo forest, {file}, line {line}: {problem}")]
pub struct SourceError {
    /// The file, relative to `assets/demo/`.
    pub file: String,
    /// The line, counted from 1; 0 where it is the whole file.
    pub line: usize,
    /// What is wrong.
    pub problem: String,
}

impl DemoForest {
    /// Returns the demo forest built into the program.
    pub fn load() -> Result<Self, SourceError> {
        Self::from_source(SOURCE)
    }

    fn from_source(source: &[(&str, &str)]) -> Result<Self, SourceError> {
        let mut object_files = Vec::new();
        for (path, text) in source.iter().filter(|(path, _)| path.ends_with(".ldif")) {
            object_files.push((*path, ldif::parse(path, text)?));
        }
        let objects = objects::build(&object_files)?;
        let files = sysvol(source, &objects)?;
        Ok(DemoForest { domains: objects.domains, entries: objects.entries, files })
    }
}

/// What was found of the SYSVOLs, by domain and path.
type Found = BTreeMap<(DnsName, SysvolPath), SysvolItem>;

/// Collects the files below `sysvol/DOMAIN/`, adds the folders they lie in and those every GPO has, and derives the
/// descriptors of GPO folders from those of the directory.
fn sysvol(source: &[(&str, &str)], objects: &objects::Objects) -> Result<Vec<(DnsName, SysvolItem)>, SourceError> {
    let gpos: HashMap<&Dn, &Entry> = objects.entries.iter().map(|entry| (&entry.dn, entry)).collect();
    let mut found: Found = BTreeMap::new();
    for (path, text) in source {
        let Some(below) = path.strip_prefix("sysvol/") else { continue };
        let error = |line, problem: String| SourceError { file: (*path).to_owned(), line, problem };
        let (domain, relative) = below.split_once('/').ok_or_else(|| error(0, "lies outside a domain".to_owned()))?;
        let domain: DnsName = domain.parse().map_err(|problem| error(0, format!("{problem}")))?;
        let domain_dn = objects.names.domain_dn(&domain).ok_or_else(|| error(0, "no such domain".to_owned()))?;
        let source_path = SysvolPath::parse(relative).map_err(|problem| error(0, problem.to_string()))?;
        let folder = source_path.parent().unwrap_or_default();
        let text = objects.names.expand_sids(text).map_err(|problem| error(0, problem))?;
        let compiled = files::compile(source_path.name(), &text).map_err(|(line, problem)| error(line, problem))?;
        add_folders(&mut found, &domain, domain_dn, &folder, &gpos).map_err(|problem| error(0, problem))?;
        let key = |path: &SysvolPath| (domain.clone(), path.clone());
        match compiled {
            files::Compiled::File { name, content } => {
                let path = folder.join(&name).map_err(|problem| error(0, problem.to_string()))?;
                let modified = found.get(&key(&folder)).map_or_else(default_time, |folder| folder.modified);
                let file = SysvolItem { path: path.clone(), content: Some(content), security: None, modified };
                found.insert(key(&path), file);
            }
            files::Compiled::Descriptor(text) => {
                let descriptor = objects.names.descriptor(&text, domain_dn).map_err(|problem| error(1, problem))?;
                let bytes = descriptor.to_bytes().map_err(|problem| error(1, problem.to_string()))?;
                found.entry(key(&folder)).and_modify(|folder| folder.security = Some(bytes));
            }
        }
    }
    Ok(found.into_iter().map(|((domain, _), item)| (domain, item)).collect())
}

fn add_folders(
    found: &mut Found,
    domain: &DnsName,
    domain_dn: &Dn,
    folder: &SysvolPath,
    entries: &HashMap<&Dn, &Entry>,
) -> Result<(), String> {
    if folder.is_root() || found.contains_key(&(domain.clone(), folder.clone())) {
        return Ok(());
    }
    let parent = folder.parent().unwrap_or_default();
    add_folders(found, domain, domain_dn, &parent, entries)?;
    let gpo_dn = (parent == policies())
        .then(|| domain_dn.child("CN", "System").child("CN", "Policies").child("CN", folder.name()));
    let gpo = gpo_dn.and_then(|dn| entries.get(&dn));
    let security = match gpo.and_then(|gpo| gpo.bytes("nTSecurityDescriptor")) {
        Some(bytes) => {
            let descriptor = SecurityDescriptor::from_bytes(bytes).map_err(|error| error.to_string())?;
            Some(to_sysvol_acl(&descriptor, AclDialect::Windows).to_bytes().map_err(|error| error.to_string())?)
        }
        None => None,
    };
    let changed = gpo.and_then(|gpo| gpo.text("whenChanged")).and_then(|text| Timestamp::parse_generalized(&text).ok());
    let inherited = found.get(&(domain.clone(), parent)).and_then(|parent| parent.modified);
    let modified = changed.or(inherited).or_else(default_time);
    let is_gpo_folder = gpo.is_some();
    let file = SysvolItem { path: folder.clone(), content: None, security, modified };
    found.insert((domain.clone(), folder.clone()), file);
    for half in ["Machine", "User"].iter().filter(|_| is_gpo_folder) {
        let half = folder.join(half).map_err(|error| error.to_string())?;
        add_folders(found, domain, domain_dn, &half, entries)?;
    }
    Ok(())
}

fn policies() -> SysvolPath {
    SysvolPath::root().join("Policies").unwrap_or_default()
}

/// 2024-01-08 09:00 UTC, the day the forest was made.
fn default_time() -> Option<Timestamp> {
    Timestamp::from_unix_seconds(1_704_704_400)
}

/// Reads hexadecimal digits with white space anywhere between bytes.
fn hex_bytes(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<char> = text.chars().filter(|character| !character.is_whitespace()).collect();
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => Some((high.to_digit(16)? * 16 + low.to_digit(16)?) as u8),
        _ => None,
    });
    pairs.collect()
}

#[cfg(test)]
mod tests;
