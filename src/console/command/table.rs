//! The table of all commands that are offered by name, and what decides whether one can be asked for.
//!
//! One file per subject holds its rows; the table is all of them one after the other. A row says in which menus it stands and
//! in which group there. Rows are shown by group, and within a group in the order of the table. **The tens of the group are
//! its section: a line is drawn between sections.** So a row finds its place without the others being moved.
//!
//! | Action, and the context menu (`console-ui.md` part 4) | group |
//! | --- | --- |
//! | Edit, New…, Create and Link, Add Forest, Show Domains, wizards | 10 |
//! | Link an Existing GPO, Import of a WMI filter, New GPO From Starter GPO | 11 |
//! | ticks: Block Inheritance, Enforced, Link Enabled, GPO Status | 12 |
//! | Group Policy Update, New Organizational Unit | 20 |
//! | Back Up, Back Up All 40; Restore 41; Import Settings, Export 42; Manage Backups 43; cabinets 44; migration tables 45 | 40 – 45 |
//! | reports | 50 |
//! | Copy 60; Paste 61; Delete 62; Rename 63 | 60 – 63 |
//! | Search 70; Change Domain Controller 71; Remove from view 72 | 70 – 72 |
//! | other programs | 80 |
//! | what every node has: Expand and Collapse 90; New Window 91; Refresh 92; Export List 93; Help 94 | 90 – 94 |
//! | Properties | 99 |
//!
//! | Edit | group |
//! | --- | --- |
//! | Undo, Redo | 10 |
//! | Copy, Paste, Delete, Rename | 20 |
//! | Select All | 30 |
//!
//! | View | group | | Window | group |
//! | --- | --- | --- | --- | --- |
//! | Back, Forward, Up | 10 | | New Window from Here | 10 |
//! | Go to Anything, Problems | 20 | | parts of the window that take the focus | 20 |
//! | what is shown of the window | 30 | | windows that are open | 30 |
//! | theme | 40 | | | |
//! | Options | 90 | | | |
//!
//! Rows of different kinds of nodes may bear the same words and keys (Delete, Rename, Edit…): at most one of them may be
//! offered for a node (a test walks every kind of node). A row that works for several selected rows at once says so with
//! [`Row::many`].

mod backup;
mod controller;
mod edit;
mod file;
mod forest;
mod gpo;
mod help;
mod link;
mod migration;
mod node;
mod report;
mod results;
mod rsop;
mod search;
mod som;
mod starter_gpo;
mod update;
mod view;
mod window;
mod wmi_filter;

use egui::{Key, KeyboardShortcut, Modifiers};

use crate::gpm::Gpo;
use crate::ident::{Dn, DnsName, Guid};

use super::super::starter_gpo_window::StarterAction;
use super::super::{ForestId, OpenForest, Place, ReportOf, ReportUse};
use super::{Availability, Command, CommandContext, Menu, Row};

/// All commands that are offered by name, by subject.
const SUBJECTS: &[&[Row]] = &[
    file::ROWS,
    edit::ROWS,
    forest::ROWS,
    som::ROWS,
    update::ROWS,
    controller::ROWS,
    link::ROWS,
    gpo::ROWS,
    wmi_filter::ROWS,
    starter_gpo::ROWS,
    backup::ROWS,
    migration::ROWS,
    report::ROWS,
    rsop::ROWS,
    results::ROWS,
    search::ROWS,
    node::ROWS,
    view::ROWS,
    window::ROWS,
    help::ROWS,
];

/// Returns all commands that are offered by name.
pub fn table() -> impl Iterator<Item = &'static Row> {
    SUBJECTS.iter().copied().flatten()
}

/// Returns the rows of one menu with their groups, in order.
pub fn rows_of_menu(menu: Menu) -> Vec<(u8, &'static Row)> {
    let groups =
        |row: &'static Row| row.menus.iter().filter(move |(of, _)| *of == menu).map(move |(_, group)| (*group, row));
    let mut rows: Vec<_> = table().flat_map(groups).collect();
    rows.sort_by_key(|(group, _)| *group);
    rows
}

/// Returns the row of these words that is offered here, else one that is greyed; none where none makes sense.
pub fn row_offered(text: &str, context: &CommandContext<'_>) -> Option<(&'static Row, Availability)> {
    first_offered(table().filter(|row| row.text == text), context)
}

/// Returns the row with these keys that is offered here, else one that is greyed; none where none makes sense.
pub fn row_of_keys(keys: &KeyboardShortcut, context: &CommandContext<'_>) -> Option<(&'static Row, Availability)> {
    first_offered(table().filter(|row| row.shortcuts.contains(keys)), context)
}

fn first_offered(
    rows: impl Iterator<Item = &'static Row>,
    context: &CommandContext<'_>,
) -> Option<(&'static Row, Availability)> {
    let mut offered: Vec<_> = rows.map(|row| (row, row.offered(context))).collect();
    offered.retain(|(_, availability)| *availability != Availability::Absent);
    let available = offered.iter().position(|(_, availability)| *availability == Availability::Available);
    offered.into_iter().nth(available.unwrap_or_default())
}

/// A row without anything: others name only what they differ in.
const ROW: Row = Row {
    text: "",
    detail: |_| None,
    icon: None,
    shortcuts: &[],
    menus: &[],
    submenu: None,
    many: false,
    availability: |_| Availability::Available,
    radio: false,
    checked: |_| None,
    make: |_| None,
};

/// The GPO that a node speaks of: a GPO, or a link to one.
enum GpoOfNode<'a> {
    None,
    /// There should be one; why there is none.
    Missing(&'static str),
    Some(&'a OpenForest, &'a Gpo),
}

fn gpo_of<'a>(context: &CommandContext<'a>) -> GpoOfNode<'a> {
    let (Some(place @ (Place::Gpo { .. } | Place::Link { .. })), Some(forest)) =
        (context.place(), context.open_forest())
    else {
        return GpoOfNode::None;
    };
    match (forest.gpo(place), place) {
        (Some(gpo), _) => GpoOfNode::Some(forest, gpo),
        (None, Place::Link { .. }) => GpoOfNode::Missing("The link leads to no GPO that could be read."),
        (None, _) => GpoOfNode::Missing("The GPO is gone."),
    }
}

/// Returns the domain and the ids of the GPOs that several nodes speak of; none where they are not all readable GPOs of one domain.
fn gpos_of<'a>(context: &CommandContext<'a>) -> Option<(&'a OpenForest, DnsName, Vec<Guid>)> {
    let forest = context.open_forest()?;
    let gpos: Option<Vec<&Gpo>> = context.nodes().map(|node| forest.gpo(node.place()?)).collect();
    let gpos = gpos?;
    let domain = gpos.first()?.domain.clone();
    let all_alike = gpos.iter().all(|gpo| gpo.domain == domain && !gpo.inaccessible);
    all_alike.then(|| (forest, domain, gpos.iter().map(|gpo| gpo.id).collect()))
}

/// Returns whether something can be done with the starter GPO of the node.
fn starter_availability(context: &CommandContext<'_>, action: fn(Guid) -> StarterAction) -> Availability {
    match (context.place(), context.open_forest()) {
        (Some(Place::StarterGpo { domain, id }), Some(forest)) if forest.starter_gpo(domain, *id).is_none() => {
            Availability::Greyed("The starter GPO is gone.")
        }
        (Some(Place::StarterGpo { id, .. }), _) if action(*id).changes_domain() => needs_writable_forest(context),
        (Some(Place::StarterGpo { .. }), _) => needs_open_forest(context),
        _ => Availability::Absent,
    }
}

/// Returns what is asked for of the starter GPO of the node.
fn starter_command(context: &CommandContext<'_>, action: fn(Guid) -> StarterAction) -> Option<Command> {
    let Some(Place::StarterGpo { domain, id }) = context.place() else { return None };
    Some(Command::ShowStarterGpo(context.node.forest()?, domain.clone(), action(*id)))
}

/// Returns what is asked for of the starter GPOs of the node.
fn starters_command(context: &CommandContext<'_>, action: StarterAction) -> Option<Command> {
    let Some(Place::StarterGpos(domain)) = context.place() else { return None };
    Some(Command::ShowStarterGpo(context.node.forest()?, domain.clone(), action))
}

/// Keys that the toolkit turns into clipboard events; they are carried out while the tree has the focus.
pub const COPY_KEYS: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::C);
/// As [`COPY_KEYS`].
pub const PASTE_KEYS: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::V);
/// Keys of every row that deletes what is selected.
pub const DELETE_KEYS: KeyboardShortcut = KeyboardShortcut::new(Modifiers::NONE, Key::Delete);

fn needs_open_forest(context: &CommandContext<'_>) -> Availability {
    match context.open_forest() {
        Some(_) => Availability::Available,
        None => Availability::Greyed("The forest is not open."),
    }
}

fn needs_writable_forest(context: &CommandContext<'_>) -> Availability {
    match context.open_forest() {
        Some(forest) if forest.info.read_only => Availability::Greyed("The forest is open read-only."),
        _ => needs_open_forest(context),
    }
}

/// Returns the domain or OU of the node, with its domain.
fn container_of(context: &CommandContext<'_>) -> Option<(DnsName, Dn)> {
    match context.place()? {
        Place::Domain(domain) => Some((domain.clone(), domain.to_domain_dn())),
        Place::Ou(dn) => Some((dn.domain()?, dn.clone())),
        _ => None,
    }
}

/// Returns the domain of the node, or the first of its forest.
fn domain_of(context: &CommandContext<'_>) -> Option<(ForestId, DnsName)> {
    let forest = context.forest()?.open()?;
    let of_node = context.place().and_then(Place::domain);
    Some((forest.id, of_node.or_else(|| Some(forest.snapshot.domains.first()?.name.clone()))?))
}

fn report_availability(context: &CommandContext<'_>) -> Availability {
    match (ReportOf::node(context.node, context.shown()), context.node.place()) {
        (Some(_), _) => Availability::Available,
        (None, Some(Place::Link { .. })) => Availability::Greyed("The link leads to no GPO that could be read."),
        (None, Some(Place::Gpo { .. } | Place::StarterGpo { .. })) => Availability::Greyed("The GPO is gone."),
        (None, _) => Availability::Absent,
    }
}

fn use_report(context: &CommandContext<'_>, what: ReportUse) -> Option<Command> {
    ReportOf::node(context.node, context.shown()).map(|of| Command::UseReport(what, of))
}

#[cfg(test)]
mod tests;
