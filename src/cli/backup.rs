//! `backup`: folders of backups (IGPMBackupDir).

use std::path::PathBuf;

use anyhow::anyhow;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::gpm::constants::BackupType;
use crate::gpm::{
    Backup, BackupDir, BackupIndex, Problem, SearchCriteria, SearchOperation, SearchProperty, SearchValue, Severity,
    StatusMessage, Task,
};
use crate::ident::{DnsName, GpoVersion, Guid};
use crate::operation::{Reporting, verify_backup};

use super::UsageError;
use super::output::{Outcome, Output, Table};
use super::report::ReportArguments;
use super::session::report;

/// Folders of backups
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the backups in a folder
    List(List),
    /// Report the settings in backups
    ///
    /// The report is made from the data of the backup, not taken from the report that lies in it. With --all, folders of backups
    /// below the folder are reported too; the folder of one backup reports that one.
    Report(Report),
    Delete(Delete),
    Verify(Verify),
    Repair(Repair),
}

/// Delete backups
#[derive(Debug, Args)]
pub struct Delete {
    /// The folder
    folder: PathBuf,
    /// The backup with this id; may be given several times
    #[arg(long, value_name = "GUID", required = true)]
    id: Vec<Guid>,
}

/// Check backups: every file that they list is there, and everything in them can be read
///
/// A backup that is damaged cannot be restored; one of which something cannot be read is named with a warning.
#[derive(Debug, Args)]
pub struct Verify {
    /// The folder; folders of backups below it are checked too
    folder: PathBuf,
    /// Only the backup with this id, or the newest of the GPO with this id
    #[arg(long, value_name = "GUID")]
    id: Option<Guid>,
}

/// Make the manifest of a folder of backups anew from the backups in it
#[derive(Debug, Args)]
pub struct Repair {
    /// The folder
    folder: PathBuf,
}

/// List the backups in a folder
#[derive(Debug, Args)]
pub struct List {
    /// The folder
    folder: PathBuf,
    /// Only the newest backup of each GPO
    #[arg(long)]
    latest: bool,
    /// Only backups of GPOs with this text in their name
    #[arg(long, value_name = "TEXT")]
    name_contains: Vec<String>,
    /// Only backups of the GPO with this GUID
    #[arg(long, value_name = "GUID")]
    id: Option<Guid>,
    /// Only backups of this domain
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<DnsName>,
}

/// Report the settings in backups
#[derive(Debug, Args)]
pub struct Report {
    /// The folder
    folder: PathBuf,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    arguments: ReportArguments,
}

/// Which backups are reported.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// The backup with this id, or the newest of the GPO with this id
    #[arg(long, value_name = "GUID")]
    id: Option<Guid>,
    /// All backups in the folder and in folders of backups below it
    #[arg(long)]
    all: bool,
}

impl Command {
    /// Carries out the command.
    pub async fn run(&self, task: &Task, output: &mut Output) -> anyhow::Result<Outcome> {
        match self {
            Command::List(list) => list.run(output),
            Command::Report(report) => report.run(task, output).await,
            Command::Delete(delete) => tokio::task::block_in_place(|| delete.run(output)),
            Command::Verify(verify) => verify.run(task, output).await,
            Command::Repair(repair) => tokio::task::block_in_place(|| repair.run(output)),
        }
    }
}

impl List {
    fn run(&self, output: &mut Output) -> anyhow::Result<Outcome> {
        let folder = BackupDir::open(&self.folder)?;
        let criteria = self.criteria().map_err(|error| UsageError(error.to_string()))?;
        let backups = folder.search(&criteria)?;
        if output.is_json() {
            output.json(&serde_json::to_value(&backups)?)?;
        } else {
            output.table(&table(&backups))?;
        }
        Ok(report(folder.problems()))
    }

    fn criteria(&self) -> Result<SearchCriteria, crate::gpm::InvalidCriterion> {
        let mut criteria = SearchCriteria::new();
        if self.latest {
            criteria.add(SearchProperty::BackupMostRecent, SearchOperation::Equals, SearchValue::Bool(true))?;
        }
        for text in &self.name_contains {
            let value = SearchValue::Text(text.clone());
            criteria.add(SearchProperty::GpoDisplayName, SearchOperation::Contains, value)?;
        }
        if let Some(id) = self.id {
            criteria.add(SearchProperty::GpoId, SearchOperation::Equals, SearchValue::Text(id.to_string()))?;
        }
        if let Some(domain) = &self.domain {
            criteria.add(SearchProperty::GpoDomain, SearchOperation::Equals, SearchValue::Domain(domain.clone()))?;
        }
        Ok(criteria)
    }
}

impl Report {
    async fn run(&self, task: &Task, output: &mut Output) -> anyhow::Result<Outcome> {
        self.arguments.check(output)?;
        let folders = BackupDir::open_all_below(&self.folder)?;
        let all: Vec<&Backup> =
            folders.iter().flat_map(BackupDir::backups).filter(|backup| backup.folder.is_some()).collect();
        let wanted: Vec<&Backup> = match &self.which.id {
            Some(id) => vec![find(&all, *id)?],
            None => all,
        };
        if wanted.is_empty() {
            report(folders.iter().flat_map(BackupDir::problems));
            return Err(anyhow!(
                "there is no backup in {} or below it: a backup is a folder named by a GUID with bkupInfo.xml in it",
                self.folder.display()
            ));
        }
        let templates = self.arguments.templates.local(task).await?;
        let reporting = self.arguments.reporting(templates);
        let problems = report(folders.iter().flat_map(BackupDir::problems));
        let outcome = tokio::task::block_in_place(|| match &self.arguments.output_dir {
            Some(folder) => {
                let reported = reporting.backups_to_folder(&wanted, folder, self.arguments.folder_format(), task)?;
                self.arguments.tell_folder(output, &reported)
            }
            None => {
                let reports: Result<Vec<_>, _> = wanted.iter().map(|backup| reporting.backup(backup, task)).collect();
                self.arguments.deliver(output, &reports?)
            }
        })?;
        Ok(problems.and(outcome))
    }
}

impl Delete {
    fn run(&self, output: &mut Output) -> anyhow::Result<Outcome> {
        let folder = BackupDir::open(&self.folder)?;
        if let Some(id) = self.id.iter().find(|id| folder.backup(**id).is_none()) {
            return Err(UsageError(format!(
                "there is no backup with the id {id}; `opengpmc backup list` shows the ids"
            ))
            .into());
        }
        folder.delete(&self.id)?;
        if output.is_json() {
            output.json(&json!({ "deleted": self.id }))?;
        } else {
            output.line(match self.id.len() {
                1 => "1 backup deleted".to_owned(),
                count => format!("{count} backups deleted"),
            })?;
        }
        Ok(Outcome::Done)
    }
}

impl Verify {
    async fn run(&self, task: &Task, output: &mut Output) -> anyhow::Result<Outcome> {
        let folders = BackupDir::open_all_below(&self.folder)?;
        let all: Vec<&Backup> = folders.iter().flat_map(BackupDir::backups).collect();
        let wanted: Vec<&Backup> = match &self.id {
            Some(id) => vec![find(&all, *id)?],
            None => all,
        };
        let mut outcome = report(folders.iter().flat_map(BackupDir::problems));
        let reporting = Reporting::new(Default::default());
        let mut table = Table::new(&["GPO", "BACKUP", "STATE", "COMPUTER", "USER", "FILES", "OBJECTS"]);
        let (mut checks, mut damaged) = (Vec::new(), 0);
        for (done, backup) in (0..).zip(&wanted) {
            task.activity(format!("Checking {}", backup.gpo_name));
            task.progress(done, wanted.len() as u64);
            let check = verify_backup(backup, &reporting, task).await?;
            let wrong = check.messages.iter().filter(|message| message.severity > Severity::Information);
            let problems = wrong.map(|message| Problem {
                object: backup.gpo_name.clone(),
                message: StatusMessage { severity: Severity::Information, ..message.clone() }.to_string(),
            });
            outcome = outcome.and(report(&problems.collect::<Vec<_>>()));
            damaged += usize::from(!check.is_usable());
            let half = |half: fn(GpoVersion) -> u16| {
                check.version.map_or_else(String::new, |version| half(version).to_string())
            };
            table.row([
                backup.gpo_name.clone(),
                backup.id.to_string(),
                if check.is_usable() { "good" } else { "damaged" }.to_owned(),
                half(|version| version.computer),
                half(|version| version.user),
                check.files.to_string(),
                check.objects.to_string(),
            ]);
            checks.push(json!({ "backup": backup, "usable": check.is_usable(), "check": check }));
        }
        if output.is_json() {
            output.json(&Value::Array(checks))?;
        } else {
            output.table(&table)?;
        }
        match damaged {
            0 => Ok(outcome),
            _ if damaged == wanted.len() => Err(anyhow!("none of {damaged} backups can be restored")),
            _ => Ok(Outcome::Partly),
        }
    }
}

impl Repair {
    fn run(&self, output: &mut Output) -> anyhow::Result<Outcome> {
        let repaired = BackupDir::repair(&self.folder)?;
        if output.is_json() {
            output.json(&serde_json::to_value(repaired)?)?;
        } else {
            let (added, changed, removed) = (repaired.added, repaired.changed, repaired.removed);
            output.line(format!(
                "{} backups in the manifest: {added} added, {changed} changed, {removed} removed",
                repaired.listed
            ))?;
        }
        Ok(report(BackupDir::open(&self.folder)?.problems()))
    }
}

/// Returns the backup with this id; where there is none, the newest of the GPO with this id.
pub fn find<'a>(backups: &[&'a Backup], id: Guid) -> Result<&'a Backup, UsageError> {
    let of_gpo = || backups.iter().filter(|backup| backup.gpo_id == id).max_by_key(|backup| backup.time);
    let found = backups.iter().find(|backup| backup.id == id).or_else(of_gpo);
    found.copied().ok_or_else(|| {
        UsageError(format!(
            "there is no backup with the id {id}, nor one of a GPO with that id; `opengpmc backup list` shows the ids"
        ))
    })
}

fn table(backups: &[&Backup]) -> Table {
    let mut table = Table::new(&["GPO", "KIND", "DOMAIN", "TIME", "COMMENT", "BACKUP", "GPO GUID", "INDEX"]);
    for backup in backups {
        let kind = match backup.kind {
            BackupType::Gpo => "GPO",
            BackupType::StarterGpo => "starter GPO",
        };
        let index = match backup.index {
            BackupIndex::Both => "",
            BackupIndex::ManifestOnly => "manifest only",
            BackupIndex::BackupInfoOnly => "not in the manifest",
        };
        table.row([
            backup.gpo_name.clone(),
            kind.to_owned(),
            backup.domain.clone(),
            backup.time.map_or_else(String::new, |time| time.to_local_text()),
            backup.comment.clone(),
            backup.id.to_string(),
            backup.gpo_id.to_string(),
            index.to_owned(),
        ]);
    }
    table
}
