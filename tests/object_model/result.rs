//! IGPMResult, IGPMStatusMessage, IGPMAsyncProgress, IGPMAsyncCancel: a backup of the GPO, run as an operation in the background.

use std::sync::{Arc, Mutex};

use opengpmc::gpm::{
    Backup, HResult, MessageId, OperationError, OperationResult, Severity, StatusCall, StatusMessage, Task, start,
};
use opengpmc::operation::{BackupOptions, back_up_gpo};
use tokio::runtime::Handle;

use super::ground::{Ground, everywhere, reporting};

/// What was told of an operation: done, of how much, how it stands, whether it is finished.
type Calls = Arc<Mutex<Vec<(u64, u64, HResult, bool)>>>;

/// Backs the GPO up in the background; `cancelled`: before it starts.
async fn back_up(ground: &Ground, cancelled: bool) -> (OperationResult<Backup>, Calls) {
    let (store, forest, folder) = (ground.store.clone(), ground.forest.clone(), ground.new_folder());
    let (domain, id) = (ground.name().clone(), ground.gpo);
    let calls = Calls::default();
    let told = Arc::clone(&calls);
    let progress = move |call: StatusCall<'_, Backup>| {
        told.lock().unwrap().push((call.numerator, call.denominator, call.status, call.is_finished));
    };
    let operation = start(&Handle::current(), progress, |task: Task| async move {
        task.message(StatusMessage::information(MessageId::Done, "it begins"));
        let gpo = forest.gpo(&domain, id).unwrap();
        back_up_gpo(&store, &forest, gpo, &folder, &BackupOptions::default(), &reporting(), &task).await
    });
    if cancelled {
        operation.cancel_handle().cancel();
    }
    (operation.await, calls)
}

#[test]
fn n218_igpm_result_status_get() {
    everywhere(async |ground| {
        let (result, _) = back_up(ground, false).await;
        assert!(result.status.iter().any(|message| message.message == "it begins"), "{:?}", result.status);
    });
}

#[test]
fn n219_igpm_result_result_get() {
    everywhere(async |ground| {
        assert_eq!(back_up(ground, false).await.0.result.unwrap().gpo_id, ground.gpo);
        assert_eq!(back_up(ground, true).await.0.result, None);
    });
}

#[test]
fn n220_igpm_result_overall_status() {
    everywhere(async |ground| {
        assert_eq!(back_up(ground, false).await.0.overall_status, HResult::OK);
        assert_eq!(back_up(ground, true).await.0.overall_status, HResult(0x8007_04C7));
    });
}

/// What a failed read of a file is told as.
fn message() -> StatusMessage {
    let message = StatusMessage::error(MessageId::FileReadFailed, HResult::ACCESS_DENIED, "it may not be read");
    message.about(r"\\corp\sysvol\x").in_extension("Registry", "Desktop")
}

#[test]
fn n221_igpm_status_message_object_path_get() {
    assert_eq!(message().object_path, r"\\corp\sysvol\x");
}

#[test]
fn n222_igpm_status_message_error_code() {
    assert_eq!(message().code, HResult(0x8007_0005));
}

#[test]
fn n223_igpm_status_message_extension_name_get() {
    assert_eq!(message().extension_name, "Registry");
}

#[test]
fn n224_igpm_status_message_settings_name_get() {
    assert_eq!(message().settings_name, "Desktop");
}

#[test]
fn n225_igpm_status_message_operation_code() {
    let codes: std::collections::HashSet<HResult> = MessageId::ALL.iter().map(|id| id.operation_code()).collect();
    assert_eq!(codes.len(), MessageId::ALL.len(), "each condition has a code of its own");
    assert!(codes.contains(&message().id.operation_code()));
}

#[test]
fn n226_igpm_status_message_message_get() {
    assert_eq!(message().message, "it may not be read");
    let failed: OperationResult<()> = OperationResult::new(Err(OperationError::new(message())), Vec::new());
    assert_eq!(failed.status, [message()]);
    assert_eq!(failed.status[0].severity, Severity::Error);
}

#[test]
fn n227_igpm_async_progress_status() {
    everywhere(async |ground| {
        let (_, calls) = back_up(ground, false).await;
        let calls = calls.lock().unwrap().clone();
        let &(done, total, status, is_finished) = calls.last().unwrap();
        assert!(is_finished && done == total && total > 0 && status == HResult::OK, "{calls:?}");
        assert_eq!((calls[0].0, calls.iter().filter(|call| call.3).count()), (0, 1), "{calls:?}");
        assert!(calls.is_sorted_by_key(|call| call.0), "it never falls: {calls:?}");
    });
}

#[test]
fn n228_igpm_async_cancel_cancel() {
    everywhere(async |ground| {
        let (result, calls) = back_up(ground, true).await;
        assert_eq!((result.result, result.overall_status), (None, HResult::CANCELLED));
        let calls = calls.lock().unwrap().clone();
        assert_eq!(calls.last().map(|call| (call.2, call.3)), Some((HResult::CANCELLED, true)), "{calls:?}");
    });
}
