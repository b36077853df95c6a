//! The caller's handle that ends a running operation (IGPMAsyncCancel).

use super::Task;

/// Ends a running operation. Dropping it ends nothing.
#[derive(Clone)]
pub struct AsyncCancel {
    task: Task,
}

impl AsyncCancel {
    pub(super) fn new(task: Task) -> Self {
        AsyncCancel { task }
    }

    /// Asks the operation to end (IGPMAsyncCancel.Cancel). It ends at its next checkpoint, with the state it found and
    /// [`super::HResult::CANCELLED`]; after its last step it has no effect. May be called from any thread, from within a status call, more
    /// than once, and after the end.
    pub fn cancel(&self) {
        self.task.cancel();
    }
}
