//! The forest that goes wrong does so as planned, and as often.

use std::sync::Arc;

use opengpmc::gpm::Task;
use opengpmc::store::{ForestStore, StoreError, StoreErrorKind, Sysvol, demo};

use crate::common::child;
use crate::common::faulty_store::{Failure, Fault, Faults, Part};
use crate::common::sysvol_suite::path;

async fn wrapped(faults: &Faults) -> (Arc<dyn ForestStore>, Arc<dyn Sysvol>) {
    let store = faults.wrap(demo::open().await.unwrap());
    let sysvol = store.sysvol(&"kestrelbay.example".parse().unwrap()).await.unwrap();
    (store, sysvol)
}

/// Writes five files, each read again; returns how each write ended, and whether the file is there.
async fn five(sysvol: &dyn Sysvol) -> Vec<(Option<StoreErrorKind>, bool)> {
    let mut ends = Vec::new();
    for number in 0..5 {
        let file = path(&format!("scripts/{number}"));
        let written = sysvol.replace(&file, b"new").await;
        ends.push((written.err().map(|error| error.kind), sysvol.read(&file).await.is_ok()));
    }
    ends
}

#[tokio::test]
async fn each_fault_happens_at_its_write() {
    let (ok, gone) = ((None, true), (Some(StoreErrorKind::Unreachable), false));
    let io = (Some(StoreErrorKind::Io), false);
    for (fault, expected) in [
        (Fault::Once(Failure::DISK_FULL), [ok, io, ok, ok, ok]),
        (Fault::AnswerLost, [ok, (Some(StoreErrorKind::Unreachable), true), ok, ok, ok]),
        (Fault::Files(Failure::DISK_FULL), [ok, io, io, io, io]),
        (Fault::Gone(Part::Sysvol), [ok, gone, gone, gone, gone]),
        (Fault::Gone(Part::Everything), [ok, gone, gone, gone, gone]),
        (Fault::Gone(Part::Directory), [ok; 5]),
        (Fault::Locked(2), [ok, io, ok, ok, ok]),
    ] {
        let faults = Faults::at(2, fault);
        let (_store, sysvol) = wrapped(&faults).await;
        assert_eq!(five(&*sysvol).await, expected);
        assert_eq!(faults.writes().len(), 5);
        assert_eq!(faults.writes()[4], format!(r"replace {}\scripts\4", sysvol.location()));
    }
}

#[tokio::test]
async fn a_locked_file_is_free_in_the_end() {
    let (_store, sysvol) = wrapped(&Faults::at(1, Fault::Locked(2))).await;
    let mut ends = Vec::new();
    for name in ["scripts/a", "scripts/b", "Scripts/A", "scripts/a"] {
        let written: Result<(), StoreError> = sysvol.replace(&path(name), b"x").await;
        ends.push(written.is_ok());
    }
    assert_eq!(ends, [false, true, false, true]);
}

#[tokio::test]
async fn directory_writes_count_and_can_cancel() {
    let task = Task::default();
    let faults = Faults::at(2, Fault::Cancel(task.clone()));
    let (store, sysvol) = wrapped(&faults).await;
    let dn = "CN=new,DC=kestrelbay,DC=example".parse().unwrap();
    let class = opengpmc::store::Attribute::text("objectClass", "container");
    store.directory().add(&dn, &[class]).await.unwrap();
    assert!(!task.is_cancelled());
    sysvol.replace(&path("scripts/a"), b"x").await.unwrap();
    assert!(task.is_cancelled());
    let directory = store.domain_directory(&"kestrelbay.example".parse().unwrap()).await.unwrap();
    directory.delete(&dn).await.unwrap();
    assert_eq!(faults.writes().len(), 3);
}

#[cfg(unix)]
#[tokio::test]
async fn a_killed_process_does_nothing_more() {
    use std::os::unix::process::ExitStatusExt;
    let Some(folder) = child::role() else {
        let folder = tempfile::tempdir().unwrap();
        let test = "library::faulty_forest::a_killed_process_does_nothing_more";
        let output = child::command(test, &folder.path().display().to_string()).output().unwrap();
        assert_eq!(output.status.signal(), Some(9), "{output:?}");
        assert!(folder.path().join("before").exists() && !folder.path().join("after").exists());
        return;
    };
    let (_store, sysvol) = wrapped(&Faults::at(1, Fault::Kill)).await;
    std::fs::write(format!("{folder}/before"), "").unwrap();
    sysvol.replace(&path("scripts/a"), b"x").await.unwrap();
    std::fs::write(format!("{folder}/after"), "").unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn a_system_call_of_either_thread_can_be_the_last() {
    use std::os::unix::process::ExitStatusExt;

    use crate::common::system_calls;
    if let Some(folder) = child::role() {
        let folder = std::path::PathBuf::from(folder);
        let runtime = system_calls::watched_runtime(&folder);
        runtime.block_on(async {
            for number in 0..3 {
                let own = folder.clone();
                std::fs::create_dir(folder.join(format!("a{number}"))).unwrap();
                tokio::task::spawn_blocking(move || std::fs::create_dir(own.join(format!("b{number}"))))
                    .await
                    .unwrap()
                    .unwrap();
            }
        });
        return;
    }
    if !system_calls::can_watch() {
        return;
    }
    let test = "library::faulty_forest::a_system_call_of_either_thread_can_be_the_last";
    for (thread, at, what, signal, expected) in [
        (0, 1, "signal=KILL", Some(9), vec![]),
        (0, 2, "signal=KILL", Some(9), vec!["a0", "b0"]),
        (1, 2, "signal=KILL", Some(9), vec!["a0", "a1", "b0"]),
        (1, 4, "signal=KILL", None, vec!["a0", "a1", "a2", "b0", "b1", "b2"]),
        (1, 1, "error=ENOSPC", None, vec!["a0"]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let role = folder.path().display().to_string();
        let injection = system_calls::Injection { thread, call: "mkdir", at, what };
        let ended = system_calls::run(test, &role, folder.path(), injection);
        assert_eq!(ended.status.signal(), signal, "{}", ended.told);
        assert_eq!(ended.happened, at < 4, "{}", ended.told);
        assert_eq!(ended.told.contains("No space left"), what == "error=ENOSPC", "{}", ended.told);
        let entries = std::fs::read_dir(folder.path()).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names.retain(|name| name != "threads" && name != "go");
        assert_eq!(names, expected);
    }
}
