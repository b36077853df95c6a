//! A scope of management: a site, domain or OU with its links (IGPMSOM).

use std::collections::HashMap;

use serde::Serialize;

use crate::ident::{Dn, GpLink};

use super::GpoLink;
use super::decode::Decoder;

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

impl Som {
    /// Gives the SOM other links, as it would have them after its attribute was written.
    pub(crate) fn set_gp_link(&mut self, gp_link: GpLink) {
        // Every SOM lies in a domain, or in the configuration of one. What is damaged in its links was told when they were read.
        if let Some(domain) = self.dn.domain() {
            self.links = Decoder::new(domain).links(&self.dn, &gp_link);
        }
        self.gp_link = Some(gp_link);
    }
}

/// Puts a domain and its OUs in tree order: each OU after its parent, siblings by name. An OU whose parent is no SOM
/// or cannot be seen hangs below the nearest SOM above it.
pub(super) fn sort_tree(root: Som, units: Vec<Som>) -> Vec<Som> {
    let mut read: Vec<Som> = std::iter::once(root).chain(units).collect();
    let positions: HashMap<&str, usize> = (0..).zip(&read).map(|(index, som)| (som.dn.folded(), index)).collect();
    let parents: Vec<usize> = read
        .iter()
        .map(|som| som.dn.folded_ancestors().find_map(|above| positions.get(above)).map_or(0, |&at| at))
        .collect();
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); read.len()];
    for (index, &parent) in parents.iter().enumerate().skip(1) {
        children[parent].push(index);
    }
    for list in &mut children {
        list.sort_by_cached_key(|&index| read[index].name.to_lowercase());
    }
    let mut order = Vec::with_capacity(read.len());
    let mut new_positions = vec![0; read.len()];
    let mut waiting = vec![0];
    while let Some(index) = waiting.pop() {
        new_positions[index] = order.len();
        order.push(index);
        waiting.extend(children[index].iter().rev());
    }
    for &index in &order[1..] {
        let parent = parents[index];
        read[index].depth = read[parent].depth + 1;
        read[index].parent = Some(SomIndex(new_positions[parent]));
    }
    let mut slots: Vec<Option<Som>> = read.into_iter().map(Some).collect();
    order.into_iter().filter_map(|index| slots[index].take()).collect()
}
