//! Application Control Policies (AppLocker): collections of rules below `SrpV2` in `registry.pol` (`operations.md` 4.3).
//!
//! Reports have the XML of the rules nearly verbatim. What differs: a condition of a rule stands there without its wrapper, that of an
//! exception within it; a bound of a version range that is `*` is left out; rules are in the order publisher, path, hash. All five
//! collections are there, empty or not.

use crate::format::{AppLockerRule, RuleElement};
use crate::ident::{Guid, Sid};
use crate::report::{Block, Element, ExtensionReport, Row, Section, Side, Table};

use super::registry_keys::{RegistryKey, is_within, keys_below};
use super::wording::properties;
use super::{Area, Extension, Part, Placed, Source};

pub(super) static APPLICATION_CONTROL: Extension = Extension {
    cse: Guid::from_u128(0x35378EAC_683F_11D2_A89A_00C04FBBCFA2),
    name: "Application Control Policies",
    xml_type: "Policy",
    namespace: "SRPV2",
    read,
    sections,
    claims: |key, _value| is_within(key, BASE),
};

const BASE: &str = r"software\policies\microsoft\windows\srpv2";
const COLLECTIONS: [&str; 5] = ["Appx", "Dll", "Exe", "Msi", "Script"];
const KINDS: [&str; 3] = ["FilePublisherRule", "FilePathRule", "FileHashRule"];
const MODE: &str = "EnforcementMode";
const RULE: &str = "Value";
const CONDITION: &str = "Condition";
const EXCEPTIONS: &str = "Exceptions";
/// Bounds of a version range that reports leave out where they bound nothing.
const BOUNDS: [&str; 2] = ["LowSection", "HighSection"];

fn read(source: &Source<'_>) -> Option<Part> {
    let keys = keys_below(source, BASE)?;
    let mut part = Part::default();
    let collections: Vec<Element> = COLLECTIONS.iter().map(|name| collection(name, &keys, source, &mut part)).collect();
    part.elements = collections;
    Some(part)
}

fn collection(name: &str, keys: &[RegistryKey<'_>], source: &Source<'_>, part: &mut Part) -> Element {
    let mut rules: Vec<Element> = Vec::new();
    let mut mode = None;
    for key in keys {
        match key.names()[..] {
            [first] if first.eq_ignore_ascii_case(name) => mode = key.number(MODE).or(mode),
            [first, id] if first.eq_ignore_ascii_case(name) => {
                let Some(text) = key.text(RULE) else { continue };
                match AppLockerRule::parse(&text) {
                    Ok(rule) => rules.push(rule_element(rule.root())),
                    Err(error) => {
                        part.problems.push(source.problem_at("registry.pol", format!(r"SrpV2\{name}\{id}: {error}")))
                    }
                }
            }
            _ => {}
        }
    }
    rules.sort_by_key(|rule| KINDS.iter().position(|kind| *kind == rule.name).unwrap_or(KINDS.len()));
    let mode =
        mode.map(|mode| Element::new(MODE).with(Element::text("Mode", if mode == 1 { "Enabled" } else { "Disabled" })));
    Element::new("RuleCollection").attribute("Type", name).with_all(rules).with_all(mode)
}

fn rule_element(rule: &RuleElement) -> Element {
    let mut element = with_attributes(rule);
    for list in &rule.children {
        let mut converted = with_attributes(list);
        for condition in &list.children {
            if list.name == EXCEPTIONS {
                converted.children.push(Element::new(condition.name.clone()).with_all(bare_condition(condition)));
            } else {
                converted.children.extend(bare_condition(condition));
            }
        }
        element.children.push(converted);
    }
    element
}

/// Returns what a condition holds: of one with files, the files; else itself under its shorter name.
fn bare_condition(condition: &RuleElement) -> Vec<Element> {
    let children = condition.children.iter().map(plain);
    match condition.name.strip_suffix(CONDITION) {
        Some(_) if condition.attributes.is_empty() => children.collect(),
        Some(name) => {
            let mut element = with_attributes(condition);
            element.name = name.to_owned().into();
            vec![element.with_all(children)]
        }
        None => vec![plain(condition)],
    }
}

fn plain(source: &RuleElement) -> Element {
    with_attributes(source).with_all(source.children.iter().map(plain))
}

fn with_attributes(source: &RuleElement) -> Element {
    let mut element = Element::new(source.name.clone());
    for attribute in &source.attributes {
        let is_open_bound = attribute.value == "*" && BOUNDS.contains(&attribute.name.as_str());
        if !is_open_bound {
            element.attributes.push((attribute.name.clone().into(), attribute.value.clone()));
        }
    }
    element
}

const COLLECTION_HEADINGS: [(&str, &str); 5] = [
    ("Appx", "Packaged app Rules"),
    ("Dll", "DLL Rules"),
    ("Exe", "Executable Rules"),
    ("Msi", "Windows Installer Rules"),
    ("Script", "Script Rules"),
];

fn sections(report: &ExtensionReport, _side: Side) -> Vec<Placed> {
    let mut section = Section::new("Application Control Policies");
    for collection in report.elements.iter().filter(|element| element.name == "RuleCollection") {
        let kind = collection.get("Type").unwrap_or_default();
        let heading = super::wording::choice(&COLLECTION_HEADINGS, kind);
        let mut inner = Section::new(heading);
        let enforcement = match collection.text_at(&[MODE, "Mode"]) {
            "Enabled" => "Enforce rules",
            "Disabled" => "Audit only",
            _ => "Not configured: rules are enforced where there are any",
        };
        inner.blocks.extend(properties([("Enforcement", enforcement)]));
        let mut table = Table::new(&["Action", "User", "Name", "Rule Type", "Conditions", "Exceptions"]);
        for rule in collection.children.iter().filter(|child| child.name != MODE) {
            table.push(rule_row(rule));
        }
        if table.rows.is_empty() {
            inner.blocks.push(Block::Text("No rules.".to_owned()));
        } else {
            inner.blocks.push(table.into());
        }
        section.blocks.push(inner.into());
    }
    if section.blocks.is_empty() {
        return Vec::new();
    }
    vec![Placed { area: Area::SecuritySettings, section }]
}

fn rule_row(rule: &Element) -> Row {
    let attribute = |name: &str| rule.get(name).unwrap_or_default();
    let user = attribute("UserOrGroupSid");
    let user = user.parse::<Sid>().ok().and_then(|sid| sid.well_known_name()).unwrap_or(user);
    let kind = match rule.name.as_ref() {
        "FilePublisherRule" => "Publisher",
        "FilePathRule" => "Path",
        "FileHashRule" => "File hash",
        other => other,
    };
    let listed = |name: &str| {
        let conditions = rule.children_named(name).flat_map(|list| &list.children).map(condition_text);
        conditions.collect::<Vec<_>>().join("\n")
    };
    let mut row =
        Row::new([attribute("Action"), user, attribute("Name"), kind, &listed("Conditions"), &listed(EXCEPTIONS)]);
    let id = ("Id", attribute("Id"));
    let description = ("Description", attribute("Description"));
    row.details.extend(properties([description, id].into_iter().filter(|(_, value)| !value.is_empty())));
    row
}

fn condition_text(condition: &Element) -> String {
    let attribute = |name: &str| condition.get(name).unwrap_or_default();
    match condition.name.as_ref() {
        "FilePath" => attribute("Path").to_owned(),
        "FileHash" => {
            let hash = format!("{} {}", attribute("Type"), attribute("Data"));
            match attribute("SourceFileName") {
                "" => hash,
                file => format!("{file}: {hash}"),
            }
        }
        "FilePublisher" => {
            let names = ["PublisherName", "ProductName", "BinaryName"].map(attribute);
            format!("{}{}", names.join(", "), condition.child("BinaryVersionRange").map(range_text).unwrap_or_default())
        }
        _ => condition.children.iter().map(condition_text).collect::<Vec<_>>().join("\n"),
    }
}

fn range_text(range: &Element) -> String {
    match (range.get("LowSection"), range.get("HighSection")) {
        (None, None) => String::new(),
        (Some(low), None) => format!(", version {low} and above"),
        (None, Some(high)) => format!(", version {high} and below"),
        (Some(low), Some(high)) if low == high => format!(", version {low}"),
        (Some(low), Some(high)) => format!(", version {low} to {high}"),
    }
}

#[cfg(test)]
mod tests {
    use crate::extension::fixture::{key_only, lines, read, registry, shown, text};
    use crate::format::PolData;

    use super::*;

    const EXE: &str = r"Software\Policies\Microsoft\Windows\SrpV2\Exe";

    #[test]
    fn rules_are_as_in_microsofts_reports() {
        let path = "<FilePathRule Id=\"1\" Name=\"a\"><Conditions><FilePathCondition Path=\"*\"/></Conditions>\
            <Exceptions><FilePathCondition Path=\"x\"/></Exceptions></FilePathRule>\r\n";
        let publisher = "<FilePublisherRule Id=\"2\"><Conditions><FilePublisherCondition PublisherName=\"P\">\
            <BinaryVersionRange LowSection=\"1.0\" HighSection=\"*\"/></FilePublisherCondition></Conditions></FilePublisherRule>";
        let half = registry(&[
            (EXE, "EnforcementMode", PolData::Dword(1)),
            (&format!(r"{EXE}\1"), "Value", text(path)),
            (&format!(r"{EXE}\2"), "Value", text(publisher)),
            (r"SOFTWARE\policies\Microsoft\Windows\SrpV2\Dll", "", key_only()),
        ]);
        assert_eq!(
            lines(&APPLICATION_CONTROL, &half, true),
            [
                "RuleCollection[Type=Appx]",
                "RuleCollection[Type=Dll]",
                "RuleCollection[Type=Exe](\
                 FilePublisherRule[Id=2](Conditions(FilePublisher[PublisherName=P](BinaryVersionRange[LowSection=1.0]))) \
                 FilePathRule[Id=1][Name=a](Conditions(FilePath[Path=*]) Exceptions(FilePathCondition(FilePath[Path=x]))) \
                 EnforcementMode(Mode=Enabled))",
                "RuleCollection[Type=Msi]",
                "RuleCollection[Type=Script]",
            ]
        );
        let shown = shown(&APPLICATION_CONTROL, &half);
        assert!(shown.contains("Executable Rules\nEnforcement | Enforce rules\n"), "{shown}");
        assert!(shown.contains(" | a | Path | * | x\n") && shown.contains("P, , , version 1.0 and above"), "{shown}");
    }

    #[test]
    fn a_broken_rule_is_a_problem_of_its_own() {
        let half = registry(&[
            (&format!(r"{EXE}\1"), "Value", text("<FilePathRule")),
            (&format!(r"{EXE}\2"), "Value", text("<FileHashRule Id=\"2\"/>")),
        ]);
        let part = read(&APPLICATION_CONTROL, &half, false).unwrap();
        assert_eq!(part.elements[2].children.len(), 1);
        assert_eq!(part.problems[0].file, "Machine/registry.pol");
        assert!(part.problems[0].message.starts_with(r"SrpV2\Exe\1: broken XML"), "{}", part.problems[0].message);
    }
}
