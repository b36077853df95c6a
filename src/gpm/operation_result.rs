//! How an operation ended (IGPMResult), and why it did not do its work.

use serde::Serialize;

use super::{Cancelled, HResult, MessageId, Severity, StatusMessage};
use crate::store::{StoreError, StoreErrorKind};

/// An operation did not do its work; the state before it is there again unless the message says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.message)]
pub struct OperationError(
    /// The message that says why; its code is the operation's overall status.
    pub Box<StatusMessage>,
);

impl OperationError {
    /// Returns the error with this message.
    pub fn new(message: StatusMessage) -> Self {
        OperationError(Box::new(message))
    }

    /// Returns the error of a failed call to the directory.
    pub fn of_directory(error: &StoreError) -> Self {
        let unreachable = matches!(error.kind, StoreErrorKind::Unreachable | StoreErrorKind::Timeout);
        let id = if unreachable { MessageId::DirectoryUnreachable } else { MessageId::DirectoryFailed };
        OperationError::new(StatusMessage::of_store(id, error))
    }

    /// Returns the error of a failed read of a SYSVOL or a set.
    pub fn of_read(error: &StoreError) -> Self {
        OperationError::of_files(MessageId::FileReadFailed, error)
    }

    /// Returns the error of a failed write to a SYSVOL or a set.
    pub fn of_write(error: &StoreError) -> Self {
        OperationError::of_files(MessageId::FileWriteFailed, error)
    }

    fn of_files(id: MessageId, error: &StoreError) -> Self {
        let unreachable = matches!(error.kind, StoreErrorKind::Unreachable | StoreErrorKind::Timeout);
        OperationError::new(StatusMessage::of_store(if unreachable { MessageId::SysvolUnreachable } else { id }, error))
    }

    /// Tells whether it was cancelled rather than failed.
    pub fn is_cancelled(&self) -> bool {
        self.0.code == HResult::CANCELLED
    }
}

impl From<Cancelled> for OperationError {
    fn from(cancelled: Cancelled) -> Self {
        OperationError::new(StatusMessage::error(MessageId::Cancelled, HResult::CANCELLED, cancelled.to_string()))
    }
}

/// What an operation hands back (IGPMResult): look at both the result and the overall status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OperationResult<T> {
    /// What was made; none after a failure or cancel (Result).
    pub result: Option<T>,
    /// The code of the whole (OverallStatus).
    pub overall_status: HResult,
    /// All messages, in order (Status).
    pub status: Vec<StatusMessage>,
}

impl<T> OperationResult<T> {
    /// Puts together what an operation returned and what it told on the way; the reason of a failure is the last message.
    pub fn new(outcome: Result<T, OperationError>, mut status: Vec<StatusMessage>) -> Self {
        match outcome {
            Ok(result) => OperationResult { result: Some(result), overall_status: HResult::OK, status },
            Err(OperationError(message)) => {
                let overall_status = message.code;
                status.push(*message);
                OperationResult { result: None, overall_status, status }
            }
        }
    }

    /// Tells whether there is a warning or an error among the messages.
    pub fn has_warnings(&self) -> bool {
        self.status.iter().any(|message| message.severity > Severity::Information)
    }
}
