//! Which domain controllers are used, and the status of all of them.

use std::sync::Arc;

use crate::ident::DnsName;
use crate::store::ControllerChoice;

use super::super::change_controller::{ControllerOf, UnreachableDomain};
use super::super::window::WindowFactory;
use super::super::{Command, ConnectRequest, ForestEntry, ForestId, StatusAction, StatusOf};
use super::App;

impl App {
    /// Adds to a request which domain controllers were chosen before. One that does not answer is asked about.
    pub(super) fn with_controllers(&self, mut request: ConnectRequest) -> ConnectRequest {
        request.options.controllers = self.settings.controller_choices();
        request
    }

    /// Takes in that another domain controller is used: remembers the choice, and reads the forest from there.
    pub(super) fn controller_changed(
        &mut self,
        forest: ForestId,
        of: &ControllerOf,
        domain: DnsName,
        choice: ControllerChoice,
    ) {
        let name = self.entry(forest).and_then(ForestEntry::open).map(|open| open.snapshot.name.clone());
        match (of, name) {
            (ControllerOf::Domain(domain), _) => self.settings.remember_controller(domain, choice),
            (ControllerOf::Sites, Some(name)) => self.settings.remember_sites_controller(&name, domain, choice),
            (ControllerOf::Sites, None) => {}
        }
        self.save_settings();
        self.refresh(forest);
    }

    /// Gathers a status, stops that, or chooses what it is compared with.
    pub(super) fn status(&mut self, id: ForestId, of: StatusOf, action: StatusAction) {
        let Some(forest) = self.entry(id).and_then(ForestEntry::open) else { return };
        match action {
            StatusAction::SetBaseline(controller) => forest.statuses.set_baseline(&of, controller),
            StatusAction::Stop => forest.statuses.stop(&of),
            StatusAction::Detect => {
                let (store, task) = (Arc::clone(&forest.store), self.workers.task());
                if let Some(work) = forest.statuses.detect(of, store, task) {
                    // What comes of it lies on the shelf; the window is woken.
                    drop(self.workers.spawn(work));
                }
            }
        }
    }

    /// Asks about every domain whose domain controller does not answer.
    pub(super) fn ask_about_unreachable(&mut self, id: ForestId) {
        let Some(forest) = self.entry(id).and_then(ForestEntry::open) else { return };
        let domains = forest.snapshot.domains.iter().filter(|domain| domain.is_unreachable);
        let names: Vec<DnsName> = domains.map(|domain| domain.name.clone()).collect();
        // The first one is asked about first: it stands above the others.
        let questions = names
            .into_iter()
            .rev()
            .map(|domain| Command::Open(WindowFactory::new(move || UnreachableDomain::new(id, domain.clone()))));
        self.commands.extend(questions.collect::<Vec<_>>());
    }
}
