//! The SYSVOL part of the demo forest's source: readable text turned into the bytes Windows would have written.
//!
//! What a file becomes follows from its name (encodings: `gpo-storage.md` B13): security templates, script lists and
//! folder redirection become UTF-16 with a byte order mark, `GPO.cmt` UTF-16 without one, `comment.cmtx` UTF-8 with one;
//! all text gets CRLF. `registry.pol.txt` is compiled to `registry.pol`, `NAME.hex` to the bytes of `NAME`.
//! A file `.acl` holds the descriptor of its folder, in SDDL.

use super::registry_text;

/// What a source file stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Compiled {
    /// A file of this name and content.
    File {
        /// Name without folder.
        name: String,
        /// The bytes.
        content: Vec<u8>,
    },
    /// The descriptor of the folder, SDDL.
    Descriptor(String),
}

/// Compiles a source file; fails with the line, 0 where there is none, and what is wrong.
pub(super) fn compile(name: &str, text: &str) -> Result<Compiled, (usize, String)> {
    let file = |name: &str, content: Vec<u8>| Ok(Compiled::File { name: name.to_owned(), content });
    if name == ".acl" {
        return Ok(Compiled::Descriptor(text.lines().map(str::trim).collect()));
    }
    if let Some(target) = name.strip_suffix(".hex") {
        let content = super::hex_bytes(text).ok_or((0, "expected hexadecimal digits".to_owned()))?;
        return file(target, content);
    }
    if let Some(target) = name.strip_suffix(".txt").filter(|target| target.eq_ignore_ascii_case("registry.pol")) {
        return file(target, registry_text::parse(text)?.to_bytes());
    }
    let text = text.replace("\r\n", "\n").replace('\n', "\r\n");
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    match name.to_ascii_lowercase().as_str() {
        "gpttmpl.inf" | "scripts.ini" | "psscripts.ini" | "fdeploy.ini" | "fdeploy1.ini" => {
            file(name, [vec![0xFF, 0xFE], utf16(&text)].concat())
        }
        // The comment ends with its last character.
        "gpo.cmt" => file(name, utf16(text.trim_end_matches("\r\n"))),
        "comment.cmtx" => file(name, [vec![0xEF, 0xBB, 0xBF], text.into_bytes()].concat()),
        _ => file(name, text.into_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, text: &str, expected_name: &str, expected: &[u8]) {
        let expected = Compiled::File { name: expected_name.to_owned(), content: expected.to_vec() };
        assert_eq!(compile(name, text), Ok(expected));
    }

    #[test]
    fn files_get_the_encoding_of_their_name() {
        check("GptTmpl.inf", "a\n", "GptTmpl.inf", b"\xFF\xFEa\0\r\0\n\0");
        check("GPO.cmt", "a\nb\n", "GPO.cmt", b"a\0\r\0\n\0b\0");
        check("comment.cmtx", "<a/>", "comment.cmtx", b"\xEF\xBB\xBF<a/>");
        check("GPT.INI", "[General]\r\nVersion=1\n", "GPT.INI", b"[General]\r\nVersion=1\r\n");
        check("registry.pol.txt", "", "registry.pol", b"PReg\x01\0\0\0");
        check("a.aas.hex", "01 02\nff", "a.aas", &[1, 2, 255]);
        assert_eq!(compile(".acl", "O:DA\nD:P\n"), Ok(Compiled::Descriptor("O:DAD:P".to_owned())));
    }

    #[test]
    fn mistakes_are_reported() {
        assert!(compile("a.hex", "0g").is_err());
        assert_eq!(compile("registry.pol.txt", "[k]\nx").map_err(|(line, _)| line), Err(2));
    }
}
