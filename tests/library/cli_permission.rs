//! `permission` and `acl` of the built program: what they list, what they would change, what they refuse.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use opengpmc::store::ForestFileBuilder;
use opengpmc::store::demo::DemoForest;
use serde_json::Value;

/// A forest file of its own and a journal, so that changes last from one run to the next.
struct Ground {
    folder: tempfile::TempDir,
}

impl Ground {
    fn new() -> Self {
        let ground = Ground { folder: tempfile::tempdir().unwrap() };
        let demo = DemoForest::load().unwrap();
        let mut builder = ForestFileBuilder::create(&ground.file(), &demo.domains).unwrap();
        builder.add_entries(demo.entries).unwrap();
        for (domain, item) in demo.files {
            builder.add_files(&domain, [item]).unwrap();
        }
        builder.finish().unwrap();
        ground
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("demo.gpforest")
    }

    fn program(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_opengpmc"));
        command.env("OPENGPMC_JOURNAL", self.folder.path().join("journal")).env_remove("OPENGPMC_CONNECT");
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.output().unwrap()
    }

    /// Runs the program on the forest file, and compares the exit code; returns what it printed and told.
    #[track_caller]
    fn run(&self, arguments: &[&str], code: i32) -> (String, String) {
        let connect = ["--writable", "--connect", self.file().to_str().unwrap()].map(str::to_owned);
        let all: Vec<&str> = connect.iter().map(String::as_str).chain(arguments.iter().copied()).collect();
        let output = self.program(&all);
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let (printed, told) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {printed}{told}");
        (printed, told)
    }

    fn rows(&self, of: &[&str]) -> Vec<(String, String)> {
        let arguments: Vec<&str> = ["permission", "list"].iter().chain(of).chain(&["--json"]).copied().collect();
        let value: Value = serde_json::from_str(&self.run(&arguments, 0).0).unwrap();
        let row = |row: &Value| {
            let name = row["trustee"]["name"].as_str().unwrap_or("?").to_owned();
            (name, row["level"].as_str().unwrap().to_owned())
        };
        value["permissions"].as_array().unwrap().iter().map(row).collect()
    }

    fn has(&self, of: &[&str], name: &str, level: &str) -> bool {
        self.rows(of).contains(&(name.to_owned(), level.to_owned()))
    }
}

const STAFF: &str = r"KESTREL\Finance Staff";

#[test]
fn permissions_are_given_and_taken_away() {
    let ground = Ground::new();
    let gpo: &[&str] = &["gpo", "Screen Lock - Strict"];
    let on = |verb: &'static str, rest: &[&'static str]| -> Vec<&'static str> {
        ["permission", verb, "gpo", "Screen Lock - Strict"].iter().chain(rest).copied().collect()
    };
    let grant = on("grant", &["--to", "Finance Staff", "--level", "edit"]);
    let dry: Vec<&str> = grant.iter().chain(&["--dry-run"]).copied().collect();
    let (printed, _) = ground.run(&dry, 0);
    assert!(printed.contains("would\n  set security of CN={"), "{printed}");
    assert!(printed.contains(r"set security of \\kestrelbay.example\SysVol"), "{printed}");
    assert!(!ground.has(gpo, STAFF, "gpo_edit"));
    let (printed, _) = ground.run(&grant, 0);
    assert!(printed.ends_with(": done\n"), "{printed}");
    assert!(ground.has(gpo, STAFF, "gpo_edit"), "{:?}", ground.rows(gpo));
    // Again, and less than there is: nothing to do. Ensure means exactly that.
    assert!(ground.run(&grant, 0).0.ends_with(": nothing to do\n"));
    assert!(ground.run(&on("grant", &["--to", STAFF, "--level", "read"]), 0).0.ends_with(": nothing to do\n"));
    ground.run(&on("ensure", &["--to", STAFF, "--level", "read"]), 0);
    assert!(ground.has(gpo, STAFF, "gpo_read") && !ground.has(gpo, STAFF, "gpo_edit"));
    assert!(ground.run(&on("ensure", &["--to", STAFF, "--level", "read"]), 0).0.ends_with(": nothing to do\n"));
    ground.run(&["journal", "undo"], 0);
    assert!(ground.has(gpo, STAFF, "gpo_edit"));
    ground.run(&on("revoke", &["--from", STAFF]), 0);
    assert!(ground.rows(gpo).iter().all(|(name, _)| name != STAFF));
    // Computers would no longer read it: done, with a warning.
    let (_, told) = ground.run(&on("revoke", &["--from", "Authenticated Users"]), 3);
    assert!(told.contains("computers can no longer read this GPO"), "{told}");
}

#[test]
fn other_objects_have_their_own_levels() {
    let ground = Ground::new();
    let ou = "kestrelbay.example/Headquarters";
    ground.run(&["permission", "grant", "som", ou, "--to", STAFF, "--level", "link", "--this-container-only"], 0);
    let (printed, _) = ground.run(&["permission", "list", "som", ou], 0);
    let row = printed.lines().find(|line| line.contains("Finance Staff")).unwrap();
    assert!(row.contains("Link GPOs") && row.contains("Allow") && !row.contains("Yes"), "{row}");
    ground.run(&["permission", "grant", "gpo-creation", "--to", STAFF, "--level", "create"], 0);
    assert!(ground.has(&["gpo-creation"], STAFF, "som_gpo_create"));
    ground.run(&["permission", "grant", "wmi-filter", "Laptops", "--to", STAFF, "--level", "full"], 0);
    assert!(ground.has(&["wmi-filter", "Laptops"], STAFF, "wmi_filter_full_control"));
    let refuses = |arguments: &[&str], code: i32, expected: &str| {
        let (_, told) = ground.run(arguments, code);
        assert!(told.contains(expected), "{told}");
    };
    refuses(
        &["permission", "revoke", "wmi-filter", "Laptops", "--from", "Authenticated Users"],
        1,
        "everybody must be able to read a WMI filter",
    );
    refuses(
        &["permission", "grant", "wmi-filters", "--to", STAFF, "--level", "link"],
        2,
        "`link` is no permission on the container of WMI filters; there are: create, full",
    );
    refuses(&["permission", "grant", "gpo", "--to", STAFF, "--level", "read"], 2, "required");
    refuses(&["permission", "list", "gpo-creation", "x"], 2, "a domain has only one of these");
    refuses(&["permission", "grant", "gpo-creation", "--to", "Nobody", "--level", "create"], 1, "Nobody");
}

#[test]
fn access_lists_are_compared_and_repaired() {
    let ground = Ground::new();
    let gpo = "Screen Lock - Strict";
    assert!(ground.run(&["acl", "check", gpo], 0).0.contains("agree"));
    let (before, _) = ground.run(&["acl", "get", "gpo", gpo, "--parts", "dacl"], 0);
    let with_denial = format!("{}(A;CI;LCRPRC;;;WD)", before.trim());
    ground.run(&["acl", "set", "gpo", gpo, "--sddl", &with_denial], 0);
    assert_eq!(ground.run(&["acl", "get", "gpo", gpo, "--parts", "dacl"], 0).0.trim(), with_denial);
    // The folder followed.
    ground.run(&["acl", "check", gpo], 0);
    ground.run(&["acl", "owner", "gpo", gpo, "--to", STAFF], 0);
    let (owner, _) = ground.run(&["acl", "get", "gpo", gpo, "--parts", "owner"], 0);
    assert!(owner.starts_with("O:S-1-5-21-"), "{owner}");
    let (_, told) = ground.run(&["acl", "set", "gpo", gpo, "--sddl", "D:", "--parts", "owner"], 1);
    assert!(told.contains("the descriptor has no owner to be set"), "{told}");
    // One folder of the demo forest is missing, and its list with it.
    let (printed, _) = ground.run(&["acl", "check"], 3);
    assert!(printed.contains("no folder in SYSVOL"), "{printed}");
    let value: Value = serde_json::from_str(&ground.run(&["acl", "check", "--json"], 3).0).unwrap();
    assert!(value.as_array().unwrap().iter().any(|check| check["state"] == "folder_missing"));
    let (printed, _) = ground.run(&["acl", "check", "--repair"], 3);
    assert!(printed.contains("no folder in SYSVOL"), "{printed}");
}
