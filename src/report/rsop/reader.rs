//! Reading a resultant set of policy.

use std::str::FromStr;

use crate::report::xml_reader::{extension_report, read_rsop_root, read_time};
use crate::report::xml_writer::{EXTENSION_DATA, RAW_CONTENTS};
use crate::report::{Element, ReadReportError};

use super::values::{
    ExtensionStatus, RsopDataType, RsopGpo, RsopLink, RsopPrincipal, RsopReport, RsopResult, SearchedSom,
};
use super::writer::{
    gpo_children, link_children, principal_children, report_children, result_children, som_children, status_children,
};
use super::{Kept, PolicyEvents};

/// Reads a resultant set of policy, as `gpresult /X` writes it. What is not understood is kept for [`super::write_rsop`].
///
/// # Errors
/// Fails where the file is no text, no XML, nested too deep, or something else than a resultant set.
pub fn read_rsop(bytes: &[u8]) -> Result<RsopReport, ReadReportError> {
    let root = read_rsop_root(bytes)?;
    let mut report = RsopReport {
        read: read_time(root.text_at(&["ReadTime"])),
        data_type: read_data_type(root.text_at(&["DataType"])),
        user: root.child("UserResults").map(read_result),
        computer: root.child("ComputerResults").map(read_result),
        kept: Kept::default(),
    };
    report.kept = Kept::of(&root, report_children(&report));
    Ok(report)
}

fn read_data_type(word: &str) -> RsopDataType {
    let known = [RsopDataType::Logged, RsopDataType::Planned];
    known.into_iter().find(|known| known.word() == word).unwrap_or_else(|| RsopDataType::Other(word.to_owned()))
}

fn read_result(element: &Element) -> RsopResult {
    let is_part = |child: &&Element| matches!(&*child.name, EXTENSION_DATA | RAW_CONTENTS);
    let events = element.child("EventsDetails").into_iter();
    let mut result = RsopResult {
        version: parsed(element, "Version"),
        name: text(element, "Name"),
        domain: text(element, "Domain"),
        som: text(element, "SOM"),
        site: text(element, "Site"),
        searched_soms: element.children_named("SearchedSOM").map(read_som).collect(),
        security_groups: element.children_named("SecurityGroup").map(read_principal).collect(),
        slow_link: flag(element, "SlowLink"),
        extension_status: element.children_named("ExtensionStatus").map(read_status).collect(),
        gpos: element.children_named("GPO").map(read_gpo).collect(),
        extensions: element.children.iter().filter(is_part).cloned().map(extension_report).collect(),
        events: events
            .flat_map(|events| events.children_named("SinglePassEventsDetails"))
            .cloned()
            .map(PolicyEvents::new)
            .collect(),
        kept: Kept::default(),
    };
    result.kept = Kept::of(element, result_children(&result));
    result
}

fn read_som(element: &Element) -> SearchedSom {
    let mut som = SearchedSom {
        path: text(element, "Path"),
        kind: text(element, "Type"),
        order: parsed(element, "Order").unwrap_or_default(),
        blocks_inheritance: flag(element, "BlocksInheritance").unwrap_or_default(),
        blocked: flag(element, "Blocked").unwrap_or_default(),
        reason: text(element, "Reason"),
        kept: Kept::default(),
    };
    som.kept = Kept::of(element, som_children(&som));
    som
}

fn read_principal(element: &Element) -> RsopPrincipal {
    let mut principal =
        RsopPrincipal { sid: parsed(element, "SID"), name: text(element, "Name"), kept: Kept::default() };
    principal.kept = Kept::of(element, principal_children(&principal));
    principal
}

fn read_status(element: &Element) -> ExtensionStatus {
    let error = element.text_at(&["Error"]).trim();
    // A code of failure may be written as the negative number it is in C.
    let negative = error.parse::<i32>().ok().map(i32::cast_unsigned);
    let mut status = ExtensionStatus {
        name: text(element, "Name"),
        identifier: parsed(element, "Identifier"),
        begin: read_time(element.text_at(&["BeginTime"])),
        end: read_time(element.text_at(&["EndTime"])),
        logging_status: text(element, "LoggingStatus"),
        error: error.parse().ok().or(negative),
        kept: Kept::default(),
    };
    status.kept = Kept::of(element, status_children(&status));
    status
}

fn read_gpo(element: &Element) -> RsopGpo {
    let texts = |name: &str| element.children_named(name).map(|child| child.text.clone()).collect();
    let optional = |name: &str| element.child(name).map(|child| child.text.clone());
    let path = element.child("Path");
    let mut gpo = RsopGpo {
        name: text(element, "Name"),
        id: path.and_then(|path| parsed(path, "Identifier")),
        domain: path.and_then(|path| path.child("Domain")).map(|domain| domain.text.clone()),
        version_directory: parsed(element, "VersionDirectory"),
        version_sysvol: parsed(element, "VersionSysvol"),
        enabled: flag(element, "Enabled"),
        is_valid: flag(element, "IsValid"),
        filter_id: optional("FilterId"),
        filter_name: optional("FilterName"),
        filter_allowed: flag(element, "FilterAllowed"),
        access_denied: flag(element, "AccessDenied"),
        links: element.children_named("Link").map(read_link).collect(),
        security_filters: texts("SecurityFilter"),
        extension_names: texts("ExtensionName"),
        kept: Kept::default(),
    };
    gpo.kept = Kept::of(element, gpo_children(&gpo));
    gpo
}

fn read_link(element: &Element) -> RsopLink {
    let number = |name: &str| parsed(element, name).unwrap_or_default();
    let mut link = RsopLink {
        som_path: text(element, "SOMPath"),
        som_order: number("SOMOrder"),
        applied_order: number("AppliedOrder"),
        link_order: number("LinkOrder"),
        enabled: flag(element, "Enabled").unwrap_or_default(),
        no_override: flag(element, "NoOverride").unwrap_or_default(),
        kept: Kept::default(),
    };
    link.kept = Kept::of(element, link_children(&link));
    link
}

fn text(element: &Element, name: &str) -> String {
    element.text_at(&[name]).to_owned()
}

fn parsed<T: FromStr>(element: &Element, name: &str) -> Option<T> {
    element.child(name)?.text.trim().parse().ok()
}

/// Reads `true` or `false`, or the digits that XML allows for them.
fn flag(element: &Element, name: &str) -> Option<bool> {
    match element.child(name)?.text.trim() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::decode_xml;
    use crate::ident::Timestamp;
    use crate::report::rsop::{NotApplied, precedence, winning_gpo, write_rsop};

    const OPENING: &str = "<?xml version=\"1.0\" encoding=\"utf-16\"?>\r\n<Rsop xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" \
        xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns=\"http://www.microsoft.com/GroupPolicy/Rsop\">";

    /// Reads a document with this in it, checks that it is written back without a change, and returns it.
    fn check(inside: &str) -> RsopReport {
        let text = format!("{OPENING}\r\n{inside}\r\n</Rsop>");
        let report = read_rsop(text.as_bytes()).unwrap();
        let written = write_rsop(&report);
        assert_eq!(decode_xml(&written).unwrap(), text);
        assert_eq!(read_rsop(&written).unwrap(), report);
        report
    }

    #[test]
    fn nothing_is_lost() {
        let report = check(
            "  <DataType>PlannedData</DataType>\r\n  <UserResults>\r\n    <Name>C\\ann</Name>\r\n  </UserResults>",
        );
        assert_eq!(report.data_type, RsopDataType::Planned);
        assert_eq!(report.user.unwrap().name, "C\\ann");
        // Absurd times and numbers, words nobody knows, an order of its own, elements twice and elements of others.
        let report = check(
            "  <ComputerResults x=\"1\">\r\n    <SlowLink>maybe</SlowLink>\r\n    <Name>a</Name>\r\n    <Name>b</Name>\r\n    \
             <Version>99999999999</Version>\r\n    <Odd y=\"&lt;\" xmlns=\"u\">\r\n      <Deep>t</Deep>\r\n    </Odd>\r\n  \
             </ComputerResults>\r\n  <ReadTime>2023-13-45T99:00:00Z</ReadTime>\r\n  <DataType />\r\n  \
             <ComputerResults>second</ComputerResults>"
                .replace(" y=\"&lt;\" xmlns=\"u\"", " xmlns=\"u\" y=\"&lt;\"")
                .replace("<Deep>", "<Deep xmlns=\"u\">")
                .as_str(),
        );
        assert_eq!((report.read, report.data_type), (None, RsopDataType::Other(String::new())));
        let computer = report.computer.unwrap();
        assert_eq!((computer.name.as_str(), computer.version, computer.slow_link), ("a", None, None));
        assert!(computer.kept.has_unknown());
    }

    #[test]
    fn what_is_changed_after_reading_is_written() {
        let mut report =
            check("  <ReadTime>2023-09-22T22:59:28.9120201Z</ReadTime>\r\n  <DataType>LoggedData</DataType>");
        report.read = Timestamp::from_unix_seconds(0);
        report.user = Some(RsopResult { name: "C\\ann".to_owned(), ..RsopResult::default() });
        let written = read_rsop(&write_rsop(&report)).unwrap();
        assert_eq!((written.read, written.user), (report.read, report.user));
    }

    #[test]
    fn settings_say_which_gpo_they_come_from() {
        let part = |id: &str, domain: &str| {
            format!(
                "  <ComputerResults>\r\n    <ExtensionData>\r\n      <Extension \
                 xmlns:q1=\"http://www.microsoft.com/GroupPolicy/Settings/Security\" xsi:type=\"q1:SecuritySettings\" \
                 xmlns=\"http://www.microsoft.com/GroupPolicy/Settings\">\r\n        <q1:Account>\r\n          \
                 <GPO xmlns=\"http://www.microsoft.com/GroupPolicy/Settings/Base\">\r\n            \
                 <Identifier xmlns=\"http://www.microsoft.com/GroupPolicy/Types\">{id}</Identifier>{domain}\r\n          \
                 </GPO>\r\n          <Precedence xmlns=\"http://www.microsoft.com/GroupPolicy/Settings/Base\">2</Precedence>\r\n          \
                 <q1:Name>n</q1:Name>\r\n        </q1:Account>\r\n      </Extension>\r\n      \
                 <Name xmlns=\"http://www.microsoft.com/GroupPolicy/Settings\">Security</Name>\r\n    </ExtensionData>\r\n  \
                 </ComputerResults>\r\n  <DataType>LoggedData</DataType>"
            )
        };
        let winner = |text: String| {
            let computer = check(&text).computer.unwrap();
            let setting = &computer.extensions[0].elements[0];
            assert_eq!(precedence(setting), Some(2));
            winning_gpo(setting).map(|gpo| (gpo.id.map(|id| id.to_string()), gpo.domain))
        };
        let domain =
            "\r\n            <Domain xmlns=\"http://www.microsoft.com/GroupPolicy/Types\">corp.example</Domain>";
        let id = "{31B2F340-016D-11D2-945F-00C04FB984F9}";
        assert_eq!(winner(part(id, domain)), Some((Some(id.to_owned()), Some("corp.example".to_owned()))));
        assert_eq!(winner(part("LocalGPO", "")), Some((None, None)));
        assert_eq!(winner(part("nobody", domain)), None);
    }

    #[test]
    fn a_row_says_why_its_gpo_did_not_apply() {
        let base = RsopGpo {
            name: "g".to_owned(),
            id: Some(crate::ident::Guid::NIL),
            domain: Some("corp.example".to_owned()),
            version_directory: Some(1),
            version_sysvol: Some(1),
            enabled: Some(true),
            is_valid: Some(true),
            filter_allowed: Some(true),
            access_denied: Some(false),
            links: vec![RsopLink { som_path: "corp.example/a".to_owned(), enabled: true, ..RsopLink::default() }],
            extension_names: vec!["Registry".to_owned()],
            ..RsopGpo::default()
        };
        let result = RsopResult {
            searched_soms: vec![SearchedSom {
                path: "corp.example/b".to_owned(),
                blocked: true,
                ..SearchedSom::default()
            }],
            ..RsopResult::default()
        };
        let check = |change: fn(&mut RsopGpo), expected: Option<NotApplied>| {
            let mut gpo = base.clone();
            change(&mut gpo);
            assert_eq!(result.why_not(&gpo), expected);
        };
        check(|_| (), Some(NotApplied::Unknown));
        check(|gpo| gpo.links[0].applied_order = 3, None);
        check(|gpo| gpo.links[0].enabled = false, Some(NotApplied::LinkDisabled));
        check(|gpo| gpo.links[0].som_path = "corp.example/b".to_owned(), Some(NotApplied::Blocked));
        check(|gpo| gpo.enabled = Some(false), Some(NotApplied::GpoDisabled));
        check(|gpo| gpo.access_denied = Some(true), Some(NotApplied::Security));
        check(|gpo| gpo.filter_allowed = Some(false), Some(NotApplied::Security));
        check(
            |gpo| (gpo.filter_allowed, gpo.filter_name) = (Some(false), Some("f".to_owned())),
            Some(NotApplied::WmiFilter),
        );
        check(|gpo| gpo.is_valid = Some(false), Some(NotApplied::Inaccessible));
        check(|gpo| (gpo.version_directory, gpo.version_sysvol) = (Some(0), Some(0)), Some(NotApplied::Empty));
        check(|gpo| gpo.extension_names.clear(), Some(NotApplied::Empty));
        check(
            |gpo| {
                gpo.extension_names.clear();
                (gpo.enabled, gpo.is_valid, gpo.filter_allowed) = (None, Some(false), Some(false));
            },
            Some(NotApplied::NotReturned),
        );
    }

    #[test]
    fn what_is_no_resultant_set_is_refused_with_its_place() {
        let check = |text: &str, expected: &str| {
            let error = read_rsop(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        check("<?xml version='1.0'?>\n<GPO/>", "line 2: no result of Group Policy: the root element is `GPO`");
        check("<Rsop>\n<UserResults>", "broken XML");
        check("<Rsop>\n</Rsopp>", "2:");
        check("", "broken XML");
        let deep = format!("<Rsop>\n{}{}</Rsop>", "<x>\n".repeat(300), "</x>".repeat(300));
        check(&deep, "line 202: elements are nested more than 200 deep");
        check("<!DOCTYPE x [<!ENTITY a \"b\">]><Rsop>&a;</Rsop>", "broken XML");
    }
}
