//! Who we are to a domain: user names in their many forms, and Kerberos tickets for LDAP and SMB alike.
//!
//! What Windows does with Negotiate, this does without a C library: an existing ticket from the user's credential cache,
//! or one obtained with the password. Message layouts are ours (RFC 4120, [MS-KILE]); cryptography comes from crates.
//! The feature `system-kerberos` adds the system's library, which knows more kinds of caches, smart cards and SSPI.

mod user_name;
mod cache;
mod crypto;
mod kdc;
mod kerberos;

pub use cache::domain_of_ticket;
pub(crate) use crypto::{Key, UsageKeys};
#[cfg(test)]
pub(crate) use kdc::TicketAndKey;
pub(crate) use kdc::{kerberos_time_now, krb_error_to_store, raw_ticket};
pub use kerberos::{Kerberos, ServiceTicket};
pub use user_name::UserName;
