//! Change Domain Controller (`console-ui.md` 6.15): which domain controller of a domain is used, or from which the sites are read; and the question
//! what to do about a domain whose controller does not answer.

use std::sync::Arc;

use egui::{ComboBox, Context, Ui};
use poll_promise::Promise;

use crate::gpm::{DomainController, ForestSnapshot, Task};
use crate::ident::DnsName;
use crate::store::{ControllerChoice, ForestStore, StoreError, StoreErrorKind, is_controller};

use super::dialog::{self, Closing};
use super::job::{Workers, take};
use super::kit::data_table::{Cell, Column, DataTable, TableHeight, TableState, row_id};
use super::kit::notice::{Severity, banner_with_hint_ui, loading_ui};
use super::theme::SPACE;
use super::window::{Surroundings, Window, WindowFactory};
use super::{Command, ForestId};

/// What the controller is used for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ControllerOf {
    /// A domain.
    Domain(DnsName),
    /// The sites: the configuration partition of the forest.
    Sites,
}

/// The radio buttons: which controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    PdcEmulator,
    Any,
    AnyFrom2003,
    This,
}

const KINDS: [(Kind, &str); 4] = [
    (Kind::PdcEmulator, "The domain controller with the Operations Master token for the PDC emulator"),
    (Kind::Any, "Any available domain controller"),
    (Kind::AnyFrom2003, "Any available domain controller running Windows Server 2003 or later"),
    (Kind::This, "This domain controller:"),
];

/// The dialog.
pub struct ChangeController {
    forest: ForestId,
    of: ControllerOf,
    /// Where the controller is looked for.
    domain: Option<DnsName>,
    kind: Option<Kind>,
    table: TableState,
    changing: Option<Changing>,
    problem: Option<String>,
}

/// A change that is under way: it is done once the new controller answers, and not at all if it is cancelled before.
struct Changing {
    task: Task,
    choice: ControllerChoice,
    domain: DnsName,
    promise: Option<Promise<Result<(), StoreError>>>,
}

impl Changing {
    fn start(
        workers: &Workers,
        store: Arc<dyn ForestStore>,
        of: &ControllerOf,
        domain: DnsName,
        choice: ControllerChoice,
    ) -> Self {
        let task = workers.task();
        let (worker_task, wanted, asked, is_sites) =
            (task.clone(), choice.clone(), domain.clone(), *of == ControllerOf::Sites);
        let promise = workers.spawn(async move {
            let change = async {
                if is_sites {
                    store.choose_configuration_controller(&asked, &wanted).await
                } else {
                    store.choose_controller(&asked, &wanted).await
                }
            };
            let cancelled = |_| Err(StoreError::new(StoreErrorKind::Cancelled, &asked));
            worker_task.or_cancel(change).await.unwrap_or_else(cancelled)
        });
        Changing { task, choice, domain, promise: Some(promise) }
    }
}

impl ChangeController {
    /// Opens the dialog.
    pub fn new(forest: ForestId, of: ControllerOf) -> Self {
        ChangeController {
            forest,
            of,
            domain: None,
            kind: None,
            table: TableState::default(),
            changing: None,
            problem: None,
        }
    }

    /// Returns the command that opens it.
    pub fn ask(forest: ForestId, of: ControllerOf) -> Command {
        Command::Open(WindowFactory::new(move || ChangeController::new(forest, of.clone())))
    }

    fn title(&self) -> String {
        match &self.of {
            ControllerOf::Domain(domain) => format!("Change Domain Controller of {domain}"),
            ControllerOf::Sites => "Change Domain Controller of Sites".to_owned(),
        }
    }

    /// Draws in which domain a controller for the sites is looked for; returns the domain.
    fn domain_ui(&mut self, ui: &mut Ui, snapshot: &ForestSnapshot) -> DnsName {
        let usual = match &self.of {
            ControllerOf::Domain(domain) => domain.clone(),
            ControllerOf::Sites => snapshot.name.clone(),
        };
        let mut domain = self.domain.clone().unwrap_or(usual);
        ui.horizontal(|ui| {
            let label = ui.label("Look in this domain:");
            if self.of == ControllerOf::Sites {
                let combo = ComboBox::from_id_salt("domain of controllers").selected_text(domain.to_string());
                let combo = combo.show_ui(ui, |ui| {
                    for known in &snapshot.domains {
                        ui.selectable_value(&mut domain, known.name.clone(), known.name.to_string());
                    }
                });
                combo.response.labelled_by(label.id);
            } else {
                ui.label(domain.to_string());
            }
        });
        if self.domain.as_ref() != Some(&domain) {
            self.table = TableState::default();
        }
        self.domain = Some(domain.clone());
        domain
    }

    /// Draws what can be chosen; returns the controllers that are listed.
    fn choice_ui(&mut self, ui: &mut Ui, controllers: &[DomainController], in_force: &ControllerChoice) {
        let mut kind = self.kind.unwrap_or(match in_force {
            ControllerChoice::PdcEmulator => Kind::PdcEmulator,
            ControllerChoice::Any => Kind::Any,
            ControllerChoice::AnyFrom2003 => Kind::AnyFrom2003,
            ControllerChoice::Named(_) => Kind::This,
        });
        ui.label("Change to:");
        for (value, words) in KINDS {
            ui.radio_value(&mut kind, value, words);
        }
        let table = DataTable::new("domain controllers", "Domain controllers")
            .column(Column::new("Name", 300.0, |controller: &DomainController| Cell::text(controller.name.clone())))
            .column(Column::new("Site", 180.0, |controller: &DomainController| Cell::text(controller.site.clone())))
            .row_id(|controller| row_id(&controller.name))
            .sorted_by("Name")
            .revision(row_id((controllers.len(), self.domain.as_ref().map(ToString::to_string))))
            .empty("The configuration names no domain controller of this domain.")
            .height(TableHeight::Rows { min: 3, max: 8 })
            .compact();
        let before = self.table.selected();
        table.ui(ui, &mut self.table, controllers);
        if self.table.selected() != before && !self.table.selected().is_empty() {
            kind = Kind::This;
        }
        self.kind = Some(kind);
    }

    fn chosen(
        &self,
        controllers: &[DomainController],
        in_force: &ControllerChoice,
    ) -> Result<ControllerChoice, String> {
        match self.kind {
            None => Ok(in_force.clone()),
            Some(Kind::PdcEmulator) => Ok(ControllerChoice::PdcEmulator),
            Some(Kind::Any) => Ok(ControllerChoice::Any),
            Some(Kind::AnyFrom2003) => Ok(ControllerChoice::AnyFrom2003),
            Some(Kind::This) => match (self.table.selected().first().and_then(|row| controllers.get(*row)), in_force) {
                (Some(controller), _) => Ok(ControllerChoice::Named(controller.name.clone())),
                (None, ControllerChoice::Named(_)) => Ok(in_force.clone()),
                (None, _) => Err("Choose a domain controller from the list.".to_owned()),
            },
        }
    }
}

impl Window for ChangeController {
    fn ui(&mut self, ctx: &Context, around: &mut Surroundings<'_>) -> Closing {
        match take_outcome(&mut self.changing) {
            Some((changing, Ok(()))) => {
                around.commands.push(Command::ControllerChanged {
                    forest: self.forest,
                    of: self.of.clone(),
                    domain: changing.domain,
                    choice: changing.choice,
                });
                return Closing::Close;
            }
            Some((_, Err(error))) => self.problem = Some(error.to_string()),
            None => {}
        }
        let Some(forest) = around.forest(self.forest) else { return Closing::Close };
        let (mut confirmed, mut cancelled) = (false, false);
        let (mut controllers, mut in_force) = (Vec::new(), ControllerChoice::default());
        let closing = dialog::show(ctx, &self.title(), 580.0, |ui| {
            let in_use = match &self.of {
                ControllerOf::Sites => forest.store.info().server,
                ControllerOf::Domain(domain) => forest
                    .snapshot
                    .domain(domain)
                    .map(|domain| domain.domain_controller.clone())
                    .filter(|name| !name.is_empty())
                    .unwrap_or_else(|| "none: the domain is not loaded".to_owned()),
            };
            ui.label(format!("Current domain controller: {in_use}"));
            let domain = self.domain_ui(ui, &forest.snapshot);
            controllers =
                forest.snapshot.domain(&domain).map(|domain| domain.domain_controllers.clone()).unwrap_or_default();
            in_force = match &self.of {
                ControllerOf::Domain(domain) => forest.store.controller_choice(domain),
                ControllerOf::Sites => match controllers.iter().find(|known| is_controller(&known.name, &in_use)) {
                    Some(controller) => ControllerChoice::Named(controller.name.clone()),
                    None => ControllerChoice::Any,
                },
            };
            ui.add_space(SPACE);
            ui.add_enabled_ui(self.changing.is_none(), |ui| self.choice_ui(ui, &controllers, &in_force));
            if let Some(problem) = &self.problem {
                ui.add_space(SPACE);
                let hint = "The domain controller in use stays in use. Choose another one.";
                banner_with_hint_ui(ui, Severity::Error, problem, hint);
            }
            if self.changing.is_some() {
                ui.add_space(SPACE);
                loading_ui(ui, "Connecting to the domain controller…");
            }
            dialog::buttons_ui(ui, |ui| {
                cancelled = dialog::button(ui, "Cancel");
                ui.add_enabled_ui(self.changing.is_none(), |ui| confirmed = dialog::primary_button(ui, "OK"));
            });
        });
        if confirmed && let Some(domain) = self.domain.clone() {
            match self.chosen(&controllers, &in_force) {
                Ok(choice) => {
                    self.problem = None;
                    let store = Arc::clone(&forest.store);
                    self.changing = Some(Changing::start(around.workers, store, &self.of, domain, choice));
                }
                Err(problem) => self.problem = Some(problem),
            }
        }
        if cancelled || closing == Closing::Close {
            if let Some(changing) = &self.changing {
                changing.task.cancel();
            }
            return Closing::Close;
        }
        Closing::Stay
    }
}

/// Returns a change that has ended, and how.
fn take_outcome(changing: &mut Option<Changing>) -> Option<(Changing, Result<(), StoreError>)> {
    let outcome = take(&mut changing.as_mut()?.promise)?;
    Some((changing.take()?, outcome))
}

/// The question what to do about a domain whose domain controller does not answer.
pub struct UnreachableDomain {
    forest: ForestId,
    domain: DnsName,
    answer: Answer,
    changing: Option<Changing>,
    problem: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Answer {
    #[default]
    Any,
    Choose,
    LeaveUnloaded,
}

impl UnreachableDomain {
    /// Asks about a domain.
    pub fn new(forest: ForestId, domain: DnsName) -> Self {
        UnreachableDomain { forest, domain, answer: Answer::default(), changing: None, problem: None }
    }
}

impl Window for UnreachableDomain {
    fn ui(&mut self, ctx: &Context, around: &mut Surroundings<'_>) -> Closing {
        match take_outcome(&mut self.changing) {
            // For as long as the forest is open: the next time the usual one may answer again.
            Some((_, Ok(()))) => {
                around.commands.push(Command::Refresh(self.forest));
                return Closing::Close;
            }
            Some((_, Err(error))) => self.problem = Some(error.to_string()),
            None => {}
        }
        let Some(forest) = around.forest(self.forest) else { return Closing::Close };
        let mut confirmed = false;
        // Several may be asked about at once; each question has its own title.
        let title = format!("Domain Controller of {} Not Available", self.domain);
        let closing = dialog::show(ctx, &title, 560.0, |ui| {
            let choice = match forest.store.controller_choice(&self.domain) {
                ControllerChoice::Named(name) => format!("The domain controller {name}"),
                ControllerChoice::PdcEmulator => "The domain controller with the PDC emulator role".to_owned(),
                ControllerChoice::Any | ControllerChoice::AnyFrom2003 => "Every domain controller".to_owned(),
            };
            ui.label(format!("{choice} of {} cannot be reached.", self.domain));
            let domain = forest.snapshot.domain(&self.domain);
            for problem in domain.map(|domain| domain.problems.as_slice()).unwrap_or_default() {
                ui.weak(&problem.message);
            }
            ui.add_space(SPACE);
            ui.label("What is to be done?");
            ui.add_enabled_ui(self.changing.is_none(), |ui| {
                ui.radio_value(&mut self.answer, Answer::Any, "Use any available domain controller");
                ui.radio_value(&mut self.answer, Answer::Choose, "Choose a domain controller");
                ui.radio_value(&mut self.answer, Answer::LeaveUnloaded, "Leave the domain unloaded");
            });
            if self.answer == Answer::Any {
                ui.weak("Two people who edit on two domain controllers can overwrite each other's work.");
            }
            if let Some(problem) = &self.problem {
                ui.add_space(SPACE);
                banner_with_hint_ui(ui, Severity::Error, problem, "Choose one, or leave the domain unloaded.");
            }
            if self.changing.is_some() {
                ui.add_space(SPACE);
                loading_ui(ui, "Connecting to the domain controller…");
            }
            dialog::buttons_ui(ui, |ui| {
                ui.add_enabled_ui(self.changing.is_none(), |ui| confirmed = dialog::primary_button(ui, "OK"));
            });
        });
        if closing == Closing::Close {
            if let Some(changing) = &self.changing {
                changing.task.cancel();
            }
            return Closing::Close;
        }
        match (confirmed, self.answer) {
            (false, _) => Closing::Stay,
            (true, Answer::LeaveUnloaded) => Closing::Close,
            (true, Answer::Choose) => {
                around.commands.push(ChangeController::ask(self.forest, ControllerOf::Domain(self.domain.clone())));
                Closing::Close
            }
            (true, Answer::Any) => {
                let (store, of) = (Arc::clone(&forest.store), ControllerOf::Domain(self.domain.clone()));
                let choice = ControllerChoice::Any;
                self.changing = Some(Changing::start(around.workers, store, &of, self.domain.clone(), choice));
                Closing::Stay
            }
        }
    }
}
