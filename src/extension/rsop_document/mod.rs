//! A resultant set of policy for people, laid out as GPMC does: Summary, then for each side General, Component Status, Settings with the
//! column *Winning GPO*, Group Policy Objects and WMI Filters (`console-ui.md` 9.2, checked against what `gpresult /H` wrote).

mod differences;
mod gpos;
mod settings;
mod summary;

pub use differences::rsop_differences_document;

use crate::report::rsop::{RsopDataType, RsopReport, RsopResult};
use crate::report::{Document, Row, Section, Side, Table};

/// Puts a resultant set of policy together for people.
pub fn rsop_document(report: &RsopReport) -> Document {
    let kind = match report.data_type {
        RsopDataType::Planned => "Group Policy Modeling",
        RsopDataType::Logged | RsopDataType::Other(_) => "Group Policy Results",
    };
    let sides = [(Side::Computer, "Computer Details"), (Side::User, "User Details")];
    let results = sides.into_iter().filter_map(|(side, heading)| Some((side, heading, report.result(side)?)));
    let mut sections = vec![summary::section(report)];
    sections.extend(results.map(|(side, heading, result)| details(result, side, heading)));
    Document {
        title: format!("{kind}: {}", target(report)),
        collected: report.read.map(|time| time.to_local_text()).unwrap_or_default(),
        sections,
    }
}

/// Returns whom the report is about: `DOMAIN\user on DOMAIN\computer`.
fn target(report: &RsopReport) -> String {
    let name = |result: &RsopResult| match result.name.trim_end_matches('$') {
        "" => result.som.clone(),
        name => name.to_owned(),
    };
    match (&report.user, &report.computer) {
        (Some(user), Some(computer)) => format!("{} on {}", name(user), name(computer)),
        (Some(only), None) | (None, Some(only)) => name(only),
        (None, None) => "nobody".to_owned(),
    }
}

fn details(result: &RsopResult, side: Side, heading: &str) -> Section {
    Section::new(heading)
        .opened()
        .with(general(result, side))
        .with(summary::component_status(result))
        .with(settings::section(result, side))
        .with(gpos::section(result, side))
        .with(gpos::wmi_filters(result))
}

fn general(result: &RsopResult, side: Side) -> Section {
    let mut table = Table::properties();
    let name = match side {
        Side::Computer => ("Computer name", result.name.trim_end_matches('$')),
        Side::User => ("User name", result.name.as_str()),
    };
    for (label, value) in
        [name, ("Domain", &result.domain), ("Site", &result.site), ("Organizational Unit", &result.som)]
    {
        if !value.is_empty() {
            table.row([label, value]);
        }
    }
    if let Some(is_slow) = result.slow_link {
        table.row(["Slow link", if is_slow { "Yes" } else { "No" }]);
    }
    let mut groups = Section::new("Security Group Membership");
    if result.security_groups.is_empty() {
        groups = groups.with(none());
    } else {
        let mut table = Table::new(&["Group", "SID"]);
        for group in &result.security_groups {
            let sid = group.sid.as_ref().map(ToString::to_string).unwrap_or_default();
            let name = if group.name.is_empty() { sid.clone() } else { group.name.clone() };
            table.push(Row::new([name, sid]));
        }
        groups = groups.with(table);
    }
    Section::new("General").opened().with(table).with(groups).with(searched(result))
}

fn searched(result: &RsopResult) -> Section {
    let mut soms: Vec<_> = result.searched_soms.iter().collect();
    soms.sort_by(|one, other| (one.order, &one.path).cmp(&(other.order, &other.path)));
    let mut table = Table::new(&["Location", "Type", "Blocks Inheritance", "Blocked", "Reason"]);
    let yes = |value: bool| if value { "Yes" } else { "No" };
    for som in soms {
        let reason = if result.is_leftover(som) { "Left from an earlier run" } else { &som.reason };
        table.row([&*som.path, &*som.kind, yes(som.blocks_inheritance), yes(som.blocked), reason]);
    }
    let section = Section::new("Searched Locations");
    if table.rows.is_empty() { section.with(none()) } else { section.with(table) }
}

fn none() -> crate::report::Block {
    crate::report::Block::Text("None".to_owned())
}
