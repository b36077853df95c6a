//! A forest in memory for the tests of this module: entries as text, searches counted, failures on demand.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;

use crate::ident::{Dn, DnsName};
use crate::store::{
    Attribute, Change, ConnectionInfo, Directory, Entry, Filter, ForestStore, RootDse, Scope, SearchRequest,
    StoreError, StoreErrorKind, Sysvol, Visit,
};

/// A forest of `corp.x` and `sub.corp.x` in one list of entries.
pub struct FakeForest {
    pub entries: Vec<Entry>,
    pub searches: AtomicUsize,
    /// Searches from bases that end in this DN break off after this many entries.
    pub breaks: Option<(Dn, usize)>,
    /// A domain that cannot be reached.
    pub unreachable: Option<DnsName>,
    /// Whether searches never answer.
    pub hangs: bool,
}

struct FakeDirectory {
    forest: Arc<FakeForest>,
    root: RootDse,
}

/// The handle given to the code under test.
pub struct FakeStore(pub Arc<FakeForest>);

impl FakeForest {
    /// Reads entries as LDIF does: `dn: …`, then `name: value` lines, a blank line between entries.
    pub fn new(text: &str) -> Self {
        let mut entries: Vec<Entry> = Vec::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(':').unwrap();
            let value = value.strip_prefix(' ').unwrap_or(value);
            if name == "dn" {
                entries.push(Entry { dn: value.parse().unwrap(), attributes: Vec::new() });
                continue;
            }
            let attributes = &mut entries.last_mut().unwrap().attributes;
            match attributes.iter_mut().find(|attribute| attribute.name == name) {
                Some(attribute) => attribute.values.push(value.as_bytes().to_vec()),
                None => attributes.push(Attribute::text(name, value)),
            }
        }
        FakeForest { entries, searches: AtomicUsize::new(0), breaks: None, unreachable: None, hangs: false }
    }

    pub fn store(self) -> (Arc<dyn ForestStore>, Arc<FakeForest>) {
        let forest = Arc::new(self);
        (Arc::new(FakeStore(forest.clone())), forest)
    }
}

impl FakeStore {
    fn open(&self, domain: &str) -> Arc<dyn Directory> {
        let name: DnsName = domain.parse().unwrap();
        let root = RootDse {
            server: format!("dc1.{domain}"),
            domain_dn: name.to_domain_dn(),
            domain: name,
            forest_dn: "DC=corp,DC=x".parse().unwrap(),
            configuration_dn: "CN=Configuration,DC=corp,DC=x".parse().unwrap(),
            schema_dn: "CN=Schema,CN=Configuration,DC=corp,DC=x".parse().unwrap(),
            site: None,
            user: None,
            vendor: None,
        };
        Arc::new(FakeDirectory { forest: self.0.clone(), root })
    }
}

#[async_trait]
impl ForestStore for FakeStore {
    fn info(&self) -> ConnectionInfo {
        ConnectionInfo::default()
    }

    fn directory(&self) -> Arc<dyn Directory> {
        self.open("corp.x")
    }

    async fn domain_directory(&self, domain: &DnsName) -> Result<Arc<dyn Directory>, StoreError> {
        if self.0.unreachable.as_ref() == Some(domain) {
            return Err(StoreError::new(StoreErrorKind::Unreachable, domain));
        }
        Ok(self.open(domain.as_str()))
    }

    async fn sysvol(&self, domain: &DnsName) -> Result<Arc<dyn Sysvol>, StoreError> {
        Err(StoreError::new(StoreErrorKind::Unreachable, domain))
    }
}

fn matches(filter: &Filter, entry: &Entry) -> bool {
    match filter {
        Filter::And(filters) => filters.iter().all(|filter| matches(filter, entry)),
        Filter::Or(filters) => filters.iter().any(|filter| matches(filter, entry)),
        Filter::Not(filter) => !matches(filter, entry),
        Filter::Present(name) => name == "objectClass" || !entry.values(name).is_empty(),
        Filter::Equals(name, value) => entry.values(name).iter().any(|found| found.eq_ignore_ascii_case(value)),
        Filter::Substring { attribute, initial, any, last } => entry.values(attribute).iter().any(|found| {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).to_lowercase();
            let found = text(found);
            found.starts_with(&text(initial))
                && any.iter().all(|part| found.contains(&text(part)))
                && found.ends_with(&text(last))
        }),
        other => panic!("the fake directory knows no {other}"),
    }
}

#[async_trait]
impl Directory for FakeDirectory {
    fn root_dse(&self) -> &RootDse {
        &self.root
    }

    async fn search_with(
        &self,
        request: &SearchRequest,
        visit: &mut (dyn FnMut(Entry) -> Visit + Send),
    ) -> Result<(), StoreError> {
        self.forest.searches.fetch_add(1, Ordering::SeqCst);
        if self.forest.hangs {
            std::future::pending::<()>().await;
        }
        let known = |dn: &Dn| self.forest.entries.iter().any(|entry| entry.dn == *dn);
        if !known(&request.base) {
            return Err(StoreError::new(StoreErrorKind::NotFound, &request.base));
        }
        let found = self.forest.entries.iter().filter(|entry| match request.scope {
            Scope::Base => entry.dn == request.base,
            Scope::OneLevel => entry.dn.parent().as_ref() == Some(&request.base),
            Scope::Subtree => entry.dn.is_within(&request.base),
        });
        // A domain ends where another one of the forest begins.
        let other_domains =
            ["DC=sub,DC=corp,DC=x", "CN=Configuration,DC=corp,DC=x"].map(|dn| dn.parse::<Dn>().unwrap());
        let inside = found.filter(|entry| {
            other_domains.iter().all(|other| request.base.is_within(other) || !entry.dn.is_within(other))
        });
        for (count, entry) in inside.filter(|entry| matches(&request.filter, entry)).enumerate() {
            if self.forest.breaks.as_ref().is_some_and(|(base, limit)| *base == request.base && count == *limit) {
                return Err(StoreError::new(StoreErrorKind::Unreachable, &self.root.server));
            }
            let wanted = |name: &str| request.attributes.iter().any(|wanted| wanted.eq_ignore_ascii_case(name));
            let attributes = entry.attributes.iter().filter(|attribute| wanted(&attribute.name)).cloned().collect();
            if visit(Entry { dn: entry.dn.clone(), attributes }) == Visit::Stop {
                break;
            }
        }
        Ok(())
    }

    async fn add(&self, dn: &Dn, _attributes: &[Attribute]) -> Result<(), StoreError> {
        Err(StoreError::new(StoreErrorKind::ReadOnly, dn))
    }

    async fn modify(&self, dn: &Dn, _changes: &[Change]) -> Result<(), StoreError> {
        Err(StoreError::new(StoreErrorKind::ReadOnly, dn))
    }

    async fn delete(&self, dn: &Dn) -> Result<(), StoreError> {
        Err(StoreError::new(StoreErrorKind::ReadOnly, dn))
    }

    async fn delete_tree(&self, dn: &Dn) -> Result<(), StoreError> {
        Err(StoreError::new(StoreErrorKind::ReadOnly, dn))
    }

    async fn rename(&self, dn: &Dn, _rdn: &str, _parent: Option<&Dn>) -> Result<(), StoreError> {
        Err(StoreError::new(StoreErrorKind::ReadOnly, dn))
    }
}
