//! The firewall for people: profiles side by side, rules as a table, the rest of a rule below its row.

use crate::extension::raw_view::NOT_SHOWN;
use crate::extension::wording::{choice, joined, label, properties, words, yes_no};
use crate::extension::{Area, Placed};
use crate::report::{Block, Cell, Element, ExtensionReport, Mark, Row, Section, Side, Table};

use super::PRESHARED_KEY;

const HEADING: &str = "Windows Defender Firewall with Advanced Security";

const PROFILES: [(&str, &str); 3] =
    [("DomainProfile", "Domain"), ("PrivateProfile", "Private"), ("PublicProfile", "Public")];

const SETTING_LABELS: [(&str, &str); 17] = [
    ("EnableFirewall", "Firewall state"),
    ("DefaultInboundAction", "Inbound connections"),
    ("DefaultOutboundAction", "Outbound connections"),
    ("DoNotAllowExceptions", "Block inbound connections that match a rule, too"),
    ("DisableNotifications", "Display a notification when a program is blocked"),
    ("DisableUnicastResponsesToMulticastBroadcast", "Allow unicast response to multicast or broadcast"),
    ("AllowLocalPolicyMerge", "Apply local firewall rules"),
    ("AllowLocalIPsecPolicyMerge", "Apply local connection security rules"),
    ("DisableStealthMode", "Stealth mode"),
    ("DisableStealthModeIPsecSecuredPacketExemption", "Stealth mode for packets secured by IPsec"),
    ("DisabledInterfaces", "Network connections without firewall"),
    ("LogFilePath", "Log: path"),
    ("LogFileSize", "Log: size limit (KB)"),
    ("LogDroppedPackets", "Log: dropped packets"),
    ("LogSuccessfulConnections", "Log: successful connections"),
    ("PolicyVersion", "Policy version"),
    ("IPsecExempt", "Exempt from IPsec"),
];

/// Settings stored as the opposite of their label.
const INVERTED: [&str; 4] = [
    "DisableNotifications",
    "DisableUnicastResponsesToMulticastBroadcast",
    "DisableStealthMode",
    "DisableStealthModeIPsecSecuredPacketExemption",
];

const PROTOCOLS: [(&str, &str); 16] = [
    ("", "Any"),
    ("256", "Any"),
    ("0", "HOPOPT"),
    ("1", "ICMPv4"),
    ("2", "IGMP"),
    ("6", "TCP"),
    ("17", "UDP"),
    ("41", "IPv6"),
    ("43", "IPv6-Route"),
    ("44", "IPv6-Frag"),
    ("47", "GRE"),
    ("58", "ICMPv6"),
    ("59", "IPv6-NoNxt"),
    ("60", "IPv6-Opts"),
    ("112", "VRRP"),
    ("115", "L2TP"),
];

/// Tokens that have a column.
const IN_COLUMNS: [&str; 14] = [
    "Version", "Name", "Dir", "Active", "Action", "App", "Svc", "Protocol", "Profile", "LPort", "RPort", "LA4", "LA6",
    "RA4",
];
const ALSO_IN_COLUMNS: &str = "RA6";

const TOKEN_LABELS: [(&str, &str); 27] = [
    ("Desc", "Description"),
    ("EmbedCtxt", "Group"),
    ("ICMP4", "ICMPv4 types"),
    ("ICMP6", "ICMPv6 types"),
    ("Edge", "Edge traversal"),
    ("Defer", "Edge traversal left to"),
    ("IF", "Interface"),
    ("IFType", "Interface types"),
    ("Security", "Secure connections"),
    ("Security2", "Secure connections"),
    ("Security2_9", "Secure connections"),
    ("RMAuth", "Authorized computers"),
    ("RUAuth", "Authorized users"),
    ("LUAuth", "Local users"),
    ("LUAuth2_24", "Local users"),
    ("LUOwn", "Owner of the program"),
    ("AppPkgId", "Application package"),
    ("LSM", "Loose source mapping"),
    ("LOM", "Local only mapping"),
    ("PCross", "Profile crossing"),
    ("AuthByPassOut", "Override outbound block rules"),
    ("SkipVer", "Passed over by clients up to version"),
    ("Platform", "Platform"),
    ("Platform2", "Platform and later"),
    ("NNm", "Network names"),
    ("TTK", "Trust tuple keyword"),
    ("RuleId", "Rule id"),
];

/// Returns the sections.
pub(super) fn sections(report: &ExtensionReport, _side: Side) -> Vec<Placed> {
    let mut section = Section::new(HEADING);
    let named = |name: &'static str| report.elements.iter().filter(move |element| element.name == name);
    for global in named("GlobalSettings") {
        let rows = global.children.iter().map(|setting| (label(&SETTING_LABELS, &setting.name), global_text(setting)));
        section
            .blocks
            .extend(properties(rows).map(|table| Block::Section(Section::new("Global Settings").with(table))));
    }
    if let Some(table) = profiles(report) {
        section.blocks.push(Section::new("Profiles").with(table).into());
    }
    for (name, heading) in [("InboundFirewallRules", "Inbound Rules"), ("OutboundFirewallRules", "Outbound Rules")] {
        push_table(&mut section, heading, rules(named(name)));
    }
    push_table(&mut section, "Connection Security Rules", connections(named("ConnectionSecurityRules")));
    push_table(&mut section, "Main Mode Rules", connections(named("MainModeRules")));
    for (name, heading) in [
        ("Phase1AuthenticationSets", "First Authentication"),
        ("Phase2AuthenticationSets", "Second Authentication"),
        ("Phase1CryptoSets", "Key Exchange (Main Mode)"),
        ("Phase2CryptoSets", "Data Protection (Quick Mode)"),
    ] {
        let sets: Vec<Block> = named(name).map(set).collect();
        if !sets.is_empty() {
            section.blocks.push(Block::Section(Section { blocks: sets, ..Section::new(heading) }));
        }
    }
    if section.blocks.is_empty() {
        return Vec::new();
    }
    vec![Placed { area: Area::SecuritySettings, section }]
}

fn push_table(section: &mut Section, heading: &str, table: Table) {
    if !table.rows.is_empty() {
        section.blocks.push(Section::new(heading).with(table).into());
    }
}

fn global_text(setting: &Element) -> String {
    let value = setting.text_at(&["Value"]);
    match (setting.name.as_ref(), value.parse::<u32>()) {
        ("PolicyVersion", Ok(version)) => format!("{}.{}", version >> 8, version & 0xFF),
        _ => yes_no(value).to_owned(),
    }
}

/// Returns the settings of the profiles, side by side; a setting that a profile does not have is empty there.
fn profiles(report: &ExtensionReport) -> Option<Table> {
    let profile = |name: &str| report.elements.iter().find(|element| element.name == name);
    let present: Vec<(&Element, &str)> =
        PROFILES.iter().filter_map(|(name, heading)| Some((profile(name)?, *heading))).collect();
    let headings: Vec<&str> = std::iter::once("Setting").chain(present.iter().map(|(_, heading)| *heading)).collect();
    let mut names: Vec<&str> = Vec::new();
    for setting in present.iter().flat_map(|(element, _)| &element.children) {
        if !names.contains(&setting.name.as_ref()) {
            names.push(&setting.name);
        }
    }
    let rank = |name: &str| SETTING_LABELS.iter().position(|(known, _)| *known == name).unwrap_or(usize::MAX);
    names.sort_by_key(|name| rank(name));
    let mut table = Table::new(&headings);
    for name in names {
        let cells = present.iter().map(|(element, _)| profile_text(name, element.text_at(&[name, "Value"])));
        table.row(std::iter::once(label(&SETTING_LABELS, name)).chain(cells));
    }
    (!table.rows.is_empty()).then_some(table)
}

fn profile_text(name: &str, value: &str) -> String {
    let words = match (name, value) {
        ("EnableFirewall", "true") => "On",
        ("EnableFirewall", "false") => "Off",
        ("DefaultInboundAction" | "DefaultOutboundAction", "true") => "Block",
        ("DefaultInboundAction" | "DefaultOutboundAction", "false") => "Allow",
        (name, "true") if INVERTED.contains(&name) => "No",
        (name, "false") if INVERTED.contains(&name) => "Yes",
        (_, value) => yes_no(value),
    };
    words.to_owned()
}

fn rules<'a>(elements: impl Iterator<Item = &'a Element>) -> Table {
    let mut table = Table::new(&[
        "Name",
        "Enabled",
        "Action",
        "Program",
        "Service",
        "Protocol",
        "Local Port",
        "Remote Port",
        "Local Address",
        "Remote Address",
        "Profiles",
    ]);
    for rule in elements {
        let action = match rule.text_at(&["Action"]) {
            "ByPass" => "Allow if secure, override block rules",
            action => action,
        };
        let cells = [
            rule_name(rule),
            yes_no(rule.text_at(&["Active"])).to_owned(),
            action.to_owned(),
            any(joined(rule, "App")),
            service(rule.text_at(&["Svc"])).to_owned(),
            choice(&PROTOCOLS, rule.text_at(&["Protocol"])),
            any(joined(rule, "LPort")),
            any(joined(rule, "RPort")),
            any(addresses(rule, ["LA4", "LA6"])),
            any(addresses(rule, ["RA4", "RA6"])),
            profile_names(rule),
        ];
        let details = details(rule, |name| IN_COLUMNS.contains(&name) || name == ALSO_IN_COLUMNS);
        table.push(rule_row(rule, cells, details));
    }
    table
}

fn connections<'a>(elements: impl Iterator<Item = &'a Element>) -> Table {
    let mut table = Table::new(&[
        "Name",
        "Enabled",
        "Action",
        "Endpoint 1",
        "Endpoint 2",
        "Protocol",
        "Authentication",
        "Profiles",
    ]);
    let in_columns = [
        "Version", "Name", "Active", "Action", "EP1_4", "EP1_6", "EP2_4", "EP2_6", "LA4", "LA6", "RA4", "RA6",
        "Protocol", "Auth1Set", "Auth2Set", "Profile",
    ];
    for rule in elements {
        let action = match rule.text_at(&["Action"]) {
            "Secure" => "Require inbound and outbound",
            "Boundary" => "Request inbound and outbound",
            "SecureServer" => "Require inbound, request outbound",
            "DoNotSecure" => "Do not authenticate",
            other => other,
        };
        let authentication = [rule.text_at(&["Auth1Set"]), rule.text_at(&["Auth2Set"])].map(authentication_name);
        let authentication: Vec<&str> = authentication.into_iter().filter(|name| !name.is_empty()).collect();
        let cells = [
            rule_name(rule),
            yes_no(rule.text_at(&["Active"])).to_owned(),
            action.to_owned(),
            any(addresses(rule, ["EP1_4", "EP1_6", "LA4", "LA6"])),
            any(addresses(rule, ["EP2_4", "EP2_6", "RA4", "RA6"])),
            choice(&PROTOCOLS, rule.text_at(&["Protocol"])),
            authentication.join(", "),
            profile_names(rule),
        ];
        let details = details(rule, |name| in_columns.contains(&name));
        table.push(rule_row(rule, cells, details));
    }
    table
}

/// Returns a row; that of a rule that is off stands back.
fn rule_row<const N: usize>(rule: &Element, cells: [String; N], details: Vec<Block>) -> Row {
    let mark = if rule.text_at(&["Active"]) == "true" { Mark::None } else { Mark::Weak };
    let cells = cells.into_iter().map(|text| Cell::marked(text, mark)).collect();
    Row { cells, details, explain: None }
}

fn rule_name(rule: &Element) -> String {
    let name = rule.text_at(&["Name"]);
    if name.is_empty() { rule.text_at(&["RuleId"]).to_owned() } else { name.to_owned() }
}

/// Returns what of a rule has no column.
fn details(rule: &Element, is_in_columns: impl Fn(&str) -> bool) -> Vec<Block> {
    let mut rows: Vec<(String, String)> = Vec::new();
    for token in rule.children.iter().filter(|token| !is_in_columns(&token.name) && !token.text.is_empty()) {
        let label = label(&TOKEN_LABELS, &token.name);
        match rows.iter_mut().find(|(known, _)| *known == label) {
            Some((_, value)) => *value = format!("{value}, {}", yes_no(&token.text)),
            None => rows.push((label, yes_no(&token.text).to_owned())),
        }
    }
    properties(rows).into_iter().collect()
}

fn addresses<const N: usize>(rule: &Element, names: [&str; N]) -> String {
    let mut addresses: Vec<&str> = Vec::new();
    for address in names.iter().flat_map(|name| rule.children_named(name)) {
        // A keyword such as LocalSubnet stands once for each version of IP.
        if !addresses.contains(&address.text.as_str()) {
            addresses.push(&address.text);
        }
    }
    addresses.join(", ")
}

fn profile_names(rule: &Element) -> String {
    match joined(rule, "Profile") {
        none if none.is_empty() => "All".to_owned(),
        profiles => profiles,
    }
}

fn any(text: String) -> String {
    if text.is_empty() { "Any".to_owned() } else { text }
}

fn service(name: &str) -> &str {
    match name {
        "" => "Any",
        "*" => "All services",
        name => name,
    }
}

fn authentication_name(id: &str) -> &str {
    match id.to_ascii_uppercase().as_str() {
        "{E5A5D32A-4BCE-4E4D-B07F-4AB1BA7E5FE3}" => "Default (first)",
        "{E5A5D32A-4BCE-4E4D-B07F-4AB1BA7E5FE4}" => "Default (second)",
        "EMPTYSET" => "",
        _ => id,
    }
}

/// Returns an authentication or cryptographic set: its values, then its suites.
fn set(element: &Element) -> Block {
    let name = element.text_at(&["Name"]);
    let mut section = Section::new(if name.is_empty() { element.text_at(&["GUID"]) } else { name });
    let own = element.children.iter().filter(|child| child.children.is_empty());
    section.blocks.extend(properties(own.map(|child| (words(&child.name), yes_no(&child.text)))));
    for suite in element.children.iter().filter(|child| !child.children.is_empty()) {
        // Reports made elsewhere may hold the key itself.
        let shown =
            |child: &Element| if child.name == PRESHARED_KEY { NOT_SHOWN } else { yes_no(&child.text) }.to_owned();
        let rows = suite.children.iter().map(|child| (words(&child.name), shown(child)));
        section
            .blocks
            .extend(properties(rows).map(|table| Block::Section(Section::new(words(&suite.name)).with(table))));
    }
    section.into()
}
