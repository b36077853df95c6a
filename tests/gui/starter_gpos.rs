//! What is done with starter GPOs from the menu.

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use opengpmc::console::Place;
use opengpmc::gpm::BackupDir;
use opengpmc::gpm::constants::BackupType;
use opengpmc::ident::{DnsName, Guid};

use crate::backups::{click, menu, picture, put};
use crate::console::{Console, demo, go_to, open_tab, settle, wait};
use crate::screens::root;
use crate::support::{press, rows, type_text};
use crate::wmi_filters::bare;

const NAME: &str = "Remote update ports";

fn starters(console: &Console) -> Vec<(Guid, String)> {
    let forest = console.state().forests()[0].open().unwrap();
    forest.starter_gpos(&root()).iter().map(|starter| (starter.id, starter.display_name.clone())).collect()
}

/// Goes to the container of starter GPOs, and waits until they are read.
fn go_to_container(console: &mut Console) {
    go_to(console, Place::StarterGpos(root()));
    wait(console, "the starter GPOs are read", |console| !starters(console).is_empty());
    settle(console);
}

/// Goes to the starter GPO of that name.
fn go_to_starter(console: &mut Console, name: &str) {
    go_to_container(console);
    let (id, _) = starters(console).into_iter().find(|(_, known)| known == name).unwrap();
    go_to(console, Place::StarterGpo { domain: root(), id });
    settle(console);
}

/// Waits until an operation has ended well, and closes its window where it has one.
#[track_caller]
fn wait_for_end(console: &mut Console) {
    wait(console, "the operation has ended", |console| {
        console.query_by_role_and_label(Role::Button, "OK").is_some()
            || console.query_by_role_and_label(Role::Button, "Cancel").is_none()
    });
    if console.query_by_role_and_label(Role::Button, "OK").is_some() {
        click(console, "OK");
    }
    settle(console);
}

fn wait_for_names(console: &mut Console, is_true: impl Fn(&[String]) -> bool) {
    wait(console, "the starter GPOs are as they should be", |console| {
        let names: Vec<String> = starters(console).into_iter().map(|(_, name)| name).collect();
        !names.is_empty() && is_true(&names)
    });
    settle(console);
}

#[test]
fn starter_gpos_are_backed_up_and_restored() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display().to_string();
    let mut console = demo();
    go_to_container(&mut console);
    let count = starters(&console).len();
    menu(&mut console, "Action", "Back Up All…");
    put(&mut console, "Location", &path);
    put(&mut console, "Description", "all of them");
    click(&mut console, "Back Up");
    wait(&mut console, "all are backed up", |console| console.query_by_role_and_label(Role::Button, "OK").is_some());
    wait_for_end(&mut console);
    let dir = BackupDir::open(folder.path()).unwrap();
    assert_eq!((dir.backups().len(), dir.problems().len()), (count, 0));
    assert!(
        dir.backups().iter().all(|backup| backup.kind == BackupType::StarterGpo && backup.comment == "all of them")
    );
    go_to_starter(&mut console, NAME);
    menu(&mut console, "Action", "Delete");
    wait_for_names(&mut console, |names| !names.iter().any(|name| name == NAME));
    go_to_starter(&mut console, "Empty & new");
    menu(&mut console, "Action", "Restore from Backup…");
    put(&mut console, "Location", &path);
    wait(&mut console, "its backup is found", |console| console.query_all_by_role(Role::RadioButton).count() == 1);
    // The dialog grows around the list: its buttons stand still only then.
    console.run_steps(4);
    click(&mut console, "Restore");
    wait_for_end(&mut console);
    go_to_container(&mut console);
    menu(&mut console, "Action", "Restore from Backup…");
    put(&mut console, "Location", &path);
    wait(&mut console, "all backups are found", |console| {
        console.query_all_by_role(Role::RadioButton).count() == count
    });
    console.run_steps(4);
    let is_deleted = |label: Option<String>| label.is_some_and(|label| label.contains(NAME));
    let mut buttons = console.query_all_by_role(Role::RadioButton);
    buttons.find(|button| is_deleted(button.accesskit_node().label())).unwrap().click();
    drop(buttons);
    console.run_steps(4);
    click(&mut console, "Restore");
    wait_for_end(&mut console);
    wait_for_names(&mut console, |names| names.iter().any(|name| name == NAME));
}

#[test]
fn cabinets_and_copies_of_starter_gpos() {
    let folder = tempfile::tempdir().unwrap();
    let cabinet = folder.path().join("ports.cab");
    let path = cabinet.display().to_string();
    let mut console = demo();
    go_to_starter(&mut console, NAME);
    menu(&mut console, "Action", "Save as Cabinet…");
    put(&mut console, "Cabinet", &path);
    click(&mut console, "Save");
    wait_for_end(&mut console);
    assert!(cabinet.exists());
    menu(&mut console, "Action", "Delete");
    wait_for_names(&mut console, |names| !names.iter().any(|name| name == NAME));
    go_to_container(&mut console);
    menu(&mut console, "Action", "Load Cabinet…");
    put(&mut console, "Cabinet", &path);
    click(&mut console, "Load");
    wait_for_end(&mut console);
    wait_for_names(&mut console, |names| names.iter().any(|name| name == NAME));
    // Once more: what is there is said, and replaced only where that was said.
    go_to_container(&mut console);
    menu(&mut console, "Action", "Load Cabinet…");
    put(&mut console, "Cabinet", &path);
    press(&mut console, Modifiers::NONE, Key::Tab);
    wait(&mut console, "the cabinet is read", |console| says(console, "has this starter GPO already"));
    console.run_steps(4);
    assert!(says(&console, "The cabinet holds the same version."));
    picture(&mut console, "starter-gpo-load-cabinet");
    click(&mut console, "Load");
    assert!(says(&console, "Say that it is replaced, or cancel."));
    console.get_by_role_and_label(Role::CheckBox, "Replace the starter GPO of the same ID").click();
    console.run_steps(3);
    click(&mut console, "Load");
    wait_for_end(&mut console);
    go_to_starter(&mut console, NAME);
    menu(&mut console, "Action", "Copy");
    go_to_container(&mut console);
    open_tab(&mut console, "Delegation");
    menu(&mut console, "Action", "Paste");
    put(&mut console, "Name", "Ports of our own");
    click(&mut console, "Copy");
    wait_for_end(&mut console);
    wait_for_names(&mut console, |names| names.iter().any(|name| name == "Ports of our own"));
    // Into another domain without a question.
    let lumen: DnsName = "lumen-sails.example".parse().unwrap();
    go_to(&mut console, Place::StarterGpos(lumen.clone()));
    menu(&mut console, "Action", "Paste");
    wait(&mut console, "the copy is there", |console| {
        let forest = console.state().forests()[0].open().unwrap();
        forest.starter_gpos(&lumen).iter().any(|starter| starter.display_name == format!("Copy of {NAME}"))
    });
}

fn says(console: &Console, words: &str) -> bool {
    console.query_all_by_label_contains(words).next().is_some()
}

fn put_lines(console: &mut Console, field: &str, text: &str) {
    console.get_by_role_and_label(Role::MultilineTextInput, field).focus();
    console.run_steps(2);
    press(console, Modifiers::COMMAND, Key::A);
    type_text(console, text);
}

fn starter(console: &Console, name: &str) -> Option<opengpmc::gpm::StarterGpo> {
    let forest = console.state().forests()[0].open().unwrap();
    forest.starter_gpos(&root()).iter().find(|starter| starter.display_name == name).cloned()
}

#[test]
fn a_starter_gpo_is_made_renamed_described_and_deleted() {
    let mut console = demo();
    go_to_container(&mut console);
    menu(&mut console, "Action", "New…");
    put(&mut console, "Name", "Empty & new");
    click(&mut console, "OK");
    assert!(says(&console, "already. Choose another name."));
    put(&mut console, "Name", "Ours");
    put_lines(&mut console, "Comment", "To begin with");
    picture(&mut console, "starter-gpo-new");
    click(&mut console, "OK");
    wait_for_names(&mut console, |names| names.iter().any(|name| name == "Ours"));
    let made = starter(&console, "Ours").unwrap();
    assert_eq!(made.description, "To begin with");
    assert_eq!(console.state().selected().place(), Some(&Place::StarterGpo { domain: root(), id: made.id }));
    click(&mut console, "Edit Name and Comment…");
    put_lines(&mut console, "Comment", "Another");
    click(&mut console, "OK");
    wait(&mut console, "the comment is another", |console| {
        starter(console, "Ours").is_some_and(|starter| starter.description == "Another")
    });
    settle(&mut console);
    menu(&mut console, "Action", "Rename");
    console.run_steps(3);
    press(&mut console, Modifiers::COMMAND, Key::A);
    type_text(&mut console, "Renamed");
    press(&mut console, Modifiers::NONE, Key::Enter);
    wait_for_names(&mut console, |names| names.iter().any(|name| name == "Renamed"));
    assert_eq!(starter(&console, "Renamed").unwrap().id, made.id);
    menu(&mut console, "Action", "Delete");
    wait_for_names(&mut console, |names| !names.iter().any(|name| name == "Renamed"));
    assert_eq!(console.state().selected().place(), Some(&Place::StarterGpos(root())));
    press(&mut console, Modifiers::COMMAND, Key::Z);
    wait_for_names(&mut console, |names| names.iter().any(|name| name == "Renamed"));
}

#[test]
fn a_system_starter_gpo_is_read_only() {
    let mut console = demo();
    go_to_starter(&mut console, NAME);
    let edit = console.get_by_role_and_label(Role::Button, "Edit Name and Comment…");
    assert!(edit.accesskit_node().is_disabled());
    console.get_by_role_and_label(Role::Button, "Action").click();
    console.run_steps(4);
    assert!(console.get_by_role_and_label(Role::Button, "Rename").accesskit_node().is_disabled());
}

#[test]
fn copies_and_restored_starter_gpos_are_undone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display().to_string();
    let mut console = demo();
    go_to_starter(&mut console, NAME);
    menu(&mut console, "Action", "Back Up…");
    put(&mut console, "Location", &path);
    click(&mut console, "Back Up");
    wait(&mut console, "it is backed up", |console| console.query_by_role_and_label(Role::Button, "OK").is_some());
    wait_for_end(&mut console);
    menu(&mut console, "Action", "Delete");
    wait_for_names(&mut console, |names| !names.iter().any(|name| name == NAME));
    menu(&mut console, "Action", "Restore from Backup…");
    put(&mut console, "Location", &path);
    wait(&mut console, "its backup is found", |console| console.query_all_by_role(Role::RadioButton).count() == 1);
    console.run_steps(4);
    click(&mut console, "Restore");
    wait_for_names(&mut console, |names| names.iter().any(|name| name == NAME));
    press(&mut console, Modifiers::COMMAND, Key::Z);
    wait_for_names(&mut console, |names| !names.iter().any(|name| name == NAME));
    go_to_starter(&mut console, "Empty & new");
    menu(&mut console, "Action", "Copy");
    go_to_container(&mut console);
    open_tab(&mut console, "Delegation");
    menu(&mut console, "Action", "Paste");
    put(&mut console, "Name", "A copy of it");
    click(&mut console, "Copy");
    wait_for_names(&mut console, |names| names.iter().any(|name| name == "A copy of it"));
    let (id, _) = starters(&console).into_iter().find(|(_, known)| known == "A copy of it").unwrap();
    assert_eq!(console.state().selected().place(), Some(&Place::StarterGpo { domain: root(), id }));
    menu(&mut console, "Edit", "Undo");
    wait_for_names(&mut console, |names| !names.iter().any(|name| name == "A copy of it"));
}

#[test]
fn the_folder_of_starter_gpos_is_made_where_there_is_none() {
    let mut console = bare();
    go_to(&mut console, Place::StarterGpos(root()));
    wait(&mut console, "it says so", |console| says(console, "This domain has no Starter GPOs folder"));
    console.run_steps(4);
    picture(&mut console, "starter-gpos-folder-missing");
    let in_pane = console.get_all_by_role_and_label(Role::Button, "Create Starter GPOs Folder");
    in_pane.last().unwrap().click();
    console.run_steps(4);
    wait(&mut console, "the folder is there", |console| {
        let forest = console.state().forests()[0].open().unwrap();
        forest.details.starter_folders.get(&root()) == Some(&true)
    });
    settle(&mut console);
    assert_eq!(rows(&console, "Starter GPOs"), Vec::<String>::new());
}

#[test]
fn a_new_gpo_begins_with_a_starter_gpo() {
    const STARTER: &str = "Kestrel Bay - New workstation";
    let mut console = demo();
    go_to_starter(&mut console, STARTER);
    menu(&mut console, "Action", "New GPO From Starter GPO…");
    put(&mut console, "Name", "From a starter");
    click(&mut console, "OK");
    let version = |console: &Console, name: &str| {
        let forest = console.state().forests()[0].open().unwrap();
        let gpo = forest.snapshot.domain(&root()).unwrap().gpos_named(name).next().cloned();
        gpo.map(|gpo| (gpo.version.computer, gpo.version.user))
    };
    wait(&mut console, "the GPO is there", |console| version(console, "From a starter").is_some());
    settle(&mut console);
    assert_eq!(version(&console, "From a starter"), Some((1, 1)));
    // The same by dragging, as pasting does it.
    go_to_starter(&mut console, STARTER);
    menu(&mut console, "Action", "Copy");
    go_to(&mut console, Place::Gpos(root()));
    open_tab(&mut console, "Delegation");
    menu(&mut console, "Action", "Paste");
    put(&mut console, "Name", "From a starter too");
    click(&mut console, "OK");
    wait(&mut console, "the GPO is there", |console| version(console, "From a starter too") == Some((1, 1)));
}
