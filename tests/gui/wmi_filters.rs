//! WMI filters in the console: made, changed, renamed, copied, imported, exported, deleted, given to GPOs; each by its effect on the forest.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use opengpmc::console::{ConnectRequest, ForestOpener, Place, StoreOpener};
use opengpmc::format::MofFilter;
use opengpmc::gpm::{Domain, ForestSnapshot, Task, WmiFilter, starter_gpo_folder};
use opengpmc::ident::DnsName;
use opengpmc::store::{ForestStore, StoreError, demo as demo_forest};

use crate::backups::{click, menu, picture, put};
use crate::console::{Console, demo, demo_of_size, demo_request, go_to, open_tab, settle, wait, with_opener};
use crate::screens::{gpo, root};
use crate::support::{cells, press, rows, type_text};

const LAPTOPS: &str = "Laptops";
const TPM: &str = "Windows 11 with TPM 2.0";

fn lumen() -> DnsName {
    "lumen-sails.example".parse().unwrap()
}

fn find(console: &Console, domain: &DnsName, name: &str) -> Option<WmiFilter> {
    let forest = console.state().forests()[0].open().unwrap();
    let filters = &forest.snapshot.domain(domain).unwrap().wmi_filters;
    filters.iter().find(|filter| filter.name == name).cloned()
}

fn go_to_filter(console: &mut Console, name: &str) -> WmiFilter {
    let filter = find(console, &root(), name).unwrap();
    go_to(console, Place::WmiFilter { domain: root(), id: filter.id });
    filter
}

fn wait_for(console: &mut Console, domain: &DnsName, name: &str) -> WmiFilter {
    wait(console, name, |console| find(console, domain, name).is_some());
    settle(console);
    find(console, domain, name).unwrap()
}

fn wait_until_gone(console: &mut Console, name: &str) {
    wait(console, "the filter is gone", |console| find(console, &root(), name).is_none());
    settle(console);
}

/// Returns the names of the GPOs of the root domain that use a filter.
fn users(console: &Console, filter: &WmiFilter) -> Vec<String> {
    let forest = console.state().forests()[0].open().unwrap();
    let domain = forest.snapshot.domain(&filter.domain).unwrap();
    domain.gpos_with_wmi_filter(filter.id).map(|gpo| gpo.display_name.clone()).collect()
}

/// Puts a text into the field of several lines of that name.
fn put_lines(console: &mut Console, field: &str, text: &str) {
    console.get_by_role_and_label(Role::MultilineTextInput, field).focus();
    console.run_steps(2);
    press(console, Modifiers::COMMAND, Key::A);
    type_text(console, text);
}

/// Clicks the button of that name in the dialog on top.
fn click_last(console: &mut Console, button: &str) {
    // A window takes a frame or two to find its place.
    console.run_steps(3);
    let buttons: Vec<_> = console.query_all_by_role_and_label(Role::Button, button).collect();
    buttons.last().expect("the button is there").click();
    drop(buttons);
    console.run_steps(4);
}

fn says(console: &Console, words: &str) -> bool {
    console.query_all_by_label_contains(words).next().is_some()
}

const GOOD: &str = "select * from Win32_Battery where Chemistry = 6";

#[test]
fn a_filter_is_made_with_several_queries_and_undone() {
    let mut console = demo();
    go_to(&mut console, Place::WmiFilters(root()));
    menu(&mut console, "Action", "New…");
    click(&mut console, "Save");
    assert!(says(&console, "Give the filter a name."));
    put(&mut console, "Name", TPM);
    click(&mut console, "Save");
    assert!(says(&console, "already. Choose another name."));
    put(&mut console, "Name", "Batteries of ours");
    click(&mut console, "Save");
    assert!(says(&console, "Add at least one query"));
    put_lines(&mut console, "Description", "Two lines");
    click(&mut console, "Add…");
    click(&mut console, "OK");
    assert!(says(&console, "A query needs a namespace and a text."));
    put_lines(&mut console, "Query", GOOD);
    click(&mut console, "OK");
    // A namespace from the list, and a query that is no WQL, taken all the same.
    click(&mut console, "Add…");
    console.get_by_role_and_label(Role::Button, "Browse, Namespace").click();
    console.run_steps(4);
    click(&mut console, r"root\WMI");
    put_lines(&mut console, "Query", "select from");
    click(&mut console, "OK");
    assert!(says(&console, "This does not look like WQL: at character 8"));
    picture(&mut console, "wmi-query-warning");
    click(&mut console, "Use Anyway");
    assert_eq!(rows(&console, "Queries of the filter"), [GOOD, "select from"]);
    picture(&mut console, "wmi-filter-editor");
    click(&mut console, "Save");
    let made = wait_for(&mut console, &root(), "Batteries of ours");
    let queries: Vec<(&str, &str)> =
        made.queries.iter().map(|query| (query.namespace.as_str(), query.query.as_str())).collect();
    assert_eq!(queries, [(r"root\CIMv2", GOOD), (r"root\WMI", "select from")]);
    assert_eq!(made.description, "Two lines");
    assert_eq!(console.state().selected().place(), Some(&Place::WmiFilter { domain: root(), id: made.id }));
    press(&mut console, Modifiers::COMMAND, Key::Z);
    wait_until_gone(&mut console, "Batteries of ours");
}

#[test]
fn queries_of_a_filter_are_changed_and_taken_out() {
    let mut console = demo();
    let before = go_to_filter(&mut console, TPM);
    assert_eq!(before.queries.len(), 2, "{:?}", before.queries);
    click(&mut console, "Edit Filter…");
    let list = rows(&console, "Queries of the filter");
    console.get_all_by_label(list[0].as_str()).last().unwrap().click();
    console.run_steps(3);
    click_last(&mut console, "Edit…");
    put_lines(&mut console, "Query", GOOD);
    // Esc closes the upper dialog alone.
    press(&mut console, Modifiers::NONE, Key::Escape);
    console.run_steps(4);
    assert!(console.query_by_role_and_label(Role::Button, "Save").is_some());
    click_last(&mut console, "Edit…");
    put_lines(&mut console, "Query", GOOD);
    click(&mut console, "OK");
    let list = rows(&console, "Queries of the filter");
    console.get_all_by_label(list[1].as_str()).last().unwrap().click();
    console.run_steps(3);
    click_last(&mut console, "Remove");
    click(&mut console, "Save");
    wait(&mut console, "the queries are others", |console| {
        find(console, &root(), TPM).is_some_and(|filter| filter.queries.len() == 1)
    });
    assert_eq!(find(&console, &root(), TPM).unwrap().queries[0].query, GOOD);
}

#[test]
fn a_filter_is_renamed_in_the_tree() {
    let mut console = demo();
    let filter = go_to_filter(&mut console, LAPTOPS);
    menu(&mut console, "Action", "Rename");
    console.run_steps(3);
    press(&mut console, Modifiers::COMMAND, Key::A);
    type_text(&mut console, "Notebooks");
    press(&mut console, Modifiers::NONE, Key::Enter);
    assert_eq!(wait_for(&mut console, &root(), "Notebooks").id, filter.id);
}

#[test]
fn a_filter_is_deleted_after_its_gpos_were_named() {
    let mut console = demo();
    let filter = go_to_filter(&mut console, LAPTOPS);
    let before = users(&console, &filter);
    assert!(!before.is_empty());
    menu(&mut console, "Action", "Delete");
    assert!(says(&console, "This GPO uses it") && says(&console, &before[0]));
    picture(&mut console, "wmi-filter-delete");
    click(&mut console, "Cancel");
    assert!(find(&console, &root(), LAPTOPS).is_some());
    menu(&mut console, "Action", "Delete");
    click_last(&mut console, "Delete");
    wait_until_gone(&mut console, LAPTOPS);
    assert!(users(&console, &filter).is_empty());
    assert_eq!(console.state().selected().place(), Some(&Place::WmiFilters(root())));
    press(&mut console, Modifiers::COMMAND, Key::Z);
    wait_for(&mut console, &root(), LAPTOPS);
    assert_eq!(users(&console, &filter), before);
}

#[test]
fn a_filter_is_copied_within_its_domain_and_into_another() {
    let mut console = demo();
    let filter = go_to_filter(&mut console, TPM);
    menu(&mut console, "Action", "Copy");
    go_to(&mut console, Place::WmiFilters(root()));
    open_tab(&mut console, "Delegation");
    menu(&mut console, "Action", "Paste");
    let copy = wait_for(&mut console, &root(), &format!("Copy of {TPM}"));
    assert_eq!(copy.queries, filter.queries);
    go_to(&mut console, Place::WmiFilters(lumen()));
    menu(&mut console, "Action", "Paste");
    let copy = wait_for(&mut console, &lumen(), TPM);
    assert_eq!((copy.queries, copy.description), (filter.queries, filter.description));
}

#[test]
fn a_filter_is_exported_and_imported_with_an_edit_between() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.mof");
    let text = path.display().to_string();
    let mut console = demo();
    let filter = go_to_filter(&mut console, TPM);
    menu(&mut console, "Action", "Export…");
    put(&mut console, "File", &text);
    click(&mut console, "Export");
    wait(&mut console, "the file is written", |_| path.exists());
    let written = read(&path);
    assert_eq!((written.name.as_str(), written.queries.len()), (TPM, filter.queries.len()));
    menu(&mut console, "Action", "Export…");
    put(&mut console, "File", &text);
    click(&mut console, "Export");
    assert!(says(&console, "Exporting replaces it."));
    click(&mut console, "Replace");
    settle(&mut console);
    std::fs::write(folder.path().join("bad.mof"), "instance of MSFT_SomFilter {\n Name = 1; };").unwrap();
    go_to(&mut console, Place::WmiFilters(root()));
    menu(&mut console, "Action", "Import…");
    put(&mut console, "File", &folder.path().join("bad.mof").display().to_string());
    click(&mut console, "Open");
    wait(&mut console, "it is refused", |console| says(console, "line 2"));
    put(&mut console, "File", &text);
    click(&mut console, "Open");
    wait(&mut console, "the file is read", |console| console.query_by_role_and_label(Role::Button, "Import").is_some());
    console.run_steps(4);
    click(&mut console, "Import");
    assert!(says(&console, "already. Choose another name."));
    put(&mut console, "Name", "Imported");
    click(&mut console, "Import");
    let made = wait_for(&mut console, &root(), "Imported");
    assert_eq!((made.queries, made.description), (filter.queries, filter.description));
    assert_ne!(made.id, filter.id);
}

fn read(path: &Path) -> MofFilter {
    MofFilter::parse(&std::fs::read(path).unwrap()).unwrap()
}

const USERS: &str = "GPOs that use this WMI filter";

#[test]
fn gpos_are_added_to_a_filter_and_taken_off() {
    let mut console = demo();
    let filter = go_to_filter(&mut console, LAPTOPS);
    let before = users(&console, &filter);
    click(&mut console, "Add…");
    click(&mut console, "OK");
    assert!(says(&console, "Select at least one GPO."));
    console.get_all_by_label("AppLocker - Kiosks").last().unwrap().click();
    console.run_steps(3);
    picture(&mut console, "wmi-filter-add-gpos");
    click(&mut console, "OK");
    wait(&mut console, "the GPO uses it", |console| users(console, &filter).len() == before.len() + 1);
    settle(&mut console);
    assert!(users(&console, &filter).contains(&"AppLocker - Kiosks".to_owned()));
    assert!(rows(&console, USERS).contains(&"AppLocker - Kiosks".to_owned()));
    let table = console.get_by_role_and_label(Role::Table, USERS);
    table.get_by_role_and_label(Role::Row, "AppLocker - Kiosks").click();
    console.run_steps(3);
    click(&mut console, "Remove");
    assert!(says(&console, "Remove the WMI filter of AppLocker - Kiosks?"));
    click(&mut console, "Yes");
    wait(&mut console, "the GPO uses none", |console| users(console, &filter) == before);
}

#[test]
fn a_filter_dragged_onto_a_gpo_is_used_by_it_once_that_was_confirmed() {
    let mut console = demo_of_size([1280.0, 1800.0]);
    let filter = go_to_filter(&mut console, LAPTOPS);
    let target = gpo(&console, "AppLocker - Kiosks");
    // The tree shows both.
    go_to(&mut console, target);
    go_to_filter(&mut console, LAPTOPS);
    let row = |console: &Console, name: &str| {
        let rows = console.query_all_by_role_and_label(Role::TreeItem, name).map(|node| node.rect().center());
        rows.min_by(|one, other| one.y.total_cmp(&other.y)).expect("the row is in view")
    };
    let (from, to) = (row(&console, LAPTOPS), row(&console, "AppLocker - Kiosks"));
    console.hover_at(from);
    console.run_steps(2);
    console.drag_at(from);
    console.run_steps(2);
    console.hover_at(from + egui::vec2(4.0, 6.0));
    console.run_steps(2);
    console.hover_at(to);
    console.run_steps(2);
    console.drop_at(to);
    console.run_steps(4);
    assert!(says(&console, "Change the WMI filter of AppLocker - Kiosks to Laptops?"));
    click(&mut console, "Yes");
    wait(&mut console, "the GPO uses it", |console| users(console, &filter).contains(&"AppLocker - Kiosks".to_owned()));
    settle(&mut console);
    // A GPO of another domain cannot.
    menu(&mut console, "Action", "Copy");
    let forest = console.state().forests()[0].open().unwrap();
    let other = forest.snapshot.domain(&lumen()).unwrap().gpos[0].id;
    go_to(&mut console, Place::Gpo { domain: lumen(), id: other });
    let paste = |console: &mut Console| {
        console.get_by_role_and_label(Role::Button, "Action").click();
        console.run_steps(4);
        let is_disabled = console.get_by_role_and_label(Role::Button, "Paste").accesskit_node().is_disabled();
        console.key_press(Key::Escape);
        console.run_steps(6);
        is_disabled
    };
    assert!(paste(&mut console));
}

/// Opens the demo forest with neither WMI filters nor starter GPOs in its root domain.
struct BareForest;

#[async_trait]
impl ForestOpener for BareForest {
    async fn open(&self, _request: &ConnectRequest) -> Result<Arc<dyn ForestStore>, StoreError> {
        let store = demo_forest::open().await?;
        let domain = Domain::open(&store, &root()).await?;
        let policy = domain.wmi_filter_container().parent().unwrap();
        domain.directory().delete_tree(&policy).await?;
        domain.sysvol().await?.remove_tree(&starter_gpo_folder()).await?;
        Ok(store)
    }

    async fn load(&self, store: Arc<dyn ForestStore>, task: &Task) -> Result<Arc<ForestSnapshot>, StoreError> {
        StoreOpener.load(store, task).await
    }
}

/// Opens the console on a forest whose root domain is bare.
pub fn bare() -> Console {
    let mut console = with_opener([1280.0, 800.0], Arc::new(BareForest), vec![demo_request()]);
    wait(&mut console, "the forest is read", |console| {
        console.state().forests().iter().all(|entry| entry.open().is_some())
    });
    console.run_steps(4);
    console
}

#[test]
fn a_domain_without_container_says_so_and_gets_it_with_the_first_filter() {
    let mut console = bare();
    go_to(&mut console, Place::WmiFilters(root()));
    assert!(says(&console, "This domain has no WMI filters") && says(&console, "CN=SOM,CN=WMIPolicy,CN=System"));
    picture(&mut console, "wmi-filters-missing");
    click(&mut console, "New…");
    put(&mut console, "Name", "First");
    click(&mut console, "Add…");
    put_lines(&mut console, "Query", GOOD);
    click(&mut console, "OK");
    click(&mut console, "Save");
    wait_for(&mut console, &root(), "First");
    go_to(&mut console, Place::WmiFilters(root()));
    assert_eq!(cells(&console, "WMI Filters", "First")[0], "First");
}
