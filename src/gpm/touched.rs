//! Reading again only the parts of a forest that a change touched: a few objects instead of everything.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ident::{Dn, DnsName, Guid};
use crate::store::{Filter, ForestStore, Scope, StoreError, StoreErrorKind};

use super::decode::{self, Decoder};
use super::load::{collect, read_gpos, read_sites, read_soms, read_wmi_filters, request};
use super::{Domain, DomainSnapshot, Forest, ForestSnapshot, GpoParts, Problem, Som, SomType};

/// A part of a forest that a change touches: what has to be read anew to show it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Touched {
    /// A GPO.
    Gpo(DnsName, Guid),
    /// The links and options of a domain, OU or site.
    Som(Dn),
    /// The WMI filters of a domain, or one of them.
    WmiFilters(DnsName),
    /// The starter GPOs of a domain, or one of them.
    StarterGpos(DnsName),
    /// The list of OUs or GPOs of a domain.
    Domain(DnsName),
    /// The sites.
    Sites,
}

impl Forest {
    /// Returns the snapshot with the touched parts as they are now. Starter GPOs are in no snapshot; whoever shows them reads them.
    ///
    /// # Errors
    /// Fails where one of the parts cannot be read; the old snapshot is all there is then.
    pub async fn reload(
        store: &Arc<dyn ForestStore>,
        snapshot: &ForestSnapshot,
        touched: &[Touched],
    ) -> Result<Arc<ForestSnapshot>, StoreError> {
        let mut new = snapshot.clone();
        let mut whole: BTreeSet<DnsName> = BTreeSet::new();
        for part in touched {
            match part {
                Touched::Domain(domain) => drop(whole.insert(domain.clone())),
                Touched::Sites => reload_sites(store, &mut new).await?,
                Touched::Som(dn) if dn.is_within(&new.configuration_dn) => reload_sites(store, &mut new).await?,
                Touched::Som(dn) => {
                    let domain = dn.domain().and_then(|name| new.domains.iter_mut().find(|domain| domain.name == name));
                    let Some(domain) = domain else { continue };
                    if !reload_som(store, domain, dn).await? {
                        whole.insert(domain.name.clone());
                    }
                }
                Touched::Gpo(name, id) => {
                    let Some(domain) = new.domains.iter_mut().find(|domain| domain.name == *name) else { continue };
                    if !reload_gpo(store, domain, *id).await? {
                        whole.insert(name.clone());
                    }
                }
                Touched::WmiFilters(name) => {
                    let Some(domain) = new.domains.iter_mut().find(|domain| domain.name == *name) else { continue };
                    let directory = store.domain_directory(name).await?;
                    let found = read_wmi_filters(&*directory, domain).await;
                    domain.has_wmi_filter_container = found.base_exists();
                    if domain.has_wmi_filter_container {
                        domain.wmi_filters = found.or_error()?.values;
                    } else {
                        domain.wmi_filters.clear();
                    }
                }
                Touched::StarterGpos(_) => {}
            }
        }
        for domain in new.domains.iter_mut().filter(|domain| whole.contains(&domain.name)) {
            let directory = store.domain_directory(&domain.name).await?;
            let (soms, gpos) =
                futures::join!(read_soms(&*directory, domain), read_gpos(&*directory, &domain.name, &domain.dn));
            domain.soms = soms.soms;
            domain.problems = soms.problems.into_iter().chain(gpos.problems.iter().cloned()).collect();
            (domain.gpos, domain.gpos_read) = (gpos.values, gpos.error.is_none());
        }
        new.reindex();
        Ok(Arc::new(new))
    }
}

async fn reload_sites(store: &Arc<dyn ForestStore>, new: &mut ForestSnapshot) -> Result<(), StoreError> {
    let found = read_sites(&*store.directory()).await;
    match found.error {
        Some(error) => Err(error),
        None => {
            new.sites = found.sites;
            Ok(())
        }
    }
}

/// Reads one domain or OU; tells whether it is there and was there.
async fn reload_som(store: &Arc<dyn ForestStore>, domain: &mut DomainSnapshot, dn: &Dn) -> Result<bool, StoreError> {
    let directory = store.domain_directory(&domain.name).await?;
    let Some(place) = domain.soms.iter().position(|som| som.dn == *dn) else { return Ok(false) };
    let kind = domain.soms[place].kind;
    let own = request(dn.clone(), Scope::Base, Filter::any_object(), &decode::SOM_ATTRIBUTES);
    let read = |decoder: &mut Decoder, entry| Some(decoder.som(entry, kind));
    let found = collect(&*directory, &domain.name, &own, "the scope of management", read).await;
    forget_problems(domain, dn);
    match found.or_error() {
        Ok(found) => {
            domain.problems.extend(found.problems);
            let Some(som) = found.values.into_iter().next() else { return Ok(false) };
            let old = &domain.soms[place];
            domain.soms[place] = Som { parent: old.parent, depth: old.depth, ..som };
            Ok(kind != SomType::Site)
        }
        Err(error) if error.kind == StoreErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Reads one GPO; tells whether it is there and was there.
async fn reload_gpo(store: &Arc<dyn ForestStore>, domain: &mut DomainSnapshot, id: Guid) -> Result<bool, StoreError> {
    let Some(place) = domain.gpos.iter().position(|gpo| gpo.id == id) else { return Ok(false) };
    let opened = Domain::open(store, &domain.name).await?;
    match opened.gpo(id, GpoParts::All).await {
        Ok(gpo) => {
            domain.gpos[place] = gpo;
            Ok(true)
        }
        Err(error) if error.kind == StoreErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn forget_problems(domain: &mut DomainSnapshot, dn: &Dn) {
    let object = dn.to_string();
    domain.problems.retain(|problem: &Problem| problem.object != object);
}
