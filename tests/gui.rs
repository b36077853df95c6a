//! The console, driven as a person drives it: by the names of its controls, by mouse and by keyboard.
#![cfg(feature = "gui")]
#![allow(clippy::unwrap_used, reason = "a test that unwraps in vain fails, as it should")]

/// What is shared with the tests of the library.
#[allow(dead_code, reason = "the tests of the console need only some of it")]
mod common {
    #[path = "../../tests/common/small_domain.rs"]
    pub mod small_domain;
    #[path = "../../tests/common/several_controllers.rs"]
    pub mod several_controllers;
    #[path = "../../tests/common/faulty_store.rs"]
    pub mod faulty_store;
    #[path = "../../tests/common/gpo_state.rs"]
    pub mod gpo_state;
    #[cfg(unix)]
    #[path = "../../tests/common/fake_computer.rs"]
    pub mod fake_computer;
}
#[path = "gui/support.rs"]
mod support;
#[path = "gui/picture.rs"]
mod picture;
#[path = "gui/console.rs"]
mod console;
#[path = "gui/status.rs"]
mod status;
#[path = "gui/screens.rs"]
mod screens;
#[path = "gui/view.rs"]
mod view;
#[path = "gui/keyboard.rs"]
mod keyboard;
#[path = "gui/shell.rs"]
mod shell;
#[path = "gui/walkthrough.rs"]
mod walkthrough;
#[path = "gui/reading.rs"]
mod reading;
#[path = "gui/walks.rs"]
mod walks;
#[cfg(target_os = "linux")]
#[path = "gui/window.rs"]
mod window;
#[path = "gui/kit.rs"]
mod kit;
#[path = "gui/copy_and_import.rs"]
mod copy_and_import;
#[path = "gui/migration_table.rs"]
mod migration_table;
#[path = "gui/report.rs"]
mod report;
#[path = "gui/report_lines.rs"]
mod report_lines;
#[path = "gui/backups.rs"]
mod backups;
#[path = "gui/backup_lines.rs"]
mod backup_lines;
#[path = "gui/broken_off.rs"]
mod broken_off;
#[path = "gui/undo.rs"]
mod undo;
#[path = "gui/picker.rs"]
mod picker;
#[path = "gui/advanced_security.rs"]
mod advanced_security;
#[path = "gui/delegation.rs"]
mod delegation;
#[path = "gui/search.rs"]
mod search;
#[path = "gui/gpos_refused.rs"]
mod gpos_refused;
#[path = "gui/gpos.rs"]
mod gpos;
#[path = "gui/links.rs"]
mod links;
#[path = "gui/drag_and_drop.rs"]
mod drag_and_drop;
#[path = "gui/impact.rs"]
mod impact;
#[path = "gui/modeling.rs"]
mod modeling;
#[cfg(unix)]
#[path = "gui/results.rs"]
mod results;
#[path = "gui/stored_queries.rs"]
mod stored_queries;
#[path = "gui/wmi_filters.rs"]
mod wmi_filters;
#[path = "gui/starter_gpos.rs"]
mod starter_gpos;
#[path = "gui/silent_server.rs"]
mod silent_server;
#[path = "gui/tree_lines.rs"]
mod tree_lines;
#[path = "gui/questions.rs"]
mod questions;
#[path = "gui/names.rs"]
mod names;
