//! `gpresult /X` of Windows, here or on another computer.
//!
//! Its exit code is not trusted: for an account without results it is 0 and there is no file. What counts is the file ([`super::check`]).

use std::ffi::OsString;

use crate::gpm::{Cancelled, HResult, MessageId, OperationError, StatusMessage, Task};

use super::check::{Asked, check};
use super::child::{self, ChildError};
use super::powershell::{Answer, Session, gpresult_arguments};
use super::{CollectOptions, CollectedResult, Collection, RemoteComputer, STEPS, TargetComputer, no_results, ssh};

/// Collects the results of a Windows computer.
pub(super) async fn collect(
    collection: &Collection,
    options: &CollectOptions,
    task: &Task,
) -> Result<CollectedResult, OperationError> {
    match &collection.computer {
        TargetComputer::This => collect_here(collection, options, task).await,
        TargetComputer::Remote(remote) => collect_there(remote, collection, options, task).await,
    }
}

async fn collect_there(
    remote: &RemoteComputer,
    collection: &Collection,
    options: &CollectOptions,
    task: &Task,
) -> Result<CollectedResult, OperationError> {
    let session = Session::new();
    task.activity(format!("Running gpresult on {}", remote.host));
    let output = ssh::run(remote, &session.collect(collection), options, options.run_limit, task).await;
    let answer = output.map(|output| (session.read(&output.stdout), output.stderr));
    // A run that came to its end has deleted its file itself. One that was never let in has none.
    let is_tidy = match &answer {
        Ok((answer, _)) => answer.is_complete && answer.left_behind.is_none(),
        Err(error) => error.0.id == MessageId::ComputerUnreachable && error.0.code != HResult::TIMEOUT,
    };
    if !is_tidy {
        clean_up(remote, &session, options, task).await;
    }
    let (answer, stderr) = answer?;
    task.progress(1, STEPS);
    let said = if answer.said.is_empty() { ssh::words(&stderr) } else { answer.said.clone() };
    if !answer.is_complete {
        return Err(not_complete(collection, &said));
    }
    if let Some(failure) = &answer.failure {
        let message = format!(
            "The tool gpresult could not be run on {}: {failure}\nThe account needs PowerShell there, not held to the constrained language \
             mode, and gpresult in its PATH.",
            remote.host
        );
        return Err(no_results(&collection.computer, HResult::FAIL, message));
    }
    let file = file_of(&answer, collection, &said)?;
    let asked = Asked { collection, started: answer.started, ended: answer.ended, said: &said };
    let report = check(&file, &asked)?;
    task.progress(STEPS, STEPS);
    Ok(CollectedResult { report, xml: file })
}

fn not_complete(collection: &Collection, said: &str) -> OperationError {
    let mut message = format!(
        "The computer {} let in, but did not answer as Windows does. The account needs a shell that runs powershell; a member that runs Samba or \
         adsys is asked in another way.",
        collection.computer
    );
    if !said.is_empty() {
        message.push_str(&format!("\nIt said: {said}"));
    }
    no_results(&collection.computer, HResult::NOT_SUPPORTED, message)
}

fn file_of(answer: &Answer, collection: &Collection, said: &str) -> Result<Vec<u8>, OperationError> {
    if let Some(file) = &answer.file {
        return Ok(file.clone());
    }
    Err(match answer.size {
        Some(size) => no_results(
            &collection.computer,
            HResult::INVALID_DATA,
            format!("The tool gpresult wrote {size} bytes, but they did not come whole. Try again."),
        ),
        None => no_file(collection, answer.exit_code, said),
    })
}

/// Returns the error where `gpresult` ended without a file, whatever its exit code says.
fn no_file(collection: &Collection, exit_code: Option<i32>, said: &str) -> OperationError {
    let code = exit_code.map_or_else(String::new, |code| format!(" (it ended with {code})"));
    let mut message = format!("The tool gpresult wrote no file on {}{code}.", collection.computer);
    message.push_str(match (&collection.user, collection.sides.has_user()) {
        (Some(_), true) => {
            "\nThe user may have no results there: only users who have logged on have. List them, choose another, or leave the user's \
             settings out."
        }
        (None, true) => {
            "\nThe account that ran it may have no results there. Name a user who has logged on, or leave the user's settings out."
        }
        (_, false) => {
            "\nThe account may not have the right: it must be an administrator of the computer, or have the permission \"Read Group \
             Policy Results data\" on its container."
        }
    });
    if !said.is_empty() {
        message.push_str(&format!("\ngpresult said: {said}"));
    }
    no_results(&collection.computer, HResult::FILE_NOT_FOUND, message)
}

/// Ends what still runs on the computer and deletes its file; a task of its own, because the other one may be cancelled.
async fn clean_up(remote: &RemoteComputer, session: &Session, options: &CollectOptions, task: &Task) {
    task.activity(format!("Tidying up on {}", remote.host));
    let done = ssh::run(remote, &session.clean_up(), options, options.clean_up_limit, &Task::default()).await;
    let left = match done.map(|output| session.read(&output.stdout)) {
        Ok(answer) if answer.is_complete => answer.left_behind,
        Ok(_) | Err(_) => Some(format!("%TEMP%\\{}", session.file_name())),
    };
    if let Some(path) = left {
        let message = format!("The temporary file {path} may still lie on {}: delete it there.", remote.host);
        task.message(StatusMessage::warning(MessageId::FileWriteFailed, message).about(&remote.host));
    }
}

async fn collect_here(
    collection: &Collection,
    options: &CollectOptions,
    task: &Task,
) -> Result<CollectedResult, OperationError> {
    let failed = |error: std::io::Error| {
        no_results(&collection.computer, HResult::FAIL, format!("No temporary folder could be made: {error}."))
    };
    // The folder goes with its file at the end of this function, whatever that is.
    let folder = tempfile::tempdir().map_err(failed)?;
    let path = folder.path().join("result.xml");
    let mut arguments: Vec<OsString> = vec!["/X".into(), path.clone().into(), "/F".into()];
    arguments.extend(gpresult_arguments(collection).into_iter().map(OsString::from));
    task.activity("Running gpresult");
    let started = jiff::Timestamp::now();
    let output = child::run(&options.gpresult, &arguments, options.run_limit, task).await;
    let output = output.map_err(|error| not_run(collection, options, error))?;
    let ended = jiff::Timestamp::now();
    task.progress(1, STEPS);
    let mut said = ssh::words(&output.stdout);
    said.push_str(&ssh::words(&output.stderr));
    let Ok(file) = std::fs::read(&path) else { return Err(no_file(collection, output.code, &said)) };
    let asked = Asked { collection, started: Some(started), ended: Some(ended), said: &said };
    let report = check(&file, &asked)?;
    task.progress(STEPS, STEPS);
    Ok(CollectedResult { report, xml: file })
}

/// Returns the error of a tool of this computer that did not come to its end.
pub(super) fn not_run(collection: &Collection, options: &CollectOptions, error: ChildError) -> OperationError {
    let command = collection.tool.command();
    let (code, message) = match error {
        ChildError::Cancelled => return Cancelled.into(),
        ChildError::NotStarted(error) => {
            (HResult::FILE_NOT_FOUND, format!("`{command}` could not be run here: {error}."))
        }
        ChildError::TimedOut(stderr) => {
            let words = ssh::words(&stderr);
            let seconds = options.run_limit.as_secs();
            (HResult::TIMEOUT, format!("`{command}` did not end in {seconds} seconds. {words}").trim_end().to_owned())
        }
        ChildError::TooMuch => (HResult::INVALID_DATA, format!("`{command}` wrote more than any result has.")),
    };
    no_results(&collection.computer, code, message)
}
