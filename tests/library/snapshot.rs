//! Saving a forest to a file.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use opengpmc::gpm::{Forest, LoadOptions, Task};
use opengpmc::ident::{Dn, DnsName};
use opengpmc::operation::{SnapshotError, save_snapshot};
use opengpmc::store::{
    Attribute, ConnectOptions, ConnectTarget, ConnectionInfo, Credentials, Directory, Entry, ForestFile,
    ForestFileBuilder, ForestStore, StoreError, StoreErrorKind, Sysvol, SysvolItem, SysvolPath, demo, open,
};

async fn shown(store: Arc<dyn ForestStore>) -> serde_json::Value {
    let snapshot = Forest::load(store, &LoadOptions::default(), &Task::default()).await.unwrap();
    let mut shown = serde_json::to_value(&*snapshot).unwrap();
    shown["loaded"] = serde_json::Value::Null;
    for domain in shown["domains"].as_array_mut().unwrap() {
        domain["domain_controller"] = serde_json::Value::Null;
    }
    shown
}

/// Returns every file of a SYSVOL with its descriptor.
async fn tree(sysvol: &dyn Sysvol, folder: &SysvolPath) -> Vec<(String, Vec<u8>, Vec<u8>)> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.clone()];
    while let Some(folder) = waiting.pop() {
        for file in sysvol.list(&folder).await.unwrap() {
            let path = folder.join(&file.name).unwrap();
            let security = sysvol.security(&path, opengpmc::store::SdParts::READABLE).await.unwrap();
            if file.is_folder {
                found.push((path.to_string(), Vec::new(), security));
                waiting.push(path);
            } else {
                found.push((path.to_string(), sysvol.read(&path).await.unwrap(), security));
            }
        }
    }
    found.sort();
    found
}

fn files_in(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().to_string_lossy().into_owned());
    names.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_copy_shows_what_the_forest_shows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("demo.gpforest");
    let demo: Arc<dyn ForestStore> = demo::open().await.unwrap();
    let task = Task::default();
    let summary = save_snapshot(&*demo, &path, &task).await.unwrap();
    assert_eq!(summary.problems, []);
    assert!(summary.objects > 100 && summary.files > 40, "{summary:?}");
    assert_eq!(task.snapshot().done, summary.objects + summary.files);
    assert_eq!(files_in(folder.path()), ["demo.gpforest"]);

    let copy = ForestFile::open(&path, true).unwrap();
    let origin = copy.origin().unwrap();
    assert_eq!((origin.source.as_str(), origin.problems.len()), ("demo", 0));
    drop(copy);
    let target: ConnectTarget = path.display().to_string().parse().unwrap();
    let copy = open(&target, &Credentials::CurrentUser, &ConnectOptions::default()).await.unwrap();
    assert!(copy.info().read_only, "a copy is not changed");
    assert!(copy.info().security.starts_with("local file, copy of demo of "));
    assert_eq!(shown(copy.clone()).await, shown(demo.clone()).await);
    let snapshot = Forest::load(demo.clone(), &LoadOptions::default(), &Task::default()).await.unwrap();
    for domain in &snapshot.domains {
        let (original, copied) = (demo.sysvol(&domain.name).await.unwrap(), copy.sysvol(&domain.name).await.unwrap());
        for top in ["Policies", "StarterGPOs"] {
            let top = SysvolPath::parse(top).unwrap();
            if original.stat(&top).await.is_ok() {
                assert_eq!(tree(&*copied, &top).await, tree(&*original, &top).await, "{} {top}", domain.name);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelled_it_leaves_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("demo.gpforest");
    std::fs::write(&path, "old").unwrap();
    let demo = demo::open().await.unwrap();
    let task = Task::default();
    task.cancel();
    let result = save_snapshot(&*demo, &path, &task).await;
    assert!(matches!(result, Err(SnapshotError::Cancelled(_))));
    assert_eq!(files_in(folder.path()), ["demo.gpforest"]);
    assert_eq!(std::fs::read(&path).unwrap(), b"old");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_that_is_not_there_is_named() {
    let demo = demo::open().await.unwrap();
    let result = save_snapshot(&*demo, Path::new("/no/such/folder/x.gpforest"), &Task::default()).await;
    match result {
        Err(SnapshotError::Store(error)) => assert!(error.object.contains("x.gpforest"), "{error}"),
        other => panic!("{other:?}"),
    }
}

/// A forest whose second domain cannot be reached.
struct HalfReachable(ForestFile);

#[async_trait]
impl ForestStore for HalfReachable {
    fn info(&self) -> ConnectionInfo {
        ConnectionInfo { target: "half".to_owned(), server: "dc1".to_owned(), ..ConnectionInfo::default() }
    }

    fn directory(&self) -> Arc<dyn Directory> {
        self.0.directory()
    }

    async fn domain_directory(&self, domain: &DnsName) -> Result<Arc<dyn Directory>, StoreError> {
        match domain.to_string().as_str() {
            "corp.test" => self.0.domain_directory(domain).await,
            _ => Err(StoreError::new(StoreErrorKind::Unreachable, domain)),
        }
    }

    async fn sysvol(&self, domain: &DnsName) -> Result<Arc<dyn Sysvol>, StoreError> {
        self.0.sysvol(domain).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_is_noted_and_secrets_stay_behind() {
    let dn = |text: &str| text.parse::<Dn>().unwrap();
    let mut builder =
        ForestFileBuilder::in_memory("half", &[dn("DC=corp,DC=test"), dn("DC=sub,DC=corp,DC=test")]).unwrap();
    let entry = |name: &str, attributes: &[(&str, &str)]| Entry {
        dn: dn(name),
        attributes: attributes.iter().map(|(name, value)| Attribute::text(name, *value)).collect(),
    };
    let cross_ref = |name: &str, context: &str| {
        let attributes =
            [("objectClass", "crossRef"), ("nCName", context), ("systemFlags", "3"), ("nETBIOSName", name)];
        entry(&format!("CN={name},CN=Partitions,CN=Configuration,DC=corp,DC=test"), &attributes)
    };
    builder
        .add_entries([
            cross_ref("CORP", "DC=corp,DC=test"),
            cross_ref("SUB", "DC=sub,DC=corp,DC=test"),
            entry(
                "OU=Staff,DC=corp,DC=test",
                &[("objectClass", "organizationalUnit"), ("unicodePwd", "secret"), ("ou", "Staff")],
            ),
            entry(
                "CN=PC1,OU=Staff,DC=corp,DC=test",
                &[("objectClass", "computer"), ("msLAPS-Password", "secret"), ("sAMAccountName", "PC1$")],
            ),
        ])
        .unwrap();
    let file = SysvolItem {
        path: SysvolPath::parse("Policies/{A}/GPT.INI").unwrap(),
        content: Some(b"[General]".to_vec()),
        modified: None,
        security: None,
    };
    builder.add_files(&"sub.corp.test".parse().unwrap(), [file]).unwrap();
    let source = HalfReachable(builder.finish().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("half.gpforest");
    let summary = save_snapshot(&source, &path, &Task::default()).await.unwrap();
    assert_eq!(summary.problems.len(), 1);
    assert_eq!((summary.problems[0].object.as_str(), summary.files), ("sub.corp.test", 1));
    let copy = ForestFile::open(&path, true).unwrap();
    let origin = copy.origin().unwrap();
    assert_eq!(origin.source, "half (dc1)");
    assert_eq!(origin.problems, [("sub.corp.test".to_owned(), "cannot be reached".to_owned())]);
    let computer = copy.directory().read(&dn("CN=PC1,OU=Staff,DC=corp,DC=test"), &["*"], None).await.unwrap();
    assert_eq!(computer.text("sAMAccountName").as_deref(), Some("PC1$"));
    let bytes = std::fs::read(&path).unwrap();
    assert!(!bytes.windows(6).any(|window| window == b"secret"));
}
