//! Sign and seal beneath LDAP (RFC 4422 3.7): what makes a connection on port 389 as private as TLS.
//!
//! A domain controller with its default settings takes Kerberos and NTLM nowhere else. [`gssapi`] and [`ntlm`] make and
//! open single messages; [`relay`] carries them between the server's socket and the LDAP library, which sees plain LDAP.
//! Knows nothing of LDAP itself.

pub(crate) mod gssapi;
pub(crate) mod ntlm;
pub(crate) mod relay;
#[cfg(feature = "system-kerberos")]
pub(crate) mod system;

use super::{StoreError, StoreErrorKind};

/// Makes sealed messages, each with the next sequence number.
pub(crate) trait Seal: Send {
    /// Seals one message.
    fn seal(&mut self, plain: &[u8]) -> Result<Vec<u8>, LayerError>;
}

/// Opens sealed messages, in order.
pub(crate) trait Unseal: Send {
    /// Checks one message and returns what is in it.
    fn unseal(&mut self, token: &[u8]) -> Result<Vec<u8>, LayerError>;
}

/// Both directions of a negotiated protection.
pub(crate) struct Layer {
    /// For what we send.
    pub seal: Box<dyn Seal>,
    /// For what we receive.
    pub unseal: Box<dyn Unseal>,
    /// The most plain bytes one message may carry.
    pub largest_plain: usize,
}

/// A message that cannot be sealed or opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LayerError {
    /// The message is not what the other side sent: damage or an attack.
    #[error("{0}")]
    Integrity(&'static str),
    /// The system fails us.
    #[error("{0}")]
    System(String),
}

impl LayerError {
    /// Returns the store's error about this host.
    pub fn to_store(&self, host: &str) -> StoreError {
        let kind = match self {
            LayerError::Integrity(_) => StoreErrorKind::Integrity,
            LayerError::System(_) => StoreErrorKind::Io,
        };
        StoreError::new(kind, host).with_detail(self)
    }
}
