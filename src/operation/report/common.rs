//! What reports of several GPOs of a forest have in common: read once for all, however many there are.

use std::collections::HashMap;
use std::sync::Arc;

use crate::extension::DirectoryObject;
use crate::gpm::{Cancelled, Domain, ForestSnapshot, Gpo, Names, Task};
use crate::ident::{Dn, DnsName};
use crate::operation::half_objects::{HalfObject, read_below};
use crate::report::Side;
use crate::store::{Attribute, ForestStore, StoreError, StoreErrorKind};

/// The common part of the reports of some GPOs.
pub(in crate::operation) struct Common<'a> {
    pub(in crate::operation) store: &'a Arc<dyn ForestStore>,
    pub(in crate::operation) forest: &'a ForestSnapshot,
    /// Names of principals, each looked up at most once.
    pub(in crate::operation) names: Names,
    domains: HashMap<DnsName, Result<CommonDomain, StoreError>>,
}

/// A domain with the objects below its GPOs.
struct CommonDomain {
    domain: Domain,
    objects: Result<HashMap<Dn, Halves<Vec<DirectoryObject>>>, StoreError>,
}

/// The two halves of a GPO.
#[derive(Clone, Default)]
pub(in crate::operation) struct Halves<T> {
    pub(in crate::operation) computer: T,
    pub(in crate::operation) user: T,
}

impl<'a> Common<'a> {
    /// Reads it: one search in each domain of these GPOs, below the one GPO or below all.
    pub(in crate::operation) async fn read(
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

    /// Returns what reports of GPOs need whose files and objects are read otherwise: the names alone.
    pub(in crate::operation) fn names_only(store: &'a Arc<dyn ForestStore>, forest: &'a ForestSnapshot) -> Self {
        Common { store, forest, names: Names::new(forest), domains: HashMap::new() }
    }

    /// Returns a domain.
    pub(in crate::operation) fn domain(&self, name: &DnsName) -> Result<&Domain, StoreError> {
        self.of(name).map(|common| &common.domain)
    }

    /// Returns the objects below the halves of a GPO.
    pub(in crate::operation) fn objects(&self, gpo: &Gpo) -> Result<Halves<Vec<DirectoryObject>>, StoreError> {
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
        let objects = read_below(&domain, base, false)
            .await
            .map(|below| below.objects.into_iter().map(|(gpo, objects)| (gpo, by_half(&objects))).collect());
        Ok(CommonDomain { domain, objects })
    }
}

/// Returns the objects of a GPO by half, sorted by path.
pub(in crate::operation) fn by_half(objects: &[HalfObject]) -> Halves<Vec<DirectoryObject>> {
    let mut halves = Halves::<Vec<DirectoryObject>>::default();
    for object in objects {
        let half = match object.side {
            Side::Computer => &mut halves.computer,
            Side::User => &mut halves.user,
        };
        half.push(directory_object(object));
    }
    for half in [&mut halves.computer, &mut halves.user] {
        half.sort_by_cached_key(|object| object.path.to_lowercase());
    }
    halves
}

fn directory_object(object: &HalfObject) -> DirectoryObject {
    // Descriptors come where a backup reads them along; a report is the same without.
    let is_told = |attribute: &&Attribute| !attribute.name.eq_ignore_ascii_case("nTSecurityDescriptor");
    let attributes = object.entry.attributes.iter().filter(is_told);
    DirectoryObject {
        class: object.entry.last_class().unwrap_or_default(),
        attributes: attributes.map(|attribute| (attribute.name.clone(), attribute.values.clone())).collect(),
        path: object.names.clone(),
    }
}
