//! Finished sets go into their places together: while the manifest is being changed for some, the next ones gather.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use tokio::sync::oneshot;

use crate::format::BackupInstance;
use crate::gpm::constants::BackupType;
use crate::gpm::{Backup, Cancelled, NewBackup, OperationError, publish_all};

use super::blocking;

/// Puts the sets of one folder of backups into their places.
#[derive(Default)]
pub(super) struct Publisher {
    waiting: Mutex<Vec<Waiting>>,
    turn: tokio::sync::Mutex<()>,
}

struct Waiting {
    new: NewBackup,
    instance: BackupInstance,
    answer: oneshot::Sender<Result<Backup, OperationError>>,
}

impl Publisher {
    /// Begins a set in a folder of backups that was prepared. Those of one call take turns at the manifest's lock, for which others may wait.
    ///
    /// # Errors
    /// Fails where the folder cannot be written to.
    pub(super) async fn begin(&self, folder: &Path) -> Result<NewBackup, OperationError> {
        let _turn = self.turn.lock().await;
        let root = folder.to_owned();
        blocking(move || NewBackup::begin(&root, BackupType::Gpo)).await
    }

    /// Puts a set into its place, with those that wait at the same time.
    ///
    /// # Errors
    /// Fails where the folder cannot be written to; nothing of the set is left then.
    pub(super) async fn publish(&self, new: NewBackup, instance: BackupInstance) -> Result<Backup, OperationError> {
        let (answer, answered) = oneshot::channel();
        self.lock().push(Waiting { new, instance, answer });
        let turn = self.turn.lock().await;
        // Whoever has the turn publishes for all; the others find their answer.
        let waiting = std::mem::take(&mut *self.lock());
        if !waiting.is_empty() {
            let mut answers = Vec::new();
            let mut sets = Vec::new();
            for Waiting { new, instance, answer } in waiting {
                answers.push(answer);
                sets.push((new, instance));
            }
            let published = blocking(move || Ok(publish_all(sets))).await?;
            for (answer, outcome) in answers.into_iter().zip(published) {
                // Nobody waits for it any more: it is in its place all the same.
                answer.send(outcome).ok();
            }
        }
        drop(turn);
        answered.await.unwrap_or_else(|_| Err(Cancelled.into()))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
