//! The real window on a display that exists in memory only (Xvfb).

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A child that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_window_opens_and_an_idle_console_uses_no_processor() {
    let Some((_server, display)) = display() else { return };
    let home = tempfile::tempdir().unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_opengpmc"));
    program
        .env("DISPLAY", &display)
        .env_remove("WAYLAND_DISPLAY")
        .env("LIBGL_ALWAYS_SOFTWARE", "1")
        .env("HOME", home.path())
        .env("XDG_CONFIG_HOME", home.path())
        .env("XDG_DATA_HOME", home.path())
        .env("XDG_RUNTIME_DIR", home.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut program = Running(program.spawn().unwrap());
    let deadline = Instant::now() + Duration::from_secs(60);
    while !windows(&display).contains("OpenGPMC") {
        assert!(program.0.try_wait().unwrap().is_none(), "the program ended before its window appeared");
        assert!(Instant::now() < deadline, "no window appeared");
        std::thread::sleep(Duration::from_millis(100));
    }
    // The forest is read and the last frame is drawn; a busy machine takes its time.
    let mut idle = false;
    for _ in 0..15 {
        let before = processor_ticks(program.0.id());
        std::thread::sleep(Duration::from_secs(2));
        // 100 ticks are a second: at most one part in a hundred.
        idle = processor_ticks(program.0.id()) - before <= 2;
        if idle {
            break;
        }
    }
    assert!(idle, "the console never came to rest");
}

/// Starts a display and returns its name; none, with the reason printed, where that cannot be.
fn display() -> Option<(Running, String)> {
    for (tool, package) in [("Xvfb", "xvfb"), ("xwininfo", "x11-utils")] {
        let found = std::env::var_os("PATH")
            .is_some_and(|paths| std::env::split_paths(&paths).any(|folder| folder.join(tool).is_file()));
        if !found {
            eprintln!("skipped: {tool} is not installed (Debian and Ubuntu: {package})");
            return None;
        }
    }
    let server = Command::new("Xvfb")
        .args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut server = match server {
        Ok(server) => Running(server),
        Err(error) => {
            eprintln!("skipped: Xvfb does not start: {error}");
            return None;
        }
    };
    let mut number = String::new();
    let mut output = server.0.stdout.take()?;
    let mut byte = [0];
    while output.read(&mut byte).ok()? == 1 && byte[0] != b'\n' {
        number.push(char::from(byte[0]));
    }
    if number.is_empty() {
        eprintln!("skipped: Xvfb gives no display");
        return None;
    }
    Some((server, format!(":{number}")))
}

fn windows(display: &str) -> String {
    let output = Command::new("xwininfo").args(["-root", "-tree", "-display", display]).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Returns the processor time a process has used, in hundredths of a second (`/proc/PID/stat`, fields 14 and 15).
fn processor_ticks(process: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let after_name = stat.rsplit_once(')').unwrap().1;
    after_name.split_whitespace().skip(11).take(2).map(|field| field.parse::<u64>().unwrap()).sum()
}
