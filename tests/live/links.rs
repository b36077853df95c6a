//! Links, blocked inheritance and OUs on the lab's domain controller: what `tests/library/links.rs` checks on the forest file.

use opengpmc::gpm::{Domain, GpoParts};
use opengpmc::operation::{ChangeContext, Journal};
use opengpmc::store::{Attribute, ConnectTarget, StoreErrorKind, open};

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
