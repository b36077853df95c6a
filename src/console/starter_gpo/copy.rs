//! Copying a starter GPO: within its domain under a name that is asked for, into another at once.

use std::sync::Arc;

use egui::{Context, TextEdit};

use crate::console::dialog::{self, Closing};
use crate::console::kit::notice::{Severity, banner_ui};
use crate::console::operation_job::OperationJob;
use crate::console::theme::SPACE;
use crate::console::window::{Surroundings, Window};
use crate::console::{Command, ForestId, Node, Place};
use crate::gpm::{Domain, OperationError, StarterGpo, Task};
use crate::ident::DnsName;
use crate::operation::copy_starter_gpo;

/// The dialog.
pub(super) struct CopyStarterGpo {
    source: (ForestId, StarterGpo),
    target: (ForestId, DnsName),
    name: String,
    problem: Option<String>,
    focus_wanted: bool,
}

impl CopyStarterGpo {
    /// Returns the dialog.
    pub fn new(source: (ForestId, StarterGpo), target: (ForestId, DnsName)) -> Self {
        CopyStarterGpo { source, target, name: String::new(), problem: None, focus_wanted: true }
    }

    fn job(&self, around: &Surroundings<'_>) -> Result<OperationJob, String> {
        let ((from, starter), (to, domain)) = (&self.source, &self.target);
        let store = |id| around.forest(id).map(|forest| Arc::clone(&forest.store));
        let stores = store(*from).zip(store(*to));
        let (source, target) = stores.ok_or("The forest is not open any more.")?;
        let (id, own, other, forest) = (starter.id, starter.domain.clone(), domain.clone(), *to);
        let name = Some(self.name.trim().to_owned()).filter(|name| !name.is_empty());
        let work = move |task: Task| async move {
            let failed = |error| OperationError::of_directory(&error);
            let source = task.or_cancel(Domain::open(&source, &own)).await?.map_err(failed)?;
            let target = task.or_cancel(Domain::open(&target, &other)).await?.map_err(failed)?;
            copy_starter_gpo(&source, id, &target, name.as_deref(), &task).await
        };
        let domain = domain.clone();
        let title = format!("Copy {}", starter.display_name);
        Ok(around.workers.operation(title, work, move |copied| match copied {
            Ok(copy) => vec![Command::ShowChanged(Node::In(forest, Place::StarterGpo { domain, id: copy.id }))],
            Err(_) => Vec::new(),
        }))
    }

    fn start(&mut self, around: &mut Surroundings<'_>) -> Closing {
        match self.job(around) {
            Ok(job) => {
                around.started.push(job);
                Closing::Close
            }
            Err(problem) => {
                self.problem = Some(problem);
                Closing::Stay
            }
        }
    }
}

impl Window for CopyStarterGpo {
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
