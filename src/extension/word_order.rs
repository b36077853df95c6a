//! The order of texts in Microsoft's reports: that of words in a dictionary, not of their bytes.

use std::cmp::Ordering;

/// Compares two texts as Microsoft's reports sort them: without case, hyphens and apostrophes left out, other marks and blanks before digits
/// before letters (`operations.md` 4.3). Texts that differ in nothing else are compared by their characters.
pub(super) fn compare_words(one: &str, other: &str) -> Ordering {
    weights(one).cmp(weights(other)).then_with(|| one.cmp(other))
}

fn weights(text: &str) -> impl Iterator<Item = (u8, char)> + '_ {
    let lower = text.chars().filter(|&character| !matches!(character, '-' | '\'')).flat_map(char::to_lowercase);
    lower.map(|character| (class(character), character))
}

fn class(character: char) -> u8 {
    match character {
        _ if character.is_alphabetic() => 2,
        _ if character.is_numeric() => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_come_before_digits_before_letters() {
        let mut texts = ["b", "A", "Tcpip6\\x", "tcpip\\x", "a b", "ab", "a-c", "A'B", "a_b", "a1"];
        texts.sort_by(|one, other| compare_words(one, other));
        assert_eq!(texts, ["A", "a b", "a_b", "a1", "A'B", "ab", "a-c", "b", "tcpip\\x", "Tcpip6\\x"]);
    }
}
