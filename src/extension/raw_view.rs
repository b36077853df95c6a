//! Files and objects of the directory as they are: path, size, and the start of what is in them as text or in hexadecimal.

use std::fmt::Write as _;

use encoding_rs::Encoding;

use crate::report::{Block, Element, PartProblem, Section, Table};

use super::{DirectoryObject, FileContent, GptFile};

/// Text that is shown of one file or value.
const MOST_TEXT_BYTES: usize = 4096;
/// Bytes that are shown of one file or value in hexadecimal.
const MOST_HEX_BYTES: usize = 256;
/// Values that are shown of one attribute.
const MOST_VALUES: usize = 100;
const HEX_COLUMNS: usize = 16;
/// The attribute of preferences that holds a password everybody can decrypt.
pub(super) const PASSWORD: &str = "cpassword";
/// What stands in the place of a stored password.
pub(super) const NOT_SHOWN: &str = "(not shown)";

/// Returns a file as an element: `Path`, `Size`, then `Text`, `Hex` or `Error`.
pub(super) fn file_element(file: &GptFile) -> Element {
    let element = Element::new("File").with(Element::text("Path", file.path.clone()));
    let size = Element::text("Size", file.size_bytes.to_string());
    match &file.content {
        FileContent::Whole(bytes) | FileContent::Start(bytes) => element.with(size).with(view(bytes)),
        FileContent::Failed(reason) => element.with(Element::text("Error", reason.clone())),
    }
}

/// Returns an object of the directory as an element: `Path`, `Class`, then an `Attribute` for each.
pub(super) fn object_element(object: &DirectoryObject) -> Element {
    let attributes = object.attributes.iter().map(|(name, values)| {
        let views = values.iter().take(MOST_VALUES).map(|value| view(value));
        Element::new("Attribute").attribute("name", name.clone()).with_all(views)
    });
    Element::new("Object")
        .with(Element::text("Path", object.path.clone()))
        .with(Element::text("Class", object.class.clone()))
        .with_all(attributes)
}

fn view(bytes: &[u8]) -> Element {
    match text(bytes) {
        Some(text) => Element::text("Text", text),
        None if hold_password(bytes) => Element::text("Text", NOT_SHOWN),
        None => Element::text("Hex", hex(bytes.get(..MOST_HEX_BYTES).unwrap_or(bytes))),
    }
}

/// Returns the start of bytes that are text in UTF-8 or, with a mark, in UTF-16; passwords of preferences are left out.
fn text(bytes: &[u8]) -> Option<String> {
    let start = bytes.get(..MOST_TEXT_BYTES).unwrap_or(bytes);
    let decoded = match Encoding::for_bom(start) {
        Some((encoding, mark)) => {
            // An odd byte at the end is half a character.
            let is_wide = encoding != encoding_rs::UTF_8;
            let end = start.len() - usize::from(is_wide && start.len() % 2 == 1);
            encoding.decode_without_bom_handling(start.get(mark..end)?).0
        }
        None => match std::str::from_utf8(start) {
            Ok(text) => text.into(),
            // Only a character cut off at the end is forgiven.
            Err(error) if error.error_len().is_none() => {
                std::str::from_utf8(&start[..error.valid_up_to()]).ok()?.into()
            }
            Err(_) => return None,
        },
    };
    let is_text = decoded.chars().all(|c| !c.is_control() || matches!(c, '\t' | '\r' | '\n'));
    is_text.then(|| without_passwords(&decoded))
}

/// Returns the text with the values of all attributes `cpassword` left out, however they are written.
fn without_passwords(text: &str) -> String {
    let folded = text.to_ascii_lowercase();
    let mut shown = String::with_capacity(text.len());
    let mut from = 0;
    while let Some(found) = folded[from..].find(PASSWORD) {
        let name_end = from + found + PASSWORD.len();
        let behind = text[name_end..].trim_start().strip_prefix('=').map(str::trim_start);
        let value =
            behind.and_then(|behind| behind.strip_prefix(['"', '\'']).map(|value| (behind.chars().next(), value)));
        let Some((Some(quote), value)) = value else {
            shown.push_str(&text[from..name_end]);
            from = name_end;
            continue;
        };
        let start = text.len() - value.len();
        let end = value.find(quote).map_or(text.len(), |length| start + length);
        shown.push_str(&text[from..start]);
        shown.push_str(if start == end { "" } else { NOT_SHOWN });
        from = end;
    }
    shown.push_str(&text[from..]);
    shown
}

/// Tells whether bytes that are no text hold the name of a stored password, in 8-bit or 16-bit letters.
fn hold_password(bytes: &[u8]) -> bool {
    let start = bytes.get(..MOST_TEXT_BYTES).unwrap_or(bytes);
    let letters: Vec<u8> = start.iter().filter(|byte| **byte != 0).map(u8::to_ascii_lowercase).collect();
    letters.windows(PASSWORD.len()).any(|letters| letters == PASSWORD.as_bytes())
}

/// Returns bytes as lines of offset, hexadecimal and printable characters.
fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for (index, line) in bytes.chunks(HEX_COLUMNS).enumerate() {
        let _ = write!(text, "{:04X} ", index * HEX_COLUMNS);
        for column in 0..HEX_COLUMNS {
            match line.get(column) {
                Some(byte) => {
                    let _ = write!(text, " {byte:02X}");
                }
                None => text.push_str("   "),
            }
        }
        text.push_str("  ");
        text.extend(
            line.iter().map(|&byte| if byte.is_ascii_graphic() || byte == b' ' { char::from(byte) } else { '.' }),
        );
        text.push('\n');
    }
    text
}

/// Returns the section of a file.
pub(super) fn file_section(file: &Element) -> Section {
    let section = Section::new(file.text_at(&["Path"]));
    let error = file.text_at(&["Error"]);
    if !error.is_empty() {
        let problem = PartProblem { file: file.text_at(&["Path"]).to_owned(), message: error.to_owned() };
        return section.with(problem);
    }
    let mut table = Table::properties();
    table.row(["Size", &format!("{} bytes", file.text_at(&["Size"]))]);
    section.with(table).with(code(file))
}

/// Returns the section of an object of the directory.
pub(super) fn object_section(object: &Element) -> Section {
    let mut section = Section::new(format!("{} ({})", object.text_at(&["Path"]), object.text_at(&["Class"])));
    for attribute in object.children_named("Attribute") {
        let name = attribute.get("name").unwrap_or_default();
        let views: Vec<&str> = attribute.children.iter().map(|value| value.text.trim_end()).collect();
        section.blocks.push(Section::new(name).with(Block::Code(views.join("\n"))).into());
    }
    section
}

fn code(element: &Element) -> Block {
    let shown = element.child("Text").or_else(|| element.child("Hex")).map(|view| view.text.trim_end());
    Block::Code(shown.unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_told_from_bytes() {
        let check = |bytes: &[u8], expected: Option<&str>| assert_eq!(text(bytes).as_deref(), expected);
        check(b"", Some(""));
        check(b"a=1\r\n", Some("a=1\r\n"));
        check(b"\xFF\xFEa\0\xe9\0b", Some("a\u{e9}"));
        check(b"\xEF\xBB\xBF\xC3\xA9", Some("\u{e9}"));
        check(b"Z\xFCrich", None);
        check(b"ab\0", None);
        check(&[b"x".repeat(MOST_TEXT_BYTES - 1), "\u{e9}".into()].concat(), Some(&"x".repeat(MOST_TEXT_BYTES - 1)));
    }

    #[test]
    fn passwords_are_not_shown() {
        let check = |text: &str, expected: &str| assert_eq!(without_passwords(text), expected);
        check("<P cpassword=\"abc\" CPassword=\"\" x=\"1\"/>", "<P cpassword=\"(not shown)\" CPassword=\"\" x=\"1\"/>");
        check("cpassword=\"abc", "cpassword=\"(not shown)");
        check("<P CPASSWORD\n = 'a\"b' y=''/>", "<P CPASSWORD\n = '(not shown)' y=''/>");
        check("cpassword cpassword='", "cpassword cpassword='");
        check("none", "none");
        let wide: Vec<u8> = "<P cPassword='x'/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(view(&wide).text, NOT_SHOWN);
        assert_eq!(view(b"<P cpassword='\xFF'/>").text, NOT_SHOWN);
    }

    #[test]
    fn bytes_are_shown_in_lines() {
        let shown = hex(b"MZ\0\x01 0123456789abcdef");
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines[0], "0000  4D 5A 00 01 20 30 31 32 33 34 35 36 37 38 39 61  MZ.. 0123456789a");
        assert_eq!(lines[1], "0010  62 63 64 65 66                                   bcdef");
    }
}
