//! Administrative templates for people (`console-ui.md` 9.1).

use crate::report::{Block, Cell, Column, Element, Explain, ExtensionReport, Mark, Row, Section, Side, Table};

use crate::extension::{Area, Placed};

/// Returns a section for each category, and one for the values that no template knows.
pub(super) fn sections(report: &ExtensionReport, side: Side) -> Vec<Placed> {
    let mut placed: Vec<Placed> = Vec::new();
    let mut add = |section| placed.push(Placed { area: Area::AdministrativeTemplates, section });
    let mut policies: Vec<&Element> = report.elements.iter().filter(|element| element.name == "Policy").collect();
    // The report has those that are not configured at its end; people look for them in their category.
    policies.sort_by_key(|policy| policy.text_at(&["Category"]).to_lowercase());
    for same_category in policies.chunk_by(|a, b| a.text_at(&["Category"]) == b.text_at(&["Category"])) {
        let category = same_category.first().map(|policy| policy.text_at(&["Category"])).unwrap_or_default();
        let mut table = Table::new(&["Policy", "Setting", "Comment"]);
        same_category.iter().for_each(|policy| table.push(policy_row(policy, side)));
        add(Section::new(if category.is_empty() { "Without category" } else { category }).with(table));
    }
    let extra: Vec<&Element> = report.elements.iter().filter(|element| element.name == "RegistrySetting").collect();
    if !extra.is_empty() {
        let table = settings_table(extra);
        let said = "Display names for some settings cannot be found. You might be able to resolve this issue by updating the \
                    administrative templates (.admx files) used for this report.";
        add(Section::new("Extra Registry Settings").with(Block::Text(said.to_owned())).with(table));
    }
    placed
}

/// Returns a table of registry values, from their elements `RegistrySetting`.
pub(in crate::extension) fn settings_table<'a>(settings: impl IntoIterator<Item = &'a Element>) -> Table {
    let mut table = Table::new(&["Setting", "State"]);
    settings.into_iter().for_each(|setting| {
        table.row(setting_cells(setting));
    });
    table
}

fn policy_row(policy: &Element, side: Side) -> Row {
    let state = match policy.text_at(&["State"]) {
        "NotConfigured" => Cell::marked("Not configured", Mark::Weak),
        "Disabled" => Cell::marked("Disabled", Mark::Weak),
        state => Cell::new(state),
    };
    let name = policy.text_at(&["Name"]);
    let cells = vec![Cell::new(name), state, Cell::new(policy.text_at(&["Comment"]).trim())];
    let folders = [side.label(), "Administrative Templates", policy.text_at(&["Category"])];
    let path = folders.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
    let explain = Explain {
        path,
        supported_on: policy.text_at(&["Supported"]).trim().to_owned(),
        text: policy.text_at(&["Explain"]).trim().to_owned(),
    };
    let is_known = !explain.text.is_empty() || !explain.supported_on.is_empty();
    Row { cells, details: options(policy), explain: is_known.then_some(explain) }
}

/// Returns the options of a policy: labels and values in a table, texts and lists in their places between.
fn options(policy: &Element) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut table = Table::properties();
    for option in &policy.children {
        let label = option.text_at(&["Name"]);
        let cell = match option.name.as_ref() {
            "Text" => None,
            "CheckBox" => Some(state_cell(option)),
            "DropDownList" if option.child("Value").is_some() => Some(Cell::new(option.text_at(&["Value", "Name"]))),
            "EditText" | "Numeric" if option.child("Value").is_some() => Some(Cell::new(option.text_at(&["Value"]))),
            "MultiText" if option.child("Value").is_some() => Some(Cell::new(lines(option))),
            "DropDownList" | "EditText" | "Numeric" | "MultiText" => Some(state_cell(option)),
            "ListBox" if option.child("Value").is_none() => Some(state_cell(option)),
            "ListBox" => None,
            _ if option.children.is_empty() => continue,
            // A kind of option that later reports may have.
            _ if option.child("Value").is_some() => Some(Cell::new(option.text_at(&["Value"]))),
            _ => Some(state_cell(option)),
        };
        if let Some(cell) = cell {
            table.push(Row { cells: vec![Cell::new(label), cell], ..Row::default() });
            continue;
        }
        if !table.rows.is_empty() {
            blocks.push(Block::Table(std::mem::take(&mut table)));
        }
        match option.name.as_ref() {
            "ListBox" => blocks.push(Block::Table(list_table(option, label))),
            _ if label.is_empty() => {}
            _ => blocks.push(Block::Text(label.to_owned())),
        }
    }
    if !table.rows.is_empty() {
        blocks.push(Block::Table(table));
    }
    blocks
}

fn state_cell(option: &Element) -> Cell {
    match option.text_at(&["State"]) {
        "NotConfigured" => Cell::marked("Not configured", Mark::Weak),
        "Disabled" => Cell::marked("Disabled", Mark::Weak),
        state => Cell::new(state),
    }
}

fn lines(option: &Element) -> String {
    let value = option.child("Value").into_iter().flat_map(|value| value.children_named("string"));
    value.map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n")
}

/// Returns the entries of a list under its label; with their names, where those were given by hand.
fn list_table(list: &Element, label: &str) -> Table {
    let entries: Vec<&Element> =
        list.child("Value").into_iter().flat_map(|value| value.children_named("Element")).collect();
    let has_names = entries.iter().any(|entry| entry.child("Name").is_some());
    let mut table = Table { columns: vec![Column { heading: label.to_owned() }], rows: Vec::new() };
    if has_names {
        table.columns.push(Column { heading: "Value".to_owned() });
    }
    for entry in entries {
        let data = entry.text_at(&["Data"]);
        if has_names {
            table.row([entry.text_at(&["Name"]), data])
        } else {
            table.row([data])
        };
    }
    table
}

fn setting_cells(setting: &Element) -> [String; 2] {
    let key = setting.text_at(&["KeyPath"]);
    match (setting.child("Value"), setting.child("Command")) {
        (Some(value), _) => {
            let data = value.children.iter().find(|child| child.name != "Name").map(|data| data.text.as_str());
            [format!("{key}\\{}", value.text_at(&["Name"])), data.unwrap_or_default().to_owned()]
        }
        (None, Some(command)) => [key.to_owned(), command.text.clone()],
        (None, None) => [key.to_owned(), String::new()],
    }
}
