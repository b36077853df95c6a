//! The codes that Microsoft's object model answers with, because admins search for them ([MS-ERREF] 2.1, 2.2).

use std::fmt;
use std::io;

use serde::{Serialize, Serializer};

use crate::store::{StoreError, StoreErrorKind};

/// An HRESULT: how a call or an operation ended. The sign bit stands for failure.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct HResult(pub u32);

impl HResult {
    /// S_OK.
    pub const OK: HResult = HResult(0);
    /// E_FAIL: a failure that has no code of its own.
    pub const FAIL: HResult = HResult(0x8000_4005);
    /// E_INVALIDARG.
    pub const INVALID_ARGUMENT: HResult = HResult(0x8007_0057);
    /// E_ACCESSDENIED.
    pub const ACCESS_DENIED: HResult = HResult(0x8007_0005);
    /// ERROR_FILE_NOT_FOUND.
    pub const FILE_NOT_FOUND: HResult = HResult(0x8007_0002);
    /// ERROR_PATH_NOT_FOUND.
    pub const PATH_NOT_FOUND: HResult = HResult(0x8007_0003);
    /// ERROR_INVALID_DATA: what Windows answers for a damaged backup or migration table.
    pub const INVALID_DATA: HResult = HResult(0x8007_000D);
    /// ERROR_WRITE_PROTECT.
    pub const WRITE_PROTECTED: HResult = HResult(0x8007_0013);
    /// ERROR_SHARING_VIOLATION.
    pub const SHARING_VIOLATION: HResult = HResult(0x8007_0020);
    /// ERROR_NOT_SUPPORTED.
    pub const NOT_SUPPORTED: HResult = HResult(0x8007_0032);
    /// ERROR_DISK_FULL.
    pub const DISK_FULL: HResult = HResult(0x8007_0070);
    /// ERROR_DIR_NOT_EMPTY.
    pub const DIRECTORY_NOT_EMPTY: HResult = HResult(0x8007_0091);
    /// ERROR_ALREADY_EXISTS.
    pub const ALREADY_EXISTS: HResult = HResult(0x8007_00B7);
    /// ERROR_CANCELLED.
    pub const CANCELLED: HResult = HResult(0x8007_04C7);
    /// ERROR_TIMEOUT.
    pub const TIMEOUT: HResult = HResult(0x8007_05B4);
    /// ERROR_LOGON_FAILURE.
    pub const LOGON_FAILURE: HResult = HResult(0x8007_052E);
    /// ERROR_HOST_UNREACHABLE.
    pub const HOST_UNREACHABLE: HResult = HResult(0x8007_04D0);
    /// ERROR_NONE_MAPPED: no SID was found for a name.
    pub const NONE_MAPPED: HResult = HResult(0x8007_0534);
    /// ERROR_DS_NO_SUCH_OBJECT: the GPO is not there.
    pub const NO_SUCH_OBJECT: HResult = HResult(0x8007_2030);
    /// ERROR_DS_OBJ_STRING_NAME_EXISTS: the GPO is there already.
    pub const OBJECT_EXISTS: HResult = HResult(0x8007_1392);

    /// Tells whether it stands for success.
    pub fn succeeded(self) -> bool {
        self.0 & 0x8000_0000 == 0
    }
}

impl From<StoreErrorKind> for HResult {
    /// Returns the code Windows gives in this case.
    fn from(kind: StoreErrorKind) -> Self {
        match kind {
            StoreErrorKind::NotFound => HResult::FILE_NOT_FOUND,
            StoreErrorKind::AlreadyExists => HResult::ALREADY_EXISTS,
            StoreErrorKind::Conflict => HResult::SHARING_VIOLATION,
            StoreErrorKind::AccessDenied => HResult::ACCESS_DENIED,
            StoreErrorKind::NotEmpty => HResult::DIRECTORY_NOT_EMPTY,
            StoreErrorKind::InvalidValue | StoreErrorKind::BadPath => HResult::INVALID_ARGUMENT,
            StoreErrorKind::Unreachable => HResult::HOST_UNREACHABLE,
            StoreErrorKind::Timeout => HResult::TIMEOUT,
            StoreErrorKind::BadCredentials
            | StoreErrorKind::AuthenticationRefused
            | StoreErrorKind::NoTicket
            | StoreErrorKind::ClockSkew => HResult::LOGON_FAILURE,
            StoreErrorKind::UntrustedCertificate | StoreErrorKind::Integrity | StoreErrorKind::Io => HResult::FAIL,
            StoreErrorKind::ReadOnly => HResult::WRITE_PROTECTED,
            StoreErrorKind::NotSupported => HResult::NOT_SUPPORTED,
            StoreErrorKind::Corrupt => HResult::INVALID_DATA,
            StoreErrorKind::Cancelled => HResult::CANCELLED,
        }
    }
}

impl From<&StoreError> for HResult {
    /// Returns the code Windows gives in this case; of input and output, the system's or the server's own code tells a full disk and a file
    /// that somebody else has open ([MS-ERREF] 2.3.1, STATUS_DISK_FULL, STATUS_SHARING_VIOLATION, STATUS_FILE_LOCK_CONFLICT).
    fn from(error: &StoreError) -> Self {
        let code = error.code.filter(|_| error.kind == StoreErrorKind::Io);
        match code {
            Some(0xC000_007F) => HResult::DISK_FULL,
            Some(0xC000_0043 | 0xC000_0054) => HResult::SHARING_VIOLATION,
            // ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION.
            Some(32 | 33) if cfg!(windows) => HResult::SHARING_VIOLATION,
            Some(code) => match io::Error::from_raw_os_error(code as i32).kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => HResult::DISK_FULL,
                io::ErrorKind::ResourceBusy | io::ErrorKind::ExecutableFileBusy => HResult::SHARING_VIOLATION,
                _ => HResult::from(error.kind),
            },
            None => HResult::from(error.kind),
        }
    }
}

impl fmt::Display for HResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:08X}", self.0)
    }
}

impl fmt::Debug for HResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for HResult {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_and_a_locked_file_have_codes_of_their_own() {
        let check = |code: u32, expected: HResult| {
            let error = StoreError::new(StoreErrorKind::Io, "x").with_code(code);
            assert_eq!(HResult::from(&error), expected, "{code:#x}");
        };
        check(0xC000_007F, HResult::DISK_FULL);
        check(0xC000_0043, HResult::SHARING_VIOLATION);
        check(0xC000_0022, HResult::FAIL);
        #[cfg(target_os = "linux")]
        for (code, expected) in [(28, HResult::DISK_FULL), (16, HResult::SHARING_VIOLATION), (5, HResult::FAIL)] {
            check(code, expected);
        }
        let denied = StoreError::new(StoreErrorKind::AccessDenied, "x").with_code(28);
        assert_eq!(HResult::from(&denied), HResult::ACCESS_DENIED);
    }
}
