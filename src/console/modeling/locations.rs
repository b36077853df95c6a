//! Where a user or computer is imagined to lie, other than where it does.

use std::sync::Arc;

use egui::{TextEdit, Ui};

use crate::ident::Dn;

use super::super::ForestId;
use super::super::container_chooser::{ContainerChooser, PickedContainer};
use super::super::kit::accessible;
use super::super::step::Step;
use super::super::wizard::{PageFrame, Ready};
use super::ready_of;
use super::target::{find_container, is_entered};

/// The field: empty where the account is where it is.
pub(super) struct LocationField {
    forest: ForestId,
    text: String,
    picked: PickedContainer,
    looked_up: Option<String>,
    found: Step<Dn>,
}

impl LocationField {
    pub(super) fn new(forest: ForestId, place: Option<Dn>) -> Self {
        let text = place.map(|place| place.to_string()).unwrap_or_default();
        LocationField { forest, text, picked: PickedContainer::default(), looked_up: None, found: Step::Idle }
    }

    /// Returns the place that is imagined; none for its own.
    pub(super) fn place(&self) -> Option<Dn> {
        self.found.ended().filter(|_| self.is_current() && self.is_asked()).cloned()
    }

    fn is_asked(&self) -> bool {
        !self.text.trim().is_empty()
    }

    fn is_current(&self) -> bool {
        self.looked_up.as_deref() == Some(self.text.trim())
    }

    /// Forgets the place: somebody else is asked about.
    pub(super) fn forget(&mut self) {
        *self = LocationField::new(self.forest, None);
    }

    /// Puts in where the account lies, where nothing was entered; a place that is its own is none that is imagined.
    pub(super) fn ui(&mut self, ui: &mut Ui, page: &mut PageFrame<'_, '_>, name: &str, own: &Dn, is_first: bool) {
        if let Some(picked) = self.picked.take() {
            self.text = picked.to_string();
        }
        ui.strong(name);
        ui.horizontal(|ui| {
            let hint = own.to_string();
            let edit = TextEdit::singleline(&mut self.text).hint_text(hint).desired_width(ui.available_width() - 230.0);
            let edit = ui.add(edit);
            accessible::name(&edit, name);
            if is_first {
                page.focus_first(&edit);
            }
            if is_entered(ui, &edit) {
                page.go_on();
            }
            let browse = ui.button("Browse…");
            accessible::name(&browse, format!("Browse for {}", name.to_lowercase()));
            if browse.clicked() {
                page.around.commands.push(ContainerChooser::open_into(self.forest, self.picked.clone()));
            }
            let restore = ui.add_enabled(self.is_asked(), egui::Button::new("Restore to Default"));
            accessible::name(&restore, format!("Restore {} to its default", name.to_lowercase()));
            if restore.on_disabled_hover_text("It is imagined where it lies.").clicked() {
                self.text.clear();
            }
        });
        if page.is_awaited {
            self.look_up(page);
        }
        self.found.poll();
    }

    fn look_up(&mut self, page: &PageFrame<'_, '_>) {
        if self.is_current() || !self.is_asked() {
            return;
        }
        self.found.cancel();
        let text = self.text.trim().to_owned();
        self.looked_up = Some(text.clone());
        let Some(forest) = page.around.forest(self.forest) else { return };
        let (store, snapshot) = (Arc::clone(&forest.store), Arc::clone(&forest.snapshot));
        self.found = Step::start(page.around.workers, move |task| async move {
            task.or_cancel(find_container(&store, &snapshot, &text)).await?
        });
    }

    /// Tells whether what is entered was found.
    pub(super) fn ready(&self) -> Ready {
        match (self.is_asked(), self.is_current()) {
            (false, _) => Ready::Yes,
            (true, true) => ready_of(&self.found, "Looking up the containers…"),
            (true, false) => Ready::Wait("Looking up the containers…".to_owned()),
        }
    }
}
