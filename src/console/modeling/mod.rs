//! Group Policy Modeling Wizard: what would apply to a user and a computer (`console-ui.md` 7.5).
//!
//! The wizard's state becomes a [`ModelingQuery`]; running it ([`run`]) is the same whether the wizard asks or a stored query is run again.
//! Nothing is written to the domain.

mod container;
mod filters;
mod groups;
mod locations;
mod pages;
mod run;
mod target;

use crate::ident::{Dn, DnsName};
use crate::report::Side;
use crate::rsop::LoopbackMode;

use super::kit::data_table::TableState;
use super::step::Step;
use super::stored_query::{ModelingQuery, QueryTarget};
use super::window::{Surroundings, WindowFactory};
use super::wizard::{Page, Ready, Wizard};
use super::{Command, ForestId, OpenForest};

use filters::FiltersField;
use groups::GroupsField;
use locations::LocationField;
use run::Ran;
use target::TargetField;

pub use container::report_container;
pub use run::rerun;

/// The title of the wizard, and of what it does.
const TITLE: &str = "Group Policy Modeling Wizard";

/// What is entered in the wizard.
pub struct Modeling {
    forest: ForestId,
    domain: DnsName,
    /// Whether a certain domain controller is meant, and which.
    uses_controller: bool,
    controllers: TableState,
    controller: Option<String>,
    /// Whether that controller answers, and which it was when it was asked.
    answers: Step<()>,
    asked_controller: Option<String>,
    user: SideFields,
    computer: SideFields,
    /// The page from which the rest is skipped, by its place; none where nothing is.
    skips_after: Option<usize>,
    slow_link: bool,
    has_loopback: bool,
    loopback: LoopbackMode,
    site: Option<String>,
    /// The query that was run, and what came of it.
    ran_for: Option<ModelingQuery>,
    ran: Step<Ran>,
}

/// What is entered about one side.
struct SideFields {
    target: TargetField,
    location: LocationField,
    groups: GroupsField,
    filters: FiltersField,
}

/// Places of the pages from which the rest can be skipped.
mod place {
    pub const TARGETS: usize = 2;
    pub const OPTIONS: usize = 3;
    pub const LOCATIONS: usize = 4;
    pub const USER_GROUPS: usize = 5;
    pub const COMPUTER_GROUPS: usize = 6;
    pub const USER_FILTERS: usize = 7;
    pub const COMPUTER_FILTERS: usize = 8;
}

const PAGES: &[Page<Modeling>] = &[
    Page { title: "Welcome", ui: pages::welcome_ui, ..Page::PLAIN },
    Page { title: "Domain Controller", ui: pages::controller_ui, check: pages::controller_ready, ..Page::PLAIN },
    Page { title: "User and Computer", ui: pages::targets_ui, check: pages::targets_ready, ..Page::PLAIN },
    Page {
        title: "Simulation Options",
        applies: |state| state.reaches(place::OPTIONS),
        ui: pages::options_ui,
        check: pages::options_ready,
        ..Page::PLAIN
    },
    Page {
        title: "Alternate Paths",
        applies: |state| {
            let has_account = state.user.target.is_account() || state.computer.target.is_account();
            has_account && state.reaches(place::LOCATIONS)
        },
        ui: pages::locations_ui,
        check: pages::locations_ready,
        ..Page::PLAIN
    },
    Page {
        title: "User Security Groups",
        applies: |state| state.user.target.is_asked() && state.reaches(place::USER_GROUPS),
        ui: |state, ui, page| pages::groups_ui(state, ui, page, Side::User),
        ..Page::PLAIN
    },
    Page {
        title: "Computer Security Groups",
        applies: |state| state.computer.target.is_asked() && state.reaches(place::COMPUTER_GROUPS),
        ui: |state, ui, page| pages::groups_ui(state, ui, page, Side::Computer),
        ..Page::PLAIN
    },
    Page {
        title: "WMI Filters for Users",
        applies: |state| state.user.target.is_asked() && state.reaches(place::USER_FILTERS),
        ui: |state, ui, page| pages::filters_ui(state, ui, page, Side::User),
        ..Page::PLAIN
    },
    Page {
        title: "WMI Filters for Computers",
        applies: |state| state.computer.target.is_asked() && state.reaches(place::COMPUTER_FILTERS),
        ui: |state, ui, page| pages::filters_ui(state, ui, page, Side::Computer),
        ..Page::PLAIN
    },
    Page { title: "Summary of Selections", ui: pages::summary_page_ui, ..Page::PLAIN },
    Page {
        title: "Completing",
        enter: |state, around| state.run(around),
        ui: pages::completing_ui,
        check: pages::completing_ready,
        ..Page::PLAIN
    },
];

/// Returns the command that opens the wizard; a domain or OU that it is opened from stands in both containers.
pub fn open_wizard(forest: &OpenForest, domain: DnsName, container: Option<&Dn>) -> Command {
    let container = || container.cloned().map(QueryTarget::Container);
    let query = ModelingQuery { user: container(), computer: container(), ..ModelingQuery::of_domain(domain) };
    open_with(forest.id, query)
}

/// Returns the command that opens the wizard with everything that a query asks.
pub fn open_with(forest: ForestId, query: ModelingQuery) -> Command {
    Command::Open(WindowFactory::new(move || {
        Wizard::new(TITLE, Modeling::of_query(forest, query.clone()), PAGES, finish)
    }))
}

impl Modeling {
    fn of_query(forest: ForestId, query: ModelingQuery) -> Self {
        let side = |side, target: Option<QueryTarget>, place, groups, filters| SideFields {
            target: TargetField::new(forest, side, target),
            location: LocationField::new(forest, place),
            groups: GroupsField::new(forest, groups),
            filters: FiltersField::new(filters),
        };
        Modeling {
            forest,
            domain: query.domain,
            uses_controller: query.controller.is_some(),
            controllers: TableState::default(),
            controller: query.controller,
            answers: Step::Idle,
            asked_controller: None,
            user: side(Side::User, query.user, query.user_place, query.user_groups, query.user_wmi),
            computer: side(
                Side::Computer,
                query.computer,
                query.computer_place,
                query.computer_groups,
                query.computer_wmi,
            ),
            skips_after: None,
            slow_link: query.slow_link,
            has_loopback: query.loopback.is_some(),
            loopback: query.loopback.unwrap_or(LoopbackMode::Replace),
            site: query.site,
            ran_for: None,
            ran: Step::Idle,
        }
    }

    fn side(&mut self, side: Side) -> &mut SideFields {
        match side {
            Side::User => &mut self.user,
            Side::Computer => &mut self.computer,
        }
    }

    /// Tells whether the page of this place is not skipped.
    fn reaches(&self, page: usize) -> bool {
        self.skips_after.is_none_or(|last| page <= last)
    }

    /// Returns what was entered.
    fn query(&self) -> ModelingQuery {
        let SideFields { target: user, location: user_place, groups: user_groups, filters: user_wmi } = &self.user;
        let SideFields { target: computer, location: computer_place, groups, filters: computer_wmi } = &self.computer;
        ModelingQuery {
            domain: self.domain.clone(),
            controller: self.controller.clone().filter(|_| self.uses_controller),
            user: user.target(),
            computer: computer.target(),
            slow_link: self.slow_link,
            loopback: Some(self.loopback).filter(|_| self.has_loopback),
            site: self.site.clone(),
            user_place: user_place.place().filter(|_| user.is_account()),
            computer_place: computer_place.place().filter(|_| computer.is_account()),
            user_groups: user_groups.chosen().filter(|_| user.is_asked()),
            computer_groups: groups.chosen().filter(|_| computer.is_asked()),
            user_wmi: user_wmi.choice(),
            computer_wmi: computer_wmi.choice(),
        }
    }

    /// Begins to compute, unless that was done for the same query.
    fn run(&mut self, around: &mut Surroundings<'_>) {
        let query = self.query();
        if self.ran_for.as_ref() == Some(&query) && !matches!(self.ran, Step::Ended(Err(_))) {
            return;
        }
        self.ran.cancel();
        self.ran_for = Some(query.clone());
        self.ran = match around.forest(self.forest) {
            Some(forest) => {
                let running = run::Running::new(forest, around.workers, query);
                Step::start(around.workers, move |task| async move { running.run(&task).await })
            }
            None => Step::Ended(Err(CLOSED.to_owned())),
        };
    }
}

impl Drop for Modeling {
    fn drop(&mut self) {
        self.ran.cancel();
    }
}

const CLOSED: &str = "The forest is not open any more.";

fn finish(state: &mut Modeling, around: &mut Surroundings<'_>) -> Result<(), String> {
    let forest = around.forest(state.forest).ok_or(CLOSED)?;
    let (Some(ran), Some(query)) = (state.ran.ended(), state.ran_for.clone()) else {
        return Err("Nothing was computed.".to_owned());
    };
    let keep = run::keep_new(forest, query, ran);
    around.commands.push(keep);
    Ok(())
}

/// Returns why the wizard cannot go on, where work of it has not ended well.
fn ready_of<T: Send>(step: &Step<T>, waiting: &str) -> Ready {
    match step {
        Step::Idle | Step::Running(..) => Ready::Wait(waiting.to_owned()),
        Step::Ended(Ok(_)) => Ready::Yes,
        Step::Ended(Err(error)) => Ready::No(error.clone()),
    }
}
