//! A report as a flat list of lines, so that only those in view have to be laid out.

use std::ops::Range;

use crate::report::{Block, Cell, Document, Explain, Mark, PartProblem, Row, Section, Table};

/// A line of a report: a heading, a row of a table, a line of text.
#[derive(Debug)]
pub(super) struct Line {
    /// How many sections it lies in.
    pub(super) depth: u16,
    /// How many rows it stands below as their detail.
    pub(super) below_rows: u16,
    /// The heading of its section, as an index into the lines; its own for a heading of the first level.
    pub(super) parent: Option<u32>,
    /// What it shows.
    pub(super) kind: Kind,
}

/// What a line shows.
#[derive(Debug)]
pub(super) enum Kind {
    /// The heading of a section.
    Heading {
        /// Its words.
        text: String,
        /// Where the section ends, as an index into the lines.
        end: u32,
    },
    /// The headings of a table.
    Columns(Vec<String>),
    /// A row of a table.
    Row {
        /// Its cells.
        cells: Vec<Cell>,
        /// How many columns its table has.
        columns: u16,
        /// Whether its first cell names the second one.
        is_label: bool,
        /// Whether every second row is another colour here.
        striped: bool,
        /// The explanation of the setting.
        explain: Option<Box<Explain>>,
    },
    /// A paragraph.
    Text(String),
    /// A line in which columns matter.
    Code(String),
    /// What could not be read.
    Problem(PartProblem),
}

impl Line {
    /// Returns the texts of the line, from left to right.
    pub(super) fn texts(&self) -> Vec<&str> {
        match &self.kind {
            Kind::Heading { text, .. } | Kind::Text(text) | Kind::Code(text) => vec![text],
            Kind::Columns(headings) => headings.iter().map(String::as_str).collect(),
            Kind::Row { cells, .. } => cells.iter().map(|cell| cell.text.as_str()).collect(),
            Kind::Problem(problem) => vec![&problem.file, &problem.message],
        }
    }

    /// Returns the line as it is copied: cells parted by tabs, line ends within them as blanks.
    pub(super) fn copied(&self) -> String {
        let plain = |text: &str| text.replace(['\t', '\n', '\r'], " ");
        let texts: Vec<String> = self.texts().into_iter().map(plain).collect();
        let indent = "  ".repeat(usize::from(self.below_rows));
        match self.kind {
            Kind::Problem(_) => format!("{indent}{}", texts.join(": ")),
            _ => format!("{indent}{}", texts.join("\t")),
        }
    }

    /// Returns the explanation of the setting.
    pub(super) fn explain(&self) -> Option<&Explain> {
        match &self.kind {
            Kind::Row { explain, .. } => explain.as_deref(),
            _ => None,
        }
    }

    /// Returns the marks of its texts.
    pub(super) fn mark(&self, text: usize) -> Mark {
        match &self.kind {
            Kind::Row { cells, .. } => cells.get(text).map(|cell| cell.mark).unwrap_or_default(),
            _ => Mark::None,
        }
    }

    /// Returns where its section ends, for a heading.
    pub(super) fn end(&self) -> Option<usize> {
        match self.kind {
            Kind::Heading { end, .. } => Some(end as usize),
            _ => None,
        }
    }
}

/// Returns the lines of a report, and which of its sections are open at first, as indices of their headings.
pub(super) fn lines(document: &Document) -> (Vec<Line>, Vec<usize>) {
    let mut builder = Builder::default();
    for section in &document.sections {
        builder.section(section);
    }
    (builder.lines, builder.open)
}

/// Returns the lines that are visible while these headings are open.
pub(super) fn visible(lines: &[Line], is_open: impl Fn(usize) -> bool) -> Vec<u32> {
    let mut visible = Vec::new();
    let mut index = 0;
    while let Some(line) = lines.get(index) {
        visible.push(index as u32);
        index = match line.end() {
            Some(end) if !is_open(index) => end,
            _ => index + 1,
        };
    }
    visible
}

/// Returns the lines of the section that a line lies in, its heading first.
pub(super) fn section_of(lines: &[Line], index: usize) -> Range<usize> {
    let heading = match lines.get(index) {
        Some(line) if line.end().is_some() => Some(index),
        Some(line) => line.parent.map(|parent| parent as usize),
        None => None,
    };
    let Some(heading) = heading else { return 0..lines.len() };
    heading..lines[heading].end().unwrap_or(heading + 1)
}

#[derive(Default)]
struct Builder {
    lines: Vec<Line>,
    open: Vec<usize>,
    depth: u16,
    below_rows: u16,
    parent: Option<u32>,
}

impl Builder {
    fn push(&mut self, kind: Kind) {
        self.lines.push(Line { depth: self.depth, below_rows: self.below_rows, parent: self.parent, kind });
    }

    fn section(&mut self, section: &Section) {
        let index = self.lines.len();
        self.push(Kind::Heading { text: section.heading.clone(), end: 0 });
        if section.open {
            self.open.push(index);
        }
        let above = self.parent.replace(index as u32);
        self.depth += 1;
        self.blocks(&section.blocks);
        self.depth -= 1;
        self.parent = above;
        let last = self.lines.len() as u32;
        if let Kind::Heading { end, .. } = &mut self.lines[index].kind {
            *end = last;
        }
    }

    fn blocks(&mut self, blocks: &[Block]) {
        for block in blocks {
            match block {
                Block::Section(section) => self.section(section),
                Block::Table(table) => self.table(table),
                Block::Text(text) => self.text(text, Kind::Text),
                Block::Code(text) => self.text(text, Kind::Code),
                Block::Problem(problem) => self.push(Kind::Problem(problem.clone())),
            }
        }
    }

    fn text(&mut self, text: &str, kind: fn(String) -> Kind) {
        for line in text.split('\n') {
            self.push(kind(line.trim_end_matches('\r').to_owned()));
        }
    }

    fn table(&mut self, table: &Table) {
        let widest = table.rows.iter().map(|row| row.cells.len()).max().unwrap_or(0);
        let columns = table.columns.len().max(widest).max(1) as u16;
        if !table.columns.is_empty() {
            self.push(Kind::Columns(table.columns.iter().map(|column| column.heading.clone()).collect()));
        }
        for (index, row) in table.rows.iter().enumerate() {
            self.row(row, columns, table.columns.is_empty(), index % 2 == 1);
        }
    }

    fn row(&mut self, row: &Row, columns: u16, is_label: bool, striped: bool) {
        let explain = row.explain.clone().map(Box::new);
        self.push(Kind::Row { cells: row.cells.clone(), columns, is_label, striped, explain });
        self.below_rows += 1;
        self.blocks(&row.details);
        self.below_rows -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_closed_hides_what_is_in_it() {
        let mut options = Table::properties();
        options.row(["Length:", "14"]);
        let mut policies = Table::new(&["Policy", "Setting"]);
        policies.row(["Password", "Enabled"]).details.push(options.into());
        let inner = Section::new("System").with(policies);
        let half = Section::new("Computer").opened().with(inner).with(Block::Code("a\r\nb".to_owned()));
        let document = Document { sections: vec![half, Section::new("User")], ..Document::default() };
        let (lines, open) = lines(&document);
        let texts: Vec<String> = lines.iter().map(Line::copied).collect();
        assert_eq!(
            texts,
            ["Computer", "System", "Policy\tSetting", "Password\tEnabled", "  Length:\t14", "a", "b", "User"]
        );
        assert_eq!(open, [0]);
        assert_eq!(visible(&lines, |index| open.contains(&index)), [0, 1, 5, 6, 7]);
        assert_eq!(visible(&lines, |_| true).len(), lines.len());
        assert_eq!((section_of(&lines, 4), section_of(&lines, 1), section_of(&lines, 6)), (1..5, 1..5, 0..7));
    }
}
