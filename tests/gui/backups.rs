//! Backing up, restoring, and what lies in folders of backups.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use opengpmc::console::{Browser, Command, ConnectRequest, ForestOpener, Place, StoreOpener};
use opengpmc::gpm::{BackupDir, ForestSnapshot, Task};
use opengpmc::operation::{ChangeKind, Journal, JournalRecord, WholeGpo};
use opengpmc::store::{ForestStore, StoreError};

use crate::console::{Console, demo, demo_request, demo_with, demo_with_journal, go_to, open_tab, wait, with_opener};
use crate::picture::compare;
use crate::report::{Chooser, Recorder, write_set};
use crate::screens::{gpo, root, times};
use crate::support::{cells, press, rows, type_text};

/// Opens a menu and clicks on a command in it.
pub fn menu(console: &mut Console, menu: &str, command: &str) {
    console.get_by_role_and_label(Role::Button, menu).click();
    console.run_steps(4);
    console.get_by_role_and_label(Role::Button, command).click();
    console.run_steps(4);
}

/// Puts a text into the field of that name, in place of what is there, and presses Enter.
pub fn enter(console: &mut Console, field: &str, text: &str) {
    put(console, field, text);
    press(console, Modifiers::NONE, Key::Enter);
    console.run_steps(2);
}

/// Puts a text into the field of that name, in place of what is there.
pub fn put(console: &mut Console, field: &str, text: &str) {
    console.get_by_role_and_label(Role::TextInput, field).focus();
    console.run_steps(2);
    press(console, Modifiers::COMMAND, Key::A);
    type_text(console, text);
}

pub fn click(console: &mut Console, button: &str) {
    // A window takes a frame or two to find its place.
    console.run_steps(3);
    console.get_by_role_and_label(Role::Button, button).click();
    console.run_steps(4);
}

pub const LIST: &str = "Backed up GPOs";

pub fn wait_for_rows(console: &mut Console, count: usize) {
    wait(console, "the backups are listed", |console| {
        console.query_by_role_and_label(Role::Table, LIST).is_some()
            && rows(console, LIST).len() == count
            && console.query_all_by_label("Reading…").next().is_none()
    });
    console.run_steps(3);
}

/// Makes a folder of backups: two sound ones, and three that are not.
fn mixed_folder(folder: &Path) {
    for (number, name) in [(1, "Printers"), (2, "Laptops"), (3, "No settings"), (4, "Broken settings")] {
        write_set(folder, number, name);
    }
    let set = |number: u8| folder.join(format!("{{CA093B03-0000-0000-0000-00000000000{number}}}"));
    std::fs::remove_file(set(3).join("Backup.xml")).unwrap();
    std::fs::write(set(4).join("Backup.xml"), "<x").unwrap();
    std::fs::create_dir(set(5)).unwrap();
    std::fs::write(set(5).join("bkupInfo.xml"), "<BackupInst").unwrap();
}

#[test]
fn damaged_backups_are_listed_as_such() {
    let folder = tempfile::tempdir().unwrap();
    mixed_folder(folder.path());
    let mut console = demo();
    go_to(&mut console, Place::Domains);
    menu(&mut console, "Action", "Manage Backups…");
    enter(&mut console, "Backup location", &folder.path().display().to_string());
    wait_for_rows(&mut console, 5);
    let check = |row: &str, expected: &str| assert_eq!(cells(&console, LIST, row)[4], expected, "{row}");
    check("Printers", "Not in manifest");
    check("Laptops", "Not in manifest");
    check("No settings", "Damaged");
    check("Broken settings", "Damaged");
    check("{CA093B03-0000-0000-0000-000000000005}", "Damaged");
}

/// Returns what differs from run to run: points in time, and the paths of temporary folders.
fn changing(console: &Console) -> Vec<egui::Rect> {
    let mut masked = times(console);
    let is_temporary = |text: Option<String>| text.is_some_and(|text| text.contains(".tmp"));
    let nodes = console.root().children_recursive();
    let nodes = nodes.filter(|node| {
        let node = node.accesskit_node();
        is_temporary(node.label()) || is_temporary(node.value())
    });
    masked.extend(nodes.map(|node| node.rect()));
    masked
}

pub fn picture(console: &mut Console, name: &str) {
    let masked = changing(console);
    compare(console, name, &masked);
}

#[test]
fn one_gpo_is_backed_up_into_a_folder_that_is_made_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("new").join("folder");
    let mut console = demo();
    let place = gpo(&console, "Screen Lock - Strict");
    go_to(&mut console, place);
    menu(&mut console, "Action", "Back Up…");
    console.get_by_label("Backs up Screen Lock - Strict of kestrelbay.example.");
    click(&mut console, "Back Up");
    console.get_by_label("Enter the folder that the backups are made into.");
    put(&mut console, "Location", "/srv/backups");
    put(&mut console, "Description", "before the change of March");
    console.get_by_role_and_label(Role::CheckBox, "Also save links, WMI filter and block inheritance").click();
    console.run_steps(3);
    picture(&mut console, "back-up");
    put(&mut console, "Location", &target.display().to_string());
    click(&mut console, "Back Up");
    wait(&mut console, "it is told that the folder is made", |console| {
        console.query_by_label_contains("does not exist. It will be created.").is_some()
    });
    console.run_steps(2);
    click(&mut console, "Create Folder and Back Up");
    wait(&mut console, "the backup is done", |console| console.query_by_label("1 succeeded, 0 failed.").is_some());
    console.run_steps(2);
    click(&mut console, "OK");
    let dir = BackupDir::open(&target).unwrap();
    assert!(dir.problems().is_empty(), "{:?}", dir.problems());
    let [backup] = dir.backups() else { panic!("{:?}", dir.backups()) };
    assert_eq!(
        (backup.gpo_name.as_str(), backup.comment.as_str()),
        ("Screen Lock - Strict", "before the change of March")
    );
    assert!(backup.file("opengpmc.json").unwrap().is_some());
}

#[test]
fn the_restore_wizard_leads_through_its_pages() {
    let folder = tempfile::tempdir().unwrap();
    let mut console = demo();
    let place = gpo(&console, "Screen Lock - Strict");
    go_to(&mut console, place);
    menu(&mut console, "Action", "Restore from Backup…");
    console.get_by_role_and_label(Role::Button, "Step 1 of 4: Welcome");
    click(&mut console, "Next");
    click(&mut console, "Next");
    console.get_by_label("Enter the folder with the backups.");
    enter(&mut console, "Backup location", &folder.path().display().to_string());
    wait(&mut console, "the folder is found empty", |console| {
        console.query_by_label("The folder holds no backup of this GPO. Enter another folder.").is_some()
    });
    console.run_steps(2);
    click(&mut console, "Step 1 of 4: Welcome");
    console.get_by_label_contains("This wizard puts a backup");
    click(&mut console, "Cancel");
    assert!(console.query_by_role_and_label(Role::Button, "Next").is_none());
}

/// Backs up all GPOs of the root domain through the dialog; returns how many the domain has.
fn back_up_all(console: &mut Console, folder: &Path) -> usize {
    go_to(console, Place::Gpos(root()));
    menu(console, "Action", "Back Up All…");
    put(console, "Location", &folder.display().to_string());
    put(console, "Description", "all of them");
    click(console, "Back Up");
    wait(console, "all are backed up", |console| console.query_by_role_and_label(Role::Button, "OK").is_some());
    console.run_steps(3);
    let forest = console.state().forests()[0].open().unwrap();
    forest.snapshot.domain(&root()).unwrap().gpos.len()
}

#[test]
fn all_gpos_are_backed_up_listed_and_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let mut console = demo();
    let count = back_up_all(&mut console, folder.path());
    // The demo forest holds a GPO that nobody may read and one without files.
    let results =
        console.query_all_by_label_contains("57 succeeded").chain(console.query_all_by_label_contains("2 failed."));
    assert!(results.count() >= 2 && count == 59);
    click(&mut console, "OK");
    let sets = BackupDir::open(folder.path()).unwrap();
    assert_eq!((sets.backups().len(), sets.problems().len()), (57, 0));
    go_to(&mut console, Place::Domains);
    menu(&mut console, "Action", "Manage Backups…");
    wait(&mut console, "the backups are listed", |console| {
        console.query_by_role_and_label(Role::Table, LIST).is_some()
            && !rows(console, LIST).is_empty()
            && console.query_all_by_label("Reading…").next().is_none()
    });
    console.run_steps(4);
    console.get_by_role_and_label(Role::Row, "Baseline - All Computers").click();
    console.run_steps(4);
    picture(&mut console, "manage-backups");
    click(&mut console, "Delete…");
    console.run_steps(3);
    click(&mut console, "Delete Backup");
    wait(&mut console, "the backup is deleted", |console| {
        console.query_by_role_and_label(Role::Row, "Baseline - All Computers").is_none()
    });
    let left = BackupDir::open(folder.path()).unwrap();
    assert_eq!(left.backups().len(), sets.backups().len() - 1);
}

/// Deletes a GPO of the root domain behind the console's back, and reads the forest anew.
pub fn delete_gpo(console: &mut Console, name: &str) -> opengpmc::ident::Guid {
    let forest = console.state().forests()[0].open().unwrap();
    let gpo = forest.snapshot.domain(&root()).unwrap().gpos_named(name).next().unwrap();
    let (id, dn, store, forest) = (gpo.id, gpo.dn.clone(), Arc::clone(&forest.store), forest.id);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        store.domain_directory(&root()).await.unwrap().delete_tree(&dn).await.unwrap();
        let folder = opengpmc::store::SysvolPath::parse(&format!("Policies/{id}")).unwrap();
        store.sysvol(&root()).await.unwrap().remove_tree(&folder).await.unwrap();
    });
    console.state_mut().ask(Command::Refresh(forest));
    wait(console, "the GPO is gone", |console| !has_gpo(console, id));
    id
}

pub fn has_gpo(console: &Console, id: opengpmc::ident::Guid) -> bool {
    console.state().forests()[0].open().unwrap().snapshot.gpo(&root(), id).is_some()
}

#[test]
fn a_deleted_gpo_is_restored_under_its_id() {
    const NAME: &str = "Screen Lock - Strict";
    let folder = tempfile::tempdir().unwrap();
    let mut console = demo();
    back_up_all(&mut console, folder.path());
    click(&mut console, "OK");
    let id = delete_gpo(&mut console, NAME);
    go_to(&mut console, Place::Domains);
    menu(&mut console, "Action", "Manage Backups…");
    wait(&mut console, "the backups are listed", |console| {
        console.query_by_role_and_label(Role::Row, "AppLocker - Kiosks").is_some()
            && console.query_all_by_label("Reading…").next().is_none()
    });
    console.get_by_role_and_label(Role::TextInput, "Filter Backed up GPOs").focus();
    console.run_steps(2);
    type_text(&mut console, "Screen");
    console.run_steps(4);
    assert_eq!(cells(&console, LIST, NAME)[5], "Deleted");
    console.get_by_role_and_label(Role::Row, NAME).click();
    console.run_steps(4);
    click(&mut console, "Restore…");
    console.get_by_label_contains("deleted, will be made again");
    click(&mut console, "Restore GPO");
    wait(&mut console, "it is restored", |console| console.query_by_role_and_label(Role::Button, "OK").is_some());
    console.run_steps(2);
    console.get_by_label("1 succeeded, 0 failed.");
    click(&mut console, "OK");
    wait(&mut console, "it is in the tree again", |console| has_gpo(console, id));
    wait(&mut console, "the list knows", |console| {
        console.query_by_role_and_label(Role::Row, NAME).is_some() && cells(console, LIST, NAME)[5] != "Deleted"
    });
    click(&mut console, "Close");
}

#[test]
fn a_gpo_is_restored_with_what_was_saved_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut console = demo();
    let place = gpo(&console, "Screen Lock - Strict");
    go_to(&mut console, place);
    for description in ["first", "second"] {
        menu(&mut console, "Action", "Back Up…");
        put(&mut console, "Location", &folder.path().display().to_string());
        put(&mut console, "Description", description);
        if description == "second" {
            console.get_by_role_and_label(Role::CheckBox, "Also save links, WMI filter and block inheritance").click();
        }
        click(&mut console, "Back Up");
        wait(&mut console, "the backup is done", |console| {
            console.query_by_role_and_label(Role::Button, "OK").is_some()
        });
        console.run_steps(2);
        click(&mut console, "OK");
        // Backups are told apart by their time, to the second.
        std::thread::sleep(std::time::Duration::from_millis(1100));
    }
    menu(&mut console, "Action", "Restore from Backup…");
    click(&mut console, "Next");
    wait(&mut console, "the folder is read", |console| console.query_by_label_contains("holds 2 backups").is_some());
    click(&mut console, "Next");
    wait_for_rows(&mut console, 2);
    click(&mut console, "Next");
    console.get_by_label("Select a backup in the list.");
    console.get_by_role_and_label(Role::CheckBox, "Show only the latest version of each GPO").click();
    wait_for_rows(&mut console, 1);
    let row = "Screen Lock - Strict";
    assert_eq!(cells(&console, LIST, row)[2], "second");
    console.get_by_role_and_label(Role::Row, row).click();
    console.run_steps(4);
    picture(&mut console, "restore-source");
    click(&mut console, "Next");
    console.get_by_role_and_label(Role::Button, "Step 4 of 5: Links and WMI filter");
    console.get_by_role_and_label(Role::CheckBox, "Links (5 links)").click();
    console.run_steps(2);
    picture(&mut console, "restore-extras");
    click(&mut console, "Next");
    console.get_by_label("second");
    let before = version(&console);
    click(&mut console, "Finish");
    wait(&mut console, "it is restored", |console| console.query_by_role_and_label(Role::Button, "OK").is_some());
    console.run_steps(2);
    console.get_by_label("1 succeeded, 0 failed.");
    click(&mut console, "OK");
    wait(&mut console, "the forest is read anew", |console| version(console) != before);
}

fn version(console: &Console) -> (u16, u16) {
    let forest = console.state().forests()[0].open().unwrap();
    let gpo = forest.snapshot.domain(&root()).unwrap().gpos_named("Screen Lock - Strict").next().unwrap();
    (gpo.version.user, gpo.version.computer)
}

#[test]
fn several_gpos_of_the_list_are_backed_up() {
    let folder = tempfile::tempdir().unwrap();
    let mut console = demo();
    go_to(&mut console, Place::Gpos(root()));
    open_tab(&mut console, "Contents");
    console.get_by_role_and_label(Role::Row, "AppLocker - Kiosks").click();
    console.run_steps(4);
    console.get_by_role_and_label(Role::Row, "Baseline - All Users").click_modifiers(Modifiers::SHIFT);
    console.run_steps(4);
    press(&mut console, Modifiers::SHIFT, Key::F10);
    console.run_steps(4);
    click(&mut console, "Back Up…");
    console.get_by_label("Backs up 4 GPOs of kestrelbay.example.");
    put(&mut console, "Location", &folder.path().display().to_string());
    press(&mut console, Modifiers::NONE, Key::Enter);
    wait(&mut console, "they are backed up", |console| console.query_by_label("4 succeeded, 0 failed.").is_some());
    assert_eq!(BackupDir::open(folder.path()).unwrap().backups().len(), 4);
}

#[test]
fn what_a_crash_broke_off_is_offered_to_be_put_back() {
    let journal = tempfile::tempdir().unwrap();
    let console = demo();
    let forest = console.state().forests()[0].open().unwrap();
    let gpo = forest.snapshot.domain(&root()).unwrap().gpos_named("Screen Lock - Strict").next().unwrap();
    // An operation whose last write was made, but that did not come to take its entry away.
    let entry = journal.path().join("{11111111-2222-3333-4444-555555555555}");
    std::fs::create_dir_all(entry.join("before")).unwrap();
    std::fs::write(entry.join("lock"), "").unwrap();
    let version = u32::from(gpo.version.user) << 16 | u32::from(gpo.version.computer);
    let title = format!("Restore {}", gpo.display_name);
    let mut record = JournalRecord::begin(ChangeKind::Restore, title, &*forest.store);
    record.gpo = Some(WholeGpo {
        domain: root(),
        id: gpo.id,
        name: gpo.display_name.clone(),
        planned_version: version,
        version_before: Some(version - 1),
    });
    std::fs::write(entry.join("record.json"), serde_json::to_vec(&record).unwrap()).unwrap();
    let mut console = demo_with_journal(journal.path().to_owned());
    wait(&mut console, "it is told", |console| console.query_by_role_and_label(Role::Button, "Put Back").is_some());
    console.run_steps(4);
    console.get_by_label_contains(", begun ");
    click(&mut console, "Put Back");
    wait(&mut console, "it is put back", |console| console.query_by_role_and_label(Role::Button, "OK").is_some());
    console.run_steps(2);
    let told: Vec<String> = console
        .query_all_by_role(Role::ListItem)
        .map(|line| line.accesskit_node().label().unwrap_or_default())
        .collect();
    assert_eq!(told, ["Restore Screen Lock - Strict: Done", "it had been done"]);
    click(&mut console, "OK");
    let left = Journal::open(journal.path()).unwrap();
    assert_eq!((left.interrupted().unwrap().len(), left.done().unwrap().len()), (0, 1), "it can be undone");
}

#[test]
fn a_cancelled_backup_keeps_what_is_finished_and_leaves_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut console = demo();
    go_to(&mut console, Place::Gpos(root()));
    menu(&mut console, "Action", "Back Up All…");
    put(&mut console, "Location", &folder.path().display().to_string());
    click(&mut console, "Back Up");
    // Before the window is there, the status bar has the button.
    wait(&mut console, "the backup runs or has ended", |console| {
        let has = |button: &str| console.query_all_by_role_and_label(Role::Button, button).next().is_some();
        console.query_by_role_and_label(Role::TextInput, "Location").is_none() && (has("Cancel") || has("OK"))
    });
    let cancel = console.query_all_by_role_and_label(Role::Button, "Cancel").next();
    if let Some(cancel) = cancel {
        cancel.click();
    }
    wait(&mut console, "it has ended", |console| console.query_by_role_and_label(Role::Button, "OK").is_some());
    console.run_steps(2);
    let dir = BackupDir::open(folder.path()).unwrap();
    let result = format!("{} succeeded", dir.backups().len());
    assert!(console.query_all_by_label_contains(&result).next().is_some());
    assert!(dir.problems().is_empty(), "{:?}", dir.problems());
    let is_set =
        |name: &str| name.parse::<opengpmc::ident::Guid>().is_ok() || name.eq_ignore_ascii_case("manifest.xml");
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(is_set(&name) || name.starts_with('.'), "{name}");
    }
}

#[test]
fn the_menu_of_a_gpo_offers_what_can_be_done_with_backups() {
    let mut console = demo();
    let place = gpo(&console, "Screen Lock - Strict");
    go_to(&mut console, place);
    console.get_by_role_and_label(Role::Button, "Action").click();
    console.run_steps(4);
    for command in ["Back Up…", "Restore from Backup…", "Import Settings…"] {
        assert!(!console.get_by_role_and_label(Role::Button, command).accesskit_node().is_disabled(), "{command}");
    }
}

#[test]
fn the_settings_of_a_backup_are_shown_in_the_browser() {
    let folder = tempfile::tempdir().unwrap();
    write_set(folder.path(), 1, "Printers");
    let browser = Arc::new(Recorder::default());
    let chooser = Arc::new(Chooser(folder.path().to_owned()));
    let mut console = demo_with(Arc::clone(&browser) as Arc<dyn Browser>, chooser);
    go_to(&mut console, Place::Domains);
    menu(&mut console, "Action", "Manage Backups…");
    click(&mut console, "Browse, Backup location");
    wait_for_rows(&mut console, 1);
    assert!(console.get_by_role_and_label(Role::Button, "View Settings…").accesskit_node().is_disabled());
    console.get_by_role_and_label(Role::Row, "Printers").click();
    console.run_steps(4);
    // Its domain is of another forest.
    assert!(console.get_by_role_and_label(Role::Button, "Restore…").accesskit_node().is_disabled());
    click(&mut console, "View Settings…");
    wait(&mut console, "the report is shown", |_| !browser.0.lock().unwrap().is_empty());
    let shown = browser.0.lock().unwrap()[0].clone();
    assert!(std::fs::read_to_string(shown).unwrap().contains("Printers"));
    // The set was copied without its manifest.
    click(&mut console, "Repair Index");
    wait(&mut console, "the index is whole", |console| cells(console, LIST, "Printers")[4] == "OK");
    assert!(console.query_by_role_and_label(Role::Button, "Repair Index").is_none());
}

/// Counts how often a forest is read.
#[derive(Default)]
struct Counting(AtomicUsize);

#[async_trait::async_trait]
impl ForestOpener for Counting {
    async fn open(&self, request: &ConnectRequest) -> Result<Arc<dyn ForestStore>, StoreError> {
        StoreOpener.open(request).await
    }

    async fn load(&self, store: Arc<dyn ForestStore>, task: &Task) -> Result<Arc<ForestSnapshot>, StoreError> {
        let loaded = StoreOpener.load(store, task).await;
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        self.0.fetch_add(1, Ordering::SeqCst);
        loaded
    }
}

#[test]
fn a_forest_that_was_changed_while_it_was_read_is_read_once_more() {
    let opener = Arc::new(Counting::default());
    let mut console = with_opener([800.0, 600.0], Arc::clone(&opener) as Arc<dyn ForestOpener>, vec![demo_request()]);
    let reads = |count: usize| {
        let opener = Arc::clone(&opener);
        move |_: &Console| opener.0.load(Ordering::SeqCst) == count
    };
    wait(&mut console, "it is read", |console| console.state().forests()[0].open().is_some());
    let id = console.state().forests()[0].id;
    for _ in 0..3 {
        console.state_mut().ask(Command::Refresh(id));
    }
    wait(&mut console, "it is read anew, and once more", reads(3));
    for _ in 0..20 {
        console.step();
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert_eq!(opener.0.load(Ordering::SeqCst), 3);
}
