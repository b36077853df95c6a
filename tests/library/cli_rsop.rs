//! The built program: plans.

use serde_json::Value;

use super::cli::{run, text};

fn plan(arguments: &[&str]) -> std::process::Output {
    run(&[&["--connect", "demo", "rsop", "plan"], arguments].concat())
}

fn json(arguments: &[&str]) -> Value {
    let output = plan(&[arguments, &["--json"]].concat());
    // Two faults of the demo forest are named.
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Returns the names of the GPOs that apply to a side.
fn applied(plan: &Value, side: &str) -> Vec<String> {
    let candidates = plan["plan"][side]["candidates"].as_array().unwrap();
    let applied = candidates.iter().filter(|candidate| candidate["verdict"]["applied"].is_object());
    applied.map(|candidate| candidate["gpo"]["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_plan_names_what_applies_and_what_does_not() {
    let output = plan(&[
        "--for-computer",
        r"KESTREL\KB-KIOSK1",
        "--user-container",
        "OU=Directors,OU=People,OU=Headquarters,DC=kestrelbay,DC=example",
    ]);
    let shown = text(&output.stdout);
    for part in [
        "Computer: KESTREL\\KB-KIOSK1$\n",
        "Place: kestrelbay.example/Headquarters/Computers/Kiosks/KB-KIOSK1\n",
        "1  Loopback - Kiosks   kestrelbay.example/Headquarters/Computers/Kiosks  no\n",
        "2  AppLocker - Kiosks  kestrelbay.example/Headquarters/Computers/Kiosks  yes\n",
        "Blocked (Inheritance)  kestrelbay.example/Headquarters/Computers/Kiosks\n",
        "User: any user in this place\n",
    ] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
}

#[test]
fn what_is_assumed_changes_the_plan() {
    let computer = &["--for-computer", "KB-WS017"][..];
    let of = |arguments: &[&str]| applied(&json(&[computer, arguments].concat()), "computer");
    let plain = of(&[]);
    assert!(plain.iter().any(|name| name == "Workstations - Windows Update"), "{plain:?}");
    let with_site = of(&["--site", "aberwick"]);
    assert_eq!(with_site.first().map(String::as_str), Some("Site Aberwick - Proxy and Time"));
    assert_eq!(with_site[1..], plain[..]);
    let moved = of(&["--computer-container", "OU=Quarantine,DC=kestrelbay,DC=example"]);
    assert_eq!(moved, ["Workstations - Firewall"]);
    // A group that is not in the filter of the GPO keeps it out.
    let pilots = json(&["--for-user", "peer.lindqvist", "--user-group", "Helpdesk"]);
    assert!(!applied(&pilots, "user").contains(&"Security Filtering - Finance Only".to_owned()));
    let own = json(&["--for-user", "peer.lindqvist", "--for-computer", "KB-WS017"]);
    assert!(
        applied(&own, "user").contains(&"Security Filtering - Finance Only".to_owned()),
        "{:?}",
        applied(&own, "user")
    );
    assert_eq!(own["target"]["user"]["account"]["name"], r"KESTREL\peer.lindqvist");
    assert_eq!(json(&["--for-computer", "KB-DC2"])["plan"]["computer"]["site"], "Port-Sable");
    let replaced = json(&["--for-user", "peer.lindqvist", "--for-computer", "KB-KIOSK1", "--loopback", "replace"]);
    assert!(applied(&replaced, "user").contains(&"Kiosk Users".to_owned()), "{:?}", applied(&replaced, "user"));
}

#[test]
fn a_plan_is_written_as_a_document() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plan.xml");
    let output =
        plan(&["--for-user", "hanna.crewe", "--for-computer", "KB-WS017", "--output", &file.display().to_string()]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    let report = opengpmc::report::read_rsop(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(report.user.unwrap().name, r"KESTREL\hanna.crewe");
    assert_eq!(report.computer.unwrap().som, "kestrelbay.example/Headquarters/Computers/Desktops");
}

#[test]
fn what_cannot_be_planned_says_what_to_try() {
    for (arguments, code, words) in [
        (&["--for-user", "nobody"][..], 1, "give `DOMAIN\\name`"),
        (&["--for-user", "Helpdesk"], 1, "is a group"),
        (&[], 1, "name a user, a computer, or a container"),
        (&["--for-user", "hanna.crewe", "--site", "Nowhere"], 1, "the forest has Aberwick"),
        (&["--for-user", "hanna.crewe", "--wmi-true", "No such"], 2, "wmi-filter list"),
        (&["--user-container", "OU=None,DC=kestrelbay,DC=example"], 1, "there is no container"),
        (&["--user-container", "OU=None,DC=elsewhere,DC=example"], 1, "no domain of this forest"),
        (&["--for-user", "hanna.crewe", "--output", "plan.odd"], 2, "say --format"),
    ] {
        let output = plan(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", text(&output.stderr));
        assert!(text(&output.stderr).contains(words), "{arguments:?}: {}", text(&output.stderr));
    }
}
