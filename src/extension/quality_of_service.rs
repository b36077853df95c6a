//! Policy-based Quality of Service: one key with texts for each policy in `registry.pol` (`gpo-storage.md` B12).
//!
//! Only an empty element was ever seen in a report; the element of a policy is our own and has the registry's values under their names
//! without blanks.

use crate::ident::Guid;
use crate::report::{Element, ExtensionReport, Section, Side, Table};

use super::registry_keys::{is_within, keys_below};
use super::wording::properties;
use super::{Area, Extension, Part, Placed, Source};

pub(super) static QUALITY_OF_SERVICE: Extension = Extension {
    cse: Guid::from_u128(0xFB2CA36D_0B40_4307_821B_A13B252DE56C),
    name: "Policy-based QoS",
    xml_type: "EQoSSettings",
    namespace: "eqos",
    read,
    sections,
    claims: |key, _value| is_within(key, BASE),
};

const BASE: &str = r"software\policies\microsoft\windows\qos";

fn read(source: &Source<'_>) -> Option<Part> {
    let mut part = Part::default();
    for key in keys_below(source, BASE).unwrap_or_default() {
        let [name] = key.names()[..] else { continue };
        let mut policy = Element::new("QoSPolicy").with(Element::text("Name", name));
        for value in &key.values {
            let name: String = value.name().split(' ').collect();
            let is_name =
                name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(|c| c.is_ascii_alphanumeric());
            if is_name {
                policy.children.push(Element::text(name, value.shown()));
            }
        }
        part.elements.push(policy);
    }
    Some(part)
}

fn sections(report: &ExtensionReport, _side: Side) -> Vec<Placed> {
    let mut table = Table::new(&[
        "Policy Name",
        "DSCP Value",
        "Throttle Rate (KBps)",
        "Application",
        "Protocol",
        "Source",
        "Destination",
    ]);
    for policy in &report.elements {
        let text = |name: &str| policy.text_at(&[name]);
        let limit = |value: &str| if value == "-1" { "Not limited".to_owned() } else { value.to_owned() };
        let end = |side: &str| {
            let part = |what: &str| any(policy.text_at(&[&format!("{side}{what}")]));
            let prefix = match policy.text_at(&[&format!("{side}IPPrefixLength")]) {
                "" | "*" => String::new(),
                length => format!("/{length}"),
            };
            format!("{}{prefix}, port {}", part("IP"), part("Port"))
        };
        let application = match text("ApplicationName") {
            "" => text("URL"),
            application => application,
        };
        let cells = [
            text("Name").to_owned(),
            limit(text("DSCPValue")),
            limit(text("ThrottleRate")),
            any(application),
            any(text("Protocol")),
            end("Local"),
            end("Remote"),
        ];
        let shown = [
            "Name",
            "Version",
            "DSCPValue",
            "ThrottleRate",
            "ApplicationName",
            "Protocol",
            "LocalIP",
            "LocalPort",
            "LocalIPPrefixLength",
            "RemoteIP",
            "RemotePort",
            "RemoteIPPrefixLength",
        ];
        let others =
            policy.children.iter().filter(|child| !shown.contains(&child.name.as_ref()) && !child.text.is_empty());
        let details = properties(others.map(|child| (super::wording::words(&child.name), child.text.clone())));
        table.row(cells).details.extend(details);
    }
    if table.rows.is_empty() {
        return Vec::new();
    }
    vec![Placed { area: Area::WindowsSettings, section: Section::new("Policy-based QoS").with(table) }]
}

fn any(text: &str) -> String {
    if text.is_empty() || text == "*" { "Any".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use crate::extension::fixture::{key_only, lines, registry, shown, text};

    use super::*;

    #[test]
    fn policies_are_read_and_the_key_alone_is_an_empty_element() {
        let key = r"Software\Policies\Microsoft\Windows\QoS";
        assert!(lines(&QUALITY_OF_SERVICE, &registry(&[(key, "", key_only())]), true).is_empty());
        let policy = format!(r"{key}\Calls");
        let half = registry(&[
            (&policy, "DSCP Value", text("46")),
            (&policy, "Throttle Rate", text("-1")),
            (&policy, "Remote IP", text("10.0.0.0")),
            (&policy, "Remote IP Prefix Length", text("8")),
        ]);
        assert_eq!(
            lines(&QUALITY_OF_SERVICE, &half, true),
            ["QoSPolicy(Name=Calls DSCPValue=46 ThrottleRate=-1 RemoteIP=10.0.0.0 RemoteIPPrefixLength=8)"]
        );
        let shown = shown(&QUALITY_OF_SERVICE, &half);
        assert!(
            shown.contains("Calls | 46 | Not limited | Any | Any | Any, port Any | 10.0.0.0/8, port Any\n"),
            "{shown}"
        );
    }
}
