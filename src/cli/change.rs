//! `gpo restore`, `gpo import`, `gpo copy`: what changes GPOs, all or nothing.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use clap::Args;
use serde_json::json;

use crate::gpm::constants::BackupType;
use crate::gpm::{Backup, BackupDir, Domain, Gpo, GpoParts, MigrationTable};
use crate::ident::{DnsName, Guid};
use crate::operation::migration::MigrationOptions;
use crate::operation::{
    ChangeContext, CopyOptions, ImportSource, Journal, RestoreOptions, copy_gpo, import_settings, restore_backups,
};

use super::backup::find;
use super::gpo::choose;
use super::messages::{summarize, tell};
use super::output::{Outcome, Output};
use super::{Session, UsageError};

/// Restore GPOs from backups, present or deleted
///
/// A restored GPO has its GUID, name, settings, permissions, enabled halves and WMI filter back; its links are not touched. Its version rises, so that
/// clients notice. After a failure or Ctrl-C the GPO is as it was.
#[derive(Debug, Args)]
pub struct Restore {
    /// The folder of backups
    folder: PathBuf,
    /// The backup with this id, or the newest of the GPO with this id
    #[arg(long, value_name = "GUID", required_unless_present = "all")]
    id: Option<Guid>,
    /// The newest backup of each GPO in the folder
    #[arg(long, conflicts_with = "id")]
    all: bool,
    /// Also link the GPO where it was linked, if the backup has saved that
    #[arg(long)]
    with_links: bool,
    /// Also make its WMI filter again where it is gone, if the backup has saved it
    #[arg(long)]
    with_wmi_filter: bool,
    /// Also block inheritance where it was blocked, if the backup has saved that
    #[arg(long)]
    with_block_inheritance: bool,
}

/// Import the settings of a backup into a GPO, of any domain
///
/// The settings of the GPO are replaced; its name, permissions, links, WMI filter and enabled halves stay. After a failure or Ctrl-C it is as it was.
#[derive(Debug, Args)]
pub struct Import {
    /// Its display name or its GUID
    #[arg(value_name = "NAME|GUID")]
    gpo: String,
    /// The folder of backups, or what `samba-tool gpo backup` wrote for one GPO
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// The backup with this id, or the newest of the GPO with this id
    #[arg(long, value_name = "GUID")]
    id: Option<Guid>,
    /// This domain instead of the one the connection is to
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<DnsName>,
    #[command(flatten)]
    migration: Migration,
}

/// Copy a GPO, in its domain or into another of the forest
///
/// The copy has a GUID of its own and no links.
#[derive(Debug, Args)]
pub struct Copy {
    /// Its display name or its GUID
    #[arg(value_name = "NAME|GUID")]
    gpo: String,
    /// The domain of the original, instead of the one the connection is to
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<DnsName>,
    /// The domain of the copy, instead of that of the original
    #[arg(long, value_name = "DOMAIN")]
    to_domain: Option<DnsName>,
    /// The name of the copy, instead of `Copy of …`
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Keep the permissions of the original instead of those of a new GPO
    #[arg(long)]
    keep_permissions: bool,
    #[command(flatten)]
    migration: Migration,
}

/// What becomes of principals and UNC paths.
#[derive(Debug, Args)]
struct Migration {
    /// Map principals and UNC paths by this migration table
    #[arg(long, value_name = "FILE")]
    migration_table: Option<PathBuf>,
    /// Fail, before anything is changed, where a principal or path is not in the table
    #[arg(long, requires = "migration_table")]
    table_only: bool,
    /// Map principals and paths in preferences too, which Microsoft's tools leave alone
    #[arg(long, requires = "migration_table")]
    map_preferences: bool,
}

impl Migration {
    fn options(&self) -> anyhow::Result<MigrationOptions> {
        let table = self.migration_table.as_deref().map(MigrationTable::load).transpose()?;
        Ok(MigrationOptions {
            table,
            table_only: self.table_only,
            map_preferences: self.map_preferences,
            ..MigrationOptions::default()
        })
    }
}

impl Restore {
    /// Restores.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let folder = BackupDir::open(&self.folder)?;
        let problems = super::session::report(folder.problems());
        let usable: Vec<&Backup> = folder.backups().iter().filter(is_usable).collect();
        let wanted = match self.id {
            Some(id) => vec![find(&usable, id)?],
            None => newest(&usable),
        };
        if wanted.is_empty() {
            return Err(anyhow!("there is no backup in {}", self.folder.display()));
        }
        let context = context(session).await?;
        let options = RestoreOptions {
            with_links: self.with_links,
            with_wmi_filter: self.with_wmi_filter,
            with_block_inheritance: self.with_block_inheritance,
        };
        let outcomes = restore_backups(&context, &wanted, &options, &session.task).await?;
        let told = tell(&session.task);
        if output.is_json() {
            let restored: Vec<_> = outcomes.iter().filter_map(|item| item.outcome.as_ref().ok()).collect();
            output.json(&json!({ "restored": restored, "messages": session.task.messages() }))?;
        }
        Ok(problems.and(told).and(summarize("GPOs were restored", &outcomes)?))
    }
}

/// Tells whether a backup is there and one of a GPO: starter GPOs are restored by `starter-gpo restore`.
fn is_usable(backup: &&Backup) -> bool {
    backup.folder.is_some() && backup.kind == BackupType::Gpo
}

/// Returns the newest backup of each GPO.
pub fn newest<'a>(backups: &[&'a Backup]) -> Vec<&'a Backup> {
    let mut newest: Vec<&Backup> = Vec::new();
    for backup in backups {
        match newest.iter_mut().find(|known| known.gpo_id == backup.gpo_id && known.domain == backup.domain) {
            Some(known) if known.time < backup.time => *known = backup,
            Some(_) => {}
            None => newest.push(backup),
        }
    }
    newest
}

impl Import {
    /// Imports.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let options = self.migration.options()?;
        let source = self.source()?;
        let context = context(session).await?;
        let domain = session.domain(self.domain.as_ref()).await?;
        let gpo = find_gpo(session, &domain, &self.gpo).await?;
        let imported = import_settings(&context, domain.name(), gpo.id, &source, &options, &session.task).await;
        finish(session, output, imported)
    }

    fn source(&self) -> anyhow::Result<ImportSource> {
        let folder = BackupDir::open(&self.from)?;
        let usable: Vec<&Backup> = folder.backups().iter().filter(is_usable).collect();
        match (self.id, usable.as_slice()) {
            (Some(id), _) => Ok(ImportSource::Backup(Box::new(find(&usable, id)?.clone()))),
            (None, [only]) => Ok(ImportSource::Backup(Box::new((*only).clone()))),
            (None, []) => Ok(ImportSource::Samba(self.from.clone())),
            (None, several) => Err(UsageError(format!(
                "{} holds {} backups; say which by --id. `opengpmc backup list` shows the ids",
                self.from.display(),
                several.len()
            ))
            .into()),
        }
    }
}

impl Copy {
    /// Copies.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let options = CopyOptions {
            new_name: self.name.clone(),
            keep_permissions: self.keep_permissions,
            migration: self.migration.options()?,
        };
        let context = context(session).await?;
        let domain = session.domain(self.domain.as_ref()).await?;
        let gpo = find_gpo(session, &domain, &self.gpo).await?;
        let target = self.to_domain.as_ref().unwrap_or_else(|| domain.name());
        let copied = copy_gpo(&context.store, domain.name(), gpo.id, &context, target, &options, &session.task).await;
        finish(session, output, copied)
    }
}

/// Tells how an operation on one thing ended: its messages, and the id of what was made.
///
/// # Errors
/// Fails where the operation did.
pub fn finish(
    session: &Session,
    output: &mut Output,
    done: Result<Guid, crate::gpm::OperationError>,
) -> anyhow::Result<Outcome> {
    let told = tell(&session.task);
    let id = done?;
    if output.is_json() {
        output.json(&json!({ "id": id, "messages": session.task.messages() }))?;
    } else {
        output.line(id.to_string())?;
    }
    Ok(told)
}

/// Opens the forest for changes, with the journal of this user. What an earlier run left half done is put back first.
pub async fn context(session: &Session) -> anyhow::Result<ChangeContext> {
    let store = session.open().await?;
    let journal = open_journal()?;
    super::journal::recover_all(session, &store, &journal).await?;
    Ok(ChangeContext { store, journal })
}

/// Opens the journal of this user.
pub fn open_journal() -> anyhow::Result<Journal> {
    let folder = journal_folder().ok_or_else(|| anyhow!("this user has no folder for the data of programs"))?;
    open_journal_in(&folder)
}

fn open_journal_in(folder: &Path) -> anyhow::Result<Journal> {
    Journal::open(folder).with_context(|| format!("the journal {} cannot be opened", folder.display()))
}

/// Returns where the journal of this user lies: `OPENGPMC_JOURNAL`, else in the user's folder for the data of programs.
pub fn journal_folder() -> Option<PathBuf> {
    match std::env::var_os("OPENGPMC_JOURNAL") {
        Some(folder) if !folder.is_empty() => Some(PathBuf::from(folder)),
        _ => {
            let folders = directories::ProjectDirs::from("org", "OpenGPMC", "OpenGPMC")?;
            Some(folders.data_local_dir().join("journal"))
        }
    }
}

/// Returns the one GPO of a domain that bears this name or GUID.
pub(super) async fn find_gpo(session: &Session, domain: &Domain, wanted: &str) -> anyhow::Result<Gpo> {
    let gpos = session.task.or_cancel(domain.gpos(GpoParts::Location)).await??.values;
    let id = wanted.parse::<Guid>().ok();
    let is_wanted = |gpo: &&Gpo| Some(gpo.id) == id || gpo.display_name.to_lowercase() == wanted.to_lowercase();
    let matching: Vec<&Gpo> = gpos.iter().filter(is_wanted).collect();
    let found = choose(("GPO", "gpo list"), wanted, &matching, |gpo| format!("{} {}", gpo.id, gpo.domain))?;
    Ok(found.clone())
}
