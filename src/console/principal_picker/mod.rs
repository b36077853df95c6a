//! Select User, Computer, or Group: the object picker (`console-ui.md` 6.14).
//!
//! One box takes several names, separated by semicolons. While somebody types, whoever is called like that is listed below; a
//! name that is taken from there, or that Check Names found, is underlined. Advanced looks by conditions. All searches run in
//! the background; the next letter calls the one before off.

mod location;
mod looking;
mod list;
mod names_box;
mod find;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use egui::{Button, Context, Key, Modifiers, Ui, vec2};
use poll_promise::Promise;

use crate::gpm::{
    FindTrusteeError, FoundPrincipal, Names, PrincipalKinds, PrincipalPlace, PrincipalQuery, Resolution, Task, Trustee,
};
use crate::ident::DnsName;

use super::dialog::{self, Closing};
use super::job::take;
use super::kit::notice::{Severity, banner_ui, loading_ui};
use super::theme::SPACE;
use super::window::{Surroundings, Window, WindowFactory};
use super::{Command, ForestId};

use find::{Answer, Find};
use list::{ListLook, PrincipalList};
use location::{Chosen, Location, Locations};
use looking::{Looking, in_words};
use names_box::NamesBox;

/// How the picker is shown.
#[derive(Clone, Debug)]
pub struct PickerOptions {
    /// Its title.
    pub title: String,
    /// Whether several principals can be chosen.
    pub many: bool,
    /// The kinds that can be chosen.
    pub kinds: PrincipalKinds,
}

/// Where a picker leaves the principals chosen, for a window that waits for them.
#[derive(Clone, Default)]
pub struct PickedPrincipals(Arc<Mutex<Vec<Trustee>>>);

impl PickedPrincipals {
    /// Returns those who were chosen since the last call.
    pub fn take(&self) -> Vec<Trustee> {
        std::mem::take(&mut self.lock())
    }

    fn put(&self, principals: Vec<Trustee>) {
        *self.lock() = principals;
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Trustee>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The dialog.
pub struct PrincipalPicker {
    options: PickerOptions,
    chosen: Box<dyn Fn(Vec<Trustee>) -> Vec<Command> + Send + Sync>,
    home: DnsName,
    kinds: PrincipalKinds,
    location: Location,
    names: NamesBox,
    /// The principals of names that are certain, by the name in lower case.
    certain: HashMap<String, FoundPrincipal>,
    live: Live,
    checking: Option<Checking>,
    /// Names that several share, to be asked about one after the other.
    ambiguous: Vec<(String, Vec<FoundPrincipal>)>,
    asking: Option<Asking>,
    told: Option<(Severity, String)>,
}

/// What is listed while somebody types.
#[derive(Default)]
struct Live {
    looking: Option<Looking>,
    list: PrincipalList,
    has_more: bool,
    /// The name that is listed.
    text: String,
    told: Option<String>,
}

/// Names that are being checked.
struct Checking {
    task: Task,
    promise: Option<Promise<Checked>>,
    /// Whether OK was pressed: the picker closes once all are certain.
    goes_on: bool,
}

type Checked = Vec<(String, Result<Resolution, FindTrusteeError>)>;

/// What stands over the picker.
enum Asking {
    Locations(Locations),
    Find(Box<Find>),
    /// Which of those who share a name is meant.
    Which {
        name: String,
        list: PrincipalList,
        goes_on: bool,
        entered: bool,
    },
}

/// How long nobody must type before a search begins.
const PAUSE: Duration = Duration::from_millis(120);
/// How many are listed while somebody types.
const LIVE: usize = 100;
const LIST_HEIGHT: f32 = 230.0;

impl PrincipalPicker {
    /// Returns a picker over a forest, with the principals of `home` before others of the same name. `chosen` tells what to do
    /// with those that were chosen; it is not called where the picker is left without a choice.
    pub fn new(
        forest: ForestId,
        home: DnsName,
        options: PickerOptions,
        chosen: impl Fn(Vec<Trustee>) -> Vec<Command> + Send + Sync + 'static,
    ) -> Self {
        PrincipalPicker {
            kinds: options.kinds,
            options,
            chosen: Box::new(chosen),
            home,
            location: Location { forest, place: PrincipalPlace::Forest },
            names: NamesBox::default(),
            certain: HashMap::new(),
            live: Live::default(),
            checking: None,
            ambiguous: Vec::new(),
            asking: None,
            told: None,
        }
    }

    /// Begins with this in the box.
    pub fn with_text(mut self, text: &str) -> Self {
        self.names.set_text(text.to_owned());
        self
    }

    /// Returns the command that opens a picker which leaves the principals chosen in `picked`.
    pub fn open_into(
        forest: ForestId,
        home: DnsName,
        options: PickerOptions,
        text: String,
        picked: PickedPrincipals,
    ) -> Command {
        Command::Open(WindowFactory::new(move || {
            let picked = picked.clone();
            let chosen = move |principals| {
                picked.put(principals);
                Vec::new()
            };
            PrincipalPicker::new(forest, home.clone(), options.clone(), chosen).with_text(&text)
        }))
    }

    fn query(&self, text: &str, limit: usize) -> PrincipalQuery {
        let query = PrincipalQuery::begins(text, &self.home, limit);
        PrincipalQuery { kinds: self.kinds, place: self.location.place.clone(), ..query }
    }

    fn is_certain(&self, name: &str) -> bool {
        self.certain.contains_key(&name.to_lowercase())
    }

    /// Puts a principal where the name stands that is being typed, or `name` if given.
    fn take(&mut self, name: Option<&str>, principals: Vec<FoundPrincipal>, ctx: &Context) {
        let labels: Vec<String> = principals.iter().map(|principal| principal.trustee.label()).collect();
        for principal in principals {
            self.certain.insert(principal.trustee.label().to_lowercase(), principal);
        }
        self.names.put(ctx, name, &labels, self.options.many);
        self.told = None;
        self.live.forget();
    }

    fn look_while_typing(&mut self, around: &Surroundings<'_>) {
        let name = self.names.current();
        if name == self.live.text {
            return;
        }
        self.live.forget();
        self.live.text.clone_from(&name);
        if name.is_empty() || self.is_certain(&name) {
            return;
        }
        let query = self.query(&name, LIVE);
        self.live.looking = Looking::start(query, self.location.forest, PAUSE, around);
    }

    /// Looks anew after something other than the name was changed.
    fn look_again(&mut self) {
        self.live.forget();
        self.told = None;
    }

    /// Checks all names that are not certain; `goes_on` closes the picker once they are.
    fn check(&mut self, goes_on: bool, around: &mut Surroundings<'_>) -> Closing {
        if self.checking.is_some() {
            return Closing::Stay;
        }
        self.told = None;
        let names = self.names.all();
        if names.is_empty() {
            self.told = Some((Severity::Info, "Type a name, or find somebody with Advanced.".to_owned()));
            self.names.want_focus();
            return Closing::Stay;
        }
        if names.len() > 1 && !self.options.many {
            self.told = Some((Severity::Warning, "Only one can be chosen here.".to_owned()));
            self.names.want_focus();
            return Closing::Stay;
        }
        let unknown: Vec<String> = names.into_iter().filter(|name| !self.is_certain(name)).collect();
        if unknown.is_empty() {
            return if goes_on { self.finish(around) } else { Closing::Stay };
        }
        let Some(forest) = around.forest(self.location.forest) else {
            self.told = Some((Severity::Error, "The forest is not open any more.".to_owned()));
            return Closing::Stay;
        };
        let (store, snapshot) = (forest.store.clone(), forest.snapshot.clone());
        let (query, task) = (self.query("", 0), Task::default());
        let worker_task = task.clone();
        let promise = around.workers.spawn(async move {
            let names = Names::new(&snapshot);
            let checks = unknown.into_iter().map(|text| {
                let (names, store, query, task) = (&names, &store, &query, &worker_task);
                async move {
                    let outcome = names.check(&**store, &text, query, task).await;
                    (text, outcome)
                }
            });
            futures::future::join_all(checks).await
        });
        self.checking = Some(Checking { task, promise: Some(promise), goes_on });
        Closing::Stay
    }

    /// Takes in what the background brought; tells whether the picker is done.
    fn take_in(&mut self, ctx: &Context, around: &mut Surroundings<'_>) -> Closing {
        self.live.take_in();
        let Some(checking) = &mut self.checking else { return Closing::Stay };
        let Some(checked) = take(&mut checking.promise) else { return Closing::Stay };
        let goes_on = checking.goes_on;
        self.checking = None;
        let mut missing = Vec::new();
        for (name, outcome) in checked {
            match outcome {
                Ok(Resolution::One(principal)) => self.take(Some(&name), vec![*principal], ctx),
                Ok(Resolution::Several(found)) => self.ambiguous.push((name, found.principals)),
                Ok(Resolution::Nobody(problems)) => {
                    let place = self.location.label(around);
                    missing.push(format!(
                        "Nobody called `{name}` was found in {place}. Check the spelling, the object types and the location."
                    ));
                    missing.extend(problems.iter().map(in_words));
                }
                Err(error) => missing.push(format!("{error}.")),
            }
        }
        self.names.want_focus();
        if !missing.is_empty() {
            self.ambiguous.clear();
            self.told = Some((Severity::Warning, missing.join("\n")));
            return Closing::Stay;
        }
        self.ask_which(goes_on, around)
    }

    /// Asks about the next name that several share; without one, goes on.
    fn ask_which(&mut self, goes_on: bool, around: &mut Surroundings<'_>) -> Closing {
        if let Some((name, principals)) = self.ambiguous.pop() {
            let mut list = PrincipalList::default();
            list.show(principals);
            self.asking = Some(Asking::Which { name, list, goes_on, entered: false });
            return Closing::Stay;
        }
        let all_certain = self.names.all().iter().all(|name| self.is_certain(name));
        if goes_on && all_certain { self.finish(around) } else { Closing::Stay }
    }

    fn finish(&mut self, around: &mut Surroundings<'_>) -> Closing {
        let mut chosen: Vec<Trustee> = Vec::new();
        for name in self.names.all() {
            let principal = self.certain.get(&name.to_lowercase());
            let is_new = |trustee: &&Trustee| chosen.iter().all(|other| other.sid != trustee.sid);
            if let Some(trustee) = principal.map(|principal| &principal.trustee).filter(is_new) {
                chosen.push(trustee.clone());
            }
        }
        around.commands.extend((self.chosen)(chosen));
        Closing::Close
    }

    fn contents_ui(&mut self, ui: &mut Ui, around: &mut Surroundings<'_>) -> Closing {
        ui.horizontal(|ui| {
            ui.label("Object types:");
            let (kinds, offered) = (&mut self.kinds, &self.options.kinds);
            let boxes = [
                (&mut kinds.users, offered.users, "Users"),
                (&mut kinds.groups, offered.groups, "Groups"),
                (&mut kinds.computers, offered.computers, "Computers"),
                (&mut kinds.well_known, offered.well_known, "Well-known principals"),
            ];
            let mut changed = false;
            for (is_wanted, _, words) in boxes.into_iter().filter(|(_, is_offered, _)| *is_offered) {
                changed |= ui.checkbox(is_wanted, words).changed();
            }
            if changed {
                self.look_again();
            }
        });
        ui.horizontal(|ui| {
            ui.label("From this location:");
            ui.strong(self.location.label(around));
            if ui.button("Locations…").clicked() {
                self.asking = Some(Asking::Locations(Locations::new(self.location.forest, around)));
            }
        });
        ui.add_space(SPACE);
        let look = ListLook {
            key: "principals while typing",
            name: "Suggestions",
            empty: match (&self.live.looking, self.live.text.is_empty()) {
                (Some(_), _) => "Looking…",
                (None, true) => "Type the beginning of a name, a DOMAIN\\name, a name@domain or a SID.",
                (None, false) if self.is_certain(&self.live.text) => "This name is certain.",
                (None, false) => "Nobody is called like that here.",
            },
            height: LIST_HEIGHT.min(ui.ctx().content_rect().height() - 330.0),
            has_filter: false,
        };
        let goes_down = self.names.has_focus(ui)
            && !self.live.list.rows().is_empty()
            && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::ArrowDown));
        let certain = &self.certain;
        let label = if self.options.many { "Names, separated by semicolons" } else { "Name" };
        let entered = self.names.ui(ui, label, |name| certain.contains_key(&name.to_lowercase()));
        self.look_while_typing(around);
        ui.add_space(SPACE);
        if goes_down {
            self.live.list.enter(ui, &look);
        }
        if let Some(principal) = self.live.list.ui(ui, &look) {
            self.take(None, vec![principal], ui.ctx());
        }
        if self.live.has_more {
            ui.weak(format!("The first {LIVE} are listed. Type more of the name."));
        }
        if let Some(told) = &self.live.told {
            banner_ui(ui, Severity::Warning, told);
        }
        if let Some((severity, told)) = &self.told {
            ui.add_space(SPACE);
            banner_ui(ui, *severity, told);
        }
        self.buttons_ui(ui, entered, around)
    }

    fn buttons_ui(&mut self, ui: &mut Ui, entered: bool, around: &mut Surroundings<'_>) -> Closing {
        let mut closing = Closing::Stay;
        ui.add_space(3.0 * SPACE);
        ui.horizontal(|ui| {
            let button = |text: &str| Button::new(text.to_owned()).min_size(vec2(88.0, 0.0));
            if ui.add(button("Check Names")).clicked() {
                closing = self.check(false, around);
            }
            if ui.add(button("Advanced…")).clicked() {
                self.asking = Some(Asking::Find(Box::default()));
            }
            if self.checking.is_some() {
                loading_ui(ui, "Checking the names…");
            }
            dialog::row_from_right_ui(ui, |ui| {
                if dialog::primary_button(ui, "OK") || entered {
                    closing = self.check(true, around);
                }
                if dialog::button(ui, "Cancel") {
                    closing = Closing::Close;
                }
            });
        });
        closing
    }

    fn asking_ui(&mut self, ctx: &Context, around: &mut Surroundings<'_>) -> Closing {
        match self.asking.take() {
            None => {}
            Some(Asking::Locations(mut locations)) => match locations.ui(ctx) {
                Chosen::Open => self.asking = Some(Asking::Locations(locations)),
                Chosen::Cancelled => self.names.want_focus(),
                Chosen::Location(location) => {
                    self.location = location;
                    self.look_again();
                    self.names.want_focus();
                }
            },
            Some(Asking::Find(mut find)) => {
                let query = self.query("", 0);
                match find.ui(ctx, &query, &self.location, self.options.many, around) {
                    Answer::Open => self.asking = Some(Asking::Find(find)),
                    Answer::Cancelled => self.names.want_focus(),
                    Answer::Chosen(principals) => {
                        self.take(None, principals, ctx);
                        self.names.want_focus();
                    }
                }
            }
            Some(Asking::Which { name, mut list, goes_on, mut entered }) => {
                match which_ui(ctx, &name, &mut list, &mut entered) {
                    Which::Open => self.asking = Some(Asking::Which { name, list, goes_on, entered }),
                    Which::Cancelled => {
                        self.ambiguous.clear();
                        self.names.want_focus();
                    }
                    Which::Chosen(principals) => {
                        self.take(Some(&name), principals, ctx);
                        return self.ask_which(goes_on, around);
                    }
                }
            }
        }
        Closing::Stay
    }
}

impl Window for PrincipalPicker {
    fn ui(&mut self, ctx: &Context, around: &mut Surroundings<'_>) -> Closing {
        let mut closing = self.take_in(ctx, around);
        let title = self.options.title.clone();
        let by_frame = dialog::show(ctx, &title, 760.0, |ui| {
            if self.contents_ui(ui, around) == Closing::Close {
                closing = Closing::Close;
            }
        });
        if self.asking_ui(ctx, around) == Closing::Close || by_frame == Closing::Close {
            closing = Closing::Close;
        }
        if closing == Closing::Close {
            self.live.forget();
            if let Some(checking) = &self.checking {
                checking.task.cancel();
            }
        }
        closing
    }
}

impl Live {
    fn forget(&mut self) {
        if let Some(looking) = self.looking.take() {
            looking.cancel();
        }
        self.list.show(Vec::new());
        self.text.clear();
        (self.has_more, self.told) = (false, None);
    }

    fn take_in(&mut self) {
        let Some(outcome) = self.looking.as_mut().and_then(Looking::take) else { return };
        self.looking = None;
        match outcome {
            // A part of a name may name a domain that is not there yet: that is told when the name is checked.
            Err(_) => {}
            Ok(found) => {
                self.list.show(found.principals);
                self.has_more = found.has_more;
                let told: Vec<String> = found.problems.iter().map(in_words).collect();
                self.told = (!told.is_empty()).then(|| told.join("\n"));
            }
        }
    }
}

/// How the question was answered, who is meant.
enum Which {
    Open,
    Chosen(Vec<FoundPrincipal>),
    Cancelled,
}

/// Asks which of those who share a name is meant.
fn which_ui(ctx: &Context, name: &str, list: &mut PrincipalList, entered: &mut bool) -> Which {
    let mut which = Which::Open;
    let closing = dialog::show(ctx, "Multiple Names Found", 820.0, |ui| {
        ui.label(format!("Several are called like `{name}`. Choose who is meant:"));
        ui.add_space(SPACE);
        let height = 260.0_f32.min(ui.ctx().content_rect().height() - 220.0);
        let (name, empty) = ("Matching names", "Nobody.");
        let look = ListLook { key: "principals of one name", name, empty, height, has_filter: true };
        let activated = list.ui(ui, &look);
        if !std::mem::replace(entered, true) {
            list.enter(ui, &look);
        }
        if let Some(principal) = activated {
            which = Which::Chosen(vec![principal]);
        }
        dialog::buttons_ui(ui, |ui| {
            let selected = list.selected();
            if dialog::primary_button(ui, "OK") && !selected.is_empty() {
                which = Which::Chosen(selected);
            }
            if dialog::button(ui, "Cancel") {
                which = Which::Cancelled;
            }
        });
    });
    if closing == Closing::Close { Which::Cancelled } else { which }
}
