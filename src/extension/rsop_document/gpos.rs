//! The GPOs of a resultant set: applied, denied with the reason, not seen; and the WMI filters.

use crate::report::rsop::{NotApplied, RsopGpo, RsopResult};
use crate::report::{Row, Section, Side, Table};

use super::none;

/// Returns the section *Group Policy Objects*.
pub(super) fn section(result: &RsopResult, side: Side) -> Section {
    // By name, as GPMC lists them; the order of application stands in the rows.
    let mut gpos: Vec<&RsopGpo> = result.gpos.iter().collect();
    gpos.sort_by_key(|gpo| gpo.name.to_lowercase());
    let of = |heading: &str, belongs: &dyn Fn(Option<NotApplied>) -> bool| {
        let mut section = Section::new(heading).opened();
        for gpo in &gpos {
            let reason = result.why_not(gpo);
            if belongs(reason) {
                section = section.with(gpo_section(result, gpo, side, reason));
            }
        }
        section
    };
    let or_none = |section: Section| if section.blocks.is_empty() { section.with(none()) } else { section };
    let applied = or_none(of("Applied GPOs", &|reason| reason.is_none()));
    let is_denied = |reason: NotApplied| reason != NotApplied::NotReturned;
    let denied = or_none(of("Denied GPOs", &|reason| reason.is_some_and(is_denied)));
    let not_returned = of("Other GPOs in Scope", &|reason| reason == Some(NotApplied::NotReturned));
    let section = Section::new("Group Policy Objects").opened().with(applied).with(denied);
    if not_returned.blocks.is_empty() { section } else { section.with(not_returned) }
}

fn gpo_section(result: &RsopResult, gpo: &RsopGpo, side: Side, reason: Option<NotApplied>) -> Section {
    let id = gpo.id.map_or_else(|| "LocalGPO".to_owned(), |id| id.to_string());
    let joined = |texts: &mut dyn Iterator<Item = String>| texts.collect::<Vec<_>>().join("\n");
    let version = |version: Option<u32>| version.map_or_else(|| "unknown".to_owned(), |version| version.to_string());
    let disabled = match (gpo.enabled, side) {
        (Some(true), _) => "None",
        (Some(false), Side::Computer) => "Computer",
        (Some(false), Side::User) => "User",
        (None, _) => "Unknown",
    };
    let link = |link: &crate::report::rsop::RsopLink| match link.enabled {
        true => link.som_path.clone(),
        false => format!("{} (link disabled)", link.som_path),
    };
    let enforced = if gpo.links.iter().any(|link| link.no_override) { "Yes" } else { "No" };
    let mut table = Table::properties();
    let mut row = |label: &str, value: String| table.push(Row::new([label.to_owned(), value]));
    row("Link Location", joined(&mut gpo.links.iter().map(link)));
    row("Extensions Configured", joined(&mut gpo.extension_names.iter().cloned()));
    row("Enforced", enforced.to_owned());
    row("Disabled", disabled.to_owned());
    row("Security Filters", joined(&mut gpo.security_filters.iter().cloned()));
    row("Revision", format!("AD ({}), SYSVOL ({})", version(gpo.version_directory), version(gpo.version_sysvol)));
    row("WMI Filter", filter_name(gpo).unwrap_or_default().to_owned());
    match reason {
        None => row("Applied Order", format!("{} of {}", gpo.applied_order(), result.applied().len())),
        Some(reason) => row("Reason Denied", reason.label().to_owned()),
    }
    Section::new(format!("{} [{id}]", gpo.name)).with(table)
}

/// Returns the name of a GPO's WMI filter, or its id where the name is not told.
fn filter_name(gpo: &RsopGpo) -> Option<&str> {
    [&gpo.filter_name, &gpo.filter_id].into_iter().flatten().map(String::as_str).find(|text| !text.is_empty())
}

/// Returns the section *WMI Filters*.
pub(super) fn wmi_filters(result: &RsopResult) -> Section {
    let mut table = Table::new(&["Name", "Value", "Reference GPO(s)"]);
    let mut filters: Vec<(&str, Option<bool>)> = Vec::new();
    for gpo in &result.gpos {
        let filter = filter_name(gpo).map(|name| (name, gpo.filter_allowed));
        filters.extend(filter.filter(|filter| !filters.contains(filter)));
    }
    filters.sort_by_key(|(name, _)| name.to_lowercase());
    for filter in filters {
        let value = match filter.1 {
            Some(true) => "True",
            Some(false) => "False",
            None => "Unknown",
        };
        let gpos =
            result.gpos.iter().filter(|gpo| (filter_name(gpo), gpo.filter_allowed) == (Some(filter.0), filter.1));
        let names: Vec<&str> = gpos.map(|gpo| gpo.name.as_str()).collect();
        table.row([filter.0, value, &names.join("\n")]);
    }
    let section = Section::new("WMI Filters").opened();
    if table.rows.is_empty() { section.with(none()) } else { section.with(table) }
}
