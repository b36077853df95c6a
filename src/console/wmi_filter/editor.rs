//! The editor of a WMI filter: name, description, and the list of queries, all of which must be true.

use std::sync::Arc;

use egui::{Button, Context, TextEdit, Ui};

use super::query::{Answer, QueryDialog};
use crate::console::dialog::{self, Closing};
use crate::console::kit::data_table::{Cell, Column, DataTable, TableHeight, TableState, row_id};
use crate::console::kit::notice::{Severity, banner_ui};
use crate::console::theme::SPACE;
use crate::console::window::{Surroundings, Window};
use crate::console::{Command, ForestId, Node, OpenForest, Place};
use crate::format::MofFilter;
use crate::gpm::{WmiFilter, WmiQuery};
use crate::ident::{DnsName, Guid};
use crate::operation::admin::{CreateWmiFilter, EditWmiFilter};

/// The editor.
pub(super) struct WmiFilterEditor {
    forest: ForestId,
    domain: DnsName,
    /// The filter as it was when the editor was opened; none for a new one.
    seen: Option<WmiFilter>,
    title: &'static str,
    go: &'static str,
    name: String,
    description: String,
    queries: Vec<WmiQuery>,
    /// The author that an imported filter had.
    author: String,
    table: TableState,
    /// Grows with each change of the queries.
    revision: u64,
    query: Option<QueryDialog>,
    problem: Option<String>,
    focus_wanted: bool,
    /// Whether the list is to take the focus back from the dialog of a query.
    list_focus_wanted: bool,
}

impl WmiFilterEditor {
    /// Returns the editor for a new filter.
    pub fn new(forest: ForestId, domain: DnsName) -> Self {
        WmiFilterEditor {
            forest,
            domain,
            seen: None,
            title: "New WMI Filter",
            go: "Save",
            name: String::new(),
            description: String::new(),
            queries: Vec::new(),
            author: String::new(),
            table: TableState::default(),
            revision: 0,
            query: None,
            problem: None,
            focus_wanted: true,
            list_focus_wanted: false,
        }
    }

    /// Returns the editor for a filter that is there.
    pub fn of(forest: ForestId, filter: &WmiFilter) -> Self {
        WmiFilterEditor {
            seen: Some(filter.clone()),
            title: "Edit WMI Filter",
            name: filter.name.clone(),
            description: filter.description.clone(),
            queries: filter.queries.clone(),
            ..WmiFilterEditor::new(forest, filter.domain.clone())
        }
    }

    /// Returns the editor for a filter that is imported.
    pub fn imported(forest: ForestId, domain: DnsName, file: &MofFilter) -> Self {
        WmiFilterEditor {
            title: "Import WMI Filter",
            go: "Import",
            name: file.name.clone(),
            description: file.description.clone(),
            queries: file.queries.iter().map(WmiQuery::from).collect(),
            author: file.author.clone(),
            ..WmiFilterEditor::new(forest, domain)
        }
    }

    fn fields_ui(&mut self, ui: &mut Ui) {
        let label = ui.label("Name");
        let name = ui.add(TextEdit::singleline(&mut self.name).desired_width(f32::INFINITY)).labelled_by(label.id);
        dialog::focus_once(&name, &mut self.focus_wanted);
        ui.add_space(SPACE);
        let label = ui.label("Description");
        let edit = TextEdit::multiline(&mut self.description).desired_width(f32::INFINITY).desired_rows(2);
        let description = ui.add(edit).labelled_by(label.id);
        if name.changed() || description.changed() {
            self.problem = None;
        }
        ui.add_space(SPACE);
    }

    fn queries_ui(&mut self, ui: &mut Ui) {
        ui.label("Queries: a GPO with this filter applies only where each of them finds something.");
        let table = DataTable::new("queries of the editor", "Queries of the filter")
            .column(Column::new("Namespace", 150.0, |query: &WmiQuery| Cell::text(query.namespace.as_str())))
            .column(Column::new("Query", 420.0, |query: &WmiQuery| {
                Cell::text(query.query.as_str()).tooltip(query.query.as_str())
            }))
            .row_id(|query| row_id((&query.namespace, &query.query)))
            .named_by("Query")
            .revision(self.revision)
            .empty("No query yet: add at least one.")
            .height(TableHeight::Rows { min: 3, max: 6 })
            .compact();
        let list = table.focus_id();
        let response = table.ui(ui, &mut self.table, &self.queries);
        if std::mem::take(&mut self.list_focus_wanted) {
            ui.memory_mut(|memory| memory.request_focus(list));
        }
        let selected = self.table.selected();
        let mut edited = response.activated;
        ui.add_space(SPACE);
        ui.horizontal(|ui| {
            if dialog::button(ui, "Add…") {
                self.query = Some(QueryDialog::new());
            }
            let one = selected.first().copied().filter(|_| selected.len() == 1);
            let edit = ui.add_enabled(one.is_some(), Button::new("Edit…").min_size(egui::vec2(88.0, 0.0)));
            if edit.on_disabled_hover_text("Select one query first.").clicked() {
                edited = one;
            }
            let remove = ui.add_enabled(!selected.is_empty(), Button::new("Remove").min_size(egui::vec2(88.0, 0.0)));
            if remove.on_disabled_hover_text("Select queries first.").clicked() {
                let mut place = 0;
                self.queries.retain(|_| {
                    place += 1;
                    !selected.contains(&(place - 1))
                });
                self.changed();
            }
        });
        if let Some((place, query)) = edited.and_then(|place| Some((place, self.queries.get(place)?))) {
            self.query = Some(QueryDialog::of(place, query));
        }
    }

    fn changed(&mut self) {
        self.revision += 1;
        self.problem = None;
    }

    fn query_ui(&mut self, ctx: &Context) {
        let Some(query) = &mut self.query else { return };
        match query.ui(ctx) {
            Answer::Open => return,
            Answer::Cancelled => {}
            Answer::Given(given) => {
                match query.place.and_then(|place| self.queries.get_mut(place)) {
                    Some(known) => *known = given,
                    None => self.queries.push(given),
                }
                self.changed();
            }
        }
        self.query = None;
        self.list_focus_wanted = true;
        ctx.request_repaint();
    }

    /// Returns what is asked for; says what is missing where nothing can be.
    fn command(&self, forest: &OpenForest) -> Result<Command, String> {
        let name = self.name.trim();
        if name.is_empty() {
            return Err("Give the filter a name.".to_owned());
        }
        let filters = forest.snapshot.domain(&self.domain).into_iter().flat_map(|domain| &domain.wmi_filters);
        let own = self.seen.as_ref().map(|filter| filter.id);
        let mut others = filters.filter(|filter| Some(filter.id) != own);
        if others.any(|filter| filter.name.to_lowercase() == name.to_lowercase()) {
            return Err(format!("{} has a WMI filter named {name} already. Choose another name.", self.domain));
        }
        if self.queries.is_empty() {
            return Err("Add at least one query: a filter without one applies nowhere.".to_owned());
        }
        let (name, description, queries) = (name.to_owned(), self.description.clone(), self.queries.clone());
        Ok(match &self.seen {
            Some(seen) => {
                let edit = EditWmiFilter { seen: seen.clone(), name, description, queries };
                Command::Edit(forest.id, Arc::new(edit))
            }
            None => {
                let (domain, id) = (self.domain.clone(), Guid::random());
                let author = self.author.clone();
                let edit = CreateWmiFilter { domain: domain.clone(), id, name, description, queries, author };
                Command::EditAndSelect(forest.id, Arc::new(edit), Node::In(forest.id, Place::WmiFilter { domain, id }))
            }
        })
    }
}

impl Window for WmiFilterEditor {
    fn ui(&mut self, ctx: &Context, around: &mut Surroundings<'_>) -> Closing {
        let (mut confirmed, mut cancelled) = (false, false);
        let closing = dialog::show(ctx, self.title, 640.0, |ui| {
            self.fields_ui(ui);
            self.queries_ui(ui);
            if let Some(problem) = &self.problem {
                ui.add_space(SPACE);
                banner_ui(ui, Severity::Error, problem);
            }
            dialog::buttons_ui(ui, |ui| {
                confirmed = dialog::primary_button(ui, self.go);
                cancelled = dialog::button(ui, "Cancel");
            });
        });
        // What belongs to the dialog of a query does not belong to this one.
        let (closing, is_above) = (closing, self.query.is_some());
        self.query_ui(ctx);
        if is_above {
            return Closing::Stay;
        }
        if confirmed {
            let Some(forest) = around.forest(self.forest) else { return Closing::Close };
            match self.command(forest) {
                Ok(command) => {
                    around.commands.push(command);
                    return Closing::Close;
                }
                Err(problem) => {
                    self.focus_wanted = !self.queries.is_empty() || self.name.trim().is_empty();
                    self.problem = Some(problem);
                }
            }
            return Closing::Stay;
        }
        if cancelled { Closing::Close } else { closing }
    }
}
