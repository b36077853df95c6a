//! The command line: nouns and verbs over the same library as the console. Each noun is one file; doc comments are the help.
//!
//! Nothing here knows the console. Lists go to standard output, everything else (progress, problems, errors) to standard
//! error. Exit codes: 0 done, 1 failed, 2 usage, 3 partly done.

mod connection;
mod session;
mod output;
mod report;
mod advice;
mod delegation;
mod tree;
mod forest;
mod domain;
mod status;
mod gpo;
mod gpo_backup;
mod gpo_edit;
mod som;
mod remote_update;
mod site;
mod link;
mod ou;
mod wmi_filter;
mod wmi_filter_edit;
mod starter_gpo;
mod starter_gpo_edit;
mod change;
mod edit;
mod journal;
mod messages;
mod backup;
mod migration_table;
mod admx;
mod search;
mod rsop;
mod snapshot;
mod secured;
mod permission;
mod acl;
mod completions;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::gpm::Task;
use crate::store::{ConnectOptions, ConnectTarget, Credentials};

pub use change::journal_folder;
pub use connection::{ConnectionArguments, UsageError};
pub use session::Session;

use output::{Outcome, Output};

/// Group Policy Management for Windows AD and Samba AD.
///
/// Without a command the console opens; where there is no display, the forest is printed as a tree.
#[derive(Debug, Parser)]
#[command(name = "opengpmc", version, about, long_about, max_term_width = 120)]
#[command(
    after_help = "Exit codes: 0 done, 1 failed, 2 usage, 3 partly done: something could not be read and is named on standard error."
)]
pub struct Cli {
    /// Which forest to open, and as whom.
    #[command(flatten)]
    pub connection: ConnectionArguments,

    /// Print JSON instead of text
    #[arg(long, global = true)]
    pub json: bool,

    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// A noun of the command line.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The whole forest
    #[command(subcommand)]
    Forest(forest::Command),
    /// The domains of the forest
    #[command(subcommand)]
    Domain(domain::Command),
    /// Group Policy Objects
    #[command(subcommand)]
    Gpo(gpo::Command),
    /// Scopes of management: domains and organizational units with their links
    #[command(subcommand)]
    Som(som::Command),
    /// Links of GPOs to sites, domains and organizational units
    #[command(subcommand)]
    Link(link::Command),
    /// Organizational units
    #[command(subcommand)]
    Ou(ou::Command),
    /// Sites with their links
    #[command(subcommand)]
    Site(site::Command),
    /// WMI filters
    #[command(subcommand)]
    WmiFilter(wmi_filter::Command),
    /// Starter GPOs
    #[command(subcommand)]
    StarterGpo(starter_gpo::Command),
    /// Who may do what with GPOs, links, WMI filters and starter GPOs
    #[command(subcommand)]
    Permission(permission::Command),
    /// Whole access lists: read, written, compared between directory and SYSVOL
    #[command(subcommand)]
    Acl(acl::Command),
    /// Folders of backups
    #[command(subcommand)]
    Backup(backup::Command),
    /// What was done and can be undone, and what was broken off
    #[command(subcommand)]
    Journal(journal::Command),
    /// Migration tables: what users, groups and UNC paths become in another domain
    #[command(subcommand)]
    MigrationTable(migration_table::Command),
    /// Administrative templates
    #[command(subcommand)]
    Admx(admx::Command),
    /// The resultant set of policy: what applies to whom, and why
    #[command(subcommand)]
    Rsop(rsop::Command),
    /// Search for GPOs, organizational units, sites or starter GPOs by conditions that must all hold
    Search(Box<search::Search>),
    /// Forests saved to a file
    #[command(subcommand)]
    Snapshot(snapshot::Command),
    /// Print a completion script for a shell
    Completions(completions::Completions),
    /// Write the manual pages, one for each command
    ManPage(completions::ManPage),
}

impl Cli {
    /// Tells whether the console is asked for: no command, and no output for scripts.
    pub fn wants_window(&self) -> bool {
        self.command.is_none() && !self.json
    }

    /// Returns what the console is to open at its start; nothing where the command line does not say.
    ///
    /// # Errors
    /// Fails where a password is needed and cannot be had.
    pub fn connect_request(&self) -> anyhow::Result<Option<(ConnectTarget, Credentials, ConnectOptions)>> {
        let (target, named) = self.connection.target();
        if !named && target == ConnectTarget::Demo {
            return Ok(None);
        }
        let credentials = self.connection.credentials(&target)?;
        Ok(Some((target, credentials, self.connection.options())))
    }

    /// Carries out the command and returns the exit code. Without a command the forest is printed as a tree.
    pub fn run(self) -> ExitCode {
        let mut output = Output::new(self.json);
        let done = self.carry_out(&mut output).and_then(|outcome| output.finish().map(|()| outcome));
        match done {
            Ok(Outcome::Done) => ExitCode::SUCCESS,
            Ok(Outcome::Partly) => ExitCode::from(3),
            // The reader of a pipe went away (`| head`): nobody is left to tell.
            Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
            Err(error) => {
                advice::print(&error);
                ExitCode::from(if error.is::<UsageError>() { 2 } else { 1 })
            }
        }
    }

    fn carry_out(self, output: &mut Output) -> anyhow::Result<Outcome> {
        match &self.command {
            Some(Command::Completions(command)) => return command.run(Cli::command(), output),
            Some(Command::ManPage(command)) => return command.run(Cli::command(), output),
            _ => {}
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        if let Some(Command::Backup(command)) = &self.command {
            let task = Task::default();
            return runtime.block_on(session::watch(&task, command.run(&task, output)));
        }
        if let Some(Command::MigrationTable(command)) = &self.command
            && !command.needs_forest()
        {
            let task = Task::default();
            return runtime.block_on(session::watch(&task, command.run_here(&task, output)));
        }
        if let Some(Command::Admx(command)) = &self.command {
            let task = Task::default();
            let check = async { tokio::task::block_in_place(|| command.run(&task, output)) };
            return runtime.block_on(session::watch(&task, check));
        }
        if let Some(Command::Rsop(command)) = &self.command
            && !command.needs_forest()
        {
            let task = Task::default();
            return runtime.block_on(session::watch(&task, command.run_here(&task, output)));
        }
        let session = Session::new(&self.connection)?;
        let outcome = runtime.block_on(session::watch(&session.task, async {
            match self.command {
                None => forest::tree(&session, output).await,
                Some(Command::Forest(command)) => command.run(&session, output).await,
                Some(Command::Domain(command)) => command.run(&session, output).await,
                Some(Command::Gpo(command)) => command.run(&session, output).await,
                Some(Command::Som(command)) => command.run(&session, output).await,
                Some(Command::Site(command)) => command.run(&session, output).await,
                Some(Command::Link(command)) => command.run(&session, output).await,
                Some(Command::Ou(command)) => command.run(&session, output).await,
                Some(Command::WmiFilter(command)) => command.run(&session, output).await,
                Some(Command::StarterGpo(command)) => command.run(&session, output).await,
                Some(Command::Permission(command)) => command.run(&session, output).await,
                Some(Command::Acl(command)) => command.run(&session, output).await,
                Some(Command::Journal(command)) => command.run(&session, output).await,
                Some(Command::MigrationTable(command)) => command.run(&session, output).await,
                Some(Command::Rsop(command)) => command.run(&session, output).await,
                Some(Command::Search(command)) => command.run(&session, output).await,
                Some(Command::Snapshot(command)) => command.run(&session, output).await,
                Some(Command::Admx(_) | Command::Backup(_) | Command::Completions(_) | Command::ManPage(_)) => {
                    Ok(Outcome::Done)
                }
            }
        }));
        // What still waits for a server at this point was cancelled: nobody waits for it.
        runtime.shutdown_background();
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_are_well_formed() {
        Cli::command().debug_assert();
    }
}
