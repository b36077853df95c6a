//! What becomes of one step: whether it was done, doing it, and taking it back.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::gpm::{HResult, MessageId, OperationError, StatusMessage, Task};
use crate::ident::{Dn, DnsName, Guid};
use crate::operation::change::{change_folder_access, set_folder_access};
use crate::security::{AclDialect, AclState, SecurityDescriptor, to_sysvol_acl};
use crate::store::{
    Attribute, Change, Directory, ForestStore, SdParts, StoreError, StoreErrorKind, Sysvol, SysvolPath,
};

use super::saved_tree;
use super::step::{Saved, Step, ValueChange, shown};
use super::stored_object::{StoredObject, make, read_tree};

const DESCRIPTOR: &str = "nTSecurityDescriptor";
/// Every class of the schema has it, and no service of Group Policy reads it.
const COUNTER: &str = "revision";

/// How things stand with a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// What is there is what was there before it.
    NotDone,
    /// What is there is what it leaves.
    Done,
    /// What is there is neither: somebody else has changed it.
    Other,
}

/// Returns the directory that holds an object: that of its domain, or of the forest for what lies in the configuration.
///
/// # Errors
/// Fails where the domain is none of the forest's, or none of its controllers can be reached.
pub async fn directory_of(store: &Arc<dyn ForestStore>, dn: &Dn) -> Result<Arc<dyn Directory>, OperationError> {
    let forest = store.directory();
    if dn.is_within(&forest.root_dse().configuration_dn) {
        return Ok(forest);
    }
    let failed = |error: StoreError| OperationError::of_directory(&error);
    let domain = dn.domain().ok_or_else(|| failed(StoreError::new(StoreErrorKind::NotFound, dn)))?;
    store.domain_directory(&domain).await.map_err(failed)
}

async fn sysvol_of(store: &Arc<dyn ForestStore>, domain: &DnsName) -> Result<Arc<dyn Sysvol>, OperationError> {
    store.sysvol(domain).await.map_err(|error| OperationError::of_read(&error))
}

/// Looks at how things stand with a step.
pub(super) async fn standing(store: &Arc<dyn ForestStore>, step: &Step) -> Result<Standing, OperationError> {
    let of = |is_before: bool, is_after: bool| match (is_before, is_after) {
        (_, true) => Standing::Done,
        (true, false) => Standing::NotDone,
        (false, false) => Standing::Other,
    };
    Ok(match step {
        Step::Modify { dn, values, .. } => {
            let Some(now) = if_there(read_values(store, dn, values).await)? else { return Ok(Standing::Other) };
            let is = |wanted: fn(&ValueChange) -> &Vec<Vec<u8>>| {
                values.iter().zip(&now).all(|(value, now)| same_values(wanted(value), now))
            };
            of(is(|value| &value.before), is(|value| &value.after))
        }
        Step::SetSecurity { dn, parts, before, after } => {
            let Some((now, _)) = if_there(read_descriptor(store, dn, *parts).await)? else {
                return Ok(Standing::Other);
            };
            of(is_same_security(&now, before, *parts), is_same_security(&now, after, *parts))
        }
        Step::Add { objects } => {
            let Some(first) = objects.first() else { return Ok(Standing::Done) };
            let now = read_tree(&*directory_of(store, &first.dn).await?, &first.dn).await?;
            // A crash may have come between two of the objects.
            of(now.len() < objects.len(), now.len() >= objects.len())
        }
        Step::Delete { dn, expected } => {
            let now = read_tree(&*directory_of(store, dn).await?, dn).await?;
            let is_expected = expected.as_ref().is_none_or(|expected| {
                expected.len() == now.len() && expected.iter().all(|one| now.iter().any(|own| own.says_the_same(one)))
            });
            of(is_expected, now.is_empty())
        }
        Step::Rename { dn, new_dn } => {
            let is_there = object_exists(store, dn).await?;
            of(is_there, !is_there && object_exists(store, new_dn).await?)
        }
        Step::MakeFolder { domain, path, .. } => {
            let exists = stands(store, domain, path).await?;
            of(!exists, exists)
        }
        Step::RemoveFolder { domain, path, .. } | Step::RemoveTree { domain, path, .. } => {
            let exists = stands(store, domain, path).await?;
            of(exists, !exists)
        }
        Step::PutTree { domain, path, .. } => {
            let exists = stands(store, domain, path).await?;
            of(!exists, exists)
        }
        Step::WriteFile { domain, path, before, after } => {
            let now = read_file(store, domain, path).await?;
            of(now == *before, now == *after)
        }
        Step::MoveTree { domain, from, to } => {
            let is_there = stands(store, domain, from).await?;
            of(is_there, !is_there && stands(store, domain, to).await?)
        }
        Step::SetFolderSecurity { domain, path, before, after } => {
            let Some(now) = if_there(read_folder_access(store, domain, path).await)? else {
                return Ok(Standing::Other);
            };
            of(is_same_security(&now, before, SdParts::DACL), is_same_security(&now, after, SdParts::DACL))
        }
        Step::MirrorSecurity { .. } => Standing::NotDone,
    })
}

/// Returns what was read; none where it is not there.
fn if_there<T>(read: Result<T, OperationError>) -> Result<Option<T>, OperationError> {
    match read {
        Err(error) if error.0.code == HResult::FILE_NOT_FOUND => Ok(None),
        read => read.map(Some),
    }
}

/// Does the rest of a step that looks as if it were done, and may have been broken off half-way.
pub(super) async fn complete(store: &Arc<dyn ForestStore>, step: &Step) -> Result<(), OperationError> {
    match step {
        // The folder itself comes first, and then what lies in it.
        Step::SetFolderSecurity { domain, path, before, after } if standing(store, step).await? == Standing::Done => {
            hand_down(store, domain, path, before, after).await
        }
        _ => Ok(()),
    }
}

/// Gives a folder another list, and to what lies in it what it hands down.
async fn hand_down(
    store: &Arc<dyn ForestStore>,
    domain: &DnsName,
    path: &SysvolPath,
    before: &[u8],
    after: &[u8],
) -> Result<(), OperationError> {
    let (before, after) = (parse_descriptor(path, before)?, parse_descriptor(path, after)?);
    change_folder_access(&*sysvol_of(store, domain).await?, path, &before, &after).await
}

/// How often something that has to be done is tried again: a file that somebody has open is let go of after a moment.
#[derive(Debug, Default)]
pub(super) struct Insistence(usize);

impl Insistence {
    /// Tells, after a pause, whether to try again after this failure.
    pub(super) async fn tries_again(&mut self, error: &OperationError) -> bool {
        const PAUSES: [Duration; 3] =
            [Duration::from_millis(20), Duration::from_millis(80), Duration::from_millis(320)];
        let Some(pause) = PAUSES.get(self.0).filter(|_| error.0.id != MessageId::Conflict) else { return false };
        self.0 += 1;
        tokio::time::sleep(*pause).await;
        true
    }
}

/// Does a step that has not been done yet.
pub(super) async fn bring_about(
    store: &Arc<dyn ForestStore>,
    step: &Step,
    saved: &Saved,
    task: &Task,
) -> Result<(), OperationError> {
    match standing(store, step).await? {
        Standing::Done => Ok(()),
        Standing::NotDone | Standing::Other => carry_out(store, step, saved, task).await,
    }
}

/// Keeps in the journal what a step takes away; `folder` is the step's own there. To be called before the first step of the edit is done.
pub(super) async fn save(
    store: &Arc<dyn ForestStore>,
    step: &mut Step,
    folder: PathBuf,
    task: &Task,
) -> Result<Saved, OperationError> {
    let mut saved = Saved::default();
    match step {
        Step::Delete { dn, .. } => {
            let directory = directory_of(store, dn).await?;
            saved.objects = task.or_cancel(read_tree(&*directory, dn)).await??;
        }
        Step::RemoveTree { domain, found_at, .. } => {
            let sysvol = sysvol_of(store, domain).await?;
            saved.tree = saved_tree::save(&sysvol, found_at, &folder, task).await?.then_some(folder);
        }
        Step::RemoveFolder { domain, path, access } => {
            let sysvol = sysvol_of(store, domain).await?;
            // One that a step before this one moves there keeps the list that it was made with.
            if sysvol.has_security()
                && let Ok(present) = sysvol.security(path, SdParts::READABLE).await
            {
                *access = Some(present);
            }
        }
        _ => {}
    }
    Ok(saved)
}

/// Does a step.
///
/// # Errors
/// `conflict`, naming what was read and what is there now, where somebody else has changed what it changes.
pub(super) async fn carry_out(
    store: &Arc<dyn ForestStore>,
    step: &Step,
    saved: &Saved,
    task: &Task,
) -> Result<(), OperationError> {
    let directory_failed = |error: StoreError| OperationError::of_directory(&error);
    let write_failed = |error: StoreError| OperationError::of_write(&error);
    match step {
        Step::Modify { dn, values, .. } => modify(store, dn, values).await,
        Step::SetSecurity { dn, parts, before, after } => set_security(store, dn, *parts, before, after).await,
        Step::Add { objects } => {
            for object in objects {
                let directory = directory_of(store, &object.dn).await?;
                make(&*directory, object).await.map_err(directory_failed)?;
            }
            Ok(())
        }
        Step::Delete { dn, expected } => {
            let directory = directory_of(store, dn).await?;
            // What came into it since it was looked at is not to go with it.
            if expected.as_ref().is_some_and(|expected| expected.len() < saved.objects.len()) {
                return Err(directory_failed(StoreError::new(StoreErrorKind::NotEmpty, dn)));
            }
            match saved.objects.len() {
                0 => Err(directory_failed(StoreError::new(StoreErrorKind::NotFound, dn))),
                1 => directory.delete(dn).await.map_err(directory_failed),
                _ => directory.delete_tree(dn).await.map_err(directory_failed),
            }
        }
        Step::Rename { dn, new_dn } => {
            let directory = directory_of(store, dn).await?;
            let parent = new_dn.parent().filter(|parent| dn.parent().as_ref() != Some(parent));
            directory.rename(dn, new_dn.rdn(), parent.as_ref()).await.map_err(directory_failed)
        }
        Step::MakeFolder { domain, path, access } => {
            let sysvol = sysvol_of(store, domain).await?;
            sysvol.make_folder(path).await.map_err(write_failed)?;
            match access.as_ref().filter(|_| sysvol.has_security()) {
                Some(access) => sysvol.set_security(path, SdParts::DACL, access).await.map_err(write_failed),
                None => Ok(()),
            }
        }
        Step::RemoveFolder { domain, path, .. } => {
            sysvol_of(store, domain).await?.remove(path).await.map_err(write_failed)
        }
        Step::WriteFile { domain, path, before, after } => {
            let now = read_file(store, domain, path).await?;
            if now != *before {
                let told = |bytes: &Option<Vec<u8>>| shown(&bytes.iter().cloned().collect::<Vec<_>>());
                return Err(conflict(path, "its content", &told(before), &told(&now), &told(after)));
            }
            let sysvol = sysvol_of(store, domain).await?;
            match after {
                Some(bytes) => sysvol.replace(path, bytes).await.map_err(write_failed),
                None => sysvol.remove(path).await.map_err(write_failed),
            }
        }
        Step::MoveTree { domain, from, to } => {
            sysvol_of(store, domain).await?.rename(from, to).await.map_err(write_failed)
        }
        Step::RemoveTree { domain, path, .. } => match sysvol_of(store, domain).await?.remove_tree(path).await {
            Err(error) if error.kind != StoreErrorKind::NotFound => Err(write_failed(error)),
            _ => Ok(()),
        },
        Step::PutTree { domain, path, saved } => {
            saved_tree::put(&sysvol_of(store, domain).await?, path, saved, task).await
        }
        Step::SetFolderSecurity { domain, path, before, after } => {
            let now = read_folder_access(store, domain, path).await?;
            if !is_same_security(&now, before, SdParts::DACL) {
                return Err(security_conflict(path, before, &now, after));
            }
            hand_down(store, domain, path, before, after).await
        }
        Step::MirrorSecurity { dn, domain, path } => {
            let sysvol = sysvol_of(store, domain).await?;
            if !sysvol.has_security() {
                return Ok(());
            }
            let (own, _) = read_descriptor(store, dn, SdParts::READABLE).await?;
            let own = parse_descriptor(dn, &own)?;
            match own.dacl {
                AclState::Present(_) => {
                    set_folder_access(&*sysvol, path, &to_sysvol_acl(&own, AclDialect::Windows)).await
                }
                _ => Ok(()),
            }
        }
    }
}

/// Takes back a step, done or half done, so that what was there before it is there again.
///
/// # Errors
/// Fails where it cannot, and where somebody else has changed what it changed.
pub(super) async fn take_back(store: &Arc<dyn ForestStore>, step: &Step, saved: &Saved) -> Result<(), OperationError> {
    // Putting back is not to be cancelled.
    let task = Task::default();
    match step {
        Step::Add { objects } => {
            for object in objects.iter().rev() {
                let directory = directory_of(store, &object.dn).await?;
                // Somebody else may have made another object of this name.
                if !is_as_made(&*directory, object).await? {
                    continue;
                }
                match directory.delete(&object.dn).await {
                    Err(error) if error.kind != StoreErrorKind::NotFound => {
                        return Err(OperationError::of_directory(&error));
                    }
                    _ => {}
                }
            }
            return Ok(());
        }
        // A crash may have left the temporary sibling of a file in a folder that nobody else knows of.
        Step::MakeFolder { domain, path, .. } | Step::PutTree { domain, path, .. } => {
            let sysvol = sysvol_of(store, domain).await?;
            let is_own_name = |part: &str| part.parse::<Guid>().is_ok() || part.starts_with("~opengpmc-");
            let is_own = matches!(step, Step::PutTree { .. }) || path.parts().iter().any(|part| is_own_name(part));
            let removed = if is_own { sysvol.remove_tree(path).await } else { sysvol.remove(path).await };
            return match removed {
                Err(error) if error.kind != StoreErrorKind::NotFound => Err(OperationError::of_write(&error)),
                _ => Ok(()),
            };
        }
        Step::RemoveTree { domain, path, found_at } => {
            let Some(tree) = &saved.tree else { return Ok(()) };
            // Not even moved to where it was to be removed.
            if found_at != path && stands(store, domain, found_at).await? {
                return Ok(());
            }
            let sysvol = sysvol_of(store, domain).await?;
            match sysvol.remove_tree(path).await {
                Err(error) if error.kind != StoreErrorKind::NotFound => return Err(OperationError::of_write(&error)),
                _ => {}
            }
            return saved_tree::put(&sysvol, path, tree, &task).await;
        }
        Step::SetFolderSecurity { domain, path, before, after } => {
            // What was handed down may have come half-way.
            return if_there(hand_down(store, domain, path, after, before).await).map(drop);
        }
        // Some of the objects may be left, and not as they were before the edit.
        Step::Delete { .. } => {
            for object in &saved.objects {
                if !object_exists(store, &object.dn).await? {
                    let directory = directory_of(store, &object.dn).await?;
                    make(&*directory, object).await.map_err(|error| OperationError::of_directory(&error))?;
                }
            }
            return Ok(());
        }
        _ => {}
    }
    match standing(store, step).await? {
        Standing::NotDone => Ok(()),
        Standing::Done | Standing::Other => match step.reversed(saved) {
            // What is not there any more need not be taken back.
            Some(reversed) => if_there(carry_out(store, &reversed, saved, &task).await).map(drop),
            None => Ok(()),
        },
    }
}

/// Tells whether an object is there and has the values it was made with.
async fn is_as_made(directory: &dyn Directory, object: &StoredObject) -> Result<bool, OperationError> {
    let names: Vec<&str> = object.attributes.iter().map(|(name, _)| name.as_str()).collect();
    match directory.read(&object.dn, &names, None).await {
        Ok(entry) => Ok(object
            .attributes
            .iter()
            .filter(|(name, _)| !name.eq_ignore_ascii_case("objectClass"))
            .all(|(name, values)| same_values(values, entry.values(name)))),
        Err(error) if error.kind == StoreErrorKind::NotFound => Ok(false),
        Err(error) => Err(OperationError::of_directory(&error)),
    }
}

async fn modify(store: &Arc<dyn ForestStore>, dn: &Dn, values: &[ValueChange]) -> Result<(), OperationError> {
    let changes: Vec<Change> = values.iter().flat_map(changes_of).collect();
    if changes.is_empty() {
        return Ok(());
    }
    match directory_of(store, dn).await?.modify(dn, &changes).await {
        Err(error) if error.kind == StoreErrorKind::Conflict => {
            let now = read_values(store, dn, values).await?;
            let changed = values.iter().zip(&now).find(|(value, now)| !same_values(&value.before, now));
            Err(match changed {
                Some((value, now)) => {
                    conflict(dn, &value.attribute, &shown(&value.before), &shown(now), &shown(&value.after))
                }
                None => OperationError::of_directory(&error),
            })
        }
        done => done.map_err(|error| OperationError::of_directory(&error)),
    }
}

/// Returns the changes of one attribute: a swap of its one value, or its old values out and its new ones in.
fn changes_of(value: &ValueChange) -> Vec<Change> {
    let ValueChange { attribute, before, after } = value;
    if same_values(before, after) {
        return Vec::new();
    }
    if before.len() <= 1 && after.len() <= 1 {
        let (old, new) = (before.first().cloned(), after.first().cloned());
        return vec![Change::Swap { attribute: attribute.clone(), old, new }];
    }
    let only_in = |these: &[Vec<u8>], those: &[Vec<u8>]| {
        let values: Vec<Vec<u8>> = these.iter().filter(|value| !those.contains(value)).cloned().collect();
        (!values.is_empty()).then(|| Attribute { name: attribute.clone(), values })
    };
    let removed = only_in(before, after).map(Change::Remove);
    removed.into_iter().chain(only_in(after, before).map(Change::Add)).collect()
}

async fn set_security(
    store: &Arc<dyn ForestStore>,
    dn: &Dn,
    parts: SdParts,
    before: &[u8],
    after: &[u8],
) -> Result<(), OperationError> {
    let directory = directory_of(store, dn).await?;
    let (now, counter) = read_descriptor(store, dn, parts).await?;
    if !is_same_security(&now, before, parts) {
        return Err(security_conflict(dn, before, &now, after));
    }
    let replace = Change::SecurityDescriptor { parts, descriptor: after.to_vec() };
    let number = counter.as_ref().and_then(|bytes| std::str::from_utf8(bytes).ok()?.trim().parse::<i32>().ok());
    let next = number.unwrap_or(0).checked_add(1).unwrap_or(1);
    let counted =
        Change::Swap { attribute: COUNTER.to_owned(), old: counter, new: Some(next.to_string().into_bytes()) };
    match directory.modify(dn, &[counted, replace.clone()]).await {
        Err(error) if error.kind == StoreErrorKind::Conflict => {
            let (now, _) = read_descriptor(store, dn, parts).await?;
            Err(security_conflict(dn, before, &now, after))
        }
        // Who may change the list alone may not count; the comparison above is then all there is.
        Err(error)
            if matches!(
                error.kind,
                StoreErrorKind::AccessDenied | StoreErrorKind::InvalidValue | StoreErrorKind::NotSupported
            ) =>
        {
            directory.modify(dn, &[replace]).await.map_err(|error| OperationError::of_directory(&error))
        }
        done => done.map_err(|error| OperationError::of_directory(&error)),
    }
}

async fn read_values(
    store: &Arc<dyn ForestStore>,
    dn: &Dn,
    values: &[ValueChange],
) -> Result<Vec<Vec<Vec<u8>>>, OperationError> {
    let names: Vec<&str> = values.iter().map(|value| value.attribute.as_str()).collect();
    let entry = directory_of(store, dn).await?.read(dn, &names, None).await;
    let entry = entry.map_err(|error| OperationError::of_directory(&error))?;
    Ok(names.iter().map(|name| entry.values(name).to_vec()).collect())
}

/// Reads parts of a descriptor, and the counter that guards it.
async fn read_descriptor(
    store: &Arc<dyn ForestStore>,
    dn: &Dn,
    parts: SdParts,
) -> Result<(Vec<u8>, Option<Vec<u8>>), OperationError> {
    let entry = directory_of(store, dn).await?.read(dn, &[DESCRIPTOR, COUNTER], Some(parts)).await;
    let entry = entry.map_err(|error| OperationError::of_directory(&error))?;
    let missing = || StoreError::new(StoreErrorKind::AccessDenied, dn).with_detail("its permissions cannot be read");
    let descriptor =
        entry.bytes(DESCRIPTOR).map(<[u8]>::to_vec).ok_or_else(|| OperationError::of_directory(&missing()))?;
    Ok((descriptor, entry.bytes(COUNTER).map(<[u8]>::to_vec)))
}

async fn read_folder_access(
    store: &Arc<dyn ForestStore>,
    domain: &DnsName,
    path: &SysvolPath,
) -> Result<Vec<u8>, OperationError> {
    let read = sysvol_of(store, domain).await?.security(path, SdParts::READABLE).await;
    read.map_err(|error| OperationError::of_read(&error))
}

async fn read_file(
    store: &Arc<dyn ForestStore>,
    domain: &DnsName,
    path: &SysvolPath,
) -> Result<Option<Vec<u8>>, OperationError> {
    match sysvol_of(store, domain).await?.read(path).await {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind == StoreErrorKind::NotFound => Ok(None),
        Err(error) => Err(OperationError::of_read(&error)),
    }
}

async fn stands(store: &Arc<dyn ForestStore>, domain: &DnsName, path: &SysvolPath) -> Result<bool, OperationError> {
    match sysvol_of(store, domain).await?.stat(path).await {
        Ok(_) => Ok(true),
        Err(error) if error.kind == StoreErrorKind::NotFound => Ok(false),
        Err(error) => Err(OperationError::of_read(&error)),
    }
}

async fn object_exists(store: &Arc<dyn ForestStore>, dn: &Dn) -> Result<bool, OperationError> {
    match directory_of(store, dn).await?.read(dn, &["objectClass"], None).await {
        Ok(_) => Ok(true),
        Err(error) if error.kind == StoreErrorKind::NotFound => Ok(false),
        Err(error) => Err(OperationError::of_directory(&error)),
    }
}

fn parse_descriptor(of: impl std::fmt::Display, bytes: &[u8]) -> Result<SecurityDescriptor, OperationError> {
    SecurityDescriptor::from_bytes(bytes)
        .map_err(|error| OperationError::of_directory(&StoreError::new(StoreErrorKind::Corrupt, of).with_detail(error)))
}

/// Tells whether two values lists hold the same, in whatever order.
pub(super) fn same_values(one: &[Vec<u8>], other: &[Vec<u8>]) -> bool {
    let sorted = |values: &[Vec<u8>]| {
        let mut values = values.to_vec();
        values.sort();
        values
    };
    one.len() == other.len() && sorted(one) == sorted(other)
}

/// Tells whether two descriptors say the same of what belongs to the object itself: servers add what is inherited, and put marks of their own.
pub(super) fn is_same_security(one: &[u8], other: &[u8], parts: SdParts) -> bool {
    use crate::security::{AclEntry, Control};
    if one == other {
        return true;
    }
    let (Ok(one), Ok(other)) = (SecurityDescriptor::from_bytes(one), SecurityDescriptor::from_bytes(other)) else {
        return false;
    };
    let has = |part: SdParts| parts.0 & part.0 != 0;
    let own = |state: &AclState| match state {
        AclState::Present(acl) => {
            let explicit = acl.entries.iter().filter(|entry| match entry {
                AclEntry::Ace(ace) => !ace.is_inherited(),
                AclEntry::Unknown(_) => true,
            });
            let mut told: Vec<String> = explicit.map(|entry| format!("{entry:?}")).collect();
            told.sort();
            Some(told)
        }
        _ => None,
    };
    let is_protected = |descriptor: &SecurityDescriptor| descriptor.control.contains(Control::DACL_PROTECTED);
    (!has(SdParts::OWNER) || one.owner == other.owner)
        && (!has(SdParts::GROUP) || one.group == other.group)
        && (!has(SdParts::DACL) || (own(&one.dacl) == own(&other.dacl) && is_protected(&one) == is_protected(&other)))
        && (!has(SdParts::SACL) || own(&one.sacl) == own(&other.sacl))
}

fn security_conflict(of: impl std::fmt::Display, before: &[u8], now: &[u8], after: &[u8]) -> OperationError {
    use crate::security::SddlContext;
    let sddl = |bytes: &[u8]| {
        let parsed = SecurityDescriptor::from_bytes(bytes);
        parsed.map_or_else(|_| "(damaged)".to_owned(), |parsed| parsed.to_sddl(&SddlContext::default()))
    };
    conflict(of, "its permissions", &sddl(before), &sddl(now), &sddl(after))
}

/// Returns the error of an object that somebody else has changed, with all three values.
pub(in crate::operation) fn conflict(
    of: impl std::fmt::Display,
    what: &str,
    before: &str,
    now: &str,
    wanted: &str,
) -> OperationError {
    let message = format!(
        "{of}: somebody else has changed {what}: it was {before} when it was read and is {now} now; {wanted} was to be written. \
         Look at it anew and try again"
    );
    OperationError::new(StatusMessage::error(MessageId::Conflict, HResult::SHARING_VIOLATION, message).about(of))
}
