//! One domain as it was read: its OUs with their links, its GPOs and WMI filters.

use std::collections::HashMap;

use serde::Serialize;

use crate::ident::{Dn, DnsName, Guid, Sid};

use super::decode;
use super::{
    Gpo, GpoNameProblem, InheritedLink, LinkEffect, Problem, ScopedLink, Som, SomIndex, StarterGpo, WmiFilter,
    check_gpo_name, links_in_order,
};

/// One domain of a forest as it was read.
#[derive(Clone, Debug, Serialize)]
pub struct DomainSnapshot {
    /// DNS name.
    pub name: DnsName,
    /// DN of the domain object.
    pub dn: Dn,
    /// NetBIOS name, where the configuration tells it.
    pub netbios_name: String,
    /// The domain's SID, where it could be read.
    pub sid: Option<Sid>,
    /// The domain controller it was read from; empty where none could be reached.
    pub domain_controller: String,
    /// Whether that is the PDC emulator.
    pub is_pdc_emulator: bool,
    /// Whether the domain controller that was chosen for it does not answer, so that nothing was read.
    pub is_unreachable: bool,
    /// The domain controllers the configuration names, by name.
    pub domain_controllers: Vec<DomainController>,
    /// The domain itself (index 0) and its OUs, in tree order: each OU stands after its parent, siblings by name.
    /// Empty only where the domain could not be read.
    pub soms: Vec<Som>,
    /// The GPOs, by display name.
    pub gpos: Vec<Gpo>,
    /// Whether the GPOs were read to the end: if not, a link may point to one that is there and was not seen.
    pub gpos_read: bool,
    /// The WMI filters, by name.
    pub wmi_filters: Vec<WmiFilter>,
    /// Whether the container of WMI filters exists; very bare Samba domains lack it.
    pub has_wmi_filter_container: bool,
    /// The starter GPOs, by name; filled by [`super::Domain`] from SYSVOL when a view asks.
    pub starter_gpos: Vec<StarterGpo>,
    /// What could not be read or looks wrong.
    pub problems: Vec<Problem>,
    #[serde(skip)]
    pub(crate) gpo_index: HashMap<Dn, usize>,
    #[serde(skip)]
    pub(crate) gpo_id_index: HashMap<Guid, usize>,
    #[serde(skip)]
    pub(crate) som_index: HashMap<Dn, usize>,
}

/// A domain controller, as the configuration partition names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DomainController {
    /// DNS name.
    pub name: String,
    /// The site it stands in.
    pub site: String,
    /// Whether it is the PDC emulator of its domain.
    pub is_pdc_emulator: bool,
}

impl DomainSnapshot {
    /// Returns a domain of which nothing has been read.
    pub(crate) fn unread(name: DnsName, dn: Dn, netbios_name: String) -> Self {
        DomainSnapshot {
            name,
            dn,
            netbios_name,
            sid: None,
            domain_controller: String::new(),
            is_pdc_emulator: false,
            is_unreachable: false,
            domain_controllers: Vec::new(),
            soms: Vec::new(),
            gpos: Vec::new(),
            gpos_read: false,
            wmi_filters: Vec::new(),
            has_wmi_filter_container: false,
            starter_gpos: Vec::new(),
            problems: Vec::new(),
            gpo_index: HashMap::new(),
            gpo_id_index: HashMap::new(),
            som_index: HashMap::new(),
        }
    }

    /// Returns the domain as a scope of management; none where it could not be read.
    pub fn som(&self) -> Option<&Som> {
        self.soms.first()
    }

    /// Returns a GPO by its DN.
    pub fn gpo_by_dn(&self, dn: &Dn) -> Option<&Gpo> {
        self.gpo_index.get(dn).map(|&index| &self.gpos[index])
    }

    /// Returns a GPO by id.
    pub fn gpo(&self, id: Guid) -> Option<&Gpo> {
        self.gpo_id_index.get(&id).map(|&index| &self.gpos[index])
    }

    /// Returns the GPOs of a display name, compared without case; the directory allows several.
    pub fn gpos_named<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Gpo> + use<'a> {
        let folded = name.to_lowercase();
        self.gpos.iter().filter(move |gpo| gpo.display_name.to_lowercase() == folded)
    }

    /// Refuses a name for a new GPO, or a new name for the GPO `own`, that GPMC would refuse.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn check_new_gpo_name(&self, name: &str, own: Option<Guid>) -> Result<(), GpoNameProblem> {
        check_gpo_name(name)?;
        let is_taken = self.gpos_named(name).any(|gpo| Some(gpo.id) != own);
        if is_taken { Err(GpoNameProblem::Taken) } else { Ok(()) }
    }

    /// Returns what lists show for a GPO of this domain: its display name; where another has the same name, with the
    /// first 8 digits of its GUID; `Inaccessible` where it cannot be read.
    pub fn gpo_label(&self, gpo: &Gpo) -> String {
        let first_digits = || gpo.id.hyphenated()[..8].to_uppercase();
        if gpo.inaccessible {
            return format!("Inaccessible ({})", first_digits());
        }
        let Some(&index) = self.gpo_index.get(&gpo.dn) else { return gpo.display_name.clone() };
        // Sorted by name: a twin stands beside it.
        let before = index.checked_sub(1).and_then(|before| self.gpos.get(before));
        let is_twin = |other: &Gpo| other.display_name.to_lowercase() == gpo.display_name.to_lowercase();
        if before.is_some_and(is_twin) || self.gpos.get(index + 1).is_some_and(is_twin) {
            format!("{} ({})", gpo.display_name, first_digits())
        } else {
            gpo.display_name.clone()
        }
    }

    /// Returns a WMI filter by id.
    pub fn wmi_filter(&self, id: Guid) -> Option<&WmiFilter> {
        self.wmi_filters.iter().find(|filter| filter.id == id)
    }

    /// Returns the container of its GPOs: who may create children there may create GPOs.
    pub fn policies_container(&self) -> Dn {
        decode::policies_container(&self.dn)
    }

    /// Returns the container of its WMI filters: who may create children there may create WMI filters.
    pub fn wmi_filter_container(&self) -> Dn {
        decode::wmi_filter_container(&self.dn)
    }

    /// Returns the GPOs that name a WMI filter.
    pub fn gpos_with_wmi_filter(&self, id: Guid) -> impl Iterator<Item = &Gpo> {
        self.gpos.iter().filter(move |gpo| gpo.wmi_filter.as_ref().is_some_and(|reference| reference.id == id))
    }

    /// Returns the index of the domain or OU with this DN.
    pub fn som_index(&self, dn: &Dn) -> Option<SomIndex> {
        self.som_index.get(dn).copied().map(SomIndex)
    }

    /// Returns the SOMs from this one up to the domain.
    pub fn som_and_ancestors(&self, index: SomIndex) -> impl Iterator<Item = SomIndex> {
        std::iter::successors(self.soms.get(index.0).map(|_| index), |current| self.soms[current.0].parent)
    }

    /// Returns the direct children of a SOM, by name.
    pub fn som_children(&self, index: SomIndex) -> impl Iterator<Item = SomIndex> {
        let depth = self.soms.get(index.0).map_or(usize::MAX, |som| som.depth);
        let below = self.soms.iter().enumerate().skip(index.0.saturating_add(1));
        below
            .take_while(move |(_, som)| som.depth > depth)
            .filter(move |(_, som)| som.parent == Some(index))
            .map(|(position, _)| SomIndex(position))
    }

    /// Returns the links that take effect on a SOM, highest precedence first (IGPMSOM::GetInheritedGPOLinks): enforced
    /// links from the domain down, then its own, then those of each container above up to the first that blocks
    /// inheritance. Disabled and damaged links and those of sites are left out; a GPO linked twice stands there twice.
    pub fn inherited_links(&self, index: SomIndex) -> Vec<InheritedLink> {
        let chain: Vec<SomIndex> = self.som_and_ancestors(index).collect();
        let soms: Vec<&Som> = chain.iter().map(|som| &self.soms[som.0]).collect();
        let links = links_in_order(&soms).into_iter().rev().filter(|scoped| scoped.effect == LinkEffect::Reaches);
        let inherited = |(precedence, scoped): (usize, ScopedLink<'_>)| InheritedLink {
            precedence,
            som: chain[scoped.position],
            link: scoped.link.clone(),
        };
        (1..).zip(links).map(inherited).collect()
    }

    /// Sorts the GPOs and WMI filters and builds the indexes. Called once, when all is read.
    pub(crate) fn finish(&mut self) {
        self.gpos.sort_by_cached_key(|gpo| (gpo.display_name.to_lowercase(), gpo.id));
        self.wmi_filters.sort_by_cached_key(|filter| (filter.name.to_lowercase(), filter.id));
        self.gpo_index = (0..).zip(&self.gpos).map(|(index, gpo)| (gpo.dn.clone(), index)).collect();
        self.gpo_id_index = (0..).zip(&self.gpos).map(|(index, gpo)| (gpo.id, index)).collect();
        self.som_index = (0..).zip(&self.soms).map(|(index, som)| (som.dn.clone(), index)).collect();
    }
}
