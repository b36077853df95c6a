//! The pictures of the console, drawn as shapes in the colours of the theme, and the overlays that tell of states.
//!
//! An overlay is a shape of its own, never a colour alone, and has words for tooltips and screen readers
//! (`console-ui.md` 2.3). Pictures are drawn on a grid of 16 by 16 and scaled to where they stand.

use egui::{
    Atom, AtomKind, AtomPaintArgs, Color32, IntoSizedResult, Painter, Pos2, Rect, Response, Sense, Shape,
    SizedAtomKind, Stroke, StrokeKind, Ui, Vec2, pos2, vec2,
};
use std::sync::Arc;

use super::theme::{self, Tokens};

/// A picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Icon {
    Root,
    Forest,
    Domains,
    Domain,
    Ou,
    Gpos,
    Gpo,
    WmiFilters,
    WmiFilter,
    StarterGpos,
    StarterGpo,
    Sites,
    Site,
    Modeling,
    ModelingResult,
    Results,
    ResultsItem,
    Back,
    Forward,
    Up,
    Down,
    /// To the top.
    Top,
    /// To the bottom.
    Bottom,
    Refresh,
    Connect,
    Search,
    Copy,
    Folder,
    Close,
    Help,
    Info,
    Success,
    Warning,
    Error,
    User,
    Group,
    Computer,
    Padlock,
    Waiting,
    Cancelled,
    Check,
    Paste,
    Delete,
    Properties,
    Export,
    TreePane,
    ActionsPane,
    Nothing,
}

/// The picture of a node with its overlays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeIcon {
    /// What it is.
    pub icon: Icon,
    /// Whether it only points at the thing: a link.
    pub shortcut: bool,
    /// Whether the link is enforced.
    pub enforced: bool,
    /// Whether inheritance is blocked.
    pub blocked: bool,
    /// Whether it has no effect: a disabled link, a GPO with both halves disabled.
    pub dimmed: bool,
    /// Whether it is missing, damaged or unreadable.
    pub failed: bool,
}

impl From<Icon> for NodeIcon {
    fn from(icon: Icon) -> Self {
        NodeIcon { icon, shortcut: false, enforced: false, blocked: false, dimmed: false, failed: false }
    }
}

impl NodeIcon {
    /// Draws it into a square.
    pub fn paint(self, painter: &Painter, rect: Rect, tokens: &Tokens) {
        let pen = Pen::new(painter, rect, if self.dimmed { 0.45 } else { 1.0 });
        self.icon.draw(&pen, tokens);
        let pen = Pen::new(painter, rect, 1.0);
        if self.dimmed {
            // A bar across, so that it is told by shape as well.
            pen.line(&[(2.5, 13.5), (13.5, 2.5)], 1.3, tokens.ink);
        }
        if self.shortcut {
            pen.shortcut(tokens);
        }
        if self.failed {
            pen.disc_with_cross(tokens.error, tokens.on_sign);
        } else if self.enforced {
            pen.padlock((8.6, 7.2), 0.62, tokens);
        } else if self.blocked {
            pen.exclamation((11.6, 11.6), 4.2, tokens.sign, tokens.on_sign);
        }
    }

    /// Draws it into the layout, at the size of a row's pictures.
    pub fn show(self, ui: &mut Ui, size: f32) -> Response {
        let (rect, response) = ui.allocate_exact_size(Vec2::splat(size), Sense::hover());
        self.paint(ui.painter(), rect, theme::tokens(ui));
        response
    }
}

impl Icon {
    /// Draws it into the layout.
    pub fn show(self, ui: &mut Ui, size: f32) -> Response {
        NodeIcon::from(self).show(ui, size)
    }

    /// Returns it as a part of a button or label: `ui.button((Icon::Copy.atom(), "Copy"))`.
    pub fn atom<'a>(self) -> Atom<'a> {
        AtomKind::closure(move |_ui, _args| {
            let size = Vec2::splat(theme::ICON_SIZE);
            let paint = move |ui: &Ui, args: AtomPaintArgs| {
                let rect = Rect::from_center_size(args.rect.center(), size);
                let pen = Pen::new(ui.painter(), rect, if ui.is_enabled() { 1.0 } else { 0.45 });
                self.draw(&pen, theme::tokens(ui));
            };
            IntoSizedResult { intrinsic_size: size, sized: SizedAtomKind::Paint { paint: Arc::new(paint), size } }
        })
        .into()
    }

    fn draw(self, pen: &Pen<'_>, tokens: &Tokens) {
        let ink = tokens.ink;
        match self {
            Icon::Root => {
                pen.scroll(tokens);
                pen.disc((11.8, 11.6), 3.6, tokens.sign);
                pen.ring((11.8, 11.6), 1.6, 1.1, tokens.on_sign);
            }
            Icon::Forest => {
                pen.triangle([(5.0, 2.0), (0.8, 10.0), (9.2, 10.0)], tokens.domain, tokens.surface);
                pen.triangle([(11.0, 6.0), (6.6, 14.4), (15.4, 14.4)], tokens.domain, tokens.surface);
            }
            Icon::Domain => pen.triangle([(8.0, 2.0), (1.2, 14.0), (14.8, 14.0)], tokens.domain, tokens.surface),
            Icon::Domains => {
                pen.folder(tokens);
                pen.triangle([(10.6, 7.0), (6.6, 14.6), (14.6, 14.6)], tokens.domain, tokens.surface);
            }
            Icon::Folder => pen.folder(tokens),
            Icon::Ou => {
                pen.folder(tokens);
                pen.fill_rect((7.6, 7.2), (14.0, 14.6), tokens.domain);
                pen.outline((7.6, 7.2), (14.0, 14.6), 1.0, ink);
                pen.line(&[(9.4, 7.4), (9.4, 14.4)], 1.0, ink);
                pen.line(&[(10.8, 9.6), (12.8, 9.6)], 1.0, tokens.on_sign);
            }
            Icon::Gpo => pen.scroll(tokens),
            Icon::Gpos => {
                pen.folder(tokens);
                pen.sheet(tokens);
            }
            Icon::WmiFilter => pen.funnel((8.0, 2.4), 1.0, tokens),
            Icon::WmiFilters => {
                pen.folder(tokens);
                pen.funnel((10.8, 7.2), 0.62, tokens);
            }
            Icon::StarterGpo => {
                pen.scroll(tokens);
                pen.star((11.6, 11.4), 4.4, tokens);
            }
            Icon::StarterGpos => {
                pen.folder(tokens);
                pen.star((10.8, 11.0), 4.4, tokens);
            }
            Icon::Site => pen.building((2.6, 1.6), (13.4, 14.4), tokens),
            Icon::Sites => {
                pen.folder(tokens);
                pen.building((7.4, 6.8), (14.2, 14.6), tokens);
            }
            Icon::ModelingResult => {
                pen.page(tokens);
                pen.gear((10.8, 10.8), tokens);
            }
            Icon::Modeling => {
                pen.folder(tokens);
                pen.gear((10.6, 11.0), tokens);
            }
            Icon::ResultsItem => {
                pen.page(tokens);
                pen.line(&[(7.4, 11.6), (9.8, 14.0), (14.4, 8.2)], 2.0, tokens.success);
            }
            Icon::Results => {
                pen.folder(tokens);
                pen.line(&[(6.8, 11.2), (9.4, 13.8), (14.2, 7.8)], 2.0, tokens.success);
            }
            Icon::Back => pen.arrow([(9.6, 3.4), (5.0, 8.0), (9.6, 12.6)], (5.0, 8.0), (13.4, 8.0), ink),
            Icon::Forward => pen.arrow([(6.4, 3.4), (11.0, 8.0), (6.4, 12.6)], (11.0, 8.0), (2.6, 8.0), ink),
            Icon::Up => pen.arrow([(3.4, 7.0), (8.0, 2.6), (12.6, 7.0)], (8.0, 2.6), (8.0, 13.4), ink),
            Icon::Down => pen.arrow([(3.4, 9.0), (8.0, 13.4), (12.6, 9.0)], (8.0, 13.4), (8.0, 2.6), ink),
            Icon::Top => {
                pen.line(&[(3.0, 2.4), (13.0, 2.4)], 1.8, ink);
                pen.arrow([(3.8, 9.2), (8.0, 5.0), (12.2, 9.2)], (8.0, 5.0), (8.0, 13.6), ink);
            }
            Icon::Bottom => {
                pen.line(&[(3.0, 13.6), (13.0, 13.6)], 1.8, ink);
                pen.arrow([(3.8, 6.8), (8.0, 11.0), (12.2, 6.8)], (8.0, 11.0), (8.0, 2.4), ink);
            }
            Icon::Refresh => {
                pen.arc((8.0, 8.0), 5.0, 0.5, 5.6, 1.6, ink);
                pen.solid(&[(12.4, 2.6), (13.6, 7.4), (9.0, 6.2)], ink);
            }
            Icon::Connect => {
                pen.line(&[(8.0, 2.4), (8.0, 13.6)], 1.8, tokens.sign);
                pen.line(&[(2.4, 8.0), (13.6, 8.0)], 1.8, tokens.sign);
            }
            Icon::Search => {
                pen.ring((6.8, 6.8), 4.2, 1.6, ink);
                pen.line(&[(10.0, 10.0), (13.8, 13.8)], 1.9, ink);
            }
            Icon::Copy => {
                pen.outline((2.6, 2.6), (10.0, 11.0), 1.2, ink);
                pen.fill_rect((5.8, 5.4), (13.4, 13.8), tokens.surface);
                pen.outline((5.8, 5.4), (13.4, 13.8), 1.2, ink);
            }
            Icon::Close => {
                pen.line(&[(3.6, 3.6), (12.4, 12.4)], 1.5, ink);
                pen.line(&[(12.4, 3.6), (3.6, 12.4)], 1.5, ink);
            }
            Icon::Help => {
                pen.ring((8.0, 8.0), 6.0, 1.3, ink);
                pen.arc((8.0, 6.6), 2.1, std::f32::consts::PI, 2.35 * std::f32::consts::PI, 1.4, ink);
                pen.line(&[(9.2, 8.2), (8.0, 9.2), (8.0, 10.0)], 1.4, ink);
                pen.disc((8.0, 11.9), 0.9, ink);
            }
            Icon::Info => {
                pen.disc((8.0, 8.0), 6.2, tokens.info);
                pen.disc((8.0, 4.9), 1.0, tokens.on_sign);
                pen.line(&[(8.0, 7.2), (8.0, 11.6)], 1.7, tokens.on_sign);
            }
            Icon::Success => {
                pen.disc((8.0, 8.0), 6.2, tokens.success);
                pen.line(&[(4.9, 8.2), (7.2, 10.6), (11.2, 5.8)], 1.7, tokens.on_sign);
            }
            Icon::Warning => {
                pen.solid(&[(8.0, 1.6), (15.0, 14.2), (1.0, 14.2)], tokens.warning);
                pen.line(&[(8.0, 5.8), (8.0, 9.8)], 1.7, tokens.on_sign);
                pen.disc((8.0, 12.0), 1.0, tokens.on_sign);
            }
            Icon::Error => {
                pen.disc((8.0, 8.0), 6.2, tokens.error);
                pen.line(&[(5.5, 5.5), (10.5, 10.5)], 1.7, tokens.on_sign);
                pen.line(&[(10.5, 5.5), (5.5, 10.5)], 1.7, tokens.on_sign);
            }
            Icon::User => pen.person((8.0, 5.0), 1.0, tokens.domain),
            Icon::Group => {
                pen.person((5.4, 5.4), 0.8, tokens.site);
                pen.person((10.8, 6.2), 0.8, tokens.domain);
            }
            Icon::Computer => {
                pen.fill_rect((2.0, 3.0), (14.0, 10.8), tokens.paper);
                pen.outline((2.0, 3.0), (14.0, 10.8), 1.3, ink);
                pen.line(&[(8.0, 11.0), (8.0, 13.2)], 1.6, ink);
                pen.line(&[(4.6, 13.4), (11.4, 13.4)], 1.6, ink);
            }
            Icon::Padlock => pen.padlock((2.2, 1.6), 1.12, tokens),
            Icon::Waiting => pen.ring((8.0, 8.0), 5.4, 1.2, tokens.outline),
            Icon::Cancelled => {
                pen.disc((8.0, 8.0), 6.2, tokens.text_weak);
                pen.line(&[(5.0, 8.0), (11.0, 8.0)], 1.7, tokens.on_sign);
            }
            Icon::Check => pen.line(&[(3.4, 8.4), (6.6, 11.8), (12.8, 4.4)], 1.8, ink),
            Icon::Paste => {
                pen.outline((3.0, 3.4), (13.0, 14.0), 1.2, ink);
                pen.fill_rect((5.8, 1.8), (10.2, 5.0), ink);
                pen.line(&[(5.4, 8.0), (10.6, 8.0)], 1.1, ink);
                pen.line(&[(5.4, 10.8), (10.6, 10.8)], 1.1, ink);
            }
            Icon::Delete => {
                pen.line(&[(2.6, 4.4), (13.4, 4.4)], 1.4, tokens.error);
                pen.line(&[(6.2, 4.0), (6.2, 2.4), (9.8, 2.4), (9.8, 4.0)], 1.2, tokens.error);
                pen.line(&[(4.0, 4.8), (4.8, 13.8), (11.2, 13.8), (12.0, 4.8)], 1.3, tokens.error);
            }
            Icon::Properties => {
                pen.outline((2.6, 2.0), (13.4, 14.0), 1.2, ink);
                for y in [5.0, 8.0, 11.0] {
                    pen.disc((5.0, y), 0.9, tokens.sign);
                    pen.line(&[(7.0, y), (11.4, y)], 1.1, ink);
                }
            }
            Icon::Export => {
                pen.line(&[(8.6, 2.6), (2.6, 2.6), (2.6, 13.4), (11.4, 13.4), (11.4, 10.8)], 1.2, ink);
                pen.arrow([(11.0, 4.4), (14.0, 7.4), (11.0, 10.4)], (14.0, 7.4), (6.4, 7.4), tokens.sign);
            }
            Icon::TreePane => {
                pen.outline((1.8, 2.8), (14.2, 13.2), 1.2, ink);
                pen.fill_rect((2.4, 3.4), (6.4, 12.6), tokens.sign);
            }
            Icon::ActionsPane => {
                pen.outline((1.8, 2.8), (14.2, 13.2), 1.2, ink);
                pen.fill_rect((9.6, 3.4), (13.6, 12.6), tokens.sign);
            }
            Icon::Nothing => {}
        }
    }
}

/// Draws on a grid of 16 by 16.
struct Pen<'a> {
    painter: &'a Painter,
    origin: Pos2,
    scale: f32,
    opacity: f32,
}

impl<'a> Pen<'a> {
    fn new(painter: &'a Painter, rect: Rect, opacity: f32) -> Self {
        Pen { painter, origin: rect.min, scale: rect.width() / 16.0, opacity }
    }

    fn at(&self, (x, y): (f32, f32)) -> Pos2 {
        pos2(self.origin.x + x * self.scale, self.origin.y + y * self.scale)
    }

    fn color(&self, color: Color32) -> Color32 {
        if self.opacity < 1.0 { color.gamma_multiply(self.opacity) } else { color }
    }

    fn stroke(&self, width: f32, color: Color32) -> Stroke {
        Stroke::new(width * self.scale, self.color(color))
    }

    fn line(&self, points: &[(f32, f32)], width: f32, color: Color32) {
        let points: Vec<Pos2> = points.iter().map(|&point| self.at(point)).collect();
        self.painter.add(Shape::line(points, self.stroke(width, color)));
    }

    fn solid(&self, points: &[(f32, f32)], color: Color32) {
        let points: Vec<Pos2> = points.iter().map(|&point| self.at(point)).collect();
        self.painter.add(Shape::convex_polygon(points, self.color(color), Stroke::NONE));
    }

    fn fill_rect(&self, from: (f32, f32), to: (f32, f32), color: Color32) {
        self.painter.rect_filled(Rect::from_min_max(self.at(from), self.at(to)), 0.8 * self.scale, self.color(color));
    }

    fn outline(&self, from: (f32, f32), to: (f32, f32), width: f32, color: Color32) {
        let rect = Rect::from_min_max(self.at(from), self.at(to));
        self.painter.rect_stroke(rect, 0.8 * self.scale, self.stroke(width, color), StrokeKind::Middle);
    }

    fn disc(&self, center: (f32, f32), radius: f32, color: Color32) {
        self.painter.circle_filled(self.at(center), radius * self.scale, self.color(color));
    }

    fn ring(&self, center: (f32, f32), radius: f32, width: f32, color: Color32) {
        self.painter.circle_stroke(self.at(center), radius * self.scale, self.stroke(width, color));
    }

    fn arc(&self, center: (f32, f32), radius: f32, from: f32, to: f32, width: f32, color: Color32) {
        let points: Vec<(f32, f32)> = (0..=14)
            .map(|step| {
                let angle = from + (to - from) * step as f32 / 14.0;
                (center.0 + radius * angle.cos(), center.1 + radius * angle.sin())
            })
            .collect();
        self.line(&points, width, color);
    }

    fn triangle(&self, corners: [(f32, f32); 3], fill: Color32, edge: Color32) {
        let points: Vec<Pos2> = corners.iter().map(|&point| self.at(point)).collect();
        self.painter.add(Shape::convex_polygon(points, self.color(fill), self.stroke(0.8, edge)));
    }

    fn arrow(&self, head: [(f32, f32); 3], tip: (f32, f32), tail: (f32, f32), color: Color32) {
        self.line(&head, 1.7, color);
        self.line(&[tip, tail], 1.7, color);
    }

    fn folder(&self, tokens: &Tokens) {
        self.solid(&[(1.2, 2.8), (6.0, 2.8), (7.6, 4.6), (7.6, 6.0), (1.2, 6.0)], tokens.folder);
        self.fill_rect((1.2, 4.4), (14.4, 13.2), tokens.folder);
        self.line(
            &[(1.4, 13.0), (1.4, 3.0), (5.9, 3.0), (7.5, 4.7), (14.2, 4.7), (14.2, 13.0), (1.4, 13.0)],
            0.9,
            tokens.ink,
        );
    }

    /// The sheet of a GPO, small, for the folder that holds them.
    fn sheet(&self, tokens: &Tokens) {
        self.fill_rect((7.4, 6.8), (14.2, 15.0), tokens.paper);
        self.outline((7.4, 6.8), (14.2, 15.0), 1.0, tokens.ink);
        for y in [9.2, 11.0, 12.8] {
            self.line(&[(9.0, y), (12.6, y)], 0.9, tokens.ink);
        }
    }

    fn page(&self, tokens: &Tokens) {
        self.fill_rect((2.6, 1.6), (11.8, 14.4), tokens.paper);
        self.outline((2.6, 1.6), (11.8, 14.4), 1.0, tokens.ink);
        for (y, to) in [(4.4, 9.8), (6.6, 9.8), (8.8, 7.4)] {
            self.line(&[(4.6, y), (to, y)], 1.0, tokens.ink);
        }
    }

    fn gear(&self, (x, y): (f32, f32), tokens: &Tokens) {
        for tooth in 0..8 {
            let angle = std::f32::consts::TAU * tooth as f32 / 8.0;
            let at = |radius: f32| (x + radius * angle.cos(), y + radius * angle.sin());
            self.line(&[at(2.4), at(4.6)], 1.6, tokens.sign);
        }
        self.disc((x, y), 3.2, tokens.sign);
        self.disc((x, y), 1.3, tokens.on_sign);
    }

    fn scroll(&self, tokens: &Tokens) {
        let (paper, ink) = (tokens.paper, tokens.ink);
        self.fill_rect((3.4, 2.0), (12.6, 13.6), paper);
        self.line(&[(3.6, 12.2), (3.6, 3.4)], 1.0, ink);
        self.line(&[(12.6, 3.6), (12.6, 13.8)], 1.0, ink);
        // The rolls at the top and the bottom.
        self.fill_rect((2.0, 1.6), (12.8, 4.0), paper);
        self.outline((2.0, 1.6), (12.8, 4.0), 1.0, ink);
        self.fill_rect((3.4, 12.0), (14.2, 14.4), paper);
        self.outline((3.4, 12.0), (14.2, 14.4), 1.0, ink);
        for (y, to) in [(6.2, 10.8), (8.2, 10.8), (10.2, 9.0)] {
            self.line(&[(5.4, y), (to, y)], 1.0, ink);
        }
    }

    fn funnel(&self, (x, y): (f32, f32), size: f32, tokens: &Tokens) {
        let point = |dx: f32, dy: f32| (x + dx * size, y + dy * size);
        self.solid(&[point(-6.2, 0.0), point(6.2, 0.0), point(1.4, 6.0), point(-1.4, 6.0)], tokens.filter);
        self.solid(&[point(-1.4, 5.6), point(1.4, 5.6), point(1.4, 10.0), point(-1.4, 11.8)], tokens.filter);
        self.line(&[point(-3.8, 2.0), point(3.8, 2.0)], 1.0, tokens.on_sign);
    }

    fn star(&self, (x, y): (f32, f32), radius: f32, tokens: &Tokens) {
        let point = |step: usize, radius: f32| {
            let angle = std::f32::consts::PI * (step as f32 / 5.0 - 0.5);
            (x + radius * angle.cos(), y + radius * angle.sin())
        };
        let inner: Vec<(f32, f32)> = (0..5).map(|step| point(2 * step + 1, radius * 0.46)).collect();
        self.solid(&inner, tokens.gold);
        for step in 0..5 {
            let tip = 2 * step;
            self.solid(
                &[point(tip + 9, radius * 0.46), point(tip, radius), point(tip + 1, radius * 0.46)],
                tokens.gold,
            );
        }
    }

    fn building(&self, from: (f32, f32), to: (f32, f32), tokens: &Tokens) {
        let (width, height) = (to.0 - from.0, to.1 - from.1);
        self.fill_rect(from, to, tokens.site);
        for row in 0..2 {
            for column in 0..2 {
                let x = from.0 + width * (0.2 + 0.38 * column as f32);
                let y = from.1 + height * (0.14 + 0.28 * row as f32);
                self.fill_rect((x, y), (x + width * 0.22, y + height * 0.16), tokens.on_sign);
            }
        }
        let door = from.0 + width * 0.4;
        self.fill_rect((door, from.1 + height * 0.72), (door + width * 0.2, to.1), tokens.on_sign);
    }

    fn person(&self, (x, y): (f32, f32), size: f32, color: Color32) {
        self.disc((x, y), 2.7 * size, color);
        let point = |dx: f32, dy: f32| (x + dx * size, y + dy * size);
        self.solid(
            &[point(-4.6, 9.0), point(-4.2, 5.6), point(-2.2, 3.8), point(2.2, 3.8), point(4.2, 5.6), point(4.6, 9.0)],
            color,
        );
    }

    fn shortcut(&self, tokens: &Tokens) {
        self.fill_rect((0.0, 8.6), (7.2, 15.8), tokens.surface);
        self.outline((0.4, 9.0), (6.8, 15.4), 0.8, tokens.ink);
        self.line(&[(2.0, 14.0), (2.4, 12.0), (4.0, 11.4)], 1.2, tokens.sign);
        self.solid(&[(3.4, 9.7), (6.1, 11.4), (3.4, 13.1)], tokens.sign);
    }

    fn padlock(&self, (x, y): (f32, f32), size: f32, tokens: &Tokens) {
        let point = |dx: f32, dy: f32| (x + dx * size, y + dy * size);
        let center = point(5.4, 4.4);
        self.arc(center, 2.9 * size, std::f32::consts::PI, std::f32::consts::TAU, 1.7 * size.max(0.75), tokens.ink);
        let (from, to) = (point(0.8, 4.8), point(10.0, 11.8));
        self.fill_rect(from, to, tokens.gold);
        self.outline(from, to, 0.8, tokens.surface);
        self.disc(point(5.4, 8.0), 1.2 * size, tokens.on_sign);
    }

    fn exclamation(&self, center: (f32, f32), radius: f32, fill: Color32, mark: Color32) {
        self.disc(center, radius, fill);
        self.line(&[(center.0, center.1 - radius * 0.58), (center.0, center.1 + radius * 0.14)], 1.5, mark);
        self.disc((center.0, center.1 + radius * 0.56), 0.85, mark);
    }

    fn disc_with_cross(&self, fill: Color32, mark: Color32) {
        self.disc((11.6, 11.6), 4.0, fill);
        self.line(&[(10.0, 10.0), (13.2, 13.2)], 1.3, mark);
        self.line(&[(13.2, 10.0), (10.0, 13.2)], 1.3, mark);
    }
}

/// Returns a rectangle for a picture, centred in height at the left end of `rect`.
pub fn icon_rect(rect: Rect, size: f32) -> Rect {
    Rect::from_min_size(pos2(rect.left(), rect.center().y - size / 2.0), vec2(size, size))
}
