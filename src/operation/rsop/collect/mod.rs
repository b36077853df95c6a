//! Group Policy Results (IGPMRSOP in logging mode): what did apply, as the computer itself tells it.
//!
//! Each kind of client has a tool of its own for that, and it is run where the client is: here, or on another computer through the
//! system's `ssh`. Windows has `gpresult /X`, whose file is the same document as GPMC shows; members that run Samba or adsys have
//! `samba-gpupdate --rsop` and `adsysctl policy applied`, whose text is read as far as it says.
//!
//! GPMC asks WMI over DCOM and needs Windows on both sides. This program speaks neither; it needs an SSH server on the other computer.
//!
//! Sources: `operations.md` 8 and 8.1, `console-ui.md` 7.6.

mod names;
mod child;
mod ssh;
mod powershell;
mod check;
mod gpresult;
mod client_text;
mod samba;
mod adsys;
mod users;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::gpm::{HResult, MessageId, OperationError, StatusMessage, Task};
use crate::ident::Timestamp;
use crate::report::RsopReport;

pub use names::{NameError, ResultUser, SshHost, SshUser};
pub use users::{ResultUsers, logging_enumerate_users};

/// Whose results are wanted, and from where (the Logging properties of IGPMRSOP).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collection {
    /// The computer that is asked (LoggingComputer).
    pub computer: TargetComputer,
    /// The tool that is run on it.
    pub tool: ResultTool,
    /// The sides that are wanted (LoggingFlags).
    pub sides: ResultSides,
    /// The user (LoggingUser); none for the account that runs the tool.
    pub user: Option<ResultUser>,
}

/// The computer that is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetComputer {
    /// The one this program runs on.
    This,
    /// Another one, over SSH.
    Remote(RemoteComputer),
}

/// A computer that is reached over SSH.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteComputer {
    /// Its name.
    pub host: SshHost,
    /// The account to log on with; none for what the configuration of `ssh` says.
    pub user: Option<SshUser>,
}

/// The client's own tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResultTool {
    /// `gpresult /X` of Windows.
    Gpresult,
    /// `samba-gpupdate --rsop` of a Samba member.
    Samba,
    /// `adsysctl policy applied --details` of a member with adsys.
    Adsys,
}

/// The sides that are wanted. That neither is cannot be said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResultSides {
    /// The computer's and the user's.
    #[default]
    Both,
    /// The computer's (RSOP_NO_USER).
    Computer,
    /// The user's (RSOP_NO_COMPUTER).
    User,
}

/// How the tools are run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectOptions {
    /// The OpenSSH client; a name without a folder is looked for in PATH.
    pub ssh: PathBuf,
    /// `gpresult` of this computer.
    pub gpresult: PathBuf,
    /// `powershell` of this computer.
    pub powershell: PathBuf,
    /// `samba-gpupdate` of this computer.
    pub samba_gpupdate: PathBuf,
    /// `adsysctl` of this computer.
    pub adsysctl: PathBuf,
    /// How long a connection is waited for.
    pub connect_limit: Duration,
    /// How long the tool may take, the connection included.
    pub run_limit: Duration,
    /// How long tidying up after a broken off run may take.
    pub clean_up_limit: Duration,
}

/// What was collected.
#[derive(Clone, Debug, PartialEq)]
pub struct CollectedResult {
    /// The result as values.
    pub report: RsopReport,
    /// The result as a file: what `gpresult` wrote, byte for byte; for the other tools what this program made of their text.
    pub xml: Vec<u8>,
}

impl Default for CollectOptions {
    fn default() -> Self {
        CollectOptions {
            ssh: "ssh".into(),
            gpresult: "gpresult".into(),
            powershell: "powershell".into(),
            samba_gpupdate: "samba-gpupdate".into(),
            adsysctl: "adsysctl".into(),
            connect_limit: Duration::from_secs(15),
            run_limit: Duration::from_secs(300),
            clean_up_limit: Duration::from_secs(20),
        }
    }
}

impl ResultTool {
    /// All tools.
    pub const ALL: [ResultTool; 3] = [ResultTool::Gpresult, ResultTool::Samba, ResultTool::Adsys];

    /// Returns its name for people.
    pub fn label(self) -> &'static str {
        match self {
            ResultTool::Gpresult => "Windows (gpresult)",
            ResultTool::Samba => "Samba (samba-gpupdate)",
            ResultTool::Adsys => "adsys (adsysctl)",
        }
    }

    /// Returns the command that is run, for people.
    pub fn command(self) -> &'static str {
        match self {
            ResultTool::Gpresult => "gpresult /X",
            ResultTool::Samba => "samba-gpupdate --rsop",
            ResultTool::Adsys => "adsysctl policy applied --details",
        }
    }

    /// Tells whether it can be on the computer that this program runs on.
    pub fn runs_here(self) -> bool {
        match self {
            ResultTool::Gpresult => cfg!(windows),
            ResultTool::Samba | ResultTool::Adsys => cfg!(target_os = "linux"),
        }
    }
}

impl ResultSides {
    /// Returns the sides that are left when some are not wanted; none where nothing is left.
    pub fn without(computer: bool, user: bool) -> Option<Self> {
        match (computer, user) {
            (false, false) => Some(ResultSides::Both),
            (false, true) => Some(ResultSides::Computer),
            (true, false) => Some(ResultSides::User),
            (true, true) => None,
        }
    }

    /// Tells whether the computer's side is wanted.
    pub fn has_computer(self) -> bool {
        self != ResultSides::User
    }

    /// Tells whether the user's side is wanted.
    pub fn has_user(self) -> bool {
        self != ResultSides::Computer
    }
}

impl fmt::Display for TargetComputer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TargetComputer::This => f.write_str("this computer"),
            TargetComputer::Remote(remote) => remote.host.fmt(f),
        }
    }
}

/// Collects the results of a computer and a user (CreateQueryResults in logging mode).
///
/// # Errors
/// Fails where the tool cannot run there, the computer cannot be reached or does not let in, the tool brings nothing or not what was
/// asked for, the time is over, or it was cancelled. Nothing is left behind on the computer; where that could not be made sure, a message
/// of the task names the file.
pub async fn collect_results(
    collection: &Collection,
    options: &CollectOptions,
    task: &Task,
) -> Result<CollectedResult, OperationError> {
    check_collection(collection)?;
    task.progress(0, STEPS);
    match collection.tool {
        ResultTool::Gpresult => gpresult::collect(collection, options, task).await,
        ResultTool::Samba | ResultTool::Adsys => client_text::collect(collection, options, task).await,
    }
}

/// The steps of a collection: the tool has run, its result has been read.
const STEPS: u64 = 2;

fn check_collection(collection: &Collection) -> Result<(), OperationError> {
    let (tool, computer) = (collection.tool, &collection.computer);
    let refuse = |code, message: String| {
        Err(OperationError::new(StatusMessage::error(MessageId::InvalidArgument, code, message).about(computer)))
    };
    if *computer == TargetComputer::This && !tool.runs_here() {
        let message = format!("{} does not run on this computer. Name another computer.", tool.label());
        return refuse(HResult::NOT_SUPPORTED, message);
    }
    if let Some(user) = &collection.user
        && tool == ResultTool::Gpresult
        && user.as_str().contains('@')
    {
        let message = format!("The tool gpresult takes users as DOMAIN\\name, not {user}.");
        return refuse(HResult::INVALID_ARGUMENT, message);
    }
    if tool == ResultTool::Samba && collection.sides.has_user() && collection.user.is_none() {
        let message =
            "The tool samba-gpupdate has to be told which user: name one, or leave the user's settings out.".to_owned();
        return refuse(HResult::INVALID_ARGUMENT, message);
    }
    Ok(())
}

/// Returns the error of results that a computer did not give: what is wrong and what to try.
fn no_results(computer: &TargetComputer, code: HResult, message: impl Into<String>) -> OperationError {
    OperationError::new(StatusMessage::error(MessageId::ResultsMissing, code, message).about(computer))
}

/// Cuts a moment to what the directory's times can say.
fn to_seconds(time: jiff::Timestamp) -> Option<Timestamp> {
    Timestamp::from_unix_seconds(time.as_second())
}
