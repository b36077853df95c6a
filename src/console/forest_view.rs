//! What of a forest is shown, and how far the tree was open when the console was closed: remembered between runs
//! (`console-ui.md` parts 1 and 2.1). Names only, so that it still means the same when the forest was read anew.

use serde::{Deserialize, Serialize};

use super::{ForestEntry, ForestId, Node, Place};
use crate::ident::{Dn, DnsName};

/// What of a forest is shown. Domains are shown until they are hidden, sites are hidden until they are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct ForestView {
    /// Domains that are not shown.
    pub hidden_domains: Vec<DnsName>,
    /// Sites that are shown.
    pub shown_sites: Vec<Dn>,
    /// Whether the domain controller in use stands behind the name of each domain.
    #[serde(skip)]
    pub controllers_named: bool,
}

impl ForestView {
    /// Tells whether a domain is shown.
    pub fn shows_domain(&self, domain: &DnsName) -> bool {
        !self.hidden_domains.contains(domain)
    }

    /// Tells whether a site is shown.
    pub fn shows_site(&self, site: &Dn) -> bool {
        self.shown_sites.contains(site)
    }

    /// Tells whether a place is shown, as far as domains and sites go.
    pub fn shows(&self, place: &Place) -> bool {
        let site = match place {
            Place::Site(site) => Some(site.clone()),
            Place::Link { som, .. } => match Place::of_som(som) {
                Place::Site(site) => Some(site),
                _ => None,
            },
            _ => None,
        };
        site.is_none_or(|site| self.shows_site(&site)) && place.domain().is_none_or(|name| self.shows_domain(&name))
    }

    /// Shows the domain or site that a place lies in.
    pub fn show(&mut self, place: &Place) {
        if let Some(domain) = place.domain() {
            self.hidden_domains.retain(|hidden| *hidden != domain);
        }
        let site = match place {
            Place::Site(site) => site.clone(),
            Place::Link { som, .. } => match Place::of_som(som) {
                Place::Site(site) => site,
                _ => return,
            },
            _ => return,
        };
        if !self.shows_site(&site) {
            self.shown_sites.push(site);
        }
    }
}

/// A node, by what its forest was opened as.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeMemory {
    /// What the forest was opened as.
    target: String,
    /// The place in it.
    place: Place,
}

impl NodeMemory {
    /// Returns what is remembered of a node; none for one of no forest.
    pub fn of(node: &Node, forests: &[ForestEntry]) -> Option<NodeMemory> {
        let entry = forests.iter().find(|entry| Some(entry.id) == node.forest())?;
        Some(NodeMemory { target: entry.target.to_string(), place: node.place()?.clone() })
    }

    /// Tells whether it lies in the forest that was opened as `target`.
    pub fn is_of(&self, target: &str) -> bool {
        self.target == target
    }

    /// Returns the node, if it lies in the forest that was opened as `target`.
    pub fn node(&self, id: ForestId, target: &str) -> Option<Node> {
        self.is_of(target).then(|| Node::In(id, self.place.clone()))
    }
}

/// How the console looked when it was closed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ViewMemory {
    /// The forests in the view, as they were opened.
    pub targets: Vec<String>,
    /// The nodes that were open.
    pub open: Vec<NodeMemory>,
    /// The node selected; none where that was none of a forest.
    pub selected: Option<NodeMemory>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_are_shown_until_hidden_and_sites_hidden_until_shown() {
        let corp: DnsName = "corp.test".parse().unwrap();
        let site: Dn = "CN=Berlin,CN=Sites,CN=Configuration,DC=corp,DC=test".parse().unwrap();
        let link = Place::Link { som: site.clone(), order: 1 };
        let mut view = ForestView::default();
        let check =
            |view: &ForestView, place: &Place, expected: bool| assert_eq!(view.shows(place), expected, "{place:?}");
        check(&view, &Place::Gpos(corp.clone()), true);
        check(&view, &link, false);
        view.hidden_domains.push(corp.clone());
        check(&view, &Place::Gpos(corp.clone()), false);
        view.show(&Place::Gpos(corp.clone()));
        view.show(&link);
        check(&view, &Place::Domain(corp), true);
        check(&view, &Place::Site(site), true);
    }

    #[test]
    fn a_place_is_remembered_as_text() {
        let places = [
            Place::Sites,
            Place::Link { som: "OU=Staff,DC=corp,DC=test".parse().unwrap(), order: 2 },
            Place::Gpo { domain: "corp.test".parse().unwrap(), id: crate::ident::Guid::from_u128(7) },
        ];
        for place in places {
            let memory = NodeMemory { target: "corp.test".to_owned(), place: place.clone() };
            let text = serde_json::to_string(&memory).unwrap();
            let read: NodeMemory = serde_json::from_str(&text).unwrap();
            assert_eq!(read.node(ForestId(3), "corp.test"), Some(Node::In(ForestId(3), place)), "{text}");
            assert_eq!(read.node(ForestId(3), "demo"), None);
        }
    }
}
