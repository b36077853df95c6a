//! `StarterGPO.tmplx` and `StarterGPO.tmpll`: what a starter GPO says of itself, and its texts in a language (`gpo-storage.md` A7).
//!
//! The names of their elements are not documented, so every element and attribute is taken by its name without case and namespace, and the
//! names that mean the same are tried in turn. An edit changes the value that is read, and no other byte.

use std::ops::Range;

use roxmltree::Node;

use super::parse_xml;
use super::xml_edit::{XmlForm, escape, insertion, replaced};
use super::xml_text::{XmlTextError, decode_xml};
use crate::ident::{Guid, Timestamp};

/// The name of the file with what a starter GPO says of itself, in its folder.
pub const STARTER_GPO_FILE: &str = "StarterGPO.tmplx";
/// The name of the file with its texts in a language, in the folder of that language.
pub const STARTER_GPO_TEXTS: &str = "StarterGPO.tmpll";

/// Elements, attributes and texts of one file; real ones have some tens.
const MOST_NODES: u32 = 100_000;

/// A value of a starter GPO.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StarterGpoField {
    /// Its GUID.
    Id,
    /// Display name.
    DisplayName,
    /// Comment.
    Description,
    /// Whether Microsoft or an administrator made it.
    Type,
    /// Author.
    Author,
    /// Product it is for.
    Product,
    /// The language its name and comment are in.
    Language,
    /// Version of both halves in one number.
    GpoVersion,
    /// Version of the computer half.
    ComputerVersion,
    /// Version of the user half.
    UserVersion,
    /// Version of the starter GPO itself.
    TemplateVersion,
    /// When it was made.
    Created,
    /// When it was changed last.
    Modified,
}

impl StarterGpoField {
    /// Returns the names it may have, in lower case, and the one we write where there is none yet.
    fn names(self) -> (&'static [&'static str], &'static str) {
        match self {
            StarterGpoField::Id => (&["startergpoid", "gpoid", "id", "guid", "identifier"], "ID"),
            StarterGpoField::DisplayName => (&["displayname", "name"], "DisplayName"),
            StarterGpoField::Description => (&["description", "comment"], "Description"),
            StarterGpoField::Type => (&["type", "startergpotype", "issystem", "system"], "Type"),
            StarterGpoField::Author => (&["author"], "Author"),
            StarterGpoField::Product => (&["product"], "Product"),
            StarterGpoField::Language => (&["language", "culture"], "Language"),
            StarterGpoField::GpoVersion => (&["gpoversion", "versionnumber"], "GPOVersion"),
            StarterGpoField::ComputerVersion => (&["computerversion", "machineversion"], "ComputerVersion"),
            StarterGpoField::UserVersion => (&["userversion"], "UserVersion"),
            StarterGpoField::TemplateVersion => {
                (&["startergpoversion", "templateversion", "version"], "StarterGPOVersion")
            }
            StarterGpoField::Created => (&["creationtime", "createdtime", "created"], "CreatedTime"),
            StarterGpoField::Modified => (&["modifiedtime", "modificationtime", "modified"], "ModifiedTime"),
        }
    }
}

/// A file of a starter GPO cannot be read or changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StarterGpoFileError {
    /// It is no text.
    #[error(transparent)]
    Text(#[from] XmlTextError),
    /// It is no XML.
    #[error("{0}")]
    Xml(String),
    /// It says nothing.
    #[error("it holds no element with a value")]
    Empty,
    /// Only UTF-8 and UTF-16 are written.
    #[error("it is neither UTF-8 nor UTF-16 and is not changed")]
    Encoding,
}

/// What a file of a starter GPO says.
#[derive(Clone, Debug)]
pub struct StarterGpoFile {
    text: String,
    /// None where the encoding is one we do not write.
    form: Option<XmlForm>,
    values: Vec<Value>,
}

#[derive(Clone, Debug)]
struct Value {
    /// Without prefix, in lower case.
    name: String,
    /// The attribute `id` of an element, in lower case.
    id: Option<String>,
    text: String,
    place: Place,
}

/// Where a value stands.
#[derive(Clone, Debug)]
enum Place {
    /// In an attribute: what is between the quotes.
    Attribute(Range<usize>),
    /// In an element: what is between its tags.
    Content(Range<usize>),
    /// An element without an end tag: all of it.
    Closed(Range<usize>),
    /// An element that holds others: its text is not changed.
    Mixed,
}

impl StarterGpoFile {
    /// Reads a file.
    ///
    /// # Errors
    /// Fails where it is no XML, or says nothing.
    pub fn parse(bytes: &[u8]) -> Result<Self, StarterGpoFileError> {
        let (form, text) = match XmlForm::decode(bytes) {
            Ok((form, text)) => (Some(form), text),
            Err(_) => (None, decode_xml(bytes)?.into_owned()),
        };
        let values = {
            let document = parse_xml(&text, MOST_NODES).map_err(|error| StarterGpoFileError::Xml(error.message))?;
            let elements = document.root_element().descendants().filter(Node::is_element);
            elements.flat_map(|element| values_of(&text, element)).collect::<Vec<_>>()
        };
        if values.iter().all(|value| value.text.trim().is_empty()) {
            return Err(StarterGpoFileError::Empty);
        }
        Ok(StarterGpoFile { text, form, values })
    }

    /// Returns a value, without the blanks around it; empty where there is none. `$(string.NAME)` stands for a text of [`Self::string`].
    pub fn value(&self, field: StarterGpoField) -> &str {
        self.find(field).map_or("", |value| value.text.trim())
    }

    /// Returns the text of the element with this `id`, compared without case: the texts of a language.
    pub fn string(&self, id: &str) -> Option<&str> {
        let id = id.to_lowercase();
        self.values.iter().find(|value| value.id.as_ref() == Some(&id)).map(|value| value.text.as_str())
    }

    /// Tells whether any value is to be looked up among the texts of a language.
    pub fn refers_to_strings(&self) -> bool {
        self.values.iter().any(|value| string_reference(&value.text).is_some())
    }

    /// Returns the GUID that the file gives the starter GPO; one without a known name counts too, where no other has one.
    pub fn id(&self) -> Option<Guid> {
        let (names, _) = StarterGpoField::Id.names();
        let mut named = names.iter().flat_map(|name| self.values.iter().filter(move |value| value.name == *name));
        let guid = |value: &Value| value.text.trim().parse::<Guid>().ok();
        named.find_map(guid).or_else(|| self.values.iter().find_map(guid))
    }

    /// Tells whether the starter GPO is one that Microsoft ships.
    pub fn is_system(&self) -> bool {
        let kind = self.value(StarterGpoField::Type);
        ["system", "true", "0"].iter().any(|word| kind.eq_ignore_ascii_case(word))
    }

    /// Returns how this file would say that the starter GPO is a system or a custom one.
    pub fn type_text(&self, is_system: bool) -> &'static str {
        let kind = self.value(StarterGpoField::Type);
        match (kind, is_system) {
            ("0" | "1", true) => "0",
            ("0" | "1", false) => "1",
            (kind, _) if kind.eq_ignore_ascii_case("true") || kind.eq_ignore_ascii_case("false") => {
                if is_system {
                    "true"
                } else {
                    "false"
                }
            }
            (_, true) => "System",
            (_, false) => "Custom",
        }
    }

    /// Returns how this file would write a time: with a zone, or without as its other times.
    pub fn time_text(&self, time: Timestamp) -> String {
        let present = [StarterGpoField::Created, StarterGpoField::Modified].map(|field| self.value(field));
        let text = time.to_string();
        match present.into_iter().find(|text| !text.is_empty()) {
            Some(present) if !present.ends_with(['Z', 'z']) => text.trim_end_matches('Z').to_owned(),
            _ => text,
        }
    }

    /// Returns the bytes of the file with other values. A value that is not there yet becomes an element at its end.
    ///
    /// # Errors
    /// Fails where its encoding is neither UTF-8 nor UTF-16.
    pub fn with_values(&self, values: &[(StarterGpoField, String)]) -> Result<Vec<u8>, StarterGpoFileError> {
        let form = self.form.ok_or(StarterGpoFileError::Encoding)?;
        let mut changes = Vec::new();
        let mut added = Vec::new();
        for (field, text) in values {
            match self.change(*field, text) {
                Some(change) => changes.push(change),
                None => added.push((field.names().1, text.as_str())),
            }
        }
        let document = parse_xml(&self.text, MOST_NODES).map_err(|error| StarterGpoFileError::Xml(error.message))?;
        changes.extend(self.addition(document.root_element(), &added));
        Ok(form.encode(&replaced(&self.text, changes)))
    }

    /// Returns what puts a value in the place of the one there; none where there is no place for it.
    fn change(&self, field: StarterGpoField, text: &str) -> Option<(Range<usize>, String)> {
        match &self.find(field).or_else(|| self.find_any(field))?.place {
            // Its quotes may be single ones.
            Place::Attribute(range) => Some((range.clone(), escape(text, true).replace('\'', "&apos;"))),
            Place::Content(range) => Some((range.clone(), content(text))),
            Place::Closed(range) => {
                let open = self.text.get(range.clone())?.strip_suffix("/>")?.trim_end();
                let name = qualified_name(open);
                Some((range.clone(), format!("{open}>{}</{name}>", content(text))))
            }
            Place::Mixed => None,
        }
    }

    /// Returns what adds values at the end of the root element; as attributes where it holds nothing else.
    fn addition(&self, root: Node<'_, '_>, added: &[(&str, &str)]) -> Option<(Range<usize>, String)> {
        let whole = self.text.get(root.range()).filter(|_| !added.is_empty())?;
        if let Some(open) = whole.strip_suffix("/>") {
            let place = root.range().start + open.trim_end().len();
            let attributes = added.iter().map(|(name, text)| format!(" {name}=\"{}\"", escape(text, true)));
            return Some((place..place, attributes.collect()));
        }
        let prefix = qualified_name(whole).rsplit_once(':').map_or(String::new(), |(prefix, _)| format!("{prefix}:"));
        let element = |(name, text): &(&str, &str)| format!("<{prefix}{name}>{}</{prefix}{name}>", content(text));
        let lines: Vec<String> = added.iter().map(element).collect();
        Some(insertion(&self.text, root, &lines.iter().map(String::as_str).collect::<Vec<_>>()))
    }

    /// Finds the value that is read.
    fn find(&self, field: StarterGpoField) -> Option<&Value> {
        self.named(field).find(|value| !value.text.trim().is_empty() && fits(field, value))
    }

    /// Finds a place for a value, where an empty one stands.
    fn find_any(&self, field: StarterGpoField) -> Option<&Value> {
        self.named(field).find(|value| value.text.trim().is_empty() && !matches!(value.place, Place::Mixed))
    }

    fn named(&self, field: StarterGpoField) -> impl Iterator<Item = &Value> {
        field.names().0.iter().flat_map(|name| self.values.iter().filter(move |value| value.name == *name))
    }
}

/// Returns the file of a new custom starter GPO without settings. The names of its elements are ours.
pub fn new_starter_gpo(id: Guid, name: &str, description: &str, now: Timestamp) -> Vec<u8> {
    let values = [
        (StarterGpoField::Id, id.to_string()),
        (StarterGpoField::DisplayName, name.to_owned()),
        (StarterGpoField::Description, description.to_owned()),
        (StarterGpoField::Type, "Custom".to_owned()),
        (StarterGpoField::ComputerVersion, "0".to_owned()),
        (StarterGpoField::UserVersion, "0".to_owned()),
        (StarterGpoField::Created, now.to_string()),
        (StarterGpoField::Modified, now.to_string()),
    ];
    let elements = values.iter().map(|(field, text)| {
        let (_, name) = field.names();
        format!("  <{name}>{}</{name}>\r\n", content(text))
    });
    let elements: String = elements.collect();
    format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<StarterGPO>\r\n{elements}</StarterGPO>\r\n").into_bytes()
}

/// Tells whether a value can be that of a field: many things are called `id`, and only a GUID is that of a starter GPO.
fn fits(field: StarterGpoField, value: &Value) -> bool {
    field != StarterGpoField::Id || value.text.trim().parse::<Guid>().is_ok()
}

/// Returns the name in `$(string.NAME)`.
pub fn string_reference(value: &str) -> Option<&str> {
    let value = value.trim();
    let start = value.get(..9).filter(|start| start.eq_ignore_ascii_case("$(string."))?;
    value[start.len()..].strip_suffix(')')
}

/// Returns the values of an element: its attributes, then its own text.
fn values_of(text: &str, element: Node<'_, '_>) -> Vec<Value> {
    let attributes = element.attributes().map(|attribute| Value {
        name: attribute.name().to_lowercase(),
        id: None,
        text: attribute.value().to_owned(),
        place: Place::Attribute(attribute.range_value()),
    });
    let own = element.children().filter(Node::is_text).filter_map(|piece| piece.text()).collect();
    let id = element.attributes().find(|attribute| attribute.name().eq_ignore_ascii_case("id"));
    let value = Value {
        name: element.tag_name().name().to_lowercase(),
        id: id.map(|id| id.value().to_lowercase()),
        text: own,
        place: place_of(text, element),
    };
    attributes.chain([value]).collect()
}

fn place_of(text: &str, element: Node<'_, '_>) -> Place {
    if element.children().any(|child| child.is_element()) {
        return Place::Mixed;
    }
    let range = element.range();
    let whole = text.get(range.clone()).unwrap_or_default();
    let (Some(open), Some(close)) = (end_of_tag(whole), whole.rfind("</")) else { return Place::Closed(range) };
    if open > close { Place::Closed(range) } else { Place::Content(range.start + open..range.start + close) }
}

/// Finds the end of the tag that a text begins with.
fn end_of_tag(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, letter) in text.char_indices() {
        match quote {
            Some(open) if letter == open => quote = None,
            Some(_) => {}
            None if matches!(letter, '"' | '\'') => quote = Some(letter),
            None if letter == '>' => return Some(at + 1),
            None => {}
        }
    }
    None
}

/// Returns the name, prefix and all, of the element that a text begins with.
fn qualified_name(text: &str) -> &str {
    let name = text.trim_start_matches('<');
    name.split(|letter: char| letter.is_whitespace() || matches!(letter, '>' | '/')).next().unwrap_or_default()
}

/// Writes a text between tags. A reader makes one line feed of a raw line end, so that the other half is written as a number.
fn content(text: &str) -> String {
    escape(text, false).replace('\r', "&#xD;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> StarterGpoFile {
        StarterGpoFile::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn values_are_read_from_elements_and_attributes() {
        let check = |text: &str, field, expected: &str| assert_eq!(parse(text).value(field), expected, "{text}");
        use StarterGpoField::*;
        check("<s:A xmlns:s='x'><s:Name>A &amp; B</s:Name></s:A>", DisplayName, "A & B");
        check("<a displayName=\"A &lt; B\"/>", DisplayName, "A < B");
        check("<a><Name>n</Name><DisplayName> d </DisplayName></a>", DisplayName, "d");
        check("<a><Name/><b><name><![CDATA[<x>]]></name></b></a>", DisplayName, "<x>");
        check("<a><p><Name>first</Name></p><Name>second</Name></a>", DisplayName, "first");
        check("<a version='1.0'><x>y</x></a>", TemplateVersion, "1.0");
        check("<a><x>y</x></a>", Author, "");
    }

    #[test]
    fn an_edit_changes_its_value_alone() {
        let check = |text: &str, values: &[(StarterGpoField, &str)], expected: &str| {
            let values: Vec<_> = values.iter().map(|(field, text)| (*field, (*text).to_owned())).collect();
            let written = parse(text).with_values(&values).unwrap();
            assert_eq!(String::from_utf8(written).unwrap(), expected);
        };
        use StarterGpoField::*;
        check(
            "<?xml version='1.0'?>\r\n<!-- c -->\r\n<a  x = 'y'>\r\n  <Name>$(string.n)</Name>\r\n  <Unknown><![CDATA[&]]></Unknown>\r\n  <Type>System</Type>\r\n</a>\r\n",
            &[(Type, "Custom"), (DisplayName, "a < b\r\nc"), (Id, "{1}")],
            "<?xml version='1.0'?>\r\n<!-- c -->\r\n<a  x = 'y'>\r\n  <Name>a &lt; b&#xD;\nc</Name>\r\n  <Unknown><![CDATA[&]]></Unknown>\r\n  <Type>Custom</Type>\r\n  <ID>{1}</ID>\r\n</a>\r\n",
        );
        check(
            "<a name='x'  type=\"1\"/>",
            &[(DisplayName, "a'b"), (Author, "m\"e")],
            "<a name='a&apos;b'  type=\"1\" Author=\"m&quot;e\"/>",
        );
        check("<p:a xmlns:p='u'><p:Name /><q>r</q></p:a>", &[], "<p:a xmlns:p='u'><p:Name /><q>r</q></p:a>");
        check(
            "<p:a xmlns:p='u'><p:Name k='>' /><p:Author></p:Author></p:a>",
            &[(DisplayName, "n"), (Author, "m"), (Product, "o")],
            "<p:a xmlns:p='u'><p:Name k='>'>n</p:Name><p:Author>m</p:Author>\n  <p:Product>o</p:Product></p:a>",
        );
    }

    #[test]
    fn the_encoding_stays() {
        let text = "\u{feff}<a><Name>é</Name></a>";
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let file = StarterGpoFile::parse(&utf16).unwrap();
        let expected: Vec<u8> = text.replace('é', "ü").encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(file.with_values(&[(StarterGpoField::DisplayName, "ü".to_owned())]), Ok(expected));
        let latin =
            StarterGpoFile::parse(b"<?xml version='1.0' encoding='iso-8859-1'?><a><Name>\xFC</Name></a>").unwrap();
        assert_eq!(latin.value(StarterGpoField::DisplayName), "ü");
        assert_eq!(latin.with_values(&[]), Err(StarterGpoFileError::Encoding));
    }

    #[test]
    fn an_id_is_a_guid() {
        let check =
            |text: &str, expected: Option<u128>| assert_eq!(parse(text).id(), expected.map(Guid::from_u128), "{text}");
        let one = Guid::from_u128(1);
        check("<a><string id='n'>x</string></a>", None);
        check(&format!("<a id='n'><b>x</b><Id>{}</Id></a>", one.hyphenated()), Some(1));
        check(&format!("<a><Novel>{one}</Novel></a>"), Some(1));
        check(&format!("<a><Novel>{}</Novel><GUID>{one}</GUID></a>", Guid::from_u128(2)), Some(1));
    }

    #[test]
    fn types_and_times_keep_their_spelling() {
        let check = |text: &str, is_system: bool, words: [&str; 2]| {
            let file = parse(text);
            assert_eq!(
                (file.is_system(), file.type_text(true), file.type_text(false)),
                (is_system, words[0], words[1])
            );
        };
        check("<a><Type>system</Type></a>", true, ["System", "Custom"]);
        check("<a><Type>1</Type></a>", false, ["0", "1"]);
        check("<a IsSystem='True'/>", true, ["true", "false"]);
        check("<a><x>y</x></a>", false, ["System", "Custom"]);
        let time = Timestamp::from_unix_seconds(0).unwrap();
        assert_eq!(parse("<a><Created>2026-01-01T00:00:00</Created></a>").time_text(time), "1970-01-01T00:00:00");
        assert_eq!(parse("<a><x>y</x></a>").time_text(time), "1970-01-01T00:00:00Z");
    }

    #[test]
    fn a_new_one_says_what_it_was_given() {
        let (id, now) = (Guid::from_u128(5), Timestamp::from_unix_seconds(0).unwrap());
        let file = StarterGpoFile::parse(&new_starter_gpo(id, "a < b", "c\r\nd", now)).unwrap();
        let values = [StarterGpoField::DisplayName, StarterGpoField::Description, StarterGpoField::UserVersion];
        assert_eq!(values.map(|field| file.value(field)), ["a < b", "c\r\nd", "0"]);
        assert_eq!(
            (file.id(), file.is_system(), file.value(StarterGpoField::Created)),
            (Some(id), false, "1970-01-01T00:00:00Z")
        );
    }

    #[test]
    fn damage_is_an_error() {
        for text in ["", "no xml", "<a><b></a>", "<a/>", "<a> <b/></a>"] {
            assert!(StarterGpoFile::parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}
