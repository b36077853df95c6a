//! Reading reports that GPMC or this program wrote: `gpreport.xml` of a backup, the file of Save Report, one GPO or many.

use roxmltree::Node;

use crate::format::{XmlTextError, decode_xml, parse_xml};
use crate::ident::{Guid, Timestamp};

use super::xml_writer::{EXTENSION_DATA, PREFIX, RAW_CONTENTS, UNREAD, namespace_of};
use super::{Element, ExtensionReport, GpoReport, HalfReport, LinkReport, Namespace, PartProblem};

/// The file is no report of a GPO, or no resultant set of policy where one was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadReportError {
    /// The file is no text.
    #[error(transparent)]
    Text(#[from] XmlTextError),
    /// The XML is broken.
    #[error("broken XML: {0}")]
    Xml(String),
    /// It is XML without a GPO in it.
    #[error("no report of a GPO: the root element is `{root}`, expected `GPO` or `report`")]
    NoGpo {
        /// The name of the root element, at most 80 characters.
        root: String,
    },
    /// The element that identifies the GPO is missing or no GUID.
    #[error("line {line}: `{value}` is not the GUID of a GPO")]
    Id {
        /// Line of the element `GPO`, from 1.
        line: u32,
        /// What stands there, at most 80 characters.
        value: String,
    },
    /// It is XML, and no resultant set of policy.
    #[error(
        "line {line}: no result of Group Policy: the root element is `{root}`, expected `Rsop`, as `gpresult /X` writes it"
    )]
    NoRsop {
        /// Line of the root element, from 1.
        line: u32,
        /// The name of the root element, at most 80 characters.
        root: String,
    },
    /// Elements are nested deeper than any report has them.
    #[error("line {line}: elements are nested more than {DEEPEST} deep")]
    TooDeep {
        /// Line of the element that is too deep, from 1.
        line: u32,
    },
}

/// The most nodes that are read: some thirty times the largest real report.
const MOST_NODES: u32 = 20_000_000;
/// Elements of a GPO's report nested deeper than this are left out; a resultant set that has such is refused.
const DEEPEST: usize = 200;

const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Reads the reports in a file, in order.
///
/// # Errors
/// Fails where the file is no report at all or one of its GPOs has no id.
pub fn read_reports(bytes: &[u8]) -> Result<Vec<GpoReport>, ReadReportError> {
    let text = decode_xml(bytes)?;
    let document = parse_xml(&text, MOST_NODES).map_err(|error| ReadReportError::Xml(error.message))?;
    let root = document.root_element();
    match root.tag_name().name() {
        "GPO" => Ok(vec![read_gpo(root)?]),
        "report" => children_named(root, "GPO").map(read_gpo).collect(),
        other => Err(ReadReportError::NoGpo { root: other.chars().take(80).collect() }),
    }
}

fn read_gpo(node: Node<'_, '_>) -> Result<GpoReport, ReadReportError> {
    let id_text = text_at(node, &["Identifier", "Identifier"]);
    let id: Guid = id_text.trim().parse().map_err(|_| ReadReportError::Id {
        line: node.document().text_pos_at(node.range().start).row,
        value: id_text.trim().chars().take(80).collect(),
    })?;
    let optional = |name: &str| child(node, name).map(text);
    Ok(GpoReport {
        id,
        domain: text_at(node, &["Identifier", "Domain"]),
        name: text_at(node, &["Name"]),
        include_comments: text_at(node, &["IncludeComments"]) == "true",
        created: read_time(&text_at(node, &["CreatedTime"])),
        modified: read_time(&text_at(node, &["ModifiedTime"])),
        read: read_time(&text_at(node, &["ReadTime"])),
        security: child(node, "SecurityDescriptor").map(|security| read_element(security, Scope::LENIENT, 0)),
        filter_available: text_at(node, &["FilterDataAvailable"]) == "true",
        filter_name: optional("FilterName"),
        filter_description: optional("FilterDescription"),
        computer: child(node, "Computer").map(read_half).unwrap_or_default(),
        user: child(node, "User").map(read_half).unwrap_or_default(),
        links: children_named(node, "LinksTo").map(read_link).collect(),
        problems: node.children().filter_map(|child| unread(child, &text_at(node, &["Name"]))).collect(),
        template_source: None,
    })
}

fn read_half(node: Node<'_, '_>) -> HalfReport {
    HalfReport {
        version_directory: text_at(node, &["VersionDirectory"]).parse().ok(),
        version_sysvol: text_at(node, &["VersionSysvol"]).parse().ok(),
        enabled: text_at(node, &["Enabled"]) == "true",
        extensions: node.children().filter(is_extension).map(read_extension).collect(),
    }
}

fn is_extension(node: &Node<'_, '_>) -> bool {
    node.is_element() && matches!(node.tag_name().name(), EXTENSION_DATA | RAW_CONTENTS)
}

fn read_extension(data: Node<'_, '_>) -> ExtensionReport {
    extension_report(read_element(data, Scope::LENIENT, 0))
}

/// Returns what an element `ExtensionData` says.
pub(super) fn extension_report(data: Element) -> ExtensionReport {
    let mut report = ExtensionReport {
        name: data.text_at(&["Name"]).to_owned(),
        xml_type: String::new(),
        namespace: String::new(),
        elements: Vec::new(),
        problems: Vec::new(),
    };
    for error in data.children_named("Error") {
        let message = match error.text_at(&["Details"]) {
            "" => error.text.as_str(),
            details => details,
        };
        report.problems.extend(message.lines().map(|line| problem(line, &report.name)));
    }
    if let Some(extension) = data.children.into_iter().find(|child| child.name == "Extension") {
        let xml_type = extension.get("xsi:type").unwrap_or_default();
        if let Some(namespace) = extension.get(PREFIX) {
            report.namespace = namespace.to_owned();
            report.xml_type = xml_type.strip_prefix("q:").unwrap_or(xml_type).to_owned();
        } else {
            report.xml_type = xml_type.split_once(':').map_or(xml_type, |(_, xml_type)| xml_type).to_owned();
        }
        report.elements = extension.children;
    }
    report
}

/// Reads a comment in which this program says what of the GPO it could not read; none for any other.
fn unread(comment: Node<'_, '_>, gpo: &str) -> Option<PartProblem> {
    let line = comment.is_comment().then(|| comment.text()).flatten()?.trim().strip_prefix(UNREAD)?;
    Some(problem(line, gpo))
}

/// Reads a line of an error: the file and what is wrong in it; a line without file is of the extension as a whole.
fn problem(line: &str, extension: &str) -> PartProblem {
    let (file, message) = line.split_once(": ").unwrap_or((extension, line));
    PartProblem { file: file.to_owned(), message: message.to_owned() }
}

fn read_link(node: Node<'_, '_>) -> LinkReport {
    LinkReport {
        som_name: text_at(node, &["SOMName"]),
        som_path: text_at(node, &["SOMPath"]),
        enabled: text_at(node, &["Enabled"]) == "true",
        enforced: text_at(node, &["NoOverride"]) == "true",
    }
}

/// How elements are read.
#[derive(Clone, Copy)]
struct Scope<'a> {
    /// Namespace of the extension whose element it is in; empty outside of one.
    extension: &'a str,
    /// Whether namespaces that reports do not have are kept; else they count as that of the report.
    exact: bool,
}

impl Scope<'_> {
    const LENIENT: Scope<'static> = Scope { extension: "", exact: false };
    const EXACT: Scope<'static> = Scope { extension: "", exact: true };

    fn namespace(self, uri: &str) -> Namespace {
        match uri.rsplit('/').next().unwrap_or_default() {
            _ if !self.extension.is_empty() && uri == self.extension => Namespace::Extension,
            _ if self.exact => namespace_of(uri),
            "Types" => Namespace::Types,
            "Security" if uri.ends_with("/Types/Security") => Namespace::Security,
            _ => Namespace::Settings,
        }
    }
}

/// Reads the root of a resultant set of policy with all that is in it.
pub(super) fn read_rsop_root(bytes: &[u8]) -> Result<Element, ReadReportError> {
    let text = decode_xml(bytes)?;
    let document = parse_xml(&text, MOST_NODES).map_err(|error| ReadReportError::Xml(error.message))?;
    let root = document.root_element();
    let line = |node: Node<'_, '_>| document.text_pos_at(node.range().start).row;
    if root.tag_name().name() != "Rsop" {
        let name = root.tag_name().name().chars().take(80).collect();
        return Err(ReadReportError::NoRsop { line: line(root), root: name });
    }
    let mut open = vec![(root, 0)];
    while let Some((node, depth)) = open.pop() {
        if depth > DEEPEST {
            return Err(ReadReportError::TooDeep { line: line(node) });
        }
        open.extend(node.children().filter(Node::is_element).map(|child| (child, depth + 1)));
    }
    Ok(read_element(root, Scope::EXACT, 0))
}

fn read_element(node: Node<'_, '_>, scope: Scope<'_>, depth: usize) -> Element {
    let tag = node.tag_name();
    let uri = tag.namespace().unwrap_or_default();
    let mut element = Element::of(scope.namespace(uri), tag.name().to_owned());
    if element.namespace == Namespace::Foreign {
        element.attributes.push(("xmlns".into(), uri.to_owned()));
    }
    let extension = extension_type(node);
    let scope = Scope { extension: extension.map_or(scope.extension, |(namespace, _)| namespace), ..scope };
    if let Some((namespace, xml_type)) = extension {
        element = element.attribute(PREFIX, namespace).attribute("xsi:type", format!("q:{xml_type}"));
    }
    for attribute in node.attributes() {
        let name = match attribute.namespace() {
            Some(XSI) if attribute.name() == "type" && extension.is_some() => continue,
            Some(XSI) => format!("xsi:{}", attribute.name()),
            Some(roxmltree::NS_XML_URI) => format!("xml:{}", attribute.name()),
            _ => attribute.name().to_owned(),
        };
        element.attributes.push((name.into(), attribute.value().to_owned()));
    }
    if depth < DEEPEST {
        let children = node.children().filter(Node::is_element);
        element.children = children.map(|child| read_element(child, scope, depth + 1)).collect();
    }
    if element.children.is_empty() {
        element.text = text(node);
    }
    element
}

/// Returns namespace and type of an element `Extension`, where it names them with a prefix.
fn extension_type<'a>(node: Node<'a, '_>) -> Option<(&'a str, &'a str)> {
    let is_part = |node: Node<'_, '_>| node.parent().is_some_and(|parent| is_extension(&parent));
    if node.tag_name().name() != "Extension" || !is_part(node) {
        return None;
    }
    let (prefix, xml_type) = node.attribute((XSI, "type"))?.split_once(':')?;
    let namespace = node.lookup_namespace_uri(Some(prefix)).filter(|namespace| !namespace.is_empty())?;
    Some((namespace, xml_type))
}

fn child<'a, 'input>(node: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    node.children().find(|child| child.is_element() && child.tag_name().name() == name)
}

fn children_named<'a, 'input: 'a>(node: Node<'a, 'input>, name: &'a str) -> impl Iterator<Item = Node<'a, 'input>> {
    node.children().filter(move |child| child.is_element() && child.tag_name().name() == name)
}

fn text_at(node: Node<'_, '_>, path: &[&str]) -> String {
    path.iter().try_fold(node, |node, name| child(node, name)).map(text).unwrap_or_default()
}

/// Returns the text directly in an element, pieces around comments put together.
fn text(node: Node<'_, '_>) -> String {
    node.children().filter(Node::is_text).filter_map(|child| child.text()).collect()
}

/// Reads `2016-11-25T17:08:18` or `2017-10-17T04:44:54.6451082Z`, UTC where no zone is named; none where the text is no time of our
/// calendar.
pub(super) fn read_time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let zoned = text.parse::<jiff::Timestamp>().ok();
    let seconds = zoned.map(jiff::Timestamp::as_second).or_else(|| {
        let civil: jiff::civil::DateTime = text.trim_end_matches(['Z', 'z']).parse().ok()?;
        Some(civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second())
    })?;
    Timestamp::from_unix_seconds(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{write_report, write_reports};

    #[test]
    fn what_is_written_is_read_again() {
        let policy = Element::new("Policy")
            .attribute("name", "a \"b\" <c>\r\nd")
            .with(Element::text("Name", "Zürich & <co>\r\nnext"))
            .with(Element::principal("Member", Some(&crate::ident::Sid::system()), Some("NT AUTHORITY\\SYSTEM")));
        let extension = ExtensionReport {
            name: "Registry".to_owned(),
            xml_type: "RegistrySettings".to_owned(),
            namespace: "http://www.microsoft.com/GroupPolicy/Settings/Registry".to_owned(),
            elements: vec![policy],
            problems: Vec::new(),
        };
        let report = GpoReport {
            id: Guid::NIL,
            domain: "corp.example.com".to_owned(),
            name: "A \u{1F600}".to_owned(),
            include_comments: true,
            created: Timestamp::from_unix_seconds(1_700_000_000),
            modified: None,
            read: None,
            security: Some(Element::of(Namespace::Settings, "SecurityDescriptor").with(Element::text_of(
                Namespace::Security,
                "SDDL",
                "D:",
            ))),
            filter_available: true,
            filter_name: None,
            filter_description: None,
            computer: HalfReport { enabled: true, extensions: vec![extension.clone()], ..HalfReport::default() },
            user: HalfReport { version_sysvol: Some(3), extensions: vec![extension], ..HalfReport::default() },
            links: vec![LinkReport {
                som_name: "Staff".to_owned(),
                som_path: "corp.example.com/Staff".to_owned(),
                enabled: true,
                enforced: false,
            }],
            problems: Vec::new(),
            template_source: None,
        };
        let bytes = write_report(&report);
        let read = read_reports(&bytes).unwrap();
        assert_eq!(write_report(&read[0]), bytes);
        assert_eq!(read[0].computer.extensions[0].elements, report.computer.extensions[0].elements);
        let many = read_reports(&write_reports([&report, &report])).unwrap();
        assert_eq!(many.len(), 2);
        assert_eq!(write_report(&many[1]), bytes);
    }

    #[test]
    fn whatever_is_written_is_xml() {
        let element = Element::new("A").attribute("x", "1").attribute("x", "2").with(Element::text("B", "\0\u{FFFE}"));
        let extension = ExtensionReport::raw(vec![element]);
        let empty =
            "<GPO><Identifier><Identifier>{00000000-0000-0000-0000-000000000000}</Identifier></Identifier></GPO>";
        let mut report = read_reports(empty.as_bytes()).unwrap().remove(0);
        report.name = "\u{1}<&>\"]]>\u{FFFF}".to_owned();
        report.problems = vec![PartProblem { file: "-->".to_owned(), message: "\u{FFFE}\0--".to_owned() }];
        report.computer.extensions = vec![extension];
        let read = read_reports(&write_report(&report)).unwrap().remove(0);
        assert_eq!(read.name, "\u{FFFD}<&>\"]]>\u{FFFD}");
        assert_eq!(read.computer.extensions[0].elements[0].attributes, [("x".into(), "1".to_owned())]);
    }

    #[test]
    fn times_are_read_with_and_without_zone() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(read_time(text).map(|time| time.to_string()).as_deref(), expected);
        };
        check("2016-11-25T17:08:18", Some("2016-11-25T17:08:18Z"));
        check(" 2017-10-17T04:44:54.6451082Z", Some("2017-10-17T04:44:54Z"));
        check("2023-09-22T15:59:10.256361-07:00", Some("2023-09-22T22:59:10Z"));
        check("2023-13-45T99:00:00Z", None);
        check("0001-01-01T00:00:00", Some("0001-01-01T00:00:00Z"));
        check("", None);
    }

    #[test]
    fn what_is_no_report_is_refused() {
        let check = |text: &str| read_reports(text.as_bytes()).unwrap_err().to_string();
        assert!(check("<a/>").contains("the root element is `a`"));
        assert!(check("<GPO><Identifier/></GPO>").contains("line 1"));
        assert!(check("<GPO").starts_with("broken XML"));
        assert!(check("<!DOCTYPE x [<!ENTITY a \"b\">]><GPO>&a;</GPO>").starts_with("broken XML"));
        let deep = "<x>".repeat(50_000);
        assert!(read_reports(deep.as_bytes()).is_err());
        let deep = format!("<GPO>{}{}</GPO>", "<x>".repeat(50_000), "</x>".repeat(50_000));
        assert!(read_reports(deep.as_bytes()).is_err());
    }
}
