//! What the environment tells of the lab's domain controller.

use std::path::PathBuf;

use opengpmc::ident::DnsName;
use opengpmc::store::{ConnectOptions, Credentials, Secret};
use tokio::sync::{Mutex, MutexGuard};

static WHOLE_DOMAIN: Mutex<()> = Mutex::const_new(());

/// Waits until no other test changes GPOs of the domain or compares all of it. To be held for as long as a test does so.
pub async fn whole_domain() -> MutexGuard<'static, ()> {
    WHOLE_DOMAIN.lock().await
}

/// As [`whole_domain`], for a test that is not asynchronous.
pub fn whole_domain_blocking() -> MutexGuard<'static, ()> {
    WHOLE_DOMAIN.blocking_lock()
}

/// The lab's first domain controller.
pub struct Lab {
    /// DNS name of the domain controller.
    pub host: String,
    /// Its address.
    pub address: String,
    /// The domain.
    pub domain: DnsName,
    /// Its NetBIOS name.
    pub netbios: String,
    /// An administrator of the domain.
    pub user: String,
    /// A user without rights.
    pub plain_user: String,
    /// The certificate authority's certificate.
    pub ca_file: PathBuf,
    /// The lab's DNS server.
    pub dns_server: std::net::SocketAddr,
    password: String,
    user_password: String,
}

impl Lab {
    /// Returns the lab, or prints why the test is skipped.
    pub fn get() -> Option<Lab> {
        if std::env::var_os("OPENGPMC_LAB_ENV").is_none() {
            eprintln!("skipped: no lab (OPENGPMC_LAB_ENV is not set; see tests/lab/samba.sh)");
            return None;
        }
        let variable = |name: &str| {
            std::env::var(format!("OPENGPMC_LAB_{name}")).unwrap_or_else(|_| panic!("OPENGPMC_LAB_{name} is not set"))
        };
        Some(Lab {
            host: variable("HOST"),
            address: variable("ADDRESS"),
            domain: variable("DOMAIN").parse().unwrap(),
            netbios: variable("NETBIOS"),
            user: variable("USER"),
            plain_user: variable("PLAIN_USER"),
            ca_file: variable("CA").into(),
            dns_server: format!("{}:53", variable("DNS")).parse().unwrap(),
            password: variable("PASSWORD"),
            user_password: variable("USER_PASSWORD"),
        })
    }

    /// Returns the administrator's credentials under the name in the form given.
    pub fn admin_as(&self, user: &str) -> Credentials {
        Credentials::Password { user: user.to_owned(), password: Secret::new(self.password.clone()) }
    }

    /// Returns the administrator's credentials.
    pub fn admin(&self) -> Credentials {
        self.admin_as(&self.user)
    }

    /// Returns the credentials of the user without rights.
    pub fn plain(&self) -> Credentials {
        let password = Secret::new(self.user_password.clone());
        Credentials::Password { user: self.plain_user.clone(), password }
    }

    /// Returns the credentials of the member of Group Policy Creator Owners.
    pub fn creator(&self) -> Credentials {
        let user = std::env::var("OPENGPMC_LAB_CREATOR_USER").unwrap();
        Credentials::Password { user, password: Secret::new(self.user_password.clone()) }
    }

    /// Returns options that trust the lab's certificate authority and ask its DNS server.
    pub fn options(&self) -> ConnectOptions {
        ConnectOptions { ca_file: Some(self.ca_file.clone()), ..self.options_without_ca() }
    }

    /// Returns options that ask the lab's DNS server.
    pub fn options_without_ca(&self) -> ConnectOptions {
        ConnectOptions { dns_server: Some(self.dns_server), ..ConnectOptions::default() }
    }
}
