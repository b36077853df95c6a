//! XML files as text: whatever the encoding, one string comes out.
//!
//! Group Policy's XML comes as UTF-8 with and without a byte order mark, UTF-16 with one, and with declarations that say
//! something else than the bytes do. The bytes win. A reader that is fed UTF-16 directly would see garbage without an error.

use std::borrow::Cow;

use encoding_rs::Encoding;

/// The bytes are no text in the encoding they claim.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum XmlTextError {
    /// Bytes that the encoding does not have.
    #[error("the file is not {encoding} text")]
    Malformed {
        /// Name of the encoding.
        encoding: &'static str,
    },
    /// An encoding nobody knows.
    #[error("the file's encoding `{0}` is not known")]
    UnknownEncoding(String),
}

/// Decodes an XML file: by its byte order mark, by the zero bytes of its first character, by its declaration, else as UTF-8.
pub fn decode_xml(bytes: &[u8]) -> Result<Cow<'_, str>, XmlTextError> {
    let (encoding, mark_length) = xml_encoding(bytes)?;
    decode_xml_as(encoding, &bytes[mark_length..])
}

/// Finds the encoding of an XML file and the length of its byte order mark.
pub(super) fn xml_encoding(bytes: &[u8]) -> Result<(&'static Encoding, usize), XmlTextError> {
    match Encoding::for_bom(bytes) {
        Some(found) => Ok(found),
        None => Ok((encoding_without_mark(bytes)?, 0)),
    }
}

/// Decodes what stands behind the byte order mark.
pub(super) fn decode_xml_as<'a>(encoding: &'static Encoding, content: &'a [u8]) -> Result<Cow<'a, str>, XmlTextError> {
    let text = encoding.decode_without_bom_handling_and_without_replacement(content);
    text.ok_or(XmlTextError::Malformed { encoding: encoding.name() })
}

fn encoding_without_mark(bytes: &[u8]) -> Result<&'static Encoding, XmlTextError> {
    match bytes {
        [b'<', 0, ..] => return Ok(encoding_rs::UTF_16LE),
        [0, b'<', ..] => return Ok(encoding_rs::UTF_16BE),
        _ => {}
    }
    let Some(label) = declared_encoding(bytes) else { return Ok(encoding_rs::UTF_8) };
    let known = Encoding::for_label(label.as_bytes());
    let encoding = known.ok_or_else(|| XmlTextError::UnknownEncoding(label.to_owned()))?;
    // The declaration was readable as single bytes, so it cannot be telling the truth about UTF-16.
    let is_wide = encoding == encoding_rs::UTF_16LE || encoding == encoding_rs::UTF_16BE;
    Ok(if is_wide { encoding_rs::UTF_8 } else { encoding })
}

/// Returns what stands in `encoding="…"` of the XML declaration, if there is one.
fn declared_encoding(bytes: &[u8]) -> Option<&str> {
    const LONGEST_DECLARATION: usize = 200;
    let head = &bytes[..bytes.len().min(LONGEST_DECLARATION)];
    let end = head.windows(2).position(|pair| pair == b"?>")?;
    let declaration = std::str::from_utf8(&head[..end]).ok()?.strip_prefix("<?xml")?;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let label = value[1..].split(quote).next()?;
    // GPMC's older tools declared "unicode" and meant UTF-16, whose bytes were recognised before.
    (!label.eq_ignore_ascii_case("unicode")).then_some(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, mark: bool) -> Vec<u8> {
        let mark = if mark { Some(0xFEFF) } else { None };
        mark.into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn every_encoding_gives_the_same_text() {
        let text = "<a>Zürich</a>";
        let with_mark = [b"\xEF\xBB\xBF".as_slice(), text.as_bytes()].concat();
        for bytes in [text.as_bytes().to_vec(), with_mark, utf16(text, true), utf16(text, false)] {
            assert_eq!(decode_xml(&bytes).as_deref(), Ok(text));
        }
    }

    #[test]
    fn the_declaration_counts_unless_the_bytes_contradict_it() {
        let latin = b"<?xml version='1.0' encoding='iso-8859-1'?><a>Z\xFCrich</a>";
        assert!(decode_xml(latin).unwrap().ends_with("<a>Zürich</a>"));
        for label in ["utf-16", "unicode", "UTF-8"] {
            let text = format!("<?xml version=\"1.0\" encoding=\"{label}\"?><a>é</a>");
            assert_eq!(decode_xml(text.as_bytes()).as_deref(), Ok(text.as_str()));
        }
    }

    #[test]
    fn refuses_what_is_no_text() {
        assert!(decode_xml(b"<a>\xFF\xFE\xC0</a>").is_err());
        assert!(decode_xml(b"\xFF\xFE<").is_err());
        assert_eq!(
            decode_xml(b"<?xml version='1.0' encoding='klingon'?><a/>"),
            Err(XmlTextError::UnknownEncoding("klingon".to_owned()))
        );
        assert_eq!(decode_xml(b"").as_deref(), Ok(""));
    }
}
