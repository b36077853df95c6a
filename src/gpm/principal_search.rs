//! Looking for users, groups and computers by what their names begin with, as Windows' object picker does
//! (`console-ui.md` 6.14), in a whole forest, a domain, or an OU.
//!
//! A name is looked for in the attributes that ambiguous name resolution looks at ([MS-ADTS] 3.1.1.3.1.3.1.1), written out as
//! a filter, so that a server and a forest file find the same. Domains are asked at once; one that does not answer leaves what
//! the others found. Principals of other forests have no names here: their SIDs can be given.

use futures::future::join_all;

use crate::ident::{Dn, DnsName, Sid};
use crate::store::{Directory, Entry, Filter, ForestStore, Scope, SearchRequest, StoreError, StoreErrorKind, Visit};

use super::names::KnownDomain;
use super::{FindTrusteeError, Names, Problem, Task, Trustee, TrusteeKind};

/// What to look for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrincipalQuery {
    /// What the name is like; none for every name. A name may be `DOMAIN\name`, `name@domain`, a DN or a SID too.
    pub name: Option<TextCondition>,
    /// What the description is like.
    pub description: Option<TextCondition>,
    /// Whether only accounts are found that are disabled.
    pub only_disabled: bool,
    /// Which kinds of principals.
    pub kinds: PrincipalKinds,
    /// Where.
    pub place: PrincipalPlace,
    /// The domain whose principals stand first among those found equally well.
    pub home: DnsName,
    /// How many are wanted at most.
    pub limit: usize,
}

/// What a text is like; compared without case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextCondition {
    /// How it is compared.
    pub how: TextMatch,
    /// With what.
    pub text: String,
}

/// How a text is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TextMatch {
    /// It begins with it.
    #[default]
    Begins,
    /// It is the same.
    Is,
    /// It holds it.
    Contains,
}

/// Which kinds of principals are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrincipalKinds {
    /// Users.
    pub users: bool,
    /// Security groups; those of the domain's `Builtin` container too.
    pub groups: bool,
    /// Computers.
    pub computers: bool,
    /// Principals that are the same in every domain: Authenticated Users, Everyone, SYSTEM …
    pub well_known: bool,
}

/// Where principals are looked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PrincipalPlace {
    /// In all domains of the forest.
    Forest,
    /// In one domain.
    Domain(DnsName),
    /// In a container or OU and below.
    Container(Dn),
}

/// A principal that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundPrincipal {
    /// Who.
    pub trustee: Trustee,
    /// The name people read, where it has one of its own.
    pub display_name: Option<String>,
    /// Its description, where it has one.
    pub description: Option<String>,
    /// The canonical name of the container it lies in; empty for one that is the same in every domain.
    pub folder: String,
    /// Whether the account is disabled.
    pub is_disabled: bool,
    /// Whether one of its names is the text that was looked for, not only like it.
    pub is_exact: bool,
}

/// What a search brought.
#[derive(Clone, Debug, Default)]
pub struct PrincipalsFound {
    /// The principals: those whose name is the text first, then by name.
    pub principals: Vec<FoundPrincipal>,
    /// Whether there are more than were wanted.
    pub has_more: bool,
    /// Domains that could not be asked.
    pub problems: Vec<Problem>,
}

/// Whom a name that a person typed stands for.
#[derive(Clone, Debug)]
pub enum Resolution {
    /// One principal.
    One(Box<FoundPrincipal>),
    /// Any of these, and there may be more.
    Several(PrincipalsFound),
    /// Nobody; with the domains that could not be asked.
    Nobody(Vec<Problem>),
}

/// How many of those who share the beginning of a name are offered when a name is checked.
const CHOICES: usize = 200;
/// `ADS_UF_ACCOUNTDISABLE` of `userAccountControl`.
const DISABLED: u32 = 2;
/// LDAP_MATCHING_RULE_BIT_AND.
const ALL_BITS: &str = "1.2.840.113556.1.4.803";
const ATTRIBUTES: [&str; 8] = [
    "objectSid",
    "sAMAccountName",
    "objectClass",
    "groupType",
    "displayName",
    "description",
    "userPrincipalName",
    "userAccountControl",
];

impl TextCondition {
    /// Returns the condition that a text begins with this; none where it is blank.
    pub fn begins(text: &str) -> Option<Self> {
        TextCondition::new(TextMatch::Begins, text)
    }

    /// Returns a condition; none where its text is blank.
    pub fn new(how: TextMatch, text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| TextCondition { how, text: text.to_owned() })
    }

    fn holds(&self, text: &str) -> bool {
        let (text, wanted) = (text.to_lowercase(), self.text.to_lowercase());
        match self.how {
            TextMatch::Begins => text.starts_with(&wanted),
            TextMatch::Is => text == wanted,
            TextMatch::Contains => text.contains(&wanted),
        }
    }

    fn filter(&self, attribute: &str) -> Filter {
        let part = |text: &str| text.as_bytes().to_vec();
        let (initial, any) = match self.how {
            TextMatch::Is => return Filter::equals(attribute, &self.text),
            TextMatch::Begins => (part(&self.text), Vec::new()),
            TextMatch::Contains => (Vec::new(), vec![part(&self.text)]),
        };
        Filter::Substring { attribute: attribute.to_owned(), initial, any, last: Vec::new() }
    }

    /// Returns the filter for the names of a principal, as ambiguous name resolution looks for them.
    fn name_filter(&self) -> Filter {
        let names = ["sAMAccountName", "displayName", "cn", "userPrincipalName", "givenName", "sn"];
        let mut any: Vec<Filter> = names.iter().map(|name| self.filter(name)).collect();
        if self.how == TextMatch::Is {
            // A computer's account has a dollar sign that nobody types.
            any.push(Filter::equals("sAMAccountName", &format!("{}$", self.text)));
        }
        if let (TextMatch::Begins, Some((first, last))) = (self.how, self.text.split_once(' ')) {
            let of = |attribute, text: &str| TextCondition::begins(text).map(|begins| begins.filter(attribute));
            for (given, family) in [(first, last), (last, first)] {
                let both: Vec<Filter> = of("givenName", given).into_iter().chain(of("sn", family)).collect();
                any.push(Filter::And(both));
            }
        }
        Filter::Or(any)
    }
}

impl PrincipalKinds {
    /// All kinds.
    pub const ALL: PrincipalKinds = PrincipalKinds { users: true, groups: true, computers: true, well_known: true };

    /// Tells whether an object of the directory is of a kind that is wanted. Distribution lists are of none: no right can be
    /// given to them.
    fn want(self, entry: &Entry) -> bool {
        if entry.has_class("foreignSecurityPrincipal") {
            return self.users || self.groups;
        }
        if entry.has_class("computer") {
            return self.computers;
        }
        if entry.has_class("group") {
            let bits: Option<i32> = entry.text("groupType").and_then(|bits| bits.trim().parse().ok());
            // The highest bit tells security groups.
            return self.groups && bits.is_none_or(|bits| bits < 0);
        }
        self.users
    }

    fn classes(self) -> Vec<Filter> {
        let mut classes = Vec::new();
        if self.users || self.groups {
            classes.push(Filter::class("foreignSecurityPrincipal"));
        }
        if self.groups {
            classes.push(Filter::class("group"));
        }
        match (self.users, self.computers) {
            (true, _) => classes.push(Filter::class("user")),
            (false, true) => classes.push(Filter::class("computer")),
            (false, false) => {}
        }
        classes
    }
}

impl PrincipalPlace {
    /// Returns the domain the place lies in; none for a whole forest.
    pub fn domain(&self) -> Option<DnsName> {
        match self {
            PrincipalPlace::Forest => None,
            PrincipalPlace::Domain(domain) => Some(domain.clone()),
            PrincipalPlace::Container(dn) => dn.domain(),
        }
    }
}

impl PrincipalQuery {
    /// Returns the query for all kinds of principals of a forest whose name begins with a text.
    pub fn begins(text: &str, home: &DnsName, limit: usize) -> Self {
        PrincipalQuery {
            name: TextCondition::begins(text),
            description: None,
            only_disabled: false,
            kinds: PrincipalKinds::ALL,
            place: PrincipalPlace::Forest,
            home: home.clone(),
            limit,
        }
    }

    fn filter(&self, name: Option<Filter>) -> Filter {
        let mut all = vec![Filter::Or(self.kinds.classes())];
        all.extend(name);
        all.extend(self.description.as_ref().map(|description| description.filter("description")));
        if self.only_disabled {
            let (attribute, rule) = ("userAccountControl".to_owned(), ALL_BITS.to_owned());
            all.push(Filter::Rule { attribute, rule, value: DISABLED.to_string().into_bytes() });
        }
        Filter::And(all)
    }
}

/// A name, taken apart.
struct Wanted<'n> {
    /// The domains it can be in.
    domains: Vec<(&'n KnownDomain, Option<Filter>)>,
    /// The name without what says the domain.
    account: Option<TextCondition>,
    /// Whether principals that are the same everywhere can be meant, and what their whole names are like then.
    everywhere: Option<Option<TextCondition>>,
}

impl Names {
    /// Looks for principals. Whoever has the text as a name stands first.
    ///
    /// # Errors
    /// Fails where a domain is named that the forest does not have, and where the task was cancelled. A domain that does not
    /// answer is a problem in what was found.
    pub async fn search(
        &self,
        store: &dyn ForestStore,
        query: &PrincipalQuery,
        task: &Task,
    ) -> Result<PrincipalsFound, FindTrusteeError> {
        let cancelled = |_| FindTrusteeError::Store(StoreError::new(StoreErrorKind::Cancelled, "principals"));
        task.or_cancel(self.search_uncancelled(store, query)).await.map_err(cancelled)?
    }

    /// Finds whom a name stands for: somebody who is called so, or the only one whose name begins so.
    ///
    /// # Errors
    /// As [`Names::search`].
    pub async fn check(
        &self,
        store: &dyn ForestStore,
        text: &str,
        query: &PrincipalQuery,
        task: &Task,
    ) -> Result<Resolution, FindTrusteeError> {
        let query = PrincipalQuery { name: TextCondition::begins(text), limit: CHOICES, ..query.clone() };
        let mut found = self.search(store, &query, task).await?;
        if found.principals.iter().any(|principal| principal.is_exact) {
            found.principals.retain(|principal| principal.is_exact);
        }
        Ok(match found.principals.len() {
            0 => Resolution::Nobody(found.problems),
            1 => found.principals.pop().map_or(Resolution::Nobody(Vec::new()), |one| Resolution::One(Box::new(one))),
            _ => Resolution::Several(found),
        })
    }

    async fn search_uncancelled(
        &self,
        store: &dyn ForestStore,
        query: &PrincipalQuery,
    ) -> Result<PrincipalsFound, FindTrusteeError> {
        let text = query.name.as_ref().map_or("", |name| name.text.as_str());
        if let Ok(sid) = text.parse::<Sid>() {
            let trustee = self.find(store, text, &query.home).await.unwrap_or_else(|_| Trustee::unresolved(sid));
            return Ok(PrincipalsFound { principals: vec![FoundPrincipal::exact(trustee)], ..Default::default() });
        }
        if let Some(trustee) = self.find_by_dn(store, text).await.unwrap_or_default() {
            return Ok(PrincipalsFound { principals: vec![FoundPrincipal::exact(trustee)], ..Default::default() });
        }
        let wanted = self.wanted(query)?;
        let mut found = PrincipalsFound::default();
        let searches = wanted.domains.into_iter().map(|(domain, name)| {
            let exact = wanted.account.as_ref();
            async move { (domain, search_domain(store, domain, query, name, exact).await) }
        });
        for (domain, outcome) in join_all(searches).await {
            match outcome {
                Ok((principals, has_more)) => {
                    found.has_more |= has_more;
                    found.principals.extend(principals);
                }
                Err(error) => {
                    let message = format!("it could not be searched: {error}");
                    found.problems.push(Problem { object: domain.name.to_string(), message });
                }
            }
        }
        if let Some(whole) = &wanted.everywhere {
            found.principals.extend(well_known(whole.as_ref()));
        }
        self.put_in_order(query, &mut found);
        Ok(found)
    }

    /// Takes the name apart: which domains are asked for it, and how.
    fn wanted<'n>(&'n self, query: &PrincipalQuery) -> Result<Wanted<'n>, FindTrusteeError> {
        let place = query.place.domain();
        let is_here = |known: &&KnownDomain| place.as_ref().is_none_or(|place| known.name == *place);
        let is_named_only = query.description.is_none() && !query.only_disabled;
        let may_be_everywhere =
            query.kinds.well_known && is_named_only && !matches!(query.place, PrincipalPlace::Container(_));
        let here = || self.domains.iter().filter(is_here);
        let Some(name) = &query.name else {
            let domains = here().map(|known| (known, None)).collect();
            return Ok(Wanted { domains, account: None, everywhere: may_be_everywhere.then_some(None) });
        };
        let account_in = |domain: &str| here().find(|known| known.is_called(domain));
        if let Some((domain, account)) = name.text.split_once('\\') {
            let of_authority = Sid::of_localized_name(&name.text).is_some()
                || Sid::well_known().any(|sid| {
                    let authority = sid.well_known_name().and_then(|name| name.split_once('\\'));
                    authority.is_some_and(|(authority, _)| authority.eq_ignore_ascii_case(domain))
                });
            if of_authority {
                let everywhere = may_be_everywhere.then(|| Some(name.clone()));
                return Ok(Wanted { domains: Vec::new(), account: None, everywhere });
            }
            let known = account_in(domain).ok_or_else(|| FindTrusteeError::UnknownDomain(domain.to_owned()))?;
            let account = TextCondition::new(name.how, account);
            let filter = account.as_ref().map(TextCondition::name_filter);
            return Ok(Wanted { domains: vec![(known, filter)], account, everywhere: None });
        }
        if let Some((account, suffix)) = name.text.split_once('@') {
            let by_principal_name = name.filter("userPrincipalName");
            let domains = here().map(|known| {
                let by_account = Filter::equals("sAMAccountName", account);
                let either = || Filter::Or(vec![by_principal_name.clone(), by_account]);
                (known, Some(if known.is_called(suffix) { either() } else { by_principal_name.clone() }))
            });
            let exact = TextCondition::new(name.how, account).filter(|_| account_in(suffix).is_some());
            let exact = exact.or_else(|| Some(name.clone()));
            return Ok(Wanted { domains: domains.collect(), account: exact, everywhere: None });
        }
        let domains = here().map(|known| (known, Some(name.name_filter()))).collect();
        let everywhere = may_be_everywhere.then(|| Some(name.clone()));
        Ok(Wanted { domains, account: Some(name.clone()), everywhere })
    }

    /// Leaves each principal once, the best first, and as many as are wanted.
    fn put_in_order(&self, query: &PrincipalQuery, found: &mut PrincipalsFound) {
        let is_at_home = |principal: &FoundPrincipal| self.domain_of(&principal.trustee) == Some(&query.home);
        found.principals.sort_by_cached_key(|principal| {
            let name = principal.trustee.account_part().unwrap_or_default().to_lowercase();
            let is_object = principal.trustee.dn.is_some();
            (!principal.is_exact, name, !is_at_home(principal), !is_object, principal.trustee.sid.clone())
        });
        let mut seen = std::collections::HashSet::new();
        found.principals.retain(|principal| seen.insert(principal.trustee.sid.clone()));
        found.has_more |= found.principals.len() > query.limit;
        found.principals.truncate(query.limit);
        let mut known = self.lock();
        for principal in &found.principals {
            known.insert(principal.trustee.sid.clone(), principal.trustee.clone());
        }
    }
}

impl FoundPrincipal {
    fn exact(trustee: Trustee) -> Self {
        let folder = trustee.dn.as_ref().and_then(Dn::parent).map(|parent| parent.canonical_name());
        FoundPrincipal {
            trustee,
            display_name: None,
            description: None,
            folder: folder.unwrap_or_default(),
            is_disabled: false,
            is_exact: true,
        }
    }

    fn of_entry(domain: &KnownDomain, entry: &Entry, wanted: Option<&TextCondition>) -> Option<Self> {
        let trustee = domain.trustee(entry)?;
        let account = entry.text("sAMAccountName");
        let display_name = entry.text("displayName");
        let is_exact = wanted.is_some_and(|wanted| {
            let is_it = |name: &str| name.to_lowercase() == wanted.text.to_lowercase();
            let account = account.as_deref().map(|account| account.strip_suffix('$').unwrap_or(account));
            let principal_name = entry.text("userPrincipalName");
            let names = [account, display_name.as_deref(), principal_name.as_deref()];
            names.into_iter().flatten().any(is_it) || is_it(&entry.dn.name()) || is_it(&trustee.label())
        });
        let bits: u32 = entry.text("userAccountControl").and_then(|bits| bits.trim().parse().ok()).unwrap_or_default();
        let description = entry.text("description");
        let is_disabled = trustee.kind != TrusteeKind::Group && bits & DISABLED != 0;
        // What people read is told only where the account does not say it already.
        let own_name = entry.dn.name();
        let read = display_name.or(Some(own_name)).filter(|name| Some(name) != account.as_ref());
        let read = read.filter(|_| !matches!(trustee.kind, TrusteeKind::Computer | TrusteeKind::Foreign));
        Some(FoundPrincipal {
            display_name: read,
            description,
            is_disabled,
            is_exact,
            ..FoundPrincipal::exact(trustee)
        })
    }
}

async fn search_domain(
    store: &dyn ForestStore,
    domain: &KnownDomain,
    query: &PrincipalQuery,
    name: Option<Filter>,
    exact: Option<&TextCondition>,
) -> Result<(Vec<FoundPrincipal>, bool), StoreError> {
    if query.kinds.classes().is_empty() {
        return Ok((Vec::new(), false));
    }
    let directory = store.domain_directory(&domain.name).await?;
    let base = match &query.place {
        PrincipalPlace::Container(dn) => dn.clone(),
        PrincipalPlace::Forest | PrincipalPlace::Domain(_) => directory.root_dse().domain_dn.clone(),
    };
    let mut found = Vec::new();
    let has_more = visit(&*directory, domain, query, &base, query.filter(name), exact, &mut found).await?;
    if has_more && let Some(exact) = exact.filter(|exact| exact.how == TextMatch::Begins) {
        // Whoever has the whole name must not be cut off by those whose names only begin so.
        let whole = TextCondition { how: TextMatch::Is, ..exact.clone() };
        let filter = query.filter(Some(whole.name_filter()));
        visit(&*directory, domain, query, &base, filter, Some(exact), &mut found).await?;
    }
    Ok((found, has_more))
}

/// Searches and collects those that are wanted, one more than wanted at most; tells whether there are more.
async fn visit(
    directory: &dyn Directory,
    domain: &KnownDomain,
    query: &PrincipalQuery,
    base: &Dn,
    filter: Filter,
    exact: Option<&TextCondition>,
    found: &mut Vec<FoundPrincipal>,
) -> Result<bool, StoreError> {
    let request = SearchRequest {
        base: base.clone(),
        scope: Scope::Subtree,
        filter,
        attributes: ATTRIBUTES.iter().map(|&name| name.to_owned()).collect(),
        sd_parts: None,
    };
    let (mut count, mut has_more) = (0, false);
    let mut take = |entry: Entry| {
        if !query.kinds.want(&entry) {
            return Visit::Continue;
        }
        if count == query.limit {
            has_more = true;
            return Visit::Stop;
        }
        if let Some(principal) = FoundPrincipal::of_entry(domain, &entry, exact) {
            count += 1;
            found.push(principal);
        }
        Visit::Continue
    };
    directory.search_with(&request, &mut take).await?;
    Ok(has_more)
}

/// Returns the principals that are the same in every domain and whose name is like that.
fn well_known(wanted: Option<&TextCondition>) -> Vec<FoundPrincipal> {
    const NULL_SID: u64 = 0;
    let null = Sid::new(NULL_SID, &[0]);
    let localized = wanted.and_then(|wanted| Sid::of_localized_name(&wanted.text));
    let sids = Sid::well_known().filter(|sid| Some(sid) != null.as_ref());
    let found = sids.filter_map(|sid| {
        let trustee = Trustee::unresolved(sid);
        let (name, account) = (trustee.label(), trustee.account_part().unwrap_or_default().to_owned());
        let is_localized = Some(&trustee.sid) == localized.as_ref();
        let is_like = |wanted: &TextCondition| wanted.holds(&name) || wanted.holds(&account) || is_localized;
        if !wanted.is_none_or(is_like) {
            return None;
        }
        let is_it = |wanted: &TextCondition| {
            name.eq_ignore_ascii_case(&wanted.text) || account.eq_ignore_ascii_case(&wanted.text) || is_localized
        };
        Some(FoundPrincipal { is_exact: wanted.is_some_and(is_it), ..FoundPrincipal::exact(trustee) })
    });
    found.collect()
}
