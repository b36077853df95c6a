//! The forest: all domains and sites with their links, read at once into an immutable snapshot.

use serde::Serialize;

use crate::ident::{Dn, DnsName, Guid, Timestamp};

use super::{DomainSnapshot, Gpo, Som};

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
}

/// Something that could not be read or is damaged; the rest is shown all the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The object it concerns: a DN, a path, a domain.
    pub object: String,
    /// What happened, in words.
    pub message: String,
}

impl ForestSnapshot {
    /// Returns a domain by name.
    pub fn domain(&self, name: &DnsName) -> Option<&DomainSnapshot> {
        self.domains.iter().find(|domain| domain.name == *name)
    }

    /// Returns the GPO that a link names, in whichever domain of the forest it lives.
    pub fn gpo_by_dn(&self, dn: &Dn) -> Option<&Gpo> {
        self.domain(&dn.domain()?)?.gpo_by_dn(dn)
    }

    /// Returns a GPO of a domain by id.
    pub fn gpo(&self, domain: &DnsName, id: Guid) -> Option<&Gpo> {
        self.domain(domain)?.gpo(id)
    }
}
