//! Text that may come from anybody, made fit to be shown: what has no shape of its own, or turns the direction of what follows, is
//! named instead of being let through.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Returns the text with line ends as `\n` and every character that cannot be seen written as `[U+202E]`.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|character| character == '\r' || is_unseen(character)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' if characters.peek() == Some(&'\n') => {}
            '\r' => out.push('\n'),
            unseen if is_unseen(unseen) => {
                let _ = write!(out, "[U+{:04X}]", u32::from(unseen));
            }
            other => out.push(other),
        }
    }
    Cow::Owned(out)
}

/// Tells whether a character is a control, turns the direction of the text around it, or is none at all.
fn is_unseen(character: char) -> bool {
    match character {
        '\n' | '\t' | '\r' => false,
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{206F}' => true,
        '\u{FDD0}'..='\u{FDEF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}' => true,
        other => other.is_control() || u32::from(other) & 0xFFFE == 0xFFFE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_named() {
        let check = |text: &str, expected: &str| assert_eq!(visible(text), expected, "{text:?}");
        check("Zürich\tשלום\u{200F} 日本", "Zürich\tשלום\u{200F} 日本");
        check("a\r\nb\rc", "a\nb\nc");
        check("gpj.\u{202E}exe\0\u{1B}[31m", "gpj.[U+202E]exe[U+0000][U+001B][31m");
        check("\u{FFFE}\u{85}\u{E0041}\u{1FFFF}", "[U+FFFE][U+0085][U+E0041][U+1FFFF]");
    }
}
