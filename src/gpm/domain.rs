//! A domain: its GPOs, OUs, WMI filters and starter GPOs (IGPMDomain).

use std::collections::HashMap;

use serde::Serialize;

use crate::ident::{Dn, DnsName, Guid, Sid};

use super::{Gpo, Problem, Som, SomIndex, StarterGpo, WmiFilter};

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
    /// The domain controller it was read from.
    pub domain_controller: String,
    /// Whether that is the PDC emulator.
    pub is_pdc_emulator: bool,
    /// The domain itself (index 0) and its OUs, in tree order: each OU stands after its parent, siblings by name.
    /// Empty only where the domain could not be read.
    pub soms: Vec<Som>,
    /// The GPOs, by display name.
    pub gpos: Vec<Gpo>,
    /// The WMI filters, by name.
    pub wmi_filters: Vec<WmiFilter>,
    /// The starter GPOs, by name; filled by [`super::Domain`] from SYSVOL when a view asks.
    pub starter_gpos: Vec<StarterGpo>,
    /// What could not be read or looks wrong.
    pub problems: Vec<Problem>,
    #[serde(skip)]
    pub(crate) gpo_index: HashMap<Dn, usize>,
}

impl DomainSnapshot {
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
        self.gpos.iter().find(|gpo| gpo.id == id)
    }

    /// Returns a WMI filter by id.
    pub fn wmi_filter(&self, id: Guid) -> Option<&WmiFilter> {
        self.wmi_filters.iter().find(|filter| filter.id == id)
    }

    /// Returns the index of the domain or OU with this DN.
    pub fn som_index(&self, dn: &Dn) -> Option<SomIndex> {
        self.soms.iter().position(|som| som.dn == *dn).map(SomIndex)
    }
}
