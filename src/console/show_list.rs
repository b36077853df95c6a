//! Show Domains and Show Sites (`console-ui.md` 6.11): a list of all there are, ticked where they are shown.

use egui::{Context, ScrollArea, TextEdit};

use super::dialog::{self, Closing};
use super::forest_view::ForestView;
use super::kit::accessible;
use super::theme::{ROW_HEIGHT, SPACE};
use super::window::{Surroundings, Window};
use super::{Command, ForestId, OpenForest};
use crate::ident::{Dn, DnsName};

/// What is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShowList {
    /// The domains of the forest: at least one is shown.
    Domains,
    /// The sites of the forest.
    Sites,
}

/// The list of domains or sites.
pub struct ShowListWindow {
    forest: ForestId,
    list: ShowList,
    items: Vec<Item>,
    filter: String,
    missing: bool,
    focus_wanted: bool,
}

struct Item {
    what: What,
    label: String,
    shown: bool,
}

enum What {
    Domain(DnsName),
    Site(Dn),
}

impl ShowListWindow {
    /// Returns the list of a forest as it is shown now.
    pub fn new(forest: &OpenForest, list: ShowList) -> Self {
        let domain = |name: &DnsName| Item {
            what: What::Domain(name.clone()),
            label: name.to_string(),
            shown: forest.view.shows_domain(name),
        };
        let site = |dn: &Dn, name: &str| Item {
            what: What::Site(dn.clone()),
            label: name.to_owned(),
            shown: forest.view.shows_site(dn),
        };
        let items = match list {
            ShowList::Domains => forest.snapshot.domains.iter().map(|known| domain(&known.name)).collect(),
            ShowList::Sites => forest.snapshot.sites.iter().map(|known| site(&known.dn, &known.name)).collect(),
        };
        ShowListWindow { forest: forest.id, list, items, filter: String::new(), missing: false, focus_wanted: true }
    }

    /// Returns the view with what is ticked; none where nothing is and something has to be.
    fn view(&self, before: &ForestView) -> Option<ForestView> {
        let mut view = before.clone();
        match self.list {
            ShowList::Domains => view.hidden_domains.clear(),
            ShowList::Sites => view.shown_sites.clear(),
        }
        for item in &self.items {
            match (&item.what, item.shown) {
                (What::Domain(name), false) => view.hidden_domains.push(name.clone()),
                (What::Site(dn), true) => view.shown_sites.push(dn.clone()),
                (What::Domain(_), true) | (What::Site(_), false) => {}
            }
        }
        let any = self.items.iter().any(|item| item.shown);
        (any || self.list == ShowList::Sites).then_some(view)
    }
}

impl Window for ShowListWindow {
    fn ui(&mut self, ctx: &Context, around: &mut Surroundings<'_>) -> Closing {
        let Some(before) = around.forest(self.forest).map(|forest| forest.view.clone()) else { return Closing::Close };
        let (title, kind) = match self.list {
            ShowList::Domains => ("Show Domains", "domains"),
            ShowList::Sites => ("Show Sites", "sites"),
        };
        let (mut confirmed, mut cancelled) = (false, false);
        let closing = dialog::show(ctx, title, 460.0, |ui| {
            ui.label(format!("The {kind} that are ticked are shown in the tree. Nothing in the directory changes."));
            ui.add_space(SPACE);
            let filter = TextEdit::singleline(&mut self.filter).hint_text("Filter").desired_width(f32::INFINITY);
            let filter = ui.add(filter);
            accessible::name(&filter, format!("Filter the {kind}"));
            dialog::focus_once(&filter, &mut self.focus_wanted);
            let words = self.filter.to_lowercase();
            let found: Vec<usize> = (0..self.items.len())
                .filter(|&index| self.items[index].label.to_lowercase().contains(words.trim()))
                .collect();
            ui.add_space(SPACE);
            let height = (ui.ctx().content_rect().height() - 320.0).clamp(80.0, 320.0);
            ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show_rows(
                ui,
                ROW_HEIGHT,
                found.len(),
                |ui, range| {
                    for &index in &found[range] {
                        let item = &mut self.items[index];
                        ui.checkbox(&mut item.shown, item.label.as_str());
                    }
                },
            );
            if found.is_empty() {
                ui.weak(format!("There are no {kind} of that name."));
            }
            ui.add_space(SPACE);
            ui.horizontal(|ui| {
                for (text, shown) in [("Select All", true), ("Clear All", false)] {
                    if ui.button(text).clicked() {
                        found.iter().for_each(|&index| self.items[index].shown = shown);
                    }
                }
            });
            if self.missing {
                let error = super::theme::tokens(ui).error;
                ui.label(egui::RichText::new("Tick at least one domain.").color(error));
            }
            dialog::buttons_ui(ui, |ui| {
                confirmed = dialog::primary_button(ui, "OK");
                cancelled = dialog::button(ui, "Cancel");
            });
        });
        if confirmed {
            match self.view(&before) {
                Some(view) => {
                    around.commands.push(Command::SetForestView(self.forest, view));
                    return Closing::Close;
                }
                None => self.missing = true,
            }
        }
        if cancelled { Closing::Close } else { closing }
    }
}
