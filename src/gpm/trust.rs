//! Which domains a domain trusts: its `trustedDomain` objects ([MS-ADTS] 6.1.6.7).

use crate::ident::{Dn, DnsName};
use crate::store::{Filter, ForestStore, Scope, SearchRequest, StoreError, StoreErrorKind};

/// A trust of a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust {
    /// The DNS name of the domain at the other end (`trustPartner`); for a trust between forests, of the forest.
    pub partner: DnsName,
    /// Its NetBIOS name (`flatName`).
    pub netbios_name: String,
    /// Whether each trusts the other (`trustDirection` 3).
    pub is_two_way: bool,
}

impl Trust {
    /// Tells whether it leads to a domain: to the partner, or to a domain below it.
    pub fn leads_to(&self, domain: &DnsName) -> bool {
        let (domain, partner) = (domain.to_string().to_lowercase(), self.partner.to_string().to_lowercase());
        domain == partner || domain.ends_with(&format!(".{partner}"))
    }
}

/// Reads the trusts of a domain whose naming context is `dn`. A domain without any has an empty list; fails where its directory
/// does not answer or may not be read.
pub async fn trusts_of(store: &dyn ForestStore, domain: &DnsName, dn: &Dn) -> Result<Vec<Trust>, StoreError> {
    let directory = store.domain_directory(domain).await?;
    let base = dn.child("CN", "System");
    let attributes = ["trustPartner", "flatName", "trustDirection"].map(str::to_owned).to_vec();
    let filter = Filter::class("trustedDomain");
    let request = SearchRequest { base, scope: Scope::OneLevel, filter, attributes, sd_parts: None };
    let entries = match directory.search(&request).await {
        Err(error) if error.kind == StoreErrorKind::NotFound => return Ok(Vec::new()),
        outcome => outcome?,
    };
    let trust = |entry: crate::store::Entry| {
        Some(Trust {
            partner: entry.text("trustPartner")?.parse().ok()?,
            netbios_name: entry.text("flatName").unwrap_or_default(),
            is_two_way: entry.text("trustDirection").as_deref() == Some("3"),
        })
    };
    Ok(entries.into_iter().filter_map(trust).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trust_leads_to_the_partner_and_to_what_lies_below() {
        let check = |partner: &str, domain: &str, expected: bool| {
            let trust = Trust { partner: partner.parse().unwrap(), netbios_name: "FAR".to_owned(), is_two_way: true };
            assert_eq!(trust.leads_to(&domain.parse().unwrap()), expected, "{partner} to {domain}");
        };
        check("far.example", "far.example", true);
        check("far.example", "SUB.Far.example", true);
        check("far.example", "notfar.example", false);
        check("sub.far.example", "far.example", false);
    }
}
