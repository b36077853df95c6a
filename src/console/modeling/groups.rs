//! The groups that somebody is imagined in.

use egui::{Layout, Ui, vec2};

use crate::gpm::PrincipalKinds;
use crate::ident::{DnsName, Sid};

use super::super::kit::data_table::{Cell, Column, DataTable, TableState, row_id};
use super::super::principal_picker::{PickedPrincipals, PickerOptions, PrincipalPicker};
use super::super::stored_query::Named;
use super::super::theme::SPACE;
use super::super::wizard::PageFrame;
use super::super::{ForestId, Icon};
use super::target::is_everybody;

/// The field: none where it is in the groups it is in.
pub(super) struct GroupsField {
    forest: ForestId,
    chosen: Option<Vec<Named<Sid>>>,
    table: TableState,
    picked: PickedPrincipals,
    revision: u64,
}

impl GroupsField {
    pub(super) fn new(forest: ForestId, chosen: Option<Vec<Named<Sid>>>) -> Self {
        GroupsField { forest, chosen, table: TableState::default(), picked: PickedPrincipals::default(), revision: 0 }
    }

    /// Returns the groups that are imagined; none for its own.
    pub(super) fn chosen(&self) -> Option<Vec<Named<Sid>>> {
        self.chosen.clone()
    }

    /// Forgets the groups: somebody else is asked about.
    pub(super) fn forget(&mut self) {
        *self = GroupsField::new(self.forest, None);
    }

    /// Draws the list with what changes it; `own` are the groups it is in.
    pub(super) fn ui(&mut self, ui: &mut Ui, page: &mut PageFrame<'_, '_>, home: &DnsName, own: &[Named<Sid>]) {
        let mut groups = self.chosen.clone().unwrap_or_else(|| own.to_vec());
        for added in self.picked.take() {
            if groups.iter().all(|group| group.id != added.sid) {
                groups.push(Named { name: added.label(), id: added.sid });
                self.change(groups.clone(), own);
            }
        }
        let table = DataTable::new("groups of a simulation", "Security groups")
            .column(Column::new("Name", 420.0, |group: &Named<Sid>| {
                Cell::icon(Icon::Group, group.name.as_str()).tooltip(group.id.to_string())
            }))
            .row_id(|group| row_id(&group.id))
            .sorted_by("Name")
            .revision(self.revision)
            .compact();
        let size = vec2(ui.available_width(), ui.available_height() - 14.0 * SPACE);
        ui.allocate_ui_with_layout(size, Layout::top_down(egui::Align::Min), |ui| {
            ui.set_min_size(size);
            table.ui(ui, &mut self.table, &groups);
        });
        let selected: Vec<&Named<Sid>> = self.table.selected().into_iter().filter_map(|row| groups.get(row)).collect();
        let why_not = match selected.as_slice() {
            [] => Some("Select groups in the list."),
            some if some.iter().any(|group| is_everybody(&group.id)) => Some("Everybody is in this group."),
            _ => None,
        };
        let removed: Vec<Sid> = selected.iter().map(|group| group.id.clone()).collect();
        ui.horizontal(|ui| {
            let add = ui.button("Add…");
            page.focus_first(&add);
            if add.clicked() {
                let kinds = PrincipalKinds { users: false, computers: false, ..PrincipalKinds::ALL };
                let options = PickerOptions { title: "Select Groups".to_owned(), many: true, kinds };
                let picked = self.picked.clone();
                let open = PrincipalPicker::open_into(self.forest, home.clone(), options, String::new(), picked);
                page.around.commands.push(open);
            }
            let remove = ui.add_enabled(why_not.is_none(), egui::Button::new("Remove"));
            if remove.on_disabled_hover_text(why_not.unwrap_or_default()).clicked() {
                groups.retain(|group| !removed.contains(&group.id));
                self.change(groups.clone(), own);
            }
            let restore = ui.add_enabled(self.chosen.is_some(), egui::Button::new("Restore Defaults"));
            if restore.on_disabled_hover_text("These are its own groups.").clicked() {
                self.chosen = None;
                self.revision += 1;
            }
        });
    }

    fn change(&mut self, groups: Vec<Named<Sid>>, own: &[Named<Sid>]) {
        let is_own = groups.len() == own.len() && own.iter().all(|group| groups.contains(group));
        self.chosen = Some(groups).filter(|_| !is_own);
        self.revision += 1;
    }
}
