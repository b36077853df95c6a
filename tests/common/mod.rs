//! What several test binaries share.

pub mod sysvol_suite;
pub mod directory_suite;
pub mod child;
#[cfg(target_os = "linux")]
pub mod large_content;
