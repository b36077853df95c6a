//! A report for people: sections in sections, tables, rows. What the window draws, and what HTML, CSV, JSON and text are made of.

use serde::Serialize;

use super::PartProblem;

/// A whole report.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Document {
    /// Name of the GPO.
    pub title: String,
    /// When the data was collected, as text of this machine's zone; empty where unknown.
    pub collected: String,
    /// The sections: General, Computer Configuration, User Configuration.
    pub sections: Vec<Section>,
}

/// A heading with what stands below it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Section {
    /// The heading.
    pub heading: String,
    /// Whether it is open when the report is first shown.
    pub open: bool,
    /// What stands below it, in order.
    pub blocks: Vec<Block>,
}

/// What can stand in a section.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// A section in the section.
    Section(Section),
    /// A table.
    Table(Table),
    /// A line or paragraph of text.
    Text(String),
    /// Text in which columns and line ends matter: a script, a hex dump, XML.
    Code(String),
    /// A part that could not be read, shown in its place.
    Problem(PartProblem),
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Table {
    /// The headings; empty for a list of labels and values, which has two columns and no heading line.
    pub columns: Vec<Column>,
    /// The rows.
    pub rows: Vec<Row>,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Column {
    /// Its heading.
    pub heading: String,
}

/// A row of a table.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Row {
    /// Its cells, at most one for each column.
    pub cells: Vec<Cell>,
    /// What stands below the row over all columns: options of a policy, entries of a list.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<Block>,
    /// The explanation of the setting, shown on demand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explain: Option<Explain>,
}

/// A cell of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Cell {
    /// Its text; may have several lines.
    pub text: String,
    /// How it stands out.
    #[serde(skip_serializing_if = "Mark::is_none")]
    pub mark: Mark,
}

/// How a cell stands out. It never carries meaning that the text does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// It does not.
    #[default]
    None,
    /// It matters less: disabled, inherited, not set.
    Weak,
    /// It deserves attention.
    Warning,
}

/// The explanation of a setting.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Explain {
    /// Where the setting stands: `Computer Configuration/Administrative Templates/…`.
    pub path: String,
    /// On which systems it works; empty where unknown.
    pub supported_on: String,
    /// What it does, paragraphs separated by line ends.
    pub text: String,
}

impl Section {
    /// Returns an empty section, closed at first.
    pub fn new(heading: impl Into<String>) -> Self {
        Section { heading: heading.into(), open: false, blocks: Vec::new() }
    }

    /// Returns the section, open at first.
    #[must_use]
    pub fn opened(mut self) -> Self {
        self.open = true;
        self
    }

    /// Returns the section with a block more.
    #[must_use]
    pub fn with(mut self, block: impl Into<Block>) -> Self {
        self.blocks.push(block.into());
        self
    }
}

impl From<Section> for Block {
    fn from(section: Section) -> Self {
        Block::Section(section)
    }
}

impl From<Table> for Block {
    fn from(table: Table) -> Self {
        Block::Table(table)
    }
}

impl From<PartProblem> for Block {
    fn from(problem: PartProblem) -> Self {
        Block::Problem(problem)
    }
}

impl Table {
    /// Returns an empty table with these headings.
    pub fn new(headings: &[&str]) -> Self {
        let columns = headings.iter().map(|heading| Column { heading: (*heading).to_owned() }).collect();
        Table { columns, rows: Vec::new() }
    }

    /// Returns an empty list of labels and values.
    pub fn properties() -> Self {
        Table::default()
    }

    /// Adds a row.
    pub fn push(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// Adds a row of texts.
    pub fn row<T: Into<String>>(&mut self, cells: impl IntoIterator<Item = T>) -> &mut Row {
        self.rows.push(Row::new(cells));
        let last = self.rows.len() - 1;
        &mut self.rows[last]
    }
}

impl Row {
    /// Returns a row of texts.
    pub fn new<T: Into<String>>(cells: impl IntoIterator<Item = T>) -> Self {
        Row { cells: cells.into_iter().map(|text| Cell::new(text)).collect(), ..Row::default() }
    }
}

impl Cell {
    /// Returns a plain cell.
    pub fn new(text: impl Into<String>) -> Self {
        Cell { text: text.into(), mark: Mark::None }
    }

    /// Returns a cell that stands out.
    pub fn marked(text: impl Into<String>, mark: Mark) -> Self {
        Cell { text: text.into(), mark }
    }
}

impl Mark {
    /// Tells whether the cell does not stand out.
    pub fn is_none(&self) -> bool {
        *self == Mark::None
    }
}
