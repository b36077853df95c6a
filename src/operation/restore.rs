//! Restore: a backup is put back as the GPO it was made of, present or deleted (IGPMDomain.RestoreGPO, `operations.md` 2.1).

use std::collections::HashMap;

use futures::stream::{self, StreamExt};
use serde::Serialize;

use crate::format::SavedWmiFilter;
use crate::gpm::{Backup, Domain, HResult, ItemState, MessageId, OperationError, StatusMessage, Task};
use crate::ident::{DnsName, ExtensionList, GpoVersion, Guid, WmiFilterRef};
use crate::security::{AclState, SecurityDescriptor};
use crate::store::StoreErrorKind;

use super::change::{ChangeContext, FileTree, Target, Wanted, Written, change, rebase, steps};
use super::content::GpoContent;
use super::item_outcome::{ItemOutcome, finish_item};
use super::journal::ChangeKind;

/// What is brought back beside the GPO itself; all of it lies in the file of extras and only there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RestoreOptions {
    /// Links the GPO again where it was linked and is not now.
    pub with_links: bool,
    /// Makes its WMI filter again where the domain has none of that id.
    pub with_wmi_filter: bool,
    /// Blocks inheritance again where it was blocked.
    pub with_block_inheritance: bool,
}

/// A GPO that was restored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RestoredGpo {
    /// Its GUID.
    pub id: Guid,
    /// Its domain.
    pub domain: DnsName,
    /// Its name, as it was saved.
    pub display_name: String,
    /// Whether it was gone and was made anew.
    pub was_missing: bool,
}

/// GPOs that are restored at the same time.
const IN_FLIGHT: usize = 16;

/// Restores a backup. The set is read and checked before anything is changed; after a failure or cancel the GPO is as it was.
///
/// # Errors
/// Fails where the set is incomplete or damaged, of a domain that the forest does not have, or where the domain cannot be written.
pub async fn restore_backup(
    context: &ChangeContext,
    backup: &Backup,
    options: &RestoreOptions,
    task: &Task,
) -> Result<RestoredGpo, OperationError> {
    let domain = home(context, backup, task).await?;
    restore_into(context, &domain, backup, options, task).await
}

/// Restores several backups, some at the same time, each all or not at all. Goes on after a failure; a cancel leaves what is done.
///
/// # Errors
/// Fails where none can be begun.
pub async fn restore_backups(
    context: &ChangeContext,
    backups: &[&Backup],
    options: &RestoreOptions,
    task: &Task,
) -> Result<Vec<ItemOutcome<RestoredGpo>>, OperationError> {
    task.begin_items(backups.iter().map(|backup| (backup.gpo_name.clone(), 8)));
    let mut domains: HashMap<String, Domain> = HashMap::new();
    for backup in backups {
        let name = backup.domain.to_lowercase();
        if !domains.contains_key(&name)
            && let Ok(domain) = home(context, backup, task).await
        {
            domains.insert(name, domain);
        }
    }
    let domains = &domains;
    let restores: Vec<_> = backups
        .iter()
        .enumerate()
        .map(|(place, backup)| async move {
            let own = task.item(place);
            let outcome = match own.checkpoint() {
                Err(cancelled) => Err(cancelled.into()),
                Ok(()) => {
                    own.set_item_state(ItemState::Running);
                    match domains.get(&backup.domain.to_lowercase()) {
                        Some(domain) => restore_into(context, domain, backup, options, &own).await,
                        None => restore_backup(context, backup, options, &own).await,
                    }
                }
            };
            finish_item(&own, &outcome);
            ItemOutcome { name: backup.gpo_name.clone(), id: backup.gpo_id, outcome }
        })
        .collect();
    Ok(stream::iter(restores).buffered(IN_FLIGHT).collect().await)
}

/// Opens the domain that the backup is of.
async fn home(context: &ChangeContext, backup: &Backup, task: &Task) -> Result<Domain, OperationError> {
    let name: DnsName = backup.domain.parse().map_err(|_| other_domain(backup, "it names no domain"))?;
    match task.or_cancel(Domain::open(&context.store, &name)).await? {
        Ok(domain) => Ok(domain),
        Err(error) if error.kind == StoreErrorKind::NotFound => {
            Err(other_domain(backup, "this forest has no such domain"))
        }
        Err(error) => Err(OperationError::of_directory(&error)),
    }
}

fn other_domain(backup: &Backup, why: &str) -> OperationError {
    let message = format!(
        "the backup is of the domain {}; {why}. A backup is restored in its own domain only; import brings its settings into a GPO of another",
        backup.domain
    );
    OperationError::new(
        StatusMessage::error(MessageId::BackupOtherDomain, HResult::INVALID_ARGUMENT, message).about(backup.id),
    )
}

async fn restore_into(
    context: &ChangeContext,
    domain: &Domain,
    backup: &Backup,
    options: &RestoreOptions,
    task: &Task,
) -> Result<RestoredGpo, OperationError> {
    task.activity(format!("Checking the backup of {}", backup.gpo_name));
    let mut content = GpoContent::read_set(backup, task).await?;
    if content.core.domain != *domain.name() {
        return Err(other_domain(backup, &format!("Backup.xml says {}", content.core.domain)));
    }
    let target = Target::in_domain(domain, content.core.id, task).await?;
    rebase(&mut content.objects, content.core.id, &target.place());
    let dacl = dacl(&content, task);
    let extras = super::extras::read(backup, options, task).await;
    let saved_filter =
        extras.as_ref().and_then(|extras| extras.wmi_filter.as_ref()).filter(|_| options.with_wmi_filter);
    let wmi_filter = restored_filter(domain, &content, saved_filter, task).await?;
    warn_of_content(&content, &target, task);
    let core = Written {
        display_name: Some(content.core.display_name.clone()),
        status: Some(content.core.status),
        wmi_filter: Some(wmi_filter),
        dacl,
    };
    let wanted = wanted(&content, &target, core, task).await?;
    change(context, &target, &wanted, task).await?;
    if let Some(extras) = &extras {
        super::extras::bring_back(context, &target, extras, options, task).await;
    }
    let what = if target.gpo.is_some() { "was restored" } else { "was gone and was made again" };
    let message = format!(
        "{} {what}: {} files, {} objects",
        content.core.display_name,
        content.files.len(),
        content.objects.len()
    );
    task.message(StatusMessage::information(MessageId::Done, message));
    Ok(RestoredGpo {
        id: target.id,
        domain: domain.name().clone(),
        display_name: content.core.display_name,
        was_missing: target.gpo.is_none(),
    })
}

async fn wanted(content: &GpoContent, target: &Target, core: Written, task: &Task) -> Result<Wanted, OperationError> {
    let extensions = [content.core.computer_extensions.clone(), content.core.user_extensions.clone()];
    task.progress(0, steps(&extensions));
    Ok(Wanted {
        kind: ChangeKind::Restore,
        tree: FileTree::of_content(content),
        objects: content.objects.clone(),
        extensions,
        version: next_version(content, target, task).await?,
        core,
    })
}

/// Returns the version after the greatest one that a client may have seen, of this GPO or, where it is gone, of the one that was saved.
async fn next_version(content: &GpoContent, target: &Target, task: &Task) -> Result<GpoVersion, OperationError> {
    let saved = greater(content.core.directory_version, content.core.sysvol_version.unwrap_or_default());
    let seen = match &target.gpo {
        Some(gpo) => greater(gpo.version, target.sysvol_version(task).await?.unwrap_or_default()),
        None => saved,
    };
    Ok(seen.next(true, true))
}

pub(super) fn greater(one: GpoVersion, other: GpoVersion) -> GpoVersion {
    GpoVersion { user: one.user.max(other.user), computer: one.computer.max(other.computer) }
}

/// Returns the permissions of the set; none, with a warning, where it has none or an open list, which would let everybody do everything.
fn dacl(content: &GpoContent, task: &Task) -> Option<SecurityDescriptor> {
    let warn = |message: &str| {
        let message = format!("{message}; the permissions of the GPO stay as they are");
        task.message(StatusMessage::warning(MessageId::AclInconsistent, message).about(content.core.id));
        None
    };
    let Some(bytes) = &content.core.security_descriptor else { return warn("the backup holds no permissions") };
    match SecurityDescriptor::from_bytes(bytes) {
        Ok(descriptor) if matches!(descriptor.dacl, AclState::Present(_)) => Some(descriptor),
        Ok(_) => warn("the backup holds no access list"),
        Err(error) => warn(&format!("the permissions in the backup are damaged ({error})")),
    }
}

/// Returns the filter that the GPO is to name: that of the set, where the domain has it or gets it back.
async fn restored_filter(
    domain: &Domain,
    content: &GpoContent,
    saved: Option<&SavedWmiFilter>,
    task: &Task,
) -> Result<Option<WmiFilterRef>, OperationError> {
    let Some(wanted) = &content.core.wmi_filter else { return Ok(None) };
    let filters = task.or_cancel(domain.wmi_filters()).await?;
    let filters = filters.map_err(|error| OperationError::of_directory(&error))?;
    if filters.values.iter().any(|filter| filter.id == wanted.id) {
        return Ok(Some(wanted.clone()));
    }
    if let Some(saved) = saved.filter(|saved| saved.id == wanted.id)
        && super::extras::make_filter(domain, saved, task).await
    {
        return Ok(Some(wanted.clone()));
    }
    let name = content.core.wmi_filter_name.clone().unwrap_or_else(|| wanted.id.to_string());
    let message = format!("the domain has no WMI filter {name} any more; the GPO is linked to none");
    task.message(StatusMessage::warning(MessageId::WmiFilterMissing, message).about(wanted.id));
    Ok(None)
}

const IPSEC: Guid = Guid::from_u128(0xE437BC1C_AA7D_11D2_A382_00C04F991E27);

/// Warns of what a restore cannot bring back.
fn warn_of_content(content: &GpoContent, target: &Target, task: &Task) {
    let is_package = |class: &str| class.eq_ignore_ascii_case("packageRegistration");
    if target.gpo.is_none() && content.objects.iter().any(|object| is_package(&object.class)) {
        let message = "its software packages get new ids: clients will see them as new applications";
        task.message(StatusMessage::warning(MessageId::PackageIdChanged, message).about(content.core.id));
    }
    warn_of_ipsec(content, task);
}

/// Warns of an assignment of an IPsec policy: the policy lies outside of every GPO.
pub(super) fn warn_of_ipsec(content: &GpoContent, task: &Task) {
    if ExtensionList::parse_lossy(&content.core.computer_extensions).contains(IPSEC) {
        let message = "it assigns an IPsec policy, which is an object of its domain and is not in the backup";
        task.message(StatusMessage::warning(MessageId::IpsecExternal, message).about(content.core.id));
    }
}
