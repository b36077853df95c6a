//! A list of permissions with what can be done with its rows: the table, the menu of a row, the buttons below.

use egui::{Align, Button, Layout, Ui, vec2};

use super::super::cells;
use super::super::state::View;
use super::deeds::{self, Listed, Target, named};
use super::security_info;
use crate::console::kit::accessible;
use crate::console::kit::data_table::{Cell, Column, DataTable, Tone, row_id};
use crate::console::kit::notice::{Severity, banner_ui};
use crate::console::theme::SPACE;
use crate::console::{Command, OpenForest};
use crate::gpm::{Permission, SecuredObject};

const TABLE: &str = "delegation";
const NO_OBJECT: &str = "There is no object of this principal in the forest.";
const NO_ROW: &str = "Select a group or user in the list first.";

/// The permissions of an object, as far as one list shows them.
pub(in crate::console::pane) struct PermissionList<'a> {
    target: &'a Target,
    listed: Listed,
    /// The descriptor, self-relative.
    descriptor: &'a [u8],
    /// Why nothing can be changed.
    refusal: Option<String>,
}

impl<'a> PermissionList<'a> {
    /// Returns the list; asks what we may do with the object.
    pub fn new(view: &mut View<'_>, target: &'a Target, listed: Listed, descriptor: &'a [u8]) -> Self {
        PermissionList { target, listed, descriptor, refusal: target.refusal(view) }
    }

    /// Draws the list as a Delegation tab has it.
    pub fn ui(&self, ui: &mut Ui, view: &mut View<'_>) {
        let security = security_info(view, self.target.secured.object(), self.descriptor);
        let security = match &*security {
            Ok(security) => security,
            Err(error) => return banner_ui(ui, Severity::Error, error),
        };
        if security.unrestricted {
            banner_ui(ui, Severity::Warning, "There is no access list: everybody may do everything.");
        }
        let revision = row_id((self.target.secured.object(), self.descriptor, format!("{:?}", self.listed)));
        view.fetch_trustees(revision, security.sids().into_iter());
        let wanted = |permission: &&Permission| match self.listed {
            Listed::Level(level) => permission.level == level,
            Listed::AllLevels | Listed::Holders(_) | Listed::Filtering => true,
        };
        let rows: Vec<&Permission> = security.permissions.iter().filter(wanted).collect();
        let buttons = ui.spacing().interact_size.y + 2.0 * SPACE;
        let size = vec2(ui.available_width(), (ui.available_height() - buttons).max(0.0));
        let mut command = None;
        ui.allocate_ui(size, |ui| command = self.table_ui(ui, view, &rows, revision));
        ui.add_space(SPACE);
        let selected = view.state.selected(TABLE).into_iter().filter_map(|row| rows.get(row).copied());
        let selected: Vec<&Permission> = selected.collect();
        ui.horizontal(|ui| {
            let pressed = self.buttons_ui(ui, view.forest, &selected);
            command = command.take().or(pressed);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                // Who may not change the list may still look at it.
                if self.button_ui(ui, "Advanced…", None) {
                    command = deeds::advanced(self.target, self.descriptor);
                }
            });
        });
        view.commands.extend(command);
    }

    fn table_ui(&self, ui: &mut Ui, view: &mut View<'_>, rows: &[&Permission], revision: u64) -> Option<Command> {
        let forest = view.forest;
        let mut table = DataTable::new(TABLE, "Delegation")
            .column(Column::new("Name", 300.0, move |permission: &&Permission| {
                cells::trustee(forest, &permission.trustee.sid)
            }))
            .row_id(|permission| {
                row_id((permission.trustee.sid.to_string(), permission.level, permission.inherited, permission.denied))
            })
            .sorted_by("Name")
            .revision(row_id((view.revision(), revision)))
            .empty("Nobody has this permission here. Add somebody with the button below.");
        table = match self.listed {
            Listed::AllLevels | Listed::Filtering => {
                table.column(Column::new("Allowed Permissions", 300.0, |permission: &&Permission| level(permission)))
            }
            Listed::Level(_) => table
                .column(Column::new("Applies To", 260.0, |permission: &&Permission| applies_to(permission)))
                .column(Column::new("Setting", 80.0, |permission: &&Permission| setting(permission))),
            Listed::Holders(_) => {
                table.column(Column::new("Setting", 80.0, |permission: &&Permission| setting(permission)))
            }
        };
        table =
            table.column(Column::new("Inherited", 80.0, |permission: &&Permission| Cell::yes_no(permission.inherited)));
        let mut command = None;
        let response = view.state.table_ui(ui, table, rows, |ui, selected| {
            let selected: Vec<&Permission> = selected.iter().filter_map(|row| rows.get(*row).copied()).collect();
            command = self.menu_ui(ui, forest, &selected);
        });
        if let Some(row) = response.activated.and_then(|row| rows.get(row)) {
            command = Some(deeds::properties(named(forest, &row.trustee.sid)));
        }
        command
    }

    /// Draws what the selected rows can be given, the present permission ticked, Remove and Properties.
    pub fn menu_ui(&self, ui: &mut Ui, forest: &OpenForest, selected: &[&Permission]) -> Option<Command> {
        let reason = self.refusal_for(selected);
        let choices = ui.add_enabled_ui(reason.is_none(), |ui| self.choices_ui(ui, forest, selected));
        let mut command = choices.inner;
        choices.response.on_disabled_hover_text(reason.clone().unwrap_or_default());
        let button = ui.add_enabled(reason.is_none(), Button::new("Remove"));
        if button.on_disabled_hover_text(reason.unwrap_or_default()).clicked() {
            command = Some(deeds::remove(self.target, forest, self.listed, self.descriptor, selected));
        }
        if let [only] = selected {
            let trustee = named(forest, &only.trustee.sid);
            let button = ui.add_enabled(trustee.dn.is_some(), Button::new("Properties"));
            if button.on_disabled_hover_text(NO_OBJECT).clicked() {
                command = Some(deeds::properties(trustee));
            }
        }
        command
    }

    fn choices_ui(&self, ui: &mut Ui, forest: &OpenForest, selected: &[&Permission]) -> Option<Command> {
        let object = self.target.secured.object();
        let mut command = None;
        match self.listed {
            Listed::AllLevels => {
                for level in deeds::levels_offered(object) {
                    let is_it = selected.iter().all(|row| row.level == level && !row.denied);
                    if ui.selectable_label(is_it, level.label()).clicked() && !is_it {
                        command = Some(deeds::set_level(self.target, forest, selected, level));
                    }
                }
            }
            Listed::Level(_) if object != SecuredObject::Site => {
                for (text, inheritable) in deeds::REACHES.into_iter().rev() {
                    let is_it = selected.iter().all(|row| row.inheritable == inheritable);
                    if ui.selectable_label(is_it, text).clicked() && !is_it {
                        command = Some(deeds::set_reach(self.target, forest, selected, inheritable));
                    }
                }
            }
            Listed::Level(_) | Listed::Holders(_) | Listed::Filtering => {}
        }
        command
    }

    /// Draws Add…, Remove and Properties.
    pub fn buttons_ui(&self, ui: &mut Ui, forest: &OpenForest, selected: &[&Permission]) -> Option<Command> {
        let mut command = None;
        if self.button_ui(ui, "Add…", self.refusal.as_deref()) {
            command = Some(deeds::add(self.target, self.listed));
        }
        if self.button_ui(ui, "Remove", self.refusal_for(selected).as_deref()) {
            command = Some(deeds::remove(self.target, forest, self.listed, self.descriptor, selected));
        }
        let one = if let [only] = selected { Some(named(forest, &only.trustee.sid)) } else { None };
        let reason = match &one {
            None => Some("Select one group or user in the list first."),
            Some(trustee) if trustee.dn.is_none() => Some(NO_OBJECT),
            Some(_) => None,
        };
        if self.button_ui(ui, "Properties", reason) {
            command = one.map(deeds::properties);
        }
        command
    }

    /// Draws a button below the list; greyed where there is a reason. Returns whether it was pressed.
    fn button_ui(&self, ui: &mut Ui, text: &str, reason: Option<&str>) -> bool {
        let button = ui.add_enabled(reason.is_none(), Button::new(text));
        let list = if self.listed == Listed::Filtering { "Security Filtering" } else { "Delegation" };
        accessible::name(&button, format!("{list}: {text}"));
        button.on_disabled_hover_text(reason.unwrap_or_default()).clicked()
    }

    /// Returns why rows cannot be changed: what is inherited is changed where it comes from.
    fn refusal_for(&self, rows: &[&Permission]) -> Option<String> {
        let of_rows = || {
            let inherited = rows.iter().any(|row| row.inherited);
            match (rows, inherited) {
                ([], _) => Some(NO_ROW.to_owned()),
                (_, true) => Some("An inherited permission is changed on the object it comes from.".to_owned()),
                (_, false) => None,
            }
        };
        self.refusal.clone().or_else(of_rows)
    }
}

fn level<'a>(permission: &Permission) -> Cell<'a> {
    if permission.denied {
        return Cell::text("Custom (denied)").tone(Tone::Warning);
    }
    Cell::text(permission.level.label())
}

fn applies_to<'a>(permission: &Permission) -> Cell<'a> {
    Cell::text(if permission.inheritable { "This container and all child containers" } else { "This container only" })
}

fn setting<'a>(permission: &Permission) -> Cell<'a> {
    if permission.denied { Cell::text("Deny").tone(Tone::Warning) } else { Cell::text("Allow") }
}
