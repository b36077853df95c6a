//! The first tab: who stands in the list, and what each is granted and denied.

use egui::{Button, Checkbox, Grid, RichText, ScrollArea, Ui};

use super::{AdvancedSecurity, Purpose};
use crate::console::OpenForest;
use crate::console::kit::accessible;
use crate::console::kit::data_table::{Column, DataTable, TableHeight, row_id};
use crate::console::kit::notice::Severity;
use crate::console::pane::cells;
use crate::console::theme::SPACE;
use crate::gpm::{AccessKind, BasicRight, Tick};
use crate::ident::Sid;

const KINDS: [(AccessKind, &str); 2] = [(AccessKind::Allow, "Allow"), (AccessKind::Deny, "Deny")];

impl AdvancedSecurity {
    /// Draws the tab; tells whether somebody is to be chosen.
    pub(super) fn check_list_ui(&mut self, ui: &mut Ui, forest: &OpenForest, refusal: Option<&str>) -> Option<Purpose> {
        let mut asked = None;
        let principals = self.list.principals();
        ui.label("Group or user names:");
        let table = DataTable::new("principals of an access list", "Group or user names")
            .column(Column::new("Name", 520.0, |sid: &Sid| cells::trustee(forest, sid)))
            .row_id(|sid| row_id(sid))
            .height(TableHeight::Rows { min: 6, max: 6 })
            .revision(row_id((self.revision, forest.details.trustees.len())))
            .compact()
            .empty("Nobody stands in the list. Add somebody.");
        table.ui(ui, &mut self.principals, &principals);
        if self.principals.selected().is_empty() {
            self.principals.select_first();
        }
        let selected = self.principals.selected().first().and_then(|row| principals.get(*row)).cloned();
        ui.add_space(SPACE);
        ui.horizontal(|ui| {
            let why = refusal.unwrap_or_default();
            if ui.add_enabled(refusal.is_none(), Button::new("Add…")).on_disabled_hover_text(why).clicked() {
                asked = Some(Purpose::Add);
            }
            let has_own = selected.as_ref().is_some_and(|sid| self.has_own_entries(sid));
            let why = refusal.unwrap_or("Everything said of this name came from above: it is changed there.");
            let remove =
                ui.add_enabled(refusal.is_none() && has_own, Button::new("Remove")).on_disabled_hover_text(why);
            if let (true, Some(sid)) = (remove.clicked(), &selected) {
                self.list.remove_principal(sid);
                self.changed();
            }
        });
        ui.add_space(2.0 * SPACE);
        if let Some(sid) = selected {
            let height = ui.available_height().max(80.0);
            ScrollArea::vertical().max_height(height).show(ui, |ui| self.rights_ui(ui, forest, &sid, refusal));
        }
        asked
    }

    fn has_own_entries(&self, sid: &Sid) -> bool {
        let aces = self.list.acl().into_iter().flat_map(crate::security::Acl::aces);
        aces.into_iter().any(|ace| ace.sid == *sid && !ace.is_inherited())
    }

    fn rights_ui(&mut self, ui: &mut Ui, forest: &OpenForest, sid: &Sid, refusal: Option<&str>) {
        let name = cells::trustee(forest, sid).text.into_owned();
        Grid::new("rights of a principal").num_columns(3).striped(true).spacing([24.0, 5.0]).show(ui, |ui| {
            ui.label(RichText::new(format!("Permissions for {name}")).strong());
            for (_, word) in KINDS {
                ui.label(RichText::new(word).strong());
            }
            ui.end_row();
            for right in self.list.object().basic_rights() {
                ui.label(right.label);
                for (kind, word) in KINDS {
                    self.tick_ui(ui, sid, kind, right, word, refusal);
                }
                ui.end_row();
            }
            ui.label("Special permissions");
            for (kind, word) in KINDS {
                let mut special = self.list.has_special(sid, kind);
                let tick = ui.add_enabled(false, Checkbox::without_text(&mut special));
                accessible::name(&tick, format!("{word} Special permissions"));
                tick.on_disabled_hover_text("What the list above cannot show stands on the Permissions tab.");
            }
            ui.end_row();
        });
    }

    fn tick_ui(
        &mut self,
        ui: &mut Ui,
        sid: &Sid,
        kind: AccessKind,
        right: &BasicRight,
        word: &str,
        refusal: Option<&str>,
    ) {
        let tick = self.list.tick(sid, kind, right);
        let mut is_on = tick != Tick::No;
        let is_free = tick != Tick::Inherited && refusal.is_none();
        let response = ui.add_enabled(is_free, Checkbox::without_text(&mut is_on));
        accessible::name(&response, format!("{word} {}", right.label));
        let why = refusal.unwrap_or("It came from above: it is changed there, or denied here.");
        if response.on_disabled_hover_text(why).changed() {
            self.list.set(sid, kind, right, is_on);
            self.changed();
            if is_on && kind == AccessKind::Deny {
                let text = "A denial counts before every grant of the object itself, also for members who are granted it by other names.";
                self.told = Some((Severity::Warning, text.to_owned()));
            }
        }
    }
}
