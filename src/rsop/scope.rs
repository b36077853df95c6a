//! Which links reach an object: the chain of SOMs it lies in, and their links in order ([MS-GPOL] 3.2.5.1.3–5, `operations.md` 7.1).

use crate::gpm::{DomainSnapshot, ForestSnapshot, ScopedLink, Som, SomIndex, links_in_order};
use crate::ident::Dn;

use super::plan::som_order;
use super::{PlannedSom, SomReason};

/// The SOMs whose links are searched for one object.
#[derive(Clone, Debug)]
pub(super) struct Scope<'a> {
    /// They, nearest first: OUs upward, the domain, the site.
    pub soms: Vec<&'a Som>,
    /// Why the search fails, in words. A client gives up the whole side then.
    pub failures: Vec<String>,
    /// What is not as it should be, in words.
    pub warnings: Vec<String>,
}

impl<'a> Scope<'a> {
    /// Finds the chain of an object or container: of its OUs and its domain. Containers that are no OUs carry no links, and domains above its own
    /// are never reached. The site is the computer's, for both sides.
    pub fn of(forest: &'a ForestSnapshot, place: &Dn, site: Option<&str>) -> Self {
        let mut scope = Scope { soms: Vec::new(), failures: Vec::new(), warnings: Vec::new() };
        let name = place.domain();
        match name.as_ref().and_then(|name| forest.domain(name)) {
            Some(domain) => scope.add_chain(domain, place),
            None => scope.failures.push(match name {
                Some(name) => format!("The domain {name} is not part of this forest."),
                None => format!("`{place}` lies in no domain."),
            }),
        }
        match site.map(|name| (name, forest.site(name))) {
            None => scope.warnings.push("No site is known, so links of sites are left out.".to_owned()),
            Some((_, Some(site))) => scope.soms.push(site),
            Some((name, None)) => scope.failures.push(format!("There is no site `{name}`.")),
        }
        scope
    }

    fn add_chain(&mut self, domain: &'a DomainSnapshot, place: &Dn) {
        let mut at = place.clone();
        let nearest = loop {
            if let Some(index) = domain.som_index(&at) {
                break Some(index);
            }
            if is_unit(&at) {
                self.warnings.push(format!("There is no OU `{at}`; what is above it counts."));
            }
            match at.parent() {
                Some(above) => at = above,
                None => break None,
            }
        };
        match nearest {
            Some(index) => {
                let soms = |SomIndex(index): SomIndex| &domain.soms[index];
                self.soms.extend(domain.som_and_ancestors(index).map(soms));
            }
            None => self.failures.push(format!("The OUs of {} could not be read.", domain.name)),
        }
    }

    /// Returns the links in the order in which they are applied, with those that do not reach the object.
    pub fn links(&self) -> Vec<ScopedLink<'a>> {
        links_in_order(&self.soms)
    }

    /// Returns the SOMs in the order of application.
    pub fn planned(&self, reason: SomReason) -> impl Iterator<Item = PlannedSom> {
        let blocking = self.soms.iter().position(|som| som.inheritance_blocked);
        let planned = move |(position, som): (usize, &&Som)| PlannedSom {
            dn: som.dn.clone(),
            kind: som.kind,
            path: som.dn.canonical_name(),
            order: som_order(som),
            blocks_inheritance: som.inheritance_blocked,
            blocked: blocking.is_some_and(|by| by < position),
            reason,
        };
        self.soms.iter().enumerate().rev().map(planned)
    }
}

fn is_unit(dn: &Dn) -> bool {
    dn.rdn().get(..3).is_some_and(|attribute| attribute.eq_ignore_ascii_case("OU="))
}
