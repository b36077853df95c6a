//! Link an Existing GPO: one or several GPOs of any domain of the forest are chosen from a list (`console-ui.md` 6.2).

use std::collections::HashSet;

use egui::{ComboBox, Context, Layout, Ui, vec2};

use crate::gpm::{Gpo, Som};
use crate::ident::{Dn, DnsName};

use super::dialog::{self, Closing};
use super::kit::accessible;
use super::kit::data_table::{Cell, Column, DataTable, TableState, Tone, row_id};
use super::kit::notice::{Severity, banner_ui};
use super::theme::SPACE;
use super::window::{Surroundings, Window, WindowFactory};
use super::{Command, ForestId, Icon, OpenForest, link_edits};

/// The window.
pub struct LinkExisting {
    forest: ForestId,
    som: Dn,
    domain: Option<DnsName>,
    table: TableState,
    problem: Option<String>,
    opened: bool,
}

const LIST_HEIGHT: f32 = 300.0;

/// Returns the command that opens the window for a site, domain or OU.
pub fn link_existing(forest: &OpenForest, som: &Som) -> Command {
    let (id, dn) = (forest.id, som.dn.clone());
    let known = |name: &DnsName| forest.snapshot.domain(name).is_some();
    let own = som.dn.domain().filter(known);
    let domain = own.or_else(|| forest.snapshot.domains.first().map(|domain| domain.name.clone()));
    Command::Open(WindowFactory::new(move || LinkExisting {
        forest: id,
        som: dn.clone(),
        domain: domain.clone(),
        table: TableState::default(),
        problem: None,
        opened: false,
    }))
}

impl LinkExisting {
    fn domain_ui(&mut self, ui: &mut Ui, forest: &OpenForest) {
        ui.label("Look in this domain");
        let text = self.domain.as_ref().map_or_else(String::new, ToString::to_string);
        let combo = ComboBox::from_id_salt("domain to link from").selected_text(text).width(320.0);
        let combo = combo.show_ui(ui, |ui| {
            for domain in &forest.snapshot.domains {
                let is_chosen = self.domain.as_ref() == Some(&domain.name);
                if ui.selectable_label(is_chosen, domain.name.as_str()).clicked() && !is_chosen {
                    self.domain = Some(domain.name.clone());
                    self.table = TableState::default();
                    self.problem = None;
                }
            }
        });
        accessible::name(&combo.response, "Look in this domain");
    }

    /// Draws the GPOs of the domain; tells whether one was double-clicked.
    fn gpos_ui(&mut self, ui: &mut Ui, forest: &OpenForest, som: &Som, gpos: &[Gpo]) -> bool {
        let linked: HashSet<&Dn> = som.links.iter().filter_map(|link| link.gpo_dn.as_ref()).collect();
        let table = DataTable::new("GPOs to link", "Group Policy objects")
            .column(Column::new("Name", 380.0, move |gpo: &Gpo| Cell::icon(Icon::Gpo, forest.gpo_label(gpo))))
            .column(Column::new("Linked Here", 120.0, move |gpo: &Gpo| match linked.contains(&gpo.dn) {
                true => Cell::text("Already").tone(Tone::Weak),
                false => Cell::default(),
            }))
            .row_id(|gpo| row_id(gpo.id))
            .sorted_by("Name")
            .revision(row_id((self.domain.as_ref(), std::sync::Arc::as_ptr(&forest.snapshot) as usize)))
            .empty("The domain has no GPOs, or you may not see them.");
        if !std::mem::replace(&mut self.opened, true) {
            ui.memory_mut(|memory| memory.request_focus(table.focus_id()));
        }
        let mut activated = false;
        let size = vec2(ui.available_width(), LIST_HEIGHT);
        ui.allocate_ui_with_layout(size, Layout::top_down(egui::Align::Min), |ui| {
            ui.set_min_size(size);
            activated = table.ui(ui, &mut self.table, gpos).activated.is_some();
        });
        activated
    }

    fn link(&mut self, chosen: &[(Dn, String)], som: &Som, around: &mut Surroundings<'_>) -> Closing {
        let is_linked = |gpo: &Dn| som.links.iter().any(|link| link.gpo_dn.as_ref() == Some(gpo));
        if let Some((_, name)) = chosen.iter().find(|(gpo, _)| is_linked(gpo)) {
            self.problem = Some(format!("{name} is linked to {} already. Choose others.", som.dn.canonical_name()));
            return Closing::Stay;
        }
        around.commands.push(link_edits::create_links(self.forest, &chosen.iter().collect::<Vec<_>>(), som));
        Closing::Close
    }
}

impl Window for LinkExisting {
    fn ui(&mut self, ctx: &Context, around: &mut Surroundings<'_>) -> Closing {
        let forests = around.forests;
        let open = forests.iter().find(|entry| entry.id == self.forest).and_then(super::ForestEntry::open);
        let Some((forest, som)) = open.and_then(|forest| Some((forest, forest.som(&self.som)?))) else {
            return Closing::Close;
        };
        let (mut confirmed, mut cancelled) = (false, false);
        let mut chosen: Vec<(Dn, String)> = Vec::new();
        let closing = dialog::show(ctx, "Select GPO", 580.0, |ui| {
            ui.label(format!("Links GPOs to {}, with the lowest precedence.", som.dn.canonical_name()));
            ui.add_space(SPACE);
            self.domain_ui(ui, forest);
            ui.add_space(SPACE);
            let domain = self.domain.as_ref().and_then(|name| forest.snapshot.domain(name));
            let gpos: &[Gpo] = domain.map_or(&[], |domain| &domain.gpos);
            let activated = self.gpos_ui(ui, forest, som, gpos);
            let selected = self.table.selected().into_iter().filter_map(|row| gpos.get(row));
            chosen = selected.map(|gpo| (gpo.dn.clone(), forest.gpo_label(gpo))).collect();
            if let Some(warning) = link_edits::cross_domain_warning(som, chosen.iter().map(|(gpo, _)| gpo)) {
                ui.add_space(SPACE);
                banner_ui(ui, Severity::Warning, &warning);
            }
            if let Some(problem) = &self.problem {
                ui.add_space(SPACE);
                banner_ui(ui, Severity::Error, problem);
            }
            dialog::buttons_ui(ui, |ui| {
                ui.add_enabled_ui(!chosen.is_empty(), |ui| confirmed = dialog::primary_button(ui, "OK"));
                cancelled = dialog::button(ui, "Cancel");
            });
            confirmed |= activated;
        });
        match (confirmed && !chosen.is_empty(), cancelled || closing == Closing::Close) {
            (true, _) => self.link(&chosen, som, around),
            (false, true) => Closing::Close,
            (false, false) => Closing::Stay,
        }
    }
}
