//! A test that goes on in a process of its own: one that is killed, or whose memory is measured.

use std::process::Command;

/// The variable that tells a test that it is the child, and what it is to do.
const ROLE: &str = "OPENGPMC_TEST_CHILD";

/// Returns what the child is to do; none in the parent.
pub fn role() -> Option<String> {
    std::env::var(ROLE).ok()
}

/// Returns the command that runs one test of this binary, by its full name, as a child with this role.
pub fn command(test: &str, role: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([test, "--exact", "--nocapture", "--test-threads=1"]).env(ROLE, role);
    command
}

/// Runs one test of this binary as a child to its end, which must be a good one.
pub fn run(test: &str, role: &str) {
    let output = command(test, role).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && told.contains("1 passed"), "{test} as {role}: {}\n{told}", output.status);
}

/// Returns the most memory this process has held so far, in bytes.
#[cfg(target_os = "linux")]
pub fn peak_memory_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap() * 1024
}
