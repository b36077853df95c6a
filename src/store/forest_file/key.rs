//! The key by which entries are ordered: the folded components of a DN from the root down.
//!
//! A subtree is one range of keys, and their order is tree order: an object, all that lies below it, its next sibling.

use crate::ident::Dn;

/// Stands between components. A folded DN holds it only escaped, and it sorts before everything a component may hold.
const SEPARATOR: char = '\u{1}';
const AFTER_SEPARATOR: char = '\u{2}';

/// Returns the key of a DN.
pub(super) fn of(dn: &Dn) -> String {
    let mut key = String::with_capacity(dn.folded().len());
    let mut components: Vec<&str> = components(dn.folded()).collect();
    components.reverse();
    for component in components {
        if !key.is_empty() {
            key.push(SEPARATOR);
        }
        key.push_str(component);
    }
    key
}

/// Returns the folded DN of a key.
pub(super) fn to_folded(key: &str) -> String {
    let mut folded = String::with_capacity(key.len());
    for component in key.rsplit(SEPARATOR) {
        if !folded.is_empty() {
            folded.push(',');
        }
        folded.push_str(component);
    }
    folded
}

/// Returns the range of the keys of everything below the object with this key: from the first, up to but without the last.
pub(super) fn below(key: &str) -> (String, String) {
    (format!("{key}{SEPARATOR}"), format!("{key}{AFTER_SEPARATOR}"))
}

/// Tells whether the object with this key is the other or lies below it.
pub(super) fn is_within(key: &str, ancestor: &str) -> bool {
    key.strip_prefix(ancestor).is_some_and(|rest| rest.is_empty() || rest.starts_with(SEPARATOR))
}

/// Splits at commas that are not escaped.
fn components(folded: &str) -> impl Iterator<Item = &str> {
    let mut escaped = false;
    folded.split(move |c| {
        let splits = c == ',' && !escaped;
        escaped = c == '\\' && !escaped;
        splits
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(dn: &str) -> String {
        of(&dn.parse().unwrap())
    }

    #[test]
    fn goes_there_and_back() {
        for dn in ["DC=com", r"OU=a\,b,OU=x\\,DC=example,DC=com", "CN={A},CN=Policies,CN=System,DC=x"] {
            let dn: Dn = dn.parse().unwrap();
            assert_eq!(to_folded(&of(&dn)), dn.folded());
        }
    }

    #[test]
    fn order_is_tree_order() {
        let sorted = ["DC=x", "OU=a,DC=x", "OU=z,OU=a,DC=x", "OU=a b,DC=x", "OU=ab,DC=x"].map(key);
        assert!(sorted.is_sorted());
        let (first, last) = below(&sorted[1]);
        let below: Vec<_> = sorted.iter().filter(|key| (&first..&last).contains(key)).collect();
        assert_eq!(below, [&sorted[2]]);
        assert!(is_within(&sorted[2], &sorted[1]) && !is_within(&sorted[3], &sorted[1]));
    }
}
