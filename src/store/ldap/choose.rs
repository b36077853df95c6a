//! Finding and opening the domain controller that was chosen for a domain: by DNS, and where DNS does not know, by what the forest's
//! configuration says.

use std::sync::Arc;

use crate::ident::{Dn, DnsName};
use crate::store::controller::pdc_server;
use crate::store::discovery::Service;
use crate::store::{ControllerChoice, Directory, Filter, Scope, SearchRequest, StoreError, StoreErrorKind};

use super::LdapDirectory;
use super::logon::{Logon, Server, is_absent};

/// A directory, and what was refused on the way to it.
pub(super) type Opened = (LdapDirectory, Vec<String>);

/// Opens the controller that was chosen; another one never takes its place. `known` is a directory of the same forest, if one is
/// open already.
pub(super) async fn open_chosen(
    logon: &Arc<Logon>,
    domain: &DnsName,
    choice: &ControllerChoice,
    known: Option<&LdapDirectory>,
) -> Result<Opened, StoreError> {
    match choice {
        ControllerChoice::PdcEmulator => open_pdc(logon, domain, known).await,
        ControllerChoice::Any => open_first(logon, all_servers(logon, domain, known).await?).await,
        ControllerChoice::AnyFrom2003 => open_from_2003(logon, domain, all_servers(logon, domain, known).await?).await,
        ControllerChoice::Named(name) => {
            let (directory, refusals) = open_first(logon, vec![server(host_of(name, domain))]).await?;
            if directory.root_dse().domain != *domain {
                let detail = format!("it is a domain controller of {}", directory.root_dse().domain);
                return Err(StoreError::new(StoreErrorKind::NotFound, name).with_detail(detail));
            }
            Ok((directory, refusals))
        }
    }
}

/// Opens the nearest controller of a domain but the one that was chosen, which does not answer.
pub(super) async fn open_other(
    logon: &Arc<Logon>,
    domain: &DnsName,
    silent: &ControllerChoice,
) -> Result<Opened, StoreError> {
    let silent = match silent {
        ControllerChoice::PdcEmulator => servers(logon.discovery.pdc_emulator(domain).await?),
        ControllerChoice::Named(name) => vec![server(host_of(name, domain))],
        ControllerChoice::Any | ControllerChoice::AnyFrom2003 => Vec::new(),
    };
    let mut others = all_servers(logon, domain, None).await?;
    others.retain(|other| !silent.iter().any(|server| server.host.eq_ignore_ascii_case(&other.host)));
    open_first(logon, others).await
}

/// Returns the DNS name of a controller that is named by its DNS or NetBIOS name.
fn host_of(name: &str, domain: &DnsName) -> String {
    if name.contains(['.', ':']) { name.trim_end_matches('.').to_owned() } else { format!("{name}.{domain}") }
}

/// Opens the PDC emulator of a domain, or the nearest of its controllers that answers.
pub(super) async fn open_domain(
    logon: &Arc<Logon>,
    domain: &DnsName,
    known: Option<&LdapDirectory>,
) -> Result<Opened, StoreError> {
    match open_by_dns(logon, domain).await {
        // Where DNS does not know, the forest's configuration names the controllers of every domain.
        Err(error) if is_absent(&error) => match configured_servers(known, domain).await? {
            found if found.is_empty() => Err(error),
            found => open_first(logon, found).await,
        },
        opened => opened,
    }
}

async fn open_by_dns(logon: &Arc<Logon>, domain: &DnsName) -> Result<Opened, StoreError> {
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

/// Opens the PDC emulator that DNS names; where it names none, the one that another controller of the domain names.
async fn open_pdc(logon: &Arc<Logon>, domain: &DnsName, known: Option<&LdapDirectory>) -> Result<Opened, StoreError> {
    match logon.discovery.pdc_emulator(domain).await.map(servers) {
        Ok(found) if !found.is_empty() => return open_first(logon, found).await,
        Err(error) if !is_absent(&error) => return Err(error),
        Ok(_) | Err(_) => {}
    }
    let nearest;
    let holder = match known.filter(|known| known.root_dse().domain == *domain) {
        Some(known) => known,
        None => {
            nearest = open_first(logon, all_servers(logon, domain, known).await?).await?.0;
            &nearest
        }
    };
    let unknown = || {
        let detail = "neither DNS nor the domain names its PDC emulator; choose a domain controller";
        StoreError::new(StoreErrorKind::Unreachable, domain).with_detail(detail)
    };
    let pdc = pdc_server(holder).await?.ok_or_else(unknown)?;
    let host = holder.read(&pdc, &["dNSHostName"], None).await?.text("dNSHostName").ok_or_else(unknown)?;
    open_first(logon, vec![server(host)]).await
}

async fn open_from_2003(logon: &Arc<Logon>, domain: &DnsName, found: Vec<Server>) -> Result<Opened, StoreError> {
    let mut refusals = Vec::new();
    for server in found {
        let host = server.host.clone();
        match open_first(logon, vec![server]).await {
            Ok((directory, more)) if directory.is_from_2003() => {
                refusals.extend(more);
                return Ok((directory, refusals));
            }
            Ok(_) => refusals.push(format!("{host}: runs Windows 2000")),
            Err(error) if is_absent(&error) => refusals.push(error.to_string()),
            Err(error) => return Err(error),
        }
    }
    Err(none_answers(domain, &refusals))
}

/// Returns the controllers of a domain in the order to try them.
async fn all_servers(
    logon: &Arc<Logon>,
    domain: &DnsName,
    known: Option<&LdapDirectory>,
) -> Result<Vec<Server>, StoreError> {
    match logon.discovery.controllers(domain).await {
        Ok(found) => Ok(servers(found)),
        Err(error) if is_absent(&error) => match configured_servers(known, domain).await? {
            found if found.is_empty() => Err(error),
            found => Ok(found),
        },
        Err(error) => Err(error),
    }
}

async fn configured_servers(known: Option<&LdapDirectory>, domain: &DnsName) -> Result<Vec<Server>, StoreError> {
    let Some(known) = known else { return Ok(Vec::new()) };
    let request = SearchRequest {
        base: known.root_dse().configuration_dn.child("CN", "Sites"),
        scope: Scope::Subtree,
        filter: Filter::And(vec![Filter::class("server"), Filter::Present("dNSHostName".to_owned())]),
        attributes: vec!["dNSHostName".to_owned(), "serverReference".to_owned()],
        sd_parts: None,
    };
    let found = known.search(&request).await?;
    let of_domain = found.iter().filter(|entry| {
        let reference = entry.text("serverReference").and_then(|name| Dn::parse(&name).ok());
        reference.and_then(|name| name.domain()).is_some_and(|found| found == *domain)
    });
    Ok(of_domain.filter_map(|entry| entry.text("dNSHostName")).map(server).collect())
}

fn servers(found: Vec<Service>) -> Vec<Server> {
    found.into_iter().map(|service| server(service.host)).collect()
}

fn server(host: String) -> Server {
    Server { host, port: None, tls_only: false }
}

fn none_answers(domain: &DnsName, refusals: &[String]) -> StoreError {
    let detail = format!("none of its domain controllers answers: {}", refusals.join("; "));
    StoreError::new(StoreErrorKind::Unreachable, domain).with_detail(detail)
}

/// Opens the first of the servers that answers; returns it with what was refused on the way.
pub(super) async fn open_first(logon: &Arc<Logon>, servers: Vec<Server>) -> Result<Opened, StoreError> {
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
