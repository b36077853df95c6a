//! What every long operation reports to and is cancelled through; [`super::AsyncProgress`] and [`super::AsyncCancel`] are its two
//! ends for callers.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::StatusMessage;

/// The handle of one running operation. Clones speak of the same operation: one goes to the worker, one stays with the caller.
/// The task of one item of it ([`Task::item`]) counts and tells for that item alone and is cancelled with the whole.
#[derive(Clone)]
pub struct Task {
    shared: Arc<Shared>,
    /// The place of the item this handle speaks for; none for the whole.
    item: Option<usize>,
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
    /// The things worked on one by one, where there are several: GPOs, backups.
    pub items: Vec<Item>,
    /// What there is to tell so far, in order.
    pub messages: Vec<Told>,
}

/// One of the things an operation works on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its name.
    pub name: String,
    /// How it stands with it.
    pub state: ItemState,
    /// Steps done.
    pub done: u64,
    /// Steps in all; its share of the whole.
    pub total: u64,
}

/// How it stands with an item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ItemState {
    /// Its turn has not come.
    #[default]
    Waiting,
    /// It is being worked on.
    Running,
    /// It is done.
    Done,
    /// It is done, with warnings.
    Warning,
    /// It failed.
    Failed,
    /// It was cancelled in the middle, or its turn never came: nothing of it is left.
    Cancelled,
}

/// A message, and the item it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The place of the item in the list; none where it is about the whole.
    pub item: Option<usize>,
    /// The message.
    pub message: StatusMessage,
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
        Task { shared: Arc::new(shared), item: None }
    }

    /// Names the things that are worked on, each with the number of its steps; together they are the steps of the whole.
    pub fn begin_items(&self, items: impl IntoIterator<Item = (String, u64)>) {
        self.update(|progress| {
            let item =
                |(name, steps): (String, u64)| Item { name, state: ItemState::default(), done: 0, total: steps.max(1) };
            progress.items = items.into_iter().map(item).collect();
            progress.total = progress.items.iter().map(|item| item.total).sum();
        });
    }

    /// Returns the task of one of the items, by its place in the list.
    pub fn item(&self, place: usize) -> Task {
        Task { shared: Arc::clone(&self.shared), item: Some(place) }
    }

    /// Says how it stands with the item of this task; one that has ended counts as done.
    pub fn set_item_state(&self, state: ItemState) {
        let Some(place) = self.item else { return };
        self.update(|progress| {
            if let Some(item) = progress.items.get_mut(place) {
                item.state = state;
                if !matches!(state, ItemState::Waiting | ItemState::Running) {
                    item.done = item.total;
                }
            }
            progress.count_items();
        });
    }

    /// Tells how far the work is. A count below the last one is raised to it.
    pub fn progress(&self, done: u64, total: u64) {
        self.update(|progress| match self.item {
            None => {
                progress.done = progress.done.max(done);
                progress.total = total;
            }
            Some(place) => {
                if let Some(item) = progress.items.get_mut(place) {
                    // An item's share of the whole is fixed, whatever it finds to do.
                    let share = done.min(total).saturating_mul(item.total).checked_div(total).unwrap_or(0);
                    item.done = item.done.max(share);
                }
                progress.count_items();
            }
        });
    }

    /// Tells what is being done now.
    pub fn activity(&self, activity: impl Into<String>) {
        let activity = activity.into();
        self.update(|progress| progress.activity = activity);
    }

    /// Adds a message for the person who waits.
    pub fn message(&self, message: StatusMessage) {
        self.update(|progress| progress.messages.push(Told { item: self.item, message }));
    }

    /// Looks at how far the work is without copying it.
    pub fn look<T>(&self, look: impl FnOnce(&Progress) -> T) -> T {
        look(&self.lock())
    }

    /// Returns how far the work is.
    pub fn snapshot(&self) -> Progress {
        self.lock().clone()
    }

    /// Returns the messages of this task's item, or of the whole, in order.
    pub fn messages(&self) -> Vec<StatusMessage> {
        let progress = self.lock();
        let own = progress.messages.iter().filter(|told| self.item.is_none() || told.item == self.item);
        own.map(|told| told.message.clone()).collect()
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

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.shared.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress {
    fn count_items(&mut self) {
        let done = self.items.iter().map(|item| item.done).sum();
        self.done = self.done.max(done);
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

    #[test]
    fn items_add_up_to_the_whole() {
        let task = Task::default();
        task.begin_items([("a".to_owned(), 4), ("b".to_owned(), 0)]);
        let (a, b) = (task.item(0), task.item(1));
        let check = |done, total| {
            let progress = task.snapshot();
            assert_eq!((progress.done, progress.total), (done, total));
        };
        check(0, 5);
        a.progress(1, 2);
        check(2, 5);
        b.set_item_state(ItemState::Failed);
        check(3, 5);
        a.progress(0, 2);
        a.set_item_state(ItemState::Done);
        check(5, 5);
        b.message(StatusMessage::information(super::super::MessageId::Done, "x"));
        assert_eq!((a.messages().len(), b.messages().len(), task.messages().len()), (0, 1, 1));
    }

    #[tokio::test]
    async fn cancel_ends_what_waits() {
        let task = Task::default();
        assert_eq!(task.or_cancel(async { 7 }).await, Ok(7));
        let other = task.item(0);
        let waiting = tokio::spawn(async move { other.or_cancel(std::future::pending::<()>()).await });
        task.cancel();
        task.cancel();
        assert_eq!(waiting.await.unwrap(), Err(Cancelled));
        assert_eq!(task.checkpoint(), Err(Cancelled));
    }
}
