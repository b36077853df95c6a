//! What several test binaries share.

// Not each of them uses all of it.
#![allow(dead_code)]

pub mod sysvol_suite;
pub mod directory_suite;
pub mod gpo_state;
pub mod link_suite;
pub mod change_suite;
pub mod corpus;
pub mod interchange;
pub mod child;
#[cfg(unix)]
pub mod fake_computer;
#[cfg(target_os = "linux")]
pub mod large_content;
pub mod faulty_store;
pub mod forest_state;
pub mod small_domain;
#[cfg(target_os = "linux")]
pub mod system_calls;
pub mod several_controllers;
pub mod admin_scenario;
pub mod scenario;
pub mod without_rights;
pub mod breaking_off;

/// Returns the names of what is in a folder of the journal besides what is done.
pub fn unfinished(journal: &std::path::Path) -> Vec<String> {
    let names = std::fs::read_dir(journal).into_iter().flatten().map(|entry| entry.unwrap().file_name());
    names.map(|name| name.to_string_lossy().into_owned()).filter(|name| name != "done").collect()
}
