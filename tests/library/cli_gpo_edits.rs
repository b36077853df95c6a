//! GPOs changed from the command line, in a forest file: done, shown with `--dry-run`, said twice, undone.

use std::path::Path;

use serde_json::Value;

use super::cli::{program, text};
use crate::common::small_domain::{DOMAIN, as_backed_up, dns, make_forest, write_gpo};

const BASELINE: &str = crate::common::small_domain::BASELINE;

struct Ground {
    folder: tempfile::TempDir,
}

impl Ground {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = make_forest(&folder.path().join("corp.forest"));
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(write_gpo(&store, &dns(DOMAIN), BASELINE, &as_backed_up()));
        Ground { folder }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(Path::new(name)).display().to_string()
    }

    /// Runs the program; returns what it printed, and its errors behind that.
    fn run(&self, arguments: &[&str], expected_code: i32) -> String {
        let forest = self.path("corp.forest");
        let all: Vec<&str> = ["--writable", "--connect", &forest].iter().chain(arguments).copied().collect();
        let output = program(&all).env("OPENGPMC_JOURNAL", self.path("journal")).output().unwrap();
        let told = format!("{}{}", text(&output.stdout), text(&output.stderr));
        // A filter of the domain is damaged, which whoever reads all of it is told.
        let code = output.status.code().map(|code| if code == 3 { 0 } else { code });
        assert_eq!(code, Some(expected_code), "{arguments:?}: {told}");
        if expected_code == 0 && arguments.contains(&"--json") { text(&output.stdout) } else { told }
    }

    fn gpo(&self, name: &str) -> Value {
        let text = self.run(&["gpo", "show", name, "--json"], 0);
        serde_json::from_str(&text).unwrap()
    }

    /// Runs it with `--dry-run`, which must change nothing, then in earnest, then again, which must find nothing to do.
    fn check(&self, arguments: &[&str], shown: &str) {
        let before = self.run(&["gpo", "list", "--details", "--json"], 0);
        let dry: Vec<&str> = arguments.iter().chain(&["--dry-run"]).copied().collect();
        let told = self.run(&dry, 0);
        assert!(told.contains(shown), "{arguments:?}: {told}");
        assert_eq!(self.run(&["gpo", "list", "--details", "--json"], 0), before, "{arguments:?}");
        assert!(self.run(arguments, 0).contains(": done"), "{arguments:?}");
        assert!(self.run(arguments, 0).contains("nothing to do"), "{arguments:?}");
    }
}

#[test]
fn what_a_gpo_says_is_changed() {
    let ground = Ground::new();
    ground.check(&["gpo", "status", "Baseline", "user-disabled"], "flags `0` -> `1`");
    assert_eq!(ground.gpo("Baseline")["status"], "user_settings_disabled");
    ground.check(&["gpo", "comment", "Baseline", "new\nlines"], r"GPO.cmt: 6 bytes -> 20 bytes");
    assert_eq!(ground.gpo("Baseline")["comment"], "new\r\nlines");
    ground.check(&["gpo", "wmi-filter", "Baseline", "--none"], "gPCWQLFilter");
    assert_eq!(ground.gpo("Baseline")["wmi_filter"], Value::Null);
    ground.check(&["gpo", "wmi-filter", BASELINE, "Laptops"], "gPCWQLFilter (none) -> ");
    assert_eq!(ground.gpo("Baseline")["wmi_filter"], "Laptops");
    ground.run(&["gpo", "rename", "Baseline", " "], 2);
    ground.run(&["gpo", "rename", "Baseline", "Base line"], 0);
    assert_eq!(ground.gpo(BASELINE)["display_name"], "Base line");
    ground.run(&["journal", "undo"], 0);
    assert_eq!(ground.gpo(BASELINE)["display_name"], "Baseline");
}

#[test]
fn a_gpo_is_created_once_and_deleted() {
    let ground = Ground::new();
    let told = ground.run(&["gpo", "create", "New One", "--link-to", DOMAIN, "--comment", "c", "--dry-run"], 0);
    for line in ["add CN={", "flags `3` -> `0`", r"GPT.INI: no file -> ", "gPLink"] {
        assert!(told.contains(line), "{line}: {told}");
    }
    ground.run(&["gpo", "create", "New One", "--link-to", DOMAIN, "--comment", "c"], 0);
    let made = ground.gpo("New One");
    assert_eq!((&made["comment"], &made["links"][0]["order"]), (&Value::from("c"), &Value::from(1)));
    assert!(ground.run(&["gpo", "create", "new one"], 2).contains("another GPO of the domain has this name"));
    ground.run(&["gpo", "rename", "Baseline", "NEW ONE"], 2);
    assert!(ground.run(&["gpo", "delete", "New One", "--dry-run"], 0).contains("delete CN={"));
    ground.run(&["gpo", "delete", "New One"], 0);
    ground.run(&["gpo", "show", "New One"], 1);
    ground.run(&["journal", "undo"], 0);
    assert_eq!(ground.gpo("New One")["links"], made["links"]);
}

#[test]
fn a_script_may_say_twice_what_it_wants() {
    let ground = Ground::new();
    let wanted = ["gpo", "ensure", "Scripted", "--status", "computer-disabled", "--wmi-filter", "Laptops"];
    ground.check(&wanted, "flags `3` -> `2`");
    let made = ground.gpo("Scripted");
    assert_eq!((&made["status"], &made["wmi_filter"]), (&"computer_settings_disabled".into(), &"Laptops".into()));
    ground.check(&["gpo", "ensure", "Scripted", "--comment", "said later"], "GPO.cmt: no file -> ");
    assert_eq!(ground.gpo("Scripted")["status"], "computer_settings_disabled");
    ground.run(&["gpo", "ensure", "Scripted", "--wmi-filter", "No such"], 1);
    let json: Value = serde_json::from_str(&ground.run(&["gpo", "ensure", "Scripted", "--json"], 0)).unwrap();
    assert_eq!((&json["changed"], &json["title"]), (&Value::from(false), &"Ensure the GPO Scripted".into()));
}
