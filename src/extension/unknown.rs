//! Settings of extensions that this program does not know: shown as they stand in the report.

use crate::report::{Block, Element, ExtensionReport, Section, Table};

use super::raw_view::{NOT_SHOWN, PASSWORD};
use super::{Area, Placed, raw_contents};

/// Returns the elements as a list of their names and texts, nested as they are.
pub(super) fn sections(report: &ExtensionReport) -> Vec<Placed> {
    if report.is_raw() {
        return raw_contents::sections(report);
    }
    if report.elements.is_empty() {
        return Vec::new();
    }
    let blocks = blocks(&report.elements);
    vec![Placed { area: Area::OtherPolicies, section: Section { blocks, ..Section::new(&report.name) } }]
}

/// Deeper elements are shown as one text.
const DEEPEST: usize = 24;

fn blocks(elements: &[Element]) -> Vec<Block> {
    nested_blocks(elements, 0)
}

/// Returns elements without children as rows of a list, the others as sections.
fn nested_blocks(elements: &[Element], depth: usize) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut table = Table::properties();
    for element in elements {
        if element.children.is_empty() && element.attributes.is_empty() {
            table.row([element.name.as_ref(), element.text.as_str()]);
            continue;
        }
        if !table.rows.is_empty() {
            blocks.push(Block::Table(std::mem::take(&mut table)));
        }
        let name = element.get("name").or_else(|| element.child("Name").map(|name| name.text.as_str()));
        let heading = match name {
            Some(name) if !name.is_empty() => format!("{}: {name}", element.name),
            _ => element.name.to_string(),
        };
        let mut section = Section::new(heading);
        let mut attributes = Table::properties();
        for (name, value) in &element.attributes {
            let is_password = name.eq_ignore_ascii_case(PASSWORD);
            attributes.row([name.as_ref(), if is_password { NOT_SHOWN } else { value.as_str() }]);
        }
        if !element.text.is_empty() {
            attributes.row(["Value", element.text.as_str()]);
        }
        if !attributes.rows.is_empty() {
            section.blocks.push(Block::Table(attributes));
        }
        if depth < DEEPEST {
            section.blocks.extend(nested_blocks(&element.children, depth + 1));
        }
        blocks.push(Block::Section(section));
    }
    if !table.rows.is_empty() {
        blocks.push(Block::Table(table));
    }
    blocks
}
