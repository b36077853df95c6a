//! The GPO that is changed: its two halves, opened on one domain controller.

use std::sync::Arc;

use crate::format::GptIni;
use crate::gpm::{Domain, Gpo, GpoParts, GpoStatus, HResult, MessageId, OperationError, StatusMessage, Task};
use crate::ident::{Dn, DnsName, GpoVersion, Guid};
use crate::store::{Attribute, Directory, ForestStore, StoreErrorKind, Sysvol, SysvolPath};

use super::objects::GpoPlace;

/// A GPO to be written to, present or not.
#[derive(Clone)]
pub(in crate::operation) struct Target {
    pub domain: Domain,
    pub sysvol: Arc<dyn Sysvol>,
    /// Its GUID.
    pub id: Guid,
    /// The DN of its container.
    pub dn: Dn,
    /// Its folder in SYSVOL.
    pub folder: SysvolPath,
    /// The GPO as it was found; none where there is none.
    pub gpo: Option<Gpo>,
}

impl Target {
    /// Opens the GPO of this GUID, present or not.
    pub async fn open(
        store: &Arc<dyn ForestStore>,
        domain: &DnsName,
        id: Guid,
        task: &Task,
    ) -> Result<Self, OperationError> {
        let domain = task.or_cancel(Domain::open(store, domain)).await?;
        let domain = domain.map_err(|error| OperationError::of_directory(&error))?;
        Target::in_domain(&domain, id, task).await
    }

    /// Opens the GPO of this GUID in an opened domain, present or not.
    pub async fn in_domain(domain: &Domain, id: Guid, task: &Task) -> Result<Self, OperationError> {
        let gpo = match task.or_cancel(domain.gpo(id, GpoParts::All)).await? {
            Ok(gpo) => Some(gpo),
            Err(error) if error.kind == StoreErrorKind::NotFound => None,
            Err(error) => return Err(OperationError::of_directory(&error)),
        };
        let sysvol = task.or_cancel(domain.sysvol()).await?;
        let sysvol = sysvol.map_err(|error| OperationError::of_read(&error))?;
        let dn = gpo.as_ref().map_or_else(|| domain.gpo_dn(id), |gpo| gpo.dn.clone());
        let usual = || SysvolPath::parse(&format!("Policies/{id}")).unwrap_or_default();
        let folder = gpo.as_ref().map_or_else(usual, Gpo::sysvol_folder);
        Ok(Target { domain: domain.clone(), sysvol, id, dn, folder, gpo })
    }

    /// Returns the GPO that must be there.
    ///
    /// # Errors
    /// `gpo-not-found` where it is not.
    pub fn existing(&self) -> Result<&Gpo, OperationError> {
        self.gpo.as_ref().ok_or_else(|| {
            let message = format!("there is no GPO {} in {}", self.id, self.domain.name());
            OperationError::new(
                StatusMessage::error(MessageId::GpoNotFound, HResult::NO_SUCH_OBJECT, message).about(&self.dn),
            )
        })
    }

    pub fn directory(&self) -> &dyn Directory {
        &**self.domain.directory()
    }

    /// Returns the place of the GPO for texts that name it.
    pub fn place(&self) -> GpoPlace {
        GpoPlace { id: self.id, dn: self.dn.clone(), unc_path: self.unc_path() }
    }

    /// Returns `gPCFileSysPath` of the GPO.
    pub fn unc_path(&self) -> String {
        let stored = self.gpo.as_ref().and_then(|gpo| gpo.file_system_path.clone());
        stored.unwrap_or_else(|| {
            let domain = self.domain.name();
            format!(r"\\{domain}\SysVol\{domain}\{}", self.folder)
        })
    }

    /// Reads the version in SYSVOL; none where there is none that can be read.
    pub async fn sysvol_version(&self, task: &Task) -> Result<Option<GpoVersion>, OperationError> {
        let read = task.or_cancel(self.sysvol.read(&self.path("GPT.INI"))).await?;
        Ok(read.ok().and_then(|bytes| GptIni::parse(&bytes).version()))
    }

    /// Returns a path below the folder of the GPO.
    pub fn path(&self, below: &str) -> SysvolPath {
        self.folder.join_path(&SysvolPath::parse(below).unwrap_or_default())
    }
}

/// Returns the attributes of the container of a new GPO: both halves off until all of it is there (`gpo-storage.md` A12).
pub(in crate::operation) fn new_container(display_name: &str, unc_path: String) -> Vec<Attribute> {
    vec![
        Attribute::text("objectClass", "groupPolicyContainer"),
        Attribute::text("displayName", display_name),
        Attribute::text("flags", GpoStatus::AllSettingsDisabled.to_flags().to_string()),
        Attribute::text("versionNumber", "0"),
        Attribute::text("gPCFunctionalityVersion", "2"),
        Attribute::text("gPCFileSysPath", unc_path),
        Attribute::text("showInAdvancedViewOnly", "TRUE"),
    ]
}

/// Returns the attributes of the container of a half.
pub(in crate::operation) fn new_half() -> Vec<Attribute> {
    vec![Attribute::text("objectClass", "container"), Attribute::text("showInAdvancedViewOnly", "TRUE")]
}
