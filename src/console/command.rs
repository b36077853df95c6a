//! Everything a person can ask of the console, and the one table that says how it is offered.
//!
//! Views draw and push a [`Command`]; the application carries commands out between frames. A command that stands in a menu,
//! on the toolbar, in the Actions pane or in the palette is a row of the [`table`]: its words, picture, keys, where it applies
//! and why it is greyed. A new command is a variant, a row in the file of its subject and an arm in `App::carry_out`.

mod table;

use std::path::PathBuf;
use std::sync::Arc;

use egui::{KeyboardShortcut, ThemePreference};

use crate::gpm::{Backup, Touched};
use crate::ident::{DnsName, Guid};
use crate::operation::edit::{Edit, UndoEntry};
use crate::report::ReportFormat;
use crate::store::{ConnectOptions, ConnectTarget, ControllerChoice, Credentials};

use super::change_controller::ControllerOf;
use super::migration_table::SavedTable;
use super::starter_gpo_window::StarterAction;
use super::stored_query::QueryAction;
use super::tree::Dropping;
use super::window::WindowFactory;
use super::{
    BackUpOf, Detail, FileId, ForestEntry, ForestId, ForestView, Icon, Node, OpenForest, OpenedFile, Options, Place,
    ReportOf, ReportUse, ReportsOf, ShowList, Shown, ShownReport, StatusAction, StatusOf,
};

pub use table::{COPY_KEYS, DELETE_KEYS, PASTE_KEYS, row_of_keys, row_offered, rows_of_menu, table};

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
    /// Gather the status of domain controllers, stop that, or choose their baseline.
    Status(ForestId, StatusOf, StatusAction),
    /// Another domain controller is in use: remember the choice and read the forest anew.
    ControllerChanged {
        /// The forest.
        forest: ForestId,
        /// What it is used for.
        of: ControllerOf,
        /// Where it was looked for.
        domain: DnsName,
        /// What was chosen.
        choice: ControllerChoice,
    },
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
    /// Make the scope tree so many points wider; less than zero for narrower.
    ResizeTree(f32),
    /// Read the starter GPOs of a domain again, which could not be read.
    RetryStarterGpos(ForestId, DnsName),
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
    /// Remember nodes, to be pasted.
    CopyNodes(Vec<Node>),
    /// Do with what was copied last, and a node, what dragging it there would do.
    Paste(Node),
    /// Copy the GPO of the first node into the domain of the second: opens the dialog, or the wizard for another domain.
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
    /// Open a window over everything that is open.
    Open(WindowFactory),
    /// Carry out an edit of a forest.
    Edit(ForestId, Arc<dyn Edit>),
    /// Carry out an edit of a forest and select a node when it is done.
    EditAndSelect(ForestId, Arc<dyn Edit>, Node),
    /// Carry out several edits of a forest; one undo takes all of them back.
    EditMany(ForestId, String, Vec<Arc<dyn Edit>>),
    /// Carry out an edit, or several, without showing the impact first: it was seen.
    WithoutPreview(Box<Command>),
    /// Show the impact of changes before they are made, or do not.
    TogglePreview,
    /// Take back something that was done in a forest, or do it again: an entry of the journal, and its title.
    Undo(ForestId, Guid, String),
    /// Read anew what a change of a forest touched, and select a node then.
    Changed(ForestId, Vec<Touched>, Option<Node>),
    /// Do something with stored queries of a forest.
    Query(ForestId, QueryAction),
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
    /// Open the list of the domains or sites of a forest, to choose those shown.
    ShowListOf(ForestId, ShowList),
    /// Show other domains and sites of a forest.
    SetForestView(ForestId, ForestView),
    /// Take a domain out of the view; nothing in the directory changes.
    HideDomain(ForestId, DnsName),
    /// Open the options.
    ShowOptions,
    /// Change the options.
    SetOptions(Box<Options>),
    /// Do not tell any more that a link was selected and not a GPO.
    SilenceLinkNotice,
    /// Let the name of a node be edited in the tree.
    BeginRename(Node),
    /// Give a node another name.
    Rename(Node, String),
    /// Open the sheet of properties of a node.
    ShowProperties(Node),
    /// Write the list in view to a file.
    ExportList,
    /// Show or hide the scope tree.
    ToggleTree,
    /// Show or hide the Actions pane.
    ToggleActions,
    /// Put text on the clipboard.
    CopyText(String),
    /// Move the focus to the scope tree.
    FocusTree,
    /// Move the focus to the result pane.
    FocusResult,
    /// Move the focus to the Actions pane.
    FocusActions,
    /// Close the program.
    Quit,
}

impl Command {
    /// Returns the command that carries out edits: one by itself, several as one change to be undone at once.
    pub fn edit_all(forest: ForestId, title: String, mut edits: Vec<Arc<dyn Edit>>) -> Command {
        match (edits.pop(), edits.is_empty()) {
            (Some(only), true) => Command::Edit(forest, only),
            (last, _) => {
                edits.extend(last);
                Command::EditMany(forest, title, edits)
            }
        }
    }
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
    /// What is undone, and what acts on whatever is selected.
    Edit,
    /// What can be done with the selected node; its context menu is the same.
    Action,
    /// Ways to look.
    View,
    /// Windows, and the parts of this one.
    Window,
    /// Help.
    Help,
}

impl Menu {
    /// All menus, from left to right.
    pub const ALL: [Menu; 6] = [Menu::File, Menu::Edit, Menu::Action, Menu::View, Menu::Window, Menu::Help];
}

/// How a command is offered.
pub struct Row {
    /// Its words; an ellipsis where a dialog follows.
    pub text: &'static str,
    /// What it would act on, in words; shown behind its own.
    pub detail: fn(&CommandContext<'_>) -> Option<String>,
    /// Its picture, where it has one.
    pub icon: Option<Icon>,
    /// The keys that ask for it; the first is shown.
    pub shortcuts: &'static [KeyboardShortcut],
    /// The menus it stands in, each with the group there: a line is drawn where the tens of the group change.
    pub menus: &'static [(Menu, u8)],
    /// The menu within the menu that it stands in, with others that follow it; none for the menu itself.
    pub submenu: Option<&'static str>,
    /// Whether it works for several selected rows at once ([`CommandContext::nodes`]).
    pub many: bool,
    /// Whether it can be asked for now.
    pub availability: fn(&CommandContext<'_>) -> Availability,
    /// Whether choosing it takes the tick from others of its group.
    pub radio: bool,
    /// Whether it is ticked; none for what is not a choice.
    pub checked: fn(&CommandContext<'_>) -> Option<bool>,
    /// What it asks for in this situation.
    pub make: fn(&CommandContext<'_>) -> Option<Command>,
}

impl Row {
    /// Tells whether it can be asked for now.
    pub fn offered(&self, context: &CommandContext<'_>) -> Availability {
        if context.more.is_empty() || self.many { (self.availability)(context) } else { Availability::Absent }
    }
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
#[derive(Clone, Copy)]
pub struct CommandContext<'a> {
    /// The forests in the view.
    pub forests: &'a [ForestEntry],
    /// What was opened from disk.
    pub files: &'a [OpenedFile],
    /// The node it would act on.
    pub node: &'a Node,
    /// The other nodes it would act on, where several rows of a list are selected.
    pub more: &'a [Node],
    /// What else it depends on.
    pub situation: &'a Situation,
}

/// What commands depend on besides nodes.
#[derive(Clone, Debug)]
pub struct Situation {
    /// The nodes that were copied last, to be pasted.
    pub copied: Vec<Node>,
    /// What Undo takes back, and in which forest.
    pub undo: Option<(ForestId, UndoEntry)>,
    /// What Redo does again, and in which forest.
    pub redo: Option<(ForestId, UndoEntry)>,
    /// Whether there is a node to go back to.
    pub can_go_back: bool,
    /// Whether there is a node to go forward to.
    pub can_go_forward: bool,
    /// The theme chosen.
    pub theme: ThemePreference,
    /// Whether the scope tree is shown.
    pub tree_shown: bool,
    /// Whether the Actions pane is shown.
    pub actions_shown: bool,
    /// Whether there is a list in the result pane.
    pub has_list: bool,
    /// Whether it is told that a link was selected and not a GPO.
    pub link_notice: bool,
    /// Whether the impact of a change is shown before it is made.
    pub preview_impact: bool,
}

impl Default for Situation {
    fn default() -> Self {
        Situation {
            copied: Vec::new(),
            undo: None,
            redo: None,
            can_go_back: false,
            can_go_forward: false,
            theme: ThemePreference::System,
            tree_shown: true,
            actions_shown: false,
            has_list: false,
            link_notice: true,
            preview_impact: false,
        }
    }
}

impl<'a> CommandContext<'a> {
    /// Returns everything that stands in the scope tree.
    pub fn shown(&self) -> Shown<'a> {
        Shown { forests: self.forests, files: self.files }
    }

    /// Returns all nodes it would act on, in the order of their list.
    pub fn nodes(&self) -> impl Iterator<Item = &'a Node> {
        std::iter::once(self.node).chain(self.more)
    }

    /// Returns what pasting on the node would do.
    pub fn pasting(&self) -> Dropping<'a> {
        Dropping { shown: self.shown(), nodes: &self.situation.copied, onto: self.node }
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
            Some(
                Place::Link { .. }
                    | Place::Gpo { .. }
                    | Place::WmiFilter { .. }
                    | Place::StarterGpo { .. }
                    | Place::ModelingResult(_)
                    | Place::ResultsItem(_)
            )
        );
        !is_leaf && !matches!(self.node, Node::InFile(..))
    }
}
