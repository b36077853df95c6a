//! A child that is broken off at a system call: what no seam of the program shows is seen by the kernel. Uses `strace`.
//!
//! `strace` counts the calls of each thread by themselves. So the child runs all it does in two threads, tells which they are, and waits
//! until one of them is watched.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::child;

/// The calls that make, fill, move and remove files, each with the step in which it is usually enough to go through them.
pub const WRITING_CALLS: [(&str, usize); 6] =
    [("mkdir", 1), ("rename", 1), ("renameat", 2), ("fsync", 5), ("unlink", 5), ("unlinkat", 3)];

/// Those of them that fail on a full disk; the forest file's own database is not asked to go on after such a failure.
pub const FAILING_CALLS: [(&str, usize); 4] = [("mkdir", 1), ("rename", 1), ("renameat", 2), ("unlinkat", 1)];

const THREADS: &str = "threads";
const GO: &str = "go";

/// Tells whether `strace` works here; says why not.
pub fn can_watch() -> bool {
    let tried = Command::new("strace").args(["-o", "/dev/null", "true"]).output();
    match tried {
        Ok(output) if output.status.success() => true,
        Ok(output) => {
            eprintln!("skipped: strace does not work here: {}", String::from_utf8_lossy(&output.stderr));
            false
        }
        Err(error) => {
            eprintln!("skipped: strace cannot be run: {error}");
            false
        }
    }
}

/// Returns a runtime whose work is done by two threads, this one and one for what blocks, when somebody watches one of them. For the child.
pub fn watched_runtime(folder: &Path) -> tokio::runtime::Runtime {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(1)
        .thread_keep_alive(Duration::from_secs(3600))
        .build()
        .unwrap();
    let this_thread = || fs::read_link("/proc/thread-self").unwrap().file_name().unwrap().to_str().unwrap().to_owned();
    let other = runtime.block_on(runtime.spawn_blocking(this_thread)).unwrap();
    fs::write(folder.join("threads.new"), format!("{} {other}", this_thread())).unwrap();
    fs::rename(folder.join("threads.new"), folder.join(THREADS)).unwrap();
    wait_for(|| folder.join(GO).exists().then_some(()));
    for file in [THREADS, GO] {
        fs::remove_file(folder.join(file)).unwrap();
    }
    runtime
}

fn wait_for<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "the other process does not come");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// How a watched child ended.
pub struct Watched {
    /// Whether the planned thing happened.
    pub happened: bool,
    /// How it ended.
    pub status: ExitStatus,
    /// What it told on its error output.
    pub told: String,
}

/// What is to happen to a child, and where.
#[derive(Clone, Copy, Debug)]
pub struct Injection<'a> {
    /// Which of its two threads.
    pub thread: usize,
    /// The name of the system call.
    pub call: &'a str,
    /// The how manieth of these calls.
    pub at: usize,
    /// What: `signal=KILL`, `error=ENOSPC`.
    pub what: &'a str,
}

/// Runs a test of this binary as a child to which something happens at a system call.
pub fn run(test: &str, role: &str, folder: &Path, injection: Injection<'_>) -> Watched {
    let Injection { thread, call, at, what } = injection;
    let mut child = child::command(test, role).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let threads = wait_for(|| fs::read_to_string(folder.join(THREADS)).ok());
    let thread = threads.split(' ').nth(thread).unwrap();
    let (seen, status) =
        (tempfile::NamedTempFile::new().unwrap(), format!("/proc/{}/task/{thread}/status", child.id()));
    let mut watcher = Command::new("strace")
        .args(["-q", "-e", &format!("trace={call}"), "-e", &format!("inject={call}:{what}:when={at}"), "-p", thread])
        .arg("-o")
        .arg(seen.path())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_for(|| fs::read_to_string(&status).unwrap().lines().any(is_watched).then_some(()));
    fs::write(folder.join(GO), "").unwrap();
    let told = wait_with_output(&mut child);
    watcher.wait().unwrap();
    let status = child.wait().unwrap();
    let happened = fs::read_to_string(seen.path()).unwrap().contains("INJECTED") || !status.success();
    Watched { happened, status, told }
}

fn is_watched(line: &str) -> bool {
    line.strip_prefix("TracerPid:").is_some_and(|tracer| tracer.trim() != "0")
}

fn wait_with_output(child: &mut Child) -> String {
    let mut told = String::new();
    child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    told
}
