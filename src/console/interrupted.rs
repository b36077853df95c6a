//! Operations that a crash broke off: told when a forest is opened, and put back if the person wishes.

use std::sync::Arc;

use egui::{Context, RichText, ScrollArea};
use poll_promise::Promise;

use crate::gpm::{ItemState, MessageId, OperationError, StatusMessage, Task};
use crate::operation::{ChangeContext, Interrupted, Recovered, recover};
use crate::store::StoreError;

use super::dialog::{self, Closing};
use super::job::Workers;
use super::theme::SPACE;
use super::window::{Surroundings, Window};
use super::{Command, ForestId, OpenForest};

/// What the journal says of a forest that was opened.
pub type LookIntoJournal = Option<Promise<Result<(ForestId, Vec<Interrupted>), OperationError>>>;

/// The window that offers to put back what was broken off in a forest.
pub struct InterruptedWindow {
    forest: ForestId,
    interrupted: Vec<Interrupted>,
    focus_wanted: bool,
}

impl Workers {
    /// Looks for operations that a crash broke off in a forest.
    pub fn look_into_journal(&self, forest: &OpenForest) -> LookIntoJournal {
        let (id, store) = (forest.id, Arc::clone(&forest.store));
        let folder = self.journal_folder()?.to_owned();
        Some(self.spawn_blocking(move || {
            if !folder.is_dir() {
                return Ok((id, Vec::new()));
            }
            let failed = |error| OperationError::of_read(&StoreError::from_io(folder.display(), &error));
            let journal = crate::operation::Journal::open(&folder).map_err(failed)?;
            let found = journal.interrupted().map_err(failed)?;
            Ok((id, found.into_iter().filter(|interrupted| interrupted.is_in(&*store)).collect()))
        }))
    }
}

impl InterruptedWindow {
    /// Returns the window for what was found.
    pub fn new(forest: ForestId, interrupted: Vec<Interrupted>) -> Self {
        InterruptedWindow { forest, interrupted, focus_wanted: true }
    }

    fn put_back(&mut self, around: &mut Surroundings<'_>) {
        let Some(open) = around.forest(self.forest) else { return };
        let (context, interrupted) = (around.workers.change_context(open), std::mem::take(&mut self.interrupted));
        let work = move |task: Task| async move { put_back_all(&context.await?, &interrupted, &task).await };
        let forest = self.forest;
        around.started.push(around.workers.operation("Put Back", work, move |_| vec![Command::Refresh(forest)]));
    }
}

impl Window for InterruptedWindow {
    fn ui(&mut self, ctx: &Context, around: &mut Surroundings<'_>) -> Closing {
        let (mut put_back, mut later) = (false, false);
        let closing = dialog::show(ctx, "Interrupted Operations", 600.0, |ui| {
            ui.label(
                "These operations of an earlier run were broken off before they were done. What they change may be half changed. \
                 What was there before was kept and can be put back.",
            );
            ui.add_space(2.0 * SPACE);
            ScrollArea::vertical().max_height(240.0).auto_shrink([false, true]).show(ui, |ui| {
                for Interrupted { record, .. } in &self.interrupted {
                    ui.horizontal(|ui| {
                        ui.spacing_mut().item_spacing.x = 0.0;
                        ui.label("•  ");
                        ui.label(RichText::new(&record.title).strong());
                        ui.label(format!(", begun {}", record.started.to_local_text()));
                    });
                }
            });
            ui.add_space(2.0 * SPACE);
            ui.weak("Not Now leaves them for the next time the forest is opened.");
            dialog::buttons_ui(ui, |ui| {
                later = dialog::button(ui, "Not Now");
                let primary = dialog::primary(ui, "Put Back");
                put_back = dialog::is_pressed(&primary);
                dialog::focus_once(&primary, &mut self.focus_wanted);
            });
        });
        if put_back {
            self.put_back(around);
            return Closing::Close;
        }
        if later { Closing::Close } else { closing }
    }
}

async fn put_back_all(context: &ChangeContext, interrupted: &[Interrupted], task: &Task) -> Result<(), OperationError> {
    task.begin_items(interrupted.iter().map(|interrupted| (interrupted.record.title.clone(), 1)));
    for (place, interrupted) in interrupted.iter().enumerate() {
        let own = task.item(place);
        own.checkpoint()?;
        own.set_item_state(ItemState::Running);
        let told = match recover(&context.store, &context.journal, interrupted, &own).await {
            Ok(Recovered::PutBack) => Ok("what was there before was put back"),
            Ok(Recovered::WasDone) => Ok("it had been done"),
            Ok(Recovered::Elsewhere) => Ok("another program has taken it on"),
            Err(error) => Err(error),
        };
        let (state, message) = match told {
            Ok(told) => (ItemState::Done, StatusMessage::information(MessageId::RolledBack, told)),
            Err(error) => (ItemState::Failed, *error.0),
        };
        own.message(message);
        own.set_item_state(state);
    }
    Ok(())
}
