//! A snapshot of the lab's domain, against what its domain controller shows.

use std::sync::Arc;

use opengpmc::gpm::{Forest, LoadOptions, Task};
use opengpmc::operation::save_snapshot;
use opengpmc::store::{ConnectTarget, ForestFile, ForestStore, SdParts, SysvolPath, open};

use super::lab::{Lab, whole_domain};

async fn shown(store: Arc<dyn ForestStore>) -> serde_json::Value {
    let snapshot = Forest::load(store, &LoadOptions::default(), &Task::default()).await.unwrap();
    let mut shown = serde_json::to_value(&*snapshot).unwrap();
    shown["loaded"] = serde_json::Value::Null;
    for domain in shown["domains"].as_array_mut().unwrap() {
        domain["domain_controller"] = serde_json::Value::Null;
        domain["is_pdc_emulator"] = serde_json::Value::Null;
    }
    shown
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_of_the_domain_shows_what_the_domain_shows() {
    let Some(lab) = Lab::get() else { return };
    let _alone = whole_domain().await;
    let target = ConnectTarget::Server { host: lab.host.clone(), port: None, tls: false };
    let live = open(&target, &lab.admin(), &lab.options()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lab.gpforest");
    let summary = save_snapshot(&*live, &path, &Task::default()).await.unwrap();
    assert_eq!(summary.problems, []);
    assert!(summary.objects > 100 && summary.files >= 2, "{summary:?}");
    let copy: Arc<dyn ForestStore> = Arc::new(ForestFile::open(&path, true).unwrap());
    assert_eq!(shown(copy.clone()).await, shown(live.clone()).await);

    let domain = live.directory().root_dse().domain_dn.clone();
    let default_gpo = "{31B2F340-016D-11D2-945F-00C04FB984F9}";
    let gpo = domain.child("CN", "System").child("CN", "Policies").child("CN", default_gpo);
    let users = domain.child("CN", "Users");
    for (dn, attributes) in [
        (
            gpo,
            &["objectClass", "objectGUID", "nTSecurityDescriptor", "whenChanged", "versionNumber", "systemFlags"][..],
        ),
        (users.child("CN", "Domain Admins"), &["objectSid", "member", "memberOf", "groupType"]),
        (domain, &["objectSid", "gPLink", "fSMORoleOwner", "nTSecurityDescriptor", "name", "dc"]),
    ] {
        for attribute in attributes {
            let read = async |store: &Arc<dyn ForestStore>| {
                let entry = store.directory().read(&dn, &[attribute], Some(SdParts::READABLE)).await.unwrap();
                let mut values = entry.values(attribute).to_vec();
                values.sort();
                values
            };
            assert_eq!(read(&copy).await, read(&live).await, "{attribute} of {dn}");
        }
    }
    let files = SysvolPath::parse(&format!("Policies/{default_gpo}")).unwrap();
    let (copied, original) = (copy.sysvol(&lab.domain).await.unwrap(), live.sysvol(&lab.domain).await.unwrap());
    let names = |files: Vec<opengpmc::store::FileInfo>| files.into_iter().map(|file| file.name).collect::<Vec<_>>();
    assert_eq!(names(copied.list(&files).await.unwrap()), names(original.list(&files).await.unwrap()));
    let security =
        async |sysvol: &dyn opengpmc::store::Sysvol| sysvol.security(&files, SdParts::READABLE).await.unwrap();
    assert_eq!(security(&*copied).await, security(&*original).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_without_rights_saves_what_he_may_see() {
    let Some(lab) = Lab::get() else { return };
    let _alone = whole_domain().await;
    let target = ConnectTarget::Server { host: lab.host.clone(), port: None, tls: false };
    let live = open(&target, &lab.plain(), &lab.options()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lab.gpforest");
    let summary = save_snapshot(&*live, &path, &Task::default()).await.unwrap();
    assert!(summary.objects > 100, "{summary:?}");
    let copy = ForestFile::open(&path, true).unwrap();
    assert_eq!(copy.origin().unwrap().problems.len(), summary.problems.len());
}
