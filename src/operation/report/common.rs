//! What reports of several GPOs of a forest have in common: read once for all, however many there are.

use std::collections::HashMap;
use std::sync::Arc;

use crate::extension::DirectoryObject;
use crate::gpm::{Cancelled, Domain, ForestSnapshot, Gpo, Names, Task};
use crate::ident::{Dn, DnsName};
use crate::store::{Entry, Filter, ForestStore, Scope, SearchRequest, StoreError, StoreErrorKind};

/// The common part of the reports of some GPOs.
pub(super) struct Common<'a> {
    pub(super) store: &'a Arc<dyn ForestStore>,
    pub(super) forest: &'a ForestSnapshot,
    /// Names of principals, each looked up at most once.
    pub(super) names: Names,
    domains: HashMap<DnsName, Result<CommonDomain, StoreError>>,
}

/// A domain with the objects below its GPOs.
struct CommonDomain {
    domain: Domain,
    objects: Result<HashMap<Dn, Halves<Vec<DirectoryObject>>>, StoreError>,
}

/// The two halves of a GPO.
#[derive(Clone, Default)]
pub(super) struct Halves<T> {
    pub(super) computer: T,
    pub(super) user: T,
}

impl<'a> Common<'a> {
    /// Reads it: one search in each domain of these GPOs, below the one GPO or below all.
    pub(super) async fn read(
        store: &'a Arc<dyn ForestStore>,
        forest: &'a ForestSnapshot,
        gpos: &[&Gpo],
        task: &Task,
    ) -> Result<Self, Cancelled> {
        let mut by_domain: HashMap<&DnsName, Vec<&Gpo>> = HashMap::new();
        for gpo in gpos {
            by_domain.entry(&gpo.domain).or_default().push(gpo);
        }
        let mut domains = HashMap::new();
        for (name, gpos) in by_domain {
            let read = task.or_cancel(CommonDomain::read(store, name, &gpos)).await?;
            domains.insert(name.clone(), read);
        }
        Ok(Common { store, forest, names: Names::new(forest), domains })
    }

    /// Returns a domain.
    pub(super) fn domain(&self, name: &DnsName) -> Result<&Domain, StoreError> {
        self.of(name).map(|common| &common.domain)
    }

    /// Returns the objects below the halves of a GPO.
    pub(super) fn objects(&self, gpo: &Gpo) -> Result<Halves<Vec<DirectoryObject>>, StoreError> {
        let objects = self.of(&gpo.domain)?.objects.as_ref().map_err(StoreError::clone)?;
        Ok(objects.get(&gpo.dn).cloned().unwrap_or_default())
    }

    fn of(&self, name: &DnsName) -> Result<&CommonDomain, StoreError> {
        let found = self.domains.get(name).ok_or_else(|| StoreError::new(StoreErrorKind::NotFound, name))?;
        found.as_ref().map_err(StoreError::clone)
    }
}

impl CommonDomain {
    async fn read(store: &Arc<dyn ForestStore>, name: &DnsName, gpos: &[&Gpo]) -> Result<Self, StoreError> {
        let domain = Domain::open(store, name).await?;
        let base = match gpos {
            [only] => only.dn.clone(),
            _ => domain.policies_container(),
        };
        let objects = read_objects(&domain, base).await;
        Ok(CommonDomain { domain, objects })
    }
}

/// Reads the objects below the halves of the GPOs at or below `base` with one search, by the DN of their GPO.
async fn read_objects(domain: &Domain, base: Dn) -> Result<HashMap<Dn, Halves<Vec<DirectoryObject>>>, StoreError> {
    let request = SearchRequest {
        base,
        scope: Scope::Subtree,
        filter: Filter::Not(Box::new(Filter::class("groupPolicyContainer"))),
        attributes: vec!["*".to_owned()],
        sd_parts: None,
    };
    let mut found: HashMap<Dn, Halves<Vec<DirectoryObject>>> = HashMap::new();
    for entry in domain.directory().search(&request).await? {
        if let Some((gpo, half, names)) = place(&entry.dn, &domain.policies_container()) {
            let halves = found.entry(gpo).or_default();
            let objects = if half.eq_ignore_ascii_case("CN=User") { &mut halves.user } else { &mut halves.computer };
            objects.push(directory_object(&entry, names));
        }
    }
    for halves in found.values_mut() {
        for objects in [&mut halves.computer, &mut halves.user] {
            objects.sort_by_cached_key(|object| object.path.to_lowercase());
        }
    }
    Ok(found)
}

/// Returns the GPO whose half holds an object, the name of the half, and the names from the object up to it; none for an object that lies
/// below no half.
fn place(dn: &Dn, policies: &Dn) -> Option<(Dn, String, String)> {
    let mut names = Vec::new();
    let mut at = dn.clone();
    loop {
        let parent = at.parent()?;
        if parent.parent()? == *policies {
            let is_half = ["CN=Machine", "CN=User"].iter().any(|half| at.rdn().eq_ignore_ascii_case(half));
            return (is_half && !names.is_empty()).then(|| (parent, at.rdn().to_owned(), names.join(",")));
        }
        names.push(at.rdn().to_owned());
        at = parent;
    }
}

fn directory_object(entry: &Entry, path: String) -> DirectoryObject {
    let class = entry.values("objectClass").last().map(|value| String::from_utf8_lossy(value).into_owned());
    let attributes = entry.attributes.iter().map(|attribute| (attribute.name.clone(), attribute.values.clone()));
    DirectoryObject { path, class: class.unwrap_or_default(), attributes: attributes.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_found_below_their_half() {
        let policies: Dn = "CN=Policies,CN=System,DC=corp,DC=x".parse().unwrap();
        let check = |dn: &str, expected: Option<(&str, &str, &str)>| {
            let found = place(&dn.parse().unwrap(), &policies);
            let found = found.as_ref().map(|(gpo, half, names)| (gpo.as_str(), half.as_str(), names.as_str()));
            assert_eq!(found, expected, "{dn}");
        };
        let gpo = "CN={A},CN=Policies,CN=System,DC=corp,DC=x";
        check(
            "CN=b,CN=Class Store,cn=machine,CN={A},CN=Policies,CN=System,DC=corp,DC=x",
            Some((gpo, "cn=machine", "CN=b,CN=Class Store")),
        );
        check("CN=User,CN={A},CN=Policies,CN=System,DC=corp,DC=x", None);
        check("CN=x,CN=Other,CN={A},CN=Policies,CN=System,DC=corp,DC=x", None);
        check(gpo, None);
        check("DC=corp,DC=x", None);
    }
}
