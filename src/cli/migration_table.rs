//! `migration-table`: what principals and UNC paths become in another domain (IGPMMigrationTable).

use std::path::PathBuf;

use anyhow::anyhow;
use clap::{Args, Subcommand};

use crate::format::{DestinationOption, EntryType};
use crate::gpm::{BackupDir, EntryMessage, Gpo, GpoParts, MapEntry, MigrationTable, Severity, Task};
use crate::ident::{DnsName, Guid};
use crate::operation::content::GpoContent;
use crate::operation::migration::{ScanOptions, name_principals, populate_table, validate_table};

use super::gpo::choose;
use super::output::{Outcome, Output, Table, printable};
use super::session::report;
use super::{Session, UsageError, messages};

/// Migration tables: what users, groups and UNC paths become in another domain
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a table of everything that GPOs or backups name
    ///
    /// Every entry stays as it is until it is given a destination, with an editor or with Microsoft's Migration Table Editor.
    Create(Create),
    /// Show the entries of a table
    Show {
        /// The table, *.migtable
        file: PathBuf,
    },
    /// Check a table: its form, and whether its destinations are there
    ///
    /// Ends with 1 where something is wrong, with 3 where something is worth knowing.
    Validate {
        /// The table, *.migtable
        file: PathBuf,
        /// Check its form only, without asking a directory or file server
        #[arg(long)]
        offline: bool,
        /// The domain the settings go to, instead of the one the connection is to
        #[arg(long, value_name = "DOMAIN", conflicts_with = "offline")]
        domain: Option<DnsName>,
    },
}

/// Make a table of everything that GPOs or backups name
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("source").required(true).multiple(false).args(["from_backup", "from_gpo"]))]
pub struct Create {
    /// The table to be written, *.migtable
    out: PathBuf,
    /// Of the backups in this folder
    #[arg(long, value_name = "DIR")]
    from_backup: Option<PathBuf>,
    /// Of the backup with this id alone
    #[arg(long, value_name = "GUID", requires = "from_backup")]
    id: Option<Guid>,
    /// Of the GPO with this display name or GUID; may be given several times
    #[arg(long, value_name = "NAME|GUID")]
    from_gpo: Vec<String>,
    /// Look for the GPOs in this domain instead of the one the connection is to
    #[arg(long, value_name = "DOMAIN", requires = "from_gpo")]
    domain: Option<DnsName>,
    /// Also whom the permissions of GPOs and software packages name
    #[arg(long)]
    with_permissions: bool,
    /// Also what preferences name, which Microsoft's tools neither list nor map
    #[arg(long)]
    with_preferences: bool,
    /// Add to the table where it is there already; entries keep their destinations
    #[arg(long)]
    append: bool,
}

impl Command {
    /// Tells whether a forest is to be opened for it.
    pub fn needs_forest(&self) -> bool {
        match self {
            Command::Create(create) => create.from_backup.is_none(),
            Command::Show { .. } => false,
            Command::Validate { offline, .. } => !offline,
        }
    }

    /// Carries out a command that needs no forest.
    pub async fn run_here(&self, task: &Task, output: &mut Output) -> anyhow::Result<Outcome> {
        match self {
            Command::Create(create) => create.run(None, task, output).await,
            Command::Show { file } => show(&MigrationTable::load(file)?, output),
            Command::Validate { file, .. } => tell(&MigrationTable::load(file)?.validate(), output),
        }
    }

    /// Carries out the command.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        match self {
            Command::Create(create) => create.run(Some(session), &session.task, output).await,
            Command::Validate { file, domain, .. } => {
                let table = MigrationTable::load(file)?;
                let domain = session.domain(domain.as_ref()).await?;
                session.task.activity("Looking for the destinations");
                tell(&validate_table(&table, domain.store(), domain.name(), &session.task).await?, output)
            }
            Command::Show { .. } => self.run_here(&session.task, output).await,
        }
    }
}

impl Create {
    async fn run(&self, session: Option<&Session>, task: &Task, output: &mut Output) -> anyhow::Result<Outcome> {
        let mut table = match (self.out.exists(), self.append) {
            (false, _) => MigrationTable::new(),
            (true, true) => MigrationTable::load(&self.out)?,
            (true, false) => {
                let text = format!("{} is there already; --append adds to it", self.out.display());
                return Err(UsageError(text).into());
            }
        };
        let options = ScanOptions { with_security: self.with_permissions, with_preferences: self.with_preferences };
        let outcome = match (&self.from_backup, session) {
            (Some(folder), _) => {
                let folder = BackupDir::open(folder)?;
                let problems = report(folder.problems());
                let backups = folder.backups().iter().filter(|backup| backup.folder.is_some());
                let wanted: Vec<_> = backups.filter(|backup| self.id.is_none_or(|id| id == backup.id)).collect();
                if wanted.is_empty() {
                    return Err(UsageError(
                        "there is no such backup; `opengpmc backup list` shows what there is".to_owned(),
                    )
                    .into());
                }
                for backup in wanted {
                    task.activity(format!("Reading the backup of {}", backup.gpo_name));
                    let content = GpoContent::read_set(backup, task).await?;
                    populate_table(&mut table, &content, &options, task).await?;
                }
                problems
            }
            (None, Some(session)) => {
                let domain = session.domain(self.domain.as_ref()).await?;
                let found = task.or_cancel(domain.gpos(GpoParts::Location)).await??;
                let problems = report(&found.problems);
                for wanted in &self.from_gpo {
                    let id = wanted.parse::<Guid>().ok();
                    let is_meant =
                        |gpo: &&Gpo| Some(gpo.id) == id || gpo.display_name.to_lowercase() == wanted.to_lowercase();
                    let matching: Vec<_> = found.values.iter().filter(is_meant).collect();
                    let gpo = choose(("GPO", "gpo list"), wanted, &matching, |gpo| gpo.id.to_string())?;
                    task.activity(format!("Reading {}", gpo.display_name));
                    let mut content = GpoContent::read_live(&domain, gpo, task).await?;
                    name_principals(&mut content, &domain, &options, task).await?;
                    populate_table(&mut table, &content, &options, task).await?;
                }
                problems
            }
            (None, None) => return Err(anyhow!("there is no forest to read GPOs from")),
        };
        table.save(&self.out)?;
        let outcome = outcome.and(messages::tell(task));
        if output.is_json() {
            output.json(&serde_json::to_value(&table)?)?;
        } else {
            output.line(format!("{} entries in {}", table.entries().len(), self.out.display()))?;
        }
        Ok(outcome)
    }
}

fn show(table: &MigrationTable, output: &mut Output) -> anyhow::Result<Outcome> {
    if output.is_json() {
        output.json(&serde_json::to_value(table)?)?;
        return Ok(Outcome::Done);
    }
    let mut rows = Table::new(&["TYPE", "SOURCE", "DESTINATION"]);
    for entry in table.entries() {
        rows.row([type_text(entry), entry.source.clone(), destination_text(entry)]);
    }
    output.table(&rows)?;
    Ok(Outcome::Done)
}

fn type_text(entry: &MapEntry) -> String {
    entry.entry_type.as_ref().map_or_else(|text| format!("? {text}"), |kind: &EntryType| kind.label().to_owned())
}

fn destination_text(entry: &MapEntry) -> String {
    match entry.destination.option() {
        DestinationOption::SameAsSource => "<Same As Source>".to_owned(),
        DestinationOption::None => "<None>".to_owned(),
        DestinationOption::ByRelativeName => "<Map by Relative Name>".to_owned(),
        DestinationOption::Set => entry.destination.text().to_owned(),
    }
}

/// Prints what is wrong with a table or worth knowing; an error where something is wrong.
fn tell(messages: &[EntryMessage], output: &mut Output) -> anyhow::Result<Outcome> {
    let wrong = messages.iter().filter(|found| found.message.severity == Severity::Error).count();
    if output.is_json() {
        output.json(&serde_json::to_value(messages)?)?;
    } else if messages.is_empty() {
        output.line("Nothing is wrong with the table.")?;
    } else {
        for found in messages {
            output.line(printable(found.message.to_string()))?;
        }
    }
    match wrong {
        0 if messages.is_empty() => Ok(Outcome::Done),
        0 => Ok(Outcome::Partly),
        1 => Err(anyhow!("one entry of the table is wrong")),
        _ => Err(anyhow!("{wrong} entries of the table are wrong")),
    }
}
