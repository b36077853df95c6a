//! Items as people read them.

use super::*;
use crate::report::PartProblem;

fn element(name: &'static str, attributes: &[(&'static str, &str)]) -> Element {
    attributes.iter().fold(Element::new(name), |element, (name, value)| element.attribute(*name, *value))
}

fn report(kind: PreferenceKind, root: Element) -> ExtensionReport {
    let names = kind.report();
    ExtensionReport {
        name: names.name.to_owned(),
        xml_type: names.xml_type.to_owned(),
        namespace: format!("http://www.microsoft.com/GroupPolicy/Settings/{}", names.namespace),
        elements: vec![root],
        problems: Vec::<PartProblem>::new(),
    }
}

/// Writes a section as lines: headings with `#`, rows with `|`.
fn lines(section: &Section, depth: usize, out: &mut Vec<String>) {
    let indent = " ".repeat(depth);
    out.push(format!("{indent}# {}", section.heading));
    blocks(&section.blocks, depth, out);
}

fn blocks(all: &[Block], depth: usize, out: &mut Vec<String>) {
    let indent = " ".repeat(depth);
    for block in all {
        match block {
            Block::Section(inner) => lines(inner, depth + 1, out),
            Block::Text(text) | Block::Code(text) => out.push(format!("{indent}{text}")),
            Block::Problem(problem) => out.push(format!("{indent}! {}", problem.message)),
            Block::Table(table) => {
                for row in &table.rows {
                    let cells: Vec<&str> = row.cells.iter().map(|cell| cell.text.as_str()).collect();
                    out.push(format!("{indent}{}", cells.join(" | ")));
                    blocks(&row.details, depth + 1, out);
                }
            }
        }
    }
}

fn check(kind: PreferenceKind, root: Element, side: Side, expected: &str) {
    let placed = sections(&report(kind, root), side);
    let mut out = Vec::new();
    placed.iter().for_each(|placed| lines(&placed.section, 0, &mut out));
    assert_eq!(out.join("\n"), expected);
}

#[test]
fn an_item_says_what_its_dialog_says() {
    let properties = element(
        "Properties",
        &[
            ("action", "R"),
            ("path", "\\\\srv\\a"),
            ("letter", "H"),
            ("useLetter", "1"),
            ("persistent", "0"),
            ("cpassword", "aGVs"),
            ("new", "x"),
        ],
    );
    let filters = Element::new("Filters")
        .with(element("FilterBattery", &[("bool", "AND"), ("not", "0")]))
        .with(element("FilterRunOnce", &[("id", "{B}"), ("hidden", "1")]));
    let drive = element(
        "Drive",
        &[("name", "H:"), ("uid", "{A}"), ("disabled", "1"), ("userContext", "1"), ("changed", "2026-01-02 03:04:05")],
    )
    .with(Element::text("GPOSettingOrder", "2"))
    .with(properties)
    .with(filters);
    check(
        PreferenceKind::Drives,
        Element::new("DriveMapSettings").with(drive),
        Side::User,
        "# Drive Maps\n # H: (Order: 2) (disabled)\n  # General\n  Kind | Mapped Drive\n  Action | Replace\n  Location | \\\\srv\\a\n  Drive letter | H\n  Letter is | This letter\n  Reconnect | No\n  Password | ******** (a password stored so that everybody who can read the GPO can read it, MS14-025: change it and remove it here)\n  New | x\n  # Common\n  Stop processing items in this extension if an error occurs on this item | No\n  Run in logged-on user's security context (user policy option) | Yes\n  Remove this item when it is no longer applied | No\n  Apply once and do not reapply | Yes\n  Applied under the ID | {B}\n  Last changed | 2026-01-02 03:04:05 UTC\n  Item ID | {A}\n  # Item-level targeting\n   | A battery is present",
    );
}

#[test]
fn items_are_listed_and_collections_nested() {
    let value = |name: &'static str, data: &str| {
        let properties = element(
            "Properties",
            &[
                ("action", "U"),
                ("hive", "HKEY_LOCAL_MACHINE"),
                ("key", "a"),
                ("name", name),
                ("type", "REG_DWORD"),
                ("value", data),
            ],
        );
        element("Registry", &[("name", name), ("bypassErrors", "0")]).with(properties)
    };
    let collection = element("Collection", &[("name", "c")]).with(value("x", "00000010")).with(value("y", "0"));
    check(
        PreferenceKind::Registry,
        Element::new("RegistrySettings").with(collection),
        Side::Computer,
        "# Registry\n # Collection: c\n  | Update | HKEY_LOCAL_MACHINE\\a: x = 0x10 (16) | \n  | Update | HKEY_LOCAL_MACHINE\\a: y = 0x0 (0) | \n  # x\n   # General\n   Kind | Registry Item\n   Action | Update\n   Hive | HKEY_LOCAL_MACHINE\n   Key path | a\n   Value name | x\n   Value type | REG_DWORD\n   Value data | 0x10 (16)\n   # Common\n   Stop processing items in this extension if an error occurs on this item | Yes\n   Remove this item when it is no longer applied | No\n   Apply once and do not reapply | No\n  # y\n   # General\n   Kind | Registry Item\n   Action | Update\n   Hive | HKEY_LOCAL_MACHINE\n   Key path | a\n   Value name | y\n   Value type | REG_DWORD\n   Value data | 0x0 (0)\n   # Common\n   Stop processing items in this extension if an error occurs on this item | Yes\n   Remove this item when it is no longer applied | No\n   Apply once and do not reapply | No",
    );
}

#[test]
fn items_are_summed_up_in_a_line() {
    let check = |item: &'static str, properties: Element, expected: &str| {
        let item = Element::new(item).with(properties);
        assert_eq!(summary(&item, &ItemEnvelope { name: "n".to_owned(), ..ItemEnvelope::default() }), expected);
    };
    let members = Element::new("Members")
        .with(element("Member", &[("name", "a"), ("action", "ADD")]))
        .with(element("Member", &[("sid", "S-1-1-0"), ("action", "ADD")]))
        .with(element("Member", &[("name", "b"), ("action", "REMOVE")]));
    check("Group", element("Properties", &[("groupName", "g")]).with(members), "g: add a, S-1-1-0; remove b");
    check("Group", element("Properties", &[("groupName", "g")]), "g");
    let service = [("serviceName", "s"), ("startupType", "AUTODELAYED"), ("serviceAction", "NOCHANGE")];
    check("NTService", element("Properties", &service), "s: Automatic (delayed start)");
    let exec = Element::new("Exec").with(Element::text("Command", "cmd.exe")).with(Element::text("Arguments", "/c a"));
    let task = Element::new("Task").with(Element::new("Actions").with(exec));
    check("TaskV2", element("Properties", &[("name", "t")]).with(task), "t: cmd.exe /c a");
    check("Shortcut", element("Properties", &[("shortcutPath", "p")]), "p");
    check("Registry", element("Properties", &[("hive", "H"), ("key", "k"), ("default", "1")]), "H\\k: (Default)");
    check("Device", element("Properties", &[]), "n");
}
