//! What several test binaries share.

pub mod sysvol_suite;
