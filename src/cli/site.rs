//! `site`: the sites of the forest.

use clap::Subcommand;

use super::Session;
use super::output::{Outcome, Output, Table};
use super::session::report;
use super::som::{link_names, som_json};

/// Sites with their links
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the sites with the GPOs linked to them
    List,
}

impl Command {
    /// Carries out the command.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        match self {
            Command::List => list(session, output).await,
        }
    }
}

async fn list(session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
    let (_, forest) = session.load().await?;
    if output.is_json() {
        output.json(&forest.sites.iter().map(|site| som_json(&forest, site)).collect())?;
    } else {
        let mut table = Table::new(&["SITE", "LINKS", "DESCRIPTION"]);
        for site in &forest.sites {
            table.row([site.name.clone(), link_names(&forest, site), site.description.clone().unwrap_or_default()]);
        }
        output.table(&table)?;
    }
    Ok(report(forest.all_problems()))
}
