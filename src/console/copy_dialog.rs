//! Copy GPO: how the copy of a GPO within its domain gets its permissions (`console-ui.md` 6.7).

use std::sync::Arc;

use egui::Context;

use crate::gpm::Gpo;
use crate::ident::DnsName;
use crate::operation::{CopyOptions, copy_gpo};

use super::dialog::{self, Closing};
use super::operation_job::OperationJob;
use super::theme::SPACE;
use super::window::{Surroundings, Window};
use super::{Command, ForestId, Node, Place};

/// The dialog.
pub struct CopyDialog {
    forest: ForestId,
    gpo: Gpo,
    keep_permissions: bool,
    problem: Option<String>,
    opened: bool,
}

/// A GPO that is copied, and where to.
pub struct Copying {
    /// The forest of the original.
    pub from: ForestId,
    /// The original.
    pub gpo: Gpo,
    /// The forest of the copy.
    pub to: ForestId,
    /// The domain of the copy.
    pub domain: DnsName,
}

impl CopyDialog {
    /// Opens the dialog for a GPO.
    pub fn new(forest: ForestId, gpo: Gpo) -> Self {
        CopyDialog { forest, gpo, keep_permissions: false, problem: None, opened: false }
    }

    fn start(&mut self, around: &mut Surroundings<'_>) -> Closing {
        let copying =
            Copying { from: self.forest, gpo: self.gpo.clone(), to: self.forest, domain: self.gpo.domain.clone() };
        let options = CopyOptions { keep_permissions: self.keep_permissions, ..CopyOptions::default() };
        match copying.start(options, around) {
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

impl Window for CopyDialog {
    fn ui(&mut self, ctx: &Context, around: &mut Surroundings<'_>) -> Closing {
        let (mut confirmed, mut cancelled) = (false, false);
        let closing = dialog::show(ctx, "Copy GPO", 520.0, |ui| {
            ui.label(format!(
                "Copies {} within {}. The copy has an ID of its own and is linked nowhere.",
                self.gpo.display_name, self.gpo.domain
            ));
            ui.add_space(2.0 * SPACE);
            ui.label("Permissions of the new GPO:");
            let first = ui.radio_value(&mut self.keep_permissions, false, "Use the default permissions for new GPOs");
            ui.radio_value(&mut self.keep_permissions, true, "Preserve the existing permissions");
            if !std::mem::replace(&mut self.opened, true) {
                first.request_focus();
            }
            if let Some(problem) = &self.problem {
                ui.add_space(SPACE);
                super::kit::notice::banner_ui(ui, super::kit::notice::Severity::Error, problem);
            }
            dialog::buttons_ui(ui, |ui| {
                confirmed = dialog::primary_button(ui, "OK");
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

impl Copying {
    /// Starts copying; the copy is selected when it is there.
    ///
    /// # Errors
    /// Says why it cannot begin.
    pub fn start(&self, options: CopyOptions, around: &Surroundings<'_>) -> Result<OperationJob, String> {
        let closed = |_| "The forest is not open any more.".to_owned();
        let source = around.forest(self.from).ok_or(()).map_err(closed)?;
        let target = around.forest(self.to).ok_or(()).map_err(closed)?;
        let (store, context) = (Arc::clone(&source.store), around.workers.change_context(target));
        let (source_domain, gpo, domain) = (self.gpo.domain.clone(), self.gpo.id, self.domain.clone());
        let work = move |task: crate::gpm::Task| async move {
            copy_gpo(&store, &source_domain, gpo, &context.await?, &domain, &options, &task).await
        };
        let (forest, domain) = (self.to, self.domain.clone());
        let title = format!("Copy {}", self.gpo.display_name);
        Ok(around.workers.operation(title, work, move |copied| match copied {
            Ok(id) => vec![Command::ShowChanged(Node::In(forest, Place::Gpo { domain, id: *id }))],
            Err(_) => vec![Command::Refresh(forest)],
        }))
    }
}
