//! The built program: domain controllers, infrastructure status, and what `som update` says it cannot do.

use serde_json::Value;

use super::cli::{run, text};

#[test]
fn domain_controllers_are_listed() {
    let output = run(&["--connect", "demo", "domain", "controllers", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let list: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let row = |name: &str, site: &str, is_pdc_emulator: bool| (name.to_owned(), site.to_owned(), is_pdc_emulator);
    let found: Vec<_> = list
        .iter()
        .map(|one| row(one["name"].as_str().unwrap(), one["site"].as_str().unwrap(), one["is_pdc_emulator"] == true))
        .collect();
    let expected =
        [row("kb-dc1.kestrelbay.example", "Aberwick", true), row("kb-dc2.kestrelbay.example", "Port-Sable", false)];
    assert_eq!(found, expected);
    let plain = text(&run(&["--connect", "demo", "domain", "controllers"]).stdout);
    assert!(plain.starts_with("DOMAIN CONTROLLER"), "{plain}");
}

#[test]
fn a_domain_controller_that_is_not_there_is_refused() {
    for (name, code) in [("kb-dc1", 0), ("pdc", 0), ("any", 0), ("any-2003", 0), ("kb-dc2", 1)] {
        let output = run(&["--connect", "demo", "--dc", name, "domain", "controllers"]);
        assert_eq!(output.status.code(), Some(code), "{name}: {}", text(&output.stderr));
        assert_eq!(code == 1, text(&output.stderr).contains("holds one domain controller, kb-dc1.kestrelbay.example"));
    }
}

#[test]
fn domain_status_tells_drift_by_its_exit_code_and_compares_results() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("status.json");
    let output = run(&["--connect", "demo", "domain", "status", "--json"]);
    // The second controller of the demo forest does not answer.
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("kb-dc2.kestrelbay.example is inaccessible"), "{}", text(&output.stderr));
    let status: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(status["controllers"][0]["sync"], "in_sync");
    assert_eq!(status["controllers"][1]["sync"], "inaccessible");
    std::fs::write(&kept, &output.stdout).unwrap();

    let kept = kept.display().to_string();
    let plain = text(&run(&["--connect", "demo", "domain", "status", "--compare", &kept]).stdout);
    assert!(plain.contains("In sync:  1 of 2 domain controllers"), "{plain}");
    assert!(plain.ends_with(":\n  nothing has changed\n"), "{plain}");

    let one = run(&["--connect", "demo", "domain", "status", "--gpo", "Default Domain Policy", "--json"]);
    let status: Value = serde_json::from_slice(&one.stdout).unwrap();
    assert_eq!(status["controllers"][0]["gpos"].as_array().unwrap().len(), 1);

    for (arguments, words) in [
        (["--baseline", "kb-dc9"], "kb-dc9 is no domain controller of kestrelbay.example"),
        (["--baseline", "kb-dc2"], "choose another domain controller"),
        (["--compare", "/no/such/file"], "reading /no/such/file"),
    ] {
        let arguments = ["--connect", "demo", "domain", "status"].iter().chain(&arguments).copied().collect::<Vec<_>>();
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(text(&output.stderr).contains(words), "{}", text(&output.stderr));
    }
}

#[test]
fn som_update_lists_computers_and_pretends_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("update.ps1").display().to_string();
    let output =
        run(&["--connect", "demo", "som", "update", "kestrelbay.example/Domain Controllers", "--script", &script]);
    assert_eq!(output.status.code(), Some(3));
    let (plain, told) = (text(&output.stdout), text(&output.stderr));
    assert!(plain.contains("kb-dc1.kestrelbay.example") && plain.contains("0x80070032"), "{plain}");
    assert!(plain.contains("Invoke-GPUpdate -Computer 'kb-dc1.kestrelbay.example' -Force"), "{plain}");
    assert!(told.contains("no computer was updated") && told.contains("Read Group Policy Results data"), "{told}");
    let script = std::fs::read_to_string(script).unwrap();
    assert!(script.contains("    'kb-dc2.kestrelbay.example'\r\n)"), "{script}");

    let output = run(&["--connect", "demo", "som", "update", "kestrelbay.example/Retired"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("nothing to update"));
}
