//! Whom a plan is for: users and computers with all groups they are in, found by the names people give them, or all of a container.

use std::sync::Arc;

use crate::gpm::{
    FindTrusteeError, ForestSnapshot, HResult, MessageId, Names, OperationError, StatusMessage, Task, Trustee,
    TrusteeKind,
};
use crate::ident::{Dn, DnsName, Sid};
use crate::rsop::{Account, AccountKind};
use crate::store::{Entry, Filter, ForestStore, Scope, SearchRequest, StoreError, StoreErrorKind, Visit};

use super::membership::{GroupGraph, former_sids, keep_own, search_groups_of};

/// Finds the users and computers of a forest.
pub struct Subjects {
    store: Arc<dyn ForestStore>,
    names: Names,
    domains: Vec<KnownDomain>,
}

struct KnownDomain {
    name: DnsName,
    /// What stands before the backslash in names of its accounts.
    prefix: String,
}

/// What an account's token depends on.
const ATTRIBUTES: [&str; 6] =
    ["objectClass", "objectSid", "sAMAccountName", "primaryGroupID", "userAccountControl", "sIDHistory"];
/// ADS_UF_INTERDOMAIN_TRUST_ACCOUNT: the account of another domain, nobody who logs on.
const TRUST_ACCOUNT: u32 = 0x800;
/// ADS_UF_SERVER_TRUST_ACCOUNT and ADS_UF_PARTIAL_SECRETS_ACCOUNT: a domain controller, a read-only one.
const CONTROLLER_ACCOUNT: u32 = 0x2000 | 0x400_0000;
/// The primary groups of domain controllers, and of read-only ones.
const CONTROLLER_GROUPS: [u32; 2] = [516, 521];
/// Service accounts are computers to the directory.
const SERVICE_ACCOUNTS: [&str; 2] = ["msDS-ManagedServiceAccount", "msDS-GroupManagedServiceAccount"];

impl Subjects {
    /// Returns what finds them; nothing is read yet.
    pub fn new(store: &Arc<dyn ForestStore>, forest: &ForestSnapshot) -> Self {
        let domains = forest.domains.iter().map(|domain| KnownDomain {
            name: domain.name.clone(),
            prefix: Some(&domain.netbios_name)
                .filter(|name| !name.is_empty())
                .unwrap_or(&domain.name.to_string())
                .clone(),
        });
        Subjects { store: store.clone(), names: Names::new(forest), domains: domains.collect() }
    }

    /// Finds a user by `DOMAIN\name`, user principal name, DN, SID or plain name, with the groups of a token that is made in the
    /// domain of the computer; in that of the user, where there is no computer.
    ///
    /// # Errors
    /// Fails where the name leads to nobody, to several, or to no user, or a domain cannot be asked.
    pub async fn user(&self, text: &str, computer: Option<&Account>) -> Result<Account, OperationError> {
        let trustee = self.find(text).await?;
        if trustee.kind != TrusteeKind::User {
            return Err(wrong_kind(text, &trustee, "user", "a user"));
        }
        self.account(&trustee, computer.map(|computer| &computer.domain)).await
    }

    /// Finds a computer by `DOMAIN\name`, with or without `$`, DNS name, DN or SID, with the groups of its token.
    ///
    /// # Errors
    /// Fails where the name leads to nobody, to several, or to no computer, or a domain cannot be asked.
    pub async fn computer(&self, text: &str) -> Result<Account, OperationError> {
        let text = text.trim();
        let trustee = match self.by_host_name(text).await? {
            Some(found) => found,
            None => self.find(&with_dollar(text)).await?,
        };
        if trustee.kind != TrusteeKind::Computer {
            return Err(wrong_kind(text, &trustee, "computer", "a computer"));
        }
        self.account(&trustee, None).await
    }

    /// Finds a group, or anybody else who may stand in security filtering, for groups that are assumed.
    ///
    /// # Errors
    /// Fails where the name leads to nobody or to several, or a domain cannot be asked.
    pub async fn group(&self, text: &str) -> Result<Trustee, OperationError> {
        self.find(text).await
    }

    /// Returns all users and computers in a domain or OU and everything below it, with their groups, by DN: one paged search for them
    /// and one in each domain for the groups. Accounts of services and trusts are left out.
    ///
    /// # Errors
    /// Fails where the container cannot be searched, or where it was cancelled.
    pub async fn within(&self, som: &Dn, task: &Task) -> Result<Vec<Account>, OperationError> {
        let domain = self.domain_of(som)?;
        task.activity(format!("Reading the accounts in {}", som.canonical_name()));
        let mut wanted = vec![Filter::class("user")];
        wanted.extend(SERVICE_ACCOUNTS.map(|class| Filter::Not(Box::new(Filter::class(class)))));
        let request = SearchRequest {
            base: som.clone(),
            scope: Scope::Subtree,
            filter: Filter::And(wanted),
            attributes: ATTRIBUTES.map(str::to_owned).to_vec(),
            sd_parts: None,
        };
        let mut entries = Vec::new();
        let mut visit = |entry: Entry| {
            entries.push(entry);
            if task.is_cancelled() { Visit::Stop } else { Visit::Continue }
        };
        let searched = task.or_cancel(async {
            let directory = self.store.domain_directory(&domain.name).await?;
            directory.search_with(&request, &mut visit).await
        });
        searched.await?.map_err(|error| OperationError::of_directory(&error))?;
        let domains: Vec<DnsName> = self.domains.iter().map(|domain| domain.name.clone()).collect();
        let graph = GroupGraph::read(&*self.store, &domains, task).await?;
        let mut accounts: Vec<Account> = entries
            .iter()
            .filter(|entry| number(entry, "userAccountControl") & TRUST_ACCOUNT == 0)
            .filter_map(|entry| {
                let mut account = domain.account(entry)?;
                let primary = primary_group(entry, &account.sid);
                let groups = graph.groups_of(&account.dn, primary.as_ref(), &domain.name);
                account.groups = keep_own(groups.into_iter().chain(former_sids(entry)));
                Some(account)
            })
            .collect();
        accounts.sort_by(|left, right| left.dn.folded().cmp(right.dn.folded()));
        Ok(accounts)
    }

    /// Returns the names of trustees that were found so far.
    pub fn names(&self) -> &Names {
        &self.names
    }

    async fn find(&self, text: &str) -> Result<Trustee, OperationError> {
        let home = self.store.directory().root_dse().domain.clone();
        self.names.find(&*self.store, text, &home).await.map_err(|error| not_found(text, &error))
    }

    async fn by_host_name(&self, text: &str) -> Result<Option<Trustee>, OperationError> {
        let is_host = text.contains('.') && !text.contains(['\\', '@', '=', ' ']) && text.parse::<Sid>().is_err();
        if !is_host {
            return Ok(None);
        }
        let mut found = None;
        for domain in &self.domains {
            let searched = async {
                let directory = self.store.domain_directory(&domain.name).await?;
                let request = SearchRequest {
                    base: directory.root_dse().domain_dn.clone(),
                    scope: Scope::Subtree,
                    filter: Filter::And(vec![Filter::class("computer"), Filter::equals("dNSHostName", text)]),
                    attributes: ATTRIBUTES.map(str::to_owned).to_vec(),
                    sd_parts: None,
                };
                directory.search(&request).await
            };
            match searched.await {
                Ok(entries) => found = entries.into_iter().find_map(|entry| domain.account(&entry)).or(found),
                // The computer may be in another one.
                Err(error) if error.kind == StoreErrorKind::Unreachable => {}
                Err(error) => return Err(OperationError::of_directory(&error)),
            }
        }
        Ok(found.map(|account| Trustee {
            sid: account.sid,
            name: Some(account.name),
            kind: TrusteeKind::Computer,
            dn: Some(account.dn),
            group_scope: None,
        }))
    }

    /// Reads an account with its groups: those the directory tells for its token, else those found by searching.
    async fn account(&self, trustee: &Trustee, token_domain: Option<&DnsName>) -> Result<Account, OperationError> {
        let dn = trustee.dn.as_ref().ok_or_else(|| no_object(trustee))?;
        let domain = self.domain_of(dn)?;
        let token_domain = token_domain.unwrap_or(&domain.name);
        let read = async {
            let directory = self.store.domain_directory(&domain.name).await?;
            // Only a base search constructs tokenGroups, and it holds the domain local groups of this domain.
            let attributes = [&ATTRIBUTES[..], &["tokenGroups"]].concat();
            let entry = directory.read(dn, &attributes, None).await?;
            let Some(mut account) = domain.account(&entry) else { return Ok(None) };
            let told = entry.values("tokenGroups").iter().filter_map(|bytes| Sid::from_bytes(bytes).ok());
            let primary = primary_group(&entry, &account.sid);
            let mut groups: Vec<Sid> = told.chain(primary.clone()).chain(former_sids(&entry)).collect();
            if entry.values("tokenGroups").is_empty() || *token_domain != domain.name {
                let domains: Vec<DnsName> = self.domains.iter().map(|domain| domain.name.clone()).collect();
                let start = (dn, primary.as_ref());
                groups = search_groups_of(&*self.store, &domains, start, token_domain).await?;
                groups.extend(former_sids(&entry));
            }
            account.groups = keep_own(groups);
            Ok::<_, StoreError>(Some(account))
        };
        let account = read.await.map_err(|error| OperationError::of_directory(&error))?;
        account.ok_or_else(|| no_object(trustee))
    }

    fn domain_of(&self, dn: &Dn) -> Result<&KnownDomain, OperationError> {
        let name = dn.domain();
        let found = self.domains.iter().find(|domain| Some(&domain.name) == name.as_ref());
        found.ok_or_else(|| {
            let message = format!("{dn} lies in no domain of this forest; give a user, computer or container of it");
            OperationError::new(
                StatusMessage::error(MessageId::InvalidArgument, HResult::INVALID_ARGUMENT, message).about(dn),
            )
        })
    }
}

impl KnownDomain {
    /// Reads an account without its groups; none where it has no SID or no name.
    fn account(&self, entry: &Entry) -> Option<Account> {
        let sid = Sid::from_bytes(entry.bytes("objectSid")?).ok()?;
        let control = number(entry, "userAccountControl");
        let kind = match entry.has_class("computer") {
            false => AccountKind::User,
            true if control & CONTROLLER_ACCOUNT != 0 => AccountKind::DomainController,
            true if CONTROLLER_GROUPS.contains(&number(entry, "primaryGroupID")) => AccountKind::DomainController,
            true => AccountKind::Computer,
        };
        Some(Account {
            name: format!("{}\\{}", self.prefix, entry.text("sAMAccountName")?),
            dn: entry.dn.clone(),
            sid,
            kind,
            domain: self.name.clone(),
            groups: Vec::new(),
        })
    }
}

/// Returns the name of a computer with the dollar sign that its account has and nobody types.
fn with_dollar(text: &str) -> String {
    let is_account_name = text.parse::<Sid>().is_err() && text.parse::<Dn>().is_err() && !text.contains('@');
    if is_account_name && !text.ends_with('$') { format!("{text}$") } else { text.to_owned() }
}

fn primary_group(entry: &Entry, own: &Sid) -> Option<Sid> {
    own.parent()?.child(entry.text("primaryGroupID")?.trim().parse().ok()?)
}

/// Returns the bits of a number that the directory writes with a sign; 0 where there is none.
fn number(entry: &Entry, name: &str) -> u32 {
    entry.text(name).and_then(|text| text.trim().parse::<i64>().ok()).unwrap_or(0) as u32
}

fn not_found(text: &str, error: &FindTrusteeError) -> OperationError {
    let (code, hint) = match error {
        FindTrusteeError::Store(error) if error.kind != StoreErrorKind::NotFound => {
            return OperationError::of_directory(error);
        }
        FindTrusteeError::Ambiguous { .. } => (HResult::INVALID_ARGUMENT, "; give it with its domain, `DOMAIN\\name`"),
        FindTrusteeError::UnknownDomain(_) => (HResult::NONE_MAPPED, ""),
        _ => (
            HResult::NONE_MAPPED,
            "; give `DOMAIN\\name`, a user principal name, a DN or a SID, or a container instead",
        ),
    };
    let message = format!("{error}{hint}");
    OperationError::new(StatusMessage::error(MessageId::PrincipalUnresolved, code, message).about(text))
}

fn wrong_kind(text: &str, found: &Trustee, wanted: &str, wanted_with_article: &str) -> OperationError {
    let found_is = match found.kind {
        TrusteeKind::User => "is a user",
        TrusteeKind::Computer => "is a computer",
        TrusteeKind::Group => "is a group",
        TrusteeKind::WellKnown => "is the same everywhere and no account",
        TrusteeKind::Foreign => "is of another forest; give a container instead",
        TrusteeKind::Unknown => "has no object in the forest",
    };
    let message = format!("`{text}` {found_is}; {wanted_with_article} is needed as {wanted}");
    OperationError::new(
        StatusMessage::error(MessageId::InvalidArgument, HResult::INVALID_ARGUMENT, message).about(text),
    )
}

fn no_object(trustee: &Trustee) -> OperationError {
    let name = trustee.label();
    let message = format!(
        "the account `{name}` has no object in the forest, or too little of it may be read; give a container instead"
    );
    OperationError::new(StatusMessage::error(MessageId::PrincipalUnresolved, HResult::NONE_MAPPED, message).about(name))
}
