//! Resultant sets of policy that Windows wrote: read, written back, counted.

use opengpmc::report::Side;
use opengpmc::report::rsop::{NotApplied, RsopDataType, RsopReport, precedence, read_rsop, winning_gpo, write_rsop};

use super::corpus::corpus;

/// Returns the documents of the corpus that `gpresult /X` wrote, with their bytes.
fn real_documents() -> Vec<(Vec<u8>, RsopReport)> {
    let Some(folder) = corpus("rsop/cis-benchmarks") else { return Vec::new() };
    let read = |name: &str| {
        let bytes = std::fs::read(folder.join(name)).unwrap();
        let report = read_rsop(&bytes).unwrap();
        (bytes, report)
    };
    vec![read("GPResult.xml"), read("GPResult-Pass.xml")]
}

/// Returns an XML document as a list of its elements, attributes and texts with their namespaces; prefixes and white space between elements
/// aside.
fn infoset(bytes: &[u8]) -> Vec<String> {
    let text = opengpmc::format::decode_xml(bytes).unwrap();
    let document = roxmltree::Document::parse(&text).unwrap();
    let mut lines = Vec::new();
    for node in document.descendants() {
        if node.is_element() {
            let depth = node.ancestors().count();
            lines.push(format!("{depth} {:?}", node.tag_name()));
            let mut attributes: Vec<String> = node
                .attributes()
                .map(|attribute| {
                    let value = match attribute.value().split_once(':') {
                        Some((prefix, local)) if attribute.name() == "type" => {
                            format!("{}:{local}", node.lookup_namespace_uri(Some(prefix)).unwrap())
                        }
                        _ => attribute.value().to_owned(),
                    };
                    format!("@{:?} {} {value}", attribute.namespace(), attribute.name())
                })
                .collect();
            attributes.sort();
            lines.extend(attributes);
        } else if node.is_text() && !node.text().unwrap().trim().is_empty() {
            lines.push(format!("= {}", node.text().unwrap()));
        }
    }
    lines
}

#[test]
fn real_documents_are_written_as_they_were_read() {
    for (bytes, report) in real_documents() {
        let written = write_rsop(&report);
        assert_eq!(infoset(&written), infoset(&bytes));
        // Line ends inside of texts aside, byte for byte.
        let text = |bytes: &[u8]| opengpmc::format::decode_xml(bytes).unwrap().replace('\r', "");
        assert_eq!(text(&written), text(&bytes));
        assert_eq!(read_rsop(&written).unwrap(), report);
    }
}

#[test]
fn real_documents_say_what_applied_and_what_did_not() {
    for (_, report) in real_documents() {
        assert_eq!(report.data_type, RsopDataType::Logged);
        assert!(report.read.is_some());
        let computer = report.result(Side::Computer).unwrap();
        assert_eq!((&*computer.name, &*computer.site), ("oriontech\\WIN-1CPI0V6RVEL$", "Default-First-Site-Name"));
        assert_eq!(computer.som, "corp.oriontech.info/Domain Controllers");
        assert_eq!(computer.searched_soms.len(), 4);
        assert_eq!(computer.security_groups.len(), 14);
        assert!(computer.security_groups.iter().all(|group| group.sid.is_some()));
        assert_eq!(computer.extension_status.len(), 3);
        let applied: Vec<&str> = computer.applied().iter().map(|gpo| gpo.name.as_str()).collect();
        let expected = ["2 User Rights Assignment - MS", "Default Domain Policy", "2 User Rights Assignment - DC"];
        assert_eq!(applied, expected);
        let local = computer.gpos.iter().find(|gpo| gpo.is_local()).unwrap();
        assert_eq!(computer.why_not(local), Some(NotApplied::Empty));
        let names: Vec<&str> = computer.extensions.iter().map(|extension| extension.name.as_str()).collect();
        let other = |name: &str| format!("{name} (Setting controlled by a different authority)");
        assert_eq!(names, ["Security", &other("Security"), "Public Key", "Registry", &other("Registry")]);
        let settings: Vec<_> = computer.extensions.iter().flat_map(|extension| &extension.elements).collect();
        assert_eq!(settings.iter().filter(|setting| precedence(setting) == Some(1)).count(), 60);
        assert!(settings.iter().filter_map(|setting| winning_gpo(setting)).all(|gpo| computer.gpo(&gpo).is_some()));

        let user = report.result(Side::User).unwrap();
        assert_eq!((user.name.as_str(), user.slow_link), ("oriontech\\Administrator", Some(false)));
        assert_eq!(user.security_groups.len(), 17);
        assert!(user.applied().is_empty());
        let reasons: Vec<_> = user.gpos.iter().map(|gpo| user.why_not(gpo)).collect();
        let not_returned = Some(NotApplied::NotReturned);
        assert_eq!(reasons, [not_returned, Some(NotApplied::Empty), not_returned]);
        assert_eq!((user.events.len(), computer.events.len()), (1, 1));
    }
}

#[test]
fn a_real_document_that_ends_early_is_refused_with_its_place() {
    for (bytes, _) in real_documents() {
        let error = read_rsop(&bytes[..bytes.len() / 4 * 2]).unwrap_err().to_string();
        assert!(error.starts_with("broken XML") && error.contains("at line "), "{error}");
    }
}
