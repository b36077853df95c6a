//! The table of members and `docs/object-model.md`, held against each other and against the tests there are.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::table::{Member, members};

/// How many members there are.
const COUNT: usize = 333;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the names of the test functions of this binary.
fn test_names() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(root().join("tests/object_model")).unwrap() {
        let source = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let mut lines = source.lines().map(str::trim);
        while let Some(line) = lines.next() {
            if line == "#[test]" {
                let name = lines.next().unwrap().strip_prefix("fn ").unwrap().split('(').next().unwrap();
                assert!(names.insert(name.to_owned()), "{name} stands there twice");
            }
        }
    }
    names
}

fn document(members: &[Member]) -> String {
    let mut text = "# Microsoft's object model, member for member\n\n\
        Every callable member of the interfaces in `gpmgmt.h`, the item of this library that does the same, and the test in\n\
        `tests/object_model/` that proves it on the demo forest and on a real domain controller. Made from the table in\n\
        `tests/object_model/table.rs`: `OPENGPMC_WRITE_DOCS=1 cargo test --test object_model document` writes it anew.\n\n\
        | # | Member | Item | Test |\n| ---: | --- | --- | --- |\n"
        .to_owned();
    for member in members {
        let Member { number, name, item, test } = member;
        text.push_str(&format!("| {number:03} | {name} | `{item}` | `{test}` |\n"));
    }
    text
}

#[test]
fn every_member_stands_there_once() {
    let members = members();
    let numbers: Vec<usize> = members.iter().map(|member| member.number).collect();
    assert_eq!(numbers, (1..=COUNT).collect::<Vec<_>>());
    let mut names = BTreeMap::new();
    for member in &members {
        assert_eq!(names.insert(member.name, member.number), None, "{}", member.name);
    }
}

#[test]
fn every_test_that_is_named_is_there_and_every_one_that_is_there_is_named() {
    let there = test_names();
    let mut named = BTreeSet::new();
    for member in members() {
        let test = member.test;
        assert!(there.contains(test), "{:03} {}: there is no test {test}", member.number, member.name);
        let is_shared = ["Collection.", "Constants.", "Constants2."].iter().any(|kind| member.name.contains(kind));
        let expected = format!("n{:03}_{}", member.number, snake(member.name));
        assert!(is_shared || test == expected, "{test} should be named {expected}");
        named.insert(test.to_owned());
    }
    for test in there.iter().filter(|test| test.starts_with('n') && test[1..4].parse::<u16>().is_ok()) {
        assert!(named.contains(test), "{test} stands in no line of the table");
    }
}

/// Returns the name of a member as that of a function: `IGPMGPO.DisplayName get` as `igpm_gpo_display_name_get`.
fn snake(name: &str) -> String {
    let mut text = String::new();
    // Words that Microsoft writes in capitals.
    let words =
        ["IGPM", "GPOs", "GPO", "SOMs", "SOM", "WMI", "DS", "ID", "ACL", "DC", "RSOP", "CSE", "UNC", "Sysvol", "Map"];
    let mut rest = name.split(" (").next().unwrap();
    while let Some(first) = rest.chars().next() {
        let word = words.iter().find(|word| rest.starts_with(**word));
        let (start, may_go_on): (usize, fn(char) -> bool) = match word {
            Some(word) => (word.len(), |c| c.is_ascii_digit()),
            None => (first.len_utf8(), |c| c.is_ascii_lowercase() || c.is_ascii_digit()),
        };
        let end = rest[start..].find(|c| !may_go_on(c)).map_or(rest.len(), |end| start + end);
        let word = &rest[..end];
        rest = &rest[word.len()..];
        let word = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        if !word.is_empty() {
            text.push_str(if text.is_empty() { "" } else { "_" });
            text.push_str(&word.to_lowercase());
        }
    }
    text
}

#[test]
fn names_of_members_become_names_of_functions() {
    for (name, expected) in [
        ("IGPM.GetDomain", "igpm_get_domain"),
        ("IGPMGPO.DisplayName get", "igpm_gpo_display_name_get"),
        ("IGPMGPO.Backup (async)", "igpm_gpo_backup"),
        ("IGPMSOM.GetInheritedGPOLinks", "igpm_som_get_inherited_gpo_links"),
        ("IGPMGPO.UserDSVersionNumber get", "igpm_gpo_user_ds_version_number_get"),
        ("IGPMGPO2.Description get", "igpm_gpo2_description_get"),
        ("IGPMSecurityInfo._NewEnum get", "igpm_security_info_new_enum_get"),
    ] {
        assert_eq!(snake(name), expected);
    }
}

#[test]
fn the_document_says_what_the_table_says() {
    let path = root().join("docs/object-model.md");
    let expected = document(&members());
    if std::env::var_os("OPENGPMC_WRITE_DOCS").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(there == expected, "docs/object-model.md is not up to date: run with OPENGPMC_WRITE_DOCS=1");
}
