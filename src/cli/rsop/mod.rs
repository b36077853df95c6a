//! `rsop`: the resultant set of policy (IGPMRSOP): what applies to whom, and why.

mod target;
mod plan;
mod text;

use clap::Subcommand;

use super::Session;
use super::output::{Outcome, Output};

pub use target::TargetArguments;

/// The resultant set of policy: what applies to whom, and why
#[derive(Debug, Subcommand)]
pub enum Command {
    Plan(Box<plan::Plan>),
}

impl Command {
    /// Carries out the command.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        match self {
            Command::Plan(plan) => plan.run(session, output).await,
        }
    }
}
