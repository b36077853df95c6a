//! What is asked before something is deleted tells a link from a GPO, wherever it is asked from.

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use opengpmc::console::{Command, Node, Place};

use crate::backups::{click, menu, put};
use crate::console::{Console, demo_of_size, go_to, open_tab, settle, wait};
use crate::links::links;
use crate::screens::{dn, gpo, root};
use crate::support::{press, rows};

const STRICT: &str = "Screen Lock - Strict";

/// Where Delete is pressed, and on how many things.
type Case<'a> = (&'a str, usize, &'a dyn Fn(&mut Console));

fn at_row(console: &mut Console, table: &str, row: &str) {
    let table = console.get_by_role_and_label(Role::Table, table);
    table.get_by_role_and_label(Role::Row, row).click();
    console.run_steps(4);
}

fn at_node(console: &mut Console, place: Place) {
    go_to(console, place);
    press(console, Modifiers::COMMAND, Key::Num1);
}

/// Returns the title of the question, and its words.
fn question(console: &mut Console) -> (String, String) {
    press(console, Modifiers::NONE, Key::Delete);
    settle(console);
    let dialogs = console.query_all_by_role(Role::Dialog);
    let dialog = dialogs.last().expect("a question");
    let node = dialog.accesskit_node();
    let title = node.label().or(node.value()).unwrap_or_default();
    let words = dialog.query_all_by_role(Role::Label).map(|label| label.accesskit_node().value().unwrap_or_default());
    (title, words.collect::<Vec<_>>().join(" "))
}

/// Checks what is asked, answers no, and checks that nothing happened.
fn check(console: &mut Console, (from, count, go): Case<'_>, is_link: bool) {
    let forest = |console: &Console| {
        let snapshot = &console.state().forests()[0].open().unwrap().snapshot;
        let domain = snapshot.domain(&root()).unwrap();
        (domain.gpos.len(), domain.soms.iter().map(|som| som.links.len()).sum::<usize>())
    };
    let before = forest(console);
    go(console);
    let (title, words) = question(console);
    if is_link {
        let (titled, stays) = match count {
            1 => ("Delete Link", "The GPO itself stays."),
            _ => ("Delete Links", "The GPOs themselves stay."),
        };
        assert_eq!(title, titled, "{from}");
        assert!(words.contains("link") && words.contains(stays), "{from}: {words}");
        assert!(!words.contains("every link"), "{from}: {words}");
        // So does the button that does it.
        assert!(console.query_by_role_and_label(Role::Button, titled).is_some(), "{from}");
    } else {
        let (titled, what, with) = match count {
            1 => ("Delete GPO", "the GPO ".to_owned(), "every link to it in its domain"),
            _ => ("Delete GPOs", format!("{count} GPOs"), "every link to them in their domain"),
        };
        assert_eq!(title, titled, "{from}");
        assert!(words.contains(&what) && words.contains(with), "{from}: {words}");
        assert!(!words.contains("stays."), "{from}: {words}");
    }
    click(console, "Cancel");
    settle(console);
    assert_eq!(forest(console), before, "{from}");
}

#[test]
fn every_question_before_deleting_says_whether_it_is_the_link_or_the_gpo() {
    let mut console = demo_of_size([1400.0, 1200.0]);
    let people = dn("OU=People,OU=Headquarters");
    assert_eq!(links(&console, &people).len(), 3);
    let strict = gpo(&console, STRICT);
    let of_links: [Case<'_>; 6] = [
        ("the link in the tree", 1, &|console| at_node(console, Place::Link { som: people.clone(), order: 1 })),
        ("the list of links", 1, &|console| {
            go_to(console, Place::Ou(people.clone()));
            open_tab(console, "Linked Group Policy Objects");
            at_row(console, "Linked Group Policy Objects", "2");
        }),
        ("several of the list", 3, &|console| {
            go_to(console, Place::Ou(people.clone()));
            open_tab(console, "Linked Group Policy Objects");
            at_row(console, "Linked Group Policy Objects", "1");
            press(console, Modifiers::COMMAND, Key::A);
        }),
        ("what is inherited", 1, &|console| {
            go_to(console, Place::Ou(people.clone()));
            open_tab(console, "Group Policy Inheritance");
            let last = rows(console, "Group Policy Inheritance").pop().unwrap();
            at_row(console, "Group Policy Inheritance", &last);
        }),
        ("the Scope tab of the GPO", 1, &|console| {
            go_to(console, strict.clone());
            open_tab(console, "Scope");
            at_row(console, "Links", "Payroll");
        }),
        ("the Scope tab of the link", 1, &|console| {
            go_to(console, Place::Link { som: people.clone(), order: 1 });
            open_tab(console, "Scope");
            let first = rows(console, "Links").remove(0);
            at_row(console, "Links", &first);
        }),
    ];
    for case in of_links {
        check(&mut console, case, true);
    }
    let of_gpos: [Case<'_>; 3] = [
        ("the GPO in the tree", 1, &|console| at_node(console, strict.clone())),
        ("the list of GPOs", 1, &|console| {
            go_to(console, Place::Gpos(root()));
            open_tab(console, "Contents");
            put(console, "Filter Group Policy Objects", "screen lock");
            console.run_steps(6);
            at_row(console, "Group Policy Objects", STRICT);
        }),
        ("several of the list of GPOs", 2, &|console| {
            go_to(console, Place::Gpos(root()));
            put(console, "Filter Group Policy Objects", "baseline - all");
            console.run_steps(6);
            at_row(console, "Group Policy Objects", "Baseline - All Users");
            press(console, Modifiers::COMMAND, Key::A);
        }),
    ];
    for case in of_gpos {
        check(&mut console, case, false);
    }
    // A link that is dropped or pasted elsewhere is spoken of as a link too, a GPO as a GPO that is linked.
    let id = console.state().forests()[0].id;
    go_to(&mut console, Place::Link { som: people.clone(), order: 1 });
    menu(&mut console, "Action", "Copy");
    go_to(&mut console, Place::Ou(dn("OU=Directors,OU=People,OU=Headquarters")));
    menu(&mut console, "Action", "Paste");
    console.get_by_label_contains("What is to be done with the link of");
    console.get_by_role_and_label(Role::Button, "Move the Link");
    click(&mut console, "Cancel");
    console.state_mut().ask(Command::Select(Node::In(id, strict)));
    settle(&mut console);
    menu(&mut console, "Action", "Copy");
    go_to(&mut console, Place::Ou(people));
    menu(&mut console, "Action", "Paste");
    wait(&mut console, "it is asked", |console| console.query_by_role_and_label(Role::Dialog, "Link GPO").is_some());
}
