//! `gpo backup`: GPOs into a folder of backups (IGPMGPO.Backup).

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use crate::gpm::{Backup as SavedBackup, Gpo};
use crate::ident::DnsName;
use crate::operation::{BackupOptions, ItemOutcome, back_up_gpos};

use super::gpo::find;
use super::messages::{summarize, tell};
use super::output::{Outcome, Output};
use super::report::{TemplateArguments, reporting};
use super::session::{check_domain, report};
use super::{Session, UsageError};

/// Back up GPOs into a folder, in the format of GPMC
///
/// Each backup is there whole or not at all. A GPO that cannot be backed up is named, and the others are.
#[derive(Debug, Args)]
pub struct Backup {
    /// Display names or GUIDs
    #[arg(value_name = "NAME|GUID", required_unless_present = "all")]
    gpos: Vec<String>,
    /// All GPOs of the domain
    #[arg(long, conflicts_with = "gpos")]
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
    /// Also save links, the definition of the WMI filter, and where inheritance is blocked, in a file that GPMC ignores
    #[arg(long)]
    with_links: bool,
    #[command(flatten)]
    templates: TemplateArguments,
}

impl Backup {
    /// Carries out the command.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let (store, forest) = session.load().await?;
        check_domain(&forest, self.domain.as_ref())?;
        let own = store.directory().root_dse().domain.clone();
        let gpos: Vec<&Gpo> = match self.all {
            true => {
                let domain = forest.domain(self.domain.as_ref().unwrap_or(&own));
                domain.map(|domain| domain.gpos.iter().collect()).unwrap_or_default()
            }
            false => {
                let found = self.gpos.iter().map(|wanted| find(&forest, wanted, self.domain.as_ref(), &own));
                found.collect::<Result<_, _>>()?
            }
        };
        if gpos.is_empty() {
            return Err(UsageError("the domain has no GPOs".to_owned()).into());
        }
        let template_domain = gpos.first().map_or(&own, |gpo| &gpo.domain);
        let templates = self.templates.read(&store, template_domain, &session.task).await?;
        let reporting = reporting(templates);
        let problems = report(forest.all_problems());
        let options = BackupOptions { comment: self.comment.clone(), with_extras: self.with_links };
        let outcomes =
            back_up_gpos(&store, &forest, &gpos, &self.output_dir, &options, &reporting, &session.task).await?;
        tell_backups(output, &outcomes)?;
        let told = tell(&session.task);
        Ok(problems.and(told).and(summarize("GPOs backed up", &outcomes)?))
    }
}

/// Prints the backups that were made.
pub fn tell_backups(output: &mut Output, outcomes: &[ItemOutcome<SavedBackup>]) -> anyhow::Result<()> {
    if output.is_json() {
        return output.json(&Value::Array(outcomes.iter().map(to_json).collect()));
    }
    for outcome in outcomes {
        if let Ok(backup) = &outcome.outcome {
            output.line(format!("{}  {}", backup.id, outcome.name))?;
        }
    }
    Ok(())
}

fn to_json(outcome: &ItemOutcome<SavedBackup>) -> Value {
    json!({
        "name": outcome.name,
        "gpo_id": outcome.id,
        "backup": outcome.outcome.as_ref().ok(),
        "error": outcome.outcome.as_ref().err().map(|error| &error.0),
    })
}
