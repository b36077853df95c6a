//! Options (`console-ui.md` 6.16): the columns of every list, what reports are made with, and what the console tells and checks.

use std::collections::BTreeMap;
use std::path::PathBuf;

use egui::{ComboBox, Context, ScrollArea, TextEdit, Ui};
use poll_promise::Promise;

use super::Command;
use super::dialog::{self, Closing};
use super::kit::accessible;
use super::kit::data_table::{TableMemory, known_tables};
use super::kit::focus;
use super::kit::tab_bar::{tab_bar_ui, tab_id};
use super::settings::Settings;
use super::theme::{ROW_HEIGHT, SPACE};
use super::window::{Surroundings, Window};

const PAGES: [&str; 3] = ["Columns", "Reporting", "General"];

/// What the dialog changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// How lists are laid out, by the names they are remembered under.
    pub tables: BTreeMap<String, TableMemory>,
    /// The folder with classic and other administrative templates; none for those of this machine.
    pub template_folder: Option<PathBuf>,
    /// The language of the texts of administrative templates; none for English.
    pub template_language: Option<String>,
    /// Whether reports tell the comments of settings of administrative templates.
    pub report_comments: bool,
    /// Whether it is told that a link was selected and not a GPO.
    pub link_notice: bool,
    /// Whether the domain controller in use stands behind the name of each domain.
    pub controllers_named: bool,
}

impl Options {
    fn of(settings: &Settings, ctx: &Context) -> Options {
        Options {
            tables: known_tables(ctx),
            template_folder: settings.template_folder.clone(),
            template_language: settings.template_language.clone(),
            report_comments: settings.report_comments,
            link_notice: settings.link_notice,
            controllers_named: settings.controllers_named,
        }
    }
}

/// The dialog.
#[derive(Default)]
pub struct OptionsDialog {
    options: Option<Options>,
    page: usize,
    table: Option<String>,
    column: usize,
    folder: String,
    language: String,
    picking: Option<Promise<Option<PathBuf>>>,
    focus_wanted: bool,
}

impl OptionsDialog {
    fn columns_ui(&mut self, ui: &mut Ui) {
        let Some(options) = &mut self.options else { return };
        if options.tables.is_empty() {
            ui.weak("Every list that was shown can be chosen here.");
            return;
        }
        let known = self.table.take().filter(|key| options.tables.contains_key(key));
        let mut key = known.or_else(|| options.tables.keys().next().cloned()).unwrap_or_default();
        let name = |key: &str| options.tables.get(key).map_or(String::new(), |table| table.name.clone());
        ui.horizontal(|ui| {
            let label = ui.label("List");
            let combo = ComboBox::from_id_salt("table").width(320.0).selected_text(name(&key)).show_ui(ui, |ui| {
                for (other, table) in &options.tables {
                    if ui.selectable_value(&mut key, other.clone(), table.name.as_str()).clicked() {
                        self.column = 0;
                    }
                }
            });
            combo.response.labelled_by(label.id);
        });
        ui.add_space(SPACE);
        if let Some(table) = options.tables.get_mut(&key) {
            layout_ui(ui, table, &mut self.column);
        }
        self.table = Some(key);
        ui.add_space(SPACE);
        ui.weak("Order, widths and sorting of columns are kept when the console is closed.");
    }

    fn reporting_ui(&mut self, ui: &mut Ui, around: &Surroundings<'_>) {
        let Some(options) = &mut self.options else { return };
        ui.label("Administrative templates come from the central store of a domain where it has one, else from here:");
        let mut of_machine = self.folder.is_empty() && options.template_folder.is_none();
        ui.horizontal(|ui| {
            if ui.radio(of_machine, "This machine").clicked() {
                of_machine = true;
                options.template_folder = None;
                self.folder.clear();
            }
            if ui.radio(!of_machine, "This folder of ADMX files").clicked() {
                options.template_folder.get_or_insert_default();
            }
        });
        ui.horizontal(|ui| {
            let edit = ui.add(TextEdit::singleline(&mut self.folder).desired_width(360.0));
            accessible::name(&edit, "Folder of templates");
            if edit.changed() {
                options.template_folder = Some(PathBuf::from(self.folder.trim()));
            }
            if ui.add_enabled(self.picking.is_none(), egui::Button::new("Browse…")).clicked() {
                let picker = std::sync::Arc::clone(around.file_picker);
                self.picking = Some(around.workers.spawn_blocking(move || picker.pick_folder("Folder of templates")));
            }
        });
        ui.add_space(2.0 * SPACE);
        ui.horizontal(|ui| {
            let label = ui.label("Language of their texts");
            let hint = "en-US";
            let edit = ui.add(TextEdit::singleline(&mut self.language).hint_text(hint).desired_width(200.0));
            let edit = edit.labelled_by(label.id);
            if edit.changed() {
                let language = self.language.trim();
                options.template_language = (!language.is_empty()).then(|| language.to_owned());
            }
        });
        ui.add_space(2.0 * SPACE);
        ui.checkbox(&mut options.report_comments, "Reports tell the comments of administrative template settings");
    }

    fn general_ui(&mut self, ui: &mut Ui) {
        let Some(options) = &mut self.options else { return };
        ui.checkbox(&mut options.link_notice, "Tell when a link is selected and not a GPO");
        ui.add_space(SPACE);
        ui.checkbox(&mut options.controllers_named, "Show domain controllers after domain names");
    }

    fn take_picked_folder(&mut self) {
        let Some(picked) = self.picking.as_ref().and_then(Promise::ready) else { return };
        if let Some((folder, options)) = picked.clone().zip(self.options.as_mut()) {
            self.folder = folder.display().to_string();
            options.template_folder = Some(folder);
        }
        self.picking = None;
    }
}

impl Window for OptionsDialog {
    fn ui(&mut self, ctx: &Context, around: &mut Surroundings<'_>) -> Closing {
        if self.options.is_none() {
            let options = Options::of(around.settings, ctx);
            let text = |path: &PathBuf| path.display().to_string();
            self.folder = options.template_folder.as_ref().map(text).unwrap_or_default();
            self.language = options.template_language.clone().unwrap_or_default();
            self.options = Some(options);
            self.focus_wanted = true;
        }
        self.take_picked_folder();
        let (mut confirmed, mut cancelled) = (false, false);
        let closing = dialog::show(ctx, "Options", 560.0, |ui| {
            self.page = tab_bar_ui(ui, "Options", &PAGES, self.page);
            if std::mem::take(&mut self.focus_wanted) {
                focus::give_back(ui.ctx(), tab_id("Options", PAGES[self.page]));
            }
            ui.add_space(2.0 * SPACE);
            let height = (ui.ctx().content_rect().height() - 220.0).clamp(120.0, 330.0);
            ScrollArea::vertical().max_height(height).min_scrolled_height(height).auto_shrink(false).show(ui, |ui| {
                match self.page {
                    0 => self.columns_ui(ui),
                    1 => self.reporting_ui(ui, around),
                    _ => self.general_ui(ui),
                }
            });
            dialog::buttons_ui(ui, |ui| {
                confirmed = dialog::primary_button(ui, "OK");
                cancelled = dialog::button(ui, "Cancel");
            });
        });
        if confirmed && let Some(mut options) = self.options.take() {
            options.template_folder.take_if(|folder| folder.as_os_str().is_empty());
            around.commands.push(Command::SetOptions(Box::new(options)));
            return Closing::Close;
        }
        if cancelled { Closing::Close } else { closing }
    }
}

/// Draws the columns of a list with what can be done with them.
fn layout_ui(ui: &mut Ui, table: &mut TableMemory, chosen: &mut usize) {
    let columns: Vec<(String, bool)> = table.layout.columns().map(|(title, shown)| (title.to_owned(), shown)).collect();
    *chosen = (*chosen).min(columns.len().saturating_sub(1));
    ui.horizontal_top(|ui| {
        egui::Frame::group(ui.style()).show(ui, |ui| {
            ui.vertical(|ui| {
                ui.set_width(260.0);
                for (index, (title, shown)) in columns.iter().enumerate() {
                    ui.horizontal(|ui| {
                        let mut ticked = *shown;
                        let tick = ui.checkbox(&mut ticked, "");
                        accessible::name(&tick, format!("Show column {title}"));
                        if tick.changed() {
                            table.layout.toggle(title);
                        }
                        let size = egui::vec2(ui.available_width(), ROW_HEIGHT);
                        let name = ui.add_sized(size, egui::Button::selectable(index == *chosen, title.as_str()));
                        if name.clicked() {
                            *chosen = index;
                        }
                    });
                }
            });
        });
        ui.vertical(|ui| {
            let Some((title, _)) = columns.get(*chosen) else { return };
            let is_last = *chosen + 1 >= columns.len();
            if ui.add_enabled(*chosen > 0, egui::Button::new("Move Up")).clicked() {
                table.layout.move_before(title, columns.get(*chosen - 1).map(|(title, _)| title.as_str()));
                *chosen -= 1;
            }
            if ui.add_enabled(!is_last, egui::Button::new("Move Down")).clicked() {
                table.layout.move_before(title, columns.get(*chosen + 2).map(|(title, _)| title.as_str()));
                *chosen += 1;
            }
            if ui.button("Restore Defaults").clicked() {
                table.layout = table.defaults.clone();
                *chosen = 0;
            }
        });
    });
}
