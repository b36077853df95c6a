//! Copy: a GPO is made anew from another, in the same domain or another one (IGPMGPO.CopyTo, `operations.md` 2.3).

use std::collections::HashSet;
use std::sync::Arc;

use crate::gpm::{
    Domain, GpoParts, HResult, LONGEST_GPO_NAME, MessageId, OperationError, StatusMessage, Task, check_gpo_name,
};
use crate::ident::{DnsName, Guid, WmiFilterRef};
use crate::security::{AclState, SecurityDescriptor};
use crate::store::{ForestStore, StoreError, StoreErrorKind};

use super::change::{ChangeContext, FileTree, Target, Wanted, Written, change, rebase, steps};
use super::content::GpoContent;
use super::import::first_version;
use super::journal::ChangeKind;
use super::migration::{MigrationOptions, ScanOptions, name_principals, plan_migration};

/// How a GPO is copied.
#[derive(Clone, Debug, Default)]
pub struct CopyOptions {
    /// The name of the copy; `Copy of …` where none is given.
    pub new_name: Option<String>,
    /// Whether the copy gets the permissions of the original, mapped; else those of a new GPO (GPM_PROCESS_SECURITY).
    pub keep_permissions: bool,
    /// What becomes of principals and UNC paths.
    pub migration: MigrationOptions,
}

/// Copies a GPO of one forest into a domain of the same forest or another. The copy has a GUID of its own and no links. After a failure or
/// cancel there is no copy.
///
/// # Errors
/// Fails where the original cannot be read, a GPO of the name given exists, something is not in the table and it alone counts, or the domain
/// cannot be written.
pub async fn copy_gpo(
    source: &Arc<dyn ForestStore>,
    source_domain: &DnsName,
    gpo: Guid,
    context: &ChangeContext,
    target_domain: &DnsName,
    options: &CopyOptions,
    task: &Task,
) -> Result<Guid, OperationError> {
    task.activity("Reading the original");
    let original = Target::open(source, source_domain, gpo, task).await?;
    let mut content = GpoContent::read_live(&original.domain, original.existing()?, task).await?;
    let target = Target::open(&context.store, target_domain, Guid::random(), task).await?;
    let taken = taken_names(&target.domain, task).await?;
    let name = name_of_copy("GPO", target_domain, &content.core.display_name, options.new_name.as_deref(), &taken)?;
    task.activity("Mapping principals and paths");
    let migration = MigrationOptions { with_security: options.keep_permissions, ..options.migration.clone() };
    if migration.table.is_some() || migration.table_only {
        // A table names principals, settings mostly hold SIDs.
        let wanted =
            ScanOptions { with_security: migration.with_security, with_preferences: migration.map_preferences };
        name_principals(&mut content, &original.domain, &wanted, task).await?;
    }
    let plan = plan_migration(&content, &context.store, target_domain, &migration, task).await?;
    plan.apply(&mut content, task).await?;
    rebase(&mut content.objects, content.core.id, &target.place());
    if !options.keep_permissions {
        // Those of packages too are the permissions of the original.
        content.objects.iter_mut().for_each(|object| object.security_descriptor = None);
    }
    let is_same_domain = is_same_forest(source, &context.store) && source_domain == target_domain;
    let extensions = [content.core.computer_extensions.clone(), content.core.user_extensions.clone()];
    task.progress(0, steps(&extensions));
    let wanted = Wanted {
        kind: ChangeKind::Copy,
        tree: FileTree::of_content(&content),
        objects: content.objects.clone(),
        extensions,
        version: first_version(&content),
        core: Written {
            display_name: Some(name.clone()),
            status: Some(content.core.status),
            wmi_filter: Some(copied_filter(&content, is_same_domain, task)),
            dacl: if options.keep_permissions { kept_dacl(&content, task) } else { None },
        },
    };
    change(context, &target, &wanted, task).await?;
    let message = format!("{} was copied to {name} in {target_domain}", content.core.display_name);
    task.message(StatusMessage::information(MessageId::Done, message).about(target.id));
    Ok(target.id)
}

fn is_same_forest(one: &Arc<dyn ForestStore>, other: &Arc<dyn ForestStore>) -> bool {
    let root = |store: &Arc<dyn ForestStore>| store.directory().root_dse().forest_dn.clone();
    Arc::ptr_eq(one, other) || root(one) == root(other) && one.info().target == other.info().target
}

/// Returns the names that GPOs of a domain have, in lower case.
async fn taken_names(domain: &Domain, task: &Task) -> Result<HashSet<String>, OperationError> {
    let gpos = task.or_cancel(domain.gpos(GpoParts::Summary)).await?;
    let gpos = match gpos {
        Err(error) if error.kind == StoreErrorKind::NotFound => Vec::new(),
        gpos => gpos.map_err(|error| OperationError::of_directory(&error))?.values,
    };
    Ok(gpos.iter().map(|gpo| gpo.display_name.to_lowercase()).collect())
}

/// Returns the name of a copy. `taken` names, in lower case, are looked at without case, as people do; `what` is copied, in words.
///
/// # Errors
/// Fails where the name given is taken, or no name.
pub(super) fn name_of_copy(
    what: &str,
    domain: &DnsName,
    original: &str,
    wanted: Option<&str>,
    taken: &HashSet<String>,
) -> Result<String, OperationError> {
    match wanted {
        None => Ok(free_name(original, taken)),
        Some(name) if taken.contains(&name.to_lowercase()) => {
            let message = format!("{domain} has a {what} named {name} already");
            Err(OperationError::new(
                StatusMessage::error(MessageId::GpoExists, HResult::OBJECT_EXISTS, message).about(name),
            ))
        }
        Some(name) => match check_gpo_name(name) {
            Ok(()) => Ok(name.to_owned()),
            Err(problem) => {
                let error = StoreError::new(StoreErrorKind::InvalidValue, "the name of the copy");
                Err(OperationError::of_directory(&error.with_detail(problem)))
            }
        },
    }
}

/// Returns `Copy of X`, or the first of `Copy (2) of X` … that is free.
fn free_name(original: &str, taken: &HashSet<String>) -> String {
    let named =
        |prefix: String| -> String { format!("{prefix} of {original}").chars().take(LONGEST_GPO_NAME).collect() };
    let names = std::iter::once(named("Copy".to_owned())).chain((2..).map(|number| named(format!("Copy ({number})"))));
    let mut names = names.filter(|name| !taken.contains(&name.to_lowercase()));
    names.next().unwrap_or_default()
}

/// Returns the filter of the copy: the original's within its domain, none elsewhere.
fn copied_filter(content: &GpoContent, is_same_domain: bool, task: &Task) -> Option<WmiFilterRef> {
    let filter = content.core.wmi_filter.clone()?;
    if is_same_domain {
        return Some(filter);
    }
    let name = content.core.wmi_filter_name.clone().unwrap_or_else(|| filter.id.to_string());
    let message = format!("the copy is not linked to the WMI filter {name}, which belongs to another domain");
    task.message(StatusMessage::warning(MessageId::WmiFilterCrossDomain, message).about(filter.id));
    None
}

/// Returns the permissions of the original; none, with a warning, where they cannot be read.
fn kept_dacl(content: &GpoContent, task: &Task) -> Option<SecurityDescriptor> {
    let bytes = content.core.security_descriptor.as_ref();
    let descriptor = bytes.and_then(|bytes| SecurityDescriptor::from_bytes(bytes).ok());
    let usable = descriptor.filter(|descriptor| matches!(descriptor.dacl, AclState::Present(_)));
    if usable.is_none() {
        let message = "the permissions of the original cannot be read; the copy has those of a new GPO";
        task.message(StatusMessage::warning(MessageId::AclInconsistent, message).about(content.core.id));
    }
    usable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_a_name_that_is_free() {
        let check = |taken: &[&str], expected: &str| {
            let taken = taken.iter().map(|name| name.to_lowercase()).collect();
            assert_eq!(free_name("Base", &taken), expected);
        };
        check(&[], "Copy of Base");
        check(&["copy of BASE"], "Copy (2) of Base");
        check(&["Copy of Base", "Copy (2) of Base"], "Copy (3) of Base");
        assert_eq!(free_name(&"x".repeat(300), &HashSet::new()).chars().count(), LONGEST_GPO_NAME);
    }
}
