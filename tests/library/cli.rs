//! The built program on the demo forest: every noun and verb, for people and for scripts, with its exit code.

#[cfg(unix)]
use std::io::Read;
use std::io::Write;
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};
#[cfg(unix)]
use std::time::{Duration, Instant};

use serde_json::Value;

/// Returns the program with an environment that names no forest, display or user.
pub(super) fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_opengpmc"));
    for name in
        ["OPENGPMC_CONNECT", "USERDNSDOMAIN", "OPENGPMC_PASSWORD_FILE", "DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"]
    {
        command.env_remove(name);
    }
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub(super) fn run(arguments: &[&str]) -> Output {
    program(arguments).output().unwrap()
}

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Runs the program on the demo forest; it may only be partly done, since the demo forest has faults in it.
fn demo(arguments: &[&str]) -> String {
    let arguments: Vec<&str> = ["--connect", "demo"].iter().chain(arguments).copied().collect();
    let output = run(&arguments);
    let code = output.status.code();
    assert!(code == Some(0) || code == Some(3), "{arguments:?}: {code:?}: {}", text(&output.stderr));
    assert_eq!(code == Some(3), text(&output.stderr).contains("warning: "), "{arguments:?}");
    text(&output.stdout)
}

fn demo_json(arguments: &[&str]) -> Value {
    let arguments: Vec<&str> = arguments.iter().chain(&["--json"]).copied().collect();
    serde_json::from_str(&demo(&arguments)).unwrap()
}

fn demo_list(arguments: &[&str]) -> Vec<Value> {
    let Value::Array(list) = demo_json(arguments) else { panic!("{arguments:?} is no list") };
    list
}

fn string<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("{key} in {value}"))
}

#[test]
fn gpo_list_gives_every_property() {
    let gpos = demo_list(&["gpo", "list"]);
    assert!(gpos.len() > 10, "{}", gpos.len());
    for gpo in &gpos {
        for key in ["id", "display_name", "domain", "status"] {
            assert!(!string(gpo, key).is_empty());
        }
        for key in ["owner", "created", "modified", "wmi_filter"] {
            assert!(gpo.get(key).is_some(), "{key} in {gpo}");
        }
        for key in ["computer_version", "user_version"] {
            assert!(gpo[key]["directory"].is_u64(), "{gpo}");
            assert!(gpo[key].get("sysvol").is_some(), "{gpo}");
        }
    }
    assert!(gpos.iter().any(|gpo| gpo["wmi_filter"].is_string()));
    assert!(gpos.iter().any(|gpo| gpo["computer_version"]["sysvol"].is_u64()));
    assert!(gpos.iter().any(|gpo| gpo["owner"].as_str().is_some_and(|owner| owner.contains('\\'))));
}

#[test]
fn gpo_list_for_people_has_a_row_each() {
    let gpos = demo_list(&["gpo", "list"]);
    let plain = demo(&["gpo", "list"]);
    assert_eq!(plain.lines().count(), gpos.len() + 1);
    assert!(plain.starts_with("NAME"));
    let long = demo(&["gpo", "list", "--long"]);
    assert_eq!(long.matches("Display name:").count(), gpos.len());
    for gpo in &gpos {
        assert!(plain.contains(string(gpo, "id")));
        assert!(long.contains(string(gpo, "id")));
    }
    for label in ["GPO:", "Path:", "DN:", "Version:", "Flags:"] {
        assert!(long.contains(label));
    }
    let details = demo(&["gpo", "list", "--details"]);
    assert!(details.lines().next().unwrap().contains("OWNER"));
    assert_eq!(details.lines().count(), gpos.len() + 1);
}

#[test]
fn gpo_list_of_another_domain() {
    let domains = demo_list(&["domain", "list"]);
    let other = string(&domains[1], "name");
    let gpos = demo_list(&["gpo", "list", "--domain", other]);
    assert!(!gpos.is_empty());
    assert!(gpos.iter().all(|gpo| string(gpo, "domain") == other));
}

#[test]
fn gpo_show_by_name_and_by_guid() {
    let list = demo_list(&["gpo", "list"]);
    let by_guid =
        demo_json(&["gpo", "show", "{31B2F340-016D-11D2-945F-00C04FB984F9}", "--domain", string(&list[0], "domain")]);
    assert_eq!(string(&by_guid, "display_name"), "Default Domain Policy");
    assert!(!by_guid["links"].as_array().unwrap().is_empty());
    assert!(!by_guid["permissions"].as_array().unwrap().is_empty());
    let name = string(&list[3], "display_name").to_uppercase();
    let shown = demo(&["gpo", "show", &name, "--domain", string(&list[3], "domain")]);
    assert!(shown.contains(string(&list[3], "id")), "{shown}");
    for heading in ["Links", "Security filtering", "Delegation", "(AD)"] {
        assert!(shown.contains(heading), "{heading}");
    }
}

#[test]
fn a_name_with_several_owners_is_a_question_back() {
    let output = run(&["--connect", "demo", "gpo", "show", "Workstations - Power"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("say which"), "{}", text(&output.stderr));
}

#[test]
fn a_gpo_is_looked_for_in_the_domain_of_the_connection_first() {
    let own = demo_json(&["gpo", "show", "Default Domain Policy"]);
    assert_eq!(own["domain"], demo_list(&["gpo", "list"])[0]["domain"]);
    assert_eq!(string(&demo_json(&["gpo", "show", "Lumen - Baseline"]), "domain"), "lumen-sails.example");
}

#[test]
fn gpos_and_starter_gpos_are_reported() {
    assert!(demo(&["gpo", "report", "Default Domain Policy"]).contains("Password Policy"));
    let output = run(&["--connect", "demo", "gpo", "report", "Broken - Directory Only"]);
    assert!(text(&output.stdout).contains("GPT.INI: the file is not there"), "{}", text(&output.stdout));
    assert!(text(&output.stderr).contains("GPT.INI: the file is not there"), "{}", text(&output.stderr));
    assert!(demo(&["starter-gpo", "report", "remote update ports"]).starts_with("Remote update ports\n"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reports");
    let told = demo(&["starter-gpo", "report", "--all", "--output-dir", path.to_str().unwrap(), "--format", "xml"]);
    let count = std::fs::read_dir(&path).unwrap().count();
    assert!(count > 1 && told.contains(&format!("{count} reports written")), "{told}");
}

#[test]
fn som_list_and_show() {
    let soms = demo_list(&["som", "list"]);
    assert!(soms.len() > 60);
    assert_eq!(demo(&["som", "list"]).lines().count(), soms.len() + 1);
    let linked = demo_list(&["som", "list", "--linked"]);
    assert!(linked.len() < soms.len());
    let som =
        soms.iter().find(|som| string(som, "kind") == "ou" && !som["links"].as_array().unwrap().is_empty()).unwrap();
    for name in [string(som, "dn"), string(som, "path")] {
        let shown = demo_json(&["som", "show", name]);
        assert_eq!(shown["dn"], som["dn"]);
        assert!(shown["inherited_links"].as_array().unwrap().iter().all(|link| link["precedence"].is_u64()));
        assert!(demo(&["som", "show", name]).contains("Group Policy Inheritance"));
    }
}

/// Returns trustee, level and whether it is inherited of each permission in the JSON of an object.
fn permissions(value: &Value) -> Vec<(&str, &str, bool)> {
    let rows = value["permissions"].as_array().unwrap().iter();
    rows.map(|row| (string(&row["trustee"], "name"), string(row, "level"), row["inherited"] == true)).collect()
}

#[test]
fn show_tells_who_may_do_what() {
    let payroll = "kestrelbay.example/Headquarters/People/Finance/Payroll";
    for (arguments, present, absent, row) in [
        (
            ["som", "show", "kestrelbay.example/Headquarters"],
            ("KESTREL\\Site Network Team", "som_link", false),
            ("KESTREL\\GPO Editors", "som_link", false),
            "KESTREL\\Site Network Team Link GPOs no",
        ),
        (
            ["som", "show", payroll],
            ("KESTREL\\GPO Editors", "som_link", true),
            ("KESTREL\\Payroll Officers", "som_link", true),
            "KESTREL\\Payroll Officers Link GPOs no",
        ),
        (
            ["som", "show", "kestrelbay.example"],
            ("KESTREL\\GPO Editors", "som_planning", false),
            ("KESTREL\\Site Network Team", "som_link", false),
            "KESTREL\\Helpdesk Read Group Policy Results data no",
        ),
        (
            ["som", "show", "Aberwick"],
            ("KESTREL\\Site Network Team", "som_link", false),
            ("KESTREL\\Helpdesk", "som_link", false),
            "KESTREL\\Enterprise Admins Link GPOs yes",
        ),
        (
            ["wmi-filter", "show", "Windows 11 with TPM 2.0"],
            ("KESTREL\\GPO Editors", "wmi_filter_full_control", false),
            ("KESTREL\\Helpdesk", "wmi_filter_full_control", false),
            "KESTREL\\Helpdesk Edit no",
        ),
    ] {
        let shown = demo_json(&arguments);
        assert_eq!(shown["unrestricted"], false);
        let found = permissions(&shown);
        assert!(found.contains(&present), "{arguments:?}: {found:?}");
        assert!(!found.contains(&absent), "{arguments:?}: {found:?}");
        let shown = demo(&arguments);
        let (_, delegation) = shown.split_once("\nDelegation\n").unwrap();
        let rows: Vec<String> =
            delegation.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(rows[0], "NAME ALLOWED PERMISSIONS INHERITED");
        assert_eq!(rows.len(), found.len() + 1, "{shown}");
        assert!(rows.iter().any(|line| line == row), "{row}: {shown}");
    }
}

#[test]
fn permissions_that_cannot_be_read_are_said_to_be_so() {
    let gpos = demo_list(&["gpo", "list"]);
    let gpo = gpos.iter().find(|gpo| gpo["inaccessible"] == true).unwrap();
    let shown = demo_json(&["gpo", "show", string(gpo, "id")]);
    assert!(shown["permissions"].is_null(), "{shown}");
    let text = demo(&["gpo", "show", string(gpo, "id")]);
    assert!(text.ends_with("\nDelegation\nThe permissions cannot be read.\n"), "{text}");
}

#[test]
fn the_other_nouns_list_and_show() {
    let domains = demo_list(&["domain", "list"]);
    assert!(domains.len() >= 3);
    assert_eq!(demo(&["domain", "list"]).lines().count(), domains.len() + 1);
    let sites = demo_list(&["site", "list"]);
    assert!(sites.len() >= 4);
    assert_eq!(demo(&["site", "list"]).lines().count(), sites.len() + 1);
    let filters = demo_list(&["wmi-filter", "list"]);
    assert!(!filters.is_empty());
    assert_eq!(demo(&["wmi-filter", "list"]).lines().count(), filters.len() + 1);
    let shown = demo_json(&["wmi-filter", "show", string(&filters[0], "id")]);
    assert_eq!(shown["name"], filters[0]["name"]);
    assert!(demo(&["wmi-filter", "show", string(&filters[0], "id")]).contains("Queries"));
    let starters = demo_list(&["starter-gpo", "list"]);
    assert!(!starters.is_empty());
    assert_eq!(demo(&["starter-gpo", "list"]).lines().count(), starters.len() + 1);
}

#[test]
fn the_forest_is_a_tree_of_text_or_one_object() {
    let forest = demo_json(&["forest", "show"]);
    assert!(forest["domains"].as_array().unwrap().len() >= 3);
    let tree = demo(&["forest", "show"]);
    assert!(tree.starts_with(&format!("Forest: {}\n├─ Domains\n", string(&forest, "name"))));
    for words in ["(enforced)", "(link disabled)", "(blocks inheritance)", "Not Found", "└─ Sites"] {
        assert!(tree.contains(words), "{words}");
    }
}

#[test]
fn without_a_command_and_a_display_the_tree_is_printed() {
    if !cfg!(all(target_os = "linux", feature = "gui")) {
        return;
    }
    let output = run(&[]);
    assert!(matches!(output.status.code(), Some(0 | 3)));
    assert!(text(&output.stdout).starts_with("Forest: "));
    let said = text(&output.stderr);
    assert!(said.contains("display") && said.contains("ssh -X"), "{said}");
    assert!(said.contains("demo forest"), "{said}");
}

#[test]
fn failures_have_their_codes_and_their_advice() {
    for (arguments, code, words) in [
        (&["--connect", "nothing.gpforest", "gpo", "list"][..], 1, "nothing.gpforest"),
        (&["--connect", "demo", "gpo", "show", "no such GPO"], 1, "no such GPO"),
        (&["--connect", "demo", "som", "show", "OU=no such,DC=x"], 1, "OU=no such,DC=x"),
        (&["--connect", "demo", "gpo", "list", "--domain", "no.such.domain"], 1, "no.such.domain"),
        (&["--connect", "demo", "gpo", "show", "x", "--domain", "no.such.domain"], 2, "no.such.domain"),
        (&["--connect", "demo", "som", "list", "--domain", "no.such.domain"], 2, "no.such.domain"),
        (&["--connect", "demo", "wmi-filter", "list", "--domain", "no.such.domain"], 2, "no.such.domain"),
        (&["--connect", "demo", "wmi-filter", "show", "x", "--domain", "no.such.domain"], 2, "no.such.domain"),
        (&["--connect", "demo", "search", "--domain", "no.such.domain"], 2, "no.such.domain"),
        (&["--connect", "demo", "search", "--linked-in", "no.such.domain"], 2, "no.such.domain"),
        (&["--connect", "demo", "gpo", "show", "Workstations - Power"], 2, "--domain"),
        (&["--connect", "demo", "starter-gpo", "report", "nothing"], 1, "starter-gpo list"),
        (&["--connect", "demo", "gpo", "report", "Default Domain Policy", "--output", "a.pdf"], 2, ".html"),
        (
            &["--connect", "demo", "gpo", "report", "Default Domain Policy", "--output", "no such folder/a.csv"],
            1,
            "there is no folder no such folder",
        ),
        (&["backup", "report", "src", "--all"], 1, "bkupInfo.xml"),
        (&["backup", "report", "no such folder", "--all"], 1, "no such folder"),
        (&["admx", "check", "src"], 1, "no administrative templates"),
        (&["--connect", "not a forest", "gpo", "list"], 2, "expected demo"),
        (&["gpo", "vanish"], 2, "vanish"),
        (&["--connect", "ldap://host.invalid", "--user", "somebody", "gpo", "list"], 2, "--password-stdin"),
        (&["--password-stdin", "gpo", "list"], 2, "--user"),
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", text(&output.stderr));
        assert!(text(&output.stderr).contains(words), "{arguments:?}: {}", text(&output.stderr));
        assert_eq!(text(&output.stdout), "");
    }
}

#[test]
fn a_reader_that_leaves_ends_the_program_quietly() {
    for arguments in [
        &["forest", "show", "--json"][..],
        &["forest", "show"],
        &["gpo", "list", "--details"],
        &["search", "--name-contains", "a"],
        &["completions", "bash"],
        &["man-page"],
    ] {
        let mut child = program(&[&["--connect", "demo"], arguments].concat()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output.stderr));
        assert!(!text(&output.stderr).contains("error"), "{arguments:?}: {}", text(&output.stderr));
    }
}

#[test]
fn scripts_get_json_and_warnings_and_nothing_else() {
    for arguments in [
        &["forest", "show"][..],
        &["domain", "list"],
        &["gpo", "list"],
        &["gpo", "show", "Delegated - Helpdesk Tools"],
        &["som", "list"],
        &["som", "show", "kestrelbay.example"],
        &["site", "list"],
        &["wmi-filter", "list"],
        &["wmi-filter", "show", "Laptops"],
        &["starter-gpo", "list"],
        &["search", "--name-contains", "a"],
    ] {
        let output = run(&[&["--connect", "demo", "--json"], arguments].concat());
        serde_json::from_slice::<Value>(&output.stdout).unwrap();
        for line in text(&output.stderr).lines() {
            assert!(line.starts_with("warning: ") && !line.contains(['\r', '\x1b']), "{arguments:?}: {line}");
        }
    }
}

/// On a terminal, work that takes long shows what it waits for, and takes that away again before it says how it ended.
#[cfg(target_os = "linux")]
#[test]
fn the_progress_line_is_taken_away() {
    let (_listener, server) = silent_server();
    let command = format!("'{}' --connect {server} --timeout 2 gpo list --json", env!("CARGO_BIN_EXE_opengpmc"));
    let shown = Command::new("script").args(["-qec", &command, "/dev/null"]).stdin(Stdio::null()).output();
    let shown = match shown {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return eprintln!("skipped: there is no `script` (package bsdutils) to make a terminal");
        }
        shown => shown.unwrap(),
    };
    let shown = text(&shown.stdout);
    assert!(shown.contains("\r\x1b[KConnecting to ldap://127.0.0.1"), "{shown:?}");
    let (_, end) = shown.rsplit_once("\r\x1b[K").unwrap();
    assert!(end.starts_with("error: 127.0.0.1: did not answer in time"), "{shown:?}");
}

#[test]
fn partly_done_names_what_could_not_be_read() {
    let output = run(&["--connect", "demo", "--json", "forest", "show"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("gPCWQLFilter"), "{}", text(&output.stderr));
    let forest: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(forest["domains"].as_array().unwrap().len(), 3);
    // A domain without faults is done.
    let output = run(&["--connect", "demo", "gpo", "list", "--domain", "yards.kestrelbay.example"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(text(&output.stderr), "");
}

/// Returns a server that takes connections and never answers, with its address.
fn silent_server() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("ldap://{}", listener.local_addr().unwrap());
    (listener, address)
}

#[test]
fn the_password_is_read_from_standard_input_and_never_shown() {
    let (_listener, server) = silent_server();
    let connect = ["--connect", &server, "--user", "ann@corp.example.com", "--timeout", "1"];
    let with_input = |input: &[u8]| {
        let mut command = program(&[&connect[..], &["--password-stdin", "gpo", "list"]].concat());
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
        assert_eq!(text(&output.stdout), "");
        text(&output.stderr)
    };
    let said = with_input(b"Trawler-4711\nnot the password\n");
    assert!(said.contains("did not answer in time") && !said.contains("Trawler"), "{said}");
    for empty in [&b""[..], b"\n", b"\r\n"] {
        assert!(with_input(empty).contains("the password is empty"));
    }
    assert!(with_input(b"\xff\xfe\n").contains("not UTF-8"));
    // Likewise from a file.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    let with_file = || {
        let mut command = program(&[&connect[..], &["gpo", "list"]].concat());
        let output = command.env("OPENGPMC_PASSWORD_FILE", &file).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        text(&output.stderr)
    };
    assert!(with_file().contains(file.to_str().unwrap()));
    std::fs::write(&file, "Trawler-4711\n").unwrap();
    let said = with_file();
    assert!(said.contains("did not answer in time") && !said.contains("Trawler"), "{said}");
}

/// Ctrl-C cancels at once, whatever the time-out.
#[cfg(unix)]
#[test]
fn an_interrupt_cancels() {
    let (listener, server) = silent_server();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("copy.gpforest");
    for arguments in
        [&["gpo", "list"][..], &["forest", "show", "--json"], &["snapshot", "save", file.to_str().unwrap()]]
    {
        let child = program(&[&["--connect", &server, "--timeout", "600"], arguments].concat()).spawn().unwrap();
        // Once it has asked something, the program waits for the answer and listens for signals.
        let (mut connection, _) = listener.accept().unwrap();
        connection.read_exact(&mut [0]).unwrap();
        let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        let start = Instant::now();
        let output = child.wait_with_output().unwrap();
        assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", text(&output.stderr));
        assert_eq!(text(&output.stderr), "error: the operation was cancelled\n");
        assert_eq!(text(&output.stdout), "");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn completions_and_manual_pages_are_made() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(text(&run(&["completions", shell]).stdout).contains("wmi-filter"), "{shell}");
    }
    assert!(text(&run(&["man-page"]).stdout).starts_with(".ie"));
    let folder = tempfile::tempdir().unwrap();
    let output = run(&["man-page", folder.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    for page in ["opengpmc.1", "opengpmc-gpo.1", "opengpmc-gpo-list.1"] {
        assert!(folder.path().join(page).exists(), "{page}");
    }
}

#[test]
fn search_takes_every_criterion() {
    let all = demo_list(&["gpo", "list"]);
    let domain = string(&all[0], "domain");
    let count = |arguments: &[&str]| {
        let arguments: Vec<&str> = ["search", "--domain", domain].iter().chain(arguments).copied().collect();
        demo_list(&arguments).len()
    };
    assert_eq!(count(&[]), all.len());
    let gpo = &all[5];
    assert_eq!(count(&["--id", string(gpo, "id")]), 1);
    assert_eq!(count(&["--not-id", string(gpo, "id")]), all.len() - 1);
    let name = string(gpo, "display_name");
    let named = count(&["--name", &name.to_uppercase()]);
    assert!(named >= 1);
    let holding = count(&["--name-contains", &name[..3]]);
    assert!(holding >= named);
    assert_eq!(holding + count(&["--name-not-contains", &name[..3]]), all.len());
    let filter = all.iter().find_map(|gpo| gpo["wmi_filter_id"].as_str()).unwrap();
    let filtered = all.iter().filter(|gpo| gpo["wmi_filter_id"] == filter).count();
    assert_eq!(count(&["--wmi-filter", filter]), filtered);
    assert_eq!(count(&["--not-wmi-filter", filter]), all.len() - filtered);
    let registry = "{35378EAC-683F-11D2-A89A-00C04FBBCFA2}";
    for half in ["computer", "user"] {
        let with = count(&[&format!("--{half}-extension"), registry]);
        assert!(with > 0);
        assert_eq!(with + count(&[&format!("--not-{half}-extension"), registry]), all.len());
    }
    let set = count(&["--permission", "Authenticated Users=apply"]);
    assert!(set > 0 && set < all.len());
    assert!(count(&["--not-permission", "Authenticated Users=apply"]) <= all.len() - set);
    assert!(count(&["--effective-permission", "Domain Admins=edit-security"]) > 0);
    assert!(count(&["--not-effective-permission", "Domain Admins=edit-security"]) < all.len());
    let linked = count(&["--linked-in", "forest"]);
    assert!(linked > 0 && linked < all.len());
    assert_eq!(linked + count(&["--not-linked-in", "forest"]), all.len());
    assert!(count(&["--linked-in", "sites"]) > 0 && count(&["--linked-in", domain]) <= linked);
    let other_domains = demo_list(&["search", "--not-domain", domain]);
    assert!(!other_domains.is_empty());
    assert!(other_domains.iter().all(|gpo| string(gpo, "domain") != domain));
}

#[test]
fn search_finds_containers_by_their_links_and_starter_gpos() {
    let linked = demo_list(&["som", "list", "--linked"]);
    let gpo = linked[0]["links"][0]["gpo_dn"].as_str().unwrap();
    let found = demo_list(&["search", "--kind", "som", "--links", gpo]);
    assert!(found.iter().any(|som| som["dn"] == linked[0]["dn"]));
    let sites = demo_list(&["site", "list"]);
    let site = sites.iter().find(|site| !site["links"].as_array().unwrap().is_empty()).unwrap();
    let gpo = site["links"][0]["gpo_dn"].as_str().unwrap();
    assert!(demo(&["search", "--kind", "site", "--links", gpo]).contains(string(site, "name")));
    let starters = demo_list(&["starter-gpo", "list"]);
    let found = demo_list(&["search", "--kind", "starter-gpo", "--name", string(&starters[0], "display_name")]);
    assert_eq!(found[0]["id"], starters[0]["id"]);
    let readable = demo_list(&["search", "--kind", "starter-gpo", "--permission", "Authenticated Users=read"]);
    assert!(!readable.is_empty());
    // What has no meaning in a search is a mistake in the command line.
    for arguments in [
        &["search", "--kind", "som", "--name", "x"][..],
        &["search", "--links", gpo],
        &["search", "--permission", "Authenticated Users"],
        &["search", "--permission", "Authenticated Users=own"],
    ] {
        let output = run(&[&["--connect", "demo"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", text(&output.stderr));
    }
}

#[test]
fn backups_are_listed_without_a_forest() {
    let folder = tempfile::tempdir().unwrap();
    for (number, name, time) in [
        (1, "Printers", "2023-03-09T17:04:03"),
        (2, "Printers", "2024-03-09T17:04:03"),
        (3, "Laptops", "2022-01-01T00:00:00"),
    ] {
        let id = format!("{{CA093B03-0000-0000-0000-00000000000{number}}}");
        let gpo = if name == "Printers" { 1 } else { 2 };
        let set = folder.path().join(&id);
        std::fs::create_dir(&set).unwrap();
        let index = format!(
            "<BackupInst xmlns=\"http://www.microsoft.com/GroupPolicy/GPOOperations/Manifest\">\
             <GPOGuid>{{B5F9A74A-0000-0000-0000-00000000000{gpo}}}</GPOGuid><GPODomain>corp.example.com</GPODomain>\
             <GPODomainController>dc1</GPODomainController><BackupTime>{time}</BackupTime><ID>{id}</ID>\
             <Comment>weekly</Comment><GPODisplayName>{name}</GPODisplayName></BackupInst>"
        );
        std::fs::write(set.join("bkupInfo.xml"), index).unwrap();
    }
    let path = folder.path().to_str().unwrap();
    let list = |arguments: &[&str]| -> Vec<Value> {
        let output = run(&[&["--json", "backup", "list", path], arguments].concat());
        assert!(matches!(output.status.code(), Some(0 | 3)), "{}", text(&output.stderr));
        assert!(!text(&output.stderr).contains("demo"), "{}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    assert_eq!(list(&[]).len(), 3);
    assert_eq!(list(&["--latest"]).len(), 2);
    assert_eq!(list(&["--name-contains", "lap"])[0]["gpo_name"], "Laptops");
    assert_eq!(list(&["--domain", "other.x"]).len(), 0);
    assert!(text(&run(&["backup", "list", path]).stdout).contains("weekly"));
    assert_eq!(run(&["backup", "list", "no such folder"]).status.code(), Some(1));
}

#[test]
fn admx_check_names_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let admx = |name: &str, class: &str| {
        let content = format!(
            "<policyDefinitions><policyNamespaces><target prefix='a' namespace='{name}'/></policyNamespaces><policies>\n<policy name='P' class='{class}' displayName='$(string.P)' key='K'/></policies></policyDefinitions>"
        );
        std::fs::write(folder.path().join(format!("{name}.admx")), content).unwrap();
        let texts = "<policyDefinitionResources><resources><stringTable><string id='P'>p</string></stringTable></resources></policyDefinitionResources>";
        std::fs::create_dir_all(folder.path().join("en-US")).unwrap();
        std::fs::write(folder.path().join("en-US").join(format!("{name}.adml")), texts).unwrap();
    };
    admx("good", "User");
    let output = run(&["admx", "check", path]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("Policies"));
    admx("odd", "Nobody");
    let output = run(&["--json", "admx", "check", path, "--language", "de-DE"]);
    assert_eq!(output.status.code(), Some(3));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((told["templates"].as_u64(), told["policies"].as_u64()), (Some(2), Some(1)));
    assert_eq!(told["warnings"][0]["line"].as_u64(), Some(2));
    let told = text(&run(&["admx", "check", path]).stderr);
    assert!(told.contains("odd.admx:2: `Nobody` is no valid class of policy"), "{told}");
    assert_eq!(run(&["admx", "check", "no such folder"]).status.code(), Some(1));
}

#[test]
fn a_snapshot_shows_the_same_forest() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("copy.gpforest");
    let path = file.to_str().unwrap();
    assert!(demo(&["snapshot", "save", path]).starts_with("Saved "));
    let again = run(&["--connect", "demo", "snapshot", "save", path]);
    assert_eq!(again.status.code(), Some(2), "{}", text(&again.stderr));
    assert!(demo_json(&["snapshot", "save", path, "--overwrite"])["objects"].as_u64().unwrap() > 100);
    for arguments in
        [&["forest", "show"][..], &["gpo", "list"], &["gpo", "list", "--details"], &["starter-gpo", "list"]]
    {
        let copy = run(&[&["--connect", path], arguments].concat());
        assert_eq!(text(&copy.stdout), demo(arguments), "{arguments:?}");
    }
}

#[test]
fn gpos_are_backed_up_checked_and_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made");
    let path = path.to_str().unwrap();
    let one = demo_json(&[
        "gpo",
        "backup",
        "Default Domain Policy",
        "--output-dir",
        path,
        "--comment",
        "before \"it\" <starts>",
        "--with-links",
    ]);
    assert_eq!((string(&one[0], "name"), one[0]["error"].is_null()), ("Default Domain Policy", true));
    assert_eq!(string(&one[0]["backup"], "comment"), "before \"it\" <starts>");
    let id = string(&one[0]["backup"], "id");
    assert!(folder.path().join("made").join(id).join("opengpmc.json").exists());
    let unknown = run(&["--connect", "demo", "gpo", "backup", "No such GPO", "--output-dir", path]);
    assert_eq!(unknown.status.code(), Some(1), "{}", text(&unknown.stderr));

    let all = run(&["--connect", "demo", "gpo", "backup", "--all", "--output-dir", path]);
    assert_eq!(all.status.code(), Some(3), "{}", text(&all.stderr));
    let told = text(&all.stderr);
    assert!(told.contains("error: ") && told.contains(" GPOs backed up"), "{told}");
    let written = text(&all.stdout).lines().count();
    assert!(written > 10, "{}", text(&all.stdout));

    let verify = || run(&["--json", "backup", "verify", path]);
    let checked: Vec<Value> = serde_json::from_slice(&verify().stdout).unwrap();
    assert_eq!(checked.len(), written + 1);
    assert!(checked.iter().all(|check| check["usable"] == true));
    std::fs::remove_file(folder.path().join("made").join(id).join("Backup.xml")).unwrap();
    let damaged = verify();
    assert_eq!(damaged.status.code(), Some(3), "{}", text(&damaged.stderr));
    assert!(text(&damaged.stderr).contains("Backup.xml"), "{}", text(&damaged.stderr));
    let only = run(&["backup", "verify", path, "--id", id]);
    assert_eq!(only.status.code(), Some(1), "{}", text(&only.stderr));

    assert!(text(&run(&["backup", "delete", path, "--id", id]).stdout).contains("1 backup deleted"));
    assert_eq!(run(&["backup", "delete", path, "--id", id]).status.code(), Some(2));
    std::fs::remove_file(folder.path().join("made/manifest.xml")).unwrap();
    let repaired: Value = serde_json::from_slice(&run(&["--json", "backup", "repair", path]).stdout).unwrap();
    assert_eq!((repaired["added"].as_u64(), repaired["listed"].as_u64()), (Some(written as u64), Some(written as u64)));
}

#[test]
fn a_migration_table_is_made_shown_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.migtable");
    let path = file.to_str().unwrap();
    let arguments = ["migration-table", "create", path, "--from-gpo", "Folder Redirection"];
    assert!(demo(&arguments).contains(" entries in "));
    let shown = text(&run(&["migration-table", "show", path]).stdout);
    assert!(shown.contains("Domain Global Group") && shown.contains("Finance Staff@kestrelbay.example"), "{shown}");
    let json = run(&["migration-table", "show", path, "--json"]);
    let entries: Value = serde_json::from_slice(&json.stdout).unwrap();
    let first = entries.as_array().unwrap().iter().find(|entry| entry["entry_type"] == "unc_path").unwrap();
    assert_eq!(first["destination_option"], "same_as_source");
    // A table that is there is not written over, but may be added to.
    let again: Vec<&str> = ["--connect", "demo"].into_iter().chain(arguments).collect();
    assert_eq!(run(&again).status.code(), Some(2));
    let appended = demo(&[&arguments[..], &["--append"]].concat());
    assert!(appended.starts_with(&format!("{} entries in ", entries.as_array().unwrap().len())), "{appended}");
    let code = |arguments: &[&str]| run(arguments).status.code();
    assert_eq!(code(&["migration-table", "validate", path, "--offline"]), Some(0));
    assert_eq!(code(&["--connect", "demo", "migration-table", "validate", path]), Some(0));
    let table = |entry: &str| {
        std::fs::write(&file, format!("<MigrationTable><Mapping>{entry}</Mapping></MigrationTable>")).unwrap()
    };
    table("<Type>User</Type><Source>a</Source><Destination>nobody@kestrelbay.example</Destination>");
    assert_eq!(code(&["migration-table", "validate", path, "--offline"]), Some(0));
    assert_eq!(code(&["--connect", "demo", "migration-table", "validate", path]), Some(3));
    table("<Type>Robot</Type><Source>a</Source>");
    let checked = run(&["migration-table", "validate", path, "--offline"]);
    assert_eq!(checked.status.code(), Some(1));
    assert!(text(&checked.stdout).contains("`Robot` is no type of an entry"), "{}", text(&checked.stdout));
    std::fs::write(&file, "<MigrationTable>\n<x></MigrationTable>").unwrap();
    let broken = run(&["migration-table", "show", path]);
    assert_eq!(broken.status.code(), Some(1));
    assert!(text(&broken.stderr).contains("line 2"), "{}", text(&broken.stderr));
    assert_eq!(code(&["migration-table", "create", path]), Some(2));
}

#[test]
fn starter_gpos_are_saved_and_brought_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let sets = path("sets");
    let check = |arguments: &[&str], code: i32, said: &str| {
        let arguments: Vec<&str> = ["--connect", "demo", "starter-gpo"].iter().chain(arguments).copied().collect();
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", text(&output.stderr));
        let all = text(&output.stdout) + &text(&output.stderr);
        assert!(all.contains(said), "{arguments:?}: {all}");
        all
    };
    const NAME: &str = "Remote update ports";
    const ID: &str = "{D0D86874-FF85-4553-BDC0-DF66FC6205A3}";
    check(&["backup", NAME, "--output-dir", &sets, "--comment", "c"], 0, NAME);
    let all: Vec<Value> = serde_json::from_str(&check(
        &["backup", "--all", "--output-dir", &sets, "--json"],
        0,
        "\"kind\": \"starter_gpo\"",
    ))
    .unwrap();
    assert!(all.len() >= 4, "{all:?}");
    let listed = run(&["backup", "list", &sets]);
    assert!(text(&listed.stdout).contains("starter GPO"), "{}", text(&listed.stdout));
    check(&["restore", &sets, "--id", ID], 0, "Restore the starter GPO Remote update ports: done");
    check(&["restore", &sets, "--all", "--json"], 0, "Restore the starter GPO Remote update ports");
    check(&["restore", &sets, "--all", "--dry-run"], 0, "remove folder");
    check(&["restore", &sets, "--id", ID, "--domain", "lumen-sails.example"], 1, "restored there only");
    check(&["restore", &path(""), "--all"], 1, "there is no backup of a starter GPO");
    check(&["copy", NAME, "--name", "Mine"], 0, "Copy the starter GPO Remote update ports: done");
    check(&["copy", NAME, "--to-domain", "lumen-sails.example", "--dry-run"], 0, "move ");
    check(&["copy", NAME, "--name", "Empty & new"], 1, "already");
    check(&["delete", NAME], 0, "Delete the starter GPO Remote update ports: done");
    check(&["delete", "No such"], 1, "there is no starter GPO");
    let cabinet = path("ports.cab");
    check(&["save", NAME, &cabinet], 0, ID);
    check(&["save", NAME, &cabinet], 1, "the file is there already");
    check(&["save", NAME, &cabinet, "--overwrite"], 0, ID);
    check(&["save", NAME, &path("x.cab"), "--as-system"], 1, "a system one already");
    check(&["save", "Empty & new", &path("x.cab"), "--author", "me"], 2, "--as-system");
    check(&["save", "Empty & new", &path("x.cab"), "--as-system", "--author", "me"], 0, "was saved as");
    check(&["load", &cabinet], 1, "it is not to be replaced");
    check(&["load", &cabinet, "--overwrite"], 0, "into kestrelbay.example: done");
    check(&["load", &cabinet, "--overwrite", "--dry-run"], 0, "write file");
    check(&["load", &cabinet, "--domain", "lumen-sails.example"], 0, "into lumen-sails.example: done");
    let gpos = run(&["--connect", "demo", "gpo", "restore", &sets, "--all"]);
    assert!(text(&gpos.stderr).contains("there is no backup in"), "{}", text(&gpos.stderr));
}
