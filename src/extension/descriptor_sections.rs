//! Security descriptors for people: tables of permissions and of auditing, made from the element of a report.

use crate::report::{Block, Element, Section, Table};

use super::general::principal;

/// Returns the permissions and the auditing of a descriptor that is not a GPO's; nothing where it says nothing.
///
/// `what` is what it protects, `below` what lies below that; empty where nothing can.
pub(super) fn descriptor_blocks(descriptor: &Element, what: &str, below: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    if let Some(owner) = descriptor.child("Owner") {
        let mut table = Table::properties();
        table.row(["Owner".to_owned(), principal(owner)]);
        blocks.push(table.into());
    }
    let lists = [("Permissions", "TrusteePermissions", "PermissionType"), ("Auditing", "TrusteeAuditing", "AuditType")];
    for (heading, row_name, kind) in lists {
        let Some(list) = descriptor.child(heading) else { continue };
        let mut columns = vec!["Type", "Name", if heading == "Auditing" { "Access" } else { "Permission" }];
        if !below.is_empty() {
            columns.push("Apply To");
        }
        let mut table = Table::new(&columns);
        for row in list.children_named(row_name) {
            let name = row.child("Trustee").map(principal).unwrap_or_default();
            let condition = match row.text_at(&["Condition"]) {
                "" => String::new(),
                condition => format!("\nonly where {condition}"),
            };
            let mut cells = vec![row.text_at(&["Type", kind]).to_owned(), name, rights(row) + &condition];
            if !below.is_empty() {
                cells.push(applies_to(row, what, below));
            }
            table.row(cells);
        }
        let mut section = Section::new(heading);
        section.blocks.push(if table.rows.is_empty() { Block::Text("No one".to_owned()) } else { table.into() });
        if !below.is_empty() {
            let inherits = list.text_at(&["InheritsFromParent"]) == "true";
            let state = if inherits { "Enabled" } else { "Disabled" };
            let said = match heading {
                "Auditing" => "Allow inheritable auditing entries from the parent to propagate",
                _ => "Allow inheritable permissions from the parent to propagate",
            };
            section.blocks.push(Block::Text(format!("{said} to this {what}: {state}")));
        }
        blocks.push(section.into());
    }
    if let (true, false, sddl) =
        (blocks.is_empty(), descriptor.text_at(&["SDDL"]).is_empty(), descriptor.text_at(&["SDDL"]))
    {
        blocks.push(Block::Code(sddl.to_owned()));
    }
    blocks
}

/// Returns the rights of a row; where they have no names, their mask.
fn rights(row: &Element) -> String {
    let named = row.child("Standard").or_else(|| row.child("Custom"));
    let names: Vec<&str> =
        named.into_iter().flat_map(|rights| &rights.children).map(|right| right.text.as_str()).collect();
    if !names.is_empty() {
        return names.join(", ");
    }
    let mask = row.text_at(&["AccessMask"]);
    mask.parse::<u32>().map_or_else(|_| mask.to_owned(), |mask| format!("0x{mask:X}"))
}

fn applies_to(row: &Element, what: &str, below: &str) -> String {
    let is = |name: &str| row.text_at(&["Applicability", name]) == "true";
    let below = match (below.split_once(" and "), is("ToDescendantContainers"), is("ToDescendantObjects")) {
        (_, false, false) => None,
        (None, ..) | (Some(_), true, true) => Some(below),
        (Some((containers, _)), true, false) => Some(containers),
        (Some((_, objects)), false, true) => Some(objects),
    };
    let this = format!("this {what}");
    let words = match (is("ToSelf"), below) {
        (true, Some(below)) => format!("{this} and {below}"),
        (true, None) => format!("{this} only"),
        (false, Some(below)) => format!("{below} only"),
        (false, None) => "nothing".to_owned(),
    };
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let depth = if is("ToDirectDescendantsOnly") { ", one level deep" } else { "" };
    format!("{first}{}{depth}", letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extension::{DescribedObject, PrincipalNames, descriptor_element};
    use crate::security::{SddlContext, SecurityDescriptor};

    fn blocks(object: DescribedObject, sddl: &str, what: &str, below: &str) -> Vec<Block> {
        let descriptor = SecurityDescriptor::from_sddl(sddl, &SddlContext::default()).unwrap();
        descriptor_blocks(
            &descriptor_element(object, &descriptor, sddl, &PrincipalNames::default(), false),
            what,
            below,
        )
    }

    #[test]
    fn conditions_of_entries_are_shown() {
        let blocks = blocks(DescribedObject::File, "D:(XA;;FA;;;WD;(@User.clearance >= 3))", "file", "");
        let shown = serde_json::to_string(&blocks).unwrap();
        assert!(shown.contains(r"Full Control\nonly where (@User.clearance >= 3)"), "{shown}");
    }

    #[test]
    fn permissions_say_to_what_they_apply() {
        let sddl = "D:PAR(A;OICI;FA;;;SY)(A;CIIO;0x1200a9;;;BA)(A;OINP;DC;;;BU)(D;;FA;;;BG)";
        let blocks = blocks(DescribedObject::File, sddl, "file or folder", "subfolders and files");
        let [Block::Section(section)] = blocks.as_slice() else { panic!("{blocks:?}") };
        let Block::Table(table) = &section.blocks[0] else { panic!("{section:?}") };
        let rows: Vec<Vec<&str>> =
            table.rows.iter().map(|row| row.cells.iter().map(|cell| cell.text.as_str()).collect()).collect();
        assert_eq!(
            rows,
            [
                ["Allow", "NT AUTHORITY\\SYSTEM", "Full Control", "This file or folder and subfolders and files"],
                ["Allow", "BUILTIN\\Administrators", "List Folder Contents", "Subfolders only"],
                ["Allow", "BUILTIN\\Users", "Create Files/Write Data", "This file or folder and files, one level deep"],
                ["Deny", "BUILTIN\\Guests", "Full Control", "This file or folder only"],
            ]
        );
        let said = "Allow inheritable permissions from the parent to propagate to this file or folder: Disabled";
        assert_eq!(section.blocks[1], Block::Text(said.to_owned()));
    }

    #[test]
    fn a_descriptor_that_says_nothing_shows_nothing() {
        assert_eq!(blocks(DescribedObject::Service, "", "service", ""), []);
    }
}
