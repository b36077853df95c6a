//! Add Group or User: which permission principals get that were chosen (`console-ui.md` 5).

use std::sync::Arc;

use egui::{ComboBox, Context, ScrollArea};

use crate::gpm::{Permission, PermissionType, Trustee};
use crate::operation::admin::security::{ChangePermissions, PermissionChange, Secured};

use super::dialog::{self, Closing};
use super::kit::accessible;
use super::theme::SPACE;
use super::window::{Surroundings, Window};
use super::{Command, ForestId};

/// A permission that can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Its words.
    pub text: &'static str,
    /// The level.
    pub level: PermissionType,
    /// Whether it reaches the containers below.
    pub inheritable: bool,
}

/// The dialog.
pub struct PermissionDialog {
    forest: ForestId,
    of: Secured,
    name: String,
    trustees: Vec<Trustee>,
    choices: Vec<Choice>,
    chosen: usize,
    focus_wanted: bool,
}

/// Height in points that the names take at most.
const NAMES_HEIGHT: f32 = 120.0;

impl PermissionDialog {
    /// Returns the dialog for these principals and an object with these permissions; `name` is what people call the object.
    pub fn new(forest: ForestId, of: Secured, name: String, trustees: Vec<Trustee>, choices: Vec<Choice>) -> Self {
        PermissionDialog { forest, of, name, trustees, choices, chosen: 0, focus_wanted: true }
    }

    fn command(&self) -> Option<Command> {
        let choice = self.choices.get(self.chosen)?;
        let add = |trustee: &Trustee| Permission::new(trustee.clone(), choice.level, choice.inheritable).ok();
        let changes = self.trustees.iter().filter_map(add).map(PermissionChange::Add).collect();
        let edit = ChangePermissions { of: self.of.clone(), name: self.name.clone(), changes };
        Some(Command::Edit(self.forest, Arc::new(edit)))
    }
}

impl Window for PermissionDialog {
    fn ui(&mut self, ctx: &Context, around: &mut Surroundings<'_>) -> Closing {
        let (mut confirmed, mut cancelled) = (false, false);
        let closing = dialog::show(ctx, "Add Group or User", 460.0, |ui| {
            ui.label(if self.trustees.len() == 1 { "Group or user name:" } else { "Group or user names:" });
            ScrollArea::vertical().max_height(NAMES_HEIGHT).auto_shrink([false, true]).show(ui, |ui| {
                for trustee in &self.trustees {
                    ui.strong(trustee.label());
                }
            });
            ui.add_space(SPACE);
            ui.label("Permissions:");
            let text = self.choices.get(self.chosen).map(|choice| choice.text).unwrap_or_default();
            let combo =
                ComboBox::from_id_salt("level").width(ui.available_width()).selected_text(text).show_ui(ui, |ui| {
                    for (place, choice) in self.choices.iter().enumerate() {
                        ui.selectable_value(&mut self.chosen, place, choice.text);
                    }
                });
            accessible::name(&combo.response, "Permissions");
            dialog::focus_once(&combo.response, &mut self.focus_wanted);
            dialog::buttons_ui(ui, |ui| {
                confirmed = dialog::primary_button(ui, "OK");
                cancelled = dialog::button(ui, "Cancel");
            });
        });
        if confirmed {
            around.commands.extend(self.command());
        }
        if confirmed || cancelled { Closing::Close } else { closing }
    }
}
