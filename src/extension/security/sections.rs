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
    let number = account.text_at(&["SettingNumber"]);
    let Some(policy) = account_policy(name) else { return (name.to_owned(), number.to_owned()) };
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

/// Returns the options grouped by what stands before the colon of their labels.
fn security_options(rows: Vec<(String, String)>) -> Option<Section> {
    if rows.is_empty() {
        return None;
    }
    let mut groups: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for (label, words) in rows {
        // A key of the registry has no group, though its path may hold a colon.
        let group = label.split_once(": ").map(|(group, _)| group).filter(|group| !group.contains('\\'));
        let group = group.unwrap_or(OTHER).to_owned();
        let label = label.strip_prefix(&format!("{group}: ")).map(str::to_owned).unwrap_or(label);
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
