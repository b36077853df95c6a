//! Tests of the table as a whole.

use std::collections::HashSet;

use super::*;
use crate::console::command::Situation;
use crate::console::{Node, Shown, fixture, tree};

/// Calls back with a context for every node of the fixture's forest, and for the root.
fn for_every_node(mut check: impl FnMut(&CommandContext<'_>)) {
    let forests = [fixture::entry(ForestId(1))];
    let shown = Shown { forests: &forests, files: &[] };
    let mut nodes: Vec<Node> = tree::all_rows(shown).iter().map(|row| row.node(shown)).collect();
    nodes.extend([Node::Root, Node::Files]);
    assert!(nodes.iter().any(|node| matches!(node.place(), Some(Place::Link { .. }))));
    for node in &nodes {
        check(&CommandContext { forests: &forests, files: &[], node, more: &[], situation: &Situation::default() });
    }
}

#[test]
fn every_row_has_words_and_stands_in_a_menu() {
    for row in table() {
        assert!(!row.text.is_empty() && !row.menus.is_empty(), "{}", row.text);
    }
}

#[test]
fn rows_of_the_same_words_or_keys_are_never_offered_for_the_same_node() {
    for_every_node(|context| {
        let mut words = HashSet::new();
        let mut keys = HashSet::new();
        for row in table().filter(|row| row.offered(context) != Availability::Absent) {
            for menu in row.menus {
                assert!(words.insert((row.text, format!("{menu:?}"))), "{} twice for {:?}", row.text, context.node);
            }
            for shortcut in row.shortcuts.iter().filter(|_| row.offered(context) == Availability::Available) {
                assert!(keys.insert(format!("{shortcut:?}")), "keys of {} twice for {:?}", row.text, context.node);
            }
        }
    });
}

#[test]
fn what_is_available_asks_for_something() {
    for_every_node(|context| {
        for row in table().filter(|row| row.offered(context) == Availability::Available) {
            assert!((row.make)(context).is_some(), "{} for {:?}", row.text, context.node);
        }
    });
}

#[test]
fn a_menu_is_shown_by_group() {
    for menu in Menu::ALL {
        let rows = rows_of_menu(menu);
        assert!(!rows.is_empty(), "{menu:?}");
        assert!(rows.is_sorted_by_key(|(group, _)| *group), "{menu:?}");
    }
}
