//! Migration tables, `*.migtable`: what principals and UNC paths become in another domain (`operations.md` 3.1).
//!
//! The file's text is kept as it is. Reading and writing gives the same bytes; a change touches the bytes of its entry only, and
//! elements that are not known stay where they are.

use std::collections::HashMap;
use std::ops::Range;

use encoding_rs::UTF_16LE;
use roxmltree::Node;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::backup_xml::BackupGroupType;
use super::parse_xml;
use super::xml_edit::{XmlForm, escape, insertion, replaced, with_indent};
use super::xml_text::XmlTextError;

/// What becomes of a principal or path in a migration (GPMDestinationOption).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u32)]
pub enum DestinationOption {
    /// It stays as it is.
    SameAsSource = 0,
    /// It is left out.
    None = 1,
    /// The principal of the same name in the target domain.
    ByRelativeName = 2,
    /// The one given.
    Set = 3,
}

/// What an entry of a migration table speaks of (GPMEntryType).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u32)]
pub enum EntryType {
    /// A user.
    User = 0,
    /// A computer.
    Computer = 1,
    /// A domain local group.
    LocalGroup = 2,
    /// A global group.
    GlobalGroup = 3,
    /// A universal group.
    UniversalGroup = 4,
    /// A UNC path.
    UncPath = 5,
    /// Free text or SID.
    Unknown = 6,
}

impl EntryType {
    /// All types, in the order of their numbers.
    pub const ALL: [EntryType; 7] = [
        EntryType::User,
        EntryType::Computer,
        EntryType::LocalGroup,
        EntryType::GlobalGroup,
        EntryType::UniversalGroup,
        EntryType::UncPath,
        EntryType::Unknown,
    ];

    /// Returns the name in the file.
    pub fn name(self) -> &'static str {
        match self {
            EntryType::User => "User",
            EntryType::Computer => "Computer",
            EntryType::LocalGroup => "LocalGroup",
            EntryType::GlobalGroup => "GlobalGroup",
            EntryType::UniversalGroup => "UniversalGroup",
            EntryType::UncPath => "UNCPath",
            EntryType::Unknown => "Unknown",
        }
    }

    /// Returns the name in the console.
    pub fn label(self) -> &'static str {
        match self {
            EntryType::User => "User",
            EntryType::Computer => "Computer",
            EntryType::LocalGroup => "Domain Local Group",
            EntryType::GlobalGroup => "Domain Global Group",
            EntryType::UniversalGroup => "Universal Group",
            EntryType::UncPath => "UNC Path",
            EntryType::Unknown => "Free Text or SID",
        }
    }

    /// Finds the type of a name in the file, compared without case.
    pub fn of_name(name: &str) -> Option<Self> {
        EntryType::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(name))
    }
}

impl From<BackupGroupType> for EntryType {
    fn from(kind: BackupGroupType) -> Self {
        match kind {
            BackupGroupType::User => EntryType::User,
            BackupGroupType::Computer => EntryType::Computer,
            BackupGroupType::LocalGroup => EntryType::LocalGroup,
            BackupGroupType::GlobalGroup => EntryType::GlobalGroup,
            BackupGroupType::UniversalGroup => EntryType::UniversalGroup,
            BackupGroupType::Unknown => EntryType::Unknown,
        }
    }
}

impl From<EntryType> for BackupGroupType {
    fn from(entry_type: EntryType) -> Self {
        match entry_type {
            EntryType::User => BackupGroupType::User,
            EntryType::Computer => BackupGroupType::Computer,
            EntryType::LocalGroup => BackupGroupType::LocalGroup,
            EntryType::GlobalGroup => BackupGroupType::GlobalGroup,
            EntryType::UniversalGroup => BackupGroupType::UniversalGroup,
            EntryType::UncPath | EntryType::Unknown => BackupGroupType::Unknown,
        }
    }
}

/// What a source becomes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum MapDestination {
    /// It stays as it is.
    SameAsSource,
    /// It is left out.
    None,
    /// The principal of the same name in the target domain.
    ByRelativeName,
    /// This principal or path.
    Set(String),
}

impl MapDestination {
    /// Returns Microsoft's number for it.
    pub fn option(&self) -> DestinationOption {
        match self {
            MapDestination::SameAsSource => DestinationOption::SameAsSource,
            MapDestination::None => DestinationOption::None,
            MapDestination::ByRelativeName => DestinationOption::ByRelativeName,
            MapDestination::Set(_) => DestinationOption::Set,
        }
    }

    /// Returns the text given (IGPMMapEntry.Destination); empty where none is.
    pub fn text(&self) -> &str {
        match self {
            MapDestination::Set(text) => text,
            MapDestination::SameAsSource | MapDestination::None | MapDestination::ByRelativeName => "",
        }
    }

    /// Returns the element that says it.
    fn to_element(&self) -> String {
        match self {
            MapDestination::SameAsSource => "<DestinationSameAsSource />".to_owned(),
            MapDestination::None => "<DestinationNone />".to_owned(),
            MapDestination::ByRelativeName => "<DestinationByRelativeName />".to_owned(),
            MapDestination::Set(text) => format!("<Destination>{}</Destination>", escape(text, false)),
        }
    }

    fn of_element(node: Node<'_, '_>) -> Option<Self> {
        match node.tag_name().name() {
            "DestinationSameAsSource" => Some(MapDestination::SameAsSource),
            "DestinationNone" => Some(MapDestination::None),
            "DestinationByRelativeName" => Some(MapDestination::ByRelativeName),
            "Destination" => Some(MapDestination::Set(text_of(node))),
            _ => None,
        }
    }
}

/// An entry of a table (IGPMMapEntry).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapEntry {
    /// What it speaks of; what stands there where that is no known type.
    pub entry_type: Result<EntryType, String>,
    /// The source; empty where the file has none.
    pub source: String,
    /// What it becomes; as it is, where the file does not say.
    pub destination: MapDestination,
    /// Line of the file in which it begins, from 1.
    pub line: u32,
}

impl Serialize for MapEntry {
    /// Writes Microsoft's four properties and the line.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut entry = serializer.serialize_struct("MapEntry", 5)?;
        entry.serialize_field("source", &self.source)?;
        match &self.entry_type {
            Ok(entry_type) => entry.serialize_field("entry_type", entry_type)?,
            Err(text) => entry.serialize_field("entry_type", text)?,
        }
        entry.serialize_field("destination_option", &self.destination.option())?;
        match &self.destination {
            MapDestination::Set(text) => entry.serialize_field("destination", text)?,
            _ => entry.skip_field("destination")?,
        }
        entry.serialize_field("line", &self.line)?;
        entry.end()
    }
}

/// A migration table's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationTableFile {
    form: XmlForm,
    text: String,
    entries: Vec<MapEntry>,
    places: Vec<EntryPlace>,
}

/// Where the parts of an entry stand.
#[derive(Clone, Debug, PartialEq, Eq)]
struct EntryPlace {
    whole: Range<usize>,
    entry_type: Option<Range<usize>>,
    destination: Option<Range<usize>>,
}

/// A file is no migration table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MigrationTableFileError {
    /// The file is no text.
    #[error(transparent)]
    Text(#[from] XmlTextError),
    /// The XML is broken.
    #[error("line {line}: broken XML: {message}")]
    Xml {
        /// Line, from 1.
        line: u32,
        /// What the XML reader says.
        message: String,
    },
    /// It is some other file.
    #[error("the file is no migration table: its root element is `{0}`, not `MigrationTable`")]
    Root(String),
}

/// The most nodes of a file.
const MOST_NODES: u32 = 2_000_000;

const EMPTY: &str = "<?xml version=\"1.0\" encoding=\"utf-16\"?>\r\n<MigrationTable xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" \
    xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns=\"http://www.microsoft.com/GroupPolicy/GPOOperations/MigrationTable\" />";

impl Default for MigrationTableFile {
    /// Returns an empty table in the form Microsoft writes: UTF-16 with a mark.
    fn default() -> Self {
        let form = XmlForm { encoding: UTF_16LE, has_mark: true };
        MigrationTableFile { form, text: EMPTY.to_owned(), entries: Vec::new(), places: Vec::new() }
    }
}

impl MigrationTableFile {
    /// Reads a file in UTF-16 or UTF-8.
    ///
    /// # Errors
    /// Says in which line the file is no XML, or which other file it is.
    pub fn parse(bytes: &[u8]) -> Result<Self, MigrationTableFileError> {
        let (form, text) = XmlForm::decode(bytes)?;
        MigrationTableFile::read(form, text)
    }

    fn read(form: XmlForm, text: String) -> Result<Self, MigrationTableFileError> {
        let document = parse_xml(&text, MOST_NODES)
            .map_err(|error| MigrationTableFileError::Xml { line: error.line, message: error.message })?;
        let root = document.root_element();
        if root.tag_name().name() != "MigrationTable" {
            return Err(MigrationTableFileError::Root(root.tag_name().name().to_owned()));
        }
        let (mut entries, mut places) = (Vec::new(), Vec::new());
        let (mut line, mut counted_to) = (1, 0);
        for node in root.children().filter(|node| node.is_element() && node.tag_name().name() == "Mapping") {
            let whole = node.range();
            line += text[counted_to..whole.start].matches('\n').count();
            counted_to = whole.start;
            let child =
                |name: &str| node.children().find(|child| child.is_element() && child.tag_name().name() == name);
            let entry_type = child("Type");
            let destination = node.children().find_map(|child| Some((child, MapDestination::of_element(child)?)));
            let type_text = entry_type.map(text_of).unwrap_or_default();
            entries.push(MapEntry {
                entry_type: EntryType::of_name(&type_text).ok_or(type_text),
                source: child("Source").map(text_of).unwrap_or_default(),
                destination: destination
                    .as_ref()
                    .map_or(MapDestination::SameAsSource, |(_, destination)| destination.clone()),
                line: u32::try_from(line).unwrap_or(u32::MAX),
            });
            places.push(EntryPlace {
                whole,
                entry_type: entry_type.map(|node| node.range()),
                destination: destination.map(|(node, _)| node.range()),
            });
        }
        Ok(MigrationTableFile { form, entries, places, text })
    }

    /// Returns the bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.form.encode(&self.text)
    }

    /// Returns the entries in the order of the file.
    pub fn entries(&self) -> &[MapEntry] {
        &self.entries
    }

    /// Adds entries at the end.
    ///
    /// # Errors
    /// Does not fail for a file that was read.
    pub fn add<'a>(
        &mut self,
        entries: impl IntoIterator<Item = (&'a str, EntryType, &'a MapDestination)>,
    ) -> Result<(), MigrationTableFileError> {
        let mut lines: Vec<String> = Vec::new();
        for (source, entry_type, destination) in entries {
            lines.push("<Mapping>".to_owned());
            lines.push(format!("  <Type>{}</Type>", entry_type.name()));
            lines.push(format!("  <Source>{}</Source>", escape(source, false)));
            lines.push(format!("  {}", destination.to_element()));
            lines.push("</Mapping>".to_owned());
        }
        if lines.is_empty() {
            return Ok(());
        }
        let change = {
            let document = parse_xml(&self.text, MOST_NODES)
                .map_err(|error| MigrationTableFileError::Xml { line: error.line, message: error.message })?;
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            insertion(&self.text, document.root_element(), &lines)
        };
        self.change(vec![change])
    }

    /// Gives the entry at this place of the list a type and a destination; nothing else of it changes.
    ///
    /// # Errors
    /// Does not fail for a file that was read.
    pub fn set(
        &mut self,
        place: usize,
        entry_type: Option<EntryType>,
        destination: &MapDestination,
    ) -> Result<(), MigrationTableFileError> {
        self.set_all([(place, entry_type, Some(destination))])
    }

    /// Gives many entries, by their places in the list, another type, another destination or both; nothing else of them changes.
    ///
    /// # Errors
    /// Does not fail for a file that was read.
    pub fn set_all<'a>(
        &mut self,
        wanted: impl IntoIterator<Item = (usize, Option<EntryType>, Option<&'a MapDestination>)>,
    ) -> Result<(), MigrationTableFileError> {
        let mut changes = Vec::new();
        // Elements that are to be added, by the place of the entry in the text.
        let mut missing: HashMap<usize, Vec<String>> = HashMap::new();
        for (place, entry_type, destination) in wanted {
            let (Some(entry), Some(found)) = (self.entries.get(place), self.places.get(place)) else { continue };
            let mut write = |range: &Option<Range<usize>>, element: String| match range {
                Some(range) => changes.push((range.clone(), element)),
                None => missing.entry(found.whole.start).or_default().push(element),
            };
            if let Some(entry_type) = entry_type.filter(|entry_type| entry.entry_type.as_ref() != Ok(entry_type)) {
                write(&found.entry_type, format!("<Type>{}</Type>", entry_type.name()));
            }
            let is_new = |wanted: &&MapDestination| entry.destination != **wanted || found.destination.is_none();
            if let Some(destination) = destination.filter(is_new) {
                write(&found.destination, destination.to_element());
            }
        }
        if changes.is_empty() && missing.is_empty() {
            return Ok(());
        }
        if !missing.is_empty() {
            let document = parse_xml(&self.text, MOST_NODES)
                .map_err(|error| MigrationTableFileError::Xml { line: error.line, message: error.message })?;
            for node in document.root_element().children().filter(Node::is_element) {
                let lines = missing.remove(&node.range().start).unwrap_or_default();
                let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
                changes.extend((!lines.is_empty()).then(|| insertion(&self.text, node, &lines)));
            }
        }
        self.change(changes)
    }

    /// Takes out the entry at this place of the list.
    ///
    /// # Errors
    /// Does not fail for a file that was read.
    pub fn remove(&mut self, place: usize) -> Result<(), MigrationTableFileError> {
        let Some(found) = self.places.get(place) else { return Ok(()) };
        let change = (with_indent(&self.text, &found.whole), String::new());
        self.change(vec![change])
    }

    fn change(&mut self, changes: Vec<(Range<usize>, String)>) -> Result<(), MigrationTableFileError> {
        *self = MigrationTableFile::read(self.form, replaced(&self.text, changes))?;
        Ok(())
    }
}

fn text_of(node: Node<'_, '_>) -> String {
    let pieces = node.children().filter(Node::is_text).filter_map(|piece| piece.text());
    pieces.collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEAD: &str = "<?xml version=\"1.0\" encoding=\"utf-16\"?>\r\n<MigrationTable xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns=\"http://www.microsoft.com/GroupPolicy/GPOOperations/MigrationTable\"";
    const TWO: &str = ">\r\n  <Mapping>\r\n    <Type>GlobalGroup</Type>\r\n    <Source>Domain Admins@corp.example</Source>\r\n    <Destination>A &amp; B@new.example</Destination>\r\n  </Mapping>\r\n  <Mapping>\r\n    <Type>Unknown</Type>\r\n    <Source>Administrators</Source>\r\n    <DestinationSameAsSource />\r\n  </Mapping>\r\n</MigrationTable>";

    fn utf16(text: &str) -> Vec<u8> {
        [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    }

    fn set(text: &str) -> MapDestination {
        MapDestination::Set(text.to_owned())
    }

    fn text(file: &MigrationTableFile) -> String {
        let bytes = file.to_bytes();
        assert_eq!(&bytes[..2], [0xFF, 0xFE]);
        let units: Vec<u16> = bytes[2..].as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
        String::from_utf16(&units).unwrap()
    }

    #[test]
    fn a_table_is_written_as_microsoft_writes_it() {
        let mut file = MigrationTableFile::default();
        let entries = [
            ("Domain Admins@corp.example", EntryType::GlobalGroup, &set("A & B@new.example")),
            ("Administrators", EntryType::Unknown, &MapDestination::SameAsSource),
        ];
        file.add(entries).unwrap();
        assert_eq!(text(&file), format!("{HEAD}{TWO}"));
        assert_eq!(MigrationTableFile::parse(&file.to_bytes()), Ok(file));
        assert_eq!(text(&MigrationTableFile::default()), format!("{HEAD} />"));
    }

    #[test]
    fn entries_are_read_in_every_encoding() {
        let whole = format!("{HEAD}{TWO}\r\n");
        let expected = [
            MapEntry {
                entry_type: Ok(EntryType::GlobalGroup),
                source: "Domain Admins@corp.example".to_owned(),
                destination: set("A & B@new.example"),
                line: 3,
            },
            MapEntry {
                entry_type: Ok(EntryType::Unknown),
                source: "Administrators".to_owned(),
                destination: MapDestination::SameAsSource,
                line: 8,
            },
        ];
        for bytes in [utf16(&whole), whole.clone().into_bytes(), format!("\u{FEFF}{whole}").into_bytes()] {
            let file = MigrationTableFile::parse(&bytes).unwrap();
            assert_eq!(file.entries(), expected);
            assert_eq!(file.to_bytes(), bytes);
        }
    }

    #[test]
    fn odd_entries_are_read_as_far_as_they_go() {
        let odd = "<MigrationTable><Note/><Mapping><Source> a </Source></Mapping><Mapping x='1'><Type>uncpath</Type><Source/><DestinationNone/><Destination>b</Destination></Mapping>\n<Mapping><Type>Robot</Type><DestinationByRelativeName/></Mapping></MigrationTable>";
        let file = MigrationTableFile::parse(odd.as_bytes()).unwrap();
        let read: Vec<_> = file
            .entries()
            .iter()
            .map(|entry| (entry.entry_type.clone(), entry.source.as_str(), entry.destination.option(), entry.line))
            .collect();
        assert_eq!(
            read,
            [
                (Err(String::new()), "a", DestinationOption::SameAsSource, 1),
                (Ok(EntryType::UncPath), "", DestinationOption::None, 1),
                (Err("Robot".to_owned()), "", DestinationOption::ByRelativeName, 2),
            ]
        );
    }

    #[test]
    fn a_change_touches_one_entry() {
        let whole = format!("{HEAD}{TWO}");
        let check = |change: fn(&mut MigrationTableFile), from: &str, to: &str| {
            let mut file = MigrationTableFile::parse(&utf16(&whole)).unwrap();
            change(&mut file);
            assert_eq!(text(&file), whole.replacen(from, to, 1));
        };
        check(|file| file.set(0, None, &set("x")).unwrap(), "A &amp; B@new.example", "x");
        check(|file| file.set(0, Some(EntryType::GlobalGroup), &set("A & B@new.example")).unwrap(), "", "");
        check(
            |file| file.set(0, Some(EntryType::User), &MapDestination::None).unwrap(),
            "GlobalGroup</Type>\r\n    <Source>Domain Admins@corp.example</Source>\r\n    <Destination>A &amp; B@new.example</Destination>",
            "User</Type>\r\n    <Source>Domain Admins@corp.example</Source>\r\n    <DestinationNone />",
        );
        check(
            |file| file.remove(1).unwrap(),
            "\r\n  <Mapping>\r\n    <Type>Unknown</Type>\r\n    <Source>Administrators</Source>\r\n    <DestinationSameAsSource />\r\n  </Mapping>",
            "",
        );
        check(|file| file.remove(7).unwrap(), "", "");
        let unknown = "<MigrationTable>\n  <Mapping note='1'>\n    <Source>a</Source>\n    <Note/>\n  </Mapping>\n</MigrationTable>";
        let mut file = MigrationTableFile::parse(unknown.as_bytes()).unwrap();
        file.set(0, Some(EntryType::User), &MapDestination::ByRelativeName).unwrap();
        let expected = unknown.replace("<Note/>", "<Note/>\n    <Type>User</Type>\n    <DestinationByRelativeName />");
        assert_eq!(String::from_utf8(file.to_bytes()).unwrap(), expected);
    }

    #[test]
    fn what_is_no_table_is_refused_with_its_place() {
        let check = |bytes: &[u8], expected: &str| {
            let error = MigrationTableFile::parse(bytes).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        };
        check(b"<MigrationTable>\n<Mapping></MigrationTable>", "line 2: broken XML: ");
        check(b"<Groups/>", "the file is no migration table: its root element is `Groups`");
        check(b"", "line 1: broken XML");
        check(b"\xFF\xFE<", "the file is not UTF-16LE text");
        check(b"<!DOCTYPE a [<!ENTITY b 'c'>]><MigrationTable>&b;</MigrationTable>", "line 1: broken XML");
    }

    proptest! {
        #[test]
        fn entries_come_back(source in "[ -~äß<&]{1,12}", destination in ".{0,12}") {
            let mut file = MigrationTableFile::default();
            file.add([(source.as_str(), EntryType::User, &set(&destination))]).unwrap();
            let read = MigrationTableFile::parse(&file.to_bytes()).unwrap();
            prop_assert_eq!(&read, &file);
            prop_assert_eq!(&read.entries()[0].source, source.trim());
            let holds = |letter: char| letter >= ' ' || matches!(letter, '\t' | '\n');
            if destination.chars().all(holds) && destination.trim() == destination {
                prop_assert_eq!(&read.entries()[0].destination, &set(&destination));
            }
        }
    }
}
