//! Import: the settings of a backup take the place of a GPO's own, in any domain (IGPMGPO.Import, `operations.md` 2.2).

use std::path::PathBuf;

use crate::gpm::{Backup, MessageId, OperationError, StatusMessage, Task};
use crate::ident::{DnsName, ExtensionList, GpoVersion, Guid};
use crate::report::Side;
use crate::store::SysvolPath;

use super::change::{ChangeContext, FileTree, Target, Wanted, Written, change, rebase, steps};
use super::content::GpoContent;
use super::journal::ChangeKind;
use super::migration::{MigrationOptions, plan_migration};
use super::restore::{greater, warn_of_ipsec};

/// Where settings are imported from.
#[derive(Clone, Debug)]
pub enum ImportSource {
    /// A backup in Microsoft's layout.
    Backup(Box<Backup>),
    /// The folder that `samba-tool gpo backup` wrote for one GPO.
    Samba(PathBuf),
}

/// The file of a GPO's comment, which is no setting.
const COMMENT: &str = "GPO.cmt";
/// The longest comment that is kept, in bytes; Microsoft's tools take 2,047 characters.
const LARGEST_COMMENT: u64 = 1 << 20;

impl ImportSource {
    /// Reads and checks it.
    ///
    /// # Errors
    /// Fails where it is incomplete or damaged.
    pub async fn read(&self, task: &Task) -> Result<GpoContent, OperationError> {
        match self {
            ImportSource::Backup(backup) => GpoContent::read_set(backup, task).await,
            ImportSource::Samba(folder) => GpoContent::read_samba_backup(folder, task).await,
        }
    }
}

/// Replaces the settings of a GPO by those of a backup. Its name, comment, permissions, links, WMI filter and enabled halves stay. Principals and
/// UNC paths become what the migration table says. The source is read, checked and mapped before anything is changed; after a failure or
/// cancel the GPO is as it was.
///
/// # Errors
/// Fails where the source is damaged, the GPO does not exist, something is not in the table and it alone counts, or the domain cannot be written.
pub async fn import_settings(
    context: &ChangeContext,
    domain: &DnsName,
    gpo: Guid,
    source: &ImportSource,
    options: &MigrationOptions,
    task: &Task,
) -> Result<Guid, OperationError> {
    task.activity("Checking the backup");
    let mut content = source.read(task).await?;
    let target = Target::open(&context.store, domain, gpo, task).await?;
    let name = target.existing()?.display_name.clone();
    task.activity("Mapping principals and paths");
    let options = MigrationOptions { with_security: false, ..options.clone() };
    let plan = plan_migration(&content, &context.store, domain, &options, task).await?;
    plan.apply(&mut content, task).await?;
    rebase(&mut content.objects, content.core.id, &target.place());
    warn_of_ipsec(&content, task);
    let present = GpoContent::read_live(&target.domain, target.existing()?, task).await?;
    let wanted = wanted(&content, &present, task).await?;
    change(context, &target, &wanted, task).await?;
    let message = format!(
        "the settings of {} were imported into {name}: {} files, {} objects",
        content.core.display_name,
        wanted.tree.files.len(),
        wanted.objects.len()
    );
    task.message(StatusMessage::information(MessageId::Done, message).about(target.id));
    Ok(target.id)
}

async fn wanted(content: &GpoContent, present: &GpoContent, task: &Task) -> Result<Wanted, OperationError> {
    let extensions = [content.core.computer_extensions.clone(), content.core.user_extensions.clone()];
    task.progress(0, steps(&extensions));
    let seen = greater(present.core.directory_version, present.core.sysvol_version.unwrap_or_default());
    let is_touched = |side| has_settings(content, side) || has_settings(present, side);
    Ok(Wanted {
        kind: ChangeKind::Import,
        tree: settings_tree(content, present).await?,
        objects: content.objects.clone(),
        extensions,
        version: seen.next(is_touched(Side::User), is_touched(Side::Computer)),
        core: Written::default(),
    })
}

/// Returns the files of the source with the comment of the target.
async fn settings_tree(content: &GpoContent, present: &GpoContent) -> Result<FileTree, OperationError> {
    let comment = SysvolPath::parse(COMMENT).unwrap_or_default();
    let mut tree = FileTree::of_content(content);
    tree.files.retain(|file| file.path != comment);
    tree.changed.remove(&comment);
    if let Some(file) = present.file(&comment) {
        tree.changed.insert(comment, present.read(file, LARGEST_COMMENT).await?);
        tree.files.push(file.clone());
    }
    Ok(tree)
}

/// Tells whether a half holds settings: an extension is registered, or there is a file or an object in it.
pub(super) fn has_settings(content: &GpoContent, side: Side) -> bool {
    let is_of_side =
        |path: &SysvolPath| path.parts().first().is_some_and(|first| first.eq_ignore_ascii_case(side.folder()));
    !ExtensionList::parse_lossy(content.extensions(side)).is_empty()
        || content.files.iter().any(|file| is_of_side(&file.path))
        || content.objects.iter().any(|object| object.side == side)
}

/// Returns the version of a new GPO: 1 for each half that holds settings.
pub(super) fn first_version(content: &GpoContent) -> GpoVersion {
    GpoVersion::default().next(has_settings(content, Side::User), has_settings(content, Side::Computer))
}
