//! Writing reports as GPMC writes them: UTF-16 with mark, CR LF, two blanks of indent, prefixes `q1`, `q2` … for extensions
//! (`operations.md` 4.1, 4.3).

use std::fmt::Write as _;

use crate::ident::Timestamp;

use super::{Element, ExtensionReport, GpoReport, HalfReport, Namespace, PartProblem};

const SETTINGS: &str = "http://www.microsoft.com/GroupPolicy/Settings";
const TYPES: &str = "http://www.microsoft.com/GroupPolicy/Types";
const SECURITY: &str = "http://www.microsoft.com/GroupPolicy/Types/Security";
const RSOP: &str = "http://www.microsoft.com/GroupPolicy/Rsop";
const BASE: &str = "http://www.microsoft.com/GroupPolicy/Settings/Base";
/// The attribute with which the element `Extension` declares the prefix of its extension; the number is given when it is written.
pub(super) const PREFIX: &str = "xmlns:q";
/// The prefixes that every report declares.
pub(super) const COMMON_PREFIXES: &str =
    " xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";
/// The element of what an extension sets.
pub(super) const EXTENSION_DATA: &str = "ExtensionData";
/// The element of what no extension reports; only this program writes it.
pub(super) const RAW_CONTENTS: &str = "RawContents";
/// What a comment begins with that says what of a GPO could not be read; GPMC's report has no element for it.
pub(super) const UNREAD: &str = "Could not be read: ";

/// Returns the report of one GPO as the bytes of a `gpreport.xml`: UTF-16LE with mark.
pub fn write_report(report: &GpoReport) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.gpo(report);
    writer.into_bytes()
}

/// Returns a report over several GPOs, the element `report` around them, in the same encoding.
pub fn write_reports<'a>(reports: impl IntoIterator<Item = &'a GpoReport>) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.line("<report>");
    writer.depth += 1;
    for report in reports {
        writer.gpo(report);
        writer.prefix = 0;
    }
    writer.depth -= 1;
    writer.line("</report>");
    writer.into_bytes()
}

pub(super) struct Writer {
    out: String,
    depth: usize,
    /// Number of the extension being written, counted through a GPO.
    prefix: usize,
}

impl Writer {
    pub(super) fn new() -> Self {
        Writer { out: "<?xml version=\"1.0\" encoding=\"utf-16\"?>".to_owned(), depth: 0, prefix: 0 }
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        [0xFEFF].into_iter().chain(self.out.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    }

    fn indent(&mut self) {
        self.out.push_str("\r\n");
        for _ in 0..self.depth {
            self.out.push_str("  ");
        }
    }

    fn line(&mut self, text: &str) {
        self.indent();
        self.out.push_str(text);
    }

    fn field(&mut self, name: &str, text: &str) {
        self.element(&Element::text_of(Namespace::Settings, name.to_owned(), text), Namespace::Settings);
    }

    fn flag(&mut self, name: &str, value: bool) {
        self.field(name, if value { "true" } else { "false" });
    }

    fn gpo(&mut self, report: &GpoReport) {
        self.line(&format!("<GPO{COMMON_PREFIXES} xmlns=\"{SETTINGS}\">"));
        self.depth += 1;
        let identifier = Element::of(Namespace::Settings, "Identifier")
            .with(Element::text_of(Namespace::Types, "Identifier", report.id.to_string()))
            .with(Element::text_of(Namespace::Types, "Domain", report.domain.clone()));
        self.element(&identifier, Namespace::Settings);
        self.field("Name", &report.name);
        self.flag("IncludeComments", report.include_comments);
        for (name, time) in [("CreatedTime", report.created), ("ModifiedTime", report.modified)] {
            if let Some(time) = time {
                self.field(name, time.to_string().trim_end_matches('Z'));
            }
        }
        if let Some(time) = report.read {
            self.field("ReadTime", &read_time(time));
        }
        if let Some(security) = &report.security {
            self.element(security, Namespace::Settings);
        }
        self.flag("FilterDataAvailable", report.filter_available);
        if let Some(name) = &report.filter_name {
            self.field("FilterName", name);
        }
        if let Some(description) = report.filter_description.as_deref().filter(|text| !text.is_empty()) {
            self.field("FilterDescription", description);
        }
        self.half("Computer", &report.computer);
        self.half("User", &report.user);
        for link in &report.links {
            self.line("<LinksTo>");
            self.depth += 1;
            self.field("SOMName", &link.som_name);
            self.field("SOMPath", &link.som_path);
            self.flag("Enabled", link.enabled);
            self.flag("NoOverride", link.enforced);
            self.depth -= 1;
            self.line("</LinksTo>");
        }
        for problem in &report.problems {
            self.comment(&format!("{UNREAD}{}: {}", problem.file, problem.message));
        }
        self.depth -= 1;
        self.line("</GPO>");
    }

    /// Writes what GPMC's report has no element for, so that a person finds it and a program passes over it.
    fn comment(&mut self, text: &str) {
        let is_left_out = |c: char| c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}');
        // A comment holds no two hyphens in a row.
        let text = text.replace(is_left_out, " ").replace("--", "- -").replace("--", "- -");
        self.line(&format!("<!-- {text} -->"));
    }

    fn half(&mut self, name: &str, half: &HalfReport) {
        self.line(&format!("<{name}>"));
        self.depth += 1;
        for (name, version) in [("VersionDirectory", half.version_directory), ("VersionSysvol", half.version_sysvol)] {
            if let Some(version) = version {
                self.field(name, &version.to_string());
            }
        }
        self.flag("Enabled", half.enabled);
        for extension in &half.extensions {
            self.extension(extension);
        }
        self.depth -= 1;
        self.line(&format!("</{name}>"));
    }

    fn extension(&mut self, extension: &ExtensionReport) {
        self.element(&extension_data(extension, Namespace::Settings), Namespace::Settings);
    }

    /// Writes an element below one of the namespace `default`, which is the default namespace there.
    fn element(&mut self, element: &Element, default: Namespace) {
        self.element_declaring(element, default, "");
    }

    /// Writes an element with these declarations of prefixes.
    pub(super) fn element_declaring(&mut self, element: &Element, default: Namespace, declarations: &str) {
        self.indent();
        let start = self.out.len() + 1;
        self.out.push('<');
        if element.namespace == Namespace::Extension {
            let _ = write!(self.out, "q{}:", self.prefix);
        }
        self.out.push_str(&element.name);
        let name = start..self.out.len();
        self.out.push_str(declarations);
        let declares = element.get(PREFIX).is_some();
        if declares {
            self.prefix += 1;
        }
        for (index, (name, value)) in element.attributes.iter().enumerate() {
            // Names that only differed by their namespace: XML has none twice.
            if element.attributes.iter().take(index).any(|(earlier, _)| earlier == name) {
                continue;
            }
            let (written, value) = match (&**name, value.strip_prefix("q:")) {
                (PREFIX, _) => (write!(self.out, " {PREFIX}{}=\"", self.prefix), value.as_str()),
                ("xsi:type", Some(own)) if declares => (write!(self.out, " {name}=\"q{}:", self.prefix), own),
                _ => (write!(self.out, " {name}=\""), value.as_str()),
            };
            // Writing to a string does not fail.
            debug_assert!(written.is_ok());
            push_escaped(&mut self.out, value, true);
            self.out.push('"');
        }
        let mut inner = default;
        if element.namespace != default && element.namespace != Namespace::Extension {
            inner = element.namespace;
            if let Some(uri) = uri(inner) {
                let _ = write!(self.out, " xmlns=\"{uri}\"");
            }
        }
        if !element.children.is_empty() {
            self.out.push('>');
            self.depth += 1;
            for child in &element.children {
                self.element(child, inner);
            }
            self.depth -= 1;
            self.indent();
        } else if element.text.is_empty() {
            self.out.push_str(" />");
            return;
        } else {
            self.out.push('>');
            push_escaped(&mut self.out, &element.text, false);
        }
        self.out.push_str("</");
        self.out.extend_from_within(name);
        self.out.push('>');
    }
}

/// Returns the element of what an extension sets, in the namespace `outer`. Its element `Extension` declares a prefix for the
/// extension's namespace with the attribute [`PREFIX`], and its `xsi:type` stands behind `q:`.
pub(super) fn extension_data(extension: &ExtensionReport, outer: Namespace) -> Element {
    let tag = if extension.is_raw() { RAW_CONTENTS } else { EXTENSION_DATA };
    let mut settings = Element::of(Namespace::Settings, "Extension").with_all(extension.elements.iter().cloned());
    if !extension.namespace.is_empty() {
        settings = settings.attribute(PREFIX, extension.namespace.as_str());
        settings = settings.attribute("xsi:type", format!("q:{}", extension.xml_type));
    } else if !extension.xml_type.is_empty() {
        settings = settings.attribute("xsi:type", extension.xml_type.as_str());
    }
    let name = Element::text_of(Namespace::Settings, "Name", extension.name.as_str());
    let mut data = Element::of(outer, tag).with(settings).with(name);
    if !extension.problems.is_empty() {
        let line = |problem: &PartProblem| match &problem.file {
            // Of the extension as a whole.
            file if *file == extension.name => problem.message.clone(),
            file => format!("{file}: {}", problem.message),
        };
        let details: Vec<String> = extension.problems.iter().map(line).collect();
        let details = Element::text_of(Namespace::Settings, "Details", details.join("\n"));
        data = data.with(Element::of(Namespace::Settings, "Error").with(details));
    }
    data
}

/// Returns the URI of a namespace; none for one that an attribute of the element names.
fn uri(namespace: Namespace) -> Option<&'static str> {
    match namespace {
        Namespace::Settings | Namespace::Extension => Some(SETTINGS),
        Namespace::Types => Some(TYPES),
        Namespace::Security => Some(SECURITY),
        Namespace::Rsop => Some(RSOP),
        Namespace::Base => Some(BASE),
        Namespace::Foreign => None,
    }
}

/// Returns the namespace of a URI.
pub(super) fn namespace_of(uri: &str) -> Namespace {
    let known = [Namespace::Settings, Namespace::Types, Namespace::Security, Namespace::Rsop, Namespace::Base];
    known.into_iter().find(|namespace| self::uri(*namespace) == Some(uri)).unwrap_or(Namespace::Foreign)
}

/// Writes a time as .NET does: seven digits of fraction with the zeros at the end cut, and `Z`.
fn read_time(time: Timestamp) -> String {
    time.to_string()
}

/// Writes text so that a reader gets it back: what XML cannot hold becomes U+FFFD.
fn push_escaped(out: &mut String, text: &str, in_attribute: bool) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if in_attribute => out.push_str("&quot;"),
            '\r' => out.push_str("&#xD;"),
            '\n' | '\t' if in_attribute => {
                let _ = write!(out, "&#x{:X};", u32::from(character));
            }
            '\n' | '\t' => out.push(character),
            '\u{0}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => out.push(char::REPLACEMENT_CHARACTER),
            other => out.push(other),
        }
    }
}
