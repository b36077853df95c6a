//! Group Policy Modeling and Group Policy Results: the stored queries, and what came of each (`console-ui.md` 3.13, 3.14).

use std::sync::Arc;

use egui::{ScrollArea, Ui};

use super::state::View;
use super::{cells, policy_events, report};
use crate::console::kit::data_table::{Cell, Column, DataTable, row_id};
use crate::console::kit::notice::{Severity, banner_ui, empty_ui};
use crate::console::kit::property_list::{PropertyList, Value};
use crate::console::stored_query::{Asked, QueryKind, ResultsSource, StoredQuery};
use crate::console::{Lazy, Reported, results};
use crate::ident::Guid;

/// The tabs of a query, and the one that names those who lost.
pub const QUERY_TABS: &str = "Query";
/// Who set each setting, with those who lost.
pub const ADVANCED_VIEW: &str = "Advanced View";
const SUMMARY: &str = "Summary";
const DETAILS: &str = "Details";
const QUERY: &str = "Query";
const POLICY_EVENTS: &str = "Policy Events";
const EXPLAIN: &str = "Explain";
const CHANGES: &str = "Changes";

/// Draws the queries of a container.
pub(super) fn container_ui(ui: &mut Ui, view: &mut View<'_>, kind: QueryKind) {
    let (key, name, empty) = match kind {
        QueryKind::Modeling => (
            "modeling",
            "Group Policy Modeling",
            "Nothing has been simulated yet. Group Policy Modeling Wizard… in the menu Action tells what would apply to a user and a computer.",
        ),
        QueryKind::Results => (
            "results",
            "Group Policy Results",
            "No results are kept yet. Group Policy Results Wizard… in the menu Action collects them from a computer; files that gpresult /X wrote can be dropped here.",
        ),
    };
    view.tabs_ui(ui, name, &["Contents"]);
    let forest = view.forest;
    for problem in forest.queries.problems() {
        banner_ui(ui, Severity::Warning, &format!("{}: {}", problem.object, problem.message));
    }
    let queries: Vec<&StoredQuery> = forest.queries.of(kind).collect();
    let place = |query: &&StoredQuery| Some(query.place());
    let table = DataTable::new(key, name)
        .column(Column::new("Name", 320.0, |query: &&StoredQuery| cells::place(forest, &query.place())))
        .column(Column::new("User", 240.0, |query: &&StoredQuery| Cell::text(query.user.as_str())))
        .column(Column::new("Computer", 240.0, |query: &&StoredQuery| Cell::text(query.computer.as_str())))
        .column(
            Column::new("Last refresh time", 160.0, |query: &&StoredQuery| cells::time(Some(query.refreshed)))
                .sort_key(|query| cells::time_key(Some(query.refreshed))),
        )
        .row_id(|query| row_id(query.id))
        .sorted_by("Name")
        .revision(row_id(queries.iter().map(|query| (query.id, &query.name, query.refreshed)).collect::<Vec<_>>()))
        .empty(empty);
    view.table_of_nodes_ui(ui, table, &queries, &place, &[("Open", &place)]);
}

/// Draws a query with its result.
pub(super) fn query_ui(ui: &mut Ui, view: &mut View<'_>, id: Guid) {
    let Some(query) = view.forest.queries.get(id) else {
        return empty_ui(ui, "The query is gone", "It was deleted.");
    };
    if let Some(failure) = &query.failure {
        banner_ui(ui, Severity::Error, &format!("The last run brought nothing: {failure}"));
    }
    let reported = Reported::Query(id);
    let mut tabs = match &query.asked {
        Asked::Modeling(_) => vec![SUMMARY, DETAILS, QUERY, EXPLAIN, ADVANCED_VIEW],
        Asked::Results(_) => vec![SUMMARY, DETAILS, POLICY_EVENTS, QUERY],
    };
    let known = view.forest.details.reports.get(&reported).and_then(Lazy::ready);
    if known.and_then(|report| report.resultant()?.changes.as_ref()).is_some() {
        tabs.push(CHANGES);
    }
    match view.tabs_ui(ui, QUERY_TABS, &tabs) {
        CHANGES => report::part_of_rsop_ui(ui, view, reported, |shown| shown.changes.clone()),
        DETAILS => report::part_of_rsop_ui(ui, view, reported, |shown| Some(shown.details.clone())),
        POLICY_EVENTS => events_ui(ui, view, reported),
        EXPLAIN => report::part_of_rsop_ui(ui, view, reported, |shown| shown.links.clone()),
        ADVANCED_VIEW => report::part_of_rsop_ui(ui, view, reported, |shown| shown.settings.clone()),
        QUERY => asked_ui(ui, query),
        _ => report::part_of_rsop_ui(ui, view, reported, |shown| Some(shown.summary.clone())),
    }
}

/// Draws the events of a result, as soon as it is read.
fn events_ui(ui: &mut Ui, view: &mut View<'_>, reported: Reported) {
    let shown = view.forest.details.reports.get(&reported).and_then(Lazy::ready).cloned();
    match shown.as_ref().and_then(|shown| shown.resultant()) {
        Some(resultant) => {
            let revision = row_id((&reported, shown.as_ref().map(Arc::as_ptr)));
            policy_events::events_ui(ui, &resultant.report, revision, view.state, view.commands);
        }
        // Until then the report tells how far it is.
        None => report::part_of_rsop_ui(ui, view, reported, |shown| Some(shown.details.clone())),
    }
}

/// Draws what was asked.
fn asked_ui(ui: &mut Ui, query: &StoredQuery) {
    let selections = match &query.asked {
        Asked::Modeling(asked) => asked.selections(),
        Asked::Results(ResultsSource::File(path)) => vec![
            ("User", query.user.clone()),
            ("Computer", query.computer.clone()),
            ("File", path.display().to_string()),
        ],
        Asked::Results(ResultsSource::Computer(collection)) => results::selections(collection),
    };
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let list = PropertyList::new("query").row("Last refresh time", Value::text(query.refreshed.to_local_text()));
        let add =
            |list: PropertyList<'static>, (name, value): (&'static str, String)| list.row(name, Value::text(value));
        selections.into_iter().fold(list, add).ui(ui);
    });
}
