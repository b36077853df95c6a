//! Everything by keyboard: keys of the window and the tree, focus that comes, stays visible and goes back, and what a screen
//! reader is told.

use std::collections::BTreeSet;

use egui::accesskit::Role;
use egui::{Key, Modifiers, Theme};
use egui_kittest::kittest::{NodeT, Queryable};
use opengpmc::console::tree::Tree;
use opengpmc::console::{Command, Node, Place};

use crate::backups::{click, menu, put};
use crate::console::{Console, demo, demo_of_size, go_to, open_tab, settle, wait};
use crate::picture;
use crate::screens::{dn, gpo, root};
use crate::support::{press, rows, selected_rows, type_text};

fn focus_tree(console: &mut Console) {
    press(console, Modifiers::COMMAND, Key::Num1);
    console.run_steps(4);
}

fn tree_has_focus(console: &Console) -> bool {
    console.ctx.memory(|memory| memory.focused()) == Some(Tree::id())
}

fn selected(console: &Console) -> Option<Place> {
    console.state().selected().place().cloned()
}

fn has_button(console: &Console, name: &str) -> bool {
    console.query_by_role_and_label(Role::Button, name).is_some()
}

/// Returns every kind of place that the demo forest has.
pub fn every_kind(console: &Console) -> Vec<Place> {
    let forest = console.state().forests()[0].open().unwrap();
    let domain = forest.snapshot.domain(&root()).unwrap();
    let strict = gpo(console, "Screen Lock - Strict");
    vec![
        Place::Forest,
        Place::Domains,
        Place::Domain(root()),
        Place::Ou(dn("OU=Headquarters")),
        Place::Link { som: dn("OU=Headquarters"), order: 1 },
        Place::Gpos(root()),
        strict,
        Place::WmiFilters(root()),
        Place::WmiFilter { domain: root(), id: domain.wmi_filters[0].id },
        Place::StarterGpos(root()),
        Place::Sites,
        Place::Site(forest.snapshot.sites[0].dn.clone()),
    ]
}

#[test]
fn function_keys_do_what_they_do_everywhere() {
    let mut console = demo();
    press(&mut console, Modifiers::NONE, Key::F1);
    console.get_by_role_and_label(Role::Dialog, "Keyboard Shortcuts");
    press(&mut console, Modifiers::NONE, Key::Escape);
    settle(&mut console);
    // F5 reads the forest anew.
    go_to(&mut console, Place::Gpos(root()));
    let before = std::sync::Arc::clone(&console.state().forests()[0].open().unwrap().snapshot);
    focus_tree(&mut console);
    press(&mut console, Modifiers::NONE, Key::F5);
    wait(&mut console, "the forest is read anew", |console| {
        !std::sync::Arc::ptr_eq(&before, &console.state().forests()[0].open().unwrap().snapshot)
    });
    settle(&mut console);
    // Enter opens a node of the tree and closes it again.
    let label = |console: &Console| console.query_by_role_and_label(Role::TreeItem, "Baseline - All Users").is_some();
    let was = label(&console);
    focus_tree(&mut console);
    press(&mut console, Modifiers::NONE, Key::Enter);
    console.run_steps(4);
    assert_ne!(label(&console), was);
}

#[test]
fn delete_asks_for_what_is_selected_and_leaves_text_alone() {
    let mut console = demo();
    let place = gpo(&console, "Screen Lock - Strict");
    go_to(&mut console, place);
    // In a text field the key belongs to the text.
    console.get_by_role_and_label(Role::TextInput, "Filter the scope tree").focus();
    console.run_steps(2);
    press(&mut console, Modifiers::NONE, Key::Delete);
    console.run_steps(4);
    assert!(console.query_by_role(Role::Dialog).is_none());
    focus_tree(&mut console);
    press(&mut console, Modifiers::NONE, Key::Delete);
    console.run_steps(4);
    assert!(console.query_by_role(Role::Dialog).is_some(), "Delete asks");
}

#[test]
fn a_gpo_is_renamed_in_the_tree_by_f2() {
    let mut console = demo();
    let place = gpo(&console, "Screen Lock - Strict");
    go_to(&mut console, place.clone());
    focus_tree(&mut console);
    press(&mut console, Modifiers::NONE, Key::F2);
    console.run_steps(4);
    let field = console.get_by_role_and_label(Role::TextInput, "New name of Screen Lock - Strict");
    assert_eq!(field.accesskit_node().value().as_deref(), Some("Screen Lock - Strict"));
    // Esc leaves the name, and gives the focus back to the tree.
    type_text(&mut console, "Something else");
    press(&mut console, Modifiers::NONE, Key::Escape);
    settle(&mut console);
    assert!(tree_has_focus(&console));
    assert_eq!(gpo(&console, "Screen Lock - Strict"), place);
    // The whole name is selected: what is typed takes its place. Enter gives it.
    press(&mut console, Modifiers::NONE, Key::F2);
    console.run_steps(4);
    type_text(&mut console, "Screen Lock - Renamed");
    press(&mut console, Modifiers::NONE, Key::Enter);
    wait(&mut console, "the GPO has its new name", |console| {
        let forest = console.state().forests()[0].open().unwrap();
        forest.snapshot.domain(&root()).unwrap().gpos_named("Screen Lock - Renamed").count() == 1
    });
    settle(&mut console);
    assert_eq!(selected(&console), Some(place));
    assert!(tree_has_focus(&console));
}

#[test]
fn a_second_click_on_the_selected_label_renames_and_a_double_click_does_not() {
    let mut console = demo();
    let place = gpo(&console, "Baseline - All Users");
    go_to(&mut console, place);
    let is_edited = |console: &Console| {
        console.query_by_role_and_label(Role::TextInput, "New name of Baseline - All Users").is_some()
    };
    focus_tree(&mut console);
    let item = |console: &mut Console| {
        let mut items = console.query_all_by_role_and_label(Role::TreeItem, "Baseline - All Users");
        items.find(|item| item.accesskit_node().is_selected() == Some(true)).unwrap().click();
    };
    item(&mut console);
    // Half a second passes without another click.
    console.run_steps(40);
    assert!(is_edited(&console));
    press(&mut console, Modifiers::NONE, Key::Escape);
    settle(&mut console);
    // What cannot be renamed is not.
    go_to(&mut console, Place::Gpos(root()));
    focus_tree(&mut console);
    press(&mut console, Modifiers::NONE, Key::F2);
    console.run_steps(4);
    assert!(!is_edited(&console));
}

#[test]
fn context_menus_open_by_key_in_tree_and_lists() {
    for (modifiers, key) in [(Modifiers::SHIFT, Key::F10), (Modifiers::NONE, Key::Menu)] {
        let mut console = demo();
        go_to(&mut console, Place::Gpos(root()));
        focus_tree(&mut console);
        press(&mut console, modifiers, key);
        console.run_steps(4);
        assert!(has_button(&console, "Back Up All…"), "{key:?}");
        press(&mut console, Modifiers::NONE, Key::Escape);
        console.run_steps(6);
        assert!(tree_has_focus(&console), "{key:?}");
        press(&mut console, Modifiers::COMMAND, Key::Num2);
        press(&mut console, Modifiers::NONE, Key::Home);
        press(&mut console, modifiers, key);
        console.run_steps(4);
        assert!(has_button(&console, "Go to GPO") && has_button(&console, "Import Settings…"), "{key:?}");
    }
}

#[test]
fn panes_and_tabs_are_gone_through_by_keys() {
    let mut console = demo();
    go_to(&mut console, Place::Domain(root()));
    focus_tree(&mut console);
    let step = |console: &mut Console, modifiers| {
        press(console, modifiers, Key::F6);
        console.run_steps(6);
        let in_list = console.get_by_role_and_label(Role::Table, "Linked Group Policy Objects").is_focused();
        (tree_has_focus(console), in_list)
    };
    open_tab(&mut console, "Linked Group Policy Objects");
    focus_tree(&mut console);
    assert_eq!(step(&mut console, Modifiers::NONE), (false, true));
    assert_eq!(step(&mut console, Modifiers::NONE), (true, false));
    click(&mut console, "Toolbar: Actions Pane");
    focus_tree(&mut console);
    assert_eq!(step(&mut console, Modifiers::SHIFT), (false, false));
    assert!(console.get_by_label("Commands of kestrelbay.example").is_focused());
    assert_eq!(step(&mut console, Modifiers::SHIFT), (false, true));
    assert_eq!(step(&mut console, Modifiers::SHIFT), (true, false));
    let open = |console: &Console| -> String {
        let mut tabs = console.query_all_by_role(Role::Tab);
        let open = tabs.find(|tab| tab.accesskit_node().is_selected() == Some(true)).unwrap();
        open.accesskit_node().label().unwrap()
    };
    let was = open(&console);
    press(&mut console, Modifiers::CTRL, Key::Tab);
    settle(&mut console);
    let next = open(&console);
    assert_ne!(next, was);
    press(&mut console, Modifiers::CTRL | Modifiers::SHIFT, Key::Tab);
    settle(&mut console);
    assert_eq!(open(&console), was);
    press(&mut console, Modifiers::CTRL, Key::PageDown);
    settle(&mut console);
    assert_eq!(open(&console), next);
    press(&mut console, Modifiers::CTRL, Key::PageUp);
    settle(&mut console);
    assert_eq!(open(&console), was);
}

#[test]
fn the_tree_obeys_its_keys() {
    let mut console = demo();
    go_to(&mut console, Place::Ou(dn("OU=Headquarters")));
    focus_tree(&mut console);
    let items = |console: &Console| console.query_all_by_role(Role::TreeItem).count();
    let expanded = |console: &Console| {
        console.get_by_role_and_label(Role::TreeItem, "Headquarters").accesskit_node().data().is_expanded()
    };
    type_text(&mut console, "+");
    console.run_steps(3);
    assert_eq!(expanded(&console), Some(true));
    type_text(&mut console, "-");
    console.run_steps(3);
    assert_eq!(expanded(&console), Some(false));
    let closed = items(&console);
    type_text(&mut console, "*");
    console.run_steps(3);
    assert!(items(&console) > closed);
    // Left closes, then goes to the node above; right opens, then goes in.
    press(&mut console, Modifiers::NONE, Key::ArrowLeft);
    assert_eq!(expanded(&console), Some(false));
    press(&mut console, Modifiers::NONE, Key::ArrowRight);
    assert_eq!(expanded(&console), Some(true));
    press(&mut console, Modifiers::NONE, Key::ArrowRight);
    settle(&mut console);
    assert_eq!(selected(&console), Some(Place::Link { som: dn("OU=Headquarters"), order: 1 }));
    press(&mut console, Modifiers::NONE, Key::ArrowLeft);
    settle(&mut console);
    assert_eq!(selected(&console), Some(Place::Ou(dn("OU=Headquarters"))));
    press(&mut console, Modifiers::NONE, Key::Backspace);
    settle(&mut console);
    assert_eq!(selected(&console), Some(Place::Domain(root())));
    press(&mut console, Modifiers::NONE, Key::Home);
    settle(&mut console);
    assert_eq!(console.state().selected(), &Node::Root);
    press(&mut console, Modifiers::NONE, Key::End);
    settle(&mut console);
    assert_ne!(console.state().selected(), &Node::Root);
}

#[test]
fn letters_go_to_the_next_node_that_begins_so() {
    let mut console = demo();
    go_to(&mut console, Place::Domain(root()));
    focus_tree(&mut console);
    type_text(&mut console, "headq");
    settle(&mut console);
    assert_eq!(selected(&console), Some(Place::Ou(dn("OU=Headquarters"))));
}

#[test]
fn escape_closes_the_topmost_dialog_only() {
    let mut console = demo();
    go_to(&mut console, Place::Gpos(root()));
    menu(&mut console, "Action", "Open Migration Table Editor");
    menu(&mut console, "Tools", "Populate from GPO…");
    let dialogs = console.query_all_by_role(Role::Dialog).count();
    assert!(dialogs >= 2, "{dialogs}");
    press(&mut console, Modifiers::NONE, Key::Escape);
    settle(&mut console);
    assert_eq!(console.query_all_by_role(Role::Dialog).count(), dialogs - 1);
}

/// Returns the node that has the focus, as a screen reader sees it, and the dialogs it lies in.
fn focused_in(console: &Console) -> Vec<String> {
    let focused = console.root().children_recursive().find(|node| node.is_focused());
    let mut names = Vec::new();
    let mut node = focused.map(|node| node.accesskit_node());
    while let Some(current) = node {
        if current.role() == Role::Dialog {
            names.push(current.label().unwrap_or_default());
        }
        node = current.parent();
    }
    names
}

#[test]
fn the_focus_goes_into_a_dialog_stays_there_and_comes_back() {
    for (command, title) in [
        ("Options…", "Options"),
        ("Properties", "Properties of Headquarters"),
        ("Keyboard Shortcuts", "Keyboard Shortcuts"),
        ("About OpenGPMC", "About OpenGPMC"),
        ("Problems…", "Problems"),
        ("Add Forest…", "Add Forest"),
    ] {
        let mut console = demo();
        go_to(&mut console, Place::Ou(dn("OU=Headquarters")));
        focus_tree(&mut console);
        let node = console.state().selected().clone();
        let command = match command {
            "Options…" => Command::ShowOptions,
            "Properties" => Command::ShowProperties(node),
            "Keyboard Shortcuts" => Command::ShowShortcuts,
            "About OpenGPMC" => Command::ShowAbout,
            "Problems…" => Command::ShowProblems,
            _ => Command::ShowConnect,
        };
        console.state_mut().ask(command);
        settle(&mut console);
        console.run_steps(4);
        assert_eq!(focused_in(&console), [title], "the focus is in the dialog when it opens");
        for _ in 0..24 {
            press(&mut console, Modifiers::NONE, Key::Tab);
            assert_eq!(focused_in(&console), [title], "Tab stays in the dialog");
        }
        press(&mut console, Modifiers::NONE, Key::Escape);
        settle(&mut console);
        assert!(console.query_by_role_and_label(Role::Dialog, title).is_none(), "{title}");
        assert!(tree_has_focus(&console), "{title}");
    }
}

/// Returns the controls that have no name, by role and place.
pub fn nameless(console: &Console) -> BTreeSet<String> {
    let is_control = |role: Role| {
        matches!(
            role,
            Role::Button
                | Role::CheckBox
                | Role::RadioButton
                | Role::ComboBox
                | Role::TextInput
                | Role::MultilineTextInput
                | Role::PasswordInput
                | Role::Tab
                | Role::TabList
                | Role::TreeItem
                | Role::Tree
                | Role::TreeGrid
                | Role::Table
                | Role::Row
                | Role::ColumnHeader
                | Role::Link
                | Role::Slider
                | Role::SpinButton
                | Role::MenuItem
                | Role::MenuItemCheckBox
                | Role::MenuItemRadio
                | Role::ListBoxOption
                | Role::Dialog
                | Role::Toolbar
        )
    };
    let nodes = console.root().children_recursive().filter(|node| is_control(node.accesskit_node().role()));
    let without = nodes.filter(|node| {
        let node = node.accesskit_node();
        // What a text field or a list holds is its value, not its name.
        let is_field = matches!(node.role(), Role::TextInput | Role::MultilineTextInput | Role::ComboBox);
        let name = node.label().filter(|name| !name.trim().is_empty());
        let value = node.value().filter(|value| !is_field && !value.trim().is_empty());
        name.is_none() && value.is_none() && node.labelled_by().next().is_none()
    });
    let told = |node: egui_kittest::Node<'_>| {
        let node = node.accesskit_node();
        format!("{:?} at {:?}", node.role(), node.bounding_box())
    };
    without.map(told).collect()
}

#[test]
fn every_control_has_a_name() {
    let mut console = demo();
    click(&mut console, "Toolbar: Actions Pane");
    for place in every_kind(&console) {
        go_to(&mut console, place.clone());
        let tabs = console.query_all_by_role(Role::Tab);
        let tabs: Vec<String> = tabs.map(|tab| tab.accesskit_node().label().unwrap_or_default()).collect();
        for tab in tabs {
            open_tab(&mut console, &tab);
            assert_eq!(nameless(&console), BTreeSet::new(), "{place:?}, {tab}");
        }
    }
    for menu in ["File", "Edit", "Action", "View", "Window", "Help"] {
        console.get_by_role_and_label(Role::Button, menu).click();
        console.run_steps(4);
        assert_eq!(nameless(&console), BTreeSet::new(), "menu {menu}");
        press(&mut console, Modifiers::NONE, Key::Escape);
        console.run_steps(4);
    }
    let id = console.state().forests()[0].id;
    for command in [
        Command::ShowConnect,
        Command::ShowOptions,
        Command::ShowPalette,
        Command::ShowProblems,
        Command::ShowShortcuts,
        Command::ShowAbout,
        Command::ShowOpenFile,
        Command::ShowListOf(id, opengpmc::console::ShowList::Domains),
        Command::ShowManageBackups(id, None),
    ] {
        console.state_mut().ask(command);
        settle(&mut console);
        assert!(console.query_by_role(Role::Dialog).is_some());
        assert_eq!(nameless(&console), BTreeSet::new());
        press(&mut console, Modifiers::NONE, Key::Escape);
        settle(&mut console);
    }
}

#[test]
fn roles_and_states_are_told_to_screen_readers() {
    let mut console = demo();
    go_to(&mut console, Place::Ou(dn("OU=Kiosks,OU=Computers,OU=Headquarters")));
    console.get_by_role_and_label(Role::Tree, "Scope tree");
    let item = console.get_by_role_and_label(Role::TreeItem, "Kiosks");
    let node = item.accesskit_node();
    assert_eq!((node.is_selected(), node.data().level()), (Some(true), Some(6)));
    assert!(node.data().position_in_set().is_some() && node.data().size_of_set().is_some());
    assert!(node.data().description().is_some_and(|text| text.contains("Inheritance blocked")));
    let above = console.get_by_role_and_label(Role::TreeItem, "Headquarters");
    assert_eq!(above.accesskit_node().data().is_expanded(), Some(true));
    assert!(console.query_by_role(Role::TabList).is_some());
    let tab = console.get_by_role_and_label(Role::Tab, "Linked Group Policy Objects");
    assert!(tab.accesskit_node().data().position_in_set().is_some());
    let table = console.get_by_role_and_label(Role::Table, "Linked Group Policy Objects");
    assert!(table.accesskit_node().data().row_count().is_some());
    console.state_mut().ask(Command::ShowOptions);
    settle(&mut console);
    console.get_by_role_and_label(Role::Dialog, "Options");
}

#[test]
fn all_rows_of_a_list_are_selected_by_key() {
    let mut console = demo();
    go_to(&mut console, Place::Domain(root()));
    open_tab(&mut console, "Linked Group Policy Objects");
    press(&mut console, Modifiers::COMMAND, Key::Num2);
    press(&mut console, Modifiers::COMMAND, Key::A);
    let table = "Linked Group Policy Objects";
    assert_eq!(selected_rows(&console, table), rows(&console, table));
}

#[test]
fn a_heading_sorts_in_both_directions_and_shows_it() {
    let mut console = demo();
    go_to(&mut console, Place::Domain(root()));
    open_tab(&mut console, "Linked Group Policy Objects");
    let mut direction = |clicks: usize| {
        for _ in 0..clicks {
            console.get_by_role_and_label(Role::ColumnHeader, "GPO").click();
            console.run_steps(4);
        }
        let header = console.get_by_role_and_label(Role::ColumnHeader, "GPO");
        let direction = header.accesskit_node().data().sort_direction();
        (direction.map(|direction| format!("{direction:?}")), rows(&console, "Linked Group Policy Objects"))
    };
    let (up, upwards) = direction(1);
    let (down, downwards) = direction(1);
    assert_eq!((up.as_deref(), down.as_deref()), (Some("Ascending"), Some("Descending")));
    assert_eq!(upwards.iter().rev().cloned().collect::<Vec<_>>(), downwards);
}

/// Tells whether a colour stands somewhere in a part of a picture.
fn stands_in(
    (width, height): (u32, u32),
    pixel: impl Fn(u32, u32) -> [u8; 4],
    rect: egui::Rect,
    color: egui::Color32,
) -> bool {
    let range = |from: f32, to: f32, end: u32| (from.max(0.0) as u32)..((to.max(0.0) as u32).min(end));
    let close = |one: u8, two: u8| one.abs_diff(two) < 24;
    range(rect.top() - 3.0, rect.bottom() + 3.0, height).any(|y| {
        range(rect.left() - 3.0, rect.right() + 3.0, width).any(|x| {
            let pixel = pixel(x, y);
            close(pixel[0], color.r()) && close(pixel[1], color.g()) && close(pixel[2], color.b())
        })
    })
}

#[test]
fn what_has_the_focus_is_seen() {
    if !picture::can_draw() {
        return;
    }
    let mut console = demo();
    go_to(&mut console, Place::Domain(root()));
    open_tab(&mut console, "Linked Group Policy Objects");
    for (theme, color) in
        [(Theme::Light, opengpmc::console::theme::LIGHT.focus), (Theme::Dark, opengpmc::console::theme::DARK.focus)]
    {
        for (role, name) in [
            (Role::Button, "Toolbar: Refresh"),
            (Role::Button, "File"),
            (Role::TextInput, "Filter the scope tree"),
            (Role::Tree, "Scope tree"),
            (Role::Tab, "Linked Group Policy Objects"),
            (Role::TextInput, "Filter Linked Group Policy Objects"),
        ] {
            console.get_by_role_and_label(role, name).focus();
            console.run_steps(4);
            picture::show(&mut console, theme);
            let rect = console.get_by_role_and_label(role, name).rect();
            let picture = console.render().unwrap();
            let pixel = |x, y| picture.get_pixel(x, y).0;
            assert!(stands_in(picture.dimensions(), pixel, rect, color), "{theme:?}: {role:?} {name}");
        }
    }
}

#[test]
fn dialogs_fit_into_small_windows() {
    for (size, scale) in [([1024.0, 640.0], 1.0), ([1280.0, 800.0], 2.0)] {
        let mut console = demo_of_size([size[0] / scale, size[1] / scale]);
        let window = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(size[0] / scale, size[1] / scale));
        let id = console.state().forests()[0].id;
        go_to(&mut console, Place::Domain(root()));
        let name = format!("{}x{} at {scale}", size[0], size[1]);
        open_tab(&mut console, "Linked Group Policy Objects");
        // Tree, tabs and list are there at once.
        for (role, label) in [(Role::Tree, "Scope tree"), (Role::Table, "Linked Group Policy Objects")] {
            let rect = console.get_by_role_and_label(role, label).rect();
            assert!(
                window.contains_rect(rect.intersect(window)) && rect.intersect(window).area() > 8000.0,
                "{name}: {label}"
            );
        }
        for (command, button) in [
            (Command::ShowConnect, "Connect"),
            (Command::ShowOptions, "OK"),
            (Command::ShowListOf(id, opengpmc::console::ShowList::Sites), "OK"),
            (Command::ShowProblems, "Close"),
            (Command::ShowShortcuts, "Close"),
            (Command::ShowManageBackups(id, None), "Close"),
        ] {
            console.state_mut().ask(command);
            settle(&mut console);
            let rect = console.get_by_role_and_label(Role::Button, button).rect();
            assert!(window.contains_rect(rect), "{name}: {button} at {rect:?}");
            press(&mut console, Modifiers::NONE, Key::Escape);
            settle(&mut console);
        }
    }
}

/// Compares the list of links in a window of this size with the stored picture.
fn small_picture(name: &str, size: [f32; 2]) {
    if !picture::can_draw() {
        return;
    }
    let mut console = demo_of_size(size);
    go_to(&mut console, Place::Domain(root()));
    open_tab(&mut console, "Linked Group Policy Objects");
    let mut masked = crate::screens::times(&console);
    masked.push(console.get_by_role_and_label(Role::Tree, "Scope tree").rect());
    picture::compare(&mut console, name, &masked);
}

#[test]
fn the_window_looks_right_at_1024_by_640() {
    small_picture("small-1024x640", [1024.0, 640.0]);
}

#[test]
fn the_window_looks_right_at_200_percent() {
    small_picture("small-200-percent", [640.0, 400.0]);
}

#[test]
fn the_filter_of_a_list_keeps_the_keys_that_edit() {
    let mut console = demo();
    go_to(&mut console, Place::Gpos(root()));
    put(&mut console, "Filter Group Policy Objects", "baseline");
    press(&mut console, Modifiers::NONE, Key::Backspace);
    console.run_steps(4);
    let field = console.get_by_role_and_label(Role::TextInput, "Filter Group Policy Objects");
    assert_eq!(field.accesskit_node().value().as_deref(), Some("baselin"));
    assert_eq!(selected(&console), Some(Place::Gpos(root())));
}
