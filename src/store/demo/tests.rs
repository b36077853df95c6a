//! What the demo forest holds.

use super::*;

#[test]
fn the_source_is_without_mistakes() {
    let demo = DemoForest::load().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(demo.domains.len(), 3);
    open_blocking().unwrap_or_else(|error| panic!("{error}"));
}
