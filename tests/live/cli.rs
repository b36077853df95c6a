//! The built program against the lab's domain.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use opengpmc::store::Credentials;
use serde_json::Value;

use super::lab::{Lab, whole_domain_blocking};

fn run(lab: &Lab, credentials: &Credentials, connect: &str, arguments: &[&str]) -> Output {
    let Credentials::Password { user, password } = credentials else { panic!("the lab's users have passwords") };
    let user = format!("{user}@{}", lab.domain);
    let dns_server = lab.dns_server.to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_opengpmc"));
    command.args(["--connect", connect, "--user", &user, "--password-stdin", "--dns-server", &dns_server]);
    command.args(arguments).env_remove("OPENGPMC_CONNECT").env_remove("OPENGPMC_PASSWORD_FILE");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A program that refuses its command line reads no password.
    let _ = writeln!(child.stdin.take().unwrap(), "{}", password.expose());
    child.wait_with_output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn list(lab: &Lab, credentials: &Credentials, arguments: &[&str]) -> Vec<Value> {
    let output = run(lab, credentials, &format!("ldap://{}", lab.host), &[arguments, &["--json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", said(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn every_noun_lists_the_domain() {
    let Some(lab) = Lab::get() else { return };
    for credentials in [lab.admin(), lab.plain()] {
        let gpos = list(&lab, &credentials, &["gpo", "list"]);
        let default = gpos.iter().find(|gpo| gpo["display_name"] == "Default Domain Policy").unwrap();
        assert_eq!(default["id"], "{31B2F340-016D-11D2-945F-00C04FB984F9}");
        assert_eq!(default["computer_version"]["directory"], default["computer_version"]["sysvol"]);
        let owner = default["owner"].as_str().unwrap();
        assert!(owner.starts_with(&format!("{}\\", lab.netbios)), "{owner}");
        let domains = list(&lab, &credentials, &["domain", "list"]);
        assert_eq!(domains[0]["name"], lab.domain.as_str());
        assert_eq!(domains[0]["netbios_name"], lab.netbios.as_str());
        assert_eq!(domains[0]["is_pdc_emulator"], true);
        // Tests beside this one make and delete GPOs of their own; the two defaults are always there.
        assert!(domains[0]["gpo_count"].as_u64().unwrap() >= 2);
        let soms = list(&lab, &credentials, &["som", "list"]);
        assert!(soms.iter().any(|som| som["name"] == "Domain Controllers"));
        assert!(!list(&lab, &credentials, &["site", "list"]).is_empty());
        list(&lab, &credentials, &["wmi-filter", "list"]);
        list(&lab, &credentials, &["starter-gpo", "list"]);
        let found = list(&lab, &credentials, &["search", "--name-contains", "default domain"]);
        assert!(found.len() >= 2);
    }
}

#[test]
fn people_see_the_same_over_every_way_in() {
    let Some(lab) = Lab::get() else { return };
    let _alone = whole_domain_blocking();
    let ca_file = lab.ca_file.to_str().unwrap();
    let shown = |connect: &str, arguments: &[&str]| {
        let output = run(&lab, &lab.admin(), connect, arguments);
        assert_eq!(output.status.code(), Some(0), "{connect}: {}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    let sealed = shown(&format!("ldap://{}", lab.host), &["gpo", "list", "--long"]);
    assert!(sealed.contains("Default Domain Controllers Policy"));
    assert_eq!(shown(lab.domain.as_str(), &["gpo", "list", "--long"]), sealed);
    assert_eq!(shown(&format!("ldaps://{}", lab.host), &["--ca-file", ca_file, "gpo", "list", "--long"]), sealed);
    let gpo = shown(lab.domain.as_str(), &["gpo", "show", "default domain policy"]);
    assert!(gpo.contains(&format!("{}\\Domain Admins", lab.netbios)), "{gpo}");
    assert!(gpo.contains("Authenticated Users"), "{gpo}");
    let tree = shown(lab.domain.as_str(), &["forest", "show"]);
    assert!(tree.contains("1. Default Domain Policy"), "{tree}");
}

#[test]
fn refusals_say_what_to_try() {
    let Some(lab) = Lab::get() else { return };
    let wrong = Credentials::Password {
        user: lab.plain_user.clone(),
        password: opengpmc::store::Secret::new("no such thing".to_owned()),
    };
    let server = format!("ldap://{}", lab.host);
    for (credentials, connect, words) in [
        (&wrong, server.as_str(), "password"),
        (&lab.admin(), "ldap://no-such-host.corp.example.com", "no-such-host"),
        (&lab.admin(), &format!("ldaps://{}", lab.host), "--ca-file"),
    ] {
        let output = run(&lab, credentials, connect, &["gpo", "list"]);
        assert_eq!(output.status.code(), Some(1), "{connect}: {}", said(&output));
        assert!(said(&output).contains("error: ") && said(&output).contains(words), "{connect}: {}", said(&output));
        assert!(said(&output).contains("try: "), "{connect}: {}", said(&output));
    }
}
