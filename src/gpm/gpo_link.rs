//! A link from a scope of management to a GPO (IGPMGPOLink).

use serde::Serialize;

use crate::ident::{Dn, DnsName, Guid};

use super::SomIndex;

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
    /// Whether clients follow it.
    pub enabled: bool,
    /// Whether it passes blocked inheritance and wins over links below.
    pub enforced: bool,
    /// The element as it stands in the attribute.
    #[serde(skip)]
    pub text: String,
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
