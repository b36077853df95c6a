//! The forest: all domains and sites with their links, read at once into an immutable snapshot.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;

use crate::ident::{Dn, DnsName, Guid, Timestamp, WmiFilterRef};
use crate::store::{ForestStore, StoreError};

use super::{Cancelled, DomainSnapshot, Gpo, GpoLink, LinkTarget, LinkedSom, Som, SomIndex, Task, WmiFilter, load};

/// A forest: where loading it begins.
pub struct Forest;

/// What of a forest to load.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// The domains wanted; none for all.
    pub domains: Option<Vec<DnsName>>,
}

/// A forest could not be loaded at all.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LoadError {
    /// The configuration of the forest could not be read.
    #[error("the forest's configuration could not be read: {0}")]
    Store(#[from] StoreError),
    /// Loading was cancelled.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// A whole forest's scope of management at one moment. Immutable; the console draws from it.
#[derive(Clone, Debug, Serialize)]
pub struct ForestSnapshot {
    /// DNS name of the forest root domain.
    pub name: DnsName,
    /// DN of the configuration partition.
    pub configuration_dn: Dn,
    /// The domains, root domain first, then by name. A domain that could not be read is here, empty, with a problem.
    pub domains: Vec<DomainSnapshot>,
    /// The sites, by name.
    pub sites: Vec<Som>,
    /// What could not be read or looks wrong, forest-wide.
    pub problems: Vec<Problem>,
    /// When it was read.
    pub loaded: Timestamp,
    #[serde(skip)]
    pub(crate) link_index: HashMap<Dn, Vec<LinkPlace>>,
}

/// Something that could not be read or is damaged; the rest is shown all the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The object it concerns: a DN, a path, a domain.
    pub object: String,
    /// What happened, in words.
    pub message: String,
}

/// Which links to a GPO are asked for: "Display links in this location" of the Scope tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkScope<'a> {
    /// Those on one domain and its OUs.
    Domain(&'a DnsName),
    /// Those on sites.
    AllSites,
    /// All: of every domain, then of the sites.
    EntireForest,
}

/// Where a link lies: in the list of a domain's SOMs (the domain's position, then the SOM's), or in the list of sites.
#[derive(Clone, Copy, Debug)]
pub(crate) enum LinkPlace {
    Domain { domain: u32, som: u32, link: u32 },
    Site { site: u32, link: u32 },
}

impl Forest {
    /// Reads a whole forest: its domains and sites, and of each domain the OUs with their links, the GPOs with their
    /// descriptors and the WMI filters. Domains are read side by side, each with three searches, however large it is.
    ///
    /// What cannot be read becomes a [`Problem`] and the rest is there; an error means that there is nothing to show.
    pub async fn load(
        store: Arc<dyn ForestStore>,
        options: &LoadOptions,
        task: &Task,
    ) -> Result<Arc<ForestSnapshot>, LoadError> {
        task.or_cancel(load::load_forest(store, options, task)).await?.map(Arc::new)
    }
}

impl ForestSnapshot {
    /// Returns a domain by name.
    pub fn domain(&self, name: &DnsName) -> Option<&DomainSnapshot> {
        self.domains.iter().find(|domain| domain.name == *name)
    }

    /// Returns a site, domain or OU by its DN.
    pub fn som(&self, dn: &Dn) -> Option<&Som> {
        let of_domains = || self.domains.iter().find_map(|domain| domain.soms.get(domain.som_index(dn)?.0));
        of_domains().or_else(|| self.sites.iter().find(|site| site.dn == *dn))
    }

    /// Returns the GPO that a link names, in whichever domain of the forest it lives.
    pub fn gpo_by_dn(&self, dn: &Dn) -> Option<&Gpo> {
        self.domains.iter().find_map(|domain| domain.gpo_by_dn(dn))
    }

    /// Returns a GPO of a domain by id.
    pub fn gpo(&self, domain: &DnsName, id: Guid) -> Option<&Gpo> {
        self.domain(domain)?.gpo(id)
    }

    /// Returns the WMI filter that a GPO names; none where it is gone.
    pub fn wmi_filter(&self, reference: &WmiFilterRef) -> Option<&WmiFilter> {
        self.domain(&reference.domain)?.wmi_filter(reference.id)
    }

    /// Returns what the WMI Filter column shows for a GPO: the filter's name, empty for none, or what is missing.
    pub fn wmi_filter_label(&self, gpo: &Gpo) -> String {
        match &gpo.wmi_filter {
            None => String::new(),
            Some(reference) => self
                .wmi_filter(reference)
                .map_or_else(|| format!("Missing {}", reference.id), |filter| filter.name.clone()),
        }
    }

    /// Returns a site by name.
    pub fn site(&self, name: &str) -> Option<&Som> {
        self.sites.iter().find(|site| site.name.eq_ignore_ascii_case(name))
    }

    /// Returns what a link points to.
    pub fn link_target(&self, link: &GpoLink) -> LinkTarget<'_> {
        let Some(dn) = &link.gpo_dn else { return LinkTarget::Damaged };
        if let Some(gpo) = self.gpo_by_dn(dn) {
            return LinkTarget::Gpo(gpo);
        }
        match link.gpo_domain.as_ref().map(|name| self.domain(name)) {
            Some(None) => LinkTarget::OtherForest,
            Some(Some(domain)) if !domain.gpos_read => LinkTarget::DomainNotRead,
            _ => LinkTarget::NotFound,
        }
    }

    /// Returns the links to a GPO in a scope: those of each domain in tree order, then those of the sites.
    pub fn links_to(&self, gpo: &Dn, scope: LinkScope<'_>) -> Vec<LinkedSom<'_>> {
        let places = self.link_index.get(gpo).map_or(&[][..], Vec::as_slice);
        places.iter().filter_map(|place| self.linked_som(*place, scope)).collect()
    }

    /// Returns the number of links to a GPO in the whole forest.
    pub fn link_count(&self, gpo: &Dn) -> usize {
        self.link_index.get(gpo).map_or(0, Vec::len)
    }

    /// Returns all problems: those of the forest, then those of each domain.
    pub fn all_problems(&self) -> impl Iterator<Item = &Problem> {
        self.problems.iter().chain(self.domains.iter().flat_map(|domain| &domain.problems))
    }

    fn linked_som(&self, place: LinkPlace, scope: LinkScope<'_>) -> Option<LinkedSom<'_>> {
        match place {
            LinkPlace::Domain { domain, som, link } => {
                let domain = &self.domains[domain as usize];
                let wanted = match scope {
                    LinkScope::Domain(name) => domain.name == *name,
                    LinkScope::AllSites => false,
                    LinkScope::EntireForest => true,
                };
                let index = som as usize;
                let som = &domain.soms[index];
                let place = Some((domain, SomIndex(index)));
                wanted.then(|| LinkedSom { som, place, link: &som.links[link as usize] })
            }
            LinkPlace::Site { site, link } => {
                let som = &self.sites[site as usize];
                let wanted = !matches!(scope, LinkScope::Domain(_));
                wanted.then(|| LinkedSom { som, place: None, link: &som.links[link as usize] })
            }
        }
    }

    /// Returns a site, domain or OU by its DN, to be changed in memory; [`ForestSnapshot::reindex`] follows.
    pub(crate) fn som_mut(&mut self, dn: &Dn) -> Option<&mut Som> {
        let of_domains = self.domains.iter_mut().find_map(|domain| {
            let SomIndex(index) = domain.som_index(dn)?;
            domain.soms.get_mut(index)
        });
        of_domains.or_else(|| self.sites.iter_mut().find(|site| site.dn == *dn))
    }

    /// Returns a GPO by its DN, to be changed in memory; [`ForestSnapshot::reindex`] follows.
    pub(crate) fn gpo_mut(&mut self, dn: &Dn) -> Option<&mut Gpo> {
        self.domains.iter_mut().find_map(|domain| {
            let index = *domain.gpo_index.get(dn)?;
            domain.gpos.get_mut(index)
        })
    }

    /// Takes a GPO out; its links stay. [`ForestSnapshot::reindex`] follows before anything else is looked for.
    pub(crate) fn remove_gpo(&mut self, dn: &Dn) {
        for domain in &mut self.domains {
            domain.gpos.retain(|gpo| gpo.dn != *dn);
        }
    }

    /// Builds all indexes anew, after changes in memory.
    pub(crate) fn reindex(&mut self) {
        for domain in &mut self.domains {
            domain.finish();
        }
        self.index_links();
    }

    /// Builds the index from GPOs to links. Called once, when all is read.
    pub(crate) fn index_links(&mut self) {
        let mut index: HashMap<Dn, Vec<LinkPlace>> = HashMap::new();
        let mut add = |link: &GpoLink, place| {
            if let Some(dn) = &link.gpo_dn {
                match index.get_mut(dn) {
                    Some(places) => places.push(place),
                    None => drop(index.insert(dn.clone(), vec![place])),
                }
            }
        };
        for (domain, snapshot) in (0..).zip(&self.domains) {
            for (som, value) in (0..).zip(&snapshot.soms) {
                for (link, gpo_link) in (0..).zip(&value.links) {
                    add(gpo_link, LinkPlace::Domain { domain, som, link });
                }
            }
        }
        for (site, value) in (0..).zip(&self.sites) {
            for (link, gpo_link) in (0..).zip(&value.links) {
                add(gpo_link, LinkPlace::Site { site, link });
            }
        }
        self.link_index = index;
    }
}
