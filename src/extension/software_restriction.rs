//! Software Restriction Policies: the key `Safer\CodeIdentifiers` of `registry.pol` (`gpo-storage.md` B12).
//!
//! General options, and rules below the decimal number of their level: for paths, hashes and zones. Certificate rules are certificates in
//! the stores of trusted and disallowed publishers. No report with settings is known; names follow what tools read from such reports
//! (`General`, `DefaultSecurityLevel`, `PathRule`, `SecurityLevel`).

use crate::ident::{Guid, Timestamp};
use crate::report::{Element, ExtensionReport, Section, Side, Table};

use super::registry_keys::{RegistryKey, is_within, keys_below};
use super::wording::{choice, joined, properties, yes_no};
use super::{Area, Extension, Part, Placed, Source};

pub(super) static SOFTWARE_RESTRICTION: Extension = Extension {
    cse: Guid::from_u128(0x35378EAC_683F_11D2_A89A_00C04FBBCFA2),
    name: "Software Restriction",
    xml_type: "SoftwareRestrictionSettings",
    namespace: "SoftwareRestriction",
    read,
    sections,
    claims: |key, value| is_within(key, BASE) && !value.is_empty(),
};

const BASE: &str = r"software\policies\microsoft\windows\safer\codeidentifiers";

/// The levels by their number.
const LEVELS: [(&str, &str); 5] = [
    ("0", "Disallowed"),
    ("4096", "Untrusted"),
    ("65536", "Constrained"),
    ("131072", "Basic User"),
    ("262144", "Unrestricted"),
];

/// Kinds of rules: the key below the level, the element, the child that holds what the rule is for.
const KINDS: [(&str, &str, &str); 3] =
    [("Paths", "PathRule", "Path"), ("Hashes", "HashRule", "Hash"), ("UrlZones", "InternetZoneRule", "Zone")];

const ZONES: [(&str, &str); 5] = [
    ("0", "Local computer"),
    ("1", "Local intranet"),
    ("2", "Trusted sites"),
    ("3", "Internet"),
    ("4", "Restricted sites"),
];

fn read(source: &Source<'_>) -> Option<Part> {
    let keys = keys_below(source, BASE)?;
    let mut part = Part::default();
    let own = keys.iter().find(|key| key.path.is_empty());
    part.elements.extend(own.and_then(general));
    for (list, element, subject) in KINDS {
        let rules = keys.iter().filter(|key| !key.values.is_empty()).filter_map(|key| match key.names()[..] {
            [level, found, id] if found.eq_ignore_ascii_case(list) => Some(rule(element, subject, level, id, key)),
            _ => None,
        });
        part.elements.extend(rules);
    }
    (!part.elements.is_empty()).then_some(part)
}

fn general(key: &RegistryKey<'_>) -> Option<Element> {
    let mut element = Element::new("General");
    let number = |name: &str| key.number(name);
    element
        .children
        .extend(number("DefaultLevel").map(|level| Element::text("DefaultSecurityLevel", level_name(level))));
    let scope = |scope| if scope == 1 { "All users except local administrators" } else { "All users" };
    element.children.extend(number("PolicyScope").map(|value| Element::text("PolicyScope", scope(value))));
    let files = |value| match value {
        0 => "No files",
        1 => "All software files except libraries",
        _ => "All software files",
    };
    element
        .children
        .extend(number("TransparentEnabled").map(|value| Element::text("TransparentEnabled", files(value))));
    element
        .children
        .extend(number("AuthenticodeEnabled").map(|value| Element::bool("CertificateRulesEnabled", value == 1)));
    element.children.extend(key.texts("ExecutableTypes").into_iter().map(|name| Element::text("FileType", name)));
    (!element.children.is_empty()).then_some(element)
}

fn rule(element: &'static str, subject: &'static str, level: &str, id: &str, key: &RegistryKey<'_>) -> Element {
    let item = key.value("ItemData").map(|value| value.shown()).unwrap_or_default();
    let item = if element == "InternetZoneRule" { choice(&ZONES, &item) } else { item };
    let mut rule = Element::new(element)
        .with(Element::text(subject, item))
        .with(Element::text("SecurityLevel", choice(&LEVELS, level)))
        .with(Element::text("Id", id));
    for name in ["Description", "FriendlyName"] {
        rule.children.extend(key.text(name).filter(|text| !text.is_empty()).map(|text| Element::text(name, text)));
    }
    let modified = key.value("LastModified").and_then(|value| value.long_number()).and_then(file_time);
    rule.with_all(modified.map(|time| Element::text("LastModified", time.to_string())))
}

fn level_name(level: u32) -> String {
    choice(&LEVELS, &level.to_string())
}

/// Reads the time of Windows: tenths of microseconds since 1601.
fn file_time(ticks: u64) -> Option<Timestamp> {
    const TICKS_PER_SECOND: u64 = 10_000_000;
    const SECONDS_TO_1970: i64 = 11_644_473_600;
    let seconds = i64::try_from(ticks / TICKS_PER_SECOND).ok()?;
    Timestamp::from_unix_seconds(seconds - SECONDS_TO_1970)
}

fn sections(report: &ExtensionReport, _side: Side) -> Vec<Placed> {
    let mut section = Section::new("Software Restriction Policies");
    for general in report.elements.iter().filter(|element| element.name == "General") {
        let types = joined(general, "FileType");
        let rows = [
            ("Default security level", general.text_at(&["DefaultSecurityLevel"])),
            ("Apply to users", general.text_at(&["PolicyScope"])),
            ("Apply to files", general.text_at(&["TransparentEnabled"])),
            ("Certificate rules", yes_no(general.text_at(&["CertificateRulesEnabled"]))),
            ("Designated file types", types.as_str()),
        ];
        section.blocks.extend(properties(rows.into_iter().filter(|(_, value)| !value.is_empty())));
    }
    for (_, element, subject) in KINDS {
        let mut table = Table::new(&[subject, "Security Level", "Description", "Last Modified"]);
        for rule in report.elements.iter().filter(|found| found.name == element) {
            let text = |name: &str| rule.text_at(&[name]);
            let modified = text("LastModified").replace('T', " ");
            let row = table.row([text(subject), text("SecurityLevel"), text("Description"), &modified]);
            let others = ["FriendlyName", "Id"].map(|name| (name, text(name)));
            row.details.extend(properties(others.into_iter().filter(|(_, value)| !value.is_empty())));
        }
        if !table.rows.is_empty() {
            let heading = format!("Additional Rules: {}", super::wording::words(element));
            section.blocks.push(Section::new(heading).with(table).into());
        }
    }
    if section.blocks.is_empty() {
        return Vec::new();
    }
    vec![Placed { area: Area::SecuritySettings, section }]
}

#[cfg(test)]
mod tests {
    use crate::extension::fixture::{key_only, lines, read, registry, shown, text};
    use crate::format::PolData;

    use super::*;

    #[test]
    fn all_kinds_of_rules_are_read() {
        let base = r"Software\Policies\Microsoft\Windows\Safer\CodeIdentifiers";
        let below = |path: &str| format!(r"{base}\{path}");
        let half = registry(&[
            (base, "DefaultLevel", PolData::Dword(0x40000)),
            (&below(r"0\Paths\{1}"), "ItemData", PolData::ExpandText(r"%TEMP%\*".to_owned())),
            (&below(r"0\Paths\{1}"), "LastModified", PolData::Qword(116_444_736_000_000_000)),
            (&below(r"131072\Hashes\{2}"), "ItemData", PolData::Raw(vec![0xAB, 1])),
            (&below(r"131072\Hashes\{2}"), "FriendlyName", text("old.exe")),
            (&below(r"0\UrlZones\{3}"), "ItemData", PolData::Dword(4)),
        ]);
        assert_eq!(
            lines(&SOFTWARE_RESTRICTION, &half, true),
            [
                "General(DefaultSecurityLevel=Unrestricted)",
                r"PathRule(Path=%TEMP%\* SecurityLevel=Disallowed Id={1} LastModified=1970-01-01T00:00:00Z)",
                "HashRule(Hash=AB01 SecurityLevel=Basic User Id={2} FriendlyName=old.exe)",
                "InternetZoneRule(Zone=Restricted sites SecurityLevel=Disallowed Id={3})",
            ]
        );
        assert!(shown(&SOFTWARE_RESTRICTION, &half).contains("Default security level | Unrestricted\n"));
    }

    #[test]
    fn the_key_alone_is_no_policy() {
        let half = registry(&[(r"Software\Policies\Microsoft\Windows\Safer", "", key_only())]);
        assert!(read(&SOFTWARE_RESTRICTION, &half, true).is_none());
    }
}
