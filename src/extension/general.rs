//! The section General of a report: details, links, security filtering, WMI filter, delegation (`console-ui.md` 9.1).

use crate::report::{Block, Element, GpoReport, Section, Table};

/// Returns the section.
pub(super) fn section(report: &GpoReport) -> Section {
    let mut section = Section::new("General").opened();
    section.blocks.extend(report.problems.iter().cloned().map(Block::Problem));
    section.blocks.push(details(report).into());
    section.blocks.push(links(report).into());
    if let Some(security) = &report.security {
        section.blocks.push(filtering(security).into());
    }
    if let Some(name) = &report.filter_name {
        let mut table = Table::new(&["WMI Filter Name", "Description"]);
        table.row([name.as_str(), report.filter_description.as_deref().unwrap_or_default()]);
        section.blocks.push(Section::new("WMI Filtering").with(table).into());
    }
    if let Some(security) = &report.security {
        section.blocks.push(delegation(security).into());
    }
    section
}

fn details(report: &GpoReport) -> Section {
    let mut table = Table::properties();
    let time = |time: Option<crate::ident::Timestamp>| time.map(|time| time.to_local_text()).unwrap_or_default();
    let revisions = |half: &crate::report::HalfReport| {
        let text = |version: Option<u16>| version.map_or_else(|| "unknown".to_owned(), |version| version.to_string());
        format!("{} (AD), {} (SYSVOL)", text(half.version_directory), text(half.version_sysvol))
    };
    let status = match (report.computer.enabled, report.user.enabled) {
        (true, true) => "Enabled",
        (true, false) => "User settings disabled",
        (false, true) => "Computer settings disabled",
        (false, false) => "All settings disabled",
    };
    let owner = report.security.as_ref().and_then(|security| security.child("Owner")).map(principal);
    for (label, value) in [
        ("Domain", report.domain.clone()),
        ("Owner", owner.unwrap_or_default()),
        ("Created", time(report.created)),
        ("Modified", time(report.modified)),
        ("User Revisions", revisions(&report.user)),
        ("Computer Revisions", revisions(&report.computer)),
        ("Unique ID", report.id.to_string()),
        ("GPO Status", status.to_owned()),
    ] {
        if !value.is_empty() {
            table.row([label.to_owned(), value]);
        }
    }
    Section::new("Details").with(table)
}

fn links(report: &GpoReport) -> Section {
    let mut table = Table::new(&["Location", "Enforced", "Link Status", "Path"]);
    for link in &report.links {
        let enforced = if link.enforced { "Yes" } else { "No" };
        let status = if link.enabled { "Enabled" } else { "Disabled" };
        table.row([link.som_name.as_str(), enforced, status, link.som_path.as_str()]);
    }
    let section = Section::new("Links");
    let section =
        if table.rows.is_empty() { section.with(Block::Text("None".to_owned())) } else { section.with(table) };
    section.with(Block::Text("This list only includes links in the domain of the GPO.".to_owned()))
}

fn filtering(security: &Element) -> Section {
    let mut table = Table::new(&["Name"]);
    let mut names: Vec<String> = permissions(security)
        .filter(|permission| levels(permission).any(|level| level == "Apply Group Policy"))
        .filter(|permission| !is_deny(permission))
        .map(|permission| permission.child("Trustee").map(principal).unwrap_or_default())
        .collect();
    names.sort_by_key(|name| name.to_lowercase());
    for name in names {
        table.row([name]);
    }
    let said = "The settings in this GPO can only apply to the following groups, users, and computers:";
    let section = Section::new("Security Filtering").with(Block::Text(said.to_owned()));
    if table.rows.is_empty() { section.with(Block::Text("None".to_owned())) } else { section.with(table) }
}

fn delegation(security: &Element) -> Section {
    let mut rows: Vec<[String; 3]> = permissions(security)
        .map(|permission| {
            let name = permission.child("Trustee").map(principal).unwrap_or_default();
            let inherited = if permission.text_at(&["Inherited"]) == "true" { "Yes" } else { "No" };
            [name, allowed(permission), inherited.to_owned()]
        })
        .collect();
    rows.sort_by_key(|[name, ..]| name.to_lowercase());
    let mut table = Table::new(&["Name", "Allowed Permissions", "Inherited"]);
    for row in rows {
        table.row(row);
    }
    let said = "These groups and users have the specified permission for this GPO:";
    Section::new("Delegation").with(Block::Text(said.to_owned())).with(table)
}

/// Returns the words of a permission as the Delegation tab writes them.
fn allowed(permission: &Element) -> String {
    let levels: Vec<&str> = levels(permission).collect();
    let text = match levels[..] {
        ["Apply Group Policy"] => "Read (from Security Filtering)".to_owned(),
        ["Edit" | "Edit Settings"] => "Edit settings".to_owned(),
        ["Edit, delete, modify security"] => "Edit settings, delete, modify security".to_owned(),
        [] => "Custom".to_owned(),
        _ => levels.join(", "),
    };
    if is_deny(permission) { format!("Denied: {text}") } else { text }
}

fn permissions(security: &Element) -> impl Iterator<Item = &Element> {
    security.child("Permissions").into_iter().flat_map(|permissions| permissions.children_named("TrusteePermissions"))
}

fn levels(permission: &Element) -> impl Iterator<Item = &str> {
    let named =
        permission.children_named("Standard").flat_map(|standard| standard.children_named("GPOGroupedAccessEnum"));
    named.map(|level| level.text.as_str())
}

fn is_deny(permission: &Element) -> bool {
    permission.text_at(&["Type", "PermissionType"]) == "Deny"
}

/// Returns the name of a principal element, or its SID.
pub(super) fn principal(element: &Element) -> String {
    match element.text_at(&["Name"]) {
        "" => element.text_at(&["SID"]).to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_of_a_trustee_counts() {
        let level = |name: &str| Element::text("GPOGroupedAccessEnum", name);
        let standard = Element::new("Standard").with(level("Edit Settings")).with(level("Apply Group Policy"));
        let trustee = Element::principal("Trustee", None, Some("Staff"));
        let permission = Element::new("TrusteePermissions").with(trustee).with(standard);
        let security = Element::new("SecurityDescriptor").with(Element::new("Permissions").with(permission));
        let shown = |section: Section| serde_json::to_string(&section).unwrap_or_default();
        assert!(shown(filtering(&security)).contains("Staff"));
        assert!(shown(delegation(&security)).contains("Edit Settings, Apply Group Policy"));
    }
}
