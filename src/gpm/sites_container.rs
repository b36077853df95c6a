//! The sites of a forest as a handle (IGPMSitesContainer): read beside the snapshot, without loading any domain.

use std::sync::Arc;

use crate::ident::{Dn, DnsName};
use crate::store::{ControllerChoice, Directory, ForestStore, StoreError, StoreErrorKind};

use super::load::read_sites;
use super::{Found, Som};

/// The container of the sites of an opened forest.
#[derive(Clone)]
pub struct SitesContainer {
    directory: Arc<dyn Directory>,
}

impl SitesContainer {
    /// Returns the sites of a forest, read through the domain controller that was opened first.
    pub fn new(store: &Arc<dyn ForestStore>) -> Self {
        SitesContainer { directory: store.directory() }
    }

    /// Returns the sites of a forest, read through a domain controller of a domain that is chosen for this one handle
    /// (IGPM.GetSitesContainer; [`super::constants::controller_choice`] reads its parameters). Fails where it does not answer.
    pub async fn open_on(
        store: &Arc<dyn ForestStore>,
        domain: &DnsName,
        choice: &ControllerChoice,
    ) -> Result<Self, StoreError> {
        Ok(SitesContainer { directory: store.open_controller(domain, choice).await?.directory })
    }

    /// Returns the domain controller in use.
    pub fn domain_controller(&self) -> &str {
        &self.directory.root_dse().server
    }

    /// Returns the domain through which the sites are read.
    pub fn domain(&self) -> &DnsName {
        &self.directory.root_dse().domain
    }

    /// Returns the DNS name of the forest's root domain; none where the server tells none.
    pub fn forest(&self) -> Option<DnsName> {
        self.directory.root_dse().forest_dn.domain()
    }

    /// Returns the DN of the container.
    pub fn dn(&self) -> Dn {
        self.directory.root_dse().configuration_dn.child("CN", "Sites")
    }

    /// Reads all sites with one search, by name.
    pub async fn sites(&self) -> Result<Found<Som>, StoreError> {
        let sites = read_sites(&*self.directory).await;
        Found { values: sites.sites, problems: sites.problems, error: sites.error }.or_error()
    }

    /// Reads one site by its name; `NotFound` where there is none.
    pub async fn site(&self, name: &str) -> Result<Som, StoreError> {
        let found = self.sites().await?.values.into_iter().find(|site| site.name.eq_ignore_ascii_case(name));
        found.ok_or_else(|| StoreError::new(StoreErrorKind::NotFound, self.dn().child("CN", name)))
    }
}
