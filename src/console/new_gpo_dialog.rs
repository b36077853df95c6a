//! New GPO: its name and the starter GPO it begins with; from a domain or OU, it is linked there too (`console-ui.md` 6.1).

use std::sync::Arc;

use egui::text::{CCursor, CCursorRange};
use egui::text_edit::TextEditState;
use egui::{ComboBox, Context, Key, Response, TextEdit, Ui};

use crate::gpm::GpoNameProblem;
use crate::ident::{Dn, DnsName, Guid};
use crate::operation::admin::CreateGpo;

use super::dialog::{self, Closing};
use super::kit::notice::{Severity, banner_ui};
use super::theme::SPACE;
use super::window::{Surroundings, Window, WindowFactory};
use super::{Command, Detail, ForestId, Lazy, Node, OpenForest, Place};

/// Where a new GPO is made, and what it begins with.
#[derive(Clone, Debug)]
pub struct NewGpo {
    /// The forest.
    pub forest: ForestId,
    /// The domain.
    pub domain: DnsName,
    /// The domain or OU that it is linked to.
    pub link_to: Option<Dn>,
    /// The starter GPO that was chosen beforehand and cannot be changed.
    pub starter: Option<Guid>,
}

impl NewGpo {
    /// Returns the command that opens the dialog.
    pub fn ask(self) -> Command {
        Command::Open(WindowFactory::new(move || NewGpoDialog::new(self.clone())))
    }
}

/// The dialog.
pub struct NewGpoDialog {
    new: NewGpo,
    name: String,
    starter: Option<Guid>,
    problem: Option<GpoNameProblem>,
    focus_wanted: bool,
    selection_wanted: bool,
}

/// The name that GPMC puts in.
const FIRST_NAME: &str = "New Group Policy Object";
const NO_STARTER: &str = "(none)";

impl NewGpoDialog {
    fn new(new: NewGpo) -> Self {
        let starter = new.starter;
        let name = FIRST_NAME.to_owned();
        NewGpoDialog { new, name, starter, problem: None, focus_wanted: true, selection_wanted: true }
    }

    fn what_ui(&self, ui: &mut Ui) {
        let domain = &self.new.domain;
        ui.label(match &self.new.link_to {
            Some(som) => format!(
                "Makes a GPO in {domain} and links it to {}: enabled, with the lowest precedence there.",
                som.canonical_name()
            ),
            None => format!("Makes a GPO in {domain}. It has no effect until it is linked."),
        });
        ui.add_space(2.0 * SPACE);
    }

    /// Draws the field of the name; tells whether Enter was pressed in it.
    fn name_ui(&mut self, ui: &mut Ui) -> bool {
        let label = ui.label("Name");
        let edit = ui.add(TextEdit::singleline(&mut self.name).desired_width(f32::INFINITY)).labelled_by(label.id);
        if std::mem::take(&mut self.selection_wanted) {
            select_all(&edit, &self.name);
        }
        let entered = edit.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        dialog::focus_once(&edit, &mut self.focus_wanted);
        if edit.changed() {
            self.problem = None;
        }
        entered
    }

    fn starter_ui(&mut self, ui: &mut Ui, forest: &OpenForest) {
        let starters = forest.starter_gpos(&self.new.domain);
        let chosen = self.starter.and_then(|id| starters.iter().find(|starter| starter.id == id));
        let words = match (self.starter, chosen) {
            (None, _) => NO_STARTER.to_owned(),
            (Some(_), Some(starter)) => starter.display_name.clone(),
            (Some(id), None) => id.to_string(),
        };
        let label = ui.label("Source Starter GPO");
        let is_locked = self.new.starter.is_some();
        ui.add_enabled_ui(!is_locked, |ui| {
            let combo = ComboBox::from_id_salt("source starter").width(ui.available_width()).selected_text(words);
            let combo = combo.show_ui(ui, |ui| {
                ui.selectable_value(&mut self.starter, None, NO_STARTER);
                for starter in starters {
                    ui.selectable_value(&mut self.starter, Some(starter.id), &starter.display_name);
                }
            });
            combo.response.labelled_by(label.id);
        });
        match forest.details.starter_gpos(&self.new.domain) {
            Lazy::Failed(error) => {
                ui.weak(format!("The starter GPOs could not be read: {error}"));
            }
            Lazy::Unknown | Lazy::Loading => {
                ui.weak("Reading the starter GPOs…");
            }
            Lazy::Ready(_) => {}
        }
    }

    /// Asks for the GPO, unless its name cannot be.
    fn create(&mut self, forest: &OpenForest, commands: &mut Vec<Command>) -> Closing {
        let domain = forest.snapshot.domain(&self.new.domain);
        if let Some(Err(problem)) = domain.map(|domain| domain.check_new_gpo_name(&self.name, None)) {
            self.problem = Some(problem);
            self.focus_wanted = true;
            return Closing::Stay;
        }
        let edit = CreateGpo {
            domain: self.new.domain.clone(),
            id: Guid::random(),
            name: self.name.clone(),
            starter: self.starter,
            comment: None,
            link_to: self.new.link_to.clone(),
        };
        let place = Place::Gpo { domain: edit.domain.clone(), id: edit.id };
        commands.push(match self.new.link_to {
            // The new link is seen where the person is.
            Some(_) => Command::Edit(forest.id, Arc::new(edit)),
            None => Command::EditAndSelect(forest.id, Arc::new(edit), Node::In(forest.id, place)),
        });
        Closing::Close
    }
}

impl Window for NewGpoDialog {
    fn ui(&mut self, ctx: &Context, around: &mut Surroundings<'_>) -> Closing {
        let forests = around.forests;
        let forest = forests.iter().find(|entry| entry.id == self.new.forest).and_then(|entry| entry.open());
        let Some(forest) = forest else { return Closing::Close };
        if forest.details.starter_gpos(&self.new.domain).is_unknown() {
            around.commands.push(Command::Fetch(forest.id, Detail::StarterGpos(self.new.domain.clone())));
        }
        let (mut confirmed, mut cancelled) = (false, false);
        let closing = dialog::show(ctx, "New GPO", 460.0, |ui| {
            self.what_ui(ui);
            confirmed = self.name_ui(ui);
            ui.add_space(2.0 * SPACE);
            self.starter_ui(ui, forest);
            if let Some(problem) = self.problem {
                ui.add_space(SPACE);
                banner_ui(ui, Severity::Error, &words(problem, &self.new.domain));
            }
            dialog::buttons_ui(ui, |ui| {
                confirmed |= dialog::primary_button(ui, "OK");
                cancelled = dialog::button(ui, "Cancel");
            });
        });
        if cancelled {
            Closing::Close
        } else if confirmed {
            self.create(forest, around.commands)
        } else {
            closing
        }
    }
}

/// Says what is wrong with a name, and what to try.
pub fn words(problem: GpoNameProblem, domain: &DnsName) -> String {
    match problem {
        GpoNameProblem::Empty => "Give the GPO a name.".to_owned(),
        GpoNameProblem::TooLong => {
            format!("The name is too long: {} characters are taken at most.", crate::gpm::LONGEST_GPO_NAME)
        }
        GpoNameProblem::Taken => format!("{domain} has a GPO of this name already. Choose another name."),
    }
}

/// Selects all that stands in a field, so that typing replaces it.
fn select_all(edit: &Response, text: &str) {
    let mut state = TextEditState::load(&edit.ctx, edit.id).unwrap_or_default();
    let end = CCursor::new(text.chars().count());
    state.cursor.set_char_range(Some(CCursorRange::two(CCursor::new(0), end)));
    state.store(&edit.ctx, edit.id);
}
