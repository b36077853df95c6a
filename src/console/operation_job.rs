//! Operations of the library in the console: back up, restore, import, copy.
//!
//! A window starts one with [`Workers::operation`] and hands it to the application ([`super::window::Surroundings::started`]), which draws
//! its progress window. What is to follow when it has ended (read the forest anew, open something) it says as commands.

use std::future::Future;

use poll_promise::Promise;

use crate::gpm::{HResult, MessageId, OperationError, StatusMessage, Task};

use super::Command;
use super::job::{Workers, take};
use super::kit::job_window::JobWindow;

/// An operation that runs, or has ended and whose result stands in its window.
pub struct OperationJob {
    /// What is being done, in words.
    pub title: String,
    /// Tells how far it is, cancels it, and tells in the end how it went.
    pub window: JobWindow,
    promise: Option<Promise<Ended>>,
    is_quiet: bool,
}

struct Ended {
    error: Option<OperationError>,
    commands: Vec<Command>,
}

impl Workers {
    /// Runs an operation in the background. `ended` sees its outcome, failure and cancelling included, and says what is to follow.
    pub fn operation<T, F>(
        &self,
        title: impl Into<String>,
        work: impl FnOnce(Task) -> F,
        ended: impl FnOnce(&Result<T, OperationError>) -> Vec<Command> + Send + 'static,
    ) -> OperationJob
    where
        T: Send + 'static,
        F: Future<Output = Result<T, OperationError>> + Send + 'static,
    {
        let (title, task) = (title.into(), self.task());
        let running = self.handle().spawn(work(task.clone()));
        let promise = self.spawn(async move {
            let outcome = running.await.unwrap_or_else(|failed| {
                let message = format!("The operation broke off: {failed}.");
                Err(OperationError::new(StatusMessage::error(MessageId::ExtensionFailed, HResult::FAIL, message)))
            });
            let commands = ended(&outcome);
            Ended { error: outcome.err(), commands }
        });
        OperationJob { window: JobWindow::new(&title, task), title, promise: Some(promise), is_quiet: false }
    }
}

impl OperationJob {
    /// Returns the job as one that says nothing where all went well: what it did is seen.
    pub fn quiet(self) -> Self {
        OperationJob { is_quiet: true, ..self }
    }

    /// Tells whether its result is to be read.
    pub fn has_more_to_tell(&self) -> bool {
        if self.is_quiet { self.window.has_problems() } else { self.window.has_more_to_tell() }
    }

    /// Tells whether it still runs.
    pub fn is_running(&self) -> bool {
        self.promise.is_some()
    }

    /// If the operation has ended, tells its window so and returns what is to follow, once.
    pub fn take(&mut self) -> Option<Vec<Command>> {
        let ended = take(&mut self.promise)?;
        self.window.end(ended.error.as_ref());
        Some(ended.commands)
    }
}
