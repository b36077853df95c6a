//! `docs/console.md`, held against the tests that there are: what it calls done names tests that exist, and how much is done is counted.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// How many capabilities the list has.
const COUNT: usize = 428;
/// Lines of tier A and of tier B, without those of a later part, that are neither done nor impossible here. They only fall.
const OPEN: [usize; 2] = [0, 6];

/// A line of the list.
struct Line {
    number: usize,
    tier: String,
    state: String,
    proof: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn lines() -> Vec<Line> {
    let text = std::fs::read_to_string(root().join("docs/console.md")).unwrap();
    let rows = text.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix('|'));
    let cells = rows.map(|row| row.split(" |").map(str::trim).collect::<Vec<_>>());
    let numbered = cells.filter_map(|cells| Some((cells.first()?.parse::<usize>().ok()?, cells)));
    let line = |(number, cells): (usize, Vec<&str>)| {
        let [_, _, tier, state, proof] = cells[..] else { panic!("line {number} has not five cells") };
        Line { number, tier: tier.to_owned(), state: state.to_owned(), proof: proof.to_owned() }
    };
    numbered.map(line).collect()
}

/// Returns the names of all tests, each with whether one of that name drives the console.
fn tests() -> BTreeMap<String, bool> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![root().join("tests"), root().join("src")];
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let drives_console =
                ["tests/gui", "src/console"].iter().any(|folder| path.starts_with(root().join(folder)));
            let source = std::fs::read_to_string(&path).unwrap();
            let mut is_test = false;
            for line in source.lines().map(str::trim) {
                let name = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
                match name.and_then(|rest| rest.split('(').next()).filter(|_| is_test) {
                    Some(name) => {
                        *found.entry(name.to_owned()).or_default() |= drives_console;
                        is_test = false;
                    }
                    None => {
                        is_test = line.starts_with("#[test]")
                            || line.starts_with("#[tokio::test")
                            || is_test && line.starts_with("#[")
                    }
                }
            }
        }
    }
    found
}

/// Returns the names of tests that a proof names.
fn named(proof: &str) -> Vec<&str> {
    proof.split('`').skip(1).step_by(2).collect()
}

/// Tells whether a line belongs to the editor of policies.
fn is_later(number: usize) -> bool {
    matches!(number, 115 | 387..=413)
}

#[test]
fn every_capability_stands_there_once() {
    let numbers: Vec<usize> = lines().iter().map(|line| line.number).collect();
    assert_eq!(numbers, (1..=COUNT).collect::<Vec<_>>());
    let tiers = ["A", "B", "C"].map(|tier| lines().iter().filter(|line| line.tier == tier).count());
    assert_eq!(tiers, [249, 147, 32]);
}

#[test]
fn what_is_done_names_tests_that_are_there_and_what_is_not_says_why() {
    let tests = tests();
    for Line { number, tier, state, proof } in lines() {
        match state.as_str() {
            "✓" => {
                let named = named(&proof);
                let missing: Vec<_> = named.iter().filter(|name| !tests.contains_key(**name)).collect();
                assert!(!named.is_empty() && missing.is_empty(), "{number}: there is no test {missing:?}");
                let drives_console = named.iter().any(|name| tests[*name]);
                assert!(drives_console || tier == "C", "{number}: no test of the console among {named:?}");
            }
            "n/a" => assert!(proof.split_whitespace().count() >= 4, "{number}: why not?"),
            "later" => assert!(is_later(number), "{number} is not of a later part"),
            "–" => assert!(proof.is_empty(), "{number}: {proof}"),
            other => panic!("{number}: `{other}` is no state"),
        }
    }
}

#[test]
fn enough_is_done() {
    for (tier, allowed) in ["A", "B"].into_iter().zip(OPEN) {
        let open: BTreeSet<usize> = lines()
            .iter()
            .filter(|line| line.tier == tier && line.state == "–" && !is_later(line.number))
            .map(|line| line.number)
            .collect();
        assert!(open.len() <= allowed, "tier {tier}: {} are open: {open:?}", open.len());
        println!("tier {tier}: {} are open: {open:?}", open.len());
    }
}
