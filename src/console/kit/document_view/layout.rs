//! Where the texts of a line stand, and how high lines are: those seen for this width, the others by a guess.

use std::sync::Arc;

use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{Color32, FontId, Galley, Stroke, TextStyle, Ui};

use crate::console::theme::{self, ROW_HEIGHT, Tokens};
use crate::report::Mark;

use super::find::Find;
use super::lines::{Kind, Line};

/// How far a section stands in, in points.
const INDENT: f32 = 14.0;
/// How far what stands below a row stands in, in points.
const DETAIL_INDENT: f32 = 22.0;
/// Room left and right of a text, in points.
pub(super) const MARGIN: f32 = 6.0;
/// Room that the triangle of a heading takes, in points.
pub(super) const TRIANGLE: f32 = 16.0;
/// Longer texts are cut in the window; copying takes them whole.
const LONGEST: usize = 8_000;

/// A text of a line, laid out.
pub(super) struct Piece {
    /// From the left edge of the view.
    pub(super) left: f32,
    pub(super) width: f32,
    pub(super) galley: Arc<Galley>,
}

/// A line, laid out.
pub(super) struct Laid {
    pub(super) pieces: Vec<Piece>,
    pub(super) left: f32,
    pub(super) height: f32,
}

/// The heights of all lines for one width, and where the visible ones stand.
pub(super) struct Heights {
    width: f32,
    /// Zero for lines not laid out yet.
    known: Vec<f32>,
    tops: Vec<f32>,
    tops_are_stale: bool,
}

impl Heights {
    pub(super) fn new(lines: usize) -> Self {
        Heights { width: 0.0, known: vec![0.0; lines], tops: Vec::new(), tops_are_stale: true }
    }

    pub(super) fn order_changed(&mut self) {
        self.tops_are_stale = true;
    }

    pub(super) fn set_width(&mut self, width: f32) {
        if (self.width - width).abs() > 0.5 {
            self.width = width;
            self.known.fill(0.0);
            self.tops_are_stale = true;
        }
    }

    pub(super) fn set(&mut self, line: usize, height: f32) {
        if (self.known[line] - height).abs() > 0.1 {
            self.known[line] = height;
            self.tops_are_stale = true;
        }
    }

    pub(super) fn is_known(&self, line: usize) -> bool {
        self.known[line] > 0.0
    }

    /// Returns where each visible line begins, and at the end where the last one ends.
    pub(super) fn tops(&mut self, lines: &[Line], visible: &[u32]) -> &[f32] {
        if std::mem::take(&mut self.tops_are_stale) {
            self.tops.clear();
            self.tops.reserve(visible.len() + 1);
            let mut top = 0.0;
            for index in visible.iter().map(|index| *index as usize) {
                self.tops.push(top);
                top += if self.is_known(index) { self.known[index] } else { guess(&lines[index], self.width) };
            }
            self.tops.push(top);
        }
        &self.tops
    }
}

/// Lays a line out.
pub(super) fn lay_out(ui: &Ui, line: &Line, find: &Find, width: f32) -> Laid {
    let tokens = theme::tokens(ui);
    let body = TextStyle::Body.resolve(ui.style());
    let left = left_of(line);
    let mut laid = Laid { pieces: Vec::new(), left, height: ROW_HEIGHT };
    let texts = line.texts();
    for (index, ((offset, room), text)) in spans(line, width - left).into_iter().zip(texts).enumerate() {
        let (font, color) = look(ui, line, index, &body, tokens);
        let galley = ui.painter().layout_job(job(text, find, font, color, (room - 2.0 * MARGIN).max(40.0), tokens));
        laid.height = laid.height.max(galley.size().y + 6.0);
        laid.pieces.push(Piece { left: left + offset, width: room, galley });
    }
    match &line.kind {
        Kind::Heading { .. } if line.depth == 0 => laid.height = laid.height.max(28.0) + 8.0,
        Kind::Heading { .. } => laid.height += 4.0,
        Kind::Text(text) if text.is_empty() => laid.height = 8.0,
        Kind::Code(_) => laid.height -= 4.0,
        _ => {}
    }
    laid
}

/// Returns font and colour of a text of a line.
fn look(ui: &Ui, line: &Line, index: usize, body: &FontId, tokens: &Tokens) -> (FontId, Color32) {
    let font = match &line.kind {
        Kind::Heading { .. } if line.depth == 0 => TextStyle::Heading.resolve(ui.style()),
        Kind::Code(_) => TextStyle::Monospace.resolve(ui.style()),
        _ => body.clone(),
    };
    let color = match (&line.kind, line.mark(index)) {
        (_, Mark::Warning) => tokens.warning,
        (_, Mark::Weak) | (Kind::Columns(_), _) => tokens.text_weak,
        (Kind::Row { explain: Some(_), .. }, _) if index == 0 => tokens.accent,
        (Kind::Row { is_label: true, columns, .. }, _) if index == 0 && *columns > 1 => tokens.text_weak,
        (Kind::Problem(_), _) if index == 0 => tokens.error,
        _ => tokens.text,
    };
    (font, color)
}

/// Returns where the texts of a line stand and how wide they may be.
fn spans(line: &Line, width: f32) -> Vec<(f32, f32)> {
    let (columns, is_label, count) = match &line.kind {
        Kind::Heading { .. } => return vec![(TRIANGLE - MARGIN, width - TRIANGLE)],
        Kind::Text(_) | Kind::Code(_) => return vec![(0.0, width)],
        Kind::Problem(_) => (2, true, 2),
        Kind::Columns(headings) => (headings.len(), false, headings.len()),
        Kind::Row { cells, columns, is_label, .. } => (usize::from(*columns), *is_label, cells.len()),
    };
    let mut left = 0.0;
    let mut spans: Vec<(f32, f32)> = (0..columns.max(count))
        .map(|column| {
            let share = share(column, columns, is_label, width);
            let span = (left, share);
            left += share;
            span
        })
        .collect();
    if let Some(last) = spans.get_mut(count.saturating_sub(1)) {
        last.1 = width - last.0;
    }
    spans.truncate(count);
    spans
}

/// Returns the width of a column.
fn share(column: usize, columns: usize, is_label: bool, width: f32) -> f32 {
    let part = match (columns, column) {
        (1, _) => 1.0,
        (_, 0) if is_label => 0.32,
        (more, _) if is_label => 0.68 / (more - 1) as f32,
        (2, 0) => 0.5,
        (2, _) => 0.5,
        (3, 0) => 0.44,
        (3, _) => 0.28,
        (more, _) => 1.0 / more as f32,
    };
    width * part
}

fn left_of(line: &Line) -> f32 {
    MARGIN + f32::from(line.depth) * INDENT + f32::from(line.below_rows) * DETAIL_INDENT
}

/// Returns how high a line will be about, without laying it out.
fn guess(line: &Line, width: f32) -> f32 {
    const LETTER: f32 = 6.9;
    const LINE: f32 = 16.0;
    let spans = spans(line, width - left_of(line));
    let rows_of = |text: &str, room: f32| -> f32 {
        let letters = ((room - 2.0 * MARGIN).max(40.0) / LETTER).floor();
        text.split('\n').map(|part| (part.len() as f32 / letters).ceil().max(1.0)).sum()
    };
    let rows = line.texts().into_iter().zip(spans).map(|(text, (_, room))| rows_of(text, room)).fold(1.0_f32, f32::max);
    let height = (rows * LINE + 6.0).max(ROW_HEIGHT);
    match &line.kind {
        Kind::Heading { .. } if line.depth == 0 => height.max(28.0) + 8.0,
        Kind::Heading { .. } => height + 4.0,
        Kind::Text(text) if text.is_empty() => 8.0,
        Kind::Code(_) => height - 4.0,
        _ => height,
    }
}

/// Returns a text with what was searched for marked in it.
fn job(text: &str, find: &Find, font: FontId, color: Color32, width: f32, tokens: &Tokens) -> LayoutJob {
    let cut = text.char_indices().nth(LONGEST).map(|(at, _)| at);
    let shown = cut.map_or(text, |at| &text[..at]);
    let plain = TextFormat { font_id: font, color, ..TextFormat::default() };
    let mut job = LayoutJob { wrap: TextWrapping::wrap_at_width(width), ..LayoutJob::default() };
    let mut at = 0;
    for found in if find.is_idle() { Vec::new() } else { find.ranges(shown) } {
        job.append(&shown[at..found.start], 0.0, plain.clone());
        let underline = Stroke::new(1.0, tokens.text);
        let marked = TextFormat { background: tokens.found, color: tokens.text, underline, ..plain.clone() };
        job.append(&shown[found.clone()], 0.0, marked);
        at = found.end;
    }
    job.append(&shown[at..], 0.0, plain.clone());
    if let Some(at) = cut {
        let more = format!(" … ({} letters more: copy to have all)", text[at..].chars().count());
        job.append(&more, 0.0, TextFormat { color: tokens.text_weak, ..plain });
    }
    job
}
