//! Security settings for people: the headings and columns of GPMC's report (`console-ui.md` 9.1), made from its elements.

use crate::extension::descriptor_sections::descriptor_blocks;
use crate::extension::general::principal;
use crate::extension::word_order::compare_words;
use crate::extension::{Area, Placed};
use crate::report::{Block, Element, ExtensionReport, Section, Side, Table};

use super::labels::{
    AccessValue, AccountUnit, KERBEROS, LOCKOUT, PASSWORD, account_policy, audit_label, event_log_setting, right_label,
    system_access_label,
};

/// Returns the sections below Security Settings.
pub(super) fn sections(report: &ExtensionReport, _side: Side) -> Vec<Placed> {
    let of = |name: &'static str| report.elements.iter().filter(move |element| element.name == name);
    let mut found = Vec::new();
    for (group, heading) in [
        (PASSWORD, "Account Policies/Password Policy"),
        (LOCKOUT, "Account Policies/Account Lockout Policy"),
        (KERBEROS, "Account Policies/Kerberos Policy"),
    ] {
        let own = of("Account").filter(|account| account.text_at(&["Type"]) == group);
        found.extend(settings(heading, own.map(account_row).collect()));
    }
    found.extend(settings("Local Policies/Audit Policy", of("Audit").map(audit_row).collect()));
    let rights = of("UserRightsAssignment").map(right_row).collect();
    found.extend(settings("Local Policies/User Rights Assignment", rights));
    found.extend(security_options(of("SecurityOptions").map(option_row).collect()));
    found.extend(settings("Event Log", of("EventLog").map(event_log_row).collect()));
    found.extend(restricted_groups(of("RestrictedGroups")));
    found.extend(secured("System Services", of("SystemServices").map(service_section)));
    found.extend(secured("Registry", of("Registry").map(|key| object_section(key, "key", "subkeys"))));
    found.extend(secured(
        "File System",
        of("File").map(|file| object_section(file, "file or folder", "subfolders and files")),
    ));
    found.into_iter().map(|section| Placed { area: Area::SecuritySettings, section }).collect()
}

/// Returns a section with a table of policies and their settings, sorted by policy; none where there are no rows.
fn settings(heading: &str, rows: Vec<(String, String)>) -> Option<Section> {
    (!rows.is_empty()).then(|| Section::new(heading).with(settings_table(rows)))
}

fn settings_table(mut rows: Vec<(String, String)>) -> Table {
    rows.sort_by(|one, other| compare_words(&one.0, &other.0));
    let mut table = Table::new(&["Policy", "Setting"]);
    for (policy, setting) in rows {
        table.row([policy, setting]);
    }
    table
}

fn enabled(is_on: bool) -> String {
    if is_on { "Enabled" } else { "Disabled" }.to_owned()
}

fn account_row(account: &Element) -> (String, String) {
    let name = account.text_at(&["Name"]);
    if let Some(switch) = account.child("SettingBoolean") {
        let label = account_policy(name).map_or(name, |policy| policy.label);
        return (label.to_owned(), enabled(switch.text == "true"));
    }
    let number = raw_setting(account);
    let Some(policy) = account_policy(name) else { return (name.to_owned(), number) };
    let words = match policy.unit {
        AccountUnit::Switch => enabled(number != "0"),
        AccountUnit::Of(unit) => format!("{number} {unit}"),
        AccountUnit::Limited(_, forever) if number == "4294967295" => forever.to_owned(),
        AccountUnit::Limited(unit, _) => format!("{number} {unit}"),
    };
    (policy.label.to_owned(), words)
}

fn audit_row(audit: &Element) -> (String, String) {
    let is_on = |name: &str| audit.text_at(&[name]) == "true";
    let words = match (is_on("SuccessAttempts"), is_on("FailureAttempts")) {
        (true, true) => "Success, Failure",
        (true, false) => "Success",
        (false, true) => "Failure",
        (false, false) => "No auditing",
    };
    (audit_label(audit.text_at(&["Name"])).to_owned(), words.to_owned())
}

fn right_row(right: &Element) -> (String, String) {
    let members: Vec<String> = right.children_named("Member").map(principal).collect();
    let members = if members.is_empty() { "No one".to_owned() } else { members.join(", ") };
    (right_label(right.text_at(&["Name"])).to_owned(), members)
}

/// Returns the label of a security option and its value in words.
fn option_row(option: &Element) -> (String, String) {
    if let Some(name) = option.child("SystemAccessPolicyName") {
        let raw = raw_setting(option);
        return match system_access_label(&name.text) {
            Some((label, AccessValue::Switch)) => (label.to_owned(), enabled(raw != "0")),
            Some((label, AccessValue::Text)) => (label.to_owned(), raw),
            None => (name.text.clone(), raw),
        };
    }
    let display = option.child("Display");
    let label = display.map(|display| display.text_at(&["Name"])).filter(|label| !label.is_empty());
    let label = label.unwrap_or_else(|| option.text_at(&["KeyName"])).trim().to_owned();
    let words = display.and_then(displayed).unwrap_or_else(|| raw_setting(option));
    (label, words)
}

fn displayed(display: &Element) -> Option<String> {
    let units = display.text_at(&["Units"]);
    let value = display.children.iter().find(|child| child.name.starts_with("Display"))?;
    let words = match value.name.as_ref() {
        "DisplayBoolean" => enabled(value.text == "true"),
        "DisplayNumber" if !units.is_empty() => format!("{} {units}", value.text),
        "DisplayStrings" => texts(value),
        "DisplayFields" => {
            let field = |field: &Element| {
                let state = enabled(field.text_at(&["Value"]) == "true");
                format!("{}: {state}", field.text_at(&["Name"]))
            };
            value.children.iter().map(field).collect::<Vec<_>>().join("\n")
        }
        _ => value.text.clone(),
    };
    Some(words)
}

fn texts(list: &Element) -> String {
    list.children.iter().map(|text| text.text.as_str()).collect::<Vec<_>>().join("\n")
}

fn raw_setting(option: &Element) -> String {
    match option.child("SettingStrings") {
        Some(list) => texts(list),
        None => match option.text_at(&["SettingNumber"]) {
            "" => option.text_at(&["SettingString"]).to_owned(),
            number => number.to_owned(),
        },
    }
}

/// The group of options without a label.
const OTHER: &str = "Other";

/// Returns the options grouped by what stands before the colon of their labels; the labels stay whole, since that is how they are known
/// and looked for.
fn security_options(rows: Vec<(String, String)>) -> Option<Section> {
    if rows.is_empty() {
        return None;
    }
    let mut groups: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for (label, words) in rows {
        // A key of the registry has no group, though its path may hold a colon.
        let group = label.split_once(": ").map(|(group, _)| group).filter(|group| !group.contains('\\'));
        let group = group.unwrap_or(OTHER).to_owned();
        match groups.iter_mut().find(|(own, _)| own.eq_ignore_ascii_case(&group)) {
            Some((_, rows)) => rows.push((label, words)),
            None => groups.push((group, vec![(label, words)])),
        }
    }
    groups
        .sort_by(|(one, _), (other, _)| (one == OTHER).cmp(&(other == OTHER)).then_with(|| compare_words(one, other)));
    let mut section = Section::new("Local Policies/Security Options");
    for (group, rows) in groups {
        section.blocks.push(Section::new(group).with(settings_table(rows)).into());
    }
    Some(section)
}

fn event_log_row(value: &Element) -> (String, String) {
    event_log_setting(value.text_at(&["Name"]), value.text_at(&["Log"]), value.text_at(&["SettingNumber"]))
}

fn restricted_groups<'a>(groups: impl Iterator<Item = &'a Element>) -> Option<Section> {
    let mut table = Table::new(&["Group", "Members", "Member of"]);
    for group in groups {
        let list = |name: &str| group.children_named(name).map(principal).collect::<Vec<_>>().join(", ");
        let name = group.child("GroupName").map(principal).unwrap_or_default();
        table.row([name, list("Member"), list("Memberof")]);
    }
    table.rows.sort_by(|one, other| compare_words(&one.cells[0].text, &other.cells[0].text));
    (!table.rows.is_empty()).then(|| Section::new("Restricted Groups").with(table))
}

/// Returns a section of sections, sorted by heading; none where there are none.
fn secured(heading: &str, sections: impl Iterator<Item = Section>) -> Option<Section> {
    let mut sections: Vec<Section> = sections.collect();
    sections.sort_by(|one, other| compare_words(&one.heading, &other.heading));
    let blocks: Vec<Block> = sections.into_iter().map(Block::Section).collect();
    (!blocks.is_empty()).then(|| Section { blocks, ..Section::new(heading) })
}

fn service_section(service: &Element) -> Section {
    let heading = format!("{} (Startup Mode: {})", service.text_at(&["Name"]), service.text_at(&["StartupMode"]));
    let mut section = Section::new(heading);
    match service.child("SecurityDescriptor").map(|descriptor| descriptor_blocks(descriptor, "service", "")) {
        Some(blocks) if !blocks.is_empty() => section.blocks.extend(blocks),
        _ => section.blocks.push(Block::Text("No permissions specified".to_owned())),
    }
    section
}

/// Returns the section of a file or key, `what` it is and what lies `below` it.
fn object_section(object: &Element, what: &str, below: &str) -> Section {
    let mode = match object.text_at(&["Mode"]) {
        "Propogate" | "Propagate" => format!("Propagate inheritable permissions to all {below}"),
        "Replace" => format!("Replace existing permissions on all {below} with inheritable permissions"),
        "Ignore" => format!("Do not allow permissions on this {what} to be replaced"),
        other => other.to_owned(),
    };
    let mut section = Section::new(object.text_at(&["Path"]));
    let mut table = Table::properties();
    table.row([format!("Configure this {what}, then"), mode]);
    section.blocks.push(table.into());
    if let Some(descriptor) = object.child("SecurityDescriptor") {
        section.blocks.extend(descriptor_blocks(descriptor, what, below));
    }
    section
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(name: &'static str, value: &str) -> Element {
        Element::text(name, value)
    }

    fn report(elements: Vec<Element>) -> ExtensionReport {
        ExtensionReport {
            name: "Security".to_owned(),
            xml_type: "SecuritySettings".to_owned(),
            namespace: String::new(),
            elements,
            problems: Vec::new(),
        }
    }

    /// Writes sections and rows as lines, deeper sections indented.
    fn lines(section: &Section, depth: usize, out: &mut Vec<String>) {
        let indent = "  ".repeat(depth);
        out.push(format!("{indent}{}", section.heading));
        for block in &section.blocks {
            match block {
                Block::Section(inner) => lines(inner, depth + 1, out),
                Block::Table(table) => {
                    for row in &table.rows {
                        let cells: Vec<&str> = row.cells.iter().map(|cell| cell.text.as_str()).collect();
                        out.push(format!("{indent}- {}", cells.join(" | ")));
                    }
                }
                other => out.push(format!("{indent}- {other:?}")),
            }
        }
    }

    fn check(elements: Vec<Element>, expected: &[&str]) {
        let mut found = Vec::new();
        for placed in sections(&report(elements), Side::Computer) {
            lines(&placed.section, 0, &mut found);
        }
        assert_eq!(found, expected);
    }

    #[test]
    fn account_policies_have_their_units() {
        let account = |name: &str, value: Element, group: &str| {
            Element::new("Account").with(text("Name", name)).with(value).with(text("Type", group))
        };
        check(
            vec![
                account("MinimumPasswordAge", text("SettingNumber", "1"), "Password"),
                account("PasswordComplexity", Element::bool("SettingBoolean", true), "Password"),
                account("MinimumPasswordLength", text("SettingString", "many"), "Password"),
                account("LockoutDuration", text("SettingNumber", "4294967295"), "Account Lockout"),
                account("MaxTicketAge", text("SettingNumber", "10"), "Kerberos"),
                Element::bool("Blocked", false),
            ],
            &[
                "Account Policies/Password Policy",
                "- Minimum password age | 1 days",
                "- Minimum password length | many characters",
                "- Password must meet complexity requirements | Enabled",
                "Account Policies/Account Lockout Policy",
                "- Account lockout duration | Until an administrator unlocks the account",
                "Account Policies/Kerberos Policy",
                "- Maximum lifetime for user ticket | 10 hours",
            ],
        );
    }

    #[test]
    fn security_options_are_grouped_by_what_stands_before_the_colon() {
        let option = |key: &str, value: &str, display: Option<Element>| {
            Element::new("SecurityOptions")
                .with(text("KeyName", key))
                .with(text("SettingNumber", value))
                .with_all(display)
        };
        let display = |label: &str, value: Element| {
            Some(Element::new("Display").with(text("Name", label)).with(text("Units", "days")).with(value))
        };
        let access = |name: &str, value: Element| {
            Element::new("SecurityOptions").with(text("SystemAccessPolicyName", name)).with(value)
        };
        check(
            vec![
                option("MACHINE\\a: b", "7", None),
                option(
                    "x",
                    "30",
                    display("Domain member: Maximum machine account password age", text("DisplayNumber", "30")),
                ),
                option("y", "0", display("Audit: Audit things", Element::bool("DisplayBoolean", false))),
                access("LSAAnonymousNameLookup", text("SettingNumber", "0")),
                access("NewGuestName", text("SettingString", "\"Visitor\"")),
            ],
            &[
                "Local Policies/Security Options",
                "  Accounts",
                "  - Accounts: Rename guest account | \"Visitor\"",
                "  Audit",
                "  - Audit: Audit things | Disabled",
                "  Domain member",
                "  - Domain member: Maximum machine account password age | 30 days",
                "  Network access",
                "  - Network access: Allow anonymous SID/Name translation | Disabled",
                "  Other",
                "  - MACHINE\\a: b | 7",
            ],
        );
    }

    #[test]
    fn rights_groups_services_and_keys() {
        let member = |name: &str| Element::principal("Member", None, Some(name));
        check(
            vec![
                Element::new("UserRightsAssignment").with(text("Name", "SeTcbPrivilege")),
                Element::new("UserRightsAssignment")
                    .with(text("Name", "SeBackupPrivilege"))
                    .with(member("A"))
                    .with(member("B")),
                Element::new("RestrictedGroups")
                    .with(Element::principal("GroupName", None, Some("Staff")))
                    .with(member("A")),
                Element::new("SystemServices")
                    .with(text("Name", "AppIDSvc"))
                    .with(text("StartupMode", "Automatic"))
                    .with(Element::new("SecurityDescriptor").with(text("PermissionsPresent", "false"))),
                Element::new("Registry").with(text("Path", "MACHINE\\Software")).with(text("Mode", "Propogate")),
            ],
            &[
                "Local Policies/User Rights Assignment",
                "- Act as part of the operating system | No one",
                "- Back up files and directories | A, B",
                "Restricted Groups",
                "- Staff | A | ",
                "System Services",
                "  AppIDSvc (Startup Mode: Automatic)",
                "  - Text(\"No permissions specified\")",
                "Registry",
                "  MACHINE\\Software",
                "  - Configure this key, then | Propagate inheritable permissions to all subkeys",
            ],
        );
    }
}
