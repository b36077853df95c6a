//! Edits from the console: done in the background, seen at once, undone and done again from the Edit menu.

use std::sync::Arc;

use async_trait::async_trait;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use opengpmc::console::{Command, Place};
use opengpmc::gpm::{OperationError, Task, Touched};
use opengpmc::ident::Dn;
use opengpmc::operation::edit::{Edit, EditPlan, Step, ValueChange};
use opengpmc::store::ForestStore;

use crate::console::{Console, demo, go_to, wait};
use crate::support::press;

/// Blocks inheritance on an OU, whatever is there.
struct Block(Dn);

#[async_trait]
impl Edit for Block {
    fn title(&self) -> String {
        format!("Block inheritance on {}", self.0.name())
    }

    async fn plan(&self, store: &Arc<dyn ForestStore>, _: &Task) -> Result<EditPlan, OperationError> {
        let entry = store.directory().read(&self.0, &["gPOptions"], None).await;
        let now = entry.map_err(|error| OperationError::of_directory(&error))?.text("gPOptions");
        let value = ValueChange::text("gPOptions", now.as_deref(), Some("1"));
        let steps = vec![Step::modify(&self.0, vec![value])];
        Ok(EditPlan { steps, touches: vec![Touched::Som(self.0.clone())], ..EditPlan::default() })
    }
}

fn is_blocked(console: &Console, ou: &Dn) -> bool {
    console.state().forests()[0].open().unwrap().som(ou).unwrap().inheritance_blocked
}

#[test]
fn what_is_done_is_seen_undone_and_done_again() {
    let mut console = demo();
    let forest = console.state().forests()[0].id;
    let snapshot = Arc::clone(&console.state().forests()[0].open().unwrap().snapshot);
    let ou = snapshot.domains[0].soms.iter().skip(1).find(|som| !som.inheritance_blocked).unwrap().dn.clone();
    go_to(&mut console, Place::Ou(ou.clone()));
    console.state_mut().ask(Command::Edit(forest, Arc::new(Block(ou.clone()))));
    wait(&mut console, "inheritance is blocked", |console| is_blocked(console, &ou));
    let loaded = |console: &Console| console.state().forests()[0].open().unwrap().snapshot.loaded;
    assert_eq!(loaded(&console), snapshot.loaded, "the forest was not read anew, only the OU");

    console.run_steps(4);
    console.get_by_label("Edit").click();
    wait(&mut console, "the menu tells what would be undone", |console| {
        console.query_by_label("Undo").is_some_and(|row| {
            row.accesskit_node().description().is_some_and(|told| told.starts_with("Block inheritance on "))
        })
    });
    press(&mut console, Modifiers::NONE, Key::Escape);
    press(&mut console, Modifiers::COMMAND, Key::Z);
    wait(&mut console, "it is undone", |console| !is_blocked(console, &ou));
    console.run_steps(4);
    // What can be done again is looked up in the journal, so it is offered a moment later.
    console.get_by_label("Edit").click();
    wait(&mut console, "it can be done again", |console| {
        let row = console.query_by_label("Redo");
        row.is_some_and(|row| row.accesskit_node().description().is_some_and(|told| told.starts_with("Block ")))
    });
    console.get_by_label("Redo").click();
    wait(&mut console, "it is done again", |console| is_blocked(console, &ou));
}
