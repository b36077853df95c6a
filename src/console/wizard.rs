//! The frame of every wizard: pages over one state, a list of them at the left, Back, Next, Finish and Cancel.
//!
//! A wizard is a state and a table of [`Page`]s. Which pages there are on the way is asked of the state in every frame, so a page can come
//! and go with what was entered before it. Next is never dead: it tells what is missing. Nothing happens before Finish, so Cancel loses
//! nothing (`console-ui.md` part 7, 12.6).

use egui::{Button, Context, Grid, Label, Layout, Response, RichText, Ui, vec2};

use super::dialog::{self, Closing};
use super::kit::accessible;
use super::kit::notice::{Severity, banner_ui, loading_ui};
use super::theme::{self, SPACE};
use super::window::{Surroundings, Window};

/// A page over the state `S`.
pub struct Page<S> {
    /// Its title, in the list at the left and above its contents.
    pub title: &'static str,
    /// Whether it is on the way, as things stand.
    pub applies: fn(&S) -> bool,
    /// Called when the page is reached with Next: begins what the page shows.
    pub enter: fn(&mut S, &mut Surroundings<'_>),
    /// Draws its contents.
    pub ui: fn(&mut S, &mut Ui, &mut PageFrame<'_, '_>),
    /// Tells whether one can go on from it.
    pub check: fn(&S, &Surroundings<'_>) -> Ready,
}

/// Whether one can go on from a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ready {
    /// One can.
    Yes,
    /// Something is missing or wrong; what.
    No(String),
    /// Something is still being done; what.
    Wait(String),
}

/// What a page sees besides its state while it is drawn.
pub struct PageFrame<'p, 'a> {
    /// The application.
    pub around: &'p mut Surroundings<'a>,
    /// Whether Next was pressed and the page is still waited for: what was typed is to be taken as it stands.
    pub is_awaited: bool,
    focus_wanted: &'p mut bool,
    has_first: bool,
    goes_on: bool,
}

/// A wizard over the state `S`.
pub struct Wizard<S: 'static> {
    title: String,
    state: S,
    pages: &'static [Page<S>],
    finish: fn(&mut S, &mut Surroundings<'_>) -> Result<(), String>,
    current: usize,
    problem: Option<String>,
    /// What Next waits for.
    awaited: Option<String>,
    focus_wanted: bool,
}

const WIDTH: f32 = 840.0;
const LIST_WIDTH: f32 = 178.0;
const PAGE_HEIGHT: f32 = 400.0;
/// What the frame needs besides the page.
const FRAME_HEIGHT: f32 = 190.0;

impl<S> Page<S> {
    /// A page without fields that is always on the way; the base of all others: `Page { title, ui, ..Page::PLAIN }`.
    pub const PLAIN: Page<S> =
        Page { title: "", applies: |_| true, enter: |_, _| {}, ui: |_, _, _| {}, check: |_, _| Ready::Yes };
}

impl PageFrame<'_, '_> {
    /// Gives this control the focus when the page is reached. To be called for the first control of the page, in every frame.
    pub fn focus_first(&mut self, control: &Response) {
        self.has_first = true;
        dialog::focus_once(control, self.focus_wanted);
    }

    /// Goes on as Next does: Enter was pressed in a field or on a row.
    pub fn go_on(&mut self) {
        self.goes_on = true;
    }
}

impl<S> Wizard<S> {
    /// Returns a wizard on its first page. `finish` starts what it is for, or tells what stands against it.
    pub fn new(
        title: impl Into<String>,
        state: S,
        pages: &'static [Page<S>],
        finish: fn(&mut S, &mut Surroundings<'_>) -> Result<(), String>,
    ) -> Self {
        Wizard {
            title: title.into(),
            state,
            pages,
            finish,
            current: 0,
            problem: None,
            awaited: None,
            focus_wanted: true,
        }
    }

    /// Returns the places of the pages on the way, in order.
    fn way(&self) -> Vec<usize> {
        (0..self.pages.len()).filter(|&place| (self.pages[place].applies)(&self.state)).collect()
    }

    fn show(&mut self, page: usize) {
        self.current = page;
        self.problem = None;
        self.awaited = None;
        self.focus_wanted = true;
    }

    /// Goes to the next page, or finishes on the last one, as soon as the page is ready; tells whether the wizard is done.
    fn go_on(&mut self, around: &mut Surroundings<'_>) -> bool {
        self.problem = None;
        self.awaited = None;
        match (self.pages[self.current].check)(&self.state, around) {
            Ready::Yes => {}
            Ready::No(missing) => {
                self.problem = Some(missing);
                return false;
            }
            Ready::Wait(what) => {
                self.awaited = Some(what);
                return false;
            }
        }
        match self.way().into_iter().find(|&page| page > self.current) {
            Some(next) => {
                self.show(next);
                (self.pages[next].enter)(&mut self.state, around);
                false
            }
            None => match (self.finish)(&mut self.state, around) {
                Ok(()) => true,
                Err(problem) => {
                    self.problem = Some(problem);
                    false
                }
            },
        }
    }

    /// Draws the list of pages; those before the current one lead back.
    fn list_ui(&mut self, ui: &mut Ui, way: &[usize]) {
        let tokens = theme::tokens(ui);
        let mut chosen = None;
        for (index, &place) in way.iter().enumerate() {
            let title = self.pages[place].title;
            let is_current = place == self.current;
            let color = if is_current { tokens.text } else { tokens.text_weak };
            let text = RichText::new(format!("{}.  {title}", index + 1)).color(color);
            let text = if is_current { text.strong() } else { text };
            let button = Button::selectable(is_current, text).min_size(vec2(LIST_WIDTH, 0.0)).truncate();
            let response = ui.add_enabled(place <= self.current, button);
            accessible::name(&response, format!("Step {} of {}: {title}", index + 1, way.len()));
            if response.clicked() && !is_current {
                chosen = Some(place);
            }
        }
        if let Some(place) = chosen {
            self.show(place);
        }
    }

    /// Draws the page; tells whether it asks to go on.
    fn page_ui(&mut self, ui: &mut Ui, around: &mut Surroundings<'_>) -> (bool, bool) {
        let page = &self.pages[self.current];
        ui.label(RichText::new(page.title).heading());
        ui.add_space(2.0 * SPACE);
        let mut frame = PageFrame {
            around,
            is_awaited: self.awaited.is_some(),
            focus_wanted: &mut self.focus_wanted,
            has_first: false,
            goes_on: false,
        };
        (page.ui)(&mut self.state, ui, &mut frame);
        (frame.goes_on, frame.has_first)
    }

    fn buttons_ui(&mut self, ui: &mut Ui, way: &[usize], has_first: bool) -> Pressed {
        let is_last = way.last().is_none_or(|&last| last <= self.current);
        let before = way.iter().rev().copied().find(|&page| page < self.current);
        let mut pressed = Pressed::default();
        dialog::row_from_right_ui(ui, |ui| {
            pressed.cancel = dialog::button(ui, "Cancel");
            ui.add_space(2.0 * SPACE);
            let next = dialog::primary(ui, if is_last { "Finish" } else { "Next" });
            pressed.next = dialog::is_pressed(&next);
            if !has_first {
                dialog::focus_once(&next, &mut self.focus_wanted);
            }
            let back = Button::new("Back").min_size(vec2(88.0, 0.0));
            pressed.back = ui.add_enabled(before.is_some(), back).clicked().then_some(before).flatten();
        });
        pressed
    }
}

#[derive(Default)]
struct Pressed {
    back: Option<usize>,
    next: bool,
    cancel: bool,
}

impl<S> Window for Wizard<S> {
    fn ui(&mut self, ctx: &Context, around: &mut Surroundings<'_>) -> Closing {
        let title = self.title.clone();
        let mut pressed = Pressed::default();
        let mut goes_on = false;
        let closing = dialog::show(ctx, &title, WIDTH, |ui| {
            let way = self.way();
            let height = PAGE_HEIGHT.min(ui.ctx().content_rect().height() - FRAME_HEIGHT);
            let mut has_first = false;
            let size = vec2(ui.available_width(), height);
            ui.allocate_ui_with_layout(size, Layout::left_to_right(egui::Align::Min), |ui| {
                ui.allocate_ui_with_layout(vec2(LIST_WIDTH, height), Layout::top_down(egui::Align::Min), |ui| {
                    ui.set_min_size(vec2(LIST_WIDTH, height));
                    self.list_ui(ui, &way);
                });
                ui.add_space(SPACE);
                ui.separator();
                ui.add_space(SPACE);
                let width = ui.available_width();
                ui.allocate_ui_with_layout(vec2(width, height), Layout::top_down(egui::Align::Min), |ui| {
                    ui.set_min_size(vec2(width, height));
                    ui.set_max_width(width);
                    (goes_on, has_first) = self.page_ui(ui, around);
                });
            });
            if self.problem.is_some() && (self.pages[self.current].check)(&self.state, around) == Ready::Yes {
                self.problem = None;
            }
            if let Some(problem) = &self.problem {
                ui.add_space(SPACE);
                banner_ui(ui, Severity::Error, problem);
            }
            if let Some(what) = &self.awaited {
                ui.add_space(SPACE);
                loading_ui(ui, what);
            }
            ui.add_space(2.0 * SPACE);
            pressed = self.buttons_ui(ui, &way, has_first);
        });
        if let Some(page) = pressed.back {
            self.show(page);
        }
        if pressed.cancel || closing == Closing::Close {
            return Closing::Close;
        }
        if (pressed.next || goes_on || self.awaited.is_some()) && self.go_on(around) {
            return Closing::Close;
        }
        Closing::Stay
    }
}

/// Draws what was chosen, for the last page: names and values, those without a value left out.
pub fn summary_ui(ui: &mut Ui, rows: &[(&str, String)]) {
    Grid::new("summary").num_columns(2).spacing(vec2(6.0 * SPACE, SPACE)).show(ui, |ui| {
        for (name, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
            ui.label(RichText::new(*name).weak());
            ui.add(Label::new(value).wrap().selectable(true));
            ui.end_row();
        }
    });
}
