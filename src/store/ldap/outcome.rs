//! What an LDAP result code means to a caller (RFC 4511 A; the numbers in the text are Windows', [MS-ADTS] 5.1.1.1).

use crate::store::{StoreError, StoreErrorKind};

/// Returns the error for a result code other than success.
pub(crate) fn store_error(code: u32, text: &str, object: &str) -> StoreError {
    use StoreErrorKind::*;
    let kind = match code {
        2 => Corrupt,
        3 => Timeout,
        7 | 8 | 13 | 48 => AuthenticationRefused,
        // A referral: the object lies in a domain this server does not hold.
        10 | 32 => NotFound,
        12 => NotSupported,
        16 | 20 => Conflict,
        49 => BadCredentials,
        50 => AccessDenied,
        51 | 52 => Unreachable,
        66 => NotEmpty,
        68 => AlreadyExists,
        17..=19 | 21 | 34 | 53 | 64 | 65 | 67 | 69 | 71 => InvalidValue,
        _ => Io,
    };
    let text = text.trim_end_matches('\0').trim();
    let name = name_of(code);
    let detail = match (code, text.is_empty()) {
        (10, _) => "the object lies in another domain".to_owned(),
        (_, true) => format!("LDAP {code} {name}"),
        (_, false) => format!("LDAP {code} {name}: {text}"),
    };
    StoreError::new(kind, object).with_detail(detail).with_code(code)
}

/// Returns the error for a bind that failed. `with_password` tells whether it was the password that was judged.
pub(crate) fn bind_error(code: u32, text: &str, user: &str, with_password: bool) -> StoreError {
    let error = store_error(code, text, user);
    if code != 49 {
        return StoreError {
            kind: if code == 53 { StoreErrorKind::AuthenticationRefused } else { error.kind },
            ..error
        };
    }
    if !with_password {
        return StoreError { kind: StoreErrorKind::AuthenticationRefused, ..error };
    }
    match logon_failure(text) {
        Some(meaning) => StoreError { detail: format!("{meaning} [{}]", error.detail), ..error },
        None => error,
    }
}

/// Windows' reason in the text of a failed bind, `… data 52e, …`.
fn logon_failure(text: &str) -> Option<&'static str> {
    let code = text.split("data ").nth(1)?.split([',', ' ']).next()?;
    Some(match code {
        "525" => "the domain knows no such user",
        "52e" => "user name or password is wrong",
        "530" => "the account may not log on at this time",
        "531" => "the account may not log on from this machine",
        "532" => "the password has expired",
        "533" => "the account is disabled",
        "701" => "the account has expired",
        "773" => "the password must be changed first",
        "775" => "the account is locked out",
        _ => return None,
    })
}

fn name_of(code: u32) -> &'static str {
    match code {
        1 => "operationsError",
        2 => "protocolError",
        3 => "timeLimitExceeded",
        4 => "sizeLimitExceeded",
        7 => "authMethodNotSupported",
        8 => "strongerAuthRequired",
        10 => "referral",
        11 => "adminLimitExceeded",
        12 => "unavailableCriticalExtension",
        13 => "confidentialityRequired",
        16 => "noSuchAttribute",
        17 => "undefinedAttributeType",
        18 => "inappropriateMatching",
        19 => "constraintViolation",
        20 => "attributeOrValueExists",
        21 => "invalidAttributeSyntax",
        32 => "noSuchObject",
        34 => "invalidDNSyntax",
        48 => "inappropriateAuthentication",
        49 => "invalidCredentials",
        50 => "insufficientAccessRights",
        51 => "busy",
        52 => "unavailable",
        53 => "unwillingToPerform",
        64 => "namingViolation",
        65 => "objectClassViolation",
        66 => "notAllowedOnNonLeaf",
        67 => "notAllowedOnRDN",
        68 => "entryAlreadyExists",
        69 => "objectClassModsProhibited",
        71 => "affectsMultipleDSAs",
        80 => "other",
        _ => "unknown result",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_become_kinds() {
        for (code, kind) in [
            (16, StoreErrorKind::Conflict),
            (20, StoreErrorKind::Conflict),
            (32, StoreErrorKind::NotFound),
            (50, StoreErrorKind::AccessDenied),
            (53, StoreErrorKind::InvalidValue),
            (66, StoreErrorKind::NotEmpty),
            (68, StoreErrorKind::AlreadyExists),
            (8, StoreErrorKind::AuthenticationRefused),
            (12, StoreErrorKind::NotSupported),
        ] {
            let error = store_error(code, "text\0", "CN=x");
            assert_eq!((error.kind, error.code), (kind, Some(code)));
            assert!(error.detail.ends_with(": text"), "{}", error.detail);
        }
    }

    #[test]
    fn a_refused_password_says_why() {
        let text = "80090308: LdapErr: DSID-0C090400, comment: AcceptSecurityContext error, data 775, v4563";
        let error = bind_error(49, text, "ann", true);
        assert_eq!(error.kind, StoreErrorKind::BadCredentials);
        assert!(error.detail.starts_with("the account is locked out"), "{}", error.detail);
        assert_eq!(bind_error(49, text, "ann", false).kind, StoreErrorKind::AuthenticationRefused);
        assert_eq!(bind_error(53, "", "ann", true).kind, StoreErrorKind::AuthenticationRefused);
    }
}
