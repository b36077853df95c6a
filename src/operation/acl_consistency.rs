//! Whether the access lists of GPOs in the directory and in SYSVOL say the same (IGPMGPO.IsACLConsistent, `gpo-storage.md` A10).
//!
//! All GPOs of a domain are compared with one search and one connection to SYSVOL, many descriptors in flight. Both ways of making one list of the
//! other are known: that of Windows and newer Samba, and that of Samba 4.17, whose own check takes the other for wrong. Every difference is told.

use std::sync::Arc;

use futures::stream::{self, StreamExt};
use serde::{Serialize, Serializer};

use crate::gpm::{Domain, Gpo, GpoParts, HResult, MessageId, OperationError, StatusMessage, Task};
use crate::ident::{DnsName, Guid, Sid};
use crate::security::{Ace, AclDialect, AclDifference, SddlContext, SecurityDescriptor, sysvol_acl_difference};
use crate::store::{SdParts, StoreErrorKind, Sysvol};

/// Descriptors of folders that are asked for at the same time.
const IN_FLIGHT: usize = 64;

/// What a comparison of one GPO found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AclCheck {
    /// The GUID of the GPO.
    pub id: Guid,
    /// Its display name.
    pub name: String,
    /// Its domain.
    pub domain: DnsName,
    /// Its folder in SYSVOL, as the server names it.
    pub folder: String,
    /// How the two lists stand to each other.
    #[serde(flatten)]
    pub state: AclConsistency,
}

/// How the access list of a GPO's folder stands to that of its container.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum AclConsistency {
    /// It fits, by one of the two ways of making it.
    Consistent {
        /// Whose way.
        #[serde(serialize_with = "dialect_name")]
        dialect: AclDialect,
    },
    /// It fits by neither; all differences, as seen by each.
    Different {
        /// From what Windows would make of the container's list.
        #[serde(serialize_with = "difference_text")]
        windows: AclDifference,
        /// From what Samba 4.17 would make of it.
        #[serde(serialize_with = "difference_text")]
        samba: AclDifference,
    },
    /// The GPO has no folder.
    FolderMissing,
    /// The list of one half could not be read; why, in words.
    Unreadable {
        /// The reason.
        reason: String,
    },
}

impl AclCheck {
    /// Tells whether the two lists agree.
    pub fn is_consistent(&self) -> bool {
        matches!(self.state, AclConsistency::Consistent { .. })
    }

    /// Returns what is wrong, a line for each difference from the way of Windows; nothing where the lists agree. `name` turns SIDs into names.
    pub fn lines(&self, name: &dyn Fn(&Sid) -> String) -> Vec<String> {
        match &self.state {
            AclConsistency::Consistent { .. } => Vec::new(),
            AclConsistency::FolderMissing => vec!["the folder in SYSVOL is missing".to_owned()],
            AclConsistency::Unreadable { reason } => vec![reason.clone()],
            AclConsistency::Different { windows, .. } => windows.lines(name),
        }
    }

    /// Returns the SIDs that the differences speak of.
    pub fn sids(&self) -> Vec<Sid> {
        let AclConsistency::Different { windows, samba } = &self.state else { return Vec::new() };
        let both = [windows, samba].into_iter();
        both.flat_map(|difference| difference.missing.iter().chain(&difference.extra))
            .map(|ace| ace.sid.clone())
            .collect()
    }
}

/// Compares the two lists of all GPOs of a domain, in the order of their names.
///
/// # Errors
/// Fails where the directory or SYSVOL cannot be reached, where SYSVOL is a plain folder without access lists, and where it is cancelled. A GPO
/// that cannot be read is one of the results.
pub async fn check_gpo_acls(domain: &Domain, task: &Task) -> Result<Vec<AclCheck>, OperationError> {
    task.activity("Reading the GPOs");
    let (gpos, sysvol) =
        task.or_cancel(async { futures::join!(domain.gpos(GpoParts::Security), domain.sysvol()) }).await?;
    let gpos = gpos.map_err(|error| OperationError::of_directory(&error))?.values;
    let sysvol = sysvol.map_err(|error| OperationError::of_read(&error))?;
    check(sysvol, gpos, task).await
}

/// Compares the two lists of one GPO (IGPMGPO.IsACLConsistent).
///
/// # Errors
/// As [`check_gpo_acls`]; `gpo-not-found` where there is no such GPO.
pub async fn check_gpo_acl(domain: &Domain, id: Guid, task: &Task) -> Result<AclCheck, OperationError> {
    let not_found = || {
        let message = format!("there is no GPO {id} in {}", domain.name());
        OperationError::new(
            StatusMessage::error(MessageId::GpoNotFound, HResult::NO_SUCH_OBJECT, message).about(domain.gpo_dn(id)),
        )
    };
    let gpo = task.or_cancel(domain.gpo(id, GpoParts::Security)).await?.map_err(|error| match error.kind {
        StoreErrorKind::NotFound => not_found(),
        _ => OperationError::of_directory(&error),
    })?;
    let sysvol = task.or_cancel(domain.sysvol()).await?.map_err(|error| OperationError::of_read(&error))?;
    check(sysvol, vec![gpo], task).await?.pop().ok_or_else(not_found)
}

async fn check(sysvol: Arc<dyn Sysvol>, gpos: Vec<Gpo>, task: &Task) -> Result<Vec<AclCheck>, OperationError> {
    if !sysvol.has_security() {
        let message = "this SYSVOL is a plain folder, which has no permissions to compare";
        return Err(OperationError::new(
            StatusMessage::error(MessageId::FileReadFailed, HResult::NOT_SUPPORTED, message).about(sysvol.location()),
        ));
    }
    let total = gpos.len() as u64;
    task.activity("Comparing permissions");
    task.progress(0, total);
    let checks: Vec<_> = gpos.into_iter().map(|gpo| check_one(Arc::clone(&sysvol), gpo)).collect();
    let mut checks = stream::iter(checks).buffered(IN_FLIGHT);
    let mut found = Vec::new();
    while let Some(check) = task.or_cancel(checks.next()).await? {
        found.push(check);
        task.progress(found.len() as u64, total);
    }
    Ok(found)
}

async fn check_one(sysvol: Arc<dyn Sysvol>, gpo: Gpo) -> AclCheck {
    let path = gpo.sysvol_folder();
    let folder = format!("{}\\{path}", sysvol.location());
    let of_folder = sysvol.security(&path, SdParts::READABLE).await;
    let state = match (gpo.security_descriptor.as_deref(), of_folder) {
        (_, Err(error)) if error.kind == StoreErrorKind::NotFound => AclConsistency::FolderMissing,
        (_, Err(error)) => AclConsistency::Unreadable { reason: error.to_string() },
        (None, _) => {
            let reason = "the permissions of its container may not be read".to_owned();
            AclConsistency::Unreadable { reason }
        }
        (Some(container), Ok(folder)) => {
            compare(container, &folder).unwrap_or_else(|reason| AclConsistency::Unreadable { reason })
        }
    };
    AclCheck { id: gpo.id, name: gpo.display_name, domain: gpo.domain, folder, state }
}

fn compare(container: &[u8], folder: &[u8]) -> Result<AclConsistency, String> {
    let read = |bytes: &[u8], half: &str| {
        SecurityDescriptor::from_bytes(bytes)
            .map_err(|error| format!("the permissions of its {half} are damaged: {error}"))
    };
    let (container, folder) = (read(container, "container")?, read(folder, "folder")?);
    let [windows, samba] =
        [AclDialect::Windows, AclDialect::Samba417].map(|dialect| sysvol_acl_difference(&container, &folder, dialect));
    Ok(match (windows.is_empty(), samba.is_empty()) {
        (true, _) => AclConsistency::Consistent { dialect: AclDialect::Windows },
        (false, true) => AclConsistency::Consistent { dialect: AclDialect::Samba417 },
        (false, false) => AclConsistency::Different { windows, samba },
    })
}

fn dialect_name<S: Serializer>(dialect: &AclDialect, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(match dialect {
        AclDialect::Windows => "windows",
        AclDialect::Samba417 => "samba_4_17",
    })
}

fn difference_text<S: Serializer>(difference: &AclDifference, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Text {
        missing: Vec<String>,
        extra: Vec<String>,
        unrestricted: bool,
        not_understood: bool,
    }
    let text = |aces: &[Ace]| aces.iter().map(|ace| ace.to_sddl(&SddlContext::default())).collect();
    Text {
        missing: text(&difference.missing),
        extra: text(&difference.extra),
        unrestricted: difference.unrestricted,
        not_understood: difference.not_understood,
    }
    .serialize(serializer)
}
