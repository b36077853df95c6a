//! What the console's list says of backups, restoring, importing and migration tables, beyond what the tests of each window prove.

use std::path::Path;
use std::sync::Arc;

use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};
use opengpmc::console::{Command, Place};
use opengpmc::gpm::{BackupDir, ForestSnapshot, Gpo, LinkScope};
use opengpmc::ident::{DnsName, Guid};

use crate::backups::{LIST, click, delete_gpo, enter, has_gpo, menu, put, wait_for_rows};
use crate::common::gpo_state::GpoState;
use crate::console::{Console, demo, demo_of_size, go_to, wait};
use crate::copy_and_import::{TIER, back_up_of, found, next, wait_for};
use crate::migration_table::{choose, editor, text};
use crate::report::is_read;
use crate::report_lines::{in_order, lines};
use crate::screens::{gpo, root};
use crate::support::{cells, rows};

const BITLOCKER: &str = "Workstations - BitLocker";
const YARDS: &str = "yards.kestrelbay.example";

fn snapshot(console: &Console) -> Arc<ForestSnapshot> {
    Arc::clone(&console.state().forests()[0].open().unwrap().snapshot)
}

/// Reads a GPO of the root domain, behind the console's back.
pub fn state_of(console: &Console, id: Guid) -> GpoState {
    let store = Arc::clone(&console.state().forests()[0].open().unwrap().store);
    tokio::runtime::Runtime::new().unwrap().block_on(GpoState::read(&store, &root(), id))
}

/// Returns where a GPO of the root domain is linked, with what is set on each link.
pub fn links_of(console: &Console, gpo: &Gpo) -> Vec<(String, bool, bool)> {
    let snapshot = snapshot(console);
    let links = snapshot.links_to(&gpo.dn, LinkScope::EntireForest);
    links.into_iter().map(|linked| (linked.path(), linked.link.enabled, linked.link.enforced)).collect()
}

/// Opens Manage Backups of a place on a folder, and waits for its rows.
pub fn manage_backups(console: &mut Console, place: Place, folder: &Path, count: usize) {
    go_to(console, place);
    menu(console, "Action", "Manage Backups…");
    enter(console, "Backup location", &folder.display().to_string());
    wait_for_rows(console, count);
}

#[test]
fn backups_of_all_domains_are_listed_from_domains_and_of_one_from_its_gpos() {
    let folder = tempfile::tempdir().unwrap();
    let yards: DnsName = YARDS.parse().unwrap();
    let mut console = demo_of_size([1600.0, 900.0]);
    let of_yards = snapshot(&console).domain(&yards).unwrap().gpos[0].display_name.clone();
    back_up_of(&root(), BITLOCKER, folder.path(), "before the change");
    back_up_of(&yards, &of_yards, folder.path(), "");
    manage_backups(&mut console, Place::Domains, folder.path(), 2);
    let headers: Vec<String> = {
        let table = console.get_by_role_and_label(Role::Table, LIST);
        let headers = table.query_all_by_role(Role::ColumnHeader);
        headers.map(|header| header.accesskit_node().label().unwrap_or_default()).collect()
    };
    assert_eq!(headers, ["Domain", "Name", "Time Stamp", "Description", "State", "Live GPO", "GPO ID"]);
    let dir = BackupDir::open(folder.path()).unwrap();
    let backup = dir.backups().iter().find(|backup| backup.gpo_name == BITLOCKER).unwrap();
    let time = backup.time.unwrap().to_local_text();
    let id = backup.gpo_id.to_string();
    wait(&mut console, "the sets are read", |console| !cells(console, LIST, BITLOCKER)[5].is_empty());
    let row = cells(&console, LIST, BITLOCKER);
    assert_eq!([&row[..4], &row[6..]].concat(), ["kestrelbay.example", BITLOCKER, &time, "before the change", &id]);
    assert_eq!(cells(&console, LIST, &of_yards)[0], YARDS);
    click(&mut console, "Close");
    manage_backups(&mut console, Place::Gpos(root()), folder.path(), 1);
    assert_eq!(rows(&console, LIST), [BITLOCKER]);
    click(&mut console, "Close");
    manage_backups(&mut console, Place::Gpos(yards), folder.path(), 1);
    assert_eq!(rows(&console, LIST), [of_yards]);
}

#[test]
fn the_report_of_a_backup_lists_the_links_its_gpo_had() {
    let folder = tempfile::tempdir().unwrap();
    back_up_of(&root(), BITLOCKER, folder.path(), "");
    let mut console = demo_of_size([1500.0, 3000.0]);
    let links = links_of(&console, &found(&console, &root(), BITLOCKER)[0]);
    assert!(!links.is_empty(), "it is linked");
    // What the backup tells is what was, not what is.
    delete_gpo(&mut console, BITLOCKER);
    console.state_mut().ask(Command::OpenPath(folder.path().to_owned()));
    wait(&mut console, "the folder is read", |console| !console.state().files().is_empty() && is_read(console));
    console.run_steps(5);
    console.get_by_role_and_label(Role::TreeItem, BITLOCKER).click();
    let title = format!("Report of {BITLOCKER}");
    wait(&mut console, "the report is made", |console| {
        console.query_by_role_and_label(Role::TreeGrid, &title).is_some()
    });
    console.run_steps(3);
    console.get_by_role_and_label(Role::Button, "Show All").click();
    console.run_steps(6);
    let shown = lines(&console);
    in_order(&shown, &["- General", "- Links", "Location"]);
    for (path, ..) in links {
        assert!(shown.iter().any(|line| line.contains(&path)), "{path}: {shown:#?}");
    }
}

/// Deletes a GPO that was backed up and restores it from Manage Backups; checks that it is as it was, and returns it.
fn restored(name: &str) -> (Gpo, GpoState) {
    let folder = tempfile::tempdir().unwrap();
    back_up_of(&root(), name, folder.path(), "");
    let mut console = demo();
    let before = found(&console, &root(), name).remove(0);
    let state_before = state_of(&console, before.id);
    delete_gpo(&mut console, name);
    assert!(state_of(&console, before.id).is_absent());
    manage_backups(&mut console, Place::Gpos(root()), folder.path(), 1);
    console.get_by_role_and_label(Role::Row, name).click();
    console.run_steps(4);
    click(&mut console, "Restore…");
    click(&mut console, "Restore GPO");
    wait(&mut console, "it is in the tree again", |console| has_gpo(console, before.id));
    let after = found(&console, &root(), name).remove(0);
    assert_eq!((after.id, &after.wmi_filter), (before.id, &before.wmi_filter));
    let state_after = state_of(&console, before.id);
    assert_eq!(state_after.attribute("nTSecurityDescriptor"), state_before.attribute("nTSecurityDescriptor"));
    let folder = |state: &GpoState| state.access[""].clone();
    assert_eq!(folder(&state_after), folder(&state_before));
    assert_eq!(state_after.settings(), state_before.settings());
    assert_eq!(ipsec_links(&state_after), ipsec_links(&state_before));
    (after, state_after)
}

/// Returns the IPsec policies that the objects below a GPO refer to.
fn ipsec_links(state: &GpoState) -> Vec<&Vec<Vec<u8>>> {
    state.objects.values().filter_map(|attributes| attributes.get("ipsecownersreference")).collect()
}

#[test]
fn a_restored_gpo_has_its_guid_its_access_list_and_its_wmi_and_ipsec_links() {
    let (filtered, _) = restored(BITLOCKER);
    assert!(filtered.wmi_filter.is_some());
    let (_, with_policy) = restored("Network - IPsec for Finance");
    assert!(!ipsec_links(&with_policy).is_empty(), "{:?}", with_policy.objects.keys());
}

/// Opens the import wizard of a GPO, and leads it to the page on references of the only backup in the folder.
pub fn import_up_to_references(console: &mut Console, into: &str, folder: &Path, source: &str) {
    let place = gpo(console, into);
    go_to(console, place);
    menu(console, "Action", "Import Settings…");
    next(console, "Backup GPO");
    next(console, "Backup location");
    put(console, "Backup location", &folder.display().to_string());
    next(console, "Source GPO");
    wait_for_rows(console, 1);
    let list = console.get_by_role_and_label(Role::Table, LIST);
    list.get_by_role_and_label(Role::Row, source).click();
    console.run_steps(4);
    next(console, "Scanning Backup");
    wait(console, "the backup is scanned", |console| {
        let told = ["were found", "was found"];
        told.iter().any(|words| console.query_all_by_label_contains(words).next().is_some())
    });
    next(console, "Migrating References");
    wait_for(console, "Everything stays as it is");
}

#[test]
fn the_import_wizard_says_that_preferences_are_not_mapped_unless_chosen() {
    const NOTE: &str = "Preferences name principals or paths too. They are not mapped unless that is chosen.";
    const CHOICE: &str = "Also map Preferences, which GPMC leaves as they are";
    let folder = tempfile::tempdir().unwrap();
    let source = "Preferences - Drives and Printers";
    back_up_of(&root(), source, folder.path(), "");
    let mut console = demo_of_size([1280.0, 900.0]);
    import_up_to_references(&mut console, "Screen Lock - Strict", folder.path(), source);
    console.get_by_label(NOTE);
    let use_table = "Use this migration table to map them in the destination GPO";
    console.get_by_role_and_label(Role::RadioButton, use_table).click();
    console.run_steps(4);
    let table = folder.path().join("a.migtable");
    opengpmc::gpm::MigrationTable::new().save(&table).unwrap();
    enter(&mut console, "Migration table", &table.display().to_string());
    wait_for(&mut console, NOTE);
    console.get_by_role_and_label(Role::CheckBox, CHOICE).click();
    wait(&mut console, "it is chosen, so the note is gone", |console| console.query_by_label(NOTE).is_none());
    next(&mut console, "Completing");
    console.get_by_label("Mapped too");
}

#[test]
fn an_import_leaves_links_access_list_and_wmi_filter_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    back_up_of(&root(), TIER, folder.path(), "");
    let mut console = demo();
    let before = found(&console, &root(), BITLOCKER).remove(0);
    let (state_before, links_before) = (state_of(&console, before.id), links_of(&console, &before));
    assert!(before.wmi_filter.is_some() && !links_before.is_empty(), "it is filtered and linked");
    import_up_to_references(&mut console, BITLOCKER, folder.path(), TIER);
    next(&mut console, "Completing");
    click(&mut console, "Finish");
    wait(&mut console, "the settings are imported", |console| {
        found(console, &root(), BITLOCKER)[0].version.computer > before.version.computer
    });
    let after = found(&console, &root(), BITLOCKER).remove(0);
    let state_after = state_of(&console, before.id);
    assert_ne!(state_after.settings(), state_before.settings());
    assert_eq!(links_of(&console, &after), links_before);
    assert_eq!(after.wmi_filter, before.wmi_filter);
    for attribute in ["nTSecurityDescriptor", "gPCWQLFilter", "displayName"] {
        assert_eq!(state_after.attribute(attribute), state_before.attribute(attribute), "{attribute}");
    }
    let folder = |state: &GpoState| state.access[""].clone();
    assert_eq!(folder(&state_after), folder(&state_before));
}

#[test]
fn a_row_of_a_migration_table_is_of_one_of_seven_types() {
    let mut console = editor();
    console.get_by_label("Source name, new row").focus();
    console.run_steps(3);
    crate::support::type_text(&mut console, "Somebody");
    for kind in [
        "User",
        "Computer",
        "Domain Local Group",
        "Domain Global Group",
        "Universal Group",
        "UNC Path",
        "Free Text or SID",
    ] {
        console.get_by_label("Source type, row 1").click();
        console.run_steps(4);
        console.get_all_by_role_and_label(Role::Button, kind).last().unwrap().click();
        console.run_steps(4);
        assert_eq!(text(&console, "Source type, row 1"), kind);
    }
}

/// Fills a migration table from the only backup that is shown; returns the sources of its rows.
fn populated_from_backup(folder: &Path, with_permissions: bool) -> Vec<String> {
    let mut console = editor();
    choose(&mut console, &["Tools", "Populate from Backup…"]);
    put(&mut console, "Backup location", &folder.display().to_string());
    console.get_by_label("During scan, include security principals from the DACL of the GPO").focus();
    wait_for_rows(&mut console, 2);
    console.get_by_role_and_label(Role::CheckBox, "Show only the latest version of each GPO").click();
    wait_for_rows(&mut console, 1);
    assert_eq!(cells(&console, LIST, TIER)[3], "second");
    let list = console.get_by_role_and_label(Role::Table, LIST);
    list.get_by_role_and_label(Role::Row, TIER).click();
    console.run_steps(4);
    if with_permissions {
        console.get_by_label("During scan, include security principals from the DACL of the GPO").click();
        console.run_steps(4);
    }
    click(&mut console, "Populate");
    wait_for(&mut console, "added.");
    let row = |number: usize| format!("Source name, row {number}");
    let there = (1..).take_while(|number| console.query_by_label(&row(*number)).is_some());
    there.map(|number| text(&console, &row(number))).collect()
}

#[test]
fn a_migration_table_is_filled_from_the_latest_backup_with_or_without_its_access_list() {
    const ADMINS: &str = "Enterprise Admins@kestrelbay.example";
    let folder = tempfile::tempdir().unwrap();
    back_up_of(&root(), TIER, folder.path(), "first");
    // Backups are told apart by the second.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    back_up_of(&root(), TIER, folder.path(), "second");
    let settings_only = populated_from_backup(folder.path(), false);
    let with_permissions = populated_from_backup(folder.path(), true);
    assert!(settings_only.iter().any(|source| source.starts_with("Domain Users@")), "{settings_only:?}");
    assert!(!settings_only.iter().any(|source| source == ADMINS), "{settings_only:?}");
    assert!(with_permissions.iter().any(|source| source == ADMINS), "{with_permissions:?}");
    assert!(settings_only.iter().all(|source| with_permissions.contains(source)));
}
