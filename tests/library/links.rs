//! Links, blocked inheritance and OUs on the forest file: what `tests/live/links.rs` checks on a real domain.

use std::sync::Arc;

use opengpmc::gpm::{Forest, LoadOptions, MessageId, Task};
use opengpmc::ident::{Dn, LinkOptions};
use opengpmc::operation::admin::link::{EditLinks, LinkChange, LinkId, MoveLink, SetInheritanceBlocked};
use opengpmc::operation::admin::ou::{CreateOu, DeleteOu, RenameOu};
use opengpmc::operation::edit::{Edit, carry_out, carry_out_all};
use opengpmc::operation::{ChangeContext, Journal};
use opengpmc::store::{Attribute, Change, ForestStore, demo};

use crate::common::faulty_store::{Failure, Fault, Faults};
use crate::common::forest_state::State;
use crate::common::link_suite::{self, LinkSuite};
use crate::common::without_rights::ForestWithoutRights;

async fn suite(folder: &tempfile::TempDir) -> LinkSuite {
    let context = ChangeContext { store: demo::open().await.unwrap(), journal: Journal::open(folder.path()).unwrap() };
    let forest = Forest::load(context.store.clone(), &LoadOptions::default(), &Task::default()).await.unwrap();
    let domain = &forest.domains[0];
    let ou = CreateOu { parent: domain.dn.clone(), name: "Links".to_owned() };
    carry_out(&context, &ou, &Task::default()).await.unwrap();
    let gpos = domain.gpos[..3].iter().map(|gpo| gpo.dn.clone()).collect();
    LinkSuite { context, ou: domain.dn.child("OU", "Links"), gpos }
}

#[tokio::test]
async fn links_are_made_changed_ordered_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    link_suite::check_links(&suite(&folder).await).await;
}

#[tokio::test]
async fn odd_links_are_changed_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    link_suite::check_odd_links(&suite(&folder).await).await;
}

#[tokio::test]
async fn a_link_moves_to_another_container_or_stays() {
    let folder = tempfile::tempdir().unwrap();
    link_suite::check_moved_link(&suite(&folder).await).await;
}

#[tokio::test]
async fn inheritance_is_blocked_and_let_through() {
    let folder = tempfile::tempdir().unwrap();
    link_suite::check_inheritance(&suite(&folder).await).await;
}

#[tokio::test]
async fn units_come_are_renamed_and_go() {
    let folder = tempfile::tempdir().unwrap();
    link_suite::check_ous(&suite(&folder).await).await;
}

#[tokio::test]
async fn two_clients_lose_no_link() {
    let folder = tempfile::tempdir().unwrap();
    let suite = suite(&folder).await;
    let other_folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(other_folder.path()).unwrap();
    let other = ChangeContext { store: suite.context.store.clone(), journal };
    link_suite::check_race(&suite, &other, 40).await;
}

#[tokio::test]
async fn sites_take_links_and_block_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let suite = suite(&folder).await;
    let forest = Forest::load(suite.context.store.clone(), &LoadOptions::default(), &Task::default()).await.unwrap();
    let site = forest.sites[0].dn.clone();
    let before = suite.links(&site).await;
    suite.done(&EditLinks::one(site.clone(), "it", LinkChange::create(suite.gpos[2].clone()))).await.unwrap();
    assert_eq!(suite.links(&site).await, format!("{before}c"));
    let blocked = suite.done(&SetInheritanceBlocked { som: site, blocked: true }).await.unwrap_err();
    assert_eq!(blocked.0.id, MessageId::InvalidArgument);
}

#[tokio::test]
async fn many_containers_are_changed_with_one_undo_and_each_for_itself() {
    let folder = tempfile::tempdir().unwrap();
    let suite = suite(&folder).await;
    let gone: Dn = suite.ou.child("OU", "gone");
    let link = |som: &Dn| -> std::sync::Arc<dyn Edit> {
        std::sync::Arc::new(EditLinks::one(som.clone(), "it", LinkChange::create(suite.gpos[0].clone())))
    };
    let edits = [link(&gone), link(&suite.ou)];
    let outcomes = carry_out_all(&suite.context, "Link it everywhere", &edits, &Task::default()).await.unwrap();
    assert!(outcomes[0].outcome.is_err() && outcomes[1].outcome.is_ok());
    assert_eq!(suite.links(&suite.ou).await, "a");
}

#[tokio::test]
async fn an_attribute_that_is_no_text_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let suite = suite(&folder).await;
    let directory = suite.context.store.directory();
    let damaged = Change::Replace(Attribute::bytes("gPLink", vec![0xFF, 0xFE, b'[']));
    if directory.modify(&suite.ou, &[damaged]).await.is_err() {
        // The directory itself refuses what is no text.
        return;
    }
    let edit = EditLinks::one(suite.ou.clone(), "it", LinkChange::create(suite.gpos[0].clone()));
    assert_eq!(suite.done(&edit).await.unwrap_err().0.id, MessageId::InvalidArgument);
}

#[test]
fn titles_say_what_is_done_where() {
    let (som, gpo): (Dn, Dn) = ("OU=Staff,DC=corp,DC=x".parse().unwrap(), "CN={A},DC=corp,DC=x".parse().unwrap());
    let check = |change: LinkChange, expected: &str| {
        assert_eq!(EditLinks::one(som.clone(), "Staff Desktop", change).title(), expected);
    };
    let ids = || vec![LinkId::first(gpo.clone())];
    let create = LinkChange::Create { gpo: gpo.clone(), position: None, options: LinkOptions::default() };
    check(create, "Link Staff Desktop to corp.x/Staff");
    check(LinkChange::Delete(ids()), "Delete the link of Staff Desktop on corp.x/Staff");
    check(LinkChange::SetEnforced(ids(), false), "Stop enforcing the link of Staff Desktop on corp.x/Staff");
    check(LinkChange::Move(ids(), opengpmc::ident::LinkMove::Up), "Move the link of Staff Desktop up on corp.x/Staff");
}

#[tokio::test]
async fn a_right_that_is_missing_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let suite = suite(&folder).await;
    let other = suite.ou.parent().unwrap();
    let gpo = || suite.gpos[0].clone();
    suite.done(&EditLinks::one(suite.ou.clone(), "it", LinkChange::create(gpo()))).await.unwrap();
    let context = |store: Arc<dyn ForestStore>| ChangeContext { store, journal: suite.context.journal.clone() };
    let here = context(Arc::new(ForestWithoutRights(suite.context.store.clone(), suite.ou.clone())));
    let faulty = || context(Faults::at(1, Fault::Once(Failure::DENIED)).wrap(suite.context.store.clone()));
    let link = |som: &Dn| EditLinks::one(som.clone(), "it", LinkChange::create(suite.gpos[1].clone()));
    let block = SetInheritanceBlocked { som: suite.ou.clone(), blocked: true };
    let create = CreateOu { parent: suite.ou.clone(), name: "Inner".to_owned() };
    let rename = RenameOu { ou: suite.ou.clone(), name: "Other".to_owned() };
    let delete = DeleteOu { ou: suite.ou.clone(), with_children: false };
    let moved = |from: &Dn, to: &Dn| {
        let (from, to) = (from.clone(), to.clone());
        MoveLink { subject: "it".to_owned(), link: LinkId::first(gpo()), from, to }
    };
    let links_here = "you may not change links on kestrelbay.example/Links: the permission Link GPOs is missing there";
    let before = State::of_directory(&*suite.context.store.directory(), &suite.ou).await;
    // What the directory says beforehand is told before anything is tried, and by `--dry-run` too.
    let check = async |edit: &dyn Edit, expected: &str| {
        let planned = edit.plan(&here.store, &Task::default()).await.unwrap_err().0;
        let done = carry_out(&here, edit, &Task::default()).await.unwrap_err().0;
        assert_eq!((planned.id, &planned.message), (MessageId::AccessDenied, &done.message));
        assert!(done.message.contains(expected), "{}", done.message);
    };
    check(&link(&suite.ou), links_here).await;
    check(&EditLinks::one(suite.ou.clone(), "it", LinkChange::Delete(vec![LinkId::first(gpo())])), links_here).await;
    check(&moved(&suite.ou, &other), links_here).await;
    check(&block, "you may not change inheritance on kestrelbay.example/Links: the permission Link GPOs is missing")
        .await;
    check(&create, "the right to create organizationalUnit objects there is missing").await;
    check(&rename, "the right to write its name and ou is missing").await;
    // What it does not say is told by the refusal.
    let check = async |edit: &dyn Edit, expected: &str| {
        let done = carry_out(&faulty(), edit, &Task::default()).await.unwrap_err().0;
        assert_eq!(done.id, MessageId::AccessDenied);
        assert!(done.message.contains(expected), "{}", done.message);
    };
    check(&link(&suite.ou), "(the permission Link GPOs) is missing").await;
    check(&block, "the right to write gPOptions of OU=Links,DC=kestrelbay,DC=example (the permission Link GPOs)").await;
    check(&create, "the right to create organizationalUnit objects in OU=Links,").await;
    check(&rename, "the right to write name and ou of OU=Links,").await;
    check(&delete, "the right to delete OU=Links,").await;
    let after = State::of_directory(&*suite.context.store.directory(), &suite.ou).await;
    assert_eq!(before.differences(&after), Vec::<String>::new());
}
