//! OpenGPMC: Group Policy management for Windows AD and Samba AD.
//!
//! One library with three users: the desktop console, the command line and the tests.
//! The modules stand in reading order; each knows only those above it.

pub mod ident;
pub mod security;
pub mod format;
pub mod store;
pub mod gpm;
pub mod operation;
#[cfg(feature = "gui")]
pub mod console;
pub mod cli;
