//! The differences between two resultant sets for people.

use crate::extension::sections::settings_blocks;
use crate::report::rsop::{Differs, RsopDifference, SettingOutcome};
use crate::report::{Block, Document, Row, Section, Side, Table};

/// Puts differences together for people. `first` and `second` say what was compared: `Result`, `Plan`.
pub fn rsop_differences_document(first: &str, second: &str, differences: &[RsopDifference]) -> Document {
    let mut sections = Vec::new();
    for (side, heading) in [(Side::Computer, "Computer"), (Side::User, "User")] {
        let own: Vec<&Differs> =
            differences.iter().filter(|found| found.side == side).map(|found| &found.what).collect();
        if !own.is_empty() {
            sections.push(side_section(side, heading, first, second, &own));
        }
    }
    if sections.is_empty() {
        let said = Block::Text("No differences.".to_owned());
        sections.push(Section::new("Differences").opened().with(said));
    }
    Document { title: format!("Differences: {first} and {second}"), sections, ..Document::default() }
}

fn side_section(side: Side, heading: &str, first: &str, second: &str, differences: &[&Differs]) -> Section {
    let mut section = Section::new(heading).opened();
    let mut gpos = Table::new(&["GPO", first, second]);
    let mut order = Table::new(&["Applied, the last wins", first, second]);
    let mut settings = Table::new(&["Extension", "Setting", first, second]);
    for difference in differences {
        match difference {
            Differs::OnlyIn { first: is_first } => {
                let name = if *is_first { first } else { second };
                section = section.with(Block::Text(format!("Only in: {name}. Nothing of this side was compared.")));
            }
            Differs::Gpo { name, first, second } => {
                gpos.row([name.as_str(), first.label(), second.label()]);
            }
            Differs::Order { first, second } => {
                for (index, (one, other)) in first.iter().zip(second).enumerate() {
                    order.row([(index + 1).to_string(), one.clone(), other.clone()]);
                }
            }
            Differs::Setting { extension, setting, first, second } => {
                let shown = [first, second].map(|outcome| outcome.as_ref().map(|outcome| shown(outcome, side)));
                let name = shown.iter().flatten().find_map(|(name, _)| name.clone()).unwrap_or_else(|| setting.clone());
                let [first, second] = shown.map(|shown| shown.map_or_else(|| "Not set".to_owned(), |(_, value)| value));
                settings.row([extension.clone(), name, first, second]);
            }
        }
    }
    for (heading, table) in [("Group Policy Objects", gpos), ("Order of Application", order), ("Settings", settings)] {
        if !table.rows.is_empty() {
            section = section.with(Section::new(heading).opened().with(table));
        }
    }
    section
}

/// Returns the name of a setting, where it is laid out as a row of a table, and what it sets with the GPO.
fn shown(outcome: &SettingOutcome, side: Side) -> (Option<String>, String) {
    let blocks = settings_blocks(std::slice::from_ref(&outcome.part), side, None);
    let cells = first_row(&blocks).map(|row| row.cells.iter().map(|cell| cell.text.clone()));
    let (name, value) = match cells {
        Some(mut cells) => {
            let name = cells.next().filter(|name| !name.is_empty());
            (name, cells.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; "))
        }
        None => (None, outcome.value.clone()),
    };
    match &outcome.gpo {
        Some(gpo) => (name, format!("{value}\n({gpo})")),
        None => (name, value),
    }
}

/// Finds the first row of a table with headings.
fn first_row(blocks: &[Block]) -> Option<&Row> {
    blocks.iter().find_map(|block| match block {
        Block::Section(section) => first_row(&section.blocks),
        Block::Table(table) if !table.columns.is_empty() => table.rows.first(),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::rsop::GpoOutcome;
    use crate::report::{Element, ExtensionReport, write_text};

    #[test]
    fn differences_are_shown_as_reports_show_settings() {
        let outcome = |value: &str| SettingOutcome {
            gpo: Some("Base".to_owned()),
            value: value.to_owned(),
            part: ExtensionReport {
                name: "Security".to_owned(),
                xml_type: "SecuritySettings".to_owned(),
                namespace: "http://www.microsoft.com/GroupPolicy/Settings/Security".to_owned(),
                elements: vec![
                    Element::new("Account")
                        .with(Element::text("Name", "MaximumPasswordAge"))
                        .with(Element::text("SettingNumber", value))
                        .with(Element::text("Type", "Password")),
                ],
                problems: Vec::new(),
            },
        };
        let differences = [
            Differs::Gpo { name: "A".to_owned(), first: GpoOutcome::Applied, second: GpoOutcome::NotListed },
            Differs::Order { first: vec!["A".to_owned()], second: vec!["B".to_owned()] },
            Differs::Setting {
                extension: "Security".to_owned(),
                setting: "MaximumPasswordAge".to_owned(),
                first: Some(Box::new(outcome("42"))),
                second: None,
            },
        ];
        let differences = differences.map(|what| RsopDifference { side: Side::Computer, what });
        let text = write_text(&[rsop_differences_document("Result", "Plan", &differences)]);
        for line in
            ["Differences: Result and Plan", "A    Applied  Not listed", "Maximum password age  42 days  Not set"]
        {
            assert!(text.contains(line), "{text}");
        }
        let none = write_text(&[rsop_differences_document("Result", "Plan", &[])]);
        assert!(none.contains("No differences."), "{none}");
    }
}
