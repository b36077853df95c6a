//! What operations tell, on standard error, and the exit code that follows from it.

use crate::gpm::{Severity, StatusMessage, Task};
use crate::operation::ItemOutcome;

use super::output::{Outcome, clear_progress, printable};

/// Prints the messages of an operation: warnings and errors with their kind, what was done plainly. Returns the outcome they make.
pub fn tell(task: &Task) -> Outcome {
    let mut outcome = Outcome::Done;
    for message in task.messages() {
        tell_one(&message);
        if message.severity > Severity::Information {
            outcome = Outcome::Partly;
        }
    }
    outcome
}

fn tell_one(message: &StatusMessage) {
    clear_progress();
    let text = message.to_string();
    let text = text.strip_prefix("[Warning] ").or_else(|| text.strip_prefix("[Error] ")).unwrap_or(&text);
    let prefix = match message.severity {
        Severity::Information => "",
        Severity::Warning => "warning: ",
        Severity::Error => "error: ",
    };
    eprintln!("{prefix}{}", printable(text.to_owned()));
}

/// Says how many of several things were done and which were not; an error where not one was.
///
/// # Errors
/// Fails where nothing was done.
pub fn summarize<T>(what: &str, outcomes: &[ItemOutcome<T>]) -> anyhow::Result<Outcome> {
    let failed: Vec<_> = outcomes.iter().filter(|item| item.outcome.is_err()).collect();
    if failed.is_empty() {
        return Ok(Outcome::Done);
    }
    clear_progress();
    for item in &failed {
        if let Err(error) = &item.outcome
            && error.is_cancelled()
        {
            eprintln!("cancelled: {}", printable(item.name.clone()));
        }
    }
    let (done, all) = (outcomes.len() - failed.len(), outcomes.len());
    if done == 0 {
        let reason = failed.first().and_then(|item| item.outcome.as_ref().err());
        return Err(match reason {
            Some(error) if all == 1 => error.clone().into(),
            _ => anyhow::anyhow!("none of {all} {what}"),
        });
    }
    eprintln!("{done} of {all} {what}");
    Ok(Outcome::Partly)
}
