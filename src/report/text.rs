//! Reports as text for a terminal or a mail: sections stand in, tables are aligned, control characters are named.

use super::plain::visible;
use super::{Block, Document, PartProblem, Section, Table};

/// A column is made no wider than this; a longer text goes on in the next line.
const WIDEST_COLUMN: usize = 60;
const INDENT: &str = "  ";

/// Returns reports as text with line ends `\n`.
pub fn write_text(documents: &[Document]) -> String {
    let mut writer = Writer { out: String::new(), depth: 0 };
    for (index, document) in documents.iter().enumerate() {
        if index > 0 {
            writer.out.push('\n');
        }
        writer.document(document);
    }
    writer.out
}

struct Writer {
    out: String,
    depth: usize,
}

impl Writer {
    fn document(&mut self, document: &Document) {
        let title = visible(&document.title).replace('\n', " ");
        self.line(&title);
        self.line(&"=".repeat(title.chars().count()));
        if !document.collected.is_empty() {
            self.line(&format!("Data collected on: {}", visible(&document.collected)));
        }
        for section in &document.sections {
            self.out.push('\n');
            self.section(section);
        }
    }

    fn section(&mut self, section: &Section) {
        let heading = visible(&section.heading).replace('\n', " ");
        self.line(&heading);
        if self.depth == 0 {
            self.line(&"-".repeat(heading.chars().count()));
        }
        self.depth += 1;
        self.blocks(&section.blocks);
        self.depth -= 1;
    }

    fn blocks(&mut self, blocks: &[Block]) {
        for block in blocks {
            match block {
                Block::Section(section) => self.section(section),
                Block::Table(table) => self.table(table),
                Block::Text(text) | Block::Code(text) => self.line(&visible(text)),
                Block::Problem(PartProblem { file, message }) => {
                    self.line(&format!("! Could not be read: {}: {}", visible(file), visible(message)));
                }
            }
        }
    }

    fn table(&mut self, table: &Table) {
        let headings: Vec<String> = table.columns.iter().map(|column| column.heading.clone()).collect();
        let rows: Vec<Vec<String>> =
            table.rows.iter().map(|row| row.cells.iter().map(|cell| cell.text.clone()).collect()).collect();
        let wrapped =
            |cells: &[String]| -> Vec<Vec<String>> { cells.iter().map(|cell| wrap(&visible(cell))).collect() };
        let headings = (!headings.is_empty()).then(|| wrapped(&headings));
        let rows: Vec<Vec<Vec<String>>> = rows.iter().map(|cells| wrapped(cells)).collect();
        let widths = widths(headings.iter().chain(&rows));
        if let Some(headings) = &headings {
            self.row(headings, &widths);
            let rule: Vec<Vec<String>> = widths.iter().map(|width| vec!["-".repeat(*width)]).collect();
            self.row(&rule, &widths);
        }
        for (cells, row) in rows.iter().zip(&table.rows) {
            self.row(cells, &widths);
            self.depth += 2;
            self.blocks(&row.details);
            self.depth -= 2;
        }
    }

    /// Writes a row of cells of some lines each.
    fn row(&mut self, cells: &[Vec<String>], widths: &[usize]) {
        let height = cells.iter().map(Vec::len).max().unwrap_or(0);
        for number in 0..height {
            let mut line = String::new();
            for (cell, width) in cells.iter().zip(widths) {
                let text = cell.get(number).map_or("", String::as_str);
                line.push_str(text);
                line.extend(std::iter::repeat_n(' ', width.saturating_sub(text.chars().count()) + INDENT.len()));
            }
            self.line(line.trim_end());
        }
    }

    fn line(&mut self, text: &str) {
        for line in text.split('\n') {
            if !line.is_empty() {
                self.out.extend(std::iter::repeat_n(INDENT, self.depth));
                self.out.push_str(line);
            }
            self.out.push('\n');
        }
    }
}

/// Returns how wide each column has to be, in characters.
fn widths<'a>(rows: impl Iterator<Item = &'a Vec<Vec<String>>>) -> Vec<usize> {
    let mut widths = Vec::new();
    for cells in rows {
        widths.resize(widths.len().max(cells.len()), 0);
        for (width, cell) in widths.iter_mut().zip(cells) {
            *width = cell.iter().map(|line| line.chars().count()).chain([*width]).max().unwrap_or(0);
        }
    }
    widths
}

/// Breaks a text into lines of at most [`WIDEST_COLUMN`] characters, between words where that is possible.
fn wrap(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for line in text.split('\n') {
        let mut rest: &str = line;
        while let Some((cut, _)) = rest.char_indices().nth(WIDEST_COLUMN) {
            let (head, at) = match rest[..cut].rfind(' ') {
                Some(blank) if blank > 0 => (&rest[..blank], blank + 1),
                _ => (&rest[..cut], cut),
            };
            lines.push(head.replace('\t', " "));
            rest = &rest[at..];
        }
        lines.push(rest.replace('\t', " "));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_aligned_and_controls_are_named() {
        let mut options = Table::properties();
        options.row(["Length:", "14"]);
        let mut policies = Table::new(&["Policy", "Setting"]);
        policies.row(["Pass\u{1B}[2Jword", "Enabled"]).details.push(options.into());
        policies.row(["Ö", "a\nb"]);
        let half = Section::new("Computer").with(Section::new("Policies").with(policies));
        let document = Document { title: "Base".to_owned(), collected: "today".to_owned(), sections: vec![half] };
        let expected = "\
Base
====
Data collected on: today

Computer
--------
  Policies
    Policy               Setting
    -------------------  -------
    Pass[U+001B][2Jword  Enabled
        Length:  14
    Ö                    a
                         b
";
        assert_eq!(write_text(&[document]), expected);
    }

    #[test]
    fn long_texts_go_on_in_the_next_line() {
        let lines = wrap(&"word ".repeat(30));
        assert!(lines.len() == 3 && lines.iter().all(|line| line.chars().count() <= WIDEST_COLUMN));
        assert_eq!(wrap(&"x".repeat(130)).len(), 3);
        assert_eq!(wrap("ü\n"), ["ü", ""]);
    }
}
