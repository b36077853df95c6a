//! The connection to the server: made when first needed, and again after it broke.

use std::sync::Arc;
use std::time::{Duration, Instant};

use smb2::client::{Cipher, Connection, Session, Tree};
use smb2::transport::{ConnectOptions, TcpTransport};

use crate::ident::{DnsName, Timestamp};
use crate::store::auth::{Kerberos, ServiceTicket, UserName};
use crate::store::{Credentials, Secret, StoreError, StoreErrorKind};

use super::error::logon_error;

/// The share every domain controller has.
pub(super) const SHARE: &str = "sysvol";

/// The domain controller whose SYSVOL is opened.
#[derive(Clone, Debug)]
pub struct SmbServer {
    /// Its DNS name, which is also the name of its ticket (`cifs/host`).
    pub host: String,
    /// Where it answers, `address` or `address:port`, where that is not port 445 of the name.
    pub address: Option<String>,
    /// The domain, whose folder in the share is the root.
    pub domain: DnsName,
}

/// A way to log on.
#[derive(Clone, Debug)]
pub enum SmbLogon {
    /// With a Kerberos ticket.
    Kerberos(Arc<Kerberos>),
    /// With NTLMv2.
    Ntlm {
        /// The user.
        user: UserName,
        /// The domain of a user whose name does not tell it.
        home: DnsName,
        /// The password.
        password: Secret,
    },
}

/// A logged-on connection to the share. Clones speak over the same connection, many at once.
#[derive(Clone)]
pub(super) struct Link {
    pub connection: Connection,
    pub tree: Tree,
    pub protection: String,
    /// When the ticket it stands on ends; the server then ends the session.
    ends: Option<Timestamp>,
}

impl Link {
    fn is_usable(&self) -> bool {
        const LEAST_REMAINING_SECS: i64 = 60;
        let soon = Timestamp::now().unix_seconds() + LEAST_REMAINING_SECS;
        !self.connection.is_disconnected() && self.ends.is_none_or(|ends| ends.unix_seconds() > soon)
    }
}

/// The one connection that is in use, with what it takes to make it anew.
pub(super) struct Links {
    server: SmbServer,
    logons: Vec<SmbLogon>,
    timeout: Duration,
    state: tokio::sync::Mutex<State>,
}

#[derive(Default)]
struct State {
    link: Option<Link>,
    /// When the last try to connect failed, and how.
    failed: Option<(Instant, StoreError)>,
}

impl Links {
    pub fn new(server: SmbServer, logons: Vec<SmbLogon>, timeout: Duration) -> Self {
        Links { server, logons, timeout, state: tokio::sync::Mutex::default() }
    }

    /// Returns the connection, made anew where there is none. Who waited while somebody else failed fails likewise, so
    /// that many requests to a dead server do not wait for it one after the other.
    pub async fn get(&self) -> Result<Link, StoreError> {
        let asked = Instant::now();
        let mut state = self.state.lock().await;
        if let Some(link) = state.link.as_ref().filter(|link| link.is_usable()) {
            return Ok(link.clone());
        }
        if let Some((at, error)) = &state.failed
            && *at >= asked
        {
            return Err(error.clone());
        }
        state.link = None;
        match self.connect().await {
            Ok(link) => {
                state.failed = None;
                state.link = Some(link.clone());
                Ok(link)
            }
            Err(error) => {
                state.failed = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    /// Gives up a connection; the next request makes a new one.
    pub async fn forget(&self, broken: &Link) {
        let mut state = self.state.lock().await;
        let in_use = state.link.as_ref().map(|link| link.connection.session_id());
        if in_use == Some(broken.connection.session_id()) {
            state.link = None;
        }
    }

    async fn connect(&self) -> Result<Link, StoreError> {
        let mut refusals: Vec<(&str, StoreError)> = Vec::new();
        for logon in &self.logons {
            match self.connect_as(logon).await {
                Ok(link) => return Ok(link),
                Err(error) => {
                    let is_the_servers = error.object == self.object();
                    let ends = match error.kind {
                        // Every further try counts towards the lockout of the account, wherever the first was made.
                        StoreErrorKind::BadCredentials | StoreErrorKind::Integrity => true,
                        // A KDC that cannot be reached says nothing of the server.
                        StoreErrorKind::Unreachable | StoreErrorKind::Timeout => is_the_servers,
                        _ => false,
                    };
                    tracing::debug!(server = %self.server.host, way = logon.name(), %error, "SMB log-on failed");
                    refusals.push((logon.name(), error));
                    if ends {
                        break;
                    }
                }
            }
        }
        let all: Vec<String> = refusals.iter().map(|(way, error)| format!("{way}: {error}")).collect();
        match refusals.pop() {
            Some((_, error)) if all.len() == 1 => Err(error),
            Some((_, error)) => Err(StoreError { object: self.object(), ..error }.with_detail(all.join("; "))),
            None => {
                let error = StoreError::new(StoreErrorKind::NoTicket, self.object());
                Err(error.with_detail("there is nothing to log on with"))
            }
        }
    }

    fn object(&self) -> String {
        format!("\\\\{}\\{SHARE}", self.server.host)
    }

    async fn connect_as(&self, logon: &SmbLogon) -> Result<Link, StoreError> {
        // The ticket first: without one there is no need to connect.
        let ticket = match logon {
            SmbLogon::Kerberos(kerberos) => Some(kerberos.ticket("cifs", &self.server.host).await?),
            SmbLogon::Ntlm { user, .. } if user.is_empty() || user.user().eq_ignore_ascii_case("guest") => {
                let error = StoreError::new(StoreErrorKind::AuthenticationRefused, self.object());
                return Err(error.with_detail("a guest's or nameless session is not signed"));
            }
            SmbLogon::Ntlm { .. } => None,
        };
        let login = ticket.as_ref().map(ServiceTicket::smb_login);
        let ends = login.as_ref().and_then(|(_, cache)| cache.credentials.first());
        let ends = ends.and_then(|ticket| Timestamp::from_unix_seconds(i64::from(ticket.endtime)));
        let work = async {
            let mut connection = self.dial().await?;
            let session = match (logon, login) {
                (SmbLogon::Ntlm { user, home, password }, _) => {
                    let (user, domain) = user.ntlm(home);
                    Session::setup(&mut connection, &user, password.expose(), &domain).await?
                }
                (SmbLogon::Kerberos(_), Some((credentials, cache))) => {
                    let host = &self.server.host;
                    Session::setup_kerberos_from_ccache(&mut connection, &credentials, host, &cache).await?
                }
                (SmbLogon::Kerberos(_), None) => return Err(smb2::Error::Auth { message: "no ticket".to_owned() }),
            };
            if !session.should_sign && !session.should_encrypt {
                return Err(smb2::Error::Auth { message: "the server's session is not signed".to_owned() });
            }
            let mut tree = Tree::connect(&mut connection, SHARE).await?;
            encrypt_if_wanted(&mut connection, &session, &tree)?;
            // This server's own files, whatever DFS name space they are part of.
            tree.is_dfs = false;
            connection.deregister_dfs_tree(tree.tree_id);
            let protection = if connection.should_encrypt() { "encrypted" } else { "signed" };
            Ok(Link { connection, tree, protection: format!("{}, {protection}", logon.name()), ends })
        };
        let result = tokio::time::timeout(self.timeout, work).await.unwrap_or(Err(smb2::Error::Timeout));
        result.map_err(|error| {
            let error = logon_error(self.object(), &error);
            // The KDC has accepted the user: what the server refuses then is this ticket, not the password.
            match (logon, error.kind) {
                (SmbLogon::Kerberos(_), StoreErrorKind::BadCredentials) => {
                    StoreError { kind: StoreErrorKind::AuthenticationRefused, ..error }
                }
                _ => error,
            }
        })
    }

    async fn dial(&self) -> Result<Connection, smb2::Error> {
        let address = self.server.address.as_ref().unwrap_or(&self.server.host);
        let options = ConnectOptions::with_timeout(self.timeout);
        let transport = Arc::new(TcpTransport::connect_with(with_port(address).as_str(), options).await?);
        let mut connection =
            Connection::from_transport(Box::new(Arc::clone(&transport)), Box::new(transport), &*self.server.host);
        connection.set_response_timeout(Some(self.timeout));
        connection.set_send_timeout(Some(self.timeout));
        connection.set_credit_wait_timeout(self.timeout);
        // Probing a silent server would stretch the time a request may take.
        connection.set_keepalive(None);
        connection.negotiate().await?;
        Ok(connection)
    }
}

impl SmbLogon {
    /// Returns the ways to log on with these credentials, the best first: Kerberos, then NTLM where a password is given
    /// and NTLM is allowed. `home` is the domain of a user whose name does not tell it.
    pub fn ways(kerberos: Arc<Kerberos>, credentials: &Credentials, home: &DnsName, allow_ntlm: bool) -> Vec<SmbLogon> {
        let mut ways = vec![SmbLogon::Kerberos(kerberos)];
        if let Credentials::Password { user, password } = credentials
            && allow_ntlm
        {
            let (user, home) = (UserName::new(user), home.clone());
            ways.push(SmbLogon::Ntlm { user, home, password: password.clone() });
        }
        ways
    }

    fn name(&self) -> &'static str {
        match self {
            SmbLogon::Kerberos(_) => "Kerberos",
            SmbLogon::Ntlm { .. } => "NTLM",
        }
    }
}

/// Adds the usual port where the address names none.
fn with_port(address: &str) -> String {
    const PORT: u16 = 445;
    if let Ok(bare) = address.parse::<std::net::IpAddr>() {
        return std::net::SocketAddr::new(bare, PORT).to_string();
    }
    let has_port = address.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    if has_port { address.to_owned() } else { format!("{address}:{PORT}") }
}

/// Encrypts where the share demands it ([MS-SMB2] 2.2.10, SMB2_SHAREFLAG_ENCRYPT_DATA).
fn encrypt_if_wanted(connection: &mut Connection, session: &Session, tree: &Tree) -> Result<(), smb2::Error> {
    if !tree.encrypt_data || connection.should_encrypt() {
        return Ok(());
    }
    let (Some(encrypt), Some(decrypt)) = (&session.encryption_key, &session.decryption_key) else {
        let message = "the share demands encryption, which this server's SMB version does not have".to_owned();
        return Err(smb2::Error::Auth { message });
    };
    let cipher = connection.params().and_then(|params| params.cipher).unwrap_or(Cipher::Aes128Ccm);
    connection.activate_encryption(encrypt.clone(), decrypt.clone(), cipher);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_port_is_added() {
        for (address, expected) in [
            ("dc1.corp.example.com", "dc1.corp.example.com:445"),
            ("127.0.0.2", "127.0.0.2:445"),
            ("127.0.0.2:4450", "127.0.0.2:4450"),
            ("::1", "[::1]:445"),
            ("[::1]:4450", "[::1]:4450"),
        ] {
            assert_eq!(with_port(address), expected);
        }
    }
}
