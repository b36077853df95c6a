//! Administrative templates and the comments beside them, against the corpus.

use std::path::Path;

use opengpmc::format::PolicyComments;
use opengpmc::format::admx::{AdmxProblem, ElementKind};
use opengpmc::gpm::Task;
use opengpmc::operation::{TemplateOptions, Templates, load_templates};

use super::corpus::{corpus, files_below, is_named};

fn load(folder: &Path, language: &str, cache_folder: Option<&Path>) -> Templates {
    let options = TemplateOptions { language: language.to_owned(), cache_folder: cache_folder.map(Path::to_owned) };
    load_templates(&[folder.to_owned()], &options, &Task::default()).unwrap()
}

#[test]
fn every_store_is_read_whole() {
    for (name, templates, policies) in [("PolicyDefinitions", 332, 11_586), ("nsacyber", 233, 7_904), ("samba", 2, 373)]
    {
        let Some(folder) = corpus(&format!("admx/{name}")) else { return };
        let store = load(&folder, "en-US", None).store;
        assert_eq!((store.template_count(), store.policy_count()), (templates, policies), "{name}");
        let is_lost = |problem: &AdmxProblem| {
            matches!(
                problem,
                AdmxProblem::Unreadable(_) | AdmxProblem::Broken(_) | AdmxProblem::Root(_) | AdmxProblem::NoTexts
            )
        };
        let lost: Vec<_> = store.warnings().iter().filter(|warning| is_lost(&warning.problem)).collect();
        assert!(lost.is_empty(), "{name}: {lost:?}");
        let named = store.policies().filter(|policy| !policy.display_name().is_empty()).count();
        assert!(named * 1000 >= policies * 999, "{name}: {named}");
        let placed = store.policies().filter(|policy| !policy.category().is_empty()).count();
        assert!(placed * 100 >= policies * 99, "{name}: {placed}");
    }
}

#[test]
fn other_languages_are_taken_where_they_are() {
    let Some(folder) = corpus("admx/samba") else { return };
    let names = |language: &str| -> String {
        load(&folder, language, None).store.policies().map(|policy| policy.display_name().to_owned()).collect()
    };
    let is_cyrillic = |text: &str| text.chars().any(|letter| ('а'..='я').contains(&letter));
    assert!(is_cyrillic(&names("ru")) && is_cyrillic(&names("ru-RU")) && !is_cyrillic(&names("de-DE")));
}

#[test]
fn a_kept_store_equals_a_fresh_one() {
    let Some(folder) = corpus("admx/PolicyDefinitions") else { return };
    let cache = tempfile::tempdir().unwrap();
    let fresh = load(&folder, "en-US", Some(cache.path()));
    let kept = load(&folder, "en-US", Some(cache.path()));
    assert_eq!((fresh.is_cached, kept.is_cached), (false, true));
    assert!(fresh.store == kept.store);
}

#[test]
fn every_value_leads_back_to_its_policy() {
    let Some(folder) = corpus("admx/nsacyber") else { return };
    let store = load(&folder, "en-US", None).store;
    for policy in store.policies() {
        let own = policy.value_name().map(|name| (policy.key(), name));
        let elements = policy.elements().map(|element| match element.kind() {
            ElementKind::List { .. } => (element.key(), "anything"),
            _ => (element.key(), element.value_name()),
        });
        let items = policy.enabled_list().chain(policy.disabled_list()).map(|item| (item.key, item.value_name));
        for (key, name) in own.into_iter().chain(elements).chain(items) {
            let writers = store.writers(&key.to_uppercase(), &name.to_lowercase());
            assert!(writers.contains(&policy.id()), "{key} {name} of {}", policy.name());
        }
    }
}

#[test]
fn comments_come_back_byte_for_byte() {
    let Some(folder) = corpus("") else { return };
    let mut count = 0;
    for path in files_below(&folder).iter().filter(|path| is_named(path, "comment.cmtx")) {
        let bytes = std::fs::read(path).unwrap();
        let comments = PolicyComments::parse(&bytes).unwrap();
        assert_eq!(comments.to_bytes(), bytes, "{}", path.display());
        for (namespace, policy) in comments.policies() {
            assert!(comments.text(namespace, policy).is_some(), "{policy} in {}", path.display());
            let mut changed = comments.clone();
            let before = comments.text(namespace, policy).unwrap().to_owned();
            changed.set(namespace, policy, "another").unwrap();
            assert_eq!(changed.text(namespace, policy), Some("another"));
            changed.set(namespace, policy, &before).unwrap();
            assert_eq!(changed.text(namespace, policy), Some(before.as_str()));
        }
        count += 1;
    }
    assert!(count > 100, "{count}");
}
