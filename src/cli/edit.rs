//! Carrying out an edit from the command line: what would be changed with `--dry-run`, else the change, with how to undo it.

use clap::Args;
use serde_json::json;

use crate::operation::edit::{self, Edit, EditPlan};

use super::Session;
use super::change::context;
use super::messages::tell;
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
        // What may be changed is asked of a forest that can be.
        let store = session.open().await?;
        let plan = session.task.or_cancel(edit.plan(&store, &session.task)).await??;
        let told = tell(&session.task);
        show(output, edit, &plan)?;
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

fn show(output: &mut Output, edit: &dyn Edit, plan: &EditPlan) -> anyhow::Result<()> {
    let changes = plan.describe();
    if output.is_json() {
        return output.json(&json!({ "title": edit.title(), "changes": changes, "cannot_undo": plan.cannot_undo }));
    }
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
