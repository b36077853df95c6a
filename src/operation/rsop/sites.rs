//! In which site a computer stands: by the subnet of its address, or, of a domain controller, by its server object
//! ([MS-ADTS] 6.1.1.2.2, 6.3.3.3).

use std::collections::HashMap;
use std::net::IpAddr;

use crate::ident::Dn;
use crate::rsop::Account;
use crate::store::{Entry, Filter, ForestStore, Scope, SearchRequest, StoreError};

/// The sites of a forest with what belongs to them.
#[derive(Clone, Debug, Default)]
pub struct Sites {
    names: Vec<String>,
    subnets: Vec<Subnet>,
    /// The site of each domain controller, by the DN of its computer account.
    controllers: HashMap<Dn, String>,
}

#[derive(Clone, Debug)]
struct Subnet {
    address: IpAddr,
    /// How many bits of it count.
    prefix: u8,
    site: String,
}

impl Sites {
    /// Reads them with one search of the configuration.
    ///
    /// # Errors
    /// Fails where the configuration cannot be read.
    pub async fn read(store: &dyn ForestStore) -> Result<Self, StoreError> {
        let directory = store.directory();
        let request = SearchRequest {
            base: directory.root_dse().configuration_dn.child("CN", "Sites"),
            scope: Scope::Subtree,
            filter: Filter::Or(["site", "subnet", "server"].map(Filter::class).to_vec()),
            attributes: ["objectClass", "siteObject", "serverReference"].map(str::to_owned).to_vec(),
            sd_parts: None,
        };
        let mut sites = Sites::default();
        for entry in directory.search(&request).await? {
            sites.add(&entry);
        }
        sites.names.sort_by_cached_key(|name| name.to_lowercase());
        Ok(sites)
    }

    /// Returns the names of all sites, sorted.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Returns the site of an address: that of the smallest subnet that holds it; none where no subnet does.
    pub fn of_address(&self, address: IpAddr) -> Option<&str> {
        let holding = self.subnets.iter().filter(|subnet| subnet.holds(address));
        holding.max_by_key(|subnet| subnet.prefix).map(|subnet| subnet.site.as_str())
    }

    /// Returns the site of a computer: by its address where one is known; of a domain controller, that of its server object. Where a
    /// member computer stands, the directory does not say.
    pub fn of_computer(&self, computer: &Account, address: Option<IpAddr>) -> Option<&str> {
        let controller = || self.controllers.get(&computer.dn).map(String::as_str);
        address.and_then(|address| self.of_address(address)).or_else(controller)
    }

    fn add(&mut self, entry: &Entry) {
        let linked = |name: &str| entry.text(name)?.parse::<Dn>().ok();
        if entry.has_class("site") {
            self.names.push(entry.dn.name());
        } else if entry.has_class("subnet") {
            let site = linked("siteObject").map(|dn| dn.name());
            self.subnets.extend(site.and_then(|site| Subnet::parse(&entry.dn.name(), site)));
        } else if let (Some(computer), Some(site)) = (linked("serverReference"), site_of_server(&entry.dn)) {
            self.controllers.insert(computer, site);
        }
    }
}

/// `CN=DC1,CN=Servers,CN=Berlin,CN=Sites,…`
fn site_of_server(dn: &Dn) -> Option<String> {
    Some(dn.parent()?.parent()?.name())
}

impl Subnet {
    /// Reads the name of a subnet, `10.20.0.0/16` or `2001:db8::/32`; none for one that is wrong.
    fn parse(name: &str, site: String) -> Option<Self> {
        let (address, prefix) = name.split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        let prefix: u8 = prefix.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        (prefix <= most).then_some(Subnet { address, prefix, site })
    }

    fn holds(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let differing = (own.to_bits() ^ other.to_bits()).leading_zeros();
                differing >= u32::from(self.prefix)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let differing = (own.to_bits() ^ other.to_bits()).leading_zeros();
                differing >= u32::from(self.prefix)
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_subnet_tells_the_site() {
        let subnet = |name: &str, site: &str| Subnet::parse(name, site.to_owned());
        let subnets = [
            subnet("10.0.0.0/8", "All"),
            subnet("10.20.0.0/16", "Berlin"),
            subnet("10.20.30.0/24", "Lab"),
            subnet("2001:db8:20::/48", "Six"),
            subnet("10.0.0.0/33", "Wrong"),
            subnet("ten/8", "Wrong"),
        ];
        let sites = Sites { subnets: subnets.into_iter().flatten().collect(), ..Sites::default() };
        for (address, expected) in [
            ("10.20.30.7", Some("Lab")),
            ("10.20.31.7", Some("Berlin")),
            ("10.21.0.1", Some("All")),
            ("192.168.0.1", None),
            ("2001:db8:20:1::5", Some("Six")),
            ("2001:db8:21::5", None),
            ("::ffff:10.20.30.7", Some("Lab")),
        ] {
            assert_eq!(sites.of_address(address.parse().unwrap()), expected, "{address}");
        }
    }
}
