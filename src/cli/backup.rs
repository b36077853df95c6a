//! `backup`: folders of backups (IGPMBackupDir).

use std::path::PathBuf;

use anyhow::anyhow;
use clap::{Args, Subcommand};

use crate::gpm::constants::BackupType;
use crate::gpm::{Backup, BackupDir, BackupIndex, SearchCriteria, SearchOperation, SearchProperty, SearchValue, Task};
use crate::ident::{DnsName, Guid};

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
        let templates = self.arguments.local_templates(task).await?;
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

/// Returns the backup with this id; where there is none, the newest of the GPO with this id.
fn find<'a>(backups: &[&'a Backup], id: Guid) -> Result<&'a Backup, UsageError> {
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
