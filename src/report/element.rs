//! The elements of a report: Microsoft's XML as a small tree without prefixes.

use std::borrow::Cow;

use crate::ident::Sid;

/// An element of a report. One with children has no text of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// Name without prefix.
    pub name: Cow<'static, str>,
    /// Where the name belongs.
    pub namespace: Namespace,
    /// Attributes in order, names without prefix except `xsi:type` and `xsi:nil`.
    pub attributes: Vec<(Cow<'static, str>, String)>,
    /// Its text; empty where it has children.
    pub text: String,
    /// The elements in it, in order.
    pub children: Vec<Element>,
}

/// The namespaces of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Namespace {
    /// `…/GroupPolicy/Settings`, the report itself.
    Settings,
    /// That of the extension the element stands in.
    Extension,
    /// `…/GroupPolicy/Types`: names, SIDs.
    Types,
    /// `…/GroupPolicy/Types/Security`: descriptors.
    Security,
    /// `…/GroupPolicy/Rsop`, a resultant set of policy.
    Rsop,
    /// `…/GroupPolicy/Settings/Base`: which GPO a setting of a resultant set comes from.
    Base,
    /// Any other: the one that the element's attribute `xmlns` names. Only resultant sets have such elements, of which nothing may be lost.
    Foreign,
}

impl Element {
    /// Returns an empty element of an extension.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Element::of(Namespace::Extension, name)
    }

    /// Returns an empty element of any namespace.
    pub fn of(namespace: Namespace, name: impl Into<Cow<'static, str>>) -> Self {
        Element { name: name.into(), namespace, attributes: Vec::new(), text: String::new(), children: Vec::new() }
    }

    /// Returns an element of an extension that holds text.
    pub fn text(name: impl Into<Cow<'static, str>>, text: impl Into<String>) -> Self {
        Element { text: text.into(), ..Element::new(name) }
    }

    /// Returns an element of any namespace that holds text.
    pub fn text_of(namespace: Namespace, name: impl Into<Cow<'static, str>>, text: impl Into<String>) -> Self {
        Element { text: text.into(), ..Element::of(namespace, name) }
    }

    /// Returns an element that holds `true` or `false`.
    pub fn bool(name: impl Into<Cow<'static, str>>, value: bool) -> Self {
        Element::text(name, if value { "true" } else { "false" })
    }

    /// Returns an element that names a principal: its SID and its name, as far as they are known.
    pub fn principal(name: impl Into<Cow<'static, str>>, sid: Option<&Sid>, display: Option<&str>) -> Self {
        let mut element = Element::new(name);
        let sid = sid.map(|sid| Element::text_of(Namespace::Types, "SID", sid.to_string()));
        let display = display.map(|display| Element::text_of(Namespace::Types, "Name", display));
        element.children.extend(sid.into_iter().chain(display));
        element
    }

    /// Returns the element with a child more.
    #[must_use]
    pub fn with(mut self, child: Element) -> Self {
        self.children.push(child);
        self
    }

    /// Returns the element with these children more.
    #[must_use]
    pub fn with_all(mut self, children: impl IntoIterator<Item = Element>) -> Self {
        self.children.extend(children);
        self
    }

    /// Returns the element with an attribute more.
    #[must_use]
    pub fn attribute(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.attributes.push((name.into(), value.into()));
        self
    }

    /// Returns the value of an attribute, its name compared exactly.
    pub fn get(&self, attribute: &str) -> Option<&str> {
        self.attributes.iter().find(|(name, _)| name == attribute).map(|(_, value)| value.as_str())
    }

    /// Returns the first child of this name.
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// Returns all children of this name.
    pub fn children_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> + 'a {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// Returns the text at the end of a path of child names; empty where there is no such child.
    pub fn text_at(&self, path: &[&str]) -> &str {
        let found = path.iter().try_fold(self, |element, name| element.child(name));
        found.map_or("", |element| element.text.as_str())
    }
}
