//! Group Policy Results Wizard (`console-ui.md` 7.6).
//!
//! The computer is reached when its page is left, so that one that does not answer is told there; the result is collected on the last page.
//! Nothing is changed on the computer, and what is left of it by Cancel is tidied up.
use egui::{Layout, TextEdit, Ui, vec2};

use crate::gpm::{MessageId, OperationError, PrincipalKinds, Task, Trustee};
use crate::ident::DnsName;
use crate::operation::rsop::collect::{
    CollectOptions, Collection, RemoteComputer, ResultSides, ResultTool, ResultUsers, TargetComputer,
    logging_enumerate_users,
};
use crate::report::rsop::RsopResult;

use super::super::kit::accessible;
use super::super::kit::data_table::{Cell, Column, DataTable, TableState, row_id};
use super::super::kit::notice::{Severity, banner_ui};
use super::super::principal_picker::{PickedPrincipals, PickerOptions, PrincipalPicker};
use super::super::step::{self, Step, running_ui};
use super::super::stored_query::{QueryAction, ResultsSource};
use super::super::theme::SPACE;
use super::super::window::{Surroundings, WindowFactory};
use super::super::wizard::{Page, PageFrame, Ready, Wizard, summary_ui};
use super::super::{Command, ForestId, Icon, OpenForest};
use super::run::{Ran, collect, name_of, new_query};
use super::selections;

const TITLE: &str = "Group Policy Results Wizard";
const CLOSED: &str = "The forest is not open any more.";
const BOTH_LEFT_OUT: &str = "Both sides are left out: show the settings of the computer, of the user, or of both.";

/// What is entered in the wizard.
struct Results {
    forest: ForestId,
    home: DnsName,
    elsewhere: bool,
    host: String,
    account: String,
    tool: ResultTool,
    without_computer: bool,
    without_user: bool,
    picked: PickedPrincipals,
    /// The computer whose users were asked for, and what it answered.
    asked: Option<TargetComputer>,
    users: Step<Listing>,
    table: TableState,
    names_user: bool,
    user: String,
    /// What was collected last.
    ran_for: Option<Collection>,
    ran: Step<Ran>,
}

/// The users that a computer lists, or why it does not: then one is named all the same.
type Listing = Result<ResultUsers, String>;

const PAGES: &[Page<Results>] = &[
    Page { title: "Welcome", ui: welcome_ui, ..Page::PLAIN },
    Page { title: "Computer Selection", ui: computer_ui, check: computer_ready, ..Page::PLAIN },
    Page { title: "User Selection", ui: user_ui, check: user_ready, ..Page::PLAIN },
    Page { title: "Summary of Selections", ui: summary_page_ui, ..Page::PLAIN },
    Page { title: "Completing", enter: Results::run, ui: completing_ui, check: completing_ready, ..Page::PLAIN },
];

/// Returns the command that opens the wizard.
pub fn open_wizard(forest: &OpenForest) -> Option<Command> {
    let (id, home) = (forest.id, forest.snapshot.domains.first()?.name.clone());
    Some(Command::Open(WindowFactory::new(move || {
        let here = ResultTool::ALL.into_iter().find(|tool| tool.runs_here());
        let state = Results {
            forest: id,
            home: home.clone(),
            // Where this computer is no Windows computer, another one is meant as a rule.
            elsewhere: here != Some(ResultTool::Gpresult),
            host: String::new(),
            account: String::new(),
            tool: ResultTool::Gpresult,
            without_computer: false,
            without_user: false,
            picked: PickedPrincipals::default(),
            asked: None,
            users: Step::Idle,
            table: TableState::default(),
            names_user: false,
            user: String::new(),
            ran_for: None,
            ran: Step::Idle,
        };
        Wizard::new(TITLE, state, PAGES, finish)
    })))
}

impl Results {
    /// Returns the computer that is asked; says what is wrong with its name.
    fn computer(&self) -> Result<TargetComputer, String> {
        if !self.elsewhere {
            return Ok(TargetComputer::This);
        }
        if self.host.trim().is_empty() {
            return Err("Enter the name of the computer.".to_owned());
        }
        let host = self.host.parse().map_err(|error| sentence(&error))?;
        let account = Some(self.account.trim()).filter(|account| !account.is_empty());
        let user = account.map(str::parse).transpose().map_err(|error| sentence(&error))?;
        Ok(TargetComputer::Remote(RemoteComputer { host, user }))
    }

    /// Returns what is collected; says what is missing.
    fn collection(&self) -> Result<Collection, String> {
        let sides = ResultSides::without(self.without_computer, self.without_user).ok_or(BOTH_LEFT_OUT)?;
        let names_user = sides.has_user() && (self.names_user || self.tool == ResultTool::Samba);
        let user = if names_user {
            if self.user.trim().is_empty() {
                return Err("Choose a user from the list, or enter a name.".to_owned());
            }
            Some(self.user.parse().map_err(|error| sentence(&error))?)
        } else {
            None
        };
        Ok(Collection { computer: self.computer()?, tool: self.tool, sides, user })
    }

    /// Tells whether the computer can be asked for the users with results.
    fn lists_users(&self) -> bool {
        self.tool == ResultTool::Gpresult
    }

    fn listing(&self) -> Option<&Listing> {
        self.users.ended().filter(|_| self.lists_users())
    }

    /// Asks the computer for its users, once.
    fn ask_users(&mut self, around: &Surroundings<'_>) {
        let Ok(computer) = self.computer() else { return };
        if self.asked.as_ref() == Some(&computer) || !self.lists_users() {
            return;
        }
        self.users.cancel();
        self.asked = Some(computer.clone());
        let options = around.workers.collect_options();
        self.users = Step::start(around.workers, move |task| list_users(computer, options, task));
    }

    /// Begins to collect, unless that was done for the same.
    fn run(&mut self, around: &mut Surroundings<'_>) {
        let Ok(collection) = self.collection() else { return };
        if self.ran_for.as_ref() == Some(&collection) && !matches!(self.ran, Step::Ended(Err(_))) {
            return;
        }
        self.ran.cancel();
        self.ran_for = Some(collection.clone());
        let options = around.workers.collect_options();
        self.ran = Step::start(around.workers, move |task| collect(collection, options, task));
    }
}

impl Drop for Results {
    fn drop(&mut self) {
        self.users.cancel();
        self.ran.cancel();
    }
}

/// Lists users. A computer that was reached and does not list them is no failure.
async fn list_users(computer: TargetComputer, options: CollectOptions, task: Task) -> Result<Listing, OperationError> {
    match logging_enumerate_users(&computer, &options, &task).await {
        Ok(users) => Ok(Ok(users)),
        Err(error) if error.0.id == MessageId::ResultsMissing => Ok(Err(error.0.message.clone())),
        Err(error) => Err(error),
    }
}

/// Returns an error as a sentence.
fn sentence(error: &impl std::fmt::Display) -> String {
    super::super::migration_table::sentence(&error.to_string())
}

fn welcome_ui(_state: &mut Results, ui: &mut Ui, _page: &mut PageFrame<'_, '_>) {
    ui.label("This wizard collects which settings a computer and a user of it did get, and from which GPO each came.");
    ui.add_space(2.0 * SPACE);
    for line in [
        "The computer's own tool tells it: gpresult on Windows, samba-gpupdate or adsysctl on Linux.",
        "Other computers are reached over SSH, with a key, an agent or a Kerberos ticket. No password is asked for.",
        "A Windows computer needs the optional feature OpenSSH Server, and the account must be an administrator of it.",
        "Nothing is changed on the computer.",
    ] {
        ui.label(format!("•  {line}"));
    }
}

fn computer_ui(state: &mut Results, ui: &mut Ui, page: &mut PageFrame<'_, '_>) {
    if let Some(computer) = state.picked.take().first() {
        state.host = host_of(computer);
        state.elsewhere = true;
    }
    let here = ui.radio_value(&mut state.elsewhere, false, "This computer");
    let there = ui.radio_value(&mut state.elsewhere, true, "Another computer:");
    page.focus_first(if state.elsewhere { &there } else { &here });
    ui.add_enabled_ui(state.elsewhere, |ui| {
        ui.horizontal(|ui| {
            ui.add_space(6.0 * SPACE);
            let edit = TextEdit::singleline(&mut state.host).desired_width(320.0).hint_text("pc1.corp.example.com");
            let edit = ui.add(edit);
            accessible::name(&edit, "Computer");
            if edit.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter)) {
                page.go_on();
            }
            if ui.button("Browse…").clicked() {
                let kinds = PrincipalKinds { users: false, groups: false, ..PrincipalKinds::ALL };
                let options = PickerOptions { title: "Select Computer".to_owned(), many: false, kinds };
                let (home, picked) = (state.home.clone(), state.picked.clone());
                page.around.commands.push(PrincipalPicker::open_into(
                    state.forest,
                    home,
                    options,
                    String::new(),
                    picked,
                ));
            }
        });
        ui.horizontal(|ui| {
            ui.add_space(6.0 * SPACE);
            let label = ui.label("Log on as");
            let edit = TextEdit::singleline(&mut state.account).desired_width(245.0);
            ui.add(edit.hint_text("as the configuration of ssh says")).labelled_by(label.id);
        });
    });
    ui.add_space(2.0 * SPACE);
    ui.label("Collected by:");
    for tool in ResultTool::ALL {
        let can_run = state.elsewhere || tool.runs_here();
        let radio = egui::RadioButton::new(state.tool == tool, tool.label());
        let radio = ui.add_enabled(can_run, radio).on_disabled_hover_text("It does not run on this computer.");
        if radio.clicked() {
            state.tool = tool;
        }
    }
    ui.add_space(2.0 * SPACE);
    let words = "Do not display policy settings for the selected computer in the results";
    ui.checkbox(&mut state.without_computer, words);
    if page.is_awaited {
        state.ask_users(page.around);
    } else if matches!(state.users, Step::Ended(Err(_))) {
        // It was told; Next tries again.
        (state.asked, state.users) = (None, Step::Idle);
    }
    state.users.poll();
    if let (Some(task), true) = (state.users.task(), state.lists_users()) {
        ui.add_space(SPACE);
        running_ui(ui, task);
    }
}

/// Returns the name by which a computer of the directory is reached.
fn host_of(computer: &Trustee) -> String {
    let name = computer.account_part().unwrap_or_default().trim_end_matches('$').to_lowercase();
    match computer.dn.as_ref().and_then(|dn| dn.domain()) {
        Some(domain) if !name.is_empty() => format!("{name}.{domain}"),
        _ => name,
    }
}

fn computer_ready(state: &Results, _around: &Surroundings<'_>) -> Ready {
    let computer = match state.computer() {
        Ok(computer) => computer,
        Err(missing) => return Ready::No(missing),
    };
    if computer == TargetComputer::This && !state.tool.runs_here() {
        return Ready::No(format!(
            "{} does not run on this computer. Choose another computer or another tool.",
            state.tool.label()
        ));
    }
    if !state.lists_users() {
        return Ready::Yes;
    }
    let waiting = || Ready::Wait(format!("Reaching {computer}…"));
    match &state.users {
        _ if state.asked.as_ref() != Some(&computer) => waiting(),
        Step::Idle | Step::Running(..) => waiting(),
        Step::Ended(Ok(_)) => Ready::Yes,
        Step::Ended(Err(error)) => Ready::No(error.clone()),
    }
}

fn user_ui(state: &mut Results, ui: &mut Ui, page: &mut PageFrame<'_, '_>) {
    let asked_as = state.listing().and_then(|listing| listing.as_ref().ok()?.asked_as.clone());
    let current = match asked_as {
        Some(account) => format!("Current user: {account}"),
        None => "Current user: the account that asks".to_owned(),
    };
    let has_current = state.tool != ResultTool::Samba;
    state.names_user |= !has_current;
    let radio = ui.add_enabled(has_current, egui::RadioButton::new(!state.names_user, current));
    let radio = radio.on_disabled_hover_text("samba-gpupdate has to be told which user.");
    if radio.clicked() {
        state.names_user = false;
    }
    let specific = ui.radio_value(&mut state.names_user, true, "Select a specific user:");
    page.focus_first(if state.names_user { &specific } else { &radio });
    let users: Vec<Trustee> = match state.listing() {
        Some(Ok(listed)) => listed.users.clone(),
        _ => Vec::new(),
    };
    if let Some(Err(why)) = state.listing() {
        banner_ui(ui, Severity::Warning, why);
    }
    if state.lists_users() {
        let table = DataTable::new("users with results", "Users with results")
            .column(Column::new("Name", 300.0, |user: &Trustee| Cell::icon(Icon::User, user.label())))
            .column(Column::new("SID", 240.0, |user: &Trustee| Cell::text(user.sid.to_string())))
            .row_id(|user| row_id(&user.sid))
            .sorted_by("Name")
            .revision(row_id(users.iter().map(|user| user.sid.clone()).collect::<Vec<_>>()))
            .empty("The computer lists no user with results.")
            .compact();
        let size = vec2(ui.available_width(), (ui.available_height() - 30.0 * SPACE).max(90.0));
        ui.allocate_ui_with_layout(size, Layout::top_down(egui::Align::Min), |ui| {
            ui.set_min_size(size);
            let before = state.table.selected();
            table.ui(ui, &mut state.table, &users);
            let selected = state.table.selected();
            if selected != before
                && let Some(user) = selected.first().and_then(|row| users.get(*row))
            {
                state.user = user.name.clone().unwrap_or_default();
                state.names_user = true;
            }
        });
    }
    ui.horizontal(|ui| {
        let label = ui.label("User");
        let edit = TextEdit::singleline(&mut state.user).desired_width(300.0).hint_text(r"CORP\alice");
        if ui.add(edit).labelled_by(label.id).changed() {
            state.names_user = true;
        }
    });
    ui.add_space(SPACE);
    ui.checkbox(&mut state.without_user, "Do not display user policy settings in the results");
    ui.weak("Only users who have logged on to the computer, and whose results the account may read, are listed.");
}

fn user_ready(state: &Results, _around: &Surroundings<'_>) -> Ready {
    state.collection().map_or_else(Ready::No, |_| Ready::Yes)
}

fn summary_page_ui(state: &mut Results, ui: &mut Ui, _page: &mut PageFrame<'_, '_>) {
    ui.label("Next collects the results:");
    ui.add_space(2.0 * SPACE);
    if let Ok(collection) = state.collection() {
        summary_ui(ui, &selections(&collection));
    }
}

fn completing_ui(state: &mut Results, ui: &mut Ui, page: &mut PageFrame<'_, '_>) {
    state.ran.poll();
    let again = step::completing_ui(ui, &state.ran, "Cancel collecting", |ui, ran| {
        ui.label("The results are collected. Finish keeps them below Group Policy Results and shows them.");
        ui.add_space(2.0 * SPACE);
        let applied = |side: Option<&RsopResult>| match side {
            Some(side) => format!("{}; GPOs that applied: {}", name_of(Some(side)), side.applied().len()),
            None => String::new(),
        };
        let (computer, user) = (ran.report.computer.as_ref(), ran.report.user.as_ref());
        summary_ui(ui, &[("Computer", applied(computer)), ("User", applied(user))]);
    });
    if again {
        state.run(page.around);
    }
}

fn completing_ready(state: &Results, _around: &Surroundings<'_>) -> Ready {
    match &state.ran {
        Step::Idle => Ready::No("Nothing was collected.".to_owned()),
        Step::Running(..) => Ready::Wait("Finish follows as soon as the results are collected.".to_owned()),
        Step::Ended(Ok(_)) => Ready::Yes,
        Step::Ended(Err(_)) => {
            Ready::No("Nothing was collected: try again, or go back and change what is asked.".to_owned())
        }
    }
}

fn finish(state: &mut Results, around: &mut Surroundings<'_>) -> Result<(), String> {
    let forest = around.forest(state.forest).ok_or(CLOSED)?;
    let (Some(ran), Some(collection)) = (state.ran.ended(), state.ran_for.clone()) else {
        return Err("Nothing was collected.".to_owned());
    };
    let fresh = new_query(forest, ResultsSource::Computer(Box::new(collection)), ran);
    around.commands.push(Command::Query(forest.id, QueryAction::Keep(Box::new(fresh))));
    Ok(())
}
