//! `rsop results`: opening, collecting and comparing, by the built program. `ssh` is a script in the PATH of the program alone.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use super::cli::{program, run, text};
use crate::common::corpus;
use crate::common::fake_computer::{Behaviour, FakeComputer, RESULT};

fn on(computer: &FakeComputer, arguments: &[&str]) -> Output {
    let path = format!("{}:/usr/bin:/bin", computer.path("bin").display());
    let mut command: Command = program(&[&["rsop", "results"], arguments].concat());
    command.env("PATH", path).output().unwrap()
}

fn shown(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn files_are_opened_and_damaged_ones_named() {
    let folder = tempfile::tempdir().unwrap();
    let (good, damaged) = (folder.path().join("good.xml"), folder.path().join("damaged.xml"));
    std::fs::write(&good, RESULT.replace("TIME", "2026-03-01T12:00:00Z")).unwrap();
    std::fs::write(&damaged, "<Rsop").unwrap();
    let output = run(&["rsop", "results", "open", shown(&good)]);
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""));
    let told = text(&output.stdout);
    assert!(told.contains("Group Policy Results: CORP\\alice on CORP\\PC1"), "{told}");
    let output = run(&["rsop", "results", "open", shown(&damaged), shown(&good)]);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stdout).contains("CORP\\alice on CORP\\PC1"));
    assert!(text(&output.stderr).contains("damaged.xml is no result of Group Policy"), "{}", text(&output.stderr));
    let output = run(&["rsop", "results", "open", shown(&damaged)]);
    assert_eq!(output.status.code(), Some(1));
    let output = run(&["rsop", "results", "open", shown(&good), shown(&good), "--format", "html"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_result_is_collected_and_kept_as_it_was_written() {
    let computer = FakeComputer::new(Behaviour::Good);
    let file = computer.path("kept.xml");
    let arguments = ["collect", "--host", "pc1", "--for-user", "CORP\\alice", "--output", shown(&file)];
    let output = on(&computer, &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(std::fs::read(&file).unwrap()[..2], [0xff, 0xfe]);
    let output = on(&computer, &["collect", "--host", "pc1", "--scope", "computer"]);
    assert!(text(&output.stdout).contains("CORP\\PC1"), "{}", text(&output.stderr));
    let output = on(&computer, &["users", "--host", "pc1", "--ssh-user", "CORP\\admin", "--json"]);
    let users: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(users["users"][0]["name"], "CORP\\alice");
    for wrong in [
        &["collect", "--host", "-oProxyCommand=x"][..],
        &["collect", "--host", "pc1;x"],
        &["collect", "--host", "pc1", "--ssh-user", "a`b`"],
    ] {
        assert_eq!(on(&computer, wrong).status.code(), Some(2), "{wrong:?}");
    }
    let computer = FakeComputer::unreachable("ssh: connect to host pc1 port 22: No route to host");
    let output = on(&computer, &["collect", "--host", "pc1"]);
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    assert!(told.contains("it is offline") && told.contains("No route to host"), "{told}");
}

#[test]
fn two_results_are_compared() {
    let Some(folder) = corpus::corpus("rsop/cis-benchmarks") else { return };
    let (one, other) = (folder.join("GPResult.xml"), folder.join("GPResult-Pass.xml"));
    let same = run(&["rsop", "results", "compare", shown(&one), "--with", shown(&one)]);
    assert_eq!(same.status.code(), Some(0), "{}", text(&same.stderr));
    assert!(text(&same.stdout).contains("No differences."));
    let differing = run(&["rsop", "results", "compare", shown(&one), "--with", shown(&other), "--json"]);
    assert_eq!(differing.status.code(), Some(3));
    let differences: Vec<Value> = serde_json::from_slice(&differing.stdout).unwrap();
    assert!(!differences.is_empty());
}

/// A result that is what was planned has no differences; where a client did otherwise, they are pointed at.
#[test]
fn a_result_is_compared_with_the_plan() {
    let folder = tempfile::tempdir().unwrap();
    let plan = folder.path().join("plan.xml");
    let target = ["--for-user", "peer.lindqvist", "--for-computer", "KB-WS017"];
    let planned = run(&[&["--connect", "demo", "rsop", "plan", "--output", shown(&plan)], &target[..]].concat());
    assert!(plan.exists(), "{}", text(&planned.stderr));
    let compared = run(&["--connect", "demo", "rsop", "results", "compare", shown(&plan)]);
    assert!(text(&compared.stdout).contains("No differences."), "{}{}", text(&compared.stdout), text(&compared.stderr));
    let utf16: Vec<u16> =
        std::fs::read(&plan).unwrap().chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    let mut report = opengpmc::report::read_rsop(String::from_utf16(&utf16).unwrap().as_bytes()).unwrap();
    let computer = report.computer.as_mut().unwrap();
    let gone = computer.gpos.iter().position(|gpo| gpo.is_applied()).unwrap();
    let name = computer.gpos.remove(gone).name;
    std::fs::write(&plan, opengpmc::report::write_rsop(&report)).unwrap();
    let compared = run(&["--connect", "demo", "rsop", "results", "compare", shown(&plan), "--json"]);
    assert_eq!(compared.status.code(), Some(3));
    let differences: Vec<Value> = serde_json::from_slice(&compared.stdout).unwrap();
    let named = differences.iter().any(|found| found["what"]["gpo"]["name"] == name.as_str());
    assert!(named, "{name}: {}", text(&compared.stdout));
}
