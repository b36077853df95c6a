//! The search for GPOs of the console (`console-ui.md` 6.9): over one domain or several of a forest, with conditions on where
//! GPOs are linked, which Microsoft's interface does not know.

use serde::Serialize;

use crate::ident::DnsName;

use super::search_criteria::{GroupsByTrustee, InvalidCriterion, SearchCriteria, SearchKind};
use super::{DomainSnapshot, ForestSnapshot, Gpo, LinkScope, Task};

/// Where links to a GPO are looked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LinksIn {
    /// On a domain and its OUs.
    Domain(DnsName),
    /// On all sites.
    AllSites,
    /// Anywhere in the forest.
    Forest,
}

/// A condition on where a GPO is linked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct LinksCondition {
    place: LinksIn,
    exist: bool,
}

/// The GPOs that were found.
#[derive(Clone, Debug, Default)]
pub struct GposFound<'a> {
    /// The GPOs, domain by domain.
    pub gpos: Vec<&'a Gpo>,
    /// Whether the search was cancelled before its end: there may be more.
    pub is_partial: bool,
}

/// How many GPOs are looked at between two looks whether to go on.
const STEP: usize = 64;

impl LinksIn {
    fn scope(&self) -> LinkScope<'_> {
        match self {
            LinksIn::Domain(domain) => LinkScope::Domain(domain),
            LinksIn::AllSites => LinkScope::AllSites,
            LinksIn::Forest => LinkScope::EntireForest,
        }
    }
}

impl SearchCriteria {
    /// Adds the condition that links to the GPO exist, or do not exist, in a place. Links that are disabled are links too.
    pub fn add_links(&mut self, place: LinksIn, exist: bool) {
        self.links.push(LinksCondition { place, exist });
    }

    /// Returns the GPOs of the wanted domains of a forest that meet all conditions. Tells its progress, and ends where the task
    /// is cancelled, with what was found so far.
    ///
    /// # Errors
    /// Fails where a condition has no meaning for GPOs (E_INVALIDARG).
    pub fn search_forest<'a>(
        &self,
        forest: &'a ForestSnapshot,
        is_wanted: impl Fn(&DomainSnapshot) -> bool,
        groups: &GroupsByTrustee,
        task: &Task,
    ) -> Result<GposFound<'a>, InvalidCriterion> {
        self.check_properties(SearchKind::Gpos)?;
        let domains: Vec<&DomainSnapshot> = forest.domains.iter().filter(|domain| is_wanted(domain)).collect();
        let total: usize = domains.iter().map(|domain| domain.gpos.len()).sum();
        let gpos = domains.into_iter().flat_map(|domain| &domain.gpos);
        let mut found = GposFound::default();
        for (place, gpo) in gpos.enumerate() {
            if place.is_multiple_of(STEP) {
                task.progress(place as u64, total as u64);
                if task.is_cancelled() {
                    found.is_partial = true;
                    return Ok(found);
                }
            }
            if self.links.iter().all(|links| links.holds(forest, gpo)) && self.holds_for_gpo(gpo, groups) {
                found.gpos.push(gpo);
            }
        }
        task.progress(total as u64, total as u64);
        Ok(found)
    }
}

impl LinksCondition {
    fn holds(&self, forest: &ForestSnapshot, gpo: &Gpo) -> bool {
        self.exist != forest.links_to(&gpo.dn, self.place.scope()).is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::super::fake_store::FakeForest;
    use super::super::{Forest, LoadOptions, SearchOperation, SearchProperty, SearchValue};
    use super::*;

    /// Three GPOs: one linked on the domain and on a site, one on an OU of the other domain, one nowhere.
    async fn forest() -> std::sync::Arc<ForestSnapshot> {
        let gpo = |number: u8, name: &str| {
            format!(
                "dn: CN={{A0000000-0000-0000-0000-00000000000{number}}},CN=Policies,CN=System,DC=corp,DC=x
                objectClass: groupPolicyContainer
                displayName: {name}\n"
            )
        };
        let link = |number: u8| {
            format!("[LDAP://CN={{A0000000-0000-0000-0000-00000000000{number}}},CN=Policies,CN=System,DC=corp,DC=x;0]")
        };
        let text = format!(
            "dn: DC=corp,DC=x
            objectClass: domainDNS
            gPLink: {}
            dn: CN=Policies,CN=System,DC=corp,DC=x
            {}{}{}dn: DC=sub,DC=corp,DC=x
            objectClass: domainDNS
            dn: OU=Staff,DC=sub,DC=corp,DC=x
            objectClass: organizationalUnit
            gPLink: {}
            dn: CN=Configuration,DC=corp,DC=x
            dn: CN=Sites,CN=Configuration,DC=corp,DC=x
            dn: CN=Berlin,CN=Sites,CN=Configuration,DC=corp,DC=x
            objectClass: site
            gPLink: {}
            dn: CN=Partitions,CN=Configuration,DC=corp,DC=x
            dn: CN=CORP,CN=Partitions,CN=Configuration,DC=corp,DC=x
            objectClass: crossRef
            nCName: DC=corp,DC=x
            dnsRoot: corp.x
            nETBIOSName: CORP
            systemFlags: 3
            dn: CN=SUB,CN=Partitions,CN=Configuration,DC=corp,DC=x
            objectClass: crossRef
            nCName: DC=sub,DC=corp,DC=x
            dnsRoot: sub.corp.x
            nETBIOSName: SUB
            systemFlags: 3",
            link(1),
            gpo(1, "Baseline"),
            gpo(2, "Staff"),
            gpo(3, "Idle"),
            link(2),
            link(1),
        );
        let (store, _) = FakeForest::new(&text).store();
        Forest::load(store, &LoadOptions::default(), &Task::default()).await.unwrap()
    }

    async fn check(conditions: &[(LinksIn, bool)], expected: &[&str]) {
        let forest = forest().await;
        let mut criteria = SearchCriteria::new();
        conditions.iter().for_each(|(place, exist)| criteria.add_links(place.clone(), *exist));
        let found = criteria.search_forest(&forest, |_| true, &GroupsByTrustee::new(), &Task::default()).unwrap();
        let names: Vec<&str> = found.gpos.iter().map(|gpo| gpo.display_name.as_str()).collect();
        assert_eq!(names, expected, "{conditions:?}");
    }

    #[tokio::test]
    async fn gpos_are_found_by_where_they_are_linked() {
        let (corp, sub): (DnsName, DnsName) = ("corp.x".parse().unwrap(), "sub.corp.x".parse().unwrap());
        check(&[], &["Baseline", "Idle", "Staff"]).await;
        check(&[(LinksIn::Domain(corp.clone()), true)], &["Baseline"]).await;
        check(&[(LinksIn::Domain(sub), true)], &["Staff"]).await;
        check(&[(LinksIn::AllSites, true)], &["Baseline"]).await;
        check(&[(LinksIn::AllSites, false)], &["Idle", "Staff"]).await;
        check(&[(LinksIn::Forest, false)], &["Idle"]).await;
        check(&[(LinksIn::Forest, true), (LinksIn::Domain(corp), false)], &["Staff"]).await;
    }

    #[tokio::test]
    async fn a_search_that_is_stopped_keeps_what_it_found_and_conditions_must_have_a_meaning() {
        let forest = forest().await;
        let task = Task::default();
        task.cancel();
        let groups = GroupsByTrustee::new();
        let found = SearchCriteria::new().search_forest(&forest, |_| true, &groups, &task).unwrap();
        assert!(found.is_partial && found.gpos.is_empty());
        let mut criteria = SearchCriteria::new();
        criteria.add_links(LinksIn::Forest, true);
        assert!(matches!(criteria.search_soms(&forest.domains[0]), Err(InvalidCriterion::Links)));
        let (property, value) = (SearchProperty::BackupMostRecent, SearchValue::Bool(true));
        criteria.add(property, SearchOperation::Equals, value).unwrap();
        let outcome = criteria.search_forest(&forest, |_| true, &groups, &Task::default());
        assert!(matches!(outcome, Err(InvalidCriterion::Search { .. })));
    }
}
