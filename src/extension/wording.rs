//! Words for sections: names of settings without a label of their own, yes and no, lists.

use crate::report::{Block, Element, Table};

/// Returns a name that is written together as words: `Default outbound action` for `DefaultOutboundAction`.
pub(super) fn words(name: &str) -> String {
    let characters: Vec<char> = name.chars().collect();
    let mut words = String::with_capacity(name.len() + 8);
    for (index, &c) in characters.iter().enumerate() {
        let is_after_lower = index > 0 && characters[index - 1].is_lowercase();
        let is_before_lower = characters.get(index + 1).is_some_and(|next| next.is_lowercase());
        let starts_word = c.is_uppercase() && index > 0 && (is_after_lower || is_before_lower);
        if starts_word {
            words.push(' ');
        }
        // Abbreviations keep their capitals.
        let is_plain = index > 0 && c.is_uppercase() && is_before_lower;
        if is_plain { words.extend(c.to_lowercase()) } else { words.push(c) }
    }
    // The one abbreviation with small letters in it.
    words.replace("I psec", "IPsec")
}

/// Returns a label from a table, or the name as words.
pub(super) fn label(labels: &[(&str, &str)], name: &str) -> String {
    let found = labels.iter().find(|(known, _)| *known == name);
    found.map_or_else(|| words(name), |(_, label)| (*label).to_owned())
}

/// Returns the words for a number from a table, or the number.
pub(super) fn choice(choices: &[(&str, &str)], value: &str) -> String {
    let found = choices.iter().find(|(known, _)| *known == value);
    found.map_or(value, |(_, words)| words).to_owned()
}

/// Returns `Yes` or `No` for `true` or `false`, other text as it is.
pub(super) fn yes_no(text: &str) -> &str {
    match text {
        "true" => "Yes",
        "false" => "No",
        other => other,
    }
}

/// Returns the texts of all children of a name, joined by commas.
pub(super) fn joined(element: &Element, name: &str) -> String {
    let texts: Vec<&str> = element.children_named(name).map(|child| child.text.as_str()).collect();
    texts.join(", ")
}

/// Returns a list of labels and values as a block; none where it is empty.
pub(super) fn properties<L: Into<String>, V: Into<String>>(rows: impl IntoIterator<Item = (L, V)>) -> Option<Block> {
    let mut table = Table::properties();
    for (label, value) in rows {
        table.row([label.into(), value.into()]);
    }
    (!table.rows.is_empty()).then_some(Block::Table(table))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_words() {
        let check = |name: &str, expected: &str| assert_eq!(words(name), expected);
        check("DefaultOutboundAction", "Default outbound action");
        check("AllowLocalIPsecPolicyMerge", "Allow local IPsec policy merge");
        check("KeyLen", "Key len");
        check("AllowEFS", "Allow EFS");
        check("x", "x");
        check("", "");
    }
}
