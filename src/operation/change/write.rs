//! One change of one GPO, from its pre-image to the modify that makes it count.

use std::time::Duration;

use crate::format::GptIni;
use crate::gpm::{GpoStatus, HResult, MessageId, OperationError, Severity, StatusMessage, Task};
use crate::ident::{ExtensionList, GpoVersion, WmiFilterRef};
use crate::operation::content::ContentObject;
use crate::operation::edit::Touched;
use crate::operation::journal::{ChangeKind, JournalEntry, JournalRecord, WholeGpo};
use crate::report::Side;
use crate::security::{AclDialect, AclState, SecurityDescriptor, compare_sysvol_acl, to_sysvol_acl};
use crate::store::{Attribute, Change, SdParts, StoreError, StoreErrorKind, SysvolPath};

use super::ChangeContext;
use super::access::set_folder_access;
use super::objects::{half, write_objects};
use super::pre_image::{Container, GPT_INI, PreImage, put_back};
use super::target::{Target, new_container, new_half};
use super::tree::{FileTree, make_folder, write_tree};

/// What a GPO is to be.
pub(in crate::operation) struct Wanted {
    pub kind: ChangeKind,
    /// Its files, in place of all it has; `GPT.INI` is not among them.
    pub tree: FileTree,
    /// Its objects, in place of all it has.
    pub objects: Vec<ContentObject>,
    /// `gPCMachineExtensionNames` and `gPCUserExtensionNames`.
    pub extensions: [String; 2],
    /// Its version in both halves.
    pub version: GpoVersion,
    /// What else of its container is written.
    pub core: Written,
}

/// What of the container is written beside settings and version.
#[derive(Default)]
pub(in crate::operation) struct Written {
    /// The display name; stays where none is given.
    pub display_name: Option<String>,
    /// Which halves are applied; stays where none is given.
    pub status: Option<GpoStatus>,
    /// The WMI filter; stays where none is given.
    pub wmi_filter: Option<Option<WmiFilterRef>>,
    /// The DACL, in a descriptor; stays where none is given.
    pub dacl: Option<SecurityDescriptor>,
}

/// Steps of a change beside one for each extension: pre-image, objects, permissions, version.
pub(in crate::operation) const FIXED_STEPS: u64 = 4;

/// Returns the number of steps of a change.
pub(in crate::operation) fn steps(extensions: &[String; 2]) -> u64 {
    let count = |list: &String| ExtensionList::parse_lossy(list).groups.len() as u64;
    FIXED_STEPS + extensions.iter().map(count).sum::<u64>().max(1)
}

/// Makes a GPO what is wanted; one that is not there is made. After a failure or cancel it is again what it was.
///
/// # Errors
/// Fails where it cannot be written; where even the state before cannot be put back, a message says where it lies.
pub(in crate::operation) async fn change(
    context: &ChangeContext,
    target: &Target,
    wanted: &Wanted,
    task: &Task,
) -> Result<(), OperationError> {
    let total = steps(&wanted.extensions);
    let progress = Steps { task, total, extensions: total - FIXED_STEPS };
    task.progress(0, total);
    task.activity("Saving what is there");
    let entry = context.journal.begin()?;
    let started = prepare(context, target, wanted, &entry, task).await;
    let (before, tree, record, gpo) = match started {
        Ok(started) => started,
        Err(error) => {
            // Nothing was changed yet.
            clear(entry.finish(), task);
            return Err(error);
        }
    };
    progress.reached(1);
    let outcome = write(target, wanted, &before, &tree, &progress).await;
    let Err(error) = outcome else {
        clear(entry.keep(&record), task);
        return Ok(());
    };
    task.activity("Putting back what was there");
    match put_back_patiently(target, &entry, &gpo).await {
        Ok(()) => {
            clear(entry.finish(), task);
            let message = match &before.container {
                Some(_) => "the GPO is again as it was before",
                None => "the half-made GPO was removed",
            };
            task.message(StatusMessage::information(MessageId::RolledBack, message).about(&gpo.name));
        }
        Err(second) => {
            let message = format!(
                "the state before could not be put back: {second}. It lies in {} and is put back when the domain is opened again",
                entry.folder().display()
            );
            task.message(StatusMessage::error(MessageId::RollbackFailed, second.0.code, message).about(&gpo.name));
        }
    }
    Err(error)
}

/// Looks at what became of the entry of a change that is done or put back. Where that failed the outcome is the same: the next start finds the
/// entry, and that nothing is left to do.
fn clear(done: Result<(), OperationError>, task: &Task) {
    if let Err(OperationError(left)) = done {
        task.message(StatusMessage { severity: Severity::Warning, ..*left });
    }
}

/// Puts back what was there. What a client has open for a moment must not leave the GPO half-made: tried for two seconds.
async fn put_back_patiently(target: &Target, entry: &JournalEntry, gpo: &WholeGpo) -> Result<(), OperationError> {
    const LONGEST_PAUSE: Duration = Duration::from_secs(1);
    let mut pause = Duration::from_millis(100);
    loop {
        match put_back(target, entry, gpo).await {
            Err(error) if is_locked(&error) && pause <= LONGEST_PAUSE => {
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            result => return result,
        }
    }
}

/// Tells whether somebody has a file open; a conflict of two administrators, which has the same code, does not pass.
fn is_locked(error: &OperationError) -> bool {
    error.0.code == HResult::SHARING_VIOLATION && error.0.id != MessageId::Conflict
}

/// Takes the pre-image and writes down what is being done.
async fn prepare(
    context: &ChangeContext,
    target: &Target,
    wanted: &Wanted,
    entry: &JournalEntry,
    task: &Task,
) -> Result<(PreImage, FileTree, JournalRecord, WholeGpo), OperationError> {
    let before = PreImage::read(target, task).await?;
    let tree = before.save(target, entry, task).await?;
    let name = wanted.core.display_name.clone();
    let name = name.or_else(|| target.gpo.as_ref().map(|gpo| gpo.display_name.clone()));
    let name = name.unwrap_or_else(|| target.id.to_string());
    let title = match wanted.kind {
        ChangeKind::Restore => format!("Restore {name}"),
        ChangeKind::Import => format!("Import settings into {name}"),
        ChangeKind::Copy | ChangeKind::Edit => format!("Create {name} as a copy"),
    };
    let gpo = WholeGpo {
        domain: target.domain.name().clone(),
        id: target.id,
        name,
        planned_version: wanted.version.to_u32(),
        version_before: before.container.as_ref().map(|container| container.version().unwrap_or_default().to_u32()),
    };
    let mut record = JournalRecord::begin(wanted.kind, title, &*context.store);
    record.gpo = Some(gpo.clone());
    record.touches = match &target.gpo {
        Some(_) => vec![Touched::Gpo(gpo.domain.clone(), gpo.id)],
        None => vec![Touched::Domain(gpo.domain.clone())],
    };
    task.checkpoint()?;
    entry.record(&record)?;
    entry.refuse_second(&record)?;
    Ok((before, tree, record, gpo))
}

/// Counts the steps: files stand for the extensions they belong to.
struct Steps<'a> {
    task: &'a Task,
    total: u64,
    extensions: u64,
}

impl Steps<'_> {
    fn reached(&self, done: u64) {
        self.task.progress(done, self.total);
    }

    fn files(&self, done: usize, of: usize) {
        let share = (self.extensions * done as u64).checked_div(of as u64).unwrap_or(self.extensions);
        self.reached(1 + share);
    }
}

async fn write(
    target: &Target,
    wanted: &Wanted,
    before: &PreImage,
    copies: &FileTree,
    progress: &Steps<'_>,
) -> Result<(), OperationError> {
    let task = progress.task;
    let container = match &before.container {
        Some(container) => container.clone(),
        None => make_container(target, wanted).await?,
    };
    task.checkpoint()?;
    let access = folder_access(target, wanted, before, &container)?;
    if before.folder.is_none() {
        task.activity("Making its folder");
        make_folder(&*target.sysvol, &target.folder).await?;
        if let Some(access) = &access {
            set_folder_access(&*target.sysvol, &target.folder, access).await?;
        }
        write_version(target, None, GpoVersion::default()).await?;
        for side in [Side::Computer, Side::User] {
            make_folder(&*target.sysvol, &target.path(side.folder())).await?;
        }
    }
    task.activity("Writing files");
    let count = wanted.tree.files.len();
    let files =
        write_tree(copies, &wanted.tree, &*target.sysvol, &target.folder, task, |done| progress.files(done, count));
    files.await?;
    progress.files(1, 1);
    task.activity("Writing objects");
    make_halves(target, wanted).await?;
    write_objects(target.directory(), &target.dn, &container.content_objects(), &wanted.objects, task).await?;
    progress.reached(progress.extensions + 2);
    if before.folder.is_some()
        && let Some(access) = &access
    {
        task.activity("Setting permissions");
        set_folder_access(&*target.sysvol, &target.folder, access).await?;
    }
    progress.reached(progress.extensions + 3);
    task.activity("Writing the version");
    // The last place to turn back: the two numbers and what they stand for belong together.
    task.checkpoint()?;
    let changes = last_changes(&container, wanted);
    if changes.is_empty() {
        return Ok(());
    }
    write_version(target, before.folder.as_ref().and_then(|folder| folder.gpt_ini.as_deref()), wanted.version).await?;
    target.directory().modify(&target.dn, &changes).await.map_err(|error| OperationError::of_directory(&error))
}

/// Makes the container of a new GPO, both halves off, with its two children; returns it as the server made it.
async fn make_container(target: &Target, wanted: &Wanted) -> Result<Container, OperationError> {
    let failed = |error: StoreError| OperationError::of_directory(&error);
    let name = wanted.core.display_name.clone().unwrap_or_else(|| target.id.to_string());
    target.directory().add(&target.dn, &new_container(&name, target.unc_path())).await.map_err(failed)?;
    let entry = target.directory().read(
        &target.dn,
        &["displayName", "flags", "versionNumber", "nTSecurityDescriptor"],
        Some(SdParts::READABLE),
    );
    let entry = entry.await.map_err(failed)?;
    let attributes =
        entry.attributes.iter().filter(|attribute| !attribute.name.eq_ignore_ascii_case("nTSecurityDescriptor"));
    Ok(Container {
        attributes: attributes.map(|attribute| (attribute.name.clone(), attribute.values.clone())).collect(),
        descriptor: entry.bytes("nTSecurityDescriptor").map(<[u8]>::to_vec),
        objects: Vec::new(),
    })
}

/// Makes the containers of the two halves where they are missing: always in a new GPO, else where objects are to be below them.
async fn make_halves(target: &Target, wanted: &Wanted) -> Result<(), OperationError> {
    for side in [Side::User, Side::Computer] {
        let is_needed = target.gpo.is_none() || wanted.objects.iter().any(|object| object.side == side);
        if !is_needed {
            continue;
        }
        match target.directory().add(&half(&target.dn, side), &new_half()).await {
            Err(error) if error.kind != StoreErrorKind::AlreadyExists => {
                return Err(OperationError::of_directory(&error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Returns the access list that the folder gets; none where it has one that fits already, or can have none.
fn folder_access(
    target: &Target,
    wanted: &Wanted,
    before: &PreImage,
    container: &Container,
) -> Result<Option<SecurityDescriptor>, OperationError> {
    let is_asked_for = wanted.core.dacl.is_some() || before.folder.is_none();
    let Some(own) = container.descriptor.as_ref().filter(|_| is_asked_for && target.sysvol.has_security()) else {
        return Ok(None);
    };
    let damaged =
        |error| OperationError::of_directory(&StoreError::new(StoreErrorKind::Corrupt, &target.dn).with_detail(error));
    let mut descriptor = SecurityDescriptor::from_bytes(own).map_err(damaged)?;
    if let Some(dacl) = &wanted.core.dacl {
        descriptor.dacl = dacl.dacl.clone();
    }
    let present =
        before.folder.as_ref().and_then(|folder| SecurityDescriptor::from_bytes(folder.descriptor.as_ref()?).ok());
    let fits = present.is_some_and(|present| compare_sysvol_acl(&descriptor, &present).is_empty());
    Ok((!fits && matches!(descriptor.dacl, AclState::Present(_)))
        .then(|| to_sysvol_acl(&descriptor, AclDialect::Windows)))
}

/// Writes a version into `GPT.INI` and leaves the rest of it as it was.
async fn write_version(target: &Target, present: Option<&[u8]>, version: GpoVersion) -> Result<(), OperationError> {
    let mut file = present.map_or_else(|| GptIni::new(version), GptIni::parse);
    file.set_version(version);
    let path: SysvolPath = target.path(GPT_INI);
    target.sysvol.replace(&path, &file.to_bytes()).await.map_err(|error| OperationError::of_write(&error))
}

/// Returns the changes of the last modify: the version, guarded by the one that was read, and all that it stands for.
fn last_changes(container: &Container, wanted: &Wanted) -> Vec<Change> {
    let text = |name: &str, value: Option<String>| {
        let new = value.filter(|value| !value.is_empty()).map(String::into_bytes);
        (container.value(name) != new.as_deref())
            .then(|| Change::Replace(Attribute { name: name.to_owned(), values: new.into_iter().collect() }))
    };
    let core = &wanted.core;
    let [computer, user] = &wanted.extensions;
    let mut changes = Vec::new();
    changes.extend(text("gPCMachineExtensionNames", Some(computer.clone())));
    changes.extend(text("gPCUserExtensionNames", Some(user.clone())));
    changes.extend(core.display_name.clone().and_then(|name| text("displayName", Some(name))));
    changes.extend(core.status.and_then(|status| text("flags", Some(status.to_flags().to_string()))));
    changes.extend(
        core.wmi_filter.as_ref().and_then(|filter| text("gPCWQLFilter", filter.as_ref().map(ToString::to_string))),
    );
    if let Some(dacl) = &core.dacl
        && let Ok(descriptor) = dacl.to_bytes()
    {
        changes.push(Change::SecurityDescriptor { parts: SdParts::DACL, descriptor });
    }
    let version = wanted.version.to_directory_text().into_bytes();
    let old = container.value("versionNumber").map(<[u8]>::to_vec);
    if old.as_ref() != Some(&version) {
        changes.insert(0, Change::Swap { attribute: "versionNumber".to_owned(), old, new: Some(version) });
    }
    changes
}
