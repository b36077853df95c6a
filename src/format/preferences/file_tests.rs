//! Reading preference files and changing single values in them.

use super::*;

const DRIVES: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<Drives clsid='{A}'><Drive name=\"H:\" odd = 'x'><!-- kept --><Properties path=\"\\\\srv\\a &amp; b\" label=\"\"/>\r\n\t</Drive><Note>one</Note><Empty/></Drives>\r\n";

fn by_name<'a>(file: &'a PreferenceFile, name: &str) -> PreferenceElement<'a> {
    file.elements().find(|element| element.name() == name).unwrap()
}

#[test]
fn a_file_is_read_and_kept() {
    let file = PreferenceFile::parse(DRIVES.as_bytes()).unwrap();
    assert_eq!(file.bytes(), DRIVES.as_bytes());
    let root = file.root();
    assert_eq!((root.name(), root.attribute("CLSID"), root.line()), ("Drives", Some("{A}"), 2));
    let properties = root.child("drive").and_then(|drive| drive.child("Properties")).unwrap();
    assert_eq!(properties.attribute("path"), Some("\\\\srv\\a & b"));
    assert_eq!(by_name(&file, "Note").text(), "one");
    assert_eq!(by_name(&file, "Note").line(), 3);
    assert_eq!(root.children().map(PreferenceElement::name).collect::<Vec<_>>(), ["Drive", "Note", "Empty"]);
}

#[test]
fn an_edit_changes_its_value_and_nothing_else() {
    let check = |element: &str, attribute: Option<&str>, value: &str, from: &str, to: &str| {
        let utf16 = |text: &str| {
            let units = [0xFEFF].into_iter().chain(text.encode_utf16());
            units.flat_map(u16::to_be_bytes).collect::<Vec<u8>>()
        };
        let utf8 = |text: &str| [b"\xEF\xBB\xBF".as_slice(), text.as_bytes()].concat();
        for bytes in [|text: &str| text.as_bytes().to_vec(), utf16, utf8] {
            let mut file = PreferenceFile::parse(&bytes(DRIVES)).unwrap();
            let id = by_name(&file, element).id();
            match attribute {
                Some(name) => file.set_attribute(id, name, value).unwrap(),
                None => file.set_text(id, value).unwrap(),
            }
            assert_eq!(file.bytes(), bytes(&DRIVES.replacen(from, to, 1)));
            let changed = by_name(&file, element);
            let read = attribute.map_or(Some(changed.text()), |name| changed.attribute(name));
            assert_eq!(read, Some(value));
        }
    };
    check("Drive", Some("name"), "I:", "\"H:\"", "\"I:\"");
    check("Drive", Some("odd"), "it's \"so\"", "'x'", "'it&apos;s \"so\"'");
    check("Properties", Some("label"), "a\r\n\tb <é>", "label=\"\"", "label=\"a&#xD;&#xA;&#x9;b &lt;é&gt;\"");
    check("Properties", Some("letter"), "H", "label=\"\"", "label=\"\" letter=\"H\"");
    check("Empty", Some("a"), "\"", "<Empty/>", "<Empty a=\"&quot;\"/>");
    check("Note", None, "a < b", ">one<", ">a &lt; b<");
    check("Note", None, "", ">one<", "><");
    check("Empty", None, "full", "<Empty/>", "<Empty>full</Empty>");
}

#[test]
fn characters_that_an_encoding_lacks_become_references() {
    let latin = b"<?xml version='1.0' encoding='iso-8859-1'?><A b='Z\xFCrich'/>";
    let mut file = PreferenceFile::parse(latin).unwrap();
    assert_eq!(file.root().attribute("b"), Some("Zürich"));
    file.set_attribute(file.root().id(), "b", "Zürich Ω").unwrap();
    assert_eq!(file.bytes(), b"<?xml version='1.0' encoding='iso-8859-1'?><A b='Z\xFCrich &#937;'/>");
    assert_eq!(file.root().attribute("b"), Some("Zürich Ω"));
}

#[test]
fn what_cannot_be_written_is_refused() {
    let mut file = PreferenceFile::parse(DRIVES.as_bytes()).unwrap();
    let root = file.root().id();
    assert_eq!(file.set_attribute(root, "a b", ""), Err(EditPreferenceError::Name("a b".to_owned())));
    assert_eq!(file.set_attribute(root, "a", "\u{1}"), Err(EditPreferenceError::Character(1)));
    assert_eq!(file.set_text(root, "x"), Err(EditPreferenceError::NotText("Drives".to_owned())));
    assert_eq!(file.set_text(ElementId(99), "x"), Err(EditPreferenceError::NoElement));
    assert_eq!(file.bytes(), DRIVES.as_bytes());
}

#[test]
fn what_is_no_xml_is_refused_with_its_line() {
    let check = |text: &str, expected: &str| {
        let error = PreferenceFile::parse(text.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    };
    check("", "line 1: broken XML");
    check("<a>\n<b>\n</a>", "line 3: broken XML");
    check("<!DOCTYPE a [<!ENTITY b \"c\">]>\n<a>&b;</a>", "line 1: broken XML");
    check("<a>\n\n&undefined;</a>", "line 3: broken XML");
    assert!(matches!(PreferenceFile::parse(b"\xFF\xFE<"), Err(PreferenceFileError::Text(_))));
    let deep = format!("{}{}", "<x>".repeat(100_000), "</x>".repeat(100_000));
    if let Ok(file) = PreferenceFile::parse(deep.as_bytes()) {
        assert_eq!(file.elements().count(), 100_000);
    }
}
