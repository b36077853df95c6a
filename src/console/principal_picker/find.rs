//! Looking for principals by what their names and descriptions are like: the Advanced part of the picker.

use egui::{ComboBox, Context, Grid, TextEdit, Ui};

use super::list::{ListLook, PrincipalList};
use super::looking::{Looking, in_words};
use crate::console::dialog::{self, Closing};
use crate::console::kit::accessible;
use crate::console::kit::notice::{Severity, banner_ui, loading_ui};
use crate::console::theme::SPACE;
use crate::console::window::Surroundings;
use crate::gpm::{FoundPrincipal, PrincipalQuery, TextCondition, TextMatch};

use super::location::Location;

/// What became of the dialog.
pub(super) enum Answer {
    /// It still stands there.
    Open,
    /// These were chosen.
    Chosen(Vec<FoundPrincipal>),
    /// None was.
    Cancelled,
}

/// The dialog.
#[derive(Default)]
pub(super) struct Find {
    name: Field,
    description: Field,
    only_disabled: bool,
    looking: Option<Looking>,
    list: PrincipalList,
    told: Option<(Severity, String)>,
    looked: bool,
    focused: bool,
}

#[derive(Default)]
struct Field {
    how: TextMatch,
    text: String,
}

/// How many are listed.
const LIMIT: usize = 10_000;
const HEIGHT: f32 = 300.0;

impl Find {
    /// Draws the dialog; `query` says which kinds are wanted, `many` whether several can be taken.
    pub(super) fn ui(
        &mut self,
        ctx: &Context,
        query: &PrincipalQuery,
        location: &Location,
        many: bool,
        around: &Surroundings<'_>,
    ) -> Answer {
        self.take_in();
        let mut answer = Answer::Open;
        let closing = dialog::show(ctx, "Find Users, Computers, or Groups", 900.0, |ui| {
            let mut entered = false;
            Grid::new("conditions of principals").num_columns(3).spacing([8.0, 6.0]).show(ui, |ui| {
                let (name, is_entered) = field_ui(ui, "Name", &mut self.name);
                entered |= is_entered;
                let mut wanted = !self.focused;
                dialog::focus_once(&name, &mut wanted);
                self.focused = !wanted;
                ui.end_row();
                entered |= field_ui(ui, "Description", &mut self.description).1;
                ui.end_row();
            });
            ui.checkbox(&mut self.only_disabled, "Disabled accounts only");
            ui.add_space(SPACE);
            ui.horizontal(|ui| {
                let idle = self.looking.is_none();
                if ui.add_enabled(idle, egui::Button::new("Find Now")).clicked() || (entered && idle) {
                    self.look(query, location, around);
                }
                if ui
                    .add_enabled(!idle, egui::Button::new("Stop"))
                    .on_disabled_hover_text("Nothing is looked for.")
                    .clicked()
                    && let Some(looking) = &self.looking
                {
                    looking.cancel();
                }
                if !idle {
                    loading_ui(ui, "Looking…");
                } else if self.looked {
                    ui.weak(format!("{} found", self.list.rows().len()));
                }
            });
            if let Some((severity, told)) = &self.told {
                banner_ui(ui, *severity, told);
            }
            ui.add_space(SPACE);
            let empty =
                if self.looked { "Nobody is like that here." } else { "Find Now lists whom the conditions fit." };
            let height = HEIGHT.min(ui.ctx().content_rect().height() - 330.0);
            let (key, name) = ("principals by conditions", "Search results");
            let look = ListLook { key, name, empty, height, has_filter: true };
            if let Some(found) = self.list.ui(ui, &look) {
                answer = Answer::Chosen(vec![found]);
            }
            dialog::buttons_ui(ui, |ui| {
                if dialog::primary_button(ui, "OK") {
                    answer = self.chosen(many);
                }
                if dialog::button(ui, "Cancel") {
                    answer = Answer::Cancelled;
                }
            });
        });
        let answer = if closing == Closing::Close { Answer::Cancelled } else { answer };
        if let (false, Some(looking)) = (matches!(answer, Answer::Open), &self.looking) {
            looking.cancel();
        }
        answer
    }

    fn chosen(&mut self, many: bool) -> Answer {
        let selected = self.list.selected();
        let why = match selected.len() {
            0 => "Select somebody in the list.",
            2.. if !many => "Only one can be chosen here.",
            _ => return Answer::Chosen(selected),
        };
        self.told = Some((Severity::Warning, why.to_owned()));
        Answer::Open
    }

    fn look(&mut self, query: &PrincipalQuery, location: &Location, around: &Surroundings<'_>) {
        let condition = |field: &Field| TextCondition::new(field.how, &field.text);
        let query = PrincipalQuery {
            name: condition(&self.name),
            description: condition(&self.description),
            only_disabled: self.only_disabled,
            limit: LIMIT,
            ..query.clone()
        };
        self.told = None;
        self.looking = Looking::start(query, location.forest, std::time::Duration::ZERO, around);
    }

    fn take_in(&mut self) {
        let Some(looking) = &mut self.looking else { return };
        let is_cancelled = looking.is_cancelled();
        let Some(outcome) = looking.take() else { return };
        self.looking = None;
        self.looked = true;
        match outcome {
            Err(_) if is_cancelled => self.told = Some((Severity::Info, "The search was stopped.".to_owned())),
            Err(error) => self.told = Some((Severity::Warning, format!("{error}."))),
            Ok(found) => {
                let mut told: Vec<String> = found.problems.iter().map(in_words).collect();
                if found.has_more {
                    told.push(format!("There are more than {LIMIT}. Say more about the name."));
                }
                self.told = (!told.is_empty()).then(|| (Severity::Warning, told.join("\n")));
                self.list.show(found.principals);
            }
        }
    }
}

/// Draws a condition; gives its field, and whether Enter was pressed in it.
fn field_ui(ui: &mut Ui, label: &str, field: &mut Field) -> (egui::Response, bool) {
    let words = [(TextMatch::Begins, "begins with"), (TextMatch::Is, "is exactly"), (TextMatch::Contains, "contains")];
    let response = ui.label(label);
    let shown = words.iter().find(|(how, _)| *how == field.how).map_or("", |(_, words)| words);
    let combo = ComboBox::from_id_salt(("condition", label)).selected_text(shown).width(120.0).show_ui(ui, |ui| {
        for (how, words) in words {
            ui.selectable_value(&mut field.how, how, words);
        }
    });
    accessible::name(&combo.response, format!("{label}, condition"));
    let edit = ui.add(TextEdit::singleline(&mut field.text).desired_width(420.0)).labelled_by(response.id);
    let entered = edit.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
    (edit, entered)
}
