//! Internet Explorer maintenance: `install.ins` and the files beside it, which no client since Internet Explorer 10 reads
//! (`gpo-storage.md` B12). They are shown as they are; the element of a file is our own.

use crate::ident::Guid;
use crate::report::{Block, ExtensionReport, Section, Side};

use super::raw_view::{file_element, file_section};
use super::{Area, Extension, Part, Placed, Source, claims_nothing};

pub(super) static IE_MAINTENANCE: Extension = Extension {
    cse: Guid::from_u128(0xA2E30F80_D7DE_11D2_BBDE_00C04F86AE3B),
    name: "Internet Explorer Maintenance",
    xml_type: "InternetExplorerSettings",
    namespace: "IE",
    read,
    sections,
    claims: claims_nothing,
};

const FOLDER: &str = "microsoft/ieak/";

fn read(source: &Source<'_>) -> Option<Part> {
    let files = source.half.files.iter().filter(|file| file.path.to_lowercase().starts_with(FOLDER));
    let elements: Vec<_> = files.map(file_element).collect();
    (!elements.is_empty()).then(|| Part { elements, ..Part::default() })
}

fn sections(report: &ExtensionReport, _side: Side) -> Vec<Placed> {
    let mut section = Section::new("Internet Explorer Maintenance");
    section.blocks.push(Block::Text("Internet Explorer 10 and later do not apply these settings.".to_owned()));
    let files = report.elements.iter().filter(|element| element.name == "File");
    section.blocks.extend(files.map(|file| file_section(file).into()));
    vec![Placed { area: Area::WindowsSettings, section }]
}
