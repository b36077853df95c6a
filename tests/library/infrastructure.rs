//! Infrastructure status on domains with several controllers that are forest files, and the choice of a controller.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use opengpmc::gpm::constants::{GPM_DONOTUSE_W2KDC, GPM_USE_ANYDC, GPM_USE_PDC, ReportType, controller_choice};
use opengpmc::gpm::{Domain, Forest, GpoParts, ItemState, LoadOptions, SitesContainer, Task};
use opengpmc::ident::GpoVersion;
use opengpmc::operation::{
    DifferenceKind, INFRASTRUCTURE_NAMESPACE, InfrastructureOptions, InfrastructureStatus, SyncState,
    compare_over_time, infrastructure_report, infrastructure_status,
};
use opengpmc::store::{Change, ControllerChoice, ForestStore, SdParts, StoreErrorKind, SysvolPath, demo};

use crate::common::several_controllers::{NAMES, SeveralControllers, TIMEOUT, controller};
use crate::common::small_domain::{
    BASELINE, DOMAIN, IMPORTED, Settings, as_backed_up, container, dns, folder, guid, remove_gpo, write_gpo,
};

type Store = Arc<dyn ForestStore>;

async fn pair(folder: &std::path::Path) -> (Store, Store) {
    (controller(folder, "one").await, controller(folder, "two").await)
}

async fn status_of(controllers: Vec<Option<Store>>, options: &InfrastructureOptions) -> InfrastructureStatus {
    let store: Store = Arc::new(SeveralControllers::new(controllers));
    let domain = Domain::open(&store, &dns(DOMAIN)).await.unwrap();
    infrastructure_status(&domain, options, &Task::default()).await.unwrap()
}

/// Returns what of which GPO differs on a controller.
fn differences(status: &InfrastructureStatus, controller: usize) -> Vec<(String, Vec<DifferenceKind>)> {
    let differing = status.controllers[controller].differing.iter();
    differing
        .map(|gpo| (gpo.id.to_string(), gpo.differences.iter().map(|difference| difference.kind).collect()))
        .collect()
}

#[tokio::test]
async fn controllers_with_the_same_gpos_are_in_sync_and_a_dead_one_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = pair(folder.path()).await;
    let store: Store = Arc::new(SeveralControllers::new(vec![Some(first), Some(second), None]));
    let domain = Domain::open(&store, &dns(DOMAIN)).await.unwrap();
    let task = Task::default();
    let started = Instant::now();
    let status = infrastructure_status(&domain, &InfrastructureOptions::default(), &task).await.unwrap();
    assert!(started.elapsed() < TIMEOUT + Duration::from_secs(5), "{:?}", started.elapsed());
    assert_eq!(status.baseline, NAMES[0], "the PDC emulator");
    assert_eq!(differences(&status, 1), []);
    let shown: Vec<_> = status.controllers.iter().map(|one| (one.name.as_str(), one.site.as_str(), one.sync)).collect();
    assert_eq!(
        shown,
        [
            (NAMES[0], "Berlin", SyncState::InSync),
            (NAMES[1], "Paris", SyncState::InSync),
            (NAMES[2], "Rome", SyncState::Inaccessible)
        ]
    );
    assert!(!status.is_in_sync());
    assert_eq!((status.group(true).count(), status.group(false).count()), (2, 1));
    assert!(status.controllers[2].directory_error.as_deref().unwrap().contains("did not answer in time"));
    assert_eq!(status.controllers[0].gpo_count(), 2);
    let states: Vec<_> = task.snapshot().items.iter().map(|item| item.state).collect();
    assert_eq!(states, [ItemState::Done, ItemState::Done, ItemState::Failed]);
    assert_eq!(task.snapshot().done, task.snapshot().total);
}

#[tokio::test]
async fn every_kind_of_difference_is_told() {
    use DifferenceKind::*;
    let folder_of_test = tempfile::tempdir().unwrap();
    let (first, second) = pair(folder_of_test.path()).await;
    let reference = SeveralControllers::new(vec![Some(first.clone()), Some(second.clone())]);
    let store: Store = Arc::new(reference);
    let domain = Domain::open(&store, &dns(DOMAIN)).await.unwrap();
    let check = async |expected: &[(&str, &[DifferenceKind])]| {
        let options = InfrastructureOptions::default();
        let status = infrastructure_status(&domain, &options, &Task::default()).await.unwrap();
        let expected: Vec<_> = expected.iter().map(|(id, kinds)| (guid(id).to_string(), kinds.to_vec())).collect();
        assert_eq!(differences(&status, 1), expected);
        status
    };
    check(&[]).await;
    let name = dns(DOMAIN);
    let directory = second.domain_directory(&name).await.unwrap();
    let sysvol = second.sysvol(&name).await.unwrap();
    let (dn, top) = (container(&name, BASELINE), folder(BASELINE));
    let put_back = async || write_gpo(&*second, &name, BASELINE, &as_backed_up()).await;

    let version = GpoVersion { user: 3, computer: 4 }.to_directory_text();
    let old = as_backed_up().version.to_directory_text();
    let swap = Change::Swap {
        attribute: "versionNumber".to_owned(),
        old: Some(old.into_bytes()),
        new: Some(version.clone().into_bytes()),
    };
    directory.modify(&dn, &[swap]).await.unwrap();
    let status = check(&[(BASELINE, &[DirectoryVersion])]).await;
    let difference = &status.controllers[1].differing[0].differences[0];
    assert_eq!((difference.baseline.as_str(), difference.found.as_str()), ("user 3, computer 5", "user 3, computer 4"));
    assert_eq!(status.controllers[1].differing_in(true).count(), 1);
    assert_eq!(status.controllers[1].differing_in(false).count(), 0);

    put_back().await;
    let text = format!("[General]\r\nVersion={version}\r\n");
    sysvol.replace(&top.join("GPT.INI").unwrap(), text.as_bytes()).await.unwrap();
    check(&[(BASELINE, &[SysvolVersion, SysvolContents])]).await;

    put_back().await;
    let file = top.join("Machine").unwrap().join("registry.pol").unwrap();
    sysvol.replace(&file, b"PReg").await.unwrap();
    sysvol.make_folder(&top.join("Adm").unwrap()).await.unwrap();
    sysvol.remove(&top.join("GPO.cmt").unwrap()).await.unwrap();
    let status = check(&[(BASELINE, &[SysvolContents])]).await;
    let found = &status.controllers[1].differing[0].differences[0].found;
    for words in ["adm is not on the baseline", "gpo.cmt is missing", r"machine\registry.pol differs"] {
        assert!(found.contains(words), "{found}");
    }

    put_back().await;
    let own = sysvol.security(&folder(IMPORTED), SdParts::DACL).await.unwrap();
    sysvol.set_security(&top, SdParts::DACL, &own).await.unwrap();
    let change = Change::SecurityDescriptor { parts: SdParts::DACL, descriptor: own };
    directory.modify(&dn, &[change]).await.unwrap();
    check(&[(BASELINE, &[DirectoryAcl, SysvolAcl])]).await;

    put_back().await;
    sysvol.remove_tree(&top).await.unwrap();
    let status = check(&[(BASELINE, &[MissingInSysvol])]).await;
    assert_eq!(status.controllers[1].differing[0].name, "Baseline");
    remove_gpo(&*second, &name, BASELINE).await;
    check(&[(BASELINE, &[MissingInDirectory, MissingInSysvol])]).await;

    put_back().await;
    let new = "{0000000B-0000-0000-0000-000000000009}";
    write_gpo(&*second, &name, new, &Settings { name: "New", ..as_backed_up() }).await;
    check(&[(new, &[OnlyInDirectory, OnlyInSysvol])]).await;

    // Another baseline turns it round; one GPO alone leaves the other out.
    let options = InfrastructureOptions {
        infrastructure_dc: Some("DC2".to_owned()),
        infrastructure_flags: 7,
        ..Default::default()
    };
    let status = infrastructure_status(&domain, &options, &Task::default()).await.unwrap();
    assert_eq!((status.baseline.as_str(), status.flags), (NAMES[1], 7));
    assert_eq!(differences(&status, 0), [(guid(new).to_string(), vec![MissingInDirectory, MissingInSysvol])]);
    let options = InfrastructureOptions { gpo: Some(guid(BASELINE)), ..Default::default() };
    let status = infrastructure_status(&domain, &options, &Task::default()).await.unwrap();
    assert!(differences(&status, 1).is_empty());
    assert_eq!((status.controllers[1].gpos.len(), status.controllers[1].gpos[0].id), (1, guid(BASELINE)));
}

#[tokio::test]
async fn a_baseline_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (_, second) = pair(folder.path()).await;
    let store: Store = Arc::new(SeveralControllers::new(vec![None, Some(second)]));
    let domain = Domain::open(&store, &dns(DOMAIN)).await.unwrap();
    let check = async |baseline: Option<&str>, words: &str| {
        let options = InfrastructureOptions { infrastructure_dc: baseline.map(str::to_owned), ..Default::default() };
        let error = infrastructure_status(&domain, &options, &Task::default()).await.unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    };
    check(None, "the baseline dc1.corp.test cannot be read, choose another domain controller").await;
    check(
        Some("dc9"),
        "dc9 is no domain controller of corp.test; those are dc1.corp.test, dc2.corp.test, dc3.corp.test",
    )
    .await;
    let task = Task::default();
    task.cancel();
    let error = infrastructure_status(&domain, &InfrastructureOptions::default(), &task).await.unwrap_err();
    assert!(error.is_cancelled());
}

#[tokio::test]
async fn results_are_kept_reported_and_compared_over_time() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = pair(folder.path()).await;
    let name = dns(DOMAIN);
    let changed = Settings { version: GpoVersion { user: 9, computer: 9 }, ..as_backed_up() };
    write_gpo(&*second, &name, BASELINE, &changed).await;
    let options = InfrastructureOptions::default();
    let before = status_of(vec![Some(first.clone()), Some(second.clone()), None], &options).await;
    let json = serde_json::to_string(&before).unwrap();
    let before: InfrastructureStatus = serde_json::from_str(&json).unwrap();
    assert!(compare_over_time(&before, &before).is_empty());

    // The first takes over what the second had; the third comes up and is empty.
    write_gpo(&*first, &name, BASELINE, &changed).await;
    let third = controller(folder.path(), "three").await;
    remove_gpo(&*third, &name, IMPORTED).await;
    write_gpo(&*third, &name, BASELINE, &changed).await;
    let after = status_of(vec![Some(first), Some(second), Some(third)], &options).await;
    let changes = compare_over_time(&before, &after);
    let controllers: Vec<_> =
        changes.controllers.iter().map(|change| (change.name.as_str(), change.before, change.after)).collect();
    assert_eq!(
        controllers,
        [
            (NAMES[1], Some(SyncState::InProgress), Some(SyncState::InSync)),
            (NAMES[2], Some(SyncState::Inaccessible), Some(SyncState::InProgress))
        ]
    );
    assert!(changes.differences.iter().all(|change| change.controller == NAMES[1] && !change.is_new), "{changes:?}");
    assert_eq!(changes.differences.len(), 3, "{changes:?}");
    assert_eq!(changes.gpos.len(), 1);
    assert_eq!(changes.gpos[0].changes[0], "Active Directory version from user 3, computer 5 to user 9, computer 9");

    let xml = after.to_xml();
    let document = roxmltree::Document::parse(&xml).unwrap();
    let root = document.root_element();
    assert_eq!(root.tag_name().namespace(), Some(INFRASTRUCTURE_NAMESPACE));
    let states: Vec<_> = root.children().filter_map(|child| child.attribute("state")).collect();
    assert_eq!(states, ["in sync", "in sync", "replication in progress"]);
    let differences = document.descendants().filter(|node| node.has_tag_name((INFRASTRUCTURE_NAMESPACE, "Difference")));
    assert_eq!(
        differences.filter_map(|node| node.attribute("kind")).collect::<Vec<_>>(),
        ["missing in Active Directory", "missing in SYSVOL"]
    );
}

#[tokio::test]
async fn report_types_show_what_was_gathered_or_gather_anew() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = pair(folder.path()).await;
    let store: Store = Arc::new(SeveralControllers::new(vec![Some(first), Some(second.clone())]));
    let domain = Domain::open(&store, &dns(DOMAIN)).await.unwrap();
    let (options, mut last, task) = (InfrastructureOptions::default(), None, Task::default());
    let mut report = async |kind, in_sync: &str| {
        let xml = infrastructure_report(&domain, &options, kind, &mut last, &task).await.unwrap();
        assert_eq!(xml.matches("state=\"in sync\"").count().to_string(), in_sync, "{xml}");
    };
    report(ReportType::InfrastructureXml, "2").await;
    remove_gpo(&*second, &dns(DOMAIN), BASELINE).await;
    report(ReportType::InfrastructureXml, "2").await;
    report(ReportType::InfrastructureRefreshXml, "1").await;
    report(ReportType::InfrastructureXml, "1").await;
    for kind in [ReportType::Xml, ReportType::ClientHealthXml] {
        assert!(infrastructure_report(&domain, &options, kind, &mut None, &task).await.is_err());
    }
}

#[tokio::test]
async fn a_domain_opens_on_the_controller_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = pair(folder.path()).await;
    let name = dns(DOMAIN);
    write_gpo(&*second, &name, "{0000000B-0000-0000-0000-000000000009}", &as_backed_up()).await;
    let store: Store = Arc::new(SeveralControllers::new(vec![Some(first), Some(second)]));
    // IGPM.GetDomain(domain, dc, flags): a name is used as given, without one the flags decide.
    for (controller, flags, gpos) in [
        (None, GPM_USE_PDC, 2),
        (None, GPM_USE_ANYDC, 2),
        (None, GPM_USE_ANYDC | GPM_DONOTUSE_W2KDC, 2),
        (Some("dc2.corp.test"), GPM_USE_PDC, 3),
        (Some("DC2"), GPM_USE_ANYDC, 3),
        (Some(""), GPM_USE_PDC, 2),
    ] {
        let choice = controller_choice(controller, flags);
        let domain = Domain::open_on(&store, &name, choice.clone()).await.unwrap();
        let found = domain.gpos(GpoParts::Summary).await.unwrap().values;
        assert_eq!(found.len(), gpos, "{controller:?} {flags}");
        let folders = domain.sysvol().await.unwrap().list(&policies()).await.unwrap();
        assert_eq!(folders.len(), gpos);
        assert_eq!(domain.store().controller_choice(&name), choice);
        let sites = SitesContainer::open_on(&store, &name, &choice).await.unwrap();
        assert_eq!(sites.sites().await.unwrap().values.len(), 3);
    }
    let error = Domain::open_on(&store, &name, controller_choice(Some("dc3"), 0)).await.err().unwrap();
    assert_eq!(error.kind, StoreErrorKind::Timeout);
    // The one in use stayed in use; chosen, it is another.
    let count = async || Domain::open(&store, &name).await.unwrap().gpos(GpoParts::Summary).await.unwrap().values.len();
    assert_eq!(count().await, 2);
    store.choose_controller(&name, &ControllerChoice::Named("dc2".to_owned())).await.unwrap();
    assert_eq!(count().await, 3);
    let names: Vec<_> = Domain::open(&store, &name).await.unwrap().controllers().await.unwrap();
    assert_eq!(
        names.iter().map(|one| (one.name.as_str(), one.is_pdc_emulator)).collect::<Vec<_>>(),
        [(NAMES[0], true), (NAMES[1], false), (NAMES[2], false)]
    );
}

fn policies() -> SysvolPath {
    SysvolPath::parse("Policies").unwrap()
}

#[tokio::test]
async fn a_forest_file_stands_for_the_pdc_emulator() {
    let store = demo::open().await.unwrap();
    let name = dns("kestrelbay.example");
    let domain = Domain::open(&store, &name).await.unwrap();
    let status = infrastructure_status(&domain, &InfrastructureOptions::default(), &Task::default()).await.unwrap();
    let shown: Vec<_> = status.controllers.iter().map(|one| (one.name.as_str(), one.sync)).collect();
    assert_eq!(
        shown,
        [("kb-dc1.kestrelbay.example", SyncState::InSync), ("kb-dc2.kestrelbay.example", SyncState::Inaccessible)]
    );
    assert!(status.controllers[1].directory_error.as_deref().unwrap().contains("holds one domain controller"));
    for (choice, is_there) in [("pdc", true), ("any", true), ("kb-dc1", true), ("demo", true), ("kb-dc2", false)] {
        let choice: ControllerChoice = choice.parse().unwrap();
        assert_eq!(store.choose_controller(&name, &choice).await.is_ok(), is_there, "{choice}");
    }
}

#[tokio::test]
async fn a_domain_whose_controller_is_gone_is_marked_for_the_question() {
    let folder = tempfile::tempdir().unwrap();
    let (_, second) = pair(folder.path()).await;
    let several = SeveralControllers::new(vec![None, Some(second)]);
    several.unloaded.store(true, Ordering::SeqCst);
    let store: Store = Arc::new(several);
    let unreachable = async || {
        let forest = Forest::load(store.clone(), &LoadOptions::default(), &Task::default()).await.unwrap();
        let domain = forest.domain(&dns(DOMAIN)).unwrap();
        (domain.is_unreachable, domain.domain_controllers.len())
    };
    assert_eq!(unreachable().await, (true, 3), "the list to choose from is there");
    store.choose_controller(&dns(DOMAIN), &ControllerChoice::Any).await.unwrap();
    assert_eq!(unreachable().await, (false, 3));
}
