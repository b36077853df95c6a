//! The walk of `docs/walkthrough.md`, step by step in the demo forest; `OPENGPMC_SCREENSHOTS=1` makes its pictures anew.

use std::path::Path;
use std::sync::Arc;

use egui::Theme;
use egui::accesskit::Role;
use egui_kittest::kittest::Queryable;
use opengpmc::console::Place;
use opengpmc::gpm::{BackupDir, ForestSnapshot, Gpo};
use opengpmc::operation::admin::security::{Secured, read_security_info};

use crate::backups::{click, menu, put, wait_for_rows};
use crate::console::{Console, demo_of_size, go_to, open_tab, settle, wait};
use crate::screens::{dn, root};
use crate::support::{cells, type_text};

const NAME: &str = "Screen Saver for Kiosks";
const FINANCE: &str = r"KESTREL\Finance Staff";

/// Saves what is to be seen, where pictures are asked for.
pub fn take(console: &mut Console, name: &str) {
    if std::env::var_os("OPENGPMC_SCREENSHOTS").is_none() {
        return;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    crate::picture::show(console, Theme::Light);
    console.render().unwrap().save(folder.join(format!("{name}.png"))).unwrap();
}

fn snapshot(console: &Console) -> Arc<ForestSnapshot> {
    Arc::clone(&console.state().forests()[0].open().unwrap().snapshot)
}

fn made(console: &Console) -> Option<Gpo> {
    snapshot(console).domain(&root()).unwrap().gpos_named(NAME).next().cloned()
}

/// Waits until something is so, and everything is drawn.
fn until(console: &mut Console, what: &str, is_so: impl Fn(&Console) -> bool) {
    wait(console, what, is_so);
    rest(console);
}

/// Draws frames until nothing moves any more: the tree scrolls to what is selected.
fn rest(console: &mut Console) {
    settle(console);
    console.run_steps(120);
}

/// Chooses a principal by its name in the picker that a button opens.
fn pick(console: &mut Console, button: &str, picture: &str) {
    click(console, button);
    console.run_steps(60);
    type_text(console, "Finance Staff");
    wait(console, "somebody is found", |console| console.query_by_label("Looking…").is_none());
    console.run_steps(20);
    take(console, picture);
    click(console, "OK");
    until(console, "the picker is done", |console| console.query_by_label("Check Names").is_none());
}

/// Tells which levels Finance Staff has on the GPO.
fn levels(console: &Console) -> Vec<String> {
    let gpo = made(console).unwrap();
    let forest = console.state().forests()[0].open().unwrap();
    let names = opengpmc::gpm::Names::new(&forest.snapshot);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let sid = names.find(&*forest.store, FINANCE, &root()).await.unwrap().sid;
        let of = Secured::Gpo(root(), gpo.id);
        let info = read_security_info(&forest.store, &of, &Default::default()).await.unwrap();
        let own = info.permissions.into_iter().filter(|row| row.trustee.sid == sid);
        own.map(|row| format!("{:?}", row.level)).collect()
    })
}

#[test]
fn a_gpo_is_created_linked_filtered_delegated_backed_up_and_restored() {
    let folder = tempfile::tempdir().unwrap();
    let backups = folder.path().join("backups");
    std::fs::create_dir(&backups).unwrap();
    let mut console = demo_of_size([1280.0, 800.0]);
    let kiosks = dn("OU=Kiosks,OU=Computers,OU=Headquarters");

    // Created and linked.
    go_to(&mut console, Place::Ou(kiosks.clone()));
    rest(&mut console);
    menu(&mut console, "Action", "Create a GPO in This Domain, and Link It Here…");
    put(&mut console, "Name", NAME);
    take(&mut console, "walkthrough-create");
    click(&mut console, "OK");
    until(&mut console, "the GPO is there", |console| made(console).is_some());
    let gpo = made(&console).unwrap();
    assert_eq!(snapshot(&console).link_count(&gpo.dn), 1);
    go_to(&mut console, Place::Ou(kiosks));
    rest(&mut console);
    open_tab(&mut console, "Linked Group Policy Objects");
    let rows = crate::support::rows(&console, "Linked Group Policy Objects");
    let last = rows.last().unwrap().clone();
    let row = cells(&console, "Linked Group Policy Objects", &last);
    assert_eq!(row[1..4], [NAME.to_owned(), "No".to_owned(), "Yes".to_owned()], "lowest in precedence, enabled");
    take(&mut console, "walkthrough-linked");

    // Filtered.
    let place = Place::Gpo { domain: root(), id: gpo.id };
    go_to(&mut console, place.clone());
    rest(&mut console);
    open_tab(&mut console, "Scope");
    pick(&mut console, "Security Filtering: Add…", "walkthrough-pick");
    until(&mut console, "it applies to them", |console| levels(console).contains(&"GpoApply".to_owned()));
    take(&mut console, "walkthrough-filtered");

    // Delegated.
    open_tab(&mut console, "Delegation");
    take(&mut console, "walkthrough-delegated");
    assert!(crate::support::rows(&console, "Delegation").iter().any(|row| row == FINANCE));

    // Backed up.
    menu(&mut console, "Action", "Back Up…");
    put(&mut console, "Location", &backups.display().to_string());
    put(&mut console, "Description", "before the change");
    take(&mut console, "walkthrough-back-up");
    click(&mut console, "Back Up");
    until(&mut console, "it is backed up", |console| console.query_by_label("1 succeeded, 0 failed.").is_some());
    click(&mut console, "OK");
    assert_eq!(BackupDir::open(&backups).unwrap().backups().len(), 1);

    // Deleted by mistake, and restored.
    go_to(&mut console, place);
    rest(&mut console);
    menu(&mut console, "Action", "Delete");
    take(&mut console, "walkthrough-delete");
    click(&mut console, "Delete");
    until(&mut console, "it is gone", |console| made(console).is_none());
    go_to(&mut console, Place::Domains);
    rest(&mut console);
    menu(&mut console, "Action", "Manage Backups…");
    wait_for_rows(&mut console, 1);
    console.get_by_role_and_label(Role::Row, NAME).click();
    console.run_steps(4);
    take(&mut console, "walkthrough-restore");
    click(&mut console, "Restore…");
    click(&mut console, "Restore GPO");
    wait(&mut console, "it is restored", |console| console.query_by_role_and_label(Role::Button, "OK").is_some());
    console.run_steps(3);
    click(&mut console, "OK");
    until(&mut console, "it is there again", |console| made(console).is_some());
    assert_eq!(made(&console).unwrap().id, gpo.id, "under its own id");
    assert!(levels(&console).contains(&"GpoApply".to_owned()), "with its permissions");
}
