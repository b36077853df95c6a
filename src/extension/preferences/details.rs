//! What stands inside the properties of an item: members, values, attributes, actions, settings, triggers.

use crate::report::{Block, Element, Section, Table};

use super::labels::{setting_name, value_meaning};
use super::sections::attribute;
use super::tasks::{old_triggers, task_blocks};
use super::words::{chosen, registry_value, spaced, yes_no};

/// Elements nested deeper than this are not shown.
const DEEPEST: usize = 64;

/// Returns the blocks of an element in the properties of an item.
pub(super) fn details(item: &str, part: &Element) -> Vec<Block> {
    if part.attributes.is_empty() && part.children.is_empty() && part.text.trim().is_empty() {
        return Vec::new();
    }
    match (item, part.name.as_ref()) {
        ("Group" | "User", "Members") => vec![members(part)],
        ("Registry", "Values") => vec![values(part)],
        ("DataSource", "Attributes") => vec![list("Attributes", &["Name", "Value"], part, |attribute_element| {
            vec![attribute(attribute_element, "name").to_owned(), attribute(attribute_element, "value").to_owned()]
        })],
        ("TaskV2" | "ImmediateTaskV2", "Task") => task_blocks(part),
        ("Task" | "ImmediateTask", "Triggers") => vec![old_triggers(part)],
        ("Internet" | "IE7" | "IE8" | "IE10", "Reg") => vec![setting(part)],
        _ => vec![as_written(part, 0)],
    }
}

fn list(heading: &str, columns: &[&str], part: &Element, row: fn(&Element) -> Vec<String>) -> Block {
    let mut table = Table::new(columns);
    for child in &part.children {
        table.row(row(child));
    }
    Section::new(heading).opened().with(table).into()
}

fn members(part: &Element) -> Block {
    list("Members", &["Action", "Name", "SID"], part, |member| {
        let action = [("ADD", "Add"), ("REMOVE", "Remove")];
        let [action, name, sid] =
            [chosen(&action, attribute(member, "action")), attribute(member, "name"), attribute(member, "sid")];
        vec![action.to_owned(), name.to_owned(), sid.to_owned()]
    })
}

fn values(part: &Element) -> Block {
    let mut section = Section::new("Values").opened();
    let texts: Vec<&str> = part.children.iter().map(|value| value.text.as_str()).collect();
    section.blocks.push(Block::Code(texts.join("\n")));
    section.into()
}

/// Returns a setting of Internet Explorer: the value of the registry that it is.
fn setting(part: &Element) -> Block {
    let get = |name: &str| attribute(part, name);
    let mut section = Section::new(setting_name(get("id"))).opened();
    let mut table = Table::properties();
    let value = registry_value(get("type"), get("value"));
    let meaning = value_meaning(get("name"), get("value"));
    let shown = if meaning.is_empty() { value } else { format!("{meaning}: {value}") };
    let applied = if yes_no(get("disabled")) == "Yes" { "No (not applied)" } else { "Yes" };
    table.row(["Value", shown.as_str()]);
    table.row(["Applied", applied]);
    table.row(["Registry", format!("{}\\{}: {}", get("hive"), get("key"), get("name")).as_str()]);
    table.row(["Type", get("type")]);
    table.row(["Setting", get("id")]);
    for (name, value) in &part.attributes {
        let known = ["id", "value", "disabled", "hive", "key", "name", "type"];
        if !known.contains(&name.to_ascii_lowercase().as_str()) && !value.is_empty() {
            table.row([spaced(name), value.clone()]);
        }
    }
    section.blocks.push(Block::Table(table));
    section.blocks.extend(part.children.iter().map(|child| as_written(child, 0)));
    section.into()
}

/// Returns an element as it stands: attributes, text, what is in it.
fn as_written(part: &Element, depth: usize) -> Block {
    let mut section = Section::new(spaced(&part.name)).opened();
    let mut table = Table::properties();
    for (name, value) in part.attributes.iter().filter(|(_, value)| !value.is_empty()) {
        if name.eq_ignore_ascii_case("cpassword") {
            table.push(crate::report::Row {
                cells: vec![crate::report::Cell::new("Password"), super::words::password()],
                ..Default::default()
            });
        } else {
            table.row([spaced(name), value.clone()]);
        }
    }
    if !part.text.trim().is_empty() {
        table.row(["Value", part.text.as_str()]);
    }
    if !table.rows.is_empty() {
        section.blocks.push(Block::Table(table));
    }
    if depth < DEEPEST {
        section.blocks.extend(part.children.iter().map(|child| as_written(child, depth + 1)));
    }
    section.into()
}
