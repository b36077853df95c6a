//! Kerberos through the system's library (GSSAPI on Unix, SSPI on Windows): every kind of credential cache, smart cards
//! and trusts that the system is set up for. The layer itself is the same as in [`super::gssapi`].

use std::sync::{Arc, Mutex};

use cross_krb5::{ClientCtx, InitiateFlags, K5Ctx, PendingClientCtx, Step};

use crate::store::{StoreError, StoreErrorKind};

use super::gssapi::{LARGEST_SENT, OUR_CHOICE, read_offer};
use super::{Layer, LayerError, Seal, Unseal};

/// The side that logs on, waiting for the server to prove itself.
pub(crate) struct Initiator(PendingClientCtx);

/// An established context.
pub(crate) struct Context(ClientCtx);

impl Initiator {
    /// Starts a context for `service/host` as the user the system knows; returns it with the first token.
    pub async fn start(service: &str, host: &str) -> Result<(Self, Vec<u8>), StoreError> {
        let principal = format!("{service}/{host}");
        let name = principal.clone();
        // The library asks the KDC meanwhile.
        let starting = tokio::task::spawn_blocking(move || {
            let (pending, token) = ClientCtx::new(InitiateFlags::empty(), None, &principal, None)?;
            let token = token.to_vec();
            Ok::<_, anyhow::Error>((Initiator(pending), token))
        });
        let started = starting.await.map_err(|error| StoreError::new(StoreErrorKind::Io, &name).with_detail(error))?;
        started.map_err(|error| explain(&error, &name))
    }

    /// Reads the server's answer and returns the established context.
    pub fn finish(self, token: &[u8], host: &str) -> Result<Context, StoreError> {
        match self.0.step(token).map_err(|error| explain(&error, host))? {
            Step::Finished((context, None)) => Ok(Context(context)),
            _ => Err(StoreError::new(StoreErrorKind::Corrupt, host)
                .with_detail("the server's Kerberos answer does not complete the logon")),
        }
    }
}

impl Context {
    /// Reads the server's offer of layers and returns our choice, confidentiality, with the layer (RFC 4752 3.1).
    pub fn choose_sealing(mut self, offer: &[u8], host: &str) -> Result<(Layer, Vec<u8>), StoreError> {
        let offer = self.0.unwrap(offer).map_err(|error| explain(&error, host))?;
        let limit = read_offer(&offer, host)?;
        let choice = self.0.wrap(false, &OUR_CHOICE).map_err(|error| explain(&error, host))?.to_vec();
        let largest_plain = limit.min(LARGEST_SENT).saturating_sub(LARGEST_OVERHEAD).max(1);
        let shared = Side(Arc::new(Mutex::new(self.0)));
        Ok((Layer { seal: Box::new(shared.clone()), unseal: Box::new(shared), largest_plain }, choice))
    }
}

/// No encryption type of Kerberos adds more to a message.
const LARGEST_OVERHEAD: usize = 256;

/// Both directions share the library's context.
#[derive(Clone)]
struct Side(Arc<Mutex<ClientCtx>>);

impl Seal for Side {
    fn seal(&mut self, plain: &[u8]) -> Result<Vec<u8>, LayerError> {
        let mut context = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let sealed = context.wrap(true, plain).map_err(|error| LayerError::System(format!("{error:#}")))?;
        Ok(sealed.to_vec())
    }
}

impl Unseal for Side {
    fn unseal(&mut self, token: &[u8]) -> Result<Vec<u8>, LayerError> {
        let mut context = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let opened = context.unwrap(token).map_err(|error| {
            tracing::warn!("the system's Kerberos cannot open a message: {error:#}");
            LayerError::Integrity("a message fails its integrity check")
        })?;
        Ok(opened.to_vec())
    }
}

/// The library tells its reasons in words only.
fn explain(error: &anyhow::Error, object: &str) -> StoreError {
    let text = format!("{error:#}");
    let says = |parts: &[&str]| parts.iter().any(|part| text.to_lowercase().contains(part));
    let (kind, advice) = if says(&["clock skew"]) {
        (StoreErrorKind::ClockSkew, "set the clock")
    } else if says(&["expired"]) {
        (StoreErrorKind::NoTicket, "run `kinit` again")
    } else if says(&["no credentials", "no kerberos credentials", "credential cache", "credentials cache"]) {
        (StoreErrorKind::NoTicket, "run `kinit user@REALM`, or give user name and password")
    } else if says(&["default realm"]) {
        (StoreErrorKind::NoTicket, "name the realm in krb5.conf (KRB5_CONFIG), or give user name and password")
    } else {
        (StoreErrorKind::AuthenticationRefused, "the system's Kerberos refuses")
    };
    StoreError::new(kind, object).with_detail(format!("{advice} [{text}]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_kinds() {
        for (text, kind) in [
            ("Matching credential not found: No credentials were supplied", StoreErrorKind::NoTicket),
            ("Ticket expired", StoreErrorKind::NoTicket),
            ("Clock skew too great", StoreErrorKind::ClockSkew),
            ("Server not found in Kerberos database", StoreErrorKind::AuthenticationRefused),
        ] {
            assert_eq!(explain(&anyhow::anyhow!(text), "dc1").kind, kind, "{text}");
        }
    }
}
