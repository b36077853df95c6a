//! The directory of one domain controller.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use ldap3::controls::RawControl;
use ldap3::{Ldap, LdapError, LdapResult, Mod};
use tokio::sync::Mutex;

use crate::ident::{Dn, Sid};
use crate::store::{
    Attribute, Change, Directory, Entry, Filter, RootDse, Scope, SdParts, SearchRequest, StoreError, StoreErrorKind,
    Visit,
};

use super::logon::{LoggedOn, Logon, Server, ServerFacts, Session, Way};
use super::message::{domain_scope, next_cookie, paged_results, read_entry, sd_flags, tree_delete};
use super::outcome::store_error;

/// One domain controller on which we are logged on. A dropped connection is made again at the next call; a read it
/// interrupted is repeated once, a write never.
pub struct LdapDirectory {
    logon: Arc<Logon>,
    server: Server,
    way: Way,
    facts: ServerFacts,
    root_dse: RootDse,
    user: String,
    /// `domainControllerFunctionality` ([MS-ADTS] 3.1.1.3.2.25): 0 is Windows 2000, 2 is Windows Server 2003.
    functionality: Option<u32>,
    session: Mutex<Session>,
}

impl LdapDirectory {
    /// Takes a first logon over and reads what the server says of itself to those who are logged on.
    pub(crate) async fn new(logon: Arc<Logon>, server: Server, logged_on: LoggedOn) -> Result<Self, StoreError> {
        let LoggedOn { session, way, facts, .. } = logged_on;
        let root_dse = unread_root_dse(&facts);
        let user = session.user.clone();
        let session = Mutex::new(session);
        let mut directory = LdapDirectory { logon, server, way, facts, root_dse, user, functionality: None, session };
        let attributes = [
            "defaultNamingContext",
            "rootDomainNamingContext",
            "configurationNamingContext",
            "schemaNamingContext",
            "serverName",
            "vendorName",
            "tokenGroups",
            "domainControllerFunctionality",
        ];
        let entry = directory.read(&Dn::empty(), &attributes, None).await?;
        directory.fill_root_dse(&entry)?;
        if directory.user.is_empty() {
            directory.user = directory.name_of_user().await?;
        }
        Ok(directory)
    }

    /// Returns the user we are logged on as, in the form of the logon.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Returns in words how the session is protected.
    pub fn security(&self) -> &'static str {
        self.way.security()
    }

    /// Returns the host that was connected to: a name or an address.
    pub fn host(&self) -> &str {
        &self.server.host
    }

    /// Tells whether it runs Windows Server 2003 or later; one that does not say is none of Windows 2000.
    pub(crate) fn is_from_2003(&self) -> bool {
        self.functionality.is_none_or(|level| level >= 2)
    }

    /// Returns what the server said before the logon.
    pub(crate) fn facts(&self) -> &ServerFacts {
        &self.facts
    }

    fn fill_root_dse(&mut self, entry: &Entry) -> Result<(), StoreError> {
        let host = self.server.host.clone();
        let name = |attribute: &str| {
            let missing = || StoreError::new(StoreErrorKind::NotSupported, &host);
            let text = entry.text(attribute).ok_or_else(|| {
                missing().with_detail(format!("this is no domain controller: its rootDSE has no {attribute}"))
            })?;
            Dn::parse(&text).map_err(|error| missing().with_detail(error))
        };
        self.root_dse.domain_dn = name("defaultNamingContext")?;
        self.root_dse.forest_dn = name("rootDomainNamingContext")?;
        self.root_dse.configuration_dn = name("configurationNamingContext")?;
        self.root_dse.schema_dn = name("schemaNamingContext")?;
        self.root_dse.vendor = entry.text("vendorName");
        self.functionality = entry.text("domainControllerFunctionality").and_then(|level| level.parse().ok());
        // CN=DC1,CN=Servers,CN=<site>,CN=Sites,…
        let site = name("serverName").ok().and_then(|server| server.parent()).and_then(|servers| servers.parent());
        self.root_dse.site = site.map(|site| site.name());
        // The first is the user, the others are its groups.
        self.root_dse.user = entry.bytes("tokenGroups").and_then(|bytes| Sid::from_bytes(bytes).ok());
        Ok(())
    }

    /// Looks up who we are, where the logon itself does not tell.
    async fn name_of_user(&self) -> Result<String, StoreError> {
        let Some(sid) = &self.root_dse.user else { return Ok(String::new()) };
        let request = SearchRequest {
            base: self.root_dse.domain_dn.clone(),
            scope: Scope::Subtree,
            filter: Filter::Equals("objectSid".to_owned(), sid.to_bytes()),
            attributes: vec!["sAMAccountName".to_owned()],
            sd_parts: None,
        };
        let found = self.search(&request).await?;
        let name = found.first().and_then(|entry| entry.text("sAMAccountName"));
        // A user of another domain is known here by its SID only.
        Ok(name.map_or_else(|| sid.to_string(), |name| format!("{name}@{}", self.root_dse.domain)))
    }

    /// Returns a connection that is not known to be broken.
    async fn session(&self) -> Result<Session, StoreError> {
        let mut session = self.session.lock().await;
        if session.reason.get().is_some() || session.ldap.is_closed() {
            *session = self.logon.log_on_again(&self.server, self.way, &self.facts).await?;
        }
        Ok(session.clone())
    }

    async fn search_once(
        &self,
        request: &SearchRequest,
        visit: &mut (dyn FnMut(Entry) -> Visit + Send),
        seen: &mut Seen,
    ) -> Result<(), Failure> {
        let session = self.session().await.map_err(Failure::Final)?;
        let filter = request.filter.to_string();
        let mut cookie = Vec::new();
        let mut paged = request.scope != Scope::Base && !self.prefers_whole_answers();
        loop {
            let mut controls = vec![domain_scope()];
            controls.extend(request.sd_parts.map(sd_flags));
            if paged {
                controls.push(paged_results(PAGE_SIZE, &cookie));
            }
            let page = Page { request, filter: &filter, controls };
            let Some(result) = self.search_page(&session, page, visit, seen).await? else { return Ok(()) };
            if !paged && matches!(result.rc, SIZE_LIMIT_EXCEEDED | ADMIN_LIMIT_EXCEEDED) {
                paged = true;
                seen.start_again();
                continue;
            }
            if result.rc != 0 {
                return Err(Failure::Final(store_error(result.rc, &result.text, request.base.as_str())));
            }
            cookie = next_cookie(&result.ctrls, request.base.as_str()).map_err(Failure::Final)?;
            if cookie.is_empty() {
                return Ok(());
            }
        }
    }

    /// Tells whether the server is best asked for everything at once. Samba sets no limit, and looks up each entry of a
    /// page anew: a thousand entries in pages take it five times as long. Should one set a limit, paging follows.
    fn prefers_whole_answers(&self) -> bool {
        self.root_dse.vendor.as_deref().is_some_and(|vendor| vendor.starts_with("Samba"))
    }

    /// Reads one page; none where the visitor has seen enough.
    async fn search_page(
        &self,
        session: &Session,
        page: Page<'_>,
        visit: &mut (dyn FnMut(Entry) -> Visit + Send),
        seen: &mut Seen,
    ) -> Result<Option<LdapResult>, Failure> {
        let object = page.request.base.as_str();
        let mut ldap = session.ldap.clone();
        ldap.with_controls(page.controls);
        self.count();
        let scope = match page.request.scope {
            Scope::Base => ldap3::Scope::Base,
            Scope::OneLevel => ldap3::Scope::OneLevel,
            Scope::Subtree => ldap3::Scope::Subtree,
        };
        let starting = ldap.streaming_search(object, scope, page.filter, page.request.attributes.clone());
        let mut stream = self.in_time(session, object, starting).await?;
        let mut abandon =
            AbandonOnDrop { ldap: stream.ldap_handle().clone(), id: Some(stream.ldap_handle().last_id()) };
        while let Some(found) = self.in_time(session, object, stream.next()).await? {
            let Some(entry) = read_entry(found).map_err(Failure::Final)? else { continue };
            if !seen.is_new(&entry.dn) {
                continue;
            }
            let entry = self.complete_ranges(session, entry).await?;
            if visit(entry) == Visit::Stop {
                return Ok(None);
            }
        }
        abandon.id = None;
        Ok(Some(stream.finish().await))
    }

    /// Fetches the rest of attributes with more values than the server gives at once
    /// (`member;range=0-1499`, [MS-ADTS] 3.1.1.3.1.3.3).
    async fn complete_ranges(&self, session: &Session, mut entry: Entry) -> Result<Entry, Failure> {
        let partial: Vec<(String, usize)> =
            entry.attributes.iter().filter_map(|attribute| next_range(&attribute.name)).collect();
        for (name, mut from) in partial {
            let whole = entry
                .attributes
                .iter()
                .position(|attribute| next_range(&attribute.name).is_some_and(|(found, _)| found == name));
            let Some(whole) = whole else { continue };
            loop {
                let wanted = vec![format!("{name};range={from}-*")];
                let object = entry.dn.as_str();
                let filter = Filter::any_object().to_string();
                self.count();
                let mut ldap = session.ldap.clone();
                let searching = ldap.search(object, ldap3::Scope::Base, &filter, wanted);
                let result = self.in_time(session, object, searching).await?;
                if result.1.rc != 0 {
                    return Err(Failure::Final(store_error(result.1.rc, &result.1.text, object)));
                }
                let mut more = Vec::new();
                for found in result.0 {
                    more.extend(read_entry(found).map_err(Failure::Final)?.map(|entry| entry.attributes));
                }
                let part = more.into_iter().flatten().find(|attribute| attribute.name.contains(";range="));
                let Some(part) = part else { break };
                let next = next_range(&part.name);
                entry.attributes[whole].values.extend(part.values);
                match next {
                    Some((_, next)) if next > from => from = next,
                    _ => break,
                }
            }
            entry.attributes[whole].name = name;
        }
        Ok(entry)
    }

    async fn write(&self, dn: &Dn, controls: Vec<RawControl>, operation: Write<'_>) -> Result<(), StoreError> {
        let session = self.session().await?;
        let mut ldap = session.ldap.clone();
        if !controls.is_empty() {
            ldap.with_controls(controls);
        }
        self.count();
        let name = dn.as_str();
        let is_modify = matches!(operation, Write::Modify(_));
        let sending = async {
            match operation {
                Write::Add(attributes) => ldap.add(name, attributes).await,
                Write::Modify(modifications) => ldap.modify(name, modifications).await,
                Write::Delete => ldap.delete(name).await,
                Write::Rename { new_rdn, new_parent } => ldap.modifydn(name, new_rdn, true, new_parent).await,
            }
        };
        match self.in_time(&session, name, sending).await {
            Ok(LdapResult { rc: 0, .. }) => Ok(()),
            Ok(LdapResult { rc, text, .. }) => {
                let error = store_error(rc, &text, name);
                let kind = if is_modify && is_link_conflict(rc, &text) { StoreErrorKind::Conflict } else { error.kind };
                Err(StoreError { kind, ..error })
            }
            Err(failure) => {
                let error = failure.into_error();
                let detail = format!("{}; whether the change was made is not known", error.detail);
                Err(StoreError { object: name.to_owned(), detail, ..error })
            }
        }
    }

    /// Waits for the library no longer than allowed, and finds out why a connection broke.
    async fn in_time<T>(
        &self,
        session: &Session,
        object: &str,
        call: impl Future<Output = Result<T, LdapError>>,
    ) -> Result<T, Failure> {
        match tokio::time::timeout(self.logon.options.timeout, call).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(self.explain(session, object, error).await),
            Err(_) => {
                // The server may be gone without a word; the next call had better connect anew.
                session.reason.set(StoreError::new(StoreErrorKind::Timeout, &self.server.host));
                Err(Failure::Final(StoreError::new(StoreErrorKind::Timeout, object).with_detail(format!(
                    "no answer from {} within {} s",
                    self.server.host,
                    self.logon.options.timeout.as_secs()
                ))))
            }
        }
    }

    async fn explain(&self, session: &Session, object: &str, error: LdapError) -> Failure {
        let lost = matches!(
            error,
            LdapError::Io { .. }
                | LdapError::OpSend { .. }
                | LdapError::ResultRecv { .. }
                | LdapError::IdScrubSend { .. }
                | LdapError::MiscSend { .. }
                | LdapError::EndOfStream
        );
        if !lost {
            let kind = match error {
                LdapError::FilterParsing | LdapError::AddNoValues => StoreErrorKind::InvalidValue,
                _ => StoreErrorKind::Corrupt,
            };
            return Failure::Final(StoreError::new(kind, object).with_detail(error));
        }
        // The library may see the end a moment before the relay has told why.
        for _ in 0..20 {
            if session.reason.get().is_some() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let reason = session.reason.get().unwrap_or_else(|| {
            let unreadable = StoreError::new(StoreErrorKind::Corrupt, &self.server.host);
            unreadable.with_detail(format!("the server's answer cannot be read: {error}"))
        });
        session.reason.set(reason.clone());
        if reason.kind == StoreErrorKind::Unreachable { Failure::Lost(reason) } else { Failure::Final(reason) }
    }

    fn count(&self) {
        self.logon.requests.fetch_add(1, Ordering::Relaxed);
    }
}

#[async_trait]
impl Directory for LdapDirectory {
    fn root_dse(&self) -> &RootDse {
        &self.root_dse
    }

    async fn search_with(
        &self,
        request: &SearchRequest,
        visit: &mut (dyn FnMut(Entry) -> Visit + Send),
    ) -> Result<(), StoreError> {
        let mut seen = Seen::default();
        match self.search_once(request, visit, &mut seen).await {
            Err(Failure::Lost(reason)) => {
                tracing::info!("connection lost, the search is repeated: {reason}");
                seen.start_again();
                self.search_once(request, visit, &mut seen).await.map_err(Failure::into_error)
            }
            ended => ended.map_err(Failure::into_error),
        }
    }

    async fn add(&self, dn: &Dn, attributes: &[Attribute]) -> Result<(), StoreError> {
        let attributes: Vec<(Vec<u8>, HashSet<Vec<u8>>)> =
            attributes.iter().map(|attribute| (name_bytes(&attribute.name), set(&attribute.values))).collect();
        self.write(dn, Vec::new(), Write::Add(attributes)).await
    }

    async fn modify(&self, dn: &Dn, changes: &[Change]) -> Result<(), StoreError> {
        let modifications = changes.iter().flat_map(modifications).collect();
        let mut parts = 0;
        for change in changes {
            if let Change::SecurityDescriptor { parts: SdParts(bits), .. } = change {
                parts |= bits;
            }
        }
        let controls = if parts == 0 { Vec::new() } else { vec![sd_flags(SdParts(parts))] };
        self.write(dn, controls, Write::Modify(modifications)).await
    }

    async fn delete(&self, dn: &Dn) -> Result<(), StoreError> {
        self.write(dn, Vec::new(), Write::Delete).await
    }

    async fn delete_tree(&self, dn: &Dn) -> Result<(), StoreError> {
        self.write(dn, vec![tree_delete()], Write::Delete).await
    }

    async fn rename(&self, dn: &Dn, new_rdn: &str, new_parent: Option<&Dn>) -> Result<(), StoreError> {
        self.write(dn, Vec::new(), Write::Rename { new_rdn, new_parent: new_parent.map(Dn::as_str) }).await
    }
}

/// What is known before the rootDSE was read by somebody who is logged on.
fn unread_root_dse(facts: &ServerFacts) -> RootDse {
    RootDse {
        server: facts.dns_name.clone(),
        domain: facts.domain.clone(),
        domain_dn: facts.domain.to_domain_dn(),
        forest_dn: Dn::empty(),
        configuration_dn: Dn::empty(),
        schema_dn: Dn::empty(),
        site: None,
        user: None,
        vendor: None,
    }
}

/// No server's limit is below this; Windows gives at most 1,000 entries at once.
const PAGE_SIZE: u32 = 1000;

/// LDAP results of an answer cut short by a limit of the server (RFC 4511 4.1.9).
const SIZE_LIMIT_EXCEEDED: u32 = 4;
const ADMIN_LIMIT_EXCEEDED: u32 = 11;

struct Page<'a> {
    request: &'a SearchRequest,
    filter: &'a str,
    controls: Vec<RawControl>,
}

enum Write<'a> {
    Add(Vec<(Vec<u8>, HashSet<Vec<u8>>)>),
    Modify(Vec<Mod<Vec<u8>>>),
    Delete,
    Rename { new_rdn: &'a str, new_parent: Option<&'a str> },
}

enum Failure {
    /// The connection broke: a read may be tried again.
    Lost(StoreError),
    /// Trying again would not help, or is not allowed.
    Final(StoreError),
}

impl Failure {
    fn into_error(self) -> StoreError {
        match self {
            Failure::Lost(error) | Failure::Final(error) => error,
        }
    }
}

/// Names already given out, by their hashes, so that a repeated search gives none twice.
#[derive(Default)]
struct Seen {
    hashes: HashSet<u64>,
    hasher: RandomState,
    repeating: bool,
}

impl Seen {
    fn is_new(&mut self, dn: &Dn) -> bool {
        self.hashes.insert(self.hasher.hash_one(dn)) || !self.repeating
    }

    fn start_again(&mut self) {
        self.repeating = true;
    }
}

/// Tells the server to stop where a search is left before its end, be it by choice, error or a dropped future.
struct AbandonOnDrop {
    ldap: Ldap,
    id: Option<i32>,
}

impl Drop for AbandonOnDrop {
    fn drop(&mut self) {
        let Some(id) = self.id.take() else { return };
        let mut ldap = self.ldap.clone();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                // A connection that is gone needs no abandoning.
                if let Err(error) = ldap.abandon(id).await {
                    tracing::debug!("abandoning a search: {error}");
                }
            });
        }
    }
}

/// Returns name and next index of a partial attribute: `member;range=0-1499` gives (`member`, 1500).
fn next_range(name: &str) -> Option<(String, usize)> {
    let (name, range) = name.split_once(";range=")?;
    let (_, last) = range.split_once('-')?;
    last.parse::<usize>().ok().map(|last| (name.to_owned(), last + 1))
}

/// Linked attributes answer in their own way where a value to be added is there already (68, Windows error 0x562) or one
/// to be removed is not (53 with Windows error 0x561).
fn is_link_conflict(code: u32, text: &str) -> bool {
    code == 68 || code == 53 && text.starts_with("00000561")
}

fn name_bytes(name: &str) -> Vec<u8> {
    name.as_bytes().to_vec()
}

fn set(values: &[Vec<u8>]) -> HashSet<Vec<u8>> {
    values.iter().cloned().collect()
}

fn modifications(change: &Change) -> Vec<Mod<Vec<u8>>> {
    match change {
        Change::Swap { attribute, old, new } => {
            let name = || name_bytes(attribute);
            let remove = old.iter().map(|old| Mod::Delete(name(), HashSet::from([old.clone()])));
            let add = new.iter().map(|new| Mod::Add(name(), HashSet::from([new.clone()])));
            remove.chain(add).collect()
        }
        Change::Replace(attribute) => vec![Mod::Replace(name_bytes(&attribute.name), set(&attribute.values))],
        Change::Add(attribute) => vec![Mod::Add(name_bytes(&attribute.name), set(&attribute.values))],
        Change::Remove(attribute) => vec![Mod::Delete(name_bytes(&attribute.name), set(&attribute.values))],
        Change::SecurityDescriptor { descriptor, .. } => {
            vec![Mod::Replace(name_bytes("nTSecurityDescriptor"), HashSet::from([descriptor.clone()]))]
        }
    }
}

#[cfg(test)]
#[path = "directory_tests.rs"]
mod tests;
