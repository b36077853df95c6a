//! A scope of management: a site, domain or OU with its links (IGPMSOM).

use serde::Serialize;

use crate::ident::{Dn, GpLink};

use super::GpoLink;

/// What a scope of management is (GPMSOMType).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SomType {
    /// A site.
    Site,
    /// A domain.
    Domain,
    /// An organizational unit.
    Ou,
}

/// Position of a SOM in its domain's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct SomIndex(pub usize);

/// A site, domain or OU with its own links.
#[derive(Clone, Debug, Serialize)]
pub struct Som {
    /// What it is.
    pub kind: SomType,
    /// Its DN.
    pub dn: Dn,
    /// Name shown: last component of an OU, DNS name of a domain, name of a site.
    pub name: String,
    /// Description, where there is one.
    pub description: Option<String>,
    /// Its own links, link order 1 first, enabled or not.
    pub links: Vec<GpoLink>,
    /// Whether links from above are blocked unless enforced (`gPOptions` bit 0).
    pub inheritance_blocked: bool,
    /// The SOM above, within the same domain; none for a domain or site.
    pub parent: Option<SomIndex>,
    /// How deep it lies: 0 for a domain or site.
    pub depth: usize,
    /// The attribute as read, for a later swap; none where there is none.
    #[serde(skip)]
    pub gp_link: Option<GpLink>,
}
