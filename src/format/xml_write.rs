//! The pieces of XML that GPMC's backups are written with: values in CDATA, attributes in double quotes.

/// Appends an element with this text; an empty one closes itself.
pub(super) fn element(text: &mut String, name: &str, value: &str) {
    if value.is_empty() {
        *text += &format!("<{name}/>");
    } else {
        *text += &format!("<{name}>{}</{name}>", cdata(value));
    }
}

/// Appends an attribute.
pub(super) fn attribute(text: &mut String, name: &str, value: &str) {
    *text += &format!(" {name}=\"{}\"", escaped(value));
}

/// Returns a text as CDATA. What would end it is split, and a line break that readers would change is written as a reference.
pub(super) fn cdata(value: &str) -> String {
    match value.contains('\r') {
        true => escaped(value),
        false => format!("<![CDATA[{}]]>", allowed(value).replace("]]>", "]]]]><![CDATA[>")),
    }
}

fn escaped(value: &str) -> String {
    let mut text = String::new();
    for character in allowed(value).chars() {
        match character {
            '&' => text += "&amp;",
            '<' => text += "&lt;",
            '>' => text += "&gt;",
            '"' => text += "&quot;",
            '\r' | '\n' | '\t' => text += &format!("&#{};", u32::from(character)),
            other => text.push(other),
        }
    }
    text
}

/// Returns a text with a sign in place of every character that XML has no form for.
fn allowed(value: &str) -> String {
    value.chars().map(|character| if is_allowed(character) { character } else { char::REPLACEMENT_CHARACTER }).collect()
}

/// Tells whether XML 1.0 has a form for a character.
pub(crate) fn is_allowed(character: char) -> bool {
    !matches!(character, '\0'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_has_a_form() {
        let check = |value: &str, expected: &str| assert_eq!(cdata(value), expected);
        check("a & <b>", "<![CDATA[a & <b>]]>");
        check("x]]>y", "<![CDATA[x]]]]><![CDATA[>y]]>");
        check("a\r\n<\"", "a&#13;&#10;&lt;&quot;");
        check("a\u{1}b", "<![CDATA[a\u{FFFD}b]]>");
        let mut text = String::new();
        element(&mut text, "E", "");
        attribute(&mut text, "p:a", "\"&\n");
        assert_eq!(text, "<E/> p:a=\"&quot;&amp;&#10;\"");
    }
}
