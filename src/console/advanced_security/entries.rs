//! The second tab: every entry of the list, in its order.

use egui::{Button, Layout, Ui, vec2};

use super::{AdvancedSecurity, Purpose, words};
use crate::console::OpenForest;
use crate::console::kit::data_table::{Cell, Column, DataTable, Tone, row_id};
use crate::console::kit::notice::{Severity, banner_ui};
use crate::console::pane::cells;
use crate::console::theme::SPACE;
use crate::security::AclEntry;

impl AdvancedSecurity {
    /// Draws the tab; tells whether somebody is to be chosen.
    pub(super) fn entries_ui(&mut self, ui: &mut Ui, forest: &OpenForest, refusal: Option<&str>) -> Option<Purpose> {
        let mut asked = None;
        if !self.list.is_in_order() {
            let text = "The entries are not in the usual order: what denies does not stand before what grants. They count in the \
                        order in which they stand.";
            banner_ui(ui, Severity::Warning, text);
            if ui.add_enabled(refusal.is_none(), Button::new("Put in Order")).clicked() {
                self.list.put_in_order();
                self.changed();
            }
            ui.add_space(SPACE);
        }
        let (object, names) = (self.list.object(), &self.names);
        let rows: Vec<(usize, &AclEntry)> =
            self.list.acl().into_iter().flat_map(|acl| acl.entries.iter().enumerate()).collect();
        let table = DataTable::new("entries of an access list", "Permission entries")
            .column(Column::new("Type", 90.0, |(_, entry): &(usize, &AclEntry)| match entry {
                AclEntry::Ace(ace) if ace.denies() => Cell::text(words::kind(ace)).tone(Tone::Warning),
                AclEntry::Ace(ace) => Cell::text(words::kind(ace)),
                AclEntry::Unknown(_) => Cell::text("Not understood").tone(Tone::Warning),
            }))
            .column(Column::new("Principal", 200.0, |(_, entry): &(usize, &AclEntry)| match entry {
                AclEntry::Ace(ace) => cells::trustee(forest, &ace.sid),
                AclEntry::Unknown(_) => Cell::default(),
            }))
            .column(Column::new("Access", 190.0, move |(_, entry): &(usize, &AclEntry)| match entry {
                AclEntry::Ace(ace) => Cell::text(words::access(object, ace)),
                AclEntry::Unknown(unknown) => Cell::text(format!(
                    "An entry of kind {}, {} bytes; kept as it is",
                    unknown.type_byte(),
                    unknown.bytes().len()
                )),
            }))
            .column(Column::new("Object Type", 130.0, move |(_, entry): &(usize, &AclEntry)| match entry {
                AclEntry::Ace(ace) => Cell::text(words::object_type(ace, names)),
                AclEntry::Unknown(_) => Cell::default(),
            }))
            .column(Column::new("Applies To", 180.0, move |(_, entry): &(usize, &AclEntry)| match entry {
                AclEntry::Ace(ace) => Cell::text(words::applies_to(object, ace, names)),
                AclEntry::Unknown(_) => Cell::default(),
            }))
            .column(Column::new("Inherited", 70.0, |(_, entry): &(usize, &AclEntry)| {
                Cell::yes_no(entry.is_inherited())
            }))
            .row_id(|(place, _)| row_id(place))
            .named_by("Principal")
            .revision(row_id((self.revision, forest.details.trustees.len())))
            .empty("The list has no entries: nobody may do anything.");
        let size = vec2(ui.available_width(), (ui.available_height() - 40.0).max(120.0));
        ui.allocate_ui_with_layout(size, Layout::top_down(egui::Align::Min), |ui| {
            ui.set_min_size(size);
            table.ui(ui, &mut self.entries, &rows);
        });
        let selected: Vec<usize> = self.entries.selected();
        let all_own = selected.iter().all(|row| rows.get(*row).is_some_and(|(_, entry)| !entry.is_inherited()));
        ui.add_space(SPACE);
        ui.horizontal(|ui| {
            let why = refusal.unwrap_or_default();
            if ui.add_enabled(refusal.is_none(), Button::new("Add…")).on_disabled_hover_text(why).clicked() {
                asked = Some(Purpose::Add);
            }
            let why = refusal.unwrap_or(if selected.is_empty() {
                "Select entries in the list."
            } else {
                "An entry that came from above is removed there."
            });
            let can_remove = refusal.is_none() && !selected.is_empty() && all_own;
            if ui.add_enabled(can_remove, Button::new("Remove")).on_disabled_hover_text(why).clicked() {
                let mut places = selected.clone();
                places.sort_unstable();
                for place in places.into_iter().rev() {
                    self.list.remove_entry(place);
                }
                self.changed();
            }
            ui.separator();
            let why = refusal.unwrap_or_default();
            if self.list.is_protected() {
                let button = ui.add_enabled(refusal.is_none(), Button::new("Enable Inheritance"));
                if button.on_disabled_hover_text(why).clicked() {
                    self.list.unprotect();
                    self.changed();
                }
                ui.weak("Nothing is inherited from above.");
            } else {
                let button = ui.add_enabled(refusal.is_none(), Button::new("Disable Inheritance…"));
                if button.on_disabled_hover_text(why).clicked() {
                    self.stops_inheriting = true;
                }
                ui.weak("Entries from above are inherited.");
            }
        });
        asked
    }
}
