//! GPOs made, changed and deleted on the lab's domain controller, by an administrator and by somebody who may only create them.

use std::process::Command;
use std::sync::Arc;

use opengpmc::gpm::{Domain, GpoParts, GpoStatus, HResult, OperationError, Task};
use opengpmc::ident::{Dn, DnsName, Guid, Sid};
use opengpmc::operation::admin::{
    CreateGpo, DeleteGpo, GpoToEdit, RenameGpo, SetGpoComment, SetGpoStatus, SetGpoWmiFilter,
};
use opengpmc::operation::edit::{Edit, Edited, carry_out, undo};
use opengpmc::security::{AccessMask, AclEntry, AclState, SddlContext, SecurityDescriptor, compare_sysvol_acl};
use opengpmc::store::{self, Change, ConnectTarget, Credentials, ForestStore, SdParts};

use super::lab::{Lab, whole_domain};
use crate::common::change_suite::Suite;
use crate::common::forest_state::State;

async fn suite(lab: &Lab, credentials: &Credentials) -> Suite {
    let target = ConnectTarget::Server { host: lab.host.clone(), port: None, tls: false };
    let store: Arc<dyn ForestStore> = store::open(&target, credentials, &lab.options()).await.unwrap();
    Suite::new(store, &lab.domain)
}

async fn edit(suite: &Suite, edit: &dyn Edit) -> Edited {
    carry_out(&suite.context, edit, &Task::default()).await.unwrap_or_else(|error| panic!("{}: {error}", edit.title()))
}

fn new_gpo(domain: &DnsName, link_to: Option<Dn>) -> CreateGpo {
    let id = Guid::random();
    let (domain, name, comment) = (domain.clone(), format!("Made {id}"), Some("by a test".to_owned()));
    CreateGpo { domain, id, name, starter: None, comment, link_to }
}

fn to_edit(create: &CreateGpo) -> GpoToEdit {
    GpoToEdit { domain: create.domain.clone(), id: create.id, name: create.name.clone() }
}

/// Reads both access lists of a GPO, which must say the same; returns that of the directory.
async fn consistent_access(suite: &Suite, id: Guid) -> SecurityDescriptor {
    let domain = Domain::open(suite.store(), &suite.domain).await.unwrap();
    let gpo = domain.gpo(id, GpoParts::All).await.unwrap();
    let own = SecurityDescriptor::from_bytes(gpo.security_descriptor.as_deref().unwrap()).unwrap();
    let folder = domain.sysvol_security(&gpo.sysvol_folder()).await.unwrap();
    let difference = compare_sysvol_acl(&own, &SecurityDescriptor::from_bytes(&folder).unwrap());
    assert!(difference.is_empty(), "{difference:?}");
    own
}

/// Runs Samba's own check of its database, which must find nothing.
fn check_database() {
    let environment = std::env::var("OPENGPMC_LAB_ENV").unwrap();
    let configuration = std::path::Path::new(&environment).with_file_name("dc1").join("etc").join("smb.conf");
    let output = Command::new("samba-tool").arg("dbcheck").arg("-s").arg(configuration).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("(0 errors)"), "{text}{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn a_gpo_is_made_changed_deleted_and_brought_back() {
    let Some(lab) = Lab::get() else { return };
    let _alone = whole_domain().await;
    let suite = suite(&lab, &lab.admin()).await;
    let root = lab.domain.to_domain_dn();
    let links = async || suite.store().directory().read(&root, &["gPLink"], None).await.unwrap().text("gPLink");
    let links_before = links().await;
    let create = new_gpo(&lab.domain, Some(root.clone()));
    let made = edit(&suite, &create).await;
    let gpo = to_edit(&create);
    consistent_access(&suite, create.id).await;
    let state = suite.state(create.id).await;
    assert_eq!(state.attribute("flags").as_deref(), Some("0"));
    assert_eq!(state.attribute("versionNumber").as_deref(), Some("0"));
    let whole = async || State::of_gpo(suite.store(), &suite.domain, create.id).await;
    let changes: [Box<dyn Edit>; 3] = [
        Box::new(RenameGpo { gpo: gpo.clone(), name: format!("Renamed {}", create.id) }),
        Box::new(SetGpoStatus { gpo: gpo.clone(), status: GpoStatus::AllSettingsDisabled }),
        Box::new(SetGpoComment { gpo: gpo.clone(), seen: Some("by a test".to_owned()), comment: "ü\nv".to_owned() }),
    ];
    for change in &changes {
        let before = whole().await;
        let done = edit(&suite, &**change).await;
        assert!(!before.differences(&whole().await).is_empty(), "{}", change.title());
        undo(&suite.context, done.entry.unwrap(), &Task::default()).await.unwrap();
        let differences = without_what_the_server_counts(before.differences(&whole().await));
        assert_eq!(differences, Vec::<String>::new(), "{}", change.title());
    }
    let no_filter = SetGpoWmiFilter { gpo: gpo.clone(), filter: Some(Guid::random()), filter_name: String::new() };
    carry_out(&suite.context, &no_filter, &Task::default()).await.unwrap_err();

    let before = whole().await;
    let deleted = edit(&suite, &DeleteGpo { gpo: gpo.clone(), keep_links: false }).await;
    assert!(suite.state(create.id).await.is_absent());
    assert_eq!(links().await.unwrap_or_default().trim(), links_before.clone().unwrap_or_default().trim());
    check_database();
    undo(&suite.context, deleted.entry.unwrap(), &Task::default()).await.unwrap();
    let differences = without_what_the_server_counts(before.differences(&whole().await));
    assert_eq!(differences, Vec::<String>::new());
    consistent_access(&suite, create.id).await;
    assert!(links().await.unwrap().to_lowercase().contains(&create.id.to_string().to_lowercase()));
    // It is as it was made, so that its making can be undone too.
    undo(&suite.context, made.entry.unwrap(), &Task::default()).await.unwrap();
    assert!(suite.state(create.id).await.is_absent());
    assert_eq!(links().await.unwrap_or_default().trim(), links_before.unwrap_or_default().trim());
    check_database();
}

/// Times and counters of the server do not come back, and `revision` is a counter of ours.
fn without_what_the_server_counts(mut differences: Vec<String>) -> Vec<String> {
    let counted =
        [" whenchanged: ", " whencreated: ", " usnchanged: ", " usncreated: ", " revision: ", " objectguid: "];
    differences.retain(|difference| !counted.iter().any(|name| difference.to_lowercase().contains(name)));
    differences
}

#[tokio::test]
async fn who_may_only_create_gpos_gets_a_whole_one_or_none() {
    let Some(lab) = Lab::get() else { return };
    let _alone = whole_domain().await;
    let (admin, creator) = (suite(&lab, &lab.admin()).await, suite(&lab, &lab.creator()).await);
    let create = new_gpo(&lab.domain, None);
    let refusal = carry_out(&creator.context, &create, &Task::default()).await.unwrap_err();
    assert_eq!(refusal.0.code, HResult::ACCESS_DENIED);
    assert!(refusal.0.message.contains("the right to create groupPolicyContainer objects"), "{refusal}");
    assert!(admin.state(create.id).await.is_absent());

    // Now Group Policy Creator Owners may create GPOs in the directory, as on Windows.
    let policies = Domain::open(admin.store(), &lab.domain).await.unwrap().policies_container();
    let directory = admin.store().directory();
    let before = directory.read(&policies, &["nTSecurityDescriptor"], Some(SdParts::DACL)).await.unwrap();
    let before = before.bytes("nTSecurityDescriptor").unwrap().to_vec();
    let put = async |descriptor: Vec<u8>| {
        let change = Change::SecurityDescriptor { parts: SdParts::DACL, descriptor };
        directory.modify(&policies, &[change]).await.unwrap();
    };
    put(with_right_to_create(&lab, &before).await).await;
    let outcome = carry_out(&creator.context, &create, &Task::default()).await;
    let state = admin.state(create.id).await;
    match &outcome {
        Ok(_) => {
            let own = consistent_access(&admin, create.id).await;
            let user = creator.store().directory().root_dse().user.clone().unwrap();
            assert_eq!(own.owner.as_ref(), Some(&user));
            assert!(has_full_control(&own, &user), "{own:?}");
            edit(&admin, &DeleteGpo { gpo: to_edit(&create), keep_links: false }).await;
        }
        Err(OperationError(message)) => {
            println!("{message}");
            assert_eq!(message.code, HResult::ACCESS_DENIED);
            assert!(message.message.contains("the right to ") && message.message.contains("SysVol"), "{message}");
            assert!(state.is_absent(), "{state:?}");
        }
    }
    put(before).await;
    println!(
        "a Group Policy Creator Owner {}",
        if outcome.is_ok() { "creates whole GPOs" } else { "is refused in SYSVOL" }
    );
    check_database();
}

fn has_full_control(descriptor: &SecurityDescriptor, user: &Sid) -> bool {
    let acl = descriptor.dacl.acl().unwrap();
    acl.aces().any(|ace| ace.sid == *user && ace.mask.contains(AccessMask(0xF00FF)))
}

async fn with_right_to_create(lab: &Lab, bytes: &[u8]) -> Vec<u8> {
    let suite = suite(lab, &lab.admin()).await;
    let head = suite.store().directory().read(&lab.domain.to_domain_dn(), &["objectSid"], None).await.unwrap();
    let domain = Sid::from_bytes(head.bytes("objectSid").unwrap()).unwrap();
    let context = SddlContext { domain: Some(domain.clone()), forest_root: Some(domain) };
    let granted =
        SecurityDescriptor::from_sddl("D:(OA;;CC;f30e3bc2-9ff0-11d1-b603-0000f80367c1;;PA)", &context).unwrap();
    let mut descriptor = SecurityDescriptor::from_bytes(bytes).unwrap();
    let AclState::Present(acl) = &mut descriptor.dacl else { panic!("{descriptor:?}") };
    acl.entries.splice(0..0, granted.dacl.acl().unwrap().aces().cloned().map(AclEntry::Ace));
    descriptor.to_bytes().unwrap()
}
