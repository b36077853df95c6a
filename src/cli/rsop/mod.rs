//! `rsop`: the resultant set of policy (IGPMRSOP): what applies to whom, and why.

mod target;
mod plan;
mod explain;
mod impact;
mod results;
mod text;
mod words;

use clap::Subcommand;

use crate::gpm::Task;

use super::Session;
use super::output::{Outcome, Output};

pub use target::TargetArguments;

/// The resultant set of policy: what applies to whom, and why
#[derive(Debug, Subcommand)]
pub enum Command {
    Plan(Box<plan::Plan>),
    Explain(Box<explain::Explain>),
    Impact(impact::ImpactOf),
    #[command(subcommand)]
    Results(results::Command),
}

impl Command {
    /// Carries out the command.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        match self {
            Command::Plan(plan) => plan.run(session, output).await,
            Command::Explain(explain) => explain.run(session, output).await,
            Command::Impact(impact) => impact.run(session, output).await,
            Command::Results(command) => command.run(session, output).await,
        }
    }

    /// Tells whether a forest has to be opened for it.
    pub fn needs_forest(&self) -> bool {
        match self {
            Command::Results(command) => command.needs_forest(),
            _ => true,
        }
    }

    /// Carries out a command that needs no forest.
    pub async fn run_here(&self, task: &Task, output: &mut Output) -> anyhow::Result<Outcome> {
        match self {
            Command::Results(command) => command.run_here(task, output).await,
            _ => Ok(Outcome::Done),
        }
    }
}
