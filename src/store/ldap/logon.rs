//! Logging on to a domain controller: the ways, the order they are tried in, and the connection that comes of it.
//!
//! Kerberos sealed on port 389, then simple bind inside verified TLS, then NTLM sealed if allowed. Each refusal leads on
//! to the next way and is kept; a wrong password ends the chain, because every further try counts towards lockout.

use std::net::IpAddr;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::Duration;

use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, StdStream};
use rustls::ClientConfig;
use smb2::auth::ntlm::{NtlmAuthenticator, NtlmCredentials};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio::time::Instant;
use tokio_rustls::client::TlsStream;

use crate::ident::DnsName;
use crate::store::auth::{Kerberos, UserName};
use crate::store::discovery::Discovery;
use crate::store::sasl::gssapi::{Context, Initiator};
use crate::store::sasl::relay::{EndReason, spawn_plain, spawn_sealed};
#[cfg(feature = "system-kerberos")]
use crate::store::sasl::system;
use crate::store::sasl::{Layer, ntlm};
use crate::store::{ConnectOptions, Credentials, Secret, StoreError, StoreErrorKind};

use super::outcome::bind_error;
use super::tls;
use super::wire::{Answer, RootAttributes, Wire, first_text};

/// Who logs on and how; shared by all connections of a forest.
pub(crate) struct Logon {
    pub credentials: Credentials,
    pub options: ConnectOptions,
    pub discovery: Discovery,
    pub requests: Arc<AtomicU64>,
    tls: OnceCell<Arc<ClientConfig>>,
    kerberos: OnceCell<Arc<Kerberos>>,
    /// Where a user name without domain belongs: the domain that was logged on to first.
    home: OnceLock<DnsName>,
    /// The refusal of the password. It is not sent again: a changed one would lock the account out bit by bit.
    refused: Mutex<Option<StoreError>>,
}

/// A domain controller to connect to.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    /// DNS name or address.
    pub host: String,
    /// Port where it is not the usual one.
    pub port: Option<u16>,
    /// Whether only TLS from the first byte is wanted.
    pub tls_only: bool,
}

/// A way to log on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Kerberos,
    #[cfg(feature = "system-kerberos")]
    SystemKerberos,
    SimpleInTls,
    SimpleInStartTls,
    Ntlm,
}

/// What a server says of itself before anybody is logged on.
#[derive(Clone, Debug)]
pub(crate) struct ServerFacts {
    /// Its DNS name.
    pub dns_name: String,
    /// The domain it serves.
    pub domain: DnsName,
}

/// A connection on which we are logged on.
#[derive(Clone)]
pub(crate) struct Session {
    pub ldap: Ldap,
    pub reason: EndReason,
    pub user: String,
}

/// A first logon: the connection, how it came about, and what was refused before.
pub(crate) struct LoggedOn {
    pub session: Session,
    pub way: Way,
    pub facts: ServerFacts,
    pub refusals: Vec<String>,
}

impl Logon {
    /// Takes over who logs on and how.
    pub fn new(credentials: Credentials, options: ConnectOptions) -> Self {
        let discovery = Discovery::new(&options);
        let (tls, kerberos) = (OnceCell::new(), OnceCell::new());
        let (home, refused) = (OnceLock::new(), Mutex::default());
        Logon { credentials, options, discovery, requests: Arc::default(), tls, kerberos, home, refused }
    }

    /// Logs on in the first way that the server takes.
    pub async fn log_on(&self, server: &Server) -> Result<LoggedOn, StoreError> {
        let deadline = Instant::now() + self.options.timeout;
        let mut refused = Vec::new();
        if let Credentials::Password { password, user } = &self.credentials {
            // An empty password would be taken as an anonymous logon, and succeed (RFC 4513 5.1.2).
            if password.expose().is_empty() || UserName::new(user).is_empty() {
                return Err(StoreError::new(StoreErrorKind::BadCredentials, user).with_detail("the password is empty"));
            }
        }
        let mut facts = None;
        if !server.tls_only {
            match self.by(deadline, server, self.facts_of(server)).await {
                Ok(found) => facts = Some(found),
                Err(error) => refused.push(("LDAP without TLS", error)),
            }
        }
        for way in self.ways(server, facts.is_some()) {
            // StartTLS presents the same certificate as LDAPS: it is tried only where the port did not answer.
            let ldaps = refused.iter().find(|(name, _)| *name == Way::SimpleInTls.name());
            if way == Way::SimpleInStartTls && ldaps.is_some_and(|(_, error)| !is_absent(error)) {
                continue;
            }
            match self.by(deadline, server, self.open(server, way, facts.as_ref())).await {
                Ok((session, facts)) => {
                    let refusals = refused.iter().map(|(name, error)| format!("{name}: {error}")).collect();
                    return Ok(LoggedOn { session, way, facts, refusals });
                }
                Err(error) if error.kind == StoreErrorKind::BadCredentials => return Err(after(&refused, error)),
                Err(error) => refused.push((way.name(), error)),
            }
        }
        Err(summary(&server.host, refused, &self.credentials))
    }

    /// Logs on again in a way that worked before.
    pub async fn log_on_again(&self, server: &Server, way: Way, facts: &ServerFacts) -> Result<Session, StoreError> {
        let deadline = Instant::now() + self.options.timeout;
        let opened = self.by(deadline, server, self.open(server, way, Some(facts))).await;
        opened.map(|(session, _)| session)
    }

    /// Returns the Kerberos identity; made for the first domain that asks.
    pub async fn kerberos(&self, facts: &ServerFacts, controller: &str) -> Arc<Kerberos> {
        let home = self.home(facts);
        let make = || async { Arc::new(Kerberos::new(&self.credentials, &self.options, home, controller)) };
        let kerberos = self.kerberos.get_or_init(make).await;
        kerberos.add_kdc(&facts.domain, controller);
        kerberos.clone()
    }

    fn ways(&self, server: &Server, plain_port_answers: bool) -> Vec<Way> {
        let with_password = matches!(self.credentials, Credentials::Password { .. });
        let mut ways = Vec::new();
        if plain_port_answers {
            ways.push(Way::Kerberos);
            #[cfg(feature = "system-kerberos")]
            if !with_password {
                ways.push(Way::SystemKerberos);
            }
        }
        if with_password {
            // Another port than the usual one says nothing of where its LDAPS would be.
            if server.tls_only || server.port.is_none() || server.port == Some(389) {
                ways.push(Way::SimpleInTls);
            }
            if plain_port_answers {
                ways.push(Way::SimpleInStartTls);
                if self.options.allow_ntlm {
                    ways.push(Way::Ntlm);
                }
            }
        }
        ways
    }

    async fn open(
        &self,
        server: &Server,
        way: Way,
        facts: Option<&ServerFacts>,
    ) -> Result<(Session, ServerFacts), StoreError> {
        let refused = self.refusal().clone();
        if let Some(error) = refused {
            return Err(error);
        }
        let opened = match (way, &self.credentials, facts) {
            (Way::SimpleInTls | Way::SimpleInStartTls, Credentials::Password { user, password }, _) => {
                let stream = match way {
                    Way::SimpleInTls => self.connect_tls(server).await?,
                    _ => self.connect_start_tls(server).await?,
                };
                let mut wire = self.wire(stream, server);
                let facts = match facts {
                    Some(facts) => facts.clone(),
                    None => read_facts(&mut wire).await?,
                };
                let user = UserName::new(user).simple_bind(self.home(&facts));
                self.bind_simple(server, wire, &user, password).await.map(|session| (session, facts))
            }
            (Way::Kerberos, _, Some(facts)) => {
                self.open_kerberos(server, facts).await.map(|session| (session, facts.clone()))
            }
            #[cfg(feature = "system-kerberos")]
            (Way::SystemKerberos, _, Some(facts)) => {
                self.open_system_kerberos(server, facts).await.map(|session| (session, facts.clone()))
            }
            (Way::Ntlm, Credentials::Password { user, password }, Some(facts)) => {
                let opened = self.open_ntlm(server, facts, &UserName::new(user), password).await;
                opened.map(|session| (session, facts.clone()))
            }
            _ => {
                let detail = "this way to log on is not open to these credentials";
                Err(StoreError::new(StoreErrorKind::AuthenticationRefused, &server.host).with_detail(detail))
            }
        };
        if let Err(error) = &opened
            && error.kind == StoreErrorKind::BadCredentials
        {
            *self.refusal() = Some(error.clone());
        }
        opened
    }

    fn refusal(&self) -> MutexGuard<'_, Option<StoreError>> {
        self.refused.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn home(&self, facts: &ServerFacts) -> &DnsName {
        self.home.get_or_init(|| facts.domain.clone())
    }

    async fn facts_of(&self, server: &Server) -> Result<ServerFacts, StoreError> {
        let stream = self.connect(server, server.port.unwrap_or(389)).await?;
        read_facts(&mut self.wire(stream, server)).await
    }

    async fn open_kerberos(&self, server: &Server, facts: &ServerFacts) -> Result<Session, StoreError> {
        let name = service_host(server, facts);
        let kerberos = self.kerberos(facts, &server.host).await;
        let ticket = kerberos.ticket("ldap", &name).await?;
        let stream = self.connect(server, server.port.unwrap_or(389)).await?;
        let mut wire = self.wire(stream, server);
        let (initiator, token) = Initiator::start(&ticket, &server.host, [0; 16])?;
        let user = ticket.user();
        let finish = |token: &[u8]| initiator.finish(token);
        let choose = |context: Context, offer: &[u8]| context.choose_sealing(offer, &server.host);
        let layer = bind_gssapi(&mut wire, &user, &token, finish, choose).await?;
        self.hand_over_sealed(server, wire.into_inner(), layer, user).await
    }

    #[cfg(feature = "system-kerberos")]
    async fn open_system_kerberos(&self, server: &Server, facts: &ServerFacts) -> Result<Session, StoreError> {
        let (initiator, token) = system::Initiator::start("ldap", &service_host(server, facts)).await?;
        let stream = self.connect(server, server.port.unwrap_or(389)).await?;
        let mut wire = self.wire(stream, server);
        let finish = |token: &[u8]| initiator.finish(token, &server.host);
        let choose = |context: system::Context, offer: &[u8]| context.choose_sealing(offer, &server.host);
        // The library does not tell who it logs on as; the directory is asked later.
        let layer = bind_gssapi(&mut wire, &server.host, &token, finish, choose).await?;
        self.hand_over_sealed(server, wire.into_inner(), layer, String::new()).await
    }

    async fn open_ntlm(
        &self,
        server: &Server,
        facts: &ServerFacts,
        user: &UserName,
        password: &Secret,
    ) -> Result<Session, StoreError> {
        let stream = self.connect(server, server.port.unwrap_or(389)).await?;
        let mut wire = self.wire(stream, server);
        let (username, domain) = user.ntlm(self.home(facts));
        let password = password.expose().to_owned();
        let mut ntlm = NtlmAuthenticator::new(NtlmCredentials { username, password, domain });
        let answer = wire.bind_sasl("GSS-SPNEGO", &ntlm.negotiate()).await?;
        if answer.code != SASL_IN_PROGRESS {
            return Err(refused_bind(&answer, &user.to_string()));
        }
        let challenge = answer.credentials.unwrap_or_default();
        let corrupt = |what: &str| StoreError::new(StoreErrorKind::Corrupt, &server.host).with_detail(what);
        let flags = ntlm::challenge_flags(&challenge).ok_or_else(|| corrupt("the server sent no NTLM challenge"))?;
        let response = ntlm.authenticate(&challenge).map_err(|error| corrupt(&error.to_string()))?;
        let answer = wire.bind_sasl("GSS-SPNEGO", &response).await?;
        if answer.code != 0 {
            return Err(bind_error(answer.code, &answer.text, &user.to_string(), true));
        }
        let layer = ntlm::layer(ntlm.session_key().unwrap_or_default(), flags, &server.host)?;
        self.hand_over_sealed(server, wire.into_inner(), layer, user.to_string()).await
    }

    async fn bind_simple(
        &self,
        server: &Server,
        mut wire: Wire<TlsStream<TcpStream>>,
        user: &str,
        password: &Secret,
    ) -> Result<Session, StoreError> {
        let answer = wire.bind_simple(user, password.expose()).await?;
        if answer.code != 0 {
            return Err(bind_error(answer.code, &answer.text, user, true));
        }
        let (ours, theirs) = socket_pair().map_err(|error| StoreError::from_io(&server.host, &error))?;
        let reason = spawn_plain(wire.into_inner(), ours, server.host.clone());
        library_session(server, theirs, reason, user.to_owned()).await
    }

    async fn hand_over_sealed(
        &self,
        server: &Server,
        stream: TcpStream,
        layer: Layer,
        user: String,
    ) -> Result<Session, StoreError> {
        let (ours, theirs) = socket_pair().map_err(|error| StoreError::from_io(&server.host, &error))?;
        let reason = spawn_sealed(stream, ours, layer, server.host.clone());
        library_session(server, theirs, reason, user).await
    }

    async fn connect(&self, server: &Server, port: u16) -> Result<TcpStream, StoreError> {
        let object = format!("{}:{port}", server.host);
        let limit = self.options.timeout / 3;
        let connecting = async {
            let mut last = StoreError::new(StoreErrorKind::Unreachable, &object);
            for address in self.discovery.addresses(&server.host, port).await? {
                match TcpStream::connect(address).await {
                    Ok(stream) => {
                        stream.set_nodelay(true).map_err(|error| StoreError::from_io(&object, &error))?;
                        return Ok(stream);
                    }
                    Err(error) => {
                        last = StoreError { kind: StoreErrorKind::Unreachable, ..StoreError::from_io(&object, &error) }
                    }
                }
            }
            Err(last)
        };
        let timed_out = || StoreError::new(StoreErrorKind::Timeout, &object).with_detail("no connection");
        tokio::time::timeout(limit, connecting).await.map_err(|_| timed_out())?
    }

    async fn connect_tls(&self, server: &Server) -> Result<TlsStream<TcpStream>, StoreError> {
        let port = if server.tls_only { server.port.unwrap_or(636) } else { 636 };
        let stream = self.connect(server, port).await?;
        tls::start(self.tls_config().await?, &server.host, stream).await
    }

    async fn connect_start_tls(&self, server: &Server) -> Result<TlsStream<TcpStream>, StoreError> {
        let stream = self.connect(server, server.port.unwrap_or(389)).await?;
        let mut wire = self.wire(stream, server);
        let answer = wire.start_tls().await?;
        if answer.code != 0 {
            let error = bind_error(answer.code, &answer.text, &server.host, false);
            return Err(StoreError { kind: StoreErrorKind::AuthenticationRefused, ..error });
        }
        tls::start(self.tls_config().await?, &server.host, wire.into_inner()).await
    }

    async fn tls_config(&self) -> Result<Arc<ClientConfig>, StoreError> {
        let make = || async {
            let ca_file = self.options.ca_file.clone();
            let made = tokio::task::spawn_blocking(move || tls::client_config(ca_file.as_deref())).await;
            made.map_err(|error| StoreError::new(StoreErrorKind::Io, "TLS").with_detail(error))?
        };
        self.tls.get_or_try_init(make).await.cloned()
    }

    fn wire<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S, server: &Server) -> Wire<S> {
        Wire::new(stream, &server.host, self.requests.clone())
    }

    async fn by<T>(
        &self,
        deadline: Instant,
        server: &Server,
        step: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let ended = tokio::time::timeout_at(deadline, step).await;
        ended.unwrap_or_else(|_| Err(StoreError::new(StoreErrorKind::Timeout, &server.host)))
    }
}

impl Way {
    /// Returns how a refusal of this way is headed.
    pub fn name(self) -> &'static str {
        match self {
            Way::Kerberos => "Kerberos",
            #[cfg(feature = "system-kerberos")]
            Way::SystemKerberos => "the system's Kerberos",
            Way::SimpleInTls => "simple bind in TLS",
            Way::SimpleInStartTls => "simple bind in StartTLS",
            Way::Ntlm => "NTLM",
        }
    }

    /// Returns how the session is protected, for the status bar.
    pub fn security(self) -> &'static str {
        match self {
            Way::Kerberos => "Kerberos, sealed",
            #[cfg(feature = "system-kerberos")]
            Way::SystemKerberos => "Kerberos (system), sealed",
            Way::SimpleInTls => "simple bind in TLS",
            Way::SimpleInStartTls => "simple bind in StartTLS",
            Way::Ntlm => "NTLM, sealed",
        }
    }
}

const SASL_IN_PROGRESS: u32 = 14;

/// The host as it stands in the ticket. A name typed by hand is taken at its word; an address, a short name or the
/// domain's own name says nothing Kerberos knows, so there the server's word is taken.
fn service_host(server: &Server, facts: &ServerFacts) -> String {
    let host = server.host.trim_end_matches('.');
    let is_address = host.parse::<IpAddr>().is_ok();
    if is_address || !host.contains('.') || host.eq_ignore_ascii_case(facts.domain.as_str()) {
        facts.dns_name.clone()
    } else {
        host.to_owned()
    }
}

async fn read_facts<S: AsyncRead + AsyncWrite + Unpin>(wire: &mut Wire<S>) -> Result<ServerFacts, StoreError> {
    let attributes = wire.root_dse(&["dnsHostName", "defaultNamingContext"]).await?;
    facts(&attributes).ok_or_else(|| {
        StoreError::new(StoreErrorKind::NotSupported, "LDAP server")
            .with_detail("this is no domain controller: its rootDSE names no domain")
    })
}

fn facts(attributes: &RootAttributes) -> Option<ServerFacts> {
    let domain = first_text(attributes, "defaultNamingContext")?;
    let domain = crate::ident::Dn::parse(&domain).ok()?.domain()?;
    Some(ServerFacts { dns_name: first_text(attributes, "dnsHostName")?, domain })
}

/// The GSSAPI mechanism step by step (RFC 4752 3.1): the context's tokens, then offer and choice of layers.
async fn bind_gssapi<S: AsyncRead + AsyncWrite + Unpin, C>(
    wire: &mut Wire<S>,
    user: &str,
    token: &[u8],
    finish: impl FnOnce(&[u8]) -> Result<C, StoreError>,
    choose: impl FnOnce(C, &[u8]) -> Result<(Layer, Vec<u8>), StoreError>,
) -> Result<Layer, StoreError> {
    let answer = wire.bind_sasl("GSSAPI", token).await?;
    if answer.code != SASL_IN_PROGRESS
        && let Some(token) = answer.credentials.as_deref().filter(|token| !token.is_empty())
    {
        // The token of a refusal says why: a skewed clock, for one.
        return Err(finish(token).err().unwrap_or_else(|| refused_bind(&answer, user)));
    }
    let context = finish(&in_progress(&answer, user)?)?;
    let answer = wire.bind_sasl("GSSAPI", b"").await?;
    let (layer, choice) = choose(context, &in_progress(&answer, user)?)?;
    let answer = wire.bind_sasl("GSSAPI", &choice).await?;
    if answer.code == 0 { Ok(layer) } else { Err(refused_bind(&answer, user)) }
}

fn in_progress(answer: &Answer, user: &str) -> Result<Vec<u8>, StoreError> {
    match &answer.credentials {
        Some(token) if answer.code == SASL_IN_PROGRESS => Ok(token.clone()),
        _ => Err(refused_bind(answer, user)),
    }
}

fn refused_bind(answer: &Answer, user: &str) -> StoreError {
    if answer.code == 0 || answer.code == SASL_IN_PROGRESS {
        return StoreError::new(StoreErrorKind::Corrupt, user).with_detail("the server breaks off the logon");
    }
    bind_error(answer.code, &answer.text, user, false)
}

/// Tells whether a server is not there, so that another may be tried.
pub(crate) fn is_absent(error: &StoreError) -> bool {
    matches!(error.kind, StoreErrorKind::Unreachable | StoreErrorKind::Timeout)
}

/// Puts all refusals into one error; the kind is the one that tells most about what to do.
fn summary(host: &str, mut refused: Vec<(&'static str, StoreError)>, credentials: &Credentials) -> StoreError {
    use StoreErrorKind::*;
    const MOST_TELLING: [StoreErrorKind; 8] =
        [ClockSkew, Integrity, UntrustedCertificate, NoTicket, AuthenticationRefused, Corrupt, Timeout, Unreachable];
    if refused.is_empty() {
        let detail = match credentials {
            Credentials::CurrentUser => "inside TLS only user name and password are taken; use ldap:// for Kerberos",
            Credentials::Password { .. } => "no way to log on is allowed",
        };
        return StoreError::new(AuthenticationRefused, host).with_detail(detail);
    }
    if refused.len() == 1 {
        return refused.remove(0).1;
    }
    let kind = MOST_TELLING.into_iter().find(|kind| refused.iter().any(|(_, error)| error.kind == *kind));
    let kind = kind.unwrap_or(refused[0].1.kind);
    let code = refused.iter().find(|(_, error)| error.kind == kind).and_then(|(_, error)| error.code);
    // An unknown host is told once, not once for each way.
    let mut told: Vec<(String, String)> = Vec::new();
    for (name, error) in &refused {
        let reason = error.to_string();
        match told.iter_mut().find(|(_, known)| *known == reason) {
            Some((names, _)) => *names = format!("{names}, {name}"),
            None => told.push(((*name).to_owned(), reason)),
        }
    }
    let list: Vec<String> = told.iter().map(|(names, reason)| format!("{names}: {reason}")).collect();
    StoreError { kind, object: host.to_owned(), detail: list.join("; "), code }
}

/// Adds to the refusal of a password why the ways before it failed: a server that could not pass a logon on to a trusted
/// domain calls the password wrong all the same.
fn after(refused: &[(&'static str, StoreError)], error: StoreError) -> StoreError {
    let before = refused.iter().map(|(name, error)| format!("; before that, {name}: {error}"));
    let detail = format!("{}{}", error.detail, before.collect::<String>());
    StoreError { detail, ..error }
}

/// Gives the library its end of the pair and starts it.
pub(crate) async fn library_session(
    server: &Server,
    stream: StdStream,
    reason: EndReason,
    user: String,
) -> Result<Session, StoreError> {
    let settings = LdapConnSettings::new().set_conn_timeout(Duration::from_secs(5)).set_std_stream(stream);
    let url = if cfg!(unix) { "ldapi:///" } else { "ldap://localhost" };
    let (connection, ldap) = LdapConnAsync::with_settings(settings, url)
        .await
        .map_err(|error| StoreError::new(StoreErrorKind::Io, &server.host).with_detail(error))?;
    tokio::spawn(async move {
        // Its callers learn the reason from the relay.
        if let Err(error) = connection.drive().await {
            tracing::debug!("LDAP connection ended: {error}");
        }
    });
    Ok(Session { ldap, reason, user })
}

/// Makes the pair of sockets between us and the library.
#[cfg(unix)]
pub(crate) fn socket_pair() -> std::io::Result<(tokio::net::UnixStream, StdStream)> {
    let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
    ours.set_nonblocking(true)?;
    Ok((tokio::net::UnixStream::from_std(ours)?, StdStream::Unix(theirs)))
}

/// Makes the pair of sockets between us and the library: on loopback, where nobody else may take the place.
#[cfg(not(unix))]
pub(crate) fn socket_pair() -> std::io::Result<(TcpStream, StdStream)> {
    let listener = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0))?;
    let theirs = std::net::TcpStream::connect(listener.local_addr()?)?;
    let own_address = theirs.local_addr()?;
    loop {
        let (ours, peer) = listener.accept()?;
        if peer == own_address {
            ours.set_nodelay(true)?;
            theirs.set_nodelay(true)?;
            ours.set_nonblocking(true)?;
            return Ok((TcpStream::from_std(ours)?, StdStream::Tcp(theirs)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(host: &str) -> Server {
        Server { host: host.to_owned(), port: None, tls_only: false }
    }

    fn password() -> Credentials {
        Credentials::Password { user: "ann".to_owned(), password: Secret::new("secret".to_owned()) }
    }

    #[test]
    fn the_order_of_ways() {
        let ways = |credentials: Credentials, allow_ntlm, server: &Server, plain| {
            Logon::new(credentials, ConnectOptions { allow_ntlm, ..ConnectOptions::default() }).ways(server, plain)
        };
        let all = [Way::Kerberos, Way::SimpleInTls, Way::SimpleInStartTls, Way::Ntlm];
        assert_eq!(ways(password(), true, &server("dc"), true), all);
        assert_eq!(ways(password(), false, &server("dc"), true), all[..3]);
        assert_eq!(ways(password(), true, &server("dc"), false), [Way::SimpleInTls]);
        assert_eq!(ways(Credentials::CurrentUser, true, &server("dc"), true)[0], Way::Kerberos);
        let tls_only = Server { tls_only: true, ..server("dc") };
        assert_eq!(ways(password(), true, &tls_only, false), [Way::SimpleInTls]);
        assert_eq!(ways(Credentials::CurrentUser, true, &tls_only, false), []);
        let catalog = Server { port: Some(3268), ..server("dc") };
        assert_eq!(ways(password(), true, &catalog, true), [Way::Kerberos, Way::SimpleInStartTls, Way::Ntlm]);
    }

    #[test]
    fn the_name_in_the_ticket() {
        let facts =
            ServerFacts { dns_name: "dc1.corp.example.com".to_owned(), domain: "corp.example.com".parse().unwrap() };
        for host in ["10.0.0.1", "::1", "dc1", "corp.example.com", "CORP.example.com."] {
            assert_eq!(service_host(&server(host), &facts), "dc1.corp.example.com", "{host}");
        }
        assert_eq!(service_host(&server("dc2.corp.example.com"), &facts), "dc2.corp.example.com");
    }

    #[test]
    fn one_error_tells_of_all_refusals() {
        let error = |kind, detail: &str| StoreError::new(kind, "dc1").with_detail(detail);
        let refused = vec![
            ("Kerberos", error(StoreErrorKind::AuthenticationRefused, "no such service")),
            ("simple bind in TLS", error(StoreErrorKind::UntrustedCertificate, "unknown issuer")),
        ];
        let summary = summary("dc1", refused, &password());
        assert_eq!(summary.kind, StoreErrorKind::UntrustedCertificate);
        assert!(summary.detail.contains("no such service") && summary.detail.contains("unknown issuer"));
    }

    #[test]
    fn the_same_reason_is_told_once() {
        let unknown = || StoreError::new(StoreErrorKind::Unreachable, "dc1").with_detail("unknown host");
        let refused = vec![("LDAP without TLS", unknown()), ("simple bind in TLS", unknown())];
        let summary = summary("dc1", refused, &password());
        assert_eq!(summary.detail, "LDAP without TLS, simple bind in TLS: dc1: cannot be reached (unknown host)");
    }

    #[test]
    fn a_refused_password_tells_what_was_tried_before() {
        let before = vec![("Kerberos", StoreError::new(StoreErrorKind::Unreachable, "realm PARTNER.TEST"))];
        let refused = StoreError::new(StoreErrorKind::BadCredentials, "ann@partner.test").with_detail("data 2");
        let error = after(&before, refused.clone());
        assert_eq!(error.kind, StoreErrorKind::BadCredentials);
        assert_eq!(error.detail, "data 2; before that, Kerberos: realm PARTNER.TEST: cannot be reached");
        assert_eq!(after(&[], refused).detail, "data 2");
    }

    #[tokio::test]
    async fn a_refused_password_is_not_sent_again() {
        let logon = Logon::new(password(), ConnectOptions::default());
        *logon.refusal() = Some(StoreError::new(StoreErrorKind::BadCredentials, "ann"));
        let facts = ServerFacts { dns_name: "dc1.corp.test".to_owned(), domain: "corp.test".parse().unwrap() };
        for way in [Way::Kerberos, Way::SimpleInTls, Way::SimpleInStartTls, Way::Ntlm] {
            let error = logon.log_on_again(&server("127.0.0.1"), way, &facts).await.err().unwrap();
            assert_eq!(error.kind, StoreErrorKind::BadCredentials);
        }
        assert_eq!(logon.requests.load(std::sync::atomic::Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn an_empty_password_is_never_sent() {
        let credentials = Credentials::Password { user: "ann".to_owned(), password: Secret::default() };
        let logon = Logon::new(credentials, ConnectOptions::default());
        let error = logon.log_on(&server("127.0.0.1")).await.err().unwrap();
        assert_eq!(error.kind, StoreErrorKind::BadCredentials);
        assert_eq!(logon.requests.load(std::sync::atomic::Ordering::Relaxed), 0);
    }
}
