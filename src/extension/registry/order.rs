//! The order of Microsoft's reports: that of its word sort.

use std::cmp::Ordering;

use crate::report::Element;

/// What the place of a policy depends on: those that are not configured come last, each part by category and name.
pub(super) fn policy_key(policy: &Element) -> (bool, WordKey, WordKey) {
    let is_last = policy.text_at(&["State"]) == "NotConfigured";
    (is_last, WordKey::new(policy.text_at(&["Category"])), WordKey::new(policy.text_at(&["Name"])))
}

/// What the place of a registry value depends on.
pub(super) fn setting_key(setting: &Element) -> String {
    setting.text_at(&["KeyPath"]).to_lowercase()
}

/// A text as the word sort compares it: without case, hyphens and apostrophes passed over; blanks and punctuation come before digits,
/// digits before letters. Where nothing else tells two texts apart, the text itself does.
#[derive(PartialEq, Eq)]
pub(super) struct WordKey {
    weights: Vec<(u8, char)>,
    text: String,
}

impl WordKey {
    fn new(text: &str) -> Self {
        let letters = text.chars().filter(|letter| !matches!(letter, '-' | '\'')).flat_map(char::to_lowercase);
        let weights = letters.map(|letter| match letter {
            letter if letter.is_alphabetic() => (2, letter),
            letter if letter.is_numeric() => (1, letter),
            other => (0, other),
        });
        WordKey { weights: weights.collect(), text: text.to_owned() }
    }
}

impl Ord for WordKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.weights.cmp(&other.weights).then_with(|| self.text.cmp(&other.text))
    }
}

impl PartialOrd for WordKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_sort_passes_over_hyphens_and_case() {
        let check = |before: &str, after: &str| assert!(WordKey::new(before) < WordKey::new(after), "{before} {after}");
        check("a b", "a1");
        check("a1", "ab");
        check("A-b", "ac");
        check("AB", "a-c");
        check("MS Security Guide", "MSS (Legacy)");
        check("it's", "itt");
    }
}
