//! `comment.cmtx` and `comment.cmtl`: what administrators noted beside policies (`gpo-storage.md` B5).
//!
//! The file's text is kept as it is. Reading and writing gives the same bytes; changing a comment changes its bytes only.

use std::collections::HashMap;
use std::ops::Range;

use encoding_rs::UTF_8;
use roxmltree::Node;

use super::parse_xml;
use super::xml_edit::{XmlForm, escape, insertion, replaced, with_indent};
use super::xml_text::XmlTextError;

/// The comments of a half's policies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyComments {
    form: XmlForm,
    text: String,
    comments: Vec<Comment>,
    strings: Vec<CommentString>,
}

/// A file that cannot be read or changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyCommentsError {
    /// The file is no text.
    #[error(transparent)]
    Text(#[from] XmlTextError),
    /// The XML is broken.
    #[error("broken XML: {0}")]
    Xml(String),
    /// The file has no place where a comment could be added.
    #[error("the file has no element `{0}`")]
    NoPlace(&'static str),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Comment {
    namespace: String,
    policy: String,
    /// What `commentText` says: `$(resource.ns0_Policy)` or the comment itself.
    written: String,
    /// The element.
    element: Range<usize>,
    /// The value of `commentText`.
    value: Option<Range<usize>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct CommentString {
    id: String,
    text: String,
    element: Range<usize>,
}

/// The most nodes of a file.
const MOST_NODES: u32 = 2_000_000;

/// What Windows writes where there is no comment yet.
const EMPTY: &str = "<?xml version='1.0' encoding='utf-8'?>\r\n<policyComments xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" revision=\"1.0\" schemaVersion=\"1.0\" xmlns=\"http://www.microsoft.com/GroupPolicy/CommentDefinitions\">\r\n  <policyNamespaces></policyNamespaces>\r\n  <comments>\r\n    <admTemplate></admTemplate>\r\n  </comments>\r\n  <resources minRequiredRevision=\"1.0\">\r\n    <stringTable></stringTable>\r\n  </resources>\r\n</policyComments>";

impl Default for PolicyComments {
    fn default() -> Self {
        let form = XmlForm { encoding: UTF_8, has_mark: true };
        PolicyComments { form, text: EMPTY.to_owned(), comments: Vec::new(), strings: Vec::new() }
    }
}

impl PolicyComments {
    /// Reads a file. A comment without policy or text is passed over; it stays in the file.
    ///
    /// # Errors
    /// Fails where the file is no UTF-8 or UTF-16 text, or its XML is broken.
    pub fn parse(bytes: &[u8]) -> Result<Self, PolicyCommentsError> {
        let (form, text) = XmlForm::decode(bytes)?;
        PolicyComments::read(form, text)
    }

    fn read(form: XmlForm, text: String) -> Result<Self, PolicyCommentsError> {
        let document = parse_xml(&text, MOST_NODES).map_err(|error| PolicyCommentsError::Xml(error.message))?;
        let root = document.root_element();
        let mut namespaces: HashMap<&str, &str> = HashMap::new();
        for using in path(root, &["policyNamespaces", "using"]) {
            if let (Some(prefix), Some(namespace)) = (using.attribute("prefix"), using.attribute("namespace")) {
                namespaces.entry(prefix).or_insert(namespace);
            }
        }
        let comments = path(root, &["comments", "admTemplate", "comment"]).filter_map(|node| {
            let (prefix, policy) = node.attribute("policyRef")?.split_once(':')?;
            let namespace = *namespaces.get(prefix)?;
            let written = node.attribute_node("commentText");
            Some(Comment {
                namespace: namespace.to_owned(),
                policy: policy.to_owned(),
                written: written.map(|written| written.value().to_owned()).unwrap_or_default(),
                element: node.range(),
                value: written.map(|written| written.range_value()),
            })
        });
        let strings = path(root, &["resources", "stringTable", "string"]).filter_map(|node| {
            let text = node.children().filter(Node::is_text).filter_map(|piece| piece.text()).collect();
            Some(CommentString { id: node.attribute("id")?.to_owned(), text, element: node.range() })
        });
        let (comments, strings) = (comments.collect(), strings.collect());
        Ok(PolicyComments { form, comments, strings, text })
    }

    /// Returns the bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.form.encode(&self.text)
    }

    /// Returns the policies that have a comment: namespace and name.
    pub fn policies(&self) -> impl Iterator<Item = (&str, &str)> {
        self.comments.iter().map(|comment| (comment.namespace.as_str(), comment.policy.as_str()))
    }

    /// Returns the comment of a policy, its namespace and name compared without case; none where it has none.
    pub fn text(&self, namespace: &str, policy: &str) -> Option<&str> {
        self.text_in(namespace, policy, &[])
    }

    /// Returns the comment of a policy; a text that is not in the file itself is looked for in others, `comment.cmtl` of the reader's language first.
    pub fn text_in<'a>(&'a self, namespace: &str, policy: &str, others: &[&'a PolicyComments]) -> Option<&'a str> {
        let comment = self.find(namespace, policy)?;
        let Some(id) = referred(&comment.written) else { return Some(&comment.written) };
        std::iter::once(self).chain(others.iter().copied()).find_map(|file| file.string(id))
    }

    /// Returns a text of the file by its id.
    pub fn string(&self, id: &str) -> Option<&str> {
        self.strings.iter().find(|string| string.id == id).map(|string| string.text.as_str())
    }

    /// Gives a policy a comment, or another one.
    ///
    /// # Errors
    /// Fails where the file lacks the elements in which comments stand; the file is as it was then.
    pub fn set(&mut self, namespace: &str, policy: &str, text: &str) -> Result<(), PolicyCommentsError> {
        let Some(comment) = self.find(namespace, policy) else { return self.add(namespace, policy, text) };
        let place = match referred(&comment.written) {
            None => comment.value.clone().map(|value| (value, escape(text, true))),
            Some(id) => {
                let string = self.strings.iter().find(|string| string.id == id);
                let written = string_element(id, text);
                string.map(|string| (string.element.clone(), written))
            }
        };
        match place {
            Some((place, written)) => self.change([(place, written)]),
            None => {
                self.remove(namespace, policy)?;
                self.add(namespace, policy, text)
            }
        }
    }

    /// Takes its comment from a policy that has one.
    ///
    /// # Errors
    /// Does not fail for a file that was read.
    pub fn remove(&mut self, namespace: &str, policy: &str) -> Result<(), PolicyCommentsError> {
        let Some(comment) = self.find(namespace, policy) else { return Ok(()) };
        let string = referred(&comment.written).and_then(|id| self.strings.iter().find(|string| string.id == id));
        let places = [Some(&comment.element), string.map(|string| &string.element)];
        let changes: Vec<_> =
            places.into_iter().flatten().map(|place| (with_indent(&self.text, place), String::new())).collect();
        self.change(changes)
    }

    fn find(&self, namespace: &str, policy: &str) -> Option<&Comment> {
        self.comments.iter().find(|comment| {
            comment.namespace.eq_ignore_ascii_case(namespace) && comment.policy.eq_ignore_ascii_case(policy)
        })
    }

    fn add(&mut self, namespace: &str, policy: &str, text: &str) -> Result<(), PolicyCommentsError> {
        let changes = {
            let document =
                parse_xml(&self.text, MOST_NODES).map_err(|error| PolicyCommentsError::Xml(error.message))?;
            let root = document.root_element();
            let section =
                |names: &[&'static str], name| path(root, names).next().ok_or(PolicyCommentsError::NoPlace(name));
            let namespaces = section(&["policyNamespaces"], "policyNamespaces")?;
            let template = section(&["comments", "admTemplate"], "admTemplate")?;
            let table = section(&["resources", "stringTable"], "stringTable")?;
            let known: Vec<(&str, &str)> = path(namespaces, &["using"])
                .filter_map(|node| Some((node.attribute("prefix")?, node.attribute("namespace")?)))
                .collect();
            let mut changes = Vec::new();
            let prefix = match known.iter().find(|(_, known)| known.eq_ignore_ascii_case(namespace)) {
                Some((prefix, _)) => (*prefix).to_owned(),
                None => {
                    let mut free = (0..).map(|number| format!("ns{number}"));
                    let prefix = free.find(|free| known.iter().all(|(prefix, _)| prefix != free)).unwrap_or_default();
                    let written =
                        format!("<using prefix=\"{prefix}\" namespace=\"{}\"></using>", escape(namespace, true));
                    changes.push(insertion(&self.text, namespaces, &[&written]));
                    prefix
                }
            };
            let mut id = format!("{prefix}_{policy}");
            while self.string(&id).is_some() {
                id.push('_');
            }
            let (policy, reference) = (escape(policy, true), escape(&id, true));
            let written =
                format!("<comment policyRef=\"{prefix}:{policy}\" commentText=\"$(resource.{reference})\"></comment>");
            changes.push(insertion(&self.text, template, &[&written]));
            changes.push(insertion(&self.text, table, &[&string_element(&id, text)]));
            changes
        };
        self.change(changes)
    }

    fn change(&mut self, changes: impl IntoIterator<Item = (Range<usize>, String)>) -> Result<(), PolicyCommentsError> {
        let text = replaced(&self.text, changes.into_iter().collect());
        *self = PolicyComments::read(self.form, text)?;
        Ok(())
    }
}

/// Returns the id in `$(resource.id)`; none where the comment itself stands there.
fn referred(written: &str) -> Option<&str> {
    written.trim().strip_prefix("$(resource.")?.strip_suffix(')')
}

fn string_element(id: &str, text: &str) -> String {
    format!("<string id=\"{}\">{}</string>", escape(id, true), escape(text, false))
}

/// Returns the elements at the end of a path of names.
fn path<'a, 'input: 'a>(
    node: Node<'a, 'input>,
    names: &[&'static str],
) -> impl Iterator<Item = Node<'a, 'input>> + use<'a, 'input> {
    names
        .iter()
        .copied()
        .fold(vec![node], |found, name| {
            let children = found.into_iter().flat_map(|node| node.children());
            children.filter(|child| child.is_element() && child.tag_name().name() == name).collect()
        })
        .into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = "\u{FEFF}<?xml version='1.0' encoding='utf-8'?>\r\n<policyComments xmlns=\"http://www.microsoft.com/GroupPolicy/CommentDefinitions\">\r\n  <policyNamespaces>\r\n    <using prefix=\"ns0\" namespace=\"Example.Policies\"></using>\r\n  </policyNamespaces>\r\n  <comments>\r\n    <admTemplate>\r\n      <comment policyRef=\"ns0:First\" commentText=\"$(resource.ns0_First)\"></comment>\r\n      <comment policyRef=\"ns0:Second\" commentText=\"literal\"></comment>\r\n    </admTemplate>\r\n  </comments>\r\n  <resources minRequiredRevision=\"1.0\">\r\n    <stringTable>\r\n      <string id=\"ns0_First\">a &amp; b</string>\r\n    </stringTable>\r\n  </resources>\r\n</policyComments>";

    #[test]
    fn comments_are_read_and_written_back() {
        let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        for bytes in [SAMPLE.as_bytes().to_vec(), SAMPLE.as_bytes()[3..].to_vec(), utf16(SAMPLE)] {
            let comments = PolicyComments::parse(&bytes).unwrap();
            assert_eq!(comments.text("example.policies", "FIRST"), Some("a & b"));
            assert_eq!(comments.text("Example.Policies", "Second"), Some("literal"));
            assert_eq!(comments.text("Example.Policies", "Third"), None);
            assert_eq!(comments.to_bytes(), bytes);
        }
    }

    #[test]
    fn changing_a_comment_changes_its_bytes_only() {
        let check = |policy: &str, text: &str, from: &str, to: &str| {
            let mut comments = PolicyComments::parse(SAMPLE.as_bytes()).unwrap();
            comments.set("Example.Policies", policy, text).unwrap();
            assert_eq!(comments.text("Example.Policies", policy), Some(text));
            assert_eq!(String::from_utf8(comments.to_bytes()).unwrap(), SAMPLE.replace(from, to));
        };
        check("First", "new <x>", "a &amp; b", "new &lt;x&gt;");
        check("Second", "\"q\"", "literal", "&quot;q&quot;");
    }

    #[test]
    fn comments_come_and_go() {
        let mut comments = PolicyComments::parse(SAMPLE.as_bytes()).unwrap();
        comments.set("Other.Policies", "Third", "c").unwrap();
        assert_eq!(comments.text("Other.Policies", "Third"), Some("c"));
        let text = String::from_utf8(comments.to_bytes()).unwrap();
        assert!(
            text.contains(
                "\r\n    <using prefix=\"ns1\" namespace=\"Other.Policies\"></using>\r\n  </policyNamespaces>"
            )
        );
        assert!(text.contains("\r\n      <string id=\"ns1_Third\">c</string>\r\n    </stringTable>"));
        comments.remove("Other.Policies", "Third").unwrap();
        comments.remove("Example.Policies", "First").unwrap();
        assert_eq!(comments.policies().collect::<Vec<_>>(), [("Example.Policies", "Second")]);
        assert_eq!(comments.string("ns0_First"), None);
    }

    #[test]
    fn an_empty_file_takes_a_first_comment() {
        let mut comments = PolicyComments::default();
        assert_eq!(PolicyComments::parse(&comments.to_bytes()).as_ref(), Ok(&comments));
        comments.set("Example.Policies", "First", "x\r\ny").unwrap();
        let read = PolicyComments::parse(&comments.to_bytes()).unwrap();
        assert_eq!(read.policies().count(), 1);
        comments.remove("Example.Policies", "First").unwrap();
        assert_eq!(comments.policies().count(), 0);
    }

    #[test]
    fn texts_of_the_language_file_are_found() {
        let comments =
            PolicyComments::parse(SAMPLE.replace("<string id=\"ns0_First\">a &amp; b</string>", "").as_bytes())
                .unwrap();
        let language = "<policyCommentResources><resources><stringTable><string id=\"ns0_First\">deutsch</string></stringTable></resources></policyCommentResources>";
        let language = PolicyComments::parse(language.as_bytes()).unwrap();
        assert_eq!(comments.text("Example.Policies", "First"), None);
        assert_eq!(comments.text_in("Example.Policies", "First", &[&language]), Some("deutsch"));
    }

    #[test]
    fn what_is_no_comment_file_is_refused() {
        assert!(matches!(PolicyComments::parse(b"<a"), Err(PolicyCommentsError::Xml(_))));
        assert!(PolicyComments::parse(b"<?xml version='1.0' encoding='iso-8859-1'?><a>\xFC</a>").is_err());
        let mut comments = PolicyComments::parse(b"<a/>").unwrap();
        assert_eq!(comments.set("a", "b", "c"), Err(PolicyCommentsError::NoPlace("policyNamespaces")));
    }
}
