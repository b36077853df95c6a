//! What several test binaries share.

// Not each of them uses all of it.
#![allow(dead_code)]

pub mod sysvol_suite;
pub mod directory_suite;
pub mod gpo_state;
pub mod change_suite;
pub mod corpus;
pub mod interchange;
pub mod child;
#[cfg(target_os = "linux")]
pub mod large_content;
pub mod faulty_store;
pub mod forest_state;
pub mod small_domain;
#[cfg(target_os = "linux")]
pub mod system_calls;
pub mod scenario;
pub mod breaking_off;
