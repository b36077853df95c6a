//! `GPO.cmt`, the comment of a GPO: UTF-16LE without a mark (`gpo-storage.md` A13).

/// Returns the comment that the bytes of a file hold. A mark and zeros at its end, which other tools write, are left out.
pub fn read_gpo_comment(bytes: &[u8]) -> String {
    // A mark decides about the encoding; without one it is that of GPMC.
    let (text, _, _) = encoding_rs::UTF_16LE.decode(bytes);
    text.trim_start_matches('\u{feff}').trim_end_matches('\0').to_owned()
}

/// Returns the bytes of the file for a comment. Lines end as they do in the text; GPMC writes CR LF. A comment whose first characters would be
/// taken for the mark of another encoding gets a mark of its own.
pub fn write_gpo_comment(comment: &str) -> Vec<u8> {
    const MARK: [u8; 2] = [0xFF, 0xFE];
    let bytes: Vec<u8> = comment.encode_utf16().flat_map(u16::to_le_bytes).collect();
    match encoding_rs::Encoding::for_bom(&bytes) {
        Some(_) => [&MARK, bytes.as_slice()].concat(),
        None => bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_read_and_written() {
        let bytes = b"a\0\r\0\n\0\xFC\0";
        assert_eq!(read_gpo_comment(bytes), "a\r\nü");
        assert_eq!(write_gpo_comment("a\r\nü"), bytes);
        assert_eq!(read_gpo_comment(b"\xFF\xFEa\0\0\0"), "a");
        assert_eq!(read_gpo_comment(b"\xEF\xBB\xBFa"), "a");
        assert_eq!(read_gpo_comment(b"\xFF\xFE\xFF\xFEa\0"), "a");
        assert_eq!(read_gpo_comment(b""), "");
    }

    #[test]
    fn no_comment_is_taken_for_another_encoding() {
        for comment in ["\u{fffe}a", "\u{bbef}\u{62bf}", "a"] {
            assert_eq!(read_gpo_comment(&write_gpo_comment(comment)), comment);
        }
    }
}
