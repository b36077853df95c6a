//! Links in the console: toggled, ordered, created, deleted; inheritance blocked; OUs made, renamed, deleted. Each test looks at the forest.

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use opengpmc::console::{Command, Place};
use opengpmc::ident::Dn;
use opengpmc::operation::admin::link::{EditLinks, LinkChange};

use crate::backups::{click, menu, picture, put};
use crate::console::{Console, demo, go_to, open_tab, settle, wait};
use crate::screens::{dn, gpo, root};
use crate::support::{cells, press, rows, selected_rows};

pub const TABLE: &str = "Linked Group Policy Objects";

/// Returns the links of a container as the forest has them: names in link order, `!` behind enforced ones, `-` behind disabled ones.
pub fn links(console: &Console, som: &Dn) -> Vec<String> {
    let forest = console.state().forests()[0].open().unwrap();
    let som = forest.som(som).unwrap();
    let told = som.links.iter().map(|link| {
        let enforced = if link.enforced { "!" } else { "" };
        let enabled = if link.enabled { "" } else { "-" };
        format!("{}{enforced}{enabled}", forest.snapshot.link_target(link).label())
    });
    told.collect()
}

/// Draws frames until the links of a container are as expected.
pub fn wait_for_links(console: &mut Console, som: &Dn, expected: &[&str]) {
    let mut last = Vec::new();
    for _ in 0..400 {
        console.step();
        last = links(console, som);
        if last == expected {
            settle(console);
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    panic!("{som}: {last:?} instead of {expected:?}");
}

pub fn people() -> Dn {
    dn("OU=People,OU=Headquarters")
}

pub fn is_enabled(console: &Console, button: &str) -> bool {
    !console.get_by_role_and_label(Role::Button, button).accesskit_node().is_disabled()
}

/// Clicks on rows of the list of links, the first alone, the others in addition.
pub fn select(console: &mut Console, names: &[&str]) {
    for (place, name) in names.iter().enumerate() {
        let table = console.get_by_role_and_label(Role::Table, TABLE);
        let row = table.get_by_role_and_label(Role::Row, name);
        if place == 0 {
            row.click();
        } else {
            row.click_modifiers(Modifiers::COMMAND);
        }
        console.run_steps(3);
    }
}

/// Clicks on an entry of the context menu of what has the focus.
fn context_menu(console: &mut Console, command: &str) {
    press(console, Modifiers::SHIFT, Key::F10);
    console.run_steps(4);
    let is_entry = |role: Role| matches!(role, Role::MenuItemCheckBox | Role::Button);
    let nodes: Vec<_> =
        console.query_all_by_label(command).filter(|node| is_entry(node.accesskit_node().role())).collect();
    nodes.last().expect("the menu has the entry").click();
    drop(nodes);
    console.run_steps(4);
}

#[test]
fn order_buttons_act_on_the_selection_and_say_why_not() {
    let mut console = demo();
    go_to(&mut console, Place::Ou(people()));
    open_tab(&mut console, TABLE);
    let buttons = ["Move link to top", "Move link up", "Move link down", "Move link to bottom"];
    let enabled = |console: &Console| buttons.map(|button| is_enabled(console, button));
    assert_eq!(enabled(&console), [false; 4], "nothing is selected");
    let [a, b, c] = ["Folder Redirection", "Preferences - Drives and Printers", "Baseline - All Users"];
    assert_eq!(links(&console, &people()), [a, b, c]);
    select(&mut console, &["1"]);
    assert_eq!(enabled(&console), [false, false, true, true], "at the top");
    click(&mut console, "Move link down");
    wait_for_links(&mut console, &people(), &[b, a, c]);
    // The selection stays on the link.
    assert_eq!(enabled(&console), [true; 4]);
    click(&mut console, "Move link to bottom");
    wait_for_links(&mut console, &people(), &[b, c, a]);
    assert_eq!(enabled(&console), [true, true, false, false], "at the bottom");
    select(&mut console, &["2", "3"]);
    click(&mut console, "Move link up");
    wait_for_links(&mut console, &people(), &[c, a, b]);
    select(&mut console, &["3"]);
    click(&mut console, "Move link to top");
    wait_for_links(&mut console, &people(), &[b, c, a]);
    let stored = console.state().forests()[0].open().unwrap().som(&people()).unwrap().gp_link.clone().unwrap();
    let last = stored.to_string().to_lowercase().rfind("cn={").unwrap();
    let forest = console.state().forests()[0].open().unwrap();
    let first = forest.som(&people()).unwrap().links[0].gpo_id.unwrap().to_string().to_lowercase();
    assert!(stored.to_string().to_lowercase()[last..].contains(&first), "link order 1 stands last in the attribute");
    picture(&mut console, "link-order");
    // Sorted by another column.
    console.get_by_role_and_label(Role::ColumnHeader, "Enforced").click();
    console.run_steps(4);
    assert_eq!(enabled(&console), [false; 4], "sorted otherwise");
}

#[test]
fn links_are_enforced_and_switched_off_from_every_menu() {
    let mut console = demo();
    let [a, b, c] = ["Folder Redirection", "Preferences - Drives and Printers", "Baseline - All Users"];
    // The node of the link in the tree.
    go_to(&mut console, Place::Link { som: people(), order: 1 });
    tick(&mut console, "Enforced");
    wait_for_links(&mut console, &people(), &["Folder Redirection!", b, c]);
    menu_item_is_ticked(&mut console, "Enforced", true);
    tick(&mut console, "Link Enabled");
    wait_for_links(&mut console, &people(), &["Folder Redirection!-", b, c]);
    menu_item_is_ticked(&mut console, "Link Enabled", false);
    // Rows of the list, several at once.
    go_to(&mut console, Place::Ou(people()));
    open_tab(&mut console, TABLE);
    select(&mut console, &["1", "2"]);
    context_menu(&mut console, "Enforced");
    wait_for_links(&mut console, &people(), &["Folder Redirection!-", "Preferences - Drives and Printers!", c]);
    context_menu(&mut console, "Enforced");
    wait_for_links(&mut console, &people(), &["Folder Redirection-", b, c]);
    assert_eq!(cells(&console, TABLE, "1")[..4], ["1", a, "No", "No"]);
    // Undo takes it back.
    press(&mut console, Modifiers::COMMAND, Key::Z);
    wait_for_links(&mut console, &people(), &["Folder Redirection!-", "Preferences - Drives and Printers!", c]);
}

/// Clicks on an entry of the menu Action that is ticked or not.
pub fn tick(console: &mut Console, command: &str) {
    console.get_by_role_and_label(Role::Button, "Action").click();
    console.run_steps(4);
    console.get_by_role_and_label(Role::MenuItemCheckBox, command).click();
    console.run_steps(4);
}

fn menu_item_is_ticked(console: &mut Console, command: &str, expected: bool) {
    console.get_by_role_and_label(Role::Button, "Action").click();
    console.run_steps(4);
    let item = console.get_by_role_and_label(Role::MenuItemCheckBox, command);
    let toggled = item.accesskit_node().toggled();
    assert_eq!(toggled == Some(egui::accesskit::Toggled::True), expected, "{command}");
    press(console, Modifiers::NONE, Key::Escape);
    console.run_steps(3);
}

#[test]
fn a_link_is_deleted_after_a_question_and_the_gpo_stays() {
    let mut console = demo();
    let [_, b, c] = ["Folder Redirection", "Preferences - Drives and Printers", "Baseline - All Users"];
    let link = Place::Link { som: people(), order: 1 };
    go_to(&mut console, link);
    press(&mut console, Modifiers::COMMAND, Key::Num1);
    press(&mut console, Modifiers::NONE, Key::Delete);
    console.run_steps(4);
    console.get_by_label_contains("The GPO itself stays");
    click(&mut console, "Cancel");
    assert_eq!(links(&console, &people()).len(), 3);
    press(&mut console, Modifiers::NONE, Key::Delete);
    console.run_steps(4);
    click(&mut console, "Delete Link");
    wait_for_links(&mut console, &people(), &[b, c]);
    gpo(&console, "Folder Redirection");
    // Not the link that has its order now.
    assert_eq!(console.state().selected().place(), Some(&Place::Ou(people())));
    press(&mut console, Modifiers::COMMAND, Key::Z);
    wait_for_links(&mut console, &people(), &["Folder Redirection", b, c]);
}

#[test]
fn a_link_whose_gpo_is_gone_is_deleted() {
    let mut console = demo();
    let forest = console.state().forests()[0].open().unwrap();
    let soms = forest.snapshot.domains.iter().flat_map(|domain| &domain.soms);
    let broken = soms.flat_map(|som| som.links.iter().map(move |link| (som.dn.clone(), link)));
    let (som, order) = broken
        .filter(|(_, link)| matches!(forest.snapshot.link_target(link), opengpmc::gpm::LinkTarget::NotFound))
        .map(|(som, link)| (som, link.order))
        .next()
        .unwrap();
    let before = links(&console, &som);
    go_to(&mut console, Place::Link { som: som.clone(), order });
    menu(&mut console, "Action", "Delete");
    click(&mut console, "Delete Link");
    let mut expected: Vec<&str> = before.iter().map(String::as_str).collect();
    expected.remove(order - 1);
    wait_for_links(&mut console, &som, &expected);
}

#[test]
fn the_same_gpo_linked_twice_is_removed_one_by_one() {
    let mut console = demo();
    let id = console.state().forests()[0].id;
    let store = console.state().forests()[0].open().unwrap().store.clone();
    let som = dn("OU=Directors,OU=People,OU=Headquarters");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let directory = store.directory();
        let text = directory.read(&som, &["gPLink"], None).await.unwrap().text("gPLink").unwrap();
        let twice = opengpmc::store::Attribute::text("gPLink", format!("{text}{text}").replacen(";2]", ";0]", 1));
        directory.modify(&som, &[opengpmc::store::Change::Replace(twice)]).await.unwrap();
    });
    console.state_mut().ask(Command::Refresh(id));
    wait_for_links(&mut console, &som, &["Screen Lock - Strict!", "Screen Lock - Strict"]);
    go_to(&mut console, Place::Ou(som.clone()));
    open_tab(&mut console, TABLE);
    assert_eq!(rows(&console, TABLE), ["1", "2"]);
    select(&mut console, &["1"]);
    context_menu(&mut console, "Delete");
    click(&mut console, "Delete Link");
    wait_for_links(&mut console, &som, &["Screen Lock - Strict"]);
}

#[test]
fn existing_gpos_are_linked_from_a_list() {
    let mut console = demo();
    let som = dn("OU=Directors,OU=People,OU=Headquarters");
    go_to(&mut console, Place::Ou(som.clone()));
    menu(&mut console, "Action", "Link an Existing GPO…");
    let choose = |console: &mut Console, names: &[&str]| {
        for (place, name) in names.iter().enumerate() {
            let table = console.get_by_role_and_label(Role::Table, "Group Policy objects");
            let row = table.get_by_role_and_label(Role::Row, name);
            if place == 0 {
                row.click()
            } else {
                row.click_modifiers(Modifiers::COMMAND)
            }
            console.run_steps(3);
        }
    };
    assert!(!is_enabled(&console, "OK"), "nothing is chosen yet");
    choose(&mut console, &["AppLocker - Kiosks"]);
    put(&mut console, "Filter Group Policy objects", "screen lock - strict");
    console.run_steps(6);
    choose(&mut console, &["Screen Lock - Strict"]);
    click(&mut console, "OK");
    console.get_by_label_contains("already. Choose others.");
    put(&mut console, "Filter Group Policy objects", "a");
    console.run_steps(6);
    choose(&mut console, &["AppLocker - Kiosks", "Baseline - All Users"]);
    picture(&mut console, "select-gpo");
    click(&mut console, "OK");
    wait_for_links(&mut console, &som, &["Screen Lock - Strict!", "AppLocker - Kiosks", "Baseline - All Users"]);

    // Of another domain, with a warning.
    menu(&mut console, "Action", "Link an Existing GPO…");
    console.get_by_role_and_label(Role::ComboBox, "Look in this domain").click();
    console.run_steps(4);
    let domains: Vec<_> = console.query_all_by_label("lumen-sails.example").collect();
    domains.last().unwrap().click();
    drop(domains);
    console.run_steps(6);
    put(&mut console, "Filter Group Policy objects", "lumen - baseline");
    console.run_steps(6);
    choose(&mut console, &["Lumen - Baseline"]);
    console.get_by_label_contains("A GPO of another domain");
    click(&mut console, "OK");
    wait(&mut console, "the GPO is linked", |console| links(console, &som).last().unwrap() == "Lumen - Baseline");
}

#[test]
fn inheritance_is_blocked_and_shown() {
    let mut console = demo();
    go_to(&mut console, Place::Ou(people()));
    tick(&mut console, "Block Inheritance");
    let is_blocked =
        |console: &Console| console.state().forests()[0].open().unwrap().som(&people()).unwrap().inheritance_blocked;
    wait(&mut console, "inheritance is blocked", is_blocked);
    settle(&mut console);
    open_tab(&mut console, "Group Policy Inheritance");
    console.get_by_label_contains("Inheritance is blocked here");
    menu_item_is_ticked(&mut console, "Block Inheritance", true);
    tick(&mut console, "Block Inheritance");
    wait(&mut console, "inheritance is let through", |console| !is_blocked(console));
    go_to(&mut console, Place::Domain(root()));
    tick(&mut console, "Block Inheritance");
    wait(&mut console, "inheritance is blocked on the domain", |console| {
        let forest = console.state().forests()[0].open().unwrap();
        forest.snapshot.domain(&root()).unwrap().som().unwrap().inheritance_blocked
    });
}

#[test]
fn sites_offer_links_and_nothing_that_makes_no_sense() {
    let mut console = demo();
    let site = console.state().forests()[0].open().unwrap().snapshot.sites[0].dn.clone();
    go_to(&mut console, Place::Site(site.clone()));
    assert!(console.query_by_role_and_label(Role::Tab, "Group Policy Inheritance").is_none());
    console.get_by_role_and_label(Role::Button, "Action").click();
    console.run_steps(4);
    console.get_by_role_and_label(Role::Button, "Link an Existing GPO…");
    for absent in ["Block Inheritance", "New Organizational Unit…"] {
        assert!(console.query_by_label(absent).is_none(), "{absent}");
    }
    assert!(console.query_by_label_contains("and Link it here").is_none());
}

#[test]
fn organizational_units_are_made_renamed_and_deleted() {
    let mut console = demo();
    let exists = |console: &Console, dn: &Dn| console.state().forests()[0].open().unwrap().som(dn).is_some();
    go_to(&mut console, Place::Ou(people()));
    menu(&mut console, "Action", "New Organizational Unit…");
    click(&mut console, "OK");
    console.get_by_label("Enter a name.");
    put(&mut console, "Name", "Finance");
    click(&mut console, "OK");
    console.get_by_label_contains("already");
    put(&mut console, "Name", "Apprentices");
    click(&mut console, "OK");
    let made = people().child("OU", "Apprentices");
    wait(&mut console, "the unit is selected", |console| {
        console.state().selected().place() == Some(&Place::Ou(made.clone())) && exists(console, &made)
    });
    settle(&mut console);
    // In place, in the tree.
    press(&mut console, Modifiers::COMMAND, Key::Num1);
    press(&mut console, Modifiers::NONE, Key::F2);
    wait(&mut console, "the name can be edited", |console| {
        let field = console.query_by_role_and_label(Role::TextInput, "New name of Apprentices");
        field.is_some_and(|field| field.is_focused())
    });
    console.run_steps(2);
    put(&mut console, "New name of Apprentices", "Trainees");
    press(&mut console, Modifiers::NONE, Key::Enter);
    let renamed = people().child("OU", "Trainees");
    wait(&mut console, "the unit is renamed", |console| {
        exists(console, &renamed) && console.state().selected().place() == Some(&Place::Ou(renamed.clone()))
    });
    settle(&mut console);
    // An empty one goes and comes back.
    menu(&mut console, "Action", "Delete");
    wait(&mut console, "it is looked into", |console| console.query_by_label_contains("Undo brings it back").is_some());
    console.run_steps(3);
    delete(&mut console);
    wait(&mut console, "the unit is gone", |console| !exists(console, &renamed));
    settle(&mut console);
    press(&mut console, Modifiers::COMMAND, Key::Z);
    wait(&mut console, "the unit is back", |console| exists(console, &renamed));
    // One with something in it says what, and goes only when that is asked for.
    go_to(&mut console, Place::Ou(people()));
    menu(&mut console, "Action", "Delete");
    wait(&mut console, "it is looked into", |console| console.query_by_label_contains("It is not empty").is_some());
    console.run_steps(3);
    picture(&mut console, "delete-ou");
    assert!(console.get_all_by_role_and_label(Role::Button, "Delete").last().unwrap().accesskit_node().is_disabled());
    console.get_by_label_contains("Delete all that lies in it too").click();
    console.run_steps(3);
    delete(&mut console);
    wait(&mut console, "the unit is gone", |console| !exists(console, &people()));
}

/// Presses Delete of the question, which stands above that of the toolbar.
fn delete(console: &mut Console) {
    let buttons: Vec<_> = console.get_all_by_role_and_label(Role::Button, "Delete").collect();
    buttons.last().unwrap().click();
    drop(buttons);
    console.run_steps(4);
}

#[test]
fn the_scope_tab_changes_links_and_leads_to_their_containers() {
    let mut console = demo();
    let place = gpo(&console, "Screen Lock - Strict");
    go_to(&mut console, place.clone());
    open_tab(&mut console, "Scope");
    let directors = dn("OU=Directors,OU=People,OU=Headquarters");
    let choose = |console: &mut Console, row: &str| {
        let table = console.get_by_role_and_label(Role::Table, "Links");
        table.get_by_role_and_label(Role::Row, row).click();
        console.run_steps(3);
    };
    choose(&mut console, "Directors");
    let focused = |console: &Console| console.ctx.memory(|memory| memory.focused());
    let list = focused(&console);
    context_menu(&mut console, "Enforced");
    wait_for_links(&mut console, &directors, &["Screen Lock - Strict"]);
    settle(&mut console);
    // The list keeps the focus, and the row its selection: the next command goes to it.
    assert!(list.is_some() && focused(&console) == list);
    assert_eq!(selected_rows(&console, "Links"), ["Directors"]);
    context_menu(&mut console, "Link Enabled");
    wait_for_links(&mut console, &directors, &["Screen Lock - Strict-"]);
    settle(&mut console);
    // Several at once, after one question.
    press(&mut console, Modifiers::COMMAND, Key::A);
    console.run_steps(2);
    context_menu(&mut console, "Delete");
    console.get_by_label_contains("The GPOs themselves stay");
    click(&mut console, "Delete Links");
    wait_for_links(&mut console, &directors, &[]);
    settle(&mut console);
    assert!(rows(&console, "Links").is_empty());
    press(&mut console, Modifiers::COMMAND, Key::Z);
    wait_for_links(&mut console, &directors, &["Screen Lock - Strict-"]);
    settle(&mut console);
    let table = console.get_by_role_and_label(Role::Table, "Links");
    let at = table.get_by_role_and_label(Role::Row, "Directors").rect().center();
    for _ in 0..2 {
        console.hover_at(at);
        console.drag_at(at);
        console.drop_at(at);
        console.step();
    }
    console.run_steps(4);
    assert_eq!(console.state().selected().place(), Some(&Place::Ou(directors)));
}

#[test]
fn a_change_of_another_client_in_between_is_kept() {
    let mut console = demo();
    let forest = console.state().forests()[0].open().unwrap();
    let store = forest.store.clone();
    let Place::Gpo { id: gpo_id, .. } = gpo(&console, "AppLocker - Kiosks") else { panic!() };
    let dn = forest.snapshot.gpo(&root(), gpo_id).unwrap().dn.clone();
    // Somebody else links a GPO; the console does not know it yet.
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let journal = opengpmc::operation::Journal::open(folder.path()).unwrap();
        let context = opengpmc::operation::ChangeContext { store, journal };
        let edit = EditLinks::one(people(), "it", LinkChange::create(dn));
        opengpmc::operation::edit::carry_out(&context, &edit, &Default::default()).await.unwrap();
    });
    go_to(&mut console, Place::Link { som: people(), order: 1 });
    tick(&mut console, "Enforced");
    wait_for_links(
        &mut console,
        &people(),
        &["Folder Redirection!", "Preferences - Drives and Printers", "Baseline - All Users", "AppLocker - Kiosks"],
    );
}
