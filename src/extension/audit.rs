//! Advanced audit configuration: `audit.csv` (`operations.md` 4.3 and Appendix B, `gpo-storage.md` B7).

use crate::format::{AuditCsv, AuditRow, AuditSetting};
use crate::ident::Guid;
use crate::report::{Element, ExtensionReport, Section, Side, Table};
use crate::security::SecurityDescriptor;

use super::descriptor_sections::descriptor_blocks;
use super::{Area, DescribedObject, Extension, GptFile, Part, Placed, Source, claims_nothing, descriptor_element};

pub(super) static AUDIT: Extension = Extension {
    cse: Guid::from_u128(0xF3CCC681_B74C_4060_9F26_CD84525DCA2A),
    name: "Advanced Audit Configuration",
    xml_type: "AuditSettings",
    namespace: "Auditing",
    read,
    sections,
    claims: claims_nothing,
};

const FILE: &str = "Microsoft/Windows NT/Audit/audit.csv";

fn read(source: &Source<'_>) -> Option<Part> {
    if source.side != Side::Computer {
        return None;
    }
    source.part_of_file(FILE, |bytes, file, part| {
        let (rows, problems) = AuditCsv::parse(bytes).rows();
        part.problems.extend(problems.iter().map(|problem| source.problem(file, problem)));
        for row in rows {
            let element = element(&row, source, file, part);
            part.elements.extend(element);
        }
    })
}

fn element(row: &AuditRow, source: &Source<'_>, file: &GptFile, part: &mut Part) -> Option<Element> {
    let element = match &row.setting {
        AuditSetting::Subcategory { target, name, guid, value } => Element::new("AuditSetting")
            .with(Element::text("PolicyTarget", target))
            .with(Element::text("SubcategoryName", name))
            .with(Element::text("SubcategoryGuid", guid))
            .with(Element::text("SettingValue", value.to_string())),
        // Microsoft's reports have no place for options.
        AuditSetting::Option { .. } if source.context.compatible => return None,
        AuditSetting::Option { name, value } => Element::new("AuditOption")
            .with(Element::text("Name", name))
            .with(Element::text("SettingValue", value.to_string())),
        AuditSetting::GlobalSacl { kind, sddl } => {
            let is_file = kind.eq_ignore_ascii_case("File");
            let object = if is_file { DescribedObject::File } else { DescribedObject::RegistryKey };
            let names = source.context.names;
            let descriptor = SecurityDescriptor::from_sddl(sddl, names.sddl_context()).unwrap_or_else(|error| {
                part.problems.push(source.problem(file, format!("line {}: {error}", row.line)));
                SecurityDescriptor::default()
            });
            Element::new("GlobalSaclSetting").with(Element::text("GlobalSaclType", kind)).with(descriptor_element(
                object,
                &descriptor,
                sddl,
                names,
                source.context.compatible,
            ))
        }
    };
    Some(element)
}

/// The categories in the order of the editor, with their subcategories: number of the GUID and name.
const CATEGORIES: &[(&str, &[(u16, &str)])] = &[
    (
        "Account Logon",
        &[
            (0x23F, "Credential Validation"),
            (0x242, "Kerberos Authentication Service"),
            (0x240, "Kerberos Service Ticket Operations"),
            (0x241, "Other Account Logon Events"),
        ],
    ),
    (
        "Account Management",
        &[
            (0x239, "Application Group Management"),
            (0x236, "Computer Account Management"),
            (0x238, "Distribution Group Management"),
            (0x23A, "Other Account Management Events"),
            (0x237, "Security Group Management"),
            (0x235, "User Account Management"),
        ],
    ),
    (
        "Detailed Tracking",
        &[
            (0x22D, "DPAPI Activity"),
            (0x248, "PNP Activity"),
            (0x22B, "Process Creation"),
            (0x22C, "Process Termination"),
            (0x22E, "RPC Events"),
            (0x24A, "Token Right Adjusted"),
        ],
    ),
    (
        "DS Access",
        &[
            (0x23E, "Detailed Directory Service Replication"),
            (0x23B, "Directory Service Access"),
            (0x23C, "Directory Service Changes"),
            (0x23D, "Directory Service Replication"),
        ],
    ),
    (
        "Logon/Logoff",
        &[
            (0x217, "Account Lockout"),
            (0x247, "User / Device Claims"),
            (0x249, "Group Membership"),
            (0x21A, "IPsec Extended Mode"),
            (0x218, "IPsec Main Mode"),
            (0x219, "IPsec Quick Mode"),
            (0x216, "Logoff"),
            (0x215, "Logon"),
            (0x243, "Network Policy Server"),
            (0x21C, "Other Logon/Logoff Events"),
            (0x21B, "Special Logon"),
        ],
    ),
    (
        "Object Access",
        &[
            (0x222, "Application Generated"),
            (0x221, "Certification Services"),
            (0x244, "Detailed File Share"),
            (0x224, "File Share"),
            (0x21D, "File System"),
            (0x226, "Filtering Platform Connection"),
            (0x225, "Filtering Platform Packet Drop"),
            (0x223, "Handle Manipulation"),
            (0x21F, "Kernel Object"),
            (0x227, "Other Object Access Events"),
            (0x21E, "Registry"),
            (0x245, "Removable Storage"),
            (0x220, "SAM"),
            (0x246, "Central Access Policy Staging"),
        ],
    ),
    (
        "Policy Change",
        &[
            (0x22F, "Audit Policy Change"),
            (0x230, "Authentication Policy Change"),
            (0x231, "Authorization Policy Change"),
            (0x233, "Filtering Platform Policy Change"),
            (0x232, "MPSSVC Rule-Level Policy Change"),
            (0x234, "Other Policy Change Events"),
        ],
    ),
    (
        "Privilege Use",
        &[
            (0x229, "Non Sensitive Privilege Use"),
            (0x22A, "Other Privilege Use Events"),
            (0x228, "Sensitive Privilege Use"),
        ],
    ),
    (
        "System",
        &[
            (0x213, "IPsec Driver"),
            (0x214, "Other System Events"),
            (0x210, "Security State Change"),
            (0x211, "Security System Extension"),
            (0x212, "System Integrity"),
        ],
    ),
];

/// All subcategories share their GUID but for these digits: `{0cce9XXX-69ae-11d9-bed3-505054503030}`.
const SUBCATEGORY_BASE: u128 = 0x0CCE9000_69AE_11D9_BED3_505054503030;

/// Returns the category and the English name of a subcategory.
fn subcategory(guid: &str) -> Option<(&'static str, &'static str)> {
    let guid: Guid = guid.parse().ok()?;
    CATEGORIES.iter().find_map(|(category, subcategories)| {
        let number = |number: u16| Guid::from_u128(SUBCATEGORY_BASE | u128::from(number) << 96);
        let found = subcategories.iter().find(|(own, _)| number(*own) == guid);
        found.map(|(_, name)| (*category, *name))
    })
}

/// The heading of what no category holds.
const OTHER: &str = "Other";

fn sections(report: &ExtensionReport, _side: Side) -> Vec<Placed> {
    let mut rows: Vec<(&str, [String; 2])> = Vec::new();
    for setting in report.elements.iter().filter(|element| element.name == "AuditSetting") {
        let known = subcategory(setting.text_at(&["SubcategoryGuid"]));
        let target = setting.text_at(&["PolicyTarget"]);
        let is_system = target.is_empty() || target.eq_ignore_ascii_case("System");
        let name = match known {
            Some((_, name)) => format!("Audit {name}"),
            None => setting.text_at(&["SubcategoryName"]).to_owned(),
        };
        let name = if is_system { name } else { format!("{name} ({target})") };
        let value = setting.text_at(&["SettingValue"]);
        let words = if is_system { system_words(value) } else { user_words(value) };
        rows.push((known.map_or(OTHER, |(category, _)| category), [name, words]));
    }
    let mut section = Section::new("Advanced Audit Configuration");
    for category in CATEGORIES.iter().map(|(category, _)| *category).chain([OTHER]) {
        let mut table = Table::new(&["Policy", "Setting"]);
        for (_, row) in rows.iter().filter(|(own, _)| *own == category) {
            table.row(row.clone());
        }
        if !table.rows.is_empty() {
            section.blocks.push(Section::new(category).with(table).into());
        }
    }
    section.blocks.extend(options(report).map(Into::into));
    for sacl in report.elements.iter().filter(|element| element.name == "GlobalSaclSetting") {
        let heading = match sacl.text_at(&["GlobalSaclType"]) {
            "File" => "Global Object Access Auditing: File system",
            "Registry" => "Global Object Access Auditing: Registry",
            _ => "Global Object Access Auditing",
        };
        let descriptor = sacl.child("SecurityDescriptor");
        let blocks = descriptor.map(|descriptor| descriptor_blocks(descriptor, "object", "")).unwrap_or_default();
        section.blocks.push(Section { blocks, ..Section::new(heading) }.into());
    }
    if section.blocks.is_empty() {
        return Vec::new();
    }
    vec![Placed { area: Area::SecuritySettings, section }]
}

fn options(report: &ExtensionReport) -> Option<Section> {
    let mut table = Table::new(&["Policy", "Setting"]);
    for option in report.elements.iter().filter(|element| element.name == "AuditOption") {
        let state = if option.text_at(&["SettingValue"]) == "0" { "Disabled" } else { "Enabled" };
        table.row([option.text_at(&["Name"]), state]);
    }
    (!table.rows.is_empty()).then(|| Section::new("Options").with(table))
}

/// Says a value for the machine. The editor writes 0 for "No Auditing", the specification has 4.
fn system_words(value: &str) -> String {
    match value {
        "0" | "4" => "No Auditing",
        "1" => "Success",
        "2" => "Failure",
        "3" => "Success, Failure",
        other => other,
    }
    .to_owned()
}

/// Says a value for one user: what is audited beside the machine's settings, and what is not.
fn user_words(value: &str) -> String {
    const BITS: [(u32, &str); 5] = [
        (1, "Include success"),
        (2, "Exclude success"),
        (4, "Include failure"),
        (8, "Exclude failure"),
        (16, "No Auditing"),
    ];
    let Ok(bits) = value.parse::<u32>() else { return value.to_owned() };
    let words: Vec<&str> = BITS.iter().filter(|(bit, _)| bits & bit != 0).map(|(_, words)| *words).collect();
    if words.is_empty() { value.to_owned() } else { words.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Block;

    #[test]
    fn every_subcategory_has_a_category() {
        assert_eq!(
            subcategory("{0cce923f-69ae-11d9-bed3-505054503030}"),
            Some(("Account Logon", "Credential Validation"))
        );
        assert_eq!(subcategory("{0CCE924A-69AE-11D9-BED3-505054503030}").unwrap().1, "Token Right Adjusted");
        let mut numbers: Vec<u16> =
            CATEGORIES.iter().flat_map(|(_, all)| all.iter().map(|(number, _)| *number)).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (0x210..=0x24A).collect::<Vec<u16>>());
    }

    #[test]
    fn values_are_said_in_words() {
        assert_eq!(
            ["0", "1", "2", "3", "4", "9"].map(system_words).join("|"),
            "No Auditing|Success|Failure|Success, Failure|No Auditing|9"
        );
        assert_eq!(user_words("9"), "Include success, Exclude failure");
        assert_eq!(user_words("x"), "x");
    }

    #[test]
    fn rows_stand_below_their_categories() {
        let setting = |target: &str, guid: &str, value: &str| {
            Element::new("AuditSetting")
                .with(Element::text("PolicyTarget", target))
                .with(Element::text("SubcategoryName", "Étiquette"))
                .with(Element::text("SubcategoryGuid", guid))
                .with(Element::text("SettingValue", value))
        };
        let report = ExtensionReport {
            name: AUDIT.name.to_owned(),
            xml_type: AUDIT.xml_type.to_owned(),
            namespace: String::new(),
            elements: vec![
                setting("System", "{0cce9210-69ae-11d9-bed3-505054503030}", "3"),
                setting("S-1-5-21-1", "{0cce923f-69ae-11d9-bed3-505054503030}", "1"),
                setting("System", "{00000000-69ae-11d9-bed3-505054503030}", "0"),
            ],
            problems: Vec::new(),
        };
        let section = &sections(&report, Side::Computer)[0].section;
        let rows: Vec<String> = section
            .blocks
            .iter()
            .map(|block| {
                let Block::Section(category) = block else { panic!("{block:?}") };
                let Block::Table(table) = &category.blocks[0] else { panic!("{category:?}") };
                let cells = &table.rows[0].cells;
                format!("{}: {} = {}", category.heading, cells[0].text, cells[1].text)
            })
            .collect();
        assert_eq!(
            rows,
            [
                "Account Logon: Audit Credential Validation (S-1-5-21-1) = Include success",
                "System: Audit Security State Change = Success, Failure",
                "Other: Étiquette = No Auditing",
            ]
        );
    }
}
