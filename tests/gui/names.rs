//! Everything the console offers can be found and pressed by its accessible name: each command of each kind of node, in its menu and in the
//! palette, and everything in the windows they open.

use std::collections::BTreeSet;

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use opengpmc::console::Place;

use crate::backups::click;
use crate::console::{Console, demo_of_size, go_to, open_tab, settle};
use crate::keyboard::{every_kind, nameless};
use crate::screens::{gpo, root};
use crate::support::press;

/// What a command of a menu is to a screen reader.
const ENTRIES: [Role; 3] = [Role::Button, Role::MenuItemCheckBox, Role::MenuItemRadio];

/// Opens a menu and returns the names of the commands in it that can be chosen; those of the window below are left out.
fn open_menu(console: &mut Console, menu: &str) -> Vec<String> {
    let names = |console: &Console| -> Vec<String> {
        let nodes = ENTRIES.into_iter().flat_map(|role| console.query_all_by_role(role));
        let enabled = nodes.filter(|node| !node.accesskit_node().is_disabled());
        enabled.filter_map(|node| node.accesskit_node().label()).collect()
    };
    let mut below = names(console);
    console.get_by_role_and_label(Role::Button, menu).click();
    console.run_steps(4);
    let mut all = names(console);
    all.retain(|name| match below.iter().position(|known| known == name) {
        Some(place) => {
            below.remove(place);
            false
        }
        None => true,
    });
    all
}

fn close_everything(console: &mut Console) {
    for _ in 0..4 {
        press(console, Modifiers::NONE, Key::Escape);
        settle(console);
        if console.query_by_role(Role::Dialog).is_none() {
            return;
        }
    }
    panic!("a window stays");
}

/// Returns the buttons of the topmost window that bear the same name: which of them is meant, nobody could say.
fn ambiguous(console: &Console) -> BTreeSet<String> {
    let dialogs = console.query_all_by_role(Role::Dialog);
    let Some(dialog) = dialogs.last() else { return BTreeSet::new() };
    let buttons = dialog.query_all_by_role(Role::Button).filter_map(|node| node.accesskit_node().label());
    let mut seen = BTreeSet::new();
    buttons.filter(|name| !seen.insert(name.clone())).collect()
}

/// Chooses every command of the menu Action that opens a window, and looks at what stands there.
fn check(console: &mut Console, place: &Place, opened: &mut BTreeSet<String>) {
    go_to(console, place.clone());
    let commands = open_menu(console, "Action");
    assert!(!commands.is_empty(), "{place:?}");
    assert_eq!(nameless(console), BTreeSet::new(), "the menu of {place:?}");
    press(console, Modifiers::NONE, Key::Escape);
    settle(console);
    let unique: BTreeSet<&String> = commands.iter().collect();
    assert_eq!(unique.len(), commands.len(), "two commands of one name: {commands:?}");
    for command in commands.iter().filter(|command| command.ends_with('…')) {
        go_to(console, place.clone());
        open_menu(console, "Action");
        // The menu stands above a button of the same name in the pane.
        console.get_all_by_role_and_label(Role::Button, command).last().unwrap().click();
        console.run_steps(6);
        settle(console);
        if console.query_by_role(Role::Dialog).is_none() {
            panic!("{command} of {place:?} opens no window");
        }
        assert_eq!(nameless(console), BTreeSet::new(), "{command} of {place:?}");
        assert_eq!(ambiguous(console), BTreeSet::new(), "{command} of {place:?}");
        opened.insert(command.clone());
        close_everything(console);
    }
}

#[test]
fn every_command_and_every_window_it_opens_is_found_by_name() {
    // High enough for the longest menu.
    let mut console = demo_of_size([1500.0, 1400.0]);
    let mut places = every_kind(&console);
    let forest = console.state().forests()[0].open().unwrap();
    let starter = forest.snapshot.domain(&root()).unwrap().starter_gpos.first().map(|starter| starter.id);
    places.extend(starter.map(|id| Place::StarterGpo { domain: root(), id }));
    let mut opened = BTreeSet::new();
    for place in &places {
        check(&mut console, place, &mut opened);
    }
    assert!(opened.len() > 20, "{opened:?}");
    // The other menus, whatever is selected.
    for menu in ["File", "Edit", "View", "Window", "Help"] {
        open_menu(&mut console, menu);
        assert_eq!(nameless(&console), BTreeSet::new(), "{menu}");
        press(&mut console, Modifiers::NONE, Key::Escape);
        settle(&mut console);
    }
}

#[test]
fn every_tab_and_every_list_is_found_by_name() {
    let mut console = demo_of_size([1500.0, 1000.0]);
    click(&mut console, "Toolbar: Actions Pane");
    let strict = gpo(&console, "Screen Lock - Strict");
    for place in every_kind(&console).into_iter().chain([strict]) {
        go_to(&mut console, place.clone());
        let tabs = console.query_all_by_role(Role::Tab);
        let tabs: Vec<String> = tabs.map(|tab| tab.accesskit_node().label().unwrap_or_default()).collect();
        assert_eq!(tabs.iter().collect::<BTreeSet<_>>().len(), tabs.len(), "{place:?}: {tabs:?}");
        for tab in tabs {
            open_tab(&mut console, &tab);
            let chosen = console.get_by_role_and_label(Role::Tab, &tab).accesskit_node();
            assert_eq!(chosen.is_selected(), Some(true), "{tab} of {place:?}");
            let tables: Vec<_> = console.query_all_by_role(Role::Table).collect();
            let names: BTreeSet<_> = tables.iter().map(|table| table.accesskit_node().label()).collect();
            assert!(names.len() == tables.len() && !names.contains(&None), "{tab} of {place:?}: {names:?}");
            for table in tables {
                // Its headings and rows are found within it.
                let headings: Vec<_> = table.query_all_by_role(Role::ColumnHeader).collect();
                assert!(!headings.is_empty() && headings.iter().all(|node| node.accesskit_node().label().is_some()));
                let rows = table.query_all_by_role(Role::Row);
                assert!(rows.into_iter().all(|row| row.accesskit_node().label().is_some()), "{tab} of {place:?}");
            }
        }
    }
}
