//! Operations that run in the background and call back (IGPMAsyncProgress; the contract is `object-model.md` section 5).
//!
//! An operation is an async function that takes a [`Task`]. Awaited, it is the synchronous form. [`start`] runs it on a worker: each
//! finished step is one call of [`AsyncProgress::status`], never two at once, the fraction never goes back, and exactly one call, the last,
//! finishes. Steps that end while a call is being made share the next one. The result can be awaited too, or the calls taken from a
//! channel ([`start_with_channel`]).

use std::any::Any;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use futures::FutureExt;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::{AsyncCancel, HResult, MessageId, OperationError, OperationResult, StatusMessage, Task};

/// What a client implements to hear of an operation; closures do.
pub trait AsyncProgress<T>: Send + Sync + 'static {
    /// Called by the worker after each step (IGPMAsyncProgress.Status). Must not block; may cancel. One that panics is not called again;
    /// the operation goes on.
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
            // The runtime was shut down.
            self.worker.await.unwrap_or_else(|failed| OperationResult::new(Err(broke_off(&failed)), Vec::new()))
        })
    }
}

fn broke_off(reason: &dyn std::fmt::Display) -> OperationError {
    let message = format!("the operation broke off: {reason}");
    OperationError::new(StatusMessage::error(MessageId::ExtensionFailed, HResult::FAIL, message))
}

/// Returns what a panic said.
fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("unknown fault")
}

/// Starts an operation on a runtime; `progress` hears of each of its steps.
pub fn start<T, W, F>(runtime: &Handle, progress: impl AsyncProgress<T>, work: W) -> AsyncOperation<T>
where
    T: Send + Sync + 'static,
    W: FnOnce(Task) -> F,
    F: Future<Output = Result<T, OperationError>> + Send + 'static,
{
    let caller = Arc::new(Caller {
        progress,
        delivered: Mutex::default(),
        has_news: AtomicBool::new(false),
        task: OnceLock::new(),
        tells_of: PhantomData,
    });
    let task = Task::new({
        let caller = Arc::downgrade(&caller);
        move || {
            if let Some(caller) = caller.upgrade() {
                caller.deliver_steps();
            }
        }
    });
    let worker_task = caller.task.get_or_init(|| task.clone()).clone();
    let running = work(task.clone());
    let worker = runtime.spawn(async move {
        let outcome = match worker_task.checkpoint() {
            // A fault of ours must not leave the caller without the finishing call.
            Ok(()) => AssertUnwindSafe(running)
                .catch_unwind()
                .await
                .unwrap_or_else(|panic| Err(broke_off(&panic_text(&*panic)))),
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
    /// Whether something changed since the task was last looked at.
    has_news: AtomicBool,
    task: OnceLock<Task>,
    tells_of: PhantomData<fn(T)>,
}

#[derive(Default)]
struct Delivered {
    numerator: Option<u64>,
    denominator: u64,
    messages: usize,
    /// Nothing more is told.
    is_over: bool,
}

impl<T, P: AsyncProgress<T>> Caller<T, P> {
    /// Tells of the steps that were finished since the last call, if there are any.
    fn deliver_steps(&self) {
        self.has_news.store(true, Ordering::SeqCst);
        while self.has_news.load(Ordering::SeqCst) {
            // Another thread, or the status call we are called from, is telling and will look for news when it is done.
            let Ok(mut delivered) = self.delivered.try_lock() else { return };
            self.has_news.store(false, Ordering::SeqCst);
            if let Some(task) = self.task.get().filter(|_| !delivered.is_over) {
                self.deliver_step(&mut delivered, task);
            }
        }
    }

    fn deliver_step(&self, delivered: &mut Delivered, task: &Task) {
        let (done, total) = task.look(|progress| (progress.done, progress.total));
        if total == 0 {
            return;
        }
        if delivered.numerator.is_none() {
            delivered.denominator = total;
            if done > 0 {
                self.call(delivered, 0, &[], None);
            }
        }
        let reached = u128::from(done) * u128::from(delivered.denominator) / u128::from(total);
        let reached = u64::try_from(reached).unwrap_or(u64::MAX).min(delivered.denominator - 1);
        if delivered.numerator.is_some_and(|told| told >= reached) {
            return;
        }
        let messages: Vec<_> = task.look(|progress| {
            progress.messages.iter().skip(delivered.messages).map(|told| told.message.clone()).collect()
        });
        delivered.messages += messages.len();
        self.call(delivered, reached, &messages, None);
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
        if delivered.is_over {
            return;
        }
        let call = StatusCall {
            numerator,
            denominator: delivered.denominator,
            status: finished.map_or(HResult::OK, |result| result.overall_status),
            result: finished.and_then(|result| result.result.as_ref()),
            messages,
            is_finished: finished.is_some(),
        };
        // The caller's fault must not tear the operation apart between two of its writes.
        let told = catch_unwind(AssertUnwindSafe(|| self.progress.status(call)));
        if let Err(panic) = &told {
            tracing::error!(reason = panic_text(&**panic), "the receiver of status calls failed and is called no more");
        }
        delivered.is_over = finished.is_some() || told.is_err();
    }
}
