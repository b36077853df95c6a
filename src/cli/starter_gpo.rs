//! `starter-gpo`: starter GPOs (IGPMStarterGPO).

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::anyhow;
use clap::{Args, Subcommand};

use crate::gpm::constants::BackupType;
use crate::gpm::{Backup as SavedBackup, BackupDir, Domain, StarterGpo, StarterGpoType};
use crate::ident::{DnsName, Guid};
use crate::operation::admin::{CopyStarterGpo, LoadStarterGpo, RestoreStarterGpo};
use crate::operation::edit::Edit;
use crate::operation::{SaveStarterOptions, SystemStarter, back_up_starter_gpos, reports_to_folder, save_starter_gpo};

use super::backup::find as find_backup;
use super::change::{finish, newest};
use super::edit::{EditArguments, carry_out, carry_out_all};
use super::gpo::choose;
use super::gpo_backup;
use super::messages::{summarize, tell};
use super::output::{Outcome, Output, Table};
use super::report::{ReportArguments, TemplateArguments, reporting};
use super::session::report;
use super::starter_gpo_edit::{Create, CreateFolder, Delete, Describe, Rename};
use super::{Session, UsageError};

/// Starter GPOs
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the starter GPOs of a domain
    List {
        /// This domain instead of the one the connection is to
        #[arg(long, value_name = "DOMAIN")]
        domain: Option<DnsName>,
    },
    /// Report the settings of one starter GPO, or of all
    ///
    /// Administrative templates come from --admx, else from the central store of the domain, else from this machine (Windows).
    Report(Box<Report>),
    Backup(Box<Backup>),
    Restore(Restore),
    Copy(Copy),
    CreateFolder(CreateFolder),
    Create(Create),
    Rename(Rename),
    Describe(Describe),
    Delete(Delete),
    Save(Box<Save>),
    Load(Load),
}

/// Back up starter GPOs into a folder
///
/// Each backup is there whole or not at all. A starter GPO that cannot be backed up is named, and the others are.
#[derive(Debug, Args)]
pub struct Backup {
    /// Display names or GUIDs
    #[arg(value_name = "NAME|GUID", required_unless_present = "all")]
    starter_gpos: Vec<String>,
    /// All starter GPOs of the domain
    #[arg(long, conflicts_with = "starter_gpos")]
    all: bool,
    /// This domain instead of the one the connection is to
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<DnsName>,
    /// The folder of backups, which is made where it is missing
    #[arg(long, value_name = "FOLDER")]
    output_dir: PathBuf,
    /// A comment that lists of backups show
    #[arg(long, value_name = "TEXT", default_value = "")]
    comment: String,
    #[command(flatten)]
    templates: TemplateArguments,
}

/// Restore starter GPOs from backups, present or deleted, in the domain they are of
///
/// A restored starter GPO has its GUID, name and settings back; the permissions of one that is there stay. After a failure or Ctrl-C it is as it was,
/// and after `journal undo` too.
#[derive(Debug, Args)]
pub struct Restore {
    /// The folder of backups
    folder: PathBuf,
    /// The backup with this id, or the newest of the starter GPO with this id
    #[arg(long, value_name = "GUID", required_unless_present = "all")]
    id: Option<Guid>,
    /// The newest backup of each starter GPO of the domain in the folder
    #[arg(long, conflicts_with = "id")]
    all: bool,
    /// This domain instead of the one the connection is to
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<DnsName>,
    #[command(flatten)]
    edit: EditArguments,
}

/// Copy a starter GPO, in its domain or into another of the forest
///
/// The copy has a GUID of its own and the permissions of a new one. A copy of a system starter GPO is a custom one.
#[derive(Debug, Args)]
pub struct Copy {
    #[command(flatten)]
    one: One,
    /// The domain of the copy, instead of that of the original
    #[arg(long, value_name = "DOMAIN")]
    to_domain: Option<DnsName>,
    /// The name of the copy, instead of `Copy of …`
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    edit: EditArguments,
}

/// Save a starter GPO as a cabinet file
#[derive(Debug, Args)]
pub struct Save {
    #[command(flatten)]
    one: One,
    /// The cabinet, `….cab`
    file: PathBuf,
    /// Replace the file where it is there
    #[arg(long)]
    overwrite: bool,
    /// Make it a system starter GPO in the cabinet
    #[arg(long)]
    as_system: bool,
    /// The language of its name and comment
    #[arg(long, value_name = "LANGUAGE", requires = "as_system", default_value = "en-US")]
    starter_language: String,
    /// Its author
    #[arg(long, value_name = "TEXT", requires = "as_system", default_value = "")]
    author: String,
    /// The product it is for
    #[arg(long, value_name = "TEXT", requires = "as_system", default_value = "")]
    product: String,
    /// Another id than its own
    #[arg(long, value_name = "GUID", requires = "as_system")]
    id: Option<Guid>,
    /// Its version
    #[arg(long, value_name = "N.N", requires = "as_system", default_value = SystemStarter::FIRST_VERSION)]
    starter_version: String,
    #[command(flatten)]
    templates: TemplateArguments,
}

/// Load a starter GPO from a cabinet file; it keeps its id
#[derive(Debug, Args)]
pub struct Load {
    /// The cabinet
    file: PathBuf,
    /// Replace the starter GPO of the same id
    #[arg(long)]
    overwrite: bool,
    /// This domain instead of the one the connection is to
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<DnsName>,
    #[command(flatten)]
    edit: EditArguments,
}

/// One starter GPO of a domain.
#[derive(Debug, Args)]
pub(super) struct One {
    /// Its display name or its GUID
    #[arg(value_name = "NAME|GUID")]
    starter_gpo: String,
    /// This domain instead of the one the connection is to
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<DnsName>,
}

impl One {
    /// Opens its domain and finds it.
    pub(super) async fn find(&self, session: &Session) -> anyhow::Result<(Domain, StarterGpo)> {
        let domain = session.domain(self.domain.as_ref()).await?;
        let found = session.task.or_cancel(domain.starter_gpos()).await??;
        let starter = find(&found.values, &self.starter_gpo)?.clone();
        Ok((domain, starter))
    }
}

/// Report the settings of one starter GPO, or of all
#[derive(Debug, Args)]
pub struct Report {
    /// Its display name or its GUID
    #[arg(value_name = "NAME|GUID", required_unless_present = "all")]
    starter_gpo: Option<String>,
    /// All starter GPOs of the domain
    #[arg(long, conflicts_with = "starter_gpo")]
    all: bool,
    /// This domain instead of the one the connection is to
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<DnsName>,
    #[command(flatten)]
    arguments: ReportArguments,
}

impl Command {
    /// Carries out the command.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        match self {
            Command::List { domain } => list(session, output, domain.as_ref()).await,
            Command::Report(report) => report.run(session, output).await,
            Command::Backup(backup) => backup.run(session, output).await,
            Command::Restore(restore) => restore.run(session, output).await,
            Command::Copy(copy) => copy.run(session, output).await,
            Command::CreateFolder(create) => create.run(session, output).await,
            Command::Create(create) => create.run(session, output).await,
            Command::Rename(rename) => rename.run(session, output).await,
            Command::Describe(describe) => describe.run(session, output).await,
            Command::Delete(delete) => delete.run(session, output).await,
            Command::Save(save) => save.run(session, output).await,
            Command::Load(load) => load.run(session, output).await,
        }
    }
}

async fn list(session: &Session, output: &mut Output, domain: Option<&DnsName>) -> anyhow::Result<Outcome> {
    let domain = session.domain(domain).await?;
    session.task.activity("Reading the starter GPOs");
    let found = session.task.or_cancel(domain.starter_gpos()).await??;
    if output.is_json() {
        output.json(&serde_json::to_value(&found.values)?)?;
    } else {
        output.table(&table(&found.values))?;
    }
    Ok(report(&found.problems))
}

impl Report {
    async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        self.arguments.check(output)?;
        let domain = session.domain(self.domain.as_ref()).await?;
        let found = session.task.or_cancel(domain.starter_gpos()).await??;
        let starters = match &self.starter_gpo {
            Some(wanted) => vec![find(&found.values, wanted)?],
            None => found.values.iter().collect(),
        };
        let templates = self.arguments.templates.read(domain.store(), domain.name(), &session.task).await?;
        let reporting = self.arguments.reporting(templates);
        let mut reports = Vec::new();
        for starter in starters {
            reports.push(reporting.starter_gpo(&domain, starter, &session.task).await?);
        }
        let outcome = match &self.arguments.output_dir {
            Some(folder) => {
                let format = self.arguments.folder_format();
                let reported = reports_to_folder(&reports, folder, format, &session.task)?;
                self.arguments.tell_folder(output, &reported)?
            }
            None => self.arguments.deliver(output, &reports)?,
        };
        Ok(report(&found.problems).and(outcome))
    }
}

impl Backup {
    async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let domain = session.domain(self.domain.as_ref()).await?;
        let found = session.task.or_cancel(domain.starter_gpos()).await??;
        let starters: Vec<&StarterGpo> = match self.all {
            true => found.values.iter().collect(),
            false => self.starter_gpos.iter().map(|wanted| find(&found.values, wanted)).collect::<Result<_, _>>()?,
        };
        if starters.is_empty() {
            return Err(UsageError("the domain has no starter GPOs".to_owned()).into());
        }
        let reporting = reporting(self.templates.read(domain.store(), domain.name(), &session.task).await?);
        let (folder, comment) = (&self.output_dir, &self.comment);
        let outcomes = back_up_starter_gpos(&domain, &starters, folder, comment, &reporting, &session.task).await?;
        gpo_backup::tell_backups(output, &outcomes)?;
        let told = tell(&session.task);
        Ok(report(&found.problems).and(told).and(summarize("starter GPOs backed up", &outcomes)?))
    }
}

impl Restore {
    async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let folder = BackupDir::open(&self.folder)?;
        let problems = report(folder.problems());
        let domain = session.domain(self.domain.as_ref()).await?;
        let is_usable = |backup: &&SavedBackup| backup.folder.is_some() && backup.kind == BackupType::StarterGpo;
        let usable: Vec<&SavedBackup> = folder.backups().iter().filter(is_usable).collect();
        let is_own = |backup: &&SavedBackup| backup.domain.eq_ignore_ascii_case(&domain.name().to_string());
        let wanted = match self.id {
            Some(id) => vec![find_backup(&usable, id)?],
            None => newest(&usable).into_iter().filter(is_own).collect(),
        };
        if wanted.is_empty() {
            let folder = self.folder.display();
            return Err(anyhow!("there is no backup of a starter GPO of {} in {folder}", domain.name()));
        }
        let restore = |backup: &&SavedBackup| -> Arc<dyn Edit> {
            Arc::new(RestoreStarterGpo { domain: domain.name().clone(), backup: (*backup).clone() })
        };
        let edits: Vec<_> = wanted.iter().map(restore).collect();
        let outcome = match edits.as_slice() {
            [edit] => carry_out(session, output, &**edit, self.edit).await?,
            _ => {
                let told = ("Restore starter GPOs", "starter GPOs were restored");
                carry_out_all(session, output, told, &edits, self.edit).await?
            }
        };
        Ok(problems.and(outcome))
    }
}

impl Copy {
    async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let (domain, starter) = self.one.find(session).await?;
        let target = self.to_domain.as_ref().unwrap_or_else(|| domain.name()).clone();
        let edit = CopyStarterGpo {
            source: Arc::clone(domain.store()),
            original: starter,
            domain: target,
            id: Guid::random(),
            name: self.name.clone(),
        };
        carry_out(session, output, &edit, self.edit).await
    }
}

impl Save {
    async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let (domain, starter) = self.one.find(session).await?;
        let reporting = reporting(self.templates.read(domain.store(), domain.name(), &session.task).await?);
        let as_system = self.as_system.then(|| SystemStarter {
            language: self.starter_language.clone(),
            author: self.author.clone(),
            product: self.product.clone(),
            id: self.id,
            version: self.starter_version.clone(),
        });
        let options = SaveStarterOptions { overwrite: self.overwrite, as_system };
        let saved = save_starter_gpo(&domain, starter.id, &self.file, &options, &reporting, &session.task).await;
        finish(session, output, saved)
    }
}

impl Load {
    async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let domain = session.domain(self.domain.as_ref()).await?;
        let edit = LoadStarterGpo {
            domain: domain.name().clone(),
            cabinet: self.file.clone(),
            new_id: Guid::random(),
            overwrite: self.overwrite,
        };
        carry_out(session, output, &edit, self.edit).await
    }
}

/// Reads the one starter GPO of this name or id.
pub(super) async fn find_in(session: &Session, domain: &DnsName, wanted: &str) -> anyhow::Result<StarterGpo> {
    let domain = session.domain(Some(domain)).await?;
    let found = session.task.or_cancel(domain.starter_gpos()).await??;
    Ok(find(&found.values, wanted)?.clone())
}

/// Finds the one starter GPO of this name, compared without case, or id.
pub(super) fn find<'a>(starters: &'a [StarterGpo], wanted: &str) -> anyhow::Result<&'a StarterGpo> {
    let (id, folded) = (wanted.parse::<Guid>().ok(), wanted.to_lowercase());
    let is_wanted = |starter: &&StarterGpo| match id {
        Some(id) => starter.id == id,
        None => starter.display_name.to_lowercase() == folded,
    };
    let matching: Vec<&StarterGpo> = starters.iter().filter(is_wanted).collect();
    choose(("starter GPO", "starter-gpo list"), wanted, &matching, |starter| starter.id.to_string())
}

fn table(starters: &[StarterGpo]) -> Table {
    let mut table = Table::new(&["NAME", "GUID", "TYPE", "AUTHOR", ">COMPUTER", ">USER", "MODIFIED", "DESCRIPTION"]);
    for starter in starters {
        let kind = match starter.kind {
            StarterGpoType::System => "System",
            StarterGpoType::Custom => "Custom",
        };
        table.row([
            starter.display_name.clone(),
            starter.id.to_string(),
            kind.to_owned(),
            starter.author.clone(),
            starter.version.computer.to_string(),
            starter.version.user.to_string(),
            starter.modified.map_or_else(String::new, |time| time.to_local_text()),
            starter.description.clone(),
        ]);
    }
    table
}
