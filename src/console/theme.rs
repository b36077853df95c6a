//! Every colour, size and font of the console, light and dark. Views name a token, never a colour.
//!
//! Text keeps a contrast of at least 4.5 : 1 and pictures of 3 : 1 against the surface they stand on (a test checks it).

use egui::{
    Color32, Context, CornerRadius, FontFamily, FontId, Margin, Shadow, Stroke, TextStyle, Theme, Ui, Visuals, vec2,
};

/// Height of a row of the tree and of tables, in points.
pub const ROW_HEIGHT: f32 = 22.0;
/// Side of a picture in a row, in points.
pub const ICON_SIZE: f32 = 16.0;
/// Side of the picture in the title band, in points.
pub const TITLE_ICON_SIZE: f32 = 24.0;
/// How far a level of the tree stands in, in points.
pub const TREE_INDENT: f32 = 16.0;
/// The grid all distances are multiples of, in points.
pub const SPACE: f32 = 4.0;
/// Corner radius of fields, rows and buttons, in points.
pub const RADIUS: u8 = 4;

/// The text style of the title band.
pub fn title_style() -> TextStyle {
    TextStyle::Name("Title".into())
}

/// The colours of one theme.
#[derive(Debug)]
pub struct Tokens {
    /// Behind panes, dialogs and menus.
    pub surface: Color32,
    /// Behind lists, the tree and text fields.
    pub sunken: Color32,
    /// Behind the menu bar, the toolbar, the title band and the status bar.
    pub raised: Color32,
    /// Every second row of a table.
    pub stripe: Color32,
    /// Lines between areas.
    pub border: Color32,
    /// Outline of fields and buttons; visible by itself.
    pub outline: Color32,
    /// Ordinary text.
    pub text: Color32,
    /// Text that explains, headings of columns.
    pub text_weak: Color32,
    /// What cannot be used now.
    pub text_disabled: Color32,
    /// Links and the one button that goes on.
    pub accent: Color32,
    /// Text on the accent.
    pub on_accent: Color32,
    /// Behind the selected row while its list has the focus.
    pub selection: Color32,
    /// Behind the selected row while another list has the focus.
    pub selection_unfocused: Color32,
    /// Behind the row under the pointer.
    pub hover: Color32,
    /// Behind text that was searched for.
    pub found: Color32,
    /// The ring around what has the focus.
    pub focus: Color32,
    /// Something worth knowing.
    pub info: Color32,
    /// All is well.
    pub success: Color32,
    /// Something to look at.
    pub warning: Color32,
    /// Something that failed.
    pub error: Color32,
    /// Behind a banner that tells of an error.
    pub error_surface: Color32,
    /// Behind a banner that tells of something to look at.
    pub warning_surface: Color32,
    /// Behind a banner that tells something worth knowing.
    pub info_surface: Color32,
    /// Outlines within pictures.
    pub ink: Color32,
    /// Paper within pictures.
    pub paper: Color32,
    /// Folders.
    pub folder: Color32,
    /// Domains and forests.
    pub domain: Color32,
    /// Sites.
    pub site: Color32,
    /// WMI filters.
    pub filter: Color32,
    /// Starter GPOs, the enforced padlock.
    pub gold: Color32,
    /// The sign of blocked inheritance and the shortcut arrow.
    pub sign: Color32,
    /// Marks upon a sign.
    pub on_sign: Color32,
}

/// The light theme.
pub static LIGHT: Tokens = Tokens {
    surface: Color32::from_rgb(0xFA, 0xFB, 0xFC),
    sunken: Color32::from_rgb(0xFF, 0xFF, 0xFF),
    raised: Color32::from_rgb(0xF0, 0xF2, 0xF5),
    stripe: Color32::from_rgb(0xF6, 0xF8, 0xFA),
    border: Color32::from_rgb(0xD5, 0xDA, 0xE1),
    outline: Color32::from_rgb(0xA9, 0xB2, 0xBE),
    text: Color32::from_rgb(0x1B, 0x21, 0x2B),
    text_weak: Color32::from_rgb(0x55, 0x60, 0x6F),
    text_disabled: Color32::from_rgb(0x8A, 0x93, 0xA0),
    accent: Color32::from_rgb(0x0B, 0x5C, 0xAD),
    on_accent: Color32::from_rgb(0xFF, 0xFF, 0xFF),
    selection: Color32::from_rgb(0xCC, 0xE2, 0xF8),
    selection_unfocused: Color32::from_rgb(0xE3, 0xE8, 0xEE),
    hover: Color32::from_rgb(0xEC, 0xF2, 0xF9),
    found: Color32::from_rgb(0xFF, 0xE5, 0x8A),
    focus: Color32::from_rgb(0x0B, 0x5C, 0xAD),
    info: Color32::from_rgb(0x0B, 0x5C, 0xAD),
    success: Color32::from_rgb(0x1B, 0x73, 0x3B),
    warning: Color32::from_rgb(0x8F, 0x56, 0x00),
    error: Color32::from_rgb(0xB4, 0x23, 0x2A),
    error_surface: Color32::from_rgb(0xFD, 0xEE, 0xEE),
    warning_surface: Color32::from_rgb(0xFD, 0xF5, 0xE4),
    info_surface: Color32::from_rgb(0xEB, 0xF3, 0xFC),
    ink: Color32::from_rgb(0x4A, 0x55, 0x64),
    paper: Color32::from_rgb(0xFF, 0xFC, 0xF0),
    folder: Color32::from_rgb(0xF0, 0xC4, 0x59),
    domain: Color32::from_rgb(0x3B, 0x7E, 0xC9),
    site: Color32::from_rgb(0x3C, 0x8D, 0x6E),
    filter: Color32::from_rgb(0x7A, 0x5B, 0xC2),
    gold: Color32::from_rgb(0xB9, 0x7A, 0x00),
    sign: Color32::from_rgb(0x0B, 0x5C, 0xAD),
    on_sign: Color32::from_rgb(0xFF, 0xFF, 0xFF),
};

/// The dark theme.
pub static DARK: Tokens = Tokens {
    surface: Color32::from_rgb(0x1E, 0x21, 0x26),
    sunken: Color32::from_rgb(0x18, 0x1A, 0x1F),
    raised: Color32::from_rgb(0x26, 0x2A, 0x30),
    stripe: Color32::from_rgb(0x1D, 0x20, 0x25),
    border: Color32::from_rgb(0x38, 0x3E, 0x47),
    outline: Color32::from_rgb(0x59, 0x62, 0x70),
    text: Color32::from_rgb(0xE4, 0xE8, 0xEE),
    text_weak: Color32::from_rgb(0xA9, 0xB3, 0xC0),
    text_disabled: Color32::from_rgb(0x75, 0x7E, 0x8A),
    accent: Color32::from_rgb(0x6C, 0xB2, 0xF7),
    on_accent: Color32::from_rgb(0x0C, 0x16, 0x22),
    selection: Color32::from_rgb(0x1B, 0x3C, 0x5F),
    selection_unfocused: Color32::from_rgb(0x32, 0x38, 0x41),
    hover: Color32::from_rgb(0x27, 0x2E, 0x38),
    found: Color32::from_rgb(0x5E, 0x4A, 0x12),
    focus: Color32::from_rgb(0x6C, 0xB2, 0xF7),
    info: Color32::from_rgb(0x6C, 0xB2, 0xF7),
    success: Color32::from_rgb(0x6C, 0xC8, 0x8C),
    warning: Color32::from_rgb(0xE8, 0xB3, 0x4D),
    error: Color32::from_rgb(0xF2, 0x85, 0x85),
    error_surface: Color32::from_rgb(0x3A, 0x22, 0x25),
    warning_surface: Color32::from_rgb(0x38, 0x2E, 0x1C),
    info_surface: Color32::from_rgb(0x1D, 0x2D, 0x40),
    ink: Color32::from_rgb(0xA6, 0xB0, 0xBD),
    paper: Color32::from_rgb(0x3B, 0x3D, 0x3E),
    folder: Color32::from_rgb(0xC4, 0x98, 0x3A),
    domain: Color32::from_rgb(0x5B, 0x9F, 0xE6),
    site: Color32::from_rgb(0x5F, 0xB8, 0x94),
    filter: Color32::from_rgb(0xA5, 0x8C, 0xE8),
    gold: Color32::from_rgb(0xE8, 0xB3, 0x4D),
    sign: Color32::from_rgb(0x4A, 0x9B, 0xEE),
    on_sign: Color32::from_rgb(0x0C, 0x16, 0x22),
};

impl Tokens {
    /// Returns the colours of a theme.
    pub fn of(theme: Theme) -> &'static Tokens {
        match theme {
            Theme::Light => &LIGHT,
            Theme::Dark => &DARK,
        }
    }
}

/// Returns the colours that this part of the window is drawn in.
pub fn tokens(ui: &Ui) -> &'static Tokens {
    Tokens::of(if ui.visuals().dark_mode { Theme::Dark } else { Theme::Light })
}

/// Gives the window its colours, sizes and fonts, for both themes.
pub fn install(ctx: &Context) {
    for theme in [Theme::Light, Theme::Dark] {
        ctx.set_visuals_of(theme, visuals(theme));
    }
    ctx.all_styles_mut(|style| {
        let proportional = |size| FontId::new(size, FontFamily::Proportional);
        style.text_styles = [
            (TextStyle::Small, proportional(11.5)),
            (TextStyle::Body, proportional(13.5)),
            (TextStyle::Button, proportional(13.5)),
            (TextStyle::Heading, proportional(16.0)),
            (title_style(), proportional(19.0)),
            (TextStyle::Monospace, FontId::new(12.5, FontFamily::Monospace)),
        ]
        .into();
        style.animation_time = 0.08;
        let spacing = &mut style.spacing;
        spacing.item_spacing = vec2(2.0 * SPACE, SPACE);
        spacing.button_padding = vec2(2.0 * SPACE, 3.0);
        spacing.interact_size.y = ROW_HEIGHT;
        spacing.menu_margin = Margin::same(4);
        spacing.window_margin = Margin::same(12);
        spacing.icon_width = ICON_SIZE;
        spacing.scroll = egui::style::ScrollStyle::solid();
        spacing.scroll.bar_width = 9.0;
    });
}

fn visuals(theme: Theme) -> Visuals {
    let tokens = Tokens::of(theme);
    let mut visuals = match theme {
        Theme::Light => Visuals::light(),
        Theme::Dark => Visuals::dark(),
    };
    visuals.panel_fill = tokens.surface;
    visuals.window_fill = tokens.surface;
    visuals.window_stroke = Stroke::new(1.0, tokens.border);
    visuals.window_corner_radius = CornerRadius::same(8);
    visuals.menu_corner_radius = CornerRadius::same(6);
    visuals.extreme_bg_color = tokens.sunken;
    visuals.text_edit_bg_color = Some(tokens.sunken);
    visuals.faint_bg_color = tokens.stripe;
    visuals.code_bg_color = tokens.raised;
    visuals.hyperlink_color = tokens.accent;
    visuals.warn_fg_color = tokens.warning;
    visuals.error_fg_color = tokens.error;
    visuals.weak_text_color = Some(tokens.text_weak);
    visuals.selection.bg_fill = tokens.selection;
    // Also the ring around the text field that has the focus.
    visuals.selection.stroke = Stroke::new(1.5, tokens.focus);
    visuals.window_shadow = Shadow {
        offset: [0, 6],
        blur: 20,
        spread: 0,
        color: Color32::from_black_alpha(if theme == Theme::Dark { 120 } else { 50 }),
    };
    visuals.popup_shadow = Shadow {
        offset: [0, 3],
        blur: 10,
        spread: 0,
        color: Color32::from_black_alpha(if theme == Theme::Dark { 100 } else { 40 }),
    };
    let radius = CornerRadius::same(RADIUS);
    let widgets = &mut visuals.widgets;
    for widget in [
        &mut widgets.noninteractive,
        &mut widgets.inactive,
        &mut widgets.hovered,
        &mut widgets.active,
        &mut widgets.open,
    ] {
        widget.corner_radius = radius;
        widget.expansion = 0.0;
        widget.fg_stroke = Stroke::new(1.0, tokens.text);
        widget.bg_fill = tokens.raised;
        widget.weak_bg_fill = tokens.raised;
        widget.bg_stroke = Stroke::new(1.0, tokens.outline);
    }
    widgets.noninteractive.bg_stroke = Stroke::new(1.0, tokens.border);
    widgets.noninteractive.bg_fill = tokens.surface;
    widgets.hovered.bg_fill = tokens.hover;
    widgets.hovered.weak_bg_fill = tokens.hover;
    widgets.hovered.bg_stroke = Stroke::new(1.0, tokens.accent);
    widgets.active.bg_fill = tokens.selection;
    widgets.active.weak_bg_fill = tokens.selection;
    // What has the keyboard focus is drawn as `active` or `hovered`: the stroke is the ring around it.
    widgets.active.bg_stroke = Stroke::new(2.0, tokens.focus);
    widgets.open.bg_fill = tokens.hover;
    widgets.open.weak_bg_fill = tokens.hover;
    visuals
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(color: Color32) -> f32 {
        let channel = |value: u8| {
            let value = f32::from(value) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(color.r()) + 0.7152 * channel(color.g()) + 0.0722 * channel(color.b())
    }

    fn contrast(one: Color32, two: Color32) -> f32 {
        let (one, two) = (luminance(one), luminance(two));
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    #[test]
    fn text_and_pictures_can_be_told_from_what_they_stand_on() {
        for (name, theme) in [("light", &LIGHT), ("dark", &DARK)] {
            let surfaces = [
                theme.surface,
                theme.sunken,
                theme.raised,
                theme.stripe,
                theme.selection,
                theme.selection_unfocused,
                theme.hover,
            ];
            for surface in surfaces {
                for text in [theme.text, theme.text_weak] {
                    assert!(contrast(text, surface) >= 4.5, "{name}: {text:?} on {surface:?}");
                }
                for picture in [theme.ink, theme.sign, theme.error] {
                    assert!(contrast(picture, surface) >= 3.0, "{name}: {picture:?} on {surface:?}");
                }
            }
            for (text, surface) in [
                (theme.error, theme.error_surface),
                (theme.warning, theme.warning_surface),
                (theme.info, theme.info_surface),
                (theme.text, theme.error_surface),
                (theme.text, theme.warning_surface),
                (theme.text, theme.info_surface),
                (theme.text, theme.found),
                (theme.on_accent, theme.accent),
                (theme.on_sign, theme.sign),
                (theme.accent, theme.surface),
                (theme.focus, theme.selection),
                (theme.success, theme.surface),
            ] {
                assert!(contrast(text, surface) >= 4.5, "{name}: {text:?} on {surface:?}");
            }
        }
    }
}
