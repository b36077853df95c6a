//! Operations that run in the background and call back (IGPMAsyncProgress; the contract is `object-model.md` section 5).
//!
//! An operation is an async function that takes a [`Task`]. Awaited, it is the synchronous form. [`start`] runs it on a worker: each
//! finished step is one call of [`AsyncProgress::status`], never two at once, the fraction never goes back, and exactly one call, the last,
//! finishes. The result can be awaited too, or the calls taken from a channel ([`start_with_channel`]).

use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::{AsyncCancel, HResult, OperationError, OperationResult, StatusMessage, Task};

/// What a client implements to hear of an operation; closures do.
pub trait AsyncProgress<T>: Send + Sync + 'static {
    /// Called by the worker after each step (IGPMAsyncProgress.Status). Must not block; may cancel.
    fn status(&self, call: StatusCall<'_, T>);
}

/// The arguments of one call of IGPMAsyncProgress.Status.
#[derive(Clone, Copy, Debug)]
pub struct StatusCall<'a, T> {
    /// Steps done (lNumerator). Below the denominator until the operation has succeeded.
    pub numerator: u64,
    /// Steps in all (lDenominator): in proportion to the client-side extensions of the GPO; the same in every call.
    pub denominator: u64,
    /// Success while nothing went wrong; in the finishing call the overall status (hrStatus).
    pub status: HResult,
    /// What was made; in the finishing call of a success only (pResult).
    pub result: Option<&'a T>,
    /// The messages since the last call, in order; in the finishing call those of the end (ppIGPMStatusMsgCollection).
    pub messages: &'a [StatusMessage],
    /// Whether this is the finishing call: a client that only compares the two numbers misses a failure.
    pub is_finished: bool,
}

impl<T, F: Fn(StatusCall<'_, T>) + Send + Sync + 'static> AsyncProgress<T> for F {
    fn status(&self, call: StatusCall<'_, T>) {
        self(call);
    }
}

/// A call of IGPMAsyncProgress.Status, taken from a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusUpdate<T> {
    /// As [`StatusCall::numerator`].
    pub numerator: u64,
    /// As [`StatusCall::denominator`].
    pub denominator: u64,
    /// As [`StatusCall::status`].
    pub status: HResult,
    /// As [`StatusCall::result`].
    pub result: Option<T>,
    /// As [`StatusCall::messages`].
    pub messages: Vec<StatusMessage>,
    /// As [`StatusCall::is_finished`].
    pub is_finished: bool,
}

/// An operation that runs in the background; awaited, it gives its result. Dropping it ends nothing.
pub struct AsyncOperation<T> {
    cancel: AsyncCancel,
    worker: JoinHandle<OperationResult<T>>,
}

impl<T> AsyncOperation<T> {
    /// Returns the handle that ends it.
    pub fn cancel_handle(&self) -> AsyncCancel {
        self.cancel.clone()
    }
}

impl<T: Send + 'static> IntoFuture for AsyncOperation<T> {
    type Output = OperationResult<T>;
    type IntoFuture = Pin<Box<dyn Future<Output = OperationResult<T>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            self.worker.await.unwrap_or_else(|failed| {
                let message = StatusMessage::error(
                    super::MessageId::ExtensionFailed,
                    HResult::FAIL,
                    format!("the operation broke off: {failed}"),
                );
                OperationResult::new(Err(OperationError::new(message)), Vec::new())
            })
        })
    }
}

/// Starts an operation on a runtime; `progress` hears of each of its steps.
pub fn start<T, W, F>(runtime: &Handle, progress: impl AsyncProgress<T>, work: W) -> AsyncOperation<T>
where
    T: Send + Sync + 'static,
    W: FnOnce(Task) -> F,
    F: Future<Output = Result<T, OperationError>> + Send + 'static,
{
    let caller =
        Arc::new(Caller { progress, delivered: Mutex::default(), task: Mutex::default(), tells_of: PhantomData });
    let task = Task::new({
        let caller = Arc::downgrade(&caller);
        move || {
            if let Some(caller) = caller.upgrade() {
                caller.deliver_step();
            }
        }
    });
    *caller.task.lock().unwrap_or_else(PoisonError::into_inner) = Some(task.clone());
    let running = work(task.clone());
    let worker_task = task.clone();
    let worker = runtime.spawn(async move {
        let outcome = match worker_task.checkpoint() {
            Ok(()) => running.await,
            Err(cancelled) => Err(cancelled.into()),
        };
        caller.finish(&worker_task, outcome)
    });
    AsyncOperation { cancel: AsyncCancel::new(task), worker }
}

/// Starts an operation on a runtime and returns the channel on which each of its steps arrives; it is closed after the finishing one.
pub fn start_with_channel<T, W, F>(
    runtime: &Handle,
    work: W,
) -> (AsyncOperation<T>, mpsc::UnboundedReceiver<StatusUpdate<T>>)
where
    T: Clone + Send + Sync + 'static,
    W: FnOnce(Task) -> F,
    F: Future<Output = Result<T, OperationError>> + Send + 'static,
{
    let (sender, receiver) = mpsc::unbounded_channel();
    let forward = move |call: StatusCall<'_, T>| {
        let update = StatusUpdate {
            numerator: call.numerator,
            denominator: call.denominator,
            status: call.status,
            result: call.result.cloned(),
            messages: call.messages.to_vec(),
            is_finished: call.is_finished,
        };
        // Nobody listens any more: the operation goes on.
        sender.send(update).ok();
    };
    (start(runtime, forward, work), receiver)
}

/// The caller of an operation, and what it has been told.
struct Caller<T, P> {
    progress: P,
    delivered: Mutex<Delivered>,
    task: Mutex<Option<Task>>,
    tells_of: PhantomData<fn(T)>,
}

#[derive(Default)]
struct Delivered {
    numerator: Option<u64>,
    denominator: u64,
    messages: usize,
    is_finished: bool,
}

impl<T, P: AsyncProgress<T>> Caller<T, P> {
    /// Tells of a step that was finished since the last call, if there is one.
    fn deliver_step(&self) {
        // A second thread, or a call from within a status call, waits for the next step.
        let Ok(mut delivered) = self.delivered.try_lock() else { return };
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(task) = task.filter(|_| !delivered.is_finished) else { return };
        let state = task.snapshot();
        if state.total == 0 {
            return;
        }
        if delivered.numerator.is_none() {
            delivered.denominator = state.total;
            if state.done > 0 {
                self.call(&mut delivered, 0, &[], None);
            }
        }
        let last = delivered.denominator - 1;
        let reached = state.done.saturating_mul(delivered.denominator).checked_div(state.total).unwrap_or(0).min(last);
        if delivered.numerator.is_some_and(|told| told >= reached) {
            return;
        }
        let messages: Vec<_> =
            state.messages.iter().skip(delivered.messages).map(|told| told.message.clone()).collect();
        delivered.messages += messages.len();
        self.call(&mut delivered, reached, &messages, None);
    }

    /// Makes the finishing call and returns the result.
    fn finish(&self, task: &Task, outcome: Result<T, OperationError>) -> OperationResult<T> {
        let result = OperationResult::new(outcome, task.messages());
        let mut delivered = self.delivered.lock().unwrap_or_else(PoisonError::into_inner);
        delivered.denominator = delivered.denominator.max(1);
        if delivered.numerator.is_none() && result.result.is_some() {
            self.call(&mut delivered, 0, &[], None);
        }
        let numerator = match &result.result {
            Some(_) => delivered.denominator,
            None => delivered.numerator.unwrap_or(0),
        };
        let messages = result.status.get(delivered.messages..).unwrap_or_default();
        self.call(&mut delivered, numerator, messages, Some(&result));
        result
    }

    fn call(
        &self,
        delivered: &mut Delivered,
        numerator: u64,
        messages: &[StatusMessage],
        finished: Option<&OperationResult<T>>,
    ) {
        delivered.numerator = Some(numerator);
        delivered.is_finished = finished.is_some();
        self.progress.status(StatusCall {
            numerator,
            denominator: delivered.denominator,
            status: finished.map_or(HResult::OK, |result| result.overall_status),
            result: finished.and_then(|result| result.result.as_ref()),
            messages,
            is_finished: finished.is_some(),
        });
    }
}
