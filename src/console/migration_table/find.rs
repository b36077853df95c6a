//! Looking for a user, computer or group in the domains of the forests in the view.

use egui::{ComboBox, Context, Key, TextEdit, Ui};
use poll_promise::Promise;

use crate::gpm::constants::EntryType;
use crate::gpm::{FindTrusteeError, Names, Trustee};
use crate::ident::{Dn, DnsName};

use super::prompt::Answer;
use crate::console::dialog::{self, Closing};
use crate::console::kit::notice::{Severity, banner_ui};
use crate::console::theme::SPACE;
use crate::console::window::Surroundings;
use crate::console::{ForestEntry, ForestId};

/// A principal that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// How a table names it: `name@domain`, or its SID.
    pub(super) name: String,
    /// What it is.
    pub(super) kind: EntryType,
}

/// The dialog.
pub(super) struct FindPrincipal {
    from: Option<(ForestId, DnsName)>,
    text: String,
    told: Option<String>,
    candidates: Vec<String>,
    looking: Option<Promise<Result<Found, FindTrusteeError>>>,
    focus_wanted: bool,
}

impl FindPrincipal {
    /// Returns the dialog that begins with a domain and a name.
    pub(super) fn new(from: Option<(ForestId, DnsName)>, text: String, around: &Surroundings<'_>) -> Self {
        let first = || {
            let forest = around.forests.iter().find_map(ForestEntry::open)?;
            Some((forest.id, forest.snapshot.domains.first()?.name.clone()))
        };
        FindPrincipal {
            from: from.or_else(first),
            text,
            told: None,
            candidates: Vec::new(),
            looking: None,
            focus_wanted: true,
        }
    }

    /// Draws the dialog; gives what was found.
    pub(super) fn ui(&mut self, ctx: &Context, around: &Surroundings<'_>) -> Answer<Found> {
        let mut answer = self.take_in();
        let closing = dialog::show(ctx, "Select User, Computer, or Group", 480.0, |ui| {
            let label = ui.label("From this domain");
            let chosen = self.from.as_ref().map_or("No forest is open", |(_, domain)| domain.as_str());
            let combo = ComboBox::from_id_salt("domain to look in").selected_text(chosen).width(ui.available_width());
            let combo = combo.show_ui(ui, |ui| self.domains_ui(ui, around));
            combo.response.labelled_by(label.id);
            ui.add_space(2.0 * SPACE);
            let label = ui.label("Name, or SID");
            let edit = TextEdit::singleline(&mut self.text)
                .hint_text("name, DOMAIN\\name or name@domain")
                .desired_width(f32::INFINITY);
            let edit = ui.add(edit).labelled_by(label.id);
            if edit.has_focus() {
                self.focus_wanted = false;
            } else if self.focus_wanted {
                edit.request_focus();
                ui.ctx().request_repaint();
            }
            if edit.changed() {
                self.told = None;
                self.candidates.clear();
            }
            let entered = edit.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            if let Some(told) = &self.told {
                ui.add_space(SPACE);
                banner_ui(ui, Severity::Warning, told);
            }
            let chosen =
                self.candidates.iter().find(|candidate| ui.selectable_label(false, candidate.as_str()).clicked());
            if let Some(chosen) = chosen.cloned() {
                self.text = chosen;
                self.look(around);
            }
            dialog::buttons_ui(ui, |ui| {
                if dialog::primary_button(ui, "OK") || entered {
                    self.look(around);
                }
                if dialog::button(ui, "Cancel") {
                    answer = Answer::Cancelled;
                }
                if self.looking.is_some() {
                    ui.spinner();
                }
            });
        });
        if closing == Closing::Close { Answer::Cancelled } else { answer }
    }

    fn domains_ui(&mut self, ui: &mut Ui, around: &Surroundings<'_>) {
        for forest in around.forests.iter().filter_map(ForestEntry::open) {
            for domain in &forest.snapshot.domains {
                let candidate = Some((forest.id, domain.name.clone()));
                if ui.selectable_label(self.from == candidate, domain.name.as_str()).clicked() {
                    self.from = candidate;
                    self.told = None;
                }
            }
        }
    }

    fn look(&mut self, around: &Surroundings<'_>) {
        if self.looking.is_some() || self.text.trim().is_empty() {
            return;
        }
        let Some((forest, domain)) =
            self.from.as_ref().and_then(|(id, domain)| Some((around.forest(*id)?, domain.clone())))
        else {
            self.told = Some("Open a forest to look for names in it.".to_owned());
            return;
        };
        let (store, snapshot) = (forest.store.clone(), forest.snapshot.clone());
        let text = self.text.trim().to_owned();
        self.looking = Some(around.workers.spawn(async move {
            let trustee = Names::new(&snapshot).find(&*store, &text, &domain).await?;
            Ok(found_of(&trustee))
        }));
    }

    fn take_in(&mut self) -> Answer<Found> {
        let Some(promise) = self.looking.take() else { return Answer::Open };
        match promise.try_take() {
            Err(promise) => self.looking = Some(promise),
            Ok(Ok(found)) => return Answer::Given(found),
            Ok(Err(FindTrusteeError::Ambiguous { candidates, .. })) => {
                self.told = Some("Several have that name. Choose one:".to_owned());
                self.candidates = candidates;
            }
            Ok(Err(error)) => self.told = Some(format!("{error}.")),
        }
        Answer::Open
    }
}

/// Returns how a table names a trustee, and what kind of entry it is.
fn found_of(trustee: &Trustee) -> Found {
    let account = trustee.account_part().map(str::to_owned);
    let home = trustee.dn.as_ref().and_then(Dn::domain);
    // What is no object of a domain has no name that means the same everywhere.
    let (Some(account), Some(home)) = (account, home) else {
        return Found { name: trustee.label(), kind: EntryType::Unknown };
    };
    Found { name: format!("{account}@{home}"), kind: trustee.entry_type() }
}
