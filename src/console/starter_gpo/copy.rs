//! Copying a starter GPO: within its domain under a name that is asked for, into another at once.

use std::sync::Arc;

use egui::{Context, TextEdit};

use crate::console::dialog::{self, Closing};
use crate::console::kit::notice::{Severity, banner_ui};
use crate::console::theme::SPACE;
use crate::console::window::{Surroundings, Window};
use crate::console::{Command, ForestId, Node, Place};
use crate::gpm::StarterGpo;
use crate::ident::{DnsName, Guid};
use crate::operation::admin::CopyStarterGpo;

/// The dialog.
pub(super) struct CopyWindow {
    source: (ForestId, StarterGpo),
    target: (ForestId, DnsName),
    name: String,
    problem: Option<String>,
    focus_wanted: bool,
}

impl CopyWindow {
    /// Returns the dialog.
    pub fn new(source: (ForestId, StarterGpo), target: (ForestId, DnsName)) -> Self {
        CopyWindow { source, target, name: String::new(), problem: None, focus_wanted: true }
    }

    fn start(&mut self, around: &mut Surroundings<'_>) -> Closing {
        let ((from, starter), (to, domain)) = (&self.source, &self.target);
        let Some(source) = around.forest(*from).map(|forest| Arc::clone(&forest.store)) else {
            self.problem = Some("The forest is not open any more.".to_owned());
            return Closing::Stay;
        };
        let (domain, id) = (domain.clone(), Guid::random());
        let name = Some(self.name.trim().to_owned()).filter(|name| !name.is_empty());
        let edit = CopyStarterGpo { source, original: starter.clone(), domain: domain.clone(), id, name };
        let copy = Node::In(*to, Place::StarterGpo { domain, id });
        around.commands.push(Command::EditAndSelect(*to, Arc::new(edit), copy));
        Closing::Close
    }
}

impl Window for CopyWindow {
    fn ui(&mut self, ctx: &Context, around: &mut Surroundings<'_>) -> Closing {
        let ((from, starter), (to, domain)) = (&self.source, &self.target);
        if (from != to || starter.domain != *domain) && self.problem.is_none() {
            return self.start(around);
        }
        let (mut confirmed, mut cancelled) = (false, false);
        let closing = dialog::show(ctx, "Copy Starter GPO", 520.0, |ui| {
            ui.label(format!(
                "Copies {} within {domain}. The copy is a custom one with the permissions of a new one.",
                starter.display_name
            ));
            ui.add_space(SPACE);
            let label = ui.label("Name");
            let edit = TextEdit::singleline(&mut self.name).desired_width(f32::INFINITY).hint_text("Copy of …");
            let edit = ui.add(edit).labelled_by(label.id);
            dialog::focus_once(&edit, &mut self.focus_wanted);
            confirmed = edit.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
            if let Some(problem) = &self.problem {
                ui.add_space(SPACE);
                banner_ui(ui, Severity::Error, problem);
            }
            dialog::buttons_ui(ui, |ui| {
                confirmed |= dialog::primary_button(ui, "Copy");
                cancelled = dialog::button(ui, "Cancel");
            });
        });
        match (confirmed, cancelled || closing == Closing::Close) {
            (true, _) => self.start(around),
            (false, true) => Closing::Close,
            (false, false) => Closing::Stay,
        }
    }
}
