//! `rsop impact`: who would get other settings by changes that have not been made.

use std::path::PathBuf;

use clap::Args;

use crate::operation::rsop::{PolicyCache, foresee_what_if, impact_of};

use super::super::Session;
use super::super::edit::show_impact;
use super::super::messages::tell;
use super::super::output::{Outcome, Output};
use super::super::session::report;
use super::target::read_what_if;

/// Tell which users and computers would gain, lose or change which settings
///
/// The changes stand in a file as for rsop plan. What a single command would do, it tells itself with --dry-run.
#[derive(Debug, Args)]
pub struct ImpactOf {
    /// The changes, `{"changes": [ … ]}`; those of a target (groups, places, sites) concern nobody else and are passed over
    #[arg(long, value_name = "FILE")]
    what_if: PathBuf,
}

impl ImpactOf {
    /// Carries out the command.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let what_if = read_what_if(&self.what_if)?;
        let (store, forest) = session.load().await?;
        let foreseen = foresee_what_if(&store, &forest, &what_if, &session.task).await?;
        let impact = match &foreseen {
            Some(foreseen) => Some(impact_of(&store, &forest, foreseen, &PolicyCache::default(), &session.task).await?),
            None => None,
        };
        let told = tell(&session.task);
        match &impact {
            _ if output.is_json() => output.json(&serde_json::to_value(&impact)?)?,
            Some(impact) => show_impact(output, impact)?,
            None => output.line("These changes concern nobody: they change nothing that decides which GPOs apply.")?,
        }
        Ok(told.and(report(forest.all_problems())))
    }
}
