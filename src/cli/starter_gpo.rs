//! `starter-gpo`: starter GPOs (IGPMStarterGPO).

use clap::{Args, Subcommand};

use crate::gpm::{StarterGpo, StarterGpoType};
use crate::ident::{DnsName, Guid};
use crate::operation::reports_to_folder;

use super::Session;
use super::gpo::choose;
use super::output::{Outcome, Output, Table};
use super::report::ReportArguments;
use super::session::report;

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

/// Finds the one starter GPO of this name, compared without case, or id.
fn find<'a>(starters: &'a [StarterGpo], wanted: &str) -> anyhow::Result<&'a StarterGpo> {
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
