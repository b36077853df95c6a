//! The security editor behind every Advanced… of a Delegation tab (`console-ui.md` 5): who is granted and denied what, entry by
//! entry; the owner; what somebody may do in effect.
//!
//! It edits an [`AccessList`] and hands the descriptor to whoever opened it. What it does not understand is listed as such and
//! kept as it is.

mod words;
mod check_list;
mod entries;
mod people;

use std::collections::HashSet;
use std::sync::Arc;

use egui::{Context, Layout, Ui, vec2};
use poll_promise::Promise;

use crate::gpm::{AccessList, InheritedEntries, Names, PrincipalKinds, SecuredObject, Trustee, object_type_names};
use crate::ident::{DnsName, Guid, Sid};
use crate::security::{AccessMask, SecurityDescriptor, rights};
use crate::store::StoreError;

use super::dialog::{self, Closing};
use super::job::take;
use super::kit::data_table::TableState;
use super::kit::notice::{Severity, banner_ui};
use super::kit::tab_bar::tab_bar_ui;
use super::principal_picker::{PickedPrincipals, PickerOptions, PrincipalPicker};
use super::theme::SPACE;
use super::window::{Surroundings, Window};
use super::{Command, Detail, ForestId, OpenForest};

use words::TypeNames;

/// The window.
pub struct AdvancedSecurity {
    title: String,
    forest: ForestId,
    home: DnsName,
    saved: Box<dyn Fn(SecurityDescriptor) -> Vec<Command> + Send + Sync>,
    list: AccessList,
    before: SecurityDescriptor,
    /// Counts changes, for the tables.
    revision: u64,
    tab: usize,
    principals: TableState,
    entries: TableState,
    effective: TableState,
    picking: Option<(Purpose, PickedPrincipals)>,
    /// Principals that were chosen here: they have names although nobody looked them up.
    asked_for: HashSet<Sid>,
    names: TypeNames,
    naming: Option<Promise<Result<TypeNames, StoreError>>>,
    names_asked: bool,
    own_rights: OwnRights,
    in_effect: Option<InEffect>,
    stops_inheriting: bool,
    told: Option<(Severity, String)>,
}

/// What somebody is chosen for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Add,
    Owner,
    Effective,
}

/// What the person at the console may change here.
enum OwnRights {
    /// Nobody asked yet.
    Unknown,
    /// Their groups are being looked up.
    Asking(Promise<Result<HashSet<Sid>, StoreError>>),
    /// These; all where the server does not say who we are.
    Known(AccessMask),
}

/// Somebody whose rights in effect are shown.
struct InEffect {
    trustee: Trustee,
    groups: Groups,
}

enum Groups {
    Asking(Promise<Result<HashSet<Sid>, StoreError>>),
    Known(HashSet<Sid>),
    Failed(String),
}

const TABS: [&str; 4] = ["Security", "Permissions", "Owner", "Effective Access"];
const WIDTH: f32 = 900.0;
const HEIGHT: f32 = 470.0;

impl AdvancedSecurity {
    /// Returns the editor of the descriptor of an object; `home` is the domain it lies in. `saved` tells what to do with the
    /// descriptor when it was changed and OK was pressed. The parts that the descriptor does not have stay away.
    pub fn new(
        title: String,
        object: SecuredObject,
        descriptor: SecurityDescriptor,
        forest: ForestId,
        home: DnsName,
        saved: impl Fn(SecurityDescriptor) -> Vec<Command> + Send + Sync + 'static,
    ) -> Self {
        AdvancedSecurity {
            title,
            forest,
            home,
            saved: Box::new(saved),
            before: descriptor.clone(),
            list: AccessList::new(object, descriptor),
            revision: 0,
            tab: 0,
            principals: TableState::default(),
            entries: TableState::default(),
            effective: TableState::default(),
            picking: None,
            asked_for: HashSet::new(),
            names: TypeNames::new(),
            naming: None,
            names_asked: false,
            own_rights: OwnRights::Unknown,
            in_effect: None,
            stops_inheriting: false,
            told: None,
        }
    }

    fn changed(&mut self) {
        self.revision += 1;
        self.told = None;
    }

    fn pick(&mut self, purpose: Purpose, around: &mut Surroundings<'_>) {
        let picked = PickedPrincipals::default();
        self.picking = Some((purpose, picked.clone()));
        let title = match purpose {
            Purpose::Add => "Select Users, Computers, or Groups",
            Purpose::Owner => "Select the New Owner",
            Purpose::Effective => "Select a User, Computer, or Group",
        };
        let options =
            PickerOptions { title: title.to_owned(), many: purpose == Purpose::Add, kinds: PrincipalKinds::ALL };
        let command = PrincipalPicker::open_into(self.forest, self.home.clone(), options, String::new(), picked);
        around.commands.push(command);
    }

    fn take_picked(&mut self, around: &Surroundings<'_>) {
        let Some((purpose, picked)) = &self.picking else { return };
        let chosen = picked.take();
        if chosen.is_empty() {
            return;
        }
        let purpose = *purpose;
        self.picking = None;
        self.changed();
        for trustee in chosen {
            match purpose {
                Purpose::Add => drop(self.list.add_principal(&trustee.sid)),
                Purpose::Owner => self.list.set_owner(trustee.sid),
                Purpose::Effective => self.show_effective(trustee, around),
            }
        }
    }

    fn show_effective(&mut self, trustee: Trustee, around: &Surroundings<'_>) {
        let Some(forest) = around.forest(self.forest) else { return };
        let groups = Groups::Asking(groups_of(forest, trustee.sid.clone(), around));
        self.in_effect = Some(InEffect { trustee, groups });
    }

    /// Takes in what the background brought, and asks for what is missing.
    fn take_in(&mut self, around: &mut Surroundings<'_>) {
        self.take_picked(around);
        let Some(forest) = around.forest(self.forest) else { return };
        if !std::mem::replace(&mut self.names_asked, true) {
            let ids = self.unnamed_types();
            let store = Arc::clone(&forest.store);
            self.naming =
                (!ids.is_empty()).then(|| around.workers.spawn(async move { object_type_names(&*store, &ids).await }));
        }
        if let Some(Ok(names)) = take(&mut self.naming) {
            self.names = names;
            self.revision += 1;
        }
        if matches!(self.own_rights, OwnRights::Unknown) {
            self.own_rights = match forest.store.directory().root_dse().user.clone() {
                Some(user) => OwnRights::Asking(groups_of(forest, user, around)),
                None => OwnRights::Known(self.everything()),
            };
        }
        self.take_in_own_rights(forest.store.directory().root_dse().user.clone());
        if let Some(InEffect { groups, .. }) = &mut self.in_effect {
            *groups = match std::mem::replace(groups, Groups::Known(HashSet::new())) {
                Groups::Asking(promise) => match promise.try_take() {
                    Err(promise) => Groups::Asking(promise),
                    Ok(found) => {
                        self.revision += 1;
                        found.map_or_else(|error| Groups::Failed(error.to_string()), Groups::Known)
                    }
                },
                other => other,
            };
        }
        self.fetch_names(around);
    }

    fn take_in_own_rights(&mut self, user: Option<Sid>) {
        let state = std::mem::replace(&mut self.own_rights, OwnRights::Unknown);
        self.own_rights = match state {
            OwnRights::Asking(promise) => match promise.try_take() {
                Err(promise) => OwnRights::Asking(promise),
                // Without an answer, the server decides when it is saved.
                Ok(Err(_)) => OwnRights::Known(self.everything()),
                Ok(Ok(groups)) => {
                    let is_member = |sid: &Sid| user.as_ref() == Some(sid) || groups.contains(sid);
                    let before = AccessList::new(self.list.object(), self.before.clone());
                    OwnRights::Known(before.effective_rights(None, is_member))
                }
            },
            other => other,
        };
    }

    fn everything(&self) -> AccessMask {
        self.list.object().basic_rights().first().map_or(AccessMask::NONE, |whole| whole.mask)
    }

    /// Returns the object types that have no name yet.
    fn unnamed_types(&self) -> Vec<Guid> {
        let aces = self.list.acl().into_iter().flat_map(crate::security::Acl::aces);
        let types = aces.filter_map(|ace| ace.object);
        let mut ids: Vec<Guid> = types.flat_map(|types| [types.object, types.inherited_object]).flatten().collect();
        ids.retain(|id| rights::object_type_name(*id).is_none());
        ids.sort();
        ids.dedup();
        ids
    }

    /// Asks for the names of principals, each once.
    fn fetch_names(&mut self, around: &mut Surroundings<'_>) {
        let owner = self.list.descriptor().owner.clone();
        let wanted = self.list.principals().into_iter().chain(owner);
        let new: Vec<Sid> = wanted.filter(|sid| self.asked_for.insert(sid.clone())).collect();
        if !new.is_empty() {
            around.commands.push(Command::Fetch(self.forest, Detail::Trustees(new)));
        }
    }

    /// Returns why the list cannot be changed; none where it can.
    fn refusal(&self, forest: &OpenForest) -> Option<String> {
        if forest.info.read_only {
            return Some("The forest is open read-only.".to_owned());
        }
        if self.list.acl().is_none() {
            return Some(
                "There is no access list: everybody may do everything. An entry would shut everybody else out."
                    .to_owned(),
            );
        }
        self.lacks(AccessMask::WRITE_DAC, "Modify permissions")
    }

    /// Returns why the owner cannot be changed; none where it can.
    fn owner_refusal(&self, forest: &OpenForest) -> Option<String> {
        if forest.info.read_only {
            return Some("The forest is open read-only.".to_owned());
        }
        self.lacks(AccessMask::WRITE_OWNER, "Modify owner")
    }

    fn lacks(&self, right: AccessMask, name: &str) -> Option<String> {
        match self.own_rights {
            OwnRights::Known(rights) if rights.contains(right) => None,
            OwnRights::Known(_) => Some(format!("You do not have the right `{name}` on this object.")),
            OwnRights::Unknown | OwnRights::Asking(_) => Some("Your own rights are being looked up.".to_owned()),
        }
    }

    fn contents_ui(&mut self, ui: &mut Ui, around: &mut Surroundings<'_>) {
        let Some(forest) = around.forest(self.forest) else {
            return banner_ui(ui, Severity::Error, "The forest is not open any more.");
        };
        let refusal = self.refusal(forest);
        if let Some(refusal) = &refusal {
            banner_ui(ui, Severity::Info, refusal);
            ui.add_space(SPACE);
        }
        self.tab = tab_bar_ui(ui, "security editor", &TABS, self.tab);
        ui.add_space(2.0 * SPACE);
        let asked = match self.tab {
            0 => self.check_list_ui(ui, forest, refusal.as_deref()),
            1 => self.entries_ui(ui, forest, refusal.as_deref()),
            2 => self.owner_ui(ui, forest),
            _ => self.effective_ui(ui),
        };
        if let Some(purpose) = asked {
            self.pick(purpose, around);
        }
    }

    /// Asks what becomes of what was inherited.
    fn stop_inheriting_ui(&mut self, ctx: &Context) {
        if !self.stops_inheriting {
            return;
        }
        let mut answer = None;
        let closing = dialog::show(ctx, "Disable Inheritance", 560.0, |ui| {
            ui.label("What becomes of the entries that came from above?");
            dialog::buttons_ui(ui, |ui| {
                if dialog::button(ui, "Cancel") {
                    self.stops_inheriting = false;
                }
                if dialog::button(ui, "Remove Them") {
                    answer = Some(InheritedEntries::Remove);
                }
                let convert = dialog::primary(ui, "Convert to Own Entries");
                if ui.memory(|memory| memory.focused()).is_none() {
                    convert.request_focus();
                    ui.ctx().request_repaint();
                }
                if dialog::is_pressed(&convert) {
                    answer = Some(InheritedEntries::Convert);
                }
            });
        });
        if let Some(inherited) = answer {
            self.list.protect(inherited);
            self.changed();
            self.stops_inheriting = false;
        } else if closing == Closing::Close {
            self.stops_inheriting = false;
        }
    }
}

impl Window for AdvancedSecurity {
    fn ui(&mut self, ctx: &Context, around: &mut Surroundings<'_>) -> Closing {
        self.take_in(around);
        let mut closing = Closing::Stay;
        let title = self.title.clone();
        let by_frame = dialog::show(ctx, &title, WIDTH, |ui| {
            let size = vec2(ui.available_width(), HEIGHT.min(ui.ctx().content_rect().height() - 170.0));
            ui.allocate_ui_with_layout(size, Layout::top_down(egui::Align::Min), |ui| {
                ui.set_min_size(size);
                self.contents_ui(ui, around);
            });
            if let Some((severity, told)) = &self.told {
                ui.add_space(SPACE);
                banner_ui(ui, *severity, told);
            }
            dialog::buttons_ui(ui, |ui| {
                if dialog::primary_button(ui, "OK") {
                    if *self.list.descriptor() != self.before {
                        around.commands.extend((self.saved)(self.list.descriptor().clone()));
                    }
                    closing = Closing::Close;
                }
                if dialog::button(ui, "Cancel") {
                    closing = Closing::Close;
                }
            });
        });
        self.stop_inheriting_ui(ctx);
        if by_frame == Closing::Close { Closing::Close } else { closing }
    }
}

/// Looks up the groups somebody belongs to.
fn groups_of(forest: &OpenForest, sid: Sid, around: &Surroundings<'_>) -> Promise<Result<HashSet<Sid>, StoreError>> {
    let (store, snapshot) = (Arc::clone(&forest.store), Arc::clone(&forest.snapshot));
    around.workers.spawn(async move { Names::new(&snapshot).groups_of(&*store, &sid).await })
}
