//! `rsop results`: Group Policy Results: what did apply, as clients tell it.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use crate::extension::rsop_differences_document;
use crate::gpm::Task;
use crate::operation::rsop::collect::{
    CollectOptions, Collection, RemoteComputer, ResultSides, ResultTool, ResultUser, SshHost, SshUser, TargetComputer,
    collect_results, logging_enumerate_users,
};
use crate::operation::rsop::{PolicyCache, compare_with_plan};
use crate::operation::{render_document, render_rsop, write_whole};
use crate::report::rsop::{RsopDifference, compare};
use crate::report::{HtmlOptions, ReportFormat, RsopReport, read_rsop};

use super::super::messages::tell;
use super::super::output::{Outcome, Output, Table, clear_progress, printable};
use super::super::report::{TemplateArguments, form_of, reporting};
use super::super::session::report;
use super::super::{Session, UsageError};

/// The largest result that is read, in bytes: some thousand times the largest known.
const LARGEST_RESULT: u64 = 512 << 20;

/// Group Policy Results: what did apply, as clients tell it
#[derive(Debug, Subcommand)]
pub enum Command {
    Open(Open),
    Collect(Box<Collect>),
    Users(Users),
    Compare(Compare),
}

impl Command {
    /// Tells whether a forest has to be opened for it.
    pub fn needs_forest(&self) -> bool {
        matches!(self, Command::Compare(Compare { with: None, .. }))
    }

    /// Carries out the command.
    pub async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        match self {
            Command::Compare(compare) => compare.run(session, output).await,
            other => other.run_here(&session.task, output).await,
        }
    }

    /// Carries out a command that needs no forest.
    pub async fn run_here(&self, task: &Task, output: &mut Output) -> anyhow::Result<Outcome> {
        match self {
            Command::Open(open) => open.run(output),
            Command::Collect(collect) => collect.run(task, output).await,
            Command::Users(users) => users.run(task, output).await,
            Command::Compare(compare) => compare.run_here(output),
        }
    }
}

/// In which form a result is told, and where to.
#[derive(Clone, Debug, Args)]
struct Delivery {
    /// The form: html, xml (as gpresult /X writes it), csv, json or text
    ///
    /// Without it: the form that the extension of --output says, text on standard output.
    #[arg(long, value_name = "FORM")]
    format: Option<ReportFormat>,
    /// Write a file instead of printing
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Delivery {
    fn form(&self, output: &Output) -> Result<ReportFormat, UsageError> {
        form_of(self.format, self.output.as_deref(), output)
    }

    fn deliver(&self, bytes: &[u8], output: &mut Output) -> anyhow::Result<()> {
        match &self.output {
            Some(file) => write_whole(file, bytes).with_context(|| format!("{} cannot be written", file.display())),
            None => output.bytes(bytes),
        }
    }
}

/// Show results that gpresult /X, GPMC or this program wrote
///
/// A file that cannot be read does not stop the others: it is named, and the exit code is 3.
#[derive(Debug, Args)]
pub struct Open {
    /// The files
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    delivery: Delivery,
}

impl Open {
    fn run(&self, output: &mut Output) -> anyhow::Result<Outcome> {
        let format = self.delivery.form(output)?;
        let (mut bytes, mut failed) = (Vec::new(), Vec::new());
        for file in &self.files {
            match read_file(file) {
                Ok(result) => bytes.push(render_rsop(&result, format, HtmlOptions::default())),
                Err(error) => failed.push(error),
            }
        }
        if bytes.len() > 1 && matches!(format, ReportFormat::Xml | ReportFormat::Html | ReportFormat::Json) {
            return Err(UsageError(format!(
                "several results do not fit into one file of {format}: open one at a time"
            ))
            .into());
        }
        if bytes.is_empty() {
            return Err(failed.into_iter().next().unwrap_or_else(|| anyhow!("there is no file to open")));
        }
        self.delivery.deliver(&bytes.join(&b'\n'), output)?;
        for error in &failed {
            clear_progress();
            eprintln!("warning: {}", printable(format!("{error:#}")));
        }
        Ok(if failed.is_empty() { Outcome::Done } else { Outcome::Partly })
    }
}

fn read_file(path: &Path) -> anyhow::Result<RsopReport> {
    let size = std::fs::metadata(path).with_context(|| format!("{} cannot be read", path.display()))?.len();
    if size > LARGEST_RESULT {
        return Err(anyhow!("{} has {size} bytes; results of up to {LARGEST_RESULT} are read", path.display()));
    }
    let bytes = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    read_rsop(&bytes).with_context(|| format!("{} is no result of Group Policy", path.display()))
}

/// Which computer is asked, and how it is reached.
///
/// Other computers are reached by the system's `ssh`, which logs on with a key, an agent or a Kerberos ticket: a password is never asked
/// for and never stands on a command line. Its configuration (`~/.ssh/config`) counts: ports, aliases, keys. A host key that is not known
/// is refused; connect once with `ssh` by hand.
#[derive(Clone, Debug, Args)]
struct ComputerArguments {
    /// Ask this computer over SSH instead of this one
    #[arg(long, value_name = "HOST")]
    host: Option<SshHost>,
    /// Log on to it as this user; without it, as the configuration of ssh says
    #[arg(long, value_name = "USER", requires = "host")]
    ssh_user: Option<SshUser>,
    /// Give the computer so many seconds for its answer
    #[arg(long, value_name = "SECONDS", default_value = "300")]
    answer_within: u64,
}

impl ComputerArguments {
    fn computer(&self) -> TargetComputer {
        match &self.host {
            Some(host) => TargetComputer::Remote(RemoteComputer { host: host.clone(), user: self.ssh_user.clone() }),
            None => TargetComputer::This,
        }
    }

    fn options(&self) -> CollectOptions {
        CollectOptions { run_limit: std::time::Duration::from_secs(self.answer_within), ..CollectOptions::default() }
    }
}

/// The client's own tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Tool {
    /// `gpresult /X` of Windows.
    Gpresult,
    /// `samba-gpupdate --rsop` of a Samba member; as root.
    Samba,
    /// `adsysctl policy applied --details` of a member with adsys.
    Adsys,
}

/// A side of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Scope {
    /// The user's settings.
    User,
    /// The computer's settings.
    Computer,
}

/// Collect results from a computer by its own tool, over SSH or here
///
/// A Windows computer needs the OpenSSH server; the account must be an administrator of it. What gpresult wrote is checked: whole, made by
/// this run, of the user asked for. Its temporary file is deleted, also after Ctrl-C.
#[derive(Debug, Args)]
pub struct Collect {
    #[command(flatten)]
    computer: ComputerArguments,
    /// The user whose results are wanted, DOMAIN\name; without it, the account that asks
    ///
    /// `--user` of all commands is who logs on to a forest; hence `--for-user`.
    #[arg(long, value_name = "USER")]
    for_user: Option<ResultUser>,
    /// Only the settings of the user, or of the computer
    #[arg(long, value_name = "SIDE")]
    scope: Option<Scope>,
    /// The tool that is run there
    #[arg(long, value_name = "TOOL", default_value = "gpresult")]
    tool: Tool,
    #[command(flatten)]
    delivery: Delivery,
}

impl Collect {
    async fn run(&self, task: &Task, output: &mut Output) -> anyhow::Result<Outcome> {
        let format = self.delivery.form(output)?;
        let collection = Collection {
            computer: self.computer.computer(),
            tool: match self.tool {
                Tool::Gpresult => ResultTool::Gpresult,
                Tool::Samba => ResultTool::Samba,
                Tool::Adsys => ResultTool::Adsys,
            },
            sides: match self.scope {
                None => ResultSides::Both,
                Some(Scope::Computer) => ResultSides::Computer,
                Some(Scope::User) => ResultSides::User,
            },
            user: self.for_user.clone(),
        };
        let collected = collect_results(&collection, &self.computer.options(), task).await;
        let told = tell(task);
        let collected = collected?;
        let bytes = match format {
            // As it was written there, byte for byte.
            ReportFormat::Xml => collected.xml,
            other => render_rsop(&collected.report, other, HtmlOptions::default()),
        };
        self.delivery.deliver(&bytes, output)?;
        Ok(told)
    }
}

/// List the users that have results on a Windows computer
///
/// Only users who have logged on there, and whose results the account may read.
#[derive(Debug, Args)]
pub struct Users {
    #[command(flatten)]
    computer: ComputerArguments,
}

impl Users {
    async fn run(&self, task: &Task, output: &mut Output) -> anyhow::Result<Outcome> {
        let found = logging_enumerate_users(&self.computer.computer(), &self.computer.options(), task).await;
        let told = tell(task);
        let found = found?;
        if output.is_json() {
            output.json(&json!(found))?;
            return Ok(told);
        }
        let mut table = Table::new(&["USER", "SID"]);
        for user in &found.users {
            table.row([user.name.clone().unwrap_or_default(), user.sid.to_string()]);
        }
        output.table(&table)?;
        Ok(told)
    }
}

/// Compare a result with the plan for the same target, or with another result
///
/// Without --with the forest of --connect is planned for the same user, computer and site. What the client found of its link and of WMI
/// filters is taken over. Exit code 3 where they differ.
#[derive(Debug, Args)]
pub struct Compare {
    /// The result
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The result to compare it with
    #[arg(long, value_name = "FILE")]
    with: Option<PathBuf>,
    #[command(flatten)]
    delivery: Delivery,
    #[command(flatten)]
    templates: TemplateArguments,
}

impl Compare {
    async fn run(&self, session: &Session, output: &mut Output) -> anyhow::Result<Outcome> {
        if self.with.is_some() {
            return self.run_here(output);
        }
        let form = self.form(output)?;
        let result = read_file(&self.file)?;
        let (store, forest) = session.load().await?;
        let home = store.directory().root_dse().domain.clone();
        let reporting = reporting(self.templates.read(&store, &home, &session.task).await?);
        let cache = PolicyCache::default();
        let compared = compare_with_plan(&result, (&store, &forest), &reporting, &cache, &session.task).await?;
        let told = tell(&session.task).and(report(forest.all_problems()));
        Ok(self.tell(form, ("Result", "Plan"), &compared.differences, output)?.and(told))
    }

    fn run_here(&self, output: &mut Output) -> anyhow::Result<Outcome> {
        let form = self.form(output)?;
        let with = self.with.as_deref().ok_or_else(|| anyhow!("there is nothing to compare with"))?;
        let (first, second) = (read_file(&self.file)?, read_file(with)?);
        self.tell(form, ("First", "Second"), &compare(&first, &second), output)
    }

    fn form(&self, output: &Output) -> Result<ReportFormat, UsageError> {
        match self.delivery.form(output)? {
            ReportFormat::Xml => Err(UsageError("differences have no XML; say html, csv, json or text".to_owned())),
            other => Ok(other),
        }
    }

    fn tell(
        &self,
        form: ReportFormat,
        (first, second): (&str, &str),
        differences: &[RsopDifference],
        output: &mut Output,
    ) -> anyhow::Result<Outcome> {
        let bytes = match form {
            ReportFormat::Json => (serde_json::to_string_pretty(differences)? + "\n").into_bytes(),
            other => {
                let document = rsop_differences_document(first, second, differences);
                render_document(document, other, HtmlOptions::default()).unwrap_or_default()
            }
        };
        self.delivery.deliver(&bytes, output)?;
        Ok(if differences.is_empty() { Outcome::Done } else { Outcome::Partly })
    }
}
