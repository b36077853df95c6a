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

fn explain(arguments: &[&str]) -> std::process::Output {
    run(&[&["--connect", "demo", "rsop", "explain"], arguments].concat())
}

#[test]
fn every_gpo_in_scope_is_explained_in_words() {
    let shown = text(&explain(&["--for-user", "peer.lindqvist", "--for-computer", "KB-WS017"]).stdout);
    for part in [
        "Computer: KESTREL\\KB-WS017$\n",
        "Hull Scanner Agent\n      Disabled (Link): the link is disabled. Linked at kestrelbay.example, the domain, with link order 3.\n",
        "User: KESTREL\\peer.lindqvist\n  Loopback: The user's policy is that of the user's own place.",
        "Security Filtering - Finance Only\n      Applied: number ",
        "; KESTREL\\Finance Staff may apply it",
    ] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    // Apply is denied to the group.
    let director = [
        "--for-user",
        "august.merle",
        "--user-container",
        "OU=Human Resources,OU=People,OU=Headquarters,DC=kestrelbay,DC=example",
    ];
    let shown =
        text(&explain(&[&director[..], &["--for-computer", "KB-WS017", "--gpo", "not for directors"]].concat()).stdout);
    let part = "KESTREL\\Directors is denied the right Apply Group Policy";
    assert!(shown.contains(part), "{shown}");
    assert!(!shown.contains("Folder Redirection"), "only the one that was named: {shown}");
}

#[test]
fn a_setting_is_explained_by_its_winner_and_those_who_lost() {
    let output = explain(&["--for-computer", "KB-WS017", "--setting", "searchlist", "--json"]);
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let settings = found["computer"]["settings"].as_array().unwrap();
    assert_eq!(settings.len(), 1, "{found}");
    assert_eq!(
        settings[0]["setting"]["key"],
        r"registry/hklm\software\policies\microsoft\windows nt\dnsclient!searchlist"
    );
    let shown = text(&explain(&["--for-computer", "KB-WS017", "--setting", "searchlist"]).stdout);
    assert!(shown.contains("`Baseline - All Computers`, linked at kestrelbay.example"), "{shown}");
    let nothing = explain(&["--for-computer", "KB-WS017", "--setting", "no such setting"]);
    assert_eq!(nothing.status.code(), Some(2), "{}", text(&nothing.stderr));
}

#[test]
fn changes_that_were_not_made_are_planned_with() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("changes.json");
    let with = |changes: &str| {
        std::fs::write(&file, changes).unwrap();
        json(&["--for-user", "lucia.ferro", "--for-computer", "KB-WS017", "--what-if", &file.display().to_string()])
    };
    let as_it_is = applied(&with(r#"{"changes": []}"#), "user");
    let linked = r#"{"changes": [{"add_link": {"som": "kestrelbay.example/Headquarters/People/Sales", "gpo": "Screen Lock - Strict", "order": 1}}]}"#;
    let mut expected = as_it_is.clone();
    expected.push("Screen Lock - Strict".to_owned());
    assert_eq!(applied(&with(linked), "user"), expected);
    let finance = r#"{"changes": [{"place": {"side": "user", "container": "kestrelbay.example/Headquarters/People/Finance"}},
        {"membership": {"side": "user", "group": "KESTREL\\Finance Staff", "member": true}}]}"#;
    assert!(applied(&with(finance), "user").contains(&"Security Filtering - Finance Only".to_owned()));
    for (changes, code, words) in [
        ("{", 2, "holds no changes"),
        (r#"{"changes": [{"fly": {}}]}"#, 2, "holds no changes"),
        (r#"{"changes": [{"delete_gpo": {"gpo": "No such"}}]}"#, 1, "there is no GPO `No such`"),
    ] {
        std::fs::write(&file, changes).unwrap();
        let output = plan(&["--for-user", "lucia.ferro", "--what-if", &file.display().to_string()]);
        assert_eq!(output.status.code(), Some(code), "{changes}: {}", text(&output.stderr));
        assert!(text(&output.stderr).contains(words), "{changes}: {}", text(&output.stderr));
    }
}

#[test]
fn the_impact_of_changes_in_a_file_and_of_a_dry_run_names_accounts_and_settings() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("changes.json");
    let impact = |changes: &str, code: i32| {
        std::fs::write(&file, changes).unwrap();
        let output = run(&["--connect", "demo", "rsop", "impact", "--what-if", &file.display().to_string(), "--json"]);
        assert_eq!(output.status.code(), Some(code), "{}", text(&output.stderr));
        output.stdout
    };
    let blocked =
        r#"{"changes": [{"block_inheritance": {"som": "kestrelbay.example/Headquarters", "blocked": true}}]}"#;
    let told: Value = serde_json::from_slice(&impact(blocked, 3)).unwrap();
    assert!(told["affected"].as_u64().unwrap() > 5, "{told}");
    let slow = r#"{"changes": [{"slow_link": {"slow": true}}]}"#;
    assert_eq!(serde_json::from_slice::<Value>(&impact(slow, 3)).unwrap(), Value::Null);
    impact("{", 2);

    let dry = |more: &[&str]| {
        let block = ["--connect", "demo", "som", "block-inheritance", "kestrelbay.example/Headquarters", "--dry-run"];
        text(&run(&[&block[..], more].concat()).stdout)
    };
    let shown = dry(&[]);
    assert!(shown.contains("Impact: settings change for ") && shown.contains("KESTREL\\"), "{shown}");
    assert!(!dry(&["--no-impact"]).contains("Impact:"));
}

#[test]
fn where_nobody_logs_on_the_user_may_be_called_user() {
    let plan = |option: &str| json(&[option, r"KESTREL\hanna.crewe", "--computer", "KB-WS017"]);
    let (named, short) = (plan("--for-user"), plan("--user"));
    assert!(!applied(&named, "user").is_empty());
    assert_eq!(applied(&short, "user"), applied(&named, "user"));
}
