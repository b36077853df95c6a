//! Who is in which groups, as far as a token tells it: through other groups, across the domains of a forest.
//!
//! A token holds security groups only; a distribution list lends no membership either. Domain local groups count in tokens made in their
//! own domain alone ([MS-PAC] 4.1.2.2, `rsop-cases.md` D6). Groups that hold each other are survived.

use std::collections::{BTreeSet, HashMap, HashSet};

use futures::future::join_all;

use crate::gpm::{Cancelled, GroupScope, MessageId, StatusMessage, Task};
use crate::ident::{Dn, DnsName, Sid};
use crate::store::{Entry, Filter, ForestStore, Scope, SearchRequest, StoreError, Visit};

/// All security groups of a forest with their members, read once for many accounts.
#[derive(Debug, Default)]
pub struct GroupGraph {
    groups: Vec<Group>,
    /// Positions of the groups that hold an object directly, by its DN.
    holders: HashMap<Dn, Vec<usize>>,
    by_sid: HashMap<Sid, usize>,
}

/// What a token needs to know of a group.
#[derive(Debug)]
struct Group {
    dn: Dn,
    /// Its SID and its former ones.
    sids: Vec<Sid>,
    /// The domain in whose tokens alone it counts; none where it counts in all.
    only_in: Option<DnsName>,
}

/// How many members go into one filter.
const BATCH: usize = 200;
const ATTRIBUTES: [&str; 4] = ["objectClass", "objectSid", "groupType", "sIDHistory"];

impl GroupGraph {
    /// Reads the groups of these domains with one paged search each. A domain that cannot be asked is told as a warning; its groups are
    /// not known then.
    ///
    /// # Errors
    /// Fails only where it was cancelled.
    pub async fn read(store: &dyn ForestStore, domains: &[DnsName], task: &Task) -> Result<Self, Cancelled> {
        task.activity("Reading the groups of the forest");
        let mut graph = GroupGraph::default();
        let reads = domains.iter().map(|domain| async move { (domain, read_groups(store, domain).await) });
        for (domain, read) in task.or_cancel(join_all(reads)).await? {
            match read {
                Ok(groups) => groups.into_iter().for_each(|(group, members)| graph.add(group, members)),
                Err(error) => {
                    let message = format!(
                        "the groups of {domain} cannot be read, so that nobody counts as their member: {error}"
                    );
                    task.message(StatusMessage::warning(MessageId::DirectoryFailed, message).about(domain));
                }
            }
        }
        Ok(graph)
    }

    /// Returns all groups in a token that is made in a domain for an account with this DN and primary group, former SIDs of the groups
    /// included. Sorted.
    pub fn groups_of(&self, dn: &Dn, primary_group: Option<&Sid>, token_domain: &DnsName) -> Vec<Sid> {
        let mut sids: BTreeSet<Sid> = primary_group.cloned().into_iter().collect();
        let mut seen = HashSet::new();
        let mut waiting: Vec<usize> = self.holders.get(dn).cloned().unwrap_or_default();
        waiting.extend(primary_group.and_then(|primary| self.by_sid.get(primary)));
        while let Some(position) = waiting.pop() {
            let group = &self.groups[position];
            if !seen.insert(position) || !group.counts_in(token_domain) {
                continue;
            }
            sids.extend(group.sids.iter().cloned());
            waiting.extend(self.holders.get(&group.dn).into_iter().flatten());
        }
        keep_own(sids)
    }

    fn add(&mut self, group: Group, members: Vec<Dn>) {
        let position = self.groups.len();
        for member in members {
            self.holders.entry(member).or_default().push(position);
        }
        if let Some(sid) = group.sids.first() {
            self.by_sid.insert(sid.clone(), position);
        }
        self.groups.push(group);
    }
}

/// Finds all groups in a token that is made in a domain for one account, with one search per domain and level of nesting.
///
/// # Errors
/// Fails where a domain cannot be asked: a group that is missing could turn a verdict around.
pub(super) async fn search_groups_of(
    store: &dyn ForestStore,
    domains: &[DnsName],
    (dn, primary_group): (&Dn, Option<&Sid>),
    token_domain: &DnsName,
) -> Result<Vec<Sid>, StoreError> {
    let mut sids = BTreeSet::new();
    let mut seen: HashSet<Dn> = HashSet::new();
    let mut wanted = vec![Filter::equals("member", dn.as_str())];
    wanted.extend(primary_group.map(|sid| Filter::Equals("objectSid".to_owned(), sid.to_bytes())));
    sids.extend(primary_group.cloned());
    while !wanted.is_empty() {
        let searches = domains.iter().map(|domain| search_any(store, domain, &wanted));
        let mut next = Vec::new();
        for (domain, found) in domains.iter().zip(join_all(searches).await) {
            let groups = found?.into_iter().filter_map(|entry| Group::read(entry, domain).map(|(group, _)| group));
            for group in groups.filter(|group| group.counts_in(token_domain)) {
                if seen.insert(group.dn.clone()) {
                    next.push(Filter::equals("member", group.dn.as_str()));
                    sids.extend(group.sids);
                }
            }
        }
        wanted = next;
    }
    Ok(keep_own(sids))
}

/// Returns the SIDs without those that mean something else on every machine: the groups built into domain controllers.
pub(super) fn keep_own(sids: impl IntoIterator<Item = Sid>) -> Vec<Sid> {
    let own: BTreeSet<Sid> = sids.into_iter().filter(Sid::is_domain_principal).collect();
    own.into_iter().collect()
}

/// Returns the former SIDs of an object.
pub(super) fn former_sids(entry: &Entry) -> impl Iterator<Item = Sid> {
    entry.values("sIDHistory").iter().filter_map(|bytes| Sid::from_bytes(bytes).ok())
}

async fn read_groups(store: &dyn ForestStore, domain: &DnsName) -> Result<Vec<(Group, Vec<Dn>)>, StoreError> {
    let directory = store.domain_directory(domain).await?;
    let attributes = ATTRIBUTES.iter().chain(&["member"]).map(|&name| name.to_owned());
    let request = SearchRequest {
        base: directory.root_dse().domain_dn.clone(),
        scope: Scope::Subtree,
        filter: Filter::class("group"),
        attributes: attributes.collect(),
        sd_parts: None,
    };
    let mut groups = Vec::new();
    let mut visit = |entry: Entry| {
        groups.extend(Group::read(entry, domain));
        Visit::Continue
    };
    directory.search_with(&request, &mut visit).await?;
    Ok(groups)
}

async fn search_any(store: &dyn ForestStore, domain: &DnsName, any: &[Filter]) -> Result<Vec<Entry>, StoreError> {
    let directory = store.domain_directory(domain).await?;
    let mut entries = Vec::new();
    for batch in any.chunks(BATCH) {
        let request = SearchRequest {
            base: directory.root_dse().domain_dn.clone(),
            scope: Scope::Subtree,
            filter: Filter::And(vec![Filter::class("group"), Filter::Or(batch.to_vec())]),
            attributes: ATTRIBUTES.map(str::to_owned).to_vec(),
            sd_parts: None,
        };
        entries.extend(directory.search(&request).await?);
    }
    Ok(entries)
}

impl Group {
    /// Reads a group with its members; none for what is in no token.
    fn read(entry: Entry, domain: &DnsName) -> Option<(Group, Vec<Dn>)> {
        /// ADS_GROUP_TYPE_SECURITY_ENABLED, the sign of the number.
        fn is_security(bits: i32) -> bool {
            bits < 0
        }
        let bits: i32 = entry.text("groupType").and_then(|bits| bits.trim().parse().ok())?;
        let sid = Sid::from_bytes(entry.bytes("objectSid")?).ok()?;
        if !is_security(bits) {
            return None;
        }
        let is_local = GroupScope::from_group_type(bits) == Some(GroupScope::DomainLocal);
        let sids = std::iter::once(sid).chain(former_sids(&entry)).collect();
        let members = entry.values("member").iter().filter_map(|value| String::from_utf8_lossy(value).parse().ok());
        let members = members.collect();
        Some((Group { dn: entry.dn, sids, only_in: is_local.then(|| domain.clone()) }, members))
    }

    fn counts_in(&self, token_domain: &DnsName) -> bool {
        self.only_in.as_ref().is_none_or(|domain| domain == token_domain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sid(rid: u32) -> Sid {
        format!("S-1-5-21-1-2-3-{rid}").parse().unwrap()
    }

    fn dn(name: &str) -> Dn {
        format!("CN={name},DC=corp,DC=x").parse().unwrap()
    }

    /// Adds a group by its relative identifier, which is its name too.
    fn add(graph: &mut GroupGraph, (rid, bits, domain): (u32, i32, &str), members: &[&str]) {
        let entry = Entry {
            dn: dn(&rid.to_string()),
            attributes: vec![
                crate::store::Attribute::text("groupType", bits.to_string()),
                crate::store::Attribute::bytes("objectSid", sid(rid).to_bytes()),
                crate::store::Attribute::texts(
                    "member",
                    &members
                        .iter()
                        .map(|name| dn(name).to_string())
                        .collect::<Vec<_>>()
                        .iter()
                        .map(String::as_str)
                        .collect::<Vec<_>>(),
                ),
            ],
        };
        if let Some((group, members)) = Group::read(entry, &domain.parse().unwrap()) {
            graph.add(group, members);
        }
    }

    #[test]
    fn groups_come_through_groups_by_the_rules_of_tokens() {
        const GLOBAL: i32 = -2147483646;
        const LOCAL: i32 = -2147483644;
        const DISTRIBUTION: i32 = 2;
        let mut graph = GroupGraph::default();
        add(&mut graph, (1, GLOBAL, "corp.x"), &["ann"]);
        add(&mut graph, (2, GLOBAL, "corp.x"), &["1"]);
        // 3 and 4 hold each other.
        add(&mut graph, (3, GLOBAL, "corp.x"), &["2", "4"]);
        add(&mut graph, (4, GLOBAL, "corp.x"), &["3"]);
        add(&mut graph, (5, LOCAL, "other.x"), &["ann"]);
        add(&mut graph, (6, LOCAL, "corp.x"), &["ann"]);
        add(&mut graph, (7, DISTRIBUTION, "corp.x"), &["ann"]);
        add(&mut graph, (8, GLOBAL, "corp.x"), &["7"]);
        add(&mut graph, (513, GLOBAL, "corp.x"), &[]);
        add(&mut graph, (9, GLOBAL, "corp.x"), &["513"]);
        let check = |domain: &str, expected: &[u32]| {
            let found = graph.groups_of(&dn("ann"), Some(&sid(513)), &domain.parse().unwrap());
            assert_eq!(found, expected.iter().map(|&rid| sid(rid)).collect::<Vec<_>>(), "{domain}");
        };
        check("corp.x", &[1, 2, 3, 4, 6, 9, 513]);
        check("other.x", &[1, 2, 3, 4, 5, 9, 513]);
        assert!(graph.groups_of(&dn("nobody"), None, &"corp.x".parse().unwrap()).is_empty());
    }
}
