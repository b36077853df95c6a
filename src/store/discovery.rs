//! Finding domain controllers and KDCs through DNS (RFC 2782; record names of [MS-ADTS] 6.3.2.3).

mod ping;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RData;

use crate::ident::DnsName;

use super::{ConnectOptions, StoreError, StoreErrorKind};

/// A server that a DNS record names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// DNS name of the host.
    pub host: String,
    /// Port of the service.
    pub port: u16,
}

/// Asks the system's DNS servers, or the one of the options, for the servers of a domain.
#[derive(Clone, Debug)]
pub struct Discovery {
    dns_server: Option<SocketAddr>,
    timeout: Duration,
}

impl Discovery {
    /// Takes the DNS server and the longest time for one question from the options.
    pub fn new(options: &ConnectOptions) -> Self {
        Discovery { dns_server: options.dns_server, timeout: options.timeout }
    }

    /// Returns the PDC emulator of a domain; empty where DNS names none.
    pub async fn pdc_emulator(&self, domain: &DnsName) -> Result<Vec<Service>, StoreError> {
        self.services(&format!("_ldap._tcp.pdc._msdcs.{domain}.")).await
    }

    /// Returns the controllers of a domain in the order to try them: those of our site, then all; within a record set by
    /// priority and weight. Fails where DNS names none.
    pub async fn controllers(&self, domain: &DnsName) -> Result<Vec<Service>, StoreError> {
        let all = self.services(&format!("_ldap._tcp.dc._msdcs.{domain}.")).await?;
        if all.is_empty() {
            let detail = format!(
                "DNS has no record _ldap._tcp.dc._msdcs.{domain}; check the domain's name and that this machine asks \
                 the domain's DNS server, or name a domain controller: ldap://HOST"
            );
            return Err(StoreError::new(StoreErrorKind::Unreachable, domain).with_detail(detail));
        }
        let mut found = match self.client_site(&all, domain).await {
            Some(site) => self.services(&format!("_ldap._tcp.{site}._sites.dc._msdcs.{domain}.")).await?,
            None => Vec::new(),
        };
        for service in all {
            if !found.iter().any(|known| known.host.eq_ignore_ascii_case(&service.host)) {
                found.push(service);
            }
        }
        Ok(found)
    }

    /// Asks some controllers in which site this machine is; the first that answers is believed.
    pub async fn client_site(&self, controllers: &[Service], domain: &DnsName) -> Option<String> {
        for controller in controllers.iter().take(MOST_PINGS) {
            let address = self.addresses(&controller.host, controller.port).await.ok()?.into_iter().next()?;
            if let Some(site) = ping::client_site(address, domain, PING_LIMIT.min(self.timeout)).await {
                return Some(site);
            }
        }
        None
    }

    /// Returns the KDCs of a domain, best first; empty where DNS names none.
    pub async fn kdcs(&self, domain: &DnsName) -> Result<Vec<Service>, StoreError> {
        self.services(&format!("_kerberos._tcp.{domain}.")).await
    }

    /// Returns the addresses of a host, by the DNS server of the options where one is given.
    pub async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, StoreError> {
        let unknown = |detail: String| StoreError::new(StoreErrorKind::Unreachable, host).with_detail(detail);
        if let Ok(address) = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        if self.dns_server.is_some() {
            let answer = self.within(self.resolver()?.lookup_ip(format!("{host}."))).await?;
            if let Ok(found) = answer {
                return Ok(found.iter().map(|address| SocketAddr::new(address, port)).collect());
            }
        }
        let found = self.within(tokio::net::lookup_host((host, port))).await?;
        let found: Vec<SocketAddr> = found.map_err(|error| unknown(format!("unknown host: {error}")))?.collect();
        if found.is_empty() { Err(unknown("unknown host: it has no address".to_owned())) } else { Ok(found) }
    }

    async fn services(&self, record: &str) -> Result<Vec<Service>, StoreError> {
        let answer = match self.within(self.resolver()?.srv_lookup(record)).await? {
            Ok(answer) => answer,
            Err(error) if error.is_no_records_found() => return Ok(Vec::new()),
            Err(error) => {
                return Err(StoreError::new(StoreErrorKind::Unreachable, format!("DNS record {record}"))
                    .with_detail(format!("DNS did not answer: {error}")));
            }
        };
        let records = answer.answers().iter().filter_map(|record| match &record.data {
            RData::SRV(srv) => Some(Candidate {
                priority: srv.priority,
                weight: srv.weight,
                service: Service { host: srv.target.to_utf8().trim_end_matches('.').to_owned(), port: srv.port },
            }),
            _ => None,
        });
        Ok(in_order(records.filter(|record| !record.service.host.is_empty()).collect(), random_below))
    }

    fn resolver(&self) -> Result<TokioResolver, StoreError> {
        let error = |error| StoreError::new(StoreErrorKind::Io, "DNS").with_detail(format!("DNS settings: {error}"));
        let mut builder = match self.dns_server {
            Some(server) => {
                let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
                    connection.port = server.port();
                    connection
                });
                let server = NameServerConfig::new(server.ip(), true, connections.to_vec());
                let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
                TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
            }
            None => TokioResolver::builder_tokio().map_err(error)?,
        };
        let options = builder.options_mut();
        options.timeout = self.timeout.min(Duration::from_secs(3));
        options.attempts = 1;
        builder.build().map_err(error)
    }

    async fn within<T>(&self, question: impl Future<Output = T>) -> Result<T, StoreError> {
        tokio::time::timeout(self.timeout, question).await.map_err(|_| StoreError::new(StoreErrorKind::Timeout, "DNS"))
    }
}

/// Only the order depends on a ping: not worth a long wait.
const PING_LIMIT: Duration = Duration::from_secs(1);
const MOST_PINGS: usize = 3;

struct Candidate {
    priority: u16,
    weight: u16,
    service: Service,
}

/// Orders by priority; within one, draws by weight (RFC 2782). `draw(n)` gives a number below n.
fn in_order(mut candidates: Vec<Candidate>, draw: impl Fn(u32) -> u32) -> Vec<Service> {
    // Weight 0 first, so that it is drawn only by a 0.
    candidates.sort_by_key(|candidate| (candidate.priority, candidate.weight));
    let mut ordered = Vec::with_capacity(candidates.len());
    while let Some(first) = candidates.first() {
        let priority = first.priority;
        let same = candidates.iter().take_while(|candidate| candidate.priority == priority);
        let total: u32 = same.clone().map(|candidate| u32::from(candidate.weight)).sum();
        let drawn = draw(total + 1);
        let mut running = 0;
        let chosen = same.clone().position(|candidate| {
            running += u32::from(candidate.weight);
            running >= drawn
        });
        ordered.push(candidates.remove(chosen.unwrap_or(0)).service);
    }
    ordered
}

fn random_below(limit: u32) -> u32 {
    // Without randomness the order is by weight alone, which is as good for one client.
    getrandom::u32().map_or(0, |number| number % limit.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(records: &[(u16, u16, &str)], draw: impl Fn(u32) -> u32) -> Vec<String> {
        let candidates = records.iter().map(|&(priority, weight, host)| Candidate {
            priority,
            weight,
            service: Service { host: host.to_owned(), port: 389 },
        });
        in_order(candidates.collect(), draw).into_iter().map(|service| service.host).collect()
    }

    #[test]
    fn priority_comes_first_then_weight_decides() {
        let records = [(10, 100, "far"), (0, 1, "light"), (0, 100, "heavy"), (0, 0, "last")];
        assert_eq!(order(&records, |limit| limit - 1), ["heavy", "light", "last", "far"]);
        assert_eq!(order(&records, |_| 0), ["last", "light", "heavy", "far"]);
        assert_eq!(order(&[], |_| 0), Vec::<String>::new());
    }

    #[tokio::test]
    async fn addresses_need_no_dns() {
        let discovery = Discovery { dns_server: None, timeout: Duration::from_secs(5) };
        let found = discovery.addresses("[::1]", 389).await.unwrap();
        assert_eq!(found, ["[::1]:389".parse().unwrap()]);
        assert_eq!(discovery.addresses("127.0.0.9", 636).await.unwrap(), ["127.0.0.9:636".parse().unwrap()]);
    }

    #[tokio::test]
    async fn a_silent_dns_server_ends_in_time() {
        let silent = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let dns_server = Some(silent.local_addr().unwrap());
        let discovery = Discovery { dns_server, timeout: Duration::from_millis(300) };
        let started = std::time::Instant::now();
        let error = discovery.controllers(&"corp.example.com".parse().unwrap()).await.unwrap_err();
        assert!(matches!(error.kind, StoreErrorKind::Timeout | StoreErrorKind::Unreachable), "{error}");
        assert!(started.elapsed() < Duration::from_secs(3));
    }
}
