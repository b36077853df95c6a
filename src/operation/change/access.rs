//! The access list of a GPO's folder in SYSVOL: written where it does not fit the container's, and handed down to what lies in it, which
//! no server does by itself.

use futures::stream::{self, StreamExt};

use crate::gpm::OperationError;
use crate::security::inherit::{self, Heir};
use crate::security::{Ace, AceFlags, Acl, AclEntry, AclState, SecurityDescriptor};
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
    let before = read(sysvol, folder).await?;
    set(sysvol, folder, descriptor).await?;
    let now = read(sysvol, folder).await?;
    hand_down_all(sysvol, folder, Above { before, now }).await
}

/// As [`set_folder_access`], of a folder that had the list `before`: where the two hand down the same, what lies in it is not looked at.
pub(in crate::operation) async fn change_folder_access(
    sysvol: &dyn Sysvol,
    folder: &SysvolPath,
    before: &SecurityDescriptor,
    after: &SecurityDescriptor,
) -> Result<(), OperationError> {
    if hands_down_the_same(before, after) {
        return set(sysvol, folder, after).await;
    }
    set_folder_access(sysvol, folder, after).await
}

/// Tells whether nothing changes for what lies below: the entries that are inherited are the same.
fn hands_down_the_same(before: &SecurityDescriptor, now: &SecurityDescriptor) -> bool {
    let handed_down = |descriptor: &SecurityDescriptor| {
        let reaches = |ace: &&Ace| {
            ace.flags.contains(AceFlags::OBJECT_INHERIT) || ace.flags.contains(AceFlags::CONTAINER_INHERIT)
        };
        let entries = descriptor.dacl.acl().into_iter().flat_map(Acl::aces).filter(reaches);
        entries.map(|ace| Ace { flags: ace.flags.without(AceFlags::INHERITED), ..ace.clone() }).collect::<Vec<_>>()
    };
    handed_down(before) == handed_down(now)
}

/// Gives a folder back the access list it had, and what lies in it the entries it inherits. The folder comes last, so that it shows that
/// there is something to put back until all is.
pub(super) async fn put_folder_access_back(
    sysvol: &dyn Sysvol,
    folder: &SysvolPath,
    descriptor: &SecurityDescriptor,
) -> Result<(), OperationError> {
    let before = read(sysvol, folder).await?;
    hand_down_all(sysvol, folder, Above { before, now: descriptor.clone() }).await?;
    set(sysvol, folder, descriptor).await
}

/// What stands above an entry that inherits.
struct Above {
    /// As it was: what an entry has of it, it had by inheritance.
    before: SecurityDescriptor,
    /// As it is to be.
    now: SecurityDescriptor,
}

async fn set(sysvol: &dyn Sysvol, path: &SysvolPath, descriptor: &SecurityDescriptor) -> Result<(), OperationError> {
    let invalid = |error| StoreError::new(StoreErrorKind::InvalidValue, path).with_detail(error);
    let bytes = descriptor.to_bytes().map_err(|error| OperationError::of_write(&invalid(error)))?;
    let written = sysvol.set_security(path, SdParts::DACL, &bytes).await;
    written.map_err(|error| OperationError::of_write(&error))
}

/// Gives what lies in a folder with this descriptor the entries it inherits.
async fn hand_down_all(sysvol: &dyn Sysvol, folder: &SysvolPath, above: Above) -> Result<(), OperationError> {
    let mut waiting = vec![(folder.clone(), above)];
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
    above: &Above,
) -> Result<Option<(SysvolPath, Above)>, OperationError> {
    let present = match read(sysvol, &path).await {
        // Removed since its folder was listed.
        Err(error) if error.0.code == crate::gpm::HResult::FILE_NOT_FOUND => return Ok(None),
        present => present?,
    };
    let heir = if is_folder { Heir::Folder } else { Heir::File };
    let now = inherit::inherit(&without_handed_down(&present, above, heir), &above.now, heir);
    if now != present {
        set(sysvol, &path, &now).await?;
    }
    Ok(is_folder.then_some((path, Above { before: present, now })))
}

/// Returns the descriptor without entries that it has from above, though they bear no mark of it: Samba gives what is made in a folder copies of
/// the folder's entries without that mark, and they would stay for ever.
fn without_handed_down(present: &SecurityDescriptor, above: &Above, heir: Heir<'_>) -> SecurityDescriptor {
    let AclState::Present(acl) = &present.dacl else { return present.clone() };
    let unmarked = |ace: &Ace| Ace { flags: ace.flags.without(AceFlags::INHERITED), ..ace.clone() };
    let empty =
        SecurityDescriptor::new(present.owner.clone(), present.group.clone(), AclState::Present(Acl::default()));
    let handed_down: Vec<Ace> = [&above.before, &above.now]
        .into_iter()
        .map(|above| inherit::inherit(&empty, above, heir))
        .flat_map(|inherited| inherited.dacl.acl().into_iter().flat_map(Acl::aces).map(unmarked).collect::<Vec<_>>())
        .collect();
    let is_own = |entry: &&AclEntry| match entry {
        AclEntry::Ace(ace) => ace.is_inherited() || !handed_down.contains(ace),
        AclEntry::Unknown(_) => true,
    };
    let entries = acl.entries.iter().filter(is_own).cloned().collect();
    let mut own = present.clone();
    own.dacl = AclState::Present(Acl { entries, ..acl.clone() });
    own
}

async fn read(sysvol: &dyn Sysvol, path: &SysvolPath) -> Result<SecurityDescriptor, OperationError> {
    let failed = |error: StoreError| OperationError::of_read(&error);
    let bytes = sysvol.security(path, SdParts::READABLE).await.map_err(failed)?;
    SecurityDescriptor::from_bytes(&bytes)
        .map_err(|error| failed(StoreError::new(StoreErrorKind::Corrupt, path).with_detail(error)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::security::SddlContext;

    fn descriptor(sddl: &str) -> SecurityDescriptor {
        SecurityDescriptor::from_sddl(sddl, &SddlContext::default()).unwrap()
    }

    #[test]
    fn copies_without_their_mark_are_taken_for_inherited() {
        let above = Above {
            before: descriptor("O:BAG:BAD:P(A;OICI;FA;;;SY)(A;OICI;0x1200a9;;;AU)"),
            now: descriptor("O:BAG:BAD:P(A;OICI;FA;;;SY)"),
        };
        let check = |present: &str, heir: Heir<'_>, expected: &str| {
            let own = without_handed_down(&descriptor(present), &above, heir);
            let now = inherit::inherit(&own, &above.now, heir);
            assert_eq!(now.to_sddl(&SddlContext::default()), descriptor(expected).to_sddl(&SddlContext::default()));
        };
        check("O:BAG:BAD:(A;;FA;;;SY)(A;;0x1200a9;;;AU)", Heir::File, "O:BAG:BAD:AI(A;ID;FA;;;SY)");
        check("O:BAG:BAD:(A;;FA;;;WD)(A;;0x1200a9;;;AU)", Heir::File, "O:BAG:BAD:AI(A;;FA;;;WD)(A;ID;FA;;;SY)");
        check("O:BAG:BAD:(A;OICI;0x1200a9;;;AU)", Heir::Folder, "O:BAG:BAD:AI(A;OICIID;FA;;;SY)");
        check("O:BAG:BAD:P(A;;FA;;;WD)", Heir::File, "O:BAG:BAD:P(A;;FA;;;WD)");
    }
}
