//! The desktop console: the window, the scope tree, the result panes.
//!
//! [`App`] owns the state; views draw it and push [`Command`]s, which it carries out between frames. What may be asked for
//! stands in [`command::table`], every colour and size in [`theme`], every picture in [`icon`]. The console knows the rest of
//! the library and nothing knows the console.

pub mod node;
pub mod command;
pub mod open_forest;
pub mod opened_file;
pub mod reports;
pub mod app;
pub mod opener;
mod job;
mod operation_job;
pub mod window;
mod wizard;
mod path_field;
mod permission_dialog;
mod principal_sheet;
mod backup_list;
mod backup_source;
mod manage_backups;
pub mod principal_picker;
pub mod advanced_security;
mod search;
mod migration_table;
mod migrating;
mod step;
mod container_chooser;
mod modeling;
pub mod results;
mod import_wizard;
mod copy_dialog;
mod new_gpo_dialog;
mod copy_wizard;
mod back_up_dialog;
mod starter_gpo;
mod starter_gpo_window;
pub mod stored_query;
mod wmi_filter;
mod restore_wizard;
mod interrupted;
mod face;
mod drag;
pub mod forest_view;
mod show_list;
mod options_dialog;
mod link_edits;
mod link_existing;
mod ou_windows;
mod rename;
mod properties;
mod actions_pane;
pub mod tree;
pub mod kit;
pub mod pane;
mod bars;
pub mod dialog;
pub mod question;
mod connect_dialog;
mod change_controller;
mod group_policy_update;
mod impact_window;
mod status_shelf;
mod report_dialogs;
mod palette;
mod help;
pub mod error_view;
pub mod settings;
pub mod theme;
pub mod icon;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod app_tests;

pub use app::{App, AppOptions};
pub use back_up_dialog::BackUpOf;
pub use command::{Command, CommandContext, ConnectRequest, Situation};
pub use drag::Dragged;
pub use face::Face;
pub use forest_view::ForestView;
pub use icon::{Icon, NodeIcon};
pub use node::{FileId, ForestId, Node, Place};
pub use open_forest::{Detail, Details, ForestEntry, ForestState, Lazy, OpenForest};
pub use opened_file::{FileItem, FileState, OpenedFile, Shown};
pub use opener::{Browser, FilePicker, ForestOpener, StoreOpener, SystemBrowser, SystemFilePicker};
pub use options_dialog::Options;
pub use reports::{LocalTemplates, ReportOf, ReportUse, Reported, ReportsOf, ShownReport, TemplateShelf};
pub use show_list::ShowList;
pub use starter_gpo_window::StarterAction;
pub use status_shelf::{StatusAction, StatusOf, StatusRun, StatusShelf};

use egui::{IconData, ViewportBuilder};

/// The name by which desktops know the program.
const APP_ID: &str = "org.opengpmc.OpenGPMC";

/// Opens the window with these forests and runs until it is closed. Without any, with those of last time; the first time with
/// the domain of the user's Kerberos ticket, else with the demo forest.
///
/// `journal_folder` is where operations keep what was there before. Fails where no window can be had: no display, no OpenGL.
pub fn run(forests: Vec<ConnectRequest>, journal_folder: Option<std::path::PathBuf>) -> eframe::Result {
    let mut options = AppOptions { forests, journal_folder, ..AppOptions::default() };
    options.query_folder = stored_query::default_folder();
    if options.settings_folder.is_none() && options.forests.is_empty() {
        options.forests.push(ConnectRequest::default());
    }
    run_with(options)
}

/// Opens the window as [`run`] does, on whatever opens the forests and keeps the settings.
pub fn run_with(options: AppOptions) -> eframe::Result {
    let viewport = ViewportBuilder::default()
        .with_title("OpenGPMC")
        .with_app_id(APP_ID)
        .with_icon(window_icon())
        .with_inner_size([1280.0, 800.0])
        .with_min_inner_size([640.0, 400.0]);
    let native_options = eframe::NativeOptions {
        viewport,
        // Said explicitly: with several renderers compiled in, eframe would choose another.
        renderer: eframe::Renderer::Glow,
        persistence_path: options.settings_folder.as_ref().map(|folder| folder.join("window.ron")),
        ..eframe::NativeOptions::default()
    };
    eframe::run_native("OpenGPMC", native_options, Box::new(|creation| Ok(Box::new(App::new(creation, options)?))))
}

/// Draws the icon of the window: the scroll of a GPO on a blue ground.
fn window_icon() -> IconData {
    const SIDE: usize = 64;
    let blue = [0x0B, 0x5C, 0xAD, 0xFF];
    let paper = [0xFF, 0xFC, 0xF0, 0xFF];
    let ink = [0x4A, 0x55, 0x64, 0xFF];
    let mut rgba = vec![0; SIDE * SIDE * 4];
    let mut fill = |x: std::ops::Range<usize>, y: std::ops::Range<usize>, color: [u8; 4]| {
        for row in y {
            for column in x.clone() {
                let at = (row * SIDE + column) * 4;
                rgba[at..at + 4].copy_from_slice(&color);
            }
        }
    };
    fill(4..60, 2..62, blue);
    fill(2..62, 4..60, blue);
    fill(16..48, 12..52, paper);
    fill(12..48, 10..18, paper);
    fill(16..52, 46..54, paper);
    for line in [24, 31, 38] {
        fill(22..42, line..line + 3, ink);
    }
    IconData { rgba, width: SIDE as u32, height: SIDE as u32 }
}
