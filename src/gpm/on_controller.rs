//! A forest seen with one domain on a domain controller of the caller's choice (IGPM.GetDomain with a name or flags), while everybody
//! else keeps the one in use.

use std::sync::Arc;

use async_trait::async_trait;

use crate::ident::DnsName;
use crate::store::{ConnectionInfo, ControllerChoice, ControllerSides, Directory, ForestStore, StoreError, Sysvol};

/// The view of a forest.
pub(super) struct OnController {
    store: Arc<dyn ForestStore>,
    domain: DnsName,
    choice: ControllerChoice,
    sides: ControllerSides,
}

impl OnController {
    /// Opens the controller; fails where its directory does not answer.
    pub(super) async fn open(
        store: &Arc<dyn ForestStore>,
        domain: &DnsName,
        choice: ControllerChoice,
    ) -> Result<Self, StoreError> {
        let sides = store.open_controller(domain, &choice).await?;
        Ok(OnController { store: store.clone(), domain: domain.clone(), choice, sides })
    }
}

#[async_trait]
impl ForestStore for OnController {
    fn info(&self) -> ConnectionInfo {
        self.store.info()
    }

    fn directory(&self) -> Arc<dyn Directory> {
        self.store.directory()
    }

    async fn domain_directory(&self, domain: &DnsName) -> Result<Arc<dyn Directory>, StoreError> {
        if *domain == self.domain {
            Ok(self.sides.directory.clone())
        } else {
            self.store.domain_directory(domain).await
        }
    }

    async fn sysvol(&self, domain: &DnsName) -> Result<Arc<dyn Sysvol>, StoreError> {
        if *domain == self.domain { self.sides.sysvol.clone() } else { self.store.sysvol(domain).await }
    }

    fn controller_choice(&self, domain: &DnsName) -> ControllerChoice {
        if *domain == self.domain { self.choice.clone() } else { self.store.controller_choice(domain) }
    }

    async fn open_controller(
        &self,
        domain: &DnsName,
        choice: &ControllerChoice,
    ) -> Result<ControllerSides, StoreError> {
        self.store.open_controller(domain, choice).await
    }

    async fn choose_controller(&self, domain: &DnsName, choice: &ControllerChoice) -> Result<(), StoreError> {
        self.store.choose_controller(domain, choice).await
    }

    async fn choose_configuration_controller(
        &self,
        domain: &DnsName,
        choice: &ControllerChoice,
    ) -> Result<(), StoreError> {
        self.store.choose_configuration_controller(domain, choice).await
    }
}
