//! The dialogs that only tell something: about this program, the keys, the problems found.

use std::collections::HashSet;

use egui::{Context, Grid, RichText, ScrollArea, Ui};

use crate::gpm::Problem;

use super::command::table;
use super::dialog::{self, Closing};
use super::error_view::{ErrorReport, error_ui};
use super::theme::{self, SPACE};
use super::{Command, ForestEntry, ForestState, Icon};

/// Draws the dialog that tells what this program is.
pub fn about_ui(ctx: &Context, commands: &mut Vec<Command>) -> Closing {
    let mut closed = false;
    let version = concat!("OpenGPMC ", env!("CARGO_PKG_VERSION"));
    let closing = dialog::show(ctx, "About OpenGPMC", 440.0, |ui| {
        ui.horizontal(|ui| {
            Icon::Root.show(ui, 40.0);
            ui.vertical(|ui| {
                ui.label(RichText::new(version).strong());
                ui.label(env!("CARGO_PKG_DESCRIPTION"));
            });
        });
        ui.add_space(2.0 * SPACE);
        ui.label(format!("Licence: {}", env!("CARGO_PKG_LICENSE")));
        ui.label(format!("Runs on {} ({})", std::env::consts::OS, std::env::consts::ARCH));
        ui.weak("Microsoft, Windows and Active Directory are trademarks of Microsoft. This program is not made by Microsoft.");
        dialog::buttons_ui(ui, |ui| {
            closed = dialog::button(ui, "Close");
            if dialog::button(ui, "Copy Version") {
                let system = format!("{version} on {} ({})", std::env::consts::OS, std::env::consts::ARCH);
                commands.push(Command::CopyText(system));
            }
        });
    });
    if closed { Closing::Close } else { closing }
}

/// Draws the list of keys: those of the command table, then those of the tree, of lists and of reports.
pub fn shortcuts_ui(ctx: &Context) -> Closing {
    const OTHERS: &[(&str, &[(&str, &str)])] = &[
        (
            "Window",
            &[
                ("Alt+F, A, V, H", "Open a menu"),
                ("F6, Shift+F6", "Next or previous pane"),
                ("Tab, Shift+Tab", "Next or previous control"),
                ("Ctrl+F", "Find in the report in view, else filter the tree"),
                ("Ctrl++, Ctrl+-, Ctrl+0", "Larger, smaller, ordinary size"),
                ("Esc", "Close the dialog, menu or filter"),
            ],
        ),
        (
            "Scope tree",
            &[
                ("Up, Down, Home, End, PgUp, PgDn", "Move"),
                ("Right", "Open the node, or go to the first below it"),
                ("Left", "Close the node, or go to the one above it"),
                ("+, -, *", "Open, close, open everything below"),
                ("Letters", "Go to the next node that begins so"),
                ("Backspace", "Go to the node above"),
                ("Menu, Shift+F10", "Context menu"),
            ],
        ),
        (
            "Report",
            &[
                ("Up, Down, Home, End, PgUp, PgDn", "Move; with Shift, select"),
                ("Right, Left", "Open or close the section; go into it or to its heading"),
                ("Space, Enter", "Open or close the section; tell what a setting does"),
                ("*", "Open all sections"),
                ("F3, Shift+F3", "Find next, find previous"),
                ("Ctrl+C", "Copy the selected rows"),
                ("Menu, Shift+F10", "Context menu"),
            ],
        ),
    ];
    let mut closed = false;
    let closing = dialog::show(ctx, "Keyboard Shortcuts", 560.0, |ui| {
        let height = ui.ctx().content_rect().height() - 180.0;
        ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, |ui| {
            heading(ui, "Commands");
            Grid::new("keys of commands").num_columns(2).spacing([6.0 * SPACE, SPACE]).show(ui, |ui| {
                let mut told = HashSet::new();
                // Rows of different kinds of nodes share words and keys: each is told once.
                for row in table().filter(|row| !row.shortcuts.is_empty() && told.insert(row.text)) {
                    let keys: Vec<String> = row.shortcuts.iter().map(|keys| ui.ctx().format_shortcut(keys)).collect();
                    key_row(ui, &keys.join(", "), row.text.trim_end_matches('…'));
                }
            });
            for (title, keys) in OTHERS {
                heading(ui, title);
                Grid::new(*title).num_columns(2).spacing([6.0 * SPACE, SPACE]).show(ui, |ui| {
                    for (keys, text) in *keys {
                        key_row(ui, keys, text);
                    }
                });
            }
        });
        dialog::buttons_ui(ui, |ui| closed = dialog::button(ui, "Close"));
    });
    if closed { Closing::Close } else { closing }
}

/// Draws the list of what could not be read or looks wrong.
pub fn problems_ui(ctx: &Context, forests: &[ForestEntry], commands: &mut Vec<Command>) -> Closing {
    let mut closed = false;
    let closing = dialog::show(ctx, "Problems", 760.0, |ui| {
        let height = ui.ctx().content_rect().height() - 200.0;
        let mut text = String::new();
        ScrollArea::vertical().max_height(height).min_scrolled_height(160.0).auto_shrink([false, true]).show(
            ui,
            |ui| {
                for entry in forests {
                    match &entry.state {
                        ForestState::Loading(_) => {}
                        ForestState::Failed(error) => {
                            let report = ErrorReport::of_store(format!("Connect to {}", entry.target), error);
                            text.push_str(&format!("{}\n", report.details));
                            error_ui(ui, &report, commands);
                        }
                        ForestState::Open(forest) => {
                            for problem in forest.snapshot.all_problems() {
                                text.push_str(&format!("{}: {}\n", problem.object, problem.message));
                                problem_ui(ui, &problem.object, &problem.message);
                            }
                        }
                    }
                }
                if text.is_empty() {
                    ui.label("Everything could be read, and nothing looks wrong.");
                }
            },
        );
        dialog::buttons_ui(ui, |ui| {
            closed = dialog::button(ui, "Close");
            if !text.is_empty() && dialog::button(ui, "Copy All") {
                commands.push(Command::CopyText(text.clone()));
            }
        });
    });
    if closed { Closing::Close } else { closing }
}

/// What reports that were written lack.
pub struct Unread {
    /// What was to be done.
    pub title: String,
    /// How many reports were written.
    pub files: usize,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// Draws what reports that were written lack; tells whether to close it.
pub fn unread_ui(ctx: &Context, unread: &Unread, commands: &mut Vec<Command>) -> Closing {
    let mut closed = false;
    let closing = dialog::show(ctx, &unread.title, 760.0, |ui| {
        let height = ui.ctx().content_rect().height() - 240.0;
        let written = match unread.files {
            1 => "1 report was written".to_owned(),
            files => format!("{files} reports were written"),
        };
        ui.label(format!("{written}. These parts could not be read; the reports say so in their place:"));
        ui.add_space(SPACE);
        ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, |ui| {
            for problem in &unread.problems {
                problem_ui(ui, &problem.object, &problem.message);
            }
        });
        dialog::buttons_ui(ui, |ui| {
            closed = dialog::primary_button(ui, "Close");
            if dialog::button(ui, "Copy All") {
                let lines = unread.problems.iter().map(|problem| format!("{}: {}\n", problem.object, problem.message));
                commands.push(Command::CopyText(lines.collect()));
            }
        });
    });
    if closed { Closing::Close } else { closing }
}

fn heading(ui: &mut Ui, text: &str) {
    ui.add_space(2.0 * SPACE);
    ui.label(RichText::new(text).strong());
}

fn key_row(ui: &mut Ui, keys: &str, text: &str) {
    ui.label(RichText::new(keys).monospace());
    ui.label(text);
    ui.end_row();
}

fn problem_ui(ui: &mut Ui, object: &str, message: &str) {
    ui.horizontal_top(|ui| {
        Icon::Warning.show(ui, theme::ICON_SIZE);
        ui.vertical(|ui| {
            ui.label(message);
            ui.label(RichText::new(object).small().weak());
        });
    });
    ui.add_space(SPACE);
}
