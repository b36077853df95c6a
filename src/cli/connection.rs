//! The options by which a forest is chosen and opened.

use std::io::{BufRead, IsTerminal, Read};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use zeroize::Zeroizing;

use crate::ident::DnsName;
use crate::store::{
    ConnectOptions, ConnectTarget, ControllerChoice, ControllerChoices, Credentials, Secret, StoreError,
};

/// Which forest to open, and as whom.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Connection")]
pub struct ConnectionArguments {
    /// What to open: demo, FILE.gpforest, ldap://HOST, ldaps://HOST:PORT or a DOMAIN whose controllers are found by DNS
    ///
    /// Without it: the domain in --user, else the domain this machine is logged on to, else the demo forest.
    #[arg(long, global = true, env = "OPENGPMC_CONNECT", value_name = "FOREST", value_parser = connect_target)]
    pub connect: Option<ConnectTarget>,

    /// Log on as this user (user@domain, DOMAIN\user) with a password instead of the present Kerberos ticket
    ///
    /// The password is asked for, or read from the first line of standard input (--password-stdin) or of the file
    /// that OPENGPMC_PASSWORD_FILE names.
    #[arg(long, global = true, value_name = "USER")]
    pub user: Option<String>,

    /// Read the password from the first line of standard input
    #[arg(long, global = true, requires = "user")]
    pub password_stdin: bool,

    /// Trust the certificates in this PEM file besides those of the system
    #[arg(long, global = true, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,

    /// The longest time one request may take, in seconds
    #[arg(long, global = true, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub timeout: Option<u64>,

    /// Never use NTLM
    #[arg(long, global = true)]
    pub no_ntlm: bool,

    /// Ask this KDC for tickets instead of the domain controllers that DNS names
    #[arg(long, global = true, value_name = "HOST[:PORT]")]
    pub kdc: Option<String>,

    /// Ask this DNS server for domain controllers instead of the system's
    #[arg(long, global = true, value_name = "IP[:PORT]", value_parser = dns_server)]
    pub dns_server: Option<SocketAddr>,

    /// Use this domain controller: a name (of the domain that is opened; others use their PDC emulator), `pdc`, `any`, or
    /// `any-2003` for one of Windows Server 2003 or later
    ///
    /// Without it: the PDC emulator, or a server that --connect names.
    #[arg(long, global = true, value_name = "NAME|pdc|any")]
    pub dc: Option<ControllerChoice>,

    /// Let a forest file be changed
    ///
    /// Without it a saved forest stays what it was when it was saved. With it the file is a forest to practise on.
    #[arg(long, global = true)]
    pub writable: bool,

    /// Use the tickets in this credential cache
    #[arg(long, global = true, value_name = "FILE")]
    pub credential_cache: Option<PathBuf>,

    /// Read SYSVOL from this folder (a mounted share or a copy with a folder per domain) instead of over SMB
    #[arg(long, global = true, value_name = "DIR")]
    pub sysvol_folder: Option<PathBuf>,
}

/// The command line asks for something that cannot be: exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(pub String);

impl ConnectionArguments {
    /// Returns the forest to open: what was named, else the domain that can be inferred, else the demo forest.
    /// Tells whether it was named.
    pub fn target(&self) -> (ConnectTarget, bool) {
        if let Some(target) = &self.connect {
            return (target.clone(), true);
        }
        let of_user = self.user.as_deref().and_then(|user| user.rsplit_once('@')).map(|(_, domain)| domain.to_owned());
        let of_session = || std::env::var("USERDNSDOMAIN").ok();
        let name: Option<DnsName> = of_user.or_else(of_session).and_then(|name| name.parse().ok());
        (name.map_or(ConnectTarget::Demo, ConnectTarget::Domain), false)
    }

    /// Returns how to connect.
    pub fn options(&self) -> ConnectOptions {
        let default = ConnectOptions::default();
        ConnectOptions {
            timeout: self.timeout.map_or(default.timeout, Duration::from_secs),
            ca_file: self.ca_file.clone(),
            credential_cache: self.credential_cache.clone(),
            kdc: self.kdc.clone(),
            allow_ntlm: !self.no_ntlm,
            sysvol_folder: self.sysvol_folder.clone(),
            read_only: !self.writable,
            dns_server: self.dns_server,
            controllers: ControllerChoices { usual: self.dc.clone(), ..ControllerChoices::default() },
        }
    }

    /// Returns as whom to log on; asks for the password where one is needed and not given otherwise.
    pub fn credentials(&self, target: &ConnectTarget) -> anyhow::Result<Credentials> {
        let needs_password = matches!(target, ConnectTarget::Server { .. } | ConnectTarget::Domain(_));
        match &self.user {
            Some(user) if needs_password => {
                Ok(Credentials::Password { user: user.clone(), password: self.password(user)? })
            }
            _ => Ok(Credentials::CurrentUser),
        }
    }

    fn password(&self, user: &str) -> anyhow::Result<Secret> {
        if self.password_stdin {
            let mut input = std::io::stdin().lock();
            return first_line(&mut input).context("reading the password from standard input");
        }
        if let Some(path) = std::env::var_os("OPENGPMC_PASSWORD_FILE") {
            let path = PathBuf::from(path);
            let read = std::fs::File::open(&path).and_then(|file| first_line(&mut std::io::BufReader::new(file)));
            return read.with_context(|| format!("reading the password from {}", path.display()));
        }
        if !std::io::stdin().is_terminal() {
            let ways = "use --password-stdin or OPENGPMC_PASSWORD_FILE";
            return Err(
                UsageError(format!("a password is needed for {user} and there is no terminal to ask: {ways}")).into()
            );
        }
        let password =
            rpassword::prompt_password(format!("Password for {user}: ")).context("asking for the password")?;
        Ok(Secret::new(password))
    }
}

fn connect_target(text: &str) -> Result<ConnectTarget, String> {
    text.parse().map_err(|error: StoreError| error.detail)
}

fn dns_server(text: &str) -> Result<SocketAddr, String> {
    let with_port = text.parse().or_else(|_| text.parse().map(|address: IpAddr| SocketAddr::new(address, 53)));
    with_port.map_err(|_| "expected an IP address, or one with a port".to_owned())
}

/// Reads one line without its line end, into memory that is wiped.
fn first_line(input: &mut impl BufRead) -> std::io::Result<Secret> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(256));
    input.take(4096).read_until(b'\n', &mut bytes)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| std::io::Error::other("the password is not UTF-8"))?;
    Ok(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_domain_of_the_user_is_opened_unless_another_is_named() {
        let mut arguments =
            ConnectionArguments { user: Some("admin@corp.example.com".to_owned()), ..Default::default() };
        assert_eq!(arguments.target(), (ConnectTarget::Domain("corp.example.com".parse().unwrap()), false));
        arguments.connect = Some(ConnectTarget::Demo);
        assert_eq!(arguments.target(), (ConnectTarget::Demo, true));
    }

    #[test]
    fn dns_servers_have_a_usual_port() {
        assert_eq!(dns_server("127.0.0.2").unwrap().to_string(), "127.0.0.2:53");
        assert_eq!(dns_server("[::1]:5353").unwrap().to_string(), "[::1]:5353");
        assert!(dns_server("dc1").is_err());
    }

    #[test]
    fn a_password_is_one_line() {
        let secret = first_line(&mut &b"pass word \r\nmore"[..]).unwrap();
        assert_eq!(secret.expose(), "pass word ");
        assert!(first_line(&mut &b"\xff\n"[..]).is_err());
    }
}
