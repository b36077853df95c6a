//! Halves made by hand for the tests of extensions, and their elements as short text.

use crate::format::admx::AdmxStore;
use crate::format::{PolData, PolRecord, RegistryPol};
use crate::ident::ExtensionList;
use crate::report::{Block, Element, ExtensionReport, Section, Side};

use super::{
    DirectoryObject, Extension, FileContent, GptFile, HalfContents, Part, PrincipalNames, Source, SourceContext,
};

/// Returns a half with a registry.pol of these records; an empty name without data makes the key.
pub(super) fn registry(records: &[(&str, &str, PolData)]) -> HalfContents {
    let records = records.iter().map(|(key, value, data)| match data {
        PolData::Raw(bytes) if value.is_empty() && bytes.is_empty() => PolRecord::create_key(key),
        data => PolRecord::set(key, value, data.clone()),
    });
    let pol = RegistryPol { records: records.collect() };
    half("", vec![file("registry.pol", &pol.to_bytes())], Vec::new())
}

pub(super) fn half(registered: &str, files: Vec<GptFile>, objects: Vec<DirectoryObject>) -> HalfContents {
    HalfContents::new(ExtensionList::parse_lossy(registered), files, objects)
}

pub(super) fn file(path: &str, bytes: &[u8]) -> GptFile {
    let content = FileContent::Whole(bytes.to_vec());
    GptFile { path: path.to_owned(), size_bytes: bytes.len() as u64, content }
}

pub(super) fn object(path: &str, class: &str, attributes: &[(&str, &str)]) -> DirectoryObject {
    let mut object = DirectoryObject { path: path.to_owned(), class: class.to_owned(), attributes: Vec::new() };
    for (name, value) in attributes {
        match object.attributes.iter_mut().find(|(known, _)| known == name) {
            Some((_, values)) => values.push(value.as_bytes().to_vec()),
            None => object.attributes.push(((*name).to_owned(), vec![value.as_bytes().to_vec()])),
        }
    }
    object
}

pub(super) fn text(text: &str) -> PolData {
    PolData::Text(text.to_owned())
}

/// The data of a record that only makes its key.
pub(super) fn key_only() -> PolData {
    PolData::Raw(Vec::new())
}

/// Calls `look` with a source over a half.
pub(super) fn with_source<T>(
    half: &HalfContents,
    side: Side,
    compatible: bool,
    look: impl FnOnce(&Source<'_>) -> T,
) -> T {
    let names = PrincipalNames::default();
    let templates = AdmxStore::default();
    let context = SourceContext { names: &names, templates: &templates, with_comments: true, compatible };
    look(&Source { side, half, context: &context })
}

/// Reads a half of a computer as a compatible report does or as ours.
pub(super) fn read(extension: &Extension, half: &HalfContents, compatible: bool) -> Option<Part> {
    with_source(half, Side::Computer, compatible, |source| (extension.read)(source))
}

/// Returns the elements that an extension reads, one line each.
pub(super) fn lines(extension: &Extension, half: &HalfContents, compatible: bool) -> Vec<String> {
    let part = read(extension, half, compatible).unwrap();
    assert_eq!(part.problems, []);
    part.elements.iter().map(line).collect()
}

/// Returns an element as `Name[attribute=value](child=text child)`.
pub(super) fn line(element: &Element) -> String {
    let mut line = element.name.to_string();
    for (name, value) in &element.attributes {
        line.push_str(&format!("[{name}={value}]"));
    }
    if element.children.is_empty() {
        return if element.text.is_empty() { line } else { format!("{line}={}", element.text) };
    }
    let children: Vec<String> = element.children.iter().map(self::line).collect();
    format!("{line}({})", children.join(" "))
}

/// Returns all texts of the sections an extension makes of what it reads, one cell or paragraph a line.
pub(super) fn shown(extension: &Extension, half: &HalfContents) -> String {
    let part = read(extension, half, false).unwrap();
    let report = ExtensionReport {
        name: extension.name.to_owned(),
        xml_type: extension.xml_type.to_owned(),
        namespace: extension.namespace.to_owned(),
        elements: part.elements,
        problems: part.problems,
    };
    let placed = (extension.sections)(&report, Side::Computer);
    placed.iter().map(|placed| section_text(&placed.section)).collect()
}

pub(super) fn section_text(section: &Section) -> String {
    format!("{}\n{}", section.heading, section.blocks.iter().map(block_text).collect::<String>())
}

fn block_text(block: &Block) -> String {
    match block {
        Block::Section(section) => section_text(section),
        Block::Text(text) | Block::Code(text) => format!("{text}\n"),
        Block::Problem(problem) => format!("! {}: {}\n", problem.file, problem.message),
        Block::Table(table) => {
            let rows = table.rows.iter().map(|row| {
                let cells: Vec<&str> = row.cells.iter().map(|cell| cell.text.as_str()).collect();
                format!("{}\n{}", cells.join(" | "), row.details.iter().map(block_text).collect::<String>())
            });
            rows.collect()
        }
    }
}
