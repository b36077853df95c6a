//! Tickets for the services of domain controllers, from the user's credential cache or from a password.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use smb2::auth::kerberos::KerberosCredentials;
use smb2::auth::kerberos::ccache::{CCache, CcacheCredential, CcachePrincipal};
use smb2::auth::kerberos::messages::PrincipalName;

use crate::ident::{DnsName, Timestamp};
use crate::store::discovery::Discovery;
use crate::store::{ConnectOptions, Credentials, Secret, StoreError, StoreErrorKind};

use super::cache::read_cache;
use super::crypto::Key;
use super::kdc::{Kdc, TgtAnswer, TicketAndKey, ask_for_service, ask_for_tgt, krbtgt};
use super::user_name::UserName;

/// One user's Kerberos identity: fetches tickets and keeps them in memory until they end.
///
/// Shared by the LDAP connections and the SYSVOL of all domains of a forest.
pub struct Kerberos {
    source: Source,
    domain: DnsName,
    explicit_kdc: Option<String>,
    timeout: Duration,
    discovery: Discovery,
    known_kdcs: Mutex<HashMap<String, String>>,
    // Held while a ticket is fetched: two services asked for at once need one ticket-granting ticket, not two.
    tickets: tokio::sync::Mutex<Vec<TicketAndKey>>,
}

enum Source {
    Cache(Option<std::path::PathBuf>),
    Password { user: UserName, password: Secret },
}

/// A ticket for one service on one host.
#[derive(Clone)]
pub struct ServiceTicket(pub(crate) TicketAndKey);

impl Kerberos {
    /// Makes the identity of these credentials. `domain` is where a user name without domain belongs; `controller`
    /// (host or address) is asked as its KDC unless the options name another.
    pub fn new(credentials: &Credentials, options: &ConnectOptions, domain: &DnsName, controller: &str) -> Self {
        let source = match credentials {
            Credentials::CurrentUser => Source::Cache(options.credential_cache.clone()),
            Credentials::Password { user, password } => {
                Source::Password { user: UserName::new(user), password: password.clone() }
            }
        };
        let kerberos = Kerberos {
            source,
            domain: domain.clone(),
            explicit_kdc: options.kdc.clone(),
            // A KDC that does not answer must leave time for the ways to log on that need none.
            timeout: options.timeout / 3,
            discovery: Discovery::new(options),
            known_kdcs: Mutex::default(),
            tickets: tokio::sync::Mutex::default(),
        };
        kerberos.add_kdc(domain, controller);
        kerberos
    }

    /// Tells where the KDC of a domain is: every domain controller is one.
    pub fn add_kdc(&self, domain: &DnsName, controller: &str) {
        let mut known = self.known_kdcs.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        known.entry(domain.as_str().to_uppercase()).or_insert_with(|| controller.to_owned());
    }

    /// Returns a ticket for `service/host`, as `ldap/dc1.corp.example.com`; follows referrals to the host's own realm.
    ///
    /// Fails with `NoTicket` where the cache has no valid ticket, `BadCredentials` where the KDC refuses the password,
    /// `ClockSkew`, `AuthenticationRefused` for what it does not know or forbids, `Unreachable` and `Timeout`.
    pub async fn ticket(&self, service: &str, host: &str) -> Result<ServiceTicket, StoreError> {
        let name = PrincipalName { name_type: 2, name_string: vec![service.to_owned(), host.to_owned()] };
        let mut tickets = self.tickets.lock().await;
        tickets.retain(|ticket| is_valid(ticket.ends));
        if let Some(found) = tickets.iter().find(|ticket| same_name(&ticket.server, &name)) {
            return Ok(ServiceTicket(found.clone()));
        }
        let mut tgt = match tickets.iter().find(|ticket| is_home_tgt(ticket)) {
            Some(tgt) => tgt.clone(),
            None => {
                let found = self.first_ticket(&name).await?;
                tickets.push(found.clone());
                if same_name(&found.server, &name) {
                    return Ok(ServiceTicket(found));
                }
                found
            }
        };
        let mut realm = tgt.client_realm.clone();
        for _ in 0..LONGEST_TRUST_PATH {
            let kdc = self.kdc_of(&realm).await?;
            let ticket = ask_for_service(&kdc, &tgt, &realm, &name).await?;
            match referral(&ticket) {
                Some(next) if next != realm => {
                    realm = next;
                    tgt = ticket;
                }
                _ => {
                    tickets.push(ticket.clone());
                    return Ok(ServiceTicket(ticket));
                }
            }
        }
        let detail = "the trusts between the domains lead in a circle";
        Err(StoreError::new(StoreErrorKind::AuthenticationRefused, format!("{service}/{host}")).with_detail(detail))
    }

    /// Returns the ticket-granting ticket of the user's own realm, or the service's ticket where the cache holds it.
    async fn first_ticket(&self, service: &PrincipalName) -> Result<TicketAndKey, StoreError> {
        match &self.source {
            Source::Cache(path) => {
                let path = path.clone();
                let cache = tokio::task::spawn_blocking(move || read_cache(path.as_deref())).await;
                let cache =
                    cache.map_err(|error| StoreError::new(StoreErrorKind::Io, "Kerberos").with_detail(error))??;
                ticket_of_cache(&cache, service)
            }
            Source::Password { user, password } => {
                let mut name = user.kerberos(&self.domain);
                for _ in 0..LONGEST_TRUST_PATH {
                    let kdc = self.kdc_of(&name.realm).await?;
                    match ask_for_tgt(&kdc, &name, password).await? {
                        TgtAnswer::Ticket(ticket) => return Ok(ticket),
                        TgtAnswer::OtherRealm(realm) => name.realm = realm.to_uppercase(),
                    }
                }
                let detail = "the domains send the user from one to the other";
                Err(StoreError::new(StoreErrorKind::AuthenticationRefused, user).with_detail(detail))
            }
        }
    }

    async fn kdc_of(&self, realm: &str) -> Result<Kdc, StoreError> {
        let is_home = realm.eq_ignore_ascii_case(self.domain.as_str());
        let named = match self.explicit_kdc.as_ref().filter(|_| is_home) {
            Some(address) => Some(address.clone()),
            None => {
                let known = self.known_kdcs.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                known.get(&realm.to_uppercase()).cloned()
            }
        };
        if let Some(name) = named {
            let (host, port) = split_port(&name);
            let addresses = self.discovery.addresses(host, port).await?;
            return Ok(Kdc { name, addresses, timeout: self.timeout });
        }
        let unknown =
            |detail: String| StoreError::new(StoreErrorKind::Unreachable, format!("realm {realm}")).with_detail(detail);
        let domain: DnsName = realm.parse().map_err(|error| unknown(format!("{error}")))?;
        let mut addresses = Vec::new();
        for found in self.discovery.kdcs(&domain).await?.into_iter().take(MOST_KDCS) {
            // One that has no address is as good as one that does not answer.
            match self.discovery.addresses(&found.host, found.port).await {
                Ok(more) => addresses.extend(more),
                Err(error) => tracing::debug!("KDC {}: {error}", found.host),
            }
        }
        if addresses.is_empty() {
            return Err(unknown("DNS names no KDC of it (_kerberos._tcp) that has an address".to_owned()));
        }
        Ok(Kdc { name: realm.to_owned(), addresses, timeout: self.timeout })
    }
}

impl std::fmt::Debug for Kerberos {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.source {
            Source::Cache(path) => write!(f, "Kerberos(cache {path:?})"),
            Source::Password { user, .. } => write!(f, "Kerberos({user})"),
        }
    }
}

impl ServiceTicket {
    /// Returns the user's name as the domain writes it, with the realm: `Administrator@CORP.EXAMPLE.COM`.
    pub fn user(&self) -> String {
        format!("{}@{}", self.0.client.name_string.join("/"), self.0.client_realm)
    }

    /// Returns what an SMB session needs to log on with this ticket: a credential cache of this one ticket, and the
    /// name it was given to (the password is empty and no KDC is asked).
    pub fn smb_login(&self) -> (KerberosCredentials, CCache) {
        let ticket = &self.0;
        // SMB looks its ticket up by the client's realm, so the entry carries that one also for a service elsewhere.
        let name = |name: &PrincipalName| CcachePrincipal {
            name_type: name.name_type.unsigned_abs(),
            realm: ticket.client_realm.clone(),
            components: name.name_string.clone(),
        };
        let ends = u32::try_from(ticket.ends.unix_seconds()).unwrap_or(u32::MAX);
        let entry = CcacheCredential {
            client: name(&ticket.client),
            server: name(&ticket.server),
            key_etype: ticket.key.etype() as u16,
            key_data: ticket.key.bytes().to_vec(),
            authtime: 0,
            starttime: 0,
            endtime: ends,
            renew_till: 0,
            ticket: ticket.ticket.clone(),
        };
        let cache = CCache { version: 0x0504, default_principal: name(&ticket.client), credentials: vec![entry] };
        let credentials = KerberosCredentials {
            username: ticket.client.name_string.join("/"),
            password: String::new(),
            realm: ticket.client_realm.clone(),
            kdc_address: String::new(),
        };
        (credentials, cache)
    }
}

impl std::fmt::Debug for ServiceTicket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ServiceTicket({} for {})", self.0.server.name_string.join("/"), self.user())
    }
}

/// More domains than any chain of trusts has.
const LONGEST_TRUST_PATH: usize = 10;
/// A ticket about to end is fetched anew.
const LEAST_REMAINING_SECS: i64 = 60;

/// More than these are not tried, or a realm that is down would take too long to fail.
const MOST_KDCS: usize = 3;

/// Splits `host`, `host:port`, `[address]` or `[address]:port`; port 88 where none is named.
fn split_port(address: &str) -> (&str, u16) {
    match address.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
            port.parse().map_or((address, 88), |port| (host, port))
        }
        _ => (address, 88),
    }
}

fn is_valid(ends: Timestamp) -> bool {
    ends.unix_seconds() > Timestamp::now().unix_seconds() + LEAST_REMAINING_SECS
}

fn same_name(left: &PrincipalName, right: &PrincipalName) -> bool {
    left.name_string.len() == right.name_string.len()
        && left.name_string.iter().zip(&right.name_string).all(|(left, right)| left.eq_ignore_ascii_case(right))
}

fn is_home_tgt(ticket: &TicketAndKey) -> bool {
    same_name(&ticket.server, &krbtgt(&ticket.client_realm))
}

/// Returns the realm to ask next, where a KDC answers with a ticket for another realm's KDC (RFC 6806 8).
fn referral(ticket: &TicketAndKey) -> Option<String> {
    match &ticket.server.name_string[..] {
        [service, realm] if service == "krbtgt" => Some(realm.clone()),
        _ => None,
    }
}

fn ticket_of_cache(cache: &CCache, service: &PrincipalName) -> Result<TicketAndKey, StoreError> {
    let realm = &cache.default_principal.realm;
    let user = format!("{}@{realm}", cache.default_principal.components.join("/"));
    let no_ticket = |detail: String| StoreError::new(StoreErrorKind::NoTicket, &user).with_detail(detail);
    let named = |wanted: &PrincipalName| {
        let wanted = wanted.clone();
        cache.credentials.iter().filter(move |found| {
            found.server.components.len() == wanted.name_string.len()
                && found.server.components.iter().zip(&wanted.name_string).all(|(a, b)| a.eq_ignore_ascii_case(b))
        })
    };
    let usable = |entry: &&CcacheCredential| ends_of(entry).is_some_and(is_valid);
    let tgt_name = krbtgt(realm);
    if let Some(entry) = named(service).chain(named(&tgt_name)).find(usable) {
        return from_cache(entry).ok_or_else(|| {
            no_ticket(format!(
                "the cached ticket has encryption type {}, only AES (17, 18) is supported",
                entry.key_etype
            ))
        });
    }
    let newest = named(&tgt_name).filter_map(ends_of).max();
    Err(no_ticket(match newest {
        Some(ended) => format!("the ticket expired at {ended}; run `kinit` again, or give user name and password"),
        None => {
            "the credential cache has no ticket of this realm; run `kinit`, or give user name and password".to_owned()
        }
    }))
}

fn ends_of(entry: &CcacheCredential) -> Option<Timestamp> {
    Timestamp::from_unix_seconds(entry.endtime.into())
}

fn from_cache(entry: &CcacheCredential) -> Option<TicketAndKey> {
    let name = |name: &CcachePrincipal| PrincipalName {
        name_type: i32::try_from(name.name_type).unwrap_or(1),
        name_string: name.components.clone(),
    };
    Some(TicketAndKey {
        client: name(&entry.client),
        client_realm: entry.client.realm.clone(),
        server: name(&entry.server),
        ticket: entry.ticket.clone(),
        key: Key::new(entry.key_etype.into(), entry.key_data.clone())?,
        ends: ends_of(entry)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(server: &[&str], key_etype: u16, ends_in_secs: i64) -> CcacheCredential {
        let name = |parts: &[&str]| CcachePrincipal {
            name_type: 1,
            realm: "CORP.EXAMPLE.COM".to_owned(),
            components: parts.iter().map(|part| (*part).to_owned()).collect(),
        };
        CcacheCredential {
            client: name(&["ann"]),
            server: name(server),
            key_etype,
            key_data: vec![1; if key_etype == 18 { 32 } else { 16 }],
            authtime: 0,
            starttime: 0,
            endtime: (Timestamp::now().unix_seconds() + ends_in_secs) as u32,
            renew_till: 0,
            ticket: vec![0x61, 0],
        }
    }

    fn find(credentials: Vec<CcacheCredential>) -> Result<TicketAndKey, StoreError> {
        let default_principal = entry(&[], 18, 0).client;
        let service = PrincipalName { name_type: 2, name_string: vec!["ldap".into(), "DC1.corp.example.com".into()] };
        ticket_of_cache(&CCache { version: 0x0504, default_principal, credentials }, &service)
    }

    #[test]
    fn a_cached_service_ticket_comes_before_the_tgt() {
        let tgt = || entry(&["krbtgt", "CORP.EXAMPLE.COM"], 18, 3600);
        let service = entry(&["ldap", "dc1.corp.example.com"], 17, 3600);
        assert_eq!(find(vec![tgt(), service]).unwrap().server.name_string[0], "ldap");
        let expired = entry(&["ldap", "dc1.corp.example.com"], 17, -1);
        let found = find(vec![expired, tgt()]).unwrap();
        assert!(is_home_tgt(&found));
        assert_eq!(referral(&found).as_deref(), Some("CORP.EXAMPLE.COM"));
    }

    #[test]
    fn what_is_wrong_with_the_cache_is_said() {
        let error = find(vec![entry(&["krbtgt", "CORP.EXAMPLE.COM"], 18, -60)]).err().unwrap();
        assert_eq!(error.kind, StoreErrorKind::NoTicket);
        assert!(error.detail.contains("expired at"), "{error}");
        assert!(find(vec![]).err().unwrap().detail.contains("kinit"));
        let weak = find(vec![entry(&["krbtgt", "CORP.EXAMPLE.COM"], 23, 3600)]).err().unwrap();
        assert!(weak.detail.contains("encryption type 23"), "{weak}");
    }

    #[test]
    fn ports_of_kdcs() {
        for (address, expected) in [
            ("dc1", ("dc1", 88)),
            ("dc1:1088", ("dc1", 1088)),
            ("::1", ("::1", 88)),
            ("[::1]", ("[::1]", 88)),
            ("[::1]:1088", ("[::1]", 1088)),
        ] {
            assert_eq!(split_port(address), expected);
        }
    }

    #[test]
    fn smb_finds_its_ticket() {
        let ticket = ServiceTicket(from_cache(&entry(&["cifs", "dc1.corp.example.com"], 18, 3600)).unwrap());
        let (credentials, cache) = ticket.smb_login();
        let found = cache.find_service_ticket("cifs", "DC1.corp.example.com", &credentials.realm).unwrap();
        assert_eq!(found.ticket, ticket.0.ticket);
        assert_eq!(credentials.username, "ann");
        assert!(!format!("{ticket:?}").contains("[1, 1"));
    }
}
