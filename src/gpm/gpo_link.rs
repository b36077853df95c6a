//! A link from a scope of management to a GPO (IGPMGPOLink).

use serde::Serialize;

use crate::ident::{Dn, DnsName, Guid};

use super::{DomainSnapshot, Gpo, Som, SomIndex};

/// One element of a SOM's `gPLink`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GpoLink {
    /// Link order, counted from 1; 1 wins.
    pub order: usize,
    /// DN of the GPO; none where the element is damaged.
    pub gpo_dn: Option<Dn>,
    /// Id of the GPO, where the DN has one.
    pub gpo_id: Option<Guid>,
    /// Domain of the GPO, from the DN.
    pub gpo_domain: Option<DnsName>,
    /// Whether clients follow it; never for a damaged element.
    pub enabled: bool,
    /// Whether it passes blocked inheritance and wins over links below.
    pub enforced: bool,
    /// The element as it stands in the attribute.
    #[serde(skip)]
    pub text: String,
}

/// What a link points to.
#[derive(Clone, Copy, Debug)]
pub enum LinkTarget<'a> {
    /// A GPO of this forest.
    Gpo(&'a Gpo),
    /// Its domain was read and has no such GPO.
    NotFound,
    /// Its domain belongs to the forest, but its GPOs could not be read.
    DomainNotRead,
    /// Its domain does not belong to the forest.
    OtherForest,
    /// The element of the attribute is damaged.
    Damaged,
}

impl LinkTarget<'_> {
    /// Returns the name shown for the link; `Not Found` where its GPO is gone.
    pub fn label(&self) -> &str {
        match self {
            LinkTarget::Gpo(gpo) if gpo.inaccessible => "Inaccessible",
            LinkTarget::Gpo(gpo) => &gpo.display_name,
            LinkTarget::NotFound => "Not Found",
            LinkTarget::DomainNotRead => "Domain not read",
            LinkTarget::OtherForest => "In another forest",
            LinkTarget::Damaged => "Damaged link",
        }
    }

    /// Returns the GPO, where there is one.
    pub fn gpo(&self) -> Option<&Gpo> {
        if let LinkTarget::Gpo(gpo) = self { Some(gpo) } else { None }
    }
}

/// A link seen from its GPO: one row of the Links list of the Scope tab.
#[derive(Clone, Copy, Debug)]
pub struct LinkedSom<'a> {
    /// The SOM that holds the link.
    pub som: &'a Som,
    /// Its domain and its position there; none for a site.
    pub place: Option<(&'a DomainSnapshot, SomIndex)>,
    /// The link.
    pub link: &'a GpoLink,
}

impl LinkedSom<'_> {
    /// Returns the Path column, the canonical name: `corp.example.com/Staff/Berlin`.
    pub fn path(&self) -> String {
        self.som.dn.canonical_name()
    }
}

/// A link that takes effect on a SOM, its own or inherited, as the Group Policy Inheritance tab lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InheritedLink {
    /// Precedence, counted from 1; 1 wins.
    pub precedence: usize,
    /// The SOM that holds the link.
    pub som: SomIndex,
    /// The link.
    pub link: GpoLink,
}
