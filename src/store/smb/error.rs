//! What the server or the connection says, in the store's words.

use smb2::types::Command;
use smb2::types::status::NtStatus;
use smb2::{Error, ErrorKind};

use crate::store::{StoreError, StoreErrorKind};

/// Tells whether the connection or its session is gone, so that the request may be made again on a new one.
pub(super) fn is_lost(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionLost | ErrorKind::SessionExpired)
}

/// Returns the store's error for a failed request about this object.
pub(super) fn store_error(object: String, error: &Error) -> StoreError {
    let (kind, detail) = match error {
        Error::Protocol { status, .. } => (status_kind(*status, error.kind()), status_text(*status)),
        Error::Io(error) => {
            let error = StoreError::from_io(&object, error);
            let kind = if error.kind == StoreErrorKind::Io { StoreErrorKind::Unreachable } else { error.kind };
            return StoreError { kind, ..error };
        }
        Error::ConnectFailed { attempts, .. } => {
            let timed_out = !attempts.is_empty() && attempts.iter().all(|attempt| attempt.error_kind.is_none());
            let kind = if timed_out { StoreErrorKind::Timeout } else { StoreErrorKind::Unreachable };
            let detail = attempts.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
            (kind, if detail.is_empty() { "the name has no address".to_owned() } else { detail })
        }
        _ => (kind_of(error.kind()), error.to_string()),
    };
    let code = error.status().map(|status| status.0);
    StoreError { kind, object, detail, code }
}

/// Returns the store's error for a refused or failed log-on.
pub(super) fn logon_error(object: String, error: &Error) -> StoreError {
    let at_logon = matches!(error, Error::Protocol { command: Command::SessionSetup, .. });
    let translated = store_error(object, error);
    let kind = match translated.kind {
        StoreErrorKind::BadCredentials | StoreErrorKind::ClockSkew | StoreErrorKind::Timeout => translated.kind,
        _ if at_logon => StoreErrorKind::AuthenticationRefused,
        kind => kind,
    };
    StoreError { kind, ..translated }
}

fn kind_of(kind: ErrorKind) -> StoreErrorKind {
    match kind {
        ErrorKind::NotFound => StoreErrorKind::NotFound,
        ErrorKind::AlreadyExists => StoreErrorKind::AlreadyExists,
        ErrorKind::AccessDenied => StoreErrorKind::AccessDenied,
        ErrorKind::AuthRequired | ErrorKind::SigningRequired | ErrorKind::GuestSessionRefused => {
            StoreErrorKind::AuthenticationRefused
        }
        ErrorKind::SignatureInvalid => StoreErrorKind::Integrity,
        ErrorKind::InvalidData => StoreErrorKind::Corrupt,
        ErrorKind::InvalidName => StoreErrorKind::BadPath,
        ErrorKind::ConnectionLost => StoreErrorKind::Unreachable,
        ErrorKind::TimedOut => StoreErrorKind::Timeout,
        ErrorKind::SessionExpired => StoreErrorKind::NoTicket,
        ErrorKind::Cancelled => StoreErrorKind::Cancelled,
        ErrorKind::Unsupported
        | ErrorKind::DfsReferral
        | ErrorKind::DfsTargetNotAllowed
        | ErrorKind::DfsTargetUnreachable => StoreErrorKind::NotSupported,
        _ => StoreErrorKind::Io,
    }
}

fn status_kind(status: NtStatus, kind: ErrorKind) -> StoreErrorKind {
    match status {
        NtStatus::DIRECTORY_NOT_EMPTY => StoreErrorKind::NotEmpty,
        NtStatus::NOT_FOUND | NtStatus::NOT_A_DIRECTORY | NtStatus::DELETE_PENDING => StoreErrorKind::NotFound,
        NtStatus::CANNOT_DELETE | PRIVILEGE_NOT_HELD | INVALID_OWNER | MEDIA_WRITE_PROTECTED => {
            StoreErrorKind::AccessDenied
        }
        NtStatus::INVALID_PARAMETER | INVALID_SECURITY_DESCR | INVALID_ACL | INVALID_SID => {
            StoreErrorKind::InvalidValue
        }
        TIME_DIFFERENCE_AT_DC => StoreErrorKind::ClockSkew,
        NtStatus::BAD_NETWORK_PATH => StoreErrorKind::Unreachable,
        NtStatus::CANCELLED => StoreErrorKind::Cancelled,
        _ if kind == ErrorKind::AuthRequired => StoreErrorKind::BadCredentials,
        _ => kind_of(kind),
    }
}

// [MS-ERREF] 2.3.1.
const INVALID_OWNER: NtStatus = NtStatus(0xC000_005A);
const PRIVILEGE_NOT_HELD: NtStatus = NtStatus(0xC000_0061);
const INVALID_ACL: NtStatus = NtStatus(0xC000_0077);
const INVALID_SID: NtStatus = NtStatus(0xC000_0078);
const INVALID_SECURITY_DESCR: NtStatus = NtStatus(0xC000_0079);
const MEDIA_WRITE_PROTECTED: NtStatus = NtStatus(0xC000_00A2);
const TIME_DIFFERENCE_AT_DC: NtStatus = NtStatus(0xC000_0133);

fn status_text(status: NtStatus) -> String {
    match status {
        NtStatus::SHARING_VIOLATION => "another program has it open (STATUS_SHARING_VIOLATION)".to_owned(),
        NtStatus::PATH_NOT_COVERED => {
            "a DFS link leads from here to another server, which is not followed (STATUS_PATH_NOT_COVERED)".to_owned()
        }
        NtStatus::NOT_A_DIRECTORY => "what stands there is a file (STATUS_NOT_A_DIRECTORY)".to_owned(),
        NtStatus::DELETE_PENDING => "it is being removed (STATUS_DELETE_PENDING)".to_owned(),
        NtStatus::FILE_IS_A_DIRECTORY => "is a folder (STATUS_FILE_IS_A_DIRECTORY)".to_owned(),
        NtStatus::ACCOUNT_LOCKED_OUT => "the account is locked (STATUS_ACCOUNT_LOCKED_OUT)".to_owned(),
        NtStatus::ACCOUNT_DISABLED => "the account is disabled (STATUS_ACCOUNT_DISABLED)".to_owned(),
        NtStatus::ACCOUNT_EXPIRED => "the account has expired (STATUS_ACCOUNT_EXPIRED)".to_owned(),
        NtStatus::PASSWORD_EXPIRED => "the password has expired (STATUS_PASSWORD_EXPIRED)".to_owned(),
        NtStatus::PASSWORD_MUST_CHANGE => "the password must be changed first (STATUS_PASSWORD_MUST_CHANGE)".to_owned(),
        status => status.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_have_their_kinds() {
        let check = |status: NtStatus, expected| {
            let error = store_error("\\\\dc\\sysvol".into(), &Error::Protocol { status, command: Command::Create });
            assert_eq!((error.kind, error.code), (expected, Some(status.0)), "{status}");
        };
        check(NtStatus::OBJECT_NAME_NOT_FOUND, StoreErrorKind::NotFound);
        check(NtStatus::OBJECT_PATH_NOT_FOUND, StoreErrorKind::NotFound);
        check(NtStatus::OBJECT_NAME_COLLISION, StoreErrorKind::AlreadyExists);
        check(NtStatus::DIRECTORY_NOT_EMPTY, StoreErrorKind::NotEmpty);
        check(NtStatus::ACCESS_DENIED, StoreErrorKind::AccessDenied);
        check(NtStatus::LOGON_FAILURE, StoreErrorKind::BadCredentials);
        check(NtStatus::ACCOUNT_LOCKED_OUT, StoreErrorKind::BadCredentials);
        check(NtStatus::PATH_NOT_COVERED, StoreErrorKind::NotSupported);
        check(NtStatus::SHARING_VIOLATION, StoreErrorKind::Io);
        check(NtStatus::DISK_FULL, StoreErrorKind::Io);
        check(INVALID_OWNER, StoreErrorKind::AccessDenied);
    }

    #[test]
    fn a_log_on_is_refused_or_has_bad_credentials() {
        let check = |status, command, expected| {
            let error = logon_error("\\\\dc".into(), &Error::Protocol { status, command });
            assert_eq!(error.kind, expected);
        };
        check(NtStatus::LOGON_FAILURE, Command::SessionSetup, StoreErrorKind::BadCredentials);
        check(NtStatus::ACCESS_DENIED, Command::SessionSetup, StoreErrorKind::AuthenticationRefused);
        check(NtStatus(0xC000_0418), Command::SessionSetup, StoreErrorKind::AuthenticationRefused);
        check(NtStatus::ACCESS_DENIED, Command::TreeConnect, StoreErrorKind::AccessDenied);
        check(NtStatus::BAD_NETWORK_NAME, Command::TreeConnect, StoreErrorKind::NotFound);
        let guest = Error::GuestSessionRefused { username: "user".into(), anonymous: false };
        assert_eq!(logon_error("\\\\dc".into(), &guest).kind, StoreErrorKind::AuthenticationRefused);
    }
}
