//! Wireless and wired networks: one piece of XML in an object of the directory for each policy ([MS-GPWL], `gpo-storage.md` A6).
//!
//! The XML stands in the report as it is, its namespace aside. Older wireless policies are bytes that only their size is told of.

use roxmltree::Node;

use crate::format::parse_xml;
use crate::ident::Guid;
use crate::report::{Element, ExtensionReport, PartProblem, Section, Table};

use super::raw_view::NOT_SHOWN;
use super::wording::{properties, words, yes_no};
use super::{Area, DirectoryObject, Extension, Part, Placed, Source, claims_nothing};

pub(super) static WIRELESS: Extension = Extension {
    cse: Guid::from_u128(0x0ACDD40C_75AC_47AB_BAA0_BF6DE7E7FE63),
    name: "WLanSvc Networks",
    xml_type: "WLanSvcSettings",
    namespace: "WLanSvc",
    read: |source| read(source, &WIRELESS_KIND),
    sections: |report, _side| sections(report, "Wireless Network (IEEE 802.11) Policies"),
    claims: claims_nothing,
};

pub(super) static WIRED: Extension = Extension {
    cse: Guid::from_u128(0xB587E2B1_4D59_4E7E_AED9_22B9DF11D053),
    name: "LanSvc Networks",
    xml_type: "Dot3SvcSettings",
    namespace: "Dot3Svc",
    read: |source| read(source, &WIRED_KIND),
    sections: |report, _side| sections(report, "Wired Network (IEEE 802.3) Policies"),
    claims: claims_nothing,
};

/// How a kind of network keeps its policies.
struct Kind {
    class: &'static str,
    data: &'static str,
    legacy_class: &'static str,
    legacy_data: &'static str,
    element: &'static str,
}

const WIRELESS_KIND: Kind = Kind {
    class: "ms-net-ieee-80211-GroupPolicy",
    data: "ms-net-ieee-80211-GP-PolicyData",
    legacy_class: "msieee80211-Policy",
    legacy_data: "msieee80211-Data",
    element: "WLanSvcSetting",
};
const WIRED_KIND: Kind = Kind {
    class: "ms-net-ieee-8023-GroupPolicy",
    data: "ms-net-ieee-8023-GP-PolicyData",
    legacy_class: "",
    legacy_data: "",
    element: "Dot3SvcSetting",
};

/// Profiles with EAP methods in them reach twenty levels.
const DEEPEST: usize = 48;
/// The element of a pre-shared key; people are not shown what is in it.
const KEY_MATERIAL: &str = "keyMaterial";
const MOST_NODES: u32 = 200_000;

fn read(source: &Source<'_>, kind: &Kind) -> Option<Part> {
    let mut part = Part::default();
    let of_class = |class: &'static str| {
        source.half.objects.iter().filter(move |object| !class.is_empty() && object.class.eq_ignore_ascii_case(class))
    };
    for object in of_class(kind.class) {
        match policy(object, kind) {
            Ok(policy) => part.elements.push(Element::new(kind.element).with(policy)),
            Err(message) => part.problems.push(PartProblem { file: object.path.clone(), message }),
        }
    }
    for object in of_class(kind.legacy_class) {
        let size = object.values(kind.legacy_data).first().map_or(0, Vec::len);
        let legacy = Element::new("LegacyPolicy")
            .with(Element::text("name", object_name(object)))
            .with(Element::text("size", size.to_string()));
        part.elements.push(Element::new(kind.element).with(legacy));
    }
    (!part.elements.is_empty() || !part.problems.is_empty()).then_some(part)
}

fn object_name(object: &DirectoryObject) -> &str {
    let name = object.path.split_once('=').map_or(object.path.as_str(), |(_, rest)| rest);
    name.split(',').next().unwrap_or_default()
}

fn policy(object: &DirectoryObject, kind: &Kind) -> Result<Element, String> {
    let text = object.text(kind.data).ok_or_else(|| format!("the object has no {}", kind.data))?;
    let document = parse_xml(text.trim_start_matches('\u{feff}'), MOST_NODES)
        .map_err(|error| format!("{}: broken XML: {error}", kind.data))?;
    Ok(element(document.root_element(), 0))
}

/// Returns an element of any namespace as one of the extension's.
fn element(node: Node<'_, '_>, depth: usize) -> Element {
    let mut copy = Element::new(node.tag_name().name().to_owned());
    for attribute in node.attributes() {
        copy.attributes.push((attribute.name().to_owned().into(), attribute.value().to_owned()));
    }
    if depth < DEEPEST {
        copy.children = node.children().filter(Node::is_element).map(|child| element(child, depth + 1)).collect();
    }
    if copy.children.is_empty() {
        copy.text = node.children().filter(Node::is_text).filter_map(|child| child.text()).collect();
    }
    copy
}

fn sections(report: &ExtensionReport, heading: &str) -> Vec<Placed> {
    let mut section = Section::new(heading);
    for policy in report.elements.iter().flat_map(|setting| &setting.children) {
        let mut inner = Section::new(policy.text_at(&["name"]));
        let flags = policy.child("globalFlags").map(|flags| flags.children.as_slice()).unwrap_or_default();
        let own = ["description", "size"].map(|name| (words(name), policy.text_at(&[name]).to_owned()));
        let own = own.into_iter().filter(|(_, value)| !value.is_empty());
        let flags = flags.iter().map(|flag| (words(&flag.name), yes_no(&flag.text).to_owned()));
        inner.blocks.extend(properties(own.chain(flags).map(|(label, value)| (capitalized(&label), value))));
        for list in policy.children_named("profileList") {
            for profile in &list.children {
                let name = profile.text_at(&["name"]);
                let mut rows = Vec::new();
                collect("", profile, &mut rows);
                let heading = if name.is_empty() { "Profile".to_owned() } else { format!("Profile: {name}") };
                inner.blocks.extend(properties(rows).map(|table| Section::new(heading).with(table).into()));
            }
        }
        let filter = network_filter(policy);
        if !filter.rows.is_empty() {
            inner.blocks.push(Section::new("Network Permissions").with(filter).into());
        }
        section.blocks.push(inner.into());
    }
    if section.blocks.is_empty() {
        return Vec::new();
    }
    vec![Placed { area: Area::SecuritySettings, section }]
}

/// Adds the texts in an element, each with the names that lead to it.
fn collect(path: &str, element: &Element, rows: &mut Vec<(String, String)>) {
    for child in &element.children {
        let label = words(&child.name);
        let path = if path.is_empty() { capitalized(&label) } else { format!("{path}: {label}") };
        if child.children.is_empty() {
            let is_key = child.name == KEY_MATERIAL && !child.text.is_empty();
            rows.push((path, if is_key { NOT_SHOWN.to_owned() } else { yes_no(&child.text).to_owned() }));
        } else {
            collect(&path, child, rows);
        }
    }
}

fn network_filter(policy: &Element) -> Table {
    let mut table = Table::new(&["Permission", "Network Name", "Network Type"]);
    for list in policy.child("networkFilter").into_iter().flat_map(|filter| &filter.children) {
        for network in &list.children {
            // Written as elements, as attributes, and with the name as text.
            let text = |name: &str| network.get(name).unwrap_or_else(|| network.text_at(&[name])).to_owned();
            let name = if network.text.is_empty() { text("networkName") } else { network.text.clone() };
            table.row([capitalized(&words(&list.name)), name, text("networkType")]);
        }
    }
    table
}

fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use crate::extension::fixture::{half, lines, object, read, shown};

    use super::*;

    fn wireless(data: &str) -> DirectoryObject {
        object("CN=Air,CN=IEEE80211", WIRELESS_KIND.class, &[(WIRELESS_KIND.data, data)])
    }

    #[test]
    fn the_xml_stands_in_the_report() {
        let data = "<WLANPolicy xmlns=\"u\"><name>Air</name><globalFlags><enableAutoConfig>true</enableAutoConfig></globalFlags>\
            <networkFilter><blockList><network networkName=\"bad\"/></blockList></networkFilter>\
            <profileList><WLANProfile xmlns=\"v\"><name>P</name></WLANProfile></profileList></WLANPolicy>";
        let half = half("", Vec::new(), vec![wireless(data)]);
        assert_eq!(
            lines(&WIRELESS, &half, true),
            ["WLanSvcSetting(WLANPolicy(name=Air globalFlags(enableAutoConfig=true) \
              networkFilter(blockList(network[networkName=bad])) profileList(WLANProfile(name=P))))"]
        );
        let shown = shown(&WIRELESS, &half);
        for expected in ["Air\nEnable auto config | Yes\n", "Profile: P\nName | P\n", "Block list | bad | \n"] {
            assert!(shown.contains(expected), "{expected} in {shown}");
        }
        assert!(read(&WIRED, &half, true).is_none());
    }

    #[test]
    fn broken_xml_is_a_problem() {
        let part = read(&WIRELESS, &half("", Vec::new(), vec![wireless("<a>")]), true).unwrap();
        assert_eq!(part.problems[0].file, "CN=Air,CN=IEEE80211");
        assert!(part.problems[0].message.contains("broken XML"), "{}", part.problems[0].message);
    }
}
