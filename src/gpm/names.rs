//! Names of trustees, found in bulk: many SIDs with a few searches, each SID at most once.
//!
//! Well-known SIDs need no search. Those of the forest's domains are asked of their domain, the others of all domains,
//! which know foreign principals they have met as `foreignSecurityPrincipal`, and the domains they trust by their SIDs.
//! The name of a foreign principal is known in its own forest only; its SID is shown, as is one that nobody knows.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures::future::join_all;

use crate::ident::{Dn, DnsName, Sid};
use crate::store::{Entry, Filter, ForestStore, Scope, SearchRequest, StoreError};

use super::{ForestSnapshot, GroupScope, Problem, Trustee, TrusteeKind};

/// The names known so far of one forest.
pub struct Names {
    pub(super) domains: Vec<KnownDomain>,
    known: Mutex<HashMap<Sid, Trustee>>,
    /// The SIDs of the domains that those of the forest trust, once they were asked for.
    trusted: Mutex<Option<HashSet<Sid>>>,
}

/// What a look-up of many SIDs brought.
#[derive(Clone, Debug, Default)]
pub struct NamesFound {
    /// A trustee for every SID asked for; those that nobody knows have no name.
    pub trustees: HashMap<Sid, Trustee>,
    /// Domains that could not be asked.
    pub problems: Vec<Problem>,
}

/// A name does not lead to one trustee.
#[derive(Debug, Clone, thiserror::Error)]
pub enum FindTrusteeError {
    /// Nobody has that name.
    #[error("no user, group or computer `{0}` was found")]
    NotFound(String),
    /// Several have it.
    #[error("`{text}` may be any of: {}", .candidates.join(", "))]
    Ambiguous {
        /// What was looked for.
        text: String,
        /// Their names.
        candidates: Vec<String>,
    },
    /// The part before the backslash is no domain of the forest.
    #[error("`{0}` is not a domain of this forest; of principals outside it, give the SID")]
    UnknownDomain(String),
    /// A domain could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub(super) struct KnownDomain {
    pub(super) name: DnsName,
    pub(super) netbios_name: String,
    sid: Option<Sid>,
}

/// How many SIDs or names go into one search.
const BATCH: usize = 200;
const ATTRIBUTES: [&str; 5] = ["objectSid", "sAMAccountName", "objectClass", "groupType", "primaryGroupID"];

impl Names {
    /// Returns the names of a forest, with nothing looked up yet.
    pub fn new(forest: &ForestSnapshot) -> Self {
        let domains = forest.domains.iter().map(|domain| KnownDomain {
            name: domain.name.clone(),
            netbios_name: domain.netbios_name.clone(),
            sid: domain.sid.clone(),
        });
        Names::with(domains.collect())
    }

    /// Returns the names of a forest of which only its domains are known, each by DNS name, NetBIOS name and SID.
    /// A domain without SID is asked for every SID that belongs to none of the others.
    pub fn of_domains(domains: impl IntoIterator<Item = (DnsName, String, Option<Sid>)>) -> Self {
        let domains = domains.into_iter();
        let domains = domains.map(|(name, netbios_name, sid)| KnownDomain { name, netbios_name, sid });
        Names::with(domains.collect())
    }

    /// Returns the trustee of a SID from what is known already; without a name where nothing is.
    pub fn get(&self, sid: &Sid) -> Trustee {
        self.lock().get(sid).cloned().unwrap_or_else(|| Trustee::unresolved(sid.clone()))
    }

    /// Finds the trustees of these SIDs, with about one search per domain and 200 SIDs for those not known yet.
    /// A domain that does not answer leaves its SIDs without names; they are asked for again next time.
    pub async fn resolve(&self, store: &dyn ForestStore, sids: &[Sid]) -> NamesFound {
        let wanted: BTreeSet<&Sid> = sids.iter().collect();
        let unknown: Vec<&Sid> = {
            let known = self.lock();
            let needs_search = |sid: &&Sid| !known.contains_key(*sid) && sid.well_known_name().is_none();
            wanted.iter().copied().filter(needs_search).collect()
        };
        let mut found = NamesFound::default();
        let searches = self.domains.iter().map(|domain| {
            let asked: Vec<Filter> = unknown
                .iter()
                .filter(|sid| self.may_know(domain, sid))
                .map(|sid| Filter::Equals("objectSid".to_owned(), sid.to_bytes()))
                .collect();
            async move { (domain, search_any(store, &domain.name, asked, &ATTRIBUTES).await) }
        });
        let mut unanswered = false;
        for (domain, outcome) in join_all(searches).await {
            match outcome {
                Ok(entries) => {
                    let mut known = self.lock();
                    for trustee in entries.iter().filter_map(|entry| domain.trustee(entry)) {
                        let is_better = known.get(&trustee.sid).is_none_or(|old| old.name.is_none());
                        if is_better {
                            known.insert(trustee.sid.clone(), trustee);
                        }
                    }
                }
                Err(error) => {
                    unanswered = true;
                    let message = format!("names could not be looked up: {error}");
                    found.problems.push(Problem { object: domain.name.to_string(), message });
                }
            }
        }
        let strangers: Vec<&Sid> = {
            let known = self.lock();
            unknown.into_iter().filter(|sid| !known.contains_key(*sid) && self.is_stranger(sid)).collect()
        };
        let trusted = if strangers.is_empty() { HashSet::new() } else { self.trusted_domains(store).await };
        let mut known = self.lock();
        for sid in wanted {
            let mut trustee = known.get(sid).cloned().unwrap_or_else(|| Trustee::unresolved(sid.clone()));
            if strangers.contains(&sid) && sid.parent().is_some_and(|domain| trusted.contains(&domain)) {
                trustee.kind = TrusteeKind::Foreign;
            }
            if !unanswered {
                known.insert(sid.clone(), trustee.clone());
            }
            found.trustees.insert(sid.clone(), trustee);
        }
        found
    }

    /// Finds the trustee that a person names: a SID, a DN, `DOMAIN\name`, `name@domain`, or a plain name, which is looked for
    /// among the well-known ones, then in `home`, then in the other domains.
    pub async fn find(&self, store: &dyn ForestStore, text: &str, home: &DnsName) -> Result<Trustee, FindTrusteeError> {
        let text = text.trim();
        if let Ok(sid) = text.parse::<Sid>() {
            let found = self.resolve(store, std::slice::from_ref(&sid)).await;
            return Ok(found.trustees.into_values().next().unwrap_or_else(|| Trustee::unresolved(sid)));
        }
        if let Some(sid) = Sid::of_well_known_name(text) {
            return Ok(Trustee::unresolved(sid));
        }
        if let Some(found) = self.find_by_dn(store, text).await? {
            return Ok(found);
        }
        if let Some((domain, account)) = text.split_once('\\') {
            let known = self.domains.iter().find(|known| known.is_called(domain));
            let known = known.ok_or_else(|| FindTrusteeError::UnknownDomain(domain.to_owned()))?;
            return self.find_account(store, text, account, &[known]).await;
        }
        if let Some((account, suffix)) = text.split_once('@') {
            let by_principal_name =
                self.find_where(store, self.all(), &Filter::equals("userPrincipalName", text)).await?;
            if !by_principal_name.is_empty() {
                return single(text, by_principal_name);
            }
            let named = |known: &&KnownDomain| known.name.as_str().eq_ignore_ascii_case(suffix);
            let known = self.domains.iter().find(named);
            let known = known.ok_or_else(|| FindTrusteeError::NotFound(text.to_owned()))?;
            return self.find_account(store, text, account, &[known]).await;
        }
        let (at_home, elsewhere): (Vec<_>, Vec<_>) = self.domains.iter().partition(|known| known.name == *home);
        match self.find_account(store, text, text, &at_home).await {
            Err(FindTrusteeError::NotFound(_)) => self.find_account(store, text, text, &elsewhere).await,
            other => other,
        }
    }

    /// Returns the SIDs of all groups a trustee belongs to, through other groups and across domains, with the groups everybody
    /// belongs to; not the trustee itself. A few searches per level of nesting.
    pub async fn groups_of(&self, store: &dyn ForestStore, sid: &Sid) -> Result<HashSet<Sid>, StoreError> {
        let everybody = [Sid::authenticated_users(), Sid::everyone()];
        let mut groups: HashSet<Sid> = everybody.iter().cloned().collect();
        let by_sid = |sid: &Sid| Filter::Equals("objectSid".to_owned(), sid.to_bytes());
        let start: Vec<Filter> = everybody.iter().chain([sid]).map(by_sid).collect();
        let mut level = self.search_all(store, &start).await?;
        let mut seen: HashSet<Dn> = level.iter().map(|entry| entry.dn.clone()).collect();
        let primary = level.iter().filter(|entry| sid_of(entry).as_ref() == Some(sid)).find_map(|entry| {
            let rid = entry.text("primaryGroupID")?.trim().parse().ok()?;
            sid.parent()?.child(rid)
        });
        if let Some(primary) = primary {
            level.extend(self.search_all(store, &[by_sid(&primary)]).await?);
            groups.insert(primary);
        }
        while !level.is_empty() {
            let members: Vec<Filter> = level.iter().map(|entry| Filter::equals("member", entry.dn.as_str())).collect();
            level = self.search_all(store, &members).await?;
            level.retain(|entry| seen.insert(entry.dn.clone()));
            groups.extend(level.iter().filter_map(sid_of));
        }
        groups.remove(sid);
        Ok(groups)
    }

    fn with(domains: Vec<KnownDomain>) -> Self {
        Names { domains, known: Mutex::default(), trusted: Mutex::default() }
    }

    /// Finds the principal of this account name in one domain alone.
    ///
    /// # Errors
    /// Fails where the domain is none of the forest, does not answer, or has no such principal.
    pub async fn find_in(
        &self,
        store: &dyn ForestStore,
        account: &str,
        domain: &DnsName,
    ) -> Result<Trustee, FindTrusteeError> {
        let known = self.domains.iter().find(|known| known.name == *domain);
        let known = known.ok_or_else(|| FindTrusteeError::UnknownDomain(domain.to_string()))?;
        self.find_account(store, account, account, &[known]).await
    }

    /// Returns the domain of the forest that a trustee belongs to.
    pub fn domain_of(&self, trustee: &Trustee) -> Option<&DnsName> {
        let owner = trustee.sid.parent().filter(|_| trustee.sid.is_domain_principal());
        let by_sid = self.domains.iter().find(|known| known.sid.is_some() && known.sid == owner);
        let by_dn = || {
            let name = trustee.dn.as_ref()?.domain()?;
            self.domains.iter().find(|known| known.name == name)
        };
        by_sid.or_else(by_dn).map(|known| &known.name)
    }

    /// Returns the SID of a domain, where it is known.
    pub fn domain_sid(&self, domain: &DnsName) -> Option<&Sid> {
        self.domains.iter().find(|known| known.name == *domain)?.sid.as_ref()
    }

    fn all(&self) -> Vec<&KnownDomain> {
        self.domains.iter().collect()
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, HashMap<Sid, Trustee>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells whether a SID is that of a principal of no domain of the forest.
    fn is_stranger(&self, sid: &Sid) -> bool {
        sid.is_domain_principal() && self.domains.iter().all(|known| known.sid != sid.parent())
    }

    /// Returns the SIDs of the domains trusted, as far as the domains that answer know them; asked for once.
    async fn trusted_domains(&self, store: &dyn ForestStore) -> HashSet<Sid> {
        if let Some(trusted) = &*self.trusted.lock().unwrap_or_else(PoisonError::into_inner) {
            return trusted.clone();
        }
        const TRUST: [&str; 1] = ["securityIdentifier"];
        let filter = || vec![Filter::class("trustedDomain")];
        let searches = self.domains.iter().map(|domain| search_any(store, &domain.name, filter(), &TRUST));
        let outcomes = join_all(searches).await;
        let is_complete = outcomes.iter().all(Result::is_ok);
        let entries = outcomes.into_iter().flatten().flatten();
        let trusted: HashSet<Sid> = entries.filter_map(|entry| Sid::from_bytes(entry.bytes(TRUST[0])?).ok()).collect();
        if is_complete {
            *self.trusted.lock().unwrap_or_else(PoisonError::into_inner) = Some(trusted.clone());
        }
        trusted
    }

    /// Tells whether a domain must be asked for a SID: its own, and those that belong to no domain known by its SID.
    fn may_know(&self, domain: &KnownDomain, sid: &Sid) -> bool {
        let parent = sid.parent();
        let owner = self.domains.iter().find(|known| known.sid.is_some() && known.sid == parent);
        owner.is_none_or(|owner| owner.name == domain.name)
    }

    async fn search_all(&self, store: &dyn ForestStore, any_of: &[Filter]) -> Result<Vec<Entry>, StoreError> {
        let searches = self.domains.iter().map(|domain| search_any(store, &domain.name, any_of.to_vec(), &ATTRIBUTES));
        let mut entries = Vec::new();
        for outcome in join_all(searches).await {
            entries.extend(outcome?);
        }
        Ok(entries)
    }

    pub(super) async fn find_by_dn(&self, store: &dyn ForestStore, text: &str) -> Result<Option<Trustee>, StoreError> {
        let Ok(dn) = text.parse::<Dn>() else { return Ok(None) };
        let Some(domain) = dn.domain().and_then(|name| self.domains.iter().find(|known| known.name == name)) else {
            return Ok(None);
        };
        let entry = store.domain_directory(&domain.name).await?.read(&dn, &ATTRIBUTES, None).await?;
        Ok(domain.trustee(&entry))
    }

    async fn find_account(
        &self,
        store: &dyn ForestStore,
        text: &str,
        account: &str,
        domains: &[&KnownDomain],
    ) -> Result<Trustee, FindTrusteeError> {
        let exact = self.find_where(store, domains.to_vec(), &Filter::equals("sAMAccountName", account)).await?;
        if !exact.is_empty() || account.ends_with('$') {
            return single(text, exact);
        }
        // A computer's account has a dollar sign that nobody types.
        let computer = Filter::equals("sAMAccountName", &format!("{account}$"));
        single(text, self.find_where(store, domains.to_vec(), &computer).await?)
    }

    async fn find_where(
        &self,
        store: &dyn ForestStore,
        domains: Vec<&KnownDomain>,
        filter: &Filter,
    ) -> Result<Vec<Trustee>, StoreError> {
        let searches = domains.iter().map(|domain| search_any(store, &domain.name, vec![filter.clone()], &ATTRIBUTES));
        let outcomes = join_all(searches).await;
        let mut found = Vec::new();
        for (domain, outcome) in domains.iter().zip(outcomes) {
            found.extend(outcome?.iter().filter_map(|entry| domain.trustee(entry)));
        }
        let mut known = self.lock();
        for trustee in &found {
            known.insert(trustee.sid.clone(), trustee.clone());
        }
        Ok(found)
    }
}

impl KnownDomain {
    /// Tells whether this is what stands before a backslash or behind an at-sign.
    pub(super) fn is_called(&self, name: &str) -> bool {
        self.netbios_name.eq_ignore_ascii_case(name) || self.name.as_str().eq_ignore_ascii_case(name)
    }

    pub(super) fn trustee(&self, entry: &Entry) -> Option<Trustee> {
        let sid = sid_of(entry)?;
        let kind = if entry.has_class("foreignSecurityPrincipal") {
            TrusteeKind::Foreign
        } else if sid.well_known_name().is_some() {
            TrusteeKind::WellKnown
        } else if entry.has_class("computer") {
            TrusteeKind::Computer
        } else if entry.has_class("group") {
            TrusteeKind::Group
        } else {
            TrusteeKind::User
        };
        let prefix = if self.netbios_name.is_empty() { self.name.as_str() } else { &self.netbios_name };
        let own_name = || entry.text("sAMAccountName").map(|account| format!("{prefix}\\{account}"));
        let name = sid.well_known_name().map(str::to_owned).or_else(own_name);
        let group_type = entry.text("groupType").and_then(|bits| bits.trim().parse().ok());
        let group_scope = group_type.and_then(GroupScope::from_group_type).filter(|_| kind == TrusteeKind::Group);
        Some(Trustee { sid, name, kind, dn: Some(entry.dn.clone()), group_scope })
    }
}

fn sid_of(entry: &Entry) -> Option<Sid> {
    Sid::from_bytes(entry.bytes("objectSid")?).ok()
}

fn single(text: &str, mut found: Vec<Trustee>) -> Result<Trustee, FindTrusteeError> {
    if found.len() > 1 {
        let candidates = found.iter().map(Trustee::label).collect();
        return Err(FindTrusteeError::Ambiguous { text: text.to_owned(), candidates });
    }
    found.pop().ok_or_else(|| FindTrusteeError::NotFound(text.to_owned()))
}

/// Searches a domain for the objects that fit any of the filters, many filters to a search.
async fn search_any(
    store: &dyn ForestStore,
    domain: &DnsName,
    filters: Vec<Filter>,
    attributes: &[&str],
) -> Result<Vec<Entry>, StoreError> {
    let mut entries = Vec::new();
    if filters.is_empty() {
        return Ok(entries);
    }
    let directory = store.domain_directory(domain).await?;
    for batch in filters.chunks(BATCH) {
        let request = SearchRequest {
            base: directory.root_dse().domain_dn.clone(),
            scope: Scope::Subtree,
            filter: if let [only] = batch { only.clone() } else { Filter::Or(batch.to_vec()) },
            attributes: attributes.iter().map(|&name| name.to_owned()).collect(),
            sd_parts: None,
        };
        entries.extend(directory.search(&request).await?);
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::super::fake_store::FakeForest;
    use super::*;
    use crate::format::EntryType;
    use crate::store::Attribute;

    const CORP: &str = "S-1-5-21-1-2-3";
    const SUB: &str = "S-1-5-21-4-5-6";

    fn sid(text: &str) -> Sid {
        text.parse().unwrap()
    }

    fn forest() -> FakeForest {
        let mut forest = FakeForest::new(
            r"dn: DC=corp,DC=x
            dn: DC=sub,DC=corp,DC=x
            dn: CN=Ann,DC=corp,DC=x
            objectClass: user
            sAMAccountName: ann
            userPrincipalName: ann@mail.x
            primaryGroupID: 513
            sid: S-1-5-21-1-2-3-1001
            dn: CN=Domain Users,DC=corp,DC=x
            objectClass: group
            sAMAccountName: Domain Users
            sid: S-1-5-21-1-2-3-513
            dn: CN=PC1,DC=sub,DC=corp,DC=x
            objectClass: user
            objectClass: computer
            sAMAccountName: PC1$
            sid: S-1-5-21-4-5-6-1001
            dn: CN=Domain Users,DC=sub,DC=corp,DC=x
            objectClass: group
            sAMAccountName: Domain Users
            sid: S-1-5-21-4-5-6-513
            dn: CN=Editors,DC=sub,DC=corp,DC=x
            objectClass: group
            sAMAccountName: Editors
            groupType: -2147483640
            member: CN=Ann,DC=corp,DC=x
            sid: S-1-5-21-4-5-6-1100
            dn: CN=Everything,DC=corp,DC=x
            objectClass: group
            sAMAccountName: Everything
            member: CN=Editors,DC=sub,DC=corp,DC=x
            member: CN=Domain Users,DC=corp,DC=x
            member: CN=Everything,DC=corp,DC=x
            sid: S-1-5-21-1-2-3-1100
            dn: CN=S-1-5-21-7-8-9-1001,CN=ForeignSecurityPrincipals,DC=corp,DC=x
            objectClass: foreignSecurityPrincipal
            sid: S-1-5-21-7-8-9-1001
            dn: CN=far.x,CN=System,DC=corp,DC=x
            objectClass: trustedDomain
            trusted: S-1-5-21-10-11-12",
        );
        for entry in &mut forest.entries {
            if let Some(text) = entry.text("sid") {
                entry.attributes.push(Attribute::bytes("objectSid", sid(&text).to_bytes()));
            }
            if let Some(text) = entry.text("trusted") {
                entry.attributes.push(Attribute::bytes("securityIdentifier", sid(&text).to_bytes()));
            }
        }
        forest
    }

    fn names() -> Names {
        let domain = |name: &str, netbios: &str, sid_text: &str| KnownDomain {
            name: name.parse().unwrap(),
            netbios_name: netbios.to_owned(),
            sid: Some(sid(sid_text)),
        };
        Names::with(vec![domain("corp.x", "CORP", CORP), domain("sub.corp.x", "SUB", SUB)])
    }

    fn home() -> DnsName {
        "corp.x".parse().unwrap()
    }

    #[tokio::test]
    async fn many_sids_take_few_searches_and_each_is_asked_once() {
        let (store, counted) = forest().store();
        let names = names();
        let asked: Vec<Sid> = [
            "S-1-5-21-1-2-3-1001",
            "S-1-5-21-1-2-3-513",
            "S-1-5-21-1-2-3-9999",
            "S-1-5-21-4-5-6-1001",
            "S-1-5-21-7-8-9-1001",
            "S-1-5-21-7-8-9-1002",
            "S-1-5-21-10-11-12-500",
            "S-1-5-11",
        ]
        .map(sid)
        .to_vec();
        let found = names.resolve(&*store, &asked).await;
        let label = |text: &str| {
            let trustee = &found.trustees[&sid(text)];
            (trustee.label(), trustee.kind)
        };
        assert_eq!(label("S-1-5-21-1-2-3-1001"), (r"CORP\ann".to_owned(), TrusteeKind::User));
        assert_eq!(label("S-1-5-21-1-2-3-513"), (r"CORP\Domain Users".to_owned(), TrusteeKind::Group));
        assert_eq!(label("S-1-5-21-1-2-3-9999"), ("S-1-5-21-1-2-3-9999".to_owned(), TrusteeKind::Unknown));
        assert_eq!(label("S-1-5-21-4-5-6-1001"), (r"SUB\PC1$".to_owned(), TrusteeKind::Computer));
        assert_eq!(label("S-1-5-21-7-8-9-1001"), ("S-1-5-21-7-8-9-1001".to_owned(), TrusteeKind::Foreign));
        assert_eq!(label("S-1-5-21-7-8-9-1002").1, TrusteeKind::Unknown);
        assert_eq!(label("S-1-5-21-10-11-12-500").1, TrusteeKind::Foreign);
        assert_eq!(label("S-1-5-11"), (r"NT AUTHORITY\Authenticated Users".to_owned(), TrusteeKind::WellKnown));
        // One search per domain for the SIDs, one for whom it trusts.
        assert_eq!(counted.searches.load(Ordering::SeqCst), 4);
        names.resolve(&*store, &asked).await;
        assert_eq!(counted.searches.load(Ordering::SeqCst), 4);
    }

    #[tokio::test]
    async fn a_domain_that_is_away_leaves_the_others_named() {
        let mut forest = forest();
        forest.unreachable = Some("sub.corp.x".parse().unwrap());
        let (store, _) = forest.store();
        let names = names();
        let found = names.resolve(&*store, &[sid("S-1-5-21-1-2-3-1001"), sid("S-1-5-21-4-5-6-1001")]).await;
        assert_eq!(found.trustees[&sid("S-1-5-21-1-2-3-1001")].label(), r"CORP\ann");
        assert_eq!(found.trustees[&sid("S-1-5-21-4-5-6-1001")].kind, TrusteeKind::Unknown);
        assert_eq!(found.problems.len(), 1);
        let (store, _) = super::tests::forest().store();
        let again = names.resolve(&*store, &[sid("S-1-5-21-4-5-6-1001")]).await;
        assert_eq!(again.trustees[&sid("S-1-5-21-4-5-6-1001")].label(), r"SUB\PC1$");
    }

    #[tokio::test]
    async fn every_way_to_name_somebody_leads_to_the_sid() {
        let (store, _) = forest().store();
        let names = names();
        for (text, expected) in [
            (r"CORP\ann", "S-1-5-21-1-2-3-1001"),
            (r"corp.x\ANN", "S-1-5-21-1-2-3-1001"),
            ("ann", "S-1-5-21-1-2-3-1001"),
            ("ann@mail.x", "S-1-5-21-1-2-3-1001"),
            ("ann@corp.x", "S-1-5-21-1-2-3-1001"),
            ("CN=Ann,DC=corp,DC=x", "S-1-5-21-1-2-3-1001"),
            ("S-1-5-21-1-2-3-9999", "S-1-5-21-1-2-3-9999"),
            (r"SUB\PC1", "S-1-5-21-4-5-6-1001"),
            ("Editors", "S-1-5-21-4-5-6-1100"),
            ("Domain Users", "S-1-5-21-1-2-3-513"),
            ("authenticated users", "S-1-5-11"),
            (r"BUILTIN\Administrators", "S-1-5-32-544"),
            ("SYSTEM", "S-1-5-18"),
        ] {
            assert_eq!(names.find(&*store, text, &home()).await.unwrap().sid, sid(expected), "{text}");
        }
    }

    #[tokio::test]
    async fn trustees_have_the_types_of_migration_tables() {
        let (store, _) = forest().store();
        let names = names();
        for (text, expected, domain) in [
            ("ann", EntryType::User, Some("corp.x")),
            (r"SUB\PC1", EntryType::Computer, Some("sub.corp.x")),
            ("Editors", EntryType::UniversalGroup, Some("sub.corp.x")),
            ("SYSTEM", EntryType::Unknown, None),
        ] {
            let trustee = names.find(&*store, text, &home()).await.unwrap();
            let found = (trustee.entry_type(), names.domain_of(&trustee).map(DnsName::as_str));
            assert_eq!(found, (expected, domain), "{text}");
        }
        let sub = "sub.corp.x".parse().unwrap();
        assert!(names.find_in(&*store, "Editors", &sub).await.is_ok());
        assert!(matches!(names.find_in(&*store, "Editors", &home()).await, Err(FindTrusteeError::NotFound(_))));
    }

    #[tokio::test]
    async fn names_that_lead_nowhere_say_so() {
        let (store, _) = forest().store();
        let names = names();
        let other = "other.x".parse().unwrap();
        assert!(matches!(names.find(&*store, "nobody", &home()).await, Err(FindTrusteeError::NotFound(_))));
        assert!(matches!(names.find(&*store, r"NO\ann", &home()).await, Err(FindTrusteeError::UnknownDomain(_))));
        assert!(matches!(names.find(&*store, "a@b", &home()).await, Err(FindTrusteeError::NotFound(_))));
        assert!(
            matches!(names.find(&*store, "Domain Users", &other).await, Err(FindTrusteeError::Ambiguous { candidates, .. }) if candidates.len() == 2)
        );
    }

    #[tokio::test]
    async fn groups_are_found_through_groups_and_domains() {
        let (store, _) = forest().store();
        let found = names().groups_of(&*store, &sid("S-1-5-21-1-2-3-1001")).await.unwrap();
        let mut texts: Vec<String> = found.iter().map(Sid::to_string).collect();
        texts.sort();
        assert_eq!(texts, ["S-1-1-0", "S-1-5-11", "S-1-5-21-1-2-3-1100", "S-1-5-21-1-2-3-513", "S-1-5-21-4-5-6-1100"]);
    }

    #[test]
    fn well_known_names_need_no_search() {
        assert_eq!(names().get(&Sid::system()).label(), r"NT AUTHORITY\SYSTEM");
    }
}
