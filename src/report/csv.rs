//! Reports as CSV (RFC 4180): a line for each value, so that every kind of table fits and a spreadsheet can filter.
//!
//! The columns are GPO, Section (the headings from the half down), Row (a number that the values of one row share), Item (what the row
//! is about), Column and Value. A text that a spreadsheet would take for a formula gets an apostrophe before it.

use super::plain::visible;
use super::{Block, Cell, Document, PartProblem, Row, Section, Table};

/// What stands between the headings of a section's path.
const SEPARATOR: &str = " > ";

/// Returns reports as CSV with a line of headings.
pub fn write_csv(documents: &[Document]) -> String {
    let mut writer =
        Writer { out: csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new()), row: 0 };
    writer.record(["GPO", "Section", "Row", "Item", "Column", "Value"]);
    for document in documents {
        writer.row = 0;
        if !document.collected.is_empty() {
            let place = Place { gpo: &document.title, section: "", item: "" };
            writer.row += 1;
            writer.value(&place, "Data collected on", &document.collected);
        }
        for section in &document.sections {
            writer.section(&document.title, "", section);
        }
    }
    let bytes = writer.out.into_inner().unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

/// Where a value belongs.
#[derive(Clone, Copy)]
struct Place<'a> {
    gpo: &'a str,
    section: &'a str,
    item: &'a str,
}

struct Writer {
    out: csv::Writer<Vec<u8>>,
    row: usize,
}

impl Writer {
    fn record<'a>(&mut self, fields: impl IntoIterator<Item = &'a str>) {
        // Writing into memory does not fail, and every record has as many fields.
        let _ = self.out.write_record(fields);
    }

    fn section(&mut self, gpo: &str, above: &str, section: &Section) {
        let path = if above.is_empty() { section.heading.clone() } else { [above, &section.heading].join(SEPARATOR) };
        self.blocks(&Place { gpo, section: &path, item: "" }, &section.blocks);
    }

    fn blocks(&mut self, place: &Place<'_>, blocks: &[Block]) {
        for block in blocks {
            match block {
                Block::Section(section) => self.section(place.gpo, place.section, section),
                Block::Table(table) => self.table(place, table),
                Block::Text(text) => self.line(place, "Text", text),
                Block::Code(text) => self.line(place, "Code", text),
                Block::Problem(PartProblem { file, message }) => {
                    self.line(place, "Problem", &format!("{file}: {message}"));
                }
            }
        }
    }

    /// Writes a value that is no part of a table.
    fn line(&mut self, place: &Place<'_>, column: &str, text: &str) {
        if place.item.is_empty() {
            self.row += 1;
        }
        self.value(place, column, text);
    }

    fn table(&mut self, place: &Place<'_>, table: &Table) {
        for row in &table.rows {
            self.table_row(place, table, row);
        }
    }

    fn table_row(&mut self, place: &Place<'_>, table: &Table, row: &Row) {
        let first = row.cells.first().map_or("", |cell| cell.text.as_str());
        if !place.item.is_empty() && table.columns.is_empty() {
            // An option of the row above: its label names the value.
            let values: Vec<&str> = row.cells.iter().skip(1).map(|cell| cell.text.as_str()).collect();
            self.value(place, first, &values.join(" "));
            return self.blocks(place, &row.details);
        }
        self.row += 1;
        let own = Place { item: first, ..*place };
        let heading = |index: usize| table.columns.get(index).map_or("", |column| column.heading.as_str());
        let is_said = |(index, cell): &(usize, &Cell)| *index == 1 || !cell.text.is_empty();
        if row.cells.len() < 2 {
            self.value(&own, heading(0), first);
        }
        for (index, cell) in row.cells.iter().enumerate().skip(1).filter(is_said) {
            self.value(&own, heading(index), &cell.text);
        }
        self.blocks(&own, &row.details);
    }

    fn value(&mut self, place: &Place<'_>, column: &str, value: &str) {
        let row = self.row.to_string();
        let fields = [place.gpo, place.section, &row, place.item, column, value].map(harmless);
        self.record(fields.iter().map(String::as_str));
    }
}

/// Returns the text so that no spreadsheet takes it for a formula. Numbers stay numbers.
fn harmless(text: &str) -> String {
    let text = visible(text);
    let begins_formula = text.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    let begins_blank = text.starts_with(['\t', '\n']);
    let is_number = !begins_blank && text.parse::<f64>().is_ok();
    if (begins_formula && !is_number) || begins_blank { format!("'{text}") } else { text.into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(blocks: Vec<Block>) -> Document {
        let section = Section { heading: "Policies".to_owned(), open: true, blocks };
        let half = Section::new("Computer Configuration (Enabled)").with(section);
        Document { title: "Base".to_owned(), collected: String::new(), sections: vec![half] }
    }

    fn check(blocks: Vec<Block>, expected: &[&str]) {
        let written = write_csv(&[document(blocks)]);
        let begin = "Base,Computer Configuration (Enabled) > Policies,";
        let lines: Vec<&str> = written.split_terminator("\r\n").skip(1).collect();
        let expected: Vec<String> = expected.iter().map(|line| format!("{begin}{line}")).collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn each_value_is_a_line() {
        let mut options = Table::properties();
        options.row(["Length:", "14"]);
        let mut policies = Table::new(&["Policy", "Setting", "Comment"]);
        policies.row(["Password", "Enabled", ""]).details.push(options.into());
        policies.row(["Lock, out", "", "why \"so\""]);
        let mut names = Table::new(&["Name"]);
        names.row(["Users"]);
        let problem = PartProblem { file: "a.pol".to_owned(), message: "offset 8".to_owned() };
        check(
            vec![policies.into(), names.into(), Block::Text("None".to_owned()), problem.into()],
            &[
                "1,Password,Setting,Enabled",
                "1,Password,Length:,14",
                "2,\"Lock, out\",Setting,",
                "2,\"Lock, out\",Comment,\"why \"\"so\"\"\"",
                "3,Users,Name,Users",
                "4,,Text,None",
                "5,,Problem,a.pol: offset 8",
            ],
        );
    }

    #[test]
    fn no_value_is_a_formula() {
        let check = |text: &str, expected: &str| assert_eq!(harmless(text), expected);
        check("=cmd|'/c calc'!A0", "'=cmd|'/c calc'!A0");
        check("@SUM(A1)", "'@SUM(A1)");
        check(" +1+1", "' +1+1");
        check("-1", "-1");
        check("+2.5", "+2.5");
        check("-2+3", "'-2+3");
        check("\t=1", "'\t=1");
        check("\r=1", "'\n=1");
        check("＝1+1", "'＝1+1");
        check("a=b\0", "a=b[U+0000]");
    }
}
