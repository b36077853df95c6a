//! Where the user's tickets lie: the credential cache files of MIT Kerberos and Heimdal.

use std::path::{Path, PathBuf};

use smb2::auth::kerberos::ccache::{CCache, parse_ccache};

use crate::ident::DnsName;
use crate::store::{StoreError, StoreErrorKind};

/// Reads the cache: `explicit` if given, else what `KRB5CCNAME` names, else the usual file in the temporary folder.
pub(crate) fn read_cache(explicit: Option<&Path>) -> Result<CCache, StoreError> {
    let path = match explicit {
        Some(path) => path.to_path_buf(),
        None => match std::env::var("KRB5CCNAME") {
            Ok(name) if !name.is_empty() => file_of_name(&name)?,
            _ => default_file().ok_or_else(|| no_ticket("Kerberos").with_detail(ADVICE))?,
        },
    };
    let bytes = std::fs::read(&path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => no_ticket(path.display()).with_detail(ADVICE),
        _ => StoreError::from_io(path.display(), &error),
    })?;
    parse_ccache(&bytes).map_err(|error| StoreError::new(StoreErrorKind::Corrupt, path.display()).with_detail(error))
}

/// Returns the domain of the user whose tickets lie in the usual cache; none where there is no cache that can be read.
pub fn domain_of_ticket() -> Option<DnsName> {
    read_cache(None).ok()?.default_principal.realm.to_lowercase().parse().ok()
}

const ADVICE: &str = "there is no credential cache; run `kinit user@REALM`, or give user name and password";

fn no_ticket(object: impl std::fmt::Display) -> StoreError {
    StoreError::new(StoreErrorKind::NoTicket, object)
}

/// Returns the file a cache name stands for; other kinds of cache than FILE: need the system's library.
fn file_of_name(name: &str) -> Result<PathBuf, StoreError> {
    match name.split_once(':') {
        // A drive letter, not a kind of cache.
        Some((kind, _)) if kind.len() == 1 => Ok(PathBuf::from(name)),
        Some((kind, path)) if kind.eq_ignore_ascii_case("FILE") => Ok(PathBuf::from(path)),
        Some((kind, _)) if kind.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
            Err(no_ticket(format!("KRB5CCNAME={name}")).with_detail(format!(
                "credential caches of the kind {kind}: are read only by a build with the feature system-kerberos; \
                 run `kinit -c FILE:/tmp/krb5cc_opengpmc` and set KRB5CCNAME to that file, or give user name and password"
            )))
        }
        _ => Ok(PathBuf::from(name)),
    }
}

/// Returns `/tmp/krb5cc_<uid>` of the user we run as; the owner of our own process folder tells the uid.
#[cfg(unix)]
fn default_file() -> Option<PathBuf> {
    use std::os::unix::fs::MetadataExt;
    let from_process = std::fs::metadata("/proc/self").ok().map(|metadata| metadata.uid());
    let from_file = || {
        let file = tempfile::NamedTempFile::new().ok()?;
        file.as_file().metadata().ok().map(|metadata| metadata.uid())
    };
    let uid = from_process.or_else(from_file)?;
    Some(PathBuf::from(format!("/tmp/krb5cc_{uid}")))
}

#[cfg(not(unix))]
fn default_file() -> Option<PathBuf> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cache_names_are_understood() {
        assert_eq!(file_of_name("FILE:/tmp/x").unwrap(), PathBuf::from("/tmp/x"));
        assert_eq!(file_of_name("/tmp/krb5cc_0").unwrap(), PathBuf::from("/tmp/krb5cc_0"));
        assert_eq!(file_of_name(r"C:\cache").unwrap(), PathBuf::from(r"C:\cache"));
        let error = file_of_name("KCM:1000").unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::NoTicket);
        assert!(error.detail.contains("system-kerberos"));
    }

    #[test]
    fn a_missing_or_damaged_cache_says_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let missing = read_cache(Some(&folder.path().join("none"))).unwrap_err();
        assert_eq!(missing.kind, StoreErrorKind::NoTicket);
        assert!(missing.detail.contains("kinit"));
        let damaged = folder.path().join("damaged");
        std::fs::write(&damaged, b"\x05\x04\xFF").unwrap();
        assert_eq!(read_cache(Some(&damaged)).unwrap_err().kind, StoreErrorKind::Corrupt);
    }
}
