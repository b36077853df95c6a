//! A forest behind its domain controllers: one directory per domain, opened when it is first asked for.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tokio::sync::OnceCell;

use crate::ident::DnsName;
use crate::store::{
    ConnectOptions, ConnectTarget, ConnectionInfo, ControllerChoice, ControllerChoices, ControllerSides, Credentials,
    Directory, FolderSysvol, ForestStore, SmbLogon, SmbServer, SmbSysvol, StoreError, StoreErrorKind, Sysvol,
};

use super::LdapDirectory;
use super::choose::{self, Opened, open_chosen, open_first};
use super::logon::{Logon, Server, is_absent};

/// A forest opened through a domain controller or a domain's name.
pub struct LdapForest {
    logon: Arc<Logon>,
    info: ConnectionInfo,
    /// Where the configuration partition is read.
    configuration: Mutex<Arc<LdapDirectory>>,
    /// The domain that was opened first; user names without a domain belong there.
    home: DnsName,
    choices: Mutex<ControllerChoices>,
    /// Why the controller chosen for that domain was not opened: told to the first who asks for it, instead of waiting for it once more.
    silent: Mutex<Option<StoreError>>,
    domains: Cells<LdapDirectory>,
    sysvols: Cells<dyn Sysvol>,
}

type Cells<T> = Mutex<HashMap<DnsName, Arc<OnceCell<Arc<T>>>>>;

impl LdapForest {
    /// Opens the forest of a server or domain. A server named by hand stays the one for its domain, unless another was chosen for it;
    /// of other domains, and of a domain named by its name, the PDC emulator comes first.
    ///
    /// Fails with the kind that tells most about what to do, and with every refusal in its detail.
    pub async fn open(
        target: &ConnectTarget,
        credentials: &Credentials,
        options: &ConnectOptions,
    ) -> Result<Self, StoreError> {
        let logon = Arc::new(Logon::new(credentials.clone(), options.clone()));
        let choices = options.controllers.clone();
        let (first, refusals, silent) = match target {
            ConnectTarget::Server { host, port, tls } => {
                let server = Server { host: host.clone(), port: *port, tls_only: *tls };
                let (first, refusals) = open_first(&logon, vec![server]).await?;
                (first, refusals, None)
            }
            ConnectTarget::Domain(domain) => open_home(&logon, domain, &choices).await?,
            ConnectTarget::Demo | ConnectTarget::File(_) => {
                return Err(StoreError::new(StoreErrorKind::NotSupported, target));
            }
        };
        let info = ConnectionInfo {
            own_place: None,
            target: target.to_string(),
            server: String::new(),
            user: first.user().to_owned(),
            security: first.security().to_owned(),
            refusals,
            read_only: false,
            requests: logon.requests.clone(),
        };
        let (home, first) = (first.root_dse().domain.clone(), Arc::new(first));
        let is_chosen = match (target, choices.of_first(&home)) {
            (ConnectTarget::Server { .. }, Some(choice)) => *choice == ControllerChoice::Any,
            _ => silent.is_none(),
        };
        let opened = is_chosen.then(|| (home.clone(), Arc::new(OnceCell::new_with(Some(first.clone())))));
        let forest = LdapForest {
            logon,
            info,
            configuration: Mutex::new(first),
            home,
            choices: Mutex::new(choices),
            silent: Mutex::new(silent),
            domains: Mutex::new(opened.into_iter().collect()),
            sysvols: Mutex::default(),
        };
        forest.apply_configuration_choice().await;
        Ok(forest)
    }

    /// Reads the configuration where it was chosen to be read; where that does not answer, any controller will do: all hold the same.
    async fn apply_configuration_choice(&self) {
        let Some(forest) = self.configuration_directory().root_dse().forest_dn.domain() else { return };
        let chosen = locked(&self.choices).configuration.get(&forest).cloned();
        if let Some((domain, choice)) = chosen
            && let Err(error) = self.choose_configuration_controller(&domain, &choice).await
        {
            tracing::warn!(%error, "the domain controller chosen for the sites does not answer");
        }
    }

    fn configuration_directory(&self) -> Arc<LdapDirectory> {
        locked(&self.configuration).clone()
    }

    async fn ldap_directory(&self, domain: &DnsName) -> Result<Arc<LdapDirectory>, StoreError> {
        if *domain == self.home
            && let Some(error) = locked(&self.silent).take()
        {
            return Err(error);
        }
        let open = || async {
            let known = self.configuration_directory();
            let choice = self.controller_choice(domain);
            let (directory, _) = if choice == ControllerChoice::PdcEmulator && locked(&self.choices).falls_back {
                choose::open_domain(&self.logon, domain, Some(&known)).await?
            } else {
                open_chosen(&self.logon, domain, &choice, Some(&known)).await?
            };
            Ok(Arc::new(directory))
        };
        cell(&self.domains, domain).get_or_try_init(open).await.cloned()
    }

    async fn open_beside(&self, domain: &DnsName, choice: &ControllerChoice) -> Result<LdapDirectory, StoreError> {
        let known = self.configuration_directory();
        open_chosen(&self.logon, domain, choice, Some(&known)).await.map(|(directory, _)| directory)
    }

    /// Opens SYSVOL on the server of a directory, as the same user.
    async fn open_sysvol(&self, directory: &LdapDirectory) -> Result<Arc<dyn Sysvol>, StoreError> {
        match self.open_smb(directory).await {
            // Windows keeps the tickets of its user to itself, but opens the share for that user.
            Err(error) if cfg!(windows) && error.kind == StoreErrorKind::NoTicket => {
                let share = PathBuf::from(format!(r"\\{}\sysvol", directory.facts().dns_name));
                let domain = &directory.root_dse().domain;
                let opened = FolderSysvol::open_domain(&share, domain, self.logon.options.timeout).await?;
                Ok(Arc::new(opened))
            }
            opened => Ok(Arc::new(opened?)),
        }
    }

    async fn open_smb(&self, directory: &LdapDirectory) -> Result<SmbSysvol, StoreError> {
        let facts = directory.facts();
        let kerberos = self.logon.kerberos(facts, directory.host()).await;
        let address = self.logon.discovery.addresses(directory.host(), 445).await?.first().map(ToString::to_string);
        let domain = directory.root_dse().domain.clone();
        let server = SmbServer { host: facts.dns_name.clone(), address, domain };
        let Logon { credentials, options, .. } = &*self.logon;
        let logons = SmbLogon::ways(kerberos, credentials, &self.home, options.allow_ntlm);
        SmbSysvol::open(server, logons, options.timeout).await
    }
}

/// Opens the domain that a forest is opened by; tells why the controller that was chosen for it is not the one that was opened.
async fn open_home(
    logon: &Arc<Logon>,
    domain: &DnsName,
    choices: &ControllerChoices,
) -> Result<(LdapDirectory, Vec<String>, Option<StoreError>), StoreError> {
    let choice = choices.of_first(domain).cloned().unwrap_or_default();
    let chosen = |(directory, refusals): Opened| (directory, refusals, None);
    if choice == ControllerChoice::PdcEmulator && choices.falls_back {
        return choose::open_domain(logon, domain, None).await.map(chosen);
    }
    match open_chosen(logon, domain, &choice, None).await {
        // The forest's configuration can be read from any controller while a person is asked about the domain.
        Err(error) if is_absent(&error) && !choices.falls_back => {
            let (directory, mut refusals) =
                choose::open_other(logon, domain, &choice).await.map_err(|_| error.clone())?;
            refusals.insert(0, error.to_string());
            Ok((directory, refusals, Some(error)))
        }
        opened => opened.map(chosen),
    }
}

#[async_trait]
impl ForestStore for LdapForest {
    fn info(&self) -> ConnectionInfo {
        let server = self.configuration_directory().root_dse().server.clone();
        ConnectionInfo { server, ..self.info.clone() }
    }

    fn directory(&self) -> Arc<dyn Directory> {
        self.configuration_directory()
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
                None => self.open_sysvol(&*self.ldap_directory(domain).await?).await,
            }
        };
        cell(&self.sysvols, domain).get_or_try_init(open).await.cloned()
    }

    fn controller_choice(&self, domain: &DnsName) -> ControllerChoice {
        let choices = locked(&self.choices);
        if *domain == self.home {
            choices.of_first(domain).cloned().unwrap_or_default()
        } else {
            choices.of_other(domain)
        }
    }

    async fn open_controller(
        &self,
        domain: &DnsName,
        choice: &ControllerChoice,
    ) -> Result<ControllerSides, StoreError> {
        let directory = self.open_beside(domain, choice).await?;
        let sysvol = match &self.logon.options.sysvol_folder {
            None => self.open_sysvol(&directory).await,
            // The folder is taken for the SYSVOL of the controller in use, and is nobody else's.
            Some(folder) => match self.ldap_directory(domain).await {
                Ok(own) if own.facts().dns_name.eq_ignore_ascii_case(&directory.facts().dns_name) => {
                    self.sysvol(domain).await
                }
                _ => {
                    let detail = "SYSVOL is read from a folder of this machine, which stands for one domain controller";
                    Err(StoreError::new(StoreErrorKind::NotSupported, folder.display()).with_detail(detail))
                }
            },
        };
        Ok(ControllerSides { directory: Arc::new(directory), sysvol })
    }

    async fn choose_controller(&self, domain: &DnsName, choice: &ControllerChoice) -> Result<(), StoreError> {
        let directory = Arc::new(self.open_beside(domain, choice).await?);
        if *domain == self.home {
            locked(&self.silent).take();
        }
        locked(&self.choices).domains.insert(domain.clone(), choice.clone());
        locked(&self.domains).insert(domain.clone(), Arc::new(OnceCell::new_with(Some(directory))));
        locked(&self.sysvols).remove(domain);
        Ok(())
    }

    async fn choose_configuration_controller(
        &self,
        domain: &DnsName,
        choice: &ControllerChoice,
    ) -> Result<(), StoreError> {
        let directory = self.open_beside(domain, choice).await?;
        *locked(&self.configuration) = Arc::new(directory);
        Ok(())
    }
}

fn locked<T: ?Sized>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

fn cell<T: ?Sized>(opened: &Cells<T>, domain: &DnsName) -> Arc<OnceCell<Arc<T>>> {
    locked(opened).entry(domain.clone()).or_default().clone()
}
