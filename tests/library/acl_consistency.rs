//! Access lists of GPOs in directory and SYSVOL compared, on the demo forest: every difference of every GPO.

use std::sync::Arc;

use opengpmc::gpm::{Domain, GpoParts, MessageId, Task};
use opengpmc::ident::Guid;
use opengpmc::operation::{AclCheck, AclConsistency, check_gpo_acl, check_gpo_acls};
use opengpmc::security::{AclDialect, SddlContext, SecurityDescriptor, to_sysvol_acl};
use opengpmc::store::{ForestStore, SdParts, demo};

/// A GPO of the demo domain whose folder is there.
async fn demo_gpo() -> (Arc<dyn ForestStore>, Domain, Guid) {
    let store = demo::open().await.unwrap();
    let name = store.directory().root_dse().domain.clone();
    let domain = Domain::open(&store, &name).await.unwrap();
    let checks = check_gpo_acls(&domain, &Task::default()).await.unwrap();
    let id = checks.iter().find(|check| check.is_consistent()).unwrap().id;
    (store, domain, id)
}

async fn set_folder(domain: &Domain, id: Guid, sddl: &str) {
    let folder = domain.gpo(id, GpoParts::Location).await.unwrap().sysvol_folder();
    let descriptor = SecurityDescriptor::from_sddl(sddl, &SddlContext::default()).unwrap();
    let sysvol = domain.sysvol().await.unwrap();
    sysvol.set_security(&folder, SdParts::DACL, &descriptor.to_bytes().unwrap()).await.unwrap();
}

/// Sets the list of a GPO's folder and compares what is said of it.
async fn check(folder: &str, expected: &[&str]) {
    let (_store, domain, id) = demo_gpo().await;
    let dn = domain.gpo_dn(id);
    let descriptor =
        "D:PAI(A;CI;LCRPLORC;;;AU)(A;CI;0xf0037;;;BA)(OA;CI;CR;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;AU)(D;CI;WP;;;WD)";
    let descriptor = SecurityDescriptor::from_sddl(descriptor, &SddlContext::default()).unwrap().to_bytes().unwrap();
    let change = opengpmc::store::Change::SecurityDescriptor { parts: SdParts::DACL, descriptor };
    domain.directory().modify(&dn, &[change]).await.unwrap();
    set_folder(&domain, id, folder).await;
    let found = check_gpo_acl(&domain, id, &Task::default()).await.unwrap();
    assert_eq!(found.lines(&|sid| sid.well_known_name().unwrap_or("?").to_owned()), expected, "{found:?}");
    assert_eq!(found.is_consistent(), expected.is_empty());
}

#[tokio::test]
async fn both_ways_of_making_the_list_are_known() {
    check("D:P(A;OICI;0x1200a9;;;AU)(A;OICI;FA;;;BA)(D;OICI;0x100116;;;WD)", &[]).await;
    check("D:P(A;OICI;0x1200a9;;;AU)(A;OICI;FA;;;BA)(OA;OICI;;edacfd8f-ffb3-11d1-b41d-00a0c968f939;;AU)", &[]).await;
}

#[tokio::test]
async fn every_difference_is_told() {
    check(
        "D:P(A;OICI;FA;;;AU)(A;OICI;0x1200a9;;;SY)",
        &[
            r"missing in SYSVOL for NT AUTHORITY\Authenticated Users: (A;OICI;0x1200a9;;;AU)",
            r"missing in SYSVOL for BUILTIN\Administrators: (A;OICI;FA;;;BA)",
            "missing in SYSVOL for Everyone: (D;OICI;0x100116;;;WD)",
            r"only in SYSVOL for NT AUTHORITY\Authenticated Users: (A;OICI;FA;;;AU)",
            r"only in SYSVOL for NT AUTHORITY\SYSTEM: (A;OICI;0x1200a9;;;SY)",
        ],
    )
    .await;
    check("D:NO_ACCESS_CONTROL", &["one half has no access list, so that everybody may do everything there"]).await;
}

#[tokio::test]
async fn one_pass_over_a_domain_tells_of_all() {
    let (_store, domain, id) = demo_gpo().await;
    let task = Task::default();
    let before = check_gpo_acls(&domain, &task).await.unwrap();
    let progress = task.snapshot();
    assert_eq!((progress.done, progress.total), (before.len() as u64, before.len() as u64));
    assert_eq!(before.len(), domain.gpos(GpoParts::Summary).await.unwrap().values.len());
    assert!(before.iter().any(|check| check.state == AclConsistency::FolderMissing));
    set_folder(&domain, id, "D:P(A;OICI;FA;;;WD)").await;
    let after = check_gpo_acls(&domain, &Task::default()).await.unwrap();
    let changed: Vec<&AclCheck> =
        after.iter().zip(&before).filter(|(after, before)| after != before).map(|(after, _)| after).collect();
    assert_eq!(changed.iter().map(|check| check.id).collect::<Vec<_>>(), [id]);
    let json = serde_json::to_value(changed[0]).unwrap();
    assert_eq!(
        (json["state"].as_str(), json["windows"]["extra"][0].as_str()),
        (Some("different"), Some("(A;OICI;FA;;;WD)"))
    );
    // What the rules make of the container's list makes them agree again.
    let container =
        SecurityDescriptor::from_bytes(&domain.directory_security(&domain.gpo_dn(id)).await.unwrap()).unwrap();
    let context = SddlContext::default();
    set_folder(&domain, id, &to_sysvol_acl(&container, AclDialect::Windows).to_sddl(&context)).await;
    assert!(check_gpo_acl(&domain, id, &Task::default()).await.unwrap().is_consistent());
}

#[tokio::test]
async fn what_cannot_be_checked_is_said() {
    let (_store, domain, _) = demo_gpo().await;
    let error = check_gpo_acl(&domain, Guid::NIL, &Task::default()).await.unwrap_err();
    assert_eq!(error.0.id, MessageId::GpoNotFound);
    let cancelled = Task::default();
    cancelled.cancel();
    assert!(check_gpo_acls(&domain, &cancelled).await.unwrap_err().is_cancelled());
}
