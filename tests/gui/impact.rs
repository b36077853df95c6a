//! The impact of a change, shown before it is made: counted, listed for whom and what, then made or left.

use std::sync::Arc;

use egui_kittest::kittest::Queryable;
use opengpmc::console::{Command, Place};
use opengpmc::ident::Dn;
use opengpmc::operation::admin::link::SetInheritanceBlocked;
use opengpmc::operation::admin::{GpoToEdit, RenameGpo};

use crate::backups::picture;
use crate::console::{Console, demo, go_to, wait};
use crate::walkthrough::take;

fn is_blocked(console: &Console, ou: &Dn) -> bool {
    console.state().forests()[0].open().unwrap().som(ou).unwrap().inheritance_blocked
}

/// Turns the preview on by its menu and asks for blocked inheritance on the OU of the whole staff.
fn preview(console: &mut Console) -> Dn {
    let ou: Dn = "OU=Headquarters,DC=kestrelbay,DC=example".parse().unwrap();
    go_to(console, Place::Ou(ou.clone()));
    console.get_by_label("Edit").click();
    console.run_steps(4);
    console.get_by_label("Preview Impact Before Changes").click();
    console.run_steps(4);
    let forest = console.state().forests()[0].id;
    let edit = SetInheritanceBlocked { som: ou.clone(), blocked: true };
    console.state_mut().ask(Command::Edit(forest, Arc::new(edit)));
    wait(console, "the impact is shown", |console| console.query_by_label("Apply the Change").is_some());
    console.run_steps(4);
    ou
}

#[test]
fn the_impact_is_seen_and_the_change_is_made_or_not() {
    let mut console = demo();
    let ou = preview(&mut console);
    assert!(!is_blocked(&console, &ou), "nothing is changed before it was seen");
    let count = console.query_by_label_contains("users and computers in the scope of this change.").is_some();
    assert!(count, "it tells how many are concerned");
    for list in ["Who is affected", "What changes", "Affected users and computers"] {
        assert!(console.query_all_by_label(list).next().is_some(), "{list}");
    }
    picture(&mut console, "impact");
    take(&mut console, "impact");
    console.get_by_label("Cancel").click();
    wait(&mut console, "the window is closed", |console| console.query_by_label("Apply the Change").is_none());
    assert!(!is_blocked(&console, &ou), "Cancel leaves everything as it was");

    let forest = console.state().forests()[0].id;
    let edit = SetInheritanceBlocked { som: ou.clone(), blocked: true };
    console.state_mut().ask(Command::Edit(forest, Arc::new(edit)));
    wait(&mut console, "the impact is shown again", |console| console.query_by_label("Apply the Change").is_some());
    console.run_steps(4);
    console.get_by_label("Apply the Change").click();
    wait(&mut console, "the change is made", |console| is_blocked(console, &ou));
}

#[test]
fn a_change_that_concerns_no_policy_is_made_at_once() {
    let mut console = demo();
    preview(&mut console);
    console.get_by_label("Cancel").click();
    console.run_steps(4);
    let snapshot = Arc::clone(&console.state().forests()[0].open().unwrap().snapshot);
    let gpo = &snapshot.domains[0].gpos[0];
    let forest = console.state().forests()[0].id;
    let id = gpo.id;
    let edit = RenameGpo { gpo: GpoToEdit::from(gpo), name: "Renamed Without a Question".to_owned() };
    console.state_mut().ask(Command::Edit(forest, Arc::new(edit)));
    wait(&mut console, "it is renamed", |console| {
        let snapshot = &console.state().forests()[0].open().unwrap().snapshot;
        snapshot.domains[0].gpo(id).is_some_and(|gpo| gpo.display_name == "Renamed Without a Question")
    });
}
