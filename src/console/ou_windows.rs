//! Organizational units: a new one is named, and what goes with one that is deleted is told first (`console-ui.md` 4.1).

use std::sync::Arc;

use egui::{Context, Key, TextEdit};
use poll_promise::Promise;

use crate::gpm::{OperationError, Som, Task};
use crate::ident::Dn;
use crate::operation::admin::ou::{CreateOu, DeleteOu, OuContents, RenameOu, ou_contents};

use super::dialog::{self, Closing};
use super::job::take;
use super::kit::notice::{Severity, banner_ui, loading_ui};
use super::theme::SPACE;
use super::window::{Surroundings, Window, WindowFactory};
use super::{Command, ForestId, Node, OpenForest, Place};

/// New Organizational Unit.
pub struct NewOu {
    forest: ForestId,
    parent: Dn,
    name: String,
    problem: Option<String>,
    focus_wanted: bool,
}

/// Delete of an OU.
pub struct DeleteOuWindow {
    forest: ForestId,
    ou: Dn,
    looking: Option<Promise<Result<OuContents, OperationError>>>,
    found: Option<Result<OuContents, String>>,
    with_children: bool,
    focus_wanted: bool,
}

/// Returns the command that asks for the name of a new OU in a domain or OU.
pub fn new_ou(forest: ForestId, parent: &Som) -> Command {
    let parent = parent.dn.clone();
    Command::Open(WindowFactory::new(move || NewOu {
        forest,
        parent: parent.clone(),
        name: String::new(),
        problem: None,
        focus_wanted: true,
    }))
}

/// Returns the command that asks before an OU is deleted.
pub fn delete_ou(forest: ForestId, ou: &Dn) -> Command {
    let ou = ou.clone();
    Command::Open(WindowFactory::new(move || DeleteOuWindow {
        forest,
        ou: ou.clone(),
        looking: None,
        found: None,
        with_children: false,
        focus_wanted: true,
    }))
}

/// Returns the command that gives an OU another name.
pub fn rename_ou(forest: &OpenForest, place: &Place, name: String) -> Option<Command> {
    let Place::Ou(ou) = place else { return None };
    let renamed = Node::In(forest.id, Place::Ou(ou.parent()?.child("OU", &name)));
    Some(Command::EditAndSelect(forest.id, Arc::new(RenameOu { ou: ou.clone(), name }), renamed))
}

impl NewOu {
    fn create(&mut self, around: &mut Surroundings<'_>) -> Closing {
        let name = self.name.trim().to_owned();
        let dn = self.parent.child("OU", &name);
        let exists = around.forest(self.forest).is_some_and(|forest| forest.som(&dn).is_some());
        if name.is_empty() || exists {
            self.problem = Some(match exists {
                true => format!("{} has an organizational unit of this name already.", self.parent.canonical_name()),
                false => "Enter a name.".to_owned(),
            });
            self.focus_wanted = true;
            return Closing::Stay;
        }
        let edit = Arc::new(CreateOu { parent: self.parent.clone(), name });
        around.commands.push(Command::EditAndSelect(self.forest, edit, Node::In(self.forest, Place::Ou(dn))));
        Closing::Close
    }
}

impl Window for NewOu {
    fn ui(&mut self, ctx: &Context, around: &mut Surroundings<'_>) -> Closing {
        let (mut confirmed, mut cancelled) = (false, false);
        let closing = dialog::show(ctx, "New Organizational Unit", 460.0, |ui| {
            ui.label(format!("Creates an organizational unit in {}.", self.parent.canonical_name()));
            ui.add_space(SPACE);
            let label = ui.label("Name");
            let edit = TextEdit::singleline(&mut self.name).desired_width(f32::INFINITY).char_limit(64);
            let edit = ui.add(edit).labelled_by(label.id);
            dialog::focus_once(&edit, &mut self.focus_wanted);
            if edit.changed() {
                self.problem = None;
            }
            let entered = edit.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            if let Some(problem) = &self.problem {
                ui.add_space(SPACE);
                banner_ui(ui, Severity::Error, problem);
            }
            dialog::buttons_ui(ui, |ui| {
                confirmed = dialog::primary_button(ui, "OK") || entered;
                cancelled = dialog::button(ui, "Cancel");
            });
        });
        match (confirmed, cancelled || closing == Closing::Close) {
            (true, _) => self.create(around),
            (false, true) => Closing::Close,
            (false, false) => Closing::Stay,
        }
    }
}

impl DeleteOuWindow {
    /// Looks into the OU, once.
    fn look(&mut self, around: &Surroundings<'_>) {
        if self.found.is_none() && self.looking.is_none() {
            let Some(forest) = around.forest(self.forest) else { return };
            let (store, ou) = (Arc::clone(&forest.store), self.ou.clone());
            self.looking = Some(around.workers.spawn(async move { ou_contents(&store, &ou, &Task::default()).await }));
        }
        if let Some(found) = take(&mut self.looking) {
            self.found = Some(found.map_err(|error| error.to_string()));
            self.focus_wanted = true;
        }
    }

    /// Draws what is in the OU; tells whether it can be deleted.
    fn contents_ui(&mut self, ui: &mut egui::Ui) -> bool {
        match &self.found {
            None => {
                loading_ui(ui, "Looking what is in it…");
                false
            }
            Some(Err(problem)) => {
                banner_ui(ui, Severity::Error, problem);
                false
            }
            Some(Ok(found)) if !found.protected.is_empty() => {
                let names: Vec<String> = found.protected.iter().take(5).map(Dn::canonical_name).collect();
                let text = format!(
                    "Protected from accidental deletion: {}. Take the entry that denies deletion to Everyone out of the access list first.",
                    names.join(", ")
                );
                banner_ui(ui, Severity::Error, &text);
                false
            }
            Some(Ok(found)) if found.objects > 0 => {
                let text = format!(
                    "It is not empty: {} lie in it. Users and computers cannot be brought back.",
                    found.describe()
                );
                banner_ui(ui, Severity::Warning, &text);
                ui.add_space(SPACE);
                let words = "Delete all that lies in it too. This cannot be undone.";
                ui.checkbox(&mut self.with_children, words);
                self.with_children
            }
            Some(Ok(_)) => {
                ui.label("It is empty. Undo brings it back.");
                true
            }
        }
    }
}

impl Window for DeleteOuWindow {
    fn ui(&mut self, ctx: &Context, around: &mut Surroundings<'_>) -> Closing {
        self.look(around);
        let (mut confirmed, mut cancelled) = (false, false);
        let closing = dialog::show(ctx, "Delete Organizational Unit", 520.0, |ui| {
            ui.label(format!("Delete the organizational unit {}?", self.ou.canonical_name()));
            ui.label("The links on it go with it; the GPOs stay.");
            ui.add_space(SPACE);
            let can_be_deleted = self.contents_ui(ui);
            dialog::buttons_ui(ui, |ui| {
                ui.add_enabled_ui(can_be_deleted, |ui| {
                    let delete = dialog::primary(ui, "Delete");
                    // What cannot be undone is not one careless Enter away.
                    if can_be_deleted && !self.with_children {
                        dialog::focus_once(&delete, &mut self.focus_wanted);
                    }
                    confirmed = can_be_deleted && dialog::is_pressed(&delete);
                });
                cancelled = dialog::button(ui, "Cancel");
            });
        });
        if confirmed {
            let edit = Arc::new(DeleteOu { ou: self.ou.clone(), with_children: self.with_children });
            let above = Node::In(self.forest, Place::Ou(self.ou.clone())).parent();
            around.commands.push(match above {
                Some(above) => Command::EditAndSelect(self.forest, edit, above),
                None => Command::Edit(self.forest, edit),
            });
            return Closing::Close;
        }
        if cancelled { Closing::Close } else { closing }
    }
}
