//! The last two tabs: who owns the object, and what somebody may do with it in effect.

use egui::{Button, Layout, RichText, Ui, vec2};

use super::{AdvancedSecurity, Groups, InEffect, Purpose};
use crate::console::OpenForest;
use crate::console::kit::data_table::{Cell, Column, DataTable, Tone, row_id};
use crate::console::kit::notice::{Severity, banner_ui, empty_ui, loading_ui};
use crate::console::pane::cells;
use crate::console::theme::SPACE;
use crate::gpm::{BasicRight, SecuredObject};
use crate::ident::Sid;
use crate::security::AccessMask;

/// The rights that change who may do what; they stand in no check list.
const ABOUT_THE_OBJECT: [BasicRight; 4] = [
    BasicRight { label: "Delete", mask: AccessMask::DELETE, object_type: None },
    BasicRight { label: "Read permissions", mask: AccessMask::READ_CONTROL, object_type: None },
    BasicRight { label: "Modify permissions", mask: AccessMask::WRITE_DAC, object_type: None },
    BasicRight { label: "Modify owner", mask: AccessMask::WRITE_OWNER, object_type: None },
];

impl AdvancedSecurity {
    /// Draws the owner; tells whether another is to be chosen.
    pub(super) fn owner_ui(&mut self, ui: &mut Ui, forest: &OpenForest) -> Option<Purpose> {
        let refusal = self.owner_refusal(forest);
        let owner = self.list.descriptor().owner.as_ref();
        let name = owner.map_or_else(|| "Not known".to_owned(), |sid| cells::trustee(forest, sid).text.into_owned());
        let mut asked = None;
        ui.horizontal(|ui| {
            ui.label("Owner:");
            ui.label(RichText::new(name).strong());
            let change = ui.add_enabled(refusal.is_none(), Button::new("Change…"));
            if change.on_disabled_hover_text(refusal.clone().unwrap_or_default()).clicked() {
                asked = Some(Purpose::Owner);
            }
        });
        if owner != self.before.owner.as_ref() {
            ui.weak("Changed. It counts once OK was pressed.");
        }
        ui.add_space(2.0 * SPACE);
        let text = "The owner may always read and change the permissions. A server lets one make oneself the owner, or a group one \
                    belongs to; to make somebody else the owner takes the privilege to restore files.";
        banner_ui(ui, Severity::Info, text);
        asked
    }

    /// Draws what somebody may do; tells whether somebody is to be chosen.
    pub(super) fn effective_ui(&mut self, ui: &mut Ui) -> Option<Purpose> {
        let mut asked = None;
        ui.horizontal(|ui| {
            ui.label("User, computer or group:");
            if let Some(InEffect { trustee, .. }) = &self.in_effect {
                ui.label(RichText::new(trustee.label()).strong());
            }
            if ui.button("Select…").clicked() {
                asked = Some(Purpose::Effective);
            }
        });
        ui.add_space(SPACE);
        let Some(InEffect { trustee, groups }) = &self.in_effect else {
            empty_ui(ui, "Nobody is selected", "Select somebody to see what they may do here, also through groups.");
            return asked;
        };
        let groups = match groups {
            Groups::Known(groups) => groups,
            Groups::Asking(_) => {
                loading_ui(ui, "Looking up the groups…");
                return asked;
            }
            Groups::Failed(error) => {
                banner_ui(ui, Severity::Error, &format!("The groups could not be looked up: {error}."));
                return asked;
            }
        };
        let is_member = |sid: &Sid| *sid == trustee.sid || groups.contains(sid);
        let object = self.list.object();
        let rows: Vec<(&str, bool)> = rights_of(object)
            .map(|right| {
                let held = self.list.effective_rights(right.object_type, is_member);
                (right.label, held.contains(right.mask & !AccessMask::SYNCHRONIZE))
            })
            .collect();
        let table = DataTable::new("effective rights", "Effective access")
            .column(Column::new("Permission", 360.0, |(label, _): &(&str, bool)| Cell::text(*label)))
            .column(Column::new("Granted", 100.0, |(_, held): &(&str, bool)| {
                let cell = Cell::yes_no(*held);
                if *held { cell } else { cell.tone(Tone::Weak) }
            }))
            .row_id(|(label, _)| row_id(label))
            .revision(row_id((self.revision, &trustee.sid)))
            .compact();
        let size = vec2(ui.available_width(), ui.available_height() - 30.0);
        ui.allocate_ui_with_layout(size, Layout::top_down(egui::Align::Min), |ui| {
            ui.set_min_size(size);
            table.ui(ui, &mut self.effective, &rows);
        });
        ui.weak(format!(
            "Through {} groups, as the list stands here. Conditions are not taken for fulfilled.",
            groups.len()
        ));
        asked
    }
}

fn rights_of(object: SecuredObject) -> impl Iterator<Item = &'static BasicRight> {
    object.basic_rights().iter().chain(&ABOUT_THE_OBJECT)
}
