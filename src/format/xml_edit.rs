//! Changing single values of an XML text that is kept as it was read.

use std::ops::Range;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use roxmltree::Node;

use super::xml_text::{XmlTextError, decode_xml};

/// How a text stands in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct XmlForm {
    pub encoding: &'static Encoding,
    pub has_mark: bool,
}

impl XmlForm {
    /// Decodes a file of UTF-8 or UTF-16 and says how it is to be written back.
    ///
    /// # Errors
    /// Fails where it is no such text.
    pub(super) fn decode(bytes: &[u8]) -> Result<(XmlForm, String), XmlTextError> {
        let text = decode_xml(bytes)?.into_owned();
        let known = [UTF_8, UTF_16LE, UTF_16BE];
        let forms = known.into_iter().flat_map(|encoding| [true, false].map(|has_mark| XmlForm { encoding, has_mark }));
        let form = forms.into_iter().find(|form| form.encode(&text) == bytes);
        let form = form.ok_or_else(|| XmlTextError::UnknownEncoding("neither UTF-8 nor UTF-16".to_owned()))?;
        Ok((form, text))
    }

    /// Returns the bytes of a text.
    pub(super) fn encode(self, text: &str) -> Vec<u8> {
        let mark = if self.has_mark { "\u{FEFF}" } else { "" };
        if self.encoding == UTF_8 {
            return [mark, text].concat().into_bytes();
        }
        let units = mark.encode_utf16().chain(text.encode_utf16());
        let bytes = if self.encoding == UTF_16BE { u16::to_be_bytes } else { u16::to_le_bytes };
        units.flat_map(bytes).collect()
    }
}

/// Puts each text in its place; of places that overlap, the first counts.
pub(super) fn replaced(text: &str, mut changes: Vec<(Range<usize>, String)>) -> String {
    changes.sort_by_key(|(place, _)| place.start);
    let mut changed = String::with_capacity(text.len());
    let mut done = 0;
    for (place, written) in changes {
        let Some(before) = text.get(done..place.start) else { continue };
        changed.push_str(before);
        changed.push_str(&written);
        done = place.end;
    }
    changed.push_str(text.get(done..).unwrap_or_default());
    changed
}

/// Returns what puts an element at the end of another, one indented as its neighbours are; `lines` are those of the element, without
/// the indent of the first.
pub(super) fn insertion(text: &str, parent: Node<'_, '_>, lines: &[&str]) -> (Range<usize>, String) {
    let name = parent.tag_name().name();
    let range = parent.range();
    let whole = &text[range.clone()];
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let line_start = text[..range.start].rfind('\n').map_or(0, |line_break| line_break + 1);
    let indent: String = text[line_start..].chars().take_while(|blank| matches!(blank, ' ' | '\t')).collect();
    let inner: String = lines.iter().map(|line| format!("{line_end}{indent}  {line}")).collect();
    if let Some(open) = whole.strip_suffix("/>") {
        return (range, format!("{}>{inner}{line_end}{indent}</{name}>", open.trim_end()));
    }
    let close = range.start + whole.rfind("</").unwrap_or(whole.len());
    match parent.children().rfind(Node::is_element) {
        Some(last) => (last.range().end..last.range().end, inner),
        None => {
            let empty = close - text[range.start..close].chars().rev().take_while(|c| c.is_whitespace()).count();
            (empty..close, format!("{inner}{line_end}{indent}"))
        }
    }
}

/// Returns the place of an element with the blanks and the line end before it.
pub(super) fn with_indent(text: &str, place: &Range<usize>) -> Range<usize> {
    let before = text[..place.start].trim_end_matches([' ', '\t']);
    let before = before.strip_suffix('\n').map_or(before, |before| before.strip_suffix('\r').unwrap_or(before));
    before.len()..place.end
}

/// Writes a text so that an XML reader gets it back. What XML cannot hold is left out.
pub(super) fn escape(text: &str, in_attribute: bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' if in_attribute => escaped.push_str("&quot;"),
            '\r' | '\n' | '\t' if in_attribute => escaped.push_str(&format!("&#{};", u32::from(letter))),
            '\r' | '\n' | '\t' => escaped.push(letter),
            letter if letter < ' ' || matches!(letter, '\u{FFFE}' | '\u{FFFF}') => {}
            letter => escaped.push(letter),
        }
    }
    escaped
}
