//! `starter-gpo`: starter GPOs (IGPMStarterGPO).

use clap::Subcommand;

use crate::gpm::{StarterGpo, StarterGpoType};
use crate::ident::DnsName;

use super::Session;
use super::output::{Outcome, Output, Table};
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
}

impl Command {
    /// Carries out the command.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let Command::List { domain } = self;
        let domain = session.domain(domain.as_ref()).await?;
        session.task.activity("Reading the starter GPOs");
        let found = session.task.or_cancel(domain.starter_gpos()).await??;
        if output.is_json() {
            output.json(&serde_json::to_value(&found.values)?)?;
        } else {
            output.table(&table(&found.values))?;
        }
        Ok(report(&found.problems))
    }
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
