use std::fs;

use tempfile::TempDir;

use super::*;
use crate::store::FolderSysvol;

const ADMX: &str = r#"<policyDefinitions revision="1.0" schemaVersion="1.0">
  <policyNamespaces><target prefix="a" namespace="Example.NAME"/></policyNamespaces>
  <resources minRequiredRevision="1.0" fallbackCulture="fr-FR"/>
  <categories><category name="C" displayName="$(string.C)"/></categories>
  <policies><policy name="P" class="Both" displayName="$(string.P)" key="Software\Policies\NAME" valueName="On"><parentCategory ref="C"/></policy></policies>
</policyDefinitions>"#;
const ADML: &str = r#"<policyDefinitionResources><resources><stringTable><string id="C">Category</string><string id="P">LANGUAGE</string></stringTable></resources></policyDefinitionResources>"#;

fn template(folder: &Path, name: &str, languages: &[&str]) {
    fs::write(folder.join(format!("{name}.admx")), ADMX.replace("NAME", name)).unwrap();
    for language in languages {
        fs::create_dir_all(folder.join(language)).unwrap();
        fs::write(folder.join(language).join(format!("{name}.ADML")), ADML.replace("LANGUAGE", language)).unwrap();
    }
}

fn options(language: &str, cache: Option<&TempDir>) -> TemplateOptions {
    TemplateOptions { language: language.to_owned(), cache_folder: cache.map(|cache| cache.path().join("deep")) }
}

fn names(store: &AdmxStore) -> Vec<&str> {
    store.policies().map(|policy| policy.display_name()).collect()
}

#[test]
fn the_nearest_language_of_each_template_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    template(folder.path(), "one", &["de-DE", "en-US"]);
    template(folder.path(), "three", &[]);
    template(folder.path(), "two", &["en-us", "fr-FR"]);
    let read = load_templates(&[folder.path().to_owned()], &options("de-AT", None), &Task::default()).unwrap();
    assert_eq!(names(&read.store), ["de-DE", "P", "fr-FR"]);
    let warnings: Vec<&AdmxProblem> = read.store.warnings().iter().map(|warning| &warning.problem).collect();
    assert_eq!(warnings, [&AdmxProblem::NoTexts]);
}

#[test]
fn the_first_folder_that_has_a_template_counts() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    template(first.path(), "one", &["en-US"]);
    template(second.path(), "One", &["de-DE"]);
    template(second.path(), "two", &["de-DE"]);
    let folders = [first.path().to_owned(), second.path().to_owned()];
    let read = load_templates(&folders, &options("de-DE", None), &Task::default()).unwrap();
    assert_eq!(names(&read.store), ["en-US", "de-DE"]);
    assert!(matches!(read.store.warnings()[0].problem, AdmxProblem::DuplicateFile(_)));
    assert!(matches!(
        load_templates(&[first.path().join("none")], &options("de-DE", None), &Task::default()),
        Err(LoadTemplatesError::Folder { .. })
    ));
}

#[test]
fn a_kept_store_is_used_while_nothing_changes() {
    let (folder, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    template(folder.path(), "one", &["en-US"]);
    let folders = [folder.path().to_owned()];
    let load = |language| load_templates(&folders, &options(language, Some(&cache)), &Task::default()).unwrap();
    let fresh = load("en-US");
    let again = load("en-US");
    assert_eq!((fresh.is_cached, again.is_cached), (false, true));
    assert_eq!(fresh.store, again.store);
    assert!(!load("de-DE").is_cached);
    template(folder.path(), "two", &["en-US"]);
    assert!(!load("en-US").is_cached);
    assert!(load("en-US").is_cached);
    for file in fs::read_dir(cache.path().join("deep")).unwrap() {
        let path = file.unwrap().path();
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&path, bytes).unwrap();
    }
    assert!(!load("en-US").is_cached);
}

#[test]
fn a_cancelled_task_reads_nothing() {
    let folder = tempfile::tempdir().unwrap();
    template(folder.path(), "one", &["en-US"]);
    let task = Task::default();
    task.cancel();
    let read = load_templates(&[folder.path().to_owned()], &options("en-US", None), &task);
    assert!(matches!(read, Err(LoadTemplatesError::Cancelled(_))));
}

#[tokio::test]
async fn the_central_store_is_found_where_there_is_one() {
    let (root, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let sysvol = FolderSysvol::open(root.path(), std::time::Duration::from_secs(10)).await.unwrap();
    let options = options("de-DE", Some(&cache));
    assert!(load_central_store(&sysvol, &options, &Task::default()).await.unwrap().is_none());
    let folder = root.path().join("policies").join("PolicyDefinitions");
    fs::create_dir_all(&folder).unwrap();
    template(&folder, "one", &["EN-us", "fr-FR"]);
    template(&folder, "two", &["de-DE"]);
    for is_cached in [false, true] {
        let read = load_central_store(&sysvol, &options, &Task::default()).await.unwrap().unwrap();
        assert_eq!(names(&read.store), ["fr-FR", "de-DE"]);
        assert_eq!((read.source.as_str(), read.is_cached), ("the central store", is_cached));
    }
}
