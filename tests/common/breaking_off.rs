//! Operations that are broken off at every step there is: by SIGKILL, by cancel, by each fault. What is left, after the next start where there
//! was no other way, is the state before or the state after, and nothing beside it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use opengpmc::gpm::{HResult, MessageId, OperationError, Severity, Task};
use opengpmc::ident::DnsName;
use opengpmc::store::{ForestStore, StoreErrorKind};

use super::child;
use super::faulty_store::{Failure, Fault, Faults, Part, kill_this_process};
use super::forest_state::State;
use super::scenario::{Operation, Scenario};

/// Where operations are broken off.
#[async_trait]
pub trait Place: Sync {
    /// Opens the forest; what of it lies in files of this machine lies in this folder.
    async fn open(&self, folder: &Path) -> Arc<dyn ForestStore>;

    /// Returns the domain with the GPOs.
    fn domain(&self) -> DnsName;

    /// Tells whether a copy of the folder is a copy of the forest.
    fn is_in_folder(&self) -> bool;
}

/// An operation with the moment before it, to be gone back to as often as needed, and the two states that are good.
pub struct Matrix<'a> {
    place: &'a dyn Place,
    operation: Operation,
    before: tempfile::TempDir,
    old: State,
    new: State,
    /// The writes of an undisturbed run.
    writes: Vec<String>,
    /// How often the task has news in an undisturbed run.
    news: usize,
}

impl<'a> Matrix<'a> {
    /// Goes to the moment before, and from there to the end once.
    pub fn new(place: &'a dyn Place, operation: Operation) -> Self {
        let before = scratch();
        let mut matrix = Matrix {
            place,
            operation,
            before,
            old: State::default(),
            new: State::default(),
            writes: Vec::new(),
            news: 0,
        };
        let runtime = runtime();
        matrix.old = runtime.block_on(async {
            let scenario = matrix.scenario(matrix.before.path(), None).await;
            scenario.prepare().await;
            scenario.state().await
        });
        let faults = Faults::default();
        let news = Arc::new(AtomicUsize::new(0));
        let ground = matrix.ground();
        matrix.new = runtime.block_on(async {
            let scenario = matrix.scenario(ground.path(), Some(&faults)).await;
            let counted = Arc::clone(&news);
            let task = Task::new(move || {
                counted.fetch_add(1, Ordering::SeqCst);
            });
            scenario.run(&task).await.unwrap();
            scenario.check_nothing_left("undisturbed");
            let worst = task.messages().iter().map(|message| message.severity).max();
            assert!(worst < Some(Severity::Error), "{:?}", task.messages());
            scenario.state().await.with_new_guids_alike(&matrix.old)
        });
        assert_ne!(matrix.old, matrix.new);
        matrix.writes = faults.writes();
        matrix.news = news.load(Ordering::SeqCst);
        println!("{operation:?}: {} writes, news {} times", matrix.writes.len(), matrix.news);
        matrix
    }

    async fn scenario(&self, folder: &Path, faults: Option<&Faults>) -> Scenario {
        scenario(self.place, self.operation, folder, faults).await
    }

    /// Goes back to the moment before, in a folder of its own.
    fn ground(&self) -> tempfile::TempDir {
        let ground = scratch();
        copy_folder(self.before.path(), ground.path());
        // What can be undone is known by the place of the forest: a copy has nothing to undo.
        if !self.place.is_in_folder() || self.operation.is_undo() {
            runtime().block_on(async { self.scenario(ground.path(), None).await.prepare().await });
        }
        ground
    }

    /// Removes what it put into the forest.
    pub fn clean_up(&self) {
        runtime().block_on(async { self.scenario(self.before.path(), None).await.clean_up().await });
    }

    /// Does what the next start does, in a forest that works, and checks what is left. Tells whether it is the new state.
    fn end_well(&self, ground: &Path, what: &str) -> bool {
        let state = runtime().block_on(async {
            let scenario = self.scenario(ground, None).await;
            scenario.start_again(what).await;
            scenario.state().await
        });
        if state == self.old {
            return false;
        }
        let state = state.with_new_guids_alike(&self.old);
        let (from_old, from_new) = (self.old.differences(&state), self.new.differences(&state));
        assert!(
            from_new.is_empty(),
            "{what}: neither the old state:\n{}\nnor the new one:\n{}",
            from_old.join("\n"),
            from_new.join("\n")
        );
        true
    }

    /// Runs the operation in this process with a task of the caller's.
    fn run(&self, ground: &Path, faults: &Faults, task: &Task, what: &str) -> Ended {
        let result = runtime().block_on(async { self.scenario(ground, Some(faults)).await.run(task).await });
        let is_left = !super::unfinished(&ground.join("journal")).is_empty();
        let is_new = self.end_well(ground, what);
        let messages = task.messages().iter().map(|message| message.id).collect();
        let is_edit = matches!(self.operation, Operation::Admin(_));
        Ended { result, messages, is_left, is_new, is_edit }
    }

    /// Cancels at each write and each time the task has news.
    pub fn cancel_at_every_point(&self) {
        let mut done = 0;
        for at in 1..=self.writes.len() {
            let (ground, task) = (self.ground(), Task::default());
            let what = format!("{:?} cancelled before write {at}, {}", self.operation, self.writes[at - 1]);
            let ended = self.run(ground.path(), &Faults::at(at, Fault::Cancel(task.clone())), &task, &what);
            done += usize::from(ended.check_cancelled(&what));
        }
        for at in 1..=self.news {
            let ground = self.ground();
            let what = format!("{:?} cancelled at news {at}", self.operation);
            let own = Arc::new(OnceLock::<Task>::new());
            let task = when_it_has_news(at, {
                let own = Arc::clone(&own);
                move || own.get().unwrap().cancel()
            });
            assert!(own.set(task.clone()).is_ok());
            let ended = self.run(ground.path(), &Faults::default(), &task, &what);
            done += usize::from(ended.check_cancelled(&what));
        }
        let points = self.writes.len() + self.news;
        println!("{:?}: cancelled {points} times, too late {done} times", self.operation);
    }

    /// Lets each kind of fault happen at each write.
    pub fn fail_at_every_write(&self) {
        let mut runs = 0;
        for (at, write) in self.writes.iter().enumerate() {
            let at = at + 1;
            for (name, fault) in faults(at) {
                let ground = self.ground();
                let what = format!("{:?}, {name} at write {at}, {write}", self.operation);
                let ended = self.run(ground.path(), &Faults::at(at, fault.clone()), &Task::default(), &what);
                ended.check_failed(&fault, &what);
                runs += 1;
            }
        }
        println!("{:?}: {runs} faults", self.operation);
    }

    /// Kills a process that does the operation, at each write and each time the task has news. `test` is the test that calls this.
    #[cfg(unix)]
    pub fn kill_at_every_point(&self, test: &str) {
        use std::os::unix::process::ExitStatusExt;
        let points = (1..=self.writes.len()).map(Point::Write).chain((1..=self.news).map(Point::News));
        let mut ends = [0, 0];
        for point in points {
            let ground = self.ground();
            let role = Role { operation: self.operation, folder: ground.path().to_owned(), point };
            let output = child::command(test, &serde_json::to_string(&role).unwrap()).output().unwrap();
            let told = String::from_utf8_lossy(&output.stderr);
            let what = format!("{:?} killed at {point:?}", self.operation);
            assert_eq!(output.status.signal(), Some(9), "{what}: {}\n{told}", output.status);
            ends[usize::from(self.end_well(ground.path(), &what))] += 1;
        }
        println!("{:?}: killed, {} times the state before, {} times the state after", self.operation, ends[0], ends[1]);
    }

    /// Kills a process that does the operation at each system call of its own that writes.
    #[cfg(target_os = "linux")]
    pub fn kill_at_every_system_call(&self, test: &str) {
        use std::os::unix::process::ExitStatusExt;

        use super::system_calls;
        if !system_calls::can_watch() {
            return;
        }
        let mut ends = [0, 0];
        for (call, step) in system_calls::WRITING_CALLS {
            // The variable asks for every one of the calls that come in hundreds.
            let step = if std::env::var_os("OPENGPMC_EVERY_SYSTEM_CALL").is_some() { 1 } else { step };
            for thread in [0, 1] {
                for at in (1..).step_by(step) {
                    let ground = self.ground();
                    let role = Role { operation: self.operation, folder: ground.path().to_owned(), point: Point::Call };
                    let role = serde_json::to_string(&role).unwrap();
                    let folder = ground.path();
                    let injection = system_calls::Injection { thread, call, at, what: "signal=KILL" };
                    let ended = system_calls::run(test, &role, folder, injection);
                    let what = format!("{:?} killed at {call} {at} of thread {thread}", self.operation);
                    if ended.status.success() {
                        assert!(self.end_well(folder, &what), "{what}: done");
                        break;
                    }
                    assert_eq!(ended.status.signal(), Some(9), "{what}: {}\n{}", ended.status, ended.told);
                    ends[usize::from(self.end_well(folder, &what))] += 1;
                }
            }
        }
        println!("{:?}: killed, {} times the state before, {} times the state after", self.operation, ends[0], ends[1]);
    }

    /// Lets the disk be full at each system call of the operation's own that makes or moves something.
    #[cfg(target_os = "linux")]
    pub fn fail_at_every_system_call(&self, test: &str) {
        use super::system_calls;
        if !system_calls::can_watch() {
            return;
        }
        let mut runs = 0;
        for (call, step) in system_calls::FAILING_CALLS {
            for thread in [0, 1] {
                for at in (1..).step_by(step) {
                    let ground = self.ground();
                    let folder = ground.path().to_owned();
                    let role = Role { operation: self.operation, folder, point: Point::FailingCall };
                    let role = serde_json::to_string(&role).unwrap();
                    let injection = system_calls::Injection { thread, call, at, what: "error=ENOSPC" };
                    let ended = system_calls::run(test, &role, ground.path(), injection);
                    let what = format!("{:?}, disk full at {call} {at} of thread {thread}", self.operation);
                    assert!(ended.status.success(), "{what}: {}\n{}", ended.status, ended.told);
                    let is_new = self.end_well(ground.path(), &what);
                    if !ended.happened {
                        assert!(is_new, "{what}: done");
                        break;
                    }
                    runs += 1;
                    let failed = ended.told.lines().find_map(|line| line.strip_prefix(FAILED));
                    match failed {
                        Some(message) => {
                            assert!(!is_new, "{what}: {message}");
                            assert!(message.contains("No space left") && message.contains("0x80070070"), "{message}");
                        }
                        None => assert!(is_new, "{what}: a success is one"),
                    }
                }
            }
        }
        println!("{:?}: {runs} times no room on this machine", self.operation);
    }
}

/// Does what a child is there for: the operation, until it is killed or fails.
pub fn run_as_child(place: &dyn Place, role: &str) {
    let role: Role = serde_json::from_str(role).unwrap();
    let (faults, task) = match role.point {
        Point::Write(at) => (Faults::at(at, Fault::Kill), Task::default()),
        Point::News(at) => (Faults::default(), when_it_has_news(at, || kill_this_process())),
        Point::Call | Point::FailingCall => (Faults::default(), Task::default()),
    };
    let runtime = match role.point {
        #[cfg(target_os = "linux")]
        Point::Call | Point::FailingCall => super::system_calls::watched_runtime(&role.folder),
        _ => runtime(),
    };
    runtime.block_on(async {
        let scenario = scenario(place, role.operation, &role.folder, Some(&faults)).await;
        match (scenario.run(&task).await, role.point) {
            // What cannot be removed is left to the next start.
            (Ok(()), Point::FailingCall) => {}
            (Err(error), Point::FailingCall) => eprintln!("{FAILED}{}", error.0),
            (result, _) => {
                result.unwrap();
                scenario.check_nothing_left("the child");
            }
        }
    });
}

/// Begins the line with which a child tells of its operation's failure.
const FAILED: &str = "failed: ";

/// Where a child is killed.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
enum Point {
    /// Before a write to the forest.
    Write(usize),
    /// When the task has news: between writes to folders of this machine too.
    News(usize),
    /// At a system call, from outside.
    Call,
    /// Nowhere: a system call fails, and the operation with it.
    FailingCall,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Role {
    operation: Operation,
    folder: PathBuf,
    point: Point,
}

/// How an operation ended in this process.
struct Ended {
    result: Result<(), OperationError>,
    messages: Vec<MessageId>,
    /// Whether the journal kept an entry for the next start.
    is_left: bool,
    /// Whether the new state is there in the end.
    is_new: bool,
    /// Whether it is an edit.
    is_edit: bool,
}

impl Ended {
    /// Checks one that was cancelled; tells whether that came too late.
    fn check_cancelled(&self, what: &str) -> bool {
        assert!(!self.is_left, "{what}: nothing is left to the next start");
        match &self.result {
            Ok(()) => assert!(self.is_new, "{what}: done"),
            Err(error) => {
                assert_eq!(error.0.code, HResult(0x8007_04C7), "{what}: {error}");
                assert!(!self.is_new, "{what}: put back");
            }
        }
        self.result.is_ok()
    }

    /// Checks one that failed.
    fn check_failed(&self, fault: &Fault, what: &str) {
        let (failure, may_succeed, may_be_left) = match fault {
            // A removal is tried again, and in an edit whatever comes after the step with which it counts as done.
            Fault::Once(failure) => (*failure, self.is_edit || failure.kind == StoreErrorKind::Io, false),
            Fault::AnswerLost => (Failure::DROPPED, self.is_edit, false),
            // What is left to write may all be in the directory; what is to be put back needs room.
            Fault::Files(failure) => (*failure, true, true),
            Fault::Gone(_) => (Failure::DROPPED, true, true),
            Fault::Locked(times) => (Failure::LOCKED, true, *times > 3),
            Fault::Kill | Fault::Cancel(_) | Fault::Held(_) => unreachable!(),
        };
        match &self.result {
            Ok(()) => assert!(may_succeed && self.is_new, "{what}: a success is one"),
            Err(error) => {
                assert!(error.0.message.contains(failure.text), "{what}: says what happened: {error}");
                assert_eq!(error.0.code, failure.result, "{what}: {error}");
                assert!(!error.0.object_path.is_empty(), "{what}: names the object: {error}");
                assert!(!self.is_new || self.is_left, "{what}: put back");
            }
        }
        assert!(may_be_left || !self.is_left, "{what}: nothing is left to the next start");
        if self.is_left && self.result.is_err() {
            assert!(self.messages.contains(&MessageId::RollbackFailed), "{what}: tells that something is left to do");
        }
    }
}

/// Returns what goes wrong at a write. What stays wrong is another fault at each write, since it takes its time.
fn faults(at: usize) -> Vec<(String, Fault)> {
    let once = |failure: Failure| (format!("{} once", failure.text), Fault::Once(failure));
    let staying = [
        ("the disk full from then on", Fault::Files(Failure::DISK_FULL)),
        ("files denied from then on", Fault::Files(Failure::DENIED)),
        ("the directory gone", Fault::Gone(Part::Directory)),
        ("SYSVOL gone", Fault::Gone(Part::Sysvol)),
        ("the server gone", Fault::Gone(Part::Everything)),
        ("locked for a moment", Fault::Locked(2)),
        ("locked for good", Fault::Locked(u32::MAX)),
    ];
    let staying = &staying[at % staying.len()];
    vec![
        once(Failure::DISK_FULL),
        once(Failure::DENIED),
        once(Failure::DROPPED),
        ("an answer lost".to_owned(), Fault::AnswerLost),
        (staying.0.to_owned(), staying.1.clone()),
    ]
}

async fn scenario(place: &dyn Place, operation: Operation, folder: &Path, faults: Option<&Faults>) -> Scenario {
    let store = place.open(folder).await;
    let store = match faults {
        Some(faults) => faults.wrap(store),
        None => store,
    };
    Scenario { operation, store, domain: place.domain(), folder: folder.to_owned() }
}

/// Returns a task that does something the Nth time it has news.
fn when_it_has_news(at: usize, act: impl Fn() + Send + Sync + 'static) -> Task {
    let news = AtomicUsize::new(0);
    Task::new(move || {
        if news.fetch_add(1, Ordering::SeqCst) + 1 == at {
            act();
        }
    })
}

/// Returns a new folder, in memory where the system has such a place: hundreds of runs need not wait for a disk.
fn scratch() -> tempfile::TempDir {
    let in_memory = Path::new("/dev/shm");
    if in_memory.is_dir() { tempfile::tempdir_in(in_memory).unwrap() } else { tempfile::tempdir().unwrap() }
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}
