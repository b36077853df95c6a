//! Name and comment of a starter GPO, new or there already.

use std::sync::Arc;

use egui::{Context, TextEdit};

use crate::console::dialog::{self, Closing};
use crate::console::kit::notice::{Severity, banner_ui};
use crate::console::theme::SPACE;
use crate::console::window::{Surroundings, Window};
use crate::console::{Command, ForestId, Node, OpenForest, Place};
use crate::gpm::StarterGpo;
use crate::ident::{DnsName, Guid};
use crate::operation::admin::{CreateStarterGpo, EditStarterGpo};

/// The dialog.
pub(super) struct StarterGpoEditor {
    forest: ForestId,
    domain: DnsName,
    /// The starter GPO as it was when the dialog was opened; none for a new one.
    seen: Option<StarterGpo>,
    name: String,
    comment: String,
    problem: Option<String>,
    focus_wanted: bool,
}

impl StarterGpoEditor {
    /// Returns the dialog for a new one.
    pub fn new(forest: ForestId, domain: DnsName) -> Self {
        StarterGpoEditor {
            forest,
            domain,
            seen: None,
            name: CreateStarterGpo::DEFAULT_NAME.to_owned(),
            comment: String::new(),
            problem: None,
            focus_wanted: true,
        }
    }

    /// Returns the dialog for one that is there.
    pub fn of(forest: ForestId, starter: &StarterGpo) -> Self {
        StarterGpoEditor {
            name: starter.display_name.clone(),
            // A text field knows line feeds only.
            comment: starter.description.replace("\r\n", "\n"),
            seen: Some(starter.clone()),
            ..StarterGpoEditor::new(forest, starter.domain.clone())
        }
    }

    /// Returns what is asked for; says what is missing where nothing can be.
    fn command(&self, forest: &OpenForest) -> Result<Command, String> {
        let name = self.name.trim().to_owned();
        if name.is_empty() {
            return Err("Give the starter GPO a name.".to_owned());
        }
        let own = self.seen.as_ref().map(|starter| starter.id);
        let mut others = forest.starter_gpos(&self.domain).iter().filter(|starter| Some(starter.id) != own);
        if others.any(|starter| starter.display_name.to_lowercase() == name.to_lowercase()) {
            return Err(format!("{} has a starter GPO named {name} already. Choose another name.", self.domain));
        }
        let description = self.comment.replace('\n', "\r\n");
        Ok(match &self.seen {
            Some(seen) => Command::Edit(forest.id, Arc::new(EditStarterGpo { seen: seen.clone(), name, description })),
            None => {
                let (domain, id) = (self.domain.clone(), Guid::random());
                let edit = CreateStarterGpo { domain: domain.clone(), id, name, description };
                Command::EditAndSelect(forest.id, Arc::new(edit), Node::In(forest.id, Place::StarterGpo { domain, id }))
            }
        })
    }
}

impl Window for StarterGpoEditor {
    fn ui(&mut self, ctx: &Context, around: &mut Surroundings<'_>) -> Closing {
        let (mut confirmed, mut cancelled) = (false, false);
        let title = if self.seen.is_some() { "Edit Starter GPO" } else { "New Starter GPO" };
        let closing = dialog::show(ctx, title, 520.0, |ui| {
            let label = ui.label("Name");
            let name = ui.add(TextEdit::singleline(&mut self.name).desired_width(f32::INFINITY)).labelled_by(label.id);
            dialog::focus_once(&name, &mut self.focus_wanted);
            confirmed = name.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
            ui.add_space(SPACE);
            let label = ui.label("Comment");
            let edit = TextEdit::multiline(&mut self.comment).desired_width(f32::INFINITY).desired_rows(4);
            let comment = ui.add(edit).labelled_by(label.id);
            if name.changed() || comment.changed() {
                self.problem = None;
            }
            if let Some(problem) = &self.problem {
                ui.add_space(SPACE);
                banner_ui(ui, Severity::Error, problem);
            }
            dialog::buttons_ui(ui, |ui| {
                confirmed |= dialog::primary_button(ui, "OK");
                cancelled = dialog::button(ui, "Cancel");
            });
        });
        if confirmed {
            let Some(forest) = around.forest(self.forest) else { return Closing::Close };
            match self.command(forest) {
                Ok(command) => {
                    around.commands.push(command);
                    return Closing::Close;
                }
                Err(problem) => (self.problem, self.focus_wanted) = (Some(problem), true),
            }
            return Closing::Stay;
        }
        if cancelled { Closing::Close } else { closing }
    }
}
