//! What commands print: text in aligned tables, or JSON.

use std::io::{self, BufWriter, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

/// How a command ended, where it did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All was done: exit code 0.
    Done,
    /// Something could not be read and was named: exit code 3.
    Partly,
}

impl Outcome {
    /// Returns the worse of two outcomes.
    pub fn and(self, other: Outcome) -> Outcome {
        if self == Outcome::Done { other } else { self }
    }
}

/// Standard output.
pub struct Output {
    json: bool,
    writer: BufWriter<io::Stdout>,
}

impl Output {
    /// Returns the standard output, for JSON or for text.
    pub fn new(json: bool) -> Self {
        Output { json, writer: BufWriter::with_capacity(64 * 1024, io::stdout()) }
    }

    /// Tells whether JSON is wanted.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Prints text as it is.
    pub fn text(&mut self, text: &str) -> anyhow::Result<()> {
        clear_progress();
        Ok(self.writer.write_all(text.as_bytes())?)
    }

    /// Prints a line.
    pub fn line(&mut self, text: impl AsRef<str>) -> anyhow::Result<()> {
        self.text(text.as_ref())?;
        self.text("\n")
    }

    /// Prints bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        clear_progress();
        Ok(self.writer.write_all(bytes)?)
    }

    /// Prints JSON, indented, with a line end.
    pub fn json(&mut self, value: &Value) -> anyhow::Result<()> {
        clear_progress();
        serde_json::to_writer_pretty(&mut self.writer, value)?;
        self.text("\n")
    }

    /// Prints a table.
    pub fn table(&mut self, table: &Table) -> anyhow::Result<()> {
        self.text(&table.render())
    }

    /// Prints a block of `label: value` lines with the values aligned. Values without text are left out.
    pub fn fields(&mut self, fields: &[(&str, String)]) -> anyhow::Result<()> {
        let width = fields.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0) + 1;
        for (label, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
            let mut lines = value.lines().map(|line| printable(line.to_owned()));
            let label = format!("{label}:");
            self.line(format!("{label:width$} {}", lines.next().unwrap_or_default()))?;
            for line in lines {
                self.line(format!("{:width$} {line}", ""))?;
            }
        }
        Ok(())
    }

    /// Writes out what is left.
    pub fn finish(&mut self) -> anyhow::Result<()> {
        Ok(self.writer.flush()?)
    }
}

/// Draws the progress line on standard error, over the one before.
pub fn draw_progress(line: &str) {
    PROGRESS_SHOWN.store(true, Ordering::Relaxed);
    let mut stderr = io::stderr().lock();
    // A terminal that takes no progress line gets none.
    let _ = write!(stderr, "\r\x1b[K{line}").and_then(|()| stderr.flush());
}

/// Takes the progress line away, if one is shown, before something else is printed where it stands.
pub fn clear_progress() {
    if PROGRESS_SHOWN.swap(false, Ordering::Relaxed) {
        let mut stderr = io::stderr().lock();
        let _ = write!(stderr, "\r\x1b[K").and_then(|()| stderr.flush());
    }
}

/// Whether the progress line stands on the terminal. Standard output and standard error are often the same terminal, of which
/// there is one.
static PROGRESS_SHOWN: AtomicBool = AtomicBool::new(false);

/// Tells whether the error is that the reader of our output is gone.
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        let json = cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
        io.or(json) == Some(io::ErrorKind::BrokenPipe)
    })
}

/// A table of text with a heading.
pub struct Table {
    headings: &'static [&'static str],
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Returns an empty table. A heading that starts with `>` has its column aligned to the right.
    pub fn new(headings: &'static [&'static str]) -> Self {
        Table { headings, rows: Vec::new() }
    }

    /// Adds a row, one cell for each heading.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(printable).collect());
    }

    /// Tells whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Returns the table as text, with its heading.
    pub fn render(&self) -> String {
        let heading = |index: usize| self.headings[index].trim_start_matches('>');
        let width = |index: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(index)).map(String::as_str);
            cells.chain([heading(index)]).map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.headings.len()).map(width).collect();
        let mut text = String::new();
        let headings: Vec<String> = (0..self.headings.len()).map(|index| heading(index).to_owned()).collect();
        for row in std::iter::once(&headings).chain(&self.rows) {
            let start = text.len();
            for (index, cell) in row.iter().enumerate() {
                let (width, gap) = (widths[index], if index == 0 { "" } else { "  " });
                text += gap;
                let blanks = " ".repeat(width - cell.chars().count());
                let right = self.headings[index].starts_with('>');
                text += &if right { format!("{blanks}{cell}") } else { format!("{cell}{blanks}") };
            }
            text.truncate(start + text[start..].trim_end().len());
            text.push('\n');
        }
        text
    }
}

/// Returns a text on one line, without what a terminal would take for a command: line ends and control characters become
/// blanks.
pub fn printable(text: String) -> String {
    if text.contains(char::is_control) { text.replace(char::is_control, " ") } else { text }
}

/// Returns `yes` or `no`.
pub fn yes_no(value: bool) -> String {
    if value { "yes" } else { "no" }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_aligned() {
        let mut table = Table::new(&["NAME", ">N", "NOTE"]);
        table.row(["Zürich".to_owned(), "7".to_owned(), String::new()]);
        table.row(["a\nb".to_owned(), "1000".to_owned(), "x".to_owned()]);
        assert_eq!(table.render(), "NAME       N  NOTE\nZürich     7\na b     1000  x\n");
    }

    #[test]
    fn a_reader_that_left_is_recognised() {
        let error = io::Error::from(io::ErrorKind::BrokenPipe);
        assert!(is_broken_pipe(&anyhow::Error::from(error).context("writing")));
        assert!(!is_broken_pipe(&anyhow::anyhow!("other")));
    }
}
