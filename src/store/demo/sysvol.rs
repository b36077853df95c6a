//! The SYSVOLs of the demo forest, put together from their files.

use std::collections::{BTreeMap, HashMap};

use crate::ident::{Dn, DnsName, Timestamp};
use crate::security::{AclDialect, SecurityDescriptor, to_sysvol_acl};
use crate::store::{Entry, SysvolItem, SysvolPath};

use super::SourceError;
use super::files::{Compiled, compile};
use super::objects::Objects;

/// Collects the files below `sysvol/DOMAIN/`, adds the folders they lie in and those every GPO has, and derives the
/// descriptors of GPO folders from those of the directory. Gives each folder before what lies in it.
pub(super) fn collect(source: &[(&str, &str)], objects: &Objects) -> Result<Vec<(DnsName, SysvolItem)>, SourceError> {
    let entries: HashMap<&Dn, &Entry> = objects.entries.iter().map(|entry| (&entry.dn, entry)).collect();
    let mut trees: BTreeMap<&str, Tree<'_>> = BTreeMap::new();
    for (path, text) in source {
        let Some(below) = path.strip_prefix("sysvol/") else { continue };
        let error = |line, problem: String| SourceError { file: (*path).to_owned(), line, problem };
        let (name, relative) = below.split_once('/').ok_or_else(|| error(0, "lies outside a domain".to_owned()))?;
        let tree = match trees.entry(name) {
            std::collections::btree_map::Entry::Occupied(tree) => tree.into_mut(),
            std::collections::btree_map::Entry::Vacant(place) => {
                let domain: DnsName = name.parse().map_err(|problem| error(0, format!("{problem}")))?;
                let dn = objects.names.domain_dn(&domain).ok_or_else(|| error(0, "no such domain".to_owned()))?;
                place.insert(Tree { domain, dn, entries: &entries, items: BTreeMap::new() })
            }
        };
        let text = objects.names.expand_sids(text).map_err(|problem| error(0, problem))?;
        let source_path = SysvolPath::parse(relative).map_err(|problem| error(0, problem.to_string()))?;
        let folder = source_path.parent().unwrap_or_default();
        tree.add_folder(&folder).map_err(|problem| error(0, problem))?;
        match compile(source_path.name(), &text).map_err(|(line, problem)| error(line, problem))? {
            Compiled::File { name, content } => {
                let path = folder.join(&name).map_err(|problem| error(0, problem.to_string()))?;
                tree.add_file(&folder, path, content);
            }
            Compiled::Descriptor(text) => {
                let descriptor = objects.names.descriptor(&text, tree.dn).map_err(|problem| error(1, problem))?;
                let bytes = descriptor.to_bytes().map_err(|problem| error(1, problem.to_string()))?;
                tree.items.entry(folder.folded()).and_modify(|folder| folder.security = Some(bytes));
            }
        }
    }
    let of_tree = |tree: Tree<'_>| -> Vec<(DnsName, SysvolItem)> {
        tree.items.into_values().map(|item| (tree.domain.clone(), item)).collect()
    };
    Ok(trees.into_values().flat_map(of_tree).collect())
}

/// The SYSVOL of one domain.
struct Tree<'a> {
    domain: DnsName,
    dn: &'a Dn,
    /// All objects of the forest.
    entries: &'a HashMap<&'a Dn, &'a Entry>,
    /// By folded path, which puts a folder before what lies in it.
    items: BTreeMap<String, SysvolItem>,
}

impl<'a> Tree<'a> {
    fn add_file(&mut self, folder: &SysvolPath, path: SysvolPath, content: Vec<u8>) {
        let modified = self.items.get(&folder.folded()).map_or_else(default_time, |folder| folder.modified);
        self.items.insert(path.folded(), SysvolItem { path, content: Some(content), security: None, modified });
    }

    /// Adds a folder with those above it; the folder of a GPO gets its halves, its descriptor and its time.
    fn add_folder(&mut self, folder: &SysvolPath) -> Result<(), String> {
        let key = folder.folded();
        if folder.is_root() || self.items.contains_key(&key) {
            return Ok(());
        }
        let parent = folder.parent().unwrap_or_default();
        self.add_folder(&parent)?;
        let above = parent.folded();
        let gpo = if above == "policies" { self.gpo(folder.name()) } else { None };
        let security = match gpo.and_then(|gpo| gpo.bytes("nTSecurityDescriptor")) {
            Some(bytes) => {
                let descriptor = SecurityDescriptor::from_bytes(bytes).map_err(|error| error.to_string())?;
                let of_folder = to_sysvol_acl(&descriptor, AclDialect::Windows);
                Some(of_folder.to_bytes().map_err(|error| error.to_string())?)
            }
            None => None,
        };
        let changed = gpo.and_then(|gpo| gpo.text("whenChanged"));
        let changed = changed.and_then(|text| Timestamp::parse_generalized(&text).ok());
        let inherited = self.items.get(&above).and_then(|parent| parent.modified);
        let modified = changed.or(inherited).or_else(default_time);
        self.items.insert(key, SysvolItem { path: folder.clone(), content: None, security, modified });
        if gpo.is_some() {
            for half in ["Machine", "User"] {
                self.add_folder(&folder.join(half).map_err(|error| error.to_string())?)?;
            }
        }
        Ok(())
    }

    fn gpo(&self, id: &str) -> Option<&'a Entry> {
        let dn = self.dn.child("CN", "System").child("CN", "Policies").child("CN", id);
        self.entries.get(&dn).copied()
    }
}

/// 2024-01-08 09:00 UTC, the day the forest was made.
fn default_time() -> Option<Timestamp> {
    Timestamp::from_unix_seconds(1_704_704_400)
}
