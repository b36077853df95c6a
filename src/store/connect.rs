//! Which forest to open, as whom, and the two sides of each of its domains.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use async_trait::async_trait;
use zeroize::Zeroizing;

use crate::ident::DnsName;

use super::controller::check_only_controller;
use super::ldap::LdapForest;
use super::{
    ControllerChoice, ControllerChoices, ControllerSides, Directory, ForestFile, StoreError, StoreErrorKind, Sysvol,
};

/// An opened forest: gives the directory and the SYSVOL of each domain, each opened at most once.
#[async_trait]
pub trait ForestStore: Send + Sync {
    /// Returns how and as whom we are connected, for the status bar.
    fn info(&self) -> ConnectionInfo;

    /// Returns the directory that was opened first; the forest's configuration is read from it.
    fn directory(&self) -> Arc<dyn Directory>;

    /// Returns the directory of a domain of the forest, on its PDC emulator unless chosen otherwise.
    async fn domain_directory(&self, domain: &DnsName) -> Result<Arc<dyn Directory>, StoreError>;

    /// Returns the SYSVOL of a domain, on the same server as its directory.
    async fn sysvol(&self, domain: &DnsName) -> Result<Arc<dyn Sysvol>, StoreError>;

    /// Returns which domain controller of a domain was chosen. A store with one for each domain has that of the PDC emulator.
    fn controller_choice(&self, _domain: &DnsName) -> ControllerChoice {
        ControllerChoice::PdcEmulator
    }

    /// Opens a domain controller of a domain beside the one in use, which stays in use. Fails where it does not answer; another one
    /// never takes its place.
    async fn open_controller(
        &self,
        domain: &DnsName,
        choice: &ControllerChoice,
    ) -> Result<ControllerSides, StoreError> {
        let directory = self.domain_directory(domain).await?;
        check_only_controller(&*directory, choice).await?;
        Ok(ControllerSides { directory, sysvol: self.sysvol(domain).await })
    }

    /// Uses another domain controller for a domain from now on. Fails where it does not answer; then all stays as it was.
    async fn choose_controller(&self, domain: &DnsName, choice: &ControllerChoice) -> Result<(), StoreError> {
        check_only_controller(&*self.domain_directory(domain).await?, choice).await
    }

    /// Reads the configuration partition (the sites) from a domain controller of this domain from now on. Fails where it does not
    /// answer; then all stays as it was.
    async fn choose_configuration_controller(
        &self,
        domain: &DnsName,
        choice: &ControllerChoice,
    ) -> Result<(), StoreError> {
        check_only_controller(&*self.domain_directory(domain).await?, choice).await
    }
}

/// How and as whom a forest was opened.
#[derive(Clone, Debug, Default)]
pub struct ConnectionInfo {
    /// What was asked for: `demo`, a file, a server or a domain.
    pub target: String,
    /// The server in use.
    pub server: String,
    /// Who we are there; empty where nobody is logged on (a file).
    pub user: String,
    /// How the session is protected, in words: `Kerberos, sealed`, `simple bind in TLS`, `local file`.
    pub security: String,
    /// Ways that were tried before and refused, with the reason, in order.
    pub refusals: Vec<String>,
    /// Whether nothing can be written.
    pub read_only: bool,
    /// Where the forest lives, if it is one of its own: a file may be a copy of a real forest, and is another one all the same. None for a real
    /// forest, which is the same over every way in.
    pub own_place: Option<String>,
    /// Requests sent to directory servers so far, pages counted each; stays 0 for a file.
    pub requests: Arc<AtomicU64>,
}

/// What to open; reads from text as `--connect` takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectTarget {
    /// The demo forest built into the program, in memory: every change is gone at exit.
    Demo,
    /// A forest file.
    File(PathBuf),
    /// A domain controller, named by hand; LDAPS where `tls`, else sealed LDAP or StartTLS.
    Server {
        /// DNS name or address.
        host: String,
        /// Port, where it is not the usual one.
        port: Option<u16>,
        /// Whether TLS is wanted from the first byte (`ldaps://`).
        tls: bool,
    },
    /// A domain, whose controllers are found by DNS.
    Domain(DnsName),
}

impl FromStr for ConnectTarget {
    type Err = StoreError;

    /// Reads `demo`, `FILE.gpforest`, `ldap://HOST[:PORT]`, `ldaps://HOST[:PORT]` or a domain's DNS name.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = |detail| StoreError::new(StoreErrorKind::InvalidValue, format!("`{text}`")).with_detail(detail);
        let server = |rest: &str, tls| {
            let rest = rest.trim_end_matches('/');
            let (host, port) = match rest.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
                Some((host, after)) => (host, after.strip_prefix(':')),
                None => rest.split_once(':').map_or((rest, None), |(host, port)| (host, Some(port))),
            };
            let port = port.map(str::parse).transpose().map_err(|_| error("the port is no number from 1 to 65535"))?;
            if host.is_empty() || host.contains(['/', '@', ' ']) {
                return Err(error("expected ldap://HOST or ldaps://HOST"));
            }
            Ok(ConnectTarget::Server { host: host.to_owned(), port, tls })
        };
        if text.eq_ignore_ascii_case("demo") {
            Ok(ConnectTarget::Demo)
        } else if let Some(rest) = text.strip_prefix("ldaps://") {
            server(rest, true)
        } else if let Some(rest) = text.strip_prefix("ldap://") {
            server(rest, false)
        } else if text.ends_with(".gpforest") || text.contains(['/', '\\']) {
            Ok(ConnectTarget::File(PathBuf::from(text)))
        } else {
            text.parse()
                .map(ConnectTarget::Domain)
                .map_err(|_| error("expected demo, FILE.gpforest, ldap[s]://HOST or a domain name"))
        }
    }
}

impl std::fmt::Display for ConnectTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ConnectTarget::Demo => f.write_str("demo"),
            ConnectTarget::File(path) => write!(f, "{}", path.display()),
            ConnectTarget::Server { host, port, tls } => {
                let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
                write!(f, "{}://{host}", if *tls { "ldaps" } else { "ldap" })?;
                port.map_or(Ok(()), |port| write!(f, ":{port}"))
            }
            ConnectTarget::Domain(domain) => write!(f, "{domain}"),
        }
    }
}

/// A password: wiped from memory when dropped, never printed.
#[derive(Clone, Default)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the password over.
    pub fn new(text: String) -> Self {
        Secret(Zeroizing::new(text))
    }

    /// Returns the password, for the one who sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// As whom to log on.
#[derive(Clone, Debug, Default)]
pub enum Credentials {
    /// With the ticket the user already has.
    #[default]
    CurrentUser,
    /// With a user name (`user@domain`, `DOMAIN\user` or `user`) and password.
    Password {
        /// The user name.
        user: String,
        /// The password.
        password: Secret,
    },
}

/// How to connect.
#[derive(Clone, Debug)]
pub struct ConnectOptions {
    /// The longest time any one request may take.
    pub timeout: Duration,
    /// Certificates to trust besides the system's, PEM.
    pub ca_file: Option<PathBuf>,
    /// A Kerberos credential cache other than the environment's.
    pub credential_cache: Option<PathBuf>,
    /// A KDC other than the domain controller or DNS names, `host` or `host:port`.
    pub kdc: Option<String>,
    /// A DNS server to ask for domain controllers, other than the system's.
    pub dns_server: Option<SocketAddr>,
    /// Whether NTLM may be used where nothing better is accepted.
    pub allow_ntlm: bool,
    /// SYSVOL in a folder instead of over SMB: a mounted share or a copied tree that holds a folder per domain.
    pub sysvol_folder: Option<PathBuf>,
    /// Whether a forest file is opened without any right to write.
    pub read_only: bool,
    /// Which domain controllers are used.
    pub controllers: ControllerChoices,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        ConnectOptions {
            timeout: Duration::from_secs(30),
            ca_file: None,
            credential_cache: None,
            kdc: None,
            dns_server: None,
            allow_ntlm: true,
            sysvol_folder: None,
            // What was saved stays what it was unless somebody asks for more.
            read_only: true,
            controllers: ControllerChoices::default(),
        }
    }
}

/// Opens a forest.
pub async fn open(
    target: &ConnectTarget,
    credentials: &Credentials,
    options: &ConnectOptions,
) -> Result<Arc<dyn ForestStore>, StoreError> {
    let store: Arc<dyn ForestStore> = match target {
        ConnectTarget::Demo => super::demo::open().await?,
        ConnectTarget::File(path) => {
            let (path, read_only) = (path.clone(), options.read_only);
            let opened = tokio::task::spawn_blocking(move || ForestFile::open(&path, read_only));
            let forest = opened
                .await
                .map_err(|error| StoreError::new(StoreErrorKind::Cancelled, target).with_detail(error))??;
            Arc::new(forest)
        }
        ConnectTarget::Server { .. } | ConnectTarget::Domain(_) => {
            return Ok(Arc::new(LdapForest::open(target, credentials, options).await?));
        }
    };
    if let Some(choice) = &options.controllers.usual {
        let domain = store.directory().root_dse().domain.clone();
        store.choose_controller(&domain, choice).await?;
    }
    Ok(store)
}
