//! Looking into the XML of templates: local names only, attribute names without case.

use std::borrow::Cow;

use roxmltree::{Document, Node};

use crate::format::parse_xml;

use super::warning::AdmxProblem;

/// The most nodes of one file; the largest real template has some hundred thousand.
const MOST_NODES: u32 = 10_000_000;

/// Reads the XML of a template.
pub(super) fn parse(text: &str) -> Result<Document<'_>, AdmxProblem> {
    parse_xml(text, MOST_NODES).map_err(|error| AdmxProblem::Broken(format!("broken XML: {error}")))
}

/// Returns the elements directly in an element.
pub(super) fn elements<'a, 'input: 'a>(node: Node<'a, 'input>) -> impl Iterator<Item = Node<'a, 'input>> {
    node.children().filter(Node::is_element)
}

/// Returns the elements of a name directly in an element.
pub(super) fn named<'a, 'input: 'a>(
    node: Node<'a, 'input>,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'input>> {
    elements(node).filter(move |child| child.tag_name().name() == name)
}

/// Returns the first element of a name directly in an element.
pub(super) fn child<'a, 'input: 'a>(node: Node<'a, 'input>, name: &'static str) -> Option<Node<'a, 'input>> {
    named(node, name).next()
}

/// Returns an attribute. People write `maxvalue`, `Key` and `nosort` where the schema has `maxValue`, `key` and `noSort`.
pub(super) fn attribute<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    node.attribute(name).or_else(|| {
        let found = node.attributes().find(|attribute| attribute.name().eq_ignore_ascii_case(name));
        found.map(|attribute| attribute.value())
    })
}

/// Tells whether an attribute says yes.
pub(super) fn flag(node: Node<'_, '_>, name: &str) -> bool {
    attribute(node, name).is_some_and(|value| matches!(value.trim(), "1") || value.trim().eq_ignore_ascii_case("true"))
}

/// Returns the text directly in an element, pieces around comments put together.
pub(super) fn content<'a>(node: Node<'a, '_>) -> Cow<'a, str> {
    let mut pieces = node.children().filter(Node::is_text).filter_map(|piece| piece.text());
    let first = pieces.next().unwrap_or_default();
    match pieces.next() {
        None => Cow::Borrowed(first),
        Some(second) => Cow::Owned([first, second].into_iter().chain(pieces).collect()),
    }
}
