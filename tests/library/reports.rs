//! Settings reports of the built program and of the library: every source, every form, all or nothing.

use std::path::Path;
use std::sync::Arc;

use opengpmc::gpm::{BackupDir, Forest, LoadOptions, Task};
use opengpmc::operation::{ReportFolderError, Reporting, render_reports};
use opengpmc::report::{GpoReport, HtmlOptions, ReportFormat, read_reports};
use opengpmc::store::{ConnectOptions, ConnectTarget, Credentials, open};

use super::corpus::corpus;

fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

async fn demo_reports(task: &Task) -> Vec<GpoReport> {
    let store = open(&ConnectTarget::Demo, &Credentials::default(), &ConnectOptions::default()).await.unwrap();
    let forest = Forest::load(store.clone(), &LoadOptions::default(), task).await.unwrap();
    let gpos: Vec<_> = forest.domains.iter().flat_map(|domain| &domain.gpos).collect();
    Reporting::new(Arc::default()).gpos(&store, &forest, &gpos, task).await.unwrap()
}

#[tokio::test]
async fn every_gpo_of_the_demo_forest_is_reported_in_every_form() {
    let reports = demo_reports(&Task::default()).await;
    assert!(reports.len() > 70, "{}", reports.len());
    for format in ReportFormat::ALL {
        let bytes = render_reports(&reports, format, HtmlOptions::default());
        assert!(bytes.len() > 100_000, "{format}: {}", bytes.len());
    }
    // What is written as XML says the same when it is read again.
    let xml = render_reports(&reports, ReportFormat::Xml, HtmlOptions::default());
    let again = read_reports(&xml).unwrap();
    assert_eq!(render_reports(&again, ReportFormat::Xml, HtmlOptions::default()), xml);
    assert_eq!(again.len(), reports.len());
}

#[tokio::test]
async fn links_filters_and_permissions_are_in_the_header() {
    let reports = demo_reports(&Task::default()).await;
    assert!(reports.iter().any(|report| report.links.len() > 1));
    assert!(reports.iter().any(|report| report.filter_description.as_deref().is_some_and(|text| !text.is_empty())));
    let policy = reports.iter().find(|report| report.name == "Default Domain Policy").unwrap();
    let security = policy.security.as_ref().unwrap();
    assert!(security.text_at(&["Owner", "Name"]).ends_with("Domain Admins"), "{security:?}");
    assert!(policy.created.is_some() && policy.computer.version_sysvol == policy.computer.version_directory);
}

#[tokio::test]
async fn cancelling_ends_a_report() {
    let task = Task::default();
    let store = open(&ConnectTarget::Demo, &Credentials::default(), &ConnectOptions::default()).await.unwrap();
    let forest = Forest::load(store.clone(), &LoadOptions::default(), &task).await.unwrap();
    let gpos: Vec<_> = forest.domains[0].gpos.iter().collect();
    task.cancel();
    let folder = tempfile::tempdir().unwrap();
    let reporting = Reporting::new(Arc::default());
    let outcome = reporting.gpos_to_folder(&store, &forest, &gpos, folder.path(), ReportFormat::Html, &task).await;
    assert!(matches!(outcome, Err(ReportFolderError::Cancelled(_))), "{outcome:?}");
    assert!(names_in(folder.path()).is_empty());
}

#[tokio::test]
async fn a_folder_gets_a_file_for_each_gpo_and_nothing_else() {
    let task = Task::default();
    let store = open(&ConnectTarget::Demo, &Credentials::default(), &ConnectOptions::default()).await.unwrap();
    let forest = Forest::load(store.clone(), &LoadOptions::default(), &task).await.unwrap();
    let gpos: Vec<_> = forest.domains[0].gpos.iter().collect();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mine.txt"), "x").unwrap();
    let reporting = Reporting::new(Arc::default());
    let reported =
        reporting.gpos_to_folder(&store, &forest, &gpos, folder.path(), ReportFormat::Xml, &task).await.unwrap();
    assert_eq!(reported.files.len(), gpos.len());
    let names = names_in(folder.path());
    assert_eq!(names.len(), gpos.len() + 1, "{names:?}");
    // Two GPOs have this name.
    assert!(
        names.contains(&"Workstations - Power.xml".to_owned())
            && names.contains(&"Workstations - Power (2).xml".to_owned())
    );
    let progress = task.snapshot();
    assert_eq!(progress.done, gpos.len() as u64);
}

#[test]
fn a_backup_is_reported_from_its_data() {
    let Some(root) = corpus("backups") else { return };
    let folders = BackupDir::open_all_below(&root).unwrap();
    let backups: Vec<_> =
        folders.iter().flat_map(BackupDir::backups).filter(|backup| backup.folder.is_some()).collect();
    assert_eq!(backups.len(), 233);
    let reporting = Reporting::new(Arc::default());
    let folder = tempfile::tempdir().unwrap();
    let task = Task::default();
    let reported = reporting.backups_to_folder(&backups, folder.path(), ReportFormat::Xml, &task).unwrap();
    assert_eq!(reported.files.len(), backups.len());
    for (file, backup) in reported.files.iter().zip(&backups) {
        let reports = read_reports(&std::fs::read(file).unwrap()).unwrap();
        assert_eq!((reports.len(), reports[0].id), (1, backup.gpo_id), "{}", file.display());
    }
    // Files that were left out of the corpus are named, each with its backup.
    assert!(reported.problems.iter().all(|problem| !problem.message.is_empty()));
}
