//! Carrying out an edit from the command line: what would be changed with `--dry-run`, else the change, with how to undo it.

use std::sync::Arc;

use clap::Args;
use serde_json::json;

use crate::operation::edit::{self, Edit, EditPlan};

use super::Session;
use super::change::context;
use super::messages::{summarize, tell};
use super::output::{Outcome, Output, printable};

/// How something is changed.
#[derive(Clone, Copy, Debug, Args)]
pub struct EditArguments {
    /// Print what would be changed, and change nothing
    #[arg(long)]
    pub dry_run: bool,
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
        let told = tell(&session.task);
        match output.is_json() {
            true => output.json(&plan_json(edit, &plan))?,
            false => show(output, edit, &plan)?,
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
        let told = tell(&session.task);
        if output.is_json() {
            output.json(&plans.iter().map(|(edit, plan)| plan_json(&***edit, plan)).collect())?;
        } else {
            plans.iter().try_for_each(|(edit, plan)| show(output, &***edit, plan))?;
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
