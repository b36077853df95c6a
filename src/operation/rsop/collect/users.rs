//! Which users have results on a computer (LoggingEnumerateUsers).

use std::ffi::OsString;

use serde::Serialize;

use crate::gpm::{HResult, MessageId, OperationError, StatusMessage, Task, Trustee, TrusteeKind};
use crate::ident::Sid;

use super::powershell::Session;
use super::{CollectOptions, Collection, ResultSides, ResultTool, TargetComputer, child, gpresult, no_results, ssh};

/// The users with results on a computer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ResultUsers {
    /// The account that asked; none where it is not known.
    pub asked_as: Option<String>,
    /// The users whose results that account may read, by name. Those that the computer knows no name of come last.
    pub users: Vec<Trustee>,
}

/// How the SIDs of users of Entra ID begin, of whom a directory knows nothing.
const ENTRA: &str = "S-1-12-1-";

/// Lists the users that have results of Group Policy on a Windows computer, as far as the account may read them.
///
/// # Errors
/// Fails where the computer cannot be asked, does not answer in time, or it was cancelled.
pub async fn logging_enumerate_users(
    computer: &TargetComputer,
    options: &CollectOptions,
    task: &Task,
) -> Result<ResultUsers, OperationError> {
    let session = Session::new();
    task.activity(format!("Asking {computer} for the users with results"));
    let output = match computer {
        TargetComputer::Remote(remote) => ssh::run(remote, &session.users(), options, options.run_limit, task).await?,
        TargetComputer::This if ResultTool::Gpresult.runs_here() => {
            let command = session.users();
            let arguments: Vec<OsString> = command.split(' ').skip(1).map(OsString::from).collect();
            let output = child::run(&options.powershell, &arguments, options.run_limit, task).await;
            output.map_err(|error| gpresult::not_run(&of_this_computer(), options, error))?
        }
        TargetComputer::This => {
            let message = "This computer does not run Windows: it keeps no list of users with results. Name the user.";
            return Err(no_results(computer, HResult::NOT_SUPPORTED, message));
        }
    };
    let answer = session.read(&output.stdout);
    let words = ssh::words(&output.stderr);
    if let Some(failure) = answer.failure.or_else(|| (!answer.is_complete).then_some(words)) {
        let message = format!(
            "The users with results on {computer} cannot be listed: the account must be an administrator of it. The user can be named all the \
             same.\nIt said: {failure}"
        );
        return Err(no_results(computer, HResult::FAIL, message));
    }
    let mut users = Vec::new();
    for (sid, name) in answer.users {
        match sid.parse::<Sid>() {
            Ok(sid) if sid.is_domain_principal() || sid.to_string().starts_with(ENTRA) => {
                let kind = if name.is_some() { TrusteeKind::User } else { TrusteeKind::Unknown };
                users.push(Trustee { name, kind, ..Trustee::unresolved(sid) });
            }
            // Services have results too; nobody asks for them.
            Ok(_) => {}
            Err(_) => {
                let message = format!("A user on {computer} was named by what is no SID.");
                task.message(StatusMessage::warning(MessageId::TrusteeUnknown, message).about(computer));
            }
        }
    }
    let key = |user: &Trustee| {
        (user.name.is_none(), user.name.clone().unwrap_or_default().to_lowercase(), user.sid.to_string())
    };
    users.sort_by_cached_key(key);
    users.dedup_by(|one, other| one.sid == other.sid);
    Ok(ResultUsers { asked_as: answer.account, users })
}

fn of_this_computer() -> Collection {
    Collection { computer: TargetComputer::This, tool: ResultTool::Gpresult, sides: ResultSides::Both, user: None }
}
