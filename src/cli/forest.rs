//! `forest`: the whole forest.

use clap::Subcommand;

use super::output::{Outcome, Output};
use super::session::report;
use super::{Session, tree};

/// The whole forest
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the forest as a tree: domains and organizational units with their links, sites
    ///
    /// With --json: everything that was read, as one object.
    Show,
}

impl Command {
    /// Carries out the command.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        match self {
            Command::Show => tree(session, output).await,
        }
    }
}

/// Prints the forest.
pub async fn tree(session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
    let (_, forest) = session.load().await?;
    if output.is_json() {
        output.json(&serde_json::to_value(&*forest)?)?;
    } else {
        output.text(&tree::draw(&forest))?;
    }
    Ok(report(forest.all_problems()))
}
