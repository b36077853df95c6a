//! The built program changes WMI filters and starter GPOs of the demo forest, which lives as long as one run of it.

use super::cli::{run, text};

/// Runs the program on the demo forest and looks at its exit code and at one thing it said.
fn check(arguments: &[&str], code: i32, said: &str) -> String {
    let arguments: Vec<&str> = ["--connect", "demo"].iter().chain(arguments).copied().collect();
    let output = run(&arguments);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", text(&output.stderr));
    let all = text(&output.stdout) + &text(&output.stderr);
    assert!(all.contains(said), "{arguments:?}: {all}");
    all
}

#[test]
fn wmi_filters_are_changed() {
    const NAME: &str = "Windows 11 with TPM 2.0";
    const QUERY: &str = "select * from Win32_OperatingSystem where Version like '10.%'";
    let filter = |arguments: &[&str], code: i32, said: &str| {
        check(&["wmi-filter"].iter().chain(arguments).copied().collect::<Vec<_>>(), code, said)
    };
    filter(&["create", "A", "--query", QUERY], 0, "Create the WMI filter A: done");
    let would = filter(&["create", "A", "--query", QUERY, "--query", QUERY, "--dry-run"], 0, "would");
    assert!(would.contains("msWMI-Parm2: `2;3;10;61;WQL;root\\CIMv2;select"), "{would}");
    filter(&["create", "A"], 2, "--query");
    filter(&["create", "A", "--query", "select from A"], 2, "at character 8");
    filter(&["create", "A", "--query", "select from A", "--no-syntax-check"], 0, "done");
    filter(&["create", "A", "--query", QUERY, "--namespace", "CIMv2"], 2, "root");
    filter(&["create", NAME, "--query", QUERY], 1, "already");
    filter(&["ensure", "A", "--query", QUERY], 0, "Create the WMI filter A: done");
    let would = filter(&["ensure", NAME, "--query", QUERY, "--description", "d", "--dry-run"], 0, "msWMI-Parm1");
    assert!(would.contains("msWMI-ChangeDate") && !would.contains("msWMI-Name"), "{would}");
    filter(&["edit", NAME, "--description", ""], 0, "Edit the WMI filter");
    filter(&["edit", NAME], 0, "nothing to do");
    filter(&["rename", NAME, "B", "--json"], 0, "\"changed\": true");
    filter(&["rename", NAME, ""], 1, "its name must have");
    let would = filter(&["delete", NAME, "--dry-run"], 0, "gPCWQLFilter");
    assert!(would.contains("-> (none)") && would.contains("delete CN={"), "{would}");
    filter(&["delete", NAME], 0, "done");
    filter(&["delete", "No such"], 1, "wmi-filter list");
    filter(&["copy", NAME, "--dry-run"], 0, "msWMI-Name: `Copy of Windows 11 with TPM 2.0`");
    filter(&["copy", NAME, "--to-domain", "lumen-sails.example"], 0, "to lumen-sails.example: done");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("f.mof").to_str().unwrap().to_owned();
    filter(&["export", NAME, &file], 0, "was exported to");
    filter(&["export", NAME, &file], 1, "the file is there already");
    filter(&["export", NAME, &file, "--overwrite", "--json"], 0, "f.mof");
    filter(&["import", &file], 1, "already");
    filter(&["import", &file, "--name", "C"], 0, "Create the WMI filter C: done");
    filter(&["import", &file, "--domain", "lumen-sails.example"], 0, "done");
    std::fs::write(&file, "x").unwrap();
    filter(&["import", &file], 1, "line 1");
}

#[test]
fn starter_gpos_are_changed() {
    const NAME: &str = "Kestrel Bay - New workstation";
    let starter = |arguments: &[&str], code: i32, said: &str| {
        check(&["starter-gpo"].iter().chain(arguments).copied().collect::<Vec<_>>(), code, said)
    };
    starter(&["create-folder"], 0, "nothing to do");
    starter(&["create", "--dry-run"], 0, "Create the starter GPO New Starter GPO: would");
    starter(&["create", "Mine", "--comment", "c"], 0, "done");
    starter(&["create", NAME], 1, "already");
    starter(&["rename", NAME, "Mine"], 0, "Rename the starter GPO");
    starter(&["rename", "Remote update ports", "Mine"], 1, "read-only");
    starter(&["describe", NAME, "c", "--json"], 0, "\"changed\": true");
    starter(&["describe", "Empty & new", ""], 0, "nothing to do");
    starter(&["delete", NAME, "--dry-run"], 0, "remove folder");
}
