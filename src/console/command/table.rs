//! The table of all commands that are offered by name, and what decides whether one can be asked for.

use egui::{Key, KeyboardShortcut, Modifiers, ThemePreference};

use crate::gpm::Gpo;
use crate::ident::{DnsName, Guid};
use crate::store::ConnectTarget;

use super::super::starter_gpo_window::StarterAction;
use super::super::{
    BackUpOf, ForestEntry, ForestId, ForestState, Icon, Node, OpenForest, Place, ReportOf, ReportUse, ReportsOf,
};
use super::{Availability, Command, CommandContext, ConnectRequest, Menu, Row};

/// All commands that are offered by name, in the order of the menus.
pub const TABLE: &[Row] = &[
    Row {
        text: "Add Forest…",
        icon: Some(Icon::Connect),
        shortcuts: &[KeyboardShortcut::new(Modifiers::COMMAND, Key::O)],
        menu: (Menu::File, 0),
        on_toolbar: true,
        make: |_| Some(Command::ShowConnect),
        ..ROW
    },
    Row {
        text: "Add Demo Forest",
        icon: Some(Icon::Forest),
        menu: (Menu::File, 0),
        availability: |context| {
            let open = context.forests.iter().any(|entry| entry.target == ConnectTarget::Demo);
            if open { Availability::Greyed("The demo forest is in the view already.") } else { Availability::Available }
        },
        make: |_| {
            Some(Command::AddForest(Box::new(ConnectRequest {
                target: Some(ConnectTarget::Demo),
                ..ConnectRequest::default()
            })))
        },
        ..ROW
    },
    Row {
        text: "Open Report or Backup…",
        icon: Some(Icon::Folder),
        shortcuts: &[KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::O)],
        menu: (Menu::File, 1),
        make: |_| Some(Command::ShowOpenFile),
        ..ROW
    },
    Row {
        text: "Administrative Templates…",
        menu: (Menu::File, 1),
        make: |_| Some(Command::ShowTemplateFolder),
        ..ROW
    },
    Row {
        text: "Quit",
        shortcuts: &[KeyboardShortcut::new(Modifiers::COMMAND, Key::Q)],
        menu: (Menu::File, 9),
        make: |_| Some(Command::Quit),
        ..ROW
    },
    Row {
        text: "Refresh",
        icon: Some(Icon::Refresh),
        shortcuts: &[
            KeyboardShortcut::new(Modifiers::NONE, Key::F5),
            KeyboardShortcut::new(Modifiers::COMMAND, Key::R),
        ],
        menu: (Menu::Action, 0),
        on_toolbar: true,
        availability: |context| match context.forest().map(|entry| &entry.state) {
            None if context.node.file().is_some() => Availability::Available,
            None => Availability::Greyed("Select a node of a forest first."),
            Some(ForestState::Loading(_)) => Availability::Greyed("The forest is being read."),
            Some(ForestState::Failed(_)) => Availability::Greyed("The forest is not open: use Connect Again."),
            Some(ForestState::Open(_)) => Availability::Available,
        },
        make: |context| {
            let file = || context.node.file().map(Command::ReopenFile);
            context.node.forest().map(Command::Refresh).or_else(file)
        },
        ..ROW
    },
    Row {
        text: "Connect Again",
        icon: Some(Icon::Connect),
        menu: (Menu::Action, 0),
        availability: |context| match context.forest().map(|entry| &entry.state) {
            Some(ForestState::Failed(_)) => Availability::Available,
            _ => Availability::Absent,
        },
        make: |context| context.node.forest().map(Command::Retry),
        ..ROW
    },
    Row {
        text: "Back Up…",
        menu: (Menu::Action, 1),
        availability: |context| match gpo_of(context) {
            GpoOfNode::None => starter_availability(context, StarterAction::BackUp),
            GpoOfNode::Missing(why) => Availability::Greyed(why),
            GpoOfNode::Some(_, gpo) if gpo.inaccessible => Availability::Greyed("You may not read this GPO."),
            GpoOfNode::Some(..) => Availability::Available,
        },
        make: |context| match gpo_of(context) {
            GpoOfNode::None => starter_command(context, StarterAction::BackUp),
            GpoOfNode::Some(forest, gpo) => {
                Some(Command::ShowBackUp(forest.id, BackUpOf::Gpos(gpo.domain.clone(), vec![gpo.id])))
            }
            GpoOfNode::Missing(_) => None,
        },
        ..ROW
    },
    Row {
        text: "Restore from Backup…",
        menu: (Menu::Action, 1),
        availability: |context| match gpo_of(context) {
            GpoOfNode::None if matches!(context.place(), Some(Place::StarterGpos(_))) => needs_writable_forest(context),
            GpoOfNode::None => starter_availability(context, StarterAction::Restore),
            GpoOfNode::Missing(why) => Availability::Greyed(why),
            GpoOfNode::Some(..) => needs_writable_forest(context),
        },
        make: |context| match gpo_of(context) {
            GpoOfNode::None => starter_command(context, StarterAction::Restore)
                .or_else(|| starters_command(context, StarterAction::RestoreAny)),
            GpoOfNode::Some(forest, gpo) => Some(Command::ShowRestore(forest.id, gpo.domain.clone(), gpo.id)),
            GpoOfNode::Missing(_) => None,
        },
        ..ROW
    },
    Row {
        text: "Copy Starter GPO…",
        menu: (Menu::Action, 1),
        availability: |context| starter_availability(context, StarterAction::Copy),
        make: |context| starter_command(context, StarterAction::Copy),
        ..ROW
    },
    Row {
        text: "Delete Starter GPO…",
        menu: (Menu::Action, 1),
        availability: |context| starter_availability(context, StarterAction::Delete),
        make: |context| starter_command(context, StarterAction::Delete),
        ..ROW
    },
    Row {
        text: "Save as Cabinet…",
        menu: (Menu::Action, 1),
        availability: |context| starter_availability(context, StarterAction::SaveCabinet),
        make: |context| starter_command(context, StarterAction::SaveCabinet),
        ..ROW
    },
    Row {
        text: "Load Cabinet…",
        menu: (Menu::Action, 1),
        availability: |context| match context.place() {
            Some(Place::StarterGpos(_)) => needs_writable_forest(context),
            _ => Availability::Absent,
        },
        make: |context| starters_command(context, StarterAction::LoadCabinet),
        ..ROW
    },
    Row {
        text: "Import Settings…",
        menu: (Menu::Action, 1),
        availability: |context| match gpo_of(context) {
            GpoOfNode::None => Availability::Absent,
            GpoOfNode::Missing(why) => Availability::Greyed(why),
            GpoOfNode::Some(..) => needs_writable_forest(context),
        },
        make: |context| match gpo_of(context) {
            GpoOfNode::Some(forest, gpo) => Some(Command::ShowImport(forest.id, gpo.domain.clone(), gpo.id)),
            GpoOfNode::None | GpoOfNode::Missing(_) => None,
        },
        ..ROW
    },
    Row {
        text: "Back Up All…",
        menu: (Menu::Action, 1),
        availability: |context| match context.place() {
            Some(Place::Gpos(domain)) => {
                match context.open_forest().and_then(|forest| forest.snapshot.domain(domain)) {
                    Some(domain) if !domain.gpos.is_empty() => Availability::Available,
                    _ => Availability::Greyed("The domain has no GPO that could be read."),
                }
            }
            Some(Place::StarterGpos(domain)) => match context.open_forest() {
                Some(forest) if !forest.starter_gpos(domain).is_empty() => Availability::Available,
                _ => Availability::Greyed("The domain has no starter GPO that could be read."),
            },
            _ => Availability::Absent,
        },
        make: |context| match (context.node.forest(), context.place()) {
            (Some(forest), Some(Place::Gpos(domain))) => {
                Some(Command::ShowBackUp(forest, BackUpOf::All(domain.clone())))
            }
            _ => starters_command(context, StarterAction::BackUpAll),
        },
        ..ROW
    },
    Row {
        text: "Manage Backups…",
        menu: (Menu::Action, 1),
        availability: |context| match context.place() {
            Some(Place::Domains | Place::Gpos(_)) => needs_open_forest(context),
            _ => Availability::Absent,
        },
        make: |context| {
            let domain = context.place().and_then(Place::domain);
            context.node.forest().map(|forest| Command::ShowManageBackups(forest, domain))
        },
        ..ROW
    },
    Row {
        text: "Save Report…",
        shortcuts: &[KeyboardShortcut::new(Modifiers::COMMAND, Key::S)],
        menu: (Menu::Action, 2),
        availability: report_availability,
        make: |context| use_report(context, ReportUse::Save),
        ..ROW
    },
    Row {
        text: "View Report in Browser",
        menu: (Menu::Action, 2),
        availability: report_availability,
        make: |context| use_report(context, ReportUse::Browse),
        ..ROW
    },
    Row {
        text: "Print Report…",
        shortcuts: &[KeyboardShortcut::new(Modifiers::COMMAND, Key::P)],
        menu: (Menu::Action, 2),
        availability: report_availability,
        make: |context| use_report(context, ReportUse::Print),
        ..ROW
    },
    Row {
        text: "Report All to Folder…",
        menu: (Menu::Action, 2),
        availability: |context| match ReportsOf::node(context.node, context.shown()) {
            Some(ReportsOf::Domain(_, domain)) => {
                let open = context.forest().and_then(ForestEntry::open);
                let gpos =
                    open.and_then(|forest| forest.snapshot.domain(&domain)).map_or(0, |domain| domain.gpos.len());
                if gpos > 0 {
                    Availability::Available
                } else {
                    Availability::Greyed("The domain has no GPO that could be read.")
                }
            }
            Some(ReportsOf::File(_)) => Availability::Available,
            None => Availability::Absent,
        },
        make: |context| ReportsOf::node(context.node, context.shown()).map(Command::ShowReportMany),
        ..ROW
    },
    Row {
        text: "Copy",
        icon: Some(Icon::Copy),
        shortcuts: &[COPY_KEYS],
        menu: (Menu::Action, 1),
        availability: |context| match gpo_of(context) {
            GpoOfNode::None => Availability::Absent,
            GpoOfNode::Missing(why) => Availability::Greyed(why),
            GpoOfNode::Some(_, gpo) if gpo.inaccessible => Availability::Greyed("You may not read this GPO."),
            GpoOfNode::Some(..) => Availability::Available,
        },
        make: |context| Some(Command::CopyGpo(context.node.clone())),
        ..ROW
    },
    Row {
        text: "Paste",
        shortcuts: &[PASTE_KEYS],
        menu: (Menu::Action, 1),
        availability: |context| match (context.node.place(), context.copied) {
            (Some(Place::Gpos(_)), None) => Availability::Greyed("Copy a GPO first."),
            (Some(Place::Gpos(_)), Some(_)) => needs_writable_forest(context),
            _ => Availability::Absent,
        },
        make: |context| Some(Command::PasteGpo(context.node.clone())),
        ..ROW
    },
    Row {
        text: "Open Migration Table Editor",
        menu: (Menu::Action, 1),
        availability: |context| match context.place() {
            Some(Place::Domains | Place::Gpos(_)) => needs_open_forest(context),
            _ => Availability::Absent,
        },
        make: |context| Some(Command::ShowMigrationTable(domain_of(context))),
        ..ROW
    },
    Row {
        text: "Expand All",
        menu: (Menu::Action, 3),
        availability: |context| if context.is_container() { Availability::Available } else { Availability::Absent },
        make: |context| Some(Command::ExpandAll(context.node.clone())),
        ..ROW
    },
    Row {
        text: "Collapse All",
        menu: (Menu::Action, 3),
        availability: |context| if context.is_container() { Availability::Available } else { Availability::Absent },
        make: |context| Some(Command::CollapseAll(context.node.clone())),
        ..ROW
    },
    Row {
        text: "Remove Forest from View",
        menu: (Menu::Action, 4),
        availability: |context| if context.is_forest_node() { Availability::Available } else { Availability::Absent },
        make: |context| context.node.forest().map(Command::RemoveForest),
        ..ROW
    },
    Row {
        text: "Remove File from View",
        menu: (Menu::Action, 4),
        availability: |context| match context.node {
            Node::File(_) => Availability::Available,
            _ => Availability::Absent,
        },
        make: |context| context.node.file().map(Command::CloseFile),
        ..ROW
    },
    Row {
        text: "Back",
        icon: Some(Icon::Back),
        shortcuts: &[KeyboardShortcut::new(Modifiers::ALT, Key::ArrowLeft)],
        menu: (Menu::View, 0),
        on_toolbar: true,
        availability: |context| {
            if context.can_go_back {
                Availability::Available
            } else {
                Availability::Greyed("There is no earlier node.")
            }
        },
        make: |_| Some(Command::Back),
        ..ROW
    },
    Row {
        text: "Forward",
        icon: Some(Icon::Forward),
        shortcuts: &[KeyboardShortcut::new(Modifiers::ALT, Key::ArrowRight)],
        menu: (Menu::View, 0),
        on_toolbar: true,
        availability: |context| {
            if context.can_go_forward {
                Availability::Available
            } else {
                Availability::Greyed("There is no later node.")
            }
        },
        make: |_| Some(Command::Forward),
        ..ROW
    },
    Row {
        text: "Up One Level",
        icon: Some(Icon::Up),
        shortcuts: &[KeyboardShortcut::new(Modifiers::ALT, Key::ArrowUp)],
        menu: (Menu::View, 0),
        on_toolbar: true,
        availability: |context| match context.node {
            Node::Root => Availability::Greyed("This is the top."),
            _ => Availability::Available,
        },
        make: |_| Some(Command::Up),
        ..ROW
    },
    Row {
        text: "Go to Anything…",
        icon: Some(Icon::Search),
        shortcuts: &[KeyboardShortcut::new(Modifiers::COMMAND, Key::K)],
        menu: (Menu::View, 1),
        on_toolbar: true,
        make: |_| Some(Command::ShowPalette),
        ..ROW
    },
    Row {
        text: "Problems…",
        icon: Some(Icon::Warning),
        menu: (Menu::View, 1),
        make: |_| Some(Command::ShowProblems),
        ..ROW
    },
    Row {
        text: "Focus Scope Tree",
        shortcuts: &[KeyboardShortcut::new(Modifiers::COMMAND, Key::Num1)],
        menu: (Menu::View, 2),
        make: |_| Some(Command::FocusTree),
        ..ROW
    },
    Row {
        text: "Focus Result Pane",
        shortcuts: &[KeyboardShortcut::new(Modifiers::COMMAND, Key::Num2)],
        menu: (Menu::View, 2),
        make: |_| Some(Command::FocusResult),
        ..ROW
    },
    Row {
        text: "Follow System Theme",
        menu: (Menu::View, 3),
        checked: |context| Some(context.theme == ThemePreference::System),
        make: |_| Some(Command::SetTheme(ThemePreference::System)),
        ..ROW
    },
    Row {
        text: "Light Theme",
        menu: (Menu::View, 3),
        checked: |context| Some(context.theme == ThemePreference::Light),
        make: |_| Some(Command::SetTheme(ThemePreference::Light)),
        ..ROW
    },
    Row {
        text: "Dark Theme",
        menu: (Menu::View, 3),
        checked: |context| Some(context.theme == ThemePreference::Dark),
        make: |_| Some(Command::SetTheme(ThemePreference::Dark)),
        ..ROW
    },
    Row {
        text: "Keyboard Shortcuts",
        icon: Some(Icon::Help),
        shortcuts: &[KeyboardShortcut::new(Modifiers::NONE, Key::F1)],
        menu: (Menu::Help, 0),
        make: |_| Some(Command::ShowShortcuts),
        ..ROW
    },
    Row {
        text: "About OpenGPMC",
        icon: Some(Icon::Info),
        menu: (Menu::Help, 1),
        make: |_| Some(Command::ShowAbout),
        ..ROW
    },
];

/// Returns the rows of one menu, in order.
pub fn rows_of_menu(menu: Menu) -> impl Iterator<Item = &'static Row> {
    TABLE.iter().filter(move |row| row.menu.0 == menu)
}

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

/// Keys that the toolkit turns into clipboard events; the tree carries them out while it has the focus.
pub const COPY_KEYS: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::C);
/// As [`COPY_KEYS`].
pub const PASTE_KEYS: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::V);

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

const ROW: Row = Row {
    text: "",
    icon: None,
    shortcuts: &[],
    menu: (Menu::Action, 0),
    on_toolbar: false,
    availability: |_| Availability::Available,
    checked: |_| None,
    make: |_| None,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_commands_share_keys_or_words() {
        let mut words = std::collections::HashSet::new();
        let mut keys = std::collections::HashSet::new();
        for row in TABLE {
            assert!(!row.text.is_empty() && words.insert(row.text), "{}", row.text);
            for shortcut in row.shortcuts {
                assert!(keys.insert(format!("{shortcut:?}")), "{}", row.text);
            }
        }
    }

    #[test]
    fn what_is_available_asks_for_something() {
        let node = Node::In(ForestId(1), Place::Forest);
        let context = CommandContext {
            forests: &[],
            files: &[],
            node: &node,
            copied: None,
            can_go_back: false,
            can_go_forward: false,
            theme: ThemePreference::System,
        };
        for row in TABLE {
            if (row.availability)(&context) == Availability::Available {
                assert!((row.make)(&context).is_some(), "{}", row.text);
            }
        }
    }
}
