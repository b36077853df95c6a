//! `backup`: folders of backups (IGPMBackupDir).

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::gpm::constants::BackupType;
use crate::gpm::{Backup, BackupDir, BackupIndex, SearchCriteria, SearchOperation, SearchProperty, SearchValue};
use crate::ident::{DnsName, Guid};

use super::UsageError;
use super::output::{Outcome, Output, Table};
use super::session::report;

/// Folders of backups
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the backups in a folder
    List(List),
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

impl Command {
    /// Carries out the command.
    pub fn run(&self, output: &mut Output) -> anyhow::Result<Outcome> {
        let Command::List(list) = self;
        let folder = BackupDir::open(&list.folder)?;
        let criteria = list.criteria().map_err(|error| UsageError(error.to_string()))?;
        let backups = folder.search(&criteria)?;
        if output.is_json() {
            output.json(&serde_json::to_value(&backups)?)?;
        } else {
            output.table(&table(&backups))?;
        }
        Ok(report(folder.problems()))
    }
}

impl List {
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
