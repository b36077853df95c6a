//! Preference items for people: what the editor's dialog says on General, Common and Targeting (`console-ui.md` 9.1, 11.5).

use crate::format::preferences::{FilterKind, ItemEnvelope, PreferenceAction, PreferenceKind, TargetingFilter};
use crate::report::{Block, Cell, Element, ExtensionReport, Mark, Row, Section, Side, Table};

use super::super::{Area, Placed};
use super::details::details;
use super::labels::{self, item_name, properties};
use super::targeting;
use super::words::{registry_value, spaced, worded};

/// Items and collections nested deeper than this are not shown; no file that was read has them.
const DEEPEST: usize = 70;

/// Returns the section of a kind of preferences.
pub(super) fn sections(report: &ExtensionReport, side: Side) -> Vec<Placed> {
    let tail = report.namespace.rsplit("/Settings/").next().unwrap_or_default();
    let kind = PreferenceKind::of_report_namespace(tail);
    let blocks: Vec<Block> = report.elements.iter().flat_map(|root| item_blocks(root, side, 0)).collect();
    // A file that cannot be read has its place all the same: what is wrong with it is said there.
    let is_damaged = !report.problems.is_empty();
    if blocks.is_empty() && !is_damaged {
        return Vec::new();
    }
    let heading = match kind {
        Some(kind) => heading(kind),
        None => report.name.as_str(),
    };
    let area = kind.map_or(Area::PreferencesWindows, area);
    vec![Placed { area, section: Section { open: is_damaged, blocks, ..Section::new(heading) } }]
}

/// Returns the name of a kind in the editor's tree.
fn heading(kind: PreferenceKind) -> &'static str {
    match kind {
        PreferenceKind::Registry => "Registry",
        PreferenceKind::EnvironmentVariables => "Environment",
        other => other.report().name,
    }
}

fn area(kind: PreferenceKind) -> Area {
    match kind {
        PreferenceKind::Applications
        | PreferenceKind::Drives
        | PreferenceKind::EnvironmentVariables
        | PreferenceKind::Files
        | PreferenceKind::Folders
        | PreferenceKind::IniFiles
        | PreferenceKind::NetworkShares
        | PreferenceKind::Registry
        | PreferenceKind::Shortcuts => Area::PreferencesWindows,
        _ => Area::PreferencesControlPanel,
    }
}

/// Returns the blocks of what is in a root or collection: a list of its items, then a section for each.
fn item_blocks(parent: &Element, side: Side, depth: usize) -> Vec<Block> {
    if depth == DEEPEST {
        return Vec::new();
    }
    let is_item = |child: &&Element| !matches!(child.name.as_ref(), "Filters" | "GPOSettingOrder");
    let children: Vec<&Element> = parent.children.iter().filter(is_item).collect();
    let mut blocks = Vec::new();
    let items: Vec<&Element> = children.iter().copied().filter(|child| child.name != "Collection").collect();
    if parent.get("disabled").is_some_and(|disabled| disabled.trim() == "1") && depth == 0 {
        blocks.push(Block::Text("All items here are disabled.".to_owned()));
    }
    if items.len() > 1 {
        blocks.push(overview(&items).into());
    }
    let section = |child: &&Element| match child.name.as_ref() {
        "Collection" => collection_section(child, side, depth),
        _ => item_section(child, side),
    };
    blocks.extend(children.iter().map(section).map(Block::Section));
    blocks
}

/// Returns the list of the items: what one wants to see of all of them at once.
fn overview(items: &[&Element]) -> Table {
    let mut table = Table::new(&["Order", "Action", "Item", "Applies where"]);
    for item in items {
        let envelope = envelope(item);
        let filters = filters(item);
        let shown: Vec<&TargetingFilter> = filters.iter().filter(|filter| filter.kind != FilterKind::RunOnce).collect();
        let place = match shown[..] {
            [] => String::new(),
            [only] if only.children.is_empty() => targeting::condition(only),
            _ => format!("{} conditions", shown.len()),
        };
        let disabled = if envelope.disabled { " (disabled)" } else { "" };
        let mut row = Row::new([
            item.text_at(&["GPOSettingOrder"]).to_owned(),
            action(item).unwrap_or_default(),
            format!("{}{disabled}", summary(item, &envelope)),
            place,
        ]);
        if envelope.disabled {
            row.cells.iter_mut().for_each(|cell| cell.mark = Mark::Weak);
        }
        table.push(row);
    }
    table
}

/// Returns an item as one line.
fn summary(item: &Element, envelope: &ItemEnvelope) -> String {
    let empty = Element::new("Properties");
    let properties = item.child("Properties").unwrap_or(&empty);
    let get = |name: &str| attribute(properties, name);
    match item.name.as_ref() {
        "Registry" => {
            let name = registry_name(properties);
            let place = format!("{}\\{}", get("hive"), get("key"));
            match (name.as_str(), get("type")) {
                ("", "") => place,
                (_, "") => format!("{place}: {name}"),
                _ => format!("{place}: {name} = {}", registry_value(get("type"), get("value"))),
            }
        }
        "Drive" => format!("{} {}", envelope.name, get("path")),
        "EnvironmentVariable" => format!("{} = {}", get("name"), get("value")),
        "Ini" => format!("{} [{}] {} = {}", get("path"), get("section"), get("property"), get("value")),
        "File" => arrow(get("fromPath"), get("targetPath")),
        "Folder" | "SharedPrinter" if !get("path").is_empty() => get("path").to_owned(),
        "NetShare" => format!("{} = {}", get("name"), get("path")),
        "Shortcut" => arrow(get("shortcutPath"), get("targetPath")),
        "User" => arrow(get("userName"), get("newName")),
        "Group" => group_summary(properties),
        "NTService" => {
            let words = |name: &str| {
                let label = labels::properties("NTService").iter().find(|label| label.attribute == name);
                let value = get(name);
                let said = label.filter(|_| !value.is_empty() && value != "NOCHANGE");
                said.map(|label| worded(label, value).text)
            };
            let said: Vec<String> = [words("startupType"), words("serviceAction")].into_iter().flatten().collect();
            named(get("serviceName"), &said.join(", "))
        }
        "Task" | "ImmediateTask" => named(get("name"), format!("{} {}", get("appName"), get("args")).trim()),
        "TaskV2" | "ImmediateTaskV2" => {
            let commands = properties.child("Task").and_then(|task| task.child("Actions")).into_iter();
            let commands = commands.flat_map(|actions| actions.children_named("Exec")).map(|exec| {
                format!("{} {}", exec.text_at(&["Command"]), exec.text_at(&["Arguments"])).trim().to_owned()
            });
            named(get("name"), &commands.collect::<Vec<_>>().join("; "))
        }
        _ => envelope.name.clone(),
    }
}

/// Returns the name of a thing and what is said of it, if anything.
fn named(name: &str, said: &str) -> String {
    if said.is_empty() { name.to_owned() } else { format!("{name}: {said}") }
}

fn arrow(from: &str, to: &str) -> String {
    match (from, to) {
        ("", to) => to.to_owned(),
        (from, "") => from.to_owned(),
        (from, to) => format!("{from} → {to}"),
    }
}

/// Returns a group with the members that are added and removed.
fn group_summary(properties: &Element) -> String {
    let members = |wanted: &str| {
        let all = properties.children_named("Members").flat_map(|members| &members.children);
        let chosen = all.filter(|member| attribute(member, "action").eq_ignore_ascii_case(wanted));
        let names = chosen.map(|member| match attribute(member, "name") {
            "" => attribute(member, "sid"),
            name => name,
        });
        names.collect::<Vec<_>>().join(", ")
    };
    let said = [("add", members("ADD")), ("remove", members("REMOVE"))];
    let said = said.iter().filter(|(_, names)| !names.is_empty()).map(|(verb, names)| format!("{verb} {names}"));
    named(attribute(properties, "groupName"), &said.collect::<Vec<_>>().join("; "))
}

/// Returns the name of a registry item's value.
fn registry_name(properties: &Element) -> String {
    let name = attribute(properties, "name");
    if name.is_empty() && attribute(properties, "default").trim() == "1" {
        "(Default)".to_owned()
    } else {
        name.to_owned()
    }
}

fn collection_section(collection: &Element, side: Side, depth: usize) -> Section {
    let envelope = envelope(collection);
    let mut section = Section::new(item_heading("Collection: ", collection, &envelope));
    if let Some(table) = targeting::table(&filters(collection)) {
        section.blocks.push(Section::new("Item-level targeting").opened().with(table).into());
    }
    let common = collection_common(collection, &envelope);
    if !common.rows.is_empty() {
        section.blocks.push(Block::Table(common));
    }
    section.blocks.extend(item_blocks(collection, side, depth + 1));
    section
}

/// Returns what a collection says of itself beside its name.
fn collection_common(collection: &Element, envelope: &ItemEnvelope) -> Table {
    let mut table = Table::properties();
    for (name, value) in &collection.attributes {
        let known = ["clsid", "name", "image", "disabled", "desc", "descr", "changed"];
        if !known.contains(&name.to_ascii_lowercase().as_str()) && !value.is_empty() {
            table.row([spaced(name), value.clone()]);
        }
    }
    if !envelope.description.is_empty() {
        table.row(["Description", envelope.description.as_str()]);
    }
    if !envelope.changed.is_empty() {
        table.row(["Last changed", changed(envelope).as_str()]);
    }
    table
}

fn item_section(item: &Element, side: Side) -> Section {
    let envelope = envelope(item);
    let filters = filters(item);
    let mut section = Section::new(item_heading("", item, &envelope));
    section.blocks.push(general(item).into());
    section.blocks.push(common(item, &envelope, &filters, side).into());
    if let Some(table) = targeting::table(&filters) {
        section.blocks.push(Section::new("Item-level targeting").opened().with(table).into());
    }
    section
}

fn item_heading(before: &str, item: &Element, envelope: &ItemEnvelope) -> String {
    let empty = Element::new("Properties");
    let name = match envelope.name.as_str() {
        "" if item.name == "Registry" => registry_name(item.child("Properties").unwrap_or(&empty)),
        "" => item_name(&item.name).to_owned(),
        name => name.to_owned(),
    };
    let order = item.text_at(&["GPOSettingOrder"]);
    let order = if order.is_empty() { String::new() } else { format!(" (Order: {order})") };
    let disabled = if envelope.disabled { " (disabled)" } else { "" };
    format!("{before}{name}{order}{disabled}")
}

fn general(item: &Element) -> Section {
    let mut section = Section::new("General").opened();
    let mut table = Table::properties();
    table.row(["Kind", item_name(&item.name)]);
    if let Some(action) = action(item) {
        table.row(["Action".to_owned(), action]);
    }
    let mut blocks = Vec::new();
    for child in &item.children {
        match child.name.as_ref() {
            "Properties" => {
                property_rows(item, child, &mut table);
                blocks.extend(child.children.iter().flat_map(|part| details(&item.name, part)));
            }
            "GPOSettingOrder" | "Filters" => {}
            _ => blocks.extend(details(&item.name, child)),
        }
    }
    section.blocks.push(Block::Table(table));
    section.blocks.extend(blocks);
    section
}

/// Returns the action of an item in words; none for an item that has none.
fn action(item: &Element) -> Option<String> {
    const WITHOUT_ACTION: [&str; 10] = [
        "Device",
        "NTService",
        "ImmediateTask",
        "GlobalFolderOptions",
        "GlobalFolderOptionsVista",
        "GlobalPowerOptions",
        "RegionalOptions",
        "StartMenu",
        "StartMenuVista",
        "Application",
    ];
    let properties = item.child("Properties")?;
    let written = properties.attributes.iter().find(|(name, _)| name.eq_ignore_ascii_case("action"));
    let is_internet = matches!(item.name.as_ref(), "Internet" | "IE7" | "IE8" | "IE10");
    let Some((_, written)) = written else {
        let has_action = !is_internet && !WITHOUT_ACTION.contains(&item.name.as_ref());
        return has_action.then(|| "Update".to_owned());
    };
    if !matches!(written.trim(), "C" | "R" | "U" | "D" | "c" | "r" | "u" | "d" | "") {
        return Some(written.clone());
    }
    let action = match PreferenceAction::read(Some(written)) {
        PreferenceAction::Create => "Create",
        PreferenceAction::Replace => "Replace",
        PreferenceAction::Update => "Update",
        PreferenceAction::Delete => "Delete",
    };
    Some(action.to_owned())
}

/// Adds a row for each attribute that says something: in the order of the dialog, those nobody knows at the end.
fn property_rows(item: &Element, properties: &Element, table: &mut Table) {
    let labels = self::properties(&item.name);
    for label in labels {
        let value = attribute(properties, label.attribute);
        if value.is_empty() {
            continue;
        }
        let cell = match (item.name.as_ref(), label.attribute) {
            ("Registry", "value") => Cell::new(registry_value(attribute(properties, "type"), value)),
            // Said by the name.
            ("Registry", "default") if value.trim() != "1" => continue,
            _ => worded(label, value),
        };
        table.push(Row { cells: vec![Cell::new(label.text), cell], ..Row::default() });
    }
    for (name, value) in &properties.attributes {
        let known = labels.iter().any(|label| label.attribute.eq_ignore_ascii_case(name));
        if known || value.is_empty() || name.eq_ignore_ascii_case("action") {
            continue;
        }
        if name.eq_ignore_ascii_case("cpassword") {
            table.push(Row { cells: vec![Cell::new("Password"), super::words::password()], ..Row::default() });
        } else {
            table.row([spaced(name), value.clone()]);
        }
    }
}

/// Returns what stands on the page Common.
fn common(item: &Element, envelope: &ItemEnvelope, filters: &[TargetingFilter], side: Side) -> Section {
    let yes_no = |value: bool| if value { "Yes" } else { "No" }.to_owned();
    let mut table = Table::properties();
    // The dialog asks the other way round.
    let stops = envelope.bypass_errors == Some(false);
    table.row(["Stop processing items in this extension if an error occurs on this item".to_owned(), yes_no(stops)]);
    if side == Side::User || envelope.user_context == Some(true) {
        table.row([
            "Run in logged-on user's security context (user policy option)".to_owned(),
            yes_no(envelope.user_context == Some(true)),
        ]);
    }
    table.row(["Remove this item when it is no longer applied".to_owned(), yes_no(envelope.remove_policy)]);
    let once: Vec<&TargetingFilter> = filters.iter().filter(|filter| filter.kind == FilterKind::RunOnce).collect();
    table.row(["Apply once and do not reapply".to_owned(), yes_no(!once.is_empty())]);
    for (name, value) in once.iter().flat_map(|filter| &filter.attributes) {
        let label =
            if name == "id" { "Applied under the ID".to_owned() } else { format!("Apply once: {}", spaced(name)) };
        table.row([label, value.clone()]);
    }
    if !envelope.description.is_empty() {
        table.row(["Description", envelope.description.as_str()]);
    }
    if !envelope.changed.is_empty() {
        table.row(["Last changed", changed(envelope).as_str()]);
    }
    if !envelope.uid.is_empty() {
        let id = Cell::marked(envelope.uid.as_str(), Mark::Weak);
        table.push(Row { cells: vec![Cell::new("Item ID"), id], ..Row::default() });
    }
    const KNOWN: [&str; 13] = [
        "clsid",
        "name",
        "status",
        "image",
        "changed",
        "uid",
        "desc",
        "descr",
        "bypasserrors",
        "usercontext",
        "removepolicy",
        "disabled",
        "extid",
    ];
    for (name, value) in &item.attributes {
        let is_known = KNOWN.contains(&name.to_ascii_lowercase().as_str()) && !name.eq_ignore_ascii_case("extid");
        if !is_known && !value.is_empty() {
            table.row([spaced(name), value.clone()]);
        }
    }
    Section::new("Common").with(table)
}

fn changed(envelope: &ItemEnvelope) -> String {
    match envelope.changed_time() {
        Some(_) => format!("{} UTC", envelope.changed),
        None => format!("{} (not a time)", envelope.changed),
    }
}

fn envelope(item: &Element) -> ItemEnvelope {
    ItemEnvelope::read(item.attributes.iter().map(|(name, value)| (name.as_ref(), value.as_str())))
}

fn filters(item: &Element) -> Vec<TargetingFilter> {
    item.child("Filters").map(targeting::read).unwrap_or_default()
}

/// Returns the value of an attribute, its name compared without case; empty where it is missing.
pub(super) fn attribute<'a>(element: &'a Element, name: &str) -> &'a str {
    let found = element.attributes.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
    found.map_or("", |(_, value)| value.as_str())
}

#[cfg(test)]
#[path = "sections_tests.rs"]
mod tests;
