//! Parsing XML that anybody may have written, within limits.
//!
//! The crate `roxmltree` does it: no entities of a document type, a bounded number of nodes. What it does not bound is the work for
//! prefixes: every element that declares one has all of those around it copied and compared, so that half a megabyte of nested
//! declarations takes minutes.

use std::collections::HashSet;

use roxmltree::{Document, ParsingOptions};

/// The text is no XML, or too much of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct ParseXmlError {
    /// Line of what is wrong, from 1.
    pub line: u32,
    /// What is wrong, with its place.
    pub message: String,
}

/// Prefixes that one file may declare; reports have one for each extension of a GPO.
const MOST_PREFIXES: usize = 256;
const DECLARATION: &str = "xmlns:";

/// Parses a file of at most so many nodes.
///
/// # Errors
/// Says in which line the text is no XML.
pub(crate) fn parse_xml(text: &str, most_nodes: u32) -> Result<Document<'_>, ParseXmlError> {
    check_prefixes(text)?;
    let options = ParsingOptions { nodes_limit: most_nodes, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|error| match error {
        // The crate does not say where.
        roxmltree::Error::UnclosedRootNode => {
            let line = line_at(text, text.len());
            ParseXmlError {
                line,
                message: format!("the root element is not closed where the file ends, at line {line}"),
            }
        }
        error => ParseXmlError { line: error.pos().row, message: error.to_string() },
    })
}

/// Returns the line of a place in a text, from 1.
fn line_at(text: &str, at: usize) -> u32 {
    let line_breaks = text.get(..at).unwrap_or_default().matches('\n').count();
    u32::try_from(line_breaks + 1).unwrap_or(u32::MAX)
}

fn check_prefixes(text: &str) -> Result<(), ParseXmlError> {
    let mut prefixes = HashSet::new();
    for (at, _) in text.match_indices(DECLARATION) {
        let behind = text.get(at + DECLARATION.len()..).unwrap_or_default();
        let end = behind.find(|c: char| c == '=' || c.is_ascii_whitespace() || c == '>').unwrap_or(behind.len());
        prefixes.insert(behind.get(..end).unwrap_or_default());
        if prefixes.len() > MOST_PREFIXES {
            let line = line_at(text, at);
            let message = format!("more than {MOST_PREFIXES} prefixes of namespaces, at line {line}");
            return Err(ParseXmlError { line, message });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks how many elements are read, or what is wrong.
    fn check(text: &str, expected: Result<usize, &str>) {
        let parsed = parse_xml(text, 1000);
        let found = parsed.map(|document| document.descendants().filter(roxmltree::Node::is_element).count());
        assert_eq!(found.as_ref().map_err(|error| error.message.as_str()), expected.as_ref().map_err(|error| *error));
    }

    #[test]
    fn documents_are_read_within_limits() {
        check("<a xmlns:b='c'><b:d/></a>", Ok(2));
        check(&format!("<a>{}</a>", "<b/>".repeat(1000)), Err("nodes limit reached"));
        check(&format!("<a>{}</a>", "<b xmlns:q='c'/>".repeat(400)), Ok(401));
        let nested: String = (0..5000).map(|number| format!("<a xmlns:p{number}='u'>\n")).collect();
        check("<a>\n<b/>", Err("the root element is not closed where the file ends, at line 2"));
        check(&nested, Err("more than 256 prefixes of namespaces, at line 257"));
    }

    #[test]
    fn entities_of_a_document_type_are_refused() {
        let parsed = parse_xml("<!DOCTYPE x [<!ENTITY a \"b\">]><x>&a;</x>", 1000);
        assert!(parsed.is_err());
    }
}
