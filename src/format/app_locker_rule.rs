//! Rules of Application Control Policies (AppLocker): one piece of XML in each value `Value` below `SrpV2` (`gpo-storage.md` B12).
//!
//! The text is kept as it stood and read into a tree of elements; an attribute is changed in place, so that nothing else moves.

use std::fmt;
use std::ops::Range;

use roxmltree::Node;

use super::parse_xml;

/// A rule with the text it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppLockerRule {
    text: String,
    root: RuleElement,
}

/// An element of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleElement {
    /// Its name: `FilePathRule`, `Conditions`, `FileHash` …
    pub name: String,
    /// Its attributes, in order.
    pub attributes: Vec<RuleAttribute>,
    /// The elements in it, in order.
    pub children: Vec<RuleElement>,
}

/// An attribute of an element of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleAttribute {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    range: Range<usize>,
}

/// The text is no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseAppLockerRuleError {
    /// The XML is broken.
    #[error("broken XML: {0}")]
    Xml(String),
    /// Elements are nested deeper than any rule does.
    #[error("elements nested deeper than {DEEPEST}")]
    TooDeep,
}

/// Rules need five levels.
const DEEPEST: usize = 32;
const MOST_NODES: u32 = 100_000;

impl AppLockerRule {
    /// Reads a rule.
    pub fn parse(text: &str) -> Result<Self, ParseAppLockerRuleError> {
        let document = parse_xml(text, MOST_NODES).map_err(|error| ParseAppLockerRuleError::Xml(error.message))?;
        let root = read_element(document.root_element(), 0)?;
        Ok(AppLockerRule { text: text.to_owned(), root })
    }

    /// Returns the element of the rule; its name is the kind of the rule.
    pub fn root(&self) -> &RuleElement {
        &self.root
    }

    /// Changes the value of an attribute of the rule itself and nothing else; tells whether it has such an attribute.
    pub fn set_attribute(&mut self, name: &str, value: &str) -> bool {
        let Some(attribute) = self.root.attributes.iter().find(|attribute| attribute.name == name) else {
            return false;
        };
        let mut text = self.text.clone();
        text.replace_range(attribute.range.clone(), &escape(value));
        match AppLockerRule::parse(&text) {
            Ok(changed) => {
                *self = changed;
                true
            }
            Err(_) => false,
        }
    }
}

impl fmt::Display for AppLockerRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl RuleElement {
    /// Returns the value of an attribute; empty where there is none.
    pub fn get(&self, name: &str) -> &str {
        let found = self.attributes.iter().find(|attribute| attribute.name == name);
        found.map_or("", |attribute| attribute.value.as_str())
    }
}

fn read_element(node: Node<'_, '_>, depth: usize) -> Result<RuleElement, ParseAppLockerRuleError> {
    if depth > DEEPEST {
        return Err(ParseAppLockerRuleError::TooDeep);
    }
    let attributes = node.attributes().map(|attribute| RuleAttribute {
        name: attribute.name().to_owned(),
        value: attribute.value().to_owned(),
        range: attribute.range_value(),
    });
    let children = node.children().filter(Node::is_element).map(|child| read_element(child, depth + 1));
    Ok(RuleElement {
        name: node.tag_name().name().to_owned(),
        attributes: attributes.collect(),
        children: children.collect::<Result<_, _>>()?,
    })
}

fn escape(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\r' => escaped.push_str("&#xD;"),
            '\n' => escaped.push_str("&#xA;"),
            '\t' => escaped.push_str("&#x9;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = "<FilePathRule Id=\"a1\" Name=\"Tools &amp; more\" Novel='1' Action=\"Allow\"><Conditions>\
        <FilePathCondition Path=\"%WINDIR%\\*\"/></Conditions></FilePathRule>\r\n";

    #[test]
    fn a_rule_is_read_and_written_back() {
        let rule = AppLockerRule::parse(RULE).unwrap();
        assert_eq!(rule.to_string(), RULE);
        let root = rule.root();
        assert_eq!((root.name.as_str(), root.get("Name"), root.get("Gone")), ("FilePathRule", "Tools & more", ""));
        assert_eq!(root.children[0].children[0].get("Path"), "%WINDIR%\\*");
    }

    #[test]
    fn one_attribute_is_changed_alone() {
        let mut rule = AppLockerRule::parse(RULE).unwrap();
        assert!(rule.set_attribute("Name", "<\"a\" & 'b'>"));
        assert_eq!(rule.root().get("Name"), "<\"a\" & 'b'>");
        assert!(rule.set_attribute("Name", "Tools & more"));
        assert_eq!(rule.to_string(), RULE);
        assert!(!rule.set_attribute("Gone", ""));
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        let check = |text: &str, start: &str| {
            let message = AppLockerRule::parse(text).unwrap_err().to_string();
            assert!(message.starts_with(start), "{message}");
        };
        check("", "broken XML: ");
        check("<FilePathRule", "broken XML: ");
        check("<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", "broken XML: ");
        check(&format!("{}{}", "<a>".repeat(40), "</a>".repeat(40)), "elements nested");
    }
}
