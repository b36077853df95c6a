//! A preference file that writes back what it read: a view over its bytes, in which single values can be changed.

use std::ops::Range;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use roxmltree::{Document, Node};

use crate::format::parse_xml;
use crate::format::xml_text::{XmlTextError, decode_xml_as, xml_encoding};

/// The most nodes that are read: a hundred times those of the largest files seen.
const MOST_NODES: u32 = 2_000_000;

/// The bytes are no preference file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PreferenceFileError {
    /// The file is no text.
    #[error(transparent)]
    Text(#[from] XmlTextError),
    /// The XML is broken. Definitions of entities count as broken: no preference file has them.
    #[error("line {line}: broken XML: {message}")]
    Xml {
        /// Line, from 1.
        line: u32,
        /// What the XML reader says.
        message: String,
    },
}

/// A value could not be changed; the file is as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditPreferenceError {
    /// There is no such element in this file.
    #[error("the file has no such element")]
    NoElement,
    /// The element holds other elements, so it has no text to be changed.
    #[error("the element `{0}` holds other elements, not a text")]
    NotText(String),
    /// The name is no name of an attribute.
    #[error("`{0}` is no name of an attribute")]
    Name(String),
    /// XML cannot hold this character.
    #[error("XML cannot hold the character U+{0:04X}")]
    Character(u32),
    /// The bytes of the file are not those its encoding writes, so that a change could touch more than its value.
    #[error("the file is odd {0} text; it cannot be changed without changing other values")]
    Encoding(&'static str),
    /// One value was to be changed twice at once.
    #[error("a value cannot be changed twice at once")]
    Twice,
    /// The changed file could not be read again.
    #[error(transparent)]
    Broken(#[from] PreferenceFileError),
}

/// A change of one value of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PreferenceEdit {
    /// Of an attribute, which is added where it is not there.
    Attribute {
        /// The element.
        element: ElementId,
        /// Name of the attribute.
        name: String,
        /// Its value from now on.
        value: String,
    },
    /// Of the text in an element that holds no elements.
    Text {
        /// The element.
        element: ElementId,
        /// Its text from now on.
        value: String,
    },
}

/// A preference file: its bytes and what stands in them.
#[derive(Clone, Debug)]
pub struct PreferenceFile {
    bytes: Vec<u8>,
    encoding: &'static Encoding,
    /// Bytes of the byte order mark.
    mark_length: usize,
    text: String,
    elements: Vec<ElementData>,
    /// Where the lines of the text begin.
    lines: Vec<usize>,
}

/// Names an element of a file. It stays the same when values are changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ElementId(usize);

/// An element of a file.
#[derive(Clone, Copy)]
pub struct PreferenceElement<'a> {
    file: &'a PreferenceFile,
    id: ElementId,
}

#[derive(Clone, Debug)]
struct ElementData {
    name: String,
    attributes: Vec<AttributeData>,
    /// The text directly in it, empty where it holds elements.
    text: String,
    children: Vec<usize>,
    /// Where it stands in the text, from `<` to `>`.
    range: Range<usize>,
    /// Where its name ends.
    name_end: usize,
}

#[derive(Clone, Debug)]
struct AttributeData {
    name: String,
    value: String,
    /// Where the value stands, without quotes.
    range: Range<usize>,
}

impl PreferenceFile {
    /// Reads a file in any encoding.
    ///
    /// # Errors
    /// Says in which line the file is no XML.
    pub fn parse(bytes: &[u8]) -> Result<Self, PreferenceFileError> {
        let (encoding, mark_length) = xml_encoding(bytes)?;
        let text = decode_xml_as(encoding, &bytes[mark_length..])?.into_owned();
        let document = parse_xml(&text, MOST_NODES)
            .map_err(|error| PreferenceFileError::Xml { line: error.line, message: error.message })?;
        let elements = read_elements(&document);
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(breaks).collect();
        Ok(PreferenceFile { bytes: bytes.to_vec(), encoding, mark_length, text, elements, lines })
    }

    /// Returns the bytes of the file: those that were read, but for the values changed since.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the root element.
    pub fn root(&self) -> PreferenceElement<'_> {
        PreferenceElement { file: self, id: ElementId(0) }
    }

    /// Returns all elements in document order.
    pub fn elements(&self) -> impl Iterator<Item = PreferenceElement<'_>> {
        (0..self.elements.len()).map(|index| PreferenceElement { file: self, id: ElementId(index) })
    }

    /// Changes the value of an attribute, or adds the attribute behind the others. No other byte of the file changes.
    ///
    /// # Errors
    /// Fails where XML cannot hold name or value, and where the file's bytes are odd in their encoding.
    pub fn set_attribute(&mut self, id: ElementId, name: &str, value: &str) -> Result<(), EditPreferenceError> {
        self.edit(&[PreferenceEdit::Attribute { element: id, name: name.to_owned(), value: value.to_owned() }])
    }

    /// Changes the text of an element that holds no elements. No other byte of the file changes.
    ///
    /// # Errors
    /// Fails where the element holds others, where XML cannot hold the text, and where the file's bytes are odd in their encoding.
    pub fn set_text(&mut self, id: ElementId, value: &str) -> Result<(), EditPreferenceError> {
        self.edit(&[PreferenceEdit::Text { element: id, value: value.to_owned() }])
    }

    /// Changes many values at once, all or none. No other byte of the file changes.
    ///
    /// # Errors
    /// As [`PreferenceFile::set_attribute`] and [`PreferenceFile::set_text`].
    pub fn edit(&mut self, edits: &[PreferenceEdit]) -> Result<(), EditPreferenceError> {
        let places = edits.iter().map(|edit| match edit {
            PreferenceEdit::Attribute { element, name, value } => self.attribute_place(*element, name, value),
            PreferenceEdit::Text { element, value } => self.text_place(*element, value),
        });
        let mut places = places.collect::<Result<Vec<_>, _>>()?;
        places.sort_by_key(|(range, _)| range.start);
        if self.encode(&self.text) != self.bytes {
            return Err(EditPreferenceError::Encoding(self.encoding.name()));
        }
        let mut text = String::with_capacity(self.text.len());
        let mut done = 0;
        for (range, written) in places {
            text.push_str(self.text.get(done..range.start).ok_or(EditPreferenceError::Twice)?);
            text.push_str(&written);
            done = range.end;
        }
        text.push_str(&self.text[done..]);
        *self = PreferenceFile::parse(&self.encode(&text))?;
        Ok(())
    }

    /// Returns where the value of an attribute stands, or a new attribute is to stand, and what is to be written there.
    fn attribute_place(
        &self,
        id: ElementId,
        name: &str,
        value: &str,
    ) -> Result<(Range<usize>, String), EditPreferenceError> {
        let element = self.elements.get(id.0).ok_or(EditPreferenceError::NoElement)?;
        match element.attributes.iter().find(|attribute| attribute.name == name) {
            Some(attribute) => {
                let quote = self.text[..attribute.range.start].chars().next_back().unwrap_or('"');
                Ok((attribute.range.clone(), escape(value, Some(quote))?))
            }
            None => {
                check_name(name)?;
                let last = element.attributes.last();
                // Behind the quote that ends the last attribute.
                let at = last.map_or(element.name_end, |attribute| attribute.range.end + 1);
                Ok((at..at, format!(" {name}=\"{}\"", escape(value, Some('"'))?)))
            }
        }
    }

    /// Returns where the text of an element stands, and what is to be written there.
    fn text_place(&self, id: ElementId, value: &str) -> Result<(Range<usize>, String), EditPreferenceError> {
        let element = self.elements.get(id.0).ok_or(EditPreferenceError::NoElement)?;
        if !element.children.is_empty() {
            return Err(EditPreferenceError::NotText(element.name.clone()));
        }
        let written = escape(value, None)?;
        let source = &self.text[element.range.clone()];
        let start_tag_end = element.attributes.last().map_or(element.name_end, |attribute| attribute.range.end + 1);
        Ok(match source.strip_suffix("/>") {
            Some(open) => {
                let qualified_name = &self.text[element.range.start + 1..element.name_end];
                let end = element.range.end;
                (element.range.start + open.len()..end, format!(">{written}</{qualified_name}>"))
            }
            None => {
                let from = self.text[start_tag_end..].find('>').map_or(start_tag_end, |at| start_tag_end + at + 1);
                let to = source.rfind("</").map_or(from, |at| element.range.start + at);
                (from..to, written)
            }
        })
    }

    fn encode(&self, text: &str) -> Vec<u8> {
        let mut bytes = self.bytes[..self.mark_length].to_vec();
        if self.encoding == UTF_16LE {
            bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        } else if self.encoding == UTF_16BE {
            bytes.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
        } else if self.encoding == UTF_8 {
            bytes.extend_from_slice(text.as_bytes());
        } else {
            // Characters that the encoding does not have become references, which are XML as well.
            bytes.extend_from_slice(&self.encoding.encode(text).0);
        }
        bytes
    }

    fn line_at(&self, offset: usize) -> u32 {
        u32::try_from(self.lines.partition_point(|start| *start <= offset)).unwrap_or(u32::MAX)
    }
}

impl<'a> PreferenceElement<'a> {
    /// Returns the name by which the file's values are changed.
    pub fn id(self) -> ElementId {
        self.id
    }

    /// Returns the name of the element, without prefix.
    pub fn name(self) -> &'a str {
        &self.data().name
    }

    /// Returns the attributes in order: names without prefix, values.
    pub fn attributes(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.data().attributes.iter().map(|attribute| (attribute.name.as_str(), attribute.value.as_str()))
    }

    /// Returns the value of an attribute, its name compared without case.
    pub fn attribute(self, name: &str) -> Option<&'a str> {
        self.attributes().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Returns the text in the element; empty where it holds elements.
    pub fn text(self) -> &'a str {
        &self.data().text
    }

    /// Returns the elements in it, in order.
    pub fn children(self) -> impl Iterator<Item = PreferenceElement<'a>> {
        let file = self.file;
        self.data().children.iter().map(move |index| PreferenceElement { file, id: ElementId(*index) })
    }

    /// Returns the first element in it of this name, compared without case.
    pub fn child(self, name: &str) -> Option<PreferenceElement<'a>> {
        self.children().find(|child| child.name().eq_ignore_ascii_case(name))
    }

    /// Returns the line in which it begins, from 1.
    pub fn line(self) -> u32 {
        self.file.line_at(self.data().range.start)
    }

    fn data(self) -> &'a ElementData {
        &self.file.elements[self.id.0]
    }
}

/// Copies the elements of a document in document order.
fn read_elements(document: &Document<'_>) -> Vec<ElementData> {
    let mut elements: Vec<ElementData> = Vec::new();
    // The elements that are open where the walk stands.
    let mut open: Vec<(usize, Node<'_, '_>)> = Vec::new();
    for node in document.root_element().descendants().filter(Node::is_element) {
        while open.last().is_some_and(|(_, ancestor)| Some(*ancestor) != node.parent_element()) {
            open.pop();
        }
        let index = elements.len();
        if let Some((parent, _)) = open.last() {
            elements[*parent].children.push(index);
        }
        elements.push(read_element(node));
        open.push((index, node));
    }
    elements
}

fn read_element(node: Node<'_, '_>) -> ElementData {
    let range = node.range();
    let source = &node.document().input_text()[range.clone()];
    let is_name_end = |character: char| character.is_ascii_whitespace() || matches!(character, '/' | '>');
    let name_length = source.find(is_name_end).unwrap_or(source.len());
    let attributes = node.attributes().map(|attribute| {
        let whole = attribute.range();
        let written = &node.document().input_text()[whole.clone()];
        // The value begins behind the first quote: a name has none.
        let before = written.find(['"', '\'']).map_or(written.len(), |at| at + 1);
        AttributeData {
            name: attribute.name().to_owned(),
            value: attribute.value().to_owned(),
            range: whole.start + before..whole.end.saturating_sub(1).max(whole.start + before),
        }
    });
    let holds_elements = node.children().any(|child| child.is_element());
    let text = node.children().filter(|child| child.is_text() && !holds_elements).filter_map(|child| child.text());
    ElementData {
        name: node.tag_name().name().to_owned(),
        attributes: attributes.collect(),
        text: text.collect(),
        children: Vec::new(),
        name_end: range.start + name_length,
        range,
    }
}

fn check_name(name: &str) -> Result<(), EditPreferenceError> {
    let mut characters = name.chars();
    let starts = characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
    let goes_on = characters.all(|next| next.is_ascii_alphanumeric() || matches!(next, '_' | '-' | '.'));
    if starts && goes_on { Ok(()) } else { Err(EditPreferenceError::Name(name.to_owned())) }
}

/// Writes a value so that an XML reader gets it back; `quote` ends it in an attribute.
fn escape(value: &str, quote: Option<char>) -> Result<String, EditPreferenceError> {
    let mut written = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '&' => written.push_str("&amp;"),
            '<' => written.push_str("&lt;"),
            '>' => written.push_str("&gt;"),
            '"' if quote == Some('"') => written.push_str("&quot;"),
            '\'' if quote == Some('\'') => written.push_str("&apos;"),
            '\r' => written.push_str("&#xD;"),
            '\n' if quote.is_some() => written.push_str("&#xA;"),
            '\t' if quote.is_some() => written.push_str("&#x9;"),
            '\n' | '\t' => written.push(character),
            '\u{0}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => {
                return Err(EditPreferenceError::Character(u32::from(character)));
            }
            other => written.push(other),
        }
    }
    Ok(written)
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
