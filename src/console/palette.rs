//! The palette (Ctrl+K): every command, and everything that has a name, found by a few letters.

use std::collections::HashSet;

use egui::{Align, Context, Id, Key, Modifiers, ScrollArea, Sense, TextEdit, TextStyle, Ui, vec2};

use super::command::{Availability, CommandContext, table};
use super::dialog::{self, Closing};
use super::theme::{self, ICON_SIZE, ROW_HEIGHT, SPACE};
use super::tree::{Row, all_rows};
use super::{Command, Face, Node, NodeIcon, Place, Shown, icon};

/// How many hits are listed.
const LIMIT: usize = 200;

/// What the palette remembers while it is open.
#[derive(Default)]
pub struct Palette {
    query: String,
    hits: Vec<Hit>,
    hits_are_stale: bool,
    selected: usize,
    /// Everything with a name: its row, and the letters that are looked at. Built when the palette opens.
    names: Vec<(Row, String)>,
    opened: bool,
}

struct Hit {
    score: i32,
    text: String,
    context: String,
    icon: Option<NodeIcon>,
    keys: String,
    command: Command,
}

impl Palette {
    /// To be called when the forests changed while the palette is open.
    pub fn forests_changed(&mut self) {
        self.opened = false;
    }

    /// Draws the palette; tells whether it is to be closed.
    pub fn ui(&mut self, ctx: &Context, context: &CommandContext<'_>, commands: &mut Vec<Command>) -> Closing {
        if !std::mem::replace(&mut self.opened, true) {
            self.names = names(context.shown());
            self.hits_are_stale = true;
        }
        let mut chosen = None;
        let closing = dialog::show(ctx, "Go to Anything", 620.0, |ui| {
            self.keyboard(ui, &mut chosen);
            let edit = TextEdit::singleline(&mut self.query)
                .hint_text("A command, GPO, OU, domain, site or WMI filter")
                .desired_width(f32::INFINITY)
                .id(Id::unique("palette query"));
            let edit = ui.add(edit);
            dialog::name(&edit, "Go to");
            edit.request_focus();
            if edit.changed() {
                self.hits_are_stale = true;
            }
            if std::mem::take(&mut self.hits_are_stale) {
                self.hits = find(&self.query, &self.names, context, ctx);
                self.selected = 0;
            }
            ui.add_space(SPACE);
            self.hits_ui(ui, &mut chosen);
        });
        if let Some(hit) = chosen.and_then(|index: usize| self.hits.get(index)) {
            commands.push(hit.command.clone());
            return Closing::Close;
        }
        closing
    }

    fn keyboard(&mut self, ui: &Ui, chosen: &mut Option<usize>) {
        let last = self.hits.len().saturating_sub(1);
        let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        if pressed(Key::ArrowDown) {
            self.selected = (self.selected + 1).min(last);
        }
        if pressed(Key::ArrowUp) {
            self.selected = self.selected.saturating_sub(1);
        }
        if pressed(Key::PageDown) {
            self.selected = (self.selected + 10).min(last);
        }
        if pressed(Key::PageUp) {
            self.selected = self.selected.saturating_sub(10);
        }
        if pressed(Key::Enter) {
            *chosen = Some(self.selected);
        }
    }

    fn hits_ui(&self, ui: &mut Ui, chosen: &mut Option<usize>) {
        let height = (ui.ctx().content_rect().height() - 200.0).clamp(120.0, 380.0);
        ScrollArea::vertical().max_height(height).min_scrolled_height(height).auto_shrink([false, false]).show(
            ui,
            |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                if self.hits.is_empty() {
                    ui.label("Nothing of that name. Try fewer letters.");
                }
                for (index, hit) in self.hits.iter().enumerate() {
                    if hit_ui(ui, hit, index, index == self.selected) {
                        *chosen = Some(index);
                    }
                }
            },
        );
    }
}

fn hit_ui(ui: &mut Ui, hit: &Hit, index: usize, selected: bool) -> bool {
    let tokens = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW_HEIGHT + 2.0), Sense::CLICK);
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_role(egui::accesskit::Role::ListBoxOption);
        node.set_label(hit.text.as_str());
        node.set_description(hit.context.as_str());
        node.set_selected(selected);
        node.set_position_in_set(index);
        node.add_action(egui::accesskit::Action::Click);
    });
    if selected {
        ui.painter().rect_filled(rect, f32::from(theme::RADIUS), tokens.selection);
        response.scroll_to_me(None);
    } else if response.hovered() {
        ui.painter().rect_filled(rect, f32::from(theme::RADIUS), tokens.hover);
    }
    let inner = rect.shrink2(vec2(SPACE, 0.0));
    if let Some(icon) = hit.icon {
        icon.paint(ui.painter(), icon::icon_rect(inner, ICON_SIZE), tokens);
    }
    let body = TextStyle::Body.resolve(ui.style());
    let small = TextStyle::Small.resolve(ui.style());
    let left = inner.left_center() + vec2(ICON_SIZE + 2.0 * SPACE, 0.0);
    let painter = ui.painter_at(rect);
    let text = painter.text(left, egui::Align2([Align::Min, Align::Center]), &hit.text, body, tokens.text);
    let context_left = egui::pos2(text.right() + 3.0 * SPACE, inner.center().y);
    painter.text(
        context_left,
        egui::Align2([Align::Min, Align::Center]),
        &hit.context,
        small.clone(),
        tokens.text_weak,
    );
    painter.text(inner.right_center(), egui::Align2([Align::Max, Align::Center]), &hit.keys, small, tokens.text_weak);
    response.clicked()
}

fn names(shown: Shown<'_>) -> Vec<(Row, String)> {
    all_rows(shown)
        .into_iter()
        .map(|row| (row, row.node(shown)))
        // A link leads to the same name as its GPO.
        .filter(|(_, node)| !matches!(node.place(), Some(Place::Link { .. })))
        .map(|(row, node)| (row, Face::of(&node, shown).label.to_lowercase()))
        .collect()
}

fn find(query: &str, names: &[(Row, String)], context: &CommandContext<'_>, ctx: &Context) -> Vec<Hit> {
    let query = query.trim().to_lowercase();
    let mut listed = HashSet::new();
    let mut hits: Vec<Hit> = table()
        .filter(|row| row.offered(context) == Availability::Available && listed.insert(row.text))
        .filter_map(|row| {
            Some(Hit {
                score: score(&query, &row.text.to_lowercase())? + 1,
                text: row.text.to_owned(),
                context: "Command".to_owned(),
                icon: row.icon.map(NodeIcon::from),
                keys: row.shortcuts.first().map(|shortcut| ctx.format_shortcut(shortcut)).unwrap_or_default(),
                command: (row.make)(context)?,
            })
        })
        .collect();
    if !query.is_empty() {
        let mut found: Vec<(i32, usize)> = names
            .iter()
            .enumerate()
            .filter_map(|(index, (_, name))| score(&query, name).map(|score| (score, index)))
            .collect();
        found.sort_by_key(|&(score, index)| (std::cmp::Reverse(score), index));
        found.truncate(LIMIT);
        hits.extend(found.into_iter().map(|(score, index)| {
            let node = names[index].0.node(context.shown());
            let face = Face::of(&node, context.shown());
            Hit {
                score,
                text: face.label,
                context: place_in_words(&node),
                icon: Some(face.icon),
                keys: String::new(),
                command: Command::Select(node),
            }
        }));
    }
    hits.sort_by_key(|hit| std::cmp::Reverse(hit.score));
    hits.truncate(LIMIT);
    hits
}

/// Tells how well a name answers a query; none where its letters do not occur in that order. Both in lower case.
fn score(query: &str, name: &str) -> Option<i32> {
    if query.is_empty() {
        return Some(0);
    }
    // Whole pieces count more than scattered letters, beginnings more than middles, short names more than long ones.
    let brevity = 40 - (name.len().min(40) as i32);
    if let Some(at) = name.find(query) {
        let at_word = at == 0 || name[..at].ends_with(|c: char| !c.is_alphanumeric());
        let base = if at == 0 {
            400
        } else if at_word {
            300
        } else {
            200
        };
        return Some(base + brevity);
    }
    let mut letters = query.chars().filter(|c| !c.is_whitespace());
    let mut wanted = letters.next();
    let (mut points, mut previous_hit, mut at_word) = (0, false, true);
    for c in name.chars() {
        let hit = wanted == Some(c);
        if hit {
            points += if at_word {
                8
            } else if previous_hit {
                5
            } else {
                1
            };
            wanted = letters.next();
        }
        previous_hit = hit;
        at_word = !c.is_alphanumeric();
    }
    wanted.is_none().then_some(points + brevity / 4)
}

fn place_in_words(node: &Node) -> String {
    match node.place() {
        None if node.file().is_some() => "Opened from disk".to_owned(),
        None => String::new(),
        Some(Place::Forest) => "Forest".to_owned(),
        Some(Place::Domains | Place::Sites | Place::Modeling | Place::Results) => "Container".to_owned(),
        Some(Place::ModelingResult(_)) => "Group Policy Modeling".to_owned(),
        Some(Place::ResultsItem(_)) => "Group Policy Results".to_owned(),
        Some(Place::Domain(_)) => "Domain".to_owned(),
        Some(Place::Ou(dn)) => {
            format!("OU in {}", dn.parent().map(|parent| parent.canonical_name()).unwrap_or_default())
        }
        Some(Place::Link { som, .. }) => format!("Link on {}", som.canonical_name()),
        Some(Place::Gpo { domain, .. }) => format!("GPO in {domain}"),
        Some(Place::WmiFilter { domain, .. }) => format!("WMI filter in {domain}"),
        Some(Place::StarterGpo { domain, .. }) => format!("Starter GPO in {domain}"),
        Some(Place::Gpos(domain) | Place::WmiFilters(domain) | Place::StarterGpos(domain)) => format!("in {domain}"),
        Some(Place::Site(_)) => "Site".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn better_answers_score_higher() {
        let better = |query: &str, good: &str, bad: &str| {
            assert!(
                score(query, good).unwrap() > score(query, bad).unwrap_or(i32::MIN),
                "{query}: {good} before {bad}"
            );
        };
        better("staff", "staff", "staff desktop");
        better("staff", "staff desktop", "old staff");
        better("desk", "staff desktop", "handesker");
        better("dcp", "default controllers policy", "adecuper");
        better("staff", "staff", "s t a f f");
        assert_eq!(score("xyz", "staff"), None);
        assert_eq!(score("", "anything"), Some(0));
    }
}
