//! One run of the program against a forest: opening it, watching the work, telling what went wrong.

use std::future::Future;
use std::io::IsTerminal;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::gpm::{Domain, Forest, ForestSnapshot, LoadOptions, Problem, Task};
use crate::ident::DnsName;
use crate::store::{self, ConnectOptions, ConnectTarget, Credentials, ForestStore};

use super::output::{Outcome, clear_progress, draw_progress, printable};
use super::{ConnectionArguments, UsageError};

/// A run against a forest.
pub struct Session {
    target: ConnectTarget,
    credentials: Credentials,
    options: ConnectOptions,
    user: Option<String>,
    /// Progress and cancelling of this run.
    pub task: Task,
}

impl Session {
    /// Prepares a run: asks for the password where one is needed, and says on standard error which forest is opened where
    /// none was named.
    pub fn new(arguments: &ConnectionArguments) -> anyhow::Result<Self> {
        let (target, named) = arguments.target();
        if !named {
            match &target {
                ConnectTarget::Demo => eprintln!("Opening the built-in demo forest; --connect opens another."),
                other => eprintln!("Opening {other}; --connect opens another."),
            }
        }
        let (credentials, options) = (arguments.credentials(&target)?, arguments.options());
        Ok(Session { target, credentials, options, user: arguments.user.clone(), task: Task::default() })
    }

    /// Returns the user of `--user` where nobody logs on with it: the demo forest and files let everybody in.
    pub fn user_not_logged_on(&self) -> Option<&str> {
        let needs_none = matches!(self.target, ConnectTarget::Demo | ConnectTarget::File(_));
        self.user.as_deref().filter(|_| needs_none)
    }

    /// Opens the forest.
    pub async fn open(&self) -> anyhow::Result<Arc<dyn ForestStore>> {
        self.task.activity(format!("Connecting to {}", self.target));
        Ok(self.task.or_cancel(store::open(&self.target, &self.credentials, &self.options)).await??)
    }

    /// Opens the forest and reads all of it.
    pub async fn load(&self) -> anyhow::Result<(Arc<dyn ForestStore>, Arc<ForestSnapshot>)> {
        let store = self.open().await?;
        let snapshot = Forest::load(store.clone(), &LoadOptions::default(), &self.task).await?;
        Ok((store, snapshot))
    }

    /// Opens the domain asked for, or that of the connection.
    pub async fn domain(&self, name: Option<&DnsName>) -> anyhow::Result<Domain> {
        let store = self.open().await?;
        let own = store.directory().root_dse().domain.clone();
        let name = name.unwrap_or(&own);
        Ok(self.task.or_cancel(Domain::open(&store, name)).await??)
    }
}

/// Does the work; meanwhile shows its progress on a terminal, and cancels it on Ctrl-C (and ends at once on the second).
pub async fn watch<T>(task: &Task, work: impl Future<Output = T>) -> T {
    let mut interrupt: Interrupt = Box::pin(interrupted());
    // Ctrl-C is listened for before the work begins.
    if futures::poll!(&mut interrupt).is_ready() {
        task.cancel();
        interrupt = Box::pin(interrupted());
    }
    // Beside the work, which may hold its thread for long.
    let attendant = tokio::spawn(attend(task.clone(), interrupt));
    let result = work.await;
    attendant.abort();
    // It may be drawing.
    drop(attendant.await);
    clear_progress();
    result
}

/// What ends when Ctrl-C is pressed.
type Interrupt = Pin<Box<dyn Future<Output = ()> + Send>>;

async fn attend(task: Task, mut interrupt: Interrupt) {
    let mut ticks = tokio::time::interval(Duration::from_millis(200));
    let shows = std::io::stderr().is_terminal();
    let mut ticked = 0;
    loop {
        tokio::select! {
            _ = ticks.tick(), if shows => {
                // Short work shows nothing.
                ticked += 1;
                if ticked > 2 {
                    draw(&task);
                }
            }
            () = &mut interrupt => {
                interrupt = Box::pin(interrupted());
                if task.is_cancelled() {
                    // Asked twice: do not wait for a clean end. 130 is what shells expect of an interrupted program.
                    std::process::exit(130);
                }
                task.cancel();
            }
        }
    }
}

/// Draws how far a task is.
fn draw(task: &Task) {
    const WIDTH: u64 = 24;
    let progress = task.snapshot();
    let mut line = String::new();
    if let Some(filled) = (progress.done.min(progress.total) * WIDTH).checked_div(progress.total) {
        let (full, empty) = ("#".repeat(filled as usize), " ".repeat((WIDTH - filled) as usize));
        line += &format!("[{full}{empty}] {}/{} ", progress.done, progress.total);
    }
    line += &progress.activity;
    draw_progress(&line);
}

/// Refuses a domain that the forest does not have, instead of finding nothing there.
pub fn check_domain(forest: &ForestSnapshot, name: Option<&DnsName>) -> Result<(), UsageError> {
    match name {
        Some(name) if forest.domain(name).is_none() => Err(UsageError(format!("the forest has no domain {name}"))),
        _ => Ok(()),
    }
}

/// Tells of problems on standard error and returns the outcome they make.
pub fn report<'a>(problems: impl IntoIterator<Item = &'a Problem>) -> Outcome {
    let mut outcome = Outcome::Done;
    for problem in problems {
        clear_progress();
        eprintln!("warning: {}", printable(format!("{}: {}", problem.object, problem.message)));
        outcome = Outcome::Partly;
    }
    outcome
}

/// Waits for Ctrl-C; for ever where the system does not let us hear of it (it then ends the program itself).
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
