//! `rsop explain`: every GPO in scope in order, with what becomes of it and why, and who wins a setting.

use clap::Args;
use serde_json::{Value, json};

use crate::operation::rsop::{PolicyCache, plan_query};
use crate::report::Side;
use crate::rsop::merge::ResultantSetting;
use crate::rsop::{Candidate, Plan, SidePlan};

use super::super::messages::tell;
use super::super::output::{Outcome, Output, printable};
use super::super::report::{TemplateArguments, reporting};
use super::super::session::report;
use super::super::{Session, UsageError};
use super::TargetArguments;
use super::words::Words;

/// Explain why GPOs apply to a user and a computer or not, and which GPO wins a setting
///
/// Without --gpo and --setting: every GPO in scope, in the order of application.
#[derive(Debug, Args)]
pub struct Explain {
    #[command(flatten)]
    target: TargetArguments,
    /// Only GPOs whose display name holds this, or the one with this GUID
    #[arg(long, value_name = "NAME|GUID")]
    gpo: Option<String>,
    /// Settings whose name or key holds this: the winner, and all that lost against it
    #[arg(long, value_name = "TEXT")]
    setting: Option<String>,
    #[command(flatten)]
    templates: TemplateArguments,
}

impl Explain {
    /// Carries out the command.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        let (store, forest) = session.load().await?;
        let query = self.target.query(session, &store, &forest).await?;
        let mut planned = plan_query(&store, &forest, &query, &PolicyCache::default(), &session.task).await?;
        let home = store.directory().root_dse().domain.clone();
        planned.name_policies(&reporting(self.templates.read(&store, &home, &session.task).await?).templates);
        let words = Words::read(&planned, &store, &session.task).await?;
        let sides: Vec<&SidePlan> = [&planned.plan.computer, &planned.plan.user].into_iter().flatten().collect();
        let found = sides.iter().any(|side| self.gpos(side).next().is_some() || self.settings(side).next().is_some());
        if !found && (self.gpo.is_some() || self.setting.is_some()) {
            let message = "no GPO in scope and no setting is called like that; without --gpo and --setting all GPOs in scope are named";
            return Err(UsageError(message.to_owned()).into());
        }
        if output.is_json() {
            let sides = sides.iter().map(|side| (side_name(side.side).to_lowercase(), self.json(side, &words)));
            output.json(&Value::Object(sides.collect()))?;
        } else {
            for side in sides {
                self.print(output, side, &planned.plan, &words)?;
            }
        }
        Ok(tell(&session.task).and(report(forest.all_problems())))
    }

    /// Returns the links that are asked for.
    fn gpos<'a>(&'a self, side: &'a SidePlan) -> impl Iterator<Item = &'a Candidate> {
        let all = self.gpo.is_none() && self.setting.is_none();
        side.candidates.iter().filter(move |candidate| {
            let named = |wanted: &String| {
                holds(&candidate.gpo.name, wanted) || wanted.parse().is_ok_and(|id| candidate.gpo.id == id)
            };
            all || self.gpo.as_ref().is_some_and(named)
        })
    }

    /// Returns the settings that are asked for.
    fn settings<'a>(&'a self, side: &'a SidePlan) -> impl Iterator<Item = &'a ResultantSetting> {
        side.resultant.settings.iter().filter(move |setting| {
            self.setting.as_ref().is_some_and(|wanted| holds(&setting.name, wanted) || holds(&setting.key, wanted))
        })
    }

    fn print(&self, output: &mut Output, side: &SidePlan, plan: &Plan, words: &Words) -> anyhow::Result<()> {
        let name = side_name(side.side);
        let who = side.account.clone().unwrap_or_else(|| side.place.canonical_name());
        output.line(printable(format!("{name}: {who}")))?;
        for failure in &side.failures {
            output.line(printable(format!("  Nothing is applied: {}", words.failure(failure))))?;
        }
        if side.side == Side::User && self.setting.is_none() {
            output.line(printable(format!("  Loopback: {}", plan.loopback.explain())))?;
        }
        for candidate in self.gpos(side) {
            output.line(printable(format!("  {}", candidate.gpo.name)))?;
            output.line(printable(format!("      {}", words.verdict(candidate))))?;
            for warning in &candidate.warnings {
                output.line(printable(format!("      Note: {warning}")))?;
            }
        }
        for setting in self.settings(side) {
            let Some(explained) = side.explain_setting(&setting.key) else { continue };
            output.line(printable(format!("  {}", explained.outcome)))?;
            for other in explained.others {
                output.line(printable(format!("      {other}")))?;
            }
        }
        Ok(())
    }

    fn json(&self, side: &SidePlan, words: &Words) -> Value {
        let gpos = self.gpos(side).map(|candidate| json!({ "link": candidate, "because": words.verdict(candidate) }));
        let settings = self.settings(side).map(|setting| {
            let explained = side.explain_setting(&setting.key);
            let (outcome, others) =
                explained.map(|explained| (explained.outcome, explained.others)).unwrap_or_default();
            json!({ "setting": setting, "outcome": outcome, "others": others })
        });
        json!({
            "fails": side.failures,
            "gpos": gpos.collect::<Vec<_>>(),
            "settings": settings.collect::<Vec<_>>(),
        })
    }
}

fn side_name(side: Side) -> &'static str {
    match side {
        Side::Computer => "Computer",
        Side::User => "User",
    }
}

fn holds(text: &str, part: &str) -> bool {
    text.to_lowercase().contains(&part.to_lowercase())
}
