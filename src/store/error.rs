//! What can go wrong in a store, in one shape for all backends.

use std::fmt;

/// A failed call to a directory or SYSVOL: what kind of failure, on which object, and what the other side said.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{object}: {kind}{}", detail_suffix(.detail))]
pub struct StoreError {
    /// What kind of failure it is; the caller matches on this.
    pub kind: StoreErrorKind,
    /// The object it happened to: a DN, a path or a host.
    pub object: String,
    /// What the server or the system said, in its own words; empty where it said nothing.
    pub detail: String,
    /// The code of the other side, where there is one: LDAP result, NTSTATUS or system error.
    pub code: Option<u32>,
}

fn detail_suffix(detail: &str) -> String {
    if detail.is_empty() { String::new() } else { format!(" ({detail})") }
}

/// The kinds of failure a caller can tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StoreErrorKind {
    /// The object does not exist.
    NotFound,
    /// An object of that name exists already.
    AlreadyExists,
    /// The value changed since it was read (LDAP results 16 and 20), or a swapped value is no longer there.
    Conflict,
    /// The account lacks a right.
    AccessDenied,
    /// The object has children and the call does not delete them.
    NotEmpty,
    /// The directory refuses the value (schema, syntax, constraint).
    InvalidValue,
    /// Host unknown, refused, unreachable, or the connection broke.
    Unreachable,
    /// No answer in the time allowed.
    Timeout,
    /// User name or password are wrong, or the account cannot log on. Ends every further try: each counts towards lockout.
    BadCredentials,
    /// The server wants another or stronger way to log on than the one tried.
    AuthenticationRefused,
    /// The ticket has expired or there is none.
    NoTicket,
    /// The clocks differ by more than Kerberos allows.
    ClockSkew,
    /// The certificate is not trusted, or does not name the host.
    UntrustedCertificate,
    /// A message failed its signature or seal check: damage or an attack.
    Integrity,
    /// The store was opened read-only.
    ReadOnly,
    /// This backend has no such thing (a plain folder has no descriptors).
    NotSupported,
    /// The path would leave its root, or has a part no file may have.
    BadPath,
    /// The other side broke the protocol, or a file of ours is damaged.
    Corrupt,
    /// Disk full, file locked and whatever else the system reports.
    Io,
    /// The operation was cancelled.
    Cancelled,
}

impl StoreError {
    /// Returns an error of this kind about this object, without further detail.
    pub fn new(kind: StoreErrorKind, object: impl fmt::Display) -> Self {
        StoreError { kind, object: object.to_string(), detail: String::new(), code: None }
    }

    /// Adds what the other side said.
    pub fn with_detail(self, detail: impl fmt::Display) -> Self {
        StoreError { detail: detail.to_string(), ..self }
    }

    /// Adds the other side's code.
    pub fn with_code(self, code: u32) -> Self {
        StoreError { code: Some(code), ..self }
    }

    /// Returns the error of a system call on this object.
    pub fn from_io(object: impl fmt::Display, error: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        let kind = match error.kind() {
            ErrorKind::NotFound => StoreErrorKind::NotFound,
            ErrorKind::AlreadyExists => StoreErrorKind::AlreadyExists,
            ErrorKind::PermissionDenied => StoreErrorKind::AccessDenied,
            ErrorKind::DirectoryNotEmpty => StoreErrorKind::NotEmpty,
            ErrorKind::TimedOut => StoreErrorKind::Timeout,
            ErrorKind::ReadOnlyFilesystem => StoreErrorKind::ReadOnly,
            ErrorKind::ConnectionRefused
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::NotConnected
            | ErrorKind::UnexpectedEof => StoreErrorKind::Unreachable,
            _ => StoreErrorKind::Io,
        };
        let error_code = error.raw_os_error().map(|code| code as u32);
        StoreError { kind, object: object.to_string(), detail: error.to_string(), code: error_code }
    }
}

impl fmt::Display for StoreErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            StoreErrorKind::NotFound => "does not exist",
            StoreErrorKind::AlreadyExists => "exists already",
            StoreErrorKind::Conflict => "was changed by somebody else in the meantime",
            StoreErrorKind::AccessDenied => "access denied",
            StoreErrorKind::NotEmpty => "is not empty",
            StoreErrorKind::InvalidValue => "the directory refuses the value",
            StoreErrorKind::Unreachable => "cannot be reached",
            StoreErrorKind::Timeout => "did not answer in time",
            StoreErrorKind::BadCredentials => "user name or password is wrong",
            StoreErrorKind::AuthenticationRefused => "the server refuses this way to log on",
            StoreErrorKind::NoTicket => "no valid Kerberos ticket",
            StoreErrorKind::ClockSkew => "the clocks of this machine and the server differ too much",
            StoreErrorKind::UntrustedCertificate => "the certificate is not trusted",
            StoreErrorKind::Integrity => "a message was damaged or tampered with",
            StoreErrorKind::ReadOnly => "is open read-only",
            StoreErrorKind::NotSupported => "not supported here",
            StoreErrorKind::BadPath => "is not a path below its root",
            StoreErrorKind::Corrupt => "is damaged",
            StoreErrorKind::Io => "input or output failed",
            StoreErrorKind::Cancelled => "cancelled",
        })
    }
}
