//! The directory part of the demo forest's source: LDIF (RFC 2849) with variables.
//!
//! `define NAME = VALUE` gives a name that `${NAME}` stands for in the rest of the file. An attribute with an empty
//! value is one the object must not have. `attribute:: VALUE` is base64, as in LDIF.

use std::collections::HashMap;

use crate::format::decode_base64;

use super::SourceError;

/// An object as written in the source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SourceEntry {
    /// Line of its `dn:`, counted from 1.
    pub(super) line: usize,
    /// Its DN.
    pub(super) dn: String,
    /// Attribute names and values in the order written.
    pub(super) attributes: Vec<(String, String)>,
}

impl SourceEntry {
    /// Returns the first value of an attribute; none where it is not written or written empty.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        let named = self.attributes.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str()).find(|value| !value.is_empty())
    }

    /// Returns the values of an attribute that are not empty.
    pub(super) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.attributes.iter().filter(move |(other, _)| other.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// Tells whether the source speaks of the attribute, if only to say that it is absent.
    pub(super) fn mentions(&self, name: &str) -> bool {
        self.attributes.iter().any(|(other, _)| other.eq_ignore_ascii_case(name))
    }
}

/// Reads a source file.
pub(super) fn parse(file: &str, text: &str) -> Result<Vec<SourceEntry>, SourceError> {
    let mut variables: HashMap<String, String> = HashMap::new();
    let mut entries: Vec<SourceEntry> = Vec::new();
    let mut in_entry = false;
    for (line, content) in logical_lines(text) {
        let error = |problem: String| SourceError { file: file.to_owned(), line, problem };
        if content.is_empty() {
            in_entry = false;
            continue;
        }
        let content = expand(&content, &variables).map_err(error)?;
        if let Some(definition) = content.strip_prefix("define ") {
            let (name, value) =
                definition.split_once('=').ok_or_else(|| error("expected `define NAME = VALUE`".into()))?;
            variables.insert(name.trim().to_owned(), value.trim().to_owned());
            continue;
        }
        let (name, rest) = content.split_once(':').ok_or_else(|| error("expected `attribute: value`".into()))?;
        let value = match rest.strip_prefix(':') {
            Some(encoded) => base64_text(encoded.trim()).ok_or_else(|| error("expected base64 of text".into()))?,
            None => rest.strip_prefix(' ').unwrap_or(rest).to_owned(),
        };
        if name.eq_ignore_ascii_case("dn") {
            entries.push(SourceEntry { line, dn: value, attributes: Vec::new() });
            in_entry = true;
        } else {
            let entry = entries.last_mut().filter(|_| in_entry);
            let entry = entry.ok_or_else(|| error("an attribute stands outside an object".into()))?;
            entry.attributes.push((name.to_owned(), value));
        }
    }
    Ok(entries)
}

/// Joins continuation lines (they start with one blank) and drops comments. Blank lines are kept: they end an object.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    let mut in_comment = false;
    for (index, line) in text.lines().enumerate() {
        match line.strip_prefix(' ') {
            Some(_) if in_comment => {}
            Some(more) if lines.last().is_some_and(|(_, last)| !last.is_empty()) => {
                lines.last_mut().into_iter().for_each(|(_, last)| last.push_str(more));
            }
            _ => {
                in_comment = line.starts_with('#');
                if !in_comment {
                    lines.push((index + 1, line.to_owned()));
                }
            }
        }
    }
    lines
}

fn expand(text: &str, variables: &HashMap<String, String>) -> Result<String, String> {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, tail) = after.split_once('}').ok_or("`${` without `}`")?;
        let value = variables.get(name).ok_or_else(|| format!("`${{{name}}}` is not defined"))?;
        expanded.push_str(before);
        expanded.push_str(value);
        rest = tail;
    }
    expanded.push_str(rest);
    Ok(expanded)
}

fn base64_text(encoded: &str) -> Option<String> {
    String::from_utf8(decode_base64(encoded)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_objects_variables_and_folded_lines() {
        let text = "# a remark\n that goes on\ndefine D = DC=x\n\ndn: OU=A,${D}\nobjectClass: organizationalUnit\ndescription: one\n  two\n\
                    displayName:\nnote:: IA==\n\ndn: OU=B,${D}\n";
        let entries = parse("a.ldif", text).unwrap();
        assert_eq!(entries.len(), 2);
        assert_eq!((entries[0].line, entries[0].dn.as_str()), (5, "OU=A,DC=x"));
        assert_eq!(entries[0].value("description"), Some("one two"));
        assert_eq!(entries[0].value("DISPLAYNAME"), None);
        assert!(entries[0].mentions("displayName") && !entries[1].mentions("displayName"));
        assert_eq!(entries[0].value("note"), Some(" "));
    }

    #[test]
    fn mistakes_are_told_with_their_line() {
        for (text, line) in [
            ("x: 1", 1),
            ("dn: A\n\nx: 1", 3),
            ("dn: A\nnonsense", 2),
            ("\ndn: ${D}", 2),
            ("dn: ${D", 1),
            ("define x", 1),
            ("dn: A\nx:: !!", 2),
        ] {
            assert_eq!(parse("a.ldif", text).map_err(|error| error.line), Err(line), "{text:?}");
        }
    }
}
