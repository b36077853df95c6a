//! What several test binaries share.

pub mod sysvol_suite;
pub mod directory_suite;
