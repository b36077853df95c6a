//! Search for Group Policy Objects (`console-ui.md` 6.9): conditions that must all hold, over a domain or all domains of a
//! forest; what was found can be gone to and acted upon with the commands that GPOs have everywhere.
//!
//! The search runs in the background, in steps between which it can be stopped; what was found until then is listed.

mod criterion;

use std::sync::Arc;

use egui::{Button, ComboBox, Context, Layout, Ui, vec2};
use poll_promise::Promise;

use crate::gpm::{DomainSnapshot, ForestSnapshot, Gpo, GroupsByTrustee, Names, PrincipalKinds, SearchCriteria, Task};
use crate::ident::{DnsName, Guid};
use crate::store::ForestStore;

use super::bars;
use super::command::{Availability, CommandContext, Situation, row_offered};
use super::dialog::{self, Closing};
use super::job::{Workers, take};
use super::kit::accessible;
use super::kit::data_table::{Cell, Column, DataTable, TableHeight, TableState, row_id};
use super::kit::notice::{Severity, banner_ui, loading_ui};
use super::principal_picker::{PickedPrincipals, PickerOptions, PrincipalPicker};
use super::theme::SPACE;
use super::window::{Surroundings, Window, WindowFactory};
use super::{Command, ForestId, Icon, Node, OpenForest, Place};

use criterion::{Asked, Criterion, Draft};

/// The window.
pub struct SearchWindow {
    forest: ForestId,
    /// The domain that is searched; none for all that are shown.
    domain: Option<DnsName>,
    draft: Draft,
    criteria: Vec<Criterion>,
    criteria_table: TableState,
    picking: Option<PickedPrincipals>,
    running: Option<Running>,
    found: Vec<Hit>,
    /// The forest as it was when `found` was looked at last: what was deleted since is left out.
    seen: usize,
    searched: bool,
    results: TableState,
    revision: u64,
    told: Option<(Severity, String)>,
}

/// A GPO that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Hit {
    name: String,
    domain: DnsName,
    id: Guid,
}

struct Running {
    task: Task,
    promise: Option<Promise<Result<Outcome, String>>>,
}

struct Outcome {
    hits: Vec<Hit>,
    is_partial: bool,
}

const WIDTH: f32 = 1000.0;
/// What can be done with what was found, as it stands in the menu of a GPO.
const ACTIONS: [&str; 3] = ["Save Report…", "Back Up…", "Delete"];

impl SearchWindow {
    /// Returns the search over a domain, over all domains shown of the forest without one.
    pub fn new(forest: ForestId, domain: Option<DnsName>) -> Self {
        let mut draft = Draft::default();
        draft.want_focus();
        SearchWindow {
            forest,
            domain,
            draft,
            criteria: Vec::new(),
            criteria_table: TableState::default(),
            picking: None,
            running: None,
            found: Vec::new(),
            seen: 0,
            searched: false,
            results: TableState::default(),
            revision: 0,
            told: None,
        }
    }

    /// Returns the command that opens it.
    pub fn open(forest: ForestId, domain: Option<DnsName>) -> Command {
        Command::Open(WindowFactory::new(move || SearchWindow::new(forest, domain.clone())))
    }

    fn scope_ui(&mut self, ui: &mut Ui, forest: &OpenForest) {
        ui.horizontal(|ui| {
            let label = ui.label("Search for GPOs in this domain:");
            let all = "All domains shown in this forest";
            let shown = self.domain.as_ref().map_or(all, DnsName::as_str).to_owned();
            let combo = ComboBox::from_id_salt("domain to search").selected_text(shown).width(330.0);
            let response = combo.show_ui(ui, |ui| {
                ui.selectable_value(&mut self.domain, None, all);
                for domain in shown_domains(forest) {
                    ui.selectable_value(&mut self.domain, Some(domain.clone()), domain.as_str());
                }
            });
            response.response.labelled_by(label.id);
        });
    }

    fn criteria_ui(&mut self, ui: &mut Ui) {
        ui.label("All of these must hold:");
        let table = DataTable::new("search criteria", "Search criteria")
            .column(Column::new("Search Item", 190.0, |criterion: &Criterion| Cell::text(criterion.item)))
            .column(Column::new("Condition", 270.0, |criterion: &Criterion| Cell::text(criterion.condition)))
            .column(Column::new("Value", 420.0, |criterion: &Criterion| Cell::text(criterion.value.as_str())))
            .row_id(|criterion| row_id((criterion.item, criterion.condition, &criterion.value)))
            .named_by("Value")
            .height(TableHeight::Rows { min: 4, max: 4 })
            .revision(self.revision)
            .compact()
            .empty("No conditions: every GPO meets them. Put one together above and press Add.");
        table.ui(ui, &mut self.criteria_table, &self.criteria);
        let selected = self.criteria_table.selected();
        ui.horizontal(|ui| {
            let remove = ui.add_enabled(!selected.is_empty(), Button::new("Remove"));
            if remove.on_disabled_hover_text("Select conditions in the list.").clicked() {
                let mut place = 0;
                self.criteria.retain(|_| {
                    place += 1;
                    !selected.contains(&(place - 1))
                });
                self.revision += 1;
            }
            let idle = self.running.is_none();
            let clear = ui.add_enabled(idle, Button::new("Clear"));
            if clear.on_hover_text("Removes all conditions and results.").clicked() {
                *self = SearchWindow::new(self.forest, self.domain.clone());
            }
        });
    }

    fn add(&mut self, forest: &OpenForest) {
        match self.draft.criterion(forest) {
            Ok(criterion) => {
                self.criteria.push(criterion);
                self.draft.clear_value();
                self.told = None;
                self.revision += 1;
            }
            Err(missing) => {
                self.told = Some((Severity::Warning, missing));
                self.draft.want_focus();
            }
        }
    }

    fn pick(&mut self, around: &mut Surroundings<'_>) {
        let Some(forest) = around.forest(self.forest) else { return };
        let first = || forest.snapshot.domains.first().map(|domain| domain.name.clone());
        let Some(home) = self.domain.clone().or_else(first) else { return };
        let picked = PickedPrincipals::default();
        self.picking = Some(picked.clone());
        let options = PickerOptions {
            title: "Select User, Computer, or Group".to_owned(),
            many: false,
            kinds: PrincipalKinds::ALL,
        };
        around.commands.push(PrincipalPicker::open_into(self.forest, home, options, String::new(), picked));
    }

    fn search(&mut self, forest: &OpenForest, workers: &Workers) {
        let mut criteria = SearchCriteria::new();
        if let Some(error) = self.criteria.iter().find_map(|criterion| criterion.add_to(&mut criteria).err()) {
            self.told = Some((Severity::Error, error.to_string()));
            return;
        }
        let task = workers.task();
        let domains =
            self.domain.clone().map_or_else(|| shown_domains(forest).cloned().collect(), |domain| vec![domain]);
        let (store, snapshot) = (Arc::clone(&forest.store), Arc::clone(&forest.snapshot));
        let work = search(store, snapshot, domains, criteria, task.clone());
        self.told = None;
        self.running = Some(Running { task, promise: Some(workers.spawn(work)) });
    }

    fn take_in(&mut self, around: &Surroundings<'_>) {
        if let Some(trustee) = self.picking.as_ref().and_then(|picked| picked.take().pop()) {
            self.draft.principal = Some(trustee);
            self.picking = None;
        }
        if let Some(running) = &mut self.running
            && let Some(outcome) = take(&mut running.promise)
        {
            self.running = None;
            self.revision += 1;
            match outcome {
                Ok(outcome) => {
                    self.found = outcome.hits;
                    self.searched = true;
                    let told = "The search was stopped: there may be more.";
                    self.told = outcome.is_partial.then(|| (Severity::Info, told.to_owned()));
                }
                Err(error) => self.told = Some((Severity::Error, error)),
            }
        }
        let Some(forest) = around.forest(self.forest) else { return };
        let seen = Arc::as_ptr(&forest.snapshot) as usize;
        if std::mem::replace(&mut self.seen, seen) != seen {
            self.found.retain_mut(|hit| match forest.snapshot.gpo(&hit.domain, hit.id) {
                Some(gpo) => {
                    hit.name = gpo.display_name.clone();
                    true
                }
                None => false,
            });
            self.revision += 1;
        }
    }

    fn run_ui(&mut self, ui: &mut Ui, around: &Surroundings<'_>, forest: &OpenForest) {
        ui.horizontal(|ui| {
            let idle = self.running.is_none();
            if ui.add_enabled_ui(idle, |ui| dialog::primary(ui, "Search")).inner.clicked() && idle {
                self.search(forest, around.workers);
            }
            let stop =
                ui.add_enabled(!idle, Button::new("Stop Search")).on_disabled_hover_text("No search is running.");
            match &self.running {
                Some(running) => {
                    if stop.clicked() {
                        running.task.cancel();
                    }
                    let (done, total) = running.task.look(|progress| (progress.done, progress.total));
                    loading_ui(ui, &format!("Searching… {done} of {total} GPOs"));
                }
                None if self.searched => {
                    let count = self.found.len();
                    ui.label(if count == 1 {
                        "1 GPO was found.".to_owned()
                    } else {
                        format!("{count} GPOs were found.")
                    });
                }
                None => {}
            }
        });
    }

    /// Draws what was found; gives the GPO that is to be gone to.
    fn results_ui(&mut self, ui: &mut Ui, around: &mut Surroundings<'_>) -> Option<Node> {
        let empty = match (self.searched, self.criteria.is_empty()) {
            (false, _) => "Press Search to find the GPOs that meet all conditions.",
            (true, _) => "No GPO meets all conditions. Remove one, or search more domains.",
        };
        let table = DataTable::new("search results", "Search results")
            .column(Column::new("Name", 384.0, |hit: &Hit| Cell::icon(Icon::Gpo, hit.name.as_str())))
            .column(Column::new("Domain", 240.0, |hit: &Hit| Cell::text(hit.domain.as_str())))
            .column(Column::new("GUID", 300.0, |hit: &Hit| Cell::text(hit.id.to_string())))
            .row_id(|hit| row_id((&hit.domain, hit.id)))
            .sorted_by("Name")
            .named_by("Name")
            .revision(self.revision)
            .empty(empty);
        let size = vec2(ui.available_width(), (ui.available_height() - 48.0).max(110.0));
        let forest = self.forest;
        let node = |hit: &Hit| Node::In(forest, Place::Gpo { domain: hit.domain.clone(), id: hit.id });
        let (found, results, commands) = (&self.found, &mut self.results, &mut *around.commands);
        let forests = around.forests;
        let mut gone_to = None;
        let nodes_of = |rows: &[usize]| rows.iter().filter_map(|row| found.get(*row)).map(node).collect::<Vec<Node>>();
        ui.allocate_ui_with_layout(size, Layout::top_down(egui::Align::Min), |ui| {
            ui.set_min_size(size);
            let response = table.ui_with_menu(ui, results, found, |ui, rows| {
                let nodes = nodes_of(rows);
                let Some((first, more)) = nodes.split_first() else { return };
                if more.is_empty() && ui.button("Go to GPO").clicked() {
                    gone_to = Some(first.clone());
                }
                let situation = Situation::default();
                let context = CommandContext { forests, files: &[], node: first, more, situation: &situation };
                bars::row_menu_ui(ui, &context, commands);
            });
            gone_to = gone_to.take().or_else(|| response.activated.and_then(|row| found.get(row)).map(node));
        });
        ui.add_space(SPACE);
        let nodes = nodes_of(&self.results.selected());
        ui.horizontal(|ui| {
            let go = ui.add_enabled(nodes.len() == 1, Button::new("Go to GPO"));
            if go.on_disabled_hover_text("Select one GPO in the list.").clicked() {
                gone_to = nodes.first().cloned();
            }
            for text in ACTIONS {
                action_ui(ui, text, &nodes, around);
            }
            let any = !self.found.is_empty();
            let save = ui.add_enabled(any, Button::new("Save Results…"));
            if save.on_disabled_hover_text("There are no results.").clicked() {
                self.results.request_export();
            }
        });
        gone_to
    }
}

impl Window for SearchWindow {
    fn ui(&mut self, ctx: &Context, around: &mut Surroundings<'_>) -> Closing {
        self.take_in(around);
        let mut closing = Closing::Stay;
        let mut gone_to = None;
        let by_frame = dialog::show(ctx, "Search for Group Policy Objects", WIDTH, |ui| {
            let size = vec2(ui.available_width(), (ui.ctx().content_rect().height() - 130.0).min(620.0));
            ui.allocate_ui_with_layout(size, Layout::top_down(egui::Align::Min), |ui| {
                ui.set_min_size(size);
                let Some(forest) = around.forest(self.forest) else {
                    return banner_ui(ui, Severity::Error, "The forest is not open any more.");
                };
                self.scope_ui(ui, forest);
                ui.add_space(SPACE);
                let asked = self.draft.ui(ui, forest);
                if asked == Some(Asked::Add) {
                    self.add(forest);
                }
                ui.add_space(SPACE);
                self.criteria_ui(ui);
                if let Some((severity, told)) = &self.told {
                    banner_ui(ui, *severity, told);
                }
                ui.add_space(SPACE);
                self.run_ui(ui, around, forest);
                ui.add_space(SPACE);
                if asked == Some(Asked::Principal) {
                    self.pick(around);
                }
                gone_to = self.results_ui(ui, around);
            });
            dialog::row_from_right_ui(ui, |ui| {
                if dialog::button(ui, "Close") {
                    closing = Closing::Close;
                }
            });
        });
        if let Some(node) = gone_to {
            around.commands.push(Command::Select(node));
            closing = Closing::Close;
        }
        if by_frame == Closing::Close {
            closing = Closing::Close;
        }
        if let (Closing::Close, Some(running)) = (closing, &self.running) {
            running.task.cancel();
        }
        closing
    }
}

/// Draws a command for what is selected, as the menu of a GPO has it.
fn action_ui(ui: &mut Ui, text: &str, nodes: &[Node], around: &mut Surroundings<'_>) {
    let situation = Situation::default();
    let offered = nodes.split_first().and_then(|(node, more)| {
        let context = CommandContext { forests: around.forests, files: &[], node, more, situation: &situation };
        row_offered(text, &context)
            .map(|(row, availability)| (row.make)(&context).map(|command| (command, availability)))
    });
    let (command, why) = match offered.flatten() {
        Some((command, Availability::Available)) => (Some(command), ""),
        Some((_, Availability::Greyed(why))) => (None, why),
        _ if nodes.is_empty() => (None, "Select GPOs in the list."),
        _ => (None, "Select one GPO in the list."),
    };
    let button = ui.add_enabled(command.is_some(), Button::new(text.to_owned()));
    accessible::name(&button, text);
    if button.on_disabled_hover_text(why).clicked() {
        around.commands.extend(command);
    }
}

/// Returns the domains of a forest that stand in the tree.
fn shown_domains(forest: &OpenForest) -> impl Iterator<Item = &DnsName> {
    forest.snapshot.domains.iter().map(|domain| &domain.name).filter(|name| forest.view.shows_domain(name))
}

/// Looks up the groups of those whose effective permissions are asked for, then looks at every GPO.
async fn search(
    store: Arc<dyn ForestStore>,
    snapshot: Arc<ForestSnapshot>,
    domains: Vec<DnsName>,
    criteria: SearchCriteria,
    task: Task,
) -> Result<Outcome, String> {
    let stopped = Outcome { hits: Vec::new(), is_partial: true };
    let names = Names::new(&snapshot);
    let mut groups = GroupsByTrustee::new();
    for trustee in criteria.effective_trustees() {
        match task.or_cancel(names.groups_of(&*store, &trustee)).await {
            Err(_) => return Ok(stopped),
            Ok(Err(error)) => {
                return Err(format!("The groups of {} could not be looked up: {error}.", names.get(&trustee).label()));
            }
            Ok(Ok(found)) => drop(groups.insert(trustee, found)),
        }
    }
    let look = move || {
        let is_wanted = |searched: &DomainSnapshot| domains.contains(&searched.name);
        let found = criteria.search_forest(&snapshot, is_wanted, &groups, &task).map_err(|error| error.to_string())?;
        let hit = |gpo: &&Gpo| Hit { name: gpo.display_name.clone(), domain: gpo.domain.clone(), id: gpo.id };
        Ok(Outcome { hits: found.gpos.iter().map(hit).collect(), is_partial: found.is_partial })
    };
    tokio::task::spawn_blocking(look).await.unwrap_or_else(|failed| Err(format!("The search broke off: {failed}.")))
}
