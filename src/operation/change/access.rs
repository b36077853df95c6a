//! The access list of a GPO's folder in SYSVOL: written where it does not fit the container's, and handed down to what lies in it, which
//! no server does by itself.

use futures::stream::{self, StreamExt};

use crate::gpm::OperationError;
use crate::security::SecurityDescriptor;
use crate::security::inherit::{self, Heir};
use crate::store::{SdParts, StoreError, StoreErrorKind, Sysvol, SysvolPath};

/// Descriptors that are read and written at the same time.
const IN_FLIGHT: usize = 16;
/// Folders in folders that are followed.
const DEEPEST: usize = 64;

/// Gives a folder this access list, and what lies in it the entries it inherits; entries of its own stay. The folder comes first, so that
/// it shows what was begun.
pub(in crate::operation) async fn set_folder_access(
    sysvol: &dyn Sysvol,
    folder: &SysvolPath,
    descriptor: &SecurityDescriptor,
) -> Result<(), OperationError> {
    set(sysvol, folder, descriptor).await?;
    let whole = read(sysvol, folder).await?;
    hand_down_all(sysvol, folder, whole).await
}

/// Gives a folder back the access list it had, and what lies in it the entries it inherits. The folder comes last, so that it shows that
/// there is something to put back until all is.
pub(super) async fn put_folder_access_back(
    sysvol: &dyn Sysvol,
    folder: &SysvolPath,
    descriptor: &SecurityDescriptor,
) -> Result<(), OperationError> {
    hand_down_all(sysvol, folder, descriptor.clone()).await?;
    set(sysvol, folder, descriptor).await
}

async fn set(sysvol: &dyn Sysvol, path: &SysvolPath, descriptor: &SecurityDescriptor) -> Result<(), OperationError> {
    let invalid = |error| StoreError::new(StoreErrorKind::InvalidValue, path).with_detail(error);
    let bytes = descriptor.to_bytes().map_err(|error| OperationError::of_write(&invalid(error)))?;
    let written = sysvol.set_security(path, SdParts::DACL, &bytes).await;
    written.map_err(|error| OperationError::of_write(&error))
}

/// Gives what lies in a folder with this descriptor the entries it inherits.
async fn hand_down_all(
    sysvol: &dyn Sysvol,
    folder: &SysvolPath,
    descriptor: SecurityDescriptor,
) -> Result<(), OperationError> {
    let mut waiting = vec![(folder.clone(), descriptor)];
    while let Some((folder, above)) = waiting.pop() {
        if folder.parts().len() > DEEPEST {
            continue;
        }
        let entries = sysvol.list(&folder).await.map_err(|error| OperationError::of_write(&error))?;
        let handed_down: Vec<_> = entries
            .iter()
            .filter_map(|entry| Some((folder.join(&entry.name).ok()?, entry.is_folder)))
            .map(|(path, is_folder)| hand_down(sysvol, path, is_folder, &above))
            .collect();
        let mut handed_down = stream::iter(handed_down).buffer_unordered(IN_FLIGHT);
        while let Some(done) = handed_down.next().await {
            waiting.extend(done?);
        }
    }
    Ok(())
}

/// Gives an entry what it inherits; returns a folder whose contents are next.
async fn hand_down(
    sysvol: &dyn Sysvol,
    path: SysvolPath,
    is_folder: bool,
    above: &SecurityDescriptor,
) -> Result<Option<(SysvolPath, SecurityDescriptor)>, OperationError> {
    let present = match read(sysvol, &path).await {
        // Removed since its folder was listed.
        Err(error) if error.0.code == crate::gpm::HResult::FILE_NOT_FOUND => return Ok(None),
        present => present?,
    };
    let heir = if is_folder { Heir::Folder } else { Heir::File };
    let new = inherit::inherit(&present, above, heir);
    if new != present {
        set(sysvol, &path, &new).await?;
    }
    Ok(is_folder.then_some((path, new)))
}

async fn read(sysvol: &dyn Sysvol, path: &SysvolPath) -> Result<SecurityDescriptor, OperationError> {
    let failed = |error: StoreError| OperationError::of_read(&error);
    let bytes = sysvol.security(path, SdParts::READABLE).await.map_err(failed)?;
    SecurityDescriptor::from_bytes(&bytes)
        .map_err(|error| failed(StoreError::new(StoreErrorKind::Corrupt, path).with_detail(error)))
}
