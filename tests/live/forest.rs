//! Forests read from the lab's domain controller.

use std::sync::Arc;

use opengpmc::gpm::{Forest, ForestSnapshot, LoadOptions, Task};
use opengpmc::ident::Guid;
use opengpmc::security::{SddlContext, SecurityDescriptor};
use opengpmc::store::{self, Attribute, Change, ConnectTarget, Credentials, Directory, ForestStore, SdParts};

use super::lab::{Lab, whole_domain};

async fn open(lab: &Lab, credentials: &Credentials) -> Arc<dyn ForestStore> {
    let target = ConnectTarget::Server { host: lab.host.clone(), port: None, tls: false };
    store::open(&target, credentials, &lab.options()).await.unwrap()
}

async fn load(lab: &Lab, credentials: &Credentials) -> Arc<ForestSnapshot> {
    let store = open(lab, credentials).await;
    Forest::load(store, &LoadOptions::default(), &Task::default()).await.unwrap()
}

#[tokio::test]
async fn administrators_and_users_without_rights_see_the_same_forest() {
    let Some(lab) = Lab::get() else { return };
    let _alone = whole_domain().await;
    let (admin, plain) = (load(&lab, &lab.admin()).await, load(&lab, &lab.plain()).await);
    for forest in [&admin, &plain] {
        assert_eq!(forest.name, lab.domain);
        let domain = &forest.domains[0];
        assert!(domain.is_pdc_emulator && domain.sid.is_some(), "{:?}", domain.problems);
        assert!(domain.domain_controllers.iter().any(|controller| controller.name.eq_ignore_ascii_case(&lab.host)));
        let policy = domain.gpos_named("default domain policy").next().unwrap();
        assert!(policy.security_descriptor.is_some() && policy.owner.is_some());
        assert!(!forest.links_to(&policy.dn, opengpmc::gpm::LinkScope::EntireForest).is_empty());
    }
    assert_eq!(admin.domains[0].soms.len(), plain.domains[0].soms.len());
}

#[tokio::test]
async fn a_gpo_that_may_not_be_read_is_shown_as_inaccessible() {
    let Some(lab) = Lab::get() else { return };
    let _alone = whole_domain().await;
    let store = open(&lab, &lab.admin()).await;
    let directory: Arc<dyn Directory> = store.directory();
    let id = Guid::random();
    let policies = directory.root_dse().domain_dn.child("CN", "System").child("CN", "Policies");
    let dn = policies.child("CN", &id.to_string());
    let attributes = [
        Attribute::texts("objectClass", &["top", "container", "groupPolicyContainer"]),
        Attribute::text("displayName", "Nobody's business"),
        Attribute::text("versionNumber", "1"),
    ];
    directory.add(&dn, &attributes).await.unwrap();
    let domain = load(&lab, &lab.admin()).await.domains[0].sid.clone();
    let context = SddlContext { domain, ..SddlContext::default() };
    let descriptor = SecurityDescriptor::from_sddl("O:DAG:DAD:P(A;CI;GA;;;DA)(A;CI;GA;;;SY)", &context).unwrap();
    let change = Change::SecurityDescriptor { parts: SdParts::DACL, descriptor: descriptor.to_bytes().unwrap() };
    let closed = directory.modify(&dn, &[change]).await;
    let seen = load(&lab, &lab.plain()).await;
    directory.delete(&dn).await.unwrap();
    closed.unwrap();
    let gpo = seen.domains[0].gpo(id).unwrap_or_else(|| panic!("not listed: {:?}", seen.domains[0].problems));
    assert!(gpo.inaccessible, "{gpo:?}");
    assert!(seen.domains[0].gpo_label(gpo).starts_with("Inaccessible"));
}
