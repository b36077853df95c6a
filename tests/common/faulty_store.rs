//! A forest whose writes go wrong: at the Nth of them the process is killed, the write fails, the connection breaks, or a task is cancelled.
//!
//! Writes are counted over all directories and SYSVOLs of the forest, in the order in which they are asked for. Reads are not counted; they
//! fail only where the server is gone.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use opengpmc::gpm::{HResult, Task};
use opengpmc::ident::{Dn, DnsName};
use opengpmc::store::{
    Attribute, Change, ConnectionInfo, ContentSource, Directory, Entry, FileInfo, ForestStore, RootDse, SdParts,
    SearchRequest, StoreError, StoreErrorKind, Sysvol, SysvolPath, Visit,
};
use tokio::sync::Semaphore;

/// What goes wrong at a write.
#[derive(Clone)]
pub enum Fault {
    /// The process is killed before it, as by the power switch.
    Kill,
    /// It fails and does nothing; all else works.
    Once(Failure),
    /// It is done, but its answer is lost; all else works, as after a new connection.
    AnswerLost,
    /// It and every later write that makes or fills a file or folder fails.
    Files(Failure),
    /// From now on, nothing of this part of the server answers.
    Gone(Part),
    /// The file is locked: it fails so many times in a row.
    Locked(u32),
    /// Cancelling is asked for just before it.
    Cancel(Task),
    /// It waits before the gate.
    Held(Gate),
}

/// Lets nothing through until it is opened; after ten seconds it opens by itself, so that no test waits for ever.
#[derive(Clone)]
pub struct Gate(Arc<Semaphore>);

impl Gate {
    /// Returns a gate that is closed.
    pub fn closed() -> Self {
        Gate(Arc::new(Semaphore::new(0)))
    }

    /// Opens it, for good.
    pub fn open(&self) {
        self.0.close();
    }

    async fn pass(&self) {
        // Closing the semaphore is what wakes those who wait.
        let _ = tokio::time::timeout(Duration::from_secs(10), self.0.acquire()).await;
    }
}

/// A part of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// LDAP.
    Directory,
    /// SMB.
    Sysvol,
    /// Both.
    Everything,
}

/// How a write fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The kind.
    pub kind: StoreErrorKind,
    /// The system's code.
    pub code: u32,
    /// What the system says.
    pub text: &'static str,
    /// What an operation makes of it.
    pub result: HResult,
}

impl Failure {
    /// ENOSPC.
    pub const DISK_FULL: Failure = Failure {
        kind: StoreErrorKind::Io,
        code: 28,
        text: "No space left on device (os error 28)",
        result: HResult::DISK_FULL,
    };
    /// EACCES.
    pub const DENIED: Failure = Failure {
        kind: StoreErrorKind::AccessDenied,
        code: 13,
        text: "Permission denied (os error 13)",
        result: HResult::ACCESS_DENIED,
    };
    /// STATUS_SHARING_VIOLATION.
    pub const LOCKED: Failure = Failure {
        kind: StoreErrorKind::Io,
        code: 0xC000_0043,
        text: "STATUS_SHARING_VIOLATION",
        result: HResult::SHARING_VIOLATION,
    };
    /// ECONNRESET.
    pub const DROPPED: Failure = Failure {
        kind: StoreErrorKind::Unreachable,
        code: 104,
        text: "Connection reset by peer (os error 104)",
        result: HResult::HOST_UNREACHABLE,
    };

    fn error(self, object: &str) -> StoreError {
        StoreError::new(self.kind, object).with_detail(self.text).with_code(self.code)
    }
}

/// When what goes wrong, and what was written so far.
#[derive(Clone, Default)]
pub struct Faults {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    writes: Vec<String>,
    planned: Option<(usize, Fault)>,
    gone: Option<Part>,
    files: Option<Failure>,
    /// The file that is locked, and how many times more.
    locked: Option<(String, u32)>,
    /// What reads wait before.
    reads: Option<Gate>,
}

/// What a write does.
enum Verdict {
    Go,
    GoAfter(Gate),
    Fail(StoreError),
    GoAndFail(StoreError),
}

impl Faults {
    /// Lets this go wrong at the Nth write, counted from 1.
    pub fn at(write: usize, fault: Fault) -> Self {
        let faults = Faults::default();
        faults.state.lock().unwrap().planned = Some((write, fault));
        faults
    }

    /// Returns the writes that were asked for so far.
    pub fn writes(&self) -> Vec<String> {
        self.state.lock().unwrap().writes.clone()
    }

    /// Lets every read wait before the gate from now on.
    pub fn hold_reads(&self, gate: &Gate) {
        self.state.lock().unwrap().reads = Some(gate.clone());
    }

    /// Returns a forest whose writes go wrong as planned.
    pub fn wrap(&self, store: Arc<dyn ForestStore>) -> Arc<dyn ForestStore> {
        let directory = Arc::new(FaultyDirectory { inner: store.directory(), faults: self.clone() });
        Arc::new(FaultyStore { inner: store, directory, faults: self.clone() })
    }

    async fn read(&self, part: Part, object: &str) -> Result<(), StoreError> {
        let gate = self.state.lock().unwrap().reads.clone();
        if let Some(gate) = gate {
            gate.pass().await;
        }
        match self.state.lock().unwrap().gone {
            Some(gone) if gone == part || gone == Part::Everything => Err(Failure::DROPPED.error(object)),
            _ => Ok(()),
        }
    }

    fn write(&self, part: Part, makes_file: bool, what: &str, object: &str) -> Verdict {
        let mut state = self.state.lock().unwrap();
        state.writes.push(format!("{what} {object}"));
        let count = state.writes.len();
        let fault = state.planned.take_if(|(at, _)| *at == count).map(|(_, fault)| fault);
        match fault {
            None => {}
            Some(Fault::Kill) => kill_this_process(),
            Some(Fault::Once(failure)) => return Verdict::Fail(failure.error(object)),
            Some(Fault::AnswerLost) => return Verdict::GoAndFail(Failure::DROPPED.error(object)),
            Some(Fault::Files(failure)) => state.files = Some(failure),
            Some(Fault::Gone(part)) => state.gone = Some(part),
            Some(Fault::Locked(times)) => state.locked = Some((object.to_lowercase(), times)),
            Some(Fault::Cancel(task)) => {
                drop(state);
                task.cancel();
                return Verdict::Go;
            }
            Some(Fault::Held(gate)) => return Verdict::GoAfter(gate),
        }
        if state.gone.is_some_and(|gone| gone == part || gone == Part::Everything) {
            return Verdict::Fail(Failure::DROPPED.error(object));
        }
        if let Some(failure) = state.files.filter(|_| makes_file) {
            return Verdict::Fail(failure.error(object));
        }
        if let Some((locked, times)) = &mut state.locked
            && *locked == object.to_lowercase()
            && *times > 0
        {
            *times -= 1;
            return Verdict::Fail(Failure::LOCKED.error(object));
        }
        Verdict::Go
    }
}

/// Ends this process at once, without any of its clean-up.
pub fn kill_this_process() -> ! {
    let _ = std::process::Command::new("kill").args(["-9", &std::process::id().to_string()]).status();
    loop {
        std::thread::sleep(Duration::from_secs(1));
    }
}

macro_rules! faulty {
    ($verdict:expr, $call:expr) => {
        match $verdict {
            Verdict::Go => $call.await,
            Verdict::GoAfter(gate) => {
                gate.pass().await;
                $call.await
            }
            Verdict::Fail(error) => Err(error),
            // Nobody hears whether it could be done.
            Verdict::GoAndFail(error) => $call.await.and(Err(error.clone())).map_err(|_| error),
        }
    };
}

struct FaultyStore {
    inner: Arc<dyn ForestStore>,
    directory: Arc<FaultyDirectory>,
    faults: Faults,
}

#[async_trait]
impl ForestStore for FaultyStore {
    fn info(&self) -> ConnectionInfo {
        self.inner.info()
    }

    fn directory(&self) -> Arc<dyn Directory> {
        self.directory.clone()
    }

    async fn domain_directory(&self, domain: &DnsName) -> Result<Arc<dyn Directory>, StoreError> {
        self.faults.read(Part::Directory, &domain.to_string()).await?;
        let inner = self.inner.domain_directory(domain).await?;
        Ok(Arc::new(FaultyDirectory { inner, faults: self.faults.clone() }))
    }

    async fn sysvol(&self, domain: &DnsName) -> Result<Arc<dyn Sysvol>, StoreError> {
        self.faults.read(Part::Sysvol, &domain.to_string()).await?;
        let inner = self.inner.sysvol(domain).await?;
        Ok(Arc::new(FaultySysvol { inner, faults: self.faults.clone() }))
    }
}

struct FaultyDirectory {
    inner: Arc<dyn Directory>,
    faults: Faults,
}

impl FaultyDirectory {
    fn write(&self, what: &str, dn: &Dn) -> Verdict {
        self.faults.write(Part::Directory, false, what, dn.as_str())
    }
}

#[async_trait]
impl Directory for FaultyDirectory {
    fn root_dse(&self) -> &RootDse {
        self.inner.root_dse()
    }

    async fn search_with(
        &self,
        request: &SearchRequest,
        visit: &mut (dyn FnMut(Entry) -> Visit + Send),
    ) -> Result<(), StoreError> {
        self.faults.read(Part::Directory, request.base.as_str()).await?;
        self.inner.search_with(request, visit).await
    }

    async fn add(&self, dn: &Dn, attributes: &[Attribute]) -> Result<(), StoreError> {
        faulty!(self.write("add", dn), self.inner.add(dn, attributes))
    }

    async fn modify(&self, dn: &Dn, changes: &[Change]) -> Result<(), StoreError> {
        faulty!(self.write("modify", dn), self.inner.modify(dn, changes))
    }

    async fn delete(&self, dn: &Dn) -> Result<(), StoreError> {
        faulty!(self.write("delete", dn), self.inner.delete(dn))
    }

    async fn delete_tree(&self, dn: &Dn) -> Result<(), StoreError> {
        faulty!(self.write("delete tree", dn), self.inner.delete_tree(dn))
    }

    async fn rename(&self, dn: &Dn, new_rdn: &str, new_parent: Option<&Dn>) -> Result<(), StoreError> {
        faulty!(self.write("rename", dn), self.inner.rename(dn, new_rdn, new_parent))
    }
}

/// A SYSVOL, or a folder of this machine, whose writes go wrong as planned.
pub struct FaultySysvol {
    inner: Arc<dyn Sysvol>,
    faults: Faults,
}

impl FaultySysvol {
    fn name(&self, path: &SysvolPath) -> String {
        format!("{}\\{path}", self.inner.location())
    }

    async fn read_of(&self, path: &SysvolPath) -> Result<(), StoreError> {
        self.faults.read(Part::Sysvol, &self.name(path)).await
    }

    fn write(&self, what: &str, path: &SysvolPath) -> Verdict {
        let makes_file = matches!(what, "replace" | "make folder");
        self.faults.write(Part::Sysvol, makes_file, what, &self.name(path))
    }
}

#[async_trait]
impl Sysvol for FaultySysvol {
    fn location(&self) -> &str {
        self.inner.location()
    }

    fn has_security(&self) -> bool {
        self.inner.has_security()
    }

    async fn list(&self, folder: &SysvolPath) -> Result<Vec<FileInfo>, StoreError> {
        self.read_of(folder).await?;
        self.inner.list(folder).await
    }

    async fn stat(&self, path: &SysvolPath) -> Result<FileInfo, StoreError> {
        self.read_of(path).await?;
        self.inner.stat(path).await
    }

    async fn read(&self, path: &SysvolPath) -> Result<Vec<u8>, StoreError> {
        self.read_of(path).await?;
        self.inner.read(path).await
    }

    async fn read_range(&self, path: &SysvolPath, offset: u64, length: usize) -> Result<Vec<u8>, StoreError> {
        self.read_of(path).await?;
        self.inner.read_range(path, offset, length).await
    }

    async fn replace(&self, path: &SysvolPath, content: &[u8]) -> Result<(), StoreError> {
        faulty!(self.write("replace", path), self.inner.replace(path, content))
    }

    async fn replace_from(&self, path: &SysvolPath, source: &mut dyn ContentSource) -> Result<(), StoreError> {
        faulty!(self.write("replace", path), self.inner.replace_from(path, source))
    }

    async fn make_folder(&self, path: &SysvolPath) -> Result<(), StoreError> {
        faulty!(self.write("make folder", path), self.inner.make_folder(path))
    }

    async fn remove(&self, path: &SysvolPath) -> Result<(), StoreError> {
        faulty!(self.write("remove", path), self.inner.remove(path))
    }

    async fn remove_tree(&self, path: &SysvolPath) -> Result<(), StoreError> {
        faulty!(self.write("remove tree", path), self.inner.remove_tree(path))
    }

    async fn rename(&self, from: &SysvolPath, to: &SysvolPath) -> Result<(), StoreError> {
        faulty!(self.write("move", from), self.inner.rename(from, to))
    }

    async fn security(&self, path: &SysvolPath, parts: SdParts) -> Result<Vec<u8>, StoreError> {
        self.read_of(path).await?;
        self.inner.security(path, parts).await
    }

    async fn set_security(&self, path: &SysvolPath, parts: SdParts, descriptor: &[u8]) -> Result<(), StoreError> {
        faulty!(self.write("set security", path), self.inner.set_security(path, parts, descriptor))
    }
}
