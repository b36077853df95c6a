//! The frame of the console: the toolbar, the Actions pane, what commands act on, lists written to files, properties.

use egui::accesskit::Role;
use egui::{Event, Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use opengpmc::console::{Node, Place};

use crate::backups::{click, menu, put};
use crate::console::{Console, demo, demo_of_size, go_to, open_tab, settle, wait};
use crate::screens::{dn, gpo, root};
use crate::support::{press, rows, selected_rows};

/// Tells whether a button can be pressed.
fn is_enabled(console: &Console, button: &str) -> bool {
    !console.get_by_role_and_label(Role::Button, button).accesskit_node().is_disabled()
}

/// Filters the GPOs of the domain, so that those wanted are in view.
fn filter_gpos(console: &mut Console, text: &str) {
    go_to(console, Place::Gpos(root()));
    open_tab(console, "Contents");
    put(console, "Filter Group Policy Objects", text);
    console.run_steps(6);
}

/// Tells whether the scope tree has the focus.
fn tree_has_focus(console: &Console) -> bool {
    console.ctx.memory(|memory| memory.focused()) == Some(opengpmc::console::tree::Tree::id())
}

fn click_row(console: &mut Console, row: &str) {
    // A window takes a frame or two to find its place.
    console.run_steps(3);
    console.get_by_role_and_label(Role::Row, row).click();
    console.run_steps(4);
}

#[test]
fn the_toolbar_has_the_buttons_of_a_management_console() {
    let mut console = demo();
    go_to(&mut console, Place::Ou(dn("OU=Headquarters")));
    let bar = console.get_by_role_and_label(Role::Toolbar, "Toolbar");
    let buttons = bar.query_all_by_role(Role::Button).map(|node| node.accesskit_node().label().unwrap_or_default());
    let buttons: Vec<String> = buttons.map(|name| name.replace("Toolbar: ", "")).collect();
    assert_eq!(
        buttons,
        [
            "Back",
            "Forward",
            "Up One Level",
            "Scope Tree",
            "Copy",
            "Paste",
            "Delete",
            "Properties",
            "Refresh",
            "Export List…",
            "Keyboard Shortcuts",
            "Actions Pane",
            "Add Forest…",
            "Go to Anything…"
        ]
    );
    // What makes no sense for the node is greyed, and stays in its place.
    assert!(!is_enabled(&console, "Toolbar: Copy") && !is_enabled(&console, "Toolbar: Paste"));
    assert!(is_enabled(&console, "Toolbar: Properties") && is_enabled(&console, "Toolbar: Export List…"));
    click(&mut console, "Toolbar: Up One Level");
    settle(&mut console);
    assert_eq!(console.state().selected().place(), Some(&Place::Domain(root())));
    click(&mut console, "Toolbar: Back");
    settle(&mut console);
    assert_eq!(console.state().selected().place(), Some(&Place::Ou(dn("OU=Headquarters"))));
    click(&mut console, "Toolbar: Forward");
    settle(&mut console);
    assert_eq!(console.state().selected().place(), Some(&Place::Domain(root())));
    let place = gpo(&console, "Screen Lock - Strict");
    go_to(&mut console, place);
    click(&mut console, "Toolbar: Copy");
    go_to(&mut console, Place::Gpos(root()));
    click(&mut console, "Toolbar: Paste");
    console.get_by_label_contains("The copy has an ID of its own");
}

#[test]
fn the_scope_tree_is_hidden_and_shown() {
    let mut console = demo();
    go_to(&mut console, Place::Gpos(root()));
    click(&mut console, "Toolbar: Scope Tree");
    assert!(console.query_by_role(Role::Tree).is_none());
    // What stands in its place has the whole width; the keys that go to the tree bring it back.
    assert!(console.get_by_role_and_label(Role::Heading, "Group Policy Objects").rect().left() < 60.0);
    press(&mut console, Modifiers::COMMAND, Key::Num1);
    console.run_steps(4);
    assert!(tree_has_focus(&console));
    console.get_by_role_and_label(Role::Button, "View").click();
    console.run_steps(4);
    console.get_by_role_and_label(Role::MenuItemCheckBox, "Scope Tree").click();
    console.run_steps(4);
    assert!(console.query_by_role(Role::Tree).is_none());
}

#[test]
fn the_actions_pane_repeats_the_commands_of_node_and_rows() {
    // High enough for all commands to be in view.
    let mut console = demo_of_size([1280.0, 1600.0]);
    go_to(&mut console, Place::Domain(root()));
    open_tab(&mut console, "Linked Group Policy Objects");
    assert!(console.query_by_role_and_label(Role::Complementary, "Actions").is_none());
    click(&mut console, "Toolbar: Actions Pane");
    let headings = |console: &Console| -> Vec<String> {
        let pane = console.get_by_role_and_label(Role::Complementary, "Actions");
        pane.query_all_by_role(Role::Heading)
            .map(|node| node.accesskit_node().value().or(node.accesskit_node().label()).unwrap_or_default())
            .collect()
    };
    assert_eq!(headings(&console), ["kestrelbay.example"]);
    click_row(&mut console, "2");
    assert_eq!(headings(&console), ["kestrelbay.example", "Baseline - All Computers"]);
    // The row is a link: what can be done with its GPO stands there, and is done with it.
    click(&mut console, "Import Settings…");
    assert!(console.query_all_by_label_contains("Import Settings Wizard").next().is_some());
    press(&mut console, Modifiers::NONE, Key::Escape);
    settle(&mut console);
    click(&mut console, "Toolbar: Actions Pane");
    assert!(console.query_by_role_and_label(Role::Complementary, "Actions").is_none());
}

#[test]
fn menus_and_keys_act_on_the_selected_rows_while_their_list_has_the_focus() {
    let mut console = demo();
    filter_gpos(&mut console, "baseline");
    click_row(&mut console, "Baseline - All Users");
    menu(&mut console, "Action", "Back Up…");
    console.get_by_label("Backs up Baseline - All Users of kestrelbay.example.");
    press(&mut console, Modifiers::NONE, Key::Escape);
    settle(&mut console);
    console.get_by_role_and_label(Role::Row, "Baseline - All Computers").click_modifiers(Modifiers::COMMAND);
    console.run_steps(4);
    assert_eq!(selected_rows(&console, "Group Policy Objects").len(), 2);
    menu(&mut console, "Action", "Back Up…");
    console.get_by_label("Backs up 2 GPOs of kestrelbay.example.");
    press(&mut console, Modifiers::NONE, Key::Escape);
    settle(&mut console);
    // A command for one thing alone is not offered for two.
    console.get_by_role_and_label(Role::Button, "Action").click();
    console.run_steps(4);
    assert!(console.query_by_role_and_label(Role::Button, "Import Settings…").is_none());
    press(&mut console, Modifiers::NONE, Key::Escape);
    // The tree has the focus again: the commands are those of the container.
    press(&mut console, Modifiers::COMMAND, Key::Num1);
    console.run_steps(4);
    console.get_by_role_and_label(Role::Button, "Action").click();
    console.run_steps(4);
    console.get_by_role_and_label(Role::Button, "Back Up All…");
}

#[test]
fn a_row_is_copied_as_text_and_as_gpo_by_the_same_keys() {
    let mut console = demo();
    filter_gpos(&mut console, "screen lock");
    click_row(&mut console, "Screen Lock - Strict");
    let text = crate::support::copy(&mut console);
    assert!(text.starts_with("Screen Lock - Strict\t"), "{text}");
    settle(&mut console);
    press(&mut console, Modifiers::COMMAND, Key::Num1);
    console.run_steps(4);
    console.event(Event::Paste(text));
    console.run_steps(4);
    console.get_by_label_contains("The copy has an ID of its own");
}

#[test]
fn the_list_in_view_is_written_with_commas_and_with_tabs() {
    let folder = tempfile::tempdir().unwrap();
    let mut console = demo();
    go_to(&mut console, Place::Domain(root()));
    open_tab(&mut console, "Linked Group Policy Objects");
    let mut export = |form: Option<&str>, name: &str| {
        menu(&mut console, "Action", "Export List…");
        if let Some(form) = form {
            console.get_by_role_and_label(Role::ComboBox, "Form").click();
            console.run_steps(4);
            console.get_by_label(form).click();
            console.run_steps(4);
        }
        let path = folder.path().join(name);
        put(&mut console, "File", &path.display().to_string());
        click(&mut console, "Save");
        std::fs::read_to_string(path).unwrap()
    };
    let commas = export(None, "links.csv");
    assert!(commas.starts_with("Link Order,GPO,Enforced,Link Enabled,"), "{commas}");
    assert!(commas.lines().nth(2).unwrap().starts_with("2,Baseline - All Computers,"), "{commas}");
    let tabs = export(Some("Tab separated (*.txt)"), "links.txt");
    assert!(tabs.lines().nth(2).unwrap().starts_with("2\tBaseline - All Computers\t"), "{tabs}");
    assert_eq!(tabs.lines().count(), 4);
    // A node without a list says so.
    let place = gpo(&console, "Screen Lock - Strict");
    go_to(&mut console, place);
    open_tab(&mut console, "Details");
    assert!(!is_enabled(&console, "Toolbar: Export List…"));
}

#[test]
fn properties_are_shown_of_domains_ous_sites_and_gpos() {
    let mut console = demo();
    let mut check = |place: Place, title: &str, expected: &str| {
        go_to(&mut console, place);
        press(&mut console, Modifiers::COMMAND, Key::Num1);
        press(&mut console, Modifiers::ALT, Key::Enter);
        let title = format!("Properties of {title}");
        wait(&mut console, "the object is read", |console| console.query_by_label("Loading…").is_none());
        console.get_by_role_and_label(Role::Dialog, &title);
        console.get_by_label_contains(expected);
        console.get_by_label("Created");
        press(&mut console, Modifiers::NONE, Key::Escape);
        settle(&mut console);
        assert!(console.query_by_role_and_label(Role::Dialog, &title).is_none());
        // The focus is back where it was.
        assert!(tree_has_focus(&console));
    };
    check(Place::Domain(root()), "kestrelbay.example", "DC=kestrelbay,DC=example");
    check(Place::Ou(dn("OU=Headquarters")), "Headquarters", "OU=Headquarters,DC=kestrelbay,DC=example");
    let console = demo();
    let site = console.state().forests()[0].open().unwrap().snapshot.sites[0].dn.clone();
    let strict = gpo(&console, "Screen Lock - Strict");
    check(Place::Site(site.clone()), &site.name(), "CN=Sites,CN=Configuration");
    check(strict, "Screen Lock - Strict", "CN=Policies,CN=System");
}

#[test]
fn the_row_menu_holds_the_commands_of_the_row() {
    let mut console = demo();
    go_to(&mut console, Place::Domain(root()));
    open_tab(&mut console, "Group Policy Inheritance");
    let first = rows(&console, "Group Policy Inheritance")[0].clone();
    console.get_by_role_and_label(Role::Row, &first).click_secondary();
    console.run_steps(4);
    for command in ["Go to Link", "Save Report…", "Properties", "Copy as Text", "Export List…"] {
        assert!(console.query_by_role_and_label(Role::Button, command).is_some(), "{command}");
    }
    click(&mut console, "Go to Link");
    settle(&mut console);
    assert!(matches!(console.state().selected(), Node::In(_, Place::Link { .. })));
}
