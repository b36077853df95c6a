//! A domain with several domain controllers: each is a forest file of its own, and one may be dead.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use opengpmc::ident::{Dn, DnsName};
use opengpmc::store::{
    Attribute, Change, ConnectionInfo, ControllerChoice, ControllerSides, Directory, ForestStore, StoreError,
    StoreErrorKind, Sysvol, is_controller,
};

use super::small_domain::{self, BASELINE, DOMAIN, IMPORTED, as_backed_up, before_import, dns, make_forest, write_gpo};

/// How long a dead controller lets its callers wait.
pub const TIMEOUT: Duration = Duration::from_millis(300);

/// The names of the controllers of a forest: `dc1.corp.test` is the PDC emulator and stands in Berlin, `dc2` in Paris, `dc3` in Rome.
pub const NAMES: [&str; 3] = ["dc1.corp.test", "dc2.corp.test", "dc3.corp.test"];
const SITES: [&str; 3] = ["Berlin", "Paris", "Rome"];

/// A forest whose first domain has several controllers.
pub struct SeveralControllers {
    /// What each has; none where it is dead.
    pub controllers: Vec<Option<Arc<dyn ForestStore>>>,
    /// The one in use for the domain and for the configuration, by their places.
    in_use: AtomicUsize,
    configuration: AtomicUsize,
    choice: Mutex<ControllerChoice>,
    /// Whether the domain stays unloaded until a controller is chosen.
    pub unloaded: std::sync::atomic::AtomicBool,
}

impl SeveralControllers {
    /// Takes over what the controllers have, in the order of their names; those without anything are dead.
    pub fn new(controllers: Vec<Option<Arc<dyn ForestStore>>>) -> Self {
        let first = controllers.iter().position(Option::is_some).expect("one that answers");
        SeveralControllers {
            controllers,
            in_use: AtomicUsize::new(first),
            configuration: AtomicUsize::new(first),
            choice: Mutex::default(),
            unloaded: false.into(),
        }
    }

    fn own(&self) -> &Arc<dyn ForestStore> {
        self.controllers[self.in_use.load(Ordering::SeqCst)].as_ref().unwrap()
    }

    async fn find(&self, choice: &ControllerChoice) -> Result<usize, StoreError> {
        let place = match choice {
            ControllerChoice::PdcEmulator => Some(0),
            ControllerChoice::Any | ControllerChoice::AnyFrom2003 => self.controllers.iter().position(Option::is_some),
            ControllerChoice::Named(name) => NAMES.iter().position(|known| is_controller(known, name)),
        };
        match place.filter(|place| self.controllers.get(*place).is_some_and(Option::is_some)) {
            Some(place) => Ok(place),
            None => {
                tokio::time::sleep(TIMEOUT).await;
                let name = place.map_or("nobody", |place| NAMES[place]);
                Err(StoreError::new(StoreErrorKind::Timeout, name))
            }
        }
    }
}

#[async_trait]
impl ForestStore for SeveralControllers {
    fn info(&self) -> ConnectionInfo {
        let server = NAMES[self.configuration.load(Ordering::SeqCst)].to_owned();
        ConnectionInfo { target: "several".to_owned(), server, ..ConnectionInfo::default() }
    }

    fn directory(&self) -> Arc<dyn Directory> {
        self.controllers[self.configuration.load(Ordering::SeqCst)].as_ref().unwrap().directory()
    }

    async fn domain_directory(&self, domain: &DnsName) -> Result<Arc<dyn Directory>, StoreError> {
        if self.unloaded.load(Ordering::SeqCst) && domain.as_str() == DOMAIN {
            return Err(StoreError::new(StoreErrorKind::Unreachable, domain).with_detail("its PDC emulator is gone"));
        }
        self.own().domain_directory(domain).await
    }

    async fn sysvol(&self, domain: &DnsName) -> Result<Arc<dyn Sysvol>, StoreError> {
        self.own().sysvol(domain).await
    }

    fn controller_choice(&self, _domain: &DnsName) -> ControllerChoice {
        self.choice.lock().unwrap().clone()
    }

    async fn open_controller(
        &self,
        domain: &DnsName,
        choice: &ControllerChoice,
    ) -> Result<ControllerSides, StoreError> {
        let store = self.controllers[self.find(choice).await?].as_ref().unwrap();
        Ok(ControllerSides { directory: store.domain_directory(domain).await?, sysvol: store.sysvol(domain).await })
    }

    async fn choose_controller(&self, _domain: &DnsName, choice: &ControllerChoice) -> Result<(), StoreError> {
        self.in_use.store(self.find(choice).await?, Ordering::SeqCst);
        *self.choice.lock().unwrap() = choice.clone();
        self.unloaded.store(false, Ordering::SeqCst);
        Ok(())
    }

    async fn choose_configuration_controller(
        &self,
        _domain: &DnsName,
        choice: &ControllerChoice,
    ) -> Result<(), StoreError> {
        self.configuration.store(self.find(choice).await?, Ordering::SeqCst);
        Ok(())
    }
}

/// Makes what one controller has: the forest of [`small_domain`] with two GPOs and all three controllers in its configuration.
pub async fn controller(folder: &Path, name: &str) -> Arc<dyn ForestStore> {
    let store: Arc<dyn ForestStore> = Arc::new(make_forest(&folder.join(format!("{name}.gpforest"))));
    add_controllers(&*store).await;
    write_gpo(&*store, &dns(DOMAIN), BASELINE, &as_backed_up()).await;
    write_gpo(&*store, &dns(DOMAIN), IMPORTED, &before_import()).await;
    store
}

async fn add_controllers(store: &dyn ForestStore) {
    let directory = store.directory();
    let root = directory.root_dse();
    let sites = root.configuration_dn.child("CN", "Sites");
    let add = async |dn: &Dn, attributes: &[(&str, &str)]| {
        let attributes: Vec<_> = attributes.iter().map(|(name, value)| Attribute::text(name, *value)).collect();
        match directory.add(dn, &attributes).await {
            Err(error) if error.kind != StoreErrorKind::AlreadyExists => panic!("{error}"),
            _ => {}
        }
    };
    add(&sites, &[("objectClass", "sitesContainer")]).await;
    let mut pdc = None;
    for (name, site) in NAMES.into_iter().zip(SITES) {
        let site = sites.child("CN", site);
        add(&site, &[("objectClass", "site")]).await;
        let servers = site.child("CN", "Servers");
        add(&servers, &[("objectClass", "serversContainer")]).await;
        let server = servers.child("CN", &name[..3].to_uppercase());
        add(&server, &[("objectClass", "server"), ("dNSHostName", name)]).await;
        let settings = server.child("CN", "NTDS Settings");
        let domain = small_domain::dns(DOMAIN).to_domain_dn();
        add(&settings, &[("objectClass", "nTDSDSA"), ("msDS-HasDomainNCs", domain.as_str())]).await;
        pdc.get_or_insert(settings);
    }
    let role = Change::Swap {
        attribute: "fSMORoleOwner".to_owned(),
        old: None,
        new: Some(pdc.unwrap().as_str().as_bytes().to_vec()),
    };
    directory.modify(&root.domain_dn, &[role]).await.unwrap();
}
