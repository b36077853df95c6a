//! Another program run as a child: its output kept within bounds, its time limited, ended when the task is cancelled.

use std::ffi::OsString;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::gpm::Task;

/// What a program said, and how it ended.
#[derive(Clone, Debug, Default)]
pub(super) struct ChildOutput {
    /// Its exit code; none where a signal ended it.
    pub code: Option<i32>,
    /// What it wrote.
    pub stdout: Vec<u8>,
    /// What it said of errors.
    pub stderr: Vec<u8>,
}

/// Why there is no such output.
#[derive(Debug)]
pub(super) enum ChildError {
    /// It could not be started.
    NotStarted(io::Error),
    /// It was ended because its time was over; with what it had said of errors.
    TimedOut(Vec<u8>),
    /// It was ended because it wrote more than is taken.
    TooMuch,
    /// It was ended because the task was cancelled.
    Cancelled,
}

/// The most that is taken of what a program writes: a hundred times the largest result known, as Base64.
const MOST_BYTES: usize = 128 << 20;
/// How often the child is looked at.
const PAUSE: Duration = Duration::from_millis(15);
/// How long its last words are waited for after it ended: what it started may hold its output open for ever.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Runs a program without a shell and without input. It is ended when `limit` has passed, when the task is cancelled, and when nobody
/// waits for it any more.
pub(super) async fn run(
    program: &Path,
    arguments: &[OsString],
    limit: Duration,
    task: &Task,
) -> Result<ChildOutput, ChildError> {
    let mut running = Running::start(program, arguments).map_err(ChildError::NotStarted)?;
    let started = Instant::now();
    loop {
        let ended = running.child.try_wait().map_err(ChildError::NotStarted)?;
        if let Some(status) = ended {
            running.wait_for_last_words().await;
            if running.wrote_too_much() {
                return Err(ChildError::TooMuch);
            }
            let (stdout, stderr) = (running.stdout.take(), running.stderr.take());
            return Ok(ChildOutput { code: status.code(), stdout, stderr });
        }
        if task.is_cancelled() {
            return Err(ChildError::Cancelled);
        }
        if running.wrote_too_much() {
            return Err(ChildError::TooMuch);
        }
        if started.elapsed() > limit {
            return Err(ChildError::TimedOut(running.stderr.take()));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// A child with its two readers; ended when this is dropped.
struct Running {
    child: Child,
    stdout: Pipe,
    stderr: Pipe,
}

impl Running {
    fn start(program: &Path, arguments: &[OsString]) -> io::Result<Self> {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        without_window(&mut command);
        let mut child = command.spawn()?;
        let (stdout, stderr) = (Pipe::read(child.stdout.take()), Pipe::read(child.stderr.take()));
        Ok(Running { child, stdout, stderr })
    }

    fn wrote_too_much(&self) -> bool {
        self.stdout.is_full() || self.stderr.is_full()
    }

    async fn wait_for_last_words(&self) {
        let ended = Instant::now();
        while !(self.stdout.has_ended() && self.stderr.has_ended()) && ended.elapsed() < LAST_WORDS {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended already cannot be ended again: that is no error.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What comes out of a pipe, read on a thread of its own.
struct Pipe {
    bytes: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl Pipe {
    fn read(from: Option<impl Read + Send + 'static>) -> Self {
        let bytes = Arc::<Mutex<Vec<u8>>>::default();
        let reader = from.map(|mut from| {
            let bytes = Arc::clone(&bytes);
            std::thread::spawn(move || {
                let mut chunk = vec![0; 64 * 1024];
                while let Ok(count) = from.read(&mut chunk) {
                    let mut bytes = bytes.lock().unwrap_or_else(PoisonError::into_inner);
                    if count == 0 || bytes.len() > MOST_BYTES {
                        break;
                    }
                    bytes.extend_from_slice(&chunk[..count]);
                }
            })
        });
        Pipe { bytes, reader }
    }

    fn has_ended(&self) -> bool {
        self.reader.as_ref().is_none_or(JoinHandle::is_finished)
    }

    fn is_full(&self) -> bool {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner).len() > MOST_BYTES
    }

    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.bytes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(windows)]
fn without_window(command: &mut Command) {
    use std::os::windows::process::CommandExt as _;
    /// CREATE_NO_WINDOW: a console program started by a window opens none of its own.
    const NO_WINDOW: u32 = 0x0800_0000;
    command.creation_flags(NO_WINDOW);
}

#[cfg(not(windows))]
fn without_window(_command: &mut Command) {}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    async fn shell(script: &str, limit_ms: u64, task: &Task) -> Result<ChildOutput, ChildError> {
        let arguments = ["-c".into(), script.into()];
        run(Path::new("/bin/sh"), &arguments, Duration::from_millis(limit_ms), task).await
    }

    #[tokio::test]
    async fn output_and_exit_code() {
        let output = shell("echo out; echo err >&2; exit 3", 5_000, &Task::default()).await.unwrap();
        assert_eq!((output.code, output.stdout, output.stderr), (Some(3), b"out\n".to_vec(), b"err\n".to_vec()));
        let missing = run(Path::new("/nowhere/ssh"), &[], PAUSE, &Task::default()).await;
        assert!(matches!(missing, Err(ChildError::NotStarted(error)) if error.kind() == io::ErrorKind::NotFound));
    }

    #[tokio::test]
    async fn a_child_that_hangs_is_ended() {
        let started = Instant::now();
        let hung = shell("echo waiting >&2; exec sleep 60", 300, &Task::default()).await;
        assert!(matches!(hung, Err(ChildError::TimedOut(words)) if words == b"waiting\n"));
        let task = Task::default();
        task.cancel();
        assert!(matches!(shell("exec sleep 60", 60_000, &task).await, Err(ChildError::Cancelled)));
        assert!(started.elapsed() < Duration::from_secs(20));
    }

    #[tokio::test]
    async fn what_it_left_behind_is_not_waited_for() {
        let started = Instant::now();
        let output = shell("echo done; sleep 30 &", 20_000, &Task::default()).await.unwrap();
        assert_eq!(output.stdout, b"done\n");
        assert!(started.elapsed() < Duration::from_secs(15));
    }

    #[tokio::test]
    async fn endless_output_is_cut_off() {
        let flood = shell("exec cat /dev/zero", 60_000, &Task::default()).await;
        assert!(matches!(flood, Err(ChildError::TooMuch)));
    }
}
