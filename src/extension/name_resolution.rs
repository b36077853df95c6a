//! Name Resolution Policy: the table of rules for names and its global options, in `registry.pol` ([MS-GPNRPT], `operations.md` 4.3).
//!
//! A report has the section wherever the key of the DNS client is mentioned, even for policies of templates. The element of a rule is our
//! own: no report with one is known. Its children bear the names of the registry's values.

use crate::ident::Guid;
use crate::report::{Element, ExtensionReport, Section, Side, Table};

use super::registry_keys::{is_within, keys_below};
use super::wording::{choice, joined, label, properties, words};
use super::{Area, Extension, Part, Placed, Source};

pub(super) static NAME_RESOLUTION: Extension = Extension {
    cse: Guid::from_u128(0x35378EAC_683F_11D2_A89A_00C04FBBCFA2),
    name: "Name Resolution Policy",
    xml_type: "NrptSettings",
    namespace: "nrpt",
    read,
    sections,
    claims,
};

const BASE: &str = r"software\policies\microsoft\windows nt\dnsclient";
const RULES: &str = "DnsPolicyConfig";

/// Elements of the global options with the values behind them, in the order of reports.
const GLOBAL: [(&str, &str); 3] = [
    ("Nla", "EnableDAForAllNetworks"),
    ("Fallback", "DnsSecureNameQueryFallback"),
    ("Query", "DirectAccessQueryOrder"),
];

fn claims(key: &str, value: &str) -> bool {
    is_within(key, &format!(r"{BASE}\dnspolicyconfig"))
        || (key == BASE && GLOBAL.iter().any(|(_, name)| name.eq_ignore_ascii_case(value)))
}

fn read(source: &Source<'_>) -> Option<Part> {
    if source.side != Side::Computer {
        return None;
    }
    let keys = keys_below(source, BASE)?;
    let mut part = Part::default();
    for key in &keys {
        let [first, id] = key.names()[..] else { continue };
        if !first.eq_ignore_ascii_case(RULES) || key.values.is_empty() {
            continue;
        }
        let mut rule = Element::new("Rule").with(Element::text("Id", id));
        for value in &key.values {
            let name = value.name();
            if name.eq_ignore_ascii_case("Name") {
                rule.children.extend(key.texts(&name).into_iter().map(|text| Element::text("Name", text)));
            } else if !name.is_empty() && name.chars().all(|c| c.is_ascii_alphabetic()) {
                rule.children.push(Element::text(name, value.shown()));
            }
        }
        part.elements.push(rule);
    }
    let own = keys.iter().find(|key| key.path.is_empty());
    let options = GLOBAL.iter().map(|(element, value)| match own.and_then(|key| key.number(value)) {
        Some(number) => Element::text(*element, number.to_string()),
        None => Element::new(*element).attribute("xsi:nil", "true"),
    });
    part.elements.push(Element::new("Global").with_all(options));
    Some(part)
}

const GLOBAL_LABELS: [(&str, &str); 3] =
    [("Nla", "Network location dependency"), ("Fallback", "Query failure"), ("Query", "Query resolution")];

const RULE_LABELS: [(&str, &str); 13] = [
    ("ConfigOptions", "Settings in use"),
    ("DNSSECValidationRequired", "DNSSEC: validation required"),
    ("DNSSECQueryIPSECRequired", "DNSSEC: IPsec required"),
    ("DNSSECQueryIPSECEncryption", "DNSSEC: IPsec encryption"),
    ("IPSECCARestriction", "Certification authority"),
    ("DirectAccessDNSServers", "DirectAccess: DNS servers"),
    ("DirectAccessProxyType", "DirectAccess: proxy"),
    ("DirectAccessProxyName", "DirectAccess: proxy name"),
    ("DirectAccessQueryIPSECRequired", "DirectAccess: IPsec required"),
    ("DirectAccessQueryIPSECEncryption", "DirectAccess: IPsec encryption"),
    ("GenericDNSServers", "Generic DNS servers"),
    ("IDNConfig", "Encoding of international names"),
    ("VpnRequired", "VPN triggered"),
];

fn sections(report: &ExtensionReport, _side: Side) -> Vec<Placed> {
    let mut section = Section::new("Name Resolution Policy");
    let rules: Vec<&Element> = report.elements.iter().filter(|element| element.name != "Global").collect();
    if !rules.is_empty() {
        let mut table = Table::new(&["Namespace", "DNS Servers", "DNSSEC Validation", "DirectAccess Servers"]);
        for rule in rules {
            let validation = choice(&[("0", "No"), ("1", "Yes")], rule.text_at(&["DNSSECValidationRequired"]));
            let cells = [
                joined(rule, "Name"),
                joined(rule, "GenericDNSServers"),
                validation,
                joined(rule, "DirectAccessDNSServers"),
            ];
            let others = rule.children.iter().filter(|child| child.name != "Name" && !child.text.is_empty());
            let details = properties(others.map(|child| (label(&RULE_LABELS, &child.name), rule_text(child))));
            table.row(cells).details.extend(details);
        }
        section.blocks.push(Section::new("Rules").with(table).into());
    }
    let set = report.elements.iter().filter(|element| element.name == "Global").flat_map(|global| &global.children);
    let set = set.filter(|option| !option.text.is_empty());
    let options = properties(set.map(|option| (label(&GLOBAL_LABELS, &option.name), global_text(option))));
    section.blocks.extend(options.map(|table| Section::new("Advanced Global Policy Settings").with(table).into()));
    if section.blocks.is_empty() {
        return Vec::new();
    }
    vec![Placed { area: Area::WindowsSettings, section }]
}

fn global_text(option: &Element) -> String {
    let choices: &[(&str, &str)] = match option.name.as_ref() {
        "Nla" => &[
            ("0", "Let the network id determine when DirectAccess settings are used"),
            ("1", "Always use DirectAccess settings"),
            ("2", "Never use DirectAccess settings"),
        ],
        "Fallback" => &[
            ("0", "Use LLMNR and NetBIOS only if the name does not exist in DNS"),
            ("1", "Always fall back to LLMNR and NetBIOS"),
            (
                "2",
                "Fall back to LLMNR and NetBIOS if the name does not exist or DNS is unreachable on a private network",
            ),
        ],
        _ => &[("0", "Resolve only IPv6 addresses"), ("1", "Resolve both IPv4 and IPv6 addresses")],
    };
    choice(choices, &option.text)
}

fn rule_text(child: &Element) -> String {
    match child.name.as_ref() {
        "ConfigOptions" => option_names(&child.text),
        "IDNConfig" => {
            choice(&[("0", "UTF-8 without mapping"), ("1", "UTF-8 with mapping"), ("2", "Punycode")], &child.text)
        }
        "DirectAccessProxyType" | "ProxyType" => {
            choice(&[("0", "None"), ("1", "Default proxy"), ("2", "As named")], &child.text)
        }
        name if name.ends_with("IPSECEncryption") => {
            choice(&[("0", "None (integrity only)"), ("1", "Low"), ("2", "Medium"), ("3", "High")], &child.text)
        }
        name if name.ends_with("Required") => choice(&[("0", "No"), ("1", "Yes")], &child.text),
        "Id" | "Version" => child.text.clone(),
        _ => child.text.clone(),
    }
}

/// Names the bits of `ConfigOptions`.
fn option_names(text: &str) -> String {
    let Ok(bits) = text.parse::<u32>() else { return text.to_owned() };
    let known = [(0x2, "DNSSEC"), (0x4, "DirectAccess"), (0x8, "generic DNS servers"), (0x10, "encoding")];
    let names: Vec<&str> = known.iter().filter(|(bit, _)| bits & bit != 0).map(|(_, name)| *name).collect();
    if names.is_empty() { words(text) } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use crate::extension::fixture::{lines, registry, shown, text};
    use crate::format::PolData;

    use super::*;

    const CLIENT: &str = r"Software\Policies\Microsoft\Windows NT\DNSClient";

    #[test]
    fn the_section_is_there_with_any_setting_of_the_client() {
        let half = registry(&[(CLIENT, "EnableMulticast", PolData::Dword(0))]);
        assert_eq!(
            lines(&NAME_RESOLUTION, &half, true),
            ["Global(Nla[xsi:nil=true] Fallback[xsi:nil=true] Query[xsi:nil=true])"]
        );
        assert_eq!(shown(&NAME_RESOLUTION, &half), "");
        assert!(!claims(BASE, "enablemulticast") && claims(BASE, "directaccessqueryorder"));
    }

    #[test]
    fn rules_come_before_the_global_options() {
        let rule = format!(r"{CLIENT}\DnsPolicyConfig\{{1}}");
        let half = registry(&[
            (&rule, "Name", PolData::MultiText(vec![".a.example".to_owned(), "b".to_owned()])),
            (&rule, "ConfigOptions", PolData::Dword(10)),
            (&rule, "GenericDNSServers", text("10.0.0.1")),
            (CLIENT, "DirectAccessQueryOrder", PolData::Dword(1)),
        ]);
        let lines = lines(&NAME_RESOLUTION, &half, true);
        assert_eq!(lines[0], "Rule(Id={1} Name=.a.example Name=b ConfigOptions=10 GenericDNSServers=10.0.0.1)");
        assert!(lines[1].ends_with("Query=1)"), "{}", lines[1]);
        let shown = shown(&NAME_RESOLUTION, &half);
        assert!(shown.contains("Settings in use | DNSSEC, generic DNS servers\n"), "{shown}");
        assert!(shown.contains("Query resolution | Resolve both IPv4 and IPv6 addresses\n"), "{shown}");
    }
}
