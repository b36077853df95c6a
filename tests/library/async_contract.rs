//! The contract of operations that run in the background (IGPMAsyncProgress, IGPMAsyncCancel): what a caller may rely on.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::time::Duration;

use opengpmc::gpm::{
    AsyncCancel, HResult, MessageId, OperationError, OperationResult, Severity, StatusCall, StatusMessage,
    StatusUpdate, Task, start, start_with_channel,
};
use proptest::prelude::*;
use tokio::runtime::Handle;

/// The calls of an operation so far.
pub type Calls<T> = Arc<Mutex<Vec<StatusUpdate<T>>>>;

/// Checks all that holds of every operation, however it ended.
#[track_caller]
pub fn check_calls<T: Clone + PartialEq + std::fmt::Debug>(calls: &[StatusUpdate<T>], result: &OperationResult<T>) {
    let (last, before) = calls.split_last().expect("there is a finishing call");
    assert!(last.is_finished, "the last call finishes");
    assert!(before.iter().all(|call| !call.is_finished), "no other does");
    assert!(calls.iter().all(|call| call.denominator == last.denominator), "the denominator stays");
    assert!(last.denominator > 0);
    assert_eq!(calls[0].numerator, 0, "the first call tells of the start");
    assert!(before.windows(2).all(|pair| pair[0].numerator < pair[1].numerator), "each call tells of a step");
    for call in before {
        assert!(call.numerator < call.denominator, "complete before the finishing call");
        assert_eq!((call.status, &call.result), (HResult::OK, &None), "nothing is decided before the end");
    }
    let told: Vec<_> = calls.iter().flat_map(|call| call.messages.clone()).collect();
    assert_eq!(told, result.status, "each message once, in order");
    assert_eq!((last.status, &last.result), (result.overall_status, &result.result));
    assert_eq!(result.overall_status.succeeded(), result.result.is_some());
    match &last.result {
        Some(_) => assert_eq!(last.numerator, last.denominator),
        None => {
            assert_eq!(last.numerator, before.last().map_or(0, |call| call.numerator), "where it stopped");
            let reason = result.status.last().expect("a failure says why");
            assert_eq!((reason.severity, reason.code), (Severity::Error, result.overall_status));
        }
    }
}

/// Starts an operation that is told of by a callback; returns it with the calls so far.
fn start_recorded<F>(work: impl FnOnce(Task) -> F) -> (opengpmc::gpm::AsyncOperation<u32>, Calls<u32>)
where
    F: Future<Output = Result<u32, OperationError>> + Send + 'static,
{
    let calls = Calls::default();
    let record = {
        let calls = Arc::clone(&calls);
        move |call: StatusCall<'_, u32>| calls.lock().unwrap().push(update(&call))
    };
    (start(&Handle::current(), record, work), calls)
}

/// Returns what a call says, to be kept.
pub fn update<T: Clone>(call: &StatusCall<'_, T>) -> StatusUpdate<T> {
    StatusUpdate {
        numerator: call.numerator,
        denominator: call.denominator,
        status: call.status,
        result: call.result.cloned(),
        messages: call.messages.to_vec(),
        is_finished: call.is_finished,
    }
}

/// Runs an operation to its end and checks the contract.
async fn run<F>(work: impl FnOnce(Task) -> F) -> (Vec<StatusUpdate<u32>>, OperationResult<u32>)
where
    F: Future<Output = Result<u32, OperationError>> + Send + 'static,
{
    let (operation, calls) = start_recorded(work);
    let result = operation.await;
    let calls = calls.lock().unwrap().clone();
    check_calls(&calls, &result);
    (calls, result)
}

fn numbers(calls: &[StatusUpdate<u32>]) -> Vec<(u64, u64)> {
    calls.iter().map(|call| (call.numerator, call.denominator)).collect()
}

fn texts(messages: &[StatusMessage]) -> Vec<&str> {
    messages.iter().map(|message| message.message.as_str()).collect()
}

fn note(text: &str) -> StatusMessage {
    StatusMessage::information(MessageId::Done, text)
}

fn failure() -> OperationError {
    OperationError::new(StatusMessage::error(MessageId::FileWriteFailed, HResult::DISK_FULL, "the disk is full"))
}

/// Three steps with a note each and a checkpoint between them.
async fn three_steps(task: Task) -> Result<u32, OperationError> {
    task.progress(0, 3);
    for step in 1..=3 {
        task.checkpoint()?;
        task.message(note(&format!("step {step}")));
        task.progress(step, 3);
        tokio::task::yield_now().await;
    }
    Ok(7)
}

#[tokio::test]
async fn each_step_is_a_call_and_the_last_one_brings_the_result() {
    let (calls, result) = run(three_steps).await;
    assert_eq!(numbers(&calls), [(0, 3), (1, 3), (2, 3), (3, 3)]);
    let messages: Vec<_> = calls.iter().map(|call| texts(&call.messages)).collect();
    assert_eq!(messages, [vec![], vec!["step 1"], vec!["step 2"], vec!["step 3"]]);
    assert_eq!((result.result, result.overall_status), (Some(7), HResult::OK));
}

#[tokio::test]
async fn awaited_without_progress_it_does_the_same() {
    let task = Task::default();
    assert_eq!(three_steps(task.clone()).await, Ok(7));
    assert_eq!(texts(&task.messages()), ["step 1", "step 2", "step 3"]);
    let cancelled = Task::default();
    cancelled.cancel();
    assert!(three_steps(cancelled).await.unwrap_err().is_cancelled());
}

#[tokio::test]
async fn the_channel_brings_the_same_calls_and_ends() {
    let (operation, mut receiver) = start_with_channel(&Handle::current(), three_steps);
    let mut calls = Vec::new();
    while let Some(call) = receiver.recv().await {
        calls.push(call);
    }
    check_calls(&calls, &operation.await);
    assert_eq!(numbers(&calls), [(0, 3), (1, 3), (2, 3), (3, 3)]);
}

#[tokio::test]
async fn one_that_tells_of_no_steps_begins_and_ends() {
    let (calls, _) = run(async |task: Task| {
        task.message(note("once"));
        Ok(1)
    })
    .await;
    assert_eq!(numbers(&calls), [(0, 1), (1, 1)]);
    let (calls, _) = run(async |_| Err(failure())).await;
    assert_eq!(numbers(&calls), [(0, 1)]);
}

#[tokio::test]
async fn a_failure_ends_where_it_stopped_and_says_why() {
    let (calls, result) = run(async |task: Task| {
        task.progress(1, 4);
        task.message(note("told before"));
        Err(failure())
    })
    .await;
    assert_eq!(numbers(&calls), [(0, 4), (1, 4), (1, 4)]);
    assert_eq!((result.result, result.overall_status), (None, HResult::DISK_FULL));
    assert_eq!(texts(&calls[2].messages), ["told before", "the disk is full"]);
}

#[tokio::test]
async fn warnings_do_not_make_a_failure() {
    let (calls, result) = run(async |task: Task| {
        task.progress(1, 2);
        task.message(StatusMessage::warning(MessageId::WmiFilterMissing, "the filter is gone"));
        task.progress(2, 2);
        Ok(3)
    })
    .await;
    assert_eq!((result.result, result.overall_status), (Some(3), HResult::OK));
    assert!(result.has_warnings());
    assert_eq!(calls.last().unwrap().messages[0].severity, Severity::Warning);
}

#[tokio::test]
async fn the_fraction_never_goes_back_and_its_denominator_stays() {
    let (calls, _) = run(async |task: Task| {
        // The work turns out to be more, less, and other than was thought.
        for (done, total) in [(0, 4), (2, 4), (1, 4), (2, 8), (3, 8), (3, 3), (9, 3), (u64::MAX, u64::MAX), (0, 0)] {
            task.progress(done, total);
        }
        Ok(1)
    })
    .await;
    assert_eq!(numbers(&calls), [(0, 4), (2, 4), (3, 4), (4, 4)]);
}

#[tokio::test]
async fn things_worked_on_side_by_side_add_up() {
    let (calls, result) = run(async |task: Task| {
        task.begin_items([("One".to_owned(), 2), ("Two".to_owned(), 3)]);
        let (one, two) = (task.item(0), task.item(1));
        two.progress(1, 3);
        one.progress(1, 1);
        two.message(note("of two"));
        two.set_item_state(opengpmc::gpm::ItemState::Failed);
        one.set_item_state(opengpmc::gpm::ItemState::Done);
        Ok(1)
    })
    .await;
    assert_eq!(numbers(&calls), [(0, 5), (1, 5), (3, 5), (4, 5), (5, 5)]);
    assert_eq!(texts(&result.status), ["of two"]);
}

/// Checks an operation that was cancelled after so many steps.
#[track_caller]
fn check_cancelled(calls: &[StatusUpdate<u32>], result: &OperationResult<u32>, steps: u64) {
    check_calls(calls, result);
    assert_eq!((result.result, result.overall_status), (None, HResult(0x8007_04C7)));
    assert_eq!(result.status.last().unwrap().id, MessageId::Cancelled);
    assert_eq!(calls.last().unwrap().numerator, steps);
}

#[tokio::test]
async fn cancelled_before_its_start_it_does_nothing() {
    let ran = Arc::new(AtomicBool::new(false));
    let (operation, calls) = start_recorded({
        let ran = Arc::clone(&ran);
        move |_| async move {
            ran.store(true, Ordering::SeqCst);
            Ok(1)
        }
    });
    operation.cancel_handle().cancel();
    let result = operation.await;
    check_cancelled(&calls.lock().unwrap(), &result, 0);
    assert!(!ran.load(Ordering::SeqCst));
}

#[tokio::test]
async fn cancelled_in_a_status_call_it_ends_at_the_next_step() {
    for (at, steps) in [(0, 0), (1, 1), (2, 2)] {
        let handle = Arc::new(OnceLock::<AsyncCancel>::new());
        let calls = Calls::default();
        let (recorded, own) = (Arc::clone(&calls), Arc::clone(&handle));
        let cancel_at = move |call: StatusCall<'_, u32>| {
            recorded.lock().unwrap().push(update(&call));
            if call.numerator == at && !call.is_finished {
                own.get().unwrap().cancel();
                own.get().unwrap().cancel();
            }
        };
        let operation = start(&Handle::current(), cancel_at, three_steps);
        assert!(handle.set(operation.cancel_handle()).is_ok());
        let result = operation.await;
        check_cancelled(&calls.lock().unwrap(), &result, steps);
    }
}

#[tokio::test]
async fn after_the_last_checkpoint_cancel_has_no_effect() {
    let (calls, result) = run(async |task: Task| {
        task.checkpoint()?;
        task.progress(1, 2);
        task.cancel();
        task.progress(2, 2);
        Ok(5)
    })
    .await;
    assert_eq!((result.result, result.overall_status), (Some(5), HResult::OK));
    assert_eq!(numbers(&calls), [(0, 2), (1, 2), (2, 2)]);
}

#[tokio::test]
async fn after_the_end_cancel_has_no_effect() {
    let (operation, calls) = start_recorded(three_steps);
    let cancel = operation.cancel_handle();
    let result = operation.await;
    cancel.cancel();
    cancel.clone().cancel();
    drop(cancel);
    check_calls(&calls.lock().unwrap(), &result);
    assert_eq!(result.result, Some(7));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelled_from_another_thread_it_stops_where_it_waits() {
    let (started, is_running) = mpsc::channel();
    let (operation, calls) = start_recorded(|task| async move {
        task.progress(1, 2);
        started.send(()).unwrap();
        task.or_cancel(std::future::pending::<()>()).await?;
        Ok(1)
    });
    let cancel = operation.cancel_handle();
    let canceller = std::thread::spawn(move || {
        is_running.recv().unwrap();
        cancel.cancel();
    });
    let result = tokio::time::timeout(Duration::from_secs(10), operation).await.unwrap();
    canceller.join().unwrap();
    check_cancelled(&calls.lock().unwrap(), &result, 1);
}

#[tokio::test]
async fn who_lets_go_ends_nothing() {
    let (done, mut is_done) = tokio::sync::oneshot::channel();
    let (operation, receiver) = start_with_channel(&Handle::current(), |task| async move {
        let result = three_steps(task).await;
        done.send(result.clone()).unwrap();
        result
    });
    drop(operation.cancel_handle());
    drop(operation);
    drop(receiver);
    assert_eq!((&mut is_done).await.unwrap(), Ok(7));
}

#[tokio::test]
async fn an_operation_that_panics_has_a_finishing_call() {
    let (calls, result) = run(async |task: Task| {
        task.progress(1, 2);
        assert!(task.is_cancelled(), "a fault of ours");
        Ok(1)
    })
    .await;
    assert_eq!((result.result, result.overall_status), (None, HResult::FAIL));
    assert!(result.status[0].message.contains("a fault of ours"), "{:?}", result.status);
    assert_eq!(numbers(&calls), [(0, 2), (1, 2), (1, 2)]);
}

#[tokio::test]
async fn a_receiver_that_panics_does_not_end_the_operation() {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let panics = move |call: StatusCall<'_, u32>| {
        counted.fetch_add(1, Ordering::SeqCst);
        assert!(call.numerator < 1, "a fault of the caller");
    };
    let result = start(&Handle::current(), panics, three_steps).await;
    assert_eq!((result.result, result.status.len()), (Some(7), 3));
    assert_eq!(count.load(Ordering::SeqCst), 2, "it is not called again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_are_never_made_at_once_and_none_is_lost() {
    const STEPS: u64 = 200;
    let calls = Calls::default();
    let recorded = Arc::clone(&calls);
    let inside = AtomicBool::new(false);
    let record = move |call: StatusCall<'_, u32>| {
        assert!(!inside.swap(true, Ordering::SeqCst), "two calls at once");
        std::thread::yield_now();
        recorded.lock().unwrap().push(update(&call));
        inside.store(false, Ordering::SeqCst);
    };
    let operation = start(&Handle::current(), record, |task| async move {
        task.begin_items((0..4).map(|worker| (format!("item {worker}"), STEPS)));
        let workers = (0..4).map(|worker| {
            let own = task.item(worker);
            tokio::spawn(async move {
                for step in 1..=STEPS {
                    own.message(note(&format!("{worker}/{step}")));
                    own.progress(step, STEPS);
                }
            })
        });
        futures::future::join_all(workers).await;
        Ok(1)
    });
    let result = operation.await;
    let calls = calls.lock().unwrap();
    check_calls(&calls, &result);
    assert_eq!(result.status.len() as u64, 4 * STEPS);
    let before_the_end = &calls[calls.len() - 2];
    assert_eq!(before_the_end.numerator, 4 * STEPS - 1, "the last step did not wait for the end");
}

/// What an operation may do.
#[derive(Clone, Debug)]
enum Act {
    Progress(u64, u64),
    Message,
    Items(Vec<u64>),
    ItemProgress(usize, u64, u64),
    ItemEnds(usize),
    Activity,
    Cancel,
    Checkpoint,
    Yield,
    Fail,
    Panic,
}

fn act() -> impl Strategy<Value = Act> {
    let small = 0..12_u64;
    prop_oneof![
        8 => (small.clone(), small.clone()).prop_map(|(done, total)| Act::Progress(done, total)),
        6 => Just(Act::Message),
        1 => proptest::collection::vec(small.clone(), 0..4).prop_map(Act::Items),
        6 => (0..4_usize, small.clone(), small).prop_map(|(item, done, total)| Act::ItemProgress(item, done, total)),
        2 => (0..4_usize).prop_map(Act::ItemEnds),
        1 => Just(Act::Activity),
        1 => Just(Act::Cancel),
        4 => Just(Act::Checkpoint),
        3 => Just(Act::Yield),
        1 => Just(Act::Fail),
        1 => Just(Act::Panic),
    ]
}

async fn perform(task: Task, acts: Vec<Act>) -> Result<u32, OperationError> {
    for (number, act) in acts.into_iter().enumerate() {
        match act {
            Act::Progress(done, total) => task.progress(done, total),
            Act::Message => task.message(note(&number.to_string())),
            Act::Items(steps) => task.begin_items(steps.into_iter().map(|steps| (number.to_string(), steps))),
            Act::ItemProgress(item, done, total) => task.item(item).progress(done, total),
            Act::ItemEnds(item) => task.item(item).set_item_state(opengpmc::gpm::ItemState::Done),
            Act::Activity => task.activity("working"),
            Act::Cancel => task.cancel(),
            Act::Checkpoint => task.checkpoint()?,
            Act::Yield => tokio::task::yield_now().await,
            Act::Fail => return Err(failure()),
            // Without the noise of a real panic.
            Act::Panic => std::panic::resume_unwind(Box::new("a fault of ours")),
        }
    }
    Ok(7)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_an_operation_does_the_contract_holds(acts in proptest::collection::vec(act(), 0..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let panics = acts.iter().any(|act| matches!(act, Act::Panic));
        let (_, result) = runtime.block_on(run(|task| perform(task, acts)));
        let codes = [HResult::OK, HResult::CANCELLED, HResult::DISK_FULL];
        prop_assert!(codes.contains(&result.overall_status) || panics, "{}", result.overall_status);
    }
}
