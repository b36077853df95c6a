//! Copying GPOs in the tree, within a domain and into another, and importing settings from backups.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use egui::accesskit::Role;
use egui::{Event, Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use opengpmc::console::{Command, ConnectRequest, ForestOpener, Node, Place, StoreOpener};
use opengpmc::format::{EntryType, MapDestination};
use opengpmc::gpm::{Forest, ForestSnapshot, Gpo, LoadOptions, MigrationTable, Task};
use opengpmc::ident::DnsName;
use opengpmc::operation::{BackupOptions, Reporting, back_up_gpo};
use opengpmc::store::{ConnectTarget, ForestStore, StoreError, demo as demo_forest};

use crate::backups::{click, enter, menu, put, wait_for_rows};
use crate::console::{Console, demo, demo_request, go_to, open_tab, settle, wait, with_opener};
use crate::screens::{gpo, root};
use crate::support::{cells, press, type_text};

pub fn lumen() -> DnsName {
    "lumen-sails.example".parse().unwrap()
}

/// Compares with the stored picture; the tree is closed first, since where it scrolls to is not what these pictures are about.
fn picture(console: &mut Console, name: &str) {
    console.state_mut().ask(Command::CollapseAll(Node::Root));
    console.run_steps(10);
    crate::backups::picture(console, name);
}

/// Backs up a GPO of the demo forest.
fn back_up(name: &str, folder: &Path) {
    back_up_of(&root(), name, folder, "");
}

/// Backs up a GPO of a domain of the demo forest, with a description.
pub fn back_up_of(domain: &DnsName, name: &str, folder: &Path, description: &str) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (store, task) = (demo_forest::open().await.unwrap(), Task::default());
        let forest = Forest::load(store.clone(), &LoadOptions::default(), &task).await.unwrap();
        let gpo = forest.domain(domain).unwrap().gpos_named(name).next().unwrap();
        let reporting = Reporting::new(Arc::default());
        let options = BackupOptions { comment: description.to_owned(), ..BackupOptions::default() };
        back_up_gpo(&store, &forest, gpo, folder, &options, &reporting, &task).await.unwrap();
    });
}

/// Returns the GPOs of that name in a domain, as the console shows them.
pub fn found(console: &Console, domain: &DnsName, name: &str) -> Vec<Gpo> {
    let forest = console.state().forests()[0].open().unwrap();
    forest.snapshot.domain(domain).unwrap().gpos_named(name).cloned().collect()
}

/// Waits until a GPO of that name is there and selected, and returns it.
fn wait_for_copy(console: &mut Console, domain: &DnsName, name: &str) -> Gpo {
    wait(console, "the copy is selected", |console| {
        let copies = found(console, domain, name);
        copies
            .iter()
            .any(|copy| console.state().selected().place() == Some(&Place::Gpo { domain: domain.clone(), id: copy.id }))
    });
    settle(console);
    found(console, domain, name).remove(0)
}

pub const TIER: &str = "Tier 0 - Log-on Restrictions";

#[test]
fn a_gpo_is_copied_within_its_domain() {
    let mut console = demo();
    let place = gpo(&console, "Screen Lock - Strict");
    go_to(&mut console, place);
    menu(&mut console, "Action", "Copy");
    go_to(&mut console, Place::Gpos(root()));
    open_tab(&mut console, "Delegation");
    menu(&mut console, "Action", "Paste");
    console.get_by_label_contains("The copy has an ID of its own");
    console.get_by_role_and_label(Role::RadioButton, "Preserve the existing permissions").click();
    console.run_steps(3);
    picture(&mut console, "copy-gpo");
    click(&mut console, "OK");
    let copy = wait_for_copy(&mut console, &root(), "Copy of Screen Lock - Strict");
    let original = found(&console, &root(), "Screen Lock - Strict").remove(0);
    assert_ne!(copy.id, original.id);
    assert_eq!(copy.wmi_filter, original.wmi_filter);
}

#[test]
fn keys_copy_and_paste_in_the_tree() {
    let mut console = demo();
    let place = gpo(&console, "Screen Lock - Strict");
    go_to(&mut console, place);
    press(&mut console, Modifiers::COMMAND, Key::Num1);
    console.event(Event::Copy);
    // The tree asks for it in one frame, the application does it in the next.
    console.step();
    console.step();
    assert_eq!(crate::support::copied(&console).as_deref(), Some("Screen Lock - Strict"));
    go_to(&mut console, Place::Gpos(root()));
    console.event(Event::Paste("Screen Lock - Strict".to_owned()));
    console.run_steps(5);
    console.get_by_label_contains("The copy has an ID of its own");
    press(&mut console, Modifiers::NONE, Key::Escape);
    assert!(console.query_by_label_contains("The copy has an ID of its own").is_none());
    // Nowhere else.
    go_to(&mut console, Place::Domain(root()));
    console.event(Event::Paste("Screen Lock - Strict".to_owned()));
    console.run_steps(5);
    assert!(console.query_by_label_contains("The copy has an ID of its own").is_none());
}

/// Goes on, and waits until the page of that title is there.
pub fn next(console: &mut Console, title: &str) {
    click(console, "Next");
    wait(console, title, |console| {
        let headings = console.query_all_by_label(title);
        headings.into_iter().any(|node| node.accesskit_node().role() == Role::Label)
    });
    console.run_steps(4);
}

pub fn wait_for(console: &mut Console, words: &str) {
    wait(console, words, |console| console.query_all_by_label_contains(words).next().is_some());
    console.run_steps(4);
}

#[test]
fn a_gpo_is_copied_into_another_domain_with_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.migtable");
    let mut table = MigrationTable::new();
    let users = "Domain Users@kestrelbay.example";
    table.add_entry(users, EntryType::GlobalGroup, &MapDestination::ByRelativeName).unwrap();
    table.save(&path).unwrap();
    let mut console = demo();
    let place = gpo(&console, TIER);
    go_to(&mut console, place);
    menu(&mut console, "Action", "Copy");
    go_to(&mut console, Place::Gpos(lumen()));
    open_tab(&mut console, "Delegation");
    menu(&mut console, "Action", "Paste");
    console.get_by_label_contains("This wizard copies a GPO into another domain.");
    picture(&mut console, "copy-welcome");
    next(&mut console, "Specifying permissions");
    next(&mut console, "Scanning Original GPO");
    wait_for(&mut console, "were found");
    picture(&mut console, "copy-scan");
    next(&mut console, "Migrating References");
    wait_for(&mut console, "Everything stays as it is");
    console
        .get_by_role_and_label(Role::RadioButton, "Use this migration table to map them in the destination GPO")
        .click();
    console.run_steps(3);
    enter(&mut console, "Migration table", &path.display().to_string());
    wait_for(&mut console, "not in the table");
    let planned = "What becomes of the references";
    let row = cells(&console, planned, r"KESTREL\Domain Users");
    assert!(row[1].ends_with(r"\Domain Users") && !row[1].starts_with("KESTREL"), "{row:?}");
    picture(&mut console, "copy-references");
    // Exclusively, what the table does not speak of stands against it.
    console.get_by_label_contains("Use the table exclusively").click();
    console.run_steps(3);
    click(&mut console, "Next");
    wait_for(&mut console, "or do not use it exclusively");
    console.get_by_label_contains("Use the table exclusively").click();
    console.run_steps(3);
    next(&mut console, "Completing");
    console.get_by_label(&path.display().to_string());
    click(&mut console, "Finish");
    wait_for(&mut console, "OK");
    click(&mut console, "OK");
    wait_for_copy(&mut console, &lumen(), &format!("Copy of {TIER}"));
}

#[test]
fn settings_are_imported_from_a_backup() {
    let folder = tempfile::tempdir().unwrap();
    back_up(TIER, folder.path());
    let mut console = demo();
    let place = gpo(&console, "Screen Lock - Strict");
    go_to(&mut console, place.clone());
    let before = found(&console, &root(), "Screen Lock - Strict").remove(0);
    menu(&mut console, "Action", "Import Settings…");
    console.get_by_label_contains("This wizard imports settings");
    picture(&mut console, "import-welcome");
    next(&mut console, "Backup GPO");
    console.get_by_role_and_label(Role::Button, "Backup…").click();
    wait_for(&mut console, "Backs up Screen Lock - Strict");
    press(&mut console, Modifiers::NONE, Key::Escape);
    console.run_steps(6);
    next(&mut console, "Backup location");
    put(&mut console, "Backup location", &folder.path().display().to_string());
    next(&mut console, "Source GPO");
    wait_for_rows(&mut console, 1);
    let list = console.get_by_role_and_label(Role::Table, "Backed up GPOs");
    list.get_by_role_and_label(Role::Row, TIER).click();
    console.run_steps(4);
    next(&mut console, "Scanning Backup");
    wait_for(&mut console, "were found");
    next(&mut console, "Migrating References");
    wait_for(&mut console, "Everything stays as it is");
    next(&mut console, "Completing");
    picture(&mut console, "import-completing");
    click(&mut console, "Finish");
    wait(&mut console, "the settings are imported", |console| {
        found(console, &root(), "Screen Lock - Strict")[0].version != before.version
    });
    settle(&mut console);
    let after = found(&console, &root(), "Screen Lock - Strict").remove(0);
    assert_eq!((after.id, &after.display_name), (before.id, &before.display_name));
    assert!(after.version.computer > before.version.computer);
    assert!(matches!(console.state().selected(), Node::In(_, selected) if *selected == place));
}

#[test]
fn settings_are_imported_from_what_samba_tool_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let set = folder.path().join("{5A4D2A30-0B0E-4B0E-9A39-3B2D6E3C7C11}");
    for (path, bytes) in [
        ("GPT.INI.SAMBABACKUP", "[General]\r\nVersion=1\r\n"),
        (
            "gPCMachineExtensionNames.SAMBAEXT",
            "[{42B5FAAE-6536-11D2-AE5A-0000F87571E3}{40B6664F-4972-11D1-A7CA-0000F87571E3}]",
        ),
        ("Machine/Scripts/scripts.ini.SAMBABACKUP", "[Startup]\r\n0CmdLine=\\\\old\\tools\\a.cmd\r\n0Parameters=\r\n"),
    ] {
        std::fs::create_dir_all(set.join(path).parent().unwrap()).unwrap();
        std::fs::write(set.join(path), bytes).unwrap();
    }
    let mut console = demo();
    let place = gpo(&console, "Screen Lock - Strict");
    go_to(&mut console, place);
    let before = found(&console, &root(), "Screen Lock - Strict").remove(0);
    menu(&mut console, "Action", "Import Settings…");
    next(&mut console, "Backup GPO");
    next(&mut console, "Backup location");
    put(&mut console, "Backup location", &folder.path().display().to_string());
    next(&mut console, "Source GPO");
    console.get_by_label("{5A4D2A30-0B0E-4B0E-9A39-3B2D6E3C7C11}");
    next(&mut console, "Scanning Backup");
    wait_for(&mut console, "1 UNC path was found.");
    next(&mut console, "Migrating References");
    wait_for(&mut console, "Everything stays as it is");
    next(&mut console, "Completing");
    click(&mut console, "Finish");
    wait(&mut console, "the settings are imported", |console| {
        found(console, &root(), "Screen Lock - Strict")[0].version.computer > before.version.computer
    });
}

#[test]
fn a_gpo_is_dragged_onto_the_container_of_gpos() {
    let mut console = demo();
    let place = gpo(&console, "AppLocker - Kiosks");
    go_to(&mut console, place);
    let row = |console: &Console, name: &str| {
        let rows = console.query_all_by_role_and_label(Role::TreeItem, name).map(|node| node.rect().center());
        rows.min_by(|one, other| one.y.total_cmp(&other.y)).expect("the row is in view")
    };
    let (from, to) = (row(&console, "AppLocker - Kiosks"), row(&console, "Group Policy Objects"));
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
    console.get_by_label_contains("Copies AppLocker - Kiosks within kestrelbay.example.");
}

/// Opens a demo forest of its own for each request.
struct DemoForests;

#[async_trait]
impl ForestOpener for DemoForests {
    async fn open(&self, _request: &ConnectRequest) -> Result<Arc<dyn ForestStore>, StoreError> {
        demo_forest::open().await
    }

    async fn load(&self, store: Arc<dyn ForestStore>, task: &Task) -> Result<Arc<ForestSnapshot>, StoreError> {
        StoreOpener.load(store, task).await
    }
}

#[test]
fn a_gpo_is_copied_into_another_forest_with_a_table_made_on_the_way() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("made.migtable");
    let target = Some(ConnectTarget::File("other.gpforest".into()));
    let other = ConnectRequest { target, ..ConnectRequest::default() };
    let mut console = with_opener([1280.0, 800.0], Arc::new(DemoForests), vec![demo_request(), other]);
    wait(&mut console, "both forests are read", |console| {
        console.state().forests().iter().all(|entry| entry.open().is_some())
    });
    console.run_steps(4);
    let place = gpo(&console, TIER);
    go_to(&mut console, place);
    menu(&mut console, "Action", "Copy");
    let second = console.state().forests()[1].id;
    console.state_mut().ask(Command::Select(Node::In(second, Place::Gpos(root()))));
    settle(&mut console);
    menu(&mut console, "Action", "Paste");
    next(&mut console, "Specifying permissions");
    console.get_by_role_and_label(Role::RadioButton, "Preserve or migrate the original permissions").click();
    console.run_steps(3);
    next(&mut console, "Scanning Original GPO");
    wait_for(&mut console, "were found");
    next(&mut console, "Migrating References");
    console
        .get_by_role_and_label(Role::RadioButton, "Use this migration table to map them in the destination GPO")
        .click();
    console.run_steps(3);
    click(&mut console, "New migration table");
    wait_for(&mut console, "What principals and UNC paths become");
    let cell = console.get_by_label("Source name, new row");
    cell.focus();
    console.run_steps(3);
    type_text(&mut console, "ida.strand@kestrelbay.example");
    press(&mut console, Modifiers::COMMAND, Key::S);
    console.run_steps(4);
    put(&mut console, "File", &table.display().to_string());
    click(&mut console, "Save Table");
    wait_for(&mut console, "Saved ");
    console.get_all_by_role_and_label(Role::Button, "Close").last().unwrap().click();
    wait_for(&mut console, "not in the table");
    next(&mut console, "Completing");
    console.get_by_label(&table.display().to_string());
    click(&mut console, "Finish");
    wait_for(&mut console, "OK");
    click(&mut console, "OK");
    wait(&mut console, "the copy is selected in the other forest", |console| {
        let forest = console.state().forests()[1].open().unwrap();
        let name = format!("Copy of {TIER}");
        let copy = forest.snapshot.domain(&root()).unwrap().gpos_named(&name).next();
        copy.is_some_and(|copy| {
            let place = Place::Gpo { domain: root(), id: copy.id };
            *console.state().selected() == Node::In(second, place)
        })
    });
}

/// Copies what is selected by key, and checks what reaches the clipboard.
fn copy_by_key(console: &mut Console, name: &str) {
    press(console, Modifiers::COMMAND, Key::Num1);
    console.event(Event::Copy);
    console.step();
    console.step();
    assert_eq!(crate::support::copied(console).as_deref(), Some(name));
}

fn paste_by_key(console: &mut Console, place: Place, name: &str) {
    go_to(console, place);
    press(console, Modifiers::COMMAND, Key::Num1);
    console.event(Event::Paste(name.to_owned()));
    console.run_steps(5);
}

#[test]
fn gpos_filters_and_starter_gpos_are_copied_and_pasted_by_keys() {
    const FILTER: &str = "Windows 11 with TPM 2.0";
    const STARTER: &str = "Remote update ports";
    let mut console = demo();
    let forest = |console: &Console| Arc::clone(&console.state().forests()[0].open().unwrap().snapshot);
    // A GPO: the copy has no links and an ID of its own.
    let original = found(&console, &root(), "Screen Lock - Strict").remove(0);
    go_to(&mut console, Place::Gpo { domain: root(), id: original.id });
    copy_by_key(&mut console, "Screen Lock - Strict");
    paste_by_key(&mut console, Place::Gpos(root()), "Screen Lock - Strict");
    click(&mut console, "OK");
    wait(&mut console, "the GPO is copied", |console| {
        !found(console, &root(), "Copy of Screen Lock - Strict").is_empty()
    });
    let copy = found(&console, &root(), "Copy of Screen Lock - Strict").remove(0);
    assert!(copy.id != original.id && forest(&console).link_count(&copy.dn) == 0);
    if console.query_by_role_and_label(Role::Button, "OK").is_some() {
        click(&mut console, "OK");
    }
    settle(&mut console);
    // A WMI filter.
    let filters = |console: &Console, name: &str| -> Vec<_> {
        let forest = forest(console);
        let filters = &forest.domain(&root()).unwrap().wmi_filters;
        filters.iter().filter(|filter| filter.name == name).cloned().collect()
    };
    let original = filters(&console, FILTER).remove(0);
    go_to(&mut console, Place::WmiFilter { domain: root(), id: original.id });
    copy_by_key(&mut console, FILTER);
    paste_by_key(&mut console, Place::WmiFilters(root()), FILTER);
    let name = format!("Copy of {FILTER}");
    wait(&mut console, "the filter is copied", |console| !filters(console, &name).is_empty());
    assert_eq!(filters(&console, &name)[0].queries, original.queries);
    settle(&mut console);
    // A starter GPO.
    let starters = |console: &Console, name: &str| -> Vec<_> {
        let forest = console.state().forests()[0].open().unwrap();
        forest.starter_gpos(&root()).iter().filter(|starter| starter.display_name == name).cloned().collect()
    };
    go_to(&mut console, Place::StarterGpos(root()));
    wait(&mut console, "the starter GPOs are read", |console| !starters(console, STARTER).is_empty());
    let original = starters(&console, STARTER).remove(0);
    go_to(&mut console, Place::StarterGpo { domain: root(), id: original.id });
    copy_by_key(&mut console, STARTER);
    paste_by_key(&mut console, Place::StarterGpos(root()), STARTER);
    click(&mut console, "Copy");
    let name = format!("Copy of {STARTER}");
    wait(&mut console, "the starter GPO is copied", |console| !starters(console, &name).is_empty());
    assert_ne!(starters(&console, &name)[0].id, original.id);
    if console.query_by_role_and_label(Role::Button, "OK").is_some() {
        click(&mut console, "OK");
    }
    settle(&mut console);
    // None is pasted where it makes no sense; in a field of text the keys are the text's.
    let before = forest(&console);
    paste_by_key(&mut console, Place::Domain(root()), STARTER);
    paste_by_key(&mut console, Place::WmiFilters(root()), STARTER);
    assert!(console.query_by_role(Role::Dialog).is_none());
    let after = forest(&console);
    let counts = |forest: &opengpmc::gpm::ForestSnapshot| {
        let domain = forest.domain(&root()).unwrap();
        (domain.gpos.len(), domain.wmi_filters.len())
    };
    assert_eq!(counts(&after), counts(&before));
    go_to(&mut console, Place::StarterGpos(root()));
    console.get_by_role_and_label(Role::TextInput, "Filter the scope tree").focus();
    console.run_steps(3);
    console.event(Event::Paste(STARTER.to_owned()));
    console.run_steps(5);
    assert!(console.query_by_role(Role::Dialog).is_none());
}
