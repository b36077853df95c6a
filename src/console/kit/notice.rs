//! Short texts that stand in a view: banners, and what is said where there is nothing to show.

use egui::{Frame, Margin, RichText, Stroke, Ui};

use crate::console::Icon;
use crate::console::theme::{self, ICON_SIZE, SPACE};

/// How grave a banner is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// To be looked at.
    Warning,
    /// Failed or missing.
    Error,
}

/// Draws a banner over the width of the view.
pub fn banner_ui(ui: &mut Ui, severity: Severity, text: &str) {
    framed(ui, severity, |ui| {
        ui.label(text);
    });
}

/// Draws a banner with something to do about it.
pub fn banner_with_button_ui(ui: &mut Ui, severity: Severity, text: &str, button: &str, pressed: impl FnOnce()) {
    framed(ui, severity, |ui| {
        ui.label(text);
        if ui.small_button(button).clicked() {
            pressed();
        }
    });
}

/// Draws a banner with what to try below its text.
pub fn banner_with_hint_ui(ui: &mut Ui, severity: Severity, text: &str, hint: &str) {
    framed(ui, severity, |ui| {
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 1.0;
            ui.label(RichText::new(text).strong());
            ui.label(hint);
        });
    });
}

/// Draws a quiet sign that something is on its way.
pub fn loading_ui(ui: &mut Ui, what: &str) {
    ui.horizontal(|ui| {
        ui.add(egui::Spinner::new().size(ICON_SIZE));
        ui.weak(what);
    });
}

/// Draws what is said where a view has nothing to show.
pub fn empty_ui(ui: &mut Ui, title: &str, explanation: &str) {
    ui.add_space(8.0 * SPACE);
    ui.vertical_centered(|ui| {
        ui.set_max_width(520.0_f32.min(ui.available_width()));
        ui.label(RichText::new(title).heading());
        ui.add_space(SPACE);
        ui.label(RichText::new(explanation).weak());
    });
}

fn framed(ui: &mut Ui, severity: Severity, content: impl FnOnce(&mut Ui)) {
    let tokens = theme::tokens(ui);
    let (icon, fill, line) = match severity {
        Severity::Info => (Icon::Info, tokens.info_surface, tokens.info),
        Severity::Warning => (Icon::Warning, tokens.warning_surface, tokens.warning),
        Severity::Error => (Icon::Error, tokens.error_surface, tokens.error),
    };
    Frame::new()
        .fill(fill)
        .stroke(Stroke::new(1.0, line.gamma_multiply(0.5)))
        .corner_radius(theme::RADIUS)
        .inner_margin(Margin::symmetric(8, 5))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal_top(|ui| {
                icon.show(ui, ICON_SIZE);
                ui.vertical(content);
            });
        });
}
