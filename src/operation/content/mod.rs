//! What a GPO consists of, wherever it lies: in a domain, in a set of a backup, in a pre-image.
//!
//! It is the one thing that backup writes and that restore, import, copy and putting back read. Of files it holds the places, not the bytes,
//! so that large ones are never in memory; those that a migration changed are held.

mod live;
mod object;
mod samba;
mod set;
mod stored;

pub(super) use live::{BOUNDS, LiveGpos, places};
pub(super) use object::{content_object, is_own_attribute, object_guid, object_place};
pub(super) use set::container;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::format::BackupGroup;
use crate::gpm::{GpoStatus, OperationError};
use crate::ident::{DnsName, GpoVersion, Guid, WmiFilterRef};
use crate::report::Side;
use crate::store::{ContentSource, FileSource, HeldSource, StoreError, Sysvol, SysvolPath};

/// What a GPO consists of.
#[derive(Clone)]
pub struct GpoContent {
    /// What its container in the directory says.
    pub core: GpoCore,
    /// The folders below its folder in SYSVOL, parents first, empty ones too: `Machine`, `Machine\Scripts`.
    pub folders: Vec<SysvolPath>,
    /// The files below its folder in SYSVOL, by path. `GPT.INI` is not among them: it is made anew from the version.
    pub files: Vec<ContentFile>,
    /// The objects below `CN=Machine` and `CN=User` of its container, parents first.
    pub objects: Vec<ContentObject>,
    /// The principals it speaks of, with the names they had where it comes from.
    pub principals: Vec<BackupGroup>,
    /// Where the bytes of the files lie.
    pub sysvol: Arc<dyn Sysvol>,
    /// Bytes of files that are not those at their place, because a migration changed them; by path below the GPO's folder.
    pub changed: BTreeMap<SysvolPath, Vec<u8>>,
}

/// What the container of a GPO says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GpoCore {
    /// Its GUID.
    pub id: Guid,
    /// Its domain.
    pub domain: DnsName,
    /// Its display name.
    pub display_name: String,
    /// Which halves are applied.
    pub status: GpoStatus,
    /// Version in the directory.
    pub directory_version: GpoVersion,
    /// Version in SYSVOL; none where it could not be read.
    pub sysvol_version: Option<GpoVersion>,
    /// `gPCMachineExtensionNames`, as it stands; empty where there is none.
    pub computer_extensions: String,
    /// `gPCUserExtensionNames`, as it stands; empty where there is none.
    pub user_extensions: String,
    /// The WMI filter it names.
    pub wmi_filter: Option<WmiFilterRef>,
    /// The name of that filter, where it is known.
    pub wmi_filter_name: Option<String>,
    /// The descriptor, self-relative: of a live GPO owner, group and DACL, of a set the DACL alone; none where it could not be read.
    pub security_descriptor: Option<Vec<u8>>,
}

/// A file of a GPO.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentFile {
    /// Where it belongs below the GPO's folder: `Machine\registry.pol`, in the case it is stored with.
    pub path: SysvolPath,
    /// Where its bytes lie in [`GpoContent::sysvol`].
    pub place: SysvolPath,
    /// Its size in bytes.
    pub size_bytes: u64,
}

/// An object below a half of a GPO's container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentObject {
    /// The half.
    pub side: Side,
    /// The names from the object up to the half: `CN=Packages,CN=Class Store`.
    pub path: String,
    /// The most specific class.
    pub class: String,
    /// `objectGUID` where it comes from; an object that is made anew gets another.
    pub id: Option<Guid>,
    /// Attributes with their values as the directory stores them, those left out that the directory sets itself.
    pub attributes: Vec<(String, Vec<Vec<u8>>)>,
    /// The descriptor, self-relative, where it is one of the object's own: of a package, and where nothing is inherited.
    pub security_descriptor: Option<Vec<u8>>,
}

impl GpoContent {
    /// Returns the bytes of a file, to be read in pieces.
    pub fn source(&self, file: &ContentFile) -> Box<dyn ContentSource> {
        source(&self.sysvol, &self.changed, file)
    }

    /// Returns the bytes of a settings file.
    ///
    /// # Errors
    /// Fails where it cannot be read, or is larger than `most_bytes`.
    pub async fn read(&self, file: &ContentFile, most_bytes: u64) -> Result<Vec<u8>, OperationError> {
        if let Some(bytes) = self.changed.get(&file.path) {
            return Ok(bytes.clone());
        }
        let length = usize::try_from(most_bytes.saturating_add(1)).unwrap_or(usize::MAX);
        let read = match file.size_bytes <= SMALL_BYTES {
            true => self.sysvol.read(&file.place).await,
            false => self.sysvol.read_range(&file.place, 0, length).await,
        };
        let bytes = read.map_err(|error| OperationError::of_read(&error))?;
        if bytes.len() as u64 > most_bytes {
            let error = StoreError::new(crate::store::StoreErrorKind::InvalidValue, &file.path);
            return Err(OperationError::of_read(&error.with_detail(format!("it is larger than {most_bytes} bytes"))));
        }
        Ok(bytes)
    }

    /// Finds a file by its path below the GPO's folder.
    pub fn file(&self, path: &SysvolPath) -> Option<&ContentFile> {
        self.files.iter().find(|file| file.path == *path)
    }

    /// Returns `gPCMachineExtensionNames` or `gPCUserExtensionNames`.
    pub fn extensions(&self, side: Side) -> &str {
        match side {
            Side::Computer => &self.core.computer_extensions,
            Side::User => &self.core.user_extensions,
        }
    }
}

/// The size up to which a file is read with one request.
const SMALL_BYTES: u64 = 64 << 10;

/// Returns the bytes of a file: those that a migration made, else those at its place.
pub(in crate::operation) fn source(
    sysvol: &Arc<dyn Sysvol>,
    changed: &BTreeMap<SysvolPath, Vec<u8>>,
    file: &ContentFile,
) -> Box<dyn ContentSource> {
    match changed.get(&file.path) {
        Some(bytes) => Box::new(HeldSource::new(bytes.clone())),
        None => Box::new(FileSource::of_size(Arc::clone(sysvol), file.place.clone(), file.size_bytes)),
    }
}
