//! What is selected in the scope tree: an identity that survives a refresh.
//!
//! A node holds names and ids only, never positions in a snapshot, so that it still means the same thing after the forest
//! was read anew. The kinds and their order are those of `console-ui.md` part 2.

use serde::{Deserialize, Serialize};

use crate::ident::{Dn, DnsName, Guid};

/// Number of an added forest: given once per run, the same before and after a refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ForestId(pub u32);

/// Number of a report or a folder of backups opened from disk: given once per run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// A node of the scope tree.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Node {
    /// The root above all forests.
    Root,
    /// A place in a forest.
    In(ForestId, Place),
    /// The container of reports and backups opened from disk.
    Files,
    /// A report or a folder of backups opened from disk.
    File(FileId),
    /// A backup of such a folder, or a report of a file with several, counted from 0.
    InFile(FileId, usize),
    /// What stands below a node whose contents are not there: they are being read, or could not be read.
    Pending(Box<Node>),
}

/// A node of one forest.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Place {
    /// The forest itself.
    Forest,
    /// The container of all domains.
    Domains,
    /// A domain.
    Domain(DnsName),
    /// An organizational unit.
    Ou(Dn),
    /// A link.
    Link {
        /// The site, domain or OU that holds it.
        som: Dn,
        /// Its link order, counted from 1.
        order: usize,
    },
    /// The container of all GPOs of a domain.
    Gpos(DnsName),
    /// A GPO.
    Gpo {
        /// The domain it lives in.
        domain: DnsName,
        /// Its id.
        id: Guid,
    },
    /// The container of all WMI filters of a domain.
    WmiFilters(DnsName),
    /// A WMI filter.
    WmiFilter {
        /// The domain it lives in.
        domain: DnsName,
        /// Its id.
        id: Guid,
    },
    /// The container of all starter GPOs of a domain.
    StarterGpos(DnsName),
    /// A starter GPO.
    StarterGpo {
        /// The domain it lives in.
        domain: DnsName,
        /// Its id.
        id: Guid,
    },
    /// The container of all sites.
    Sites,
    /// A site.
    Site(Dn),
    /// The container of what was simulated.
    Modeling,
    /// A stored query of Group Policy Modeling.
    ModelingResult(Guid),
    /// The container of what clients logged.
    Results,
    /// A stored query of Group Policy Results.
    ResultsItem(Guid),
}

impl Node {
    /// Returns the forest it lies in; none for the root and for what was opened from disk.
    pub fn forest(&self) -> Option<ForestId> {
        match self {
            Node::In(forest, _) => Some(*forest),
            Node::Pending(of) => of.forest(),
            Node::Root | Node::Files | Node::File(_) | Node::InFile(..) => None,
        }
    }

    /// Returns the place in its forest; none outside of one.
    pub fn place(&self) -> Option<&Place> {
        match self {
            Node::In(_, place) => Some(place),
            Node::Root | Node::Files | Node::File(_) | Node::InFile(..) | Node::Pending(_) => None,
        }
    }

    /// Returns the file it lies in, or is; none for what is not of a file.
    pub fn file(&self) -> Option<FileId> {
        match self {
            Node::File(file) | Node::InFile(file, _) => Some(*file),
            Node::Root | Node::In(..) | Node::Files | Node::Pending(_) => None,
        }
    }

    /// Returns the node above, as the tree draws it; none for the root.
    pub fn parent(&self) -> Option<Node> {
        Some(match self {
            Node::Root => return None,
            Node::In(forest, place) => place.parent().map_or(Node::Root, |parent| Node::In(*forest, parent)),
            Node::Files => Node::Root,
            Node::File(_) => Node::Files,
            Node::InFile(file, _) => Node::File(*file),
            Node::Pending(of) => (**of).clone(),
        })
    }
}

impl Place {
    /// Returns the place above within the forest; none for the forest itself.
    pub fn parent(&self) -> Option<Place> {
        Some(match self {
            Place::Forest => return None,
            Place::Domains | Place::Sites | Place::Modeling | Place::Results => Place::Forest,
            Place::Domain(_) => Place::Domains,
            Place::Ou(dn) => Place::of_som(&dn.parent()?),
            Place::Link { som, .. } => Place::of_som(som),
            Place::Gpos(domain) | Place::WmiFilters(domain) | Place::StarterGpos(domain) => {
                Place::Domain(domain.clone())
            }
            Place::Gpo { domain, .. } => Place::Gpos(domain.clone()),
            Place::WmiFilter { domain, .. } => Place::WmiFilters(domain.clone()),
            Place::StarterGpo { domain, .. } => Place::StarterGpos(domain.clone()),
            Place::Site(_) => Place::Sites,
            Place::ModelingResult(_) => Place::Modeling,
            Place::ResultsItem(_) => Place::Results,
        })
    }

    /// Returns the place of the site, domain or OU with this DN, told apart by the DN alone.
    /// (Containers that are no OU do not stand in the tree: an OU below one is shown below the next OU or domain above.)
    pub fn of_som(dn: &Dn) -> Place {
        let mut dn = dn.clone();
        loop {
            let rdn = dn.rdn().to_ascii_lowercase();
            if rdn.starts_with("ou=") {
                return Place::Ou(dn);
            }
            let parent = dn.parent();
            let below_sites = parent.as_ref().is_some_and(|parent| parent.rdn().eq_ignore_ascii_case("CN=Sites"));
            if rdn.starts_with("cn=") && below_sites {
                return Place::Site(dn);
            }
            if rdn.starts_with("dc=") {
                return dn.domain().map_or(Place::Domains, Place::Domain);
            }
            match parent {
                Some(parent) if !parent.is_empty() => dn = parent,
                _ => return Place::Forest,
            }
        }
    }

    /// Returns the domain it belongs to; none for the forest, its sites and the containers of both.
    pub fn domain(&self) -> Option<DnsName> {
        match self {
            Place::Forest
            | Place::Domains
            | Place::Sites
            | Place::Site(_)
            | Place::Modeling
            | Place::ModelingResult(_)
            | Place::Results
            | Place::ResultsItem(_) => None,
            Place::Ou(dn) => dn.domain(),
            Place::Link { som, .. } => match Place::of_som(som) {
                Place::Site(_) => None,
                _ => som.domain(),
            },
            Place::Domain(domain)
            | Place::Gpos(domain)
            | Place::WmiFilters(domain)
            | Place::StarterGpos(domain)
            | Place::Gpo { domain, .. }
            | Place::WmiFilter { domain, .. }
            | Place::StarterGpo { domain, .. } => Some(domain.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dn(text: &str) -> Dn {
        text.parse().unwrap()
    }

    #[test]
    fn a_som_is_known_by_its_dn() {
        let check = |text: &str, expected: Place| assert_eq!(Place::of_som(&dn(text)), expected, "{text}");
        check("OU=Staff,DC=corp,DC=test", Place::Ou(dn("OU=Staff,DC=corp,DC=test")));
        check("DC=corp,DC=test", Place::Domain("corp.test".parse().unwrap()));
        let site = "CN=Berlin,CN=Sites,CN=Configuration,DC=corp,DC=test";
        check(site, Place::Site(dn(site)));
        check("CN=Box,OU=Staff,DC=corp,DC=test", Place::Ou(dn("OU=Staff,DC=corp,DC=test")));
    }

    #[test]
    fn every_place_leads_up_to_the_root() {
        let forest = ForestId(3);
        let link = Place::Link { som: dn("OU=Berlin,OU=Staff,DC=corp,DC=test"), order: 2 };
        let mut node = Node::In(forest, link);
        let mut steps = Vec::new();
        while let Some(parent) = node.parent() {
            steps.push(parent.clone());
            node = parent;
        }
        let corp: DnsName = "corp.test".parse().unwrap();
        assert_eq!(
            steps,
            [
                Node::In(forest, Place::Ou(dn("OU=Berlin,OU=Staff,DC=corp,DC=test"))),
                Node::In(forest, Place::Ou(dn("OU=Staff,DC=corp,DC=test"))),
                Node::In(forest, Place::Domain(corp)),
                Node::In(forest, Place::Domains),
                Node::In(forest, Place::Forest),
                Node::Root,
            ]
        );
    }
}
