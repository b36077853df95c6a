//! OpenGPMC: Group Policy management for Windows AD and Samba AD.
//!
//! One library with three users: the desktop console, the command line and the tests.
//! The modules stand in reading order; each knows only those above it.

// Outside tests, what can fail is an error. `unwrap` is refused by the lints of the package.
#![cfg_attr(not(test), warn(clippy::expect_used, clippy::panic, clippy::unreachable))]

pub mod ident;
pub mod security;
pub mod format;
pub mod store;
pub mod gpm;
pub mod report;
pub mod extension;
pub mod rsop;
pub mod operation;
#[cfg(feature = "gui")]
pub mod console;
pub mod cli;
