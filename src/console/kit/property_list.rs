//! Pairs of a label and a value, as the Details tabs show them. Values can be marked and copied.

use egui::{Grid, Label, RichText, Ui};

use super::accessible;
use super::data_table::Tone;
use crate::console::theme::{self, ICON_SIZE};
use crate::console::{Icon, NodeIcon};

/// A list of pairs, built anew in every frame.
pub struct PropertyList<'a> {
    id: &'a str,
    rows: Vec<Property<'a>>,
}

struct Property<'a> {
    label: &'a str,
    shown: Shown<'a>,
}

/// Draws a control, labelled by what has this id.
type DrawControl<'a> = Box<dyn FnOnce(&mut Ui, egui::Id) + 'a>;

/// What stands beside a label.
enum Shown<'a> {
    Value {
        value: Value,
        copyable: bool,
    },
    /// A control that is drawn by whoever knows it; it is told the label that names it.
    Control(DrawControl<'a>),
}

/// The value of a property.
pub struct Value {
    text: String,
    tone: Tone,
    icon: Option<NodeIcon>,
    loading: bool,
    monospace: bool,
}

impl Value {
    /// Returns a value that is a text; an empty one is shown as a dash.
    pub fn text(text: impl Into<String>) -> Self {
        Value { text: text.into(), tone: Tone::Normal, icon: None, loading: false, monospace: false }
    }

    /// Returns a value that is on its way.
    pub fn loading() -> Self {
        Value { loading: true, ..Value::text("Loading…").tone(Tone::Weak) }
    }

    /// Shows that part of it is on its way.
    pub fn busy(self) -> Self {
        Value { loading: true, ..self }
    }

    /// Draws it in a tone; a warning and an error get their sign.
    pub fn tone(self, tone: Tone) -> Self {
        Value { tone, ..self }
    }

    /// Puts a picture before it.
    pub fn icon(self, icon: impl Into<NodeIcon>) -> Self {
        Value { icon: Some(icon.into()), ..self }
    }

    /// Draws it in letters of one width: ids, queries, paths.
    pub fn monospace(self) -> Self {
        Value { monospace: true, ..self }
    }
}

impl<'a> PropertyList<'a> {
    /// Returns an empty list.
    pub fn new(id: &'a str) -> Self {
        PropertyList { id, rows: Vec::new() }
    }

    /// Adds a pair.
    pub fn row(mut self, label: &'a str, value: Value) -> Self {
        self.rows.push(Property { label, shown: Shown::Value { value, copyable: false } });
        self
    }

    /// Adds a pair with a button that copies the value.
    pub fn copyable(mut self, label: &'a str, value: Value) -> Self {
        self.rows.push(Property { label, shown: Shown::Value { value, copyable: true } });
        self
    }

    /// Adds a label with a control that changes what it names.
    pub fn control(mut self, label: &'a str, draw: impl FnOnce(&mut Ui, egui::Id) + 'a) -> Self {
        self.rows.push(Property { label, shown: Shown::Control(Box::new(draw)) });
        self
    }

    /// Draws the list.
    pub fn ui(self, ui: &mut Ui) {
        let label_width = 150.0;
        Grid::new(self.id).num_columns(2).min_col_width(label_width).spacing([12.0, 3.0]).show(ui, |ui| {
            for property in self.rows {
                let label = ui.label(RichText::new(property.label).weak());
                match property.shown {
                    Shown::Value { value, copyable } => {
                        ui.horizontal(|ui| value.ui(ui, property.label, label.id, copyable));
                    }
                    Shown::Control(draw) => draw(ui, label.id),
                }
                ui.end_row();
            }
        });
    }
}

impl Value {
    fn ui(self, ui: &mut Ui, name: &str, label: egui::Id, copyable: bool) {
        ui.set_min_height(theme::ROW_HEIGHT);
        if self.loading {
            ui.add(egui::Spinner::new().size(ICON_SIZE - 2.0));
        }
        match (self.icon, self.tone) {
            (Some(icon), _) => drop(icon.show(ui, ICON_SIZE)),
            (None, Tone::Warning) => drop(Icon::Warning.show(ui, ICON_SIZE)),
            (None, Tone::Error) => drop(Icon::Error.show(ui, ICON_SIZE)),
            (None, Tone::Normal | Tone::Weak) => {}
        }
        let tokens = theme::tokens(ui);
        let shown = if self.text.is_empty() { "–" } else { &self.text };
        let color = match self.tone {
            Tone::Normal => tokens.text,
            Tone::Weak => tokens.text_weak,
            Tone::Warning => tokens.warning,
            Tone::Error => tokens.error,
        };
        let text = RichText::new(shown).color(color);
        let text = if self.monospace { text.monospace() } else { text };
        // The button keeps its place beside the longest text.
        let room = ui.available_width() - if copyable { 2.0 * ICON_SIZE } else { 0.0 };
        let shown_text = ui.scope(|ui| {
            ui.set_max_width(room.max(0.0));
            ui.add(Label::new(text).wrap().selectable(true))
        });
        let response = shown_text.inner.labelled_by(label);
        accessible::detail(ui.ctx(), response.id, |node| node.set_description(format!("{name} {shown}")));
        if copyable && !self.text.is_empty() {
            let button = ui.add(egui::Button::new(Icon::Copy.atom()).frame_when_inactive(false));
            accessible::name(&button, format!("Copy {name}"));
            if button.on_hover_text("Copy").clicked() {
                ui.copy_text(self.text);
            }
        }
    }
}
