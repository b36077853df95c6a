//! Carrying out an edit from the command line: what would be changed with `--dry-run`, else the change, with how to undo it.

use std::sync::Arc;

use clap::Args;
use serde_json::json;

use crate::operation::edit::{self, Edit, EditPlan, Step};
use crate::operation::rsop::{PolicyCache, foresee, impact_of};
use crate::rsop::{Impact, SettingChange, SettingChangeKind};

use super::Session;
use super::change::context;
use super::messages::{summarize, tell};
use super::output::{Outcome, Output, printable};

/// How something is changed.
#[derive(Clone, Copy, Debug, Args)]
pub struct EditArguments {
    /// Print what would be changed, and which users and computers would gain, lose or change which settings; change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// With --dry-run: leave out users and computers, of which there may be many
    #[arg(long, requires = "dry_run")]
    pub no_impact: bool,
}

/// Carries out an edit, or shows what it would do. Nothing to do is no failure, so that a script may say the same twice.
///
/// # Errors
/// Fails where the edit does; all is as it was before then.
pub async fn carry_out(
    session: &Session,
    output: &mut Output,
    edit: &dyn Edit,
    arguments: EditArguments,
) -> anyhow::Result<Outcome> {
    if arguments.dry_run {
        let plan = plan(session, edit).await?;
        let impact = impact(session, &plan.steps, arguments).await?;
        let told = tell(&session.task);
        match output.is_json() {
            true => {
                let mut told = plan_json(edit, &plan);
                told["impact"] = serde_json::to_value(&impact)?;
                output.json(&told)?;
            }
            false => {
                show(output, edit, &plan)?;
                impact.iter().try_for_each(|impact| show_impact(output, impact))?;
            }
        }
        return Ok(told);
    }
    let context = context(session).await?;
    let edited = edit::carry_out(&context, edit, &session.task).await;
    let told = tell(&session.task);
    let edited = edited?;
    if output.is_json() {
        output.json(&json!({
            "title": edit.title(),
            "changed": !edited.touches.is_empty(),
            "journal_entry": edited.entry,
            "messages": session.task.messages(),
        }))?;
    } else if edited.touches.is_empty() {
        output.line(printable(format!("{}: nothing to do", edit.title())))?;
    } else {
        output.line(printable(format!("{}: done", edit.title())))?;
    }
    Ok(told)
}

/// Carries out several edits, which one undo takes back, or shows what they would do. One that fails is named, and the others are done all the
/// same; `what` says what was done to those: `access lists were repaired`.
///
/// # Errors
/// Fails where one cannot be planned with `--dry-run`, and where all fail.
pub async fn carry_out_all(
    session: &Session,
    output: &mut Output,
    (title, what): (&str, &str),
    edits: &[Arc<dyn Edit>],
    arguments: EditArguments,
) -> anyhow::Result<Outcome> {
    if arguments.dry_run {
        let mut plans = Vec::new();
        for edit in edits {
            plans.push((edit, plan(session, &**edit).await?));
        }
        let steps: Vec<Step> = plans.iter().flat_map(|(_, plan)| plan.steps.iter().cloned()).collect();
        let impact = impact(session, &steps, arguments).await?;
        let told = tell(&session.task);
        if output.is_json() {
            let edits: Vec<_> = plans.iter().map(|(edit, plan)| plan_json(&***edit, plan)).collect();
            output.json(&json!({ "edits": edits, "impact": impact }))?;
        } else {
            plans.iter().try_for_each(|(edit, plan)| show(output, &***edit, plan))?;
            impact.iter().try_for_each(|impact| show_impact(output, impact))?;
        }
        return Ok(told);
    }
    let context = context(session).await?;
    let outcomes = edit::carry_out_all(&context, title, edits, &session.task).await?;
    let told = tell(&session.task);
    let done: Vec<&str> = outcomes.iter().filter(|item| item.outcome.is_ok()).map(|item| item.name.as_str()).collect();
    if output.is_json() {
        output.json(&json!({ "title": title, "done": done, "messages": session.task.messages() }))?;
    } else {
        done.iter().try_for_each(|name| output.line(printable(format!("{name}: done"))))?;
    }
    Ok(told.and(summarize(what, &outcomes)?))
}

async fn plan(session: &Session, edit: &dyn Edit) -> anyhow::Result<EditPlan> {
    // What may be changed is asked of a forest that can be.
    let store = session.open().await?;
    Ok(session.task.or_cancel(edit.plan(&store, &session.task)).await??)
}

/// Works out who would get other settings; none where the steps change nothing that decides which GPOs apply.
async fn impact(session: &Session, steps: &[Step], arguments: EditArguments) -> anyhow::Result<Option<Impact>> {
    if arguments.no_impact {
        return Ok(None);
    }
    let (store, forest) = session.load().await?;
    let Some(foreseen) = foresee(&forest, steps) else { return Ok(None) };
    Ok(Some(impact_of(&store, &forest, &foreseen, &PolicyCache::default(), &session.task).await?))
}

/// Prints an impact: who is affected, and what happens to whose settings.
pub fn show_impact(output: &mut Output, impact: &Impact) -> anyhow::Result<()> {
    let Impact { groups, accounts, affected, warnings } = impact;
    output.line(format!("Impact: settings change for {affected} of {accounts} users and computers"))?;
    for group in groups {
        let names: Vec<&str> = group.accounts.iter().map(|account| account.name.as_str()).collect();
        output.line(printable(format!("  {}: {}", group.side.label(), names.join(", "))))?;
        for change in group.changes.iter() {
            output.line(printable(format!("    {}", change_line(change))))?;
        }
    }
    warnings.iter().try_for_each(|warning| output.line(printable(format!("  Note: {warning}"))))
}

fn change_line(change: &SettingChange) -> String {
    let part = |value: &Option<Arc<str>>, gpo: &Option<String>| match (value, gpo) {
        (Some(value), Some(gpo)) => format!("{value} ({gpo})"),
        (Some(value), None) => value.to_string(),
        (None, Some(gpo)) => format!("absent ({gpo})"),
        (None, None) => "not set".to_owned(),
    };
    let word = match change.kind {
        SettingChangeKind::Gained => "gains",
        SettingChangeKind::Lost => "loses",
        SettingChangeKind::Changed => "changes",
        SettingChangeKind::OtherGpo => "takes from another GPO",
    };
    let (before, after) = (part(&change.before, &change.before_gpo), part(&change.after, &change.after_gpo));
    format!("{word} {}: {before} -> {after}", change.name)
}

fn plan_json(edit: &dyn Edit, plan: &EditPlan) -> serde_json::Value {
    json!({ "title": edit.title(), "changes": plan.describe(), "cannot_undo": plan.cannot_undo })
}

fn show(output: &mut Output, edit: &dyn Edit, plan: &EditPlan) -> anyhow::Result<()> {
    let changes = plan.describe();
    output.line(printable(format!(
        "{}: {}",
        edit.title(),
        if changes.is_empty() { "nothing to do" } else { "would" }
    )))?;
    for change in changes {
        output.line(printable(format!("  {change}")))?;
    }
    match &plan.cannot_undo {
        Some(why) => output.line(printable(format!("This cannot be undone: {why}"))),
        None => Ok(()),
    }
}
