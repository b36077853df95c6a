//! Backing up, restoring, and what lies in folders of backups.

use std::path::Path;

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;
use opengpmc::console::Place;

use crate::console::{Console, demo, go_to, wait};
use crate::report::write_set;
use crate::support::{cells, press, rows, type_text};

/// Opens a menu and clicks on a command in it.
fn menu(console: &mut Console, menu: &str, command: &str) {
    console.get_by_role_and_label(Role::Button, menu).click();
    console.run_steps(4);
    console.get_by_role_and_label(Role::Button, command).click();
    console.run_steps(4);
}

/// Puts a text into the field of that name, in place of what is there, and presses Enter.
fn enter(console: &mut Console, field: &str, text: &str) {
    put(console, field, text);
    press(console, Modifiers::NONE, Key::Enter);
    console.run_steps(2);
}

/// Puts a text into the field of that name, in place of what is there.
fn put(console: &mut Console, field: &str, text: &str) {
    console.get_by_role_and_label(Role::TextInput, field).focus();
    console.run_steps(2);
    press(console, Modifiers::COMMAND, Key::A);
    type_text(console, text);
}

fn click(console: &mut Console, button: &str) {
    console.get_by_role_and_label(Role::Button, button).click();
    console.run_steps(4);
}

const LIST: &str = "Backed up GPOs";

fn wait_for_rows(console: &mut Console, count: usize) {
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
