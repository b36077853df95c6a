//! What is done with starter GPOs from the menu.

use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};
use opengpmc::console::Place;
use opengpmc::gpm::BackupDir;
use opengpmc::gpm::constants::BackupType;
use opengpmc::ident::Guid;

use crate::backups::{click, menu, put};
use crate::console::{Console, demo, go_to, settle, wait};
use crate::screens::root;

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
    go_to_starter(&mut console, NAME);
    menu(&mut console, "Action", "Copy Starter GPO…");
    put(&mut console, "Name", "Ports of our own");
    click(&mut console, "Copy");
    wait_for_end(&mut console);
    wait_for_names(&mut console, |names| names.iter().any(|name| name == "Ports of our own"));
}
