//! What every long operation reports to and is cancelled through (IGPMAsyncProgress, IGPMAsyncCancel).

use std::future::Future;
use std::sync::{Arc, Mutex};

use tokio::sync::watch;

/// The handle of one running operation. Clones speak of the same operation: one goes to the worker, one stays with the caller.
#[derive(Clone)]
pub struct Task {
    shared: Arc<Shared>,
}

struct Shared {
    progress: Mutex<Progress>,
    cancelled: watch::Sender<bool>,
    notify: Box<dyn Fn() + Send + Sync>,
}

/// How far an operation is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Steps done; never falls.
    pub done: u64,
    /// Steps in all; 0 while not known.
    pub total: u64,
    /// What is being done now, in words.
    pub activity: String,
    /// What there is to tell so far, in order.
    pub messages: Vec<String>,
}

/// The operation was cancelled (ERROR_CANCELLED, 0x800704C7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the operation was cancelled")]
pub struct Cancelled;

impl Default for Task {
    fn default() -> Self {
        Task::new(|| {})
    }
}

impl Task {
    /// Returns a new task; `notify` is called after every change of its progress, from the worker's thread.
    pub fn new(notify: impl Fn() + Send + Sync + 'static) -> Self {
        let shared =
            Shared { progress: Mutex::default(), cancelled: watch::Sender::new(false), notify: Box::new(notify) };
        Task { shared: Arc::new(shared) }
    }

    /// Tells how far the work is. A count below the last one is raised to it.
    pub fn progress(&self, done: u64, total: u64) {
        self.update(|progress| {
            progress.done = progress.done.max(done);
            progress.total = total;
        });
    }

    /// Tells what is being done now.
    pub fn activity(&self, activity: impl Into<String>) {
        let activity = activity.into();
        self.update(|progress| progress.activity = activity);
    }

    /// Adds a message for the person who waits.
    pub fn message(&self, message: impl Into<String>) {
        let message = message.into();
        self.update(|progress| progress.messages.push(message));
    }

    /// Returns how far the work is.
    pub fn snapshot(&self) -> Progress {
        self.lock().clone()
    }

    /// Asks the worker to end at its next checkpoint. May be called at any time, from any thread, more than once.
    pub fn cancel(&self) {
        self.shared.cancelled.send_replace(true);
        (self.shared.notify)();
    }

    /// Tells whether cancelling was asked for.
    pub fn is_cancelled(&self) -> bool {
        *self.shared.cancelled.borrow()
    }

    /// Ends the work here if cancelling was asked for: to be called between steps, never between paired writes.
    pub fn checkpoint(&self) -> Result<(), Cancelled> {
        if self.is_cancelled() { Err(Cancelled) } else { Ok(()) }
    }

    /// Waits for `work`, or until cancelling is asked for; the work is then dropped where it waits. For reads only.
    pub async fn or_cancel<T>(&self, work: impl Future<Output = T>) -> Result<T, Cancelled> {
        let mut receiver = self.shared.cancelled.subscribe();
        tokio::select! {
            biased;
            _ = receiver.wait_for(|cancelled| *cancelled) => Err(Cancelled),
            result = work => Ok(result),
        }
    }

    fn update(&self, change: impl FnOnce(&mut Progress)) {
        change(&mut self.lock());
        (self.shared.notify)();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Progress> {
        self.shared.progress.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_never_falls() {
        let task = Task::default();
        task.progress(5, 10);
        task.progress(3, 10);
        assert_eq!(task.snapshot().done, 5);
    }

    #[tokio::test]
    async fn cancel_ends_what_waits() {
        let task = Task::default();
        assert_eq!(task.or_cancel(async { 7 }).await, Ok(7));
        let other = task.clone();
        let waiting = tokio::spawn(async move { other.or_cancel(std::future::pending::<()>()).await });
        task.cancel();
        task.cancel();
        assert_eq!(waiting.await.unwrap(), Err(Cancelled));
        assert_eq!(task.checkpoint(), Err(Cancelled));
    }
}
