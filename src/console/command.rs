//! Everything a person can ask of the console, and the one table that says how it is offered.
//!
//! Views draw and push a [`Command`]; the application carries commands out between frames. A command that stands in a menu,
//! on the toolbar or in the palette is a row of [`TABLE`]: its words, picture, keys, where it applies and why it is greyed.
//! A new command is a variant, a row and an arm in `App::carry_out`.

use std::path::PathBuf;
use std::sync::Arc;

use egui::{Key, KeyboardShortcut, Modifiers, ThemePreference};

use crate::gpm::{Backup, Gpo};
use crate::ident::{DnsName, Guid};
use crate::report::ReportFormat;
use crate::store::{ConnectOptions, ConnectTarget, Credentials};

use super::migration_table::SavedTable;
use super::starter_gpo_window::StarterAction;
use super::{
    BackUpOf, Detail, FileId, ForestEntry, ForestId, ForestState, Icon, Node, OpenForest, OpenedFile, Place, ReportOf,
    ReportUse, ReportsOf, Shown, ShownReport,
};

/// Something a person, or a view on their behalf, asks for.
#[derive(Clone)]
pub enum Command {
    /// Open the dialog that adds a forest.
    ShowConnect,
    /// Add a forest: connect and read it in the background.
    AddForest(Box<ConnectRequest>),
    /// Connect again to a forest that could not be opened.
    Retry(ForestId),
    /// Take a forest out of the view; nothing in the directory changes.
    RemoveForest(ForestId),
    /// Select a node, open the tree down to it and bring it into view.
    Select(Node),
    /// Open everything below a node.
    ExpandAll(Node),
    /// Close everything below a node.
    CollapseAll(Node),
    /// Go to the node selected before.
    Back,
    /// Go to the node selected after, having gone back.
    Forward,
    /// Go to the node above.
    Up,
    /// Read the forest of the selected node anew.
    Refresh(ForestId),
    /// Fetch something the snapshot does not hold.
    Fetch(ForestId, Detail),
    /// Open the dialog that opens a report or a folder of backups.
    ShowOpenFile,
    /// Open a report or a folder of backups and show it in the tree.
    OpenPath(PathBuf),
    /// Read a file or folder that was opened anew.
    ReopenFile(FileId),
    /// Take a file or folder out of the view; nothing on disk changes.
    CloseFile(FileId),
    /// Open the dialog that says where administrative templates are taken from.
    ShowTemplateFolder,
    /// Take the administrative templates that no domain has from this folder; none: from this machine.
    SetTemplateFolder(Option<PathBuf>),
    /// Make a report.
    FetchReport(ReportOf),
    /// Make a report that could not be made.
    RetryReport(ReportOf),
    /// Do something with a report as soon as it is there.
    UseReport(ReportUse, ReportOf),
    /// Open the dialog that writes the reports of many.
    ShowReportMany(ReportsOf),
    /// Write a report to a file.
    WriteReport {
        /// The report.
        report: Arc<ShownReport>,
        /// The file.
        path: PathBuf,
        /// Its form.
        format: ReportFormat,
        /// Whether HTML is written as Microsoft writes it.
        microsoft_markup: bool,
    },
    /// Write the reports of many to a folder.
    WriteReports {
        /// Of what.
        of: ReportsOf,
        /// The folder.
        folder: PathBuf,
        /// The form of the files.
        format: ReportFormat,
    },
    /// Open the dialog that backs up GPOs.
    ShowBackUp(ForestId, BackUpOf),
    /// Open the dialog for starter GPOs of a domain.
    ShowStarterGpo(ForestId, DnsName, StarterAction),
    /// Open the wizard that imports settings into a GPO of a domain.
    ShowImport(ForestId, DnsName, Guid),
    /// Open the wizard that restores a GPO of a domain.
    ShowRestore(ForestId, DnsName, Guid),
    /// Open the window that manages backups: of a domain, or of all domains of a forest.
    ShowManageBackups(ForestId, Option<DnsName>),
    /// Show the settings of a backup in the browser.
    ViewBackup(Box<Backup>),
    /// Remember a folder of backups among those used last.
    RememberFolder(PathBuf),
    /// Remember a migration table among those used last.
    RememberTable(PathBuf),
    /// Tell something in the status bar.
    Tell(String),
    /// Remember the GPO of a node, to be pasted.
    CopyGpo(Node),
    /// Copy the GPO remembered into the domain of a node: opens the dialog, or the wizard for another domain.
    PasteGpo(Node),
    /// Copy the GPO of the first node into the domain of the second: it was dragged there.
    DropGpo(Node, Node),
    /// Read the forest of a node anew and select the node then: an operation changed it.
    ShowChanged(Node),
    /// Open the Migration Table Editor, for a table of this domain.
    ShowMigrationTable(Option<(ForestId, DnsName)>),
    /// Open the Migration Table Editor over a wizard.
    EditMigrationTable {
        /// The domain that the table is for.
        target: (ForestId, DnsName),
        /// The table; none for a new one.
        path: Option<PathBuf>,
        /// Where the editor leaves the path it was saved under.
        saved: SavedTable,
    },
    /// Open the palette: commands, and everything that has a name.
    ShowPalette,
    /// Open the list of what could not be read or looks wrong.
    ShowProblems,
    /// Open the list of keys.
    ShowShortcuts,
    /// Open the dialog that tells what this program is.
    ShowAbout,
    /// Choose light, dark, or what the system says.
    SetTheme(ThemePreference),
    /// Put text on the clipboard.
    CopyText(String),
    /// Move the focus to the scope tree.
    FocusTree,
    /// Move the focus to the result pane.
    FocusResult,
    /// Close the program.
    Quit,
}

/// Which forest to add, and as whom.
#[derive(Clone, Debug, Default)]
pub struct ConnectRequest {
    /// What to open; the demo forest where nothing is said.
    pub target: Option<ConnectTarget>,
    /// As whom.
    pub credentials: Credentials,
    /// How.
    pub options: ConnectOptions,
}

/// A menu of the menu bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Menu {
    /// Forests, and leaving.
    File,
    /// What can be done with the selected node; its context menu is the same.
    Action,
    /// Ways to look.
    View,
    /// Help.
    Help,
}

/// How a command is offered.
pub struct Row {
    /// Its words; an ellipsis where a dialog follows.
    pub text: &'static str,
    /// Its picture, where it has one.
    pub icon: Option<Icon>,
    /// The keys that ask for it; the first is shown.
    pub shortcuts: &'static [KeyboardShortcut],
    /// The menu it stands in, and the group within: a line is drawn between groups.
    pub menu: (Menu, u8),
    /// Whether it stands on the toolbar.
    pub on_toolbar: bool,
    /// Whether it can be asked for now.
    pub availability: fn(&CommandContext<'_>) -> Availability,
    /// Whether it is ticked; none for what is not a choice.
    pub checked: fn(&CommandContext<'_>) -> Option<bool>,
    /// What it asks for in this situation.
    pub make: fn(&CommandContext<'_>) -> Option<Command>,
}

/// Whether a command can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Availability {
    /// It can.
    Available,
    /// It has a place here but cannot be asked for now; why.
    Greyed(&'static str),
    /// It makes no sense here and is not shown.
    Absent,
}

/// What the table looks at to say how a command is offered.
pub struct CommandContext<'a> {
    /// The forests in the view.
    pub forests: &'a [ForestEntry],
    /// What was opened from disk.
    pub files: &'a [OpenedFile],
    /// The node it would act on.
    pub node: &'a Node,
    /// The node of the GPO that was copied last, to be pasted.
    pub copied: Option<&'a Node>,
    /// Whether there is a node to go back to.
    pub can_go_back: bool,
    /// Whether there is a node to go forward to.
    pub can_go_forward: bool,
    /// The theme chosen.
    pub theme: ThemePreference,
}

impl<'a> CommandContext<'a> {
    /// Returns everything that stands in the scope tree.
    pub fn shown(&self) -> Shown<'a> {
        Shown { forests: self.forests, files: self.files }
    }

    /// Returns the forest the node lies in.
    pub fn forest(&self) -> Option<&'a ForestEntry> {
        let id = self.node.forest()?;
        self.forests.iter().find(|entry| entry.id == id)
    }

    /// Returns the forest the node lies in, if it is open.
    fn open_forest(&self) -> Option<&'a OpenForest> {
        self.forest().and_then(ForestEntry::open)
    }

    /// Returns the place of the node in its forest.
    fn place(&self) -> Option<&'a Place> {
        self.node.place()
    }

    fn is_forest_node(&self) -> bool {
        matches!(self.node, Node::In(_, Place::Forest))
    }

    fn is_container(&self) -> bool {
        let is_leaf = matches!(
            self.node.place(),
            Some(Place::Link { .. } | Place::Gpo { .. } | Place::WmiFilter { .. } | Place::StarterGpo { .. })
        );
        !is_leaf && !matches!(self.node, Node::InFile(..))
    }
}

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
