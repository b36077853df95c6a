//! A forest behind LDAP domain controllers, Windows or Samba.
//!
//! [`LdapForest`] opens a directory per domain, [`LdapDirectory`] is one of them. Which way we log on is decided in
//! `logon`, in the order Kerberos, simple bind inside TLS, NTLM; every bind and every byte of protection is made here or in
//! `store::sasl`, and the library `ldap3` is handed a connection that is ready.
//! Facts: [MS-ADTS], RFC 4511, RFC 4513; what Samba does otherwise was seen on a lab domain.

mod directory;
mod choose;
mod forest;
mod logon;
mod message;
mod outcome;
mod tls;
mod wire;

pub use directory::LdapDirectory;
pub use forest::LdapForest;
