//! Stored queries of Group Policy Modeling and Results: their nodes, their lists, and what is left of them after a restart.

use std::path::Path;
use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;
use opengpmc::console::stored_query::{
    Asked, FreshResult, ModelingQuery, QueryAction, QueryKind, QueryShelf, QueryTarget, ResultsSource, StoredQuery,
};
use opengpmc::console::{AppOptions, Browser, Command, ForestId, Node, Place, StoreOpener};
use opengpmc::ident::{Guid, Timestamp};

use crate::backups::{click, menu};
use crate::console::{
    Console, NoBrowser, NoFilePicker, demo_request, go_to, journal_folder, settle, wait, with_options,
};
use crate::screens::{dn, root};
use crate::support::{cells, press, rows, type_text};

/// Opens the console on the demo forest with stored queries in a folder.
pub fn demo_with_queries(folder: &Path) -> Console {
    demo_with_queries_and_browser(folder, Arc::new(NoBrowser))
}

/// The same, with a browser of one's own.
pub fn demo_with_queries_and_browser(folder: &Path, browser: Arc<dyn Browser>) -> Console {
    let options = AppOptions {
        opener: Arc::new(StoreOpener),
        file_picker: Arc::new(NoFilePicker),
        browser,
        settings_folder: None,
        journal_folder: Some(journal_folder()),
        query_folder: Some(folder.to_owned()),
        forests: vec![demo_request()],
    };
    let mut console = with_options([1280.0, 800.0], options);
    wait(&mut console, "the demo forest is read", |console| {
        console.state().forests().iter().all(|entry| entry.open().is_some())
    });
    settle(&mut console);
    console
}

/// Returns the stored queries of the demo forest, as they lie in a folder.
fn stored(folder: &Path) -> QueryShelf {
    QueryShelf::load(Some(folder), &root())
}

fn names(shelf: &QueryShelf, kind: QueryKind) -> Vec<String> {
    shelf.of(kind).map(|query| query.name.clone()).collect()
}

fn query(number: u128, name: &str, seconds: i64) -> StoredQuery {
    let asked =
        ModelingQuery { user: Some(QueryTarget::Container(dn("OU=Headquarters"))), ..ModelingQuery::of_domain(root()) };
    StoredQuery {
        id: Guid::from_u128(number),
        name: name.to_owned(),
        user: "Headquarters".to_owned(),
        computer: String::new(),
        refreshed: Timestamp::from_unix_seconds(seconds).unwrap(),
        failure: None,
        asked: Asked::Modeling(Box::new(asked)),
    }
}

fn keep(console: &mut Console, query: StoredQuery) {
    let fresh = FreshResult { query, xml: b"<Rsop/>".as_slice().into(), explained: None };
    console.state_mut().ask(Command::Query(ForestId(1), QueryAction::Keep(Box::new(fresh))));
    settle(console);
}

#[test]
fn stored_queries_stand_in_the_tree_and_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let mut console = demo_with_queries(folder.path());
    go_to(&mut console, Place::Modeling);
    assert!(rows(&console, "Group Policy Modeling").is_empty());
    keep(&mut console, query(1, "Headquarters", 1_700_000_000));
    assert_eq!(console.state().selected(), &Node::In(ForestId(1), Place::ModelingResult(Guid::from_u128(1))));
    assert_eq!(console.query_all_by_role_and_label(Role::TreeItem, "Headquarters").count(), 2, "beside the OU");
    keep(&mut console, query(2, "Attic", 1_800_000_000));
    let logged = StoredQuery {
        asked: Asked::Results(ResultsSource::File("/tmp/result.xml".into())),
        ..query(3, r"KESTREL\ann on KESTREL\PC7$", 1_750_000_000)
    };
    keep(&mut console, logged);
    assert_eq!(names(&stored(folder.path()), QueryKind::Modeling), ["Attic", "Headquarters"]);
    drop(console);

    let mut console = demo_with_queries(folder.path());
    go_to(&mut console, Place::Modeling);
    assert_eq!(rows(&console, "Group Policy Modeling"), ["Attic", "Headquarters"]);
    let row = cells(&console, "Group Policy Modeling", "Headquarters");
    assert_eq!(row[..3], ["Headquarters", "Headquarters", ""]);
    assert!(row[3].starts_with("2023-11-1"), "{row:?}");
    console.get_by_role_and_label(Role::ColumnHeader, "Last refresh time").click();
    console.run_steps(4);
    assert_eq!(rows(&console, "Group Policy Modeling"), ["Headquarters", "Attic"]);
    go_to(&mut console, Place::Results);
    assert_eq!(rows(&console, "Group Policy Results"), [r"KESTREL\ann on KESTREL\PC7$"]);
    go_to(&mut console, Place::Forest);
    assert_eq!(
        rows(&console, "Contents of the forest"),
        ["Domains", "Sites", "Group Policy Modeling", "Group Policy Results"]
    );
}

#[test]
fn a_stored_query_is_renamed_in_place_and_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let mut console = demo_with_queries(folder.path());
    keep(&mut console, query(1, "Headquarters", 1_700_000_000));
    go_to(&mut console, Place::ModelingResult(Guid::from_u128(1)));
    console.state_mut().ask(Command::FocusTree);
    console.run_steps(3);
    press(&mut console, Modifiers::NONE, Key::F2);
    console.run_steps(3);
    type_text(&mut console, "After the move");
    press(&mut console, Modifiers::NONE, Key::Enter);
    settle(&mut console);
    console.get_by_role_and_label(Role::TreeItem, "After the move");
    assert_eq!(names(&stored(folder.path()), QueryKind::Modeling), ["After the move"]);
    menu(&mut console, "Action", "Delete");
    console.get_by_label("Delete After the move and its result? Nothing in the domain changes.");
    click(&mut console, "Delete");
    settle(&mut console);
    assert_eq!(console.state().selected().place(), Some(&Place::Modeling));
    assert!(console.query_by_role_and_label(Role::TreeItem, "After the move").is_none());
    assert!(names(&stored(folder.path()), QueryKind::Modeling).is_empty());
    assert_eq!(std::fs::read_dir(folder.path().join(root().to_string())).unwrap().count(), 0);
}

#[test]
fn a_damaged_stored_query_is_named_and_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let mut console = demo_with_queries(folder.path());
    for (number, name) in [(1, "Sound"), (2, "Damaged")] {
        keep(&mut console, query(number, name, 1_700_000_000));
    }
    drop(console);
    let damaged = folder.path().join(root().to_string()).join(Guid::from_u128(2).to_string()).join("query.json");
    std::fs::write(&damaged, b"{\"id\": 7}").unwrap();
    let mut console = demo_with_queries(folder.path());
    go_to(&mut console, Place::Modeling);
    assert_eq!(rows(&console, "Group Policy Modeling"), ["Sound"]);
    console.get_by_label_contains(&damaged.display().to_string());
}
