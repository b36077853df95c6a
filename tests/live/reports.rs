//! Settings reports of a real domain: what a domain controller serves is reported as what the demo forest holds.

use std::sync::Arc;

use opengpmc::gpm::{Domain, Forest, ForestSnapshot, Gpo, LoadOptions, Task};
use opengpmc::ident::{Dn, Guid};
use opengpmc::operation::{Reporting, render_reports};
use opengpmc::report::{Element, GpoReport, HtmlOptions, ReportFormat, Side};
use opengpmc::store::{Attribute, ConnectOptions, ConnectTarget, Credentials, ForestStore, Sysvol, SysvolPath, open};

use super::lab::{Lab, whole_domain};

async fn load(store: &Arc<dyn ForestStore>) -> Arc<ForestSnapshot> {
    Forest::load(store.clone(), &LoadOptions::default(), &Task::default()).await.unwrap()
}

/// GPOs of the demo forest with many kinds of settings, one with damaged files among them.
const COPIED: [&str; 4] =
    ["Default Domain Policy", "Servers - Hardening", "Broken - Damaged Settings", "Preferences - Old Password"];

/// A copy of a demo GPO in the lab's domain, under an id of its own.
struct Copy {
    dn: Dn,
    id: Guid,
    folder: SysvolPath,
}

async fn copy(lab: &Domain, demo: &dyn Sysvol, gpo: &Gpo) -> Copy {
    let id = Guid::random();
    let dn = lab.policies_container().child("CN", &id.to_string());
    let folder = SysvolPath::parse(&format!("Policies/{id}")).unwrap();
    let directory = lab.directory();
    let extensions = |name: &str, list: &opengpmc::ident::ExtensionList| Attribute::text(name, list.to_string());
    let attributes = [
        Attribute::text("objectClass", "groupPolicyContainer"),
        Attribute::text("displayName", format!("Copy of {}", gpo.display_name)),
        Attribute::text("flags", "0"),
        Attribute::text("gPCFunctionalityVersion", "2"),
        Attribute::text("versionNumber", gpo.version.to_directory_text()),
        Attribute::text("gPCFileSysPath", format!("\\\\{0}\\sysvol\\{0}\\Policies\\{id}", lab.name())),
        extensions("gPCMachineExtensionNames", &gpo.computer_extensions),
        extensions("gPCUserExtensionNames", &gpo.user_extensions),
    ];
    let given = attributes.into_iter().filter(|attribute| attribute.values.iter().all(|value| !value.is_empty()));
    directory.add(&dn, &given.collect::<Vec<_>>()).await.unwrap();
    for half in ["Machine", "User"] {
        let class = [Attribute::text("objectClass", "container")];
        directory.add(&dn.child("CN", half), &class).await.unwrap();
    }
    copy_folder(demo, &gpo.sysvol_folder(), &*lab.sysvol().await.unwrap(), &folder).await;
    Copy { dn, id, folder }
}

async fn copy_folder(from: &dyn Sysvol, source: &SysvolPath, to: &dyn Sysvol, target: &SysvolPath) {
    let mut waiting = vec![(source.clone(), target.clone())];
    while let Some((source, target)) = waiting.pop() {
        to.make_folder(&target).await.unwrap();
        for entry in from.list(&source).await.unwrap() {
            let (source, target) = (source.join(&entry.name).unwrap(), target.join(&entry.name).unwrap());
            if entry.is_folder {
                waiting.push((source, target));
            } else {
                to.replace(&target, &from.read(&source).await.unwrap()).await.unwrap();
            }
        }
    }
}

/// What a report says of a half, without the names of principals, which differ from forest to forest.
fn settings(report: &GpoReport, side: Side) -> Vec<(String, Vec<Element>, usize)> {
    let extensions = report.half(side).extensions.iter();
    extensions
        .map(|extension| {
            let elements = extension.elements.iter().cloned().map(without_names).collect();
            (extension.name.clone(), elements, extension.problems.len())
        })
        .collect()
}

fn without_names(mut element: Element) -> Element {
    if element.child("SID").is_some() {
        element.children.retain(|child| child.name != "Name");
    }
    element.children = element.children.into_iter().map(without_names).collect();
    element
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_domain_controller_is_reported_as_the_demo_forest_is() {
    let Some(lab) = Lab::get() else { return };
    let _alone = whole_domain().await;
    let demo = open(&ConnectTarget::Demo, &Credentials::default(), &ConnectOptions::default()).await.unwrap();
    let demo_forest = load(&demo).await;
    let demo_domain = Domain::open(&demo, &demo_forest.domains[0].name).await.unwrap();
    let demo_sysvol = demo_domain.sysvol().await.unwrap();
    let target = ConnectTarget::Server { host: lab.host.clone(), port: None, tls: false };
    let live = open(&target, &lab.admin(), &lab.options()).await.unwrap();
    let domain = Domain::open(&live, &lab.domain).await.unwrap();
    let originals: Vec<&Gpo> = COPIED
        .iter()
        .map(|name| demo_forest.domains[0].gpos_named(name).next().unwrap_or_else(|| panic!("no demo GPO {name}")))
        .collect();
    let mut copies = Vec::new();
    for original in &originals {
        copies.push(copy(&domain, &*demo_sysvol, original).await);
    }

    let live_forest = load(&live).await;
    let reporting = Reporting::new(Arc::default());
    let gpos: Vec<&Gpo> = copies.iter().map(|copy| live_forest.gpo(&lab.domain, copy.id).unwrap()).collect();
    let task = Task::default();
    let ours = reporting.gpos(&live, &live_forest, &gpos, &task).await.unwrap();
    let theirs = reporting.gpos(&demo, &demo_forest, &originals, &task).await.unwrap();
    let names = |reports: &[GpoReport]| render_reports(reports, ReportFormat::Text, HtmlOptions::default());
    let text = String::from_utf8(names(&ours)).unwrap();
    for copy in &copies {
        domain.directory().delete_tree(&copy.dn).await.unwrap();
        domain.sysvol().await.unwrap().remove_tree(&copy.folder).await.unwrap();
    }
    for (ours, theirs) in ours.iter().zip(&theirs) {
        for side in [Side::Computer, Side::User] {
            assert_eq!(settings(ours, side), settings(theirs, side), "{}", theirs.name);
        }
        assert_eq!(ours.problems, []);
        assert!(ours.security.is_some());
        assert_eq!(ours.computer.version_directory, theirs.computer.version_directory);
    }
    assert!(text.contains(&format!("{}\\Domain Admins", lab.netbios)), "{text}");
    assert_eq!(task.snapshot().done, COPIED.len() as u64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_without_rights_gets_a_report_of_what_he_may_read() {
    let Some(lab) = Lab::get() else { return };
    let _alone = whole_domain().await;
    let target = ConnectTarget::Server { host: lab.host.clone(), port: None, tls: false };
    let live = open(&target, &lab.plain(), &lab.options()).await.unwrap();
    let forest = load(&live).await;
    let gpo = forest.domain(&lab.domain).unwrap().gpos_named("Default Domain Policy").next().unwrap();
    let report = Reporting::new(Arc::default()).gpo(&live, &forest, gpo, &Task::default()).await.unwrap();
    assert_eq!(report.name, "Default Domain Policy");
    assert!(report.links.iter().any(|link| link.som_path == lab.domain.to_string()), "{:?}", report.links);
}
