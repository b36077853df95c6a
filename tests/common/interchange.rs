//! Backup sets judged by programs that share nothing with this one: `tests/interchange`.

use std::path::Path;
use std::process::Command;

/// Checks every set of a backup root against what the format is known to be, and has Samba read its settings files.
pub fn check_root(root: &Path) {
    check("check_set.py", &["--no-notes"], &[root]);
    check("samba_read.py", &[], &[root]);
}

/// Checks that two sets say the same but for ids, times, names of domain controllers and these areas. The first may lack empty folders, which
/// archives lose, and hold files that somebody laid into it: what it lists is compared all the same.
pub fn check_same(one: &Path, other: &Path, ignored: &str) {
    let Some((code, told)) = run("compare_sets.py", &["--ignore", ignored], &[one, other]) else { return };
    let is_of_archive = |line: &&str| {
        line.starts_with("files: ") && (line.ends_with("(not there) | folder") || line.ends_with(" | (not there)"))
    };
    let differences: Vec<&str> = told.lines().filter(|line| line.contains(" | ")).collect();
    assert!(code != 2 && differences.iter().all(is_of_archive), "{}: {told}", one.display());
}

fn check(script: &str, options: &[&str], folders: &[&Path]) {
    match run(script, options, folders) {
        None | Some((0, _)) => {}
        // What it needs is not installed; it says so itself.
        Some((2, told)) if script == "samba_read.py" => println!("skipped: {told}"),
        Some((_, told)) => panic!("{script}: {told}"),
    }
}

/// Runs a checker; returns its exit code and what it says, none where there is no Python.
fn run(script: &str, options: &[&str], folders: &[&Path]) -> Option<(i32, String)> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interchange").join(script);
    let program = Command::new("python3").arg("-B").arg(&script).args(options).args(folders).output();
    let Ok(output) = program else {
        println!("skipped: {} needs Python 3", script.display());
        return None;
    };
    let told = [output.stdout, output.stderr].concat();
    Some((output.status.code().unwrap_or(-1), String::from_utf8_lossy(&told).into_owned()))
}
