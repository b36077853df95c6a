//! Links, blocked inheritance and OUs on the lab's domain controller: what `tests/library/links.rs` checks on the forest file.

use opengpmc::gpm::{Domain, GpoParts, MessageId, Task};
use opengpmc::operation::admin::link::{EditLinks, LinkChange, LinkId, SetInheritanceBlocked};
use opengpmc::operation::admin::ou::{CreateOu, DeleteOu, RenameOu};
use opengpmc::operation::edit::{Edit, carry_out};
use opengpmc::operation::{ChangeContext, Journal};
use opengpmc::store::{Attribute, ConnectTarget, StoreErrorKind, open};

use crate::common::forest_state::State;
use crate::common::link_suite::{self, LinkSuite};

use super::lab::{Lab, whole_domain};

/// Opens the domain with a journal of its own.
async fn context(lab: &Lab, folder: &tempfile::TempDir) -> ChangeContext {
    let target = ConnectTarget::Server { host: lab.host.clone(), port: None, tls: false };
    let store = open(&target, &lab.admin(), &lab.options()).await.unwrap();
    ChangeContext { store, journal: Journal::open(folder.path()).unwrap() }
}

/// Makes an OU of the test's own; whatever an earlier run left is removed first. Three GPOs of the domain are linked there:
/// the two that every domain has, and a container that a link can name.
async fn suite(lab: &Lab, folder: &tempfile::TempDir, name: &str) -> LinkSuite {
    let context = context(lab, folder).await;
    let directory = context.store.directory();
    let domain_dn = directory.root_dse().domain_dn.clone();
    let ou = domain_dn.child("OU", name);
    match directory.delete_tree(&ou).await {
        Ok(()) => {}
        Err(error) => assert_eq!(error.kind, StoreErrorKind::NotFound, "{error}"),
    }
    directory.add(&ou, &[Attribute::text("objectClass", "organizationalUnit")]).await.unwrap();
    let domain = Domain::open(&context.store, &lab.domain).await.unwrap();
    let mut gpos: Vec<_> =
        domain.gpos(GpoParts::Location).await.unwrap().values.into_iter().map(|gpo| gpo.dn).collect();
    gpos.sort_by_key(|dn| !dn.name().to_lowercase().contains("-016"));
    gpos.truncate(2);
    let third = domain.policies_container().child("CN", "{0000001A-0000-0000-0000-000000000001}");
    let class = Attribute::text("objectClass", "groupPolicyContainer");
    match directory.add(&third, &[class, Attribute::text("displayName", "Linked by a test")]).await {
        Ok(()) => {}
        Err(error) => assert_eq!(error.kind, StoreErrorKind::AlreadyExists, "{error}"),
    }
    gpos.push(third);
    LinkSuite { context, ou, gpos }
}

async fn clean_up(suite: LinkSuite) {
    let directory = suite.context.store.directory();
    directory.delete_tree(&suite.ou).await.unwrap();
    directory.delete(&suite.gpos[2]).await.unwrap();
}

#[tokio::test]
async fn links_and_units_are_changed_as_on_the_forest_file() {
    let Some(lab) = Lab::get() else { return };
    let _turn = whole_domain().await;
    let folder = tempfile::tempdir().unwrap();
    let suite = suite(&lab, &folder, "links-live").await;
    link_suite::check_links(&suite).await;
    link_suite::check_odd_links(&suite).await;
    link_suite::check_moved_link(&suite).await;
    link_suite::check_inheritance(&suite).await;
    link_suite::check_ous(&suite).await;
    clean_up(suite).await;
}

#[tokio::test]
async fn who_may_not_is_told_which_right_is_missing() {
    let Some(lab) = Lab::get() else { return };
    let _turn = whole_domain().await;
    let (folder, other_folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let suite = suite(&lab, &folder, "links-refused").await;
    suite.done(&EditLinks::one(suite.ou.clone(), "it", LinkChange::create(suite.gpos[0].clone()))).await.unwrap();
    let before = State::of_directory(&*suite.context.store.directory(), &suite.ou).await;
    let target = ConnectTarget::Server { host: lab.host.clone(), port: None, tls: false };
    let store = open(&target, &lab.plain(), &lab.options()).await.unwrap();
    let plain = ChangeContext { store, journal: Journal::open(other_folder.path()).unwrap() };
    let check = async |edit: &dyn Edit, expected: &str| {
        let refused = carry_out(&plain, edit, &Task::default()).await.unwrap_err().0;
        assert_eq!(refused.id, MessageId::AccessDenied, "{refused}");
        assert!(refused.message.contains(expected), "{refused}");
    };
    let ou = || suite.ou.clone();
    check(&EditLinks::one(ou(), "it", LinkChange::create(suite.gpos[1].clone())), "the permission Link GPOs").await;
    let first = || vec![LinkId::first(suite.gpos[0].clone())];
    check(&EditLinks::one(ou(), "it", LinkChange::Delete(first())), "the permission Link GPOs").await;
    check(&SetInheritanceBlocked { som: ou(), blocked: true }, "the permission Link GPOs").await;
    check(&CreateOu { parent: ou(), name: "Inner".to_owned() }, "to create organizationalUnit objects").await;
    check(&RenameOu { ou: ou(), name: "Other".to_owned() }, "to write its name and ou").await;
    check(&DeleteOu { ou: ou(), with_children: false }, "the right to delete").await;
    let after = State::of_directory(&*suite.context.store.directory(), &suite.ou).await;
    assert_eq!(before.differences(&after), Vec::<String>::new());
    clean_up(suite).await;
}

#[tokio::test]
async fn two_clients_lose_no_link() {
    let Some(lab) = Lab::get() else { return };
    let _turn = whole_domain().await;
    let (folder, other_folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let suite = suite(&lab, &folder, "links-race").await;
    let other = context(&lab, &other_folder).await;
    let rounds = 100;
    let taken = link_suite::check_race(&suite, &other, rounds).await;
    eprintln!("{rounds} changes of each of two clients in {taken:?}");
    clean_up(suite).await;
}
