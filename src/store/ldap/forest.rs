//! A forest behind its domain controllers: one directory per domain, opened when it is first asked for.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tokio::sync::OnceCell;

use crate::ident::{Dn, DnsName};
use crate::store::discovery::Service;
use crate::store::{
    ConnectOptions, ConnectTarget, ConnectionInfo, Credentials, Directory, Filter, FolderSysvol, ForestStore, Scope,
    SearchRequest, SmbLogon, SmbServer, SmbSysvol, StoreError, StoreErrorKind, Sysvol,
};

use super::LdapDirectory;
use super::logon::{Logon, Server, is_absent};

/// A forest opened through a domain controller or a domain's name.
pub struct LdapForest {
    logon: Arc<Logon>,
    info: ConnectionInfo,
    first: Arc<LdapDirectory>,
    domains: Opened<LdapDirectory>,
    sysvols: Opened<dyn Sysvol>,
}

type Opened<T> = Mutex<HashMap<DnsName, Arc<OnceCell<Arc<T>>>>>;

impl LdapForest {
    /// Opens the forest of a server or domain. A server named by hand stays the one for its domain; of other domains,
    /// and of a domain named by its name, the PDC emulator comes first.
    ///
    /// Fails with the kind that tells most about what to do, and with every refusal in its detail.
    pub async fn open(
        target: &ConnectTarget,
        credentials: &Credentials,
        options: &ConnectOptions,
    ) -> Result<Self, StoreError> {
        let logon = Arc::new(Logon::new(credentials.clone(), options.clone()));
        let (first, refusals) = match target {
            ConnectTarget::Server { host, port, tls } => {
                let server = Server { host: host.clone(), port: *port, tls_only: *tls };
                open_first(&logon, vec![server]).await?
            }
            ConnectTarget::Domain(domain) => open_domain(&logon, domain).await?,
            ConnectTarget::Demo | ConnectTarget::File(_) => {
                return Err(StoreError::new(StoreErrorKind::NotSupported, target));
            }
        };
        let info = ConnectionInfo {
            target: target.to_string(),
            server: first.root_dse().server.clone(),
            user: first.user().to_owned(),
            security: first.security().to_owned(),
            refusals,
            read_only: false,
            requests: logon.requests.clone(),
        };
        let first = Arc::new(first);
        Ok(LdapForest { logon, info, first, domains: Mutex::default(), sysvols: Mutex::default() })
    }

    async fn ldap_directory(&self, domain: &DnsName) -> Result<Arc<LdapDirectory>, StoreError> {
        if self.first.root_dse().domain == *domain {
            return Ok(self.first.clone());
        }
        let open = || async {
            match open_domain(&self.logon, domain).await {
                Ok((directory, _)) => Ok(Arc::new(directory)),
                // Where DNS does not know, the forest's configuration names the controllers of every domain.
                Err(error) if is_absent(&error) => match self.configured_servers(domain).await? {
                    found if found.is_empty() => Err(error),
                    found => open_first(&self.logon, found).await.map(|(directory, _)| Arc::new(directory)),
                },
                Err(error) => Err(error),
            }
        };
        cell(&self.domains, domain).get_or_try_init(open).await.cloned()
    }

    /// Opens SYSVOL on the server of the domain's directory, as the same user.
    async fn open_smb(&self, domain: &DnsName) -> Result<SmbSysvol, StoreError> {
        let directory = self.ldap_directory(domain).await?;
        let facts = directory.facts();
        let kerberos = self.logon.kerberos(facts, directory.host()).await;
        let address = self.logon.discovery.addresses(directory.host(), 445).await?.first().map(ToString::to_string);
        let server = SmbServer { host: facts.dns_name.clone(), address, domain: domain.clone() };
        let Logon { credentials, options, .. } = &*self.logon;
        let logons = SmbLogon::ways(kerberos, credentials, &self.first.facts().domain, options.allow_ntlm);
        SmbSysvol::open(server, logons, options.timeout).await
    }

    async fn configured_servers(&self, domain: &DnsName) -> Result<Vec<Server>, StoreError> {
        let request = SearchRequest {
            base: Dn::parse(&format!("CN=Sites,{}", self.first.root_dse().configuration_dn))
                .unwrap_or_else(|_| self.first.root_dse().configuration_dn.clone()),
            scope: Scope::Subtree,
            filter: Filter::And(vec![Filter::class("server"), Filter::Present("dNSHostName".to_owned())]),
            attributes: vec!["dNSHostName".to_owned(), "serverReference".to_owned()],
            sd_parts: None,
        };
        let found = self.first.search(&request).await?;
        let of_domain = found.iter().filter(|entry| {
            let reference = entry.text("serverReference").and_then(|name| Dn::parse(&name).ok());
            reference.and_then(|name| name.domain()).is_some_and(|found| found == *domain)
        });
        let hosts = of_domain.filter_map(|entry| entry.text("dNSHostName"));
        Ok(hosts.map(|host| Server { host, port: None, tls_only: false }).collect())
    }
}

#[async_trait]
impl ForestStore for LdapForest {
    fn info(&self) -> ConnectionInfo {
        self.info.clone()
    }

    fn directory(&self) -> Arc<dyn Directory> {
        self.first.clone()
    }

    async fn domain_directory(&self, domain: &DnsName) -> Result<Arc<dyn Directory>, StoreError> {
        let directory = self.ldap_directory(domain).await?;
        Ok(directory)
    }

    async fn sysvol(&self, domain: &DnsName) -> Result<Arc<dyn Sysvol>, StoreError> {
        let open = || async {
            match &self.logon.options.sysvol_folder {
                Some(folder) => {
                    let opened = FolderSysvol::open_domain(folder, domain, self.logon.options.timeout).await?;
                    Ok(Arc::new(opened) as Arc<dyn Sysvol>)
                }
                None => match self.open_smb(domain).await {
                    // Windows keeps the tickets of its user to itself, but opens the share for that user.
                    Err(error) if cfg!(windows) && error.kind == StoreErrorKind::NoTicket => {
                        let host = self.ldap_directory(domain).await?.facts().dns_name.clone();
                        let share = PathBuf::from(format!(r"\\{host}\sysvol"));
                        let opened = FolderSysvol::open_domain(&share, domain, self.logon.options.timeout).await?;
                        Ok(Arc::new(opened) as Arc<dyn Sysvol>)
                    }
                    opened => Ok(Arc::new(opened?) as Arc<dyn Sysvol>),
                },
            }
        };
        cell(&self.sysvols, domain).get_or_try_init(open).await.cloned()
    }
}

fn cell<T: ?Sized>(opened: &Opened<T>, domain: &DnsName) -> Arc<OnceCell<Arc<T>>> {
    let mut opened = opened.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    opened.entry(domain.clone()).or_default().clone()
}

/// Opens the PDC emulator of a domain, or the nearest of its controllers that answers.
async fn open_domain(logon: &Arc<Logon>, domain: &DnsName) -> Result<(LdapDirectory, Vec<String>), StoreError> {
    let servers = |found: Vec<Service>| -> Vec<Server> {
        found.into_iter().map(|service| Server { host: service.host, port: None, tls_only: false }).collect()
    };
    let pdc = servers(logon.discovery.pdc_emulator(domain).await?);
    let mut refusals = Vec::new();
    if !pdc.is_empty() {
        match open_first(logon, pdc.clone()).await {
            Err(error) if is_absent(&error) => refusals.push(format!("PDC emulator: {error}")),
            opened => return opened,
        }
    }
    let mut others = servers(logon.discovery.controllers(domain).await?);
    others.retain(|server| !pdc.iter().any(|pdc| pdc.host.eq_ignore_ascii_case(&server.host)));
    if others.is_empty() && !refusals.is_empty() {
        return Err(none_answers(domain, &refusals));
    }
    match open_first(logon, others).await {
        Ok((directory, more)) => {
            refusals.extend(more);
            Ok((directory, refusals))
        }
        Err(error) if is_absent(&error) && !refusals.is_empty() => {
            refusals.push(error.to_string());
            Err(none_answers(domain, &refusals))
        }
        Err(error) => Err(error),
    }
}

fn none_answers(domain: &DnsName, refusals: &[String]) -> StoreError {
    let detail = format!("none of its domain controllers answers: {}", refusals.join("; "));
    StoreError::new(StoreErrorKind::Unreachable, domain).with_detail(detail)
}

/// Opens the first of the servers that answers; returns it with what was refused on the way.
async fn open_first(logon: &Arc<Logon>, servers: Vec<Server>) -> Result<(LdapDirectory, Vec<String>), StoreError> {
    let mut refusals = Vec::new();
    let mut last = None;
    for server in servers {
        match logon.log_on(&server).await {
            Ok(mut logged_on) => {
                refusals.append(&mut logged_on.refusals);
                let directory = LdapDirectory::new(logon.clone(), server, logged_on).await?;
                return Ok((directory, refusals));
            }
            Err(error) if is_absent(&error) => {
                refusals.push(error.to_string());
                last = Some(error);
            }
            Err(error) => return Err(error),
        }
    }
    let last = last.unwrap_or_else(|| StoreError::new(StoreErrorKind::Unreachable, "domain controller"));
    if refusals.len() < 2 {
        return Err(last);
    }
    Err(StoreError { object: "domain controllers".to_owned(), detail: refusals.join("; "), ..last })
}
