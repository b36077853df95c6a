//! Errors for people: what happened, to what, why, and what to try.

use crate::gpm::LoadError;
use crate::store::{StoreError, StoreErrorKind};

use super::output::printable;

/// Prints an error with its causes and what to try, on standard error.
pub fn print(error: &anyhow::Error) {
    let mut shown = error.to_string();
    eprintln!("error: {}", printable(shown.clone()));
    for cause in error.chain().skip(1).map(ToString::to_string) {
        // A cause that its parent quotes already is not said twice.
        if !shown.contains(&cause) {
            eprintln!("  because: {}", printable(cause.clone()));
        }
        shown = cause;
    }
    if let Some(advice) = store_error(error).and_then(|error| advice(error.kind)) {
        eprintln!("  try: {advice}");
    }
}

fn store_error(error: &anyhow::Error) -> Option<&StoreError> {
    error.chain().find_map(|cause| match cause.downcast_ref::<LoadError>() {
        Some(LoadError::Store(error)) => Some(error),
        _ => cause.downcast_ref::<StoreError>(),
    })
}

/// Returns what a person may try after a failure of this kind.
fn advice(kind: StoreErrorKind) -> Option<&'static str> {
    Some(match kind {
        StoreErrorKind::NotFound => "list what there is (`gpo list`, `som list`, `forest show`) and check the spelling",
        StoreErrorKind::AccessDenied => "log on as another user with --user, or ask for the right to read it",
        StoreErrorKind::Unreachable => {
            "check the name and the network, or name a domain controller: --connect ldap://HOST"
        }
        StoreErrorKind::Timeout => "another domain controller (--connect ldap://HOST) or a longer --timeout",
        StoreErrorKind::BadCredentials => "check the user name and password; the account may be locked or disabled",
        StoreErrorKind::AuthenticationRefused => "another way to log on: kinit, --user, or --connect ldaps://HOST",
        StoreErrorKind::NoTicket => "`kinit USER@REALM` for a ticket, or log on with --user",
        StoreErrorKind::ClockSkew => "set the clock of this machine by that of the domain controller",
        StoreErrorKind::UntrustedCertificate => {
            "--ca-file FILE with the certificate of the domain's authority, or --connect ldap://HOST, which needs none"
        }
        StoreErrorKind::Integrity => "again; if it stays, something between here and the server changes messages",
        StoreErrorKind::InvalidValue => "`opengpmc help` shows what is expected",
        StoreErrorKind::ReadOnly => "open it where it may be written",
        StoreErrorKind::Corrupt => "an older copy of the file, or another server",
        StoreErrorKind::Conflict => "again: it was changed by somebody else meanwhile",
        StoreErrorKind::AlreadyExists
        | StoreErrorKind::NotEmpty
        | StoreErrorKind::NotSupported
        | StoreErrorKind::BadPath
        | StoreErrorKind::Io
        | StoreErrorKind::Cancelled => return None,
    })
}
